/* Walks through z: what manifold, interpolation, traversal and arithmetic share. */
#ifndef VAE_INFER_WALK_H
#define VAE_INFER_WALK_H

#include <vae/walk.h>

#include "src/data/match.h"

/* What a walk is made of. */
typedef struct vae__walking {
    const vae_model *model;
    const vae_walk_conditions *conditions;
    int threads;
    vae__match match;             /* of the data; used where there are: */
    const uint32_t *rows;         /* the row of data that each row of the grid begins at; NULL: none */
    vae_count_function *progress; /* of examples encoded, or NULL */
    void *context;
} vae__walking;

/* Matches the data. */
vae_status vae__walk_match(const vae_data *data, vae_split split, vae__walking *walking);

/* Means of q(z | x) of rows of the data that was matched: mean (count, size of z). */
vae_status vae__walk_encode(const vae__walking *walking, const uint32_t *index, int64_t count, float *mean);

/* The mean of those means: mean (size of z). */
vae_status vae__walk_mean(const vae__walking *walking, const uint32_t *index, int64_t count, double *mean);

/* Are these dimensions of z, each told once? */
vae_status vae__walk_dimensions(const vae_model *model, const int64_t *dimensions, int64_t count);

/* Room for a walk of a grid, all zero, and for what is told beside it: of `kind`. Also checks the conditions. On
 * failure vae_walk_free takes what there is. */
vae_status vae__walk_allocate(const vae__walking *walking, vae_results kind, int64_t rows, int64_t columns,
                              vae_walk *walk);

/* Sets what is given beside each point, and decodes them. */
vae_status vae__walk_decode(const vae__walking *walking, vae_walk *walk);

#endif
