/*
 * Normalisation by channel, which is the last dimension: a channel's values are those at all places of an image, and a
 * vector is an image of one place. Batch normalisation (Ioffe, Szegedy 2015) is made of a mean, a variance and
 * `normalize`; its running statistics take the place of the first two in evaluation. Group normalisation (Wu, He 2018),
 * of which layer normalisation is that of one group, is an op of its own, for it knows one example alone.
 */
#include <math.h>

#include "graph/ops/common.h"

enum { SOME = 64 }; /* channels at a time */

static int64_t channels_of(const vae_node *x)
{
    return x->shape[x->rank - 1];
}

static int64_t places_in(const vae_node *x)
{
    return x->size / channels_of(x);
}

/* Places of all rows. */
static int64_t all_places(const vae__call *call, const vae_node *x)
{
    return all_rows(call, x) * places_in(x);
}

static int64_t some(int64_t begin, int64_t end)
{
    return end - begin < SOME ? end - begin : SOME;
}

/* ---- channel_mean and channel_variance: forward is cut by channels, backward by examples ------------------------- */

static int64_t statistic_units(const vae__call *call, vae__phase phase)
{
    const vae_node *x = call->node->inputs[0];
    return phase == VAE__FORWARD ? call->node->size : x->rows ? call->examples : 1;
}

static void channel_mean_forward(const vae__call *call)
{
    const vae_node *x = call->node->inputs[0];
    const int64_t channels = channels_of(x), places = all_places(call, x);
    for (int64_t begin = call->begin; begin < call->end; begin += SOME) {
        const int64_t count = some(begin, call->end);
        double totals[SOME] = { 0 };
        for (int64_t p = 0; p < places; p++) {
            const real *values = (const real *)call->in[0] + p * channels + begin;
            EACH(i, count, totals[i] += (double)values[i];);
        }
        real *to = (real *)call->out + begin;
        EACH(i, count, to[i] = (real)(totals[i] / (double)places););
    }
}

static void channel_variance_forward(const vae__call *call)
{
    const vae_node *x = call->node->inputs[0];
    const int64_t channels = channels_of(x), places = all_places(call, x);
    for (int64_t begin = call->begin; begin < call->end; begin += SOME) {
        const int64_t count = some(begin, call->end);
        const real *mean = (const real *)call->in[1] + begin;
        double totals[SOME] = { 0 };
        for (int64_t p = 0; p < places; p++) {
            const real *values = (const real *)call->in[0] + p * channels + begin;
            EACH(i, count, const double apart = (double)values[i] - (double)mean[i]; totals[i] += apart * apart;);
        }
        real *to = (real *)call->out + begin;
        EACH(i, count, to[i] = (real)(totals[i] / (double)places););
    }
}

/* Places of the share, whose units are examples. */
static int64_t place_at(const vae_node *x, int64_t unit)
{
    return unit * vae__rows(x) * places_in(x);
}

static void channel_mean_backward(const vae__call *call)
{
    const vae_node *x = call->node->inputs[0];
    const int64_t channels = channels_of(x);
    const real *slope = (const real *)call->grad, factor = 1 / (real)all_places(call, x);
    for (int64_t p = place_at(x, call->begin); call->grad_in[0] && p < place_at(x, call->end); p++) {
        real *to = (real *)call->grad_in[0] + p * channels;
        if (call->fresh[0])
            EACH(i, channels, to[i] = factor * slope[i];);
        else
            EACH(i, channels, to[i] += factor * slope[i];);
    }
}

static void channel_variance_backward(const vae__call *call)
{
    const vae_node *x = call->node->inputs[0];
    const int64_t channels = channels_of(x);
    const real *slope = (const real *)call->grad, *mean = (const real *)call->in[1];
    const real factor = 2 / (real)all_places(call, x);
    for (int64_t p = place_at(x, call->begin); call->grad_in[0] && p < place_at(x, call->end); p++) {
        const real *values = (const real *)call->in[0] + p * channels;
        real *to = (real *)call->grad_in[0] + p * channels;
        if (call->fresh[0])
            EACH(i, channels, to[i] = factor * slope[i] * (values[i] - mean[i]););
        else
            EACH(i, channels, to[i] += factor * slope[i] * (values[i] - mean[i]););
    }
}

/* ---- normalize: (x − mean) / √(variance + ε) --------------------------------------------------------------------- */

enum { X, MEAN, VARIANCE };

/* 1 / √(variance + ε) of some channels. */
static void find_scales(const vae__call *call, int64_t begin, int64_t count, real *scales)
{
    const real *variance = (const real *)call->in[VARIANCE] + begin, epsilon = (real)call->node->number;
    for (int64_t i = 0; i < count; i++)
        scales[i] = 1 / (VAE__IS_FLOAT ? (real)sqrtf((float)(variance[i] + epsilon))
                                       : (real)sqrt((double)(variance[i] + epsilon)));
}

static void normalize_forward(const vae__call *call)
{
    const int64_t channels = channels_of(call->node), places = places_in(call->node);
    real scales[SOME];
    for (int64_t begin = 0; begin < channels; begin += SOME) {
        const int64_t count = some(begin, channels);
        const real *mean = (const real *)call->in[MEAN] + begin;
        find_scales(call, begin, count, scales);
        for (int64_t p = begin_row(call) * places; p < end_row(call) * places; p++) {
            const real *x = (const real *)call->in[X] + p * channels + begin;
            real *to = (real *)call->out + p * channels + begin;
            EACH(i, count, to[i] = (x[i] - mean[i]) * scales[i];);
        }
    }
}

static void normalize_to_x(const vae__call *call)
{
    const int64_t channels = channels_of(call->node), places = places_in(call->node);
    real scales[SOME];
    for (int64_t begin = 0; begin < channels; begin += SOME) {
        const int64_t count = some(begin, channels);
        find_scales(call, begin, count, scales);
        for (int64_t p = begin_row(call) * places; p < end_row(call) * places; p++) {
            const real *slope = (const real *)call->grad + p * channels + begin;
            real *to = (real *)call->grad_in[X] + p * channels + begin;
            if (call->fresh[X])
                EACH(i, count, to[i] = slope[i] * scales[i];);
            else
                EACH(i, count, to[i] += slope[i] * scales[i];);
        }
    }
}

/* −Σ dy · scale to the mean, −½ Σ dy · (x − mean) · scale³ to the variance: of channels first … last - 1. */
static void normalize_to_statistic(const vae__call *call, int input, int64_t first, int64_t last)
{
    const int64_t channels = channels_of(call->node), places = all_places(call, call->node);
    for (int64_t begin = first; begin < last; begin += SOME) {
        const int64_t count = some(begin, last);
        const real *mean = (const real *)call->in[MEAN] + begin;
        real scales[SOME], totals[SOME] = { 0 };
        find_scales(call, begin, count, scales);
        for (int64_t p = 0; p < places; p++) {
            const real *slope = (const real *)call->grad + p * channels + begin;
            const real *x = (const real *)call->in[X] + p * channels + begin;
            if (input == MEAN)
                EACH(i, count, totals[i] -= slope[i];);
            else
                EACH(i, count, totals[i] -= R(0.5) * slope[i] * (x[i] - mean[i]););
        }
        real *to = (real *)call->grad_in[input] + begin;
        for (int64_t i = 0; i < count; i++)
            to[i] = (call->fresh[input] ? 0 : to[i]) +
                    totals[i] * (input == MEAN ? scales[i] : scales[i] * scales[i] * scales[i]);
    }
}

static void normalize_backward(const vae__call *call)
{
    if (call->grad_in[X])
        normalize_to_x(call);
    for (int input = MEAN; !call->node->rows && input <= VARIANCE; input++)
        if (call->grad_in[input])
            normalize_to_statistic(call, input, 0, channels_of(call->node));
}

static void normalize_reduce(const vae__call *call)
{
    if (call->grad_in[call->input])
        normalize_to_statistic(call, call->input, call->begin, call->end);
}

/* ---- group_norm: the same with mean and variance of a row's group of channels ------------------------------------ */

typedef struct group {
    int64_t places, channels, part; /* of a row; channels of the group */
    real mean, scale;
} group;

/* Sums over a group: of one array, of the product of two apart from their means, … */
static real mean_of_group(const group *g, const real *values)
{
    real total = 0;
    for (int64_t p = 0; p < g->places; p++)
        total += sum_of(values + p * g->channels, g->part);
    return total / (real)(g->places * g->part);
}

static real mean_product(const group *g, const real *a, real a_mean, const real *b, real b_mean)
{
    real total = 0;
    for (int64_t p = 0; p < g->places; p++) {
        const real *as = a + p * g->channels, *bs = b + p * g->channels;
        real line;
        VAE__SUM(line, i, g->part, (as[i] - a_mean) * (bs[i] - b_mean));
        total += line;
    }
    return total / (real)(g->places * g->part);
}

static group group_of(const vae_node *node, const real *x)
{
    group g = { .places = places_in(node), .channels = channels_of(node) };
    g.part = g.channels / node->integers[0];
    g.mean = mean_of_group(&g, x);
    const real variance = mean_product(&g, x, g.mean, x, g.mean) + (real)node->number;
    g.scale = 1 / (VAE__IS_FLOAT ? (real)sqrtf((float)variance) : (real)sqrt((double)variance));
    return g;
}

static void group_norm_forward(const vae__call *call)
{
    const int64_t groups = call->node->integers[0], size = call->node->size, part = channels_of(call->node) / groups;
    for (int64_t i = begin_row(call) * groups; i < end_row(call) * groups; i++) {
        const int64_t at = i / groups * size + i % groups * part;
        const real *x = (const real *)call->in[0] + at;
        const group g = group_of(call->node, x);
        for (int64_t p = 0; p < g.places; p++) {
            const real *from = x + p * g.channels;
            real *to = (real *)call->out + at + p * g.channels;
            EACH(c, part, to[c] = (from[c] - g.mean) * g.scale;);
        }
    }
}

/* dx = scale · (dy − mean(dy) − y · mean(dy · y)) */
static void group_norm_backward(const vae__call *call)
{
    const int64_t groups = call->node->integers[0], size = call->node->size, part = channels_of(call->node) / groups;
    for (int64_t i = begin_row(call) * groups; call->grad_in[0] && i < end_row(call) * groups; i++) {
        const int64_t at = i / groups * size + i % groups * part;
        const real *x = (const real *)call->in[0] + at, *slope = (const real *)call->grad + at;
        const group g = group_of(call->node, x);
        const real level = mean_of_group(&g, slope);
        const real along = mean_product(&g, slope, 0, x, g.mean) * g.scale * g.scale;
        for (int64_t p = 0; p < g.places; p++) {
            const real *from = x + p * g.channels, *dy = slope + p * g.channels;
            real *to = (real *)call->grad_in[0] + at + p * g.channels;
            if (call->fresh[0])
                EACH(c, part, to[c] = g.scale * (dy[c] - level - (from[c] - g.mean) * along););
            else
                EACH(c, part, to[c] += g.scale * (dy[c] - level - (from[c] - g.mean) * along););
        }
    }
}

/* ---- Building ---------------------------------------------------------------------------------------------------- */

#if VAE__REFERENCE
static vae_status statistic_shape(vae_node *node)
{
    const vae_node *x = node->inputs[0], *mean = node->input_count > 1 ? node->inputs[1] : NULL;
    take_single(node, 0);
    node->shape[0] = channels_of(x);
    if (mean && (mean->rows || !same_shape(node, mean)))
        return shapes_error("a value for each channel is expected, shared", x, "and", mean, "");
    return vae__ok();
}

static vae_status check_epsilon(const vae_node *node)
{
    return node->number >= 0 && isfinite(node->number)
               ? vae__ok()
               : vae__error(VAE_ERROR_ARGUMENT, "expected a finite epsilon of at least 0, found %g", node->number);
}

static vae_status normalize_shape(vae_node *node)
{
    const vae_node *x = node->inputs[X];
    VAE__TRY(check_epsilon(node));
    for (int i = MEAN; i <= VARIANCE; i++) {
        const vae_node *statistic = node->inputs[i];
        if (statistic->rows || statistic->rank != 1 || statistic->shape[0] != channels_of(x))
            return shapes_error("a value for each channel is expected, shared", x, "and", statistic, "");
    }
    return shape_of_input(node);
}

static vae_status group_norm_shape(vae_node *node)
{
    const vae_node *x = node->inputs[0];
    const int64_t groups = node->integers[0];
    VAE__TRY(check_epsilon(node));
    if (groups < 1 || channels_of(x) % groups)
        return vae__error(VAE_ERROR_SHAPE, "%lld channels do not make %lld groups", (long long)channels_of(x),
                          (long long)groups);
    return shape_of_input(node);
}

vae_node *vae_channel_mean(vae_node *x)
{
    return vae__node_new(NULL, &VAE__OP(channel_mean), (vae_node){ 0 }, 1, &x);
}

vae_node *vae_channel_variance(vae_node *x, vae_node *mean)
{
    return vae__node_new(NULL, &VAE__OP(channel_variance), (vae_node){ 0 }, 2, (vae_node *[]){ x, mean });
}

vae_node *vae_normalize(vae_node *x, vae_node *mean, vae_node *variance, double epsilon)
{
    return vae__node_new(NULL, &VAE__OP(normalize), (vae_node){ .number = epsilon }, 3,
                         (vae_node *[]){ x, mean, variance });
}

vae_node *vae_group_norm(vae_node *x, int64_t groups, double epsilon)
{
    return vae__node_new(NULL, &VAE__OP(group_norm), (vae_node){ .number = epsilon, .integers = { groups } }, 1, &x);
}

#define BUILD(name, call)                                                                                              \
    static vae_node *name(vae_node *const *a)                                                                          \
    {                                                                                                                  \
        return call;                                                                                                   \
    }
BUILD(build_mean, vae_channel_mean(a[0]))
BUILD(build_variance, vae_channel_variance(a[0], vae_channel_mean(a[0])))
BUILD(build_normalize, vae_normalize(a[0], a[1], a[2], 0.1))
BUILD(build_batch, vae_normalize(a[0], vae_channel_mean(a[0]), vae_channel_variance(a[0], vae_channel_mean(a[0])), 0.1))
BUILD(build_group, vae_group_norm(a[0], 2, 0.1))
BUILD(build_group_twice, vae_add(vae_group_norm(a[0], 2, 0.1), a[0]))

#define X_(rows_, rank_, ...)                                                                                          \
    {                                                                                                                  \
        .rows = (rows_), .rank = (rank_), .shape = { __VA_ARGS__ }, .low = -2, .high = 2                               \
    }
#define STATISTIC(n, low_, high_)                                                                                      \
    {                                                                                                                  \
        .rank = 1, .shape = { n }, .low = (low_), .high = (high_)                                                      \
    }

static const vae__case channel_mean_cases[] = {
    { "an image", build_mean, 1, { X_(1, 3, 2, 3, 5) } },
    { "a vector", build_mean, 1, { X_(1, 1, 70) } },
    { "samples", build_mean, 1, { X_(3, 3, 2, 1, 2) } },
    { "shared", build_mean, 1, { X_(0, 3, 2, 2, 3) } },
};
static const vae__case channel_variance_cases[] = {
    { "an image", build_variance, 1, { X_(1, 3, 2, 3, 5) } },
    { "a vector", build_variance, 1, { X_(1, 1, 70) } },
    { "samples", build_variance, 1, { X_(3, 3, 2, 1, 2) } },
    { "shared", build_variance, 1, { X_(0, 3, 2, 2, 3) } },
};
static const vae__case normalize_cases[] = {
    { "an image", build_normalize, 3, { X_(1, 3, 2, 3, 5), STATISTIC(5, -1, 1), STATISTIC(5, 0.2, 2) } },
    { "a vector", build_normalize, 3, { X_(1, 1, 70), STATISTIC(70, -1, 1), STATISTIC(70, 0.2, 2) } },
    { "samples", build_normalize, 3, { X_(3, 3, 1, 2, 3), STATISTIC(3, -1, 1), STATISTIC(3, 0.2, 2) } },
    { "shared", build_normalize, 3, { X_(0, 3, 2, 2, 3), STATISTIC(3, -1, 1), STATISTIC(3, 0.2, 2) } },
    { "by the batch's own", build_batch, 1, { X_(1, 3, 2, 3, 5) } },
    { "by its own, shared", build_batch, 1, { X_(0, 3, 2, 3, 2) } },
};
static const vae__case group_norm_cases[] = {
    { "an image", build_group, 1, { X_(1, 3, 2, 3, 4) } },         { "a vector", build_group, 1, { X_(1, 1, 38) } },
    { "samples", build_group, 1, { X_(3, 3, 1, 2, 4) } },          { "shared", build_group, 1, { X_(0, 3, 2, 2, 4) } },
    { "used twice", build_group_twice, 1, { X_(1, 3, 2, 2, 4) } },
};
#endif

#define STATISTIC_OP(name_, ...)                                                                                       \
    const vae__op VAE__OP(name_) = { .name = #name_,                                                                   \
                                     .number = VAE__NUMBER(name_),                                                     \
                                     ONCE(.shape = statistic_shape, CASES(name_##_cases), ).forward = name_##_forward, \
                                     .backward = name_##_backward,                                                     \
                                     .units = statistic_units,                                                         \
                                     __VA_ARGS__ };
STATISTIC_OP(channel_mean, .reads_inputs = 0)
STATISTIC_OP(channel_variance, .reads_inputs = 3u, .constant_inputs = 2u)

const vae__op
    VAE__OP(normalize) = { .name = "normalize",
                           .number = VAE__NUMBER(normalize),
                           ONCE(.shape = normalize_shape, CASES(normalize_cases), ).forward = normalize_forward,
                           .backward = normalize_backward,
                           .reduce = normalize_reduce,
                           .reads_inputs = 7u };

const vae__op
    VAE__OP(group_norm) = { .name = "group_norm",
                            .number = VAE__NUMBER(group_norm),
                            ONCE(.shape = group_norm_shape, CASES(group_norm_cases), ).forward = group_norm_forward,
                            .backward = group_norm_backward,
                            .reads_inputs = 1u };
