/*
 * The memory plan: values and gradients share one slab by their lifetimes, counted in tasks.
 *
 * A slot is a piece of the slab and the tasks it is alive in, first and last included. An elementwise op whose input is
 * read for the last time takes over its slot; so does the gradient of that input in the backward pass. The slots are
 * then laid out largest first, each at the lowest place where it meets no slot alive at the same time.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "graph/graph.h"
#include "src/base/memory.h"
#include "src/base/status.h"

enum { ALIGNMENT = 64 }; /* bytes */

typedef struct slot {
    int64_t bytes, offset;
    int64_t best; /* offset of the best layout so far */
    int first, last;
} slot;

/* What is worked with; slots 0 … n - 1 are values by node->index, n … 2 n - 1 gradients. */
typedef struct vae__draft {
    const vae_program *program;
    slot *slots;
    int *taken_over; /* by slot: the slot that it lies in; itself as a rule */
    int *consumers;  /* by node: how many nodes use it */
    int count;       /* of slots */
    int end;         /* a task number after all */
} vae__draft;

static int value_of(const vae_node *node)
{
    return node->index;
}

static int gradient_of(const vae__draft *draft, const vae_node *node)
{
    return draft->program->node_count + node->index;
}

/* Does the slab hold this node's value? Parameters and state are the store's, constants the executor's. */
static bool in_slab(const vae_node *node)
{
    int op = node->op->number;
    return op != VAE__NUMBER(parameter) && op != VAE__NUMBER(state) && op != VAE__NUMBER(constant);
}

static void use(slot *used, int task)
{
    if (task < used->first)
        used->first = task;
    if (task > used->last)
        used->last = task;
}

/* What a task touches: the values it reads, what it writes. */
static void touch(vae__draft *draft, int number)
{
    const vae__task *task = &draft->program->tasks[number];
    const vae_node *node = task->node;
    slot *slots = draft->slots;
    bool forward = task->phase == VAE__FORWARD;
    if (forward || node->op->reads_output)
        use(&slots[value_of(node)], number);
    if (!forward)
        use(&slots[gradient_of(draft, node)], number);
    for (int k = 0; k < node->input_count; k++) {
        if (!node->inputs[k])
            continue;
        draft->consumers[node->inputs[k]->index] += forward;
        if (forward || node->op->reads_inputs >> k & 1)
            use(&slots[value_of(node->inputs[k])], number);
        if (task->wanted[k])
            use(&slots[gradient_of(draft, node->inputs[k])], number);
    }
}

static void find_lifetimes(vae__draft *draft, bool no_reuse)
{
    const vae_program *program = draft->program;
    for (int i = 0; i < draft->count; i++) {
        draft->slots[i].first = draft->end;
        draft->slots[i].last = -1;
        draft->taken_over[i] = i;
    }
    for (int t = 0; t < program->task_count; t++)
        touch(draft, t);
    for (int i = 0; i < program->node_count; i++) {
        const vae_node *node = program->graph->nodes[i];
        slot *value = &draft->slots[value_of(node)], *gradient = &draft->slots[gradient_of(draft, node)];
        if (value->last >= 0 && (program->kept[i] || node == program->objective || no_reuse))
            value->last = draft->end;
        if (node == program->objective)
            gradient->first = program->forward_count;
        if (gradient->last >= 0 && (program->wanted[i] || no_reuse))
            gradient->last = draft->end;
    }
}

/* Far beyond any machine's memory, and far from where the sums overflow. */
static const int64_t SLOT_MOST = INT64_C(1) << 44;

static vae_status find_sizes(vae__draft *draft, int64_t capacity, size_t bytes_per_value)
{
    for (int i = 0; i < draft->program->node_count; i++) {
        const vae_node *node = draft->program->graph->nodes[i];
        if (vae__rows(node) * node->size > SLOT_MOST / (int64_t)bytes_per_value / capacity)
            return vae__error(VAE_ERROR_MEMORY, "%s: no memory for %" PRId64 " values of each of %" PRId64 " examples",
                              vae_node_op(node), vae__rows(node) * node->size, capacity);
        int64_t rows = node->rows ? node->rows * capacity : 1;
        int64_t bytes = (rows * node->size * (int64_t)bytes_per_value + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        slot *value = &draft->slots[value_of(node)], *gradient = &draft->slots[gradient_of(draft, node)];
        value->bytes = value->last >= 0 && in_slab(node) ? bytes : 0;
        gradient->bytes = gradient->last >= 0 && node->op->number != VAE__NUMBER(parameter) ? bytes : 0;
    }
    return vae__ok();
}

/* `heir` lies where `old` does from task `number` on, if that is the last to read it. */
static bool take_over(vae__draft *draft, int heir, int old, int number)
{
    old = draft->taken_over[old];
    slot *place = &draft->slots[old];
    if (!place->bytes || place->last != number || place->bytes != draft->slots[heir].bytes)
        return false;
    place->last = draft->slots[heir].last;
    draft->slots[heir].bytes = 0;
    draft->taken_over[heir] = old;
    return true;
}

static bool lie_alike(const vae_node *one, const vae_node *other)
{
    return one->rows == other->rows && one->size == other->size;
}

static int forward_task_of(const vae__draft *draft, const vae_node *node)
{
    int task = 0;
    while (draft->program->tasks[task].node != node)
        task++;
    return task;
}

/* A backward task that makes one gradient, of a value that it is the last to read, may make it there. */
static void write_over(vae__draft *draft, int number)
{
    const vae__task *task = &draft->program->tasks[number];
    int wanted = 0;
    for (int k = 0; k < task->node->input_count; k++)
        wanted += task->wanted[k];
    for (int k = 0; k < task->node->input_count && wanted == 1; k++) {
        const vae_node *input = task->node->inputs[k];
        if (task->wanted[k] && task->fresh[k] && task->node->op->gradient_over >> k & 1 &&
            input->rows == task->node->rows)
            take_over(draft, gradient_of(draft, input), value_of(input), number);
    }
}

static void work_in_place(vae__draft *draft, vae__plan *plan)
{
    const vae_program *program = draft->program;
    for (int t = 0; t < program->task_count; t++) {
        const vae__task *task = &program->tasks[t];
        const vae_node *node = task->node, *input = node->inputs[0];
        if (task->phase == VAE__BACKWARD)
            write_over(draft, t);
        if (!node->op->in_place || !lie_alike(node, input))
            continue;
        if (task->phase == VAE__FORWARD && take_over(draft, value_of(node), value_of(input), t)) {
            if (node->op->number == VAE__NUMBER(relu) && input->op->fuses_relu && draft->consumers[input->index] == 1)
                plan->skip[t] = plan->relu[forward_task_of(draft, input)] = true;
        } else if (task->phase == VAE__BACKWARD && task->fresh[0]) {
            bool alone = task->wanted[0];
            for (int k = 1; k < node->input_count; k++)
                alone &= !task->wanted[k];
            if (alone)
                take_over(draft, gradient_of(draft, input), gradient_of(draft, node), t);
        }
    }
}

/* Noise that one op alone uses, and once, and that op can draw it, needs no place: nobody reads it after a run. */
static void draw_where_used(vae__draft *draft)
{
    const vae_program *program = draft->program;
    for (int t = 0; t < program->forward_count; t++) {
        const vae_node *node = program->tasks[t].node;
        for (int k = 0; k < node->input_count; k++) {
            const vae_node *input = node->inputs[k];
            if (node->op->draws_inputs >> k & 1 && input && input->op->number == VAE__NUMBER(noise) &&
                draft->consumers[input->index] == 1 && !program->kept[input->index])
                draft->slots[value_of(input)].bytes = 0;
        }
    }
}

/* Larger figures first, then in order of the nodes. */
static int descending(int64_t one_figure, int64_t other_figure, const slot *one, const slot *other)
{
    if (one_figure != other_figure)
        return one_figure < other_figure ? 1 : -1;
    return one < other ? -1 : 1;
}

static int by_size(const void *a, const void *b)
{
    const slot *one = *(const slot *const *)a, *other = *(const slot *const *)b;
    return descending(one->bytes, other->bytes, one, other);
}

static int by_life(const void *a, const void *b)
{
    const slot *one = *(const slot *const *)a, *other = *(const slot *const *)b;
    return descending(one->last - one->first, other->last - other->first, one, other);
}

static int by_beginning(const void *a, const void *b)
{
    const slot *one = *(const slot *const *)a, *other = *(const slot *const *)b;
    return descending(-one->first, -other->first, one, other);
}

/* The lowest place for a slot among those already placed, which are sorted by offset. */
static int64_t lowest_place(const slot *wanted, slot *const *placed, int count)
{
    int64_t offset = 0;
    for (int i = 0; i < count; i++) {
        if (placed[i]->last < wanted->first || placed[i]->first > wanted->last)
            continue;
        if (placed[i]->offset - offset >= wanted->bytes)
            break;
        if (placed[i]->offset + placed[i]->bytes > offset)
            offset = placed[i]->offset + placed[i]->bytes;
    }
    return offset;
}

static void insert_by_offset(slot **placed, int count, slot *new)
{
    int at = count;
    for (; at > 0 && placed[at - 1]->offset > new->offset; at--)
        placed[at] = placed[at - 1];
    placed[at] = new;
}

/* Gives slots their places in this order; returns where the last of them ends, and which it is. */
static int64_t lay_out(slot *const *order, slot **placed, int count, int *highest)
{
    int64_t end = 0;
    *highest = 0;
    for (int i = 0; i < count; i++) {
        order[i]->offset = lowest_place(order[i], placed, i);
        insert_by_offset(placed, i, order[i]);
        if (order[i]->offset + order[i]->bytes > end) {
            end = order[i]->offset + order[i]->bytes;
            *highest = i;
        }
    }
    return end;
}

static void bring_forward(slot **order, int from, int to)
{
    slot *moved = order[from];
    memmove(&order[to + 1], &order[to], (size_t)(from - to) * sizeof *order);
    order[to] = moved;
}

/* Of the lower bound one part in NEAR may be lost. A round takes as long as the square of the slots. */
enum { ROUNDS = 100, NEAR = 20, SEARCHED = 4000000 };

/* The slot that stuck out is placed earlier in the next round, first of all or half as far: after Joslin, Clements
 * 1999, "Squeaky wheel" optimization. */
static int64_t search(slot **order, slot **placed, int count, int64_t lower_bound, int64_t least)
{
    const int64_t most = 1 + SEARCHED / ((int64_t)count * count + 1);
    for (int round = 0; round < ROUNDS && round < most && least > lower_bound + lower_bound / NEAR; round++) {
        int highest = 0;
        int64_t end = lay_out(order, placed, count, &highest);
        if (end < least) {
            least = end;
            for (int i = 0; i < count; i++)
                order[i]->best = order[i]->offset;
        }
        if (!highest)
            break;
        bring_forward(order, highest, round % 2 ? highest / 2 : 0);
    }
    return least;
}

static size_t largest_sum(const vae__draft *draft)
{
    int64_t largest = 0;
    for (int t = 0; t <= draft->end; t++) {
        int64_t alive = 0;
        for (int i = 0; i < draft->count; i++)
            if (draft->slots[i].first <= t && t <= draft->slots[i].last)
                alive += draft->slots[i].bytes;
        largest = alive > largest ? alive : largest;
    }
    return (size_t)largest;
}

/* The slots of order[0] … order[count - 1], with room for as many more behind them. */
static int64_t place_all(slot **order, int count, int64_t lower_bound)
{
    static int (*const orders[])(const void *, const void *) = { by_size, by_life, by_beginning };
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        qsort(order, (size_t)count, sizeof *order, orders[i]);
        least = search(order, order + count, count, lower_bound, least);
    }
    for (int i = 0; i < count; i++)
        order[i]->offset = order[i]->best;
    return least;
}

static vae_status place(vae__draft *draft, vae_memory *memory)
{
    slot **order = NULL;
    VAE__TRY(vae__allocate("a memory plan", 2 * (size_t)draft->count, sizeof *order, &order));
    int used = 0;
    for (int i = 0; i < draft->count; i++)
        if (draft->slots[i].bytes)
            order[used++] = &draft->slots[i];
    memory->lower_bound = largest_sum(draft);
    memory->planned = (size_t)place_all(order, used, (int64_t)memory->lower_bound);
    vae__free(order);
    return vae__ok();
}

static int64_t offset_in_slab(const vae__draft *draft, int number)
{
    const slot *place = &draft->slots[draft->taken_over[number]];
    return place->bytes ? place->offset : VAE__NOWHERE;
}

static vae_status fill(vae__draft *draft, int64_t capacity, size_t bytes_per_value, bool no_reuse, vae__plan *plan)
{
    find_lifetimes(draft, no_reuse);
    VAE__TRY(find_sizes(draft, capacity, bytes_per_value));
    for (int i = 0; i < draft->count; i++)
        plan->memory.unshared += (size_t)draft->slots[i].bytes;
    if (!no_reuse) {
        draw_where_used(draft);
        work_in_place(draft, plan);
    }
    VAE__TRY(place(draft, &plan->memory));
    for (int i = 0; i < draft->program->node_count; i++) {
        plan->value[i] = offset_in_slab(draft, i);
        plan->gradient[i] = offset_in_slab(draft, draft->program->node_count + i);
    }
    return vae__ok();
}

static vae_status allocate_plan(const vae_program *program, vae__plan *plan)
{
    size_t nodes = (size_t)program->node_count, tasks = (size_t)program->task_count;
    VAE__TRY(vae__allocate("a memory plan", nodes, sizeof *plan->value, &plan->value));
    VAE__TRY(vae__allocate("a memory plan", nodes, sizeof *plan->gradient, &plan->gradient));
    VAE__TRY(vae__allocate("a memory plan", tasks, sizeof *plan->relu, &plan->relu));
    VAE__TRY(vae__allocate("a memory plan", tasks, sizeof *plan->meet, &plan->meet));
    return vae__allocate("a memory plan", tasks, sizeof *plan->skip, &plan->skip);
}

static vae_status allocate_draft(const vae_program *program, vae__draft *draft)
{
    draft->program = program;
    draft->count = 2 * program->node_count;
    draft->end = program->task_count;
    VAE__TRY(vae__allocate("a memory plan", (size_t)draft->count, sizeof *draft->slots, &draft->slots));
    VAE__TRY(vae__allocate("a memory plan", (size_t)draft->count, sizeof *draft->taken_over, &draft->taken_over));
    return vae__allocate("a memory plan", (size_t)program->node_count, sizeof *draft->consumers, &draft->consumers);
}

vae_status vae__plan_make(const vae_program *program, int64_t capacity, size_t bytes_per_value, bool no_reuse,
                          vae__plan *plan)
{
    *plan = (vae__plan){ 0 };
    vae__draft draft = { 0 };
    vae_status status = allocate_plan(program, plan);
    if (!status.code)
        status = allocate_draft(program, &draft);
    if (!status.code)
        status = fill(&draft, capacity, bytes_per_value, no_reuse, plan);
    if (!status.code)
        status = vae__plan_meetings(program, capacity, bytes_per_value, plan);
    vae__free(draft.slots);
    vae__free(draft.taken_over);
    vae__free(draft.consumers);
    if (status.code)
        vae__plan_clear(plan);
    return status;
}

void vae__plan_clear(vae__plan *plan)
{
    vae__free(plan->value);
    vae__free(plan->gradient);
    vae__free(plan->relu);
    vae__free(plan->skip);
    vae__free(plan->meet);
    *plan = (vae__plan){ 0 };
}
