/* NPY files as sources: what numpy writes is read, and one line for whatever can be wrong. Files are made byte by byte,
 * in a folder of the test's own. */
#include <hdf5.h>
#include <math.h>

#include "src/data/data.h"
#include "tests/data/files.h"

/* ---- Making files ------------------------------------------------------------------------------------------------ */

static void write_file(const char *name, int version, const char *header, size_t length, const void *values,
                       size_t size)
{
    FILE *file = fopen(path_of(name), "wb");
    ck_assert_ptr_nonnull(file);
    const unsigned char start[] = { 0x93, 'N', 'U', 'M', 'P', 'Y', (unsigned char)version, 0 };
    fwrite(start, 1, sizeof start, file);
    for (int i = 0; i < (version == 1 ? 2 : 4); i++)
        fputc((int)(length >> 8 * i & 255), file);
    fwrite(header, 1, strlen(header), file);
    fwrite(values, 1, size, file);
    fclose(file);
}

/* A header as numpy's, filled with spaces up to a multiple of 64. */
static void put(const char *name, int version, const char *descr, const char *shape, const void *values, size_t size)
{
    char text[512];
    int before = version == 1 ? 10 : 12;
    int length = snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr, shape);
    while ((before + length + 1) % 64)
        text[length++] = ' ';
    text[length++] = '\n';
    text[length] = 0;
    write_file(name, version, text, (size_t)length, values, size);
}

static void put_header(const char *header)
{
    write_file("a.npy", 1, header, strlen(header), "abcdef", 6);
}

/* ---- What is read ------------------------------------------------------------------------------------------------ */

START_TEST(test_versions)
{
    static const char *const shapes[] = { "(6,)", "(3, 2)", "( 1,2 ,3, )", "(2, 1, 3, 1)", "(1, 3, 2, 1, 1)" };
    static const int kinds[] = { VAE_VALUES, VAE_VALUES, VAE_IMAGE, VAE_IMAGE, VAE_VALUES };
    static const int64_t rows[] = { 6, 3, 1, 2, 1 };
    folder_make();
    for (int version = 1; version <= 3; version++)
        for (int i = 0; i < 5; i++) {
            put("a.npy", version, "|u1", shapes[i], "abcdef", 6);
            vae_data *data = open_data("a.npy", NULL);
            ck_assert_int_eq(vae_data_rows(data, VAE_ALL), rows[i]);
            const vae_field *x = vae_data_find(data, VAE_ALL, "x");
            ck_assert((int)x->kind == kinds[i] && x->type == VAE_UINT8 && x->size == 6 / rows[i]);
            ck_assert_mem_eq(x->values, "abcdef", 6);
            vae_data_free(&data);
        }
    /* Other keys first, and other quotes. */
    put_header("{ \"shape\": (6,), 'fortran_order':True,\"descr\":'<u1'}\n");
    vae_data *data = open_data("a.npy", NULL);
    ck_assert_int_eq(vae_data_rows(data, VAE_ALL), 6);
    vae_data_free(&data);
    folder_remove();
}
END_TEST

static void turn(const unsigned char *from, size_t width, size_t count, unsigned char *to)
{
    for (size_t i = 0; i < count * width; i++)
        to[i] = from[i / width * width + width - 1 - i % width];
}

static void assert_type(const char *descr, const void *values, size_t width, vae_type type, const void *expected,
                        size_t memory_width)
{
    unsigned char turned[64];
    char text[8];
    folder_make();
    turn(values, width, 3, turned);
    for (int big = 0; big < 2; big++) {
        snprintf(text, sizeof text, "%c%s", big ? '>' : '<', descr);
        put("a.npy", 1, text, "(3,)", big ? turned : values, 3 * width);
        vae_data *data = open_data("a.npy", NULL);
        const vae_field *x = vae_data_find(data, VAE_ALL, "x");
        ck_assert_msg(x->type == type, "%s: %s", text, vae_type_name(x->type));
        ck_assert_mem_eq(x->values, expected, 3 * memory_width);
        vae_data_free(&data);
    }
    folder_remove();
}

/* Written for a processor with the little end first. */
START_TEST(test_types)
{
#define ASSERT_TYPE(descr, type, ctype, ...)                                                                           \
    assert_type(descr, (const ctype[]){ __VA_ARGS__ }, sizeof(ctype), type, (const ctype[]){ __VA_ARGS__ },            \
                sizeof(ctype))
    ASSERT_TYPE("b1", VAE_UINT8, uint8_t, 1, 0, 1);
    ASSERT_TYPE("u1", VAE_UINT8, uint8_t, 0, 7, 255);
    ASSERT_TYPE("i1", VAE_INT8, int8_t, -128, 7, 127);
    ASSERT_TYPE("u2", VAE_UINT16, uint16_t, 0, 258, 65535);
    ASSERT_TYPE("i2", VAE_INT16, int16_t, INT16_MIN, 258, 7);
    ASSERT_TYPE("u4", VAE_UINT32, uint32_t, 0, 66051, UINT32_MAX);
    ASSERT_TYPE("i4", VAE_INT32, int32_t, INT32_MIN, 66051, 7);
    ASSERT_TYPE("u8", VAE_UINT64, uint64_t, 1, UINT64_MAX, 0x0102030405060708);
    ASSERT_TYPE("i8", VAE_INT64, int64_t, INT64_MIN, -2, 0x0102030405060708);
    ASSERT_TYPE("f4", VAE_FLOAT32, float, -0.0f, 0.1f, INFINITY);
    ASSERT_TYPE("f8", VAE_FLOAT64, double, -0.0, 0.1, INFINITY);
    const uint16_t halves[][3] = { { 0x3c00, 0x8001, 0x7bff }, { 0xfc00, 0x8000, 0x03ff }, { 0x3555, 0x0400, 0xc248 } };
    const float floats[][3] = { { 1, -0x1p-24f, 65504 },
                                { -INFINITY, -0.0f, 0x3ffp-24f },
                                { 0.333251953125f, 0x1p-14f, -3.140625f } };
    for (int i = 0; i < 3; i++)
        assert_type("f2", halves[i], 2, VAE_FLOAT32, floats[i], 4);
}
END_TEST

/* Every half, against the formula. */
START_TEST(test_halves)
{
    static uint16_t halves[65536];
    for (int i = 0; i < 65536; i++)
        halves[i] = (uint16_t)i;
    folder_make();
    put("a.npy", 1, "<f2", "(65536,)", halves, sizeof halves);
    vae_data *data = open_data("a.npy", NULL);
    const float *found = vae_data_find(data, VAE_ALL, "x")->values;
    for (int i = 0; i < 65536; i++) {
        int exponent = i >> 10 & 31, mantissa = i & 1023;
        double size = exponent ? ldexp(1024 + mantissa, exponent - 25) : ldexp(mantissa, -24);
        double expected = exponent < 31 ? size : mantissa ? NAN : INFINITY;
        ck_assert(isnan(expected) ? isnan(found[i]) : fabsf(found[i]) == (float)expected);
        ck_assert(isnan(expected) || !signbit(found[i]) == (i < 32768));
    }
    vae_data_free(&data);
    folder_remove();
}
END_TEST

START_TEST(test_conditions)
{
    static const char *const levels[] = { "-7", "11", "300" }, *const letters[] = { "a", "b\xc3\xa9\xf0\x9f\x98\x80" };
    static const uint32_t characters[] = { 'a', 0, 0, 'b', 0xe9, 0x1f600, 'a', 0, 0 };
    folder_make();
    put("x.npy", 1, "<u2", "(3, 2)", (const uint16_t[]){ 1, 2, 3, 4, 5, 6 }, 12);
    put("l.npy", 1, "<i4", "(3, 1)", (const int32_t[]){ 300, -7, 11 }, 12);
    put("s.npy", 1, "|S4", "(3,)", "run\0bad\0run", 12);
    put("u.npy", 1, "<U3", "(3,)", characters, sizeof characters);
    put("v.npy", 1, "<f8", "(3, 2)", (const double[]){ 0.5, 1, 2, 3, 4, 5 }, 48);
    put("m.npy", 1, "|b1", "(3, 2)", "\1\0\1\1\1\1", 6);
    char paths[5][256];
    const char *const names[] = { "l.npy", "s.npy", "u.npy", "v.npy", "m.npy" };
    for (int i = 0; i < 5; i++)
        strcpy(paths[i], path_of(names[i]));
    const vae_field_source conditions[] = { { .name = "l", .kind = VAE_CLASS, .path = paths[0] },
                                            { .name = "s", .kind = VAE_CLASS, .path = paths[1] },
                                            { .name = "u", .kind = VAE_CLASS, .path = paths[2] },
                                            { .name = "v", .kind = VAE_VALUES, .path = paths[3] } };
    const vae_data_options options = { .conditions = conditions, .condition_count = 4, .mask = paths[4] };
    vae_data *data = open_data("x.npy", &options);
    const vae_field *l = vae_data_find(data, VAE_ALL, "l"), *s = vae_data_find(data, VAE_ALL, "s"),
                    *u = vae_data_find(data, VAE_ALL, "u");
    ck_assert(l->classes == 3 && s->classes == 2 && u->classes == 2);
    for (int i = 0; i < 3; i++) {
        ck_assert_str_eq(l->levels[i], levels[i]);
        ck_assert_int_eq(((const int32_t *)l->values)[i], (i + 2) % 3);
        ck_assert_int_eq(((const int32_t *)s->values)[i], i != 1);
        ck_assert_int_eq(((const int32_t *)u->values)[i], i == 1);
    }
    ck_assert_str_eq(s->levels[0], "bad");
    ck_assert_str_eq(u->levels[1], letters[1]);
    ck_assert_double_eq(((const double *)vae_data_find(data, VAE_ALL, "v")->values)[5], 5);
    ck_assert_mem_eq(vae_data_find(data, VAE_ALL, "mask")->values, "\1\0\1\1\1\1", 6);
    vae_data_free(&data);
    folder_remove();
}
END_TEST

static void make_hdf5(const char *name, const char *path)
{
    hid_t file = H5Fcreate(path_of(name), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t links = H5Pcreate(H5P_LINK_CREATE), space = H5Screate_simple(1, (hsize_t[]){ 3 }, NULL);
    H5Pset_create_intermediate_group(links, 1);
    hid_t x = H5Dcreate2(file, path, H5T_STD_U8LE, space, links, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(x, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, "abc");
    H5Dclose(x);
    H5Sclose(space);
    H5Pclose(links);
    H5Fclose(file);
}

/* Files follow one another; a condition in a file of its own has the rows of all, beside HDF5 too. */
START_TEST(test_files)
{
    folder_make();
    make_hdf5("a.h5", "x");
    put("b.npy", 1, "|u1", "(2,)", "de", 2);
    put("l.npy", 1, "|i1", "(5,)", "\5\4\3\2\1", 5);
    char first[256], second[256], labels[256];
    strcpy(first, path_of("a.h5"));
    strcpy(second, path_of("b.npy"));
    strcpy(labels, path_of("l.npy"));
    const vae_field_source l = { .name = "l", .kind = VAE_CLASS, .path = labels };
    const vae_data_options options = { .conditions = &l, .condition_count = 1 };
    vae_data *data = NULL;
    ck_assert_status_ok(vae_data_open_files((const char *const[]){ first, second }, 2, &options, &data));
    ck_assert_mem_eq(vae_data_find(data, VAE_ALL, "x")->values, "abcde", 5);
    ck_assert_int_eq(((const int32_t *)vae_data_find(data, VAE_ALL, "l")->values)[4], 0);
    vae_data_free(&data);
    assert_refused("a.h5", &options, VAE_ERROR_DATA, "l.npy: expected 3 rows as in ");
    make_hdf5("a.h5", "train/x");
    assert_refused("a.h5", &options, VAE_ERROR_DATA, "l: expected fields in the groups train, validation and test of ");
    folder_remove();
}
END_TEST

/* Classes are read in pieces: more rows than one has, of integers and of strings. */
START_TEST(test_pieces)
{
    enum { MANY = 1100001, WIDE = 20 };
    folder_make();
    char *numbers = calloc(MANY, 1), *texts = calloc(MANY, WIDE), shape[32], paths[2][256];
    for (int i = 0; i < MANY; i++) {
        numbers[i] = (char)(i % 101);
        snprintf(texts + (size_t)i * WIDE, WIDE, "run %d", i % 97);
    }
    snprintf(shape, sizeof shape, "(%d,)", MANY);
    put("x.npy", 1, "|u1", shape, numbers, MANY);
    put("s.npy", 1, "|S20", shape, texts, (size_t)MANY * WIDE);
    strcpy(paths[0], path_of("x.npy"));
    strcpy(paths[1], path_of("s.npy"));
    const vae_field_source classes[] = { { .name = "l", .kind = VAE_CLASS, .path = paths[0] },
                                         { .name = "s", .kind = VAE_CLASS, .path = paths[1] } };
    vae_data *data = open_data("x.npy", &(vae_data_options){ .conditions = classes, .condition_count = 2 });
    const vae_field *l = vae_data_find(data, VAE_ALL, "l"), *s = vae_data_find(data, VAE_ALL, "s");
    ck_assert(l->classes == 101 && s->classes == 97);
    for (int i = 0; i < MANY; i++) {
        int32_t number = ((const int32_t *)l->values)[i];
        if (number != i % 101 || strcmp(s->levels[((const int32_t *)s->values)[i]], texts + (size_t)i * WIDE))
            ck_abort_msg("row %d", i);
    }
    vae_data_free(&data);
    free(numbers);
    free(texts);
    folder_remove();
}
END_TEST

/* ---- What is refused --------------------------------------------------------------------------------------------- */

START_TEST(test_headers)
{
    static const char *const garbage[] = {
        "",
        "\n",
        "not a dictionary\n",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (6,), }",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (6,), } more\n",
        "{'descr': '|u1', 'fortran_order': False, }\n",
        "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (6,), }\n",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (6,), 'more': 1, }\n",
        "{'descr': '|u1', 'fortran_order': Perhaps, 'shape': (6,), }\n",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (-6,), }\n",
        "{'descr': '|u1', 'fortran_order': False, 'shape': 6, }\n",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (6 1), }\n",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999,), }\n",
        "{'descr': [('a', '|u1')], 'fortran_order': False, 'shape': (6,), }\n",
        "{'descr': '|u1, 'fortran_order': False, 'shape': (6,), }\n",
        "{'descr': '|u1' 'fortran_order': False 'shape': (6,)}\n",
        "{'descr': 'a descr of more characters than there are', 'fortran_order': False, 'shape': (6,), }\n",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (6,",
    };
    folder_make();
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        put_header(garbage[i]);
        assert_refused("a.npy", NULL, VAE_ERROR_FORMAT, "a.npy: expected a header {'descr'");
    }
    folder_remove();
}
END_TEST

START_TEST(test_dtypes)
{
    static const char *const types[] = { "<c8", "|O", "<M8[ns]", "<u3",  "<f16", "<i16", "|V6",        "u1",
                                         "=u1", "<u", "|u2",     "<u1x", "<b2",  "|S0",  "<S99999999", "" };
    char words[64];
    folder_make();
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        put("a.npy", 1, types[i], "(6,)", "abcdef", 6);
        snprintf(words, sizeof words, "strings, found the type \"%s\"", types[i]);
        assert_refused("a.npy", NULL, VAE_ERROR_DATA, words);
    }
    folder_remove();
}
END_TEST

START_TEST(test_refused)
{
    folder_make();
    put("a.npy", 1, "<u2", "(3, 2)", "0123456789", 10);
    assert_refused("a.npy", NULL, VAE_ERROR_FORMAT,
                   "a.npy: expected 12 bytes of values for (3, 2) of type <u2, found 10");
    put("a.npy", 1, "<u2", "(3, 2)", "0123456789abc", 13);
    assert_refused("a.npy", NULL, VAE_ERROR_FORMAT, "of type <u2, found more: 13");
    put("a.npy", 1, "<u2", "(3000000000, 3000000000)", "", 0);
    assert_refused("a.npy", NULL, VAE_ERROR_FORMAT, "expected more than 9223372036854775807 bytes");
    put("a.npy", 1, "|u1", "(0, 3)", "", 0);
    assert_refused("a.npy", NULL, VAE_ERROR_DATA, "a.npy: expected at least one row, found none");
    put("a.npy", 1, "|u1", "(3, 0)", "", 0);
    assert_refused("a.npy", NULL, VAE_ERROR_DATA, "a.npy: expected values, and no more than 2^60");
    put("a.npy", 1, "|u1", "()", "a", 1);
    assert_refused("a.npy", NULL, VAE_ERROR_DATA, "expected an array of 1 to 5 dimensions, found 0");
    put("a.npy", 1, "|u1", "(1, 1, 1, 1, 1, 1)", "a", 1);
    assert_refused("a.npy", NULL, VAE_ERROR_DATA, "expected an array of 1 to 5 dimensions, found 6");
    put("a.npy", 1, "|S2", "(3,)", "abcdef", 6);
    assert_refused("a.npy", NULL, VAE_ERROR_DATA, "a.npy: expected numbers, found strings");
    put_header("{'descr': '|u1', 'fortran_order': True, 'shape': (3, 2), }\n");
    assert_refused("a.npy", NULL, VAE_ERROR_DATA, "C order), found Fortran order");
    put("a.npy", 4, "|u1", "(1,)", "a", 1);
    assert_refused("a.npy", NULL, VAE_ERROR_FORMAT, "a.npy: expected an NPY file of version 1 to 3, found 4");
    write_file("a.npy", 1, "{}\n", 60000, "", 0);
    assert_refused("a.npy", NULL, VAE_ERROR_FORMAT, "expected a header of at most 3 bytes, found 60000");
    write_file("a.npy", 2, "{}\n", 4000000000, "", 0);
    assert_refused("a.npy", NULL, VAE_ERROR_FORMAT, "expected a header of at most 3 bytes, found 4000000000");
    char *spaces = calloc(70001, 1);
    memset(spaces, ' ', 70000);
    memcpy(spaces, "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }", 57);
    spaces[69999] = '\n';
    write_file("a.npy", 2, spaces, 70000, "a", 1);
    assert_refused("a.npy", NULL, VAE_ERROR_FORMAT, "expected a header of at most 65536 bytes, found 70000");
    free(spaces);
    assert_refused("gone.npy", NULL, VAE_ERROR_FILE, "gone.npy: cannot open: No such file");
    folder_remove();
}
END_TEST

START_TEST(test_no_npy)
{
    folder_make();
    static const struct {
        const char *bytes;
        size_t size;
        const char *words;
    } wrongs[] = { { "", 0, "not an NPY file: it has 0 bytes" },
                   { "\x93NUMPY\1\0\0\0", 10, "not an NPY file: it has 10 bytes" },
                   { "PK\3\4 an archive of numpy.savez", 30, "a.npy: not an NPY file" } };
    for (int i = 0; i < 3; i++) {
        FILE *file = fopen(path_of("a.npy"), "wb");
        fwrite(wrongs[i].bytes, 1, wrongs[i].size, file);
        fclose(file);
        assert_refused("a.npy", NULL, VAE_ERROR_FORMAT, wrongs[i].words);
    }
    put("a.npy", 1, "|u1", "(1,)", "a", 1);
    assert_refused("a.npy", &(vae_data_options){ .x = "x" }, VAE_ERROR_ARGUMENT,
                   "expected no other path of x, found x");
    const vae_field_source named = { .name = "energy" };
    assert_refused("a.npy", &(vae_data_options){ .conditions = &named, .condition_count = 1 }, VAE_ERROR_ARGUMENT,
                   "expected the path of an NPY file (FILE.npy) beside it, found energy");
    folder_remove();
}
END_TEST

/* Whichever request to the system fails: one line, nothing kept. */
START_TEST(test_faults)
{
    static const struct {
        system_kind kind;
        vae_code code;
    } kinds[] = { { SYSTEM_ALLOCATE, VAE_ERROR_MEMORY },
                  { SYSTEM_OPEN, VAE_ERROR_FILE },
                  { SYSTEM_READ, VAE_ERROR_FILE } };
    folder_make();
    put("x.npy", 1, "<f2", "(3,)", "abcdef", 6);
    put("s.npy", 1, "|S2", "(3,)", "abcdef", 6);
    char source[256], strings[256];
    strcpy(source, path_of("x.npy"));
    strcpy(strings, path_of("s.npy"));
    const vae_field_source s = { .name = "s", .kind = VAE_CLASS, .path = strings };
    for (int kind = 0; kind < 3; kind++) {
        vae_code code = kinds[kind].code;
        long n = 0;
        while (code) {
            vae_data *data = NULL;
            system_reset();
            system_fail(kinds[kind].kind, ++n, 5, false);
            vae_status status =
                vae_data_open(source, &(vae_data_options){ .conditions = &s, .condition_count = 1 }, &data);
            system_reset();
            code = status.code;
            ck_assert_msg(!code || (code == kinds[kind].code && !data), "%ld: %s", n, status.message);
            vae_data_free(&data);
            ck_assert_int_eq(system_outstanding(), 0);
        }
        ck_assert_int_gt(n, 4);
    }
    folder_remove();
}
END_TEST

int main(void)
{
    const TTest *const reading[] = { test_versions, test_types,  test_halves, test_conditions,
                                     test_files,    test_pieces, NULL };
    const TTest *const refusing[] = { test_headers, test_dtypes, test_refused, test_no_npy, test_faults, NULL };
    Suite *suite = suite_create("npy");
    suite_case(suite, "reading", 60, reading);
    suite_case(suite, "refusing", 60, refusing);
    return suite_run(suite);
}
