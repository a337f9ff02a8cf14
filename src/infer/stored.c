/* A reader for each stored type. */
#include "src/infer/stored.h"

#define READER(name, ctype, text)                                                                                      \
    static double read_##name(const void *values, int64_t index)                                                       \
    {                                                                                                                  \
        return (double)((const ctype *)values)[index];                                                                 \
    }
VAE_TYPE_LIST(READER)
#undef READER

static double (*const readers[])(const void *values, int64_t index) = {
#define READER(name, ctype, text) [name] = read_##name,
    VAE_TYPE_LIST(READER)
#undef READER
};

double vae__stored_number(vae_type type, const void *values, int64_t index)
{
    return readers[type](values, index);
}
