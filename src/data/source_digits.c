/* The source `digits`: examples drawn from a seed, each split at its first use. How a digit is drawn is in digits.c. */
#include "src/base/parallel.h"
#include "src/data/digits.h"
#include "src/data/drawn.h"

enum { X, LABEL, FIELDS };
enum { SIDE = VAE__DIGIT_SIDE, PIXELS = SIDE * SIDE };

static const vae_field fields[FIELDS] = {
    { .name = "x", .kind = VAE_IMAGE, .type = VAE_UINT8, .rank = 2, .shape = { SIDE, SIDE } },
    { .name = "label", .kind = VAE_CLASS, .type = VAE_UINT8, .rank = 1, .shape = { 1 }, .classes = VAE__DIGIT_CLASSES },
};

static const vae__drawn digits = {
    .name = "digits", .version = VAE__DIGITS_VERSION, .usual = 60000, .fields = fields, .field_count = FIELDS
};

static bool names_digits(const char *source)
{
    return vae__drawn_names(&digits, source);
}

static vae_status open_digits(vae_data *data)
{
    return vae__drawn_open(&digits, data);
}

typedef struct drawing {
    uint64_t seed;
    uint32_t first; /* index of row 0 */
    int64_t rows;
    uint8_t *x, *label;
} drawing;

static void draw_share(void *context, vae__team team)
{
    const drawing *d = context;
    int64_t begin, end;
    vae__share(team, d->rows, &begin, &end);
    for (int64_t row = begin; row < end; row++)
        d->label[row] = (uint8_t)vae__digit_draw(d->seed, d->first + (uint32_t)row, d->x + row * PIXELS);
}

static void draw_digits(const vae_data *data, vae_split split)
{
    const vae__column *x = vae__data_column(data, split, X), *label = vae__data_column(data, split, LABEL);
    drawing d = { .seed = data->options.seed,
                  .first = vae__drawn_first(split),
                  .rows = x->stored_rows,
                  .x = x->storage,
                  .label = label->storage };
    vae__parallel(data->options.threads, draw_share, &d);
}

const vae__source vae__source_digits = {
    .expected = "digits, digits:N",
    .names = names_digits,
    .open = open_digits,
    .draw = draw_digits,
};
