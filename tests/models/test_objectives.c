/*
 * Objectives: each against its formula, written out here on what the other graphs of a model tell of the same samples;
 * their gradients; what they refuse; and what the history tells of them.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <vae/check.h>
#include <vae/train.h>

#include "models/model.h"
#include "src/data/match.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"

enum { EXAMPLES = 6, SAMPLES = 3, LATENT = 3 };

static vae_data *data;

static void begin(void)
{
    ck_assert_status_ok(vae_data_open("digits:40", &(vae_data_options){ .threads = 1 }, &data));
}

static void end(void)
{
    vae_data_free(&data);
    ck_assert_int_eq(system_outstanding(), 0);
}

/* ---- Models ------------------------------------------------------------------------------------------------------ */

/* A standard normal of which nobody knows the KL. */
static vae_node *unknown_log(const vae_network *prior, const double *arguments, vae_node *z)
{
    double zero = 0;
    (void)arguments;
    vae_node *nought = vae_constant(vae_network_graph(prior), 1, (int64_t[]){ 1 }, &zero);
    return vae_loglik_gaussian(z, nought, nought, NULL);
}

static void by_hand(vae_build *b)
{
    double zero = 0;
    vae_node *z = b->z;
    if (b->x) {
        vae_node *h = vae_tanh(vae_dense(b->encoder_x, 5, "encoder/0"));
        b->mean = vae_dense(h, LATENT, "encoder/mean");
        b->logvar = vae_dense(h, LATENT, "encoder/logvar");
        z = vae_gaussian_sample(b->mean, b->logvar, b->noise);
    }
    vae_node *logits = vae_dense(z, b->x_size, "decoder/logits");
    b->x_mean = vae_sigmoid(logits);
    if (!b->x)
        return;
    vae_node *nought = vae_constant(b->graph, 1, (int64_t[]){ 1 }, &zero);
    b->reconstruction = vae_loglik_bernoulli(b->x, logits, b->mask);
    b->kl = vae_kl_standard_normal(b->mean, b->logvar);
    if (strstr(b->spec->name, "without densities"))
        return;
    b->log_prior = vae_loglik_gaussian(z, nought, nought, NULL);
    b->log_posterior = vae_loglik_gaussian(z, b->mean, b->logvar, NULL);
}

#define LATENTS                                                                                                        \
    {                                                                                                                  \
        {                                                                                                              \
            .size = LATENT                                                                                             \
        }                                                                                                              \
    }
#define DIGIT                                                                                                          \
    {                                                                                                                  \
        {                                                                                                              \
            .name = "digit", .kind = VAE_CLASS                                                                         \
        }                                                                                                              \
    }

static const vae_model_spec variants[] = {
    { .name = "vae", .latents = LATENTS, .encoder = "dense 7 tanh", .decoder = "dense 7 elu" },
    { .name = "conditional, grey",
      .x = { .transform = "unit" },
      .conditions = DIGIT,
      .latents = LATENTS,
      .encoder = "dense 7 tanh",
      .decoder = "dense 7 tanh" },
    { .name = "masked, in units",
      .x = { .likelihood = "gaussian", .transform = "standardize", .has_fill_value = true },
      .conditions = DIGIT,
      .latents = LATENTS,
      .encoder = "dense 5 tanh",
      .decoder = "" },
    { .name = "counts",
      .x = { .likelihood = "poisson" },
      .latents = LATENTS,
      .encoder = "dense 5 tanh",
      .decoder = "dense 5 tanh" },
    { .name = "unknown", .latents = LATENTS, .encoder = "dense 7 tanh", .decoder = "", .prior = "unknown" },
    { .name = "by hand", .latents = LATENTS, .build = by_hand },
};
enum { VARIANTS = sizeof variants / sizeof *variants, UNKNOWN = 4, BY_HAND = 5 };

static const vae_prior priors[] = { { .word = { .name = "unknown" }, .log = unknown_log } };
static const vae_catalogue mine = { .models = variants, .model_count = VARIANTS, .priors = priors, .prior_count = 1 };

static vae_status declare(const vae_model_spec *variant, const char *objective, vae_model **model)
{
    vae_model_spec spec = *variant;
    spec.objective = objective;
    return vae_model_new(&spec, &mine, data, 3, model);
}

/* A graph of one of them, run on the first examples in float64. */
typedef struct bench {
    vae_model *model;
    vae__match match;
    vae__model_graph graph;
    vae_executor *executor;
} bench;

static void bench_begin(bench *b, const vae_model_spec *variant, const char *objective, vae__graph_kind kind,
                        double epoch)
{
    float epochs[EXAMPLES];
    vae_binding bindings[VAE__MAX_BINDINGS];
    *b = (bench){ .model = NULL };
    ck_assert_status_ok(declare(variant, objective, &b->model));
    float *parameters = vae_store_parameters(vae_model_store(b->model));
    for (int64_t i = 0; i < vae_store_size(vae_model_store(b->model)); i++)
        parameters[i] += (float)(0.02 * sin((double)i)); /* biases off zero as well */
    ck_assert_status_ok(vae__match_data(b->model, data, VAE_TRAIN, &b->match));
    vae__graph_request request = vae__match_request(&b->match, kind);
    request.samples = SAMPLES;
    ck_assert_status_ok(vae__model_graph_new(b->model, &request, &b->graph));
    vae_executor_options options = { .capacity = EXAMPLES, .threads = 1, .float64 = true };
    ck_assert_status_ok(vae_executor_new(b->graph.program, &options, &b->executor));
    int count = vae__match_bind(&b->match, &b->graph, NULL, bindings);
    count = vae__match_epoch(&b->graph, epoch, epochs, EXAMPLES, bindings, count);
    vae_run run = {
        .examples = EXAMPLES, .bindings = bindings, .binding_count = count, .seed = 11, .purpose = "train"
    };
    ck_assert_status_ok(vae_executor_run(b->executor, &run));
}

static void bench_end(bench *b)
{
    vae_executor_free(&b->executor);
    vae__model_graph_clear(&b->graph);
    vae_model_free(&b->model);
}

static const double *values(const bench *b, const vae_node *node)
{
    const double *found = vae_executor_value(b->executor, node);
    ck_assert_ptr_nonnull(found);
    return found;
}

/* What is maximised, and its terms. */
typedef struct figures {
    double objective, reconstruction, kl;
} figures;

static figures figures_at(const vae_model_spec *variant, const char *objective, double epoch)
{
    bench b;
    bench_begin(&b, variant, objective, VAE__TRAINING, epoch);
    figures found = { -*values(&b, b.graph.objective), *values(&b, b.graph.reconstruction), *values(&b, b.graph.kl) };
    bench_end(&b);
    return found;
}

static void check_near(double found, double expected)
{
    ck_assert_double_eq_tol(found, expected, 1e-9 * (1 + fabs(expected)));
}

/* ---- Formulas ---------------------------------------------------------------------------------------------------- */

/* log w of each sample is what the likelihood by importance sampling is made of, and both bounds are means of it. */
START_TEST(test_of_weights)
{
    bench b;
    bench_begin(&b, &variants[_i], "elbo", VAE__WEIGHTS, 0);
    const double *log_weight = values(&b, b.graph.log_weight);
    double mean = 0, bound = 0;
    for (int e = 0; e < EXAMPLES; e++) {
        double sum = 0, base = log_weight[e * SAMPLES];
        for (int k = 0; k < SAMPLES; k++) {
            mean += log_weight[e * SAMPLES + k] / (EXAMPLES * SAMPLES);
            sum += exp(log_weight[e * SAMPLES + k] - base);
        }
        bound += (base + log(sum / SAMPLES)) / EXAMPLES;
    }
    figures sampled = figures_at(&variants[_i], "sampled-elbo samples=3", 0);
    figures weighted = figures_at(&variants[_i], "iwae samples=3", 0);
    check_near(sampled.objective, mean);
    check_near(weighted.objective, bound);
    ck_assert_double_gt(weighted.objective, sampled.objective);
    check_near(weighted.reconstruction, sampled.reconstruction);
    check_near(weighted.kl, sampled.kl);
    bench_end(&b);
}
END_TEST

/* The terms do not depend on the objective, but for the samples; the KL in closed form not on these either. */
START_TEST(test_of_terms)
{
    const vae_model_spec *variant = &variants[_i];
    figures one = figures_at(variant, "elbo", 0), many = figures_at(variant, "elbo samples=3", 0);
    figures sampled = figures_at(variant, "sampled-elbo samples=3", 0);
    figures beta = figures_at(variant, "elbo samples=3 beta=2.5", 0);
    check_near(one.objective, one.reconstruction - one.kl);
    check_near(many.objective, many.reconstruction - many.kl);
    check_near(many.reconstruction, sampled.reconstruction);
    ck_assert_double_gt(fabs(many.reconstruction - one.reconstruction), 1e-6);
    check_near(beta.objective, many.reconstruction - 2.5 * many.kl);
    if (_i == UNKNOWN) {
        check_near(many.objective, sampled.objective);
    } else {
        check_near(many.kl, one.kl);
        ck_assert_double_gt(fabs(many.objective - sampled.objective), 1e-6);
    }
    double estimated = sampled.reconstruction - sampled.objective;
    figures twice = figures_at(variant, "sampled-elbo samples=3 beta=2", 0);
    check_near(twice.objective, sampled.reconstruction - 2 * estimated);
}
END_TEST

/* A single sample is the one that the elbo has always had. */
START_TEST(test_one_sample)
{
    const vae_model_spec *variant = &variants[_i];
    figures elbo = figures_at(variant, "elbo", 0), sampled = figures_at(variant, "sampled-elbo", 0);
    figures weighted = figures_at(variant, "iwae samples=1", 0);
    check_near(sampled.reconstruction, elbo.reconstruction);
    check_near(weighted.reconstruction, elbo.reconstruction);
    check_near(weighted.objective, sampled.objective);
}
END_TEST

START_TEST(test_warm_up)
{
    static const struct {
        double epoch, weight;
    } cases[] = { { 0, 0 }, { 0.5, 0.25 }, { 1.75, 0.875 }, { 2, 1 }, { 2.5, 1 }, { 1e9, 1 } };
    static const char *const words[][2] = { { "elbo beta=3 warm-up=2", "elbo beta=3" },
                                            { "sampled-elbo beta=3 warm-up=2 samples=2",
                                              "sampled-elbo beta=3 samples=2" },
                                            { "elbo beta=3 warm-up=2 free-total=400", "elbo beta=3 free-total=400" } };
    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        figures risen = figures_at(&variants[0], words[w][1], 0);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            figures found = figures_at(&variants[0], words[w][0], cases[i].epoch);
            double penalty = risen.reconstruction - risen.objective;
            check_near(found.objective, risen.reconstruction - cases[i].weight * penalty);
        }
    }
}
END_TEST

/* KL of each dimension, mean over the batch, from what the encoder says. */
static void mean_kl(const vae_model_spec *variant, double kl[LATENT])
{
    bench b;
    bench_begin(&b, variant, "elbo", VAE__ENCODING, 0);
    const double *mean = values(&b, b.graph.mean), *logvar = values(&b, b.graph.logvar);
    memset(kl, 0, LATENT * sizeof *kl);
    for (int i = 0; i < EXAMPLES * LATENT; i++)
        kl[i % LATENT] += 0.5 * (exp(logvar[i]) + mean[i] * mean[i] - 1 - logvar[i]) / EXAMPLES;
    bench_end(&b);
}

/* Of variants whose encoder sees the same in all graphs. Some dimensions are above what is free, some below. */
START_TEST(test_free_bits)
{
    const vae_model_spec *variant = &variants[1 + _i];
    double kl[LATENT], free = 0, expected = 0;
    char text[96];
    mean_kl(variant, kl);
    for (int j = 0; j < LATENT; j++)
        free += kl[j] / LATENT;
    snprintf(text, sizeof text, "elbo samples=2 beta=2 free-bits=%.17g", free);
    for (int j = 0; j < LATENT; j++)
        expected += fmax(free, kl[j]);
    ck_assert_double_gt(expected, LATENT * free * (1 + 1e-3));
    figures found = figures_at(variant, text, 0);
    check_near(found.kl, LATENT * free);
    check_near(found.objective, found.reconstruction - 2 * expected);
    const double totals[] = { 0.9 * LATENT * free, 1.1 * LATENT * free };
    for (int i = 0; i < 2; i++) {
        snprintf(text, sizeof text, "elbo free-total=%.17g", totals[i]);
        found = figures_at(variant, text, 0);
        check_near(found.objective, found.reconstruction - fmax(totals[i], LATENT * free));
    }
    snprintf(text, sizeof text, "elbo free-total=%.17g free-bits=%.17g", 2 * expected, free);
    found = figures_at(variant, text, 0);
    check_near(found.objective, found.reconstruction - 2 * expected);
    snprintf(text, sizeof text, "elbo free-total=%.17g free-bits=%.17g", expected / 2, free);
    found = figures_at(variant, text, 0);
    check_near(found.objective, found.reconstruction - expected);
}
END_TEST

/* ---- Gradients --------------------------------------------------------------------------------------------------- */

static const char *const objectives[] = {
    "elbo",
    "elbo samples=2 beta=3 warm-up=5",
    "elbo free-bits=0.02",
    "elbo free-total=1 beta=0.5",
    "elbo free-total=1000 free-bits=0.1",
    "sampled-elbo",
    "sampled-elbo samples=3 beta=2 warm-up=1",
    "iwae samples=1",
    "iwae samples=3",
};
enum { OBJECTIVES = sizeof objectives / sizeof *objectives };

static bool refused(const vae_model_spec *variant, const char *objective)
{
    return strstr(objective, "free-bits") && (variant->build || variant->prior);
}

START_TEST(test_gradients)
{
    const vae_model_spec *variant = &variants[_i / OBJECTIVES];
    const char *objective = objectives[_i % OBJECTIVES];
    vae_model *model = NULL;
    vae_check_report report;
    if (refused(variant, objective))
        return;
    ck_assert_status_ok(declare(variant, objective, &model));
    ck_assert_status_ok(vae_check(model, data, &(vae_check_options){ .examples = 5, .threads = 1 }, &report));
    ck_assert_msg(!report.failures, "%s, %s: %s: %g", variant->name, objective, report.tensors[report.worst].name,
                  report.tensors[report.worst].error);
    vae_check_report_free(&report);
    vae_model_free(&model);
}
END_TEST

/* ---- Mistakes ---------------------------------------------------------------------------------------------------- */

START_TEST(test_mistakes)
{
    static const vae_model_spec without = { .name = "without densities", .latents = LATENTS, .build = by_hand };
    static const struct {
        const vae_model_spec *variant;
        const char *objective;
        vae_code code;
        const char *message;
    } cases[] = {
        { &variants[UNKNOWN], "elbo free-bits=0.5", VAE_ERROR_UNSUPPORTED,
          "unknown: objective: \"elbo free-bits=0.5\" wants the KL of each dimension of z, which the prior unknown "
          "does "
          "not give" },
        { &variants[BY_HAND], "elbo free-bits=0.5", VAE_ERROR_UNSUPPORTED,
          "by hand: objective: \"elbo free-bits=0.5\" wants the KL of each dimension of z, which a .build does not "
          "give" },
        { &without, "iwae samples=2", VAE_ERROR_DECLARATION,
          "without densities: .build: log_prior: expected a node of shape (rows × 2, 1), found none" },
        { &without, "sampled-elbo", VAE_ERROR_DECLARATION,
          "without densities: .build: log_prior: expected a node of shape (rows, 1), found none" },
        { &variants[0], "iwae", VAE_ERROR_DECLARATION,
          "vae: objective: iwae: samples is missing; it is written \"iwae samples=COUNT\"" },
        { &variants[0], "iwae samples=2.5", VAE_ERROR_DECLARATION,
          "vae: objective: samples: expected a whole number from 1 to 100000, found \"2.5\"" },
        { &variants[0], "iwae samples=0", VAE_ERROR_DECLARATION,
          "vae: objective: samples: expected a whole number from 1 to 100000, found \"0\"" },
        { &variants[0], "iwae 5", VAE_ERROR_DECLARATION,
          "vae: objective: \"5\": not expected here; it is written \"iwae samples=COUNT\"" },
        { &variants[0], "elbo beta=-1", VAE_ERROR_DECLARATION,
          "beta: expected a number from 0 to 1e+06, found \"-1\"" },
        { &variants[0], "elbo gamma=1", VAE_ERROR_DECLARATION,
          "it is written \"elbo [samples=COUNT] [beta=NUMBER] [warm-up=NUMBER] [free-bits=NUMBER] "
          "[free-total=NUMBER]\"" },
        { &variants[0], "sampled-elbo free-bits=1", VAE_ERROR_DECLARATION, "\"free-bits=1\": not expected here" },
        { &variants[0], "vlbo", VAE_ERROR_DECLARATION,
          "vae: objective: \"vlbo\": no such objective; there are elbo, sampled-elbo, iwae" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vae_model *model = NULL;
        ck_assert_status(declare(cases[i].variant, cases[i].objective, &model), cases[i].code, cases[i].message);
        ck_assert_ptr_null(model);
    }
    vae_model *model = NULL;
    ck_assert_status_ok(declare(&without, "elbo samples=2", &model));
    vae_model_free(&model);
}
END_TEST

/* ---- History ----------------------------------------------------------------------------------------------------- */

static vae_training *trained(const char *objective, vae_progress_function *progress, void *context)
{
    vae_model *model = NULL;
    vae_training *training = NULL;
    ck_assert_status_ok(declare(&variants[1], objective, &model));
    ck_assert_status_ok(vae_training_new(&model, data, &(vae_training_options){ .batch_size = 16 }, &training));
    ck_assert_status_ok(vae_train(
        training, data, &(vae_train_options){ .epochs = 2, .threads = 1, .progress = progress, .context = context }));
    return training;
}

/* The values of a column; NULL: there is none. */
static const double *column(const vae_training *training, const char *name)
{
    for (int i = 0; i < vae_history_columns(training); i++)
        if (!strcmp(vae_history_column_at(training, i).name, name))
            return vae_history_column_at(training, i).values;
    return NULL;
}

static int take_progress(void *context, const vae_progress *progress)
{
    *(vae_progress *)context = *progress;
    return 0;
}

START_TEST(test_history)
{
    static const double betas[] = { 3, 1, 0 };
    for (int i = 0; i < 3; i++) {
        char objective[64];
        vae_progress told;
        snprintf(objective, sizeof objective, "elbo samples=2 beta=%g", betas[i]);
        vae_training *training = trained(objective, take_progress, &told);
        for (int row = 0; row < 2; row++) {
            double r = column(training, "train/reconstruction")[row], kl = column(training, "train/kl")[row];
            ck_assert_double_eq_tol(column(training, "train/elbo")[row], r - kl, 1e-9 * fabs(r));
            ck_assert_double_eq_tol(column(training, "train/objective")[row], r - betas[i] * kl, 1e-6 * fabs(r));
        }
        ck_assert_double_eq(told.objective, column(training, "train/objective")[1]);
        ck_assert_double_eq(told.elbo, column(training, "train/elbo")[1]);
        vae_training_free(&training);
    }
    vae_progress told;
    vae_training *training = trained("elbo", take_progress, &told);
    ck_assert_ptr_null(column(training, "train/objective"));
    ck_assert_double_eq_tol(told.objective, told.elbo, 1e-6 * fabs(told.elbo));
    vae_training_free(&training);
}
END_TEST

/* The weight rises with every step: 0 before the first, so that this step learns from the reconstruction alone. */
START_TEST(test_warm_up_in_training)
{
    vae_training *rising = trained("elbo warm-up=1", NULL, NULL), *whole = trained("elbo beta=0", NULL, NULL);
    double r = column(rising, "train/reconstruction")[0], kl = column(rising, "train/kl")[0];
    double objective = column(rising, "train/objective")[0];
    ck_assert_double_gt(objective, r - kl);
    ck_assert_double_lt(objective, r);
    /* Behind it all of the KL counts. */
    r = column(rising, "train/reconstruction")[1];
    kl = column(rising, "train/kl")[1];
    ck_assert_double_eq_tol(column(rising, "train/objective")[1], r - kl, 1e-6 * fabs(r));
    ck_assert_double_lt(kl, column(whole, "train/kl")[1]);
    vae_training_free(&rising);
    vae_training_free(&whole);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("objectives");
    const TTest *const tests[] = { test_warm_up, test_mistakes, test_history, test_warm_up_in_training, NULL };
    TCase *one = suite_case_between(suite, "objectives", 60, begin, end, tests);
    tcase_add_loop_test(one, test_of_weights, 0, VARIANTS);
    tcase_add_loop_test(one, test_of_terms, 0, VARIANTS);
    tcase_add_loop_test(one, test_one_sample, 0, VARIANTS);
    tcase_add_loop_test(one, test_free_bits, 0, 2);
    tcase_add_loop_test(one, test_gradients, 0, VARIANTS * OBJECTIVES);
    return suite_run(suite);
}
