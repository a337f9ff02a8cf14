/* Clusters of a few points: k-means without a draw. */
#ifndef VAE_INFER_CLUSTER_H
#define VAE_INFER_CLUSTER_H

#include <stdint.h>
#include <vae/status.h>

/* Clusters by how many points they have, the largest first, and of as many that of the earlier point. */
typedef struct vae__clusters {
    int64_t count;
    int64_t *of;    /* (points): which cluster each point is in */
    int64_t *sizes; /* (count) */
    double *means;  /* (count, size) */
} vae__clusters;

/*
 * Lloyd's k-means (1982) of points (count, size), in double precision. It begins with the point that is farthest from
 * the mean of all, then each time with the one that is farthest from those before (Gonzalez 1985), the first of
 * several; and ends when no point moves, or after 100 rounds. There are `most` clusters, or fewer where fewer points
 * differ. On failure there is nothing to free.
 */
vae_status vae__clusters_make(const float *points, int64_t count, int64_t size, int64_t most, vae__clusters *found);
void vae__clusters_free(vae__clusters *clusters);

#endif
