/* One stored value of an array, as a number. */
#ifndef VAE_INFER_STORED_H
#define VAE_INFER_STORED_H

#include <stdint.h>
#include <vae/types.h>

double vae__stored_number(vae_type type, const void *values, int64_t index);

#endif
