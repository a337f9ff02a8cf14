/*
 * Walks through z: grids of points, and what the decoder makes of them.
 *
 *     vae_manifold     a plane of z, even in probability
 *     vae_interpolate  from one example to another
 *     vae_traverse     one dimension of z at a time
 *     vae_arithmetic   what sets two groups of examples apart, added to others
 *
 * A walk is saved as a picture, or as HDF5 with its numbers.
 */
#ifndef VAE_WALK_H
#define VAE_WALK_H

#include <stdbool.h>
#include <vae/data.h>
#include <vae/infer.h>
#include <vae/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Points ------------------------------------------------------------------------------------------------------ */

/*
 * Φ⁻¹(p), the inverse of the standard normal distribution function, to about 16 digits (Wichura 1988, algorithm AS 241,
 * PPND16). Of 0 and 1 it is −∞ and ∞, of anything outside [0, 1] NaN.
 */
VAE_API double vae_normal_quantile(double p);

/* How to go from one point of z to another. */
typedef enum vae_path {
    VAE_PATH_LINEAR, /* (1 − t)·a + t·b */
    VAE_PATH_SPHERICAL /* [sin((1 − t)·Ω)·a + sin(t·Ω)·b] / sin Ω, Ω the angle between a and b (Shoemake 1985). Where
                          they are nearly parallel or nearly opposite (sin Ω < 1e-6), or one of them is 0, there is no
                          such arc, and the path is linear */
} vae_path;

/* The point at t, 0 … 1, of the way from a to b: a, b and z (size). At 0 and at 1 it is a and b, exactly. */
VAE_API void vae_path_point(vae_path path, const float *a, const float *b, int64_t size, double t, float *z);

/* ---- Walks ------------------------------------------------------------------------------------------------------- */

/* A walk; `count` is samples.count, rows · columns. The caller owns the arrays: vae_walk_free. */
typedef struct vae_walk {
    vae_results kind;    /* VAE_RESULTS_MANIFOLD, _INTERPOLATION, _TRAVERSAL or _ARITHMETIC */
    vae_samples samples; /* row by row of the grid: z, and the mean of p(x | z) */
    double *place;       /* (count, 2) of a manifold: the point of the unit square. (count) of an interpolation: t. Of a
                            traversal: what the dimension was set to. Of arithmetic: what the vector was multiplied by */
    int64_t *from, *to;  /* (count), of an interpolation: rows of the source; of arithmetic `from` alone; else NULL */
    int64_t *dimension;  /* (count), of a traversal: which was set; else NULL */
    double *kl;          /* (count), of a traversal with data: that dimension's mean KL, nats per example; else NULL */
    double *vector, *plus_mean, *minus_mean; /* (size of z), of arithmetic: see vae_arithmetic; else NULL */
    int64_t plus_count, minus_count;         /* and examples of each group */
} vae_walk;

/*
 * Values of the model's conditions, by place: as many numbers as the condition has values, of a class its number. NULL:
 * those of the row of data at which a row of the walk begins; where it begins at none, VAE_ERROR_ARGUMENT tells which
 * condition is to be given.
 */
typedef struct vae_walk_conditions {
    const double *values[VAE_MAX_CONDITIONS];
} vae_walk_conditions;

/* All zero: the usual, of a model without conditions. New members go last. */
typedef struct vae_manifold_options {
    int64_t steps;         /* points of each side; 0: 20 */
    int64_t dimensions[2]; /* of z; both 0: 0 and 1 */
    vae_walk_conditions conditions;
    int threads; /* 0: one for each processor */
} vae_manifold_options;

/*
 * A plane of z, even in probability (Kingma, Welling 2014, figure 4): z = Φ⁻¹((i + ½) / n), i = 0 … n − 1, in each of
 * two dimensions, and 0 in all others. The first dimension rises to the right, the second upwards. Fails with
 * VAE_ERROR_ARGUMENT where z has one dimension, or not these.
 */
VAE_API vae_status vae_manifold(const vae_model *model, const vae_manifold_options *options, vae_walk *walk);

/* All zero but for the rows: the usual. New members go last. */
typedef struct vae_interpolation_options {
    vae_split split;
    const int64_t *from, *to; /* (pairs): rows of the source, as vae_data_row has them */
    int64_t pairs;
    int64_t steps; /* of a pair, both ends among them; 0: 10 */
    vae_path path;
    vae_walk_conditions conditions; /* NULL: those of the row in `from`, all the way */
    int threads;                    /* 0: one for each processor */
} vae_interpolation_options;

/* From the mean of q(z | x) of one example to that of another, a row of the grid each pair. Each example is encoded
 * with conditions of its own. Fails with VAE_ERROR_ARGUMENT where the split has no such row. */
VAE_API vae_status vae_interpolate(const vae_model *model, const vae_data *data,
                                   const vae_interpolation_options *options, vae_walk *walk);

/* All zero: the usual, of a model without conditions. New members go last. */
typedef struct vae_traversal_options {
    int64_t steps;             /* values of a dimension; 0: 11 */
    double low, high;          /* the first and the last value; both 0: −3 and 3 */
    const int64_t *dimensions; /* (dimension_count), each once; NULL: all of them, with data those with the largest KL
                                  first */
    int64_t dimension_count;
    int64_t most; /* with data, of the dimensions with the largest KL; 0: all of them */
    /* Of data: */
    vae_split split;
    bool has_row;
    int64_t row;                    /* with has_row: a row of the source. z starts at its mean of q(z | x), else at 0 */
    vae_walk_conditions conditions; /* NULL: those of that row */
    int threads;                    /* 0: one for each processor */
    vae_count_function *progress;   /* of examples encoded for the KL; may be NULL */
    void *context;
} vae_traversal_options;

/*
 * One dimension of z takes values from low to high, while all others stay where they start: a row of the grid each
 * dimension. `data` may be NULL; with it, KL is the dimension's part of the mean KL(q(z | x) ‖ p(z)) over the split, as
 * vae_evaluate_examples has it; where the prior cannot tell it apart, ½ (μ² + σ² − 1 − log σ²), as of the prior N(0,
 * 1).
 */
VAE_API vae_status vae_traverse(const vae_model *model, const vae_data *data, const vae_traversal_options *options,
                                vae_walk *walk);

/* All zero but for the rows: the usual. New members go last. */
typedef struct vae_arithmetic_options {
    vae_split split;
    const int64_t *plus, *minus, *to; /* rows of the source, as vae_data_row has them; vae_data_group finds them */
    int64_t plus_count, minus_count, to_count;
    const double *scales; /* (scale_count), at least 2: what the vector is multiplied by, column by column; NULL: */
    int64_t scale_count;
    int64_t steps;                  /* columns, at even distances from 0 to 2; 0: 9 */
    vae_walk_conditions conditions; /* NULL: those of the row in `to`, all the way */
    int threads;                    /* 0: one for each processor */
    vae_count_function *progress;   /* of examples encoded, of one group after the other; may be NULL */
    void *context;
} vae_arithmetic_options;

/*
 * Latent arithmetic (attribute vectors: Larsen, Sønderby, Larochelle, Winther 2016, "Autoencoding beyond pixels using a
 * learned similarity metric", section 4.2; White 2016, "Sampling generative networks", section 3):
 *
 *     vector = mean over `plus` of E[z | x] − mean over `minus` of E[z | x],   z = E[z | x_to] + scale · vector
 *
 * A row of the grid each example in `to`, a column each scale; at 0 it is the mean of its q(z | x), exactly. Every
 * example is encoded with conditions of its own, so what a condition tells need not be in the vector. Of a hierarchy z
 * is that of the first layer. Fails with VAE_ERROR_ARGUMENT where a list is empty, the split has no such row, a scale
 * is not finite, or the model is a regression, which has no z.
 */
VAE_API vae_status vae_arithmetic(const vae_model *model, const vae_data *data, const vae_arithmetic_options *options,
                                  vae_walk *walk);

VAE_API void vae_walk_free(vae_walk *walk);

/* ---- Files ------------------------------------------------------------------------------------------------------- */

/* Writes a picture (.png) of the grid, or HDF5 (.h5, .hdf5) with x, z, the conditions, and what else there is: the
 * place (as `t` of an interpolation, `value` of a traversal, `scale` of arithmetic), from, to, dimension, kl, and of
 * arithmetic row, vector, plus_mean, minus_mean, plus_count, minus_count and x_modelled. The file appears whole or not
 * at all. Of shades see vae_samples_shades. */
VAE_API vae_status vae_walk_save(const vae_model *model, const vae_walk *walk, const char *path);

/* Could a walk of this grid be saved at `path`? Asked before it is made; does not look at the disk. */
VAE_API vae_status vae_walk_check(const vae_model *model, int64_t rows, int64_t columns, const char *path);

#ifdef __cplusplus
}
#endif
#endif
