/*
 * Matrix products, cut by shape into units that threads share; one unit is computed by one thread, in one order.
 *
 *     VAE__NN   c(m, n) = a(m, k) · b(k, n)    forward: m runs over the batch
 *     VAE__NT   c(m, n) = a(m, k) · b(n, k)ᵀ   gradient of the data: m runs over the batch
 *     VAE__TN   c(m, n) = a(k, m)ᵀ · b(k, n)   gradient of the weight: k runs over the batch
 *
 * All matrices are packed and row-major. Our own loop computes them where it has wide vectors: in the midst of a
 * training step it is faster than oneDNN 2.6 (docs/performance.md). Where it has not, oneDNN computes the full pieces
 * in float32, if it was built in and is not refused.
 *
 * Units are rows of c, or some together.
 */
#ifndef VAE_KERNELS_MATMUL_H
#define VAE_KERNELS_MATMUL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <vae/status.h>

#include "src/kernels/kernels.h"

typedef enum vae__matmul_form { VAE__NN, VAE__NT, VAE__TN } vae__matmul_form;

typedef struct vae__matmul_spec {
    vae__matmul_form form;
    int64_t m, n, k; /* the batch dimension at its most */
    bool bias;       /* c = … + bias(n); VAE__NN alone has it, and relu */
    bool relu;       /* c = max(…, 0), after the bias */
    bool add;        /* c += …; not with bias or relu */
    int threads;     /* most threads that will run it at a time */
    bool no_onednn;
    bool bf16; /* a and b are rounded to bfloat16, the sums are float32; see vae__matmul_bfloat16 */
    const vae__kernels *kernels;
} vae__matmul_spec;

typedef struct vae__matmul vae__matmul;

/* Rows of the batch that a thread's share must be a multiple of, the last one aside: what one unit is. With a library
 * remainders are our own loop's, so that the last bits of a row may depend on the number of rows in its run. */
int64_t vae__matmul_together(const vae__kernels *kernels, bool no_onednn);

/* The product of one piece in bfloat16; NULL where this build or this processor (AVX512_BF16) has none. */
typedef void vae__matmul_function(const struct vae__matmul_piece *piece);
vae__matmul_function *vae__matmul_bfloat16(void);

/* VAE_ERROR_UNSUPPORTED, and why, where it is none or does not go with these kernels: it stands in for avx512's. */
vae_status vae__matmul_check_bfloat16(const vae__kernels *kernels);

/* Call it outside a parallel region. */
vae_status vae__matmul_new(const vae__matmul_spec *spec, vae__matmul **matmul);
void vae__matmul_free(vae__matmul **matmul);

/* Rows of c in one unit. */
int64_t vae__matmul_unit_rows(const vae__matmul *matmul);

/* Pieces of a run over `batch` (1 … the most); depends on shape and batch alone. */
int64_t vae__matmul_units(const vae__matmul *matmul, int64_t batch);

/* Bytes that each thread must bring along in `scratch`, 64-byte aligned. */
size_t vae__matmul_scratch(const vae__matmul *matmul);

typedef struct vae__matmul_call {
    const void *a, *b, *bias;
    void *c;
    int64_t batch;
    const vae__update *update; /* with VAE__TN and float32, not with `add`; c is the library's to write to, or
                                         ours, or neither's. NULL: none */
    int thread;                /* 0 … threads - 1; no two threads may use one number at a time */
    void *scratch;
} vae__matmul_call;

/* Computes units begin … end - 1. */
void vae__matmul_run(const vae__matmul *matmul, const vae__matmul_call *call, int64_t begin, int64_t end);

/* Whether oneDNN computes the full pieces of this product. */
bool vae__matmul_uses_library(const vae__matmul *matmul);

/* For our own loop: c(m, n), with leading dimensions. */
typedef struct vae__matmul_piece {
    vae__matmul_form form;
    int64_t m, n, k;
    const void *a, *b, *bias; /* bias may be NULL */
    void *c;
    int64_t lda, ldb, ldc;
    bool relu, add;
    const vae__update *update; /* with VAE__TN and float32: instead of c, which is not touched */
    void *scratch;             /* VAE__MATMUL_SCRATCH bytes, 64-byte aligned */
} vae__matmul_piece;

enum { VAE__MATMUL_SCRATCH = 192 << 10 };

#endif
