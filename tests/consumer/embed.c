/* A program that embeds a model, as the README prints it; consumer.sh builds and runs it. */
/* clang-format off */
#include <stdio.h>
#include <vae/vae.h>

int main(void)
{
    vae_model *model = NULL;
    vae_samples samples = { 0 };
    const vae_sample_options five_threes = { .count = 5, .only_class = 3, .has_class = true };

    vae_status s = vae_model_load("cvae.h5", NULL, &model);
    if (!s.code)
        s = vae_sample(model, &five_threes, &samples);      /* samples.x: (5, 784) */
    if (!s.code)
        s = vae_samples_save(model, &samples, "threes.png");
    if (s.code)
        fprintf(stderr, "%s\n", s.message);
    vae_samples_free(&samples);
    vae_model_free(&model);
    return s.code != 0;
}
