/* Sources: values that the executor brings. They have no inputs, so there is nothing to differentiate. */
#include <math.h>

#include "graph/graph.h"
#include "graph/ops/common.h"
#include "src/base/memory.h"

#define SOURCE(op, reason)                                                                                             \
    const vae__op VAE__OP(op) = { .name = #op,                                                                         \
                                  .number = VAE__NUMBER(op),                                                           \
                                  ONCE(.shape = op##_shape, .no_cases = (reason), ).is_source = true };

#if VAE__REFERENCE
/* Longest name of a parameter, its ending 0 included; a checkpoint has a group for each part of it. */
enum { NAME_SIZE = 256 };

static vae_node given_shape(const char *label, int rank, const int64_t *shape)
{
    vae_node given = { .label = (char *)(uintptr_t)label, .rank = shape ? rank : 0 };
    for (int i = 0; shape && i < rank && i < VAE_MAX_RANK; i++)
        given.shape[i] = shape[i];
    return given;
}

static vae_status input_shape(vae_node *node)
{
    node->rows = 1;
    return vae__ok();
}

vae_node *vae_input(vae_graph *graph, const char *label, int rank, const int64_t *shape)
{
    return vae__node_new(graph, &VAE__OP(input), given_shape(label, rank, shape), 0, NULL);
}

static vae_status noise_shape(vae_node *node)
{
    node->rows = node->integers[1];
    if (node->rows < 1)
        return vae__error(VAE_ERROR_ARGUMENT, "expected at least 1 sample, found %lld", (long long)node->rows);
    if (node->integers[0] != VAE_NORMAL && node->integers[0] != VAE_UNIFORM)
        return vae__error(VAE_ERROR_ARGUMENT, "there is no noise of kind %lld", (long long)node->integers[0]);
    return vae__ok();
}

/* `number` tells noise that has a sample's index from noise that belongs to the example alone; see draw_noise. */
static vae_node *noise(vae_graph *graph, vae_noise_kind kind, int64_t samples, bool by_sample, vae_node given)
{
    given.integers[0] = (int64_t)kind;
    given.integers[1] = samples;
    given.number = by_sample;
    return vae__node_new(graph, &VAE__OP(noise), given, 0, NULL);
}

vae_node *vae_noise(vae_graph *graph, vae_noise_kind kind, const char *label, int rank, const int64_t *shape)
{
    const int64_t samples = graph ? graph->noise_samples : 0;
    return noise(graph, kind, samples ? samples : 1, samples > 0, given_shape(label, rank, shape));
}

vae_node *vae_noise_samples(vae_graph *graph, vae_noise_kind kind, const char *label, int64_t samples, int rank,
                            const int64_t *shape)
{
    return noise(graph, kind, samples, true, given_shape(label, rank, shape));
}

static vae_status check_name(const vae_node *node)
{
    size_t length = node->label ? strlen(node->label) : 0;
    if (length < 1 || length >= NAME_SIZE)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a name of 1 to %d bytes, found one of %zu", NAME_SIZE - 1,
                          length);
    return vae__ok();
}

static vae_status parameter_shape(vae_node *node)
{
    if (node->integers[0] < VAE_ZEROS || node->integers[0] > VAE_ONES)
        return vae__error(VAE_ERROR_ARGUMENT, "there is no rule %lld for first values", (long long)node->integers[0]);
    return check_name(node);
}

vae_node *vae_parameter(vae_graph *graph, const char *name, vae_initial initial, int rank, const int64_t *shape)
{
    vae_node given = given_shape(name, rank, shape);
    given.integers[0] = (int64_t)initial;
    return vae__node_new(graph, &VAE__OP(parameter), given, 0, NULL);
}

static vae_status state_shape(vae_node *node)
{
    return parameter_shape(node);
}

vae_node *vae_state_from(vae_graph *graph, const char *name, vae_initial initial, int rank, const int64_t *shape)
{
    vae_node given = given_shape(name, rank, shape);
    given.integers[0] = (int64_t)initial;
    return vae__node_new(graph, &VAE__OP(state), given, 0, NULL);
}

vae_node *vae_state(vae_graph *graph, const char *name, int rank, const int64_t *shape)
{
    return vae_state_from(graph, name, VAE_ZEROS, rank, shape);
}

/* Values of a shape that is in order; else 0, and the graph tells what is wrong with the shape. */
static size_t values_in(const vae_node *given)
{
    size_t count = given->rank >= 1 && given->rank <= VAE_MAX_RANK ? 1 : 0;
    for (int i = 0; count && i < given->rank; i++)
        count =
            given->shape[i] < 1 || given->shape[i] > INT32_MAX / (int64_t)count ? 0 : count * (size_t)given->shape[i];
    return count;
}

/* integers[0] says whether there were values to copy. */
static vae_status constant_shape(vae_node *node)
{
    if (!values_in(node) || node->values)
        return vae__ok();
    return node->integers[0] ? vae__error_memory("a constant", values_in(node) * sizeof(double))
                             : vae__error(VAE_ERROR_ARGUMENT, "expected %zu values, found NULL", values_in(node));
}

vae_node *vae_constant(vae_graph *graph, int rank, const int64_t *shape, const double *values)
{
    vae_node given = given_shape(NULL, rank, shape);
    size_t count = values_in(&given);
    given.integers[0] = values != NULL;
    if (graph && count && values) {
        given.values = vae__alloc(count, sizeof(double));
        if (given.values)
            memcpy(given.values, values, count * sizeof(double));
    }
    vae_node *node = vae__node_new(graph, &VAE__OP(constant), given, 0, NULL);
    if (!node)
        vae__free(given.values);
    return node;
}
#endif

SOURCE(input, "data is given, and has no inputs")
SOURCE(noise, "noise is given, and has no inputs")
SOURCE(parameter, "a parameter is given, and has no inputs; the cases of all other ops have some")
SOURCE(state, "state is given, and has no gradient")
SOURCE(constant, "a constant is given, and has no gradient")
