/* vae sample: draws from the prior and the decoder, into a picture or HDF5. */
#include <inttypes.h>

#include "src/command/files.h"
#include "src/command/settings.h"

enum { OUT, COUNT, CONDITION, CLASS, SEED, TEMPERATURE, DRAW, THREADS, WEIGHTS };

enum { SETTINGS_MOST = 1000000 };

static const vae__option options[] = {
    [OUT] = { "out", "FILE.png|FILE.h5", VAE__TEXT, "a picture, or HDF5 with x, z and the conditions", NULL, 0, 0 },
    [COUNT] = { "count", "N", VAE__WHOLE,
                "samples of each combination of conditions, or in all without conditions [10, or 100]", NULL, 1, 1e7 },
    [CONDITION] = { "condition", "NAME=VALUE", VAE__TEXTS,
                    "what the condition NAME is; every class where it is one [needed for others]; may be repeated",
                    NULL, 0, 0 },
    [CLASS] = { "class", "C", VAE__WHOLE, "this class alone, by its number from 0, of the only class condition", NULL,
                0, 1e6 },
    [SEED] = { "seed", "N", VAE__WHOLE, "of the draws", "0", 0, VAE__WHOLE_MAX },
    [TEMPERATURE] = { "temperature", "T", VAE__REAL, "z is drawn from N(0, T^2)", "1", 1e-6, 1e3 },
    [DRAW] = { "draw", NULL, VAE__FLAG, "draw x from p(x|z), else its mean is given", NULL, 0, 0 },
    [THREADS] = VAE__THREADS_OPTION,
    [WEIGHTS] = VAE__WEIGHTS_OPTION,
    { .name = NULL },
};
VAE__CHECK_OPTIONS(options);

/* How many conditions are classes; *place is the last one of them. */
static int count_classes(const vae_model_spec *spec, int *place)
{
    int classes = 0;
    for (int i = 0; i < VAE_MAX_CONDITIONS && spec->conditions[i].name; i++)
        if (spec->conditions[i].kind == VAE_CLASS) {
            *place = i;
            classes++;
        }
    return classes;
}

static int check_class(const vae__call *call, const vae_model_spec *spec, const vae__settings *settings)
{
    int64_t asked = call->values[CLASS].whole;
    int place = 0, classes = count_classes(spec, &place);
    if (!call->values[CLASS].given)
        return VAE__EXIT_DONE;
    if (!classes)
        return vae__wrong_usage(call, "--class: expected a model with classes, found %s, which has none", spec->name);
    if (classes > 1)
        return vae__wrong_usage(call,
                                "--class: expected a model with one condition that is a class, found %s, which has %d; "
                                "--condition NAME=VALUE takes each",
                                spec->name, classes);
    if (settings->counts[place])
        return vae__wrong_usage(call, "--class: expected it or --condition %s, found both",
                                spec->conditions[place].name);
    if (asked < spec->conditions[place].size)
        return VAE__EXIT_DONE;
    return vae__wrong_usage(call, "--class: expected a class from 0 to %" PRId64 ", found %" PRId64,
                            spec->conditions[place].size - 1, asked);
}

/* Has every condition that is no class its values? */
static int check_given(const vae__call *call, const vae_model_spec *spec, const vae__settings *settings)
{
    for (int i = 0; i < VAE_MAX_CONDITIONS && spec->conditions[i].name; i++) {
        const char *name = spec->conditions[i].name;
        if (spec->conditions[i].kind == VAE_IMAGE)
            return vae__failed(call,
                               "%s: expected conditions that can be typed, found the image \"%s\"; %s complete takes "
                               "it from data",
                               spec->name, name, call->program);
        if (spec->conditions[i].kind == VAE_VALUES && !settings->counts[i])
            return vae__wrong_usage(call, "expected --condition %s=%s, for %s is conditioned on it, found none", name,
                                    spec->conditions[i].size == 1 ? "VALUE or A:B:N" : "VALUE,VALUE...", spec->name);
    }
    return VAE__EXIT_DONE;
}

static vae_sample_options options_of(const vae__call *call, const vae__settings *settings)
{
    vae_sample_options wanted = {
        .count = call->values[COUNT].whole,
        .only_class = call->values[CLASS].whole,
        .has_class = call->values[CLASS].given,
        .seed = (uint64_t)call->values[SEED].whole,
        .temperature = call->values[TEMPERATURE].real,
        .draw = call->values[DRAW].given,
        .threads = (int)call->values[THREADS].whole,
    };
    for (int i = 0; i < VAE_MAX_CONDITIONS; i++)
        wanted.conditions[i] = (vae_condition_settings){ settings->values[i], settings->counts[i] };
    return wanted;
}

static int sample(const vae__call *call, const vae_model *model, const vae__settings *settings)
{
    const char *path = call->values[OUT].text;
    const vae_sample_options wanted = options_of(call, settings);
    vae_samples samples = { .count = 0 };
    vae_status status = vae_samples_check(model, &wanted, path);
    if (!status.code)
        status = vae_sample(model, &wanted, &samples);
    if (!status.code)
        status = vae_samples_save(model, &samples, path);
    char counted[64], rows[64], shades[VAE__SHADES_TEXT];
    if (!status.code)
        vae__line(stdout, "%s: %s of %s in %s of %" PRId64 "%s", path, vae__counted(counted, samples.count, "sample"),
                  vae_model_declaration(model)->name, vae__counted(rows, samples.rows, "row"), samples.columns,
                  vae__name_ends(path, ".png") ? vae__shades_text(shades, vae_samples_shades(&samples)) : "");
    vae_samples_free(&samples);
    return status.code ? vae__failed_status(call, status) : VAE__EXIT_DONE;
}

static int sample_from(const vae__call *call, const vae_model *model)
{
    const vae_model_spec *spec = vae_model_declaration(model);
    vae__settings settings;
    int status = vae__parse_settings(call, &call->values[CONDITION], spec, SETTINGS_MOST, &settings);
    if (!status)
        status = check_class(call, spec, &settings);
    if (!status)
        status = check_given(call, spec, &settings);
    if (!status)
        status = sample(call, model, &settings);
    vae__settings_free(&settings);
    return status;
}

static int run(const vae__call *call)
{
    vae_training *training = NULL;
    int status = vae__check_results(call, &call->values[OUT], VAE__SAMPLES_FILE, true);
    if (!status)
        status = vae__open_weights(call, call->argument, &call->values[WEIGHTS], &training);
    if (!status)
        status = sample_from(call, vae_training_model(training));
    vae_training_free(&training);
    return status;
}

const vae__command vae__command_sample = {
    .name = "sample",
    .summary = "draw samples from a model, as a picture or HDF5",
    .usage = "FILE.h5 --out FILE.png|FILE.h5 [options]",
    .argument = "FILE.h5",
    .options = options,
    .notes = VAE__SETTINGS_NOTES
    "There is a row of samples for each combination, of which the model's last condition varies fastest; a column has "
    "one z. HDF5 has x in the data's own units.\n",
    .run = run,
};
