/* Inference: evaluating a model, and sampling from it. */
#ifndef VAE_INFER_H
#define VAE_INFER_H

#include <vae/data.h>
#include <vae/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Evaluation -------------------------------------------------------------------------------------------------- */

typedef struct vae_evaluation_options {
    vae_split split;
    int64_t samples; /* importance samples for the likelihood; 0: none */
    uint64_t seed;   /* of binarisation and noise, drawn once for each example */
    int threads;     /* 0: one for each processor */
    int (*progress)(void *context, int64_t done, int64_t examples); /* may be NULL; not 0 stops: VAE_STOPPED */
    void *context;
} vae_evaluation_options;

/* Nats per example, means over the split. */
typedef struct vae_evaluation {
    int64_t examples;
    double elbo;           /* = reconstruction − kl */
    double reconstruction; /* E log p(x | z), one sample of z from q(z | x) for each example */
    double kl;             /* KL(q(z | x) ‖ p(z)), in closed form */
    int64_t samples;       /* K of nll; 0: it was not estimated */
    double nll;            /* −log 1/K Σ_k p(x | z_k) p(z_k) / q(z_k | x), an upper bound of −log p(x) on average
                              (Burda, Grosse, Salakhutdinov 2015, equation 8) */
    int64_t active_units;  /* dimensions of z whose posterior mean varies over the split by more than 0.01
                              (Burda, Grosse, Salakhutdinov 2015, section 5.2) */
    int64_t latent_size;
} vae_evaluation;

/* Memory does not grow with samples or examples. Fails with VAE_ERROR_DATA where the split is not there or does not
 * fit. */
VAE_API vae_status vae_evaluate(const vae_model *model, const vae_data *data, const vae_evaluation_options *options,
                                vae_evaluation *evaluation);

/* ---- Samples ----------------------------------------------------------------------------------------------------- */

typedef struct vae_sample_options {
    int64_t count;      /* examples of each class, or in all for a model without conditions; 0: 10 of each, or 100 */
    int64_t only_class; /* with has_class: this class alone */
    int has_class;
    uint64_t seed;
    double temperature; /* z is drawn from N(0, temperature²); 0: 1 */
    int draw;           /* draw x from p(x | z); else its mean is given */
    int threads;        /* 0: one for each processor */
} vae_sample_options;

/* Samples, row by row: `columns` of each class, or `columns` a row. The caller owns the arrays: vae_samples_free. */
typedef struct vae_samples {
    int64_t rows, columns; /* of the grid; the last row may be short: */
    int64_t count;         /* samples in all */
    int64_t x_size, z_size;
    float *x;       /* (count, x_size): modelled values, after the transform */
    float *z;       /* (count, z_size) */
    float *classes; /* (count), or NULL for a model without conditions */
} vae_samples;

VAE_API vae_status vae_sample(const vae_model *model, const vae_sample_options *options, vae_samples *samples);
VAE_API void vae_samples_free(vae_samples *samples);

/* Writes samples as a picture (a path that ends in .png), or as HDF5 with the datasets x, z and the condition's name
 * (.h5, .hdf5). */
VAE_API vae_status vae_samples_save(const vae_model *model, const vae_samples *samples, const char *path);

/* Could what vae_sample draws with these options be saved at `path`? Asked before drawing: the path's ending, an
 * image's channels, a picture's sides. Does not look at the disk. */
VAE_API vae_status vae_samples_check(const vae_model *model, const vae_sample_options *options, const char *path);

/* VAE_OK where the file at `path` is one of samples that vae_samples_save wrote as HDF5; else a line tells what it is.
 * See vae_checkpoint_load on files made to do harm. */
VAE_API vae_status vae_samples_recognize(const char *path);

#ifdef __cplusplus
}
#endif
#endif
