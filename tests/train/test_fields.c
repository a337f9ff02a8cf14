/*
 * Training on fields of every kind, with a mask, standardised values and whole groups held out: resumed from a file
 * that tells where its data lies and how it was divided; and starting from another model's parameters.
 */
#include <hdf5.h>
#include <math.h>
#include <vae/catalogue.h>
#include <vae/checkpoint.h>
#include <vae/infer.h>

#include "src/checkpoint/training.h"
#include "tests/data/files.h"

enum { ROWS = 240, WIDTH = 6, RUNS = 8 };

static const vae_model_spec spec = {
    .name = "rich",
    .x = { .likelihood = "gaussian", .transform = "standardize", .missing = VAE_MISSING_MASK },
    .conditions = { { .name = "run", .kind = VAE_CLASS }, { .name = "energy", .kind = VAE_VALUES } },
    .latents = { { .size = 2 } },
    .encoder = "dense 12 relu",
    .decoder = "dense 12 relu",
};

static void put(hid_t file, const char *name, hid_t type, int rank, const hsize_t *shape, const void *values)
{
    hid_t space = H5Screate_simple(rank, shape, NULL);
    hid_t dataset = H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert_int_ge(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), 0);
    H5Dclose(dataset);
    H5Sclose(space);
}

/* Rows of `runs` runs in turn, of which each has a level of its own; some values are not a number, some masked. The
 * last runs are those with other names. */
static void make_file(const char *name, int runs)
{
    static const char names[RUNS + 1][8] = { "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "new" };
    float x[ROWS][WIDTH];
    double energy[ROWS];
    unsigned char seen[ROWS][WIDTH];
    char run[ROWS][8];
    for (int row = 0; row < ROWS; row++) {
        int of = row % runs;
        memcpy(run[row], names[of], 8);
        energy[row] = 1000 + 50 * sin(row);
        for (int k = 0; k < WIDTH; k++) {
            x[row][k] = (float)(300 + of * 7 + 20 * cos(row * 0.7 + k) + (energy[row] - 1000) / 10);
            seen[row][k] = (row + k) % 11 != 0;
            if ((row * WIDTH + k) % 37 == 5)
                x[row][k] = NAN;
        }
    }
    hid_t file = H5Fcreate(path_of(name), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), text = H5Tcopy(H5T_C_S1);
    H5Tset_size(text, 8);
    const hsize_t shape[] = { ROWS, WIDTH };
    put(file, "frames", H5T_NATIVE_FLOAT, 2, shape, x);
    put(file, "seen", H5T_NATIVE_UCHAR, 2, shape, seen);
    put(file, "energy", H5T_NATIVE_DOUBLE, 1, shape, energy);
    put(file, "run", text, 1, shape, run);
    H5Tclose(text);
    H5Fclose(file);
}

/* The same rows with whole numbers for x. */
static void make_counts(const char *name)
{
    float x[ROWS][WIDTH];
    make_file(name, RUNS);
    hid_t file = H5Fopen(path_of(name), H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t frames = H5Dopen2(file, "frames", H5P_DEFAULT);
    ck_assert_int_ge(H5Dread(frames, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, x), 0);
    for (int row = 0; row < ROWS; row++)
        for (int k = 0; k < WIDTH; k++)
            x[row][k] = floorf(x[row][k] / 50);
    ck_assert_int_ge(H5Dwrite(frames, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, x), 0);
    H5Dclose(frames);
    H5Fclose(file);
}

static vae_data *opened(const char *name, const vae_model_spec *known)
{
    vae_field_source conditions[] = { { .name = "run", .kind = VAE_CLASS, .path = "/run" },
                                      { .name = "energy", .kind = VAE_VALUES } };
    if (known) {
        conditions[0].levels = known->conditions[0].levels;
        conditions[0].level_count = (int)known->conditions[0].size;
    }
    const vae_data_options options = {
        .threads = 1, .x = "frames", .mask = "seen", .conditions = conditions, .condition_count = 2
    };
    return open_data(name, &options);
}

static const vae_division division = { .validation = 0.25, .test = 30, .by = "run", .seed = 5 };

static vae_data *divided(const char *name)
{
    vae_data *data = opened(name, NULL);
    ck_assert_status_ok(vae_data_divide(data, &division));
    return data;
}

/* As a file tells it, and nothing else. */
static vae_data *opened_again(const vae_training *training)
{
    const vae_training_state state = vae_training_where(training);
    const vae_model_spec *known = &training->model->declaration;
    vae_field_source conditions[VAE_MAX_CONDITIONS] = { { .name = NULL } };
    int count = 0;
    for (; count < VAE_MAX_CONDITIONS && known->conditions[count].name; count++)
        conditions[count] =
            (vae_field_source){ .name = known->conditions[count].name,
                                .kind = known->conditions[count].kind,
                                .path = state.condition_paths[count],
                                .levels = known->conditions[count].levels,
                                .level_count =
                                    known->conditions[count].levels ? (int)known->conditions[count].size : 0 };
    const vae_data_options options = { .threads = 1,
                                       .x = state.x_path,
                                       .mask = state.mask_path,
                                       .conditions = conditions,
                                       .condition_count = count,
                                       .allow_external = state.allow_external };
    vae_data *data = NULL;
    ck_assert_status_ok(vae_data_open_files(state.sources, state.source_count, &options, &data));
    ck_assert_str_eq(vae_data_digest(data), state.digest);
    ck_assert_status_ok(vae_data_divide(data, &state.division));
    return data;
}

static vae_training *begun(const vae_data *data)
{
    vae_model *model = NULL;
    vae_training *training = NULL;
    ck_assert_status_ok(vae_model_new(&spec, NULL, data, 7, &model));
    ck_assert_status_ok(
        vae_training_new(&model, data, &(vae_training_options){ .seed = 3, .batch_size = 32 }, &training));
    return training;
}

static void train(vae_training *training, const vae_data *data, int64_t epochs)
{
    ck_assert_status_ok(vae_train(training, data, &(vae_train_options){ .epochs = epochs, .threads = 1 }));
}

static void through_a_file(vae_training **training)
{
    ck_assert_status_ok(vae_checkpoint_save(*training, path_of("a.h5")));
    vae_training_free(training);
    ck_assert_status_ok(vae_checkpoint_load(path_of("a.h5"), NULL, training));
}

/* ---- The same bits ----------------------------------------------------------------------------------------------- */

START_TEST(test_resumed)
{
    folder_make();
    make_file("data.h5", RUNS);
    vae_data *data = divided("data.h5"), *again = NULL;
    vae_training *whole = begun(data), *parts = begun(data);
    train(whole, data, 4);
    train(parts, data, 2);
    vae_data_free(&data);
    through_a_file(&parts);
    again = opened_again(parts);
    train(parts, again, 4);
    vae_store *mine = vae_model_store(whole->model), *theirs = vae_model_store(parts->model);
    ck_assert_int_eq(vae_store_size(mine), vae_store_size(theirs));
    ck_assert(!memcmp(vae_store_parameters(mine), vae_store_parameters(theirs),
                      (size_t)vae_store_size(mine) * sizeof(float)));
    const int64_t rows = vae_history_rows(whole);
    ck_assert_int_eq(rows, vae_history_rows(parts));
    for (int i = 0; i < VAE__SECONDS; i++) {
        ck_assert(!whole->history.columns[i] == !parts->history.columns[i]);
        ck_assert(!whole->history.columns[i] ||
                  !memcmp(whole->history.columns[i], parts->history.columns[i], (size_t)rows * sizeof(double)));
    }
    vae_evaluation test = { .examples = 0 };
    ck_assert_status_ok(vae_evaluate(parts->model, again, &(vae_evaluation_options){ .split = VAE_TEST }, &test));
    ck_assert(isfinite(test.elbo) && test.examples >= 20);
    vae_data_free(&again);
    vae_training_free(&whole);
    vae_training_free(&parts);
    folder_remove();
}
END_TEST

/* An activation of the program's own, and counts where there are gaps: whatever the number of threads, parameters and
 * figures have the same bits. */
static void bump_forward(const vae_op_row *row)
{
    for (int64_t i = 0; i < row->out_size; i++)
        row->out[i] = row->in[0][i] * exp(-row->in[0][i] * row->in[0][i]);
}

static void bump_backward(const vae_op_row *row)
{
    for (int64_t i = 0; i < row->out_size; i++) {
        double x = row->in[0][i];
        row->grad_in[0][i] += row->grad[i] * exp(-x * x) * (1 - 2 * x * x);
    }
}

static const vae_op bump = { .name = "bump", .inputs = 1, .forward = bump_forward, .backward = bump_backward };
static const vae_catalogue mine = { .ops = &bump, .op_count = 1 };

/* The figures of one and another number of threads, and the parameters, as bytes. */
typedef struct outcome {
    float parameters[1024];
    vae_evaluation test;
    vae_examples examples;
} outcome;

static void train_on(const vae_model_spec *declared, const vae_data *data, int threads, outcome *found)
{
    vae_model *model = NULL;
    vae_training *training = NULL;
    memset(found, 0, sizeof *found);
    ck_assert_status_ok(vae_model_new(declared, &mine, data, 7, &model));
    ck_assert_status_ok(
        vae_training_new(&model, data, &(vae_training_options){ .seed = 3, .batch_size = 50 }, &training));
    ck_assert_status_ok(vae_train(training, data, &(vae_train_options){ .epochs = 2, .threads = threads }));
    vae_store *store = vae_model_store(vae_training_model(training));
    ck_assert_int_lt(vae_store_size(store), 1024);
    memcpy(found->parameters, vae_store_parameters(store), (size_t)vae_store_size(store) * sizeof(float));
    const vae_evaluation_options options = { .split = VAE_TEST, .samples = 70, .threads = threads };
    ck_assert_status_ok(
        vae_evaluate_examples(vae_training_model(training), data, &options, &found->test, &found->examples));
    vae_training_free(&training);
}

static void same_on_all_threads(const vae_model_spec *declared, const vae_data *data)
{
    outcome one, other;
    train_on(declared, data, 1, &one);
    ck_assert(isfinite(one.test.elbo) && isfinite(one.test.nll) && one.test.observed < WIDTH);
    for (int threads = 2; threads <= 5; threads++) {
        train_on(declared, data, threads, &other);
        ck_assert_mem_eq(one.parameters, other.parameters, sizeof one.parameters);
        ck_assert_mem_eq(&one.test.elbo, &other.test.elbo, sizeof(double));
        ck_assert_mem_eq(&one.test.nll, &other.test.nll, sizeof(double));
        size_t bytes = (size_t)one.examples.count * sizeof(double);
        ck_assert_mem_eq(one.examples.reconstruction, other.examples.reconstruction, bytes);
        vae_examples_free(&other.examples);
    }
    vae_examples_free(&one.examples);
}

START_TEST(test_threads)
{
    vae_model_spec own = spec, counts = spec;
    folder_make();
    make_file("data.h5", RUNS);
    vae_data *data = divided("data.h5");
    own.encoder = own.decoder = "dense 12 bump";
    own.x.encoder_transform = "scale=0.01, log1p";
    counts.x = (vae_x_spec){ .likelihood = "poisson", .missing = VAE_MISSING_MASK };
    counts.x.encoder_transform = "log1p, standardize";
    same_on_all_threads(&own, data);
    vae_data_free(&data);
    make_counts("data.h5");
    data = divided("data.h5");
    same_on_all_threads(&counts, data);
    vae_data_free(&data);
    folder_remove();
}
END_TEST

/* The split of every row is in the file: whole runs, each in one. */
START_TEST(test_splits_kept)
{
    folder_make();
    make_file("data.h5", RUNS);
    vae_data *data = divided("data.h5");
    vae_training *training = begun(data);
    const unsigned char *splits = training->splits;
    ck_assert_ptr_nonnull(splits);
    int64_t counts[VAE_SPLITS] = { 0 };
    for (int row = 0; row < ROWS; row++) {
        counts[splits[row]]++;
        ck_assert_int_eq(splits[row], splits[row % RUNS]);
    }
    for (int split = 0; split < VAE_SPLITS; split++)
        ck_assert_int_eq(counts[split], vae_data_rows(data, (vae_split)split));
    ck_assert(counts[VAE_VALIDATION] == 60 && counts[VAE_TEST] == 30);
    const vae_training_state state = vae_training_where(training);
    ck_assert_str_eq(state.x_path, "frames");
    ck_assert_str_eq(state.condition_paths[0], "/run");
    ck_assert_str_eq(state.condition_paths[1], "energy");
    ck_assert_str_eq(state.mask_path, "seen");
    ck_assert_str_eq(state.division.by, "run");
    vae_data_free(&data);
    vae_training_free(&training);
    folder_remove();
}
END_TEST

/* As many rows of each split, but others. */
START_TEST(test_other_division)
{
    folder_make();
    make_file("data.h5", RUNS);
    vae_data *data = divided("data.h5"), *other = opened("data.h5", NULL), *none = opened("data.h5", NULL);
    vae_training *training = begun(data);
    vae_division otherwise = division;
    otherwise.seed++;
    ck_assert_status_ok(vae_data_divide(other, &otherwise));
    const vae_train_options options = { .epochs = 1, .threads = 1 };
    ck_assert_status(vae_train(training, other, &options), VAE_ERROR_DATA,
                     "expected the data to be divided as the training began with, found other rows held out");
    ck_assert_status(vae_train(training, none, &options), VAE_ERROR_DATA, "rows in the train split");
    train(training, data, 1);
    vae_data_free(&data);
    vae_data_free(&other);
    vae_data_free(&none);
    vae_training_free(&training);
    folder_remove();
}
END_TEST

/* ---- Starting from another --------------------------------------------------------------------------------------- */

static double elbo_of(const vae_model *model, const vae_data *data)
{
    vae_evaluation found = { .examples = 0 };
    ck_assert_status_ok(vae_evaluate(model, data, &(vae_evaluation_options){ .split = VAE_ALL, .threads = 1 }, &found));
    return found.elbo;
}

/* Levels that are known come first, in their order, whether the data has them or not; others behind. */
START_TEST(test_more_levels)
{
    static const char *const known[] = { "gone", "r3" }, *const all[] = { "gone", "r3", "r0", "r1", "r2", "r4" };
    folder_make();
    make_file("data.h5", 5);
    const vae_field_source run = {
        .name = "run", .kind = VAE_CLASS, .levels = known, .level_count = 2, .more_levels = true
    };
    vae_data *data =
        open_data("data.h5", &(vae_data_options){ .x = "frames", .conditions = &run, .condition_count = 1 });
    const vae_field *field = vae_data_find(data, VAE_ALL, "run");
    ck_assert_int_eq(field->classes, 6);
    for (int i = 0; i < 6; i++)
        ck_assert_str_eq(field->levels[i], all[i]);
    ck_assert_int_eq(((const int32_t *)field->values)[0], 2);
    ck_assert_int_eq(((const int32_t *)field->values)[3], 1);
    vae_data_free(&data);
    folder_remove();
}
END_TEST

/* A new class is a new row of weights; the old classes' rows are what they were, before the first step. */
START_TEST(test_started_from)
{
    folder_make();
    make_file("old.h5", RUNS);
    make_file("new.h5", RUNS + 1);
    vae_data *data = opened("old.h5", NULL), *more = opened("new.h5", NULL), *known = NULL;
    vae_training *training = begun(data);
    train(training, data, 3);
    vae_model *model = NULL;
    int taken = 0;
    ck_assert_status_ok(vae_model_new(&spec, NULL, more, 11, &model));
    ck_assert_int_eq(vae_model_declaration(model)->conditions[0].size, RUNS + 1);
    ck_assert_status_ok(vae_model_start_from(model, training->model, &taken));
    ck_assert_int_eq(taken, vae_store_count(vae_model_store(model)));
    known = opened("old.h5", vae_model_declaration(model));
    double before = elbo_of(training->model, data), after = elbo_of(model, known);
    ck_assert_msg(fabs(before - after) < 1e-9 * fabs(before), "%.12g, %.12g", before, after);
    ck_assert(isfinite(elbo_of(model, more)));
    vae_model_free(&model);
    vae_data_free(&data);
    vae_data_free(&more);
    vae_data_free(&known);
    vae_training_free(&training);
    folder_remove();
}
END_TEST

int main(void)
{
    const TTest *const bits[] = { test_resumed, test_threads, test_splits_kept, test_other_division, NULL };
    const TTest *const from[] = { test_more_levels, test_started_from, NULL };
    Suite *suite = suite_create("fields");
    suite_case(suite, "bits", 60, bits);
    suite_case(suite, "from", 60, from);
    return suite_run(suite);
}
