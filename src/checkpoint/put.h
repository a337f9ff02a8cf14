/* Writing into an HDF5 file: groups, attributes and arrays as docs/file-layout.md has them. */
#ifndef VAE_CHECKPOINT_PUT_H
#define VAE_CHECKPOINT_PUT_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <vae/status.h>
#include <vae/types.h>

#include "src/base/hdf5.h"

/* Room for the groups of a file and their attributes, with every string as long as it may be. */
enum { VAE__GROUPS_ROOM = 1 << 21 };

/* The longest string in a file, for writing and for reading; attributes of an HDF5 object end at 64 KB. */
enum { VAE__MAX_TEXT = 60000 };

/* How values are stored in files of libvae's own. The identifier is libhdf5's and is not to be closed. */
hid_t vae__hdf5_stored(vae_type type);

/* zlib's CRC-32 of values as a file has them, little end first. */
uint32_t vae__hdf5_checksum(vae_type type, const void *values, size_t count);

/* A group and its description. The caller closes *group, with vae__hdf5_close. */
vae_status vae__put_group(hid_t parent, const char *name, const char *description, hid_t *group);

/* Attributes. Strings have their own length, padded with nulls; VAE__ASCII is what libvae writes itself. */
typedef enum vae__text_set { VAE__ASCII, VAE__UTF8 } vae__text_set;
vae_status vae__put_text(hid_t object, const char *name, vae__text_set set, const char *text);
vae_status vae__put_texts(hid_t object, const char *name, const char *const *texts, int count);
vae_status vae__put_integer(hid_t object, const char *name, int64_t value);
vae_status vae__put_integers(hid_t object, const char *name, const int64_t *values, int count);
vae_status vae__put_unsigned(hid_t object, const char *name, uint64_t value);
vae_status vae__put_number(hid_t object, const char *name, double value);

/* Rows of what an example may be, or of several such. */
enum { VAE__ARRAY_RANK = VAE_MAX_RANK + 2 };

/* A dataset with its attributes; what is NULL is not written. */
typedef struct vae__array {
    vae_type type;
    size_t text; /* not 0: texts of that many bytes each, padded with nulls, in place of numbers */
    int rank;
    int64_t shape[VAE__ARRAY_RANK];
    const void *values;
    const char *description, *units;
    const char *labels[VAE__ARRAY_RANK]; /* of dimensions */
    bool grows;                          /* the first dimension has no end */
} vae__array;

/* Bytes that an array takes in a file at most, its description included. */
size_t vae__put_room(const vae__array *array);

/* Writes an array in chunks, with its checksum; `name` may have groups in it, which are made. With `dataset` the caller
 * closes *dataset. */
vae_status vae__put_array(hid_t parent, const char *name, const vae__array *array, hid_t *dataset);

/* Writes a dataset of strings, as wide as the longest. */
vae_status vae__put_strings(hid_t parent, const char *name, const char *const *texts, int64_t count,
                            const char *description);
size_t vae__put_strings_room(const char *const *texts, int64_t count);

#endif
