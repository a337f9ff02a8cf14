/*
 * An op of one input, element by element, written as its two formulas:
 *
 *     UNARY(relu, x <= 0 ? 0 : x, y, y > 0 ? dy : 0)
 *
 * is y = max(x, 0), NaN where x is, whose backward reads the value of y, and of x nothing: the memory plan frees what
 * is not read. The formulas may use `number`, the attribute of the node.
 */
#ifndef VAE_GRAPH_OPS_UNARY_H
#define VAE_GRAPH_OPS_UNARY_H

#include "graph/ops/common.h"

/* What backward reads: x, y or nothing. */
#define READ_x               call->in[0]
#define READ_y               call->out
#define READ_nothing         call->grad
#define READS_INPUTS_x       1u
#define READS_INPUTS_y       0u
#define READS_INPUTS_nothing 0u
#define READS_OUTPUT_x       false
#define READS_OUTPUT_y       true
#define READS_OUTPUT_nothing false

#define UNARY(op, formula, reads, gradient_formula)                                                                    \
    UNARY_FORWARD(op, formula)                                                                                         \
    UNARY_BACKWARD(op, reads, gradient_formula)                                                                        \
    const vae__op VAE__OP(op) = { .name = #op,                                                                         \
                                  .number = VAE__NUMBER(op),                                                           \
                                  ONCE(.shape = op##_shape, CASES(op##_cases), ).forward = op##_forward,               \
                                  .backward = op##_backward,                                                           \
                                  .reads_inputs = READS_INPUTS_##reads,                                                \
                                  .reads_output = READS_OUTPUT_##reads,                                                \
                                  .in_place = true };

#define UNARY_FORWARD(op, formula)                                                                                     \
    static void op##_forward(const vae__call *call)                                                                    \
    {                                                                                                                  \
        const int64_t begin = begin_row(call) * call->node->size, end = end_row(call) * call->node->size;              \
        const real number = (real)call->node->number;                                                                  \
        const real *from = (const real *)call->in[0] + begin;                                                          \
        real *to = (real *)call->out + begin;                                                                          \
        (void)number;                                                                                                  \
        EACH(i, end - begin, const real x = from[i]; to[i] = (formula););                                              \
    }

#define UNARY_BACKWARD(op, reads, formula)                                                                             \
    static void op##_backward(const vae__call *call)                                                                   \
    {                                                                                                                  \
        const int64_t begin = begin_row(call) * call->node->size, end = end_row(call) * call->node->size;              \
        const real number = (real)call->node->number;                                                                  \
        if (!call->grad_in[0])                                                                                         \
            return;                                                                                                    \
        const real *value = (const real *)READ_##reads + begin, *slope = (const real *)call->grad + begin;             \
        real *to = (real *)call->grad_in[0] + begin;                                                                   \
        (void)number;                                                                                                  \
        if (call->fresh[0])                                                                                            \
            EACH(i, end - begin, const real reads = value[i], dy = slope[i]; (void)reads; to[i] = (formula););         \
        else                                                                                                           \
            EACH(i, end - begin, const real reads = value[i], dy = slope[i]; (void)reads; to[i] += (formula););        \
    }

/* Its cases: a call of the builder with a[0], and the values it is tried with. 19 elements: a vector and a rest. */
#define UNARY_CASES(op, call, ...)                                                                                     \
    static vae_node *op##_build(vae_node *const *a)                                                                    \
    {                                                                                                                  \
        return call;                                                                                                   \
    }                                                                                                                  \
    static const vae__case op##_cases[] = {                                                                            \
        { "plain", op##_build, 1, { { .rows = 1, .rank = 1, .shape = { 19 }, __VA_ARGS__ } } },                        \
        { "samples", op##_build, 1, { { .rows = 3, .rank = 2, .shape = { 2, 3 }, __VA_ARGS__ } } },                    \
        { "shared", op##_build, 1, { { .rows = 0, .rank = 1, .shape = { 19 }, __VA_ARGS__ } } },                       \
    };

/* Builder, shape rule and cases of an op without attributes. */
#define UNARY_BUILDER(op, ...)                                                                                         \
    vae_node *vae_##op(vae_node *x)                                                                                    \
    {                                                                                                                  \
        return vae__node_new(NULL, &VAE__OP(op), (vae_node){ 0 }, 1, &x);                                              \
    }                                                                                                                  \
    static vae_status op##_shape(vae_node *node)                                                                       \
    {                                                                                                                  \
        return shape_of_input(node);                                                                                   \
    }                                                                                                                  \
    UNARY_CASES(op, vae_##op(a[0]), __VA_ARGS__)

/* The same of an op with one number, finite. */
#define UNARY_BUILDER_NUMBER(op, what, case_number, ...)                                                               \
    vae_node *vae_##op(vae_node *x, double number)                                                                     \
    {                                                                                                                  \
        return vae__node_new(NULL, &VAE__OP(op), (vae_node){ .number = number }, 1, &x);                               \
    }                                                                                                                  \
    static vae_status op##_shape(vae_node *node)                                                                       \
    {                                                                                                                  \
        if (!isfinite(node->number))                                                                                   \
            return vae__error(VAE_ERROR_ARGUMENT, "the " what " must be finite, not %g", node->number);                \
        return shape_of_input(node);                                                                                   \
    }                                                                                                                  \
    UNARY_CASES(op, vae_##op(a[0], case_number), __VA_ARGS__)

#endif
