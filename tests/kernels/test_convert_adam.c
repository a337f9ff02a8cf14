/* Conversion of stored values, and Adam's step: every variant that this processor has. */
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "src/base/parallel.h"
#include "src/kernels/kernels.h"
#include "tests/support/suite.h"

static const struct {
    bool float64;
    const char *name;
} variants[] = { { true, "generic" }, { false, "generic" }, { false, "avx2" }, { false, "avx512" } };
enum { VARIANTS = sizeof variants / sizeof *variants, COUNT = 67 };

#define FOR_VARIANT                                                                                                    \
    const vae__kernels *kernels = vae__kernels_find(variants[_i].float64, variants[_i].name);                          \
    if (!kernels)                                                                                                      \
        return;

/* Values over the type's range: its bytes are those of a multiplicative sequence. */
#define CHECK_TYPE(number, ctype, text)                                                                                \
    {                                                                                                                  \
        ctype stored[COUNT];                                                                                           \
        for (int i = 0; i < COUNT; i++)                                                                                \
            stored[i] = (ctype)(int64_t)((uint64_t)i * 0x9e3779b97f4a7c15u >> (i % 3 ? 0 : 40));                       \
        for (int begin = 0; begin < 5; begin++)                                                                        \
            for (int64_t count = 0; count <= COUNT - begin; count++) {                                                 \
                double wide[COUNT + 1] = { 0 };                                                                        \
                float narrow[COUNT + 1] = { 0 };                                                                       \
                kernels->convert(number, stored + begin, count, kernels->float64 ? (void *)wide : (void *)narrow);     \
                for (int64_t i = 0; i < count; i++)                                                                    \
                    if (!(kernels->float64 ? wide[i] == (double)stored[begin + i]                                      \
                                           : narrow[i] == (float)stored[begin + i]))                                   \
                        ck_abort_msg("%s, %s, value %d of %d", kernels->name, text, (int)i, (int)count);               \
                ck_assert(wide[count] == 0 && narrow[count] == 0);                                                     \
            }                                                                                                          \
    }

START_TEST(test_convert){ FOR_VARIANT VAE_TYPE_LIST(CHECK_TYPE) } END_TEST

    static void adam_in_double(const vae__adam *adam, double g, double *value, double *m, double *v)
{
    double beta1 = (double)adam->beta1, beta2 = (double)adam->beta2;
    *m = beta1 * *m + (1 - beta1) * g;
    *v = beta2 * *v + (1 - beta2) * g * g;
    *value -= (double)adam->rate * *m / (sqrt(*v) + (double)adam->epsilon);
}

START_TEST(test_adam)
{
    FOR_VARIANT
    if (!kernels->adam)
        return;
    const vae__adam adam = { .rate = 1e-3f, .beta1 = 0.9f, .beta2 = 0.999f, .epsilon = 1e-8f };
    float value[COUNT] = { 0 }, gradient[COUNT], m[COUNT] = { 0 }, v[COUNT] = { 0 };
    double values[COUNT] = { 0 }, ms[COUNT] = { 0 }, vs[COUNT] = { 0 };
    for (int step = 1; step <= 50; step++) {
        for (int i = 0; i < COUNT; i++) {
            gradient[i] = sinf((float)(i * step)) * powf(10, (float)(i % 7) - 4);
            adam_in_double(&adam, (double)gradient[i], &values[i], &ms[i], &vs[i]);
        }
        kernels->adam(&(vae__update){ &adam, value, m, v }, COUNT, gradient);
    }
    for (int i = 0; i < COUNT; i++) {
        double scale = pow(10, i % 7 - 4);
        ck_assert_double_eq_tol((double)value[i], values[i], 1e-6);
        ck_assert_double_eq_tol((double)m[i], ms[i], 1e-6 * scale);
        ck_assert_double_eq_tol((double)v[i], vs[i], 1e-5 * vs[i] + 1e-30);
    }
}
END_TEST

/* A share that begins and ends anywhere makes the same bits. */
START_TEST(test_adam_pieces)
{
    FOR_VARIANT
    if (!kernels->adam)
        return;
    const vae__adam adam = { .rate = 1e-3f, .beta1 = 0.9f, .beta2 = 0.999f, .epsilon = 1e-8f };
    for (int cut = 0; cut <= COUNT; cut++) {
        float gradient[COUNT], whole[3][COUNT], pieces[3][COUNT];
        for (int i = 0; i < COUNT; i++) {
            gradient[i] = sinf((float)i);
            for (int j = 0; j < 3; j++)
                whole[j][i] = pieces[j][i] = 1.0f / (float)(1 + i + j);
        }
        kernels->adam(&(vae__update){ &adam, whole[0], whole[1], whole[2] }, COUNT, gradient);
        kernels->adam(&(vae__update){ &adam, pieces[0], pieces[1], pieces[2] }, cut, gradient);
        kernels->adam(&(vae__update){ &adam, pieces[0] + cut, pieces[1] + cut, pieces[2] + cut }, COUNT - cut,
                      gradient + cut);
        ck_assert_mem_eq(whole, pieces, sizeof whole);
    }
}
END_TEST

typedef struct fading {
    const vae__kernels *kernels;
    vae__update update;
    float gradient[COUNT];
} fading;

static void fade(void *context, vae__team team)
{
    const fading *f = context;
    ck_assert_int_eq(team.threads, 1);
    f->kernels->adam(&f->update, COUNT, f->gradient);
}

/* In a region moments without a gradient fade to 0, not to denormal numbers. */
START_TEST(test_adam_fades)
{
    FOR_VARIANT
    if (!kernels->adam)
        return;
    const vae__adam adam = { .rate = 1e-3f, .beta1 = 0.9f, .beta2 = 0.9f, .epsilon = 1e-8f };
    float value[COUNT] = { 0 }, m[COUNT], v[COUNT];
    fading f = { kernels, { &adam, value, m, v }, { 0 } };
    for (int i = 0; i < COUNT; i++) {
        m[i] = i % 2 ? 1e-30f : -1e-30f;
        v[i] = 1e-30f;
    }
    for (int step = 0; step < 400; step++) {
        vae__parallel(1, fade, &f);
        for (int i = 0; i < COUNT; i++)
            ck_assert(m[i] == 0 || fabsf(m[i]) >= FLT_MIN);
    }
    for (int i = 0; i < COUNT; i++) {
        ck_assert_float_eq(m[i], 0);
        ck_assert_float_eq(v[i], 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("convert and adam");
    const TTest *const each[] = { test_convert, test_adam, test_adam_pieces, test_adam_fades };
    TCase *loops = tcase_create("each variant");
    tcase_set_timeout(loops, 20);
    for (size_t i = 0; i < sizeof each / sizeof *each; i++)
        tcase_add_loop_test(loops, each[i], 0, VARIANTS);
    suite_add_tcase(suite, loops);
    return suite_run(suite);
}
