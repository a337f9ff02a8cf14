/* Conditions that are typed: --condition NAME=VALUE. */
#ifndef VAE_COMMAND_SETTINGS_H
#define VAE_COMMAND_SETTINGS_H

#include "src/command/command.h"

#define VAE__SETTINGS_NOTES                                                                                            \
    "A condition is typed as NAME=VALUE; several with commas between. A class is its level, as the data has it; a "    \
    "number may also be NAME=A:B:N, N numbers from A to B; of d values, d numbers with commas between, and a "         \
    "semicolon before the next d.\n"

/* By place in the declaration: as many times the condition's size values as settings were typed, owned. */
typedef struct vae__settings {
    double *values[VAE_MAX_CONDITIONS];
    int64_t counts[VAE_MAX_CONDITIONS];
} vae__settings;

/*
 * Parses each --condition of `value` for a model; `most` settings each, at most. Returns VAE__EXIT_DONE or, having said
 * why, VAE__EXIT_USAGE or VAE__EXIT_FAILED; vae__settings_free takes what there is.
 */
int vae__parse_settings(const vae__call *call, const vae__value *value, const vae_model_spec *spec, int64_t most,
                        vae__settings *settings);

/* The same of texts that the option of this name gave, "condition" being the other's. */
int vae__parse_settings_of(const vae__call *call, const char *option, const vae__value *value,
                           const vae_model_spec *spec, int64_t most, vae__settings *settings);
void vae__settings_free(vae__settings *settings);

#endif
