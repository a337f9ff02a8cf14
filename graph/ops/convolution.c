/*
 * Convolutions of images, channels last, and their transposes. Patches are laid out and multiplied by the weight as a
 * matrix, some places at a time, so that they stay in the cache: src/kernels/matmul.h's own loop is as near to the
 * limit with them as with any other product.
 *
 *                        convolution                     transposed convolution
 *     weight             (kh, kw, channels / g, units)   (kh, kw, units / g, channels)
 *     forward            y = patches(x) · w              y = add patches(x · wᵀ)
 *     backward           dx = add patches(dy · wᵀ)       dx = patches(dy) · w
 *     reduce, weight     dw = patches(x)ᵀ · dy           dw = patches(dy)ᵀ · x
 *
 * So there are three products of an image that a window slides over and of values at its places; which of the two is x
 * tells the ops apart. An element's sum goes over places in order, whatever they are cut into.
 */
#include "graph/ops/window.h"
#include "src/base/memory.h"
#include "src/kernels/matmul.h"

enum { X, WEIGHT, BIAS };

enum {
    TOGETHER = (128 << 10) / (int)sizeof(real), /* values of patches that are laid out at a time */
    ROUND = 8,                                  /* places: rows of a product's tile */
    LONG = 128,                                 /* places in a piece of a weight's gradient, … */
    SLIM = 32,                                  /* … and values of a patch */
    UNIT = 4                                    /* values of a patch whose weights' gradient is one unit */
};

typedef struct convolution {
    sliding w;
    bool transposed;
    int64_t units; /* channels at the places, of all groups */
    int64_t chunk; /* places at a time */
    bool relu;
    vae__matmul_function *matmul;
} convolution;

static bool is_transposed(const vae_node *node)
{
    return node->op->number == VAE__NUMBER(conv_transposed);
}

static convolution convolution_of(const vae_node *node)
{
    const bool transposed = is_transposed(node);
    const vae_node *image = transposed ? node : node->inputs[X], *places = transposed ? node->inputs[X] : node;
    convolution c = { .w = window_over(node, image, places), .transposed = transposed, .units = places->shape[2] };
    const int64_t fit = TOGETHER / patch_size(&c.w) / ROUND * ROUND;
    c.chunk = fit > ROUND ? fit : ROUND;
    return c;
}

/* ---- Preparing --------------------------------------------------------------------------------------------------- */

static vae_status convolution_prepare(const vae__prepare *prepare, void **state, size_t *scratch)
{
    convolution *made = NULL;
    *state = NULL;
    *scratch = 0;
    VAE__TRY(vae__allocate("a convolution", 1, sizeof *made, &made));
    *made = convolution_of(prepare->node);
    made->relu = prepare->relu;
    made->matmul = prepare->bf16 ? vae__matmul_bfloat16() : prepare->kernels->matmul;
    const int64_t patches = made->chunk * patch_size(&made->w);
    *scratch = VAE__MATMUL_SCRATCH + (size_t)(patches > LONG * SLIM ? patches : LONG * SLIM) * sizeof(real);
    *state = made;
    return vae__ok();
}

static void convolution_release(void *state)
{
    vae__free(state);
}

/* ---- Three products ---------------------------------------------------------------------------------------------- */

static real *patches_in(const vae__call *call)
{
    return (real *)((char *)call->scratch + VAE__MATMUL_SCRATCH);
}

/* Of a group's weights: a patch's value by a unit. */
static vae__matmul_piece piece_of(const vae__call *call, const convolution *c, vae__matmul_form form, int64_t group)
{
    return (vae__matmul_piece){ .form = form,
                                .b = (const real *)call->in[WEIGHT] + group * (c->units / c->w.groups),
                                .ldb = c->units,
                                .scratch = call->scratch };
}

/* values(places, units) (+)= patches(images) · w (+ bias), of the places of rows begin … end - 1. */
static void gather_product(const vae__call *call, const convolution *c, const real *images, real *values,
                           const real *bias, bool add)
{
    const int64_t all = places_of(&c->w), units = c->units / c->w.groups, size = patch_size(&c->w), end = end_row(call);
    for (int64_t group = 0; group < c->w.groups; group++)
        for (int64_t place = begin_row(call) * all, count; place < end * all; place += count) {
            count = end * all - place < c->chunk ? end * all - place : c->chunk;
            vae__matmul_piece piece = piece_of(call, c, VAE__NN, group);
            lay_patches(&c->w, images, group, place, count, 0, size, patches_in(call));
            piece.m = count, piece.n = units, piece.k = size;
            piece.a = patches_in(call);
            piece.lda = size;
            piece.bias = bias ? bias + group * units : NULL;
            piece.relu = c->relu;
            piece.add = add;
            piece.c = values + place * c->units + group * units;
            piece.ldc = c->units;
            c->matmul(&piece);
        }
}

/* images += add patches(values(places, units) · wᵀ). */
static void spread_product(const vae__call *call, const convolution *c, const real *values, real *images)
{
    const int64_t all = places_of(&c->w), units = c->units / c->w.groups, size = patch_size(&c->w), end = end_row(call);
    for (int64_t group = 0; group < c->w.groups; group++)
        for (int64_t place = begin_row(call) * all, count; place < end * all; place += count) {
            count = end * all - place < c->chunk ? end * all - place : c->chunk;
            vae__matmul_piece piece = piece_of(call, c, VAE__NT, group);
            piece.m = count, piece.n = size, piece.k = units;
            piece.a = values + place * c->units + group * units;
            piece.lda = c->units;
            piece.c = patches_in(call);
            piece.ldc = size;
            c->matmul(&piece);
            add_patches(&c->w, images, group, place, count, patches_in(call));
        }
}

/* dw, of a patch's values begin … end - 1 in one group, (+)= patches(images)ᵀ · values, of some places. */
static void weight_piece(const vae__call *call, const convolution *c, const real *images, const real *values,
                         int64_t group, int64_t place, int64_t count, int64_t begin, int64_t end)
{
    const int64_t units = c->units / c->w.groups;
    lay_patches(&c->w, images, group, place, count, begin, end, patches_in(call));
    const vae__matmul_piece piece = { .form = VAE__TN,
                                      .m = end - begin,
                                      .n = units,
                                      .k = count,
                                      .a = patches_in(call),
                                      .lda = end - begin,
                                      .b = values + place * c->units + group * units,
                                      .ldb = c->units,
                                      .c = (real *)call->grad_in[WEIGHT] + begin * c->units + group * units,
                                      .ldc = c->units,
                                      .add = place || !call->fresh[WEIGHT],
                                      .scratch = call->scratch };
    c->matmul(&piece);
}

/* Of all places, some at a time and so few values of their patches at a time that both stay in the nearest cache. */
static void weight_product(const vae__call *call, const convolution *c, const real *images, const real *values,
                           int64_t group, int64_t begin, int64_t end)
{
    const int64_t all = places_of(&c->w) * all_rows(call, call->node);
    for (int64_t place = 0; place < all; place += LONG) {
        const int64_t count = all - place < LONG ? all - place : LONG;
        for (int64_t first = begin; first < end; first += SLIM)
            weight_piece(call, c, images, values, group, place, count, first, end - first < SLIM ? end : first + SLIM);
    }
}

/* ---- Gradients of what is shared --------------------------------------------------------------------------------- */

/* Units are some values of a patch, group after group. */
static int64_t units_of_group(const convolution *c)
{
    return (patch_size(&c->w) + UNIT - 1) / UNIT;
}

static int64_t convolution_reduce_units(const vae__call *call)
{
    const convolution *c = call->state;
    return call->input == WEIGHT ? units_of_group(c) * c->w.groups : call->node->inputs[call->input]->size;
}

static void to_weight(const vae__call *call, int64_t begin, int64_t end)
{
    const convolution *c = call->state;
    const real *x = (const real *)call->in[X], *slope = (const real *)call->grad;
    const int64_t each = units_of_group(c), size = patch_size(&c->w);
    for (int64_t unit = begin, next; unit < end; unit = next) {
        const int64_t group = unit / each, first = (unit - group * each) * UNIT;
        next = (group + 1) * each < end ? (group + 1) * each : end;
        const int64_t last = (next - group * each) * UNIT < size ? (next - group * each) * UNIT : size;
        weight_product(call, c, c->transposed ? slope : x, c->transposed ? x : slope, group, first, last);
    }
}

/* db = dy at all places, its elements begin … end - 1. */
static void to_bias(const vae__call *call, int64_t begin, int64_t end)
{
    const int64_t channels = call->node->shape[2], places = call->node->size / channels;
    const int64_t rows = all_rows(call, call->node);
    const real *slope = (const real *)call->grad;
    real *to = (real *)call->grad_in[BIAS];
    clear_if_fresh(call, BIAS, begin, end);
    for (int64_t r = 0; channels == 1 && r < rows; r++)
        *to += sum_of(slope + r * places, places);
    for (int64_t p = 0; channels > 1 && p < rows * places; p++)
        EACH(i, end - begin, to[begin + i] += slope[p * channels + begin + i];);
}

static void convolution_reduce(const vae__call *call)
{
    (call->input == WEIGHT ? to_weight : to_bias)(call, call->begin, call->end);
}

/* Where all is shared, backward makes every gradient. */
static void to_shared(const vae__call *call)
{
    if (call->node->rows)
        return;
    if (call->grad_in[WEIGHT])
        to_weight(call, 0, units_of_group(call->state) * ((const convolution *)call->state)->w.groups);
    if (call->node->input_count > BIAS && call->grad_in[BIAS])
        to_bias(call, 0, call->node->shape[2]);
}

/* ---- Convolution ------------------------------------------------------------------------------------------------- */

static void conv_forward(const vae__call *call)
{
    const real *bias = call->node->input_count > BIAS ? (const real *)call->in[BIAS] : NULL;
    gather_product(call, call->state, (const real *)call->in[X], (real *)call->out, bias, false);
}

static void conv_backward(const vae__call *call)
{
    const int64_t size = call->node->inputs[X]->size;
    if (call->grad_in[X]) {
        clear_if_fresh(call, X, begin_row(call) * size, end_row(call) * size);
        spread_product(call, call->state, (const real *)call->grad, (real *)call->grad_in[X]);
    }
    to_shared(call);
}

/* ---- Transposed convolution -------------------------------------------------------------------------------------- */

static void begin_images(const vae__call *call)
{
    const int64_t channels = call->node->shape[2], size = call->node->size;
    const real *bias = call->node->input_count > BIAS ? (const real *)call->in[BIAS] : NULL;
    real *to = (real *)call->out;
    const int64_t begin = begin_row(call) * size, end = end_row(call) * size;
    if (!bias)
        memset(to + begin, 0, (size_t)(end - begin) * sizeof *to);
    else if (channels == 1)
        EACH(i, end - begin, to[begin + i] = *bias;);
    else
        for (int64_t i = begin; i < end; i += channels)
            memcpy(to + i, bias, (size_t)channels * sizeof *to);
}

static void conv_transposed_forward(const vae__call *call)
{
    const convolution *c = call->state;
    const int64_t begin = begin_row(call) * call->node->size, end = end_row(call) * call->node->size;
    real *to = (real *)call->out + begin;
    begin_images(call);
    spread_product(call, c, (const real *)call->in[X], (real *)call->out);
    if (c->relu)
        EACH(i, end - begin, to[i] = to[i] <= 0 ? 0 : to[i];);
}

static void conv_transposed_backward(const vae__call *call)
{
    if (call->grad_in[X])
        gather_product(call, call->state, (const real *)call->grad, (real *)call->grad_in[X], NULL, !call->fresh[X]);
    to_shared(call);
}

/* ---- Building ---------------------------------------------------------------------------------------------------- */

#if VAE__REFERENCE
/* A weight's last dimension is of what is at the places, the one before of a group of the image's channels. */
static vae_status check_weight(const vae_node *node, int64_t channels, int64_t units)
{
    const vae_node *weight = node->inputs[WEIGHT];
    const int64_t groups = node->integers[GROUPS];
    if (weight->rows || weight->rank != 4)
        return shape_error("the weight must be shared and have four dimensions", weight);
    if (channels % groups || units % groups)
        return vae__error(VAE_ERROR_SHAPE, "%lld channels and %lld units do not make %lld groups", (long long)channels,
                          (long long)units, (long long)groups);
    return vae__ok();
}

static vae_status check_bias(const vae_node *node)
{
    const vae_node *bias = node->input_count > BIAS ? node->inputs[BIAS] : NULL;
    if (bias && (bias->rows || bias->rank != 1 || bias->shape[0] != node->shape[2]))
        return shapes_error("the bias must be shared and have a value for each channel of the result",
                            node->inputs[WEIGHT], "and", bias, "");
    return vae__ok();
}

/* The weight brings the kernel. */
static vae_status take_kernel(vae_node *node)
{
    const vae_node *x = node->inputs[X], *weight = node->inputs[WEIGHT];
    for (int i = 0; i < 2 && weight->rank == 4; i++)
        node->integers[KERNEL + i] = weight->shape[i];
    VAE__TRY(check_image(x));
    node->rank = 3;
    node->rows = x->rows;
    return check_window(node);
}

static vae_status conv_shape(vae_node *node)
{
    const vae_node *x = node->inputs[X], *weight = node->inputs[WEIGHT];
    VAE__TRY(check_weight(node, x->rank == 3 ? x->shape[2] : node->integers[GROUPS],
                          weight->rank == 4 ? weight->shape[3] : node->integers[GROUPS]));
    VAE__TRY(take_kernel(node));
    if (weight->shape[2] * node->integers[GROUPS] != x->shape[2])
        return shapes_error("channels differ", x, "and", weight, "");
    for (int i = 0; i < 2; i++)
        VAE__TRY(count_places(node, x, i, &node->shape[i]));
    node->shape[2] = weight->shape[3];
    return check_bias(node);
}

static vae_status conv_transposed_shape(vae_node *node)
{
    const vae_node *x = node->inputs[X], *weight = node->inputs[WEIGHT];
    VAE__TRY(check_weight(node, node->integers[GROUPS], x->rank == 3 ? x->shape[2] : node->integers[GROUPS]));
    VAE__TRY(take_kernel(node));
    if (weight->shape[3] != x->shape[2])
        return shapes_error("channels differ", x, "and", weight, "");
    for (int i = 0; i < 2; i++)
        VAE__TRY(count_pixels(node, x, i, &node->shape[i]));
    node->shape[2] = weight->shape[2] * node->integers[GROUPS];
    return check_bias(node);
}

static double convolution_operations(const vae_node *node, vae__phase phase, int input, const bool *wanted,
                                     int64_t examples)
{
    const convolution c = convolution_of(node);
    const double rows = (double)(node->rows ? node->rows * examples : 1);
    const double product = 2 * rows * (double)places_of(&c.w) * (double)patch_size(&c.w) * (double)c.units;
    if (phase == VAE__REDUCE)
        return input == WEIGHT ? product : 0;
    if (phase == VAE__BACKWARD)
        return product * (wanted[X] + (wanted[WEIGHT] ? 1 : 0));
    return product;
}

static vae_node *convolve(const vae__op *op, vae_node *x, vae_node *weight, vae_node *bias, const vae_window *window)
{
    return vae__node_new(NULL, op, with_window(window), bias ? 3 : 2, (vae_node *[]){ x, weight, bias });
}

vae_node *vae_conv(vae_node *x, vae_node *weight, vae_node *bias, const vae_window *window)
{
    return convolve(&VAE__OP(conv), x, weight, bias, window);
}

vae_node *vae_conv_transposed(vae_node *x, vae_node *weight, vae_node *bias, const vae_window *window)
{
    return convolve(&VAE__OP(conv_transposed), x, weight, bias, window);
}

#define WINDOW(...)  (&(const vae_window){ __VA_ARGS__ })
#define SAME_PADDING .padding = { VAE_SAME, VAE_SAME }
#define BUILD(name, call)                                                                                              \
    static vae_node *name(vae_node *const *a)                                                                          \
    {                                                                                                                  \
        return call;                                                                                                   \
    }
#define BUILDS(name, ...)                                                                                              \
    BUILD(conv_##name, vae_conv(a[0], a[1], a[2], WINDOW(__VA_ARGS__)))                                                \
    BUILD(transposed_##name, vae_conv_transposed(a[0], a[1], a[2], WINDOW(__VA_ARGS__)))
BUILDS(plain, .groups = 1)
BUILDS(same, SAME_PADDING, .stride = { 2, 2 })
BUILDS(odd, .padding = { 1, 2 }, .stride = { 2, 1 }, .dilation = { 1, 2 })
BUILDS(groups, .groups = 2, .padding = { 1, 1 })
BUILD(conv_bare, vae_conv(a[0], a[1], NULL, WINDOW(.groups = 1)))
BUILD(transposed_bare, vae_conv_transposed(a[0], a[1], NULL, WINDOW(.groups = 1)))
BUILD(conv_relu, vae_relu(vae_conv(a[0], a[1], a[2], WINDOW(SAME_PADDING))))
BUILD(transposed_relu, vae_relu(vae_conv_transposed(a[0], a[1], a[2], WINDOW(SAME_PADDING))))
/* x is used twice: the second gradient is added to the first. */
BUILD(conv_twice, vae_add(vae_conv(a[0], a[1], a[2], WINDOW(SAME_PADDING)), a[0]))
BUILD(transposed_twice, vae_add(vae_conv_transposed(a[0], a[1], a[2], WINDOW(SAME_PADDING)), a[0]))

#define IMAGE(rows_, h, w, c)                                                                                          \
    {                                                                                                                  \
        .rows = (rows_), .rank = 3, .shape = { h, w, c }, .low = -1, .high = 1                                         \
    }
#define KERNELS(h, w, in, out)                                                                                         \
    {                                                                                                                  \
        .rank = 4, .shape = { h, w, in, out }, .low = -1, .high = 1                                                    \
    }
#define VECTOR(n, low_, high_)                                                                                         \
    {                                                                                                                  \
        .rank = 1, .shape = { n }, .low = (low_), .high = (high_)                                                      \
    }

static const vae__case conv_cases[] = {
    { "plain", conv_plain, 3, { IMAGE(1, 4, 5, 2), KERNELS(2, 3, 2, 3), VECTOR(3, -1, 1) } },
    { "same, strides", conv_same, 3, { IMAGE(1, 4, 6, 1), KERNELS(4, 4, 1, 2), VECTOR(2, -1, 1) } },
    { "padding, strides, dilation", conv_odd, 3, { IMAGE(1, 4, 5, 2), KERNELS(2, 3, 2, 2), VECTOR(2, -1, 1) } },
    { "groups", conv_groups, 3, { IMAGE(1, 3, 3, 4), KERNELS(3, 3, 2, 6), VECTOR(6, -1, 1) } },
    { "without bias", conv_bare, 2, { IMAGE(1, 3, 3, 2), KERNELS(1, 1, 2, 17) } },
    { "samples", conv_same, 3, { IMAGE(3, 2, 2, 2), KERNELS(2, 2, 2, 2), VECTOR(2, -1, 1) } },
    { "shared", conv_groups, 3, { IMAGE(0, 3, 3, 4), KERNELS(3, 3, 2, 2), VECTOR(2, -1, 1) } },
    { "used twice", conv_twice, 3, { IMAGE(1, 3, 3, 2), KERNELS(3, 3, 2, 2), VECTOR(2, -1, 1) } },
    { "relu, open", conv_relu, 3, { IMAGE(1, 3, 3, 2), KERNELS(3, 3, 2, 2), VECTOR(2, 20, 21) } },
    { "relu, shut", conv_relu, 3, { IMAGE(1, 3, 3, 2), KERNELS(3, 3, 2, 2), VECTOR(2, -21, -20) } },
};

static const vae__case conv_transposed_cases[] = {
    { "plain", transposed_plain, 3, { IMAGE(1, 3, 2, 3), KERNELS(2, 3, 2, 3), VECTOR(2, -1, 1) } },
    { "same, strides", transposed_same, 3, { IMAGE(1, 2, 3, 2), KERNELS(4, 4, 1, 2), VECTOR(1, -1, 1) } },
    { "padding, strides, dilation", transposed_odd, 3, { IMAGE(1, 3, 5, 2), KERNELS(2, 3, 3, 2), VECTOR(3, -1, 1) } },
    { "groups", transposed_groups, 3, { IMAGE(1, 3, 3, 6), KERNELS(3, 3, 2, 6), VECTOR(4, -1, 1) } },
    { "without bias", transposed_bare, 2, { IMAGE(1, 3, 3, 2), KERNELS(1, 1, 17, 2) } },
    { "samples", transposed_same, 3, { IMAGE(3, 2, 2, 2), KERNELS(2, 2, 2, 2), VECTOR(2, -1, 1) } },
    { "shared", transposed_groups, 3, { IMAGE(0, 3, 3, 2), KERNELS(3, 3, 2, 2), VECTOR(4, -1, 1) } },
    { "used twice", transposed_twice, 3, { IMAGE(1, 3, 3, 2), KERNELS(3, 3, 2, 2), VECTOR(2, -1, 1) } },
    { "relu, open", transposed_relu, 3, { IMAGE(1, 3, 3, 2), KERNELS(3, 3, 2, 2), VECTOR(2, 20, 21) } },
    { "relu, shut", transposed_relu, 3, { IMAGE(1, 3, 3, 2), KERNELS(3, 3, 2, 2), VECTOR(2, -21, -20) } },
};
#endif

#define CONVOLUTION(name_)                                                                                             \
    const vae__op VAE__OP(name_) = {                                                                                   \
        .name = #name_,                                                                                                \
        .number = VAE__NUMBER(name_),                                                                                  \
        ONCE(.shape = name_##_shape, .operations = convolution_operations, CASES(name_##_cases), ).forward =           \
            name_##_forward,                                                                                           \
        .backward = name_##_backward,                                                                                  \
        .reduce = convolution_reduce,                                                                                  \
        .reads_inputs = 1u << X | 1u << WEIGHT,                                                                        \
        .fuses_relu = true,                                                                                            \
        .reduce_units = convolution_reduce_units,                                                                      \
        .prepare = convolution_prepare,                                                                                \
        .release = convolution_release                                                                                 \
    };

CONVOLUTION(conv)
CONVOLUTION(conv_transposed)
