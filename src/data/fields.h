/* What a model's transforms ask of data, and what they learn from it. */
#ifndef VAE_DATA_FIELDS_H
#define VAE_DATA_FIELDS_H

#include "src/data/match.h"

/* Do the values of a split suit the transforms and the likelihood: finite, and inside what each takes? Reads them only
 * where their type does not tell. Fails with VAE_ERROR_DATA, the first value that does not, and its row. */
vae_status vae__fields_check(const vae_model *model, const vae__match *match, const char *where);

/* Fits what transforms fit, means and deviations, to the rows of a split; the state is that of vae__model_unfitted. */
vae_status vae__fields_fit(vae_model *model, const vae__match *match);

#endif
