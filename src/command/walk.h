/* What manifold, interpolate and traverse share: lists of numbers, the files they write, conditions that are typed. */
#ifndef VAE_COMMAND_WALK_H
#define VAE_COMMAND_WALK_H

#include "src/command/files.h"
#include "src/command/settings.h"

/* Rows of their tables. */
#define VAE__WALK_PICTURE_OPTION                                                                                       \
    {                                                                                                                  \
        "picture", "FILE.png", VAE__TEXT, "the picture; it, --out or both are needed", NULL, 0, 0                      \
    }
#define VAE__WALK_OUT_OPTION(what)                                                                                     \
    {                                                                                                                  \
        "out", "FILE.h5", VAE__TEXT, "its numbers: HDF5 with " what, NULL, 0, 0                                        \
    }
#define VAE__AT_OPTION                                                                                                 \
    {                                                                                                                  \
        "at", "NAME=VALUE", VAE__TEXTS,                                                                                \
            "what the condition NAME is in the pictures, in place of what the row has; may be repeated", NULL, 0, 0    \
    }

/* Most steps, and numbers of a list. */
enum { VAE__STEPS_MOST = 10000, VAE__LIST_MOST = 1024 };

typedef struct vae__list {
    int64_t numbers[VAE__LIST_MOST];
    int64_t count;
} vae__list;

/* Parses whole numbers from 0 with commas between; without a text there are none. */
int vae__parse_list(const vae__call *call, const char *option, const vae__value *value, vae__list *list);

/* What is written, and as what. */
typedef struct vae__walk_files {
    const vae__value *picture, *out;
    vae__file_kind kind;
} vae__walk_files;

/* Is there a file to write, with the ending it must have, and can it be written? Asked before anything is opened. Files
 * that are read, by --data, are not replaced. */
int vae__check_walk_files(const vae__call *call, const vae__walk_files *files, const vae__value *data);

/* Could this grid be a picture? */
vae_status vae__check_walk_grid(const vae__walk_files *files, const vae_model *model, int64_t rows, int64_t columns);

/* Has every condition a value: typed, or that of a row of data, where there is one? `option` is what types them. */
int vae__check_walk_given(const vae__call *call, const char *option, const vae_model_spec *spec,
                          const vae__settings *settings, bool has_row);
vae_walk_conditions vae__walk_conditions(const vae__settings *settings);

/* Writes what was asked for, and tells of each file in a line: `what` is "20 × 20 points of cvae". */
int vae__save_walk(const vae__call *call, const vae__walk_files *files, const vae_model *model, const vae_walk *walk,
                   const char *what);

#endif
