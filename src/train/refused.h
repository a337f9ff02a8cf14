/* A step that the executor refused, for it could not tell that every gradient would be finite: it is computed apart,
 * and taken after all, or told. */
#ifndef VAE_TRAIN_REFUSED_H
#define VAE_TRAIN_REFUSED_H

#include <vae/data.h>

#include "src/checkpoint/training.h"
#include "src/kernels/kernels.h"

typedef struct vae__refused {
    const vae_training *training;
    const vae_data *data; /* whose training rows run->example_ids are */
    const vae_program *program;
    const vae_executor_options *options;
    const vae_run *run;
    const vae__update *update; /* NULL: the step was to be taken apart, which is not made up for */
    int64_t number;            /* of the step in its epoch, from 0 */
} vae__refused;

/*
 * Where all is finite takes the step: the same bits as the executor would have left. Else VAE_ERROR_NUMBER, and nothing
 * is changed: the message names epoch and step, the first node that made what is not finite, and the rows of the data
 * that did.
 */
vae_status vae__refused_settle(const vae__refused *step);

#endif
