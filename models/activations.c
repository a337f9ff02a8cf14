/* The activations, a row each. */
#include "models/activations.h"

#include <stdio.h>
#include <string.h>

static vae_node *linear(vae_node *x)
{
    return x;
}

static vae_node *leaky_relu(vae_node *x)
{
    return vae_leaky_relu(x, 0.01);
}

static const struct activation {
    const char *name;
    vae_node *(*build)(vae_node *x);
} activations[] = {
    { "linear", linear }, { "relu", vae_relu }, { "leaky-relu", leaky_relu }, { "elu", vae_elu },
    { "gelu", vae_gelu }, { "tanh", vae_tanh }, { "sigmoid", vae_sigmoid },   { "softplus", vae_softplus },
};
enum { COUNT = sizeof activations / sizeof *activations };

int vae__activation_find(const char *name)
{
    for (int i = 0; i < COUNT; i++)
        if (!strcmp(activations[i].name, name))
            return i;
    return -1;
}

const char *vae__activation_name(int index)
{
    return index >= 0 && index < COUNT ? activations[index].name : NULL;
}

void vae__activation_names(char *text, size_t size)
{
    size_t length = 0;
    for (int i = 0; i < COUNT && length < size; i++)
        length += (size_t)snprintf(text + length, size - length, "%s%s", i ? ", " : "", activations[i].name);
}

vae_node *vae__activation_build(int index, vae_node *x)
{
    return activations[index].build(x);
}
