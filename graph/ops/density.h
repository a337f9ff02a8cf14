/*
 * What the files of log-likelihoods share: masks, clipped logarithms, two functions of an exponential's flank, shape
 * rules, and the arguments of gradient-check cases.
 */
#ifndef VAE_GRAPH_OPS_DENSITY_H
#define VAE_GRAPH_OPS_DENSITY_H

#include "graph/ops/terms.h"

/* Where a mask is 0 the term is not looked at, so that what is missing may be no number. */
#define MASKED(mask, term) ((mask) != 0 ? (mask) * (term) : 0)

/* A logarithm before it is exponentiated: clipped, and whether a gradient passes. Not a number stays so. */
static inline real clip_between(real x, real low, real high)
{
    const real above = x < low ? low : x;
    return above > high ? high : above;
}

static inline real pass_between(real x, real low, real high, real gradient)
{
    return ((x >= low) & (x <= high)) ? gradient : 0;
}

static inline real clip_log_rate(real x)
{
    return clip_between(x, -30, 30);
}

static inline real pass_log_rate(real x, real gradient)
{
    return pass_between(x, -30, 30, gradient);
}

/* ---- exp(-t) on [0, 1]: what it encloses, and where its middle is; t >= 0 ---------------------------------------- */

/* Below, series serve, for the formulas cancel. */
#define SMALL (VAE__IS_FLOAT ? R(1) : R(0.05))

/* 1 - exp(-t) */
static inline real rise(real t)
{
    return VAE__IS_FLOAT ? 1 - vae__exp_negative(-t) : (real)-expm1((double)-t);
}

/* log((1 - exp(-t)) / t), which is 0 at 0. */
static inline real log_enclosed(real t)
{
    const real square = t * t;
    const real series = R(1) / 24 - square * (R(1) / 2880 - square * (R(1) / 181440 - square * (R(1) / 9676800)));
    const real near = square * series - t / 2;
    const real far = vae__log(rise(t) / t);
    return t < SMALL ? near : far;
}

/* 1 / (1 - exp(-t)) - 1 / t, the mean of a density on [0, 1] that rises as exp(t x); from 1/2 to 1. */
static inline real rising_mean(real t)
{
    const real square = t * t;
    const real series =
        R(1) / 12 -
        square * (R(1) / 720 - square * (R(1) / 30240 - square * (R(1) / 1209600 - square * (R(1) / 47900160))));
    const real near = R(0.5) + t * series, far = 1 / rise(t) - 1 / t;
    return t < SMALL ? near : far;
}

/*
 * x · logits − softplus(logits) = (x − [logits > 0]) · logits − log(1 + exp(−|logits|)): the two large parts of it
 * cancel before they are computed, and an infinite logit on the side of x gives 0.
 */
static inline real bernoulli_line(real x, real logits)
{
    const real beyond = x - (logits > 0 ? R(1) : R(0));
    return beyond != 0 ? beyond * logits : 0;
}

/* ---- Building ---------------------------------------------------------------------------------------------------- */

#if VAE__REFERENCE
/* Of x's shape, with `rows` rows, which x has too, or one that serves them all. */
static inline vae_status check_density_input(const vae_node *x, const vae_node *other, int64_t rows, bool may_be_one)
{
    if (!same_shape(x, other))
        return shapes_error("shapes differ", x, "and", other, "");
    const bool serves = x->rows == rows || x->rows == 1;
    return serves && (other->rows == rows || (may_be_one && other->rows == 1)) ? vae__ok() : rows_error(x, other);
}

/* The rows of x, or of a head that has more. */
static inline int64_t density_rows(const vae_node *node)
{
    int64_t rows = node->inputs[0]->rows;
    for (int i = 1; i < node->input_count - 1; i++)
        rows = node->inputs[i]->rows > rows ? node->inputs[i]->rows : rows;
    return rows;
}

/* The first input is x, the last a mask or absent; what is between has x's shape, or is shared, or a single value. */
static inline vae_status density_shape(vae_node *node)
{
    const int last = node->input_count - 1;
    const vae_node *x = node->inputs[0], *mask = node->inputs[last];
    const int64_t rows = density_rows(node);
    for (int i = 1; i < last; i++) {
        const vae_node *head = node->inputs[i];
        if (head->rows || (head->size != 1 && !same_shape(x, head)))
            VAE__TRY(check_density_input(x, head, rows, false));
    }
    if (mask)
        VAE__TRY(check_density_input(x, mask, rows, true));
    take_single(node, rows);
    return vae__ok();
}

/* x, and a mask, that were repeated for as many samples as the heads have need no copies: what they were made of serves
 * every row. */
static inline vae_node *new_density(const vae__op *op, int input_count, vae_node **inputs)
{
    int64_t rows = 0;
    for (int i = 1; i < input_count - 1; i++)
        rows = inputs[i] && inputs[i]->rows > rows ? inputs[i]->rows : rows;
    for (int i = 0; i < input_count; i += input_count - 1)
        if (inputs[i] && inputs[i]->op->number == VAE__NUMBER(repeat) && inputs[i]->rows == rows)
            inputs[i] = inputs[i]->inputs[0];
    return vae__node_new(NULL, op, (vae_node){ 0 }, input_count, inputs);
}

#define BUILD(name, call)                                                                                              \
    static vae_node *name(vae_node *const *a)                                                                          \
    {                                                                                                                  \
        return call;                                                                                                   \
    }

#define BETWEEN(rows_, n, low_, high_)                                                                                 \
    {                                                                                                                  \
        .rows = (rows_), .rank = 1, .shape = { n }, .low = (low_), .high = (high_)                                     \
    }
#define UNIT(rows_, n) BETWEEN(rows_, n, 0, 1)
#define X(rows_, n)    BETWEEN(rows_, n, -2, 2)
#define MASK(rows_, n)                                                                                                 \
    {                                                                                                                  \
        .rows = (rows_), .rank = 1, .shape = { n }, .low = 0, .high = 2, .whole = true, .fixed = true                  \
    }
#define COUNT(rows_, n, high_)                                                                                         \
    {                                                                                                                  \
        .rows = (rows_), .rank = 1, .shape = { n }, .low = 0, .high = (high_), .whole = true, .fixed = true            \
    }
#endif

/* The row of an op of x, `between` inputs, and a mask; bit i of `constant_`: no gradient flows to input i. */
#define DENSITY_OP(name_, inputs, constant_)                                                                           \
    const vae__op VAE__OP(name_) = { .name = #name_,                                                                   \
                                     .number = VAE__NUMBER(name_),                                                     \
                                     ONCE(.shape = density_shape, CASES(name_##_cases), ).forward = name_##_forward,   \
                                     .backward = name_##_backward,                                                     \
                                     .reduce = name_##_reduce,                                                         \
                                     .reads_inputs = (1u << (inputs)) - 1,                                             \
                                     .constant_inputs = (constant_) | 1u << ((inputs)-1),                              \
                                     .optional_inputs = 1u << ((inputs)-1) };

#endif
