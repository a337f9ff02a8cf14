/*
 * Densities by a place and a scale, as logarithms of a row, in nats: Laplace, and the logistic in 256 levels. A
 * log-scale is clipped, its gradient 0 outside.
 */
#include "graph/ops/density.h"

/* ---- Laplace: a = x, b = mean, c = log_scale, d = mask ----------------------------------------------------------- */

#define LOG_TWO           R(0.69314718055994530942)
#define LOG_SCALE(x)      clip_between(x, -15, 10)
#define PASS(x, gradient) pass_between(x, -15, 10, gradient)
#define PRECISION         vae__exp(-LOG_SCALE(c))

/* -1, 0, 1; not a number stays so. */
static inline real sign_of(real x)
{
    const real below = x < 0 ? -1 : x;
    return below > 0 ? 1 : below;
}

TERMS(loglik_laplace, MASKED(d, -(LOG_TWO + LOG_SCALE(c) + vae__abs(a - b) * PRECISION)))
SLOPES(loglik_laplace_x, MASKED(d, sign_of(b - a) * PRECISION))
SLOPES(loglik_laplace_mean, MASKED(d, sign_of(a - b) * PRECISION))
SLOPES(loglik_laplace_log_scale, MASKED(d, PASS(c, vae__abs(a - b) * PRECISION - 1)))
TERMS_OP(loglik_laplace, loglik_laplace_x_slopes, loglik_laplace_mean_slopes, loglik_laplace_log_scale_slopes)

/* ---- Building ---------------------------------------------------------------------------------------------------- */

#if VAE__REFERENCE
vae_node *vae_loglik_laplace(vae_node *x, vae_node *mean, vae_node *log_scale, vae_node *mask)
{
    return new_density(&VAE__OP(loglik_laplace), 4, (vae_node *[]){ x, mean, log_scale, mask });
}

BUILD(build_laplace, vae_loglik_laplace(a[0], a[1], a[2], NULL))
BUILD(build_laplace_masked, vae_loglik_laplace(a[0], a[1], a[2], a[3]))

/* x and mean are apart, for where they meet there is a kink. */
#define LOW(rows_, n)  BETWEEN(rows_, n, -2, -0.1)
#define HIGH(rows_, n) BETWEEN(rows_, n, 0.1, 2)
static const vae__case loglik_laplace_cases[] = {
    { "above", build_laplace, 3, { HIGH(1, 19), LOW(1, 19), X(1, 19) } },
    { "below", build_laplace, 3, { LOW(1, 19), HIGH(1, 19), X(1, 19) } },
    { "samples", build_laplace, 3, { LOW(3, 5), HIGH(3, 5), X(3, 5) } },
    { "shared", build_laplace, 3, { LOW(0, 5), HIGH(0, 5), X(0, 5) } },
    { "masked", build_laplace_masked, 4, { LOW(1, 19), HIGH(1, 19), X(1, 19), MASK(1, 19) } },
    { "shared log_scale", build_laplace, 3, { LOW(1, 19), HIGH(1, 19), X(0, 19) } },
    { "one log_scale", build_laplace, 3, { LOW(1, 1030), HIGH(1, 1030), X(0, 1) } },
    { "shared mean, one log_scale, masked", build_laplace_masked, 4, { HIGH(3, 5), LOW(0, 5), X(0, 1), MASK(3, 5) } },
    { "clipped above", build_laplace, 3, { HIGH(1, 5), LOW(1, 5), BETWEEN(1, 5, 10.1, 30) } },
};
#endif

DENSITY_OP(loglik_laplace, 4, 0)
