/*
 * What the op files share: how a row of the table is written, the share of a call in rows, and the messages of shape
 * rules. Everything is inlined into the op files, which are compiled once for each variant.
 */
#ifndef VAE_GRAPH_OPS_COMMON_H
#define VAE_GRAPH_OPS_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "graph/op.h"
#include "src/base/status.h"
#include "src/kernels/math.h"

#define DECLARE_ROW(name) extern const vae__op VAE__OP(name);
VAE__OP_LIST(DECLARE_ROW)
#undef DECLARE_ROW

/* Shape rules, cases and builders do not compute: they are compiled once, and the rows of other variants lack them. */
#if VAE__REFERENCE
#define ONCE(...) __VA_ARGS__
#else
#define ONCE(...)
#endif

#define CASES(array) .cases = (array), .case_count = (int)(sizeof(array) / sizeof(array)[0])

/* A constant of a formula; without it a float's formula would be computed in double. */
#define R(constant) ((real)(constant))

/*
 * A loop over elements i = 0 … count - 1. Arrays in it are the same or apart, never shifted against each other, so
 * that its iterations may run side by side; the compiler cannot know that.
 */
#if VAE__REFERENCE || defined(VAE__ONE_BY_ONE) /* clang would complain that it cannot be obeyed */
#define SIDE_BY_SIDE
#elif defined(__clang__)
#define SIDE_BY_SIDE _Pragma("clang loop vectorize(assume_safety)")
#else
#define SIDE_BY_SIDE _Pragma("GCC ivdep")
#endif
#define EACH(i, count, ...)                                                                                            \
    do {                                                                                                               \
        const int64_t each_count = (count);                                                                            \
        SIDE_BY_SIDE                                                                                                   \
        for (int64_t i = 0; i < each_count; i++) {                                                                     \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    } while (0)

/* ---- The share --------------------------------------------------------------------------------------------------- */

/* Rows of a whole run that a node has. */
static inline int64_t all_rows(const vae__call *call, const vae_node *node)
{
    return node->rows ? call->examples * node->rows : 1;
}

/* The first row, and the row behind the last, of a share of examples. */
static inline int64_t begin_row(const vae__call *call)
{
    return call->begin * vae__rows(call->node);
}

static inline int64_t end_row(const vae__call *call)
{
    return call->end * vae__rows(call->node);
}

/* Gradient that input i gets its first part of in this call: cleared here where `fresh` says it holds nothing. */
static inline void clear_if_fresh(const vae__call *call, int input, int64_t begin, int64_t end)
{
    real *gradient = (real *)call->grad_in[input];
    if (call->fresh[input])
        memset(gradient + begin, 0, (size_t)(end - begin) * sizeof(real));
}

/* The sum of an array in the fixed order of VAE__SUM. */
static inline real sum_of(const real *terms, int64_t count)
{
    real total;
    VAE__SUM(total, i, count, terms[i]);
    return total;
}

/* ---- Shape rules ------------------------------------------------------------------------------------------------- */

static inline void take_shape(vae_node *node, const vae_node *from)
{
    node->rank = from->rank;
    memcpy(node->shape, from->shape, sizeof(node->shape));
    node->rows = from->rows;
}

static inline void take_single(vae_node *node, int64_t rows)
{
    node->rank = 1;
    node->shape[0] = 1;
    node->rows = rows;
}

static inline bool same_shape(const vae_node *a, const vae_node *b)
{
    return a->rank == b->rank && !memcmp(a->shape, b->shape, (size_t)a->rank * sizeof(a->shape[0]));
}

/* "what: (rows, 400) and (500)hint" */
static inline vae_status shapes_error(const char *what, const vae_node *a, const char *between, const vae_node *b,
                                      const char *hint)
{
    char first[VAE__SHAPE_TEXT], second[VAE__SHAPE_TEXT];
    return vae__error(VAE_ERROR_SHAPE, "%s: %s %s %s%s", what, vae__shape_text(a, first), between,
                      vae__shape_text(b, second), hint);
}

static inline vae_status shape_error(const char *what, const vae_node *a)
{
    char text[VAE__SHAPE_TEXT];
    return vae__error(VAE_ERROR_SHAPE, "%s: %s", what, vae__shape_text(a, text));
}

static inline vae_status rows_error(const vae_node *a, const vae_node *b)
{
    const char *hint = "";
    if (a->rows && b->rows)
        hint = "; vae_repeat brings one row to as many as the other has";
    else if (b->rows)
        hint = "; what is shared stands second";
    return shapes_error("rows differ", a, "and", b, hint);
}

/* One shape and one number of rows. */
static inline vae_status check_same(const vae_node *a, const vae_node *b)
{
    if (!same_shape(a, b))
        return shapes_error("shapes differ", a, "and", b, "");
    return a->rows == b->rows ? vae__ok() : rows_error(a, b);
}

/* The rule of ops whose result lies as their first input does. */
static inline vae_status shape_of_input(vae_node *node)
{
    take_shape(node, node->inputs[0]);
    return vae__ok();
}

#endif
