/* The source `digits`: examples drawn from a seed, each split at its first use. How a digit is drawn is in digits.c. */
#include <inttypes.h>
#include <string.h>

#include "src/base/memory.h"
#include "src/base/parallel.h"
#include "src/base/status.h"
#include "src/data/data.h"
#include "src/data/digits.h"

enum { X, LABEL, FIELDS };
enum { SIDE = VAE__DIGIT_SIDE, PIXELS = SIDE * SIDE };

static const char prefix[] = "digits";

/* Test examples are drawn from the upper half of the indices, so they are the same however many training examples
 * there are. */
static const uint32_t test_offset = UINT32_C(1) << 31;

static const vae_field fields[FIELDS] = {
    { .name = "x", .kind = VAE_IMAGE, .type = VAE_UINT8, .rank = 2, .shape = { SIDE, SIDE } },
    { .name = "label", .kind = VAE_CLASS, .type = VAE_UINT8, .rank = 1, .shape = { 1 }, .classes = VAE__DIGIT_CLASSES },
};

static bool names_digits(const char *source)
{
    size_t length = sizeof prefix - 1;
    return !strncmp(source, prefix, length) && (!source[length] || source[length] == ':');
}

/* "digits" or "digits:N" to a number of training examples. */
static vae_status parse_count(const char *source, int64_t *count)
{
    const char *text = source + sizeof prefix - 1;
    *count = 60000;
    if (!*text)
        return vae__ok();
    *count = 0;
    for (text++; *text >= '0' && *text <= '9' && *count <= VAE__ROWS_MAX; text++)
        *count = *count * 10 + (*text - '0');
    if (*text || *count < 1 || *count > VAE__ROWS_MAX)
        return vae__error(VAE_ERROR_ARGUMENT, "%s: expected digits:N with N from 1 to %" PRId64 ", found \"%s\"",
                          source, VAE__ROWS_MAX, source + sizeof prefix);
    return vae__ok();
}

static void set_digest(vae_data *data, int64_t train, int64_t test)
{
    const uint64_t words[] = { VAE__DIGITS_VERSION, data->options.seed, (uint64_t)train, (uint64_t)test };
    unsigned char bytes[sizeof words];
    for (size_t i = 0; i < sizeof bytes; i++) /* the first the lowest, on any machine */
        bytes[i] = (unsigned char)(words[i / 8] >> 8 * (i % 8));
    vae__data_set_digest(data, vae__data_hash(vae__data_hash(0, prefix, sizeof prefix), bytes, sizeof bytes));
}

static vae_status open_digits(vae_data *data)
{
    int64_t train = 0;
    VAE__TRY(parse_count(data->source, &train));
    const int64_t rows[VAE_SPLITS] = { [VAE_TRAIN] = train, [VAE_TEST] = train / 6 > 1 ? train / 6 : 1 };
    uint64_t available = vae__memory_available();
    VAE__TRY(
        vae__data_check_memory(data->source, (uint64_t)(rows[VAE_TRAIN] + rows[VAE_TEST]) * (PIXELS + 1), &available));
    VAE__TRY(vae__data_declare(data, FIELDS));
    for (int split = 0; split < VAE_SPLITS; split++)
        for (int i = 0; i < FIELDS && rows[split]; i++) {
            vae_field field = fields[i];
            field.rows = rows[split];
            VAE__TRY(vae__data_add(data, (vae_split)split, i, &field, data->source));
        }
    set_digest(data, rows[VAE_TRAIN], rows[VAE_TEST]);
    return vae__ok();
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
                  .first = split == VAE_TEST ? test_offset : 0,
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
