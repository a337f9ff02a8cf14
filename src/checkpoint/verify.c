/* Verifying a checkpoint: what reading does not ask, because a model with such values can still be looked at. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <vae/checkpoint.h>

#include "src/base/status.h"
#include "src/checkpoint/training.h"

/* ---- Values ------------------------------------------------------------------------------------------------------ */

/* An array that is laid out as the store's tensors are, and the group that it lies in. */
typedef struct laid_out {
    const char *group;
    const float *values;
    bool trainable, negative; /* negative: its values may be below 0 */
} laid_out;

static vae_status check_tensor(const char *path, const laid_out *of, const vae_tensor *tensor)
{
    for (int64_t i = 0; i < tensor->size; i++) {
        float value = of->values[tensor->offset + i];
        if (!isfinite(value) || (!of->negative && value < 0))
            return vae__error(VAE_ERROR_FORMAT, "%s: %s/%s: expected finite numbers%s, found %g in place %" PRId64,
                              path, of->group, tensor->name, of->negative ? "" : " from 0 on", (double)value, i);
    }
    return vae__ok();
}

static vae_status check_values(const char *path, const vae_store *store, const laid_out *of)
{
    for (int i = 0; i < vae_store_count(store); i++) {
        const vae_tensor *tensor = vae_store_tensor(store, i);
        if (tensor->trainable == of->trainable)
            VAE__TRY(check_tensor(path, of, tensor));
    }
    return vae__ok();
}

static vae_status check_all_values(const char *path, const vae_training *training)
{
    vae_store *store = training->model->store;
    const laid_out arrays[] = {
        { "/parameters", vae_store_parameters(store), true, true },
        { "/state", vae_store_state(store), false, true },
    };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        VAE__TRY(check_values(path, store, &arrays[i]));
    const vae__optimizer *optimizer = training->method.optimizer.row;
    for (int i = 0; i < VAE__STATES && training->states[i]; i++) {
        char group[64];
        snprintf(group, sizeof group, "/optimizer/%.40s", optimizer->states[i].name);
        VAE__TRY(
            check_values(path, store, &(laid_out){ group, training->states[i], true, !optimizer->states[i].squares }));
    }
    return vae__ok();
}

/* ---- The history ------------------------------------------------------------------------------------------------- */

/* What grows from row to row, and where it ends. */
typedef struct ordered {
    int column;
    bool strictly;
    double last;
} ordered;

static vae_status check_column(const char *path, const vae__history *history, const ordered *order)
{
    const double *values = history->columns[order->column];
    double before = order->strictly ? -1 : 0;
    for (int64_t row = 0; values && row < history->rows; before = values[row++]) {
        bool grows = order->strictly ? values[row] > before : values[row] >= before;
        if (!grows || !(values[row] <= order->last))
            return vae__error(VAE_ERROR_FORMAT,
                              "%s: /history/%s: row %" PRId64 ": expected %s %.15g and at most %.15g, found %.15g",
                              path, vae__history_names[order->column].name, row,
                              order->strictly ? "more than" : "at least", before, order->last, values[row]);
    }
    return vae__ok();
}

static vae_status check_history(const char *path, const vae_training *training)
{
    const ordered order[] = {
        { VAE__STEP, true, (double)training->step },
        { VAE__EXAMPLES_SEEN, true, 0x1p63 },
        { VAE__EPOCH, true, (double)training->epoch },
        { VAE__SECONDS, false, HUGE_VAL },
    };
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        VAE__TRY(check_column(path, &training->history, &order[i]));
    return vae__ok();
}

static vae_status check_partial(const char *path, const vae_training *training)
{
    const vae__partial *partial = &training->partial;
    if (isfinite(partial->reconstruction) && isfinite(partial->kl))
        return vae__ok();
    return vae__error(VAE_ERROR_FORMAT,
                      "%s: /training/partial_reconstruction and partial_kl: expected finite sums, found %g and %g",
                      path, partial->reconstruction, partial->kl);
}

vae_status vae_checkpoint_verify(const char *path, const vae_catalogue *catalogue)
{
    vae_training *training = NULL;
    VAE__TRY(vae_checkpoint_load(path, catalogue, &training));
    vae_status status = check_all_values(path, training);
    if (!status.code)
        status = check_history(path, training);
    if (!status.code)
        status = check_partial(path, training);
    vae_training_free(&training);
    return status;
}
