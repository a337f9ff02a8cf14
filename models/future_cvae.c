/* What may become of a still image (Walker, Doersch, Gupta, Hebert 2016): trajectories of the points of a grid, given
 * the image through a tower of convolutions; lengths and directions apart, where they go in and where they come out. */
#include "models/variants.h"

const vae_model_spec vae__variant_future_cvae = {
    .name = "future-cvae",
    .summary = "where the points of a still image will go; for the data \"motion\" (Walker et al. 2016)",
    .x = { .shape = { 8, 8, 8 }, .likelihood = "gaussian sigma=shared", .transform = "raw" },
    .conditions = { { .name = "still",
                      .kind = VAE_IMAGE,
                      .shape = { 32, 32 },
                      .enters = "encoder, decoder 3",
                      .layers = "conv 32 4x4 stride 2 relu, conv 64 4x4 stride 2 relu" } },
    .latents = { { .size = 16 } },
    .encoder = "polar, conv 64 3x3 relu, conv 64 4x4 stride 2 relu, dense 256 relu",
    .decoder = "dense 256 relu, dense 2048 relu, reshape 8x8x32, conv 64 3x3 relu, conv 64 3x3 relu, from-polar 8 3x3",
    .objective = "elbo warm-up=10",
    .recipe = { .epochs = 100, .schedule = "cosine epochs=100" },
};
