/* Evaluating a split in batches, for vae_evaluate and for the validation of a training. */
#ifndef VAE_INFER_EVALUATOR_H
#define VAE_INFER_EVALUATOR_H

#include <vae/infer.h>

#include "src/data/match.h"

typedef struct vae__evaluator vae__evaluator;

/* Buffers for evaluating the split of `match`, which is copied; model and data must outlive it. */
vae_status vae__evaluator_new(const vae_model *model, const vae__match *match, int threads, const char *kernels,
                              vae__evaluator **evaluator);
void vae__evaluator_free(vae__evaluator **evaluator);

/* From now on a run writes the figures of each example, in the split's order, into the arrays of `examples`, which have
 * room for them; NULL: nowhere. */
void vae__evaluator_keep(vae__evaluator *evaluator, vae_examples *examples);

/* Sets examples, elbo, reconstruction, kl, active_units and observed. The progress of `options` may be NULL. */
vae_status vae__evaluator_run(vae__evaluator *evaluator, const vae_evaluation_options *options,
                              vae_evaluation *evaluation);

/* Tells the progress of `options`, where it has one; VAE_STOPPED where that asks for it. */
vae_status vae__evaluation_tell(const vae_evaluation_options *options, int64_t done, int64_t examples);

#endif
