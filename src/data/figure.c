/* What sources that draw figures have in common. */
#include "src/data/figure.h"

#include <math.h>

enum { SIDE = 8 }; /* samples along each side of a pixel */

double vae__square_depth(double u, double v)
{
    return 0.7071067811865476 - fmax(fabs(u), fabs(v));
}

double vae__triangle_depth(double u, double v)
{
    return 0.5 - fmax(v, 0.8660254037844386 * fabs(u) - 0.5 * v);
}

double vae__figure_depth_at(const vae__figure *figure, double x, double y)
{
    double u = x * figure->cosine + y * figure->sine, v = y * figure->cosine - x * figure->sine;
    return figure->depth(u / figure->size, v / figure->size) * figure->size;
}

/* Samples are looked at where the outline may be. */
int vae__figure_coverage(const vae__figure *figure, double x, double y)
{
    const double half_diagonal = 0.7072;
    double depth = vae__figure_depth_at(figure, x, y);
    if (fabs(depth) > half_diagonal)
        return depth > 0 ? VAE__FIGURE_SAMPLES : 0;
    int covered = 0;
    for (int i = 0; i < SIDE; i++)
        for (int k = 0; k < SIDE; k++)
            covered += vae__figure_depth_at(figure, x + (k + 0.5) / SIDE - 0.5, y + (i + 0.5) / SIDE - 0.5) > 0;
    return covered;
}
