/* Results as pictures. */
#ifndef VAE_INFER_PICTURES_H
#define VAE_INFER_PICTURES_H

#include <vae/complete.h>
#include <vae/infer.h>

/* Could so many images of the model's x, in a grid, be a picture? `path` begins a message. */
vae_status vae__picture_fits(const vae_model *model, int64_t rows, int64_t columns, const char *path);

/* The grid of `count` reconstructions: inputs in every other row. */
void vae__reconstructions_grid(int64_t count, int64_t *rows, int64_t *columns);

vae_status vae__samples_picture(const vae_model *model, const vae_samples *samples, const char *path);
vae_status vae__reconstructions_picture(const vae_model *model, const vae_reconstructions *reconstructions,
                                        const char *path);

/* The same of completions. */
vae_status vae__completions_fit(const vae_model *model, int64_t rows, int64_t samples, bool answer, const char *path);
vae_status vae__completions_picture(const vae_model *model, const vae_completions *completions, const char *path);

#endif
