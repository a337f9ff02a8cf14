/* The data of a command line: the options that tell where it lies, and opening it. */
#ifndef VAE_COMMAND_DATA_H
#define VAE_COMMAND_DATA_H

#include "src/command/command.h"

/* --data, --x and --condition, in every command that has them: rows of its table, `kind` and all. */
#define VAE__DATA_OPTION                                                                                               \
    {                                                                                                                  \
        "data", "SRC", VAE__TEXT, VAE__SOURCES_HELP, NULL, 0, 0                                                        \
    }
#define VAE__X_OPTION                                                                                                  \
    {                                                                                                                  \
        "x", "PATH", VAE__TEXT, "what is modelled, in HDF5 or NPY data; \"x\" without", NULL, 0, 0                     \
    }
#define VAE__CONDITION_OPTION                                                                                          \
    {                                                                                                                  \
        "condition", "NAME=class[:PATH]", VAE__TEXTS, "where in HDF5 or NPY data the model's condition NAME lies",     \
            NULL, 0, 0                                                                                                 \
    }

/* What a command line tells of its data. */
typedef struct vae__data_request {
    const vae__value *data; /* given, or the source is the training's */
    const vae__value *x, *conditions;
    const vae_model_spec *model;  /* whose conditions there may be */
    const vae_training *training; /* NULL: a new one */
    int threads;
} vae__data_request;

/*
 * Opens a command's data. With a training, rows that were held out of the training rows are held out again where the
 * data is what the training had. Returns VAE__EXIT_DONE or, having said why, VAE__EXIT_FAILED or VAE__EXIT_USAGE.
 */
int vae__open_data(const vae__call *call, const vae__data_request *request, vae_data **data);

/* "train 50000, validation 10000 (held out of the training rows)": how many rows each split has that there is. */
enum { VAE__SPLITS_TEXT = 160 };
const char *vae__splits_text(char text[VAE__SPLITS_TEXT], const int64_t rows[VAE_SPLITS], bool held_out);

#endif
