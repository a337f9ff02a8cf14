/* The public side of data: sources by their names, the digits, rows held out, the check of classes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vae/data.h>

#include "src/base/parallel.h"
#include "src/data/data.h"
#include "src/data/digits.h"
#include "tests/data/drawn.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"

enum { PIXELS = VAE__DIGIT_SIDE * VAE__DIGIT_SIDE };

static vae_data *open_digits(const char *source, uint64_t seed, int threads)
{
    vae_data *data = NULL;
    ck_assert_status_ok(vae_data_open(source, &(vae_data_options){ .seed = seed, .threads = threads }, &data));
    return data;
}

/* Rows begin … of a split are digits first, first + 1, … of the seed. */
static void assert_digits(const vae_data *data, vae_split split, uint64_t seed, uint32_t first)
{
    const vae_field *x = vae_data_find(data, split, "x"), *label = vae_data_find(data, split, "label");
    ck_assert(x && label && x->rows == vae_data_rows(data, split) && label->rows == x->rows);
    const uint8_t *pixels = x->values, *labels = label->values;
    uint8_t expected[PIXELS];
    for (int64_t row = 0; row < x->rows; row++) {
        ck_assert_int_eq(labels[row], vae__digit_draw(seed, first + (uint32_t)row, expected));
        ck_assert_mem_eq(pixels + row * PIXELS, expected, PIXELS);
    }
}

START_TEST(test_digits)
{
    for (int threads = 0; threads <= 3; threads++) {
        vae_data *data = open_digits("digits:40", 7, threads);
        ck_assert_int_eq(vae_data_rows(data, VAE_TRAIN), 40);
        ck_assert_int_eq(vae_data_rows(data, VAE_VALIDATION), 0);
        ck_assert_int_eq(vae_data_rows(data, VAE_TEST), 6);
        assert_digits(data, VAE_TEST, 7, UINT32_C(1) << 31);
        assert_digits(data, VAE_TRAIN, 7, 0);
        ck_assert_str_eq(vae_data_source(data), "digits:40");
        vae_data_free(&data);
        ck_assert_ptr_null(data);
    }
    ck_assert_int_eq(system_outstanding(), 0);
}
END_TEST

START_TEST(test_digits_fields)
{
    vae_data *data = open_digits("digits:3", 0, 1);
    ck_assert_int_eq(vae_data_field_count(data), 2);
    const vae_field *x = vae_data_field(data, VAE_TRAIN, 0), *label = vae_data_field(data, VAE_TRAIN, 1);
    ck_assert_str_eq(x->name, "x");
    ck_assert(x->kind == VAE_IMAGE && x->type == VAE_UINT8 && x->rank == 2 && x->shape[0] == 28 && x->shape[1] == 28);
    ck_assert(x->size == PIXELS && x->classes == 0 && x->rows == 3);
    ck_assert_str_eq(label->name, "label");
    ck_assert(label->kind == VAE_CLASS && label->type == VAE_UINT8 && label->rank == 1 && label->shape[0] == 1);
    ck_assert(label->size == 1 && label->classes == 10 && label->rows == 3);
    ck_assert_int_eq(vae_data_rows(data, VAE_TEST), 1); /* 3 / 6, but at least one */
    ck_assert_ptr_eq(vae_data_find(data, VAE_TRAIN, "label"), label);
    ck_assert_ptr_null(vae_data_find(data, VAE_TRAIN, "digit"));
    ck_assert_ptr_null(vae_data_find(data, VAE_TRAIN, NULL));
    ck_assert_ptr_null(vae_data_find(data, VAE_VALIDATION, "x"));
    ck_assert_ptr_null(vae_data_field(data, VAE_TRAIN, 2));
    ck_assert_ptr_null(vae_data_field(data, VAE_TRAIN, -1));
    ck_assert_ptr_null(vae_data_field(data, VAE_SPLITS, 0));
    ck_assert_int_eq(vae_data_rows(data, VAE_SPLITS), 0);
    vae_data_free(&data);
}
END_TEST

START_TEST(test_digits_usual_count)
{
    vae_data *data = NULL;
    ck_assert_status_ok(vae_data_open("digits", NULL, &data));
    ck_assert_int_eq(vae_data_rows(data, VAE_TRAIN), 60000);
    ck_assert_int_eq(vae_data_rows(data, VAE_TEST), 10000);
    vae_data_free(&data);
}
END_TEST

/* Asking for one split leaves the other undrawn: its memory is still zero. */
START_TEST(test_digits_first_use)
{
    vae_data *data = open_digits("digits:12", 1, 2);
    const unsigned char *train = vae__data_column(data, VAE_TRAIN, 0)->storage;
    vae_data_field(data, VAE_TEST, 0);
    vae_data_rows(data, VAE_TRAIN);
    for (int i = 0; i < 12 * PIXELS; i++)
        ck_assert_uint_eq(train[i], 0);
    assert_digits(data, VAE_TRAIN, 1, 0);
    vae_data_free(&data);
}
END_TEST

typedef struct asking {
    const vae_data *data;
    const vae_field *fields[4];
    unsigned char seen[4][8 * PIXELS];
} asking;

static void ask(void *context, vae__team team)
{
    asking *a = context;
    int64_t begin, end;
    vae__share(team, 4, &begin, &end);
    for (int64_t i = begin; i < end; i++) {
        a->fields[i] = vae_data_find(a->data, VAE_TRAIN, "x");
        memcpy(a->seen[i], a->fields[i]->values, sizeof a->seen[i]);
    }
}

/* Threads that ask at once all find the whole split. */
START_TEST(test_digits_first_use_on_threads)
{
    static asking a;
    for (int times = 0; times < 50; times++) {
        vae_data *data = open_digits("digits:8", 5, 2);
        a.data = data;
        vae__parallel(4, ask, &a);
        for (int i = 0; i < 4; i++) {
            ck_assert_ptr_eq(a.fields[i], a.fields[0]);
            ck_assert_mem_eq(a.seen[i], a.fields[0]->values, sizeof a.seen[i]);
        }
        assert_digits(data, VAE_TRAIN, 5, 0);
        vae_data_free(&data);
    }
}
END_TEST

START_TEST(test_digits_digest)
{
    static const struct {
        const char *source;
        uint64_t seed;
    } others[] = { { "digits:12", 1 }, { "digits:13", 0 }, { "digits:12", UINT64_C(1) << 63 } };
    vae_data *first = open_digits("digits:12", 0, 1), *same = open_digits("digits:12", 0, 3);
    ck_assert_uint_eq(strlen(vae_data_digest(first)), 16);
    ck_assert_str_eq(vae_data_digest(first), vae_data_digest(same));
    ck_assert_str_eq(vae_data_digest(first), "0f214e242b6aad02"); /* of version 1 */
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        vae_data *other = open_digits(others[i].source, others[i].seed, 1);
        ck_assert_str_ne(vae_data_digest(first), vae_data_digest(other));
        vae_data_free(&other);
    }
    vae_data_free(&first);
    vae_data_free(&same);
}
END_TEST

static void assert_refused(const char *source, vae_code code, const char *words)
{
    vae_data *data = (vae_data *)&source;
    ck_assert_status(vae_data_open(source, NULL, &data), code, words);
    ck_assert_ptr_null(data);
    ck_assert_int_eq(system_outstanding(), 0);
}

START_TEST(test_digits_wrong_counts)
{
    static const char *const wrong[] = {
        "0", "-3", "x", "", "5x", " 5", "+5", "2147483648", "99999999999999999999999"
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char source[64], words[128];
        snprintf(source, sizeof source, "digits:%s", wrong[i]);
        snprintf(words, sizeof words, "%s: expected digits:N with N from 1 to 2147483647, found \"%s\"", source,
                 wrong[i]);
        assert_refused(source, VAE_ERROR_ARGUMENT, words);
    }
    assert_refused("digits:2147483647", VAE_ERROR_MEMORY, "digits:2147483647: needs 1966737106580 bytes, ");
}
END_TEST

START_TEST(test_unknown_sources)
{
    assert_refused("/dev/null", VAE_ERROR_FILE,
                   "/dev/null: expected digits, digits:N, motion, motion:N, ring, ring:N, shapes, shapes:N, a folder "
                   "of PNG files, a "
                   "folder of IDX files, FILE.npy or FILE.h5, "
                   "found a special file");
    assert_refused("digit", VAE_ERROR_FILE,
                   "digit: expected digits, digits:N, motion, motion:N, ring, ring:N, shapes, shapes:N, a folder of "
                   "PNG files, a folder "
                   "of IDX files, FILE.npy or FILE.h5, found nothing");
    assert_refused("digitsy", VAE_ERROR_FILE, "found nothing of that name");
    assert_refused("", VAE_ERROR_FILE, "\"\": expected digits");
    assert_refused("/dev/null/x", VAE_ERROR_FILE, "/dev/null/x: cannot look at it: Not a directory");
    char file[] = "/tmp/vae-test-data-XXXXXX";
    close(mkstemp(file));
    assert_refused(file, VAE_ERROR_FILE, ", found a file");
    remove(file);
}
END_TEST

START_TEST(test_wrong_arguments)
{
    vae_data *data = NULL;
    ck_assert_status(vae_data_open(NULL, NULL, &data), VAE_ERROR_ARGUMENT, "expected a source");
    ck_assert_status(vae_data_open("digits", NULL, NULL), VAE_ERROR_ARGUMENT, "expected a place for the data");
    ck_assert_status(vae_data_open("digits", &(vae_data_options){ .threads = -1 }, &data), VAE_ERROR_ARGUMENT,
                     "expected 0 to 1024 threads, found -1");
    ck_assert_status(vae_data_hold_out(NULL, 1), VAE_ERROR_ARGUMENT, "expected data, found NULL");
    vae_data_free(NULL);
    vae_data_free(&data);
    ck_assert_int_eq(vae_data_rows(NULL, VAE_TRAIN), 0);
    ck_assert_int_eq(vae_data_field_count(NULL), 0);
    ck_assert_ptr_null(vae_data_field(NULL, VAE_TRAIN, 0));
    ck_assert_ptr_null(vae_data_find(NULL, VAE_TRAIN, "x"));
    ck_assert_ptr_null(vae_data_source(NULL));
    ck_assert_ptr_null(vae_data_digest(NULL));
    ck_assert_str_eq(vae_split_name(VAE_TRAIN), "train");
    ck_assert_str_eq(vae_split_name(VAE_VALIDATION), "validation");
    ck_assert_str_eq(vae_split_name(VAE_TEST), "test");
    ck_assert_str_eq(vae_split_name(VAE_ALL), "all");
    ck_assert_ptr_nonnull(vae_split_name(VAE_SPLITS));
}
END_TEST

/* Before and after the rows are drawn; no values are copied. */
START_TEST(test_hold_out)
{
    for (int drawn = 0; drawn < 2; drawn++) {
        vae_data *data = open_digits("digits:10", 2, 2), *whole = open_digits("digits:10", 2, 2);
        if (drawn)
            vae_data_field(data, VAE_TRAIN, 0);
        long before = system_outstanding();
        ck_assert_status_ok(vae_data_hold_out(data, 3));
        ck_assert_int_eq(system_outstanding(), before);
        ck_assert_int_eq(vae_data_rows(data, VAE_TRAIN), 7);
        ck_assert_int_eq(vae_data_rows(data, VAE_VALIDATION), 3);
        ck_assert_int_eq(vae_data_rows(data, VAE_TEST), 1);
        assert_digits(data, VAE_VALIDATION, 2, 7);
        assert_digits(data, VAE_TRAIN, 2, 0);
        const vae_field *train = vae_data_find(data, VAE_TRAIN, "x"), *held = vae_data_find(data, VAE_VALIDATION, "x");
        ck_assert_ptr_eq(held->values, (const char *)train->values + 7 * PIXELS);
        ck_assert_int_eq(vae_data_find(data, VAE_VALIDATION, "label")->classes, 10);
        ck_assert_str_eq(vae_data_digest(data), vae_data_digest(whole));
        ck_assert_status(vae_data_hold_out(data, 1), VAE_ERROR_ARGUMENT,
                         "digits:10: cannot hold out rows: it has 3 validation rows");
        vae_data_free(&data);
        vae_data_free(&whole);
    }
    ck_assert_int_eq(system_outstanding(), 0);
}
END_TEST

START_TEST(test_hold_out_wrong)
{
    vae_data *data = open_digits("digits:10", 2, 1);
    static const int64_t wrong[] = { 0, -1, 10, 11, INT64_MAX };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_assert_status(vae_data_hold_out(data, wrong[i]), VAE_ERROR_ARGUMENT,
                         "expected at least 1 and fewer than its 10 training rows");
    ck_assert_int_eq(vae_data_rows(data, VAE_TRAIN), 10);
    ck_assert_status_ok(vae_data_hold_out(data, 9));
    vae_data_free(&data);
}
END_TEST

START_TEST(test_failing_allocations)
{
    check_failing_allocations("digits:5", NULL, 8);
}
END_TEST

START_TEST(test_check_classes)
{
    static const uint8_t bytes[] = { 0, 9, 3, 10, 12 };
    static const int64_t longs[] = { 1, 2, -1 };
    static const double reals[] = { 1, 0, 2.5 };
    vae_field field = { .name = "label", .kind = VAE_CLASS, .type = VAE_UINT8, .size = 1, .rows = 5, .values = bytes };
    ck_assert_status_ok(vae__data_check_classes(&field, 13, "mnist"));
    ck_assert_status(vae__data_check_classes(&field, 12, "mnist"), VAE_ERROR_DATA,
                     "mnist: label: expected classes 0 to 11, found 12 in row 4");
    ck_assert_status(vae__data_check_classes(&field, 10, "mnist"), VAE_ERROR_DATA, "0 to 9, found 10 in row 3");
    field.type = VAE_INT64, field.rows = 3, field.values = longs;
    ck_assert_status(vae__data_check_classes(&field, 3, "mnist"), VAE_ERROR_DATA, "0 to 2, found -1 in row 2");
    field.type = VAE_FLOAT64, field.values = reals;
    ck_assert_status(vae__data_check_classes(&field, 3, "mnist"), VAE_ERROR_DATA, "0 to 2, found 2.5 in row 2");
}
END_TEST

/* Every byte counts, wherever it stands, and so does the size. */
START_TEST(test_hash)
{
    unsigned char bytes[29] = { 0 };
    uint64_t seen[1 + 29 + 29];
    int count = 0;
    for (size_t size = 0; size <= sizeof bytes; size++)
        seen[count++] = vae__data_hash(0, bytes, size);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = 0x80;
        seen[count++] = vae__data_hash(0, bytes, sizeof bytes);
        bytes[i] = 0;
    }
    for (int i = 0; i < count; i++)
        for (int j = 0; j < i; j++)
            ck_assert_uint_ne(seen[i], seen[j]);
}
END_TEST

int main(void)
{
    const TTest *const digits[] = { test_digits,
                                    test_digits_fields,
                                    test_digits_usual_count,
                                    test_digits_first_use,
                                    test_digits_first_use_on_threads,
                                    test_digits_digest,
                                    test_digits_wrong_counts,
                                    test_failing_allocations,
                                    NULL };
    const TTest *const common[] = { test_unknown_sources,
                                    test_wrong_arguments,
                                    test_hold_out,
                                    test_hold_out_wrong,
                                    test_check_classes,
                                    test_hash,
                                    NULL };
    Suite *suite = suite_create("data");
    suite_case(suite, "digits", 30, digits);
    suite_case(suite, "common", 30, common);
    return suite_run(suite);
}
