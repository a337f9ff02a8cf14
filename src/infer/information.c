/*
 * The estimate of mutual information, dimension by dimension: the density of every row's z under every row's posterior.
 * Rows are summed in blocks of a fixed number, and blocks in their order, so that threads change no bit.
 */
#include "src/infer/information.h"

#include <math.h>
#include <string.h>

#include "src/base/memory.h"
#include "src/base/parallel.h"
#include "src/base/status.h"

enum { BLOCK = 32 };

/* A dimension while it is looked at: log q(z | x_m) = peak[m] − ½ (z − center[m])² · precision[m]. */
typedef struct vae__look {
    const vae__information *given;
    int64_t dimension, blocks;
    double *center, *precision, *peak; /* (rows) */
    double *densities;                 /* (threads, rows) */
    double *sums;                      /* (blocks, factor_count) */
} vae__look;

/* ---- A dimension ------------------------------------------------------------------------------------------------- */

static void take_posteriors(vae__look *look)
{
    static const double half_log_two_pi = 0.91893853320467274178;
    const vae__information *given = look->given;
    for (int64_t m = 0; m < given->rows; m++) {
        const int64_t at = m * given->size + look->dimension;
        const double logvar = fmin(fmax(given->logvar[at], -30), 20);
        look->center[m] = given->mean[at];
        look->precision[m] = exp(-logvar);
        look->peak[m] = -half_log_two_pi - logvar / 2;
    }
}

/* q(z | x_m) of all rows, divided by the largest of them; returns their sum. A row's own is among them, and is at most
 * some e^50 below the largest, so no sum that it is part of is 0. */
static double densities_at(const vae__look *look, double z, double *densities)
{
    const int64_t rows = look->given->rows;
    double largest = -INFINITY, sum = 0;
    for (int64_t m = 0; m < rows; m++) {
        const double away = z - look->center[m];
        densities[m] = look->peak[m] - away * away * look->precision[m] / 2;
        largest = densities[m] > largest ? densities[m] : largest;
    }
    for (int64_t m = 0; m < rows; m++) {
        densities[m] = exp(densities[m] - largest);
        sum += densities[m];
    }
    return sum;
}

/* Adds log q(z | v) − log q(z) of row n, for each factor v. */
static void add_row(const vae__look *look, int64_t n, double *densities, double *sums)
{
    const vae__information *given = look->given;
    const double all = densities_at(look, given->z[n * given->size + look->dimension], densities);
    for (int k = 0; k < given->factor_count; k++) {
        const int32_t *levels = given->levels[k], level = levels[n];
        double alike = 0;
        for (int64_t m = 0; m < given->rows; m++)
            alike += levels[m] == level ? densities[m] : 0;
        sums[k] += log(alike / (double)given->sizes[k][level]) - log(all / (double)given->rows);
    }
}

static void take_blocks(void *context, vae__team team)
{
    const vae__look *look = context;
    const vae__information *given = look->given;
    int64_t begin, end;
    vae__share(team, look->blocks, &begin, &end);
    for (int64_t block = begin; block < end; block++)
        for (int64_t n = block * BLOCK; n < (block + 1) * BLOCK && n < given->rows; n++)
            add_row(look, n, look->densities + team.thread * given->rows, look->sums + block * given->factor_count);
}

static void add_blocks(const vae__look *look, double *nats)
{
    const vae__information *given = look->given;
    for (int k = 0; k < given->factor_count; k++) {
        double sum = 0;
        for (int64_t block = 0; block < look->blocks; block++)
            sum += look->sums[block * given->factor_count + k];
        nats[k * given->size + look->dimension] = sum / (double)given->rows;
    }
}

/* ---- All of them ------------------------------------------------------------------------------------------------- */

static vae_status look_at_all(vae__look *look, double *nats)
{
    const vae__information *given = look->given;
    for (look->dimension = 0; look->dimension < given->size; look->dimension++) {
        take_posteriors(look);
        memset(look->sums, 0, (size_t)(look->blocks * given->factor_count) * sizeof *look->sums);
        vae__parallel(given->threads, take_blocks, look);
        add_blocks(look, nats);
        if (given->progress && given->progress(given->context, look->dimension + 1, given->size))
            return vae__error(VAE_STOPPED, "the estimate was stopped after %lld of %lld dimensions",
                              (long long)look->dimension + 1, (long long)given->size);
    }
    return vae__ok();
}

static vae_status make_room(vae__look *look)
{
    const vae__information *given = look->given;
    const size_t rows = (size_t)given->rows, factors = (size_t)given->factor_count;
    VAE__TRY(vae__allocate("posteriors", rows, sizeof(double), &look->center));
    VAE__TRY(vae__allocate("posteriors", rows, sizeof(double), &look->precision));
    VAE__TRY(vae__allocate("posteriors", rows, sizeof(double), &look->peak));
    VAE__TRY(vae__allocate("densities", rows * (size_t)given->threads, sizeof(double), &look->densities));
    return vae__allocate("sums", (size_t)look->blocks, factors * sizeof(double), &look->sums);
}

vae_status vae__information_estimate(const vae__information *given, double *nats)
{
    vae__look look = { .given = given, .blocks = (given->rows + BLOCK - 1) / BLOCK };
    vae_status status = make_room(&look);
    if (!status.code)
        status = look_at_all(&look, nats);
    vae__free(look.center);
    vae__free(look.precision);
    vae__free(look.peak);
    vae__free(look.densities);
    vae__free(look.sums);
    return status;
}
