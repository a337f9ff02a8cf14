/* What commands over rows of data share: model, data and split, and the bar while rows pass. */
#ifndef VAE_COMMAND_ROWS_H
#define VAE_COMMAND_ROWS_H

#include "src/command/files.h"
#include "src/command/json.h"
#include "src/command/progress.h"
#include "src/command/source.h"

#define VAE__SPLIT_OPTION                                                                                              \
    {                                                                                                                  \
        "split", "SPLIT", VAE__TEXT,                                                                                   \
            "train, validation, test or all; test where the data has one, all where it is not split", NULL, 0, 0       \
    }

#define VAE__PLACES_NOTE "What is not told of --x, --condition and --mask lies where it was for the training.\n"

/* The options of a command that takes rows of data: their names in its enum, which has THREADS too, and their rows. */
#define VAE__ROWS_NAMES DATA, X, CONDITION, MASK, EXTERNAL, SKIP_BROKEN, SPLIT, WEIGHTS
/* clang-format off */
#define VAE__ROWS_OPTIONS                                                                                              \
    [DATA] = VAE__DATA_OPTION,                                                                                         \
    [X] = VAE__X_OPTION,                                                                                               \
    [CONDITION] = VAE__CONDITION_OPTION,                                                                               \
    [MASK] = VAE__MASK_OPTION,                                                                                         \
    [EXTERNAL] = VAE__EXTERNAL_OPTION,                                                                                 \
    [SKIP_BROKEN] = VAE__SKIP_OPTION,                                                                                  \
    [SPLIT] = VAE__SPLIT_OPTION,                                                                                       \
    [WEIGHTS] = VAE__WEIGHTS_OPTION
/* clang-format on */
#define VAE__ROWS_VALUES(call)                                                                                         \
    {                                                                                                                  \
        .data = &(call)->values[DATA], .x = &(call)->values[X], .conditions = &(call)->values[CONDITION],              \
        .mask = &(call)->values[MASK], .allow_external = &(call)->values[EXTERNAL],                                    \
        .skip_broken = &(call)->values[SKIP_BROKEN], .split = &(call)->values[SPLIT],                                  \
        .weights = &(call)->values[WEIGHTS], .threads = (int)(call)->values[THREADS].whole                             \
    }
typedef struct vae__rows_options {
    const vae__value *data, *x, *conditions, *mask, *allow_external, *skip_broken, *split, *weights;
    int threads;
    const struct vae__fields *fields; /* fields that the work needs beside the conditions; NULL: none */
} vae__rows_options;

/* Names of fields and their kinds: of conditions of the model, of what the source has anyway, or of what lies in HDF5
 * data by that path.
 */
typedef struct vae__fields {
    char names[VAE__BESIDE_MOST][VAE_GROUP_TEXT]; /* each once */
    vae_field_kind kinds[VAE__BESIDE_MOST];       /* as what they are opened where the data lacks them */
    int count;
} vae__fields;

/* Adds a name that is not there yet, of a class or of another kind. Returns VAE__EXIT_DONE or, having said that there
 * are too many of --OPTION, VAE__EXIT_USAGE. */
int vae__fields_add(const vae__call *call, const char *option, const char *name, vae__fields *fields);
int vae__fields_add_kind(const vae__call *call, const char *option, const char *name, vae_field_kind kind,
                         vae__fields *fields);

typedef struct vae__rows {
    vae_training *training;
    const vae_model *model;
    vae_data *data;
    vae_split split;
    const struct vae__fields *fields; /* as they were asked for */
} vae__rows;

/* Is --split the name of one, and is there --data? Asked before anything is opened. */
int vae__check_rows(const vae__call *call, const vae__rows_options *options);

/* Opens the checkpoint that is the command's argument and the data, chooses the split, and has the work done on it.
 * Returns the work's status or, having said why, another. */
int vae__work_on_rows(const vae__call *call, const vae__rows_options *options,
                      int (*work)(const vae__call *call, const vae__rows *rows));

/* A bar of rows, for the `progress` of <vae/infer.h>. */
typedef struct vae__counting {
    vae__bar bar;
    const char *what; /* "encoding" */
} vae__counting;
vae__counting vae__counting_new(const char *what);
int vae__count_rows(void *counting, int64_t done, int64_t examples);

#endif
