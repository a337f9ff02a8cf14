/* The mutual information of dimensions of z and classes of rows. */
#ifndef VAE_INFER_INFORMATION_H
#define VAE_INFER_INFORMATION_H

#include <stdint.h>
#include <vae/status.h>
#include <vae/types.h>

/* Rows, of which row n has q(z | x_n) = N(mean, diag exp(logvar)), a sample z of it, and a level of each factor. */
typedef struct vae__information {
    int64_t rows, size;         /* size: of z */
    const float *mean, *logvar; /* (rows, size); log-variances are clipped to [−30, 20] */
    const double *z; /* (rows, size): a float may be many deviations away from the sample that it is rounded from */
    int factor_count;
    const int32_t *const *levels; /* (factor_count): of each row a number from 0 */
    const int64_t *const *sizes;  /* (factor_count): how many rows have each level */
    int threads;                  /* at least 1 */
    vae_count_function *progress; /* of dimensions; may be NULL */
    void *context;
} vae__information;

/* nats[k · size + j] = I(z_j; v_k), estimated as <vae/factors.h> says. */
vae_status vae__information_estimate(const vae__information *given, double *nats);

#endif
