/*
 * A format of files that hold arrays of rows: what src/data/files.c needs of it, to make one data set of many files.
 * One file is open at a time, in one thread; it is read once to see what is there and once more for the values.
 */
#ifndef VAE_DATA_FORMAT_H
#define VAE_DATA_FORMAT_H

#include <stdbool.h>
#include <stdint.h>
#include <vae/data.h>

/* Bytes of a message's beginning: file and path. What is longer is cut. */
enum { VAE__WHERE = 320 };

/* Bytes that are read at a time, where a piece must be held beside the values. */
enum { VAE__PIECE = 8 << 20 };

/* An open file. */
typedef struct vae__file {
    const char *source; /* as it was given: "run.h5:/detector" */
    bool allow_external;
    bool splits[VAE_SPLITS]; /* those there are */
    bool is_x;               /* The source names x itself. */
    void *inside;            /* the format's */
} vae__file;

/* An array of a file, found and found possible, but not read. */
typedef struct vae__stored {
    char where[VAE__WHERE]; /* "run.h5: /detector/frames" */
    vae_type type;          /* its values in memory; of no meaning for text */
    bool text;              /* strings */
    int rank;               /* 1 … VAE_MAX_RANK + 1 */
    int64_t
        shape[VAE_MAX_RANK + 1]; /* rows first; at least 1 each, and the bytes of all values are a number of 63 bits */
    const struct vae__format *format;
    void *inside; /* the format's, until `release` */
} vae__stored;

/* Told each string of some rows. */
typedef vae_status vae__text_function(void *context, int64_t row, const char *text, size_t length);

typedef struct vae__format {
    /* On failure nothing is left to close. */
    vae_status (*open)(vae__file *file);
    void (*close)(vae__file *file);

    /* Finds the array at a path; `is_x`: that of x, which the source itself may name (path is then NULL unless asked
     * for). On failure nothing is left to release. */
    vae_status (*find)(vae__file *file, vae_split split, const char *path, bool is_x, vae__stored *stored);

    /* Rows first … first + rows of numbers, in memory's form. Called for every row once, in their order. */
    vae_status (*read)(vae__stored *stored, int64_t first, int64_t rows, void *values);

    /* The same of strings; row numbers count from `first`. */
    vae_status (*tell)(vae__stored *stored, int64_t first, int64_t rows, vae__text_function *function, void *context);

    void (*release)(vae__stored *stored);

    /* Tells what arrays there are, as vae_data_list does. */
    vae_status (*list)(vae__file *file, vae_data_entry_function *function, void *context);
} vae__format;

extern const vae__format vae__format_npy;

/* Every format's source opens with this. */
struct vae_data;
vae_status vae__files_open(struct vae_data *data);

#endif
