/* vae decode: latents, as vae encode wrote them, to the mean of x. */
#include <inttypes.h>
#include <string.h>

#include "src/command/rows.h"
#include "src/command/settings.h"

enum { LATENTS, OUT, CONDITION, EXTERNAL, THREADS };

static const vae__option options[] = {
    [LATENTS] = { "latents", "IN.h5[:/path]", VAE__TEXT,
                  "HDF5 with latents, mean or z, and conditions by their names; a path names the latents; or IN.npy",
                  NULL, 0, 0 },
    [OUT] = { "out", "FILE.png|FILE.h5", VAE__TEXT, "a picture, or HDF5 with x, z and the conditions", NULL, 0, 0 },
    [CONDITION] = { "condition", "NAME=VALUE", VAE__TEXTS,
                    "what the condition NAME is of every row, in place of what the file has; may be repeated", NULL, 0,
                    0 },
    [EXTERNAL] = VAE__EXTERNAL_OPTION,
    [THREADS] = VAE__THREADS_OPTION,
    { .name = NULL },
};
VAE__CHECK_OPTIONS(options);

/* Conditions that are not typed are fields of the file, by their names, with the levels that the model has. */
typedef struct vae__latents_source {
    vae_field_source fields[VAE_MAX_CONDITIONS];
    int count;
    char *levels; /* "0", "1", …, of a class whose levels are numbers: owned */
} vae__latents_source;

static vae_data_options options_with(const vae__call *call, const vae_model_spec *spec, const vae__settings *settings,
                                     vae_field_source fields[VAE_MAX_CONDITIONS])
{
    vae_data_options wanted = { .threads = (int)call->values[THREADS].whole,
                                .conditions = fields,
                                .allow_external = call->values[EXTERNAL].given };
    for (int i = 0; i < VAE_MAX_CONDITIONS && spec->conditions[i].name; i++) {
        const vae_condition_spec *condition = &spec->conditions[i];
        if (settings->counts[i])
            continue;
        fields[wanted.condition_count] = (vae_field_source){ .name = condition->name, .kind = condition->kind };
        if (condition->levels) {
            fields[wanted.condition_count].levels = condition->levels;
            fields[wanted.condition_count].level_count = (int)condition->size;
        }
        wanted.condition_count++;
    }
    return wanted;
}
