/* What is drawn a word at a time; the vectorised fill is in src/kernels/noise.c. */
#include "src/base/random.h"

__extension__ typedef unsigned __int128 wide;

static uint32_t hash(uint32_t state, const char *text)
{
    for (; *text; text++)
        state = (state ^ (unsigned char)*text) * 16777619u;
    return state;
}

uint32_t vae__random_stream(const char *purpose, const char *label)
{
    return hash(hash(hash(2166136261u, purpose), "/"), label);
}

void vae__random_block(vae__draw draw, uint32_t example, uint32_t block, uint32_t words[4])
{
    words[0] = block;
    words[1] = example;
    words[2] = draw.step;
    words[3] = draw.stream;
    vae__philox(words, draw.seed);
}

uint32_t vae__random_word(vae__draw draw, uint32_t example, uint32_t element)
{
    uint32_t words[4];
    vae__random_block(draw, example, element / 4, words);
    return words[element % 4];
}

/* A number in 0 … bound - 1 without bias to speak of: 64 random bits times the bound, the upper part
 * (a remainder of less than bound / 2^64). */
static uint32_t below(vae__draw draw, uint32_t index, uint32_t bound)
{
    uint32_t words[4];
    vae__random_block(draw, 0, index, words);
    uint64_t bits = (uint64_t)words[1] << 32 | words[0];
    return (uint32_t)(((wide)bits * bound) >> 64);
}

void vae__random_permutation(vae__draw draw, int64_t count, uint32_t *order)
{
    for (int64_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    for (int64_t i = count - 1; i > 0; i--) {
        uint32_t other = below(draw, (uint32_t)i, (uint32_t)i + 1), mine = order[i];
        order[i] = order[other];
        order[other] = mine;
    }
}
