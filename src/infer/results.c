/* Files of results: HDF5 with the conditions beside what was found, or a picture. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/model.h"
#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/base/text.h"
#include "src/base/types.h"
#include "src/checkpoint/layout.h"
#include "src/checkpoint/table.h"
#include "src/infer/given.h"
#include "src/infer/pictures.h"
#include "src/infer/sample.h"
#include "src/infer/walk.h"

enum { OWN_MOST = 7, NAME_BYTES = 320 };

/* A file while its columns are gathered. */
typedef struct vae__sheet {
    const vae_model *model;
    int64_t rows;
    vae__table_column columns[OWN_MOST + VAE_MAX_CONDITIONS];
    int count;
    void *made[VAE_MAX_CONDITIONS]; /* columns that had to be made, by condition */
    char names[VAE_MAX_CONDITIONS][NAME_BYTES];
} vae__sheet;

static const struct {
    const char *format, *title;
    bool picture; /* may be one */
} kinds[] = {
    [VAE_RESULTS_SAMPLES] = { VAE__SAMPLES_FORMAT, "samples", true },
    [VAE_RESULTS_LATENTS] = { VAE__LATENTS_FORMAT, "latents", false },
    [VAE_RESULTS_EXAMPLES] = { VAE__EXAMPLES_FORMAT, "evaluation of each example", false },
    [VAE_RESULTS_RECONSTRUCTIONS] = { VAE__RECONSTRUCTIONS_FORMAT, "reconstructions", true },
    [VAE_RESULTS_MANIFOLD] = { VAE__MANIFOLD_FORMAT, "manifold", true },
    [VAE_RESULTS_INTERPOLATION] = { VAE__INTERPOLATION_FORMAT, "interpolation", true },
    [VAE_RESULTS_TRAVERSAL] = { VAE__TRAVERSAL_FORMAT, "traversal", true },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* What the place of a walk is called; of what is no walk, nothing. */
static const struct {
    const char *name, *description;
    int64_t size; /* 0: one number */
} places[KINDS] = {
    [VAE_RESULTS_MANIFOLD] = { "place", "the point of the unit square", 2 },
    [VAE_RESULTS_INTERPOLATION] = { "t", "how far it is, 0 to 1, between from and to", 0 },
    [VAE_RESULTS_TRAVERSAL] = { "value", "what the dimension was set to", 0 },
};

/* ---- Columns ----------------------------------------------------------------------------------------------------- */

/* A row of `size` values; size 0: one. */
static void add(vae__sheet *sheet, const char *name, const char *description, vae_type type, int64_t size,
                const void *values)
{
    sheet->columns[sheet->count++] = (vae__table_column){ .name = name,
                                                          .description = description,
                                                          .type = type,
                                                          .rank = size ? 2 : 1,
                                                          .shape = { sheet->rows, size },
                                                          .values = values };
}

/* Rows of the shape that an example of x has. */
static void add_x(vae__sheet *sheet, const char *name, const char *description, vae_type type, const void *values)
{
    add(sheet, name, description, type, 0, values);
    vae__table_column *column = &sheet->columns[sheet->count - 1];
    column->rank = 1 + sheet->model->x_rank;
    memcpy(column->shape + 1, sheet->model->declaration.x.shape, (size_t)sheet->model->x_rank * sizeof *column->shape);
}

/* ---- Conditions -------------------------------------------------------------------------------------------------- */

/* Is a level's text how its number is written? */
static bool is_number(const char *text, int64_t *number)
{
    char again[32];
    *number = strtoll(text, NULL, 10);
    snprintf(again, sizeof again, "%" PRId64, *number);
    return !strcmp(text, again);
}

static bool all_numbers(const vae_condition_spec *spec)
{
    int64_t number;
    for (int64_t i = 0; spec->levels && i < spec->size; i++)
        if (!is_number(spec->levels[i], &number))
            return false;
    return true;
}

static vae_status make_numbers(const vae_condition_spec *spec, const vae_given *given, int index, vae__sheet *sheet)
{
    int64_t *numbers = NULL;
    VAE__TRY(vae__allocate(spec->name, (size_t)sheet->rows, sizeof *numbers, &numbers));
    sheet->made[index] = numbers;
    for (int64_t row = 0; row < sheet->rows; row++) {
        numbers[row] = (int64_t)vae__type_value(given->types[index], given->values[index], row);
        if (spec->levels)
            is_number(spec->levels[numbers[row]], &numbers[row]);
    }
    add(sheet, sheet->names[index], "the class", VAE_INT64, 0, numbers);
    return vae__ok();
}

static vae_status make_texts(const vae_condition_spec *spec, const vae_given *given, int index, vae__sheet *sheet)
{
    size_t width = 1;
    for (int64_t i = 0; i < spec->size; i++)
        width = strlen(spec->levels[i]) > width ? strlen(spec->levels[i]) : width;
    char *texts = NULL;
    VAE__TRY(vae__allocate(spec->name, (size_t)sheet->rows, width, &texts));
    sheet->made[index] = texts;
    for (int64_t row = 0; row < sheet->rows; row++) {
        const char *level = spec->levels[(int64_t)vae__type_value(given->types[index], given->values[index], row)];
        memcpy(texts + (size_t)row * width, level, strlen(level));
    }
    add(sheet, sheet->names[index], "the class", VAE_UINT8, 0, texts);
    sheet->columns[sheet->count - 1].text = width;
    return vae__ok();
}

static void add_values(const vae_condition_spec *spec, const vae_given *given, int index, vae__sheet *sheet)
{
    int64_t size = vae__given_size(sheet->model, index);
    add(sheet, sheet->names[index], "what was given", given->types[index], size > 1 ? size : 0, given->values[index]);
    if (spec->kind != VAE_IMAGE)
        return;
    vae__table_column *column = &sheet->columns[sheet->count - 1];
    column->rank = 1;
    for (int i = 0; i < VAE_MAX_RANK && spec->shape[i]; i++)
        column->shape[column->rank++] = spec->shape[i];
}

/* Is a name one of the file's own, or another condition's? */
static bool is_taken(const vae__sheet *sheet, int own, int index, const char *name)
{
    bool taken = false;
    for (int i = 0; i < own; i++)
        taken |= !strcmp(sheet->columns[i].name, name);
    for (int i = 0; i < sheet->model->condition_count; i++)
        taken |= i != index && !strcmp(sheet->model->declaration.conditions[i].name, name);
    return taken;
}

/* A condition goes by its name, unless that is one of the file's own. There is room for as many endings as there are
 * names. */
static void name_column(const vae_condition_spec *spec, int own, int index, vae__sheet *sheet)
{
    char *name = sheet->names[index];
    snprintf(name, NAME_BYTES, "%s", spec->name);
    while (is_taken(sheet, own, index, name)) {
        size_t length = strlen(name);
        snprintf(name + length, NAME_BYTES - length, "_condition");
    }
}

static vae_status add_given(const vae_given *given, vae__sheet *sheet)
{
    int own = sheet->count;
    for (int i = 0; i < sheet->model->condition_count; i++) {
        const vae_condition_spec *spec = &sheet->model->declaration.conditions[i];
        name_column(spec, own, i, sheet);
        if (spec->kind != VAE_CLASS)
            add_values(spec, given, i, sheet);
        else
            VAE__TRY((all_numbers(spec) ? make_numbers : make_texts)(spec, given, i, sheet));
    }
    return vae__ok();
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

/* `given` may be NULL; split VAE_SPLITS: of none. */
static vae_status write(vae__sheet *sheet, const vae_given *given, vae_results kind, vae_split split, const char *path)
{
    const char *name = sheet->model->declaration.name;
    char title[256];
    snprintf(title, sizeof title, "%s: %s", name, kinds[kind].title);
    vae_status status = given ? add_given(given, sheet) : vae__ok();
    if (!status.code)
        status = vae__table_write(path, &(vae__table){ .format = kinds[kind].format,
                                                       .title = title,
                                                       .model = name,
                                                       .split = split < VAE_SPLITS ? vae_split_name(split) : NULL,
                                                       .columns = sheet->columns,
                                                       .count = sheet->count });
    for (int i = 0; i < VAE_MAX_CONDITIONS; i++)
        vae__free(sheet->made[i]);
    return status;
}

/* Whether the name asks for a picture. */
static vae_status choose_form(const char *path, vae_results kind, bool *picture)
{
    *picture = kinds[kind].picture && vae__text_ends(path, ".png");
    if (*picture || vae__text_ends(path, ".h5") || vae__text_ends(path, ".hdf5"))
        return vae__ok();
    return vae__error(VAE_ERROR_ARGUMENT, "%s: expected a file name in %s.h5 or .hdf5", path,
                      kinds[kind].picture ? ".png, " : "");
}

static vae_status check_save(const vae_model *model, const void *results, const char *path)
{
    if (model && results && path)
        return vae__ok();
    return vae__error(VAE_ERROR_ARGUMENT, "expected a model, results and a path, found NULL");
}

vae_status vae_samples_save(const vae_model *model, const vae_samples *samples, const char *path)
{
    bool picture;
    VAE__TRY(check_save(model, samples, path));
    VAE__TRY(choose_form(path, VAE_RESULTS_SAMPLES, &picture));
    if (picture)
        return vae__samples_picture(model, samples, path);
    vae__sheet sheet = { .model = model, .rows = samples->count };
    add_x(&sheet, "x", "x, or its mean, in the data's own units", VAE_FLOAT32, samples->x);
    add(&sheet, "z", "the latent vectors they come from", VAE_FLOAT32, samples->z_size, samples->z);
    return write(&sheet, &samples->given, VAE_RESULTS_SAMPLES, VAE_SPLITS, path);
}

vae_status vae_latents_save(const vae_model *model, const vae_latents *latents, const char *path)
{
    bool picture;
    VAE__TRY(check_save(model, latents, path));
    VAE__TRY(choose_form(path, VAE_RESULTS_LATENTS, &picture));
    vae__sheet sheet = { .model = model, .rows = latents->count };
    add(&sheet, "mean", "mean of q(z | x)", VAE_FLOAT32, latents->z_size, latents->mean);
    add(&sheet, "logvar", "log-variance of q(z | x)", VAE_FLOAT32, latents->z_size, latents->logvar);
    add(&sheet, "row", "the row in the source, from 0", VAE_INT64, 0, latents->row);
    return write(&sheet, &latents->given, VAE_RESULTS_LATENTS, latents->split, path);
}

vae_status vae_examples_save(const vae_model *model, const vae_examples *examples, const char *path)
{
    bool picture;
    VAE__TRY(check_save(model, examples, path));
    VAE__TRY(choose_form(path, VAE_RESULTS_EXAMPLES, &picture));
    vae__sheet sheet = { .model = model, .rows = examples->count };
    add(&sheet, "elbo", "reconstruction - kl, nats", VAE_FLOAT64, 0, examples->elbo);
    add(&sheet, "reconstruction", "log p(x | z), nats", VAE_FLOAT64, 0, examples->reconstruction);
    add(&sheet, "kl", "KL(q(z | x) || p(z)), nats", VAE_FLOAT64, 0, examples->kl);
    add(&sheet, "observed", "values of x that were not missing", VAE_INT64, 0, examples->observed);
    add(&sheet, "row", "the row in the source, from 0", VAE_INT64, 0, examples->row);
    return write(&sheet, NULL, VAE_RESULTS_EXAMPLES, examples->split, path);
}

vae_status vae_reconstructions_save(const vae_model *model, const vae_reconstructions *reconstructions,
                                    const char *path)
{
    bool picture;
    VAE__TRY(check_save(model, reconstructions, path));
    VAE__TRY(choose_form(path, VAE_RESULTS_RECONSTRUCTIONS, &picture));
    if (picture)
        return vae__reconstructions_picture(model, reconstructions, path);
    vae__sheet sheet = { .model = model, .rows = reconstructions->count };
    add_x(&sheet, "x", "x as modelled; 0 where it is missing", VAE_FLOAT32, reconstructions->x);
    add_x(&sheet, "reconstruction", "mean of p(x | z) as modelled, z being the mean of q(z | x)", VAE_FLOAT32,
          reconstructions->reconstruction);
    add_x(&sheet, "reconstruction_units", "the reconstruction in the data's own units", VAE_FLOAT32,
          reconstructions->units);
    if (reconstructions->mask)
        add_x(&sheet, "mask", "1: observed, 0: missing", VAE_UINT8, reconstructions->mask);
    add(&sheet, "row", "the row in the source, from 0", VAE_INT64, 0, reconstructions->row);
    return write(&sheet, &reconstructions->given, VAE_RESULTS_RECONSTRUCTIONS, reconstructions->split, path);
}

vae_status vae_walk_save(const vae_model *model, const vae_walk *walk, const char *path)
{
    bool picture;
    VAE__TRY(check_save(model, walk, path));
    if ((unsigned)walk->kind >= KINDS || !places[walk->kind].name)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a walk, found results of another kind");
    VAE__TRY(choose_form(path, walk->kind, &picture));
    if (picture)
        return vae__samples_picture(model, &walk->samples, path);
    vae__sheet sheet = { .model = model, .rows = walk->samples.count };
    add_x(&sheet, "x", "mean of p(x | z) in the data's own units, row by row of the grid", VAE_FLOAT32,
          walk->samples.x);
    add(&sheet, "z", "the points", VAE_FLOAT32, walk->samples.z_size, walk->samples.z);
    add(&sheet, places[walk->kind].name, places[walk->kind].description, VAE_FLOAT64, places[walk->kind].size,
        walk->place);
    if (walk->from)
        add(&sheet, "from", "the row in the source where it begins, from 0", VAE_INT64, 0, walk->from);
    if (walk->to)
        add(&sheet, "to", "the row in the source where it ends, from 0", VAE_INT64, 0, walk->to);
    if (walk->dimension)
        add(&sheet, "dimension", "which dimension of z was set, from 0", VAE_INT64, 0, walk->dimension);
    if (walk->kl)
        add(&sheet, "kl", "that dimension's mean KL(q(z | x) || N(0, 1)), nats", VAE_FLOAT64, 0, walk->kl);
    return write(&sheet, &walk->samples.given, walk->kind, VAE_SPLITS, path);
}

/* ---- Asking before ----------------------------------------------------------------------------------------------- */

vae_status vae_samples_check(const vae_model *model, const vae_sample_options *options, const char *path)
{
    bool picture;
    vae_samples samples = { 0 };
    if (!model || !path)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a model and a path, found NULL");
    VAE__TRY(choose_form(path, VAE_RESULTS_SAMPLES, &picture));
    VAE__TRY(vae__samples_plan(model, options, &samples));
    return picture ? vae__picture_fits(model, samples.rows, samples.columns, path) : vae__ok();
}

vae_status vae_results_check(const vae_model *model, vae_results kind, int64_t count, const char *path)
{
    bool picture;
    if (!model || !path || (unsigned)kind >= KINDS || count < 1)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a model, a kind of results, at least 1 of them, and a path");
    VAE__TRY(choose_form(path, kind, &picture));
    vae_samples grid = { .count = count };
    if (kind == VAE_RESULTS_RECONSTRUCTIONS)
        vae__reconstructions_grid(count, &grid.rows, &grid.columns);
    else
        vae__samples_square(&grid);
    return picture ? vae__picture_fits(model, grid.rows, grid.columns, path) : vae__ok();
}

vae_status vae_walk_check(const vae_model *model, int64_t rows, int64_t columns, const char *path)
{
    bool picture;
    if (!model || !path)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a model and a path, found NULL");
    VAE__TRY(choose_form(path, VAE_RESULTS_MANIFOLD, &picture));
    return picture ? vae__picture_fits(model, rows, columns, path) : vae__ok();
}

vae_status vae_results_recognize(const char *path, vae_results kind)
{
    if (!path || (unsigned)kind >= KINDS)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a path and a kind of results");
    return vae__table_recognize(path, kinds[kind].format);
}
