/* The record of a training: making, freeing and asking it. Its history is a table of fixed columns. */
#include "src/checkpoint/training.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/checkpoint/layout.h"

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
    [VAE__TRAIN_OBJECTIVE] = { "train/objective", NATS,
                               "what was maximised, where that is not simply the elbo, mean over the epoch's training "
                               "examples" },
    [VAE__TRAIN_SKIPPED] = { "train/skipped", "steps",
                             "steps of the epoch that changed nothing, for a value or gradient was not finite" },
    [VAE__TRAIN_WEIGHT_PRIOR] = { "train/weight_prior", NATS,
                                  "log p(weights) / training rows, at the end of the epoch" },
    [VAE__VALIDATION_ELBO] = { "validation/elbo", NATS,
                               "evidence lower bound = reconstruction - kl, mean over the validation examples" },
    [VAE__VALIDATION_RECONSTRUCTION] = { "validation/reconstruction", NATS,
                                         "E log p(x|z), mean over the validation examples" },
    [VAE__VALIDATION_KL] = { "validation/kl", NATS, "KL(q(z|x) || p(z)), mean over the validation examples" },
    [VAE__LEARNING_RATE] = { "learning_rate", "1", "the optimiser's learning rate of the epoch's last step" },
    [VAE__SECONDS] = { "seconds", "s", "time spent in training until then" },
};

vae_status vae__training_make(vae_model **model, vae_training **training)
{
    vae_training *made = NULL;
    *training = NULL;
    VAE__TRY(vae__allocate("a training", 1, sizeof *made, &made));
    vae_status status = vae__copy_string("", &made->command_line);
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

static void free_states(float *states[VAE__STATES])
{
    for (int i = 0; i < VAE__STATES; i++) {
        vae__free(states[i]);
        states[i] = NULL;
    }
}

static void free_place(vae_training *training)
{
    vae__free(training->source);
    vae__free(training->sources);
    vae__free(training->x_path);
    vae__free(training->mask_path);
    for (int i = 0; i < VAE_MAX_CONDITIONS; i++)
        vae__free(training->condition_paths[i]);
}

void vae_training_free(vae_training **training)
{
    if (!training || !*training)
        return;
    vae_training *old = *training;
    vae_model_free(&old->model);
    vae__free(old->command_line);
    free_place(old);
    vae__free((char *)old->division.by);
    vae__free(old->splits);
    vae__free(old->method.optimizer_text);
    vae__free(old->method.schedule_text);
    free_states(old->states);
    for (int i = 0; i < VAE__MAX_COLUMNS; i++)
        vae__free(old->history.columns[i]);
    vae__free(old);
    *training = NULL;
}

/* ---- How steps are taken ----------------------------------------------------------------------------------------- */

static vae_status make_states(const vae_training *training, const vae__phrase *optimizer, float *states[VAE__STATES])
{
    const size_t size = (size_t)vae_store_size(training->model->store);
    for (int i = 0; i < vae__optimizer_states(optimizer); i++)
        VAE__TRY(vae__allocate("the optimiser's moments", size, sizeof(float), &states[i]));
    return vae__ok();
}

vae_status vae__training_take_optimizer(vae_training *training, const vae__phrase *optimizer)
{
    char printed[VAE__PHRASE_TEXT], *text = NULL;
    float *states[VAE__STATES] = { NULL };
    vae__phrase_print(&vae__optimizers, optimizer, printed);
    vae_status status = make_states(training, optimizer, states);
    if (!status.code)
        status = vae__copy_string(printed, &text);
    if (status.code) {
        free_states(states);
        return status;
    }
    free_states(training->states);
    vae__free(training->method.optimizer_text);
    memcpy(training->states, states, sizeof states);
    training->method.optimizer = *optimizer;
    training->method.optimizer_text = text;
    return status;
}

vae_status vae__training_take_schedule(vae_training *training, const vae__phrases *schedule)
{
    char printed[VAE__PHRASE_TEXT], *text = NULL;
    vae__phrases_print(&vae__schedules, schedule, printed);
    if (!schedule->count)
        snprintf(printed, sizeof printed, "%s", VAE__SCHEDULE_USUAL);
    VAE__TRY(vae__copy_string(printed, &text));
    vae__free(training->method.schedule_text);
    training->method.schedule = *schedule;
    training->method.schedule_text = text;
    return vae__ok();
}

int64_t vae__training_steps(const vae_training *training)
{
    const int64_t rows = training->rows[training->rows[VAE_ALL] ? VAE_ALL : VAE_TRAIN], batch = training->batch_size;
    return rows > 0 && batch > 0 ? (rows + batch - 1) / batch : 0;
}

double vae__training_rate(const vae_training *training, int64_t epoch, int64_t step)
{
    const vae__moment at = { epoch, step, vae__training_steps(training) };
    return training->learning_rate * vae__schedule_factor(&training->method.schedule, &at);
}

/* ---- Asking ------------------------------------------------------------------------------------------------------ */

vae_model *vae_training_model(vae_training *training)
{
    return training ? training->model : NULL;
}

vae_training_state vae_training_where(const vae_training *training)
{
    vae_training_state state = {
        .command_line = "", .source = "", .digest = "", .precision = "", .optimizer = "", .schedule = ""
    };
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
    state.sources = (const char *const *)training->sources;
    state.source_count = training->source_count;
    state.x_path = training->x_path;
    memcpy(state.condition_paths, training->condition_paths, sizeof state.condition_paths);
    state.mask_path = training->mask_path;
    state.allow_external = training->allow_external;
    state.division = training->division;
    state.epochs = training->epochs;
    state.precision = vae__precision_name(training->bf16);
    if (training->method.optimizer_text)
        state.optimizer = training->method.optimizer_text;
    if (training->method.schedule_text)
        state.schedule = training->method.schedule_text;
    if (training->method.optimizer.row)
        state.optimizer_states = vae__optimizer_states(&training->method.optimizer);
    state.clip_norm = training->method.clip_norm;
    state.clip_value = training->method.clip_value;
    state.weight_prior = training->method.weight_prior;
    return state;
}

const char *vae__precision_name(bool bf16)
{
    return bf16 ? "bf16" : "float32";
}

bool vae__precision_find(const char *name, bool *bf16)
{
    *bf16 = !strcmp(name, vae__precision_name(true));
    return *bf16 || !strcmp(name, vae__precision_name(false));
}

/* ---- The data ---------------------------------------------------------------------------------------------------- */

/* Texts in one piece of memory: pointers, then what they lead to. */
static vae_status copy_texts(const char *const *texts, int count, char ***copy)
{
    size_t pointers = (size_t)count * sizeof **copy, bytes = pointers;
    for (int i = 0; i < count; i++)
        bytes += strlen(texts[i]) + 1;
    VAE__TRY(vae__allocate("the sources", bytes, 1, copy));
    char *next = (char *)*copy + pointers;
    for (int i = 0; i < count; i++, next += strlen(next) + 1)
        (*copy)[i] = strcpy(next, texts[i]);
    return vae__ok();
}

static vae_status copy_if(const char *text, char **copy)
{
    *copy = NULL;
    return text ? vae__copy_string(text, copy) : vae__ok();
}

static vae_status copy_place(const vae__data_place *place, vae_training *fresh)
{
    VAE__TRY(vae__copy_string(place->source, &fresh->source));
    if (place->source_count)
        VAE__TRY(copy_texts(place->sources, place->source_count, &fresh->sources));
    VAE__TRY(copy_if(place->x_path, &fresh->x_path));
    VAE__TRY(copy_if(place->mask_path, &fresh->mask_path));
    for (int i = 0; i < VAE_MAX_CONDITIONS; i++)
        VAE__TRY(copy_if(place->condition_paths[i], &fresh->condition_paths[i]));
    return vae__ok();
}

vae_status vae__training_place(vae_training *training, const vae__data_place *place)
{
    vae_training fresh = { .model = NULL };
    vae_status status = copy_place(place, &fresh);
    if (status.code) {
        free_place(&fresh);
        return status;
    }
    free_place(training);
    training->source = fresh.source;
    training->sources = fresh.sources;
    training->source_count = place->source_count;
    training->x_path = fresh.x_path;
    training->mask_path = fresh.mask_path;
    memcpy(training->condition_paths, fresh.condition_paths, sizeof fresh.condition_paths);
    training->allow_external = place->allow_external;
    return status;
}

int64_t vae__training_rows(const vae_training *training)
{
    int64_t rows = 0;
    for (int split = 0; split < VAE_SPLITS; split++)
        rows += training->rows[split];
    return rows;
}

void vae__training_take_splits(vae_training *training, unsigned char *splits)
{
    bool together = true;
    for (int64_t row = 1; splits && row < vae__training_rows(training) && together; row++)
        together = splits[row - 1] <= splits[row];
    if (training->splits != splits)
        vae__free(training->splits);
    training->splits = together ? NULL : splits;
    if (together)
        vae__free(splits);
}

void vae__training_splits(const vae_training *training, unsigned char *splits)
{
    if (training->splits) {
        memcpy(splits, training->splits, (size_t)vae__training_rows(training));
        return;
    }
    for (int split = 0; split < VAE_SPLITS; split++) {
        memset(splits, split, (size_t)training->rows[split]);
        splits += training->rows[split];
    }
}

/* ---- The history, asked for -------------------------------------------------------------------------------------- */

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

/* ---- What must agree --------------------------------------------------------------------------------------------- */

bool vae__history_is_validation(int column)
{
    return column >= VAE__VALIDATION_ELBO && column <= VAE__VALIDATION_KL;
}

bool vae__history_is_optional(int column)
{
    return column == VAE__TRAIN_OBJECTIVE || column == VAE__TRAIN_WEIGHT_PRIOR;
}

/* epoch · steps ≤ step ≤ (epoch + 1) · steps, and the sums are over the examples between: those of the whole epoch
 * where only its row of the history is still to come. */
static vae_status check_place(const vae_training *training, const char *where)
{
    int64_t rows = training->rows[training->rows[VAE_ALL] ? VAE_ALL : VAE_TRAIN], batch = training->batch_size,
            epoch = training->epoch;
    if (rows < 1 || rows > UINT32_MAX || batch < 1 || batch > VAE__MAX_BATCH || epoch < 0 || epoch > VAE__MAX_EPOCHS)
        return vae__error(VAE_ERROR_FORMAT,
                          "%s: expected training rows, batches of 1 to %d and at most %d epochs, found %" PRId64
                          ", %" PRId64 " and %" PRId64,
                          where, (int)VAE__MAX_BATCH, (int)VAE__MAX_EPOCHS, rows, batch, epoch);
    int64_t steps = (rows + batch - 1) / batch, number = training->step - epoch * steps;
    bool within = training->step >= 0 && number >= 0 && number <= steps;
    int64_t examples = within && number * batch < rows ? number * batch : rows;
    int64_t seen = training->partial.examples + training->partial.skipped_examples;
    if (!within || seen != examples)
        return vae__error(VAE_ERROR_FORMAT,
                          "%s: step %" PRId64 " with %" PRId64 " examples of epoch %" PRId64
                          " seen: no place that a training with %" PRId64 " steps an epoch comes to",
                          where, training->step, seen, epoch + 1, steps);
    if (training->skipped > training->step || training->partial.skipped > training->skipped ||
        training->partial.skipped > number)
        return vae__error(VAE_ERROR_FORMAT,
                          "%s: expected at most the %" PRId64 " steps done to be skipped, found %" PRId64
                          " of them, %" PRId64 " in this epoch",
                          where, training->step, training->skipped, training->partial.skipped);
    return vae__ok();
}

/* All columns but those of the validation are there if any is; these where there are rows to validate on. A history
 * without rows may have them or not, but all of them. */
static vae_status check_history(const vae_training *training, const char *where)
{
    const vae__history *history = &training->history;
    bool any = false, validated = history->columns[VAE__VALIDATION_ELBO] != NULL;
    for (int i = 0; i < VAE__MAX_COLUMNS; i++)
        any |= history->columns[i] != NULL;
    if (history->rows)
        validated = training->rows[VAE_VALIDATION] > 0;
    for (int i = 0; any && i < VAE__MAX_COLUMNS; i++)
        if (!vae__history_is_optional(i) &&
            (history->columns[i] != NULL) != (validated || !vae__history_is_validation(i)))
            return vae__error(VAE_ERROR_FORMAT, "%s: the history %s the column %s, which this training %s", where,
                              history->columns[i] ? "has" : "lacks", vae__history_names[i].name,
                              history->columns[i] ? "lacks" : "has");
    return vae__ok();
}

vae_status vae__training_check(const vae_training *training, const char *where)
{
    VAE__TRY(check_place(training, where));
    VAE__TRY(check_history(training, where));
    if (training->validation_held_out && !training->rows[VAE_VALIDATION])
        return vae__error(VAE_ERROR_FORMAT, "%s: expected validation rows, for they were held out, found none", where);
    return vae__ok();
}

/* ---- The history ------------------------------------------------------------------------------------------------- */

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
