/* Mean-field variational inference as before there were encoders (Jordan et al. 1999): of every training row a mean and
 * a log-variance of its own. */
#include "models/variants.h"

const vae_model_spec vae__variant_local_vi = {
    .name = "local-vi",
    .summary = "variational inference without an encoder: a posterior of each training row (Jordan et al. 1999)",
    .x = { .likelihood = "bernoulli" },
    .latents = { { .size = 20 } },
    .encoder = "",
    .decoder = "dense 400 relu",
    .posterior = "table",
};
