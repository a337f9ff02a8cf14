/*
 * Data: named fields of rows, as stored. Whatever changes a value is a node of a model's graph, so a source hands out
 * the bytes it has.
 */
#ifndef VAE_DATA_H
#define VAE_DATA_H

#include <stddef.h>
#include <stdint.h>
#include <vae/export.h>
#include <vae/status.h>
#include <vae/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum vae_field_kind {
    VAE_VALUES, /* a vector of numbers */
    VAE_CLASS,  /* one of `size` classes, by number from 0 */
    VAE_IMAGE   /* height × width or height × width × channels */
} vae_field_kind;

typedef enum vae_split {
    VAE_TRAIN,
    VAE_VALIDATION,
    VAE_TEST,
    VAE_SPLITS /* how many there are */
} vae_split;

/* A field of one split. Everything is the data's, and never changes while it lives. */
typedef struct vae_field {
    const char *name; /* "x" for what is modelled; "label" for an IDX folder's and the digits' classes */
    vae_field_kind kind;
    vae_type type; /* how its values are stored */
    int rank;
    int64_t shape[VAE_MAX_RANK]; /* of a row; (1) for a class */
    int64_t size;                /* values of a row */
    int64_t classes;             /* of a VAE_CLASS: one more than the largest number there may be; else 0 */
    int64_t rows;
    const void *values; /* rows · size stored values, packed */
} vae_field;

typedef struct vae_data vae_data;

typedef struct vae_data_options {
    uint64_t seed; /* of data that is made, not read: the built-in digits */
    int threads;   /* 0: one for each processor */
} vae_data_options;

/*
 * Opens a source and reads it. `source` is
 *     "digits" or "digits:N"  drawn from a seed: N (60,000) training examples and N / 6 (10,000) test examples
 *     a folder                of IDX files named as MNIST's are, each gzipped (".gz") or not: train-images-idx3-ubyte,
 *                             train-labels-idx1-ubyte, t10k-…, validation-…; label files may be missing
 * The caller owns *data. Fails with one line that names file, what was expected and what was found; with
 * VAE_ERROR_MEMORY, before reading, where the data would not fit in memory.
 */
VAE_API vae_status vae_data_open(const char *source, const vae_data_options *options, vae_data **data);
VAE_API void vae_data_free(vae_data **data);

/* Makes the last `rows` training rows the validation split; refused where there is one already, or too few rows. */
VAE_API vae_status vae_data_hold_out(vae_data *data, int64_t rows);

VAE_API const char *vae_data_source(const vae_data *data); /* as given to vae_data_open */
VAE_API const char *
vae_data_digest(const vae_data *data); /* 16 hexadecimal digits: of contents, or of what they are drawn from */
VAE_API int64_t vae_data_rows(const vae_data *data, vae_split split); /* 0: there is no such split */
VAE_API int vae_data_field_count(const vae_data *data);
/* NULL for a split without rows, or where there is no field of that number or name. */
VAE_API const vae_field *vae_data_field(const vae_data *data, vae_split split, int index);
VAE_API const vae_field *vae_data_find(const vae_data *data, vae_split split, const char *name);

VAE_API const char *vae_split_name(vae_split split); /* "train", "validation", "test" */

#ifdef __cplusplus
}
#endif
#endif
