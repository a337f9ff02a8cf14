/* Checkpoints: one HDF5 file that holds everything; docs/file-layout.md describes it. */
#ifndef VAE_CHECKPOINT_H
#define VAE_CHECKPOINT_H

#include <vae/model.h>
#include <vae/train.h>

#define VAE_FORMAT_VERSION 1

#ifdef __cplusplus
extern "C" {
#endif

/* Writes model, optimiser, history and place in the schedule. The file appears whole or not at all: on failure what
 * stood at `path` stays. */
VAE_API vae_status vae_checkpoint_save(const vae_training *training, const char *path);

/* Reads a checkpoint wholly, to go on training. The caller owns *training. Everything is checked before it is used;
 * VAE_ERROR_FORMAT tells what was expected, what was found, and where. libhdf5 itself is not safe against files made to
 * do harm: a program that opens such files should do so in a process of its own. `catalogue` (or NULL) has the rows
 * that the model was made with: where one is missing, the message says which word of the declaration needs it. */
VAE_API vae_status vae_checkpoint_load(const char *path, const vae_catalogue *catalogue, vae_training **training);

/* Reads only the model: it can then be shared by any number of threads. Where the checkpoint has an average of the
 * parameters (see vae_training_options), these are the model's. The caller owns *model. */
VAE_API vae_status vae_model_load(const char *path, const vae_catalogue *catalogue, vae_model **model);

/* Which parameters of a checkpoint. */
typedef enum vae_weights {
    VAE_WEIGHTS_USUAL,  /* the average where there is one, else those of the last step: what vae_model_load takes */
    VAE_WEIGHTS_LAST,   /* those of the last step */
    VAE_WEIGHTS_AVERAGE /* the average; VAE_ERROR_ARGUMENT where there is none */
} vae_weights;

/* vae_model_load, with these parameters. */
VAE_API vae_status vae_model_load_weights(const char *path, const vae_catalogue *catalogue, vae_weights weights,
                                          vae_model **model);

/* Is the checkpoint at `path` whole? Reads all of it, as vae_checkpoint_load does, and asks more: that parameters,
 * their average, state and the optimiser's moments are finite numbers, the second moments none below 0, and that the
 * history's rows are in their order and none is of later than where training stands. VAE_ERROR_FORMAT tells the first
 * fault: what was expected, what was found, and where. Keeps nothing. */
VAE_API vae_status vae_checkpoint_verify(const char *path, const vae_catalogue *catalogue);

#ifdef __cplusplus
}
#endif
#endif
