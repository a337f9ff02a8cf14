/*
 * A catalogue that brings a row to every table, for the tests of catalogues: ops, a layer, a likelihood, a posterior,
 * priors, an objective, and models of them.
 */
#ifndef VAE_TESTS_BROUGHT_H
#define VAE_TESTS_BROUGHT_H

#include <vae/catalogue.h>

#include "tests/models/fields.h"

/* ---- Ops --------------------------------------------------------------------------------------------------------- */

/* x · sigmoid(x) */
static void swish_forward(const vae_op_row *row)
{
    for (int64_t i = 0; i < row->out_size; i++)
        row->out[i] = row->in[0][i] / (1 + exp(-row->in[0][i]));
}

static void swish_backward(const vae_op_row *row)
{
    for (int64_t i = 0; row->grad_in[0] && i < row->out_size; i++) {
        double s = 1 / (1 + exp(-row->in[0][i]));
        row->grad_in[0][i] += row->grad[i] * (s + row->out[i] * (1 - s));
    }
}

/* log(1 + x² / nu) */
static void tail_forward(const vae_op_row *row)
{
    for (int64_t i = 0; i < row->out_size; i++)
        row->out[i] = log1p(row->in[0][i] * row->in[0][i] / row->arguments[0]);
}

static void tail_backward(const vae_op_row *row)
{
    for (int64_t i = 0; row->grad_in[0] && i < row->out_size; i++) {
        double x = row->in[0][i];
        row->grad_in[0][i] += row->grad[i] * 2 * x / (row->arguments[0] + x * x);
    }
}

static void abs_forward(const vae_op_row *row)
{
    for (int64_t i = 0; i < row->out_size; i++)
        row->out[i] = fabs(row->in[0][i]);
}

static void abs_backward(const vae_op_row *row)
{
    for (int64_t i = 0; row->grad_in[0] && i < row->out_size; i++)
        row->grad_in[0][i] += row->in[0][i] < 0 ? -row->grad[i] : row->grad[i];
}

/* From N(0, 1) to Laplace(0, 1), quantile by quantile. */
static void quantile_forward(const vae_op_row *row)
{
    for (int64_t i = 0; i < row->out_size; i++)
        row->out[i] = copysign(-log(erfc(fabs(row->in[0][i]) / sqrt(2))), row->in[0][i]);
}

static const vae_op ops[] = {
    { .name = "swish", .inputs = 1, .forward = swish_forward, .backward = swish_backward },
    { .name = "tail", .inputs = 1, .forward = tail_forward, .backward = tail_backward },
    { .name = "abs", .inputs = 1, .forward = abs_forward, .backward = abs_backward },
    { .name = "quantile", .inputs = 1, .forward = quantile_forward },
};
enum { SWISH, TAIL, ABS, QUANTILE, OPS };

/* ---- Rows of the tables ------------------------------------------------------------------------------------------ */

static vae_node *number(vae_graph *graph, double value)
{
    return vae_constant(graph, 1, (int64_t[]){ 1 }, &value);
}

/* x + f(x · weight + bias) */
static vae_node *residual(const vae_network *network, const double *arguments, vae_node *x, const char *name)
{
    vae_node *h = vae_network_dense(network, x, vae_node_size(x), name);
    return vae_add(x, vae_activate(network, arguments[0], h));
}

static const vae_layer layers[] = {
    { .word = { .name = "skip",
                .summary = "x + f(dense x)",
                .arguments = { { .name = "ACTIVATION", .kind = VAE_ACTIVATION } } },
      .build = residual },
};

static vae_heads student_heads(const vae_network *decoder, const double *arguments, vae_node *h, int64_t size)
{
    (void)arguments;
    return (vae_heads){ { vae_network_head(decoder, h, size, "mean"), vae_network_head(decoder, h, size, "logscale"),
                          number(vae_network_graph(decoder), 1) } };
}

/* Σ mask · (c − logscale − (nu + 1) / 2 · log(1 + ((x − mean) / exp(logscale))² / nu)) */
static vae_node *student_log(const double *arguments, vae_node *x, const vae_heads *heads, vae_node *mask)
{
    double nu = arguments[0], constant = lgamma((nu + 1) / 2) - lgamma(nu / 2) - log(nu * M_PI) / 2;
    vae_node *away = vae_mul(vae_sub(x, heads->nodes[0]), vae_exp(vae_negate(heads->nodes[1])));
    vae_node *tail = vae_scale(vae_apply(&ops[TAIL], &away, (double[VAE_MAX_OP_ARGUMENTS]){ nu }), -(nu + 1) / 2);
    vae_node *each = vae_add(vae_sub(tail, heads->nodes[1]), vae_scale(heads->nodes[2], constant));
    return vae_sum(mask ? vae_mul(each, mask) : each, 0);
}

static vae_node *student_mean(const double *arguments, const vae_heads *heads)
{
    (void)arguments;
    return heads->nodes[0];
}

static const vae_likelihood likelihoods[] = {
    { .word = { .name = "student-t",
                .summary = "Student's t",
                .arguments = { { .name = "nu",
                                 .kind = VAE_KEY_NUMBER,
                                 .optional = true,
                                 .usual = 4,
                                 .low = 1,
                                 .high = 1e6 } } },
      .transform = "standardize",
      .density = true,
      .heads = student_heads,
      .log = student_log,
      .mean = student_mean },
};

/* log-variances within ±3 */
static vae_posterior_nodes tame_heads(const vae_network *encoder, const double *arguments, vae_node *h, int64_t size)
{
    (void)arguments;
    return (vae_posterior_nodes){ vae_network_head(encoder, h, size, "mean"),
                                  vae_scale(vae_tanh(vae_network_head(encoder, h, size, "logvar")), 3) };
}

static vae_node *tame_sample(const double *arguments, const vae_posterior_nodes *q, vae_node *noise)
{
    (void)arguments;
    return vae_gaussian_sample(q->mean, q->logvar, noise);
}

static vae_node *tame_log(const double *arguments, const vae_posterior_nodes *q, vae_node *z)
{
    (void)arguments;
    return vae_loglik_gaussian(z, q->mean, q->logvar, NULL);
}

static const vae_posterior posteriors[] = {
    { .word = { .name = "tame", .summary = "a Gaussian" },
      .heads = tame_heads,
      .sample = tame_sample,
      .log = tame_log },
};

static vae_node *laplace_log(const vae_network *prior, const double *arguments, vae_node *z)
{
    vae_node *size = vae_scale(vae_apply(&ops[ABS], &z, NULL), -1 / arguments[0]);
    return vae_sum(vae_sub(size, number(vae_network_graph(prior), log(2 * arguments[0]))), 0);
}

static vae_node *laplace_sample(const vae_network *prior, const double *arguments, vae_node *noise)
{
    (void)prior;
    return vae_scale(vae_apply(&ops[QUANTILE], &noise, NULL), arguments[0]);
}

/* N(mean, exp(logvar)), both of the conditions alone. */
static vae_node *given_kl(const vae_network *prior, const double *arguments, const vae_posterior_nodes *q)
{
    int64_t size = vae_node_size(q->mean);
    (void)arguments;
    return vae_kl_gaussian(q->mean, q->logvar, vae_network_head(prior, NULL, size, "mean"),
                           vae_network_head(prior, NULL, size, "logvar"));
}

static vae_node *given_log(const vae_network *prior, const double *arguments, vae_node *z)
{
    int64_t size = vae_node_size(z);
    (void)arguments;
    return vae_loglik_gaussian(z, vae_network_head(prior, NULL, size, "mean"),
                               vae_network_head(prior, NULL, size, "logvar"), NULL);
}

static vae_node *given_sample(const vae_network *prior, const double *arguments, vae_node *noise)
{
    int64_t size = vae_node_size(noise);
    (void)arguments;
    return vae_gaussian_sample(vae_network_head(prior, NULL, size, "mean"),
                               vae_network_head(prior, NULL, size, "logvar"), noise);
}

static const vae_prior priors[] = {
    { .word = { .name = "laplace",
                .summary = "Laplace(0, b) in each dimension",
                .arguments = { { .name = "b",
                                 .kind = VAE_KEY_NUMBER,
                                 .optional = true,
                                 .usual = 1,
                                 .low = 0.01,
                                 .high = 100 } } },
      .log = laplace_log,
      .sample = laplace_sample },
    { .word = { .name = "given", .summary = "a Gaussian for each setting of the conditions" },
      .kl = given_kl,
      .log = given_log,
      .sample = given_sample },
};

static vae_node *weighted(const double *arguments, const vae_terms *terms)
{
    return vae_sub(terms->reconstruction, vae_scale(terms->kl, arguments[0]));
}

static const vae_objective objectives[] = {
    { .word = { .name = "weighted",
                .summary = "the bound with its KL times beta",
                .arguments = { { .name = "beta", .kind = VAE_KEY_NUMBER, .low = 0, .high = 1e6 } } },
      .build = weighted },
};

static const vae_model_spec models[] = {
    { .name = "mine",
      .summary = "everything brought",
      .x = { .likelihood = "student-t nu=5" },
      .conditions = { { RUN } },
      .latents = { { .size = 2 } },
      .encoder = "dense 5 swish, skip tanh",
      .decoder = "dense 5 swish",
      .posterior = "tame",
      .prior = "laplace b=0.5",
      .objective = "weighted beta=2" },
    { .name = "conditional-prior",
      .x = { .likelihood = "student-t" },
      .conditions = { { ENERGY }, { RUN } },
      .latents = { { .size = 2 } },
      .encoder = "dense 5 swish",
      .decoder = "skip softplus",
      .prior = "given" },
};
enum { MODELS = 2 };

static const vae_catalogue mine = {
    .models = models,
    .model_count = MODELS,
    .layers = layers,
    .layer_count = 1,
    .likelihoods = likelihoods,
    .likelihood_count = 1,
    .posteriors = posteriors,
    .posterior_count = 1,
    .priors = priors,
    .prior_count = 2,
    .objectives = objectives,
    .objective_count = 1,
    .ops = ops,
    .op_count = OPS,
};

#endif
