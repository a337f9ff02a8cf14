/* vae reconstruct: x beside its reconstruction, as a picture or HDF5. */

#include "src/command/rows.h"

enum { VAE__ROWS_NAMES, OUT, COUNT, THREADS };

static const vae__option options[] = {
    VAE__ROWS_OPTIONS,
    [OUT] = { "out", "FILE.png|FILE.h5", VAE__TEXT, "a picture, or HDF5 with x and its reconstruction", NULL, 0, 0 },
    [COUNT] = { "count", "N", VAE__WHOLE, "the first N rows [10 in a picture, else all]", NULL, 1, VAE__WHOLE_MAX },
    [THREADS] = VAE__THREADS_OPTION,
    { .name = NULL },
};
VAE__CHECK_OPTIONS(options);

enum { PICTURE_COUNT = 10 };

static void tell(const vae__call *call, const vae__rows *rows, const vae_reconstructions *found, bool picture)
{
    char counted[64], shades[VAE__SHADES_TEXT];
    vae__line(stdout, "%s: %s of %s%s", call->values[OUT].text, vae__counted(counted, found->count, "row"),
              vae_split_name(rows->split), picture ? vae__shades_text(shades, vae_reconstructions_shades(found)) : "");
}

static int reconstruct(const vae__call *call, const vae__rows *rows)
{
    const char *path = call->values[OUT].text;
    bool picture = vae__name_ends(path, ".png");
    int64_t all = vae_data_rows(rows->data, rows->split), count = picture ? PICTURE_COUNT : all;
    count = call->values[COUNT].given ? call->values[COUNT].whole : count;
    count = count < all ? count : all;
    vae__counting counting = vae__counting_new("reconstructing");
    const vae_pass_options settings = {
        .split = rows->split,
        .count = count,
        .threads = (int)call->values[THREADS].whole,
        .progress = vae__count_rows,
        .context = &counting,
    };
    vae_reconstructions found = { .count = 0 };
    vae_status status = vae_results_check(rows->model, VAE_RESULTS_RECONSTRUCTIONS, count, path);
    if (!status.code)
        status = vae_reconstruct(rows->model, rows->data, &settings, &found);
    vae__bar_clear(&counting.bar);
    if (!status.code)
        status = vae_reconstructions_save(rows->model, &found, path);
    if (!status.code)
        tell(call, rows, &found, picture);
    vae_reconstructions_free(&found);
    return status.code ? vae__failed_status(call, status) : VAE__EXIT_DONE;
}

static int run(const vae__call *call)
{
    const vae__value *out = &call->values[OUT], *data = &call->values[DATA];
    const vae__rows_options wanted = VAE__ROWS_VALUES(call);
    int status = vae__check_rows(call, &wanted);
    if (!status)
        status = vae__check_results(call, out, VAE__RECONSTRUCTIONS_FILE, true);
    if (!status)
        status = vae__check_apart(call, "out", out->text, "data", data->texts, data->count);
    return status ? status : vae__work_on_rows(call, &wanted, reconstruct);
}

const vae__command vae__command_reconstruct = {
    .name = "reconstruct",
    .summary = "reconstruct data: inputs beside what the model makes of them",
    .usage = "FILE.h5 --data SRC --out FILE.png|FILE.h5 [options]",
    .argument = "FILE.h5",
    .options = options,
    .notes =
        "A reconstruction is the mean of p(x|z) at the mean of q(z|x). In a picture inputs are in one row and their "
        "reconstructions below; missing values are grey. HDF5 has x and reconstruction as modelled, and "
        "reconstruction_units in the data's own units.\n" VAE__PLACES_NOTE,
    .run = run,
};
