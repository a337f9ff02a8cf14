/* What the files compiled once a variant give to that variant's row. */
#ifndef VAE_KERNELS_PARTS_H
#define VAE_KERNELS_PARTS_H

#include "src/kernels/kernels.h"
#include "src/kernels/matmul.h"
#include "src/kernels/real.h"

void VAE__VARIANT(vae__uniform)(vae__draw draw, uint32_t example, uint32_t first, int64_t count, void *out);
void VAE__VARIANT(vae__normal)(vae__draw draw, uint32_t example, uint32_t first, int64_t count, void *out);
void VAE__VARIANT(vae__binarize)(vae__draw draw, uint32_t example, uint32_t first, int64_t count, const void *x,
                                 void *out);
void VAE__VARIANT(vae__convert)(vae_type type, const void *stored, int64_t count, void *out);
void VAE__VARIANT(vae__adam)(const vae__update *update, int64_t count, const float *gradient);
void VAE__VARIANT(vae__descend)(const vae__rule *rule, int64_t count, const float *gradient, float *value,
                                float *velocity);
void VAE__VARIANT(vae__adagrad)(const vae__rule *rule, int64_t count, const float *gradient, float *value,
                                float *squares);
void VAE__VARIANT(vae__rmsprop)(const vae__rule *rule, int64_t count, const float *gradient, float *value,
                                float *squares, float *velocity);
uint32_t VAE__VARIANT(vae__magnitude)(const float *values, int64_t count);
void VAE__VARIANT(vae__matmul_own)(const vae__matmul_piece *piece);
void VAE__VARIANT(vae__matmul_single)(const vae__matmul_piece *piece);
vae__limit_loop VAE__VARIANT(vae__limit);

extern const vae__kernels VAE__VARIANT(vae__kernels_row);

#endif
