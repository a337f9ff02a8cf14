/*
 * Where a model begins: first values drawn or taken from the data, a baseline taken from a regression, and a table of
 * posteriors, one of each training row.
 */
#include <math.h>
#include <string.h>
#include <vae/infer.h>
#include <vae/train.h>

#include "models/model.h"
#include "src/data/match.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"

enum { ROWS = 60, PIXELS = 784, LATENT = 3 };

static vae_data *data;

static void begin(void)
{
    ck_assert_status_ok(vae_data_open("digits:60", &(vae_data_options){ .threads = 1 }, &data));
}

static void end(void)
{
    vae_data_free(&data);
    ck_assert_int_eq(system_outstanding(), 0);
}

static vae_model *made(const vae_model_spec *spec, uint64_t seed)
{
    vae_model *model = NULL;
    ck_assert_status_ok(vae_model_new(spec, NULL, data, seed, &model));
    return model;
}

/* A tensor's values; how many there are, to *size. */
static float *values_of(vae_model *model, const char *name, int64_t *size)
{
    vae_store *store = vae_model_store(model);
    const vae_tensor *tensor = vae_store_find(store, name);
    ck_assert_msg(tensor != NULL, "no tensor %s", name);
    if (size)
        *size = tensor->size;
    return (tensor->trainable ? vae_store_parameters(store) : vae_store_state(store)) + tensor->offset;
}

/* One epoch; the model back in *model. */
static void train(vae_model *model, vae_training **training)
{
    const vae_training_options options = { .batch_size = 16, .learning_rate = 0.01, .seed = 2 };
    ck_assert_status_ok(vae_training_new(&model, data, &options, training));
    ck_assert_status_ok(vae_train(*training, data, &(vae_train_options){ .epochs = 1, .threads = 1 }));
}

/* ---- First values ------------------------------------------------------------------------------------------------ */

#define PLAIN .latents = { { .size = LATENT } }, .encoder = "dense 40 tanh", .decoder = "dense 40 tanh"

START_TEST(test_normal)
{
    const vae_model_spec spec = { .name = "m", PLAIN, .initial = "normal sigma=0.25" };
    vae_model *model = made(&spec, 5), *again = made(&spec, 5), *other = made(&spec, 6);
    static const char *const names[] = { "encoder/0/weight", "encoder/0/bias", "decoder/logits/weight" };
    for (int i = 0; i < 3; i++) {
        int64_t size;
        double sum = 0, squares = 0, far = 0;
        const float *values = values_of(model, names[i], &size);
        for (int64_t j = 0; j < size; j++) {
            sum += values[j];
            squares += (double)values[j] * values[j];
            far += fabs(values[j]) > 0.25;
        }
        ck_assert_double_lt(fabs(sum / (double)size), 4 * 0.25 / sqrt((double)size));
        ck_assert_double_lt(fabs(squares / (double)size / 0.0625 - 1), 4 * sqrt(2 / (double)size));
        ck_assert_double_lt(fabs(far / (double)size - 0.3173), 4 * sqrt(0.22 / (double)size)); /* beyond one sigma */
        ck_assert_mem_eq(values, values_of(again, names[i], NULL), (size_t)size * sizeof *values);
        ck_assert_mem_ne(values, values_of(other, names[i], NULL), (size_t)size * sizeof *values);
    }
    vae_model_free(&model);
    vae_model_free(&again);
    vae_model_free(&other);
}
END_TEST

static double mean_pixel(int place)
{
    const vae_field *x = vae_data_find(data, VAE_TRAIN, "x");
    double sum = 0;
    for (int row = 0; row < ROWS; row++)
        sum += ((const uint8_t *)x->values)[row * PIXELS + place];
    return sum / ROWS;
}

static double logit(double mean)
{
    double p = fmin(fmax(mean / 255, 0.001), 0.999);
    return log(p / (1 - p));
}

static double identity(double mean)
{
    return mean / 255;
}

static double logarithm(double mean)
{
    return log(fmax(mean, 1e-3));
}

START_TEST(test_data_bias)
{
    static const struct {
        const char *likelihood, *transform, *head;
        double (*bias)(double mean);
    } cases[] = { { "bernoulli", "unit", "decoder/logits/bias", logit },
                  { "gaussian", "unit", "decoder/mean/bias", identity },
                  { "laplace", "unit", "decoder/mean/bias", identity },
                  { "poisson", "raw", "decoder/log_rate/bias", logarithm },
                  { "negative-binomial", "raw", "decoder/log_mean/bias", logarithm } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const vae_model_spec spec = { .name = "m",
                                      .x = { .likelihood = cases[i].likelihood, .transform = cases[i].transform },
                                      PLAIN,
                                      .initial = "glorot, data-bias" };
        vae_model *model = made(&spec, 1);
        const float *bias = values_of(model, cases[i].head, NULL);
        for (int place = 0; place < PIXELS; place++)
            ck_assert_double_lt(fabs(bias[place] - cases[i].bias(mean_pixel(place))), 1e-4);
        ck_assert_float_gt(fabsf(values_of(model, "encoder/0/weight", NULL)[0]), 0);
        ck_assert_str_eq(vae_model_declaration(model)->initial, "glorot, data-bias");
        vae_model_free(&model);
    }
    vae_model *none = NULL;
    const vae_model_spec wrong = {
        .name = "m", .x = { .likelihood = "categorical 256" }, PLAIN, .initial = "data-bias"
    };
    ck_assert_status(vae_model_new(&wrong, NULL, data, 1, &none), VAE_ERROR_DECLARATION,
                     "m: initial: data-bias: the likelihood categorical has no bias that it could be of");
    const vae_model_spec unknown = { .name = "m", PLAIN, .initial = "normal" };
    ck_assert_status(vae_model_new(&unknown, NULL, data, 1, &none), VAE_ERROR_DECLARATION, "sigma is missing");
}
END_TEST

/* ---- Baselines --------------------------------------------------------------------------------------------------- */

#define SEEN(...)                                                                                                      \
    {                                                                                                                  \
        {                                                                                                              \
            .name = "seen", .of_x = "columns 0 13", __VA_ARGS__                                                        \
        }                                                                                                              \
    }
static const vae_model_spec regression = { .name = "regression",
                                           .x = { .transform = "unit" },
                                           .conditions = SEEN(.enters = "decoder"),
                                           .decoder = "dense 7 tanh",
                                           .objective = "none" };
static const vae_model_spec completing = { .name = "completing",
                                           .x = { .transform = "unit" },
                                           .conditions = SEEN(.enters = "decoder", .baseline = "dense 7 tanh"),
                                           .latents = { { .size = LATENT } },
                                           .encoder = "dense 5 tanh",
                                           .decoder = "" };

static bool is_seen(int place)
{
    return place % 28 <= 13;
}

/* to[units] = from[inputs] · weight + bias */
static void dense(const double *from, int inputs, const float *weight, const float *bias, int units, double *to)
{
    for (int u = 0; u < units; u++) {
        to[u] = bias ? bias[u] : 0;
        for (int i = 0; i < inputs; i++)
            to[u] += from[i] * weight[i * units + u];
    }
}

/* What the decoder of `completing` gives for z and a row of x, by the formula. */
static void expected_of(vae_model *model, const float *z, const uint8_t *x, double *mean)
{
    static double given[PIXELS], logits[PIXELS], from_z[PIXELS];
    double hidden[7], latent[LATENT];
    for (int i = 0; i < PIXELS; i++)
        given[i] = is_seen(i) ? x[i] / 255.0 : -1;
    dense(given, PIXELS, values_of(model, "baseline/0/weight_seen", NULL), values_of(model, "baseline/0/bias", NULL), 7,
          hidden);
    for (int i = 0; i < 7; i++)
        hidden[i] = tanh(hidden[i]);
    dense(hidden, 7, values_of(model, "baseline/logits/weight", NULL), values_of(model, "baseline/logits/bias", NULL),
          PIXELS, logits);
    for (int i = 0; i < PIXELS; i++) /* completed */
        given[i] = is_seen(i) ? x[i] / 255.0 : 1 / (1 + exp(-logits[i]));
    for (int i = 0; i < LATENT; i++)
        latent[i] = z[i];
    dense(latent, LATENT, values_of(model, "decoder/logits/weight", NULL),
          values_of(model, "decoder/logits/bias", NULL), PIXELS, from_z);
    dense(given, PIXELS, values_of(model, "decoder/logits/weight_seen", NULL), NULL, PIXELS, logits);
    for (int i = 0; i < PIXELS; i++)
        mean[i] = is_seen(i) ? x[i] / 255.0 : 1 / (1 + exp(-logits[i] - from_z[i]));
}

static void check_completed(vae_model *model)
{
    static double expected[PIXELS];
    static float x[PIXELS];
    const float z[LATENT] = { 0.3f, -1, 0.7f };
    const uint8_t *row = vae_data_find(data, VAE_TRAIN, "x")->values;
    const vae_infer_options options = { .threads = 1, .modelled = true, .condition_types = { VAE_UINT8 } };
    vae_decoder *decoder = NULL;
    ck_assert_status_ok(vae_decoder_new(model, &options, &decoder));
    ck_assert_status_ok(vae_decoder_run(decoder, z, 1, &(vae_conditions){ .values = { row } }, x));
    expected_of(model, z, row, expected);
    for (int i = 0; i < PIXELS; i++)
        ck_assert_msg(fabs(x[i] - expected[i]) < 2e-5, "pixel %d: %g, not %g", i, x[i], expected[i]);
    vae_decoder_free(&decoder);
}

static void assert_same_values(vae_model *a, const char *name, vae_model *b, const char *other)
{
    int64_t size, others;
    const float *values = values_of(a, name, &size), *beside = values_of(b, other, &others);
    ck_assert_int_eq(size, others);
    ck_assert_mem_eq(values, beside, (size_t)size * sizeof *values);
}

START_TEST(test_baseline)
{
    static const char *const pairs[][2] = { { "baseline/0/weight_seen", "decoder/0/weight_seen" },
                                            { "baseline/0/bias", "decoder/0/bias" },
                                            { "baseline/logits/weight", "decoder/logits/weight" },
                                            { "baseline/logits/bias", "decoder/logits/bias" } };
    vae_training *trained = NULL, *training = NULL;
    train(made(&regression, 1), &trained);
    vae_model *from = vae_training_model(trained), *model = made(&completing, 2), *untouched = made(&completing, 2);
    int taken = 0;
    ck_assert_status(vae_training_new(&model, data, NULL, &training), VAE_ERROR_ARGUMENT,
                     "completing: condition \"seen\": expected a baseline, taken from a regression on it");
    ck_assert_status_ok(vae_model_start_from(model, from, &taken));
    ck_assert_int_eq(taken, 4);
    for (int i = 0; i < 4; i++)
        assert_same_values(model, pairs[i][0], from, pairs[i][1]);
    assert_same_values(model, "decoder/logits/weight", untouched, "decoder/logits/weight"); /* shape is another's */
    check_completed(model);
    train(model, &training);
    for (int i = 0; i < 4; i++) /* frozen */
        assert_same_values(vae_training_model(training), pairs[i][0], from, pairs[i][1]);
    check_completed(vae_training_model(training));
    vae_training_free(&training);
    vae_training_free(&trained);
    vae_model_free(&untouched);
}
END_TEST

START_TEST(test_wrong_regressions)
{
    vae_model_spec others[5] = { regression, regression, regression, regression, regression };
    static const char *const messages[] = {
        "baseline: expected a regression of the part of x \"columns 0 13\", found \"columns 0 12\"",
        "baseline: expected a regression of the hidden layers \"dense 7 tanh\", found \"dense 8 tanh\"",
        "baseline: expected a regression of the likelihood \"bernoulli\", found \"gaussian\"",
        "baseline: expected a regression of the condition \"seen\", found \"part\"",
        "baseline: expected a regression on \"seen\" alone, found 2 conditions",
    };
    others[0].conditions[0].of_x = "columns 0 12";
    others[1].decoder = "dense 8 tanh";
    others[2].x.likelihood = "gaussian";
    others[3].conditions[0].name = "part";
    others[4].conditions[1] = (vae_condition_spec){ .name = "label", .kind = VAE_CLASS };
    vae_model *model = made(&completing, 2);
    for (int i = 0; i < 5; i++) {
        vae_model *from = made(&others[i], 1);
        ck_assert_status(vae_model_start_from(model, from, NULL), VAE_ERROR_DATA, messages[i]);
        vae_model_free(&from);
    }
    vae_model_free(&model);
    const vae_model_spec classes = { .name = "m",
                                     PLAIN,
                                     .conditions = { { .name = "label", .kind = VAE_CLASS, .baseline = "dense 3" } } };
    ck_assert_status(vae_model_new(&classes, NULL, data, 1, &model), VAE_ERROR_DECLARATION,
                     "baseline: expected none of a condition that is no part of x, found \"dense 3\"");
}
END_TEST

/* ---- Tables ------------------------------------------------------------------------------------------------------ */

#define TABLE .name = "table", .latents = { { .size = LATENT } }, .encoder = "", .decoder = "dense 6 tanh"

START_TEST(test_table)
{
    const vae_model_spec spec = { TABLE, .posterior = "table" };
    vae_training *training = NULL;
    vae_latents latents;
    train(made(&spec, 1), &training);
    vae_model *model = vae_training_model(training);
    ck_assert_str_eq(vae_model_declaration(model)->posterior, "table 60");
    ck_assert_status_ok(vae_encode(model, data, &(vae_pass_options){ .split = VAE_TRAIN, .threads = 1 }, &latents));
    int64_t size;
    const float *mean = values_of(model, "posterior/mean", &size);
    ck_assert_int_eq(size, ROWS * LATENT);
    ck_assert_mem_eq(latents.mean, mean, (size_t)size * sizeof *mean);
    ck_assert_mem_eq(latents.logvar, values_of(model, "posterior/logvar", NULL), (size_t)size * sizeof *mean);
    for (int row = 1; row < ROWS; row++) /* each has been learned from its own row */
        ck_assert_mem_ne(mean, mean + row * LATENT, LATENT * sizeof *mean);
    vae_latents_free(&latents);
    vae_evaluation found;
    const vae_evaluation_options test = { .split = VAE_TEST, .threads = 1 };
    ck_assert_status(vae_evaluate(model, data, &test, &found), VAE_ERROR_DATA,
                     "posterior \"table 60\": expected the 60 rows that it was trained on");
    vae_encoder *encoder = NULL;
    ck_assert_status(vae_encoder_new(model, NULL, &encoder), VAE_ERROR_UNSUPPORTED,
                     "table: the posterior \"table 60\" has no encoder");
    vae_training_free(&training);
}
END_TEST

/* As many rows are not the same rows. */
START_TEST(test_other_rows)
{
    const vae_model_spec spec = { TABLE, .posterior = "table" };
    vae_evaluation found;
    ck_assert_status_ok(vae_data_divide(data, &(vae_division){ .validation = ROWS / 2 }));
    vae_model *model = made(&spec, 1);
    const vae_evaluation_options held = { .split = VAE_VALIDATION, .threads = 1 }, own = { .threads = 1 };
    ck_assert_status(
        vae_evaluate(model, data, &held, &found), VAE_ERROR_DATA,
        "expected the 30 rows that it was trained on, for there is no encoder for others, found the 30 rows "
        "of the validation split");
    ck_assert_status_ok(vae_evaluate(model, data, &own, &found));
    ck_assert_int_eq(found.examples, ROWS / 2);
    vae_model_free(&model);
}
END_TEST

/* The table of the rows of a batch alone moves: each step's gradient is that of its rows. */
START_TEST(test_rows_of_a_table)
{
    const vae_model_spec spec = { TABLE, .posterior = "table", .x = { .transform = "threshold" } };
    vae_model *model = made(&spec, 1);
    const vae_training_options options = { .batch_size = 7, .learning_rate = 0.1, .optimizer = "sgd", .seed = 2 };
    vae_training *training = NULL;
    ck_assert_status_ok(vae_training_new(&model, data, &options, &training));
    const vae_train_options some = { .epochs = 1, .threads = 1, .progress_steps = 1 };
    ck_assert_status_ok(vae_train(training, data, &some));
    const float *mean = values_of(vae_training_model(training), "posterior/mean", NULL);
    int moved = 0;
    for (int row = 0; row < ROWS; row++)
        moved += mean[row * LATENT] < 0 || mean[row * LATENT] > 0;
    ck_assert_int_eq(moved, ROWS);
    vae_training_free(&training);
}
END_TEST

START_TEST(test_wrong_tables)
{
    vae_model *model = NULL;
    const vae_model_spec layers = { .name = "m", PLAIN, .posterior = "table" };
    ck_assert_status(vae_model_new(&layers, NULL, data, 1, &model), VAE_ERROR_DECLARATION,
                     "m: encoder: expected no layers beside the posterior \"table 60\", found \"dense 40 tanh\"");
    const vae_model_spec two = {
        .name = "m", .latents = { { .size = 3 }, { .size = 2 } }, .encoder = "", .decoder = "", .posterior = "table"
    };
    ck_assert_status(vae_model_new(&two, NULL, data, 1, &model), VAE_ERROR_UNSUPPORTED,
                     "m: latents: expected one beside the posterior \"table 60\", found 2");
    const vae_model_spec open = { TABLE, .posterior = "table", .x = { .shape = { 28, 28 } } };
    ck_assert_status(vae_model_new(&open, NULL, NULL, 1, &model), VAE_ERROR_DATA,
                     "table: posterior: expected how many rows, declared or from data, found none");
    const vae_model_spec fewer = { TABLE, .posterior = "table 59" };
    ck_assert_status(vae_model_new(&fewer, NULL, data, 1, &model), VAE_ERROR_DATA, "expected the 59 rows");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_normal, test_data_bias,  test_baseline,        test_wrong_regressions,
                                   test_table,  test_other_rows, test_rows_of_a_table, test_wrong_tables,
                                   NULL };
    Suite *suite = suite_create("beginning");
    suite_case_between(suite, "beginning", 120, begin, end, tests);
    return suite_run(suite);
}
