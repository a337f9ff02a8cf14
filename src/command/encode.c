/* vae encode: q(z | x) of each row of a split, into HDF5. */
#include <inttypes.h>

#include "src/command/rows.h"

enum { VAE__ROWS_NAMES, OUT, THREADS, JSON };

static const vae__option options[] = {
    VAE__ROWS_OPTIONS,
    [OUT] = { "out", "FILE.h5", VAE__TEXT, "HDF5 with mean, logvar, row and the conditions", NULL, 0, 0 },
    [THREADS] = VAE__THREADS_OPTION,
    [JSON] = VAE__JSON_OPTION,
    { .name = NULL },
};
VAE__CHECK_OPTIONS(options);

static void tell(const vae__call *call, const vae__rows *rows, const vae_latents *latents)
{
    char counted[64];
    const char *path = call->values[OUT].text, *split = vae_split_name(rows->split);
    if (!call->values[JSON].given) {
        vae__line(stdout, "%s: %s of %s, %" PRId64 " latents each", path, vae__counted(counted, latents->count, "row"),
                  split, latents->z_size);
        return;
    }
    vae__json json = { .file = stdout };
    vae__json_object(&json, NULL);
    vae__json_text(&json, "path", path);
    vae__json_text(&json, "split", split);
    vae__json_whole(&json, "rows", latents->count);
    vae__json_whole(&json, "latent_size", latents->z_size);
    vae__json_finish(&json);
}

static int encode(const vae__call *call, const vae__rows *rows)
{
    vae__counting counting = vae__counting_new("encoding");
    const vae_pass_options settings = {
        .split = rows->split,
        .threads = (int)call->values[THREADS].whole,
        .progress = vae__count_rows,
        .context = &counting,
    };
    vae_latents latents = { .count = 0 };
    vae_status status = vae_encode(rows->model, rows->data, &settings, &latents);
    vae__bar_clear(&counting.bar);
    if (!status.code)
        status = vae_latents_save(rows->model, &latents, call->values[OUT].text);
    if (!status.code)
        tell(call, rows, &latents);
    vae_latents_free(&latents);
    return status.code ? vae__failed_status(call, status) : VAE__EXIT_DONE;
}

static int run(const vae__call *call)
{
    const vae__value *out = &call->values[OUT], *data = &call->values[DATA];
    const vae__rows_options wanted = VAE__ROWS_VALUES(call);
    int status = vae__check_rows(call, &wanted);
    if (!status)
        status = vae__check_results(call, out, VAE__LATENTS_FILE, false);
    if (!status)
        status = vae__check_apart(call, "out", out->text, "data", data->texts, data->count);
    return status ? status : vae__work_on_rows(call, &wanted, encode);
}

const vae__command vae__command_encode = {
    .name = "encode",
    .summary = "encode data: mean and log-variance of q(z|x) of each row",
    .usage = "FILE.h5 --data SRC --out OUT.h5 [options]",
    .argument = "FILE.h5",
    .options = options,
    .notes =
        "Data that training binarised is encoded grey. A class is written as text where its levels are words, else "
        "as whole numbers; row is the number that a row has in the source, from 0.\n" VAE__PLACES_NOTE,
    .run = run,
};
