/* The VAE of Doersch 2016, "Tutorial on Variational Autoencoders" (section 4.1, and the code that comes with it). */
#include "models/variants.h"

const vae_model_spec vae__variant_doersch_vae = {
    .name = "doersch-vae",
    .summary = "three hidden layers, 30 latent dimensions (Doersch 2016, section 4.1)",
    .x = { .likelihood = "bernoulli" },
    .latents = { { .size = 30 } },
    .encoder = "dense 1000 relu, dense 500 relu, dense 250 relu",
    .decoder = "dense 250 relu, dense 500 relu, dense 1000 relu",
    .recipe = { .epochs = 100, .batch_size = 100 },
};
