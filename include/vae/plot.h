/* Plots: curves and points between two axes, as SVG, and their numbers as HDF5. */
#ifndef VAE_PLOT_H
#define VAE_PLOT_H

#include <stdbool.h>
#include <stdint.h>
#include <vae/export.h>
#include <vae/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Points with a name. Those of which a coordinate is not finite are left out; a curve has a gap there. */
typedef struct vae_series {
    const char *name; /* in the legend; "": none */
    const double *x, *y;
    int64_t count;
    int color; /* which of the plot's colours, from 0 */
    int dash;  /* of a curve: 0 solid, 1 dashed, 2 dotted, 3 dash and dot, and so on again */
} vae_series;

/* All zero but for the series: curves between linear axes. New members go last. */
typedef struct vae_plot {
    const char *title, *x_label, *y_label; /* NULL: "" */
    bool x_log, y_log;                     /* logarithmic: what is then not above 0 is refused */
    bool points;                           /* dots, with each series' name in their midst; else curves */
    const vae_series *series;
    int series_count;
} vae_plot;

/*
 * Draws a plot: ticks at round numbers, a legend where a series has a name. Colours tell themselves apart to the
 * colour-blind: up to 8 are those of Okabe and Ito (2008), more are steps of a ramp from dark to light. The same bytes
 * for the same plot. VAE_ERROR_ARGUMENT where there is no point to draw, or one that a logarithmic axis has not. The
 * file appears whole or not at all.
 */
VAE_API vae_status vae_plot_write(const char *path, const vae_plot *plot);

/* Its numbers as HDF5, "libvae plot": of each point x, y and the number of its series (`series`), points of one series
 * behind those of the one before; and the series' names (`name`). What is not finite is kept. */
VAE_API vae_status vae_plot_save(const char *path, const vae_plot *plot);

/* VAE_OK where the file at `path` holds those; else a line tells what it is. */
VAE_API vae_status vae_plot_recognize(const char *path);

#ifdef __cplusplus
}
#endif
#endif
