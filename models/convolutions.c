/* Layers of images: height, width, channels, channels last. */
#include <stdio.h>

#include "models/activations.h"
#include "models/layers.h"

enum { NAME_SIZE = 128 };

/* ---- Images ------------------------------------------------------------------------------------------------------ */

/* What goes in as an image: the first layer sees x in its own shape. NULL after a mistake, or where nothing goes in. */
static vae_node *image_of(const vae_network *network, vae_node *x, const char *name)
{
    if (!x || vae_node_rank(x) == 3)
        return x;
    const int64_t *image = network->image, size = image[0] * image[1] * image[2];
    if (!network->open && vae_node_rank(x) == 1 && size == vae_node_size(x))
        return vae_reshape(x, 3, image);
    return vae__network_mistake(network, name,
                                "expected an image of height, width and channels, found %lld values in %d dimension%s; "
                                "\"reshape 7x7x64\" makes one of them",
                                (long long)vae_node_size(x), vae_node_rank(x), vae_node_rank(x) > 1 ? "s" : "");
}

/* Two sizes of an argument: one stands for both, and none for the fallback. False where there are three. */
static bool take_pair(double argument, int64_t fallback, int64_t pair[2])
{
    int64_t sizes[3];
    const int count = vae_argument_shape(argument, sizes);
    pair[0] = count ? sizes[0] : fallback;
    pair[1] = count > 1 ? sizes[1] : pair[0];
    return count < 3;
}

/* ---- Convolutions ------------------------------------------------------------------------------------------------ */

enum { UNITS, SIZE, STRIDE, PAD, DILATION, GROUPS, FILTER_ACTIVATION };

typedef struct filter {
    const vae_network *network;
    const char *name;
    bool transposed;
    int64_t units;
    vae_window window;
} filter;

/* False, with a mistake, where an argument has sizes that it cannot have. */
static bool filter_of(const vae_network *network, const double *arguments, const char *name, bool transposed,
                      filter *made)
{
    int64_t groups[3];
    *made = (filter){ .network = network, .name = name, .transposed = transposed, .units = (int64_t)arguments[UNITS] };
    vae_window *window = &made->window;
    const bool two = take_pair(arguments[SIZE], 1, window->kernel) && take_pair(arguments[STRIDE], 1, window->stride) &&
                     take_pair(arguments[PAD], VAE_SAME, window->padding) &&
                     take_pair(arguments[DILATION], 1, window->dilation);
    const bool one = vae_argument_shape(arguments[GROUPS], groups) == 1;
    window->groups = groups[0];
    if (!two)
        vae__network_mistake(network, name, "expected one size or two, as in \"4x4\", found three");
    else if (!one)
        vae__network_mistake(network, name, "groups: expected one number, found more");
    return two && one;
}

/* An image through a weight of its own, with the layer's bias or without. */
static vae_node *filtered(const filter *f, vae_node *image, const char *weight_name, bool with_bias)
{
    if (!image)
        return NULL;
    const int64_t channels = vae_node_shape(image)[2], groups = f->window.groups;
    const int64_t in = f->transposed ? f->units / groups : channels / groups, out = f->transposed ? channels : f->units;
    if (channels % groups || f->units % groups)
        return vae__network_mistake(f->network, f->name, "%lld channels and %lld units do not make %lld groups",
                                    (long long)channels, (long long)f->units, (long long)groups);
    const int64_t shape[] = { f->window.kernel[0], f->window.kernel[1], in, out };
    vae_node *weight = vae__network_weight(f->network, f->name, weight_name, VAE_GLOROT, 4, shape);
    vae_node *bias = with_bias ? vae__network_weight(f->network, f->name, "bias", VAE_ZEROS, 1, &f->units) : NULL;
    return (f->transposed ? vae_conv_transposed : vae_conv)(image, weight, bias, &f->window);
}

/* A condition that is an image goes in as further channels would: by a weight of its own. */
static vae_node *image_part(const filter *f, const vae__network_condition *condition, const vae_node *x, bool with_bias)
{
    char weight[NAME_SIZE];
    const int64_t *image = condition->image, *seen = x ? vae_node_shape(x) : image;
    snprintf(weight, sizeof weight, "weight_%s", condition->spec->name);
    if (image[0] != seen[0] || image[1] != seen[1])
        return vae__network_mistake(f->network, f->name,
                                    "condition \"%s\" is %lldx%lld, and the layer that it joins sees %lldx%lld; layers "
                                    "of its own may make it as large",
                                    condition->spec->name, (long long)image[0], (long long)image[1], (long long)seen[0],
                                    (long long)seen[1]);
    return filtered(f, vae_node_rank(condition->node) == 3 ? condition->node : vae_reshape(condition->node, 3, image),
                    weight, with_bias);
}

/* x and the conditions that are images, added; then the others, a bias by channel each. */
static vae_node *filter_all(const filter *f, vae_node *x)
{
    const vae_network *network = f->network;
    vae_node *h = filtered(f, x, "weight", true);
    for (int others = 0; others < 2; others++)
        for (int i = 0; i < network->condition_count; i++) {
            const vae__network_condition *condition = &network->conditions[i];
            const bool image = condition->image[0] > 0;
            if (!vae__network_joins(network, condition) || image == others)
                continue;
            if (image) {
                vae_node *part = image_part(f, condition, x, !h);
                h = h ? vae_add(h, part) : part;
            } else if (h) {
                h = vae_add(h, vae__network_part(network, condition, f->units, f->name));
            }
        }
    return h ? h : vae__network_mistake(network, f->name, "expected an image that goes in, found none");
}

/* The layer as it is declared has x's channels; a head has so many times as many. */
static bool take_head(filter *f, const double *arguments)
{
    const int64_t size = f->network->head_size, x_size = f->network->x_size;
    const bool fits = size % x_size == 0;
    f->units *= size / x_size;
    if (!fits)
        vae__network_mistake(f->network, f->name, "a head of %lld values is no multiple of x's %lld", (long long)size,
                             (long long)x_size);
    else if (arguments[FILTER_ACTIVATION] > VAE__LINEAR)
        vae__network_mistake(f->network, f->name,
                             "expected no activation behind the last layer, which makes the "
                             "likelihood's own values, found one");
    return fits && !(arguments[FILTER_ACTIVATION] > VAE__LINEAR);
}

static vae_node *check_head(const filter *f, const double *arguments, vae_node *head)
{
    if (!head || vae_node_size(head) == f->network->head_size)
        return head;
    const int64_t places = vae_node_shape(head)[0] * vae_node_shape(head)[1], units = (int64_t)arguments[UNITS];
    return vae__network_mistake(
        f->network, f->name, "the last layer makes %lld values, %lld at each of %lld places, where x has %lld",
        (long long)(places * units), (long long)units, (long long)places, (long long)f->network->x_size);
}

static vae_node *build_filter(const vae_network *network, const double *arguments, vae_node *x, const char *name,
                              bool transposed)
{
    filter f;
    const bool heads = network->head_size;
    vae_node *image = image_of(network, x, name);
    if (!filter_of(network, arguments, name, transposed, &f) || (x && !image))
        return NULL;
    if (heads && !take_head(&f, arguments))
        return NULL;
    vae_node *made = filter_all(&f, image);
    return vae_activate(network, arguments[FILTER_ACTIVATION], heads ? check_head(&f, arguments, made) : made);
}

vae_node *vae__build_conv(const vae_network *network, const double *arguments, vae_node *x, const char *name)
{
    return build_filter(network, arguments, x, name, false);
}

vae_node *vae__build_deconv(const vae_network *network, const double *arguments, vae_node *x, const char *name)
{
    return build_filter(network, arguments, x, name, true);
}

vae_node *vae__build_polar(const vae_network *network, const double *arguments, vae_node *x, const char *name)
{
    (void)arguments;
    return vae__polar_of(network->graph, image_of(network, x, name));
}

/* A convolution of one channel more: of each place a length, behind softplus, and a direction, whose length is 1. */
vae_node *vae__build_from_polar(const vae_network *network, const double *arguments, vae_node *x, const char *name)
{
    filter f;
    const bool heads = network->head_size;
    const double plain[] = { arguments[UNITS],     arguments[SIZE],      VAE_SHAPE(1, -1, -1), 0,
                             VAE_SHAPE(1, -1, -1), VAE_SHAPE(1, -1, -1), VAE__LINEAR };
    vae_node *image = image_of(network, x, name);
    if (!filter_of(network, plain, name, false, &f) || (x && !image) || (heads && !take_head(&f, plain)))
        return NULL;
    f.units++;
    vae_node *made = vae__polar_undo(network->graph, filter_all(&f, image));
    return heads ? check_head(&f, plain, made) : made;
}

/* activation(x + conv(activation(conv(x)))); where channels or size differ, x goes through 1 × 1 of its own. */
vae_node *vae__build_residual(const vae_network *network, const double *arguments, vae_node *x, const char *name)
{
    enum { RESIDUAL_ACTIVATION = 3 };
    char first[NAME_SIZE + 16], second[NAME_SIZE + 16], beside[NAME_SIZE + 16];
    vae_network rest = *network; /* conditions join the first of the two */
    filter f, g, shortcut;
    const double plain[] = { arguments[UNITS],     arguments[SIZE],     VAE_SHAPE(1, -1, -1), 0,
                             VAE_SHAPE(1, -1, -1), VAE_SHAPE(1, -1, -1) };
    const double strided[] = { plain[0], plain[1], arguments[STRIDE], 0, plain[4], plain[5] };
    const double point[] = { plain[0], VAE_SHAPE(1, -1, -1), arguments[STRIDE], 0, plain[4], plain[5] };
    snprintf(first, sizeof first, "%s/first", name);
    snprintf(second, sizeof second, "%s/second", name);
    snprintf(beside, sizeof beside, "%s/shortcut", name);
    rest.condition_count = 0;
    vae_node *image = image_of(network, x, name);
    if (!x)
        return vae__network_mistake(network, name, "residual: expected an image that goes in, found none");
    if (!filter_of(network, strided, first, false, &f) || !filter_of(&rest, plain, second, false, &g) ||
        !filter_of(&rest, point, beside, false, &shortcut) || !image)
        return NULL;
    vae_node *h = vae_activate(network, arguments[RESIDUAL_ACTIVATION], filter_all(&f, image));
    h = h ? filter_all(&g, h) : NULL;
    const bool same = f.window.stride[0] == 1 && f.window.stride[1] == 1 && vae_node_shape(image)[2] == f.units;
    return vae_activate(network, arguments[RESIDUAL_ACTIVATION],
                        vae_add(h, same ? image : filter_all(&shortcut, image)));
}

/* ---- Pools ------------------------------------------------------------------------------------------------------- */

static vae_node *build_pool(const vae_network *network, const double *arguments, vae_node *x, const char *name,
                            vae_node *(*pool)(vae_node *, const vae_window *))
{
    enum { POOL_SIZE, POOL_STRIDE, POOL_PAD };
    vae_window window = { .groups = 1 };
    vae_node *image = image_of(network, x, name);
    bool two = take_pair(arguments[POOL_SIZE], 1, window.kernel);
    two = two && take_pair(arguments[POOL_STRIDE], 0, window.stride) &&
          take_pair(arguments[POOL_PAD], VAE_SAME, window.padding);
    if (!two)
        return vae__network_mistake(network, name, "expected one size or two, as in \"2x2\", found three");
    for (int i = 0; i < 2; i++)
        window.stride[i] = window.stride[i] ? window.stride[i] : window.kernel[i];
    return image ? pool(image, &window) : NULL;
}

vae_node *vae__build_max_pool(const vae_network *network, const double *arguments, vae_node *x, const char *name)
{
    return build_pool(network, arguments, x, name, vae_max_pool);
}

vae_node *vae__build_mean_pool(const vae_network *network, const double *arguments, vae_node *x, const char *name)
{
    return build_pool(network, arguments, x, name, vae_mean_pool);
}

vae_node *vae__build_upsample(const vae_network *network, const double *arguments, vae_node *x, const char *name)
{
    int64_t factors[2];
    vae_node *image = image_of(network, x, name);
    if (!take_pair(arguments[0], 1, factors))
        return vae__network_mistake(network, name, "expected one factor or two, as in \"2x2\", found three");
    return image ? vae_upsample(image, factors[0], factors[1]) : NULL;
}
