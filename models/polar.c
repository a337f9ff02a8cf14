/* Vectors in an image's places, a channel each value, as length and direction: trajectories (Walker, Doersch, Gupta,
 * Hebert 2016). */
#include "graph/graph.h"
#include "models/layers.h"
#include "src/base/memory.h"

/* A vector that is short beside it is almost nothing, and its direction too, so that both have a slope at 0. */
static const double level = 1;

/* Of each place the sum of its channels, in so many channels. */
static vae_node *sum_of_channels(vae_graph *graph, vae_node *x, int64_t units)
{
    const vae_window point = { .groups = 1 };
    double *ones = NULL;
    if (!x)
        return NULL;
    const int64_t channels = vae_node_shape(x)[2];
    vae_status status = vae__allocate("a sum of channels", (size_t)(channels * units), sizeof *ones, &ones);
    if (status.code)
        return vae__graph_mistake(graph, status);
    for (int64_t i = 0; i < channels * units; i++)
        ones[i] = 1;
    vae_node *weight = vae_constant(graph, 4, (int64_t[]){ 1, 1, channels, units }, ones);
    vae__free(ones);
    return vae_conv(x, weight, NULL, &point);
}

/* The length of each place's vector, √(level² + Σ x²), in so many channels. */
static vae_node *length_of(vae_graph *graph, vae_node *x, int64_t units)
{
    vae_node *square = vae_constant(graph, 1, (int64_t[]){ 1 }, (double[]){ level * level });
    return vae_sqrt(vae_add(sum_of_channels(graph, vae_square(x), units), square));
}

vae_node *vae__polar_of(vae_graph *graph, vae_node *x)
{
    if (!x)
        return NULL;
    return vae_concat(length_of(graph, x, 1), vae_div(x, length_of(graph, x, vae_node_shape(x)[2])), 2);
}

vae_node *vae__polar_undo(vae_graph *graph, vae_node *x)
{
    if (!x)
        return NULL;
    const int64_t channels = vae_node_shape(x)[2] - 1;
    vae_node *length = vae_softplus(vae_slice(x, 2, 0, 1)), *direction = vae_slice(x, 2, 1, channels + 1);
    return vae_mul(direction, vae_div(sum_of_channels(graph, length, channels), length_of(graph, direction, channels)));
}
