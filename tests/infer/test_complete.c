/* Completions: what is seen stays, draws belong to row and sample, and what they are is what sampling, the decoder and
 * a regression give. */
#include <stdlib.h>
#include <string.h>
#include <vae/complete.h>
#include <vae/ops.h>

#include "src/base/memory.h"
#include "src/base/types.h"
#include "tests/support/models.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"

enum { X = 784, COLUMN = 14 };

static vae_data *data;
static vae_model *part, *classes, *deep, *regression, *sharp, *sharp_regression;

#define PART .conditions = { { .name = "column", .of_x = "columns 14 14" } }

static const vae_model_spec part_spec = {
    .name = "part", PART, .latents = { { .size = 3 } }, .encoder = "dense 8 tanh", .decoder = "dense 8 tanh"
};
static const vae_model_spec regression_spec = {
    .name = "regression", PART, .decoder = "dense 8 tanh", .objective = "none"
};
static const vae_model_spec classes_spec = { .name = "classes",
                                             .conditions = { { .name = "label", .kind = VAE_CLASS, .size = 10 } },
                                             .latents = { { .size = 3 } },
                                             .encoder = "dense 8 tanh",
                                             .decoder = "dense 8 tanh" };
/* A learned prior, and two stochastic layers. */
static const vae_model_spec deep_spec = { .name = "deep",
                                          .conditions = { { .name = "label", .kind = VAE_CLASS, .size = 10 } },
                                          .latents = { { .size = 5 }, { .size = 2, .decoder = "dense 4 tanh" } },
                                          .encoder = "dense 8 tanh",
                                          .decoder = "dense 8 tanh" };

/* The same of values that are not drawn. */
static vae_model *sharp_of(vae_model_spec spec)
{
    spec.x.transform = "unit, threshold";
    return model_of(&spec, data);
}

static void begin(void)
{
    system_reset();
    ck_assert_status_ok(vae_data_open("digits:120", NULL, &data));
    part = model_of(&part_spec, data);
    classes = model_of(&classes_spec, data);
    deep = model_of(&deep_spec, data);
    regression = model_of(&regression_spec, data);
    sharp = sharp_of(part_spec);
    sharp_regression = sharp_of(regression_spec);
}

static void end(void)
{
    vae_model **const models[] = { &part, &classes, &deep, &regression, &sharp, &sharp_regression };
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
        vae_model_free(models[i]);
    vae_data_free(&data);
    ck_assert_int_eq(system_outstanding(), 0);
}

static vae_completions completed(const vae_model *model, vae_completion_options options)
{
    vae_completions found;
    options.split = VAE_TEST;
    options.threads = options.threads ? options.threads : 1;
    ck_assert_status_ok(vae_complete(model, data, &options, &found));
    return found;
}

/* ---- What is seen ------------------------------------------------------------------------------------------------ */

START_TEST(test_keeps_what_is_seen)
{
    vae_completions found = completed(part, (vae_completion_options){ .regressor = regression, .draw = _i });
    int64_t seen = 0, moved = 0;
    ck_assert_int_eq(found.count, 20);
    ck_assert_int_eq(found.samples, 8);
    ck_assert_int_eq(found.z_size, 3);
    ck_assert_ptr_null(found.mask);
    for (int64_t row = 0; row < 20; row++)
        for (int64_t k = 0; k < X; k++) {
            const float truth = found.truth[row * X + k];
            ck_assert(truth == 0 || truth == 1);
            ck_assert_int_eq(found.given[row * X + k], k % 28 == COLUMN);
            seen += k % 28 == COLUMN && truth > 0;
            for (int64_t s = 0; s < 8; s++) {
                const float x = found.x[(row * 8 + s) * X + k];
                ck_assert_msg(k % 28 != COLUMN || x == truth, "row %d, sample %d: %g, not %g", (int)row, (int)s,
                              (double)x, (double)truth);
                ck_assert(!_i || x == 0 || x == 1);
                moved += x != truth;
            }
            if (k % 28 == COLUMN)
                ck_assert_float_eq(found.answer[row * X + k], truth);
            else
                ck_assert(found.answer[row * X + k] > 0 && found.answer[row * X + k] < 1);
        }
    ck_assert_int_gt(seen, 20);
    ck_assert_int_gt(moved, 10000);
    vae_completions_free(&found);
}
END_TEST

/* The truth is what the data has, in the order of rows. */
START_TEST(test_rows)
{
    const int64_t rows[] = { 17, 3 };
    const uint8_t *stored = vae_data_find(data, VAE_TEST, "x")->values;
    const uint8_t *labels = vae_data_find(data, VAE_TEST, "label")->values;
    vae_completions found = completed(sharp, (vae_completion_options){ .rows = rows, .count = 2 });
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(found.row[i], rows[i]);
        for (int64_t k = 0; k < X; k++)
            ck_assert_float_eq(found.truth[i * X + k], stored[rows[i] * X + k] > 127);
    }
    vae_completions_free(&found);
    found = completed(classes, (vae_completion_options){ .rows = rows, .count = 2 });
    ck_assert_ptr_null(found.given);
    for (int i = 0; i < 2; i++)
        ck_assert_double_eq(vae__type_value(found.conditions.types[0], found.conditions.values[0], i), labels[rows[i]]);
    vae_completions_free(&found);
}
END_TEST

/* ---- Draws ------------------------------------------------------------------------------------------------------- */

/* Is sample `s` of row `i` the same, bit for bit, as the same sample of another row? */
static void assert_same(const vae_completions *one, int64_t i, const vae_completions *other, int64_t j, int64_t s)
{
    const struct {
        const float *one, *other;
        int64_t size;
    } parts[] = { { one->x, other->x, one->x_size },
                  { one->units, other->units, one->x_size },
                  { one->z, other->z, one->z_size } };
    for (int k = 0; k < 3; k++)
        if (parts[k].one)
            ck_assert_mem_eq(parts[k].one + (i * one->samples + s) * parts[k].size,
                             parts[k].other + (j * other->samples + s) * parts[k].size,
                             (size_t)parts[k].size * sizeof(float));
    ck_assert_mem_eq(one->truth + i * one->x_size, other->truth + j * one->x_size, (size_t)one->x_size * sizeof(float));
}

/* 20 rows are two runs, 11 samples two pieces. */
START_TEST(test_draws_belong_to_row_and_sample)
{
    vae_model *const models[] = { part, classes, deep, regression };
    for (int m = 0; m < 4; m++)
        for (int draw = m == 3; draw < 2; draw++) {
            const int64_t rows[] = { 17, 3, 17 };
            vae_completions all = completed(models[m], (vae_completion_options){ .samples = 11, .draw = draw });
            vae_completions few =
                completed(models[m], (vae_completion_options){ .rows = rows, .count = 3, .samples = 3, .draw = draw });
            vae_completions first =
                completed(models[m], (vae_completion_options){ .count = 5, .samples = 11, .draw = draw, .threads = 3 });
            ck_assert_int_eq(first.count, 5);
            for (int64_t s = 0; s < 3; s++)
                for (int64_t i = 0; i < 3; i++)
                    assert_same(&few, i, &all, rows[i], s);
            for (int64_t s = 0; s < 11; s++)
                for (int64_t i = 0; i < 5; i++)
                    assert_same(&first, i, &all, i, s);
            vae_completions_free(&all);
            vae_completions_free(&few);
            vae_completions_free(&first);
        }
}
END_TEST

/* Rows are those of the source: so they have the same draws in whatever split they are. */
START_TEST(test_draws_belong_to_the_source)
{
    const int64_t row = 117;
    vae_data *divided = NULL;
    vae_completions whole, held;
    vae_completion_options options = { .split = VAE_TRAIN, .rows = &row, .count = 1, .draw = true, .threads = 1 };
    ck_assert_status_ok(vae_data_open("digits:120", NULL, &divided));
    ck_assert_status_ok(vae_data_hold_out(divided, 10));
    ck_assert_status_ok(vae_complete(part, data, &options, &whole));
    options.split = VAE_VALIDATION;
    ck_assert_status_ok(vae_complete(part, divided, &options, &held));
    for (int64_t s = 0; s < 8; s++)
        assert_same(&whole, 0, &held, 0, s);
    vae_completions_free(&whole);
    vae_completions_free(&held);
    vae_data_free(&divided);
}
END_TEST

static int64_t differences(const float *one, const float *other, int64_t size)
{
    int64_t count = 0;
    for (int64_t i = 0; i < size; i++)
        count += one[i] < other[i] || one[i] > other[i];
    return count;
}

/* Each sample has a z of its own, and a draw of x; another seed has others. */
START_TEST(test_draws_differ)
{
    vae_completions found = completed(part, (vae_completion_options){ .samples = 20, .draw = true });
    vae_completions other = completed(part, (vae_completion_options){ .samples = 20, .draw = true, .seed = 1 });
    for (int64_t i = 0; i < 400; i++) {
        for (int64_t j = 0; j < i; j++) {
            ck_assert_int_eq(differences(found.z + i * 3, found.z + j * 3, 3), 3);
            ck_assert_int_gt(differences(found.x + i * X, found.x + j * X, X), 100);
        }
        ck_assert_int_eq(differences(found.z + i * 3, other.z + i * 3, 3), 3);
    }
    ck_assert_int_gt(differences(found.truth, other.truth, 20 * X), 10);
    vae_completions_free(&found);
    vae_completions_free(&other);
    /* Of a regression nothing but the draw differs. */
    found = completed(regression, (vae_completion_options){ .samples = 2, .draw = true });
    ck_assert_int_gt(differences(found.x, found.x + X, X), 100);
    vae_completions_free(&found);
}
END_TEST

/* ---- What they are ----------------------------------------------------------------------------------------------- */

/* Sample 0 of a row is the row's column of vae_sample, at the row's class. */
START_TEST(test_equals_sampling)
{
    vae_model *const models[] = { classes, deep };
    const uint8_t *labels = vae_data_find(data, VAE_TEST, "label")->values;
    for (int m = 0; m < 2; m++)
        for (int draw = 0; draw < 2; draw++) {
            vae_completions found = completed(models[m], (vae_completion_options){ .seed = 5, .draw = draw });
            vae_samples samples;
            ck_assert_status_ok(vae_sample(
                models[m], &(vae_sample_options){ .count = 20, .seed = 5, .draw = draw, .threads = 1 }, &samples));
            int64_t flipped = 0;
            for (int64_t i = 0; i < 20; i++) {
                const int64_t at = labels[i] * 20 + i;
                for (int64_t k = 0; k < found.z_size; k++)
                    ck_assert_float_eq_tol(found.z[i * 8 * found.z_size + k], samples.z[at * found.z_size + k], 1e-5f);
                for (int64_t k = 0; k < X; k++)
                    if (draw)
                        flipped += differences(&found.x[i * 8 * X + k], &samples.modelled[at * X + k], 1);
                    else
                        ck_assert_float_eq_tol(found.x[i * 8 * X + k], samples.modelled[at * X + k], 1e-5f);
            }
            ck_assert_int_le(flipped, 1); /* where a mean is as good as its uniform number */
            vae_samples_free(&samples);
            vae_completions_free(&found);
        }
}
END_TEST

/* A decoder of its own gives the same of z and the part of x as it is stored. */
START_TEST(test_equals_decoding)
{
    vae_completions found = completed(sharp, (vae_completion_options){ .samples = 9 });
    const uint8_t *stored = vae_data_find(data, VAE_TEST, "x")->values;
    vae_decoder *decoder = NULL;
    float x[X];
    ck_assert_status_ok(vae_decoder_new(
        sharp, &(vae_infer_options){ .threads = 1, .condition_types = { VAE_UINT8 }, .modelled = true }, &decoder));
    for (int64_t i = 0; i < 20 * 9; i++) {
        const vae_conditions conditions = { .values = { stored + i / 9 * X } };
        ck_assert_status_ok(vae_decoder_run(decoder, found.z + i * 3, 1, &conditions, x));
        for (int64_t k = 0; k < X; k++)
            ck_assert_float_eq_tol(found.x[i * X + k], x[k], 1e-5f);
    }
    vae_decoder_free(&decoder);
    vae_completions_free(&found);
}
END_TEST

/* A regression's one answer is its reconstruction, and the answer beside another model's samples. */
START_TEST(test_equals_a_regression)
{
    vae_reconstructions wanted;
    ck_assert_status_ok(
        vae_reconstruct(sharp_regression, data, &(vae_pass_options){ .split = VAE_TEST, .threads = 1 }, &wanted));
    vae_completions found = completed(sharp_regression, (vae_completion_options){ .count = 0 });
    vae_completions beside = completed(sharp, (vae_completion_options){ .regressor = sharp_regression });
    ck_assert_int_eq(found.samples, 1);
    ck_assert_ptr_null(found.z);
    for (int64_t i = 0; i < 20 * X; i++)
        ck_assert_float_eq_tol(found.x[i], wanted.reconstruction[i], 1e-5f);
    ck_assert_mem_eq(found.x, beside.answer, 20 * X * sizeof(float));
    ck_assert_mem_eq(found.units, beside.answer_units, 20 * X * sizeof(float));
    vae_completions_free(&found);
    vae_completions_free(&beside);
    vae_reconstructions_free(&wanted);
}
END_TEST

/* ---- A graph by hand --------------------------------------------------------------------------------------------- */

/* Its draw knows nothing of samples. */
static void build(vae_build *b)
{
    vae_node *z = b->z;
    if (b->x) {
        b->mean = vae_dense(b->encoder_x, 3, "encoder/mean");
        b->logvar = vae_dense(b->encoder_x, 3, "encoder/logvar");
        z = vae_gaussian_sample(b->mean, b->logvar, b->noise);
        b->kl = vae_kl_standard_normal(b->mean, b->logvar);
    }
    vae_node *logits =
        vae_add(vae_dense(z, b->x_size, "decoder/logits"),
                vae_gather(vae_parameter(b->graph, "decoder/label", VAE_GLOROT, 2, (int64_t[]){ 10, b->x_size }),
                           b->conditions[0]));
    b->x_mean = vae_sigmoid(logits);
    b->x_draw = vae_binarize(b->x_mean, vae_noise(b->graph, VAE_UNIFORM, "mine", 1, &b->x_size));
    if (b->x)
        b->reconstruction = vae_loglik_bernoulli(b->x, logits, b->mask);
}

START_TEST(test_by_hand)
{
    const vae_model_spec spec = { .name = "by-hand",
                                  .conditions = { { .name = "label", .kind = VAE_CLASS, .size = 10 } },
                                  .latents = { { .size = 3 } },
                                  .build = build };
    vae_model *model = model_of(&spec, data);
    vae_completions one = completed(model, (vae_completion_options){ .samples = 1, .draw = true });
    vae_completions all = completed(model, (vae_completion_options){ .samples = 9, .draw = true });
    for (int64_t i = 0; i < 20; i++)
        assert_same(&one, i, &all, i, 0);
    for (int64_t s = 1; s < 9; s++)
        ck_assert_int_gt(differences(all.x, all.x + s * X, X), 100);
    vae_completions_free(&one);
    vae_completions_free(&all);
    vae_model_free(&model);
}
END_TEST

/* ---- Refused ----------------------------------------------------------------------------------------------------- */

static const struct {
    vae_completion_options options;
    const char *words;
} mistakes[] = {
    { { .split = VAE_SPLITS }, "expected a split and 0 to 1024 threads" },
    { { .threads = -1 }, "0 to 1024 threads, found 2 and -1" },
    { { .count = -1 }, "a count of at least 0" },
    { { .rows = (int64_t[]){ 1 } }, "a count of at least 1 and 0 to 1000000 samples, found 0 and 0" },
    { { .samples = -1 }, "0 to 1000000 samples, found 0 and -1" },
    { { .samples = 1000001 }, "0 to 1000000 samples" },
    { { .rows = (int64_t[]){ 3, 20 }, .count = 2 },
      "rows: expected a row of test, which are 20 between 0 and 19, found 20" },
};

START_TEST(test_refuses)
{
    vae_completions found;
    vae_completion_options options = mistakes[_i].options;
    options.split = options.split ? options.split : VAE_TEST;
    ck_assert_status(vae_complete(part, data, &options, &found), VAE_ERROR_ARGUMENT, mistakes[_i].words);
    ck_assert_ptr_null(found.x);
}
END_TEST

START_TEST(test_refuses_models)
{
    vae_model_spec spec = part_spec;
    vae_completions found;
    vae_completion_options options = { .split = VAE_TEST, .samples = 2 };
    ck_assert_status(vae_complete(regression, data, &options, &found), VAE_ERROR_ARGUMENT,
                     "regression: expected 1 sample of a regression, which has one answer unless x is drawn, found 2");
    ck_assert_status(vae_complete(NULL, data, &options, &found), VAE_ERROR_ARGUMENT, "found NULL");
    ck_assert_status(vae_complete(part, data, &options, NULL), VAE_ERROR_ARGUMENT, "expected a place");
    options.split = VAE_VALIDATION;
    ck_assert_status(vae_complete(part, data, &options, &found), VAE_ERROR_DATA, "validation");
    options.split = VAE_TEST;
    memset(spec.conditions, 0, sizeof spec.conditions);
    spec.name = "plain";
    vae_model *plain = model_of(&spec, data);
    ck_assert_status(vae_complete(plain, data, &options, &found), VAE_ERROR_ARGUMENT,
                     "plain: expected a model with conditions, which data could give, found none");
    vae_model_free(&plain);
}
END_TEST

START_TEST(test_refuses_regressors)
{
    vae_completions found;
    vae_model_spec spec = regression_spec;
    spec.conditions[0].of_x = "quadrants 2";
    vae_model *other = model_of(&spec, data);
    vae_completion_options options = { .split = VAE_TEST, .regressor = classes };
    ck_assert_status(vae_complete(part, data, &options, &found), VAE_ERROR_ARGUMENT,
                     "regressor: expected a regression (objective \"none\"), found classes (\"elbo\")");
    options.regressor = other;
    ck_assert_status(
        vae_complete(part, data, &options, &found), VAE_ERROR_ARGUMENT,
        "regressor: regression: expected the part of x that part has, \"columns 14 14\", found \"quadrants 2\"");
    options.regressor = regression;
    ck_assert_status(vae_complete(classes, data, &options, &found), VAE_ERROR_ARGUMENT,
                     "the part of x that classes has, \"none\", found \"columns 14 14\"");
    options.regressor = sharp_regression;
    ck_assert_status(vae_complete(part, data, &options, &found), VAE_ERROR_ARGUMENT,
                     "the transform that part has, \"unit, binarize\", found \"unit, threshold\"");
    vae_model_free(&other);
    spec = regression_spec;
    spec.x.shape[0] = 7;
    spec.x.shape[1] = 112;
    spec.conditions[0].of_x = "columns 14 14";
    ck_assert_status_ok(vae_model_new(&spec, NULL, NULL, 0, &other));
    options.regressor = other;
    ck_assert_status(vae_complete(part, data, &options, &found), VAE_ERROR_ARGUMENT,
                     "the shape of x that part has, \"(28, 28)\", found \"(7, 112)\"");
    vae_model_free(&other);
}
END_TEST

/* What would not fit is refused before it is made: 750 GB, unless a machine has them. */
START_TEST(test_refuses_too_much)
{
    vae_completions found;
    const vae_completion_options options = { .split = VAE_TRAIN, .samples = 1000000 };
    if (vae__memory_available() / 120 / options.samples > 2 * X * sizeof(float))
        return;
    ck_assert_status(vae_complete(part, data, &options, &found), VAE_ERROR_MEMORY, "completions: 120 rows of 62");
}
END_TEST

START_TEST(test_asks_before)
{
    ck_assert_status_ok(vae_completions_check(part, 8, 8, true, "a.png"));
    ck_assert_status_ok(vae_completions_check(part, 8, 1000000, true, "a.h5"));
    ck_assert_status(vae_completions_check(part, 8, 50000, true, "a.png"), VAE_ERROR_ARGUMENT, "a.png: picture: ");
    ck_assert_status(vae_completions_check(part, 8, 8, true, "a.svg"), VAE_ERROR_ARGUMENT, "expected a file name in");
    ck_assert_status(vae_completions_check(part, 8, 0, true, "a.png"), VAE_ERROR_ARGUMENT,
                     "at least 1 row and 1 sample");
    ck_assert_status(vae_completions_save(part, NULL, "a.png"), VAE_ERROR_ARGUMENT, "found NULL");
    /* 33,333 columns of 30 pixels fit without the wider borders; they do not with them. */
    ck_assert_status_ok(vae_completions_check(classes, 1, 33331, false, "a.png"));
    ck_assert_status(vae_completions_check(part, 1, 33331, false, "a.png"), VAE_ERROR_ARGUMENT, "1000000 pixels");
}
END_TEST

static int stop(void *context, int64_t done, int64_t all)
{
    int *calls = context;
    ck_assert_int_eq(all, 20);
    ck_assert_int_eq(done, *calls ? 20 : 16);
    return ++*calls == 1 ? 0 : 1;
}

START_TEST(test_stops)
{
    int calls = 0;
    vae_completions found;
    const vae_completion_options options = { .split = VAE_TEST, .progress = stop, .context = &calls, .threads = 1 };
    ck_assert_status(vae_complete(part, data, &options, &found), VAE_STOPPED,
                     "completing was stopped after 20 of 20 rows");
    ck_assert_ptr_null(found.x);
}
END_TEST

START_TEST(test_without_memory)
{
    const int64_t row = 3;
    const vae_completion_options options = {
        .split = VAE_TEST, .rows = &row, .count = 1, .samples = 2, .regressor = regression, .threads = 1
    };
    long before = system_outstanding();
    vae_status status = { .code = VAE_ERROR_MEMORY };
    for (long n = 1; status.code; n++) {
        vae_completions found;
        system_fail(SYSTEM_ALLOCATE, n, 0, false);
        status = vae_complete(part, data, &options, &found);
        vae_completions_free(&found);
        system_reset();
        ck_assert_msg(!status.code || status.code == VAE_ERROR_MEMORY, "request %ld: %s", n, status.message);
        ck_assert_int_eq(system_outstanding(), before);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_rows,
                                   test_draws_belong_to_row_and_sample,
                                   test_draws_belong_to_the_source,
                                   test_draws_differ,
                                   test_equals_sampling,
                                   test_equals_decoding,
                                   test_equals_a_regression,
                                   test_by_hand,
                                   test_refuses_models,
                                   test_refuses_regressors,
                                   test_refuses_too_much,
                                   test_asks_before,
                                   test_stops,
                                   test_without_memory,
                                   NULL };
    Suite *suite = suite_create("complete");
    TCase *cases = suite_case_between(suite, "completions", 120, begin, end, tests);
    tcase_add_loop_test(cases, test_keeps_what_is_seen, 0, 2);
    tcase_add_loop_test(cases, test_refuses, 0, sizeof mistakes / sizeof *mistakes);
    return suite_run(suite);
}
