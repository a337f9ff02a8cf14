/* Likelihoods: p(x | z), from the decoder's last hidden values. */
#include <math.h>
#include <stdio.h>

#include "models/parts.h"

/* ---- How wide --------------------------------------------------------------------------------------------------- */

/* What stands in the place of a width's number, and is read as 0, -1, -2. */
static const char *const widths[] = { "network", "shared", "each", NULL };

#define WIDTH(name_, usual_, low_, high_)                                                                              \
    {                                                                                                                  \
        .name = (name_), .kind = VAE_KEY_NUMBER, .optional = true, .usual = (usual_), .low = (low_), .high = (high_),  \
        .names = widths                                                                                                \
    }

/* The head of a width's logarithm, times `factor`: a constant, where `width` is a number; or by the network, for each
 * value of every example; or a parameter, one, or one for each value of x: what of a head is left without weights, its
 * bias. */
static vae_node *width_head(const vae_network *decoder, double width, double factor, vae_node *h, int64_t size,
                            const char *name)
{
    char bias[160];
    if (width > 0)
        return vae_constant(decoder->graph, 1, (int64_t[]){ 1 }, (double[]){ factor * log(width) });
    if (width > -1)
        return vae_network_head(decoder, h, size, name);
    snprintf(bias, sizeof bias, "%s/%s/bias", decoder->name, name);
    const int64_t shape[] = { width > -2 ? 1 : size };
    return decoder->frozen ? vae_state(decoder->graph, bias, 1, shape)
                           : vae_parameter(decoder->graph, bias, VAE_ZEROS, 1, shape);
}

/* Noise of a head's shape, or NULL after a mistake. */
static vae_node *noise_like(vae_graph *graph, vae_noise_kind kind, const char *label, const vae_node *head)
{
    return head ? vae_noise(graph, kind, label, vae_node_rank(head), vae_node_shape(head)) : NULL;
}

/* ---- What a head's bias is where the mean of x is that of the data ------------------------------------------------ */

/* The logit of a mean from 0.001 to 0.999, as Burda, Grosse, Salakhutdinov 2015 have it in their code. */
static double logit_of(double mean)
{
    double p = fmin(fmax(mean, 0.001), 0.999);
    return log(p / (1 - p));
}

static double itself(double mean)
{
    return mean;
}

static double log_of(double mean)
{
    return log(fmax(mean, 1e-3));
}

/* ---- Bernoulli --------------------------------------------------------------------------------------------------- */

static vae_heads bernoulli_heads(const vae_network *decoder, const double *arguments, vae_node *h, int64_t size)
{
    (void)arguments;
    return (vae_heads){ { vae_network_head(decoder, h, size, "logits") } };
}

static vae_node *bernoulli_log(const double *arguments, vae_node *x, const vae_heads *heads, vae_node *mask)
{
    (void)arguments;
    return vae_loglik_bernoulli(x, heads->nodes[0], mask);
}

static vae_node *bernoulli_mean(const double *arguments, const vae_heads *heads)
{
    (void)arguments;
    return vae_sigmoid(heads->nodes[0]);
}

static vae_node *bernoulli_draw(const double *arguments, vae_graph *graph, const vae_heads *heads)
{
    vae_node *mean = bernoulli_mean(arguments, heads);
    return vae_binarize(mean, noise_like(graph, VAE_UNIFORM, "draw", mean));
}

/* ---- Gaussian ---------------------------------------------------------------------------------------------------- */

static vae_heads gaussian_heads(const vae_network *decoder, const double *arguments, vae_node *h, int64_t size)
{
    vae_node *mean = vae_network_head(decoder, h, size, "mean");
    return (vae_heads){ { mean, width_head(decoder, arguments[0], 2, h, size, "logvar") } };
}

static vae_node *gaussian_log(const double *arguments, vae_node *x, const vae_heads *heads, vae_node *mask)
{
    (void)arguments;
    return vae_loglik_gaussian(x, heads->nodes[0], heads->nodes[1], mask);
}

/* The first head is the mean. */
static vae_node *first_head(const double *arguments, const vae_heads *heads)
{
    (void)arguments;
    return heads->nodes[0];
}

static vae_node *gaussian_draw(const double *arguments, vae_graph *graph, const vae_heads *heads)
{
    vae_node *mean = heads->nodes[0], *logvar = heads->nodes[1];
    (void)arguments;
    if (!mean || !logvar)
        return NULL;
    vae_node *noise = noise_like(graph, VAE_NORMAL, "draw", mean);
    if (!vae_node_rows(logvar)) /* spread over the rows */
        logvar = vae_add(vae_scale(noise, 0), logvar);
    return vae_gaussian_sample(mean, logvar, noise);
}

/* ---- Poisson ----------------------------------------------------------------------------------------------------- */

static vae_heads poisson_heads(const vae_network *decoder, const double *arguments, vae_node *h, int64_t size)
{
    (void)arguments;
    return (vae_heads){ { vae_network_head(decoder, h, size, "log_rate") } };
}

static vae_node *poisson_log(const double *arguments, vae_node *x, const vae_heads *heads, vae_node *mask)
{
    (void)arguments;
    return vae_loglik_poisson(x, heads->nodes[0], mask);
}

static vae_node *poisson_mean(const double *arguments, const vae_heads *heads)
{
    (void)arguments;
    return vae_exp(heads->nodes[0]);
}

static vae_node *poisson_draw(const double *arguments, vae_graph *graph, const vae_heads *heads)
{
    (void)arguments;
    return vae_poisson_sample(heads->nodes[0], noise_like(graph, VAE_NORMAL, "draw", heads->nodes[0]));
}

/* ---- Laplace ----------------------------------------------------------------------------------------------------- */

static vae_heads laplace_heads(const vae_network *decoder, const double *arguments, vae_node *h, int64_t size)
{
    vae_node *mean = vae_network_head(decoder, h, size, "mean");
    return (vae_heads){ { mean, width_head(decoder, arguments[0], 1, h, size, "log_scale") } };
}

static vae_node *laplace_log(const double *arguments, vae_node *x, const vae_heads *heads, vae_node *mask)
{
    (void)arguments;
    return vae_loglik_laplace(x, heads->nodes[0], heads->nodes[1], mask);
}

static vae_node *laplace_draw(const double *arguments, vae_graph *graph, const vae_heads *heads)
{
    (void)arguments;
    return vae_laplace_sample(heads->nodes[0], heads->nodes[1],
                              noise_like(graph, VAE_UNIFORM, "draw", heads->nodes[0]));
}

/* ---- Continuous Bernoulli: heads as of Bernoulli ----------------------------------------------------------------- */

static vae_node *continuous_log(const double *arguments, vae_node *x, const vae_heads *heads, vae_node *mask)
{
    (void)arguments;
    return vae_loglik_continuous_bernoulli(x, heads->nodes[0], mask);
}

static vae_node *continuous_mean(const double *arguments, const vae_heads *heads)
{
    (void)arguments;
    return vae_continuous_bernoulli_mean(heads->nodes[0]);
}

static vae_node *continuous_draw(const double *arguments, vae_graph *graph, const vae_heads *heads)
{
    (void)arguments;
    return vae_continuous_bernoulli_sample(heads->nodes[0], noise_like(graph, VAE_UNIFORM, "draw", heads->nodes[0]));
}

/* ---- Logistic in 256 levels -------------------------------------------------------------------------------------- */

/* The network speaks of x / 255: in units of x its first values would all be those of black. */
static vae_heads logistic_heads(const vae_network *decoder, const double *arguments, vae_node *h, int64_t size)
{
    const double levels = log(255);
    vae_node *mean = vae_network_head(decoder, h, size, "mean");
    vae_node *log_scale = width_head(decoder, arguments[0], 1, h, size, "log_scale");
    vae_node *unit = vae_constant(decoder->graph, 1, (int64_t[]){ 1 }, &levels);
    return (vae_heads){ { vae_scale(mean, 255), vae_add(log_scale, unit) } };
}

static vae_node *logistic_log(const double *arguments, vae_node *x, const vae_heads *heads, vae_node *mask)
{
    (void)arguments;
    return vae_loglik_discretized_logistic(x, heads->nodes[0], heads->nodes[1], mask);
}

static vae_node *logistic_mean(const double *arguments, const vae_heads *heads)
{
    (void)arguments;
    return vae_discretized_logistic_mean(heads->nodes[0], heads->nodes[1]);
}

static vae_node *logistic_draw(const double *arguments, vae_graph *graph, const vae_heads *heads)
{
    (void)arguments;
    return vae_discretized_logistic_sample(heads->nodes[0], heads->nodes[1],
                                           noise_like(graph, VAE_UNIFORM, "draw", heads->nodes[0]));
}

/* ---- Categorical: for each value a logit for each class ---------------------------------------------------------- */

static vae_heads categorical_heads(const vae_network *decoder, const double *arguments, vae_node *h, int64_t size)
{
    return (vae_heads){ { vae_network_head(decoder, h, size * (int64_t)arguments[0], "logits") } };
}

static double highest_class(const double *arguments)
{
    return arguments[0] - 1;
}

static vae_node *categorical_log(const double *arguments, vae_node *x, const vae_heads *heads, vae_node *mask)
{
    (void)arguments;
    return vae_loglik_categorical(x, heads->nodes[0], mask);
}

static vae_node *categorical_mean(const double *arguments, const vae_heads *heads)
{
    return vae_categorical_mean(heads->nodes[0], (int64_t)arguments[0]);
}

static vae_node *categorical_draw(const double *arguments, vae_graph *graph, const vae_heads *heads)
{
    const vae_node *mean = categorical_mean(arguments, heads);
    return vae_categorical_sample(heads->nodes[0], noise_like(graph, VAE_UNIFORM, "draw", mean));
}

/* ---- Negative binomial ------------------------------------------------------------------------------------------- */

static vae_heads negative_binomial_heads(const vae_network *decoder, const double *arguments, vae_node *h, int64_t size)
{
    vae_node *log_mean = vae_network_head(decoder, h, size, "log_mean");
    return (vae_heads){ { log_mean, width_head(decoder, arguments[0], 1, h, size, "log_dispersion") } };
}

static vae_node *negative_binomial_log(const double *arguments, vae_node *x, const vae_heads *heads, vae_node *mask)
{
    (void)arguments;
    return vae_loglik_negative_binomial(x, heads->nodes[0], heads->nodes[1], mask);
}

static vae_node *negative_binomial_draw(const double *arguments, vae_graph *graph, const vae_heads *heads)
{
    (void)arguments;
    return vae_negative_binomial_sample(heads->nodes[0], heads->nodes[1],
                                        noise_like(graph, VAE_NORMAL, "draw", heads->nodes[0]),
                                        noise_like(graph, VAE_NORMAL, "draw of the rate", heads->nodes[0]));
}

/* ---- The table --------------------------------------------------------------------------------------------------- */

static const vae_likelihood rows[] = {
    { .word = { .name = "bernoulli", .summary = "values in [0, 1], each by its logit" },
      .transform = "unit, binarize",
      .low = 0,
      .high = 1,
      .heads = bernoulli_heads,
      .log = bernoulli_log,
      .mean = bernoulli_mean,
      .draw = bernoulli_draw,
      .bias_head = "logits",
      .bias_of = logit_of },
    { .word = { .name = "gaussian",
                .summary = "real values; sigma by the network for each, or learned, or fixed",
                .arguments = { WIDTH("sigma", 0, 1e-6, 22026 /* exp(10): its log-variance is not clipped */) } },
      .transform = "unit",
      .density = true,
      .heads = gaussian_heads,
      .log = gaussian_log,
      .mean = first_head,
      .draw = gaussian_draw,
      .bias_head = "mean",
      .bias_of = itself },
    { .word = { .name = "poisson", .summary = "counts, each by the logarithm of its rate" },
      .transform = "raw",
      .encoder_transform = "log1p", /* counts as they are would drive the first rates out of all bounds */
      .low = 0,
      .high = INFINITY,
      .whole = true,
      .heads = poisson_heads,
      .log = poisson_log,
      .mean = poisson_mean,
      .draw = poisson_draw,
      .bias_head = "log_rate",
      .bias_of = log_of },
    { .word = { .name = "laplace",
                .summary = "real values, far ones less unlikely; scale by the network for each, or learned, or fixed",
                .arguments = { WIDTH("scale", 0, 1e-6, 22026 /* exp(10) */) } },
      .transform = "unit",
      .density = true,
      .heads = laplace_heads,
      .log = laplace_log,
      .mean = first_head,
      .draw = laplace_draw,
      .bias_head = "mean",
      .bias_of = itself },
    { .word = { .name = "continuous-bernoulli", .summary = "real values in [0, 1], each by its logit" },
      .transform = "unit",
      .low = 0,
      .high = 1,
      .density = true,
      .heads = bernoulli_heads,
      .log = continuous_log,
      .mean = continuous_mean,
      .draw = continuous_draw },
    { .word = { .name = "discretized-logistic",
                .summary = "whole numbers from 0 to 255; scale, of 1 for all of them, as laplace has it",
                .arguments = { WIDTH("scale", 0, 1e-6, 1000) } },
      .transform = "raw",
      .encoder_transform = "scale=0.00392156862745098", /* 1 / 255, however they are stored */
      .low = 0,
      .high = 255,
      .whole = true,
      .heads = logistic_heads,
      .log = logistic_log,
      .mean = logistic_mean,
      .draw = logistic_draw },
    { .word = { .name = "categorical",
                .summary = "class numbers from 0, of so many classes, each by its logit",
                .arguments = { { .name = "CLASSES", .kind = VAE_BARE_COUNT, .low = 2, .high = 65536 } } },
      .transform = "raw",
      .encoder_transform = "standardize",
      .highest = highest_class,
      .whole = true,
      .heads = categorical_heads,
      .log = categorical_log,
      .mean = categorical_mean,
      .draw = categorical_draw },
    { .word = { .name = "negative-binomial",
                .summary = "counts of variance m + dispersion m^2, m being the mean",
                .arguments = { WIDTH("dispersion", -2, 1e-6, 1e6) } },
      .transform = "raw",
      .encoder_transform = "log1p",
      .low = 0,
      .high = INFINITY,
      .whole = true,
      .heads = negative_binomial_heads,
      .log = negative_binomial_log,
      .mean = poisson_mean,
      .draw = negative_binomial_draw,
      .bias_head = "log_mean",
      .bias_of = log_of },
};

const vae__word_table vae__likelihoods = {
    "likelihood", rows, sizeof *rows, sizeof rows / sizeof *rows, NULL, 0, NULL
};
