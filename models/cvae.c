/* The class-conditional VAE (Sohn, Lee, Yan 2015): p(x | z, digit) and q(z | x, digit). */
#include "models/variants.h"

const vae_model_spec vae__variant_cvae = {
    .name = "cvae",
    .summary = "class-conditional VAE, two hidden layers of 500 (Sohn, Lee, Yan 2015)",
    .x = { .likelihood = "bernoulli" },
    .conditions = { { .name = "digit", .kind = VAE_CLASS } },
    .latents = { { .size = 20 } },
    .encoder = "dense 500 relu, dense 500 relu",
    .decoder = "dense 500 relu, dense 500 relu",
};
