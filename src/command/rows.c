/* Rows of data and a model. */
#include "src/command/rows.h"

#include <stdlib.h>
#include <string.h>

/* The split that --split names, or VAE_SPLITS. */
static vae_split named_split(const char *name)
{
    int split = 0;
    while (split < VAE_SPLITS && strcmp(name, vae_split_name((vae_split)split)))
        split++;
    return (vae_split)split;
}

int vae__check_rows(const vae__call *call, const vae__rows_options *options)
{
    const char *name = options->split->text;
    if (name && named_split(name) == VAE_SPLITS)
        return vae__wrong_usage(call, "--split: expected train, validation, test or all, found \"%s\"", name);
    if (!options->data->given)
        return vae__wrong_usage(call, "expected --data SRC, found none");
    return VAE__EXIT_DONE;
}

static int choose_split(const vae__call *call, const vae__value *wanted, const vae_data *data, vae_split *split)
{
    char splits[VAE__SPLITS_TEXT];
    int64_t rows[VAE_SPLITS];
    for (int i = 0; i < VAE_SPLITS; i++)
        rows[i] = vae_data_rows(data, (vae_split)i);
    *split = wanted->given ? named_split(wanted->text) : rows[VAE_ALL] ? VAE_ALL : VAE_TEST;
    if (rows[*split])
        return VAE__EXIT_DONE;
    if (!wanted->given)
        return vae__wrong_usage(call, "%s: expected --split, for there are no test rows; there are %s",
                                vae_data_source(data), vae__splits_text(splits, rows, false));
    return vae__failed(call, "%s: expected %s rows, found none; there are %s", vae_data_source(data), wanted->text,
                       vae__splits_text(splits, rows, false));
}

/* ---- Fields beside ----------------------------------------------------------------------------------------------- */

int vae__fields_add(const vae__call *call, const char *option, const char *name, vae__fields *fields)
{
    return vae__fields_add_kind(call, option, name, VAE_CLASS, fields);
}

int vae__fields_add_kind(const vae__call *call, const char *option, const char *name, vae_field_kind kind,
                         vae__fields *fields)
{
    for (int i = 0; i < fields->count; i++)
        if (!strcmp(fields->names[i], name))
            return VAE__EXIT_DONE;
    if (fields->count == VAE__BESIDE_MOST)
        return vae__wrong_usage(call, "--%s: expected at most %d fields, found more", option, (int)VAE__BESIDE_MOST);
    fields->kinds[fields->count] = kind;
    snprintf(fields->names[fields->count++], VAE_GROUP_TEXT, "%s", name);
    return VAE__EXIT_DONE;
}

/* A source that knows its fields has no others; but what it calls label may be the model's condition. */
static bool may_open(const vae_model_spec *model, const vae_data *data, vae_split split, const char *name)
{
    bool knows = false;
    for (int i = 0; i < vae_data_field_count(data); i++) {
        const vae_field *field = vae_data_field(data, split, i);
        knows |= field && field->kind == VAE_CLASS && !field->path;
    }
    return !knows || vae__condition_place(model, name, strlen(name)) >= 0;
}

/* Those that the data lacks as it is. */
static int take_missing(const vae__fields *fields, const vae_model_spec *model, const vae_data *data,
                        vae_field_source beside[VAE__BESIDE_MOST])
{
    int count = 0, split = 0;
    while (split < VAE_ALL && !vae_data_rows(data, (vae_split)split))
        split++;
    for (int i = 0; i < fields->count; i++)
        if (!vae_data_find(data, (vae_split)split, fields->names[i]) &&
            may_open(model, data, (vae_split)split, fields->names[i]))
            beside[count++] = (vae_field_source){ .name = fields->names[i], .kind = fields->kinds[i] };
    return count;
}

/* The data again, which is then not in memory twice. */
static int reopen(const vae__call *call, const vae__data_request *request, vae_data **data)
{
    vae_division division = vae_data_division(*data);
    char *by = division.by ? strdup(division.by) : NULL;
    if (division.by && !by)
        return vae__failed(call, "no memory for the name of a field");
    division.by = by;
    vae_data_free(data);
    int status = vae__open_beside(call, request, &division, data);
    free(by);
    return status;
}

/* ---- Opening ----------------------------------------------------------------------------------------------------- */

static int open_data(const vae__call *call, const vae__rows_options *options, vae__rows *rows)
{
    vae_field_source beside[VAE__BESIDE_MOST];
    vae__data_request request = {
        .data = options->data,
        .x = options->x,
        .conditions = options->conditions,
        .model = vae_model_declaration(rows->model),
        .training = rows->training,
        .threads = options->threads,
        .mask = options->mask,
        .allow_external = options->allow_external,
        .skip_broken = options->skip_broken,
    };
    int status = vae__open_data(call, &request, &rows->data);
    if (status || !options->fields)
        return status;
    request.beside = beside;
    request.beside_count = take_missing(options->fields, request.model, rows->data, beside);
    return request.beside_count ? reopen(call, &request, &rows->data) : VAE__EXIT_DONE;
}

static int open_rows(const vae__call *call, const vae__rows_options *options, vae__rows *rows)
{
    int status = vae__open_weights(call, call->argument, options->weights, &rows->training);
    if (status)
        return status;
    rows->model = vae_training_model(rows->training);
    status = open_data(call, options, rows);
    return status ? status : choose_split(call, options->split, rows->data, &rows->split);
}

int vae__work_on_rows(const vae__call *call, const vae__rows_options *options,
                      int (*work)(const vae__call *call, const vae__rows *rows))
{
    vae__rows rows = { .fields = options->fields };
    int status = open_rows(call, options, &rows);
    if (!status)
        status = work(call, &rows);
    vae_data_free(&rows.data);
    vae_training_free(&rows.training);
    return status;
}

/* ---- The bar ----------------------------------------------------------------------------------------------------- */

vae__counting vae__counting_new(const char *what)
{
    return (vae__counting){ .bar = vae__bar_new(), .what = what };
}

int vae__count_rows(void *counting, int64_t done, int64_t examples)
{
    vae__counting *rows = counting;
    vae__bar_draw(&rows->bar, &(vae__bar_state){
                                  .what = rows->what,
                                  .figures = "",
                                  .fraction = examples > 0 ? (double)done / (double)examples : 0,
                                  .done = (double)done,
                                  .left = (double)(examples - done),
                                  .seconds = vae__clock() - rows->bar.begun,
                              });
    return 0;
}
