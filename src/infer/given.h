/* Conditions that stand beside rows of results. */
#ifndef VAE_INFER_GIVEN_H
#define VAE_INFER_GIVEN_H

#include <vae/infer.h>

#include "src/data/match.h"

/* Values of a row: a class is one, its number. */
int64_t vae__given_size(const vae_model *model, int index);

/* Bytes of a row's conditions, stored as `types` says. */
size_t vae__given_bytes(const vae_model *model, const vae_type types[VAE_MAX_CONDITIONS]);

/* Room for `rows` rows of all conditions. On failure vae__given_free takes what there is. */
vae_status vae__given_allocate(const vae_model *model, const vae_type types[VAE_MAX_CONDITIONS], int64_t rows,
                               vae_given *given);
void vae__given_free(vae_given *given);

/* Takes `rows` rows of the match's fields: those that are chosen, or, where that is NULL, the first ones. */
void vae__given_take(const vae_model *model, const vae__match *match, const uint32_t *chosen, int64_t rows,
                     vae_given *given);

/* How the match's fields are stored. */
void vae__given_types(const vae_model *model, const vae__match *match, vae_type types[VAE_MAX_CONDITIONS]);

#endif
