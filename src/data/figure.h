/* Figures that sources draw onto pixels: what is inside of one, and how much of a pixel it covers. Sums, products and
 * square roots in double precision alone, each rounded once: the same bits on every machine. */
#ifndef VAE_DATA_FIGURE_H
#define VAE_DATA_FIGURE_H

/*
 * How deep a point lies within a figure, negative outside: a bound of the distance to its outline, for no step changes
 * it by more than its own length. u goes to the right, v down; the farthest point of a figure lies at distance 1 from
 * its centre, the origin.
 */
typedef double vae__figure_depth(double u, double v);

vae__figure_depth vae__square_depth;
vae__figure_depth vae__triangle_depth; /* of three equal sides, one corner up */

/* A figure of some size in pixels and turn, around the origin. */
typedef struct vae__figure {
    vae__figure_depth *depth;
    double size, cosine, sine;
} vae__figure;

enum { VAE__FIGURE_SAMPLES = 64 }; /* of a pixel */

/* How deep (x, y) lies within it, in pixels. */
double vae__figure_depth_at(const vae__figure *figure, double x, double y);

/* How many samples of the pixel around (x, y) it covers. */
int vae__figure_coverage(const vae__figure *figure, double x, double y);

/* A value of which the samples that are covered have their share, rounded. */
static inline int vae__figure_shade(int value, int covered)
{
    return (value * covered + VAE__FIGURE_SAMPLES / 2) / VAE__FIGURE_SAMPLES;
}

#endif
