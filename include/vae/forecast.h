/*
 * Forecasts: how well samples foretell what came, where several things might have come.
 *
 *     vae_forecast          distances of samples from the truth, and which of the known futures they cover
 *     vae_forecast_picture  trajectories as arrows over a still image: samples in clusters beside the truth
 *     vae_forecast_frames   the next frames that they make of the still
 *
 * A model with conditions y (of a still image, say) draws n samples of x; a regression has one answer, which for
 * several futures is between them. Works for any x and any conditions of data.
 */
#ifndef VAE_FORECAST_H
#define VAE_FORECAST_H

#include <stdbool.h>
#include <vae/complete.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Known futures. All zero but for the field: the usual. */
typedef struct vae_forecast_modes {
    const char *field;
    double radius; /* near is nearer than this share of the distance to the next mode, at most 0.5; 0: 0.5 */
} vae_forecast_modes;

/* A mean over rows, and its standard error; NaN where there is no row, and the error with one. */
typedef struct vae_forecast_figure {
    int64_t rows;
    double mean, error;
} vae_forecast_figure;

/*
 * A row's samples, and means over rows. The caller owns the arrays: vae_forecast_free. New members go last.
 *
 * A distance is √(Σ (a − b)² / values), over the values of x that are observed and of which none is given, in the
 * data's own units: the Euclidean distance to a value.
 *
 * A mode is a future that there may be, as the data knows. A sample is near a mode where its distance to it is below
 * half of the distance from this mode to the nearest other one, or a smaller share of it: so it is near one at most. A
 * row with fewer than two modes has no such distance, and is in no figure of modes.
 */
typedef struct vae_forecast_scores {
    int64_t count, samples;
    vae_split split;
    bool modelled; /* x's transform has no way back ("binarize"): distances are of x as the likelihood has it */

    /* Of rows: */
    int64_t *row;                /* (count): of the source */
    int64_t *values;             /* (count): that are compared; a row without is in no figure */
    double *distance;            /* (count, samples): of each sample from the truth */
    double *answer_distance;     /* (count): of the regressor's answer; NULL: there was none */
    int64_t *modes;              /* (count): how many the row has; it and what follows NULL: modes were not asked for */
    double *mode_distance;       /* (count, samples): of each sample from the mode nearest to it; NaN without one */
    int32_t *mode;               /* (count, samples): the mode it is near; -1: none */
    double *truth_mode_distance; /* (count): the same of the truth */
    int32_t *truth_mode;
    double *answer_mode_distance; /* (count): the same of the answer; NULL: there was none */
    int32_t *answer_mode;

    /* Means over rows, (samples) at n - 1: of the first n samples … */
    vae_forecast_figure *least;    /* … the least distance from the truth (Walker, Doersch, Gupta, Hebert 2016) */
    vae_forecast_figure *coverage; /* … the share of a row's modes that one of them is near; NULL without modes */
    vae_forecast_figure answer;    /* distance of the answer, which is the same for each n */
    vae_forecast_figure near, answer_near, truth_near; /* share of samples, answers, truths that are near a mode */
    vae_forecast_figure nearest, answer_nearest, truth_nearest; /* their distance from the mode nearest to them */
    vae_forecast_figure answer_covers; /* share of modes that the answer is near, the same for each n */
    /* Total variation distance ½ Σ_k |p_k − 1/K| of a row's K modes, p_k being the share of mode k in the samples that
     * are near some mode: 0 where all are met as often. Of even draws it is above 0 too, for they are few. */
    vae_forecast_figure uneven;
} vae_forecast_scores;

/*
 * Scores what vae_complete gives with the same options, of which samples 0 means 100; memory grows with a few numbers a
 * sample, not with x. `modes->field` is the name of a field of numbers, K · size of x of them: mode k of a row is in
 * values k · size … of it, in the data's own units, and there is no mode where all of these are NaN. `modes` may be
 * NULL: none.
 *
 * Neither threads nor the other rows change a bit of a row.
 *
 * Fails as vae_complete does; with VAE_ERROR_DATA where there is no such field, where its size is no multiple of x's,
 * or where only some values of a mode are NaN; with VAE_ERROR_ARGUMENT where modes are asked for and x has no way back.
 * On failure there is nothing to free.
 */
VAE_API vae_status vae_forecast(const vae_model *model, const vae_data *data, const vae_completion_options *options,
                                const vae_forecast_modes *modes, vae_forecast_scores *scores);
VAE_API void vae_forecast_free(vae_forecast_scores *scores);

/* Writes HDF5 (.h5, .hdf5; see VAE_RESULTS_FORECAST); the file appears whole or not at all. */
VAE_API vae_status vae_forecast_save(const vae_model *model, const vae_forecast_scores *scores, const char *path);

/* ---- Pictures ---------------------------------------------------------------------------------------------------- */

/* All zero: the usual. New members go last. */
typedef struct vae_forecast_drawing {
    int64_t clusters;   /* of a row's samples, at most; 0: 4 */
    const char *frames; /* of strips: a field of images, the true next frames of the still below one another; NULL: the
                           still is moved along the true trajectories */
    const char *answer; /* what the regressor is called; NULL: "regression" */
} vae_forecast_drawing;

/*
 * Pictures of samples that vae_complete gave, of a model whose x (height, width, 2 T) are trajectories: of each cell of
 * a grid that lies over an image, the still, how far its centre has moved to the right and down at T times, in pixels
 * of the still: channels right 1, down 1, right 2, ... The still is the model's first condition that is an image, of 1
 * or 3 channels.
 *
 * A row's samples come in clusters, by k-means of x (Lloyd 1982, begun with points far from one another), the largest
 * first.
 *
 * Of every row _picture draws the still (SVG) with arrows: of the truth, of the regressor's answer where there is one,
 * and of each cluster, its mean strongly, single samples of it thinly, its share below. There is an arrow where a cell
 * moves by more than half a pixel in the end.
 *
 * _frames makes strips (PNG): of every row the still and the true next frames, and for each cluster the still with its
 * pixels moved along the mean trajectory of the cell that goes farthest of the four around them: rounded to whole
 * pixels, later rows over earlier ones, black where they were.
 *
 * VAE_ERROR_ARGUMENT tells what of the model is not as it must be, VAE_ERROR_DATA what of the frames; the file appears
 * whole or not at all. `drawing` may be NULL. The data is that of the completions.
 */
VAE_API vae_status vae_forecast_picture(const vae_model *model, const vae_data *data,
                                        const vae_completions *completions, const vae_forecast_drawing *drawing,
                                        const char *path);
VAE_API vae_status vae_forecast_frames(const vae_model *model, const vae_data *data, const vae_completions *completions,
                                       const vae_forecast_drawing *drawing, const char *path);

/* Can there be such pictures of this model? Asked before samples are drawn. */
VAE_API vae_status vae_forecast_drawable(const vae_model *model);

#ifdef __cplusplus
}
#endif
#endif
