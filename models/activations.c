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

int vae__activation_count(const vae_catalogue *catalogue)
{
    return COUNT + (catalogue ? catalogue->op_count : 0);
}

const char *vae__activation_name(const vae_catalogue *catalogue, int index)
{
    if (index < 0 || index >= vae__activation_count(catalogue))
        return NULL;
    if (index < COUNT)
        return activations[index].name;
    const vae_op *op = &catalogue->ops[index - COUNT];
    return op->inputs == 1 && !op->shape ? op->name : NULL;
}

/* What a program brings is found before what is built in. */
int vae__activation_find(const vae_catalogue *catalogue, const char *name)
{
    int count = vae__activation_count(catalogue);
    for (int i = 0; i < count; i++) {
        int index = (i + COUNT) % count;
        const char *other = vae__activation_name(catalogue, index);
        if (other && !strcmp(other, name))
            return index;
    }
    return -1;
}

void vae__activation_names(const vae_catalogue *catalogue, char *text, size_t size)
{
    size_t length = 0;
    for (int i = 0; i < vae__activation_count(catalogue) && length < size; i++) {
        const char *name = vae__activation_name(catalogue, i);
        if (name)
            length += (size_t)snprintf(text + length, size - length, "%s%s", i ? ", " : "", name);
    }
}

vae_node *vae__activation_build(const vae_catalogue *catalogue, int index, vae_node *x)
{
    return index < COUNT ? activations[index].build(x) : vae_apply(&catalogue->ops[index - COUNT], &x, NULL);
}
