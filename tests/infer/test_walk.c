/* Walks through z: where their points are, what the decoder makes of them, and what is refused. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <vae/walk.h>

#include "tests/support/models.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"

enum { Z = 3 };

static vae_data *data;
static vae_model *plain, *given;

static const vae_model_spec plain_spec = { .name = "plain",
                                           .x = { .shape = { 28, 28 } },
                                           .latents = { { .size = Z } },
                                           .encoder = "dense 8 tanh",
                                           .decoder = "" };
static const vae_model_spec given_spec = {
    .name = "given",
    .x = { .shape = { 28, 28 } },
    .conditions = { { .name = "label", .kind = VAE_CLASS, .size = 10 } },
    .latents = { { .size = Z } },
    .encoder = "dense 8 tanh",
    .decoder = "dense 8 tanh",
};

static void begin(void)
{
    system_reset();
    ck_assert_status_ok(vae_data_open("digits:120", NULL, &data));
    plain = model_of(&plain_spec, data);
    given = model_of(&given_spec, data);
}

static void end(void)
{
    vae_model_free(&plain);
    vae_model_free(&given);
    vae_data_free(&data);
    ck_assert_int_eq(system_outstanding(), 0);
}

/* Each picture is what a decoder of its own makes of its z, and of this class. */
static void assert_decoded(const vae_model *model, const vae_walk *walk, const uint8_t *classes)
{
    float *x = malloc((size_t)walk->samples.x_size * sizeof *x);
    vae_decoder *decoder = NULL;
    const vae_infer_options options = { .threads = 1, .condition_types = { VAE_UINT8 } };
    ck_assert_status_ok(vae_decoder_new(model, &options, &decoder));
    for (int64_t i = 0; i < walk->samples.count; i++) {
        const vae_conditions conditions = { .values = { classes ? classes + i / walk->samples.columns : NULL } };
        ck_assert_status_ok(vae_decoder_run(decoder, walk->samples.z + i * Z, 1, &conditions, x));
        for (int64_t k = 0; k < walk->samples.x_size; k++)
            ck_assert_float_eq_tol(walk->samples.x[i * walk->samples.x_size + k], x[k], 1e-5f);
    }
    vae_decoder_free(&decoder);
    free(x);
}

/* ---- Manifold ---------------------------------------------------------------------------------------------------- */

START_TEST(test_manifold)
{
    const vae_manifold_options options = { .steps = 4, .dimensions = { 2, 0 }, .threads = 1 };
    vae_walk walk;
    ck_assert_status_ok(vae_manifold(plain, &options, &walk));
    ck_assert_int_eq(walk.samples.rows, 4);
    ck_assert_int_eq(walk.samples.columns, 4);
    for (int row = 0; row < 4; row++)
        for (int column = 0; column < 4; column++) {
            const float *z = walk.samples.z + (row * 4 + column) * Z;
            ck_assert_double_eq_tol(erfc(-z[2] / sqrt(2)) / 2, (column + 0.5) / 4, 1e-6);
            ck_assert_double_eq_tol(erfc(-z[0] / sqrt(2)) / 2, (3 - row + 0.5) / 4, 1e-6);
            ck_assert_float_eq(z[1], 0);
            ck_assert_double_eq(walk.place[2 * (row * 4 + column)], (column + 0.5) / 4);
        }
    assert_decoded(plain, &walk, NULL);
    vae_walk_free(&walk);
}
END_TEST

START_TEST(test_manifold_as_usual)
{
    const double seven = 7;
    const vae_manifold_options options = { .conditions = { { &seven } }, .threads = 1 };
    uint8_t classes[20];
    vae_walk walk;
    memset(classes, 7, sizeof classes);
    ck_assert_status_ok(vae_manifold(given, &options, &walk));
    ck_assert_int_eq(walk.samples.count, 400);
    assert_decoded(given, &walk, classes);
    vae_walk_free(&walk);
    ck_assert_status_ok(vae_manifold(plain, NULL, &walk));
    ck_assert_int_eq(walk.samples.count, 400);
    vae_walk_free(&walk);
}
END_TEST

START_TEST(test_manifold_refuses)
{
    vae_model_spec flat = plain_spec;
    const double wrong = 10;
    vae_walk walk;
    ck_assert_status(vae_manifold(plain, &(vae_manifold_options){ .dimensions = { 0, 3 } }, &walk), VAE_ERROR_ARGUMENT,
                     "plain: expected dimensions of z from 0 to 2, found 3");
    ck_assert_status(vae_manifold(plain, &(vae_manifold_options){ .dimensions = { 2, 2 } }, &walk), VAE_ERROR_ARGUMENT,
                     "each dimension of z once, found 2 twice");
    ck_assert_status(vae_manifold(plain, &(vae_manifold_options){ .steps = 1 }, &walk), VAE_ERROR_ARGUMENT,
                     "at least 2 steps");
    ck_assert_status(vae_manifold(given, NULL, &walk), VAE_ERROR_ARGUMENT,
                     "given: expected a value of the condition \"label\", found none");
    ck_assert_status(vae_manifold(given, &(vae_manifold_options){ .conditions = { { &wrong } } }, &walk),
                     VAE_ERROR_ARGUMENT, "expected a class from 0 to 9, found 10");
    flat.latents[0].size = 1;
    vae_model *one = model_of(&flat, data);
    ck_assert_status(vae_manifold(one, NULL, &walk), VAE_ERROR_ARGUMENT,
                     "wants two dimensions of z, found 1; a traversal");
    vae_model_free(&one);
}
END_TEST

/* ---- Interpolation ----------------------------------------------------------------------------------------------- */

/* Of the rows of a split: mean (rows, Z), as vae_encode finds it. */
static vae_latents encoded(const vae_model *model)
{
    vae_latents latents;
    ck_assert_status_ok(vae_encode(model, data, &(vae_pass_options){ .split = VAE_TEST, .threads = 1 }, &latents));
    return latents;
}

static void assert_z(const float *z, const float *wanted)
{
    for (int i = 0; i < Z; i++)
        ck_assert_float_eq_tol(z[i], wanted[i], 1e-5f);
}

START_TEST(test_interpolates)
{
    const int64_t from[] = { 3, 0 }, to[] = { 17, 5 };
    const vae_interpolation_options options = {
        .split = VAE_TEST, .from = from, .to = to, .pairs = 2, .steps = 5, .path = VAE_PATH_SPHERICAL, .threads = 1
    };
    vae_latents latents = encoded(given);
    vae_walk walk;
    ck_assert_status_ok(vae_interpolate(given, data, &options, &walk));
    for (int pair = 0; pair < 2; pair++) {
        const float *a = latents.mean + from[pair] * Z, *b = latents.mean + to[pair] * Z;
        for (int i = 0; i < 5; i++) {
            float wanted[Z];
            vae_path_point(VAE_PATH_SPHERICAL, a, b, Z, i / 4.0, wanted);
            assert_z(walk.samples.z + (pair * 5 + i) * Z, wanted);
            ck_assert_double_eq(walk.place[pair * 5 + i], i / 4.0);
            ck_assert_int_eq(walk.from[pair * 5 + i], from[pair]);
            ck_assert_int_eq(walk.to[pair * 5 + i], to[pair]);
        }
    }
    /* The first row's class goes all the way. */
    const uint8_t *labels = vae_data_find(data, VAE_TEST, "label")->values;
    assert_decoded(given, &walk, (const uint8_t[]){ labels[3], labels[0] });
    vae_walk_free(&walk);
    vae_latents_free(&latents);
}
END_TEST

START_TEST(test_interpolates_with_a_class_that_is_told)
{
    const double four = 4;
    const int64_t from = 3, to = 17;
    const vae_interpolation_options options = {
        .split = VAE_TEST, .from = &from, .to = &to, .pairs = 1, .conditions = { { &four } }, .threads = 1
    };
    vae_walk walk;
    ck_assert_status_ok(vae_interpolate(given, data, &options, &walk));
    ck_assert_int_eq(walk.samples.count, 10);
    assert_decoded(given, &walk, (const uint8_t[]){ 4 });
    vae_walk_free(&walk);
}
END_TEST

START_TEST(test_interpolation_refuses)
{
    const int64_t from = 3, to = 20;
    vae_interpolation_options options = { .split = VAE_TEST, .from = &from, .to = &to, .pairs = 1 };
    vae_walk walk;
    ck_assert_status(vae_interpolate(plain, data, &options, &walk), VAE_ERROR_ARGUMENT,
                     "to: expected a row of test, which are 20 between 0 and 19, found 20");
    options.pairs = 0;
    ck_assert_status(vae_interpolate(plain, data, &options, &walk), VAE_ERROR_ARGUMENT, "expected 1 to 1048576 pairs");
    options.from = NULL;
    ck_assert_status(vae_interpolate(plain, data, &options, &walk), VAE_ERROR_ARGUMENT, "found NULL");
}
END_TEST

/* ---- Traversal --------------------------------------------------------------------------------------------------- */

START_TEST(test_traverses)
{
    const int64_t dimensions[] = { 2, 0 };
    const vae_traversal_options options = {
        .steps = 3, .low = -1, .high = 2, .dimensions = dimensions, .dimension_count = 2, .threads = 1
    };
    static const float wanted[6][Z] = { { 0, 0, -1 }, { 0, 0, 0.5f }, { 0, 0, 2 },
                                        { -1, 0, 0 }, { 0.5f, 0, 0 }, { 2, 0, 0 } };
    vae_walk walk;
    ck_assert_status_ok(vae_traverse(plain, NULL, &options, &walk));
    ck_assert_int_eq(walk.samples.count, 6);
    ck_assert_ptr_null(walk.kl);
    for (int i = 0; i < 6; i++) {
        assert_z(walk.samples.z + i * Z, wanted[i]);
        ck_assert_int_eq(walk.dimension[i], dimensions[i / 3]);
        ck_assert_double_eq(walk.place[i], wanted[i % 3][2]);
    }
    assert_decoded(plain, &walk, NULL);
    vae_walk_free(&walk);
}
END_TEST

/* Dimensions in the order of the KL that an evaluation tells. */
START_TEST(test_traverses_by_kl)
{
    const vae_traversal_options options = { .split = VAE_TEST, .has_row = true, .row = 7, .most = 2, .threads = 1 };
    double kl[Z];
    vae_latents latents = encoded(given);
    vae_examples examples;
    vae_walk walk;
    ck_assert_status_ok(vae_evaluate_examples(given, data, &(vae_evaluation_options){ .split = VAE_TEST, .threads = 1 },
                                              NULL, &examples));
    memcpy(kl, examples.kl_dimensions, sizeof kl);
    vae_examples_free(&examples);
    ck_assert_status_ok(vae_traverse(given, data, &options, &walk));
    ck_assert_int_eq(walk.samples.rows, 2);
    ck_assert_int_eq(walk.samples.columns, 11);
    int64_t first = walk.dimension[0], second = walk.dimension[11], left = 3 - first - second;
    ck_assert(kl[first] >= kl[second] && kl[second] >= kl[left]);
    ck_assert_double_eq_tol(walk.kl[0], kl[first], 1e-6);
    ck_assert_double_eq_tol(walk.kl[11], kl[second], 1e-6);
    float start[Z];
    memcpy(start, latents.mean + 7 * Z, sizeof start);
    start[second] = 3;
    assert_z(walk.samples.z + 21 * Z, start);
    uint8_t label = ((const uint8_t *)vae_data_find(data, VAE_TEST, "label")->values)[7];
    assert_decoded(given, &walk, (const uint8_t[]){ label, label });
    vae_walk_free(&walk);
    vae_latents_free(&latents);
}
END_TEST

START_TEST(test_traversal_refuses)
{
    vae_walk walk;
    ck_assert_status(vae_traverse(plain, NULL, &(vae_traversal_options){ .has_row = true }, &walk), VAE_ERROR_ARGUMENT,
                     "expected data, for the row to start at");
    ck_assert_status(vae_traverse(plain, NULL, &(vae_traversal_options){ .most = 2 }, &walk), VAE_ERROR_ARGUMENT,
                     "expected data, for the KL");
    ck_assert_status(vae_traverse(plain, NULL, &(vae_traversal_options){ .low = NAN }, &walk), VAE_ERROR_ARGUMENT,
                     "expected finite ends");
    ck_assert_status(
        vae_traverse(plain, data, &(vae_traversal_options){ .split = VAE_TEST, .has_row = true, .row = -1 }, &walk),
        VAE_ERROR_ARGUMENT, "row: expected a row of test");
    ck_assert_status(vae_traverse(given, data, &(vae_traversal_options){ .split = VAE_TEST }, &walk),
                     VAE_ERROR_ARGUMENT, "expected a value of the condition \"label\"");
}
END_TEST

/* ---- Arithmetic -------------------------------------------------------------------------------------------------- */

static const int64_t plus[] = { 1, 4, 11 }, minus[] = { 0, 19 }, added[] = { 6, 2 };
static const vae_arithmetic_options sum = { .split = VAE_TEST,
                                            .plus = plus,
                                            .plus_count = 3,
                                            .minus = minus,
                                            .minus_count = 2,
                                            .to = added,
                                            .to_count = 2,
                                            .threads = 1 };

START_TEST(test_adds)
{
    const double scales[] = { 0, 1, -0.5 };
    vae_arithmetic_options options = sum;
    vae_latents latents = encoded(given);
    vae_walk walk;
    options.scales = scales;
    options.scale_count = 3;
    ck_assert_status_ok(vae_arithmetic(given, data, &options, &walk));
    ck_assert(walk.samples.rows == 2 && walk.samples.columns == 3 && walk.plus_count == 3 && walk.minus_count == 2);
    const float *mean = latents.mean;
    for (int k = 0; k < Z; k++) {
        const double a = ((double)mean[Z + k] + mean[4 * Z + k] + mean[11 * Z + k]) / 3;
        const double b = ((double)mean[k] + mean[19 * Z + k]) / 2;
        ck_assert_double_eq_tol(walk.plus_mean[k], a, 1e-5);
        ck_assert_double_eq_tol(walk.minus_mean[k], b, 1e-5);
        ck_assert_double_eq_tol(walk.vector[k], a - b, 1e-5);
        for (int i = 0; i < 6; i++) {
            ck_assert_float_eq_tol(walk.samples.z[i * Z + k], mean[added[i / 3] * Z + k] + scales[i % 3] * (a - b),
                                   1e-5);
            ck_assert_double_eq(walk.place[i], scales[i % 3]);
            ck_assert_int_eq(walk.from[i], added[i / 3]);
        }
    }
    const uint8_t *labels = vae_data_find(data, VAE_TEST, "label")->values;
    assert_decoded(given, &walk, (const uint8_t[]){ labels[6], labels[2] });
    vae_walk_free(&walk);
    vae_latents_free(&latents);
}
END_TEST

/* Nine columns from 0 to 2, and the same class for all where it is told. */
START_TEST(test_adds_as_usual)
{
    const double four = 4;
    vae_arithmetic_options options = sum;
    options.conditions.values[0] = &four;
    vae_walk walk;
    ck_assert_status_ok(vae_arithmetic(given, data, &options, &walk));
    ck_assert_int_eq(walk.samples.columns, 9);
    for (int i = 0; i < 18; i++)
        ck_assert_double_eq(walk.place[i], i % 9 / 4.0);
    assert_decoded(given, &walk, (const uint8_t[]){ 4, 4 });
    vae_walk_free(&walk);
}
END_TEST

START_TEST(test_arithmetic_refuses)
{
    static const double wrong[] = { 0, NAN };
    static const int64_t far = 20;
    vae_arithmetic_options options = sum;
    vae_walk walk;
    options.minus = &far;
    options.minus_count = 1;
    ck_assert_status(vae_arithmetic(plain, data, &options, &walk), VAE_ERROR_ARGUMENT,
                     "minus: expected a row of test, which are 20 between 0 and 19, found 20");
    options.minus_count = 0;
    ck_assert_status(vae_arithmetic(plain, data, &options, &walk), VAE_ERROR_ARGUMENT,
                     "minus: expected 1 to 4294967295 rows, found 0");
    options = sum;
    options.to = NULL;
    ck_assert_status(vae_arithmetic(plain, data, &options, &walk), VAE_ERROR_ARGUMENT,
                     "to: expected 1 to 1048576 rows");
    options = sum;
    options.scales = wrong;
    options.scale_count = 2;
    ck_assert_status(vae_arithmetic(plain, data, &options, &walk), VAE_ERROR_ARGUMENT, "expected finite scales");
    options.scale_count = 1;
    ck_assert_status(vae_arithmetic(plain, data, &options, &walk), VAE_ERROR_ARGUMENT, "at least 2 steps");
    options.steps = 3;
    ck_assert_status(vae_arithmetic(plain, data, &options, &walk), VAE_ERROR_ARGUMENT, "scales or steps, found both");
    ck_assert_status(vae_arithmetic(plain, NULL, &sum, &walk), VAE_ERROR_ARGUMENT, "found NULL");
    ck_assert_status(vae_arithmetic(plain, data, &sum, NULL), VAE_ERROR_ARGUMENT, "a place for the arithmetic");
}
END_TEST

/* ---- No memory --------------------------------------------------------------------------------------------------- */

static vae_status all_four(void)
{
    const int64_t from = 3, to = 17;
    const double four = 4;
    const vae_interpolation_options pair = { .split = VAE_TEST, .from = &from, .to = &to, .pairs = 1, .threads = 1 };
    const vae_traversal_options row = { .split = VAE_TEST, .has_row = true, .row = 7, .threads = 1 };
    vae_walk walk;
    vae_status status =
        vae_manifold(given, &(vae_manifold_options){ .conditions = { { &four } }, .threads = 1 }, &walk);
    vae_walk_free(&walk);
    if (!status.code)
        status = vae_interpolate(given, data, &pair, &walk);
    vae_walk_free(&walk);
    if (!status.code)
        status = vae_traverse(given, data, &row, &walk);
    vae_walk_free(&walk);
    if (!status.code)
        status = vae_arithmetic(given, data, &sum, &walk);
    vae_walk_free(&walk);
    return status;
}

START_TEST(test_without_memory)
{
    long before = system_outstanding();
    vae_status status = { .code = VAE_ERROR_MEMORY };
    for (long n = 1; status.code; n += 3) {
        system_fail(SYSTEM_ALLOCATE, n, 0, false);
        status = all_four();
        system_reset();
        ck_assert_msg(!status.code || status.code == VAE_ERROR_MEMORY, "request %ld: %s", n, status.message);
        ck_assert_int_eq(system_outstanding(), before);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_manifold,
                                   test_manifold_as_usual,
                                   test_manifold_refuses,
                                   test_interpolates,
                                   test_interpolates_with_a_class_that_is_told,
                                   test_interpolation_refuses,
                                   test_traverses,
                                   test_traverses_by_kl,
                                   test_traversal_refuses,
                                   test_adds,
                                   test_adds_as_usual,
                                   test_arithmetic_refuses,
                                   test_without_memory,
                                   NULL };
    Suite *suite = suite_create("walk");
    suite_case_between(suite, "walks", 60, begin, end, tests);
    return suite_run(suite);
}
