/* Completing a digit from its middle column (Doersch 2016, section 4.2): the column goes through layers of its own, and
 * what they make of it is added within encoder and decoder. */
#include "models/variants.h"

const vae_model_spec vae__variant_doersch_cvae = {
    .name = "doersch-cvae",
    .summary = "the rest of a picture, given its middle column (Doersch 2016, section 4.2)",
    .x = { .likelihood = "bernoulli" },
    .conditions = { { .name = "column",
                      .of_x = "columns 14 14",
                      .enters = "encoder 2, decoder",
                      .layers = "dense 1000 relu, dense 500 relu, dense 250 relu" } },
    .latents = { { .size = 30 } },
    .encoder = "dense 1000 relu, dense 500 relu, dense 250 relu",
    .decoder = "dense 250 relu, dense 500 relu, dense 1000 relu",
    .recipe = { .epochs = 100, .batch_size = 100 },
};
