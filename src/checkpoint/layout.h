/* Words of the layout that writing and reading share; docs/file-layout.md describes it. */
#ifndef VAE_CHECKPOINT_LAYOUT_H
#define VAE_CHECKPOINT_LAYOUT_H

/* The attribute `format` of the root tells what a file of libvae's is. */
#define VAE__FORMAT                 "libvae checkpoint"
#define VAE__SAMPLES_FORMAT         "libvae samples"
#define VAE__LATENTS_FORMAT         "libvae latents"
#define VAE__EXAMPLES_FORMAT        "libvae evaluation"
#define VAE__RECONSTRUCTIONS_FORMAT "libvae reconstructions"

/* The optimiser of /optimizer. */
#define VAE__OPTIMIZER "adam"

/* `kind` of /fields/x, by its rank. */
static inline const char *vae__x_kind(int rank)
{
    return rank == 2 || rank == 3 ? "image" : "values";
}

#endif
