/* PNG files as values: what the header says, and the pixels. */
#ifndef VAE_PICTURE_PNG_READ_H
#define VAE_PICTURE_PNG_READ_H

#include <stddef.h>
#include <stdint.h>
#include <vae/status.h>

/* An image as its header tells it: of 8 bits a value, or of fewer, which are then widened. */
typedef struct vae__png {
    int64_t height, width; /* 1 … VAE__PNG_SIDE */
    int channels;          /* 1: grey; 3: red, green, blue, those of a palette too */
} vae__png;

enum { VAE__PNG_SIDE = 1 << 20 };

/*
 * The header of a whole file in memory; `path` begins a message. A file that a PNG's header cannot be in, or that
 * cannot hold the image its header tells of, is broken: VAE_ERROR_FORMAT. What is a sound PNG but no such image (16
 * bits a value, alpha) is refused: VAE_ERROR_DATA. Allocates nothing.
 */
vae_status vae__png_header(const char *path, const unsigned char *bytes, size_t size, vae__png *png);

/*
 * The values of an image of which vae__png_header has told: height · width · channels bytes, channels last. Every
 * checksum must be right, to the end of the file. The same statuses, and VAE_ERROR_MEMORY; a failure leaves the values
 * as far as they were read.
 */
vae_status vae__png_decode(const char *path, const unsigned char *bytes, size_t size, const vae__png *png,
                           unsigned char *values);

#endif
