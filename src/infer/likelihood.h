/* The negative log-likelihood by importance sampling. */
#ifndef VAE_INFER_LIKELIHOOD_H
#define VAE_INFER_LIKELIHOOD_H

#include <vae/infer.h>

#include "src/data/match.h"

/*
 * The mean over the rows of −log 1/K Σ_k p(x | z_k) p(z_k) / q(z_k | x), z_k from q(z | x) (Burda, Grosse,
 * Salakhutdinov 2015, equation 8). Samples are run in pieces, so that memory does not grow with K; a draw belongs to
 * its example and its k, so that the pieces change nothing but the order of a sum.
 */
vae_status vae__likelihood_estimate(const vae_model *model, const vae__match *match,
                                    const vae_evaluation_options *options, double *nll);

#endif
