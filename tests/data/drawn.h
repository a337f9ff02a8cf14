/* What the tests of sources that are drawn share: how they are opened when something is wrong. */
#ifndef VAE_TESTS_DRAWN_H
#define VAE_TESTS_DRAWN_H

#include <errno.h>
#include <stdbool.h>

#include <vae/data.h>

#include "tests/support/suite.h"
#include "tests/support/system.h"

/* Conditions that a source cannot have, one or two, and what it says of them. */
typedef struct wrong_conditions {
    vae_field_source first, second;
    vae_code code;
    const char *words;
} wrong_conditions;

/* They are refused, and nothing is left. */
static inline void check_wrong_conditions(const char *source, const wrong_conditions *wrong)
{
    const vae_field_source asked[] = { wrong->first, wrong->second };
    vae_data *data = NULL;
    ck_assert_status(
        vae_data_open(source, &(vae_data_options){ .conditions = asked, .condition_count = wrong->second.name ? 2 : 1 },
                      &data),
        wrong->code, wrong->words);
    ck_assert_ptr_null(data);
    ck_assert_int_eq(system_outstanding(), 0);
}

/* Whichever allocation fails, there is one line and nothing is left; at last there are as many as it takes, `least` or
 * more. */
static inline void check_failing_allocations(const char *source, const vae_data_options *options, long least)
{
    bool done = false;
    for (long n = 1; !done; n++) {
        vae_data *data = NULL;
        system_reset();
        system_fail(SYSTEM_ALLOCATE, n, ENOMEM, false);
        vae_status status = vae_data_open(source, options, &data);
        done = system_count(SYSTEM_ALLOCATE) < n;
        if (done) {
            ck_assert_status_ok(status);
            ck_assert_int_ge(n, least);
        } else {
            ck_assert_status(status, VAE_ERROR_MEMORY, "no memory");
            ck_assert_ptr_null(data);
        }
        vae_data_free(&data);
        ck_assert_int_eq(system_outstanding(), 0);
    }
    system_reset();
}

#endif
