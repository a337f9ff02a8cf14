/* Damage to what a checkpoint tells of fields: levels, transforms and their constants, paths, and how data was divided.
 */
#include "src/base/file.h"
#include "src/checkpoint/put.h"
#include "tests/checkpoint/damage.h"

/* ---- Levels ------------------------------------------------------------------------------------------------------ */

/* Other strings of `width` bytes each in place of the levels of `run`, with a checksum that is right. */
static void put_levels(hid_t file, hsize_t count, size_t width, const char *values)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, width);
    put_dataset(file, "/fields/run/levels", type, 1, &count, H5P_DEFAULT);
    hid_t dataset = H5Dopen2(file, "/fields/run/levels", H5P_DEFAULT);
    ck_assert_int_ge(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), 0);
    H5Dclose(dataset);
    H5Tclose(type);
    uint32_t crc = vae__hdf5_checksum(VAE_UINT8, values, count * width);
    put_attribute(file, "/fields/run/levels", "crc32", H5T_STD_U32LE, &crc);
}

static void same_levels(hid_t file)
{
    put_levels(file, 3, 2, "a\0b\0a");
}

/* What is behind a null is not part of a text. */
static void hidden_levels(hid_t file)
{
    put_levels(file, 3, 3, "a\0xa\0yb\0");
}

static void more_levels(hid_t file)
{
    put_levels(file, 4, 1, "abcd");
}

static void wide_levels(hid_t file)
{
    char *values = calloc(3, 1001);
    put_levels(file, 3, 1001, values);
    free(values);
}

static void variable_levels(hid_t file)
{
    hsize_t count = 3;
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    put_dataset(file, "/fields/run/levels", type, 1, &count, H5P_DEFAULT);
    H5Tclose(type);
}

static void other_levels(hid_t file)
{
    hsize_t count = 3;
    put_dataset(file, "/fields/run/levels", H5T_IEEE_F64LE, 1, &count, H5P_DEFAULT);
}

/* As many as no class has, and none of them there. */
static void vast_levels(hid_t file)
{
    hsize_t count = 1000000, chunk = 1000;
    hid_t type = H5Tcopy(H5T_C_S1), list = H5Pcreate(H5P_DATASET_CREATE);
    H5Tset_size(type, 1000);
    H5Pset_chunk(list, 1, &chunk);
    put_integer(file, "/fields/run", "classes", 1000000);
    put_dataset(file, "/fields/run/levels", type, 1, &count, list);
    H5Pclose(list);
    H5Tclose(type);
}

/* The same of classes that are their numbers: of as many bytes as a filter could make of the file. */
static void many_numbers(hid_t file)
{
    put_integer(file, "/fields/run", "classes", 1000001);
}

/* There, by the ratio that a filter may reach, but more than a class has. */
static void many_levels(hid_t file)
{
    hsize_t count = 65537;
    char *values = calloc(count, 1);
    put_integer(file, "/fields/run", "classes", (int64_t)count);
    put_levels(file, count, 1, values);
    free(values);
}

static void no_levels(hid_t file)
{
    H5Ldelete(file, "/fields/run/levels", H5P_DEFAULT);
}

static void unchecked_levels(hid_t file)
{
    hid_t dataset = H5Dopen2(file, "/fields/run/levels", H5P_DEFAULT), type = H5Dget_type(dataset);
    char values[18] = "somebody else's";
    ck_assert_int_ge(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), 0);
    H5Tclose(type);
    H5Dclose(dataset);
}

static void linked_levels(hid_t file)
{
    H5Lmove(file, "/fields/run/levels", file, "/elsewhere", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/elsewhere", file, "/fields/run/levels", H5P_DEFAULT, H5P_DEFAULT);
}

/* ---- Declared ---------------------------------------------------------------------------------------------------- */

static void other_missing(hid_t file)
{
    put_string(file, "/fields/x", "missing", "ignore");
}

static void other_type(hid_t file)
{
    put_string(file, "/fields/x", "type", "complex");
}

static void whole_fill_value(hid_t file)
{
    put_integer(file, "/fields/x", "fill_value", 7);
}

static void other_transform(hid_t file)
{
    put_string(file, "/fields/x", "encoder_transform", "standardise");
}

static void condition_transform(hid_t file)
{
    put_string(file, "/fields/energy", "transform", "log2");
}

static void variable_transform(hid_t file)
{
    put_variable_string(file, "/fields/map", "transform");
}

static void no_transform(hid_t file)
{
    H5Adelete_by_name(file, "/fields/map", "transform", H5P_DEFAULT);
}

static void other_size(hid_t file)
{
    put_integer(file, "/fields/map", "size", 7);
}

static void put_shape(hid_t file, const char *object, hsize_t rank, const int64_t *shape)
{
    hid_t group = H5Gopen2(file, object, H5P_DEFAULT), space = H5Screate_simple(1, &rank, NULL);
    H5Adelete(group, "shape");
    hid_t attribute = H5Acreate2(group, "shape", H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert_int_ge(H5Awrite(attribute, H5T_NATIVE_INT64, shape), 0);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Gclose(group);
}

static void flat_image(hid_t file)
{
    put_shape(file, "/fields/map", 1, (int64_t[]){ 6 });
}

static void flat_values(hid_t file)
{
    put_shape(file, "/fields/energy", 2, (int64_t[]){ 1, 2 });
}

static void vast_image(hid_t file)
{
    put_shape(file, "/fields/map", 3, (int64_t[]){ 2000000000, 2000000000, 2000000000 });
}

static void built_twice(hid_t file)
{
    put_integer(file, "/model", "built_by_program", 2);
}

static void built(hid_t file)
{
    put_integer(file, "/model", "built_by_program", 1);
}

/* ---- Fitted ------------------------------------------------------------------------------------------------------ */

/* A value of a constant of x's transform, with a checksum that is right. */
static void put_constant(hid_t file, const char *name, float value)
{
    float values[6] = { 1, 1, 1, value, 1, 1 };
    hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
    ck_assert_int_ge(H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), 0);
    H5Dclose(dataset);
    uint32_t crc = vae__hdf5_checksum(VAE_FLOAT32, values, 6);
    put_attribute(file, name, "crc32", H5T_STD_U32LE, &crc);
}

static void no_mean(hid_t file)
{
    put_constant(file, "/state/fields/x/transform/1/mean", strtof("nan", NULL));
}

static void no_deviation(hid_t file)
{
    put_constant(file, "/state/fields/x/transform/1/deviation", 0);
}

static void negative_deviation(hid_t file)
{
    put_constant(file, "/state/fields/x/encoder_transform/0/deviation", -1);
}

static void endless_deviation(hid_t file)
{
    put_constant(file, "/state/fields/x/transform/1/deviation", strtof("inf", NULL));
}

static void missing_constant(hid_t file)
{
    H5Ldelete(file, "/state/fields/energy/transform/0/mean", H5P_DEFAULT);
}

/* ---- The data ---------------------------------------------------------------------------------------------------- */

static void variable_path(hid_t file)
{
    put_variable_string(file, "/fields/run", "path");
}

static void number_path(hid_t file)
{
    put_integer(file, "/fields/x", "mask_path", 3);
}

static void group_sources(hid_t file)
{
    H5Ldelete(file, "/data/sources", H5P_DEFAULT);
    H5Gclose(H5Gcreate2(file, "/data/sources", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
}

static void external_sources(hid_t file)
{
    H5Ldelete(file, "/data/sources", H5P_DEFAULT);
    H5Lcreate_external("other.h5", "/sources", file, "/data/sources", H5P_DEFAULT, H5P_DEFAULT);
}

static void strange_external(hid_t file)
{
    put_integer(file, "/data", "allow_external", 2);
}

static void negative_division(hid_t file)
{
    put_number(file, "/data", "division_test", -1);
}

static void no_division_seed(hid_t file)
{
    H5Adelete_by_name(file, "/data", "division_seed", H5P_DEFAULT);
}

static void strange_split(hid_t file)
{
    unsigned char split[67] = { 0, 4 };
    hid_t dataset = H5Dopen2(file, "/data/split", H5P_DEFAULT);
    H5Dwrite(dataset, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, split);
    H5Dclose(dataset);
    uint32_t crc = vae__hdf5_checksum(VAE_UINT8, split, sizeof split);
    put_attribute(file, "/data/split", "crc32", H5T_STD_U32LE, &crc);
}

/* ---- The average of the parameters --------------------------------------------------------------------------------- */

static const char averaged[] = "/average/encoder/0/weight"; /* (6, 7) */

static void average_of_nothing(hid_t file)
{
    H5Ldelete(file, "/average/encoder", H5P_DEFAULT);
}

static void average_of_more(hid_t file)
{
    hsize_t shape[] = { 3 };
    put_dataset(file, "/average/momentum", H5T_IEEE_F32LE, 1, shape, H5P_DEFAULT);
}

static void average_too_long(hid_t file)
{
    hsize_t shape[] = { 6, 8 };
    put_dataset(file, averaged, H5T_IEEE_F32LE, 2, shape, H5P_DEFAULT);
}

static void average_of_doubles(hid_t file)
{
    hsize_t shape[] = { 6, 7 };
    put_dataset(file, averaged, H5T_IEEE_F64LE, 2, shape, H5P_DEFAULT);
}

static void average_damaged(hid_t file)
{
    float values[42];
    hid_t dataset = H5Dopen2(file, averaged, H5P_DEFAULT);
    ck_assert_int_ge(H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), 0);
    values[41] += 1;
    ck_assert_int_ge(H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), 0);
    H5Dclose(dataset);
}

static void average_elsewhere(hid_t file)
{
    H5Ldelete(file, "/average", H5P_DEFAULT);
    H5Lcreate_soft("/parameters", file, "/average", H5P_DEFAULT, H5P_DEFAULT);
}

static void average_external(hid_t file)
{
    H5Ldelete(file, "/average", H5P_DEFAULT);
    H5Lcreate_external("/nowhere/other.h5", "/average", file, "/average", H5P_DEFAULT, H5P_DEFAULT);
}

static void average_no_group(hid_t file)
{
    hsize_t shape[] = { 3 };
    put_dataset(file, "/average", H5T_IEEE_F32LE, 1, shape, H5P_DEFAULT);
}

static void average_in_itself(hid_t file)
{
    H5Lcreate_hard(file, "/average", file, "/average/average", H5P_DEFAULT, H5P_DEFAULT);
}

static void no_decay(hid_t file)
{
    H5Adelete_by_name(file, "/average", "decay", H5P_DEFAULT);
}

static void decay_of_one(hid_t file)
{
    put_number(file, "/average", "decay", 1);
}

static void decay_of_nothing(hid_t file)
{
    put_number(file, "/average", "decay", 0);
}

static void decay_no_number(hid_t file)
{
    put_number(file, "/average", "decay", (double)NAN);
}

static void decay_text(hid_t file)
{
    put_string(file, "/average", "decay", "0.9");
}

/* ---- Each of them ------------------------------------------------------------------------------------------------ */

static const damage cases[] = {
    { same_levels, "/model: small-rich: condition \"run\": the level \"a\" is there twice", true },
    { hidden_levels, "the level \"a\" is there twice", true },
    { more_levels, "/fields/run/levels: expected shape (3), found (4)", true },
    { wide_levels, "/fields/run/levels: expected strings of 1 to 1000 bytes, found 1001", true },
    { variable_levels, "/fields/run/levels: expected strings of a fixed length, found another type", true },
    { other_levels, "/fields/run/levels: expected values of type int64", true },
    { vast_levels, "/fields/run/levels: expected 1000000000 bytes of values, found 0", true },
    { many_numbers, "/fields/run/classes: expected 1 to 1000000, found 1000001", true },
    { many_levels, "/fields/run/levels: expected 0 to 65536, found 65537", true },
    { no_levels, "/fields/run/levels: expected a dataset, found none", true },
    { unchecked_levels, "/fields/run/levels: its values are damaged", true },
    { linked_levels, "/fields/run/levels: expected a dataset, found a link to elsewhere", true },
    { other_missing, "/fields/x/missing: expected \"error\" or \"mask\", found \"ignore\"", true },
    { other_type, "/fields/x/type: expected a type's name, found \"complex\"", true },
    { whole_fill_value, "/fields/x/fill_value: expected a 64-bit float, found another type", true },
    { other_transform, "/model: small-rich: encoder transform: transform 1: \"standardise\": no such transform", true },
    { condition_transform, "\"log2\": no such transform", true },
    { variable_transform, "/fields/map/transform: expected a string of fixed length, found another type", true },
    { no_transform, "/fields/map/transform: expected a string of fixed length, found no such attribute", true },
    { other_size, "/fields/map/size: expected 6 to 6, found 7", true },
    { flat_image, "/fields/map/shape: expected 2 or 3 numbers, found 1", true },
    { flat_values, "/fields/energy/shape: expected 1 number, found 2", true },
    { vast_image, "/fields/map/shape: expected", true },
    { built_twice, "/model/built_by_program: expected 0 to 1, found 2", true },
    { built, "/model: the model \"small-rich\" is built by code of the program", true },
    { no_mean, "/state/fields/x/transform/1/mean: expected finite numbers, found nan in place 3", true },
    { no_deviation, "/state/fields/x/transform/1/deviation: expected finite numbers above 0, found 0", true },
    { negative_deviation, "/deviation: expected finite numbers above 0, found -1 in place 3", true },
    { endless_deviation, "/deviation: expected finite numbers above 0, found inf in place 3", true },
    { missing_constant, "/state/fields/energy/transform/0/mean: expected a dataset, found none", true },
    { variable_path, "/fields/run/path: expected a string of fixed length, found another type", false },
    { number_path, "/fields/x/mask_path: expected a string of fixed length, found another type", false },
    { group_sources, "/data/sources: expected a dataset, found an object of another kind", false },
    { external_sources, "/data/sources: expected a dataset, found a link to elsewhere", false },
    { strange_external, "/data/allow_external: expected 0 to 1, found 2", false },
    { negative_division, "/data/division_test: expected 0 to", false },
    { no_division_seed, "/data/division_seed: expected an unsigned 64-bit integer, found no such attribute", false },
    { strange_split, "/data/split: row 1: expected split 0 to 3, found 4", false },
    { average_of_nothing, "/average/encoder/0/weight: expected a dataset, found none", true },
    { average_of_more, "/average/momentum: expected nothing, found an object that is not part of the model", true },
    { average_too_long, "/average/encoder/0/weight: expected shape (6, 7), found (6, 8)", true },
    { average_of_doubles, "/average/encoder/0/weight: expected values of type float32", true },
    { average_damaged, "/average/encoder/0/weight: its values are damaged: expected checksum", true },
    { average_elsewhere, "/average: expected a group, found a link to elsewhere", true },
    { average_external, "/average: expected a group, found a link to elsewhere", true },
    { average_no_group, "/average: expected a group, found ", true },
    { average_in_itself, "/average/average: expected nothing", true },
    { no_decay, "/average/decay: expected a 64-bit float, found no such attribute", false },
    { decay_of_one, "/average/decay: expected 1e-09 to 0.999999, found 1", false },
    { decay_of_nothing, "/average/decay: expected 1e-09 to 0.999999, found 0", false },
    { decay_no_number, "/average/decay: expected 1e-09 to 0.999999, found nan", false },
    { decay_text, "/average/decay: expected a 64-bit float, found another type", false },
};

START_TEST(test_changed)
{
    assert_damage_refused(&small_rich, &cases[_i]);
}
END_TEST

/* A byte turned round anywhere: it is refused, or it was where nothing of ours lies. What is checked by no sum is
 * attributes: those of them that tell where data lies, or what it looked like, may become others. */
START_TEST(test_flipped)
{
    folder_make();
    unsigned char *bytes = NULL;
    size_t size = 0, refused = 0, tried = 0;
    vae_training *training = NULL;
    save_good(&small_rich);
    ck_assert_status_ok(vae__file_read(path_of("a.h5"), 1 << 24, &bytes, &size));
    identifiers mark = identifiers_mark();
    long outstanding = system_outstanding();
    for (size_t at = 3; at < size; at += 1 + size / 600, tried++) {
        bytes[at] ^= 0xff;
        write_bytes(path_of("b.h5"), bytes, size);
        bytes[at] ^= 0xff;
        refused += vae_checkpoint_load(path_of("b.h5"), NULL, &training).code != VAE_OK;
        vae_training_free(&training);
        ck_assert_int_eq(system_outstanding(), outstanding);
    }
    ck_assert_uint_gt(refused, tried / 10);
    assert_none_left(mark);
    vae__free(bytes);
    folder_remove();
}
END_TEST

int main(void)
{
    const TTest *const flipped[] = { test_flipped, NULL };
    Suite *suite = suite_create("damage to fields");
    TCase *changed = tcase_create("changed");
    tcase_set_timeout(changed, 30);
    tcase_add_loop_test(changed, test_changed, 0, (int)(sizeof cases / sizeof *cases));
    suite_add_tcase(suite, changed);
    suite_case(suite, "flipped", 120, flipped);
    return suite_run(suite);
}
