/*
 * One of C classes for each value: p(c) = exp(logit_c) / Σ_k exp(logit_k). A value's C logits lie side by side, value
 * after value: x has n values in a row, the logits n · C.
 */
#include <inttypes.h>
#include <math.h>

#include "graph/ops/density.h"

enum { VALUE, LOGITS, MASKS };

/* log Σ_k exp(logit_k) */
static real log_total(const real *logits, int64_t classes)
{
    real most = logits[0], total;
    for (int64_t k = 1; k < classes; k++)
        most = logits[k] > most ? logits[k] : most;
    VAE__SUM(total, k, classes, vae__exp_negative(logits[k] - most));
    return most + vae__log(total);
}

static real log_class(real x, const real *logits, int64_t classes)
{
    if (!(x >= 0 && x < (real)classes))
        return R(NAN);
    return logits[(int64_t)x] - log_total(logits, classes);
}

static const real *row_of(const vae__call *call, int input, int64_t r)
{
    const real *values = (const real *)call->in[input];
    return values ? values + r / rows_per(call->node, call->node->inputs[input]) * call->node->inputs[input]->size
                  : NULL;
}

static void loglik_categorical_forward(const vae__call *call)
{
    const int64_t size = call->node->inputs[VALUE]->size, classes = call->node->inputs[LOGITS]->size / size;
    for (int64_t r = begin_row(call); r < end_row(call); r++) {
        const real *x = row_of(call, VALUE, r), *logits = row_of(call, LOGITS, r), *mask = row_of(call, MASKS, r);
        real total;
        VAE__SUM(total, i, size, MASKED(mask ? mask[i] : 1, log_class(x[i], logits + i * classes, classes)));
        ((real *)call->out)[r] = total;
    }
}

/* factor · ([k = x] − p(k)) */
static void class_slopes(real x, const real *logits, int64_t classes, real factor, real *to, bool fresh)
{
    const real total = factor != 0 ? log_total(logits, classes) : 0;
    for (int64_t k = 0; k < classes; k++) {
        const real slope = factor != 0 ? factor * ((x == (real)k) - vae__exp(logits[k] - total)) : 0;
        to[k] = (fresh ? 0 : to[k]) + slope;
    }
}

static void loglik_categorical_backward(const vae__call *call)
{
    const int64_t size = call->node->inputs[VALUE]->size, classes = call->node->inputs[LOGITS]->size / size;
    if (!call->grad_in[LOGITS])
        return;
    for (int64_t r = begin_row(call); r < end_row(call); r++) {
        const real *x = row_of(call, VALUE, r), *logits = row_of(call, LOGITS, r), *mask = row_of(call, MASKS, r);
        const real factor = ((const real *)call->grad)[r];
        real *to = (real *)call->grad_in[LOGITS] + r * size * classes;
        for (int64_t i = 0; i < size; i++)
            class_slopes(x[i], logits + i * classes, classes, factor * (mask ? mask[i] : 1), to + i * classes,
                         call->fresh[LOGITS]);
    }
}

/* ---- The mean, and a class drawn --------------------------------------------------------------------------------- */

static void categorical_mean_forward(const vae__call *call)
{
    const int64_t size = call->node->size, classes = call->node->inputs[0]->size / size;
    for (int64_t i = begin_row(call) * size; i < end_row(call) * size; i++) {
        const real *logits = (const real *)call->in[0] + i * classes, all = log_total(logits, classes);
        VAE__SUM(((real *)call->out)[i], k, classes, (real)k * vae__exp(logits[k] - all));
    }
}

/* The first class up to which the probabilities add up to more than the noise; the last one, where rounding leaves
 * none. */
static real class_of(real uniform, const real *logits, int64_t classes)
{
    const real all = log_total(logits, classes);
    real sum = 0;
    for (int64_t k = 0; k < classes - 1; k++) {
        sum += vae__exp(logits[k] - all);
        if (uniform < sum)
            return (real)k;
    }
    return isnan(all) ? all : (real)(classes - 1);
}

static void categorical_sample_forward(const vae__call *call)
{
    const int64_t size = call->node->size, classes = call->node->inputs[1]->size / size;
    for (int64_t i = begin_row(call) * size; i < end_row(call) * size; i++)
        ((real *)call->out)[i] =
            class_of(((const real *)call->in[0])[i], (const real *)call->in[1] + i * classes, classes);
}

/* ---- Building ---------------------------------------------------------------------------------------------------- */

#if VAE__REFERENCE
static vae_status check_logits(const vae_node *values, const vae_node *logits)
{
    if (logits->size % values->size)
        return shapes_error("as many logits for each value are expected", values, "and", logits, "");
    return vae__ok();
}

static vae_status loglik_categorical_shape(vae_node *node)
{
    const vae_node *x = node->inputs[VALUE], *logits = node->inputs[LOGITS], *mask = node->inputs[MASKS];
    const int64_t rows = density_rows(node);
    VAE__TRY(check_logits(x, logits));
    if (logits->rows != rows || (x->rows != rows && x->rows != 1))
        return rows_error(x, logits);
    if (mask)
        VAE__TRY(check_density_input(x, mask, rows, true));
    take_single(node, rows);
    return vae__ok();
}

static vae_status categorical_mean_shape(vae_node *node)
{
    const double classes = node->number;
    const int64_t size = node->inputs[0]->size;
    if (!(classes >= 1 && classes <= (double)size) || size % (int64_t)classes)
        return vae__error(VAE_ERROR_SHAPE, "%" PRId64 " logits are not so many times %g classes", size, classes);
    take_single(node, node->inputs[0]->rows);
    node->shape[0] = size / (int64_t)classes;
    return vae__ok();
}

static vae_status categorical_sample_shape(vae_node *node)
{
    VAE__TRY(check_logits(node->inputs[0], node->inputs[1]));
    if (node->inputs[0]->rows != node->inputs[1]->rows)
        return rows_error(node->inputs[0], node->inputs[1]);
    return shape_of_input(node);
}

vae_node *vae_loglik_categorical(vae_node *x, vae_node *logits, vae_node *mask)
{
    return new_density(&VAE__OP(loglik_categorical), 3, (vae_node *[]){ x, logits, mask });
}

vae_node *vae_categorical_mean(vae_node *logits, int64_t classes)
{
    return vae__node_new(NULL, &VAE__OP(categorical_mean), (vae_node){ .number = (double)classes }, 1, &logits);
}

vae_node *vae_categorical_sample(vae_node *logits, vae_node *uniform)
{
    return vae__node_new(NULL, &VAE__OP(categorical_sample), (vae_node){ 0 }, 2, (vae_node *[]){ uniform, logits });
}

BUILD(build_plain, vae_loglik_categorical(a[0], a[1], NULL))
BUILD(build_masked, vae_loglik_categorical(a[0], a[1], a[2]))

static const vae__case loglik_categorical_cases[] = {
    { "plain", build_plain, 2, { COUNT(1, 19, 3), X(1, 57) } },
    { "many classes", build_plain, 2, { COUNT(1, 2, 40), X(1, 80) } },
    { "samples", build_plain, 2, { COUNT(3, 5, 4), X(3, 20) } },
    { "samples of an x, masked", build_masked, 3, { COUNT(1, 5, 4), X(3, 20), MASK(1, 5) } },
    { "shared", build_plain, 2, { COUNT(0, 5, 4), X(0, 20) } },
    { "masked", build_masked, 3, { COUNT(1, 19, 3), X(1, 57), MASK(1, 19) } },
    { "masked, samples", build_masked, 3, { COUNT(3, 5, 2), X(3, 10), MASK(3, 5) } },
};
#endif

const vae__op VAE__OP(loglik_categorical) = {
    .name = "loglik_categorical",
    .number = VAE__NUMBER(loglik_categorical),
    ONCE(.shape = loglik_categorical_shape, CASES(loglik_categorical_cases), ).forward = loglik_categorical_forward,
    .backward = loglik_categorical_backward,
    .reads_inputs = 7u,
    .constant_inputs = 5u,
    .optional_inputs = 4u
};

const vae__op VAE__OP(categorical_mean) = {
    .name = "categorical_mean",
    .number = VAE__NUMBER(categorical_mean),
    ONCE(.shape = categorical_mean_shape, .no_cases = "a mean for people: no gradient flows through", ).forward =
        categorical_mean_forward,
    .constant_inputs = 1u
};

const vae__op VAE__OP(categorical_sample) = {
    .name = "categorical_sample",
    .number = VAE__NUMBER(categorical_sample),
    ONCE(.shape = categorical_sample_shape, .no_cases = "a value drawn: no gradient flows through", ).forward =
        categorical_sample_forward,
    .constant_inputs = 3u
};
