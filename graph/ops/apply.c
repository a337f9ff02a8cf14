/*
 * A program's own op, row by row in double: vae_apply. Its node points at the vae_op. There are two rows of the table
 * for it, as the table says of a row what passes a gradient: `apply`, and `apply_constant` for an op without backward.
 */
#include "graph/ops/common.h"

_Static_assert(VAE_MAX_OP_INPUTS <= (int)VAE__MAX_INPUTS, "a node has room for the inputs of a program's own op");

/* ---- A thread's desk: one row of everything in double, in scratch memory ----------------------------------------- */

typedef struct desk {
    vae_op_row row; /* as the program's functions are given it; it points at: */
    double *in[VAE__MAX_INPUTS], *out, *grad, *grad_in[VAE__MAX_INPUTS];
} desk;

/* Values in a row of all inputs, and of the output. */
static size_t desk_size(const vae_node *node)
{
    size_t size = (size_t)node->size;
    for (int k = 0; k < node->input_count; k++)
        size += (size_t)node->inputs[k]->size;
    return size;
}

static double *take_place(double **next, int64_t count)
{
    double *place = *next;
    *next += count;
    return place;
}

/* Forward lays values, backward and reduce their gradients behind them. */
static desk lay_desk(const vae__call *call, bool backward)
{
    const vae_node *node = call->node;
    desk d = { .row = { .arguments = node->arguments, .out_size = node->size } };
    double *next = (double *)call->scratch;
    d.row.out = d.out = take_place(&next, node->size);
    if (backward)
        d.row.grad = d.grad = take_place(&next, node->size);
    for (int k = 0; k < node->input_count; k++) {
        d.row.in_size[k] = node->inputs[k]->size;
        d.row.in[k] = d.in[k] = take_place(&next, node->inputs[k]->size);
        if (call->grad_in[k])
            d.row.grad_in[k] = d.grad_in[k] = take_place(&next, node->inputs[k]->size);
    }
    return d;
}

static void read_values(const void *from, int64_t row, int64_t size, double *to)
{
    const real *values = (const real *)from + row * size;
    EACH(i, size, to[i] = (double)values[i];);
}

static void write_values(const double *from, void *to, int64_t row, int64_t size)
{
    real *values = (real *)to + row * size;
    EACH(i, size, values[i] = (real)from[i];);
}

static void add_values(const double *from, void *to, int64_t row, int64_t size)
{
    real *values = (real *)to + row * size;
    EACH(i, size, values[i] += (real)from[i];);
}

/* Row r of the inputs. A shared one is there from the share's first row on. */
static void read_inputs(const vae__call *call, const desk *d, int64_t r, bool first)
{
    const vae_node *node = call->node;
    for (int k = 0; k < node->input_count; k++)
        if (node->inputs[k]->rows || first)
            read_values(call->in[k], node->inputs[k]->rows ? r : 0, node->inputs[k]->size, d->in[k]);
}

static void read_row(const vae__call *call, const desk *d, int64_t r, bool first)
{
    read_inputs(call, d, r, first);
    read_values(call->out, r, call->node->size, d->out);
    read_values(call->grad, r, call->node->size, d->grad);
}

static void clear_gradient(const vae__call *call, const desk *d, int k)
{
    memset(d->grad_in[k], 0, (size_t)call->node->inputs[k]->size * sizeof(double));
}

/* In the order of inputs: two of them may be one node, whose gradient only the first begins. */
static void give_gradient(const vae__call *call, const desk *d, int k, int64_t r)
{
    (call->fresh[k] ? write_values : add_values)(d->grad_in[k], call->grad_in[k], r, call->node->inputs[k]->size);
}

/* ---- The phases -------------------------------------------------------------------------------------------------- */

/* What an op forgets to write is 0, and not what the thread had there before. */
static void apply_forward(const vae__call *call)
{
    const desk d = lay_desk(call, false);
    const int64_t first = begin_row(call), last = end_row(call), size = call->node->size;
    for (int64_t r = first; r < last; r++) {
        read_inputs(call, &d, r, r == first);
        memset(d.out, 0, (size_t)size * sizeof(double));
        call->node->custom->forward(&d.row);
        write_values(d.out, call->out, r, size);
    }
}

static void apply_backward(const vae__call *call)
{
    const desk d = lay_desk(call, true);
    const int64_t first = begin_row(call), last = end_row(call);
    for (int64_t r = first; r < last; r++) {
        read_row(call, &d, r, r == first);
        for (int k = 0; k < call->node->input_count; k++)
            if (d.grad_in[k])
                clear_gradient(call, &d, k);
        call->node->custom->backward(&d.row);
        for (int k = 0; k < call->node->input_count; k++)
            if (d.grad_in[k])
                give_gradient(call, &d, k, r);
    }
}

/* Every row in order adds to the one gradient, in double. */
static void apply_reduce(const vae__call *call)
{
    if (!call->grad_in[call->input])
        return;
    const desk d = lay_desk(call, true);
    const int64_t rows = all_rows(call, call->node);
    clear_gradient(call, &d, call->input);
    for (int64_t r = 0; r < rows; r++) {
        read_row(call, &d, r, r == 0);
        call->node->custom->backward(&d.row);
    }
    give_gradient(call, &d, call->input, 0);
}

/* A sum is one share: every other thread would have to call the op for all rows as well. */
static int64_t apply_units(const vae__call *call, vae__phase phase)
{
    return phase == VAE__REDUCE || !call->node->rows ? 1 : call->examples;
}

static vae_status apply_prepare(const vae__prepare *prepare, void **state, size_t *scratch)
{
    const size_t sides = prepare->phase == VAE__FORWARD ? 1 : 2;
    *state = NULL;
    *scratch = sides * desk_size(prepare->node) * sizeof(double);
    return vae__ok();
}

/* ---- Building ---------------------------------------------------------------------------------------------------- */

#if VAE__REFERENCE
static vae_status check_op(const vae_op *op)
{
    if (!op)
        return vae__error(VAE_ERROR_ARGUMENT, "expected an op, found NULL");
    if (!op->name || !*op->name)
        return vae__error(VAE_ERROR_ARGUMENT, "expected an op with a name");
    if (op->inputs < 1 || op->inputs > VAE_MAX_OP_INPUTS)
        return vae__error(VAE_ERROR_ARGUMENT, "expected an op of 1 to %d inputs, found %d", VAE_MAX_OP_INPUTS,
                          op->inputs);
    return op->forward ? vae__ok() : vae__error(VAE_ERROR_ARGUMENT, "expected a forward function, found NULL");
}

/* The rows of the result: those that the inputs with rows agree in. */
static vae_status apply_rows(vae_node *node)
{
    const vae_node *first = node->inputs[0];
    for (int k = 1; k < node->input_count; k++) {
        if (first->rows && node->inputs[k]->rows && node->inputs[k]->rows != first->rows)
            return rows_error(first, node->inputs[k]);
        first = first->rows ? first : node->inputs[k];
    }
    node->rows = first->rows;
    return vae__ok();
}

static vae_shape shape_of(const vae_node *node)
{
    vae_shape shape = { .rank = node->rank };
    memcpy(shape.sizes, node->shape, sizeof(shape.sizes));
    return shape;
}

static vae_status apply_shape(vae_node *node)
{
    VAE__TRY(check_op(node->custom));
    vae_shape inputs[VAE__MAX_INPUTS] = { { 0 } };
    for (int k = 0; k < node->input_count; k++)
        inputs[k] = shape_of(node->inputs[k]);
    vae_shape output = inputs[0];
    const char *wrong = node->custom->shape ? node->custom->shape(node->arguments, inputs, &output) : NULL;
    if (wrong)
        return vae__error(VAE_ERROR_SHAPE, "%s", wrong);
    node->rank = output.rank;
    memcpy(node->shape, output.sizes, sizeof(node->shape));
    return apply_rows(node);
}

/* Of an op that is not in order the first input is enough to find the graph that takes the mistake. */
vae_node *vae_apply(const vae_op *op, vae_node *const *inputs, const double *arguments)
{
    const bool in_order = !check_op(op).code;
    vae_node given = { .custom = op };
    if (!inputs)
        return NULL;
    if (arguments)
        memcpy(given.arguments, arguments, sizeof(given.arguments));
    return vae__node_new(NULL, in_order && !op->backward ? &VAE__OP(apply_constant) : &VAE__OP(apply), given,
                         in_order ? op->inputs : 1, inputs);
}

/* Of the cases: y_i = exp(s · a_i) · (a_i - 2 b_i)² + c, whose shape rule is the usual one. */
static void example_forward(const vae_op_row *row)
{
    const double *a = row->in[0], *b = row->in[1], *c = row->in[2];
    for (int64_t i = 0; i < row->out_size; i++)
        row->out[i] = exp(row->arguments[0] * a[i]) * (a[i] - 2 * b[i]) * (a[i] - 2 * b[i]) + c[0];
}

static void example_backward(const vae_op_row *row)
{
    const double *a = row->in[0], *b = row->in[1], *c = row->in[2], s = row->arguments[0];
    for (int64_t i = 0; i < row->out_size; i++) {
        const double slope = 2 * exp(s * a[i]) * (a[i] - 2 * b[i]);
        if (row->grad_in[0])
            row->grad_in[0][i] += row->grad[i] * (s * (row->out[i] - c[0]) + slope);
        if (row->grad_in[1])
            row->grad_in[1][i] -= row->grad[i] * 2 * slope;
        if (row->grad_in[2])
            row->grad_in[2][0] += row->grad[i];
    }
}

static const vae_op example = {
    .name = "example", .inputs = 3, .forward = example_forward, .backward = example_backward
};

static vae_node *build_example(vae_node *const *a)
{
    return vae_apply(&example, a, (const double[VAE_MAX_OP_ARGUMENTS]){ 0.5 });
}

/* Input 0 stands twice, and its gradient has another part, which comes first. */
static vae_node *build_example_twice(vae_node *const *a)
{
    vae_node *y = vae_apply(&example, (vae_node *[]){ a[0], a[0], a[1] }, NULL);
    return vae_mul(y, vae_square(a[0]));
}

/* Every gradient has two parts. */
static vae_node *build_two_examples(vae_node *const *a)
{
    return vae_mul(build_example(a), build_example(a));
}

#define X(rows_, ...)                                                                                                  \
    {                                                                                                                  \
        .rows = (rows_), .rank = 1, .shape = { __VA_ARGS__ }, .low = -2, .high = 2                                     \
    }

static const vae__case apply_cases[] = {
    { "plain", build_example, 3, { X(1, 19), X(1, 19), X(1, 1) } },
    { "samples", build_example, 3, { X(3, 5), X(3, 5), X(3, 1) } },
    { "one shared", build_example, 3, { X(1, 19), X(1, 19), X(0, 1) } },
    { "two shared", build_example, 3, { X(3, 5), X(0, 5), X(0, 1) } },
    { "the first shared", build_example, 3, { X(0, 5), X(3, 5), X(3, 1) } },
    { "all shared", build_example, 3, { X(0, 5), X(0, 5), X(0, 1) } },
    { "one node twice", build_example_twice, 2, { X(1, 5), X(0, 1) } },
    { "two nodes", build_two_examples, 3, { X(1, 19), X(0, 19), X(0, 1) } },
    { "one shared node twice", build_example_twice, 2, { X(0, 5), X(0, 1) } },
};
#endif

const vae__op VAE__OP(apply) = { .name = "apply",
                                 .number = VAE__NUMBER(apply),
                                 ONCE(.shape = apply_shape, CASES(apply_cases), ).forward = apply_forward,
                                 .backward = apply_backward,
                                 .reduce = apply_reduce,
                                 .reads_inputs = 15u,
                                 .reads_output = true,
                                 .units = apply_units,
                                 .prepare = apply_prepare };

const vae__op VAE__OP(apply_constant) = {
    .name = "apply_constant",
    .number = VAE__NUMBER(apply_constant),
    ONCE(.shape = apply_shape, .no_cases = "an op without backward: no gradient flows through", ).forward =
        apply_forward,
    .constant_inputs = 15u,
    .units = apply_units,
    .prepare = apply_prepare
};
