/*
 * A catalogue that brings a row to every table: a model of them is checked, trained, evaluated, saved and loaded. Rows
 * that are not in order, and rows that give what they must not, are refused with one line.
 */
#include <vae/catalogue.h>
#include <vae/check.h>
#include <vae/checkpoint.h>
#include <vae/infer.h>

#include "tests/models/fields.h"

/* ---- Ops --------------------------------------------------------------------------------------------------------- */

/* x · sigmoid(x) */
static void swish_forward(const vae_op_row *row)
{
    for (int64_t i = 0; i < row->out_size; i++)
        row->out[i] = row->in[0][i] / (1 + exp(-row->in[0][i]));
}

static void swish_backward(const vae_op_row *row)
{
    for (int64_t i = 0; row->grad_in[0] && i < row->out_size; i++) {
        double s = 1 / (1 + exp(-row->in[0][i]));
        row->grad_in[0][i] += row->grad[i] * (s + row->out[i] * (1 - s));
    }
}

/* log(1 + x² / nu) */
static void tail_forward(const vae_op_row *row)
{
    for (int64_t i = 0; i < row->out_size; i++)
        row->out[i] = log1p(row->in[0][i] * row->in[0][i] / row->arguments[0]);
}

static void tail_backward(const vae_op_row *row)
{
    for (int64_t i = 0; row->grad_in[0] && i < row->out_size; i++) {
        double x = row->in[0][i];
        row->grad_in[0][i] += row->grad[i] * 2 * x / (row->arguments[0] + x * x);
    }
}

static void abs_forward(const vae_op_row *row)
{
    for (int64_t i = 0; i < row->out_size; i++)
        row->out[i] = fabs(row->in[0][i]);
}

static void abs_backward(const vae_op_row *row)
{
    for (int64_t i = 0; row->grad_in[0] && i < row->out_size; i++)
        row->grad_in[0][i] += row->in[0][i] < 0 ? -row->grad[i] : row->grad[i];
}

/* From N(0, 1) to Laplace(0, 1), quantile by quantile. */
static void quantile_forward(const vae_op_row *row)
{
    for (int64_t i = 0; i < row->out_size; i++)
        row->out[i] = copysign(-log(erfc(fabs(row->in[0][i]) / sqrt(2))), row->in[0][i]);
}

static const vae_op ops[] = {
    { .name = "swish", .inputs = 1, .forward = swish_forward, .backward = swish_backward },
    { .name = "tail", .inputs = 1, .forward = tail_forward, .backward = tail_backward },
    { .name = "abs", .inputs = 1, .forward = abs_forward, .backward = abs_backward },
    { .name = "quantile", .inputs = 1, .forward = quantile_forward },
};
enum { SWISH, TAIL, ABS, QUANTILE, OPS };

/* ---- Rows of the tables ------------------------------------------------------------------------------------------ */

static vae_node *number(vae_graph *graph, double value)
{
    return vae_constant(graph, 1, (int64_t[]){ 1 }, &value);
}

/* x + f(x · weight + bias) */
static vae_node *residual(const vae_network *network, const double *arguments, vae_node *x, const char *name)
{
    vae_node *h = vae_network_dense(network, x, vae_node_size(x), name);
    return vae_add(x, vae_activate(network, arguments[0], h));
}

static const vae_layer layers[] = {
    { .word = { .name = "residual",
                .summary = "x + f(dense x)",
                .arguments = { { .name = "ACTIVATION", .kind = VAE_ACTIVATION } } },
      .build = residual },
};

static vae_heads student_heads(const vae_network *decoder, const double *arguments, vae_node *h, int64_t size)
{
    (void)arguments;
    return (vae_heads){ { vae_network_head(decoder, h, size, "mean"), vae_network_head(decoder, h, size, "logscale"),
                          number(vae_network_graph(decoder), 1) } };
}

/* Σ mask · (c − logscale − (nu + 1) / 2 · log(1 + ((x − mean) / exp(logscale))² / nu)) */
static vae_node *student_log(const double *arguments, vae_node *x, const vae_heads *heads, vae_node *mask)
{
    double nu = arguments[0], constant = lgamma((nu + 1) / 2) - lgamma(nu / 2) - log(nu * M_PI) / 2;
    vae_node *away = vae_mul(vae_sub(x, heads->nodes[0]), vae_exp(vae_negate(heads->nodes[1])));
    vae_node *tail = vae_scale(vae_apply(&ops[TAIL], &away, (double[VAE_MAX_OP_ARGUMENTS]){ nu }), -(nu + 1) / 2);
    vae_node *each = vae_add(vae_sub(tail, heads->nodes[1]), vae_scale(heads->nodes[2], constant));
    return vae_sum(mask ? vae_mul(each, mask) : each, 0);
}

static vae_node *student_mean(const double *arguments, const vae_heads *heads)
{
    (void)arguments;
    return heads->nodes[0];
}

static const vae_likelihood likelihoods[] = {
    { .word = { .name = "student-t",
                .summary = "Student's t",
                .arguments = { { .name = "nu",
                                 .kind = VAE_KEY_NUMBER,
                                 .optional = true,
                                 .usual = 4,
                                 .low = 1,
                                 .high = 1e6 } } },
      .transform = "standardize",
      .density = true,
      .heads = student_heads,
      .log = student_log,
      .mean = student_mean },
};

/* log-variances within ±3 */
static vae_posterior_nodes tame_heads(const vae_network *encoder, const double *arguments, vae_node *h, int64_t size)
{
    (void)arguments;
    return (vae_posterior_nodes){ vae_network_head(encoder, h, size, "mean"),
                                  vae_scale(vae_tanh(vae_network_head(encoder, h, size, "logvar")), 3) };
}

static vae_node *tame_sample(const double *arguments, const vae_posterior_nodes *q, vae_node *noise)
{
    (void)arguments;
    return vae_gaussian_sample(q->mean, q->logvar, noise);
}

static vae_node *tame_log(const double *arguments, const vae_posterior_nodes *q, vae_node *z)
{
    (void)arguments;
    return vae_loglik_gaussian(z, q->mean, q->logvar, NULL);
}

static const vae_posterior posteriors[] = {
    { .word = { .name = "tame", .summary = "a Gaussian" },
      .heads = tame_heads,
      .sample = tame_sample,
      .log = tame_log },
};

static vae_node *laplace_log(const vae_network *prior, const double *arguments, vae_node *z)
{
    vae_node *size = vae_scale(vae_apply(&ops[ABS], &z, NULL), -1 / arguments[0]);
    return vae_sum(vae_sub(size, number(vae_network_graph(prior), log(2 * arguments[0]))), 0);
}

static vae_node *laplace_sample(const vae_network *prior, const double *arguments, vae_node *noise)
{
    (void)prior;
    return vae_scale(vae_apply(&ops[QUANTILE], &noise, NULL), arguments[0]);
}

/* N(mean, exp(logvar)), both of the conditions alone. */
static vae_node *given_kl(const vae_network *prior, const double *arguments, const vae_posterior_nodes *q)
{
    int64_t size = vae_node_size(q->mean);
    (void)arguments;
    return vae_kl_gaussian(q->mean, q->logvar, vae_network_head(prior, NULL, size, "mean"),
                           vae_network_head(prior, NULL, size, "logvar"));
}

static vae_node *given_log(const vae_network *prior, const double *arguments, vae_node *z)
{
    int64_t size = vae_node_size(z);
    (void)arguments;
    return vae_loglik_gaussian(z, vae_network_head(prior, NULL, size, "mean"),
                               vae_network_head(prior, NULL, size, "logvar"), NULL);
}

static vae_node *given_sample(const vae_network *prior, const double *arguments, vae_node *noise)
{
    int64_t size = vae_node_size(noise);
    (void)arguments;
    return vae_gaussian_sample(vae_network_head(prior, NULL, size, "mean"),
                               vae_network_head(prior, NULL, size, "logvar"), noise);
}

static const vae_prior priors[] = {
    { .word = { .name = "laplace",
                .summary = "Laplace(0, b) in each dimension",
                .arguments = { { .name = "b",
                                 .kind = VAE_KEY_NUMBER,
                                 .optional = true,
                                 .usual = 1,
                                 .low = 0.01,
                                 .high = 100 } } },
      .log = laplace_log,
      .sample = laplace_sample },
    { .word = { .name = "given", .summary = "a Gaussian for each setting of the conditions" },
      .kl = given_kl,
      .log = given_log,
      .sample = given_sample },
};

static vae_node *weighted(const double *arguments, const vae_terms *terms)
{
    return vae_sub(terms->reconstruction, vae_scale(terms->kl, arguments[0]));
}

static const vae_objective objectives[] = {
    { .word = { .name = "weighted",
                .summary = "the bound with its KL times beta",
                .arguments = { { .name = "beta", .kind = VAE_KEY_NUMBER, .low = 0, .high = 1e6 } } },
      .build = weighted },
};

static const vae_model_spec models[] = {
    { .name = "mine",
      .summary = "everything brought",
      .x = { .likelihood = "student-t nu=5" },
      .conditions = { { RUN } },
      .latents = { { .size = 2 } },
      .encoder = "dense 5 swish, residual tanh",
      .decoder = "dense 5 swish",
      .posterior = "tame",
      .prior = "laplace b=0.5",
      .objective = "weighted beta=2" },
    { .name = "conditional-prior",
      .x = { .likelihood = "student-t" },
      .conditions = { { ENERGY }, { RUN } },
      .latents = { { .size = 2 } },
      .encoder = "dense 5 swish",
      .decoder = "residual softplus",
      .prior = "given" },
};
enum { MODELS = 2 };

static const vae_catalogue mine = {
    .models = models,
    .model_count = MODELS,
    .layers = layers,
    .layer_count = 1,
    .likelihoods = likelihoods,
    .likelihood_count = 1,
    .posteriors = posteriors,
    .posterior_count = 1,
    .priors = priors,
    .prior_count = 2,
    .objectives = objectives,
    .objective_count = 1,
    .ops = ops,
    .op_count = OPS,
};

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
    static const char *const words[] = { "\"swish\"", "\"student-t\"", "\"residual\"",
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
        { "layer", "residual ACTIVATION" },
        { "likelihood", "student-t [nu=NUMBER]" },
        { "posterior", "tame" },
        { "prior", "laplace [b=NUMBER]" },
        { "prior", "given" },
        { "objective", "weighted beta=NUMBER" },
        { "activation", "swish" },
        { "layer", "dense UNITS [ACTIVATION]" },
        { "transform", "standardize" },
        { "activation", "leaky-relu" },
        { "objective", "elbo" },
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
        { "dens 5", NULL, NULL, NULL, NULL, "m: encoder: layer 1: \"dens\": no such layer; there are residual, dense" },
        { "dense 5 swosh", NULL, NULL, NULL, NULL,
          "m: encoder: layer 1: \"swosh\": no such activation; there are linear, relu, leaky-relu, elu, gelu, tanh, "
          "sigmoid, softplus, swish, tail, abs, quantile" },
        { "residual", NULL, NULL, NULL, NULL,
          "m: encoder: layer 1: residual: ACTIVATION is missing; it is written \"residual ACTIVATION\"" },
        { "", "student", NULL, NULL, NULL,
          "m: likelihood: \"student\": no such likelihood; there are student-t, bernoulli, gaussian, poisson" },
        { "", "student-t nu=0", NULL, NULL, NULL, "m: likelihood: nu: expected a number from 1 to 1e+06, found \"0\"" },
        { "", NULL, "wild", NULL, NULL, "m: posterior: \"wild\": no such posterior; there are tame, gaussian" },
        { "", NULL, NULL, "flat", NULL,
          "m: prior: \"flat\": no such prior; there are laplace, given, standard-normal" },
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

/* ---- Rows that are not in order ---------------------------------------------------------------------------------- */

#define EXPECTED_NAME "expected a name of at most 60 letters, digits and \"-\", a letter in front, found "

static void assert_catalogue(const vae_catalogue *catalogue, const char *message)
{
    vae_status status = vae_catalogue_check(catalogue);
    ck_assert_str_eq(status.message, message);
    ck_assert_int_eq(status.code, VAE_ERROR_ARGUMENT);
    vae_model_spec spec = plain;
    vae_model *model = NULL;
    spec.x.shape[0] = 3;
    ck_assert_str_eq(vae_model_new(&spec, catalogue, NULL, 0, &model).message, message);
    ck_assert_ptr_null(model);
}

START_TEST(test_missing_functions)
{
    ck_assert_status_ok(vae_catalogue_check(NULL));
    ck_assert_status_ok(vae_catalogue_check(&mine));
    vae_layer layer = { .word = { .name = "l" } };
    assert_catalogue(&(vae_catalogue){ .layers = &layer, .layer_count = 1 },
                     "the catalogue: layer \"l\": expected a function build, found NULL");
    for (int i = 0; i < 3; i++) {
        static const char *const missing[] = { "heads", "log", "mean" };
        vae_likelihood likelihood = likelihoods[0];
        char message[128];
        likelihood.heads = i == 0 ? NULL : likelihood.heads;
        likelihood.log = i == 1 ? NULL : likelihood.log;
        likelihood.mean = i == 2 ? NULL : likelihood.mean;
        snprintf(message, sizeof message, "the catalogue: likelihood \"student-t\": expected a function %s, found NULL",
                 missing[i]);
        assert_catalogue(&(vae_catalogue){ .likelihoods = &likelihood, .likelihood_count = 1 }, message);
    }
    for (int i = 0; i < 3; i++) {
        static const char *const missing[] = { "heads", "sample", "log" };
        vae_posterior posterior = posteriors[0];
        char message[128];
        posterior.heads = i == 0 ? NULL : posterior.heads;
        posterior.sample = i == 1 ? NULL : posterior.sample;
        posterior.log = i == 2 ? NULL : posterior.log;
        snprintf(message, sizeof message, "the catalogue: posterior \"tame\": expected a function %s, found NULL",
                 missing[i]);
        assert_catalogue(&(vae_catalogue){ .posteriors = &posterior, .posterior_count = 1 }, message);
    }
    vae_prior prior = { .word = { .name = "p" }, .kl = given_kl };
    assert_catalogue(&(vae_catalogue){ .priors = &prior, .prior_count = 1 },
                     "the catalogue: prior \"p\": expected a function log, found NULL");
    vae_objective objective = { .word = { .name = "o" } };
    assert_catalogue(&(vae_catalogue){ .objectives = &objective, .objective_count = 1 },
                     "the catalogue: objective \"o\": expected a function build, found NULL");
}
END_TEST

START_TEST(test_bad_names)
{
    static const char *const names[] = {
        NULL,     "",   "two words", "a,b",  "a=b",
        "5-fold", "-a", "a_b",       "a\vb", "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghija"
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char message[256];
        const char *quote = names[i] ? "\"" : "";
        vae_layer layer = { .word = { .name = names[i] }, .build = residual };
        snprintf(message, sizeof message, "the catalogue: layer 1 of 1: " EXPECTED_NAME "%s%s%s", quote,
                 names[i] ? names[i] : "none", quote);
        vae_status status = vae_catalogue_check(&(vae_catalogue){ .layers = &layer, .layer_count = 1 });
        ck_assert_int_eq(status.code, VAE_ERROR_ARGUMENT);
        if (!names[i] || !strchr(names[i], '\v')) /* which a message shows otherwise */
            ck_assert_str_eq(status.message, message);
        vae_op op = { .name = names[i], .inputs = 1, .forward = abs_forward };
        ck_assert_status(vae_catalogue_check(&(vae_catalogue){ .ops = &op, .op_count = 1 }), VAE_ERROR_ARGUMENT,
                         "the catalogue: op 1 of 1: expected a name");
    }
    vae_model_spec unnamed = plain;
    unnamed.name = NULL;
    assert_catalogue(&(vae_catalogue){ .models = &unnamed, .model_count = 1 },
                     "the catalogue: row 1 of 1: expected a model with a name, found none");
}
END_TEST

START_TEST(test_two_of_one_name)
{
    const vae_layer twins[] = { { .word = { .name = "a" }, .build = residual },
                                { .word = { .name = "b" }, .build = residual },
                                { .word = { .name = "a" }, .build = residual } };
    assert_catalogue(&(vae_catalogue){ .layers = twins, .layer_count = 3 },
                     "the catalogue: layer 3 of 3: there is another \"a\"");
    const vae_op same[] = { { .name = "a", .inputs = 1, .forward = abs_forward },
                            { .name = "a", .inputs = 2, .forward = abs_forward } };
    assert_catalogue(&(vae_catalogue){ .ops = same, .op_count = 2 },
                     "the catalogue: op 2 of 2: there is another \"a\"");
    const vae_model_spec specs[] = { plain, plain };
    assert_catalogue(&(vae_catalogue){ .models = specs, .model_count = 2 },
                     "the catalogue: model 2 of 2: there is another \"m\"");
}
END_TEST

START_TEST(test_counts)
{
    const vae_catalogue cases[] = {
        { .models = models, .model_count = -1 },
        { .model_count = 1 },
        { .layers = layers, .layer_count = -1 },
        { .layer_count = 1 },
        { .likelihoods = likelihoods, .likelihood_count = -1 },
        { .likelihood_count = 1 },
        { .posteriors = posteriors, .posterior_count = -1 },
        { .posterior_count = 1 },
        { .priors = priors, .prior_count = -1 },
        { .prior_count = 1 },
        { .objectives = objectives, .objective_count = -1 },
        { .objective_count = 1 },
        { .ops = ops, .op_count = -1 },
        { .op_count = 1 },
    };
    static const char *const tables[] = {
        "models", "layers", "likelihoods", "posteriors", "priors", "objectives", "ops"
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char message[128];
        bool is_models = i < 2;
        snprintf(message, sizeof message, "the catalogue: %s%s and how many there are, found %s and %d",
                 is_models ? "expected " : tables[i / 2], is_models ? "models" : ": expected rows",
                 i % 2       ? "NULL"
                 : is_models ? "models"
                             : "rows",
                 i % 2 ? 1 : -1);
        assert_catalogue(&cases[i], message);
    }
}
END_TEST

START_TEST(test_bad_arguments)
{
    vae_layer layer = layers[0];
    const vae_catalogue catalogue = { .layers = &layer, .layer_count = 1 };
    layer.word.arguments[0] = (vae_argument){ .name = "a b", .kind = VAE_KEY_NUMBER, .high = 1 };
    assert_catalogue(&catalogue,
                     "the catalogue: layer \"residual\": argument 1: expected a name of letters, digits and "
                     "\"-\", a kind and a range, found \"a b\", 1 and 0 to 1");
    layer.word.arguments[0] = (vae_argument){ .name = "a", .kind = VAE_KEY_NUMBER, .low = 2, .high = 1 };
    assert_catalogue(&catalogue,
                     "the catalogue: layer \"residual\": argument 1: expected a name of letters, digits and "
                     "\"-\", a kind and a range, found \"a\", 1 and 2 to 1");
    layer.word.arguments[0] = (vae_argument){ .name = "a", .kind = (vae_argument_kind)3 };
    assert_catalogue(&catalogue,
                     "the catalogue: layer \"residual\": argument 1: expected a name of letters, digits and "
                     "\"-\", a kind and a range, found \"a\", 3 and 0 to 0");
    const vae_op bad[] = { { .name = "a", .inputs = 0, .forward = abs_forward },
                           { .name = "a", .inputs = 5, .forward = abs_forward },
                           { .name = "a", .inputs = 1 } };
    static const char *const found[] = { "forward and 0", "forward and 5", "NULL and 1" };
    for (int i = 0; i < 3; i++) {
        char message[160];
        snprintf(
            message, sizeof message,
            "the catalogue: op 1 of 1: expected a name of letters, digits and \"-\", forward and 1 to 4 inputs, found "
            "\"a\", %s",
            found[i]);
        assert_catalogue(&(vae_catalogue){ .ops = &bad[i], .op_count = 1 }, message);
    }
}
END_TEST

/* ---- Rows that give what they must not --------------------------------------------------------------------------- */

static vae_graph *foreign;

static vae_node *of_another_graph(const double *arguments, const vae_terms *terms)
{
    (void)arguments;
    (void)terms;
    return vae_input(foreign, "theirs", 1, (int64_t[]){ 1 });
}

static vae_node *each_dimension(const double *arguments, vae_node *x, const vae_heads *heads, vae_node *mask)
{
    (void)arguments;
    (void)mask;
    return vae_square(vae_sub(x, heads->nodes[0]));
}

static vae_node *nothing(const double *arguments, const vae_heads *heads)
{
    (void)arguments;
    (void)heads;
    return NULL;
}

static vae_node *of_all_rows(const vae_network *prior, const double *arguments, const vae_posterior_nodes *q)
{
    (void)prior;
    (void)arguments;
    return vae_mean_rows(vae_sum(q->mean, 0));
}

static vae_posterior_nodes one_too_many(const vae_network *encoder, const double *arguments, vae_node *h, int64_t size)
{
    (void)arguments;
    return (vae_posterior_nodes){ vae_network_head(encoder, h, size, "mean"),
                                  vae_network_head(encoder, h, size + 1, "logvar") };
}

/* A parameter of its own that training does not know. */
static vae_node *untrained(const vae_network *prior, const double *arguments, vae_node *noise)
{
    (void)arguments;
    return vae_add(noise, vae_parameter(vae_network_graph(prior), "prior/shift", VAE_ZEROS, 1, (int64_t[]){ 2 }));
}

START_TEST(test_wrong_outputs)
{
    vae_layer layer = layers[0];
    vae_likelihood likelihood = likelihoods[0];
    vae_posterior posterior = posteriors[0];
    vae_prior prior = priors[1];
    vae_objective objective = objectives[0];
    const vae_catalogue catalogue = { .layers = &layer,
                                      .layer_count = 1,
                                      .likelihoods = &likelihood,
                                      .likelihood_count = 1,
                                      .posteriors = &posterior,
                                      .posterior_count = 1,
                                      .priors = &prior,
                                      .prior_count = 1,
                                      .objectives = &objective,
                                      .objective_count = 1,
                                      .ops = ops,
                                      .op_count = OPS };
    vae_model_spec spec = models[0];
    vae_model *model = NULL;
    vae_samples samples;
    spec.x.shape[0] = 3;
    spec.conditions[0].size = 3;
    spec.prior = "given";
    ck_assert_status_ok(vae_graph_new(&foreign));
    likelihood.log = each_dimension;
    ck_assert_str_eq(vae_model_new(&spec, &catalogue, NULL, 0, &model).message,
                     "mine: likelihood student-t: log: expected shape (rows, 1), found (rows, 3)");
    likelihood = likelihoods[0];
    objective.build = of_another_graph;
    ck_assert_str_eq(vae_model_new(&spec, &catalogue, NULL, 0, &model).message,
                     "mine: objective weighted: build: is a node of another graph");
    objective = objectives[0];
    prior.kl = of_all_rows;
    ck_assert_str_eq(vae_model_new(&spec, &catalogue, NULL, 0, &model).message,
                     "mine: prior given: kl: expected shape (rows, 1), found (1)");
    prior = priors[1];
    posterior.heads = one_too_many;
    ck_assert_str_eq(vae_model_new(&spec, &catalogue, NULL, 0, &model).message,
                     "mine: posterior tame: heads: logvar: expected shape (rows, 2), found (rows, 3)");
    posterior = posteriors[0];
    likelihood.mean = nothing;
    prior.sample = untrained;
    ck_assert_status_ok(vae_model_new(&spec, &catalogue, NULL, 0, &model));
    const vae_sample_options options = { .count = 2, .threads = 1 };
    ck_assert_str_eq(vae_sample(model, &options, &samples).message,
                     "mine: likelihood student-t: mean: expected a node of shape (rows, 3), found none");
    likelihood = likelihoods[0];
    int count = vae_store_count(vae_model_store(model));
    ck_assert_str_eq(vae_sample(model, &options, &samples).message,
                     "mine: prior/shift: expected a parameter that is in the store, found a new one");
    ck_assert_int_eq(vae_store_count(vae_model_store(model)), count);
    vae_model_free(&model);
    vae_graph_free(&foreign);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_estimated_kl,
                                   test_given_prior,
                                   test_words,
                                   test_messages,
                                   test_found_first,
                                   test_printed,
                                   test_missing_functions,
                                   test_bad_names,
                                   test_two_of_one_name,
                                   test_counts,
                                   test_bad_arguments,
                                   test_wrong_outputs,
                                   NULL };
    Suite *suite = suite_create("models/catalogue");
    TCase *one = suite_case_between(suite, "catalogue", 60, fields_begin, fields_end, tests);
    tcase_add_loop_test(one, test_gradient, 0, MODELS);
    tcase_add_loop_test(one, test_round_trip, 0, MODELS);
    return suite_run(suite);
}
