/* The one file outside the kernels that OpenMP lives in. */
#include "src/base/parallel.h"

#include <omp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#ifdef __SSE2__
#include <xmmintrin.h>
#endif

/* How long a thread waits for another before it gives its processor away: longer than equal shares of work differ, and
 * short beside a time slice. The clock is looked at now and then. */
static const double SPIN_SECONDS = 200e-6;
enum { SPINS = 64 };

/* Where a team waits: whoever comes last starts the next round. */
typedef struct vae__meeting {
    atomic_int waiting;
    atomic_uint round;
    pthread_mutex_t mutex;
    pthread_cond_t all_here;
} vae__meeting;

static void pause_a_little(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

static void sleep_until_next(vae__meeting *meeting, unsigned round)
{
    pthread_mutex_lock(&meeting->mutex);
    while (atomic_load(&meeting->round) == round)
        pthread_cond_wait(&meeting->all_here, &meeting->mutex);
    pthread_mutex_unlock(&meeting->mutex);
}

static void start_next(vae__meeting *meeting)
{
    atomic_store(&meeting->waiting, 0);
    pthread_mutex_lock(&meeting->mutex);
    atomic_fetch_add(&meeting->round, 1);
    pthread_cond_broadcast(&meeting->all_here);
    pthread_mutex_unlock(&meeting->mutex);
}

void vae__barrier(vae__team team)
{
    if (team.threads <= 1)
        return;
    vae__meeting *meeting = team.meeting;
    unsigned round = atomic_load(&meeting->round);
    if (atomic_fetch_add(&meeting->waiting, 1) == team.threads - 1) {
        start_next(meeting);
        return;
    }
    for (double until = vae__seconds() + SPIN_SECONDS; vae__seconds() < until;)
        for (int i = 0; i < SPINS; i++) {
            if (atomic_load(&meeting->round) != round)
                return;
            pause_a_little();
        }
    sleep_until_next(meeting, round);
}

/*
 * While a body runs, results below the smallest normal number are 0: a processor may take a hundred times as long for
 * an operation on such numbers, and fading moments or activations would bring them by the thousand. All else is as the
 * standard begins with, on every thread: a host that rounds upwards or reads denormal numbers as 0 has told this to one
 * of its threads alone. The host's setting and its flags of exceptions are given back.
 */
static unsigned begin_without_denormals(void)
{
#ifdef __SSE2__
    unsigned hosts = _mm_getcsr();
    _mm_setcsr(_MM_MASK_MASK | _MM_FLUSH_ZERO_ON);
    return hosts;
#else
    return 0;
#endif
}

static void end_without_denormals(unsigned hosts)
{
#ifdef __SSE2__
    _mm_setcsr(hosts);
#else
    (void)hosts;
#endif
}

void vae__alone(vae__region *body, void *context)
{
    unsigned mode = begin_without_denormals();
    body(context, (vae__team){ 0, 1, NULL });
    end_without_denormals(mode);
}

/* No region, but a vendor library must stay on this thread all the same. The setting is this thread's own. */
static void run_alone(vae__region *body, void *context)
{
    int hosts = omp_get_max_threads();
    omp_set_num_threads(1);
    vae__alone(body, context);
    omp_set_num_threads(hosts);
}

void vae__parallel(int threads, vae__region *body, void *context)
{
    if (threads <= 1) {
        run_alone(body, context);
        return;
    }
    vae__meeting meeting = { .mutex = PTHREAD_MUTEX_INITIALIZER, .all_here = PTHREAD_COND_INITIALIZER };
#pragma omp parallel num_threads(threads)
    {
        /* First of all: a vendor library called in here asks OpenMP how many threads it may use. The setting belongs
         * to this region's implicit task and ends with it. */
        omp_set_num_threads(1);
        vae__team team = { omp_get_thread_num(), omp_get_num_threads(), &meeting };
        unsigned mode = begin_without_denormals();
        body(context, team);
        end_without_denormals(mode);
        /* OpenMP's own wait at the end of the region would spin for long. */
        vae__barrier(team);
    }
    pthread_cond_destroy(&meeting.all_here);
    pthread_mutex_destroy(&meeting.mutex);
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
