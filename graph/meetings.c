/*
 * Where threads must meet. A thread may go on to the next task before the others have done theirs, unless the two tasks
 * touch the same memory, one of them to write, with shares that lie differently in it.
 */
#include <string.h>

#include "graph/graph.h"
#include "src/base/memory.h"
#include "src/base/status.h"

enum { MOST_TOUCHES = 2 + 2 * VAE__MAX_INPUTS };

/* A stretch of memory that a task reads or writes. Behind the slab lies, in this count, the gradient of the parameters.
 */
typedef struct touch {
    int64_t begin, end;
    int64_t stride; /* bytes of an example where threads share by examples; 0: a thread may touch any part */
    bool writes;
} touch;

typedef struct touches {
    int count;
    touch each[MOST_TOUCHES];
} touches;

typedef struct vae__survey {
    const vae_program *program;
    const vae__plan *plan;
    int64_t capacity, bytes; /* examples, and bytes of a value */
} vae__survey;

static bool shares_by_examples(const vae__task *task)
{
    const vae_node *node = task->node;
    bool rows = node->rows;
    for (int k = 0; k < node->input_count; k++)
        rows |= node->inputs[k] && node->inputs[k]->rows;
    return rows && !node->op->units && task->phase != VAE__REDUCE;
}

static void add(const vae__survey *survey, touches *all, const vae__task *task, const vae_node *node, int64_t begin,
                bool writes)
{
    if (begin == VAE__NOWHERE)
        return;
    int64_t example = vae__rows(node) * node->size * survey->bytes;
    bool by_examples = node->rows && shares_by_examples(task);
    all->each[all->count++] = (touch){ .begin = begin,
                                       .end = begin + example * (node->rows ? survey->capacity : 1),
                                       .stride = by_examples ? example : 0,
                                       .writes = writes };
}

static int64_t gradient_place(const vae__survey *survey, const vae_node *node)
{
    int number = survey->program->tensor[node->index];
    if (node->op->number != VAE__NUMBER(parameter))
        return survey->plan->gradient[node->index];
    return (int64_t)survey->plan->memory.planned + survey->program->store->stored[number].tensor.offset * survey->bytes;
}

static touches look_at(const vae__survey *survey, int number)
{
    const vae__task *task = &survey->program->tasks[number];
    const vae_node *node = task->node;
    bool forward = task->phase == VAE__FORWARD;
    touches all = { 0 };
    if (forward || node->op->reads_output)
        add(survey, &all, task, node, survey->plan->value[node->index], forward);
    if (!forward)
        add(survey, &all, task, node, survey->plan->gradient[node->index], false);
    for (int k = 0; k < node->input_count; k++) {
        const vae_node *input = node->inputs[k];
        if (input && (forward || node->op->reads_inputs >> k & 1))
            add(survey, &all, task, input, survey->plan->value[input->index], false);
        if (input && task->wanted[k])
            add(survey, &all, task, input, gradient_place(survey, input), true);
    }
    return all;
}

static bool disagree(const touch *one, const touch *other)
{
    bool apart = one->end <= other->begin || other->end <= one->begin, reads = !one->writes && !other->writes;
    bool alike = one->stride && one->stride == other->stride && one->begin == other->begin;
    return !apart && !reads && !alike;
}

static bool clash(const touches *one, const touches *other)
{
    for (int i = 0; i < one->count; i++)
        for (int k = 0; k < other->count; k++)
            if (disagree(&one->each[i], &other->each[k]))
                return true;
    return false;
}

/* The guard reads as a task would that has all it looks at for inputs: a thread its own examples, or any part. */
static bool guard_clashes(const vae__survey *survey, const touches *since, int count)
{
    const vae_program *program = survey->program;
    for (int i = 0; i < program->guarded_count; i++) {
        const vae_node *node = program->guarded[i].node;
        const int64_t example = node->rows * node->size * survey->bytes;
        const int64_t begin =
            program->guarded[i].gradient ? gradient_place(survey, node) : survey->plan->value[node->index];
        touches one = { .count = 1 };
        one.each[0] = (touch){ .begin = begin,
                               .end = begin + (node->rows ? example * survey->capacity : node->size * survey->bytes),
                               .stride = example };
        for (int k = 0; k < count; k++)
            if (clash(&since[k], &one))
                return true;
    }
    return false;
}

vae_status vae__plan_meetings(const vae_program *program, int64_t capacity, size_t bytes_per_value, vae__plan *plan)
{
    vae__survey survey = { program, plan, capacity, (int64_t)bytes_per_value };
    touches *since = NULL; /* of the tasks since threads met */
    VAE__TRY(vae__allocate("a memory plan", (size_t)program->task_count, sizeof *since, &since));
    int count = 0;
    for (int t = 0; t < program->task_count; t++) {
        if (plan->skip[t])
            continue;
        since[count] = look_at(&survey, t);
        for (int i = 0; i < count && !plan->meet[t]; i++)
            plan->meet[t] = clash(&since[i], &since[count]);
        if (t == program->bounded_begin) {
            plan->guard_meets = guard_clashes(&survey, since, count);
            plan->meet[t] = true; /* parameters may change from here on */
        }
        if (t == program->forward_count)
            plan->meet[t] = false; /* they have just met */
        if (plan->meet[t] || t == program->forward_count) {
            since[0] = since[count];
            count = 0;
        }
        count++;
    }
    plan->guard_meets |= program->bounded_begin == program->task_count;
    vae__free(since);
    return vae__ok();
}
