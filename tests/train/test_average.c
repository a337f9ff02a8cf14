/*
 * The running average of parameters: against PyTorch's (tests/golden/torch_average.py) and against its formula in
 * double, step by step of trainings of every kind; that it changes no step; the same bits on any number of threads; and
 * which parameters are validated, loaded and evaluated. That it is resumed exactly is in test_resume.c.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vae/catalogue.h>
#include <vae/checkpoint.h>
#include <vae/infer.h>

#include "src/train/average.h"
#include "tests/support/system.h"
#include "tests/train/alike.h"

enum { STEPS = 6, BATCH = 20 /* the last of 10 */, EPOCHS = 2 };

/* The identity, with derivatives so steep that each step is in doubt, and computed apart (see test_nonfinite.c); or
 * with one that is not finite for the first rows of a batch, now and then. */
static void same_forward(const vae_op_row *row)
{
    memcpy(row->out, row->in[0], (size_t)row->out_size * sizeof(double));
}

static void steep_backward(const vae_op_row *row)
{
    for (int64_t i = 0; row->grad_in[0] && i < row->out_size; i++)
        row->grad_in[0][i] += row->grad[i] * 0x1p61;
}

static void spoiled_backward(const vae_op_row *row)
{
    for (int64_t i = 0; row->grad_in[0] && i < row->out_size; i++)
        row->grad_in[0][i] += row->in[0][i] > 0.8 ? (double)NAN : row->grad[i];
}

static const vae_op ops[] = {
    { .name = "steep", .inputs = 1, .forward = same_forward, .backward = steep_backward },
    { .name = "spoiled", .inputs = 1, .forward = same_forward, .backward = spoiled_backward },
};
static const vae_catalogue catalogue = { .ops = ops, .op_count = 2 };

static vae_data *data;
static char folder[64], path[96];

static void begin(void)
{
    system_reset();
    strcpy(folder, "/tmp/vae-test-average-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.h5", folder);
    ck_assert_status_ok(vae_data_open("digits:110", &(vae_data_options){ .threads = 1 }, &data));
}

static void end(void)
{
    vae_data_free(&data);
    remove(path);
    ck_assert_int_eq(rmdir(folder), 0);
    ck_assert_int_eq(system_outstanding(), 0);
}

static vae_training *training_of(const char *encoder, vae_training_options options)
{
    const vae_model_spec spec = {
        .name = "small", .latents = { { .size = 2 } }, .encoder = encoder, .decoder = "dense 12 relu"
    };
    vae_model *model = NULL;
    vae_training *training = NULL;
    options.batch_size = BATCH;
    ck_assert_status_ok(vae_model_new(&spec, &catalogue, data, 7, &model));
    ck_assert_status_ok(vae_training_new(&model, data, &options, &training));
    return training;
}

static size_t bytes_of(const vae_training *training)
{
    return (size_t)vae_store_size(training->model->store) * sizeof(float);
}

/* ---- The formula ------------------------------------------------------------------------------------------------- */

static void read_values(FILE *file, double *values, int count)
{
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(fscanf(file, "%lf", &values[i]), 1);
}

/* A training's first values follow the record. */
static void check_record(FILE *file, double decay, int steps)
{
    enum { VALUES = 9 };
    double values[VALUES], expected[VALUES];
    vae_training *training = training_of("dense 12 relu", (vae_training_options){ .average = decay });
    float *parameters = vae_store_parameters(training->model->store);
    read_values(file, values, VALUES);
    for (int i = 0; i < VALUES; i++)
        parameters[i] = (float)values[i];
    vae__average_begin(training);
    for (int step = 0; step < steps; step++) {
        read_values(file, values, VALUES);
        read_values(file, expected, VALUES);
        for (int i = 0; i < VALUES; i++)
            parameters[i] = (float)values[i];
        vae__average_alone(training);
        for (int i = 0; i < VALUES; i++)
            ck_assert_double_eq_tol((double)training->average[i], expected[i], 3e-7);
    }
    vae_training_free(&training);
}

START_TEST(test_golden)
{
    char name[512];
    const char *top = getenv("SOURCE");
    double decay;
    int steps, records = 0;
    snprintf(name, sizeof name, "%s/tests/golden/torch_average.txt", top ? top : ".");
    FILE *file = fopen(name, "r");
    ck_assert_msg(file != NULL, "%s cannot be opened", name);
    for (; fscanf(file, " average %lf %d", &decay, &steps) == 2; records++)
        check_record(file, decay, steps);
    fclose(file);
    ck_assert_int_eq(records, 4);
}
END_TEST

/* The average of what does not change is that, to the bit, however long and whatever the decay. */
START_TEST(test_constant)
{
    static const double decays[] = { 1e-9, 0.1, 0.7, 0.999, 0.9999, 0.999999 };
    for (size_t i = 0; i < sizeof decays / sizeof *decays; i++) {
        vae_training *training = training_of("dense 12 relu", (vae_training_options){ .average = decays[i] });
        for (int step = 0; step < 2000; step++)
            vae__average_alone(training);
        ck_assert_mem_eq(training->average, vae_store_parameters(training->model->store), bytes_of(training));
        vae_training_free(&training);
    }
}
END_TEST

/* The formula, kept up in double by the progress function. */
typedef struct followed {
    vae_training *training;
    double *expected;
    int64_t skipped;
    int told;
} followed;

static int follow(void *context, const vae_progress *progress)
{
    followed *f = context;
    const vae_training *training = f->training;
    const float *values = vae_store_parameters(training->model->store);
    const double decay = training->method.average;
    if (progress->epoch_done && f->told == STEPS * progress->epoch)
        return 0;
    f->told++;
    for (int64_t i = 0; i < vae_store_size(training->model->store); i++) {
        if (training->skipped == f->skipped)
            f->expected[i] = decay * f->expected[i] + (1 - decay) * (double)values[i];
        ck_assert_double_eq_tol((double)training->average[i], f->expected[i], 1e-6 * (1 + fabs(f->expected[i])));
    }
    f->skipped = training->skipped;
    return 0;
}

static const struct {
    const char *encoder;
    vae_training_options options;
    int64_t least_skipped;
} followings[] = {
    { "dense 12 relu", { .average = 0.9 }, 0 },                                  /* where gradients are made */
    { "dense 12 relu", { .average = 0.5, .optimizer = "sgd momentum=0.5" }, 0 }, /* apart */
    { "dense 12 relu", { .average = 0.999, .clip_norm = 1, .learning_rate = 1 }, 0 },
    { "dense 12 relu, dense 12 steep", { .average = 0.8 }, 0 }, /* in doubt, settled alone */
    { "dense 12 relu, dense 12 spoiled", { .average = 0.6, .learning_rate = 0.0003 }, 1 },
    { "dense 12 relu, dense 12 spoiled", { .average = 0.6, .learning_rate = 0.0003, .optimizer = "rmsprop" }, 1 },
};

START_TEST(test_formula)
{
    followed f = { .training = training_of(followings[_i].encoder, followings[_i].options) };
    const int64_t size = vae_store_size(f.training->model->store);
    f.expected = malloc((size_t)size * sizeof(double));
    for (int64_t i = 0; i < size; i++)
        f.expected[i] = (double)vae_store_parameters(f.training->model->store)[i];
    const vae_train_options options = { .epochs = EPOCHS,
                                        .threads = 2,
                                        .progress = follow,
                                        .context = &f,
                                        .progress_steps = 1,
                                        .on_nonfinite = VAE_NONFINITE_SKIP };
    ck_assert_status_ok(vae_train(f.training, data, &options));
    ck_assert_int_eq(f.told, EPOCHS * STEPS);
    ck_assert_int_ge(f.training->skipped, followings[_i].least_skipped);
    if (!followings[_i].least_skipped)
        ck_assert_int_eq(f.training->skipped, 0);
    ck_assert_int_ne(memcmp(f.training->average, vae_store_parameters(f.training->model->store), bytes_of(f.training)),
                     0);
    free(f.expected);
    vae_training_free(&f.training);
}
END_TEST

/* ---- Beside the steps -------------------------------------------------------------------------------------------- */

/* Parameters and moments are what they are without it, whichever way steps are taken; and the average has the same bits
 * on any number of threads, however often threads meet to tell progress. */
START_TEST(test_threads)
{
    static const char *const optimizers[] = { "adam", "nesterov" };
    for (int o = 0; o < 2; o++) {
        vae_training *without = training_of("dense 12 relu", (vae_training_options){ .optimizer = optimizers[o] });
        vae_training *first = NULL;
        ck_assert_status_ok(vae_train(without, data, &(vae_train_options){ .epochs = EPOCHS, .threads = 2 }));
        ck_assert_ptr_null(without->average);
        for (int threads = 1; threads <= 5; threads += 2) {
            vae_training *with =
                training_of("dense 12 relu", (vae_training_options){ .optimizer = optimizers[o], .average = 0.95 });
            ck_assert_status_ok(
                vae_train(with, data,
                          &(vae_train_options){ .epochs = EPOCHS, .threads = threads, .progress_steps = 6 - threads }));
            check_stores_alike(without->model->store, with->model->store);
            ck_assert_mem_eq(without->states[0], with->states[0], bytes_of(with));
            if (first)
                check_alike(first, with);
            if (first)
                vae_training_free(&with);
            else
                first = with;
        }
        vae_training_free(&first);
        vae_training_free(&without);
    }
}
END_TEST

/* It begins with the parameters as they are at the first step, whoever set them since the training was made. */
START_TEST(test_begins)
{
    vae_training *training = training_of("dense 12 relu", (vae_training_options){ .average = 0.999999 });
    float *values = vae_store_parameters(training->model->store);
    for (int64_t i = 0; i < vae_store_size(training->model->store); i++)
        values[i] += 0.25f;
    float *before = malloc(bytes_of(training));
    memcpy(before, values, bytes_of(training));
    ck_assert_status_ok(vae_train(training, data, &(vae_train_options){ .epochs = 1, .threads = 1 }));
    for (int64_t i = 0; i < vae_store_size(training->model->store); i++)
        ck_assert_float_eq_tol(training->average[i], before[i], 1e-5f);
    free(before);
    vae_training_free(&training);
}
END_TEST

/* ---- Which parameters -------------------------------------------------------------------------------------------- */

static double validation_of(const vae_model *model)
{
    vae_evaluation found;
    const vae_evaluation_options options = { .split = VAE_VALIDATION, .threads = 1 };
    ck_assert_status_ok(vae_evaluate(model, data, &options, &found));
    return found.elbo;
}

static double validation_in_history(const vae_training *training)
{
    for (int i = 0; i < vae_history_columns(training); i++)
        if (!strcmp(vae_history_column_at(training, i).name, "validation/elbo"))
            return vae_history_column_at(training, i).values[vae_history_rows(training) - 1];
    ck_abort_msg("there is no validation");
    return 0;
}

static vae_model *loaded_with(vae_weights weights)
{
    vae_model *model = NULL;
    ck_assert_status_ok(vae_model_load_weights(path, NULL, weights, &model));
    return model;
}

static void check_values(vae_model **model, const float *values, size_t bytes)
{
    ck_assert_mem_eq(vae_store_parameters((*model)->store), values, bytes);
    vae_model_free(model);
}

/* What is validated is what is loaded; and training goes on with the others. */
START_TEST(test_weights)
{
    ck_assert_status_ok(vae_data_hold_out(data, 20));
    vae_training *training = training_of("dense 12 relu", (vae_training_options){ .average = 0.9 }), *again = NULL;
    ck_assert_status_ok(
        vae_train(training, data, &(vae_train_options){ .epochs = EPOCHS, .threads = 2, .checkpoint = path }));
    ck_assert_double_eq(vae_training_where(training).average, 0.9);
    const float *last = vae_store_parameters(training->model->store), *average = training->average;
    const size_t bytes = bytes_of(training);
    vae_model *model = NULL;
    ck_assert_status_ok(vae_model_load(path, NULL, &model));
    ck_assert_double_eq(validation_of(model), validation_in_history(training));
    ck_assert_double_ne(validation_of(training->model), validation_in_history(training));
    check_values(&model, average, bytes);
    model = loaded_with(VAE_WEIGHTS_USUAL);
    check_values(&model, average, bytes);
    model = loaded_with(VAE_WEIGHTS_AVERAGE);
    check_values(&model, average, bytes);
    model = loaded_with(VAE_WEIGHTS_LAST);
    check_values(&model, last, bytes);
    ck_assert_status_ok(vae_checkpoint_load(path, NULL, &again));
    check_alike(training, again);
    ck_assert_status_ok(vae_training_use_average(again));
    ck_assert_double_eq(validation_of(again->model), validation_in_history(training));
    ck_assert_mem_eq(again->average, average, bytes);
    vae_training_free(&again);
    vae_training_free(&training);
}
END_TEST

/* One that has none. */
START_TEST(test_none)
{
    vae_training *training = training_of("dense 12 relu", (vae_training_options){ .average = INFINITY });
    vae_model *model = NULL;
    ck_assert(!(vae_training_where(training).average > 0));
    ck_assert_status_ok(vae_train(training, data, &(vae_train_options){ .epochs = 1, .checkpoint = path }));
    ck_assert_status(vae_training_use_average(training), VAE_ERROR_ARGUMENT,
                     "small: expected an average of the parameters, found none");
    ck_assert_status(vae_training_use_average(NULL), VAE_ERROR_ARGUMENT, "expected a training, found NULL");
    ck_assert_status(vae_model_load_weights(path, NULL, VAE_WEIGHTS_AVERAGE, &model), VAE_ERROR_ARGUMENT,
                     "a.h5: expected an average of the parameters, found none");
    ck_assert_ptr_null(model);
    ck_assert_status(vae_model_load_weights(path, NULL, (vae_weights)3, &model), VAE_ERROR_ARGUMENT,
                     "expected weights of 0 to 2, found 3");
    ck_assert_status(vae_model_load_weights(path, NULL, VAE_WEIGHTS_LAST, NULL), VAE_ERROR_ARGUMENT, "found NULL");
    const vae_weights there[] = { VAE_WEIGHTS_USUAL, VAE_WEIGHTS_LAST };
    for (int i = 0; i < 2; i++) {
        model = loaded_with(there[i]);
        check_values(&model, vae_store_parameters(training->model->store), bytes_of(training));
    }
    vae_training_free(&training);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("average");
    const TTest *const tests[] = {
        test_golden, test_constant, test_threads, test_begins, test_weights, test_none, NULL
    };
    TCase *all = suite_case_between(suite, "average", 120, begin, end, tests);
    tcase_add_loop_test(all, test_formula, 0, (int)(sizeof followings / sizeof *followings));
    return suite_run(suite);
}
