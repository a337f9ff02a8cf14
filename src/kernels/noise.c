/*
 * Draws of an example: uniform, normal, and steps by uniform ones; 16 blocks of Philox at a time. What an element gets
 * depends on its number alone: a run may begin and end anywhere.
 */
#include "src/kernels/math.h"
#include "src/kernels/parts.h"

enum { BLOCKS = 16, WORDS = 4 * BLOCKS, FEW = BLOCKS / 2 };

#define ALWAYS_INLINE static inline __attribute__((always_inline))

#ifdef __SSE2__
#include <immintrin.h>

/* Words lie in 64-bit lanes: the processor multiplies their lower halves, and what stands in the upper ones is never
 * read. Compilers do not see this by themselves. */
#if defined(__AVX512F__)
typedef __m512i machine_lanes;
#define MULTIPLY           _mm512_mul_epu32
#define FIRST_PAIRS(a, b)  __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define SECOND_PAIRS(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#elif defined(__AVX2__)
typedef __m256i machine_lanes;
#define MULTIPLY           _mm256_mul_epu32
#define FIRST_PAIRS(a, b)  __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define SECOND_PAIRS(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#else
typedef __m128i machine_lanes;
#define MULTIPLY           _mm_mul_epu32
#define FIRST_PAIRS(a, b)  __builtin_shufflevector(a, b, 0, 2)
#define SECOND_PAIRS(a, b) __builtin_shufflevector(a, b, 1, 3)
#endif

typedef uint64_t lanes __attribute__((vector_size(sizeof(machine_lanes)), may_alias));
typedef uint32_t halves __attribute__((vector_size(sizeof(machine_lanes) / 2)));
enum { LANES = sizeof(lanes) / 8, MOST_VECTORS = BLOCKS / LANES };

static inline lanes multiply(lanes a, lanes b)
{
    return (lanes)MULTIPLY((machine_lanes)a, (machine_lanes)b);
}

/* The words of `count` blocks, 16 or few, counted from `first`; block after block. */
ALWAYS_INLINE void draw_words(vae__draw draw, uint32_t example, uint32_t first, int count, const uint32_t *blocks,
                              uint32_t *words)
{
    const int vectors = count / LANES;
    const lanes zero = { 0 }, low = zero + 0xffffffffu;
    const lanes factor0 = zero + 0xD2511F53u, factor1 = zero + 0xCD9E8D57u;
    lanes c0[MOST_VECTORS], c1[MOST_VECTORS], c2[MOST_VECTORS], c3[MOST_VECTORS];
    for (int v = 0; v < vectors; v++) {
        halves numbers;
        memcpy(&numbers, blocks + v * LANES, sizeof numbers);
        c0[v] = __builtin_convertvector(numbers + first, lanes);
        c1[v] = zero + example;
        c2[v] = zero + draw.step;
        c3[v] = zero + draw.stream;
    }
    uint32_t k0 = (uint32_t)draw.seed, k1 = (uint32_t)(draw.seed >> 32);
#pragma GCC unroll 10
    for (int round = 0; round < 10; round++) {
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++) { /* vae__philox_round */
            lanes product0 = multiply(factor0, c0[v]), product1 = multiply(factor1, c2[v]);
            c0[v] = (product1 >> 32) ^ c1[v] ^ (zero + k0);
            c1[v] = product1;
            c2[v] = (product0 >> 32) ^ c3[v] ^ (zero + k1);
            c3[v] = product0;
        }
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
#pragma GCC unroll 8
    for (int v = 0; v < vectors; v++) {
        lanes early = (c0[v] & low) | c1[v] << 32, late = (c2[v] & low) | c3[v] << 32;
        lanes front = FIRST_PAIRS(early, late), back = SECOND_PAIRS(early, late);
        memcpy(words + (2 * v) * 2 * LANES, &front, sizeof front);
        memcpy(words + (2 * v + 1) * 2 * LANES, &back, sizeof back);
    }
}

#else

ALWAYS_INLINE void draw_words(vae__draw draw, uint32_t example, uint32_t first, int count, const uint32_t *blocks,
                              uint32_t *words)
{
    for (int i = 0; i < count; i++) {
        uint32_t c[4] = { first + blocks[i], example, draw.step, draw.stream };
        vae__philox(c, draw.seed);
        memcpy(words + 4 * i, c, sizeof c);
    }
}

#endif

ALWAYS_INLINE void uniform_values(const uint32_t *words, int count, real *values)
{
    for (int i = 0; i < count; i++)
        values[i] = (real)(int32_t)(words[i] >> 8) * (real)0x1p-24;
}

/* sqrt(-2 log u) for u in (0, 1]: 24 bits, so that u is exact and never 0. */
static inline real normal_radius(uint32_t word)
{
    real u = (real)(int32_t)((word >> 8) + 1) * (real)0x1p-24;
    return vae__sqrt((real)-2 * vae__log(u));
}

static inline float with_sign(float x, uint32_t negative)
{
    return vae__float_of(vae__bits_of(x) ^ negative << 31);
}

/* cos and sin of 2π · angle / 2^24: quarters of a turn aside, f in [-1/2, 1/2] quarters remains. */
static inline void turn_float(uint32_t angle, float *cosine, float *sine)
{
    uint32_t quarters = (angle + 0x200000u) >> 22;
    float f = (float)(int32_t)(angle - (quarters << 22)) * 0x1p-22f, square = f * f;
    float s = vae__fma_float(1.582063063e-04f, square, -4.681266258e-03f);
    s = vae__fma_float(s, square, 7.969258273e-02f);
    s = vae__fma_float(s, square, -6.459640961e-01f);
    s = vae__fma_float(s, square, 1.570796327e+00f) * f;
    float c = vae__fma_float(9.036280665e-04f, square, -2.086006950e-02f);
    c = vae__fma_float(c, square, 2.536692037e-01f);
    c = vae__fma_float(c, square, -1.233700541e+00f);
    c = vae__fma_float(c, square, 1.0f);
    *cosine = with_sign(quarters & 1 ? s : c, (quarters + 1) >> 1 & 1);
    *sine = with_sign(quarters & 1 ? c : s, quarters >> 1 & 1);
}

static inline void turn(uint32_t angle, real *cosine, real *sine)
{
    if (VAE__IS_FLOAT) {
        float c, s;
        turn_float(angle, &c, &s);
        *cosine = (real)c;
        *sine = (real)s;
    } else {
        double turned = (double)angle * (6.283185307179586476925 * 0x1p-24);
        *cosine = (real)cos(turned);
        *sine = (real)sin(turned);
    }
}

/* Box and Muller 1958: two words make two normals. */
ALWAYS_INLINE void normal_values(const uint32_t *words, int count, real *values)
{
    for (int i = 0; i < count / 2; i++) {
        real radius = normal_radius(words[2 * i]), cosine, sine;
        turn(words[2 * i + 1] >> 8, &cosine, &sine);
        values[2 * i] = radius * cosine;
        values[2 * i + 1] = radius * sine;
    }
}

/* Elements first … first + count - 1, of which the first batch may lack some in front and the last some behind. */
ALWAYS_INLINE void fill(vae__draw draw, uint32_t example, uint32_t first, int64_t count, real *out,
                        void (*values_of)(const uint32_t *, int, real *))
{
    static const uint32_t in_order[BLOCKS] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    uint32_t words[WORDS] __attribute__((aligned(64)));
    real values[WORDS] __attribute__((aligned(64)));
    uint32_t block = first / 4;
    int64_t skip = first % 4;
    for (; count > 0; block += BLOCKS) {
        int64_t here = WORDS - skip < count ? WORDS - skip : count;
        if (skip + here <= 4 * FEW) {
            draw_words(draw, example, block, FEW, in_order, words);
            values_of(words, 4 * FEW, values);
        } else {
            draw_words(draw, example, block, BLOCKS, in_order, words);
            values_of(words, WORDS, values);
        }
        memcpy(out, values + skip, (size_t)here * sizeof *out);
        out += here;
        count -= here;
        skip = 0;
    }
}

void VAE__VARIANT(vae__uniform)(vae__draw draw, uint32_t example, uint32_t first, int64_t count, void *out)
{
    fill(draw, example, first, count, out, uniform_values);
}

void VAE__VARIANT(vae__normal)(vae__draw draw, uint32_t example, uint32_t first, int64_t count, void *out)
{
    fill(draw, example, first, count, out, normal_values);
}

/*
 * Where a value is 0 or below, or 1 or above, no draw in [0, 1) changes its step: most of a picture is so. Blocks in
 * which some value lies between are listed, and drawn 16 at a time wherever they lie.
 */
enum { PIECE = 16 * WORDS };

typedef real four __attribute__((vector_size(4 * sizeof(real)), aligned(sizeof(real)), may_alias));

/* Lists the blocks in which some value lies between 0 and 1; returns how many there are. What is listed behind them
 * means nothing. */
#if defined(__AVX512F__) && defined(__BMI2__)
static int64_t list_undecided(int64_t blocks, const real *values, uint32_t listed[PIECE / 4 + BLOCKS])
{
    const __m512 zero = _mm512_setzero_ps(), one = _mm512_set1_ps(1);
    __m512i numbers = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    int64_t count = 0;
    for (int64_t block = 0; block < blocks; block += BLOCKS) {
        uint64_t between = 0;
        for (int v = 0; v < 4; v++) {
            const __m512 x = _mm512_load_ps(values + 4 * block + 16 * v);
            const __mmask16 above = _mm512_cmp_ps_mask(x, zero, _CMP_GT_OQ);
            between |= (uint64_t)_mm512_mask_cmp_ps_mask(above, x, one, _CMP_LT_OQ) << 16 * v;
        }
        between |= between >> 1;
        between |= between >> 2;
        const uint64_t any = _pext_u64(between, 0x1111111111111111u);
        _mm512_storeu_si512(listed + count, _mm512_maskz_compress_epi32((__mmask16)any, numbers));
        numbers = _mm512_add_epi32(numbers, _mm512_set1_epi32(BLOCKS));
        count += __builtin_popcountll(any);
    }
    return count;
}
#else
static int64_t list_undecided(int64_t blocks, const real *values, uint32_t listed[PIECE / 4 + BLOCKS])
{
    unsigned char between[PIECE] __attribute__((aligned(64)));
    for (int64_t i = 0; i < 4 * blocks; i++)
        between[i] = (values[i] > 0) & (values[i] < 1);
    int64_t count = 0;
    for (int64_t block = 0; block < blocks; block++) {
        uint32_t any;
        memcpy(&any, between + 4 * block, sizeof any);
        listed[count] = (uint32_t)block;
        count += any != 0;
    }
    return count;
}
#endif

/* The steps of blocks, a multiple of 16 of them, from the one of number `first` on. */
static void step_blocks(vae__draw draw, uint32_t example, uint32_t first, int64_t blocks, const real *values,
                        real *steps)
{
    typedef __typeof__((four){ 0 } < (four){ 0 }) four_mask;
    const four one = { 1, 1, 1, 1 };
    uint32_t listed[PIECE / 4 + BLOCKS] = { 0 }, words[WORDS] __attribute__((aligned(64)));
    real uniform[WORDS] __attribute__((aligned(64)));
    const int64_t count = list_undecided(blocks, values, listed);
    for (int64_t i = 0; i < 4 * blocks; i++)
        steps[i] = values[i] >= 1 ? 1 : 0;
    for (int64_t begin = 0; begin < count; begin += BLOCKS) {
        draw_words(draw, example, first, BLOCKS, listed + begin, words);
        uniform_values(words, WORDS, uniform);
        for (int64_t i = begin; i < begin + BLOCKS && i < count; i++) {
            const four x = *(const four *)(values + 4 * listed[i]), u = *(const four *)(uniform + 4 * (i - begin));
            *(four *)(steps + 4 * listed[i]) = (four)((u < x) & (four_mask)one);
        }
    }
}

void VAE__VARIANT(vae__binarize)(vae__draw draw, uint32_t example, uint32_t first, int64_t count, const void *x,
                                 void *out)
{
    const real *from = x;
    real *to = out;
    real values[PIECE] __attribute__((aligned(64))), steps[PIECE] __attribute__((aligned(64)));
    uint32_t block = first / 4;
    int64_t skip = first % 4;
    for (; count > 0; block += PIECE / 4) {
        const int64_t here = PIECE - skip < count ? PIECE - skip : count, end = skip + here;
        memset(values, 0, 4 * sizeof *values); /* what stands before and behind them: nothing is drawn for it */
        memset(values + end / WORDS * WORDS, 0, end % WORDS ? WORDS * sizeof *values : 0);
        memcpy(values + skip, from, (size_t)here * sizeof *from);
        step_blocks(draw, example, block, (end + WORDS - 1) / WORDS * BLOCKS, values, steps);
        memcpy(to, steps + skip, (size_t)here * sizeof *to);
        from += here;
        to += here;
        count -= here;
        skip = 0;
    }
}
