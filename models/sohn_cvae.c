/* Structured prediction (Sohn, Lee, Yan 2015, section 4; sizes of Pyro's tutorial): the hidden part of x given the part
 * that is seen, with a prior that is learned. The prior sees x as a baseline completes it, the encoder all of x, and
 * the decoder z alone. */
#include "models/variants.h"

const vae_model_spec vae__variant_sohn_cvae = {
    .name = "sohn-cvae",
    .summary = "hidden part of x given the part that is seen, learned prior (Sohn, Lee, Yan 2015)",
    .x = { .likelihood = "bernoulli" },
    .conditions = { { .name = "seen",
                      .of_x = "quadrants 1",
                      .enters = "prior",
                      .baseline = "dense 500 relu, dense 500 relu" } },
    .latents = { { .size = 200 } },
    .encoder = "dense 500 relu, dense 500 relu",
    .decoder = "dense 500 relu, dense 500 relu",
    .prior = "gaussian",
    .prior_layers = "dense 500 relu, dense 500 relu",
};
