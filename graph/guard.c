/* Bounds of gradients that are not there yet. */
#include "graph/guard.h"

#include <string.h>

#include "src/base/memory.h"
#include "src/base/status.h"

/* ---- What is looked at ------------------------------------------------------------------------------------------- */

/* The number of an array, added if it is not there. */
static int find_or_add(vae_program *program, const vae_node *node, bool gradient)
{
    for (int i = 0; i < program->guarded_count; i++)
        if (program->guarded[i].node == node && program->guarded[i].gradient == gradient)
            return i;
    program->guarded[program->guarded_count] = (vae__guarded){ .node = node, .gradient = gradient };
    return program->guarded_count++;
}

static bool is_trained(const vae_program *program, const vae_node *node)
{
    return node && program->tensor[node->index] >= 0 && node->op->number == VAE__NUMBER(parameter);
}

vae_status vae__guard_list(vae_program *program)
{
    const size_t tasks = (size_t)(program->task_count - program->bounded_begin);
    VAE__TRY(vae__allocate("a program", (size_t)program->node_count + 2 * tasks, sizeof *program->guarded,
                           &program->guarded));
    VAE__TRY(vae__allocate("a program", tasks, sizeof *program->bounds, &program->bounds));
    for (int t = program->forward_count; t < program->bounded_begin; t++)
        for (int k = 0; k < program->tasks[t].node->input_count; k++)
            if (program->tasks[t].wanted[k] && is_trained(program, program->tasks[t].node->inputs[k]))
                find_or_add(program, program->tasks[t].node->inputs[k], true);
    for (int t = program->bounded_begin; t < program->task_count; t++) {
        const vae__task *task = &program->tasks[t];
        const bool product = task->node->op->reduces_product >> task->input & 1;
        program->bounds[t - program->bounded_begin] =
            (vae__bound){ .slope = find_or_add(program, task->node, true),
                          .factor = product ? find_or_add(program, task->node->inputs[0], false) : -1 };
    }
    return vae__ok();
}

void vae__guard_clear(vae_program *program)
{
    vae__free(program->guarded);
    vae__free(program->bounds);
}

/* ---- Looking ----------------------------------------------------------------------------------------------------- */

void vae__guard_look(const vae_program *program, const vae__kernels *kernels, const float *const *values, int64_t begin,
                     int64_t end, vae__team team, uint32_t *most)
{
    for (int i = 0; i < program->guarded_count; i++) {
        const vae_node *node = program->guarded[i].node;
        int64_t first = begin * node->rows * node->size, last = end * node->rows * node->size;
        if (!node->rows)
            vae__share(team, node->size, &first, &last);
        most[i] = last > first ? kernels->magnitude(values[i] + first, last - first) : 0;
    }
}

static float magnitude(const uint32_t *most, int threads, int stride, int array)
{
    uint32_t bits = 0;
    float value;
    for (int thread = 0; thread < threads; thread++)
        if (most[thread * stride + array] > bits)
            bits = most[thread * stride + array];
    memcpy(&value, &bits, sizeof value);
    return value;
}

bool vae__guard_allows(const vae_program *program, const uint32_t *most, int threads, int stride, int64_t examples)
{
    for (int i = 0; i < program->guarded_count; i++)
        if (!(magnitude(most, threads, stride, i) < VAE__GRADIENT_MOST))
            return false;
    for (int i = 0; i < program->task_count - program->bounded_begin; i++) {
        const vae__bound *bound = &program->bounds[i];
        const vae_node *node = program->guarded[bound->slope].node;
        double terms = (double)(examples * node->rows) * (double)node->size;
        double factor = bound->factor < 0 ? 1 : (double)magnitude(most, threads, stride, bound->factor);
        if (!(terms * factor * (double)magnitude(most, threads, stride, bound->slope) < VAE__GRADIENT_MOST))
            return false;
    }
    return true;
}
