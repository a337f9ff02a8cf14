/* The machine's own limit: multiply-adds on registers and nothing else, as many at a time as the processor's units
 * take. What a product of matrices could be computed in, if nothing had to be brought. */
#include "src/kernels/parts.h"
#include "src/kernels/vector.h"

/* So many sums that do not wait for one another keep two units busy for five cycles each; with both factors they fit
 * the registers, of which AVX-512 has twice as many. */
enum { SUMS = VAE__WIDTH == 64 ? 16 : 12 };

double VAE__VARIANT(vae__limit)(int64_t rounds, void *out)
{
    /* Each sum goes to shift / (1 - factor): it neither overflows nor becomes denormal. That it is what is multiplied
     * keeps the product in the loop, where there is no instruction for both. */
    volatile real half = (real)0.5;
    const vae__vector factor = vae__vector_of(half), shift = vae__vector_of(half);
    vae__vector sum[SUMS], total = vae__vector_of(0);
#pragma GCC unroll 16
    for (int i = 0; i < SUMS; i++)
        sum[i] = vae__vector_of((real)i);
    for (int64_t round = 0; round < rounds; round++)
#pragma GCC unroll 16
        for (int i = 0; i < SUMS; i++)
            sum[i] = vae__vector_fma(sum[i], factor, shift);
#pragma GCC unroll 16
    for (int i = 0; i < SUMS; i++)
        total += sum[i];
    vae__vector_store(out, total);
    return 2.0 * SUMS * VAE__VECTOR * (double)rounds;
}
