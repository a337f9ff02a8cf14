/* A mean over examples, and its standard error. */
#ifndef VAE_INFER_MOMENTS_H
#define VAE_INFER_MOMENTS_H

#include <stdint.h>

/* All zero: of no example. */
typedef struct vae__moments {
    int64_t count;
    double sum;
    double mean, squares; /* so far, and Σ (x − mean)² (Welford 1962), which loses no digits where the mean is large */
} vae__moments;

void vae__moments_add(vae__moments *moments, double x);

double vae__moments_mean(const vae__moments *moments);

/* √(Σ (x − mean)² / (n − 1) / n); NaN of fewer than two examples. */
double vae__moments_error(const vae__moments *moments);

#endif
