/* given.c: what is given, four ways: a part of x, a prior that is learned, a hierarchy, a regression. */
#include <vae/vae.h>

static const vae_model_spec variants[] = {
    /* p(hidden | z, seen): the rest of a digit from its bottom left quadrant; the decoder sees the quadrant through
     * layers of its own, and so does the prior, p(z | seen). The encoder sees all of x, and with it the quadrant. */
    {
        .name = "rest",
        .summary = "the rest of a picture from a quadrant",
        .conditions = { { .name = "seen",
                          .of_x = "quadrants 1",
                          .layers = "dense 100 relu",
                          .enters = "decoder, prior" } },
        .latents = { { .size = 20 } },
        .encoder = "dense 200 relu",
        .decoder = "dense 200 relu",
        .prior = "gaussian",
        .prior_layers = "dense 100 relu",
    },
    /* A class through a layer of its own; it joins the encoder's first layer, and the decoder behind its only one: the
     * heads. */
    {
        .name = "late",
        .summary = "a class that the decoder's heads see",
        .conditions = { { .name = "digit",
                          .kind = VAE_CLASS,
                          .layers = "dense 8 tanh",
                          .enters = "encoder, decoder 1" } },
        .latents = { { .size = 10 } },
        .encoder = "dense 200 relu",
        .decoder = "dense 200 relu",
    },
    /* p(x | z1, digit) p(z1 | z2, digit) p(z2): two stochastic layers. */
    {
        .name = "layered",
        .summary = "two stochastic layers, by class",
        .conditions = { { .name = "digit", .kind = VAE_CLASS } },
        .latents = { { .size = 40 }, { .size = 20, .encoder = "dense 80 tanh", .decoder = "dense 80 tanh" } },
        .encoder = "dense 200 tanh",
        .decoder = "dense 200 tanh",
        .objective = "iwae samples=5",
    },
    /* p(hidden | seen): one answer to a quadrant, without z. */
    {
        .name = "answer",
        .summary = "regression of a picture on a quadrant",
        .conditions = { { .name = "seen", .of_x = "quadrants 1" } },
        .decoder = "dense 200 relu",
        .objective = "none",
    },
};

int main(int argc, char **argv)
{
    const vae_catalogue mine = { .models = variants, .model_count = sizeof variants / sizeof *variants };
    return vae_main(argc, argv, &mine);
}
