/* Splits made of training rows: which rows go where, what moves, and which row of the source each is; and the names
 * that sources which know their fields take. Files are made by the test. */
#include <errno.h>
#include <math.h>
#include <stdint.h>

#include "src/data/data.h"
#include "tests/data/files.h"

enum { ROWS = 60, WIDTH = 3 };

/* The group of a row: ten groups, of 2, 4, 6 … rows, mixed. */
static int group_of(int row)
{
    static const unsigned char sizes[] = { 1, 11, 2, 10, 3, 9, 4, 8, 5, 7 };
    int at = row * 37 % ROWS, group = 0;
    while (at >= sizes[group])
        at -= sizes[group++];
    return group;
}

static vae_data *open_rows(void)
{
    int64_t x[ROWS * WIDTH], run[ROWS], pair[ROWS * 2];
    double energy[ROWS];
    for (int i = 0; i < ROWS * WIDTH; i++)
        x[i] = i;
    for (int i = 0; i < ROWS; i++) {
        run[i] = 100 - group_of(i);
        energy[i] = group_of(i) ? 0.5 * group_of(i) : i % 2 ? 0.0 : -0.0;
        pair[2 * i] = pair[2 * i + 1] = i;
    }
    put_npy("x.npy", "<i8", "60, 3", x, sizeof x);
    put_npy("run.npy", "<i8", "60,", run, sizeof run);
    put_npy("energy.npy", "<f8", "60,", energy, sizeof energy);
    put_npy("pair.npy", "<i8", "60, 2", pair, sizeof pair);
    char paths[3][384];
    snprintf(paths[0], sizeof paths[0], "%s", path_of("run.npy"));
    snprintf(paths[1], sizeof paths[1], "%s", path_of("energy.npy"));
    snprintf(paths[2], sizeof paths[2], "%s", path_of("pair.npy"));
    const vae_field_source conditions[] = { { .name = "run", .kind = VAE_CLASS, .path = paths[0] },
                                            { .name = "energy", .kind = VAE_VALUES, .path = paths[1] },
                                            { .name = "pair", .kind = VAE_VALUES, .path = paths[2] } };
    vae_data *data = open_data("x.npy", &(vae_data_options){ .conditions = conditions, .condition_count = 3 });
    ck_assert_ptr_null(vae_data_find(data, VAE_ALL, "x")->path);
    ck_assert_str_eq(vae_data_find(data, VAE_ALL, "energy")->path, paths[1]);
    return data;
}

/* Every field's row is the one that vae_data_row says; each row of the source is in one split, in order. */
static void assert_rows(const vae_data *data)
{
    char seen[ROWS] = { 0 };
    for (int split = 0; split < VAE_SPLITS; split++) {
        int64_t last = -1, rows = vae_data_rows(data, (vae_split)split);
        for (int64_t i = 0; i < rows; i++) {
            int64_t row = vae_data_row(data, (vae_split)split, i);
            ck_assert(row > last && row < ROWS);
            last = row;
            seen[row]++;
            const int64_t *x = vae_data_find(data, (vae_split)split, "x")->values;
            const int64_t *pair = vae_data_find(data, (vae_split)split, "pair")->values;
            const int32_t *run = vae_data_find(data, (vae_split)split, "run")->values;
            const double *energy = vae_data_find(data, (vae_split)split, "energy")->values;
            for (int k = 0; k < WIDTH; k++)
                ck_assert_int_eq(x[i * WIDTH + k], row * WIDTH + k);
            ck_assert(pair[2 * i] == row && pair[2 * i + 1] == row);
            ck_assert_int_eq(run[i], 9 - group_of((int)row));
            ck_assert_double_eq(energy[i], 0.5 * group_of((int)row));
        }
        ck_assert_int_eq(vae_data_row(data, (vae_split)split, rows), -1);
        ck_assert_int_eq(vae_data_row(data, (vae_split)split, -1), -1);
    }
    for (int row = 0; row < ROWS; row++)
        ck_assert_int_eq(seen[row], 1);
}

/* No group is in two splits. */
static void assert_groups(const vae_data *data)
{
    int where[10];
    memset(where, -1, sizeof where);
    for (int split = 0; split < VAE_SPLITS; split++)
        for (int64_t i = 0; i < vae_data_rows(data, (vae_split)split); i++) {
            int group = group_of((int)vae_data_row(data, (vae_split)split, i));
            ck_assert(where[group] == -1 || where[group] == split);
            where[group] = split;
        }
}

START_TEST(test_last_rows)
{
    folder_make();
    vae_data *data = open_rows();
    char digest[17];
    strcpy(digest, vae_data_digest(data));
    assert_rows(data);
    const int64_t *values = vae_data_find(data, VAE_ALL, "x")->values;
    vae_division none = vae_data_division(data);
    ck_assert(none.validation == 0 && none.test == 0 && !none.by);
    ck_assert_status_ok(vae_data_divide(data, &(vae_division){ .by = "run" }));
    ck_assert_int_eq(vae_data_rows(data, VAE_ALL), ROWS);
    ck_assert_status_ok(vae_data_divide(data, &(vae_division){ .validation = 0.1, .test = 7, .seed = 5 }));
    ck_assert_int_eq(vae_data_rows(data, VAE_ALL), 0);
    ck_assert_int_eq(vae_data_rows(data, VAE_TRAIN), ROWS - 13);
    ck_assert_int_eq(vae_data_rows(data, VAE_VALIDATION), 6);
    ck_assert_int_eq(vae_data_rows(data, VAE_TEST), 7);
    ck_assert_int_eq(vae_data_row(data, VAE_VALIDATION, 0), ROWS - 13);
    ck_assert_int_eq(vae_data_row(data, VAE_TEST, 6), ROWS - 1);
    ck_assert_ptr_eq(vae_data_find(data, VAE_TRAIN, "x")->values, values);
    ck_assert_ptr_eq(vae_data_find(data, VAE_TEST, "x")->values, values + (ROWS - 7) * WIDTH);
    assert_rows(data);
    ck_assert_str_eq(vae_data_digest(data), digest);
    vae_division made = vae_data_division(data);
    ck_assert(made.validation > 0.09 && made.validation < 0.11 && made.test == 7 && made.seed == 5 && !made.by);
    ck_assert_status(vae_data_divide(data, &(vae_division){ .test = 1 }), VAE_ERROR_ARGUMENT,
                     "cannot hold out rows: it has 6 validation rows and 7 test rows, and was divided before");
    vae_data_free(&data);
    folder_remove();
}
END_TEST

START_TEST(test_groups)
{
    folder_make();
    uint64_t seen = 0;
    for (uint64_t seed = 0; seed < 6; seed++) {
        for (int by = 0; by < 2; by++) {
            const vae_division division = {
                .validation = 12, .test = 0.2, .by = (const char *const[]){ "run", "energy" }[by], .seed = seed
            };
            vae_data *data = open_rows(), *again = open_rows();
            char digest[17];
            strcpy(digest, vae_data_digest(data));
            const void *values = vae_data_find(data, VAE_ALL, "x")->values;
            ck_assert_status_ok(vae_data_divide(data, &division));
            ck_assert_status_ok(vae_data_divide(again, &division));
            ck_assert_ptr_eq(vae_data_find(data, VAE_TRAIN, "x")->values, values);
            assert_rows(data);
            assert_groups(data);
            /* Groups of 1 to 11 rows come near to 12. */
            ck_assert_int_le(llabs(vae_data_rows(data, VAE_VALIDATION) - 12), 3);
            ck_assert_int_le(llabs(vae_data_rows(data, VAE_TEST) - 12), 3);
            ck_assert_str_eq(vae_data_digest(data), digest);
            ck_assert_str_eq(vae_data_division(data).by, division.by);
            for (int64_t i = 0; i < vae_data_rows(data, VAE_TEST); i++)
                ck_assert_int_eq(vae_data_row(data, VAE_TEST, i), vae_data_row(again, VAE_TEST, i));
            seen |= by ? 0 : UINT64_C(1) << vae_data_row(data, VAE_TEST, 0);
            vae_data_free(&data);
            vae_data_free(&again);
        }
    }
    ck_assert_msg(seen & (seen - 1), "every seed takes the same groups");
    folder_remove();
}
END_TEST

/* Every split has a group, however few rows were asked for, and training keeps one. */
START_TEST(test_least_groups)
{
    folder_make();
    for (uint64_t seed = 0; seed < 4; seed++) {
        vae_data *data = open_rows();
        ck_assert_status_ok(
            vae_data_divide(data, &(vae_division){ .validation = 29, .test = 30, .by = "run", .seed = seed }));
        ck_assert_int_gt(vae_data_rows(data, VAE_TRAIN), 0);
        ck_assert_int_gt(vae_data_rows(data, VAE_VALIDATION), 0);
        assert_rows(data);
        assert_groups(data);
        vae_data_free(&data);
    }
    const char *const labels[] = { "digits:40" };
    vae_data *data = NULL;
    ck_assert_status_ok(vae_data_open_files(labels, 1, NULL, &data));
    ck_assert_status_ok(vae_data_divide(data, &(vae_division){ .validation = 1, .by = "label" }));
    const vae_field *held = vae_data_find(data, VAE_VALIDATION, "label"),
                    *train = vae_data_find(data, VAE_TRAIN, "label");
    const uint8_t *classes = held->values;
    for (int64_t i = 0; i < train->rows; i++)
        ck_assert_uint_ne(((const uint8_t *)train->values)[i], classes[0]);
    vae_data_free(&data);
    folder_remove();
}
END_TEST

START_TEST(test_refused)
{
    folder_make();
    vae_data *data = open_rows();
    const struct {
        vae_division division;
        const char *words;
    } wrongs[] = {
        { { .validation = 30, .test = 30 },
          "cannot hold out 30 validation and 30 test rows: expected fewer than its 60" },
        { { .test = 60 }, "cannot hold out 60 rows: expected at least 1 and fewer than its 60 training rows" },
        { { .test = 1e300 }, "fewer than its 60 training rows" },
        { { .validation = 0.001 }, "cannot hold out 0 rows" },
        { { .validation = -1 }, "expected validation rows as a whole number or as a share below 1, found -1" },
        { { .test = 1.5 }, "expected test rows as a whole number or as a share below 1, found 1.5" },
        { { .test = NAN }, "as a share below 1, found" },
        { { .test = 3, .by = "gone" },
          "cannot split by gone: expected a condition that is a class or one number, found no such field" },
        { { .test = 3, .by = "pair" }, "found values, 2 a row" },
        { { .test = 3, .by = "x" }, "cannot split by x: expected a condition that is a class or one number, found no" },
    };
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++)
        ck_assert_status(vae_data_divide(data, &wrongs[i].division), VAE_ERROR_ARGUMENT, wrongs[i].words);
    ck_assert_status(vae_data_divide(NULL, &wrongs[0].division), VAE_ERROR_ARGUMENT, "expected data");
    ck_assert_status(vae_data_divide(data, NULL), VAE_ERROR_ARGUMENT, "expected a division");
    ck_assert_int_eq(vae_data_rows(data, VAE_ALL), ROWS);
    assert_rows(data);
    vae_data_free(&data);
    ck_assert_status_ok(vae_data_open("digits:2", NULL, &data));
    ck_assert_status(vae_data_divide(data, &(vae_division){ .test = 1 }), VAE_ERROR_ARGUMENT,
                     "cannot hold out rows: it has 1 test rows");
    vae_data_free(&data);
    int64_t same[3] = { 4, 4, 4 };
    put_npy("same.npy", "<i8", "3,", same, sizeof same);
    char path[384];
    strcpy(path, path_of("same.npy"));
    const vae_field_source run = { .name = "run", .kind = VAE_CLASS, .path = path };
    data = open_data("same.npy", &(vae_data_options){ .conditions = &run, .condition_count = 1 });
    ck_assert_status(vae_data_divide(data, &(vae_division){ .test = 1, .by = "run" }), VAE_ERROR_ARGUMENT,
                     "cannot split by run: expected at least 2 different values in the training rows, one for each "
                     "split, found 1");
    vae_data_free(&data);
    folder_remove();
}
END_TEST

/* Whatever cannot be had, the data stays as it was. */
START_TEST(test_no_memory)
{
    folder_make();
    const vae_division division = { .validation = 12, .test = 12, .by = "run" };
    int failures = 0;
    for (long nth = 1;; nth++) {
        vae_data *data = open_rows();
        system_fail(SYSTEM_ALLOCATE, nth, ENOMEM, false);
        vae_status status = vae_data_divide(data, &division);
        system_reset();
        ck_assert(!status.code || status.code == VAE_ERROR_MEMORY);
        ck_assert_int_eq(vae_data_rows(data, VAE_ALL), status.code ? ROWS : 0);
        assert_rows(data);
        if (status.code)
            ck_assert_status_ok(vae_data_divide(data, &division));
        assert_rows(data);
        vae_data_free(&data);
        ck_assert_int_eq(system_outstanding(), 0);
        if (!status.code)
            break;
        failures++;
    }
    ck_assert_int_gt(failures, 5);
    folder_remove();
}
END_TEST

/* ---- Sources that know their fields ------------------------------------------------------------------------------ */

START_TEST(test_names)
{
    const char *const digits[] = { "0", "1", "2" }, *const others[] = { "0", "2" };
    const vae_field_source named[] = { { .name = "digit", .kind = VAE_CLASS },
                                       { .name = "run", .kind = VAE_CLASS, .path = "label" },
                                       { .name = "c", .kind = VAE_CLASS, .levels = digits, .level_count = 3 } };
    vae_data *plain = NULL, *data = NULL;
    ck_assert_status_ok(vae_data_open("digits:8", NULL, &plain));
    for (int i = 0; i < 3; i++) {
        const vae_data_options options = { .x = "x", .conditions = &named[i], .condition_count = 1 };
        ck_assert_status_ok(vae_data_open("digits:8", &options, &data));
        const vae_field *field = vae_data_find(data, VAE_TEST, named[i].name);
        ck_assert(field && field == vae_data_field(data, VAE_TEST, 1) && !field->path && field->classes == 10);
        ck_assert_ptr_null(vae_data_find(data, VAE_TRAIN, "label"));
        ck_assert_str_eq(vae_data_digest(data), vae_data_digest(plain));
        vae_data_free(&data);
    }
    vae_data_free(&plain);
    const vae_field_source two[] = { named[0], named[1] };
    const vae_field_source values = { .name = "c", .kind = VAE_VALUES };
    const vae_field_source moved = { .name = "c", .kind = VAE_CLASS, .path = "/meta/c" };
    const vae_field_source other = { .name = "c", .kind = VAE_CLASS, .levels = others, .level_count = 2 };
    const struct {
        vae_data_options options;
        vae_code code;
        const char *words;
    } wrongs[] = {
        { { .x = "y" },
          VAE_ERROR_ARGUMENT,
          "digits:8: expected no path of x but x, for this source has the fields x and label (a class); found y" },
        { { .mask = "m" },
          VAE_ERROR_ARGUMENT,
          "digits:8: expected no mask, for this source has the fields x and label" },
        { { .conditions = &values, .condition_count = 1 }, VAE_ERROR_ARGUMENT, "c: expected a class, for this" },
        { { .conditions = &moved, .condition_count = 1 }, VAE_ERROR_ARGUMENT, "but label, for this source has" },
        { { .conditions = two, .condition_count = 2 }, VAE_ERROR_ARGUMENT, "run: expected one condition, for this" },
        { { .conditions = &other, .condition_count = 1 },
          VAE_ERROR_DATA,
          "c: expected the classes of this source, the numbers 0 to n - 1 in their order, found \"2\" where \"1\"" },
    };
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++)
        ck_assert_status(vae_data_open("digits:8", &wrongs[i].options, &data), wrongs[i].code, wrongs[i].words);
}
END_TEST

static void put_idx(const char *name, const unsigned char *bytes, size_t size)
{
    FILE *file = fopen(path_of(name), "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

START_TEST(test_names_in_folders)
{
    static const unsigned char images[] = { 0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 9, 8, 7, 6 };
    static const unsigned char labels[] = { 0, 0, 8, 1, 0, 0, 0, 2, 1, 0 };
    const vae_field_source digit = { .name = "digit", .kind = VAE_CLASS };
    const vae_data_options options = { .conditions = &digit, .condition_count = 1 };
    folder_make();
    put_idx("train-images-idx3-ubyte", images, sizeof images);
    assert_refused("", &options, VAE_ERROR_ARGUMENT,
                   "digit: expected no condition, for this source has the field x (train-labels-idx1-ubyte[.gz] is not "
                   "there); found a class");
    put_idx("train-labels-idx1-ubyte", labels, sizeof labels);
    vae_data *plain = open_data("", NULL), *data = open_data("", &options);
    ck_assert_ptr_nonnull(vae_data_find(plain, VAE_TRAIN, "label"));
    ck_assert_int_eq(vae_data_find(data, VAE_TRAIN, "digit")->classes, 2);
    ck_assert_str_eq(vae_data_digest(data), vae_data_digest(plain));
    vae_data_free(&plain);
    vae_data_free(&data);
    folder_remove();
}
END_TEST

int main(void)
{
    const TTest *const divisions[] = { test_last_rows, test_groups,    test_least_groups,
                                       test_refused,   test_no_memory, NULL };
    const TTest *const names[] = { test_names, test_names_in_folders, NULL };
    Suite *suite = suite_create("divide");
    suite_case(suite, "divisions", 60, divisions);
    suite_case(suite, "names", 60, names);
    return suite_run(suite);
}
