/* A pass over data through a model's transforms: to see whether it suits them, and to fit them. */
#include "src/data/fields.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/data/data.h"

enum { BATCH = 256, NAME_SIZE = 128 };

/* Rows of a split, batch by batch, through VAE__FIELDS. */
typedef struct pass {
    const vae_model *model;
    const vae__match *match;
    vae__model_graph graph;
    vae_executor *executor;
    int64_t begin, examples; /* of the batch */
    uint32_t rows[BATCH];
} pass;

static vae_status pass_new(const vae_model *model, const vae__match *match, pass *new_pass)
{
    *new_pass = (pass){ .model = model, .match = match };
    vae__graph_request request = vae__match_request(match, VAE__FIELDS);
    return vae__model_graph_new(model, &request, &new_pass->graph);
}

static void pass_free(pass *done)
{
    vae_executor_free(&done->executor);
    vae__model_graph_clear(&done->graph);
}

static vae_status pass_begin(pass *at)
{
    at->begin = at->examples = 0;
    int64_t capacity = at->match->rows < BATCH ? at->match->rows : BATCH;
    return at->executor
               ? vae__ok()
               : vae_executor_new(at->graph.program, &(vae_executor_options){ .capacity = capacity, .threads = 1 },
                                  &at->executor);
}

/* Runs the next batch; at the end there are no examples in it. What is drawn is drawn as in the first epoch of seed 0.
 */
static vae_status pass_next(pass *at)
{
    at->begin += at->examples;
    int64_t left = at->match->rows - at->begin;
    at->examples = left < BATCH ? left : BATCH;
    if (!at->examples)
        return vae__ok();
    for (int64_t i = 0; i < at->examples; i++)
        at->rows[i] = (uint32_t)(at->begin + i);
    vae_binding bindings[VAE__MAX_BINDINGS];
    vae_run run = { .examples = at->examples,
                    .bindings = bindings,
                    .binding_count = vae__match_bind(at->match, &at->graph, at->rows, bindings),
                    .purpose = "train",
                    .example_ids = at->rows };
    return vae_executor_run(at->executor, &run);
}

static const vae_field *field_of(const pass *at, int field)
{
    return field < 0 ? at->match->x : at->match->conditions[field];
}

/* A node's values for the batch; those of an input that the graph does not read are the field's. */
typedef struct view {
    const float *values; /* or NULL */
    const vae_field *field;
    int64_t first;
} view;

static view view_of(const pass *at, const vae_node *node, const vae_field *field)
{
    return (view){ vae_executor_value(at->executor, node), field, at->begin * vae_node_size(node) };
}

static double value_in(const view *seen, int64_t index)
{
    return seen->values ? (double)seen->values[index] : vae__data_value(seen->field, seen->first + index);
}

/* ---- Checking ---------------------------------------------------------------------------------------------------- */

static bool is_open(const vae__check_point *point)
{
    return !(point->low < 0 || point->low > 0 || point->high < 0 || point->high > 0);
}

static bool suits(const vae__check_point *point, double value)
{
    if (!isfinite(value) || (point->whole && value != floor(value)))
        return false;
    return is_open(point) || (value >= point->low && value <= point->high);
}

/* "whole numbers of at least 0" */
static const char *expected_text(const vae__check_point *point, char text[96])
{
    const char *noun = point->whole ? "whole numbers" : "values";
    if (is_open(point))
        snprintf(text, 96, "%s", point->whole ? "whole numbers" : "finite numbers");
    else if (isinf(point->high))
        snprintf(text, 96, "%s of at least %.6g", noun, point->low);
    else if (isinf(point->low))
        snprintf(text, 96, "%s of at most %.6g", noun, point->high);
    else
        snprintf(text, 96, "%s from %.6g to %.6g", noun, point->low, point->high);
    return text;
}

/* What to do about a value that is not finite. */
static const char *hint(const pass *at, const vae__check_point *point, double stored)
{
    if (isfinite(stored) || point->field >= 0)
        return "";
    return at->model->declaration.x.missing == VAE_MISSING_ERROR ? "; --missing mask hides such values" : "";
}

static vae_status does_not_suit(const pass *at, const vae__check_point *point, int64_t index, double value,
                                const char *where)
{
    const vae_field *field = field_of(at, point->field);
    int64_t size = vae_node_size(point->node), row = at->begin + index / size;
    double stored = vae__data_value(field, at->begin * size + index);
    char expected[96], transformed[64] = "", by[96] = "";
    if (isfinite(stored) && fabs(value - stored) > 1e-6 * fabs(stored))
        snprintf(transformed, sizeof transformed, ", %.6g as transformed", value);
    if (!is_open(point))
        snprintf(by, sizeof by, " for %s", point->what);
    return vae__error(VAE_ERROR_DATA, "%s: %s: expected %s%s, found %.6g in row %" PRId64 "%s%s", where, field->name,
                      expected_text(point, expected), by, stored, row, transformed, hint(at, point, stored));
}

/* May this value of x be anything, for it is missing? What is not finite (in float32) is so only when told. */
static bool is_missing(const pass *at, int64_t index)
{
    const vae_x_spec *x = &at->model->declaration.x;
    int64_t stored = at->begin * at->match->x->size + index;
    if (at->match->mask && !(vae__data_value(at->match->mask, stored) > 0))
        return true;
    double value = vae__data_value(at->match->x, stored);
    if (!isfinite((float)value) && x->missing != VAE_MISSING_MASK)
        return x->has_fill_value && (isnan(value) ? isnan(x->fill_value) : (float)value == (float)x->fill_value);
    const float *observed = vae_executor_value(at->executor, at->graph.observed_mask);
    return observed && !(observed[index] > 0);
}

static vae_status check_batch(const pass *at, const vae__check_point *point, const char *where)
{
    int64_t count = at->examples * vae_node_size(point->node);
    view seen = view_of(at, point->node, field_of(at, point->field));
    for (int64_t i = 0; i < count; i++) {
        double value = value_in(&seen, i);
        if (!suits(point, value) && !(point->field < 0 && is_missing(at, i)))
            return does_not_suit(at, point, i, value, where);
    }
    return vae__ok();
}

vae_status vae__fields_check(const vae_model *model, const vae__match *match, const char *where)
{
    pass at;
    vae_status status = pass_new(model, match, &at);
    bool asks = !status.code && at.graph.check_count > 0;
    if (asks)
        status = pass_begin(&at);
    do {
        if (!status.code && asks)
            status = pass_next(&at);
        for (int i = 0; i < at.graph.check_count && !status.code; i++)
            status = check_batch(&at, &at.graph.checks[i], where);
    } while (!status.code && asks && at.examples);
    pass_free(&at);
    return status;
}

/* ---- Fitting ----------------------------------------------------------------------------------------------------- */

/* Running moments of each place of a field (Welford 1962), over the rows in their order. */
typedef struct moments {
    double *count, *mean, *square; /* square: Σ (value − mean)² */
} moments;

static void add_batch(const pass *at, const vae__fit_point *point, moments *sums)
{
    int64_t size = vae_node_size(point->values);
    view seen = view_of(at, point->values, field_of(at, point->field)), observed = { NULL, NULL, 0 };
    if (point->mask)
        observed = view_of(at, point->mask, at->match->mask);
    for (int64_t i = 0; i < at->examples * size; i++) {
        if (point->mask && !(value_in(&observed, i) > 0))
            continue;
        int64_t place = i % size;
        double value = value_in(&seen, i), apart = value - sums->mean[place];
        if (!isfinite(value)) /* the check that follows tells it, if nothing else is spoilt by it */
            continue;
        sums->count[place]++;
        sums->mean[place] += apart / sums->count[place];
        sums->square[place] += apart * (value - sums->mean[place]);
    }
}

/* A place that never varies, or was never seen, is not divided. What is less apart than neighbouring numbers of float32
 * is divided by their distance: so what is left of it in float32 stays about 1, be it far from 0. */
static void keep(vae_store *store, const vae__fit_point *point, const moments *sums)
{
    float *mean = vae_store_state(store) + vae_store_find(store, point->mean)->offset;
    float *deviation = vae_store_state(store) + vae_store_find(store, point->deviation)->offset;
    for (int64_t i = 0; i < vae_node_size(point->values); i++) {
        double spread = sums->count[i] > 0 ? sqrt(sums->square[i] / sums->count[i]) : 0;
        double least = FLT_EPSILON * fabs(sums->mean[i]);
        mean[i] = (float)sums->mean[i];
        deviation[i] = spread >= FLT_MIN ? (float)fmax(spread, least) : 1;
    }
}

/* A bias of each place of x, or, of a convolution, of each channel, which is then of all its places. What was never
 * seen keeps its first value. */
static void keep_bias(const vae_model *model, const vae__fit_point *point, const moments *sums)
{
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "decoder/%s/bias", point->bias_head);
    const vae_tensor *tensor = vae_store_find(model->store, name);
    float *values = vae_store_parameters(model->store);
    for (int64_t channel = 0; tensor && channel < tensor->size; channel++) {
        double total = 0, count = 0;
        for (int64_t i = channel; i < vae_node_size(point->values); i += tensor->size) {
            total += sums->count[i] > 0 ? sums->count[i] * sums->mean[i] : 0;
            count += sums->count[i];
        }
        if (count > 0)
            values[tensor->offset + channel] = (float)point->bias_of(total / count);
    }
}

static vae_status fit(pass *at, const vae__fit_point *point, moments *sums)
{
    VAE__TRY(pass_begin(at));
    do {
        VAE__TRY(pass_next(at));
        add_batch(at, point, sums);
    } while (at->examples);
    if (point->bias_of)
        keep_bias(at->model, point, sums);
    else
        keep(at->model->store, point, sums);
    return vae__ok();
}

static vae_status fit_point(pass *at, const vae__fit_point *point)
{
    size_t size = (size_t)vae_node_size(point->values);
    moments sums = { .count = NULL };
    vae_status status = vae__allocate("moments", size, sizeof(double), &sums.count);
    if (!status.code)
        status = vae__allocate("moments", size, sizeof(double), &sums.mean);
    if (!status.code)
        status = vae__allocate("moments", size, sizeof(double), &sums.square);
    if (!status.code)
        status = fit(at, point, &sums);
    vae__free(sums.count);
    vae__free(sums.mean);
    vae__free(sums.square);
    return status;
}

/* One after another: what a transform is fitted to may have gone through one before. */
vae_status vae__fields_fit(vae_model *model, const vae__match *match)
{
    pass at;
    vae_status status = pass_new(model, match, &at);
    for (int i = 0; i < at.graph.fit_count && !status.code; i++)
        status = fit_point(&at, &at.graph.fits[i]);
    pass_free(&at);
    return status;
}
