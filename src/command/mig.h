/* The mutual information gap of vae eval: the classes it is asked for, and telling it. */
#ifndef VAE_COMMAND_MIG_H
#define VAE_COMMAND_MIG_H

#include "src/command/json.h"
#include "src/command/rows.h"

/* The names of --mig; none where it is "all", or not given. Returns VAE__EXIT_DONE or, having said why,
 * VAE__EXIT_USAGE. */
int vae__mig_parse(const vae__call *call, const vae__value *value, vae__fields *fields);

/* Measures them; vae_factors_free takes what there is. */
typedef struct vae__mig_options {
    const vae__fields *fields;
    int64_t rows;
    uint64_t seed;
    int threads;
} vae__mig_options;
vae_status vae__mig_measure(const vae__rows *rows, const vae__mig_options *options, vae_factors *found);

void vae__mig_print(const vae_factors *found);
void vae__mig_to_json(vae__json *json, const vae_factors *found);

#endif
