/* The files of a command line: opening checkpoints with care, and asking before work whether its result can be kept. */
#ifndef VAE_COMMAND_FILES_H
#define VAE_COMMAND_FILES_H

#include "src/command/command.h"

/* What a command writes. */
typedef enum vae__file_kind {
    VAE__CHECKPOINT_FILE, /* may replace a checkpoint that is whole */
    VAE__SAMPLES_FILE,    /* HDF5; may replace samples, told by their mark */
    VAE__PICTURE_FILE,    /* may replace a picture */
    VAE__DRAWING_FILE     /* Graphviz; may replace a directed graph */
} vae__file_kind;

/*
 * Can the result be written to `path`, and is nothing lost that the command did not make? The folder must be there and
 * writable, and what stands at `path` must be of the same kind or empty. Returns VAE__EXIT_DONE or, having said why,
 * VAE__EXIT_FAILED or VAE__EXIT_USAGE. Leaves nothing behind.
 */
int vae__check_target(const vae__call *call, const char *path, vae__file_kind kind);

/* Opens a checkpoint in a child process with limits on memory and time, for libhdf5 is not safe against files made to
 * do harm; where that went well, loads it. Returns VAE__EXIT_DONE or, having said why, VAE__EXIT_FAILED. */
int vae__open_checkpoint(const vae__call *call, const char *path, vae_training **training);

/* Has a file name this ending, in letters large or small, and something before it? */
bool vae__name_ends(const char *name, const char *ending);

#endif
