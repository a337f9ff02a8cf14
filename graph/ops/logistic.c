/*
 * The logistic distribution in 256 levels, 0 … 255 (Kingma, Salimans, Jozefowicz, Chen, Sutskever, Welling 2016,
 * "Improving variational inference with inverse autoregressive flow"; Salimans, Karpathy, Chen, Kingma 2017,
 * "PixelCNN++"): a level has what lies within half a unit of it, the lowest and the highest also all beyond them.
 * A log-scale is clipped to [-15, 15], its gradient 0 outside.
 */
#ifdef __clang__ /* 14 does not take the gradients' branches side by side, and would complain */
#define VAE__ONE_BY_ONE
#endif
#include "graph/ops/density.h"

#define HIGHEST           255
#define LOG_SCALE(x)      clip_between(x, -15, 15)
#define PASS(x, gradient) pass_between(x, -15, 15, gradient)

/* ---- The log-likelihood: a = x, b = mean, c = log_scale, d = mask ------------------------------------------------ */

/* Where a level ends, in scales from the mean; and whether there is more above it, and below. */
#define WIDTH      vae__exp(-LOG_SCALE(c))
#define UPPER      ((a + R(0.5) - b) * WIDTH)
#define LOWER      ((a - R(0.5) - b) * WIDTH)
#define MORE_ABOVE (!(a >= HIGHEST))
#define MORE_BELOW (!(a <= 0))

/* log(1 − exp(−width)) */
static inline real log_rise(real width, real log_scale)
{
    const real near = log_enclosed(width) - log_scale, far = vae__log1p(-vae__exp_negative(-width));
    return width < 1 ? near : far;
}

/* width / (exp(width) − 1): 1 at 0. */
static inline real fall(real width)
{
    const real up = rise(width);
    const real near = 1 - width * (1 - rising_mean(width)), far = width * (1 - up) / up;
    return width < SMALL ? near : far;
}

/* σ(u) − σ(l) = σ(u) · σ(−l) · (1 − exp(l − u)): nothing cancels, however far both are out. */
static inline real log_level(real a, real b, real c)
{
    const real above = MORE_ABOVE ? vae__softplus(-UPPER) : 0, below = MORE_BELOW ? vae__softplus(LOWER) : 0;
    const real between = log_rise(WIDTH, LOG_SCALE(c));
    return ((MORE_ABOVE & MORE_BELOW) ? between : 0) - above - below;
}

static inline real mean_slope(real a, real b, real c)
{
    const real above = MORE_ABOVE ? vae__sigmoid(-UPPER) : 0, below = MORE_BELOW ? vae__sigmoid(LOWER) : 0;
    return (below - above) * WIDTH;
}

static inline real log_scale_slope(real a, real b, real c)
{
    const real above = MORE_ABOVE ? UPPER * vae__sigmoid(-UPPER) : 0;
    const real below = MORE_BELOW ? LOWER * vae__sigmoid(LOWER) : 0;
    return below - above - ((MORE_ABOVE & MORE_BELOW) ? fall(WIDTH) : 0);
}

TERMS(loglik_discretized_logistic, MASKED(d, log_level(a, b, c)))
SLOPES(loglik_discretized_logistic_mean, MASKED(d, mean_slope(a, b, c)))
SLOPES(loglik_discretized_logistic_log_scale, MASKED(d, PASS(c, log_scale_slope(a, b, c))))
TERMS_OP(loglik_discretized_logistic, NULL, loglik_discretized_logistic_mean_slopes,
         loglik_discretized_logistic_log_scale_slopes)

/* ---- Its mean: how many levels are exceeded, Σ_k P(x > k) -------------------------------------------------------- */

static real mean_level(real mean, real log_scale)
{
    const real width = vae__exp(-LOG_SCALE(log_scale));
    real total;
    VAE__SUM(total, k, HIGHEST, vae__sigmoid((mean - R(0.5) - (real)k) * width));
    return total;
}

static void discretized_logistic_mean_forward(const vae__call *call)
{
    operands all;
    find_operands(call, &all);
    for (int64_t r = begin_row(call); r < end_row(call); r++)
        for (int64_t begin = 0; begin < all.size; begin += TERMS_BLOCK) {
            const real *in[VAE__MAX_INPUTS];
            real *to = (real *)call->out + r * all.size + begin;
            point_at(&all, r, begin, in);
            for (int64_t i = 0; i < block_end(begin, all.size) - begin; i++)
                to[i] = mean_level(in[0][i], in[1][i]);
        }
}

/* ---- Building ---------------------------------------------------------------------------------------------------- */

#if VAE__REFERENCE
static vae_status discretized_logistic_mean_shape(vae_node *node)
{
    VAE__TRY(check_beside(node->inputs[0], node->inputs[1], true));
    return shape_of_input(node);
}

vae_node *vae_loglik_discretized_logistic(vae_node *x, vae_node *mean, vae_node *log_scale, vae_node *mask)
{
    return new_density(&VAE__OP(loglik_discretized_logistic), 4, (vae_node *[]){ x, mean, log_scale, mask });
}

vae_node *vae_discretized_logistic_mean(vae_node *mean, vae_node *log_scale)
{
    return vae__node_new(NULL, &VAE__OP(discretized_logistic_mean), (vae_node){ 0 }, 2,
                         (vae_node *[]){ mean, log_scale });
}

BUILD(build_plain, vae_loglik_discretized_logistic(a[0], a[1], a[2], NULL))
BUILD(build_masked, vae_loglik_discretized_logistic(a[0], a[1], a[2], a[3]))

#define LEVELS(rows_, n) COUNT(rows_, n, 256)
#define MEAN(rows_, n)   BETWEEN(rows_, n, -20, 276)
#define WIDE(rows_, n)   BETWEEN(rows_, n, 1, 6)
static const vae__case loglik_discretized_logistic_cases[] = {
    { "plain", build_plain, 3, { LEVELS(1, 19), MEAN(1, 19), WIDE(1, 19) } },
    { "lowest", build_plain, 3, { COUNT(1, 19, 2), BETWEEN(1, 19, -2, 3), BETWEEN(1, 19, -1, 1) } },
    { "highest",
      build_plain,
      3,
      { { .rows = 1, .rank = 1, .shape = { 19 }, .low = 254, .high = 256, .whole = true, .fixed = true },
        BETWEEN(1, 19, 253, 257),
        BETWEEN(1, 19, -1, 1) } },
    { "samples", build_plain, 3, { LEVELS(3, 5), MEAN(3, 5), WIDE(3, 5) } },
    { "samples of an x, masked", build_masked, 4, { LEVELS(1, 5), MEAN(3, 5), WIDE(0, 1), MASK(1, 5) } },
    { "shared", build_plain, 3, { LEVELS(0, 5), MEAN(0, 5), WIDE(0, 5) } },
    { "one log_scale", build_plain, 3, { LEVELS(1, 1030), MEAN(1, 1030), WIDE(0, 1) } },
    { "masked, shared log_scale", build_masked, 4, { LEVELS(1, 19), MEAN(1, 19), WIDE(0, 19), MASK(1, 19) } },
    { "clipped", build_plain, 3, { LEVELS(1, 5), MEAN(1, 5), BETWEEN(1, 5, 15.1, 30) } },
};
#endif

DENSITY_OP(loglik_discretized_logistic, 4, 1u)

const vae__op VAE__OP(discretized_logistic_mean) = { .name = "discretized_logistic_mean",
                                                     .number = VAE__NUMBER(discretized_logistic_mean),
                                                     ONCE(.shape = discretized_logistic_mean_shape,
                                                          .no_cases = "a mean for people: no gradient flows through", )
                                                         .forward = discretized_logistic_mean_forward,
                                                     .constant_inputs = 3u };
