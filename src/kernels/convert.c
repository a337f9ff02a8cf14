/* Stored values to reals, a function a type. */
#include "src/kernels/parts.h"

#define CONVERT(number, ctype, text)                                                                                   \
    static void from_##number(const void *stored, int64_t count, real *restrict out)                                   \
    {                                                                                                                  \
        const ctype *restrict values = stored;                                                                         \
        for (int64_t i = 0; i < count; i++)                                                                            \
            out[i] = (real)values[i];                                                                                  \
    }
VAE_TYPE_LIST(CONVERT)
#undef CONVERT

typedef void converter(const void *stored, int64_t count, real *restrict out);

static converter *const converters[] = {
#define CONVERTER(number, ctype, text) [number] = from_##number,
    VAE_TYPE_LIST(CONVERTER)
#undef CONVERTER
};

void VAE__VARIANT(vae__convert)(vae_type type, const void *stored, int64_t count, void *out)
{
    converters[type](stored, count, out);
}
