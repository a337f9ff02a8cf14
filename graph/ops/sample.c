/*
 * Values drawn: by a distribution function's inverse where noise is uniform, or from normal noise. Each is a function
 * of its noise alone, in double whatever the executor's precision. No gradient flows through.
 */
#define VAE__ONE_BY_ONE
#include <float.h>
#include <math.h>

#include "graph/ops/density.h"

/* The value of one element from its noise and the elements of the other inputs. */
typedef double draw_function(double noise, double b, double c, double d);

static void draw_elements(const vae__call *call, draw_function *draw)
{
    operands all;
    find_operands(call, &all);
    for (int64_t r = begin_row(call); r < end_row(call); r++)
        for (int64_t begin = 0; begin < all.size; begin += TERMS_BLOCK) {
            const real *in[VAE__MAX_INPUTS];
            real *to = (real *)call->out + r * all.size + begin;
            point_at(&all, r, begin, in);
            for (int64_t i = 0; i < block_end(begin, all.size) - begin; i++)
                to[i] = (real)draw((double)in[0][i], (double)in[1][i], (double)in[2][i], (double)in[3][i]);
        }
}

/* Multiples of 2^-24 from 0 on, to the middles between them: none of them is 0 or 1. */
static double inside(double uniform)
{
    return uniform + 0x1p-25;
}

static double between(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

/* ---- Laplace ----------------------------------------------------------------------------------------------------- */

static double draw_laplace(double uniform, double mean, double log_scale, double unused)
{
    (void)unused;
    double off = inside(uniform) - 0.5;
    return mean - copysign(exp(between(log_scale, -15, 10)), off) * log1p(-2 * fabs(off));
}

/* ---- Continuous Bernoulli ---------------------------------------------------------------------------------------- */

/* F(x) = (1 − exp(−t x)) / (1 − exp(−t)), t = −logits; of a positive logit, x is 1 less what −logits has. */
static double draw_continuous_bernoulli(double uniform, double logits, double unused, double none)
{
    (void)unused;
    (void)none;
    double t = fabs(logits), level = logits > 0 ? 1 - inside(uniform) : inside(uniform);
    double x = t < 1e-9 ? level : -log1p(level * expm1(-t)) / t;
    return logits > 0 ? 1 - x : x;
}

/* ---- Logistic in levels ------------------------------------------------------------------------------------------ */

static double draw_discretized_logistic(double uniform, double mean, double log_scale, double unused)
{
    (void)unused;
    double level = inside(uniform);
    return between(floor(mean + exp(between(log_scale, -15, 15)) * log(level / (1 - level)) + 0.5), 0, 255);
}

/* ---- Poisson, from normal noise ---------------------------------------------------------------------------------- */

/* The smallest count whose distribution function is at least that of the noise. From 100 on by Cornish and Fisher's
 * expansion, with Sheppard's correction of the deviation: off by less than 1/1000 of a count. */
static double poisson_of(double normal, double rate)
{
    if (isnan(rate))
        return rate;
    if (rate >= 100) {
        double root = sqrt(rate), z = normal;
        double place = rate + sqrt(rate + 1.0 / 12) * z + (z * z - 1) / 6 + (z - z * z * z) / (72 * root);
        return fmax(0, ceil(place - 0.5));
    }
    double level = 0.5 * erfc(-normal * M_SQRT1_2), p = exp(-rate), sum = p, count = 0;
    while (sum < level && count < 1000) {
        count++;
        p *= rate / count;
        sum += p;
    }
    return count;
}

static double draw_poisson(double normal, double log_rate, double unused, double none)
{
    (void)unused;
    (void)none;
    return poisson_of(normal, exp(between(log_rate, -30, 30)));
}

/* ---- Negative binomial: Poisson, whose rate is drawn of a gamma density ------------------------------------------ */

/* log P(Γ_a <= x), t = log x; `before` is a t − x − log Γ(a + 1). By its series, or the rest of its fraction. */
static double log_gamma_level(double a, double t, double before)
{
    double x = exp(t), term = 1, sum = 1;
    if (x < a + 1) {
        for (int n = 1; n < 2000 && term > sum * DBL_EPSILON; n++)
            sum += term *= x / (a + n);
        return before + log(sum);
    }
    double b = x + 1 - a, c = 1e300, d = 1 / b, above = d; /* Lentz's method */
    for (int n = 1; n < 2000; n++) {
        double part = -n * (n - a);
        b += 2;
        d = 1 / (part * d + b);
        c = b + part / c;
        above *= d * c;
        if (fabs(d * c - 1) < DBL_EPSILON)
            break;
    }
    return log1p(-fmin(a * exp(before) * above, 1));
}

/* log x of the x that a gamma density of shape a is below by this level. The level's logarithm is concave in log x: so
 * Newton's steps, from the left, never pass the root. Above 1e4, Wilson and Hilferty's cube of a normal value. */
static double gamma_log_quantile(double a, double normal)
{
    if (a > 1e4) {
        double root = 1 - 1 / (9 * a) + normal / (3 * sqrt(a));
        return log(a) + 3 * log(root);
    }
    int sign;
    double target = log(0.5 * erfc(-normal * M_SQRT1_2)), whole = lgamma_r(a + 1, &sign), t = (target + whole) / a;
    for (int n = 0; n < 100; n++) {
        double before = a * t - exp(t) - whole, level = log_gamma_level(a, t, before);
        double step = (target - level) / (a * exp(before - level));
        t += step;
        if (!(fabs(step) > 1e-12))
            break;
    }
    return t;
}

static double draw_negative_binomial(double normal, double log_mean, double log_dispersion, double of_rate)
{
    double dispersion = between(log_dispersion, -15, 15);
    double log_rate = between(log_mean, -30, 30) + dispersion + gamma_log_quantile(exp(-dispersion), of_rate);
    return poisson_of(normal, exp(log_rate));
}

/* ---- Building ---------------------------------------------------------------------------------------------------- */

#if VAE__REFERENCE
static vae_status draw_shape(vae_node *node)
{
    for (int i = 1; i < node->input_count; i++)
        VAE__TRY(check_beside(node->inputs[0], node->inputs[i], true));
    return shape_of_input(node);
}

vae_node *vae_laplace_sample(vae_node *mean, vae_node *log_scale, vae_node *uniform)
{
    return vae__node_new(NULL, &VAE__OP(laplace_sample), (vae_node){ 0 }, 3,
                         (vae_node *[]){ uniform, mean, log_scale });
}

vae_node *vae_continuous_bernoulli_sample(vae_node *logits, vae_node *uniform)
{
    return vae__node_new(NULL, &VAE__OP(continuous_bernoulli_sample), (vae_node){ 0 }, 2,
                         (vae_node *[]){ uniform, logits });
}

vae_node *vae_discretized_logistic_sample(vae_node *mean, vae_node *log_scale, vae_node *uniform)
{
    return vae__node_new(NULL, &VAE__OP(discretized_logistic_sample), (vae_node){ 0 }, 3,
                         (vae_node *[]){ uniform, mean, log_scale });
}

vae_node *vae_negative_binomial_sample(vae_node *log_mean, vae_node *log_dispersion, vae_node *normal,
                                       vae_node *of_rate)
{
    return vae__node_new(NULL, &VAE__OP(negative_binomial_sample), (vae_node){ 0 }, 4,
                         (vae_node *[]){ normal, log_mean, log_dispersion, of_rate });
}

vae_node *vae_poisson_sample(vae_node *log_rate, vae_node *normal)
{
    return vae__node_new(NULL, &VAE__OP(poisson_sample), (vae_node){ 0 }, 2, (vae_node *[]){ normal, log_rate });
}
#endif

#define REASON "a value drawn: no gradient flows through"
#define DRAW_OP(name_, function)                                                                                       \
    static void name_##_forward(const vae__call *call)                                                                 \
    {                                                                                                                  \
        draw_elements(call, function);                                                                                 \
    }                                                                                                                  \
    const vae__op VAE__OP(name_) = { .name = #name_,                                                                   \
                                     .number = VAE__NUMBER(name_),                                                     \
                                     ONCE(.shape = draw_shape, .no_cases = REASON, ).forward = name_##_forward,        \
                                     .constant_inputs = 15u };

DRAW_OP(laplace_sample, draw_laplace)
DRAW_OP(poisson_sample, draw_poisson)
DRAW_OP(continuous_bernoulli_sample, draw_continuous_bernoulli)
DRAW_OP(discretized_logistic_sample, draw_discretized_logistic)
DRAW_OP(negative_binomial_sample, draw_negative_binomial)
