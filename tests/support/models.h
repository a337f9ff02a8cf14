/* What the tests of models and of what is done with them share: a model made, and its values. */
#ifndef VAE_TESTS_MODELS_H
#define VAE_TESTS_MODELS_H

#include <string.h>
#include <vae/model.h>

#include "tests/support/suite.h"

/* The built-in layers, as a message lists them. */
#define LAYERS                                                                                                         \
    "dense, conv, deconv, residual, polar, from-polar, max-pool, mean-pool, upsample, reshape, flatten, batch-norm, "  \
    "layer-norm, "                                                                                                     \
    "group-norm, dropout"

/* A model with seed 3 of the library's own words. */
static inline vae_model *model_of(const vae_model_spec *spec, const vae_data *data)
{
    vae_model *model = NULL;
    ck_assert_status_ok(vae_model_new(spec, NULL, data, 3, &model));
    return model;
}

/* Those of a parameter, or of state. */
static inline float *values_of(vae_model *model, const char *name)
{
    vae_store *store = vae_model_store(model);
    const vae_tensor *tensor = vae_store_find(store, name);
    ck_assert_msg(tensor != NULL, "there is no %s", name);
    return (tensor->trainable ? vae_store_parameters : vae_store_state)(store) + tensor->offset;
}

/* Every parameter becomes 0. */
static inline void all_to_zero(vae_model *model)
{
    vae_store *store = vae_model_store(model);
    memset(vae_store_parameters(store), 0, (size_t)vae_store_size(store) * sizeof(float));
}

#endif
