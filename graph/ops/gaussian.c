/*
 * Gaussians by mean and log-variance: a sample, and two Kullback-Leibler divergences (Kingma, Welling 2014,
 * "Auto-Encoding Variational Bayes", section 2.4 and appendix B). A log-variance is clipped to [-30, 20], its gradient
 * 0 outside.
 */
#include "graph/ops/terms.h"
#include "graph/ops/unary.h"

/* ---- clip_logvar: what a formula of nodes exponentiates ----------------------------------------------------------- */

#if VAE__REFERENCE
UNARY_BUILDER(clip_logvar, .low = -40, .high = 30)
#endif
UNARY(clip_logvar, clip_logvar(x), x, pass_logvar(x, dy))

/* ---- gaussian_sample: mean + exp(logvar / 2) · noise ------------------------------------------------------------- */

enum { MEAN, LOGVAR, NOISE };

static inline real deviation(real logvar)
{
    return vae__exp(R(0.5) * clip_logvar(logvar));
}

static void gaussian_sample_forward(const vae__call *call)
{
    const int64_t begin = begin_row(call) * call->node->size, end = end_row(call) * call->node->size;
    const real *mean = (const real *)call->in[MEAN] + begin, *logvar = (const real *)call->in[LOGVAR] + begin;
    const real *noise = (const real *)call->in[NOISE] + begin;
    real *to = (real *)call->out + begin;
    EACH(i, end - begin, to[i] = mean[i] + deviation(logvar[i]) * noise[i];);
}

/* The gradient's memory may have become that of the mean's gradient, which is the same: the others still read it. */
static void gaussian_sample_backward(const vae__call *call)
{
    const int64_t begin = begin_row(call) * call->node->size, count = end_row(call) * call->node->size - begin;
    const real *slope = (const real *)call->grad + begin;
    const real *logvar = (const real *)call->in[LOGVAR] + begin, *noise = (const real *)call->in[NOISE] + begin;
    for (int input = MEAN; input <= NOISE; input++)
        if (call->grad_in[input] && call->fresh[input] && call->grad_in[input] != call->grad)
            clear_if_fresh(call, input, begin, begin + count);
    if (call->grad_in[MEAN] && call->grad_in[MEAN] != call->grad) {
        real *to = (real *)call->grad_in[MEAN] + begin;
        EACH(i, count, to[i] += slope[i];);
    }
    if (call->grad_in[LOGVAR]) {
        real *to = (real *)call->grad_in[LOGVAR] + begin;
        EACH(i, count, to[i] += pass_logvar(logvar[i], R(0.5) * slope[i] * deviation(logvar[i]) * noise[i]););
    }
    if (call->grad_in[NOISE]) {
        real *to = (real *)call->grad_in[NOISE] + begin;
        EACH(i, count, to[i] += slope[i] * deviation(logvar[i]););
    }
}

/* ---- KL(N(a, exp(b)) ‖ N(0, 1)) ---------------------------------------------------------------------------------- */

TERMS(kl_standard_normal, R(0.5) * (vae__exp(clip_logvar(b)) + a * a - 1 - clip_logvar(b)))
SLOPES(kl_standard_normal_mean, a)
SLOPES(kl_standard_normal_logvar, pass_logvar(b, R(0.5) * (vae__exp(clip_logvar(b)) - 1)))
TERMS_OP(kl_standard_normal, kl_standard_normal_mean_slopes, kl_standard_normal_logvar_slopes)

/* ---- KL(N(a, exp(b)) ‖ N(c, exp(d))) ----------------------------------------------------------------------------- */

/* exp(b) / exp(d) and (a - c)² / exp(d) */
#define VARIANCE_RATIO vae__exp(clip_logvar(b) - clip_logvar(d))
#define PRECISION      vae__exp(-clip_logvar(d))

TERMS(kl_gaussian, R(0.5) * (clip_logvar(d) - clip_logvar(b) - 1 + VARIANCE_RATIO + (a - c) * (a - c) * PRECISION))
SLOPES(kl_gaussian_mean, (a - c) * PRECISION)
SLOPES(kl_gaussian_logvar, pass_logvar(b, R(0.5) * (VARIANCE_RATIO - 1)))
SLOPES(kl_gaussian_prior_mean, (c - a) * PRECISION)
SLOPES(kl_gaussian_prior_logvar, pass_logvar(d, R(0.5) * (1 - VARIANCE_RATIO - (a - c) * (a - c) * PRECISION)))
TERMS_OP(kl_gaussian, kl_gaussian_mean_slopes, kl_gaussian_logvar_slopes, kl_gaussian_prior_mean_slopes,
         kl_gaussian_prior_logvar_slopes)

/* ---- Building ---------------------------------------------------------------------------------------------------- */

#if VAE__REFERENCE
static vae_status gaussian_sample_shape(vae_node *node)
{
    VAE__TRY(check_same(node->inputs[MEAN], node->inputs[LOGVAR]));
    VAE__TRY(check_same(node->inputs[MEAN], node->inputs[NOISE]));
    return shape_of_input(node);
}

static vae_status kl_shape(vae_node *node)
{
    VAE__TRY(check_same(node->inputs[MEAN], node->inputs[LOGVAR]));
    for (int i = 2; i < node->input_count; i++)
        VAE__TRY(check_beside(node->inputs[MEAN], node->inputs[i], false));
    take_single(node, node->inputs[MEAN]->rows);
    return vae__ok();
}

vae_node *vae_gaussian_sample(vae_node *mean, vae_node *logvar, vae_node *noise)
{
    return vae__node_new(NULL, &VAE__OP(gaussian_sample), (vae_node){ 0 }, 3, (vae_node *[]){ mean, logvar, noise });
}

vae_node *vae_kl_standard_normal(vae_node *mean, vae_node *logvar)
{
    return vae__node_new(NULL, &VAE__OP(kl_standard_normal), (vae_node){ 0 }, 2, (vae_node *[]){ mean, logvar });
}

vae_node *vae_kl_gaussian(vae_node *mean, vae_node *logvar, vae_node *prior_mean, vae_node *prior_logvar)
{
    return vae__node_new(NULL, &VAE__OP(kl_gaussian), (vae_node){ 0 }, 4,
                         (vae_node *[]){ mean, logvar, prior_mean, prior_logvar });
}

#define BUILD(name, call)                                                                                              \
    static vae_node *name(vae_node *const *a)                                                                          \
    {                                                                                                                  \
        return call;                                                                                                   \
    }
BUILD(build_sample, vae_gaussian_sample(a[0], a[1], a[2]))
BUILD(build_sample_twice, vae_gaussian_sample(a[0], a[0], a[0]))
BUILD(build_kl, vae_kl_standard_normal(a[0], a[1]))
BUILD(build_kl_twice, vae_kl_standard_normal(a[0], a[0]))
BUILD(build_kl_gaussian, vae_kl_gaussian(a[0], a[1], a[2], a[3]))
BUILD(build_kl_gaussian_twice, vae_kl_gaussian(a[0], a[1], a[1], a[0]))

#define X(rows_, ...)                                                                                                  \
    {                                                                                                                  \
        .rows = (rows_), .rank = 1, .shape = { __VA_ARGS__ }, .low = -2, .high = 2                                     \
    }
/* Log-variances that are clipped, below and above: no gradient. */
#define BELOW(rows_, n)                                                                                                \
    {                                                                                                                  \
        .rows = (rows_), .rank = 1, .shape = { n }, .low = -40, .high = -31                                            \
    }
#define ABOVE(rows_, n)                                                                                                \
    {                                                                                                                  \
        .rows = (rows_), .rank = 1, .shape = { n }, .low = 21, .high = 30                                              \
    }

static const vae__case gaussian_sample_cases[] = {
    { "plain", build_sample, 3, { X(1, 19), X(1, 19), X(1, 19) } },
    { "samples", build_sample, 3, { X(3, 5), X(3, 5), X(3, 5) } },
    { "shared", build_sample, 3, { X(0, 5), X(0, 5), X(0, 5) } },
    { "clipped", build_sample, 3, { X(1, 5), BELOW(1, 5), X(1, 5) } },
    { "one node", build_sample_twice, 1, { X(1, 5) } },
};
static const vae__case kl_standard_normal_cases[] = {
    { "plain", build_kl, 2, { X(1, 19), X(1, 19) } }, { "samples", build_kl, 2, { X(3, 5), X(3, 5) } },
    { "shared", build_kl, 2, { X(0, 5), X(0, 5) } },  { "clipped", build_kl, 2, { X(1, 5), BELOW(1, 5) } },
    { "one node", build_kl_twice, 1, { X(1, 5) } },   { "more than a block", build_kl, 2, { X(1, 1030), X(1, 1030) } },
};
static const vae__case kl_gaussian_cases[] = {
    { "plain", build_kl_gaussian, 4, { X(1, 19), X(1, 19), X(1, 19), X(1, 19) } },
    { "samples", build_kl_gaussian, 4, { X(3, 5), X(3, 5), X(3, 5), X(3, 5) } },
    { "shared", build_kl_gaussian, 4, { X(0, 5), X(0, 5), X(0, 5), X(0, 5) } },
    { "shared prior", build_kl_gaussian, 4, { X(1, 19), X(1, 19), X(0, 19), X(0, 19) } },
    { "shared prior, samples", build_kl_gaussian, 4, { X(3, 5), X(3, 5), X(0, 5), X(0, 5) } },
    { "clipped", build_kl_gaussian, 4, { X(1, 5), BELOW(1, 5), X(1, 5), ABOVE(1, 5) } },
    { "one pair", build_kl_gaussian_twice, 2, { X(1, 5), X(1, 5) } },
};
#endif

const vae__op VAE__OP(gaussian_sample) = {
    .name = "gaussian_sample",
    .number = VAE__NUMBER(gaussian_sample),
    ONCE(.shape = gaussian_sample_shape, CASES(gaussian_sample_cases), ).forward = gaussian_sample_forward,
    .backward = gaussian_sample_backward,
    .reads_inputs = 1u << LOGVAR | 1u << NOISE,
    .in_place = true
};

const vae__op VAE__OP(kl_standard_normal) = {
    .name = "kl_standard_normal",
    .number = VAE__NUMBER(kl_standard_normal),
    ONCE(.shape = kl_shape, CASES(kl_standard_normal_cases), ).forward = kl_standard_normal_forward,
    .backward = kl_standard_normal_backward,
    .reduce = kl_standard_normal_reduce,
    .reads_inputs = 3u
};

const vae__op
    VAE__OP(kl_gaussian) = { .name = "kl_gaussian",
                             .number = VAE__NUMBER(kl_gaussian),
                             ONCE(.shape = kl_shape, CASES(kl_gaussian_cases), ).forward = kl_gaussian_forward,
                             .backward = kl_gaussian_backward,
                             .reduce = kl_gaussian_reduce,
                             .reads_inputs = 15u };
