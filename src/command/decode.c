/* vae decode: latents, as vae encode wrote them, to the mean of x. */
#include <string.h>

#include "src/command/rows.h"
#include "src/command/settings.h"

enum { LATENTS, OUT, CONDITION, EXTERNAL, THREADS, WEIGHTS };

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
    [WEIGHTS] = VAE__WEIGHTS_OPTION,
    { .name = NULL },
};
VAE__CHECK_OPTIONS(options);

/* ---- Where the latents are --------------------------------------------------------------------------------------- */

enum { PATH_TEXT = 4096 };

/* What the file has below the source's path. */
typedef struct vae__latents_place {
    const char *base; /* "/group" of "FILE.h5:/group"; "" without */
    bool itself, mean, z;
} vae__latents_place;

static bool is_at(const char *path, const char *base, const char *name)
{
    char wanted[PATH_TEXT];
    snprintf(wanted, sizeof wanted, "%s%s", base, name);
    return !strcmp(path, wanted);
}

static int look(void *context, const vae_data_entry *entry)
{
    vae__latents_place *place = context;
    place->itself |= !entry->path || is_at(entry->path, place->base, "");
    place->mean |= entry->path && is_at(entry->path, place->base, "/mean");
    place->z |= entry->path && is_at(entry->path, place->base, "/z");
    return 0;
}

/* The dataset of latents as --x would name it: NULL where the source itself does. */
static int find_latents(const vae__call *call, const char **x)
{
    const char *source = call->values[LATENTS].text, *colon = strstr(source, ":/");
    vae__latents_place place = { .base = colon ? colon + 1 : "" };
    vae_status listed, status = vae__list_file(source, look, &place, &listed);
    if (status.code || listed.code)
        return vae__failed_status(call, status.code ? status : listed);
    *x = place.itself ? NULL : place.mean ? "mean" : "z";
    if (place.itself || place.mean || place.z)
        return VAE__EXIT_DONE;
    return vae__failed(call, "%s: expected latents, a dataset mean or z, found neither; FILE.h5:/path names others",
                       source);
}

/* ---- Opening them ------------------------------------------------------------------------------------------------ */

/* Conditions that were not typed are fields of the file, by their names. */
static void ask_for_conditions(const vae_model_spec *spec, const vae__settings *settings, vae__value *wanted,
                               char texts[VAE_MAX_CONDITIONS][2 * VAE__CONDITION_NAME])
{
    for (int i = 0; i < VAE_MAX_CONDITIONS && spec->conditions[i].name; i++) {
        if (settings->counts[i])
            continue;
        snprintf(texts[i], 2 * VAE__CONDITION_NAME, "%s=%s", spec->conditions[i].name,
                 vae__kind_text(spec->conditions[i].kind));
        wanted->texts[wanted->count++] = texts[i];
        wanted->given = true;
    }
}

static int open_latents(const vae__call *call, const vae_model_spec *spec, const vae__settings *settings,
                        vae_data **data)
{
    char texts[VAE_MAX_CONDITIONS][2 * VAE__CONDITION_NAME];
    const char *source = call->values[LATENTS].text;
    vae__value sources = { .given = true, .text = source, .texts = { source }, .count = 1 }, x = { .given = false };
    vae__value conditions = { .given = false };
    int status = find_latents(call, &x.text);
    if (status)
        return status;
    x.given = x.text;
    ask_for_conditions(spec, settings, &conditions, texts);
    const vae__data_request request = { .data = &sources,
                                        .x = &x,
                                        .conditions = &conditions,
                                        .model = spec,
                                        .threads = (int)call->values[THREADS].whole,
                                        .allow_external = &call->values[EXTERNAL] };
    status = vae__open_data(call, &request, data);
    if (status || vae_data_rows(*data, VAE_ALL))
        return status;
    return vae__failed(call, "%s: expected latents that are not split, found the groups of splits", source);
}

/* ---- Decoding ---------------------------------------------------------------------------------------------------- */

static void tell(const vae__call *call, const vae_samples *samples)
{
    char counted[64], shades[VAE__SHADES_TEXT];
    const char *path = call->values[OUT].text;
    vae__line(stdout, "%s: %s decoded%s", path, vae__counted(counted, samples->count, "row"),
              vae__name_ends(path, ".png") ? vae__shades_text(shades, vae_samples_shades(samples)) : "");
}

static int decode(const vae__call *call, const vae_model *model, const vae_data *data, const vae__settings *settings)
{
    const char *path = call->values[OUT].text;
    vae__counting counting = vae__counting_new("decoding");
    vae_decode_options wanted = {
        .split = VAE_ALL, .threads = (int)call->values[THREADS].whole, .progress = vae__count_rows, .context = &counting
    };
    for (int i = 0; i < VAE_MAX_CONDITIONS; i++)
        wanted.conditions[i] = settings->values[i];
    vae_samples samples = { .count = 0 };
    vae_status status = vae_results_check(model, VAE_RESULTS_SAMPLES, vae_data_rows(data, VAE_ALL), path);
    if (!status.code)
        status = vae_decode(model, data, &wanted, &samples);
    vae__bar_clear(&counting.bar);
    if (!status.code)
        status = vae_samples_save(model, &samples, path);
    if (!status.code)
        tell(call, &samples);
    vae_samples_free(&samples);
    return status.code ? vae__failed_status(call, status) : VAE__EXIT_DONE;
}

static int decode_from(const vae__call *call, const vae_model *model)
{
    const vae_model_spec *spec = vae_model_declaration(model);
    vae__settings settings;
    vae_data *data = NULL;
    int status = vae__parse_settings(call, &call->values[CONDITION], spec, 1, &settings);
    if (!status)
        status = open_latents(call, spec, &settings, &data);
    if (!status)
        status = decode(call, model, data, &settings);
    vae_data_free(&data);
    vae__settings_free(&settings);
    return status;
}

static int run(const vae__call *call)
{
    vae_training *training = NULL;
    int status = VAE__EXIT_DONE;
    if (!call->values[LATENTS].text)
        status = vae__wrong_usage(call, "expected --latents IN.h5, found none");
    if (!status)
        status = vae__check_results(call, &call->values[OUT], VAE__SAMPLES_FILE, true);
    if (!status)
        status = vae__check_apart(call, "out", call->values[OUT].text, "latents", &call->values[LATENTS].text, 1);
    if (!status)
        status = vae__open_weights(call, call->argument, &call->values[WEIGHTS], &training);
    if (!status)
        status = decode_from(call, vae_training_model(training));
    vae_training_free(&training);
    return status;
}

const vae__command vae__command_decode = {
    .name = "decode",
    .summary = "decode latents: the mean of p(x|z) of each row",
    .usage = "FILE.h5 --latents IN.h5[:/path] --out FILE.png|FILE.h5 [options]",
    .argument = "FILE.h5",
    .options = options,
    .notes =
        "Latents that encode wrote are decoded with the conditions beside them. A condition may be typed instead, as "
        "NAME=VALUE: of a class its level, of d values d numbers with commas between. "
        "HDF5 has x in the data's own units.\n",
    .run = run,
};
