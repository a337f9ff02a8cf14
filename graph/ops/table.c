/* The table of ops in each variant, in the order of list.h. Compiled once. */
#include "graph/op.h"

#define TABLE(variant)                                                                                                 \
    VAE__OP_LIST(DECLARE_##variant)                                                                                    \
    static const vae__op *const variant[] = { VAE__OP_LIST(ROW_##variant) };

#define DECLARE_f64_generic(op) extern const vae__op vae__op_##op##_f64_generic;
#define DECLARE_f32_generic(op) extern const vae__op vae__op_##op##_f32_generic;
#define DECLARE_f32_avx2(op)    extern const vae__op vae__op_##op##_f32_avx2;
#define DECLARE_f32_avx512(op)  extern const vae__op vae__op_##op##_f32_avx512;
#define ROW_f64_generic(op)     &vae__op_##op##_f64_generic,
#define ROW_f32_generic(op)     &vae__op_##op##_f32_generic,
#define ROW_f32_avx2(op)        &vae__op_##op##_f32_avx2,
#define ROW_f32_avx512(op)      &vae__op_##op##_f32_avx512,

TABLE(f64_generic)
TABLE(f32_generic)
#if VAE_HAVE_X86_VARIANTS
TABLE(f32_avx2)
TABLE(f32_avx512)
#endif

/* In the order of vae__kernels.variant. */
static const vae__op *const *const tables[VAE__VARIANTS] = {
    f64_generic,
    f32_generic,
#if VAE_HAVE_X86_VARIANTS
    f32_avx2,
    f32_avx512,
#endif
};

const vae__op *const *vae__ops(int variant)
{
    return variant >= 0 && variant < VAE__VARIANTS ? tables[variant] : NULL;
}
