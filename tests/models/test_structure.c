/*
 * The structure of models: parts of x that are a condition, conditions with layers of their own and the networks they
 * enter, learned priors, hierarchies, regressions. Every graph of every one against its formulas, written out in
 * formulas.h; gradients; the same bits on any number of threads; and what is kept comes back.
 */
#include <vae/check.h>
#include <vae/checkpoint.h>
#include <vae/infer.h>

#include "tests/models/formulas.h"

static vae_data *data;

static void begin(void)
{
    fields_begin();
}

static void end(void)
{
    vae_data_free(&data);
    fields_end();
}

static const structure *open_row(int row)
{
    data = open_structure(&structures[row]);
    return &structures[row];
}

static bool regresses(const structure *s)
{
    return !s->sketch.latents;
}

/* ---- Every graph against its formulas ---------------------------------------------------------------------------- */

/* What is maximised, and its terms; with free bits between the KLs of the dimensions. */
START_TEST(test_training)
{
    bench b;
    terms mean = { 0 };
    noises all;
    const structure *s = open_row(_i);
    bench_begin(&b, s, data, NULL, VAE__TRAINING);
    draw_noises(&s->sketch, 0, &all);
    for (int row = 0; row < EXAMPLES; row++) {
        example e = example_of(&b, row, false);
        terms t = terms_of(&e, &all, row, 0);
        mean.log_x += t.log_x / EXAMPLES;
        mean.kl += t.kl / EXAMPLES;
    }
    check_near(*found(&b, b.graph.reconstruction), mean.log_x);
    check_near(*found(&b, b.graph.kl), mean.kl);
    check_near(-*found(&b, b.graph.objective), mean.log_x - mean.kl);
    bench_end(&b);
}
END_TEST

/* Of each example, and how many of its values are scored. */
START_TEST(test_evaluation)
{
    bench b;
    noises all;
    const structure *s = open_row(_i);
    bench_begin(&b, s, data, NULL, VAE__EVALUATION);
    draw_noises(&s->sketch, 0, &all);
    for (int row = 0; row < EXAMPLES; row++) {
        int scored = 0;
        example e = example_of(&b, row, false);
        terms t = terms_of(&e, &all, row, 0);
        check_near(found(&b, b.graph.reconstruction)[row], t.log_x);
        check_near(found(&b, b.graph.kl)[row], t.kl);
        for (int i = 0; i < e.x.size; i++)
            scored += is_scored(&e, i);
        if (b.graph.observed)
            check_near(found(&b, b.graph.observed)[row], scored);
        else
            ck_assert_int_eq(scored, e.x.size);
    }
    bench_end(&b);
}
END_TEST

/* log p(x, z) − log q(z | x) of every sample, and the bounds that are made of them. */
START_TEST(test_weights)
{
    bench b;
    noises all;
    double mean = 0, bound = 0;
    const structure *s = open_row(_i);
    bench_begin(&b, s, data, NULL, VAE__WEIGHTS);
    draw_noises(&s->sketch, SAMPLES, &all);
    for (int row = 0; row < EXAMPLES; row++) {
        double sum = 0;
        example e = example_of(&b, row, false);
        for (int k = 0; k < SAMPLES; k++) {
            terms t = terms_of(&e, &all, row, k);
            double log_weight = t.log_x + t.log_prior - t.log_posterior;
            check_near(found(&b, b.graph.log_weight)[row * SAMPLES + k], log_weight);
            mean += log_weight / (EXAMPLES * SAMPLES);
            sum += exp(log_weight - terms_of(&e, &all, row, 0).log_x);
        }
        bound += (log(sum / SAMPLES) + terms_of(&e, &all, row, 0).log_x) / EXAMPLES;
    }
    bench_end(&b);
    if (regresses(s))
        return;
    bench_begin(&b, s, data, "sampled-elbo samples=3", VAE__TRAINING);
    check_near(-*found(&b, b.graph.objective), mean);
    bench_end(&b);
    bench_begin(&b, s, data, "iwae samples=3", VAE__TRAINING);
    check_near(-*found(&b, b.graph.objective), bound);
    bench_end(&b);
}
END_TEST

/* Many samples of the reconstruction; the KL in closed form, where there is one, has none. */
START_TEST(test_samples_of_elbo)
{
    bench b;
    terms mean = { 0 };
    noises all;
    const structure *s = open_row(_i);
    if (regresses(s))
        return;
    bench_begin(&b, s, data, "elbo samples=3", VAE__TRAINING);
    draw_noises(&s->sketch, SAMPLES, &all);
    for (int row = 0; row < EXAMPLES; row++) {
        example e = example_of(&b, row, false);
        for (int k = 0; k < SAMPLES; k++) {
            terms t = terms_of(&e, &all, row, k);
            mean.log_x += t.log_x / (EXAMPLES * SAMPLES);
            mean.kl += t.kl / (EXAMPLES * SAMPLES);
        }
    }
    check_near(*found(&b, b.graph.reconstruction), mean.log_x);
    check_near(-*found(&b, b.graph.objective), mean.log_x - mean.kl);
    bench_end(&b);
}
END_TEST

/* The KL of each dimension counts for no less than what is free; they sum to the KL. */
START_TEST(test_free_bits)
{
    bench b;
    double kl[MOST] = { 0 }, sum = 0, expected = 0;
    char objective[64];
    const structure *s = open_row(_i);
    if (s->sketch.latents != 1)
        return;
    const int size = s->sketch.sizes[0];
    bench_begin(&b, s, data, "elbo", VAE__TRAINING);
    for (int row = 0; row < EXAMPLES; row++) {
        example e = example_of(&b, row, false);
        gaussian q = gaussian_of(&e, TO_ENCODER, "encoder", s->sketch.encoder, &e.encoder_x), p = prior_of(&e);
        for (int j = 0; j < size; j++)
            kl[j] += kl_of(&q, &p, j) / EXAMPLES;
    }
    bench_end(&b);
    for (int j = 0; j < size; j++)
        sum += kl[j];
    snprintf(objective, sizeof objective, "elbo free-bits=%.17g", sum / size);
    for (int j = 0; j < size; j++)
        expected += fmax(sum / size, kl[j]);
    bench_begin(&b, s, data, objective, VAE__TRAINING);
    check_near(*found(&b, b.graph.kl), sum);
    check_near(-*found(&b, b.graph.objective), *found(&b, b.graph.reconstruction) - expected);
    bench_end(&b);
}
END_TEST

/* The encoder sees all of x. */
START_TEST(test_encoding)
{
    bench b;
    const structure *s = open_row(_i);
    if (regresses(s))
        return;
    bench_begin(&b, s, data, NULL, VAE__ENCODING);
    for (int row = 0; row < EXAMPLES; row++) {
        example e = example_of(&b, row, true);
        gaussian q = gaussian_of(&e, TO_ENCODER, "encoder", s->sketch.encoder, &e.encoder_x);
        for (int j = 0; j < q.mean.size; j++) {
            check_near(found(&b, b.graph.mean)[row * q.mean.size + j], q.mean.at[j]);
            check_near(found(&b, b.graph.logvar)[row * q.mean.size + j], q.logvar.at[j]);
        }
    }
    bench_end(&b);
}
END_TEST

static void check_x(const bench *b, const example *e, const vector *z, int row)
{
    vector head = decoded(e, z);
    for (int i = 0; i < e->x.size; i++)
        check_near(found(b, b->graph.x_mean)[row * e->x.size + i], mean_of_x(e, &head, i));
}

/* What is seen is in its place, whatever the decoder says of it; without x it is all that is given. */
START_TEST(test_reconstruction)
{
    bench b;
    const structure *s = open_row(_i);
    bench_begin(&b, s, data, NULL, VAE__RECONSTRUCTION);
    for (int row = 0; row < EXAMPLES; row++) {
        example e = example_of(&b, row, true);
        vector z = { 0 };
        if (!regresses(s))
            z = gaussian_of(&e, TO_ENCODER, "encoder", s->sketch.encoder, &e.encoder_x).mean;
        check_x(&b, &e, regresses(s) ? NULL : &z, row);
    }
    bench_end(&b);
}
END_TEST

/* Without x there is no mask either: what is missing of a seen part is known by a fill value or by NaN. */
static bool is_masked(const structure *s)
{
    return s->mask && s->sketch.seen;
}

START_TEST(test_decoding)
{
    bench b;
    const structure *s = open_row(_i);
    if (regresses(s) || is_masked(s))
        return;
    bench_begin(&b, s, data, NULL, VAE__DECODING);
    ck_assert_ptr_null(b.graph.x);
    for (int row = 0; row < EXAMPLES; row++) {
        example e = example_of(&b, row, true);
        vector z = { .size = s->sketch.sizes[0] };
        for (int j = 0; j < z.size; j++)
            z.at[j] = (double)(float)(0.1 * (row * z.size + j + 1));
        check_x(&b, &e, &z, row);
    }
    bench_end(&b);
}
END_TEST

/* From the last stochastic layer's prior to the first, each by noise of its own, less of it at a low temperature. */
START_TEST(test_sampling)
{
    bench b;
    noises all;
    const structure *s = open_row(_i);
    if (is_masked(s))
        return;
    bench_begin(&b, s, data, NULL, VAE__SAMPLING);
    ck_assert_ptr_null(b.graph.x);
    draw_noises(&s->sketch, 0, &all);
    for (int row = 0; row < EXAMPLES; row++) {
        example e = example_of(&b, row, false);
        vector z = { 0 };
        if (!regresses(s))
            z = sampled(&e, &all, row, 0.75);
        check_x(&b, &e, regresses(s) ? NULL : &z, row);
        for (int j = 0; j < z.size; j++)
            check_near(found(&b, b.graph.z_used)[row * z.size + j], z.at[j]);
    }
    ck_assert_int_eq(b.graph.z_used != NULL, !regresses(s));
    bench_end(&b);
}
END_TEST

/* ---- What a seen part is made of --------------------------------------------------------------------------------- */

/* Hidden values are not looked at, be they no numbers, and so not NaN where they are masked. */
START_TEST(test_hidden_values)
{
    static const vae_model_spec spec = { .name = "m",
                                         .x = { .likelihood = "gaussian sigma=1", .shape = { 4 }, .type = VAE_FLOAT32 },
                                         .conditions = { { SEEN("columns 1 1, columns 3 3") } },
                                         .latents = { { .size = 1 } },
                                         .encoder = "",
                                         .decoder = "dense 3 tanh" };
    const float z = 0.5f, values[2][4] = { { 1, 2, 3, 4 }, { NAN, 2, INFINITY, 4 } };
    float x[2][4];
    vae_model *model = model_of(&spec, NULL);
    vae_decoder *decoder = NULL;
    const vae_infer_options options = { .threads = 1, .condition_types = { VAE_FLOAT32 } };
    ck_assert_status_ok(vae_decoder_new(model, &options, &decoder));
    for (int i = 0; i < 2; i++)
        ck_assert_status_ok(vae_decoder_run(decoder, &z, 1, &(vae_conditions){ .values = { values[i] } }, x[i]));
    ck_assert_mem_eq(x[0], x[1], sizeof x[0]);
    ck_assert_float_eq(x[0][1], 2);
    ck_assert_float_eq(x[0][3], 4);
    ck_assert(isfinite(x[0][0]) && isfinite(x[0][2]));
    ck_assert_status(vae_decoder_run(decoder, &z, 1, NULL, x[0]), VAE_ERROR_ARGUMENT,
                     "decoder: seen: expected values of this condition of m, found NULL");
    vae_decoder_free(&decoder);
    vae_model_free(&model);
}
END_TEST

/* An encoder has x, and asks for nothing more. */
START_TEST(test_encoder_of_part)
{
    const structure *s = open_row(0);
    bench b;
    vae_encoder *encoder = NULL;
    float mean[EXAMPLES * 3];
    bench_begin(&b, s, data, NULL, VAE__ENCODING);
    ck_assert_status_ok(vae_encoder_new(
        b.model, &(vae_infer_options){ .threads = 1, .capacity = EXAMPLES, .x_type = VAE_UINT8 }, &encoder));
    ck_assert_status_ok(vae_encoder_run(encoder, b.match.x->values, EXAMPLES, NULL, mean, NULL));
    for (int i = 0; i < EXAMPLES * 3; i++)
        ck_assert_double_eq_tol((double)mean[i], found(&b, b.graph.mean)[i], 1e-5);
    vae_encoder_free(&encoder);
    bench_end(&b);
}
END_TEST

/* In the data's own units too what is seen comes back as it was given; a column has one z. */
START_TEST(test_sample)
{
    double settings[2 * HEIGHT * WIDTH];
    vae_samples samples;
    const structure *s = open_row(_i);
    vae_model *model = moved_model(s, NULL, data);
    for (int i = 0; i < 2 * HEIGHT * WIDTH; i++)
        settings[i] = i % 256 * 7;
    const vae_sample_options options = { .count = 3, .threads = 1, .conditions = { { settings, 2 } } };
    ck_assert_status_ok(vae_sample(model, &options, &samples));
    ck_assert_int_eq(samples.count, s->spec.conditions[1].name ? 18 : 6);
    ck_assert_int_eq(samples.z_size, s->sketch.sizes[0]);
    const int64_t settled = samples.count / 2; /* samples of one setting */
    for (int64_t row = 0; row < samples.count; row++)
        for (int i = 0; i < samples.x_size; i++)
            if (s->sketch.seen(i))
                ck_assert_float_eq_tol(samples.x[row * samples.x_size + i],
                                       (float)settings[row / settled * samples.x_size + i], 1e-4f);
    vae_samples_free(&samples);
    ck_assert_status(vae_sample(model, NULL, &samples), VAE_ERROR_ARGUMENT,
                     "expected values of the condition \"seen\" to sample at, found none");
    vae_model_free(&model);
}
END_TEST

/* ---- Regressions ------------------------------------------------------------------------------------------------- */

START_TEST(test_regression)
{
    const structure *s = open_row(_i);
    char text[128];
    vae_training *training = trained(&s->spec, data, 1);
    vae_model *model = vae_training_model(training);
    vae_evaluation figures;
    vae_latents latents;
    vae_reconstructions reconstructions;
    vae_encoder *encoder = NULL;
    vae_decoder *decoder = NULL;
    const vae_evaluation_options options = { .split = VAE_ALL, .samples = 50, .threads = 1 };
    ck_assert_status_ok(vae_evaluate(model, data, &options, &figures));
    ck_assert_double_eq(figures.elbo, figures.reconstruction);
    ck_assert_double_eq(figures.kl, 0);
    ck_assert_double_eq_tol(figures.nll, -figures.elbo, 1e-4);
    ck_assert_int_eq(figures.latent_size, 0);
    ck_assert_int_eq(figures.active_units, 0);
    snprintf(text, sizeof text, "%s: objective: \"none\" is without z, which there is nothing to encode to",
             s->spec.name);
    const vae_pass_options pass = { .split = VAE_ALL, .threads = 1 };
    ck_assert_status(vae_encode(model, data, &pass, &latents), VAE_ERROR_UNSUPPORTED, text);
    ck_assert_status(vae_encoder_new(model, NULL, &encoder), VAE_ERROR_UNSUPPORTED, text);
    snprintf(text, sizeof text, "%s: objective: \"none\" is without z, which there is nothing to decode from",
             s->spec.name);
    ck_assert_status(vae_decoder_new(model, NULL, &decoder), VAE_ERROR_UNSUPPORTED, text);
    ck_assert_status_ok(vae_reconstruct(model, data, &pass, &reconstructions));
    ck_assert_int_eq(reconstructions.count, ROWS);
    vae_reconstructions_free(&reconstructions);
    vae_training_free(&training);
}
END_TEST

/* Every likelihood, of conditions alone: heads without anything else to see. */
START_TEST(test_regression_of_each_likelihood)
{
    static const vae_x_spec xs[] = { { .likelihood = "gaussian" },
                                     { .likelihood = "gaussian sigma=shared" },
                                     { .likelihood = "laplace scale=each" },
                                     { .likelihood = "poisson", .transform = "raw" },
                                     { .likelihood = "negative-binomial", .transform = "raw" },
                                     { .likelihood = "continuous-bernoulli" },
                                     { .likelihood = "discretized-logistic" },
                                     { .likelihood = "bernoulli" } };
    data = open_fields("bytes", NULL, (vae_condition_spec[]){ { RUN }, { 0 } });
    for (size_t i = 0; i < sizeof xs / sizeof *xs; i++) {
        vae_model_spec spec = {
            .name = "m", .x = xs[i], .conditions = { { RUN } }, .decoder = "", .objective = "none"
        };
        vae_model *model = model_of(&spec, data);
        vae_check_report report;
        vae_samples samples;
        ck_assert_status_ok(vae_check(model, data, &(vae_check_options){ .threads = 1 }, &report));
        ck_assert_msg(!report.failures, "%s: %s", xs[i].likelihood, report.tensors[report.worst].name);
        vae_check_report_free(&report);
        ck_assert_status_ok(vae_sample(model, &(vae_sample_options){ .draw = true, .threads = 1 }, &samples));
        vae_samples_free(&samples);
        vae_model_free(&model);
    }
}
END_TEST

/* ---- Gradients, bits, files -------------------------------------------------------------------------------------- */

static const char *const objectives[] = { NULL, "elbo samples=2 beta=2", "sampled-elbo samples=2", "iwae samples=3" };
enum { OBJECTIVES = sizeof objectives / sizeof *objectives };

START_TEST(test_gradients)
{
    const structure *s = open_row(_i / OBJECTIVES);
    const char *objective = objectives[_i % OBJECTIVES];
    vae_check_report report;
    if (objective && regresses(s))
        return;
    vae_model *model = moved_model(s, objective, data);
    ck_assert_status_ok(vae_check(model, data, &(vae_check_options){ .examples = 5, .threads = 1 }, &report));
    ck_assert_msg(!report.failures, "%s, %s: %s: %g", s->spec.name, objective, report.tensors[report.worst].name,
                  report.tensors[report.worst].error);
    ck_assert_int_gt(report.count, 0);
    vae_check_report_free(&report);
    vae_model_free(&model);
}
END_TEST

START_TEST(test_threads)
{
    const structure *s = open_row(_i);
    vae_training *one = trained(&s->spec, data, 1);
    for (int threads = 2; threads <= 3; threads++) {
        vae_training *more = trained(&s->spec, data, threads);
        assert_same_parameters(one, more);
        vae_training_free(&more);
    }
    vae_training_free(&one);
}
END_TEST

static void assert_same_text(const char *a, const char *b)
{
    ck_assert_str_eq(a ? a : "", b ? b : "");
}

static void assert_same_condition(const vae_condition_spec *a, const vae_condition_spec *b)
{
    assert_same_text(a->name, b->name);
    assert_same_text(a->of_x, b->of_x);
    assert_same_text(a->enters, b->enters);
    assert_same_text(a->layers, b->layers);
    assert_same_text(a->encoder_layers, b->encoder_layers);
    assert_same_text(a->decoder_layers, b->decoder_layers);
    assert_same_text(a->prior_layers, b->prior_layers);
    assert_same_text(a->transform, b->transform);
    ck_assert_int_eq(a->kind, b->kind);
    ck_assert_int_eq(a->type, b->type);
    ck_assert_int_eq(a->size, b->size);
    ck_assert_mem_eq(a->shape, b->shape, sizeof a->shape);
}

static void assert_same_declaration(const vae_model_spec *a, const vae_model_spec *b)
{
    assert_same_text(a->encoder, b->encoder);
    assert_same_text(a->decoder, b->decoder);
    assert_same_text(a->posterior, b->posterior);
    assert_same_text(a->prior, b->prior);
    assert_same_text(a->prior_layers, b->prior_layers);
    assert_same_text(a->objective, b->objective);
    for (int i = 0; i < WAYS; i++)
        assert_same_condition(&a->conditions[i], &b->conditions[i]);
    for (int i = 0; i < VAE_MAX_LATENTS; i++) {
        ck_assert_int_eq(a->latents[i].size, b->latents[i].size);
        assert_same_text(a->latents[i].encoder, b->latents[i].encoder);
        assert_same_text(a->latents[i].decoder, b->latents[i].decoder);
    }
}

/* Saved, verified and loaded: the same declaration, the same parameters, the same figures; kept again the same bytes
 * of everything but the time. */
START_TEST(test_checkpoint)
{
    const structure *s = open_row(_i);
    vae_training *training = trained(&s->spec, data, 1), *loaded = NULL;
    vae_evaluation before, after;
    const vae_evaluation_options options = { .split = VAE_ALL, .samples = 5, .threads = 1 };
    ck_assert_status_ok(vae_checkpoint_save(training, path_of("kept.h5")));
    ck_assert_status_ok(vae_checkpoint_load(path_of("kept.h5"), NULL, &loaded));
    assert_same_declaration(vae_model_declaration(vae_training_model(training)),
                            vae_model_declaration(vae_training_model(loaded)));
    assert_same_parameters(training, loaded);
    ck_assert_status_ok(vae_evaluate(vae_training_model(training), data, &options, &before));
    ck_assert_status_ok(vae_evaluate(vae_training_model(loaded), data, &options, &after));
    ck_assert_mem_eq(&before, &after, sizeof before);
    vae_training_free(&training);
    ck_assert_status_ok(vae_train(loaded, data, &(vae_train_options){ .epochs = 3, .threads = 1 }));
    ck_assert_status_ok(vae_checkpoint_save(loaded, path_of("kept.h5")));
    vae_training_free(&loaded);
    ck_assert_status_ok(vae_checkpoint_load(path_of("kept.h5"), NULL, &loaded));
    vae_training_free(&loaded);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("models/structure");
    const TTest *const tests[] = { test_hidden_values, test_encoder_of_part, test_regression_of_each_likelihood, NULL };
    const TTest *const each[] = { test_training,  test_evaluation, test_weights,        test_samples_of_elbo,
                                  test_free_bits, test_encoding,   test_reconstruction, test_decoding,
                                  test_sampling,  test_threads,    test_checkpoint };
    TCase *one = suite_case_between(suite, "structure", 60, begin, end, tests);
    for (size_t i = 0; i < sizeof each / sizeof *each; i++)
        tcase_add_loop_test(one, each[i], 0, STRUCTURES);
    tcase_add_loop_test(one, test_sample, 0, 1);
    tcase_add_loop_test(one, test_regression, STRUCTURES - 2, STRUCTURES);
    tcase_add_loop_test(one, test_gradients, 0, STRUCTURES * OBJECTIVES);
    return suite_run(suite);
}
