/* Where an executor's time goes: seconds by thread and task. */
#ifndef VAE_GRAPH_PROFILE_H
#define VAE_GRAPH_PROFILE_H

#include <vae/graph.h>

#include "src/base/parallel.h"

/* All zero: no time is kept. */
typedef struct vae__watch {
    double *seconds; /* by thread, then by VAE__ASIDE + task, VAE__WAITING … */
    int threads, stride;
    int64_t runs, examples;
} vae__watch;

enum { VAE__WAITING = -1, VAE__UPDATING = -2, VAE__GUARDING = -3, VAE__ASIDE = 3 };

vae_status vae__watch_new(const vae_program *program, int threads, vae__watch *watch);
void vae__watch_clear(vae__watch *watch);

/* A run begins. */
void vae__watch_count(vae__watch *watch, int64_t examples);

/* vae_executor_profile's rows. */
int vae__watch_read(const vae__watch *watch, const vae_program *program, vae_profile *rows, int most);

/* A thread's time since it last looked. */
typedef struct vae__lap {
    double *seconds; /* NULL: no time is kept */
    double since;
} vae__lap;

static inline vae__lap vae__lap_begin(const vae__watch *watch, int thread)
{
    vae__lap lap = { 0 };
    if (watch->seconds) {
        lap.seconds = watch->seconds + (int64_t)thread * watch->stride + VAE__ASIDE;
        lap.since = vae__seconds();
    }
    return lap;
}

/* It went to task `number`, or to what is aside. */
static inline void vae__lap_end(vae__lap *lap, int number)
{
    if (!lap->seconds)
        return;
    double now = vae__seconds();
    lap->seconds[number] += now - lap->since;
    lap->since = now;
}

#endif
