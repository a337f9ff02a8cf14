/*
 * IDX files, as MNIST's are: two bytes 0, a type code, the number of dimensions, each dimension as four bytes, the
 * highest first, then the values. Only unsigned bytes (type 0x08) are read. A name that ends in ".gz" is a gzip file.
 */
#ifndef VAE_DATA_IDX_H
#define VAE_DATA_IDX_H

#include <stddef.h>
#include <stdint.h>
#include <vae/status.h>
#include <vae/types.h>

struct vae__idx_input;

/* An IDX file of which the header was read and found possible; nothing is trusted beyond it. All zero: closed. */
typedef struct vae__idx {
    char *path;
    int rank;
    int64_t shape[VAE_MAX_RANK]; /* at least 1 each, the first at most VAE__ROWS_MAX */
    size_t size;                 /* the product: bytes of values */
    struct vae__idx_input *input;
} vae__idx;

/* Opens a file of `least` to `most` dimensions. A plain file must have the size its header tells. The caller closes
 * *idx, after a failure too. */
vae_status vae__idx_open(const char *path, int least, int most, vae__idx *idx);

/* Reads idx->size bytes and makes sure that they are the last. Called once. */
vae_status vae__idx_read(vae__idx *idx, unsigned char *values);

void vae__idx_close(vae__idx *idx);

#endif
