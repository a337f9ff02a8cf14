/*
 * Loops over raw arrays, a table row for each precision and instruction set. What a row's functions compute for an
 * element does not depend on where the element lies in the array.
 */
#ifndef VAE_KERNELS_KERNELS_H
#define VAE_KERNELS_KERNELS_H

#include <stdbool.h>
#include <stdint.h>
#include <vae/types.h>

#include "src/base/random.h"

/* Adam's step (Kingma, Ba 2015, algorithm 1), with `rate` already corrected for the bias of both moments:
 * rate = learning_rate · sqrt(1 - beta2^t) / (1 - beta1^t), and epsilon times sqrt(1 - beta2^t). */
typedef struct vae__adam {
    float rate, beta1, beta2, epsilon;
} vae__adam;

/* That step on an array: where its first value and moments are. */
typedef struct vae__update {
    const vae__adam *adam;
    float *value, *m, *v;
} vae__update;

static inline vae__update vae__update_at(const vae__update *update, int64_t offset)
{
    return (vae__update){ update->adam, update->value + offset, update->m + offset, update->v + offset };
}

/* A step of another rule, with the learning rate as it is; what a rule has no use for is 0. */
typedef struct vae__rule {
    float rate, momentum, rho, epsilon;
    bool looks_ahead;
} vae__rule;

struct vae__matmul_piece;

/* `rounds` rounds of multiply-adds that wait for nothing but the processor's units. Writes sums to `out`, which has
 * room for 64 bytes, so that they have to be computed; returns the floating-point operations, a multiply-add being two.
 */
typedef double vae__limit_loop(int64_t rounds, void *out);

typedef struct vae__kernels {
    const char *name; /* "generic", "avx2", "avx512" */
    bool float64;
    bool wide;   /* its products are of the processor's own vectors */
    int variant; /* place in every table that has a row a variant */

    /* Draws first … first + count - 1 of an example, as reals. */
    void (*uniform)(vae__draw draw, uint32_t example, uint32_t first, int64_t count, void *out);
    void (*normal)(vae__draw draw, uint32_t example, uint32_t first, int64_t count, void *out);

    /* out = u < x ? 1 : 0, u being the uniform draws first … first + count - 1, which are made only where they decide.
     * out may be x. */
    void (*binarize)(vae__draw draw, uint32_t example, uint32_t first, int64_t count, const void *x, void *out);

    /* count stored values to reals. */
    void (*convert)(vae_type type, const void *stored, int64_t count, void *out);

    /* value -= rate · m / (sqrt(v) + epsilon), after m and v took the gradient in. float32 rows only. */
    void (*adam)(const vae__update *update, int64_t count, const float *gradient);

    /* Steps of other optimisers (models/optimizers.c has the formulas); a velocity may be NULL: there is none. float32
     * rows only. */
    void (*descend)(const vae__rule *rule, int64_t count, const float *gradient, float *value, float *velocity);
    void (*adagrad)(const vae__rule *rule, int64_t count, const float *gradient, float *value, float *squares);
    void (*rmsprop)(const vae__rule *rule, int64_t count, const float *gradient, float *value, float *squares,
                    float *velocity);

    /* The largest of |values|, as the bits of a float: those of NaN are larger than all others. float32 rows only. */
    uint32_t (*magnitude)(const float *values, int64_t count);

    /* c (+)= a · b for one piece, row-major with leading dimensions; see src/kernels/matmul.h for the three forms. */
    void (*matmul)(const struct vae__matmul_piece *piece);

    vae__limit_loop *limit; /* in reals */
} vae__kernels;

enum { VAE__VARIANTS = 4 };

/* The row of a precision and an instruction set; NULL name: the best this processor has. NULL for a name that is not
 * known, or that this processor or this build does not have. */
const vae__kernels *vae__kernels_find(bool float64, const char *name);

/* The limit with bf16 factors and float32 sums; NULL: this processor or this build has no instruction for it. */
vae__limit_loop *vae__kernels_limit_bf16(void);

/* What vae_kernels tells of the float32 row of that name; a constant. */
const char *vae__kernels_text(const char *name);

#endif
