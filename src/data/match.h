/* Fitting data and models together: which field of the data is which of the model's, and whether it fits. */
#ifndef VAE_DATA_MATCH_H
#define VAE_DATA_MATCH_H

#include <vae/data.h>

#include "models/model.h"

typedef struct vae__match {
    int64_t rows;
    const vae_field *x;
    const vae_field *mask;                           /* NULL: there is none */
    const vae_field *conditions[VAE_MAX_CONDITIONS]; /* in the model's order */
} vae__match;

/* Most bindings of a model's graph. */
enum { VAE__MAX_BINDINGS = 4 + VAE_MAX_CONDITIONS };

/* Fails with VAE_ERROR_DATA, telling what does not fit: a split that is not there, a shape, a missing field, a class
 * that the model does not know, a value outside the likelihood's support, with its row. */
vae_status vae__match_data(const vae_model *model, const vae_data *data, vae_split split, vae__match *match);

/* The types and the mask of a request for a graph that this data will be bound to. */
vae__graph_request vae__match_request(const vae__match *match, vae__graph_kind kind);

/* Binds the fields to the inputs of a graph; index tells which row each example takes. Returns how many were bound:
 * graph->epoch is not, see vae__match_epoch. */
int vae__match_bind(const vae__match *match, const vae__model_graph *graph, const uint32_t *index,
                    vae_binding bindings[VAE__MAX_BINDINGS]);

/* Binds the epoch too, where the graph has that input: `epochs` has room for the examples, and all get this one.
 * Returns how many are bound now. */
int vae__match_epoch(const vae__model_graph *graph, double epoch, float *epochs, int64_t examples,
                     vae_binding bindings[VAE__MAX_BINDINGS], int count);

#endif
