/* How long one row takes through the encoders and decoders of `vae` and `cvae` on one thread: median and 99th
 * percentile of many runs, in microseconds, and the allocations that were made meanwhile, by whomever. Not a test:
 * `latency [runs]`; on a busy machine `chrt -f 50 taskset -c 1 latency`. */
#include "tests/support/allocations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vae/vae.h>

#include "src/base/parallel.h"

enum { X = 784, Z = 64, WARM = 200 };

typedef struct subject {
    const char *name;
    vae_encoder *encoder;
    vae_decoder *decoder;
    float x[X], out[X], z[Z], mean[Z], logvar[Z];
    uint8_t class;
} subject;

static void must(vae_status status)
{
    if (status.code) {
        fprintf(stderr, "%s\n", status.message);
        exit(1);
    }
}

static void encode(subject *s)
{
    const vae_conditions given = { .values = { &s->class } };
    must(vae_encoder_run(s->encoder, s->x, 1, &given, s->mean, s->logvar));
}

static void decode(subject *s)
{
    const vae_conditions given = { .values = { &s->class } };
    must(vae_decoder_run(s->decoder, s->z, 1, &given, s->out));
}

static int compare(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;
    return one < other ? -1 : one > other;
}

static void measure(const char *what, void (*run)(subject *), subject *s, int runs, double *seconds)
{
    for (int i = 0; i < WARM; i++)
        run(s);
    long before = atomic_load(&allocations);
    for (int i = 0; i < runs; i++) {
        double begin = vae__seconds();
        run(s);
        seconds[i] = vae__seconds() - begin;
    }
    long made = atomic_load(&allocations) - before;
    qsort(seconds, (size_t)runs, sizeof *seconds, compare);
    printf("%-5s %-10s %8.1f %8.1f %12ld\n", s->name, what, 1e6 * seconds[runs / 2], 1e6 * seconds[runs * 99 / 100],
           made);
}

static void bench(const char *name, const vae_data *data, int runs, double *seconds)
{
    static subject s;
    vae_model *model = NULL;
    const vae_infer_options options = { .threads = 1, .condition_types = { VAE_UINT8 } };
    s = (subject){ .name = name, .class = 3 };
    const uint8_t *stored = vae_data_find(data, VAE_TRAIN, "x")->values;
    for (int i = 0; i < X; i++)
        s.x[i] = (float)stored[i] / 255;
    for (int i = 0; i < Z; i++)
        s.z[i] = (float)(i % 5) / 5 - 0.4f;
    must(vae_model_new(vae_model_find(NULL, name), NULL, data, 1, &model));
    must(vae_encoder_new(model, &options, &s.encoder));
    must(vae_decoder_new(model, &options, &s.decoder));
    measure("encoder", encode, &s, runs, seconds);
    for (int i = 0; i < X; i++)
        s.x[i] = (float)(i % 7 + 1) / 7;
    measure("no 0 in x", encode, &s, runs, seconds);
    measure("decoder", decode, &s, runs, seconds);
    vae_encoder_free(&s.encoder);
    vae_decoder_free(&s.decoder);
    vae_model_free(&model);
}

int main(int count, char **words)
{
    int runs = count > 1 ? atoi(words[1]) : 20000;
    runs = runs < 1 ? 1 : runs > 10000000 ? 10000000 : runs;
    double *seconds = malloc((size_t)runs * sizeof *seconds);
    vae_data *data = NULL;
    if (!seconds)
        return 1;
    must(vae_data_open("digits:60", NULL, &data));
    printf("%s; one row, one thread, %d runs\n%-5s %-10s %8s %8s %12s\n", vae_kernels(), runs, "", "", "median", "p99",
           ALLOCATIONS_COUNTED ? "allocations" : "(uncounted)");
    bench("vae", data, runs, seconds);
    bench("cvae", data, runs, seconds);
    vae_data_free(&data);
    free(seconds);
    return 0;
}
