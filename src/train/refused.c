/* What is done about a step that was refused. */
#include "src/train/refused.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "graph/culprit.h"
#include "src/base/status.h"

enum { PLACE_TEXT = 96, ROWS_TEXT = 160 };

/* "encoder/0 (affine)". */
static const char *place_of(const vae_node *node, char text[PLACE_TEXT])
{
    if (*vae_node_label(node))
        snprintf(text, PLACE_TEXT, "%.60s (%.30s)", vae_node_label(node), vae_node_op(node));
    else
        snprintf(text, PLACE_TEXT, "%.30s", vae_node_op(node));
    return text;
}

/* "rows 5, 90, 311 of the data", or the first few and how many more. */
static const char *rows_of(const vae__refused *step, const vae__culprit *culprit, char text[ROWS_TEXT])
{
    const bool all = !culprit->count;
    const int64_t count = all ? step->run->examples : culprit->count;
    const int64_t told = count < VAE__CULPRIT_EXAMPLES ? count : VAE__CULPRIT_EXAMPLES;
    int length = snprintf(text, ROWS_TEXT, "%s %s", all ? "in the batch of" : "for", count == 1 ? "row" : "rows");
    for (int64_t i = 0; i < told; i++) {
        const int64_t example = step->run->example_ids[all ? i : culprit->examples[i]];
        length += snprintf(text + length, (size_t)(ROWS_TEXT - length), "%s %" PRId64, i ? "," : "",
                           vae_data_row(step->data, vae_data_training_split(step->data), example));
    }
    if (told < count)
        snprintf(text + length, (size_t)(ROWS_TEXT - length), " and %" PRId64 " more", count - told);
    return text;
}

static vae_status tell(const vae__refused *step, const vae__culprit *culprit)
{
    char place[PLACE_TEXT], by[PLACE_TEXT + 16] = "", maker[PLACE_TEXT], rows[ROWS_TEXT];
    if (culprit->gradient)
        snprintf(by, sizeof by, " by %s", place_of(culprit->by, maker));
    return vae__error(VAE_ERROR_NUMBER,
                      "%.60s: epoch %" PRId64 ", step %" PRId64
                      ": %s%s%s is %g, %s of the data; parameters are those of "
                      "the step before",
                      step->training->model->declaration.name, step->training->epoch + 1, step->number + 1,
                      culprit->gradient ? "the gradient of " : "", place_of(culprit->node, place), by, culprit->value,
                      rows_of(step, culprit, rows));
}

/* "name: epoch 1, step 2: the gradient of encoder/0/weight is 1e30, WHY; parameters are those of the step before" */
static vae_status tell_large(const vae__refused *step, const vae_tensor *tensor, double slope, const char *why)
{
    return vae__error(VAE_ERROR_NUMBER,
                      "%.60s: epoch %" PRId64 ", step %" PRId64 ": the gradient of %.60s is %g, %s; parameters are "
                      "those of the step before",
                      step->training->model->declaration.name, step->training->epoch + 1, step->number + 1,
                      tensor->name, slope, why);
}

/* The step apart takes no gradient that is so large, though it is finite: behind its prior and its clips. */
static vae_status refuse_apart(const vae__refused *step)
{
    const vae_store *store = step->training->model->store;
    const vae_tensor *of = vae_store_tensor(store, 0);
    const float *gradient = step->run->gradient;
    double largest = 0;
    for (int i = 0; i < vae_store_count(store); i++) {
        const vae_tensor *tensor = vae_store_tensor(store, i);
        for (int64_t k = tensor->offset; tensor->trainable && k < tensor->offset + tensor->size; k++)
            if (fabs((double)gradient[k]) > largest) {
                largest = fabs((double)gradient[k]);
                of = tensor;
            }
    }
    return tell_large(step, of, largest, "which is too much for a step");
}

/* Adam keeps the square of a gradient, which may overflow where the gradient does not. */
static vae_status check_squares(const vae__refused *step)
{
    const vae_store *store = step->training->model->store;
    const double kept = (double)step->update->adam->beta2;
    const float *gradient = step->run->gradient;
    for (int i = 0; i < vae_store_count(store); i++) {
        const vae_tensor *tensor = vae_store_tensor(store, i);
        for (int64_t k = tensor->offset; tensor->trainable && k < tensor->offset + tensor->size; k++) {
            const double slope = (double)gradient[k];
            if (!(kept * (double)step->update->v[k] + (1 - kept) * slope * slope < 0.999 * (double)FLT_MAX))
                return tell_large(step, tensor, slope, "of which Adam cannot keep the square");
        }
    }
    return vae__ok();
}

vae_status vae__refused_settle(const vae__refused *step)
{
    vae__culprit culprit;
    VAE__TRY(vae__culprit_find(step->program, step->options, step->run, &culprit));
    if (culprit.node)
        return tell(step, &culprit);
    if (!step->update)
        return refuse_apart(step);
    VAE__TRY(check_squares(step));
    const vae__kernels *kernels = vae__kernels_find(false, step->options->kernels);
    kernels->adam(step->update, vae_store_size(step->training->model->store), step->run->gradient);
    return vae__ok();
}
