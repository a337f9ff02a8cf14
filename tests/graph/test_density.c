/* Log-likelihoods of several samples beside one example: x and mask serve every row, and are not copied for them. */
#include <string.h>

#include "tests/support/suite.h"
#include <vae/vae.h>

enum { EXAMPLES = 3, SAMPLES = 4, SIZE = 1100 };

typedef struct trial {
    vae_graph *graph;
    vae_store *store;
    vae_program *program;
    vae_executor *executor;
    vae_node *x, *mask, *logits, *log_p;
} trial;

/* By `copies` x and mask are repeated, and an op is between that an op could not see through. */
static void trial_begin(trial *t, bool copies)
{
    const int64_t size = SIZE;
    ck_assert_status_ok(vae_graph_new(&t->graph));
    ck_assert_status_ok(vae_store_new(&t->store));
    t->x = vae_input(t->graph, "x", 1, &size);
    t->mask = vae_input(t->graph, "mask", 1, &size);
    t->logits = vae_noise_samples(t->graph, VAE_NORMAL, "logits", SAMPLES, 1, &size);
    vae_node *x = vae_repeat(t->x, SAMPLES), *mask = vae_repeat(t->mask, SAMPLES);
    t->log_p = copies ? vae_loglik_bernoulli(vae_scale(x, 1), t->logits, vae_scale(mask, 1))
                      : vae_loglik_bernoulli(x, t->logits, mask);
    vae_graph_keep(t->log_p);
    vae_graph_want_gradient(t->x);
    vae_node *objective = vae_mean_rows(t->log_p);
    ck_assert_status_ok(
        vae_graph_compile(t->graph, t->store, &(vae_compile_options){ .objective = objective }, &t->program));
    ck_assert_status_ok(vae_executor_new(t->program, &(vae_executor_options){ .capacity = EXAMPLES }, &t->executor));
}

static void trial_run(trial *t, const float *x, const float *mask)
{
    float gradient[1];
    const vae_binding bindings[] = { { t->x, x, VAE_FLOAT32, NULL }, { t->mask, mask, VAE_FLOAT32, NULL } };
    const vae_run run = {
        .examples = EXAMPLES, .bindings = bindings, .binding_count = 2, .seed = 5, .gradient = gradient
    };
    ck_assert_status_ok(vae_executor_run(t->executor, &run));
}

static void trial_end(trial *t)
{
    vae_executor_free(&t->executor);
    vae_program_free(&t->program);
    vae_store_free(&t->store);
    vae_graph_free(&t->graph);
}

START_TEST(test_no_copies)
{
    static float x[EXAMPLES * SIZE], mask[EXAMPLES * SIZE];
    trial once, copied;
    for (int i = 0; i < EXAMPLES * SIZE; i++) {
        x[i] = (float)(i * 7 % 10) / 10;
        mask[i] = (float)(i % 3 > 0);
    }
    trial_begin(&once, false);
    trial_begin(&copied, true);
    trial_run(&once, x, mask);
    trial_run(&copied, x, mask);
    ck_assert_mem_eq(vae_executor_value(once.executor, once.log_p), vae_executor_value(copied.executor, copied.log_p),
                     EXAMPLES * SAMPLES * sizeof(float));
    const float *found = vae_executor_gradient(once.executor, once.x);
    const float *expected = vae_executor_gradient(copied.executor, copied.x);
    for (int i = 0; i < EXAMPLES * SIZE; i++)
        ck_assert_float_eq_tol(found[i], expected[i], 1e-6f);
    const size_t saved = EXAMPLES * SAMPLES * SIZE * sizeof(float); /* at the least: of one of them */
    ck_assert_uint_ge(vae_executor_memory(copied.executor).lower_bound,
                      vae_executor_memory(once.executor).lower_bound + saved);
    trial_end(&once);
    trial_end(&copied);
}
END_TEST

int main(void)
{
    const TTest *const cases[] = { test_no_copies, NULL };
    Suite *suite = suite_create("density");
    suite_case(suite, "samples", 20, cases);
    return suite_run(suite);
}
