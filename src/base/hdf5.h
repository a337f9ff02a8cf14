/* libvae's manners as a guest of the host's libhdf5, and the native form of a stored type: what whoever reads or writes
 * HDF5 shares. Everything of libhdf5 is called between vae__hdf5_enter and vae__hdf5_leave. */
#ifndef VAE_BASE_HDF5_H
#define VAE_BASE_HDF5_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>
#include <vae/types.h>

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
 * `untrusted`, for a file that is not trusted, also turns plug-ins off, which is the process's, so that no file makes
 * libhdf5 load code. Every libhdf5
 * call of other threads must be locked out by the host unless libhdf5 is built thread-safe.
 */
void vae__hdf5_enter(vae__hdf5_host *host, bool untrusted);
void vae__hdf5_leave(const vae__hdf5_host *host);

/* Gives back an identifier of any kind but a file's; below 0: nothing. */
void vae__hdf5_close(hid_t id);

/* A type as this processor has it. The identifier is libhdf5's own and is not to be closed. */
hid_t vae__hdf5_native(vae_type type);

#endif
