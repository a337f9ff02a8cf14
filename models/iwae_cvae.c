/* iwae-1 given the class, in both networks. */
#include "models/variants.h"

const vae_model_spec vae__variant_iwae_cvae = {
    .name = "iwae-cvae",
    .summary = "class-conditional, importance weighted, one stochastic layer of 50",
    .x = { .likelihood = "bernoulli" },
    .conditions = { { .name = "digit", .kind = VAE_CLASS } },
    .latents = { { .size = 50 } },
    .encoder = "dense 200 tanh, dense 200 tanh",
    .decoder = "dense 200 tanh, dense 200 tanh",
    .objective = "iwae samples=5",
    .initial = "data-bias",
    .recipe = { .epochs = 3280,
                .batch_size = 20,
                .optimizer = "adam beta1=0.99 epsilon=0.0001",
                .schedule = "steps 1 4 13 40 121 364 1093 factor=0.7196857" },
};
