/* Uniform and normal draws, and steps by them: every variant that this processor has. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "src/kernels/kernels.h"
#include "tests/support/suite.h"

static const struct {
    bool float64;
    const char *name;
} variants[] = { { true, "generic" }, { false, "generic" }, { false, "avx2" }, { false, "avx512" } };
enum { VARIANTS = sizeof variants / sizeof *variants, MOST = 900 };

static const vae__draw draw = { .seed = 0x123456789abcdef0, .stream = 0x9e3779b9, .step = 11 };

static double number(const vae__kernels *kernels, const void *values, int64_t i)
{
    return kernels->float64 ? ((const double *)values)[i] : (double)((const float *)values)[i];
}

/* Box and Muller's formula as it is printed, in double. */
static double reference_normal(uint32_t example, uint32_t element)
{
    uint32_t pair = element & ~1u;
    double u = ((vae__random_word(draw, example, pair) >> 8) + 1) * 0x1p-24;
    double v = (vae__random_word(draw, example, pair + 1) >> 8) * 0x1p-24;
    double angle = 6.283185307179586476925 * v;
    return sqrt(-2 * log(u)) * (element % 2 ? sin(angle) : cos(angle));
}

#define FOR_VARIANT                                                                                                    \
    const vae__kernels *kernels = vae__kernels_find(variants[_i].float64, variants[_i].name);                          \
    if (!kernels)                                                                                                      \
        return;

START_TEST(test_uniform)
{
    FOR_VARIANT
    double values[MOST];
    for (uint32_t first = 0; first < 9; first++) {
        kernels->uniform(draw, 77, first, 784, values);
        for (uint32_t i = 0; i < 784; i++)
            if (number(kernels, values, i) != (double)vae__random_uniform(vae__random_word(draw, 77, first + i)))
                ck_abort_msg("%s: element %u", kernels->name, first + i);
    }
}
END_TEST

START_TEST(test_normal)
{
    FOR_VARIANT
    double bound = kernels->float64 ? 1e-14 : 2e-6;
    double values[MOST];
    for (uint32_t example = 0; example < 200; example++) {
        kernels->normal(draw, example, 0, MOST, values);
        for (uint32_t i = 0; i < MOST; i++)
            if (!(fabs(number(kernels, values, i) - reference_normal(example, i)) < bound))
                ck_abort_msg("%s: element %u is %.9g, not %.9g", kernels->name, i, number(kernels, values, i),
                             reference_normal(example, i));
    }
}
END_TEST

/* A run from anywhere to anywhere holds the same bits as the whole, and nothing is written beyond it. */
START_TEST(test_pieces)
{
    FOR_VARIANT
    const size_t size = kernels->float64 ? sizeof(double) : sizeof(float);
    static double whole[MOST], piece[MOST];
    static unsigned char untouched[sizeof piece];
    memset(untouched, 0x5a, sizeof untouched);
    for (int normal = 0; normal < 2; normal++) {
        void (*fill)(vae__draw, uint32_t, uint32_t, int64_t, void *) = normal ? kernels->normal : kernels->uniform;
        fill(draw, 5, 0, MOST, whole);
        for (uint32_t first = 0; first < 70; first++)
            for (int64_t count = 0; count < 200; count += first < 5 ? 1 : 13) {
                memset(piece, 0x5a, sizeof piece);
                fill(draw, 5, first, count, piece);
                ck_assert_mem_eq(piece, (char *)whole + first * size, (size_t)count * size);
                ck_assert_mem_eq((char *)piece + (size_t)count * size, untouched, sizeof piece - (size_t)count * size);
            }
    }
}
END_TEST

static void set(const vae__kernels *kernels, void *values, int64_t i, double x)
{
    if (kernels->float64)
        ((double *)values)[i] = x;
    else
        ((float *)values)[i] = (float)x;
}

/* Values as pictures have them, most of them 0 or 1, and every border: what is u itself, and what is next to it. */
static double value_beside(double u, uint32_t place)
{
    static const double sharp[] = { 0, 1, 0, -0.0, 0, 1, 0, 0, -3, 2, NAN, INFINITY, -INFINITY, 0, 1e-30, 1 - 0x1p-24 };
    if (place / 100 % 2)
        return sharp[place % 16];
    switch (place * 7 % 13) {
    case 0:
        return u;
    case 1:
        return u + 0x1p-24;
    case 2:
        return u - 0x1p-24;
    case 3:
        return (double)(place % 29) / 29;
    default:
        return sharp[place % 16];
    }
}

/* The same steps as by the draws themselves, from anywhere to anywhere, in place, and nothing written beyond them. */
START_TEST(test_binarize)
{
    FOR_VARIANT
    enum { LONG = 2500 };
    const size_t size = kernels->float64 ? sizeof(double) : sizeof(float);
    static double uniform[LONG], x[LONG], steps[LONG];
    static const int64_t counts[] = { 0, 1, 2, 3, 5, 63, 64, 65, 784, 1021, 1024, 1025, LONG };
    int64_t ones = 0;
    for (uint32_t first = 0; first < 9; first++)
        for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
            const int64_t count = counts[c];
            memset(x, 0x5a, sizeof x);
            kernels->uniform(draw, 3, first, count, uniform);
            for (uint32_t i = 0; i < count; i++)
                set(kernels, x, i, value_beside(number(kernels, uniform, i), i + first));
            memset(steps, 0x5a, sizeof steps);
            kernels->binarize(draw, 3, first, count, x, steps);
            for (int64_t i = 0; i < count; i++) {
                const double found = number(kernels, steps, i);
                ones += found > 0;
                if (found != (number(kernels, uniform, i) < number(kernels, x, i) ? 1 : 0))
                    ck_abort_msg("%s: element %u of %u: %g", kernels->name, (unsigned)i, (unsigned)count,
                                 number(kernels, x, i));
            }
            ck_assert_mem_eq((char *)steps + (size_t)count * size, (char *)x + (size_t)count * size,
                             sizeof x - (size_t)count * size);
            kernels->binarize(draw, 3, first, count, x, x);
            ck_assert_mem_eq(x, steps, sizeof x);
        }
    ck_assert_int_gt(ones, 1000);
}
END_TEST

START_TEST(test_draws_differ)
{
    FOR_VARIANT
    double first[MOST], other[MOST];
    vae__draw later = draw, elsewhere = draw, reseeded = draw;
    later.step++;
    elsewhere.stream++;
    reseeded.seed += (uint64_t)1 << 40;
    kernels->uniform(draw, 1, 0, 20, first);
    kernels->uniform(draw, 2, 0, 20, other);
    ck_assert_mem_ne(first, other, 80);
    kernels->uniform(later, 1, 0, 20, other);
    ck_assert_mem_ne(first, other, 80);
    kernels->uniform(elsewhere, 1, 0, 20, other);
    ck_assert_mem_ne(first, other, 80);
    kernels->uniform(reseeded, 1, 0, 20, other);
    ck_assert_mem_ne(first, other, 80);
}
END_TEST

/* Of a million: each bound is about five standard deviations. */
START_TEST(test_moments)
{
    FOR_VARIANT
    double values[MOST], sums[5] = { 0 }, product = 0, uniform = 0;
    int64_t count = 0;
    for (uint32_t example = 0; example < 1200; example++, count += MOST) {
        kernels->normal(draw, example, 0, MOST, values);
        for (int i = 0; i < MOST; i++) {
            double x = number(kernels, values, i), power = 1;
            for (int j = 0; j < 5; j++, power *= x)
                sums[j] += power;
            product += x * number(kernels, values, i ^ 1);
        }
        kernels->uniform(draw, example, 0, MOST, values);
        for (int i = 0; i < MOST; i++)
            uniform += number(kernels, values, i);
    }
    ck_assert_double_eq_tol(sums[1] / (double)count, 0, 0.005);
    ck_assert_double_eq_tol(sums[2] / (double)count, 1, 0.007);
    ck_assert_double_eq_tol(sums[3] / (double)count, 0, 0.02);
    ck_assert_double_eq_tol(sums[4] / (double)count, 3, 0.05);
    ck_assert_double_eq_tol(product / (double)count, 0, 0.007);
    ck_assert_double_eq_tol(uniform / (double)count, 0.5, 0.0015);
}
END_TEST

START_TEST(test_find)
{
    for (int i = 0; i < VARIANTS; i++) {
        const vae__kernels *kernels = vae__kernels_find(variants[i].float64, variants[i].name);
        ck_assert(kernels || i >= 2); /* generic is everywhere */
        if (!kernels)
            continue;
        ck_assert_int_eq(kernels->variant, i);
        ck_assert_int_eq(kernels->float64, variants[i].float64);
        ck_assert_str_eq(kernels->name, variants[i].name);
        ck_assert_int_eq(!kernels->adam, kernels->float64);
    }
    ck_assert_ptr_null(vae__kernels_find(false, "sse9"));
    ck_assert_ptr_null(vae__kernels_find(true, "avx512"));
    ck_assert_ptr_nonnull(vae__kernels_find(false, NULL));
    ck_assert_ptr_nonnull(vae__kernels_find(true, NULL));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("noise");
    const TTest *const each[] = {
        test_uniform, test_normal, test_pieces, test_binarize, test_draws_differ, test_moments
    };
    TCase *loops = tcase_create("each variant");
    tcase_set_timeout(loops, 60);
    for (size_t i = 0; i < sizeof each / sizeof *each; i++)
        tcase_add_loop_test(loops, each[i], 0, VARIANTS);
    suite_add_tcase(suite, loops);
    const TTest *const tests[] = { test_find, NULL };
    suite_case(suite, "table", 10, tests);
    return suite_run(suite);
}
