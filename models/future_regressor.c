/* future-cvae without z: one answer to a still image, the mean of all that may become of it. */
#include "models/variants.h"

const vae_model_spec vae__variant_future_regressor = {
    .name = "future-regressor",
    .summary = "future-cvae without z: one answer to a still image (Walker et al. 2016)",
    .x = { .shape = { 8, 8, 8 }, .likelihood = "gaussian sigma=shared", .transform = "raw" },
    .conditions = { { .name = "still",
                      .kind = VAE_IMAGE,
                      .shape = { 32, 32 },
                      .enters = "decoder",
                      .layers = "conv 32 4x4 stride 2 relu, conv 64 4x4 stride 2 relu" } },
    .decoder = "conv 64 3x3 relu, conv 64 3x3 relu, from-polar 8 3x3",
    .objective = "none",
    .recipe = { .epochs = 100, .schedule = "cosine epochs=100" },
};
