/*
 * Our own matrix product of one piece. c is computed in tiles that stay in registers while the inner dimension passes
 * by. An element's sum has one order for a given k, whatever tile it falls into:
 *     NN, TN, and NT with k up to INNER_SHORT
 *              from the first to the last, beginning with c itself where the product is added to it;
 *     NT       lane l of a vector takes every VAE__VECTOR-th product from l on; then the lanes are added up.
 */
#include "src/kernels/parts.h"
#include "src/kernels/vector.h"

enum { ALL = VAE__VECTOR };

/* Tiles of the outer kind: so many that the sums, a row of b and one value of a fill the registers. */
enum { OUTER_ROWS = VAE__WIDTH == 64 ? 8 : 4, OUTER_VECTORS = VAE__WIDTH == 16 ? 2 : 3 };

/* Tiles of the inner kind: rows of a, rows of b; and the inner dimension up to which there are none. */
enum { INNER_COLUMNS = 4, INNER_ROWS = VAE__SUMS / INNER_COLUMNS, INNER_SHORT = 64 };

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* a is at the tile's first row, b, bias and c at its first column too. */
typedef struct tile {
    const vae__matmul_piece *piece;
    const real *a, *b, *bias;
    real *c;
    int64_t row_step, k_step; /* of a */
    int64_t part;             /* lanes of the last vector */
} tile;

ALWAYS_INLINE vae__vector load(const real *from, bool last, int64_t part)
{
    return last ? vae__vector_load_part(from, part) : vae__vector_load(from);
}

ALWAYS_INLINE void store(real *to, vae__vector x, bool last, int64_t part)
{
    if (last)
        vae__vector_store_part(to, x, part);
    else
        vae__vector_store(to, x);
}

/* rows, vectors and partly are constants where this is inlined. */
ALWAYS_INLINE void outer_tile(const tile *t, int rows, int vectors, bool partly)
{
    const vae__matmul_piece *piece = t->piece;
    const int64_t k = piece->k, ldb = piece->ldb, ldc = piece->ldc, row_step = t->row_step, k_step = t->k_step;
    const int64_t part = t->part;
    const real *a = t->a, *b = t->b;
    vae__vector sum[OUTER_ROWS][OUTER_VECTORS];
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++)
            sum[i][v] =
                piece->add ? load(t->c + i * ldc + v * ALL, partly && v == vectors - 1, part) : vae__vector_of(0);
    for (int64_t step = 0; step < k; step++, a += k_step, b += ldb) {
        vae__vector row[OUTER_VECTORS];
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++)
            row[v] = load(b + v * ALL, partly && v == vectors - 1, part);
#pragma GCC unroll 8
        for (int i = 0; i < rows; i++) {
            vae__vector factor = vae__vector_of(a[i * row_step]);
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++)
                sum[i][v] = vae__vector_fma(factor, row[v], sum[i][v]);
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            vae__vector x = sum[i][v];
            if (t->bias)
                x += load(t->bias + v * ALL, partly && v == vectors - 1, part);
            if (piece->relu)
                x = vae__vector_relu(x);
            store(t->c + i * ldc + v * ALL, x, partly && v == vectors - 1, part);
        }
}

typedef void tile_function(const tile *t);

#define OUTER_TILE(rows, vectors)                                                                                      \
    static void outer_##rows##_##vectors(const tile *t)                                                                \
    {                                                                                                                  \
        outer_tile(t, rows, vectors, false);                                                                           \
    }                                                                                                                  \
    static void outer_part_##rows##_##vectors(const tile *t)                                                           \
    {                                                                                                                  \
        outer_tile(t, rows, vectors, true);                                                                            \
    }

#if VAE__WIDTH == 16
#define OUTER_VECTOR_LIST(X, rows) X(rows, 1) X(rows, 2)
#else
#define OUTER_VECTOR_LIST(X, rows) X(rows, 1) X(rows, 2) X(rows, 3)
#endif
#if VAE__WIDTH == 64
#define OUTER_LIST(X) OUTER_VECTOR_LIST(X, 1) OUTER_VECTOR_LIST(X, 2) OUTER_VECTOR_LIST(X, 4) OUTER_VECTOR_LIST(X, 8)
#else
#define OUTER_LIST(X) OUTER_VECTOR_LIST(X, 1) OUTER_VECTOR_LIST(X, 2) OUTER_VECTOR_LIST(X, 4)
#endif
OUTER_LIST(OUTER_TILE)

/* By rows, vectors, and whether the last vector is a part. */
static tile_function *const outer_tiles[OUTER_ROWS + 1][OUTER_VECTORS + 1][2] = {
#define OUTER_ENTRY(rows, vectors) [rows][vectors] = { outer_##rows##_##vectors, outer_part_##rows##_##vectors },
    OUTER_LIST(OUTER_ENTRY)
#undef OUTER_ENTRY
};

/* The most rows that a tile can have and `left` still offers: a power of two. */
static int64_t rows_of(int64_t left, int64_t most)
{
    while (most > left)
        most /= 2;
    return most;
}

/* A panel of b stays in the cache while all rows of a pass by. */
static void outer_product(const vae__matmul_piece *piece, int64_t row_step, int64_t k_step)
{
    const real *a = piece->a, *b = piece->b, *bias = piece->bias;
    real *c = piece->c;
    int64_t width;
    for (int64_t j = 0; j < piece->n; j += width) {
        width = piece->n - j < OUTER_VECTORS * ALL ? piece->n - j : OUTER_VECTORS * ALL;
        int64_t vectors = (width + ALL - 1) / ALL, part = width - (vectors - 1) * ALL;
        int64_t rows;
        for (int64_t i = 0; i < piece->m; i += rows) {
            rows = rows_of(piece->m - i, OUTER_ROWS);
            outer_tiles[rows][vectors][part < ALL](&(tile){
                .piece = piece,
                .a = a + i * row_step,
                .b = b + j,
                .bias = bias ? bias + j : NULL,
                .c = c + i * piece->ldc + j,
                .row_step = row_step,
                .k_step = k_step,
                .part = part,
            });
        }
    }
}

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
static void single_row(const vae__matmul_piece *piece)
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
        c[j] = c[j] > 0 ? c[j] : 0;
}

/* One step of the inner dimension: a vector of products for each sum. */
ALWAYS_INLINE void inner_step(vae__vector sum[INNER_ROWS * INNER_COLUMNS], const tile *t, int64_t step, int rows,
                              int columns, bool last, int64_t part)
{
    const int64_t lda = t->piece->lda, ldb = t->piece->ldb;
    vae__vector row[INNER_COLUMNS];
#pragma GCC unroll 4
    for (int j = 0; j < columns; j++)
        row[j] = load(t->b + j * ldb + step, last, part);
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++) {
        vae__vector factor = load(t->a + i * lda + step, last, part);
#pragma GCC unroll 4
        for (int j = 0; j < columns; j++)
            sum[i * INNER_COLUMNS + j] = vae__vector_fma(factor, row[j], sum[i * INNER_COLUMNS + j]);
    }
}

ALWAYS_INLINE void inner_tile(const tile *t, int rows, int columns)
{
    const vae__matmul_piece *piece = t->piece;
    const int64_t whole = piece->k / ALL * ALL;
    vae__vector sum[INNER_ROWS * INNER_COLUMNS];
    real sums[INNER_ROWS * INNER_COLUMNS] __attribute__((aligned(64)));
#pragma GCC unroll 16
    for (int i = 0; i < INNER_ROWS * INNER_COLUMNS; i++)
        sum[i] = vae__vector_of(0);
    for (int64_t step = 0; step < whole; step += ALL)
        inner_step(sum, t, step, rows, columns, false, ALL);
    if (whole < piece->k)
        inner_step(sum, t, whole, rows, columns, true, piece->k - whole);
    vae__vector_sums(sum, sums);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++) {
            real *c = t->c + i * piece->ldc + j;
            real x = sums[i * INNER_COLUMNS + j];
            if (piece->add)
                x += *c;
            if (t->bias)
                x += t->bias[j];
            *c = piece->relu && !(x > 0) ? 0 : x;
        }
}

#define INNER_TILE(rows, columns)                                                                                      \
    static void inner_##rows##_##columns(const tile *t)                                                                \
    {                                                                                                                  \
        inner_tile(t, rows, columns);                                                                                  \
    }
#if VAE__WIDTH == 64
#define INNER_LIST(X) X(1, 1) X(1, 2) X(1, 4) X(2, 1) X(2, 2) X(2, 4) X(4, 1) X(4, 2) X(4, 4)
#else
#define INNER_LIST(X) X(1, 1) X(1, 2) X(1, 4) X(2, 1) X(2, 2) X(2, 4)
#endif
INNER_LIST(INNER_TILE)

static tile_function *const inner_tiles[INNER_ROWS + 1][INNER_COLUMNS + 1] = {
#define INNER_ENTRY(rows, columns) [rows][columns] = inner_##rows##_##columns,
    INNER_LIST(INNER_ENTRY)
#undef INNER_ENTRY
};

/* With a short inner dimension the adding up of lanes would cost more than the products: a panel of bᵀ is made, and the
 * product is of the outer kind. */
static void transposed_product(const vae__matmul_piece *piece)
{
    enum { PANEL = OUTER_VECTORS * ALL };
    const real *b = piece->b, *bias = piece->bias;
    real panel[INNER_SHORT * PANEL] __attribute__((aligned(64)));
    vae__matmul_piece part = *piece;
    part.b = panel;
    part.ldb = PANEL;
    for (int64_t j = 0; j < piece->n; j += PANEL) {
        part.n = piece->n - j < PANEL ? piece->n - j : PANEL;
        part.bias = bias ? bias + j : NULL;
        part.c = (real *)piece->c + j;
        for (int64_t column = 0; column < part.n; column++)
            for (int64_t step = 0; step < piece->k; step++)
                panel[step * PANEL + column] = b[(j + column) * piece->ldb + step];
        outer_product(&part, piece->lda, 1);
    }
}

static void inner_product(const vae__matmul_piece *piece)
{
    const real *a = piece->a, *b = piece->b, *bias = piece->bias;
    real *c = piece->c;
    int64_t columns, rows;
    for (int64_t j = 0; j < piece->n; j += columns) {
        columns = rows_of(piece->n - j, INNER_COLUMNS);
        for (int64_t i = 0; i < piece->m; i += rows) {
            rows = rows_of(piece->m - i, INNER_ROWS);
            inner_tiles[rows][columns](&(tile){
                .piece = piece,
                .a = a + i * piece->lda,
                .b = b + j * piece->ldb,
                .bias = bias ? bias + j : NULL,
                .c = c + i * piece->ldc + j,
            });
        }
    }
}

void VAE__VARIANT(vae__matmul_plain)(const vae__matmul_piece *piece)
{
    if (piece->form == VAE__NT && piece->k <= INNER_SHORT)
        transposed_product(piece);
    else if (piece->form == VAE__NT)
        inner_product(piece);
    else if (piece->form == VAE__NN && piece->m == 1)
        single_row(piece);
    else if (piece->form == VAE__NN)
        outer_product(piece, piece->lda, 1);
    else
        outer_product(piece, 1, piece->lda);
}
