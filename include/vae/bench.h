/*
 * How fast training is, beside what the machine could do at most: whole epochs by the very code of vae_train, held
 * against the multiply-adds that the processor gets through when it has nothing else to do.
 *
 *     vae_bench_report report;
 *     vae_status s = vae_bench(vae_model_find(NULL, "vae"), NULL, data, NULL, &report);
 *     if (!s.code)
 *         printf("%.2f s an epoch, %.0f %% of the limit\n", report.median, 100 * report.of_limit);
 *     vae_bench_report_free(&report);
 */
#ifndef VAE_BENCH_H
#define VAE_BENCH_H

#include <vae/train.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Floating-point operations a second, of all threads together; a multiply-add is two. */
typedef struct vae_limits {
    double float32;
    double bf16; /* bf16 factors, float32 sums; 0: the processor has no instruction for it */
} vae_limits;

/*
 * Measures this machine's own limit on so many threads (0: one for each processor): each runs a loop of multiply-adds
 * that touch no memory and do not wait for one another. The median of ten rounds of some 50 ms: what an epoch meets
 * too, and no round that the clock was lenient to. Takes about a second.
 */
VAE_API vae_status vae_limit(int threads, vae_limits *limits);

/* All zero: the usual. New members go last. */
typedef struct vae_bench_options {
    int64_t batch_size;              /* examples a step; 0: the recipe's, or 128 */
    int threads;                     /* 0: one for each processor */
    uint64_t seed;                   /* of first values, order of examples, and noise */
    int64_t warm_up;                 /* epochs before those that are measured; 0: 1 */
    int64_t epochs;                  /* measured; 0: 5 */
    const char *precision;           /* "float32" or "bf16", as vae_training_options has it; NULL: "float32" */
    vae_progress_function *progress; /* of all epochs: warm-up, measured, and the one of the profile, whose seconds are
                                        those of training alone; may be NULL */
    void *context;                   /* handed to it */
} vae_bench_options;

typedef struct vae_bench_report {
    const char *model;   /* the declaration's name, and so borrowed */
    const char *kernels; /* as vae_kernels tells them */
    const char *precision;
    int64_t parameters; /* trainable values */
    int64_t examples;   /* of an epoch */
    int64_t batch_size, steps;
    int threads;

    vae_limits before, after; /* right before and right after the epochs */
    double limit;             /* the better of both, in the bench's precision */

    /* Of an epoch, from the drawing of its order to its last step: reading, binarising, forward, backward, Adam.
     * Validation, where the data has such a split, is no part of it. */
    double *seconds;  /* of each */
    int64_t epochs;   /* how many */
    double median;    /* of them */
    double objective; /* mean over the last one's examples, nats: what was computed was training */

    double operations; /* that an epoch's matrix products take, counted from the graph: a multiply-add is two */
    double rate;       /* operations a second, by the median */
    double of_limit;   /* rate / limit */

    /* Where the time goes: of one more epoch, in which every thread looks at the clock before and after each task, and
     * which is therefore none of the above. Largest first; they add up to threads · profile_seconds. Beside the
     * executor's: "order", the drawing of the epoch's order; "rest", the time between steps. */
    vae_profile *rows;
    int row_count;
    double profile_seconds;

    vae_memory memory; /* the plan's */
    size_t peak;       /* most bytes that this process had resident, data and all; 0: the system does not tell */
} vae_bench_report;

/*
 * Makes a model of the declaration, as vae_model_new does, and trains it on the data's training rows: the warm-up, the
 * limit, the measured epochs, the limit, the epoch of the profile. Nothing is written. `catalogue` and `options` may be
 * NULL. Fails as vae_model_new and vae_train do, with VAE_ERROR_UNSUPPORTED for a precision that this processor has
 * not got, and with VAE_STOPPED where progress asked for it. The caller owns the report's arrays; on failure there are
 * none.
 */
VAE_API vae_status vae_bench(const vae_model_spec *spec, const vae_catalogue *catalogue, const vae_data *data,
                             const vae_bench_options *options, vae_bench_report *report);
VAE_API void vae_bench_report_free(vae_bench_report *report);

#ifdef __cplusplus
}
#endif
#endif
