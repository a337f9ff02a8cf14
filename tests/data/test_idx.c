/* Folders of IDX files: what is read, and one line for whatever can be wrong with them. Every test makes its files in a
 * folder of its own. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <vae/data.h>

#include "src/data/data.h"
#include "src/data/idx.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"

#define TRAIN_IMAGES "train-images-idx3-ubyte"
#define TRAIN_LABELS "train-labels-idx1-ubyte"
#define TEST_IMAGES  "t10k-images-idx3-ubyte"
#define TEST_LABELS  "t10k-labels-idx1-ubyte"

enum { ROWS = 7, HEIGHT = 3, WIDTH = 5, SIZE = HEIGHT * WIDTH, BIG = 400000 };

static char folder[64];

static void folder_make(void)
{
    system_reset();
    strcpy(folder, "/tmp/vae-test-idx-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static const char *path_of(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void folder_remove(void)
{
    static const char *const names[] = { TRAIN_IMAGES,
                                         TRAIN_LABELS,
                                         TEST_IMAGES,
                                         TEST_LABELS,
                                         "validation-images-idx3-ubyte",
                                         "validation-labels-idx1-ubyte" };
    char name[64];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(name, sizeof name, "%s.gz", names[i]);
        remove(path_of(names[i]));
        remove(path_of(name));
    }
    ck_assert_int_eq(rmdir(folder), 0);
}

static bool is_gzip(const char *name)
{
    return strstr(name, ".gz") != NULL;
}

/* Writes bytes as they are, whatever the name. `mode` is fopen's. */
static void write_bytes(const char *name, const char *mode, const void *bytes, size_t size)
{
    FILE *file = fopen(path_of(name), mode);
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

/* Writes bytes, gzipped where the name says so. In mode "a" that is one more gzip member. */
static void write_contents(const char *name, const char *mode, const void *bytes, size_t size)
{
    if (!is_gzip(name)) {
        write_bytes(name, mode, bytes, size);
        return;
    }
    gzFile file = gzopen(path_of(name), mode);
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(gzwrite(file, bytes, (unsigned)size), (int)size);
    ck_assert_int_eq(gzclose(file), Z_OK);
}

/* Makes an IDX header; returns its size. */
static size_t header_of(unsigned char header[4 + 4 * 8], int type, int rank, const uint32_t *shape)
{
    memcpy(header, (unsigned char[]){ 0, 0, (unsigned char)type, (unsigned char)rank }, 4);
    for (int i = 0; i < 4 * rank; i++)
        header[4 + i] = (unsigned char)(shape[i / 4] >> 8 * (3 - i % 4));
    return 4 + 4 * (size_t)rank;
}

static unsigned char value_at(size_t i, unsigned salt)
{
    return (unsigned char)(((uint32_t)i * 2654435761u + salt) >> 13);
}

/* An IDX file with these values, or value_at(i, salt) for NULL. */
static void write_idx(const char *name, int type, int rank, const uint32_t *shape, const unsigned char *values,
                      size_t size, unsigned salt)
{
    unsigned char *all = malloc(4 + 4 * 8 + size);
    ck_assert_ptr_nonnull(all);
    size_t before = header_of(all, type, rank, shape);
    for (size_t i = 0; i < size; i++)
        all[before + i] = values ? values[i] : value_at(i, salt);
    write_contents(name, "wb", all, before + size);
    free(all);
}

static void write_images(const char *name, uint32_t rows)
{
    write_idx(name, 8, 3, (uint32_t[]){ rows, HEIGHT, WIDTH }, NULL, rows * SIZE, 1);
}

static void write_labels(const char *name, uint32_t rows)
{
    static const unsigned char labels[16] = { 3, 0, 4, 1, 1, 2, 0, 5 };
    write_idx(name, 8, 1, &rows, labels, rows, 0);
}

/* Four files; training images and labels have ROWS rows, test images and labels 2. */
static void write_all(const char *ending)
{
    char name[64];
    snprintf(name, sizeof name, TRAIN_IMAGES "%s", ending);
    write_images(name, ROWS);
    snprintf(name, sizeof name, TRAIN_LABELS "%s", ending);
    write_labels(name, ROWS);
    snprintf(name, sizeof name, TEST_IMAGES "%s", ending);
    write_images(name, 2);
    snprintf(name, sizeof name, TEST_LABELS "%s", ending);
    write_labels(name, 2);
}

static vae_data *open_folder(void)
{
    vae_data *data = NULL;
    ck_assert_status_ok(vae_data_open(folder, &(vae_data_options){ .threads = 2 }, &data));
    return data;
}

/* Opening fails so, leaves no data and no memory behind. */
static void assert_refused(vae_code code, const char *words)
{
    vae_data *data = (vae_data *)folder;
    long before = system_outstanding();
    ck_assert_status(vae_data_open(folder, &(vae_data_options){ .threads = 2 }, &data), code, words);
    ck_assert_ptr_null(data);
    ck_assert_int_eq(system_outstanding(), before);
}

static void assert_contents(const vae_data *data)
{
    const vae_field *x = vae_data_find(data, VAE_TRAIN, "x"), *label = vae_data_find(data, VAE_TRAIN, "label");
    ck_assert(x && label);
    ck_assert_int_eq(vae_data_field_count(data), 2);
    ck_assert(x->kind == VAE_IMAGE && x->type == VAE_UINT8 && x->rank == 2 && x->size == SIZE && x->rows == ROWS);
    ck_assert(x->shape[0] == HEIGHT && x->shape[1] == WIDTH && x->classes == 0);
    ck_assert(label->kind == VAE_CLASS && label->type == VAE_UINT8 && label->rank == 1 && label->shape[0] == 1);
    ck_assert(label->size == 1 && label->rows == ROWS);
    ck_assert_int_eq(label->classes, 5);
    for (size_t i = 0; i < ROWS * SIZE; i++)
        ck_assert_uint_eq(((const unsigned char *)x->values)[i], value_at(i, 1));
    ck_assert_mem_eq(label->values, "\3\0\4\1\1\2\0", ROWS);
    ck_assert_int_eq(vae_data_rows(data, VAE_TEST), 2);
    ck_assert_int_eq(vae_data_find(data, VAE_TEST, "label")->classes, 5);
    ck_assert_int_eq(vae_data_rows(data, VAE_VALIDATION), 0);
    ck_assert_ptr_null(vae_data_field(data, VAE_VALIDATION, 0));
}

START_TEST(test_plain_and_gzip)
{
    static const char *const endings[] = { "", ".gz" };
    char digests[2][17];
    for (int i = 0; i < 2; i++) {
        folder_make();
        write_all(endings[i]);
        vae_data *data = open_folder();
        assert_contents(data);
        ck_assert_str_eq(vae_data_source(data), folder);
        strcpy(digests[i], vae_data_digest(data));
        vae_data_free(&data);
        folder_remove();
    }
    ck_assert_str_eq(digests[0], digests[1]);
    ck_assert_str_eq(digests[0], "1cb61ab515ee45a3");
    ck_assert_int_eq(system_outstanding(), 0);
}
END_TEST

START_TEST(test_plain_comes_first)
{
    folder_make();
    write_all("");
    write_bytes(TRAIN_IMAGES ".gz", "wb", "damaged", 7);
    strcat(folder, "/"); /* A slash at the end changes nothing. */
    vae_data *data = open_folder();
    assert_contents(data);
    vae_data_free(&data);
    folder_remove();
}
END_TEST

START_TEST(test_digest_of_contents)
{
    folder_make();
    write_all("");
    vae_data *data = open_folder();
    char before[17];
    strcpy(before, vae_data_digest(data));
    ck_assert_uint_eq(strspn(before, "0123456789abcdef"), 16);
    vae_data_free(&data);
    unsigned char labels[ROWS] = { 3, 0, 4, 1, 1, 2, 1 };
    write_idx(TRAIN_LABELS, 8, 1, (uint32_t[]){ ROWS }, labels, ROWS, 0);
    data = open_folder();
    ck_assert_str_ne(vae_data_digest(data), before);
    vae_data_free(&data);
    write_all("");
    write_idx(TRAIN_IMAGES, 8, 3, (uint32_t[]){ ROWS, WIDTH, HEIGHT }, NULL, ROWS * SIZE, 1);
    write_idx(TEST_IMAGES, 8, 3, (uint32_t[]){ 2, WIDTH, HEIGHT }, NULL, 2 * SIZE, 1);
    data = open_folder();
    ck_assert_str_ne(vae_data_digest(data), before);
    vae_data_free(&data);
    folder_remove();
}
END_TEST

/* Longer than the pieces that are read and inflated, on one thread and on several. */
START_TEST(test_many_pieces)
{
    folder_make();
    write_idx(TRAIN_IMAGES ".gz", 8, 2, (uint32_t[]){ BIG / 100, 100 }, NULL, BIG, 3);
    for (int threads = 1; threads <= 3; threads++) {
        vae_data *data = NULL;
        ck_assert_status_ok(vae_data_open(folder, &(vae_data_options){ .threads = threads }, &data));
        const vae_field *x = vae_data_field(data, VAE_TRAIN, 0);
        ck_assert_int_eq(x->rows, BIG / 100);
        for (size_t i = 0; i < BIG; i++)
            ck_assert_uint_eq(((const unsigned char *)x->values)[i], value_at(i, 3));
        vae_data_free(&data);
    }
    folder_remove();
}
END_TEST

START_TEST(test_ranks)
{
    folder_make();
    write_idx(TRAIN_IMAGES, 8, 2, (uint32_t[]){ 4, 6 }, NULL, 24, 1);
    vae_data *data = open_folder();
    const vae_field *x = vae_data_field(data, VAE_TRAIN, 0);
    ck_assert(x->kind == VAE_VALUES && x->rank == 1 && x->shape[0] == 6 && x->size == 6 && x->rows == 4);
    vae_data_free(&data);
    write_idx(TRAIN_IMAGES, 8, 4, (uint32_t[]){ 4, 2, 3, 5 }, NULL, 120, 1);
    data = open_folder();
    x = vae_data_field(data, VAE_TRAIN, 0);
    ck_assert(x->kind == VAE_IMAGE && x->rank == 3 && x->shape[2] == 5 && x->size == 30 && x->rows == 4);
    vae_data_free(&data);
    folder_remove();
}
END_TEST

START_TEST(test_gzip_members)
{
    folder_make();
    unsigned char all[16 + 2 * SIZE];
    header_of(all, 8, 3, (uint32_t[]){ 2, HEIGHT, WIDTH });
    for (size_t i = 0; i < 2 * SIZE; i++)
        all[16 + i] = value_at(i, 1);
    write_contents(TEST_IMAGES ".gz", "wb", all, 6);
    write_contents(TEST_IMAGES ".gz", "ab", all + 6, 20);
    write_contents(TEST_IMAGES ".gz", "ab", all + 26, sizeof all - 26);
    vae_data *data = open_folder();
    ck_assert_mem_eq(vae_data_field(data, VAE_TEST, 0)->values, all + 16, 2 * SIZE);
    vae_data_free(&data);
    folder_remove();
}
END_TEST

START_TEST(test_validation_and_no_train)
{
    folder_make();
    write_images("validation-images-idx3-ubyte", 1);
    assert_refused(VAE_ERROR_FILE, "expected " TRAIN_IMAGES "[.gz] or " TEST_IMAGES
                                   "[.gz] in it, or PNG files or folders of them, found neither");
    write_images(TEST_IMAGES ".gz", 4);
    vae_data *data = open_folder();
    ck_assert_int_eq(vae_data_rows(data, VAE_TRAIN), 0);
    ck_assert_int_eq(vae_data_rows(data, VAE_VALIDATION), 1);
    ck_assert_int_eq(vae_data_rows(data, VAE_TEST), 4);
    ck_assert_status(vae_data_hold_out(data, 1), VAE_ERROR_ARGUMENT, "1 validation rows");
    vae_data_free(&data);
    folder_remove();
}
END_TEST

/* Labels are a field where every split has them. */
START_TEST(test_missing_labels)
{
    folder_make();
    write_all("");
    remove(path_of(TEST_LABELS));
    vae_data *data = open_folder();
    ck_assert_int_eq(vae_data_field_count(data), 1);
    ck_assert_ptr_nonnull(vae_data_find(data, VAE_TRAIN, "x"));
    ck_assert_ptr_null(vae_data_find(data, VAE_TRAIN, "label"));
    vae_data_free(&data);
    remove(path_of(TRAIN_IMAGES));
    assert_refused(VAE_ERROR_FILE, TRAIN_LABELS ": expected " TRAIN_IMAGES "[.gz] beside it");
    folder_remove();
}
END_TEST

START_TEST(test_no_folder)
{
    folder_make();
    assert_refused(VAE_ERROR_FILE, "expected " TRAIN_IMAGES "[.gz] or");
    folder_remove();
    assert_refused(
        VAE_ERROR_FILE,
        "expected digits, digits:N, motion, motion:N, ring, ring:N, shapes, shapes:N, a folder of PNG files, "
        "a folder of IDX files, FILE.npy or "
        "FILE.h5, found nothing of that name");
}
END_TEST

START_TEST(test_cannot_open)
{
    folder_make();
    write_all("");
    system_fail(SYSTEM_OPEN, 1, EACCES, false);
    assert_refused(VAE_ERROR_FILE, TRAIN_IMAGES ": cannot open: Permission denied");
    remove(path_of(TRAIN_IMAGES));
    ck_assert_int_eq(mkdir(path_of(TRAIN_IMAGES), 0777), 0);
    assert_refused(VAE_ERROR_FILE, TRAIN_IMAGES ": expected a plain file, found a folder");
    folder_remove();
}
END_TEST

START_TEST(test_wrong_beginnings)
{
    static const struct {
        const char *name;
        size_t size;
        const char *bytes, *words;
    } wrong[] = {
        { TRAIN_IMAGES, 0, "", "expected an IDX file, found an empty one" },
        { TRAIN_IMAGES ".gz", 3, "\0\0\10", "expected an IDX header of 4 bytes or more, found 3" },
        { TRAIN_IMAGES, 3, "\0\0\10", "expected an IDX header of 4 bytes or more, found 3" },
        { TRAIN_IMAGES, 9, "\0\0\10\3\0\0\0\1\0", "expected an IDX header of 16 bytes, found 9" },
        { TRAIN_IMAGES ".gz", 9, "\0\0\10\3\0\0\0\1\0", "expected an IDX header of 16 bytes, found 9" },
        { TRAIN_IMAGES, 16, "\0\7\10\3\0\0\0\1\0\0\0\1\0\0\0\1", "which begins with bytes 00 00, found 00 07" },
        { TRAIN_IMAGES, 4, "\x1f\x8b\10\0", "found a gzip file: its name should end in .gz" },
        { TRAIN_IMAGES, 4, "\0\0\15\3", "expected unsigned bytes (type 0x08), found type 0x0d (float32)" },
        { TRAIN_IMAGES, 4, "\0\0\7\3", "found type 0x07 (no type of IDX's)" },
        { TRAIN_IMAGES, 4, "\0\0\10\1", "expected 2 to 4 dimensions, found 1" },
        { TRAIN_IMAGES ".gz", 4, "\0\0\10\5", "expected 2 to 4 dimensions, found 5" },
        { TRAIN_IMAGES, 4, "\0\0\10\xff", "expected 2 to 4 dimensions, found 255" },
        { TRAIN_LABELS, 4, "\0\0\10\3", "expected 1 dimension, found 3" },
        { TRAIN_IMAGES, 16, "\0\0\10\3\0\0\0\0\0\0\0\1\0\0\0\1", "expected a size that can be, found 0 × 1 × 1" },
        { TRAIN_IMAGES, 16, "\0\0\10\3\0\0\0\1\0\0\0\1\0\0\0\0", "expected a size that can be, found 1 × 1 × 0" },
        { TRAIN_IMAGES ".gz", 20, "\0\0\10\4\0\0\0\1\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
          "expected a size that can be, found 1 × 4294967295 × 4294967295 × 4294967295" },
        { TRAIN_IMAGES ".gz", 12, "\0\0\10\2\x7f\xff\xff\xff\xff\xff\xff\xff", "2147483647 × 4294967295, found " },
        { TRAIN_LABELS ".gz", 8, "\0\0\10\1\x80\0\0\0", "expected at most 2147483647 rows, found 2147483648" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        folder_make();
        if (!strstr(wrong[i].name, "images"))
            write_images(TRAIN_IMAGES, 1);
        write_contents(wrong[i].name, "wb", wrong[i].bytes, wrong[i].size);
        char words[256];
        snprintf(words, sizeof words, "%s/%s: ", folder, wrong[i].name);
        assert_refused(VAE_ERROR_FORMAT, words);
        assert_refused(VAE_ERROR_FORMAT, wrong[i].words);
        folder_remove();
    }
}
END_TEST

/* The size of a plain file is compared before anything is read; a gzip file's as it is inflated. */
START_TEST(test_wrong_sizes)
{
    static const struct {
        const char *name;
        int more;
        const char *words;
    } wrong[] = {
        { TEST_IMAGES, -1, ": expected 46 bytes for 2 × 3 × 5, found 45" },
        { TEST_IMAGES, 1, ": expected 46 bytes for 2 × 3 × 5, found 47" },
        { TEST_IMAGES ".gz", -1, ": expected 30 bytes for 2 × 3 × 5, found 29" },
        { TEST_IMAGES ".gz", 1, ": expected 30 bytes for 2 × 3 × 5, found more" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        folder_make();
        write_idx(wrong[i].name, 8, 3, (uint32_t[]){ 2, HEIGHT, WIDTH }, NULL, (size_t)(2 * SIZE + wrong[i].more), 1);
        assert_refused(VAE_ERROR_FORMAT, wrong[i].words);
        folder_remove();
    }
}
END_TEST

/* A file of nearly 16 TiB, almost all of it a hole: refused before anything is allocated or read. */
START_TEST(test_larger_than_memory)
{
    folder_make();
    const uint32_t shape[] = { UINT32_C(1) << 30, 16380 };
    unsigned char header[4 + 4 * 8];
    size_t before = header_of(header, 8, 2, shape);
    int64_t size = (int64_t)shape[0] * shape[1];
    write_bytes(TRAIN_IMAGES, "wb", header, before);
    if (!truncate(path_of(TRAIN_IMAGES), (off_t)before + size)) { /* Not every file system has such files. */
        assert_refused(VAE_ERROR_MEMORY, TRAIN_IMAGES ": needs 17587891077120 bytes, ");
        ck_assert_int_eq(system_count(SYSTEM_READ), 2);
    }
    folder_remove();
}
END_TEST

/* The most that gzip can make of a file: allowed, as far as its size tells. */
START_TEST(test_gzip_of_zeros)
{
    folder_make();
    unsigned char *zeros = calloc(BIG, 1);
    ck_assert_ptr_nonnull(zeros);
    write_idx(TRAIN_IMAGES ".gz", 8, 2, (uint32_t[]){ 1, BIG }, zeros, BIG, 0);
    vae_data *data = open_folder();
    ck_assert_mem_eq(vae_data_field(data, VAE_TRAIN, 0)->values, zeros, BIG);
    vae_data_free(&data);
    free(zeros);
    folder_remove();
}
END_TEST

/* The bytes of a sound gzip file of BIG values; the caller frees them. */
static unsigned char *gzip_bytes(size_t *size)
{
    write_idx(TRAIN_IMAGES ".gz", 8, 2, (uint32_t[]){ BIG / 100, 100 }, NULL, BIG, 3);
    unsigned char *bytes = malloc(2 * BIG);
    FILE *file = fopen(path_of(TRAIN_IMAGES ".gz"), "rb");
    ck_assert(bytes && file);
    *size = fread(bytes, 1, 2 * BIG, file);
    fclose(file);
    return bytes;
}

START_TEST(test_gzip_damage)
{
    folder_make();
    size_t size = 0;
    unsigned char *bytes = gzip_bytes(&size);
    bytes[size - 8] ^= 1;
    write_bytes(TRAIN_IMAGES ".gz", "wb", bytes, size);
    assert_refused(VAE_ERROR_FORMAT, ".gz: expected sound gzip data, found damage: incorrect data check");
    bytes[size - 8] ^= 1;
    bytes[size / 2] ^= 0x10;
    write_bytes(TRAIN_IMAGES ".gz", "wb", bytes, size);
    assert_refused(VAE_ERROR_FORMAT, ".gz: expected sound gzip data, found damage: ");
    bytes[size / 2] ^= 0x10;
    write_bytes(TRAIN_IMAGES ".gz", "wb", bytes, size);
    write_bytes(TRAIN_IMAGES ".gz", "ab", "waste", 5);
    assert_refused(VAE_ERROR_FORMAT, ".gz: expected sound gzip data, found damage: incorrect header check");
    write_bytes(TRAIN_IMAGES ".gz", "wb", "\0\0\10\3", 4);
    assert_refused(VAE_ERROR_FORMAT, "found damage: incorrect header check");
    free(bytes);
    folder_remove();
}
END_TEST

START_TEST(test_gzip_cut_short)
{
    folder_make();
    size_t size = 0;
    unsigned char *bytes = gzip_bytes(&size);
    const size_t cuts[] = { 1, 12, size / 2, size - 8, size - 1 };
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        write_bytes(TRAIN_IMAGES ".gz", "wb", bytes, cuts[i]);
        assert_refused(VAE_ERROR_FORMAT, "it was cut short");
    }
    free(bytes);
    folder_remove();
}
END_TEST

START_TEST(test_files_that_do_not_fit)
{
    folder_make();
    write_all("");
    write_labels(TRAIN_LABELS, ROWS - 1);
    assert_refused(VAE_ERROR_SHAPE, TRAIN_LABELS ": expected 7 labels, for the images in ");
    assert_refused(VAE_ERROR_SHAPE, TRAIN_IMAGES ", found 6");
    write_all("");
    write_idx(TEST_IMAGES, 8, 3, (uint32_t[]){ 2, WIDTH, HEIGHT }, NULL, 2 * SIZE, 1);
    assert_refused(VAE_ERROR_SHAPE, TEST_IMAGES ": expected images of 3 × 5 as in ");
    assert_refused(VAE_ERROR_SHAPE, TRAIN_IMAGES ", found 5 × 3");
    write_idx(TEST_IMAGES, 8, 2, (uint32_t[]){ 2, SIZE }, NULL, 2 * SIZE, 1);
    assert_refused(VAE_ERROR_SHAPE, TRAIN_IMAGES ", found 15");
    write_idx(TEST_IMAGES, 8, 2, (uint32_t[]){ 2, HEIGHT }, NULL, 2 * HEIGHT, 1);
    assert_refused(VAE_ERROR_SHAPE, TRAIN_IMAGES ", found 3");
    folder_remove();
}
END_TEST

/* Both ways of reading, each request failing in turn, until none is left to fail. */
static void fail_each(system_kind kind, int error, vae_code code)
{
    long n = 1;
    for (;; n++) {
        vae_data *data = NULL;
        system_reset();
        system_fail(kind, n, error, false);
        vae_status status = vae_data_open(folder, &(vae_data_options){ .threads = 2 }, &data);
        if (system_count(kind) < n) {
            ck_assert_msg(!status.code, "%s", status.message);
            vae_data_free(&data);
            break;
        }
        ck_assert_msg(status.code == code, "request %ld: %s: %s", n, vae_code_text(status.code), status.message);
        ck_assert_ptr_null(data);
        ck_assert_int_eq(system_outstanding(), 0);
    }
    system_reset();
    ck_assert_int_eq(system_outstanding(), 0);
    ck_assert_int_gt(n, 4);
}

START_TEST(test_failing_requests)
{
    static const char *const endings[] = { "", ".gz" };
    for (int i = 0; i < 2; i++) {
        folder_make();
        write_all(endings[i]);
        fail_each(SYSTEM_ALLOCATE, ENOMEM, VAE_ERROR_MEMORY);
        fail_each(SYSTEM_OPEN, EMFILE, VAE_ERROR_FILE);
        fail_each(SYSTEM_READ, EIO, VAE_ERROR_FILE);
        system_fail(SYSTEM_READ, 3, EINTR, false);
        vae_data *data = open_folder();
        assert_contents(data);
        vae_data_free(&data);
        folder_remove();
    }
}
END_TEST

START_TEST(test_read_fails_midway)
{
    folder_make();
    size_t size = 0;
    free(gzip_bytes(&size));
    system_fail(SYSTEM_READ, 3, EIO, false);
    assert_refused(VAE_ERROR_FILE, TRAIN_IMAGES ".gz: cannot read: Input/output error");
    folder_remove();
}
END_TEST

/* No descriptor is left open, after success or failure. */
START_TEST(test_files_are_closed)
{
    folder_make();
    write_all(".gz");
    int next = dup(0);
    close(next);
    vae_data *data = open_folder();
    vae_data_free(&data);
    write_images(TEST_IMAGES ".gz", 1);
    assert_refused(VAE_ERROR_SHAPE, "labels");
    int again = dup(0);
    close(again);
    ck_assert_int_eq(again, next);
    folder_remove();
}
END_TEST

int main(void)
{
    const TTest *const reading[] = {
        test_plain_and_gzip, test_plain_comes_first, test_digest_of_contents,      test_many_pieces,   test_ranks,
        test_gzip_members,   test_missing_labels,    test_validation_and_no_train, test_gzip_of_zeros, NULL
    };
    const TTest *const refusing[] = { test_no_folder,
                                      test_cannot_open,
                                      test_wrong_beginnings,
                                      test_wrong_sizes,
                                      test_gzip_damage,
                                      test_gzip_cut_short,
                                      test_files_that_do_not_fit,
                                      test_larger_than_memory,
                                      NULL };
    const TTest *const failing[] = { test_failing_requests, test_read_fails_midway, test_files_are_closed, NULL };
    Suite *suite = suite_create("idx");
    suite_case(suite, "reading", 30, reading);
    suite_case(suite, "refusing", 30, refusing);
    suite_case(suite, "failing", 60, failing);
    return suite_run(suite);
}
