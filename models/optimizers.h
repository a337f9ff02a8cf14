/*
 * Optimisers: how a parameter moves along its gradient, a row each. A row's step sees stretches of the arrays that lie
 * as the store's parameters do, one element apart from the others, so that it does not matter where they are cut.
 */
#ifndef VAE_MODELS_OPTIMIZERS_H
#define VAE_MODELS_OPTIMIZERS_H

#include "models/language.h"
#include "src/kernels/kernels.h"

enum { VAE__STATES = 2 };

/* An array that an optimiser keeps beside the parameters, 0 before the first step. */
typedef struct vae__optimizer_state {
    const char *name, *description; /* of its group in a checkpoint */
    bool squares;                   /* none of it is below 0 */
    int needs;                      /* place of an argument, from 1, without which it is not kept; 0: it always is */
} vae__optimizer_state;

/* A step on a stretch of parameters. */
typedef struct vae__descent {
    const vae__kernels *kernels; /* of float32 */
    const double *arguments;
    double rate;   /* the learning rate of this step */
    double number; /* of this step among those that were taken, from 1 */
    int64_t count;
    const float *gradient;
    float *value, *states[VAE__STATES];
} vae__descent;

typedef struct vae__optimizer {
    vae_word word;
    vae__optimizer_state states[VAE__STATES]; /* as many as have a name */
    void (*step)(const vae__descent *descent);
    bool is_adam; /* its step can be taken where a gradient is made: see vae__adam */
} vae__optimizer;

extern const vae__word_table vae__optimizers;

/* The arrays that it keeps with these arguments. */
int vae__optimizer_states(const vae__phrase *optimizer);

/* Adam's constants of a step; rate and number as those of a descent. */
vae__adam vae__adam_constants(const double *arguments, double rate, double number);

#endif
