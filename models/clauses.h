/* Clauses: what a declaration says in the little language. */
#ifndef VAE_MODELS_CLAUSES_H
#define VAE_MODELS_CLAUSES_H

#include "models/model.h"
#include "models/parts.h"

/* A clause: its phrases, what is usual, their table, and where parsed and printed form go. */
typedef struct vae__clause {
    const char *what;
    const char *given, *usual; /* NULL: none; then it must be declared */
    vae__part part;
    vae__phrases *list;  /* this */
    vae__phrase *single; /* … or this */
    char **printed;
} vae__clause;

/* Reads a clause's text, and gives the declaration what the printer makes of it. */
vae_status vae__clause_resolve(vae_model *model, const vae__clause *clause);

/* Layers that need not be there; what is NULL stays it. */
vae_status vae__clause_layers(vae_model *model, const char *what, const char *given, vae__phrases *layers,
                              const char **printed);

/* ---- Conditions: models/conditions.c ----------------------------------------------------------------------------- */

/* Copies a declaration's; then, x being known, resolves the one at `index`, and what it enters, the networks being
 * known as well. */
vae_status vae__conditions_own(vae_model *model, const vae_model_spec *spec);
vae_status vae__condition_resolve(vae_model *model, int index, const vae_condition_spec *given);
void vae__conditions_free(vae_model *model);

#endif
