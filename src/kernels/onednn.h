/*
 * The one place that knows oneDNN (written for 2.6): a matrix product of one fixed shape, computed on the thread that
 * asks for it. Where oneDNN was not built in, there is nothing to make.
 */
#ifndef VAE_KERNELS_ONEDNN_H
#define VAE_KERNELS_ONEDNN_H

#include <stdbool.h>
#include <stddef.h>
#include <vae/status.h>

#include "src/kernels/matmul.h"

#ifndef VAE_HAVE_ONEDNN
#define VAE_HAVE_ONEDNN 0
#endif

typedef struct vae__onednn vae__onednn;

#if VAE_HAVE_ONEDNN

/* Makes the product that `shape` describes (its pointers are not looked at) for threads 0 … threads - 1, float32.
 * VAE_ERROR_UNSUPPORTED where oneDNN has none. */
vae_status vae__onednn_new(const vae__matmul_piece *shape, bool bias, int threads, vae__onednn **product);
void vae__onednn_free(vae__onednn **product);

/* Bytes of scratch a thread needs. */
size_t vae__onednn_scratch(const vae__onednn *product);

/* Computes `piece`, which has the product's shape. False where oneDNN failed. */
bool vae__onednn_run(const vae__onednn *product, const vae__matmul_piece *piece, int thread, void *scratch);

#else

static inline void vae__onednn_free(vae__onednn **product)
{
    *product = NULL;
}

static inline size_t vae__onednn_scratch(const vae__onednn *product)
{
    (void)product;
    return 0;
}

static inline bool vae__onednn_run(const vae__onednn *product, const vae__matmul_piece *piece, int thread,
                                   void *scratch)
{
    (void)product, (void)piece, (void)thread, (void)scratch;
    return false;
}

static inline vae_status vae__onednn_new(const vae__matmul_piece *shape, bool bias, int threads, vae__onednn **product)
{
    (void)shape, (void)bias, (void)threads;
    *product = NULL;
    return (vae_status){ .code = VAE_ERROR_UNSUPPORTED, .message = "oneDNN was not built in" };
}

#endif
#endif
