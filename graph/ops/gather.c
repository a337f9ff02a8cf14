/* Rows of a shared table, chosen by class number. */
#include <math.h>

#include "graph/ops/common.h"

enum { TABLE, INDEX };

/* The row that an index names; -1 outside the table, and for what is no number. */
static int64_t row_of(const vae_node *table, real index)
{
    return index >= 0 && index < (real)table->shape[0] ? (int64_t)index : -1;
}

static void gather_forward(const vae__call *call)
{
    const vae_node *table = call->node->inputs[TABLE];
    const int64_t size = call->node->size;
    for (int64_t r = begin_row(call); r < end_row(call); r++) {
        const int64_t row = row_of(table, ((const real *)call->in[INDEX])[r]);
        real *to = (real *)call->out + r * size;
        if (row >= 0)
            memcpy(to, (const real *)call->in[TABLE] + row * size, (size_t)size * sizeof(real));
        else
            EACH(i, size, to[i] = R(NAN););
    }
}

/* Elements begin … end - 1 of the table take what all rows send there, in order. */
static void scatter(const vae__call *call, int64_t begin, int64_t end)
{
    const vae_node *table = call->node->inputs[TABLE];
    const int64_t size = call->node->size, rows = all_rows(call, call->node);
    clear_if_fresh(call, TABLE, begin, end);
    for (int64_t r = 0; r < rows; r++) {
        const int64_t row = row_of(table, ((const real *)call->in[INDEX])[r]);
        if (row < 0)
            continue;
        const int64_t first = begin > row * size ? begin - row * size : 0;
        const int64_t last = end < (row + 1) * size ? end - row * size : size;
        const real *slope = (const real *)call->grad + r * size;
        real *to = (real *)call->grad_in[TABLE] + row * size;
        EACH(i, last - first, to[first + i] += slope[first + i];);
    }
}

/* Only where the index is shared as well. */
static void gather_backward(const vae__call *call)
{
    if (call->grad_in[TABLE])
        scatter(call, 0, call->node->inputs[TABLE]->size);
}

static void gather_reduce(const vae__call *call)
{
    if (call->grad_in[TABLE])
        scatter(call, call->begin, call->end);
}

#if VAE__REFERENCE
static vae_status gather_shape(vae_node *node)
{
    const vae_node *table = node->inputs[TABLE], *index = node->inputs[INDEX];
    if (table->rows || table->rank != 2)
        return shape_error("the table must be shared and have two dimensions", table);
    if (index->size != 1)
        return shape_error("the index must be a single value for each row", index);
    node->rank = 1;
    node->shape[0] = table->shape[1];
    node->rows = index->rows;
    return vae__ok();
}

vae_node *vae_gather(vae_node *table, vae_node *index)
{
    return vae__node_new(NULL, &VAE__OP(gather), (vae_node){ 0 }, 2, (vae_node *[]){ table, index });
}

static vae_node *build_gather(vae_node *const *a)
{
    return vae_gather(a[0], a[1]);
}

static vae_node *build_gather_twice(vae_node *const *a)
{
    return vae_mul(vae_gather(a[0], a[1]), vae_gather(a[0], a[2]));
}

#define A_TABLE                                                                                                        \
    {                                                                                                                  \
        .rank = 2, .shape = { 4, 5 }, .low = -2, .high = 2                                                             \
    }
#define AN_INDEX(rows_)                                                                                                \
    {                                                                                                                  \
        .rows = (rows_), .rank = 1, .shape = { 1 }, .low = 0, .high = 4, .whole = true, .fixed = true                  \
    }

static const vae__case gather_cases[] = {
    { "plain", build_gather, 2, { A_TABLE, AN_INDEX(1) } },
    { "samples", build_gather, 2, { A_TABLE, AN_INDEX(3) } },
    { "shared", build_gather, 2, { A_TABLE, AN_INDEX(0) } },
    { "used twice", build_gather_twice, 3, { A_TABLE, AN_INDEX(1), AN_INDEX(1) } },
};
#endif

const vae__op VAE__OP(gather) = { .name = "gather",
                                  .number = VAE__NUMBER(gather),
                                  ONCE(.shape = gather_shape, CASES(gather_cases), ).forward = gather_forward,
                                  .backward = gather_backward,
                                  .reduce = gather_reduce,
                                  .reads_inputs = 1u << INDEX,
                                  .reduces_sum = 1u << TABLE,
                                  .constant_inputs = 1u << INDEX };
