/*
 * The tables of the little language, and transforms: the one kind of part that a program cannot bring. The others are
 * in <vae/catalogue.h>.
 */
#ifndef VAE_MODELS_PARTS_H
#define VAE_MODELS_PARTS_H

#include <vae/catalogue.h>

#include "models/language.h"
#include "models/model.h"
#include "models/network.h"

extern const vae__word_table vae__layers, vae__transforms, vae__likelihoods, vae__posteriors, vae__priors,
    vae__objectives;

/* The tables, with the rows that a catalogue (or NULL) brings. */
typedef enum vae__part {
    VAE__LAYER,
    VAE__TRANSFORM,
    VAE__LIKELIHOOD,
    VAE__POSTERIOR,
    VAE__PRIOR,
    VAE__OBJECTIVE,
    VAE__OPTIMIZER,
    VAE__SCHEDULE,
    VAE__PARTS /* how many there are */
} vae__part;
vae__word_table vae__words(vae__part part, const vae_catalogue *catalogue);

/* ---- Transforms: from stored to modelled values ------------------------------------------------------------------ */

/* What is known of a field's values without looking at them. */
typedef struct vae__range {
    double low, high;
    bool whole, finite;
} vae__range;

vae__range vae__range_of(vae_type type);

typedef struct vae__transform_context {
    vae_graph *graph;
    const char *where; /* what state is named after: "fields/x/transform" */
    const char *noise; /* label of what is drawn */
    int field;         /* a condition's place, or -1 for x */
    int place;         /* of the transform among its field's */
    vae_type type;     /* how the field is stored */
    bool grey;         /* nothing is drawn */
    vae_node *mask;    /* or NULL */
    vae__range range;  /* of the values so far */
    /* log |d modelled / d stored| of each value: a number, and what is not the same for all (or NULL). */
    double log_jacobian;
    vae_node *log_jacobians;
    vae__model_graph *points; /* where a transform says what it must be given and what it is fitted to; or NULL */
} vae__transform_context;

typedef struct vae__transform {
    vae_word word;
    /* Also brings range and Jacobian up to date. */
    vae_node *(*build)(vae__transform_context *context, const double *arguments, vae_node *x);
    /* From modelled values back; NULL: there is no way. */
    vae_node *(*undo)(const vae__transform_context *context, const double *arguments, vae_node *x);
} vae__transform;

/* Do these stand in an order that means something? `where` begins the message. */
vae_status vae__transforms_check(const vae__phrases *phrases, const char *where);

/* A field's values through its transforms. */
vae_node *vae__transforms_build(vae__transform_context *context, const vae__phrases *phrases, vae_node *x);

/* Means of modelled values in the data's own units, as far back as there is a way. */
vae_node *vae__transforms_undo(const vae__transform_context *context, const vae__phrases *phrases, vae_node *x);

/* Values at this place must be in [low, high] (both 0: any finite number). Kept for the check of the data, unless the
 * range says that they always are. */
void vae__transform_check(vae__transform_context *context, const char *what, vae_node *x, double low, double high,
                          bool whole);

#endif
