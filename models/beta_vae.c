/* The KL weighed by beta (Higgins et al. 2017): --objective "elbo beta=8" turns the dial. */
#include "models/variants.h"

const vae_model_spec vae__variant_beta_vae = {
    .name = "beta-vae",
    .summary = "the KL weighed four times, 10 latent dimensions (Higgins et al. 2017)",
    .x = { .likelihood = "bernoulli" },
    .latents = { { .size = 10 } },
    .encoder = "dense 400 relu",
    .decoder = "dense 400 relu",
    .objective = "elbo beta=4",
};
