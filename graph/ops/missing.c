/* Missing values: where they are, and what stands in their place. */
#include <math.h>

#include "graph/ops/common.h"

/* integers[0] tells whether there is a fill value, `number`. x − x is 0 of finite numbers alone. */
static void observed_forward(const vae__call *call)
{
    const int64_t begin = begin_row(call) * call->node->size, end = end_row(call) * call->node->size;
    const real fill = call->node->integers[0] ? (real)call->node->number : R(NAN);
    const real *from = (const real *)call->in[0] + begin;
    real *to = (real *)call->out + begin;
    EACH(i, end - begin, const real x = from[i]; to[i] = ((x - x == 0) & (x != fill)) ? 1 : 0;);
}

static void fill_forward(const vae__call *call)
{
    const int64_t begin = begin_row(call) * call->node->size, end = end_row(call) * call->node->size;
    const real value = (real)call->node->number;
    const real *x = (const real *)call->in[0] + begin, *mask = (const real *)call->in[1] + begin;
    real *to = (real *)call->out + begin;
    EACH(i, end - begin, to[i] = mask[i] != 0 ? x[i] : value;);
}

static void fill_backward(const vae__call *call)
{
    const int64_t begin = begin_row(call) * call->node->size, end = end_row(call) * call->node->size;
    if (!call->grad_in[0])
        return;
    const real *mask = (const real *)call->in[1] + begin, *slope = (const real *)call->grad + begin;
    real *to = (real *)call->grad_in[0] + begin;
    if (call->fresh[0])
        EACH(i, end - begin, to[i] = mask[i] != 0 ? slope[i] : 0;);
    else
        EACH(i, end - begin, to[i] += mask[i] != 0 ? slope[i] : 0;);
}

#if VAE__REFERENCE
static vae_status observed_shape(vae_node *node)
{
    return shape_of_input(node);
}

static vae_status fill_shape(vae_node *node)
{
    if (!isfinite(node->number))
        return vae__error(VAE_ERROR_ARGUMENT, "the value must be finite, not %g", node->number);
    VAE__TRY(check_same(node->inputs[0], node->inputs[1]));
    return shape_of_input(node);
}

vae_node *vae_observed(vae_node *x, const double *fill)
{
    const vae_node given = { .number = fill ? *fill : 0, .integers = { fill != NULL } };
    return vae__node_new(NULL, &VAE__OP(observed), given, 1, &x);
}

vae_node *vae_fill(vae_node *x, vae_node *mask, double value)
{
    return vae__node_new(NULL, &VAE__OP(fill), (vae_node){ .number = value }, 2, (vae_node *[]){ x, mask });
}

static vae_node *build_fill(vae_node *const *a)
{
    return vae_fill(a[0], a[1], 0.5);
}

/* The gradient of x has two parts, this one being added to the other. */
static vae_node *build_fill_beside(vae_node *const *a)
{
    vae_node *filled = vae_fill(a[0], a[1], 0.5);
    return vae_add(filled, vae_square(a[0]));
}

static vae_node *build_fill_by_itself(vae_node *const *a)
{
    return vae_fill(a[0], a[0], 0.5);
}

#define X(rows_, n)                                                                                                    \
    {                                                                                                                  \
        .rows = (rows_), .rank = 1, .shape = { n }, .low = -2, .high = 2                                               \
    }
#define MASK(rows_, n)                                                                                                 \
    {                                                                                                                  \
        .rows = (rows_), .rank = 1, .shape = { n }, .low = 0, .high = 2, .whole = true, .fixed = true                  \
    }

static const vae__case fill_cases[] = {
    { "plain", build_fill, 2, { X(1, 19), MASK(1, 19) } },
    { "samples", build_fill, 2, { X(3, 5), MASK(3, 5) } },
    { "shared", build_fill, 2, { X(0, 19), MASK(0, 19) } },
    { "used twice", build_fill_beside, 2, { X(1, 19), MASK(1, 19) } },
    { "by itself", build_fill_by_itself, 1, { X(1, 19) } },
};
#endif

const vae__op VAE__OP(observed) = {
    .name = "observed",
    .number = VAE__NUMBER(observed),
    ONCE(.shape = observed_shape, .no_cases = "a mask: no gradient flows through", ).forward = observed_forward,
    .constant_inputs = 1u,
    .in_place = true
};

const vae__op VAE__OP(fill) = { .name = "fill",
                                .number = VAE__NUMBER(fill),
                                ONCE(.shape = fill_shape, CASES(fill_cases), ).forward = fill_forward,
                                .backward = fill_backward,
                                .reads_inputs = 2u,
                                .constant_inputs = 2u,
                                .in_place = true };
