/* encode.c: a program that embeds a model, and has q(z | x) of frames as they come. */
#include <stdio.h>
#include <vae/vae.h>

enum { PIXELS = 32 * 32, MOST_LATENTS = 64 };

/* Stands for the instrument. */
static void next_frame(int number, uint16_t *frame, double *energy, int32_t *run)
{
    for (int i = 0; i < PIXELS; i++)
        frame[i] = (uint16_t)((i * 7 + number) % 11);
    *energy = 2.5;
    *run = number % 3; /* a class by its number: its place among the levels */
}

static vae_status encode_frames(vae_encoder *encoder, int count)
{
    static uint16_t frame[PIXELS];
    double energy;
    int32_t run;
    float mean[MOST_LATENTS], logvar[MOST_LATENTS];
    const vae_conditions given = { .values = { &energy, &run } }; /* in the declaration's order */
    vae_status s = { VAE_OK, "" };
    for (int i = 0; i < count && !s.code; i++) {
        next_frame(i, frame, &energy, &run);
        s = vae_encoder_run(encoder, frame, 1, &given, mean, logvar);
        if (!s.code)
            printf("frame %d: z[0] has mean %+.3f, log-variance %+.3f\n", i, mean[0], logvar[0]);
    }
    return s;
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "model.h5";
    const vae_infer_options options = { .threads = 1,
                                        .x_type = VAE_UINT16,
                                        .condition_types = { VAE_FLOAT64, VAE_INT32 } };
    vae_model *model = NULL;
    vae_encoder *encoder = NULL;

    vae_status s = vae_model_load(path, NULL, &model);
    if (!s.code &&
        (vae_model_x_size(model) != PIXELS || vae_model_declaration(model)->latents[0].size > MOST_LATENTS)) {
        fprintf(stderr, "%s: expected a model of %d pixels and at most %d latents\n", path, PIXELS, MOST_LATENTS);
        vae_model_free(&model);
        return 1;
    }
    if (!s.code)
        s = vae_encoder_new(model, &options, &encoder);
    if (!s.code)
        s = encode_frames(encoder, 3);
    if (s.code)
        fprintf(stderr, "%s\n", s.message);
    vae_encoder_free(&encoder);
    vae_model_free(&model);
    return s.code != 0;
}
