/*
 * Steps of optimisers other than Adam, in one pass over arrays each: plain loops, an element like the next, which the
 * compiler turns into vectors. Nothing is fused, so every variant has the same bits. A variant of doubles has none of
 * them: parameters are float32.
 */
#include <float.h>

#include "src/kernels/parts.h"

/* A sum of squares stays finite, where its root is far above whatever a gradient is. */
static inline float bounded(float squares)
{
    return squares < FLT_MAX ? squares : FLT_MAX;
}

void VAE__VARIANT(vae__descend)(const vae__rule *rule, int64_t count, const float *gradient, float *restrict value,
                                float *restrict velocity)
{
    const float rate = rule->rate, momentum = rule->momentum;
    if (!velocity)
        for (int64_t i = 0; i < count; i++)
            value[i] -= rate * gradient[i];
    else if (!rule->looks_ahead)
        for (int64_t i = 0; i < count; i++) {
            velocity[i] = momentum * velocity[i] + gradient[i];
            value[i] -= rate * velocity[i];
        }
    else
        for (int64_t i = 0; i < count; i++) {
            velocity[i] = momentum * velocity[i] + gradient[i];
            value[i] -= rate * (gradient[i] + momentum * velocity[i]);
        }
}

void VAE__VARIANT(vae__adagrad)(const vae__rule *rule, int64_t count, const float *gradient, float *restrict value,
                                float *restrict squares)
{
    const float rate = rule->rate, epsilon = rule->epsilon;
    for (int64_t i = 0; i < count; i++) {
        squares[i] = bounded(squares[i] + gradient[i] * gradient[i]);
        value[i] -= rate * (gradient[i] / (__builtin_sqrtf(squares[i]) + epsilon));
    }
}

void VAE__VARIANT(vae__rmsprop)(const vae__rule *rule, int64_t count, const float *gradient, float *restrict value,
                                float *restrict squares, float *restrict velocity)
{
    const float rate = rule->rate, momentum = rule->momentum, epsilon = rule->epsilon;
    const float rho = rule->rho, rest = 1 - rho;
    for (int64_t i = 0; i < count; i++)
        squares[i] = bounded(rho * squares[i] + rest * (gradient[i] * gradient[i]));
    if (!velocity)
        for (int64_t i = 0; i < count; i++)
            value[i] -= rate * (gradient[i] / (__builtin_sqrtf(squares[i]) + epsilon));
    else
        for (int64_t i = 0; i < count; i++) {
            velocity[i] = momentum * velocity[i] + gradient[i] / (__builtin_sqrtf(squares[i]) + epsilon);
            value[i] -= rate * velocity[i];
        }
}
