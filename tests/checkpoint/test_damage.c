/* Files that are not what a checkpoint should be: one line for each fault, nothing allocated that the file cannot hold,
 * nothing left open. The files are made by libhdf5 from a good one. */
#include "src/base/file.h"
#include "src/checkpoint/put.h"
#include "tests/checkpoint/damage.h"

static const char weight[] = "/parameters/encoder/0/weight"; /* (12, 7) */

/* ---- Changes ----------------------------------------------------------------------------------------------------- */

static void newer(hid_t file)
{
    put_integer(file, "/", "format_version", 2);
    put_string(file, "/", "libvae_version", "0.9.0");
}

static void version_zero(hid_t file)
{
    put_integer(file, "/", "format_version", 0);
}

static void version_short(hid_t file)
{
    int32_t one = 1;
    put_attribute(file, "/", "format_version", H5T_STD_I32LE, &one);
}

static void other_format(hid_t file)
{
    put_string(file, "/", "format", "somebody else's");
}

static void no_format(hid_t file)
{
    H5Adelete(file, "format");
}

static void variable_format(hid_t file)
{
    put_variable_string(file, "/", "format");
}

static void variable_name(hid_t file)
{
    put_variable_string(file, "/model", "name");
}

static void variable_sizes(hid_t file)
{
    hid_t type = H5Tvlen_create(H5T_STD_I64LE);
    int64_t three = 3;
    hvl_t value = { 1, &three };
    put_attribute(file, "/model", "latent_sizes", type, &value);
    H5Tclose(type);
}

static void scalar_sizes(hid_t file)
{
    put_integer(file, "/model", "latent_sizes", 3);
}

static void array_type(hid_t file)
{
    hsize_t shape[] = { 1 };
    int64_t value[] = { 3 };
    hid_t type = H5Tarray_create2(H5T_STD_I64LE, 1, shape);
    put_attribute(file, "/training", "epoch", type, value);
    H5Tclose(type);
}

static void long_name(hid_t file)
{
    char *text = calloc(62001, 1);
    memset(text, 'a', 62000);
    put_string(file, "/model", "name", text);
    free(text);
}

static void unknown_layer(hid_t file)
{
    put_string(file, "/model", "encoder", "dens 7 relu");
}

static void wider_layer(hid_t file)
{
    put_string(file, "/model", "encoder", "dense 8 relu, dense 5 relu");
}

/* 8 GB of weights by a text of some bytes. */
static void vast_layer(hid_t file)
{
    put_string(file, "/model", "encoder", "dense 1000000 relu, dense 2000 relu");
}

static void no_model(hid_t file)
{
    H5Ldelete(file, "/model", H5P_DEFAULT);
}

static void no_optimizer(hid_t file)
{
    H5Ldelete(file, "/optimizer", H5P_DEFAULT);
}

static void other_optimizer(hid_t file)
{
    put_string(file, "/optimizer", "name", "sqd");
}

static void group_is_dataset(hid_t file)
{
    hsize_t shape[] = { 3 };
    put_dataset(file, "/state", H5T_IEEE_F32LE, 1, shape, H5P_DEFAULT);
}

static void dataset_is_group(hid_t file)
{
    H5Ldelete(file, weight, H5P_DEFAULT);
    H5Gclose(H5Gcreate2(file, weight, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
}

static void other_kind(hid_t file)
{
    put_string(file, "/fields/digit", "kind", "values");
}

static void no_kind(hid_t file)
{
    put_string(file, "/fields/digit", "kind", "clas");
}

static void no_field(hid_t file)
{
    H5Ldelete(file, "/fields/digit", H5P_DEFAULT);
}

static void other_levels(hid_t file)
{
    hsize_t shape[] = { 11 };
    put_dataset(file, "/fields/digit/levels", H5T_STD_I64LE, 1, shape, H5P_DEFAULT);
}

static void other_shape(hid_t file)
{
    hsize_t shape[] = { 12, 6 };
    put_dataset(file, weight, H5T_IEEE_F32LE, 2, shape, H5P_DEFAULT);
}

static void other_rank(hid_t file)
{
    hsize_t shape[] = { 84 };
    put_dataset(file, weight, H5T_IEEE_F32LE, 1, shape, H5P_DEFAULT);
}

static void other_type(hid_t file)
{
    hsize_t shape[] = { 12, 7 };
    put_dataset(file, weight, H5T_IEEE_F64LE, 2, shape, H5P_DEFAULT);
}

static void other_end(hid_t file)
{
    hsize_t shape[] = { 12, 7 };
    put_dataset(file, weight, H5T_IEEE_F32BE, 2, shape, H5P_DEFAULT);
}

static void no_values(hid_t file)
{
    hsize_t shape[] = { 12, 7 };
    put_dataset(file, weight, H5T_IEEE_F32LE, 2, shape, H5P_DEFAULT);
}

/* A chunk of 4 GB, holding a tensor of 336 bytes. */
static void vast_chunk(hid_t file)
{
    hsize_t shape[] = { 12, 7 }, most[] = { H5S_UNLIMITED, H5S_UNLIMITED }, chunk[] = { 30000, 30000 };
    hid_t list = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(2, shape, most);
    H5Pset_chunk(list, 2, chunk);
    H5Pset_deflate(list, 1);
    H5Ldelete(file, weight, H5P_DEFAULT);
    H5Dclose(H5Dcreate2(file, weight, H5T_IEEE_F32LE, space, H5P_DEFAULT, list, H5P_DEFAULT));
    H5Sclose(space);
    H5Pclose(list);
}

static void missing(hid_t file)
{
    H5Ldelete(file, weight, H5P_DEFAULT);
}

static void extra(hid_t file)
{
    hsize_t shape[] = { 3 };
    put_dataset(file, "/parameters/encoder/0/weight_2", H5T_IEEE_F32LE, 1, shape, H5P_DEFAULT);
}

static void extra_group(hid_t file)
{
    H5Gclose(H5Gcreate2(file, "/state/running", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
}

static void missing_moment(hid_t file)
{
    H5Ldelete(file, "/optimizer/second_moment/encoder/0/bias", H5P_DEFAULT);
}

static void group_in_itself(hid_t file)
{
    H5Lcreate_hard(file, "/parameters/encoder", file, "/parameters/encoder/encoder", H5P_DEFAULT, H5P_DEFAULT);
}

static void no_checksum(hid_t file)
{
    hid_t dataset = H5Dopen2(file, weight, H5P_DEFAULT);
    H5Adelete(dataset, "crc32");
    H5Dclose(dataset);
}

static void one_value(hid_t file, const char *name)
{
    float values[84];
    hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
    ck_assert_int_ge(H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), 0);
    values[3] += 1;
    ck_assert_int_ge(H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), 0);
    H5Dclose(dataset);
}

static void one_weight(hid_t file)
{
    one_value(file, weight);
}

static void one_moment(hid_t file)
{
    one_value(file, "/optimizer/second_moment/encoder/0/weight");
}

static void soft_link(hid_t file)
{
    H5Lmove(file, weight, file, "/elsewhere", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/elsewhere", file, weight, H5P_DEFAULT, H5P_DEFAULT);
}

static void soft_group(hid_t file)
{
    H5Lmove(file, "/parameters/encoder", file, "/elsewhere", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/elsewhere", file, "/parameters/encoder", H5P_DEFAULT, H5P_DEFAULT);
}

static void external_link(hid_t file)
{
    H5Ldelete(file, weight, H5P_DEFAULT);
    H5Lcreate_external("other.h5", weight, file, weight, H5P_DEFAULT, H5P_DEFAULT);
}

static void external_group(hid_t file)
{
    H5Ldelete(file, "/model", H5P_DEFAULT);
    H5Lcreate_external("other.h5", "/model", file, "/model", H5P_DEFAULT, H5P_DEFAULT);
}

static void external_storage(hid_t file)
{
    hsize_t shape[] = { 12, 7 };
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(list, "/etc/passwd", 0, 336);
    put_dataset(file, weight, H5T_IEEE_F32LE, 2, shape, list);
    H5Pclose(list);
}

static void virtual_storage(hid_t file)
{
    hsize_t shape[] = { 12, 7 };
    hid_t list = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(2, shape, NULL);
    H5Pset_virtual(list, space, "other.h5", "values", space);
    put_dataset(file, weight, H5T_IEEE_F32LE, 2, shape, list);
    H5Sclose(space);
    H5Pclose(list);
}

static void scale_offset(hid_t file)
{
    hsize_t shape[] = { 12, 7 };
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(list, 2, shape);
    H5Pset_scaleoffset(list, H5Z_SO_FLOAT_DSCALE, 2);
    put_dataset(file, weight, H5T_IEEE_F32LE, 2, shape, list);
    H5Pclose(list);
}

static void filtered_group(hid_t file)
{
    hid_t list = H5Pcreate(H5P_GROUP_CREATE);
    H5Pset_filter(list, H5Z_FILTER_NBIT, H5Z_FLAG_OPTIONAL, 0, NULL);
    H5Ldelete(file, "/state", H5P_DEFAULT);
    H5Gclose(H5Gcreate2(file, "/state", H5P_DEFAULT, list, H5P_DEFAULT));
    H5Pclose(list);
}

/* 10^12 rows by every figure in the file, and not one of them there. */
static void vast(hid_t file)
{
    hsize_t shape[] = { 1000000000000 }, chunk[] = { 1000000 };
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(list, 1, chunk);
    put_dataset(file, "/history/epoch", H5T_IEEE_F64LE, 1, shape, list);
    H5Pclose(list);
}

static void vast_split(hid_t file)
{
    hsize_t shape[] = { 4000000017 }, chunk[] = { 1000000 };
    int64_t rows[] = { 4000000000, 7, 10 };
    hsize_t three[] = { 3 };
    hid_t list = H5Pcreate(H5P_DATASET_CREATE), group = H5Gopen2(file, "/data", H5P_DEFAULT),
          space = H5Screate_simple(1, three, NULL);
    H5Pset_chunk(list, 1, chunk);
    H5Pset_deflate(list, 9);
    put_dataset(file, "/data/split", H5T_STD_U8LE, 1, shape, list);
    H5Adelete(group, "examples");
    hid_t attribute = H5Acreate2(group, "examples", H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attribute, H5T_NATIVE_INT64, rows);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Gclose(group);
    H5Pclose(list);
}

static void wrong_split(hid_t file)
{
    unsigned char split[67] = { 0 };
    hid_t dataset = H5Dopen2(file, "/data/split", H5P_DEFAULT);
    H5Dwrite(dataset, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, split);
    H5Dclose(dataset);
    uint32_t crc = vae__hdf5_checksum(VAE_UINT8, split, sizeof split);
    put_attribute(file, "/data/split", "crc32", H5T_STD_U32LE, &crc);
}

static void no_step(hid_t file)
{
    H5Ldelete(file, "/history/step", H5P_DEFAULT);
}

static void strange_column(hid_t file)
{
    H5Lmove(file, "/history/seconds", file, "/history/minutes", H5P_DEFAULT, H5P_DEFAULT);
}

static void short_column(hid_t file)
{
    hsize_t shape[] = { 2 };
    put_dataset(file, "/history/seconds", H5T_IEEE_F64LE, 1, shape, H5P_DEFAULT);
}

static void negative_epoch(hid_t file)
{
    put_integer(file, "/training", "epoch", -1);
}

static void no_batch(hid_t file)
{
    put_integer(file, "/training", "batch_size", 0);
}

static void strange_precision(hid_t file)
{
    put_string(file, "/training", "precision", "float16");
}

static void other_step(hid_t file)
{
    put_integer(file, "/optimizer", "step", 7);
}

static void no_elbo(hid_t file)
{
    H5Ldelete(file, "/history/train/elbo", H5P_DEFAULT);
}

static void no_validation(hid_t file)
{
    H5Ldelete(file, "/history/validation", H5P_DEFAULT);
}

static void put_step(hid_t file, int64_t step)
{
    put_integer(file, "/optimizer", "step", step);
    put_integer(file, "/training", "step", step);
}

/* Of the 13 steps of epoch 3, from step 39 on. */
static void step_before(hid_t file)
{
    put_step(file, 38);
}

static void step_behind(hid_t file)
{
    put_step(file, 53);
}

static void vast_step(hid_t file)
{
    put_step(file, INT64_MAX);
}

static void vast_epoch(hid_t file)
{
    put_integer(file, "/training", "epoch", INT64_MAX);
}

static void vast_batch(hid_t file)
{
    put_integer(file, "/training", "batch_size", 1000001);
}

static void other_sums(hid_t file)
{
    put_integer(file, "/training", "partial_examples", 13);
}

/* The epoch is at its end, and the sums are over a part of it. */
static void partial_epoch(hid_t file)
{
    put_step(file, 52);
}

static void strange_kind(hid_t file)
{
    put_string(file, "/fields/x", "kind", "values");
}

static void beta_one(hid_t file)
{
    put_number(file, "/optimizer", "beta1", 1);
}

static void not_a_number(hid_t file)
{
    put_number(file, "/optimizer", "learning_rate", (double)strtod("nan", NULL));
}

static void long_digest(hid_t file)
{
    put_string(file, "/data", "digest", "0123456789abcdef0");
}

/* ---- Each of them ------------------------------------------------------------------------------------------------ */

static const damage cases[] = {
    { newer, "a.h5: expected format version 1, found 2: written by a newer libvae (0.9.0)", true },
    { version_zero, "/format_version", true },
    { version_short, "/format_version: expected a 64-bit integer, found another type", true },
    { other_format, "not a libvae checkpoint", true },
    { no_format, "not a libvae checkpoint", true },
    { variable_format, "not a libvae checkpoint", true },
    { variable_name, "/model/name: expected a string of fixed length, found another type", true },
    { variable_sizes, "/model/latent_sizes", true },
    { scalar_sizes, "/model/latent_sizes: expected a list of 64-bit integers, found another shape", true },
    { array_type, "/training/epoch: expected a 64-bit integer, found another type", false },
    { long_name, "/model/name", true },
    { unknown_layer, "\"dens\"", true },
    { wider_layer, "/parameters/encoder/0/", true },
    { vast_layer, "a.h5: /model: ", true },
    { vast_layer, "parameters in all, found more with its shape (1000000, 2000)", true },
    { no_model, "/model: expected a group, found none", true },
    { no_optimizer, "/optimizer: expected a group, found none", false },
    { other_optimizer, "/optimizer/name: expected an optimiser of this libvae, found \"sqd\"", false },
    { group_is_dataset, "/state: expected a group, found an object of another kind", true },
    { dataset_is_group, "/parameters/encoder/0/weight: expected a dataset", true },
    { other_kind, "/fields/digit/size: expected a 64-bit integer, found no such attribute", true },
    { no_kind, "/fields/digit/kind: expected \"class\", \"values\" or \"image\", found \"clas\"", true },
    { no_field, "/fields/digit: expected a group, found none", true },
    { other_levels, "/fields/digit/levels: expected shape (10), found (11)", true },
    { other_shape, "/parameters/encoder/0/weight: expected shape (12, 7), found (12, 6)", true },
    { other_rank, "/parameters/encoder/0/weight: expected shape (12, 7), found (84)", true },
    { other_type, "/parameters/encoder/0/weight: expected values of type float32", true },
    { other_end, "/parameters/encoder/0/weight: expected values of type float32", true },
    { no_values, "/parameters/encoder/0/weight: expected 336 bytes of values, found 0", true },
    { vast_chunk, "/parameters/encoder/0/weight: expected chunks no larger than the dataset", true },
    { missing, "/parameters/encoder/0/weight: expected a dataset, found none", true },
    { extra, "/parameters/encoder/0/weight_2: expected nothing, found an object that is not part of the model", true },
    { extra_group, "/state/running: expected nothing", true },
    { missing_moment, "/optimizer/second_moment/encoder/0/bias: expected a dataset, found none", false },
    { group_in_itself, "/parameters/encoder/encoder: expected nothing", true },
    { no_checksum, "/parameters/encoder/0/weight/crc32: expected a 32-bit checksum, found no such attribute", true },
    { one_weight, "/parameters/encoder/0/weight: its values are damaged: expected checksum", true },
    { one_moment, "/optimizer/second_moment/encoder/0/weight: its values are damaged", false },
    { soft_link, "/parameters/encoder/0/weight: expected a dataset, found a link to elsewhere", true },
    { soft_group, "/parameters/encoder: expected a group, found a link to elsewhere", true },
    { external_link, "/parameters/encoder/0/weight: expected a dataset, found a link to elsewhere", true },
    { external_group, "/model: expected a group, found a link to elsewhere", true },
    { external_storage, "found values that are stored in another file", true },
    { virtual_storage, "found values that are stored elsewhere", true },
    { scale_offset, "found a filter that is none of deflate", true },
    { filtered_group, "/state: expected a group without filters", true },
    { vast, "/history/epoch: expected 8000000000000 bytes of values, found 0", false },
    { vast_split, "/data/split: expected 4000000017 bytes of values, found 0", false },
    { wrong_split, "/data/split: expected 50 rows of split 0, found 67", false },
    { no_step, "a.h5: the history lacks the column step, which this training has", false },
    { strange_column, "/history/minutes: expected nothing", false },
    { short_column, "/history/seconds: expected shape (", false },
    { negative_epoch, "/training/epoch: expected 0 to", false },
    { no_batch, "/training/batch_size: expected 1 to 1000000, found 0", false },
    { strange_precision, "/training/precision: expected \"float32\" or \"bf16\", found \"float16\"", false },
    { other_step, "/training/step: expected 7 to 7, found 42", false },
    { no_elbo, "the history lacks the column train/elbo", false },
    { no_validation, "the history lacks the column validation/elbo, which this training has", false },
    { step_before, "step 38 with 12 examples of epoch 4 seen: no place that a training with 13 steps", false },
    { step_behind, "step 53 with 12 examples of epoch 4 seen", false },
    { vast_step, "step 9223372036854775807 with 12 examples of epoch 4 seen", false },
    { vast_epoch, "/training/epoch: expected 0 to 1000000000, found 9223372036854775807", false },
    { vast_batch, "/training/batch_size: expected 1 to 1000000, found 1000001", false },
    { other_sums, "step 42 with 13 examples of epoch 4 seen", false },
    { partial_epoch, "step 52 with 12 examples of epoch 4 seen", false },
    { strange_kind, "/fields/x/kind: expected \"image\", found \"values\"", true },
    { beta_one, "/optimizer/beta1", false },
    { not_a_number, "/optimizer/learning_rate", false },
    { long_digest, "/data/digest: expected at most 16 characters, found 17", false },
};

START_TEST(test_changed)
{
    assert_damage_refused(&small_cvae, &cases[_i]);
}
END_TEST

/* What somebody adds for themselves does no harm, nor does a file packed again. */
static void additions(hid_t file)
{
    put_string(file, "/", "notes", "seen");
    put_variable_string(file, "/model", "remark");
    hsize_t shape[] = { 3 };
    put_dataset(file, "/mine", H5T_IEEE_F32LE, 1, shape, H5P_DEFAULT);
}

START_TEST(test_additions)
{
    folder_make();
    vae_training *saved = make_training(&small_cvae), *loaded = NULL;
    ck_assert_status_ok(vae_checkpoint_save(saved, path_of("a.h5")));
    apply(additions);
    ck_assert_status_ok(vae_checkpoint_load(path_of("a.h5"), NULL, &loaded));
    assert_same(saved, loaded);
    vae_training_free(&saved);
    vae_training_free(&loaded);
    folder_remove();
}
END_TEST

START_TEST(test_packed_again)
{
    char line[256];
    folder_make();
    vae_training *saved = make_training(&small_cvae), *loaded = NULL;
    ck_assert_status_ok(vae_checkpoint_save(saved, path_of("a.h5")));
    int length = snprintf(line, sizeof line, "h5repack -f SHUF -f GZIP=9 %s", path_of("a.h5"));
    snprintf(line + length, sizeof line - (size_t)length, " %s", path_of("b.h5"));
    if (system("command -v h5repack >/dev/null"))
        printf("skipped: no h5repack\n");
    else {
        ck_assert_int_eq(system(line), 0);
        ck_assert_status_ok(vae_checkpoint_load(path_of("b.h5"), NULL, &loaded));
        assert_same(saved, loaded);
    }
    vae_training_free(&saved);
    vae_training_free(&loaded);
    folder_remove();
}
END_TEST

START_TEST(test_cut_short)
{
    folder_make();
    unsigned char *bytes = NULL;
    size_t size = 0;
    vae_training *training = NULL;
    save_good(&small_cvae);
    ck_assert_status_ok(vae__file_read(path_of("a.h5"), 1 << 24, &bytes, &size));
    for (size_t cut = 0; cut < size; cut += cut + 2 + size / 150 < size ? 1 + size / 150 : 1) {
        write_bytes(path_of("b.h5"), bytes, cut);
        ck_assert_int_eq(vae_checkpoint_load(path_of("b.h5"), NULL, &training).code, VAE_ERROR_FORMAT);
    }
    memcpy(bytes, "\x89PNG\r\n\x1a\n", 8);
    write_bytes(path_of("b.h5"), bytes, size);
    ck_assert_status(vae_checkpoint_load(path_of("b.h5"), NULL, &training), VAE_ERROR_FORMAT, "not an HDF5 file");
    vae__free(bytes);
    folder_remove();
}
END_TEST

/* A byte turned round anywhere: it is refused, or it was where nothing of ours lies. What is loaded is never another.
 */
START_TEST(test_flipped)
{
    folder_make();
    unsigned char *bytes = NULL;
    size_t size = 0, refused = 0, tried = 0;
    vae_training *good = NULL, *training = NULL;
    save_good(&small_cvae);
    ck_assert_status_ok(vae_checkpoint_load(path_of("a.h5"), NULL, &good));
    ck_assert_status_ok(vae__file_read(path_of("a.h5"), 1 << 24, &bytes, &size));
    identifiers mark = identifiers_mark();
    for (size_t at = 0; at < size; at += 1 + size / 800, tried++) {
        bytes[at] ^= 0xff;
        write_bytes(path_of("b.h5"), bytes, size);
        bytes[at] ^= 0xff;
        if (vae_checkpoint_load(path_of("b.h5"), NULL, &training).code)
            refused++;
        else
            assert_same(good, training);
        vae_training_free(&training);
    }
    ck_assert_uint_gt(refused, tried / 10);
    assert_none_left(mark);
    vae__free(bytes);
    vae_training_free(&good);
    folder_remove();
}
END_TEST

int main(void)
{
    const TTest *const others[] = { test_additions, test_packed_again, test_cut_short, test_flipped, NULL };
    Suite *suite = suite_create("damage");
    TCase *changed = tcase_create("changed");
    tcase_set_timeout(changed, 30);
    tcase_add_loop_test(changed, test_changed, 0, (int)(sizeof cases / sizeof *cases));
    suite_add_tcase(suite, changed);
    suite_case(suite, "others", 120, others);
    return suite_run(suite);
}
