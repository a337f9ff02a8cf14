/* A small file of results: named arrays side by side. */
#ifndef VAE_CHECKPOINT_TABLE_H
#define VAE_CHECKPOINT_TABLE_H

#include <stdint.h>
#include <vae/status.h>
#include <vae/types.h>

typedef struct vae__table_column {
    const char *name;        /* "x", or "group/x" */
    const char *description; /* may be NULL */
    int rank;
    int64_t shape[VAE_MAX_RANK];
    const float *values; /* the product of the shape */
} vae__table_column;

/* VAE_OK where the file at `path` is such a one; else VAE_ERROR_FORMAT or VAE_ERROR_FILE, with what it is. */
vae_status vae__table_recognize(const char *path);

/* Writes an HDF5 file of float32 datasets, which appears whole or not at all. */
vae_status vae__table_write(const char *path, const char *title, const vae__table_column *columns, int count);

#endif
