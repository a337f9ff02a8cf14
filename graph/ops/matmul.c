/*
 * Products with a shared weight, and the layers made of them. The work is done by src/kernels/matmul.h, which cuts it
 * into units; an executor prepares one product for each phase:
 *
 *     forward   y(batch, m)  = x(batch, n) · w(n, m) + b(m)
 *     backward  dx(batch, n) = dy(batch, m) · w(n, m)ᵀ
 *     reduce 1  dw(n, m)     = x(batch, n)ᵀ · dy(batch, m)
 *     reduce 2  db(m)        = dy's rows, added in order
 *
 * Where x is shared too there is one row, and plain loops do all of backward in one unit.
 */
#include <stdio.h>

#include "graph/ops/common.h"
#include "src/kernels/matmul.h"

enum { X, WEIGHT, BIAS };

static int64_t rows_in(const vae_node *node)
{
    return node->inputs[WEIGHT]->shape[0];
}

/* ---- Preparing --------------------------------------------------------------------------------------------------- */

/* Is there a product to be made for this task? */
static bool has_product(const vae__prepare *prepare)
{
    if (prepare->phase == VAE__FORWARD)
        return true;
    if (!prepare->node->rows)
        return false;
    return prepare->phase == VAE__BACKWARD ? prepare->wanted[X] : prepare->input == WEIGHT;
}

static vae__matmul_spec product_of(const vae__prepare *prepare)
{
    const vae_node *node = prepare->node;
    const int64_t batch = node->rows ? prepare->capacity * node->rows : 1, in = rows_in(node), out = node->size;
    vae__matmul_spec spec = {
        .threads = prepare->threads, .no_onednn = prepare->no_onednn, .bf16 = prepare->bf16, .kernels = prepare->kernels
    };
    if (prepare->phase == VAE__FORWARD) {
        spec.form = VAE__NN, spec.m = batch, spec.n = out, spec.k = in;
        spec.bias = node->input_count > BIAS;
        spec.relu = prepare->relu;
    } else if (prepare->phase == VAE__BACKWARD) {
        spec.form = VAE__NT, spec.m = batch, spec.n = in, spec.k = out;
        spec.add = !prepare->fresh[X];
    } else {
        spec.form = VAE__TN, spec.m = in, spec.n = out, spec.k = batch;
        spec.add = !prepare->fresh[WEIGHT];
    }
    return spec;
}

static vae_status matmul_prepare(const vae__prepare *prepare, void **state, size_t *scratch)
{
    *state = NULL;
    *scratch = 0;
    if (!has_product(prepare))
        return vae__ok();
    const vae__matmul_spec spec = product_of(prepare);
    vae__matmul *matmul = NULL;
    VAE__TRY(vae__matmul_new(&spec, &matmul));
    *scratch = vae__matmul_scratch(matmul);
    *state = matmul;
    return vae__ok();
}

static void matmul_release(void *state)
{
    vae__matmul *matmul = state;
    vae__matmul_free(&matmul);
}

static int64_t matmul_reduce_units(const vae__call *call)
{
    return call->state ? vae__matmul_units(call->state, all_rows(call, call->node))
                       : call->node->inputs[call->input]->size;
}

/* ---- Running ----------------------------------------------------------------------------------------------------- */

static void run_product(const vae__call *call, vae__matmul_call product, int64_t begin, int64_t end)
{
    product.batch = all_rows(call, call->node);
    product.thread = call->thread;
    product.scratch = call->scratch;
    vae__matmul_run(call->state, &product, begin, end);
}

/* The share's rows, which are whole units but for the last. */
static void run_rows(const vae__call *call, vae__matmul_call product)
{
    const int64_t unit = vae__matmul_unit_rows(call->state);
    run_product(call, product, begin_row(call) / unit, (end_row(call) + unit - 1) / unit);
}

static void matmul_forward(const vae__call *call)
{
    const void *bias = call->node->input_count > BIAS ? call->in[BIAS] : NULL;
    const vae__matmul_call product = { .a = call->in[X], .b = call->in[WEIGHT], .bias = bias, .c = call->out };
    if (call->node->rows)
        run_rows(call, product);
    else
        run_product(call, product, 0, 1);
}

/* db = dy's rows, its elements begin … end - 1. */
static void add_rows(const vae__call *call, int64_t begin, int64_t end)
{
    const int64_t size = call->node->size, rows = all_rows(call, call->node);
    real *to = (real *)call->grad_in[BIAS] + begin;
    clear_if_fresh(call, BIAS, begin, end);
    for (int64_t r = 0; r < rows; r++) {
        const real *slope = (const real *)call->grad + r * size + begin;
        EACH(i, end - begin, to[i] += slope[i];);
    }
}

/* x is shared: dx = w · dy. */
static void shared_to_x(const vae__call *call)
{
    const int64_t out = call->node->size;
    const real *weight = (const real *)call->in[WEIGHT], *slope = (const real *)call->grad;
    real *to = (real *)call->grad_in[X];
    for (int64_t i = 0; i < rows_in(call->node); i++) {
        real total;
        VAE__SUM(total, j, out, weight[i * out + j] * slope[j]);
        to[i] = (call->fresh[X] ? 0 : to[i]) + total;
    }
}

/* x is shared: dw = x · dyᵀ. */
static void shared_to_weight(const vae__call *call)
{
    const int64_t out = call->node->size;
    const real *x = (const real *)call->in[X], *slope = (const real *)call->grad;
    clear_if_fresh(call, WEIGHT, 0, rows_in(call->node) * out);
    for (int64_t i = 0; i < rows_in(call->node); i++) {
        const real factor = x[i];
        real *to = (real *)call->grad_in[WEIGHT] + i * out;
        EACH(j, out, to[j] += factor * slope[j];);
    }
}

static void matmul_backward(const vae__call *call)
{
    if (call->state) {
        run_rows(call, (vae__matmul_call){ .a = call->grad, .b = call->in[WEIGHT], .c = call->grad_in[X] });
        return;
    }
    if (call->node->rows)
        return;
    if (call->grad_in[X])
        shared_to_x(call);
    if (call->grad_in[WEIGHT])
        shared_to_weight(call);
    if (call->grad_in[BIAS])
        add_rows(call, 0, call->node->size);
}

static void matmul_reduce(const vae__call *call)
{
    const vae__matmul_call product = {
        .a = call->in[X], .b = call->grad, .c = call->grad_in[call->input], .update = call->update
    };
    if (call->state) {
        run_product(call, product, call->begin, call->end);
        return;
    }
    add_rows(call, call->begin, call->end);
    if (call->update) {
        const vae__update here = vae__update_at(call->update, call->begin);
        call->kernels->adam(&here, call->end - call->begin, (const float *)call->grad_in[BIAS] + call->begin);
    }
}

/* ---- Building ---------------------------------------------------------------------------------------------------- */

#if VAE__REFERENCE
static vae_status matmul_shape(vae_node *node)
{
    const vae_node *x = node->inputs[X], *weight = node->inputs[WEIGHT];
    if (weight->rows || weight->rank != 2)
        return shape_error("the weight must be shared and have two dimensions", weight);
    if (x->rank != 1)
        return shape_error("a row of x must have one dimension, which vae_reshape gives it", x);
    if (x->shape[0] != weight->shape[0])
        return shapes_error("inner sizes differ", x, "×", weight, "");
    node->rank = 1;
    node->shape[0] = weight->shape[1];
    node->rows = x->rows;
    return vae__ok();
}

static vae_status affine_shape(vae_node *node)
{
    const vae_node *bias = node->inputs[BIAS];
    VAE__TRY(matmul_shape(node));
    if (bias->rows || bias->rank != 1 || bias->shape[0] != node->shape[0])
        return shapes_error("the bias must be shared and as long as a row of the result", node->inputs[WEIGHT], "and",
                            bias, "");
    return vae__ok();
}

vae_node *vae_matmul(vae_node *x, vae_node *weight)
{
    return vae__node_new(NULL, &VAE__OP(matmul), (vae_node){ 0 }, 2, (vae_node *[]){ x, weight });
}

/* Each of the three products has as many; a bias, and the sum of its gradient, are not counted. */
static double matmul_operations(const vae_node *node, vae__phase phase, int input, const bool *wanted, int64_t examples)
{
    double product =
        2.0 * (double)(node->rows ? node->rows * examples : 1) * (double)rows_in(node) * (double)node->size;
    if (phase == VAE__REDUCE)
        return input == WEIGHT ? product : 0;
    if (phase == VAE__BACKWARD)
        return product * (wanted[X] + (wanted[WEIGHT] ? 1 : 0));
    return product;
}

static vae_node *affine(vae_node *x, vae_node *weight, vae_node *bias, const char *name)
{
    vae_node given = { .label = (char *)name };
    return vae__node_new(NULL, &VAE__OP(affine), given, 3, (vae_node *[]){ x, weight, bias });
}

vae_node *vae_affine(vae_node *x, vae_node *weight, vae_node *bias)
{
    return affine(x, weight, bias, NULL);
}

vae_node *vae_dense(vae_node *x, int64_t units, const char *name)
{
    if (!x)
        return NULL;
    /* Longer than a parameter's name may be: one that is cut here is refused there. No name stays none. */
    char weight_name[320] = "", bias_name[320] = "";
    if (name && *name) {
        snprintf(weight_name, sizeof(weight_name), "%s/weight", name);
        snprintf(bias_name, sizeof(bias_name), "%s/bias", name);
    }
    vae_node *weight = vae_parameter(x->graph, weight_name, VAE_GLOROT, 2, (int64_t[]){ x->size, units });
    vae_node *bias = vae_parameter(x->graph, bias_name, VAE_ZEROS, 1, &units);
    return affine(x, weight, bias, name);
}

static vae_node *build_matmul(vae_node *const *a)
{
    return vae_matmul(a[0], a[1]);
}

static vae_node *build_affine(vae_node *const *a)
{
    return vae_affine(a[0], a[1], a[2]);
}

/* A relu behind it, far from its kink, that the product may apply at once: of 4 columns two are shut by the bias. */
static vae_node *build_relu(vae_node *const *a)
{
    const double open[] = { 9, -9, 9, -9 };
    return vae_relu(vae_add(vae_affine(a[0], a[1], a[2]), vae_constant(a[0]->graph, 1, (int64_t[]){ 4 }, open)));
}

static vae_node *build_relu_at_once(vae_node *const *a)
{
    return vae_relu(vae_affine(a[0], a[1], a[2]));
}

/* The weight is no parameter but computed. */
static vae_node *build_computed(vae_node *const *a)
{
    return vae_affine(a[0], vae_mul(a[1], a[1]), vae_tanh(a[2]));
}

/* Weight and x are used twice: the second gradient is added to the first. */
static vae_node *build_twice(vae_node *const *a)
{
    return vae_affine(vae_add(a[0], vae_matmul(a[0], a[1])), a[1], a[2]);
}

#define VALUES .low = -1, .high = 1
#define DATA(rows_, n)                                                                                                 \
    {                                                                                                                  \
        .rows = (rows_), .rank = 1, .shape = { n }, VALUES                                                             \
    }
#define MATRIX(n, m)                                                                                                   \
    {                                                                                                                  \
        .rank = 2, .shape = { n, m }, VALUES                                                                           \
    }
#define VECTOR(m)                                                                                                      \
    {                                                                                                                  \
        .rank = 1, .shape = { m }, VALUES                                                                              \
    }
#define ABOVE(n)                                                                                                       \
    {                                                                                                                  \
        .rank = 1, .shape = { n }, .low = 8, .high = 9                                                                 \
    }
#define BELOW(n)                                                                                                       \
    {                                                                                                                  \
        .rank = 1, .shape = { n }, .low = -9, .high = -8                                                               \
    }

static const vae__case matmul_cases[] = {
    { "plain", build_matmul, 2, { DATA(1, 5), MATRIX(5, 4) } },
    { "samples", build_matmul, 2, { DATA(3, 5), MATRIX(5, 4) } },
    { "shared", build_matmul, 2, { DATA(0, 5), MATRIX(5, 4) } },
    { "to one column", build_matmul, 2, { DATA(1, 17), MATRIX(17, 1) } },
    { "from one", build_matmul, 2, { DATA(1, 1), MATRIX(1, 17) } },
};

static const vae__case affine_cases[] = {
    { "plain", build_affine, 3, { DATA(1, 5), MATRIX(5, 19), VECTOR(19) } },
    { "samples", build_affine, 3, { DATA(3, 5), MATRIX(5, 4), VECTOR(4) } },
    { "shared", build_affine, 3, { DATA(0, 5), MATRIX(5, 4), VECTOR(4) } },
    { "computed weight", build_computed, 3, { DATA(1, 5), MATRIX(5, 4), VECTOR(4) } },
    { "used twice", build_twice, 3, { DATA(1, 4), MATRIX(4, 4), VECTOR(4) } },
    { "shared, used twice", build_twice, 3, { DATA(0, 4), MATRIX(4, 4), VECTOR(4) } },
    { "relu, apart", build_relu, 3, { DATA(1, 5), MATRIX(5, 4), VECTOR(4) } },
    { "relu, open", build_relu_at_once, 3, { DATA(1, 5), MATRIX(5, 19), ABOVE(19) } },
    { "relu, shut", build_relu_at_once, 3, { DATA(1, 5), MATRIX(5, 19), BELOW(19) } },
};
#endif

const vae__op VAE__OP(matmul) = {
    .name = "matmul",
    .number = VAE__NUMBER(matmul),
    ONCE(.shape = matmul_shape, .operations = matmul_operations, CASES(matmul_cases), ).forward = matmul_forward,
    .backward = matmul_backward,
    .reduce = matmul_reduce,
    .reads_inputs = 1u << X | 1u << WEIGHT,
    .fuses_relu = true,
    .updates = true,
    .reduces_product = 1u << WEIGHT,
    .reduces_sum = 1u << BIAS,
    .reduce_units = matmul_reduce_units,
    .prepare = matmul_prepare,
    .release = matmul_release
};

const vae__op VAE__OP(affine) = {
    .name = "affine",
    .number = VAE__NUMBER(affine),
    ONCE(.shape = affine_shape, .operations = matmul_operations, CASES(affine_cases), ).forward = matmul_forward,
    .backward = matmul_backward,
    .reduce = matmul_reduce,
    .reads_inputs = 1u << X | 1u << WEIGHT,
    .fuses_relu = true,
    .updates = true,
    .reduces_product = 1u << WEIGHT,
    .reduces_sum = 1u << BIAS,
    .reduce_units = matmul_reduce_units,
    .prepare = matmul_prepare,
    .release = matmul_release
};
