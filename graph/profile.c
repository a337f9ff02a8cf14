/* Time kept by thread and task, and told by op and phase. */
#include "graph/profile.h"

#include <stdlib.h>
#include <string.h>

#include "graph/graph.h"
#include "src/base/memory.h"
#include "src/base/status.h"

enum { CACHE_LINE = 8 }; /* doubles; no two threads write to one */

static const char *const phase_names[] = {
    [VAE__FORWARD] = "forward", [VAE__BACKWARD] = "backward", [VAE__REDUCE] = "reduce"
};

static const char *const aside_names[] = { [-VAE__WAITING] = "wait",
                                           [-VAE__UPDATING] = "adam",
                                           [-VAE__GUARDING] = "guard" };

vae_status vae__watch_new(const vae_program *program, int threads, vae__watch *watch)
{
    *watch = (vae__watch){ .threads = threads,
                           .stride = ((program->task_count + VAE__ASIDE) / CACHE_LINE + 2) * CACHE_LINE };
    return vae__allocate("a profile", (size_t)threads * (size_t)watch->stride, sizeof(double), &watch->seconds);
}

void vae__watch_clear(vae__watch *watch)
{
    vae__free(watch->seconds);
    *watch = (vae__watch){ 0 };
}

void vae__watch_count(vae__watch *watch, int64_t examples)
{
    watch->runs++;
    watch->examples += examples;
}

static double operations(const vae__task *task, int64_t runs, int64_t examples)
{
    const vae_node *node = task->node;
    if (!node->op->operations)
        return 0;
    double each = node->op->operations(node, task->phase, task->input, task->wanted, 1);
    return each * (double)(node->rows ? examples : runs);
}

double vae_program_operations(const vae_program *program, int64_t examples)
{
    double total = 0;
    for (int t = 0; program && t < program->task_count; t++)
        total += operations(&program->tasks[t], 1, examples);
    return total;
}

/* The row of this op and phase, a new one if there is none. */
static vae_profile *row_of(vae_profile *rows, int *count, const char *op, const char *phase)
{
    for (int i = 0; i < *count; i++)
        if (!strcmp(rows[i].op, op) && !strcmp(rows[i].phase, phase))
            return &rows[i];
    rows[*count] = (vae_profile){ .op = op, .phase = phase };
    return &rows[(*count)++];
}

static int by_seconds(const void *a, const void *b)
{
    const vae_profile *one = a, *other = b;
    return one->seconds < other->seconds ? 1 : one->seconds > other->seconds ? -1 : 0;
}

static int gather(const vae__watch *watch, const vae_program *program, vae_profile *rows)
{
    int count = 0;
    for (int t = -VAE__ASIDE; t < program->task_count; t++) {
        const vae__task *task = t < 0 ? NULL : &program->tasks[t];
        double seconds = 0;
        for (int thread = 0; thread < watch->threads; thread++)
            seconds += watch->seconds[(int64_t)thread * watch->stride + VAE__ASIDE + t];
        if (seconds <= 0)
            continue;
        vae_profile *row = task ? row_of(rows, &count, vae_node_op(task->node), phase_names[task->phase])
                                : row_of(rows, &count, aside_names[-t], "");
        row->seconds += seconds;
        row->operations += task ? operations(task, watch->runs, watch->examples) : 0;
    }
    qsort(rows, (size_t)count, sizeof *rows, by_seconds);
    return count;
}

int vae__watch_read(const vae__watch *watch, const vae_program *program, vae_profile *rows, int most)
{
    vae_profile *all = NULL;
    if (!watch->seconds || vae__allocate("a profile", (size_t)program->task_count + VAE__ASIDE, sizeof *all, &all).code)
        return 0;
    int count = gather(watch, program, all);
    for (int i = 0; i < count && i < most; i++)
        rows[i] = all[i];
    vae__free(all);
    return count;
}
