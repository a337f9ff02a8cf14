/* The named variants: each a file of its own, and a line here. */
#ifndef VAE_MODELS_VARIANTS_H
#define VAE_MODELS_VARIANTS_H

#include <vae/model.h>

#define VAE__VARIANT_LIST(X)                                                                                           \
    X(vae)                                                                                                             \
    X(cvae)                                                                                                            \
    X(doersch_vae)                                                                                                     \
    X(doersch_cvae)                                                                                                    \
    X(doersch_regressor)                                                                                               \
    X(ring)                                                                                                            \
    X(aevb)                                                                                                            \
    X(aevb_gaussian)                                                                                                   \
    X(sohn_baseline)                                                                                                   \
    X(sohn_cvae)                                                                                                       \
    X(iwae_1)                                                                                                          \
    X(iwae_2)                                                                                                          \
    X(iwae_cvae)                                                                                                       \
    X(pythae_vae)                                                                                                      \
    X(conv_vae)                                                                                                        \
    X(conv_cvae)                                                                                                       \
    X(conv_vae_64)                                                                                                     \
    X(future_cvae)                                                                                                     \
    X(future_regressor)                                                                                                \
    X(beta_vae)                                                                                                        \
    X(local_vi)

#define VAE__DECLARE_VARIANT(name) extern const vae_model_spec vae__variant_##name;
VAE__VARIANT_LIST(VAE__DECLARE_VARIANT)
#undef VAE__DECLARE_VARIANT

#endif
