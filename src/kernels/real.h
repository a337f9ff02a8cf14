/*
 * The type that kernels and ops are compiled for, once for each variant: the build gives VAE_REAL (float or double)
 * and VAE_VARIANT (f32_generic, f32_avx2, f32_avx512, f64_generic), and -march for the last part of the name.
 *
 * The compiler is told -ffp-contract=off: a product is fused with a sum where the code says vae__fma and nowhere else,
 * so that a value does not depend on whether it was computed in a vector or in the tail of a row.
 */
#ifndef VAE_KERNELS_REAL_H
#define VAE_KERNELS_REAL_H

#include <stddef.h>
#include <stdint.h>

#ifndef VAE_REAL
#define VAE_REAL    double
#define VAE_VARIANT f64_generic
#endif

typedef VAE_REAL real;

#define VAE__JOIN2(a, b) a##_##b
#define VAE__JOIN(a, b)  VAE__JOIN2(a, b)
/* The name of this variant's version of a symbol: vae__op_relu_f32_avx2. */
#define VAE__VARIANT(name) VAE__JOIN(name, VAE_VARIANT)

#endif
