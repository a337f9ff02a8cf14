/* One stochastic layer of Burda, Grosse, Salakhutdinov 2015, section 5. K is the objective's: "iwae samples=50"; with
 * one sample it is the VAE. */
#include "models/variants.h"

const vae_model_spec vae__variant_iwae_1 = {
    .name = "iwae-1",
    .summary = "importance weighted, one stochastic layer of 50 (Burda, Grosse, Salakhutdinov 2015)",
    .x = { .likelihood = "bernoulli" },
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
