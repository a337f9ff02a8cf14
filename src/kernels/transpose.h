/* Rows to columns, squares of a vector's lanes at a time. */
#ifndef VAE_KERNELS_TRANSPOSE_H
#define VAE_KERNELS_TRANSPOSE_H

#include "src/kernels/vector.h"

#if VAE__WIDTH == 64
#define VAE__SWAP_8(a, b, x, y)                                                                                        \
    x = __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);                         \
    y = __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31)
#define VAE__SWAP_4(a, b, x, y)                                                                                        \
    x = __builtin_shufflevector(a, b, 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27);                       \
    y = __builtin_shufflevector(a, b, 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31)
#define VAE__SWAP_2(a, b, x, y)                                                                                        \
    x = __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);                       \
    y = __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)
#define VAE__SWAP_1(a, b, x, y)                                                                                        \
    x = __builtin_shufflevector(a, b, 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30);                      \
    y = __builtin_shufflevector(a, b, 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31)
#elif VAE__WIDTH == 32
#define VAE__SWAP_4(a, b, x, y)                                                                                        \
    x = __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11);                                                       \
    y = __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15)
#define VAE__SWAP_2(a, b, x, y)                                                                                        \
    x = __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);                                                       \
    y = __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15)
#define VAE__SWAP_1(a, b, x, y)                                                                                        \
    x = __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14);                                                      \
    y = __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15)
#endif

#if VAE__WIDTH > 16
/* Of each two vectors `half` apart, groups of so many lanes change places. */
#define VAE__STAGE(half, swap)                                                                                         \
    for (int i = 0; i < VAE__FLOATS; i++)                                                                              \
        if (!(i & (half))) {                                                                                           \
            vae__floats first, second;                                                                                 \
            swap(x[i], x[i + (half)], first, second);                                                                  \
            x[i] = first;                                                                                              \
            x[i + (half)] = second;                                                                                    \
        }

typedef float vae__floats __attribute__((vector_size(VAE__WIDTH)));

/* A square of floats, as many as a vector has lanes on a side. */
enum { VAE__FLOATS = VAE__WIDTH / 4 };
static inline void vae__transpose_square(const float *from, int64_t from_row, float *to, int64_t to_row)
{
    typedef float loose __attribute__((vector_size(VAE__WIDTH), aligned(4), may_alias));
    vae__floats x[VAE__FLOATS];
    VAE__UNROLL
    for (int i = 0; i < VAE__FLOATS; i++)
        x[i] = *(const loose *)(from + i * from_row);
#if VAE__WIDTH == 64
    VAE__UNROLL
    VAE__STAGE(8, VAE__SWAP_8)
#endif
    VAE__UNROLL
    VAE__STAGE(4, VAE__SWAP_4)
    VAE__UNROLL
    VAE__STAGE(2, VAE__SWAP_2)
    VAE__UNROLL
    VAE__STAGE(1, VAE__SWAP_1)
    VAE__UNROLL
    for (int i = 0; i < VAE__FLOATS; i++)
        *(loose *)(to + i * to_row) = x[i];
}
#endif

/* to(column, row) = from(row, column). */
static inline void vae__transpose(const real *from, int64_t from_row, int64_t rows, int64_t columns, real *to,
                                  int64_t to_row)
{
    const int64_t side = VAE__IS_FLOAT && VAE__WIDTH > 16 ? VAE__VECTOR : 1;
    const int64_t whole_rows = rows / side * side, whole_columns = columns / side * side;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = side > 1 && i < whole_rows ? whole_columns : 0; j < columns; j++)
            to[j * to_row + i] = from[i * from_row + j];
#if VAE__WIDTH > 16
    for (int64_t i = 0; side > 1 && i < whole_rows; i += side)
        for (int64_t j = 0; j < whole_columns; j += side)
            vae__transpose_square((const float *)(const void *)(from + i * from_row + j), from_row,
                                  (float *)(void *)(to + j * to_row + i), to_row);
#endif
}

#endif
