/* The negative log-likelihood by samples of z: importance sampling, and draws from the prior. */
#ifndef VAE_INFER_LIKELIHOOD_H
#define VAE_INFER_LIKELIHOOD_H

#include <vae/infer.h>

#include "src/data/match.h"

/*
 * −log 1/n Σ_k w_k of each row, by a graph that gives log w_k:
 *
 *     VAE__WEIGHTS       w = p(x | z) p(z) / q(z | x), z from q(z | x) (Burda, Grosse, Salakhutdinov 2015, equation 8)
 *     VAE__PRIOR_WEIGHTS    w = p(x | z), z from p(z) (Doersch 2016, equation 3)
 *
 * Samples are run in pieces, so that memory does not grow with their number; a draw belongs to its example and its k,
 * so that the pieces change nothing but the last bits.
 */
typedef struct vae__likelihood {
    vae__graph_kind kind;
    int64_t samples;
    const int64_t *counts; /* the n that are asked for, ascending, the last one being `samples` */
    int count;
    /* Found: */
    double *nll;                /* (rows, count) */
    double *effective_fraction; /* (rows): (Σ w)² / Σ w² of all samples, divided by their number */
} vae__likelihood;

vae_status vae__likelihood_estimate(const vae_model *model, const vae__match *match,
                                    const vae_evaluation_options *options, const vae__likelihood *wanted);

#endif
