/* Reductions: over the dimensions of a row, over all rows, and over the rows of an example. */
#include <math.h>

#include "graph/ops/common.h"

/* ---- sum and mean: x (rows, outer, inner) → (rows, outer) -------------------------------------------------------- */

static int64_t inner_size(const vae_node *node)
{
    return node->inputs[0]->size / node->size;
}

static void sum_rows(const vae__call *call, real factor)
{
    const int64_t inner = inner_size(call->node), outer = call->node->size;
    const real *x = (const real *)call->in[0];
    real *to = (real *)call->out;
    for (int64_t i = begin_row(call) * outer; i < end_row(call) * outer; i++)
        to[i] = factor * sum_of(x + i * inner, inner);
}

static void spread_rows(const vae__call *call, real factor)
{
    const int64_t inner = inner_size(call->node), outer = call->node->size;
    if (!call->grad_in[0])
        return;
    for (int64_t i = begin_row(call) * outer; i < end_row(call) * outer; i++) {
        const real slope = factor * ((const real *)call->grad)[i];
        real *to = (real *)call->grad_in[0] + i * inner;
        if (call->fresh[0])
            EACH(j, inner, to[j] = slope;);
        else
            EACH(j, inner, to[j] += slope;);
    }
}

static void sum_forward(const vae__call *call)
{
    sum_rows(call, 1);
}

static void sum_backward(const vae__call *call)
{
    spread_rows(call, 1);
}

static void mean_forward(const vae__call *call)
{
    sum_rows(call, 1 / (real)inner_size(call->node));
}

static void mean_backward(const vae__call *call)
{
    spread_rows(call, 1 / (real)inner_size(call->node));
}

/* ---- mean_rows --------------------------------------------------------------------------------------------------- */

/* Forward is cut by elements, for each is a sum over all rows; backward by examples. */
static int64_t mean_rows_units(const vae__call *call, vae__phase phase)
{
    return phase == VAE__FORWARD ? call->node->size : call->examples;
}

/* In double: an objective is the mean of many rows, and its digits are looked at. */
static void mean_rows_forward(const vae__call *call)
{
    enum { SOME = 64 };
    const int64_t size = call->node->size, rows = all_rows(call, call->node->inputs[0]);
    real *to = (real *)call->out;
    for (int64_t begin = call->begin; begin < call->end; begin += SOME) {
        const int64_t count = call->end - begin < SOME ? call->end - begin : SOME;
        double totals[SOME] = { 0 };
        for (int64_t r = 0; r < rows; r++) {
            const real *x = (const real *)call->in[0] + r * size + begin;
            EACH(i, count, totals[i] += (double)x[i];);
        }
        EACH(i, count, to[begin + i] = (real)(totals[i] / (double)rows););
    }
}

static void mean_rows_backward(const vae__call *call)
{
    const vae_node *x = call->node->inputs[0];
    const int64_t size = x->size;
    const real *slope = (const real *)call->grad, factor = 1 / (real)all_rows(call, x);
    if (!call->grad_in[0])
        return;
    for (int64_t r = call->begin * x->rows; r < call->end * x->rows; r++) {
        real *to = (real *)call->grad_in[0] + r * size;
        if (call->fresh[0])
            EACH(i, size, to[i] = factor * slope[i];);
        else
            EACH(i, size, to[i] += factor * slope[i];);
    }
}

/* ---- mean_samples: y = (1 / K) Σ x_k, in order --------------------------------------------------------------------- */

static void mean_samples_forward(const vae__call *call)
{
    const int64_t size = call->node->size, samples = call->node->inputs[0]->rows;
    const real factor = 1 / (real)samples;
    for (int64_t e = call->begin; e < call->end; e++) {
        const real *x = (const real *)call->in[0] + e * samples * size;
        real *to = (real *)call->out + e * size;
        EACH(i, size, to[i] = x[i];);
        for (int64_t k = 1; k < samples; k++) {
            const real *row = x + k * size;
            EACH(i, size, to[i] += row[i];);
        }
        EACH(i, size, to[i] *= factor;);
    }
}

static void mean_samples_backward(const vae__call *call)
{
    const int64_t size = call->node->size, samples = call->node->inputs[0]->rows;
    const real factor = 1 / (real)samples;
    if (!call->grad_in[0])
        return;
    for (int64_t r = call->begin * samples; r < call->end * samples; r++) {
        const real *slope = (const real *)call->grad + r / samples * size;
        real *to = (real *)call->grad_in[0] + r * size;
        if (call->fresh[0])
            EACH(i, size, to[i] = factor * slope[i];);
        else
            EACH(i, size, to[i] += factor * slope[i];);
    }
}

/* ---- logsumexp_rows: y = m + log Σ exp(x_k - m), m = max x_k; dx_k = dy · exp(x_k - y) --------------------------- */

/* What is taken from x before exp: 0 in place of an infinite maximum, of which the difference would be no number. */
static real finite_or_zero(real x)
{
    return isfinite(x) ? x : 0;
}

/* Single values: an example's are one array. */
static real logsumexp_of(const real *x, int64_t count)
{
    real most = x[0];
    for (int64_t k = 1; k < count; k++)
        most = x[k] > most ? x[k] : most;
    const real base = finite_or_zero(most);
    real total;
    VAE__SUM(total, k, count, vae__exp(x[k] - base));
    return base + vae__log(total);
}

/* Elements of rows, `count` of them, at most SOME; rows are `size` apart and added in order. */
enum { SOME = 64 };
static void logsumexp_columns(const real *x, int64_t samples, int64_t size, int64_t count, real *to)
{
    real base[SOME], total[SOME];
    memcpy(base, x, (size_t)count * sizeof(real));
    for (int64_t k = 1; k < samples; k++) {
        const real *row = x + k * size;
        EACH(i, count, base[i] = row[i] > base[i] ? row[i] : base[i];);
    }
    EACH(i, count, base[i] = finite_or_zero(base[i]); total[i] = 0;);
    for (int64_t k = 0; k < samples; k++) {
        const real *row = x + k * size;
        EACH(i, count, total[i] += vae__exp(row[i] - base[i]););
    }
    EACH(i, count, to[i] = base[i] + vae__log(total[i]););
}

static void logsumexp_rows_forward(const vae__call *call)
{
    const int64_t size = call->node->size, samples = call->node->inputs[0]->rows;
    for (int64_t e = call->begin; e < call->end; e++) {
        const real *x = (const real *)call->in[0] + e * samples * size;
        real *to = (real *)call->out + e * size;
        if (size == 1)
            *to = logsumexp_of(x, samples);
        for (int64_t i = 0; size > 1 && i < size; i += SOME)
            logsumexp_columns(x + i, samples, size, size - i < SOME ? size - i : SOME, to + i);
    }
}

/* Where y is -inf, so is every x, and each share of the gradient is taken as 0. */
static void logsumexp_rows_backward(const vae__call *call)
{
    const int64_t size = call->node->size, samples = call->node->inputs[0]->rows;
    if (!call->grad_in[0])
        return;
    if (call->fresh[0])
        clear_if_fresh(call, 0, call->begin * samples * size, call->end * samples * size);
    for (int64_t e = call->begin; e < call->end; e++) {
        const real *y = (const real *)call->out + e * size, *slope = (const real *)call->grad + e * size;
        const real *x = (const real *)call->in[0] + e * samples * size;
        real *to = (real *)call->grad_in[0] + e * samples * size;
        if (size == 1) {
            const real base = finite_or_zero(*y), factor = *slope;
            EACH(k, samples, to[k] += factor * vae__exp(x[k] - base););
            continue;
        }
        for (int64_t k = 0; k < samples; k++)
            EACH(i, size, to[k * size + i] += slope[i] * vae__exp(x[k * size + i] - finite_or_zero(y[i])););
    }
}

/* ---- Building ---------------------------------------------------------------------------------------------------- */

#if VAE__REFERENCE
static vae_status sum_shape(vae_node *node)
{
    const vae_node *x = node->inputs[0];
    const int64_t first = node->integers[0];
    char text[VAE__SHAPE_TEXT];
    if (first < 0 || first >= x->rank)
        return vae__error(VAE_ERROR_SHAPE, "there is no dimension %lld in %s", (long long)first,
                          vae__shape_text(x, text));
    take_shape(node, x);
    node->rank = (int)first;
    if (!first)
        take_single(node, x->rows);
    return vae__ok();
}

static vae_status mean_rows_shape(vae_node *node)
{
    const vae_node *x = node->inputs[0];
    if (!x->rows)
        return shape_error("a shared value has no rows", x);
    take_shape(node, x);
    node->rows = 0;
    return vae__ok();
}

static vae_status rows_of_example_shape(vae_node *node)
{
    VAE__TRY(mean_rows_shape(node));
    node->rows = 1;
    return vae__ok();
}

vae_node *vae_sum(vae_node *x, int first)
{
    return vae__node_new(NULL, &VAE__OP(sum), (vae_node){ .integers = { first } }, 1, &x);
}

vae_node *vae_mean(vae_node *x, int first)
{
    return vae__node_new(NULL, &VAE__OP(mean), (vae_node){ .integers = { first } }, 1, &x);
}

vae_node *vae_mean_rows(vae_node *x)
{
    return vae__node_new(NULL, &VAE__OP(mean_rows), (vae_node){ 0 }, 1, &x);
}

vae_node *vae_mean_samples(vae_node *x)
{
    return vae__node_new(NULL, &VAE__OP(mean_samples), (vae_node){ 0 }, 1, &x);
}

vae_node *vae_logsumexp_rows(vae_node *x)
{
    return vae__node_new(NULL, &VAE__OP(logsumexp_rows), (vae_node){ 0 }, 1, &x);
}

#define BUILD(name, call)                                                                                              \
    static vae_node *name(vae_node *const *a)                                                                          \
    {                                                                                                                  \
        return call;                                                                                                   \
    }
BUILD(build_sum, vae_sum(a[0], 0))
BUILD(build_sum_last, vae_sum(a[0], 1))
BUILD(build_mean, vae_mean(a[0], 0))
BUILD(build_mean_last, vae_mean(a[0], 1))
BUILD(build_mean_rows, vae_mean_rows(a[0]))
BUILD(build_mean_samples, vae_mean_samples(a[0]))
BUILD(build_logsumexp_rows, vae_logsumexp_rows(a[0]))
/* The gradient is added to another: its second use. */
BUILD(build_sum_twice, vae_add(vae_mul(a[0], a[0]), vae_sum(a[0], 0)))
BUILD(build_mean_rows_twice, vae_add(a[0], vae_mean_rows(a[0])))
BUILD(build_mean_samples_twice, vae_add(vae_mean_samples(a[0]), vae_mean_rows(a[0])))
BUILD(build_logsumexp_twice, vae_add(vae_logsumexp_rows(a[0]), vae_mean_rows(a[0])))

#define X(rows_, rank_, ...)                                                                                           \
    {                                                                                                                  \
        .rows = (rows_), .rank = (rank_), .shape = { __VA_ARGS__ }, .low = -2, .high = 2                               \
    }

static const vae__case sum_cases[] = {
    { "all", build_sum, 1, { X(1, 2, 3, 19) } },
    { "from the second", build_sum_last, 1, { X(1, 3, 2, 3, 4) } },
    { "samples", build_sum_last, 1, { X(3, 2, 3, 5) } },
    { "shared", build_sum_last, 1, { X(0, 2, 3, 5) } },
    { "used twice", build_sum_twice, 1, { X(1, 1, 5) } },
};
static const vae__case mean_cases[] = {
    { "all", build_mean, 1, { X(1, 2, 3, 19) } },
    { "from the second", build_mean_last, 1, { X(1, 3, 2, 3, 4) } },
    { "samples", build_mean_last, 1, { X(3, 2, 3, 5) } },
    { "shared", build_mean, 1, { X(0, 2, 3, 5) } },
};
static const vae__case mean_rows_cases[] = {
    { "plain", build_mean_rows, 1, { X(1, 1, 19) } },
    { "samples", build_mean_rows, 1, { X(3, 2, 2, 3) } },
    { "single values", build_mean_rows, 1, { X(3, 1, 1) } },
    { "more than a block", build_mean_rows, 1, { X(1, 1, 70) } },
    { "used twice", build_mean_rows_twice, 1, { X(1, 1, 5) } },
};
static const vae__case mean_samples_cases[] = {
    { "one row", build_mean_samples, 1, { X(1, 1, 5) } },
    { "samples", build_mean_samples, 1, { X(5, 2, 2, 3) } },
    { "single values", build_mean_samples, 1, { X(19, 1, 1) } },
    { "used twice", build_mean_samples_twice, 1, { X(3, 1, 5) } },
};
static const vae__case logsumexp_rows_cases[] = {
    { "one row", build_logsumexp_rows, 1, { X(1, 1, 5) } },
    { "samples", build_logsumexp_rows, 1, { X(5, 2, 2, 3) } },
    { "single values", build_logsumexp_rows, 1, { X(19, 1, 1) } },
    { "more than a block", build_logsumexp_rows, 1, { X(2, 1, 70) } },
    { "used twice", build_logsumexp_twice, 1, { X(3, 1, 5) } },
    { "single values, used twice", build_logsumexp_twice, 1, { X(3, 1, 1) } },
};
#endif

const vae__op VAE__OP(sum) = { .name = "sum",
                               .number = VAE__NUMBER(sum),
                               ONCE(.shape = sum_shape, CASES(sum_cases), ).forward = sum_forward,
                               .backward = sum_backward };

const vae__op VAE__OP(mean) = { .name = "mean",
                                .number = VAE__NUMBER(mean),
                                ONCE(.shape = sum_shape, CASES(mean_cases), ).forward = mean_forward,
                                .backward = mean_backward };

const vae__op
    VAE__OP(mean_rows) = { .name = "mean_rows",
                           .number = VAE__NUMBER(mean_rows),
                           ONCE(.shape = mean_rows_shape, CASES(mean_rows_cases), ).forward = mean_rows_forward,
                           .backward = mean_rows_backward,
                           .units = mean_rows_units };

const vae__op VAE__OP(mean_samples) = {
    .name = "mean_samples",
    .number = VAE__NUMBER(mean_samples),
    ONCE(.shape = rows_of_example_shape, CASES(mean_samples_cases), ).forward = mean_samples_forward,
    .backward = mean_samples_backward
};

const vae__op VAE__OP(logsumexp_rows) = {
    .name = "logsumexp_rows",
    .number = VAE__NUMBER(logsumexp_rows),
    ONCE(.shape = rows_of_example_shape, CASES(logsumexp_rows_cases), ).forward = logsumexp_rows_forward,
    .backward = logsumexp_rows_backward,
    .reads_inputs = 1u,
    .reads_output = true
};
