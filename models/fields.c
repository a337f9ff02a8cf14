/* Fields of a graph: x and its mask, the conditions, each behind its transforms. */
#include <stdio.h>

#include "models/building.h"

enum { WHERE_SIZE = 128 };

/* Nothing is drawn where a mean is asked for. */
static bool is_grey(vae__graph_kind kind)
{
    return kind == VAE__ENCODING || kind == VAE__RECONSTRUCTION || kind == VAE__DECODING;
}

vae__transform_context vae__transform_context_of(const vae__building *building, int field, const char *where,
                                                 const char *noise, vae_type type)
{
    const vae__graph_request *request = building->request;
    return (vae__transform_context){ .graph = building->built->graph,
                                     .where = where,
                                     .field = field,
                                     .noise = noise,
                                     .type = type,
                                     .grey = is_grey(request->kind),
                                     .range = vae__range_of(type),
                                     .points = request->kind == VAE__FIELDS ? building->built : NULL };
}

static void add_condition(vae__building *building, int index)
{
    const vae_condition_spec *spec = &building->model->declaration.conditions[index];
    const vae__model_field *field = &building->model->conditions[index];
    int64_t width = spec->kind == VAE_CLASS ? 1 : field->size;
    vae_node *node = vae_input(building->built->graph, spec->name, 1, &width);
    building->built->conditions[index] = node;
    if (spec->kind != VAE_CLASS) {
        char where[WHERE_SIZE];
        snprintf(where, sizeof where, "fields/%s/transform", spec->name);
        vae__transform_context context =
            vae__transform_context_of(building, index, where, where, building->request->condition_types[index]);
        node = vae__transforms_build(&context, &field->transform, node);
    }
    int rank = 0;
    while (rank < VAE_MAX_RANK && spec->shape[rank])
        rank++;
    building->conditions[index] =
        (vae__network_condition){ spec, spec->kind == VAE_CLASS, field->size, node, .layer = 0 };
    vae__image_of(spec->shape, spec->kind == VAE_IMAGE ? rank : 0, building->conditions[index].image);
}

/* Which values were observed: by the mask that is bound, and by the values themselves. */
static void add_mask(vae__building *building)
{
    const vae_x_spec *spec = &building->model->declaration.x;
    vae__model_graph *built = building->built;
    bool floats = !vae__range_of(building->request->x_type).finite;
    vae_node *seen = NULL;
    if (spec->has_fill_value || (floats && spec->missing == VAE_MISSING_MASK))
        seen = vae_observed(built->x, spec->has_fill_value ? &spec->fill_value : NULL);
    if (building->request->masked)
        built->mask = vae_input(built->graph, "mask", 1, &building->model->x_size);
    building->observed = seen && built->mask ? vae_mul(seen, built->mask) : seen ? seen : built->mask;
}

/* Σ mask · log |d modelled / d stored|. */
static vae_node *total_jacobian(const vae__building *building, const vae__transform_context *context)
{
    vae_node *mask = building->mask, *each = context->log_jacobians, *total = NULL;
    double all = context->log_jacobian * (double)building->model->x_size;
    if (each && mask)
        each = vae_node_rows(each) ? vae_fill(each, mask, 0) : vae_mul(mask, each);
    if (each)
        total = vae_sum(each, 0);
    if (!(all < 0 || all > 0))
        return total;
    vae_node *same = mask ? vae_scale(vae_sum(mask, 0), context->log_jacobian)
                          : vae_constant(context->graph, 1, (int64_t[]){ 1 }, &all);
    if (!total)
        return same;
    return vae_node_rows(total) ? vae_add(total, same) : vae_add(same, total);
}

static vae_node *observed_alone(const vae__building *building, vae_node *x)
{
    return building->observed ? vae_fill(x, building->observed, 0) : x;
}

static vae_node *encoder_x(vae__building *building)
{
    const vae_model *model = building->model;
    if (model->one_transform)
        return building->x;
    vae__transform_context context =
        vae__transform_context_of(building, -1, "fields/x/encoder_transform", "binarize", building->request->x_type);
    context.mask = building->observed;
    return observed_alone(building, vae__transforms_build(&context, &model->encoder_transform, building->built->x));
}

/* What of x is a condition is not what the likelihood is of. */
static vae_node *scored_mask(const vae__building *building)
{
    if (!building->hidden)
        return building->observed;
    return building->observed ? vae_mul(building->observed, building->hidden)
                              : vae_add(vae_scale(building->x, 0), building->hidden);
}

/* The bias of the decoder's output is fitted to the mean of x. */
static void add_bias_point(vae__building *building)
{
    vae__model_graph *built = building->built;
    const vae_likelihood *likelihood = building->model->likelihood.row;
    if (building->request->kind != VAE__FIELDS || !vae__initial_is_bias(building->model))
        return;
    vae_graph_keep(building->x);
    vae_graph_keep(building->observed);
    built->fits[built->fit_count++] = (vae__fit_point){ .field = -1,
                                                        .values = building->x,
                                                        .mask = building->observed,
                                                        .bias_head = likelihood->bias_head,
                                                        .bias_of = likelihood->bias_of };
}

static void add_x(vae__building *building)
{
    const vae_model *model = building->model;
    const vae_likelihood *likelihood = model->likelihood.row;
    vae__model_graph *built = building->built;
    built->x = vae_input(built->graph, "x", 1, &model->x_size);
    add_mask(building);
    vae__transform_context context =
        vae__transform_context_of(building, -1, "fields/x/transform", "binarize", building->request->x_type);
    context.mask = building->observed;
    vae_node *x = vae__transforms_build(&context, &model->transform, built->x);
    double high = likelihood->highest ? likelihood->highest(model->likelihood.arguments) : likelihood->high;
    vae__transform_check(&context, likelihood->word.name, x, likelihood->low, high, likelihood->whole);
    building->x = observed_alone(building, x);
    building->mask = scored_mask(building);
    building->jacobian = likelihood->density ? total_jacobian(building, &context) : NULL;
    building->encoder_x = encoder_x(building);
    add_bias_point(building);
}

/* ---- A part of x ------------------------------------------------------------------------------------------------- */

/* 1 - seen, of what is shared by all rows. */
static void add_seen(vae__building *building, int place)
{
    const vae_model *model = building->model;
    vae_graph *graph = building->built->graph;
    double one = 1;
    building->seen = vae_constant(graph, 1, &model->x_size, model->conditions[place].seen);
    building->hidden = vae_add(vae_negate(building->seen), vae_constant(graph, 1, (int64_t[]){ 1 }, &one));
}

/* Values given without x, as they are stored, through transforms of x: what is hidden of them is not looked at, and
 * what is missing is 0. */
static vae_node *given_alone(const vae__building *building, int place, const vae__phrases *transform, const char *where,
                             vae_node *mask)
{
    vae__transform_context context =
        vae__transform_context_of(building, place, where, "binarize", building->request->condition_types[place]);
    context.mask = mask;
    return vae_fill(vae__transforms_build(&context, transform, building->built->conditions[place]), mask, 0);
}

/* What is seen: as the likelihood scores x, and, returned, as the encoder sees it; else 0. It comes with x, or, where
 * there is none, is given. */
static vae_node *add_given(vae__building *building, int place)
{
    const vae_model *model = building->model;
    const vae_x_spec *spec = &model->declaration.x;
    if (building->x) {
        building->given = vae_mul(building->x, building->seen);
        return model->one_transform ? building->given : vae_mul(building->encoder_x, building->seen);
    }
    vae_node *stored = vae_input(building->built->graph, model->declaration.conditions[place].name, 1, &model->x_size);
    vae_node *observed = vae_observed(stored, spec->has_fill_value ? &spec->fill_value : NULL);
    vae_node *mask = vae_mul(observed, building->seen);
    building->built->conditions[place] = stored;
    building->given = given_alone(building, place, &model->transform, "fields/x/transform", mask);
    return model->one_transform
               ? building->given
               : given_alone(building, place, &model->encoder_transform, "fields/x/encoder_transform", mask);
}

/* -1 where x is hidden: x · seen + (seen - 1). */
static void add_seen_values(vae__building *building, int place)
{
    const vae_model *model = building->model;
    const vae_condition_spec *spec = &model->declaration.conditions[place];
    vae_node *seen = vae_sub(add_given(building, place), building->hidden);
    building->conditions[place] = (vae__network_condition){ spec, false, model->x_size, seen, .layer = 0 };
    vae__image_of(model->declaration.x.shape, model->x_rank, building->conditions[place].image);
    if (model->conditions[place].has_baseline)
        vae__build_baseline(building, place);
}

static bool can_be_undone(const vae__phrases *transform)
{
    bool can = true;
    for (int i = 0; i < transform->count; i++)
        can &= ((const vae__transform *)transform->phrases[i].row)->undo != NULL;
    return can;
}

/* By way of the values as they are stored. Where there is no way back, as from 0 and 1, it is a mean of what was drawn
 * that the encoder sees. */
vae_node *vae__build_as_seen(const vae__building *building, vae_node *x)
{
    const vae_model *model = building->model;
    vae_type type = model->declaration.x.type;
    if (model->one_transform || !can_be_undone(&model->transform))
        return x;
    vae__transform_context from = vae__transform_context_of(building, -1, "fields/x/transform", "binarize", type);
    vae__transform_context to = vae__transform_context_of(building, -1, "fields/x/encoder_transform", "binarize", type);
    to.grey = true;
    to.points = NULL;
    return vae__transforms_build(&to, &model->encoder_transform, vae__transforms_undo(&from, &model->transform, x));
}

vae_node *vae__build_complete(const vae__building *building, vae_node *x)
{
    return building->seen ? vae_add(vae_mul(x, building->hidden), building->given) : x;
}

/* ---- All of them ------------------------------------------------------------------------------------------------- */

void vae__build_fields(vae__building *building, bool with_x)
{
    const int seen = vae__model_seen_place(building->model);
    for (int i = 0; i < building->model->condition_count; i++)
        if (i != seen)
            add_condition(building, i);
    if (seen >= 0)
        add_seen(building, seen);
    if (with_x)
        add_x(building);
    if (seen >= 0)
        add_seen_values(building, seen);
    if (with_x && vae__is_per_example(building->model))
        building->built->row = vae_input(building->built->graph, "row", 1, (int64_t[]){ 1 });
    vae__build_entries(building);
}
