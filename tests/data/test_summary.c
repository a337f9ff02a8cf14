/* Summaries of fields: figures against those worked out by hand, of every kind of value. */
#include <math.h>
#include <stdint.h>

#include "src/data/data.h"
#include "tests/data/files.h"

/* An NPY file of rows of `width` values. */
static vae_data *open_array(const char *descr, int rows, int width, const void *values, size_t bytes)
{
    char header[118];
    FILE *file = fopen(path_of("x.npy"), "wb");
    ck_assert_ptr_nonnull(file);
    int length = snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': (%d, %d), }", descr,
                          rows, width);
    memset(header + length, ' ', sizeof header - (size_t)length - 1);
    header[sizeof header - 1] = '\n';
    fwrite("\x93NUMPY\x01\x00\x76\x00", 1, 10, file);
    fwrite(header, 1, sizeof header, file);
    ck_assert_uint_eq(fwrite(values, 1, bytes, file), bytes);
    fclose(file);
    return open_data("x.npy", NULL);
}

static vae_field_summary summary_of(const vae_data *data, const vae_summary_options *options)
{
    vae_field_summary summary;
    ck_assert_status_ok(vae_data_summarize(data, VAE_ALL, 0, options, &summary));
    return summary;
}

START_TEST(test_figures)
{
    folder_make();
    const int16_t values[] = { 3, -1, 4, 1, -5, 10 };
    vae_data *data = open_array("<i2", 3, 2, values, sizeof values);
    vae_field_summary s = summary_of(data, NULL);
    ck_assert(s.rows == 3 && s.values == 6 && s.numbers == 6 && !s.nans && !s.infinities && !s.fills);
    ck_assert(s.minimum == -5 && s.maximum == 10 && s.mean == 2 && s.whole && !s.binary);
    ck_assert_double_eq_tol(s.deviation, sqrt(128.0 / 6), 1e-14);
    s = summary_of(data, &(vae_summary_options){ .has_fill_value = true, .fill_value = -5 });
    ck_assert(s.fills == 1 && s.numbers == 5 && s.minimum == -1 && s.maximum == 10);
    ck_assert_double_eq_tol(s.mean, 3.4, 1e-14);
    s = summary_of(data, &(vae_summary_options){ .fill_value = -5 });
    ck_assert(s.fills == 0 && s.minimum == -5);
    vae_data_free(&data);
    folder_remove();
}
END_TEST

START_TEST(test_floats)
{
    folder_make();
    const float values[] = { 0.5f, NAN, INFINITY, 0.1f, -INFINITY, 0.25f };
    vae_data *data = open_array("<f4", 2, 3, values, sizeof values);
    /* 0.1 is a float here: the nearest one. */
    vae_field_summary s = summary_of(data, &(vae_summary_options){ .has_fill_value = true, .fill_value = 0.1 });
    ck_assert(s.nans == 1 && s.infinities == 2 && s.fills == 1 && s.numbers == 2);
    ck_assert(s.minimum == 0.25 && s.maximum == 0.5 && s.mean == 0.375 && !s.whole && !s.binary);
    s = summary_of(data, &(vae_summary_options){ .has_fill_value = true, .fill_value = NAN });
    ck_assert(s.nans == 0 && s.fills == 1 && s.numbers == 3);
    vae_data_free(&data);

    const double nothing[] = { NAN, NAN };
    data = open_array("<f8", 2, 1, nothing, sizeof nothing);
    s = summary_of(data, NULL);
    ck_assert(s.nans == 2 && !s.numbers && isnan(s.minimum) && isnan(s.maximum) && isnan(s.mean) && isnan(s.deviation));
    ck_assert(!s.whole && !s.binary);
    vae_data_free(&data);

    /* Large numbers that differ little, and a first one that is far from all others. */
    double far[2001] = { 1e12 };
    for (int i = 1; i < 2001; i++)
        far[i] = 1e9 + i % 2;
    data = open_array("<f8", 2000, 1, far + 1, sizeof far - sizeof *far);
    s = summary_of(data, NULL);
    ck_assert_double_eq(s.mean, 1e9 + 0.5);
    ck_assert_double_eq_tol(s.deviation, 0.5, 1e-9);
    vae_data_free(&data);
    folder_remove();
}
END_TEST

START_TEST(test_masked)
{
    folder_make();
    const float values[] = { 1, NAN, 3, 7, INFINITY, 9 };
    const uint8_t seen[] = { 1, 0, 1, 1, 0, 0 };
    vae_data *data = open_array("|u1", 2, 3, seen, sizeof seen);
    vae_data_free(&data);
    ck_assert_int_eq(rename(path_of("x.npy"), path_of("seen.npy")), 0);
    data = open_array("<f4", 2, 3, values, sizeof values);
    vae_data_free(&data);
    data = open_data("x.npy", &(vae_data_options){ .mask = path_of("seen.npy") });
    vae_field_summary s = summary_of(data, NULL);
    ck_assert(s.masked == 3 && s.values == 6 && s.numbers == 3 && !s.nans && !s.infinities);
    ck_assert(s.minimum == 1 && s.maximum == 7 && s.whole);
    ck_assert_double_eq_tol(s.mean, 11.0 / 3, 1e-14);
    vae_data_free(&data);
    folder_remove();
}
END_TEST

START_TEST(test_binary)
{
    folder_make();
    const uint8_t values[] = { 0, 1, 1, 0 };
    vae_data *data = open_array("|b1", 4, 1, values, sizeof values);
    vae_field_summary s = summary_of(data, NULL);
    ck_assert(s.binary && s.whole && s.mean == 0.5 && s.deviation == 0.5);
    vae_data_free(&data);
    folder_remove();
}
END_TEST

START_TEST(test_classes)
{
    vae_data *data = NULL;
    vae_field_summary s;
    int64_t rows[12], expected[10] = { 0 };
    ck_assert_status_ok(vae_data_open("digits:100", NULL, &data));
    const uint8_t *labels = vae_data_find(data, VAE_TRAIN, "label")->values;
    for (int i = 0; i < 100; i++)
        expected[labels[i]]++;
    const vae_summary_options options = { .class_rows = rows, .class_count = 12 };
    ck_assert_status_ok(vae_data_summarize(data, VAE_TRAIN, 1, &options, &s));
    for (int i = 0; i < 12; i++)
        ck_assert_int_eq(rows[i], i < 10 ? expected[i] : 0);
    /* Room for fewer than there are. */
    rows[3] = -1;
    ck_assert_status_ok(
        vae_data_summarize(data, VAE_TRAIN, 1, &(vae_summary_options){ .class_rows = rows, .class_count = 3 }, &s));
    ck_assert(rows[2] == expected[2] && rows[3] == -1);
    ck_assert_status(vae_data_summarize(data, VAE_TRAIN, 2, NULL, &s), VAE_ERROR_ARGUMENT, "expected a field");
    ck_assert_status(vae_data_summarize(data, VAE_ALL, 0, NULL, &s), VAE_ERROR_ARGUMENT, "expected a field");
    ck_assert_status(vae_data_summarize(data, VAE_TRAIN, 0, NULL, NULL), VAE_ERROR_ARGUMENT, "a place for the summary");
    ck_assert_status(vae_data_summarize(data, VAE_TRAIN, 1, &(vae_summary_options){ .class_count = 1 }, &s),
                     VAE_ERROR_ARGUMENT, "a place for the classes' rows");
    vae_data_free(&data);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_figures, test_floats, test_masked, test_binary, test_classes, NULL };
    Suite *suite = suite_create("summary");
    suite_case(suite, "summaries", 60, tests);
    return suite_run(suite);
}
