/* Speed of the matrix products that a VAE of 784 - 400 - 20 makes, by our own tiles, by oneDNN (in the pieces that it
 * gets beside the generic kernels; it chooses its own instructions) and, where the processor has it, in bfloat16:
 * GFLOP/s, the best of some runs, with all operands in the caches, on one thread and on as many as asked for (2). Not a
 * test: `matmul [threads [batch]]`. The last lines have Adam's step taken within the product, as in training: weight
 * and both moments then pass by as well, 3.8 MB. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vae/version.h>

#include "src/base/memory.h"
#include "src/base/parallel.h"
#include "src/kernels/matmul.h"

typedef struct shape {
    const char *name;
    vae__matmul_form form;
    int64_t in, out; /* of the layer */
    bool adam;       /* TN: with the optimiser's step */
} shape;

static const shape shapes[] = {
    { "encoder/0", VAE__NN, 784, 400, false },        { "encoder/mean", VAE__NN, 400, 20, false },
    { "decoder/0", VAE__NN, 20, 400, false },         { "decoder/logits", VAE__NN, 400, 784, false },
    { "encoder/0 data", VAE__NT, 784, 400, false },   { "encoder/mean data", VAE__NT, 400, 20, false },
    { "decoder/0 data", VAE__NT, 20, 400, false },    { "decoder/logits data", VAE__NT, 400, 784, false },
    { "encoder/0 weight", VAE__TN, 784, 400, false }, { "encoder/mean weight", VAE__TN, 400, 20, false },
    { "decoder/0 weight", VAE__TN, 20, 400, false },  { "decoder/logits weight", VAE__TN, 400, 784, false },
    { "encoder/0, Adam", VAE__TN, 784, 400, true },   { "decoder/logits, Adam", VAE__TN, 400, 784, true },
};

typedef struct job {
    const vae__matmul *matmul;
    vae__matmul_call call;
    void *scratch[64];
    int repeats;
} job;

static void work(void *context, vae__team team)
{
    const job *j = context;
    vae__matmul_call call = j->call;
    int64_t begin, end;
    call.thread = team.thread;
    call.scratch = j->scratch[team.thread];
    vae__share(team, vae__matmul_units(j->matmul, call.batch), &begin, &end);
    for (int i = 0; i < j->repeats; i++) {
        vae__matmul_run(j->matmul, &call, begin, end);
        vae__barrier(team);
    }
}

static vae__matmul_spec spec_of(const shape *s, int64_t batch)
{
    vae__matmul_spec spec = { .form = s->form, .m = batch, .n = s->out, .k = s->in };
    if (s->form == VAE__NT) {
        spec.n = s->in;
        spec.k = s->out;
    } else if (s->form == VAE__TN) {
        spec.m = s->in;
        spec.k = batch;
    }
    return spec;
}

static float *numbers(int64_t count)
{
    float *x = vae__alloc((size_t)count, sizeof *x);
    if (!x)
        exit(1);
    for (int64_t i = 0; i < count; i++)
        x[i] = (float)(i % 13) * 0.1f - 0.6f;
    return x;
}

typedef enum way { OWN, LIBRARY, BF16 } way;

/* 0: not here. */
static double speed(const shape *s, int64_t batch, int threads, way how)
{
    vae__matmul_spec spec = spec_of(s, batch);
    vae__matmul *matmul = NULL;
    spec.threads = threads;
    spec.no_onednn = how != LIBRARY;
    spec.bf16 = how == BF16;
    spec.kernels = vae__kernels_find(false, how == LIBRARY ? "generic" : getenv("VAE_BENCH_KERNELS"));
    if ((spec.bf16 && vae__matmul_check_bfloat16(spec.kernels).code) || (s->adam && how == LIBRARY))
        return 0;
    if (vae__matmul_new(&spec, &matmul).code)
        exit(1);
    double flops = 2.0 * (double)spec.m * (double)spec.n * (double)spec.k, best = 1e9;
    job j = { .matmul = matmul, .repeats = 1 + (int)(5e8 / flops) };
    float *a = numbers(spec.m * spec.k), *b = numbers(spec.k * spec.n), *c = numbers(spec.m * spec.n);
    float *m = numbers(spec.m * spec.n), *v = vae__alloc((size_t)(spec.m * spec.n), sizeof *v);
    const vae__adam adam = { .rate = 1e-3f, .beta1 = 0.9f, .beta2 = 0.999f, .epsilon = 1e-8f };
    const vae__update update = { &adam, c, m, v };
    j.call = (vae__matmul_call){ .a = a, .b = b, .c = c, .batch = batch, .update = s->adam ? &update : NULL };
    for (int i = 0; i < threads; i++)
        j.scratch[i] = vae__alloc(vae__matmul_scratch(matmul), 1);
    for (int run = 0; run < 9; run++) {
        double start = vae__seconds();
        vae__parallel(threads, work, &j);
        double seconds = (vae__seconds() - start) / j.repeats;
        best = seconds < best ? seconds : best;
    }
    for (int i = 0; i < threads; i++)
        vae__free(j.scratch[i]);
    vae__free(a);
    vae__free(b);
    vae__free(c);
    vae__free(m);
    vae__free(v);
    vae__matmul_free(&matmul);
    return flops / best * 1e-9;
}

int main(int count, char **words)
{
    static const char *const forms[] = { "NN", "NT", "TN" };
    int threads = count > 1 ? atoi(words[1]) : 2;
    int64_t batch = count > 2 ? atoi(words[2]) : 128;
    threads = threads < 1 ? 1 : threads > 64 ? 64 : threads;
    printf("batch %d, kernels %s, %s; GFLOP/s\n", (int)batch,
           vae__kernels_find(false, getenv("VAE_BENCH_KERNELS"))->name, vae_kernels());
    printf("%-22s %-4s %4s %4s %9s %9s %9s %7s %2d %7s %2d %7s %2d\n", "", "form", "in", "out", "own 1", "oneDNN 1",
           "bf16 1", "own", threads, "oneDNN", threads, "bf16", threads);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const shape *s = &shapes[i];
        printf("%-22s %-4s %4d %4d", s->name, forms[s->form], (int)s->in, (int)s->out);
        for (int turn = 0; turn < 6; turn++)
            printf(turn < 3 ? " %9.1f" : " %10.1f", speed(s, batch, turn < 3 ? 1 : threads, (way)(turn % 3)));
        printf("\n");
    }
    return 0;
}
