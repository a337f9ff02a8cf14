/* The source `ring`: points z / 10 + z / |z| of normal z in two dimensions (Doersch 2016, figure 2). */
#include <math.h>

#include "src/base/random.h"
#include "src/data/drawn.h"

enum { RING_VERSION = 1 };

static const vae_field fields[] = {
    { .name = "x", .kind = VAE_VALUES, .type = VAE_FLOAT32, .rank = 1, .shape = { 2 } },
};

static const vae__drawn ring = {
    .name = "ring", .version = RING_VERSION, .usual = 6000, .fields = fields, .field_count = 1
};

static bool names_ring(const char *source)
{
    return vae__drawn_names(&ring, source);
}

static vae_status open_ring(vae_data *data)
{
    return vae__drawn_open(&ring, data);
}

/* z by Box and Muller 1958: a radius and a direction, which z / |z| is. */
static void draw_point(vae__draw draw, uint32_t number, float point[2])
{
    const double turn = 6.283185307179586476925286766559;
    uint32_t words[4];
    vae__random_block(draw, number, 0, words);
    double radius = sqrt(-2 * log((words[0] + 1.0) * 0x1p-32)), angle = turn * words[1] * 0x1p-32;
    point[0] = (float)((radius / 10 + 1) * cos(angle));
    point[1] = (float)((radius / 10 + 1) * sin(angle));
}

static void draw_ring(const vae_data *data, vae_split split)
{
    const vae__column *x = vae__data_column(data, split, 0);
    vae__draw draw = { .seed = data->options.seed, .stream = vae__random_stream("ring", "point") };
    for (int64_t row = 0; row < x->stored_rows; row++)
        draw_point(draw, vae__drawn_first(split) + (uint32_t)row, (float *)x->storage + 2 * row);
}

const vae__source vae__source_ring = {
    .expected = "ring, ring:N",
    .names = names_ring,
    .open = open_ring,
    .draw = draw_ring,
};
