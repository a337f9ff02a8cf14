/*
 * Checking gradients: what backward says against finite differences of the objective, in float64. For every op, layer
 * and likelihood that a program brings, and for all of libvae's own.
 *
 *     vae_check_report report;
 *     vae_status s = vae_check(model, data, NULL, &report);
 *     if (!s.code && report.failures)
 *         ...
 *     vae_check_report_free(&report);
 */
#ifndef VAE_CHECK_H
#define VAE_CHECK_H

#include <vae/data.h>
#include <vae/graph.h>
#include <vae/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The largest relative error that a right gradient has in float64; right ones stay far below. */
#define VAE_CHECK_BAR 1e-6

/* All zero: the usual. New members go last. */
typedef struct vae_check_options {
    int64_t examples;             /* vae_check: the first training rows; 0: 8, or all where there are fewer */
    uint64_t seed;                /* of the choice of elements and, in vae_check, of noise */
    int threads;                  /* 0: one for each processor; changes no result */
    vae_count_function *progress; /* of parameters; may be NULL */
    void *context;
} vae_check_options;

/*
 * A parameter's comparisons. With a what backward says and n what differences say, an error is
 *     |a − n| / max(|a|, |n|, G / 1000, |objective| / 10⁵, 1 / 10⁵)
 * where G is the tensor's largest gradient; all but the first two keep what is nothing but rounding from counting.
 */
typedef struct vae_check_tensor {
    char *name;
    int rank;
    int64_t shape[VAE_MAX_RANK];
    int64_t size;
    int64_t checked; /* elements compared: all of a small tensor, else some drawn and those of the largest gradients */
    int64_t skipped; /* comparisons left out, for the objective has a kink there (relu), or no finite differences */
    bool direction;  /* a derivative in a random direction, in which every element moves, was compared as well */
    double error;    /* the worst; NaN where nothing could be compared */
    int64_t element; /* … and where: a number in row-major order, or -1 for the direction */
    double analytic, numeric; /* … and its a and n */
} vae_check_tensor;

typedef struct vae_check_report {
    int64_t examples;
    double objective;
    vae_check_tensor *tensors; /* in the store's order: every parameter of the program */
    int count;
    int worst;        /* the one of the largest error; -1: nothing could be compared */
    int64_t failures; /* tensors with an error above VAE_CHECK_BAR, or of which nothing could be compared */
} vae_check_report;

/*
 * Checks the graph that a model is trained by, on the first training rows, at the parameters that it has. A gradient
 * that is wrong is no failure of the call: the report tells. Fails with VAE_ERROR_DATA where the data does not fit, and
 * with VAE_ERROR_NUMBER where the objective is not finite. `options` may be NULL. The caller owns the report's arrays;
 * on failure there are none.
 */
VAE_API vae_status vae_check(const vae_model *model, const vae_data *data, const vae_check_options *options,
                             vae_check_report *report);
VAE_API void vae_check_report_free(vae_check_report *report);

/*
 * The same of any program with an objective. `run` tells examples, bindings and noise, which are the same for every
 * evaluation; its parameters are doubles (NULL: the store's), its gradient does not matter.
 */
VAE_API vae_status vae_program_check(const vae_program *program, const vae_run *run, const vae_check_options *options,
                                     vae_check_report *report);

#ifdef __cplusplus
}
#endif
#endif
