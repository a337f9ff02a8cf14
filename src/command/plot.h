/* vae plot: its options, and its two kinds of plots. */
#ifndef VAE_COMMAND_PLOT_H
#define VAE_COMMAND_PLOT_H

#include "src/command/rows.h"

enum { CURVES, SCATTER, OUT, FIGURE, BY, LOG, VAE__ROWS_NAMES, DIMENSIONS, COLOR_BY, THREADS };

/* Columns of the history of each file over one another. */
int vae__plot_curves(const vae__call *call);

/* Posterior means of rows of data, as points. */
int vae__plot_scatter(const vae__call *call);

/* Are these values of --figure, --by and --log, and of --dimensions? Asked before anything is opened. */
int vae__check_curves(const vae__call *call);
int vae__check_scatter(const vae__call *call);

/* Draws the plot to --curves or --scatter, writes its numbers to --out, and tells of each in a line. */
int vae__save_plot(const vae__call *call, const char *drawing, const vae_plot *plot, const char *what);

#endif
