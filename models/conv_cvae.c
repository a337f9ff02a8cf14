/* The same, class-conditional: a class enters a convolution as a bias by channel, and a dense layer as its own. */
#include "models/variants.h"

const vae_model_spec vae__variant_conv_cvae = {
    .name = "conv-cvae",
    .summary = "class-conditional convolutional VAE of 28x28 images",
    .x = { .shape = { 28, 28 }, .likelihood = "bernoulli" },
    .conditions = { { .name = "digit", .kind = VAE_CLASS } },
    .latents = { { .size = 20 } },
    .encoder = "conv 32 4x4 stride 2 relu, conv 64 4x4 stride 2 relu, dense 256 relu",
    .decoder = "dense 256 relu, dense 3136 relu, reshape 7x7x64, deconv 32 4x4 stride 2 relu, deconv 1 4x4 stride 2",
};
