/*
 * What z tells of known factors: the mutual information gap.
 *
 *     const char *const names[] = { "shape", "scale" };
 *     const vae_factors_options options = { .split = VAE_TEST, .names = names, .name_count = 2 };
 *     vae_factors found;
 *     vae_status s = vae_factors_measure(model, data, &options, &found);
 *
 * A factor is a class of the data; the model need not know of it.
 */
#ifndef VAE_FACTORS_H
#define VAE_FACTORS_H

#include <vae/data.h>
#include <vae/infer.h>
#include <vae/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* All zero: the usual. New members go last. */
typedef struct vae_factors_options {
    vae_split split;
    const char *const
        *names; /* (name_count): fields of classes. NULL: all of the data's that have two levels or more */
    int name_count;
    int64_t rows;                 /* so many of the split, drawn; 0: 2000. Of fewer that there are, all */
    uint64_t seed;                /* which rows, and z */
    int threads;                  /* 0: one for each processor; changes no result */
    vae_count_function *progress; /* of dimensions of z; may be NULL */
    void *context;
} vae_factors_options;

/* A factor v. Informations are nats. New members go last. */
typedef struct vae_factor {
    const char *name;          /* the data's, which must live as long as it is read */
    int64_t levels;            /* that the rows have */
    double entropy;            /* H(v) of the rows */
    int64_t first;             /* the dimension of z that tells most of it … */
    int64_t second;            /* … and the one after that; -1: z has one dimension alone */
    double information;        /* I(z_first; v) */
    double second_information; /* 0 of a z with one dimension */
    double gap;                /* (information − second_information) / entropy */
} vae_factor;

/* The caller owns the arrays: vae_factors_free. New members go last. */
typedef struct vae_factors {
    vae_split split;
    int64_t rows, latent_size;
    int64_t *row; /* (rows): of the source, as vae_data_row has them */
    double *z;    /* (rows, latent_size): the sample of q(z | x) of each */
    int count;
    vae_factor *factors;  /* (count) */
    double *informations; /* (count, latent_size): I(z_j; v) of every dimension */
    double mig;           /* the mean gap */
} vae_factors;

/*
 * The mutual information gap, MIG (Chen, Li, Grosse, Duvenaud 2018, "Isolating sources of disentanglement in
 * variational autoencoders", section 4.1, equation 6):
 *
 *     MIG = 1/K Σ_k [ I(z_j1; v_k) − I(z_j2; v_k) ] / H(v_k),   j1, j2 the dimensions of the largest I(z_j; v_k)
 *
 * 1 where each factor is told by one dimension of z, wholly and alone; 0 where two tell as much of it. The information
 * is that of q(z_j, v_k), the mean over the rows of q(z_j | x_n), N(mean, exp(logvar)) as vae_encode gives them, beside
 * their v_k. It is estimated as in the paper (appendix C), with one z of q(z | x_n) for each of the N rows:
 *
 *     I(z_j; v_k) = 1/N Σ_n [ log 1/|A_n| Σ_{m in A_n} q(z_nj | x_m) − log 1/N Σ_m q(z_nj | x_m) ]
 *
 * A_n being the rows whose v_k is that of row n. Row n is among both sums, so the estimate is too high where few other
 * rows' q(z_j | x_m) reach z_nj: with few rows, and with posteriors that are narrow beside their distances. Compare
 * figures of as many rows.
 *
 * Work grows with rows² · latent_size. Draws belong to the row of the split. Of a hierarchy z is that of the first
 * layer.
 *
 * Fails with VAE_ERROR_ARGUMENT of a regression, which has no z, and where a name is no field of classes; with
 * VAE_ERROR_DATA where a factor named has one level alone among the rows, or there is no factor; with
 * VAE_ERROR_DECLARATION of a graph by hand that sets no mean and logvar. There is then nothing to free.
 */
VAE_API vae_status vae_factors_measure(const vae_model *model, const vae_data *data, const vae_factors_options *options,
                                       vae_factors *factors);
VAE_API void vae_factors_free(vae_factors *factors);

#ifdef __cplusplus
}
#endif
#endif
