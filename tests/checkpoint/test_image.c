/* Files in memory, and tables of results. */
#include "src/base/file.h"
#include "src/checkpoint/image.h"
#include "src/checkpoint/put.h"
#include "src/checkpoint/table.h"
#include "tests/checkpoint/record.h"

/* Writes an array whose every value is `value` to `path`. */
static vae_status write_image(const char *path, size_t expected, int64_t rows, float value)
{
    vae__image image;
    float *values = malloc((size_t)rows * sizeof *values);
    for (int64_t i = 0; i < rows; i++)
        values[i] = value;
    vae_status status = vae__image_create(&image, expected);
    if (!status.code) {
        status =
            vae__put_array(image.file, "values",
                           &(vae__array){ .type = VAE_FLOAT32, .rank = 1, .shape = { rows }, .values = values }, NULL);
        vae_status finished = vae__image_finish(&image, path);
        status = status.code ? status : finished;
    }
    free(values);
    return status;
}

static float first_value(hid_t file)
{
    static float value[1000000];
    hid_t dataset = H5Dopen2(file, "values", H5P_DEFAULT);
    ck_assert_int_ge(H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, value), 0);
    H5Dclose(dataset);
    return value[0];
}

START_TEST(test_written_and_read)
{
    folder_make();
    vae__hdf5_host host;
    vae__hdf5_enter(&host, true);
    identifiers mark = identifiers_mark();
    ck_assert_status_ok(write_image(path_of("a.h5"), 0, 1000, 3));
    vae__image image;
    ck_assert_status_ok(vae__image_open(&image, path_of("a.h5")));
    ck_assert_float_eq(first_value(image.file), 3);
    ck_assert_int_lt(H5Gcreate2(image.file, "new", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), 0);
    vae__image_close(&image);
    assert_none_left(mark);
    vae__hdf5_leave(&host);
    ck_assert_int_eq(system_outstanding(), 0);
    folder_remove();
}
END_TEST

/* libhdf5 takes two files of one name for one file, and then reads the wrong one. */
START_TEST(test_two_at_a_time)
{
    folder_make();
    vae__hdf5_host host;
    vae__hdf5_enter(&host, true);
    ck_assert_status_ok(write_image(path_of("a.h5"), 0, 1000, 3));
    ck_assert_status_ok(write_image(path_of("b.h5"), 0, 1000, 4));
    vae__image first, second;
    ck_assert_status_ok(vae__image_open(&first, path_of("a.h5")));
    ck_assert_status_ok(vae__image_open(&second, path_of("b.h5")));
    ck_assert_float_eq(first_value(first.file), 3);
    ck_assert_float_eq(first_value(second.file), 4);
    ck_assert_status_ok(write_image(path_of("b.h5"), 0, 1000, 5));
    vae__image_close(&second);
    vae__image_close(&first);
    vae__hdf5_leave(&host);
    folder_remove();
}
END_TEST

/* The file is not there, or whole. */
static void check_whole(vae_status status)
{
    vae__image image;
    if (!access(path_of("a.h5"), F_OK)) {
        ck_assert_status_ok(vae__image_open(&image, path_of("a.h5")));
        vae__image_close(&image);
        remove(path_of("a.h5"));
    } else
        ck_assert_int_ne(status.code, VAE_OK);
}

START_TEST(test_no_room)
{
    folder_make();
    vae__hdf5_host host;
    vae__hdf5_enter(&host, false);
    long asked = 0;
    for (long n = 1; asked >= n - 1; n++) {
        identifiers mark = identifiers_mark();
        system_reset();
        system_fail(SYSTEM_ALLOCATE, n, 0, false);
        vae_status status = write_image(path_of("a.h5"), 5000000, 1000000, 3);
        asked = system_count(SYSTEM_ALLOCATE);
        ck_assert_int_eq(status.code, n <= asked ? VAE_ERROR_MEMORY : VAE_OK);
        system_reset();
        check_whole(status);
        ck_assert_int_eq(system_outstanding(), 0);
        assert_none_left(mark);
    }
    ck_assert_int_ge(asked, 4);
    vae__hdf5_leave(&host);
    folder_remove();
}
END_TEST

static vae_status write_table(const char *path, const vae__table_column *columns, int count)
{
    return vae__table_write(
        path, &(vae__table){ .format = "libvae samples", .title = "results", .columns = columns, .count = count });
}

/* Room given in advance is enough: nothing is asked for while libhdf5 writes. */
START_TEST(test_room_in_advance)
{
    static const int64_t shapes[][2] = {
        { 0, 3 }, { 1, 1 }, { 1, 300000 }, { 2, 200000 }, { 300001, 1 }, { 77, 5001 }
    };
    folder_make();
    float *values = calloc(400000, sizeof *values);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        vae__table_column columns[40];
        char names[40][8];
        for (int c = 0; c < 40; c++) {
            memcpy(names[c], (char[8]){ 'a', '/', 'b', '/', (char)('0' + c / 10), (char)('0' + c % 10) }, 8);
            columns[c] = (vae__table_column){
                .name = names[c], .rank = 2, .shape = { shapes[i][0], shapes[i][1] }, .values = values
            };
        }
        system_reset();
        ck_assert_status_ok(write_table(path_of("a.h5"), columns, 40));
        ck_assert_int_eq(system_count(SYSTEM_ALLOCATE), 5); /* the image and its bytes, three file names */
    }
    free(values);
    folder_remove();
}
END_TEST

/* The file grows under libhdf5's hands, which is one byte at a time; then it cannot. libhdf5 keeps such a file open,
 * and says so when the process ends, so this comes last. */
START_TEST(test_starved)
{
    folder_make();
    vae__hdf5_host host;
    vae__hdf5_enter(&host, false);
    ck_assert_status_ok(write_image(path_of("a.h5"), 0, 1000000, 3));
    ck_assert_int_lt(system_count(SYSTEM_ALLOCATE), 40);
    system_fail(SYSTEM_ALLOCATE, 5, 0, true);
    ck_assert_status(write_image(path_of("a.h5"), 0, 1000000, 4), VAE_ERROR_MEMORY, "values");
    system_reset();
    vae__image image;
    ck_assert_status_ok(vae__image_open(&image, path_of("a.h5")));
    ck_assert_float_eq(first_value(image.file), 3);
    vae__image_close(&image);
    vae__hdf5_leave(&host);
    folder_remove();
}
END_TEST

START_TEST(test_not_hdf5)
{
    folder_make();
    unsigned char *bytes = NULL;
    size_t size = 0;
    vae__image image;
    vae__hdf5_host host;
    vae__hdf5_enter(&host, true);
    ck_assert_status_ok(write_image(path_of("a.h5"), 0, 1000, 3));
    ck_assert_status_ok(vae__file_read(path_of("a.h5"), 1 << 20, &bytes, &size));
    for (size_t cut = 0; cut < size; cut += cut < 200 || cut + 98 > size ? 1 : 97) {
        write_bytes(path_of("b.h5"), bytes, cut);
        ck_assert_status(vae__image_open(&image, path_of("b.h5")), VAE_ERROR_FORMAT,
                         cut ? cut < 8 ? "not an HDF5 file" : "cut short" : "empty");
    }
    bytes[1] = 'h';
    write_bytes(path_of("b.h5"), bytes, size);
    ck_assert_status(vae__image_open(&image, path_of("b.h5")), VAE_ERROR_FORMAT, "not an HDF5 file");
    vae__free(bytes);
    vae__hdf5_leave(&host);
    ck_assert_int_eq(system_outstanding(), 0);
    folder_remove();
}
END_TEST

/* The checksum of "123456789", as every description of CRC-32 has it. */
START_TEST(test_checksum)
{
    ck_assert_uint_eq(vae__hdf5_checksum(VAE_UINT8, "123456789", 9), 0xcbf43926u);
    unsigned char *many = calloc(10000, 1);
    ck_assert_uint_eq(vae__hdf5_checksum(VAE_UINT8, many, 10000), vae__hdf5_checksum(VAE_FLOAT32, many, 2500));
    many[9999] = 1;
    ck_assert_uint_ne(vae__hdf5_checksum(VAE_FLOAT64, many, 1250), vae__hdf5_checksum(VAE_FLOAT64, many, 1249));
    free(many);
}
END_TEST

START_TEST(test_table)
{
    folder_make();
    float x[2][3] = { { 1, 2, 3 }, { 4, 5, 6 } }, back[6];
    const vae__table_column columns[] = {
        { .name = "x", .description = "values", .rank = 2, .shape = { 2, 3 }, .values = x[0] },
        { .name = "deep/z", .rank = 1, .shape = { 0 }, .values = x[0] },
        { .name = "row", .type = VAE_INT64, .rank = 1, .shape = { 2 }, .values = (int64_t[]){ 7, -1 } },
        { .name = "run", .text = 5, .rank = 1, .shape = { 2 }, .values = "run Aab\0\0" },
    };
    ck_assert_status_ok(write_table(path_of("a.h5"), columns, 4));
    hid_t file = H5Fopen(path_of("a.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t dataset = H5Dopen2(file, "x", H5P_DEFAULT);
    ck_assert_int_ge(H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, back), 0);
    ck_assert_mem_eq(x, back, sizeof back);
    ck_assert_int_gt(H5Aexists(file, "title"), 0);
    H5Dclose(dataset);
    dataset = H5Dopen2(file, "deep/z", H5P_DEFAULT);
    H5Dclose(dataset);
    int64_t rows[2];
    char runs[2][5];
    dataset = H5Dopen2(file, "row", H5P_DEFAULT);
    ck_assert_int_ge(H5Dread(dataset, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows), 0);
    ck_assert_int_eq(rows[0], 7);
    ck_assert_int_eq(rows[1], -1);
    H5Dclose(dataset);
    dataset = H5Dopen2(file, "run", H5P_DEFAULT);
    hid_t text = H5Dget_type(dataset);
    ck_assert_int_eq(H5Tis_variable_str(text), 0);
    ck_assert_uint_eq(H5Tget_size(text), 5);
    ck_assert_int_ge(H5Dread(dataset, text, H5S_ALL, H5S_ALL, H5P_DEFAULT, runs), 0);
    ck_assert_mem_eq(runs, "run Aab\0\0", 10);
    H5Tclose(text);
    H5Dclose(dataset);
    H5Fclose(file);
    ck_assert_status_ok(vae__table_recognize(path_of("a.h5"), "libvae samples"));
    vae_training *training = make_training(&small_vae);
    ck_assert_status_ok(vae_checkpoint_save(training, path_of("b.h5")));
    vae_training_free(&training);
    ck_assert_status(vae__table_recognize(path_of("b.h5"), "libvae samples"), VAE_ERROR_FORMAT,
                     "b.h5: expected libvae samples, found a libvae checkpoint");
    H5Fclose(H5Fcreate(path_of("b.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    ck_assert_status(vae__table_recognize(path_of("b.h5"), "libvae samples"), VAE_ERROR_FORMAT,
                     "found an HDF5 file of another kind");
    ck_assert_status(vae__table_recognize(path_of("a.h5"), "libvae latents"), VAE_ERROR_FORMAT,
                     "a.h5: expected libvae latents, found libvae samples");
    ck_assert_int_eq(remove(path_of("b.h5")), 0);
    vae__table_column wrong = columns[0];
    wrong.rank = VAE__ARRAY_RANK + 1;
    ck_assert_status(write_table(path_of("b.h5"), &wrong, 1), VAE_ERROR_ARGUMENT, "dimensions");
    ck_assert_status(write_table("/nowhere/b.h5", columns, 2), VAE_ERROR_FILE, "/nowhere/b.h5");
    ck_assert_int_eq(system_outstanding(), 0);
    folder_remove();
}
END_TEST

int main(void)
{
    const TTest *const images[] = { test_written_and_read, test_two_at_a_time, test_no_room,
                                    test_room_in_advance,  test_not_hdf5,      NULL };
    const TTest *const last[] = { test_starved, NULL };
    const TTest *const arrays[] = { test_checksum, test_table, NULL };
    Suite *suite = suite_create("image");
    suite_case(suite, "images", 60, images);
    suite_case(suite, "arrays", 60, arrays);
    suite_case(suite, "last", 60, last);
    return suite_run(suite);
}
