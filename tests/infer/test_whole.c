/*
 * Whole data sets: figures of each example, latents, reconstructions, decoding back, samples at combinations of
 * conditions, and the files of all of them.
 */
#include <hdf5.h>
#include <hdf5_hl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vae/catalogue.h>
#include <vae/infer.h>

#include "tests/support/models.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"

enum { ROWS = 300, SIZE = 12, Z = 2 };

static char folder[64];
static vae_data *data; /* ROWS of an instrument's: frames with gaps, an energy, two numbers, a run */

static const char *path_of(const char *name)
{
    static char paths[4][128];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static const vae_field_source fields[] = { { .name = "energy", .kind = VAE_VALUES },
                                           { .name = "run", .kind = VAE_CLASS },
                                           { .name = "place", .kind = VAE_VALUES } };

static void write_data(const char *path)
{
    static float frames[ROWS][SIZE];
    static double energy[ROWS], place[ROWS][2];
    static uint8_t mask[ROWS][SIZE];
    static char runs[ROWS][8];
    for (int r = 0; r < ROWS; r++) {
        energy[r] = 5 + r % 7;
        place[r][0] = r % 3;
        place[r][1] = -(r % 5);
        snprintf(runs[r], sizeof runs[r], "run %c", "CAB"[r % 3]);
        for (int i = 0; i < SIZE; i++) {
            frames[r][i] = (float)(100 + 10 * sin(r + i) + energy[r]);
            mask[r][i] = (r + i) % 6 != 0;
        }
    }
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), text = H5Tcopy(H5T_C_S1);
    H5Tset_size(text, sizeof runs[0]);
    H5LTmake_dataset(file, "x", 3, (hsize_t[]){ ROWS, 4, 3 }, H5T_NATIVE_FLOAT, frames);
    H5LTmake_dataset(file, "mask", 3, (hsize_t[]){ ROWS, 4, 3 }, H5T_NATIVE_UINT8, mask);
    H5LTmake_dataset(file, "energy", 1, (hsize_t[]){ ROWS }, H5T_NATIVE_DOUBLE, energy);
    H5LTmake_dataset(file, "place", 2, (hsize_t[]){ ROWS, 2 }, H5T_NATIVE_DOUBLE, place);
    H5LTmake_dataset(file, "run", 1, (hsize_t[]){ ROWS }, text, runs);
    H5Tclose(text);
    H5Fclose(file);
}

static void begin(void)
{
    strcpy(folder, "/tmp/vae-test-whole-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    write_data(path_of("data.h5"));
    const vae_data_options options = { .threads = 1, .conditions = fields, .condition_count = 3, .mask = "mask" };
    ck_assert_status_ok(vae_data_open(path_of("data.h5"), &options, &data));
}

static void end(void)
{
    vae_data_free(&data);
    remove(path_of("data.h5"));
    ck_assert_int_eq(rmdir(folder), 0);
    ck_assert_int_eq(system_outstanding(), 0);
}

static const vae_model_spec instrument = {
    .name = "instrument",
    .x = { .likelihood = "gaussian", .transform = "standardize" },
    .conditions = { { .name = "energy", .kind = VAE_VALUES },
                    { .name = "run", .kind = VAE_CLASS },
                    { .name = "place", .kind = VAE_VALUES } },
    .latents = { { .size = Z } },
    .encoder = "dense 9 tanh",
    .decoder = "dense 9 tanh",
};

/* Reads a dataset of numbers as doubles. */
static void read_numbers(const char *path, const char *name, int rank, const hsize_t *sizes, double *numbers)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    int found = 0;
    hsize_t shape[8];
    ck_assert_int_ge(H5LTget_dataset_ndims(file, name, &found), 0);
    ck_assert_int_eq(found, rank);
    ck_assert_int_ge(H5LTget_dataset_info(file, name, shape, NULL, NULL), 0);
    for (int i = 0; i < rank; i++)
        ck_assert_uint_eq(shape[i], sizes[i]);
    ck_assert_int_ge(H5LTread_dataset_double(file, name, numbers), 0);
    H5Fclose(file);
}

static void check_attribute(const char *path, const char *name, const char *expected)
{
    char text[128] = "";
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (expected)
        ck_assert_int_ge(H5LTget_attribute_string(file, "/", name, text), 0);
    else
        ck_assert_int_eq(H5Aexists(file, name), 0);
    H5Fclose(file);
    ck_assert_str_eq(text, expected ? expected : "");
}

/* ---- Figures of each example ------------------------------------------------------------------------------------- */

START_TEST(test_examples)
{
    vae_model *model = model_of(&instrument, data);
    vae_evaluation found, plain;
    vae_examples examples;
    const vae_evaluation_options options = { .split = VAE_ALL, .threads = 2, .seed = 5 };
    ck_assert_status_ok(vae_evaluate_examples(model, data, &options, &found, &examples));
    ck_assert_status_ok(vae_evaluate(model, data, &options, &plain));
    ck_assert_double_eq(found.elbo, plain.elbo);
    ck_assert_int_eq(examples.count, ROWS);
    double elbo = 0, kl = 0, reconstruction = 0, observed = 0;
    for (int r = 0; r < ROWS; r++) {
        elbo += examples.elbo[r] / ROWS;
        kl += examples.kl[r] / ROWS;
        reconstruction += examples.reconstruction[r] / ROWS;
        observed += (double)examples.observed[r] / ROWS;
        ck_assert_int_eq(examples.row[r], r);
        ck_assert_int_eq(examples.observed[r], SIZE - 2);
    }
    ck_assert_double_eq_tol(elbo, found.elbo, 1e-9);
    ck_assert_double_eq_tol(kl, found.kl, 1e-9);
    ck_assert_double_eq_tol(reconstruction, found.reconstruction, 1e-9);
    ck_assert_double_eq_tol(observed, found.observed, 1e-12);
    double kept[ROWS];
    ck_assert_status_ok(vae_examples_save(model, &examples, path_of("e.h5")));
    read_numbers(path_of("e.h5"), "elbo", 1, (hsize_t[]){ ROWS }, kept);
    ck_assert_mem_eq(kept, examples.elbo, sizeof kept);
    read_numbers(path_of("e.h5"), "observed", 1, (hsize_t[]){ ROWS }, kept);
    ck_assert_double_eq(kept[7], SIZE - 2);
    check_attribute(path_of("e.h5"), "format", "libvae evaluation");
    check_attribute(path_of("e.h5"), "split", "all");
    ck_assert_status_ok(vae_results_recognize(path_of("e.h5"), VAE_RESULTS_EXAMPLES));
    ck_assert_status(vae_results_recognize(path_of("e.h5"), VAE_RESULTS_LATENTS), VAE_ERROR_FORMAT,
                     "expected libvae latents, found libvae evaluation");
    remove(path_of("e.h5"));
    vae_examples_free(&examples);
    ck_assert_ptr_null(examples.elbo);
    vae_model_free(&model);
}
END_TEST

/* Of data without gaps every value counts. */
START_TEST(test_all_observed)
{
    vae_data *digits = NULL;
    vae_model *model = NULL;
    vae_examples examples;
    ck_assert_status_ok(vae_data_open("digits:60", NULL, &digits));
    ck_assert_status_ok(vae_model_new(vae_model_find(NULL, "vae"), NULL, digits, 1, &model));
    ck_assert_status_ok(
        vae_evaluate_examples(model, digits, &(vae_evaluation_options){ .split = VAE_TEST }, NULL, &examples));
    ck_assert_int_eq(examples.observed[9], 784);
    vae_examples_free(&examples);
    ck_assert_status(
        vae_evaluate_examples(model, digits, &(vae_evaluation_options){ .split = VAE_ALL }, NULL, &examples),
        VAE_ERROR_DATA, "expected a all split");
    ck_assert_ptr_null(examples.elbo);
    vae_model_free(&model);
    vae_data_free(&digits);
}
END_TEST

/* ---- Latents ----------------------------------------------------------------------------------------------------- */

static vae_latents latents_of(const vae_model *model)
{
    vae_latents latents;
    ck_assert_status_ok(vae_encode(model, data, &(vae_pass_options){ .split = VAE_ALL, .threads = 2 }, &latents));
    return latents;
}

/* Conditions stand beside the latents as the data has them, texts as texts. */
START_TEST(test_latents_file)
{
    vae_model *model = model_of(&instrument, data);
    vae_latents latents = latents_of(model);
    static double numbers[2 * ROWS];
    ck_assert_int_eq(latents.count, ROWS);
    ck_assert_status_ok(vae_latents_save(model, &latents, path_of("l.h5")));
    read_numbers(path_of("l.h5"), "mean", 2, (hsize_t[]){ ROWS, Z }, numbers);
    for (int i = 0; i < Z * ROWS; i++)
        ck_assert_double_eq(numbers[i], latents.mean[i]);
    read_numbers(path_of("l.h5"), "logvar", 2, (hsize_t[]){ ROWS, Z }, numbers);
    read_numbers(path_of("l.h5"), "row", 1, (hsize_t[]){ ROWS }, numbers);
    ck_assert_double_eq(numbers[ROWS - 1], ROWS - 1);
    read_numbers(path_of("l.h5"), "energy", 1, (hsize_t[]){ ROWS }, numbers);
    ck_assert_double_eq(numbers[8], 6);
    read_numbers(path_of("l.h5"), "place", 2, (hsize_t[]){ ROWS, 2 }, numbers);
    ck_assert_double_eq(numbers[2 * 8 + 1], -3);
    hid_t file = H5Fopen(path_of("l.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
    static char runs[ROWS][5];
    H5T_class_t kind;
    size_t width;
    hsize_t shape[2];
    ck_assert_int_ge(H5LTget_dataset_info(file, "run", shape, &kind, &width), 0);
    ck_assert_int_eq(kind, H5T_STRING);
    ck_assert_uint_eq(width, 5);
    ck_assert_int_ge(H5LTread_dataset_string(file, "run", runs[0]), 0);
    for (int r = 0; r < ROWS; r++)
        ck_assert_int_eq(runs[r][4], "CAB"[r % 3]);
    H5Fclose(file);
    check_attribute(path_of("l.h5"), "model", "instrument");
    check_attribute(path_of("l.h5"), "title", "instrument: latents");
    remove(path_of("l.h5"));
    ck_assert_status(vae_latents_save(model, &latents, path_of("l.png")), VAE_ERROR_ARGUMENT,
                     "l.png: expected a file name in .h5 or .hdf5");
    vae_latents_free(&latents);
    vae_model_free(&model);
}
END_TEST

/* Conditions of names that the file, or another one, has for itself. */
START_TEST(test_taken_name)
{
    vae_model_spec spec = { .name = "mean",
                            .x = { .shape = { SIZE }, .likelihood = "gaussian", .transform = "raw" },
                            .conditions = { { .name = "row", .kind = VAE_VALUES, .size = 1, .transform = "raw" },
                                            { .name = "mean_condition", .kind = VAE_VALUES, .size = 1 },
                                            { .name = "mean", .kind = VAE_VALUES, .size = 1 } },
                            .latents = { { .size = Z } },
                            .encoder = "",
                            .decoder = "" };
    vae_model *model = NULL;
    float mean[Z] = { 1, 2 };
    double row = 0.25, others[2] = { 5, 6 };
    int64_t number = 4;
    vae_latents latents = { .count = 1, .z_size = Z, .mean = mean, .logvar = mean, .row = &number };
    latents.given.values[0] = &row;
    latents.given.values[1] = &others[0];
    latents.given.values[2] = &others[1];
    latents.given.types[0] = latents.given.types[1] = latents.given.types[2] = VAE_FLOAT64;
    ck_assert_status_ok(vae_model_new(&spec, NULL, NULL, 0, &model));
    ck_assert_status_ok(vae_latents_save(model, &latents, path_of("l.h5")));
    double found;
    read_numbers(path_of("l.h5"), "row", 1, (hsize_t[]){ 1 }, &found);
    ck_assert_double_eq(found, 4);
    read_numbers(path_of("l.h5"), "row_condition", 1, (hsize_t[]){ 1 }, &found);
    ck_assert_double_eq(found, 0.25);
    read_numbers(path_of("l.h5"), "mean_condition", 1, (hsize_t[]){ 1 }, &found);
    ck_assert_double_eq(found, 5);
    read_numbers(path_of("l.h5"), "mean_condition_condition", 1, (hsize_t[]){ 1 }, &found);
    ck_assert_double_eq(found, 6);
    remove(path_of("l.h5"));
    vae_model_free(&model);
}
END_TEST

/* ---- There and back ---------------------------------------------------------------------------------------------- */

/* Decoding what was encoded, with the conditions beside it, is what a reconstruction is. */
START_TEST(test_round_trip)
{
    vae_model *model = model_of(&instrument, data);
    const vae_condition_spec *run = &vae_model_declaration(model)->conditions[1];
    vae_latents latents = latents_of(model);
    vae_reconstructions found;
    vae_samples back;
    vae_data *written = NULL;
    vae_field_source sources[3] = { fields[0], fields[1], fields[2] };
    sources[1].levels = run->levels;
    sources[1].level_count = (int)run->size;
    ck_assert_status_ok(vae_latents_save(model, &latents, path_of("l.h5")));
    const vae_data_options options = { .x = "mean", .conditions = sources, .condition_count = 3 };
    ck_assert_status_ok(vae_data_open(path_of("l.h5"), &options, &written));
    ck_assert_status_ok(vae_reconstruct(model, data, &(vae_pass_options){ .split = VAE_ALL, .threads = 1 }, &found));
    ck_assert_status_ok(vae_decode(model, written, &(vae_decode_options){ .split = VAE_ALL, .threads = 1 }, &back));
    ck_assert_int_eq(back.count, ROWS);
    ck_assert_mem_eq(back.z, latents.mean, ROWS * Z * sizeof(float));
    for (int i = 0; i < ROWS * SIZE; i++) {
        ck_assert_float_eq_tol(back.modelled[i], found.reconstruction[i], 1e-5f);
        ck_assert_float_eq_tol(back.x[i], found.units[i], 1e-3f);
        ck_assert_int_eq(found.mask[i], (i / SIZE + i % SIZE) % 6 != 0);
        ck_assert(found.mask[i] || (found.x[i] <= 0 && found.x[i] >= 0));
    }
    ck_assert_float_eq_tol(back.x[0], 105, 60); /* the data's units */
    vae_samples fixed;
    const double energy = 5, class = 2, place[2] = { 0, 0 };
    const vae_decode_options same = { .split = VAE_ALL, .conditions = { &energy, &class, place } };
    ck_assert_status_ok(vae_decode(model, written, &same, &fixed));
    ck_assert_int_eq((int)((double *)fixed.given.values[1])[9], 2);
    /* Row 0 has energy 5, run C, which is the class 2, and the place (0, 0). */
    for (int i = 0; i < SIZE; i++)
        ck_assert_float_eq_tol(fixed.x[i], back.x[i], 1e-3f);
    ck_assert(memcmp(fixed.x + SIZE, back.x + SIZE, SIZE * sizeof(float)));
    vae_samples_free(&fixed);
    vae_samples_free(&back);
    vae_reconstructions_free(&found);
    vae_latents_free(&latents);
    vae_data_free(&written);
    remove(path_of("l.h5"));
    vae_model_free(&model);
}
END_TEST

START_TEST(test_decode_refuses)
{
    vae_model *model = model_of(&instrument, data);
    vae_samples samples;
    const double energy = 5, class = 3, place[2] = { 0, NAN };
    vae_decode_options options = { .split = VAE_ALL };
    ck_assert_status(vae_decode(model, data, &options, &samples), VAE_ERROR_DATA,
                     "latents: expected (rows, 2), found (rows, 4, 3)");
    options.split = VAE_TEST;
    ck_assert_status(vae_decode(model, data, &options, &samples), VAE_ERROR_DATA, "expected a test split of latents");
    vae_data *z = NULL;
    float values[2][Z] = { { 0, 1 }, { 2, 3 } };
    hid_t file = H5Fcreate(path_of("z.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    H5LTmake_dataset(file, "x", 2, (hsize_t[]){ 2, Z }, H5T_NATIVE_FLOAT, values);
    H5Fclose(file);
    ck_assert_status_ok(vae_data_open(path_of("z.h5"), NULL, &z));
    options = (vae_decode_options){ .split = VAE_ALL };
    ck_assert_status(vae_decode(model, z, &options, &samples), VAE_ERROR_DATA,
                     "expected values of the condition \"energy\", found no such field");
    options.conditions[0] = &energy;
    options.conditions[1] = &class;
    ck_assert_status(vae_decode(model, z, &options, &samples), VAE_ERROR_ARGUMENT,
                     "run: expected a class from 0 to 2, found 3");
    options.conditions[1] = (const double[]){ 1 };
    options.conditions[2] = place;
    ck_assert_status(vae_decode(model, z, &options, &samples), VAE_ERROR_ARGUMENT, "place: expected finite numbers");
    ck_assert_ptr_null(samples.x);
    vae_data_free(&z);
    remove(path_of("z.h5"));
    vae_model_free(&model);
}
END_TEST

/* ---- Reconstructions --------------------------------------------------------------------------------------------- */

START_TEST(test_reconstructions_files)
{
    vae_model *model = model_of(&instrument, data);
    vae_reconstructions found;
    static double numbers[ROWS * SIZE];
    ck_assert_status_ok(
        vae_reconstruct(model, data, &(vae_pass_options){ .split = VAE_ALL, .count = 13, .threads = 1 }, &found));
    ck_assert_int_eq(found.count, 13);
    vae_shades shades = vae_reconstructions_shades(&found);
    ck_assert_double_lt(shades.black, 0);
    ck_assert_double_gt(shades.white, 1);
    ck_assert_status_ok(vae_reconstructions_save(model, &found, path_of("r.h5")));
    read_numbers(path_of("r.h5"), "reconstruction_units", 3, (hsize_t[]){ 13, 4, 3 }, numbers);
    ck_assert_double_eq(numbers[5], found.units[5]);
    read_numbers(path_of("r.h5"), "mask", 3, (hsize_t[]){ 13, 4, 3 }, numbers);
    ck_assert_double_eq(numbers[0], 0);
    ck_assert_double_eq(numbers[1], 1);
    read_numbers(path_of("r.h5"), "x", 3, (hsize_t[]){ 13, 4, 3 }, numbers);
    check_attribute(path_of("r.h5"), "format", "libvae reconstructions");
    /* Ten pairs, and three more below: four rows of ten images, 4 · 4 + 5 · 2 pixels high. */
    ck_assert_status_ok(vae_reconstructions_save(model, &found, path_of("r.png")));
    unsigned char head[24];
    FILE *file = fopen(path_of("r.png"), "rb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fread(head, 1, sizeof head, file), sizeof head);
    fclose(file);
    ck_assert_uint_eq(head[19], 10 * 3 + 11 * 2);
    ck_assert_uint_eq(head[23], 4 * 4 + 5 * 2);
    remove(path_of("r.h5"));
    remove(path_of("r.png"));
    ck_assert_status(vae_results_check(model, VAE_RESULTS_RECONSTRUCTIONS, 1000000, path_of("r.png")),
                     VAE_ERROR_ARGUMENT, "sides of at most");
    ck_assert_status_ok(vae_results_check(model, VAE_RESULTS_RECONSTRUCTIONS, 1000000, path_of("r.h5")));
    ck_assert_status(vae_results_check(model, VAE_RESULTS_LATENTS, 1, path_of("r.png")), VAE_ERROR_ARGUMENT,
                     "expected a file name in .h5 or .hdf5");
    vae_reconstructions_free(&found);
    vae_model_free(&model);
}
END_TEST

static int stop_at(void *context, int64_t done, int64_t examples)
{
    ck_assert_int_eq(examples, ROWS);
    return done >= *(const int64_t *)context;
}

START_TEST(test_stopped)
{
    vae_model *model = model_of(&instrument, data);
    vae_latents latents;
    vae_reconstructions found;
    int64_t at = 256;
    const vae_pass_options options = { .split = VAE_ALL, .progress = stop_at, .context = &at };
    ck_assert_status(vae_encode(model, data, &options, &latents), VAE_STOPPED,
                     "encoding was stopped after 256 of 300 rows");
    ck_assert_status(vae_reconstruct(model, data, &options, &found), VAE_STOPPED, "reconstructing was stopped after");
    ck_assert_ptr_null(latents.mean);
    ck_assert_ptr_null(found.x);
    ck_assert_status(vae_encode(model, data, &(vae_pass_options){ .split = VAE_TEST }, &latents), VAE_ERROR_DATA,
                     "test split");
    ck_assert_status(vae_encode(model, data, &(vae_pass_options){ .count = -1 }, &latents), VAE_ERROR_ARGUMENT,
                     "a count of at least 0");
    ck_assert_status(vae_encode(NULL, data, &options, &latents), VAE_ERROR_ARGUMENT, "found NULL");
    vae_model_free(&model);
}
END_TEST

/* ---- Samples at combinations of conditions ----------------------------------------------------------------------- */

START_TEST(test_combinations)
{
    vae_model *model = model_of(&instrument, data);
    vae_samples all, one;
    const double energies[2] = { 5, 9 }, places[6] = { 0, 0, 1, -1, 2, -2 }, run = 1;
    vae_sample_options options = { .count = 4, .conditions = { { energies, 2 }, { NULL, 0 }, { places, 3 } } };
    ck_assert_status_ok(vae_sample(model, &options, &all));
    ck_assert_int_eq(all.rows, 2 * 3 * 3);
    ck_assert_int_eq(all.columns, 4);
    const double *energy = all.given.values[0], *class = all.given.values[1], *place = all.given.values[2];
    for (int64_t s = 0; s < all.count; s++) {
        int64_t row = s / 4;
        ck_assert_double_eq(energy[s], energies[row / 9]);
        ck_assert_double_eq(class[s], (double)(row / 3 % 3));
        ck_assert_double_eq(place[2 * s + 1], -(double)(row % 3));
        ck_assert_mem_eq(all.z + s * Z, all.z + s % 4 * Z, Z * sizeof(float)); /* a column has one z */
    }
    options.conditions[0] = (vae_condition_settings){ energies + 1, 1 };
    options.conditions[1] = (vae_condition_settings){ &run, 1 };
    options.conditions[2] = (vae_condition_settings){ places + 2, 1 };
    ck_assert_status_ok(vae_sample(model, &options, &one));
    ck_assert_int_eq(one.rows, 1);
    for (int i = 0; i < 4 * SIZE; i++)
        ck_assert_float_eq_tol(one.x[i], all.x[(9 + 3 + 1) * 4 * SIZE + i], 1e-3f);
    options = (vae_sample_options){ .has_class = true, .only_class = 1, .conditions = { { energies, 1 } } };
    options.conditions[2] = (vae_condition_settings){ places, 1 };
    vae_samples_free(&one);
    ck_assert_status_ok(vae_sample(model, &options, &one));
    ck_assert_int_eq(one.rows, 1);
    ck_assert_double_eq(((double *)one.given.values[1])[0], 1);
    vae_samples_free(&all);
    vae_samples_free(&one);
    vae_model_free(&model);
}
END_TEST

START_TEST(test_samples_refused)
{
    vae_model *model = model_of(&instrument, data);
    vae_samples samples;
    const double numbers[4] = { 5, NAN, 1.5, 3 };
    vae_sample_options options = { .count = 4 };
    ck_assert_status(vae_sample(model, &options, &samples), VAE_ERROR_ARGUMENT,
                     "instrument: expected values of the condition \"energy\" to sample at, found none");
    options.conditions[0] = (vae_condition_settings){ numbers, 2 };
    ck_assert_status(vae_sample(model, &options, &samples), VAE_ERROR_ARGUMENT, "energy: expected finite numbers");
    options.conditions[0].count = 1;
    for (int i = 2; i < 4; i++) {
        options.conditions[1] = (vae_condition_settings){ numbers + i, 1 };
        ck_assert_status(vae_sample(model, &options, &samples), VAE_ERROR_ARGUMENT,
                         "run: expected a class from 0 to 2, found");
    }
    options.has_class = true;
    options.conditions[1] = (vae_condition_settings){ numbers, 1 };
    ck_assert_status(vae_sample(model, &options, &samples), VAE_ERROR_ARGUMENT,
                     "run: expected one class or a list of settings, found both");
    options.conditions[1] = (vae_condition_settings){ NULL, 1 };
    options.has_class = false;
    ck_assert_status(vae_sample(model, &options, &samples), VAE_ERROR_ARGUMENT,
                     "run: expected values and how many there are, found NULL and 1");
    static double many[1000];
    options = (vae_sample_options){ .count = 10000000, .conditions = { { many, 1000 }, { NULL, 0 }, { many, 1 } } };
    ck_assert_status(vae_sample(model, &options, &samples), VAE_ERROR_ARGUMENT,
                     "expected combinations of conditions for at most 2147483647 samples, found more");
    ck_assert_ptr_null(samples.x);
    vae_model_free(&model);
}
END_TEST

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

static vae_status all_of_it(const vae_model *model)
{
    vae_latents latents;
    vae_reconstructions found;
    vae_examples examples;
    vae_samples samples;
    const double number = 0, numbers[2] = { 0 };
    const vae_pass_options options = { .split = VAE_ALL, .threads = 1 };
    vae_status status = vae_encode(model, data, &options, &latents);
    if (!status.code)
        status = vae_latents_save(model, &latents, path_of("m.h5"));
    vae_latents_free(&latents);
    if (!status.code)
        status = vae_reconstruct(model, data, &options, &found);
    if (!status.code)
        vae_reconstructions_free(&found);
    if (!status.code)
        status = vae_evaluate_examples(model, data, &(vae_evaluation_options){ .split = VAE_ALL, .threads = 1 }, NULL,
                                       &examples);
    if (!status.code)
        vae_examples_free(&examples);
    if (!status.code)
        status =
            vae_sample(model,
                       &(vae_sample_options){
                           .count = 2, .threads = 1, .conditions = { { &number, 1 }, { NULL, 0 }, { numbers, 1 } } },
                       &samples);
    if (!status.code)
        vae_samples_free(&samples);
    return status;
}

/* The n-th allocation fails: a line, and nothing left. */
START_TEST(test_no_memory)
{
    vae_model *model = model_of(&instrument, data);
    ck_assert_status_ok(all_of_it(model));
    long held = system_outstanding();
    vae_code code = VAE_ERROR_MEMORY;
    for (long n = 1; code; n += 1 + n / 20) {
        system_reset();
        system_fail(SYSTEM_ALLOCATE, n, 0, false);
        code = all_of_it(model).code;
        ck_assert(!code || code == VAE_ERROR_MEMORY);
        ck_assert(n > 20 || code);
        ck_assert_int_eq(system_outstanding(), held);
    }
    system_reset();
    remove(path_of("m.h5"));
    vae_model_free(&model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("whole");
    const TTest *const tests[] = { test_examples,
                                   test_all_observed,
                                   test_latents_file,
                                   test_taken_name,
                                   test_round_trip,
                                   test_decode_refuses,
                                   test_reconstructions_files,
                                   test_stopped,
                                   test_combinations,
                                   test_samples_refused,
                                   test_no_memory,
                                   NULL };
    suite_case_between(suite, "whole", 120, begin, end, tests);
    return suite_run(suite);
}
