/* Reading a checkpoint: one function for each group of the file. Everything is compared with what the declaration asks
 * for before it is used; src/checkpoint/get.c has the guards. */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <vae/checkpoint.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/checkpoint/declaration.h"
#include "src/checkpoint/get.h"
#include "src/checkpoint/image.h"
#include "src/checkpoint/layout.h"
#include "src/checkpoint/training.h"

/* ---- / ----------------------------------------------------------------------------------------------------------- */

/* Older formats will be read here when there are any. */
static vae_status check_version(const vae__place *root)
{
    int64_t version;
    char *library = NULL;
    VAE__TRY(vae__get_integer(root, "format_version", 1, INT64_MAX, &version));
    if (version == VAE_FORMAT_VERSION)
        return vae__ok();
    VAE__TRY(vae__get_text(root, "libvae_version", &library));
    vae_status status = vae__error(VAE_ERROR_FORMAT,
                                   "%s: expected format version %d, found %" PRId64 ": written by a newer libvae (%s)",
                                   root->file, VAE_FORMAT_VERSION, version, library);
    vae__free(library);
    return status;
}

static vae_status check_root(const vae__place *root)
{
    char *format = NULL;
    vae_status status = vae__get_text(root, "format", &format);
    if (status.code == VAE_ERROR_MEMORY)
        return status;
    bool ours = !status.code && !strcmp(format, VAE__FORMAT);
    vae__free(format);
    if (!ours)
        return vae__error(VAE_ERROR_FORMAT,
                          "%s: not a libvae checkpoint: an HDF5 file whose attribute `format` is not \"%s\"",
                          root->file, VAE__FORMAT);
    return check_version(root);
}

/* ---- Tensors ----------------------------------------------------------------------------------------------------- */

/* The tensors of a store that lie in one array, and where that is. */
typedef struct tensors {
    const vae_store *store;
    float *values;
    int count;
    const char **names;
    int *index; /* in the store */
    bool *seen;
} tensors;

static void free_tensors(tensors *wanted)
{
    vae__free((void *)wanted->names);
    vae__free(wanted->index);
    vae__free(wanted->seen);
}

static vae_status list_tensors(const vae_store *store, bool trainable, tensors *wanted)
{
    size_t most = (size_t)vae_store_count(store);
    VAE__TRY(vae__allocate("a list of tensors", most, sizeof *wanted->names, &wanted->names));
    VAE__TRY(vae__allocate("a list of tensors", most, sizeof *wanted->index, &wanted->index));
    VAE__TRY(vae__allocate("a list of tensors", most, sizeof *wanted->seen, &wanted->seen));
    for (int i = 0; i < (int)most; i++) {
        const vae_tensor *tensor = vae_store_tensor(store, i);
        if (tensor->trainable != trainable)
            continue;
        wanted->names[wanted->count] = tensor->name;
        wanted->index[wanted->count++] = i;
    }
    return vae__ok();
}

static vae_status get_tensor(void *context, const vae__place *parent, const char *name, int leaf)
{
    const tensors *wanted = context;
    const vae_tensor *tensor = vae_store_tensor(wanted->store, wanted->index[leaf]);
    vae__wanted shape = { .type = VAE_FLOAT32, .rank = tensor->rank };
    memcpy(shape.shape, tensor->shape, sizeof shape.shape);
    vae__place dataset;
    VAE__TRY(vae__get_dataset(parent, name, &shape, &dataset));
    vae_status status = vae__get_values(&dataset, &shape, wanted->values + tensor->offset);
    vae__hdf5_close(dataset.id);
    return status;
}

/* A transform would make NaN of every value of a mean or deviation that is none, and of a deviation of 0. State of a
 * graph built by hand may be called so and hold anything. */
static vae_status check_fitted(const vae__place *group, const vae_tensor *tensor, const float *values)
{
    const char *slash = strrchr(tensor->name, '/'), *last = slash ? slash + 1 : tensor->name;
    bool fitted = !strncmp(tensor->name, "fields/", strlen("fields/"));
    bool mean = fitted && !strcmp(last, "mean"), deviation = fitted && !strcmp(last, "deviation");
    for (int64_t i = 0; (mean || deviation) && i < tensor->size; i++) {
        float value = values[tensor->offset + i];
        if (!isfinite(value) || (deviation && value <= 0))
            return vae__error(VAE_ERROR_FORMAT, "%s: %s/%s: expected finite numbers%s, found %g in place %" PRId64,
                              group->file, group->where, tensor->name, deviation ? " above 0" : "", (double)value, i);
    }
    return vae__ok();
}

static vae_status get_listed(const vae__place *group, tensors *wanted)
{
    VAE__TRY(vae__get_tree(group, wanted->names, wanted->count, wanted->seen, get_tensor, wanted));
    for (int i = 0; i < wanted->count; i++)
        if (!wanted->seen[i])
            return vae__error(VAE_ERROR_FORMAT, "%s: %s/%s: expected a dataset, found none", group->file, group->where,
                              wanted->names[i]);
    for (int i = 0; i < wanted->count; i++) {
        const vae_tensor *tensor = vae_store_tensor(wanted->store, wanted->index[i]);
        if (!tensor->trainable)
            VAE__TRY(check_fitted(group, tensor, wanted->values));
    }
    return vae__ok();
}

/* Reads a group that mirrors the store's parameters, or its state, into an array laid out as the store's. */
static vae_status get_tensors(const vae__place *parent, const char *name, const vae_store *store, bool trainable,
                              float *values)
{
    tensors wanted = { .store = store, .values = values };
    vae__place group = { .id = H5I_INVALID_HID };
    vae_status status = list_tensors(store, trainable, &wanted);
    if (!status.code)
        status = vae__get_group(parent, name, &group);
    if (!status.code) {
        status = get_listed(&group, &wanted);
        vae__hdf5_close(group.id);
    }
    free_tensors(&wanted);
    return status;
}

static vae_status load_model(const vae__place *root, const vae_catalogue *catalogue, vae_model **model)
{
    VAE__TRY(check_root(root));
    VAE__TRY(vae__get_declared(root, catalogue, model));
    vae_store *store = (*model)->store;
    vae_status status = get_tensors(root, "parameters", store, true, vae_store_parameters(store));
    if (!status.code)
        status = get_tensors(root, "state", store, false, vae_store_state(store));
    if (status.code)
        vae_model_free(model);
    return status;
}

/* ---- /optimizer and /training ------------------------------------------------------------------------------------ */

static const vae__optimizer *find_optimizer(const char *name)
{
    const vae_word *word;
    for (int i = 0; (word = vae__word_of(&vae__optimizers, i)); i++)
        if (!strcmp(word->name, name))
            return (const vae__optimizer *)(const void *)word;
    return NULL;
}

/* Its settings are numbers of the names that its words have. */
static vae_status get_optimizer(const vae__place *group, vae_training *training)
{
    char *name = NULL;
    VAE__TRY(vae__get_text(group, "name", &name));
    const vae__optimizer *row = find_optimizer(name);
    vae_status status = vae__ok();
    if (!row)
        status = vae__error(VAE_ERROR_FORMAT, "%s: %s/name: expected an optimiser of this libvae, found \"%.40s\"",
                            group->file, group->where, name);
    vae__free(name);
    VAE__TRY(status);
    vae__phrase phrase = { .row = row };
    for (int i = 0; i < VAE_MAX_ARGUMENTS && row->word.arguments[i].name; i++) {
        const vae_argument *argument = &row->word.arguments[i];
        VAE__TRY(vae__get_number(group, argument->name, argument->low, argument->high, &phrase.arguments[i]));
    }
    return vae__training_take_optimizer(training, &phrase);
}

static vae_status get_schedule(const vae__place *group, vae_training *training)
{
    char *text = NULL, where[64];
    vae__phrases schedule;
    VAE__TRY(vae__get_text_if(group, "schedule", &text));
    snprintf(where, sizeof where, "%.40s/schedule", group->where);
    vae_status status = vae__phrases_parse(&vae__schedules, text ? text : VAE__SCHEDULE_USUAL, where, &schedule);
    vae__free(text);
    if (status.code)
        return vae__error(VAE_ERROR_FORMAT, "%s: %s", group->file, status.message);
    return vae__training_take_schedule(training, &schedule);
}

/* Older files do not tell: there were none. */
static vae_status get_bounds(const vae__place *group, vae__method *method)
{
    const struct {
        const char *name;
        double *value;
    } bounds[] = { { "clip_norm", &method->clip_norm },
                   { "clip_value", &method->clip_value },
                   { "weight_prior", &method->weight_prior } };
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
        if (vae__get_has(group, bounds[i].name))
            VAE__TRY(vae__get_number(group, bounds[i].name, VAE__BOUND_LEAST, VAE__BOUND_MOST, bounds[i].value));
    return vae__ok();
}

static vae_status get_settings(const vae__place *group, vae_training *training)
{
    VAE__TRY(get_optimizer(group, training));
    VAE__TRY(vae__get_integer(group, "step", 0, INT64_MAX, &training->step));
    VAE__TRY(vae__get_number(group, "learning_rate", 0, DBL_MAX, &training->learning_rate));
    VAE__TRY(get_schedule(group, training));
    VAE__TRY(get_bounds(group, &training->method));
    const vae__optimizer *row = training->method.optimizer.row;
    for (int i = 0; i < VAE__STATES && training->states[i]; i++)
        VAE__TRY(get_tensors(group, row->states[i].name, training->model->store, true, training->states[i]));
    return vae__ok();
}

/* Replaces a string of the record. */
static vae_status get_own_text(const vae__place *group, const char *name, char **text)
{
    char *fresh = NULL;
    VAE__TRY(vae__get_text(group, name, &fresh));
    vae__free(*text);
    *text = fresh;
    return vae__ok();
}

/* Older files do not tell: there was float32 alone. */
static vae_status get_precision(const vae__place *group, bool *bf16)
{
    char *name = NULL;
    *bf16 = false;
    VAE__TRY(vae__get_text_if(group, "precision", &name));
    vae_status status = vae__ok();
    if (name && !vae__precision_find(name, bf16))
        status = vae__error(VAE_ERROR_FORMAT, "%s: %s/precision: expected \"float32\" or \"bf16\", found \"%.40s\"",
                            group->file, group->where, name);
    vae__free(name);
    return status;
}

/* Older files do not tell: none were. */
static vae_status get_skipped(const vae__place *group, vae_training *training)
{
    const struct {
        const char *name;
        int64_t *value;
    } counts[] = { { "skipped", &training->skipped },
                   { "partial_skipped", &training->partial.skipped },
                   { "partial_skipped_examples", &training->partial.skipped_examples } };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (vae__get_has(group, counts[i].name))
            VAE__TRY(vae__get_integer(group, counts[i].name, 0, UINT32_MAX, counts[i].value));
    return vae__ok();
}

/* The optimiser's own count of steps, which was read before, is without those that were skipped. */
static vae_status get_place(const vae__place *group, vae_training *training)
{
    int64_t step;
    VAE__TRY(vae__get_unsigned(group, "seed", &training->seed));
    VAE__TRY(vae__get_integer(group, "epoch", 0, VAE__MAX_EPOCHS, &training->epoch));
    training->epochs = training->epoch; /* Of files that do not tell how many were asked for. */
    if (vae__get_has(group, "epochs"))
        VAE__TRY(vae__get_integer(group, "epochs", 0, VAE__MAX_EPOCHS, &training->epochs));
    VAE__TRY(get_skipped(group, training));
    if (training->step <= INT64_MAX - training->skipped) /* else it is no place that a training comes to, as it is */
        training->step += training->skipped;
    VAE__TRY(vae__get_integer(group, "step", training->step, training->step, &step));
    VAE__TRY(vae__get_integer(group, "batch_size", 1, VAE__MAX_BATCH, &training->batch_size));
    VAE__TRY(get_precision(group, &training->bf16));
    VAE__TRY(vae__get_integer(group, "partial_examples", 0, UINT32_MAX, &training->partial.examples));
    VAE__TRY(vae__get_number(group, "partial_reconstruction", -INFINITY, INFINITY, &training->partial.reconstruction));
    VAE__TRY(vae__get_number(group, "partial_kl", -INFINITY, INFINITY, &training->partial.kl));
    if (vae__get_has(group, "partial_objective")) /* Older files do not tell: their objective is the elbo. */
        VAE__TRY(vae__get_number(group, "partial_objective", -INFINITY, INFINITY, &training->partial.objective));
    return get_own_text(group, "command_line", &training->command_line);
}

/* ---- /history ---------------------------------------------------------------------------------------------------- */

static vae_status get_column(void *context, const vae__place *parent, const char *name, int leaf)
{
    vae__history *history = context;
    vae__wanted wanted = { .type = VAE_FLOAT64, .rank = 1, .shape = { history->rows } };
    vae__place dataset;
    VAE__TRY(vae__get_dataset(parent, name, &wanted, &dataset));
    vae_status status = vae__ok();
    if (history->columns[leaf]) /* two links of one name */
        status = vae__error(VAE_ERROR_FORMAT, "%s: %s: is there twice", dataset.file, dataset.where);
    if (!status.code)
        status = vae__allocate("the history", (size_t)wanted.shape[0], sizeof(double), &history->columns[leaf]);
    if (!status.code)
        status = vae__get_values(&dataset, &wanted, history->columns[leaf]);
    history->rows = wanted.shape[0];
    history->capacity = (size_t)wanted.shape[0];
    vae__hdf5_close(dataset.id);
    return status;
}

static vae_status get_history(const vae__place *group, vae_training *training)
{
    vae__history *history = &training->history;
    const char *names[VAE__MAX_COLUMNS] = { NULL };
    bool seen[VAE__MAX_COLUMNS] = { false };
    for (int i = 0; i < VAE__MAX_COLUMNS; i++)
        names[i] = vae__history_names[i].name;
    history->rows = -1; /* the first column tells */
    vae_status status = vae__get_tree(group, names, VAE__MAX_COLUMNS, seen, get_column, history);
    if (history->rows < 0)
        history->rows = 0;
    /* Older files lack this column: nothing was skipped. */
    if (!status.code && history->rows && !history->columns[VAE__TRAIN_SKIPPED])
        status =
            vae__allocate("the history", (size_t)history->rows, sizeof(double), &history->columns[VAE__TRAIN_SKIPPED]);
    return status;
}

/* ---- /data ------------------------------------------------------------------------------------------------------- */

/* Rows that were held out group by group lie anywhere; else those of a split lie together. */
static vae_status check_split_values(const vae__place *dataset, const unsigned char *split,
                                     const vae_training *training)
{
    int64_t counts[VAE_SPLITS] = { 0 }, rows = vae__training_rows(training);
    for (int64_t row = 0; row < rows; row++) {
        if (split[row] >= VAE_SPLITS)
            return vae__error(VAE_ERROR_FORMAT, "%s: %s: row %" PRId64 ": expected split 0 to %d, found %d",
                              dataset->file, dataset->where, row, VAE_SPLITS - 1, split[row]);
        counts[split[row]]++;
    }
    for (int s = 0; s < VAE_SPLITS; s++)
        if (counts[s] != training->rows[s])
            return vae__error(VAE_ERROR_FORMAT, "%s: %s: expected %" PRId64 " rows of split %d, found %" PRId64,
                              dataset->file, dataset->where, training->rows[s], s, counts[s]);
    return vae__ok();
}

static vae_status get_split_values(const vae__place *dataset, const vae__wanted *wanted, vae_training *training)
{
    VAE__TRY(vae__allocate("the rows' splits", (size_t)wanted->shape[0], 1, &training->splits));
    VAE__TRY(vae__get_values(dataset, wanted, training->splits));
    VAE__TRY(check_split_values(dataset, training->splits, training));
    vae__training_take_splits(training, training->splits);
    return vae__ok();
}

static vae_status get_split(const vae__place *group, vae_training *training)
{
    vae__wanted wanted = { .type = VAE_UINT8, .rank = 1, .shape = { vae__training_rows(training) } };
    vae__place dataset;
    VAE__TRY(vae__get_dataset(group, "split", &wanted, &dataset));
    vae_status status = get_split_values(&dataset, &wanted, training);
    vae__hdf5_close(dataset.id);
    return status;
}

/* Data that was not divided has none of it. Older files tell by `validation_held_out` that the last rows were. */
static vae_status get_division(const vae__place *group, vae_training *training)
{
    vae_division *division = &training->division;
    if (training->validation_held_out)
        division->validation = (double)training->rows[VAE_VALIDATION];
    if (!vae__get_has(group, "division_validation"))
        return vae__ok();
    VAE__TRY(vae__get_number(group, "division_validation", 0, UINT32_MAX, &division->validation));
    VAE__TRY(vae__get_number(group, "division_test", 0, UINT32_MAX, &division->test));
    VAE__TRY(vae__get_unsigned(group, "division_seed", &division->seed));
    return vae__get_text_if(group, "division_by", (char **)&division->by);
}

/* Where the data lies; of older files `source` alone tells. */
static vae_status get_sources(const vae__place *group, vae_training *training)
{
    enum { MOST_SOURCES = 1000000 };
    int64_t external = 0, count = -1;
    VAE__TRY(get_own_text(group, "source", &training->source));
    if (vae__get_has(group, "allow_external"))
        VAE__TRY(vae__get_integer(group, "allow_external", 0, 1, &external));
    training->allow_external = external;
    if (!vae__get_has_link(group, "sources"))
        return vae__ok();
    VAE__TRY(vae__get_strings(group, "sources", &count, MOST_SOURCES, VAE__MAX_TEXT, &training->sources));
    training->source_count = (int)count;
    return vae__ok();
}

static vae_status get_data(const vae__place *group, vae_training *training)
{
    char *digest = NULL;
    int count;
    int64_t held_out;
    VAE__TRY(get_sources(group, training));
    VAE__TRY(vae__get_text(group, "digest", &digest));
    size_t length = strlen(digest);
    if (length < sizeof training->digest)
        memcpy(training->digest, digest, length + 1);
    vae__free(digest);
    if (length >= sizeof training->digest)
        return vae__error(VAE_ERROR_FORMAT, "%s: %s/digest: expected at most %zu characters, found %zu", group->file,
                          group->where, sizeof training->digest - 1, length);
    VAE__TRY(vae__get_integers(group, "examples", VAE_SPLITS, 0, UINT32_MAX, training->rows, &count));
    if (count != VAE_ALL && count != VAE_SPLITS) /* without the last where the data has splits */
        return vae__error(VAE_ERROR_FORMAT, "%s: %s/examples: expected %d or %d numbers, found %d", group->file,
                          group->where, (int)VAE_ALL, (int)VAE_SPLITS, count);
    VAE__TRY(vae__get_integer(group, "validation_held_out", 0, 1, &held_out));
    training->validation_held_out = held_out;
    VAE__TRY(get_division(group, training));
    return get_split(group, training);
}

/* ---- All of it --------------------------------------------------------------------------------------------------- */

typedef vae_status get_function(const vae__place *group, vae_training *training);

static vae_status fill_training(const vae__place *root, vae_training *training)
{
    /* /training compares its step with the optimiser's, so it comes after. */
    static const struct {
        const char *name;
        get_function *get;
    } groups[] = {
        { "optimizer", get_settings }, { "training", get_place }, { "history", get_history },
        { "fields", vae__get_places }, { "data", get_data },
    };
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        vae__place group;
        VAE__TRY(vae__get_group(root, groups[i].name, &group));
        vae_status status = groups[i].get(&group, training);
        vae__hdf5_close(group.id);
        VAE__TRY(status);
    }
    return vae__training_check(training, root->file);
}

/* Fills *model, or with `training` that. */
static vae_status load_place(const vae__place *root, const vae_catalogue *catalogue, vae_model **model,
                             vae_training **training)
{
    VAE__TRY(load_model(root, catalogue, model));
    if (!training)
        return vae__ok();
    vae_status status = vae__training_make(model, training);
    if (!status.code)
        status = fill_training(root, *training);
    if (status.code) {
        vae_model_free(model);
        vae_training_free(training);
    }
    return status;
}

static vae_status load(const char *path, const vae_catalogue *catalogue, vae_model **model, vae_training **training)
{
    vae__image image;
    vae__place root;
    VAE__TRY(vae__image_open(&image, path));
    vae_status status = vae__get_root(path, image.file, image.memory->size, &root);
    if (!status.code) {
        status = load_place(&root, catalogue, model, training);
        vae__hdf5_close(root.id);
    }
    vae__image_close(&image);
    return status;
}

vae_status vae_checkpoint_load(const char *path, const vae_catalogue *catalogue, vae_training **training)
{
    if (!path || !training)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a path and a place for the training, found NULL");
    *training = NULL;
    VAE__TRY(vae_catalogue_check(catalogue));
    vae_model *model = NULL;
    vae__hdf5_host host;
    vae__hdf5_enter(&host, true);
    vae_status status = load(path, catalogue, &model, training);
    vae__hdf5_leave(&host);
    return status;
}

vae_status vae_model_load(const char *path, const vae_catalogue *catalogue, vae_model **model)
{
    if (!path || !model)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a path and a place for the model, found NULL");
    *model = NULL;
    VAE__TRY(vae_catalogue_check(catalogue));
    vae__hdf5_host host;
    vae__hdf5_enter(&host, true);
    vae_status status = load(path, catalogue, model, NULL);
    vae__hdf5_leave(&host);
    return status;
}
