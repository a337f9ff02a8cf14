/* What builds the rows of the table of layers, but for the dense one; and what they share. */
#ifndef VAE_MODELS_LAYERS_H
#define VAE_MODELS_LAYERS_H

#include "models/network.h"

typedef vae_node *vae__layer_builder(const vae_network *network, const double *arguments, vae_node *x,
                                     const char *name);

/* models/convolutions.c */
vae__layer_builder vae__build_conv, vae__build_deconv, vae__build_residual;
vae__layer_builder vae__build_polar, vae__build_from_polar;
vae__layer_builder vae__build_max_pool, vae__build_mean_pool, vae__build_upsample;

/* models/polar.c: an image's places as length and direction, (h, w, c) → (h, w, 1 + c); and values of such. */
vae_node *vae__polar_of(vae_graph *graph, vae_node *x);
vae_node *vae__polar_undo(vae_graph *graph, vae_node *x);

/* models/shaping.c */
vae__layer_builder vae__build_reshape, vae__build_flatten;
vae__layer_builder vae__build_batch_norm, vae__build_layer_norm, vae__build_group_norm, vae__build_dropout;

/* x in one dimension; NULL stays NULL. */
vae_node *vae__network_flat(vae_node *x);

#endif
