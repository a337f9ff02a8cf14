/*
 * Missing values and counts beside what test_ops.c tries of every op: what is observed, what is filled in, and that
 * nothing of a missing value is left in a likelihood or a gradient; Poisson likelihoods of small and large counts.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "graph/graph.h"
#include "tests/support/suite.h"

enum { SIZE = 8, MOST = 4 };

/* A graph of one example with inputs of SIZE values, compiled and run in turn with each set of kernels. */
typedef struct bench {
    vae_graph *graph;
    vae_store *store;
    vae_program *program;
    vae_executor *executor;
    vae_binding bindings[MOST];
    int binding_count;
    bool float64;
} bench;

static const struct {
    bool float64;
    const char *kernels;
} kinds[] = { { true, NULL }, { false, "generic" }, { false, "avx2" }, { false, "avx512" } };
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static void bench_begin(bench *b)
{
    *b = (bench){ 0 };
    ck_assert_status_ok(vae_graph_new(&b->graph));
    ck_assert_status_ok(vae_store_new(&b->store));
}

static vae_node *given(bench *b, const double values[SIZE])
{
    char label[16];
    snprintf(label, sizeof(label), "x%d", b->binding_count);
    vae_node *node = vae_input(b->graph, label, 1, (int64_t[]){ SIZE });
    b->bindings[b->binding_count++] = (vae_binding){ node, values, VAE_FLOAT64, NULL };
    return node;
}

static void bench_compile(bench *b, vae_node *objective)
{
    ck_assert_status_ok(vae_graph_status(b->graph));
    ck_assert_status_ok(
        vae_graph_compile(b->graph, b->store, &(vae_compile_options){ .objective = objective }, &b->program));
}

/* False where this processor has no such kernels. */
static bool bench_run(bench *b, int kind)
{
    b->float64 = kinds[kind].float64;
    if (!vae__kernels_find(b->float64, kinds[kind].kernels))
        return false;
    const vae_executor_options options = { .threads = 1, .float64 = b->float64, .kernels = kinds[kind].kernels };
    double gradient[1] = { 0 };
    vae_executor_free(&b->executor);
    ck_assert_status_ok(vae_executor_new(b->program, &options, &b->executor));
    vae_run run = { 1, b->bindings, b->binding_count, .gradient = b->program->objective ? gradient : NULL };
    ck_assert_status_ok(vae_executor_run(b->executor, &run));
    return true;
}

static void bench_end(bench *b)
{
    vae_executor_free(&b->executor);
    vae_program_free(&b->program);
    vae_store_free(&b->store);
    vae_graph_free(&b->graph);
}

static double element(const bench *b, const void *values, int i)
{
    ck_assert_ptr_nonnull(values);
    return b->float64 ? ((const double *)values)[i] : (double)((const float *)values)[i];
}

static void check_values(const bench *b, const void *found, const double *expected, int count, double tolerance)
{
    for (int i = 0; i < count; i++) {
        const double value = element(b, found, i);
        ck_assert_msg(fabs(value - expected[i]) <= tolerance * (1 + fabs(expected[i])), "value %d is %.17g, not %.17g",
                      i, value, expected[i]);
    }
}

/* ---- Observed ---------------------------------------------------------------------------------------------------- */

static void check_observed(const double x[SIZE], const double *fill, const double expected[SIZE])
{
    bench b;
    bench_begin(&b);
    vae_node *mask = vae_observed(given(&b, x), fill);
    vae_graph_keep(mask);
    bench_compile(&b, NULL);
    for (int kind = 0; kind < KINDS; kind++)
        if (bench_run(&b, kind))
            check_values(&b, vae_executor_value(b.executor, mask), expected, SIZE, 0);
    bench_end(&b);
}

/* 0.1 and -999.9 are no float32 numbers: both sides are rounded. */
START_TEST(test_observed)
{
    const double x[] = { 1, NAN, 0, -0.0, INFINITY, 0.1, -999.9, -NAN };
    const double tenth = 0.1, none = 0, sentinel = -999.9, infinite = INFINITY, no_number = NAN;
    check_observed(x, NULL, (double[]){ 1, 0, 1, 1, 0, 1, 1, 0 });
    check_observed(x, &tenth, (double[]){ 1, 0, 1, 1, 0, 0, 1, 0 });
    check_observed(x, &none, (double[]){ 1, 0, 0, 0, 0, 1, 1, 0 });
    check_observed(x, &sentinel, (double[]){ 1, 0, 1, 1, 0, 1, 0, 0 });
    check_observed(x, &infinite, (double[]){ 1, 0, 1, 1, 0, 1, 1, 0 });
    check_observed(x, &no_number, (double[]){ 1, 0, 1, 1, 0, 1, 1, 0 });
}
END_TEST

/* The gradient of x · observed(x) is the mask alone; what only the mask depends on has none. */
START_TEST(test_observed_gradient)
{
    const double x[] = { 1, 2, 3, 4, 5, 6, 7, 8 }, fill = 3, expected[] = { 1, 1, 0, 1, 1, 1, 1, 1 };
    bench b;
    bench_begin(&b);
    vae_node *used = given(&b, x), *only = given(&b, x);
    vae_graph_want_gradient(used);
    vae_graph_want_gradient(only);
    vae_node *masked = vae_mul(vae_mul(used, vae_observed(used, &fill)), vae_observed(only, NULL));
    bench_compile(&b, vae_mean_rows(vae_sum(masked, 0)));
    ck_assert(bench_run(&b, 0));
    check_values(&b, vae_executor_gradient(b.executor, used), expected, SIZE, 0);
    ck_assert_ptr_null(vae_executor_gradient(b.executor, only));
    bench_end(&b);
}
END_TEST

/* ---- Filled ------------------------------------------------------------------------------------------------------ */

START_TEST(test_fill)
{
    const double x[] = { 1, NAN, 3, INFINITY, 5, NAN, 7, -8 }, mask[] = { 1, 0, 0, 0, 0.5, 0, -1, 1 };
    const double expected[] = { 1, 0.25, 0.25, 0.25, 5, 0.25, 7, -8 }, passed[] = { 1, 0, 0, 0, 1, 0, 1, 1 };
    bench b;
    bench_begin(&b);
    vae_node *node = given(&b, x), *filled = vae_fill(node, given(&b, mask), 0.25);
    vae_graph_want_gradient(node);
    vae_graph_keep(filled);
    bench_compile(&b, vae_mean_rows(vae_sum(filled, 0)));
    for (int kind = 0; kind < KINDS; kind++) {
        if (!bench_run(&b, kind))
            continue;
        check_values(&b, vae_executor_value(b.executor, filled), expected, SIZE, 0);
        check_values(&b, vae_executor_gradient(b.executor, node), passed, SIZE, 0);
    }
    bench_end(&b);
}
END_TEST

/* A missing value, from the data to the likelihood: the encoder sees 0, and neither value nor gradient is no number. */
static void check_chain(vae_node *(*loglik)(vae_node *x, vae_node *y, vae_node *mask))
{
    const double x[] = { 1, NAN, 0, 2, NAN, 1, -1, 3 }, fill = -1;
    bench b;
    bench_begin(&b);
    vae_node *data = given(&b, x), *mask = vae_observed(data, &fill);
    vae_node *seen = vae_label(vae_fill(data, mask, 0), "seen");
    vae_graph_want_gradient(seen);
    vae_node *objective = vae_mean_rows(loglik(data, vae_scale(seen, 0.5), mask));
    bench_compile(&b, objective);
    for (int kind = 0; kind < KINDS; kind++) {
        if (!bench_run(&b, kind))
            continue;
        ck_assert(isfinite(element(&b, vae_executor_value(b.executor, objective), 0)));
        const void *gradient = vae_executor_gradient(b.executor, seen);
        for (int i = 0; i < SIZE; i++) {
            ck_assert(isfinite(element(&b, gradient, i)));
            if (isnan(x[i]) || x[i] < 0)
                ck_assert_double_eq(element(&b, gradient, i), 0);
        }
    }
    bench_end(&b);
}

static vae_node *gaussian(vae_node *x, vae_node *mean, vae_node *mask)
{
    return vae_loglik_gaussian(x, mean, mean, mask);
}

START_TEST(test_chain)
{
    check_chain(vae_loglik_bernoulli);
    check_chain(gaussian);
    check_chain(vae_loglik_poisson);
}
END_TEST

/* ---- Counts ------------------------------------------------------------------------------------------------------ */

/* Σ over SIZE counts against the formula, in every set of kernels; log-rates are exact in float32. */
static void check_poisson(const double x[SIZE], const double log_rate[SIZE], double narrow)
{
    double expected = 0;
    for (int i = 0; i < SIZE; i++)
        expected += x[i] * log_rate[i] - exp(log_rate[i]) - lgamma(x[i] + 1);
    bench b;
    bench_begin(&b);
    vae_node *loglik = vae_loglik_poisson(given(&b, x), given(&b, log_rate), NULL);
    vae_graph_keep(loglik);
    bench_compile(&b, NULL);
    for (int kind = 0; kind < KINDS; kind++)
        if (bench_run(&b, kind))
            check_values(&b, vae_executor_value(b.executor, loglik), &expected, 1, b.float64 ? 1e-10 : narrow);
    bench_end(&b);
}

START_TEST(test_counts)
{
    const double few[] = { 0, 1, 2, 3, 4, 5, 17, 30 }, rates[] = { -3, 0, 0.5, 1.25, 2, 0.75, 2.875, 3.5 };
    const double many[] = { 65535, 65535, 65535, 1e6, 1e6, 1e6, 50000, 255 };
    const double near[] = { 11.09375, 11.0859375, 11.0947265625, 13.8125, 13.8154296875, 13.8203125, 10.8125, 5.5 };
    const double far[] = { 10, 12, 0, 13, 14.5, -30, 30, 5.5 };
    const double none[] = { 0, 0, 0, 0, 0, 0, 0, 0 }, dark[] = { -30, -20, -15, -10, -12, -9, -25, -11 };
    check_poisson(few, rates, 1e-6);
    check_poisson(many, near, 3e-6);
    check_poisson(many, far, 1e-6);
    check_poisson(none, dark, 1e-9);
}
END_TEST

/* The gradient is mask · (x - exp(log_rate)) between -30 and 30, and 0 outside; x has none. */
START_TEST(test_poisson_gradient)
{
    const double x[] = { 3, 3, 3, 0, NAN, -5, 1e6, 2 }, mask[] = { 1, 1, 1, 1, 0, 0, 1, 0.5 };
    const double log_rate[] = { 0, -31, 31, -INFINITY, 1, NAN, 13, 1 };
    const double expected[] = { 2, 0, 0, 0, 0, 0, 1e6 - exp(13), 0.5 * (2 - exp(1)) };
    bench b;
    bench_begin(&b);
    vae_node *data = given(&b, x), *rate = given(&b, log_rate);
    vae_graph_want_gradient(data);
    vae_graph_want_gradient(rate);
    vae_node *objective = vae_mean_rows(vae_loglik_poisson(data, rate, given(&b, mask)));
    bench_compile(&b, objective);
    for (int kind = 0; kind < KINDS; kind++) {
        if (!bench_run(&b, kind))
            continue;
        ck_assert(isfinite(element(&b, vae_executor_value(b.executor, objective), 0)));
        check_values(&b, vae_executor_gradient(b.executor, rate), expected, SIZE, b.float64 ? 1e-14 : 1e-6);
        ck_assert_ptr_null(vae_executor_gradient(b.executor, data));
    }
    bench_end(&b);
}
END_TEST

START_TEST(test_no_count)
{
    const double x[] = { 1, 2, -1, 0, 0, 0, 0, 0 }, log_rate[SIZE] = { 0 };
    bench b;
    bench_begin(&b);
    vae_node *loglik = vae_loglik_poisson(given(&b, x), given(&b, log_rate), NULL);
    vae_graph_keep(loglik);
    bench_compile(&b, NULL);
    for (int kind = 0; kind < KINDS; kind++)
        if (bench_run(&b, kind))
            ck_assert(element(&b, vae_executor_value(b.executor, loglik), 0) < -DBL_MAX);
    bench_end(&b);
}
END_TEST

/* ---- Mistakes ---------------------------------------------------------------------------------------------------- */

static vae_node *in(vae_graph *g, int64_t size)
{
    return vae_input(g, "x", 1, &size);
}
static vae_node *shared(vae_graph *g, int64_t size)
{
    return vae_parameter(g, "b", VAE_ZEROS, 1, &size);
}

#define MISTAKE(name, call)                                                                                            \
    static vae_node *name(vae_graph *g)                                                                                \
    {                                                                                                                  \
        return call;                                                                                                   \
    }
MISTAKE(fill_shapes, vae_fill(in(g, 5), in(g, 4), 0))
MISTAKE(fill_rows, vae_fill(in(g, 5), shared(g, 5), 0))
MISTAKE(fill_value, vae_fill(in(g, 5), in(g, 5), NAN))
MISTAKE(fill_null, vae_fill(in(g, 5), NULL, 0))
MISTAKE(poisson_rate, vae_loglik_poisson(in(g, 5), shared(g, 4), NULL))
MISTAKE(poisson_rows, vae_loglik_poisson(shared(g, 5), in(g, 5), NULL))
MISTAKE(poisson_mask, vae_loglik_poisson(in(g, 5), in(g, 5), in(g, 1)))

static const struct {
    vae_node *(*build)(vae_graph *graph);
    const char *words;
} mistakes[] = {
    { fill_shapes, "fill: shapes differ: (rows, 5) and (rows, 4)" },
    { fill_rows, "fill: rows differ: (rows, 5) and (5)" },
    { fill_value, "fill: the value must be finite, not nan" },
    { fill_null, "fill: argument 2 is NULL" },
    { poisson_rate, "loglik_poisson: shapes differ: (rows, 5) and (4)" },
    { poisson_rows, "loglik_poisson: rows differ: (5) and (rows, 5)" },
    { poisson_mask, "loglik_poisson: shapes differ: (rows, 5) and (rows, 1)" },
};

START_TEST(test_mistakes)
{
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        vae_graph *graph = NULL;
        ck_assert_status_ok(vae_graph_new(&graph));
        ck_assert_ptr_null(mistakes[i].build(graph));
        vae_status status = vae_graph_status(graph);
        ck_assert_msg(status.code && strstr(status.message, mistakes[i].words), "no \"%s\" in: %s", mistakes[i].words,
                      status.message);
        vae_graph_free(&graph);
    }
    ck_assert_ptr_null(vae_observed(NULL, NULL));
    ck_assert_ptr_null(vae_fill(NULL, NULL, 0));
    ck_assert_ptr_null(vae_loglik_poisson(NULL, NULL, NULL));
}
END_TEST

int main(void)
{
    const TTest *const missing[] = { test_observed, test_observed_gradient, test_fill, test_chain, NULL };
    const TTest *const counts[] = { test_counts, test_poisson_gradient, test_no_count, NULL };
    const TTest *const wrong[] = { test_mistakes, NULL };
    Suite *suite = suite_create("missing");
    suite_case(suite, "missing values", 20, missing);
    suite_case(suite, "counts", 20, counts);
    suite_case(suite, "mistakes", 20, wrong);
    return suite_run(suite);
}
