/* Matrix products against a triple loop in double: both back ends, every variant that this processor has. */
#include <errno.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vae/version.h>

#include "src/base/memory.h"
#include "src/base/parallel.h"
#include "src/kernels/matmul.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"

static const struct {
    bool float64;
    const char *name;
} variants[] = { { true, "generic" }, { false, "generic" }, { false, "avx2" }, { false, "avx512" } };
enum { VARIANTS = sizeof variants / sizeof *variants, GUARD = 16, MOST_THREADS = 5 };

typedef struct extras {
    bool bias, relu, add;
} extras;
static const extras all_extras[] = {
    { 0 }, { .bias = true }, { .relu = true }, { true, true, false }, { .add = true }
};
enum { EXTRAS = sizeof all_extras / sizeof *all_extras };

/* A product's operands, of its precision, and what is right in double. */
typedef struct problem {
    vae__matmul_spec spec;
    size_t size; /* of a number */
    char *a, *b, *bias, *before, *c;
    double *sum, *scale; /* of products, and what rounding errors are measured by */
    const vae__update *update;
} problem;

static char *numbers(const problem *p, int64_t count, unsigned seed)
{
    char *made = malloc((size_t)(count + 2 * GUARD) * p->size);
    for (int64_t i = 0; i < count + 2 * GUARD; i++) {
        float x = (float)((i * 7919 + seed * 104729) % 2003) / 1000 - 1;
        double wide = (double)x;
        memcpy(made + (size_t)i * p->size, p->size == 8 ? (void *)&wide : (void *)&x, p->size);
    }
    return made;
}

static double number(const problem *p, const char *array, int64_t i)
{
    const char *at = array + (size_t)i * p->size;
    return p->size == 8 ? *(const double *)(const void *)at : (double)*(const float *)(const void *)at;
}

static problem make_problem(vae__matmul_spec spec)
{
    problem p = { .spec = spec, .size = spec.kernels->float64 ? 8 : 4 };
    p.a = numbers(&p, spec.m * spec.k, 1);
    p.b = numbers(&p, spec.k * spec.n, 2);
    p.bias = numbers(&p, spec.n, 3);
    p.before = numbers(&p, spec.m * spec.n, 4);
    p.c = numbers(&p, spec.m * spec.n, 4);
    p.sum = calloc((size_t)(spec.m * spec.n), sizeof *p.sum);
    p.scale = calloc((size_t)(spec.m * spec.n), sizeof *p.scale);
    return p;
}

static void free_problem(problem *p)
{
    free(p->a);
    free(p->b);
    free(p->bias);
    free(p->before);
    free(p->c);
    free(p->sum);
    free(p->scale);
}

/* The products of matmul.h's formulas that a run over `batch` has more than one over `done`. */
static void extend(problem *p, int64_t done, int64_t batch)
{
    const vae__matmul_spec *s = &p->spec;
    bool gradient = s->form == VAE__TN;
    for (int64_t i = gradient ? 0 : done; i < (gradient ? s->m : batch); i++)
        for (int64_t j = 0; j < s->n; j++)
            for (int64_t l = gradient ? done : 0; l < (gradient ? batch : s->k); l++) {
                double x = number(p, p->a, gradient ? l * s->m + i : i * s->k + l);
                double y = number(p, p->b, s->form == VAE__NT ? j * s->k + l : l * s->n + j);
                p->sum[i * s->n + j] += x * y;
                p->scale[i * s->n + j] += fabs(x * y);
            }
}

static double right(const problem *p, int64_t i)
{
    double sum = p->sum[i];
    sum += p->spec.add ? number(p, p->before, i) : 0;
    sum += p->spec.bias ? number(p, p->bias, i % p->spec.n) : 0;
    return p->spec.relu && sum < 0 ? 0 : sum;
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
    memcpy(p->c, p->before, (size_t)(p->spec.m * p->spec.n + GUARD) * p->size);
    for (int i = 0; i < threads; i++)
        j.scratch[i] = vae__alloc(vae__matmul_scratch(matmul), 1);
    vae__parallel(threads, work, &j);
    for (int i = 0; i < threads; i++)
        vae__free(j.scratch[i]);
}

/* c is right as far as the run goes, and as before beyond. */
static void check_run(const problem *p, int64_t batch)
{
    const vae__matmul_spec *s = &p->spec;
    int64_t count = s->n * (s->form == VAE__TN ? s->m : batch);
    double unit = p->size == 8 ? 3e-14 : 2e-6;
    for (int64_t i = 0; i < count; i++)
        if (!(fabs(number(p, p->c, i) - right(p, i)) <= unit * (1 + p->scale[i])))
            ck_abort_msg(
                "%s%d form %d (%d, %d) of %d, batch %d, bias %d relu %d add %d library %d: element %d: %.9g, not %.9g",
                s->kernels->name, (int)p->size, s->form, (int)s->m, (int)s->n, (int)s->k, (int)batch, s->bias, s->relu,
                s->add, !s->no_onednn, (int)i, number(p, p->c, i), right(p, i));
    ck_assert_mem_eq(p->c + (size_t)count * p->size, p->before + (size_t)count * p->size,
                     (size_t)(s->m * s->n + GUARD - count) * p->size);
}

static int64_t most_batch(const vae__matmul_spec *spec)
{
    return spec->form == VAE__TN ? spec->k : spec->m;
}

static void check_spec(vae__matmul_spec spec, int64_t step)
{
    problem p = make_problem(spec);
    vae__matmul *matmul = NULL;
    ck_assert_status_ok(vae__matmul_new(&spec, &matmul));
    int64_t most = most_batch(&spec), done = 0;
    for (int64_t batch = (most - 1) % step + 1; batch <= most; batch += step) {
        extend(&p, done, batch);
        done = batch;
        run(&p, matmul, batch, 1);
        check_run(&p, batch);
    }
    vae__matmul_free(&matmul);
    ck_assert_ptr_null(matmul);
    free_problem(&p);
}

static vae__matmul_spec spec_of(vae__matmul_form form, int64_t batch, int64_t in, int64_t out, extras e, int threads,
                                bool no_onednn, const vae__kernels *kernels)
{
    bool gradient = form == VAE__TN;
    if (form != VAE__NN)
        e.bias = e.relu = false;
    return (vae__matmul_spec){ .form = form,
                               .m = gradient ? in : batch,
                               .n = out,
                               .k = gradient ? batch : in,
                               .bias = e.bias,
                               .relu = e.relu,
                               .add = e.add,
                               .threads = threads,
                               .no_onednn = no_onednn,
                               .kernels = kernels };
}

#define FOR_VARIANT                                                                                                    \
    const vae__kernels *kernels = vae__kernels_find(variants[_i].float64, variants[_i].name);                          \
    if (!kernels)                                                                                                      \
        return;

/* Sizes around those of tiles and vectors. */
START_TEST(test_small)
{
    FOR_VARIANT
    static const int64_t sizes[] = { 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 47, 49, 65 };
    enum { SIZES = sizeof sizes / sizeof *sizes };
    int turn = 0;
    for (int form = 0; form < 3; form++)
        for (int i = 0; i < SIZES; i++)
            for (int j = 0; j < SIZES; j++)
                for (int k = 0; k < SIZES; k++)
                    check_spec(
                        spec_of(form, sizes[i], sizes[j], sizes[k], all_extras[turn++ % EXTRAS], 1, true, kernels),
                        sizes[i]);
}
END_TEST

/* Every batch up to the most, odd sizes: full pieces, what remains of them, and cuts across. */
START_TEST(test_every_batch)
{
    FOR_VARIANT
    int turn = 0;
    for (int library = 0; library < 2; library++)
        for (int form = 0; form < 3; form++)
            for (int e = 0; e < EXTRAS; e++)
                check_spec(spec_of(form, 70, 211, 197, all_extras[e], 1, !library, kernels), 1 + turn++ % 3);
}
END_TEST

/* The shapes of a VAE, and of more than one unit across. */
START_TEST(test_layers)
{
    FOR_VARIANT
    static const int64_t shapes[][3] = { { 128, 784, 400 }, { 128, 400, 20 }, { 128, 20, 400 }, { 100, 400, 784 } };
    for (int library = 0; library < 2; library++)
        for (int form = 0; form < 3; form++)
            for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
                check_spec(spec_of(form, shapes[i][0], shapes[i][1], shapes[i][2], (extras){ 0 }, 1, !library, kernels),
                           61);
}
END_TEST

START_TEST(test_threads)
{
    FOR_VARIANT
    for (int library = 0; library < 2; library++)
        for (int form = 0; form < 3; form++) {
            vae__matmul_spec spec = spec_of(form, 130, 200, 400, all_extras[1], MOST_THREADS, !library, kernels);
            problem p = make_problem(spec);
            size_t bytes = (size_t)(spec.m * spec.n) * p.size;
            char *alone = malloc(bytes);
            vae__matmul *matmul = NULL;
            ck_assert_status_ok(vae__matmul_new(&spec, &matmul));
            for (int64_t batch = 130; batch > 0; batch -= 43) {
                run(&p, matmul, batch, 1);
                memcpy(alone, p.c, bytes);
                for (int threads = 2; threads <= MOST_THREADS; threads += threads == 3 ? 2 : 1) {
                    run(&p, matmul, batch, threads);
                    ck_assert_mem_eq(p.c, alone, bytes);
                }
            }
            vae__matmul_free(&matmul);
            free(alone);
            free_problem(&p);
        }
}
END_TEST

/* Every third value of a, and a stretch of them, becomes 0, as behind a relu and at the rim of an image. */
static void put_zeros(const problem *p, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (i % 3 == 0 || i % 50 > 30)
            memset((char *)p->a + (size_t)i * p->size, 0, p->size);
}

/* In the plain loop a row of a product is the same however many others there are; alone, it skips what is 0. */
START_TEST(test_rows_alone)
{
    FOR_VARIANT
    for (int form = VAE__NN; form <= VAE__NT; form++)
        for (int64_t in = 20; in <= 600; in += 290) {
            vae__matmul_spec spec = spec_of(form, 19, in, 77, all_extras[3], 1, true, kernels);
            problem p = make_problem(spec);
            put_zeros(&p, spec.m * spec.k);
            size_t bytes = (size_t)(spec.m * spec.n) * p.size;
            char *together = malloc(bytes);
            vae__matmul *matmul = NULL;
            ck_assert_status_ok(vae__matmul_new(&spec, &matmul));
            run(&p, matmul, 19, 1);
            memcpy(together, p.c, bytes);
            for (int64_t batch = 1; batch < 19; batch++) {
                run(&p, matmul, batch, 1);
                ck_assert_mem_eq(p.c, together, (size_t)(batch * spec.n) * p.size);
            }
            vae__matmul_free(&matmul);
            free(together);
            free_problem(&p);
        }
}
END_TEST

/* A weight's gradient and Adam's step on it at once make the same bits as one after the other, however many threads,
 * units and blocks of the batch. */
static void check_update(int64_t batch, int64_t in, int64_t out, int threads, bool library, const vae__kernels *kernels)
{
    vae__matmul_spec spec = spec_of(VAE__TN, batch, in, out, (extras){ 0 }, threads, !library, kernels);
    problem p = make_problem(spec);
    const vae__adam adam = { .rate = 1e-2f, .beta1 = 0.9f, .beta2 = 0.999f, .epsilon = 1e-8f };
    const int64_t count = in * out;
    float *arrays[2][3];
    for (int i = 0; i < 6; i++) {
        arrays[i / 3][i % 3] = (float *)(void *)numbers(&p, count, 5 + (unsigned)i % 3);
        for (int64_t k = 0; i % 3 == 2 && k < count; k++)
            arrays[i / 3][2][k] *= arrays[i / 3][2][k];
    }
    vae__matmul *matmul = NULL;
    ck_assert_status_ok(vae__matmul_new(&spec, &matmul));
    run(&p, matmul, batch, 1);
    vae__update apart = { &adam, arrays[0][0], arrays[0][1], arrays[0][2] };
    vae__update at_once = { &adam, arrays[1][0], arrays[1][1], arrays[1][2] };
    kernels->adam(&apart, count, (const float *)(const void *)p.c);
    p.update = &at_once;
    run(&p, matmul, batch, threads);
    for (int i = 0; i < 3; i++)
        ck_assert_mem_eq(arrays[0][i], arrays[1][i], (size_t)(count + GUARD) * sizeof(float));
    for (int i = 0; i < 6; i++)
        free(arrays[i / 3][i % 3]);
    vae__matmul_free(&matmul);
    free_problem(&p);
}

START_TEST(test_update)
{
    FOR_VARIANT
    if (kernels->float64)
        return;
    static const int64_t shapes[][3] = { { 128, 100, 400 }, { 1, 3, 5 },     { 7, 20, 40 },   { 129, 33, 47 },
                                         { 500, 65, 130 },  { 2100, 9, 50 }, { 330, 530, 49 } };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int threads = 1; threads <= MOST_THREADS; threads += 2)
            for (int library = 0; library < 2; library++)
                check_update(shapes[i][0], shapes[i][1], shapes[i][2], threads, library, kernels);
}
END_TEST

/* Making and running leave the host's setting alone, and oneDNN is there where it ought to be. */
START_TEST(test_host)
{
    omp_set_num_threads(3);
    for (int turn = 0; turn < 6; turn++) {
        const vae__kernels *kernels = vae__kernels_find(false, turn < 3 ? "generic" : NULL);
        const bool library = !kernels->wide && !strstr(vae_kernels(), "without");
        vae__matmul_spec spec = spec_of(turn % 3, 128, 300, 400, (extras){ 0 }, 2, false, kernels);
        problem p = make_problem(spec);
        vae__matmul *matmul = NULL;
        ck_assert_status_ok(vae__matmul_new(&spec, &matmul));
        ck_assert_int_eq(omp_get_max_threads(), 3);
        ck_assert_int_eq(vae__matmul_uses_library(matmul), library);
        run(&p, matmul, 128, 1);
        ck_assert_int_eq(omp_get_max_threads(), 3);
        run(&p, matmul, 128, 2);
        ck_assert_int_eq(omp_get_max_threads(), 3);
        vae__matmul_free(&matmul);
        spec.no_onednn = true;
        ck_assert_status_ok(vae__matmul_new(&spec, &matmul));
        ck_assert(!vae__matmul_uses_library(matmul));
        vae__matmul_free(&matmul);
        free_problem(&p);
    }
}
END_TEST

START_TEST(test_mistakes)
{
    const vae__kernels *kernels = vae__kernels_find(false, NULL);
    vae__matmul_spec none = spec_of(VAE__NN, 0, 3, 4, (extras){ 0 }, 1, false, kernels);
    vae__matmul_spec both = spec_of(VAE__NN, 2, 3, 4, (extras){ .relu = true, .add = true }, 1, false, kernels);
    vae__matmul_spec gradient = spec_of(VAE__NT, 2, 3, 4, (extras){ 0 }, 1, false, kernels);
    gradient.bias = true;
    vae__matmul *matmul = NULL;
    ck_assert_status(vae__matmul_new(&none, &matmul), VAE_ERROR_ARGUMENT, "at least 1");
    ck_assert_ptr_null(matmul);
    ck_assert_status(vae__matmul_new(&both, &matmul), VAE_ERROR_ARGUMENT, "neither bias nor relu");
    ck_assert_status(vae__matmul_new(&gradient, &matmul), VAE_ERROR_ARGUMENT, "neither bias nor relu");
    vae__matmul_free(&matmul);
}
END_TEST

START_TEST(test_no_memory)
{
    vae__matmul_spec spec =
        spec_of(VAE__NN, 128, 300, 400, (extras){ 0 }, 2, false, vae__kernels_find(false, "generic"));
    vae__matmul *matmul = NULL;
    system_reset();
    ck_assert_status_ok(vae__matmul_new(&spec, &matmul));
    long requests = system_count(SYSTEM_ALLOCATE);
    vae__matmul_free(&matmul);
    for (long i = 1; i <= requests; i++) {
        long before = system_outstanding();
        system_reset();
        system_fail(SYSTEM_ALLOCATE, i, ENOMEM, false);
        ck_assert_status(vae__matmul_new(&spec, &matmul), VAE_ERROR_MEMORY, "no memory");
        ck_assert_ptr_null(matmul);
        ck_assert_int_eq(system_outstanding(), before);
    }
    system_reset();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("matmul");
    const TTest *const each[] = {
        test_small, test_every_batch, test_layers, test_threads, test_rows_alone, test_update
    };
    TCase *loops = tcase_create("each variant");
    tcase_set_timeout(loops, 120);
    for (size_t i = 0; i < sizeof each / sizeof *each; i++)
        tcase_add_loop_test(loops, each[i], 0, VARIANTS);
    suite_add_tcase(suite, loops);
    const TTest *const tests[] = { test_host, test_mistakes, test_no_memory, NULL };
    suite_case(suite, "manners", 60, tests);
    return suite_run(suite);
}
