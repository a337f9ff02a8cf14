/* How the products of src/kernels/product.c and src/kernels/bf16.c cut rows, columns and steps. */
#ifndef VAE_KERNELS_CUT_H
#define VAE_KERNELS_CUT_H

#include "src/kernels/vector.h"

static inline int64_t least(int64_t x, int64_t y)
{
    return x < y ? x : y;
}

static inline int64_t blocks(int64_t extent, int64_t block)
{
    return (extent + block - 1) / block;
}

/* Stretch `i` of so many that are as equal as multiples of `unit` can be. */
typedef struct stretch {
    int64_t begin, size;
} stretch;

static inline stretch stretch_of(int64_t extent, int64_t unit, int64_t count, int64_t i)
{
    const int64_t units = blocks(extent, unit), begin = units * i / count * unit;
    return (stretch){ begin, least(units * (i + 1) / count * unit, extent) - begin };
}

static inline int64_t vectors_of(int64_t columns)
{
    return blocks(columns, VAE__VECTOR);
}

/* Lanes of the last vector. */
static inline int64_t part_of(int64_t columns)
{
    return columns - (vectors_of(columns) - 1) * VAE__VECTOR;
}

#endif
