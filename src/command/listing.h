/* The arrays of an HDF5 or NPY file, each with the option that it could be given by. */
#ifndef VAE_COMMAND_LISTING_H
#define VAE_COMMAND_LISTING_H

#include <vae/data.h>

#include "src/command/json.h"

enum { VAE__LISTED_MOST = 100, VAE__LISTED_PATH = 1024 };

typedef struct vae__listed {
    vae_data_entry about; /* its texts are gone; these are kept: */
    char path[VAE__LISTED_PATH], type[64];
} vae__listed;

typedef struct vae__listing {
    const char *wanted; /* --x, or "x" */
    const char *base;   /* what stands behind the file's name: "/group" */
    vae__listed entries[VAE__LISTED_MOST];
    int count, all; /* those that are kept; those there are */
    bool x_found;
    int x; /* what x is, or could be; -1: nothing that was kept */
} vae__listing;

/* Lists the arrays of a source; none of a source without arrays in files, or that cannot be read. `x` is that of --x,
 * or NULL; it and the source are borrowed. The status is that of vae__list_file. */
vae_status vae__list_arrays(const char *source, const char *x, vae__listing *l);

void vae__print_listing(const vae__listing *l);
void vae__json_listing(vae__json *json, const vae__listing *l);

#endif
