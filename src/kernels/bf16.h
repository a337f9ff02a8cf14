/* What src/kernels/table.c takes of the files that are compiled for processors with AVX512_BF16. */
#ifndef VAE_KERNELS_BF16_H
#define VAE_KERNELS_BF16_H

#include "src/kernels/kernels.h"
#include "src/kernels/matmul.h"

vae__limit_loop vae__limit_avx512bf16;
vae__matmul_function vae__matmul_avx512bf16;

#endif
