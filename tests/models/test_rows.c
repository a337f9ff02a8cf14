/* Rows of a catalogue that are not in order, and rows that give what they must not: refused with one line. */
#include <vae/infer.h>

#include "tests/models/brought.h"

/* ---- Rows that are not in order ---------------------------------------------------------------------------------- */

#define EXPECTED_NAME "expected a name of at most 60 letters, digits and \"-\", a letter in front, found "

static void assert_catalogue(const vae_catalogue *catalogue, const char *message)
{
    vae_status status = vae_catalogue_check(catalogue);
    ck_assert_str_eq(status.message, message);
    ck_assert_int_eq(status.code, VAE_ERROR_ARGUMENT);
    vae_model_spec spec = plain;
    vae_model *model = NULL;
    spec.x.shape[0] = 3;
    ck_assert_str_eq(vae_model_new(&spec, catalogue, NULL, 0, &model).message, message);
    ck_assert_ptr_null(model);
}

START_TEST(test_missing_functions)
{
    ck_assert_status_ok(vae_catalogue_check(NULL));
    ck_assert_status_ok(vae_catalogue_check(&mine));
    vae_layer layer = { .word = { .name = "l" } };
    assert_catalogue(&(vae_catalogue){ .layers = &layer, .layer_count = 1 },
                     "the catalogue: layer \"l\": expected a function build, found NULL");
    for (int i = 0; i < 3; i++) {
        static const char *const missing[] = { "heads", "log", "mean" };
        vae_likelihood likelihood = likelihoods[0];
        char message[128];
        likelihood.heads = i == 0 ? NULL : likelihood.heads;
        likelihood.log = i == 1 ? NULL : likelihood.log;
        likelihood.mean = i == 2 ? NULL : likelihood.mean;
        snprintf(message, sizeof message, "the catalogue: likelihood \"student-t\": expected a function %s, found NULL",
                 missing[i]);
        assert_catalogue(&(vae_catalogue){ .likelihoods = &likelihood, .likelihood_count = 1 }, message);
    }
    for (int i = 0; i < 3; i++) {
        static const char *const missing[] = { "heads", "sample", "log" };
        vae_posterior posterior = posteriors[0];
        char message[128];
        posterior.heads = i == 0 ? NULL : posterior.heads;
        posterior.sample = i == 1 ? NULL : posterior.sample;
        posterior.log = i == 2 ? NULL : posterior.log;
        snprintf(message, sizeof message, "the catalogue: posterior \"tame\": expected a function %s, found NULL",
                 missing[i]);
        assert_catalogue(&(vae_catalogue){ .posteriors = &posterior, .posterior_count = 1 }, message);
    }
    vae_prior prior = { .word = { .name = "p" }, .kl = given_kl };
    assert_catalogue(&(vae_catalogue){ .priors = &prior, .prior_count = 1 },
                     "the catalogue: prior \"p\": expected a function log, found NULL");
    vae_objective objective = { .word = { .name = "o" } };
    assert_catalogue(&(vae_catalogue){ .objectives = &objective, .objective_count = 1 },
                     "the catalogue: objective \"o\": expected a function build, found NULL");
}
END_TEST

START_TEST(test_bad_names)
{
    static const char *const names[] = {
        NULL,     "",   "two words", "a,b",  "a=b",
        "5-fold", "-a", "a_b",       "a\vb", "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghija"
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char message[256];
        const char *quote = names[i] ? "\"" : "";
        vae_layer layer = { .word = { .name = names[i] }, .build = residual };
        snprintf(message, sizeof message, "the catalogue: layer 1 of 1: " EXPECTED_NAME "%s%s%s", quote,
                 names[i] ? names[i] : "none", quote);
        vae_status status = vae_catalogue_check(&(vae_catalogue){ .layers = &layer, .layer_count = 1 });
        ck_assert_int_eq(status.code, VAE_ERROR_ARGUMENT);
        if (!names[i] || !strchr(names[i], '\v')) /* which a message shows otherwise */
            ck_assert_str_eq(status.message, message);
        vae_op op = { .name = names[i], .inputs = 1, .forward = abs_forward };
        ck_assert_status(vae_catalogue_check(&(vae_catalogue){ .ops = &op, .op_count = 1 }), VAE_ERROR_ARGUMENT,
                         "the catalogue: op 1 of 1: expected a name");
    }
    vae_model_spec unnamed = plain;
    unnamed.name = NULL;
    assert_catalogue(&(vae_catalogue){ .models = &unnamed, .model_count = 1 },
                     "the catalogue: row 1 of 1: expected a model with a name, found none");
}
END_TEST

START_TEST(test_two_of_one_name)
{
    const vae_layer twins[] = { { .word = { .name = "a" }, .build = residual },
                                { .word = { .name = "b" }, .build = residual },
                                { .word = { .name = "a" }, .build = residual } };
    assert_catalogue(&(vae_catalogue){ .layers = twins, .layer_count = 3 },
                     "the catalogue: layer 3 of 3: there is another \"a\"");
    const vae_op same[] = { { .name = "a", .inputs = 1, .forward = abs_forward },
                            { .name = "a", .inputs = 2, .forward = abs_forward } };
    assert_catalogue(&(vae_catalogue){ .ops = same, .op_count = 2 },
                     "the catalogue: op 2 of 2: there is another \"a\"");
    const vae_model_spec specs[] = { plain, plain };
    assert_catalogue(&(vae_catalogue){ .models = specs, .model_count = 2 },
                     "the catalogue: model 2 of 2: there is another \"m\"");
}
END_TEST

START_TEST(test_counts)
{
    const vae_catalogue cases[] = {
        { .models = models, .model_count = -1 },
        { .model_count = 1 },
        { .layers = layers, .layer_count = -1 },
        { .layer_count = 1 },
        { .likelihoods = likelihoods, .likelihood_count = -1 },
        { .likelihood_count = 1 },
        { .posteriors = posteriors, .posterior_count = -1 },
        { .posterior_count = 1 },
        { .priors = priors, .prior_count = -1 },
        { .prior_count = 1 },
        { .objectives = objectives, .objective_count = -1 },
        { .objective_count = 1 },
        { .ops = ops, .op_count = -1 },
        { .op_count = 1 },
    };
    static const char *const tables[] = {
        "models", "layers", "likelihoods", "posteriors", "priors", "objectives", "ops"
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char message[128];
        bool is_models = i < 2;
        snprintf(message, sizeof message, "the catalogue: %s%s and how many there are, found %s and %d",
                 is_models ? "expected " : tables[i / 2], is_models ? "models" : ": expected rows",
                 i % 2       ? "NULL"
                 : is_models ? "models"
                             : "rows",
                 i % 2 ? 1 : -1);
        assert_catalogue(&cases[i], message);
    }
}
END_TEST

START_TEST(test_bad_arguments)
{
    vae_layer layer = layers[0];
    const vae_catalogue catalogue = { .layers = &layer, .layer_count = 1 };
    layer.word.arguments[0] = (vae_argument){ .name = "a b", .kind = VAE_KEY_NUMBER, .high = 1 };
    assert_catalogue(&catalogue,
                     "the catalogue: layer \"skip\": argument 1: expected a name of letters, digits and "
                     "\"-\", a kind and a range, found \"a b\", 1 and 0 to 1");
    layer.word.arguments[0] = (vae_argument){ .name = "a", .kind = VAE_KEY_NUMBER, .low = 2, .high = 1 };
    assert_catalogue(&catalogue,
                     "the catalogue: layer \"skip\": argument 1: expected a name of letters, digits and "
                     "\"-\", a kind and a range, found \"a\", 1 and 2 to 1");
    layer.word.arguments[0] = (vae_argument){ .name = "a", .kind = (vae_argument_kind)6 };
    assert_catalogue(&catalogue,
                     "the catalogue: layer \"skip\": argument 1: expected a name of letters, digits and "
                     "\"-\", a kind and a range, found \"a\", 6 and 0 to 0");
    const vae_op bad[] = { { .name = "a", .inputs = 0, .forward = abs_forward },
                           { .name = "a", .inputs = 5, .forward = abs_forward },
                           { .name = "a", .inputs = 1 } };
    static const char *const found[] = { "forward and 0", "forward and 5", "NULL and 1" };
    for (int i = 0; i < 3; i++) {
        char message[160];
        snprintf(
            message, sizeof message,
            "the catalogue: op 1 of 1: expected a name of letters, digits and \"-\", forward and 1 to 4 inputs, found "
            "\"a\", %s",
            found[i]);
        assert_catalogue(&(vae_catalogue){ .ops = &bad[i], .op_count = 1 }, message);
    }
}
END_TEST

/* ---- Rows that give what they must not --------------------------------------------------------------------------- */

static vae_graph *foreign;

static vae_node *of_another_graph(const double *arguments, const vae_terms *terms)
{
    (void)arguments;
    (void)terms;
    return vae_input(foreign, "theirs", 1, (int64_t[]){ 1 });
}

static vae_node *each_dimension(const double *arguments, vae_node *x, const vae_heads *heads, vae_node *mask)
{
    (void)arguments;
    (void)mask;
    return vae_square(vae_sub(x, heads->nodes[0]));
}

static vae_node *nothing(const double *arguments, const vae_heads *heads)
{
    (void)arguments;
    (void)heads;
    return NULL;
}

static vae_node *of_all_rows(const vae_network *prior, const double *arguments, const vae_posterior_nodes *q)
{
    (void)prior;
    (void)arguments;
    return vae_mean_rows(vae_sum(q->mean, 0));
}

static vae_posterior_nodes one_too_many(const vae_network *encoder, const double *arguments, vae_node *h, int64_t size)
{
    (void)arguments;
    return (vae_posterior_nodes){ vae_network_head(encoder, h, size, "mean"),
                                  vae_network_head(encoder, h, size + 1, "logvar") };
}

/* A parameter of its own that training does not know. */
static vae_node *untrained(const vae_network *prior, const double *arguments, vae_node *noise)
{
    (void)arguments;
    return vae_add(noise, vae_parameter(vae_network_graph(prior), "prior/shift", VAE_ZEROS, 1, (int64_t[]){ 2 }));
}

START_TEST(test_wrong_outputs)
{
    vae_layer layer = layers[0];
    vae_likelihood likelihood = likelihoods[0];
    vae_posterior posterior = posteriors[0];
    vae_prior prior = priors[1];
    vae_objective objective = objectives[0];
    const vae_catalogue catalogue = { .layers = &layer,
                                      .layer_count = 1,
                                      .likelihoods = &likelihood,
                                      .likelihood_count = 1,
                                      .posteriors = &posterior,
                                      .posterior_count = 1,
                                      .priors = &prior,
                                      .prior_count = 1,
                                      .objectives = &objective,
                                      .objective_count = 1,
                                      .ops = ops,
                                      .op_count = OPS };
    vae_model_spec spec = models[0];
    vae_model *model = NULL;
    vae_samples samples;
    spec.x.shape[0] = 3;
    spec.conditions[0].size = 3;
    spec.prior = "given";
    ck_assert_status_ok(vae_graph_new(&foreign));
    likelihood.log = each_dimension;
    ck_assert_str_eq(vae_model_new(&spec, &catalogue, NULL, 0, &model).message,
                     "mine: likelihood student-t: log: expected shape (rows, 1), found (rows, 3)");
    likelihood = likelihoods[0];
    objective.build = of_another_graph;
    ck_assert_str_eq(vae_model_new(&spec, &catalogue, NULL, 0, &model).message,
                     "mine: objective weighted: build: is a node of another graph");
    objective = objectives[0];
    prior.kl = of_all_rows;
    ck_assert_str_eq(vae_model_new(&spec, &catalogue, NULL, 0, &model).message,
                     "mine: prior given: kl: expected shape (rows, 1), found (1)");
    prior = priors[1];
    posterior.heads = one_too_many;
    ck_assert_str_eq(vae_model_new(&spec, &catalogue, NULL, 0, &model).message,
                     "mine: posterior tame: heads: logvar: expected shape (rows, 2), found (rows, 3)");
    posterior = posteriors[0];
    likelihood.mean = nothing;
    prior.sample = untrained;
    ck_assert_status_ok(vae_model_new(&spec, &catalogue, NULL, 0, &model));
    const vae_sample_options options = { .count = 2, .threads = 1 };
    ck_assert_str_eq(vae_sample(model, &options, &samples).message,
                     "mine: likelihood student-t: mean: expected a node of shape (rows, 3), found none");
    likelihood = likelihoods[0];
    int count = vae_store_count(vae_model_store(model));
    ck_assert_str_eq(vae_sample(model, &options, &samples).message,
                     "mine: prior/shift: expected a parameter that is in the store, found a new one");
    ck_assert_int_eq(vae_store_count(vae_model_store(model)), count);
    vae_model_free(&model);
    vae_graph_free(&foreign);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_missing_functions,
                                   test_bad_names,
                                   test_two_of_one_name,
                                   test_counts,
                                   test_bad_arguments,
                                   test_wrong_outputs,
                                   NULL };
    Suite *suite = suite_create("models/rows");
    suite_case_between(suite, "rows", 60, fields_begin, fields_end, tests);
    return suite_run(suite);
}
