/*
 * The whole stack on a model whose likelihood is known: a VAE without hidden layers, of fixed sigma, is probabilistic
 * principal component analysis (Tipping, Bishop 1999), log p(x) = log N(x; b, Wᵀ W + σ² 1). So bounds have a truth to
 * be below, estimates one to be near, and what is learnt one to reach. Data is drawn here, and goes through a file.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vae/infer.h>
#include <vae/train.h>

#include "models/model.h"
#include "src/data/match.h"
#include "tests/support/models.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"

enum { ROWS = 400, SIZE = 5, LATENT = 2, BATCH = 100 };
static const double SIGMA = 0.5;

static char folder[64], path[96];
static vae_data *data;
static float x[ROWS][SIZE];

/* ---- Data: x = z W + b + sigma · noise --------------------------------------------------------------------------- */

static const double true_weight[LATENT][SIZE] = { { 2.25, -1.2, 0.45, 1.35, -0.3 }, { 0.16, 0.56, -0.48, 0.32, 0.72 } };
static const double true_bias[SIZE] = { 0.5, -1, 0, 2, 0.25 };

static double uniform(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return ((double)(*state >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(uint64_t *state)
{
    double radius = sqrt(-2 * log(uniform(state)));
    return radius * cos(2 * M_PI * uniform(state));
}

static void draw_rows(void)
{
    uint64_t state = 12345;
    for (int r = 0; r < ROWS; r++) {
        double z[LATENT];
        for (int j = 0; j < LATENT; j++)
            z[j] = normal(&state);
        for (int i = 0; i < SIZE; i++) {
            double value = true_bias[i] + SIGMA * normal(&state);
            for (int j = 0; j < LATENT; j++)
                value += z[j] * true_weight[j][i];
            x[r][i] = (float)value;
        }
    }
}

/* As numpy.save writes it: a magic number, the length of a header that ends at a multiple of 64, the values. */
static void write_rows(void)
{
    char header[128];
    memset(header, ' ', sizeof header);
    memcpy(header, "\x93NUMPY\x01\x00\x76\x00", 10);
    int length =
        snprintf(header + 10, 118, "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }", ROWS, SIZE);
    header[10 + length] = ' ';
    header[127] = '\n';
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(header, 1, sizeof header, file), sizeof header);
    ck_assert_uint_eq(fwrite(x, sizeof x, 1, file), 1);
    ck_assert_int_eq(fclose(file), 0);
}

static void begin(void)
{
    strcpy(folder, "/tmp/vae-test-linear-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/x.npy", folder);
    draw_rows();
    write_rows();
    ck_assert_status_ok(vae_data_open(path, &(vae_data_options){ .threads = 1 }, &data));
}

static void end(void)
{
    vae_data_free(&data);
    remove(path);
    ck_assert_int_eq(rmdir(folder), 0);
    ck_assert_int_eq(system_outstanding(), 0);
}

static vae_model *linear(const char *objective)
{
    const vae_model_spec spec = { .name = "linear",
                                  .x = { .likelihood = "gaussian sigma=0.5", .transform = "raw" },
                                  .latents = { { .size = LATENT } },
                                  .encoder = "",
                                  .decoder = "",
                                  .objective = objective };
    return model_of(&spec, data);
}

/* ---- What is known ----------------------------------------------------------------------------------------------- */

/* A = L Lᵀ, of the lower triangle; the upper one stays. */
static void cholesky(double a[SIZE][SIZE])
{
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j <= i; j++) {
            for (int k = 0; k < j; k++)
                a[i][j] -= a[i][k] * a[j][k];
            a[i][j] = i == j ? sqrt(a[i][i]) : a[i][j] / a[j][j];
        }
}

/* Mean over the rows of log N(x; b, Wᵀ W + σ² 1), with W and b as the model has them. */
static double exact(vae_model *model)
{
    const float *weight = values_of(model, "decoder/mean/weight"), *bias = values_of(model, "decoder/mean/bias");
    double covariance[SIZE][SIZE] = { { 0 } }, total = 0;
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j++) {
            covariance[i][j] = i == j ? SIGMA * SIGMA : 0;
            for (int k = 0; k < LATENT; k++)
                covariance[i][j] += (double)weight[k * SIZE + i] * (double)weight[k * SIZE + j];
        }
    cholesky(covariance);
    for (int r = 0; r < ROWS; r++) {
        double solved[SIZE];
        total -= 0.5 * SIZE * log(2 * M_PI);
        for (int i = 0; i < SIZE; i++) {
            solved[i] = (double)x[r][i] - (double)bias[i];
            for (int k = 0; k < i; k++)
                solved[i] -= covariance[i][k] * solved[k];
            solved[i] /= covariance[i][i];
            total -= 0.5 * solved[i] * solved[i] + log(covariance[i][i]);
        }
    }
    return total / ROWS;
}

/* Eigenvalues of the rows' covariance, largest first, and the eigenvectors as rows: by Jacobi's rotations. */
static void principal(double value[SIZE], double vector[SIZE][SIZE])
{
    double mean[SIZE] = { 0 }, a[SIZE][SIZE] = { { 0 } };
    for (int r = 0; r < ROWS; r++)
        for (int i = 0; i < SIZE; i++)
            mean[i] += (double)x[r][i] / ROWS;
    for (int r = 0; r < ROWS; r++)
        for (int i = 0; i < SIZE; i++)
            for (int j = 0; j < SIZE; j++)
                a[i][j] += ((double)x[r][i] - mean[i]) * ((double)x[r][j] - mean[j]) / ROWS;
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j++)
            vector[i][j] = i == j;
    for (int sweep = 0; sweep < 30 * SIZE * SIZE; sweep++) {
        int p = sweep / SIZE % SIZE, q = sweep % SIZE;
        if (p >= q)
            continue;
        double angle = 0.5 * atan2(2 * a[p][q], a[q][q] - a[p][p]), c = cos(angle), s = sin(angle);
        for (int k = 0; k < SIZE; k++) {
            double ap = a[p][k], aq = a[q][k], vp = vector[p][k], vq = vector[q][k];
            a[p][k] = c * ap - s * aq;
            a[q][k] = s * ap + c * aq;
            vector[p][k] = c * vp - s * vq;
            vector[q][k] = s * vp + c * vq;
        }
        for (int k = 0; k < SIZE; k++) {
            double ap = a[k][p], aq = a[k][q];
            a[k][p] = c * ap - s * aq;
            a[k][q] = s * ap + c * aq;
        }
    }
    for (int i = 0; i < SIZE; i++)
        value[i] = a[i][i];
    for (int i = 0; i < SIZE; i++)
        for (int j = i + 1; j < SIZE; j++)
            if (value[j] > value[i]) {
                double kept = value[i], row[SIZE];
                memcpy(row, vector[i], sizeof row);
                value[i] = value[j];
                memcpy(vector[i], vector[j], sizeof row);
                value[j] = kept;
                memcpy(vector[j], row, sizeof row);
            }
}

/* The largest mean log p(x) that W and b may give at this sigma: Tipping and Bishop 1999, equation 8 put into 4, where
 * sigma is given. */
static double maximum(const double value[SIZE])
{
    double total = SIZE * log(2 * M_PI);
    for (int i = 0; i < SIZE; i++)
        total += i < LATENT ? log(value[i]) + 1 : log(SIGMA * SIGMA) + value[i] / (SIGMA * SIGMA);
    return -0.5 * total;
}

/* The larger principal angle between the decoder's rows and the first two eigenvectors: of an orthonormal basis Q of
 * the former, acos of the smaller singular value of Q Uᵀ. */
static double angle(vae_model *model, double vector[SIZE][SIZE])
{
    const float *weight = values_of(model, "decoder/mean/weight");
    double basis[LATENT][SIZE], m[LATENT][LATENT] = { { 0 } };
    for (int j = 0; j < LATENT; j++) {
        double square = 0, inner = 0;
        for (int i = 0; i < SIZE; i++)
            basis[j][i] = (double)weight[j * SIZE + i];
        for (int i = 0; j && i < SIZE; i++)
            inner += basis[0][i] * basis[1][i];
        for (int i = 0; i < SIZE; i++) {
            basis[j][i] -= j ? inner * basis[0][i] : 0;
            square += basis[j][i] * basis[j][i];
        }
        for (int i = 0; i < SIZE; i++)
            basis[j][i] /= sqrt(square);
    }
    for (int j = 0; j < LATENT; j++)
        for (int k = 0; k < LATENT; k++)
            for (int i = 0; i < SIZE; i++)
                m[j][k] += basis[j][i] * vector[k][i];
    double trace = m[0][0] * m[0][0] + m[0][1] * m[0][1] + m[1][0] * m[1][0] + m[1][1] * m[1][1];
    double determinant = m[0][0] * m[1][1] - m[0][1] * m[1][0];
    double least = 0.5 * (trace - sqrt(fmax(trace * trace - 4 * determinant * determinant, 0)));
    return acos(fmin(sqrt(least), 1));
}

/* ---- What is estimated ------------------------------------------------------------------------------------------- */

/* A mean over seeds, and its standard error. */
typedef struct estimate {
    double mean, error;
} estimate;

static estimate of_figures(const double *figures, int count)
{
    double mean = 0, square = 0;
    for (int i = 0; i < count; i++)
        mean += figures[i] / count;
    for (int i = 0; i < count; i++)
        square += (figures[i] - mean) * (figures[i] - mean) / (count - 1);
    return (estimate){ mean, sqrt(square / count) };
}

enum { SEEDS = 16 };

/* The importance weighted bound of so many samples, or with none the elbo; by `vae eval`. */
static estimate evaluated(const vae_model *model, int64_t samples)
{
    double figures[SEEDS];
    for (int seed = 0; seed < SEEDS; seed++) {
        vae_evaluation found;
        vae_evaluation_options options = { .split = VAE_ALL, .samples = samples, .seed = (uint64_t)seed, .threads = 1 };
        ck_assert_status_ok(vae_evaluate(model, data, &options, &found));
        figures[seed] = samples ? -found.nll : found.elbo;
    }
    return of_figures(figures, SEEDS);
}

/* The same parameters under an objective, which the training graph tells. */
static estimate maximised(vae_model *from, const char *objective)
{
    double figures[SEEDS];
    vae_model *model = linear(objective);
    ck_assert_status_ok(vae_model_start_from(model, from, NULL));
    vae__match match;
    vae__model_graph graph;
    vae_executor *executor;
    vae_binding bindings[VAE__MAX_BINDINGS];
    ck_assert_status_ok(vae__match_data(model, data, VAE_ALL, &match));
    vae__graph_request request = vae__match_request(&match, VAE__TRAINING);
    ck_assert_status_ok(vae__model_graph_new(model, &request, &graph));
    ck_assert_status_ok(
        vae_executor_new(graph.program, &(vae_executor_options){ .capacity = ROWS, .threads = 1 }, &executor));
    int count = vae__match_bind(&match, &graph, NULL, bindings);
    for (int seed = 0; seed < SEEDS; seed++) {
        vae_run run = { .examples = ROWS, .bindings = bindings, .binding_count = count, .seed = 100 + (uint64_t)seed };
        ck_assert_status_ok(vae_executor_run(executor, &run));
        figures[seed] = -(double)*(const float *)vae_executor_value(executor, graph.objective);
    }
    vae_executor_free(&executor);
    vae__model_graph_clear(&graph);
    vae_model_free(&model);
    return of_figures(figures, SEEDS);
}

/* Float32 sums of 400 rows are not better than that. */
static const double ROUNDING = 2e-5;

static void check_within(estimate found, double expected, double error, const char *what)
{
    double most = 3 * sqrt(found.error * found.error + error * error) + ROUNDING;
    ck_assert_msg(fabs(found.mean - expected) <= most, "%s: %.6f, expected %.6f within %.6f", what, found.mean,
                  expected, most);
}

/* ---- Given parameters -------------------------------------------------------------------------------------------- */

/* A decoder that is not the truth, and a posterior that is neither its own nor far off: means drawn in, deviations too
 * large, so that weights have a variance. */
static const double logvar_given[LATENT] = { -3.2, -1.4 };
static void give(vae_model *model)
{
    static const float map[SIZE][LATENT] = {
        { 0.24f, 0.1f }, { -0.13f, 0.35f }, { 0.05f, -0.3f }, { 0.145f, 0.2f }, { -0.03f, 0.45f }
    };
    float *weight = values_of(model, "decoder/mean/weight"), *bias = values_of(model, "decoder/mean/bias");
    all_to_zero(model);
    for (int i = 0; i < LATENT * SIZE; i++)
        weight[i] = (float)(true_weight[i / SIZE][i % SIZE] + 0.1 * sin(i));
    for (int i = 0; i < SIZE; i++)
        bias[i] = (float)(true_bias[i] + 0.05 * i);
    memcpy(values_of(model, "encoder/mean/weight"), map, sizeof map);
    for (int j = 0; j < LATENT; j++) {
        for (int i = 0; i < SIZE; i++)
            values_of(model, "encoder/mean/bias")[j] -= map[i][j] * bias[i];
        values_of(model, "encoder/logvar/bias")[j] = (float)logvar_given[j];
    }
}

/* E_q log p(x | z) − KL in closed form: of z ~ N(m, v), E ‖x − b − z W‖² = ‖x − b − m W‖² + v Σ W². */
static double exact_elbo(vae_model *model)
{
    const float *weight = values_of(model, "decoder/mean/weight"), *bias = values_of(model, "decoder/mean/bias");
    const float *map = values_of(model, "encoder/mean/weight"), *shift = values_of(model, "encoder/mean/bias");
    double total = 0, spread = 0;
    for (int i = 0; i < LATENT * SIZE; i++)
        spread += exp(logvar_given[i / SIZE]) * (double)weight[i] * (double)weight[i];
    for (int r = 0; r < ROWS; r++) {
        double mean[LATENT], square = spread;
        for (int j = 0; j < LATENT; j++) {
            mean[j] = (double)shift[j];
            for (int i = 0; i < SIZE; i++)
                mean[j] += (double)x[r][i] * (double)map[i * LATENT + j];
            total -= 0.5 * (exp(logvar_given[j]) + mean[j] * mean[j] - 1 - logvar_given[j]);
        }
        for (int i = 0; i < SIZE; i++) {
            double error = (double)x[r][i] - (double)bias[i];
            for (int j = 0; j < LATENT; j++)
                error -= mean[j] * (double)weight[j * SIZE + i];
            square += error * error;
        }
        total -= 0.5 * (SIZE * log(2 * M_PI * SIGMA * SIGMA) + square / (SIGMA * SIGMA));
    }
    return total / ROWS;
}

/* ELBO ≤ IWAE-K ≤ log p(x), rising with K (Burda, Grosse, Salakhutdinov 2015, theorem 1); the steps are many standard
 * errors high. */
START_TEST(test_bounds)
{
    static const int64_t samples[] = { 2, 5, 25, 125 };
    vae_model *model = linear(NULL);
    give(model);
    double truth = exact(model);
    estimate before = evaluated(model, 0);
    check_within(before, exact_elbo(model), 0, "elbo");
    for (int i = 0; i < 4; i++) {
        estimate bound = evaluated(model, samples[i]);
        ck_assert_msg(bound.mean > before.mean + 3 * (bound.error + before.error), "%d samples: %.6f, before %.6f",
                      (int)samples[i], bound.mean, before.mean);
        ck_assert_msg(bound.mean < truth + 3 * bound.error, "%d samples: %.6f, truth %.6f", (int)samples[i], bound.mean,
                      truth);
        before = bound;
    }
    vae_model_free(&model);
}
END_TEST

START_TEST(test_likelihood)
{
    vae_model *model = linear(NULL);
    give(model);
    check_within(evaluated(model, 5000), exact(model), 0, "log p(x)");
    vae_model_free(&model);
}
END_TEST

/* What training maximises is what evaluation estimates with samples of its own. */
START_TEST(test_objectives)
{
    vae_model *model = linear(NULL);
    give(model);
    double elbo = exact_elbo(model);
    check_within(maximised(model, "elbo"), elbo, 0, "elbo");
    check_within(maximised(model, "elbo samples=50"), elbo, 0, "elbo samples=50");
    check_within(maximised(model, "sampled-elbo"), elbo, 0, "sampled-elbo");
    check_within(maximised(model, "sampled-elbo samples=50"), elbo, 0, "sampled-elbo samples=50");
    check_within(maximised(model, "iwae samples=1"), elbo, 0, "iwae samples=1");
    estimate five = evaluated(model, 5), many = evaluated(model, 50);
    check_within(maximised(model, "iwae samples=5"), five.mean, five.error, "iwae samples=5");
    check_within(maximised(model, "iwae samples=50"), many.mean, many.error, "iwae samples=50");
    vae_model_free(&model);
}
END_TEST

/* ---- Learnt parameters ------------------------------------------------------------------------------------------- */

/* Trained from `from` on (NULL: from the first values). */
static vae_training *trained(const char *objective, const vae_model *from, double learning_rate, int64_t epochs)
{
    vae_model *model = linear(objective);
    vae_training *training = NULL;
    if (from)
        ck_assert_status_ok(vae_model_start_from(model, from, NULL));
    vae_training_options options = { .batch_size = BATCH, .learning_rate = learning_rate, .seed = 9 };
    ck_assert_status_ok(vae_training_new(&model, data, &options, &training));
    ck_assert_status_ok(vae_train(training, data, &(vae_train_options){ .epochs = epochs, .threads = 1 }));
    return training;
}

/* The elbo is tight at its optimum, where the decoder's rows are orthogonal and the posterior is diagonal, so that each
 * objective learns the maximum of the likelihood: within 0.005 nats an example, and 0.01 in angle. The weighted bound
 * comes there without a tight posterior, and is in no hurry to find one (Rainforth et al. 2018). */
START_TEST(test_learnt)
{
    static const struct {
        const char *objective;
        bool tight;
    } cases[] = { { "elbo samples=8", true }, { "sampled-elbo samples=8", true }, { "iwae samples=8", false } };
    const char *objective = cases[_i].objective;
    double value[SIZE], vector[SIZE][SIZE];
    vae_training *first = trained(objective, NULL, 0.02, 600);
    vae_training *second = trained(objective, vae_training_model(first), 0.002, 300);
    vae_model *model = vae_training_model(second);
    principal(value, vector);
    double most = maximum(value), found = exact(model), turned = angle(model, vector);
    estimate bound = evaluated(model, 0);
    ck_assert_msg(found <= most + 1e-9 && found > most - 0.005, "%s: log p(x) %.6f, at most %.6f", objective, found,
                  most);
    ck_assert_msg(bound.mean <= found + 3 * bound.error, "%s: elbo %.6f, log p(x) %.6f", objective, bound.mean, found);
    ck_assert_msg(!cases[_i].tight || bound.mean > found - 0.01, "%s: elbo %.6f, log p(x) %.6f", objective, bound.mean,
                  found);
    ck_assert_msg(turned < 0.01, "%s: an angle of %g", objective, turned);
    vae_training_free(&first);
    vae_training_free(&second);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("linear");
    TCase *all = suite_case_between(suite, "linear", 120, begin, end,
                                    (const TTest *const[]){ test_bounds, test_likelihood, test_objectives, NULL });
    tcase_add_loop_test(all, test_learnt, 0, 3);
    return suite_run(suite);
}
