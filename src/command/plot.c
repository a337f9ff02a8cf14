/* vae plot: what is asked for, and writing it. */
#include "src/command/plot.h"

static const vae__option options[] = {
    [CURVES] = { "curves", "FILE.svg", VAE__TEXT, "plot the history of each FILE.h5", NULL, 0, 0 },
    [SCATTER] = { "scatter", "FILE.svg", VAE__TEXT, "plot the means of q(z|x) of the rows of --data", NULL, 0, 0 },
    [OUT] = { "out", "FILE.h5", VAE__TEXT, "the plot's numbers: HDF5 with x, y, series and name", NULL, 0, 0 },
    [FIGURE] = { "figure", "NAME,NAME...", VAE__TEXT,
                 "columns of the history [train/elbo and validation/elbo, as there are]", NULL, 0, 0 },
    [BY] = { "by", "epoch|examples|step|seconds", VAE__TEXT, "what is to the right", "epoch", 0, 0 },
    [LOG] = { "log", "x|y|both", VAE__TEXT, "logarithmic axes; a figure below 0 is then turned round", NULL, 0, 0 },
    VAE__ROWS_OPTIONS,
    [DIMENSIONS] = { "dimensions", "A,B", VAE__TEXT, "two dimensions of z: to the right and upwards", "0,1", 0, 0 },
    [COLOR_BY] = { "color-by", "NAME", VAE__TEXT,
                   "a class that tells colours: a condition, or another field of the data [the model's first class]",
                   NULL, 0, 0 },
    [THREADS] = VAE__THREADS_OPTION,
    { .name = NULL },
};
VAE__CHECK_OPTIONS(options);

/* Options that one kind of plot alone has are not left unused by the other. */
static int check_unused(const vae__call *call, const char *kind, const int *unused, int count)
{
    for (int i = 0; i < count; i++)
        if (call->values[unused[i]].given)
            return vae__wrong_usage(call, "--%s: expected beside --%s, found without", options[unused[i]].name, kind);
    return VAE__EXIT_DONE;
}

static int check_kind(const vae__call *call)
{
    static const int of_curves[] = { FIGURE, BY, LOG };
    static const int of_scatter[] = { DATA,        X,     CONDITION, MASK,       EXTERNAL,
                                      SKIP_BROKEN, SPLIT, WEIGHTS,   DIMENSIONS, COLOR_BY };
    bool curves = call->values[CURVES].given, scatter = call->values[SCATTER].given;
    if (curves == scatter)
        return vae__wrong_usage(call, "expected --curves FILE.svg or --scatter FILE.svg, found %s",
                                curves ? "both" : "none");
    int status = curves ? check_unused(call, "scatter", of_scatter, sizeof of_scatter / sizeof *of_scatter)
                        : check_unused(call, "curves", of_curves, sizeof of_curves / sizeof *of_curves);
    if (status)
        return status;
    return curves ? vae__check_curves(call) : vae__check_scatter(call);
}

static int check_file(const vae__call *call, int option, vae__file_kind kind, const char *ending, const char *other)
{
    const vae__value *file = &call->values[option], *data = &call->values[DATA];
    const char *name = options[option].name;
    if (!file->given)
        return VAE__EXIT_DONE;
    if (!vae__name_ends(file->text, ending) && !(other && vae__name_ends(file->text, other)))
        return vae__wrong_usage(call, "--%s: expected a name that ends in %s%s%s, found \"%s\"", name, ending,
                                other ? " or " : "", other ? other : "", file->text);
    int status = vae__check_target_of(call, name, file->text, kind);
    return status ? status : vae__check_apart(call, name, file->text, "data", data->texts, data->count);
}

int vae__save_plot(const vae__call *call, const char *drawing, const vae_plot *plot, const char *what)
{
    const char *out = call->values[OUT].text;
    vae_status status = vae_plot_write(drawing, plot);
    if (!status.code)
        vae__line(stdout, "%s: %s", drawing, what);
    if (!status.code && out) {
        status = vae_plot_save(out, plot);
        if (!status.code)
            vae__line(stdout, "%s: %s", out, what);
    }
    return status.code ? vae__failed_status(call, status) : VAE__EXIT_DONE;
}

static int run(const vae__call *call)
{
    int status = check_kind(call);
    if (!status)
        status = check_file(call, CURVES, VAE__PLOT_FILE, ".svg", NULL);
    if (!status)
        status = check_file(call, SCATTER, VAE__PLOT_FILE, ".svg", NULL);
    if (!status)
        status = check_file(call, OUT, VAE__NUMBERS_FILE, ".h5", ".hdf5");
    if (status)
        return status;
    return call->values[CURVES].given ? vae__plot_curves(call) : vae__plot_scatter(call);
}

const vae__command vae__command_plot = {
    .name = "plot",
    .summary = "plot histories, or data as the encoder sees it, as SVG",
    .usage = "FILE.h5 [FILE2.h5 ...] --curves FILE.svg [options]\nFILE.h5 --data SRC --scatter FILE.svg [options]",
    .argument = "FILE.h5",
    .argument_repeats = true,
    .options = options,
    .notes =
        "Curves of several files have a colour each file, and a dash each figure. vae info --json tells what figures "
        "a history has. Colours are such as the colour-blind tell apart: of up to 8 those of Okabe and Ito, of more "
        "steps from dark to light.\n" VAE__PLACES_NOTE,
    .run = run,
};
