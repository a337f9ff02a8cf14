/* A catalogue that brings a row to every table: a model of them is checked, trained, evaluated, saved and loaded, and
 * words are read, printed and told of as the built-in ones. */
#include <vae/check.h>
#include <vae/checkpoint.h>
#include <vae/infer.h>

#include "tests/models/brought.h"

/* ---- Models of brought words ------------------------------------------------------------------------------------- */

static vae_data *data_for(const vae_model_spec *spec)
{
    return open_fields("table", "mask", spec->conditions);
}

static vae_model *brought(const vae_model_spec *spec, const vae_data *data)
{
    vae_model *model = NULL;
    ck_assert_status_ok(vae_model_new(spec, &mine, data, 3, &model));
    return model;
}

START_TEST(test_gradient)
{
    vae_data *data = data_for(&models[_i]);
    vae_model *model = brought(&models[_i], data);
    vae_check_report report;
    ck_assert_status_ok(vae_check(model, data, NULL, &report));
    ck_assert_msg(!report.failures && report.tensors[report.worst].error < 1e-6, "%s: %g",
                  report.tensors[report.worst].name, report.tensors[report.worst].error);
    vae_check_report_free(&report);
    vae_model_free(&model);
    vae_data_free(&data);
}
END_TEST

/* Without a row that it needs a file is refused, and the message says which. */
static void assert_not_loaded(const char *path, bool all)
{
    vae_catalogue without[] = { mine, mine, mine, mine, mine, mine };
    static const char *const words[] = { "\"swish\"", "\"student-t\"", "\"skip\"",
                                         "\"tame\"",  "\"laplace\"",   "\"weighted\"" };
    without[0].op_count = without[1].likelihood_count = without[2].layer_count = 0;
    without[3].posterior_count = without[4].prior_count = without[5].objective_count = 0;
    for (int i = 0; i < (all ? 6 : 3); i++) {
        vae_model *loaded = NULL;
        ck_assert_status(vae_model_load(path, &without[i], &loaded), VAE_ERROR_FORMAT, words[i]);
        ck_assert_status(vae_model_load(path, &without[i], &loaded), VAE_ERROR_FORMAT,
                         "a program that loads this file must bring a row of that name in its catalogue");
        ck_assert_ptr_null(loaded);
    }
}

/* Trained, evaluated, sampled from, saved, loaded: the same figures, to the bit. */
START_TEST(test_round_trip)
{
    vae_data *data = data_for(&models[_i]);
    vae_model *model = brought(&models[_i], data), *loaded = NULL;
    vae_training *training = NULL;
    vae_evaluation before, after;
    vae_samples samples;
    const vae_evaluation_options options = { .split = VAE_ALL, .samples = 70, .threads = 1 };
    ck_assert_status_ok(vae_training_new(&model, data, &(vae_training_options){ .batch_size = 10 }, &training));
    ck_assert_status_ok(
        vae_train(training, data, &(vae_train_options){ .epochs = 1, .threads = 1, .checkpoint = path_of("mine.h5") }));
    ck_assert_status_ok(vae_evaluate(vae_training_model(training), data, &options, &before));
    ck_assert(isfinite(before.elbo) && isfinite(before.nll));
    ck_assert_double_le(before.nll, -before.elbo + 1);
    assert_not_loaded(path_of("mine.h5"), _i == 0);
    ck_assert_status_ok(vae_model_load(path_of("mine.h5"), &mine, &loaded));
    ck_assert_status_ok(vae_evaluate(loaded, data, &options, &after));
    ck_assert_double_eq(after.elbo, before.elbo);
    ck_assert_double_eq(after.nll, before.nll);
    const double energy[] = { 1000, 0 };
    vae_sample_options sampling = { .count = 4, .seed = 1, .threads = 1 };
    if (_i)
        sampling.conditions[0] = (vae_condition_settings){ energy, 1 };
    ck_assert_status_ok(vae_sample(loaded, &sampling, &samples));
    for (int64_t i = 0; i < samples.count * samples.x_size; i++)
        ck_assert(isfinite(samples.x[i]));
    vae_samples_free(&samples);
    sampling.draw = true;
    ck_assert_status(vae_sample(loaded, &sampling, &samples), VAE_ERROR_UNSUPPORTED,
                     "the likelihood student-t gives means, and cannot be drawn from");
    vae_model_free(&loaded);
    vae_training_free(&training);
    vae_data_free(&data);
}
END_TEST

/* The KL of a prior without a closed form is log q(z | x) − log p(z) of the z that was drawn: 1 nat more for each nat
 * that the prior is lower. And β counts it twice in the objective. */
START_TEST(test_estimated_kl)
{
    vae_data *data = data_for(&models[0]);
    vae_model *model = brought(&models[0], data);
    vae_check_report report;
    vae_evaluation figures;
    const vae_evaluation_options options = { .split = VAE_ALL, .threads = 1 };
    all_to_zero(model);
    ck_assert_status_ok(vae_evaluate(model, data, &options, &figures));
    /* q is N(0, 1): KL(N(0, 1) ‖ Laplace(0, b)) = −½ log 2πe + log 2b + √(2/π) / b for each dimension. */
    double expected = 2 * (-0.5 * log(2 * M_PI * exp(1)) + log(2 * 0.5) + sqrt(2 / M_PI) / 0.5);
    ck_assert_double_eq_tol(figures.kl, expected, 0.5); /* one sample for each of 24 examples */
    ck_assert_status_ok(vae_check(model, data, &(vae_check_options){ .examples = ROWS }, &report));
    vae_check_report_free(&report);
    vae_model_free(&model);
    vae_data_free(&data);
}
END_TEST

/* Heads of a prior are bias and conditions: KL(N(0, 1) ‖ N(m, exp(v))) of two dimensions, the biases alone not 0. */
START_TEST(test_given_prior)
{
    vae_data *data = data_for(&models[1]);
    vae_model *model = brought(&models[1], data);
    vae_evaluation figures;
    const vae_evaluation_options options = { .split = VAE_ALL, .samples = 200, .threads = 1 };
    vae_store *store = vae_model_store(model);
    all_to_zero(model);
    ck_assert_ptr_nonnull(vae_store_find(store, "prior/mean/weight_run"));
    ck_assert_ptr_nonnull(vae_store_find(store, "prior/logvar/weight_energy"));
    for (int i = 0; i < 2; i++) {
        values_of(model, "prior/mean/bias")[i] = 0.75F;
        values_of(model, "prior/logvar/bias")[i] = 0.5F;
    }
    ck_assert_status_ok(vae_evaluate(model, data, &options, &figures));
    ck_assert_double_eq_tol(figures.kl, 0.5 + (1 + 0.75 * 0.75) / exp(0.5) - 1, 1e-5);
    ck_assert_double_eq_tol(figures.nll, -figures.reconstruction, 0.2); /* x does not depend on z here */
    vae_model_free(&model);
    vae_data_free(&data);
}
END_TEST

/* ---- Words ------------------------------------------------------------------------------------------------------- */

START_TEST(test_words)
{
    static const char *const expected[][2] = {
        { "layer", "skip ACTIVATION" },
        { "likelihood", "student-t [nu=NUMBER]" },
        { "posterior", "tame" },
        { "prior", "laplace [b=NUMBER]" },
        { "prior", "given" },
        { "objective", "weighted beta=NUMBER" },
        { "activation", "swish" },
        { "layer", "dense UNITS [ACTIVATION]" },
        { "transform", "standardize" },
        { "activation", "leaky-relu" },
        { "objective", "iwae samples=COUNT" },
        { "prior", "standard-normal" },
    };
    enum { EXPECTED = sizeof expected / sizeof *expected };
    bool seen[EXPECTED] = { false };
    vae_word_help help;
    int count = 0;
    for (; vae_word_at(&mine, count, &help); count++)
        for (int i = 0; i < EXPECTED; i++)
            seen[i] |= !strcmp(help.table, expected[i][0]) && !strcmp(help.usage, expected[i][1]) && help.summary;
    for (int i = 0; i < EXPECTED; i++)
        ck_assert_msg(seen[i], "no %s %s", expected[i][0], expected[i][1]);
    int without = 0;
    while (vae_word_at(NULL, without, &help))
        without++;
    ck_assert_int_eq(count, without + 6 + OPS);
    ck_assert_int_eq(vae_word_at(&mine, -1, &help), 0);
}
END_TEST

START_TEST(test_messages)
{
    static const struct {
        const char *encoder, *likelihood, *posterior, *prior, *objective, *message;
    } cases[] = {
        { "dens 5", NULL, NULL, NULL, NULL, "m: encoder: layer 1: \"dens\": no such layer; there are skip, " LAYERS },
        { "dense 5 swosh", NULL, NULL, NULL, NULL,
          "m: encoder: layer 1: \"swosh\": no such activation; there are linear, relu, leaky-relu, elu, gelu, tanh, "
          "sigmoid, softplus, swish, tail, abs, quantile" },
        { "skip", NULL, NULL, NULL, NULL,
          "m: encoder: layer 1: skip: ACTIVATION is missing; it is written \"skip ACTIVATION\"" },
        { "", "student", NULL, NULL, NULL,
          "m: likelihood: \"student\": no such likelihood; there are student-t, bernoulli, gaussian, poisson, laplace, "
          "continuous-bernoulli, discretized-logistic, categorical, negative-binomial" },
        { "", "student-t nu=0", NULL, NULL, NULL, "m: likelihood: nu: expected a number from 1 to 1e+06, found \"0\"" },
        { "", NULL, "wild", NULL, NULL, "m: posterior: \"wild\": no such posterior; there are tame, gaussian, table" },
        { "", NULL, NULL, "flat", NULL,
          "m: prior: \"flat\": no such prior; there are laplace, given, standard-normal, gaussian" },
        { "", NULL, NULL, NULL, "weighted",
          "m: objective: weighted: beta is missing; it is written \"weighted beta=NUMBER\"" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vae_model *model = NULL;
        const vae_model_spec spec = { .name = "m",
                                      .x = { .shape = { 3 }, .likelihood = cases[i].likelihood },
                                      .latents = { { .size = 2 } },
                                      .encoder = cases[i].encoder,
                                      .decoder = "",
                                      .posterior = cases[i].posterior,
                                      .prior = cases[i].prior,
                                      .objective = cases[i].objective };
        vae_status status = vae_model_new(&spec, &mine, NULL, 0, &model);
        ck_assert_str_eq(status.message, cases[i].message);
        ck_assert_int_eq(status.code, VAE_ERROR_DECLARATION);
    }
}
END_TEST

/* A row of a built-in's name is found first, an op of a built-in activation's likewise. */
static vae_node *wide_dense(const vae_network *network, const double *arguments, vae_node *x, const char *name)
{
    return vae_activate(network, arguments[1], vae_network_dense(network, x, (int64_t)arguments[0] + 1, name));
}

START_TEST(test_found_first)
{
    static const vae_layer dense = {
        .word = { .name = "dense",
                  .arguments = { { .name = "UNITS", .kind = VAE_BARE_COUNT, .low = 1, .high = 9 },
                                 { .name = "ACTIVATION", .kind = VAE_ACTIVATION, .optional = true } } },
        .build = wide_dense
    };
    static const vae_op relu = { .name = "relu", .inputs = 1, .forward = abs_forward, .backward = abs_backward };
    const vae_catalogue catalogue = { .layers = &dense, .layer_count = 1, .ops = &relu, .op_count = 1 };
    vae_model_spec spec = plain;
    spec.x.shape[0] = 3;
    spec.encoder = "dense 5 relu, dense 4";
    vae_model *model = NULL;
    ck_assert_status_ok(vae_model_new(&spec, &catalogue, NULL, 0, &model));
    ck_assert_int_eq(vae_store_find(vae_model_store(model), "encoder/0/weight")->shape[1], 6);
    ck_assert_str_eq(vae_model_declaration(model)->encoder, "dense 5 relu, dense 4");
    vae_model_free(&model);
    spec.encoder = "dense 10";
    ck_assert_status(vae_model_new(&spec, &catalogue, NULL, 0, &model), VAE_ERROR_DECLARATION,
                     "UNITS: expected a whole number from 1 to 9, found \"10\"");
}
END_TEST

/* What the printer leaves out, the parser puts back: not a usual number in front of one that is not. */
static vae_node *kernel(const vae_network *network, const double *arguments, vae_node *x, const char *name)
{
    return vae_network_dense(network, x, (int64_t)(arguments[0] + 10 * arguments[1] + 100 * arguments[2]), name);
}

START_TEST(test_printed)
{
    static const vae_layer layer = {
        .word = { .name = "kernel",
                  .arguments = { { .name = "UNITS", .low = 1, .high = 9 },
                                 { .name = "WIDTH", .optional = true, .usual = 3, .low = 1, .high = 9 },
                                 { .name = "STRIDE", .optional = true, .usual = 1, .low = 1, .high = 9 } } },
        .build = kernel
    };
    static const char *const texts[][2] = { { "kernel 2", "kernel 2" },
                                            { "kernel 2 3 1", "kernel 2" },
                                            { "kernel 2 3 2", "kernel 2 3 2" },
                                            { "kernel 2 5", "kernel 2 5" } };
    const vae_catalogue catalogue = { .layers = &layer, .layer_count = 1 };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        vae_model_spec spec = plain;
        vae_model *model = NULL, *again = NULL;
        spec.x.shape[0] = 3;
        spec.encoder = texts[i][0];
        ck_assert_status_ok(vae_model_new(&spec, &catalogue, NULL, 0, &model));
        ck_assert_str_eq(vae_model_declaration(model)->encoder, texts[i][1]);
        ck_assert_status_ok(vae_model_new(vae_model_declaration(model), &catalogue, NULL, 0, &again));
        ck_assert_int_eq(vae_store_size(vae_model_store(again)), vae_store_size(vae_model_store(model)));
        vae_model_free(&again);
        vae_model_free(&model);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_estimated_kl, test_given_prior, test_words, test_messages,
                                   test_found_first,  test_printed,     NULL };
    Suite *suite = suite_create("models/catalogue");
    TCase *one = suite_case_between(suite, "catalogue", 60, fields_begin, fields_end, tests);
    tcase_add_loop_test(one, test_gradient, 0, MODELS);
    tcase_add_loop_test(one, test_round_trip, 0, MODELS);
    return suite_run(suite);
}
