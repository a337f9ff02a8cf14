/* The declaration in a file, /model and /fields: writing it, and making a model of it again. */
#ifndef VAE_CHECKPOINT_DECLARATION_H
#define VAE_CHECKPOINT_DECLARATION_H

#include "models/model.h"
#include "src/checkpoint/get.h"
#include "src/checkpoint/put.h"
#include "src/checkpoint/training.h"

vae_status vae__put_declaration(hid_t group, const vae_training *training);
vae_status vae__put_fields(hid_t group, const vae_training *training);

/* Clauses that a declaration need not have, by the names of their attributes: there where they are not empty. */
typedef struct vae__optional_clause {
    const char *name, **text;
} vae__optional_clause;
enum { VAE__MODEL_CLAUSES = 2 + 2 * (VAE_MAX_LATENTS - 1), VAE__CONDITION_CLAUSES = 7 };
void vae__model_clauses(vae_model_spec *spec, vae__optional_clause clauses[VAE__MODEL_CLAUSES]);
void vae__condition_clauses(vae_condition_spec *condition, vae__optional_clause clauses[VAE__CONDITION_CLAUSES]);

/* Bytes that levels take in a file at most. */
size_t vae__levels_room(const vae_condition_spec *condition);

/* A model as the file declares it, its parameters zero. Words and builders that the file needs are `catalogue`'s, where
 * they are not built in; the message tells one that is missing. The caller owns *model. */
vae_status vae__get_declared(const vae__place *root, const vae_catalogue *catalogue, vae_model **model);

/* Where the fields of a training's data lie. */
vae_status vae__get_places(const vae__place *fields, vae_training *training);

#endif
