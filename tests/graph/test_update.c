/*
 * The optimiser's step within a run, against a run without one and Adam over the whole arrays behind it: the same bits
 * in parameters and both moments, of graphs that read a parameter in many ways, on any number of threads, with every
 * row of kernels.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <vae/ops.h>

#include "graph/graph.h"
#include "graph/team.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"

enum { N = 37, WIDE = 150, CLASSES = 11, SAMPLES = 3, MOST = 600, STEPS = 2 };

static float data[MOST * N];
static float classes[MOST];

/* ---- Graphs: each returns its objective -------------------------------------------------------------------------- */

typedef struct ground {
    vae_graph *graph;
    vae_node *x, *class, *mask; /* inputs */
} ground;

static vae_node *vector(const ground *g, const char *name, int64_t size)
{
    return vae_parameter(g->graph, name, VAE_GLOROT, 1, &size);
}

static vae_node *matrix(const ground *g, const char *name, int64_t rows, int64_t columns)
{
    return vae_parameter(g->graph, name, VAE_GLOROT, 2, (int64_t[]){ rows, columns });
}

static vae_node *single(const ground *g, const char *name)
{
    return vector(g, name, 1);
}

static vae_node *mean_of(vae_node *node)
{
    return vae_mean_rows(vae_sum(node, 0));
}

/* Layers, a relu, noise that is drawn where it is used, several rows an example, a mask. */
static vae_node *autoencoder(const ground *g)
{
    vae_node *bits = vae_binarize(g->x, vae_noise(g->graph, VAE_UNIFORM, "bits", 1, (int64_t[]){ N }));
    vae_node *hidden = vae_relu(vae_dense(bits, WIDE, "encoder"));
    vae_node *mean = vae_repeat(vae_dense(hidden, 5, "mean"), SAMPLES);
    vae_node *logvar = vae_repeat(vae_dense(hidden, 5, "logvar"), SAMPLES);
    vae_node *noise = vae_noise_samples(g->graph, VAE_NORMAL, "noise", SAMPLES, 1, (int64_t[]){ 5 });
    vae_node *z = vae_gaussian_sample(mean, logvar, noise);
    vae_node *logits = vae_dense(vae_tanh(vae_dense(z, WIDE, "decoder")), N, "x");
    vae_node *fits = vae_loglik_bernoulli(vae_repeat(bits, SAMPLES), logits, vae_repeat(g->mask, SAMPLES));
    return vae_sub(vae_mean_rows(vae_kl_standard_normal(mean, logvar)), vae_mean_rows(fits));
}

/* A weight in two products, by one node and by two of one name; its gradient is begun once. */
static vae_node *tied(const ground *g)
{
    vae_node *weight = matrix(g, "weight", N, N), *again = matrix(g, "weight", N, N), *bias = vector(g, "bias", N);
    vae_node *hidden = vae_tanh(vae_affine(g->x, weight, bias));
    return mean_of(vae_square(vae_affine(vae_matmul(hidden, weight), again, vector(g, "bias", N))));
}

/* A bias that is also added, subtracted, multiplied by and divided by; single values beside a row. */
static vae_node *arithmetic(const ground *g)
{
    vae_node *bias = vector(g, "bias", N), *alone = vector(g, "alone", N), *divisor = vector(g, "divisor", N);
    vae_node *y = vae_add(vae_affine(g->x, matrix(g, "weight", N, N), bias), bias);
    y = vae_mul(y, alone);
    y = vae_div(y, vae_add(vae_exp(divisor), vae_square(divisor)));
    y = vae_mul(vae_add(y, single(g, "shift")), single(g, "factor"));
    return mean_of(vae_square(vae_sub(y, vector(g, "last", N))));
}

/* Parameters of a density: of both, of one, single, and one node that is both. */
static vae_node *densities(const ground *g)
{
    vae_node *mean = vae_dense(g->x, N, "mean"), *logvar = vae_dense(g->x, N, "logvar");
    vae_node *both = vector(g, "both", N);
    vae_node *kl = vae_kl_gaussian(mean, logvar, vector(g, "prior/mean", N), vector(g, "prior/logvar", N));
    kl = vae_add(kl, vae_kl_gaussian(mean, logvar, both, both));
    kl = vae_sub(kl, vae_loglik_gaussian(g->x, mean, single(g, "sigma"), g->mask));
    kl = vae_sub(kl, vae_loglik_gaussian(g->x, single(g, "middle"), single(g, "width"), NULL));
    return vae_mean_rows(vae_sub(kl, vae_loglik_poisson(vae_square(g->x), vector(g, "rate", N), NULL)));
}

/* A table with one reader, and one with two. */
static vae_node *tables(const ground *g)
{
    vae_node *one = matrix(g, "one", CLASSES, N), *two = matrix(g, "two", CLASSES, N);
    vae_node *first = vae_gather(two, g->class), *second = vae_gather(two, g->class);
    return mean_of(vae_mul(vae_square(vae_add(vae_gather(one, g->class), first)), vae_tanh(second)));
}

/* Decay: a parameter's gradient comes from what has no rows as well; and one that has no rows at all. */
static vae_node *decay(const ground *g)
{
    vae_node *weight = matrix(g, "weight", N, N), *bias = vector(g, "bias", N), *far = matrix(g, "far", N, WIDE);
    vae_node *fit = mean_of(vae_square(vae_affine(g->x, weight, bias)));
    vae_node *flat = vae_reshape(weight, 1, (int64_t[]){ N * N });
    vae_node *shared = vae_sum(vae_square(vae_affine(bias, far, vector(g, "far/bias", WIDE))), 0);
    return vae_add(vae_add(fit, vae_sum(vae_square(flat), 0)), shared);
}

/* A weight that is computed of parameters, a state, and a parameter that the objective depends on by no way that
 * passes a gradient. */
static vae_node *computed(const ground *g)
{
    vae_node *weight = matrix(g, "weight", N, N), *bias = vector(g, "bias", N);
    vae_node *scale = vae_state(g->graph, "scale", 1, (int64_t[]){ N });
    vae_node *y = vae_affine(vae_add(g->x, scale), vae_mul(weight, matrix(g, "gate", N, N)), vae_tanh(bias));
    vae_node *steps = vae_threshold(vae_add(g->x, vector(g, "unreached", N)), 0.1);
    return mean_of(vae_mul(vae_square(y), vae_add(steps, vector(g, "reached", N))));
}

/* A program's own op, which reads all of a parameter for each element of its gradient: y = x · Σ b + b. */
static void own_forward(const vae_op_row *row)
{
    double sum = 0;
    for (int64_t i = 0; i < row->in_size[1]; i++)
        sum += row->in[1][i] * row->in[1][i];
    for (int64_t i = 0; i < row->out_size; i++)
        row->out[i] = row->in[0][i] * sum + row->in[1][i];
}

static void own_backward(const vae_op_row *row)
{
    double sum = 0, slope = 0;
    for (int64_t i = 0; i < row->in_size[1]; i++) {
        sum += row->in[1][i] * row->in[1][i];
        slope += row->grad[i] * row->in[0][i];
    }
    for (int64_t i = 0; i < row->out_size; i++) {
        if (row->grad_in[0])
            row->grad_in[0][i] += row->grad[i] * sum;
        if (row->grad_in[1])
            row->grad_in[1][i] += row->grad[i] + 2 * row->in[1][i] * slope;
    }
}

static const vae_op own = { .name = "own", .inputs = 2, .forward = own_forward, .backward = own_backward };

static vae_node *applied(const ground *g)
{
    vae_node *hidden = vae_dense(g->x, N, "layer"), *twice = vector(g, "twice", N);
    vae_node *y = vae_apply(&own, (vae_node *[]){ hidden, vector(g, "once", N) }, NULL);
    y = vae_apply(&own, (vae_node *[]){ y, twice }, NULL);
    return mean_of(vae_tanh(vae_apply(&own, (vae_node *[]){ vae_tanh(y), twice }, NULL)));
}

typedef vae_node *build_function(const ground *g);
static const struct {
    const char *name;
    build_function *build;
} graphs[] = {
    { "autoencoder", autoencoder }, { "tied", tied },   { "arithmetic", arithmetic }, { "densities", densities },
    { "tables", tables },           { "decay", decay }, { "computed", computed },     { "applied", applied },
};
enum { GRAPHS = sizeof graphs / sizeof *graphs };

/* ---- Compiling --------------------------------------------------------------------------------------------------- */

typedef struct trial {
    ground ground, others;
    vae_store *store;
    vae_program *program, *before;
    vae_binding bindings[3];
} trial;

static ground ground_new(void)
{
    ground g = { 0 };
    ck_assert_status_ok(vae_graph_new(&g.graph));
    g.x = vae_input(g.graph, "x", 1, (int64_t[]){ N });
    g.class = vae_input(g.graph, "class", 1, (int64_t[]){ 1 });
    g.mask = vae_input(g.graph, "mask", 1, (int64_t[]){ N });
    return g;
}

static void compile(const ground *g, vae_store *store, vae_node *objective, bool known, vae_program **program)
{
    for (int i = 0; i < 3; i++) /* needed, so that one list of bindings serves all graphs */
        vae_graph_keep((vae_node *[]){ g->x, g->class, g->mask }[i]);
    ck_assert_status_ok(vae_graph_status(g->graph));
    ck_assert_status_ok(
        vae_graph_compile(g->graph, store, &(vae_compile_options){ .objective = objective, .known = known }, program));
}

/* The store has parameters of another graph in front; with `known` all are there before the graph is compiled. */
static trial trial_new(build_function *build, bool known)
{
    static unsigned char mask[MOST * N];
    trial t = { .ground = ground_new(), .others = ground_new() };
    ck_assert_status_ok(vae_store_new(&t.store));
    vae_node *other = mean_of(vae_dense(t.others.x, 3, "another"));
    compile(&t.others, t.store, known ? vae_add(other, build(&t.others)) : other, false, &t.before);
    compile(&t.ground, t.store, build(&t.ground), known, &t.program);
    for (int i = 0; i < MOST * N; i++) {
        data[i] = (float)(i * 7919 % 1009) / 1009 - 0.2f;
        mask[i] = i * 31 % 17 != 0;
    }
    for (int i = 0; i < MOST; i++)
        classes[i] = (float)(i * 13 % CLASSES);
    t.bindings[0] = (vae_binding){ t.ground.x, data, VAE_FLOAT32, NULL };
    t.bindings[1] = (vae_binding){ t.ground.class, classes, VAE_FLOAT32, NULL };
    t.bindings[2] = (vae_binding){ t.ground.mask, mask, VAE_UINT8, NULL };
    return t;
}

static void trial_end(trial *t)
{
    vae_program_free(&t->before);
    vae_program_free(&t->program);
    vae_store_free(&t->store);
    vae_graph_free(&t->ground.graph);
    vae_graph_free(&t->others.graph);
}

/* ---- Steps ------------------------------------------------------------------------------------------------------- */

static const vae__adam adam = { .rate = 1e-2f, .beta1 = 0.9f, .beta2 = 0.99f, .epsilon = 1e-8f };

/* Values and moments of all parameters; those of the store are its own. */
typedef struct state {
    float *value, *m, *v, *gradient;
} state;

static state state_new(trial *t)
{
    const size_t size = (size_t)vae_store_size(t->store);
    vae_store_initialize(t->store, 11);
    for (int i = 0; i < vae_store_count(t->store); i++) { /* and no zeros */
        const vae_tensor *tensor = vae_store_tensor(t->store, i);
        for (int64_t k = 0; tensor->trainable && k < tensor->size; k++)
            vae_store_parameters(t->store)[tensor->offset + k] += 0.01f * (float)(k % 5 + 1);
    }
    return (state){ vae_store_parameters(t->store), calloc(size, sizeof(float)), calloc(size, sizeof(float)),
                    calloc(size, sizeof(float)) };
}

static void state_end(state *s)
{
    free(s->m);
    free(s->v);
    free(s->gradient);
}

static vae_run run_of(const trial *t, const state *s, int64_t examples, int step)
{
    return (vae_run){ .examples = examples,
                      .bindings = t->bindings,
                      .binding_count = 3,
                      .seed = 5,
                      .step = (uint32_t)step,
                      .gradient = s->gradient };
}

typedef struct step {
    vae_executor *executor;
    const vae__kernels *kernels;
    const state *state;
    int64_t size;
} step;

static void work(void *context, vae__team team)
{
    vae__executor_work(((step *)context)->executor, team);
}

static void update_all(void *context, vae__team team)
{
    const step *s = context;
    (void)team;
    s->kernels->adam(&(vae__update){ &adam, s->state->value, s->state->m, s->state->v }, s->size, s->state->gradient);
}

static state take_steps(trial *t, const vae_executor_options *options, int64_t examples, bool within)
{
    state s = state_new(t);
    step one = { .kernels = vae__kernels_find(false, options->kernels), .state = &s, .size = vae_store_size(t->store) };
    const vae__update update = { &adam, s.value, s.m, s.v };
    ck_assert_status_ok(vae_executor_new(t->program, options, &one.executor));
    for (int i = 0; i < STEPS; i++) {
        const vae_run run = run_of(t, &s, examples, i);
        ck_assert_status_ok(vae__executor_begin(one.executor, &run, within ? &update : NULL));
        vae__parallel(options->threads, work, &one);
        if (!within)
            vae__parallel(1, update_all, &one);
    }
    vae_executor_free(&one.executor);
    return s;
}

static void ck_assert_same(const trial *t, const float *found, const float *expected, const char *what,
                           const char *name, int threads, int64_t examples, const char *kernels)
{
    for (int i = 0; i < vae_store_count(t->store); i++) {
        const vae_tensor *tensor = vae_store_tensor(t->store, i);
        for (int64_t k = 0; tensor->trainable && k < tensor->size; k++) {
            const int64_t at = tensor->offset + k;
            ck_assert_msg(!memcmp(&found[at], &expected[at], sizeof(float)),
                          "%s, %s, %d threads, %lld examples: %s of %s[%lld] is %.9g, not %.9g", name, kernels, threads,
                          (long long)examples, what, tensor->name, (long long)k, (double)found[at],
                          (double)expected[at]);
        }
    }
}

static void check_steps(trial *t, const char *name, vae_executor_options options, int64_t examples)
{
    static const int teams[] = { 1, 2, 5 };
    const size_t bytes = (size_t)vae_store_size(t->store) * sizeof(float);
    float *value = malloc(bytes);
    options.capacity = examples;
    options.threads = 1;
    state expected = take_steps(t, &options, examples, false);
    memcpy(value, expected.value, bytes);
    for (size_t i = 0; i < sizeof teams / sizeof *teams; i++) {
        options.threads = teams[i];
        state found = take_steps(t, &options, examples, true);
        ck_assert_same(t, found.value, value, "value", name, teams[i], examples, options.kernels);
        ck_assert_same(t, found.m, expected.m, "first moment", name, teams[i], examples, options.kernels);
        ck_assert_same(t, found.v, expected.v, "second moment", name, teams[i], examples, options.kernels);
        state_end(&found);
    }
    state_end(&expected);
    free(value);
}

static const int64_t batches[] = { 1, 7, 20, 128, 129, 600 };
enum { BATCHES = sizeof batches / sizeof *batches };

static void check_graph(int number, bool known)
{
    static const char *const names[] = { "generic", "avx2", "avx512" };
    trial t = trial_new(graphs[number].build, known);
    for (int k = 0; k < 3; k++)
        for (int b = 0; vae__kernels_find(false, names[k]) && b < BATCHES; b++)
            for (int library = 0; library < 1 + !k; library++) /* it has no part in the others */
                check_steps(&t, graphs[number].name,
                            (vae_executor_options){ .kernels = names[k], .no_onednn = !library }, batches[b]);
    trial_end(&t);
    ck_assert_int_eq(system_outstanding(), 0);
}

/* Every second store has all parameters before the graph is compiled. */
START_TEST(test_graphs)
{
    check_graph(_i, _i % 2);
}
END_TEST

/* A step is of float32, on the store's own parameters, with room for a gradient. */
START_TEST(test_refused)
{
    trial t = trial_new(graphs[0].build, false);
    state s = state_new(&t);
    const vae__update update = { &adam, s.value, s.m, s.v };
    for (int i = 0; i < 3; i++) {
        vae_executor *executor = NULL;
        vae_run run = run_of(&t, &s, 1, 0);
        ck_assert_status_ok(
            vae_executor_new(t.program, &(vae_executor_options){ .capacity = 1, .float64 = i == 0 }, &executor));
        if (i == 1)
            run.parameters = s.value;
        if (i == 2)
            run.gradient = NULL;
        ck_assert_status(vae__executor_begin(executor, &run, &update), VAE_ERROR_ARGUMENT, "a step of the optimiser");
        vae_executor_free(&executor);
    }
    state_end(&s);
    trial_end(&t);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("update");
    static const TTest *const none[] = { NULL };
    const TTest *const tests[] = { test_refused, NULL };
    suite_case(suite, "manners", 60, tests);
    TCase *graphs_case = suite_case_between(suite, "the same bits", 120, NULL, NULL, none);
    tcase_add_loop_test(graphs_case, test_graphs, 0, GRAPHS);
    return suite_run(suite);
}
