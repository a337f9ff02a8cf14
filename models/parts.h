/*
 * The parts of a model beside its networks, a table each: transforms, likelihoods, posteriors, priors, objectives.
 * A row is a word of the little language and the builders that give it its meaning.
 */
#ifndef VAE_MODELS_PARTS_H
#define VAE_MODELS_PARTS_H

#include "models/language.h"
#include "models/network.h"

/* ---- Transforms: from stored to modelled values ------------------------------------------------------------------ */

typedef struct vae__transform_context {
    vae_graph *graph;
    vae_type x_type;     /* how x is stored */
    double log_jacobian; /* of all transforms, for each value: log |d modelled / d stored| */
} vae__transform_context;

typedef struct vae__transform {
    vae__word word;
    vae_node *(*build)(vae__transform_context *context, const vae__phrase *phrase, vae_node *x);
    bool takes_unit, gives_unit; /* values in [0, 1] alone, whatever x is */
} vae__transform;

extern const vae__word_table vae__transforms;

/* ---- Likelihoods: p(x | z) --------------------------------------------------------------------------------------- */

enum { VAE__MAX_HEADS = 2 };

/* The parameters of p(x | z) as nodes, in the likelihood's own order. */
typedef struct vae__heads {
    vae_node *nodes[VAE__MAX_HEADS];
} vae__heads;

typedef struct vae__likelihood {
    vae__word word;
    const char *transform; /* what suits it */
    bool takes_unit;       /* values in [0, 1] alone */
    bool density;          /* of continuous values: an affine transform's Jacobian counts */
    vae__heads (*heads)(const vae__network *decoder, const vae__phrase *phrase, vae_node *h, int64_t size);
    vae_node *(*log)(vae_node *x, const vae__heads *heads);       /* nats of each row */
    vae_node *(*mean)(const vae__heads *heads);                   /* E x */
    vae_node *(*draw)(vae_graph *graph, const vae__heads *heads); /* x, by noise labelled "draw" */
} vae__likelihood;

extern const vae__word_table vae__likelihoods;

/* ---- Posteriors q(z | x) and priors p(z) ------------------------------------------------------------------------- */

typedef struct vae__posterior_nodes {
    vae_node *mean, *logvar;
} vae__posterior_nodes;

typedef struct vae__posterior {
    vae__word word;
    vae__posterior_nodes (*heads)(const vae__network *encoder, vae_node *h, int64_t size);
    vae_node *(*sample)(const vae__posterior_nodes *q, vae_node *noise);
    vae_node *(*log)(const vae__posterior_nodes *q, vae_node *z);
} vae__posterior;

extern const vae__word_table vae__posteriors;

typedef struct vae__prior {
    vae__word word;
    vae_node *(*kl)(const vae__posterior_nodes *q); /* KL(q ‖ p), nats of each row */
    vae_node *(*log)(vae_graph *graph, vae_node *z);
} vae__prior;

extern const vae__word_table vae__priors;

/* ---- Objectives: what is maximised, for each example ------------------------------------------------------------- */

typedef struct vae__objective {
    vae__word word;
    vae_node *(*build)(vae_node *reconstruction, vae_node *kl);
} vae__objective;

extern const vae__word_table vae__objectives;

#endif
