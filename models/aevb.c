/* Auto-encoding variational Bayes (Kingma, Welling 2014, section 5 and appendix C.1): estimator B; the objective
 * "sampled-elbo" is A. */
#include "models/variants.h"

const vae_model_spec vae__variant_aevb = {
    .name = "aevb",
    .summary = "one hidden layer of 500 tanh units (Kingma, Welling 2014, figure 2)",
    .x = { .likelihood = "bernoulli" },
    .latents = { { .size = 10 } },
    .encoder = "dense 500 tanh",
    .decoder = "dense 500 tanh",
    .initial = "normal sigma=0.1",
    .recipe = { .batch_size = 100, .learning_rate = 0.02, .optimizer = "adagrad", .weight_prior = 1 },
};
