/*
 * Windows that slide over images, (height, width, channels), channels last: what convolutions, their transposes and
 * pools share. At each of its places a window sees a patch: kernel height × kernel width × channels of a group, in this
 * order, 0 where it reaches beyond the image.
 */
#ifndef VAE_GRAPH_OPS_WINDOW_H
#define VAE_GRAPH_OPS_WINDOW_H

#include "graph/ops/common.h"

typedef struct sliding {
    int64_t height, width, channels; /* of the image */
    int64_t rows, columns;           /* of places */
    int64_t kernel[2], stride[2], dilation[2];
    int64_t before[2]; /* padding above and to the left */
    int64_t groups;
} sliding;

/* What a node's integers mean, where it has a window: vae_window, member by member. */
enum { KERNEL = 0, STRIDE = 2, PADDING = 4, DILATION = 6, GROUPS = 8 };

static inline int64_t places_of(const sliding *w)
{
    return w->rows * w->columns;
}

static inline int64_t image_size(const sliding *w)
{
    return w->height * w->width * w->channels;
}

/* Channels of an image that one group sees. */
static inline int64_t channels_of_group(const sliding *w)
{
    return w->channels / w->groups;
}

static inline int64_t patch_size(const sliding *w)
{
    return w->kernel[0] * w->kernel[1] * channels_of_group(w);
}

/* From the first to the last pixel that a window sees along a dimension. */
static inline int64_t reach_of(const vae_node *node, int i)
{
    return (node->integers[KERNEL + i] - 1) * node->integers[DILATION + i] + 1;
}

/* The window of a node whose shape is known, over `image`, at places that lie as `places` do. */
static inline sliding window_over(const vae_node *node, const vae_node *image, const vae_node *places)
{
    sliding w = { .height = image->shape[0],
                  .width = image->shape[1],
                  .channels = image->shape[2],
                  .rows = places->shape[0],
                  .columns = places->shape[1],
                  .groups = node->integers[GROUPS] };
    for (int i = 0; i < 2; i++) {
        const int64_t spare = reach_of(node, i) - node->integers[STRIDE + i];
        w.kernel[i] = node->integers[KERNEL + i];
        w.stride[i] = node->integers[STRIDE + i];
        w.dilation[i] = node->integers[DILATION + i];
        w.before[i] = node->integers[PADDING + i];
        if (w.before[i] == VAE_SAME)
            w.before[i] = spare > 0 ? spare / 2 : 0;
    }
    return w;
}

/* ---- Patches ----------------------------------------------------------------------------------------------------- */

/* Where the patch of a place lies: its first row and column, which may be outside, in the image of its row. */
typedef struct corner {
    int64_t image, y, x;
} corner;

static inline corner corner_of(const sliding *w, int64_t place)
{
    const int64_t row = place / w->columns, y = row % w->rows;
    return (corner){ row / w->rows, y * w->stride[0] - w->before[0], place % w->columns * w->stride[1] - w->before[1] };
}

/* Values begin … end - 1 of a patch's line, from the line of an image: as many channels as the image has between two
 * columns, `part` of them in the patch. */
static inline void lay_line(const sliding *w, const real *line, int64_t x, int64_t begin, int64_t end, real *to)
{
    const int64_t part = channels_of_group(w);
    for (int64_t i = begin, next; i < end; i = next) {
        const int64_t column = i / part, at = x + column * w->dilation[1], first = i - column * part;
        next = (column + 1) * part < end ? (column + 1) * part : end;
        const bool inside = at >= 0 && at < w->width;
        const real *from = line + at * w->channels + first;
        for (int64_t c = 0; c < next - i; c++)
            *to++ = inside ? from[c] : 0;
    }
}

/* Is a part of a patch's line one stretch of the image's? */
static inline bool is_stretch(const sliding *w, int64_t x, int64_t begin, int64_t end)
{
    return w->groups == 1 && w->dilation[1] == 1 && x + begin / w->channels >= 0 &&
           x + (end - 1) / w->channels < w->width;
}

/* Values begin … end - 1 of the patch at a corner, of the channels from `image` on. */
static inline void lay_patch(const sliding *w, const real *image, corner at, int64_t begin, int64_t end, real *to)
{
    const int64_t line = w->kernel[1] * channels_of_group(w);
    for (int64_t i = begin, next; i < end; i = next) {
        const int64_t ky = i / line, y = at.y + ky * w->dilation[0], first = i - ky * line;
        next = (ky + 1) * line < end ? (ky + 1) * line : end;
        const int64_t count = next - i;
        const real *from = image + y * w->width * w->channels;
        if (y < 0 || y >= w->height)
            memset(to, 0, (size_t)count * sizeof *to);
        else if (is_stretch(w, at.x, first, first + count))
            EACH(c, count, to[c] = from[at.x * w->channels + first + c];);
        else
            lay_line(w, from, at.x, first, first + count, to);
        to += count;
    }
}

/* The patches of `count` places from `place` on, of one group: values begin … end - 1 of each, packed. */
static inline void lay_patches(const sliding *w, const real *images, int64_t group, int64_t place, int64_t count,
                               int64_t begin, int64_t end, real *to)
{
    const int64_t size = image_size(w);
    for (int64_t i = 0; i < count; i++, to += end - begin) {
        const corner at = corner_of(w, place + i);
        lay_patch(w, images + at.image * size + group * channels_of_group(w), at, begin, end, to);
    }
}

/* The reverse: patches added to where they were taken from, in order; what is outside is lost. */
static inline void add_patch(const sliding *w, real *image, corner at, const real *from)
{
    const int64_t part = channels_of_group(w), line = w->kernel[1] * part;
    for (int64_t ky = 0; ky < w->kernel[0]; ky++, from += line) {
        const int64_t y = at.y + ky * w->dilation[0];
        real *to = image + y * w->width * w->channels;
        if (y < 0 || y >= w->height)
            continue;
        if (is_stretch(w, at.x, 0, line)) {
            EACH(c, line, to[at.x * w->channels + c] += from[c];);
            continue;
        }
        for (int64_t kx = 0; kx < w->kernel[1]; kx++) {
            const int64_t x = at.x + kx * w->dilation[1];
            if (x >= 0 && x < w->width)
                EACH(c, part, to[x * w->channels + c] += from[kx * part + c];);
        }
    }
}

static inline void add_patches(const sliding *w, real *images, int64_t group, int64_t place, int64_t count,
                               const real *from)
{
    const int64_t size = image_size(w), each = patch_size(w);
    for (int64_t i = 0; i < count; i++, from += each) {
        const corner at = corner_of(w, place + i);
        add_patch(w, images + at.image * size + group * channels_of_group(w), at, from);
    }
}

/* ---- Shape rules ------------------------------------------------------------------------------------------------- */

#if VAE__REFERENCE
/* A window as a node keeps it, what is usual filled in. */
static inline vae_node with_window(const vae_window *window)
{
    static const vae_window usual = { .groups = 1 };
    vae_node given = { 0 };
    window = window ? window : &usual;
    for (int i = 0; i < 2; i++) {
        given.integers[KERNEL + i] = window->kernel[i];
        given.integers[STRIDE + i] = window->stride[i] ? window->stride[i] : 1;
        given.integers[PADDING + i] = window->padding[i];
        given.integers[DILATION + i] = window->dilation[i] ? window->dilation[i] : 1;
        given.integers[GROUPS] = window->groups ? window->groups : 1;
    }
    return given;
}

static inline vae_status check_window(const vae_node *node)
{
    enum { MOST = 1 << 20 };
    for (int i = 0; i < GROUPS + 1; i++) {
        const bool padding = i == PADDING || i == PADDING + 1;
        const int64_t value = node->integers[i], least = padding ? VAE_SAME : 1;
        if (value < least || value > MOST)
            return vae__error(VAE_ERROR_ARGUMENT, "expected a window of 1 to %d in all that it has, found %lld", MOST,
                              (long long)value);
    }
    return vae__ok();
}

static inline vae_status check_image(const vae_node *x)
{
    return x->rank == 3 ? vae__ok() : shape_error("expected an image, (height, width, channels), found", x);
}

/* How many places a window has along dimension i of an image. */
static inline vae_status count_places(const vae_node *node, const vae_node *image, int i, int64_t *places)
{
    static const char *const names[] = { "height", "width" };
    const int64_t size = image->shape[i], stride = node->integers[STRIDE + i], reach = reach_of(node, i);
    const int64_t padding = node->integers[PADDING + i];
    const bool same = padding == VAE_SAME;
    if (reach > (same ? 2 * size + 1 : size + 2 * padding))
        return vae__error(VAE_ERROR_SHAPE,
                          "a kernel that reaches over %lld of an image of %s %lld%s: it is larger than the image",
                          (long long)reach, names[i], (long long)size, same || !padding ? "" : " and its padding");
    const int64_t moves = same ? size : size + 2 * padding - reach;
    if (moves % stride)
        return vae__error(VAE_ERROR_SHAPE,
                          "stride %lld does not fit %s %lld%s: %lld of it would be left over, and no mirror has it",
                          (long long)stride, names[i], (long long)size, same ? "" : " with this kernel and padding",
                          (long long)(moves % stride));
    *places = moves / stride + !same;
    return vae__ok();
}

/* How high, or wide, an image is that a window has so many places in. */
static inline vae_status count_pixels(const vae_node *node, const vae_node *places, int i, int64_t *size)
{
    const int64_t stride = node->integers[STRIDE + i], padding = node->integers[PADDING + i];
    const bool same = padding == VAE_SAME;
    *size = same ? places->shape[i] * stride : (places->shape[i] - 1) * stride + reach_of(node, i) - 2 * padding;
    if (*size < 1)
        return vae__error(VAE_ERROR_SHAPE, "padding %lld leaves nothing of the image", (long long)padding);
    return vae__ok();
}
#endif

#endif
