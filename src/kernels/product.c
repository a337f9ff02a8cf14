/*
 * Our own matrix product of one piece: tiles of src/kernels/tile.h over blocks that stay in the caches.
 *
 * Columns of c go in panels, a tile's width at most; the inner dimension in blocks, so short that a panel's part of b
 * stays in the nearest cache while all rows pass by. Sums wait between blocks in c, and go on where they were: an
 * element has the same bits wherever c is cut, and however.
 */
#include "src/kernels/parts.h"
#include "src/kernels/tile.h"

enum {
    STEPS = (30 << 10) / (VAE__TILE_COLUMNS * (int)sizeof(real)),  /* in a block: its panel leaves room in 48 KB */
    ROWS = 96,                                                     /* of a in NN that the second cache keeps */
    WAITING = (96 << 10) / (VAE__TILE_COLUMNS * (int)sizeof(real)) /* rows of a panel that wait in scratch */
};

static int64_t least(int64_t x, int64_t y)
{
    return x < y ? x : y;
}

static int64_t blocks(int64_t extent, int64_t block)
{
    return (extent + block - 1) / block;
}

/* Stretch `i` of so many that are as equal as multiples of `unit` can be. */
typedef struct stretch {
    int64_t begin, size;
} stretch;

static stretch stretch_of(int64_t extent, int64_t unit, int64_t count, int64_t i)
{
    const int64_t units = blocks(extent, unit), begin = units * i / count * unit;
    return (stretch){ begin, least(units * (i + 1) / count * unit, extent) - begin };
}

static int64_t vectors_of(int64_t columns)
{
    return blocks(columns, VAE__VECTOR);
}

/* Lanes of the last vector. */
static int64_t part_of(int64_t columns)
{
    return columns - (vectors_of(columns) - 1) * VAE__VECTOR;
}

/* The most rows that a tile can have and `left` still offers: a power of two. */
static int64_t rows_of(int64_t left)
{
    int64_t most = VAE__TILE_ROWS;
    while (most > left)
        most /= 2;
    return most;
}

/* Lines of a tile's row. */
static int lines_of(int64_t columns)
{
    return (int)blocks(columns * (int64_t)sizeof(real), VAE__LINE);
}

static int gap_of(int64_t steps, int64_t lines)
{
    return lines < steps ? (int)(steps / lines) : 1;
}

/* ---- NN: forward ------------------------------------------------------------------------------------------------- */

/* A block of b for the rows of a chunk, while the block that comes next is fetched. */
static void outer_block(const vae__matmul_piece *piece, stretch chunk, stretch panel, stretch block, const real *next,
                        int64_t next_steps)
{
    const real *a = piece->a, *b = piece->b, *bias = piece->bias;
    real *c = piece->c;
    const bool first = !block.begin, last = block.begin + block.size == piece->k;
    const int64_t each = blocks(next_steps, blocks(chunk.size, VAE__TILE_ROWS)), lines = lines_of(panel.size);
    int64_t fetched = 0, rows;
    for (int64_t i = chunk.begin; i < chunk.begin + chunk.size; i += rows, fetched += each) {
        rows = rows_of(chunk.begin + chunk.size - i);
        real *to = c + i * piece->ldc + panel.begin;
        vae__tile tile = { .steps = block.size,
                           .a = a + i * piece->lda + block.begin,
                           .a_row = piece->lda,
                           .a_step = 1,
                           .b = b + block.begin * piece->ldb + panel.begin,
                           .b_step = piece->ldb,
                           .from = first && !piece->add ? NULL : to,
                           .to = to,
                           .c_row = piece->ldc,
                           .part = part_of(panel.size),
                           .bias = last && bias ? bias + panel.begin : NULL,
                           .relu = last && piece->relu };
        if (fetched < next_steps)
            tile.fetch = (vae__fetch){ .arrays = { (const char *)(next + fetched * piece->ldb) },
                                       .row_bytes = piece->ldb * (int64_t)sizeof(real),
                                       .rows = (int)least(each, next_steps - fetched),
                                       .lines = (int)lines,
                                       .gap = gap_of(block.size, each * lines) };
        vae__tile_run(&tile, rows, vectors_of(panel.size));
    }
}

static void outer_product(const vae__matmul_piece *piece)
{
    const int64_t panels = blocks(vectors_of(piece->n), VAE__TILE_VECTORS), count = blocks(piece->k, STEPS);
    const int64_t chunks = blocks(piece->m, ROWS);
    const real *b = piece->b;
    for (int64_t h = 0; h < chunks; h++)
        for (int64_t p = 0; p < panels; p++)
            for (int64_t q = 0; q < count; q++) {
                const bool turns = q + 1 == count; /* to the next panel */
                stretch chunk = stretch_of(piece->m, VAE__TILE_ROWS, chunks, h);
                stretch panel = stretch_of(piece->n, VAE__VECTOR, panels, p);
                stretch next_panel = stretch_of(piece->n, VAE__VECTOR, panels, turns ? p + 1 : p);
                stretch block = stretch_of(piece->k, 1, count, q);
                stretch next = stretch_of(piece->k, 1, count, turns ? 0 : q + 1);
                outer_block(piece, chunk, panel, block, b + next.begin * piece->ldb + next_panel.begin,
                            turns && p + 1 == panels ? 0 : next.size);
            }
}

/* ---- NT: gradient of the data ------------------------------------------------------------------------------------ */

#if VAE__WIDTH == 64
#define SWAP_8(a, b, x, y)                                                                                             \
    x = __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);                         \
    y = __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31)
#define SWAP_4(a, b, x, y)                                                                                             \
    x = __builtin_shufflevector(a, b, 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27);                       \
    y = __builtin_shufflevector(a, b, 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31)
#define SWAP_2(a, b, x, y)                                                                                             \
    x = __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);                       \
    y = __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)
#define SWAP_1(a, b, x, y)                                                                                             \
    x = __builtin_shufflevector(a, b, 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30);                      \
    y = __builtin_shufflevector(a, b, 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31)
#elif VAE__WIDTH == 32
#define SWAP_4(a, b, x, y)                                                                                             \
    x = __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11);                                                       \
    y = __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15)
#define SWAP_2(a, b, x, y)                                                                                             \
    x = __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);                                                       \
    y = __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15)
#define SWAP_1(a, b, x, y)                                                                                             \
    x = __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14);                                                      \
    y = __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15)
#endif

#if VAE__WIDTH > 16
/* Of each two vectors `half` apart, groups of so many lanes change places. */
#define STAGE(half, swap)                                                                                              \
    for (int i = 0; i < VAE__FLOATS; i++)                                                                              \
        if (!(i & (half))) {                                                                                           \
            vae__floats first, second;                                                                                 \
            swap(x[i], x[i + (half)], first, second);                                                                  \
            x[i] = first;                                                                                              \
            x[i + (half)] = second;                                                                                    \
        }

/* A square of floats, as many as a vector has lanes on a side. */
enum { VAE__FLOATS = VAE__WIDTH / 4 };
static void transpose_square(const float *from, int64_t from_row, float *to, int64_t to_row)
{
    typedef float loose __attribute__((vector_size(VAE__WIDTH), aligned(4), may_alias));
    vae__floats x[VAE__FLOATS];
#pragma GCC unroll 16
    for (int i = 0; i < VAE__FLOATS; i++)
        x[i] = *(const loose *)(from + i * from_row);
#if VAE__WIDTH == 64
#pragma GCC unroll 16
    STAGE(8, SWAP_8)
#endif
#pragma GCC unroll 16
    STAGE(4, SWAP_4)
#pragma GCC unroll 16
    STAGE(2, SWAP_2)
#pragma GCC unroll 16
    STAGE(1, SWAP_1)
#pragma GCC unroll 16
    for (int i = 0; i < VAE__FLOATS; i++)
        *(loose *)(to + i * to_row) = x[i];
}
#endif

/* to(column, row) = from(row, column). */
static void transpose(const real *from, int64_t from_row, int64_t rows, int64_t columns, real *to, int64_t to_row)
{
    const int64_t side = VAE__IS_FLOAT && VAE__WIDTH > 16 ? VAE__VECTOR : 1;
    const int64_t whole_rows = rows / side * side, whole_columns = columns / side * side;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = side > 1 && i < whole_rows ? whole_columns : 0; j < columns; j++)
            to[j * to_row + i] = from[i * from_row + j];
#if VAE__WIDTH > 16
    for (int64_t i = 0; side > 1 && i < whole_rows; i += side)
        for (int64_t j = 0; j < whole_columns; j += side)
            transpose_square((const float *)(const void *)(from + i * from_row + j), from_row,
                             (float *)(void *)(to + j * to_row + i), to_row);
#endif
}

/* What waits transposed goes to rows of c. */
static void put_columns(const vae__matmul_piece *piece, const real *waiting, stretch chunk, stretch columns)
{
    real *c = (real *)piece->c + chunk.begin * piece->ldc + columns.begin;
    if (!piece->add) {
        transpose(waiting, VAE__TILE_COLUMNS, columns.size, chunk.size, c, piece->ldc);
        return;
    }
    for (int64_t i = 0; i < chunk.size; i++)
        for (int64_t j = 0; j < columns.size; j++)
            c[i * piece->ldc + j] += waiting[j * VAE__TILE_COLUMNS + i];
}

/* Some columns of c for a chunk of rows: cᵀ = b · aᵀ, a being small beside b. */
static void inner_block(const vae__matmul_piece *piece, stretch chunk, stretch columns, real *turned, real *waiting)
{
    const int64_t count = blocks(piece->k, STEPS);
    for (int64_t q = 0; q < count; q++) {
        stretch block = stretch_of(piece->k, 1, count, q);
        int64_t rows;
        transpose((const real *)piece->a + chunk.begin * piece->lda + block.begin, piece->lda, chunk.size, block.size,
                  turned, VAE__TILE_COLUMNS);
        for (int64_t i = 0; i < columns.size; i += rows) {
            rows = rows_of(columns.size - i);
            real *to = waiting + i * VAE__TILE_COLUMNS;
            vae__tile tile = { .steps = block.size,
                               .a = (const real *)piece->b + (columns.begin + i) * piece->ldb + block.begin,
                               .a_row = piece->ldb,
                               .a_step = 1,
                               .b = turned,
                               .b_step = VAE__TILE_COLUMNS,
                               .from = q ? to : NULL,
                               .to = to,
                               .c_row = VAE__TILE_COLUMNS,
                               .part = part_of(chunk.size) };
            vae__tile_run(&tile, rows, vectors_of(chunk.size));
        }
    }
    put_columns(piece, waiting, chunk, columns);
}

static void inner_product(const vae__matmul_piece *piece)
{
    real *waiting = piece->scratch, *turned = waiting + WAITING * VAE__TILE_COLUMNS;
    const int64_t chunks = blocks(vectors_of(piece->m), VAE__TILE_VECTORS), groups = blocks(piece->n, WAITING);
    for (int64_t h = 0; h < chunks; h++)
        for (int64_t g = 0; g < groups; g++)
            inner_block(piece, stretch_of(piece->m, VAE__VECTOR, chunks, h),
                        stretch_of(piece->n, VAE__TILE_ROWS, groups, g), turned, waiting);
}

/* ---- TN: gradient of a weight ------------------------------------------------------------------------------------ */

/* Where the values of the tile `ahead` rows further lie, which it will change. */
static vae__fetch fetch_update(const vae__matmul_piece *piece, int64_t at, int64_t rows, stretch panel, int64_t steps)
{
    const int lines = lines_of(panel.size);
    return (vae__fetch){ .arrays = { (const char *)(piece->update->value + at), (const char *)(piece->update->m + at),
                                     (const char *)(piece->update->v + at) },
                         .row_bytes = piece->ldc * (int64_t)sizeof(float),
                         .rows = (int)rows,
                         .lines = lines,
                         .gap = gap_of(steps, VAE__FETCHES * rows * lines) };
}

/* A tile of a gradient, or the step that it is for. Between blocks sums wait in c, or in scratch. */
static void gradient_tile(const vae__matmul_piece *piece, int64_t i, int64_t ahead, stretch panel, stretch block,
                          real *waiting)
{
    const int64_t rows = rows_of(ahead - i), at = i * piece->ldc + panel.begin;
    const bool first = !block.begin, last = block.begin + block.size == piece->k;
    real *to = piece->update ? waiting : (real *)piece->c + at;
    vae__tile tile = { .steps = block.size,
                       .a = (const real *)piece->a + block.begin * piece->lda + i,
                       .a_row = 1,
                       .a_step = piece->lda,
                       .b = (const real *)piece->b + block.begin * piece->ldb + panel.begin,
                       .b_step = piece->ldb,
                       .from = first && !piece->add ? NULL : to,
                       .to = to,
                       .c_row = piece->update ? VAE__TILE_COLUMNS : piece->ldc,
                       .part = part_of(panel.size) };
    if (piece->update && last) {
        const vae__update here = vae__update_at(piece->update, at);
        tile.update = &here;
        tile.update_row = piece->ldc;
        if (ahead < piece->m)
            tile.fetch =
                fetch_update(piece, ahead * piece->ldc + panel.begin, rows_of(piece->m - ahead), panel, block.size);
        vae__tile_run(&tile, rows, vectors_of(panel.size));
        return;
    }
    vae__tile_run(&tile, rows, vectors_of(panel.size));
}

static void gradient_product(const vae__matmul_piece *piece)
{
    const int64_t panels = blocks(vectors_of(piece->n), VAE__TILE_VECTORS), count = blocks(piece->k, STEPS);
    const int64_t groups = count > 1 ? blocks(piece->m, WAITING) : 1;
    for (int64_t p = 0; p < panels; p++)
        for (int64_t g = 0; g < groups; g++)
            for (int64_t q = 0; q < count; q++) {
                stretch panel = stretch_of(piece->n, VAE__VECTOR, panels, p);
                stretch group = stretch_of(piece->m, VAE__TILE_ROWS, groups, g);
                stretch block = stretch_of(piece->k, 1, count, q);
                int64_t rows;
                for (int64_t i = group.begin; i < group.begin + group.size; i += rows) {
                    rows = rows_of(group.begin + group.size - i);
                    gradient_tile(piece, i, i + rows, panel, block,
                                  (real *)piece->scratch + (i - group.begin) * VAE__TILE_COLUMNS);
                }
            }
}

void VAE__VARIANT(vae__matmul_own)(const vae__matmul_piece *piece)
{
    if (piece->form == VAE__NT)
        inner_product(piece);
    else if (piece->form == VAE__TN)
        gradient_product(piece);
    else if (piece->m == 1)
        VAE__VARIANT(vae__matmul_single)(piece);
    else
        outer_product(piece);
}
