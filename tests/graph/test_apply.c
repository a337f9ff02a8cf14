/*
 * Ops of a program's own, beside what test_ops.c tries of the built-in example: another shape than the inputs', what an
 * op's functions are given, gradients that are sums over rows, the same bits on any number of threads, no gradient
 * without backward, names and mistakes.
 */
#include <math.h>
#include <string.h>

#include "graph/graph.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"

enum { EXAMPLES = 37, N = 5, M = 3 };

/* ---- y = scale · a ⊗ b + c, (n) and (m) and (n, m) → (n, m) ------------------------------------------------------ */

static const char *outer_shape(const double *arguments, const vae_shape *inputs, vae_shape *output)
{
    if (!(fabs(arguments[0]) > 0))
        return "expected a scale that is not 0";
    if (inputs[0].rank != 1 || inputs[1].rank != 1)
        return "expected two vectors";
    if (inputs[2].rank != 2 || inputs[2].sizes[0] != inputs[0].sizes[0] || inputs[2].sizes[1] != inputs[1].sizes[0])
        return "expected a matrix of the vectors' sizes\nthird";
    *output = inputs[2];
    return NULL;
}

static void outer_forward(const vae_op_row *row)
{
    for (int64_t i = 0; i < row->in_size[0]; i++)
        for (int64_t k = 0; k < row->in_size[1]; k++) {
            const int64_t at = i * row->in_size[1] + k;
            row->out[at] = row->arguments[0] * row->in[0][i] * row->in[1][k] + row->in[2][at];
        }
}

static void outer_backward(const vae_op_row *row)
{
    for (int64_t i = 0; i < row->in_size[0]; i++)
        for (int64_t k = 0; k < row->in_size[1]; k++) {
            const int64_t at = i * row->in_size[1] + k;
            if (row->grad_in[0])
                row->grad_in[0][i] += row->grad[at] * row->arguments[0] * row->in[1][k];
            if (row->grad_in[1])
                row->grad_in[1][k] += row->grad[at] * row->arguments[0] * row->in[0][i];
            if (row->grad_in[2])
                row->grad_in[2][at] += row->grad[at];
        }
}

static const vae_op outer = {
    .name = "outer", .inputs = 3, .shape = outer_shape, .forward = outer_forward, .backward = outer_backward
};
static const double half[VAE_MAX_OP_ARGUMENTS] = { 0.5 };

/* ---- A graph that uses it: a from data, b and c shared, Σ tanh y, its mean over rows ----------------------------- */

typedef struct trial {
    vae_graph *graph;
    vae_store *store;
    vae_program *program;
    vae_node *a, *y, *objective;
    vae_binding binding;
} trial;

static double data[EXAMPLES * N];

static double uniform(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (double)(*state >> 8) / 16777216.0 - 0.5;
}

static void trial_compile(trial *t)
{
    ck_assert_status_ok(vae_graph_status(t->graph));
    ck_assert_status_ok(
        vae_graph_compile(t->graph, t->store, &(vae_compile_options){ .objective = t->objective }, &t->program));
    uint32_t state = 5;
    for (int64_t i = 0; i < vae_store_size(t->store); i++)
        vae_store_parameters(t->store)[i] = (float)uniform(&state);
}

static void trial_begin(trial *t)
{
    uint32_t state = 3;
    for (int i = 0; i < EXAMPLES * N; i++)
        data[i] = (float)uniform(&state);
    *t = (trial){ 0 };
    ck_assert_status_ok(vae_graph_new(&t->graph));
    ck_assert_status_ok(vae_store_new(&t->store));
    t->a = vae_input(t->graph, "a", 1, (int64_t[]){ N });
    t->binding = (vae_binding){ t->a, data, VAE_FLOAT64, NULL };
}

static void trial_outer(trial *t)
{
    trial_begin(t);
    vae_node *b = vae_parameter(t->graph, "b", VAE_ZEROS, 1, (int64_t[]){ M });
    vae_node *c = vae_parameter(t->graph, "c", VAE_ZEROS, 2, (int64_t[]){ N, M });
    t->y = vae_apply(&outer, (vae_node *[]){ t->a, b, c }, half);
    vae_graph_keep(t->y);
    vae_graph_want_gradient(t->a);
    t->objective = vae_mean_rows(vae_sum(vae_tanh(t->y), 0));
    trial_compile(t);
}

static void trial_end(trial *t)
{
    vae_program_free(&t->program);
    vae_store_free(&t->store);
    vae_graph_free(&t->graph);
}

static vae_executor *trial_run(const trial *t, const vae_executor_options *options, const void *parameters,
                               void *gradient)
{
    vae_executor *executor = NULL;
    ck_assert_status_ok(vae_executor_new(t->program, options, &executor));
    vae_run run = { EXAMPLES, &t->binding, 1, .parameters = parameters, .gradient = gradient };
    ck_assert_status_ok(vae_executor_run(executor, &run));
    return executor;
}

/* ---- Values and gradients ---------------------------------------------------------------------------------------- */

enum { MOST = 128 };
static const vae_executor_options wide = { .capacity = EXAMPLES, .threads = 1, .float64 = true };

static void get_parameters(const trial *t, double parameters[MOST])
{
    ck_assert_int_le(vae_store_size(t->store), MOST);
    for (int64_t i = 0; i < vae_store_size(t->store); i++)
        parameters[i] = (double)vae_store_parameters(t->store)[i];
}

START_TEST(test_values)
{
    trial t;
    double parameters[MOST];
    trial_outer(&t);
    get_parameters(&t, parameters);
    ck_assert_int_eq(vae_node_rank(t.y), 2);
    ck_assert_int_eq(vae_node_size(t.y), N * M);
    ck_assert_int_eq(vae_node_rows(t.y), 1);
    vae_executor *executor = trial_run(&t, &wide, NULL, NULL);
    const double *y = vae_executor_value(executor, t.y), *b = parameters + vae_store_find(t.store, "b")->offset;
    const double *c = parameters + vae_store_find(t.store, "c")->offset;
    for (int e = 0; e < EXAMPLES; e++)
        for (int i = 0; i < N; i++)
            for (int k = 0; k < M; k++)
                ck_assert_double_eq(y[(e * N + i) * M + k], 0.5 * data[e * N + i] * b[k] + c[i * M + k]);
    vae_executor_free(&executor);
    trial_end(&t);
}
END_TEST

static double objective_at(const trial *t, double *place, double value, const double parameters[MOST])
{
    const double kept = *place;
    *place = value;
    vae_executor *executor = trial_run(t, &wide, parameters, NULL);
    const double objective = *(const double *)vae_executor_value(executor, t->objective);
    vae_executor_free(&executor);
    *place = kept;
    return objective;
}

static void check_slope(const trial *t, double *place, double found, const double parameters[MOST])
{
    const double step = 1e-6, x = *place;
    const double above = objective_at(t, place, x + step, parameters);
    const double expected = (above - objective_at(t, place, x - step, parameters)) / (2 * step);
    ck_assert_msg(fabs(found - expected) <= 1e-9 + 1e-6 * fabs(expected), "gradient %.12g, by differences %.12g", found,
                  expected);
}

START_TEST(test_gradients)
{
    trial t;
    double parameters[MOST], gradient[MOST];
    trial_outer(&t);
    get_parameters(&t, parameters);
    vae_executor *executor = trial_run(&t, &wide, parameters, gradient);
    for (int i = 0; i < vae_store_count(t.store); i++) {
        const vae_tensor *tensor = vae_store_tensor(t.store, i);
        for (int64_t j = tensor->offset; j < tensor->offset + tensor->size; j++)
            check_slope(&t, &parameters[j], gradient[j], parameters);
    }
    const double *by_data = vae_executor_gradient(executor, t.a);
    for (int j = 0; j < EXAMPLES * N; j += 7)
        check_slope(&t, &data[j], by_data[j], parameters);
    vae_executor_free(&executor);
    trial_end(&t);
}
END_TEST

/* ---- Bits and memory --------------------------------------------------------------------------------------------- */

typedef struct bits {
    unsigned char all[(MOST + EXAMPLES * N * (M + 1)) * sizeof(double)];
} bits;

static void take_bits(const trial *t, vae_executor_options options, bits *b)
{
    const size_t bytes = options.float64 ? sizeof(double) : sizeof(float);
    memset(b, 0, sizeof *b);
    vae_executor *executor = trial_run(t, &options, NULL, b->all);
    unsigned char *next = b->all + (size_t)vae_store_size(t->store) * bytes;
    memcpy(next, vae_executor_gradient(executor, t->a), EXAMPLES * N * bytes);
    memcpy(next + EXAMPLES * N * bytes, vae_executor_value(executor, t->y), EXAMPLES * N * M * bytes);
    vae_executor_free(&executor);
}

START_TEST(test_bits)
{
    static const char *const kernels[] = { NULL, "generic", "avx2", "avx512" };
    static bits first, other;
    trial t;
    trial_outer(&t);
    for (int k = 0; k < 4; k++) {
        vae_executor_options options = { .capacity = EXAMPLES, .float64 = !kernels[k], .kernels = kernels[k] };
        if (!vae__kernels_find(options.float64, kernels[k]))
            continue;
        for (options.threads = 1; options.threads <= 5; options.threads++)
            for (int plain = 0; plain < 2; plain++) {
                options.no_reuse = plain;
                take_bits(&t, options, options.threads == 1 && !plain ? &first : &other);
                ck_assert_msg((options.threads == 1 && !plain) || !memcmp(&first, &other, sizeof first),
                              "other bits with %d threads", options.threads);
            }
    }
    trial_end(&t);
}
END_TEST

START_TEST(test_no_allocation)
{
    trial t;
    double gradient[MOST];
    trial_outer(&t);
    vae_executor *executor = trial_run(&t, &wide, NULL, gradient);
    system_reset();
    vae_run run = { EXAMPLES, &t.binding, 1, .gradient = gradient };
    ck_assert_status_ok(vae_executor_run(executor, &run));
    ck_assert_int_eq(system_count(SYSTEM_ALLOCATE), 0);
    vae_executor_free(&executor);
    trial_end(&t);
    ck_assert_int_eq(system_outstanding(), 0);
}
END_TEST

/* A float32 executor sums the gradient of what is shared in double, row after row, and rounds once. */
static void shift_forward(const vae_op_row *row)
{
    for (int64_t i = 0; i < row->out_size; i++)
        row->out[i] = row->in[0][i] + row->in[1][0];
}

static void shift_backward(const vae_op_row *row)
{
    for (int64_t i = 0; row->grad_in[1] && i < row->out_size; i++)
        row->grad_in[1][0] += row->in[0][i];
}

START_TEST(test_sum)
{
    const vae_op shift = { "shift", 2, NULL, shift_forward, shift_backward };
    trial t;
    float gradient[MOST];
    double expected = 0;
    trial_begin(&t);
    for (int i = 0; i < EXAMPLES * N; i++)
        expected += data[i] = (float)(data[i] * exp(i % 11));
    vae_node *b = vae_parameter(t.graph, "b", VAE_ZEROS, 1, (int64_t[]){ 1 });
    t.objective = vae_mean_rows(vae_sum(vae_apply(&shift, (vae_node *[]){ t.a, b }, NULL), 0));
    trial_compile(&t);
    vae_executor *executor =
        trial_run(&t, &(vae_executor_options){ .capacity = EXAMPLES, .threads = 2 }, NULL, gradient);
    ck_assert_float_eq(gradient[0], (float)expected);
    vae_executor_free(&executor);
    trial_end(&t);
}
END_TEST

/* ---- What an op is given ----------------------------------------------------------------------------------------- */

static const char *told_shape(const double *arguments, const vae_shape *inputs, vae_shape *output)
{
    (void)arguments;
    (void)inputs;
    *output = (vae_shape){ .rank = 2, .sizes = { 3, 4 } };
    return NULL;
}

/* Leaves the last two values alone, where the op before it had others. */
static void told_forward(const vae_op_row *row)
{
    const double told[] = { (double)row->in_size[0], (double)row->in_size[1], (double)row->in_size[2],
                            (double)row->out_size,   row->arguments[0],       row->arguments[1],
                            row->arguments[3],       row->in[0][1],           row->in[1][0],
                            row->in[2] == NULL };
    memcpy(row->out, told, sizeof told);
}

START_TEST(test_row)
{
    const vae_op told = { "told", 2, told_shape, told_forward, NULL };
    const vae_op shift = { "shift", 2, NULL, shift_forward, NULL };
    const double arguments[] = { 1, 2, 3, 4 };
    trial t;
    trial_begin(&t);
    vae_node *two = vae_constant(t.graph, 1, (int64_t[]){ 2 }, (double[]){ 0.1, 0 });
    vae_node *shifted = vae_apply(&shift, (vae_node *[]){ t.a, two }, NULL);
    t.y = vae_apply(&told, (vae_node *[]){ shifted, two }, arguments);
    vae_node *zeros = vae_apply(&told, (vae_node *[]){ two, two }, NULL);
    vae_graph_keep(t.y);
    vae_graph_keep(zeros);
    ck_assert_int_eq(vae_node_rows(zeros), 0);
    trial_compile(&t);
    vae_executor *executor = trial_run(&t, &(vae_executor_options){ .capacity = EXAMPLES, .threads = 2 }, NULL, NULL);
    const float *y = vae_executor_value(executor, t.y), *z = vae_executor_value(executor, zeros);
    for (int e = 0; e < EXAMPLES; e++, y += 12) {
        const float expected[] = { N, 2, 0, 12, 1, 2, 4, (float)(data[e * N + 1] + (double)0.1f), 0.1f, 1, 0, 0 };
        ck_assert_mem_eq(y, expected, sizeof expected);
    }
    ck_assert_mem_eq(z, ((const float[]){ 2, 2, 0, 12, 0, 0, 0, 0, 0.1f, 1, 0, 0 }), 12 * sizeof(float));
    vae_executor_free(&executor);
    trial_end(&t);
}
END_TEST

/* A gradient that nobody asked for is not there to add to. `asked` is set on the one thread. */
static unsigned asked;

static void ask_backward(const vae_op_row *row)
{
    for (int k = 0; k < VAE_MAX_OP_INPUTS; k++)
        asked |= row->grad_in[k] ? 1u << k : 0;
}

START_TEST(test_wanted)
{
    const vae_op ask = { "ask", 2, NULL, shift_forward, ask_backward };
    double gradient[MOST];
    for (int with_data = 0; with_data < 2; with_data++) {
        trial t;
        trial_begin(&t);
        vae_node *b = vae_parameter(t.graph, "b", VAE_ZEROS, 1, (int64_t[]){ 1 });
        if (with_data)
            vae_graph_want_gradient(t.a);
        t.objective = vae_mean_rows(vae_sum(vae_apply(&ask, (vae_node *[]){ t.a, b }, NULL), 0));
        trial_compile(&t);
        asked = 0;
        vae_executor *executor = trial_run(&t, &wide, NULL, gradient);
        ck_assert_uint_eq(asked, with_data ? 3 : 2);
        vae_executor_free(&executor);
        trial_end(&t);
    }
}
END_TEST

/* Without backward no gradient flows: the parameter's comes from beside the op alone. */
START_TEST(test_constant)
{
    const vae_op constant = { "constant", 2, NULL, shift_forward, NULL };
    trial t;
    double gradient[MOST];
    trial_begin(&t);
    vae_node *b = vae_parameter(t.graph, "b", VAE_ZEROS, 1, (int64_t[]){ 1 });
    vae_graph_want_gradient(t.a);
    vae_node *shifted = vae_apply(&constant, (vae_node *[]){ t.a, b }, NULL);
    vae_graph_keep(shifted);
    t.objective = vae_mean_rows(vae_add(vae_sum(shifted, 0), b));
    trial_compile(&t);
    vae_executor *executor = trial_run(&t, &wide, NULL, gradient);
    ck_assert(fabs(gradient[0] - 1) < 1e-12);
    ck_assert_ptr_null(vae_executor_gradient(executor, t.a));
    const double *y = vae_executor_value(executor, shifted);
    for (int i = 0; i < EXAMPLES * N; i++)
        ck_assert_double_eq(y[i], data[i] + (double)vae_store_parameters(t.store)[0]);
    vae_executor_free(&executor);
    trial_end(&t);
}
END_TEST

/* ---- Names and mistakes ------------------------------------------------------------------------------------------ */

static vae_node *in(vae_graph *g, int64_t size)
{
    return vae_input(g, "x", 1, &size);
}
static vae_node *samples(vae_graph *g, int64_t count, int64_t size)
{
    return vae_noise_samples(g, VAE_NORMAL, "e", count, 1, &size);
}

static const char *no_shape(const double *arguments, const vae_shape *inputs, vae_shape *output)
{
    (void)arguments;
    (void)inputs;
    output->rank = 0;
    return NULL;
}

static const char *deep_shape(const double *arguments, const vae_shape *inputs, vae_shape *output)
{
    (void)arguments;
    (void)inputs;
    output->rank = VAE_MAX_RANK + 1;
    return NULL;
}

#define OP(name_, inputs_, shape_, forward_)                                                                           \
    &(const vae_op)                                                                                                    \
    {                                                                                                                  \
        .name = (name_), .inputs = (inputs_), .shape = (shape_), .forward = (forward_)                                 \
    }
#define MISTAKE(name, op, arguments, ...)                                                                              \
    static vae_node *name(vae_graph *g)                                                                                \
    {                                                                                                                  \
        vae_node *const inputs[] = { __VA_ARGS__ };                                                                    \
        return vae_apply(op, inputs, arguments);                                                                       \
    }
MISTAKE(vectors, &outer, half, in(g, 4), vae_reshape(in(g, 6), 2, ((const int64_t[]){ 2, 3 })), in(g, 12))
MISTAKE(matrix, &outer, half, in(g, 4), in(g, 3), in(g, 12))
MISTAKE(scale, &outer, NULL, in(g, 4), in(g, 3), in(g, 12))
MISTAKE(rows, OP("mine", 3, NULL, shift_forward), NULL, vae_constant(g, 1, ((const int64_t[]){ 1 }), half),
        samples(g, 5, 2), in(g, 2))
MISTAKE(null, OP("mine", 2, NULL, shift_forward), NULL, in(g, 2), NULL)
MISTAKE(no_op, NULL, NULL, in(g, 2))
MISTAKE(nameless, OP(NULL, 1, NULL, shift_forward), NULL, in(g, 2))
MISTAKE(unnamed, OP("", 1, NULL, shift_forward), NULL, in(g, 2))
MISTAKE(none, OP("mine", 0, NULL, shift_forward), NULL, in(g, 2))
MISTAKE(five, OP("mine", 5, NULL, shift_forward), NULL, in(g, 2))
MISTAKE(no_forward, OP("mine", 1, NULL, NULL), NULL, in(g, 2))
MISTAKE(rank, OP("mine", 1, no_shape, shift_forward), NULL, in(g, 2))
MISTAKE(deep, OP("mine", 1, deep_shape, shift_forward), NULL, in(g, 2))

static const struct {
    vae_node *(*build)(vae_graph *graph);
    vae_code code;
    const char *message;
} mistakes[] = {
    { vectors, VAE_ERROR_SHAPE, "outer: expected two vectors" },
    { matrix, VAE_ERROR_SHAPE, "outer: expected a matrix of the vectors' sizes?third" },
    { scale, VAE_ERROR_SHAPE, "outer: expected a scale that is not 0" },
    { rows, VAE_ERROR_SHAPE,
      "mine: rows differ: (rows × 5, 2) and (rows, 2); vae_repeat brings one row to as many as the other has" },
    { null, VAE_ERROR_ARGUMENT, "mine: argument 2 is NULL" },
    { no_op, VAE_ERROR_ARGUMENT, "apply: expected an op, found NULL" },
    { nameless, VAE_ERROR_ARGUMENT, "apply: expected an op with a name" },
    { unnamed, VAE_ERROR_ARGUMENT, "apply: expected an op with a name" },
    { none, VAE_ERROR_ARGUMENT, "mine: expected an op of 1 to 4 inputs, found 0" },
    { five, VAE_ERROR_ARGUMENT, "mine: expected an op of 1 to 4 inputs, found 5" },
    { no_forward, VAE_ERROR_ARGUMENT, "mine: expected a forward function, found NULL" },
    { rank, VAE_ERROR_SHAPE, "mine: expected 1 to 4 dimensions, found 0" },
    { deep, VAE_ERROR_SHAPE, "mine: expected 1 to 4 dimensions, found 5" },
};

START_TEST(test_mistakes)
{
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        vae_graph *graph = NULL;
        ck_assert_status_ok(vae_graph_new(&graph));
        ck_assert_ptr_null(mistakes[i].build(graph));
        ck_assert_int_eq(vae_graph_status(graph).code, mistakes[i].code);
        ck_assert_str_eq(vae_graph_status(graph).message, mistakes[i].message);
        /* A mistake that was made stays, and NULL passes. */
        vae_node *const nothing[] = { NULL, NULL, NULL };
        ck_assert_ptr_null(vae_apply(&outer, nothing, half));
        ck_assert_str_eq(vae_graph_status(graph).message, mistakes[i].message);
        vae_graph_free(&graph);
    }
    ck_assert_ptr_null(vae_apply(&outer, NULL, NULL));
    ck_assert_ptr_null(vae_apply(NULL, NULL, NULL));
}
END_TEST

START_TEST(test_name)
{
    trial t;
    vae_program *program = NULL;
    trial_outer(&t);
    ck_assert_str_eq(vae_node_op(t.y), "outer");
    ck_assert_str_eq(vae_node_op(t.a), "input");
    ck_assert_status(vae_graph_compile(t.graph, t.store, &(vae_compile_options){ .objective = t.y }, &program),
                     VAE_ERROR_SHAPE, "outer: expected an objective of shape (1)");
    vae_node *mine = vae_apply(OP("mine", 1, NULL, shift_forward), &t.a, NULL);
    ck_assert_str_eq(vae_node_op(mine), "mine");
    trial_end(&t);
}
END_TEST

int main(void)
{
    const TTest *const values[] = { test_values, test_gradients, test_sum, test_row, test_wanted, test_constant, NULL };
    const TTest *const bits_and_memory[] = { test_bits, test_no_allocation, NULL };
    const TTest *const wrong[] = { test_mistakes, test_name, NULL };
    Suite *suite = suite_create("apply");
    suite_case(suite, "values and gradients", 60, values);
    suite_case(suite, "bits and memory", 60, bits_and_memory);
    suite_case(suite, "names and mistakes", 20, wrong);
    return suite_run(suite);
}
