/* Where an axis has its ticks: at round numbers. */
#ifndef VAE_PICTURE_TICKS_H
#define VAE_PICTURE_TICKS_H

#include <stdbool.h>

enum { VAE__TICKS_MOST = 64, VAE__TICK_TEXT = 40 };

typedef struct vae__tick {
    double value;
    char label[VAE__TICK_TEXT]; /* "" of a small one between others */
} vae__tick;

typedef struct vae__ticks {
    vae__tick ticks[VAE__TICKS_MOST];
    int count;
} vae__ticks;

/* Multiples of 1, 2 or 5 times a power of ten in [low, high], about `wanted` of them; of whole numbers none between
 * those. low < high, both finite, and so is their difference. */
void vae__ticks_linear(double low, double high, int wanted, bool whole, vae__ticks *ticks);

/* Of a logarithmic axis: powers of ten, of a short one 1, 2 and 5 times those; of one so short that there are fewer
 * than three, as of a linear one. 0 < low < high. */
void vae__ticks_log(double low, double high, int wanted, vae__ticks *ticks);

#endif
