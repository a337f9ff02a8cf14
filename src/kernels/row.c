/* One variant's row of the table. */
#include "src/kernels/parts.h"
#include "src/kernels/vector.h"

/* Place in the tables, and name. */
#define NUMBER_f64_generic 0
#define NUMBER_f32_generic 1
#define NUMBER_f32_avx2    2
#define NUMBER_f32_avx512  3
#define NAME_f64_generic   "generic"
#define NAME_f32_generic   "generic"
#define NAME_f32_avx2      "avx2"
#define NAME_f32_avx512    "avx512"

#define IS_DOUBLE (sizeof(real) == sizeof(double))

const vae__kernels VAE__VARIANT(vae__kernels_row) = {
    .name = VAE__VARIANT(NAME),
    .float64 = IS_DOUBLE,
    .wide = VAE__WIDTH > 16,
    .variant = VAE__VARIANT(NUMBER),
    .uniform = VAE__VARIANT(vae__uniform),
    .normal = VAE__VARIANT(vae__normal),
    .binarize = VAE__VARIANT(vae__binarize),
    .convert = VAE__VARIANT(vae__convert),
    .magnitude = IS_DOUBLE ? NULL : VAE__VARIANT(vae__magnitude),
    .adam = IS_DOUBLE ? NULL : VAE__VARIANT(vae__adam),
    .descend = IS_DOUBLE ? NULL : VAE__VARIANT(vae__descend),
    .adagrad = IS_DOUBLE ? NULL : VAE__VARIANT(vae__adagrad),
    .rmsprop = IS_DOUBLE ? NULL : VAE__VARIANT(vae__rmsprop),
    .matmul = VAE__VARIANT(vae__matmul_own),
    .limit = VAE__VARIANT(vae__limit),
};
