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
    STEPS = (24 << 10) / (VAE__TILE_COLUMNS * (int)sizeof(real)), /* in a block: its panel leaves room in 48 KB */
    SHORT = 64, /* inner dimension of NT that makes b the smaller factor */
    ROWS = 96,  /* of a in NN that the second cache keeps */
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

/* Lines of a tile's row, one more where rows begin anywhere in a line. */
static int lines_of(int64_t columns, int64_t row)
{
    const int64_t bytes = sizeof(real);
    return (int)(blocks(columns * bytes, VAE__LINE) + (row * bytes % VAE__LINE != 0));
}

/* ---- NN: forward ------------------------------------------------------------------------------------------------- */

/* A block of b for the rows of a chunk, while the block that comes next is fetched. */
static void outer_block(const vae__matmul_piece *piece, stretch chunk, stretch panel, stretch block, const real *next,
                        int64_t next_steps)
{
    const real *a = piece->a, *b = piece->b, *bias = piece->bias;
    real *c = piece->c;
    const bool first = !block.begin, last = block.begin + block.size == piece->k;
    const int64_t each = blocks(next_steps, blocks(chunk.size, VAE__TILE_ROWS)),
                  lines = lines_of(panel.size, piece->ldb);
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

/* Has a tile of NT fetch the rows of b that the next one reads, if there is one: below, or at the block's next steps.
 */
static void fetch_rows(vae__tile *tile, const vae__matmul_piece *piece, stretch columns, int64_t done, stretch block)
{
    const bool down = done < columns.size;
    const int64_t row = columns.begin + (down ? done : 0), step = block.begin + (down ? 0 : block.size);
    const int64_t rows = rows_of(columns.begin + columns.size - row);
    const int lines = lines_of(block.size, piece->ldb);
    if (step < piece->k)
        tile->fetch = (vae__fetch){ .arrays = { (const char *)((const real *)piece->b + row * piece->ldb + step) },
                                    .row_bytes = piece->ldb * (int64_t)sizeof(real),
                                    .rows = (int)rows,
                                    .lines = lines,
                                    .all = rows * lines };
}

/* Some columns of c for a chunk of rows: cᵀ = b · aᵀ, a being small beside b. */
static void inner_block(const vae__matmul_piece *piece, stretch chunk, stretch columns, real *turned, real *waiting)
{
    const int64_t count = blocks(piece->k, STEPS);
    real *c = (real *)piece->c + chunk.begin * piece->ldc + columns.begin;
    if (piece->add)
        vae__transpose(c, piece->ldc, chunk.size, columns.size, waiting, VAE__TILE_COLUMNS);
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
                               .from = q || piece->add ? to : NULL,
                               .to = to,
                               .c_row = VAE__TILE_COLUMNS,
                               .part = part_of(chunk.size) };
            fetch_rows(&tile, piece, columns, i + rows, block);
            vae__tile_run(&tile, rows, vectors_of(chunk.size));
        }
    }
    vae__transpose(waiting, VAE__TILE_COLUMNS, columns.size, chunk.size, c, piece->ldc);
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

/* With a short inner dimension b is as small, and is transposed instead, a panel at a time. */
static void short_product(const vae__matmul_piece *piece)
{
    const int64_t panels = blocks(vectors_of(piece->n), VAE__TILE_VECTORS);
    for (int64_t p = 0; p < panels; p++) {
        const stretch panel = stretch_of(piece->n, VAE__VECTOR, panels, p);
        vae__matmul_piece part = *piece;
        part.n = panel.size;
        part.b = piece->scratch;
        part.ldb = VAE__TILE_COLUMNS;
        part.c = (real *)piece->c + panel.begin;
        vae__transpose((const real *)piece->b + panel.begin * piece->ldb, piece->ldb, panel.size, piece->k,
                       piece->scratch, VAE__TILE_COLUMNS);
        outer_product(&part);
    }
}

/* ---- TN: gradient of a weight ------------------------------------------------------------------------------------ */

/*
 * Rows of a weight in groups, so that what belongs to them of the batch, laid anew step by step, stays near while all
 * columns pass: then the weight and its moments are walked through as they lie.
 */
typedef struct group {
    const vae__matmul_piece *piece;
    stretch rows;
    const real *a;          /* of the first row and step … */
    int64_t a_step, a_tile; /* … how far apart steps and tiles lie */
    real *waiting;          /* between blocks: sums of the group's rows in a panel */
} group;

enum {
    TOGETHER = (144 << 10) / (int)sizeof(real), /* values of a group that are laid anew */
    FEW_COLUMNS = 2 * VAE__TILE_COLUMNS,        /* that are not worth it */
    GROUP_SHORT = 16,                           /* rows of a group, where the batch is one block, */
    GROUP_LONG = 64                             /* and where it is more, and b no longer near */
};

static int64_t rows_of_group(int64_t k)
{
    const int64_t most = k > STEPS ? GROUP_LONG : GROUP_SHORT, fit = TOGETHER / k / VAE__TILE_ROWS * VAE__TILE_ROWS;
    return fit < VAE__TILE_ROWS ? VAE__TILE_ROWS : least(fit, most);
}

/* Tile after tile, step after step, a tile's rows beside one another. */
static void lay_anew(const vae__matmul_piece *piece, stretch rows, real *to)
{
    for (int64_t i = 0; i < rows.size; i += VAE__TILE_ROWS, to += piece->k * VAE__TILE_ROWS) {
        const real *from = (const real *)piece->a + rows.begin + i;
        const int64_t wide = least(VAE__TILE_ROWS, rows.size - i);
        for (int64_t step = 0; step < piece->k; step++, from += piece->lda)
            if (wide == VAE__TILE_ROWS)
                memcpy(to + step * VAE__TILE_ROWS, from, VAE__TILE_ROWS * sizeof *to);
            else
                memcpy(to + step * VAE__TILE_ROWS, from, (size_t)wide * sizeof *to);
    }
}

static group group_of(const vae__matmul_piece *piece, stretch rows)
{
    real *waiting = piece->scratch, *anew = waiting + GROUP_LONG * VAE__TILE_COLUMNS;
    group g = { piece, rows, .waiting = waiting };
    if (piece->n > FEW_COLUMNS && VAE__TILE_ROWS * piece->k <= TOGETHER) {
        lay_anew(piece, rows, anew);
        g.a = anew;
        g.a_step = VAE__TILE_ROWS;
        g.a_tile = piece->k * VAE__TILE_ROWS;
    } else {
        g.a = (const real *)piece->a + rows.begin;
        g.a_step = piece->lda;
        g.a_tile = VAE__TILE_ROWS;
    }
    return g;
}

/* Has a tile's step fetch the values that the next one will change: `at` values on, so many rows and columns. */
static void fetch_update(vae__tile *tile, const vae__matmul_piece *piece, int64_t at, int64_t rows, int64_t columns)
{
    const int lines = lines_of(columns, piece->ldc);
    tile->fetch =
        (vae__fetch){ .arrays = { (const char *)(piece->update->value + at), (const char *)(piece->update->m + at),
                                  (const char *)(piece->update->v + at) },
                      .row_bytes = piece->ldc * (int64_t)sizeof(float),
                      .rows = (int)rows,
                      .lines = lines,
                      .all = VAE__FETCHES * rows * lines };
}

/* … and a tile between blocks its part of b's next block, and of the next panel's first one. */
static void fetch_block(vae__tile *tile, const group *g, int64_t i, stretch panel, stretch next_panel, stretch block)
{
    const vae__matmul_piece *piece = g->piece;
    const int64_t each = blocks(block.size, blocks(g->rows.size, VAE__TILE_ROWS)), row = i / VAE__TILE_ROWS * each;
    const int lines = lines_of(panel.size, piece->ldb);
    const real *next = (const real *)piece->b + (block.begin + block.size + row) * piece->ldb + panel.begin;
    const real *other = (const real *)piece->b + row * piece->ldb + next_panel.begin;
    if (block.begin + block.size + row + each > piece->k)
        return;
    tile->fetch = (vae__fetch){ .arrays = { (const char *)next, block.begin ? NULL : (const char *)other },
                                .row_bytes = piece->ldb * (int64_t)sizeof(real),
                                .rows = (int)each,
                                .lines = lines,
                                .all = (block.begin ? 1 : 2) * each * lines };
}

/* A tile of a gradient, `i` rows down the group, or the step that it is for. */
static void gradient_tile(const group *g, int64_t i, stretch panel, stretch next_panel, stretch block)
{
    const vae__matmul_piece *piece = g->piece;
    const int64_t rows = rows_of(g->rows.size - i), row = g->rows.begin + i, at = row * piece->ldc + panel.begin;
    const bool first = !block.begin, last = block.begin + block.size == piece->k;
    real *to = piece->update ? g->waiting + i * VAE__TILE_COLUMNS : (real *)piece->c + at;
    vae__update here;
    vae__tile tile = { .steps = block.size,
                       .a = g->a + i / VAE__TILE_ROWS * g->a_tile + i % VAE__TILE_ROWS + block.begin * g->a_step,
                       .a_row = 1,
                       .a_step = g->a_step,
                       .b = (const real *)piece->b + block.begin * piece->ldb + panel.begin,
                       .b_step = piece->ldb,
                       .from = first && !piece->add ? NULL : to,
                       .to = to,
                       .c_row = piece->update ? VAE__TILE_COLUMNS : piece->ldc,
                       .part = part_of(panel.size) };
    if (piece->update && last) {
        const bool down = i + rows < g->rows.size, across = next_panel.begin;
        const int64_t next = down ? row + rows : across ? g->rows.begin : g->rows.begin + g->rows.size;
        const stretch columns = down ? panel : next_panel;
        here = vae__update_at(piece->update, at);
        tile.update = &here;
        tile.update_row = piece->ldc;
        if (next < piece->m)
            fetch_update(&tile, piece, next * piece->ldc + columns.begin, rows_of(piece->m - next), columns.size);
    }
    if (!last)
        fetch_block(&tile, g, i, panel, next_panel, block);
    vae__tile_run(&tile, rows, vectors_of(panel.size));
}

static void gradient_product(const vae__matmul_piece *piece)
{
    const int64_t panels = blocks(vectors_of(piece->n), VAE__TILE_VECTORS), count = blocks(piece->k, STEPS);
    const int64_t groups = blocks(piece->m, rows_of_group(piece->k));
    for (int64_t h = 0; h < groups; h++) {
        const group g = group_of(piece, stretch_of(piece->m, VAE__TILE_ROWS, groups, h));
        for (int64_t p = 0; p < panels; p++)
            for (int64_t q = 0; q < count; q++)
                for (int64_t i = 0, rows; i < g.rows.size; i += rows) {
                    rows = rows_of(g.rows.size - i);
                    gradient_tile(&g, i, stretch_of(piece->n, VAE__VECTOR, panels, p),
                                  stretch_of(piece->n, VAE__VECTOR, panels, (p + 1) % panels),
                                  stretch_of(piece->k, 1, count, q));
                }
    }
}

void VAE__VARIANT(vae__matmul_own)(const vae__matmul_piece *piece)
{
    if (piece->form == VAE__NT && piece->k <= SHORT)
        short_product(piece);
    else if (piece->form == VAE__NT)
        inner_product(piece);
    else if (piece->form == VAE__TN)
        gradient_product(piece);
    else if (piece->m == 1)
        VAE__VARIANT(vae__matmul_single)(piece);
    else
        outer_product(piece);
}
