/* Networks: layers one on another, and the conditions that join them. */
#ifndef VAE_MODELS_NETWORK_H
#define VAE_MODELS_NETWORK_H

#include <vae/catalogue.h>

#include "models/language.h"
#include "models/model.h"

/* A condition as a network gets it. */
typedef struct vae__network_condition {
    const vae_condition_spec *spec;
    bool is_class;
    int64_t size;     /* values, or classes */
    vae_node *node;   /* class numbers, (rows, 1), or transformed values, (rows, size), or an image */
    int layer;        /* that it joins, or the next that has weights; behind the last stand the heads; -1: none */
    int64_t image[3]; /* height, width, channels of values that are an image; 0: they are none */
} vae__network_condition;

struct vae_network {
    vae_graph *graph;
    const char *name; /* of its parameters: "encoder" */
    const vae_catalogue *catalogue;
    const vae__network_condition *conditions;
    int condition_count;
    int layers;              /* built so far */
    int open;                /* the first of them that no condition has joined: they had no weights */
    bool bare;               /* no values go in: the first layer, or a head, is of bias and conditions alone */
    bool frozen;             /* parameters are state, which training does not change */
    vae_node *hidden;        /* what a head sees that is given nothing; NULL: nothing */
    bool trains;             /* noise is drawn, and statistics are the batch's */
    int64_t image[3];        /* of what goes in: height, width, channels; 0: it is none */
    int64_t x_size;          /* of the decoder: values that a declared head must have */
    const vae__phrase *head; /* a last layer that is made anew for each head; NULL: heads are dense */
    int64_t head_size;       /* of the head that is being made */
    vae__model_graph *built; /* where running statistics are noted; NULL: nowhere */
};

/* Does a condition join the layer that is being built? */
static inline bool vae__network_joins(const vae_network *network, const vae__network_condition *condition)
{
    return condition->layer >= network->open && condition->layer <= network->layers;
}

/* A weight of a layer: a parameter, or, of a frozen network, state. */
vae_node *vae__network_weight(const vae_network *network, const char *name, const char *part, vae_initial initial,
                              int rank, const int64_t *shape);

/* What a condition that is no image gives to as many units: a class a row of its weight, values are multiplied by it.
 */
vae_node *vae__network_part(const vae_network *network, const vae__network_condition *condition, int64_t units,
                            const char *name);

/* Puts a mistake of layer `name` into the graph. Returns NULL. */
vae_node *vae__network_mistake(const vae_network *network, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* x through the layers of `phrases`: parameters "encoder/0/weight", "encoder/0/weight_digit", … */
vae_node *vae__network_build(vae_network *network, const vae__phrases *phrases, vae_node *x);

#endif
