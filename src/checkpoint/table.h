/* A file of results: named arrays side by side, and what they are. */
#ifndef VAE_CHECKPOINT_TABLE_H
#define VAE_CHECKPOINT_TABLE_H

#include <stdint.h>
#include <vae/status.h>
#include <vae/types.h>

#include "src/checkpoint/put.h"

typedef struct vae__table_column {
    const char *name;        /* "x", or "group/x" */
    const char *description; /* may be NULL */
    vae_type type;
    size_t text; /* not 0: texts of that many bytes each, padded with nulls */
    int rank;
    int64_t shape[VAE__ARRAY_RANK];
    const void *values; /* the product of the shape */
} vae__table_column;

typedef struct vae__table {
    const char *format;                /* "libvae samples": what the file is */
    const char *title, *model, *split; /* attributes; NULL: not written */
    const vae__table_column *columns;
    int count;
} vae__table;

/* VAE_OK where the file at `path` is of this format; else VAE_ERROR_FORMAT or VAE_ERROR_FILE, with what it is. */
vae_status vae__table_recognize(const char *path, const char *format);

/* Writes an HDF5 file of datasets, which appears whole or not at all. */
vae_status vae__table_write(const char *path, const vae__table *table);

#endif
