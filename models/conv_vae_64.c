/* A convolutional VAE of colour images, with the four convolutions usual for 64x64 (as in Higgins et al. 2017). */
#include "models/variants.h"

const vae_model_spec vae__variant_conv_vae_64 = {
    .name = "conv-vae-64",
    .summary = "convolutional VAE of 64x64 colour images, four convolutions and their mirror",
    .x = { .shape = { 64, 64, 3 }, .likelihood = "bernoulli", .transform = "unit" },
    .latents = { { .size = 10 } },
    .encoder = "conv 32 4x4 stride 2 relu, conv 32 4x4 stride 2 relu, conv 64 4x4 stride 2 relu, "
               "conv 64 4x4 stride 2 relu, dense 256 relu",
    .decoder = "dense 256 relu, dense 1024 relu, reshape 4x4x64, deconv 64 4x4 stride 2 relu, "
               "deconv 32 4x4 stride 2 relu, deconv 32 4x4 stride 2 relu, deconv 3 4x4 stride 2",
};
