/*
 * Fields of every kind on their way into a model: transforms with their state, what encoder and likelihood see, masks,
 * NaN and fill values, conditions. Gradients of the whole training graph, figures against sums by hand in double, and
 * what is missing changes no bit.
 */
#include <float.h>
#include <math.h>
#include <vae/check.h>
#include <vae/infer.h>
#include <vae/train.h>

#include "src/data/match.h"
#include "tests/models/fields.h"

/* ---- Models ------------------------------------------------------------------------------------------------------ */

/* What x is, where it and its mask lie, and which conditions there are. */
typedef struct setting {
    const char *path, *mask;
    vae_x_spec x;
    vae_condition_spec conditions[3];
} setting;

static const setting settings[] = {
    { "table", NULL, { .likelihood = "gaussian", .transform = "standardize" }, { { ENERGY }, { RUN } } },
    { "table", "mask", { .likelihood = "gaussian", .transform = "standardize" }, { { RUN } } },
    { "table", "mask", { .likelihood = "gaussian sigma=2", .encoder_transform = "standardize" }, { { RUN } } },
    { "gaps",
      NULL,
      { .likelihood = "gaussian", .transform = "standardize", .missing = VAE_MISSING_MASK },
      { { RUN } } },
    { "gaps", "mask", { .likelihood = "gaussian", .transform = "scale=0.01", .missing = VAE_MISSING_MASK }, { { 0 } } },
    { "filled",
      NULL,
      { .likelihood = "poisson", .encoder_transform = "log1p", .has_fill_value = true, .fill_value = FILL },
      { { ENERGY } } },
    { "filled",
      NULL,
      { .likelihood = "gaussian", .transform = "log1p, standardize", .has_fill_value = true, .fill_value = FILL },
      { { IMAGE } } },
    { "filled", "mask", { .likelihood = "gaussian", .transform = "unit" }, { { IMAGE }, { ENERGY }, { RUN } } },
    { "counts", "mask", { .likelihood = "poisson" }, { { ENERGY }, { RUN } } },
    { "counts",
      NULL,
      { .likelihood = "bernoulli", .transform = "threshold=30", .encoder_transform = "log1p" },
      { { RUN } } },
    { "bytes", NULL, { .likelihood = "bernoulli" }, { { IMAGE } } },
    { "bytes",
      "mask",
      { .likelihood = "bernoulli", .encoder_transform = "unit" },
      { { IMAGE, .transform = "unit, binarize" } } },
    { "shares",
      "mask",
      { .likelihood = "bernoulli", .transform = "binarize" },
      { { ENERGY, .transform = "scale=0.001" } } },
};
enum { SETTINGS = sizeof settings / sizeof *settings };

static vae_model_spec spec_of(const setting *s)
{
    vae_model_spec spec = plain;
    spec.x = s->x;
    for (int i = 0; i < 3; i++)
        spec.conditions[i] = s->conditions[i];
    return spec;
}

/* ---- Gradients, figures and bits of every setting ---------------------------------------------------------------- */

START_TEST(test_gradient)
{
    const setting *s = &settings[_i];
    vae_model_spec spec = spec_of(s);
    vae_data *data = open_fields(s->path, s->mask, s->conditions);
    vae_model *model = model_of(&spec, data);
    vae_check_report report;
    ck_assert_status_ok(vae_check(model, data, NULL, &report));
    ck_assert_int_ge(report.worst, 0);
    ck_assert_msg(!report.failures && report.tensors[report.worst].error < 1e-6, "%s: %g",
                  report.tensors[report.worst].name, report.tensors[report.worst].error);
    vae_check_report_free(&report);
    vae_model_free(&model);
    vae_data_free(&data);
}
END_TEST

/* Finite, with the missing values counted; of a row of which nothing is seen log p(x | z) is 0. */
START_TEST(test_evaluates)
{
    const setting *s = &settings[_i];
    vae_model_spec spec = spec_of(s);
    vae_data *data = open_fields(s->path, s->mask, s->conditions);
    vae_training *training = trained(&spec, data, 1);
    vae_evaluation figures;
    vae_examples each;
    const vae_evaluation_options options = { .split = VAE_ALL, .samples = 70, .threads = 1 };
    ck_assert_status_ok(vae_evaluate_examples(vae_training_model(training), data, &options, &figures, &each));
    bool missing = s->mask || s->x.missing || s->x.has_fill_value;
    int64_t total = 0;
    for (int row = 0; row < ROWS; row++) {
        int64_t seen = 0;
        for (int i = 0; i < SIZE; i++)
            seen += !missing || is_seen(row * SIZE + i);
        total += seen;
        ck_assert_int_eq(each.observed[row], seen);
        ck_assert(isfinite(each.reconstruction[row]) && isfinite(each.kl[row]));
        ck_assert_double_eq_tol(each.elbo[row], each.reconstruction[row] - each.kl[row], 1e-9);
        if (!seen)
            ck_assert_double_eq(each.reconstruction[row], 0);
    }
    ck_assert_double_eq_tol(figures.observed, (double)total / ROWS, 1e-12);
    ck_assert_int_eq(figures.samples, 70);
    ck_assert_msg(figures.nll <= -figures.elbo + 1, "nll %g, elbo %g", figures.nll, figures.elbo);
    vae_examples_free(&each);
    vae_training_free(&training);
    vae_data_free(&data);
}
END_TEST

START_TEST(test_threads)
{
    const setting *s = &settings[_i];
    vae_model_spec spec = spec_of(s);
    vae_data *data = open_fields(s->path, s->mask, s->conditions);
    vae_training *one = trained(&spec, data, 1), *three = trained(&spec, data, 3);
    assert_same_parameters(one, three);
    vae_training_free(&one);
    vae_training_free(&three);
    vae_data_free(&data);
}
END_TEST

/* ---- Figures by hand --------------------------------------------------------------------------------------------- */

/* A Gaussian likelihood whose mean and log-variance are biases alone, so that log p is known without z. */
enum { HAND_STEPS = 2 };
typedef struct hand {
    const char *path, *mask;
    vae_x_spec x; /* x.transform says the same as the steps */
    const char *steps[HAND_STEPS];
} hand;

#define GAUSSIAN(...)                                                                                                  \
    {                                                                                                                  \
        .likelihood = "gaussian", __VA_ARGS__                                                                          \
    }
#define FILLED .has_fill_value = true, .fill_value = FILL
static const hand hands[] = {
    { "table", NULL, GAUSSIAN(.transform = "raw"), { NULL } },
    { "table", "mask", GAUSSIAN(.transform = "scale=0.125"), { "scale" } },
    { "table", NULL, GAUSSIAN(.transform = "standardize"), { "standardize" } },
    { "table", "mask", GAUSSIAN(.transform = "standardize"), { "standardize" } },
    { "garbage", "mask", GAUSSIAN(.transform = "standardize"), { "standardize" } },
    { "gaps", NULL, GAUSSIAN(.transform = "standardize", .missing = VAE_MISSING_MASK), { "standardize" } },
    { "gaps", "mask", GAUSSIAN(.transform = "scale=0.125", .missing = VAE_MISSING_MASK), { "scale" } },
    { "filled", NULL, GAUSSIAN(.transform = "unit", FILLED), { "unit" } },
    { "filled", NULL, GAUSSIAN(.transform = "log1p", FILLED), { "log1p" } },
    { "filled", NULL, GAUSSIAN(.transform = "log1p, standardize", FILLED), { "log1p", "standardize" } },
    { "filled", "mask", GAUSSIAN(.transform = "scale=0.125, log1p", FILLED), { "scale", "log1p" } },
    { "counts", NULL, GAUSSIAN(.transform = "log1p, scale=0.125"), { "log1p", "scale" } },
    { "bytes", "mask", GAUSSIAN(.transform = "unit, standardize"), { "unit", "standardize" } },
    { "bytes", NULL, GAUSSIAN(), { "unit" } },
};
enum { HANDS = sizeof hands / sizeof *hands };

/* Means and deviations of the observed values in two passes. Where there is no standardize yet: what it would get. */
typedef struct fitted {
    double mean[SIZE], deviation[SIZE];
} fitted;

static fitted two_passes(const double *values, const bool *seen)
{
    fitted f;
    for (int place = 0; place < SIZE; place++) {
        double count = 0, sum = 0, squares = 0;
        for (int i = place; i < ROWS * SIZE; i += SIZE) {
            sum += seen[i] ? values[i] : 0;
            count += seen[i];
        }
        f.mean[place] = sum / count;
        for (int i = place; i < ROWS * SIZE; i += SIZE)
            squares += seen[i] ? (values[i] - f.mean[place]) * (values[i] - f.mean[place]) : 0;
        f.deviation[place] = place == CONSTANT ? 1 : sqrt(squares / count);
    }
    return f;
}

/* Compares what a model was fitted to with two passes, and returns the model's own float32. */
static fitted fitted_of(vae_model *model, int number, const double *values, const bool *seen)
{
    char mean[64], deviation[64];
    snprintf(mean, sizeof mean, "fields/x/transform/%d/mean", number);
    snprintf(deviation, sizeof deviation, "fields/x/transform/%d/deviation", number);
    fitted expected = two_passes(values, seen), found;
    for (int p = 0; p < SIZE; p++) {
        found.mean[p] = values_of(model, mean)[p];
        found.deviation[p] = values_of(model, deviation)[p];
        ck_assert_double_eq_tol(found.mean[p], expected.mean[p],
                                1e-6 * (fabs(expected.mean[p]) + expected.deviation[p]));
        ck_assert_double_eq_tol(found.deviation[p], expected.deviation[p], 1e-6 * expected.deviation[p]);
    }
    return found;
}

/* One transform of all values, by hand; `slopes` grow to log |d modelled / d stored|. */
static void take_step(vae_model *model, const hand *h, int number, double width, const bool *seen, double *values,
                      double *slopes)
{
    const char *name = h->steps[number];
    bool by_log = !strcmp(name, "log1p"), standardize = !strcmp(name, "standardize");
    fitted f = { .deviation = { 0 } };
    if (standardize)
        f = fitted_of(model, number, values, seen);
    for (int i = 0; i < ROWS * SIZE; i++) {
        double mean = f.mean[i % SIZE], unit = !strcmp(name, "unit") ? width : 8;
        double divisor = standardize ? f.deviation[i % SIZE] : unit;
        slopes[i] -= by_log ? log1p(values[i]) : log(divisor);
        values[i] = by_log ? log1p(values[i]) : (values[i] - mean) / divisor;
    }
}

/* The values of x in double, 1 where they are missing, and which are not. */
static void read_x(const hand *h, const vae_data *data, double *values, bool *seen)
{
    const vae_field *x = vae_data_find(data, VAE_ALL, "x");
    bool missing = h->mask || h->x.missing || h->x.has_fill_value;
    for (int i = 0; i < ROWS * SIZE; i++) {
        double value = x->type == VAE_FLOAT64  ? ((const double *)x->values)[i]
                       : x->type == VAE_UINT16 ? ((const uint16_t *)x->values)[i]
                                               : ((const uint8_t *)x->values)[i];
        seen[i] = !missing || is_seen(i);
        values[i] = seen[i] ? value : 1;
    }
}

static const float hand_mean[SIZE] = { 0.5F, -0.25F, 0, 2, 1 }, hand_logvar[SIZE] = { 0.5F, -0.5F, 1, 0.25F, -1 };

static vae_model *model_by_hand(const hand *h, const vae_data *data)
{
    vae_model_spec spec = plain;
    spec.x = h->x;
    vae_model *model = model_of(&spec, data);
    all_to_zero(model);
    memcpy(values_of(model, "decoder/mean/bias"), hand_mean, sizeof hand_mean);
    memcpy(values_of(model, "decoder/logvar/bias"), hand_logvar, sizeof hand_logvar);
    return model;
}

/* The reconstruction of each row in float64. */
static void evaluate_in_double(const vae_model *model, const vae_data *data, double *reconstruction)
{
    vae__match match;
    vae__model_graph graph;
    vae_executor *executor = NULL;
    vae_binding bindings[VAE__MAX_BINDINGS];
    ck_assert_status_ok(vae__match_data(model, data, VAE_ALL, &match));
    vae__graph_request request = vae__match_request(&match, VAE__EVALUATION);
    ck_assert_status_ok(vae__model_graph_new(model, &request, &graph));
    const vae_executor_options options = { .capacity = ROWS, .threads = 1, .float64 = true };
    ck_assert_status_ok(vae_executor_new(graph.program, &options, &executor));
    int count = vae__match_bind(&match, &graph, NULL, bindings);
    ck_assert_status_ok(vae_executor_run(
        executor, &(vae_run){ .examples = ROWS, .bindings = bindings, .binding_count = count, .seed = 1 }));
    memcpy(reconstruction, vae_executor_value(executor, graph.reconstruction), ROWS * sizeof *reconstruction);
    for (int row = 0; row < ROWS; row++)
        ck_assert_double_eq_tol(((const double *)vae_executor_value(executor, graph.kl))[row], 0, 1e-12);
    vae_executor_free(&executor);
    vae__model_graph_clear(&graph);
}

START_TEST(test_by_hand)
{
    const hand *h = &hands[_i];
    bool seen[ROWS * SIZE];
    double values[ROWS * SIZE], slopes[ROWS * SIZE] = { 0 }, found[ROWS];
    vae_data *data = open_fields(h->path, h->mask, NULL);
    vae_model *model = model_by_hand(h, data);
    evaluate_in_double(model, data, found);
    read_x(h, data, values, seen);
    for (int i = 0; i < HAND_STEPS && h->steps[i]; i++)
        take_step(model, h, i, !strcmp(h->path, "bytes") ? 255 : 65535, seen, values, slopes);
    for (int row = 0; row < ROWS; row++) {
        double expected = 0;
        for (int i = row * SIZE; i < (row + 1) * SIZE; i++) {
            double v = hand_logvar[i % SIZE], apart = values[i] - hand_mean[i % SIZE];
            if (seen[i])
                expected += slopes[i] - 0.5 * (log(2 * M_PI) + v + apart * apart / exp(v));
        }
        ck_assert_msg(fabs(found[row] - expected) <= 1e-9 * (1 + fabs(expected)), "row %d: %.12g, not %.12g", row,
                      found[row], expected);
    }
    vae_model_free(&model);
    vae_data_free(&data);
}
END_TEST

/* Counts whose rates are biases alone, and values above a threshold: neither has a Jacobian. */
static double discrete_by_hand(bool poisson, int row)
{
    double sum = 0;
    for (int i = row * SIZE; i < (row + 1) * SIZE; i++) {
        double b = (i % SIZE - 1) / 2.0, x = count_at(i);
        if (is_seen(i))
            sum += poisson ? x * b - exp(b) - lgamma(x + 1) : (x > 30 ? b : 0) - log1p(exp(b));
    }
    return sum;
}

START_TEST(test_discrete_by_hand)
{
    vae_model_spec spec = plain;
    vae_examples each;
    for (int poisson = 0; poisson < 2; poisson++) {
        spec.x = (vae_x_spec){ .likelihood = poisson ? "poisson" : "bernoulli",
                               .transform = poisson ? NULL : "threshold=30" };
        vae_data *data = open_fields("wild", "mask", NULL);
        vae_model *model = model_of(&spec, data);
        all_to_zero(model);
        float *bias = values_of(model, poisson ? "decoder/log_rate/bias" : "decoder/logits/bias");
        for (int i = 0; i < SIZE; i++)
            bias[i] = (float)(i - 1) / 2;
        const vae_evaluation_options options = { .split = VAE_ALL, .threads = 1 };
        ck_assert_status_ok(vae_evaluate_examples(model, data, &options, NULL, &each));
        for (int row = 0; row < ROWS; row++) {
            double expected = discrete_by_hand(poisson, row);
            ck_assert_double_eq_tol(each.reconstruction[row], expected, 2e-6 * (1 + fabs(expected)));
        }
        vae_examples_free(&each);
        vae_model_free(&model);
        vae_data_free(&data);
    }
}
END_TEST

/* ---- Units ------------------------------------------------------------------------------------------------------- */

static double elbo_of(const vae_model_spec *spec, const char *path, const char *mask, vae_training **training)
{
    vae_evaluation figures;
    vae_data *data = open_fields(path, mask, NULL);
    *training = trained(spec, data, 1);
    ck_assert_status_ok(vae_evaluate(vae_training_model(*training), data,
                                     &(vae_evaluation_options){ .split = VAE_ALL, .threads = 1 }, &figures));
    vae_data_free(&data);
    return figures.elbo;
}

/* A table of halved values is standardized to the same bits, so its model is the same; the density of each value is
 * twice as high. */
START_TEST(test_halved)
{
    vae_model_spec spec = plain;
    spec.x = (vae_x_spec){ .likelihood = "gaussian", .transform = "standardize" };
    for (int masked = 0; masked < 2; masked++) {
        vae_training *whole, *half;
        double divided = 0; /* values: the constant place is not divided */
        for (int i = 0; i < ROWS * SIZE; i++)
            divided += (!masked || is_seen(i)) && i % SIZE != CONSTANT;
        double elbo = elbo_of(&spec, "table", masked ? "mask" : NULL, &whole);
        double more = elbo_of(&spec, "half", masked ? "mask" : NULL, &half) - elbo;
        assert_same_parameters(whole, half);
        ck_assert_double_eq_tol(more, divided / ROWS * log(2), 1e-5);
        vae_training_free(&whole);
        vae_training_free(&half);
    }
}
END_TEST

/* log1p(x / 2) is not log1p(x) less a constant, least of all for small counts, so this holds about, and no better than
 * the two models are alike: log p of counts in their own units is higher by some log 2 for each that is not 0. */
START_TEST(test_halved_log1p)
{
    vae_model_spec spec = plain;
    vae_training *whole, *half;
    spec.x = (vae_x_spec){ .likelihood = "gaussian", .transform = "log1p, standardize" };
    double elbo = elbo_of(&spec, "counts", NULL, &whole);
    spec.x.transform = "scale=0.5, log1p, standardize";
    double scaled = elbo_of(&spec, "counts", NULL, &half) - elbo; /* in the units of the same data: not much changes */
    ck_assert_double_eq_tol(scaled, 0, 0.2 * SIZE * log(2));
    ck_assert_double_gt(fabs(scaled), 1e-3);
    vae_training_free(&whole);
    vae_training_free(&half);
}
END_TEST

/* ---- What is missing --------------------------------------------------------------------------------------------- */

static void assert_same_figures(vae_training *a, const vae_data *of_a, vae_training *b, const vae_data *of_b)
{
    vae_examples mine, theirs;
    vae_latents here, there;
    const vae_evaluation_options options = { .split = VAE_ALL, .threads = 1 };
    const vae_pass_options pass = { .split = VAE_ALL, .threads = 1 };
    ck_assert_status_ok(vae_evaluate_examples(vae_training_model(a), of_a, &options, NULL, &mine));
    ck_assert_status_ok(vae_evaluate_examples(vae_training_model(b), of_b, &options, NULL, &theirs));
    ck_assert_mem_eq(mine.elbo, theirs.elbo, ROWS * sizeof *mine.elbo);
    ck_assert_mem_eq(mine.kl, theirs.kl, ROWS * sizeof *mine.kl);
    ck_assert_status_ok(vae_encode(vae_training_model(a), of_a, &pass, &here));
    ck_assert_status_ok(vae_encode(vae_training_model(b), of_b, &pass, &there));
    ck_assert_mem_eq(here.mean, there.mean, ROWS * 2 * sizeof *here.mean);
    ck_assert_mem_eq(here.logvar, there.logvar, ROWS * 2 * sizeof *here.logvar);
    vae_examples_free(&mine);
    vae_examples_free(&theirs);
    vae_latents_free(&here);
    vae_latents_free(&there);
}

/* What lies under the mask changes no bit: of fitted constants, parameters after training, figures and latents. */
START_TEST(test_under_the_mask)
{
    static const struct {
        const char *clean, *dirty;
        vae_x_spec x;
    } cases[] = {
        { "table", "garbage", { .likelihood = "gaussian", .transform = "standardize" } },
        { "table", "garbage", { .likelihood = "gaussian sigma=3", .encoder_transform = "standardize" } },
        { "table", "garbage", { .likelihood = "bernoulli", .transform = "threshold=5" } },
        { "table", "gaps", { .likelihood = "gaussian", .transform = "scale=0.01, standardize" } },
        { "counts", "wild", { .likelihood = "gaussian", .transform = "log1p, standardize" } },
        { "counts", "wild", { .likelihood = "poisson", .encoder_transform = "log1p" } },
        { "counts", "wild", { .likelihood = "bernoulli", .transform = "scale=0.0005, binarize" } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vae_model_spec spec = plain;
        spec.x = cases[i].x;
        vae_data *clean = open_fields(cases[i].clean, "mask", NULL), *dirty = open_fields(cases[i].dirty, "mask", NULL);
        vae_training *a = trained(&spec, clean, 1), *b = trained(&spec, dirty, 1);
        assert_same_parameters(a, b);
        assert_same_figures(a, clean, b, dirty);
        vae_training_free(&a);
        vae_training_free(&b);
        vae_data_free(&clean);
        vae_data_free(&dirty);
    }
}
END_TEST

/* Missing by mask, by NaN and by a fill value is the same. */
START_TEST(test_three_ways)
{
    vae_model_spec masked = plain, gaps = plain;
    masked.x = gaps.x = (vae_x_spec){ .likelihood = "gaussian", .transform = "standardize" };
    gaps.x.missing = VAE_MISSING_MASK;
    vae_data *by_mask = open_fields("table", "mask", NULL), *by_nan = open_fields("gaps", NULL, NULL);
    vae_training *a = trained(&masked, by_mask, 1), *b = trained(&gaps, by_nan, 1);
    assert_same_parameters(a, b);
    assert_same_figures(a, by_mask, b, by_nan);
    vae_training_free(&a);
    vae_training_free(&b);
    vae_data_free(&by_mask);
    vae_data_free(&by_nan);

    vae_model_spec filled = plain, counts = plain;
    counts.x = filled.x = (vae_x_spec){ .likelihood = "poisson", .encoder_transform = "log1p" };
    filled.x.has_fill_value = true;
    filled.x.fill_value = FILL;
    by_mask = open_fields("counts", "mask", NULL);
    vae_data *by_fill = open_fields("filled", NULL, NULL);
    a = trained(&counts, by_mask, 1);
    b = trained(&filled, by_fill, 1);
    assert_same_parameters(a, b);
    assert_same_figures(a, by_mask, b, by_fill);
    vae_training_free(&a);
    vae_training_free(&b);
    vae_data_free(&by_mask);
    vae_data_free(&by_fill);
}
END_TEST

/* Missing by any of two ways is missing: of the values of `uneven` a third are masked, others are NaN. */
START_TEST(test_two_ways_at_once)
{
    vae_model_spec spec = plain;
    spec.x = (vae_x_spec){ .likelihood = "gaussian", .transform = "standardize", .missing = VAE_MISSING_MASK };
    vae_data *data = open_fields("gaps", "uneven", NULL);
    vae_training *training = trained(&spec, data, 1);
    vae_examples each;
    const vae_evaluation_options options = { .split = VAE_ALL, .threads = 1 };
    ck_assert_status_ok(vae_evaluate_examples(vae_training_model(training), data, &options, NULL, &each));
    for (int row = 0; row < ROWS; row++) {
        int seen = 0;
        for (int i = row * SIZE; i < (row + 1) * SIZE; i++)
            seen += is_seen(i) && i % 3;
        ck_assert_int_eq(each.observed[row], seen);
        ck_assert(isfinite(each.elbo[row]));
    }
    vae_examples_free(&each);
    vae_training_free(&training);
    vae_data_free(&data);
}
END_TEST

/* ---- Fitting ----------------------------------------------------------------------------------------------------- */

/* A place that never varies is not divided. One whose values float32 hardly tells apart is divided by no less than
 * neighbouring numbers' distance, so that nothing becomes large. */
START_TEST(test_constant_and_far)
{
    vae_model_spec spec = plain;
    spec.x = (vae_x_spec){ .likelihood = "gaussian", .transform = "standardize" };
    vae_data *data = open_fields("far", NULL, NULL);
    vae_model *model = model_of(&spec, data);
    const float *mean = values_of(model, "fields/x/transform/0/mean");
    const float *deviation = values_of(model, "fields/x/transform/0/deviation");
    const double *x = vae_data_find(data, VAE_ALL, "x")->values;
    ck_assert_float_eq(deviation[CONSTANT], 1);
    ck_assert_float_eq(mean[CONSTANT], (float)x[CONSTANT]);
    for (int i = 0; i < ROWS * SIZE; i++) {
        float apart = (float)x[i] - mean[i % SIZE];
        ck_assert_msg(fabsf(apart / deviation[i % SIZE]) < 5, "value %d is %g deviations away", i,
                      (double)(apart / deviation[i % SIZE]));
    }
    ck_assert_float_ge(deviation[0], FLT_EPSILON * 1.7e9F);
    double sum = 0, squares = 0; /* of the second place, which is 1e6 away, and not the worse for it */
    for (int i = 1; i < ROWS * SIZE; i += SIZE)
        sum += x[i] / ROWS;
    for (int i = 1; i < ROWS * SIZE; i += SIZE)
        squares += (x[i] - sum) * (x[i] - sum);
    ck_assert_double_eq_tol(mean[1], sum, 0.04);
    ck_assert_double_eq_tol(deviation[1], sqrt(squares / ROWS), 1e-5);
    vae_model_free(&model);
    vae_data_free(&data);
}
END_TEST

/* Conditions are fitted likewise, each place by itself, and an image of bytes is not: it goes from 0 to 1. */
START_TEST(test_conditions)
{
    const vae_condition_spec conditions[] = { { ENERGY }, { IMAGE }, { RUN } };
    vae_model_spec spec = plain;
    memcpy(spec.conditions, conditions, sizeof conditions);
    vae_data *data = open_fields("bytes", NULL, conditions);
    vae_model *model = model_of(&spec, data);
    const vae_condition_spec *found = vae_model_declaration(model)->conditions;
    ck_assert_str_eq(found[0].transform, "standardize");
    ck_assert_int_eq(found[0].size, 2);
    ck_assert_str_eq(found[1].transform, "unit");
    ck_assert_int_eq(found[1].size, 12);
    ck_assert_int_eq(found[1].shape[0], 3);
    ck_assert_int_eq(found[1].shape[1], 4);
    ck_assert_int_eq(found[2].size, 3);
    ck_assert_str_eq(found[2].levels[0], "a run of which the name is long, number A");
    const double *energy = vae_data_find(data, VAE_ALL, "energy")->values;
    for (int place = 0; place < 2; place++) {
        double mean = 0, square = 0;
        for (int row = 0; row < ROWS; row++)
            mean += energy[2 * row + place] / ROWS;
        for (int row = 0; row < ROWS; row++)
            square += (energy[2 * row + place] - mean) * (energy[2 * row + place] - mean) / ROWS;
        ck_assert_double_eq_tol(values_of(model, "fields/energy/transform/0/mean")[place], mean, 1e-6 * fabs(mean));
        ck_assert_double_eq_tol(values_of(model, "fields/energy/transform/0/deviation")[place], sqrt(square),
                                1e-5 * sqrt(square));
    }
    ck_assert_ptr_null(vae_store_find(vae_model_store(model), "fields/picture/transform/0/mean"));
    vae_model_free(&model);
    vae_data_free(&data);
}
END_TEST

int main(void)
{
    const TTest *const each[] = { test_gradient, test_evaluates, test_threads, NULL };
    const TTest *const tests[] = { test_discrete_by_hand, test_halved,     test_halved_log1p,
                                   test_under_the_mask,   test_three_ways, test_two_ways_at_once,
                                   test_constant_and_far, test_conditions, NULL };
    Suite *suite = suite_create("models/fields");
    TCase *one = suite_case_between(suite, "fields", 60, fields_begin, fields_end, tests);
    for (int i = 0; each[i]; i++)
        tcase_add_loop_test(one, each[i], 0, SETTINGS);
    tcase_add_loop_test(one, test_by_hand, 0, HANDS);
    return suite_run(suite);
}
