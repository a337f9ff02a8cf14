/* Files of results: HDF5 with the conditions beside what was found, or a picture. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vae/factors.h>

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

enum { OWN_MOST = 64, NAME_BYTES = 320 };

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
    [VAE_RESULTS_COMPLETIONS] = { VAE__COMPLETIONS_FORMAT, "completions", true },
    [VAE_RESULTS_ARITHMETIC] = { VAE__ARITHMETIC_FORMAT, "arithmetic", true },
    [VAE_RESULTS_FORECAST] = { VAE__FORECAST_FORMAT, "forecast", false },
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
    [VAE_RESULTS_ARITHMETIC] = { "scale", "what the vector was multiplied by", 0 },
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
    if (samples->z_size) /* a regression has none */
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

/* ---- Evaluations ------------------------------------------------------------------------------------------------- */

/* What was estimated of each example. */
static void add_examples(vae__sheet *sheet, const vae_examples *examples)
{
    const struct {
        const char *name, *description;
        vae_type type;
        const void *values; /* NULL: it was not asked for */
    } columns[] = {
        { "elbo", "reconstruction - kl, nats", VAE_FLOAT64, examples->elbo },
        { "reconstruction", "log p(x | z), nats", VAE_FLOAT64, examples->reconstruction },
        { "kl", "KL(q(z | x) || p(z)), nats", VAE_FLOAT64, examples->kl },
        { "nll", "-log p(x) by importance sampling, nats", VAE_FLOAT64, examples->nll },
        { "effective_fraction", "effective share of the importance samples: (sum w)^2 / sum w^2 / K", VAE_FLOAT64,
          examples->effective_fraction },
        { "prior_nll", "-log p(x) by draws from the prior, nats", VAE_FLOAT64, examples->prior_nll },
        { "observed", "values of x that were not missing", VAE_INT64, examples->observed },
        { "row", "the row in the source, from 0", VAE_INT64, examples->row },
    };
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        if (columns[i].values)
            add(sheet, columns[i].name, columns[i].description, columns[i].type, 0, columns[i].values);
}

/* What follows has so many rows of its own. */
static void add_apart(vae__sheet *sheet, const char *name, const char *description, vae_type type, int64_t rows,
                      const void *values)
{
    add(sheet, name, description, type, 0, values);
    sheet->columns[sheet->count - 1].shape[0] = rows;
}

/* A regression has none. */
static void add_dimensions(vae__sheet *sheet, const vae_examples *examples)
{
    if (!examples->latent_size)
        return;
    if (examples->kl_dimensions)
        add_apart(sheet, "dimensions/kl", "part of each dimension of z in the mean kl, nats", VAE_FLOAT64,
                  examples->latent_size, examples->kl_dimensions);
    if (examples->mean_variance)
        add_apart(sheet, "dimensions/mean_variance",
                  "variance of E[z | x] over the examples; a unit is active above 0.01", VAE_FLOAT64,
                  examples->latent_size, examples->mean_variance);
}

/* Each mean is a row of one value; figures that are not there are not written. */
static void add_means(vae__sheet *sheet, const vae_evaluation *found)
{
    const struct {
        const char *name, *description;
        const double *value;
    } means[] = {
        { "means/elbo", "nats per example", &found->elbo },
        { "means/elbo_error", "standard error of the mean over examples", &found->elbo_error },
        { "means/elbo_bits", "bits per dimension", &found->elbo_bits },
        { "means/reconstruction", "nats per example", &found->reconstruction },
        { "means/reconstruction_error", "standard error", &found->reconstruction_error },
        { "means/kl", "nats per example", &found->kl },
        { "means/kl_error", "standard error", &found->kl_error },
        { "means/nll", "by importance sampling, nats per example", &found->nll },
        { "means/nll_error", "standard error", &found->nll_error },
        { "means/nll_bits", "bits per dimension", &found->nll_bits },
        { "means/effective_fraction", "effective share of the importance samples", &found->effective_fraction },
        { "means/effective_fraction_least", "the lowest of an example", &found->effective_fraction_least },
        { "means/prior_nll", "by draws from the prior, nats per example", &found->prior_nll },
        { "means/prior_nll_error", "standard error", &found->prior_nll_error },
        { "means/prior_nll_bits", "bits per dimension", &found->prior_nll_bits },
    };
    for (size_t i = 0; i < sizeof means / sizeof *means; i++)
        if (!isnan(*means[i].value))
            add_apart(sheet, means[i].name, means[i].description, VAE_FLOAT64, 1, means[i].value);
    const struct {
        const char *name, *description;
        const int64_t *value;
    } counts[] = {
        { "means/nll_samples", "importance samples of an example", &found->samples },
        { "means/prior_nll_samples", "draws from the prior of an example", &found->prior_samples },
        { "means/active_units", "dimensions of z that x tells of", &found->active_units },
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        add_apart(sheet, counts[i].name, counts[i].description, VAE_INT64, 1, counts[i].value);
}

/* The estimates of a likelihood, n by n, as columns: on the desk of the caller. */
typedef struct vae__curve {
    int64_t n[VAE_NLL_ESTIMATES];
    double nll[VAE_NLL_ESTIMATES], error[VAE_NLL_ESTIMATES];
} vae__curve;

static void add_curves(vae__sheet *sheet, const vae_evaluation *found, vae__curve curves[2])
{
    const struct {
        const char *names[3], *what;
        const vae_nll_estimate *estimates;
        int64_t count;
    } ways[] = {
        { { "nll_estimates/n", "nll_estimates/nll", "nll_estimates/nll_error" },
          "importance samples",
          found->nll_estimates,
          found->nll_estimate_count },
        { { "prior_estimates/n", "prior_estimates/nll", "prior_estimates/nll_error" },
          "draws from the prior",
          found->prior_estimates,
          found->prior_estimate_count },
    };
    for (int way = 0; way < 2; way++) {
        const int64_t count = ways[way].count;
        vae__curve *curve = &curves[way];
        for (int64_t i = 0; i < count; i++) {
            curve->n[i] = ways[way].estimates[i].n;
            curve->nll[i] = ways[way].estimates[i].nll;
            curve->error[i] = ways[way].estimates[i].nll_error;
        }
        if (!count)
            continue;
        add_apart(sheet, ways[way].names[0], ways[way].what, VAE_INT64, count, curve->n);
        add_apart(sheet, ways[way].names[1], "-log p(x) by the first n, nats per example", VAE_FLOAT64, count,
                  curve->nll);
        add_apart(sheet, ways[way].names[2], "standard error", VAE_FLOAT64, count, curve->error);
    }
}

/* ---- Factors ----------------------------------------------------------------------------------------------------- */

/* A factor in one row of the columns. */
typedef struct vae__factor_columns {
    int64_t *levels, *first, *second;
    double *entropy, *information, *second_information, *gap;
    char *names;
    size_t width;
} vae__factor_columns;

static vae_status make_factors(const vae_factors *found, vae__factor_columns *columns)
{
    const size_t count = (size_t)found->count;
    int64_t **const wholes[] = { &columns->levels, &columns->first, &columns->second };
    double **const reals[] = { &columns->entropy, &columns->information, &columns->second_information, &columns->gap };
    columns->width = 1;
    for (size_t i = 0; i < sizeof wholes / sizeof *wholes; i++)
        VAE__TRY(vae__allocate("factors", count, sizeof **wholes[i], wholes[i]));
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++)
        VAE__TRY(vae__allocate("factors", count, sizeof **reals[i], reals[i]));
    for (size_t k = 0; k < count; k++)
        columns->width =
            strlen(found->factors[k].name) > columns->width ? strlen(found->factors[k].name) : columns->width;
    VAE__TRY(vae__allocate("factors", count, columns->width, &columns->names));
    for (size_t k = 0; k < count; k++) {
        const vae_factor *factor = &found->factors[k];
        columns->levels[k] = factor->levels;
        columns->first[k] = factor->first;
        columns->second[k] = factor->second;
        columns->entropy[k] = factor->entropy;
        columns->information[k] = factor->information;
        columns->second_information[k] = factor->second_information;
        columns->gap[k] = factor->gap;
        memcpy(columns->names + k * columns->width, factor->name, strlen(factor->name));
    }
    return vae__ok();
}

static void free_factors(vae__factor_columns *columns)
{
    void *const made[] = { columns->levels,  columns->first,       columns->second,
                           columns->entropy, columns->information, columns->second_information,
                           columns->gap,     columns->names };
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        vae__free(made[i]);
}

/* Rows of (rows, values) apart. */
static void add_matrix(vae__sheet *sheet, const char *name, const char *description, vae_type type, int64_t rows,
                       int64_t size, const void *values)
{
    add(sheet, name, description, type, size, values);
    sheet->columns[sheet->count - 1].shape[0] = rows;
}

static void add_factors(vae__sheet *sheet, const vae_factors *found, const vae__factor_columns *columns)
{
    const int64_t count = found->count, size = found->latent_size;
    add_apart(sheet, "factors/name", "a field of classes", VAE_UINT8, count, columns->names);
    sheet->columns[sheet->count - 1].text = columns->width;
    add_apart(sheet, "factors/levels", "that the rows have", VAE_INT64, count, columns->levels);
    add_apart(sheet, "factors/entropy", "H(v), nats", VAE_FLOAT64, count, columns->entropy);
    add_apart(sheet, "factors/dimension", "of z, that tells most of it", VAE_INT64, count, columns->first);
    add_apart(sheet, "factors/information", "I(z_j; v) of that dimension, nats", VAE_FLOAT64, count,
              columns->information);
    add_apart(sheet, "factors/second_dimension", "that tells most but for that one; -1: there is none", VAE_INT64,
              count, columns->second);
    add_apart(sheet, "factors/second_information", "I(z_j; v) of it, nats", VAE_FLOAT64, count,
              columns->second_information);
    add_apart(sheet, "factors/gap", "(information - second_information) / entropy", VAE_FLOAT64, count, columns->gap);
    add_matrix(sheet, "factors/informations", "I(z_j; v) of each factor and dimension, nats", VAE_FLOAT64, count, size,
               found->informations);
    add_apart(sheet, "factors/row", "rows that were drawn, by their number in the source", VAE_INT64, found->rows,
              found->row);
    add_matrix(sheet, "factors/z", "the sample of q(z | x) of each of them", VAE_FLOAT64, found->rows, size, found->z);
    add_apart(sheet, "means/mig", "mutual information gap: the mean of factors/gap", VAE_FLOAT64, 1, &found->mig);
}

/* `evaluation` may be NULL. */
static vae_status save_evaluation(const vae_model *model, const vae_evaluation *evaluation,
                                  const vae_examples *examples, const char *path)
{
    bool picture;
    vae__curve curves[2];
    vae__factor_columns factors = { .width = 0 };
    VAE__TRY(choose_form(path, VAE_RESULTS_EXAMPLES, &picture));
    vae__sheet sheet = { .model = model, .rows = examples->count };
    add_examples(&sheet, examples);
    add_dimensions(&sheet, examples);
    if (evaluation) {
        add_means(&sheet, evaluation);
        add_curves(&sheet, evaluation, curves);
    }
    vae_status status = examples->factors ? make_factors(examples->factors, &factors) : vae__ok();
    if (!status.code && examples->factors)
        add_factors(&sheet, examples->factors, &factors);
    if (!status.code)
        status = write(&sheet, NULL, VAE_RESULTS_EXAMPLES, examples->split, path);
    free_factors(&factors);
    return status;
}

vae_status vae_examples_save(const vae_model *model, const vae_examples *examples, const char *path)
{
    VAE__TRY(check_save(model, examples, path));
    return save_evaluation(model, NULL, examples, path);
}

vae_status vae_evaluation_save(const vae_model *model, const vae_evaluation *evaluation, const vae_examples *examples,
                               const char *path)
{
    VAE__TRY(check_save(model, evaluation ? examples : NULL, path));
    return save_evaluation(model, evaluation, examples, path);
}

/* ---- Reconstructions --------------------------------------------------------------------------------------------- */

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

/* ---- Completions ------------------------------------------------------------------------------------------------- */

/* Each row has several, of the shape that x has. */
static void add_samples(vae__sheet *sheet, const char *name, const char *description, int64_t samples,
                        const float *values)
{
    add_x(sheet, name, description, VAE_FLOAT32, values);
    vae__table_column *column = &sheet->columns[sheet->count - 1];
    memmove(column->shape + 2, column->shape + 1, (size_t)sheet->model->x_rank * sizeof *column->shape);
    column->shape[1] = samples;
    column->rank++;
}

static void add_z(vae__sheet *sheet, const vae_completions *found)
{
    add(sheet, "z", "the latent vectors they come from", VAE_FLOAT32, found->z_size, found->z);
    vae__table_column *column = &sheet->columns[sheet->count - 1];
    column->shape[2] = found->z_size;
    column->shape[1] = found->samples;
    column->rank = 3;
}

/* What is there of each row, of x's shape. */
static void add_beside(vae__sheet *sheet, const vae_completions *found, const float *given)
{
    const struct {
        const char *name, *description;
        vae_type type;
        const void *values; /* NULL: it is not there */
    } columns[] = {
        { "given", "what is seen of x, as modelled; 0 where it is hidden", VAE_FLOAT32, given },
        { "mask", "1: given, 0: hidden or missing", VAE_UINT8, found->given },
        { "answer", "what the regressor answers, as modelled", VAE_FLOAT32, found->answer },
        { "answer_units", "the answer in the data's own units", VAE_FLOAT32, found->answer_units },
        { "truth", "x of the data, as modelled; 0 where it is missing", VAE_FLOAT32, found->truth },
        { "observed", "1: observed, 0: missing", VAE_UINT8, found->mask },
    };
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        if (columns[i].values)
            add_x(sheet, columns[i].name, columns[i].description, columns[i].type, columns[i].values);
}

/* The truth where it is given; *given stays NULL where no part of x is. */
static vae_status make_given(const vae_completions *found, float **given)
{
    if (!found->given)
        return vae__ok();
    VAE__TRY(vae__allocate("completions", (size_t)found->count, (size_t)found->x_size * sizeof **given, given));
    for (int64_t i = 0; i < found->count * found->x_size; i++)
        (*given)[i] = found->given[i] ? found->truth[i] : 0;
    return vae__ok();
}

vae_status vae_completions_save(const vae_model *model, const vae_completions *completions, const char *path)
{
    bool picture;
    float *given = NULL;
    VAE__TRY(check_save(model, completions, path));
    VAE__TRY(choose_form(path, VAE_RESULTS_COMPLETIONS, &picture));
    if (picture)
        return vae__completions_picture(model, completions, path);
    VAE__TRY(make_given(completions, &given));
    vae__sheet sheet = { .model = model, .rows = completions->count };
    add_samples(&sheet, "samples", "x, or its mean, given the conditions, as modelled", completions->samples,
                completions->x);
    add_samples(&sheet, "samples_units", "the samples in the data's own units", completions->samples,
                completions->units);
    if (completions->z)
        add_z(&sheet, completions);
    add_beside(&sheet, completions, given);
    add(&sheet, "row", "the row in the source, from 0", VAE_INT64, 0, completions->row);
    vae_status status = write(&sheet, &completions->conditions, VAE_RESULTS_COMPLETIONS, completions->split, path);
    vae__free(given);
    return status;
}

/* ---- Walks ------------------------------------------------------------------------------------------------------- */

/* Where it begins and where it ends. */
static void add_ends(vae__sheet *sheet, const vae_walk *walk)
{
    if (walk->kind == VAE_RESULTS_ARITHMETIC)
        add(sheet, "row", "the row in the source that it was added to, from 0", VAE_INT64, 0, walk->from);
    else if (walk->from)
        add(sheet, "from", "the row in the source where it begins, from 0", VAE_INT64, 0, walk->from);
    if (walk->to)
        add(sheet, "to", "the row in the source where it ends, from 0", VAE_INT64, 0, walk->to);
}

static void add_vector(vae__sheet *sheet, const vae_walk *walk)
{
    const int64_t size = walk->samples.z_size;
    add_x(sheet, "x_modelled", "the same as the likelihood has it", VAE_FLOAT32, walk->samples.modelled);
    add_apart(sheet, "vector", "plus_mean - minus_mean", VAE_FLOAT64, size, walk->vector);
    add_apart(sheet, "plus_mean", "mean of E[z | x] over the one group", VAE_FLOAT64, size, walk->plus_mean);
    add_apart(sheet, "minus_mean", "mean of E[z | x] over the other", VAE_FLOAT64, size, walk->minus_mean);
    add_apart(sheet, "plus_count", "examples of the one group", VAE_INT64, 1, &walk->plus_count);
    add_apart(sheet, "minus_count", "examples of the other", VAE_INT64, 1, &walk->minus_count);
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
    add_ends(&sheet, walk);
    if (walk->dimension)
        add(&sheet, "dimension", "which dimension of z was set, from 0", VAE_INT64, 0, walk->dimension);
    if (walk->kl)
        add(&sheet, "kl", "that dimension's part of the mean KL(q(z | x) || p(z)), nats", VAE_FLOAT64, 0, walk->kl);
    if (walk->vector)
        add_vector(&sheet, walk);
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

vae_status vae_completions_check(const vae_model *model, int64_t rows, int64_t samples, bool answer, const char *path)
{
    bool picture;
    if (!model || !path || rows < 1 || samples < 1)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a model, at least 1 row and 1 sample of it, and a path");
    VAE__TRY(choose_form(path, VAE_RESULTS_COMPLETIONS, &picture));
    return picture ? vae__completions_fit(model, rows, samples, answer, path) : vae__ok();
}

vae_status vae_results_recognize(const char *path, vae_results kind)
{
    if (!path || (unsigned)kind >= KINDS)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a path and a kind of results");
    return vae__table_recognize(path, kinds[kind].format);
}
