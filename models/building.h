/* A graph of a model on its way: fields, then networks, then what its kind makes of them. */
#ifndef VAE_MODELS_BUILDING_H
#define VAE_MODELS_BUILDING_H

#include "models/model.h"
#include "models/parts.h"

typedef struct vae__building {
    const vae_model *model;
    const vae__graph_request *request;
    vae__model_graph *built;
    vae__network_condition conditions[VAE_MAX_CONDITIONS];             /* transformed */
    vae__network_condition entries[VAE__NETWORKS][VAE_MAX_CONDITIONS]; /* … behind layers of their own */
    vae_node *prior_hidden;  /* what the prior's own layers make of them; NULL: it has none */
    int prior_open;          /* the first of those that no condition has joined */
    vae_node *x, *encoder_x; /* as the likelihood scores it, and as the encoder sees it; 0 where masked */
    vae_node *observed;      /* which values are; NULL: all of them */
    vae_node *mask;          /* of them those that the likelihood is of: what is no condition; NULL: all of them */
    vae_node *hidden, *seen; /* of x, 1 and 0, shared; NULL: no part of it is a condition */
    vae_node *given;         /* x where it is seen, else 0 */
    vae_node *jacobian;      /* log |d modelled / d stored| of the observed values; NULL: 0 */
    vae_posterior_nodes posterior;
    vae_needs needs;   /* of this graph; samples are 0 where z has a single row, and noise of the example alone */
    int64_t rows;      /* for each example, of what is built now */
    vae_status status; /* the first output that is not what it must be */
} vae__building;

/* ---- What rows of a table and builders by hand give: models/building.c ------------------------------------------- */

/* An output must be there, a node of this graph, and of shape (rows, size); of whom it is, and its name, for a message.
 * After a mistake in the graph nothing is asked: it has its message. Returns the node. */
vae_node *vae__checked(vae__building *building, const char *whose, const char *name, vae_node *node, int64_t size);

/* The same of what a function of a table's row gives: "likelihood student-t: log: …". */
vae_node *vae__checked_of_row(vae__building *building, vae__part part, const void *row, const char *function,
                              vae_node *node, int64_t size);

/* ---- Fields: models/fields.c ------------------------------------------------------------------------------------- */

vae__transform_context vae__transform_context_of(const vae__building *building, int field, const char *where,
                                                 const char *noise, vae_type type);

/* Conditions, and x unless the kind of graph is without. */
void vae__build_fields(vae__building *building, bool with_x);

/* Means of x, as the likelihood has them, as the encoder would see such an x. */
vae_node *vae__build_as_seen(const vae__building *building, vae_node *x);

/* x with the values that are seen in the place of those that a decoder gives for them. */
vae_node *vae__build_complete(const vae__building *building, vae_node *x);

/* Height, width and channels of a shape that is an image, of two dimensions or three; else 0. */
void vae__image_of(const int64_t *shape, int rank, int64_t image[3]);

/* ---- Networks: models/networks.c --------------------------------------------------------------------------------- */

/* The part of x at this place among the conditions, completed by the answer of a regression. */
void vae__build_baseline(vae__building *building, int place);

/* What the conditions' own layers, and those of the prior, make of them: a row for each example. */
void vae__build_entries(vae__building *building);

/* Each gives nodes of as many rows as the building has now. */
void vae__build_posterior(vae__building *building); /* q(z | x) */

/* Between the stochastic layer at `index`, 1 or more, and the one below it: q(z | below) and p(below | z). */
vae_posterior_nodes vae__build_upper(vae__building *building, int index, vae_node *below);
vae_posterior_nodes vae__build_lower(const vae__building *building, int index, vae_node *above);

/* z is NULL in a regression. */
vae_heads vae__build_decoder(const vae__building *building, vae_node *z);   /* p(x | z) */
vae_node *vae__build_mean(vae__building *building, const vae_heads *heads); /* its mean, */
vae_node *vae__build_draw(vae__building *building, const vae_heads *heads); /* x drawn from it, */
vae_node *vae__build_log(vae__building *building, const vae_heads *heads);  /* … and log p(x | z) */
vae_node *vae__in_units(vae_node *log_p, vae_node *jacobian);               /* the same of x as it is stored */
vae_node *vae__posterior_log(vae__building *building, const vae_posterior_nodes *q, vae_node *z);
vae_node *vae__posterior_sample(vae__building *building, const vae_posterior_nodes *q, vae_node *noise);
vae_node *vae__prior_log(vae__building *building, vae_node *z);
vae_node *vae__prior_sample(vae__building *building, vae_node *noise); /* the noise itself, if it is that */
vae_node *vae__build_kl(vae__building *building);
vae_node *vae__build_kl_dimensions(vae__building *building);

#endif
