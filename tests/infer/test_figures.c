/*
 * The figures of evaluation beside closed forms: a linear model whose conditions move its prior, p(z | y) = N(c(y), 1),
 * x = z W + b + sigma · noise, so that log p(x | y) = log N(x; b + c(y) W, Wᵀ W + σ² 1). The rows of W are at right
 * angles, so the posterior is diagonal, and a linear encoder of x and y can be it. And the others, of digits: standard
 * errors, bits, dimensions of z, and what a model does not have.
 */
#include <hdf5.h>
#include <hdf5_hl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vae/catalogue.h>
#include <vae/infer.h>

#include "models/model.h"
#include "src/data/match.h"
#include "tests/support/models.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"

enum { ROWS = 60, SIZE = 3, LATENT = 2 };
static const double SIGMA = 0.7;
static const double W[LATENT][SIZE] = { { 0.6, 0.5, -0.2 },
                                        { -0.3, 0.4, 0.1 } }; /* 0.6 · −0.3 + 0.5 · 0.4 − 0.2 · 0.1 = 0 */
static const double B[SIZE] = { 0.5, -1, 0.25 };
static const double SHIFT[LATENT] = { 0.8, -0.5 }, SLOPE[LATENT] = { -0.4, 0.9 }; /* c(y) = SHIFT + y · SLOPE */

static char folder[64], path[96], other_path[96];
static vae_data *data, *digits;
static float x[ROWS][SIZE], y[ROWS];

static double normal(uint64_t *state)
{
    double draws[2];
    for (int i = 0; i < 2; i++) {
        *state = *state * 6364136223846793005u + 1442695040888963407u;
        draws[i] = ((double)(*state >> 11) + 0.5) / 9007199254740992.0;
    }
    return sqrt(-2 * log(draws[0])) * cos(2 * M_PI * draws[1]);
}

static void draw_rows(void)
{
    uint64_t state = 99;
    for (int r = 0; r < ROWS; r++) {
        y[r] = (float)(r % 5) / 2 - 1;
        double z[LATENT];
        for (int j = 0; j < LATENT; j++)
            z[j] = SHIFT[j] + (double)y[r] * SLOPE[j] + normal(&state);
        for (int i = 0; i < SIZE; i++)
            x[r][i] = (float)(B[i] + z[0] * W[0][i] + z[1] * W[1][i] + SIGMA * normal(&state));
    }
}

static void begin(void)
{
    static const vae_field_source conditions[] = { { .name = "y", .kind = VAE_VALUES } };
    strcpy(folder, "/tmp/vae-test-figures-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/data.h5", folder);
    snprintf(other_path, sizeof other_path, "%s/found.h5", folder);
    draw_rows();
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    H5LTmake_dataset(file, "x", 2, (hsize_t[]){ ROWS, SIZE }, H5T_NATIVE_FLOAT, x);
    H5LTmake_dataset(file, "y", 1, (hsize_t[]){ ROWS }, H5T_NATIVE_FLOAT, y);
    H5Fclose(file);
    const vae_data_options options = { .threads = 1, .conditions = conditions, .condition_count = 1 };
    ck_assert_status_ok(vae_data_open(path, &options, &data));
    ck_assert_status_ok(vae_data_open("digits:60", &(vae_data_options){ .threads = 1 }, &digits));
}

static void end(void)
{
    vae_data_free(&data);
    vae_data_free(&digits);
    remove(path);
    remove(other_path);
    ck_assert_int_eq(rmdir(folder), 0);
    ck_assert_int_eq(system_outstanding(), 0);
}

/* ---- A prior that conditions move -------------------------------------------------------------------------------- */

static vae_node *zero(const vae_network *prior)
{
    double nought = 0;
    return vae_constant(vae_network_graph(prior), 1, (int64_t[]){ 1 }, &nought);
}

static vae_node *moved_log(const vae_network *prior, const double *arguments, vae_node *z)
{
    (void)arguments;
    return vae_loglik_gaussian(z, vae_network_head(prior, NULL, LATENT, "mean"), zero(prior), NULL);
}

static vae_node *moved_sample(const vae_network *prior, const double *arguments, vae_node *noise)
{
    (void)arguments;
    return vae_add(noise, vae_network_head(prior, NULL, LATENT, "mean"));
}

static const vae_prior moved = { .word = { .name = "moved", .summary = "N(c(y), 1)" },
                                 .log = moved_log,
                                 .sample = moved_sample };
static const vae_catalogue mine = { .priors = &moved, .prior_count = 1 };

/* ---- The model --------------------------------------------------------------------------------------------------- */

/* The precision of the posterior in a dimension: 1 + ‖W_j‖² / σ². */
static double precision(int j)
{
    double square = 0;
    for (int i = 0; i < SIZE; i++)
        square += W[j][i] * W[j][i];
    return 1 + square / (SIGMA * SIGMA);
}

/* z | x, y ~ N((c(y) + W (x − b) / σ²) / precision, 1 / precision). */
static void set_posterior(vae_model *model)
{
    float *map = values_of(model, "encoder/mean/weight"), *bias = values_of(model, "encoder/mean/bias");
    for (int j = 0; j < LATENT; j++) {
        double at = SHIFT[j] / precision(j);
        for (int i = 0; i < SIZE; i++) {
            double weight = W[j][i] / (SIGMA * SIGMA) / precision(j);
            map[i * LATENT + j] = (float)weight;
            at -= weight * B[i];
        }
        bias[j] = (float)at;
        values_of(model, "encoder/mean/weight_y")[j] = (float)(SLOPE[j] / precision(j));
        values_of(model, "encoder/logvar/bias")[j] = (float)-log(precision(j));
    }
}

/* The encoder is the true posterior, or the prior's means with deviations of 1. */
static vae_model *linear(bool exact)
{
    static const vae_model_spec spec = { .name = "linear",
                                         .x = { .likelihood = "gaussian sigma=0.7", .transform = "raw" },
                                         .conditions = { { .name = "y", .kind = VAE_VALUES, .transform = "raw" } },
                                         .latents = { { .size = LATENT } },
                                         .prior = "moved",
                                         .encoder = "",
                                         .decoder = "" };
    vae_model *model = NULL;
    ck_assert_status_ok(vae_model_new(&spec, &mine, data, 3, &model));
    all_to_zero(model);
    for (int j = 0; j < LATENT; j++) {
        values_of(model, "prior/mean/bias")[j] = values_of(model, "encoder/mean/bias")[j] = (float)SHIFT[j];
        values_of(model, "prior/mean/weight_y")[j] = values_of(model, "encoder/mean/weight_y")[j] = (float)SLOPE[j];
        for (int i = 0; i < SIZE; i++)
            values_of(model, "decoder/mean/weight")[j * SIZE + i] = (float)W[j][i];
    }
    for (int i = 0; i < SIZE; i++)
        values_of(model, "decoder/mean/bias")[i] = (float)B[i];
    if (exact)
        set_posterior(model);
    return model;
}

/* −log N(x; b + c(y) W, Wᵀ W + σ² 1) of a row, by the lemmas of Woodbury and of determinants: W Wᵀ is diagonal. */
static double exact_nll(int row)
{
    double error[SIZE], square = 0, determinant = SIZE * log(2 * M_PI * SIGMA * SIGMA);
    for (int i = 0; i < SIZE; i++) {
        error[i] = (double)x[row][i] - B[i];
        for (int j = 0; j < LATENT; j++)
            error[i] -= (SHIFT[j] + (double)y[row] * SLOPE[j]) * W[j][i];
        square += error[i] * error[i] / (SIGMA * SIGMA);
    }
    for (int j = 0; j < LATENT; j++) {
        double along = 0;
        for (int i = 0; i < SIZE; i++)
            along += W[j][i] * error[i] / (SIGMA * SIGMA);
        square -= along * along / precision(j);
        determinant += log(precision(j));
    }
    return 0.5 * (square + determinant);
}

static double exact_mean(void)
{
    double total = 0;
    for (int r = 0; r < ROWS; r++)
        total += exact_nll(r) / ROWS;
    return total;
}

static vae_evaluation evaluated(const vae_model *model, int64_t samples, int64_t prior_samples, uint64_t seed,
                                int threads)
{
    vae_evaluation found;
    const vae_evaluation_options options = {
        .split = VAE_ALL, .samples = samples, .prior_samples = prior_samples, .seed = seed, .threads = threads
    };
    ck_assert_status_ok(vae_evaluate(model, data, &options, &found));
    return found;
}

/* ---- The likelihood ---------------------------------------------------------------------------------------------- */

/* A mean over seeds and its standard error; float32 sums are not better than 2e-5. */
typedef struct estimate {
    double mean, error;
} estimate;

enum { SEEDS = 16, WAYS = 5, NLL = WAYS, ELBO };

static estimate of_figures(const double figures[SEEDS])
{
    double mean = 0, square = 0;
    for (int i = 0; i < SEEDS; i++)
        mean += figures[i] / SEEDS;
    for (int i = 0; i < SEEDS; i++)
        square += (figures[i] - mean) * (figures[i] - mean) / (SEEDS - 1);
    return (estimate){ mean, sqrt(square / SEEDS) };
}

/* By a poor q, and by the prior p(z | y), where a p(z) that forgets y, or its draws, would be tenths of a nat away. On
 * average an estimate falls with n and stays above the truth; of enough samples it is there. */
START_TEST(test_truth)
{
    static double figures[ELBO + 1][SEEDS];
    vae_model *model = linear(false);
    const double truth = exact_mean();
    for (int seed = 0; seed < SEEDS; seed++) {
        vae_evaluation found = evaluated(model, 2000, 10000, (uint64_t)seed, 2);
        ck_assert_int_eq(found.prior_estimate_count, WAYS);
        ck_assert_double_eq(found.prior_estimates[WAYS - 1].nll, found.prior_nll);
        ck_assert_double_eq(found.prior_estimates[WAYS - 1].nll_error, found.prior_nll_error);
        for (int i = 0; i < WAYS; i++) {
            ck_assert_int_eq(found.prior_estimates[i].n, (int64_t)(pow(10, i) + 0.5));
            figures[i][seed] = found.prior_estimates[i].nll;
        }
        figures[NLL][seed] = found.nll;
        figures[ELBO][seed] = -found.elbo;
    }
    ck_assert_double_gt(of_figures(figures[ELBO]).mean, of_figures(figures[NLL]).mean + 0.1);
    for (int i = 0; i <= NLL; i++) {
        const estimate found = of_figures(figures[i]), before = of_figures(figures[i ? i - 1 : 0]);
        ck_assert_msg(found.mean > truth - 3 * found.error - 2e-5, "%d: %.6f, truth %.6f", i, found.mean, truth);
        ck_assert_msg(!i || i >= 3 || found.mean < before.mean - 3 * before.error, "%d: %.6f, before %.6f", i,
                      found.mean, before.mean);
        ck_assert_msg(i < WAYS - 1 || fabs(found.mean - truth) <= 3 * found.error + 1e-4, "%d: %.6f ± %.6f, truth %.6f",
                      i, found.mean, found.error, truth);
        ck_assert_msg(i < WAYS - 1 || found.error < 2e-3, "%d: an error of %g", i, found.error);
    }
    vae_model_free(&model);
}
END_TEST

/* With the true posterior every weight is p(x | y), of whatever draw, and the bound is tight. */
START_TEST(test_exact_posterior)
{
    vae_model *model = linear(true);
    double bounds[SEEDS];
    for (int seed = 0; seed < SEEDS; seed++)
        bounds[seed] = -evaluated(model, 0, 0, (uint64_t)seed, 1).elbo;
    ck_assert_double_eq_tol(of_figures(bounds).mean, exact_mean(), 3 * of_figures(bounds).error + 2e-5);
    vae_examples each;
    vae_evaluation found;
    const vae_evaluation_options options = { .split = VAE_ALL, .samples = 30000, .threads = 2 };
    ck_assert_status_ok(vae_evaluate_examples(model, data, &options, &found, &each));
    for (int r = 0; r < ROWS; r++) {
        ck_assert_double_eq_tol(each.nll[r], exact_nll(r), 2e-5);
        ck_assert_double_le(each.effective_fraction[r], 1);
        ck_assert_double_ge(each.effective_fraction[r], 1 - 1e-9);
    }
    ck_assert_double_le(found.effective_fraction, 1);
    ck_assert_double_ge(found.effective_fraction_least, 1 - 1e-9);
    ck_assert_ptr_null(each.prior_nll);
    vae_examples_free(&each);
    vae_model_free(&model);
}
END_TEST

/* ---- Weights, drawn at once -------------------------------------------------------------------------------------- */

/* −log 1/K Σ w and (Σ w)² / Σ w² / K of each row. */
static void at_once(const vae_model *model, vae__graph_kind kind, int64_t samples, double nll[ROWS],
                    double fraction[ROWS])
{
    vae__match match;
    vae__model_graph graph;
    vae_executor *executor = NULL;
    vae_binding bindings[VAE__MAX_BINDINGS];
    ck_assert_status_ok(vae__match_data(model, data, VAE_ALL, &match));
    vae__graph_request request = vae__match_request(&match, kind);
    request.samples = samples;
    ck_assert_status_ok(vae__model_graph_new(model, &request, &graph));
    ck_assert_status_ok(
        vae_executor_new(graph.program, &(vae_executor_options){ .capacity = ROWS, .threads = 1 }, &executor));
    vae_run run = { .examples = ROWS, .bindings = bindings, .seed = 8, .purpose = "evaluate" };
    run.binding_count = vae__match_bind(&match, &graph, NULL, bindings);
    ck_assert_status_ok(vae_executor_run(executor, &run));
    const float *weights = vae_executor_value(executor, graph.log_weight);
    for (int64_t r = 0; r < ROWS; r++) {
        double sum = 0, square = 0;
        for (int64_t k = 0; k < samples; k++) {
            double weight = exp((double)weights[r * samples + k]);
            sum += weight;
            square += weight * weight;
        }
        nll[r] = -log(sum / (double)samples);
        fraction[r] = sum * sum / square / (double)samples;
    }
    vae_executor_free(&executor);
    vae__model_graph_clear(&graph);
}

START_TEST(test_pieces)
{
    static const int64_t samples[] = { 1, 2, 100, 127, 128, 129, 259, 1000 };
    double nll[ROWS], prior_nll[ROWS], fraction[ROWS], unwanted[ROWS];
    vae_model *model = linear(false);
    for (int i = 0; i < 8; i++) {
        vae_examples each;
        vae_evaluation found;
        const vae_evaluation_options options = {
            .split = VAE_ALL, .samples = samples[i], .prior_samples = samples[i], .seed = 8, .threads = 1
        };
        ck_assert_status_ok(vae_evaluate_examples(model, data, &options, &found, &each));
        at_once(model, VAE__WEIGHTS, samples[i], nll, fraction);
        at_once(model, VAE__PRIOR_WEIGHTS, samples[i], prior_nll, unwanted);
        double least = 1, mean = 0;
        for (int r = 0; r < ROWS; r++) {
            ck_assert_double_eq_tol(each.nll[r], nll[r], 1e-5);
            ck_assert_double_eq_tol(each.prior_nll[r], prior_nll[r], 1e-5);
            ck_assert_double_eq_tol(each.effective_fraction[r], fraction[r], 1e-5);
            ck_assert_msg(fabs(nll[r] - prior_nll[r]) > 0, "row %d: draws of the posterior", r); /* q is p here */
            least = fmin(least, fraction[r]);
            mean += fraction[r] / ROWS;
        }
        ck_assert_double_eq_tol(found.effective_fraction_least, least, 1e-5);
        ck_assert_double_eq_tol(found.effective_fraction, mean, 1e-5);
        ck_assert(samples[i] > 1 ? least < 0.9 : least > 1 - 1e-9);
        vae_examples_free(&each);
    }
    vae_model_free(&model);
}
END_TEST

/* Estimates of few draws are those of the first of many. */
START_TEST(test_first_draws)
{
    vae_model *model = linear(false);
    for (int prior = 0; prior < 2; prior++) {
        const vae_evaluation many = evaluated(model, prior ? 0 : 1500, prior ? 1500 : 0, 8, 1);
        const vae_nll_estimate *all = prior ? many.prior_estimates : many.nll_estimates;
        ck_assert_int_eq(prior ? many.prior_estimate_count : many.nll_estimate_count, 5);
        ck_assert_int_eq(all[4].n, 1500);
        for (int i = 0; i < 4; i++) {
            const vae_evaluation few = evaluated(model, prior ? 0 : all[i].n, prior ? all[i].n : 0, 8, 1);
            ck_assert_int_eq(prior ? few.prior_estimate_count : few.nll_estimate_count, i + 1);
            ck_assert_double_eq_tol(prior ? few.prior_nll : few.nll, all[i].nll, 1e-5);
            ck_assert_double_eq_tol(prior ? few.prior_nll_error : few.nll_error, all[i].nll_error, 1e-5);
        }
    }
    vae_model_free(&model);
}
END_TEST

/* Neither threads nor what else is estimated change a bit. */
START_TEST(test_threads)
{
    vae_model *model = linear(false);
    const vae_evaluation one = evaluated(model, 300, 300, 8, 1), prior = evaluated(model, 0, 300, 8, 1);
    const vae_evaluation importance = evaluated(model, 300, 0, 8, 1);
    for (int threads = 2; threads <= 8; threads++) {
        const vae_evaluation other = evaluated(model, 300, 300, 8, threads);
        ck_assert_mem_eq(&one.nll, &other.nll, sizeof one.nll);
        ck_assert_mem_eq(&one.effective_fraction, &other.effective_fraction, sizeof one.nll);
        for (int i = 0; i < one.prior_estimate_count; i++) {
            ck_assert_mem_eq(&one.prior_estimates[i].nll, &other.prior_estimates[i].nll, sizeof one.nll);
            ck_assert_mem_eq(&one.prior_estimates[i].nll_error, &other.prior_estimates[i].nll_error, sizeof one.nll);
        }
    }
    ck_assert_mem_eq(&one.prior_nll, &prior.prior_nll, sizeof one.nll);
    ck_assert_mem_eq(&one.nll, &importance.nll, sizeof one.nll);
    ck_assert(isnan(prior.nll) && isnan(prior.nll_error) && isnan(prior.effective_fraction));
    ck_assert(isnan(importance.prior_nll) && !importance.prior_estimate_count && !importance.prior_samples);
    vae_model_free(&model);
}
END_TEST

/* Where x does not depend on z all estimates are one number: of the same x, binarised once for each example, and in the
 * units that the data is stored in. */
START_TEST(test_same_x)
{
    static const struct {
        vae_model_spec spec;
        const char *bias;
    } cases[] = {
        { { .name = "b", .latents = { { .size = 3 } }, .encoder = "", .decoder = "" }, "decoder/logits/bias" },
        { { .name = "g",
            .x = { .likelihood = "gaussian sigma=0.5" },
            .latents = { { .size = 3 } },
            .encoder = "",
            .decoder = "" },
          "decoder/mean/bias" },
    };
    vae_model *model = model_of(&cases[_i].spec, digits);
    all_to_zero(model);
    for (int i = 0; i < 784; i++)
        values_of(model, cases[_i].bias)[i] = (float)sin(i);
    vae_examples each;
    const vae_evaluation_options options = {
        .split = VAE_TRAIN, .samples = 3, .prior_samples = 12, .seed = 4, .threads = 1
    };
    ck_assert_status_ok(vae_evaluate_examples(model, digits, &options, NULL, &each));
    for (int64_t r = 0; r < each.count; r++) {
        ck_assert_double_eq_tol(each.prior_nll[r], each.nll[r], 1e-6 * fabs(each.nll[r]));
        ck_assert_double_eq_tol(each.prior_nll[r], -each.elbo[r], 1e-6 * fabs(each.nll[r]));
    }
    vae_examples_free(&each);
    vae_model_free(&model);
}
END_TEST

/* ---- Standard errors, bits --------------------------------------------------------------------------------------- */

static double error_of(const double *figures, int64_t count)
{
    double mean = 0, square = 0;
    for (int64_t i = 0; i < count; i++)
        mean += figures[i] / (double)count;
    for (int64_t i = 0; i < count; i++)
        square += (figures[i] - mean) * (figures[i] - mean);
    return sqrt(square / (double)(count - 1) / (double)count);
}

static const vae_model_spec bernoulli = {
    .name = "bernoulli",
    .latents = { { .size = 3 } },
    .encoder = "dense 9 tanh",
    .decoder = "dense 9 tanh",
};

START_TEST(test_errors)
{
    vae_model *model = model_of(&bernoulli, digits);
    vae_evaluation found;
    vae_examples each;
    const vae_evaluation_options options = { .split = VAE_TRAIN, .samples = 5, .prior_samples = 5, .threads = 1 };
    ck_assert_status_ok(vae_evaluate_examples(model, digits, &options, &found, &each));
    const struct {
        const double *figures;
        double error;
    } columns[] = { { each.elbo, found.elbo_error },
                    { each.reconstruction, found.reconstruction_error },
                    { each.kl, found.kl_error },
                    { each.nll, found.nll_error },
                    { each.prior_nll, found.prior_nll_error } };
    for (int i = 0; i < 5; i++) {
        double expected = error_of(columns[i].figures, each.count);
        ck_assert_double_gt(expected, 0);
        ck_assert_double_eq_tol(columns[i].error, expected, 1e-9 * expected);
    }
    ck_assert_double_eq_tol(found.elbo_bits, found.elbo / (784 * log(2)), 1e-12);
    ck_assert_double_eq_tol(found.nll_bits, found.nll / (784 * log(2)), 1e-12);
    ck_assert_double_eq_tol(found.prior_nll_bits, found.prior_nll / (784 * log(2)), 1e-12);
    vae_examples_free(&each);
    vae_model_free(&model);
}
END_TEST

/* Of a density there are no bits, and of what was not estimated neither. */
START_TEST(test_no_bits)
{
    vae_model *density = linear(true), *plain = model_of(&bernoulli, digits);
    const vae_evaluation found = evaluated(density, 2, 2, 0, 1);
    ck_assert(isnan(found.elbo_bits) && isnan(found.nll_bits) && isnan(found.prior_nll_bits));
    vae_evaluation bound;
    ck_assert_status_ok(vae_evaluate(plain, digits, &(vae_evaluation_options){ .split = VAE_TEST }, &bound));
    ck_assert(isfinite(bound.elbo_bits) && isnan(bound.nll_bits) && isnan(bound.prior_nll_bits));
    vae_model_free(&density);
    vae_model_free(&plain);
}
END_TEST

/* A single example has no error; with gaps, bits are of what was seen. */
START_TEST(test_single)
{
    static const uint8_t counts[1][4] = { { 3, 0, 255, 1 } };
    static const vae_model_spec spec = { .name = "counts",
                                         .x = { .likelihood = "poisson",
                                                .transform = "raw",
                                                .encoder_transform = "log1p",
                                                .has_fill_value = true,
                                                .fill_value = 255 },
                                         .latents = { { .size = 2 } },
                                         .encoder = "",
                                         .decoder = "" };
    vae_data *one = NULL;
    vae_evaluation found;
    hid_t file = H5Fcreate(other_path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    H5LTmake_dataset(file, "x", 2, (hsize_t[]){ 1, 4 }, H5T_NATIVE_UINT8, counts);
    H5Fclose(file);
    ck_assert_status_ok(vae_data_open(other_path, &(vae_data_options){ .threads = 1 }, &one));
    vae_model *model = model_of(&spec, one);
    const vae_evaluation_options options = { .split = VAE_ALL, .samples = 3, .prior_samples = 3, .threads = 1 };
    ck_assert_status_ok(vae_evaluate(model, one, &options, &found));
    ck_assert(isnan(found.elbo_error) && isnan(found.reconstruction_error) && isnan(found.kl_error));
    ck_assert(isnan(found.nll_error) && isnan(found.prior_nll_error) && isfinite(found.prior_nll));
    ck_assert_double_eq(found.observed, 3);
    ck_assert_double_eq_tol(found.nll_bits, found.nll / (3 * log(2)), 1e-12);
    vae_model_free(&model);
    vae_data_free(&one);
}
END_TEST

/* ---- Dimensions of z --------------------------------------------------------------------------------------------- */

START_TEST(test_dimensions)
{
    vae_model *model = model_of(&bernoulli, digits);
    vae_evaluation found;
    vae_examples each;
    const vae_evaluation_options options = { .split = VAE_TRAIN, .threads = 1 };
    memset(values_of(model, "encoder/mean/weight"), 0, sizeof(float)); /* unlike one another */
    values_of(model, "encoder/mean/bias")[1] = 2;
    ck_assert_status_ok(vae_evaluate_examples(model, digits, &options, &found, &each));
    ck_assert_int_eq(each.latent_size, 3);
    double total = 0, active = 0;
    for (int j = 0; j < 3; j++) {
        total += each.kl_dimensions[j];
        active += each.mean_variance[j] > 0.01;
        ck_assert_double_gt(each.kl_dimensions[j], 0);
    }
    ck_assert_double_gt(each.kl_dimensions[1], 2); /* ½ · 2² */
    ck_assert_double_lt(each.kl_dimensions[0], 2);
    ck_assert_double_eq_tol(total, found.kl, 1e-5 * found.kl);
    ck_assert_double_eq(active, (double)found.active_units);
    vae_examples_free(&each);
    vae_model_free(&model);
}
END_TEST

/* The posterior's means are linear in x and y, and so their variance is known; this prior tells no KL by dimension. */
START_TEST(test_variance)
{
    vae_model *model = linear(true);
    vae_examples each;
    ck_assert_status_ok(vae_evaluate_examples(model, data, &(vae_evaluation_options){ .split = VAE_ALL }, NULL, &each));
    ck_assert_ptr_null(each.kl_dimensions);
    for (int j = 0; j < LATENT; j++) {
        double sum = 0, square = 0;
        for (int r = 0; r < ROWS; r++) {
            double mean = SHIFT[j] + (double)y[r] * SLOPE[j];
            for (int i = 0; i < SIZE; i++)
                mean += W[j][i] * ((double)x[r][i] - B[i]) / (SIGMA * SIGMA);
            sum += mean / precision(j) / ROWS;
            square += mean / precision(j) * mean / precision(j) / ROWS;
        }
        ck_assert_double_eq_tol(each.mean_variance[j], square - sum * sum, 1e-5);
    }
    vae_examples_free(&each);
    vae_model_free(&model);
}
END_TEST

/* ---- The file ---------------------------------------------------------------------------------------------------- */

static int64_t read_numbers(hid_t file, const char *name, double *numbers)
{
    hsize_t shape[1];
    int rank = 0;
    if (H5LTpath_valid(file, name, 0) <= 0)
        return 0;
    ck_assert_int_ge(H5LTget_dataset_ndims(file, name, &rank), 0);
    ck_assert_int_eq(rank, 1);
    ck_assert_int_ge(H5LTget_dataset_info(file, name, shape, NULL, NULL), 0);
    ck_assert_uint_le(shape[0], ROWS);
    ck_assert_int_ge(H5LTread_dataset_double(file, name, numbers), 0);
    return (int64_t)shape[0];
}

static void check_number(hid_t file, const char *name, double expected)
{
    double numbers[ROWS];
    ck_assert_msg(read_numbers(file, name, numbers) == 1, "%s: not one value", name);
    ck_assert_msg(!memcmp(numbers, &expected, sizeof expected), "%s: %g, expected %g", name, numbers[0], expected);
}

START_TEST(test_file)
{
    double numbers[ROWS];
    vae_model *model = linear(false);
    vae_evaluation found;
    vae_examples each;
    const vae_evaluation_options options = { .split = VAE_ALL, .samples = 20, .prior_samples = 150, .threads = 1 };
    ck_assert_status_ok(vae_evaluate_examples(model, data, &options, &found, &each));
    ck_assert_status_ok(vae_evaluation_save(model, &found, &each, other_path));
    hid_t file = H5Fopen(other_path, H5F_ACC_RDONLY, H5P_DEFAULT);
    check_number(file, "means/elbo", found.elbo);
    check_number(file, "means/elbo_error", found.elbo_error);
    check_number(file, "means/reconstruction_error", found.reconstruction_error);
    check_number(file, "means/kl_error", found.kl_error);
    check_number(file, "means/nll", found.nll);
    check_number(file, "means/nll_error", found.nll_error);
    check_number(file, "means/nll_samples", 20);
    check_number(file, "means/effective_fraction", found.effective_fraction);
    check_number(file, "means/effective_fraction_least", found.effective_fraction_least);
    check_number(file, "means/prior_nll", found.prior_nll);
    check_number(file, "means/prior_nll_samples", 150);
    check_number(file, "means/active_units", (double)found.active_units);
    ck_assert_int_eq(read_numbers(file, "means/nll_bits", numbers), 0); /* a density */
    ck_assert_int_eq(read_numbers(file, "dimensions/kl", numbers), 0);
    ck_assert_int_eq(read_numbers(file, "dimensions/mean_variance", numbers), LATENT);
    ck_assert_mem_eq(numbers, each.mean_variance, LATENT * sizeof *numbers);
    ck_assert_int_eq(read_numbers(file, "nll", numbers), ROWS);
    ck_assert_mem_eq(numbers, each.nll, sizeof numbers);
    ck_assert_int_eq(read_numbers(file, "effective_fraction", numbers), ROWS);
    ck_assert_mem_eq(numbers, each.effective_fraction, sizeof numbers);
    ck_assert_int_eq(read_numbers(file, "prior_nll", numbers), ROWS);
    ck_assert_mem_eq(numbers, each.prior_nll, sizeof numbers);
    ck_assert_int_eq(read_numbers(file, "prior_estimates/n", numbers), 4);
    ck_assert_double_eq(numbers[1], 10);
    ck_assert_double_eq(numbers[3], 150);
    ck_assert_int_eq(read_numbers(file, "prior_estimates/nll", numbers), 4);
    ck_assert_double_eq(numbers[2], found.prior_estimates[2].nll);
    ck_assert_int_eq(read_numbers(file, "prior_estimates/nll_error", numbers), 4);
    ck_assert_double_eq(numbers[2], found.prior_estimates[2].nll_error);
    H5Fclose(file);
    ck_assert_status_ok(vae_examples_save(model, &each, other_path)); /* without the means */
    file = H5Fopen(other_path, H5F_ACC_RDONLY, H5P_DEFAULT);
    ck_assert_int_eq(read_numbers(file, "prior_nll", numbers), ROWS);
    ck_assert_int_eq(H5Lexists(file, "means", H5P_DEFAULT), 0);
    H5Fclose(file);
    ck_assert_status(vae_evaluation_save(model, NULL, &each, other_path), VAE_ERROR_ARGUMENT, "found NULL");
    ck_assert_status(vae_evaluation_save(model, &found, &each, "found.png"), VAE_ERROR_ARGUMENT, "in .h5 or .hdf5");
    vae_examples_free(&each);
    ck_assert_ptr_null(each.prior_nll);
    vae_model_free(&model);
}
END_TEST

/* ---- What is refused --------------------------------------------------------------------------------------------- */

typedef struct counted {
    int64_t last, passes;
} counted;

static int count(void *context, int64_t done, int64_t examples)
{
    counted *c = context;
    ck_assert_int_eq(examples, ROWS);
    c->passes += done == examples;
    c->last = done;
    return 0;
}

static int stop_in_second(void *context, int64_t done, int64_t examples)
{
    counted *c = context;
    count(context, done, examples);
    return c->passes == 2;
}

START_TEST(test_progress)
{
    vae_model *model = linear(true);
    vae_evaluation found;
    counted all = { 0, 0 }, some = { 0, 0 };
    vae_evaluation_options options = {
        .split = VAE_ALL, .samples = 3, .prior_samples = 3, .threads = 1, .progress = count, .context = &all
    };
    ck_assert_status_ok(vae_evaluate(model, data, &options, &found));
    ck_assert_int_eq(all.passes, 2);
    options.progress = stop_in_second;
    options.context = &some;
    ck_assert_status(vae_evaluate(model, data, &options, &found), VAE_STOPPED, "stopped after 60 of 60 examples");
    vae_model_free(&model);
}
END_TEST

START_TEST(test_refused)
{
    vae_model *model = linear(true);
    vae_evaluation found;
    ck_assert_status(vae_evaluate(model, data, &(vae_evaluation_options){ .prior_samples = -1 }, &found),
                     VAE_ERROR_ARGUMENT, "expected 0 to 10000000 draws from the prior, found -1");
    ck_assert_status(vae_evaluate(model, data, &(vae_evaluation_options){ .prior_samples = 10000001 }, &found),
                     VAE_ERROR_ARGUMENT, "found 10000001");
    vae_model_free(&model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("figures");
    TCase *all = suite_case_between(suite, "figures", 120, begin, end,
                                    (const TTest *const[]){ test_truth, test_exact_posterior, test_pieces,
                                                            test_first_draws, test_threads, test_errors, test_no_bits,
                                                            test_single, test_dimensions, test_variance, test_file,
                                                            test_progress, test_refused, NULL });
    tcase_add_loop_test(all, test_same_x, 0, 2);
    return suite_run(suite);
}
