/* Objectives: what training maximises, for each example. */
#include "models/parts.h"

/* E log p(x | z) − KL(q(z | x) ‖ p(z)), with the KL in closed form: estimator B of Kingma, Welling 2014, equation 7. */
static vae_node *elbo(const double *arguments, const vae_terms *terms)
{
    (void)arguments;
    return vae_sub(terms->reconstruction, terms->kl);
}

static const vae_objective rows[] = {
    { .word = { .name = "elbo", .summary = "the evidence lower bound, with the KL in closed form where there is one" },
      .build = elbo },
};

const vae__word_table vae__objectives = { "objective", rows, sizeof *rows, sizeof rows / sizeof *rows, NULL, 0, NULL };
