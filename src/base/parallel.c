#include "src/base/parallel.h"

#include <omp.h>
#include <time.h>

/* No region, but a vendor library must stay on this thread all the same. The setting is this thread's own. */
static void run_alone(vae__region *body, void *context)
{
    int hosts = omp_get_max_threads();
    omp_set_num_threads(1);
    body(context, (vae__team){ 0, 1 });
    omp_set_num_threads(hosts);
}

void vae__parallel(int threads, vae__region *body, void *context)
{
    if (threads <= 1) {
        run_alone(body, context);
        return;
    }
#pragma omp parallel num_threads(threads)
    {
        /* First of all: a vendor library called in here asks OpenMP how many threads it may use. The setting belongs
         * to this region's implicit task and ends with it. */
        omp_set_num_threads(1);
        body(context, (vae__team){ omp_get_thread_num(), omp_get_num_threads() });
    }
}

void vae__barrier(vae__team team)
{
    if (team.threads > 1) {
#pragma omp barrier
    }
}

void vae__share(vae__team team, int64_t units, int64_t *begin, int64_t *end)
{
    *begin = units * team.thread / team.threads;
    *end = units * (team.thread + 1) / team.threads;
}

int vae__processors(void)
{
    return omp_get_num_procs();
}

double vae__seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}
