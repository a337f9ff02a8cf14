/* What every test program shares. Tests may use anything inside the library; they link tests/support/system.c in place
 * of src/base/system.c, where the n-th request to the operating system can be made to fail. */
#ifndef VAE_TESTS_SUITE_H
#define VAE_TESTS_SUITE_H

#include <check.h>
#include <vae/status.h>

/* A case of `suite` with this name, time-out in seconds, and tests given in a NULL-terminated array. */
void suite_case(Suite *suite, const char *name, double seconds, const TTest *const tests[]);

/* The same with `begin` before each test and `end` after it. Returned so that tests in loops can be added. */
TCase *suite_case_between(Suite *suite, const char *name, double seconds, SFun begin, SFun end,
                          const TTest *const tests[]);

/* Runs a suite and frees it; the value for main to return. */
int suite_run(Suite *suite);

/* Fails the test with the message unless the status is VAE_OK. */
#define ck_assert_status_ok(call)                                                                                      \
    do {                                                                                                               \
        vae_status ck_status = (call);                                                                                 \
        ck_assert_msg(!ck_status.code, "%s: %s", #call, ck_status.message);                                            \
    } while (0)

/* Fails the test unless the status has this code and its message contains `words`. */
#define ck_assert_status(call, expected, words)                                                                        \
    do {                                                                                                               \
        vae_status ck_status = (call);                                                                                 \
        ck_assert_msg(ck_status.code == (expected), "%s: %s, not %s: %s", #call, vae_code_text(ck_status.code),        \
                      vae_code_text(expected), ck_status.message);                                                     \
        ck_assert_msg(strstr(ck_status.message, (words)), "%s: no \"%s\" in: %s", #call, (words), ck_status.message);  \
    } while (0)

#endif
