/* Shapes: values are moved, never changed. */
#include "graph/ops/common.h"

/* Copies `count` values, or adds them. The two arrays may be one. */
static void copy(real *to, const real *from, int64_t count)
{
    if (to != from)
        memcpy(to, from, (size_t)count * sizeof(real));
}

static void put(real *to, const real *from, int64_t count, bool fresh)
{
    if (fresh)
        copy(to, from, count);
    else
        EACH(i, count, to[i] += from[i];);
}

/* Values of x from dimension `axis` on: what lies together when another is put beside it. */
static int64_t stretch(const vae_node *x, int64_t axis)
{
    int64_t count = 1;
    for (int64_t i = axis; i < x->rank; i++)
        count *= x->shape[i];
    return count;
}

/* ---- concat ------------------------------------------------------------------------------------------------------ */

static void concat_forward(const vae__call *call)
{
    const int64_t axis = call->node->integers[0], whole = stretch(call->node, axis), outer = call->node->size / whole;
    const int64_t first = stretch(call->node->inputs[0], axis), second = whole - first;
    const real *a = (const real *)call->in[0], *b = (const real *)call->in[1];
    for (int64_t i = begin_row(call) * outer; i < end_row(call) * outer; i++) {
        real *to = (real *)call->out + i * whole;
        copy(to, a + i * first, first);
        copy(to + first, b + i * second, second);
    }
}

static void concat_backward(const vae__call *call)
{
    const int64_t axis = call->node->integers[0], whole = stretch(call->node, axis), outer = call->node->size / whole;
    const int64_t first = stretch(call->node->inputs[0], axis);
    for (int input = 0; input < 2; input++) {
        const int64_t part = input ? whole - first : first;
        const real *slope = (const real *)call->grad + (input ? first : 0);
        real *to = (real *)call->grad_in[input];
        for (int64_t i = begin_row(call) * outer; to && i < end_row(call) * outer; i++)
            put(to + i * part, slope + i * whole, part, call->fresh[input]);
    }
}

/* ---- slice: integers are axis and begin -------------------------------------------------------------------------- */

typedef struct cut {
    int64_t whole, skipped, part, outer; /* of x, before the slice, in it; and how often in a row */
} cut;

static cut cut_of(const vae_node *node)
{
    const vae_node *x = node->inputs[0];
    const int64_t axis = node->integers[0], whole = stretch(x, axis);
    return (cut){ whole, node->integers[1] * (whole / x->shape[axis]), stretch(node, axis), x->size / whole };
}

static void slice_forward(const vae__call *call)
{
    const cut c = cut_of(call->node);
    const real *x = (const real *)call->in[0] + c.skipped;
    for (int64_t i = begin_row(call) * c.outer; i < end_row(call) * c.outer; i++)
        copy((real *)call->out + i * c.part, x + i * c.whole, c.part);
}

static void slice_backward(const vae__call *call)
{
    const cut c = cut_of(call->node);
    const int64_t begin = begin_row(call) * c.outer, end = end_row(call) * c.outer;
    if (!call->grad_in[0])
        return;
    clear_if_fresh(call, 0, begin * c.whole, end * c.whole);
    for (int64_t i = begin; i < end; i++)
        put((real *)call->grad_in[0] + i * c.whole + c.skipped, (const real *)call->grad + i * c.part, c.part, false);
}

/* ---- reshape ----------------------------------------------------------------------------------------------------- */

static void reshape_forward(const vae__call *call)
{
    const int64_t begin = begin_row(call) * call->node->size, end = end_row(call) * call->node->size;
    copy((real *)call->out + begin, (const real *)call->in[0] + begin, end - begin);
}

static void reshape_backward(const vae__call *call)
{
    const int64_t begin = begin_row(call) * call->node->size, end = end_row(call) * call->node->size;
    if (call->grad_in[0])
        put((real *)call->grad_in[0] + begin, (const real *)call->grad + begin, end - begin, call->fresh[0]);
}

/* ---- repeat ------------------------------------------------------------------------------------------------------ */

static void repeat_forward(const vae__call *call)
{
    const int64_t size = call->node->size, samples = call->node->rows;
    for (int64_t r = begin_row(call); r < end_row(call); r++)
        copy((real *)call->out + r * size, (const real *)call->in[0] + r / samples * size, size);
}

/* An example's rows are added in order. */
static void repeat_backward(const vae__call *call)
{
    const int64_t size = call->node->size, samples = call->node->rows;
    for (int64_t r = begin_row(call); call->grad_in[0] && r < end_row(call); r++)
        put((real *)call->grad_in[0] + r / samples * size, (const real *)call->grad + r * size, size,
            call->fresh[0] && r % samples == 0);
}

/* ---- Building ---------------------------------------------------------------------------------------------------- */

#if VAE__REFERENCE
static vae_status check_axis(const vae_node *node)
{
    char text[VAE__SHAPE_TEXT];
    const vae_node *x = node->inputs[0];
    if (node->integers[0] < 0 || node->integers[0] >= x->rank)
        return vae__error(VAE_ERROR_SHAPE, "there is no dimension %lld in %s", (long long)node->integers[0],
                          vae__shape_text(x, text));
    return vae__ok();
}

static vae_status concat_shape(vae_node *node)
{
    VAE__TRY(check_axis(node));
    const vae_node *a = node->inputs[0], *b = node->inputs[1];
    bool alike = a->rank == b->rank;
    for (int i = 0; alike && i < a->rank; i++)
        alike = a->shape[i] == b->shape[i] || i == node->integers[0];
    if (!alike)
        return shapes_error("shapes differ beside the axis", a, "and", b, "");
    if (a->rows != b->rows)
        return rows_error(a, b);
    take_shape(node, a);
    node->shape[node->integers[0]] += b->shape[node->integers[0]];
    return vae__ok();
}

/* The builder leaves the end in `shape`, where the rule puts the size. */
static vae_status slice_shape(vae_node *node)
{
    VAE__TRY(check_axis(node));
    const int64_t axis = node->integers[0], begin = node->integers[1], end = node->shape[0];
    const vae_node *x = node->inputs[0];
    char text[VAE__SHAPE_TEXT];
    if (begin < 0 || end <= begin || end > x->shape[axis])
        return vae__error(VAE_ERROR_SHAPE, "elements %lld … %lld of dimension %lld are not in %s", (long long)begin,
                          (long long)end - 1, (long long)axis, vae__shape_text(x, text));
    take_shape(node, x);
    node->shape[axis] = end - begin;
    return vae__ok();
}

static vae_status reshape_shape(vae_node *node)
{
    const vae_node *x = node->inputs[0];
    int64_t size = node->rank >= 1 && node->rank <= VAE_MAX_RANK ? 1 : 0;
    node->rows = x->rows;
    for (int i = 0; size && i < node->rank; i++)
        size = node->shape[i] < 1 || node->shape[i] > x->size / size ? 0 : size * node->shape[i];
    if (size != x->size)
        return shapes_error("sizes differ", x, "and", node, "");
    return vae__ok();
}

static vae_status repeat_shape(vae_node *node)
{
    const vae_node *x = node->inputs[0];
    const int64_t samples = node->integers[0];
    if (samples < 1 || samples > INT32_MAX)
        return vae__error(VAE_ERROR_ARGUMENT, "expected 1 to 2^31 - 1 samples, found %lld", (long long)samples);
    if (x->rows != 1)
        return shape_error("only one row for each example can be repeated", x);
    take_shape(node, x);
    node->rows = samples;
    return vae__ok();
}

vae_node *vae_concat(vae_node *a, vae_node *b, int axis)
{
    return vae__node_new(NULL, &VAE__OP(concat), (vae_node){ .integers = { axis } }, 2, (vae_node *[]){ a, b });
}

vae_node *vae_slice(vae_node *x, int axis, int64_t begin, int64_t end)
{
    return vae__node_new(NULL, &VAE__OP(slice), (vae_node){ .integers = { axis, begin }, .shape = { end } }, 1, &x);
}

vae_node *vae_reshape(vae_node *x, int rank, const int64_t *shape)
{
    vae_node given = { .rank = shape ? rank : 0 };
    for (int i = 0; i < given.rank && i < VAE_MAX_RANK; i++)
        given.shape[i] = shape[i];
    return vae__node_new(NULL, &VAE__OP(reshape), given, 1, &x);
}

vae_node *vae_repeat(vae_node *x, int64_t samples)
{
    return vae__node_new(NULL, &VAE__OP(repeat), (vae_node){ .integers = { samples } }, 1, &x);
}

#define BUILD(name, call)                                                                                              \
    static vae_node *name(vae_node *const *a)                                                                          \
    {                                                                                                                  \
        return call;                                                                                                   \
    }
BUILD(build_concat, vae_concat(a[0], a[1], 0))
BUILD(build_concat_last, vae_concat(a[0], a[1], 1))
BUILD(build_concat_twice, vae_concat(a[0], a[0], 0))
BUILD(build_slice, vae_slice(a[0], 0, 1, 3))
BUILD(build_slice_middle, vae_slice(a[0], 1, 1, 3))
BUILD(build_slice_twice, vae_mul(vae_slice(a[0], 0, 0, 3), vae_slice(a[0], 0, 2, 5)))
BUILD(build_reshape, vae_reshape(a[0], 2, ((const int64_t[]){ 3, 2 })))
BUILD(build_reshape_twice,
      vae_mul(vae_reshape(a[0], 2, ((const int64_t[]){ 3, 2 })), vae_reshape(a[0], 2, ((const int64_t[]){ 3, 2 }))))
BUILD(build_repeat, vae_repeat(a[0], 3))
BUILD(build_repeat_twice, vae_mul(vae_repeat(a[0], 3), vae_repeat(a[0], 3)))

#define X(rows_, rank_, ...)                                                                                           \
    {                                                                                                                  \
        .rows = (rows_), .rank = (rank_), .shape = { __VA_ARGS__ }, .low = -2, .high = 2                               \
    }

static const vae__case concat_cases[] = {
    { "plain", build_concat, 2, { X(1, 1, 5), X(1, 1, 3) } },
    { "along the last", build_concat_last, 2, { X(1, 2, 2, 5), X(1, 2, 2, 3) } },
    { "along the middle", build_concat_last, 2, { X(1, 3, 2, 1, 3), X(1, 3, 2, 2, 3) } },
    { "samples", build_concat, 2, { X(3, 2, 1, 2), X(3, 2, 3, 2) } },
    { "shared", build_concat, 2, { X(0, 1, 5), X(0, 1, 3) } },
    { "with itself", build_concat_twice, 1, { X(1, 2, 2, 3) } },
};
static const vae__case slice_cases[] = {
    { "plain", build_slice, 1, { X(1, 1, 5) } },
    { "along the middle", build_slice_middle, 1, { X(1, 3, 2, 4, 3) } },
    { "samples", build_slice, 1, { X(3, 2, 3, 2) } },
    { "shared", build_slice_middle, 1, { X(0, 2, 3, 4) } },
    { "two that overlap", build_slice_twice, 1, { X(1, 1, 5) } },
};
static const vae__case reshape_cases[] = {
    { "plain", build_reshape, 1, { X(1, 1, 6) } },
    { "samples", build_reshape, 1, { X(3, 3, 1, 2, 3) } },
    { "shared", build_reshape, 1, { X(0, 1, 6) } },
    { "used twice", build_reshape_twice, 1, { X(1, 1, 6) } },
};
static const vae__case repeat_cases[] = {
    { "plain", build_repeat, 1, { X(1, 1, 19) } },
    { "of two dimensions", build_repeat, 1, { X(1, 2, 2, 3) } },
    { "used twice", build_repeat_twice, 1, { X(1, 1, 5) } },
};
#endif

const vae__op VAE__OP(concat) = { .name = "concat",
                                  .number = VAE__NUMBER(concat),
                                  ONCE(.shape = concat_shape, CASES(concat_cases), ).forward = concat_forward,
                                  .backward = concat_backward };

const vae__op VAE__OP(slice) = { .name = "slice",
                                 .number = VAE__NUMBER(slice),
                                 ONCE(.shape = slice_shape, CASES(slice_cases), ).forward = slice_forward,
                                 .backward = slice_backward };

const vae__op VAE__OP(reshape) = { .name = "reshape",
                                   .number = VAE__NUMBER(reshape),
                                   ONCE(.shape = reshape_shape, CASES(reshape_cases), ).forward = reshape_forward,
                                   .backward = reshape_backward,
                                   .in_place = true };

const vae__op VAE__OP(repeat) = { .name = "repeat",
                                  .number = VAE__NUMBER(repeat),
                                  ONCE(.shape = repeat_shape, CASES(repeat_cases), ).forward = repeat_forward,
                                  .backward = repeat_backward };
