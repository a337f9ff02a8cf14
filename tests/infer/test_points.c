/* Points of z: quantiles against tests/infer/quantiles.py, and paths between two points. */
#include <math.h>
#include <vae/walk.h>

#include "tests/support/suite.h"

/* ---- Quantiles --------------------------------------------------------------------------------------------------- */

static const struct {
    double p, z;
} known[] = {
    { 1e-300, -37.0470962993612 },      { 1e-100, -21.273453560965322 },    { 1e-30, -11.464024688443615 },
    { 1e-12, -7.034483825301132 },      { 1e-06, -4.753424308822899 },      { 0.001, -3.0902323061678136 },
    { 0.01, -2.326347874040841 },       { 0.025, -1.9599639845400545 },     { 0.07, -1.4757910281791706 },
    { 0.0749999, -1.4395321773759007 }, { 0.0750001, -1.4395307645017297 }, { 0.1, -1.2815515655446006 },
    { 0.25, -0.6744897501960818 },      { 0.4, -0.25334710313579983 },      { 0.499, -0.002506630899571836 },
    { 0.5, -6.957291061679418e-17 },
};
enum { KNOWN = sizeof known / sizeof *known };

START_TEST(test_quantile_is_known)
{
    double z = vae_normal_quantile(known[_i].p);
    ck_assert_msg(fabs(z - known[_i].z) <= 4e-15 * fmax(1, fabs(known[_i].z)), "%g: %.17g, not %.17g", known[_i].p, z,
                  known[_i].z);
}
END_TEST

START_TEST(test_quantile_is_odd)
{
    for (int i = 1; i < 512; i++)
        ck_assert_double_eq(vae_normal_quantile(i / 1024.0), -vae_normal_quantile(1 - i / 1024.0));
    ck_assert_double_eq(vae_normal_quantile(0.5), 0);
}
END_TEST

START_TEST(test_quantile_undoes_the_distribution)
{
    for (double z = -37; z <= 5; z += 1.0 / 64) {
        double p = erfc(-z / sqrt(2)) / 2, again = vae_normal_quantile(p);
        /* Near 1 a double tells p from the next only by 1e-16. */
        double allowed = 1e-14 * fmax(1, fabs(z)) + 3e-16 / (exp(-z * z / 2) / 2.5) * (z > 0);
        ck_assert_msg(fabs(again - z) <= allowed, "%g: found %.17g", z, again);
    }
}
END_TEST

START_TEST(test_quantile_at_its_ends)
{
    ck_assert_double_eq(vae_normal_quantile(0), -INFINITY);
    ck_assert_double_eq(vae_normal_quantile(1), INFINITY);
    ck_assert(isnan(vae_normal_quantile(-1e-9)));
    ck_assert(isnan(vae_normal_quantile(1 + 1e-9)));
    ck_assert(isnan(vae_normal_quantile(NAN)));
}
END_TEST

/* ---- Paths ------------------------------------------------------------------------------------------------------- */

enum { SIZE = 3 };

static double length(const float *z)
{
    return sqrt((double)z[0] * z[0] + (double)z[1] * z[1] + (double)z[2] * z[2]);
}

static void assert_point(const float *z, double a, double b, double c)
{
    const double wanted[SIZE] = { a, b, c };
    for (int i = 0; i < SIZE; i++)
        ck_assert_double_eq_tol(z[i], wanted[i], 1e-6);
}

START_TEST(test_linear_path)
{
    const float a[SIZE] = { 1, -2, 0 }, b[SIZE] = { 3, 2, 8 };
    float z[SIZE];
    vae_path_point(VAE_PATH_LINEAR, a, b, SIZE, 0.25, z);
    assert_point(z, 1.5, -1, 2);
}
END_TEST

/* Along the arc at one speed: a third of 90 degrees is 30. */
START_TEST(test_spherical_path_keeps_the_length)
{
    const float a[SIZE] = { 2, 0, 0 }, b[SIZE] = { 0, 0, 2 };
    float z[SIZE];
    vae_path_point(VAE_PATH_SPHERICAL, a, b, SIZE, 1.0 / 3, z);
    assert_point(z, sqrt(3), 0, 1);
    for (int i = 0; i <= 16; i++) {
        vae_path_point(VAE_PATH_SPHERICAL, a, b, SIZE, i / 16.0, z);
        ck_assert_double_eq_tol(length(z), 2, 1e-6);
    }
}
END_TEST

/* Of unequal lengths the weights are the same. */
START_TEST(test_spherical_path_between_lengths)
{
    const float a[SIZE] = { 1, 0, 0 }, b[SIZE] = { 0, 3, 0 };
    float z[SIZE];
    vae_path_point(VAE_PATH_SPHERICAL, a, b, SIZE, 0.5, z);
    assert_point(z, sqrt(0.5), 3 * sqrt(0.5), 0);
}
END_TEST

/* Where there is no arc the way is straight: parallel, opposite, from 0, and to itself. */
START_TEST(test_spherical_path_without_an_arc)
{
    static const float pairs[][2][SIZE] = { { { 1, 2, 3 }, { 2, 4, 6 } },
                                            { { 1, 2, 3 }, { 1, 2, 3.0000002f } },
                                            { { 1, 2, 3 }, { -1, -2, -3 } },
                                            { { 0, 0, 0 }, { 1, 2, 3 } },
                                            { { 0, 0, 0 }, { 0, 0, 0 } } };
    for (size_t pair = 0; pair < sizeof pairs / sizeof *pairs; pair++) {
        const float *a = pairs[pair][0], *b = pairs[pair][1];
        float z[SIZE], straight[SIZE];
        vae_path_point(VAE_PATH_SPHERICAL, a, b, SIZE, 0.25, z);
        vae_path_point(VAE_PATH_LINEAR, a, b, SIZE, 0.25, straight);
        assert_point(z, straight[0], straight[1], straight[2]);
    }
}
END_TEST

START_TEST(test_paths_have_their_ends)
{
    const float a[SIZE] = { 0.1f, -2.3f, 7 }, b[SIZE] = { 3.3f, 1e-3f, -0.7f };
    for (vae_path path = VAE_PATH_LINEAR; path <= VAE_PATH_SPHERICAL; path++)
        for (int end = 0; end < 2; end++) {
            float z[SIZE];
            vae_path_point(path, a, b, SIZE, end, z);
            for (int i = 0; i < SIZE; i++)
                ck_assert_float_eq(z[i], (end ? b : a)[i]);
        }
}
END_TEST

int main(void)
{
    const TTest *const quantiles[] = { test_quantile_is_odd, test_quantile_undoes_the_distribution,
                                       test_quantile_at_its_ends, NULL };
    const TTest *const paths[] = { test_linear_path,
                                   test_spherical_path_keeps_the_length,
                                   test_spherical_path_between_lengths,
                                   test_spherical_path_without_an_arc,
                                   test_paths_have_their_ends,
                                   NULL };
    const TTest *const none[] = { NULL };
    Suite *suite = suite_create("points");
    TCase *each = suite_case_between(suite, "known quantiles", 10, NULL, NULL, none);
    tcase_add_loop_test(each, test_quantile_is_known, 0, KNOWN);
    suite_case(suite, "quantiles", 10, quantiles);
    suite_case(suite, "paths", 10, paths);
    return suite_run(suite);
}
