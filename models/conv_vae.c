/* A convolutional VAE: the picture of the introductions, image → convolutions → z → deconvolutions → image. */
#include "models/variants.h"

const vae_model_spec vae__variant_conv_vae = {
    .name = "conv-vae",
    .summary = "convolutional VAE of 28x28 images, two convolutions and their mirror",
    .x = { .shape = { 28, 28 }, .likelihood = "bernoulli" },
    .latents = { { .size = 20 } },
    .encoder = "conv 32 4x4 stride 2 relu, conv 64 4x4 stride 2 relu, dense 256 relu",
    .decoder = "dense 256 relu, dense 3136 relu, reshape 7x7x64, deconv 32 4x4 stride 2 relu, deconv 1 4x4 stride 2",
};
