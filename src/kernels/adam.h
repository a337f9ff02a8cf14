/*
 * Adam's step on a vector of values that lie in registers, for whoever has their gradient: src/kernels/adam.c from an
 * array, src/kernels/tile.h from the sums of a product. An element gets the same bits by both.
 */
#ifndef VAE_KERNELS_ADAM_H
#define VAE_KERNELS_ADAM_H

#include "src/kernels/kernels.h"
#include "src/kernels/vector.h"

/* Without a gradient the moments fade, and would stay among the denormal numbers for good (0.9 times a few of the
 * smallest rounds back to as many), where every operation takes a hundred times as long. On x86 the processor is told
 * to make 0 of them (src/base/parallel.c). */
static inline vae__vector vae__without_denormal(vae__vector x)
{
#ifdef __SSE2__
    return x;
#else
    const vae__vector least = vae__vector_of((real)FLT_MIN);
    typedef __typeof__(x < least) mask;
    return (vae__vector)((mask)x & ((x >= least) | (x <= -least) | (x != x)));
#endif
}

/*
 * m / (sqrt(v) + epsilon). On AVX-512 from the processor's estimates of 14 bits, each made better once by Newton's rule
 * (to about an ulp), for its square roots and divisions take three times as long as all the rest of a step. A v below
 * 2^-100 counts as that: its root, 1e-15, is nothing beside an epsilon, and what is left in rounding it no denormal.
 */
static inline vae__vector vae__adam_ratio(vae__vector m, vae__vector v, vae__vector epsilon)
{
#if VAE__WIDTH == 64
    if (VAE__IS_FLOAT) {
        const vae__vector half = vae__vector_of((real)0.5), one = vae__vector_of(1);
        const __m512 least = _mm512_set1_ps(0x1p-100f), most = _mm512_set1_ps(FLT_MAX);
        vae__vector square = (vae__vector)_mm512_min_ps(_mm512_max_ps((__m512)v, least), most);
        vae__vector inverse = (vae__vector)_mm512_rsqrt14_ps((__m512)square), root = square * inverse;
        root = vae__vector_fma(vae__vector_fma(-root, root, square) * half, inverse, root);
        vae__vector below = root + epsilon, share = (vae__vector)_mm512_rcp14_ps((__m512)below);
        share = vae__vector_fma(vae__vector_fma(-below, share, one), share, share);
        return m * share;
    }
#endif
    vae__vector root;
    for (int i = 0; i < VAE__VECTOR; i++)
        root[i] = vae__sqrt(v[i]);
    return m / (root + epsilon);
}

/* The constants of a step, a vector each. */
typedef struct vae__adam_vectors {
    vae__vector descent, beta1, rest1, beta2, rest2, epsilon;
} vae__adam_vectors;

static inline vae__adam_vectors vae__adam_vectors_of(const vae__adam *adam)
{
    const float beta1 = adam->beta1, beta2 = adam->beta2;
    return (vae__adam_vectors){
        .descent = vae__vector_of((real)-adam->rate),
        .beta1 = vae__vector_of((real)beta1),
        .rest1 = vae__vector_of((real)(1.0f - beta1)),
        .beta2 = vae__vector_of((real)beta2),
        .rest2 = vae__vector_of((real)(1.0f - beta2)),
        .epsilon = vae__vector_of((real)adam->epsilon),
    };
}

static inline void vae__adam_vector(const vae__adam_vectors *adam, vae__vector gradient, vae__vector *value,
                                    vae__vector *m, vae__vector *v)
{
    *m = vae__without_denormal(vae__vector_fma(adam->beta1, *m, adam->rest1 * gradient));
    *v = vae__without_denormal(vae__vector_fma(adam->beta2, *v, adam->rest2 * gradient * gradient));
    *value = vae__vector_fma(adam->descent, vae__adam_ratio(*m, *v, adam->epsilon), *value);
}

#endif
