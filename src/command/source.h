/* The data of a command line: the options that tell where it lies, and opening it. */
#ifndef VAE_COMMAND_SOURCE_H
#define VAE_COMMAND_SOURCE_H

#include "src/command/command.h"

/* Where data lies, in every command that has it: rows of its table, `kind` and all. */
#define VAE__DATA_OPTION                                                                                               \
    {                                                                                                                  \
        "data", "SRC", VAE__TEXTS, VAE__SOURCES_HELP ", or a pattern of files; may be repeated", NULL, 0, 0            \
    }
#define VAE__X_OPTION                                                                                                  \
    {                                                                                                                  \
        "x", "PATH", VAE__TEXT, "what is modelled, in HDF5 or NPY data; \"x\" without", NULL, 0, 0                     \
    }
#define VAE__CONDITION_OPTION                                                                                          \
    {                                                                                                                  \
        "condition", "NAME=KIND[:PATH]", VAE__TEXTS,                                                                   \
            "a condition: its KIND (" VAE__KINDS_HELP ") and where it lies; NAME without; may be repeated", NULL, 0, 0 \
    }
#define VAE__MASK_OPTION                                                                                               \
    {                                                                                                                  \
        "mask", "PATH", VAE__TEXT, "where a mask of x's shape lies: 1 where x was observed, 0 where not; -: none",     \
            NULL, 0, 0                                                                                                 \
    }
#define VAE__EXTERNAL_OPTION                                                                                           \
    {                                                                                                                  \
        "allow-external", NULL, VAE__FLAG, "read what HDF5 data has in other files: external links, virtual datasets", \
            NULL, 0, 0                                                                                                 \
    }
#define VAE__SKIP_OPTION                                                                                               \
    {                                                                                                                  \
        "skip-broken", NULL, VAE__FLAG, "go on without files of a folder that are no sound PNG, and tell how many",    \
            NULL, 0, 0                                                                                                 \
    }
#define VAE__KINDS_HELP "class, values or image"

/* Conditions as a command line tells them. Sources point to the names: it is not to be copied. */
enum { VAE__CONDITION_NAME = 64 };
typedef struct vae__conditions {
    vae_field_source sources[VAE_MAX_CONDITIONS]; /* in the order given */
    char names[VAE_MAX_CONDITIONS][VAE__CONDITION_NAME];
    int count;
} vae__conditions;

/* Parses each "NAME=KIND[:PATH]" of --condition, each name once. Returns VAE__EXIT_DONE or, having said what is wrong,
 * VAE__EXIT_USAGE. */
int vae__parse_conditions(const vae__call *call, const vae__value *value, vae__conditions *conditions);

/* "class", "values", "image" */
const char *vae__kind_text(vae_field_kind kind);

/* What a command line tells of its data. */
typedef struct vae__data_request {
    const vae__value *data; /* given, or the source is the training's */
    const vae__value *x, *conditions;
    const vae_model_spec *model;  /* whose conditions there may be; NULL: any */
    const vae_training *training; /* NULL: a new one */
    int threads;
    const vae__value *mask, *allow_external; /* NULL: the command has no such option */
    const vae__value *skip_broken;           /* likewise */
    vae_training *places;                    /* whose paths are the usual ones; NULL: those of `training` */
    const vae_field_source *beside;          /* with a model: fields that are none of its conditions; NULL: none */
    int beside_count;                        /* VAE__BESIDE_MOST at most */
} vae__data_request;
enum { VAE__BESIDE_MOST = 32 };

/*
 * Opens a command's data. With a training what the command line leaves out is where it was for the training, classes
 * are those of its model, and rows that were held out of the training rows are held out again where the data is what
 * the training had. Returns VAE__EXIT_DONE or, having said why, VAE__EXIT_FAILED or VAE__EXIT_USAGE.
 */
int vae__open_data(const vae__call *call, const vae__data_request *request, vae_data **data);

/* Says how many broken files were left out, if any, and which is the first. */
void vae__tell_left_out(const vae__call *call, const vae_data *data);

/* The same once more with fields beside, which make other data of it by its digest: divided as it was found to be
 * without them. */
int vae__open_beside(const vae__call *call, const vae__data_request *request, const vae_division *division,
                     vae_data **data);

/* Rows to hold out of the training rows: --validation and --test, --split-by (NULL: the last rows) and --seed. */
typedef struct vae__shares {
    const vae__value *validation, *test;
    const char *by;
    uint64_t seed;
} vae__shares;

/* Holds them out, if any. Returns VAE__EXIT_DONE or, having said why, VAE__EXIT_FAILED. */
int vae__divide(const vae__call *call, const vae__shares *shares, vae_data *data);

/* "train 50000, validation 10000 (held out of the training rows)": how many rows each split has that there is. */
enum { VAE__SPLITS_TEXT = 160 };
const char *vae__splits_text(char text[VAE__SPLITS_TEXT], const int64_t rows[VAE_SPLITS], bool held_out);

/* Data as libhdf5 reads it is tried in a child process first, for libhdf5 is not safe against files made to do harm;
 * but for files that are large, which are not read twice. */

/* vae_data_list, whose status is *listed. What is returned is a failure of the trial. */
vae_status vae__list_file(const char *source, vae_data_entry_function *function, void *context, vae_status *listed);

/* vae_data_open_files. */
vae_status vae__open_files(const char *const *sources, int count, const vae_data_options *options, vae_data **data);

#endif
