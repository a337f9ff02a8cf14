/* Writing a checkpoint: one function for each group of the file, in the file's order. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <vae/checkpoint.h>
#include <vae/version.h>

#include <hdf5_hl.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/base/text.h"
#include "src/checkpoint/declaration.h"
#include "src/checkpoint/image.h"
#include "src/checkpoint/layout.h"
#include "src/checkpoint/put.h"
#include "src/checkpoint/training.h"

typedef vae_status write_function(hid_t group, const vae_training *training);

/* ---- / ----------------------------------------------------------------------------------------------------------- */

static vae_status put_root(hid_t file, const vae_training *training)
{
    enum { NAME_MOST = 100 };
    char created[32] = "", title[256];
    time_t now = time(NULL);
    struct tm utc;
    if (gmtime_r(&now, &utc))
        strftime(created, sizeof created, "%Y-%m-%dT%H:%M:%SZ", &utc);
    const char *name = training->model->declaration.name, *source = training->source;
    snprintf(title, sizeof title, "%.*s, trained for %lld epoch%s on %.*s", (int)vae__text_fitting(name, NAME_MOST),
             name, (long long)training->epoch, training->epoch == 1 ? "" : "s",
             (int)vae__text_fitting(source, NAME_MOST), source);
    VAE__TRY(vae__put_text(file, "format", VAE__ASCII, VAE__FORMAT));
    VAE__TRY(vae__put_integer(file, "format_version", VAE_FORMAT_VERSION));
    VAE__TRY(vae__put_text(file, "libvae_version", VAE__ASCII, vae_version()));
    VAE__TRY(vae__put_text(file, "kernels", VAE__ASCII, training->kernels ? training->kernels : vae_kernels()));
    VAE__TRY(vae__put_text(file, "created", VAE__ASCII, created));
    return vae__put_text(file, "title", VAE__UTF8, title);
}

/* ---- Tensors: /parameters, /state and /optimizer ----------------------------------------------------------------- */

typedef enum condition_kind { NO_CONDITION, CLASS_CONDITION, OTHER_CONDITION } condition_kind;

/* What a tensor is, told by how the last part of its name begins. */
static const struct {
    const char *begins;
    condition_kind condition; /* the rest is the name of such a condition */
    int rank;
    bool learnt;
    const char *description, *labels[VAE_MAX_RANK];
} tensor_kinds[] = {
    { "weight",
      NO_CONDITION,
      4,
      true,
      "weight of a convolution, from an image to features, or of a transposed one, from features to an image",
      { "height", "width", "image", "feature" } },
    { "weight_",
      CLASS_CONDITION,
      2,
      true,
      "weight of a condition: a row for each class, added to the layer's output before its activation",
      { "class", "out" } },
    { "weight_",
      OTHER_CONDITION,
      2,
      true,
      "weight of a condition: condition . weight, added to the layer's output before its activation",
      { "in", "out" } },
    { "weight",
      NO_CONDITION,
      2,
      true,
      "weight of a layer: output = activation(input . weight + bias)",
      { "in", "out" } },
    { "bias", NO_CONDITION, 1, true, "bias of a layer: output = activation(input . weight + bias)", { "out" } },
    { "scale",
      NO_CONDITION,
      1,
      true,
      "scale of a normalised channel: output = scale . normalised + shift",
      { "channel" } },
    { "shift",
      NO_CONDITION,
      1,
      true,
      "shift of a normalised channel: output = scale . normalised + shift",
      { "channel" } },
    { "running_mean",
      NO_CONDITION,
      1,
      false,
      "running mean of each channel over the batches of training",
      { "channel" } },
    { "running_variance",
      NO_CONDITION,
      1,
      false,
      "running variance of each channel over the batches of training",
      { "channel" } },
    { "mean",
      NO_CONDITION,
      0,
      false,
      "mean of each value over the training rows, missing ones left out; the transform subtracts it",
      { "value" } },
    { "deviation",
      NO_CONDITION,
      0,
      false,
      "standard deviation of each value over the training rows, missing ones left out; the transform divides by it",
      { "value" } },
    { "", NO_CONDITION, 0, true, "values of a tensor", { NULL } },
    { "", NO_CONDITION, 0, false, "values that are fitted or fixed, but not learnt", { NULL } },
};

static condition_kind condition_of(const vae_model *model, const char *name)
{
    for (int i = 0; i < model->condition_count; i++)
        if (!strcmp(model->declaration.conditions[i].name, name))
            return model->declaration.conditions[i].kind == VAE_CLASS ? CLASS_CONDITION : OTHER_CONDITION;
    return NO_CONDITION;
}

static bool is_kind(const vae_model *model, const vae_tensor *tensor, const char *last, int kind)
{
    size_t length = strlen(tensor_kinds[kind].begins);
    return tensor->trainable == tensor_kinds[kind].learnt && !strncmp(last, tensor_kinds[kind].begins, length) &&
           (!tensor_kinds[kind].rank || tensor_kinds[kind].rank == tensor->rank) &&
           (!tensor_kinds[kind].condition || tensor_kinds[kind].condition == condition_of(model, last + length));
}

static vae__array array_of(const vae_model *model, const vae_tensor *tensor, const float *values)
{
    vae__array array = { .type = VAE_FLOAT32, .rank = tensor->rank, .values = values ? values + tensor->offset : NULL };
    memcpy(array.shape, tensor->shape, sizeof tensor->shape);
    const char *slash = strrchr(tensor->name, '/'), *last = slash ? slash + 1 : tensor->name;
    int kind = 0;
    while (!is_kind(model, tensor, last, kind))
        kind++;
    array.description = tensor_kinds[kind].description;
    for (int i = 0; i < 2 && i < tensor->rank; i++)
        array.labels[i] = tensor_kinds[kind].labels[i];
    return array;
}

static vae_status put_tensors(hid_t group, const vae_model *model, bool trainable, const float *values)
{
    const vae_store *store = model->store;
    for (int i = 0; i < vae_store_count(store); i++) {
        const vae_tensor *tensor = vae_store_tensor(store, i);
        if (tensor->trainable != trainable)
            continue;
        vae__array array = array_of(model, tensor, values);
        VAE__TRY(vae__put_array(group, tensor->name, &array, NULL));
    }
    return vae__ok();
}

static vae_status put_parameters(hid_t group, const vae_training *training)
{
    return put_tensors(group, training->model, true, vae_store_parameters(training->model->store));
}

static vae_status put_average(hid_t group, const vae_training *training)
{
    VAE__TRY(vae__put_number(group, "decay", training->method.average));
    return put_tensors(group, training->model, true, training->average);
}

static vae_status put_state(hid_t group, const vae_training *training)
{
    return put_tensors(group, training->model, false, vae_store_state(training->model->store));
}

static vae_status put_moment(hid_t group, const char *name, const char *description, const vae_training *training,
                             const float *values)
{
    hid_t moment = H5I_INVALID_HID;
    VAE__TRY(vae__put_group(group, name, description, &moment));
    vae_status status = put_tensors(moment, training->model, true, values);
    vae__hdf5_close(moment);
    return status;
}

/* What is usual is left out of the schedule, the clips and the prior: such files stay what they were. */
static vae_status put_method(hid_t group, const vae__method *method)
{
    const struct {
        const char *name;
        double value;
    } bounds[] = { { "clip_norm", method->clip_norm },
                   { "clip_value", method->clip_value },
                   { "weight_prior", method->weight_prior } };
    const vae__optimizer *row = method->optimizer.row;
    for (int i = 0; i < VAE_MAX_ARGUMENTS && row->word.arguments[i].name; i++)
        VAE__TRY(vae__put_number(group, row->word.arguments[i].name, method->optimizer.arguments[i]));
    if (strcmp(method->schedule_text, VAE__SCHEDULE_USUAL) != 0)
        VAE__TRY(vae__put_text(group, "schedule", VAE__ASCII, method->schedule_text));
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
        if (bounds[i].value > 0)
            VAE__TRY(vae__put_number(group, bounds[i].name, bounds[i].value));
    return vae__ok();
}

static vae_status put_optimizer(hid_t group, const vae_training *training)
{
    const vae__optimizer *row = training->method.optimizer.row;
    VAE__TRY(vae__put_text(group, "name", VAE__ASCII, row->word.name));
    VAE__TRY(vae__put_integer(group, "step", training->step - training->skipped));
    VAE__TRY(vae__put_number(group, "learning_rate", training->learning_rate));
    VAE__TRY(put_method(group, &training->method));
    for (int i = 0; i < VAE__STATES && training->states[i]; i++)
        VAE__TRY(put_moment(group, row->states[i].name, row->states[i].description, training, training->states[i]));
    return vae__ok();
}

/* ---- /training and /history -------------------------------------------------------------------------------------- */

/* What is longer than an attribute may be is cut: it is a record for people, and no reason to lose a run. */
static vae_status put_record(hid_t group, const char *name, const char *text)
{
    if (strlen(text) <= VAE__MAX_TEXT)
        return vae__put_text(group, name, VAE__UTF8, text);
    char *cut = NULL;
    VAE__TRY(vae__allocate(name, VAE__MAX_TEXT + 1, 1, &cut));
    size_t length = vae__text_fitting(text, VAE__MAX_TEXT - 4);
    memcpy(cut, text, length);
    memcpy(cut + length, " ...", 4);
    vae_status status = vae__put_text(group, name, VAE__UTF8, cut);
    vae__free(cut);
    return status;
}

static vae_status put_training(hid_t group, const vae_training *training)
{
    VAE__TRY(vae__put_unsigned(group, "seed", training->seed));
    VAE__TRY(vae__put_integer(group, "epoch", training->epoch));
    VAE__TRY(vae__put_integer(group, "epochs", training->epochs));
    VAE__TRY(vae__put_integer(group, "step", training->step));
    VAE__TRY(vae__put_integer(group, "skipped", training->skipped));
    VAE__TRY(vae__put_integer(group, "batch_size", training->batch_size));
    VAE__TRY(vae__put_text(group, "precision", VAE__ASCII, vae__precision_name(training->bf16)));
    VAE__TRY(vae__put_integer(group, "partial_examples", training->partial.examples));
    VAE__TRY(vae__put_number(group, "partial_reconstruction", training->partial.reconstruction));
    VAE__TRY(vae__put_number(group, "partial_kl", training->partial.kl));
    VAE__TRY(vae__put_number(group, "partial_objective", training->partial.objective));
    VAE__TRY(vae__put_text(group, "partial_of", VAE__ASCII,
                           "sums over the examples of the epoch under way: how many, nats, nats, nats"));
    VAE__TRY(vae__put_integer(group, "partial_skipped", training->partial.skipped));
    VAE__TRY(vae__put_integer(group, "partial_skipped_examples", training->partial.skipped_examples));
    return put_record(group, "command_line", training->command_line ? training->command_line : "");
}

static vae_status put_column(hid_t group, const vae__history *history, int index, hid_t scale, hid_t *dataset)
{
    const vae__history_name *column = &vae__history_names[index];
    VAE__TRY(vae__put_array(group, column->name,
                            &(vae__array){ .type = VAE_FLOAT64,
                                           .rank = 1,
                                           .shape = { history->rows },
                                           .values = history->columns[index],
                                           .description = column->description,
                                           .units = column->units,
                                           .grows = true },
                            dataset));
    herr_t done = scale < 0 ? H5DSset_scale(*dataset, column->name) : H5DSattach_scale(*dataset, scale, 0);
    if (done >= 0)
        return vae__ok();
    vae__hdf5_close(*dataset);
    return vae__error(VAE_ERROR_MEMORY, "libhdf5 cannot make /history/%s a scale or give it one", column->name);
}

/* The first column is `step`, the scale of the others. */
static vae_status put_history(hid_t group, const vae_training *training)
{
    const vae__history *history = &training->history;
    hid_t scale = H5I_INVALID_HID, dataset = H5I_INVALID_HID;
    if (!history->columns[0])
        return vae__ok();
    VAE__TRY(put_column(group, history, 0, H5I_INVALID_HID, &scale));
    vae_status status = vae__ok();
    for (int i = 1; i < VAE__MAX_COLUMNS && !status.code; i++) {
        if (!history->columns[i])
            continue;
        status = put_column(group, history, i, scale, &dataset);
        if (!status.code)
            vae__hdf5_close(dataset);
    }
    vae__hdf5_close(scale);
    return status;
}

/* ---- /data ------------------------------------------------------------------------------------------------------- */

static vae_status put_split(hid_t group, const vae_training *training)
{
    int64_t total = vae__training_rows(training);
    unsigned char *split = NULL;
    VAE__TRY(vae__allocate("the rows' splits", (size_t)total, 1, &split));
    vae__training_splits(training, split);
    hid_t dataset = H5I_INVALID_HID;
    vae_status status = vae__put_array(group, "split",
                                       &(vae__array){ .type = VAE_UINT8,
                                                      .rank = 1,
                                                      .shape = { total },
                                                      .values = split,
                                                      .description = "the split of each row, in the source's order" },
                                       &dataset);
    vae__free(split);
    VAE__TRY(status);
    status = vae__put_text(dataset, "values", VAE__ASCII,
                           training->rows[VAE_ALL] ? "0 train, 1 validation, 2 test, 3 all"
                                                   : "0 train, 1 validation, 2 test");
    vae__hdf5_close(dataset);
    return status;
}

/* How training rows were held out, so that the same data can be divided again. */
static vae_status put_division(hid_t group, const vae_division *division)
{
    if (!(division->validation > 0 || division->test > 0))
        return vae__ok();
    VAE__TRY(vae__put_number(group, "division_validation", division->validation));
    VAE__TRY(vae__put_number(group, "division_test", division->test));
    VAE__TRY(vae__put_unsigned(group, "division_seed", division->seed));
    return vae__put_text(group, "division_by", VAE__UTF8, division->by);
}

static vae_status put_data(hid_t group, const vae_training *training)
{
    VAE__TRY(put_record(group, "source", training->source ? training->source : ""));
    if (training->source_count)
        VAE__TRY(vae__put_strings(group, "sources", (const char *const *)training->sources, training->source_count,
                                  "where the data lies, as it was given"));
    VAE__TRY(vae__put_integer(group, "allow_external", training->allow_external));
    VAE__TRY(put_division(group, &training->division));
    VAE__TRY(vae__put_text(group, "digest", VAE__ASCII, training->digest));
    /* As it was before data could be without splits, unless it is: files stay what they were. */
    bool all = training->rows[VAE_ALL] > 0;
    VAE__TRY(vae__put_integers(group, "examples", training->rows, all ? VAE_SPLITS : VAE_ALL));
    VAE__TRY(vae__put_text(group, "examples_of", VAE__ASCII,
                           all ? "train, validation, test, all" : "train, validation, test"));
    VAE__TRY(vae__put_integer(group, "validation_held_out", training->validation_held_out));
    return put_split(group, training);
}

/* ---- All of it --------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name, *description;
    write_function *write;
} groups[] = {
    { "model", "the declaration: name, layers and terms in libvae's little language", vae__put_declaration },
    { "fields", "what the model sees: x is modelled, the others are given", vae__put_fields },
    { "parameters", "what is learnt, a dataset a tensor", put_parameters },
    { "average",
      "running average of /parameters, laid out as these: average = decay * average + (1 - decay) * parameters after "
      "every step; what is evaluated",
      put_average },
    { "state", "what is fitted or fixed but not learnt by gradient, a dataset a tensor", put_state },
    { "optimizer", "how steps are taken: settings and moments of the optimiser, for training to go on", put_optimizer },
    { "training", "where training stands: with model, data and seed all that a resumed run needs", put_training },
    { "history", "a row for each evaluation, a dataset a column", put_history },
    { "data",
      "what it was trained on; digest is that of its contents; validation_held_out = 1: the validation rows are "
      "training rows of the source's, by division_... or else the last ones",
      put_data },
};

static vae_status put_all(hid_t file, const vae_training *training)
{
    VAE__TRY(put_root(file, training));
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        hid_t group = H5I_INVALID_HID;
        if (groups[i].write == put_average && !training->average)
            continue;
        VAE__TRY(vae__put_group(file, groups[i].name, groups[i].description, &group));
        vae_status status = groups[i].write(group, training);
        vae__hdf5_close(group);
        VAE__TRY(status);
    }
    return vae__ok();
}

/* A list of `rows` values. */
static size_t list_room(vae_type type, int64_t rows)
{
    return vae__put_room(&(vae__array){ .type = type, .rank = 1, .shape = { rows } });
}

/* Tensors count with their average and with what the optimiser keeps of them. */
static size_t expected_size(const vae_training *training)
{
    const vae_model *model = training->model;
    const int kept = (training->average ? 2 : 1) + vae__optimizer_states(&training->method.optimizer);
    size_t bytes = VAE__GROUPS_ROOM + list_room(VAE_UINT8, vae__training_rows(training));
    bytes += vae__put_strings_room((const char *const *)training->sources, training->source_count);
    bytes += VAE__MAX_COLUMNS * list_room(VAE_FLOAT64, training->history.rows);
    for (int i = 0; i < model->condition_count; i++)
        bytes += vae__levels_room(&model->declaration.conditions[i]);
    for (int i = 0; i < vae_store_count(model->store); i++) {
        vae__array array = array_of(model, vae_store_tensor(model->store, i), NULL);
        bytes += (size_t)kept * vae__put_room(&array);
    }
    return bytes;
}

static vae_status save_inside(const vae_training *training, const char *path)
{
    vae__image image;
    vae_status status = vae__image_create(&image, expected_size(training));
    if (!status.code) {
        status = put_all(image.file, training);
        if (!status.code)
            return vae__image_finish(&image, path);
        vae__image_close(&image);
    }
    return vae__error_within(status, "%s: ", path);
}

vae_status vae_checkpoint_save(const vae_training *training, const char *path)
{
    if (!training || !training->model || !path)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a training and a path to save it at, found NULL");
    vae__hdf5_host host;
    vae__hdf5_enter(&host, false);
    vae_status status = save_inside(training, path);
    vae__hdf5_leave(&host);
    return status;
}
