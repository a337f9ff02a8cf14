/*
 * Random numbers without state: Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as
 * 1, 2, 3"), a function from a key and a counter to four words.
 *
 * The layout is a contract, for it decides what a seed means:
 *     key     = seed (its low word, its high word)
 *     counter = (element / 4, example, epoch or step, stream)
 * and word element % 4 of the four is the draw. A stream is a hash of a purpose and a label ("train", "noise"), so two
 * uses of one seed never share numbers. There is nothing to save and threads need no order.
 */
#ifndef VAE_BASE_RANDOM_H
#define VAE_BASE_RANDOM_H

#include <stdint.h>

typedef struct vae__draw {
    uint64_t seed;
    uint32_t stream;
    uint32_t step; /* epoch or step */
} vae__draw;

/* The stream of a purpose and a label: FNV-1a of "purpose/label". */
uint32_t vae__random_stream(const char *purpose, const char *label);

/* The four words of element / 4. */
void vae__random_block(vae__draw draw, uint32_t example, uint32_t block, uint32_t words[4]);

/* One word: the draw of `element`. */
uint32_t vae__random_word(vae__draw draw, uint32_t example, uint32_t element);

/* Uniform in [0, 1): the upper 24 bits of a word. Exact in float and double. */
static inline float vae__random_uniform(uint32_t word)
{
    return (float)(word >> 8) * 0x1p-24f;
}

/* Fills order[count] with a permutation of 0 … count - 1 (Fisher and Yates): a function of the draw and the count. */
void vae__random_permutation(vae__draw draw, int64_t count, uint32_t *order);

/* One round of Philox on four words, for the vectorised fill in src/kernels as well. */
static inline void vae__philox_round(uint32_t c[4], uint32_t k0, uint32_t k1)
{
    uint64_t first = (uint64_t)0xD2511F53u * c[0], second = (uint64_t)0xCD9E8D57u * c[2];
    uint32_t c1 = c[1], c3 = c[3];
    c[0] = (uint32_t)(second >> 32) ^ c1 ^ k0;
    c[1] = (uint32_t)second;
    c[2] = (uint32_t)(first >> 32) ^ c3 ^ k1;
    c[3] = (uint32_t)first;
}

/* All ten rounds, in place. */
static inline void vae__philox(uint32_t c[4], uint64_t seed)
{
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++) {
        vae__philox_round(c, k0, k1);
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
}

#endif
