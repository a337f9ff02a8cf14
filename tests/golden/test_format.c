/*
 * The golden checkpoint of format version 1, format-1.h5, which must load for ever: its model gives the figures of
 * format-1.txt (NumPy's, from the file's parameters alone), its training tells where it stood, and goes on. format_1.sh
 * tells how it was made.
 *
 * The files are looked for below the folder that SOURCE names, or the current one.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vae/checkpoint.h>
#include <vae/infer.h>

#include "tests/support/suite.h"

enum { ROWS = 60, SIZE = 6, LATENT = 2, CODES = 4, MOST = CODES * SIZE, WIDTH = 3, HEADER = 118 };

static const char *const kinds[] = { "a", "bb", "ccc" };
static char folder[64];

static const char *source_path(const char *name)
{
    static char path[512];
    const char *source = getenv("SOURCE");
    snprintf(path, sizeof path, "%s/tests/golden/%s", source ? source : ".", name);
    return path;
}

/* ---- The data that it was trained on ----------------------------------------------------------------------------- */

static int16_t x_at(int i, int j)
{
    return (int16_t)((7 * i + 3 * j * j + i * j) % 23 - 5 + 10 * (i % 3));
}

static const char *path_of(const char *name)
{
    static char paths[2][128];
    static int next;
    next = !next;
    snprintf(paths[next], sizeof *paths, "%s/%s", folder, name);
    return paths[next];
}

static void write_npy(const char *name, const char *descr, const char *shape, const void *values, size_t size)
{
    char header[HEADER + 1];
    int length =
        snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr, shape);
    memset(header + length, ' ', HEADER - (size_t)length);
    header[HEADER - 1] = '\n';
    FILE *file = fopen(path_of(name), "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite("\x93NUMPY\1\0\x76\0", 1, 10, file), 10);
    ck_assert_uint_eq(fwrite(header, 1, HEADER, file), HEADER);
    ck_assert_uint_eq(fwrite(values, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

static void begin(void)
{
    unsigned char x[ROWS * SIZE * 2];
    char kind[ROWS][WIDTH];
    strcpy(folder, "/tmp/vae-test-format-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    for (int i = 0; i < ROWS; i++) {
        memset(kind[i], 0, WIDTH);
        memcpy(kind[i], kinds[i % 3], strlen(kinds[i % 3]));
        for (int j = 0; j < SIZE; j++) {
            unsigned value = (unsigned)x_at(i, j);
            x[2 * (i * SIZE + j)] = (unsigned char)(value & 255);
            x[2 * (i * SIZE + j) + 1] = (unsigned char)(value >> 8 & 255);
        }
    }
    write_npy("x.npy", "<i2", "(60, 6)", x, sizeof x);
    write_npy("kind.npy", "|S3", "(60,)", kind, sizeof kind);
}

static void end(void)
{
    remove(path_of("x.npy"));
    remove(path_of("kind.npy"));
    remove(path_of("again.h5"));
    ck_assert_int_eq(rmdir(folder), 0);
}

/* Divided as the file tells. */
static vae_data *open_data(const vae_training *training)
{
    vae_data *data = NULL;
    char kind[128];
    snprintf(kind, sizeof kind, "%s", path_of("kind.npy"));
    const vae_field_source condition = { .name = "kind", .kind = VAE_CLASS, .path = kind };
    const vae_data_options options = { .conditions = &condition, .condition_count = 1, .threads = 1 };
    ck_assert_status_ok(vae_data_open(path_of("x.npy"), &options, &data));
    vae_training_state where = vae_training_where(training);
    ck_assert_status_ok(vae_data_divide(data, &where.division));
    return data;
}

/* ---- Figures ----------------------------------------------------------------------------------------------------- */

static void check_figures(const char *name, const double *found, int count)
{
    char line[64];
    double expected;
    int there = 0;
    FILE *file = fopen(source_path("format-1.txt"), "r");
    ck_assert_msg(file != NULL, "%s cannot be opened", source_path("format-1.txt"));
    while (fscanf(file, "%63s", line) == 1 && strcmp(line, name) != 0)
        ;
    ck_assert_msg(fscanf(file, "%d", &there) == 1 && there == count, "%d figures of %s, not %d", there, name, count);
    for (int i = 0; i < count; i++) {
        ck_assert_int_eq(fscanf(file, "%lf", &expected), 1);
        ck_assert_msg(fabs(found[i] - expected) <= 1e-5 * fabs(expected), "%s, value %d: %.9g, not %.9g", name, i,
                      found[i], expected);
    }
    fclose(file);
}

static void check_floats(const char *name, const float *found, int count)
{
    double values[MOST];
    for (int i = 0; i < count; i++)
        values[i] = (double)found[i];
    check_figures(name, values, count);
}

static void check_coders(const vae_model *model)
{
    vae_encoder *encoder = NULL;
    vae_decoder *decoder = NULL;
    int16_t x[CODES * SIZE];
    float mean[CODES * LATENT], logvar[CODES * LATENT], z[CODES * LATENT], decoded[CODES * SIZE];
    int32_t kind[CODES];
    for (int i = 0; i < CODES * SIZE; i++)
        x[i] = x_at(i / SIZE, i % SIZE);
    for (int i = 0; i < CODES; i++)
        kind[i] = i % 3;
    for (int i = 0; i < CODES * LATENT; i++)
        z[i] = (float)(i - 3) / 2;
    const vae_conditions given = { .values = { kind } };
    vae_infer_options options = { .capacity = CODES, .threads = 1, .x_type = VAE_INT16 };
    options.condition_types[0] = VAE_INT32;
    ck_assert_status_ok(vae_encoder_new(model, &options, &encoder));
    ck_assert_status_ok(vae_encoder_run(encoder, x, CODES, &given, mean, logvar));
    ck_assert_status_ok(vae_decoder_new(model, &options, &decoder));
    ck_assert_status_ok(vae_decoder_run(decoder, z, CODES, &given, decoded));
    check_floats("encoder/mean", mean, CODES * LATENT);
    check_floats("encoder/logvar", logvar, CODES * LATENT);
    check_floats("decoder/mean", decoded, CODES * SIZE);
    vae_encoder_free(&encoder);
    vae_decoder_free(&decoder);
}

/* ---- Tests ------------------------------------------------------------------------------------------------------- */

static vae_training *load(const char *path)
{
    vae_training *training = NULL;
    ck_assert_status_ok(vae_checkpoint_load(path, NULL, &training));
    return training;
}

START_TEST(test_model)
{
    vae_model *model = NULL;
    ck_assert_status_ok(vae_model_load(source_path("format-1.h5"), NULL, &model));
    const vae_model_spec *spec = vae_model_declaration(model);
    ck_assert_str_eq(spec->name, "cvae");
    ck_assert_str_eq(spec->encoder, "dense 8 tanh");
    ck_assert_str_eq(spec->decoder, "dense 8 relu");
    ck_assert_str_eq(spec->x.likelihood, "gaussian");
    ck_assert_str_eq(spec->x.transform, "standardize");
    ck_assert_int_eq(spec->x.type, VAE_INT16);
    ck_assert_str_eq(spec->conditions[0].name, "kind");
    ck_assert_int_eq(spec->conditions[0].size, 3);
    for (int i = 0; i < 3; i++)
        ck_assert_str_eq(spec->conditions[0].levels[i], kinds[i]);
    check_coders(model);
    vae_model_free(&model);
}
END_TEST

START_TEST(test_training)
{
    vae_training *training = load(source_path("format-1.h5"));
    vae_training_state where = vae_training_where(training);
    ck_assert_int_eq(where.epoch, 3);
    ck_assert_int_eq(where.step, 9);
    ck_assert_int_eq(where.batch_size, 16);
    ck_assert_uint_eq(where.seed, 5);
    ck_assert_int_eq(where.rows[VAE_TRAIN], 48);
    ck_assert_int_eq(where.rows[VAE_VALIDATION], 12);
    ck_assert_str_eq(where.source, "x.npy");
    ck_assert_str_eq(where.condition_paths[0], "kind.npy");
    ck_assert_str_eq(where.precision, "float32");
    ck_assert_double_eq(where.learning_rate, 0.001);
    ck_assert_int_eq(vae_history_rows(training), 3);
    ck_assert_int_ge(vae_history_columns(training), 11);
    /* What the file lacks, for there was no such thing then: nothing was skipped. */
    int skipped = 0;
    for (int i = 0; i < vae_history_columns(training); i++) {
        const vae_history_column column = vae_history_column_at(training, i);
        for (int64_t row = 0; !strcmp(column.name, "train/skipped") && row < 3; row++)
            skipped += fabs(column.values[row]) <= 0;
    }
    ck_assert_int_eq(skipped, 3);
    vae_training_free(&training);
}
END_TEST

START_TEST(test_evaluated)
{
    vae_training *training = load(source_path("format-1.h5"));
    vae_model *model = NULL;
    vae_evaluation found;
    vae_data *data = open_data(training);
    const vae_evaluation_options options = { .split = VAE_VALIDATION, .seed = 7, .threads = 1, .kernels = "generic" };
    ck_assert_status_ok(vae_model_load(source_path("format-1.h5"), NULL, &model));
    ck_assert_status_ok(vae_evaluate(model, data, &options, &found));
    check_figures("elbo", (double[]){ found.elbo, found.reconstruction, found.kl }, 3);
    vae_data_free(&data);
    vae_model_free(&model);
    vae_training_free(&training);
}
END_TEST

/* The data's digest is compared, the optimiser's moments are there, and what is saved then loads as well. */
START_TEST(test_goes_on)
{
    char again[128];
    vae_training *training = load(source_path("format-1.h5"));
    vae_data *data = open_data(training);
    snprintf(again, sizeof again, "%s", path_of("again.h5"));
    ck_assert_status_ok(
        vae_train(training, data, &(vae_train_options){ .epochs = 4, .threads = 1, .checkpoint = again }));
    vae_training_free(&training);
    training = load(again);
    ck_assert_int_eq(vae_training_where(training).epoch, 4);
    ck_assert_int_eq(vae_history_rows(training), 4);
    vae_data_free(&data);
    vae_training_free(&training);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("format");
    const TTest *const tests[] = { test_model, test_training, test_evaluated, test_goes_on, NULL };
    suite_case_between(suite, "format 1", 60, begin, end, tests);
    return suite_run(suite);
}
