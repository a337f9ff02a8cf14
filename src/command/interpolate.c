/* vae interpolate: from one example to another, through z. */
#include <inttypes.h>
#include <string.h>

#include "src/command/rows.h"
#include "src/command/walk.h"

enum { VAE__ROWS_NAMES, PICTURE, OUT, FROM, TO, STEPS, PATH, AT, THREADS };

static const vae__option options[] = {
    VAE__ROWS_OPTIONS,
    [PICTURE] = VAE__WALK_PICTURE_OPTION,
    [OUT] = VAE__WALK_OUT_OPTION("x, z, t, from and to"),
    [FROM] = { "from", "ROW,ROW...", VAE__TEXT, "rows of the source, from 0: where each row of the picture begins",
               NULL, 0, 0 },
    [TO] = { "to", "ROW,ROW...", VAE__TEXT, "as many: where it ends", NULL, 0, 0 },
    [STEPS] = { "steps", "N", VAE__WHOLE, "pictures of a pair, both ends among them", "10", 2, VAE__STEPS_MOST },
    [PATH] = { "path", "linear|spherical", VAE__TEXT, "straight, or along the arc between them", "linear", 0, 0 },
    [AT] = VAE__AT_OPTION,
    [THREADS] = VAE__THREADS_OPTION,
    { .name = NULL },
};
VAE__CHECK_OPTIONS(options);

static const char *const paths[] = { [VAE_PATH_LINEAR] = "linear", [VAE_PATH_SPHERICAL] = "spherical" };
enum { PATHS = sizeof paths / sizeof *paths };

static int find_path(const vae__call *call)
{
    int path = 0;
    while (path < PATHS && strcmp(call->values[PATH].text, paths[path]))
        path++;
    return path;
}

static vae__walk_files files_of(const vae__call *call)
{
    return (vae__walk_files){ &call->values[PICTURE], &call->values[OUT], VAE__INTERPOLATION_FILE };
}

static int parse_pairs(const vae__call *call, vae__list *from, vae__list *to)
{
    if (!call->values[FROM].given || !call->values[TO].given)
        return vae__wrong_usage(call, "expected --from ROW and --to ROW, found %s",
                                call->values[FROM].given ? "no --to"
                                : call->values[TO].given ? "no --from"
                                                         : "none");
    int status = vae__parse_list(call, "from", &call->values[FROM], from);
    if (!status)
        status = vae__parse_list(call, "to", &call->values[TO], to);
    if (status || from->count == to->count)
        return status;
    return vae__wrong_usage(call, "--to: expected %" PRId64 " rows, as many as --from has, found %" PRId64, from->count,
                            to->count);
}

static int interpolate_at(const vae__call *call, const vae__rows *rows, const vae__settings *settings)
{
    const vae__walk_files files = files_of(call);
    vae__list from, to;
    int exit_status = parse_pairs(call, &from, &to), path = find_path(call);
    if (exit_status)
        return exit_status;
    const vae_interpolation_options wanted = { .split = rows->split,
                                               .from = from.numbers,
                                               .to = to.numbers,
                                               .pairs = from.count,
                                               .steps = call->values[STEPS].whole,
                                               .path = (vae_path)path,
                                               .conditions = vae__walk_conditions(settings),
                                               .threads = (int)call->values[THREADS].whole };
    vae_walk walk = { .kind = VAE_RESULTS_INTERPOLATION };
    char what[160], counted[64];
    vae_status status = vae__check_walk_grid(&files, rows->model, wanted.pairs, wanted.steps);
    if (!status.code)
        status = vae_interpolate(rows->model, rows->data, &wanted, &walk);
    snprintf(what, sizeof what, "%s of %s in %" PRId64 " steps, %s", vae__counted(counted, wanted.pairs, "pair"),
             vae_split_name(rows->split), wanted.steps, paths[path]);
    exit_status =
        status.code ? vae__failed_status(call, status) : vae__save_walk(call, &files, rows->model, &walk, what);
    vae_walk_free(&walk);
    return exit_status;
}

static int interpolate(const vae__call *call, const vae__rows *rows)
{
    vae__settings settings;
    int status =
        vae__parse_settings_of(call, "at", &call->values[AT], vae_model_declaration(rows->model), 1, &settings);
    if (!status)
        status = interpolate_at(call, rows, &settings);
    vae__settings_free(&settings);
    return status;
}

static int run(const vae__call *call)
{
    const vae__walk_files files = files_of(call);
    const vae__rows_options wanted = VAE__ROWS_VALUES(call);
    vae__list from, to;
    int status = vae__check_rows(call, &wanted);
    if (!status)
        status = parse_pairs(call, &from, &to);
    if (!status && find_path(call) == PATHS)
        status = vae__wrong_usage(call, "--path: expected linear or spherical, found \"%s\"", call->values[PATH].text);
    if (!status)
        status = vae__check_walk_files(call, &files, &call->values[DATA]);
    return status ? status : vae__work_on_rows(call, &wanted, interpolate);
}

const vae__command vae__command_interpolate = {
    .name = "interpolate",
    .summary = "what lies in z between two examples, as a picture",
    .usage = "FILE.h5 --data SRC --from ROW --to ROW --picture FILE.png [options]",
    .argument = "FILE.h5",
    .options = options,
    .notes =
        "The way goes between the means of q(z|x) of the two rows, each encoded with its own conditions; what is seen "
        "is the mean of p(x|z) with those of the first row, or what --at says: NAME=VALUE, of a class its level, of d "
        "values d numbers with commas between. Rows are numbered as encode writes them.\n" VAE__PLACES_NOTE,
    .run = run,
};
