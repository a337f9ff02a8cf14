/* Prior, clips and step on the whole gradient, cut into pieces of one size: sums go over a piece from its first value
 * to its last, and over the pieces likewise, whatever the number of threads. */
#include "src/train/apart.h"

#include <math.h>
#include <string.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/train/method.h"

enum { PIECE = 4096, LANES = 16 };

vae_status vae__apart_make(const vae_training *training, const char *kernels, float *gradient, int64_t rows,
                           vae__apart *apart)
{
    const int64_t size = vae_store_size(training->model->store);
    const double deviation = training->method.weight_prior;
    *apart = (vae__apart){ .training = training,
                           .kernels = vae__kernels_find(false, kernels),
                           .gradient = gradient,
                           .size = size,
                           .pieces = (size + PIECE - 1) / PIECE,
                           .pull = deviation > 0 ? 1 / (deviation * deviation * (double)rows) : 0 };
    VAE__TRY(vae__allocate("the gradient's pieces", (size_t)apart->pieces, sizeof *apart->squares, &apart->squares));
    return vae__allocate("the gradient's pieces", (size_t)apart->pieces, sizeof *apart->largest, &apart->largest);
}

void vae__apart_clear(vae__apart *apart)
{
    vae__free(apart->squares);
    vae__free(apart->largest);
    *apart = (vae__apart){ .training = NULL };
}

void vae__apart_begin(vae__apart *apart)
{
    apart->refused = false;
    apart->rate = vae__method_rate(apart->training);
    apart->number = vae__method_number(apart->training);
}

static int64_t size_of(const vae__apart *apart, int64_t piece)
{
    const int64_t left = apart->size - piece * PIECE;
    return left < PIECE ? left : PIECE;
}

/* Σ g², in lanes, so that it is fast; the lanes in their order, so that it is the same everywhere. */
static double sum_squares(const float *g, int64_t count)
{
    double lanes[LANES] = { 0 }, sum = 0;
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int k = 0; k < LANES; k++)
            lanes[k] += (double)g[i + k] * (double)g[i + k];
    for (int k = 0; i < count; i++, k++)
        lanes[k] += (double)g[i] * (double)g[i];
    for (int k = 0; k < LANES; k++)
        sum += lanes[k];
    return sum;
}

/* The prior's part, −∇ log p(θ) / N = θ / (σ² N), and what is to be known of a piece. */
static void look(vae__apart *apart, int64_t piece)
{
    const float *values = vae_store_parameters(apart->training->model->store) + piece * PIECE;
    const int64_t count = size_of(apart, piece);
    float *gradient = apart->gradient + piece * PIECE;
    const float pull = (float)apart->pull;
    for (int64_t i = 0; apart->pull > 0 && i < count; i++)
        gradient[i] += pull * values[i];
    apart->largest[piece] = apart->kernels->magnitude(gradient, count);
    if (apart->training->method.clip_norm > 0)
        apart->squares[piece] = sum_squares(gradient, count);
}

static double largest_of(const vae__apart *apart)
{
    uint32_t most = 0;
    float value;
    for (int64_t i = 0; i < apart->pieces; i++)
        most = apart->largest[i] > most ? apart->largest[i] : most;
    memcpy(&value, &most, sizeof value);
    return (double)value;
}

/* What the gradient is multiplied by, so that its norm over all parameters is at most that of the clip. */
static double scale_of(const vae__apart *apart)
{
    const double clip = apart->training->method.clip_norm;
    double sum = 0;
    for (int64_t i = 0; clip > 0 && i < apart->pieces; i++)
        sum += apart->squares[i];
    return clip > 0 && sqrt(sum) > clip ? clip / sqrt(sum) : 1;
}

/* The norm first, then each value: behind both, both hold. */
static void clip(vae__apart *apart, int64_t piece, double scale)
{
    float *gradient = apart->gradient + piece * PIECE;
    const int64_t count = size_of(apart, piece);
    const float factor = (float)scale, most = (float)apart->training->method.clip_value;
    for (int64_t i = 0; scale < 1 && i < count; i++)
        gradient[i] *= factor;
    for (int64_t i = 0; most > 0 && i < count; i++) {
        const float above = gradient[i] > most ? most : gradient[i];
        gradient[i] = above < -most ? -most : above;
    }
}

static void step(const vae__apart *apart, int64_t piece)
{
    const vae_training *training = apart->training;
    const vae__optimizer *row = training->method.optimizer.row;
    vae__descent descent = { .kernels = apart->kernels,
                             .arguments = training->method.optimizer.arguments,
                             .rate = apart->rate,
                             .number = apart->number,
                             .count = size_of(apart, piece),
                             .gradient = apart->gradient + piece * PIECE,
                             .value = vae_store_parameters(training->model->store) + piece * PIECE };
    for (int i = 0; i < VAE__STATES; i++)
        descent.states[i] = training->states[i] ? training->states[i] + piece * PIECE : NULL;
    row->step(&descent);
}

/* Every thread comes to the same answer. */
static bool is_allowed(const vae__apart *apart, double objective, double scale)
{
    const double largest = largest_of(apart), clip = apart->training->method.clip_value;
    const double taken = clip > 0 ? fmin(largest * scale, clip) : largest * scale;
    return isfinite(objective) && isfinite(largest) && taken <= VAE__APART_MOST;
}

void vae__apart_work(vae__apart *apart, double objective, vae__team team)
{
    int64_t begin, end;
    vae__share(team, apart->pieces, &begin, &end);
    for (int64_t i = begin; i < end; i++)
        look(apart, i);
    vae__barrier(team);
    const double scale = scale_of(apart);
    const bool allowed = is_allowed(apart, objective, scale);
    for (int64_t i = begin; allowed && i < end; i++) {
        clip(apart, i, scale);
        step(apart, i);
    }
    if (!team.thread)
        apart->refused = !allowed;
    vae__barrier(team);
}
