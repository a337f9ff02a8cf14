/* Evaluating a split in batches, for vae_evaluate and for the validation of a training. */
#ifndef VAE_INFER_EVALUATOR_H
#define VAE_INFER_EVALUATOR_H

#include <vae/infer.h>

#include "src/data/match.h"

typedef struct vae__evaluator vae__evaluator;

/* Buffers for evaluating the split of `match`, which is copied; model and data must outlive it. A run writes elbo,
 * reconstruction, kl and observed of each example, in the split's order, and the figures of each dimension of z, into
 * the arrays of `examples`, which have room for them; NULL: nowhere. */
vae_status vae__evaluator_new(const vae_model *model, const vae__match *match, int threads, const char *kernels,
                              vae_examples *examples, vae__evaluator **evaluator);
void vae__evaluator_free(vae__evaluator **evaluator);

/* Sets examples, elbo, reconstruction and kl, with their standard errors, active_units and observed. The progress of
 * `options` may be NULL. */
vae_status vae__evaluator_run(vae__evaluator *evaluator, const vae_evaluation_options *options,
                              vae_evaluation *evaluation);

/* Tells the progress of `options`, where it has one; VAE_STOPPED where that asks for it. */
vae_status vae__evaluation_tell(const vae_evaluation_options *options, int64_t done, int64_t examples);

#endif
