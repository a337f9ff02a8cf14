/*
 * Uniform and normal draws of an example, 16 blocks of Philox at a time. What an element gets depends on its number
 * alone: a run may begin and end anywhere.
 */
#include "src/kernels/math.h"
#include "src/kernels/parts.h"

enum { BLOCKS = 16, WORDS = 4 * BLOCKS };

#ifdef __SSE2__
#include <immintrin.h>

/* Words lie in 64-bit lanes: the processor multiplies their lower halves, and what stands in the upper ones is never
 * read. Compilers do not see this by themselves. */
#if defined(__AVX512F__)
typedef __m512i machine_lanes;
#define MULTIPLY _mm512_mul_epu32
#elif defined(__AVX2__)
typedef __m256i machine_lanes;
#define MULTIPLY _mm256_mul_epu32
#else
typedef __m128i machine_lanes;
#define MULTIPLY _mm_mul_epu32
#endif

typedef uint64_t lanes __attribute__((vector_size(sizeof(machine_lanes)), may_alias));
enum { LANES = sizeof(lanes) / 8, VECTORS = BLOCKS / LANES };

static inline lanes multiply(lanes a, lanes b)
{
    return (lanes)MULTIPLY((machine_lanes)a, (machine_lanes)b);
}

/* The words of `first` … first + 15, block after block. */
static inline void draw_words(vae__draw draw, uint32_t example, uint32_t first, uint32_t words[WORDS])
{
    const lanes zero = { 0 }, low = zero + 0xffffffffu;
    const lanes factor0 = zero + 0xD2511F53u, factor1 = zero + 0xCD9E8D57u;
    uint64_t numbers[BLOCKS] __attribute__((aligned(64)));
    uint64_t early[BLOCKS] __attribute__((aligned(64))), late[BLOCKS] __attribute__((aligned(64)));
    lanes c0[VECTORS], c1[VECTORS], c2[VECTORS], c3[VECTORS];
    for (uint32_t i = 0; i < BLOCKS; i++)
        numbers[i] = first + i;
    for (int v = 0; v < VECTORS; v++) {
        c0[v] = *(const lanes *)(numbers + v * LANES);
        c1[v] = zero + example;
        c2[v] = zero + draw.step;
        c3[v] = zero + draw.stream;
    }
    uint32_t k0 = (uint32_t)draw.seed, k1 = (uint32_t)(draw.seed >> 32);
#pragma GCC unroll 10
    for (int round = 0; round < 10; round++) {
#pragma GCC unroll 8
        for (int v = 0; v < VECTORS; v++) { /* vae__philox_round */
            lanes product0 = multiply(factor0, c0[v]), product1 = multiply(factor1, c2[v]);
            c0[v] = (product1 >> 32) ^ c1[v] ^ (zero + k0);
            c1[v] = product1;
            c2[v] = (product0 >> 32) ^ c3[v] ^ (zero + k1);
            c3[v] = product0;
        }
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    for (int v = 0; v < VECTORS; v++) {
        *(lanes *)(early + v * LANES) = (c0[v] & low) | c1[v] << 32;
        *(lanes *)(late + v * LANES) = (c2[v] & low) | c3[v] << 32;
    }
    for (int i = 0; i < BLOCKS; i++) {
        memcpy(words + 4 * i, early + i, 8);
        memcpy(words + 4 * i + 2, late + i, 8);
    }
}

#else

static inline void draw_words(vae__draw draw, uint32_t example, uint32_t first, uint32_t words[WORDS])
{
    for (uint32_t i = 0; i < BLOCKS; i++) {
        uint32_t c[4] = { first + i, example, draw.step, draw.stream };
        vae__philox(c, draw.seed);
        memcpy(words + 4 * i, c, sizeof c);
    }
}

#endif

static inline void uniform_values(const uint32_t words[WORDS], real *values)
{
    for (int i = 0; i < WORDS; i++)
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
static inline void normal_values(const uint32_t words[WORDS], real *values)
{
    for (int i = 0; i < WORDS / 2; i++) {
        real radius = normal_radius(words[2 * i]), cosine, sine;
        turn(words[2 * i + 1] >> 8, &cosine, &sine);
        values[2 * i] = radius * cosine;
        values[2 * i + 1] = radius * sine;
    }
}

/* Elements first … first + count - 1, of which the first batch may lack some in front and the last some behind. */
static inline __attribute__((always_inline)) void fill(vae__draw draw, uint32_t example, uint32_t first, int64_t count,
                                                       real *out, void (*values_of)(const uint32_t *, real *))
{
    uint32_t words[WORDS] __attribute__((aligned(64)));
    real values[WORDS] __attribute__((aligned(64)));
    uint32_t block = first / 4;
    int64_t skip = first % 4;
    for (; count > 0; block += BLOCKS) {
        int64_t here = WORDS - skip < count ? WORDS - skip : count;
        draw_words(draw, example, block, words);
        values_of(words, values);
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
