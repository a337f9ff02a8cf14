/* What is to be known of the stored types. */
#ifndef VAE_BASE_TYPES_H
#define VAE_BASE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <vae/types.h>

static inline size_t vae__type_bytes(vae_type type)
{
    static const unsigned char bytes[] = {
#define VAE__TYPE_BYTES(name, ctype, text) sizeof(ctype),
        VAE_TYPE_LIST(VAE__TYPE_BYTES)
#undef VAE__TYPE_BYTES
    };
    return bytes[type];
}

static inline bool vae__type_is_float(vae_type type)
{
    return type == VAE_FLOAT32 || type == VAE_FLOAT64;
}

/* Value `index` of an array. Integers beyond 2^53 are rounded. */
static inline double vae__type_value(vae_type type, const void *values, int64_t index)
{
    switch (type) {
#define VAE__TYPE_VALUE(name, ctype, text)                                                                             \
    case name:                                                                                                         \
        return (double)((const ctype *)values)[index];
        VAE_TYPE_LIST(VAE__TYPE_VALUE)
#undef VAE__TYPE_VALUE
    }
    return -1;
}

#endif
