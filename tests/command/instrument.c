/* The command line with a variant for an instrument's data, for infer.sh: conditions of every kind. */
#include <vae/vae.h>

static const vae_model_spec models[] = {
    { .name = "beam",
      .summary = "frames of a beam, given energy, place and run",
      .x = { .likelihood = "gaussian", .transform = "standardize" },
      .conditions = { { .name = "energy", .kind = VAE_VALUES },
                      { .name = "place", .kind = VAE_VALUES },
                      { .name = "run", .kind = VAE_CLASS } },
      .latents = { { .size = 3 } },
      .encoder = "dense 12 tanh",
      .decoder = "dense 12 tanh" },
    { .name = "sky",
      .summary = "frames, given what lies below them",
      .x = { .likelihood = "gaussian", .transform = "standardize" },
      .conditions = { { .name = "flat", .kind = VAE_IMAGE } },
      .latents = { { .size = 3 } },
      .encoder = "dense 12 tanh",
      .decoder = "dense 12 tanh" },
};

int main(int count, char **words)
{
    const vae_catalogue mine = { .models = models, .model_count = 2 };
    return vae_main(count, words, &mine);
}
