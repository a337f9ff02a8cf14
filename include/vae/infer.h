/*
 * Inference.
 *
 *     vae_encoder, vae_decoder                 a few rows at a time; a run allocates nothing
 *     vae_evaluate, vae_evaluate_examples      how good a model is, over a split and for each example
 *     vae_encode, vae_reconstruct, vae_decode  whole data sets
 *     vae_sample                               draws from the prior
 *     vae_samples_save and the like            files of what was found
 *
 * A model is read by any number of threads at a time, as long as none of them changes its parameters.
 */
#ifndef VAE_INFER_H
#define VAE_INFER_H

#include <stdbool.h>
#include <vae/data.h>
#include <vae/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- A few rows at a time ---------------------------------------------------------------------------------------- */

/* How what will be given is stored, and how much of it. All zero: the usual. New members go last. */
typedef struct vae_infer_options {
    int64_t capacity; /* most rows in a run; 0: 1 */
    int threads;      /* 0: one for each processor. With 1, a run enters no parallel region */
    vae_type x_type;  /* of an encoder: uint8 is taken as it is in data files */
    vae_type condition_types[VAE_MAX_CONDITIONS]; /* by place in the declaration; of a class of its numbers */
    bool masked;                                  /* of an encoder: every run brings a mask */
    bool modelled;                                /* of a decoder: give x as the likelihood has it; see below */
} vae_infer_options;

/* The conditions of a run's rows. Those that a model does not have are not looked at. Of a part of x (.of_x) an
 * encoder, which has x, needs none; a decoder takes all of x, (rows, x size), stored as x is: hidden values are not
 * looked at, and what is NaN or the fill value among the seen ones is missing: 0 behind the transforms. */
typedef struct vae_conditions {
    const void *values[VAE_MAX_CONDITIONS]; /* by place in the declaration: (rows, size), packed, of the type announced,
                                               in the data's own units; of a class its number, (rows, 1) */
    const uint8_t *mask;                    /* with options.masked: (rows, x size), 1 observed, 0 missing */
} vae_conditions;

/* q(z | x, conditions): an executor of the encoder. One thread at a time uses it; each thread makes its own. */
typedef struct vae_encoder vae_encoder;

/*
 * Makes room for runs of up to options->capacity rows; `options` may be NULL. The model is borrowed and must outlive
 * the encoder; parameters that change are seen by the next run. The caller owns *encoder. Fails with
 * VAE_ERROR_ARGUMENT, VAE_ERROR_MEMORY, or, of a graph that was built by hand without a mean and logvar, with
 * VAE_ERROR_DECLARATION.
 */
VAE_API vae_status vae_encoder_new(const vae_model *model, const vae_infer_options *options, vae_encoder **encoder);

/*
 * x (rows, x size), packed, of the type options.x_type, as the data has it: the model's transforms are applied, but for
 * those that draw, so a model of binarised data sees grey levels. `mean` and `logvar`, float32 (rows, size of z),
 * become the mean and the log-variance of q(z | x); either may be NULL. `conditions` may be NULL where the model has
 * none and no mask was announced. Values of x that are NaN where they are not missing give NaN; with a fill value NaN
 * is missing as well.
 *
 * With options.threads = 1 a run allocates nothing, takes no lock, starts no thread and enters no parallel region; with
 * more, it asks OpenMP for a team, which may do so when it is new to the host's thread.
 *
 * The last bits of a row may depend on the number of rows in its run, and on nothing else in it.
 * VAE_ERROR_ARGUMENT, with nothing written, where rows are not 1 … capacity, x is NULL, a condition is missing, or a
 * class has no such number.
 */
VAE_API vae_status vae_encoder_run(vae_encoder *encoder, const void *x, int64_t rows, const vae_conditions *conditions,
                                   float *mean, float *logvar);
VAE_API void vae_encoder_free(vae_encoder **encoder);

/* p(x | z, conditions): an executor of the decoder. As vae_encoder. */
typedef struct vae_decoder vae_decoder;
VAE_API vae_status vae_decoder_new(const vae_model *model, const vae_infer_options *options, vae_decoder **decoder);

/*
 * z, float32 (rows, size of z), packed, gives x, float32 (rows, x size): E[x | z] in the data's own units, as the data
 * was stored that the model was made with: the transforms are undone, the last one first, as far as there is a way.
 * "standardize" and "unit" have one, of "log1p" it is the inverse at the mean; what makes 0 and 1 of values has none,
 * so a model of binarised images gives probabilities. With options.modelled it is E[x | z] as the likelihood has it,
 * nothing undone. As vae_encoder_run in all else.
 */
VAE_API vae_status vae_decoder_run(vae_decoder *decoder, const float *z, int64_t rows, const vae_conditions *conditions,
                                   float *x);
VAE_API void vae_decoder_free(vae_decoder **decoder);

/* ---- Evaluation -------------------------------------------------------------------------------------------------- */

/* All zero: the usual. New members go last. */
typedef struct vae_evaluation_options {
    vae_split split;
    int64_t samples;              /* importance samples for the likelihood; 0: none */
    uint64_t seed;                /* of binarisation and noise, drawn once for each example */
    int threads;                  /* 0: one for each processor */
    vae_count_function *progress; /* of examples; may be NULL */
    void *context;
    const char *kernels;   /* as vae_executor_options has it; NULL: the best this processor has */
    int64_t prior_samples; /* draws from the prior for its estimate of the likelihood; 0: none */
} vae_evaluation_options;

/* An estimate of −log p(x) by the first n samples of z: the mean over the split, and its standard error. */
typedef struct vae_nll_estimate {
    int64_t n;
    double nll, nll_error;
} vae_nll_estimate;
#define VAE_NLL_ESTIMATES 8

/*
 * Nats per example, means over the split. New members go last.
 *
 * A standard error is that of the mean over examples: the deviation of the examples' figures (with n − 1 below) divided
 * by √n; NaN of a single example. It tells how far other examples would move the mean, not what more samples would.
 *
 * Bits per dimension are nats / (observed · log 2), of the mean figure and with its sign. They are there where the
 * likelihood is a probability of discrete values (of binarised ones: of what is 0 or 1 then). A density has other bits
 * in other units, so of densities they are NaN.
 */
typedef struct vae_evaluation {
    int64_t examples;
    double elbo;           /* = reconstruction − kl */
    double reconstruction; /* E log p(x | z), one sample of z from q(z | x) for each example */
    double kl;             /* KL(q(z | x) ‖ p(z)), in closed form where there is one */
    int64_t samples;       /* K of nll; 0: it was not estimated */
    double nll;            /* −log 1/K Σ_k p(x | z_k) p(z_k) / q(z_k | x), an upper bound of −log p(x) on average
                              (Burda, Grosse, Salakhutdinov 2015, equation 8) */
    int64_t active_units;  /* dimensions of z whose posterior mean varies over the split by more than 0.01
                              (Burda, Grosse, Salakhutdinov 2015, section 5.2) */
    int64_t latent_size;
    double observed; /* values of x that are scored, of an example: not missing, nor a seen part */
    double elbo_error, reconstruction_error, kl_error, nll_error; /* standard errors */
    /* (Σ_k w_k)² / Σ_k w_k² of the importance samples' weights, divided by K: 1 where q(z | x) is p(z | x), 1 / K where
     * a single sample is all the sum (Kong 1992). The mean over examples, and the lowest; NaN without such samples. */
    double effective_fraction, effective_fraction_least;
    /* −log 1/n Σ_i p(x | z_i), z_i from p(z), or p(z | conditions) (Doersch 2016, "Tutorial on Variational
     * Autoencoders", equation 3): like nll an upper bound on average, but a loose one until n is large. */
    int64_t prior_samples; /* n of prior_nll; 0: it was not estimated, and is NaN */
    double prior_nll, prior_nll_error;
    int prior_estimate_count; /* the same at n = 1, 10, 100, …, prior_samples */
    vae_nll_estimate prior_estimates[VAE_NLL_ESTIMATES];
    double elbo_bits, nll_bits, prior_nll_bits; /* bits per dimension */
    int nll_estimate_count;                     /* nll at n = 1, 10, 100, …, samples */
    vae_nll_estimate nll_estimates[VAE_NLL_ESTIMATES];
} vae_evaluation;

/* The same at length: `count` figures of each example, and of each dimension of z `latent_size`. The caller owns the
 * arrays: vae_examples_free. New members go last. */
typedef struct vae_examples {
    int64_t count;
    vae_split split;
    int64_t *row;                       /* of the source, as vae_data_row has it */
    double *elbo, *reconstruction, *kl; /* nats */
    int64_t *observed;                  /* values of x that are scored */
    double *nll, *effective_fraction;   /* NULL without importance samples */
    double *prior_nll;                  /* NULL without draws from the prior */
    int64_t latent_size;
    /* The part of each dimension of z in the mean kl, which is their sum; NULL where the prior cannot tell it apart, of
     * a hierarchy and of a graph by hand. */
    double *kl_dimensions;
    double *mean_variance; /* of the posterior mean E[z | x] over the examples: above 0.01 a unit is active. Of a
                              hierarchy those of its first layer */
    const struct vae_factors *factors; /* of <vae/factors.h>, set by whoever has them, so that they are saved with the
                                          rest; borrowed. NULL: none */
} vae_examples;

/*
 * Each estimate goes over the examples anew, as `progress` tells. Memory does not grow with samples; with them it takes
 * a few numbers an example. Draws belong to their example: neither threads nor the other estimates change a figure.
 *
 * Fails with VAE_ERROR_DATA where the split is not there or does not fit; with VAE_ERROR_UNSUPPORTED where
 * prior_samples are asked of a graph by hand, which has no p(x | z) for a z that is given; and with
 * VAE_ERROR_DECLARATION where samples are asked of one that sets no log_prior and log_posterior.
 */
VAE_API vae_status vae_evaluate(const vae_model *model, const vae_data *data, const vae_evaluation_options *options,
                                vae_evaluation *evaluation);

/* vae_evaluate, and the figures that its means are of. `evaluation` may be NULL. On failure there is nothing to free.
 */
VAE_API vae_status vae_evaluate_examples(const vae_model *model, const vae_data *data,
                                         const vae_evaluation_options *options, vae_evaluation *evaluation,
                                         vae_examples *examples);
VAE_API void vae_examples_free(vae_examples *examples);

/* ---- Whole data sets --------------------------------------------------------------------------------------------- */

/* All zero: the usual. New members go last. */
typedef struct vae_pass_options {
    vae_split split;
    int64_t count;                /* the split's first rows alone; 0: all of them */
    int threads;                  /* 0: one for each processor */
    vae_count_function *progress; /* of examples; may be NULL */
    void *context;
} vae_pass_options;

/* What is given beside rows of results, in the model's order: (rows, size) values as the data stores them; of a class
 * its number. */
typedef struct vae_given {
    void *values[VAE_MAX_CONDITIONS]; /* NULL behind the model's last condition */
    vae_type types[VAE_MAX_CONDITIONS];
} vae_given;

/* q(z | x) of rows. The caller owns the arrays: vae_latents_free. */
typedef struct vae_latents {
    int64_t count, z_size;
    vae_split split;
    int64_t *row;         /* of the source, as vae_data_row has it */
    float *mean, *logvar; /* (count, z_size) */
    vae_given given;
} vae_latents;

/* As vae_encoder_run, of a split. Fails with VAE_ERROR_DATA where it is not there or does not fit, with
 * VAE_ERROR_MEMORY, before any work, where the results would not fit in memory; there is then nothing to free. */
VAE_API vae_status vae_encode(const vae_model *model, const vae_data *data, const vae_pass_options *options,
                              vae_latents *latents);
VAE_API void vae_latents_free(vae_latents *latents);

/* x beside what becomes of it. The caller owns the arrays: vae_reconstructions_free. */
typedef struct vae_reconstructions {
    int64_t count, x_size;
    vae_split split;
    int64_t *row;
    float *x; /* (count, x_size): as the likelihood scores it, grey levels not binarised; 0 where missing */
    float *reconstruction; /* E[x | z] at the mean of q(z | x), likewise */
    float *units;          /* the same in the data's own units; see vae_decoder_run */
    uint8_t *mask;         /* (count, x_size): 1 observed, 0 missing; NULL: nothing is missing */
    vae_given given;
} vae_reconstructions;

/* As vae_encode. */
VAE_API vae_status vae_reconstruct(const vae_model *model, const vae_data *data, const vae_pass_options *options,
                                   vae_reconstructions *reconstructions);
VAE_API void vae_reconstructions_free(vae_reconstructions *reconstructions);

/* ---- Samples ----------------------------------------------------------------------------------------------------- */

/* Values of a condition to sample at: `count` times as many numbers as the condition has values; of a class numbers
 * from 0. Count 0: every class there is. */
typedef struct vae_condition_settings {
    const double *values;
    int64_t count;
} vae_condition_settings;

/* All zero: the usual, of a model whose conditions are classes. New members go last. */
typedef struct vae_sample_options {
    int64_t count;      /* examples of each combination of conditions, or in all for a model without; 0: 10, or 100 */
    int64_t only_class; /* with has_class: this class alone, of the only condition that is a class */
    bool has_class;
    uint64_t seed;
    double temperature; /* z is drawn from N(0, temperature²), or the prior's likeness of that; 0: 1 */
    bool draw;          /* draw x from p(x | z); else its mean is given */
    int threads;        /* 0: one for each processor */
    /* By place in the declaration; those that are no class must be given. */
    vae_condition_settings conditions[VAE_MAX_CONDITIONS];
} vae_sample_options;

/* Samples, row by row: `columns` of each combination of conditions, of which the last varies fastest, or `columns` a
 * row. A column shows one z. The caller owns the arrays: vae_samples_free. */
typedef struct vae_samples {
    int64_t rows, columns; /* of the grid; the last row may be short: */
    int64_t count;         /* samples in all */
    int64_t x_size, z_size;
    float *x;        /* (count, x_size), in the data's own units; see vae_decoder_run */
    float *modelled; /* the same as the likelihood has it */
    float *z;        /* (count, z_size), as the decoder got it */
    vae_given given;
} vae_samples;

/* VAE_ERROR_ARGUMENT tells what is to be given: a condition that is no class, and has no values. */
VAE_API vae_status vae_sample(const vae_model *model, const vae_sample_options *options, vae_samples *samples);
VAE_API void vae_samples_free(vae_samples *samples);

/* What vae_decode decodes. New members go last. */
typedef struct vae_decode_options {
    vae_split split;
    int threads;                  /* 0: one for each processor */
    vae_count_function *progress; /* of examples; may be NULL */
    void *context;
    const double *conditions[VAE_MAX_CONDITIONS]; /* one setting for all rows; NULL: a field of the data */
} vae_decode_options;

/* E[x | z] of the rows of z that the field x of `data` has, (rows, size of z), with conditions from the fields of their
 * names: of a class, levels are those of the model. As vae_encode in all else. */
VAE_API vae_status vae_decode(const vae_model *model, const vae_data *data, const vae_decode_options *options,
                              vae_samples *samples);

/* ---- Files of results -------------------------------------------------------------------------------------------- */

/* What a file of results is: its attribute `format`. */
typedef enum vae_results {
    VAE_RESULTS_SAMPLES, /* "libvae samples": x, z */
    VAE_RESULTS_LATENTS, /* "libvae latents": mean, logvar, row */
    /* "libvae evaluation": elbo, reconstruction, kl, observed, row, and what else was estimated, for each example;
     * `dimensions/…` of z; with vae_evaluation_save `means/…`, `nll_estimates/…` and
     * `prior_estimates/…`; `factors/…` where there are some */
    VAE_RESULTS_EXAMPLES,
    /* "libvae reconstructions": x, reconstruction (both as modelled), reconstruction_units (in the data's own units),
     * row, and where values are missing the mask */
    VAE_RESULTS_RECONSTRUCTIONS,
    /* Of <vae/walk.h>: x, z and */
    VAE_RESULTS_MANIFOLD,      /* "libvae manifold": place */
    VAE_RESULTS_INTERPOLATION, /* "libvae interpolation": t, from, to */
    VAE_RESULTS_TRAVERSAL,     /* "libvae traversal": value, dimension, kl */
    /* "libvae completions", of <vae/complete.h>: samples, truth (as modelled), samples_units (in the data's own units),
     * z, row; with a part of x given and its mask; with a regressor answer and answer_units; where values are missing
     * observed */
    VAE_RESULTS_COMPLETIONS,
    /* "libvae arithmetic", of <vae/walk.h>: x, x_modelled, z, scale, row, vector, plus_mean, minus_mean, plus_count,
     * minus_count */
    VAE_RESULTS_ARITHMETIC,
    /* "libvae forecast", of <vae/forecast.h>: row, values, distance; with a regressor answer_distance; with modes
     * modes, mode, mode_distance, truth_mode, truth_mode_distance, and answer_mode, answer_mode_distance; `curves/…`
     * over the number of samples, `means/…` over rows */
    VAE_RESULTS_FORECAST
} vae_results;

/*
 * Writes HDF5 (.h5, .hdf5), or, of samples and reconstructions, a picture (.png); the file appears whole or not at all.
 * Beside the datasets above HDF5 has one for each condition, of its name (or, where that is taken, NAME_condition): a
 * class as text of fixed length where its levels are words, else as whole numbers.
 */
VAE_API vae_status vae_samples_save(const vae_model *model, const vae_samples *samples, const char *path);
VAE_API vae_status vae_latents_save(const vae_model *model, const vae_latents *latents, const char *path);
VAE_API vae_status vae_examples_save(const vae_model *model, const vae_examples *examples, const char *path);
/* The same with the means, their standard errors, and the estimates from the prior at each n: all that
 * vae_evaluate_examples gives. */
VAE_API vae_status vae_evaluation_save(const vae_model *model, const vae_evaluation *evaluation,
                                       const vae_examples *examples, const char *path);
/* A picture has inputs in one row and their reconstructions below, ten pairs beside one another; what is missing is
 * grey. */
VAE_API vae_status vae_reconstructions_save(const vae_model *model, const vae_reconstructions *reconstructions,
                                            const char *path);

/* What is black and what is white in a picture of these values: 0 and 1 where all lie between, else the least and the
 * greatest. */
typedef struct vae_shades {
    double black, white;
} vae_shades;
VAE_API vae_shades vae_samples_shades(const vae_samples *samples);
VAE_API vae_shades vae_reconstructions_shades(const vae_reconstructions *reconstructions);

/* Could what vae_sample draws with these options be saved at `path`? Asked before drawing: the path's ending, an
 * image's channels, a picture's sides. Does not look at the disk. */
VAE_API vae_status vae_samples_check(const vae_model *model, const vae_sample_options *options, const char *path);

/* The same of `count` results of a kind, latents and examples among them. */
VAE_API vae_status vae_results_check(const vae_model *model, vae_results kind, int64_t count, const char *path);

/* VAE_OK where the file at `path` holds results of this kind as HDF5; else a line tells what it is. See
 * vae_checkpoint_load on files made to do harm. */
VAE_API vae_status vae_results_recognize(const char *path, vae_results kind);

#ifdef __cplusplus
}
#endif
#endif
