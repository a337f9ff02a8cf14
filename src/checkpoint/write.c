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
    VAE__TRY(vae__put_text(file, "kernels", VAE__ASCII, vae_kernels()));
    VAE__TRY(vae__put_text(file, "created", VAE__ASCII, created));
    return vae__put_text(file, "title", VAE__UTF8, title);
}

/* ---- /model and /fields ------------------------------------------------------------------------------------------ */

static vae_status put_model(hid_t group, const vae_training *training)
{
    const vae_model_spec *spec = &training->model->declaration;
    int64_t latents[VAE_MAX_LATENTS];
    const char *conditions[VAE_MAX_CONDITIONS];
    int latent_count = 0, condition_count = 0;
    while (latent_count < VAE_MAX_LATENTS && spec->latents[latent_count].size) {
        latents[latent_count] = spec->latents[latent_count].size;
        latent_count++;
    }
    while (condition_count < VAE_MAX_CONDITIONS && spec->conditions[condition_count].name) {
        conditions[condition_count] = spec->conditions[condition_count].name;
        condition_count++;
    }
    VAE__TRY(vae__put_text(group, "name", VAE__UTF8, spec->name));
    VAE__TRY(vae__put_text(group, "summary", VAE__UTF8, spec->summary));
    VAE__TRY(vae__put_text(group, "encoder", VAE__ASCII, spec->encoder));
    VAE__TRY(vae__put_text(group, "decoder", VAE__ASCII, spec->decoder));
    VAE__TRY(vae__put_text(group, "posterior", VAE__ASCII, spec->posterior));
    VAE__TRY(vae__put_text(group, "prior", VAE__ASCII, spec->prior));
    VAE__TRY(vae__put_text(group, "objective", VAE__ASCII, spec->objective));
    VAE__TRY(vae__put_integers(group, "latent_sizes", latents, latent_count));
    return vae__put_texts(group, "conditions", conditions, condition_count);
}

static vae_status put_x(hid_t group, const vae_model *model)
{
    const vae_x_spec *x = &model->declaration.x;
    VAE__TRY(vae__put_text(group, "kind", VAE__ASCII, vae__x_kind(model->x_rank)));
    VAE__TRY(vae__put_integers(group, "shape", x->shape, model->x_rank));
    VAE__TRY(vae__put_text(group, "likelihood", VAE__ASCII, x->likelihood));
    return vae__put_text(group, "transform", VAE__ASCII, x->transform);
}

static vae_status put_levels(hid_t group, int64_t classes)
{
    int64_t *levels = NULL;
    VAE__TRY(vae__allocate("the classes", (size_t)classes, sizeof *levels, &levels));
    for (int64_t i = 0; i < classes; i++)
        levels[i] = i;
    vae_status status = vae__put_array(group, "levels",
                                       &(vae__array){ .type = VAE_INT64,
                                                      .rank = 1,
                                                      .shape = { classes },
                                                      .values = levels,
                                                      .description = "the stored value of each class" },
                                       NULL);
    vae__free(levels);
    return status;
}

static vae_status put_condition(hid_t group, const vae_condition_spec *condition)
{
    int64_t shape[1] = { 1 };
    VAE__TRY(vae__put_text(group, "kind", VAE__ASCII, "class"));
    VAE__TRY(vae__put_integers(group, "shape", shape, 1));
    VAE__TRY(vae__put_integer(group, "classes", condition->size));
    return put_levels(group, condition->size);
}

static vae_status put_fields(hid_t group, const vae_training *training)
{
    const vae_model *model = training->model;
    hid_t field = H5I_INVALID_HID;
    VAE__TRY(vae__put_group(group, "x",
                            "what is modelled: an example's shape as stored, p(x|z), and the transform "
                            "from stored to modelled values",
                            &field));
    vae_status status = put_x(field, model);
    vae__hdf5_close(field);
    for (int i = 0; i < model->condition_count && !status.code; i++) {
        const vae_condition_spec *condition = &model->declaration.conditions[i];
        VAE__TRY(vae__put_group(group, condition->name, "what is given: one of `classes` classes, by number from 0",
                                &field));
        status = put_condition(field, condition);
        vae__hdf5_close(field);
    }
    return status;
}

/* ---- Tensors: /parameters, /state and /optimizer ----------------------------------------------------------------- */

/* What a tensor is, told by how the last part of its name begins. */
static const struct {
    const char *begins;
    int rank;
    const char *description, *labels[2];
} tensor_kinds[] = {
    { "weight_",
      2,
      "weight of a condition: a row for each class, added to the layer's output before its activation",
      { "class", "out" } },
    { "weight", 2, "weight of a layer: output = activation(input . weight + bias)", { "in", "out" } },
    { "bias", 1, "bias of a layer: output = activation(input . weight + bias)", { "out" } },
    { "", 0, "values of a tensor", { NULL } },
};

static vae__array array_of(const vae_tensor *tensor, const float *values)
{
    vae__array array = { .type = VAE_FLOAT32, .rank = tensor->rank, .values = values + tensor->offset };
    memcpy(array.shape, tensor->shape, sizeof array.shape);
    const char *slash = strrchr(tensor->name, '/'), *last = slash ? slash + 1 : tensor->name;
    int kind = 0;
    while (strncmp(last, tensor_kinds[kind].begins, strlen(tensor_kinds[kind].begins)) ||
           (tensor_kinds[kind].rank && tensor_kinds[kind].rank != tensor->rank))
        kind++;
    array.description = tensor_kinds[kind].description;
    for (int i = 0; i < 2 && i < tensor->rank; i++)
        array.labels[i] = tensor_kinds[kind].labels[i];
    return array;
}

static vae_status put_tensors(hid_t group, const vae_store *store, bool trainable, const float *values)
{
    for (int i = 0; i < vae_store_count(store); i++) {
        const vae_tensor *tensor = vae_store_tensor(store, i);
        if (tensor->trainable != trainable)
            continue;
        vae__array array = array_of(tensor, values);
        VAE__TRY(vae__put_array(group, tensor->name, &array, NULL));
    }
    return vae__ok();
}

static vae_status put_parameters(hid_t group, const vae_training *training)
{
    vae_store *store = training->model->store;
    return put_tensors(group, store, true, vae_store_parameters(store));
}

static vae_status put_state(hid_t group, const vae_training *training)
{
    vae_store *store = training->model->store;
    return put_tensors(group, store, false, vae_store_state(store));
}

static vae_status put_moment(hid_t group, const char *name, const char *description, const vae_training *training,
                             const float *values)
{
    hid_t moment = H5I_INVALID_HID;
    VAE__TRY(vae__put_group(group, name, description, &moment));
    vae_status status = put_tensors(moment, training->model->store, true, values);
    vae__hdf5_close(moment);
    return status;
}

static vae_status put_optimizer(hid_t group, const vae_training *training)
{
    VAE__TRY(vae__put_text(group, "name", VAE__ASCII, VAE__OPTIMIZER));
    VAE__TRY(vae__put_integer(group, "step", training->step));
    VAE__TRY(vae__put_number(group, "learning_rate", training->learning_rate));
    VAE__TRY(vae__put_number(group, "beta1", training->beta1));
    VAE__TRY(vae__put_number(group, "beta2", training->beta2));
    VAE__TRY(vae__put_number(group, "epsilon", training->epsilon));
    VAE__TRY(put_moment(group, "first_moment", "m: running mean of the gradient, laid out as /parameters", training,
                        training->first_moment));
    return put_moment(group, "second_moment", "v: running mean of the squared gradient, laid out as /parameters",
                      training, training->second_moment);
}

/* ---- /training and /history -------------------------------------------------------------------------------------- */

/* A command line longer than an attribute may be is cut: it is a record for people, and no reason to lose a run. */
static vae_status put_command_line(hid_t group, const char *text)
{
    if (strlen(text) <= VAE__MAX_TEXT)
        return vae__put_text(group, "command_line", VAE__UTF8, text);
    char *cut = NULL;
    VAE__TRY(vae__allocate("the command line", VAE__MAX_TEXT + 1, 1, &cut));
    size_t length = vae__text_fitting(text, VAE__MAX_TEXT - 4);
    memcpy(cut, text, length);
    memcpy(cut + length, " ...", 4);
    vae_status status = vae__put_text(group, "command_line", VAE__UTF8, cut);
    vae__free(cut);
    return status;
}

static vae_status put_training(hid_t group, const vae_training *training)
{
    VAE__TRY(vae__put_unsigned(group, "seed", training->seed));
    VAE__TRY(vae__put_integer(group, "epoch", training->epoch));
    VAE__TRY(vae__put_integer(group, "epochs", training->epochs));
    VAE__TRY(vae__put_integer(group, "step", training->step));
    VAE__TRY(vae__put_integer(group, "batch_size", training->batch_size));
    VAE__TRY(vae__put_integer(group, "partial_examples", training->partial.examples));
    VAE__TRY(vae__put_number(group, "partial_reconstruction", training->partial.reconstruction));
    VAE__TRY(vae__put_number(group, "partial_kl", training->partial.kl));
    VAE__TRY(vae__put_text(group, "partial_of", VAE__ASCII,
                           "sums over the examples of the epoch under way: how many, nats, nats"));
    return put_command_line(group, training->command_line ? training->command_line : "");
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
    int64_t total = 0, row = 0;
    for (int s = 0; s < VAE_SPLITS; s++)
        total += training->rows[s];
    unsigned char *split = NULL;
    VAE__TRY(vae__allocate("the rows' splits", (size_t)total, 1, &split));
    for (int s = 0; s < VAE_SPLITS; s++) {
        memset(split + row, s, (size_t)training->rows[s]);
        row += training->rows[s];
    }
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

static vae_status put_data(hid_t group, const vae_training *training)
{
    VAE__TRY(vae__put_text(group, "source", VAE__UTF8, training->source ? training->source : ""));
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
    { "model", "the declaration: name, layers and terms in libvae's little language", put_model },
    { "fields", "what the model sees: x is modelled, the others are given", put_fields },
    { "parameters", "what is learnt, a dataset a tensor", put_parameters },
    { "state", "what is fitted or fixed but not learnt by gradient, a dataset a tensor", put_state },
    { "optimizer", "Adam (Kingma, Ba 2015): settings and moments, for training to go on", put_optimizer },
    { "training", "where training stands: with model, data and seed all that a resumed run needs", put_training },
    { "history", "a row for each evaluation, a dataset a column", put_history },
    { "data",
      "what it was trained on; digest is that of its contents; validation_held_out = 1: the validation rows "
      "are the last of the source's training rows",
      put_data },
};

static vae_status put_all(hid_t file, const vae_training *training)
{
    VAE__TRY(put_root(file, training));
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        hid_t group = H5I_INVALID_HID;
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

/* Tensors count three times: a value and two moments. */
static size_t expected_size(const vae_training *training)
{
    const vae_model *model = training->model;
    int64_t rows = 0;
    for (int s = 0; s < VAE_SPLITS; s++)
        rows += training->rows[s];
    size_t bytes = VAE__GROUPS_ROOM + list_room(VAE_UINT8, rows);
    bytes += VAE__MAX_COLUMNS * list_room(VAE_FLOAT64, training->history.rows);
    for (int i = 0; i < model->condition_count; i++)
        bytes += list_room(VAE_INT64, model->declaration.conditions[i].size);
    for (int i = 0; i < vae_store_count(model->store); i++) {
        vae__array array = array_of(vae_store_tensor(model->store, i), NULL);
        bytes += 3 * vae__put_room(&array);
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
