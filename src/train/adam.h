/* Adam (Kingma, Ba 2015, algorithm 1). */
#ifndef VAE_TRAIN_ADAM_H
#define VAE_TRAIN_ADAM_H

#include "src/checkpoint/training.h"
#include "src/kernels/kernels.h"

/* The constants of the next step, behind those that were done and not skipped. */
vae__adam vae__adam_of(const vae_training *training);

#endif
