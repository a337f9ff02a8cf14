/*
 * Every op of the table: gradients against central differences in float64, float32 in each set of kernels against
 * float64, the same bits for any number of threads and without reuse of memory; then values by naive formulas, extreme
 * arguments, and mistakes.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/graph.h"
#include "tests/support/suite.h"

enum { EXAMPLES = 3, CAPACITY = 4, MAX_BINDINGS = VAE__MAX_INPUTS + 1 };

static const double step = 1e-6, absolute = 1e-5, relative = 1e-3;

/* ---- Numbers that look random and are the same everywhere -------------------------------------------------------- */

static double uniform(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (double)(*state >> 8) / 16777216.0;
}

static double draw(uint32_t *state, const vae__case_input *input)
{
    double value = input->low + (input->high - input->low) * uniform(state);
    if (input->whole)
        value = floor(value);
    if (input->has_kink && fabs(value - input->kink) < 0.01)
        value = input->kink + (value < input->kink ? -0.01 : 0.01) * 2;
    return (float)value; /* what float32 sees as well */
}

/* ---- A case as a graph: arguments → op → Σ out · weights, its mean over rows where it has some ------------------- */

typedef struct trial {
    const vae__case *tried;
    vae_graph *graph;
    vae_store *store;
    vae_program *program;
    vae_node *arguments[VAE__MAX_INPUTS], *out, *objective;
    double *values[VAE__MAX_INPUTS]; /* of EXAMPLES examples, or shared */
    int64_t counts[VAE__MAX_INPUTS];
    double *parameters; /* laid out as the store */
    double *weights;
    vae_binding bindings[MAX_BINDINGS];
    int binding_count;
} trial;

/* What a run gives. Gradients of all arguments one after another. */
typedef struct outcome {
    double objective, *gradients;
    unsigned char *bits; /* objective and gradients as they are in memory */
    size_t bytes;
} outcome;

static vae_node *make_argument(trial *t, int i)
{
    const vae__case_input *given = &t->tried->inputs[i];
    char label[32];
    snprintf(label, sizeof(label), "argument %d", i);
    if (!given->rows)
        return vae_parameter(t->graph, label, VAE_ZEROS, given->rank, given->shape);
    vae_node *node = given->rows == 1
                         ? vae_input(t->graph, label, given->rank, given->shape)
                         : vae_noise_samples(t->graph, VAE_NORMAL, label, given->rows, given->rank, given->shape);
    vae_graph_want_gradient(node);
    return node;
}

static void draw_argument(trial *t, int i, uint32_t *state)
{
    const vae_node *node = t->arguments[i];
    t->counts[i] = node->size * (node->rows ? node->rows * EXAMPLES : 1);
    t->values[i] = calloc((size_t)t->counts[i], sizeof(double));
    for (int64_t j = 0; j < t->counts[i]; j++)
        t->values[i][j] = draw(state, &t->tried->inputs[i]);
    if (node->rows)
        t->bindings[t->binding_count++] = (vae_binding){ node, t->values[i], VAE_FLOAT64, NULL };
}

/* Weights of the objective, so that no two elements of the result are alike to it. */
static vae_node *weigh(trial *t, uint32_t *state)
{
    const vae_node *out = t->out;
    const int64_t count = out->size * (out->rows ? out->rows * EXAMPLES : 1);
    t->weights = calloc((size_t)count, sizeof(double));
    for (int64_t j = 0; j < count; j++)
        t->weights[j] = (float)(0.5 + uniform(state));
    if (!out->rows)
        return vae_sum(vae_mul(t->out, vae_constant(t->graph, out->rank, out->shape, t->weights)), 0);
    vae_node *weights = out->rows == 1
                            ? vae_input(t->graph, "weights", out->rank, out->shape)
                            : vae_noise_samples(t->graph, VAE_NORMAL, "weights", out->rows, out->rank, out->shape);
    t->bindings[t->binding_count++] = (vae_binding){ weights, t->weights, VAE_FLOAT64, NULL };
    return vae_mean_rows(vae_sum(vae_mul(t->out, weights), 0));
}

static const vae_tensor *tensor_of(const trial *t, int i)
{
    char label[32];
    snprintf(label, sizeof(label), "argument %d", i);
    return vae_store_find(t->store, label);
}

static void set_parameters(trial *t)
{
    for (int i = 0; i < t->tried->input_count; i++)
        if (!t->arguments[i]->rows) {
            memcpy(t->parameters + tensor_of(t, i)->offset, t->values[i], (size_t)t->counts[i] * sizeof(double));
            for (int64_t j = 0; j < t->counts[i]; j++)
                vae_store_parameters(t->store)[tensor_of(t, i)->offset + j] = (float)t->values[i][j];
        }
}

static void trial_begin(trial *t, const vae__case *tried)
{
    uint32_t state = 7;
    *t = (trial){ .tried = tried };
    ck_assert_status_ok(vae_graph_new(&t->graph));
    ck_assert_status_ok(vae_store_new(&t->store));
    for (int i = 0; i < tried->input_count; i++) {
        t->arguments[i] = make_argument(t, i);
        ck_assert_status_ok(vae_graph_status(t->graph));
        draw_argument(t, i, &state);
    }
    t->out = tried->build(t->arguments);
    ck_assert_status_ok(vae_graph_status(t->graph));
    ck_assert_ptr_nonnull(t->out);
    vae_graph_keep(t->out);
    t->objective = weigh(t, &state);
    ck_assert_status_ok(
        vae_graph_compile(t->graph, t->store, &(vae_compile_options){ .objective = t->objective }, &t->program));
    t->parameters = calloc((size_t)vae_store_size(t->store) + 1, sizeof(double));
    set_parameters(t);
}

static void trial_end(trial *t)
{
    vae_program_free(&t->program);
    vae_store_free(&t->store);
    vae_graph_free(&t->graph);
    for (int i = 0; i < t->tried->input_count; i++)
        free(t->values[i]);
    free(t->parameters);
    free(t->weights);
}

static vae_run run_of(const trial *t, bool float64)
{
    return (vae_run){ .examples = EXAMPLES,
                      .bindings = t->bindings,
                      .binding_count = t->binding_count,
                      .parameters = float64 ? t->parameters : NULL };
}

static void take(outcome *o, const void *values, int64_t count, bool float64, double *to)
{
    const size_t bytes = (size_t)count * (float64 ? sizeof(double) : sizeof(float));
    memcpy(o->bits + o->bytes, values, bytes);
    o->bytes += bytes;
    for (int64_t j = 0; j < count; j++)
        to[j] = float64 ? ((const double *)values)[j] : (double)((const float *)values)[j];
}

static int64_t all_counts(const trial *t)
{
    int64_t count = 0;
    for (int i = 0; i < t->tried->input_count; i++)
        count += t->counts[i];
    return count;
}

/* Runs the case forward and backward. The gradient array is filled with rubbish first: a run overwrites it. */
static outcome run_case(const trial *t, const vae_executor_options *options)
{
    const bool float64 = options->float64;
    const size_t bytes = float64 ? sizeof(double) : sizeof(float), total = (size_t)all_counts(t);
    outcome o = { .gradients = calloc(total, sizeof(double)), .bits = calloc(total + 1, sizeof(double)) };
    unsigned char *gradient = calloc((size_t)vae_store_size(t->store) + 1, bytes);
    memset(gradient, 0x5a, (size_t)vae_store_size(t->store) * bytes);
    vae_executor *executor = NULL;
    ck_assert_status_ok(vae_executor_new(t->program, options, &executor));
    vae_run run = run_of(t, float64);
    run.gradient = gradient;
    ck_assert_status_ok(vae_executor_run(executor, &run));
    take(&o, vae_executor_value(executor, t->objective), 1, float64, &o.objective);
    int64_t begin = 0;
    for (int i = 0; i < t->tried->input_count; begin += t->counts[i++]) {
        if (t->tried->inputs[i].fixed)
            continue;
        const void *values = t->arguments[i]->rows ? vae_executor_gradient(executor, t->arguments[i])
                                                   : gradient + (size_t)tensor_of(t, i)->offset * bytes;
        ck_assert_ptr_nonnull(values);
        take(&o, values, t->counts[i], float64, o.gradients + begin);
    }
    vae_executor_free(&executor);
    free(gradient);
    return o;
}

static void outcome_end(outcome *o)
{
    free(o->gradients);
    free(o->bits);
}

/* ---- Gradients --------------------------------------------------------------------------------------------------- */

static double objective_at(vae_executor *executor, trial *t, int i, int64_t j, double value)
{
    const double kept = t->values[i][j];
    t->values[i][j] = value;
    if (!t->arguments[i]->rows)
        t->parameters[tensor_of(t, i)->offset + j] = value;
    vae_run run = run_of(t, true);
    ck_assert_status_ok(vae_executor_run(executor, &run));
    t->values[i][j] = kept;
    if (!t->arguments[i]->rows)
        t->parameters[tensor_of(t, i)->offset + j] = kept;
    return *(const double *)vae_executor_value(executor, t->objective);
}

static void check_gradients(const char *op, trial *t)
{
    const vae_executor_options options = { .capacity = CAPACITY, .threads = 1, .float64 = true };
    outcome o = run_case(t, &options);
    vae_executor *executor = NULL;
    ck_assert_status_ok(vae_executor_new(t->program, &options, &executor));
    int64_t begin = 0;
    for (int i = 0; i < t->tried->input_count; begin += t->counts[i++])
        for (int64_t j = 0; !t->tried->inputs[i].fixed && j < t->counts[i]; j++) {
            const double x = t->values[i][j];
            const double above = objective_at(executor, t, i, j, x + step);
            const double below = objective_at(executor, t, i, j, x - step);
            const double expected = (above - below) / (2 * step), found = o.gradients[begin + j];
            ck_assert_msg(fabs(found - expected) <= absolute + relative * fabs(expected),
                          "%s, %s: argument %d, element %lld: gradient %.9g, by differences %.9g", op, t->tried->name,
                          i, (long long)j, found, expected);
        }
    vae_executor_free(&executor);
    outcome_end(&o);
}

/* Calls `check` for every case of every op. */
static void each_case(void (*check)(const char *op, trial *t))
{
    const vae__op *const *ops = vae__ops(0);
    for (int number = 0; number < VAE__OP_COUNT; number++)
        for (int i = 0; i < ops[number]->case_count; i++) {
            trial t;
            trial_begin(&t, &ops[number]->cases[i]);
            check(ops[number]->name, &t);
            trial_end(&t);
        }
}

START_TEST(test_rows)
{
    static const char *const names[] = {
#define NAME(op) #op,
        VAE__OP_LIST(NAME)
#undef NAME
    };
    for (int variant = 0; variant < VAE__VARIANTS; variant++)
        for (int number = 0; vae__ops(variant) && number < VAE__OP_COUNT; number++) {
            const vae__op *op = vae__ops(variant)[number];
            ck_assert_str_eq(op->name, names[number]);
            ck_assert_int_eq(op->number, number);
            ck_assert_msg(op->is_source || op->forward, "%s computes nothing", op->name);
        }
    ck_assert_ptr_null(vae__ops(-1));
    ck_assert_ptr_null(vae__ops(VAE__VARIANTS));
}
END_TEST

START_TEST(test_cases)
{
    for (int number = 0; number < VAE__OP_COUNT; number++) {
        const vae__op *op = vae__ops(0)[number];
        ck_assert_msg(op->case_count || op->no_cases, "%s has neither cases nor a reason", op->name);
        for (int i = 0; i < op->case_count; i++) {
            trial t;
            bool found = false;
            trial_begin(&t, &op->cases[i]);
            for (size_t n = 0; n < t.graph->count; n++)
                found |= t.graph->nodes[n]->op == op;
            ck_assert_msg(found, "%s, %s: the case does not use the op", op->name, op->cases[i].name);
            trial_end(&t);
        }
    }
}
END_TEST

START_TEST(test_gradients)
{
    each_case(check_gradients);
}
END_TEST

/* ---- Precisions, threads, memory --------------------------------------------------------------------------------- */

static void check_near(const char *op, const trial *t, const char *kernels, const outcome *wide, const outcome *narrow)
{
    double largest = fabs(wide->objective);
    const int64_t count = all_counts(t);
    for (int64_t j = 0; j < count; j++)
        largest = fmax(largest, fabs(wide->gradients[j]));
    ck_assert_msg(fabs(narrow->objective - wide->objective) <= 1e-4 * (1 + fabs(wide->objective)),
                  "%s, %s, %s: objective %.9g in float32, %.9g in float64", op, t->tried->name, kernels,
                  narrow->objective, wide->objective);
    for (int64_t j = 0; j < count; j++)
        ck_assert_msg(fabs(narrow->gradients[j] - wide->gradients[j]) <=
                          1e-4 * fabs(wide->gradients[j]) + 1e-6 * (1 + largest),
                      "%s, %s, %s: gradient %lld is %.9g in float32, %.9g in float64", op, t->tried->name, kernels,
                      (long long)j, narrow->gradients[j], wide->gradients[j]);
}

static const char *const kernel_names[] = { "generic", "avx2", "avx512" };

static void check_precisions(const char *op, trial *t)
{
    outcome wide = run_case(t, &(vae_executor_options){ .capacity = CAPACITY, .threads = 1, .float64 = true });
    for (size_t i = 0; i < sizeof(kernel_names) / sizeof(kernel_names[0]); i++) {
        if (!vae__kernels_find(false, kernel_names[i]))
            continue;
        outcome narrow =
            run_case(t, &(vae_executor_options){ .capacity = CAPACITY, .threads = 1, .kernels = kernel_names[i] });
        check_near(op, t, kernel_names[i], &wide, &narrow);
        outcome_end(&narrow);
    }
    outcome_end(&wide);
}

START_TEST(test_precisions)
{
    each_case(check_precisions);
}
END_TEST

/* Runs that must give the same bits: the first stands for all. */
static const struct {
    int threads;
    bool no_reuse;
} ways[] = { { 1, false }, { 1, true }, { 2, false }, { 3, false } };

static void check_same_bits(const char *op, trial *t, bool float64, const char *kernels, size_t count)
{
    outcome first = { 0 };
    for (size_t i = 0; i < count; i++) {
        outcome other = run_case(t, &(vae_executor_options){ .capacity = CAPACITY,
                                                             .threads = ways[i].threads,
                                                             .float64 = float64,
                                                             .no_reuse = ways[i].no_reuse,
                                                             .kernels = kernels });
        if (!i) {
            first = other;
            continue;
        }
        ck_assert_msg(first.bytes == other.bytes && !memcmp(first.bits, other.bits, first.bytes),
                      "%s, %s, %s: other bits with %d threads%s", op, t->tried->name, kernels ? kernels : "best",
                      ways[i].threads, ways[i].no_reuse ? ", without reuse" : "");
        outcome_end(&other);
    }
    outcome_end(&first);
}

/* Threads with the best kernels and in float64: more of them wait for one another longer than they compute. */
static void check_bits(const char *op, trial *t)
{
    check_same_bits(op, t, true, NULL, 4);
    check_same_bits(op, t, false, NULL, 4);
    for (size_t i = 0; i < sizeof(kernel_names) / sizeof(kernel_names[0]); i++)
        if (vae__kernels_find(false, kernel_names[i]))
            check_same_bits(op, t, false, kernel_names[i], 2);
}

START_TEST(test_bits)
{
    each_case(check_bits);
}
END_TEST

/* ---- Values ------------------------------------------------------------------------------------------------------ */

/* A graph under test: sources are bound to values as they are made. */
typedef struct bench {
    vae_graph *graph;
    vae_store *store;
    vae_program *program;
    vae_executor *executor;
    vae_binding bindings[8];
    int binding_count;
    int64_t examples;
    double gradient[64]; /* of the parameters */
} bench;

static void bench_begin(bench *b, int64_t examples)
{
    *b = (bench){ .examples = examples };
    ck_assert_status_ok(vae_graph_new(&b->graph));
    ck_assert_status_ok(vae_store_new(&b->store));
}

static void bench_end(bench *b)
{
    vae_executor_free(&b->executor);
    vae_program_free(&b->program);
    vae_store_free(&b->store);
    vae_graph_free(&b->graph);
}

/* Values of `rows` rows for each example, `size` in each. */
static vae_node *given(bench *b, int64_t rows, int64_t size, const double *values)
{
    char label[16];
    snprintf(label, sizeof(label), "x%d", b->binding_count);
    vae_node *node = rows == 1 ? vae_input(b->graph, label, 1, &size)
                               : vae_noise_samples(b->graph, VAE_NORMAL, label, rows, 1, &size);
    b->bindings[b->binding_count++] = (vae_binding){ node, values, VAE_FLOAT64, NULL };
    return node;
}

static void bench_run(bench *b, vae_node *objective, const char *kernels)
{
    ck_assert_status_ok(vae_graph_status(b->graph));
    ck_assert_status_ok(
        vae_graph_compile(b->graph, b->store, &(vae_compile_options){ .objective = objective }, &b->program));
    const vae_executor_options options = { b->examples, 1, !kernels, .kernels = kernels };
    ck_assert_status_ok(vae_executor_new(b->program, &options, &b->executor));
    ck_assert_int_le(vae_store_size(b->store), 64);
    vae_run run = { b->examples, b->bindings, b->binding_count, .gradient = objective ? b->gradient : NULL };
    ck_assert_status_ok(vae_executor_run(b->executor, &run));
}

/* The values of a node after a float64 run. */
static const double *run_for(bench *b, vae_node *out)
{
    vae_graph_keep(out);
    bench_run(b, NULL, NULL);
    return vae_executor_value(b->executor, out);
}

#define ck_assert_values(found, expected, count)                                                                       \
    for (int value_index = 0; value_index < (count); value_index++)                                                    \
    ck_assert_msg(fabs((found)[value_index] - (expected)[value_index]) <= 1e-12 * (1 + fabs((expected)[value_index])), \
                  "value %d is %.15g, not %.15g", value_index, (found)[value_index], (expected)[value_index])

/* A formula of one value, and the builder that must agree with it. */
static double leaky(double x)
{
    return x > 0 ? x : 0.2 * x;
}
static vae_node *build_leaky(vae_node *x)
{
    return vae_leaky_relu(x, 0.2);
}
static double relu(double x)
{
    return fmax(x, 0);
}
static double elu(double x)
{
    return x > 0 ? x : expm1(x);
}
static double gelu(double x)
{
    return x * 0.5 * erfc(-x / sqrt(2));
}
static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}
static double softplus(double x)
{
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}
static double square(double x)
{
    return x * x;
}
static double thrice(double x)
{
    return 3 * x;
}
static vae_node *build_thrice(vae_node *x)
{
    return vae_scale(x, 3);
}
static double negative(double x)
{
    return -x;
}
static double above_one(double x)
{
    return x > 1 ? 1 : 0;
}
static vae_node *build_above_one(vae_node *x)
{
    return vae_threshold(x, 1);
}

static const struct {
    vae_node *(*build)(vae_node *x);
    double (*formula)(double x);
    bool positive;
} formulas[] = {
    { vae_relu, relu, false },         { build_leaky, leaky, false },   { vae_elu, elu, false },
    { vae_gelu, gelu, false },         { vae_tanh, tanh, false },       { vae_sigmoid, sigmoid, false },
    { vae_softplus, softplus, false }, { vae_exp, exp, false },         { vae_log, log, true },
    { vae_log1p, log1p, true },        { vae_square, square, false },   { vae_sqrt, sqrt, true },
    { build_thrice, thrice, false },   { vae_negate, negative, false }, { build_above_one, above_one, false },
};

START_TEST(test_formulas)
{
    const double any[] = { -3, -1.5, -0.25, 0, 0.125, 1, 1.5, 2.75 }, positive[] = { 0.1, 0.5, 1, 1.25, 2, 3, 10, 99 };
    for (size_t f = 0; f < sizeof(formulas) / sizeof(formulas[0]); f++) {
        const double *x = formulas[f].positive ? positive : any;
        double expected[8];
        for (int i = 0; i < 8; i++)
            expected[i] = formulas[f].formula(x[i]);
        bench b;
        bench_begin(&b, 2);
        const double *found = run_for(&b, formulas[f].build(given(&b, 1, 4, x)));
        ck_assert_values(found, expected, 8);
        bench_end(&b);
    }
}
END_TEST

START_TEST(test_affine)
{
    const double x[] = { 1, 2, -3, 0.5 }, weight[] = { 1, 2, 3, 4, 5, 6 }, bias[] = { 10, 20, 30 };
    bench b;
    bench_begin(&b, 2);
    vae_node *w = vae_constant(b.graph, 2, (int64_t[]){ 2, 3 }, weight);
    const double *found =
        run_for(&b, vae_affine(given(&b, 1, 2, x), w, vae_constant(b.graph, 1, (int64_t[]){ 3 }, bias)));
    const double expected[] = { 19, 32, 45, 9, 16.5, 24 };
    ck_assert_values(found, expected, 6);
    bench_end(&b);
}
END_TEST

START_TEST(test_reductions)
{
    const double x[] = { 1, 2, 3, 4, 5, 6, -1, 0, 1, 2, 3, 4 };
    const struct {
        vae_node *(*build)(vae_node *x, int first);
        int first;
        double expected[4];
    } rows[] = { { vae_sum, 0, { 21, 9 } },
                 { vae_sum, 1, { 6, 15, 0, 9 } },
                 { vae_mean, 0, { 3.5, 1.5 } },
                 { vae_mean, 1, { 2, 5, 0, 3 } } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bench b;
        bench_begin(&b, 2);
        vae_node *matrix = vae_reshape(given(&b, 1, 6, x), 2, (int64_t[]){ 2, 3 });
        const double *found = run_for(&b, rows[i].build(matrix, rows[i].first));
        ck_assert_values(found, rows[i].expected, rows[i].first ? 4 : 2);
        bench_end(&b);
    }
}
END_TEST

START_TEST(test_rows_of_examples)
{
    /* Two examples of two rows of two values each. */
    const double x[] = { 1, 2, 3, 4, 5, 6, -INFINITY, -INFINITY };
    const double expected[] = { log(exp(1) + exp(3)), log(exp(2) + exp(4)), 5, 6 }, mean[] = { 3, 4 };
    bench b;
    bench_begin(&b, 2);
    const double *found = run_for(&b, vae_logsumexp_rows(given(&b, 2, 2, x)));
    ck_assert_values(found, expected, 4);
    bench_end(&b);
    bench_begin(&b, 1);
    found = run_for(&b, vae_mean_rows(given(&b, 3, 2, x)));
    ck_assert_values(found, mean, 2);
    bench_end(&b);
    bench_begin(&b, 2);
    found = run_for(&b, vae_repeat(given(&b, 1, 2, x), 2));
    const double repeated[] = { 1, 2, 1, 2, 3, 4, 3, 4 };
    ck_assert_values(found, repeated, 8);
    bench_end(&b);
}
END_TEST

/* Rows of which nothing is left, and with nothing but -inf, keep gradients that are numbers. */
START_TEST(test_logsumexp_infinite)
{
    const double x[] = { -INFINITY, -INFINITY, -INFINITY, 0.5, -INFINITY, -INFINITY, -INFINITY, 1e4 };
    const char *const kernels[] = { NULL, "generic" };
    for (int64_t size = 1; size <= 2; size++)
        for (int k = 0; k < 2; k++) {
            bench b;
            bench_begin(&b, 4 / size);
            vae_node *node = given(&b, 2, size, x), *y = vae_logsumexp_rows(node);
            vae_graph_want_gradient(node);
            vae_graph_keep(y);
            bench_run(&b, vae_sum(vae_mean_rows(y), 0), kernels[k]);
            const void *gradient = vae_executor_gradient(b.executor, node), *value = vae_executor_value(b.executor, y);
            for (int i = 0; i < 8; i++)
                ck_assert(isfinite(k ? ((const float *)gradient)[i] : ((const double *)gradient)[i]));
            for (int i = 0; i < 4; i++) {
                const double found = k ? ((const float *)value)[i] : ((const double *)value)[i];
                ck_assert(!isnan(found) && found < INFINITY);
            }
            bench_end(&b);
        }
}
END_TEST

START_TEST(test_moves)
{
    const double a[] = { 1, 2, 3, 4, 5, 6 }, c[] = { 7, 8 };
    bench b;
    bench_begin(&b, 2);
    const double *found = run_for(&b, vae_concat(given(&b, 1, 3, a), given(&b, 1, 1, c), 0));
    const double side_by_side[] = { 1, 2, 3, 7, 4, 5, 6, 8 };
    ck_assert_values(found, side_by_side, 8);
    bench_end(&b);
    bench_begin(&b, 1);
    found = run_for(&b, vae_slice(vae_reshape(given(&b, 1, 6, a), 2, (int64_t[]){ 2, 3 }), 1, 1, 3));
    const double cut[] = { 2, 3, 5, 6 };
    ck_assert_values(found, cut, 4);
    bench_end(&b);
}
END_TEST

START_TEST(test_gather)
{
    const double table[] = { 1, 2, 3, 4, 5, 6 }, index[] = { 2, 0, 3, -1 };
    bench b;
    bench_begin(&b, 4);
    vae_node *rows = vae_constant(b.graph, 2, (int64_t[]){ 3, 2 }, table);
    const double *found = run_for(&b, vae_gather(rows, given(&b, 1, 1, index)));
    const double expected[] = { 5, 6, 1, 2 };
    ck_assert_values(found, expected, 4);
    for (int i = 4; i < 8; i++)
        ck_assert(isnan(found[i]));
    bench_end(&b);
}
END_TEST

/* An index outside the table writes no gradient, and none outside of it. */
START_TEST(test_gather_outside)
{
    const double index[] = { 1, 7, -3, NAN, 1e30 };
    bench b;
    bench_begin(&b, 5);
    vae_node *table = vae_parameter(b.graph, "table", VAE_ZEROS, 2, (int64_t[]){ 3, 2 });
    vae_node *chosen = vae_gather(table, given(&b, 1, 1, index));
    bench_run(&b, vae_mean_rows(vae_sum(chosen, 0)), NULL);
    const double expected[] = { 0, 0, 0.2, 0.2, 0, 0 };
    ck_assert_values(b.gradient, expected, 6);
    bench_end(&b);
}
END_TEST

START_TEST(test_binarize)
{
    const double x[] = { 0, 0.25, 0.5, 1 }, drawn[] = { 0, 0.2, 0.5, 0.999 }, expected[] = { 0, 1, 0, 1 };
    bench b;
    bench_begin(&b, 1);
    const double *found = run_for(&b, vae_binarize(given(&b, 1, 4, x), given(&b, 1, 4, drawn)));
    ck_assert_values(found, expected, 4);
    bench_end(&b);
}
END_TEST

START_TEST(test_gaussians)
{
    const double mean[] = { 0.5, -1, 2, 0 }, logvar[] = { 0.1, -0.7, 1.3, -50 }, prior_mean[] = { 1, 0, -1, 0.25 };
    const double prior_logvar[] = { -0.3, 0.2, 40, 0.5 }, noise[] = { 1, -2, 0.5, 3 };
    const double clipped[] = { 0.1, -0.7, 1.3, -30 }, clipped_prior[] = { -0.3, 0.2, 20, 0.5 };
    double sample[4], standard = 0, general = 0;
    for (int i = 0; i < 4; i++) {
        sample[i] = mean[i] + sqrt(exp(clipped[i])) * noise[i];
        standard += 0.5 * (exp(clipped[i]) + mean[i] * mean[i] - 1 - clipped[i]);
        const double p = exp(clipped_prior[i]), d = mean[i] - prior_mean[i];
        general += 0.5 * (clipped_prior[i] - clipped[i] - 1 + (exp(clipped[i]) + d * d) / p);
    }
    bench b;
    bench_begin(&b, 1);
    vae_node *m = given(&b, 1, 4, mean), *v = given(&b, 1, 4, logvar);
    vae_node *pm = given(&b, 1, 4, prior_mean), *pv = given(&b, 1, 4, prior_logvar);
    vae_node *z = vae_gaussian_sample(m, v, given(&b, 1, 4, noise));
    vae_node *first = vae_kl_standard_normal(m, v), *second = vae_kl_gaussian(m, v, pm, pv);
    vae_graph_keep(z);
    vae_graph_keep(first);
    const double *found = run_for(&b, second);
    ck_assert_values(found, &general, 1);
    found = vae_executor_value(b.executor, first);
    ck_assert_values(found, &standard, 1);
    found = vae_executor_value(b.executor, z);
    ck_assert_values(found, sample, 4);
    bench_end(&b);
}
END_TEST

/* The third element is masked, and no number. */
START_TEST(test_likelihoods)
{
    const double x[] = { 1, 0, NAN, 0.3 }, logits[] = { 0.4, 2, 5, -1.5 }, logvar[] = { 0.3, -1, 2, 35 };
    const double mask[] = { 1, 1, 0, 1 }, clipped[] = { 0.3, -1, 2, 20 };
    double bernoulli = 0, gaussian = 0;
    for (int i = 0; i < 4; i++) {
        if (!(mask[i] > 0))
            continue;
        bernoulli += x[i] * log(sigmoid(logits[i])) + (1 - x[i]) * log(1 - sigmoid(logits[i]));
        gaussian -= 0.5 * (log(2 * acos(-1)) + clipped[i] + square(x[i] - logits[i]) / exp(clipped[i]));
    }
    bench b;
    bench_begin(&b, 1);
    vae_node *data = given(&b, 1, 4, x), *mean = given(&b, 1, 4, logits), *seen = given(&b, 1, 4, mask);
    vae_node *first = vae_loglik_bernoulli(data, mean, seen);
    vae_graph_keep(first);
    const double *found = run_for(&b, vae_loglik_gaussian(data, mean, given(&b, 1, 4, logvar), seen));
    ck_assert_values(found, &gaussian, 1);
    found = vae_executor_value(b.executor, first);
    ck_assert_values(found, &bernoulli, 1);
    bench_end(&b);
}
END_TEST

enum { PICTURE = 1100 };

/* The Bernoulli likelihood of a long row, by float kernels, with this mask. */
static float picture_of(const char *kernels, const double *x, const double *logits, const double *mask)
{
    bench b;
    bench_begin(&b, 1);
    vae_node *const row = vae_loglik_bernoulli(given(&b, 1, PICTURE, x), given(&b, 1, PICTURE, logits),
                                               mask ? given(&b, 1, PICTURE, mask) : NULL);
    vae_graph_keep(row);
    bench_run(&b, NULL, kernels);
    const float found = *(const float *)vae_executor_value(b.executor, row);
    bench_end(&b);
    return found;
}

/* A picture's likelihood against double, from unsure logits to sure ones; by weights as well as by a mask; and a mask
 * of ones changes no bit. */
START_TEST(test_bernoulli_pictures)
{
    static const char *const kernels[] = { "generic", "avx2", "avx512" };
    static double x[PICTURE], logits[PICTURE], masks[3][PICTURE];
    for (int scale = 1; scale < 10000; scale *= 10) {
        double right[3] = { 0 };
        for (int i = 0; i < PICTURE; i++) {
            x[i] = i % 3 ? i % 2 : 0.25;
            logits[i] = (i % 3 && i % 41 ? 2 * x[i] - 1 : sin(i)) * (1 + i % 97) * 0.001 * scale;
            logits[i] = (double)(float)logits[i];
            const double of[3] = { 1, i % 5 != 0, i % 4 * 0.75 };
            for (int m = 0; m < 3; m++) {
                masks[m][i] = of[m];
                right[m] += of[m] * (x[i] * logits[i] - softplus(logits[i]));
            }
        }
        for (int k = 0; k < 3; k++) {
            if (!vae__kernels_find(false, kernels[k]))
                continue;
            for (int m = 0; m < 3; m++) {
                const double found = (double)picture_of(kernels[k], x, logits, masks[m]);
                ck_assert_msg(fabs(found - right[m]) <= -1e-6 * right[m], "%s, scale %d, mask %d: %.9g, not %.9g",
                              kernels[k], scale, m, found, right[m]);
            }
            ck_assert_float_eq(picture_of(kernels[k], x, logits, NULL), picture_of(kernels[k], x, logits, masks[0]));
        }
    }
    for (int k = 0; k < 3; k++) {
        if (!vae__kernels_find(false, kernels[k]))
            continue;
        logits[5] = x[10] = NAN; /* where the second mask is 0 */
        ck_assert(isfinite(picture_of(kernels[k], x, logits, masks[1])));
        ck_assert(isnan(picture_of(kernels[k], x, logits, NULL)));
        logits[5] = 1;
        ck_assert(isnan(picture_of(kernels[k], x, logits, NULL)));
        x[10] = 1;
    }
}
END_TEST

/* ---- Extremes ---------------------------------------------------------------------------------------------------- */

/* The objective and the gradients of both arguments are finite, in all kernels. */
static void check_finite(const char *what, vae_node *(*build)(vae_node *x, vae_node *y), const double *x,
                         const double *y, int64_t size)
{
    const char *const kernels[] = { NULL, "generic", "avx2", "avx512" };
    for (int k = 0; k < 4; k++) {
        if (kernels[k] && !vae__kernels_find(false, kernels[k]))
            continue;
        bench b;
        bench_begin(&b, 1);
        vae_node *nodes[] = { given(&b, 1, size, x), given(&b, 1, size, y) };
        vae_graph_want_gradient(nodes[0]);
        vae_graph_want_gradient(nodes[1]);
        vae_node *objective = vae_mean_rows(vae_sum(build(nodes[0], nodes[1]), 0));
        bench_run(&b, objective, kernels[k]);
        const void *value = vae_executor_value(b.executor, objective);
        ck_assert_msg(isfinite(kernels[k] ? *(const float *)value : *(const double *)value), "%s is not finite", what);
        for (int n = 0; n < 2; n++)
            for (int64_t i = 0; i < size; i++) {
                const void *g = vae_executor_gradient(b.executor, nodes[n]);
                ck_assert_ptr_nonnull(g);
                const double found = kernels[k] ? ((const float *)g)[i] : ((const double *)g)[i];
                ck_assert_msg(isfinite(found), "%s: gradient %d of argument %d is %g", what, (int)i, n, found);
            }
        bench_end(&b);
    }
}

static vae_node *bernoulli_of(vae_node *x, vae_node *y)
{
    return vae_loglik_bernoulli(x, y, NULL);
}
static vae_node *gaussian_of(vae_node *x, vae_node *y)
{
    return vae_loglik_gaussian(x, x, y, NULL);
}
static vae_node *sample_of(vae_node *x, vae_node *y)
{
    return vae_gaussian_sample(x, y, x);
}
static vae_node *prior_of(vae_node *x, vae_node *y)
{
    return vae_kl_gaussian(x, y, x, y);
}
/* The larger value is the second's: x matters for its gradient alone. */
static vae_node *activations_of(vae_node *x, vae_node *y)
{
    vae_node *sum = vae_add(vae_softplus(y), vae_add(vae_sigmoid(y), vae_tanh(y)));
    return vae_add(vae_add(sum, vae_gelu(y)), vae_add(vae_elu(y), x));
}

START_TEST(test_extremes)
{
    const double x[] = { 0, 1, 0, 1, 0.5 }, large[] = { -1e4, -1e4, 1e4, 1e4, 0 };
    const double infinite[] = { -INFINITY, INFINITY, -1e4, 1e4, -INFINITY };
    check_finite("Bernoulli at large logits", bernoulli_of, x, large, 5);
    check_finite("Gaussian at large log-variances", gaussian_of, x, large, 5);
    check_finite("Gaussian at infinite log-variances", gaussian_of, x, infinite, 5);
    check_finite("sample at large log-variances", sample_of, x, large, 5);
    check_finite("sample at infinite log-variances", sample_of, x, infinite, 5);
    check_finite("KL at large log-variances", vae_kl_standard_normal, x, large, 5);
    check_finite("KL at infinite log-variances", vae_kl_standard_normal, x, infinite, 5);
    check_finite("KL of two at infinite log-variances", prior_of, x, infinite, 5);
    check_finite("activations", activations_of, x, large, 5);
}
END_TEST

/* A logit of infinite size on the side of x says that x is certain. */
START_TEST(test_certain)
{
    const double x[] = { 0, 1 }, logits[] = { -INFINITY, INFINITY }, expected = 0;
    bench b;
    bench_begin(&b, 1);
    const double *found = run_for(&b, vae_loglik_bernoulli(given(&b, 1, 2, x), given(&b, 1, 2, logits), NULL));
    ck_assert_values(found, &expected, 1);
    bench_end(&b);
}
END_TEST

/* ---- Mistakes ---------------------------------------------------------------------------------------------------- */

static vae_node *in(vae_graph *g, int64_t size)
{
    return vae_input(g, "x", 1, &size);
}
static vae_node *samples(vae_graph *g, int64_t count, int64_t size)
{
    return vae_noise_samples(g, VAE_NORMAL, "e", count, 1, &size);
}
static vae_node *shared(vae_graph *g, int64_t rows, int64_t columns)
{
    return vae_parameter(g, rows ? "w" : "b", VAE_ZEROS, rows ? 2 : 1,
                         rows ? (int64_t[]){ rows, columns } : (int64_t[]){ columns });
}
static vae_node *square_input(vae_graph *g)
{
    return vae_input(g, "x", 2, (int64_t[]){ 4, 5 });
}

#define MISTAKE(name, call)                                                                                            \
    static vae_node *name(vae_graph *g)                                                                                \
    {                                                                                                                  \
        return call;                                                                                                   \
    }
MISTAKE(add_sizes, vae_add(in(g, 400), shared(g, 0, 500)))
MISTAKE(add_samples, vae_add(samples(g, 5, 20), in(g, 20)))
MISTAKE(add_order, vae_add(shared(g, 0, 20), in(g, 20)))
MISTAKE(add_rows_of_one, vae_mul(samples(g, 5, 20), in(g, 1)))
MISTAKE(matmul_inner, vae_matmul(in(g, 400), shared(g, 500, 20)))
MISTAKE(matmul_rank, vae_matmul(square_input(g), shared(g, 20, 2)))
MISTAKE(matmul_weight, vae_matmul(in(g, 5), in(g, 5)))
MISTAKE(affine_bias, vae_affine(in(g, 5), shared(g, 5, 20), shared(g, 0, 21)))
MISTAKE(dense_name, vae_dense(in(g, 5), 3, NULL))
MISTAKE(dense_units, vae_dense(in(g, 5), 0, "encoder/0"))
MISTAKE(sum_first, vae_sum(in(g, 5), 1))
MISTAKE(mean_rows_shared, vae_mean_rows(shared(g, 0, 5)))
MISTAKE(logsumexp_shared, vae_logsumexp_rows(shared(g, 0, 5)))
MISTAKE(concat_beside, vae_concat(square_input(g), in(g, 5), 0))
MISTAKE(concat_axis, vae_concat(in(g, 5), in(g, 5), 1))
MISTAKE(concat_rows, vae_concat(samples(g, 5, 2), in(g, 2), 0))
MISTAKE(slice_range, vae_slice(in(g, 5), 0, 2, 6))
MISTAKE(slice_empty, vae_slice(in(g, 5), 0, 2, 2))
MISTAKE(reshape_size, vae_reshape(in(g, 5), 2, ((const int64_t[]){ 2, 3 })))
MISTAKE(reshape_rank, vae_reshape(in(g, 5), 5, ((const int64_t[]){ 5, 1, 1, 1, 1 })))
MISTAKE(repeat_none, vae_repeat(in(g, 5), 0))
MISTAKE(repeat_twice, vae_repeat(vae_repeat(in(g, 5), 2), 2))
MISTAKE(gather_table, vae_gather(in(g, 5), in(g, 1)))
MISTAKE(gather_index, vae_gather(shared(g, 5, 2), in(g, 2)))
MISTAKE(binarize_shape, vae_binarize(in(g, 5), in(g, 4)))
MISTAKE(sample_noise, vae_gaussian_sample(in(g, 5), in(g, 5), samples(g, 3, 5)))
MISTAKE(kl_shapes, vae_kl_standard_normal(in(g, 5), in(g, 4)))
MISTAKE(kl_prior, vae_kl_gaussian(in(g, 5), in(g, 5), shared(g, 0, 1), shared(g, 0, 1)))
MISTAKE(bernoulli_shared, vae_loglik_bernoulli(shared(g, 0, 5), in(g, 5), NULL))
MISTAKE(bernoulli_samples, vae_loglik_bernoulli(vae_repeat(in(g, 5), 2), vae_repeat(in(g, 5), 3), NULL))
MISTAKE(bernoulli_mask, vae_loglik_bernoulli(in(g, 5), in(g, 5), in(g, 1)))
MISTAKE(gaussian_mean, vae_loglik_gaussian(in(g, 5), shared(g, 0, 4), shared(g, 0, 1), NULL))
MISTAKE(scale_factor, vae_scale(in(g, 5), NAN))
MISTAKE(slope, vae_leaky_relu(in(g, 5), INFINITY))
MISTAKE(threshold, vae_threshold(in(g, 5), NAN))
MISTAKE(input_rank, vae_input(g, "x", 5, ((const int64_t[]){ 1, 1, 1, 1, 1 })))
MISTAKE(input_shape, vae_input(g, "x", 1, NULL))
MISTAKE(noise_samples, samples(g, 0, 3))
MISTAKE(parameter_name, vae_parameter(g, "", VAE_ZEROS, 1, ((const int64_t[]){ 1 })))
MISTAKE(state_name, vae_state(g, NULL, 1, ((const int64_t[]){ 1 })))
MISTAKE(constant_values, vae_constant(g, 1, ((const int64_t[]){ 1 }), NULL))
MISTAKE(constant_shape, vae_constant(g, 1, ((const int64_t[]){ -1 }), ((const double[]){ 1 })))

static const struct {
    vae_node *(*build)(vae_graph *graph);
    const char *words;
} mistakes[] = {
    { add_sizes, "add: shapes differ: (rows, 400) and (500)" },
    { add_samples, "add: rows differ: (rows × 5, 20) and (rows, 20); vae_repeat" },
    { add_order, "add: rows differ: (20) and (rows, 20); what is shared stands second" },
    { add_rows_of_one, "mul: rows differ: (rows × 5, 20) and (rows, 1); vae_repeat" },
    { matmul_inner, "matmul: inner sizes differ: (rows, 400) × (500, 20)" },
    { matmul_rank, "one dimension, which vae_reshape gives it: (rows, 4, 5)" },
    { matmul_weight, "the weight must be shared and have two dimensions: (rows, 5)" },
    { affine_bias, "as long as a row of the result: (5, 20) and (21)" },
    { dense_name, "expected a name of 1 to 255 bytes" },
    { dense_units, "dimension 2 is 0" },
    { sum_first, "there is no dimension 1 in (rows, 5)" },
    { mean_rows_shared, "a shared value has no rows: (5)" },
    { logsumexp_shared, "a shared value has no rows: (5)" },
    { concat_beside, "shapes differ beside the axis: (rows, 4, 5) and (rows, 5)" },
    { concat_axis, "there is no dimension 1 in (rows, 5)" },
    { concat_rows, "rows differ: (rows × 5, 2) and (rows, 2)" },
    { slice_range, "elements 2 … 5 of dimension 0 are not in (rows, 5)" },
    { slice_empty, "elements 2 … 1 of dimension 0 are not in (rows, 5)" },
    { reshape_size, "sizes differ: (rows, 5) and (rows, 2, 3)" },
    { reshape_rank, "sizes differ: (rows, 5) and " },
    { repeat_none, "expected 1 to 2^31 - 1 samples, found 0" },
    { repeat_twice, "only one row for each example can be repeated: (rows × 2, 5)" },
    { gather_table, "the table must be shared and have two dimensions: (rows, 5)" },
    { gather_index, "the index must be a single value for each row: (rows, 2)" },
    { binarize_shape, "shapes differ: (rows, 5) and (rows, 4)" },
    { sample_noise, "rows differ: (rows, 5) and (rows × 3, 5); vae_repeat" },
    { kl_shapes, "shapes differ: (rows, 5) and (rows, 4)" },
    { kl_prior, "shapes differ: (rows, 5) and (1)" },
    { bernoulli_shared, "rows differ: (5) and (rows, 5)" },
    { bernoulli_samples, "rows differ: (rows × 2, 5) and (rows × 3, 5)" },
    { bernoulli_mask, "shapes differ: (rows, 5) and (rows, 1)" },
    { gaussian_mean, "shapes differ: (rows, 5) and (4)" },
    { scale_factor, "the factor must be finite" },
    { slope, "the slope must be finite" },
    { threshold, "the threshold is not a number" },
    { input_rank, "expected 1 to 4 dimensions, found 5" },
    { input_shape, "expected 1 to 4 dimensions, found 0" },
    { noise_samples, "expected at least 1 sample, found 0" },
    { parameter_name, "expected a name of 1 to 255 bytes, found one of 0" },
    { state_name, "expected a name of 1 to 255 bytes, found one of 0" },
    { constant_values, "expected 1 values, found NULL" },
    { constant_shape, "dimension 1 is -1" },
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
}
END_TEST

START_TEST(test_null)
{
    ck_assert_ptr_null(vae_relu(NULL));
    ck_assert_ptr_null(vae_add(NULL, NULL));
    ck_assert_ptr_null(vae_dense(NULL, 3, "x"));
    ck_assert_ptr_null(vae_input(NULL, "x", 1, (int64_t[]){ 1 }));
    ck_assert_ptr_null(vae_constant(NULL, 1, (int64_t[]){ 1 }, (double[]){ 1 }));
}
END_TEST

int main(void)
{
    const TTest *const table[] = { test_rows, test_cases, NULL };
    const TTest *const gradients[] = { test_gradients, test_precisions, test_bits, NULL };
    const TTest *const values[] = {
        test_formulas, test_affine,    test_reductions,  test_rows_of_examples,   test_moves, test_gather,
        test_binarize, test_gaussians, test_likelihoods, test_bernoulli_pictures, NULL
    };
    const TTest *const extremes[] = { test_extremes, test_certain, test_logsumexp_infinite, test_gather_outside, NULL };
    const TTest *const wrong[] = { test_mistakes, test_null, NULL };
    Suite *suite = suite_create("ops");
    suite_case(suite, "table", 20, table);
    suite_case(suite, "gradients", 120, gradients);
    suite_case(suite, "values", 20, values);
    suite_case(suite, "extremes", 20, extremes);
    suite_case(suite, "mistakes", 20, wrong);
    return suite_run(suite);
}
