/*
 * Counts by mean μ and dispersion α, of variance μ + α μ²: the negative binomial of r = 1 / α,
 *
 *     Γ(x + r) / (Γ(r) x!) · (r / (r + μ))^r · (μ / (r + μ))^x.
 *
 * Its parts are as large as r log r, and what is left of them is small: all is computed in double, and from r = 64 on
 * by Stirling's series, in which the large parts have cancelled. As α falls to 0 this becomes Poisson.
 */
#define VAE__ONE_BY_ONE
#include <math.h>

#include "graph/ops/density.h"

/* a = x, b = log_mean, c = log_dispersion, d = mask */
#define LOG_DISPERSION(x) clip_between(x, -15, 15)
#define PASS(x, gradient) pass_between(x, -15, 15, gradient)
#define MANY              64

/* log Γ(r) − ((r − ½) log r − r + ½ log 2π), r >= MANY */
static inline double stirling(double r)
{
    const double square = 1 / (r * r);
    return (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square / 1680))) / r;
}

/* Its derivative, which with log r − 1 / (2 r) is the digamma function; from 10 on. */
static inline double stirling_slope(double r)
{
    const double square = 1 / (r * r);
    return -square * (1.0 / 12 - square * (1.0 / 120 - square * (1.0 / 252 - square * (1.0 / 240 - square / 132))));
}

static inline double digamma(double r)
{
    double lower = 0;
    for (; r < 10; r++)
        lower -= 1 / r;
    return lower + log(r) - 0.5 / r + stirling_slope(r);
}

/* log (Γ(x + r) / (Γ(r) r^x)) */
static inline double log_rising(double x, double r)
{
    int sign; /* lgamma would set a global one */
    if (r < MANY)
        return lgamma_r(x + r, &sign) - lgamma_r(r, &sign) - x * log(r);
    return (r + x - 0.5) * log1p(x / r) - x + stirling(x + r) - stirling(r);
}

/* r · (ψ(x + r) − ψ(r)) */
static inline double rising_slope(double x, double r)
{
    if (r < MANY)
        return r * (digamma(x + r) - digamma(r));
    return r * log1p(x / r) + 0.5 * x / (x + r) + r * (stirling_slope(x + r) - stirling_slope(r));
}

static inline real log_count(real x, real log_mean, real log_dispersion)
{
    const double m = (double)clip_log_rate(log_mean), s = (double)LOG_DISPERSION(log_dispersion), r = exp(-s);
    const double log_more = log1p(exp(m + s)); /* log (1 + μ / r) */
    int sign;
    if (x < 0)
        return R(-INFINITY);
    return (real)(log_rising((double)x, r) + (double)x * (m - log_more) - r * log_more -
                  lgamma_r((double)x + 1, &sign));
}

/* (x − μ) / (1 + α μ) */
static inline double mean_slope(real x, real log_mean, real log_dispersion)
{
    const double m = (double)clip_log_rate(log_mean), s = (double)LOG_DISPERSION(log_dispersion);
    return ((double)x - exp(m)) / (1 + exp(m + s));
}

static inline double dispersion_slope(real x, real log_mean, real log_dispersion)
{
    const double m = (double)clip_log_rate(log_mean), s = (double)LOG_DISPERSION(log_dispersion), r = exp(-s);
    return r * log1p(exp(m + s)) - rising_slope((double)x, r) + mean_slope(x, log_mean, log_dispersion);
}

TERMS(loglik_negative_binomial, MASKED(d, log_count(a, b, c)))
SLOPES(loglik_negative_binomial_mean, MASKED(d, pass_log_rate(b, (real)mean_slope(a, b, c))))
SLOPES(loglik_negative_binomial_dispersion, MASKED(d, PASS(c, (real)dispersion_slope(a, b, c))))
TERMS_OP(loglik_negative_binomial, NULL, loglik_negative_binomial_mean_slopes,
         loglik_negative_binomial_dispersion_slopes)

#if VAE__REFERENCE
vae_node *vae_loglik_negative_binomial(vae_node *x, vae_node *log_mean, vae_node *log_dispersion, vae_node *mask)
{
    return new_density(&VAE__OP(loglik_negative_binomial), 4, (vae_node *[]){ x, log_mean, log_dispersion, mask });
}

BUILD(build_plain, vae_loglik_negative_binomial(a[0], a[1], a[2], NULL))
BUILD(build_masked, vae_loglik_negative_binomial(a[0], a[1], a[2], a[3]))

static const vae__case loglik_negative_binomial_cases[] = {
    { "plain", build_plain, 3, { COUNT(1, 19, 12), X(1, 19), X(1, 19) } },
    { "samples", build_plain, 3, { COUNT(3, 5, 12), X(3, 5), X(3, 5) } },
    { "shared", build_plain, 3, { COUNT(0, 5, 12), X(0, 5), X(0, 5) } },
    { "nearly Poisson", build_plain, 3, { COUNT(1, 19, 12), X(1, 19), BETWEEN(1, 19, -9, -3) } },
    { "wide", build_plain, 3, { COUNT(1, 19, 300), BETWEEN(1, 19, 3, 6), BETWEEN(1, 19, 1, 9) } },
    { "large counts", build_plain, 3, { COUNT(1, 19, 1000), BETWEEN(1, 19, 5, 7), X(1, 19) } },
    { "masked, shared dispersion", build_masked, 4, { COUNT(1, 19, 12), X(1, 19), X(0, 19), MASK(1, 19) } },
    { "one dispersion", build_plain, 3, { COUNT(1, 1030, 12), X(1, 1030), X(0, 1) } },
    { "clipped", build_plain, 3, { COUNT(1, 5, 12), X(1, 5), BETWEEN(1, 5, 15.1, 30) } },
};
#endif

DENSITY_OP(loglik_negative_binomial, 4, 1u)
