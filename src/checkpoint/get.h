/*
 * Reading from an HDF5 file that is not trusted: what is there is compared with what is expected before it is touched,
 * and every failure is VAE_ERROR_FORMAT with file, place, what was expected and what was found.
 *
 * Only hard links are followed. Groups and datasets may have no filter but deflate, shuffle and fletcher32, which
 * libhdf5 has within itself; datasets no external or virtual storage. No type of variable length is ever read.
 */
#ifndef VAE_CHECKPOINT_GET_H
#define VAE_CHECKPOINT_GET_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <vae/status.h>
#include <vae/types.h>

/* An open group, or dataset, and where it is. */
typedef struct vae__place {
    const char *file; /* for messages */
    size_t file_size; /* no array in it takes more than this allows */
    hid_t id;
    char where[512]; /* "/parameters/encoder"; "" for the root */
} vae__place;

/* Deflate makes of a byte at most so many: 258 for a match that takes two bits. */
enum { VAE__MOST_DEFLATED = 1032 };

/* The root group of an open file of `file_size` bytes. The caller closes root->id with vae__hdf5_close. */
vae_status vae__get_root(const char *path, hid_t file, size_t file_size, vae__place *root);

/* The caller closes group->id. */
vae_status vae__get_group(const vae__place *parent, const char *name, vae__place *group);

/* Attributes: of exactly the type that src/checkpoint/put.h gives them. Texts are the caller's. */
vae_status vae__get_text(const vae__place *place, const char *name, char **text);
vae_status vae__get_texts(const vae__place *place, const char *name, int most, char **texts, int *count);
vae_status vae__get_integer(const vae__place *place, const char *name, int64_t low, int64_t high, int64_t *value);
vae_status vae__get_integers(const vae__place *place, const char *name, int most, int64_t low, int64_t high,
                             int64_t *values, int *count);
vae_status vae__get_unsigned(const vae__place *place, const char *name, uint64_t *value);
vae_status vae__get_number(const vae__place *place, const char *name, double low, double high, double *value);
vae_status vae__get_any_number(const vae__place *place, const char *name, double *value); /* NaN and infinities too */

/* Is there an attribute, or a link, of this name? What older files lack is asked for so, and a damaged one is found
 * when it is read. */
bool vae__get_has(const vae__place *place, const char *attribute);
bool vae__get_has_link(const vae__place *group, const char *name);

/* A text that need not be there: *text is then NULL. */
vae_status vae__get_text_if(const vae__place *place, const char *name, char **text);

/* What a dataset must be. A shape that begins with -1 takes any length there, and is told it. */
typedef struct vae__wanted {
    vae_type type;
    int rank;
    int64_t shape[VAE_MAX_RANK];
    size_t most_text;  /* not 0: strings of a fixed length, at most so many bytes, in place of `type` */
    size_t text_width; /* told: that length */
} vae__wanted;

/* Opens a dataset and checks all but its values; what passes has a size that the file can hold. The caller closes
 * dataset->id. */
vae_status vae__get_dataset(const vae__place *parent, const char *name, vae__wanted *wanted, vae__place *dataset);

/* Reads the values of such a dataset, and compares their checksum. */
vae_status vae__get_values(const vae__place *dataset, const vae__wanted *wanted, void *values);

/* Reads a dataset of strings of a fixed length, `count` of them (-1: up to `most`, told), each of at most `most_text`
 * bytes. The texts are in one piece of memory, the caller's (vae__free). */
vae_status vae__get_strings(const vae__place *parent, const char *name, int64_t *count, int64_t most, size_t most_text,
                            char ***texts);

/* Are the values of a dataset strings, of whatever length? */
vae_status vae__get_is_text(const vae__place *parent, const char *name, bool *is_text);

/* Told of each dataset of a tree: the group it is in, its name there, and its number among the leaves. */
typedef vae_status vae__leaf_function(void *context, const vae__place *parent, const char *name, int leaf);

/* Walks a group whose datasets are named by `leaves` ("encoder/0/weight"): what is there and is none of them is an
 * error. seen[leaf] becomes true. */
vae_status vae__get_tree(const vae__place *group, const char *const *leaves, int leaf_count, bool *seen,
                         vae__leaf_function *function, void *context);

#endif
