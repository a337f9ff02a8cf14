/* The parallel region: shares, barriers, and the host's OpenMP settings. */
#include <fenv.h>
#include <float.h>
#include <omp.h>
#include <stdatomic.h>
#include <string.h>

#include "src/base/parallel.h"
#include "tests/support/suite.h"

enum { MOST = 5, ROUNDS = 2000 };

START_TEST(test_shares)
{
    for (int threads = 1; threads <= 7; threads++)
        for (int64_t units = 0; units <= 40; units++) {
            int64_t next = 0, least = units, most = 0;
            for (int thread = 0; thread < threads; thread++) {
                int64_t begin, end;
                vae__share((vae__team){ .thread = thread, .threads = threads }, units, &begin, &end);
                ck_assert_int_eq(begin, next);
                ck_assert_int_ge(end, begin);
                least = end - begin < least ? end - begin : least;
                most = end - begin > most ? end - begin : most;
                next = end;
            }
            ck_assert_int_eq(next, units);
            ck_assert_int_le(most - least, 1);
        }
}
END_TEST

typedef struct seen {
    atomic_int here[MOST], count;
    int threads, vendor_threads[MOST];
} seen;

static void look(void *context, vae__team team)
{
    seen *s = context;
    atomic_fetch_add(&s->here[team.thread], 1);
    atomic_fetch_add(&s->count, 1);
    s->vendor_threads[team.thread] = omp_get_max_threads();
    if (!team.thread)
        s->threads = team.threads;
}

/* Each thread has its number; a library called within would stay on its thread; the host's settings are as before. */
START_TEST(test_region)
{
    omp_set_num_threads(3);
    for (int threads = 1; threads <= MOST; threads++) {
        seen s = { .threads = 0 };
        vae__parallel(threads, look, &s);
        ck_assert_int_eq(s.threads, threads);
        ck_assert_int_eq(s.count, threads);
        for (int i = 0; i < MOST; i++) {
            ck_assert_int_eq(s.here[i], i < threads);
            ck_assert_int_eq(s.vendor_threads[i], i < threads);
        }
        ck_assert_int_eq(omp_get_max_threads(), 3);
    }
    vae__parallel(0, look, &(seen){ .threads = 0 });
    ck_assert_int_eq(omp_get_max_threads(), 3);
}
END_TEST

#ifdef __SSE2__
/* The smallest normal number halved, by threads of a team. */
static void halve(void *context, vae__team team)
{
    float *halves = context;
    volatile float least = FLT_MIN;
    halves[team.thread] = least / 2;
}

/* Within a region denormal results are 0; outside, the host's setting and flags are as they were. */
START_TEST(test_denormals)
{
    for (int threads = 1; threads <= 2; threads++) {
        float halves[2] = { 1, 1 };
        feclearexcept(FE_ALL_EXCEPT);
        feraiseexcept(FE_INEXACT);
        vae__parallel(threads, halve, halves);
        ck_assert_int_eq(fetestexcept(FE_ALL_EXCEPT), FE_INEXACT);
        for (int i = 0; i < threads; i++)
            ck_assert_float_eq(halves[i], 0);
        halve(halves, (vae__team){ 0, 1, NULL });
        ck_assert(halves[0] > 0);
    }
}
END_TEST

static void third(void *context, vae__team team)
{
    volatile float one = 1, three = 3;
    ((float *)context)[team.thread] = one / three;
}

/* How the host rounds changes nothing on its own thread, nor on those beside. */
START_TEST(test_rounding)
{
    for (int threads = 1; threads <= 2; threads++) {
        float thirds[2] = { 0, 0 };
        ck_assert_int_eq(fesetround(FE_DOWNWARD), 0);
        vae__parallel(threads, third, thirds);
        const int mode = fegetround();
        fesetround(FE_TONEAREST);
        ck_assert_int_eq(mode, FE_DOWNWARD);
        for (int i = 0; i < threads; i++)
            ck_assert_float_eq(thirds[i], 1.0f / 3);
    }
}
END_TEST
#endif

typedef struct race {
    int values[MOST], wrong; /* plain: the barrier alone orders what is written and read */
} race;

static void run_race(void *context, vae__team team)
{
    race *r = context;
    for (int round = 1; round <= ROUNDS; round++) {
        r->values[team.thread] = round;
        vae__barrier(team);
        for (int i = 0; i < team.threads; i++)
            if (r->values[i] != round)
                r->wrong = round;
        vae__barrier(team);
    }
}

/* More threads than processors included: those that wait must give way. */
START_TEST(test_barrier)
{
    for (int threads = 1; threads <= MOST; threads++) {
        race r = { .wrong = 0 };
        vae__parallel(threads, run_race, &r);
        ck_assert_int_eq(r.wrong, 0);
        for (int i = 0; i < threads; i++)
            ck_assert_int_eq(r.values[i], ROUNDS);
    }
}
END_TEST

START_TEST(test_processors_and_clock)
{
    ck_assert_int_ge(vae__processors(), 1);
    double before = vae__seconds();
    for (int i = 0; i < 1000; i++) {
        double now = vae__seconds();
        ck_assert_double_ge(now, before);
        before = now;
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("parallel");
    const TTest *const tests[] = { test_shares,
                                   test_region,
#ifdef __SSE2__
                                   test_denormals,
                                   test_rounding,
#endif
                                   test_barrier,
                                   test_processors_and_clock,
                                   NULL };
    suite_case(suite, "parallel", 60, tests);
    return suite_run(suite);
}
