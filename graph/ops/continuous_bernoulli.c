/*
 * The continuous Bernoulli (Loaiza-Ganem, Cunningham 2019, "The continuous Bernoulli: fixing a pervasive error in
 * variational autoencoders"), by its logit η: the density C(λ) λ^x (1 − λ)^(1 − x) on [0, 1], λ = 1 / (1 + exp(−η)), is
 * exp(η x) · η / (exp(η) − 1), the same for η and x as for −η and 1 − x.
 */
#include "graph/ops/density.h"
#include "graph/ops/unary.h"

/* ---- The log-likelihood: a = x, b = logits, c = mask ------------------------------------------------------------- */

static inline real mean_of(real logits)
{
    const real rising = rising_mean(vae__abs(logits));
    return logits < 0 ? 1 - rising : rising;
}

TERMS(loglik_continuous_bernoulli, MASKED(c, bernoulli_line(a, b) - log_enclosed(vae__abs(b))))
SLOPES(loglik_continuous_bernoulli_x, MASKED(c, b))
SLOPES(loglik_continuous_bernoulli_logits, MASKED(c, a - mean_of(b)))
TERMS_OP(loglik_continuous_bernoulli, loglik_continuous_bernoulli_x_slopes, loglik_continuous_bernoulli_logits_slopes)

/* ---- Its mean, whose derivative is the variance ------------------------------------------------------------------ */

/* 1 / t² − exp(−t) / (1 − exp(−t))² */
static inline real variance_of(real logits)
{
    const real t = vae__abs(logits), square = t * t, up = rise(t);
    const real series =
        R(1) / 12 - square * (R(1) / 240 - square * (R(1) / 6048 - square * (R(1) / 172800 - square / R(5322240))));
    const real far = 1 / square - (1 - up) / (up * up);
    return t < SMALL ? series : far;
}

#if VAE__REFERENCE
UNARY_BUILDER(continuous_bernoulli_mean, .low = -9, .high = 9)

vae_node *vae_loglik_continuous_bernoulli(vae_node *x, vae_node *logits, vae_node *mask)
{
    return new_density(&VAE__OP(loglik_continuous_bernoulli), 3, (vae_node *[]){ x, logits, mask });
}

BUILD(build_plain, vae_loglik_continuous_bernoulli(a[0], a[1], NULL))
BUILD(build_masked, vae_loglik_continuous_bernoulli(a[0], a[1], a[2]))

static const vae__case loglik_continuous_bernoulli_cases[] = {
    { "plain", build_plain, 2, { UNIT(1, 19), X(1, 19) } },
    { "far", build_plain, 2, { UNIT(1, 19), BETWEEN(1, 19, -50, 50) } },
    { "near one half", build_plain, 2, { UNIT(1, 19), BETWEEN(1, 19, -0.08, 0.08) } },
    { "samples", build_plain, 2, { UNIT(3, 5), X(3, 5) } },
    { "shared", build_plain, 2, { UNIT(0, 5), X(0, 5) } },
    { "shared logits", build_plain, 2, { UNIT(1, 1030), X(0, 1030) } },
    { "masked, one logit", build_masked, 3, { UNIT(3, 5), X(0, 1), MASK(3, 5) } },
    { "masked", build_masked, 3, { UNIT(1, 19), X(1, 19), MASK(1, 19) } },
};
#endif

UNARY(continuous_bernoulli_mean, mean_of(x), x, dy *variance_of(x))
DENSITY_OP(loglik_continuous_bernoulli, 3, 0)
