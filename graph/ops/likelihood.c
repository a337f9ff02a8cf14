/* Log-likelihoods of a row, in nats: Bernoulli, Gaussian, Poisson. */
#include "graph/ops/density.h"

/* ---- Bernoulli: a = x, b = logits, c = mask ---------------------------------------------------------------------- */

/* Logarithms are summed as those of a few products where every mask is 0 or 1, as all are but weights. */
static inline __attribute__((always_inline)) real bernoulli_terms(int64_t count, const real *const in[VAE__MAX_INPUTS],
                                                                  bool masked)
{
    const real *const as = in[0], *const bs = in[1], *const cs = in[2];
    real lines[TERMS_BLOCK], e[TERMS_BLOCK] __attribute__((aligned(64)));
    int weights = 0;
    EACH(i, count, const real b = bs[i], c = masked ? cs[i] : 1; lines[i] = MASKED(c, bernoulli_line(as[i], b));
         e[i] = c != 0 ? vae__exp_negative(-vae__abs(b)) : 0; weights |= (c != 0) & (c != 1););
    if (!weights)
        return sum_of(lines, count) - vae__sum_log1p(e, count);
    EACH(i, count, lines[i] -= MASKED(cs[i], vae__log1p(e[i])););
    return sum_of(lines, count);
}

static real bernoulli_all_terms(int64_t count, const real *const in[VAE__MAX_INPUTS])
{
    return bernoulli_terms(count, in, false);
}

static real bernoulli_masked_terms(int64_t count, const real *const in[VAE__MAX_INPUTS])
{
    return bernoulli_terms(count, in, true);
}

SLOPES(bernoulli_all_x, b)
SLOPES(bernoulli_all_logits, a - vae__sigmoid(b))
TERMS_OP(bernoulli_all, bernoulli_all_x_slopes, bernoulli_all_logits_slopes)

SLOPES(bernoulli_masked_x, MASKED(c, b))
SLOPES(bernoulli_masked_logits, MASKED(c, a - vae__sigmoid(b)))
TERMS_OP(bernoulli_masked, bernoulli_masked_x_slopes, bernoulli_masked_logits_slopes)

#define BY_MASK(phase)                                                                                                 \
    static void loglik_bernoulli_##phase(const vae__call *call)                                                        \
    {                                                                                                                  \
        (call->node->inputs[2] ? bernoulli_masked_##phase : bernoulli_all_##phase)(call);                              \
    }
BY_MASK(forward)
BY_MASK(backward)
BY_MASK(reduce)

/* ---- Gaussian: a = x, b = mean, c = logvar, d = mask ------------------------------------------------------------- */

#define LOG_TWO_PI R(1.83787706640934548356)
#define PRECISION  vae__exp(-clip_logvar(c))

TERMS(loglik_gaussian, MASKED(d, R(-0.5) * (LOG_TWO_PI + clip_logvar(c) + (a - b) * (a - b) * PRECISION)))
SLOPES(loglik_gaussian_x, MASKED(d, (b - a) * PRECISION))
SLOPES(loglik_gaussian_mean, MASKED(d, (a - b) * PRECISION))
SLOPES(loglik_gaussian_logvar, MASKED(d, pass_logvar(c, R(0.5) * ((a - b) * (a - b) * PRECISION - 1))))
TERMS_OP(loglik_gaussian, loglik_gaussian_x_slopes, loglik_gaussian_mean_slopes, loglik_gaussian_logvar_slopes)

/* ---- Poisson: a = x, b = log_rate, c = mask ---------------------------------------------------------------------- */

TERMS(loglik_poisson, MASKED(c, vae__log_poisson(a, clip_log_rate(b))))
SLOPES(loglik_poisson_log_rate, MASKED(c, pass_log_rate(b, a - vae__exp(clip_log_rate(b)))))
TERMS_OP(loglik_poisson, NULL, loglik_poisson_log_rate_slopes)

/* ---- Building ---------------------------------------------------------------------------------------------------- */

#if VAE__REFERENCE
vae_node *vae_loglik_bernoulli(vae_node *x, vae_node *logits, vae_node *mask)
{
    return new_density(&VAE__OP(loglik_bernoulli), 3, (vae_node *[]){ x, logits, mask });
}

vae_node *vae_loglik_gaussian(vae_node *x, vae_node *mean, vae_node *logvar, vae_node *mask)
{
    return new_density(&VAE__OP(loglik_gaussian), 4, (vae_node *[]){ x, mean, logvar, mask });
}

vae_node *vae_loglik_poisson(vae_node *x, vae_node *log_rate, vae_node *mask)
{
    return new_density(&VAE__OP(loglik_poisson), 3, (vae_node *[]){ x, log_rate, mask });
}

BUILD(build_bernoulli, vae_loglik_bernoulli(a[0], a[1], NULL))
BUILD(build_bernoulli_masked, vae_loglik_bernoulli(a[0], a[1], a[2]))
BUILD(build_bernoulli_twice, vae_loglik_bernoulli(a[0], a[0], NULL))
BUILD(build_gaussian, vae_loglik_gaussian(a[0], a[1], a[2], NULL))
BUILD(build_gaussian_masked, vae_loglik_gaussian(a[0], a[1], a[2], a[3]))
BUILD(build_gaussian_twice, vae_loglik_gaussian(a[0], a[1], a[1], NULL))
BUILD(build_poisson, vae_loglik_poisson(a[0], a[1], NULL))
BUILD(build_poisson_masked, vae_loglik_poisson(a[0], a[1], a[2]))

/* Logits stay off 0, where the term's two forms meet: smooth, but compared in other roundings. */
static const vae__case loglik_bernoulli_cases[] = {
    { "plain", build_bernoulli, 2, { UNIT(1, 19), X(1, 19) } },
    { "samples", build_bernoulli, 2, { UNIT(3, 5), X(3, 5) } },
    { "samples of an x", build_bernoulli, 2, { UNIT(1, 5), X(3, 5) } },
    { "samples of an x, masked", build_bernoulli_masked, 3, { UNIT(1, 5), X(3, 5), MASK(1, 5) } },
    { "shared logits", build_bernoulli, 2, { UNIT(1, 5), X(0, 5) } },
    { "shared", build_bernoulli, 2, { UNIT(0, 5), X(0, 5) } },
    { "masked", build_bernoulli_masked, 3, { UNIT(1, 19), X(1, 19), MASK(1, 19) } },
    { "masked, samples", build_bernoulli_masked, 3, { UNIT(3, 5), X(3, 5), MASK(3, 5) } },
    { "more than a block", build_bernoulli, 2, { UNIT(1, 1030), X(1, 1030) } },
    { "one node", build_bernoulli_twice, 1, { UNIT(1, 5) } },
};
static const vae__case loglik_gaussian_cases[] = {
    { "plain", build_gaussian, 3, { X(1, 19), X(1, 19), X(1, 19) } },
    { "samples", build_gaussian, 3, { X(3, 5), X(3, 5), X(3, 5) } },
    { "samples of an x", build_gaussian, 3, { X(1, 1030), X(3, 1030), X(0, 1) } },
    { "samples of an x, masked", build_gaussian_masked, 4, { X(1, 5), X(3, 5), X(3, 5), MASK(1, 5) } },
    { "shared", build_gaussian, 3, { X(0, 5), X(0, 5), X(0, 5) } },
    { "masked", build_gaussian_masked, 4, { X(1, 19), X(1, 19), X(1, 19), MASK(1, 19) } },
    { "shared logvar", build_gaussian, 3, { X(1, 19), X(1, 19), X(0, 19) } },
    { "shared mean and logvar, masked", build_gaussian_masked, 4, { X(3, 5), X(0, 5), X(0, 5), MASK(3, 5) } },
    { "one logvar", build_gaussian, 3, { X(1, 1030), X(1, 1030), X(0, 1) } },
    { "one mean and logvar", build_gaussian, 3, { X(3, 5), X(0, 1), X(0, 1) } },
    { "one logvar, all shared", build_gaussian, 3, { X(0, 5), X(0, 5), X(0, 1) } },
    { "clipped below", build_gaussian, 3, { BETWEEN(1, 5, 0.1, 0.3), BETWEEN(1, 5, 0.1, 0.3), BETWEEN(1, 5, 21, 30) } },
    { "one node", build_gaussian_twice, 2, { X(1, 5), X(1, 5) } },
};
static const vae__case loglik_poisson_cases[] = {
    { "plain", build_poisson, 2, { COUNT(1, 19, 12), X(1, 19) } },
    { "samples", build_poisson, 2, { COUNT(3, 5, 12), X(3, 5) } },
    { "shared", build_poisson, 2, { COUNT(0, 5, 12), X(0, 5) } },
    { "masked", build_poisson_masked, 3, { COUNT(1, 19, 12), X(1, 19), MASK(1, 19) } },
    { "masked, samples", build_poisson_masked, 3, { COUNT(3, 5, 12), X(3, 5), MASK(3, 5) } },
    { "shared log_rate", build_poisson, 2, { COUNT(1, 19, 12), X(0, 19) } },
    { "one log_rate, masked", build_poisson_masked, 3, { COUNT(1, 1030, 12), X(0, 1), MASK(1, 1030) } },
    { "large counts", build_poisson, 2, { COUNT(1, 19, 1000), BETWEEN(1, 19, 5, 7) } },
    { "clipped below", build_poisson, 2, { COUNT(1, 5, 12), BETWEEN(1, 5, -40, -31) } },
};
#endif

const vae__op VAE__OP(loglik_bernoulli) = {
    .name = "loglik_bernoulli",
    .number = VAE__NUMBER(loglik_bernoulli),
    ONCE(.shape = density_shape, CASES(loglik_bernoulli_cases), ).forward = loglik_bernoulli_forward,
    .backward = loglik_bernoulli_backward,
    .reduce = loglik_bernoulli_reduce,
    .reads_inputs = 7u,
    .constant_inputs = 4u,
    .optional_inputs = 4u,
    .gradient_over = 3u
};

DENSITY_OP(loglik_gaussian, 4, 0)
DENSITY_OP(loglik_poisson, 3, 1u)
