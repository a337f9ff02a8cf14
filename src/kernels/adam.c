/* Adam's step in one pass over arrays. A variant of doubles has none: parameters are float32. */
#include "src/kernels/adam.h"

#include "src/kernels/parts.h"

void VAE__VARIANT(vae__adam)(const vae__update *update, int64_t count, const float *gradient)
{
    const vae__adam_vectors step = vae__adam_vectors_of(update->adam);
    real *const arrays[] = { (real *)(void *)update->value, (real *)(void *)update->m, (real *)(void *)update->v };
    for (int64_t i = 0; VAE__IS_FLOAT && i < count; i += VAE__VECTOR) {
        const int64_t lanes = count - i < VAE__VECTOR ? count - i : VAE__VECTOR;
        const real *g = (const real *)(const void *)gradient + i;
        vae__vector x[3], slope = vae__vector_load_lanes(g, lanes);
        for (int k = 0; k < 3; k++)
            x[k] = vae__vector_load_lanes(arrays[k] + i, lanes);
        vae__adam_vector(&step, slope, &x[0], &x[1], &x[2]);
        for (int k = 0; k < 3; k++)
            vae__vector_store_lanes(arrays[k] + i, x[k], lanes);
    }
}
