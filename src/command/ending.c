/* The end of a run: lines for a person, or JSON. */
#include "src/command/ending.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "src/command/json.h"

/* A figure from the history; NaN where there is none. */
static double figure_at(const vae_training *training, const char *name, int64_t row)
{
    for (int i = 0; row >= 0 && i < vae_history_columns(training); i++) {
        vae_history_column column = vae_history_column_at(training, i);
        if (!strcmp(column.name, name))
            return column.values[row];
    }
    return NAN;
}

static double last_figure(const vae_training *training, const char *name)
{
    return figure_at(training, name, vae_history_rows(training) - 1);
}

void vae__tell_best(const vae__ending *ending)
{
    const vae_training *training = ending->training;
    const int64_t row = vae_history_best(training);
    const double epoch = figure_at(training, "epoch", row), elbo = figure_at(training, "validation/elbo", row);
    if (ending->early && row >= 0)
        vae__line(ending->lines, "stopped early: best epoch %.0f of %" PRId64 ", validation elbo %.2f", epoch,
                  vae_training_where(training).epoch, elbo);
    else if (ending->early)
        vae__line(ending->lines, "stopped early: of %" PRId64 " epochs none has a validation elbo that is a number",
                  vae_training_where(training).epoch);
    if (ending->best && ending->best_kept)
        vae__line(ending->lines, "best    %s: epoch %.0f, validation elbo %.2f", ending->best, epoch, elbo);
    else if (ending->best && row >= 0)
        vae__line(ending->lines, "best    epoch %.0f, validation elbo %.2f: none of this run's is better", epoch, elbo);
}

void vae__tell_json(const vae__ending *ending)
{
    vae_training *training = ending->training;
    const vae_training_state where = vae_training_where(training);
    const int64_t best = vae_history_best(training);
    vae__json json = { .file = stdout };
    vae__json_object(&json, NULL);
    vae__json_text(&json, "model", vae_model_declaration(vae_training_model(training))->name);
    vae__json_whole(&json, "parameters", vae__parameter_count(vae_training_model(training)));
    vae__json_text(&json, "data", where.source);
    vae__json_whole(&json, "epochs", where.epoch);
    vae__json_whole(&json, "steps", where.step);
    vae__json_real(&json, "elbo", last_figure(training, "train/elbo"));
    vae__json_real(&json, "reconstruction", last_figure(training, "train/reconstruction"));
    vae__json_real(&json, "kl", last_figure(training, "train/kl"));
    vae__json_real(&json, "objective", last_figure(training, ending->objective ? "train/objective" : "train/elbo"));
    vae__json_real(&json, "validation_elbo", last_figure(training, "validation/elbo"));
    vae__json_real(&json, "best_epoch", figure_at(training, "epoch", best));
    vae__json_real(&json, "best_validation_elbo", figure_at(training, "validation/elbo", best));
    vae__json_real(&json, "seconds", ending->seconds);
    vae__json_truth(&json, "stopped", ending->stopped);
    vae__json_truth(&json, "stopped_early", ending->early);
    vae__json_text(&json, "path", ending->path);
    vae__json_text(&json, "best_path", ending->best_kept ? ending->best : NULL);
    vae__json_finish(&json);
}
