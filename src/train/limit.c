/* vae_limit: the machine's multiply-adds a second. */
#include <vae/bench.h>

#include <stdlib.h>

#include "src/base/parallel.h"
#include "src/base/status.h"
#include "src/kernels/kernels.h"

/* A round is long beside what starting threads together takes, and short beside what changes a machine's pace. */
static const double ROUND_SECONDS = 0.05;
enum { ROUNDS = 10 };

typedef struct limit_run {
    vae__limit_loop *loop;
    int64_t rounds;       /* of the loop, each time */
    double rates[ROUNDS]; /* operations a second, of each */
} limit_run;

/* How many rounds of the loop take as long as a round shall. */
static int64_t rounds_needed(vae__limit_loop *loop)
{
    _Alignas(64) char sums[64];
    int64_t rounds = 1 << 10;
    for (;; rounds *= 2) {
        double begun = vae__seconds();
        loop(rounds, sums);
        double seconds = vae__seconds() - begun;
        if (seconds > ROUND_SECONDS / 10)
            return (int64_t)((double)rounds * ROUND_SECONDS / seconds) + 1;
    }
}

static void run_rounds(void *context, vae__team team)
{
    limit_run *run = context;
    _Alignas(64) char sums[64];
    for (int i = 0; i < ROUNDS; i++) {
        vae__barrier(team);
        double begun = vae__seconds();
        double operations = run->loop(run->rounds, sums) * team.threads;
        vae__barrier(team);
        double rate = operations / (vae__seconds() - begun);
        if (!team.thread)
            run->rates[i] = rate;
    }
}

static int by_size(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;
    return one < other ? -1 : one > other;
}

static double measure(vae__limit_loop *loop, int threads)
{
    if (!loop)
        return 0;
    limit_run run = { .loop = loop, .rounds = rounds_needed(loop) };
    vae__parallel(threads, run_rounds, &run);
    qsort(run.rates, ROUNDS, sizeof *run.rates, by_size);
    return (run.rates[(ROUNDS - 1) / 2] + run.rates[ROUNDS / 2]) / 2;
}

vae_status vae_limit(int threads, vae_limits *limits)
{
    if (!limits)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a place for the limits, found NULL");
    *limits = (vae_limits){ 0 };
    if (threads < 0 || threads > VAE__THREADS_MAX)
        return vae__error(VAE_ERROR_ARGUMENT, "expected 0 to %d threads, found %d", VAE__THREADS_MAX, threads);
    threads = threads ? threads : vae__processors();
    limits->float32 = measure(vae__kernels_find(false, NULL)->limit, threads);
    limits->bf16 = measure(vae__kernels_limit_bf16(), threads);
    return vae__ok();
}
