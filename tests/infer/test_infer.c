/*
 * Inference: what evaluation's figures mean, checked where the likelihood is known in closed form; importance samples
 * in pieces; samples, and files of them.
 */
#include <hdf5.h>
#include <hdf5_hl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vae/infer.h>

#include "models/model.h"
#include "src/data/match.h"
#include "tests/support/models.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"

enum { PIXELS = 784 };

static vae_data *data; /* of 60 training and 10 test examples */
static char folder[64];

static void begin(void)
{
    strcpy(folder, "/tmp/vae-test-infer-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_status_ok(vae_data_open("digits:60", &(vae_data_options){ .threads = 1 }, &data));
}

static void end(void)
{
    vae_data_free(&data);
    ck_assert_int_eq(rmdir(folder), 0);
    ck_assert_int_eq(system_outstanding(), 0);
}

static const vae_model_spec bernoulli = {
    .name = "bernoulli",
    .latents = { { .size = 3 } },
    .encoder = "dense 9 tanh",
    .decoder = "dense 9 tanh",
};
static const vae_model_spec conditional = {
    .name = "conditional",
    .conditions = { { .name = "digit", .kind = VAE_CLASS } },
    .latents = { { .size = 3 } },
    .encoder = "dense 9 relu",
    .decoder = "dense 9 relu",
};
/* No hidden layer: p(x | z) = N(W z + b, σ²), q(z | x) = N(V x + c, exp(…)). */
static const vae_model_spec linear = {
    .name = "linear",
    .x = { .likelihood = "gaussian sigma=0.5" },
    .latents = { { .size = 2 } },
    .encoder = "",
    .decoder = "",
};

static vae_evaluation evaluate(const vae_model *model, int64_t samples, uint64_t seed, int threads)
{
    vae_evaluation found;
    vae_evaluation_options options = { .split = VAE_TEST, .samples = samples, .seed = seed, .threads = threads };
    ck_assert_status_ok(vae_evaluate(model, data, &options, &found));
    return found;
}

/* ---- Evaluation -------------------------------------------------------------------------------------------------- */

START_TEST(test_figures)
{
    vae_model *model = model_of(&bernoulli, data);
    vae_evaluation found = evaluate(model, 0, 0, 1);
    ck_assert_int_eq(found.examples, 10);
    ck_assert_int_eq(found.samples, 0);
    ck_assert(isnan(found.nll));
    ck_assert_int_eq(found.latent_size, 3);
    ck_assert_double_eq_tol(found.elbo, found.reconstruction - found.kl, 1e-9);
    ck_assert_double_gt(found.kl, 0);
    vae_evaluation same = evaluate(model, 0, 0, 3), other = evaluate(model, 0, 1, 1);
    ck_assert_double_eq(found.elbo, same.elbo);
    ck_assert(found.elbo < other.elbo || found.elbo > other.elbo);
    vae_model_free(&model);
}
END_TEST

/* −log of one weight is −log p(x, z) + log q(z | x) for the same x and z as the bound's, so with a q that is the prior
 * (and the bound's KL therefore 0) it is the bound. */
START_TEST(test_one_sample)
{
    vae_model *model = model_of(&bernoulli, data);
    static const char *const names[] = { "encoder/mean/weight", "encoder/logvar/weight" };
    for (int i = 0; i < 2; i++)
        memset(values_of(model, names[i]), 0, 9 * 3 * sizeof(float));
    vae_evaluation found = evaluate(model, 1, 4, 1);
    ck_assert_double_eq_tol(found.kl, 0, 1e-6);
    ck_assert_double_eq_tol(found.nll, -found.elbo, 1e-4 * fabs(found.elbo));
    ck_assert_int_eq(found.active_units, 0);
    vae_model_free(&model);
}
END_TEST

START_TEST(test_more_samples_are_tighter)
{
    vae_model *model = model_of(&bernoulli, data);
    double one = evaluate(model, 1, 0, 1).nll, many = evaluate(model, 200, 0, 2).nll;
    ck_assert_double_lt(many, one + 0.5);
    ck_assert_double_le(many, -evaluate(model, 0, 0, 1).elbo + 0.5);
    vae_model_free(&model);
}
END_TEST

/* log 1/K Σ of all weights, of one graph that draws them all at once. */
static double nll_at_once(vae_model *model, int64_t samples, uint64_t seed)
{
    enum { ROWS = 10 };
    vae__match match;
    vae__model_graph graph;
    vae_executor *executor = NULL;
    vae_binding bindings[VAE__MAX_BINDINGS];
    ck_assert_status_ok(vae__match_data(model, data, VAE_TEST, &match));
    vae__graph_request request = { .kind = VAE__WEIGHTS, .x_type = match.x->type, .samples = samples };
    ck_assert_status_ok(vae__model_graph_new(model, &request, &graph));
    ck_assert_status_ok(
        vae_executor_new(graph.program, &(vae_executor_options){ .capacity = ROWS, .threads = 1 }, &executor));
    vae_run run = { .examples = ROWS, .bindings = bindings, .seed = seed, .purpose = "evaluate" };
    run.binding_count = vae__match_bind(&match, &graph, NULL, bindings);
    ck_assert_status_ok(vae_executor_run(executor, &run));
    const float *weights = vae_executor_value(executor, graph.log_weight);
    double total = 0;
    for (int e = 0; e < ROWS; e++) {
        double largest = -INFINITY, sum = 0;
        for (int64_t k = 0; k < samples; k++)
            largest = weights[e * samples + k] > largest ? weights[e * samples + k] : largest;
        for (int64_t k = 0; k < samples; k++)
            sum += exp(weights[e * samples + k] - largest);
        total -= largest + log(sum / (double)samples);
    }
    vae_executor_free(&executor);
    vae__model_graph_clear(&graph);
    return total / ROWS;
}

/* In pieces or at once: the same x, binarised once for each example, and the same draws of z. */
START_TEST(test_pieces)
{
    static const vae_model_spec *const specs[] = { &bernoulli, &conditional };
    static const int64_t samples[] = { 1, 63, 127, 128, 129, 256, 259 };
    for (int m = 0; m < 2; m++) {
        vae_model *model = model_of(specs[m], data);
        for (int i = 0; i < 7; i++) {
            double found = evaluate(model, samples[i], 8, 1).nll, expected = nll_at_once(model, samples[i], 8);
            ck_assert_msg(fabs(found - expected) < 1e-4, "%s, %d samples: %.9g, at once %.9g", specs[m]->name,
                          (int)samples[i], found, expected);
        }
        vae_model_free(&model);
    }
}
END_TEST

/* As many blocks of examples as there are, the last one short, on any number of threads. */
START_TEST(test_threads)
{
    static const int threads[] = { 2, 3, 4, 8 };
    static const char *const kernels[] = { NULL, "avx2" };
    vae_model *model = model_of(&conditional, data);
    for (int k = 0; k < 2; k++) {
        vae_evaluation_options options = { .samples = 130, .seed = 8, .threads = 1, .kernels = kernels[k] };
        vae_evaluation one, other;
        vae_status status = vae_evaluate(model, data, &options, &one);
        if (status.code == VAE_ERROR_UNSUPPORTED) /* not on this processor */
            continue;
        ck_assert_status_ok(status);
        ck_assert_int_eq(one.examples, 60);
        for (int i = 0; i < 4; i++) {
            options.threads = threads[i];
            ck_assert_status_ok(vae_evaluate(model, data, &options, &other));
            ck_assert_mem_eq(&one.nll, &other.nll, sizeof one.nll);
            ck_assert_mem_eq(&one.elbo, &other.elbo, sizeof one.elbo);
        }
    }
    vae_evaluation unwanted;
    ck_assert_status(vae_evaluate(model, data, &(vae_evaluation_options){ .kernels = "avx1024" }, &unwanted),
                     VAE_ERROR_UNSUPPORTED, "kernels \"avx1024\" are not known");
    vae_model_free(&model);
}
END_TEST

/* ---- A model whose likelihood is known --------------------------------------------------------------------------- */

/* W, b and an approximate posterior that is close to the true one, but not it. */
static void set_linear(vae_model *model)
{
    float *weight = values_of(model, "decoder/mean/weight"), *bias = values_of(model, "decoder/mean/bias");
    float *mean = values_of(model, "encoder/mean/weight"), *shift = values_of(model, "encoder/mean/bias");
    double squares[2] = { 0 };
    for (int i = 0; i < PIXELS; i++) {
        bias[i] = (float)(0.1 + 0.05 * sin(i));
        weight[i] = (float)(0.04 * cos(0.11 * i));
        weight[PIXELS + i] = (float)(0.03 * sin(0.23 * i + 1));
        for (int k = 0; k < 2; k++)
            squares[k] += weight[k * PIXELS + i] * weight[k * PIXELS + i];
    }
    /* z | x ~ N(M⁻¹ Wᵀ (x − b) / σ², M⁻¹), M = I + Wᵀ W / σ²; the columns of W are nearly at right angles. */
    memset(values_of(model, "encoder/logvar/weight"), 0, 2 * PIXELS * sizeof(float));
    for (int k = 0; k < 2; k++) {
        double precision = 1 + squares[k] / 0.25, at_bias = 0;
        for (int i = 0; i < PIXELS; i++) {
            mean[2 * i + k] = (float)(weight[k * PIXELS + i] / 0.25 / precision);
            at_bias += mean[2 * i + k] * bias[i];
        }
        shift[k] = (float)-at_bias;
        values_of(model, "encoder/logvar/bias")[k] = (float)(-log(precision) + 0.1);
    }
}

/* Mean of −log N(x; b, W Wᵀ + σ² I) − log |dx / d stored| over the test rows, by the lemmas of Woodbury and of
 * determinants. */
static double exact_nll(vae_model *model)
{
    const double variance = 0.25;
    const float *weight = values_of(model, "decoder/mean/weight"), *bias = values_of(model, "decoder/mean/bias");
    const vae_field *x = vae_data_find(data, VAE_TEST, "x");
    double m[3] = { 1, 0, 1 }, total = 0; /* M's upper triangle */
    for (int i = 0; i < PIXELS; i++) {
        double one = weight[i], two = weight[PIXELS + i];
        m[0] += one * one / variance;
        m[1] += one * two / variance;
        m[2] += two * two / variance;
    }
    double determinant = m[0] * m[2] - m[1] * m[1];
    for (int64_t e = 0; e < x->rows; e++) {
        const uint8_t *row = (const uint8_t *)x->values + e * PIXELS;
        double square = 0, by[2] = { 0 };
        for (int i = 0; i < PIXELS; i++) {
            double error = row[i] / 255.0 - bias[i];
            square += error * error / variance;
            by[0] += weight[i] * error / variance;
            by[1] += weight[PIXELS + i] * error / variance;
        }
        square -= (m[2] * by[0] * by[0] - 2 * m[1] * by[0] * by[1] + m[0] * by[1] * by[1]) / determinant;
        total += 0.5 * (PIXELS * log(2 * M_PI * variance) + log(determinant) + square) + PIXELS * log(255);
    }
    return total / (double)x->rows;
}

typedef struct spread {
    double sum, square;
    int count;
} spread;

static void add(spread *s, double value)
{
    s->sum += value;
    s->square += value * value;
    s->count++;
}

static double mean_of(const spread *s)
{
    return s->sum / s->count;
}

/* Of the mean. */
static double standard_error(const spread *s)
{
    return sqrt(fabs(s->square / s->count - mean_of(s) * mean_of(s)) / (s->count - 1));
}

START_TEST(test_linear_gaussian)
{
    enum { SEEDS = 12, SAMPLES = 500 };
    vae_model *model = model_of(&linear, data);
    set_linear(model);
    double exact = exact_nll(model);
    spread nll = { 0 }, elbo = { 0 };
    for (int seed = 0; seed < SEEDS; seed++) {
        vae_evaluation found = evaluate(model, SAMPLES, (uint64_t)seed, 2);
        add(&nll, found.nll);
        ck_assert_int_eq(found.active_units, 2);
    }
    for (int seed = 0; seed < 20 * SEEDS; seed++)
        add(&elbo, evaluate(model, 0, (uint64_t)seed, 1).elbo);
    ck_assert_msg(fabs(mean_of(&nll) - exact) <= 3 * standard_error(&nll) + 1e-3, "%.6f ± %.6f, exactly %.6f",
                  mean_of(&nll), standard_error(&nll), exact);
    ck_assert_double_lt(standard_error(&nll), 0.01); /* or the check above says little */
    ck_assert_double_le(mean_of(&elbo), -exact + 3 * standard_error(&elbo));
    ck_assert_double_ge(mean_of(&elbo), -exact - 0.2); /* the posterior is close */
    vae_model_free(&model);
}
END_TEST

/* One dimension of z is told of x by the encoder, the other is not. */
START_TEST(test_active_units)
{
    vae_model *model = model_of(&linear, data);
    set_linear(model);
    float *mean = values_of(model, "encoder/mean/weight");
    for (int i = 0; i < PIXELS; i++)
        mean[2 * i] = 0;
    ck_assert_int_eq(evaluate(model, 0, 0, 1).active_units, 1);
    vae_model_free(&model);
}
END_TEST

/* ---- What evaluation refuses ------------------------------------------------------------------------------------- */

typedef struct counted {
    int calls;
    int64_t done;
} counted;

static int count_and_stop(void *context, int64_t done, int64_t examples)
{
    counted *c = context;
    c->calls++;
    c->done = done;
    ck_assert_int_eq(examples, 10);
    return 1;
}

START_TEST(test_evaluation_refuses)
{
    vae_model *model = model_of(&bernoulli, data);
    vae_evaluation found;
    const vae_evaluation_options bad[] = {
        { .split = VAE_SPLITS }, { .samples = -1 }, { .samples = 10000001 }, { .threads = -1 }
    };
    for (int i = 0; i < 4; i++)
        ck_assert_status(vae_evaluate(model, data, &bad[i], &found), VAE_ERROR_ARGUMENT,
                         "expected a split, 0 to 10000000");
    ck_assert_status(vae_evaluate(NULL, data, &bad[0], &found), VAE_ERROR_ARGUMENT, "found NULL");
    ck_assert_status(vae_evaluate(model, NULL, &bad[0], &found), VAE_ERROR_ARGUMENT, "found NULL");
    ck_assert_status(vae_evaluate(model, data, NULL, &found), VAE_ERROR_ARGUMENT, "found NULL");
    ck_assert_status(vae_evaluate(model, data, &(vae_evaluation_options){ .split = VAE_VALIDATION }, &found),
                     VAE_ERROR_DATA, "bernoulli: digits:60: expected a validation split with a field x, found none");
    for (int samples = 0; samples < 2; samples++) {
        counted c = { 0 };
        vae_evaluation_options stopping = {
            .split = VAE_TEST, .samples = samples, .progress = count_and_stop, .context = &c
        };
        ck_assert_status(vae_evaluate(model, data, &stopping, &found), VAE_STOPPED,
                         "evaluation was stopped after 10 of 10 examples");
        ck_assert_int_eq(c.calls, 1);
        ck_assert_int_eq(c.done, 10);
    }
    vae_model_free(&model);
}
END_TEST

/* ---- Samples ----------------------------------------------------------------------------------------------------- */

static vae_samples sample(const vae_model *model, vae_sample_options options)
{
    vae_samples samples;
    ck_assert_status_ok(vae_sample(model, &options, &samples));
    return samples;
}

START_TEST(test_grid)
{
    vae_model *plain = model_of(&bernoulli, data), *classes = model_of(&conditional, data);
    static const struct {
        bool classes;
        vae_sample_options options;
        int64_t rows, columns, count;
    } cases[] = {
        { false, { 0 }, 10, 10, 100 },       { false, { .count = 7 }, 3, 3, 7 },
        { false, { .count = 1 }, 1, 1, 1 },  { true, { 0 }, 10, 10, 100 },
        { true, { .count = 3 }, 10, 3, 30 }, { true, { .count = 5, .has_class = true, .only_class = 9 }, 1, 5, 5 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vae_samples found = sample(cases[i].classes ? classes : plain, cases[i].options);
        ck_assert_int_eq(found.rows, cases[i].rows);
        ck_assert_int_eq(found.columns, cases[i].columns);
        ck_assert_int_eq(found.count, cases[i].count);
        ck_assert_int_eq(found.x_size, PIXELS);
        ck_assert_int_eq(found.z_size, 3);
        ck_assert_int_eq(found.given.values[0] != NULL, cases[i].classes);
        const double *given = found.given.values[0];
        for (int64_t k = 0; given && k < found.count; k++)
            ck_assert_double_eq(given[k], cases[i].options.has_class ? 9 : (double)(k / found.columns));
        for (int64_t k = 0; k < found.count * PIXELS; k++)
            ck_assert(found.x[k] > 0 && found.x[k] < 1);
        vae_samples_free(&found);
        ck_assert_ptr_null(found.x);
    }
    vae_samples_free(NULL);
    vae_model_free(&plain);
    vae_model_free(&classes);
}
END_TEST

/* A column shows one z through all classes; a class alone is its row of the whole. */
START_TEST(test_classes)
{
    vae_model *model = model_of(&conditional, data);
    vae_samples all = sample(model, (vae_sample_options){ .count = 40, .seed = 2 });
    vae_samples one =
        sample(model, (vae_sample_options){ .count = 40, .seed = 2, .has_class = true, .only_class = 7, .threads = 3 });
    for (int64_t i = 0; i < all.count; i++)
        ck_assert_mem_eq(all.z + i * 3, all.z + i % 40 * 3, 3 * sizeof(float));
    ck_assert_mem_eq(one.z, all.z, 120 * sizeof(float));
    for (int64_t i = 0; i < 40 * PIXELS; i++)
        ck_assert_float_eq_tol(one.x[i], all.x[7 * 40 * PIXELS + i], 1e-5f);
    ck_assert(memcmp(all.x, all.x + 40 * PIXELS, PIXELS * sizeof(float)));
    vae_samples_free(&all);
    vae_samples_free(&one);
    vae_model_free(&model);
}
END_TEST

START_TEST(test_seed_and_temperature)
{
    vae_model *model = model_of(&bernoulli, data);
    vae_samples usual = sample(model, (vae_sample_options){ .count = 500, .seed = 1 });
    vae_samples same = sample(model, (vae_sample_options){ .count = 500, .seed = 1, .temperature = 1, .threads = 3 });
    vae_samples other = sample(model, (vae_sample_options){ .count = 500, .seed = 2 });
    vae_samples cool = sample(model, (vae_sample_options){ .count = 500, .seed = 1, .temperature = 0.25 });
    vae_samples fewer = sample(model, (vae_sample_options){ .count = 300, .seed = 1 });
    ck_assert_mem_eq(usual.x, same.x, 500 * PIXELS * sizeof(float));
    ck_assert_mem_eq(usual.z, same.z, 1500 * sizeof(float));
    ck_assert_mem_eq(usual.z, fewer.z, 900 * sizeof(float));
    ck_assert(memcmp(usual.z, other.z, 1500 * sizeof(float)));
    double square = 0;
    for (int i = 0; i < 1500; i++) {
        ck_assert_float_eq(cool.z[i], 0.25f * usual.z[i]);
        square += usual.z[i] * usual.z[i];
    }
    ck_assert_double_eq_tol(square / 1500, 1, 0.15); /* four standard errors */
    /* x is made of the z that is told: with a temperature next to nothing all are alike. */
    vae_samples cold = sample(model, (vae_sample_options){ .count = 4, .seed = 1, .temperature = 1e-6 });
    for (int i = 0; i < 4 * PIXELS; i++)
        ck_assert_float_eq_tol(cold.x[i], cold.x[i % PIXELS], 1e-4f);
    vae_samples *const all[] = { &usual, &same, &other, &cool, &fewer, &cold };
    for (int i = 0; i < 6; i++)
        vae_samples_free(all[i]);
    vae_model_free(&model);
}
END_TEST

/* Drawn from p(x | z): zeros and ones, as often as the mean says; or, of a Gaussian, σ around it. */
START_TEST(test_draw)
{
    vae_model *model = model_of(&bernoulli, data);
    vae_samples mean = sample(model, (vae_sample_options){ .count = 300 }),
                drawn = sample(model, (vae_sample_options){ .count = 300, .draw = true });
    double expected = 0, ones = 0;
    for (int i = 0; i < 300 * PIXELS; i++) {
        ck_assert(drawn.x[i] <= 0 || (drawn.x[i] >= 1 && drawn.x[i] <= 1));
        expected += mean.x[i];
        ones += drawn.x[i];
    }
    ck_assert_double_eq_tol(ones / expected, 1, 0.02);
    ck_assert_mem_eq(mean.z, drawn.z, 900 * sizeof(float));
    vae_samples_free(&mean);
    vae_samples_free(&drawn);
    vae_model_free(&model);

    model = model_of(&linear, data);
    set_linear(model);
    mean = sample(model, (vae_sample_options){ .count = 20 });
    drawn = sample(model, (vae_sample_options){ .count = 20, .draw = true });
    double square = 0;
    for (int i = 0; i < 20 * PIXELS; i++)
        square += (drawn.modelled[i] - mean.modelled[i]) * (drawn.modelled[i] - mean.modelled[i]);
    ck_assert_double_eq_tol(square / (20 * PIXELS), 0.25, 0.02);
    vae_samples_free(&mean);
    vae_samples_free(&drawn);
    vae_model_free(&model);
}
END_TEST

START_TEST(test_samples_refused)
{
    vae_model *plain = model_of(&bernoulli, data), *classes = model_of(&conditional, data);
    vae_samples samples;
    const vae_sample_options bad[] = {
        { .count = -1 }, { .count = 10000001 }, { .threads = -1 }, { .temperature = -0.5 }
    };
    for (int i = 0; i < 4; i++) {
        ck_assert_status(vae_sample(plain, &bad[i], &samples), VAE_ERROR_ARGUMENT,
                         "expected a count of 0 to 10000000, threads and a temperature of at least 0");
        ck_assert_ptr_null(samples.x);
    }
    ck_assert_status(vae_sample(NULL, NULL, &samples), VAE_ERROR_ARGUMENT,
                     "expected a model and a place for samples, found NULL");
    ck_assert_status(vae_sample(plain, &(vae_sample_options){ .has_class = true }, &samples), VAE_ERROR_ARGUMENT,
                     "bernoulli: expected a model with one condition that is a class, found 0");
    for (int class = -1; class <= 10; class += 11) {
        char words[96];
        snprintf(words, sizeof words, "conditional: digit: expected a class from 0 to 9, found %d", class);
        ck_assert_status(vae_sample(classes, &(vae_sample_options){ .has_class = true, .only_class = class }, &samples),
                         VAE_ERROR_ARGUMENT, words);
    }
    vae_model_free(&plain);
    vae_model_free(&classes);
}
END_TEST

/* ---- Files ------------------------------------------------------------------------------------------------------- */

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void check_dataset(hid_t file, const char *name, int rank, const hsize_t *sizes, const float *values)
{
    int found = 0;
    ck_assert_int_ge(H5LTget_dataset_ndims(file, name, &found), 0);
    ck_assert_int_eq(found, rank);
    hsize_t shape[VAE_MAX_RANK];
    H5T_class_t kind;
    size_t bytes, count = 1;
    ck_assert_int_ge(H5LTget_dataset_info(file, name, shape, &kind, &bytes), 0);
    ck_assert_int_eq(kind, H5T_FLOAT);
    for (int i = 0; i < rank; i++) {
        ck_assert_uint_eq(shape[i], sizes[i]);
        count *= shape[i];
    }
    float *read = malloc(count * sizeof *read);
    ck_assert_int_ge(H5LTread_dataset_float(file, name, read), 0);
    ck_assert_mem_eq(read, values, count * sizeof *read);
    free(read);
}

START_TEST(test_saved_values)
{
    static const char *const names[] = { "s.h5", "S.HDF5" };
    vae_model *model = model_of(&conditional, data);
    vae_samples found = sample(model, (vae_sample_options){ .count = 2 });
    for (int i = 0; i < 2; i++) {
        ck_assert_status_ok(vae_samples_save(model, &found, path_of(names[i])));
        hid_t file = H5Fopen(path_of(names[i]), H5F_ACC_RDONLY, H5P_DEFAULT);
        ck_assert_int_ge(file, 0);
        check_dataset(file, "x", 3, (hsize_t[]){ 20, 28, 28 }, found.x);
        check_dataset(file, "z", 2, (hsize_t[]){ 20, 3 }, found.z);
        int64_t digits[20];
        ck_assert_int_ge(H5LTread_dataset(file, "digit", H5T_NATIVE_INT64, digits), 0);
        for (int k = 0; k < 20; k++)
            ck_assert_int_eq(digits[k], k / 2);
        H5Fclose(file);
        remove(path_of(names[i]));
    }
    vae_samples_free(&found);
    vae_model_free(&model);
}
END_TEST

static uint32_t big_endian(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Seven samples make a grid of three by three, two places of it black: 3 · 28 + 4 · 2 pixels each way. */
START_TEST(test_saved_picture)
{
    vae_model *model = model_of(&bernoulli, data);
    vae_samples found = sample(model, (vae_sample_options){ .count = 7 });
    ck_assert_status_ok(vae_samples_save(model, &found, path_of("s.png")));
    FILE *file = fopen(path_of("s.png"), "rb");
    ck_assert_ptr_nonnull(file);
    unsigned char head[24];
    ck_assert_uint_eq(fread(head, 1, sizeof head, file), sizeof head);
    fclose(file);
    ck_assert_mem_eq(head + 1, "PNG", 3);
    ck_assert_uint_eq(big_endian(head + 16), 3 * 28 + 4 * 2);
    ck_assert_uint_eq(big_endian(head + 20), 3 * 28 + 4 * 2);
    remove(path_of("s.png"));
    ck_assert_status(vae_samples_save(model, &found, path_of("s.jpeg")), VAE_ERROR_ARGUMENT,
                     "s.jpeg: expected a file name in .png, .h5 or .hdf5");
    ck_assert_status_ok(vae_samples_check(model, NULL, path_of("s.png")));
    ck_assert_status(vae_samples_check(model, NULL, path_of("s.jpeg")), VAE_ERROR_ARGUMENT, "expected a file name in");
    vae_sample_options vast = { .count = 10000000 };
    vae_model *classes = model_of(&conditional, data);
    ck_assert_status(vae_samples_check(classes, &vast, path_of("s.png")), VAE_ERROR_ARGUMENT,
                     "expected sides of at most");
    ck_assert_status_ok(vae_samples_check(classes, &vast, path_of("s.h5")));
    vae_model_free(&classes);
    ck_assert_status(vae_samples_save(model, &found, ".png"), VAE_ERROR_ARGUMENT, "expected a file name in");
    ck_assert_status(vae_samples_save(model, &found, path_of("none/s.png")), VAE_ERROR_FILE, "No such file");
    vae_samples_free(&found);
    vae_model_free(&model);
}
END_TEST

START_TEST(test_no_picture)
{
    vae_model_spec spec = bernoulli;
    vae_model *model = NULL;
    spec.x.shape[0] = 12;
    ck_assert_status_ok(vae_model_new(&spec, NULL, NULL, 0, &model));
    vae_samples found = sample(model, (vae_sample_options){ .count = 2 });
    ck_assert_status(vae_samples_save(model, &found, path_of("s.png")), VAE_ERROR_ARGUMENT,
                     "bernoulli: x is no image of 1 or 3 channels; a name in .h5 keeps its values");
    vae_samples_free(&found);
    vae_model_free(&model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("infer");
    const TTest *const tests[] = { test_figures,
                                   test_one_sample,
                                   test_more_samples_are_tighter,
                                   test_pieces,
                                   test_threads,
                                   test_linear_gaussian,
                                   test_active_units,
                                   test_evaluation_refuses,
                                   test_grid,
                                   test_classes,
                                   test_seed_and_temperature,
                                   test_draw,
                                   test_samples_refused,
                                   test_saved_values,
                                   test_saved_picture,
                                   test_no_picture,
                                   NULL };
    suite_case_between(suite, "infer", 120, begin, end, tests);
    return suite_run(suite);
}
