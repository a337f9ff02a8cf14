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

/* Places of one row of one image: columns begin … end - 1. */
typedef struct run {
    int64_t image, y; /* y: of the image's row that the patches begin at, which may be outside */
    int64_t begin, end;
} run;

/* Those from `place` on, at most `count`. */
static inline run run_of(const sliding *w, int64_t place, int64_t count)
{
    const int64_t row = place / w->columns, begin = place - row * w->columns, image = row / w->rows;
    const int64_t end = w->columns - begin < count ? w->columns : begin + count;
    return (run){ image, (row - image * w->rows) * w->stride[0] - w->before[0], begin, end };
}

/* The columns of a run at which a stretch of `width` pixels, `offset` behind the patch's first, lies in the image. */
static inline void columns_inside(const sliding *w, const run *r, int64_t offset, int64_t width, int64_t *begin,
                                  int64_t *end)
{
    const int64_t stride = w->stride[1], low = w->before[1] - offset, high = w->width - width + low;
    *begin = low > 0 ? (low + stride - 1) / stride : 0;
    *end = high >= 0 ? high / stride + 1 : 0;
    *begin = *begin < r->begin ? r->begin : *begin > r->end ? r->end : *begin;
    *end = *end > r->end ? r->end : *end < *begin ? *begin : *end;
}

/* A few values at a time: a line of a patch is short, and a loop that could be long would take longer to begin. */
typedef real few __attribute__((vector_size(4 * sizeof(real)), aligned(sizeof(real)), may_alias));
enum { FEW = 4, MANY = 16 };

static inline __attribute__((always_inline)) void copy_few(real *to, const real *from, int64_t count)
{
    int64_t i = 0;
    for (; i + MANY <= count; i += MANY)
        memcpy(to + i, from + i, MANY * sizeof *to);
    for (; i + FEW <= count; i += FEW)
        memcpy(to + i, from + i, FEW * sizeof *to);
    for (; i < count; i++)
        to[i] = from[i];
}

static inline __attribute__((always_inline)) void add_few(real *to, const real *from, int64_t count)
{
    int64_t i = 0;
    if (count >= MANY) {
        EACH(k, count, to[k] += from[k];);
        return;
    }
    for (; i + FEW <= count; i += FEW)
        *(few *)(void *)(to + i) += *(const few *)(const void *)(from + i);
    for (; i < count; i++)
        to[i] += from[i];
}

/* count values from `from` to `to`, at each of some places. */
static inline void copy_each(int64_t places, const real *from, int64_t from_step, real *to, int64_t to_step,
                             int64_t count)
{
    for (; places > 0; places--, from += from_step, to += to_step)
        copy_few(to, from, count);
}

static inline void clear_each(int64_t places, real *to, int64_t step, int64_t count)
{
    for (; places > 0; places--, to += step)
        memset(to, 0, (size_t)count * sizeof *to);
}

/* `count` values of an image's line, from a channel of pixel x on, of which some may be outside. */
static inline void lay_partly(const sliding *w, const real *line, int64_t x, int64_t channel, int64_t count, real *to)
{
    const int64_t part = channels_of_group(w);
    for (int64_t i = 0, next; i < count; i = next, x++, channel = 0) {
        next = i + part - channel < count ? i + part - channel : count;
        const bool inside = x >= 0 && x < w->width;
        for (int64_t k = i; k < next; k++)
            to[k] = inside ? line[x * w->channels + channel + k - i] : 0;
    }
}

/*
 * A part of a patch that is one stretch of an image's line, at every place of a run: `count` values, the first in
 * channel `channel` of the pixel `offset` behind the patch's first, over `width` pixels.
 */
static inline void lay_stretch(const sliding *w, const run *r, const real *line, int64_t offset, int64_t channel,
                               int64_t width, int64_t count, real *to, int64_t step)
{
    const int64_t before = w->before[1] - offset, stride = w->stride[1];
    int64_t first, last;
    columns_inside(w, r, offset, width, &first, &last);
    for (int64_t column = r->begin; column < first; column++)
        lay_partly(w, line, column * stride - before, channel, count, to + (column - r->begin) * step);
    if (first < last)
        copy_each(last - first, line + (first * stride - before) * w->channels + channel, stride * w->channels,
                  to + (first - r->begin) * step, step, count);
    for (int64_t column = last; column < r->end; column++)
        lay_partly(w, line, column * stride - before, channel, count, to + (column - r->begin) * step);
}

/* The patches of a run, of the channels from `image` on: values begin … end - 1 of each. */
static inline void lay_run(const sliding *w, const run *r, const real *image, int64_t begin, int64_t end, real *to)
{
    const int64_t part = channels_of_group(w), line = w->kernel[1] * part, step = end - begin;
    const bool whole = w->groups == 1 && w->dilation[1] == 1;
    for (int64_t i = begin, next; i < end; i = next) {
        const int64_t ky = i / line, kx = (i - ky * line) / part, channel = i - ky * line - kx * part;
        const int64_t y = r->y + ky * w->dilation[0], stop = whole ? (ky + 1) * line : ky * line + (kx + 1) * part;
        next = stop < end ? stop : end;
        if (y < 0 || y >= w->height)
            clear_each(r->end - r->begin, to + i - begin, step, next - i);
        else
            lay_stretch(w, r, image + y * w->width * w->channels, kx * w->dilation[1], channel,
                        (channel + next - i + part - 1) / part, next - i, to + i - begin, step);
    }
}

/* The patches of `count` places from `place` on, of one group: values begin … end - 1 of each, packed. */
static inline void lay_patches(const sliding *w, const real *images, int64_t group, int64_t place, int64_t count,
                               int64_t begin, int64_t end, real *to)
{
    const int64_t size = image_size(w);
    for (const int64_t last = place + count; place < last;) {
        const run r = run_of(w, place, last - place);
        lay_run(w, &r, images + r.image * size + group * channels_of_group(w), begin, end, to);
        to += (r.end - r.begin) * (end - begin);
        place += r.end - r.begin;
    }
}

/* A patch's line added to that of an image; what is outside is lost. */
static inline void add_line(const sliding *w, real *line, int64_t x, const real *from)
{
    const int64_t part = channels_of_group(w);
    if (w->groups == 1 && w->dilation[1] == 1 && x >= 0 && x + w->kernel[1] <= w->width) {
        real *to = line + x * w->channels;
        add_few(to, from, w->kernel[1] * part);
        return;
    }
    for (int64_t kx = 0; kx < w->kernel[1]; kx++, from += part) {
        const int64_t at = x + kx * w->dilation[1];
        real *to = line + at * w->channels;
        if (at >= 0 && at < w->width)
            add_few(to, from, part);
    }
}

/* The reverse: patches added to where they were taken from. A pixel takes what it gets place after place, however they
 * are cut: of a row of places it is in one line of each patch. */
static inline void add_patches(const sliding *w, real *images, int64_t group, int64_t place, int64_t count,
                               const real *from)
{
    const int64_t size = image_size(w), each = patch_size(w), line = w->kernel[1] * channels_of_group(w);
    for (const int64_t last = place + count; place < last;) {
        const run r = run_of(w, place, last - place);
        real *image = images + r.image * size + group * channels_of_group(w);
        for (int64_t ky = 0; ky < w->kernel[0]; ky++) {
            const int64_t y = r.y + ky * w->dilation[0];
            for (int64_t column = r.begin; y >= 0 && y < w->height && column < r.end; column++)
                add_line(w, image + y * w->width * w->channels, column * w->stride[1] - w->before[1],
                         from + (column - r.begin) * each + ky * line);
        }
        from += (r.end - r.begin) * each;
        place += r.end - r.begin;
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
