/* What commands over rows of data share: model, data and split, and the bar while rows pass. */
#ifndef VAE_COMMAND_ROWS_H
#define VAE_COMMAND_ROWS_H

#include "src/command/data.h"
#include "src/command/files.h"
#include "src/command/json.h"
#include "src/command/progress.h"

#define VAE__SPLIT_OPTION                                                                                              \
    {                                                                                                                  \
        "split", "SPLIT", VAE__TEXT,                                                                                   \
            "train, validation, test or all; test where the data has one, all where it is not split", NULL, 0, 0       \
    }
#define VAE__THREADS_OPTION                                                                                            \
    {                                                                                                                  \
        "threads", "N", VAE__WHOLE, "0: one for each processor; changes no result", "0", 0, 1024                       \
    }
#define VAE__JSON_OPTION                                                                                               \
    {                                                                                                                  \
        "json", NULL, VAE__FLAG, "print one JSON object", NULL, 0, 0                                                   \
    }

#define VAE__PLACES_NOTE "What is not told of --x, --condition and --mask lies where it was for the training.\n"

/* The options of a command that takes rows of data. */
typedef struct vae__rows_options {
    const vae__value *data, *x, *conditions, *mask, *allow_external, *split;
    int threads;
} vae__rows_options;

typedef struct vae__rows {
    vae_training *training;
    const vae_model *model;
    vae_data *data;
    vae_split split;
} vae__rows;

/* Is --split the name of one, and is there --data? Asked before anything is opened. */
int vae__check_rows(const vae__call *call, const vae__rows_options *options);

/* Opens the checkpoint that is the command's argument and the data, and chooses the split. Returns VAE__EXIT_DONE or,
 * having said why, another status; vae__close_rows takes what there is. */
int vae__open_rows(const vae__call *call, const vae__rows_options *options, vae__rows *rows);
void vae__close_rows(vae__rows *rows);

/* A bar of rows, for the `progress` of <vae/infer.h>. */
typedef struct vae__counting {
    vae__bar bar;
    const char *what; /* "encoding" */
} vae__counting;
vae__counting vae__counting_new(const char *what);
int vae__count_rows(void *counting, int64_t done, int64_t examples);

#endif
