/* The same for continuous data (Kingma, Welling 2014, appendix C.2): a Gaussian decoder whose variances are the
 * network's, as for the Frey faces. */
#include "models/variants.h"

const vae_model_spec vae__variant_aevb_gaussian = {
    .name = "aevb-gaussian",
    .summary = "one hidden layer of 200 tanh units, for continuous data (Kingma, Welling 2014, appendix C.2)",
    .x = { .likelihood = "gaussian" },
    .latents = { { .size = 10 } },
    .encoder = "dense 200 tanh",
    .decoder = "dense 200 tanh",
    .initial = "normal sigma=0.1",
    .recipe = { .batch_size = 100, .learning_rate = 0.02, .optimizer = "adagrad", .weight_prior = 1 },
};
