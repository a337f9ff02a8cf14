/* vae sample: draws from the prior and the decoder, into a picture or HDF5. */
#include <inttypes.h>
#include <string.h>

#include "src/command/files.h"

enum { OUT, COUNT, CLASS, SEED, TEMPERATURE, DRAW, THREADS };

static const vae__option options[] = {
    [OUT] = { "out", "FILE.png|FILE.h5", VAE__TEXT, "a picture, or HDF5 with x, z and the classes", NULL, 0, 0 },
    [COUNT] = { "count", "N", VAE__WHOLE, "samples of each class, or in all without classes [10, or 100]", NULL, 1,
                1e7 },
    [CLASS] = { "class", "C", VAE__WHOLE, "this class alone, from 0", NULL, 0, 1e6 },
    [SEED] = { "seed", "N", VAE__WHOLE, "of the draws", "0", 0, VAE__WHOLE_MAX },
    [TEMPERATURE] = { "temperature", "T", VAE__REAL, "z is drawn from N(0, T^2)", "1", 1e-6, 1e3 },
    [DRAW] = { "draw", NULL, VAE__FLAG, "draw x from p(x|z), else its mean is given", NULL, 0, 0 },
    [THREADS] = { "threads", "N", VAE__WHOLE, "0: one for each processor; changes no result", "0", 0, 1024 },
    { .name = NULL },
};
VAE__CHECK_OPTIONS(options);

static int check_out_name(const vae__call *call)
{
    static const char *const ends[] = { ".png", ".h5", ".hdf5" };
    const char *path = call->values[OUT].text;
    if (!path)
        return vae__wrong_usage(call, "expected --out FILE.png or --out FILE.h5, found none");
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (vae__name_ends(path, ends[i]))
            return VAE__EXIT_DONE;
    return vae__wrong_usage(call, "--out: expected a name that ends in .png, .h5 or .hdf5, found \"%s\"", path);
}

static int check_class(const vae__call *call, const vae_model *model)
{
    const vae_model_spec *spec = vae_model_declaration(model);
    int64_t asked = call->values[CLASS].whole, classes = spec->conditions[0].size;
    if (!call->values[CLASS].given)
        return VAE__EXIT_DONE;
    if (!spec->conditions[0].name)
        return vae__wrong_usage(call, "--class: expected a model with classes, found %s, which has none", spec->name);
    if (asked < classes)
        return VAE__EXIT_DONE;
    return vae__wrong_usage(call, "--class: expected a class from 0 to %" PRId64 ", found %" PRId64, classes - 1,
                            asked);
}

static int sample(const vae__call *call, const vae_model *model)
{
    const char *path = call->values[OUT].text;
    const vae_sample_options settings = {
        .count = call->values[COUNT].whole,
        .only_class = call->values[CLASS].whole,
        .has_class = call->values[CLASS].given,
        .seed = (uint64_t)call->values[SEED].whole,
        .temperature = call->values[TEMPERATURE].real,
        .draw = call->values[DRAW].given,
        .threads = (int)call->values[THREADS].whole,
    };
    vae_samples samples = { .count = 0 };
    vae_status status = vae_samples_check(model, &settings, path);
    if (!status.code)
        status = vae_sample(model, &settings, &samples);
    if (!status.code)
        status = vae_samples_save(model, &samples, path);
    char counted[64];
    if (!status.code)
        vae__line(stdout, "%s: %s of %s in %" PRId64 " rows of %" PRId64, path,
                  vae__counted(counted, samples.count, "sample"), vae_model_declaration(model)->name, samples.rows,
                  samples.columns);
    vae_samples_free(&samples);
    return status.code ? vae__failed_status(call, status) : VAE__EXIT_DONE;
}

static int run(const vae__call *call)
{
    vae_training *training = NULL;
    int status = check_out_name(call);
    if (!status) {
        bool picture = vae__name_ends(call->values[OUT].text, ".png");
        status = vae__check_target(call, call->values[OUT].text, picture ? VAE__PICTURE_FILE : VAE__SAMPLES_FILE);
    }
    if (!status)
        status = vae__open_checkpoint(call, call->argument, &training);
    if (!status)
        status = check_class(call, vae_training_model(training));
    if (!status)
        status = sample(call, vae_training_model(training));
    vae_training_free(&training);
    return status;
}

const vae__command vae__command_sample = {
    .name = "sample",
    .summary = "draw samples from a model, as a picture or HDF5",
    .usage = "FILE.h5 --out FILE.png|FILE.h5 [options]",
    .argument = "FILE.h5",
    .options = options,
    .run = run,
};
