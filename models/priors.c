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

static const vae_prior rows[] = {
    { .word = { .name = "standard-normal", .summary = "N(0, 1) in each dimension" },
      .kl = standard_normal_kl,
      .log = standard_normal_log,
      .kl_dimensions = standard_normal_kl_dimensions },
};

const vae__word_table vae__priors = { "prior", rows, sizeof *rows, sizeof rows / sizeof *rows, NULL, 0, NULL };
