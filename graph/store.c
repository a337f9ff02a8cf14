/* Parameters and state by name, outside any graph. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "graph/graph.h"
#include "src/base/memory.h"
#include "src/base/random.h"
#include "src/base/status.h"

enum { ALIGNMENT = 16 }; /* values; 64 bytes of float32 */

vae_status vae_store_new(vae_store **store)
{
    return vae__allocate("a store", 1, sizeof **store, store);
}

void vae_store_free(vae_store **store)
{
    if (!store || !*store)
        return;
    for (size_t i = 0; i < (*store)->count; i++)
        vae__free((char *)(*store)->stored[i].tensor.name);
    vae__free((*store)->stored);
    vae__free((*store)->parameters.values);
    vae__free((*store)->state.values);
    vae__free(*store);
    *store = NULL;
}

int vae_store_count(const vae_store *store)
{
    return store ? (int)store->count : 0;
}

const vae_tensor *vae_store_tensor(const vae_store *store, int index)
{
    return store && index >= 0 && (size_t)index < store->count ? &store->stored[index].tensor : NULL;
}

const vae_tensor *vae_store_find(const vae_store *store, const char *name)
{
    for (size_t i = 0; store && name && i < store->count; i++)
        if (!strcmp(store->stored[i].tensor.name, name))
            return &store->stored[i].tensor;
    return NULL;
}

int64_t vae_store_size(const vae_store *store)
{
    return store ? (int64_t)store->parameters.size : 0;
}

float *vae_store_parameters(vae_store *store)
{
    return store ? store->parameters.values : NULL;
}

float *vae_store_state(vae_store *store)
{
    return store ? store->state.values : NULL;
}

static bool same_shape(const vae_tensor *tensor, const vae_node *node)
{
    return tensor->rank == node->rank && !memcmp(tensor->shape, node->shape, (size_t)node->rank * sizeof *node->shape);
}

static vae_status check_entered(const vae_tensor *tensor, const vae_node *node)
{
    bool trainable = node->op->number == VAE__NUMBER(parameter);
    if (tensor->trainable != trainable)
        return vae__error(VAE_ERROR_SHAPE, "%s: is a parameter in one place and state in another", node->label);
    if (same_shape(tensor, node))
        return vae__ok();
    char here[VAE__SHAPE_TEXT], there[VAE__SHAPE_TEXT];
    vae_node known = { .rank = tensor->rank };
    memcpy(known.shape, tensor->shape, sizeof known.shape);
    return vae__error(VAE_ERROR_SHAPE, "%s: has shape %s in the store, and %s in this graph", node->label,
                      vae__shape_text(&known, there), vae__shape_text(node, here));
}

/* Makes room for a tensor; *offset is that of its first value. */
static vae_status reserve(float **values, size_t *size, size_t *capacity, int64_t count, int64_t *offset)
{
    size_t padded = ((size_t)count + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    VAE__TRY(vae__grow("parameters", values, capacity, *size + padded, sizeof **values));
    *offset = (int64_t)*size;
    *size += padded;
    return vae__ok();
}

static vae_status check_most(const vae_store *store, const vae_node *node)
{
    size_t used = store->parameters.size + store->state.size;
    char shape[VAE__SHAPE_TEXT];
    if (!store->most || (uint64_t)node->size <= (store->most > used ? store->most - used : 0))
        return vae__ok();
    return vae__error(VAE_ERROR_SHAPE, "%s: expected at most %zu parameters in all, found more with its shape %s",
                      node->label, store->most, vae__shape_text(node, shape));
}

static vae_status enter_new(vae_store *store, const vae_node *node)
{
    VAE__TRY(check_most(store, node));
    bool trainable = node->op->number == VAE__NUMBER(parameter);
    VAE__TRY(vae__grow("a store's tensors", &store->stored, &store->capacity, store->count + 1, sizeof *store->stored));
    vae_tensor tensor = { .trainable = trainable, .rank = node->rank, .size = node->size };
    memcpy(tensor.shape, node->shape, sizeof tensor.shape);
    char *name = NULL;
    VAE__TRY(vae__copy_string(node->label, &name));
    vae_status status = trainable ? reserve(&store->parameters.values, &store->parameters.size,
                                            &store->parameters.capacity, node->size, &tensor.offset)
                                  : reserve(&store->state.values, &store->state.size, &store->state.capacity,
                                            node->size, &tensor.offset);
    if (status.code) {
        vae__free(name);
        return status;
    }
    tensor.name = name;
    store->stored[store->count++] = (vae__stored){ .tensor = tensor, .initial = (vae_initial)node->integers[0] };
    return vae__ok();
}

vae_status vae__store_enter(vae_store *store, const vae_node *node, int *index)
{
    for (size_t i = 0; i < store->count; i++)
        if (!strcmp(store->stored[i].tensor.name, node->label)) {
            *index = (int)i;
            return check_entered(&store->stored[i].tensor, node);
        }
    VAE__TRY(enter_new(store, node));
    *index = (int)store->count - 1;
    return vae__ok();
}

void vae__store_bound(vae_store *store, size_t most)
{
    store->most = most;
}

void vae__store_forget(vae_store *store, size_t count, size_t parameters, size_t state)
{
    while (store->count > count)
        vae__free((char *)store->stored[--store->count].tensor.name);
    store->parameters.size = parameters;
    store->state.size = state;
}

static void zeros(const vae_tensor *tensor, vae__draw draw, float *values)
{
    (void)draw;
    memset(values, 0, (size_t)tensor->size * sizeof *values);
}

static void ones(const vae_tensor *tensor, vae__draw draw, float *values)
{
    (void)draw;
    for (int64_t i = 0; i < tensor->size; i++)
        values[i] = 1;
}

static void glorot(const vae_tensor *tensor, vae__draw draw, float *values)
{
    const int out = tensor->rank - 1, in = out > 0 ? out - 1 : 0;
    double taps = 1;
    for (int i = 0; i < in; i++)
        taps *= (double)tensor->shape[i];
    double bound = sqrt(6 / (taps * ((double)tensor->shape[in] + (double)tensor->shape[out])));
    for (int64_t i = 0; i < tensor->size; i++) {
        uint32_t word = vae__random_word(draw, 0, (uint32_t)i);
        values[i] = (float)(bound * (2 * ((word >> 8) + 0.5) * 0x1p-24 - 1));
    }
}

static void (*const first_values[])(const vae_tensor *, vae__draw, float *) = {
    [VAE_ZEROS] = zeros,
    [VAE_GLOROT] = glorot,
    [VAE_ONES] = ones,
};

void vae_store_initialize(vae_store *store, uint64_t seed)
{
    for (size_t i = 0; i < store->count; i++) {
        const vae_tensor *tensor = &store->stored[i].tensor;
        float *values = tensor->trainable ? store->parameters.values : store->state.values;
        vae__draw draw = { .seed = seed, .stream = vae__random_stream("initial", tensor->name) };
        first_values[store->stored[i].initial](tensor, draw, values + tensor->offset);
    }
}
