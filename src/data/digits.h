/* The built-in data set: handwritten-looking digits, drawn from a seed. No file, no network, nobody's licence. */
#ifndef VAE_DATA_DIGITS_H
#define VAE_DATA_DIGITS_H

#include <stdint.h>

/* The version is part of the data's digest: raise it with any change that changes a pixel. */
enum { VAE__DIGIT_SIDE = 28, VAE__DIGIT_CLASSES = 10, VAE__DIGITS_VERSION = 1 };

/*
 * Draws example `index`: a function of seed and index alone, so examples may be drawn in any order and by many threads.
 * Grey levels as MNIST has them: 0 is paper, 255 is ink; the digit lies in the middle of the image. Returns its class,
 * 0 … 9, each as likely as the others.
 */
int vae__digit_draw(uint64_t seed, uint32_t index, uint8_t pixels[VAE__DIGIT_SIDE * VAE__DIGIT_SIDE]);

#endif
