/*
 * Completion: what a model makes of conditions that come from data.
 *
 *     vae_complete  several samples of x for each row, given its conditions: a part of x, an image, values, a class
 *
 * Completions are saved as a picture, or as HDF5 with their numbers.
 */
#ifndef VAE_COMPLETE_H
#define VAE_COMPLETE_H

#include <stdbool.h>
#include <vae/data.h>
#include <vae/infer.h>
#include <vae/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* All zero: the usual. New members go last. */
typedef struct vae_completion_options {
    vae_split split;
    const int64_t *rows; /* (count): rows of the source, as vae_data_row has them, in the order wanted; NULL: the
                            split's first ones */
    int64_t count;       /* without rows, 0: all of the split */
    int64_t samples;     /* of each row; 0: 8, or 1 of a regression, which has no more unless x is drawn */
    bool draw;           /* draw x from p(x | z, y); else its mean is given */
    /* A regression (objective "none") of x by the same part of it, for its one answer beside the samples; NULL: none.
     */
    const vae_model *regressor;
    uint64_t seed;                /* of z, of x where it is drawn, and of binarisation */
    int threads;                  /* 0: one for each processor */
    vae_count_function *progress; /* of rows, and over again for the regressor; may be NULL */
    void *context;
} vae_completion_options;

/* Rows of a split, and what was made of them. The caller owns the arrays: vae_completions_free. */
typedef struct vae_completions {
    int64_t count, samples; /* rows, and samples of each */
    int64_t x_size, z_size;
    vae_split split;
    int64_t *row;   /* (count): of the source */
    float *x;       /* (count, samples, x_size), as the likelihood has it; the seen part of x is in its place */
    float *units;   /* the same in the data's own units; see vae_decoder_run */
    float *z;       /* (count, samples, z_size), as the decoder got it; NULL of a regression */
    float *truth;   /* (count, x_size): x of the data, as the likelihood scores it; 0 where missing */
    uint8_t *given; /* (count, x_size): 1 where x was seen, 0 where it was hidden or missing; NULL: no part of x is a
                       condition */
    uint8_t *mask;  /* (count, x_size): 1 observed, 0 missing; NULL: nothing is missing */
    float *answer;  /* (count, x_size), of the regressor, as x; NULL: there was none */
    float *answer_units;
    vae_given conditions; /* of each row */
} vae_completions;

/*
 * Completes rows of data: for each, with conditions y, samples z_s from the prior p(z | y), s = 0 … samples - 1, and of
 * each E[x | z_s, y] or, drawn, x from p(x | z_s, y) (Sohn, Lee, Yan 2015, section 4; Doersch 2016, section 4). A
 * regression has no z, and so one answer E[x | y].
 *
 * Binarised values are drawn once for each row, so that its samples, the regressor's answer and the truth have the same
 * seen part. Every draw is a function of the seed, the row of the source, and the number of the sample: neither other
 * rows, their order, the number of samples nor threads change a bit. z of sample 0 is that of vae_sample's column of
 * the row's number.
 *
 * Fails with VAE_ERROR_ARGUMENT where the model has no conditions, where there is no such row, or where the regressor
 * is none of the same x; with VAE_ERROR_DATA where the split is not there or does not fit; with VAE_ERROR_MEMORY,
 * before any work, where the results would not fit in memory. On failure there is nothing to free.
 */
VAE_API vae_status vae_complete(const vae_model *model, const vae_data *data, const vae_completion_options *options,
                                vae_completions *completions);
VAE_API void vae_completions_free(vae_completions *completions);

/*
 * Writes a picture (.png) or HDF5 (.h5, .hdf5; see VAE_RESULTS_COMPLETIONS); the file appears whole or not at all. In a
 * picture an example is a row: what is given of x, the rest grey (where no part of x is a condition there is no such
 * column), the samples, the regressor's answer, the truth, with wider borders between these.
 */
VAE_API vae_status vae_completions_save(const vae_model *model, const vae_completions *completions, const char *path);

/* What is black and what is white in their picture; see vae_shades. */
VAE_API vae_shades vae_completions_shades(const vae_completions *completions);

/* Could completions of so many rows be saved at `path`? Asked before they are made; does not look at the disk. */
VAE_API vae_status vae_completions_check(const vae_model *model, int64_t rows, int64_t samples, bool answer,
                                         const char *path);

#ifdef __cplusplus
}
#endif
#endif
