/*
 * A step that waits for the whole gradient: of optimisers that are not taken where it is made, and where it is clipped
 * or a prior of the weights is part of it. The executor then runs without an update, and this behind it.
 */
#ifndef VAE_TRAIN_APART_H
#define VAE_TRAIN_APART_H

#include "src/base/parallel.h"
#include "src/checkpoint/training.h"

typedef struct vae__apart {
    const vae_training *training;
    const vae__kernels *kernels;
    float *gradient; /* laid out as the store's parameters */
    int64_t size, pieces;
    double pull;         /* of the prior: 1 / (σ² N); 0: there is none */
    double *squares;     /* Σ g² of each piece */
    uint32_t *largest;   /* |g| of each piece, as vae__kernels.magnitude has it */
    double rate, number; /* of the step, as vae__descent has them */
    bool refused;        /* the step under way was */
} vae__apart;

/* For steps of a training of N = `rows` rows by kernels of that name. */
vae_status vae__apart_make(const vae_training *training, const char *kernels, float *gradient, int64_t rows,
                           vae__apart *apart);
void vae__apart_clear(vae__apart *apart);

/* By one thread, before the others go on. */
void vae__apart_begin(vae__apart *apart);

/*
 * By every thread of a team, behind vae__executor_work, which left the gradient of the objective, whose value is given;
 * all leave together. Refuses the step (apart->refused) and changes no parameter where objective or gradient are not
 * finite, or a value is too large for its square to be kept.
 */
void vae__apart_work(vae__apart *apart, double objective, vae__team team);

/* The largest of the gradient that a step takes. */
#define VAE__APART_MOST 0x1p60

#endif
