/* Conditions beside results: room, copies. */
#include "src/infer/given.h"

#include <string.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/base/types.h"

int64_t vae__given_size(const vae_model *model, int index)
{
    return model->declaration.conditions[index].kind == VAE_CLASS ? 1 : model->conditions[index].size;
}

static size_t bytes_of(const vae_model *model, int index, vae_type type)
{
    return (size_t)vae__given_size(model, index) * vae__type_bytes(type);
}

size_t vae__given_bytes(const vae_model *model, const vae_type types[VAE_MAX_CONDITIONS])
{
    size_t bytes = 0;
    for (int i = 0; i < model->condition_count; i++)
        bytes += bytes_of(model, i, types[i]);
    return bytes;
}

vae_status vae__given_allocate(const vae_model *model, const vae_type types[VAE_MAX_CONDITIONS], int64_t rows,
                               vae_given *given)
{
    for (int i = 0; i < model->condition_count; i++) {
        given->types[i] = types[i];
        VAE__TRY(vae__allocate("conditions", (size_t)rows, bytes_of(model, i, types[i]), (void *)&given->values[i]));
    }
    return vae__ok();
}

void vae__given_free(vae_given *given)
{
    for (int i = 0; i < VAE_MAX_CONDITIONS; i++)
        vae__free(given->values[i]);
    *given = (vae_given){ { NULL }, { VAE_FLOAT32 } };
}

void vae__given_types(const vae_model *model, const vae__match *match, vae_type types[VAE_MAX_CONDITIONS])
{
    for (int i = 0; i < model->condition_count; i++)
        types[i] = match->conditions[i]->type;
}

void vae__given_take(const vae_model *model, const vae__match *match, const uint32_t *chosen, int64_t rows,
                     vae_given *given)
{
    for (int i = 0; i < model->condition_count; i++) {
        const char *from = match->conditions[i]->values;
        const size_t bytes = bytes_of(model, i, given->types[i]);
        for (int64_t row = 0; row < rows; row++)
            memcpy((char *)given->values[i] + (size_t)row * bytes,
                   from + (size_t)(chosen ? chosen[row] : (uint32_t)row) * bytes, bytes);
    }
}
