/* The record of a training: making, freeing and asking it. Its history is a table of fixed columns. */
#include "src/checkpoint/training.h"

#include <string.h>

#include "src/base/memory.h"
#include "src/base/status.h"

#define NATS "nats per example"

const vae__history_name vae__history_names[VAE__MAX_COLUMNS] = {
    [VAE__STEP] = { "step", "steps", "optimiser steps done when the row was written" },
    [VAE__EXAMPLES_SEEN] = { "examples_seen", "examples", "training examples seen until then, repetitions counted" },
    [VAE__EPOCH] = { "epoch", "epochs", "passes over the training rows done" },
    [VAE__TRAIN_ELBO] = { "train/elbo", NATS,
                          "evidence lower bound = reconstruction - kl, mean over the epoch's training examples" },
    [VAE__TRAIN_RECONSTRUCTION] = { "train/reconstruction", NATS,
                                    "E log p(x|z), mean over the epoch's training examples" },
    [VAE__TRAIN_KL] = { "train/kl", NATS, "KL(q(z|x) || p(z)), mean over the epoch's training examples" },
    [VAE__VALIDATION_ELBO] = { "validation/elbo", NATS,
                               "evidence lower bound = reconstruction - kl, mean over the validation examples" },
    [VAE__VALIDATION_RECONSTRUCTION] = { "validation/reconstruction", NATS,
                                         "E log p(x|z), mean over the validation examples" },
    [VAE__VALIDATION_KL] = { "validation/kl", NATS, "KL(q(z|x) || p(z)), mean over the validation examples" },
    [VAE__LEARNING_RATE] = { "learning_rate", "", "the optimiser's learning rate of the epoch's last step" },
    [VAE__SECONDS] = { "seconds", "s", "time spent in training until then" },
};

vae_status vae__training_make(vae_model **model, vae_training **training)
{
    vae_training *made = NULL;
    *training = NULL;
    VAE__TRY(vae__allocate("a training", 1, sizeof *made, &made));
    size_t size = (size_t)vae_store_size((*model)->store);
    vae_status status = vae__allocate("the optimiser's moments", size, sizeof(float), &made->first_moment);
    if (!status.code)
        status = vae__allocate("the optimiser's moments", size, sizeof(float), &made->second_moment);
    if (!status.code)
        status = vae__copy_string("", &made->command_line);
    if (!status.code)
        status = vae__copy_string("", &made->source);
    if (status.code) {
        vae_training_free(&made);
        return status;
    }
    made->model = *model;
    *model = NULL;
    *training = made;
    return status;
}

void vae_training_free(vae_training **training)
{
    if (!training || !*training)
        return;
    vae_training *old = *training;
    vae_model_free(&old->model);
    vae__free(old->command_line);
    vae__free(old->source);
    vae__free(old->first_moment);
    vae__free(old->second_moment);
    for (int i = 0; i < VAE__MAX_COLUMNS; i++)
        vae__free(old->history.columns[i]);
    vae__free(old);
    *training = NULL;
}

vae_model *vae_training_model(vae_training *training)
{
    return training ? training->model : NULL;
}

vae_training_state vae_training_where(const vae_training *training)
{
    vae_training_state state = { .command_line = "", .source = "", .digest = "" };
    if (!training)
        return state;
    state.epoch = training->epoch;
    state.step = training->step;
    state.batch_size = training->batch_size;
    state.learning_rate = training->learning_rate;
    state.seed = training->seed;
    if (training->command_line)
        state.command_line = training->command_line;
    if (training->source)
        state.source = training->source;
    state.digest = training->digest;
    memcpy(state.rows, training->rows, sizeof state.rows);
    state.validation_held_out = training->validation_held_out;
    return state;
}

int64_t vae_history_rows(const vae_training *training)
{
    return training ? training->history.rows : 0;
}

int vae_history_columns(const vae_training *training)
{
    int count = 0;
    for (int i = 0; training && i < VAE__MAX_COLUMNS; i++)
        count += training->history.columns[i] != NULL;
    return count;
}

vae_history_column vae_history_column_at(const vae_training *training, int index)
{
    for (int i = 0; training && i < VAE__MAX_COLUMNS; i++)
        if (training->history.columns[i] && !index--)
            return (vae_history_column){ .name = vae__history_names[i].name,
                                         .units = vae__history_names[i].units,
                                         .values = training->history.columns[i] };
    return (vae_history_column){ .name = "", .units = "" };
}

static void drop_columns(vae__history *history)
{
    for (int i = 0; i < VAE__MAX_COLUMNS; i++) {
        vae__free(history->columns[i]);
        history->columns[i] = NULL;
    }
    history->capacity = 0;
}

/* Every column grows before any is written, so that a failure leaves the rows as they were. Columns that grew before
 * the failure only have more room than history->capacity says. */
static vae_status make_room(vae__history *history, const bool *present)
{
    if (!history->rows)
        drop_columns(history);
    size_t grown = history->capacity, needed = history->rows ? (size_t)history->rows + 1 : 16;
    for (int i = 0; i < VAE__MAX_COLUMNS; i++) {
        size_t capacity = history->capacity;
        if (present[i])
            VAE__TRY(vae__grow("the history", &history->columns[i], &capacity, needed, sizeof(double)));
        if (present[i])
            grown = capacity;
    }
    history->capacity = grown;
    return vae__ok();
}

vae_status vae__history_append(vae__history *history, const bool *present, const double *values)
{
    if (!present[0])
        return vae__error(VAE_ERROR_ARGUMENT, "the history: expected a row with %s, found none",
                          vae__history_names[0].name);
    for (int i = 0; history->rows && i < VAE__MAX_COLUMNS; i++)
        if (present[i] != (history->columns[i] != NULL))
            return vae__error(VAE_ERROR_ARGUMENT, "the history: a row %s %s, and the rows before it %s",
                              present[i] ? "has" : "lacks", vae__history_names[i].name,
                              present[i] ? "do not" : "have it");
    VAE__TRY(make_room(history, present));
    for (int i = 0; i < VAE__MAX_COLUMNS; i++)
        if (present[i])
            history->columns[i][history->rows] = values[i];
    history->rows++;
    return vae__ok();
}
