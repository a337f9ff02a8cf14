/* The table of layers, and networks made of them. */
#include "models/layers.h"

#include <stdarg.h>
#include <stdio.h>

#include "graph/graph.h"
#include "models/activations.h"
#include "models/parts.h"
#include "src/base/status.h"

enum { NAME_SIZE = 128 };

vae_node *vae__network_weight(const vae_network *network, const char *name, const char *part, vae_initial initial,
                              int rank, const int64_t *shape)
{
    char full[2 * NAME_SIZE];
    snprintf(full, sizeof full, "%s/%s", name, part);
    return network->frozen ? vae_state(network->graph, full, rank, shape)
                           : vae_parameter(network->graph, full, initial, rank, shape);
}

vae_node *vae__network_mistake(const vae_network *network, const char *name, const char *format, ...)
{
    char text[VAE_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return vae__graph_mistake(network->graph, vae__error(VAE_ERROR_SHAPE, "%s: %s", name, text));
}

vae_node *vae__network_flat(vae_node *x)
{
    const int64_t size = x ? vae_node_size(x) : 0;
    return x && vae_node_rank(x) > 1 ? vae_reshape(x, 1, &size) : x;
}

vae_node *vae__network_part(const vae_network *network, const vae__network_condition *condition, int64_t units,
                            const char *name)
{
    char weight[NAME_SIZE];
    snprintf(weight, sizeof weight, "weight_%s", condition->spec->name);
    vae_node *table = vae__network_weight(network, name, weight, VAE_GLOROT, 2, (int64_t[]){ condition->size, units });
    return condition->is_class ? vae_gather(table, condition->node)
                               : vae_matmul(vae__network_flat(condition->node), table);
}

/* What goes in, without conditions. */
static vae_node *values_of(const vae_network *network, vae_node *x, int64_t units, const char *name)
{
    if (!x && network->bare)
        return vae__network_weight(network, name, "bias", VAE_ZEROS, 1, &units);
    x = vae__network_flat(x);
    if (!x || !network->frozen)
        return vae_dense(x, units, name);
    vae_node *weight =
        vae__network_weight(network, name, "weight", VAE_GLOROT, 2, (int64_t[]){ vae_node_size(x), units });
    return vae_affine(x, weight, vae__network_weight(network, name, "bias", VAE_ZEROS, 1, &units));
}

/* A condition joins a layer through a weight of its own, added: what concatenating would do, by a gather instead of a
 * product with zeros and ones. */
vae_node *vae_network_dense(const vae_network *network, vae_node *x, int64_t units, const char *name)
{
    vae_node *h = values_of(network, x, units, name);
    for (int i = 0; i < network->condition_count; i++) {
        if (!vae__network_joins(network, &network->conditions[i]))
            continue;
        vae_node *part = vae__network_part(network, &network->conditions[i], units, name);
        h = vae_node_rows(h) ? vae_add(h, part) : vae_add(part, h);
    }
    return h;
}

static vae_node *build_dense(const vae_network *network, const double *arguments, vae_node *x, const char *name)
{
    vae_node *h = vae_network_dense(network, x, (int64_t)arguments[0], name);
    return vae_activate(network, arguments[1], h);
}

/* ---- The table --------------------------------------------------------------------------------------------------- */

#define UNITS                                                                                                          \
    {                                                                                                                  \
        .name = "UNITS", .kind = VAE_BARE_COUNT, .low = 1, .high = 1e6                                                 \
    }
#define ACTIVATION                                                                                                     \
    {                                                                                                                  \
        .name = "ACTIVATION", .kind = VAE_ACTIVATION, .optional = true, .usual = VAE__LINEAR                           \
    }
#define SIZE                                                                                                           \
    {                                                                                                                  \
        .name = "SIZE", .kind = VAE_BARE_SHAPE, .low = 1, .high = 4096                                                 \
    }
#define NAMED(what, usual_, low_, names_)                                                                              \
    {                                                                                                                  \
        .name = (what), .kind = VAE_NAMED_SHAPE, .optional = true, .usual = (usual_), .low = (low_), .high = 4096,     \
        .names = (names_)                                                                                              \
    }

/* In the place of a padding: as many places as size / stride. */
static const char *const same[] = { "same", NULL };

#define ONE  VAE_SHAPE(1, -1, -1)
#define NONE VAE_SHAPE(0, -1, -1)

#define FILTER(name_, summary_, build_)                                                                                \
    {                                                                                                                  \
        .word = { .name = (name_),                                                                                     \
                  .summary = (summary_),                                                                               \
                  .arguments = { UNITS, SIZE, NAMED("stride", ONE, 1, NULL), NAMED("pad", 0, 0, same),                 \
                                 NAMED("dilation", ONE, 1, NULL), NAMED("groups", ONE, 1, NULL), ACTIVATION } },       \
        .build = (build_), .makes_heads = true                                                                         \
    }
#define POOL(name_, summary_, build_)                                                                                  \
    {                                                                                                                  \
        .word = { .name = (name_),                                                                                     \
                  .summary = (summary_),                                                                               \
                  .arguments = { SIZE, NAMED("stride", 0, 1, NULL), NAMED("pad", NONE, 0, same) } },                   \
        .build = (build_), .weightless = true                                                                          \
    }

static const vae_layer rows[] = {
    { .word = { .name = "dense",
                .summary = "x · weight + bias, then the activation (linear where none is given)",
                .arguments = { UNITS, ACTIVATION } },
      .build = build_dense },
    FILTER("conv", "convolution of an image, channels last: SIZE is 4x4 or 4; padded to size / stride",
           vae__build_conv),
    FILTER("deconv", "transposed convolution: the size times the stride", vae__build_deconv),
    { .word = { .name = "residual",
                .summary = "x + two convolutions, the activation between them and behind the sum (He et al. 2015)",
                .arguments = { UNITS, SIZE, NAMED("stride", ONE, 1, NULL), ACTIVATION } },
      .build = vae__build_residual },
    { .word = { .name = "polar",
                .summary = "each place's vector x as its length √(1 + x²) and x over that: one channel more" },
      .build = vae__build_polar,
      .weightless = true },
    { .word = { .name = "from-polar",
                .summary = "convolution to a length and a direction of each place, and the vectors that they make",
                .arguments = { UNITS, SIZE } },
      .build = vae__build_from_polar,
      .makes_heads = true },
    POOL("max-pool", "the largest of each window and channel; the stride is SIZE where none is given",
         vae__build_max_pool),
    POOL("mean-pool", "the mean of each window and channel", vae__build_mean_pool),
    { .word = { .name = "upsample",
                .summary = "each pixel as many times: its nearest neighbour",
                .arguments = { SIZE } },
      .build = vae__build_upsample,
      .weightless = true },
    { .word = { .name = "reshape",
                .summary = "the same values in another shape: 7x7x64 is height, width, channels",
                .arguments = { { .name = "SHAPE", .kind = VAE_BARE_SHAPE, .low = 1, .high = 131070 } } },
      .build = vae__build_reshape,
      .weightless = true },
    { .word = { .name = "flatten", .summary = "the same values in one dimension; dense does so by itself" },
      .build = vae__build_flatten,
      .weightless = true },
    { .word = { .name = "batch-norm",
                .summary = "by channel: in training by the batch, else by running statistics (Ioffe, Szegedy 2015)",
                .arguments = { ACTIVATION } },
      .build = vae__build_batch_norm,
      .weightless = true },
    { .word = { .name = "layer-norm",
                .summary = "by each example's mean and variance (Ba, Kiros, Hinton 2016)",
                .arguments = { ACTIVATION } },
      .build = vae__build_layer_norm,
      .weightless = true },
    { .word = { .name = "group-norm",
                .summary = "the same by groups of channels (Wu, He 2018)",
                .arguments = { { .name = "GROUPS", .kind = VAE_BARE_COUNT, .low = 1, .high = 1e6 }, ACTIVATION } },
      .build = vae__build_group_norm,
      .weightless = true },
    { .word = { .name = "dropout",
                .summary = "in training each value is left out at this rate (Srivastava et al. 2014)",
                .arguments = { { .name = "rate", .kind = VAE_KEY_NUMBER, .low = 0, .high = 0.99 } } },
      .build = vae__build_dropout,
      .weightless = true },
};

const vae__word_table vae__layers = { "layer", rows, sizeof *rows, sizeof rows / sizeof *rows, NULL, 0, NULL };

/* ---- Networks ---------------------------------------------------------------------------------------------------- */

vae_graph *vae_network_graph(const vae_network *network)
{
    return network->graph;
}

bool vae_network_trains(const vae_network *network)
{
    return network->trains;
}

vae_node *vae_activate(const vae_network *network, double activation, vae_node *x)
{
    return vae__activation_build(network->catalogue, (int)activation, x);
}

static vae_node *build_layer(vae_network *network, const vae__phrase *phrase, vae_node *x)
{
    const vae_layer *layer = phrase->row;
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%s/%d", network->name, network->layers);
    if (!x && layer->weightless)
        return vae__network_mistake(network, name, "%s: nothing goes in: expected a layer with weights before it",
                                    layer->word.name);
    const bool before = vae_graph_status(network->graph).code;
    x = layer->build(network, phrase->arguments, x, name);
    if (!before && vae_graph_status(network->graph).code)
        vae__graph_mistake_within(network->graph, name);
    return x;
}

vae_node *vae__network_build(vae_network *network, const vae__phrases *phrases, vae_node *x)
{
    const int count = phrases->count - (network->head != NULL);
    for (; network->layers < count; network->layers++) {
        const vae__phrase *phrase = &phrases->phrases[network->layers];
        x = build_layer(network, phrase, x);
        if (!((const vae_layer *)phrase->row)->weightless)
            network->open = network->layers + 1;
    }
    return x;
}

/* A head by the last layer: whatever has not joined yet joins there. */
static vae_node *build_head(const vae_network *network, vae_node *h, int64_t units, const char *name)
{
    vae_network last = *network;
    const vae_layer *layer = network->head->row;
    last.layers = VAE__MAX_PHRASES;
    last.head_size = units;
    return vae__network_flat(layer->build(&last, network->head->arguments, h, name));
}

vae_node *vae_network_head(const vae_network *network, vae_node *h, int64_t units, const char *name)
{
    char full[NAME_SIZE];
    snprintf(full, sizeof full, "%s/%s", network->name, name);
    if (network->head)
        return build_head(network, h, units, full);
    return vae_network_dense(network, h ? h : network->hidden, units, full);
}
