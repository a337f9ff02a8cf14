/* Arithmetic of two values, the second one repeated over rows or elements where it has fewer; and by a number. */
#include <math.h>

#include "graph/ops/unary.h"

#if VAE__REFERENCE
UNARY_BUILDER_NUMBER(scale, "factor", -1.7, .low = -2, .high = 2)
UNARY_BUILDER(negate, .low = -2, .high = 2)
#endif

UNARY(scale, number *x, nothing, number *dy)
UNARY(negate, -x, nothing, -dy)

/*
 * How b lies beside a. `size` elements are computed for each of the rows first … last - 1; b has values for every row,
 * or one, of which `per` rows take the same, the next ones being `step` behind. Where b has a value for each channel,
 * the places of an image are such rows.
 */
typedef struct beside {
    int64_t first, last, size, step, per;
    bool single;
} beside;

static beside beside_of(const vae__call *call, int64_t first, int64_t last)
{
    const vae_node *a = call->node, *b = call->node->inputs[1];
    const int64_t size = b->size == 1 ? a->size : b->size, per = a->size / size;
    return (beside){ .first = first * per,
                     .last = last * per,
                     .size = size,
                     .step = b->rows == a->rows ? b->size : 0,
                     .per = per,
                     .single = b->size != size };
}

/* Where b's values of a row begin. */
static inline int64_t beside_row(const beside *s, int64_t row)
{
    return row / s->per * s->step;
}

/* Is a row the first that takes these values of b, so that a gradient of theirs begins with it? */
static inline bool is_first(const beside *s, int64_t row)
{
    return s->step ? row % s->per == 0 : row == s->first;
}

/* Values a[i], b[i] and g[i] of one row, and where a gradient of the row goes. */
typedef struct row {
    const real *a, *b, *g;
    real *to;
} row;

/*
 * ARITHMETIC(op, is its backward reading a and b?, a op b, gradient of a, gradient of b). Input 0 is done before
 * input 1: both may be one node. Where backward does not read a and b, their place is taken by g, of enough elements.
 */
#define ARITHMETIC(op, reads, in_its_place, formula, gradient_a, gradient_b)                                           \
    ARITHMETIC_FORWARD(op, formula)                                                                                    \
    ARITHMETIC_ROW(op, reads)                                                                                          \
    ARITHMETIC_GRADIENT(op##_to_a, gradient_a)                                                                         \
    ARITHMETIC_GRADIENT(op##_to_b, gradient_b)                                                                         \
    ARITHMETIC_SUM(op, gradient_b)                                                                                     \
    ARITHMETIC_BACKWARD(op)                                                                                            \
    ARITHMETIC_REDUCE(op)                                                                                              \
    const vae__op VAE__OP(op) = { .name = #op,                                                                         \
                                  .number = VAE__NUMBER(op),                                                           \
                                  ONCE(.shape = shape_beside, CASES(op##_cases), ).forward = op##_forward,             \
                                  .backward = op##_backward,                                                           \
                                  .reduce = op##_reduce,                                                               \
                                  .reads_inputs = (reads) ? 3u : 0u,                                                   \
                                  .reduces_sum = (reads) ? 0u : 2u,                                                    \
                                  .in_place = (in_its_place) };

#define ARITHMETIC_FORWARD(op, formula)                                                                                \
    static void op##_forward(const vae__call *call)                                                                    \
    {                                                                                                                  \
        const beside s = beside_of(call, begin_row(call), end_row(call));                                              \
        for (int64_t r = s.first; r < s.last; r++) {                                                                   \
            const real *as = (const real *)call->in[0] + r * s.size,                                                   \
                       *bs = (const real *)call->in[1] + beside_row(&s, r);                                            \
            real *to = (real *)call->out + r * s.size;                                                                 \
            const real single = *bs;                                                                                   \
            if (s.single)                                                                                              \
                EACH(i, s.size, const real a = as[i], b = single; to[i] = (formula););                                 \
            else                                                                                                       \
                EACH(i, s.size, const real a = as[i], b = bs[i]; to[i] = (formula););                                  \
        }                                                                                                              \
    }

#define ARITHMETIC_ROW(op, reads)                                                                                      \
    static row op##_row(const vae__call *call, const beside *s, int64_t r)                                             \
    {                                                                                                                  \
        const real *g = (const real *)call->grad;                                                                      \
        const real *a = (reads) ? (const real *)call->in[0] : g, *b = (reads) ? (const real *)call->in[1] : g;         \
        return (row){ a + r * s->size, (reads) ? b + beside_row(s, r) : b + r * s->size, g + r * s->size, NULL };      \
    }

/* The gradient of one row into as many elements. */
#define ARITHMETIC_GRADIENT(name, formula)                                                                             \
    static void name(row at, int64_t size, bool single, bool fresh)                                                    \
    {                                                                                                                  \
        const real one = *at.b;                                                                                        \
        const real *as = at.a, *bs = at.b, *gs = at.g;                                                                 \
        real *to = at.to;                                                                                              \
        if (single && fresh)                                                                                           \
            EACH(i, size, const real a = as[i], b = one, g = gs[i]; (void)a; (void)b; to[i] = (formula););             \
        else if (single)                                                                                               \
            EACH(i, size, const real a = as[i], b = one, g = gs[i]; (void)a; (void)b; to[i] += (formula););            \
        else if (fresh)                                                                                                \
            EACH(i, size, const real a = as[i], b = bs[i], g = gs[i]; (void)a; (void)b; to[i] = (formula););           \
        else                                                                                                           \
            EACH(i, size, const real a = as[i], b = bs[i], g = gs[i]; (void)a; (void)b; to[i] += (formula););          \
    }

/* The gradient of b where it is a single value beside the row. */
#define ARITHMETIC_SUM(op, formula)                                                                                    \
    static inline real op##_term(real a, real b, real g)                                                               \
    {                                                                                                                  \
        (void)a;                                                                                                       \
        (void)b;                                                                                                       \
        return (formula);                                                                                              \
    }                                                                                                                  \
    static real op##_sum(row at, int64_t size)                                                                         \
    {                                                                                                                  \
        const real b = *at.b;                                                                                          \
        real total;                                                                                                    \
        VAE__SUM(total, i, size, op##_term(at.a[i], b, at.g[i]));                                                      \
        return total;                                                                                                  \
    }

#define ARITHMETIC_BACKWARD(op)                                                                                        \
    static void op##_backward(const vae__call *call)                                                                   \
    {                                                                                                                  \
        const beside s = beside_of(call, begin_row(call), end_row(call));                                              \
        for (int64_t r = s.first; call->grad_in[0] && r < s.last; r++) {                                               \
            row at = op##_row(call, &s, r);                                                                            \
            at.to = (real *)call->grad_in[0] + r * s.size;                                                             \
            op##_to_a(at, s.size, s.single, call->fresh[0]);                                                           \
        }                                                                                                              \
        for (int64_t r = s.first; call->grad_in[1] && r < s.last; r++) {                                               \
            row at = op##_row(call, &s, r);                                                                            \
            at.to = (real *)call->grad_in[1] + beside_row(&s, r);                                                      \
            if (s.single)                                                                                              \
                *at.to = (call->fresh[1] ? 0 : *at.to) + op##_sum(at, s.size);                                         \
            else                                                                                                       \
                op##_to_b(at, s.size, false, call->fresh[1] && is_first(&s, r));                                       \
        }                                                                                                              \
    }

/* b shared beside an a with rows: its elements begin … end - 1, over all rows in order. */
#define ARITHMETIC_REDUCE(op)                                                                                          \
    static void op##_reduce(const vae__call *call)                                                                     \
    {                                                                                                                  \
        const beside s = beside_of(call, 0, all_rows(call, call->node));                                               \
        real *to = (real *)call->grad_in[1];                                                                           \
        if (!to || call->input != 1 || call->begin >= call->end)                                                       \
            return;                                                                                                    \
        clear_if_fresh(call, 1, call->begin, call->end);                                                               \
        for (int64_t r = s.first; r < s.last; r++) {                                                                   \
            row at = op##_row(call, &s, r);                                                                            \
            if (s.single) {                                                                                            \
                *to += op##_sum(at, s.size);                                                                           \
                continue;                                                                                              \
            }                                                                                                          \
            row part = { at.a + call->begin, at.b + call->begin, at.g + call->begin, to + call->begin };               \
            op##_to_b(part, call->end - call->begin, false, false);                                                    \
        }                                                                                                              \
    }

#if VAE__REFERENCE
static vae_status shape_beside(vae_node *node)
{
    const vae_node *a = node->inputs[0], *b = node->inputs[1];
    const bool by_channel = b->rank == 1 && b->shape[0] == a->shape[a->rank - 1];
    if (b->size != 1 && !by_channel && !same_shape(a, b))
        return shapes_error("shapes differ", a, "and", b, "");
    if (b->rows && b->rows != a->rows)
        return rows_error(a, b);
    return shape_of_input(node);
}

#define A(rows_, ...)                                                                                                  \
    {                                                                                                                  \
        .rows = (rows_), .rank = 1, .shape = { __VA_ARGS__ }, .low = -2, .high = 2                                     \
    }
#define IMAGE(rows_, ...)                                                                                              \
    {                                                                                                                  \
        .rows = (rows_), .rank = 3, .shape = { __VA_ARGS__ }, .low = -2, .high = 2                                     \
    }
/* Away from 0, for a divisor. */
#define B(rows_, ...)                                                                                                  \
    {                                                                                                                  \
        .rows = (rows_), .rank = 1, .shape = { __VA_ARGS__ }, .low = 0.5, .high = 2                                    \
    }

#define BUILDER(op)                                                                                                    \
    vae_node *vae_##op(vae_node *a, vae_node *b)                                                                       \
    {                                                                                                                  \
        return vae__node_new(NULL, &VAE__OP(op), (vae_node){ 0 }, 2, (vae_node *[]){ a, b });                          \
    }                                                                                                                  \
    static vae_node *op##_build(vae_node *const *a)                                                                    \
    {                                                                                                                  \
        return vae_##op(a[0], a[1]);                                                                                   \
    }                                                                                                                  \
    static vae_node *op##_build_twice(vae_node *const *a)                                                              \
    {                                                                                                                  \
        return vae_##op(a[0], a[0]);                                                                                   \
    }                                                                                                                  \
    static const vae__case op##_cases[] = {                                                                            \
        { "plain", op##_build, 2, { A(1, 19), B(1, 19) } },                                                            \
        { "samples", op##_build, 2, { A(3, 5), B(3, 5) } },                                                            \
        { "all shared", op##_build, 2, { A(0, 19), B(0, 19) } },                                                       \
        { "shared", op##_build, 2, { A(1, 19), B(0, 19) } },                                                           \
        { "shared, samples", op##_build, 2, { A(3, 5), B(0, 5) } },                                                    \
        { "a value a row", op##_build, 2, { A(1, 19), B(1, 1) } },                                                     \
        { "a value a row, samples", op##_build, 2, { A(3, 5), B(3, 1) } },                                             \
        { "one value", op##_build, 2, { A(1, 19), B(0, 1) } },                                                         \
        { "one value beside a shared one", op##_build, 2, { A(0, 19), B(0, 1) } },                                     \
        { "single values", op##_build, 2, { A(3, 1), B(0, 1) } },                                                      \
        { "by channel", op##_build, 2, { IMAGE(1, 2, 3, 17), B(0, 17) } },                                             \
        { "by channel, samples", op##_build, 2, { IMAGE(3, 2, 1, 3), B(0, 3) } },                                      \
        { "by channel of a row", op##_build, 2, { IMAGE(1, 2, 3, 5), B(1, 5) } },                                      \
        { "by channel of a row, samples", op##_build, 2, { IMAGE(3, 2, 2, 3), B(3, 3) } },                             \
        { "by channel, all shared", op##_build, 2, { IMAGE(0, 2, 3, 5), B(0, 5) } },                                   \
        { "itself", op##_build_twice, 1, { B(1, 19) } },                                                               \
        { "itself, shared", op##_build_twice, 1, { B(0, 19) } },                                                       \
    };

BUILDER(add)
BUILDER(sub)
BUILDER(mul)
BUILDER(div)
#endif

/* A product's gradient cannot take the place of its result's: the second one reads it after the first was written. */
ARITHMETIC(add, false, true, a + b, g, g)
ARITHMETIC(sub, false, true, a - b, g, -g)
ARITHMETIC(mul, true, false, a *b, g *b, g *a)
ARITHMETIC(div, true, false, a / b, g / b, -(g / b) * (a / b))
