/* Check's suites as these tests use them. */
#include "tests/support/suite.h"

#include <stdlib.h>

TCase *suite_case_between(Suite *suite, const char *name, double seconds, SFun begin, SFun end,
                          const TTest *const tests[])
{
    TCase *one = tcase_create(name);
    tcase_set_timeout(one, seconds);
    tcase_add_checked_fixture(one, begin, end);
    for (; *tests; tests++)
        tcase_add_test(one, *tests);
    suite_add_tcase(suite, one);
    return one;
}

void suite_case(Suite *suite, const char *name, double seconds, const TTest *const tests[])
{
    suite_case_between(suite, name, seconds, NULL, NULL, tests);
}

int suite_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
