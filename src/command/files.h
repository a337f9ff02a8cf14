/* The files of a command line: opening checkpoints with care, and asking before work whether its result can be kept. */
#ifndef VAE_COMMAND_FILES_H
#define VAE_COMMAND_FILES_H

#include "src/command/command.h"

/* What a command writes. Results are told by their mark, and may replace results of the same kind. */
typedef enum vae__file_kind {
    VAE__CHECKPOINT_FILE, /* may replace a checkpoint that is whole */
    VAE__VERIFIED_FILE,   /* a checkpoint of which more is asked; none writes it */
    VAE__SAMPLES_FILE,
    VAE__LATENTS_FILE,
    VAE__EXAMPLES_FILE,
    VAE__RECONSTRUCTIONS_FILE,
    VAE__MANIFOLD_FILE,
    VAE__INTERPOLATION_FILE,
    VAE__TRAVERSAL_FILE,
    VAE__COMPLETIONS_FILE,
    VAE__ARITHMETIC_FILE,
    VAE__FORECAST_FILE,
    VAE__NUMBERS_FILE, /* of a plot */
    VAE__PLOT_FILE,    /* SVG; may replace one that begins as ours do */
    VAE__PICTURE_FILE, /* may replace a picture */
    VAE__DRAWING_FILE  /* Graphviz; may replace a directed graph */
} vae__file_kind;

/*
 * Can the result be written to `path`, and is nothing lost that the command did not make? The folder must be there and
 * writable, and what stands at `path` must be of the same kind or empty. Returns VAE__EXIT_DONE or, having said why,
 * VAE__EXIT_FAILED or VAE__EXIT_USAGE. Leaves nothing behind.
 */
int vae__check_target(const vae__call *call, const char *path, vae__file_kind kind);

/* The same of a path that the option of this name gave, "out" being the other's. */
int vae__check_target_of(const vae__call *call, const char *option, const char *path, vae__file_kind kind);

/* The same of results that may be a picture, with --out and the ending of its name asked for first: .h5, .hdf5 or,
 * unless `kind` is all there is, .png. */
int vae__check_results(const vae__call *call, const vae__value *out, vae__file_kind kind, bool picture);

/* And a file that is read is not replaced: no source of the option `read`, "FILE.h5:/path" or a pattern, is the file at
 * `path` under whatever name. A `path` of NULL is none. */
int vae__check_apart(const vae__call *call, const char *option, const char *path, const char *read,
                     const char *const *sources, int count);

/* Opens a checkpoint in a child process with limits on memory and time, for libhdf5 is not safe against files made to
 * do harm; where that went well, loads it. Returns VAE__EXIT_DONE or, having said why, VAE__EXIT_FAILED. */
int vae__open_checkpoint(const vae__call *call, const char *path, vae_training **training);

/* --weights, in every command that works with a checkpoint's model. */
#define VAE__WEIGHTS_OPTION                                                                                            \
    {                                                                                                                  \
        "weights", "last|average", VAE__TEXT,                                                                          \
            "parameters of the last step, or their average [the average where there is one]", NULL, 0, 0               \
    }

/* The same, with the parameters that the value of --weights asks for as those of its model. */
int vae__open_weights(const vae__call *call, const char *path, const vae__value *weights, vae_training **training);

/* The same of a checkpoint that is verified in the child. */
int vae__open_verified(const vae__call *call, const char *path, vae_training **training);

/* "; black is -3.2, white is 8.1", of a picture in which they are not 0 and 1; else "". */
enum { VAE__SHADES_TEXT = 96 };
const char *vae__shades_text(char text[VAE__SHADES_TEXT], vae_shades shades);

/* Has a file name this ending, in letters large or small, and something before it? */
bool vae__name_ends(const char *name, const char *ending);

#endif
