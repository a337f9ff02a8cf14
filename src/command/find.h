/* The model of a command line: a named variant, or one that a checkpoint holds. */
#ifndef VAE_COMMAND_FIND_H
#define VAE_COMMAND_FIND_H

#include "src/command/declare.h"

/* The declaration of a named variant. Returns VAE__EXIT_DONE or, having said why (with a near name, if there is one),
 * VAE__EXIT_USAGE. */
int vae__find_model(const vae__call *call, const char *name, vae_model_spec *spec);

/* What the argument MODEL|FILE.h5 names, and the data. All NULL: nothing was found. */
typedef struct vae__found {
    vae_model *model; /* a variant's is owned, a training's is the training's */
    vae_training *training;
    vae_data *data;
} vae__found;

/*
 * Finds call->argument: a variant of this name, changed by the options that stand `at` these places, with fresh
 * parameters from the seed; or else the checkpoint in the file of this name. Data is opened where --data is given;
 * without it, if `needed`, a checkpoint's is opened where training had it, and a variant is refused. `request` tells
 * what data; model and training are filled in here. Returns VAE__EXIT_DONE or, having said why, VAE__EXIT_FAILED or
 * VAE__EXIT_USAGE. *found is the caller's to release in any case.
 */
int vae__find(const vae__call *call, const vae__data_request *request, const vae__declaration_options *at, bool needed,
              uint64_t seed, vae__found *found);
void vae__found_release(vae__found *found);

#endif
