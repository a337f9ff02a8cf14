/* Groups: rows by what their classes are. Files are made by the test. */
#include "tests/data/files.h"

enum { ROWS = 24 };

static vae_data *data;

/* A row's run is "a", "R&D, x" or "b c" in turn, its sign -1 for the first half and 7 for the other. */
static void begin(void)
{
    char run[ROWS][6] = { "" };
    int64_t sign[ROWS], x[ROWS];
    folder_make();
    for (int i = 0; i < ROWS; i++) {
        const char *name = i % 3 == 0 ? "a" : i % 3 == 1 ? "R&D,x" : "b c";
        memcpy(run[i], name, strlen(name));
        sign[i] = i < ROWS / 2 ? -1 : 7;
        x[i] = i;
    }
    put_npy("x.npy", "<i8", "24, 1", x, sizeof x);
    put_npy("run.npy", "|S6", "24,", run, sizeof run);
    put_npy("sign.npy", "<i8", "24,", sign, sizeof sign);
    char paths[3][384];
    snprintf(paths[0], sizeof paths[0], "%s", path_of("run.npy"));
    snprintf(paths[1], sizeof paths[1], "%s", path_of("sign.npy"));
    snprintf(paths[2], sizeof paths[2], "%s", path_of("x.npy"));
    const vae_field_source fields[] = { { .name = "run", .kind = VAE_CLASS, .path = paths[0] },
                                        { .name = "sign", .kind = VAE_CLASS, .path = paths[1] },
                                        { .name = "energy", .kind = VAE_VALUES, .path = paths[2] } };
    data = open_data("x.npy", &(vae_data_options){ .conditions = fields, .condition_count = 3 });
}

static void end(void)
{
    vae_data_free(&data);
    folder_remove();
}

static bool is_in(int row, bool a, bool r, bool b, int sign)
{
    const bool run = row % 3 == 0 ? a : row % 3 == 1 ? r : b;
    return run && (!sign || (sign < 0) == (row < ROWS / 2));
}

/* Are the rows of these terms those of the runs and the sign (0: any)? */
static void assert_rows(const char *first, const char *second, bool a, bool r, bool b, int sign)
{
    const char *const terms[] = { first, second };
    vae_group group;
    ck_assert_status_ok(vae_data_group(data, VAE_ALL, terms, first ? second ? 2 : 1 : 0, NULL, &group));
    int64_t count = 0;
    for (int row = 0; row < ROWS; row++)
        if (is_in(row, a, r, b, sign)) {
            ck_assert_int_lt(count, group.count);
            ck_assert_int_eq(group.rows[count++], row);
        }
    ck_assert_int_eq(group.count, count);
    vae_group_free(&group);
    ck_assert_ptr_null(group.rows);
}

START_TEST(test_terms)
{
    assert_rows(NULL, NULL, true, true, true, 0);
    assert_rows("run=a", NULL, true, false, false, 0);
    assert_rows("run=a,b c", NULL, true, false, true, 0);
    assert_rows(" run = b c , a ", NULL, true, false, true, 0);
    assert_rows("run=R\\&D\\,x", NULL, false, true, false, 0);
    assert_rows("sign=-1", NULL, true, true, true, -1);
    assert_rows("run=a&sign=7", NULL, true, false, false, 7);
    assert_rows("run=a,b c & sign=7", NULL, true, false, true, 7);
    assert_rows("run=a", "sign=-1", true, false, false, -1);
    assert_rows("run=a,b c", "run=b c", false, false, true, 0);
}
END_TEST

START_TEST(test_most)
{
    const char *const terms[] = { "run=a" };
    vae_group group;
    ck_assert_status_ok(vae_data_group(data, VAE_ALL, terms, 1, &(vae_group_options){ .most = 3 }, &group));
    ck_assert_int_eq(group.count, 3);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(group.rows[i], 3 * i);
    vae_group_free(&group);
    ck_assert_status_ok(
        vae_data_group(data, VAE_ALL, terms, 1, &(vae_group_options){ .most = 99, .draw = true }, &group));
    ck_assert_int_eq(group.count, ROWS / 3);
    vae_group_free(&group);
}
END_TEST

/* Over many seeds each row is drawn about as often: of 8 rows 3, 400 times, 150 ± 9.7. */
START_TEST(test_draws)
{
    const char *const terms[] = { "run=a" };
    int times[ROWS] = { 0 };
    for (uint64_t seed = 0; seed < 400; seed++) {
        vae_group group, again;
        const vae_group_options options = { .most = 3, .draw = true, .seed = seed };
        ck_assert_status_ok(vae_data_group(data, VAE_ALL, terms, 1, &options, &group));
        ck_assert_status_ok(vae_data_group(data, VAE_ALL, terms, 1, &options, &again));
        ck_assert_int_eq(group.count, 3);
        ck_assert_mem_eq(group.rows, again.rows, 3 * sizeof *group.rows);
        for (int i = 0; i < 3; i++) {
            ck_assert_int_eq(group.rows[i] % 3, 0);
            ck_assert(!i || group.rows[i] > group.rows[i - 1]);
            times[group.rows[i]]++;
        }
        vae_group_free(&group);
        vae_group_free(&again);
    }
    for (int row = 0; row < ROWS; row += 3)
        ck_assert(times[row] > 100 && times[row] < 200);
}
END_TEST

/* Rows keep their numbers where some were held out. */
START_TEST(test_rows_of_a_split)
{
    const char *const terms[] = { "run=a" };
    vae_group group;
    ck_assert_status_ok(vae_data_divide(data, &(vae_division){ .validation = 6 }));
    ck_assert_status_ok(vae_data_group(data, VAE_VALIDATION, terms, 1, NULL, &group));
    ck_assert_int_eq(group.count, 2);
    ck_assert(group.rows[0] == 18 && group.rows[1] == 21);
    vae_group_free(&group);
    ck_assert_status(vae_data_group(data, VAE_TEST, terms, 1, NULL, &group), VAE_ERROR_DATA,
                     "expected test rows, found none");
}
END_TEST

static void assert_no_group(const char *term, vae_code code, const char *words)
{
    vae_group group;
    ck_assert_status(vae_data_group(data, VAE_ALL, &term, 1, NULL, &group), code, words);
    ck_assert_ptr_null(group.rows);
}

START_TEST(test_refuses)
{
    assert_no_group("hue=1", VAE_ERROR_ARGUMENT, "expected a field of classes, found \"hue\"; there are run, sign");
    assert_no_group("energy=1", VAE_ERROR_ARGUMENT, "expected a field of classes, found \"energy\"");
    assert_no_group("run=q", VAE_ERROR_ARGUMENT,
                    "run: expected one of its levels, found \"q\"; there are R&D,x, a, b c");
    assert_no_group("sign=1", VAE_ERROR_ARGUMENT, "sign: expected one of its levels, found \"1\"; there are -1, 7");
    assert_no_group("run", VAE_ERROR_ARGUMENT, "expected FIELD=LEVEL, or several with & between, found \"run\"");
    assert_no_group("=a", VAE_ERROR_ARGUMENT, "expected FIELD=LEVEL");
    assert_no_group("run=", VAE_ERROR_ARGUMENT, "expected FIELD=LEVEL");
    assert_no_group("run=a,", VAE_ERROR_ARGUMENT, "expected FIELD=LEVEL");
    assert_no_group("run=a&", VAE_ERROR_ARGUMENT, "expected FIELD=LEVEL");
    assert_no_group("", VAE_ERROR_ARGUMENT, "expected FIELD=LEVEL");
    assert_no_group(NULL, VAE_ERROR_ARGUMENT, "expected a term, found NULL");
    assert_no_group("run=a&run=b c", VAE_ERROR_DATA, "expected rows of all with run=a&run=b c, found none among 24");
    char longest[VAE_GROUP_TEXT + 8] = "run=";
    memset(longest + 4, 'a', VAE_GROUP_TEXT);
    assert_no_group(longest, VAE_ERROR_ARGUMENT, "expected FIELD=LEVEL");
    vae_group group;
    ck_assert_status(vae_data_group(NULL, VAE_ALL, NULL, 0, NULL, &group), VAE_ERROR_ARGUMENT, "expected data");
    ck_assert_status(vae_data_group(data, VAE_ALL, NULL, 0, NULL, NULL), VAE_ERROR_ARGUMENT, "a place for the group");
}
END_TEST

START_TEST(test_fields)
{
    static const char *const names[] = { "run", "b c", "x" };
    char name[VAE_GROUP_TEXT];
    for (int i = 0; i < 3; i++) {
        ck_assert(vae_group_field("run=a,b& b c =d&x=1", i, name));
        ck_assert_str_eq(name, names[i]);
    }
    ck_assert(!vae_group_field("run=a,b& b c =d&x=1", 3, name));
    ck_assert(!vae_group_field("run", 0, name));
    ck_assert(!vae_group_field("run=a&b", 1, name));
    ck_assert(!vae_group_field(NULL, 0, name));
    ck_assert(vae_group_field("a\\=b=c", 0, name));
    ck_assert_str_eq(name, "a=b");
}
END_TEST

START_TEST(test_without_memory)
{
    const char *const terms[] = { "run=a" };
    long before = system_outstanding();
    vae_status status = { .code = VAE_ERROR_MEMORY };
    for (long n = 1; status.code; n++) {
        vae_group group;
        system_fail(SYSTEM_ALLOCATE, n, 0, false);
        status = vae_data_group(data, VAE_ALL, terms, 1, &(vae_group_options){ .most = 2, .draw = true }, &group);
        system_reset();
        ck_assert_msg(!status.code || status.code == VAE_ERROR_MEMORY, "request %ld: %s", n, status.message);
        vae_group_free(&group);
        ck_assert_int_eq(system_outstanding(), before);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_terms,   test_most,   test_draws,          test_rows_of_a_split,
                                   test_refuses, test_fields, test_without_memory, NULL };
    Suite *suite = suite_create("group");
    suite_case_between(suite, "groups", 60, begin, end, tests);
    return suite_run(suite);
}
