/*
 * Training on what is not finite: where it stops everything is as after the step before, and the message names step,
 * node and rows of the data; where it goes on the steps are counted, in the history and over a save and a resume. What
 * only might have overflowed is trained on, to the bit as if nobody had doubted it.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vae/catalogue.h>
#include <vae/checkpoint.h>

#include "src/base/random.h"
#include "src/checkpoint/training.h"
#include "src/train/method.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"

enum { ROWS = 70, WIDTH = 6, BATCH = 16, STEPS = 5 /* the last of 6 rows */, MARKED = 10, SEED = 3 };

/* ---- Activations ------------------------------------------------------------------------------------------------- */

/* Set before a training: what the activation `poisoned` puts in place of a value, or of the gradients, of a row that is
 * marked, as its values are above all others. 0: nothing. */
static double in_value, in_gradient;

static bool is_marked(const vae_op_row *row)
{
    for (int64_t i = 0; i < row->out_size; i++)
        if (fabs(row->in[0][i]) > 100)
            return true;
    return false;
}

static bool is_there(double what)
{
    return isnan(what) || fabs(what) > 0;
}

static void poisoned_forward(const vae_op_row *row)
{
    memcpy(row->out, row->in[0], (size_t)row->out_size * sizeof(double));
    if (is_marked(row) && is_there(in_value))
        row->out[0] = in_value;
}

static void poisoned_backward(const vae_op_row *row)
{
    const bool now = is_marked(row) && is_there(in_gradient);
    for (int64_t i = 0; row->grad_in[0] && i < row->out_size; i++)
        row->grad_in[0][i] += now ? in_gradient : row->grad[i];
}

/* The identity, with a derivative of 2^30, or 2^42: to Adam both are the same. */
static void same_forward(const vae_op_row *row)
{
    memcpy(row->out, row->in[0], (size_t)row->out_size * sizeof(double));
}

static void steep_backward(const vae_op_row *row)
{
    for (int64_t i = 0; row->grad_in[0] && i < row->out_size; i++)
        row->grad_in[0][i] += row->grad[i] * 0x1p30;
}

static void steeper_backward(const vae_op_row *row)
{
    for (int64_t i = 0; row->grad_in[0] && i < row->out_size; i++)
        row->grad_in[0][i] += row->grad[i] * 0x1p42;
}

static void steepest_backward(const vae_op_row *row)
{
    for (int64_t i = 0; row->grad_in[0] && i < row->out_size; i++)
        row->grad_in[0][i] += row->grad[i] * 0x1p90;
}

static const vae_op ops[] = {
    { .name = "poisoned", .inputs = 1, .forward = poisoned_forward, .backward = poisoned_backward },
    { .name = "steep", .inputs = 1, .forward = same_forward, .backward = steep_backward },
    { .name = "steeper", .inputs = 1, .forward = same_forward, .backward = steeper_backward },
    { .name = "steepest", .inputs = 1, .forward = same_forward, .backward = steepest_backward },
};
static const vae_catalogue catalogue = { .ops = ops, .op_count = 4 };

/* ---- Trainings --------------------------------------------------------------------------------------------------- */

static char folder[64], path[96], source[96];
static vae_data *data;

/* `missing`: values are NaN, one of the marked row. */
static void write_data(bool missing)
{
    const char head[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (70, 6), }";
    char header[128] = "\x93NUMPY\x01";
    float x[ROWS][WIDTH];
    header[8] = 118;
    memset(header + 10, ' ', 118);
    memcpy(header + 10, head, sizeof head - 1);
    header[127] = '\n';
    for (int i = 0; i < ROWS * WIDTH; i++)
        x[i / WIDTH][i % WIDTH] = (float)(i * 37 % 101) / 101;
    for (int k = 0; k < WIDTH; k++)
        x[MARKED][k] = (float)(k % 2 ? 3000 : -2000);
    if (missing)
        x[3][1] = x[MARKED][1] = NAN;
    FILE *file = fopen(source, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fwrite(header, 1, sizeof header, file), sizeof header);
    ck_assert_int_eq(fwrite(x, 1, sizeof x, file), sizeof x);
    ck_assert_int_eq(fclose(file), 0);
}

/* Steps are taken where gradients are made; or, with the second, apart. */
static const char *const optimizers[] = { "adam", "rmsprop momentum=0.5" };
enum { OPTIMIZERS = sizeof optimizers / sizeof *optimizers };
static const char *optimizer; /* of the trainings that a test makes; NULL: the usual */

static void begin(void)
{
    system_reset();
    optimizer = NULL;
    strcpy(folder, "/tmp/vae-test-nonfinite-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.h5", folder);
    snprintf(source, sizeof source, "%s/x.npy", folder);
    write_data(false);
    ck_assert_status_ok(vae_data_open(source, &(vae_data_options){ .threads = 1 }, &data));
    in_value = in_gradient = 0;
}

static void end(void)
{
    vae_data_free(&data);
    remove(path);
    remove(source);
    ck_assert_int_eq(rmdir(folder), 0);
    ck_assert_int_eq(system_outstanding(), 0);
}

static vae_training *training_of(const char *encoder)
{
    const vae_model_spec spec = { .name = "small",
                                  .x = { .likelihood = "gaussian sigma=100", .missing = VAE_MISSING_MASK },
                                  .latents = { { .size = 3 } },
                                  .encoder = encoder,
                                  .decoder = "dense 12 relu" };
    vae_model *model = NULL;
    vae_training *training = NULL;
    ck_assert_status_ok(vae_model_new(&spec, &catalogue, data, 7, &model));
    const vae_training_options options = { .batch_size = BATCH, .seed = SEED, .optimizer = optimizer };
    ck_assert_status_ok(vae_training_new(&model, data, &options, &training));
    return training;
}

/* Where the marked row comes in an epoch. */
static int64_t marked_step(int64_t epoch)
{
    uint32_t order[ROWS];
    const vae__draw draw = { .seed = SEED, .stream = vae__random_stream("order", "train"), .step = (uint32_t)epoch };
    vae__random_permutation(draw, ROWS, order);
    int64_t place = 0;
    while (order[place] != MARKED)
        place++;
    return place / BATCH;
}

/* A training with its progress watched, and stopped at a step of all if asked. */
typedef struct watch {
    int64_t stop_at; /* -1: never */
    int told;
    char first[VAE_MESSAGE_SIZE];
    int64_t most; /* skipped in an epoch */
} watch;

static int on_progress(void *context, const vae_progress *progress)
{
    watch *w = context;
    if (progress->not_finite && !w->told++)
        strcpy(w->first, progress->not_finite->message);
    if (progress->skipped > w->most)
        w->most = progress->skipped;
    return w->stop_at >= 0 && (progress->epoch - 1) * STEPS + progress->step >= w->stop_at;
}

static vae_status train(vae_training *training, int64_t epochs, int threads, bool skip, watch *w)
{
    const vae_train_options options = { .epochs = epochs,
                                        .threads = threads,
                                        .progress = on_progress,
                                        .context = w,
                                        .progress_steps = 1,
                                        .on_nonfinite = skip ? VAE_NONFINITE_SKIP : VAE_NONFINITE_STOP };
    return vae_train(training, data, &options);
}

static const watch plain = { .stop_at = -1 };

static void check_same_values(vae_training *a, vae_training *b)
{
    vae_store *one = vae_model_store(a->model), *other = vae_model_store(b->model);
    const size_t bytes = (size_t)vae_store_size(one) * sizeof(float);
    ck_assert_mem_eq(vae_store_parameters(one), vae_store_parameters(other), bytes);
    for (int i = 0; i < VAE__STATES && a->states[i]; i++)
        ck_assert_mem_eq(a->states[i], b->states[i], bytes);
}

static double column(const vae_training *training, const char *name, int64_t row)
{
    for (int i = 0; i < vae_history_columns(training); i++)
        if (!strcmp(vae_history_column_at(training, i).name, name))
            return vae_history_column_at(training, i).values[row];
    ck_abort_msg("there is no %s", name);
    return 0;
}

/* ---- Stopping ---------------------------------------------------------------------------------------------------- */

static const struct {
    double value, gradient;
    const char *what;
} causes[] = {
    { NAN, 0, "poisoned is nan" },
    { INFINITY, 0, "poisoned is inf" },
    { 0, NAN, "the gradient of encoder/0 (affine) by poisoned is nan" },
    { 0, -INFINITY, "the gradient of encoder/0 (affine) by poisoned is -inf" },
};
enum { CAUSES = sizeof causes / sizeof *causes };

/* Everything is as after the step before; and in the second epoch likewise, of which the first went well. */
static void check_stop(int cause, int64_t epoch, int threads)
{
    const int64_t step = marked_step(epoch), all = epoch * STEPS + step;
    char words[256];
    watch w = plain;
    vae_training *stopped = training_of("dense 12 poisoned"), *before = training_of("dense 12 poisoned");
    ck_assert_status_ok(train(stopped, epoch, threads, false, &w));
    in_value = causes[cause].value;
    in_gradient = causes[cause].gradient;
    snprintf(words, sizeof words,
             "small: epoch %d, step %d: %s, for row %d of the data; parameters are those of the step", (int)epoch + 1,
             (int)step + 1, causes[cause].what, MARKED);
    ck_assert_status(train(stopped, 3, threads, false, &w), VAE_ERROR_NUMBER, words);
    ck_assert_int_eq(vae_training_where(stopped).step, all);
    in_value = in_gradient = 0;
    w.stop_at = all;
    if (all)
        ck_assert_status(train(before, 3, 1, false, &w), VAE_STOPPED, "");
    check_same_values(stopped, before);
    /* And nothing is broken: where the cause is gone, it goes on as if nothing had been. */
    w = plain;
    ck_assert_status_ok(train(stopped, 3, threads, false, &w));
    ck_assert_status_ok(train(before, 3, 1, false, &w));
    check_same_values(stopped, before);
    vae_training_free(&stopped);
    vae_training_free(&before);
}

START_TEST(test_stop)
{
    optimizer = optimizers[_i / CAUSES];
    check_stop(_i % CAUSES, 0, 1);
    check_stop(_i % CAUSES, 1, 3);
}
END_TEST

/* A weight of a model that was spoiled: it is named, with the batch's rows. */
START_TEST(test_weight)
{
    watch w = plain;
    vae_training *training = training_of("dense 12 relu");
    vae_store *store = vae_model_store(training->model);
    vae_store_parameters(store)[vae_store_find(store, "encoder/0/weight")->offset + 2] = NAN;
    ck_assert_status(train(training, 1, 2, false, &w), VAE_ERROR_NUMBER,
                     "small: epoch 1, step 1: encoder/0/weight (parameter) is nan, in the batch of rows ");
    ck_assert_status(train(training, 1, 2, false, &w), VAE_ERROR_NUMBER, " and 8 more of the data;");
    /* Nothing can be done with such a model, skip or not. */
    ck_assert_status(train(training, 1, 2, true, &w), VAE_ERROR_NUMBER, "every step of epoch 1 was skipped");
    vae_training_free(&training);
}
END_TEST

/* ---- Going on ---------------------------------------------------------------------------------------------------- */

START_TEST(test_skip)
{
    enum { EPOCHS = 2 };
    watch w = plain;
    optimizer = optimizers[_i / CAUSES];
    const int cause = _i % CAUSES;
    vae_training *training = training_of("dense 12 poisoned");
    in_value = causes[cause].value;
    in_gradient = causes[cause].gradient;
    ck_assert_status_ok(train(training, EPOCHS, 2, true, &w));
    ck_assert_int_eq(w.told, EPOCHS);
    ck_assert_ptr_nonnull(strstr(w.first, causes[cause].what));
    ck_assert_int_eq(w.most, 1);
    ck_assert_int_eq(vae_training_where(training).step, EPOCHS * STEPS);
    ck_assert_int_eq(training->skipped, EPOCHS);
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        ck_assert_double_eq(column(training, "train/skipped", epoch), 1);
        ck_assert_double_gt(column(training, "train/elbo", epoch), -1000); /* of the other rows */
    }
    vae_training_free(&training);
}
END_TEST

/* Adam counts the steps that it takes. */
START_TEST(test_count)
{
    vae_training *training = training_of("dense 12 relu");
    training->step = 5;
    training->skipped = 2;
    const vae__adam adam = vae__adam_of(training);
    training->step = 3;
    training->skipped = 0;
    const vae__adam expected = vae__adam_of(training);
    ck_assert_mem_eq(&adam, &expected, sizeof adam);
    training->step = 0;
    vae_training_free(&training);
}
END_TEST

/* Stopped behind a step that was skipped, saved, loaded, and gone on with on another number of threads. */
START_TEST(test_skip_resumed)
{
    optimizer = optimizers[_i];
    watch w = { .stop_at = marked_step(0) + 1 };
    vae_training *whole = training_of("dense 12 poisoned"), *parts = training_of("dense 12 poisoned"), *loaded = NULL;
    in_gradient = NAN;
    ck_assert_status(train(parts, 3, 2, true, &w), VAE_STOPPED, "");
    ck_assert_int_eq(parts->partial.skipped, 1);
    ck_assert_status_ok(vae_checkpoint_save(parts, path));
    ck_assert_status_ok(vae_checkpoint_load(path, &catalogue, &loaded));
    ck_assert_int_eq(loaded->skipped, 1);
    ck_assert_int_eq(loaded->partial.skipped, 1);
    ck_assert_int_eq(loaded->partial.skipped_examples, parts->partial.skipped_examples);
    w.stop_at = -1;
    ck_assert_status_ok(train(loaded, 3, 3, true, &w));
    ck_assert_status_ok(train(whole, 3, 1, true, &w));
    check_same_values(loaded, whole);
    for (int epoch = 0; epoch < 3; epoch++) {
        ck_assert_double_eq(column(loaded, "train/skipped", epoch), 1);
        ck_assert_double_eq(column(loaded, "train/elbo", epoch), column(whole, "train/elbo", epoch));
    }
    vae_training_free(&whole);
    vae_training_free(&parts);
    vae_training_free(&loaded);
}
END_TEST

/* ---- Doubt ------------------------------------------------------------------------------------------------------- */

/* Gradients so steep that it cannot be told in advance whether they overflow are computed apart, and taken: to the bit
 * as those 2^12 times less steep, of which it can be told. */
START_TEST(test_doubt)
{
    watch w = plain;
    vae_training *steep = training_of("dense 12 steep"), *steeper = training_of("dense 12 steeper");
    ck_assert_status_ok(train(steep, 2, 2, false, &w));
    ck_assert_status_ok(train(steeper, 2, 2, false, &w));
    vae_store *one = vae_model_store(steep->model), *other = vae_model_store(steeper->model);
    ck_assert_mem_eq(vae_store_parameters(one), vae_store_parameters(other),
                     (size_t)vae_store_size(one) * sizeof(float));
    ck_assert_int_eq(steeper->skipped, 0);
    ck_assert_double_eq(column(steep, "train/elbo", 1), column(steeper, "train/elbo", 1));
    vae_training_free(&steep);
    vae_training_free(&steeper);
}
END_TEST

/* Finite, but its square is not. */
START_TEST(test_squares)
{
    watch w = plain;
    vae_training *steepest = training_of("dense 12 steepest"), *fresh = training_of("dense 12 steepest");
    ck_assert_status(train(steepest, 1, 2, false, &w), VAE_ERROR_NUMBER, ", of which Adam cannot keep the square;");
    check_same_values(steepest, fresh);
    vae_training_free(&steepest);
    vae_training_free(&fresh);
}
END_TEST

/* Apart, what is too much for a step is refused likewise. */
START_TEST(test_too_large)
{
    watch w = plain;
    optimizer = "sgd";
    vae_training *steepest = training_of("dense 12 steepest"), *fresh = training_of("dense 12 steepest");
    ck_assert_status(train(steepest, 1, 2, false, &w), VAE_ERROR_NUMBER,
                     "small: epoch 1, step 1: the gradient of encoder/0/");
    check_same_values(steepest, fresh);
    ck_assert_status(train(steepest, 1, 2, false, &w), VAE_ERROR_NUMBER,
                     ", which is too much for a step; parameters are those of the step before");
    vae_training_free(&steepest);
    vae_training_free(&fresh);
}
END_TEST

/* A value that is missing is NaN, and no cause of anything: a step in doubt is taken, and of one that is refused the
 * cause is found behind it. */
START_TEST(test_missing)
{
    watch w = plain;
    vae_data_free(&data);
    write_data(true);
    ck_assert_status_ok(vae_data_open(source, &(vae_data_options){ .threads = 1 }, &data));
    vae_training *steeper = training_of("dense 12 steeper"), *poisoned = training_of("dense 12 poisoned");
    ck_assert_status_ok(train(steeper, 2, 2, false, &w));
    ck_assert_int_eq(steeper->skipped, 0);
    in_value = INFINITY;
    ck_assert_status(train(poisoned, 1, 2, false, &w), VAE_ERROR_NUMBER, ": poisoned is inf, for row 10 of the data;");
    vae_training_free(&steeper);
    vae_training_free(&poisoned);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nonfinite");
    const TTest *const none[] = { NULL }, *const tests[] = { test_weight, test_count,   test_too_large,
                                                             test_doubt,  test_squares, test_missing,
                                                             NULL };
    suite_case_between(suite, "trainings", 60, begin, end, tests);
    TCase *causes_case = suite_case_between(suite, "causes", 60, begin, end, none);
    tcase_add_loop_test(causes_case, test_stop, 0, OPTIMIZERS * CAUSES);
    tcase_add_loop_test(causes_case, test_skip, 0, OPTIMIZERS * CAUSES);
    tcase_add_loop_test(causes_case, test_skip_resumed, 0, OPTIMIZERS);
    return suite_run(suite);
}
