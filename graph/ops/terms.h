/*
 * Ops whose result is one value for each row, a sum of terms over its elements: Σ_i term(a_i, b_i, …). Such an op is
 * written as its term, and the term's derivative by each input:
 *
 *     TERMS(square_error, SQUARE(a - b))
 *     SLOPES(square_error_0, 2 * (a - b))
 *     SLOPES(square_error_1, 2 * (b - a))
 *
 * where a, b, c, d are elements of inputs 0 … 3. An input has values for each row, or for each example, whose rows then
 * take them all, or is shared, of a row's shape or a single value; an absent one (a mask) counts as 1. Rows are done in
 * blocks, in which a single value is spread out, so that every loop runs over plain arrays.
 */
#ifndef VAE_GRAPH_OPS_TERMS_H
#define VAE_GRAPH_OPS_TERMS_H

#include "graph/ops/common.h"

enum { TERMS_BLOCK = 1024 }; /* at most vae__sum_log1p's most */

/* The sum of `count` terms; the elements of each input are in in[]. */
typedef real terms_function(int64_t count, const real *const in[VAE__MAX_INPUTS]);

/* to (+)= factor · derivative; where `fresh`, `to` is overwritten, and may be an input's elements. */
typedef void slopes_function(int64_t count, const real *const in[VAE__MAX_INPUTS], real factor, real *to, bool fresh);

#define ELEMENTS const real *const as = in[0], *const bs = in[1], *const cs = in[2], *const ds = in[3]
#define ELEMENT                                                                                                        \
    const real a = as[i], b = bs[i], c = cs[i], d = ds[i];                                                             \
    (void)a;                                                                                                           \
    (void)b;                                                                                                           \
    (void)c;                                                                                                           \
    (void)d;

#define TERMS(name, formula)                                                                                           \
    static inline real name##_term(real a, real b, real c, real d)                                                     \
    {                                                                                                                  \
        (void)a;                                                                                                       \
        (void)b;                                                                                                       \
        (void)c;                                                                                                       \
        (void)d;                                                                                                       \
        return (formula);                                                                                              \
    }                                                                                                                  \
    static real name##_terms(int64_t count, const real *const in[VAE__MAX_INPUTS])                                     \
    {                                                                                                                  \
        ELEMENTS;                                                                                                      \
        real terms[TERMS_BLOCK];                                                                                       \
        EACH(i, count, ELEMENT terms[i] = name##_term(a, b, c, d););                                                   \
        return sum_of(terms, count);                                                                                   \
    }

#define SLOPES(name, formula)                                                                                          \
    static void name##_slopes(int64_t count, const real *const in[VAE__MAX_INPUTS], real factor, real *to, bool fresh) \
    {                                                                                                                  \
        ELEMENTS;                                                                                                      \
        if (fresh)                                                                                                     \
            EACH(i, count, ELEMENT to[i] = factor * (formula););                                                       \
        else                                                                                                           \
            EACH(i, count, ELEMENT to[i] += factor * (formula););                                                      \
    }

/* Where the elements of an input lie. */
typedef struct operand {
    const real *values;
    int64_t step; /* from a row of its own to the next … */
    int64_t per;  /* … which so many rows of the node take */
    bool single;
    real spread[TERMS_BLOCK]; /* of a single value, and of an absent input */
} operand;

typedef struct operands {
    int64_t size; /* elements of a row */
    operand each[VAE__MAX_INPUTS];
} operands;

static inline void spread(operand *o, real value)
{
    o->single = true;
    for (int i = 0; i < TERMS_BLOCK; i++)
        o->spread[i] = value;
}

/* How many rows of a node take the same row of an input. */
static inline int64_t rows_per(const vae_node *node, const vae_node *input)
{
    return input && input->rows ? node->rows / input->rows : 1;
}

/* The first input tells how many elements a row has. Inputs that the call does not bring are not read. */
static inline void find_operands(const vae__call *call, operands *all)
{
    const vae_node *node = call->node;
    all->size = node->inputs[0]->size;
    for (int k = 0; k < VAE__MAX_INPUTS; k++) {
        const vae_node *input = k < node->input_count ? node->inputs[k] : NULL;
        operand *o = &all->each[k];
        o->values = input ? (const real *)call->in[k] : NULL;
        o->step = input && input->rows ? input->size : 0;
        o->per = rows_per(node, input);
        o->single = false;
        if (!o->values)
            spread(o, 1);
        else if (input->size != all->size)
            spread(o, *o->values);
    }
}

/* Elements from `begin` on of row r, at most a block of them. */
static inline void point_at(const operands *all, int64_t r, int64_t begin, const real *in[VAE__MAX_INPUTS])
{
    for (int k = 0; k < VAE__MAX_INPUTS; k++) {
        const operand *o = &all->each[k];
        in[k] = o->single ? o->spread : o->values + r / o->per * o->step + begin;
    }
}

static inline int64_t block_end(int64_t begin, int64_t end)
{
    return end - begin < TERMS_BLOCK ? end : begin + TERMS_BLOCK;
}

static inline void sum_terms(const vae__call *call, terms_function *terms)
{
    operands all;
    find_operands(call, &all);
    for (int64_t r = begin_row(call); r < end_row(call); r++) {
        real total = 0;
        for (int64_t begin = 0; begin < all.size; begin += TERMS_BLOCK) {
            const real *in[VAE__MAX_INPUTS];
            point_at(&all, r, begin, in);
            total += terms(block_end(begin, all.size) - begin, in);
        }
        ((real *)call->out)[r] = total;
    }
}

/* Gradient of elements begin … end - 1 of row r: added to what is in to[begin] …, or in its place where it is fresh. */
static inline void slopes_of_row(const operands *all, slopes_function *slopes, int64_t r, int64_t begin, int64_t end,
                                 real factor, real *to, bool fresh)
{
    for (int64_t i = begin, next; i < end; i = next) {
        const real *in[VAE__MAX_INPUTS];
        next = block_end(i, end);
        point_at(all, r, i, in);
        slopes(next - i, in, factor, to + i, fresh);
    }
}

/* The same of a single value: the sum of what its elements would get. */
static inline real slope_of_single(const operands *all, slopes_function *slopes, int64_t r, real factor)
{
    real total = 0, terms[TERMS_BLOCK];
    for (int64_t i = 0, next; i < all->size; i = next) {
        next = block_end(i, all->size);
        const real *in[VAE__MAX_INPUTS];
        point_at(all, r, i, in);
        slopes(next - i, in, factor, terms, true);
        total += sum_of(terms, next - i);
    }
    return total;
}

/* Input k takes what rows first … last - 1 give to its elements begin … end - 1, in order. */
static inline void add_slopes(const vae__call *call, const operands *all, int k, slopes_function *slopes, int64_t first,
                              int64_t last, int64_t begin, int64_t end)
{
    const vae_node *input = call->node->inputs[k];
    const bool single = input->size != all->size;
    const int64_t step = input->rows ? all->size : 0, per = rows_per(call->node, input);
    const real *factor = (const real *)call->grad;
    real *to = (real *)call->grad_in[k];
    for (int64_t r = first; r < last; r++) {
        const bool fresh = call->fresh[k] && (step ? r % per == 0 : r == first);
        if (single)
            *to = (fresh ? 0 : *to) + slope_of_single(all, slopes, r, factor[r]);
        else
            slopes_of_row(all, slopes, r, begin, end, factor[r], to + r / per * step, fresh);
    }
}

static inline void terms_backward(const vae__call *call, slopes_function *const slopes[VAE__MAX_INPUTS])
{
    operands all;
    find_operands(call, &all);
    for (int k = 0; k < call->node->input_count; k++)
        if (call->grad_in[k] && call->begin < call->end)
            add_slopes(call, &all, k, slopes[k], begin_row(call), end_row(call), 0, all.size);
}

static inline void terms_reduce(const vae__call *call, slopes_function *const slopes[VAE__MAX_INPUTS])
{
    operands all;
    find_operands(call, &all);
    const int k = call->input;
    if (call->grad_in[k] && call->begin < call->end)
        add_slopes(call, &all, k, slopes[k], 0, all_rows(call, call->node), call->begin, call->end);
}

/* The functions of an op; `by` are its slopes in order of inputs. */
#define TERMS_OP(name, ...)                                                                                            \
    static slopes_function *const name##_by[VAE__MAX_INPUTS] = { __VA_ARGS__ };                                        \
    static void name##_forward(const vae__call *call)                                                                  \
    {                                                                                                                  \
        sum_terms(call, name##_terms);                                                                                 \
    }                                                                                                                  \
    static void name##_backward(const vae__call *call)                                                                 \
    {                                                                                                                  \
        terms_backward(call, name##_by);                                                                               \
    }                                                                                                                  \
    static void name##_reduce(const vae__call *call)                                                                   \
    {                                                                                                                  \
        terms_reduce(call, name##_by);                                                                                 \
    }

/* A log-variance before it is exponentiated: clipped, and whether a gradient passes. Not a number stays so. */
static inline real clip_logvar(real x)
{
    const real above = x < -30 ? -30 : x;
    return above > 20 ? 20 : above;
}

static inline real pass_logvar(real x, real gradient)
{
    return ((x >= -30) & (x <= 20)) ? gradient : 0;
}

#if VAE__REFERENCE
/* `other` has the first input's shape and rows, or is shared with its shape or as a single value. */
static inline vae_status check_beside(const vae_node *first, const vae_node *other, bool may_be_single)
{
    if (!other->rows && (same_shape(first, other) || (may_be_single && other->size == 1)))
        return vae__ok();
    return check_same(first, other);
}
#endif

#endif
