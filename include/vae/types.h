/* Types that several headers share. */
#ifndef VAE_TYPES_H
#define VAE_TYPES_H

#include <stdint.h>

/* Most dimensions that an example of a node or a field may have. */
#define VAE_MAX_RANK 4

/* How a value is stored where it comes from: name, C type, name in messages. Floats first, so that an option left at 0
 * says float32; integers behind them. */
#define VAE_TYPE_LIST(X)                                                                                               \
    X(VAE_FLOAT32, float, "float32")                                                                                   \
    X(VAE_FLOAT64, double, "float64")                                                                                  \
    X(VAE_UINT8, uint8_t, "uint8")                                                                                     \
    X(VAE_INT8, int8_t, "int8")                                                                                        \
    X(VAE_UINT16, uint16_t, "uint16")                                                                                  \
    X(VAE_INT16, int16_t, "int16")                                                                                     \
    X(VAE_UINT32, uint32_t, "uint32")                                                                                  \
    X(VAE_INT32, int32_t, "int32")                                                                                     \
    X(VAE_UINT64, uint64_t, "uint64")                                                                                  \
    X(VAE_INT64, int64_t, "int64")

typedef enum vae_type {
#define VAE_TYPE_ENUM(name, ctype, text) name,
    VAE_TYPE_LIST(VAE_TYPE_ENUM)
#undef VAE_TYPE_ENUM
} vae_type;

#ifdef __cplusplus
extern "C" {
#endif

/* Told how far work is: so many examples, or parameters, of how many. Returns 0 to go on; anything else stops the work,
 * which then fails with VAE_STOPPED. */
typedef int vae_count_function(void *context, int64_t done, int64_t all);

#ifdef __cplusplus
}
#endif

#endif
