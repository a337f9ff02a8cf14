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
    vae__objectives, vae__entries, vae__seen_parts, vae__initials;

/* The tables, with the rows that a catalogue (or NULL) brings. */
typedef enum vae__part {
    VAE__LAYER,
    VAE__TRANSFORM,
    VAE__LIKELIHOOD,
    VAE__POSTERIOR,
    VAE__PRIOR,
    VAE__OBJECTIVE,
    VAE__ENTRY,
    VAE__SEEN_PART,
    VAE__INITIAL,
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

/* ---- What a condition enters, and which part of x it may be ------------------------------------------------------ */

typedef struct vae__entry {
    vae_word word;
    vae__network_place network;
} vae__entry;

typedef struct vae__seen_part {
    vae_word word;
    /* Is this pixel of it? `shape`: rows and columns; a vector is one row. */
    bool (*sees)(const double *arguments, const int64_t shape[2], int64_t row, int64_t column);
    int dimensions[VAE_MAX_ARGUMENTS]; /* in which an argument is a place: 0 rows, 1 columns, -1 none */
    bool halves;                       /* it halves rows and columns, and is of an image alone */
} vae__seen_part;

/* 1 where a value of x is seen, in one of these parts at least, else 0. Fails where a part lies outside of x's shape,
 * or where all of x would be seen; `where` begins the message. The caller owns *seen. */
vae_status vae__seen_mark(const vae__phrases *parts, const int64_t *shape, int rank, int64_t size, const char *where,
                          double **seen);

/* ---- First values ------------------------------------------------------------------------------------------------ */

typedef struct vae__initial {
    vae_word word;
    void (*draw)(const double *arguments, vae_store *store, uint64_t seed); /* NULL: nothing is drawn */
    bool is_bias; /* the output's bias is fitted to the data: a point of VAE__FIELDS */
} vae__initial;

/* Gives a model's parameters their first values, from the seed alone; the bias comes with the data. */
void vae__initial_draw(vae_model *model, uint64_t seed);
bool vae__initial_is_bias(const vae_model *model);

#endif
