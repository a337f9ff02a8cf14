/* vae_factors_measure: rows, a sample of z for each, and what its dimensions tell of classes. */
#include <vae/factors.h>

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "src/base/memory.h"
#include "src/base/parallel.h"
#include "src/base/random.h"
#include "src/base/status.h"
#include "src/base/types.h"
#include "src/data/data.h"
#include "src/infer/information.h"
#include "src/infer/pass.h"
#include "src/kernels/kernels.h"

enum { ROWS = 2000, ROWS_MOST = 1000000 };

/* A measurement while it is made. */
typedef struct vae__measure {
    const vae_model *model;
    const vae_data *data;
    const vae_factors_options *options;
    vae__match match;
    uint32_t *index; /* (rows): of the split */
    float *mean, *logvar;
    int most;         /* factors that there may be: */
    int32_t **levels; /* (most), each (rows): numbers from 0 without gaps */
    int64_t **sizes;  /* (most), each (levels): how many rows */
} vae__measure;

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

/* Those that the seed draws of the split, in its order. */
static vae_status draw_rows(const vae__measure *made, int64_t rows)
{
    const vae__draw draw = { .seed = made->options->seed, .stream = vae__random_stream("factors", "rows") };
    uint32_t *order = NULL;
    uint8_t *in = NULL;
    vae_status status = vae__allocate("rows", (size_t)made->match.rows, sizeof *order, &order);
    if (!status.code)
        status = vae__allocate("rows", (size_t)made->match.rows, 1, &in);
    if (!status.code) {
        vae__random_permutation(draw, made->match.rows, order);
        for (int64_t i = 0; i < rows; i++)
            in[order[i]] = 1;
        for (int64_t row = 0, i = 0; row < made->match.rows; row++)
            if (in[row])
                made->index[i++] = (uint32_t)row;
    }
    vae__free(order);
    vae__free(in);
    return status;
}

static vae_status take_rows(vae__measure *made, vae_factors *factors)
{
    const int64_t wanted = made->options->rows ? made->options->rows : ROWS, there = made->match.rows;
    const int64_t rows = factors->rows = wanted < there ? wanted : there;
    const size_t values = (size_t)rows * (size_t)factors->latent_size;
    VAE__TRY(vae__allocate("rows", (size_t)rows, sizeof *made->index, &made->index));
    VAE__TRY(vae__allocate("rows", (size_t)rows, sizeof *factors->row, &factors->row));
    VAE__TRY(vae__allocate("latents", values, sizeof(float), &made->mean));
    VAE__TRY(vae__allocate("latents", values, sizeof(float), &made->logvar));
    VAE__TRY(vae__allocate("latents", values, sizeof *factors->z, &factors->z));
    VAE__TRY(draw_rows(made, rows));
    for (int64_t i = 0; i < rows; i++)
        factors->row[i] = vae_data_row(made->data, made->options->split, made->index[i]);
    return vae__ok();
}

/* ---- z ----------------------------------------------------------------------------------------------------------- */

static void collect(void *results, const vae__pass *pass, int64_t begin, int64_t examples)
{
    vae__measure *made = results;
    vae__pass_copy(pass, pass->graph.mean, begin, examples, made->mean);
    vae__pass_copy(pass, pass->graph.logvar, begin, examples, made->logvar);
}

static vae_status encode(vae__measure *made, int64_t rows)
{
    vae__pass pass = { .model = made->model,
                       .request = vae__match_request(&made->match, VAE__ENCODING),
                       .doing = "encoding",
                       .rows = rows,
                       .chosen = made->index,
                       .threads = made->options->threads };
    vae_status status = vae__pass_open(&pass);
    if (!status.code) {
        pass.binding_count = vae__match_bind(&made->match, &pass.graph, pass.index, pass.bindings);
        status = vae__pass_run(&pass, collect, made);
    }
    vae__pass_close(&pass);
    return status;
}

/* mean + exp(logvar / 2) · noise of a row. */
static vae_status sample_row(const vae__measure *made, int64_t n, const float *noise, vae_factors *factors)
{
    const int64_t size = factors->latent_size;
    double *z = factors->z + n * size;
    for (int64_t j = 0; j < size; j++) {
        const double logvar = made->logvar[n * size + j];
        z[j] = made->mean[n * size + j] + exp(fmin(fmax(logvar, -30), 20) / 2) * noise[j];
        if (!isfinite(z[j]) || isnan(logvar))
            return vae__error(VAE_ERROR_DATA,
                              "%s: expected a finite z of every row, found %g in dimension %" PRId64 " of row %" PRId64,
                              made->model->declaration.name, isnan(logvar) ? logvar : z[j], j, factors->row[n]);
    }
    return vae__ok();
}

/* The noise is that of the row of the split. */
static vae_status sample(const vae__measure *made, vae_factors *factors)
{
    const vae__draw draw = { .seed = made->options->seed, .stream = vae__random_stream("factors", "noise") };
    const vae__kernels *kernels = vae__kernels_find(false, NULL);
    float *noise = NULL;
    vae_status status = vae__allocate("noise", (size_t)factors->latent_size, sizeof *noise, &noise);
    for (int64_t n = 0; n < factors->rows && !status.code; n++) {
        kernels->normal(draw, made->index[n], 0, factors->latent_size, noise);
        status = sample_row(made, n, noise, factors);
    }
    vae__free(noise);
    return status;
}

/* ---- Factors ----------------------------------------------------------------------------------------------------- */

/* Numbers the levels that the rows have, in the order of the classes; returns how many. `number` is (classes). */
static int64_t number_levels(const vae_field *field, const uint32_t *index, int64_t rows, int32_t *number,
                             int32_t *levels)
{
    int32_t count = 0;
    for (int64_t n = 0; n < rows; n++)
        number[(int64_t)vae__type_value(field->type, field->values, index[n])] = 1;
    for (int64_t level = 0; level < field->classes; level++)
        number[level] = number[level] ? count++ : -1;
    for (int64_t n = 0; n < rows; n++)
        levels[n] = number[(int64_t)vae__type_value(field->type, field->values, index[n])];
    return count;
}

static double entropy_of(const int64_t *sizes, int64_t levels, int64_t rows)
{
    double sum = 0;
    for (int64_t level = 0; level < levels; level++)
        sum -= (double)sizes[level] / (double)rows * log((double)sizes[level] / (double)rows);
    return sum;
}

/* Adds a factor. One of a single level is left out where `skips`, and else refused. */
static vae_status add_factor(vae__measure *made, const vae_field *field, bool skips, vae_factors *factors)
{
    int32_t *number = NULL;
    const int k = factors->count;
    const size_t rows = (size_t)factors->rows;
    VAE__TRY(vae__allocate("levels", rows, sizeof **made->levels, &made->levels[k]));
    VAE__TRY(vae__allocate("levels", (size_t)field->classes, sizeof **made->sizes, &made->sizes[k]));
    VAE__TRY(vae__allocate("levels", (size_t)field->classes, sizeof *number, &number));
    const int64_t levels = number_levels(field, made->index, factors->rows, number, made->levels[k]);
    vae__free(number);
    for (size_t n = 0; n < rows; n++)
        made->sizes[k][made->levels[k][n]]++;
    factors->factors[k] = (vae_factor){ .name = field->name,
                                        .levels = levels,
                                        .entropy = entropy_of(made->sizes[k], levels, factors->rows) };
    if (levels > 1) {
        factors->count++;
        return vae__ok();
    }
    vae__free(made->levels[k]);
    vae__free(made->sizes[k]);
    made->levels[k] = NULL;
    made->sizes[k] = NULL;
    return skips ? vae__ok()
                 : vae__error(VAE_ERROR_DATA, "%s: %s: expected two levels or more among %" PRId64 " rows, found one",
                              vae_data_source(made->data), field->name, factors->rows);
}

static vae_status add_named(vae__measure *made, vae_factors *factors)
{
    const vae_factors_options *options = made->options;
    for (int i = 0; i < options->name_count; i++) {
        const vae_field *field = NULL;
        VAE__TRY(vae__data_class(made->data, options->split, options->names[i], &field));
        VAE__TRY(add_factor(made, field, false, factors));
    }
    return vae__ok();
}

static vae_status add_all(vae__measure *made, vae_factors *factors)
{
    for (int i = 0; i < vae_data_field_count(made->data); i++) {
        const vae_field *field = vae_data_field(made->data, made->options->split, i);
        if (field && field->kind == VAE_CLASS)
            VAE__TRY(add_factor(made, field, true, factors));
    }
    if (factors->count)
        return vae__ok();
    return vae__error(VAE_ERROR_DATA, "%s: expected a field of classes with two levels or more, found none",
                      vae_data_source(made->data));
}

static vae_status take_factors(vae__measure *made, vae_factors *factors)
{
    const bool named = made->options->names != NULL;
    const size_t most = named ? (size_t)made->options->name_count : (size_t)vae_data_field_count(made->data);
    VAE__TRY(vae__allocate("factors", most, sizeof *factors->factors, &factors->factors));
    VAE__TRY(vae__allocate("factors", most, sizeof *made->levels, &made->levels));
    VAE__TRY(vae__allocate("factors", most, sizeof *made->sizes, &made->sizes));
    made->most = (int)most;
    VAE__TRY((named ? add_named : add_all)(made, factors));
    return vae__allocate("informations", (size_t)factors->count, (size_t)factors->latent_size * sizeof(double),
                         &factors->informations);
}

/* ---- The gap ----------------------------------------------------------------------------------------------------- */

/* Of equal ones the first dimension. */
static void find_gap(const double *nats, int64_t size, vae_factor *factor)
{
    factor->first = 0;
    factor->second = -1;
    for (int64_t j = 1; j < size; j++)
        if (nats[j] > nats[factor->first]) {
            factor->second = factor->first;
            factor->first = j;
        } else if (factor->second < 0 || nats[j] > nats[factor->second])
            factor->second = j;
    factor->information = nats[factor->first];
    factor->second_information = factor->second < 0 ? 0 : nats[factor->second];
    factor->gap = (factor->information - factor->second_information) / factor->entropy;
}

static vae_status find_gaps(const vae__measure *made, vae_factors *factors)
{
    const vae_factors_options *options = made->options;
    const vae__information given = { .rows = factors->rows,
                                     .size = factors->latent_size,
                                     .mean = made->mean,
                                     .logvar = made->logvar,
                                     .z = factors->z,
                                     .factor_count = factors->count,
                                     .levels = (const int32_t *const *)made->levels,
                                     .sizes = (const int64_t *const *)made->sizes,
                                     .threads = options->threads ? options->threads : vae__processors(),
                                     .progress = options->progress,
                                     .context = options->context };
    VAE__TRY(vae__information_estimate(&given, factors->informations));
    for (int k = 0; k < factors->count; k++) {
        find_gap(factors->informations + k * factors->latent_size, factors->latent_size, &factors->factors[k]);
        factors->mig += factors->factors[k].gap / factors->count;
    }
    return vae__ok();
}

/* ---- All of it --------------------------------------------------------------------------------------------------- */

static vae_status check(const vae_model *model, const vae_data *data, const vae_factors_options *options)
{
    if (!model || !data || !options)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a model, data and options, found NULL");
    if (model->declaration.latents[0].size < 1)
        return vae__error(VAE_ERROR_ARGUMENT, "%s: expected dimensions of z, found a regression, which has none",
                          model->declaration.name);
    if ((unsigned)options->split >= VAE_SPLITS || options->rows < 0 || options->rows > ROWS_MOST ||
        options->threads < 0 || options->threads > VAE__THREADS_MAX || (options->names && options->name_count < 1))
        return vae__error(VAE_ERROR_ARGUMENT,
                          "expected a split, 0 to %d rows, 0 to %d threads and names or NULL, found %d, %" PRId64
                          ", %d and %d names",
                          (int)ROWS_MOST, (int)VAE__THREADS_MAX, (int)options->split, options->rows, options->threads,
                          options->name_count);
    return vae__ok();
}

static vae_status measure(vae__measure *made, vae_factors *factors)
{
    VAE__TRY(vae__match_data(made->model, made->data, made->options->split, &made->match));
    VAE__TRY(take_rows(made, factors));
    VAE__TRY(take_factors(made, factors));
    VAE__TRY(encode(made, factors->rows));
    VAE__TRY(sample(made, factors));
    return find_gaps(made, factors);
}

vae_status vae_factors_measure(const vae_model *model, const vae_data *data, const vae_factors_options *options,
                               vae_factors *factors)
{
    if (!factors)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a place for the factors, found NULL");
    *factors = (vae_factors){ .count = 0 };
    VAE__TRY(check(model, data, options));
    vae__measure made = { .model = model, .data = data, .options = options };
    factors->split = options->split;
    factors->latent_size = model->declaration.latents[0].size;
    vae_status status = measure(&made, factors);
    for (int k = 0; k < made.most; k++) {
        vae__free(made.levels[k]);
        vae__free(made.sizes[k]);
    }
    vae__free(made.levels);
    vae__free(made.sizes);
    vae__free(made.index);
    vae__free(made.mean);
    vae__free(made.logvar);
    if (status.code)
        vae_factors_free(factors);
    return status;
}

void vae_factors_free(vae_factors *factors)
{
    if (!factors)
        return;
    vae__free(factors->row);
    vae__free(factors->z);
    vae__free(factors->factors);
    vae__free(factors->informations);
    *factors = (vae_factors){ .count = 0 };
}
