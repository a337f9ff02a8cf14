/* vae complete: samples at conditions that come from data, beside the truth. */
#include <inttypes.h>

#include "src/command/rows.h"
#include "src/command/walk.h"

enum { VAE__ROWS_NAMES, PICTURE, OUT, COUNT, ROWS, SAMPLES, DRAW, REGRESSOR, SEED, THREADS };

enum { COUNT_USUAL = 8, SAMPLES_USUAL = 8 };

static const vae__option options[] = {
    VAE__ROWS_OPTIONS,
    [PICTURE] = VAE__WALK_PICTURE_OPTION,
    [OUT] = VAE__WALK_OUT_OPTION("samples, truth, z, row, and what is given"),
    [COUNT] = { "count", "N", VAE__WHOLE, "the first N rows [8]", NULL, 1, VAE__WHOLE_MAX },
    [ROWS] = { "rows", "ROW,ROW...", VAE__TEXT, "these rows of the source, from 0, in this order", NULL, 0, 0 },
    [SAMPLES] = { "samples", "N", VAE__WHOLE, "samples of each row [8; a regression has one answer]", NULL, 1, 1e6 },
    [DRAW] = { "draw", NULL, VAE__FLAG, "draw x from p(x|z, conditions), else its mean is given", NULL, 0, 0 },
    [REGRESSOR] = { "regressor", "OTHER.h5", VAE__TEXT,
                    "a regression (objective none) of the same x by the same part of it: its answer stands beside",
                    NULL, 0, 0 },
    [SEED] = { "seed", "N", VAE__WHOLE, "of the draws", "0", 0, VAE__WHOLE_MAX },
    [THREADS] = VAE__THREADS_OPTION,
    { .name = NULL },
};
VAE__CHECK_OPTIONS(options);

/* What the work needs beside the rows. */
typedef struct wanted {
    vae_training *regressor; /* NULL: none */
    vae__list rows;
    int64_t count, samples; /* as they will be */
} wanted;

static vae__walk_files files_of(const vae__call *call)
{
    return (vae__walk_files){ &call->values[PICTURE], &call->values[OUT], VAE__COMPLETIONS_FILE };
}

static int save(const vae__call *call, const vae__rows *rows, const wanted *what, const vae_completions *found)
{
    const vae__value *const written[] = { &call->values[PICTURE], &call->values[OUT] };
    char counted[64], samples[64], shades[VAE__SHADES_TEXT];
    for (int i = 0; i < 2; i++) {
        if (!written[i]->given)
            continue;
        vae_status status = vae_completions_save(rows->model, found, written[i]->text);
        if (status.code)
            return vae__failed_status(call, status);
        vae__line(stdout, "%s: %s of %s, %s of each by %s%s%s%s", written[i]->text,
                  vae__counted(counted, found->count, "row"), vae_split_name(rows->split),
                  vae__counted(samples, found->samples, "sample"), vae_model_declaration(rows->model)->name,
                  what->regressor ? ", an answer by " : "",
                  what->regressor ? vae_model_declaration(vae_training_model(what->regressor))->name : "",
                  i ? "" : vae__shades_text(shades, vae_completions_shades(found)));
    }
    return VAE__EXIT_DONE;
}

static vae_status make(const vae__call *call, const vae__rows *rows, const wanted *what, vae_completions *found)
{
    vae__counting counting = vae__counting_new("completing");
    const vae__value *picture = &call->values[PICTURE];
    const vae_completion_options settings = {
        .split = rows->split,
        .rows = what->rows.count ? what->rows.numbers : NULL,
        .count = what->count,
        .samples = call->values[SAMPLES].whole,
        .draw = call->values[DRAW].given,
        .regressor = what->regressor ? vae_training_model(what->regressor) : NULL,
        .seed = (uint64_t)call->values[SEED].whole,
        .threads = (int)call->values[THREADS].whole,
        .progress = vae__count_rows,
        .context = &counting,
    };
    vae_status status = { .code = VAE_OK };
    if (picture->given)
        status = vae_completions_check(rows->model, what->count, what->samples, what->regressor != NULL, picture->text);
    if (!status.code)
        status = vae_complete(rows->model, rows->data, &settings, found);
    vae__bar_clear(&counting.bar);
    return status;
}

/* How many there will be, which a picture must have room for. */
static void measure(const vae__call *call, const vae__rows *rows, wanted *what)
{
    const int64_t all = vae_data_rows(rows->data, rows->split);
    const int64_t count = call->values[COUNT].given ? call->values[COUNT].whole : COUNT_USUAL;
    const bool regresses = !vae_model_declaration(rows->model)->latents[0].size;
    what->count = what->rows.count ? what->rows.count : count < all ? count : all;
    what->samples = call->values[SAMPLES].given              ? call->values[SAMPLES].whole
                    : regresses && !call->values[DRAW].given ? 1
                                                             : SAMPLES_USUAL;
}

static int complete(const vae__call *call, const vae__rows *rows)
{
    wanted what = { .regressor = NULL };
    vae_completions found = { .count = 0 };
    int exit_status = vae__parse_list(call, "rows", &call->values[ROWS], &what.rows);
    if (!exit_status && call->values[REGRESSOR].given)
        exit_status = vae__open_checkpoint(call, call->values[REGRESSOR].text, &what.regressor);
    if (!exit_status) {
        measure(call, rows, &what);
        vae_status status = make(call, rows, &what, &found);
        exit_status = status.code ? vae__failed_status(call, status) : save(call, rows, &what, &found);
    }
    vae_completions_free(&found);
    vae_training_free(&what.regressor);
    return exit_status;
}

static int run(const vae__call *call)
{
    const vae__walk_files files = files_of(call);
    const vae__rows_options data = VAE__ROWS_VALUES(call);
    vae__list rows;
    int status = vae__check_rows(call, &data);
    if (!status && call->values[COUNT].given && call->values[ROWS].given)
        status = vae__wrong_usage(call, "expected --count or --rows, found both");
    if (!status)
        status = vae__parse_list(call, "rows", &call->values[ROWS], &rows);
    if (!status)
        status = vae__check_walk_files(call, &files, &call->values[DATA]);
    return status ? status : vae__work_on_rows(call, &data, complete);
}

const vae__command vae__command_complete = {
    .name = "complete",
    .summary = "samples at conditions that come from data, a part of x among them, as a picture",
    .usage = "FILE.h5 --data SRC --picture FILE.png [options]",
    .argument = "FILE.h5",
    .options = options,
    .notes = "A row of the picture is an example: what is given of x, the rest grey (where no part of x is a condition "
             "there "
             "is no such column); the samples, means of p(x|z, conditions) for z from the prior; the regressor's "
             "answer; the "
             "truth. Rows are numbered as encode writes them, and a row's samples are its own, whatever else is asked "
             "for.\n" VAE__PLACES_NOTE,
    .run = run,
};
