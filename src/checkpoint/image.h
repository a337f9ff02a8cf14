/*
 * HDF5 files as images in memory, and libvae's manners as a guest of the host's libhdf5. Everything of libhdf5 that
 * this folder uses is called between vae__hdf5_enter and vae__hdf5_leave.
 */
#ifndef VAE_CHECKPOINT_IMAGE_H
#define VAE_CHECKPOINT_IMAGE_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>
#include <vae/status.h>

/* What the host had set. */
typedef struct vae__hdf5_host {
    unsigned version; /* of the error function: 1 or 2; 0: could not be asked */
    H5E_auto2_t print2;
#ifndef H5_NO_DEPRECATED_SYMBOLS
    H5E_auto1_t print1;
#endif
    void *print_data;
    bool plugins_off; /* we turned them off */
    unsigned plugins;
} vae__hdf5_host;

/*
 * Silences libhdf5's error printing, which is the calling thread's own where libhdf5 is built thread-safe; with
 * `reading` also turns plug-ins off, which is the process's, so that no file makes libhdf5 load code. Every libhdf5
 * call of other threads must be locked out by the host unless libhdf5 is built thread-safe.
 */
void vae__hdf5_enter(vae__hdf5_host *host, bool reading);
void vae__hdf5_leave(const vae__hdf5_host *host);

/* Gives back an identifier of any kind but a file's; below 0: nothing. */
void vae__hdf5_close(hid_t id);

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
