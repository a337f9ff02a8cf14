/* Networks: layers one on another, and the conditions that join them. */
#ifndef VAE_MODELS_NETWORK_H
#define VAE_MODELS_NETWORK_H

#include <vae/catalogue.h>

#include "models/language.h"

/* A condition as a network gets it. */
typedef struct vae__network_condition {
    const vae_condition_spec *spec;
    bool is_class;
    int64_t size;   /* values, or classes */
    vae_node *node; /* class numbers, (rows, 1), or transformed values, (rows, size) */
    int layer;      /* that it joins; behind the last one stand the heads; -1: none */
} vae__network_condition;

struct vae_network {
    vae_graph *graph;
    const char *name; /* of its parameters: "encoder" */
    const vae_catalogue *catalogue;
    const vae__network_condition *conditions;
    int condition_count;
    int layers;       /* built so far */
    bool bare;        /* no values go in: the first layer, or a head, is of bias and conditions alone */
    bool frozen;      /* parameters are state, which training does not change */
    vae_node *hidden; /* what a head sees that is given nothing; NULL: nothing */
};

/* x through the layers of `phrases`: parameters "encoder/0/weight", "encoder/0/weight_digit", … */
vae_node *vae__network_build(vae_network *network, const vae__phrases *phrases, vae_node *x);

#endif
