/* Posteriors q(z | x), from the encoder's last hidden values. */
#include "models/parts.h"

static vae_posterior_nodes gaussian_heads(const vae_network *encoder, const double *arguments, vae_node *h,
                                          int64_t size)
{
    (void)arguments;
    return (vae_posterior_nodes){ .mean = vae_network_head(encoder, h, size, "mean"),
                                  .logvar = vae_network_head(encoder, h, size, "logvar") };
}

static vae_node *gaussian_sample(const double *arguments, const vae_posterior_nodes *q, vae_node *noise)
{
    (void)arguments;
    return vae_gaussian_sample(q->mean, q->logvar, noise);
}

static vae_node *gaussian_log(const double *arguments, const vae_posterior_nodes *q, vae_node *z)
{
    (void)arguments;
    return vae_loglik_gaussian(z, q->mean, q->logvar, NULL);
}

static const vae_posterior rows[] = {
    { .word = { .name = "gaussian", .summary = "N(mean, diag exp(logvar)), both from the encoder" },
      .heads = gaussian_heads,
      .sample = gaussian_sample,
      .log = gaussian_log },
};

const vae__word_table vae__posteriors = { "posterior", rows, sizeof *rows, sizeof rows / sizeof *rows, NULL, 0, NULL };
