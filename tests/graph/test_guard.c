/*
 * What is not finite: a step of the optimiser is refused before it changes anything, wherever such a number comes from;
 * the first node that made it is found, and the examples that did; what only might overflow is told from what does.
 * And what stays finite: likelihoods, divergences and samples of logits, means and log-variances of ±1e4.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <vae/ops.h>

#include "graph/culprit.h"
#include "graph/graph.h"
#include "graph/team.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"

enum { N = 7, UNITS = 9, CLASSES = 5, ROWS = 70, MARKED = 13, CAPACITY = ROWS };

/* y = x; in backward, the gradient of what is above 100 becomes the op's argument, unless that is 0. */
static void poison_forward(const vae_op_row *row)
{
    memcpy(row->out, row->in[0], (size_t)row->out_size * sizeof(double));
}

static bool poisons(const vae_op_row *row)
{
    return isnan(row->arguments[0]) || fabs(row->arguments[0]) > 0;
}

static void poison_backward(const vae_op_row *row)
{
    for (int64_t i = 0; row->grad_in[0] && i < row->out_size; i++)
        row->grad_in[0][i] += row->in[0][i] > 100 && poisons(row) ? row->arguments[0] : row->grad[i];
}

static const vae_op poison = { .name = "poison", .inputs = 1, .forward = poison_forward, .backward = poison_backward };

/* ---- A net whose parameters are read in every way that the guard knows: product, sum, table, and others ----------- */

typedef struct net {
    vae_graph *graph;
    vae_store *store;
    vae_program *program;
    vae_node *x, *class;
    float data[ROWS * N], classes[ROWS];
    float *m, *v, *gradient;
    vae_run run;
    vae_binding bindings[2];
} net;

static vae_node *vector(net *n, const char *name, int64_t size)
{
    return vae_parameter(n->graph, name, VAE_GLOROT, 1, &size);
}

/* `early` poisons the gradient that `scale` alone is made of, `late` that of all before the layers. */
static void build(net *n, double early, double late)
{
    const double arguments[2][VAE_MAX_OP_ARGUMENTS] = { { early }, { late } };
    ck_assert_status_ok(vae_graph_new(&n->graph));
    n->x = vae_input(n->graph, "x", 1, (int64_t[]){ N });
    n->class = vae_input(n->graph, "class", 1, (int64_t[]){ 1 });
    vae_node *scaled = vae_mul(n->x, vector(n, "scale", N));
    vae_node *shifted = vae_add(vae_apply(&poison, &scaled, arguments[0]), vector(n, "shift", N));
    vae_node *table = vae_parameter(n->graph, "table", VAE_GLOROT, 2, (int64_t[]){ CLASSES, N });
    vae_node *chosen = vae_add(vae_apply(&poison, &shifted, arguments[1]), vae_gather(table, n->class));
    vae_node *hidden = vae_relu(vae_dense(chosen, UNITS, "hidden"));
    vae_node *out = vae_dense(hidden, 1, "out");
    vae_node *objective = vae_mean_rows(vae_sum(vae_tanh(out), 0));
    ck_assert_status_ok(vae_store_new(&n->store));
    ck_assert_status_ok(
        vae_graph_compile(n->graph, n->store, &(vae_compile_options){ .objective = objective }, &n->program));
}

static float *parameter(const net *n, const char *name)
{
    return vae_store_parameters(n->store) + vae_store_find(n->store, name)->offset;
}

static void net_begin(net *n, double early, double late)
{
    *n = (net){ .graph = NULL };
    build(n, early, late);
    vae_store_initialize(n->store, 3);
    for (int i = 0; i < N; i++)
        parameter(n, "scale")[i] = 1;
    for (int i = 0; i < ROWS * N; i++)
        n->data[i] = (float)(i * 7919 % 1009) / 1009 - 0.3f;
    for (int i = 0; i < ROWS; i++)
        n->classes[i] = (float)(i % CLASSES);
    const size_t size = (size_t)vae_store_size(n->store);
    n->m = calloc(size, sizeof(float));
    n->v = calloc(size, sizeof(float));
    n->gradient = calloc(size, sizeof(float));
    n->bindings[0] = (vae_binding){ n->x, n->data, VAE_FLOAT32, NULL };
    n->bindings[1] = (vae_binding){ n->class, n->classes, VAE_FLOAT32, NULL };
    n->run =
        (vae_run){ .examples = ROWS, .bindings = n->bindings, .binding_count = 2, .seed = 5, .gradient = n->gradient };
}

static void net_end(net *n)
{
    vae_program_free(&n->program);
    vae_store_free(&n->store);
    vae_graph_free(&n->graph);
    free(n->m);
    free(n->v);
    free(n->gradient);
}

static void work(void *executor, vae__team team)
{
    vae__executor_work(executor, team);
}

/* One step; was it refused? */
static bool refuses(net *n, const char *kernels, int threads)
{
    const vae__adam adam = { .rate = 1e-2f, .beta1 = 0.9f, .beta2 = 0.99f, .epsilon = 1e-8f };
    const vae__update update = { &adam, vae_store_parameters(n->store), n->m, n->v };
    const vae_executor_options options = { .capacity = CAPACITY, .threads = threads, .kernels = kernels };
    vae_executor *executor = NULL;
    ck_assert_status_ok(vae_executor_new(n->program, &options, &executor));
    ck_assert_status_ok(vae__executor_begin(executor, &n->run, &update));
    vae__parallel(threads, work, executor);
    bool refused = vae__executor_refused(executor);
    vae_executor_free(&executor);
    return refused;
}

/* With every row of kernels and some teams: refused or not; and when it is, not a bit of anything is changed. */
static void check_all(net *n, bool refused, const char *what)
{
    static const char *const names[] = { "generic", "avx2", "avx512" };
    const size_t bytes = (size_t)vae_store_size(n->store) * sizeof(float);
    float *before[3] = { malloc(bytes), malloc(bytes), malloc(bytes) };
    float *now[3] = { vae_store_parameters(n->store), n->m, n->v };
    for (int k = 0; k < 3; k++)
        for (int threads = 1; vae__kernels_find(false, names[k]) && threads <= 5; threads += 2) {
            for (int i = 0; i < 3; i++)
                memcpy(before[i], now[i], bytes);
            ck_assert_msg(refuses(n, names[k], threads) == refused, "%s, %s, %d threads: %s", what, names[k], threads,
                          refused ? "taken" : "refused");
            for (int i = 0; i < 3; i++)
                ck_assert_msg(!memcmp(before[i], now[i], bytes) == refused, "%s, %s, %d threads: array %d", what,
                              names[k], threads, i);
        }
    for (int i = 0; i < 3; i++)
        free(before[i]);
}

static vae__culprit culprit_of(net *n)
{
    vae__culprit culprit;
    const vae_executor_options options = { .capacity = CAPACITY, .threads = 2 };
    ck_assert_status_ok(vae__culprit_find(n->program, &options, &n->run, &culprit));
    return culprit;
}

/* ---- Refused ----------------------------------------------------------------------------------------------------- */

START_TEST(test_sound)
{
    net n;
    net_begin(&n, 0, 0);
    check_all(&n, false, "nothing is wrong");
    ck_assert_ptr_null(culprit_of(&n).node);
    net_end(&n);
}
END_TEST

static const float wrong[] = { NAN, INFINITY, -INFINITY };
enum { WRONG = sizeof wrong / sizeof *wrong };

/* In the data: the input is named, and the example. */
START_TEST(test_data)
{
    net n;
    net_begin(&n, 0, 0);
    n.data[MARKED * N + 2] = wrong[_i];
    check_all(&n, true, "data");
    vae__culprit culprit = culprit_of(&n);
    ck_assert_ptr_eq(culprit.node, n.x);
    ck_assert(!culprit.gradient && !isfinite(culprit.value));
    ck_assert_int_eq(culprit.count, 1);
    ck_assert_int_eq(culprit.examples[0], MARKED);
    net_end(&n);
}
END_TEST

/* In a weight, whatever reads it: the parameter is named, and every example has its part in it. */
START_TEST(test_weights)
{
    static const char *const names[] = { "shift",       "table",      "scale",   "hidden/weight",
                                         "hidden/bias", "out/weight", "out/bias" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        net n;
        net_begin(&n, 0, 0);
        parameter(&n, names[i])[0] = wrong[_i];
        const bool refused = refuses(&n, NULL, 2);
        const vae__culprit culprit = culprit_of(&n);
        if (refused) {
            check_all(&n, true, names[i]);
            ck_assert_str_eq(vae_node_label(culprit.node), names[i]);
            ck_assert_int_eq(culprit.count, 0);
        } else { /* tanh of an infinity is finite, and so is its gradient: it does no harm */
            ck_assert_msg(!isnan(wrong[_i]), "%s", names[i]);
            ck_assert_ptr_null(culprit.node);
        }
        net_end(&n);
    }
}
END_TEST

/* In a gradient, of one example, while the objective is finite: the node whose backward made it is named. */
START_TEST(test_gradients)
{
    net n;
    net_begin(&n, 0, (double)wrong[_i]);
    n.data[MARKED * N + 2] = n.data[(MARKED + 5) * N] = 200;
    check_all(&n, true, "a gradient");
    vae__culprit culprit = culprit_of(&n);
    ck_assert(culprit.gradient && !isfinite(culprit.value));
    ck_assert_str_eq(vae_node_op(culprit.by), "poison");
    ck_assert_int_eq(culprit.count, 2);
    ck_assert_int_eq(culprit.examples[0], MARKED);
    ck_assert_int_eq(culprit.examples[1], MARKED + 5);
    net_end(&n);
}
END_TEST

/* What the bound cannot rule out, though all is finite: refused, and found sound, with the whole gradient. */
START_TEST(test_doubt)
{
    net n;
    net_begin(&n, 0, 1e16);
    n.data[MARKED * N + 2] = 200;
    check_all(&n, true, "a doubtful gradient");
    ck_assert_ptr_null(culprit_of(&n).node);
    ck_assert_float_eq_tol(n.gradient[vae_store_find(n.store, "shift")->offset + 2], 1e16f, 1e11f);
    net_end(&n);
}
END_TEST

/* By what is multiplied with a gradient as well. */
START_TEST(test_doubtful_factor)
{
    net n;
    net_begin(&n, 0, 0);
    n.data[MARKED * N + 2] = 9e17f;
    check_all(&n, true, "a doubtful factor");
    ck_assert_ptr_null(culprit_of(&n).node);
    net_end(&n);
}
END_TEST

/* A gradient that nothing bounds in advance, and of which no other depends. */
START_TEST(test_unbounded)
{
    net n;
    net_begin(&n, (double)wrong[_i], 0);
    n.data[MARKED * N + 2] = 200;
    check_all(&n, true, "an unbounded gradient");
    vae__culprit culprit = culprit_of(&n);
    ck_assert(culprit.gradient);
    ck_assert_str_eq(vae_node_op(culprit.node), "mul");
    ck_assert_int_eq(culprit.examples[0], MARKED);
    net_end(&n);
}
END_TEST

/* ---- What stays finite ------------------------------------------------------------------------------------------- */

enum { EXTREMES = 5, PLACES = EXTREMES * EXTREMES };
static const double extremes[EXTREMES] = { -1e4, -30, 0, 20, 1e4 };

typedef struct stage {
    vae_node *x, *a, *b; /* a and b: every pair of extremes; x: what is modelled */
    vae_node *noise;
} stage;

static vae_node *sampled(const stage *s)
{
    return vae_sum(vae_gaussian_sample(s->a, s->b, s->noise), 0);
}

static vae_node *standard(const stage *s)
{
    return vae_kl_standard_normal(s->a, s->b);
}

static vae_node *two(const stage *s)
{
    return vae_kl_gaussian(s->a, s->b, s->b, s->a);
}

static vae_node *bernoulli(const stage *s)
{
    return vae_loglik_bernoulli(s->x, s->a, NULL);
}

static vae_node *gaussian(const stage *s)
{
    return vae_loglik_gaussian(s->x, s->a, s->b, NULL);
}

static vae_node *poisson(const stage *s)
{
    return vae_loglik_poisson(s->x, s->a, NULL);
}

static vae_node *laplace(const stage *s)
{
    return vae_loglik_laplace(s->x, s->a, s->b, NULL);
}

static vae_node *continuous(const stage *s)
{
    return vae_sub(vae_loglik_continuous_bernoulli(s->x, s->a, NULL), vae_sum(vae_continuous_bernoulli_mean(s->a), 0));
}

static vae_node *logistic(const stage *s)
{
    return vae_loglik_discretized_logistic(s->x, s->a, s->b, NULL);
}

static vae_node *categorical(const stage *s)
{
    vae_node *x = vae_slice(s->x, 0, 0, EXTREMES);
    return vae_add(vae_loglik_categorical(x, s->a, NULL), vae_loglik_categorical(x, s->b, NULL));
}

static vae_node *overdispersed(const stage *s)
{
    return vae_loglik_negative_binomial(s->x, s->a, s->b, NULL);
}

static vae_node *(*const densities[])(const stage *s) = {
    sampled, standard, two, bernoulli, gaussian, poisson, laplace, continuous, logistic, categorical, overdispersed,
};
enum { DENSITIES = sizeof densities / sizeof *densities };

/* a and b are state plus parameters of 0: all of their gradients are asked for. */
static vae_node *held(vae_graph *graph, const char *name, bool first)
{
    double values[PLACES];
    for (int i = 0; i < PLACES; i++)
        values[i] = extremes[first ? i / EXTREMES : i % EXTREMES];
    vae_node *zeros = vae_parameter(graph, name, VAE_ZEROS, 1, (int64_t[]){ PLACES });
    return vae_add(vae_constant(graph, 1, (int64_t[]){ PLACES }, values), zeros);
}

static void check_finite(int number, const char *kernels)
{
    vae_graph *graph = NULL;
    vae_store *store = NULL;
    vae_program *program = NULL;
    vae_executor *executor = NULL;
    float gradient[512] = { 0 };
    double ones[PLACES];
    ck_assert_status_ok(vae_graph_new(&graph));
    for (int i = 0; i < PLACES; i++)
        ones[i] = i % 2;
    vae_node *x = vae_constant(graph, 1, (int64_t[]){ PLACES }, ones);
    const stage s = { x, held(graph, "a", true), held(graph, "b", false), x };
    vae_node *objective = vae_sum(densities[number](&s), 0);
    ck_assert_status_ok(vae_store_new(&store));
    ck_assert_status_ok(vae_graph_compile(graph, store, &(vae_compile_options){ .objective = objective }, &program));
    ck_assert_int_le(vae_store_size(store), 512);
    ck_assert_status_ok(vae_executor_new(program, &(vae_executor_options){ .kernels = kernels }, &executor));
    ck_assert_status_ok(vae_executor_run(executor, &(vae_run){ .examples = 1, .gradient = gradient }));
    const float *value = vae_executor_value(executor, objective);
    ck_assert_msg(isfinite(*value), "%d, %s: %g", number, kernels, (double)*value);
    int moved = 0;
    for (int i = 0; i < 512; i++) {
        ck_assert_msg(isfinite(gradient[i]), "%d, %s: gradient %d: %g", number, kernels, i, (double)gradient[i]);
        moved += gradient[i] != 0;
    }
    ck_assert_int_gt(moved, 0);
    vae_executor_free(&executor);
    vae_program_free(&program);
    vae_store_free(&store);
    vae_graph_free(&graph);
}

START_TEST(test_extremes)
{
    static const char *const names[] = { "generic", "avx2", "avx512" };
    for (int k = 0; k < 3; k++)
        if (vae__kernels_find(false, names[k]))
            check_finite(_i, names[k]);
}
END_TEST

/* ---- A relu hides nothing ---------------------------------------------------------------------------------------- */

enum { IN = 784, OUT = 400 }; /* so large that a library may compute it */

static int count_nans(const char *kernels, bool no_onednn, bool fused, int64_t examples)
{
    static float data[64 * IN];
    vae_graph *graph = NULL;
    vae_store *store = NULL;
    vae_program *program = NULL;
    vae_executor *executor = NULL;
    ck_assert_status_ok(vae_graph_new(&graph));
    vae_node *x = vae_input(graph, "x", 1, (int64_t[]){ IN }), *y = vae_dense(x, OUT, "layer");
    vae_node *open = vae_relu(fused ? y : vae_add(y, vae_constant(graph, 1, (int64_t[]){ 1 }, (double[]){ 1 })));
    vae_graph_keep(open);
    ck_assert_status_ok(vae_store_new(&store));
    ck_assert_status_ok(vae_graph_compile(graph, store, NULL, &program));
    vae_store_parameters(store)[vae_store_find(store, "layer/weight")->offset + 5] = NAN;
    for (int i = 0; i < 64 * IN; i++)
        data[i] = (float)(1 + i % 3);
    const vae_binding binding = { x, data, VAE_FLOAT32, NULL };
    const vae_executor_options options = { .capacity = 64, .threads = 1, .kernels = kernels, .no_onednn = no_onednn };
    ck_assert_status_ok(vae_executor_new(program, &options, &executor));
    ck_assert_status_ok(
        vae_executor_run(executor, &(vae_run){ .examples = examples, .bindings = &binding, .binding_count = 1 }));
    int count = 0;
    for (int64_t i = 0; i < examples * OUT; i++)
        count += isnan(((const float *)vae_executor_value(executor, open))[i]);
    vae_executor_free(&executor);
    vae_program_free(&program);
    vae_store_free(&store);
    vae_graph_free(&graph);
    return count;
}

START_TEST(test_relu)
{
    static const char *const names[] = { "generic", "avx2", "avx512" };
    static const int64_t batches[] = { 1, 7, 64 };
    for (int i = 0; i < 3 * 2 * 2 * 3; i++) {
        const char *kernels = names[i % 3];
        const bool no_onednn = i / 3 % 2, fused = i / 6 % 2;
        const int64_t examples = batches[i / 12];
        if (vae__kernels_find(false, kernels))
            ck_assert_msg(count_nans(kernels, no_onednn, fused, examples) == examples, "%s, library %d, fused %d, %d",
                          kernels, !no_onednn, fused, (int)examples);
    }
}
END_TEST

static void end(void)
{
    ck_assert_int_eq(system_outstanding(), 0);
}

int main(void)
{
    Suite *suite = suite_create("guard");
    const TTest *const refused[] = { test_sound, test_doubt, test_doubtful_factor, test_relu, NULL }, *const none[] = {
        NULL
    };
    suite_case_between(suite, "refused", 60, system_reset, end, refused);
    TCase *each = suite_case_between(suite, "not finite", 60, system_reset, end, none);
    tcase_add_loop_test(each, test_data, 0, WRONG);
    tcase_add_loop_test(each, test_weights, 0, WRONG);
    tcase_add_loop_test(each, test_gradients, 0, WRONG);
    tcase_add_loop_test(each, test_unbounded, 0, WRONG);
    TCase *extreme = suite_case_between(suite, "extremes", 60, system_reset, end, none);
    tcase_add_loop_test(extreme, test_extremes, 0, DENSITIES);
    return suite_run(suite);
}
