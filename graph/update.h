/* The optimiser's step within a run: which parameters take it with their gradient, and which behind all else. */
#ifndef VAE_GRAPH_UPDATE_H
#define VAE_GRAPH_UPDATE_H

#include "graph/graph.h"
#include "src/base/parallel.h"

typedef struct vae__update_plan {
    bool *at_once; /* by task: the gradient's only one, and nobody reads the parameter from there on */
    int *rest;     /* tensors of the store whose step comes behind */
    int rest_count;
} vae__update_plan;

vae_status vae__update_plan_make(const vae_program *program, vae__update_plan *plan);
void vae__update_plan_clear(vae__update_plan *plan);

/* A team's step on the rest. */
void vae__update_rest(const vae__update_plan *plan, const vae_store *store, const vae__kernels *kernels,
                      const vae__update *update, const float *gradient, vae__team team);

#endif
