/*
 * The inner loop of every matrix product: a tile of c stays in registers while the inner dimension passes by,
 *
 *     c(rows, columns) = from + sum over step of a(row, step) · b(step, column)
 *
 * a is read one value at a time, wherever its rows and steps lie; b a row of vectors at a time. An element's sum goes
 * from the first step to the last, one fused multiply-add each, whatever tile it falls into and however the steps are
 * cut into blocks. Meanwhile the processor fetches what is needed next.
 */
#ifndef VAE_KERNELS_TILE_H
#define VAE_KERNELS_TILE_H

#include "src/kernels/adam.h"
#include "src/kernels/matmul.h"

/* So many rows and vectors that the sums, a row of b and one value of a fill the registers. */
enum { VAE__TILE_ROWS = VAE__WIDTH == 64 ? 8 : 4, VAE__TILE_VECTORS = VAE__WIDTH == 16 ? 2 : 3 };
enum { VAE__TILE_COLUMNS = VAE__TILE_VECTORS * VAE__VECTOR };

/* What a tile fetches beside its work: rows of lines, of up to three arrays that lie alike, spread over its steps. */
enum { VAE__FETCHES = 3, VAE__LINE = 64 };
typedef struct vae__fetch {
    const char *arrays[VAE__FETCHES]; /* NULL: no more */
    int64_t row_bytes;
    int rows, lines; /* of each array; lines in a row */
    int64_t all;     /* lines of all arrays */
} vae__fetch;

typedef struct vae__tile {
    int64_t steps;
    const real *a;
    int64_t a_row, a_step; /* how far apart rows and steps lie */
    const real *b;
    int64_t b_step;
    const real *from; /* where sums go on from; NULL: from 0 */
    real *to;         /* NULL: the sums are a gradient that is used up by `update` */
    int64_t c_row;    /* of from and to */
    int64_t part;     /* lanes of the last vector */
    const real *bias; /* NULL: none */
    bool relu;
    const vae__update *update; /* of a tile that is a gradient: at its first value */
    int64_t update_row;
    vae__fetch fetch;
} vae__tile;

/* Computes a tile of 1, 2, 4 … VAE__TILE_ROWS rows and 1 … VAE__TILE_VECTORS vectors. */
static void vae__tile_run(const vae__tile *tile, int64_t rows, int64_t vectors);

#define VAE__INLINE static inline __attribute__((always_inline))

/* ---- Fetching ---------------------------------------------------------------------------------------------------- */

typedef struct vae__fetching {
    const vae__fetch *plan;
    const char *row;
    int array, rows, line; /* line: the next in the row */
    int64_t due;           /* steps that were, times all lines, less lines that are fetched, times all steps */
} vae__fetching;

VAE__INLINE vae__fetching fetch_begin(const vae__fetch *plan)
{
    return (vae__fetching){ .plan = plan, .row = plan->arrays[0], .rows = plan->rows };
}

/* A line, if it is time and there is one. */
VAE__INLINE void fetch_step(vae__fetching *f, int64_t steps, bool to_write)
{
    f->due += f->plan->all;
    if (f->due < steps || !f->row)
        return;
    f->due -= steps;
    const char *line = f->row + (int64_t)f->line * VAE__LINE;
    if (to_write)
        __builtin_prefetch(line, 1, 3);
    else
        __builtin_prefetch(line, 0, 2);
    if (++f->line < f->plan->lines)
        return;
    f->line = 0;
    f->row += f->plan->row_bytes;
    if (--f->rows)
        return;
    f->rows = f->plan->rows;
    f->row = ++f->array < VAE__FETCHES ? f->plan->arrays[f->array] : NULL;
}

/* ---- The tile ---------------------------------------------------------------------------------------------------- */

VAE__INLINE vae__vector load(const real *from, bool last, int64_t part)
{
    return last ? vae__vector_load_part(from, part) : vae__vector_load(from);
}

VAE__INLINE void store(real *to, vae__vector x, bool last, int64_t part)
{
    if (last)
        vae__vector_store_part(to, x, part);
    else
        vae__vector_store(to, x);
}

/* Adam's step on a row of the tile, whose gradient is `slope`. */
VAE__INLINE void update_row(const vae__tile *t, const vae__adam_vectors *adam, int row, const vae__vector *slope,
                            int vectors, bool partly)
{
    real *values = (real *)(void *)t->update->value + row * t->update_row;
    real *firsts = (real *)(void *)t->update->m + row * t->update_row;
    real *seconds = (real *)(void *)t->update->v + row * t->update_row;
    VAE__UNROLL
    for (int v = 0; v < vectors; v++) {
        const bool last = partly && v == vectors - 1;
        const int64_t at = v * VAE__VECTOR;
        vae__vector value = load(values + at, last, t->part), m = load(firsts + at, last, t->part);
        vae__vector second = load(seconds + at, last, t->part);
        vae__adam_vector(adam, slope[v], &value, &m, &second);
        store(values + at, value, last, t->part);
        store(firsts + at, m, last, t->part);
        store(seconds + at, second, last, t->part);
    }
}

VAE__INLINE void store_row(const vae__tile *t, int row, const vae__vector *sums, int vectors, bool partly)
{
    VAE__UNROLL
    for (int v = 0; v < vectors; v++) {
        const bool last = partly && v == vectors - 1;
        vae__vector x = sums[v];
        if (t->bias)
            x += load(t->bias + v * VAE__VECTOR, last, t->part);
        if (t->relu)
            x = vae__vector_relu(x);
        store(t->to + row * t->c_row + v * VAE__VECTOR, x, last, t->part);
    }
}

/* rows, vectors, partly and updates are constants where this is inlined. */
VAE__INLINE void run_tile(const vae__tile *t, int rows, int vectors, bool partly, bool updates)
{
    const int64_t a_row = t->a_row, a_step = t->a_step, b_step = t->b_step, part = t->part;
    const real *a = t->a, *b = t->b;
    vae__vector sum[VAE__TILE_ROWS][VAE__TILE_VECTORS];
    VAE__UNROLL
    for (int i = 0; i < rows; i++)
        VAE__UNROLL
    for (int v = 0; v < vectors; v++)
        sum[i][v] = t->from ? load(t->from + i * t->c_row + v * VAE__VECTOR, partly && v == vectors - 1, part)
                            : vae__vector_of(0);
    vae__fetching fetching = fetch_begin(&t->fetch);
    for (int64_t step = t->steps; step > 0; step--, a += a_step, b += b_step) {
        vae__vector row[VAE__TILE_VECTORS];
        fetch_step(&fetching, t->steps, updates);
        VAE__UNROLL
        for (int v = 0; v < vectors; v++)
            row[v] = load(b + v * VAE__VECTOR, partly && v == vectors - 1, part);
        VAE__UNROLL
        for (int i = 0; i < rows; i++) {
            vae__vector factor = vae__vector_of(a[i * a_row]);
            VAE__UNROLL
            for (int v = 0; v < vectors; v++)
                sum[i][v] = vae__vector_fma(factor, row[v], sum[i][v]);
        }
    }
    if (updates) {
        const vae__adam_vectors adam = vae__adam_vectors_of(t->update->adam);
        VAE__UNROLL
        for (int i = 0; i < rows; i++)
            update_row(t, &adam, i, sum[i], vectors, partly);
        return;
    }
    VAE__UNROLL
    for (int i = 0; i < rows; i++)
        store_row(t, i, sum[i], vectors, partly);
}

/* ---- The table of tiles ------------------------------------------------------------------------------------------ */

typedef void vae__tile_function(const vae__tile *tile);

#define VAE__TILE(rows, vectors)                                                                                       \
    static void tile_##rows##_##vectors(const vae__tile *t)                                                            \
    {                                                                                                                  \
        run_tile(t, rows, vectors, false, false);                                                                      \
    }                                                                                                                  \
    static void tile_part_##rows##_##vectors(const vae__tile *t)                                                       \
    {                                                                                                                  \
        run_tile(t, rows, vectors, true, false);                                                                       \
    }                                                                                                                  \
    static void update_##rows##_##vectors(const vae__tile *t)                                                          \
    {                                                                                                                  \
        run_tile(t, rows, vectors, false, true);                                                                       \
    }                                                                                                                  \
    static void update_part_##rows##_##vectors(const vae__tile *t)                                                     \
    {                                                                                                                  \
        run_tile(t, rows, vectors, true, true);                                                                        \
    }

#if VAE__WIDTH == 16
#define VAE__TILE_VECTOR_LIST(X, rows) X(rows, 1) X(rows, 2)
#else
#define VAE__TILE_VECTOR_LIST(X, rows) X(rows, 1) X(rows, 2) X(rows, 3)
#endif
#if VAE__WIDTH == 64
#define VAE__TILE_LIST(X)                                                                                              \
    VAE__TILE_VECTOR_LIST(X, 1)                                                                                        \
    VAE__TILE_VECTOR_LIST(X, 2) VAE__TILE_VECTOR_LIST(X, 4) VAE__TILE_VECTOR_LIST(X, 8)
#else
#define VAE__TILE_LIST(X) VAE__TILE_VECTOR_LIST(X, 1) VAE__TILE_VECTOR_LIST(X, 2) VAE__TILE_VECTOR_LIST(X, 4)
#endif
VAE__TILE_LIST(VAE__TILE)

/* By rows, vectors, whether the last vector is a part, and whether the tile is an update. */
static vae__tile_function *const vae__tiles[VAE__TILE_ROWS + 1][VAE__TILE_VECTORS + 1][2][2] = {
#define VAE__TILE_ENTRY(rows, vectors)                                                                                 \
    [rows][vectors] = { { tile_##rows##_##vectors, update_##rows##_##vectors },                                        \
                        { tile_part_##rows##_##vectors, update_part_##rows##_##vectors } },
    VAE__TILE_LIST(VAE__TILE_ENTRY)
#undef VAE__TILE_ENTRY
};

static void vae__tile_run(const vae__tile *tile, int64_t rows, int64_t vectors)
{
    vae__tiles[rows][vectors][tile->part < VAE__VECTOR][tile->update != NULL](tile);
}

#endif
