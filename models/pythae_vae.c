/* The VAE that Pythae (Chadebec, Vincent, Allassonniere 2022) reproduces on MNIST in its fixed binarisation. */
#include "models/variants.h"

const vae_model_spec vae__variant_pythae_vae = {
    .name = "pythae-vae",
    .summary = "one hidden layer of 400, 40 latent dimensions, for MNIST in a fixed binarisation (Pythae)",
    .x = { .likelihood = "bernoulli" },
    .latents = { { .size = 40 } },
    .encoder = "dense 400 relu",
    .decoder = "dense 400 relu",
    .recipe = { .epochs = 500,
                .batch_size = 100,
                .learning_rate = 1e-4,
                .schedule = "steps 200 350 500 factor=0.6309573" },
};
