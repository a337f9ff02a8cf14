/* What src/kernels/table.c takes of limit_bf16.c, which is compiled for a processor of its own. */
#ifndef VAE_KERNELS_LIMIT_BF16_H
#define VAE_KERNELS_LIMIT_BF16_H

#include "src/kernels/kernels.h"

vae__limit_loop vae__limit_avx512bf16;

#endif
