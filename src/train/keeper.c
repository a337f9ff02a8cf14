/* The keeper of a run's checkpoint. */
#include "src/train/keeper.h"

#include <inttypes.h>
#include <string.h>
#include <vae/checkpoint.h>

#include "src/base/file.h"
#include "src/base/parallel.h"
#include "src/base/status.h"
#include "src/checkpoint/training.h"

/* What looks at validation needs rows for it. */
static vae_status check_validated(const vae_train_options *options, const vae_training *training)
{
    if (options->patience < 0)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a patience of 0 epochs or more, found %" PRId64,
                          options->patience);
    if (training->rows[VAE_VALIDATION] > 0 || !(options->patience || options->best))
        return vae__ok();
    return vae__error(VAE_ERROR_ARGUMENT, "%s: expected validation rows to compare epochs by, found none",
                      options->patience ? "early stopping" : "keeping the best epoch");
}

static vae_status check_best(const vae_train_options *options)
{
    bool same = false;
    if (options->best && options->checkpoint)
        VAE__TRY(vae__file_is_same(options->best, options->checkpoint, &same));
    if (!same)
        return vae__ok();
    return vae__error(VAE_ERROR_ARGUMENT,
                      "%s: expected a file for the best epoch that is not that of the checkpoint, found the same",
                      options->best);
}

static vae_status check(const vae_train_options *options)
{
    const bool set[] = { options->checkpoint_steps != 0, options->checkpoint_seconds != 0,
                         options->checkpoint_epochs != 0 };
    if (options->checkpoint_steps >= 0 && options->checkpoint_seconds >= 0 && options->checkpoint_epochs >= 0 &&
        set[0] + set[1] + set[2] <= 1)
        return vae__ok();
    return vae__error(VAE_ERROR_ARGUMENT,
                      "expected one of checkpoint_steps, checkpoint_seconds and checkpoint_epochs above 0 at most, and "
                      "the others 0, found %" PRId64 ", %g and %" PRId64,
                      options->checkpoint_steps, options->checkpoint_seconds, options->checkpoint_epochs);
}

vae_status vae__keeper_begin(vae__keeper *keeper, const vae_train_options *options, const vae_training *training)
{
    *keeper = (vae__keeper){
        .options = options, .tried = training->step, .tried_at = vae__seconds(), .saved_step = -1, .best_step = -1
    };
    VAE__TRY(check(options));
    VAE__TRY(check_validated(options, training));
    return check_best(options);
}

vae_status vae__keeper_check_writable(const vae__keeper *keeper)
{
    const char *const paths[] = { keeper->options->checkpoint, keeper->options->best };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (paths[i])
            VAE__TRY(vae__file_check_writable(paths[i]));
    return vae__ok();
}

bool vae__keeper_due(const vae__keeper *keeper, const vae_training *training, vae__keeper_place place)
{
    const vae_train_options *options = keeper->options;
    if (!options->checkpoint)
        return false;
    if (place == VAE__ALL_DONE)
        return true;
    if (options->checkpoint_steps)
        return training->step % options->checkpoint_steps == 0;
    if (options->checkpoint_seconds > 0)
        return vae__seconds() - keeper->tried_at >= options->checkpoint_seconds;
    return place == VAE__EPOCH_DONE &&
           (!options->checkpoint_epochs || training->epoch % options->checkpoint_epochs == 0);
}

/* After such a failure the new file stands at its path, and only a machine that stops may lose it. */
static bool is_written(vae_status status)
{
    return !status.code || strstr(status.message, ": is written, but ");
}

vae_status vae__keeper_save(vae__keeper *keeper, vae_training *training)
{
    vae_status status = vae_checkpoint_save(training, keeper->options->checkpoint);
    keeper->tried = training->step;
    keeper->tried_at = vae__seconds();
    if (is_written(status))
        keeper->saved_step = training->step;
    return status;
}

void vae__keeper_try(vae__keeper *keeper, vae_training *training)
{
    vae_status status = vae__keeper_save(keeper, training);
    if (status.code)
        keeper->failure = status;
}

void vae__keeper_best(vae__keeper *keeper, const vae_training *training)
{
    if (!keeper->options->best || vae_history_best(training) != training->history.rows - 1)
        return;
    const vae_status status = vae_checkpoint_save(training, keeper->options->best);
    if (is_written(status))
        keeper->best_step = training->step;
    if (status.code)
        keeper->best_failure = status;
}

void vae__keeper_ask(vae__keeper *keeper, vae_training *training)
{
    keeper->asked = keeper->options->checkpoint != NULL;
    if (keeper->asked && training->step != keeper->tried)
        vae__keeper_try(keeper, training);
}
