/* Which field of the data is which of the model's, and what does not fit; vae_model_new, by which a new model takes
 * from the data what its declaration leaves open. */
#include "src/data/match.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "models/parts.h"
#include "src/base/status.h"
#include "src/base/text.h"
#include "src/base/types.h"
#include "src/data/data.h"
#include "src/data/fields.h"

enum { WORD_TEXT = 128 };

/* The first split that has rows. */
static vae_split any_split(const vae_data *data)
{
    vae_split split = VAE_TRAIN;
    while (split < VAE_ALL && !vae_data_rows(data, split))
        split++;
    return split;
}

/* How many conditions are fields of the data. */
static int field_conditions(const vae_model_spec *spec)
{
    int count = 0;
    for (int i = 0; i < VAE_MAX_CONDITIONS && spec->conditions[i].name; i++)
        count += !spec->conditions[i].of_x;
    return count;
}

/* The field of a condition: the one of its name; or the only field of classes there is, for the only condition. */
static const vae_field *condition_field(const vae_model_spec *spec, int index, const vae_data *data, vae_split split)
{
    if (spec->conditions[index].of_x)
        return vae_data_find(data, split, "x");
    const vae_field *field = vae_data_find(data, split, spec->conditions[index].name);
    if (field || field_conditions(spec) > 1 || spec->conditions[index].kind != VAE_CLASS)
        return field;
    const vae_field *only = NULL;
    for (int i = 0; i < vae_data_field_count(data); i++) {
        const vae_field *other = vae_data_field(data, split, i);
        if (!other || other->kind != VAE_CLASS)
            continue;
        if (only)
            return NULL;
        only = other;
    }
    return only;
}

static vae_status missing_condition(const vae_model_spec *spec, int index, const vae_data *data)
{
    const vae_condition_spec *condition = &spec->conditions[index];
    return vae__error(VAE_ERROR_DATA, "%s: %s: expected %s for the condition \"%s\", found no such field%s%s",
                      spec->name, vae_data_source(data),
                      condition->kind == VAE_CLASS ? "classes" : vae__data_kind_text(condition->kind), condition->name,
                      *data->note ? ": " : "", data->note);
}

static vae_status check_kind(const vae_model_spec *spec, int index, const vae_field *field, const vae_data *data)
{
    if (field->kind == spec->conditions[index].kind)
        return vae__ok();
    return vae__error(VAE_ERROR_DATA, "%s: %s: %s: expected %s, found %s", spec->name, vae_data_source(data),
                      field->name, vae__data_kind_text(spec->conditions[index].kind), vae__data_kind_text(field->kind));
}

/* ---- A model and a split ----------------------------------------------------------------------------------------- */

static vae_status match_x(const vae_model *model, const vae_data *data, vae_split split, vae__match *match)
{
    const vae_model_spec *spec = &model->declaration;
    match->x = vae_data_find(data, split, "x");
    if (!match->x)
        return vae__error(VAE_ERROR_DATA, "%s: %s: expected a %s split with a field x, found none", spec->name,
                          vae_data_source(data), vae_split_name(split));
    if (match->x->rank == model->x_rank &&
        !memcmp(match->x->shape, spec->x.shape, (size_t)model->x_rank * sizeof *spec->x.shape))
        return vae__ok();
    char expected[VAE__SIZES_SHOWN], found[VAE__SIZES_SHOWN];
    return vae__error(VAE_ERROR_DATA, "%s: x: expected shape %s, found %s in %s", spec->name,
                      vae__text_shape(spec->x.shape, model->x_rank, expected),
                      vae__text_shape(match->x->shape, match->x->rank, found), vae_data_source(data));
}

/* The classes of the data, each under the number that the model has for it: so it is where the data was opened with the
 * model's levels, or where both have the numbers from 0 on. */
static vae_status check_levels(const vae_condition_spec *condition, const vae_field *field, const char *where)
{
    for (int64_t i = 0; (field->levels || condition->levels) && i < field->classes && i < condition->size; i++) {
        char number[32];
        snprintf(number, sizeof number, "%" PRId64, i);
        const char *expected = condition->levels ? condition->levels[i] : number;
        const char *found = field->levels ? field->levels[i] : number;
        if (strcmp(found, expected))
            return vae__error(VAE_ERROR_DATA,
                              "%s: %s: expected class %" PRId64 " to be \"%.60s\", found \"%.60s\"; open the data with "
                              "the model's levels",
                              where, field->name, i, expected, found);
    }
    return vae__ok();
}

static vae_status check_class(const vae_condition_spec *condition, const vae_field *field, const char *where)
{
    VAE__TRY(check_levels(condition, field, where));
    return vae__data_check_classes(field, condition->size, where);
}

static vae_status check_width(const vae_condition_spec *condition, const vae_field *field, const char *where)
{
    char expected[VAE__SIZES_SHOWN], found[VAE__SIZES_SHOWN];
    int64_t shape[VAE_MAX_RANK] = { condition->size };
    int rank = 1;
    if (condition->kind == VAE_IMAGE)
        for (rank = 0; rank < VAE_MAX_RANK && condition->shape[rank]; rank++)
            shape[rank] = condition->shape[rank];
    if (field->rank == rank && !memcmp(field->shape, shape, (size_t)rank * sizeof *shape))
        return vae__ok();
    return vae__error(VAE_ERROR_DATA, "%s: %s: expected shape %s, found %s", where, field->name,
                      vae__text_shape(shape, rank, expected), vae__text_shape(field->shape, field->rank, found));
}

static vae_status match_condition(const vae_model *model, const vae_data *data, vae_split split, int index,
                                  vae__match *match)
{
    const vae_model_spec *spec = &model->declaration;
    const vae_field *field = condition_field(spec, index, data, split);
    match->conditions[index] = field;
    if (!field)
        return missing_condition(spec, index, data);
    if (spec->conditions[index].of_x)
        return vae__ok(); /* as x, which fits */
    char where[192];
    snprintf(where, sizeof where, "%s: %s", spec->name, vae_data_source(data));
    VAE__TRY(check_kind(spec, index, field, data));
    return (field->kind == VAE_CLASS ? check_class : check_width)(&spec->conditions[index], field, where);
}

static vae_status match_mask(const vae_model *model, const vae_data *data, vae_split split, vae__match *match)
{
    match->mask = vae_data_find(data, split, "mask");
    if (!match->mask || match->mask->size == model->x_size)
        return vae__ok();
    return vae__error(VAE_ERROR_DATA, "%s: %s: mask: expected %" PRId64 " values a row, as x has, found %" PRId64,
                      model->declaration.name, vae_data_source(data), model->x_size, match->mask->size);
}

/* A table of posteriors knows the rows that it was trained on, and no others. */
static vae_status match_rows(const vae_model *model, const vae_data *data, vae_split split)
{
    if (!vae__is_per_example(model))
        return vae__ok();
    const int64_t rows = vae_data_rows(data, split);
    if (split == vae_data_training_split(data) && (double)rows == model->posterior.arguments[0])
        return vae__ok();
    return vae__error(
        VAE_ERROR_DATA,
        "%s: %s: posterior \"%s\": expected the %.0f rows that it was trained on, for there is no encoder for "
        "others, found the %" PRId64 " rows of the %s split",
        model->declaration.name, vae_data_source(data), model->declaration.posterior, model->posterior.arguments[0],
        rows, vae_split_name(split));
}

/* Which field is which, and whether shapes and classes fit. */
static vae_status match_fields(const vae_model *model, const vae_data *data, vae_split split, vae__match *match)
{
    *match = (vae__match){ .rows = vae_data_rows(data, split) };
    VAE__TRY(match_x(model, data, split, match));
    VAE__TRY(match_mask(model, data, split, match));
    VAE__TRY(match_rows(model, data, split));
    for (int i = 0; i < model->condition_count; i++)
        VAE__TRY(match_condition(model, data, split, i, match));
    return vae__ok();
}

vae_status vae__match_data(const vae_model *model, const vae_data *data, vae_split split, vae__match *match)
{
    char where[256];
    VAE__TRY(match_fields(model, data, split, match));
    snprintf(where, sizeof where, "%s: %s", model->declaration.name, vae_data_source(data));
    return vae__fields_check(model, match, where);
}

/* ---- A model's graph and a split --------------------------------------------------------------------------------- */

vae__graph_request vae__match_request(const vae__match *match, vae__graph_kind kind)
{
    vae__graph_request request = { .kind = kind, .x_type = match->x->type, .masked = match->mask != NULL };
    for (int i = 0; i < VAE_MAX_CONDITIONS && match->conditions[i]; i++)
        request.condition_types[i] = match->conditions[i]->type;
    return request;
}

static vae_binding bind(const vae_node *node, const vae_field *field, const uint32_t *index)
{
    return (vae_binding){ .node = node, .values = field->values, .type = field->type, .index = index };
}

int vae__match_bind(const vae__match *match, const vae__model_graph *graph, const uint32_t *index,
                    vae_binding bindings[VAE__MAX_BINDINGS])
{
    int count = 0;
    if (graph->x)
        bindings[count++] = bind(graph->x, match->x, index);
    if (graph->mask)
        bindings[count++] = bind(graph->mask, match->mask, index);
    if (graph->row)
        bindings[count++] = (vae_binding){ .node = graph->row, .values = index, .type = VAE_UINT32 };
    for (int i = 0; i < VAE_MAX_CONDITIONS; i++)
        if (graph->conditions[i])
            bindings[count++] = bind(graph->conditions[i], match->conditions[i], index);
    return count;
}

int vae__match_epoch(const vae__model_graph *graph, double epoch, float *epochs, int64_t examples,
                     vae_binding bindings[VAE__MAX_BINDINGS], int count)
{
    if (!graph->epoch)
        return count;
    for (int64_t i = 0; i < examples; i++)
        epochs[i] = (float)epoch;
    bindings[count++] = (vae_binding){ .node = graph->epoch, .values = epochs, .type = VAE_FLOAT32 };
    return count;
}

/* ---- A new model ------------------------------------------------------------------------------------------------- */

static bool is_open(const vae_x_spec *x)
{
    bool open = true;
    for (int i = 0; i < VAE_MAX_RANK; i++)
        open &= !x->shape[i];
    return open;
}

/* Are these the texts of the numbers from 0 on? Then they need not be kept. */
static bool are_numbers(const vae_field *field)
{
    for (int64_t i = 0; field->levels && i < field->classes; i++) {
        char expected[32];
        snprintf(expected, sizeof expected, "%" PRId64, i);
        if (strcmp(field->levels[i], expected))
            return false;
    }
    return true;
}

static vae_status take_condition(const vae_data *data, vae_split split, vae_model_spec *spec, int index)
{
    vae_condition_spec *condition = &spec->conditions[index];
    const vae_field *field = condition_field(spec, index, data, split);
    if (condition->of_x)
        return vae__ok(); /* what x is, is taken with it */
    if (!field)
        return missing_condition(spec, index, data);
    VAE__TRY(check_kind(spec, index, field, data));
    condition->type = field->type;
    if (condition->levels && !condition->size)
        return vae__error(VAE_ERROR_DECLARATION, "%s: condition \"%s\": expected a size beside its levels, found 0",
                          spec->name, condition->name);
    if (condition->kind == VAE_CLASS) {
        if (!condition->levels && !are_numbers(field) && (!condition->size || condition->size == field->classes))
            condition->levels = field->levels;
        if (!condition->size)
            condition->size = field->classes;
    } else if (condition->kind == VAE_IMAGE && !condition->shape[0]) {
        memcpy(condition->shape, field->shape, (size_t)field->rank * sizeof *field->shape);
    } else if (!condition->size) {
        condition->size = field->size;
    }
    return vae__ok();
}

/* Does the likelihood take values as they are stored, if nothing else is said? Of one that there is not, the parser
 * will tell. */
static bool takes_raw(const vae_model_spec *spec, const vae_catalogue *catalogue)
{
    vae__phrase phrase;
    vae__word_table table = vae__words(VAE__LIKELIHOOD, catalogue);
    if (vae__phrase_parse(&table, spec->x.likelihood ? spec->x.likelihood : "bernoulli", "", &phrase).code)
        return true;
    const char *suits = ((const vae_likelihood *)phrase.row)->transform;
    return !suits || !strcmp(suits, "raw");
}

/* Integers other than bytes may mean anything: a declaration says what, or takes them as they are. */
static vae_status check_told(const vae_model_spec *spec, const vae_catalogue *catalogue, const vae_field *x,
                             const vae_data *data)
{
    if (x->type == VAE_UINT8 || vae__type_is_float(x->type) || spec->x.transform || takes_raw(spec, catalogue))
        return vae__ok();
    return vae__error(
        VAE_ERROR_DATA,
        "%s: %s: x is %s: expected a transform that says what its values mean (unit, scale=R, standardize, "
        "log1p or raw), found none",
        spec->name, vae_data_source(data), vae_type_name(x->type));
}

/* A table of posteriors has as many rows as there are to train on; of a phrase that cannot be read the parser will
 * tell. `text` is room for the one that takes its place. */
static void take_table(const vae_data *data, const vae_catalogue *catalogue, vae_model_spec *spec, char text[WORD_TEXT])
{
    vae__phrase phrase;
    vae__word_table table = vae__words(VAE__POSTERIOR, catalogue);
    if (!spec->posterior || vae__phrase_parse(&table, spec->posterior, "", &phrase).code)
        return;
    const vae_posterior *posterior = phrase.row;
    if (!posterior->per_example || phrase.arguments[0] >= 1)
        return;
    snprintf(text, WORD_TEXT, "%.60s %" PRId64, posterior->word.name,
             vae_data_rows(data, vae_data_training_split(data)));
    spec->posterior = text;
}

/* What a declaration leaves open is the data's. */
static vae_status take_sizes(const vae_data *data, const vae_catalogue *catalogue, vae_model_spec *spec)
{
    vae_split split = any_split(data);
    const vae_field *x = vae_data_find(data, split, "x");
    if (!x)
        return vae__error(VAE_ERROR_DATA, "%s: %s: expected a field x, found none", spec->name, vae_data_source(data));
    VAE__TRY(check_told(spec, catalogue, x, data));
    spec->x.type = x->type;
    if (is_open(&spec->x))
        memcpy(spec->x.shape, x->shape, (size_t)x->rank * sizeof *x->shape);
    for (int i = 0; i < VAE_MAX_CONDITIONS && spec->conditions[i].name; i++)
        VAE__TRY(take_condition(data, split, spec, i));
    return vae__ok();
}

/* Fits what transforms fit, to the rows to train on; before data is checked, for a later transform may ask it. */
static vae_status fit(vae_model *model, const vae_data *data)
{
    vae__match match;
    vae_split split = vae_data_training_split(data);
    if (!vae_data_rows(data, split))
        split = any_split(data);
    VAE__TRY(match_fields(model, data, split, &match));
    return vae__fields_fit(model, &match);
}

vae_status vae_model_new(const vae_model_spec *spec, const vae_catalogue *catalogue, const vae_data *data,
                         uint64_t seed, vae_model **model)
{
    if (!spec || !model)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a declaration and a place for the model, found NULL");
    *model = NULL;
    VAE__TRY(vae_catalogue_check(catalogue)); /* its words are looked up before the model is declared */
    vae_model_spec complete = *spec;
    if (!complete.name)
        complete.name = "model";
    char posterior[WORD_TEXT];
    if (data) {
        VAE__TRY(take_sizes(data, catalogue, &complete));
        take_table(data, catalogue, &complete, posterior);
    }
    VAE__TRY(vae__model_declare(&complete, catalogue, model));
    vae__initial_draw(*model, seed);
    vae__model_unfitted(*model);
    vae__match match;
    vae_status status = data ? fit(*model, data) : vae__ok();
    if (data && !status.code)
        status = vae__match_data(*model, data, any_split(data), &match);
    if (status.code)
        vae_model_free(model);
    return status;
}
