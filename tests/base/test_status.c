/* Statuses: one line each, whatever was put into it. */
#include <errno.h>
#include <string.h>

#include "src/base/status.h"
#include "tests/support/suite.h"

START_TEST(test_ok)
{
    vae_status status = vae__ok();
    ck_assert_int_eq(status.code, VAE_OK);
    ck_assert_str_eq(status.message, "");
}
END_TEST

/* Every code has a text of its own, and a number that is no code has one as well. */
START_TEST(test_texts)
{
    for (int code = VAE_OK; code <= VAE_STOPPED; code++) {
        ck_assert_uint_gt(strlen(vae_code_text((vae_code)code)), 3);
        for (int other = VAE_OK; other < code; other++)
            ck_assert_str_ne(vae_code_text((vae_code)code), vae_code_text((vae_code)other));
    }
    ck_assert_str_eq(vae_code_text((vae_code)(VAE_STOPPED + 1)), "an unknown status");
    ck_assert_str_eq(vae_code_text((vae_code)-1), "an unknown status");
}
END_TEST

START_TEST(test_format)
{
    vae_status status = vae__error(VAE_ERROR_SHAPE, "%s: %d × %d", "matmul", 2, 3);
    ck_assert_int_eq(status.code, VAE_ERROR_SHAPE);
    ck_assert_str_eq(status.message, "matmul: 2 × 3");
}
END_TEST

/* What a file or a user put into a message cannot break its line or move a terminal's cursor. */
START_TEST(test_one_line)
{
    vae_status status = vae__error(VAE_ERROR_FILE, "%s",
                                   "a\nb\tc\033[2Jd\x7f"
                                   "e\r");
    ck_assert_str_eq(status.message, "a?b?c?[2Jd?e?");
}
END_TEST

/* A path may be longer than a message; what it is and why stay. */
START_TEST(test_long_path)
{
    char path[4096];
    memset(path, 'p', sizeof path);
    memcpy(path, "/home", 5);
    memcpy(path + sizeof path - 9, "/cvae.h5", 9);
    errno = ENOSPC;
    vae_status status = vae__error_within(vae__error_errno(path, "cannot write"), "vae: ");
    ck_assert_uint_lt(strlen(status.message), VAE_MESSAGE_SIZE);
    ck_assert_ptr_eq(strstr(status.message, "vae: /home"), status.message);
    ck_assert_ptr_nonnull(strstr(status.message, "ppp ... ppp"));
    ck_assert_ptr_nonnull(strstr(status.message, "/cvae.h5: cannot write: No space left on device"));
}
END_TEST

START_TEST(test_too_long)
{
    char text[2 * VAE_MESSAGE_SIZE];
    for (size_t length = VAE_MESSAGE_SIZE - 3; length < VAE_MESSAGE_SIZE + 3; length++) {
        memset(text, 'x', length);
        text[length] = 0;
        vae_status status = vae__error(VAE_ERROR_FILE, "%s", text);
        size_t kept = length < VAE_MESSAGE_SIZE ? length : VAE_MESSAGE_SIZE - 1;
        ck_assert_uint_eq(strlen(status.message), kept);
        ck_assert_int_eq(strstr(status.message, "...") != NULL, length >= VAE_MESSAGE_SIZE);
    }
}
END_TEST

START_TEST(test_errno)
{
    errno = ENOSPC;
    vae_status status = vae__error_errno("cvae.h5", "cannot write");
    ck_assert_int_eq(status.code, VAE_ERROR_FILE);
    ck_assert_str_eq(status.message, "cvae.h5: cannot write: No space left on device");
}
END_TEST

START_TEST(test_memory)
{
    vae_status status = vae__error_memory("a node", 80);
    ck_assert_int_eq(status.code, VAE_ERROR_MEMORY);
    ck_assert_str_eq(status.message, "a node: no memory for 80 bytes");
}
END_TEST

START_TEST(test_within)
{
    vae_status status = vae__error_within(vae__error(VAE_ERROR_SHAPE, "inner"), "my-cvae: %s: ", "encoder");
    ck_assert_int_eq(status.code, VAE_ERROR_SHAPE);
    ck_assert_str_eq(status.message, "my-cvae: encoder: inner");
    status = vae__error_within(vae__ok(), "my-cvae: ");
    ck_assert_int_eq(status.code, VAE_OK);
    ck_assert_str_eq(status.message, "");
}
END_TEST

static vae_status tries(vae_status first, int *reached)
{
    VAE__TRY(first);
    ++*reached;
    return vae__error(VAE_STOPPED, "behind");
}

START_TEST(test_try)
{
    int reached = 0;
    ck_assert_status(tries(vae__error(VAE_ERROR_DATA, "first"), &reached), VAE_ERROR_DATA, "first");
    ck_assert_int_eq(reached, 0);
    ck_assert_status(tries(vae__ok(), &reached), VAE_STOPPED, "behind");
    ck_assert_int_eq(reached, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("status");
    const TTest *const tests[] = { test_ok,    test_texts,  test_format, test_one_line, test_too_long, test_long_path,
                                   test_errno, test_memory, test_within, test_try,      NULL };
    suite_case(suite, "status", 10, tests);
    return suite_run(suite);
}
