/* Schedules of the learning rate: what it is multiplied by at a step. */
#ifndef VAE_MODELS_SCHEDULES_H
#define VAE_MODELS_SCHEDULES_H

#include "models/language.h"

/* Where training stands before a step. A schedule is a function of this alone, so that there is nothing to keep. */
typedef struct vae__moment {
    int64_t epoch; /* done */
    int64_t step;  /* done in this epoch */
    int64_t steps; /* an epoch's */
} vae__moment;

typedef struct vae__schedule {
    vae_word word;
    double (*factor)(const double *arguments, const vae__moment *at);
} vae__schedule;

extern const vae__word_table vae__schedules;

/* The product of the phrases' factors. */
double vae__schedule_factor(const vae__phrases *schedule, const vae__moment *at);

#endif
