/* What needs no place of its own in the plan, and has the same bits without: noise that an op draws where it uses it, a
 * gradient that is written over the last-read value. And what has a place for each node: the gradient of a state. */
#include <stdlib.h>
#include <string.h>

#include "graph/graph.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"

enum { EXAMPLES = 9, STEPS = 71, STEP_ROWS = 3, STEP_VALUES = EXAMPLES * STEP_ROWS * STEPS };

/* Why noise is drawn before its use after all; or nothing of that. */
typedef enum hindrance { NONE, KEPT, USED_TWICE, NO_REUSE, BOUND, HINDRANCES } hindrance;

typedef struct steps {
    double values[STEP_VALUES]; /* or floats */
    double noise[STEP_VALUES];  /* where it was kept */
    vae_memory memory;
} steps;

/* Steps of half-tones, three rows an example, and the second of several pieces of samples. */
static void take_steps(hindrance what, vae_noise_kind kind, vae_executor_options options, const double *bound, steps *s)
{
    static const int64_t shape[] = { STEPS };
    static const uint32_t ids[EXAMPLES] = { 4, 0, 8, 2, 7, 1, 3, 6, 5 };
    vae_graph *graph = NULL;
    vae_store *store = NULL;
    vae_program *program = NULL;
    vae_executor *executor = NULL;
    ck_assert_status_ok(vae_graph_new(&graph));
    ck_assert_status_ok(vae_store_new(&store));
    vae_node *x = vae_input(graph, "x", 1, shape), *noise = vae_noise_samples(graph, kind, "n", STEP_ROWS, 1, shape);
    vae_node *binary = vae_binarize(vae_repeat(x, STEP_ROWS), noise);
    vae_graph_keep(binary);
    if (what == KEPT)
        vae_graph_keep(noise);
    if (what == USED_TWICE)
        vae_graph_keep(vae_negate(noise));
    ck_assert_status_ok(vae_graph_compile(graph, store, NULL, &program));
    options.capacity = EXAMPLES;
    options.no_reuse = what == NO_REUSE;
    ck_assert_status_ok(vae_executor_new(program, &options, &executor));
    s->memory = vae_executor_memory(executor);
    static float pixels[EXAMPLES * STEPS];
    for (int i = 0; i < EXAMPLES * STEPS; i++)
        pixels[i] = i % 5 < 2 ? (float)(i % 7) / 7 : (float)(i % 2);
    vae_binding bindings[] = {
        { .node = x, .values = pixels, .type = VAE_FLOAT32 },
        { .node = noise, .values = bound, .type = options.float64 ? VAE_FLOAT64 : VAE_FLOAT32 }
    };
    vae_run run = { .examples = EXAMPLES - 1,
                    .bindings = bindings,
                    .binding_count = what == BOUND ? 2 : 1,
                    .seed = 9,
                    .purpose = "train",
                    .step = 4,
                    .example_ids = ids,
                    .first_sample = 3 };
    ck_assert_status_ok(vae_executor_run(executor, &run));
    const size_t bytes =
        (size_t)(EXAMPLES - 1) * STEP_ROWS * STEPS * (options.float64 ? sizeof(double) : sizeof(float));
    memset(s->values, 0, sizeof s->values);
    memcpy(s->values, vae_executor_value(executor, binary), bytes);
    if (what == KEPT)
        memcpy(s->noise, vae_executor_value(executor, noise), bytes);
    vae_executor_free(&executor);
    vae_program_free(&program);
    vae_graph_free(&graph);
    vae_store_free(&store);
    ck_assert_int_eq(system_outstanding(), 0);
}

/* Drawn where it is used, before, or bound to what was drawn: the same bits, and without a place for it in the plan. */
START_TEST(test_drawn_where_used)
{
    static const vae_executor_options options[] = {
        { .threads = 1 }, { .threads = 3 }, { .threads = 1, .kernels = "generic" }, { .threads = 2, .float64 = true }
    };
    static steps drawn, kept, other;
    for (int kind = VAE_NORMAL; kind <= VAE_UNIFORM; kind++)
        for (int o = 0; o < 4; o++) {
            const size_t noise = STEP_VALUES * (options[o].float64 ? sizeof(double) : sizeof(float));
            take_steps(NONE, (vae_noise_kind)kind, options[o], NULL, &drawn);
            take_steps(KEPT, (vae_noise_kind)kind, options[o], NULL, &kept);
            ck_assert_mem_eq(drawn.values, kept.values, sizeof drawn.values);
            ck_assert_uint_ge(kept.memory.planned, drawn.memory.planned + noise);
            ck_assert_uint_ge(kept.memory.lower_bound, drawn.memory.lower_bound + noise);
            ck_assert_uint_eq(kept.memory.unshared, drawn.memory.unshared);
            for (hindrance what = USED_TWICE; what < HINDRANCES; what++) {
                take_steps(what, (vae_noise_kind)kind, options[o], kept.noise, &other);
                ck_assert_mem_eq(drawn.values, other.values, sizeof drawn.values);
                ck_assert((what == BOUND) == (other.memory.planned == drawn.memory.planned));
            }
            for (size_t i = 0; i < sizeof kept.noise / sizeof *kept.noise; i++)
                kept.noise[i] = 0;
            take_steps(BOUND, (vae_noise_kind)kind, options[o], kept.noise, &other);
            ck_assert_mem_ne(drawn.values, other.values, sizeof drawn.values);
        }
}
END_TEST

/* ---- Gradients over values --------------------------------------------------------------------------------------- */

enum { PIXELS = 50 };

/* The gradient of a layer's parameters and its memory; `itself`: the likelihood of the logits by themselves. */
static vae_memory learn(bool itself, bool keep, vae_executor_options options, float **gradient, size_t *size)
{
    vae_graph *graph = NULL;
    vae_store *store = NULL;
    vae_program *program = NULL;
    vae_executor *executor = NULL;
    ck_assert_status_ok(vae_graph_new(&graph));
    ck_assert_status_ok(vae_store_new(&store));
    vae_node *x = vae_input(graph, "x", 1, (int64_t[]){ PIXELS }), *logits = vae_dense(x, PIXELS, "layer");
    vae_node *objective = vae_mean_rows(vae_loglik_bernoulli(itself ? logits : x, logits, NULL));
    if (keep)
        vae_graph_keep(logits);
    ck_assert_status_ok(vae_graph_compile(graph, store, &(vae_compile_options){ .objective = objective }, &program));
    vae_store_initialize(store, 1);
    ck_assert_status_ok(vae_executor_new(program, &options, &executor));
    static float pixels[EXAMPLES * PIXELS];
    for (int i = 0; i < EXAMPLES * PIXELS; i++)
        pixels[i] = (float)(i * 37 % 101) / 101;
    *size = (size_t)vae_store_size(store) * sizeof(float);
    *gradient = calloc(1, *size);
    vae_run run = { .examples = EXAMPLES,
                    .bindings = &(vae_binding){ .node = x, .values = pixels, .type = VAE_FLOAT32 },
                    .binding_count = 1,
                    .gradient = *gradient };
    ck_assert_status_ok(vae_executor_run(executor, &run));
    vae_memory memory = vae_executor_memory(executor);
    vae_executor_free(&executor);
    vae_program_free(&program);
    vae_graph_free(&graph);
    vae_store_free(&store);
    ck_assert_int_eq(system_outstanding(), 0);
    return memory;
}

START_TEST(test_written_over)
{
    for (int itself = 0; itself < 2; itself++) {
        float *over, *beside, *apart;
        size_t size;
        const vae_executor_options options = { .capacity = EXAMPLES, .threads = 2 };
        vae_executor_options unshared = options;
        unshared.no_reuse = true;
        const vae_memory small = learn(itself, false, options, &over, &size);
        const vae_memory large = learn(itself, true, options, &beside, &size);
        learn(itself, false, unshared, &apart, &size);
        const size_t saved = itself ? 0 : (size_t)EXAMPLES * PIXELS * sizeof(float) - 64; /* but for alignment */
        ck_assert_mem_eq(over, beside, size);
        ck_assert_mem_eq(over, apart, size);
        ck_assert_uint_ge(large.planned, small.planned + saved);
        free(over);
        free(beside);
        free(apart);
    }
}
END_TEST

/* Two nodes of one state, whose gradients are wanted: 3 a value of every row, and 4. A state is no parameter, whose
 * nodes would share one gradient; nor is it where the gradients of parameters are. */
START_TEST(test_gradients_of_states)
{
    enum { THREADS = 2, RUNS = 3 };
    static const float data[EXAMPLES * STEPS];
    vae_graph *graph = NULL;
    vae_store *store = NULL;
    vae_program *program = NULL;
    vae_executor *executor = NULL;
    ck_assert_status_ok(vae_graph_new(&graph));
    ck_assert_status_ok(vae_store_new(&store));
    vae_node *x = vae_input(graph, "x", 1, (int64_t[]){ STEPS }), *states[2];
    for (int i = 0; i < 2; i++) {
        states[i] = vae_state(graph, "state", 1, (int64_t[]){ STEPS });
        vae_graph_want_gradient(states[i]);
    }
    vae_node *y =
        vae_scale(vae_add(vae_add(x, states[0]), vae_parameter(graph, "p", VAE_ZEROS, 1, (int64_t[]){ STEPS })), 3);
    y = vae_add(y, vae_scale(vae_add(x, states[1]), 4));
    const vae_compile_options compiled = { .objective = vae_mean_rows(vae_sum(y, 0)) };
    ck_assert_status_ok(vae_graph_compile(graph, store, &compiled, &program));
    ck_assert_status_ok(
        vae_executor_new(program, &(vae_executor_options){ .capacity = EXAMPLES, .threads = THREADS }, &executor));
    float gradient[STEPS + 16];
    const vae_binding binding = { x, data, VAE_FLOAT32, NULL };
    for (int run = 0; run < RUNS; run++) {
        ck_assert_status_ok(vae_executor_run(
            executor,
            &(vae_run){ .examples = EXAMPLES, .bindings = &binding, .binding_count = 1, .gradient = gradient }));
        for (int i = 0; i < 2; i++)
            for (int k = 0; k < STEPS; k++)
                ck_assert_float_eq_tol(((const float *)vae_executor_gradient(executor, states[i]))[k], 3.0f + (float)i,
                                       1e-5f);
    }
    vae_executor_free(&executor);
    vae_program_free(&program);
    vae_store_free(&store);
    vae_graph_free(&graph);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("places");
    const TTest *const tests[] = { test_drawn_where_used, test_written_over, test_gradients_of_states, NULL };
    suite_case(suite, "places", 30, tests);
    return suite_run(suite);
}
