/* Looking for the first number that is not finite. */
#include "graph/culprit.h"

#include <math.h>

#include "graph/graph.h"
#include "graph/team.h"
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

/* Looks through an example's values, or those that all share. */
static bool look(vae__culprit *culprit, const float *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (!isfinite(values[i])) {
            if (!culprit->node)
                culprit->value = (double)values[i];
            return true;
        }
    return false;
}

static bool find_in(const search *s, const vae_node *node, bool gradient)
{
    const float *values = vae__executor_place(s->executor, node, gradient);
    vae__culprit *culprit = s->culprit;
    if (!values)
        return false;
    if (!node->rows && look(culprit, values, node->size))
        culprit->node = node;
    for (int64_t e = 0; node->rows && e < s->run->examples; e++)
        if (look(culprit, values + e * node->rows * node->size, node->rows * node->size)) {
            culprit->node = node;
            note_example(culprit, e);
        }
    return culprit->node;
}

static bool find_value(const search *s)
{
    for (int t = 0; t < s->program->forward_count; t++)
        if (find_in(s, s->program->tasks[t].node, false))
            return true;
    return false;
}

static bool find_gradient(const search *s)
{
    s->culprit->gradient = true;
    for (int t = s->program->forward_count; t < s->program->task_count; t++) {
        const vae__task *task = &s->program->tasks[t];
        s->culprit->by = task->node;
        for (int k = 0; k < task->node->input_count; k++)
            if (task->wanted[k] && find_in(s, task->node->inputs[k], true))
                return true;
    }
    return false;
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
    if (!status.code && !find_value(&s))
        find_gradient(&s);
    vae_executor_free(&executor);
    return status;
}
