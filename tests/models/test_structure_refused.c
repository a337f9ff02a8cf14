/*
 * Which values of x each part of it marks; how clauses of structure come back; graphs by hand beside a part of x; and
 * every message for a structure that makes no sense.
 */
#include <string.h>
#include <vae/ops.h>

#include "models/model.h"
#include "tests/models/brought.h"
#include "tests/models/structure.h"

static void begin(void)
{
    fields_begin();
}

static void end(void)
{
    fields_end();
}

/* ---- What is marked ---------------------------------------------------------------------------------------------- */

/* '#' is seen; rows one after another, and of a pixel its colours. */
static const struct marked {
    const char *of_x;
    int64_t shape[VAE_MAX_RANK];
    const char *marks;
} marked[] = {
    { "quadrants 1", { 4, 4 }, ".... .... ##.. ##.." },
    { "quadrants 2", { 4, 4 }, "##.. ##.. ##.. ##.." },
    { "quadrants 3", { 4, 4 }, "##.. ##.. #### ####" },
    { "quadrants 1", { 3, 5 }, "..... ##... ##..." },
    { "quadrants 3", { 2, 2 }, "#. ##" },
    { "quadrants 1", { 2, 2, 3 }, "...... ###..." },
    { "columns 1 2", { 3, 4 }, ".##. .##. .##." },
    { "columns 3 3", { 2, 4 }, "...# ...#" },
    { "columns 0 1", { 5 }, "##..." },
    { "columns 1 1", { 1, 3, 2 }, "..##.." },
    { "rows 0 0", { 3, 2 }, "## .. .." },
    { "rows 1 2", { 3, 2 }, ".. ## ##" },
    { "rows 1 1", { 2, 1, 3 }, "... ###" },
    { "rectangle 1 2 2 3", { 4, 5 }, "..... ..##. ..##. ....." },
    { "rectangle 0 1 0 3", { 5 }, ".###." },
    { "columns 0 0, columns 4 4", { 5 }, "#...#" },
    { "columns 0 1, rows 2 2", { 3, 3 }, "##. ##. ###" },
    { "quadrants 1, rectangle 0 3 0 3", { 4, 4 }, "...# .... ##.. ##.." },
    { "rows 0 0, rows 0 0", { 2, 2 }, "## .." },
};
enum { MARKED = sizeof marked / sizeof *marked };

START_TEST(test_marks)
{
    vae_model_spec spec = plain;
    memcpy(spec.x.shape, marked[_i].shape, sizeof spec.x.shape);
    spec.conditions[0] = (vae_condition_spec){ SEEN(marked[_i].of_x) };
    vae_model *model = model_of(&spec, NULL);
    const double *seen = model->conditions[0].seen;
    const vae_condition_spec *found = &vae_model_declaration(model)->conditions[0];
    for (const char *mark = marked[_i].marks; *mark; mark++)
        if (*mark != ' ')
            ck_assert_double_eq(*seen++, *mark == '#');
    ck_assert_int_eq(seen - model->conditions[0].seen, vae_model_x_size(model));
    ck_assert_str_eq(found->of_x, marked[_i].of_x);
    ck_assert_int_eq(found->size, vae_model_x_size(model));
    ck_assert_int_eq(found->kind, spec.x.shape[1] ? VAE_IMAGE : VAE_VALUES);
    ck_assert_str_eq(found->transform, "unit, binarize");
    ck_assert_int_eq(found->shape[0], spec.x.shape[1] ? spec.x.shape[0] : 0);
    vae_model_free(&model);
}
END_TEST

/* ---- What comes back --------------------------------------------------------------------------------------------- */

START_TEST(test_printed)
{
    const vae_model_spec spec = { .name = "m",
                                  .x = { .shape = { 4, 4 } },
                                  .conditions = { { .name = "seen",
                                                    .of_x = " columns  3 3,rows 0  1 ",
                                                    .enters = "prior ,encoder 0, decoder  1",
                                                    .layers = "dense  4 linear",
                                                    .encoder_layers = "",
                                                    .prior_layers = "dense relu 3" } },
                                  .latents = { { .size = 3 }, { .size = 2, .encoder = " dense 3", .decoder = "" } },
                                  .encoder = "dense 4",
                                  .decoder = "dense 4",
                                  .prior = " gaussian",
                                  .prior_layers = "dense  4 tanh" };
    vae_model_spec second = spec;
    second.latents[1].decoder = "dense 5 tanh";
    vae_model *model = model_of(&second, NULL);
    const vae_model_spec *found = vae_model_declaration(model);
    ck_assert_str_eq(found->conditions[0].of_x, "columns 3 3, rows 0 1");
    ck_assert_str_eq(found->conditions[0].enters, "prior, encoder, decoder 1");
    ck_assert_str_eq(found->conditions[0].layers, "dense 4");
    ck_assert_ptr_null(found->conditions[0].encoder_layers);
    ck_assert_ptr_null(found->conditions[0].decoder_layers);
    ck_assert_str_eq(found->conditions[0].prior_layers, "dense 3 relu");
    ck_assert_str_eq(found->latents[1].encoder, "dense 3");
    ck_assert_str_eq(found->latents[1].decoder, "dense 5 tanh");
    ck_assert_str_eq(found->prior, "gaussian");
    ck_assert_str_eq(found->prior_layers, "dense 4 tanh");
    vae_model *again = model_of(found, NULL);
    ck_assert_int_eq(vae_store_size(vae_model_store(again)), vae_store_size(vae_model_store(model)));
    vae_model_free(&again);
    vae_model_free(&model);
}
END_TEST

/* A regression has nothing of z, whatever was declared. */
START_TEST(test_set_aside)
{
    const structure *s = &structures[STRUCTURES - 1];
    vae_data *data = open_structure(s);
    vae_model *model = model_of(&s->spec, data);
    const vae_model_spec *found = vae_model_declaration(model);
    ck_assert_ptr_null(found->encoder);
    ck_assert_ptr_null(found->posterior);
    ck_assert_ptr_null(found->prior);
    ck_assert_ptr_null(found->prior_layers);
    ck_assert_int_eq(found->latents[0].size, 0);
    ck_assert_int_eq(found->latents[1].size, 0);
    for (int i = 0; i < vae_store_count(vae_model_store(model)); i++)
        ck_assert_ptr_nonnull(strstr(vae_store_tensor(vae_model_store(model), i)->name, "decoder/"));
    vae_model_free(&model);
    vae_data_free(&data);
}
END_TEST

/* ---- By hand ----------------------------------------------------------------------------------------------------- */

/* x · weight + bias + seen · weight_seen, as a declared network has it. */
static vae_node *joined(const vae_build *b, vae_node *x, int64_t units, const char *name)
{
    char weight[64];
    snprintf(weight, sizeof weight, "%s/weight_seen", name);
    vae_node *table = vae_parameter(b->graph, weight, VAE_GLOROT, 2, (int64_t[]){ b->x_size, units });
    return vae_add(vae_dense(x, units, name), vae_matmul(b->conditions[0], table));
}

/* The first of the structures. */
static void by_hand(vae_build *b)
{
    double zero = 0;
    vae_node *z = b->z, *log_width = vae_constant(b->graph, 1, (int64_t[]){ 1 }, &zero);
    if (b->x) {
        vae_node *h = vae_tanh(joined(b, b->encoder_x, 5, "encoder/0"));
        b->mean = vae_dense(h, 3, "encoder/mean");
        b->logvar = vae_dense(h, 3, "encoder/logvar");
        z = vae_gaussian_sample(b->mean, b->logvar, b->noise);
        b->kl = vae_kl_standard_normal(b->mean, b->logvar);
    }
    b->x_mean = vae_dense(vae_tanh(joined(b, z, 6, "decoder/0")), b->x_size, "decoder/mean");
    if (b->x)
        b->reconstruction = vae_loglik_gaussian(b->x, b->x_mean, log_width, b->mask);
}

static double value_of(const bench *b, const vae_node *node, int place)
{
    const double *values = vae_executor_value(b->executor, node);
    ck_assert_ptr_nonnull(values);
    return values[place];
}

/* The seen part comes to a builder as to a network; mask and what is given are put around it. */
START_TEST(test_by_hand)
{
    static const vae__graph_kind kinds[] = { VAE__TRAINING, VAE__RECONSTRUCTION, VAE__DECODING };
    structure hand = structures[0];
    hand.spec.encoder = hand.spec.decoder = NULL;
    hand.spec.build = by_hand;
    vae_data *data = open_structure(&hand);
    for (int kind = 0; kind < 3; kind++) {
        bench one, other;
        vae_model *model = model_of(&hand.spec, data);
        bench_begin(&one, &structures[0], data, NULL, kinds[kind]);
        ck_assert_status_ok(vae_model_start_from(model, one.model, NULL));
        bench_begin_with(&other, &hand, data, model, kinds[kind]);
        if (!kind)
            ck_assert_double_eq_tol(value_of(&one, one.graph.objective, 0), value_of(&other, other.graph.objective, 0),
                                    1e-9);
        for (int i = 0; kind && i < EXAMPLES * HEIGHT * WIDTH; i++)
            ck_assert_double_eq_tol(value_of(&one, one.graph.x_mean, i), value_of(&other, other.graph.x_mean, i), 1e-9);
        bench_end(&one);
        bench_end(&other);
    }
    vae_data_free(&data);
}
END_TEST

/* ---- Mistakes ---------------------------------------------------------------------------------------------------- */

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
#ifdef __clang__
#pragma GCC diagnostic ignored "-Winitializer-overrides"
#endif
#define GOOD                                                                                                           \
    .name = "m", .x = { .shape = { 4, 4 } }, .latents = { { .size = 2 } }, .encoder = "dense 4", .decoder = "dense 4"
#define WITH(...)                                                                                                      \
    {                                                                                                                  \
        GOOD, __VA_ARGS__                                                                                              \
    }
#define WITH_SEEN(...)                                                                                                 \
    {                                                                                                                  \
        GOOD, .conditions = { { .name = "seen", __VA_ARGS__ } }                                                        \
    }
#define WITH_CLASS(...)                                                                                                \
    {                                                                                                                  \
        GOOD, .conditions = { { .name = "c", .size = 3, __VA_ARGS__ } }                                                \
    }

static const char *const levels[] = { "a", "b" };

static const struct mistake {
    vae_model_spec spec;
    vae_code code;
    const char *message;
} mistakes[] = {
    /* parts of x */
    { WITH_SEEN(.of_x = "corner 1"), VAE_ERROR_DECLARATION,
      "m: condition \"seen\": of x: part of x 1: \"corner\": no such part of x; there are quadrants, columns, rows, "
      "rectangle" },
    { WITH_SEEN(.of_x = "quadrants 4"), VAE_ERROR_DECLARATION,
      "m: condition \"seen\": of x: part of x 1: COUNT: expected a whole number from 1 to 3, found \"4\"" },
    { WITH_SEEN(.of_x = ""), VAE_ERROR_DECLARATION,
      "m: condition \"seen\": of x: expected some of the 16 values of x to be seen and some hidden, found 0 seen" },
    { WITH_SEEN(.of_x = "rows 0 1, rows 2 3"), VAE_ERROR_DECLARATION,
      "m: condition \"seen\": of x: expected some of the 16 values of x to be seen and some hidden, found 16 seen" },
    { WITH_SEEN(.of_x = "columns 1 4"), VAE_ERROR_DECLARATION,
      "m: condition \"seen\": of x: columns: LAST: expected 0 to 3, found 4" },
    { WITH_SEEN(.of_x = "columns 1 1, rows 4 4"), VAE_ERROR_DECLARATION,
      "m: condition \"seen\": of x: rows: FIRST: expected 0 to 3, found 4" },
    { WITH_SEEN(.of_x = "columns 2 1"), VAE_ERROR_DECLARATION,
      "m: condition \"seen\": of x: columns: LAST: expected at least FIRST, 2, found 1" },
    { WITH_SEEN(.of_x = "rectangle 1 2 0 3"), VAE_ERROR_DECLARATION,
      "m: condition \"seen\": of x: rectangle: BOTTOM: expected at least TOP, 1, found 0" },
    { WITH_SEEN(.of_x = "rectangle 1 2 2 1"), VAE_ERROR_DECLARATION,
      "m: condition \"seen\": of x: rectangle: RIGHT: expected at least LEFT, 2, found 1" },
    { WITH(.x = { .shape = { 8 } }, .conditions = { { .name = "seen", .of_x = "quadrants 1" } }), VAE_ERROR_DECLARATION,
      "m: condition \"seen\": of x: quadrants: expected x to be an image of at least 2 rows and columns, found 1 and "
      "8" },
    { WITH(.x = { .shape = { 8 } }, .conditions = { { .name = "seen", .of_x = "rows 1 1" } }), VAE_ERROR_DECLARATION,
      "m: condition \"seen\": of x: rows: FIRST: expected 0 to 0, found 1" },
    { WITH_SEEN(.of_x = "rows 1 1", .transform = "raw"), VAE_ERROR_DECLARATION,
      "m: condition \"seen\": transform: expected none of a part of x, which has the encoder's, found \"raw\"" },
    { WITH_SEEN(.of_x = "rows 1 1", .size = 2, .levels = levels), VAE_ERROR_DECLARATION,
      "m: condition \"seen\": levels: expected none of a part of x, found some" },
    { WITH(.conditions = { { .name = "a", .of_x = "rows 1 1" }, { .name = "b", .of_x = "rows 2 2" } }),
      VAE_ERROR_DECLARATION, "m: conditions: expected one part of x, which may have several pieces, found two" },
    { WITH(.conditions = { { .name = "x", .of_x = "rows 1 1" } }), VAE_ERROR_DECLARATION,
      "m: condition \"x\": expected a name of 1 to 63 characters without spaces or any of / . , = : that is not x, z "
      "or mask" },
    /* what they enter */
    { WITH_CLASS(.enters = ""), VAE_ERROR_DECLARATION,
      "m: condition \"c\": enters: expected encoder, decoder or prior, found nothing" },
    { WITH_CLASS(.enters = "decider"), VAE_ERROR_DECLARATION,
      "m: condition \"c\": enters: network 1: \"decider\": no such network; there are encoder, decoder, prior" },
    { WITH_CLASS(.enters = "encoder, decoder 2"), VAE_ERROR_DECLARATION,
      "m: condition \"c\": enters: decoder: expected a layer from 0 to 1, behind the last, found 2" },
    { WITH_CLASS(.enters = "prior 1"), VAE_ERROR_DECLARATION,
      "m: condition \"c\": enters: prior: expected a layer from 0 to 0, behind the last, found 1" },
    { WITH_CLASS(.enters = "encoder, decoder, encoder 1"), VAE_ERROR_DECLARATION,
      "m: condition \"c\": enters: encoder is there twice" },
    { WITH(.latents = { { .size = 2 }, { .size = 2 } },
           .conditions = { { .name = "c", .size = 3, .enters = "encoder 1" } }),
      VAE_ERROR_DECLARATION,
      "m: condition \"c\": enters: encoder: expected a layer from 0 to 0, behind the last, found 1" },
    { WITH_CLASS(.layers = "dens 4"), VAE_ERROR_DECLARATION,
      "m: condition \"c\": layers: layer 1: \"dens\": no such layer; there are " LAYERS },
    { WITH_CLASS(.prior_layers = "dense"), VAE_ERROR_DECLARATION,
      "m: condition \"c\": prior layers: layer 1: dense: UNITS is missing; it is written \"dense UNITS "
      "[ACTIVATION]\"" },
    { WITH_CLASS(.enters = "decoder", .encoder_layers = "dense 4"), VAE_ERROR_DECLARATION,
      "m: condition \"c\": encoder layers: expected a condition that enters the encoder, found one that does not" },
    { WITH_CLASS(.enters = "encoder", .decoder_layers = "dense 4"), VAE_ERROR_DECLARATION,
      "m: condition \"c\": decoder layers: expected a condition that enters the decoder, found one that does not" },
    { WITH_CLASS(.enters = "encoder", .prior_layers = "dense 4"), VAE_ERROR_DECLARATION,
      "m: condition \"c\": prior layers: expected a condition that enters the prior, found one that does not" },
    /* priors */
    { WITH_CLASS(.prior_layers = "dense 4"), VAE_ERROR_DECLARATION,
      "m: prior layers: expected a prior that is learned, found \"standard-normal\"" },
    { WITH(.conditions = { { .name = "c", .size = 3 } }, .prior_layers = "dense 4"), VAE_ERROR_DECLARATION,
      "m: prior layers: expected a prior that is learned, found \"standard-normal\"" },
    { WITH(.prior = "gaussian", .prior_layers = "dense 4"), VAE_ERROR_DECLARATION,
      "m: prior layers: expected a condition that enters the prior at its first layer, found none" },
    { WITH(.prior = "gaussian", .prior_layers = "dense 4",
           .conditions = { { .name = "c", .size = 3, .enters = "prior 1" } }),
      VAE_ERROR_DECLARATION,
      "m: prior layers: expected a condition that enters the prior at its first layer, found none" },
    { WITH(.prior = "gaussian", .prior_layers = "dens 4"), VAE_ERROR_DECLARATION,
      "m: prior layers: layer 1: \"dens\": no such layer; there are " LAYERS },
    /* latents */
    { WITH(.latents = { { .size = 2, .encoder = "dense 4" } }), VAE_ERROR_DECLARATION,
      "m: latents: expected layers of the second and further, for those of the first are the model's encoder and "
      "decoder, found some of the first" },
    { WITH(.latents = { { .size = 2 }, { .size = 0 }, { .size = 3 } }), VAE_ERROR_DECLARATION,
      "m: latents: expected one after another, each with its size, found none for 2, and what belongs to 3" },
    { WITH(.latents = { { .size = 2 }, { .decoder = "dense 4" } }), VAE_ERROR_DECLARATION,
      "m: latents: expected one after another, each with its size, found none for 2, and what belongs to 2" },
    { WITH(.latents = { { .size = 2 }, { .size = 100001 } }), VAE_ERROR_DECLARATION,
      "m: latents: expected 1 to 100000 dimensions, found 100001" },
    { WITH(.latents = { { .size = 2 }, { .size = 2, .decoder = "dens 4" } }), VAE_ERROR_DECLARATION,
      "m: latent 2: decoder: layer 1: \"dens\": no such layer; there are " LAYERS },
    { WITH(.latents = { { .size = 2 }, { .size = 2, .encoder = "dense 0" } }), VAE_ERROR_DECLARATION,
      "m: latent 2: encoder: layer 1: UNITS: expected a whole number from 1 to 1e+06, found \"0\"" },
    { WITH(.latents = { { .size = 2 }, { .size = 2 } }, .objective = "elbo free-bits=0.1"), VAE_ERROR_UNSUPPORTED,
      "m: objective: \"elbo free-bits=0.1\" wants the KL of each dimension of z, which a hierarchy does not give" },
    /* regressions */
    { WITH(.objective = "none"), VAE_ERROR_DECLARATION,
      "m: objective: \"none\" is without z: expected a condition that enters the decoder at its first layer, found "
      "none" },
    { WITH(.objective = "none", .conditions = { { .name = "c", .size = 3, .enters = "decoder 1" } }),
      VAE_ERROR_DECLARATION,
      "m: objective: \"none\" is without z: expected a condition that enters the decoder at its first layer, found "
      "none" },
    /* graphs by hand */
    { WITH(.encoder = NULL, .decoder = NULL, .build = by_hand, .objective = "none"), VAE_ERROR_DECLARATION,
      "m: objective: \"none\" is without z, which a .build has" },
    { WITH(.encoder = NULL, .decoder = NULL, .build = by_hand, .prior_layers = "dense 4"), VAE_ERROR_DECLARATION,
      "m: prior layers: expected none beside a .build, found \"dense 4\"" },
    { WITH(.encoder = NULL, .decoder = NULL, .build = by_hand, .latents = { { .size = 2 }, { .size = 2 } }),
      VAE_ERROR_UNSUPPORTED, "m: latents: expected one beside a .build, found 2" },
    { WITH(.encoder = NULL, .decoder = NULL, .build = by_hand,
           .conditions = { { .name = "c", .size = 3, .enters = "encoder" } }),
      VAE_ERROR_DECLARATION,
      "m: condition \"c\": expected neither layers nor networks that it enters beside a .build, which gets it as it "
      "is" },
    { WITH(.encoder = NULL, .decoder = NULL, .build = by_hand,
           .conditions = { { .name = "c", .size = 3, .layers = "dense 4" } }),
      VAE_ERROR_DECLARATION,
      "m: condition \"c\": expected neither layers nor networks that it enters beside a .build, which gets it as it "
      "is" },
};
#pragma GCC diagnostic pop

START_TEST(test_mistakes)
{
    long before = system_outstanding();
    vae_model *model = (vae_model *)&mistakes;
    vae_status status = vae_model_new(&mistakes[_i].spec, NULL, NULL, 0, &model);
    ck_assert_str_eq(status.message, mistakes[_i].message);
    ck_assert_int_eq(status.code, mistakes[_i].code);
    ck_assert_ptr_null(model);
    ck_assert_int_eq(system_outstanding(), before);
}
END_TEST

/* What a program brings is given NULL where nothing but conditions goes in: a layer that cannot do with that is told
 * of, and a likelihood by heads alone can. */
START_TEST(test_brought)
{
    vae_model_spec spec = { .name = "m",
                            .x = { .shape = { 4 }, .likelihood = "student-t" },
                            .conditions = { { .name = "c", .size = 3 } },
                            .decoder = "skip tanh",
                            .objective = "none" };
    vae_model *model = NULL;
    ck_assert_status(vae_model_new(&spec, &mine, NULL, 1, &model), VAE_ERROR_SHAPE, "m: decoder/0/bias: parameter: ");
    ck_assert_ptr_null(model);
    spec.decoder = "dense 3 swish, skip tanh";
    ck_assert_status_ok(vae_model_new(&spec, &mine, NULL, 1, &model));
    vae_model_free(&model);
    spec.decoder = "";
    ck_assert_status_ok(vae_model_new(&spec, &mine, NULL, 1, &model));
    vae_model_free(&model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("models/structure_refused");
    const TTest *const tests[] = { test_printed, test_set_aside, test_by_hand, test_brought, NULL };
    TCase *one = suite_case_between(suite, "structure", 60, begin, end, tests);
    tcase_add_loop_test(one, test_marks, 0, MARKED);
    tcase_add_loop_test(one, test_mistakes, 0, sizeof mistakes / sizeof *mistakes);
    return suite_run(suite);
}
