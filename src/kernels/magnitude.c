/* The largest magnitude in an array, by the bits: without the sign those of floats are in the order of the numbers, and
 * infinity and NaN come last. */
#include <string.h>

#include "src/kernels/parts.h"

uint32_t VAE__VARIANT(vae__magnitude)(const float *values, int64_t count)
{
    uint32_t most = 0;
    for (int64_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, values + i, sizeof bits);
        bits &= 0x7fffffff;
        most = bits > most ? bits : most;
    }
    return most;
}
