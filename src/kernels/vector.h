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

/* Before a loop of a few rounds, whose arrays are to be registers. */
#ifdef __clang__
#define VAE__UNROLL _Pragma("clang loop unroll(full)")
#else
#define VAE__UNROLL _Pragma("GCC unroll 16")
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

/* Each lane that is 0 or below becomes 0; not a number stays so. */
static inline vae__vector vae__vector_relu(vae__vector x)
{
    const vae__vector zero = { 0 };
#if VAE__WIDTH == 64
    return VAE__IS_FLOAT
               ? (vae__vector)_mm512_maskz_mov_ps(_mm512_cmp_ps_mask((__m512)x, (__m512)zero, _CMP_NLE_UQ), (__m512)x)
               : (vae__vector)_mm512_maskz_mov_pd(_mm512_cmp_pd_mask((__m512d)x, (__m512d)zero, _CMP_NLE_UQ),
                                                  (__m512d)x);
#else
    typedef __typeof__(x > zero) mask;
    return (vae__vector)((mask)x & ~(x <= zero));
#endif
}

#endif
