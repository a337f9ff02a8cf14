/* Adam's step in one pass; float32 in every variant. */
#include "src/kernels/math.h"
#include "src/kernels/parts.h"

/* Without a gradient the moments fade, and would stay among the denormal numbers for good (0.9 times a few of the
 * smallest rounds back to as many), where every operation takes a hundred times as long. */
static inline float without_denormal(float x)
{
    return fabsf(x) < FLT_MIN ? 0.0f : x;
}

void VAE__VARIANT(vae__adam)(const vae__adam *adam, int64_t count, float *restrict value,
                             const float *restrict gradient, float *restrict m, float *restrict v)
{
    const float rate = adam->rate, epsilon = adam->epsilon, beta1 = adam->beta1, beta2 = adam->beta2;
    const float rest1 = 1.0f - beta1, rest2 = 1.0f - beta2;
    for (int64_t i = 0; i < count; i++) {
        float g = gradient[i];
        float first = without_denormal(vae__fma_float(beta1, m[i], rest1 * g));
        float second = without_denormal(vae__fma_float(beta2, v[i], rest2 * g * g));
        m[i] = first;
        v[i] = second;
        value[i] -= rate * first / (__builtin_sqrtf(second) + epsilon);
    }
}
