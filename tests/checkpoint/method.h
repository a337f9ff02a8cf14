/* How a training made without vae_training_new takes its steps. */
#ifndef VAE_TESTS_METHOD_H
#define VAE_TESTS_METHOD_H

#include "src/checkpoint/training.h"

static inline vae_status take_method(vae_training *training, const char *optimizer, const char *schedule)
{
    vae__phrase step;
    vae__phrases rate;
    vae_status status = vae__phrase_parse(&vae__optimizers, optimizer, "optimizer", &step);
    if (!status.code)
        status = vae__phrases_parse(&vae__schedules, schedule, "schedule", &rate);
    if (!status.code)
        status = vae__training_take_optimizer(training, &step);
    return status.code ? status : vae__training_take_schedule(training, &rate);
}

#endif
