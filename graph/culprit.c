/* Looking for the first number that is not finite. */
#include "graph/culprit.h"

#include <math.h>
#include <string.h>

#include "graph/graph.h"
#include "graph/team.h"
#include "src/base/memory.h"
#include "src/base/status.h"

typedef struct search {
    const vae_program *program;
    const vae_executor *executor;
    const vae_run *run;
    vae__culprit *culprit;
} search;

static void note_example(vae__culprit *culprit, int64_t example)
{
    if (culprit->count < VAE__CULPRIT_EXAMPLES)
        culprit->examples[culprit->count] = example;
    culprit->count++;
}

static bool is_finite(const float *values, int64_t count, double *found)
{
    for (int64_t i = 0; i < count; i++)
        if (!isfinite(values[i])) {
            *found = (double)values[i];
            return false;
        }
    return true;
}

/* Is something not finite in what an example has of a node, or all share? */
static bool is_spoilt(const search *s, const vae_node *node, bool gradient, int64_t example, double *found)
{
    const float *values = vae__executor_place(s->executor, node, gradient);
    const int64_t count = vae__rows(node) * node->size;
    return values && !is_finite(values + (node->rows ? example * count : 0), count, found);
}

/* ---- Values ------------------------------------------------------------------------------------------------------ */

/* Where an op has it which values of its input 0 count. */
static const vae_node *mask_of(const vae_node *node)
{
    if (node->op->number == VAE__NUMBER(fill))
        return node->inputs[1];
    for (int k = 1; k < node->input_count; k++)
        if (node->inputs[k] && node->op->optional_inputs >> k & 1 && node->inputs[k]->rows)
            return node->inputs[k];
    return NULL;
}

/* Are what is not finite of an input the values that are missing, of which the node takes no notice? */
static bool is_masked(const search *s, const vae_node *node, int input, int64_t example)
{
    if (node->op->number == VAE__NUMBER(observed))
        return true;
    const vae_node *in = node->inputs[input], *mask = input ? NULL : mask_of(node);
    const int64_t count = vae__rows(in) * in->size;
    if (!mask || !in->rows || vae__rows(mask) * mask->size != count)
        return false;
    const float *values = vae__executor_place(s->executor, in, false);
    const float *counts = vae__executor_place(s->executor, mask, false);
    for (int64_t i = example * count; values && counts && i < (example + 1) * count; i++)
        if (!isfinite(values[i]) && !(counts[i] >= 0 && counts[i] <= 0))
            return false;
    return values && counts;
}

/* The first node of an example from which what is not finite goes on into the objective; what stops on its way does no
 * harm, as a value that is missing. With an objective that is finite it has stopped all the same, and harmed gradients:
 * then any node that is finite may have stopped it. -1: there is none. */
static int trace(const search *s, int64_t example, bool stopped, bool *follows, double *found)
{
    const vae_program *program = s->program;
    int first = -1;
    memset(follows, 0, (size_t)program->node_count * sizeof *follows);
    follows[program->objective->index] = true;
    for (int i = program->node_count - 1; i >= 0; i--) {
        const vae_node *node = program->graph->nodes[i];
        const bool spoilt = follows[i] && is_spoilt(s, node, false, example, found);
        if (!follows[i] || (!spoilt && !stopped))
            continue;
        if (spoilt)
            first = i;
        for (int k = 0; k < node->input_count; k++)
            if (node->inputs[k] && !is_masked(s, node, k, example))
                follows[node->inputs[k]->index] = true;
    }
    return first;
}

static vae_status find_value(const search *s, bool stopped)
{
    vae__culprit *culprit = s->culprit;
    bool *follows = NULL;
    VAE__TRY(vae__allocate("a look at what is not finite", (size_t)s->program->node_count, sizeof *follows, &follows));
    for (int64_t e = 0; e < s->run->examples; e++) {
        double found = 0;
        const int first = trace(s, e, stopped, follows, &found);
        if (first < 0 || (culprit->node && culprit->node->index < first))
            continue;
        if (!culprit->node || culprit->node->index > first)
            *culprit = (vae__culprit){ .node = s->program->graph->nodes[first], .value = found };
        if (culprit->node->rows)
            note_example(culprit, e);
    }
    vae__free(follows);
    return vae__ok();
}

/* ---- Gradients --------------------------------------------------------------------------------------------------- */

static bool find_in(const search *s, const vae_node *node)
{
    vae__culprit *culprit = s->culprit;
    double found;
    for (int64_t e = 0; e < (node->rows ? s->run->examples : 1); e++) {
        if (!is_spoilt(s, node, true, e, &found))
            continue;
        if (!culprit->node)
            culprit->value = found;
        culprit->node = node;
        if (node->rows)
            note_example(culprit, e);
    }
    return culprit->node;
}

static void find_gradient(const search *s)
{
    s->culprit->gradient = true;
    for (int t = s->program->forward_count; t < s->program->task_count; t++) {
        const vae__task *task = &s->program->tasks[t];
        s->culprit->by = task->node;
        for (int k = 0; k < task->node->input_count; k++)
            if (task->wanted[k] && find_in(s, task->node->inputs[k]))
                return;
    }
}

static bool is_gradient_finite(const search *s)
{
    const vae_program *program = s->program;
    double found;
    for (int i = 0; i < program->node_count; i++)
        if (program->tensor[i] >= 0 && is_spoilt(s, program->graph->nodes[i], true, 0, &found))
            return false;
    return true;
}

/* When objective and gradient are finite nothing is looked for: what is not finite elsewhere has done no harm. */
static vae_status find(const search *s)
{
    double found;
    const bool stopped = !is_spoilt(s, s->program->objective, false, 0, &found);
    if (stopped && is_gradient_finite(s))
        return vae__ok();
    VAE__TRY(find_value(s, stopped));
    if (!s->culprit->node)
        find_gradient(s);
    return vae__ok();
}

vae_status vae__culprit_find(const vae_program *program, const vae_executor_options *options, const vae_run *run,
                             vae__culprit *culprit)
{
    vae_executor_options plain = *options;
    vae_executor *executor = NULL;
    *culprit = (vae__culprit){ .node = NULL };
    plain.no_reuse = true;
    plain.profile = false;
    VAE__TRY(vae_executor_new(program, &plain, &executor));
    vae_status status = vae_executor_run(executor, run);
    const search s = { program, executor, run, culprit };
    if (!status.code)
        status = find(&s);
    vae_executor_free(&executor);
    return status;
}
