/* Vectors in an image's places as length and direction, beside their formulas; through layers see test_layers.c. */
#include <math.h>
#include <string.h>
#include <vae/vae.h>

#include "models/layers.h"
#include "tests/support/suite.h"

enum { EXAMPLES = 2, PLACES = 3 * 2, VALUES = 4 };

/* What `build` makes of images 3 × 2 × channels, one behind the other. */
static void run(vae_node *(*build)(vae_graph *, vae_node *), int64_t channels, const float *x, float *made)
{
    vae_graph *graph;
    vae_store *store;
    vae_program *program;
    vae_executor *executor;
    ck_assert_status_ok(vae_graph_new(&graph));
    ck_assert_status_ok(vae_store_new(&store));
    vae_node *input = vae_input(graph, "x", 3, (int64_t[]){ 3, 2, channels }), *y = build(graph, input);
    ck_assert_status_ok(vae_graph_status(graph));
    vae_graph_keep(y);
    ck_assert_status_ok(vae_graph_compile(graph, store, NULL, &program));
    ck_assert_status_ok(vae_executor_new(program, &(vae_executor_options){ .capacity = EXAMPLES }, &executor));
    const vae_binding binding = { input, x, VAE_FLOAT32, NULL };
    ck_assert_status_ok(
        vae_executor_run(executor, &(vae_run){ .examples = EXAMPLES, .bindings = &binding, .binding_count = 1 }));
    memcpy(made, vae_executor_value(executor, y), (size_t)(EXAMPLES * vae_node_size(y)) * sizeof *made);
    vae_executor_free(&executor);
    vae_program_free(&program);
    vae_store_free(&store);
    vae_graph_free(&graph);
}

static double length_of(const float *x)
{
    double square = 1;
    for (int i = 0; i < VALUES; i++)
        square += (double)x[i] * x[i];
    return sqrt(square);
}

/* √(1 + Σ x²), then x over that. */
START_TEST(test_polar)
{
    float x[EXAMPLES * PLACES * VALUES], made[EXAMPLES * PLACES * (VALUES + 1)];
    for (int i = 0; i < EXAMPLES * PLACES * VALUES; i++)
        x[i] = i < VALUES ? 0 : (float)(i * 7 % 23 - 11) / 3;
    run(vae__polar_of, VALUES, x, made);
    for (int place = 0; place < EXAMPLES * PLACES; place++) {
        const float *from = x + place * VALUES, *to = made + place * (VALUES + 1);
        ck_assert_double_eq_tol(to[0], length_of(from), 1e-5);
        for (int i = 0; i < VALUES; i++)
            ck_assert_double_eq_tol(to[1 + i], from[i] / length_of(from), 1e-6);
    }
}
END_TEST

/* log(1 + exp(a)) · d / √(1 + Σ d²) */
START_TEST(test_from_polar)
{
    float x[EXAMPLES * PLACES * (VALUES + 1)], made[EXAMPLES * PLACES * VALUES];
    for (int i = 0; i < EXAMPLES * PLACES * (VALUES + 1); i++)
        x[i] = (float)(i * 5 % 19 - 9) / 2;
    run(vae__polar_undo, VALUES + 1, x, made);
    for (int place = 0; place < EXAMPLES * PLACES; place++) {
        const float *from = x + place * (VALUES + 1), *to = made + place * VALUES;
        for (int i = 0; i < VALUES; i++)
            ck_assert_double_eq_tol(to[i], log1p(exp(from[0])) * from[1 + i] / length_of(from + 1), 1e-5);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_polar, test_from_polar, NULL };
    Suite *suite = suite_create("polar");
    suite_case(suite, "values", 30, tests);
    return suite_run(suite);
}
