/*
 * Estimates of the likelihood where z is more, or less, than one vector: a hierarchy whose likelihood is known, a
 * regression without z, and a condition that is a part of x beside a prior that is learned.
 */
#include <hdf5.h>
#include <hdf5_hl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vae/infer.h>

#include "tests/support/models.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"

enum { ROWS = 50, SIZE = 2, PIXELS = 784 };

static char folder[64], path[96];
static vae_data *data, *digits;
static float x[ROWS][SIZE];

static void begin(void)
{
    strcpy(folder, "/tmp/vae-test-estimates-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/data.h5", folder);
    for (int r = 0; r < ROWS; r++) {
        x[r][0] = (float)(1.5 * sin(r));
        x[r][1] = (float)(1.2 * cos(1.7 * r));
    }
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    H5LTmake_dataset(file, "x", 2, (hsize_t[]){ ROWS, SIZE }, H5T_NATIVE_FLOAT, x);
    H5Fclose(file);
    ck_assert_status_ok(vae_data_open(path, &(vae_data_options){ .threads = 1 }, &data));
    ck_assert_status_ok(vae_data_open("digits:60", &(vae_data_options){ .threads = 1 }, &digits));
}

static void end(void)
{
    vae_data_free(&data);
    vae_data_free(&digits);
    remove(path);
    ck_assert_int_eq(rmdir(folder), 0);
    ck_assert_int_eq(system_outstanding(), 0);
}

/* ---- z2 ~ N(0, 1), z1 ~ N(a z2 + c, s²), x ~ N(z1 W, σ²) --------------------------------------------------------- */

static const double A = 0.8, C = 0.5, S = 0.6, SIGMA = 0.7, W[SIZE] = { 0.9, -0.5 };

static vae_model *hierarchy(void)
{
    static const vae_model_spec spec = { .name = "hierarchy",
                                         .x = { .likelihood = "gaussian sigma=0.7", .transform = "raw" },
                                         .latents = { { .size = 1 }, { .size = 1 } },
                                         .encoder = "",
                                         .decoder = "" };
    vae_model *model = model_of(&spec, data);
    all_to_zero(model);
    values_of(model, "decoder2/mean/weight")[0] = (float)A;
    values_of(model, "decoder2/mean/bias")[0] = (float)C;
    values_of(model, "decoder2/logvar/bias")[0] = (float)(2 * log(S));
    for (int i = 0; i < SIZE; i++)
        values_of(model, "decoder/mean/weight")[i] = (float)W[i];
    return model;
}

/* Mean of −log N(x; c W, v Wᵀ W + σ² 1), v = a² + s² being the variance of z1. */
static double exact(void)
{
    const double v = A * A + S * S, square = W[0] * W[0] + W[1] * W[1];
    const double determinant = SIGMA * SIGMA * (SIGMA * SIGMA + v * square);
    double total = 0;
    for (int r = 0; r < ROWS; r++) {
        const double e[SIZE] = { (double)x[r][0] - C * W[0], (double)x[r][1] - C * W[1] };
        const double along = W[0] * e[0] + W[1] * e[1], across = W[1] * e[0] - W[0] * e[1];
        total += along * along / square / (SIGMA * SIGMA + v * square) + across * across / square / (SIGMA * SIGMA);
    }
    return 0.5 * (total / ROWS + log(determinant)) + log(2 * M_PI);
}

/* By both ways; the poor posterior, N(0, 1) in both layers, needs many samples. */
START_TEST(test_hierarchy)
{
    enum { SEEDS = 12 };
    vae_model *model = hierarchy();
    double mean[2] = { 0 }, square[2] = { 0 };
    for (int seed = 0; seed < SEEDS; seed++) {
        vae_evaluation found;
        const vae_evaluation_options options = {
            .split = VAE_ALL, .samples = 10000, .prior_samples = 10000, .seed = (uint64_t)seed, .threads = 2
        };
        ck_assert_status_ok(vae_evaluate(model, data, &options, &found));
        const double figures[] = { found.nll, found.prior_nll };
        for (int way = 0; way < 2; way++) {
            mean[way] += figures[way] / SEEDS;
            square[way] += figures[way] * figures[way] / SEEDS;
        }
    }
    for (int way = 0; way < 2; way++) {
        const double error = sqrt(fmax(square[way] - mean[way] * mean[way], 0) / (SEEDS - 1));
        ck_assert_msg(fabs(mean[way] - exact()) <= 3 * error + 2e-4, "way %d: %.6f ± %.6f, exactly %.6f", way,
                      mean[way], error, exact());
        ck_assert_double_lt(error, 3e-3);
    }
    vae_model_free(&model);
}
END_TEST

/* Units are those of z1; of the KL by dimension nothing is told. */
START_TEST(test_hierarchy_dimensions)
{
    vae_model *model = hierarchy();
    vae_examples each;
    values_of(model, "encoder/mean/weight")[0] = 1; /* E[z1 | x] = x's first value */
    ck_assert_status_ok(vae_evaluate_examples(model, data, &(vae_evaluation_options){ .split = VAE_ALL }, NULL, &each));
    ck_assert_int_eq(each.latent_size, 1);
    ck_assert_ptr_null(each.kl_dimensions);
    double mean = 0, square = 0;
    for (int r = 0; r < ROWS; r++) {
        mean += (double)x[r][0] / ROWS;
        square += (double)x[r][0] * (double)x[r][0] / ROWS;
    }
    ck_assert_double_eq_tol(each.mean_variance[0], square - mean * mean, 1e-6);
    vae_examples_free(&each);
    vae_model_free(&model);
}
END_TEST

/* ---- Without z --------------------------------------------------------------------------------------------------- */

/* All three are log p(x | digit), without noise. */
START_TEST(test_regression)
{
    static const vae_model_spec spec = { .name = "regression",
                                         .conditions = { { .name = "digit", .kind = VAE_CLASS } },
                                         .encoder = NULL,
                                         .decoder = "dense 7 tanh",
                                         .objective = "none" };
    vae_model *model = model_of(&spec, digits);
    vae_evaluation found;
    vae_examples each;
    const vae_evaluation_options options = { .split = VAE_TRAIN, .samples = 4, .prior_samples = 11, .threads = 1 };
    ck_assert_status_ok(vae_evaluate_examples(model, digits, &options, &found, &each));
    ck_assert_double_eq_tol(found.nll, -found.elbo, 1e-4);
    ck_assert_double_eq_tol(found.prior_nll, -found.elbo, 1e-4);
    ck_assert_double_ge(found.effective_fraction_least, 1 - 1e-9);
    ck_assert_int_eq(found.latent_size, 0);
    ck_assert_status_ok(vae_evaluation_save(model, &found, &each, path));
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    ck_assert_int_gt(H5Lexists(file, "prior_nll", H5P_DEFAULT), 0);
    ck_assert_int_eq(H5Lexists(file, "dimensions", H5P_DEFAULT), 0);
    H5Fclose(file);
    vae_examples_free(&each);
    vae_model_free(&model);
}
END_TEST

/* ---- A part of x is given ---------------------------------------------------------------------------------------- */

/* Where q(z | x) is the prior, N(3, e⁻¹) in each dimension, both ways draw the same weights, of the three quadrants
 * that are hidden; bits are per hidden value. */
START_TEST(test_quadrants)
{
    static const vae_model_spec spec = { .name = "quadrants",
                                         .conditions = { { .name = "part", .of_x = "quadrants 1" } },
                                         .latents = { { .size = 3 } },
                                         .encoder = "dense 5 tanh",
                                         .decoder = "",
                                         .prior = "gaussian" };
    vae_model *model = model_of(&spec, digits);
    vae_evaluation found;
    const vae_evaluation_options options = { .split = VAE_TRAIN, .samples = 3000, .prior_samples = 3000, .threads = 1 };
    all_to_zero(model);
    for (int i = 0; i < 3 * PIXELS; i++)
        values_of(model, "decoder/logits/weight")[i] = (float)(0.05 * sin(i));
    for (int j = 0; j < 3; j++) {
        values_of(model, "encoder/mean/bias")[j] = values_of(model, "prior/mean/bias")[j] = 3;
        values_of(model, "encoder/logvar/bias")[j] = values_of(model, "prior/logvar/bias")[j] = -1;
    }
    ck_assert_status_ok(vae_evaluate(model, digits, &options, &found));
    ck_assert_double_eq(found.observed, PIXELS - PIXELS / 4);
    ck_assert_double_eq_tol(found.kl, 0, 1e-5);
    ck_assert_double_eq_tol(found.nll, found.prior_nll, 0.02);
    ck_assert_double_ne(found.nll, found.prior_nll);
    ck_assert_double_eq_tol(found.prior_nll_bits, found.prior_nll / (0.75 * PIXELS * log(2)), 1e-9);
    vae_model_free(&model);
}
END_TEST

/* The parts of each dimension in the kl from a prior that is learned add up to it. */
START_TEST(test_learned_prior)
{
    static const vae_model_spec spec = { .name = "learned",
                                         .conditions = { { .name = "digit", .kind = VAE_CLASS } },
                                         .latents = { { .size = 4 } },
                                         .encoder = "dense 5 tanh",
                                         .decoder = "dense 5 tanh",
                                         .prior = "gaussian",
                                         .prior_layers = "dense 6 tanh" };
    vae_model *model = model_of(&spec, digits);
    vae_evaluation found;
    vae_examples each;
    const vae_evaluation_options options = { .split = VAE_TRAIN, .threads = 1 };
    ck_assert_status_ok(vae_evaluate_examples(model, digits, &options, &found, &each));
    double total = 0;
    for (int j = 0; j < 4; j++)
        total += each.kl_dimensions[j];
    ck_assert_double_gt(found.kl, 0);
    ck_assert_double_eq_tol(total, found.kl, 1e-5 * found.kl);
    vae_examples_free(&each);
    vae_model_free(&model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("estimates");
    suite_case_between(suite, "estimates", 120, begin, end,
                       (const TTest *const[]){ test_hierarchy, test_hierarchy_dimensions, test_regression,
                                               test_quadrants, test_learned_prior, NULL });
    return suite_run(suite);
}
