/* From nodes to tasks: what is reachable, in order, and the backward pass in reverse. */

#include "graph/graph.h"
#include "graph/guard.h"
#include "src/base/memory.h"
#include "src/base/status.h"

static bool is_parameter(const vae_node *node)
{
    return node->op->number == VAE__NUMBER(parameter);
}

static bool is_stored(const vae_node *node)
{
    return is_parameter(node) || node->op->number == VAE__NUMBER(state);
}

/* The gradient of a shared input of a node with rows is a sum over all rows: a task of its own. */
static bool is_reduced(const vae_node *node, int input)
{
    return node->rows && !node->inputs[input]->rows;
}

static bool passes_gradient(const vae_node *node, int input)
{
    return node->inputs[input] && !(node->op->constant_inputs >> input & 1);
}

static void mark_needed(vae_program *program)
{
    for (int i = program->node_count - 1; i >= 0; i--) {
        const vae_node *node = program->graph->nodes[i];
        program->kept[i] = node->keep;
        program->wanted[i] = node->want_gradient;
        if (node->keep || node == program->objective)
            program->needed[i] = true;
        for (int k = 0; program->needed[i] && k < node->input_count; k++)
            if (node->inputs[k])
                program->needed[node->inputs[k]->index] = true;
    }
}

/* A node is differentiated when the objective depends on it, and it on a parameter or on a node whose gradient is
 * wanted, both by ways that pass a gradient. */
static void mark_differentiated(vae_program *program, bool *depended_on)
{
    for (int i = 0; i < program->node_count; i++) {
        const vae_node *node = program->graph->nodes[i];
        bool active = is_parameter(node) || node->want_gradient;
        for (int k = 0; k < node->input_count; k++)
            active |= passes_gradient(node, k) && program->differentiated[node->inputs[k]->index];
        program->differentiated[i] = active;
    }
    depended_on[program->objective->index] = true;
    for (int i = program->node_count - 1; i >= 0; i--) {
        const vae_node *node = program->graph->nodes[i];
        for (int k = 0; depended_on[i] && k < node->input_count; k++)
            if (passes_gradient(node, k))
                depended_on[node->inputs[k]->index] = true;
        program->differentiated[i] = program->differentiated[i] && depended_on[i];
    }
}

static vae_status enter(vae_program *program, const vae_node *node, bool known)
{
    if (known && !vae_store_find(program->store, node->label))
        return vae__error(VAE_ERROR_ARGUMENT, "%s: expected a %s that is in the store, found a new one", node->label,
                          node->op->name);
    return vae__store_enter(program->store, node, &program->tensor[node->index]);
}

static vae_status enter_parameters(vae_program *program, bool known)
{
    for (int i = 0; i < program->node_count; i++) {
        const vae_node *node = program->graph->nodes[i];
        program->tensor[i] = -1;
        if (program->needed[i] && is_stored(node))
            VAE__TRY(enter(program, node, known));
    }
    return vae__ok();
}

static void add_task(vae_program *program, vae__task task)
{
    program->tasks[program->task_count++] = task;
}

static void add_forward(vae_program *program)
{
    for (int i = 0; i < program->node_count; i++)
        if (program->needed[i])
            add_task(program, (vae__task){ .node = program->graph->nodes[i], .phase = VAE__FORWARD });
    program->forward_count = program->bounded_begin = program->task_count;
}

/* Where it is noted that a gradient was begun: nodes of one parameter share theirs, those of one state do not. */
static int gradient_place(const vae_program *program, const vae_node *node)
{
    int place = node->index;
    for (int i = 0; is_parameter(node) && i < node->index && place == node->index; i++)
        if (program->tensor[i] == program->tensor[node->index])
            place = i;
    return place;
}

/*
 * Sums over all rows that make a parameter's gradient wait until all else is done: nothing depends on them, so that
 * threads need not meet between them, and a parameter may change as soon as its gradient is there. Other reductions
 * come before the node's own backward, which may write over its gradient.
 */
static bool is_late(const vae_node *node, int input)
{
    return is_reduced(node, input) && is_parameter(node->inputs[input]);
}

/* Those whose results can be bounded before they are made come behind those that must be looked at. */
typedef enum stage { EARLY, LATE, BOUNDED, STAGES } stage;

static stage stage_of(const vae_node *node, int input)
{
    if (!is_late(node, input))
        return EARLY;
    return (node->op->reduces_sum | node->op->reduces_product) >> input & 1 ? BOUNDED : LATE;
}

static void add_backward_of(vae_program *program, const vae_node *node, bool *begun, stage now)
{
    vae__task backward = { .node = node, .phase = VAE__BACKWARD };
    bool any = false;
    for (int k = 0; k < node->input_count; k++) {
        if (!passes_gradient(node, k) || !program->differentiated[node->inputs[k]->index] || stage_of(node, k) != now)
            continue;
        bool *started = &begun[gradient_place(program, node->inputs[k])], fresh = !*started;
        *started = true;
        if (is_reduced(node, k)) {
            vae__task reduce = { .node = node, .phase = VAE__REDUCE, .input = k };
            reduce.wanted[k] = true;
            reduce.fresh[k] = fresh;
            add_task(program, reduce);
        } else {
            any = backward.wanted[k] = true;
            backward.fresh[k] = fresh;
        }
    }
    if (any)
        add_task(program, backward);
}

static void add_backward(vae_program *program, bool *begun)
{
    for (stage now = EARLY; now < STAGES; now++) {
        if (now == BOUNDED)
            program->bounded_begin = program->task_count;
        for (int i = program->node_count - 1; i >= 0; i--)
            if (program->differentiated[i])
                add_backward_of(program, program->graph->nodes[i], begun, now);
    }
}

static vae_status check_objective(const vae_graph *graph, const vae_node *objective)
{
    if (!objective)
        return vae__ok();
    if (objective->graph != graph)
        return vae__error(VAE_ERROR_ARGUMENT, "the objective belongs to another graph");
    char text[VAE__SHAPE_TEXT];
    if (objective->rows || objective->size != 1)
        return vae__error(VAE_ERROR_SHAPE, "%s: expected an objective of shape (1) without rows, found %s",
                          vae_node_op(objective), vae__shape_text(objective, text));
    return vae__ok();
}

static vae_status build(vae_program *program, bool known)
{
    size_t count = (size_t)program->node_count;
    VAE__TRY(vae__allocate("a program", count, sizeof(bool), &program->needed));
    VAE__TRY(vae__allocate("a program", count, sizeof(bool), &program->kept));
    VAE__TRY(vae__allocate("a program", count, sizeof(bool), &program->wanted));
    VAE__TRY(vae__allocate("a program", count, sizeof(bool), &program->differentiated));
    VAE__TRY(vae__allocate("a program", count, sizeof(int), &program->tensor));
    VAE__TRY(vae__allocate("a program", count * (2 + VAE__MAX_INPUTS), sizeof(vae__task), &program->tasks));
    mark_needed(program);
    VAE__TRY(enter_parameters(program, known));
    add_forward(program);
    if (program->objective) {
        bool *marks = NULL;
        VAE__TRY(vae__allocate("a program", 2 * count, sizeof(bool), &marks));
        mark_differentiated(program, marks);
        add_backward(program, marks + count);
        vae__free(marks);
    }
    return vae__guard_list(program);
}

vae_status vae_graph_compile(vae_graph *graph, vae_store *store, const vae_compile_options *options,
                             vae_program **program)
{
    *program = NULL;
    VAE__TRY(vae_graph_status(graph));
    if (!store)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a store to compile into, found NULL");
    vae_node *objective = options ? options->objective : NULL;
    VAE__TRY(check_objective(graph, objective));
    VAE__TRY(vae__allocate("a program", 1, sizeof **program, program));
    **program =
        (vae_program){ .graph = graph, .store = store, .objective = objective, .node_count = (int)graph->count };
    size_t count = store->count, parameters = store->parameters.size, state = store->state.size;
    vae_status status = build(*program, options && options->known);
    if (status.code) {
        if (!options || !options->known) /* else others may be reading it */
            vae__store_forget(store, count, parameters, state);
        vae_program_free(program);
    }
    return status;
}

void vae_program_free(vae_program **program)
{
    if (!program || !*program)
        return;
    vae__free((*program)->needed);
    vae__free((*program)->kept);
    vae__free((*program)->wanted);
    vae__free((*program)->differentiated);
    vae__free((*program)->tensor);
    vae__free((*program)->tasks);
    vae__guard_clear(*program);
    vae__free(*program);
    *program = NULL;
}
