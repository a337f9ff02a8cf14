/*
 * The machine's vectors, for loops that a compiler does not turn into vector code well by itself: as wide as the
 * instruction set, of the variant's real. Everything here gives the same bits as the scalar operation lane by lane.
 */
#ifndef VAE_KERNELS_VECTOR_H
#define VAE_KERNELS_VECTOR_H

#include "src/kernels/math.h"

#if defined(__AVX512F__)
#include <immintrin.h>
#define VAE__WIDTH 64
#elif defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#define VAE__WIDTH 32
#else
#define VAE__WIDTH 16
#endif

typedef real vae__vector __attribute__((vector_size(VAE__WIDTH)));
typedef real vae__vector_loose __attribute__((vector_size(VAE__WIDTH), aligned(sizeof(real)), may_alias));

enum { VAE__VECTOR = VAE__WIDTH / (int)sizeof(real) };

static inline vae__vector vae__vector_of(real x)
{
    const vae__vector zero = { 0 };
    return x - zero; /* minus, so that -0 stays what it is */
}

static inline vae__vector vae__vector_load(const real *from)
{
    return *(const vae__vector_loose *)from;
}

static inline void vae__vector_store(real *to, vae__vector x)
{
    *(vae__vector_loose *)to = x;
}

#if VAE__WIDTH == 64

/* a · b + c, as vae__fma. */
static inline vae__vector vae__vector_fma(vae__vector a, vae__vector b, vae__vector c)
{
    return VAE__IS_FLOAT ? (vae__vector)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c)
                         : (vae__vector)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
}

/* The first `lanes` lanes, 0 … all; the others are 0, and their memory is not touched. */
static inline vae__vector vae__vector_load_part(const real *from, int64_t lanes)
{
    unsigned mask = (1u << lanes) - 1;
    return VAE__IS_FLOAT ? (vae__vector)_mm512_maskz_loadu_ps((__mmask16)mask, from)
                         : (vae__vector)_mm512_maskz_loadu_pd((__mmask8)mask, from);
}

static inline void vae__vector_store_part(real *to, vae__vector x, int64_t lanes)
{
    unsigned mask = (1u << lanes) - 1;
    if (VAE__IS_FLOAT)
        _mm512_mask_storeu_ps(to, (__mmask16)mask, (__m512)x);
    else
        _mm512_mask_storeu_pd(to, (__mmask8)mask, (__m512d)x);
}

#elif VAE__WIDTH == 32

static inline vae__vector vae__vector_fma(vae__vector a, vae__vector b, vae__vector c)
{
    return VAE__IS_FLOAT ? (vae__vector)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c)
                         : (vae__vector)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
}

static inline __m256i vae__vector_mask(int64_t lanes)
{
    static const int32_t ones[16] = { -1, -1, -1, -1, -1, -1, -1, -1 };
    return _mm256_loadu_si256((const __m256i *)(ones + 8 - lanes * (int)(sizeof(real) / 4)));
}

static inline vae__vector vae__vector_load_part(const real *from, int64_t lanes)
{
    __m256i mask = vae__vector_mask(lanes);
    return VAE__IS_FLOAT ? (vae__vector)_mm256_maskload_ps((const float *)(const void *)from, mask)
                         : (vae__vector)_mm256_maskload_pd((const double *)(const void *)from, mask);
}

static inline void vae__vector_store_part(real *to, vae__vector x, int64_t lanes)
{
    __m256i mask = vae__vector_mask(lanes);
    if (VAE__IS_FLOAT)
        _mm256_maskstore_ps((float *)(void *)to, mask, (__m256)x);
    else
        _mm256_maskstore_pd((double *)(void *)to, mask, (__m256d)x);
}

#else

static inline vae__vector vae__vector_fma(vae__vector a, vae__vector b, vae__vector c)
{
#if defined(__FMA__) || defined(__FP_FAST_FMAF)
    vae__vector result = c;
    for (int i = 0; i < VAE__VECTOR; i++)
        result[i] = vae__fma(a[i], b[i], c[i]);
    return result;
#else
    return a * b + c;
#endif
}

static inline vae__vector vae__vector_load_part(const real *from, int64_t lanes)
{
    vae__vector x = { 0 };
    for (int i = 0; i < VAE__VECTOR; i++)
        if (i < lanes)
            x[i] = from[i];
    return x;
}

static inline void vae__vector_store_part(real *to, vae__vector x, int64_t lanes)
{
    for (int i = 0; i < VAE__VECTOR; i++)
        if (i < lanes)
            to[i] = x[i];
}

#endif

static inline vae__vector vae__vector_load_lanes(const real *from, int64_t lanes)
{
    return lanes == VAE__VECTOR ? vae__vector_load(from) : vae__vector_load_part(from, lanes);
}

static inline void vae__vector_store_lanes(real *to, vae__vector x, int64_t lanes)
{
    if (lanes == VAE__VECTOR)
        vae__vector_store(to, x);
    else
        vae__vector_store_part(to, x, lanes);
}

/* Each lane that is not above 0 becomes 0. */
static inline vae__vector vae__vector_relu(vae__vector x)
{
    const vae__vector zero = { 0 };
#if VAE__WIDTH == 64
    return VAE__IS_FLOAT ? (vae__vector)_mm512_max_ps((__m512)x, (__m512)zero)
                         : (vae__vector)_mm512_max_pd((__m512d)x, (__m512d)zero);
#else
    typedef __typeof__(x > zero) mask;
    return (vae__vector)((mask)x & (x > zero));
#endif
}

/* The sum of all lanes: the upper half is added to the lower one until one is left. */
static inline real vae__vector_sum(vae__vector x)
{
    real lanes[VAE__VECTOR] __attribute__((aligned(64)));
    memcpy(lanes, &x, sizeof x);
#pragma GCC unroll 4
    for (int half = VAE__VECTOR / 2; half; half /= 2)
#pragma GCC unroll 8
        for (int i = 0; i < half; i++)
            lanes[i] += lanes[i + half];
    return lanes[0];
}

/*
 * Sums of the lanes of several vectors at once, each in vae__vector_sum's order. A fold makes one vector of two: every
 * group of that many lanes, in x and then in y, becomes half as long, its upper half added to its lower one.
 */
enum { VAE__SUMS = VAE__WIDTH == 64 ? 16 : 8 };
typedef float vae__floats __attribute__((vector_size(VAE__WIDTH)));

#if VAE__WIDTH == 64
#define VAE__FOLD_16(x, y)                                                                                             \
    (__builtin_shufflevector(x, y, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +                           \
     __builtin_shufflevector(x, y, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
#define VAE__FOLD_8(x, y)                                                                                              \
    (__builtin_shufflevector(x, y, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27) +                         \
     __builtin_shufflevector(x, y, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31))
#define VAE__FOLD_4(x, y)                                                                                              \
    (__builtin_shufflevector(x, y, 0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29) +                         \
     __builtin_shufflevector(x, y, 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31))
#define VAE__FOLD_2(x, y)                                                                                              \
    (__builtin_shufflevector(x, y, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30) +                        \
     __builtin_shufflevector(x, y, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31))
#elif VAE__WIDTH == 32
#define VAE__FOLD_8(x, y)                                                                                              \
    (__builtin_shufflevector(x, y, 0, 1, 2, 3, 8, 9, 10, 11) +                                                         \
     __builtin_shufflevector(x, y, 4, 5, 6, 7, 12, 13, 14, 15))
#define VAE__FOLD_4(x, y)                                                                                              \
    (__builtin_shufflevector(x, y, 0, 1, 4, 5, 8, 9, 12, 13) +                                                         \
     __builtin_shufflevector(x, y, 2, 3, 6, 7, 10, 11, 14, 15))
#define VAE__FOLD_2(x, y)                                                                                              \
    (__builtin_shufflevector(x, y, 0, 2, 4, 6, 8, 10, 12, 14) +                                                        \
     __builtin_shufflevector(x, y, 1, 3, 5, 7, 9, 11, 13, 15))
#endif

/* Where a fold needs other lanes than float32 has, or vectors are short, one by one. */
static inline void vae__vector_sums(const vae__vector x[VAE__SUMS], real sums[VAE__SUMS])
{
#if VAE__WIDTH > 16
    if (VAE__IS_FLOAT) {
        vae__floats y[VAE__SUMS];
#pragma GCC unroll 16
        for (int i = 0; i < VAE__SUMS; i++)
            y[i] = (vae__floats)x[i];
#if VAE__WIDTH == 64
#pragma GCC unroll 8
        for (int i = 0; i < 8; i++)
            y[i] = VAE__FOLD_16(y[2 * i], y[2 * i + 1]);
#endif
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++)
            y[i] = VAE__FOLD_8(y[2 * i], y[2 * i + 1]);
        y[0] = VAE__FOLD_4(y[0], y[1]);
        y[1] = VAE__FOLD_4(y[2], y[3]);
        y[0] = VAE__FOLD_2(y[0], y[1]);
        memcpy(sums, y, sizeof y[0]);
        return;
    }
#endif
    for (int i = 0; i < VAE__SUMS; i++)
        sums[i] = vae__vector_sum(x[i]);
}

#endif
