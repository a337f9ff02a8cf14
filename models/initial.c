/* First values of parameters, where a declaration says other than the layers do. */
#include <math.h>
#include <string.h>

#include "models/parts.h"
#include "src/base/random.h"

/* Box and Muller 1958, in double, so that every machine draws the same. */
static double normal(vae__draw draw, uint32_t element)
{
    const double turn = 6.283185307179586476925286766559;
    uint32_t words[4];
    vae__random_block(draw, 0, element, words);
    return sqrt(-2 * log((words[0] + 1.0) * 0x1p-32)) * cos(turn * words[1] * 0x1p-32);
}

static void draw_normal(const double *arguments, vae_store *store, uint64_t seed)
{
    float *values = vae_store_parameters(store);
    for (int i = 0; i < vae_store_count(store); i++) {
        const vae_tensor *tensor = vae_store_tensor(store, i);
        vae__draw draw = { .seed = seed, .stream = vae__random_stream("initial normal", tensor->name) };
        for (int64_t j = 0; tensor->trainable && j < tensor->size; j++)
            values[tensor->offset + j] = (float)(arguments[0] * normal(draw, (uint32_t)j));
    }
}

static const vae__initial rows[] = {
    { .word = { .name = "glorot", .summary = "weights by Glorot and Bengio 2010, biases 0: what layers do" } },
    { .word = { .name = "normal",
                .summary = "every parameter from N(0, sigma^2)",
                .arguments = { { .name = "sigma", .kind = VAE_KEY_NUMBER, .low = 0, .high = 1e3 } } },
      .draw = draw_normal },
    { .word = { .name = "data-bias", .summary = "the output's bias where the mean of x is that of the training rows" },
      .is_bias = true },
};

const vae__word_table vae__initials = { "initial", rows, sizeof *rows, sizeof rows / sizeof *rows, NULL, 0, NULL };

void vae__initial_draw(vae_model *model, uint64_t seed)
{
    vae_store_initialize(model->store, seed);
    for (int i = 0; i < model->initial.count; i++) {
        const vae__initial *row = model->initial.phrases[i].row;
        if (row->draw)
            row->draw(model->initial.phrases[i].arguments, model->store, seed);
    }
}

bool vae__initial_is_bias(const vae_model *model)
{
    bool bias = false;
    for (int i = 0; i < model->initial.count; i++)
        bias |= ((const vae__initial *)model->initial.phrases[i].row)->is_bias;
    return bias;
}
