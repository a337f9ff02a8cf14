/*
 * Matrix products, cut by shape into units that threads share; one unit is computed by one thread, in one order.
 *
 *     VAE__NN   c(m, n) = a(m, k) · b(k, n)    forward: m runs over the batch
 *     VAE__NT   c(m, n) = a(m, k) · b(n, k)ᵀ   gradient of the data: m runs over the batch
 *     VAE__TN   c(m, n) = a(k, m)ᵀ · b(k, n)   gradient of the weight: k runs over the batch
 *
 * All matrices are packed and row-major. oneDNN computes the full pieces where it was built in, is not refused, and the
 * precision is float32; our own loop computes all else: float64, and pieces too small to be worth a primitive.
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
    bool bias;       /* c = … + bias(n) */
    bool relu;       /* c = max(…, 0), after the bias */
    bool add;        /* c += …; not with bias or relu */
    int threads;     /* most threads that will run it at a time */
    bool no_onednn;
    const vae__kernels *kernels;
} vae__matmul_spec;

typedef struct vae__matmul vae__matmul;

/* The primitive for full pieces, and scratch for it; remainders are the plain loop's, so that the last bits of a row
 * may depend on the number of rows in its run. Call it outside a parallel region. */
vae_status vae__matmul_new(const vae__matmul_spec *spec, vae__matmul **matmul);
void vae__matmul_free(vae__matmul **matmul);

/* Pieces of a run over `batch` (1 … the most); depends on shape and batch alone. */
int64_t vae__matmul_units(const vae__matmul *matmul, int64_t batch);

/* Bytes that each thread must bring along in `scratch`, 64-byte aligned. */
size_t vae__matmul_scratch(const vae__matmul *matmul);

typedef struct vae__matmul_call {
    const void *a, *b, *bias;
    void *c;
    int64_t batch;
    int thread; /* 0 … threads - 1; no two threads may use one number at a time */
    void *scratch;
} vae__matmul_call;

/* Computes units begin … end - 1. */
void vae__matmul_run(const vae__matmul *matmul, const vae__matmul_call *call, int64_t begin, int64_t end);

/* Whether oneDNN computes the full pieces of this product. */
bool vae__matmul_uses_library(const vae__matmul *matmul);

/* For the plain loop: c(m, n), with leading dimensions. */
typedef struct vae__matmul_piece {
    vae__matmul_form form;
    int64_t m, n, k;
    const void *a, *b, *bias; /* bias may be NULL */
    void *c;
    int64_t lda, ldb, ldc;
    bool relu, add;
} vae__matmul_piece;

#endif
