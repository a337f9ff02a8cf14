/* What sources that are drawn from a seed have in common. */
#include "src/data/drawn.h"

#include <inttypes.h>
#include <string.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/base/types.h"

bool vae__drawn_names(const vae__drawn *drawn, const char *source)
{
    size_t length = strlen(drawn->name);
    return !strncmp(source, drawn->name, length) && (!source[length] || source[length] == ':');
}

uint32_t vae__drawn_first(vae_split split)
{
    return split == VAE_TEST ? UINT32_C(1) << 31 : 0;
}

/* "digits" or "digits:N" to a number of training examples. */
static vae_status parse_count(const vae__drawn *drawn, const char *source, int64_t *count)
{
    const char *text = source + strlen(drawn->name);
    *count = drawn->usual;
    if (!*text)
        return vae__ok();
    *count = 0;
    for (text++; *text >= '0' && *text <= '9' && *count <= VAE__ROWS_MAX; text++)
        *count = *count * 10 + (*text - '0');
    if (*text || *count < 1 || *count > VAE__ROWS_MAX)
        return vae__error(VAE_ERROR_ARGUMENT, "%s: expected %s:N with N from 1 to %" PRId64 ", found \"%s\"", source,
                          drawn->name, VAE__ROWS_MAX, source + strlen(drawn->name) + 1);
    return vae__ok();
}

static void set_digest(const vae__drawn *drawn, vae_data *data, int64_t train, int64_t test)
{
    const uint64_t words[] = { drawn->version, data->options.seed, (uint64_t)train, (uint64_t)test };
    unsigned char bytes[sizeof words];
    for (size_t i = 0; i < sizeof bytes; i++) /* the first the lowest, on any machine */
        bytes[i] = (unsigned char)(words[i / 8] >> 8 * (i % 8));
    uint64_t name = vae__data_hash(0, drawn->name, strlen(drawn->name) + 1);
    vae__data_set_digest(data, vae__data_hash(name, bytes, sizeof bytes));
}

static int64_t row_bytes(const vae__drawn *drawn)
{
    int64_t bytes = 0;
    for (int i = 0; i < drawn->field_count; i++) {
        int64_t values = 1;
        for (int d = 0; d < drawn->fields[i].rank; d++)
            values *= drawn->fields[i].shape[d];
        bytes += values * (int64_t)vae__type_bytes(drawn->fields[i].type);
    }
    return bytes;
}

vae_status vae__drawn_open(const vae__drawn *drawn, vae_data *data)
{
    int64_t train = 0;
    VAE__TRY(parse_count(drawn, data->source, &train));
    const int64_t rows[VAE_SPLITS] = { [VAE_TRAIN] = train, [VAE_TEST] = train / 6 > 1 ? train / 6 : 1 };
    uint64_t available = vae__memory_available();
    VAE__TRY(vae__data_check_memory(data->source, (uint64_t)((rows[VAE_TRAIN] + rows[VAE_TEST]) * row_bytes(drawn)),
                                    &available));
    VAE__TRY(vae__data_declare(data, drawn->field_count));
    for (int split = 0; split < VAE_SPLITS; split++)
        for (int i = 0; i < drawn->field_count && rows[split]; i++) {
            vae_field field = drawn->fields[i];
            field.rows = rows[split];
            VAE__TRY(vae__data_add(data, (vae_split)split, i, &field, data->source));
        }
    set_digest(drawn, data, rows[VAE_TRAIN], rows[VAE_TEST]);
    return vae__ok();
}
