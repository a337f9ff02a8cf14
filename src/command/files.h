/* The files of a command line: opening checkpoints with care, and asking before work whether its result can be kept. */
#ifndef VAE_COMMAND_FILES_H
#define VAE_COMMAND_FILES_H

#include "src/command/command.h"

/* What a command writes. */
typedef enum vae__file_kind {
    VAE__CHECKPOINT_FILE, /* may replace a checkpoint */
    VAE__SAMPLES_FILE     /* a picture may replace a picture, HDF5 may replace HDF5 that is no checkpoint */
} vae__file_kind;

/*
 * Can the result be written to `path`, and is nothing lost that the command did not make? The folder must be there and
 * writable, and what stands at `path` must be of the same kind or empty. Returns VAE__EXIT_DONE or, having said why,
 * VAE__EXIT_FAILED or VAE__EXIT_USAGE. Leaves nothing behind.
 */
int vae__check_target(const vae__call *call, const char *path, vae__file_kind kind);

/*
 * Opens a checkpoint in a child process with limits on memory and time: libhdf5 is not safe against files made to do
 * harm. Where that went well, this process may open it. The message is the loader's own, or says how the child ended.
 */
vae_status vae__try_checkpoint(const char *path);

/* Tries a checkpoint, then loads it. Returns VAE__EXIT_DONE or, having said why, VAE__EXIT_FAILED. */
int vae__open_checkpoint(const vae__call *call, const char *path, vae_training **training);

/*
 * Opens a command's data. With `training`, rows that were held out of the training rows are held out again where the
 * data is what the training had; where it is other data, `same` says whether that is a failure.
 */
int vae__open_data(const vae__call *call, const char *source, const vae_training *training, bool same, int threads,
                   vae_data **data);

/* "train 60000 rows, test 10000 rows": the splits there are. */
enum { VAE__SPLITS_TEXT = 160 };
const char *vae__splits_text(char text[VAE__SPLITS_TEXT], const int64_t rows[VAE_SPLITS]);

#endif
