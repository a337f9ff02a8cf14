/* Objectives: what training maximises, for each example. */
#include <math.h>

#include "graph/op.h"
#include "models/parts.h"

enum { SAMPLES_MOST = 100000 };

static vae_node *number(vae_node *beside, double value)
{
    return beside ? vae_constant(beside->graph, 1, (int64_t[]){ 1 }, &value) : NULL;
}

/* max(x, least); its gradient is 0 where x is no more than that. */
static vae_node *at_least(vae_node *x, double least)
{
    vae_node *bound = number(x, least);
    return vae_add(vae_relu(vae_sub(x, bound)), bound);
}

/* One row for each example. */
static vae_node *mean_of_samples(vae_node *x)
{
    return x && vae_node_rows(x) > 1 ? vae_mean_samples(x) : x;
}

/* beta · min(1, epoch / warm_up) · kl: the weight rises in a line with every step of the first epochs (Sønderby et al.
 * 2016, "Ladder Variational Autoencoders", section 2.3). */
static vae_node *weighed(vae_node *kl, double beta, double warm_up, const vae_terms *terms)
{
    if (!(warm_up > 0))
        return beta < 1 || beta > 1 ? vae_scale(kl, beta) : kl;
    vae_node *left = vae_relu(vae_add(vae_scale(terms->epoch, -1 / warm_up), number(terms->epoch, 1)));
    vae_node *weight = vae_scale(vae_sub(left, number(left, 1)), -beta);
    return vae_mul(weight, kl);
}

/* ---- elbo: E log p(x | z) − beta · KL(q(z | x) ‖ p(z)) ----------------------------------------------------------- */

enum { SAMPLES, BETA, WARM_UP, FREE_BITS, FREE_TOTAL };

#define SAMPLES_ARGUMENT                                                                                               \
    {                                                                                                                  \
        .name = "samples", .kind = VAE_KEY_COUNT, .optional = true, .usual = 1, .low = 1, .high = SAMPLES_MOST         \
    }
#define WEIGHT_ARGUMENTS                                                                                               \
    { .name = "beta", .kind = VAE_KEY_NUMBER, .optional = true, .usual = 1, .low = 0, .high = 1e6 },                   \
    {                                                                                                                  \
        .name = "warm-up", .kind = VAE_KEY_NUMBER, .optional = true, .usual = 0, .low = 0, .high = 1e9                 \
    }
#define FREE_ARGUMENT(what)                                                                                            \
    {                                                                                                                  \
        .name = what, .kind = VAE_KEY_NUMBER, .optional = true, .usual = 0, .low = 0, .high = 1e6                      \
    }

/* The KL with what of it is free: Σ_j max(free-bits, mean KL_j), and no less than free-total. The means are over the
 * batch, as Kingma et al. 2016 have it ("Improved Variational Inference with Inverse Autoregressive Flow", equation
 * 15), so what is free is shared by its examples. */
static vae_node *free_kl(const double *arguments, const vae_terms *terms)
{
    vae_node *kl = terms->kl;
    if (arguments[FREE_BITS] > 0)
        kl = vae_sum(at_least(vae_mean_rows(terms->kl_dimensions), arguments[FREE_BITS]), 0);
    if (arguments[FREE_TOTAL] > 0)
        kl = at_least(arguments[FREE_BITS] > 0 ? kl : vae_mean_rows(kl), arguments[FREE_TOTAL]);
    return kl;
}

/* Estimator B of Kingma, Welling 2014 (equation 7), with L samples. */
static vae_node *elbo(const double *arguments, const vae_terms *terms)
{
    vae_node *kl = weighed(free_kl(arguments, terms), arguments[BETA], arguments[WARM_UP], terms);
    return vae_sub(mean_of_samples(terms->reconstruction), kl);
}

static vae_needs elbo_needs(const double *arguments)
{
    return (vae_needs){ .samples = (int64_t)arguments[SAMPLES],
                        .kl_dimensions = arguments[FREE_BITS] > 0,
                        .epoch = arguments[WARM_UP] > 0 };
}

/* ---- sampled-elbo: estimator A of Kingma, Welling 2014 (equation 6) ---------------------------------------------- */

static vae_node *sampled_elbo(const double *arguments, const vae_terms *terms)
{
    vae_node *kl = mean_of_samples(vae_sub(terms->log_posterior, terms->log_prior));
    return vae_sub(mean_of_samples(terms->reconstruction), weighed(kl, arguments[BETA], arguments[WARM_UP], terms));
}

static vae_needs sampled_elbo_needs(const double *arguments)
{
    return (vae_needs){ .samples = (int64_t)arguments[SAMPLES], .densities = true, .epoch = arguments[WARM_UP] > 0 };
}

/* ---- iwae: log (1 / K) Σ p(x, z_k) / q(z_k | x), Burda, Grosse, Salakhutdinov 2015, equation 8 ------------------- */

static vae_node *iwae(const double *arguments, const vae_terms *terms)
{
    vae_node *log_weight = vae_sub(vae_add(terms->reconstruction, terms->log_prior), terms->log_posterior);
    vae_node *sum = vae_logsumexp_rows(log_weight);
    return vae_sub(sum, number(sum, log(arguments[SAMPLES])));
}

static vae_needs iwae_needs(const double *arguments)
{
    return (vae_needs){ .samples = (int64_t)arguments[SAMPLES], .densities = true };
}

/* ---- none: log p(x | conditions), a regression without z --------------------------------------------------------- */

static vae_node *regression(const double *arguments, const vae_terms *terms)
{
    (void)arguments;
    return terms->reconstruction;
}

static vae_needs regression_needs(const double *arguments)
{
    (void)arguments;
    return (vae_needs){ .no_latents = true };
}

/* ---- The table --------------------------------------------------------------------------------------------------- */

static const vae_objective rows[] = {
    { .word = { .name = "elbo",
                .summary = "the evidence lower bound, with the KL in closed form where there is one",
                .arguments = { SAMPLES_ARGUMENT, WEIGHT_ARGUMENTS, FREE_ARGUMENT("free-bits"),
                               FREE_ARGUMENT("free-total") } },
      .build = elbo,
      .needs = elbo_needs },
    { .word = { .name = "sampled-elbo",
                .summary = "the evidence lower bound, with the KL estimated by the samples of z",
                .arguments = { SAMPLES_ARGUMENT, WEIGHT_ARGUMENTS } },
      .build = sampled_elbo,
      .needs = sampled_elbo_needs },
    { .word = { .name = "iwae",
                .summary = "the importance weighted bound of so many samples of z",
                .arguments = { { .name = "samples", .kind = VAE_KEY_COUNT, .low = 1, .high = SAMPLES_MOST } } },
      .build = iwae,
      .needs = iwae_needs },
    { .word = { .name = "none", .summary = "no z: the log-likelihood of x given the conditions alone, a regression" },
      .build = regression,
      .needs = regression_needs },
};

const vae__word_table vae__objectives = { "objective", rows, sizeof *rows, sizeof rows / sizeof *rows, NULL, 0, NULL };
