/* How a training takes its steps: as its options say, or where they say nothing its model's recipe. */
#ifndef VAE_TRAIN_METHOD_H
#define VAE_TRAIN_METHOD_H

#include "src/checkpoint/training.h"

/* Batches, learning rate, optimiser, schedule, clips and prior of a new training. */
vae_status vae__method_take(vae_training *training, const vae_training_options *options);

/* Can the step be taken where a gradient is made? */
bool vae__method_is_at_once(const vae_training *training);

/* The learning rate of the next step; and its number among those that were done and not skipped, from 1. */
double vae__method_rate(const vae_training *training);
double vae__method_number(const vae_training *training);

/* Adam's constants of the next step. */
vae__adam vae__adam_of(const vae_training *training);

/* log p(θ) / N of N training rows and so many: Σ over parameters of −½ log(2πσ²) − θ² / (2σ²), over N. */
double vae__method_log_prior(const vae_training *training, int64_t rows);

#endif
