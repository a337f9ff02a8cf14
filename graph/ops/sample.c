/*
 * Values drawn: by a distribution function's inverse where noise is uniform, or from normal noise. Each is a function
 * of its noise alone, in double whatever the executor's precision. No gradient flows through.
 */
#define VAE__CALLS_LIBM
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
