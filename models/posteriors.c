/* Posteriors q(z | x), from the encoder's last hidden values. */
#include "models/parts.h"

static vae__posterior_nodes gaussian_heads(const vae__network *encoder, vae_node *h, int64_t size)
{
    return (vae__posterior_nodes){ .mean = vae__network_head(encoder, h, size, "mean"),
                                   .logvar = vae__network_head(encoder, h, size, "logvar") };
}

static vae_node *gaussian_sample(const vae__posterior_nodes *q, vae_node *noise)
{
    return vae_gaussian_sample(q->mean, q->logvar, noise);
}

static vae_node *gaussian_log(const vae__posterior_nodes *q, vae_node *z)
{
    return vae_loglik_gaussian(z, q->mean, q->logvar, NULL);
}

static const vae__posterior rows[] = {
    { .word = { .name = "gaussian", .summary = "N(mean, diag exp(logvar)), both from the encoder" },
      .heads = gaussian_heads,
      .sample = gaussian_sample,
      .log = gaussian_log },
};

const vae__word_table vae__posteriors = { "posterior", rows, sizeof *rows, sizeof rows / sizeof *rows };
