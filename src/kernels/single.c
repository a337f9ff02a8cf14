/* A product of one row: a weight is read once and in the order it lies, and what belongs to zeros of the row is not. */
#include "src/kernels/matmul.h"
#include "src/kernels/parts.h"
#include "src/kernels/vector.h"

enum { ALL = VAE__VECTOR };

/* Rows of b that are added at a time, and values of a that are looked at for it. */
enum { SINGLE_ROWS = 4, SINGLE_STEPS = 512 };

/* c(n) = fma(a[3], b3, fma(a[2], b2, …)) while the next rows are fetched: those that are skipped between keep the
 * processor from seeing a stream. */
static void add_four(const real *restrict a[SINGLE_ROWS], const real *restrict rows[SINGLE_ROWS],
                     const real *restrict next[SINGLE_ROWS], real *restrict c, int64_t n)
{
    const vae__vector a0 = vae__vector_of(*a[0]), a1 = vae__vector_of(*a[1]);
    const vae__vector a2 = vae__vector_of(*a[2]), a3 = vae__vector_of(*a[3]);
    int64_t j = 0;
    for (; j + ALL <= n; j += ALL) {
#pragma GCC unroll 4
        for (int i = 0; i < SINGLE_ROWS; i++)
            __builtin_prefetch(next[i] + j);
        vae__vector sum = vae__vector_fma(a0, vae__vector_load(rows[0] + j), vae__vector_load(c + j));
        sum = vae__vector_fma(a1, vae__vector_load(rows[1] + j), sum);
        sum = vae__vector_fma(a2, vae__vector_load(rows[2] + j), sum);
        vae__vector_store(c + j, vae__vector_fma(a3, vae__vector_load(rows[3] + j), sum));
    }
    for (; j < n; j++)
        c[j] = vae__fma(*a[3], rows[3][j],
                        vae__fma(*a[2], rows[2][j], vae__fma(*a[1], rows[1][j], vae__fma(*a[0], rows[0][j], c[j]))));
}

/* Adds the rows of b that belong to the values of a that are not 0, as many as half of them behind a relu and most of
 * an image's are: in their order, so that a sum has the same bits as with them all. */
static void add_chosen(const vae__matmul_piece *piece, const int64_t *chosen, int64_t count)
{
    const real *a = piece->a, *b = piece->b;
    real *c = piece->c;
    int64_t step = 0;
    for (; step + SINGLE_ROWS <= count; step += SINGLE_ROWS) {
        const real *factors[SINGLE_ROWS], *rows[SINGLE_ROWS], *next[SINGLE_ROWS];
        for (int64_t i = 0; i < SINGLE_ROWS; i++) {
            int64_t later = step + SINGLE_ROWS + i < count ? step + SINGLE_ROWS + i : count - 1;
            factors[i] = a + chosen[step + i];
            rows[i] = b + chosen[step + i] * piece->ldb;
            next[i] = b + chosen[later] * piece->ldb;
        }
        add_four(factors, rows, next, c, piece->n);
    }
    for (; step < count; step++)
        for (int64_t j = 0; j < piece->n; j++)
            c[j] = vae__fma(a[chosen[step]], b[chosen[step] * piece->ldb + j], c[j]);
}

/* One row: b is read once and in the order it lies, and c waits in the nearest cache. */
void VAE__VARIANT(vae__matmul_single)(const vae__matmul_piece *piece)
{
    const real *a = piece->a, *bias = piece->bias;
    real *c = piece->c;
    const int64_t n = piece->n, k = piece->k;
    if (!piece->add)
        memset(c, 0, (size_t)n * sizeof *c);
    for (int64_t begin = 0; begin < k; begin += SINGLE_STEPS) {
        int64_t end = k - begin < SINGLE_STEPS ? k : begin + SINGLE_STEPS, count = 0;
        int64_t chosen[SINGLE_STEPS];
        for (int64_t step = begin; step < end; step++) {
            chosen[count] = step;
            count += a[step] < 0 || a[step] > 0 || a[step] != a[step];
        }
        add_chosen(piece, chosen, count);
    }
    for (int64_t j = 0; bias && j < n; j++)
        c[j] += bias[j];
    for (int64_t j = 0; piece->relu && j < n; j++)
        c[j] = c[j] <= 0 ? 0 : c[j];
}
