/* Transforms: from values as stored to values as modelled. */
#include <math.h>

#include "models/parts.h"

/* The largest value of an unsigned type; 0 for others. */
static double range_of(vae_type type)
{
    static const double ranges[] = {
        [VAE_UINT8] = 255, [VAE_UINT16] = 65535, [VAE_UINT32] = 4294967295.0, [VAE_INT64] = 0
    };
    return ranges[type];
}

static vae_node *unit(vae__transform_context *context, const vae__phrase *phrase, vae_node *x)
{
    (void)phrase;
    double range = range_of(context->x_type);
    if (range <= 0)
        return x;
    context->log_jacobian -= log(range);
    return vae_scale(x, 1 / range);
}

static vae_node *binarize(vae__transform_context *context, const vae__phrase *phrase, vae_node *x)
{
    (void)phrase;
    context->log_jacobian = 0; /* no density is left */
    if (!x)
        return NULL;
    return vae_binarize(x, vae_noise(context->graph, VAE_UNIFORM, "binarize", vae_node_rank(x), vae_node_shape(x)));
}

static vae_node *threshold(vae__transform_context *context, const vae__phrase *phrase, vae_node *x)
{
    context->log_jacobian = 0;
    return vae_threshold(x, phrase->arguments[0]);
}

static const vae__transform rows[] = {
    { .word = { .name = "unit",
                .summary =
                    "stored uint8, uint16 and uint32 values divided by their type's largest; floats as they are" },
      .build = unit },
    { .word = { .name = "binarize", .summary = "1 with the value as probability, drawn anew in every epoch; else 0" },
      .build = binarize,
      .takes_unit = true,
      .gives_unit = true },
    { .word = { .name = "threshold",
                .summary = "1 above the threshold, else 0",
                .arguments = { { .name = "at",
                                 .kind = VAE__KEY_NUMBER,
                                 .optional = true,
                                 .usual = 0.5,
                                 .low = -1e30,
                                 .high = 1e30 } } },
      .build = threshold,
      .gives_unit = true },
};

const vae__word_table vae__transforms = { "transform", rows, sizeof *rows, sizeof rows / sizeof *rows };
