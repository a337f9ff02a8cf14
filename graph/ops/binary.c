/* Binary values: steps, through which no gradient flows. */
#include <math.h>

#include "graph/ops/common.h"

/* Draws where they decide, or reads what is bound instead piece by piece. */
static void binarize_by_drawing(const vae__call *call)
{
    enum { PIECE = 256 };
    const vae__source *source = call->drawn[1];
    const int64_t size = source->size;
    real uniform[PIECE];
    for (int64_t e = call->begin; e < call->end; e++) {
        const real *x = (const real *)call->in[0] + e * size;
        real *to = (real *)call->out + e * size;
        const bool drawn = !source->bound && !source->normal;
        if (drawn)
            call->kernels->binarize(source->draw, vae__source_example(source, e), source->first, size, x, to);
        for (int64_t begin = 0; !drawn && begin < size; begin += PIECE) {
            const int64_t count = size - begin < PIECE ? size - begin : PIECE;
            vae__source_read(source, call->kernels, e, begin, count, uniform);
            EACH(i, count, to[begin + i] = uniform[i] < x[begin + i] ? 1 : 0;);
        }
    }
}

static void binarize_forward(const vae__call *call)
{
    if (call->drawn[1]) {
        binarize_by_drawing(call);
        return;
    }
    const int64_t begin = begin_row(call) * call->node->size, end = end_row(call) * call->node->size;
    const real *x = (const real *)call->in[0] + begin, *uniform = (const real *)call->in[1] + begin;
    real *to = (real *)call->out + begin;
    EACH(i, end - begin, to[i] = uniform[i] < x[i] ? 1 : 0;);
}

static void threshold_forward(const vae__call *call)
{
    const int64_t begin = begin_row(call) * call->node->size, end = end_row(call) * call->node->size;
    const real threshold = (real)call->node->number, *x = (const real *)call->in[0] + begin;
    real *to = (real *)call->out + begin;
    EACH(i, end - begin, to[i] = x[i] > threshold ? 1 : 0;);
}

#if VAE__REFERENCE
static vae_status binarize_shape(vae_node *node)
{
    VAE__TRY(check_same(node->inputs[0], node->inputs[1]));
    return shape_of_input(node);
}

static vae_status threshold_shape(vae_node *node)
{
    if (isnan(node->number))
        return vae__error(VAE_ERROR_ARGUMENT, "the threshold is not a number");
    return shape_of_input(node);
}

vae_node *vae_binarize(vae_node *x, vae_node *uniform)
{
    return vae__node_new(NULL, &VAE__OP(binarize), (vae_node){ 0 }, 2, (vae_node *[]){ x, uniform });
}

vae_node *vae_threshold(vae_node *x, double threshold)
{
    return vae__node_new(NULL, &VAE__OP(threshold), (vae_node){ .number = threshold }, 1, &x);
}
#endif

#define REASON "a step: its derivative is 0 almost everywhere, and no gradient flows through"

const vae__op VAE__OP(binarize) = { .name = "binarize",
                                    .number = VAE__NUMBER(binarize),
                                    ONCE(.shape = binarize_shape, .no_cases = REASON, ).forward = binarize_forward,
                                    .constant_inputs = 3u,
                                    .draws_inputs = 2u,
                                    .in_place = true };

const vae__op VAE__OP(threshold) = { .name = "threshold",
                                     .number = VAE__NUMBER(threshold),
                                     ONCE(.shape = threshold_shape, .no_cases = REASON, ).forward = threshold_forward,
                                     .constant_inputs = 1u,
                                     .in_place = true };
