/* HDF5 files as sources: what is read of files as instruments write them, and one line for whatever can be wrong with
 * them. Every test makes its files with libhdf5, in a folder of its own. */
#define _GNU_SOURCE /* memmem */
#include <float.h>
#include <hdf5.h>
#include <math.h>
#include <sys/stat.h>

#include "src/data/data.h"
#include "tests/data/files.h"

enum { ROWS = 6, SIDE = 4, FRAME = SIDE * SIDE };

/* ---- Making files ------------------------------------------------------------------------------------------------ */

static hid_t make(const char *name)
{
    hid_t file = H5Fcreate(path_of(name), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert(file >= 0);
    return file;
}

/* A dataset, the groups of its path included; `list` may be H5P_DEFAULT, `values` NULL. */
static void put(hid_t file, const char *path, hid_t stored, hid_t memory, int rank, const hsize_t *shape, hid_t list,
                const void *values)
{
    hid_t links = H5Pcreate(H5P_LINK_CREATE), space = H5Screate_simple(rank, shape, NULL);
    H5Pset_create_intermediate_group(links, 1);
    hid_t dataset = H5Dcreate2(file, path, stored, space, links, list, H5P_DEFAULT);
    ck_assert(dataset >= 0);
    if (values)
        ck_assert(H5Dwrite(dataset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(dataset);
    H5Sclose(space);
    H5Pclose(links);
}

static void put_list(hid_t file, const char *path, hid_t stored, hid_t memory, hsize_t rows, const void *values)
{
    put(file, path, stored, memory, 1, &rows, H5P_DEFAULT, values);
}

/* Frames of which each value tells its place, from `first` on. */
static void put_frames(hid_t file, const char *path, int rows, int first)
{
    uint16_t values[64 * FRAME];
    for (int i = 0; i < rows * FRAME; i++)
        values[i] = (uint16_t)(1000 * first + i);
    put(file, path, H5T_STD_U16BE, H5T_NATIVE_UINT16, 3, (hsize_t[]){ (hsize_t)rows, SIDE, SIDE }, H5P_DEFAULT, values);
}

static void put_strings(hid_t file, const char *path, hsize_t rows, const char *const *texts)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    put_list(file, path, type, type, rows, texts);
    H5Tclose(type);
}

/* As an instrument writes it: no x, no splits, names of its own. */
static void make_instrument(const char *name, int first)
{
    static const char *const runs[] = { "run B", "run A", "run A", "run C\xc3\xa9", "run B", "run A" };
    double energy[ROWS];
    uint8_t seen[ROWS * FRAME];
    for (int i = 0; i < ROWS; i++)
        energy[i] = first + 0.1 * i;
    for (int i = 0; i < ROWS * FRAME; i++)
        seen[i] = i % 7 != 0;
    hid_t file = make(name);
    put_frames(file, "/detector/frames", ROWS, first);
    put(file, "/detector/seen", H5T_STD_U8LE, H5T_NATIVE_UINT8, 3, (hsize_t[]){ ROWS, SIDE, SIDE }, H5P_DEFAULT, seen);
    put_list(file, "/meta/energy", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, ROWS, energy);
    put_strings(file, "/meta/run", ROWS, runs);
    H5Fclose(file);
}

static const vae_field_source instrument_conditions[] = {
    { .name = "energy", .kind = VAE_VALUES, .path = "/meta/energy" },
    { .name = "run", .kind = VAE_CLASS, .path = "/meta/run" },
};
static const vae_data_options instrument = {
    .x = "/detector/frames", .conditions = instrument_conditions, .condition_count = 2, .mask = "/detector/seen"
};

/* ---- What is read ------------------------------------------------------------------------------------------------ */

static void assert_levels(const vae_field *field, int count, const char *const *levels)
{
    ck_assert_ptr_nonnull(field);
    ck_assert(field->kind == VAE_CLASS && field->type == VAE_INT32 && field->size == 1);
    ck_assert_int_eq(field->classes, count);
    for (int i = 0; i < count; i++)
        ck_assert_str_eq(field->levels[i], levels[i]);
}

static void assert_numbers(const vae_field *field, const int32_t *numbers)
{
    for (int64_t i = 0; i < field->rows; i++)
        ck_assert_int_eq(((const int32_t *)field->values)[i], numbers[i]);
}

START_TEST(test_instrument)
{
    static const char *const levels[] = { "run A", "run B", "run C\xc3\xa9" };
    folder_make();
    make_instrument("a.h5", 1);
    vae_data *data = open_data("a.h5", &instrument);
    ck_assert_int_eq(vae_data_field_count(data), 4);
    ck_assert(vae_data_training_split(data) == VAE_ALL && vae_data_rows(data, VAE_ALL) == ROWS);
    const vae_field *x = vae_data_field(data, VAE_ALL, 0), *energy = vae_data_field(data, VAE_ALL, 1);
    const vae_field *run = vae_data_find(data, VAE_ALL, "run"), *mask = vae_data_field(data, VAE_ALL, 3);
    ck_assert(x->kind == VAE_IMAGE && x->type == VAE_UINT16 && x->rank == 2 && x->size == FRAME && !x->levels);
    for (int i = 0; i < ROWS * FRAME; i++)
        ck_assert_int_eq(((const uint16_t *)x->values)[i], 1000 + i);
    ck_assert_str_eq(energy->name, "energy");
    ck_assert(energy->kind == VAE_VALUES && energy->type == VAE_FLOAT64 && energy->rank == 1 && energy->shape[0] == 1);
    for (int i = 0; i < ROWS; i++)
        ck_assert_double_eq(((const double *)energy->values)[i], 1 + 0.1 * i);
    assert_levels(run, 3, levels);
    assert_numbers(run, (const int32_t[]){ 1, 0, 0, 2, 1, 0 });
    ck_assert_str_eq(mask->name, "mask");
    ck_assert(mask->kind == VAE_IMAGE && mask->type == VAE_UINT8 && mask->size == FRAME);
    for (int i = 0; i < ROWS * FRAME; i++)
        ck_assert_int_eq(((const uint8_t *)mask->values)[i], i % 7 != 0);
    vae_data_free(&data);
    folder_remove();
}
END_TEST

START_TEST(test_hold_out)
{
    folder_make();
    make_instrument("a.h5", 1);
    vae_data *data = open_data("a.h5", &instrument);
    char digest[17];
    strcpy(digest, vae_data_digest(data));
    const uint16_t *values = vae_data_find(data, VAE_ALL, "x")->values;
    ck_assert_str_eq(vae_data_find(data, VAE_ALL, "x")->path, "/detector/frames");
    ck_assert_str_eq(vae_data_find(data, VAE_ALL, "run")->path, "/meta/run");
    ck_assert_str_eq(vae_data_find(data, VAE_ALL, "mask")->path, "/detector/seen");
    ck_assert_status(vae_data_hold_out(data, ROWS), VAE_ERROR_ARGUMENT, "fewer than its 6 training rows");
    ck_assert_int_eq(vae_data_rows(data, VAE_ALL), ROWS);
    ck_assert_status_ok(vae_data_hold_out(data, 2));
    ck_assert_int_eq(vae_data_rows(data, VAE_ALL), 0);
    ck_assert_ptr_null(vae_data_find(data, VAE_ALL, "x"));
    ck_assert(vae_data_training_split(data) == VAE_TRAIN && vae_data_rows(data, VAE_TRAIN) == ROWS - 2);
    ck_assert_ptr_eq(vae_data_find(data, VAE_TRAIN, "x")->values, values);
    const vae_field *held = vae_data_find(data, VAE_VALIDATION, "x"), *run = vae_data_find(data, VAE_VALIDATION, "run");
    ck_assert(held->rows == 2 && held->values == values + (ROWS - 2) * FRAME);
    assert_numbers(run, (const int32_t[]){ 1, 0 });
    ck_assert_str_eq(run->levels[1], "run B");
    ck_assert_str_eq(vae_data_digest(data), digest);
    ck_assert_status(vae_data_hold_out(data, 1), VAE_ERROR_ARGUMENT, "it has 2 validation rows");
    vae_data_free(&data);
    folder_remove();
}
END_TEST

static hid_t half_type(H5T_order_t order)
{
    hid_t type = H5Tcopy(H5T_IEEE_F32LE);
    H5Tset_fields(type, 15, 10, 5, 0, 10);
    H5Tset_size(type, 2);
    H5Tset_ebias(type, 15);
    H5Tset_order(type, order);
    return type;
}

/* The truth values of h5py. */
static hid_t truth_type(void)
{
    hid_t type = H5Tenum_create(H5T_STD_I8LE);
    H5Tenum_insert(type, "FALSE", &(signed char){ 0 });
    H5Tenum_insert(type, "TRUE", &(signed char){ 1 });
    return type;
}

/* A value of a field, as a double. */
static double value_at(const vae_field *field, int64_t index)
{
    switch (field->type) {
#define VALUE(name, ctype, text)                                                                                       \
    case name:                                                                                                         \
        return (double)((const ctype *)field->values)[index];
        VAE_TYPE_LIST(VALUE)
#undef VALUE
    }
    return NAN;
}

static void assert_type(hid_t stored, hid_t memory, const void *values, vae_type type, const double *expected)
{
    hid_t file = make("type.h5");
    put_list(file, "x", stored, memory, 3, values);
    H5Fclose(file);
    vae_data *data = open_data("type.h5", NULL);
    const vae_field *x = vae_data_find(data, VAE_ALL, "x");
    ck_assert_msg(x->type == type, "expected %s, found %s", vae_type_name(type), vae_type_name(x->type));
    ck_assert(x->kind == VAE_VALUES && x->rank == 1 && x->shape[0] == 1 && x->rows == 3);
    for (int i = 0; i < 3; i++)
        ck_assert_double_eq(value_at(x, i), expected[i]);
    vae_data_free(&data);
}

START_TEST(test_types)
{
    folder_make();
    const struct {
        hid_t orders[2];
        vae_type type;
        double values[3];
    } types[] = {
        { { H5T_STD_U8LE, H5T_STD_U8BE }, VAE_UINT8, { 0, 7, UINT8_MAX } },
        { { H5T_STD_I8LE, H5T_STD_I8BE }, VAE_INT8, { INT8_MIN, 7, INT8_MAX } },
        { { H5T_STD_U16LE, H5T_STD_U16BE }, VAE_UINT16, { 0, 258, UINT16_MAX } },
        { { H5T_STD_I16LE, H5T_STD_I16BE }, VAE_INT16, { INT16_MIN, 258, INT16_MAX } },
        { { H5T_STD_U32LE, H5T_STD_U32BE }, VAE_UINT32, { 0, 66051, UINT32_MAX } },
        { { H5T_STD_I32LE, H5T_STD_I32BE }, VAE_INT32, { INT32_MIN, 66051, INT32_MAX } },
        { { H5T_STD_U64LE, H5T_STD_U64BE }, VAE_UINT64, { 0, 66051, 0x1p63 } },
        { { H5T_STD_I64LE, H5T_STD_I64BE }, VAE_INT64, { -0x1p63, 66051, 0x1p62 } },
        { { H5T_IEEE_F32LE, H5T_IEEE_F32BE }, VAE_FLOAT32, { -INFINITY, FLT_TRUE_MIN, FLT_MAX } },
        { { H5T_IEEE_F64LE, H5T_IEEE_F64BE }, VAE_FLOAT64, { DBL_TRUE_MIN, 1 / 3.0, DBL_MAX } },
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        for (int order = 0; order < 2; order++)
            assert_type(types[i].orders[order], H5T_NATIVE_DOUBLE, types[i].values, types[i].type, types[i].values);
    for (int order = 0; order < 2; order++) {
        const double values[] = { -0x1p-24, 65504, 0.333251953125 };
        hid_t half = half_type(order ? H5T_ORDER_BE : H5T_ORDER_LE);
        assert_type(half, H5T_NATIVE_DOUBLE, values, VAE_FLOAT32, values);
        H5Tclose(half);
    }
    const signed char bits[] = { 1, 0, 1 }, signs[] = { -1, 0, 1 };
    hid_t truth = truth_type(), signed_enum = H5Tenum_create(H5T_NATIVE_SCHAR);
    H5Tenum_insert(signed_enum, "down", &signs[0]);
    H5Tenum_insert(signed_enum, "none", &signs[1]);
    H5Tenum_insert(signed_enum, "up", &signs[2]);
    assert_type(truth, truth, bits, VAE_UINT8, (const double[]){ 1, 0, 1 });
    assert_type(signed_enum, signed_enum, signs, VAE_INT8, (const double[]){ -1, 0, 1 });
    assert_type(H5T_STD_B8LE, H5T_NATIVE_B8, bits, VAE_UINT8, (const double[]){ 1, 0, 1 });
    H5Tclose(truth);
    H5Tclose(signed_enum);
    folder_remove();
}
END_TEST

START_TEST(test_ranks)
{
    static const int kinds[] = { 0, VAE_VALUES, VAE_VALUES, VAE_IMAGE, VAE_IMAGE, VAE_VALUES };
    const hsize_t shape[] = { 2, 3, 4, 2, 5 };
    uint8_t values[2 * 3 * 4 * 2 * 5];
    for (size_t i = 0; i < sizeof values; i++)
        values[i] = (uint8_t)i;
    folder_make();
    for (int rank = 1; rank <= 5; rank++) {
        hid_t file = make("a.h5");
        put(file, "x", H5T_STD_U8LE, H5T_NATIVE_UINT8, rank, shape, H5P_DEFAULT, values);
        H5Fclose(file);
        vae_data *data = open_data("a.h5", NULL);
        const vae_field *x = vae_data_find(data, VAE_ALL, "x");
        ck_assert(x->rows == 2 && (int)x->kind == kinds[rank] && x->rank == (rank > 1 ? rank - 1 : 1));
        for (int i = 1; i < rank; i++)
            ck_assert_int_eq(x->shape[i - 1], (int64_t)shape[i]);
        ck_assert_mem_eq(x->values, values, (size_t)(2 * x->size));
        vae_data_free(&data);
    }
    folder_remove();
}
END_TEST

/* ---- Splits and paths -------------------------------------------------------------------------------------------- */

START_TEST(test_splits)
{
    static const vae_field_source label = { .name = "label", .kind = VAE_CLASS };
    static const char *const levels[] = { "-5", "3", "20" };
    folder_make();
    hid_t file = make("a.hdf5");
    put_frames(file, "/set/train/x", 3, 0);
    put_list(file, "/set/train/label", H5T_STD_I16BE, H5T_NATIVE_INT, 3, (const int[]){ 20, -5, 20 });
    put_frames(file, "/set/test/x", 2, 40);
    put_list(file, "/set/test/label", H5T_STD_I64LE, H5T_NATIVE_INT, 2, (const int[]){ 3, 20 });
    put_list(file, "/set/validation", H5T_STD_I64LE, H5T_NATIVE_INT, 2, (const int[]){ 3, 20 }); /* no group */
    H5Fclose(file);
    const char *const paths[] = { NULL, "x", "/x", "./x" };
    for (int i = 0; i < 4; i++) {
        const vae_data_options options = { .x = paths[i], .conditions = &label, .condition_count = 1 };
        vae_data *data = open_data("a.hdf5:/set/", &options);
        ck_assert_int_eq(vae_data_rows(data, VAE_TRAIN), 3);
        ck_assert_int_eq(vae_data_rows(data, VAE_VALIDATION), 0);
        ck_assert_int_eq(vae_data_rows(data, VAE_TEST), 2);
        ck_assert_int_eq(vae_data_rows(data, VAE_ALL), 0);
        ck_assert(vae_data_training_split(data) == VAE_TRAIN);
        ck_assert_int_eq(((const uint16_t *)vae_data_find(data, VAE_TEST, "x")->values)[1], 40001);
        assert_levels(vae_data_find(data, VAE_TEST, "label"), 3, levels);
        assert_numbers(vae_data_find(data, VAE_TRAIN, "label"), (const int32_t[]){ 2, 0, 2 });
        assert_numbers(vae_data_find(data, VAE_TEST, "label"), (const int32_t[]){ 1, 2 });
        vae_data_free(&data);
    }
    vae_data *data = open_data("a.hdf5:/set/train", NULL);
    ck_assert_int_eq(vae_data_rows(data, VAE_ALL), 3);
    vae_data_free(&data);
    folder_remove();
}
END_TEST

/* Where a condition is looked for: beside a dataset that is the source, below a group that is, from the root. */
START_TEST(test_paths)
{
    folder_make();
    make_instrument("a.h5", 1);
    hid_t file = H5Fopen(path_of("a.h5"), H5F_ACC_RDWR, H5P_DEFAULT);
    H5Lcreate_soft("/meta/energy", file, "/detector/beside", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("detector/./frames", file, "/pictures", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/detector", file, "/meta/back", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    const struct {
        const char *source, *x, *condition;
    } ways[] = {
        { "a.h5", "detector/frames", "meta/energy" },
        { "a.h5", "pictures", "detector/beside" },
        { "a.h5:/detector", "frames", "beside" },
        { "a.h5:/detector", "/pictures", "/meta/energy" },
        { "a.h5:/detector/frames", NULL, "beside" },
        { "a.h5:/detector/frames", NULL, "/meta/energy" },
        { "a.h5:/pictures", NULL, "/meta//energy" },
        { "a.h5:/meta/back", "frames", "beside" },
        { "a.h5:/", "meta/back/frames", "meta/back/beside" },
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        const vae_field_source energy = { .name = "energy", .kind = VAE_VALUES, .path = ways[i].condition };
        vae_data *data = open_data(ways[i].source,
                                   &(vae_data_options){ .x = ways[i].x, .conditions = &energy, .condition_count = 1 });
        ck_assert_int_eq(((const uint16_t *)vae_data_find(data, VAE_ALL, "x")->values)[5], 1005);
        ck_assert_double_eq(((const double *)vae_data_find(data, VAE_ALL, "energy")->values)[2], 1.2);
        vae_data_free(&data);
    }
    folder_remove();
}
END_TEST

/* ---- Many files -------------------------------------------------------------------------------------------------- */

START_TEST(test_files)
{
    static const char *const levels[] = { "run A", "run B", "run C\xc3\xa9" };
    folder_make();
    const char *names[] = { "run-1.h5", "run-10.h5", "run-2.h5" };
    char paths[3][256];
    const char *sources[3];
    for (int i = 0; i < 3; i++) {
        make_instrument(names[i], i + 1);
        sources[i] = strcpy(paths[i], path_of(names[i]));
    }
    vae_data *by_pattern = open_data("run-*.h5", &instrument), *by_name = NULL;
    ck_assert_status_ok(vae_data_open_files(sources, 3, &instrument, &by_name));
    ck_assert_int_eq(vae_data_rows(by_name, VAE_ALL), 3 * ROWS);
    const vae_field *x = vae_data_find(by_name, VAE_ALL, "x"), *run = vae_data_find(by_name, VAE_ALL, "run");
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(((const uint16_t *)x->values)[i * ROWS * FRAME + 9], 1000 * (i + 1) + 9);
    assert_levels(run, 3, levels);
    ck_assert_int_eq(((const int32_t *)run->values)[2 * ROWS + 3], 2);
    ck_assert_str_eq(vae_data_digest(by_name), vae_data_digest(by_pattern));
    int count = 0;
    ck_assert_str_eq(vae_data_sources(by_name, &count)[2], paths[2]);
    ck_assert_int_eq(count, 3);
    ck_assert_str_eq(vae_data_sources(by_pattern, NULL)[0], path_of("run-*.h5"));
    ck_assert_ptr_nonnull(strstr(vae_data_source(by_name), "run-1.h5, /tmp/"));
    vae_data_free(&by_pattern);
    vae_data_free(&by_name);
    folder_remove();
}
END_TEST

/* A file of exactly this name is meant before a pattern is; what follows ":/" is of each file. */
START_TEST(test_patterns)
{
    folder_make();
    make_instrument("a[1].h5", 1);
    make_instrument("a1.h5", 2);
    vae_data *data = open_data("a[1].h5", &instrument);
    ck_assert_int_eq(*(const uint16_t *)vae_data_find(data, VAE_ALL, "x")->values, 1000);
    vae_data_free(&data);
    data = open_data("a?.h5:/detector/frames", NULL);
    ck_assert_int_eq(*(const uint16_t *)vae_data_find(data, VAE_ALL, "x")->values, 2000);
    vae_data_free(&data);
    data = open_data("a*.h5:/detector/frames", NULL);
    ck_assert_int_eq(vae_data_rows(data, VAE_ALL), 2 * ROWS);
    vae_data_free(&data);
    rename(path_of("a1.h5"), path_of("a1")); /* known by its signature */
    data = open_data("a1:/detector/frames", NULL);
    vae_data_free(&data);
    assert_refused("b*.h5", NULL, VAE_ERROR_FILE, "b*.h5: expected files of this pattern, found none");
    folder_remove();
}
END_TEST

START_TEST(test_files_refused)
{
    folder_make();
    make_instrument("a.h5", 1);
    hid_t file = make("b.h5");
    put_frames(file, "/train/x", 3, 0);
    H5Fclose(file);
    file = make("c.h5");
    put(file, "x", H5T_STD_U16LE, H5T_NATIVE_UINT16, 2, (hsize_t[]){ 2, 3 }, H5P_DEFAULT, NULL);
    H5Fclose(file);
    file = make("d.h5");
    put(file, "x", H5T_STD_I16LE, H5T_NATIVE_UINT16, 2, (hsize_t[]){ 2, 3 }, H5P_DEFAULT, NULL);
    H5Fclose(file);
    const struct {
        const char *first, *second, *words[2];
    } pairs[] = {
        { "a.h5:/detector/frames", "b.h5", { "b.h5: expected no groups train, validation or test, as in ", "a.h5" } },
        { "b.h5", "a.h5:/detector/frames", { "expected groups train, validation or test, as in ", "b.h5" } },
        { "a.h5:/detector/frames",
          "c.h5",
          { "c.h5: /x: expected uint16 of shape (4, 4) as in ", "found uint16 of shape (3)" } },
        { "c.h5", "d.h5", { "d.h5: /x: expected uint16 of shape (3) as in ", "c.h5: /x, found int16 of shape (3)" } },
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const char *sources[] = { path_of(pairs[i].first), path_of(pairs[i].second) };
        vae_data *data = NULL;
        for (int w = 0; w < 2; w++)
            ck_assert_status(vae_data_open_files(sources, 2, NULL, &data), VAE_ERROR_DATA, pairs[i].words[w]);
        ck_assert_ptr_null(data);
    }
    vae_data *data = NULL;
    const char *mixed[] = { path_of("c.h5"), "digits:3" };
    ck_assert_status(vae_data_open_files(mixed, 2, NULL, &data), VAE_ERROR_ARGUMENT,
                     "digits:3: expected HDF5 or NPY files where several");
    ck_assert_status(vae_data_open_files(mixed, 0, NULL, &data), VAE_ERROR_ARGUMENT, "found none");
    mixed[1] = NULL;
    ck_assert_status(vae_data_open_files(mixed, 2, NULL, &data), VAE_ERROR_ARGUMENT, "found NULL");
    folder_remove();
}
END_TEST

/* ---- Classes ----------------------------------------------------------------------------------------------------- */

static const vae_field_source class_l = { .name = "l", .kind = VAE_CLASS };
static const vae_data_options with_l = { .conditions = &class_l, .condition_count = 1 };

static void assert_classes(hid_t stored, hid_t memory, const void *values, const char *const *levels, int count,
                           const int32_t *numbers)
{
    hid_t file = make("a.h5");
    put_list(file, "x", H5T_STD_U8LE, H5T_NATIVE_UINT8, 4, (const uint8_t[]){ 1, 2, 3, 4 });
    put_list(file, "l", stored, memory, 4, values);
    H5Fclose(file);
    vae_data *data = open_data("a.h5", &with_l);
    assert_levels(vae_data_find(data, VAE_ALL, "l"), count, levels);
    assert_numbers(vae_data_find(data, VAE_ALL, "l"), numbers);
    vae_data_free(&data);
}

START_TEST(test_classes)
{
    folder_make();
    assert_classes(H5T_STD_I64BE, H5T_NATIVE_INT64, (const int64_t[]){ -10, 9, INT64_MIN, -9 },
                   (const char *const[]){ "-9223372036854775808", "-10", "-9", "9" }, 4,
                   (const int32_t[]){ 1, 3, 0, 2 });
    assert_classes(H5T_STD_U64LE, H5T_NATIVE_UINT64, (const uint64_t[]){ 100, UINT64_MAX, 100, 20 },
                   (const char *const[]){ "20", "100", "18446744073709551615" }, 3, (const int32_t[]){ 1, 2, 1, 0 });
    assert_classes(H5T_STD_I32LE, H5T_NATIVE_INT, (const int[]){ 1, 257, 513, 513 }, /* alike in one byte */
                   (const char *const[]){ "1", "257", "513" }, 3, (const int32_t[]){ 0, 1, 2, 2 });
    hid_t text = H5Tcopy(H5T_C_S1);
    H5Tset_size(text, 3);
    H5Tset_strpad(text, H5T_STR_NULLPAD);
    assert_classes(text, text, "10\0b\0\0abc9\0\0", (const char *const[]){ "10", "9", "abc", "b" }, 4,
                   (const int32_t[]){ 0, 3, 2, 1 });
    H5Tset_strpad(text, H5T_STR_SPACEPAD);
    assert_classes(text, text, "10 b  abc b ", (const char *const[]){ " b", "10", "abc", "b" }, 4,
                   (const int32_t[]){ 1, 3, 2, 0 });
    H5Tset_strpad(text, H5T_STR_NULLTERM);
    assert_classes(text, text, "b \0b \0\0\0\0b\0\0", (const char *const[]){ "", "b", "b " }, 3,
                   (const int32_t[]){ 2, 2, 0, 1 });
    H5Tclose(text);
    hid_t truth = truth_type();
    assert_classes(truth, truth, "\1\0\1\1", (const char *const[]){ "0", "1" }, 2, (const int32_t[]){ 1, 0, 1, 1 });
    H5Tclose(truth);
    folder_remove();
}
END_TEST

/* More values than the table begins with; and more than are classes. */
START_TEST(test_many_classes)
{
    enum { MANY = 65537 };
    folder_make();
    int *values = calloc(MANY, sizeof *values);
    for (int i = 0; i < MANY; i++)
        values[i] = i < 5000 ? 4999 - i : i % 5000;
    for (int pass = 0; pass < 2; pass++) {
        hid_t file = make("a.h5");
        put_list(file, "x", H5T_STD_U8LE, H5T_NATIVE_INT, MANY, values);
        put_list(file, "l", H5T_STD_I32LE, H5T_NATIVE_INT, MANY, values);
        H5Fclose(file);
        for (int i = 0; i < MANY; i++)
            values[i] = i;
        if (pass) {
            assert_refused("a.h5", &with_l, VAE_ERROR_DATA,
                           "/l: row 65536: expected at most 65536 classes, found more");
            continue;
        }
        vae_data *data = open_data("a.h5", &with_l);
        const vae_field *field = vae_data_find(data, VAE_ALL, "l");
        ck_assert_int_eq(field->classes, 5000);
        ck_assert_int_eq(((const int32_t *)field->values)[0], 4999);
        ck_assert_int_eq(((const int32_t *)field->values)[5001], 1);
        ck_assert_str_eq(field->levels[4999], "4999");
        vae_data_free(&data);
    }
    free(values);
    folder_remove();
}
END_TEST

START_TEST(test_known_levels)
{
    folder_make();
    make_instrument("a.h5", 1);
    const char *const known[] = { "run C\xc3\xa9", "run X", "run B", "run A" };
    vae_field_source run = { .name = "run", .kind = VAE_CLASS, .path = "/meta/run", .levels = known, .level_count = 4 };
    const vae_data_options options = { .x = "/detector/frames", .conditions = &run, .condition_count = 1 };
    vae_data *data = open_data("a.h5", &options);
    assert_levels(vae_data_find(data, VAE_ALL, "run"), 4, known);
    assert_numbers(vae_data_find(data, VAE_ALL, "run"), (const int32_t[]){ 2, 3, 3, 0, 2, 3 });
    vae_data_free(&data);
    run.level_count = 3;
    assert_refused("a.h5", &options, VAE_ERROR_DATA, "/meta/run: row 1: expected one of the classes \"run C");
    assert_refused("a.h5", &options, VAE_ERROR_DATA, "\"run B\", found \"run A\"");
    run.levels = (const char *const[]){ "run A", "run B", "run A" };
    assert_refused("a.h5", &options, VAE_ERROR_ARGUMENT, "expected each once, found \"run A\" again");
    folder_remove();
}
END_TEST

/* ---- Storage ----------------------------------------------------------------------------------------------------- */

/* Chunks that divide neither the rows nor a piece; several pieces. */
START_TEST(test_chunks)
{
    enum { MANY = 70001, D = 64 };
    folder_make();
    float *values = malloc(sizeof(float) * MANY * D);
    for (int i = 0; i < MANY * D; i++)
        values[i] = (float)(i % 1000003);
    hid_t file = make("a.h5"), list = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(list, 2, (hsize_t[]){ 777, 50 });
    H5Pset_shuffle(list);
    H5Pset_deflate(list, 1);
    H5Pset_fletcher32(list);
    put(file, "x", H5T_IEEE_F32BE, H5T_NATIVE_FLOAT, 2, (hsize_t[]){ MANY, D }, list, values);
    H5Pclose(list);
    H5Fclose(file);
    vae_data *data = open_data("a.h5", NULL);
    ck_assert(!memcmp(vae_data_find(data, VAE_ALL, "x")->values, values, sizeof(float) * MANY * D));
    vae_data_free(&data);
    free(values);
    folder_remove();
}
END_TEST

static size_t pass_through(unsigned flags, size_t values, const unsigned *settings, size_t bytes, size_t *size,
                           void **buffer)
{
    (void)flags, (void)values, (void)settings, (void)size, (void)buffer;
    return bytes;
}

/* A filter that was there when the file was written. */
static void make_filtered(const char *name, H5Z_filter_t number, const char *filter_name)
{
    const H5Z_class2_t filter = { H5Z_CLASS_T_VERS, number, 1, 1, filter_name, NULL, NULL, pass_through };
    hid_t file = make(name), list = H5Pcreate(H5P_DATASET_CREATE);
    ck_assert(H5Zregister(&filter) >= 0);
    H5Pset_chunk(list, 1, (hsize_t[]){ 2 });
    H5Pset_filter(list, number, H5Z_FLAG_OPTIONAL, 0, NULL);
    put(file, "x", H5T_STD_U8LE, H5T_NATIVE_UINT8, 1, (hsize_t[]){ 3 }, list, "abc");
    H5Pclose(list);
    H5Fclose(file);
    ck_assert(H5Zunregister(number) >= 0);
}

START_TEST(test_missing_filter)
{
    folder_make();
    make_filtered("a.h5", 32015, "Zstandard compression: http://www.zstd.net");
    assert_refused("a.h5", NULL, VAE_ERROR_UNSUPPORTED,
                   "a.h5: /x: compressed with the filter 32015 (zstd), which is not installed");
    make_filtered("b.h5", 299, "ours");
    assert_refused("b.h5", NULL, VAE_ERROR_UNSUPPORTED,
                   "compressed with the filter 299 (ours), which is not installed");
    folder_remove();
}
END_TEST

START_TEST(test_external)
{
    folder_make();
    hid_t file = make("target.h5");
    put_list(file, "deep/x", H5T_STD_U8LE, H5T_NATIVE_UINT8, 3, "abc");
    H5Lcreate_soft("/deep", file, "soft", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    file = make("a.h5");
    H5Lcreate_external("target.h5", "/", file, "link", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external("gone.h5", "/", file, "dangling", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("link/deep", file, "hidden", H5P_DEFAULT, H5P_DEFAULT);
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(list, path_of("raw.bin"), 0, 3);
    put(file, "raw", H5T_STD_U8LE, H5T_NATIVE_UINT8, 1, (hsize_t[]){ 3 }, list, "abc");
    H5Pclose(list);
    list = H5Pcreate(H5P_DATASET_CREATE);
    hid_t space = H5Screate_simple(1, (hsize_t[]){ 3 }, NULL);
    H5Pset_virtual(list, space, path_of("target.h5"), "/deep/x", space);
    put(file, "virtual", H5T_STD_U8LE, H5T_NATIVE_UINT8, 1, (hsize_t[]){ 3 }, list, NULL);
    H5Sclose(space);
    H5Pclose(list);
    H5Fclose(file);
    const struct {
        const char *source, *x, *words;
    } ways[] = { { "a.h5:/link/deep/x", NULL,
                   "a.h5: /link/deep/x: expected what is in the file, found an external link" },
                 { "a.h5", "link/soft/x", "found an external link (--allow-external follows it)" },
                 { "a.h5", "hidden/x", "found an external link (--allow-external" },
                 { "a.h5", "raw", "a.h5: /raw: expected values in the file, found external storage (--allow-external" },
                 { "a.h5", "virtual", "found a virtual dataset (--allow-external reads it)" } };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        vae_data_options options = { .x = ways[i].x };
        assert_refused(ways[i].source, &options, VAE_ERROR_DATA, ways[i].words);
        options.allow_external = true;
        vae_data *data = open_data(ways[i].source, &options);
        ck_assert_mem_eq(vae_data_find(data, VAE_ALL, "x")->values, "abc", 3);
        vae_data_free(&data);
    }
    assert_refused("a.h5", &(vae_data_options){ .x = "dangling/x", .allow_external = true }, VAE_ERROR_DATA,
                   "expected a dataset dangling/x, found none");
    folder_remove();
}
END_TEST

static int count_entry(void *context, const vae_data_entry *entry)
{
    ck_assert(entry->outside && entry->usable && entry->rank == 1 && entry->shape[0] == 3);
    ++*(int *)context;
    return 0;
}

/* Its length is that of its sources, which are not so much as opened: whoever opens this one waits for ever. */
START_TEST(test_virtual_without_end)
{
    folder_make();
    const hsize_t now = 3, most = H5S_UNLIMITED, begin = 0;
    int entries = 0;
    hid_t file = make("a.h5"), list = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(1, &now, &most);
    ck_assert_int_ge(H5Sselect_hyperslab(space, H5S_SELECT_SET, &begin, NULL, &most, NULL), 0);
    ck_assert_int_ge(H5Pset_virtual(list, space, path_of("pipe.h5"), "/x", space), 0);
    hid_t dataset = H5Dcreate2(file, "x", H5T_STD_U8LE, space, H5P_DEFAULT, list, H5P_DEFAULT);
    ck_assert_int_ge(dataset, 0);
    H5Dclose(dataset);
    H5Sclose(space);
    H5Pclose(list);
    H5Fclose(file);
    ck_assert_int_eq(mkfifo(path_of("pipe.h5"), 0600), 0);
    assert_refused("a.h5", NULL, VAE_ERROR_DATA, "found a virtual dataset (--allow-external reads it)");
    ck_assert_status_ok(vae_data_list(path_of("a.h5"), count_entry, &entries));
    ck_assert_int_eq(entries, 1);
    folder_remove();
}
END_TEST

/* ---- What is refused --------------------------------------------------------------------------------------------- */

/* A file with one of everything that is wrong, and what is right around it. */
static void make_wrong(void)
{
    hid_t file = make("a.h5");
    put_list(file, "x", H5T_STD_U8LE, H5T_NATIVE_UINT8, 3, "abc");
    put_list(file, "two", H5T_STD_U8LE, H5T_NATIVE_UINT8, 2, "ab");
    put_list(file, "four", H5T_STD_U8LE, H5T_NATIVE_UINT8, 4, "abcd");
    put_list(file, "none", H5T_STD_U8LE, H5T_NATIVE_UINT8, 0, NULL);
    put_list(file, "floats", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 3, (const float[]){ 0, 1, 2 });
    put(file, "deep", H5T_STD_U8LE, H5T_NATIVE_UINT8, 6, (const hsize_t[]){ 3, 1, 1, 1, 1, 1 }, H5P_DEFAULT, NULL);
    put(file, "flat", H5T_STD_U8LE, H5T_NATIVE_UINT8, 2, (const hsize_t[]){ 3, 0 }, H5P_DEFAULT, NULL);
    put(file, "wide", H5T_STD_U8LE, H5T_NATIVE_UINT8, 2, (const hsize_t[]){ 3, 2 }, H5P_DEFAULT, NULL);
    put(file, "image", H5T_STD_U8LE, H5T_NATIVE_UINT8, 3, (const hsize_t[]){ 3, 2, 2 }, H5P_DEFAULT, NULL);
    put_strings(file, "strings", 3, (const char *const[]){ "a", "b", "c" });
    hid_t scalar = H5Screate(H5S_SCALAR);
    H5Dclose(H5Dcreate2(file, "scalar", H5T_STD_U8LE, scalar, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(scalar);
    hid_t types[] = { H5Tcreate(H5T_COMPOUND, 4),   H5Tcreate(H5T_OPAQUE, 4),
                      H5Tvlen_create(H5T_STD_U8LE), H5Tarray_create2(H5T_STD_U8LE, 1, (hsize_t[]){ 2 }),
                      H5Tcopy(H5T_STD_U32LE),       H5Tcopy(H5T_NATIVE_LDOUBLE) };
    const char *const names[] = { "compound", "opaque", "lists", "arrays", "thin", "long" };
    H5Tinsert(types[0], "a", 0, H5T_STD_I32LE);
    H5Tset_size(types[4], 3);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        put_list(file, names[i], types[i], types[i], 3, NULL);
        H5Tclose(types[i]);
    }
    put_list(file, "references", H5T_STD_REF_OBJ, H5T_STD_REF_OBJ, 3, NULL);
    H5Gclose(H5Gcreate2(file, "group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Lcreate_soft("/gone", file, "dangling", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/loop", file, "loop", H5P_DEFAULT, H5P_DEFAULT);
    put_list(file, "sets/train/x", H5T_STD_U8LE, H5T_NATIVE_UINT8, 3, "abc");
    put_list(file, "sets/test/y", H5T_STD_U8LE, H5T_NATIVE_UINT8, 3, "abc");
    H5Fclose(file);
}

START_TEST(test_refused_x)
{
    folder_make();
    make_wrong();
    const struct {
        const char *source, *x, *words;
    } wrongs[] = {
        { "a.h5:/gone", NULL, "a.h5: /gone: expected a group or a dataset, found none" },
        { "a.h5", "gone", "a.h5: /: expected a dataset gone, found none among arrays, compound" },
        { "a.h5", "x/y", "expected a dataset x/y, found none" },
        { "a.h5:/group", NULL, "a.h5: /group: expected a dataset x, found an empty group" },
        { "a.h5:/sets", NULL, "a.h5: /sets/test: expected a dataset x, found none among y" },
        { "a.h5", "group", "expected a dataset group, found an object of another kind" },
        { "a.h5", "dangling", "expected a dataset dangling, found none" },
        { "a.h5", "loop", "loop: expected a path of at most 1023 bytes and 32 soft links, found more" },
        { "a.h5", "none", "a.h5: /none: expected at least one row, found none" },
        { "a.h5", "deep", "/deep: expected a dataset of 1 to 5 dimensions, found 6" },
        { "a.h5", "scalar", "/scalar: expected a dataset of 1 to 5 dimensions, found 0" },
        { "a.h5", "flat", "/flat: expected values, and no more than 2^60, found shape (3, 0)" },
        { "a.h5", "strings", "/strings: expected numbers, found strings of shape (3)" },
        { "a.h5", "compound", "/compound: expected integers, floats or strings, found a compound type" },
        { "a.h5", "opaque", "found opaque values" },
        { "a.h5", "references", "found references" },
        { "a.h5", "lists", "found lists of variable length" },
        { "a.h5", "arrays", "found a type of arrays" },
        { "a.h5", "thin", "found integers of 24 bits" },
        { "a.h5", "long", "found floats of 128 bits" },
    };
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++)
        assert_refused(wrongs[i].source, &(vae_data_options){ .x = wrongs[i].x }, VAE_ERROR_DATA, wrongs[i].words);
    assert_refused("a.h5:/x", &(vae_data_options){ .x = "four" }, VAE_ERROR_ARGUMENT, "no other path of x, found four");
    ck_assert_int_eq(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
    folder_remove();
}
END_TEST

START_TEST(test_refused_fields)
{
    folder_make();
    make_wrong();
    const struct {
        const char *path;
        vae_field_kind kind;
        const char *words;
    } wrongs[] = {
        { "gone", VAE_VALUES, "a.h5: /: expected a dataset gone, found none" },
        { "four", VAE_VALUES, "a.h5: /four: expected 3 rows as in " },
        { "four", VAE_VALUES, "a.h5: /x, found 4" },
        { "two", VAE_CLASS, "a.h5: /x, found 2" },
        { "image", VAE_VALUES,
          "/image: expected numbers of shape (rows) or (rows, d), found uint8 of shape (3, 2, 2)" },
        { "strings", VAE_VALUES, "found strings of shape (3)" },
        { "wide", VAE_IMAGE, "expected numbers of shape (rows, height, width) or (rows, height, width, channels)" },
        { "wide", VAE_CLASS, "expected integers or strings of shape (rows) or (rows, 1), found uint8 of shape (3, 2)" },
        { "floats", VAE_CLASS, "found float32 of shape (3)" },
    };
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        const vae_field_source field = { .name = "c", .kind = wrongs[i].kind, .path = wrongs[i].path };
        const vae_data_options options = { .conditions = &field, .condition_count = 1 };
        assert_refused("a.h5", &options, VAE_ERROR_DATA, wrongs[i].words);
    }
    assert_refused("a.h5", &(vae_data_options){ .mask = "wide" }, VAE_ERROR_DATA,
                   "a.h5: /wide: expected a mask of x's shape (3), found (3, 2)");
    assert_refused("a.h5", &(vae_data_options){ .mask = "floats" }, VAE_ERROR_DATA,
                   "/floats: expected a mask of 0 and 1, found 2 in row 2");
    assert_refused("a.h5", &(vae_data_options){ .mask = "gone" }, VAE_ERROR_DATA, "expected a dataset gone");
    const vae_field_source twice[] = { { .name = "a" }, { .name = "b" }, { .name = "a" } };
    assert_refused("a.h5", &(vae_data_options){ .conditions = twice, .condition_count = 3 }, VAE_ERROR_ARGUMENT,
                   "expected conditions of different names, found \"a\" twice");
    const char *const taken[] = { "x", "mask", "", NULL };
    for (int i = 0; i < 4; i++)
        assert_refused(
            "a.h5", &(vae_data_options){ .conditions = &(vae_field_source){ .name = taken[i] }, .condition_count = 1 },
            VAE_ERROR_ARGUMENT, "expected a name for condition 1 other than x and mask");
    vae_data *data = NULL;
    const vae_field_source elsewhere = { .name = "l", .kind = VAE_CLASS, .path = "l" };
    const vae_data_options with_path = { .conditions = &elsewhere, .condition_count = 1 };
    ck_assert_status(vae_data_open("digits:3", &with_path, &data), VAE_ERROR_ARGUMENT,
                     "digits:3: l: expected no path but label, for this source has the fields x and label (a class)");
    ck_assert_int_eq(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
    folder_remove();
}
END_TEST

static void write_bytes(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(path_of(name), "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

START_TEST(test_refused_files)
{
    folder_make();
    make_instrument("a.h5", 1);
    assert_refused("gone.h5", NULL, VAE_ERROR_FILE, "gone.h5: cannot open: No such file");
    assert_refused("gone.h5:/x", NULL, VAE_ERROR_FILE, "gone.h5: cannot open: No such file");
    assert_refused("gone", NULL, VAE_ERROR_FILE,
                   "expected digits, digits:N, motion, motion:N, ring, ring:N, shapes, shapes:N, a folder of PNG "
                   "files, a folder of IDX "
                   "files, FILE.npy or FILE.h5, found nothing "
                   "of that name");
    write_bytes("b.h5", "", 0);
    assert_refused("b.h5", NULL, VAE_ERROR_FORMAT, "b.h5: not an HDF5 file: it is empty");
    write_bytes("b.h5", "\x89HDF is not enough", 18);
    assert_refused("b.h5", NULL, VAE_ERROR_FORMAT, "b.h5: not an HDF5 file");
    ck_assert_int_eq(truncate(path_of("a.h5"), 3000), 0);
    assert_refused("a.h5", &instrument, VAE_ERROR_FORMAT, "a.h5: a damaged HDF5 file, one cut short, or");
    folder_remove();
}
END_TEST

/* Values that do not match their checksum, in the second chunk. */
START_TEST(test_damaged_values)
{
    static const char mark[] = "values that are found again";
    folder_make();
    hid_t file = make("a.h5"), list = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(list, 1, (hsize_t[]){ sizeof mark });
    H5Pset_fletcher32(list);
    put(file, "x", H5T_STD_U8LE, H5T_NATIVE_UINT8, 1, (hsize_t[]){ sizeof mark }, list, mark);
    H5Pclose(list);
    H5Fclose(file);
    char bytes[16384];
    FILE *stream = fopen(path_of("a.h5"), "rb");
    size_t size = fread(bytes, 1, sizeof bytes, stream);
    fclose(stream);
    char *at = memmem(bytes, size, mark, sizeof mark);
    ck_assert_ptr_nonnull(at);
    at[3] = '!';
    write_bytes("a.h5", bytes, size);
    assert_refused("a.h5", NULL, VAE_ERROR_FORMAT, "a.h5: /x: libhdf5 cannot read rows 0 to 27: damaged");
    ck_assert_int_eq(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
    folder_remove();
}
END_TEST

/* A shape is cheap to claim: values beyond what is small must be in the file. Of how much scale and offset make of a
 * byte there is no bound. */
START_TEST(test_memory)
{
    folder_make();
    hid_t file = make("a.h5"), list = H5Pcreate(H5P_DATASET_CREATE), packed = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(list, 2, (hsize_t[]){ 1, 1 });
    H5Pset_chunk(packed, 2, (hsize_t[]){ 1, 1 });
    H5Pset_scaleoffset(packed, H5Z_SO_INT, 0);
    put(file, "x", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 2, (hsize_t[]){ 1000000000, 100000 }, list, NULL);
    put(file, "many", H5T_STD_U8LE, H5T_NATIVE_UINT8, 2, (hsize_t[]){ 3000000000, 1 }, list, NULL);
    put(file, "few", H5T_STD_U8LE, H5T_NATIVE_UINT8, 2, (hsize_t[]){ 20, 1 }, list, NULL);
    put(file, "packed", H5T_STD_I64LE, H5T_NATIVE_INT64, 2, (hsize_t[]){ 1000000000, 100000 }, packed, NULL);
    put(file, "packed_rows", H5T_STD_U8LE, H5T_NATIVE_UINT8, 2, (hsize_t[]){ 3000000000, 1 }, packed, NULL);
    H5Pclose(list);
    H5Pclose(packed);
    H5Fclose(file);
    assert_refused("a.h5", NULL, VAE_ERROR_DATA,
                   "a.h5: /x: expected 800000000000000 bytes of values, found 0 in the file, which cannot hold them");
    assert_refused("a.h5:/many", NULL, VAE_ERROR_DATA, "/many: expected 3000000000 bytes of values, found 0");
    assert_refused("a.h5:/packed", NULL, VAE_ERROR_MEMORY, "a.h5:/packed: needs 800000000000000 bytes, ");
    assert_refused("a.h5:/packed_rows", NULL, VAE_ERROR_DATA, "expected at most 2147483647 rows, found 3000000000");
    vae_data *data = NULL;
    ck_assert_status_ok(vae_data_open(path_of("a.h5:/few"), NULL, &data));
    vae_data_free(&data);
    folder_remove();
}
END_TEST

/* libhdf5 makes room for a chunk as a whole. */
START_TEST(test_vast_chunk)
{
    folder_make();
    hid_t file = make("a.h5"), list = H5Pcreate(H5P_DATASET_CREATE), space;
    H5Pset_chunk(list, 2, (hsize_t[]){ 30000, 30000 });
    H5Pset_deflate(list, 1);
    space = H5Screate_simple(2, (hsize_t[]){ 3, 4 }, (hsize_t[]){ H5S_UNLIMITED, H5S_UNLIMITED });
    H5Dclose(H5Dcreate2(file, "x", H5T_STD_U8LE, space, H5P_DEFAULT, list, H5P_DEFAULT));
    H5Sclose(space);
    H5Pclose(list);
    H5Fclose(file);
    assert_refused("a.h5", NULL, VAE_ERROR_DATA,
                   "a.h5: /x: expected chunks no larger than the dataset, found 900000000 values");
    folder_remove();
}
END_TEST

/* ---- Manners ----------------------------------------------------------------------------------------------------- */

static herr_t host_print(hid_t stack, void *context)
{
    (void)stack;
    ++*(int *)context;
    return 0;
}

/* The host's error printing is as before, and was not called; its own handles are untouched. */
START_TEST(test_host)
{
    folder_make();
    make_instrument("a.h5", 1);
    int printed = 0;
    H5E_auto2_t function = NULL;
    void *context = NULL;
    H5Eset_auto2(H5E_DEFAULT, host_print, &printed);
    hid_t own = H5Fopen(path_of("a.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
    vae_data *data = open_data("a.h5", &instrument);
    vae_data_free(&data);
    assert_refused("gone.h5", NULL, VAE_ERROR_FILE, "cannot open");
    assert_refused("a.h5", NULL, VAE_ERROR_DATA, "expected a dataset x");
    H5Eget_auto2(H5E_DEFAULT, &function, &context);
    ck_assert(function == host_print && context == &printed && printed == 0);
    ck_assert_int_eq(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 1);
    ck_assert(H5Lexists(own, "meta", H5P_DEFAULT) > 0);
    H5Fclose(own);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    folder_remove();
}
END_TEST

/* Whichever request for memory fails, and whichever for a file: one line, nothing kept. */
START_TEST(test_faults)
{
    folder_make();
    make_instrument("a.h5", 1);
    make_instrument("b.h5", 2);
    char source[256];
    strcpy(source, path_of("?.h5"));
    for (int kind = SYSTEM_ALLOCATE; kind <= SYSTEM_OPEN; kind++) {
        vae_code expected = kind == SYSTEM_ALLOCATE ? VAE_ERROR_MEMORY : VAE_ERROR_FILE, code = expected;
        long n = 0;
        while (code) {
            vae_data *data = NULL;
            system_reset();
            system_fail((system_kind)kind, ++n, 5, false);
            vae_status status = vae_data_open(source, &instrument, &data);
            system_reset();
            code = status.code;
            ck_assert_msg(!code || (code == expected && *status.message && !data), "%ld: %s", n, status.message);
            vae_data_free(&data);
            ck_assert_int_eq(system_outstanding(), 0);
            ck_assert_int_eq(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
        }
        ck_assert_int_gt(n, kind == SYSTEM_ALLOCATE ? 30 : 4);
    }
    folder_remove();
}
END_TEST

int main(void)
{
    const TTest *const reading[] = { test_instrument,
                                     test_hold_out,
                                     test_types,
                                     test_ranks,
                                     test_splits,
                                     test_paths,
                                     test_files,
                                     test_patterns,
                                     test_classes,
                                     test_chunks,
                                     test_many_classes,
                                     test_known_levels,
                                     test_external,
                                     test_virtual_without_end,
                                     NULL };
    const TTest *const refusing[] = { test_files_refused,  test_missing_filter, test_refused_x,
                                      test_refused_fields, test_refused_files,  test_damaged_values,
                                      test_memory,         test_vast_chunk,     NULL };
    const TTest *const manners[] = { test_host, test_faults, NULL };
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    Suite *suite = suite_create("hdf5");
    suite_case(suite, "reading", 60, reading);
    suite_case(suite, "refusing", 60, refusing);
    suite_case(suite, "manners", 60, manners);
    return suite_run(suite);
}
