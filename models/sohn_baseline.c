/* The deterministic network of Sohn, Lee, Yan 2015 (section 5.1; sizes of Pyro's tutorial): what is hidden of x from
 * what is seen, without z. It is also what sohn-cvae takes for its baseline. */
#include "models/variants.h"

const vae_model_spec vae__variant_sohn_baseline = {
    .name = "sohn-baseline",
    .summary = "regression of the hidden part of x on the part that is seen (Sohn, Lee, Yan 2015)",
    .x = { .likelihood = "bernoulli" },
    .conditions = { { .name = "seen", .of_x = "quadrants 1" } },
    .decoder = "dense 500 relu, dense 500 relu",
    .objective = "none",
};
