/* The table of layers, and networks made of them. */
#include <stdio.h>

#include "models/activations.h"
#include "models/network.h"

enum { NAME_SIZE = 128 };

/* A condition joins a layer through a weight of its own, added: what concatenating would do, by a gather instead of a
 * product with zeros and ones. */
static vae_node *join(const vae__network *network, vae_node *h, int64_t units, const char *name)
{
    for (int i = 0; i < network->given_count; i++) {
        const vae__given *given = &network->given[i];
        char weight[2 * NAME_SIZE];
        snprintf(weight, sizeof weight, "%s/weight_%s", name, given->spec->name);
        vae_node *table = vae_parameter(network->graph, weight, VAE_GLOROT, 2, (int64_t[]){ given->spec->size, units });
        h = vae_add(h, vae_gather(table, given->node));
    }
    return h;
}

static vae_node *dense(const vae__network *network, vae_node *x, int64_t units, const char *name)
{
    vae_node *h = vae_dense(x, units, name);
    return network->layers ? h : join(network, h, units, name);
}

static vae_node *build_dense(const vae__network *network, const vae__phrase *phrase, vae_node *x, const char *name)
{
    vae_node *h = dense(network, x, (int64_t)phrase->arguments[0], name);
    return vae__activation_build((int)phrase->arguments[1], h);
}

static const vae__layer rows[] = {
    { .word = { .name = "dense",
                .summary = "x · weight + bias, then the activation (linear where none is given)",
                .arguments = { { .name = "UNITS", .kind = VAE__BARE_COUNT, .low = 1, .high = 1e6 },
                               { .name = "ACTIVATION",
                                 .kind = VAE__ACTIVATION,
                                 .optional = true,
                                 .usual = VAE__LINEAR } } },
      .build = build_dense },
};

const vae__word_table vae__layers = { "layer", rows, sizeof *rows, sizeof rows / sizeof *rows };

vae_node *vae__network_build(vae__network *network, const vae__phrases *phrases, vae_node *x)
{
    for (; network->layers < phrases->count; network->layers++) {
        const vae__phrase *phrase = &phrases->phrases[network->layers];
        const vae__layer *layer = phrase->row;
        char name[NAME_SIZE];
        snprintf(name, sizeof name, "%s/%d", network->name, network->layers);
        x = layer->build(network, phrase, x, name);
    }
    return x;
}

vae_node *vae__network_head(const vae__network *network, vae_node *x, int64_t units, const char *name)
{
    char full[NAME_SIZE];
    snprintf(full, sizeof full, "%s/%s", network->name, name);
    return dense(network, x, units, full);
}
