/* The plain VAE (Kingma, Welling 2014): one hidden layer in each network. */
#include "models/variants.h"

const vae_model_spec vae__variant_vae = {
    .name = "vae",
    .summary = "variational autoencoder, one hidden layer of 400 (Kingma, Welling 2014)",
    .x = { .likelihood = "bernoulli" },
    .latents = { { .size = 20 } },
    .encoder = "dense 400 relu",
    .decoder = "dense 400 relu",
};
