/* What pictures of forecasts share: stills, trajectories, clusters. */
#ifndef VAE_INFER_SCENE_H
#define VAE_INFER_SCENE_H

#include <vae/forecast.h>

#include "models/model.h"
#include "src/infer/cluster.h"

/* Where trajectories lie over a still. */
typedef struct vae__stage {
    int64_t cells_high, cells_wide, steps;
    int64_t height, width, channels; /* of the still, in pixels */
    int condition;                   /* that the still is */
} vae__stage;

/* Fails with VAE_ERROR_ARGUMENT where x is no trajectories or where there is no still. */
vae_status vae__stage_of(const vae_model *model, vae__stage *stage);

typedef struct vae__scene {
    vae__stage stage;
    const vae_completions *found;
    vae_shades shades;
    uint32_t *chosen;        /* (count): rows of the split */
    float *still;            /* (count, height, width, channels), 0 black to 1 white */
    double *truth;           /* (count, x size), in the data's own units; NaN where missing */
    vae__clusters *clusters; /* (count) */
} vae__scene;

/* On failure there is nothing to free. */
vae_status vae__scene_make(const vae_model *model, const vae_data *data, const vae_completions *found, int64_t clusters,
                           vae__scene *scene);
void vae__scene_free(vae__scene *scene);

/* How far a cell has moved at a step, from 0; the last one is stage->steps - 1. */
static inline double vae__stage_right(const vae__stage *stage, const double *x, int64_t cell, int64_t step)
{
    return x[2 * (cell * stage->steps + step)];
}

static inline double vae__stage_down(const vae__stage *stage, const double *x, int64_t cell, int64_t step)
{
    return x[2 * (cell * stage->steps + step) + 1];
}

/* Does it move by more than half a pixel in the end? */
bool vae__stage_moves(const vae__stage *stage, const double *x, int64_t cell);

/* A value of an image field as a shade of the still: 0 black to 1 white. */
float vae__scene_shade(const vae__scene *scene, double value);

#endif
