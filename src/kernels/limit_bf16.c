/* The limit with bf16 factors and float32 sums (vdpbf16ps), for processors with AVX-512 BF16: compiled for them alone.
 */
#include "src/kernels/bf16.h"

#include <immintrin.h>

enum { SUMS = 16, LANES = 16, PRODUCTS = 2 /* a lane */ };

double vae__limit_avx512bf16(int64_t rounds, void *out)
{
    volatile float half = 0.5f;
    const __m512 halves = _mm512_set1_ps(half);
    const __m512bh factor = _mm512_cvtne2ps_pbh(halves, halves);
    __m512 sum[SUMS], total = _mm512_setzero_ps();
#pragma GCC unroll 16
    for (int i = 0; i < SUMS; i++)
        sum[i] = _mm512_set1_ps((float)i);
    for (int64_t round = 0; round < rounds; round++)
#pragma GCC unroll 16
        for (int i = 0; i < SUMS; i++)
            sum[i] = _mm512_dpbf16_ps(sum[i], factor, factor);
#pragma GCC unroll 16
    for (int i = 0; i < SUMS; i++)
        total = _mm512_add_ps(total, sum[i]);
    _mm512_storeu_ps(out, total);
    return 2.0 * SUMS * LANES * PRODUCTS * (double)rounds;
}
