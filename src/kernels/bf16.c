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

/* to(pair, column) = the bfloat16 of from(2 · pair, column) and, above it, of the row after. */
static void pack_steps(const float *from, int64_t from_row, int64_t steps, int64_t columns, uint32_t *to)
{
    const __m512i lane = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const __m512i alternate = _mm512_or_si512(lane, _mm512_slli_epi32(lane + _mm512_set1_epi32(LANES), 16));
    for (int64_t step = 0; step < steps; step += 2, to += COLUMNS)
        for (int64_t j = 0; j < columns; j += LANES) {
            const float *here = from + step * from_row + j;
            const __mmask16 lanes = lanes_mask(columns - j), lanes_after = step + 1 < steps ? lanes : 0;
            const __m512 after = _mm512_maskz_loadu_ps(lanes_after, here + from_row);
            const __m512bh both = _mm512_cvtne2ps_pbh(after, _mm512_maskz_loadu_ps(lanes, here));
            _mm512_storeu_si512(to + j, _mm512_permutexvar_epi16(alternate, (__m512i)both));
        }
}

/* The same of a tile's rows, that is columns of `from`: half a vector. */
static void pack_narrow(const float *from, int64_t from_row, int64_t steps, int64_t columns, uint32_t *to)
{
    const __m256i alternate = _mm256_set_epi16(15, 7, 14, 6, 13, 5, 12, 4, 11, 3, 10, 2, 9, 1, 8, 0);
    const __mmask8 lanes = (__mmask8)lanes_mask(columns);
    for (int64_t step = 0; step < steps; step += 2, from += 2 * from_row, to += ROWS) {
        const __m256 after = _mm256_maskz_loadu_ps(step + 1 < steps ? lanes : 0, from + from_row);
        const __m512 both = _mm512_insertf32x8(_mm512_castps256_ps512(_mm256_maskz_loadu_ps(lanes, from)), after, 1);
        const __m256i rounded = (__m256i)_mm512_cvtneps_pbh(both);
        _mm256_storeu_si256((__m256i *)(void *)to, _mm256_permutexvar_epi16(alternate, rounded));
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

/* Adam's step on a vector, whose gradient is `slope`. */
static inline __attribute__((always_inline)) void update_vector(const tile *t, const vae__adam_vectors *adam,
                                                                int64_t offset, __mmask16 lanes, __m512 slope)
{
    float *at[] = { t->update->value + offset, t->update->m + offset, t->update->v + offset };
    vae__vector x[3];
    for (int i = 0; i < 3; i++)
        x[i] = (vae__vector)_mm512_maskz_loadu_ps(lanes, at[i]);
    vae__adam_vector(adam, (vae__vector)slope, &x[0], &x[1], &x[2]);
    for (int i = 0; i < 3; i++)
        _mm512_mask_storeu_ps(at[i], lanes, (__m512)x[i]);
}

static inline __attribute__((always_inline)) void store_vector(const tile *t, int64_t row, int64_t column,
                                                               __mmask16 lanes, __m512 sum)
{
    if (t->bias)
        sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(lanes, t->bias + column));
    if (t->relu)
        sum = _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(sum, _mm512_setzero_ps(), _CMP_NLE_UQ), sum);
    _mm512_mask_storeu_ps(t->to + row * t->c_row + column, lanes, sum);
}

/* rows and vectors are constants where this is inlined. */
static inline __attribute__((always_inline)) void run_tile(const tile *t, int rows, int vectors)
{
    const __mmask16 last = lanes_mask(t->columns - (vectors - 1) * LANES);
    __m512 sum[ROWS][VECTORS];
#define LANES_OF(v) ((v) == vectors - 1 ? last : (__mmask16)0xffff)
    VAE__UNROLL
    for (int i = 0; i < rows; i++)
        VAE__UNROLL
    for (int v = 0; v < vectors; v++)
        sum[i][v] =
            t->from ? _mm512_maskz_loadu_ps(LANES_OF(v), t->from + i * t->c_row + v * LANES) : _mm512_setzero_ps();
    const uint32_t *a = t->a, *b = t->b;
    const int64_t a_row = t->a_row, a_pair = t->a_pair;
    for (int64_t pair = t->pairs; pair > 0; pair--, a += a_pair, b += COLUMNS) {
        __m512bh row[VECTORS];
        VAE__UNROLL
        for (int v = 0; v < vectors; v++)
            row[v] = (__m512bh)_mm512_loadu_si512(b + v * LANES);
        VAE__UNROLL
        for (int i = 0; i < rows; i++) {
            const __m512bh factor = (__m512bh)_mm512_set1_epi32((int)a[i * a_row]);
            VAE__UNROLL
            for (int v = 0; v < vectors; v++)
                sum[i][v] = _mm512_dpbf16_ps(sum[i][v], factor, row[v]);
        }
    }
    vae__adam_vectors adam = { 0 };
    if (t->update)
        adam = vae__adam_vectors_of(t->update->adam);
    VAE__UNROLL
    for (int i = 0; i < rows; i++)
        VAE__UNROLL
    for (int v = 0; v < vectors; v++)
        if (t->update)
            update_vector(t, &adam, i * t->update_row + v * LANES, LANES_OF(v), sum[i][v]);
        else
            store_vector(t, i, v * LANES, LANES_OF(v), sum[i][v]);
#undef LANES_OF
}

typedef void tile_function(const tile *t);

#define TILE(rows, vectors)                                                                                            \
    static void tile_##rows##_##vectors(const tile *t)                                                                 \
    {                                                                                                                  \
        run_tile(t, rows, vectors);                                                                                    \
    }
#define TILES(rows)  TILE(rows, 1) TILE(rows, 2) TILE(rows, 3)
#define ENTRY(rows)  [rows] = { NULL, tile_##rows##_1, tile_##rows##_2, tile_##rows##_3 },
#define EACH_ROWS(X) X(1) X(2) X(4) X(8)

EACH_ROWS(TILES)

static tile_function *const tiles[ROWS + 1][VECTORS + 1] = { EACH_ROWS(ENTRY) };

/* The most rows that a tile can have and `left` still offers. */
static int64_t rows_of(int64_t left)
{
    int64_t most = ROWS;
    while (most > left)
        most /= 2;
    return most;
}

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
                   p->panel.size, s->b);
        return;
    }
    vae__transpose((const float *)piece->a + p->panel.begin * piece->lda + block.begin, piece->lda, p->panel.size,
                   block.size, s->turned, COLUMNS);
    pack_steps(s->turned, COLUMNS, block.size, p->panel.size, s->b);
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
        pack_narrow(a + block.begin * lda + row, lda, block.size, rows, p->scratch->a);
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
        rows = rows_of(p->group.begin + p->group.size - i);
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
        tiles[rows][vectors_of(p->panel.size)](&t);
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
