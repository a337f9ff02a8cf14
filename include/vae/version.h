/*
 * The version of libvae. meson reads it from here, so there is one place to change.
 * The soname changes with every minor release before 1.0.
 */
#ifndef VAE_VERSION_H
#define VAE_VERSION_H

#include <vae/export.h>

#define VAE_VERSION_MAJOR  0
#define VAE_VERSION_MINOR  1
#define VAE_VERSION_PATCH  0
#define VAE_VERSION_STRING "0.1.0"

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the library that is running, which may be another than the headers': "0.1.0". */
VAE_API const char *vae_version(void);

/* The kernels this processor runs, told in one line: "avx512 (float32), oneDNN 2.6.3". */
VAE_API const char *vae_kernels(void);

#ifdef __cplusplus
}
#endif
#endif
