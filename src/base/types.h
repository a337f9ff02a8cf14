/* What is to be known of the stored types. */
#ifndef VAE_BASE_TYPES_H
#define VAE_BASE_TYPES_H

#include <stddef.h>
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

#endif
