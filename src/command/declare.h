/* The declaration that a command line makes of a model: its options change what a variant or a checkpoint declares. */
#ifndef VAE_COMMAND_DECLARE_H
#define VAE_COMMAND_DECLARE_H

#include "src/command/data.h"

/* Where the options of a declaration stand in a command's table of options. */
typedef struct vae__declaration_options {
    int latent, encoder, decoder, likelihood, posterior, prior, objective;
    int transform, encoder_transform, condition, condition_transform, missing, fill_value;
} vae__declaration_options;

/* What is made of them. Strings of `spec` are the call's, the variant's, or here: it is not to be copied. */
typedef struct vae__declared {
    vae_model_spec spec;
    vae__conditions given; /* those of --condition */
    bool changed;          /* there was such an option: what is wrong with a word is wrong usage */
} vae__declared;

/* Changes declared->spec. Conditions that are given take the place of those that are declared: each is taken over where
 * name and kind are the same, and else as its kind has it. Returns VAE__EXIT_DONE or, having said what is wrong,
 * VAE__EXIT_USAGE. */
int vae__declare(const vae__call *call, const vae__declaration_options *at, vae__declared *declared);

/* Reads the declaration's words before data is read, with stand-ins for sizes that the data will give. What only the
 * data can tell is told later. */
int vae__check_words(const vae__call *call, const vae__declared *declared);

#endif
