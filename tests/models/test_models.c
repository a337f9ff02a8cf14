/*
 * Models: declarations resolved against data, mistakes in them, and the graphs built of them: gradients of the whole
 * training graph, and what its figures mean.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <vae/train.h>

#include "models/model.h"
#include "src/data/match.h"
#include "tests/support/models.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"

static vae_data *data;

static void begin(void)
{
    ck_assert_status_ok(vae_data_open("digits:60", &(vae_data_options){ .threads = 1 }, &data));
}

static void end(void)
{
    vae_data_free(&data);
    ck_assert_int_eq(system_outstanding(), 0);
}

#define LATENTS                                                                                                        \
    {                                                                                                                  \
        {                                                                                                              \
            .size = 3                                                                                                  \
        }                                                                                                              \
    }
#define DIGIT                                                                                                          \
    {                                                                                                                  \
        {                                                                                                              \
            .name = "digit", .kind = VAE_CLASS                                                                         \
        }                                                                                                              \
    }

static const vae_model_spec variants[] = {
    { .name = "vae", .latents = LATENTS, .encoder = "dense 7 relu", .decoder = "dense 7 relu" },
    { .name = "cvae",
      .conditions = DIGIT,
      .latents = LATENTS,
      .encoder = "dense 7 relu, dense 5 relu",
      .decoder = "dense 7 relu" },
    { .name = "sigma",
      .x = { .likelihood = "gaussian sigma=0.3" },
      .latents = LATENTS,
      .encoder = "dense 7 elu",
      .decoder = "dense 7 softplus" },
    { .name = "network",
      .x = { .likelihood = "gaussian" },
      .latents = LATENTS,
      .encoder = "dense 7 gelu",
      .decoder = "dense 7 sigmoid" },
    { .name = "tanh",
      .x = { .transform = "unit" },
      .latents = LATENTS,
      .encoder = "dense 7 tanh",
      .decoder = "dense 7 tanh" },
    { .name = "threshold",
      .x = { .transform = "unit, threshold=0.4" },
      .latents = LATENTS,
      .encoder = "dense 7 leaky-relu",
      .decoder = "dense 7 linear" },
    { .name = "bare", .conditions = DIGIT, .latents = LATENTS, .encoder = "", .decoder = "" },
    { .name = "bare-network",
      .x = { .likelihood = "gaussian" },
      .conditions = DIGIT,
      .latents = LATENTS,
      .encoder = "",
      .decoder = "" },
};
enum { VARIANTS = sizeof variants / sizeof *variants };

/* ---- Declarations ------------------------------------------------------------------------------------------------ */

START_TEST(test_resolved)
{
    char name[] = "copied";
    vae_model_spec spec = variants[1];
    spec.name = name;
    spec.encoder = "dense 7   relu,dense 5.0 linear";
    vae_model *model = model_of(&spec, data);
    name[0] = 'C';
    const vae_model_spec *found = vae_model_declaration(model);
    ck_assert_str_eq(found->name, "copied");
    ck_assert_str_eq(found->summary, "");
    ck_assert_int_eq(found->x.shape[0], 28);
    ck_assert_int_eq(found->x.shape[1], 28);
    ck_assert_int_eq(found->x.shape[2], 0);
    ck_assert_str_eq(found->x.likelihood, "bernoulli");
    ck_assert_str_eq(found->x.transform, "unit, binarize");
    ck_assert_str_eq(found->conditions[0].name, "digit");
    ck_assert_int_eq(found->conditions[0].size, 10);
    ck_assert_ptr_null(found->conditions[1].name);
    ck_assert_int_eq(found->latents[0].size, 3);
    ck_assert_str_eq(found->encoder, "dense 7 relu, dense 5");
    ck_assert_str_eq(found->decoder, "dense 7 relu");
    ck_assert_str_eq(found->posterior, "gaussian");
    ck_assert_str_eq(found->prior, "standard-normal");
    ck_assert_str_eq(found->objective, "elbo");
    ck_assert_int_eq(vae_model_x_size(model), 784);
    /* The resolved declaration needs no data any more, and declares the same. */
    vae_model *again = NULL;
    ck_assert_status_ok(vae_model_new(found, NULL, NULL, 3, &again));
    ck_assert_int_eq(vae_store_size(vae_model_store(again)), vae_store_size(vae_model_store(model)));
    ck_assert_mem_eq(vae_store_parameters(vae_model_store(again)), vae_store_parameters(vae_model_store(model)),
                     (size_t)vae_store_size(vae_model_store(model)) * sizeof(float));
    vae_model_free(&again);
    vae_model_free(&model);
}
END_TEST

/* What suits the likelihood stands where the declaration says nothing of it. */
START_TEST(test_usual_transforms)
{
    static const struct {
        vae_x_spec x;
        const char *transform, *encoder_transform;
    } cases[] = {
        { { .likelihood = "bernoulli" }, "unit, binarize", "unit, binarize" },
        { { .likelihood = "gaussian" }, "unit", "unit" },
        { { .likelihood = "poisson" }, "raw", "log1p" },
        { { .likelihood = "poisson", .transform = "raw" }, "raw", "raw" },
        { { .likelihood = "poisson", .encoder_transform = "unit" }, "raw", "unit" },
        { { .likelihood = "gaussian", .transform = "log1p" }, "log1p", "log1p" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vae_model_spec spec = variants[0];
        spec.x = cases[i].x;
        vae_model *model = model_of(&spec, data);
        ck_assert_str_eq(vae_model_declaration(model)->x.transform, cases[i].transform);
        ck_assert_str_eq(vae_model_declaration(model)->x.encoder_transform, cases[i].encoder_transform);
        vae_model_free(&model);
    }
}
END_TEST

static void check_tensor(vae_model *model, const char *name, int64_t rows, int64_t columns)
{
    const vae_tensor *tensor = vae_store_find(vae_model_store(model), name);
    ck_assert_msg(tensor != NULL, "there is no %s", name);
    ck_assert_int_eq(tensor->rank, columns ? 2 : 1);
    ck_assert_int_eq(tensor->shape[0], rows);
    if (columns)
        ck_assert_int_eq(tensor->shape[1], columns);
}

/* Conditions join the first layer of a network, or, where there is none, every head. */
START_TEST(test_parameters)
{
    vae_model *model = model_of(&variants[1], data);
    ck_assert_int_eq(vae_store_count(vae_model_store(model)), 14);
    check_tensor(model, "encoder/0/weight", 784, 7);
    check_tensor(model, "encoder/0/weight_digit", 10, 7);
    check_tensor(model, "encoder/0/bias", 7, 0);
    check_tensor(model, "encoder/1/weight", 7, 5);
    check_tensor(model, "encoder/mean/weight", 5, 3);
    check_tensor(model, "encoder/logvar/bias", 3, 0);
    check_tensor(model, "decoder/0/weight", 3, 7);
    check_tensor(model, "decoder/0/weight_digit", 10, 7);
    check_tensor(model, "decoder/logits/weight", 7, 784);
    vae_model_free(&model);
    model = model_of(&variants[7], data);
    ck_assert_int_eq(vae_store_count(vae_model_store(model)), 12);
    check_tensor(model, "encoder/mean/weight", 784, 3);
    check_tensor(model, "encoder/mean/weight_digit", 10, 3);
    check_tensor(model, "encoder/logvar/weight_digit", 10, 3);
    check_tensor(model, "decoder/mean/weight_digit", 10, 784);
    check_tensor(model, "decoder/logvar/weight_digit", 10, 784);
    vae_model_free(&model);
}
END_TEST

START_TEST(test_catalogue)
{
    static const vae_model_spec mine[] = { { .name = "mine" }, { .name = "cvae", .summary = "another" } };
    const vae_catalogue catalogue = { .models = mine, .model_count = 2 };
    const int built_in = vae_model_count(NULL);
    ck_assert_int_gt(built_in, 2);
    ck_assert_int_eq(vae_model_count(&catalogue), built_in + 2);
    ck_assert_ptr_eq(vae_model_find(&catalogue, "mine"), &mine[0]);
    ck_assert_ptr_eq(vae_model_find(&catalogue, "cvae"), &mine[1]);
    ck_assert_str_eq(vae_model_find(&catalogue, "vae")->name, "vae");
    ck_assert_ptr_null(vae_model_find(NULL, "mine"));
    ck_assert_ptr_null(vae_model_find(NULL, NULL));
    ck_assert_ptr_null(vae_model_at(&catalogue, built_in + 2));
    ck_assert_ptr_null(vae_model_at(&catalogue, -1));
    for (int i = 0; i < vae_model_count(NULL); i++) {
        const vae_model_spec *spec = vae_model_at(NULL, i);
        vae_model *model = model_of(spec, spec->x.shape[2] ? NULL : data);
        vae_model_free(&model);
    }
}
END_TEST

/* ---- Mistakes ---------------------------------------------------------------------------------------------------- */

#define GOOD .name = "m", .latents = LATENTS, .encoder = "dense 7", .decoder = "dense 7"
#define WITH(...)                                                                                                      \
    {                                                                                                                  \
        GOOD, __VA_ARGS__                                                                                              \
    }

/* Overriding a member of GOOD is what these are for. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
#ifdef __clang__
#pragma GCC diagnostic ignored "-Winitializer-overrides"
#endif
static const struct {
    vae_model_spec spec;
    vae_code code;
    const char *message;
} mistakes[] = {
    { WITH(.encoder = "dense 7, dens 5"), VAE_ERROR_DECLARATION,
      "m: encoder: layer 2: \"dens\": no such layer; there are " LAYERS },
    { WITH(.decoder = "dense"), VAE_ERROR_DECLARATION,
      "m: decoder: layer 1: dense: UNITS is missing; it is written \"dense UNITS [ACTIVATION]\"" },
    { WITH(.encoder = NULL), VAE_ERROR_DECLARATION, "m: encoder: expected phrases of the little language, found none" },
    { WITH(.decoder = NULL), VAE_ERROR_DECLARATION, "m: decoder: expected phrases of the little language, found none" },
    { WITH(.posterior = "flow"), VAE_ERROR_DECLARATION,
      "m: posterior: \"flow\": no such posterior; there are gaussian, table" },
    { WITH(.prior = "flow"), VAE_ERROR_DECLARATION,
      "m: prior: \"flow\": no such prior; there are standard-normal, gaussian" },
    { WITH(.objective = "elbo gamma=4"), VAE_ERROR_DECLARATION,
      "m: objective: \"gamma=4\": not expected here; it is written \"elbo [samples=COUNT] [beta=NUMBER] "
      "[warm-up=NUMBER] [free-bits=NUMBER] [free-total=NUMBER]\"" },
    { WITH(.x = { .likelihood = "cauchy" }), VAE_ERROR_DECLARATION,
      "m: likelihood: \"cauchy\": no such likelihood; there are bernoulli, gaussian, poisson, laplace, "
      "continuous-bernoulli, discretized-logistic, categorical, negative-binomial" },
    { WITH(.x = { .likelihood = "" }), VAE_ERROR_DECLARATION, "m: likelihood: expected a likelihood, found nothing" },
    { WITH(.x = { .transform = "log" }), VAE_ERROR_DECLARATION,
      "m: transform: transform 1: \"log\": no such transform; there are raw, unit, scale, standardize, log1p, "
      "binarize, threshold" },
    { WITH(.x = { .shape = { 28, -1 } }), VAE_ERROR_DECLARATION,
      "m: x: shape: dimension 2 is -1, expected sizes of at least 1, one after another, and at most "
      "2^31 - 1 values in all" },
    { WITH(.x = { .shape = { 0, 28 } }), VAE_ERROR_DECLARATION,
      "m: x: shape: dimension 2 is 28, expected sizes of at least 1, one after another, and at most "
      "2^31 - 1 values in all" },
    { WITH(.x = { .shape = { 65536, 65536 } }), VAE_ERROR_DECLARATION,
      "m: x: shape: dimension 2 is 65536, expected sizes of at least 1, one after another, and at most "
      "2^31 - 1 values in all" },
    { WITH(.x = { .shape = { 784 } }), VAE_ERROR_DATA, "m: x: expected shape (784), found (28, 28) in digits:60" },
    { WITH(.latents = { { .size = 0 } }), VAE_ERROR_DECLARATION,
      "m: latents: expected 1 to 100000 dimensions, found 0" },
    { WITH(.latents = { { .size = 100001 } }), VAE_ERROR_DECLARATION,
      "m: latents: expected 1 to 100000 dimensions, found 100001" },
    { WITH(.latents = { { .size = 2 }, { .size = -3 } }), VAE_ERROR_DECLARATION,
      "m: latents: expected 1 to 100000 dimensions, found -3" },
    { WITH(.conditions = { { .name = "", .kind = VAE_CLASS } }), VAE_ERROR_DECLARATION,
      "m: condition \"\": expected a name of 1 to 63 characters without spaces or any of / . , = : that is not x, z "
      "or mask" },
    { WITH(.conditions = { { .name = "a", .kind = VAE_CLASS }, { .name = "b", .kind = VAE_CLASS } }), VAE_ERROR_DATA,
      "m: digits:60: expected classes for the condition \"a\", found no such field" },
    { WITH(.conditions = { { .name = "a/b", .kind = VAE_CLASS } }), VAE_ERROR_DECLARATION,
      "m: condition \"a/b\": expected a name of 1 to 63 characters without spaces or any of / . , = : that is not x, z "
      "or mask" },
    { WITH(.conditions = { { .name = "z", .kind = VAE_CLASS } }), VAE_ERROR_DECLARATION,
      "m: condition \"z\": expected a name of 1 to 63 characters without spaces or any of / . , = : that is not x, z "
      "or mask" },
    { WITH(.conditions = { { .name = "label", .kind = VAE_CLASS }, { .name = "label", .kind = VAE_CLASS } }),
      VAE_ERROR_DECLARATION, "m: there are two conditions \"label\"" },
    { WITH(.conditions = { { .name = "digit", .kind = VAE_VALUES } }), VAE_ERROR_DATA,
      "m: digits:60: expected values for the condition \"digit\", found no such field" },
    { WITH(.conditions = { { .name = "digit", .kind = VAE_CLASS, .size = -1 } }), VAE_ERROR_DECLARATION,
      "m: condition \"digit\": expected 1 to 1000000 classes, declared or from data, found -1" },
    { WITH(.name = NULL, .encoder = NULL), VAE_ERROR_DECLARATION,
      "model: encoder: expected phrases of the little language, found none" },
};
#pragma GCC diagnostic pop

START_TEST(test_mistakes)
{
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        vae_model *model = (vae_model *)&mistakes;
        long before = system_outstanding();
        vae_status status = vae_model_new(&mistakes[i].spec, NULL, data, 0, &model);
        ck_assert_str_eq(status.message, mistakes[i].message);
        ck_assert_int_eq(status.code, mistakes[i].code);
        ck_assert_ptr_null(model);
        ck_assert_int_eq(system_outstanding(), before);
    }
}
END_TEST

/* What a checkpoint could not give back is refused when it is declared. */
START_TEST(test_levels)
{
    enum { MANY = VAE__LEVELS_MAX + 1 };
    char *text = calloc(MANY, 8), vast[VAE__LEVEL_LENGTH + 2] = "";
    const char **levels = calloc(MANY, sizeof *levels);
    vae_model *model = NULL;
    for (int i = 0; i < MANY; i++)
        levels[i] = memcpy(text + (size_t)i * 8,
                           (char[8]){ (char)('a' + i % 26), (char)('a' + i / 26 % 26), (char)('a' + i / 676 % 26),
                                      (char)('a' + i / 17576) },
                           8);
    vae_model_spec spec = { .name = "m",
                            .x = { .shape = { 3 } },
                            .conditions = { { .name = "run", .kind = VAE_CLASS, .size = MANY, .levels = levels } },
                            .latents = { { .size = 1 } },
                            .encoder = "dense 1",
                            .decoder = "dense 1" };
    ck_assert_status(vae_model_new(&spec, NULL, NULL, 0, &model), VAE_ERROR_DECLARATION,
                     "m: condition \"run\": expected at most 65536 classes with levels, found 65537");
    spec.conditions[0].size = 2;
    levels[1] = memset(vast, 'a', VAE__LEVEL_LENGTH + 1);
    ck_assert_status(vae_model_new(&spec, NULL, NULL, 0, &model), VAE_ERROR_DECLARATION,
                     "m: condition \"run\": expected levels of at most 1000 bytes, found 1001 in class 1");
    vast[VAE__LEVEL_LENGTH] = 0;
    ck_assert_status_ok(vae_model_new(&spec, NULL, NULL, 0, &model));
    vae_model_free(&model);
    free(levels);
    free(text);
}
END_TEST

/* Too few classes are seen in the data; without data nothing may be open. */
START_TEST(test_data_does_not_fit)
{
    vae_model_spec spec = variants[1];
    vae_model *model = NULL;
    spec.conditions[0].size = 3;
    ck_assert_status(vae_model_new(&spec, NULL, data, 0, &model), VAE_ERROR_DATA, "cvae: digits:60");
    ck_assert_ptr_null(model);
    ck_assert_status(vae_model_new(&variants[0], NULL, NULL, 0, &model), VAE_ERROR_DECLARATION,
                     "vae: x: expected a shape, declared or from data, found none");
    spec.x.shape[0] = 28;
    spec.conditions[0].size = 0;
    ck_assert_status(vae_model_new(&spec, NULL, NULL, 0, &model), VAE_ERROR_DECLARATION,
                     "cvae: condition \"digit\": expected 1 to 1000000 classes, declared or from data, found 0");
    ck_assert_status(vae_model_new(NULL, NULL, data, 0, &model), VAE_ERROR_ARGUMENT, "expected a declaration");
    vae_model_free(NULL);
    vae_model_free(&model);
}
END_TEST

/* ---- Training graphs --------------------------------------------------------------------------------------------- */

typedef struct bench {
    vae_model *model;
    vae__match match;
    vae__model_graph graph;
    vae_executor *executor;
    vae_binding bindings[VAE__MAX_BINDINGS];
    vae_run run;
} bench;

static void bench_begin(bench *b, const vae_model_spec *spec, vae__graph_kind kind, int64_t examples)
{
    *b = (bench){ .model = model_of(spec, data) };
    ck_assert_status_ok(vae__match_data(b->model, data, VAE_TRAIN, &b->match));
    vae__graph_request request = { .kind = kind, .x_type = b->match.x->type, .samples = 2, .temperature = 1 };
    ck_assert_status_ok(vae__model_graph_new(b->model, &request, &b->graph));
    ck_assert_status_ok(vae_executor_new(b->graph.program,
                                         &(vae_executor_options){ .capacity = examples, .threads = 1, .float64 = true },
                                         &b->executor));
    b->run = (vae_run){ .examples = examples,
                        .bindings = b->bindings,
                        .binding_count = vae__match_bind(&b->match, &b->graph, NULL, b->bindings),
                        .seed = 11,
                        .purpose = "train" };
}

static void bench_end(bench *b)
{
    vae_executor_free(&b->executor);
    vae__model_graph_clear(&b->graph);
    vae_model_free(&b->model);
}

static double figure(const bench *b, const vae_node *node, int64_t row)
{
    const double *values = vae_executor_value(b->executor, node);
    ck_assert_ptr_nonnull(values);
    return values[row];
}

static double objective_at(bench *b, const double *parameters)
{
    b->run.parameters = parameters;
    b->run.gradient = NULL;
    ck_assert_status_ok(vae_executor_run(b->executor, &b->run));
    return figure(b, b->graph.objective, 0);
}

/* Central differences; where a relu's kink lies between, the two sides' slopes differ and say nothing. */
static bool check_slope(bench *b, double *parameters, int64_t at, double found, const char *name)
{
    const double step = 1e-5, kept = parameters[at], here = objective_at(b, parameters);
    parameters[at] = kept + step;
    double above = objective_at(b, parameters);
    parameters[at] = kept - step;
    double below = objective_at(b, parameters);
    parameters[at] = kept;
    double right = (above - here) / step, left = (here - below) / step, slope = (above - below) / (2 * step);
    if (fabs(right - left) > 1e-2 * (1 + fabs(slope)))
        return false;
    ck_assert_msg(fabs(found - slope) <= 1e-5 + 1e-5 * fabs(slope), "%s %s: %.10g, by differences %.10g",
                  vae_model_declaration(b->model)->name, name, found, slope);
    return true;
}

START_TEST(test_gradient)
{
    bench b;
    bench_begin(&b, &variants[_i], VAE__TRAINING, 4);
    vae_store *store = vae_model_store(b.model);
    int64_t size = vae_store_size(store);
    double *parameters = calloc((size_t)size, sizeof(double)), *gradient = calloc((size_t)size, sizeof(double));
    for (int64_t i = 0; i < size; i++)
        parameters[i] = vae_store_parameters(store)[i] + 0.02 * sin((double)i); /* biases off zero as well */
    b.run.parameters = parameters;
    b.run.gradient = gradient;
    ck_assert_status_ok(vae_executor_run(b.executor, &b.run));
    uint32_t state = 1;
    int checked = 0, moving = 0;
    for (int t = 0; t < vae_store_count(store); t++)
        for (int i = 0; i < 8; i++) {
            const vae_tensor *tensor = vae_store_tensor(store, t);
            state = state * 1664525u + 1013904223u;
            int64_t at = tensor->offset + (int64_t)((state >> 4) % (uint64_t)tensor->size);
            checked += check_slope(&b, parameters, at, gradient[at], tensor->name);
            moving += fabs(gradient[at]) > 1e-6;
        }
    ck_assert_int_ge(checked, 30);
    ck_assert_int_ge(moving, 20);
    free(parameters);
    free(gradient);
    bench_end(&b);
}
END_TEST

/* The terms of a training are the means of an evaluation's; its objective is the negative of their difference. */
START_TEST(test_identity)
{
    enum { EXAMPLES = 5 };
    bench each, mean;
    bench_begin(&each, &variants[_i], VAE__EVALUATION, EXAMPLES);
    bench_begin(&mean, &variants[_i], VAE__TRAINING, EXAMPLES);
    ck_assert_status_ok(vae_executor_run(each.executor, &each.run));
    ck_assert_status_ok(vae_executor_run(mean.executor, &mean.run));
    double elbo = 0, reconstruction = 0, kl = 0;
    for (int e = 0; e < EXAMPLES; e++) {
        double r = figure(&each, each.graph.reconstruction, e), k = figure(&each, each.graph.kl, e);
        ck_assert_double_ge(k, 0);
        elbo += (r - k) / EXAMPLES;
        reconstruction += r / EXAMPLES;
        kl += k / EXAMPLES;
    }
    ck_assert_double_eq_tol(figure(&mean, mean.graph.reconstruction, 0), reconstruction, 1e-9 * fabs(reconstruction));
    ck_assert_double_eq_tol(figure(&mean, mean.graph.kl, 0), kl, 1e-9 * kl + 1e-12);
    ck_assert_double_eq_tol(figure(&mean, mean.graph.objective, 0), -elbo, 1e-9 * fabs(elbo));
    bench_end(&each);
    bench_end(&mean);
}
END_TEST

/* A Gaussian's density is told in the stored data's units: of 784 values divided by 255, log p is 784 log 255 less. */
START_TEST(test_jacobian)
{
    bench b;
    bench_begin(&b, &variants[2], VAE__EVALUATION, 2);
    /* Mean of p(x | z) 0.5 everywhere, so that log p is known without z. */
    vae_store *store = vae_model_store(b.model);
    all_to_zero(b.model);
    for (int i = 0; i < 784; i++)
        vae_store_parameters(store)[vae_store_find(store, "decoder/mean/bias")->offset + i] = 0.5f;
    ck_assert_status_ok(vae_executor_run(b.executor, &b.run));
    for (int e = 0; e < 2; e++) {
        const uint8_t *x = (const uint8_t *)b.match.x->values + e * 784;
        double expected = -784 * log(255);
        for (int i = 0; i < 784; i++) {
            double error = (x[i] / 255.0 - 0.5) / 0.3;
            expected -= 0.5 * (log(2 * M_PI) + 2 * log(0.3) + error * error);
        }
        ck_assert_double_eq_tol(figure(&b, b.graph.reconstruction, e), expected, 1e-6 * fabs(expected));
        ck_assert_double_eq_tol(figure(&b, b.graph.kl, e), 0, 1e-12);
    }
    bench_end(&b);
}
END_TEST

/* Of 60 examples two steps are an epoch. */
START_TEST(test_trains)
{
    vae_model *model = model_of(&variants[_i], data);
    vae_training *training = NULL;
    ck_assert_status_ok(vae_training_new(&model, data, &(vae_training_options){ .batch_size = 32 }, &training));
    ck_assert_ptr_null(model);
    ck_assert_status_ok(vae_train(training, data, &(vae_train_options){ .epochs = 1, .threads = 1 }));
    ck_assert_int_eq(vae_training_where(training).step, 2);
    vae_store *store = vae_model_store(vae_training_model(training));
    for (int64_t i = 0; i < vae_store_size(store); i++)
        ck_assert(isfinite(vae_store_parameters(store)[i]));
    for (int i = 0; i < vae_history_columns(training); i++)
        ck_assert(isfinite(vae_history_column_at(training, i).values[0]));
    vae_training_free(&training);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("models");
    const TTest *const tests[] = { test_resolved,          test_usual_transforms, test_parameters,
                                   test_catalogue,         test_mistakes,         test_levels,
                                   test_data_does_not_fit, test_jacobian,         NULL };
    TCase *one = suite_case_between(suite, "models", 60, begin, end, tests);
    tcase_add_loop_test(one, test_gradient, 0, VARIANTS);
    tcase_add_loop_test(one, test_identity, 0, VARIANTS);
    tcase_add_loop_test(one, test_trains, 0, VARIANTS);
    return suite_run(suite);
}
