/* my_op.c: two ops of one's own: an activation, "swish", and one with a shape rule, for a layer of one's own, "gated".
 */
#include <math.h>
#include <vae/vae.h>

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/* ---- swish: y = x · sigmoid(x) (Ramachandran, Zoph, Le 2017, "Searching for activation functions") ---------------- */

static void swish_forward(const vae_op_row *row)
{
    for (int64_t i = 0; i < row->out_size; i++)
        row->out[i] = row->in[0][i] * sigmoid(row->in[0][i]);
}

/* dy/dx = y + sigmoid(x) · (1 − y). Gradients are added to: others may flow into the same input. */
static void swish_backward(const vae_op_row *row)
{
    for (int64_t i = 0; row->grad_in[0] && i < row->out_size; i++) {
        const double y = row->out[i];
        row->grad_in[0][i] += row->grad[i] * (y + sigmoid(row->in[0][i]) * (1 - y));
    }
}

/* ---- gate: of 2 n values, y = the first n · sigmoid(the last n)
 * (Dauphin, Fan, Auli, Grangier 2017, "Language modeling with gated convolutional networks") ----------------------- */

static const char *gate_shape(const double *arguments, const vae_shape *inputs, vae_shape *output)
{
    (void)arguments;
    if (inputs[0].rank != 1 || inputs[0].sizes[0] % 2)
        return "expected a vector of an even number of values";
    *output = inputs[0];
    output->sizes[0] /= 2;
    return NULL;
}

static void gate_forward(const vae_op_row *row)
{
    const double *value = row->in[0], *gate = row->in[0] + row->out_size;
    for (int64_t i = 0; i < row->out_size; i++)
        row->out[i] = value[i] * sigmoid(gate[i]);
}

static void gate_backward(const vae_op_row *row)
{
    const int64_t n = row->out_size;
    for (int64_t i = 0; row->grad_in[0] && i < n; i++) {
        const double open = sigmoid(row->in[0][n + i]);
        row->grad_in[0][i] += row->grad[i] * open;
        row->grad_in[0][n + i] += row->grad[i] * row->out[i] * (1 - open);
    }
}

static const vae_op ops[] = {
    { .name = "swish", .inputs = 1, .forward = swish_forward, .backward = swish_backward },
    { .name = "gate", .inputs = 1, .shape = gate_shape, .forward = gate_forward, .backward = gate_backward },
};

/* "gated UNITS": twice as many units, of which one half opens and shuts the other. */
static vae_node *build_gated(const vae_network *network, const double *arguments, vae_node *x, const char *name)
{
    vae_node *both = vae_network_dense(network, x, 2 * (int64_t)arguments[0], name);
    return vae_apply(&ops[1], &both, NULL);
}

static const vae_layer gated = {
    .word = { .name = "gated",
              .summary = "x · weight + bias of twice as many units, the first half times the sigmoid of the last",
              .arguments = { { .name = "UNITS", .kind = VAE_BARE_COUNT, .low = 1, .high = 1e6 } } },
    .build = build_gated,
};

static const vae_model_spec smooth = {
    .name = "smooth",
    .summary = "a VAE of swish and gated layers",
    .x = { .likelihood = "bernoulli" },
    .latents = { { .size = 20 } },
    .encoder = "dense 100 swish, gated 50",
    .decoder = "dense 100 swish",
};

int main(int argc, char **argv)
{
    const vae_catalogue mine = {
        .models = &smooth, .model_count = 1, .layers = &gated, .layer_count = 1, .ops = ops, .op_count = 2
    };
    return vae_main(argc, argv, &mine);
}
