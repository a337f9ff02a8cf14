/* The keeper of a run's checkpoint. */
#include "src/train/keeper.h"

#include <inttypes.h>
#include <string.h>
#include <vae/checkpoint.h>

#include "src/base/parallel.h"
#include "src/base/status.h"
#include "src/checkpoint/training.h"

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
    *keeper =
        (vae__keeper){ .options = options, .tried = training->step, .tried_at = vae__seconds(), .saved_step = -1 };
    return check(options);
}

bool vae__keeper_due(const vae__keeper *keeper, const vae_training *training, bool epoch_done)
{
    const vae_train_options *options = keeper->options;
    if (!options->checkpoint)
        return false;
    if (epoch_done && training->epoch >= options->epochs)
        return true;
    if (options->checkpoint_steps)
        return training->step % options->checkpoint_steps == 0;
    if (options->checkpoint_seconds > 0)
        return vae__seconds() - keeper->tried_at >= options->checkpoint_seconds;
    return epoch_done && (!options->checkpoint_epochs || training->epoch % options->checkpoint_epochs == 0);
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

void vae__keeper_ask(vae__keeper *keeper, vae_training *training)
{
    keeper->asked = keeper->options->checkpoint != NULL;
    if (keeper->asked && training->step != keeper->tried)
        vae__keeper_try(keeper, training);
}
