/*
 * Our own matrix product of one piece: tiles of src/kernels/tile.h over blocks that stay in the caches.
 *
 * Columns of c go in panels, a tile's width at most; the inner dimension in blocks, so short that a panel's part of b
 * stays in the nearest cache while all rows pass by. Sums wait between blocks in c, and go on where they were: an
 * element has the same bits wherever c is cut, and however.
 */
#include "src/kernels/cut.h"
#include "src/kernels/parts.h"
#include "src/kernels/tile.h"
#include "src/kernels/transpose.h"

enum {
    STEPS = (30 << 10) / (VAE__TILE_COLUMNS * (int)sizeof(real)),  /* in a block: its panel leaves room in 48 KB */
    ROWS = 96,                                                     /* of a in NN that the second cache keeps */
    WAITING = (96 << 10) / (VAE__TILE_COLUMNS * (int)sizeof(real)) /* rows of a panel that wait in scratch */
};

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
                                       .all = lines * least(each, next_steps - fetched) };
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

/* What waits transposed goes to rows of c. */
static void put_columns(const vae__matmul_piece *piece, const real *waiting, stretch chunk, stretch columns)
{
    real *c = (real *)piece->c + chunk.begin * piece->ldc + columns.begin;
    if (!piece->add) {
        vae__transpose(waiting, VAE__TILE_COLUMNS, columns.size, chunk.size, c, piece->ldc);
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
        vae__transpose((const real *)piece->a + chunk.begin * piece->lda + block.begin, piece->lda, chunk.size,
                       block.size, turned, VAE__TILE_COLUMNS);
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
static vae__fetch fetch_update(const vae__matmul_piece *piece, int64_t at, int64_t rows, stretch panel)
{
    const int lines = lines_of(panel.size);
    return (vae__fetch){ .arrays = { (const char *)(piece->update->value + at), (const char *)(piece->update->m + at),
                                     (const char *)(piece->update->v + at) },
                         .row_bytes = piece->ldc * (int64_t)sizeof(float),
                         .rows = (int)rows,
                         .lines = lines,
                         .all = VAE__FETCHES * rows * lines };
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
            tile.fetch = fetch_update(piece, ahead * piece->ldc + panel.begin, rows_of(piece->m - ahead), panel);
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
