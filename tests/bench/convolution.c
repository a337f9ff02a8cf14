/* Speed of the convolutions that conv-vae and conv-vae-64 make, kind by kind, by our own products of patches and, where
 * it was built in, by oneDNN with threads of its own: GFLOP/s, the best of some runs, channels last. The forward of a
 * transposed convolution is the data gradient of the convolution that it mirrors, and the other way round. Not a test:
 * `convolution [threads [batch]]`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vae/vae.h>

#include "src/base/parallel.h"

#if VAE_HAVE_ONEDNN
#include <dnnl.h>
#include <omp.h>
#endif

/* 4x4, stride 2, padded by 1: an image of so many channels, half as large behind it. */
typedef struct geometry {
    int64_t size, channels, units;
} geometry;

static const geometry geometries[] = { { 28, 1, 32 },  { 14, 32, 64 }, { 64, 3, 32 },
                                       { 32, 32, 32 }, { 16, 32, 64 }, { 8, 64, 64 } };

enum { FORWARD, DATA, WEIGHTS, KINDS, RUNS = 7 };
static const char *const kinds[KINDS] = { "forward", "data gradient", "weight gradient" };
static const char *const phases[KINDS] = { "forward", "backward", "reduce" };

static double operations(const geometry *g, int64_t batch)
{
    return 2.0 * (double)batch * (double)(g->size * g->size / 4) * 16.0 * (double)(g->channels * g->units);
}

static void must(vae_status status)
{
    if (!status.code)
        return;
    fprintf(stderr, "convolution: %s\n", status.message);
    exit(1);
}

static float *numbers(size_t count)
{
    float *x = malloc(count * sizeof *x);
    if (!x)
        exit(1);
    for (size_t i = 0; i < count; i++)
        x[i] = (float)(i % 13) * 0.1f - 0.6f;
    return x;
}

/* ---- Ours: a graph of one convolution, its profile --------------------------------------------------------------- */

static void profile_of(const vae_executor *executor, double seconds[KINDS])
{
    vae_profile rows[64];
    const int count = vae_executor_profile(executor, rows, 64);
    for (int i = 0; i < count && i < 64; i++)
        for (int kind = 0; kind < KINDS; kind++)
            if (!strcmp(rows[i].op, "conv") && !strcmp(rows[i].phase, phases[kind]))
                seconds[kind] = rows[i].seconds;
}

static void run_own(const geometry *g, int64_t batch, int threads, double best[KINDS])
{
    vae_graph *graph = NULL;
    vae_store *store = NULL;
    vae_program *program = NULL;
    const int64_t image[] = { g->size, g->size, g->channels }, shape[] = { 4, 4, g->channels, g->units };
    must(vae_graph_new(&graph));
    must(vae_store_new(&store));
    vae_node *x = vae_input(graph, "x", 3, image), *weight = vae_parameter(graph, "weight", VAE_GLOROT, 4, shape);
    const vae_window window = { .stride = { 2, 2 }, .padding = { VAE_SAME, VAE_SAME } };
    vae_node *y = vae_conv(x, weight, NULL, &window);
    vae_graph_want_gradient(x);
    const vae_compile_options options = { .objective = vae_mean_rows(vae_sum(vae_square(y), 0)) };
    must(vae_graph_compile(graph, store, &options, &program));
    vae_store_initialize(store, 1);
    float *values = numbers((size_t)(batch * g->size * g->size * g->channels));
    float *gradient = numbers((size_t)vae_store_size(store));
    const vae_binding binding = { x, values, VAE_FLOAT32, NULL };
    const vae_run run = { .examples = batch, .bindings = &binding, .binding_count = 1, .gradient = gradient };
    for (int i = 0; i < RUNS; i++) {
        vae_executor *executor = NULL;
        double seconds[KINDS] = { 0 };
        must(vae_executor_new(
            program, &(vae_executor_options){ .capacity = batch, .threads = threads, .profile = true }, &executor));
        enum { REPEATS = 4 };
        for (int repeat = 0; repeat < REPEATS; repeat++)
            must(vae_executor_run(executor, &run));
        profile_of(executor, seconds);
        for (int kind = 0; kind < KINDS; kind++)
            if (seconds[kind] / REPEATS / threads < best[kind])
                best[kind] = seconds[kind] / REPEATS / threads;
        vae_executor_free(&executor);
    }
    free(values);
    free(gradient);
    vae_program_free(&program);
    vae_store_free(&store);
    vae_graph_free(&graph);
}

/* ---- oneDNN's ---------------------------------------------------------------------------------------------------- */

#if VAE_HAVE_ONEDNN
static void check(dnnl_status_t status)
{
    if (status == dnnl_success)
        return;
    fprintf(stderr, "convolution: oneDNN: status %d\n", (int)status);
    exit(1);
}

static dnnl_memory_t memory_of(const_dnnl_primitive_desc_t chosen, dnnl_query_t query, dnnl_engine_t engine)
{
    dnnl_memory_t memory;
    const dnnl_memory_desc_t *described = dnnl_primitive_desc_query_md(chosen, query, 0);
    check(dnnl_memory_create(&memory, described, engine, numbers(dnnl_memory_desc_get_size(described) / 4 + 1)));
    return memory;
}

static dnnl_primitive_desc_t choose(const geometry *g, int64_t batch, int kind, dnnl_engine_t engine)
{
    dnnl_dims_t image = { batch, g->channels, g->size, g->size }, weight = { g->units, g->channels, 4, 4 };
    dnnl_dims_t result = { batch, g->units, g->size / 2, g->size / 2 }, strides = { 2, 2 }, padding = { 1, 1 };
    dnnl_memory_desc_t x, w, y;
    dnnl_convolution_desc_t desc;
    dnnl_primitive_desc_t chosen, hint = NULL;
    check(dnnl_memory_desc_init_by_tag(&x, 4, image, dnnl_f32, dnnl_nhwc));
    check(dnnl_memory_desc_init_by_tag(&w, 4, weight, dnnl_f32, dnnl_format_tag_any));
    check(dnnl_memory_desc_init_by_tag(&y, 4, result, dnnl_f32, dnnl_nhwc));
    check(dnnl_convolution_forward_desc_init(&desc, dnnl_forward_training, dnnl_convolution_auto, &x, &w, NULL, &y,
                                             strides, padding, padding));
    check(dnnl_primitive_desc_create(&chosen, &desc, NULL, engine, NULL));
    if (kind == FORWARD)
        return chosen;
    hint = chosen;
    if (kind == DATA)
        check(dnnl_convolution_backward_data_desc_init(&desc, dnnl_convolution_auto, &x, &w, &y, strides, padding,
                                                       padding));
    else
        check(dnnl_convolution_backward_weights_desc_init(&desc, dnnl_convolution_auto, &x, &w, NULL, &y, strides,
                                                          padding, padding));
    check(dnnl_primitive_desc_create(&chosen, &desc, NULL, engine, hint));
    dnnl_primitive_desc_destroy(hint);
    return chosen;
}

/* What it needs is not given back: there are few of them, and the program ends. */
static void run_onednn(const geometry *g, int64_t batch, int threads, double best[KINDS])
{
    static const struct {
        int argument;
        dnnl_query_t query;
    } places[KINDS][3] = {
        { { DNNL_ARG_SRC, dnnl_query_src_md },
          { DNNL_ARG_WEIGHTS, dnnl_query_weights_md },
          { DNNL_ARG_DST, dnnl_query_dst_md } },
        { { DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md },
          { DNNL_ARG_WEIGHTS, dnnl_query_weights_md },
          { DNNL_ARG_DIFF_SRC, dnnl_query_diff_src_md } },
        { { DNNL_ARG_SRC, dnnl_query_src_md },
          { DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md },
          { DNNL_ARG_DIFF_WEIGHTS, dnnl_query_diff_weights_md } },
    };
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    omp_set_num_threads(threads);
    check(dnnl_engine_create(&engine, dnnl_cpu, 0));
    check(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags));
    for (int kind = 0; kind < KINDS; kind++) {
        dnnl_primitive_t primitive;
        dnnl_exec_arg_t arguments[3];
        dnnl_primitive_desc_t chosen = choose(g, batch, kind, engine);
        check(dnnl_primitive_create(&primitive, chosen));
        for (int i = 0; i < 3; i++)
            arguments[i] =
                (dnnl_exec_arg_t){ places[kind][i].argument, memory_of(chosen, places[kind][i].query, engine) };
        for (int i = 0; i < 4 * RUNS; i++) {
            const double start = vae__seconds();
            check(dnnl_primitive_execute(primitive, stream, 3, arguments));
            check(dnnl_stream_wait(stream));
            const double seconds = vae__seconds() - start;
            best[kind] = seconds < best[kind] ? seconds : best[kind];
        }
    }
}
#else
static void run_onednn(const geometry *g, int64_t batch, int threads, double best[KINDS])
{
    (void)g, (void)batch, (void)threads, (void)best;
}
#endif

int main(int count, char **words)
{
    const int threads = count > 1 && atoi(words[1]) > 0 ? atoi(words[1]) : 2;
    const int64_t batch = count > 2 && atoi(words[2]) > 0 ? atoi(words[2]) : 128;
    printf("batch %d, %d threads, %s; GFLOP/s\n", (int)batch, threads, vae_kernels());
    printf("%-22s %-16s %8s %8s\n", "4x4 stride 2", "", "own", "oneDNN");
    for (size_t i = 0; i < sizeof geometries / sizeof *geometries; i++) {
        const geometry *g = &geometries[i];
        double own[KINDS] = { 1e9, 1e9, 1e9 }, theirs[KINDS] = { 1e9, 1e9, 1e9 };
        char name[64];
        run_own(g, batch, threads, own);
        run_onednn(g, batch, threads, theirs);
        snprintf(name, sizeof name, "%dx%dx%d to %d", (int)g->size, (int)g->size, (int)g->channels, (int)g->units);
        for (int kind = 0; kind < KINDS; kind++)
            printf("%-22s %-16s %8.1f %8.1f\n", kind ? "" : name, kinds[kind], operations(g, batch) / own[kind] * 1e-9,
                   theirs[kind] < 1e9 ? operations(g, batch) / theirs[kind] * 1e-9 : 0.0);
    }
    return 0;
}
