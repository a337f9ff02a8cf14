/*
 * A graph built by hand beside the same model declared: with the same parameters the same figures, on every kind of
 * graph. And what a builder leaves out is refused by name, where it is needed and nowhere else.
 */
#include <vae/catalogue.h>
#include <vae/check.h>
#include <vae/checkpoint.h>
#include <vae/infer.h>

#include "tests/models/fields.h"

enum { HIDDEN = 6, LATENT = 2, SAMPLES = 70 };

/* ---- By hand ----------------------------------------------------------------------------------------------------- */

/* What the builder leaves out or does wrong. */
enum {
    NO_MEAN = 1,
    NO_LOGVAR = 2,
    NO_RECONSTRUCTION = 4,
    NO_KL = 8,
    NO_LOG_PRIOR = 16,
    NO_LOG_POSTERIOR = 32,
    NO_X_MEAN = 64,
    NO_X_DRAW = 128,
    BROAD_MEAN = 256, /* a mean of x that is too wide */
    MISTAKE = 512
};
static unsigned left_out;

/* The parts of a dense layer that are of conditions: "energy", values, and "run", a class. */
static vae_node *conditional(const vae_build *b, vae_node *h, const char *name)
{
    char weight[64];
    for (int i = 0; i < VAE_MAX_CONDITIONS && b->conditions[i]; i++) {
        const vae_condition_spec *spec = &b->spec->conditions[i];
        snprintf(weight, sizeof weight, "%s/weight_%s", name, spec->name);
        vae_node *table = vae_parameter(b->graph, weight, VAE_GLOROT, 2, (int64_t[]){ spec->size, vae_node_size(h) });
        h = vae_add(h, spec->kind == VAE_CLASS ? vae_gather(table, b->conditions[i])
                                               : vae_matmul(b->conditions[i], table));
    }
    return h;
}

static vae_node *decode(vae_build *b, vae_node *z)
{
    vae_node *h = vae_softplus(conditional(b, vae_dense(z, HIDDEN, "decoder/0"), "decoder/0"));
    vae_node *logits = vae_dense(h, b->x_size, "decoder/logits");
    b->x_mean = left_out & BROAD_MEAN ? vae_sigmoid(h) : vae_sigmoid(logits);
    if (!b->x)
        b->x_draw = vae_binarize(vae_sigmoid(logits), vae_noise(b->graph, VAE_UNIFORM, "draw", 1, &b->x_size));
    return logits;
}

static void leave_out(vae_build *b)
{
    vae_node **const outputs[] = { &b->mean,      &b->logvar,        &b->reconstruction, &b->kl,
                                   &b->log_prior, &b->log_posterior, &b->x_mean,         &b->x_draw };
    for (int i = 0; i < 8; i++)
        if (left_out >> i & 1)
            *outputs[i] = NULL;
}

static void build(vae_build *b)
{
    double zero = 0;
    if (!b->x) {
        decode(b, b->z);
        leave_out(b);
        return;
    }
    vae_node *h = vae_tanh(conditional(b, vae_dense(b->encoder_x, HIDDEN, "encoder/0"), "encoder/0"));
    vae_node *nought = vae_constant(b->graph, 1, (int64_t[]){ 1 }, &zero);
    b->mean = vae_dense(h, b->spec->latents[0].size, "encoder/mean");
    b->logvar = vae_dense(h, b->spec->latents[0].size, "encoder/logvar");
    vae_node *z = vae_gaussian_sample(b->mean, b->logvar, b->noise);
    vae_node *logits = decode(b, z);
    b->reconstruction = vae_loglik_bernoulli(b->x, left_out & MISTAKE ? h : logits, b->mask);
    b->kl = vae_kl_standard_normal(b->mean, b->logvar);
    b->log_prior = vae_loglik_gaussian(z, nought, nought, NULL);
    b->log_posterior = vae_loglik_gaussian(z, b->mean, b->logvar, NULL);
    leave_out(b);
}

#define COMMON .x = { .likelihood = "bernoulli" }, .latents = { { .size = LATENT } }
#define GIVEN  .conditions = { { ENERGY }, { RUN } }
static const vae_model_spec declared[] = {
    { .name = "d", COMMON, .encoder = "dense 6 tanh", .decoder = "dense 6 softplus" },
    { .name = "d", COMMON, GIVEN, .encoder = "dense 6 tanh", .decoder = "dense 6 softplus" },
};
static const vae_model_spec by_hand[] = {
    { .name = "hand", COMMON, .build = build },
    { .name = "hand", COMMON, GIVEN, .build = build },
};
enum { PAIRS = 2 };

static vae_data *data;

static void begin(void)
{
    left_out = 0;
    fields_begin();
    data = open_fields("bytes", "mask", by_hand[1].conditions);
}

static void end(void)
{
    vae_data_free(&data);
    fields_end();
}

/* A model by hand and one declared, with its parameters. */
static void make_pair(int index, vae_model **hand, vae_model **other)
{
    int taken = 0;
    *hand = model_of(&by_hand[index], data);
    *other = model_of(&declared[index], data);
    ck_assert_status_ok(vae_model_start_from(*other, *hand, &taken));
    ck_assert_int_eq(taken, vae_store_count(vae_model_store(*hand)));
    ck_assert_int_eq(taken, vae_store_count(vae_model_store(*other)));
}

static void assert_close(const float *found, const float *expected, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        ck_assert_float_eq_tol(found[i], expected[i], 1e-5F * (1 + fabsf(expected[i])));
}

/* ---- The same as declared ---------------------------------------------------------------------------------------- */

START_TEST(test_evaluates)
{
    vae_model *hand, *other;
    vae_evaluation here, there;
    vae_examples mine, theirs;
    const vae_evaluation_options options = { .split = VAE_ALL, .samples = SAMPLES, .threads = 1 };
    make_pair(_i, &hand, &other);
    ck_assert_status_ok(vae_evaluate_examples(hand, data, &options, &here, &mine));
    ck_assert_status_ok(vae_evaluate_examples(other, data, &options, &there, &theirs));
    for (int row = 0; row < ROWS; row++) {
        ck_assert_double_eq_tol(mine.reconstruction[row], theirs.reconstruction[row], 1e-5);
        ck_assert_double_eq_tol(mine.kl[row], theirs.kl[row], 1e-5);
        ck_assert_int_eq(mine.observed[row], theirs.observed[row]);
    }
    ck_assert_double_eq_tol(here.nll, there.nll, 1e-5);
    ck_assert_int_eq(here.active_units, there.active_units);
    ck_assert_ptr_null(mine.kl_dimensions);
    ck_assert_ptr_nonnull(theirs.kl_dimensions);
    ck_assert_double_eq_tol(here.effective_fraction, there.effective_fraction, 1e-5);
    vae_examples_free(&mine);
    vae_examples_free(&theirs);
    vae_model_free(&hand);
    vae_model_free(&other);
}
END_TEST

START_TEST(test_encodes_and_reconstructs)
{
    vae_model *hand, *other;
    vae_latents here, there;
    vae_reconstructions mine, theirs;
    const vae_pass_options options = { .split = VAE_ALL, .threads = 1 };
    make_pair(_i, &hand, &other);
    ck_assert_status_ok(vae_encode(hand, data, &options, &here));
    ck_assert_status_ok(vae_encode(other, data, &options, &there));
    assert_close(here.mean, there.mean, ROWS * LATENT);
    assert_close(here.logvar, there.logvar, ROWS * LATENT);
    ck_assert_status_ok(vae_reconstruct(hand, data, &options, &mine));
    ck_assert_status_ok(vae_reconstruct(other, data, &options, &theirs));
    assert_close(mine.reconstruction, theirs.reconstruction, ROWS * SIZE);
    assert_close(mine.x, theirs.x, ROWS * SIZE);
    vae_latents_free(&here);
    vae_latents_free(&there);
    vae_reconstructions_free(&mine);
    vae_reconstructions_free(&theirs);
    vae_model_free(&hand);
    vae_model_free(&other);
}
END_TEST

START_TEST(test_samples)
{
    const double energy[] = { 1006, -0.02 };
    vae_model *hand, *other;
    vae_samples mine, theirs;
    vae_sample_options options = { .count = 5, .seed = 4, .threads = 1, .temperature = 0.7 };
    if (_i)
        options.conditions[0] = (vae_condition_settings){ energy, 1 };
    make_pair(_i, &hand, &other);
    for (int draw = 0; draw < 2; draw++) {
        options.draw = draw;
        ck_assert_status_ok(vae_sample(hand, &options, &mine));
        ck_assert_status_ok(vae_sample(other, &options, &theirs));
        ck_assert_int_eq(mine.count, theirs.count);
        assert_close(mine.z, theirs.z, mine.count * LATENT);
        assert_close(mine.x, theirs.x, mine.count * SIZE);
        vae_samples_free(&mine);
        vae_samples_free(&theirs);
    }
    vae_model_free(&hand);
    vae_model_free(&other);
}
END_TEST

START_TEST(test_gradient)
{
    vae_model *hand = model_of(&by_hand[_i], data);
    vae_check_report report;
    ck_assert_status_ok(vae_check(hand, data, NULL, &report));
    ck_assert_msg(!report.failures && report.tensors[report.worst].error < 1e-6, "%s: %g",
                  report.tensors[report.worst].name, report.tensors[report.worst].error);
    vae_check_report_free(&report);
    vae_model_free(&hand);
}
END_TEST

/* Trained, by one thread and by three; saved, and loaded where the catalogue has the builder. */
START_TEST(test_round_trip)
{
    vae_model *loaded = NULL, *hand = NULL;
    vae_training *training = NULL, *resumed = NULL;
    vae_evaluation before, after;
    const vae_evaluation_options options = { .split = VAE_ALL, .samples = 10, .threads = 1 };
    const vae_catalogue mine = { .models = &by_hand[_i], .model_count = 1 };
    vae_train_options train = { .epochs = 2, .threads = 1, .checkpoint = path_of("hand.h5") };
    ck_assert_status_ok(vae_model_new(&by_hand[_i], &mine, data, 3, &hand));
    ck_assert_status_ok(vae_training_new(&hand, data, &(vae_training_options){ .batch_size = 10 }, &training));
    ck_assert_status_ok(vae_train(training, data, &train));
    vae_training *three = trained(&by_hand[_i], data, 3);
    assert_same_parameters(training, three);
    vae_training_free(&three);
    ck_assert_status_ok(vae_evaluate(vae_training_model(training), data, &options, &before));
    ck_assert_status(vae_model_load(path_of("hand.h5"), NULL, &loaded), VAE_ERROR_FORMAT, "hand");
    ck_assert_ptr_null(loaded);
    ck_assert_status_ok(vae_model_load(path_of("hand.h5"), &mine, &loaded));
    ck_assert_status_ok(vae_evaluate(loaded, data, &options, &after));
    ck_assert_double_eq(after.elbo, before.elbo);
    ck_assert_double_eq(after.nll, before.nll);
    ck_assert_status_ok(vae_checkpoint_load(path_of("hand.h5"), &mine, &resumed));
    train.epochs = 3;
    ck_assert_status_ok(vae_train(training, data, &train));
    ck_assert_status_ok(vae_train(resumed, data, &train));
    assert_same_parameters(training, resumed);
    vae_model_free(&loaded);
    vae_training_free(&training);
    vae_training_free(&resumed);
}
END_TEST

/* ---- What is left out -------------------------------------------------------------------------------------------- */

typedef vae_status use(const vae_model *model);

static vae_status evaluate(const vae_model *model)
{
    vae_evaluation figures;
    return vae_evaluate(model, data, &(vae_evaluation_options){ .split = VAE_ALL, .threads = 1 }, &figures);
}

static vae_status estimate(const vae_model *model)
{
    vae_evaluation figures;
    return vae_evaluate(model, data, &(vae_evaluation_options){ .split = VAE_ALL, .samples = 3, .threads = 1 },
                        &figures);
}

static vae_status estimate_from_prior(const vae_model *model)
{
    vae_evaluation figures;
    return vae_evaluate(model, data, &(vae_evaluation_options){ .split = VAE_ALL, .prior_samples = 3, .threads = 1 },
                        &figures);
}

static vae_status encode(const vae_model *model)
{
    vae_latents latents = { .count = 0 };
    vae_status status = vae_encode(model, data, &(vae_pass_options){ .split = VAE_ALL, .threads = 1 }, &latents);
    vae_latents_free(&latents);
    return status;
}

static vae_status reconstruct(const vae_model *model)
{
    vae_reconstructions made = { .count = 0 };
    vae_status status = vae_reconstruct(model, data, &(vae_pass_options){ .split = VAE_ALL, .threads = 1 }, &made);
    vae_reconstructions_free(&made);
    return status;
}

static vae_status sample_with(const vae_model *model, int draw)
{
    vae_samples samples = { .count = 0 };
    vae_status status = vae_sample(model, &(vae_sample_options){ .count = 2, .threads = 1, .draw = draw }, &samples);
    vae_samples_free(&samples);
    return status;
}

static vae_status sample(const vae_model *model)
{
    return sample_with(model, 0);
}

static vae_status draw(const vae_model *model)
{
    return sample_with(model, 1);
}

START_TEST(test_left_out)
{
    enum { EVALUATE, ESTIMATE, ENCODE, RECONSTRUCT, SAMPLE, DRAW, USES };
    static use *const uses[] = { evaluate, estimate, encode, reconstruct, sample, draw };
    static const struct {
        unsigned what;
        const char *messages[USES]; /* NULL: does without */
    } cases[] = {
        { NO_MEAN,
          { [EVALUATE] = "mean: expected a node of shape (rows, 2), found none",
            [ESTIMATE] = "mean: expected a node of shape (rows, 2), found none",
            [ENCODE] = "mean: expected a node of shape (rows, 2), found none",
            [RECONSTRUCT] = "mean: expected a node of shape (rows, 2), found none" } },
        { NO_LOGVAR, { [ENCODE] = "logvar: expected a node of shape (rows, 2), found none" } },
        { NO_RECONSTRUCTION,
          { [EVALUATE] = "reconstruction: expected a node of shape (rows, 1), found none",
            [ESTIMATE] = "reconstruction: expected a node of shape (rows, 1), found none" } },
        { NO_KL,
          { [EVALUATE] = "kl: expected a node of shape (rows, 1), found none",
            [ESTIMATE] = "kl: expected a node of shape (rows, 1), found none" } },
        { NO_LOG_PRIOR, { [ESTIMATE] = "log_prior: expected a node of shape (rows × 3, 1), found none" } },
        { NO_LOG_POSTERIOR, { [ESTIMATE] = "log_posterior: expected a node of shape (rows × 3, 1), found none" } },
        { NO_X_MEAN,
          { [RECONSTRUCT] = "x_mean: expected a node of shape (rows, 5), found none",
            [SAMPLE] = "x_mean: expected a node of shape (rows, 5), found none" } },
        { NO_X_DRAW, { [DRAW] = "x_draw: expected a node of shape (rows, 5), found none" } },
        { BROAD_MEAN,
          { [RECONSTRUCT] = "x_mean: expected shape (rows, 5), found (rows, 6)",
            [SAMPLE] = "x_mean: expected shape (rows, 5), found (rows, 6)" } },
    };
    vae_model *model = model_of(&by_hand[0], data);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int u = 0; u < USES; u++) {
            left_out = cases[i].what;
            vae_status status = uses[u](model);
            left_out = 0;
            const char *expected = cases[i].messages[u];
            ck_assert_msg(!!status.code == !!expected, "case %zu, use %d: %s", i, u, status.message);
            ck_assert_msg(!expected || strstr(status.message, expected), "case %zu, use %d: no \"%s\" in: %s", i, u,
                          expected, status.message);
            ck_assert_msg(!expected || !strncmp(status.message, "hand: ", 6), "%s", status.message);
        }
    vae_model_free(&model);
}
END_TEST

/* What a graph by hand cannot tell; without its terms a model cannot be made; a mistake in the graph is told as it is;
 * a language beside a builder is no declaration. */
START_TEST(test_refused)
{
    vae_model *model = model_of(&by_hand[0], data);
    vae_model_spec spec = by_hand[0];
    ck_assert_str_eq(estimate_from_prior(model).message, "hand: a .build gives no log p(x | z) for a z that is given, "
                                                         "so draws from the prior estimate no likelihood");
    vae_model_free(&model);
    left_out = NO_KL;
    ck_assert_str_eq(vae_model_new(&spec, NULL, data, 0, &model).message,
                     "hand: .build: kl: expected a node of shape (rows, 1), found none");
    left_out = MISTAKE;
    ck_assert_str_eq(vae_model_new(&spec, NULL, data, 0, &model).message,
                     "hand: loglik_bernoulli: shapes differ: (rows, 5) and (rows, 6)");
    left_out = 0;
    spec.encoder = "dense 5";
    ck_assert_str_eq(vae_model_new(&spec, NULL, data, 0, &model).message,
                     "hand: encoder: expected none beside a .build, found \"dense 5\"");
    ck_assert_ptr_null(model);
}
END_TEST

/* A field that the builder does not look at is fitted and checked like any other. */
static void blind(vae_build *b)
{
    vae_node *const kept = b->conditions[0];
    b->conditions[0] = NULL;
    build(b);
    b->conditions[0] = kept;
}

START_TEST(test_blind)
{
    vae_model_spec spec = by_hand[1];
    spec.build = blind;
    spec.conditions[1] = (vae_condition_spec){ .name = NULL };
    vae_training *training = trained(&spec, data, 1);
    const vae_tensor *mean =
        vae_store_find(vae_model_store(vae_training_model(training)), "fields/energy/transform/0/mean");
    ck_assert_ptr_nonnull(mean);
    ck_assert_float_eq_tol(vae_store_state(vae_model_store(vae_training_model(training)))[mean->offset], 1009, 2);
    vae_training_free(&training);
}
END_TEST

int main(void)
{
    const TTest *const pairs[] = { test_evaluates,  test_encodes_and_reconstructs,
                                   test_samples,    test_gradient,
                                   test_round_trip, NULL };
    const TTest *const tests[] = { test_left_out, test_refused, test_blind, NULL };
    Suite *suite = suite_create("models/build");
    TCase *one = suite_case_between(suite, "build", 60, begin, end, tests);
    for (int i = 0; pairs[i]; i++)
        tcase_add_loop_test(one, pairs[i], 0, PAIRS);
    return suite_run(suite);
}
