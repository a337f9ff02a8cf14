/* The model from within: what the floors above models/ need of it. */
#ifndef VAE_MODELS_MODEL_H
#define VAE_MODELS_MODEL_H

#include <vae/model.h>
#include <vae/ops.h>

#include "models/language.h"

struct vae_model {
    vae_model_spec declaration; /* resolved; its strings are owned */
    int condition_count;
    int x_rank;
    int64_t x_size;
    vae__phrases encoder, decoder, transform;
    vae__phrase likelihood, posterior, prior, objective;
    vae_store *store;
};

/* A model of a declaration that leaves no size open. Every parameter is in the store, and zero. */
vae_status vae__model_declare(const vae_model_spec *spec, vae_model **model);

/* What a graph of a model is for. */
typedef enum vae__graph_kind {
    VAE__TRAINING,   /* the objective, and its terms as means over the batch */
    VAE__EVALUATION, /* the terms for each example, and the posterior means */
    VAE__WEIGHTS,    /* log p(x | z) + log p(z) − log q(z | x) for `samples` draws of each example */
    VAE__SAMPLING    /* from z, drawn or bound, to x */
} vae__graph_kind;

typedef struct vae__graph_request {
    vae__graph_kind kind;
    vae_type x_type;    /* how the data to be bound is stored: uint8 is divided by 255 */
    int64_t samples;    /* VAE__WEIGHTS */
    double temperature; /* VAE__SAMPLING */
    bool draw;          /* VAE__SAMPLING: x is drawn, not its mean */
} vae__graph_request;

/* A compiled graph of a model; nodes that its kind does not have are NULL. Everything but the inputs is kept. */
typedef struct vae__model_graph {
    vae_graph *graph;
    vae_program *program;
    vae_node *x;                              /* an input, or the output of VAE__SAMPLING */
    vae_node *conditions[VAE_MAX_CONDITIONS]; /* inputs */
    vae_node *z;                              /* VAE__SAMPLING: noise, before the temperature */
    vae_node *objective;                      /* shared */
    vae_node *reconstruction, *kl;            /* for each example, or shared with VAE__TRAINING */
    vae_node *mean;                           /* of q(z | x) */
    vae_node *log_weight;                     /* samples rows per example */
} vae__model_graph;

vae_status vae__model_graph_new(const vae_model *model, const vae__graph_request *request, vae__model_graph *built);
void vae__model_graph_clear(vae__model_graph *built);

#endif
