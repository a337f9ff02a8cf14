/* Networks: layers one on another, and the conditions that join them. */
#ifndef VAE_MODELS_NETWORK_H
#define VAE_MODELS_NETWORK_H

#include <vae/model.h>
#include <vae/ops.h>

#include "models/language.h"

/* A condition as a network gets it. */
typedef struct vae__given {
    const vae_condition_spec *spec;
    vae_node *node; /* class numbers, (rows, 1) */
} vae__given;

typedef struct vae__network {
    vae_graph *graph;
    const char *name; /* of its parameters: "encoder" */
    const vae__given *given;
    int given_count;
    int layers; /* built so far; the conditions join the first, or, where there is none, every head */
} vae__network;

/* A row of the table of layers. */
typedef struct vae__layer {
    vae__word word;
    vae_node *(*build)(const vae__network *network, const vae__phrase *phrase, vae_node *x, const char *name);
} vae__layer;

extern const vae__word_table vae__layers;

/* x through the layers of `phrases`: parameters "encoder/0/weight", "encoder/0/weight_digit", … */
vae_node *vae__network_build(vae__network *network, const vae__phrases *phrases, vae_node *x);

/* A dense layer without activation behind the network: parameters "encoder/mean/weight", … */
vae_node *vae__network_head(const vae__network *network, vae_node *x, int64_t units, const char *name);

#endif
