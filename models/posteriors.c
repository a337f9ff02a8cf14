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

/* ---- table: the mean and log-variance of every training row are parameters (variational EM: Jordan et al. 1999, "An
 * introduction to variational methods for graphical models", section 6.1) -------------------------------------------
 */

static vae_posterior_nodes table_heads(const vae_network *encoder, const double *arguments, vae_node *row, int64_t size)
{
    const int64_t shape[] = { (int64_t)arguments[0], size };
    vae_node *mean = vae_parameter(encoder->graph, "posterior/mean", VAE_ZEROS, 2, shape);
    vae_node *logvar = vae_parameter(encoder->graph, "posterior/logvar", VAE_ZEROS, 2, shape);
    return (vae_posterior_nodes){ .mean = vae_gather(mean, row), .logvar = vae_gather(logvar, row) };
}

static const vae_posterior rows[] = {
    { .word = { .name = "gaussian", .summary = "N(mean, diag exp(logvar)), both from the encoder" },
      .heads = gaussian_heads,
      .sample = gaussian_sample,
      .log = gaussian_log },
    { .word = { .name = "table",
                .summary = "N(mean, diag exp(logvar)) of each training row, learned one by one, without an encoder",
                .arguments = { { .name = "ROWS",
                                 .kind = VAE_BARE_COUNT,
                                 .optional = true,
                                 .usual = 0,
                                 .low = 0,
                                 .high = 1e8 } } },
      .heads = table_heads,
      .sample = gaussian_sample,
      .log = gaussian_log,
      .per_example = true },
};

const vae__word_table vae__posteriors = { "posterior", rows, sizeof *rows, sizeof rows / sizeof *rows, NULL, 0, NULL };
