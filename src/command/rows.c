/* Rows of data and a model. */
#include "src/command/rows.h"

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

static int open_data(const vae__call *call, const vae__rows_options *options, vae__rows *rows)
{
    const vae__data_request request = {
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
    return vae__open_data(call, &request, &rows->data);
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
    vae__rows rows = { .data = NULL };
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
