/* Pools of images, channels last: the largest or the mean of what a window sees of a channel; and nearest upsampling.
 */
#include "graph/ops/window.h"

/* The part of a window that is inside the image: rows top … bottom - 1 of the kernel, columns left … right - 1. */
typedef struct view {
    int64_t image, y, x;
    int64_t top, bottom, left, right;
} view;

static int64_t first_inside(int64_t at)
{
    return at < 0 ? -at : 0;
}

static int64_t last_inside(int64_t at, int64_t kernel, int64_t size)
{
    return size - at < kernel ? size - at : kernel;
}

static view view_of(const sliding *w, int64_t place)
{
    const run at = run_of(w, place, 1);
    const int64_t x = at.begin * w->stride[1] - w->before[1];
    return (view){ at.image,
                   at.y,
                   x,
                   first_inside(at.y),
                   last_inside(at.y, w->kernel[0], w->height),
                   first_inside(x),
                   last_inside(x, w->kernel[1], w->width) };
}

/* Where the channels of a pixel that a view sees begin. */
static int64_t pixel_of(const sliding *w, const view *v, int64_t ky, int64_t kx)
{
    return ((v->image * w->height + v->y + ky) * w->width + v->x + kx) * w->channels;
}

static sliding window_of(const vae_node *node)
{
    return window_over(node, node->inputs[0], node);
}

#define EACH_PIXEL(w, v, ky, kx)                                                                                       \
    for (int64_t ky = (v).top; ky < (v).bottom; ky++)                                                                  \
        for (int64_t kx = (v).left; kx < (v).right; kx++)

/* ---- max_pool: the first of the largest takes the gradient; what is not a number is the largest ------------------ */

static void max_pool_forward(const vae__call *call)
{
    const sliding w = window_of(call->node);
    const int64_t all = places_of(&w);
    for (int64_t p = begin_row(call) * all; p < end_row(call) * all; p++) {
        const view v = view_of(&w, p);
        real *to = (real *)call->out + p * w.channels;
        memcpy(to, (const real *)call->in[0] + pixel_of(&w, &v, v.top, v.left), (size_t)w.channels * sizeof *to);
        EACH_PIXEL(&w, v, ky, kx)
        {
            const real *x = (const real *)call->in[0] + pixel_of(&w, &v, ky, kx);
            EACH(c, w.channels, to[c] = ((x[c] > to[c]) | (x[c] != x[c])) ? x[c] : to[c];);
        }
    }
}

static void max_pool_backward(const vae__call *call)
{
    const sliding w = window_of(call->node);
    const int64_t all = places_of(&w), size = image_size(&w);
    real *to = (real *)call->grad_in[0];
    if (!to)
        return;
    clear_if_fresh(call, 0, begin_row(call) * size, end_row(call) * size);
    for (int64_t p = begin_row(call) * all; p < end_row(call) * all; p++) {
        const view v = view_of(&w, p);
        const real *slope = (const real *)call->grad + p * w.channels, *x = (const real *)call->in[0];
        for (int64_t c = 0; c < w.channels; c++) {
            int64_t most = pixel_of(&w, &v, v.top, v.left) + c;
            EACH_PIXEL(&w, v, ky, kx)
            {
                const int64_t at = pixel_of(&w, &v, ky, kx) + c;
                most = x[at] > x[most] ? at : most;
            }
            to[most] += slope[c];
        }
    }
}

/* ---- mean_pool: of the pixels that are inside the image ---------------------------------------------------------- */

static real share_of(const view *v)
{
    return 1 / (real)((v->bottom - v->top) * (v->right - v->left));
}

static void mean_pool_forward(const vae__call *call)
{
    const sliding w = window_of(call->node);
    const int64_t all = places_of(&w);
    for (int64_t p = begin_row(call) * all; p < end_row(call) * all; p++) {
        const view v = view_of(&w, p);
        const real share = share_of(&v);
        real *to = (real *)call->out + p * w.channels;
        memset(to, 0, (size_t)w.channels * sizeof *to);
        EACH_PIXEL(&w, v, ky, kx)
        {
            const real *x = (const real *)call->in[0] + pixel_of(&w, &v, ky, kx);
            EACH(c, w.channels, to[c] += x[c];);
        }
        EACH(c, w.channels, to[c] *= share;);
    }
}

static void mean_pool_backward(const vae__call *call)
{
    const sliding w = window_of(call->node);
    const int64_t all = places_of(&w), size = image_size(&w);
    if (!call->grad_in[0])
        return;
    clear_if_fresh(call, 0, begin_row(call) * size, end_row(call) * size);
    for (int64_t p = begin_row(call) * all; p < end_row(call) * all; p++) {
        const view v = view_of(&w, p);
        const real share = share_of(&v), *slope = (const real *)call->grad + p * w.channels;
        EACH_PIXEL(&w, v, ky, kx)
        {
            real *to = (real *)call->grad_in[0] + pixel_of(&w, &v, ky, kx);
            EACH(c, w.channels, to[c] += share * slope[c];);
        }
    }
}

/* ---- upsample: each pixel kernel[0] times downwards and kernel[1] times to the right ----------------------------- */

/* The image that a window without overlap slides over is the larger one: the node's own. */
static sliding upsampling_of(const vae_node *node)
{
    return window_over(node, node, node->inputs[0]);
}

static void upsample_forward(const vae__call *call)
{
    const sliding w = upsampling_of(call->node);
    const int64_t all = places_of(&w);
    for (int64_t p = begin_row(call) * all; p < end_row(call) * all; p++) {
        const view v = view_of(&w, p);
        EACH_PIXEL(&w, v, ky, kx)
        memcpy((real *)call->out + pixel_of(&w, &v, ky, kx), (const real *)call->in[0] + p * w.channels,
               (size_t)w.channels * sizeof(real));
    }
}

static void upsample_backward(const vae__call *call)
{
    const sliding w = upsampling_of(call->node);
    const int64_t all = places_of(&w);
    if (!call->grad_in[0])
        return;
    clear_if_fresh(call, 0, begin_row(call) * all * w.channels, end_row(call) * all * w.channels);
    for (int64_t p = begin_row(call) * all; p < end_row(call) * all; p++) {
        const view v = view_of(&w, p);
        real *to = (real *)call->grad_in[0] + p * w.channels;
        EACH_PIXEL(&w, v, ky, kx)
        {
            const real *slope = (const real *)call->grad + pixel_of(&w, &v, ky, kx);
            EACH(c, w.channels, to[c] += slope[c];);
        }
    }
}

/* ---- Building ---------------------------------------------------------------------------------------------------- */

#if VAE__REFERENCE
static vae_status pool_shape(vae_node *node)
{
    const vae_node *x = node->inputs[0];
    VAE__TRY(check_image(x));
    VAE__TRY(check_window(node));
    if (node->integers[GROUPS] != 1 || node->integers[DILATION] != 1 || node->integers[DILATION + 1] != 1)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a pool without groups and dilation, found %lld and %lldx%lld",
                          (long long)node->integers[GROUPS], (long long)node->integers[DILATION],
                          (long long)node->integers[DILATION + 1]);
    for (int i = 0; i < 2; i++) {
        if (node->integers[PADDING + i] >= reach_of(node, i))
            return vae__error(VAE_ERROR_SHAPE, "padding %lld would have a window of %lld see nothing of the image",
                              (long long)node->integers[PADDING + i], (long long)reach_of(node, i));
        VAE__TRY(count_places(node, x, i, &node->shape[i]));
    }
    node->rank = 3;
    node->rows = x->rows;
    node->shape[2] = x->shape[2];
    return vae__ok();
}

static vae_status upsample_shape(vae_node *node)
{
    const vae_node *x = node->inputs[0];
    VAE__TRY(check_image(x));
    VAE__TRY(check_window(node));
    node->rank = 3;
    node->rows = x->rows;
    for (int i = 0; i < 2; i++)
        VAE__TRY(count_pixels(node, x, i, &node->shape[i]));
    node->shape[2] = x->shape[2];
    return vae__ok();
}

vae_node *vae_max_pool(vae_node *x, const vae_window *window)
{
    return vae__node_new(NULL, &VAE__OP(max_pool), with_window(window), 1, &x);
}

vae_node *vae_mean_pool(vae_node *x, const vae_window *window)
{
    return vae__node_new(NULL, &VAE__OP(mean_pool), with_window(window), 1, &x);
}

vae_node *vae_upsample(vae_node *x, int64_t height, int64_t width)
{
    const vae_window window = { .kernel = { height, width }, .stride = { height, width } };
    return vae__node_new(NULL, &VAE__OP(upsample), with_window(&window), 1, &x);
}

#define WINDOW(...) (&(const vae_window){ __VA_ARGS__ })
#define BUILD(name, call)                                                                                              \
    static vae_node *name(vae_node *const *a)                                                                          \
    {                                                                                                                  \
        return call;                                                                                                   \
    }
#define BUILDS(name, ...)                                                                                              \
    BUILD(max_##name, vae_max_pool(a[0], WINDOW(__VA_ARGS__)))                                                         \
    BUILD(mean_##name, vae_mean_pool(a[0], WINDOW(__VA_ARGS__)))
BUILDS(plain, .kernel = { 2, 2 }, .stride = { 2, 2 })
BUILDS(overlapping, .kernel = { 3, 2 }, .padding = { 1, 0 })
BUILDS(same, .kernel = { 3, 3 }, .stride = { 2, 2 }, .padding = { VAE_SAME, VAE_SAME })
BUILD(max_twice, vae_add(vae_max_pool(a[0], WINDOW(.kernel = { 1, 1 })), a[0]))
BUILD(mean_twice, vae_add(vae_mean_pool(a[0], WINDOW(.kernel = { 1, 1 })), a[0]))
BUILD(build_upsample, vae_upsample(a[0], 2, 3))
BUILD(build_upsample_twice, vae_add(vae_upsample(a[0], 1, 1), a[0]))

#define IMAGE(rows_, h, w, c)                                                                                          \
    {                                                                                                                  \
        .rows = (rows_), .rank = 3, .shape = { h, w, c }, .low = -2, .high = 2                                         \
    }
#define POOL_CASES(kind)                                                                                               \
    static const vae__case kind##_pool_cases[] = {                                                                     \
        { "plain", kind##_plain, 1, { IMAGE(1, 4, 6, 3) } },                                                           \
        { "overlapping, padding", kind##_overlapping, 1, { IMAGE(1, 4, 3, 2) } },                                      \
        { "same, strides", kind##_same, 1, { IMAGE(1, 4, 4, 17) } },                                                   \
        { "samples", kind##_plain, 1, { IMAGE(3, 2, 4, 1) } },                                                         \
        { "shared", kind##_plain, 1, { IMAGE(0, 2, 4, 2) } },                                                          \
        { "used twice", kind##_twice, 1, { IMAGE(1, 2, 2, 2) } },                                                      \
    };
POOL_CASES(max)
POOL_CASES(mean)

static const vae__case upsample_cases[] = {
    { "plain", build_upsample, 1, { IMAGE(1, 3, 2, 2) } },
    { "samples", build_upsample, 1, { IMAGE(3, 2, 2, 1) } },
    { "shared", build_upsample, 1, { IMAGE(0, 2, 2, 3) } },
    { "used twice", build_upsample_twice, 1, { IMAGE(1, 2, 2, 2) } },
};
#endif

const vae__op VAE__OP(max_pool) = { .name = "max_pool",
                                    .number = VAE__NUMBER(max_pool),
                                    ONCE(.shape = pool_shape, CASES(max_pool_cases), ).forward = max_pool_forward,
                                    .backward = max_pool_backward,
                                    .reads_inputs = 1u };

const vae__op VAE__OP(mean_pool) = { .name = "mean_pool",
                                     .number = VAE__NUMBER(mean_pool),
                                     ONCE(.shape = pool_shape, CASES(mean_pool_cases), ).forward = mean_pool_forward,
                                     .backward = mean_pool_backward };

const vae__op VAE__OP(upsample) = { .name = "upsample",
                                    .number = VAE__NUMBER(upsample),
                                    ONCE(.shape = upsample_shape, CASES(upsample_cases), ).forward = upsample_forward,
                                    .backward = upsample_backward };
