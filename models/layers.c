/* The table of layers, and networks made of them. */
#include <stdio.h>

#include "models/activations.h"
#include "models/network.h"
#include "models/parts.h"

enum { NAME_SIZE = 128 };

static vae_node *weight_of(const vae_network *network, const char *name, int64_t inputs, int64_t units)
{
    const int64_t shape[] = { inputs, units };
    return network->frozen ? vae_state(network->graph, name, 2, shape)
                           : vae_parameter(network->graph, name, VAE_GLOROT, 2, shape);
}

/* A condition's part of a layer: a class is a row of its weight, values are multiplied by it. */
static vae_node *part_of(const vae_network *network, const vae__network_condition *condition, int64_t units,
                         const char *name)
{
    char weight[2 * NAME_SIZE];
    snprintf(weight, sizeof weight, "%s/weight_%s", name, condition->spec->name);
    vae_node *table = weight_of(network, weight, condition->size, units);
    return condition->is_class ? vae_gather(table, condition->node) : vae_matmul(condition->node, table);
}

static vae_node *bias_of(const vae_network *network, int64_t units, const char *name)
{
    char bias[2 * NAME_SIZE];
    snprintf(bias, sizeof bias, "%s/bias", name);
    return network->frozen ? vae_state(network->graph, bias, 1, &units)
                           : vae_parameter(network->graph, bias, VAE_ZEROS, 1, &units);
}

/* What goes in, without conditions. */
static vae_node *values_of(const vae_network *network, vae_node *x, int64_t units, const char *name)
{
    char weight[2 * NAME_SIZE];
    if (!x && network->bare)
        return bias_of(network, units, name);
    if (!x || !network->frozen)
        return vae_dense(x, units, name);
    snprintf(weight, sizeof weight, "%s/weight", name);
    return vae_affine(x, weight_of(network, weight, vae_node_size(x), units), bias_of(network, units, name));
}

/* A condition joins a layer through a weight of its own, added: what concatenating would do, by a gather instead of a
 * product with zeros and ones. */
vae_node *vae_network_dense(const vae_network *network, vae_node *x, int64_t units, const char *name)
{
    vae_node *h = values_of(network, x, units, name);
    for (int i = 0; i < network->condition_count; i++) {
        if (network->conditions[i].layer != network->layers)
            continue;
        vae_node *part = part_of(network, &network->conditions[i], units, name);
        h = vae_node_rows(h) ? vae_add(h, part) : vae_add(part, h);
    }
    return h;
}

static vae_node *build_dense(const vae_network *network, const double *arguments, vae_node *x, const char *name)
{
    vae_node *h = vae_network_dense(network, x, (int64_t)arguments[0], name);
    return vae_activate(network, arguments[1], h);
}

static const vae_layer rows[] = {
    { .word = { .name = "dense",
                .summary = "x · weight + bias, then the activation (linear where none is given)",
                .arguments = { { .name = "UNITS", .kind = VAE_BARE_COUNT, .low = 1, .high = 1e6 },
                               { .name = "ACTIVATION",
                                 .kind = VAE_ACTIVATION,
                                 .optional = true,
                                 .usual = VAE__LINEAR } } },
      .build = build_dense },
};

const vae__word_table vae__layers = { "layer", rows, sizeof *rows, sizeof rows / sizeof *rows, NULL, 0, NULL };

vae_graph *vae_network_graph(const vae_network *network)
{
    return network->graph;
}

vae_node *vae_activate(const vae_network *network, double activation, vae_node *x)
{
    return vae__activation_build(network->catalogue, (int)activation, x);
}

vae_node *vae__network_build(vae_network *network, const vae__phrases *phrases, vae_node *x)
{
    for (; network->layers < phrases->count; network->layers++) {
        const vae__phrase *phrase = &phrases->phrases[network->layers];
        const vae_layer *layer = phrase->row;
        char name[NAME_SIZE];
        snprintf(name, sizeof name, "%s/%d", network->name, network->layers);
        x = layer->build(network, phrase->arguments, x, name);
    }
    return x;
}

vae_node *vae_network_head(const vae_network *network, vae_node *h, int64_t units, const char *name)
{
    char full[NAME_SIZE];
    snprintf(full, sizeof full, "%s/%s", network->name, name);
    return vae_network_dense(network, h ? h : network->hidden, units, full);
}
