/* Finding things by name: the variants, and the words of the little language. */
#include <stdio.h>
#include <string.h>

#include "models/activations.h"
#include "models/parts.h"
#include "models/variants.h"

static const vae_model_spec *const built_in[] = {
#define VARIANT(name) &vae__variant_##name,
    VAE__VARIANT_LIST(VARIANT)
#undef VARIANT
};
enum { BUILT_IN = sizeof built_in / sizeof *built_in };

int vae_model_count(const vae_catalogue *catalogue)
{
    return BUILT_IN + (catalogue ? catalogue->model_count : 0);
}

const vae_model_spec *vae_model_at(const vae_catalogue *catalogue, int index)
{
    int brought = catalogue ? catalogue->model_count : 0;
    if (index < 0 || index >= brought + BUILT_IN)
        return NULL;
    return index < brought ? &catalogue->models[index] : built_in[index - brought];
}

const vae_model_spec *vae_model_find(const vae_catalogue *catalogue, const char *name)
{
    for (int i = 0; name && i < vae_model_count(catalogue); i++) {
        const vae_model_spec *spec = vae_model_at(catalogue, i);
        if (spec->name && !strcmp(spec->name, name))
            return spec;
    }
    return NULL;
}

static int activation_at(int index, vae_word_help *help)
{
    const char *name = vae__activation_name(index);
    if (!name)
        return 0;
    *help = (vae_word_help){ .table = "activation", .name = name, .summary = "what a layer may end in" };
    snprintf(help->usage, sizeof help->usage, "%s", name);
    return 1;
}

int vae_word_at(int index, vae_word_help *help)
{
    const vae__word_table *const tables[] = { &vae__layers,     &vae__transforms, &vae__likelihoods,
                                              &vae__posteriors, &vae__priors,     &vae__objectives };
    for (size_t t = 0; index >= 0 && t < sizeof tables / sizeof *tables; index -= tables[t++]->count) {
        if (index >= tables[t]->count)
            continue;
        const vae__word *word = vae__word_of(tables[t], index);
        *help = (vae_word_help){ .table = tables[t]->what, .name = word->name, .summary = word->summary };
        vae__word_usage(word, help->usage, sizeof help->usage);
        return 1;
    }
    return activation_at(index, help);
}
