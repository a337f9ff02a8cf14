/*
 * Running compiled graphs, on a small VAE of the builders: gradients against central differences, the same bits with
 * and without reuse of memory and on any number of threads, rows that do not depend on their batch, the memory plan,
 * noise, bindings, and the store.
 */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/graph.h"
#include "src/kernels/matmul.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"

enum { X = 23, HIDDEN = 17, Z = 4, CAPACITY = 9 };

/* ---- The VAE ----------------------------------------------------------------------------------------------------- */

typedef struct small {
    vae_graph *graph;
    vae_store *store;
    vae_program *program;
    vae_node *x, *noise, *hidden, *mean, *logvar, *z, *logits, *elbo, *objective;
    int64_t hidden_size;
} small;

static float data[CAPACITY * X];

static double uniform(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (double)(*state >> 8) / 16777216.0;
}

static void build(small *s, int64_t hidden, vae_node *(*activation)(vae_node *))
{
    vae_graph *g = s->graph;
    s->x = vae_input(g, "x", 1, (int64_t[]){ X });
    s->hidden = activation(vae_dense(s->x, hidden, "encoder/0"));
    s->mean = vae_dense(s->hidden, Z, "encoder/mean");
    s->logvar = vae_dense(s->hidden, Z, "encoder/logvar");
    s->noise = vae_noise(g, VAE_NORMAL, "noise", 1, (int64_t[]){ Z });
    s->z = vae_gaussian_sample(s->mean, s->logvar, s->noise);
    s->logits = vae_dense(activation(vae_dense(s->z, hidden, "decoder/0")), X, "decoder/logits");
    s->elbo = vae_sub(vae_loglik_bernoulli(s->x, s->logits, NULL), vae_kl_standard_normal(s->mean, s->logvar));
    s->objective = vae_mean_rows(vae_negate(s->elbo));
}

static void begin_sized(small *s, int64_t hidden, vae_node *(*activation)(vae_node *))
{
    uint32_t state = 3;
    for (int i = 0; i < CAPACITY * X; i++)
        data[i] = (float)uniform(&state);
    *s = (small){ .hidden_size = hidden };
    ck_assert_status_ok(vae_graph_new(&s->graph));
    ck_assert_status_ok(vae_store_new(&s->store));
    build(s, hidden, activation);
    vae_node *const kept[] = { s->mean, s->z, s->logits, s->elbo };
    for (int i = 0; i < 4; i++)
        vae_graph_keep(kept[i]);
    vae_graph_want_gradient(s->x);
    vae_graph_want_gradient(s->z);
    ck_assert_status_ok(
        vae_graph_compile(s->graph, s->store, &(vae_compile_options){ .objective = s->objective }, &s->program));
    vae_store_initialize(s->store, 1);
}

static void begin(small *s)
{
    begin_sized(s, HIDDEN, vae_relu);
}

static void release(small *s)
{
    vae_program_free(&s->program);
    vae_graph_free(&s->graph);
    vae_store_free(&s->store);
}

static void end(small *s)
{
    release(s);
    ck_assert_int_eq(system_outstanding(), 0);
}

static vae_executor *executor_of(const small *s, vae_executor_options options)
{
    vae_executor *executor = NULL;
    if (!options.capacity)
        options.capacity = CAPACITY;
    if (!options.threads)
        options.threads = 1;
    ck_assert_status_ok(vae_executor_new(s->program, &options, &executor));
    return executor;
}

/* A run of the first `examples` rows of the data, as a place to begin from. */
static vae_run run_of(const small *s, vae_binding *binding, int64_t examples)
{
    *binding = (vae_binding){ .node = s->x, .values = data, .type = VAE_FLOAT32 };
    return (vae_run){ .examples = examples, .bindings = binding, .binding_count = 1, .seed = 5, .purpose = "train" };
}

/* What a run leaves behind, to be compared bit by bit. */
typedef struct outcome {
    unsigned char bytes[200000];
    size_t size;
} outcome;

static void take(outcome *o, const void *values, size_t size)
{
    ck_assert_ptr_nonnull(values);
    ck_assert_uint_le(o->size + size, sizeof o->bytes);
    memcpy(o->bytes + o->size, values, size);
    o->size += size;
}

static void run_once(const small *s, vae_executor_options options, int64_t examples, outcome *o)
{
    size_t bytes = options.float64 ? sizeof(double) : sizeof(float), store = (size_t)vae_store_size(s->store) * bytes;
    vae_executor *executor = executor_of(s, options);
    void *gradient = malloc(store);
    memset(gradient, 0xff, store); /* not a number, wherever nothing is written */
    vae_binding binding;
    vae_run run = run_of(s, &binding, examples);
    run.gradient = gradient;
    ck_assert_status_ok(vae_executor_run(executor, &run));
    o->size = 0;
    take(o, vae_executor_value(executor, s->objective), bytes);
    take(o, vae_executor_value(executor, s->mean), (size_t)(examples * Z) * bytes);
    take(o, vae_executor_value(executor, s->z), (size_t)(examples * Z) * bytes);
    take(o, vae_executor_value(executor, s->logits), (size_t)(examples * X) * bytes);
    take(o, vae_executor_value(executor, s->elbo), (size_t)examples * bytes);
    take(o, vae_executor_gradient(executor, s->x), (size_t)(examples * X) * bytes);
    take(o, vae_executor_gradient(executor, s->z), (size_t)(examples * Z) * bytes);
    take(o, gradient, store);
    free(gradient);
    vae_executor_free(&executor);
}

static outcome first, second;

static void check_alike(const char *what)
{
    ck_assert_uint_eq(first.size, second.size);
    ck_assert_msg(!memcmp(first.bytes, second.bytes, first.size), "%s: other bits", what);
}

/* ---- Gradients --------------------------------------------------------------------------------------------------- */

static double objective_at(const small *s, vae_executor *executor, vae_run *run, const double *parameters)
{
    run->parameters = parameters;
    run->gradient = NULL;
    ck_assert_status_ok(vae_executor_run(executor, run));
    return *(const double *)vae_executor_value(executor, s->objective);
}

static void check_close(double found, double expected, const char *what, int64_t place)
{
    ck_assert_msg(fabs(found - expected) <= 1e-7 + 1e-5 * fabs(expected), "%s %lld: %.12g, by differences %.12g", what,
                  (long long)place, found, expected);
}

START_TEST(test_gradient)
{
    small s;
    begin_sized(&s, HIDDEN, vae_tanh);
    int64_t size = vae_store_size(s.store);
    double *parameters = calloc((size_t)size, sizeof(double)), *gradient = calloc((size_t)size, sizeof(double));
    for (int64_t i = 0; i < size; i++)
        parameters[i] = vae_store_parameters(s.store)[i];
    vae_executor *executor = executor_of(&s, (vae_executor_options){ .float64 = true });
    vae_binding binding;
    vae_run run = run_of(&s, &binding, 5);
    run.parameters = parameters;
    run.gradient = gradient;
    ck_assert_status_ok(vae_executor_run(executor, &run));
    for (int t = 0; t < vae_store_count(s.store); t++) {
        const vae_tensor *tensor = vae_store_tensor(s.store, t);
        for (int64_t i = 0; i < tensor->size; i++) {
            double *at = &parameters[tensor->offset + i], kept = *at;
            *at = kept + 1e-5;
            double above = objective_at(&s, executor, &run, parameters);
            *at = kept - 1e-5;
            double below = objective_at(&s, executor, &run, parameters);
            *at = kept;
            check_close(gradient[tensor->offset + i], (above - below) / 2e-5, tensor->name, i);
        }
    }
    vae_executor_free(&executor);
    free(parameters);
    free(gradient);
    end(&s);
}
END_TEST

/* The gradient of an input is kept where it is wanted: its last use is as late as any. */
START_TEST(test_gradient_of_input)
{
    small s;
    begin_sized(&s, HIDDEN, vae_tanh);
    double values[2 * X], wanted[2 * X], *gradient = calloc((size_t)vae_store_size(s.store), sizeof(double));
    for (int i = 0; i < 2 * X; i++)
        values[i] = data[i];
    vae_executor *executor = executor_of(&s, (vae_executor_options){ .float64 = true });
    vae_binding binding = { .node = s.x, .values = values, .type = VAE_FLOAT64 };
    vae_run run = { .examples = 2, .bindings = &binding, .binding_count = 1, .gradient = gradient };
    ck_assert_status_ok(vae_executor_run(executor, &run));
    memcpy(wanted, vae_executor_gradient(executor, s.x), sizeof wanted);
    ck_assert_ptr_null(vae_executor_gradient(executor, s.mean));
    ck_assert_ptr_null(vae_executor_gradient(executor, NULL));
    for (int i = 0; i < 2 * X; i++) {
        double kept = values[i];
        values[i] = kept + 1e-5;
        double above = objective_at(&s, executor, &run, NULL);
        values[i] = kept - 1e-5;
        double below = objective_at(&s, executor, &run, NULL);
        values[i] = kept;
        check_close(wanted[i], (above - below) / 2e-5, "x", i);
    }
    ck_assert_ptr_null(vae_executor_gradient(executor, s.x)); /* the last run had none */
    vae_executor_free(&executor);
    free(gradient);
    end(&s);
}
END_TEST

/* One parameter in two places of a graph, by one node or by two of one name: its gradient is the sum of both. */
START_TEST(test_tied_parameters)
{
    double gradients[2][2];
    for (int way = 0; way < 2; way++) {
        vae_graph *graph = NULL;
        vae_store *store = NULL;
        vae_program *program = NULL;
        vae_executor *executor = NULL;
        ck_assert_status_ok(vae_graph_new(&graph));
        ck_assert_status_ok(vae_store_new(&store));
        vae_node *w = vae_parameter(graph, "w", VAE_ZEROS, 1, (int64_t[]){ 2 });
        vae_node *again = way ? vae_parameter(graph, "w", VAE_ZEROS, 1, (int64_t[]){ 2 }) : w;
        vae_node *x = vae_input(graph, "x", 1, (int64_t[]){ 2 });
        vae_node *objective = vae_mean_rows(vae_sum(vae_mul(vae_square(vae_add(x, w)), again), 0));
        ck_assert_status_ok(
            vae_graph_compile(graph, store, &(vae_compile_options){ .objective = objective }, &program));
        ck_assert_int_eq(vae_store_count(store), 1);
        vae_store_parameters(store)[0] = 0.5f;
        vae_store_parameters(store)[1] = -2;
        ck_assert_status_ok(
            vae_executor_new(program, &(vae_executor_options){ .float64 = true, .threads = 1 }, &executor));
        double gradient[16], values[] = { 1, 3 };
        vae_binding binding = { .node = x, .values = values, .type = VAE_FLOAT64 };
        vae_run run = { .examples = 1, .bindings = &binding, .binding_count = 1, .gradient = gradient };
        ck_assert_status_ok(vae_executor_run(executor, &run));
        memcpy(gradients[way], gradient, sizeof gradients[way]);
        vae_executor_free(&executor);
        vae_program_free(&program);
        vae_graph_free(&graph);
        vae_store_free(&store);
    }
    /* d/dw (x + w)² w = (x + w)² + 2 (x + w) w */
    const double expected[] = { 1.5 * 1.5 + 2 * 1.5 * 0.5, 1 - 2 * 1 * 2 };
    for (int way = 0; way < 2; way++)
        for (int i = 0; i < 2; i++)
            ck_assert_double_eq_tol(gradients[way][i], expected[i], 1e-12);
}
END_TEST

static vae_node *plain_input(vae_graph *graph)
{
    return vae_input(graph, "x", 1, (int64_t[]){ 2 });
}

/* An objective that no parameter has a part in: the gradient is zero, wherever the array held something else. */
START_TEST(test_gradient_of_nothing)
{
    vae_graph *graph = NULL;
    vae_store *store = NULL;
    vae_program *program = NULL;
    vae_executor *executor = NULL;
    ck_assert_status_ok(vae_graph_new(&graph));
    ck_assert_status_ok(vae_store_new(&store));
    vae_node *x = plain_input(graph);
    vae_graph_keep(vae_dense(x, 3, "idle"));
    vae_node *objective = vae_mean_rows(vae_sum(x, 0));
    ck_assert_status_ok(vae_graph_compile(graph, store, &(vae_compile_options){ .objective = objective }, &program));
    ck_assert_status_ok(vae_executor_new(program, &(vae_executor_options){ .threads = 1 }, &executor));
    float gradient[32];
    ck_assert_int_eq(vae_store_size(store), 32);
    memset(gradient, 0xff, sizeof gradient);
    vae_binding binding = { .node = x, .values = (float[]){ 1, 2 }, .type = VAE_FLOAT32 };
    vae_run run = { .examples = 1, .bindings = &binding, .binding_count = 1, .gradient = gradient };
    ck_assert_status_ok(vae_executor_run(executor, &run));
    for (int i = 0; i < 32; i++)
        ck_assert_float_eq(gradient[i], 0);
    ck_assert_float_eq(*(const float *)vae_executor_value(executor, objective), 3);
    vae_executor_free(&executor);
    vae_program_free(&program);
    vae_graph_free(&graph);
    vae_store_free(&store);
}
END_TEST

/* Zero for what other graphs have in the store, and in the gaps behind tensors. */
START_TEST(test_gradient_of_others)
{
    small s, other = { 0 };
    begin(&s);
    int64_t before = vae_store_size(s.store);
    vae_program *program = NULL;
    ck_assert_status_ok(vae_graph_new(&other.graph));
    vae_graph_keep(vae_dense(plain_input(other.graph), 40, "other"));
    vae_graph_keep(vae_state(other.graph, "fitted", 1, (int64_t[]){ 3 }));
    ck_assert_status_ok(vae_graph_compile(other.graph, s.store, NULL, &program));
    ck_assert_int_gt(vae_store_size(s.store), before);

    size_t size = (size_t)vae_store_size(s.store);
    float *gradient = malloc(size * sizeof *gradient);
    bool *mine = calloc(size, sizeof *mine);
    memset(gradient, 0xff, size * sizeof *gradient);
    for (int t = 0; t < vae_store_count(s.store); t++) {
        const vae_tensor *tensor = vae_store_tensor(s.store, t);
        ck_assert_int_eq(tensor->offset % 16, 0);
        for (int64_t i = 0; tensor->trainable && strncmp(tensor->name, "other", 5) && i < tensor->size; i++)
            mine[tensor->offset + i] = true;
    }
    vae_executor *executor = executor_of(&s, (vae_executor_options){ 0 });
    vae_binding binding;
    vae_run run = run_of(&s, &binding, 3);
    run.gradient = gradient;
    ck_assert_status_ok(vae_executor_run(executor, &run));
    for (size_t i = 0; i < size; i++) {
        ck_assert(isfinite(gradient[i]));
        if (!mine[i])
            ck_assert_float_eq(gradient[i], 0);
    }
    vae_executor_free(&executor);
    vae_program_free(&program);
    vae_graph_free(&other.graph);
    free(gradient);
    free(mine);
    end(&s);
}
END_TEST

/* ---- The same bits ----------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    vae_executor_options options;
} settings[] = {
    { "float64", { .float64 = true } }, { "best", { 0 } },
    { "plain", { .no_onednn = true } }, { "generic", { .no_onednn = true, .kernels = "generic" } },
    { "bf16", { .bf16 = true } },
};
enum { SETTINGS = sizeof settings / sizeof *settings };

static bool is_here(const vae_executor_options *options)
{
    if (!options->bf16 || vae__matmul_bfloat16())
        return true;
    printf("skipped: this processor or this build has no bfloat16\n");
    return false;
}

/* The larger of the two sizes has products that are cut into units. */
static const int64_t hidden_sizes[] = { HIDDEN, 300 };

START_TEST(test_reuse)
{
    small s;
    if (!is_here(&settings[_i % SETTINGS].options))
        return;
    begin_sized(&s, hidden_sizes[_i / SETTINGS], vae_relu);
    vae_executor_options options = settings[_i % SETTINGS].options;
    run_once(&s, options, CAPACITY, &first);
    options.no_reuse = true;
    run_once(&s, options, CAPACITY, &second);
    check_alike(settings[_i % SETTINGS].name);
    end(&s);
}
END_TEST

START_TEST(test_threads)
{
    small s;
    if (!is_here(&settings[_i % SETTINGS].options))
        return;
    begin_sized(&s, hidden_sizes[_i / SETTINGS], vae_relu);
    vae_executor_options options = settings[_i % SETTINGS].options;
    options.threads = 1;
    run_once(&s, options, CAPACITY, &first);
    static const int threads[] = { 2, 3, 5 };
    for (int i = 0; i < 3; i++) {
        options.threads = threads[i];
        run_once(&s, options, CAPACITY, &second);
        check_alike(settings[_i % SETTINGS].name);
    }
    end(&s);
}
END_TEST

/* Of `count` values from `at` on: the root of the sum of squared differences, over that of squares. */
static double relative_difference(size_t at, size_t count)
{
    double difference = 0, all = 0;
    for (size_t i = at; i < at + count; i++) {
        float one, other;
        memcpy(&one, first.bytes + i * sizeof one, sizeof one);
        memcpy(&other, second.bytes + i * sizeof other, sizeof other);
        difference += pow((double)one - (double)other, 2);
        all += pow((double)one, 2);
    }
    return sqrt(difference / all);
}

/* Values and gradients are near those of float32, and not the same: the products do round. */
START_TEST(test_bf16)
{
    small s;
    if (!is_here(&(vae_executor_options){ .bf16 = true }))
        return;
    begin_sized(&s, hidden_sizes[_i], vae_tanh);
    run_once(&s, (vae_executor_options){ 0 }, CAPACITY, &first);
    run_once(&s, (vae_executor_options){ .bf16 = true }, CAPACITY, &second);
    const size_t store = (size_t)vae_store_size(s.store);
    const size_t parts[] = { 1, CAPACITY * Z, CAPACITY * Z, CAPACITY * X, CAPACITY, CAPACITY * X, CAPACITY * Z, store };
    size_t at = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; at += parts[i++]) {
        const double difference = relative_difference(at, parts[i]);
        ck_assert_msg(difference > 1e-7 && difference < 1e-2, "part %zu: relative difference %g", i, difference);
    }
    ck_assert_uint_eq(at * sizeof(float), first.size);
    end(&s);
}
END_TEST

/* Where it cannot be had nothing takes its place. */
START_TEST(test_bf16_refused)
{
    static const struct {
        vae_executor_options options;
        const char *words;
    } refused[] = {
        { { .bf16 = true, .float64 = true }, "precision bf16: expected float32 for all else, found float64" },
        { { .bf16 = true, .kernels = "generic" }, "expected kernels \"avx512\", found \"generic\"" },
        { { .bf16 = true, .kernels = "avx2" }, "expected kernels \"avx512\", found \"avx2\"" },
    };
    small s;
    begin(&s);
    for (int i = 0; i < 3; i++) {
        const vae_executor_options *options = &refused[i].options;
        vae_executor *executor = NULL;
        if (!vae__kernels_find(options->float64, options->kernels))
            continue;
        const bool here = vae__matmul_bfloat16() || options->float64;
        ck_assert_status(vae_executor_new(s.program, options, &executor), VAE_ERROR_UNSUPPORTED,
                         here ? refused[i].words : "expected a processor with AVX512_BF16");
        ck_assert_ptr_null(executor);
    }
    end(&s);
}
END_TEST

/* With our own loops, what a row gets does not depend on how many others there are. */
START_TEST(test_batches)
{
    small s;
    begin_sized(&s, hidden_sizes[_i], vae_relu);
    vae_executor *executor = executor_of(&s, (vae_executor_options){ .no_onednn = true });
    vae_binding binding;
    vae_run run = run_of(&s, &binding, CAPACITY);
    float mean[CAPACITY * Z], logits[CAPACITY * X], elbo[CAPACITY];
    ck_assert_status_ok(vae_executor_run(executor, &run));
    memcpy(mean, vae_executor_value(executor, s.mean), sizeof mean);
    memcpy(logits, vae_executor_value(executor, s.logits), sizeof logits);
    memcpy(elbo, vae_executor_value(executor, s.elbo), sizeof elbo);
    for (int64_t examples = 1; examples <= CAPACITY; examples++) {
        run.examples = examples;
        ck_assert_status_ok(vae_executor_run(executor, &run));
        size_t rows = (size_t)examples * sizeof(float);
        ck_assert_mem_eq(vae_executor_value(executor, s.mean), mean, rows * Z);
        ck_assert_mem_eq(vae_executor_value(executor, s.logits), logits, rows * X);
        ck_assert_mem_eq(vae_executor_value(executor, s.elbo), elbo, rows);
    }
    vae_executor_free(&executor);
    end(&s);
}
END_TEST

typedef struct host {
    const small *s;
    vae_executor *executor;
    float objectives[40];
    vae_status status;
} host;

static void *run_on_host_thread(void *context)
{
    host *h = context;
    for (int i = 0; i < 40 && !h->status.code; i++) {
        vae_binding binding;
        vae_run run = run_of(h->s, &binding, 1 + i % CAPACITY);
        run.step = (uint32_t)i;
        h->status = vae_executor_run(h->executor, &run);
        h->objectives[i] = *(const float *)vae_executor_value(h->executor, h->s->objective);
    }
    return NULL;
}

START_TEST(test_two_executors)
{
    small s;
    begin(&s);
    host alone = { .s = &s, .executor = executor_of(&s, (vae_executor_options){ 0 }) }, both[2];
    run_on_host_thread(&alone);
    for (int threads = 1; threads <= 2; threads++) {
        pthread_t ids[2];
        for (int i = 0; i < 2; i++) {
            both[i] = (host){ .s = &s, .executor = executor_of(&s, (vae_executor_options){ .threads = threads }) };
            ck_assert_int_eq(pthread_create(&ids[i], NULL, run_on_host_thread, &both[i]), 0);
        }
        for (int i = 0; i < 2; i++) {
            pthread_join(ids[i], NULL);
            ck_assert_status_ok(both[i].status);
            ck_assert_mem_eq(both[i].objectives, alone.objectives, sizeof alone.objectives);
            vae_executor_free(&both[i].executor);
        }
    }
    vae_executor_free(&alone.executor);
    end(&s);
}
END_TEST

/* ---- The memory plan --------------------------------------------------------------------------------------------- */

static void check_memory(const small *s, vae_executor_options options)
{
    vae_executor *executor = executor_of(s, options);
    vae_memory memory = vae_executor_memory(executor);
    ck_assert_uint_ge(memory.planned, memory.lower_bound);
    ck_assert_msg((double)memory.planned <= 1.1 * (double)memory.lower_bound, "planned %zu bytes, at least %zu",
                  memory.planned, memory.lower_bound);
    ck_assert_uint_lt(memory.planned, memory.unshared);
    vae_executor_free(&executor);
}

START_TEST(test_plan)
{
    static const int64_t sizes[] = { 3, HIDDEN, 300, 1000 };
    for (int i = 0; i < 4; i++) {
        small s;
        begin_sized(&s, sizes[i], i % 2 ? vae_relu : vae_tanh);
        check_memory(&s, (vae_executor_options){ .capacity = 128 });
        check_memory(&s, (vae_executor_options){ .capacity = 1 });
        check_memory(&s, (vae_executor_options){ .capacity = 128, .float64 = true });
        vae_executor *executor = executor_of(&s, (vae_executor_options){ .no_reuse = true });
        vae_memory memory = vae_executor_memory(executor);
        ck_assert_uint_ge(memory.planned, memory.unshared);
        vae_executor_free(&executor);
        end(&s);
    }
}
END_TEST

/* What is kept is what an executor without reuse has; what is not cannot be read. */
START_TEST(test_keep)
{
    small s;
    begin(&s);
    vae_executor *executor = executor_of(&s, (vae_executor_options){ 0 });
    ck_assert_ptr_null(vae_executor_value(executor, s.mean)); /* no run yet */
    vae_binding binding;
    vae_run run = run_of(&s, &binding, 3);
    ck_assert_status_ok(vae_executor_run(executor, &run));
    ck_assert_ptr_nonnull(vae_executor_value(executor, s.mean));
    ck_assert_ptr_nonnull(vae_executor_value(executor, s.objective));
    ck_assert_ptr_null(vae_executor_value(executor, s.hidden));
    ck_assert_ptr_null(vae_executor_value(executor, NULL));
    ck_assert_ptr_null(vae_executor_gradient(executor, s.x));
    vae_node *later = vae_relu(s.x);
    vae_graph_keep(later);
    ck_assert_ptr_null(vae_executor_value(executor, later));
    /* z = mean + exp(logvar / 2) · noise cannot have been written over by what came after it */
    const float *z = vae_executor_value(executor, s.z), *mean = vae_executor_value(executor, s.mean);
    for (int i = 0; i < 3 * Z; i++)
        ck_assert(fabsf(z[i] - mean[i]) > 0 && fabsf(z[i] - mean[i]) < 20);
    vae_executor_free(&executor);
    end(&s);
}
END_TEST

/* ---- Noise ------------------------------------------------------------------------------------------------------- */

static void run_z(const small *s, vae_executor *executor, const vae_run *run, float z[CAPACITY * Z])
{
    ck_assert_status_ok(vae_executor_run(executor, run));
    memcpy(z, vae_executor_value(executor, s->z), (size_t)(run->examples * Z) * sizeof(float));
}

/* Noise goes with the example: in another order, examples take theirs along. */
START_TEST(test_noise_of_examples)
{
    small s;
    begin(&s);
    vae_executor *executor = executor_of(&s, (vae_executor_options){ .no_onednn = true });
    vae_binding binding;
    vae_run run = run_of(&s, &binding, CAPACITY);
    float z[CAPACITY * Z], other[CAPACITY * Z];
    run_z(&s, executor, &run, z);
    static const uint32_t order[CAPACITY] = { 4, 0, 8, 2, 7, 1, 3, 6, 5 };
    binding.index = order;
    run.example_ids = order;
    run_z(&s, executor, &run, other);
    for (int e = 0; e < CAPACITY; e++)
        ck_assert_mem_eq(other + e * Z, z + order[e] * Z, Z * sizeof(float));
    vae_executor_free(&executor);
    end(&s);
}
END_TEST

START_TEST(test_noise_of_runs)
{
    small s;
    begin(&s);
    vae_executor *executor = executor_of(&s, (vae_executor_options){ 0 });
    vae_binding binding;
    const vae_run usual = run_of(&s, &binding, CAPACITY);
    float z[CAPACITY * Z], other[CAPACITY * Z];
    run_z(&s, executor, &usual, z);
    run_z(&s, executor, &usual, other);
    ck_assert_mem_eq(z, other, sizeof z);
    for (int i = 0; i < 4; i++) {
        vae_run run = usual;
        run.seed = i == 0 ? UINT64_C(5) + (UINT64_C(1) << 40) : usual.seed;
        run.purpose = i == 1 ? "evaluate" : usual.purpose;
        run.step = i == 2;
        run.example_ids = i == 3 ? (const uint32_t[]){ 10, 11, 12, 13, 14, 15, 16, 17, 18 } : NULL;
        run_z(&s, executor, &run, other);
        for (int k = 0; k < CAPACITY * Z; k++)
            ck_assert(z[k] < other[k] || z[k] > other[k]);
    }
    vae_run unnamed = usual;
    unnamed.purpose = NULL;
    run_z(&s, executor, &unnamed, z);
    unnamed.purpose = "";
    run_z(&s, executor, &unnamed, other);
    ck_assert_mem_eq(z, other, sizeof z);
    vae_executor_free(&executor);
    end(&s);
}
END_TEST

/* Noise that is bound is taken as it is. */
START_TEST(test_bound_noise)
{
    small s;
    begin(&s);
    vae_executor *executor = executor_of(&s, (vae_executor_options){ 0 });
    float zeros[CAPACITY * Z] = { 0 };
    vae_binding bindings[] = { { .node = s.x, .values = data, .type = VAE_FLOAT32 },
                               { .node = s.noise, .values = zeros, .type = VAE_FLOAT32 } };
    vae_run run = { .examples = 4, .bindings = bindings, .binding_count = 2, .seed = 5 };
    ck_assert_status_ok(vae_executor_run(executor, &run));
    ck_assert_mem_eq(vae_executor_value(executor, s.z), vae_executor_value(executor, s.mean), 4 * Z * sizeof(float));
    vae_executor_free(&executor);
    end(&s);
}
END_TEST

enum { SAMPLES = 10 };

/* Noise of `samples` rows per example beside noise of one row, whole or in a piece that begins at `first_sample`. */
static void draw_samples(int64_t samples, uint32_t first_sample, float *drawn, float *single)
{
    vae_graph *graph = NULL;
    vae_store *store = NULL;
    vae_program *program = NULL;
    vae_executor *executor = NULL;
    ck_assert_status_ok(vae_graph_new(&graph));
    ck_assert_status_ok(vae_store_new(&store));
    vae_node *noise = vae_noise_samples(graph, VAE_NORMAL, "z", samples, 1, (int64_t[]){ 3 });
    vae_node *alone = vae_noise(graph, VAE_UNIFORM, "binarize", 1, (int64_t[]){ 5 });
    vae_graph_keep(noise);
    vae_graph_keep(alone);
    ck_assert_status_ok(vae_graph_compile(graph, store, NULL, &program));
    ck_assert_status_ok(vae_executor_new(program, &(vae_executor_options){ .capacity = 2, .threads = 1 }, &executor));
    vae_run run = { .examples = 2, .seed = 9, .first_sample = first_sample };
    ck_assert_status_ok(vae_executor_run(executor, &run));
    const float *values = vae_executor_value(executor, noise);
    for (int e = 0; e < 2; e++)
        memcpy(drawn + (e * SAMPLES + first_sample) * 3, values + e * samples * 3, (size_t)samples * 3 * sizeof(float));
    memcpy(single, vae_executor_value(executor, alone), 10 * sizeof(float));
    vae_executor_free(&executor);
    vae_program_free(&program);
    vae_graph_free(&graph);
    vae_store_free(&store);
}

/* Pieces of samples are the whole, a piece of one included; what has one row for each example is not cut and stays. */
START_TEST(test_pieces)
{
    float whole[2 * SAMPLES * 3], pieces[2 * SAMPLES * 3], single[10], other[10];
    draw_samples(SAMPLES, 0, whole, single);
    static const int cuts[] = { 0, 4, 5, 7, SAMPLES };
    for (int i = 0; i < 4; i++) {
        draw_samples(cuts[i + 1] - cuts[i], (uint32_t)cuts[i], pieces, other);
        ck_assert_mem_eq(other, single, sizeof single);
    }
    ck_assert_mem_eq(whole, pieces, sizeof whole);
}
END_TEST

/* ---- What is refused --------------------------------------------------------------------------------------------- */

START_TEST(test_refused_runs)
{
    small s, other;
    begin(&s);
    begin(&other);
    vae_executor *executor = executor_of(&s, (vae_executor_options){ 0 });
    vae_binding binding;
    const vae_run usual = run_of(&s, &binding, 2);
    vae_run run = usual;
    run.binding_count = 0;
    ck_assert_status(vae_executor_run(executor, &run), VAE_ERROR_ARGUMENT, "input x: nothing was bound to it");
    run = usual;
    run.examples = CAPACITY + 1;
    ck_assert_status(vae_executor_run(executor, &run), VAE_ERROR_ARGUMENT, "expected 1 to 9 examples, found 10");
    run.examples = 0;
    ck_assert_status(vae_executor_run(executor, &run), VAE_ERROR_ARGUMENT, "expected 1 to 9 examples, found 0");
    run = usual;
    const vae_node *const bad[] = { other.x, s.mean, NULL };
    for (int i = 0; i < 3; i++) {
        binding.node = bad[i];
        ck_assert_status(vae_executor_run(executor, &run), VAE_ERROR_ARGUMENT,
                         "a binding names no input or noise node of this graph");
    }
    binding.node = s.x;
    binding.values = NULL;
    ck_assert_status(vae_executor_run(executor, &run), VAE_ERROR_ARGUMENT,
                     "input x: bound without values, or of an unknown type");
    binding.values = data;
    binding.type = (vae_type)(VAE_INT64 + 1);
    ck_assert_status(vae_executor_run(executor, &run), VAE_ERROR_ARGUMENT, "of an unknown type");
    binding.type = VAE_FLOAT32;
    ck_assert_status_ok(vae_executor_run(executor, &run));
    vae_executor_free(&executor);
    release(&other);
    vae_program_free(&s.program);
    ck_assert_status_ok(vae_graph_compile(s.graph, s.store, NULL, &s.program));
    executor = executor_of(&s, (vae_executor_options){ 0 });
    run.gradient = &run;
    ck_assert_status(vae_executor_run(executor, &run), VAE_ERROR_ARGUMENT,
                     "a gradient was asked for, of a program without an objective");
    vae_executor_free(&executor);
    end(&s);
}
END_TEST

START_TEST(test_refused_executors)
{
    small s;
    begin(&s);
    vae_executor *executor = NULL;
    ck_assert_status(vae_executor_new(NULL, NULL, &executor), VAE_ERROR_ARGUMENT, "expected a program, found NULL");
    ck_assert_status(vae_executor_new(s.program, &(vae_executor_options){ .capacity = -1 }, &executor),
                     VAE_ERROR_ARGUMENT, "expected a capacity of 0 to 2^31 - 1 examples, found -1");
    ck_assert_status(vae_executor_new(s.program, &(vae_executor_options){ .threads = -2 }, &executor),
                     VAE_ERROR_ARGUMENT, "expected 0 to 1024 threads, found -2");
    ck_assert_status(vae_executor_new(s.program, &(vae_executor_options){ .threads = 1000000 }, &executor),
                     VAE_ERROR_ARGUMENT, "expected 0 to 1024 threads, found 1000000");
    ck_assert_status(vae_executor_new(s.program, &(vae_executor_options){ .kernels = "abacus" }, &executor),
                     VAE_ERROR_UNSUPPORTED, "kernels \"abacus\" are not known");
    ck_assert_ptr_null(executor);
    ck_assert_status_ok(vae_executor_new(s.program, NULL, &executor));
    vae_executor_free(&executor);
    end(&s);
}
END_TEST

/* ---- Data as it is stored ---------------------------------------------------------------------------------------- */

START_TEST(test_stored_types)
{
    vae_graph *graph = NULL;
    vae_store *store = NULL;
    vae_program *program = NULL;
    vae_executor *executor = NULL;
    ck_assert_status_ok(vae_graph_new(&graph));
    ck_assert_status_ok(vae_store_new(&store));
    vae_node *x = plain_input(graph), *same = vae_scale(x, 1);
    vae_graph_keep(same);
    ck_assert_status_ok(vae_graph_compile(graph, store, NULL, &program));
    ck_assert_status_ok(vae_executor_new(program, &(vae_executor_options){ .capacity = 3, .threads = 1 }, &executor));
#define CHECK(kind, type, text)                                                                                        \
    {                                                                                                                  \
        const type values[] = { 1, 2, 3, 4, 5, 100 };                                                                  \
        const uint32_t index[] = { 2, 0, 2 };                                                                          \
        vae_binding binding = { x, values, kind, index };                                                              \
        vae_run run = { .examples = 3, .bindings = &binding, .binding_count = 1 };                                     \
        ck_assert_status_ok(vae_executor_run(executor, &run));                                                         \
        ck_assert_mem_eq(vae_executor_value(executor, same), ((const float[]){ 5, 100, 1, 2, 5, 100 }), 24);           \
    }
    VAE_TYPE_LIST(CHECK)
#undef CHECK
    vae_executor_free(&executor);
    vae_program_free(&program);
    vae_graph_free(&graph);
    vae_store_free(&store);
}
END_TEST

/* ---- The store --------------------------------------------------------------------------------------------------- */

START_TEST(test_first_values)
{
    small s;
    begin_sized(&s, 100, vae_relu);
    const float *values = vae_store_parameters(s.store);
    for (int t = 0; t < vae_store_count(s.store); t++) {
        const vae_tensor *tensor = vae_store_tensor(s.store, t);
        const float *of = values + tensor->offset;
        bool weight = tensor->rank == 2;
        double bound = weight ? sqrt(6.0 / (double)(tensor->shape[0] + tensor->shape[1])) : 0, largest = 0, square = 0;
        for (int64_t i = 0; i < tensor->size; i++) {
            largest = fabs(of[i]) > largest ? fabs(of[i]) : largest;
            square += (double)of[i] * of[i];
        }
        ck_assert_double_le(largest, bound);
        if (weight && tensor->size > 1000) { /* variance bound² / 3 */
            ck_assert_double_gt(largest, 0.99 * bound);
            ck_assert_double_eq_tol(square / (double)tensor->size, bound * bound / 3, 0.1 * bound * bound / 3);
        }
    }
    end(&s);
}
END_TEST

static float first_weight(vae_store *store, const char *name)
{
    return vae_store_parameters(store)[vae_store_find(store, name)->offset];
}

/* By seed and by name; not by the order of entry, nor by what else is in the store. */
START_TEST(test_first_values_by_seed_and_name)
{
    small s;
    begin(&s);
    float one = first_weight(s.store, "encoder/0/weight"), mean = first_weight(s.store, "encoder/mean/weight");
    float logvar = first_weight(s.store, "encoder/logvar/weight");
    ck_assert(mean < logvar || mean > logvar);
    vae_store_initialize(s.store, 2);
    float two = first_weight(s.store, "encoder/0/weight");
    ck_assert(one < two || one > two);
    vae_store_initialize(s.store, 1);
    ck_assert_float_eq(first_weight(s.store, "encoder/0/weight"), one);

    vae_store *store = NULL;
    vae_graph *graph = NULL;
    vae_program *program = NULL;
    ck_assert_status_ok(vae_store_new(&store));
    ck_assert_status_ok(vae_graph_new(&graph));
    vae_graph_keep(vae_dense(vae_input(graph, "x", 1, (int64_t[]){ HIDDEN }), Z, "encoder/mean"));
    ck_assert_status_ok(vae_graph_compile(graph, store, NULL, &program));
    vae_store_initialize(store, 1);
    ck_assert_float_eq(first_weight(store, "encoder/mean/weight"), mean);
    vae_program_free(&program);
    vae_graph_free(&graph);
    vae_store_free(&store);
    end(&s);
}
END_TEST

START_TEST(test_store)
{
    small s;
    begin(&s);
    ck_assert_int_eq(vae_store_count(s.store), 10);
    ck_assert_ptr_null(vae_store_tensor(s.store, -1));
    ck_assert_ptr_null(vae_store_tensor(s.store, 10));
    ck_assert_ptr_null(vae_store_find(s.store, "nobody"));
    int64_t end_of_last = 0;
    for (int t = 0; t < 10; t++) {
        const vae_tensor *tensor = vae_store_tensor(s.store, t);
        ck_assert_ptr_eq(vae_store_find(s.store, tensor->name), tensor);
        ck_assert_int_ge(tensor->offset, end_of_last);
        for (int64_t i = end_of_last; i < tensor->offset; i++)
            ck_assert_float_eq(vae_store_parameters(s.store)[i], 0);
        end_of_last = tensor->offset + tensor->size;
    }
    ck_assert_int_le(end_of_last, vae_store_size(s.store));
    end(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("execute");
    const TTest *const gradients[] = { test_gradient,           test_gradient_of_input,
                                       test_tied_parameters,    test_gradient_of_nothing,
                                       test_gradient_of_others, NULL };
    const TTest *const bits[] = { test_two_executors, NULL };
    const TTest *const plan[] = { test_plan, test_keep, NULL };
    const TTest *const noise[] = { test_noise_of_examples, test_noise_of_runs, test_bound_noise, test_pieces, NULL };
    const TTest *const refused[] = { test_refused_runs, test_refused_executors, test_bf16_refused, NULL };
    const TTest *const stored[] = { test_stored_types, test_first_values, test_first_values_by_seed_and_name,
                                    test_store, NULL };
    suite_case(suite, "gradients", 60, gradients);
    suite_case(suite, "bits", 60, bits);
    suite_case(suite, "plan", 20, plan);
    suite_case(suite, "noise", 20, noise);
    suite_case(suite, "refused", 20, refused);
    suite_case(suite, "stored", 20, stored);
    TCase *settings_case = tcase_create("settings");
    tcase_set_timeout(settings_case, 60);
    tcase_add_loop_test(settings_case, test_reuse, 0, 2 * SETTINGS);
    tcase_add_loop_test(settings_case, test_threads, 0, 2 * SETTINGS);
    tcase_add_loop_test(settings_case, test_batches, 0, 2);
    tcase_add_loop_test(settings_case, test_bf16, 0, 2);
    suite_add_tcase(suite, settings_case);
    return suite_run(suite);
}
