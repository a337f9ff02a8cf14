/* k-means. */
#include "src/infer/cluster.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/memory.h"
#include "src/base/status.h"

enum { ROUNDS_MOST = 100 };

typedef struct vae__clustering {
    const float *points;
    int64_t count, size, most;
    double *nearest;  /* (count): squared distance from the beginnings so far */
    int64_t *ordered; /* (most): old numbers of clusters, in the order wanted */
    vae__clusters *found;
} vae__clustering;

static double squares(const vae__clustering *at, int64_t point, const double *centre)
{
    double sum = 0;
    for (int64_t i = 0; i < at->size; i++) {
        const double difference = (double)at->points[point * at->size + i] - centre[i];
        sum += difference * difference;
    }
    return sum;
}

/* ---- Beginnings -------------------------------------------------------------------------------------------------- */

static int64_t farthest(const vae__clustering *at)
{
    int64_t found = 0;
    for (int64_t i = 1; i < at->count; i++)
        if (at->nearest[i] > at->nearest[found])
            found = i;
    return found;
}

static void begin_at(vae__clustering *at, int64_t point)
{
    double *centre = at->found->means + at->found->count++ * at->size;
    for (int64_t i = 0; i < at->size; i++)
        centre[i] = at->points[point * at->size + i];
    for (int64_t i = 0; i < at->count; i++) {
        const double distance = squares(at, i, centre);
        at->nearest[i] = distance < at->nearest[i] ? distance : at->nearest[i];
    }
}

static void begin(vae__clustering *at)
{
    double *mean = at->found->means; /* the place of the first one, before it is there */
    for (int64_t i = 0; i < at->count * at->size; i++)
        mean[i % at->size] += (double)at->points[i] / (double)at->count;
    for (int64_t i = 0; i < at->count; i++)
        at->nearest[i] = squares(at, i, mean);
    const int64_t first = farthest(at);
    for (int64_t i = 0; i < at->count; i++)
        at->nearest[i] = INFINITY;
    begin_at(at, first);
    for (int64_t next = farthest(at); at->found->count < at->most && at->nearest[next] > 0; next = farthest(at))
        begin_at(at, next);
}

/* ---- Rounds ------------------------------------------------------------------------------------------------------ */

/* Each point to the mean nearest to it, the first of several. Returns whether one moved. */
static bool assign(const vae__clustering *at)
{
    bool moved = false;
    for (int64_t i = 0; i < at->count; i++) {
        int64_t best = 0;
        double least = INFINITY;
        for (int64_t k = 0; k < at->found->count; k++) {
            const double distance = squares(at, i, at->found->means + k * at->size);
            if (distance < least) {
                least = distance;
                best = k;
            }
        }
        moved |= at->found->of[i] != best;
        at->found->of[i] = best;
    }
    return moved;
}

/* A cluster that has lost all its points stays where it is. */
static void average(const vae__clustering *at)
{
    vae__clusters *found = at->found;
    memset(found->sizes, 0, (size_t)found->count * sizeof *found->sizes);
    for (int64_t i = 0; i < at->count; i++)
        found->sizes[found->of[i]]++;
    for (int64_t k = 0; k < found->count; k++)
        if (found->sizes[k])
            memset(found->means + k * at->size, 0, (size_t)at->size * sizeof *found->means);
    for (int64_t i = 0; i < at->count * at->size; i++) {
        const int64_t k = found->of[i / at->size];
        found->means[k * at->size + i % at->size] += at->points[i];
    }
    for (int64_t i = 0; i < found->count * at->size; i++)
        if (found->sizes[i / at->size])
            found->means[i] /= (double)found->sizes[i / at->size];
}

/* ---- Order ------------------------------------------------------------------------------------------------------- */

/* Places of clusters by size, the earlier point first; those without points at the end. */
static void order(const vae__clustering *at)
{
    const vae__clusters *found = at->found;
    int64_t placed = 0;
    for (int64_t i = 0; i < at->count; i++) { /* in the order of their first points */
        bool there = false;
        for (int64_t k = 0; k < placed; k++)
            there |= at->ordered[k] == found->of[i];
        if (there)
            continue;
        int64_t place = placed++;
        for (; place && found->sizes[at->ordered[place - 1]] < found->sizes[found->of[i]]; place--)
            at->ordered[place] = at->ordered[place - 1];
        at->ordered[place] = found->of[i];
    }
    at->found->count = placed;
}

/* Lays sizes and means in that order into new room. */
static vae_status sort(const vae__clustering *at)
{
    vae__clusters *found = at->found;
    double *means = NULL;
    int64_t *sizes = NULL;
    order(at);
    vae_status status = vae__allocate("clusters", (size_t)(found->count * at->size), sizeof *means, &means);
    if (!status.code)
        status = vae__allocate("clusters", (size_t)found->count, sizeof *sizes, &sizes);
    if (status.code) {
        vae__free(means);
        return status;
    }
    for (int64_t k = 0; k < found->count; k++) {
        sizes[k] = found->sizes[at->ordered[k]];
        memcpy(means + k * at->size, found->means + at->ordered[k] * at->size, (size_t)at->size * sizeof *means);
    }
    for (int64_t i = 0; i < at->count; i++) {
        int64_t place = 0;
        while (at->ordered[place] != found->of[i])
            place++;
        found->of[i] = place;
    }
    vae__free(found->means);
    vae__free(found->sizes);
    found->means = means;
    found->sizes = sizes;
    return vae__ok();
}

static vae_status allocate(vae__clustering *at)
{
    const size_t most = (size_t)at->most, count = (size_t)at->count;
    VAE__TRY(vae__allocate("clusters", count, sizeof *at->nearest, &at->nearest));
    VAE__TRY(vae__allocate("clusters", most, sizeof *at->ordered, &at->ordered));
    VAE__TRY(vae__allocate("clusters", count, sizeof *at->found->of, &at->found->of));
    VAE__TRY(vae__allocate("clusters", most, sizeof *at->found->sizes, &at->found->sizes));
    return vae__allocate("clusters", most * (size_t)at->size, sizeof *at->found->means, &at->found->means);
}

vae_status vae__clusters_make(const float *points, int64_t count, int64_t size, int64_t most, vae__clusters *found)
{
    *found = (vae__clusters){ .count = 0 };
    vae__clustering at = {
        .points = points, .count = count, .size = size, .most = most < count ? most : count, .found = found
    };
    vae_status status = allocate(&at);
    if (!status.code) {
        begin(&at);
        assign(&at);
        average(&at);
        for (int round = 1; round < ROUNDS_MOST && assign(&at); round++)
            average(&at);
        status = sort(&at);
    }
    vae__free(at.nearest);
    vae__free(at.ordered);
    if (status.code)
        vae__clusters_free(found);
    return status;
}

void vae__clusters_free(vae__clusters *clusters)
{
    vae__free(clusters->of);
    vae__free(clusters->sizes);
    vae__free(clusters->means);
    *clusters = (vae__clusters){ .count = 0 };
}
