/* VAE_API marks what the shared library shows; every other symbol is hidden. */
#ifndef VAE_EXPORT_H
#define VAE_EXPORT_H

#if defined(__GNUC__) || defined(__clang__)
#define VAE_API __attribute__((visibility("default")))
#else
#define VAE_API
#endif

#endif
