/* The optimiser's step within a run. */
#include "graph/update.h"

#include "src/base/memory.h"
#include "src/base/status.h"

enum { UNIT = 16 }; /* values; a share of a tensor is a multiple of it */

static int tensor_of(const vae_program *program, const vae__task *task, int input)
{
    return task->node->inputs[input] ? program->tensor[task->node->inputs[input]->index] : -1;
}

/* Tasks that add to a tensor's gradient, and late ones that read its values. */
static int count_tasks(const vae_program *program, int tensor)
{
    int count = 0;
    for (int t = program->forward_count; t < program->task_count; t++) {
        const vae__task *task = &program->tasks[t];
        for (int k = 0; k < task->node->input_count; k++)
            if (tensor_of(program, task, k) == tensor)
                count += task->wanted[k] || (t >= program->bounded_begin && !task->node->op->updates);
    }
    return count;
}

/* Is a share of the reduction a stretch of the parameter's elements, or does the op take the step itself? */
static bool shares_elements(const vae__op *op)
{
    return op->updates || (!op->units && !op->reduce_units);
}

static bool can_be_at_once(const vae_program *program, int number)
{
    const vae__task *task = &program->tasks[number];
    const int tensor = number >= program->bounded_begin ? tensor_of(program, task, task->input) : -1;
    return tensor >= 0 && program->store->stored[tensor].tensor.trainable && shares_elements(task->node->op) &&
           count_tasks(program, tensor) == 1;
}

static bool is_at_once(const vae_program *program, const vae__update_plan *plan, int tensor)
{
    for (int t = program->bounded_begin; t < program->task_count; t++)
        if (plan->at_once[t] && tensor_of(program, &program->tasks[t], program->tasks[t].input) == tensor)
            return true;
    return false;
}

vae_status vae__update_plan_make(const vae_program *program, vae__update_plan *plan)
{
    const vae_store *store = program->store;
    VAE__TRY(vae__allocate("an executor", (size_t)program->task_count, sizeof(bool), &plan->at_once));
    VAE__TRY(vae__allocate("an executor", store->count, sizeof(int), &plan->rest));
    for (int t = 0; t < program->task_count; t++)
        plan->at_once[t] = can_be_at_once(program, t);
    for (int i = 0; i < (int)store->count; i++)
        if (store->stored[i].tensor.trainable && !is_at_once(program, plan, i))
            plan->rest[plan->rest_count++] = i;
    return vae__ok();
}

void vae__update_plan_clear(vae__update_plan *plan)
{
    vae__free(plan->at_once);
    vae__free(plan->rest);
    *plan = (vae__update_plan){ 0 };
}

void vae__update_rest(const vae__update_plan *plan, const vae_store *store, const vae__kernels *kernels,
                      const vae__update *update, const float *gradient, vae__team team)
{
    for (int i = 0; i < plan->rest_count; i++) {
        const vae_tensor *tensor = &store->stored[plan->rest[i]].tensor;
        int64_t begin, end;
        vae__share(team, (tensor->size + UNIT - 1) / UNIT, &begin, &end);
        begin = tensor->offset + begin * UNIT;
        end = tensor->offset + (end * UNIT < tensor->size ? end * UNIT : tensor->size);
        const vae__update here = vae__update_at(update, begin);
        if (begin < end)
            kernels->adam(&here, end - begin, gradient + begin);
    }
}
