/* What Doersch 2016 (section 4.2) sets beside the conditional VAE: the same networks without z, whose one answer is the
 * blurred mean of all that there may be. */
#include "models/variants.h"

const vae_model_spec vae__variant_doersch_regressor = {
    .name = "doersch-regressor",
    .summary = "doersch-cvae without z: one answer to a picture's middle column (Doersch 2016, section 4.2)",
    .x = { .likelihood = "bernoulli" },
    .conditions = { { .name = "column",
                      .of_x = "columns 14 14",
                      .enters = "decoder",
                      .layers = "dense 1000 relu, dense 500 relu, dense 250 relu" } },
    .decoder = "dense 250 relu, dense 500 relu, dense 1000 relu",
    .objective = "none",
    .recipe = { .epochs = 100, .batch_size = 100 },
};
