/* Adam (Kingma, Ba 2015, algorithm 1). */
#ifndef VAE_TRAIN_ADAM_H
#define VAE_TRAIN_ADAM_H

#include "src/base/parallel.h"
#include "src/checkpoint/training.h"

/* A team's step on all parameters of the training's model, each thread doing its share, by a gradient laid out as they
 * are; training->step steps were done before. */
void vae__adam_step(const vae_training *training, const float *gradient, vae__team team);

#endif
