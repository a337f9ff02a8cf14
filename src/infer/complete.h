/* Samples given conditions that come from data, a run at a time: what completions and forecasts share. */
#ifndef VAE_INFER_COMPLETE_H
#define VAE_INFER_COMPLETE_H

#include <vae/complete.h>

#include "src/infer/pass.h"

/* Rows that are completed, and with whose draws. */
typedef struct vae__completed_rows {
    const vae_completion_options *options;
    int64_t count, samples;
    uint32_t *chosen; /* (count): rows of the split */
    int64_t *number;  /* (count): the same of the source */
} vae__completed_rows;

/* Is what is asked for possible, of this model and with this regressor? */
vae_status vae__completion_check(const vae_model *model, const vae_completion_options *options);

/* Counts rows and samples; of samples that are not told there are as many as are usual, or 1 of a regression. */
void vae__completion_count(const vae_model *model, const vae__match *match, int64_t usual, vae__completed_rows *rows);

/* Which they are: `chosen` and `number` have room for them. */
vae_status vae__completion_choose(const vae_data *data, vae__completed_rows *rows);

/* The pass of a model's samples, and that of a regressor's one answer. Runs have a size of their own, so that bits do
 * not depend on how many rows or samples there are. */
vae__pass vae__completion_pass(const vae__completed_rows *rows, const vae_model *model, const vae__match *match);
vae__pass vae__completion_answer(const vae__completed_rows *rows, const vae_model *regressor, const vae__match *match);

/* Opens the pass, runs it, and closes it. */
vae_status vae__completion_run(vae__pass *pass, const vae__match *match, vae__collect *collector, void *results);

/* How many samples of a piece are wanted: the last one may have more. */
int64_t vae__completion_piece(const vae__pass *pass);

#endif
