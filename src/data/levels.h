/* The levels of a class: each different value's text, and its number. */
#ifndef VAE_DATA_LEVELS_H
#define VAE_DATA_LEVELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <vae/status.h>

/* All zero: none. */
typedef struct vae__levels {
    char **texts; /* by number */
    size_t capacity;
    int count;
    bool fixed;      /* There are no more than these. */
    uint32_t *slots; /* a hash table of numbers, each plus 1 */
    size_t slot_count;
} vae__levels;

/* Begins with levels that are known; others are refused from then on. */
vae_status vae__levels_fix(vae__levels *levels, const char *const *texts, int count);

/* The number of a level, in the order in which they came; a new one gets the next. `where` begins a message, and `row`
 * is in it. */
vae_status vae__levels_number(vae__levels *levels, const char *text, size_t length, const char *where, int64_t row,
                              int32_t *number);

/* Sorts by the numbers that the texts are, or by their bytes. moved[number] becomes the new number of a level; there is
 * room for levels->count. No level can be added afterwards. */
vae_status vae__levels_sort(vae__levels *levels, bool numbers, int32_t *moved);

/* The texts in one piece of memory, which is the caller's (vae__free) and outlives the levels. */
vae_status vae__levels_pack(const vae__levels *levels, const char ***texts);

void vae__levels_clear(vae__levels *levels);

#endif
