/* Words of the layout that writing and reading share; docs/file-layout.md describes it. */
#ifndef VAE_CHECKPOINT_LAYOUT_H
#define VAE_CHECKPOINT_LAYOUT_H

#include <vae/model.h>

/* The attribute `format` of the root tells what a file of libvae's is. */
#define VAE__FORMAT                 "libvae checkpoint"
#define VAE__SAMPLES_FORMAT         "libvae samples"
#define VAE__LATENTS_FORMAT         "libvae latents"
#define VAE__EXAMPLES_FORMAT        "libvae evaluation"
#define VAE__RECONSTRUCTIONS_FORMAT "libvae reconstructions"
#define VAE__MANIFOLD_FORMAT        "libvae manifold"
#define VAE__INTERPOLATION_FORMAT   "libvae interpolation"
#define VAE__TRAVERSAL_FORMAT       "libvae traversal"
#define VAE__ARITHMETIC_FORMAT      "libvae arithmetic"
#define VAE__COMPLETIONS_FORMAT     "libvae completions"
#define VAE__FORECAST_FORMAT        "libvae forecast"
#define VAE__PLOT_FORMAT            "libvae plot"

/* The schedule that /optimizer does not tell. */
#define VAE__SCHEDULE_USUAL "constant"

/* `kind` of a field. */
static inline const char *vae__kind_name(vae_field_kind kind)
{
    static const char *const names[] = { [VAE_VALUES] = "values", [VAE_CLASS] = "class", [VAE_IMAGE] = "image" };
    return names[kind];
}

/* `missing` of /fields/x. */
static inline const char *vae__missing_name(vae_missing missing)
{
    return missing == VAE_MISSING_MASK ? "mask" : "error";
}

/* `kind` of /fields/x, by its rank. */
static inline const char *vae__x_kind(int rank)
{
    return vae__kind_name(rank == 2 || rank == 3 ? VAE_IMAGE : VAE_VALUES);
}

#endif
