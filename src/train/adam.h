/* Adam (Kingma, Ba 2015, algorithm 1). */
#ifndef VAE_TRAIN_ADAM_H
#define VAE_TRAIN_ADAM_H

#include "src/checkpoint/training.h"

/* One step on all parameters of the training's model by a gradient laid out as they are; training->step steps were done
 * before. */
void vae__adam_step(vae_training *training, const float *gradient, int threads);

#endif
