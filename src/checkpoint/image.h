/*
 * HDF5 files as images in memory. Everything of libhdf5 that this folder uses is called between vae__hdf5_enter and
 * vae__hdf5_leave.
 */
#ifndef VAE_CHECKPOINT_IMAGE_H
#define VAE_CHECKPOINT_IMAGE_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>
#include <vae/status.h>

#include "src/base/hdf5.h"

/* The bytes of a file in memory. */
typedef struct vae__image_memory {
    unsigned char *bytes;
    size_t size, capacity;
    bool writing, starved; /* starved: there was no memory when libhdf5 asked for it */
} vae__image_memory;

/* A file in memory. */
typedef struct vae__image {
    hid_t file;
    vae__image_memory *memory; /* libhdf5 keeps its address */
} vae__image;

/* A new file of the 1.8 format, with room for `expected` bytes at once: as many as it will take, for libhdf5 cannot
 * wholly close a file that it could not write. On failure nothing is left to close. */
vae_status vae__image_create(vae__image *image, size_t expected);

/* Closes a file that was created and writes its bytes to `path`; the image is then closed, whatever happens. */
vae_status vae__image_finish(vae__image *image, const char *path);

/* Reads the file at `path` and opens the bytes, read-only. On failure nothing is left to close. */
vae_status vae__image_open(vae__image *image, const char *path);

void vae__image_close(vae__image *image);

#endif
