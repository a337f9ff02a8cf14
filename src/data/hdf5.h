/* What the parts of the HDF5 source share: an open file, and where its paths lead. */
#ifndef VAE_DATA_HDF5_H
#define VAE_DATA_HDF5_H

#include "src/base/hdf5.h"
#include "src/data/format.h"

/* The longest path below a file, soft links followed. */
enum { VAE__PATH_SIZE = 1024 };

typedef struct vae__hdf5_file {
    vae__hdf5_host host;
    const vae__file *file;
    char *name;                /* of the file */
    char base[VAE__PATH_SIZE]; /* the group of the source: "" for the root */
    const char *dataset;       /* the source's path, where it is x itself; else NULL */
    hid_t id, root, group;     /* group: of the source */
    hid_t splits[VAE_SPLITS];
} vae__hdf5_file;

/* Opens what a path leads to from `from`; *id is below 0 where there is nothing. The caller closes *id. */
vae_status vae__hdf5_walk(const vae__hdf5_file *in, hid_t from, const char *path, hid_t *id);

/* Members of the format. */
vae_status vae__hdf5_find(vae__file *file, vae_split split, const char *path, bool is_x, vae__stored *stored);
vae_status vae__hdf5_read(vae__stored *stored, int64_t first, int64_t rows, void *values);
vae_status vae__hdf5_tell(vae__stored *stored, int64_t first, int64_t rows, vae__text_function *function,
                          void *context);
void vae__hdf5_release(vae__stored *stored);
vae_status vae__hdf5_list(vae__file *file, vae_data_entry_function *function, void *context);

/* Sets type, shape and what can be made of a dataset; it need not be one that can be read. */
void vae__hdf5_describe(hid_t dataset, vae_data_entry *entry);

#endif
