/* The command line with a variant for an instrument's data, for infer.sh: conditions of every kind; and one with a
 * recipe, for optimizers.sh. */
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
    { .name = "steady",
      .summary = "with a recipe of its own",
      .latents = { { .size = 2 } },
      .encoder = "dense 6 tanh",
      .decoder = "dense 6 tanh",
      .recipe = { .epochs = 3,
                  .batch_size = 25,
                  .learning_rate = 0.01,
                  .optimizer = "adagrad",
                  .schedule = "steps 1 factor=0.5",
                  .clip_norm = 100,
                  .weight_prior = 1 } },
};

int main(int count, char **words)
{
    const vae_catalogue mine = { .models = models, .model_count = sizeof models / sizeof *models };
    return vae_main(count, words, &mine);
}
