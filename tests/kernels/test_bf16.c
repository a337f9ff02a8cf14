/*
 * Products in bfloat16: rounding bit for bit, sums against a triple loop in double over factors that are rounded here,
 * the same bits for any cut of the rows, and who is refused. On processors without the instruction all but the refusal
 * is skipped, with a word.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/memory.h"
#include "src/base/parallel.h"
#include "src/kernels/matmul.h"
#include "tests/support/suite.h"

enum { GUARD = 16, MOST_THREADS = 8 };

static const vae__kernels *kernels; /* avx512; NULL: no bfloat16 here */

static void begin(void)
{
    kernels = vae__matmul_bfloat16() ? vae__kernels_find(false, "avx512") : NULL;
}

static void end(void)
{
}

#define ONLY_WHERE_IT_IS                                                                                               \
    if (!kernels) {                                                                                                    \
        printf("skipped: this processor or this build has no bfloat16\n");                                             \
        return;                                                                                                        \
    }

/* ---- Rounding ---------------------------------------------------------------------------------------------------- */

static float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* To the nearest of 8 significant bits, of two as near the even one; what is denormal is 0. By arithmetic, not bits. */
static float rounded(float x)
{
    int exponent;
    if (!isfinite(x) || x == 0)
        return x;
    if (fabsf(x) < 0x1p-126f)
        return 0;
    const double fraction = frexp((double)x, &exponent), wide = ldexp(fraction, 8);
    double whole = floor(wide), rest = wide - whole;
    if (rest > 0.5 || (rest == 0.5 && fmod(whole, 2) != 0))
        whole++;
    const double value = ldexp(whole, exponent - 8);
    return fabs(value) >= 0x1p128 ? copysignf(INFINITY, x) : (float)value;
}

/* c (rows, columns) of a product with one step: element (i, j) = x(i) · y(j). */
static void outer(vae__matmul_form form, int64_t rows, int64_t columns, const float *x, const float *y, float *c)
{
    vae__matmul_piece piece = { .form = form,
                                .m = rows,
                                .n = columns,
                                .k = 1,
                                .a = x,
                                .b = y,
                                .c = c,
                                .lda = form == VAE__TN ? rows : 1,
                                .ldb = form == VAE__NT ? 1 : columns,
                                .ldc = columns,
                                .scratch = vae__alloc(VAE__MATMUL_SCRATCH, 1) };
    vae__matmul_bfloat16()(&piece);
    vae__free(piece.scratch);
}

/* A zero's sign is lost in the sum, which begins with +0. */
static void check_rounded(float x, float found)
{
    const float expected = rounded(x) + 0.0f;
    if (isnan(x) ? !isnan(found) : bits_of(found) != bits_of(expected))
        ck_abort_msg("%a (%08x): expected %a, found %a", (double)x, bits_of(x), (double)expected, (double)found);
}

/* Patterns of bits: all upper halves, with lower halves at and around a tie. */
START_TEST(test_rounding)
{
    ONLY_WHERE_IT_IS
    static const uint32_t lower[] = { 0, 1, 0x7fff, 0x8000, 0x8001, 0xffff };
    enum { LOWER = sizeof lower / sizeof *lower, COUNT = 1 << 16 };
    const float one = 1;
    float *x = malloc(COUNT * sizeof *x), *c = malloc(COUNT * sizeof *c);
    for (int l = 0; l < LOWER; l++)
        for (int form = 0; form < 3; form++) {
            for (uint32_t upper = 0; upper < COUNT; upper++)
                x[upper] = float_of(upper << 16 | lower[l]);
            outer((vae__matmul_form)form, COUNT, 1, x, &one, c);
            for (int i = 0; i < COUNT; i++)
                check_rounded(x[i], c[i]);
            outer((vae__matmul_form)form, 1, COUNT, &one, x, c);
            for (int i = 0; i < COUNT; i++)
                check_rounded(x[i], c[i]);
        }
    free(x);
    free(c);
}
END_TEST

/* ---- Sums -------------------------------------------------------------------------------------------------------- */

typedef struct extras {
    bool bias, relu, add;
} extras;
static const extras all_extras[] = {
    { 0 }, { .bias = true }, { .relu = true }, { true, true, false }, { .add = true }
};
enum { EXTRAS = sizeof all_extras / sizeof *all_extras };

/* Operands, and what is right in double. */
typedef struct problem {
    vae__matmul_spec spec;
    float *a, *b, *bias, *before, *c;
    double *sum, *scale; /* of products, and what rounding errors are measured by */
    const vae__update *update;
} problem;

/* Of a few hundred different fractions, none of which bfloat16 has exactly. */
static float *numbers(int64_t count, unsigned seed)
{
    float *made = malloc((size_t)(count + GUARD) * sizeof *made);
    for (int64_t i = 0; i < count + GUARD; i++)
        made[i] = (float)((i * 7919 + seed * 104729) % 2003) / 1000 - 1;
    return made;
}

static problem make_problem(vae__matmul_spec spec)
{
    const size_t values = (size_t)(spec.m * spec.n);
    return (problem){ .spec = spec,
                      .a = numbers(spec.m * spec.k, 1),
                      .b = numbers(spec.k * spec.n, 2),
                      .bias = numbers(spec.n, 3),
                      .before = numbers(spec.m * spec.n, 4),
                      .c = numbers(spec.m * spec.n, 4),
                      .sum = calloc(values, sizeof(double)),
                      .scale = calloc(values, sizeof(double)) };
}

static void free_problem(problem *p)
{
    float *arrays[] = { p->a, p->b, p->bias, p->before, p->c };
    for (int i = 0; i < 5; i++)
        free(arrays[i]);
    free(p->sum);
    free(p->scale);
}

static void round_all(float *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        values[i] = rounded(values[i]);
}

/* matmul.h's formulas for all of the batch. Factors are rounded here, after the product has seen them as they were. */
static void add_up(problem *p)
{
    round_all(p->a, p->spec.m * p->spec.k);
    round_all(p->b, p->spec.k * p->spec.n);
    const vae__matmul_spec *s = &p->spec;
    for (int64_t i = 0; i < s->m; i++)
        for (int64_t l = 0; l < s->k; l++) {
            const double x = (double)p->a[s->form == VAE__TN ? l * s->m + i : i * s->k + l];
            for (int64_t j = 0; j < s->n; j++) {
                const double y = (double)p->b[s->form == VAE__NT ? j * s->k + l : l * s->n + j];
                p->sum[i * s->n + j] += x * y;
                p->scale[i * s->n + j] += fabs(x * y);
            }
        }
}

typedef struct job {
    const vae__matmul *matmul;
    vae__matmul_call call;
    void *scratch[MOST_THREADS];
} job;

static void work(void *context, vae__team team)
{
    const job *j = context;
    vae__matmul_call call = j->call;
    int64_t begin, end;
    call.thread = team.thread;
    call.scratch = j->scratch[team.thread];
    vae__share(team, vae__matmul_units(j->matmul, call.batch), &begin, &end);
    vae__matmul_run(j->matmul, &call, begin, end);
}

static void run(const problem *p, const vae__matmul *matmul, int64_t batch, int threads)
{
    job j = { .matmul = matmul, .call = { p->a, p->b, p->bias, p->c, batch, .update = p->update } };
    memcpy(p->c, p->before, (size_t)(p->spec.m * p->spec.n + GUARD) * sizeof *p->c);
    for (int i = 0; i < threads; i++)
        j.scratch[i] = vae__alloc(vae__matmul_scratch(matmul), 1);
    vae__parallel(threads, work, &j);
    for (int i = 0; i < threads; i++)
        vae__free(j.scratch[i]);
}

static double right(const problem *p, int64_t i)
{
    double sum = p->sum[i];
    sum += p->spec.add ? (double)p->before[i] : 0;
    sum += p->spec.bias ? (double)p->bias[i % p->spec.n] : 0;
    return p->spec.relu && sum < 0 ? 0 : sum;
}

static vae__matmul_spec spec_of(vae__matmul_form form, int64_t batch, int64_t in, int64_t out, extras e)
{
    const bool gradient = form == VAE__TN;
    if (form != VAE__NN)
        e.bias = e.relu = false;
    return (vae__matmul_spec){ .form = form,
                               .m = gradient ? in : batch,
                               .n = out,
                               .k = gradient ? batch : in,
                               .bias = e.bias,
                               .relu = e.relu,
                               .add = e.add,
                               .threads = MOST_THREADS,
                               .bf16 = true,
                               .kernels = kernels };
}

/* A run over the whole batch on one thread is right, and nothing behind c is touched. */
static void check_spec(vae__matmul_spec spec)
{
    problem p = make_problem(spec);
    vae__matmul *matmul = NULL;
    ck_assert_status_ok(vae__matmul_new(&spec, &matmul));
    run(&p, matmul, spec.form == VAE__TN ? spec.k : spec.m, 1);
    add_up(&p);
    for (int64_t i = 0; i < spec.m * spec.n; i++)
        if (!(fabs((double)p.c[i] - right(&p, i)) <= 2e-6 * (1 + p.scale[i])))
            ck_abort_msg("form %d (%d, %d) of %d, bias %d relu %d add %d: element %d: %.9g, not %.9g", spec.form,
                         (int)spec.m, (int)spec.n, (int)spec.k, spec.bias, spec.relu, spec.add, (int)i, (double)p.c[i],
                         right(&p, i));
    ck_assert_mem_eq(p.c + spec.m * spec.n, p.before + spec.m * spec.n, GUARD * sizeof(float));
    vae__matmul_free(&matmul);
    free_problem(&p);
}

/* Sizes around those of tiles and vectors. */
START_TEST(test_small)
{
    ONLY_WHERE_IT_IS
    static const int64_t sizes[] = { 1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33 };
    enum { SIZES = sizeof sizes / sizeof *sizes };
    int turn = 0;
    for (int form = 0; form < 3; form++)
        for (int i = 0; i < SIZES; i++)
            for (int k = 0; k < SIZES; k++)
                for (int64_t n = 1; n <= 49; n += 1 + turn % 3)
                    check_spec(spec_of((vae__matmul_form)form, sizes[i], sizes[k], n, all_extras[turn++ % EXTRAS]));
}
END_TEST

/* Of more than a block of steps (160), a group of rows (256) and a panel of columns (48), odd ones among them. */
START_TEST(test_large)
{
    ONLY_WHERE_IT_IS
    static const int64_t shapes[][3] = { { 128, 784, 400 }, { 128, 400, 20 }, { 128, 20, 500 },
                                         { 300, 321, 97 },  { 257, 161, 49 }, { 511, 159, 50 },
                                         { 70, 523, 270 },  { 600, 2, 3 },    { 331, 700, 20 } };
    for (int form = 0; form < 3; form++)
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
            for (int e = 0; e < EXTRAS; e += form == VAE__NN ? 1 : EXTRAS - 1)
                check_spec(spec_of((vae__matmul_form)form, shapes[i][0], shapes[i][1], shapes[i][2], all_extras[e]));
}
END_TEST

/* Any number of threads, and any number of rows beside it, leave a row its bits. */
START_TEST(test_cuts)
{
    ONLY_WHERE_IT_IS
    for (int form = 0; form < 3; form++)
        for (int e = 0; e < EXTRAS; e++) {
            const vae__matmul_spec spec = spec_of((vae__matmul_form)form, 301, 333, 131, all_extras[e]);
            problem p = make_problem(spec);
            const int64_t batch = form == VAE__TN ? spec.k : spec.m;
            float *whole = malloc((size_t)(spec.m * spec.n) * sizeof *whole);
            vae__matmul *matmul = NULL;
            ck_assert_status_ok(vae__matmul_new(&spec, &matmul));
            run(&p, matmul, batch, 1);
            memcpy(whole, p.c, (size_t)(spec.m * spec.n) * sizeof *whole);
            for (int threads = 2; threads <= MOST_THREADS; threads++) {
                run(&p, matmul, batch, threads);
                ck_assert_mem_eq(p.c, whole, (size_t)(spec.m * spec.n) * sizeof *whole);
            }
            for (int64_t rows = 1; form != VAE__TN && rows < batch; rows += 1 + rows / 8) {
                run(&p, matmul, rows, 1);
                ck_assert_mem_eq(p.c, whole, (size_t)(rows * spec.n) * sizeof *whole);
            }
            vae__matmul_free(&matmul);
            free(whole);
            free_problem(&p);
        }
}
END_TEST

/* A weight's gradient and Adam's step on it at once make the same bits as one after the other. */
static void check_update(int64_t batch, int64_t in, int64_t out, int threads)
{
    const vae__matmul_spec spec = spec_of(VAE__TN, batch, in, out, (extras){ 0 });
    problem p = make_problem(spec);
    const vae__adam adam = { .rate = 1e-2f, .beta1 = 0.9f, .beta2 = 0.999f, .epsilon = 1e-8f };
    const int64_t count = in * out;
    float *arrays[2][3];
    for (int i = 0; i < 6; i++) {
        arrays[i / 3][i % 3] = numbers(count, 5 + (unsigned)i % 3);
        for (int64_t k = 0; i % 3 == 2 && k < count; k++)
            arrays[i / 3][2][k] *= arrays[i / 3][2][k];
    }
    vae__matmul *matmul = NULL;
    ck_assert_status_ok(vae__matmul_new(&spec, &matmul));
    run(&p, matmul, batch, 1);
    vae__update apart = { &adam, arrays[0][0], arrays[0][1], arrays[0][2] };
    vae__update at_once = { &adam, arrays[1][0], arrays[1][1], arrays[1][2] };
    kernels->adam(&apart, count, p.c);
    p.update = &at_once;
    run(&p, matmul, batch, threads);
    ck_assert_mem_eq(p.c, p.before, (size_t)count * sizeof(float));
    for (int i = 0; i < 3; i++)
        ck_assert_mem_eq(arrays[0][i], arrays[1][i], (size_t)(count + GUARD) * sizeof(float));
    for (int i = 0; i < 6; i++)
        free(arrays[i / 3][i % 3]);
    vae__matmul_free(&matmul);
    free_problem(&p);
}

START_TEST(test_update)
{
    ONLY_WHERE_IT_IS
    static const int64_t shapes[][3] = { { 128, 100, 400 }, { 1, 3, 5 },     { 7, 20, 40 },   { 129, 33, 47 },
                                         { 500, 65, 130 },  { 2100, 9, 50 }, { 330, 530, 49 } };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int threads = 1; threads <= MOST_THREADS; threads *= 2)
            check_update(shapes[i][0], shapes[i][1], shapes[i][2], threads);
}
END_TEST

/* ---- Refused ----------------------------------------------------------------------------------------------------- */

/* Never something else in its place. */
START_TEST(test_refused)
{
    static const struct {
        bool float64;
        const char *name, *words;
    } others[] = {
        { true, "generic", "precision bf16: expected float32 for all else, found float64" },
        { false, "generic", "precision bf16: expected kernels \"avx512\", found \"generic\"" },
        { false, "avx2", "precision bf16: expected kernels \"avx512\", found \"avx2\"" },
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        vae__matmul_spec spec = spec_of(VAE__NN, 3, 4, 5, (extras){ 0 });
        vae__matmul *matmul = NULL;
        spec.kernels = vae__kernels_find(others[i].float64, others[i].name);
        if (!spec.kernels)
            continue;
        const char *words =
            kernels || others[i].float64 ? others[i].words : "precision bf16: expected a processor with AVX512_BF16";
        ck_assert_status(vae__matmul_new(&spec, &matmul), VAE_ERROR_UNSUPPORTED, words);
        ck_assert_ptr_null(matmul);
    }
    if (kernels)
        ck_assert_status_ok(vae__matmul_check_bfloat16(kernels));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bf16");
    const TTest *const tests[] = { test_rounding, test_small, test_large, test_cuts, test_update, test_refused, NULL };
    suite_case_between(suite, "bf16", 120, begin, end, tests);
    return suite_run(suite);
}
