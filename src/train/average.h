/* The running average of the parameters over the steps of a training, and its validation. */
#ifndef VAE_TRAIN_AVERAGE_H
#define VAE_TRAIN_AVERAGE_H

#include "src/base/parallel.h"
#include "src/checkpoint/training.h"

/* Before the first step: the average begins with the parameters as they are. Nothing where there is no average. */
void vae__average_begin(vae_training *training);

/* Takes the parameters of a step in: average ← d · average + (1 − d) · parameters. By every thread of a team, of which
 * none may change a parameter until all are done; they need not leave together. */
void vae__average_work(vae_training *training, vae__team team);

/* The same by one thread, outside of a region. */
void vae__average_alone(vae_training *training);

/* Has average and parameters change places, where there is an average: twice, and each is where it was. */
void vae__average_swap(vae_training *training);

#endif
