/* Objectives: what training maximises, for each example. */
#include "models/parts.h"

/* E log p(x | z) − KL(q(z | x) ‖ p(z)), with the KL in closed form: estimator B of Kingma, Welling 2014, equation 7. */
static vae_node *elbo(vae_node *reconstruction, vae_node *kl)
{
    return vae_sub(reconstruction, kl);
}

static const vae__objective rows[] = {
    { .word = { .name = "elbo", .summary = "the evidence lower bound, with the KL in closed form" }, .build = elbo },
};

const vae__word_table vae__objectives = { "objective", rows, sizeof *rows, sizeof rows / sizeof *rows };
