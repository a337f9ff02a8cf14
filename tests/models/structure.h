/*
 * What the tests of structure share: models with parts of x, conditions with layers of their own, learned priors,
 * hierarchies and regressions, each beside a sketch of it for its formulas; and their graphs, run. All activations are
 * tanh.
 */
#ifndef VAE_TESTS_STRUCTURE_H
#define VAE_TESTS_STRUCTURE_H

#include <string.h>

#include "src/base/types.h"
#include "src/data/match.h"
#include "tests/models/fields.h"

enum { EXAMPLES = 6, SAMPLES = 3, MOST = 16, WAYS = 3, LEVELS = 3, HEIGHT = 3, WIDTH = 4 };
enum { TO_ENCODER, TO_DECODER, TO_PRIOR, NETWORKS };

/* A condition: the layer of each network that it joins (-1: it does not), and how many layers of its own stand before
 * all of them, and before each. */
typedef struct way {
    const char *name;
    vae_field_kind kind;
    int enters[NETWORKS], layers, into[NETWORKS];
} way;

typedef struct sketch {
    bool (*seen)(int place); /* of x; NULL: no part of it is a condition, else the first way is */
    way ways[WAYS];
    int encoder, decoder, prior; /* layers */
    int latents, sizes[LEVELS], upper_encoder[LEVELS], upper_decoder[LEVELS];
    bool learned; /* the prior */
} sketch;

typedef struct structure {
    const char *path, *mask;
    vae_model_spec spec;
    sketch sketch;
} structure;

/* ---- The models -------------------------------------------------------------------------------------------------- */

static inline bool bottom_left(int place)
{
    return place / WIDTH >= HEIGHT / 2 && place % WIDTH < WIDTH / 2;
}

static inline bool left_half(int place)
{
    return place % WIDTH < WIDTH / 2;
}

static inline bool one_and_two(int place)
{
    return place == 1 || place == 2;
}

static inline bool all_but_middle(int place)
{
    return place == 0 || place >= 3;
}

#define SEEN(what) .name = "seen", .of_x = what
#define ALL                                                                                                            \
    {                                                                                                                  \
        0, 0, 0                                                                                                        \
    }

static const structure structures[] = {
    { "picture",
      NULL,
      { .name = "part",
        .x = { .likelihood = "gaussian sigma=1", .transform = "unit" },
        .conditions = { { SEEN("quadrants 1") } },
        .latents = { { .size = 3 } },
        .encoder = "dense 5 tanh",
        .decoder = "dense 6 tanh" },
      { bottom_left, { { "seen", VAE_IMAGE, ALL, 0, { 0 } } }, 1, 1, 0, 1, { 3 }, { 0 }, { 0 }, false } },
    { "picture",
      NULL,
      { .name = "part by layers, learned prior with layers",
        .x = { .likelihood = "bernoulli" },
        .conditions = { { SEEN("quadrants 2"), .enters = "encoder 1, decoder, prior 1", .layers = "dense 4 tanh",
                          .encoder_layers = "dense 3 tanh, dense 2 tanh", .prior_layers = "dense 3 tanh" },
                        { RUN } },
        .latents = { { .size = 2 } },
        .encoder = "dense 5 tanh",
        .decoder = "dense 6 tanh",
        .prior = "gaussian",
        .prior_layers = "dense 4 tanh" },
      { left_half,
        { { "seen", VAE_IMAGE, { 1, 0, 1 }, 1, { 2, 0, 1 } }, { "run", VAE_CLASS, ALL, 0, { 0 } } },
        1,
        1,
        1,
        1,
        { 2 },
        { 0 },
        { 0 },
        true } },
    { "table",
      NULL,
      { .name = "class by layers, to the heads",
        .x = { .likelihood = "gaussian sigma=1", .transform = "standardize" },
        .conditions = { { RUN, .enters = "decoder 2, encoder 2", .layers = "dense 4 tanh, dense 3 tanh",
                          .decoder_layers = "dense 2 tanh" },
                        { ENERGY, .enters = "encoder 1" } },
        .latents = { { .size = 2 } },
        .encoder = "dense 5 tanh, dense 4 tanh",
        .decoder = "dense 4 tanh, dense 3 tanh" },
      { NULL,
        { { "run", VAE_CLASS, { 2, 2, -1 }, 2, { 0, 1, 0 } }, { "energy", VAE_VALUES, { 1, -1, -1 }, 0, { 0 } } },
        2,
        2,
        0,
        1,
        { 2 },
        { 0 },
        { 0 },
        false } },
    { "table",
      "mask",
      { .name = "learned prior without conditions",
        .x = { .likelihood = "gaussian sigma=1", .transform = "standardize" },
        .latents = { { .size = 3 } },
        .encoder = "dense 5 tanh",
        .decoder = "",
        .prior = "gaussian" },
      { NULL, { { 0 } }, 1, 0, 0, 1, { 3 }, { 0 }, { 0 }, true } },
    { "table",
      NULL,
      { .name = "learned prior of conditions alone",
        .x = { .likelihood = "gaussian sigma=1", .transform = "standardize" },
        .conditions = { { ENERGY, .prior_layers = "dense 3 tanh" }, { RUN, .enters = "prior" } },
        .latents = { { .size = 2 } },
        .encoder = "",
        .decoder = "dense 4 tanh",
        .prior = "gaussian" },
      { NULL,
        { { "energy", VAE_VALUES, ALL, 0, { 0, 0, 1 } }, { "run", VAE_CLASS, { -1, -1, 0 }, 0, { 0 } } },
        0,
        1,
        0,
        1,
        { 2 },
        { 0 },
        { 0 },
        true } },
    { "table",
      NULL,
      { .name = "hierarchy",
        .x = { .likelihood = "gaussian sigma=1", .transform = "standardize" },
        .latents = { { .size = 3 }, { .size = 2 } },
        .encoder = "dense 5 tanh",
        .decoder = "dense 4 tanh" },
      { NULL, { { 0 } }, 1, 1, 0, 2, { 3, 2 }, { 0 }, { 0 }, false } },
    { "picture",
      NULL,
      { .name = "hierarchy of three, conditional, learned prior",
        .x = { .likelihood = "bernoulli" },
        .conditions = { { SEEN("quadrants 1"), .enters = "decoder 1, prior", .layers = "dense 3 tanh" }, { RUN } },
        .latents = { { .size = 3 },
                     { .size = 2, .encoder = "dense 4 tanh, dense 3 tanh", .decoder = "dense 3 tanh" },
                     { .size = 4, .decoder = "dense 5 tanh, dense 2 tanh" } },
        .encoder = "dense 5 tanh",
        .decoder = "dense 4 tanh",
        .prior = "gaussian",
        .prior_layers = "dense 3 tanh" },
      { bottom_left,
        { { "seen", VAE_IMAGE, { -1, 1, 0 }, 1, { 0 } }, { "run", VAE_CLASS, ALL, 0, { 0 } } },
        1,
        1,
        1,
        3,
        { 3, 2, 4 },
        { 0, 2, 0 },
        { 0, 1, 2 },
        true } },
    { "table",
      "mask",
      { .name = "part with a mask",
        .x = { .likelihood = "gaussian sigma=1", .transform = "standardize" },
        .conditions = { { SEEN("columns 1 2") } },
        .latents = { { .size = 2 } },
        .encoder = "dense 5 tanh",
        .decoder = "dense 4 tanh" },
      { one_and_two, { { "seen", VAE_VALUES, ALL, 0, { 0 } } }, 1, 1, 0, 1, { 2 }, { 0 }, { 0 }, false } },
    { "filled",
      NULL,
      { .name = "part with a fill value",
        .x = { .likelihood = "gaussian sigma=1", .transform = "log1p", .has_fill_value = true, .fill_value = FILL },
        .conditions = { { SEEN("columns 0 0, columns 3 4"), .enters = "prior, decoder" } },
        .latents = { { .size = 2 } },
        .encoder = "dense 5 tanh",
        .decoder = "dense 4 tanh",
        .prior = "gaussian" },
      { all_but_middle, { { "seen", VAE_VALUES, { -1, 0, 0 }, 0, { 0 } } }, 1, 1, 0, 1, { 2 }, { 0 }, { 0 }, true } },
    { "gaps",
      NULL,
      { .name = "part with NaN",
        .x = { .likelihood = "gaussian sigma=1", .transform = "standardize", .missing = VAE_MISSING_MASK },
        .conditions = { { SEEN("columns 1 2") } },
        .latents = { { .size = 2 } },
        .encoder = "dense 5 tanh",
        .decoder = "dense 4 tanh" },
      { one_and_two, { { "seen", VAE_VALUES, ALL, 0, { 0 } } }, 1, 1, 0, 1, { 2 }, { 0 }, { 0 }, false } },
    { "filled",
      NULL,
      { .name = "part by the encoder's transform",
        .x = { .likelihood = "gaussian sigma=1",
               .transform = "log1p",
               .encoder_transform = "standardize",
               .has_fill_value = true,
               .fill_value = FILL },
        .conditions = { { SEEN("columns 1 2") } },
        .latents = { { .size = 2 } },
        .encoder = "dense 5 tanh",
        .decoder = "dense 4 tanh" },
      { one_and_two, { { "seen", VAE_VALUES, ALL, 0, { 0 } } }, 1, 1, 0, 1, { 2 }, { 0 }, { 0 }, false } },
    { "picture",
      NULL,
      { .name = "regression",
        .x = { .likelihood = "gaussian sigma=1", .transform = "unit" },
        .conditions = { { SEEN("columns 0 1"), .enters = "encoder 7, decoder", .layers = "dense 4 tanh" }, { RUN } },
        .decoder = "dense 6 tanh",
        .objective = "none" },
      { left_half,
        { { "seen", VAE_IMAGE, { -1, 0, -1 }, 1, { 0 } }, { "run", VAE_CLASS, ALL, 0, { 0 } } },
        0,
        1,
        0,
        0,
        { 0 },
        { 0 },
        { 0 },
        false } },
    { "picture",
      NULL,
      { .name = "regression without layers",
        .x = { .likelihood = "bernoulli" },
        .conditions = { { RUN } },
        .latents = { { .size = 5 }, { .size = 4, .encoder = "set aside" } },
        .encoder = "set aside",
        .decoder = "",
        .posterior = "set aside",
        .prior = "set aside",
        .prior_layers = "set aside",
        .objective = "none" },
      { NULL, { { "run", VAE_CLASS, ALL, 0, { 0 } } }, 0, 0, 0, 0, { 0 }, { 0 }, { 0 }, false } },
};
enum { STRUCTURES = sizeof structures / sizeof *structures };

static inline vae_data *open_structure(const structure *s)
{
    vae_condition_spec fields[WAYS] = { { 0 } };
    int count = 0;
    for (int i = 0; i < WAYS && s->spec.conditions[i].name; i++)
        if (!s->spec.conditions[i].of_x)
            fields[count++] = s->spec.conditions[i];
    return open_fields(s->path, s->mask, fields);
}

/* ---- Their graphs ------------------------------------------------------------------------------------------------ */

/* A graph run on the first examples, in float64; decoding takes z = 0.1, 0.2, … */
typedef struct bench {
    const structure *structure;
    vae_model *model;
    vae__match match;
    vae__model_graph graph;
    vae_executor *executor;
} bench;

static inline vae_run run_of(const vae_binding *bindings, int count)
{
    return (
        vae_run){ .examples = EXAMPLES, .bindings = bindings, .binding_count = count, .seed = 11, .purpose = "train" };
}

/* The same parameters whatever the objective, biases off zero as well. */
static inline vae_model *moved_model(const structure *s, const char *objective, const vae_data *data)
{
    vae_model_spec spec = s->spec;
    spec.objective = objective ? objective : spec.objective;
    vae_model *model = model_of(&spec, data);
    float *parameters = vae_store_parameters(vae_model_store(model));
    for (int64_t i = 0; i < vae_store_size(vae_model_store(model)); i++)
        parameters[i] += (float)(0.1 * sin((double)i));
    return model;
}

/* Takes the model over. */
static inline void bench_begin_with(bench *b, const structure *s, const vae_data *data, vae_model *model,
                                    vae__graph_kind kind)
{
    float z[EXAMPLES * MOST];
    vae_binding bindings[VAE__MAX_BINDINGS];
    *b = (bench){ .structure = s, .model = model };
    ck_assert_status_ok(vae__match_data(b->model, data, VAE_ALL, &b->match));
    vae__graph_request request = vae__match_request(&b->match, kind);
    request.samples = SAMPLES;
    request.temperature = 0.75;
    ck_assert_status_ok(vae__model_graph_new(b->model, &request, &b->graph));
    const vae_executor_options options = { .capacity = EXAMPLES, .threads = 1, .float64 = true };
    ck_assert_status_ok(vae_executor_new(b->graph.program, &options, &b->executor));
    int count = vae__match_bind(&b->match, &b->graph, NULL, bindings);
    for (int i = 0; i < EXAMPLES * MOST; i++)
        z[i] = (float)(0.1 * (i + 1));
    if (b->graph.z)
        bindings[count++] = (vae_binding){ .node = b->graph.z, .values = z, .type = VAE_FLOAT32 };
    const vae_run run = run_of(bindings, count);
    ck_assert_status_ok(vae_executor_run(b->executor, &run));
}

static inline void bench_begin(bench *b, const structure *s, const vae_data *data, const char *objective,
                               vae__graph_kind kind)
{
    bench_begin_with(b, s, data, moved_model(s, objective, data), kind);
}

static inline void bench_end(bench *b)
{
    vae_executor_free(&b->executor);
    vae__model_graph_clear(&b->graph);
    vae_model_free(&b->model);
}

static inline const double *found(const bench *b, const vae_node *node)
{
    const double *values = vae_executor_value(b->executor, node);
    ck_assert_ptr_nonnull(values);
    return values;
}

/* The noise of this label that the graphs draw: of each example, of each sample. */
static inline void draw_noise(const char *label, vae_noise_kind kind, int64_t samples, int64_t size, double *to)
{
    vae_graph *graph = NULL;
    vae_store *store = NULL;
    vae_program *program = NULL;
    vae_executor *executor = NULL;
    ck_assert_status_ok(vae_graph_new(&graph));
    vae_node *noise =
        samples ? vae_noise_samples(graph, kind, label, samples, 1, &size) : vae_noise(graph, kind, label, 1, &size);
    vae_graph_keep(noise);
    ck_assert_status_ok(vae_store_new(&store));
    ck_assert_status_ok(vae_graph_compile(graph, store, NULL, &program));
    const vae_executor_options options = { .capacity = EXAMPLES, .threads = 1, .float64 = true };
    ck_assert_status_ok(vae_executor_new(program, &options, &executor));
    const vae_run run = run_of(NULL, 0);
    ck_assert_status_ok(vae_executor_run(executor, &run));
    memcpy(to, vae_executor_value(executor, noise),
           (size_t)(EXAMPLES * (samples ? samples : 1) * size) * sizeof(double));
    vae_executor_free(&executor);
    vae_program_free(&program);
    vae_graph_free(&graph);
    vae_store_free(&store);
}

#endif
