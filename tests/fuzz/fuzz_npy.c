/*
 * NPY files. An input is a byte, the size of a second file (two bytes), that file, and the first. The first is x; the
 * byte says what the second is beside it: nothing, values, a class, or a mask.
 */
#include <string.h>
#include <vae/data.h>

#include "tests/fuzz/fuzz.h"

enum { ALONE, VALUES, CLASS, MASK };

static int look_at_entry(void *context, const vae_data_entry *entry)
{
    (void)context;
    fuzz_expect(entry->type && entry->rank >= 0, "an entry without type or rank");
    return 0;
}

static void open_npy(int how)
{
    vae_data *data = NULL;
    const vae_field_source second = { .name = "y", .kind = how == CLASS ? VAE_CLASS : VAE_VALUES, .path = "y.npy" };
    vae_data_options options = { .threads = 1,
                                 .conditions = &second,
                                 .condition_count = how == VALUES || how == CLASS,
                                 .mask = how == MASK ? "y.npy" : NULL };
    if (fuzz_is_well(vae_data_open("x.npy", &options, &data)))
        fuzz_expect(vae_data_rows(data, VAE_ALL) > 0, "data without rows");
    vae_data_free(&data);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input input = { bytes, size };
    size_t x_size, y_size;
    fuzz_most_memory((size_t)64 << 20);
    int how = (int)fuzz_take(&input, 1);
    size_t wanted = (size_t)fuzz_take(&input, 2);
    const uint8_t *y = fuzz_take_bytes(&input, how & 3 ? wanted : 0, &y_size);
    const uint8_t *x = fuzz_take_bytes(&input, input.left, &x_size);
    fuzz_file("x.npy", x, x_size);
    fuzz_file("y.npy", y, y_size);
    open_npy(how & 3);
    if (how & 4)
        (void)fuzz_is_well(vae_data_list("x.npy", look_at_entry, NULL));
    return 0;
}
