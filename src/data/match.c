/* Which field of the data is which of the model's, and what does not fit. */
#include "src/data/match.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "graph/op.h"
#include "models/parts.h"
#include "src/base/status.h"
#include "src/data/data.h"

/* The first split that has rows. */
static vae_split any_split(const vae_data *data)
{
    vae_split split = VAE_TRAIN;
    while (split < VAE_ALL && !vae_data_rows(data, split))
        split++;
    return split;
}

/* The field of a condition: the one of its name; or the only field of classes there is, for the only condition. */
static const vae_field *condition_field(const vae_model_spec *spec, int index, const vae_data *data, vae_split split)
{
    const vae_field *field = vae_data_find(data, split, spec->conditions[index].name);
    if (field || spec->conditions[1].name)
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

/* "(28, 28)" */
static const char *shape_text(const int64_t *shape, int rank, char text[VAE__SHAPE_TEXT])
{
    vae_node like = { .rank = rank };
    memcpy(like.shape, shape, (size_t)rank * sizeof *shape);
    return vae__shape_text(&like, text);
}

static vae_status missing_condition(const vae_model_spec *spec, int index, const vae_data *data)
{
    return vae__error(VAE_ERROR_DATA, "%s: %s: expected classes for the condition \"%s\", found no such field%s%s",
                      spec->name, vae_data_source(data), spec->conditions[index].name, *data->note ? ": " : "",
                      data->note);
}

static vae_status check_kind(const vae_model_spec *spec, const vae_field *field, const vae_data *data)
{
    static const char *const kinds[] = { [VAE_VALUES] = "values", [VAE_CLASS] = "a class", [VAE_IMAGE] = "an image" };
    if (field->kind == VAE_CLASS)
        return vae__ok();
    return vae__error(VAE_ERROR_UNSUPPORTED,
                      "%s: %s: %s: expected a class, for models of this version take classes, found %s", spec->name,
                      vae_data_source(data), field->name, kinds[field->kind]);
}

/* ---- A new model ------------------------------------------------------------------------------------------------- */

static bool is_open(const vae_x_spec *x)
{
    bool open = true;
    for (int i = 0; i < VAE_MAX_RANK; i++)
        open &= !x->shape[i];
    return open;
}

/* Sizes that a declaration leaves open are the data's. */
static vae_status take_sizes(const vae_data *data, vae_model_spec *spec)
{
    vae_split split = any_split(data);
    const vae_field *x = vae_data_find(data, split, "x");
    if (!x)
        return vae__error(VAE_ERROR_DATA, "%s: %s: expected a field x, found none", spec->name, vae_data_source(data));
    if (is_open(&spec->x))
        memcpy(spec->x.shape, x->shape, (size_t)x->rank * sizeof *x->shape);
    for (int i = 0; i < VAE_MAX_CONDITIONS && spec->conditions[i].name; i++) {
        const vae_field *field = condition_field(spec, i, data, split);
        if (!field)
            return missing_condition(spec, i, data);
        VAE__TRY(check_kind(spec, field, data));
        if (!spec->conditions[i].size)
            spec->conditions[i].size = field->classes;
    }
    return vae__ok();
}

vae_status vae_model_new(const vae_model_spec *spec, const vae_data *data, uint64_t seed, vae_model **model)
{
    if (!spec || !model)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a declaration and a place for the model, found NULL");
    *model = NULL;
    vae_model_spec complete = *spec;
    if (!complete.name)
        complete.name = "model";
    if (data)
        VAE__TRY(take_sizes(data, &complete));
    VAE__TRY(vae__model_declare(&complete, model));
    vae_store_initialize((*model)->store, seed);
    vae__match match;
    vae_status status = data ? vae__match_data(*model, data, any_split(data), &match) : vae__ok();
    if (status.code)
        vae_model_free(model);
    return status;
}

/* ---- A model and a split ----------------------------------------------------------------------------------------- */

/* Does x have to lie in [0, 1] as it is stored? Unsigned numbers are made to by the transform "unit". */
static bool takes_unit(const vae_model *model)
{
    for (int i = 0; i < model->transform.count; i++) {
        const vae__transform *transform = model->transform.phrases[i].row;
        if (transform->takes_unit || transform->gives_unit)
            return transform->takes_unit;
    }
    return ((const vae__likelihood *)model->likelihood.row)->takes_unit;
}

/* A likelihood of 0 and 1 would take 3.7 for 1, and learn nothing that anyone has asked for. */
static vae_status check_x(const vae_model *model, const vae_data *data, const vae_field *x)
{
    if (x->type == VAE_UINT8 || x->type == VAE_UINT16 || x->type == VAE_UINT32)
        return vae__ok();
    char where[256];
    snprintf(where, sizeof where, "%s: %s", model->declaration.name, vae_data_source(data));
    return vae__data_check_values(x, takes_unit(model), where);
}

static vae_status match_x(const vae_model *model, const vae_data *data, vae_split split, vae__match *match)
{
    const vae_model_spec *spec = &model->declaration;
    match->x = vae_data_find(data, split, "x");
    if (!match->x)
        return vae__error(VAE_ERROR_DATA, "%s: %s: expected a %s split with a field x, found none", spec->name,
                          vae_data_source(data), vae_split_name(split));
    if (match->x->rank == model->x_rank &&
        !memcmp(match->x->shape, spec->x.shape, (size_t)model->x_rank * sizeof *spec->x.shape))
        return check_x(model, data, match->x);
    char expected[VAE__SHAPE_TEXT], found[VAE__SHAPE_TEXT];
    return vae__error(VAE_ERROR_DATA, "%s: x: expected shape %s, found %s in %s", spec->name,
                      shape_text(spec->x.shape, model->x_rank, expected),
                      shape_text(match->x->shape, match->x->rank, found), vae_data_source(data));
}

/* A model keeps how many classes there are, not what they are in the data: with other levels than their numbers, other
 * data could number them otherwise, and nobody would see it. */
static vae_status check_levels(const vae_field *field, const char *where)
{
    for (int64_t i = 0; field->levels && i < field->classes; i++) {
        char expected[32];
        snprintf(expected, sizeof expected, "%" PRId64, i);
        if (strcmp(field->levels[i], expected))
            return vae__error(
                VAE_ERROR_UNSUPPORTED,
                "%s: %s: classes must be the numbers 0 to n - 1 in this version, found \"%s\" where \"%s\" "
                "was expected",
                where, field->name, field->levels[i], expected);
    }
    return vae__ok();
}

static vae_status match_condition(const vae_model *model, const vae_data *data, vae_split split, int index,
                                  vae__match *match)
{
    const vae_model_spec *spec = &model->declaration;
    const vae_field *field = condition_field(spec, index, data, split);
    match->conditions[index] = field;
    if (!field)
        return missing_condition(spec, index, data);
    char where[192];
    snprintf(where, sizeof where, "%s: %s", spec->name, vae_data_source(data));
    VAE__TRY(check_kind(spec, field, data));
    VAE__TRY(check_levels(field, where));
    return vae__data_check_classes(field, spec->conditions[index].size, where);
}

vae_status vae__match_data(const vae_model *model, const vae_data *data, vae_split split, vae__match *match)
{
    *match = (vae__match){ .rows = vae_data_rows(data, split) };
    VAE__TRY(match_x(model, data, split, match));
    if (vae_data_find(data, split, "mask"))
        return vae__error(VAE_ERROR_UNSUPPORTED,
                          "%s: %s: expected data without a mask, for models of this version take none, found one",
                          model->declaration.name, vae_data_source(data));
    for (int i = 0; i < model->condition_count; i++)
        VAE__TRY(match_condition(model, data, split, i, match));
    return vae__ok();
}

static vae_binding bind(const vae_node *node, const vae_field *field, const uint32_t *index)
{
    return (vae_binding){ .node = node, .values = field->values, .type = field->type, .index = index };
}

int vae__match_bind(const vae__match *match, const vae__model_graph *graph, const uint32_t *index,
                    vae_binding bindings[1 + VAE_MAX_CONDITIONS])
{
    int count = 0;
    bindings[count++] = bind(graph->x, match->x, index);
    for (int i = 0; i < VAE_MAX_CONDITIONS && graph->conditions[i]; i++)
        bindings[count++] = bind(graph->conditions[i], match->conditions[i], index);
    return count;
}
