/* Layers that change what a layer with weights is given: its shape, its level and scale, and what is left out of it. */
#include <stdio.h>

#include "models/layers.h"

enum { NAME_SIZE = 160 };

static const double epsilon = 1e-5, momentum = 0.1; /* as usual in the libraries of the field */

/* ---- Shapes ------------------------------------------------------------------------------------------------------ */

vae_node *vae__build_reshape(const vae_network *network, const double *arguments, vae_node *x, const char *name)
{
    int64_t sizes[3], size = 1;
    const int rank = vae_argument_shape(arguments[0], sizes);
    for (int i = 0; i < rank; i++)
        size *= sizes[i]; /* three that a number of an argument holds, of 17 bits each */
    if (x && size != vae_node_size(x))
        return vae__network_mistake(network, name,
                                    "reshape: expected a shape of %lld values, as they come in, found %lld",
                                    (long long)vae_node_size(x), (long long)size);
    return vae_reshape(x, rank, sizes);
}

vae_node *vae__build_flatten(const vae_network *network, const double *arguments, vae_node *x, const char *name)
{
    (void)network;
    (void)arguments;
    (void)name;
    return vae__network_flat(x);
}

/* ---- Normalisation ----------------------------------------------------------------------------------------------- */

/* scale · x + shift by channel, both learned; then the activation. */
static vae_node *rescaled(const vae_network *network, vae_node *x, double activation, const char *name)
{
    if (!x)
        return NULL;
    const int64_t channels = vae_node_shape(x)[vae_node_rank(x) - 1];
    vae_node *scale = vae__network_weight(network, name, "scale", VAE_ONES, 1, &channels);
    vae_node *shift = vae__network_weight(network, name, "shift", VAE_ZEROS, 1, &channels);
    return vae_activate(network, activation, vae_add(vae_mul(x, scale), shift));
}

/* State that follows a value of the batch in training, and stands in its place elsewhere. */
static vae_node *running(const vae_network *network, vae_node *value, const char *name, const char *part,
                         vae_initial initial, int64_t channels)
{
    char full[NAME_SIZE];
    vae__model_graph *built = network->built;
    snprintf(full, sizeof full, "%s/%s", name, part);
    vae_node *state = vae_state_from(network->graph, full, initial, 1, &channels);
    if (!value)
        return state;
    if (built->track_count == VAE__MAX_TRACKS)
        return vae__network_mistake(network, name, "batch-norm: expected at most %d of them in a model, found more",
                                    VAE__MAX_TRACKS / 2);
    vae_graph_keep(state);
    vae_graph_keep(value);
    built->tracks[built->track_count++] = (vae__track){ state, value, momentum };
    return value;
}

vae_node *vae__build_batch_norm(const vae_network *network, const double *arguments, vae_node *x, const char *name)
{
    const bool batch = network->trains && !network->frozen && network->built;
    const int64_t channels = vae_node_shape(x)[vae_node_rank(x) - 1];
    vae_node *mean = batch ? vae_channel_mean(x) : NULL, *variance = batch ? vae_channel_variance(x, mean) : NULL;
    mean = running(network, mean, name, "running_mean", VAE_ZEROS, channels);
    variance = running(network, variance, name, "running_variance", VAE_ONES, channels);
    return rescaled(network, vae_normalize(x, mean, variance, epsilon), arguments[0], name);
}

vae_node *vae__build_layer_norm(const vae_network *network, const double *arguments, vae_node *x, const char *name)
{
    return rescaled(network, vae_group_norm(x, 1, epsilon), arguments[0], name);
}

vae_node *vae__build_group_norm(const vae_network *network, const double *arguments, vae_node *x, const char *name)
{
    return rescaled(network, vae_group_norm(x, (int64_t)arguments[0], epsilon), arguments[1], name);
}

/* ---- Dropout ----------------------------------------------------------------------------------------------------- */

/* Each row has a draw of its own: the samples of an example too. */
vae_node *vae__build_dropout(const vae_network *network, const double *arguments, vae_node *x, const char *name)
{
    if (!network->trains || network->frozen)
        return x;
    const int64_t rows = vae_node_rows(x), *shape = vae_node_shape(x);
    vae_node *uniform = rows > 1 ? vae_noise_samples(network->graph, VAE_UNIFORM, name, rows, vae_node_rank(x), shape)
                                 : vae_noise(network->graph, VAE_UNIFORM, name, vae_node_rank(x), shape);
    return vae_dropout(x, uniform, arguments[0]);
}
