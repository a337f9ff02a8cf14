/* my_variant.c: two variants of one's own, with the whole command line. */
#include <vae/vae.h>

static const vae_model_spec variants[] = {
    /* p(x | z, digit) of grey images: each pixel has a mean and a deviation by the decoder. */
    {
        .name = "grey",
        .summary = "grey images by class, Gaussian pixels",
        .x = { .likelihood = "gaussian", .transform = "unit" },
        .conditions = { { .name = "digit", .kind = VAE_CLASS } },
        .latents = { { .size = 10 } },
        .encoder = "dense 100 gelu, dense 50 gelu",
        .decoder = "dense 50 gelu, dense 100 gelu",
    },
    /* p(x | z, energy, run) of detector frames: counts, of which the encoder sees the logarithm; 65535 is a gap. */
    {
        .name = "frames",
        .summary = "detector frames by energy and run, Poisson counts",
        .x = { .likelihood = "poisson", .encoder_transform = "log1p", .has_fill_value = true, .fill_value = 65535 },
        .conditions = { { .name = "energy", .kind = VAE_VALUES }, { .name = "run", .kind = VAE_CLASS } },
        .latents = { { .size = 8 } },
        .encoder = "dense 100 relu",
        .decoder = "dense 100 relu",
    },
};

int main(int argc, char **argv)
{
    const vae_catalogue mine = { .models = variants, .model_count = sizeof variants / sizeof *variants };
    return vae_main(argc, argv, &mine);
}
