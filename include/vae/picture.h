/* Pictures: PNG files of grids of images. */
#ifndef VAE_PICTURE_H
#define VAE_PICTURE_H

#include <stdint.h>
#include <vae/export.h>
#include <vae/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vae_grid {
    int64_t rows, columns; /* of images */
    int64_t height, width; /* of an image, in pixels */
    int64_t channels;      /* 1: grey, 3: red, green, blue */
    int64_t border;        /* pixels between images and around them */
    const char *title;     /* kept in the file as its Title; may be NULL */
    const int64_t *apart; /* (apart_count): columns, from 1 and rising, before which the border is four times as wide */
    int apart_count;
} vae_grid;

/* Has a grid sizes that a picture may have? Asked before images are made for it. */
VAE_API vae_status vae_picture_check(const vae_grid *grid);

/*
 * Writes rows · columns images, one after another (row by row of the grid), each (height, width, channels) with values
 * in [0, 1] (what lies outside is cut, NaN is shown black), as an 8-bit PNG. The file appears whole or not at all.
 */
VAE_API vae_status vae_picture_write(const char *path, const vae_grid *grid, const float *images);

#ifdef __cplusplus
}
#endif
#endif
