/* Means over examples. */
#include "src/infer/moments.h"

#include <math.h>

void vae__moments_add(vae__moments *moments, double x)
{
    const double before = x - moments->mean;
    moments->count++;
    moments->sum += x;
    moments->mean += before / (double)moments->count;
    moments->squares += before * (x - moments->mean);
}

double vae__moments_mean(const vae__moments *moments)
{
    return moments->sum / (double)moments->count;
}

double vae__moments_error(const vae__moments *moments)
{
    const double count = (double)moments->count;
    return moments->count < 2 ? NAN : sqrt(moments->squares / (count - 1) / count);
}
