/*
 * Functions of a real that plain loops can call: for float, polynomials and selects without a branch or a call, which
 * the compiler turns into vector code; for double, libm.
 *
 * Every step is one IEEE operation that the code names (see src/kernels/real.h on vae__fma), so a value is the same in
 * a vector, in the tail of a row and alone. Polynomials were fitted at Chebyshev nodes of the intervals told.
 *
 * Also here: sums of rows in one order.
 */
#ifndef VAE_KERNELS_MATH_H
#define VAE_KERNELS_MATH_H

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "src/kernels/real.h"

#if defined(__FMA__) || defined(__FP_FAST_FMAF)
#define VAE__FMA_FLOAT(a, b, c) __builtin_fmaf(a, b, c)
#else
#define VAE__FMA_FLOAT(a, b, c) ((a) * (b) + (c))
#endif
#if defined(__FMA__) || defined(__FP_FAST_FMA)
#define VAE__FMA_DOUBLE(a, b, c) __builtin_fma(a, b, c)
#else
#define VAE__FMA_DOUBLE(a, b, c) ((a) * (b) + (c))
#endif

/* The branch not taken goes away when the file is compiled: `real` is one or the other. */
#define VAE__IS_FLOAT (sizeof(real) == sizeof(float))

/* a · b + c: rounded once where the processor has such an instruction, else twice. */
static inline real vae__fma(real a, real b, real c)
{
    return VAE__IS_FLOAT ? (real)VAE__FMA_FLOAT((float)a, (float)b, (float)c)
                         : (real)VAE__FMA_DOUBLE((double)a, (double)b, (double)c);
}

static inline float vae__fma_float(float a, float b, float c)
{
    return VAE__FMA_FLOAT(a, b, c);
}

static inline uint32_t vae__bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float vae__float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* exp(x) = 2^n · exp(r), |r| <= ln 2 / 2. Below the smallest normal number the result is 0: denormal ones are slow. */
static inline float vae__exp_float(float x)
{
    const float shift = 0x1.8p23f; /* adding it rounds to a whole number, which stands in the low bits */
    float shifted = vae__fma_float(x, 1.44269504f, shift);
    float n = shifted - shift;
    float r = vae__fma_float(n, -0.693359375f, x); /* ln 2 in two parts; n times the first is exact */
    r = vae__fma_float(n, 2.12194440e-4f, r);
    float p = vae__fma_float(1.392617750e-03f, r, 8.363174180e-03f);
    p = vae__fma_float(p, r, 4.166655465e-02f);
    p = vae__fma_float(p, r, 1.666657702e-01f);
    p = vae__fma_float(p, r, 0.5f);
    p = vae__fma_float(p, r * r, r) + 1.0f;
    /* n is added to p's exponent, so that 2^128 need not be a number of its own. */
    float result = vae__float_of(vae__bits_of(p) + (vae__bits_of(shifted) << 23));
    result = x < -87.336544f ? 0.0f : result;
    result = x > 88.722839f ? INFINITY : result;
    return x != x ? x : result;
}

/* The same of x <= 0: 2^n is always a number here, and is multiplied by, so that what is no number stays so. */
static inline float vae__exp_negative_float(float x)
{
    const float shift = 0x1.8p23f + 127; /* the low bits of a sum are n and the exponent's bias */
    float shifted = vae__fma_float(x, 1.44269504f, shift);
    float n = shifted - shift;
    float r = vae__fma_float(n, -0.693359375f, x);
    r = vae__fma_float(n, 2.12194440e-4f, r);
    float p = vae__fma_float(1.392617750e-03f, r, 8.363174180e-03f);
    p = vae__fma_float(p, r, 4.166655465e-02f);
    p = vae__fma_float(p, r, 1.666657702e-01f);
    p = vae__fma_float(p, r, 0.5f);
    p = vae__fma_float(p, r * r, r);
    float power = vae__float_of(vae__bits_of(shifted) << 23);
    float result = vae__fma_float(p, power, power);
    return x < -87.336544f ? 0.0f : result;
}

/*
 * log(x) = k · ln 2 + log(1 + f), 1 + f in [sqrt(1/2), sqrt(2)), in two parts for x > 0: k times VAE__LN2, which is
 * exact, and the rest, which is small. A difference of logarithms taken part by part loses no digits to their size.
 */
#define VAE__LN2 0.693359375f /* ln 2 but for 2.12194440e-4 */
static inline float vae__log_parts(float x, float *whole)
{
    const uint32_t root = 0x3f3504f3u; /* sqrt(1/2) */
    float normal = x < FLT_MIN ? x * 0x1p23f : x;
    float scale = x < FLT_MIN ? -23.0f : 0.0f;
    uint32_t offset = vae__bits_of(normal) - root;
    float k = (float)((int32_t)offset >> 23) + scale;
    float f = vae__float_of((offset & 0x007fffffu) + root) - 1.0f;
    float square = f * f;
    float p = vae__fma_float(6.971611443e-02f, f, -1.147973381e-01f);
    p = vae__fma_float(p, f, 1.168541992e-01f);
    p = vae__fma_float(p, f, -1.242568734e-01f);
    p = vae__fma_float(p, f, 1.424905765e-01f);
    p = vae__fma_float(p, f, -1.666780232e-01f);
    p = vae__fma_float(p, f, 2.000071575e-01f);
    p = vae__fma_float(p, f, -2.499999696e-01f);
    p = vae__fma_float(p, f, 3.333333118e-01f);
    p = vae__fma_float(p * f, square, k * -2.12194440e-4f);
    p = vae__fma_float(-0.5f, square, p);
    *whole = k;
    return f + p;
}

static inline float vae__log_float(float x)
{
    float k, rest = vae__log_parts(x, &k);
    float result = vae__fma_float(k, VAE__LN2, rest);
    result = x == 0.0f ? -INFINITY : result;
    result = x > FLT_MAX ? INFINITY : result;
    return x >= 0.0f ? result : NAN;
}

/* log(u) for u = 1 + x rounded, and the rounding put back: d log(u) = du / u, where u is near 1 if it matters. */
static inline float vae__log1p_float(float x)
{
    float u = 1.0f + x;
    float lost = x - (u - 1.0f);
    return vae__log_float(u) + (x > 1.0f ? 0.0f : lost);
}

static inline float vae__tanh_float(float x)
{
    float size = fabsf(x), square = x * x;
    float p = vae__fma_float(-6.100170946e-03f, square, 2.099955252e-02f); /* (tanh(x) / x - 1) / x², x² <= 0.39 */
    p = vae__fma_float(p, square, -5.385140937e-02f);
    p = vae__fma_float(p, square, 1.333277302e-01f);
    p = vae__fma_float(p, square, -3.333332898e-01f);
    float near = vae__fma_float(p * square, x, x);
    float e = vae__exp_negative_float(-2.0f * size);
    float far = copysignf((1.0f - e) / (1.0f + e), x);
    return size < 0.62f ? near : far;
}

static inline float vae__erf_float(float x)
{
    float size = fabsf(x), square = x * x;
    float p = vae__fma_float(7.875875043e-05f, square, -8.016864281e-04f); /* erf(x) / x, x² <= 1 */
    p = vae__fma_float(p, square, 5.189087423e-03f);
    p = vae__fma_float(p, square, -2.685421201e-02f);
    p = vae__fma_float(p, square, 1.128359472e-01f);
    p = vae__fma_float(p, square, -3.761262667e-01f);
    float near = vae__fma_float(vae__fma_float(p, square, 0.128379166f), x, x);
    float t = size > 4.0f ? 4.0f : size;                              /* from 4 on, erf rounds to 1 */
    float q = vae__fma_float(-1.637151416e-06f, t, 4.605804271e-05f); /* -log(1 - erf(t)), t in [1, 4] */
    q = vae__fma_float(q, t, -5.968056258e-04f);
    q = vae__fma_float(q, t, 4.759596294e-03f);
    q = vae__fma_float(q, t, -2.642113601e-02f);
    q = vae__fma_float(q, t, 1.100800830e-01f);
    q = vae__fma_float(q, t, 6.318260516e-01f);
    q = vae__fma_float(q, t, 1.130233435e+00f);
    q = vae__fma_float(q, t, -3.201380501e-04f);
    float far = copysignf(1.0f - vae__exp_float(-q), x);
    return size < 1.0f ? near : far;
}

/* x · (x - 1) … as long as a factor is at least 1, for 0 <= x < 4; `left` is what is below 1 then. */
static inline float vae__falling_product(float x, float *left)
{
    float product = 1.0f;
    *left = x;
    for (int i = 0; i < 3; i++) {
        product = *left >= 1.0f ? product * *left : product;
        *left = *left >= 1.0f ? *left - 1.0f : *left;
    }
    return product;
}

/* log x!, 0 <= x <= 1: exactly 0 at both ends. */
static inline float vae__log_factorial_of_part(float x)
{
    float p = vae__fma_float(-1.487484784e-03f, x, 9.140426293e-03f); /* log x! / (x (x - 1)) */
    p = vae__fma_float(p, x, -2.631207928e-02f);
    p = vae__fma_float(p, x, 4.905387387e-02f);
    p = vae__fma_float(p, x, -7.072465867e-02f);
    p = vae__fma_float(p, x, 9.065067023e-02f);
    p = vae__fma_float(p, x, -1.149184033e-01f);
    p = vae__fma_float(p, x, 1.554171890e-01f);
    p = vae__fma_float(p, x, -2.452508658e-01f);
    p = vae__fma_float(p, x, 5.772156715e-01f);
    return x * (x - 1.0f) * p;
}

/* log x! - (x · log x - x), x >= 4: Stirling's series. */
static inline float vae__stirling(float x, float log_x)
{
    float inverse = 1.0f / x, square = inverse * inverse;
    float p = vae__fma_float(-5.952380952e-04f, square, 7.936507937e-04f);
    p = vae__fma_float(p, square, -2.777777778e-03f);
    p = vae__fma_float(p, square, 8.333333333e-02f);
    return vae__fma_float(p, inverse, vae__fma_float(0.5f, log_x, 9.189385332e-01f));
}

/* x · (exp(d) - 1 - d), rate being x · exp(d): below 1/2, where its parts cancel, by a polynomial. */
static inline float vae__beyond_line(float x, float d, float rate)
{
    float p = vae__fma_float(1.994487393e-04f, d, 1.398218563e-03f);
    p = vae__fma_float(p, d, 8.333235979e-03f);
    p = vae__fma_float(p, d, 4.166579247e-02f);
    p = vae__fma_float(p, d, 1.666666716e-01f);
    p = vae__fma_float(p, d, 0.5f);
    return fabsf(d) < 0.5f ? x * (d * d * p) : (rate - x) - x * d;
}

/*
 * x · log_rate - exp(log_rate) - log x!. Its three parts are as large as x · log x, and near the rate a few units are
 * left of them: from 4 on it is taken as what x · log x - exp(log x) - log x! is, which Stirling's series tells, less
 * how far exp is above its tangent at log x. So whole counts below 4 have their exact factorials, and none is too
 * large.
 */
static inline float vae__log_poisson_float(float x, float log_rate)
{
    float left, whole, product = vae__falling_product(x, &left);
    float part = vae__log_parts(x < 4.0f ? product : x, &whole);
    float logarithm = vae__fma_float(whole, VAE__LN2, part), rate = vae__exp_float(log_rate);
    float few = (x * log_rate - rate) - (logarithm + vae__log_factorial_of_part(left));
    float above = vae__fma_float(-whole, VAE__LN2, log_rate) - part; /* log_rate - log x */
    float many = -vae__beyond_line(x, above, rate) - vae__stirling(x, logarithm);
    float result = x < 4.0f ? few : many;
    return x < 0.0f ? -INFINITY : result;
}

/* The same by libm: up to 64 as the formula is written, above that by Stirling's series. */
static inline double vae__log_poisson_double(double x, double log_rate)
{
    int sign; /* lgamma would set a global one */
    if (x < 0)
        return -INFINITY;
    if (!(x >= 64))
        return x * log_rate - exp(log_rate) - lgamma_r(x + 1, &sign);
    double log_x = log(x), above = log_rate - log_x, square = 1 / (x * x);
    double series = (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square / 1680))) / x;
    return -x * (expm1(above) - above) - (0.5 * (1.83787706640934548356 + log_x) + series);
}

static inline real vae__exp(real x)
{
    return VAE__IS_FLOAT ? (real)vae__exp_float((float)x) : (real)exp((double)x);
}

/* exp(x), x <= 0. */
static inline real vae__exp_negative(real x)
{
    return VAE__IS_FLOAT ? (real)vae__exp_negative_float((float)x) : (real)exp((double)x);
}

static inline real vae__log(real x)
{
    return VAE__IS_FLOAT ? (real)vae__log_float((float)x) : (real)log((double)x);
}

static inline real vae__log1p(real x)
{
    return VAE__IS_FLOAT ? (real)vae__log1p_float((float)x) : (real)log1p((double)x);
}

static inline real vae__tanh(real x)
{
    return VAE__IS_FLOAT ? (real)vae__tanh_float((float)x) : (real)tanh((double)x);
}

static inline real vae__erf(real x)
{
    return VAE__IS_FLOAT ? (real)vae__erf_float((float)x) : (real)erf((double)x);
}

static inline real vae__sqrt(real x)
{
    return VAE__IS_FLOAT ? (real)__builtin_sqrtf((float)x) : (real)__builtin_sqrt((double)x);
}

static inline real vae__abs(real x)
{
    return VAE__IS_FLOAT ? (real)fabsf((float)x) : (real)fabs((double)x);
}

/* 1 / d, 1 <= d <= 2: the nearest parabola, off by 1/99, and two steps of Newton's. Many times as fast as dividing. */
static inline float vae__inverse_float(float d)
{
    float r = vae__fma_float(vae__fma_float(3.232323232e-01f, d, -1.454545455f), d, 2.121212121f);
    r = vae__fma_float(r, vae__fma_float(-d, r, 1.0f), r);
    return vae__fma_float(r, vae__fma_float(-d, r, 1.0f), r);
}

/* 1 / (1 + exp(-x)), by exp of what is not positive, so that neither tail overflows or cancels. */
static inline real vae__sigmoid(real x)
{
    real e = vae__exp_negative(-vae__abs(x));
    real r = VAE__IS_FLOAT ? (real)vae__inverse_float(1.0f + (float)e) : 1 / (1 + e);
    return x < 0 ? e * r : r;
}

/* log(1 + exp(x)). */
static inline real vae__softplus(real x)
{
    return (x > 0 ? x : (real)0) + vae__log1p(vae__exp_negative(-vae__abs(x)));
}

/* log of the Poisson probability of a count x; -infinity below 0. */
static inline real vae__log_poisson(real x, real log_rate)
{
    return VAE__IS_FLOAT ? (real)vae__log_poisson_float((float)x, (float)log_rate)
                         : (real)vae__log_poisson_double((double)x, (double)log_rate);
}

/*
 * Sums `term`, an expression in `index`, for index = 0 … count - 1 into `total`, a real variable:
 *
 *     VAE__SUM(total, j, columns, vae__exp(x[j] - most));
 *
 * One order whatever the compiler, the vectors' width and the row's address: term j joins lane j % 16 of 16 in turn;
 * then lanes 0 … 7 take lanes 8 … 15 in, 0 … 3 take 4 … 7 in, and so on. In the last, partial round the other lanes
 * stay as they are. `term` is written twice but computed once an index; it may store what it computes.
 */
enum { VAE__LANES = 16 };
typedef real vae__lanes __attribute__((vector_size(VAE__LANES * sizeof(real)), aligned(64), may_alias));

#define VAE__SUM(total, index, count, term)                                                                            \
    do {                                                                                                               \
        vae__lanes vae__sums = { 0 };                                                                                  \
        real vae__terms[VAE__LANES] __attribute__((aligned(64)));                                                      \
        const int64_t vae__count = (count), vae__whole = vae__count / VAE__LANES * VAE__LANES;                         \
        for (int64_t vae__base = 0; vae__base < vae__whole; vae__base += VAE__LANES) {                                 \
            for (int64_t vae__lane = 0; vae__lane < VAE__LANES; vae__lane++) {                                         \
                const int64_t index = vae__base + vae__lane;                                                           \
                vae__terms[vae__lane] = (term);                                                                        \
            }                                                                                                          \
            vae__sums += *(const vae__lanes *)vae__terms;                                                              \
        }                                                                                                              \
        memcpy(vae__terms, &vae__sums, sizeof vae__sums);                                                              \
        for (int64_t index = vae__whole; index < vae__count; index++)                                                  \
            vae__terms[index - vae__whole] += (term);                                                                  \
        (total) = vae__add_lanes(vae__terms);                                                                          \
    } while (0)

static inline real vae__add_lanes(real lanes[VAE__LANES])
{
    for (int half = VAE__LANES / 2; half; half /= 2)
        for (int i = 0; i < half; i++)
            lanes[i] += lanes[i + half];
    return lanes[0];
}

/*
 * Σ log(1 + e[i]), each e[i] in [0, 1], at most VAE__FACTORS of them, aligned to 64 bytes: a lane's sum is the
 * logarithm of a product, taken once. What is kept is the product less 1, p: (1 + p)(1 + e) - 1 = p + e + p·e loses no
 * small e to the 1 beside it. Two products take turns, for each waits for itself.
 */
enum { VAE__FACTORS = 64 * VAE__LANES };

#define VAE__TIMES(p, e) (((p) + (e)) + (p) * (e))

static inline real vae__sum_log1p(const real *e, int64_t count)
{
    const vae__lanes *factors = (const vae__lanes *)e;
    const int64_t whole = count / VAE__LANES;
    vae__lanes even = { 0 }, odd = { 0 }, last = { 0 };
    real terms[VAE__LANES] __attribute__((aligned(64))), total;
    for (int64_t i = 0; i + 1 < whole; i += 2) {
        even = VAE__TIMES(even, factors[i]);
        odd = VAE__TIMES(odd, factors[i + 1]);
    }
    if (whole % 2)
        even = VAE__TIMES(even, factors[whole - 1]);
    memcpy(&last, factors + whole, (size_t)(count % VAE__LANES) * sizeof *e);
    even = VAE__TIMES(even, odd);
    even = VAE__TIMES(even, last);
    memcpy(terms, &even, sizeof even);
    VAE__SUM(total, i, VAE__LANES, vae__log1p(terms[i]));
    return total;
}

#endif
