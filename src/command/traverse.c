/* vae traverse: one dimension of z at a time. */
#include <inttypes.h>

#include "src/command/rows.h"
#include "src/command/walk.h"

enum { VAE__ROWS_NAMES, PICTURE, OUT, ROW, FROM, TO, STEPS, DIMENSIONS, MOST, AT, THREADS };

static const vae__option options[] = {
    VAE__ROWS_OPTIONS,
    [PICTURE] = VAE__WALK_PICTURE_OPTION,
    [OUT] = VAE__WALK_OUT_OPTION("x, z, value, dimension and kl"),
    [ROW] = { "row", "ROW", VAE__WHOLE, "a row of the source, from 0: its mean of q(z|x) is where z starts [z = 0]",
              NULL, 0, VAE__WHOLE_MAX },
    [FROM] = { "from", "Z", VAE__REAL, "the first value of a dimension", "-3", -100, 100 },
    [TO] = { "to", "Z", VAE__REAL, "the last one", "3", -100, 100 },
    [STEPS] = { "steps", "N", VAE__WHOLE, "values of a dimension", "11", 2, VAE__STEPS_MOST },
    [DIMENSIONS] = { "dimensions", "A,B...", VAE__TEXT,
                     "dimensions of z, a row of the picture each [all; with data those of the largest KL first]", NULL,
                     0, 0 },
    [MOST] = { "most", "K", VAE__WHOLE, "with data, the K dimensions of the largest KL alone", NULL, 1, 1e6 },
    [AT] = VAE__AT_OPTION,
    [THREADS] = VAE__THREADS_OPTION,
    { .name = NULL },
};
VAE__CHECK_OPTIONS(options);

static vae__walk_files files_of(const vae__call *call)
{
    return (vae__walk_files){ &call->values[PICTURE], &call->values[OUT], VAE__TRAVERSAL_FILE };
}

/* Which row of the picture is which dimension. */
static void tell_dimensions(const vae_walk *walk)
{
    for (int64_t row = 0; row < walk->samples.rows; row++) {
        int64_t first = row * walk->samples.columns;
        if (walk->kl)
            vae__line(stdout, "  dimension %-4" PRId64 " kl %.4f nats", walk->dimension[first], walk->kl[first]);
        else
            vae__line(stdout, "  dimension %" PRId64, walk->dimension[first]);
    }
}

static int draw(const vae__call *call, const vae__rows *rows, const vae_traversal_options *wanted)
{
    const vae__walk_files files = files_of(call);
    vae_walk walk = { .kind = VAE_RESULTS_TRAVERSAL };
    int64_t size = vae_model_declaration(rows->model)->latents[0].size;
    int64_t count = wanted->dimensions                    ? wanted->dimension_count
                    : wanted->most && wanted->most < size ? wanted->most
                                                          : size;
    char what[160], counted[64];
    vae_status status = vae__check_walk_grid(&files, rows->model, count, wanted->steps);
    if (!status.code)
        status = vae_traverse(rows->model, rows->data, wanted, &walk);
    if (wanted->context)
        vae__bar_clear(&((vae__counting *)wanted->context)->bar);
    snprintf(what, sizeof what, "%s of z in %" PRId64 " steps from %g to %g", vae__counted(counted, count, "dimension"),
             wanted->steps, wanted->low, wanted->high);
    int exit_status =
        status.code ? vae__failed_status(call, status) : vae__save_walk(call, &files, rows->model, &walk, what);
    if (!exit_status)
        tell_dimensions(&walk);
    vae_walk_free(&walk);
    return exit_status;
}

static int traverse_at(const vae__call *call, const vae__rows *rows, const vae__settings *settings)
{
    vae__counting counting = vae__counting_new("encoding");
    vae__list dimensions;
    int status = vae__parse_list(call, "dimensions", &call->values[DIMENSIONS], &dimensions);
    const vae_traversal_options wanted = { .steps = call->values[STEPS].whole,
                                           .low = call->values[FROM].real,
                                           .high = call->values[TO].real,
                                           .dimensions = dimensions.count ? dimensions.numbers : NULL,
                                           .dimension_count = dimensions.count,
                                           .most = call->values[MOST].whole,
                                           .split = rows->split,
                                           .has_row = call->values[ROW].given,
                                           .row = call->values[ROW].whole,
                                           .conditions = vae__walk_conditions(settings),
                                           .threads = (int)call->values[THREADS].whole,
                                           .progress = rows->data ? vae__count_rows : NULL,
                                           .context = rows->data ? &counting : NULL };
    if (!status)
        status = vae__check_walk_given(call, "at", vae_model_declaration(rows->model), settings, wanted.has_row);
    return status ? status : draw(call, rows, &wanted);
}

static int traverse(const vae__call *call, const vae__rows *rows)
{
    vae__settings settings;
    int status =
        vae__parse_settings_of(call, "at", &call->values[AT], vae_model_declaration(rows->model), 1, &settings);
    if (!status)
        status = traverse_at(call, rows, &settings);
    vae__settings_free(&settings);
    return status;
}

static int traverse_without_data(const vae__call *call)
{
    vae__rows rows = { .data = NULL };
    int status = vae__open_weights(call, call->argument, &call->values[WEIGHTS], &rows.training);
    if (!status) {
        rows.model = vae_training_model(rows.training);
        status = traverse(call, &rows);
    }
    vae_training_free(&rows.training);
    return status;
}

/* What only data has. */
static int check_without_data(const vae__call *call)
{
    static const int wants[] = { X, CONDITION, MASK, EXTERNAL, SKIP_BROKEN, SPLIT, ROW, MOST };
    for (size_t i = 0; i < sizeof wants / sizeof *wants; i++)
        if (call->values[wants[i]].given)
            return vae__wrong_usage(call, "--%s: expected --data SRC beside it, found none", options[wants[i]].name);
    return VAE__EXIT_DONE;
}

static int check_values(const vae__call *call)
{
    if (call->values[DIMENSIONS].given && call->values[MOST].given)
        return vae__wrong_usage(call, "expected --dimensions or --most, found both");
    double difference = call->values[TO].real - call->values[FROM].real;
    if (difference > 0 || difference < 0)
        return VAE__EXIT_DONE;
    return vae__wrong_usage(call, "--to: expected another number than --from has, found %g", call->values[TO].real);
}

static int run(const vae__call *call)
{
    const vae__walk_files files = files_of(call);
    const vae__rows_options wanted = VAE__ROWS_VALUES(call);
    bool has_data = call->values[DATA].given;
    int status = has_data ? vae__check_rows(call, &wanted) : check_without_data(call);
    if (!status)
        status = check_values(call);
    if (!status)
        status = vae__check_walk_files(call, &files, &call->values[DATA]);
    if (status)
        return status;
    return has_data ? vae__work_on_rows(call, &wanted, traverse) : traverse_without_data(call);
}

const vae__command vae__command_traverse = {
    .name = "traverse",
    .summary = "what each dimension of z does, as a picture",
    .usage = "FILE.h5 [--data SRC] --picture FILE.png [options]",
    .argument = "FILE.h5",
    .options = options,
    .notes =
        "In a row of the picture one dimension goes from --from to --to, and the others stay where they start. With "
        "data, dimensions have their mean KL(q(z|x) || p(z)), in nats, by which they are sorted. Conditions are "
        "those of --row, or what --at says: NAME=VALUE, of a class its level, of d values d numbers with commas "
        "between.\n" VAE__PLACES_NOTE,
    .run = run,
};
