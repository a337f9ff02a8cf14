/* vae manifold: a plane of z through the inverse Gaussian distribution function. */
#include <inttypes.h>

#include "src/command/walk.h"

enum { PICTURE, OUT, GRID, DIMENSIONS, CONDITION, THREADS, WEIGHTS };

static const vae__option options[] = {
    [PICTURE] = VAE__WALK_PICTURE_OPTION,
    [OUT] = VAE__WALK_OUT_OPTION("x, z and place, the point of the unit square"),
    [GRID] = { "grid", "N", VAE__WHOLE, "points of each side", "20", 2, 1000 },
    [DIMENSIONS] = { "dimensions", "A,B", VAE__TEXT, "two dimensions of z: to the right and upwards; others are 0",
                     "0,1", 0, 0 },
    [CONDITION] = { "condition", "NAME=VALUE", VAE__TEXTS, "what the condition NAME is; may be repeated", NULL, 0, 0 },
    [THREADS] = VAE__THREADS_OPTION,
    [WEIGHTS] = VAE__WEIGHTS_OPTION,
    { .name = NULL },
};
VAE__CHECK_OPTIONS(options);

static vae__walk_files files_of(const vae__call *call)
{
    return (vae__walk_files){ &call->values[PICTURE], &call->values[OUT], VAE__MANIFOLD_FILE };
}

static int draw(const vae__call *call, const vae_model *model, const vae__settings *settings)
{
    const vae__walk_files files = files_of(call);
    vae__list dimensions;
    int64_t grid = call->values[GRID].whole;
    int exit_status = vae__parse_list(call, "dimensions", &call->values[DIMENSIONS], &dimensions);
    if (exit_status)
        return exit_status;
    if (!dimensions.count)
        dimensions = (vae__list){ { 0, 1 }, 2 };
    if (dimensions.count != 2 || dimensions.numbers[0] == dimensions.numbers[1])
        return vae__wrong_usage(call, "--dimensions: expected two dimensions of z, found \"%s\"",
                                call->values[DIMENSIONS].text);
    const vae_manifold_options wanted = { .steps = grid,
                                          .dimensions = { dimensions.numbers[0], dimensions.numbers[1] },
                                          .conditions = vae__walk_conditions(settings),
                                          .threads = (int)call->values[THREADS].whole };
    vae_walk walk = { .kind = VAE_RESULTS_MANIFOLD };
    char what[160];
    vae_status status = vae__check_walk_grid(&files, model, grid, grid);
    if (!status.code)
        status = vae_manifold(model, &wanted, &walk);
    snprintf(what, sizeof what, "%" PRId64 " × %" PRId64 " points of %.64s, dimensions %" PRId64 " and %" PRId64, grid,
             grid, vae_model_declaration(model)->name, dimensions.numbers[0], dimensions.numbers[1]);
    exit_status = status.code ? vae__failed_status(call, status) : vae__save_walk(call, &files, model, &walk, what);
    vae_walk_free(&walk);
    return exit_status;
}

static int draw_from(const vae__call *call, const vae_model *model)
{
    const vae_model_spec *spec = vae_model_declaration(model);
    vae__settings settings;
    int status = vae__parse_settings(call, &call->values[CONDITION], spec, 1, &settings);
    if (!status)
        status = vae__check_walk_given(call, "condition", spec, &settings, false);
    if (!status)
        status = draw(call, model, &settings);
    vae__settings_free(&settings);
    return status;
}

static int run(const vae__call *call)
{
    const vae__walk_files files = files_of(call);
    vae_training *training = NULL;
    int status = vae__check_walk_files(call, &files, NULL);
    if (!status)
        status = vae__open_weights(call, call->argument, &call->values[WEIGHTS], &training);
    if (!status)
        status = draw_from(call, vae_training_model(training));
    vae_training_free(&training);
    return status;
}

const vae__command vae__command_manifold = {
    .name = "manifold",
    .summary = "what lies where in two dimensions of z, as a picture",
    .usage = "FILE.h5 --picture FILE.png [options]",
    .argument = "FILE.h5",
    .options = options,
    .notes =
        "The middles of a grid of the unit square go through the inverse Gaussian distribution function to z, so that "
        "each picture stands for as much of the prior as any other (Kingma, Welling 2014, figure 4); what is seen is "
        "the mean of p(x|z). A condition is typed as NAME=VALUE: of a class its level, of d values d numbers with "
        "commas between.\n",
    .run = run,
};
