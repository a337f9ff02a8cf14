/* Points of z: quantiles of the normal distribution, and paths between two points. */
#include <math.h>
#include <string.h>
#include <vae/walk.h>

/* ---- Quantiles --------------------------------------------------------------------------------------------------- */

enum { TERMS = 8 };

/* A quotient of two polynomials, lowest power first. */
typedef struct quotient {
    double above[TERMS], below[TERMS];
} quotient;

/* Wichura, "The percentage points of the normal distribution", Applied Statistics 37 (1988), PPND16. */
static const quotient middle = {
    { 3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3, 1.3731693765509461125e+4,
      4.5921953931549871457e+4, 6.7265770927008700853e+4, 3.3430575583588128105e+4, 2.5090809287301226727e+3 },
    { 1, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3, 2.1213794301586595867e+4,
      3.9307895800092710610e+4, 2.8729085735721942674e+4, 5.2264952788528545610e+3 }
};
static const quotient tail = {
    { 1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
      1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4 },
    { 1, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1, 1.48103976427480074590e-1,
      1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9 }
};
static const quotient far_tail = {
    { 6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
      2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7 },
    { 1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2, 7.86869131145613259100e-4,
      1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15 }
};

static double polynomial(const double terms[TERMS], double r)
{
    double sum = 0;
    for (int i = TERMS - 1; i >= 0; i--)
        sum = sum * r + terms[i];
    return sum;
}

static double value(const quotient *of, double r)
{
    return polynomial(of->above, r) / polynomial(of->below, r);
}

double vae_normal_quantile(double p)
{
    double q = p - 0.5;
    if (!(p >= 0 && p <= 1))
        return NAN;
    if (fabs(q) <= 0.425)
        return q * value(&middle, 0.180625 - q * q);
    double r = q < 0 ? p : 1 - p;
    if (r <= 0)
        return q < 0 ? -INFINITY : INFINITY;
    r = sqrt(-log(r));
    double z = r <= 5 ? value(&tail, r - 1.6) : value(&far_tail, r - 5);
    return q < 0 ? -z : z;
}

/* ---- Paths ------------------------------------------------------------------------------------------------------- */

static double norm(const float *a, int64_t size)
{
    double sum = 0;
    for (int64_t i = 0; i < size; i++)
        sum += (double)a[i] * (double)a[i];
    return sqrt(sum);
}

/* The angle between a and b, by the lengths of the difference and of the sum of their directions: unlike the cosine,
 * which loses half of its digits there, it is exact for small angles. NaN where one of them is 0. */
static double angle(const float *a, const float *b, int64_t size)
{
    double lengths[2] = { norm(a, size), norm(b, size) }, difference = 0, sum = 0;
    for (int64_t i = 0; i < size; i++) {
        double one = (double)a[i] / lengths[0], other = (double)b[i] / lengths[1];
        difference += (one - other) * (one - other);
        sum += (one + other) * (one + other);
    }
    return 2 * atan2(sqrt(difference), sqrt(sum));
}

void vae_path_point(vae_path path, const float *a, const float *b, int64_t size, double t, float *z)
{
    static const double least_sine = 1e-6;
    double weights[2] = { 1 - t, t };
    double omega = path == VAE_PATH_SPHERICAL ? angle(a, b, size) : 0;
    if (sin(omega) >= least_sine) { /* false for NaN */
        weights[0] = sin((1 - t) * omega) / sin(omega);
        weights[1] = sin(t * omega) / sin(omega);
    }
    for (int64_t i = 0; i < size; i++)
        z[i] = (float)(weights[0] * (double)a[i] + weights[1] * (double)b[i]);
    /* sin Ω / sin Ω is 1, but 0 · b need not be 0 where b is not finite. */
    if (t <= 0 || t >= 1)
        memcpy(z, t <= 0 ? a : b, (size_t)size * sizeof *z);
}
