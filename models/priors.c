/* Priors p(z). */
#include "models/parts.h"

static vae_node *standard_normal_kl(const vae_network *prior, const double *arguments, const vae_posterior_nodes *q)
{
    (void)prior;
    (void)arguments;
    return vae_kl_standard_normal(q->mean, q->logvar);
}

/* ½ (exp(logvar) + mean² − 1 − logvar): what vae_kl_standard_normal is the sum of. */
static vae_node *standard_normal_kl_dimensions(const vae_network *prior, const double *arguments,
                                               const vae_posterior_nodes *q)
{
    double one = 1;
    (void)arguments;
    vae_node *logvar = vae_clip_logvar(q->logvar);
    vae_node *squares = vae_add(vae_exp(logvar), vae_square(q->mean));
    vae_node *less = vae_add(logvar, vae_constant(prior->graph, 1, (int64_t[]){ 1 }, &one));
    return vae_scale(vae_sub(squares, less), 0.5);
}

static vae_node *standard_normal_log(const vae_network *prior, const double *arguments, vae_node *z)
{
    double zero = 0;
    (void)arguments;
    vae_node *nought = vae_constant(prior->graph, 1, (int64_t[]){ 1 }, &zero);
    return vae_loglik_gaussian(z, nought, nought, NULL);
}

/* ---- gaussian: N(mean, diag exp(logvar)), both from the conditions: Sohn, Lee, Yan 2015, equation 4 --------------- */

/* The mean and the log-variance, or both of them shared by all examples where there are no conditions. */
static vae_posterior_nodes gaussian_heads(const vae_network *prior, int64_t size)
{
    return (vae_posterior_nodes){ .mean = vae_network_head(prior, NULL, size, "mean"),
                                  .logvar = vae_network_head(prior, NULL, size, "logvar") };
}

static int64_t size_of(const vae_node *z)
{
    return z ? vae_node_size(z) : 1;
}

static vae_node *gaussian_kl(const vae_network *prior, const double *arguments, const vae_posterior_nodes *q)
{
    vae_posterior_nodes p = gaussian_heads(prior, size_of(q->mean));
    (void)arguments;
    return vae_kl_gaussian(q->mean, q->logvar, p.mean, p.logvar);
}

/* ½ (logvar_p − logvar − 1 + (exp(logvar) + (mean − mean_p)²) / exp(logvar_p)): what vae_kl_gaussian is the sum of. */
static vae_node *gaussian_kl_dimensions(const vae_network *prior, const double *arguments, const vae_posterior_nodes *q)
{
    double one = 1;
    vae_posterior_nodes p = gaussian_heads(prior, size_of(q->mean));
    (void)arguments;
    vae_node *logvar = vae_clip_logvar(q->logvar), *logvar_p = vae_clip_logvar(p.logvar);
    vae_node *distance = vae_add(vae_exp(logvar), vae_square(vae_sub(q->mean, p.mean)));
    vae_node *ratio = vae_mul(distance, vae_exp(vae_negate(logvar_p)));
    vae_node *less = vae_add(vae_sub(logvar, logvar_p), vae_constant(prior->graph, 1, (int64_t[]){ 1 }, &one));
    return vae_scale(vae_sub(ratio, less), 0.5);
}

static vae_node *gaussian_log(const vae_network *prior, const double *arguments, vae_node *z)
{
    vae_posterior_nodes p = gaussian_heads(prior, size_of(z));
    (void)arguments;
    return vae_loglik_gaussian(z, p.mean, p.logvar, NULL);
}

static vae_node *gaussian_sample(const vae_network *prior, const double *arguments, vae_node *noise)
{
    vae_posterior_nodes p = gaussian_heads(prior, size_of(noise));
    (void)arguments;
    vae_node *deviation = vae_exp(vae_scale(vae_clip_logvar(p.logvar), 0.5));
    return vae_add(vae_mul(noise, deviation), p.mean);
}

static const vae_prior rows[] = {
    { .word = { .name = "standard-normal", .summary = "N(0, 1) in each dimension" },
      .kl = standard_normal_kl,
      .log = standard_normal_log,
      .kl_dimensions = standard_normal_kl_dimensions },
    { .word = { .name = "gaussian", .summary = "N(mean, diag exp(logvar)), both learned, from the conditions" },
      .kl = gaussian_kl,
      .log = gaussian_log,
      .sample = gaussian_sample,
      .kl_dimensions = gaussian_kl_dimensions },
};

const vae__word_table vae__priors = { "prior", rows, sizeof *rows, sizeof rows / sizeof *rows, NULL, 0, NULL };
