/* What z tells of factors: the estimate beside closed cases and a plain double sum, a model whose mutual information
 * gap is known, which rows and samples there are, and what is refused. Files are made by the test. */
#include <math.h>
#include <vae/factors.h>
#include <vae/ops.h>

#include "src/infer/information.h"
#include "tests/data/files.h"
#include "tests/support/models.h"

/* ---- The estimate ------------------------------------------------------------------------------------------------ */

enum { ROWS = 150, Z = 3 };

/* Latents of which the first is a class, the second nothing, the third something. */
typedef struct latents {
    float mean[ROWS * Z], logvar[ROWS * Z];
    double z[ROWS * Z];
    int32_t two[ROWS], five[ROWS];
    int64_t two_sizes[2], five_sizes[5];
    const int32_t *levels[2];
    const int64_t *sizes[2];
} latents;

/* Between 0 and 1, without a pattern. */
static double scattered(int i)
{
    const double x = sin(12.9898 * (i + 1)) * 43758.5453;
    return x - floor(x);
}

static vae__information given_of(latents *made, int threads)
{
    *made = (latents){ .levels = { made->two, made->five }, .sizes = { made->two_sizes, made->five_sizes } };
    for (int n = 0; n < ROWS; n++) {
        float *mean = made->mean + n * Z, *logvar = made->logvar + n * Z;
        made->two[n] = n % 2;
        made->five[n] = (int)(5 * scattered(n));
        made->two_sizes[made->two[n]]++;
        made->five_sizes[made->five[n]]++;
        mean[0] = n % 2 ? 10 : -10;
        logvar[0] = -10;
        mean[2] = (float)(made->five[n] + scattered(1000 + n));
        logvar[2] = (float)(-3 + 2 * scattered(2000 + n));
        for (int j = 0; j < Z; j++)
            made->z[n * Z + j] = mean[j] + exp(logvar[j] / 2) * (4 * scattered(3000 + n * Z + j) - 2);
    }
    return (vae__information){ .rows = ROWS,
                               .size = Z,
                               .mean = made->mean,
                               .logvar = made->logvar,
                               .z = made->z,
                               .factor_count = 2,
                               .levels = made->levels,
                               .sizes = made->sizes,
                               .threads = threads };
}

/* A class far apart is told wholly, log 2; what is the same for all rows tells nothing. */
START_TEST(test_closed_cases)
{
    double nats[2 * Z];
    latents made;
    const vae__information given = given_of(&made, 1);
    ck_assert_status_ok(vae__information_estimate(&given, nats));
    ck_assert_double_eq_tol(nats[0], log(2), 1e-12);
    ck_assert_double_eq_tol(nats[1], 0, 1e-12);
    ck_assert_double_eq_tol(nats[Z + 1], 0, 1e-12);
}
END_TEST

/* The formula as it stands, without a largest density set apart. */
static double plain_sum(const latents *made, const int32_t *levels, int j)
{
    double information = 0;
    for (int n = 0; n < ROWS; n++) {
        double alike = 0, all = 0, count = 0;
        for (int m = 0; m < ROWS; m++) {
            const double away = made->z[n * Z + j] - made->mean[m * Z + j], logvar = made->logvar[m * Z + j];
            const double density = exp(-away * away / exp(logvar) / 2) / sqrt(2 * acos(-1) * exp(logvar));
            all += density / ROWS;
            alike += levels[m] == levels[n] ? density : 0;
            count += levels[m] == levels[n];
        }
        information += log(alike / count / all) / ROWS;
    }
    return information;
}

START_TEST(test_plain_sum)
{
    double nats[2 * Z];
    latents made;
    const vae__information given = given_of(&made, 1);
    ck_assert_status_ok(vae__information_estimate(&given, nats));
    for (int j = 0; j < Z; j++) {
        ck_assert_double_eq_tol(nats[j], plain_sum(&made, made.two, j), 1e-9);
        ck_assert_double_eq_tol(nats[Z + j], plain_sum(&made, made.five, j), 1e-9);
    }
    ck_assert_double_gt(nats[Z + 2], 0.8);
}
END_TEST

/* Log-variances beyond what is clipped give numbers, and those that lie at the ends. */
START_TEST(test_clips)
{
    double nats[2 * Z], ends[2 * Z];
    latents made;
    const vae__information given = given_of(&made, 1);
    for (int n = 0; n < ROWS; n++) {
        made.logvar[n * Z + 2] = n % 2 ? 1000 : -1000;
        made.mean[n * Z + 2] = 1e6F;
        made.z[n * Z + 2] = 1e6 + exp(n % 2 ? 10 : -15) * (4 * scattered(n) - 2);
    }
    ck_assert_status_ok(vae__information_estimate(&given, nats));
    for (int n = 0; n < ROWS; n++)
        made.logvar[n * Z + 2] = n % 2 ? 20 : -30;
    ck_assert_status_ok(vae__information_estimate(&given, ends));
    ck_assert(isfinite(nats[2]) && isfinite(nats[Z + 2]));
    ck_assert_mem_eq(nats, ends, sizeof nats);
}
END_TEST

START_TEST(test_threads_change_nothing)
{
    double one[2 * Z], many[2 * Z];
    latents made;
    vae__information given = given_of(&made, 1);
    ck_assert_status_ok(vae__information_estimate(&given, one));
    for (given.threads = 2; given.threads < 9; given.threads++) {
        ck_assert_status_ok(vae__information_estimate(&given, many));
        ck_assert_mem_eq(one, many, sizeof one);
    }
}
END_TEST

static int stop_at_two(void *context, int64_t done, int64_t all)
{
    ck_assert_int_eq(all, Z);
    ++*(int *)context;
    return done == 2;
}

START_TEST(test_stops)
{
    double nats[2 * Z];
    int asked = 0;
    latents made;
    vae__information given = given_of(&made, 1);
    given.progress = stop_at_two;
    given.context = &asked;
    ck_assert_status(vae__information_estimate(&given, nats), VAE_STOPPED, "stopped after 2 of 3 dimensions");
    ck_assert_int_eq(asked, 2);
}
END_TEST

/* ---- A model that is known --------------------------------------------------------------------------------------- */

enum { EXAMPLES = 64, X = 2 };
static vae_data *data;
static vae_model *model;

/* x is a and b, each −1 or 1; z is ten times a, ten times b, and nothing. `same` is one class for all. */
static void begin(void)
{
    float x[EXAMPLES * X];
    int64_t a[EXAMPLES], b[EXAMPLES], same[EXAMPLES] = { 0 };
    folder_make();
    for (int i = 0; i < EXAMPLES; i++) {
        a[i] = i % 2;
        b[i] = 7 * (i / 2 % 2);
        x[X * i] = a[i] ? 1 : -1;
        x[X * i + 1] = b[i] ? 1 : -1;
    }
    put_npy("x.npy", "<f4", "64, 2", x, sizeof x);
    put_npy("a.npy", "<i8", "64,", a, sizeof a);
    put_npy("b.npy", "<i8", "64,", b, sizeof b);
    put_npy("same.npy", "<i8", "64,", same, sizeof same);
    char paths[4][384];
    snprintf(paths[0], sizeof paths[0], "%s", path_of("a.npy"));
    snprintf(paths[1], sizeof paths[1], "%s", path_of("b.npy"));
    snprintf(paths[2], sizeof paths[2], "%s", path_of("same.npy"));
    snprintf(paths[3], sizeof paths[3], "%s", path_of("a.npy"));
    const vae_field_source fields[] = { { .name = "a", .kind = VAE_CLASS, .path = paths[0] },
                                        { .name = "b", .kind = VAE_CLASS, .path = paths[1] },
                                        { .name = "same", .kind = VAE_CLASS, .path = paths[2] },
                                        { .name = "number", .kind = VAE_VALUES, .path = paths[3] } };
    data = open_data("x.npy", &(vae_data_options){ .conditions = fields, .condition_count = 4 });
    const vae_model_spec spec = { .name = "known",
                                  .x = { .shape = { X }, .likelihood = "gaussian sigma=1" },
                                  .latents = { { .size = Z } },
                                  .encoder = "",
                                  .decoder = "" };
    model = model_of(&spec, data);
    all_to_zero(model);
    float *weight = values_of(model, "encoder/mean/weight"), *bias = values_of(model, "encoder/logvar/bias");
    weight[0] = weight[Z + 1] = 10;
    bias[0] = bias[1] = -10;
}

static void end(void)
{
    vae_model_free(&model);
    vae_data_free(&data);
    folder_remove();
}

START_TEST(test_known_gap)
{
    const vae_factors_options options = { .split = VAE_ALL, .threads = 1 };
    vae_factors found;
    ck_assert_status_ok(vae_factors_measure(model, data, &options, &found));
    ck_assert(found.count == 2 && found.rows == EXAMPLES && found.latent_size == Z); /* without `same` */
    ck_assert_double_eq_tol(found.mig, 1, 1e-6);
    for (int k = 0; k < 2; k++) {
        const vae_factor *factor = &found.factors[k];
        ck_assert_str_eq(factor->name, k ? "b" : "a");
        ck_assert(factor->levels == 2 && factor->first == k && factor->second >= 0 && factor->second != k);
        ck_assert_double_eq_tol(factor->entropy, log(2), 1e-12);
        ck_assert_double_eq_tol(factor->information, log(2), 1e-6);
        ck_assert_double_eq_tol(factor->second_information, 0, 0.05);
        ck_assert_double_eq_tol(factor->gap, (factor->information - factor->second_information) / log(2), 1e-12);
        for (int j = 0; j < Z; j++)
            ck_assert_double_le(found.informations[k * Z + j], factor->information);
        ck_assert_double_eq_tol(found.informations[k * Z + 2], 0, 1e-6);
    }
    vae_factors_free(&found);
    ck_assert_ptr_null(found.factors);
}
END_TEST

/* Two dimensions that tell the same leave no gap; with one alone the second is none. */
START_TEST(test_no_gap)
{
    const char *const names[] = { "a" };
    const vae_factors_options options = { .split = VAE_ALL, .names = names, .name_count = 1, .threads = 1 };
    float *weight = values_of(model, "encoder/mean/weight"), *bias = values_of(model, "encoder/logvar/bias");
    vae_factors found;
    weight[Z + 1] = 0;
    weight[2] = -10;
    bias[2] = -10;
    ck_assert_status_ok(vae_factors_measure(model, data, &options, &found));
    ck_assert_double_eq_tol(found.mig, 0, 1e-6);
    ck_assert(found.count == 1 && found.factors[0].first + found.factors[0].second == 2);
    vae_factors_free(&found);
}
END_TEST

/* The dimension that tells most comes last, and the one after that first. */
START_TEST(test_order)
{
    const char *const names[] = { "a" };
    const vae_factors_options options = { .split = VAE_ALL, .names = names, .name_count = 1, .threads = 1 };
    float *weight = values_of(model, "encoder/mean/weight"), *bias = values_of(model, "encoder/logvar/bias");
    vae_factors found;
    weight[0] = 1;
    weight[2] = 10;
    bias[0] = 0;
    bias[2] = -10;
    ck_assert_status_ok(vae_factors_measure(model, data, &options, &found));
    ck_assert(found.factors[0].first == 2 && found.factors[0].second == 0);
    ck_assert_double_eq_tol(found.factors[0].information, log(2), 1e-6);
    ck_assert_double_eq(found.factors[0].second_information, found.informations[0]);
    ck_assert(found.informations[0] > 0.2 && found.informations[0] < 0.6);
    vae_factors_free(&found);
}
END_TEST

START_TEST(test_one_dimension)
{
    const char *const names[] = { "b" };
    const vae_factors_options options = { .split = VAE_ALL, .names = names, .name_count = 1, .threads = 1 };
    const vae_model_spec spec = { .name = "one",
                                  .x = { .shape = { X }, .likelihood = "gaussian sigma=1" },
                                  .latents = { { .size = 1 } },
                                  .encoder = "",
                                  .decoder = "" };
    vae_model *one = model_of(&spec, data);
    vae_factors found;
    all_to_zero(one);
    values_of(one, "encoder/mean/weight")[1] = 10;
    values_of(one, "encoder/logvar/bias")[0] = -10;
    ck_assert_status_ok(vae_factors_measure(one, data, &options, &found));
    ck_assert_double_eq_tol(found.mig, 1, 1e-6);
    ck_assert(found.factors[0].first == 0 && found.factors[0].second == -1);
    vae_factors_free(&found);
    vae_model_free(&one);
}
END_TEST

/* ---- Rows and samples -------------------------------------------------------------------------------------------- */

/* z of the third dimension is noise of N(0, 1): as much of it belongs to a row, whichever other rows are drawn. */
START_TEST(test_rows_and_noise)
{
    vae_factors all, some, other;
    ck_assert_status_ok(vae_factors_measure(model, data, &(vae_factors_options){ .split = VAE_ALL, .seed = 5 }, &all));
    ck_assert_status_ok(
        vae_factors_measure(model, data, &(vae_factors_options){ .split = VAE_ALL, .seed = 5, .rows = 20 }, &some));
    ck_assert_status_ok(
        vae_factors_measure(model, data, &(vae_factors_options){ .split = VAE_ALL, .seed = 6, .rows = 20 }, &other));
    double sum = 0, squares = 0;
    for (int i = 0; i < EXAMPLES; i++) {
        ck_assert_int_eq(all.row[i], i);
        ck_assert_double_eq_tol(all.z[Z * i], i % 2 ? 10 : -10, 5 * exp(-5));
        sum += all.z[Z * i + 2];
        squares += all.z[Z * i + 2] * all.z[Z * i + 2];
    }
    ck_assert_double_eq_tol(sum / EXAMPLES, 0, 0.5);
    ck_assert_double_eq_tol(squares / EXAMPLES, 1, 0.7);
    ck_assert(some.rows == 20 && memcmp(some.row, other.row, 20 * sizeof *some.row) != 0);
    for (int i = 0; i < 20; i++) {
        ck_assert(!i || some.row[i] > some.row[i - 1]);
        ck_assert_double_eq(some.z[Z * i + 2], all.z[Z * some.row[i] + 2]);
        ck_assert_double_ne(other.z[Z * i + 2], all.z[Z * other.row[i] + 2]);
    }
    vae_factors_free(&all);
    vae_factors_free(&some);
    vae_factors_free(&other);
}
END_TEST

/* ---- What is refused --------------------------------------------------------------------------------------------- */

static void assert_refuses(const vae_model *asked, const char *name, vae_code code, const char *words)
{
    vae_factors found;
    const vae_factors_options options = { .split = VAE_ALL, .names = name ? &name : NULL, .name_count = 1 };
    ck_assert_status(vae_factors_measure(asked, data, &options, &found), code, words);
    ck_assert(!found.row && !found.z && !found.factors && !found.informations);
}

START_TEST(test_refuses)
{
    const vae_factors_options options = { .split = VAE_ALL, .rows = -1 };
    vae_factors found;
    assert_refuses(model, "hue", VAE_ERROR_ARGUMENT,
                   "expected a field of classes, found \"hue\"; there are a, b, same");
    assert_refuses(model, "number", VAE_ERROR_ARGUMENT, "expected a field of classes, found \"number\"");
    assert_refuses(model, "same", VAE_ERROR_DATA, "same: expected two levels or more among 64 rows, found one");
    assert_refuses(NULL, "a", VAE_ERROR_ARGUMENT, "expected a model, data and options, found NULL");
    ck_assert_status(vae_factors_measure(model, data, &options, &found), VAE_ERROR_ARGUMENT, "0 to 1000000 rows");
    ck_assert_status(vae_factors_measure(model, data, &(vae_factors_options){ .split = VAE_TEST }, &found),
                     VAE_ERROR_DATA, "test");
    ck_assert_status(vae_factors_measure(model, data, &options, NULL), VAE_ERROR_ARGUMENT, "a place for the factors");
    values_of(model, "encoder/mean/weight")[0] = INFINITY;
    assert_refuses(model, "a", VAE_ERROR_DATA, "known: expected a finite z of every row, found ");
}
END_TEST

/* Of q(z | x) it gives a sample and nothing else. */
static void build(vae_build *b)
{
    vae_node *z = b->x ? vae_add(vae_dense(b->encoder_x, Z, "encoder"), b->noise) : b->z;
    b->x_mean = vae_dense(z, b->x_size, "decoder");
    if (!b->x)
        return;
    b->reconstruction = vae_sum(vae_square(vae_sub(b->x, b->x_mean)), 0);
    b->kl = vae_sum(vae_square(z), 0);
}

START_TEST(test_by_hand)
{
    const vae_model_spec spec = {
        .name = "by-hand", .x = { .likelihood = "gaussian sigma=1" }, .latents = { { .size = Z } }, .build = build
    };
    vae_model *by_hand = model_of(&spec, data);
    assert_refuses(by_hand, "a", VAE_ERROR_DECLARATION, "by-hand: .build: mean: expected a node");
    vae_model_free(&by_hand);
}
END_TEST

START_TEST(test_no_factor)
{
    vae_data *bare = open_data("x.npy", NULL);
    vae_factors found;
    ck_assert_status(vae_factors_measure(model, bare, &(vae_factors_options){ .split = VAE_ALL }, &found),
                     VAE_ERROR_DATA, "expected a field of classes with two levels or more, found none");
    vae_data_free(&bare);
}
END_TEST

START_TEST(test_without_memory)
{
    long before = system_outstanding();
    vae_status status = { .code = VAE_ERROR_MEMORY };
    for (long n = 1; status.code; n++) {
        vae_factors found;
        system_fail(SYSTEM_ALLOCATE, n, 0, false);
        status = vae_factors_measure(model, data, &(vae_factors_options){ .split = VAE_ALL, .threads = 1 }, &found);
        system_reset();
        ck_assert_msg(!status.code || status.code == VAE_ERROR_MEMORY, "request %ld: %s", n, status.message);
        vae_factors_free(&found);
        ck_assert_int_eq(system_outstanding(), before);
    }
}
END_TEST

int main(void)
{
    const TTest *const estimates[] = { test_closed_cases,           test_plain_sum, test_clips,
                                       test_threads_change_nothing, test_stops,     NULL };
    const TTest *const models[] = { test_known_gap,      test_no_gap,  test_order,   test_one_dimension,
                                    test_rows_and_noise, test_refuses, test_by_hand, test_no_factor,
                                    test_without_memory, NULL };
    Suite *suite = suite_create("factors");
    suite_case(suite, "estimates", 60, estimates);
    suite_case_between(suite, "models", 60, begin, end, models);
    return suite_run(suite);
}
