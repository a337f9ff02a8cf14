/* Samples, from the prior or decoded: what both need. */
#ifndef VAE_INFER_SAMPLE_H
#define VAE_INFER_SAMPLE_H

#include <vae/infer.h>

#include "models/model.h"

/* Are these values that the condition may have: finite, and of a class the number of one? */
vae_status vae__settings_check(const vae_model *model, int index, const vae_condition_settings *settings);

/* Room for samples->count samples, their z, and conditions of these types; VAE_ERROR_MEMORY before anything is made
 * where they would not fit. On failure vae_samples_free takes what there is. */
vae_status vae__samples_allocate(const vae_model *model, const vae_type types[VAE_MAX_CONDITIONS],
                                 vae_samples *samples);

/* As square a grid as there is for samples->count samples. */
void vae__samples_square(vae_samples *samples);

/* What vae_sample will draw with these options, without its values. */
vae_status vae__samples_plan(const vae_model *model, const vae_sample_options *options, vae_samples *samples);

#endif
