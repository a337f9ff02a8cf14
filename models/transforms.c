/* Transforms: from values as stored to values as modelled, and back. */
#include <float.h>
#include <math.h>
#include <stdio.h>

#include "models/parts.h"
#include "src/base/status.h"
#include "src/base/types.h"

enum { NAME_SIZE = 192 };

/* ---- What is known of the values --------------------------------------------------------------------------------- */

vae__range vae__range_of(vae_type type)
{
    static const double ends[][2] = {
        [VAE_UINT8] = { 0, UINT8_MAX },           [VAE_INT8] = { INT8_MIN, INT8_MAX },
        [VAE_UINT16] = { 0, UINT16_MAX },         [VAE_INT16] = { INT16_MIN, INT16_MAX },
        [VAE_UINT32] = { 0, UINT32_MAX },         [VAE_INT32] = { INT32_MIN, INT32_MAX },
        [VAE_UINT64] = { 0, (double)UINT64_MAX }, [VAE_INT64] = { (double)INT64_MIN, (double)INT64_MAX },
    };
    if (vae__type_is_float(type))
        return (vae__range){ -INFINITY, INFINITY, false, false };
    return (vae__range){ ends[type][0], ends[type][1], true, true };
}

void vae__transform_check(vae__transform_context *context, const char *what, vae_node *x, double low, double high,
                          bool whole)
{
    const vae__range *range = &context->range;
    bool any = !(low < 0 || low > 0 || high < 0 || high > 0);
    bool inside = range->finite && (any || (range->low >= low && range->high <= high)) && (range->whole || !whole);
    if (inside || !context->points || context->points->check_count == VAE__MAX_POINTS)
        return;
    context->points->checks[context->points->check_count++] = (vae__check_point){
        .what = what, .field = context->field, .node = x, .low = low, .high = high, .whole = whole
    };
    vae_graph_keep(x);
    if (!any) { /* asked once */
        context->range.low = low;
        context->range.high = high;
    }
    context->range.finite = true;
    context->range.whole = range->whole || whole;
}

static void add_jacobian(vae__transform_context *context, vae_node *term)
{
    vae_node *sum = context->log_jacobians;
    if (!sum)
        context->log_jacobians = term;
    else
        context->log_jacobians = vae_node_rows(sum) ? vae_add(sum, term) : vae_add(term, sum);
}

/* A step has no density. */
static void become_binary(vae__transform_context *context)
{
    context->log_jacobian = 0;
    context->log_jacobians = NULL;
    context->range = (vae__range){ 0, 1, true, true };
}

/* "fields/x/transform/0/mean": the store's name, for a node of this transform's. */
static void name_of(const vae__transform_context *context, const char *last, char name[NAME_SIZE])
{
    snprintf(name, NAME_SIZE, "%s/%d/%s", context->where, context->place, last);
}

/* ---- The rows ---------------------------------------------------------------------------------------------------- */

static vae_node *raw(vae__transform_context *context, const double *arguments, vae_node *x)
{
    (void)context;
    (void)arguments;
    return x;
}

static vae_node *undo_raw(const vae__transform_context *context, const double *arguments, vae_node *x)
{
    (void)context;
    (void)arguments;
    return x;
}

static vae_node *shift(vae_graph *graph, vae_node *x, double by)
{
    return by < 0 || by > 0 ? vae_add(x, vae_constant(graph, 1, (int64_t[]){ 1 }, &by)) : x;
}

/* (x − low) / (high − low) of the stored type; floats are not scaled unless told. */
static vae_node *unit(vae__transform_context *context, const double *arguments, vae_node *x)
{
    (void)arguments;
    vae__range range = vae__range_of(context->type);
    if (!range.finite)
        return x;
    double width = range.high - range.low;
    context->log_jacobian -= log(width);
    context->range = (vae__range){ 0, 1, false, true };
    return shift(context->graph, vae_scale(x, 1 / width), -range.low / width);
}

static vae_node *undo_unit(const vae__transform_context *context, const double *arguments, vae_node *x)
{
    (void)arguments;
    vae__range range = vae__range_of(context->type);
    return range.finite ? shift(context->graph, vae_scale(x, range.high - range.low), range.low) : x;
}

/* A product of large numbers may be none. */
static vae_node *scale(vae__transform_context *context, const double *arguments, vae_node *x)
{
    vae__range *range = &context->range;
    context->log_jacobian += log(arguments[0]);
    range->low *= arguments[0];
    range->high *= arguments[0];
    range->whole = false;
    range->finite &= range->low >= -FLT_MAX && range->high <= FLT_MAX;
    return vae_scale(x, arguments[0]);
}

static vae_node *undo_scale(const vae__transform_context *context, const double *arguments, vae_node *x)
{
    (void)context;
    return vae_scale(x, 1 / arguments[0]);
}

static vae_node *state_of(const vae__transform_context *context, const char *last, const vae_node *like)
{
    char name[NAME_SIZE];
    name_of(context, last, name);
    return vae_state(context->graph, name, vae_node_rank(like), vae_node_shape(like));
}

/* (x − mean) / deviation of the training rows, place by place. */
static vae_node *standardize(vae__transform_context *context, const double *arguments, vae_node *x)
{
    (void)arguments;
    vae_node *mean = state_of(context, "mean", x), *deviation = state_of(context, "deviation", x);
    vae__transform_check(context, "standardize", x, 0, 0, false);
    vae__model_graph *points = context->points;
    if (points && points->fit_count < VAE__MAX_POINTS) {
        points->fits[points->fit_count++] = (vae__fit_point){
            .values = x, .mask = context->mask, .mean = vae_node_label(mean), .deviation = vae_node_label(deviation)
        };
        vae_graph_keep(x);
        vae_graph_keep(context->mask);
    }
    add_jacobian(context, vae_negate(vae_log(deviation)));
    context->range = (vae__range){ -INFINITY, INFINITY, false, isfinite(context->range.high - context->range.low) };
    return vae_div(vae_sub(x, mean), deviation);
}

static vae_node *undo_standardize(const vae__transform_context *context, const double *arguments, vae_node *x)
{
    (void)arguments;
    return vae_add(vae_mul(x, state_of(context, "deviation", x)), state_of(context, "mean", x));
}

static vae_node *log1p_of(vae__transform_context *context, const double *arguments, vae_node *x)
{
    (void)arguments;
    vae__transform_check(context, "log1p", x, -0x1.fffffep-1, INFINITY, false);
    vae_node *modelled = vae_log1p(x);
    add_jacobian(context, vae_negate(modelled)); /* d log(1 + x) / dx = 1 / (1 + x) */
    context->range =
        (vae__range){ log1p(context->range.low), log1p(context->range.high), false, context->range.finite };
    return modelled;
}

static vae_node *undo_log1p(const vae__transform_context *context, const double *arguments, vae_node *x)
{
    (void)arguments;
    return shift(context->graph, vae_exp(x), -1);
}

static vae_node *binarize(vae__transform_context *context, const double *arguments, vae_node *x)
{
    (void)arguments;
    vae__transform_check(context, "binarize", x, 0, 1, false);
    become_binary(context);
    if (!x || context->grey)
        return x;
    return vae_binarize(x, vae_noise(context->graph, VAE_UNIFORM, context->noise, vae_node_rank(x), vae_node_shape(x)));
}

static vae_node *threshold(vae__transform_context *context, const double *arguments, vae_node *x)
{
    vae__transform_check(context, "threshold", x, 0, 0, false);
    become_binary(context);
    return vae_threshold(x, arguments[0]);
}

static const vae__transform rows[] = {
    { .word = { .name = "raw", .summary = "values as they are stored" }, .build = raw, .undo = undo_raw },
    { .word = { .name = "unit", .summary = "a stored integer type's range to [0, 1]; floats as they are" },
      .build = unit,
      .undo = undo_unit },
    { .word = { .name = "scale",
                .summary = "multiplied by a number",
                .arguments = { { .name = "scale", .kind = VAE_KEY_NUMBER, .low = 1e-30, .high = 1e30 } } },
      .build = scale,
      .undo = undo_scale },
    { .word = { .name = "standardize",
                .summary = "(x - mean) / deviation of the training rows, for each place of x; a constant one is not "
                           "divided" },
      .build = standardize,
      .undo = undo_standardize },
    { .word = { .name = "log1p", .summary = "log(1 + x)" }, .build = log1p_of, .undo = undo_log1p },
    { .word = { .name = "binarize", .summary = "1 with the value as probability, drawn anew in every epoch; else 0" },
      .build = binarize },
    { .word = { .name = "threshold",
                .summary = "1 above the threshold, else 0",
                .arguments = { { .name = "threshold",
                                 .kind = VAE_KEY_NUMBER,
                                 .optional = true,
                                 .usual = 0.5,
                                 .low = -1e30,
                                 .high = 1e30 } } },
      .build = threshold },
};

const vae__word_table vae__transforms = { "transform", rows, sizeof *rows, sizeof rows / sizeof *rows, NULL, 0, NULL };

/* ---- A field's transforms ---------------------------------------------------------------------------------------- */

vae_status vae__transforms_check(const vae__phrases *phrases, const char *where)
{
    bool stored = true;
    for (int i = 0; i < phrases->count; i++) {
        const vae__transform *transform = phrases->phrases[i].row;
        if (transform->build == unit && !stored)
            return vae__error(
                VAE_ERROR_DECLARATION,
                "%s: transform %d: unit: expected before all others, for it goes by how values are stored", where,
                i + 1);
        stored &= transform->build == raw;
    }
    return vae__ok();
}

vae_node *vae__transforms_build(vae__transform_context *context, const vae__phrases *phrases, vae_node *x)
{
    vae__transform_check(context, "x", x, 0, 0, false);
    for (context->place = 0; x && context->place < phrases->count; context->place++) {
        const vae__phrase *phrase = &phrases->phrases[context->place];
        x = ((const vae__transform *)phrase->row)->build(context, phrase->arguments, x);
    }
    return x;
}

vae_node *vae__transforms_undo(const vae__transform_context *context, const vae__phrases *phrases, vae_node *x)
{
    vae__transform_context back = *context;
    for (back.place = phrases->count - 1; x && back.place >= 0; back.place--) {
        const vae__phrase *phrase = &phrases->phrases[back.place];
        const vae__transform *transform = phrase->row;
        if (!transform->undo)
            return x;
        x = transform->undo(&back, phrase->arguments, x);
    }
    return x;
}
