/* Numbers as text: wholly read, shortest written, the same in every locale. */
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "src/base/number.h"
#include "tests/support/suite.h"

static void check_read(const char *text, double expected)
{
    double number = -1;
    ck_assert_msg(vae__number_read(text, &number), "\"%s\" was refused", text);
    ck_assert_msg(!memcmp(&number, &expected, sizeof number), "\"%s\" is %.17g, not %.17g", text, number, expected);
}

START_TEST(test_read)
{
    static const struct {
        const char *text;
        double number;
    } good[] = { { "0", 0 },     { "0.1", 0.1 },  { "-3", -3 },      { "1e-4", 1e-4 },
                 { ".5", 0.5 },  { "-.5", -0.5 }, { "500", 500 },    { "1E3", 1e3 },
                 { "-0", -0.0 }, { "007", 7 },    { "2.5e+2", 250 }, { "4.9406564584124654e-324", 0x1p-1074 } };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        check_read(good[i].text, good[i].number);
}
END_TEST

START_TEST(test_refused)
{
    static const char *const bad[] = { "",     " ",   "-",   ".",    "-.",  "e5", "1 ",    " 1",  "+1",       "1,5",
                                       "1.5x", "nan", "inf", "-inf", "NAN", "1e", "1e999", "--1", "infinity", "0.1.2" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double number;
        ck_assert_msg(!vae__number_read(bad[i], &number), "\"%s\" was taken", bad[i]);
    }
}
END_TEST

START_TEST(test_write)
{
    static const struct {
        double number;
        const char *text;
    } cases[] = { { 0, "0" },
                  { 0.1, "0.1" },
                  { 1e-5, "1e-05" },
                  { 500, "500" },
                  { -3, "-3" },
                  { 1000000, "1000000" },
                  { 1.0 / 3, "0.3333333333333333" },
                  { 1e20, "1e+20" },
                  { 0.5, "0.5" },
                  { 60000, "60000" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[32];
        vae__number_write(cases[i].number, text, sizeof text);
        ck_assert_str_eq(text, cases[i].text);
    }
}
END_TEST

static void check_round_trip(double number)
{
    char text[32];
    vae__number_write(number, text, sizeof text);
    check_read(text, number);
}

START_TEST(test_round_trip)
{
    uint64_t state = 1;
    for (int i = 0; i < 20000; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        uint64_t bits = state ^ state >> 29;
        double number;
        memcpy(&number, &bits, sizeof number);
        if (isfinite(number))
            check_round_trip(number);
        check_round_trip((double)(state >> 40) * 0x1p-12);
    }
}
END_TEST

/* A host may have set a locale with decimal commas. Where the system has none there is nothing to be seen. */
START_TEST(test_decimal_comma)
{
    static const char *const names[] = { "de_DE.utf8", "de_DE.UTF-8", "de_DE", "fr_FR.utf8", "fr_FR.UTF-8" };
    const char *set = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names && !set; i++)
        set = setlocale(LC_ALL, names[i]);
    if (set)
        ck_assert_str_eq(localeconv()->decimal_point, ",");
    check_read("0.25", 0.25);
    double number;
    ck_assert(!vae__number_read("0,25", &number));
    char text[32];
    vae__number_write(0.25, text, sizeof text);
    ck_assert_str_eq(text, "0.25");
    if (set)
        ck_assert_str_eq(localeconv()->decimal_point, ","); /* the host's locale stays */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("number");
    const TTest *const tests[] = { test_read, test_refused, test_write, test_round_trip, test_decimal_comma, NULL };
    suite_case(suite, "number", 20, tests);
    return suite_run(suite);
}
