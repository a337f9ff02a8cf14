/*
 * The matrix product of one piece with both factors in bfloat16 (a float32 without its last 16 bits, rounded to nearest
 * even) and sums in float32, by the processor's own instruction for pairs of products: in the file that is compiled for
 * processors with AVX512_BF16 and for no others.
 *
 * Blocks of both factors are rounded and laid in pairs, two steps of the inner dimension beside one another, as they
 * are needed; all that is kept is float32. An element's sum goes from the first pair of steps to the last, wherever c
 * is cut; an odd last step is paired with 0.
 */
#include "src/kernels/bf16.h"

#include <immintrin.h>

#include "src/kernels/adam.h"
#include "src/kernels/cut.h"
#include "src/kernels/transpose.h"

enum {
    LANES = 16,
    ROWS = 8,     /* of a tile */
    VECTORS = 3,  /* most in its width, */
    COLUMNS = 48, /* which is so many columns */
    STEPS = 160,  /* in a block; even */
    WAITING = 256 /* rows of sums that wait between blocks */
};

/* What a thread's scratch holds: 30 + 15 + 3 + 48 KB. */
typedef struct scratch {
    float turned[STEPS * COLUMNS];
    uint32_t b[STEPS / 2 * COLUMNS]; /* by pair */
    uint32_t a[STEPS / 2 * ROWS];
    float waiting[WAITING * COLUMNS];
} scratch;

_Static_assert(sizeof(scratch) <= VAE__MATMUL_SCRATCH, "a thread's scratch holds what a product needs");

/* ---- Packing ----------------------------------------------------------------------------------------------------- */

static __mmask16 lanes_mask(int64_t lanes)
{
    return (__mmask16)(lanes >= LANES ? 0xffff : (1u << (lanes < 0 ? 0 : lanes)) - 1);
}

static __m512i rounded(const float *from, __mmask16 lanes)
{
    return _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(lanes, from)));
}

/* to(pair, column) = the bfloat16 of from(2 · pair, column) and, above it, of the row after. */
static void pack_steps(const float *from, int64_t from_row, int64_t steps, int64_t columns, uint32_t *to,
                       int64_t to_pair)
{
    for (int64_t step = 0; step < steps; step += 2)
        for (int64_t j = 0; j < columns; j += LANES) {
            const __mmask16 lanes = lanes_mask(columns - j);
            const float *here = from + step * from_row + j;
            __m512i pair = rounded(here, lanes);
            if (step + 1 < steps)
                pair = _mm512_or_si512(pair, _mm512_slli_epi32(rounded(here + from_row, lanes), 16));
            _mm512_mask_storeu_epi32(to + step / 2 * to_pair + j, lanes_mask(to_pair - j), pair);
        }
}

/* to(row, pair), of rows whose steps lie beside one another. */
static void pack_rows(const float *from, int64_t from_row, int64_t rows, int64_t steps, uint32_t *to, int64_t to_row)
{
    for (int64_t i = 0; i < rows; i++)
        for (int64_t step = 0; step < steps; step += LANES) {
            __m512 here = _mm512_maskz_loadu_ps(lanes_mask(steps - step), from + i * from_row + step);
            __m256i pairs = (__m256i)_mm512_cvtneps_pbh(here);
            _mm256_mask_storeu_epi32(to + i * to_row + step / 2, (__mmask8)lanes_mask((steps - step + 1) / 2), pairs);
        }
}

/* ---- The tile ---------------------------------------------------------------------------------------------------- */

typedef struct tile {
    int64_t pairs;
    const uint32_t *a;
    int64_t a_row, a_pair;
    const uint32_t *b;
    const float *from; /* NULL: from 0 */
    float *to;
    int64_t c_row, columns;
    const float *bias; /* NULL: none */
    bool relu;
    const vae__update *update; /* NULL: none; else instead of `to` */
    int64_t update_row;
} tile;

static void finish(const tile *t, const vae__adam_vectors *adam, int row, int vector, __m512 sum)
{
    const int64_t column = (int64_t)vector * LANES;
    const __mmask16 lanes = lanes_mask(t->columns - column);
    if (t->update) {
        float *at[] = { t->update->value, t->update->m, t->update->v };
        vae__vector x[3];
        for (int i = 0; i < 3; i++)
            x[i] = (vae__vector)_mm512_maskz_loadu_ps(lanes, at[i] + row * t->update_row + column);
        vae__adam_vector(adam, (vae__vector)sum, &x[0], &x[1], &x[2]);
        for (int i = 0; i < 3; i++)
            _mm512_mask_storeu_ps(at[i] + row * t->update_row + column, lanes, (__m512)x[i]);
        return;
    }
    if (t->bias)
        sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(lanes, t->bias + column));
    if (t->relu)
        sum = _mm512_max_ps(sum, _mm512_setzero_ps());
    _mm512_mask_storeu_ps(t->to + row * t->c_row + column, lanes, sum);
}

/* rows and vectors are constants where this is inlined. */
static inline __attribute__((always_inline)) void run_tile(const tile *t, int rows, int vectors)
{
    __m512 sum[ROWS][VECTORS];
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            const __mmask16 lanes = lanes_mask(t->from ? t->columns - v * LANES : 0);
            sum[i][v] = _mm512_maskz_loadu_ps(lanes, t->from ? t->from + i * t->c_row + v * LANES : t->to);
        }
    const uint32_t *a = t->a, *b = t->b;
    for (int64_t pair = t->pairs; pair > 0; pair--, a += t->a_pair, b += COLUMNS) {
        __m512bh row[VECTORS];
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++)
            row[v] = (__m512bh)_mm512_loadu_si512(b + v * LANES);
#pragma GCC unroll 8
        for (int i = 0; i < rows; i++) {
            __m512bh factor = (__m512bh)_mm512_set1_epi32((int)a[i * t->a_row]);
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++)
                sum[i][v] = _mm512_dpbf16_ps(sum[i][v], factor, row[v]);
        }
    }
    vae__adam_vectors adam = { 0 };
    if (t->update)
        adam = vae__adam_vectors_of(t->update->adam);
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++)
            finish(t, &adam, i, v, sum[i][v]);
}

#define TILE(rows, vectors)                                                                                            \
    static void tile_##rows##_##vectors(const tile *t)                                                                 \
    {                                                                                                                  \
        run_tile(t, rows, vectors);                                                                                    \
    }
TILE(8, 1)
TILE(8, 2) TILE(8, 3) TILE(1, 1) TILE(1, 2) TILE(1, 3)

    static void (*const tiles[2][VECTORS + 1])(const tile *t) = { { NULL, tile_1_1, tile_1_2, tile_1_3 },
                                                                  { NULL, tile_8_1, tile_8_2, tile_8_3 } };

/* ---- The product -------------------------------------------------------------------------------------------------- */

/*
 * The three forms seen as one: rows of tiles come from `a`, which is packed a tile at a time, columns from `b`, a panel
 * at a time. Of NT the roles are changed, and c is made transposed, in `waiting`: of a weight many rows pass, of the
 * batch few columns.
 */
typedef struct plan {
    const vae__matmul_piece *piece;
    scratch *scratch;
    stretch group, panel; /* rows and columns of this turn */
} plan;

static void pack_panel(const plan *p, stretch block)
{
    const vae__matmul_piece *piece = p->piece;
    scratch *s = p->scratch;
    if (piece->form != VAE__NT) {
        pack_steps((const float *)piece->b + block.begin * piece->ldb + p->panel.begin, piece->ldb, block.size,
                   p->panel.size, s->b, COLUMNS);
        return;
    }
    vae__transpose((const float *)piece->a + p->panel.begin * piece->lda + block.begin, piece->lda, p->panel.size,
                   block.size, s->turned, COLUMNS);
    pack_steps(s->turned, COLUMNS, block.size, p->panel.size, s->b, COLUMNS);
}

static void pack_tile(const plan *p, stretch block, int64_t row, int64_t rows, tile *t)
{
    const vae__matmul_piece *piece = p->piece;
    const float *a = piece->form == VAE__NT ? piece->b : piece->a;
    const int64_t lda = piece->form == VAE__NT ? piece->ldb : piece->lda;
    t->a = p->scratch->a;
    t->a_row = piece->form == VAE__TN ? 1 : STEPS / 2;
    t->a_pair = piece->form == VAE__TN ? ROWS : 1;
    if (piece->form == VAE__TN)
        pack_steps(a + block.begin * lda + row, lda, block.size, rows, p->scratch->a, ROWS);
    else
        pack_rows(a + row * lda + block.begin, lda, rows, block.size, p->scratch->a, STEPS / 2);
}

static void run_block(const plan *p, stretch block)
{
    const vae__matmul_piece *piece = p->piece;
    const bool waits = piece->form == VAE__NT || piece->update;
    const bool first = !block.begin, last = block.begin + block.size == piece->k;
    int64_t rows;
    pack_panel(p, block);
    for (int64_t i = p->group.begin; i < p->group.begin + p->group.size; i += rows) {
        rows = p->group.begin + p->group.size - i < ROWS ? 1 : ROWS;
        const int64_t at = i * piece->ldc + p->panel.begin;
        float *to = waits ? p->scratch->waiting + (i - p->group.begin) * COLUMNS : (float *)piece->c + at;
        vae__update here = { 0 };
        tile t = { .pairs = (block.size + 1) / 2,
                   .b = p->scratch->b,
                   .from = first && !(piece->add && !waits) ? NULL : to,
                   .to = to,
                   .c_row = waits ? COLUMNS : piece->ldc,
                   .columns = p->panel.size,
                   .bias = last && piece->bias ? (const float *)piece->bias + p->panel.begin : NULL,
                   .relu = last && piece->relu };
        if (last && piece->update) {
            here = vae__update_at(piece->update, at);
            t.update = &here;
            t.update_row = piece->ldc;
        }
        pack_tile(p, block, i, rows, &t);
        tiles[rows == ROWS][vectors_of(p->panel.size)](&t);
    }
}

/* NT: what waits transposed goes to c, whose columns are the group's rows. */
static void put_columns(const plan *p)
{
    float *c = (float *)p->piece->c + p->panel.begin * p->piece->ldc + p->group.begin;
    if (!p->piece->add) {
        vae__transpose(p->scratch->waiting, COLUMNS, p->group.size, p->panel.size, c, p->piece->ldc);
        return;
    }
    for (int64_t i = 0; i < p->panel.size; i++)
        for (int64_t j = 0; j < p->group.size; j++)
            c[i * p->piece->ldc + j] += p->scratch->waiting[j * COLUMNS + i];
}

void vae__matmul_avx512bf16(const vae__matmul_piece *piece)
{
    const int64_t rows = piece->form == VAE__NT ? piece->n : piece->m;
    const int64_t columns = piece->form == VAE__NT ? piece->m : piece->n;
    const int64_t panels = blocks(vectors_of(columns), VECTORS), groups = blocks(rows, WAITING);
    const int64_t count = blocks(piece->k, STEPS);
    for (int64_t h = 0; h < panels; h++)
        for (int64_t g = 0; g < groups; g++) {
            const plan p = { piece, piece->scratch, stretch_of(rows, ROWS, groups, g),
                             stretch_of(columns, LANES, panels, h) };
            for (int64_t q = 0; q < count; q++)
                run_block(&p, stretch_of(piece->k, 2, count, q));
            if (piece->form == VAE__NT)
                put_columns(&p);
        }
}
