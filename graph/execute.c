/*
 * Executors: one slab, the kernels of one variant, and the tasks of a program run in one parallel region. Each thread
 * does its share of every task; where the next one needs what others do, they wait for one another.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "graph/graph.h"
#include "graph/guard.h"
#include "graph/profile.h"
#include "graph/team.h"
#include "graph/update.h"
#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/base/types.h"
#include "src/kernels/matmul.h"

enum { TOGETHER_MOST = 8 };

struct vae_executor {
    const vae_program *program;
    vae_executor_options options; /* with the usual values filled in */
    const vae__kernels *kernels;
    const vae__op *const *ops; /* of the kernels' variant */
    size_t bytes_per_value;
    vae__plan plan;
    unsigned char *slab;
    unsigned char *constants; /* values of constants and, in float64, of parameters and state */
    int64_t *constant;        /* by node->index: offset of its values there, or VAE__NOWHERE */
    void **states;            /* by task: what the op prepared */
    vae__call *calls;         /* by task, filled in at each run */
    vae__source *sources;     /* by node->index, at each run */
    unsigned char *scratch;
    size_t scratch_bytes; /* a thread */
    int64_t *unreached;   /* pairs begin, end: stretches of the gradient that no task writes */
    int unreached_count;
    int64_t gradient_size; /* of the store when the executor was made */
    const vae_run *run;    /* under way */
    vae__update_plan updates;
    const vae__update *update; /* of the run under way; NULL: none */
    const float **guarded;     /* by place in program->guarded, at each run */
    uint32_t *most;            /* by thread and that place */
    int most_stride;
    bool refused; /* the run's update was */
    bool ran, ran_backward;
    vae__watch watch; /* of an executor with `profile` */
};

/* ---- Making ------------------------------------------------------------------------------------------------------ */

static vae_status choose(vae_executor *executor, const vae_executor_options *options)
{
    vae_executor_options *chosen = &executor->options;
    *chosen = options ? *options : (vae_executor_options){ 0 };
    if (chosen->capacity < 0 || chosen->capacity > INT32_MAX)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a capacity of 0 to 2^31 - 1 examples, found %" PRId64,
                          chosen->capacity);
    if (chosen->threads < 0 || chosen->threads > VAE__THREADS_MAX)
        return vae__error(VAE_ERROR_ARGUMENT, "expected 0 to %d threads, found %d", VAE__THREADS_MAX, chosen->threads);
    chosen->capacity += !chosen->capacity;
    if (!chosen->threads)
        chosen->threads = vae__processors();
    executor->kernels = vae__kernels_find(chosen->float64, chosen->kernels);
    if (!executor->kernels)
        return vae__error(VAE_ERROR_UNSUPPORTED,
                          "kernels \"%s\" are not known or not for this processor, precision or "
                          "build",
                          chosen->kernels ? chosen->kernels : "");
    if (chosen->bf16)
        VAE__TRY(vae__matmul_check_bfloat16(executor->kernels));
    executor->ops = vae__ops(executor->kernels->variant);
    executor->bytes_per_value = chosen->float64 ? sizeof(double) : sizeof(float);
    return vae__ok();
}

static bool keeps_own_values(const vae_executor *executor, const vae_node *node)
{
    return node->op->number == VAE__NUMBER(constant) ||
           (executor->options.float64 && executor->program->tensor[node->index] >= 0);
}

/* Values that lie outside the slab: constants, and the float64 copy of what the store has in float32. */
static vae_status place_constants(vae_executor *executor)
{
    const vae_program *program = executor->program;
    VAE__TRY(vae__allocate("an executor", (size_t)program->node_count, sizeof(int64_t), &executor->constant));
    int64_t end = 0;
    for (int i = 0; i < program->node_count; i++) {
        const vae_node *node = program->graph->nodes[i];
        executor->constant[i] = VAE__NOWHERE;
        if (!program->needed[i] || !keeps_own_values(executor, node))
            continue;
        executor->constant[i] = end;
        end += (node->size * (int64_t)executor->bytes_per_value + 63) / 64 * 64;
    }
    VAE__TRY(vae__allocate("constants", (size_t)end, 1, &executor->constants));
    for (int i = 0; i < program->node_count; i++) {
        const vae_node *node = program->graph->nodes[i];
        if (executor->constant[i] != VAE__NOWHERE && node->values)
            executor->kernels->convert(VAE_FLOAT64, node->values, node->size,
                                       executor->constants + executor->constant[i]);
    }
    return vae__ok();
}

static vae_status prepare_ops(vae_executor *executor)
{
    const vae_program *program = executor->program;
    for (int t = 0; t < program->task_count; t++) {
        const vae__task *task = &program->tasks[t];
        const vae__op *op = executor->ops[task->node->op->number];
        if (!op->prepare)
            continue;
        vae__prepare prepare = { .node = task->node,
                                 .phase = task->phase,
                                 .input = task->input,
                                 .relu = executor->plan.relu[t],
                                 .capacity = executor->options.capacity,
                                 .threads = executor->options.threads,
                                 .no_onednn = executor->options.no_onednn,
                                 .bf16 = executor->options.bf16,
                                 .kernels = executor->kernels };
        memcpy(prepare.wanted, task->wanted, sizeof prepare.wanted);
        memcpy(prepare.fresh, task->fresh, sizeof prepare.fresh);
        size_t scratch = 0;
        VAE__TRY(op->prepare(&prepare, &executor->states[t], &scratch));
        if (scratch > executor->scratch_bytes)
            executor->scratch_bytes = (scratch + 63) / 64 * 64;
    }
    return vae__allocate("scratch memory", executor->scratch_bytes * (size_t)executor->options.threads, 1,
                         &executor->scratch);
}

/* Does some task write the gradient of this tensor? */
static bool is_reached(const vae_program *program, int tensor)
{
    for (int i = 0; i < program->node_count; i++)
        if (program->tensor[i] == tensor && program->differentiated[i])
            return true;
    return false;
}

/* The gradient array is zero where no task writes: parameters of other graphs, and the gaps between tensors. */
static vae_status find_unreached(vae_executor *executor)
{
    const vae_store *store = executor->program->store;
    VAE__TRY(vae__allocate("an executor", 2 * store->count + 2, sizeof(int64_t), &executor->unreached));
    int64_t written = 0;
    int count = 0;
    for (size_t i = 0; i <= store->count; i++) {
        bool last = i == store->count;
        const vae_tensor *tensor = last ? NULL : &store->stored[i].tensor;
        if (!last && (!tensor->trainable || !is_reached(executor->program, (int)i)))
            continue;
        int64_t next = last ? vae_store_size(store) : tensor->offset;
        if (next > written) {
            executor->unreached[2 * count] = written;
            executor->unreached[2 * count++ + 1] = next;
        }
        written = last ? next : next + tensor->size;
    }
    executor->unreached_count = count;
    executor->gradient_size = vae_store_size(store);
    return vae__ok();
}

/* No two threads write to one line of the cache. */
static vae_status make_guard(vae_executor *executor)
{
    enum { LINE = 64 / sizeof(uint32_t) };
    const int count = executor->program->guarded_count;
    executor->most_stride = (count / LINE + 2) * LINE;
    VAE__TRY(vae__allocate("an executor", (size_t)count, sizeof(float *), &executor->guarded));
    return vae__allocate("an executor", (size_t)(executor->options.threads * executor->most_stride), sizeof(uint32_t),
                         &executor->most);
}

static vae_status make(vae_executor *executor, const vae_executor_options *options)
{
    const vae_program *program = executor->program;
    size_t nodes = (size_t)program->node_count, tasks = (size_t)program->task_count;
    VAE__TRY(choose(executor, options));
    VAE__TRY(vae__plan_make(program, executor->options.capacity, executor->bytes_per_value, executor->options.no_reuse,
                            &executor->plan));
    VAE__TRY(vae__allocate("the values of a graph", executor->plan.memory.planned, 1, &executor->slab));
    VAE__TRY(vae__allocate("an executor", tasks, sizeof(void *), &executor->states));
    VAE__TRY(vae__allocate("an executor", tasks, sizeof(vae__call), &executor->calls));
    VAE__TRY(vae__allocate("an executor", nodes, sizeof(vae__source), &executor->sources));
    VAE__TRY(place_constants(executor));
    VAE__TRY(find_unreached(executor));
    VAE__TRY(vae__update_plan_make(program, &executor->updates));
    VAE__TRY(make_guard(executor));
    if (executor->options.profile)
        VAE__TRY(vae__watch_new(program, executor->options.threads, &executor->watch));
    return prepare_ops(executor);
}

vae_status vae_executor_new(const vae_program *program, const vae_executor_options *options, vae_executor **executor)
{
    *executor = NULL;
    if (!program)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a program, found NULL");
    VAE__TRY(vae__allocate("an executor", 1, sizeof **executor, executor));
    (*executor)->program = program;
    vae_status status = make(*executor, options);
    if (status.code)
        vae_executor_free(executor);
    return status;
}

void vae_executor_free(vae_executor **executor)
{
    if (!executor || !*executor)
        return;
    vae_executor *old = *executor;
    for (int t = 0; old->states && t < old->program->task_count; t++)
        if (old->states[t])
            old->ops[old->program->tasks[t].node->op->number]->release(old->states[t]);
    vae__plan_clear(&old->plan);
    vae__free(old->slab);
    vae__free(old->constants);
    vae__free(old->constant);
    vae__free(old->states);
    vae__free(old->calls);
    vae__free(old->sources);
    vae__free(old->scratch);
    vae__free(old->unreached);
    vae__watch_clear(&old->watch);
    vae__update_plan_clear(&old->updates);
    vae__free((void *)old->guarded);
    vae__free(old->most);
    vae__free(old);
    *executor = NULL;
}

/* ---- Where things lie in a run ----------------------------------------------------------------------------------- */

static void *value_of(const vae_executor *executor, const vae_run *run, const vae_node *node)
{
    const vae_program *program = executor->program;
    if (executor->plan.value[node->index] != VAE__NOWHERE)
        return executor->slab + executor->plan.value[node->index];
    int number = program->tensor[node->index];
    const vae_tensor *tensor = number >= 0 ? &program->store->stored[number].tensor : NULL;
    if (tensor && tensor->trainable && run->parameters)
        return (unsigned char *)run->parameters + (size_t)tensor->offset * executor->bytes_per_value;
    if (executor->constant[node->index] != VAE__NOWHERE)
        return executor->constants + executor->constant[node->index];
    return (tensor->trainable ? program->store->parameters.values : program->store->state.values) + tensor->offset;
}

/* Noise that has no place is drawn by the op that uses it. */
static bool is_drawn_where_used(const vae_executor *executor, const vae_node *node)
{
    return node->op->number == VAE__NUMBER(noise) && executor->plan.value[node->index] == VAE__NOWHERE;
}

static void *gradient_of(const vae_executor *executor, const vae_run *run, const vae_node *node)
{
    if (executor->plan.gradient[node->index] != VAE__NOWHERE)
        return executor->slab + executor->plan.gradient[node->index];
    int number = executor->program->tensor[node->index];
    const vae_tensor *tensor = number >= 0 ? &executor->program->store->stored[number].tensor : NULL;
    return tensor && run->gradient ? (unsigned char *)run->gradient + (size_t)tensor->offset * executor->bytes_per_value
                                   : NULL;
}

static void lay_call(vae_executor *executor, const vae_run *run, int number)
{
    const vae__task *task = &executor->program->tasks[number];
    const vae_node *node = task->node;
    vae__call *call = &executor->calls[number];
    *call = (vae__call){ .node = node,
                         .examples = run->examples,
                         .input = task->input,
                         .state = executor->states[number],
                         .kernels = executor->kernels };
    bool backward = task->phase != VAE__FORWARD;
    if (is_drawn_where_used(executor, node))
        return;
    call->out = !backward || node->op->reads_output ? value_of(executor, run, node) : NULL;
    call->grad = backward ? gradient_of(executor, run, node) : NULL;
    for (int k = 0; k < node->input_count; k++) {
        if (!node->inputs[k])
            continue;
        if (is_drawn_where_used(executor, node->inputs[k]))
            call->drawn[k] = &executor->sources[node->inputs[k]->index];
        else if (!backward || node->op->reads_inputs >> k & 1)
            call->in[k] = value_of(executor, run, node->inputs[k]);
        if (task->wanted[k])
            call->grad_in[k] = gradient_of(executor, run, node->inputs[k]);
        call->fresh[k] = task->fresh[k];
    }
}

static void lay_guard(vae_executor *executor, const vae_run *run)
{
    const vae_program *program = executor->program;
    for (int i = 0; i < program->guarded_count; i++) {
        const vae__guarded *array = &program->guarded[i];
        executor->guarded[i] =
            (array->gradient ? gradient_of(executor, run, array->node) : value_of(executor, run, array->node));
    }
}

/* ---- Running ----------------------------------------------------------------------------------------------------- */

/* The store is float32; a float64 executor works on a copy, made anew at each run. */
static void copy_stored(vae_executor *executor, const vae_run *run)
{
    const vae_program *program = executor->program;
    for (int i = 0; executor->options.float64 && i < program->node_count; i++) {
        if (program->tensor[i] < 0 || !program->needed[i])
            continue;
        const vae_tensor *tensor = &program->store->stored[program->tensor[i]].tensor;
        if (tensor->trainable && run->parameters)
            continue;
        const float *values = tensor->trainable ? program->store->parameters.values : program->store->state.values;
        executor->kernels->convert(VAE_FLOAT32, values + tensor->offset, tensor->size,
                                   executor->constants + executor->constant[i]);
    }
}

/* Where an input or noise node's values come from in this run; `bound`, `type` and `index` are there already. */
static void lay_source(vae_executor *executor, const vae_run *run, const vae_node *node)
{
    vae__source *source = &executor->sources[node->index];
    source->size = vae__rows(node) * node->size;
    if (node->op->number != VAE__NUMBER(noise))
        return;
    source->draw = (vae__draw){ .seed = run->seed,
                                .step = run->step,
                                .stream = vae__random_stream(run->purpose ? run->purpose : "", node->label) };
    source->normal = node->integers[0] == VAE_NORMAL;
    source->first = node->number > 0 ? run->first_sample * (uint32_t)node->size : 0;
    source->examples = run->example_ids;
}

/* Rows that are picked from here and there are fetched into the second-level cache, many at a time, before they are
 * converted. Inlined by force: a compiler may take a function that only fetches for one that does nothing. */
static inline __attribute__((always_inline)) void fetch_ahead(const vae__source *source, int64_t example)
{
    enum { CACHE_LINE = 64, MOST = 64 * CACHE_LINE };
    const size_t bytes = (size_t)source->size * vae__type_bytes(source->type);
    const unsigned char *row = (const unsigned char *)source->bound + source->index[example] * bytes;
    for (size_t i = 0; i < bytes && i < MOST; i += CACHE_LINE)
        __builtin_prefetch(row + i, 0, 2);
}

static void run_source(const vae_executor *executor, const vae__call *call)
{
    enum { AHEAD = 64 };
    const vae__source *source = &executor->sources[call->node->index];
    const size_t bytes = (size_t)source->size * executor->bytes_per_value;
    const int64_t fetched = source->bound && source->index ? call->end : 0;
    for (int64_t e = call->begin; e < call->begin + AHEAD && e < fetched; e++)
        fetch_ahead(source, e);
    for (int64_t e = call->begin; e < call->end; e++) {
        if (e + AHEAD < fetched)
            fetch_ahead(source, e + AHEAD);
        vae__source_read(source, executor->kernels, e, 0, source->size, (unsigned char *)call->out + (size_t)e * bytes);
    }
}

/* Examples that one thread takes together: a few rows fill the tiles of a product, and every task of a run must be
 * shared alike. Where a library computes, its pieces; else as many as still give each thread some. */
static int64_t together(const vae_executor *executor, int64_t examples, vae__team team)
{
    int64_t least = vae__matmul_together(executor->kernels, executor->options.no_onednn), count = TOGETHER_MOST;
    while (count > 1 && count * 2 * team.threads > examples)
        count /= 2;
    return count > least ? count : least;
}

static void share_examples(const vae_executor *executor, int64_t examples, vae__team team, int64_t *begin, int64_t *end)
{
    const int64_t count = together(executor, examples, team);
    vae__share(team, (examples + count - 1) / count, begin, end);
    *begin *= count;
    *end = *end * count < examples ? *end * count : examples;
}

static bool has_rows(const vae_node *node)
{
    bool rows = node->rows;
    for (int k = 0; k < node->input_count; k++)
        rows |= node->inputs[k] && node->inputs[k]->rows;
    return rows;
}

/* A thread's share of a task; see graph/op.h on what is counted. */
static void share(const vae_executor *executor, const vae__op *op, vae__phase phase, vae__call *call, vae__team team)
{
    if (op->units)
        vae__share(team, op->units(call, phase), &call->begin, &call->end);
    else if (phase == VAE__REDUCE)
        vae__share(team, op->reduce_units ? op->reduce_units(call) : call->node->inputs[call->input]->size,
                   &call->begin, &call->end);
    else if (has_rows(call->node))
        share_examples(executor, call->examples, team, &call->begin, &call->end);
    else
        vae__share(team, 1, &call->begin, &call->end);
}

static void run_phase(const vae__op *op, vae__phase phase, const vae__call *call)
{
    (phase == VAE__FORWARD ? op->forward : phase == VAE__BACKWARD ? op->backward : op->reduce)(call);
}

/* A sum over rows that makes a parameter's gradient, and the optimiser's step with it. */
static void run_update(const vae_executor *executor, const vae__op *op, int number, vae__call *call)
{
    const vae__task *task = &executor->program->tasks[number];
    const int tensor = executor->program->tensor[task->node->inputs[task->input]->index];
    const vae__update update = vae__update_at(executor->update, executor->program->store->stored[tensor].tensor.offset);
    call->update = &update;
    op->reduce(call);
    if (op->updates)
        return;
    const vae__update here = vae__update_at(&update, call->begin);
    executor->kernels->adam(&here, call->end - call->begin, (const float *)call->grad_in[task->input] + call->begin);
}

static void run_task(const vae_executor *executor, int number, vae__team team)
{
    const vae__task *task = &executor->program->tasks[number];
    const vae__op *op = executor->ops[task->node->op->number];
    vae__call call = executor->calls[number];
    share(executor, op, task->phase, &call, team);
    call.thread = team.thread;
    call.scratch = executor->scratch + (size_t)team.thread * executor->scratch_bytes;
    if (call.begin == call.end)
        return;
    if (op->is_source)
        run_source(executor, &call);
    else if (executor->update && executor->updates.at_once[number])
        run_update(executor, op, number, &call);
    else
        run_phase(op, task->phase, &call);
}

static bool is_idle(const vae_executor *executor, int number)
{
    const vae_node *node = executor->program->tasks[number].node;
    return executor->plan.skip[number] || (node->op->is_source && executor->plan.value[node->index] == VAE__NOWHERE);
}

/* Between forward and backward: the objective's own gradient is 1; what no task writes is 0. */
static void begin_backward(vae_executor *executor, const vae_run *run)
{
    void *seed = gradient_of(executor, run, executor->program->objective);
    double one = 1;
    if (seed)
        executor->kernels->convert(VAE_FLOAT64, &one, 1, seed);
    for (int i = 0; i < executor->unreached_count; i++) {
        size_t begin = (size_t)executor->unreached[2 * i], end = (size_t)executor->unreached[2 * i + 1];
        memset((unsigned char *)run->gradient + begin * executor->bytes_per_value, 0,
               (end - begin) * executor->bytes_per_value);
    }
}

static void meet(vae__team team, vae__lap *lap)
{
    vae__barrier(team);
    vae__lap_end(lap, VAE__WAITING);
}

/* Tasks begin … end - 1, each of them by all threads, who have just met and meet again where they must. */
static void run_tasks(vae_executor *executor, int begin, int end, vae__team team, vae__lap *lap)
{
    for (int t = begin; t < end; t++) {
        if (is_idle(executor, t))
            continue;
        if (executor->plan.meet[t] && t > begin)
            meet(team, lap);
        run_task(executor, t, team);
        vae__lap_end(lap, t);
    }
}

/* With an update an executor is of float32. */
static bool is_finite(const vae_executor *executor)
{
    return isfinite(*(const float *)vae_executor_value(executor, executor->program->objective));
}

/* Will all gradients be finite? Every thread comes to the same answer, when all have come. */
static bool is_allowed(vae_executor *executor, vae__team team, vae__lap *lap)
{
    const int64_t examples = executor->run->examples;
    int64_t begin, end;
    if (executor->plan.guard_meets)
        meet(team, lap);
    share_examples(executor, examples, team, &begin, &end);
    vae__guard_look(executor->program, executor->kernels, executor->guarded, begin, end, team,
                    executor->most + team.thread * executor->most_stride);
    vae__lap_end(lap, VAE__GUARDING);
    meet(team, lap);
    return vae__guard_allows(executor->program, executor->most, team.threads, executor->most_stride, examples);
}

static void refuse(vae_executor *executor, vae__team team)
{
    if (!team.thread)
        executor->refused = true;
}

/* The rest of the gradient and the optimiser's step, or nothing of either. */
static void update(vae_executor *executor, vae__team team, vae__lap *lap)
{
    const vae_program *program = executor->program;
    if (!is_allowed(executor, team, lap)) {
        refuse(executor, team);
        return;
    }
    run_tasks(executor, program->bounded_begin, program->task_count, team, lap);
    meet(team, lap);
    if (!executor->updates.rest_count)
        return;
    vae__update_rest(&executor->updates, program->store, executor->kernels, executor->update, executor->run->gradient,
                     team);
    vae__lap_end(lap, VAE__UPDATING);
    meet(team, lap);
}

/* Behind the last meeting nothing is read that vae__executor_begin writes: one thread may be there again. */
void vae__executor_work(vae_executor *executor, vae__team team)
{
    const vae_program *program = executor->program;
    const bool updates = executor->update, backward = executor->run->gradient;
    vae__lap lap = vae__lap_begin(&executor->watch, team.thread);
    run_tasks(executor, 0, program->forward_count, team, &lap);
    meet(team, &lap);
    if (!backward)
        return;
    if (updates && !is_finite(executor)) {
        refuse(executor, team);
        return;
    }
    if (!team.thread)
        begin_backward(executor, executor->run);
    meet(team, &lap);
    run_tasks(executor, program->forward_count, updates ? program->bounded_begin : program->task_count, team, &lap);
    if (updates)
        update(executor, team, &lap);
    else
        meet(team, &lap);
}

const void *vae__executor_place(const vae_executor *executor, const vae_node *node, bool gradient)
{
    const vae_program *program = executor->program;
    if (!program->needed[node->index] || (gradient && !program->differentiated[node->index]))
        return NULL;
    if (!gradient && is_drawn_where_used(executor, node))
        return NULL;
    return gradient ? gradient_of(executor, executor->run, node) : value_of(executor, executor->run, node);
}

bool vae__executor_refused(const vae_executor *executor)
{
    return executor->refused;
}

static vae_status check_node(const vae_executor *executor, const vae_binding *binding)
{
    const vae_node *node = binding->node;
    if (!node || node->graph != executor->program->graph || node->index >= executor->program->node_count ||
        !node->op->is_source || !node->rows)
        return vae__error(VAE_ERROR_ARGUMENT, "a binding names no input or noise node of this graph");
    if (!binding->values || (unsigned)binding->type > VAE_INT64)
        return vae__error(VAE_ERROR_ARGUMENT, "input %s: bound without values, or of an unknown type", node->label);
    return vae__ok();
}

static vae_status check_run(vae_executor *executor, const vae_run *run)
{
    const vae_program *program = executor->program;
    if (run->examples < 1 || run->examples > executor->options.capacity)
        return vae__error(VAE_ERROR_ARGUMENT, "expected 1 to %" PRId64 " examples, found %" PRId64,
                          executor->options.capacity, run->examples);
    if (run->gradient && !program->objective)
        return vae__error(VAE_ERROR_ARGUMENT, "a gradient was asked for, of a program without an objective");
    if (run->gradient && vae_store_size(program->store) != executor->gradient_size)
        return vae__error(VAE_ERROR_ARGUMENT,
                          "the store has grown since the executor was made: from %" PRId64 " values to %" PRId64,
                          executor->gradient_size, vae_store_size(program->store));
    memset(executor->sources, 0, (size_t)program->node_count * sizeof *executor->sources);
    for (int i = 0; i < run->binding_count; i++) {
        const vae_binding *binding = &run->bindings[i];
        VAE__TRY(check_node(executor, binding));
        executor->sources[binding->node->index] =
            (vae__source){ .bound = binding->values, .type = binding->type, .index = binding->index };
    }
    for (int i = 0; i < program->node_count; i++) {
        const vae_node *node = program->graph->nodes[i];
        if (program->needed[i] && node->op->number == VAE__NUMBER(input) && !executor->sources[i].bound)
            return vae__error(VAE_ERROR_ARGUMENT, "input %s: nothing was bound to it", node->label);
    }
    return vae__ok();
}

vae_status vae__executor_begin(vae_executor *executor, const vae_run *run, const vae__update *update)
{
    VAE__TRY(check_run(executor, run));
    if (update && (executor->options.float64 || run->parameters || !run->gradient))
        return vae__error(VAE_ERROR_ARGUMENT,
                          "a step of the optimiser: expected float32, the store's own parameters and a gradient");
    const vae_program *program = executor->program;
    executor->run = run;
    executor->update = update;
    executor->refused = false;
    executor->ran = true;
    executor->ran_backward = run->gradient;
    copy_stored(executor, run);
    for (int i = 0; i < program->node_count; i++)
        if (program->graph->nodes[i]->op->is_source)
            lay_source(executor, run, program->graph->nodes[i]);
    vae__watch_count(&executor->watch, run->examples);
    for (int t = 0; t < (run->gradient ? program->task_count : program->forward_count); t++)
        lay_call(executor, run, t);
    if (update)
        lay_guard(executor, run);
    return vae__ok();
}

static void work(void *executor, vae__team team)
{
    vae__executor_work(executor, team);
}

vae_status vae_executor_run(vae_executor *executor, const vae_run *run)
{
    if (!executor || !run)
        return vae__error(VAE_ERROR_ARGUMENT, "expected an executor and a run, found NULL");
    VAE__TRY(vae__executor_begin(executor, run, NULL));
    vae__parallel(executor->options.threads, work, executor);
    return vae__ok();
}

const void *vae_executor_value(const vae_executor *executor, const vae_node *node)
{
    bool readable = node && executor->ran && node->graph == executor->program->graph &&
                    node->index < executor->program->node_count &&
                    (executor->program->kept[node->index] || node == executor->program->objective);
    int64_t offset = readable ? executor->plan.value[node->index] : VAE__NOWHERE;
    return offset == VAE__NOWHERE ? NULL : executor->slab + offset;
}

const void *vae_executor_gradient(const vae_executor *executor, const vae_node *node)
{
    bool readable = node && executor->ran_backward && node->graph == executor->program->graph &&
                    node->index < executor->program->node_count && executor->program->wanted[node->index];
    int64_t offset = readable ? executor->plan.gradient[node->index] : VAE__NOWHERE;
    return offset == VAE__NOWHERE ? NULL : executor->slab + offset;
}

int vae_executor_profile(const vae_executor *executor, vae_profile *rows, int most)
{
    return vae__watch_read(&executor->watch, executor->program, rows, most);
}

vae_memory vae_executor_memory(const vae_executor *executor)
{
    return executor->plan.memory;
}
