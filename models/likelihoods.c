/* Likelihoods: p(x | z), from the decoder's last hidden values. */
#include <math.h>

#include "models/parts.h"

static vae__heads bernoulli_heads(const vae__network *decoder, const vae__phrase *phrase, vae_node *h, int64_t size)
{
    (void)phrase;
    return (vae__heads){ { vae__network_head(decoder, h, size, "logits") } };
}

static vae_node *bernoulli_log(vae_node *x, const vae__heads *heads)
{
    return vae_loglik_bernoulli(x, heads->nodes[0], NULL);
}

static vae_node *bernoulli_mean(const vae__heads *heads)
{
    return vae_sigmoid(heads->nodes[0]);
}

static vae_node *bernoulli_draw(vae_graph *graph, const vae__heads *heads)
{
    vae_node *mean = bernoulli_mean(heads);
    if (!mean)
        return NULL;
    return vae_binarize(mean, vae_noise(graph, VAE_UNIFORM, "draw", vae_node_rank(mean), vae_node_shape(mean)));
}

/* A fixed sigma is a constant; without one the network gives a log-variance for each value. */
static vae__heads gaussian_heads(const vae__network *decoder, const vae__phrase *phrase, vae_node *h, int64_t size)
{
    double sigma = phrase->arguments[0], logvar = 2 * log(sigma);
    vae_node *mean = vae__network_head(decoder, h, size, "mean");
    return (vae__heads){ { mean, sigma > 0 ? vae_constant(decoder->graph, 1, (int64_t[]){ 1 }, &logvar)
                                           : vae__network_head(decoder, h, size, "logvar") } };
}

static vae_node *gaussian_log(vae_node *x, const vae__heads *heads)
{
    return vae_loglik_gaussian(x, heads->nodes[0], heads->nodes[1], NULL);
}

static vae_node *gaussian_mean(const vae__heads *heads)
{
    return heads->nodes[0];
}

static vae_node *gaussian_draw(vae_graph *graph, const vae__heads *heads)
{
    vae_node *mean = heads->nodes[0], *logvar = heads->nodes[1];
    if (!mean || !logvar)
        return NULL;
    vae_node *noise = vae_noise(graph, VAE_NORMAL, "draw", vae_node_rank(mean), vae_node_shape(mean));
    if (vae_node_rows(logvar))
        return vae_gaussian_sample(mean, logvar, noise);
    return vae_add(mean, vae_mul(noise, vae_exp(vae_scale(logvar, 0.5))));
}

static const vae__likelihood rows[] = {
    { .word = { .name = "bernoulli", .summary = "values in [0, 1], each by its logit" },
      .transform = "unit, binarize",
      .takes_unit = true,
      .heads = bernoulli_heads,
      .log = bernoulli_log,
      .mean = bernoulli_mean,
      .draw = bernoulli_draw },
    { .word = { .name = "gaussian",
                .summary = "real values; sigma fixed, or for each value by the network",
                .arguments = { { .name = "sigma",
                                 .kind = VAE__KEY_NUMBER,
                                 .optional = true,
                                 .usual = 0,
                                 .low = 1e-6,
                                 .high = 22026 /* exp(10): its log-variance is not clipped */ } } },
      .transform = "unit",
      .density = true,
      .heads = gaussian_heads,
      .log = gaussian_log,
      .mean = gaussian_mean,
      .draw = gaussian_draw },
};

const vae__word_table vae__likelihoods = { "likelihood", rows, sizeof *rows, sizeof rows / sizeof *rows };
