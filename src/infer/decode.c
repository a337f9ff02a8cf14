/* Latents through the decoder: vae_decode. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "src/base/parallel.h"
#include "src/base/status.h"
#include "src/base/text.h"
#include "src/base/types.h"
#include "src/data/data.h"
#include "src/infer/given.h"
#include "src/infer/pass.h"
#include "src/infer/sample.h"

static vae_status check(const vae_model *model, const vae_data *data, const vae_decode_options *options)
{
    if (!model || !data || !options)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a model, data and options, found NULL");
    if ((unsigned)options->split >= VAE_SPLITS || options->threads < 0 || options->threads > VAE__THREADS_MAX)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a split and 0 to %d threads, found %d and %d",
                          (int)VAE__THREADS_MAX, (int)options->split, options->threads);
    return vae__model_graph_check(model, &(vae__graph_request){ .kind = VAE__DECODING });
}

static vae_status check_finite(const vae_field *field, const char *where, const char *what)
{
    for (int64_t i = 0; vae__type_is_float(field->type) && i < field->rows * field->size; i++) {
        double value = vae__type_value(field->type, field->values, i);
        if (!isfinite(value))
            return vae__error(VAE_ERROR_DATA, "%s: %s: expected finite numbers, found %g in row %" PRId64, where, what,
                              value, i / field->size);
    }
    return vae__ok();
}

static vae_status match_z(const vae_model *model, const vae_data *data, vae_split split, vae__match *match)
{
    const char *where = vae_data_source(data), *name = model->declaration.name;
    int64_t size = model->declaration.latents[0].size;
    match->rows = vae_data_rows(data, split);
    match->x = vae_data_find(data, split, "x");
    if (!match->x)
        return vae__error(VAE_ERROR_DATA, "%s: %s: expected a %s split of latents, found none", name, where,
                          vae_split_name(split));
    if (match->x->rank != 1 || match->x->size != size) {
        char found[VAE__SIZES_SHOWN];
        vae__text_sizes(found, sizeof found, match->x->shape, match->x->rank, ", ");
        return vae__error(VAE_ERROR_DATA, "%s: %s: latents: expected (rows, %" PRId64 "), found (rows, %s)", name,
                          where, size, found);
    }
    return check_finite(match->x, where, "latents");
}

/* Each of the model's levels must have the number in the data that it has in the model. */
static vae_status check_levels(const vae_condition_spec *spec, const vae_field *field, const char *where)
{
    for (int64_t i = 0; field->levels && i < field->classes && i < spec->size; i++) {
        char number[32];
        snprintf(number, sizeof number, "%" PRId64, i);
        const char *expected = spec->levels ? spec->levels[i] : number;
        if (strcmp(field->levels[i], expected))
            return vae__error(VAE_ERROR_DATA,
                              "%s: %s: expected the model's class %" PRId64 " to be \"%s\", found \"%s\"", where,
                              spec->name, i, expected, field->levels[i]);
    }
    return vae__data_check_classes(field, spec->size, where);
}

static vae_status match_condition(const vae_model *model, const vae_data *data, vae_split split, int index,
                                  vae__match *match)
{
    const vae_condition_spec *spec = &model->declaration.conditions[index];
    const char *where = vae_data_source(data);
    const vae_field *field = vae_data_find(data, split, spec->name);
    match->conditions[index] = field;
    if (!field)
        return vae__error(VAE_ERROR_DATA, "%s: %s: expected values of the condition \"%s\", found no such field",
                          model->declaration.name, where, spec->name);
    if (field->kind != spec->kind)
        return vae__error(VAE_ERROR_DATA, "%s: %s: %s: expected a field of the model's kind, found another",
                          model->declaration.name, where, spec->name);
    if (field->size != vae__given_size(model, index))
        return vae__error(VAE_ERROR_DATA, "%s: %s: %s: expected %" PRId64 " values a row, found %" PRId64,
                          model->declaration.name, where, spec->name, vae__given_size(model, index), field->size);
    if (spec->kind == VAE_CLASS)
        return check_levels(spec, field, where);
    return check_finite(field, where, spec->name);
}

/* The latents, and the conditions that come from the data; those of one setting for all rows stay NULL. */
static vae_status match_all(const vae_model *model, const vae_data *data, const vae_decode_options *options,
                            vae__match *match)
{
    *match = (vae__match){ 0 };
    VAE__TRY(match_z(model, data, options->split, match));
    for (int i = 0; i < model->condition_count; i++) {
        if (!options->conditions[i])
            VAE__TRY(match_condition(model, data, options->split, i, match));
        else
            VAE__TRY(vae__settings_check(model, i, &(vae_condition_settings){ options->conditions[i], 1 }));
    }
    return vae__ok();
}

static void bind(vae__pass *pass, const vae__match *match, const vae_decode_options *options)
{
    pass->binding_count = 0;
    pass->bindings[pass->binding_count++] = (vae_binding){
        .node = pass->graph.z, .values = match->x->values, .type = match->x->type, .index = pass->index
    };
    for (int i = 0; i < pass->model->condition_count; i++) {
        const vae_field *field = match->conditions[i];
        vae_binding given = { .node = pass->graph.conditions[i],
                              .values = field ? field->values : options->conditions[i],
                              .type = field ? field->type : VAE_FLOAT64,
                              .index = field ? pass->index : pass->first };
        if (given.node)
            pass->bindings[pass->binding_count++] = given;
    }
}

static void take_given(const vae__pass *pass, const vae__match *match, const vae_decode_options *options,
                       vae_given *given)
{
    for (int i = 0; i < pass->model->condition_count; i++) {
        const vae_field *field = match->conditions[i];
        size_t bytes = (size_t)vae__given_size(pass->model, i) * vae__type_bytes(given->types[i]);
        if (field)
            memcpy(given->values[i], field->values, (size_t)pass->rows * bytes);
        for (int64_t row = 0; !field && row < pass->rows; row++)
            memcpy((char *)given->values[i] + (size_t)row * bytes, options->conditions[i], bytes);
    }
}

static void collect(void *results, const vae__pass *pass, int64_t begin, int64_t examples)
{
    vae_samples *samples = results;
    const vae_binding *z = &pass->bindings[0];
    vae__pass_copy(pass, pass->graph.x_units, begin, examples, samples->x);
    vae__pass_copy(pass, pass->graph.x_mean, begin, examples, samples->modelled);
    for (int64_t i = begin * samples->z_size; i < (begin + examples) * samples->z_size; i++)
        samples->z[i] = (float)vae__type_value(z->type, z->values, i);
}

static vae_status decode(vae__pass *pass, const vae__match *match, const vae_decode_options *options,
                         vae_samples *samples)
{
    vae_type types[VAE_MAX_CONDITIONS];
    for (int i = 0; i < pass->model->condition_count; i++) {
        types[i] = match->conditions[i] ? match->conditions[i]->type : VAE_FLOAT64;
        /* A setting is typed in the units of the data that the model was made with. */
        pass->request.condition_types[i] =
            match->conditions[i] ? types[i] : pass->model->declaration.conditions[i].type;
    }
    VAE__TRY(vae__samples_allocate(pass->model, types, samples));
    vae_status status = vae__pass_open(pass);
    if (!status.code) {
        bind(pass, match, options);
        take_given(pass, match, options, &samples->given);
        status = vae__pass_run(pass, collect, samples);
    }
    vae__pass_close(pass);
    return status;
}

vae_status vae_decode(const vae_model *model, const vae_data *data, const vae_decode_options *options,
                      vae_samples *samples)
{
    if (!samples)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a place for what is decoded, found NULL");
    *samples = (vae_samples){ 0 };
    vae__match match;
    VAE__TRY(check(model, data, options));
    VAE__TRY(match_all(model, data, options, &match));
    vae__pass pass = { .model = model,
                       .request = { .kind = VAE__DECODING },
                       .doing = "decoding",
                       .rows = match.rows,
                       .threads = options->threads,
                       .progress = options->progress,
                       .context = options->context };
    samples->count = match.rows;
    vae__samples_square(samples);
    vae_status status = decode(&pass, &match, options, samples);
    if (status.code)
        vae_samples_free(samples);
    return status;
}
