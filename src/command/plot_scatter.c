/* vae plot --scatter: posterior means, coloured by a class. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "src/command/plot.h"
#include "src/command/walk.h"

enum { CLASSES_MOST = 64, CLASS_NAME = 64, NUMBER_TEXT = 24 };

/* Points while they are gathered. */
typedef struct scatter {
    const vae__call *call;
    const vae__rows *rows;
    const vae_field *field; /* the class; NULL: all are of one colour */
    vae__list dimensions;
    int64_t count;
    double *x, *y; /* points of one series behind those of the one before */
    vae_series series[CLASSES_MOST];
    char names[CLASSES_MOST][CLASS_NAME];
    int series_count;
} scatter;

/* ---- What is asked for ------------------------------------------------------------------------------------------- */

static int parse_dimensions(const vae__call *call, vae__list *dimensions)
{
    int status = vae__parse_list(call, "dimensions", &call->values[DIMENSIONS], dimensions);
    if (!call->values[DIMENSIONS].given)
        *dimensions = (vae__list){ { 0, 1 }, 2 };
    if (status || (dimensions->count == 2 && dimensions->numbers[0] != dimensions->numbers[1]))
        return status;
    return vae__wrong_usage(call, "--dimensions: expected two dimensions of z, found \"%s\"",
                            call->values[DIMENSIONS].text);
}

int vae__check_scatter(const vae__call *call)
{
    const vae__rows_options wanted = VAE__ROWS_VALUES(call);
    vae__list dimensions;
    int status = vae__check_rows(call, &wanted);
    if (!status && call->argument_count > 1)
        status = vae__wrong_usage(call, "--scatter: expected one FILE.h5, found %d", call->argument_count);
    return status ? status : parse_dimensions(call, &dimensions);
}

static int check_size(const scatter *made)
{
    const vae_model_spec *spec = vae_model_declaration(made->rows->model);
    int64_t size = spec->latents[0].size;
    for (int i = 0; i < 2; i++)
        if (made->dimensions.numbers[i] >= size)
            return vae__wrong_usage(made->call,
                                    "--dimensions: expected dimensions of z from 0 to %" PRId64 ", as %s has, found "
                                    "%" PRId64,
                                    size - 1, spec->name, made->dimensions.numbers[i]);
    return VAE__EXIT_DONE;
}

/* ---- The class --------------------------------------------------------------------------------------------------- */

/* The data once more, with a field that is no condition of the model's, divided as the other. */
static int open_beside(const scatter *made, const vae_field_source *beside, vae_data **data)
{
    const vae__call *call = made->call;
    const vae__data_request request = { .data = &call->values[DATA],
                                        .x = &call->values[X],
                                        .conditions = &call->values[CONDITION],
                                        .model = vae_model_declaration(made->rows->model),
                                        .training = made->rows->training,
                                        .threads = (int)call->values[THREADS].whole,
                                        .mask = &call->values[MASK],
                                        .allow_external = &call->values[EXTERNAL],
                                        .skip_broken = &call->values[SKIP_BROKEN],
                                        .beside = beside,
                                        .beside_count = 1 };
    const vae_division division = vae_data_division(made->rows->data);
    return vae__open_beside(call, &request, &division, data);
}

/* The model's first class; NULL: it has none. */
static const char *usual_class(const vae_model_spec *spec)
{
    for (int i = 0; i < VAE_MAX_CONDITIONS && spec->conditions[i].name; i++)
        if (spec->conditions[i].kind == VAE_CLASS)
            return spec->conditions[i].name;
    return NULL;
}

static int check_field(scatter *made, const char *name)
{
    if (!made->field || made->field->kind != VAE_CLASS)
        return vae__failed(made->call, "--color-by %s: expected a class, found %s", name,
                           made->field ? "a field of another kind" : "no such field");
    if (made->field->classes > CLASSES_MOST)
        return vae__failed(made->call, "--color-by %s: expected at most %d classes, found %" PRId64, name, CLASSES_MOST,
                           made->field->classes);
    return VAE__EXIT_DONE;
}

/* The field that tells colours: one that the data has, or that it is opened for again. A path is called by its end. */
static int find_class(scatter *made, vae_data **again)
{
    const vae__rows *rows = made->rows;
    const char *name = made->call->values[COLOR_BY].text;
    name = name ? name : usual_class(vae_model_declaration(rows->model));
    if (!name)
        return VAE__EXIT_DONE;
    made->field = vae_data_find(rows->data, rows->split, name);
    if (made->field)
        return check_field(made, name);
    const char *slash = strrchr(name, '/');
    const vae_field_source beside = { .name = slash ? slash + 1 : name,
                                      .kind = VAE_CLASS,
                                      .path = slash ? name : NULL };
    int status = open_beside(made, &beside, again);
    if (status)
        return status;
    made->field = vae_data_find(*again, rows->split, beside.name);
    return check_field(made, name);
}

static int64_t class_of(const vae_field *field, int64_t row)
{
    switch (field->type) {
#define CLASS_OF(type, ctype, text)                                                                                    \
    case type:                                                                                                         \
        return (int64_t)((const ctype *)field->values)[row];
        VAE_TYPE_LIST(CLASS_OF)
#undef CLASS_OF
    }
    return 0;
}

/* ---- Points ------------------------------------------------------------------------------------------------------ */

static void name_series(scatter *made, int class)
{
    char number[NUMBER_TEXT];
    snprintf(number, sizeof number, "%d", class);
    const char *level = made->field->levels ? made->field->levels[class] : number;
    snprintf(made->names[made->series_count], CLASS_NAME, "%s", level);
}

/* Those of one class. */
static void add_series(scatter *made, const vae_latents *latents, int class)
{
    int64_t begin = made->count;
    for (int64_t i = 0; i < latents->count; i++) {
        const float *mean = latents->mean + i * latents->z_size;
        if (made->field && class_of(made->field, i) != class)
            continue;
        made->x[made->count] = mean[made->dimensions.numbers[0]];
        made->y[made->count++] = mean[made->dimensions.numbers[1]];
    }
    if (made->field)
        name_series(made, class);
    made->series[made->series_count] = (vae_series){ .name = made->names[made->series_count],
                                                     .x = made->x + begin,
                                                     .y = made->y + begin,
                                                     .count = made->count - begin,
                                                     .color = class };
    made->series_count += made->count > begin;
}

static int draw(scatter *made, const vae_latents *latents)
{
    char labels[2][64], title[256], what[128], counted[64];
    const char *split = vae_split_name(made->rows->split);
    made->x = malloc((size_t)latents->count * sizeof *made->x);
    made->y = malloc((size_t)latents->count * sizeof *made->y);
    if (!made->x || !made->y)
        return vae__failed(made->call, "no memory for %" PRId64 " points", latents->count);
    for (int class = 0; class < (made->field ? (int)made->field->classes : 1); class ++)
        add_series(made, latents, class);
    for (int i = 0; i < 2; i++)
        snprintf(labels[i], sizeof labels[i], "dimension %" PRId64 " of the mean of q(z|x)",
                 made->dimensions.numbers[i]);
    snprintf(title, sizeof title, "%s, rows of %s", vae_model_declaration(made->rows->model)->name, split);
    const vae_plot plot = { .title = title,
                            .x_label = labels[0],
                            .y_label = labels[1],
                            .points = true,
                            .series = made->series,
                            .series_count = made->series_count };
    snprintf(what, sizeof what, "%s of %s", vae__counted(counted, latents->count, "row"), split);
    return vae__save_plot(made->call, made->call->values[SCATTER].text, &plot, what);
}

static int encode(scatter *made)
{
    vae__counting counting = vae__counting_new("encoding");
    const vae_pass_options wanted = { .split = made->rows->split,
                                      .threads = (int)made->call->values[THREADS].whole,
                                      .progress = vae__count_rows,
                                      .context = &counting };
    vae_latents latents = { .count = 0 };
    vae_status status = vae_encode(made->rows->model, made->rows->data, &wanted, &latents);
    vae__bar_clear(&counting.bar);
    int exit_status = status.code ? vae__failed_status(made->call, status) : draw(made, &latents);
    vae_latents_free(&latents);
    return exit_status;
}

static int scatter_rows(const vae__call *call, const vae__rows *rows)
{
    scatter *made = calloc(1, sizeof *made);
    vae_data *again = NULL;
    if (!made)
        return vae__failed(call, "no memory for points");
    made->call = call;
    made->rows = rows;
    int status = parse_dimensions(call, &made->dimensions);
    if (!status)
        status = check_size(made);
    if (!status)
        status = find_class(made, &again);
    if (!status)
        status = encode(made);
    vae_data_free(&again);
    free(made->x);
    free(made->y);
    free(made);
    return status;
}

int vae__plot_scatter(const vae__call *call)
{
    const vae__rows_options wanted = VAE__ROWS_VALUES(call);
    return vae__work_on_rows(call, &wanted, scatter_rows);
}
