/*
 * The memory plan against its lower bound, the largest sum of buffers alive at one time: of every graph of the models
 * there are and of their words, for batches large and small, and of random graphs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vae/ops.h>

#include "graph/graph.h"
#include "models/model.h"
#include "src/base/random.h"
#include "src/data/match.h"
#include "tests/support/models.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"

/* What a plan may take: a tenth above what any must. */
static void check_plan(const vae_program *program, int64_t capacity, size_t bytes_per_value, const char *what)
{
    vae__plan plan;
    ck_assert_status_ok(vae__plan_make(program, capacity, bytes_per_value, false, &plan));
    vae_memory memory = plan.memory;
    ck_assert_uint_ge(memory.planned, memory.lower_bound);
    ck_assert_msg((double)memory.planned <= 1.1 * (double)memory.lower_bound,
                  "%s, %lld examples, %zu bytes a value: planned %zu bytes, at least %zu", what, (long long)capacity,
                  bytes_per_value, memory.planned, memory.lower_bound);
    vae__plan_clear(&plan);
}

static const int64_t batches[] = { 1, 7, 20, 128, 512, 1000 };
enum { BATCHES = sizeof batches / sizeof *batches };

static void check_batches(const vae_program *program, const char *what)
{
    for (int i = 0; i < BATCHES; i++) {
        check_plan(program, batches[i], sizeof(float), what);
        check_plan(program, batches[i], sizeof(double), what);
    }
}

/* ---- Graphs of models -------------------------------------------------------------------------------------------- */

static const vae_model_spec words[] = {
    { .name = "deep",
      .latents = { { .size = 20 } },
      .encoder = "dense 500 relu, dense 500 relu",
      .decoder = "dense 500 relu, dense 500 relu" },
    { .name = "narrowing",
      .latents = { { .size = 20 } },
      .encoder = "dense 512 elu, dense 128 tanh",
      .decoder = "dense 128 tanh, dense 512 elu" },
    { .name = "gaussian",
      .latents = { { .size = 20 } },
      .x = { .likelihood = "gaussian" },
      .encoder = "dense 300 gelu",
      .decoder = "dense 300 gelu" },
    { .name = "sigma",
      .latents = { { .size = 20 } },
      .x = { .likelihood = "gaussian sigma=0.3", .transform = "unit, standardize" },
      .encoder = "dense 300 softplus",
      .decoder = "dense 300 sigmoid" },
    { .name = "poisson",
      .latents = { { .size = 20 } },
      .x = { .likelihood = "poisson", .transform = "raw" },
      .encoder = "dense 200 leaky-relu",
      .decoder = "dense 200 leaky-relu" },
    { .name = "conditions",
      .latents = { { .size = 20 } },
      .conditions = { { .name = "digit", .kind = VAE_CLASS } },
      .encoder = "dense 400 relu, dense 200 relu",
      .decoder = "dense 400 relu" },
    { .name = "bare", .latents = { { .size = 20 } }, .encoder = "", .decoder = "" },
};
enum { WORDS = sizeof words / sizeof *words };

static const char *const kind_names[] = {
    [VAE__TRAINING] = "training", [VAE__EVALUATION] = "evaluation",
    [VAE__WEIGHTS] = "weights",   [VAE__PRIOR_WEIGHTS] = "prior weights",
    [VAE__SAMPLING] = "sampling", [VAE__ENCODING] = "encoding",
    [VAE__DECODING] = "decoding", [VAE__RECONSTRUCTION] = "reconstruction",
    [VAE__FIELDS] = "fields",     [VAE__COMPLETION] = "completion",
};
enum { KINDS = sizeof kind_names / sizeof *kind_names };

static void check_kind(const vae_model *model, const vae__match *match, vae__graph_kind kind, bool masked)
{
    char what[128];
    vae__graph_request request = vae__match_request(match, kind);
    request.masked = masked;
    request.samples = kind == VAE__WEIGHTS || kind == VAE__PRIOR_WEIGHTS || kind == VAE__COMPLETION ? 8 : 0;
    request.temperature = 1;
    vae__model_graph graph;
    if (model->regresses && (kind == VAE__ENCODING || kind == VAE__DECODING))
        return; /* there is no z */
    ck_assert_status_ok(vae__model_graph_new(model, &request, &graph));
    snprintf(what, sizeof what, "%s, %s%s", vae_model_declaration(model)->name, kind_names[kind],
             masked ? " with a mask" : "");
    check_batches(graph.program, what);
    vae__model_graph_clear(&graph);
}

static void check_model(const vae_model_spec *spec, const vae_data *data)
{
    vae_model *model = model_of(spec, data);
    vae__match match;
    ck_assert_status_ok(vae__match_data(model, data, VAE_TRAIN, &match));
    for (int kind = 0; kind < KINDS; kind++)
        for (int masked = 0; masked < 2; masked++)
            check_kind(model, &match, (vae__graph_kind)kind, masked);
    vae_model_free(&model);
}

START_TEST(test_models)
{
    vae_data *data = NULL;
    ck_assert_status_ok(vae_data_open("digits:60", &(vae_data_options){ .threads = 1 }, &data));
    for (int i = 0; vae_model_at(NULL, i); i++)
        if (!vae_model_at(NULL, i)->x.shape[2]) /* digits are not of colours */
            check_model(vae_model_at(NULL, i), data);
    for (int i = 0; i < WORDS; i++)
        check_model(&words[i], data);
    vae_data_free(&data);
    ck_assert_int_eq(system_outstanding(), 0);
}
END_TEST

/* ---- Random graphs ----------------------------------------------------------------------------------------------- */

enum { GRAPHS = 400, NODES_MOST = 60, SIZES = 6 };

/* A graph under way: its last nodes, which new ones are made of, and where its random numbers stand. */
typedef struct growing {
    vae_graph *graph;
    vae_node *nodes[NODES_MOST];
    int count;
    vae__draw draw;
    uint32_t drawn;
} growing;

static int below(growing *g, int most)
{
    return (int)(vae__random_word(g->draw, 0, g->drawn++) % (uint32_t)most);
}

/* Any of them, the latest as a rule. */
static vae_node *some(growing *g)
{
    int back = below(g, 3) ? below(g, 2) : below(g, g->count);
    return g->nodes[g->count - 1 - (back < g->count ? back : 0)];
}

static vae_node *like(growing *g, const vae_node *node)
{
    vae_node *found = some(g);
    return vae_node_size(found) == vae_node_size(node) ? found : (vae_node *)node;
}

static vae_node *grow_one(growing *g, const int64_t *sizes)
{
    char name[16];
    vae_node *one = some(g);
    snprintf(name, sizeof name, "layer%d", g->count);
    switch (below(g, 8)) {
    case 0:
    case 1:
        return vae_dense(one, sizes[below(g, SIZES)], name);
    case 2:
        return vae_relu(one);
    case 3:
        return vae_softplus(one);
    case 4:
        return vae_add(one, like(g, one));
    case 5:
        return vae_mul(vae_tanh(one), like(g, one));
    case 6:
        return vae_concat(one, some(g), 0);
    default:
        return vae_square(one);
    }
}

/* Of `seed`: some tens of nodes of many sizes; half of them are differentiated. */
static void check_random(uint64_t seed)
{
    static const int64_t sizes[SIZES] = { 1, 3, 17, 64, 300, 784 };
    char what[64];
    growing g = { .draw = { .seed = seed } };
    vae_store *store = NULL;
    vae_program *program = NULL;
    ck_assert_status_ok(vae_graph_new(&g.graph));
    ck_assert_status_ok(vae_store_new(&store));
    g.nodes[g.count++] = vae_input(g.graph, "x", 1, (int64_t[]){ sizes[below(&g, SIZES)] });
    for (int wanted = 5 + below(&g, NODES_MOST - 5); g.count < wanted; g.count++) {
        vae_node *node = grow_one(&g, sizes);
        g.nodes[g.count] = vae_node_size(node) > 4000 ? vae_slice(node, 0, 0, 64) : node;
    }
    vae_node *last = g.nodes[g.count - 1], *objective = vae_mean_rows(vae_sum(last, 0));
    vae_graph_keep(last);
    bool differentiated = below(&g, 4) > 0;
    ck_assert_status_ok(vae_graph_status(g.graph));
    ck_assert_status_ok(vae_graph_compile(
        g.graph, store, &(vae_compile_options){ .objective = differentiated ? objective : NULL }, &program));
    snprintf(what, sizeof what, "graph %d of %d nodes", (int)seed, g.count);
    for (int i = 0; i < BATCHES; i += 3)
        check_plan(program, batches[i], sizeof(float), what);
    vae_program_free(&program);
    vae_store_free(&store);
    vae_graph_free(&g.graph);
}

START_TEST(test_random)
{
    for (uint64_t seed = 0; seed < GRAPHS; seed++)
        check_random(seed);
    ck_assert_int_eq(system_outstanding(), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_models, test_random, NULL };
    Suite *suite = suite_create("graph/plan");
    suite_case(suite, "plan", 120, tests);
    return suite_run(suite);
}
