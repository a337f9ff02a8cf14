/* The functions of src/kernels/math.h in float, as this file's target compiles them; test_math_fma.c takes them with
 * the fused operation. */
#define VAE_REAL    float
#define VAE_VARIANT f32_test

#include "src/kernels/math.h"

#include <stdbool.h>
#include <stdio.h>

#include "tests/support/suite.h"

static double reference_sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double reference_softplus(double x)
{
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

/* log_poisson has two arguments: of x at rates near 2, 60000 and 10^6, log_rate being exact in float; and of log_rate
 * at none and at many. */
static real at_few(real x)
{
    return vae__log_poisson(x, 0.625f);
}
static real at_many(real x)
{
    return vae__log_poisson(x, 11.0f);
}
static real at_million(real x)
{
    return vae__log_poisson(x, 13.8125f);
}
static real of_none(real log_rate)
{
    return vae__log_poisson(0, log_rate);
}
static real of_million(real log_rate)
{
    return vae__log_poisson(1e6f, log_rate);
}

static double reference_poisson(double x, double log_rate)
{
    return x * log_rate - exp(log_rate) - lgamma(x + 1);
}
static double reference_at_few(double x)
{
    return reference_poisson(x, 0.625);
}
static double reference_at_many(double x)
{
    return reference_poisson(x, 11);
}
static double reference_at_million(double x)
{
    return reference_poisson(x, 13.8125);
}
static double reference_of_none(double log_rate)
{
    return reference_poisson(0, log_rate);
}
static double reference_of_million(double log_rate)
{
    return reference_poisson(1e6, log_rate);
}

/* Each function as a loop that the compiler is to turn into vector code. */
#define LOOP(name) LOOP_OF(name, vae__##name)
#define LOOP_OF(name, function)                                                                                        \
    static __attribute__((noinline)) void loop_##name(int count, const float *restrict x, float *restrict out)         \
    {                                                                                                                  \
        for (int i = 0; i < count; i++)                                                                                \
            out[i] = function(x[i]);                                                                                   \
    }
LOOP(exp)
LOOP(exp_negative)
LOOP(log)
LOOP(log1p)
LOOP(tanh)
LOOP(erf)
LOOP(sigmoid)
LOOP(softplus)
LOOP(sqrt)
LOOP_OF(at_few, at_few)
LOOP_OF(at_many, at_many)
LOOP_OF(at_million, at_million)
LOOP_OF(of_none, of_none)
LOOP_OF(of_million, of_million)

typedef struct row {
    const char *name;
    void (*loop)(int count, const float *restrict x, float *restrict out);
    double (*reference)(double x);
    float low, high; /* where it is to be exact */
    double units;    /* in units of the last place of the result … */
    double absolute; /* … or by this, if not 0 */
} row;

static const row rows[] = {
    { "exp", loop_exp, exp, -87.33f, 88.72f, 2, 0 },
    { "exp_negative", loop_exp_negative, exp, -87.33f, 0, 2, 0 },
    { "log", loop_log, log, 1e-45f, FLT_MAX, 2, 0 },
    { "log1p", loop_log1p, log1p, -0.99999994f, FLT_MAX, 2, 0 },
    { "tanh", loop_tanh, tanh, -FLT_MAX, FLT_MAX, 3, 0 },
    { "erf", loop_erf, erf, -FLT_MAX, FLT_MAX, 0, 1.5e-7 },
    { "sigmoid", loop_sigmoid, reference_sigmoid, -87, FLT_MAX, 3, 0 },
    { "softplus", loop_softplus, reference_softplus, -87, FLT_MAX, 3, 0 },
    { "sqrt", loop_sqrt, sqrt, 0, FLT_MAX, 0.5, 0 },
    /* Near the rate, the rounding of log x alone is 16 of these units at 65,535 and 60 at 10^6. */
    { "log_poisson of few", loop_at_few, reference_at_few, 0, 1000, 6, 0 },
    { "log_poisson of many", loop_at_many, reference_at_many, 50000, 70000, 6, 0 },
    { "log_poisson of a million", loop_at_million, reference_at_million, 9e5f, 1.1e6f, 12, 0 },
    { "log_poisson of none", loop_of_none, reference_of_none, -30, 30, 2, 0 },
    { "log_poisson by rate", loop_of_million, reference_of_million, 13.7f, 13.9f, 12, 0 },
};
enum { ROWS = sizeof rows / sizeof *rows, CHUNK = 1000 };

static double unit_of(double x)
{
    float size = fabsf((float)x);
    size = size < FLT_MIN ? FLT_MIN : size;
    return (double)nextafterf(size, INFINITY) - (double)size;
}

static void check_values(const row *r, int count, const float *x)
{
    float out[CHUNK];
    r->loop(count, x, out);
    for (int i = 0; i < count; i++) {
        double right = r->reference((double)x[i]);
        double bound = r->absolute > 0 ? r->absolute : r->units * unit_of(right);
        if (!(fabs((double)out[i] - right) <= bound))
            ck_abort_msg("%s(%.9g) is %.9g, not %.9g", r->name, (double)x[i], (double)out[i], right);
    }
}

/* Every 2003rd float, so all exponents and both signs. */
START_TEST(test_accuracy)
{
    const row *r = &rows[_i];
    float x[CHUNK];
    int count = 0;
    for (uint64_t bits = 0; bits <= UINT32_MAX; bits += 2003) {
        float next = vae__float_of((uint32_t)bits);
        if (next >= r->low && next <= r->high)
            x[count++] = next;
        if (count == CHUNK) {
            check_values(r, count, x);
            count = 0;
        }
    }
    check_values(r, count, x);
}
END_TEST

static bool same(float a, float b)
{
    return a == b || (a != a && b != b);
}

START_TEST(test_edges)
{
    static const struct {
        const char *name;
        float (*function)(float);
        float x, result;
    } edges[] = {
        { "exp", vae__exp, -INFINITY, 0 },
        { "exp", vae__exp, INFINITY, INFINITY },
        { "exp", vae__exp, 0, 1 },
        { "exp", vae__exp, -1e30f, 0 },
        { "exp", vae__exp, 1e30f, INFINITY },
        { "exp", vae__exp, 88.73f, INFINITY },
        { "exp", vae__exp, NAN, NAN },
        { "exp_negative", vae__exp_negative, 0, 1 },
        { "exp_negative", vae__exp_negative, -0.0f, 1 },
        { "exp_negative", vae__exp_negative, -87.337f, 0 },
        { "exp_negative", vae__exp_negative, -88.5f, 0 },
        { "exp_negative", vae__exp_negative, -1e30f, 0 },
        { "exp_negative", vae__exp_negative, -INFINITY, 0 },
        { "exp_negative", vae__exp_negative, NAN, NAN },
        { "log", vae__log, 0, -INFINITY },
        { "log", vae__log, -0.0f, -INFINITY },
        { "log", vae__log, 1, 0 },
        { "log", vae__log, -1, NAN },
        { "log", vae__log, -1e-45f, NAN },
        { "log", vae__log, -INFINITY, NAN },
        { "log", vae__log, INFINITY, INFINITY },
        { "log", vae__log, NAN, NAN },
        { "log1p", vae__log1p, -1, -INFINITY },
        { "log1p", vae__log1p, -2, NAN },
        { "log1p", vae__log1p, 1e-30f, 1e-30f },
        { "log1p", vae__log1p, INFINITY, INFINITY },
        { "log1p", vae__log1p, NAN, NAN },
        { "tanh", vae__tanh, INFINITY, 1 },
        { "tanh", vae__tanh, -INFINITY, -1 },
        { "tanh", vae__tanh, NAN, NAN },
        { "erf", vae__erf, INFINITY, 1 },
        { "erf", vae__erf, -INFINITY, -1 },
        { "erf", vae__erf, NAN, NAN },
        { "sigmoid", vae__sigmoid, INFINITY, 1 },
        { "sigmoid", vae__sigmoid, -INFINITY, 0 },
        { "sigmoid", vae__sigmoid, 0, 0.5f },
        { "sigmoid", vae__sigmoid, NAN, NAN },
        { "softplus", vae__softplus, INFINITY, INFINITY },
        { "softplus", vae__softplus, -INFINITY, 0 },
        { "softplus", vae__softplus, 1000, 1000 },
        { "softplus", vae__softplus, NAN, NAN },
    };
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
        ck_assert_msg(same(edges[i].function(edges[i].x), edges[i].result), "%s(%g) is %g, not %g", edges[i].name,
                      (double)edges[i].x, (double)edges[i].function(edges[i].x), (double)edges[i].result);
}
END_TEST

/* Counts below 4 have exact factorials; what is no count has no probability; what is no number stays so. */
START_TEST(test_log_poisson)
{
    static const float factorials[] = { 1, 1, 2, 6 };
    for (int x = 0; x < 4; x++)
        ck_assert_float_eq(vae__log_poisson((float)x, 0), -1 - vae__log(factorials[x]));
    ck_assert_float_eq(vae__log_poisson(0, -30), -vae__exp(-30));
    ck_assert_float_eq(vae__log_poisson(-1, 0), -INFINITY);
    ck_assert_float_eq(vae__log_poisson(-0.5f, 3), -INFINITY);
    ck_assert(isnan(vae__log_poisson(NAN, 0)));
    ck_assert(isnan(vae__log_poisson(3, NAN)));
    ck_assert(isnan(vae__log_poisson(100, NAN)));
    ck_assert(isfinite(vae__log_poisson(1e6f, -30)) && isfinite(vae__log_poisson(0, 30)));
}
END_TEST

/* The same bits in a vector of any place, in the tail and alone. */
START_TEST(test_place)
{
    const row *r = &rows[_i];
    float x[100], alone[100], out[100];
    for (int i = 0; i < 100; i++)
        x[i] = fabsf(vae__float_of(0x3f000000u + (uint32_t)i * 0x001f3571u));
    for (int i = 0; i < 100; i++)
        r->loop(1, x + i, alone + i);
    for (int begin = 0; begin < 20; begin++)
        for (int count = 1; count <= 80; count++) {
            r->loop(count, x + begin, out);
            ck_assert_mem_eq(out, alone + begin, (size_t)count * sizeof *out);
        }
}
END_TEST

/* The order that VAE__SUM promises, written out. */
static float sum_in_order(int count, const float *x)
{
    float lanes[16] = { 0 };
    for (int i = 0; i < count; i++)
        lanes[i % 16] += x[i] * x[i];
    for (int half = 8; half; half /= 2)
        for (int i = 0; i < half; i++)
            lanes[i] = lanes[i] + lanes[i + half];
    return lanes[0];
}

START_TEST(test_sum)
{
    float x[220];
    for (int i = 0; i < 220; i++)
        x[i] = sinf((float)i) + 0.1f;
    for (int begin = 0; begin < 17; begin++)
        for (int count = 0; count <= 200; count++) {
            const float *from = x + begin;
            float total = -1;
            VAE__SUM(total, j, count, from[j] * from[j]);
            if (total != sum_in_order(count, from))
                ck_abort_msg("%d terms from %d", count, begin);
        }
}
END_TEST

/* Σ log(1 + e) of factors from 1 down to what is nothing beside 1, against double: relatively, as all are positive. */
START_TEST(test_sum_log1p)
{
    float e[VAE__FACTORS] __attribute__((aligned(64)));
    for (int scale = 0; scale < 60; scale++)
        for (int count = 0; count <= VAE__FACTORS; count += count < 70 ? 1 : 53) {
            double right = 0;
            for (int i = 0; i < count; i++) {
                e[i] = scale ? expf(-(float)(i * 7919 % 1000) * 0.001f * (float)scale) : 1;
                right += log1p((double)e[i]);
            }
            double found = (double)vae__sum_log1p(e, count);
            ck_assert_msg(fabs(found - right) <= 1e-6 * right, "%d factors, scale %d: %.9g, not %.9g", count, scale,
                          found, right);
        }
    for (int i = 0; i < 100; i++)
        e[i] = i == 77 ? NAN : 0;
    ck_assert_float_eq(vae__sum_log1p(e, 77), 0);
    ck_assert(isnan(vae__sum_log1p(e, 78)) && isnan(vae__sum_log1p(e, 100)));
}
END_TEST

START_TEST(test_mixed)
{
    ck_assert_float_eq(vae__fma(2, 3, 4), 10);
    ck_assert_float_eq(vae__abs(-2), 2);
    ck_assert_float_eq(vae__sqrt(9), 3);
    for (uint32_t bits = 0x7fc00000u; bits < 0x7fc00400u; bits++) /* whatever no number looks like */
        ck_assert(isnan(vae__exp_negative(vae__float_of(bits))));
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("math");
    TCase *loops = tcase_create("each function");
    tcase_set_timeout(loops, 60);
    tcase_add_loop_test(loops, test_accuracy, 0, ROWS);
    tcase_add_loop_test(loops, test_place, 0, ROWS);
    suite_add_tcase(suite, loops);
    const TTest *const tests[] = { test_edges, test_log_poisson, test_sum, test_sum_log1p, test_mixed, NULL };
    suite_case(suite, "edges and sums", 20, tests);
    return suite;
}

#ifndef TEST_MATH_INCLUDED
int main(void)
{
    return suite_run(make_suite());
}
#endif
