/*
 * How training takes its steps: options, a model's recipe, clips and prior against their formulas in double, what the
 * history tells, and what is refused. Optimisers and schedules themselves are in tests/golden/test_optimizers.c.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <vae/bench.h>
#include <vae/catalogue.h>

#include "src/base/parallel.h"
#include "src/train/apart.h"
#include "src/train/method.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"

enum { ROWS = 200 };

static const vae_model_spec plain = {
    .name = "plain", .latents = { { .size = 3 } }, .encoder = "dense 24 relu", .decoder = "dense 24 relu"
};

static vae_data *data;

static void begin(void)
{
    system_reset();
    ck_assert_status_ok(vae_data_open("digits:200", &(vae_data_options){ .threads = 1 }, &data));
}

static void end(void)
{
    vae_data_free(&data);
    ck_assert_int_eq(system_outstanding(), 0);
}

static vae_status make(const vae_model_spec *spec, const vae_training_options *options, vae_training **training)
{
    vae_model *model = NULL;
    ck_assert_status_ok(vae_model_new(spec, NULL, data, 7, &model));
    vae_status status = vae_training_new(&model, data, options, training);
    vae_model_free(&model);
    return status;
}

static vae_training *training_of(vae_training_options options)
{
    vae_training *training = NULL;
    ck_assert_status_ok(make(&plain, &options, &training));
    return training;
}

static double history_at(const vae_training *training, const char *name, int64_t row)
{
    for (int i = 0; i < vae_history_columns(training); i++)
        if (!strcmp(vae_history_column_at(training, i).name, name))
            return vae_history_column_at(training, i).values[row];
    ck_abort_msg("there is no column %s", name);
    return 0;
}

/* ---- Options and recipes ----------------------------------------------------------------------------------------- */

START_TEST(test_usual)
{
    vae_training *training = training_of((vae_training_options){ 0 });
    vae_training_state state = vae_training_where(training);
    ck_assert_str_eq(state.optimizer, "adam");
    ck_assert_str_eq(state.schedule, "constant");
    ck_assert_int_eq(state.optimizer_states, 2);
    ck_assert(!(state.clip_norm > 0 || state.clip_value > 0 || state.weight_prior > 0));
    ck_assert(vae__method_is_at_once(training));
    vae_training_free(&training);
    ck_assert_status_ok(vae_training_options_check(NULL));
}
END_TEST

static vae_model_spec with_recipe(void)
{
    vae_model_spec spec = plain;
    spec.recipe = (vae_recipe){ .epochs = 3,
                                .batch_size = 20,
                                .learning_rate = 0.02,
                                .optimizer = "nesterov  momentum=0.5",
                                .schedule = "steps 1 factor=0.5",
                                .clip_norm = 7,
                                .clip_value = 8,
                                .weight_prior = 9 };
    return spec;
}

START_TEST(test_recipe)
{
    const vae_model_spec spec = with_recipe();
    vae_training *training = NULL;
    ck_assert_status_ok(make(&spec, NULL, &training));
    vae_training_state state = vae_training_where(training);
    ck_assert_int_eq(state.batch_size, 20);
    ck_assert_double_eq(state.learning_rate, 0.02);
    ck_assert_str_eq(state.optimizer, "nesterov momentum=0.5");
    ck_assert_str_eq(state.schedule, "steps 1 factor=0.5");
    ck_assert_double_eq(state.clip_norm, 7);
    ck_assert_double_eq(state.clip_value, 8);
    ck_assert_double_eq(state.weight_prior, 9);
    ck_assert_int_eq(vae_model_declaration(vae_training_model(training))->recipe.epochs, 3);
    vae_training_free(&training);
}
END_TEST

/* What options say counts, and infinity says that there is none. */
START_TEST(test_options_over_recipe)
{
    const vae_model_spec spec = with_recipe();
    vae_training *training = NULL;
    const vae_training_options options = { .batch_size = 30,
                                           .learning_rate = 0.5,
                                           .optimizer = "adam",
                                           .schedule = "constant",
                                           .clip_norm = INFINITY,
                                           .clip_value = INFINITY,
                                           .weight_prior = INFINITY };
    ck_assert_status_ok(make(&spec, &options, &training));
    vae_training_state state = vae_training_where(training);
    ck_assert_int_eq(state.batch_size, 30);
    ck_assert_double_eq(state.learning_rate, 0.5);
    ck_assert_str_eq(state.optimizer, "adam");
    ck_assert_str_eq(state.schedule, "constant");
    ck_assert(!(state.clip_norm > 0 || state.clip_value > 0 || state.weight_prior > 0));
    ck_assert(vae__method_is_at_once(training));
    vae_training_free(&training);
}
END_TEST

START_TEST(test_bad_options)
{
    static const struct {
        vae_training_options options;
        vae_code code;
        const char *words;
    } rows[] = {
        { { .optimizer = "adan" },
          VAE_ERROR_DECLARATION,
          "optimizer: \"adan\": no such optimizer; there are adam, adamw, sgd, nesterov, adagrad, rmsprop" },
        { { .optimizer = "" }, VAE_ERROR_DECLARATION, "optimizer: expected an optimizer, found nothing" },
        { { .optimizer = "adam, sgd" }, VAE_ERROR_DECLARATION, "optimizer: expected one optimizer, found" },
        { { .optimizer = "sgd momentum=1" }, VAE_ERROR_DECLARATION, "momentum: expected a number from 0 to 0.999999" },
        { { .schedule = "steps factor=0.5" }, VAE_ERROR_DECLARATION, "schedule: schedule 1: steps: E1 is missing" },
        { { .schedule = "steps 1 2 3 4 5 6 7 8 9 factor=0.5" }, VAE_ERROR_DECLARATION, "\"9\": not expected here" },
        { { .schedule = "constant, steps 0 factor=0.5" },
          VAE_ERROR_DECLARATION,
          "schedule: schedule 2: E1: expected a whole number from 1 to 1e+09, found \"0\"" },
        { { .clip_norm = -1 }, VAE_ERROR_ARGUMENT, "clip-norm: expected a number from 1e-09 to 1e+09, or infinity" },
        { { .clip_value = 1e-10 }, VAE_ERROR_ARGUMENT, "clip-value: expected a number from 1e-09 to 1e+09" },
        { { .weight_prior = NAN }, VAE_ERROR_ARGUMENT, "weight-prior: expected a number from 1e-09 to 1e+09" },
        { { .batch_size = -1 }, VAE_ERROR_ARGUMENT, "expected a batch of 1 to 1000000 examples, found -1" },
        { { .learning_rate = -1 }, VAE_ERROR_ARGUMENT, "expected a learning rate above 0 and up to 1e6, found -1" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        vae_training *training = NULL;
        ck_assert_status(vae_training_options_check(&rows[i].options), rows[i].code, rows[i].words);
        ck_assert_status(make(&plain, &rows[i].options, &training), rows[i].code, rows[i].words);
        ck_assert_ptr_null(training);
    }
}
END_TEST

START_TEST(test_bad_recipe)
{
    vae_model_spec spec = with_recipe();
    vae_training *training = NULL;
    spec.recipe.optimizer = "adan";
    ck_assert_status(make(&spec, NULL, &training), VAE_ERROR_DECLARATION,
                     "plain: recipe: optimizer: \"adan\": no such");
    ck_assert_status_ok(make(&spec, &(vae_training_options){ .optimizer = "sgd" }, &training));
    vae_training_free(&training);
    spec = with_recipe();
    spec.recipe.clip_norm = -2;
    ck_assert_status(make(&spec, NULL, &training), VAE_ERROR_ARGUMENT, "plain: recipe: clip-norm: expected");
}
END_TEST

/* Those of the built-in variants can be trained by; what they are is in the papers. */
START_TEST(test_built_in)
{
    int count = 0;
    for (int i = 0; i < vae_model_count(NULL); i++) {
        const vae_model_spec *spec = vae_model_at(NULL, i);
        const vae_recipe *recipe = &spec->recipe;
        const vae_training_options options = { .batch_size = recipe->batch_size,
                                               .learning_rate = recipe->learning_rate,
                                               .optimizer = recipe->optimizer,
                                               .schedule = recipe->schedule,
                                               .clip_norm = recipe->clip_norm,
                                               .clip_value = recipe->clip_value,
                                               .weight_prior = recipe->weight_prior };
        const vae_status status = vae_training_options_check(&options);
        ck_assert_msg(!status.code, "%s: %s", spec->name, status.message);
        count += recipe->optimizer || recipe->schedule;
    }
    ck_assert_int_ge(count, 6);
    /* Eight stages of 3^(i−1) epochs (Burda, Grosse, Salakhutdinov 2015). */
    ck_assert_int_eq(vae_model_find(NULL, "iwae-1")->recipe.epochs, 1 + 3 + 9 + 27 + 81 + 243 + 729 + 2187);
}
END_TEST

/* ---- Steps ------------------------------------------------------------------------------------------------------- */

/* Values of both signs and many sizes; parameters in place of gradients are not 0. */
static void fill(float *values, int64_t size, int seed, double scale)
{
    for (int64_t i = 0; i < size; i++)
        values[i] = (float)(scale * sin((double)(i * i % 9973 + seed)) * (i % 5 == 3 ? 10 : 1));
}

typedef struct stepped {
    vae__apart apart;
    double objective;
} stepped;

static void work(void *context, vae__team team)
{
    stepped *s = context;
    vae__apart_work(&s->apart, s->objective, team);
}

/* A step of plain descent at rate 1, so that what is taken away from a parameter is the gradient. */
static void check_gradient(double norm, double value, double prior, int threads)
{
    vae_training *training = training_of((vae_training_options){
        .optimizer = "sgd", .learning_rate = 1, .clip_norm = norm, .clip_value = value, .weight_prior = prior });
    const int64_t size = vae_store_size(training->model->store);
    float *parameters = vae_store_parameters(training->model->store), *gradient = malloc((size_t)size * sizeof(float));
    double *expected = malloc((size_t)size * sizeof(double)), sum = 0;
    fill(gradient, size, 1, 0.01);
    fill(parameters, size, 2, 0.3);
    for (int64_t i = 0; i < size; i++) {
        expected[i] = (double)gradient[i] + (isinf(prior) ? 0 : (double)parameters[i] / (prior * prior * ROWS));
        sum += expected[i] * expected[i];
    }
    stepped s = { .objective = 1 };
    ck_assert_status_ok(vae__apart_make(training, NULL, gradient, ROWS, &s.apart));
    vae__apart_begin(&s.apart);
    vae__parallel(threads, work, &s);
    ck_assert(!s.apart.refused);
    fill(gradient, size, 2, 0.3); /* what parameters were */
    for (int64_t i = 0; i < size; i++) {
        double slope = sqrt(sum) > norm ? expected[i] * norm / sqrt(sum) : expected[i];
        slope = fmax(-value, fmin(value, slope));
        ck_assert_double_eq_tol((double)gradient[i] - (double)parameters[i], slope, 1e-6);
    }
    vae__apart_clear(&s.apart);
    free(gradient);
    free(expected);
    vae_training_free(&training);
}

START_TEST(test_gradient)
{
    static const double norms[] = { INFINITY, 0.5, 1e6 }, clips[] = { INFINITY, 0.002 }, priors[] = { INFINITY, 0.1 };
    for (int i = 0; i < 3 * 2 * 2 * 2; i++)
        check_gradient(norms[i % 3], clips[i / 3 % 2], priors[i / 6 % 2], i / 12 ? 3 : 1);
}
END_TEST

/* Nothing is changed by a step that is refused. */
START_TEST(test_refused)
{
    static const struct {
        double objective, norm;
        float slope;
        bool refused;
    } rows[] = { { NAN, INFINITY, 1, true },      { 1, INFINITY, NAN, true },     { 1, INFINITY, -INFINITY, true },
                 { 1, INFINITY, 0x1p60f, false }, { 1, INFINITY, 0x1p61f, true }, { 1, 2, 0x1p120f, false },
                 { INFINITY, INFINITY, 1, true } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        vae_training *training =
            training_of((vae_training_options){ .optimizer = "adagrad", .clip_norm = rows[i].norm });
        const size_t size = (size_t)vae_store_size(training->model->store);
        float *gradient = calloc(size, sizeof(float)), *before = malloc(size * sizeof(float));
        memcpy(before, vae_store_parameters(training->model->store), size * sizeof(float));
        stepped s = { .objective = rows[i].objective };
        ck_assert_status_ok(vae__apart_make(training, NULL, gradient, ROWS, &s.apart));
        gradient[size / 2] = rows[i].slope;
        vae__apart_begin(&s.apart);
        vae__parallel(2, work, &s);
        ck_assert_msg(s.apart.refused == rows[i].refused, "row %zu", i);
        const bool same = !memcmp(before, vae_store_parameters(training->model->store), size * sizeof(float));
        ck_assert_msg(same == rows[i].refused, "row %zu", i);
        vae__apart_clear(&s.apart);
        free(gradient);
        free(before);
        vae_training_free(&training);
    }
}
END_TEST

/* Adam apart has the bits of Adam taken where gradients are made: clips that are never met change nothing. */
START_TEST(test_adam_apart)
{
    vae_training *one = training_of((vae_training_options){ .batch_size = 32 });
    vae_training *other = training_of((vae_training_options){ .batch_size = 32, .clip_norm = 1e9, .clip_value = 1e9 });
    ck_assert(vae__method_is_at_once(one) && !vae__method_is_at_once(other));
    ck_assert_status_ok(vae_train(one, data, &(vae_train_options){ .epochs = 2, .threads = 2 }));
    ck_assert_status_ok(vae_train(other, data, &(vae_train_options){ .epochs = 2, .threads = 3 }));
    vae_store *a = vae_model_store(one->model), *b = vae_model_store(other->model);
    for (int i = 0; i < vae_store_count(a); i++) {
        const vae_tensor *tensor = vae_store_tensor(a, i);
        ck_assert_mem_eq(vae_store_parameters(a) + tensor->offset, vae_store_parameters(b) + tensor->offset,
                         (size_t)tensor->size * sizeof(float));
    }
    vae_training_free(&one);
    vae_training_free(&other);
}
END_TEST

/* ---- The history ------------------------------------------------------------------------------------------------- */

START_TEST(test_history)
{
    vae_training *training = training_of((vae_training_options){ .batch_size = 50, /* 4 steps an epoch */
                                                                 .learning_rate = 0.01,
                                                                 .optimizer = "sgd",
                                                                 .schedule = "warm-up epochs=2, steps 2 factor=0.5",
                                                                 .weight_prior = 2 });
    ck_assert_status_ok(vae_train(training, data, &(vae_train_options){ .epochs = 3, .threads = 2 }));
    static const double rates[] = { 0.005, 0.01, 0.005 };
    for (int i = 0; i < 3; i++)
        ck_assert_double_eq_tol(history_at(training, "learning_rate", i), rates[i], 1e-15);
    double expected = 0;
    const vae_store *store = training->model->store;
    for (int i = 0; i < vae_store_count(store); i++) {
        const vae_tensor *tensor = vae_store_tensor(store, i);
        for (int64_t k = 0; tensor->trainable && k < tensor->size; k++) {
            const double value = (double)vae_store_parameters(training->model->store)[tensor->offset + k];
            expected += -0.5 * log(2 * 3.14159265358979323846 * 4) - value * value / 8;
        }
    }
    ck_assert_double_eq_tol(history_at(training, "train/weight_prior", 2), expected / ROWS, 1e-9 * fabs(expected));
    vae_training_free(&training);
}
END_TEST

/* A strong prior draws parameters together. */
START_TEST(test_prior)
{
    double squares[2] = { 0, 0 };
    for (int i = 0; i < 2; i++) {
        vae_training *training = training_of((vae_training_options){ .weight_prior = i ? 0.01 : INFINITY });
        ck_assert_status_ok(vae_train(training, data, &(vae_train_options){ .epochs = 20, .threads = 2 }));
        for (int64_t k = 0; k < vae_store_size(training->model->store); k++) {
            const double value = (double)vae_store_parameters(training->model->store)[k];
            squares[i] += value * value;
        }
        vae_training_free(&training);
    }
    ck_assert_double_lt(squares[1], 0.8 * squares[0]);
}
END_TEST

/* The bench trains by the recipe too, but for what it is told. */
START_TEST(test_bench)
{
    vae_model_spec spec = with_recipe();
    vae_bench_report report;
    const vae_bench_options options = { .epochs = 1, .threads = 1 };
    ck_assert_status_ok(vae_bench(&spec, NULL, data, &options, &report));
    ck_assert_int_eq(report.batch_size, 20);
    vae_bench_report_free(&report);
    spec.recipe.schedule = "stairs";
    ck_assert_status(vae_bench(&spec, NULL, data, &options, &report), VAE_ERROR_DECLARATION,
                     "plain: recipe: schedule: schedule 1: \"stairs\": no such schedule");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("method");
    const TTest *const tests[] = {
        test_usual,    test_recipe,  test_options_over_recipe, test_bad_options, test_built_in, test_bad_recipe,
        test_gradient, test_refused, test_adam_apart,          test_history,     test_prior,    test_bench,
        NULL
    };
    suite_case_between(suite, "method", 120, begin, end, tests);
    return suite_run(suite);
}
