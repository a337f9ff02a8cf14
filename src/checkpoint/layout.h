/* Words of the layout that writing and reading share; docs/file-layout.md describes it. */
#ifndef VAE_CHECKPOINT_LAYOUT_H
#define VAE_CHECKPOINT_LAYOUT_H

#define VAE__FORMAT "libvae checkpoint"

/* The optimiser of /optimizer. */
#define VAE__OPTIMIZER "adam"

#endif
