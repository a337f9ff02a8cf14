/* Dropout (Srivastava et al. 2014), its mask a noise input: y = uniform < rate ? 0 : x / (1 − rate). */
#include "graph/ops/common.h"

enum { X, UNIFORM };

static void dropout_forward(const vae__call *call)
{
    const int64_t begin = begin_row(call) * call->node->size, count = end_row(call) * call->node->size - begin;
    const real rate = (real)call->node->number, factor = 1 / (1 - rate);
    const real *x = (const real *)call->in[X] + begin, *uniform = (const real *)call->in[UNIFORM] + begin;
    real *to = (real *)call->out + begin;
    EACH(i, count, to[i] = uniform[i] < rate ? 0 : factor * x[i];);
}

static void dropout_backward(const vae__call *call)
{
    const int64_t begin = begin_row(call) * call->node->size, count = end_row(call) * call->node->size - begin;
    const real rate = (real)call->node->number, factor = 1 / (1 - rate);
    const real *slope = (const real *)call->grad + begin, *uniform = (const real *)call->in[UNIFORM] + begin;
    real *to = (real *)call->grad_in[X] + begin;
    if (!call->grad_in[X])
        return;
    if (call->fresh[X])
        EACH(i, count, to[i] = uniform[i] < rate ? 0 : factor * slope[i];);
    else
        EACH(i, count, to[i] += uniform[i] < rate ? 0 : factor * slope[i];);
}

#if VAE__REFERENCE
static vae_status dropout_shape(vae_node *node)
{
    if (!(node->number >= 0 && node->number < 1))
        return vae__error(VAE_ERROR_ARGUMENT, "expected a rate of at least 0 and below 1, found %g", node->number);
    VAE__TRY(check_same(node->inputs[X], node->inputs[UNIFORM]));
    return shape_of_input(node);
}

vae_node *vae_dropout(vae_node *x, vae_node *uniform, double rate)
{
    return vae__node_new(NULL, &VAE__OP(dropout), (vae_node){ .number = rate }, 2, (vae_node *[]){ x, uniform });
}

#define BUILD(name, call)                                                                                              \
    static vae_node *name(vae_node *const *a)                                                                          \
    {                                                                                                                  \
        return call;                                                                                                   \
    }
BUILD(build, vae_dropout(a[0], a[1], 0.4))
BUILD(build_twice, vae_add(vae_dropout(a[0], a[1], 0.4), a[0]))

#define VALUES(rows_, n)                                                                                               \
    {                                                                                                                  \
        .rows = (rows_), .rank = 1, .shape = { n }, .low = -2, .high = 2                                               \
    }
#define UNIFORMS(rows_, n)                                                                                             \
    {                                                                                                                  \
        .rows = (rows_), .rank = 1, .shape = { n }, .low = 0, .high = 1, .fixed = true                                 \
    }
static const vae__case dropout_cases[] = {
    { "plain", build, 2, { VALUES(1, 19), UNIFORMS(1, 19) } },
    { "samples", build, 2, { VALUES(3, 5), UNIFORMS(3, 5) } },
    { "shared", build, 2, { VALUES(0, 5), UNIFORMS(0, 5) } },
    { "used twice", build_twice, 2, { VALUES(1, 5), UNIFORMS(1, 5) } },
};
#endif

const vae__op VAE__OP(dropout) = { .name = "dropout",
                                   .number = VAE__NUMBER(dropout),
                                   ONCE(.shape = dropout_shape, CASES(dropout_cases), ).forward = dropout_forward,
                                   .backward = dropout_backward,
                                   .reads_inputs = 1u << UNIFORM,
                                   .constant_inputs = 1u << UNIFORM };
