/* A normal distribution made a ring (Doersch 2016, figure 2): x = z / 10 + z / |z|, learned from its samples, the data
 * source "ring". */
#include "models/variants.h"

const vae_model_spec vae__variant_ring = {
    .name = "ring",
    .summary = "a normal in two dimensions to points on a ring; for the data \"ring\" (Doersch 2016, figure 2)",
    .x = { .likelihood = "gaussian sigma=0.05", .transform = "raw" },
    .latents = { { .size = 2 } },
    .encoder = "dense 100 relu, dense 100 relu",
    .decoder = "dense 100 relu, dense 100 relu",
};
