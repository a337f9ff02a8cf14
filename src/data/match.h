/* Fitting data and models together: which field of the data is which of the model's, and whether it fits. */
#ifndef VAE_DATA_MATCH_H
#define VAE_DATA_MATCH_H

#include <vae/data.h>

#include "models/model.h"

typedef struct vae__match {
    int64_t rows;
    const vae_field *x;
    const vae_field *conditions[VAE_MAX_CONDITIONS]; /* in the model's order */
} vae__match;

/* Fails with VAE_ERROR_DATA, telling what does not fit: a split that is not there, a shape, a missing field, a class
 * out of range; with VAE_ERROR_UNSUPPORTED for what models of this version do not take: masks, conditions that are no
 * classes, and classes that are not the numbers from 0 on. */
vae_status vae__match_data(const vae_model *model, const vae_data *data, vae_split split, vae__match *match);

/* Binds the fields to the inputs of a graph; index tells which row each example takes. Returns how many were bound. */
int vae__match_bind(const vae__match *match, const vae__model_graph *graph, const uint32_t *index,
                    vae_binding bindings[1 + VAE_MAX_CONDITIONS]);

#endif
