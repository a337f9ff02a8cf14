/* Sound checkpoints for the harnesses to damage, and what a damaged one is asked to do. */
#ifndef VAE_TESTS_FUZZ_CHECKPOINTS_H
#define VAE_TESTS_FUZZ_CHECKPOINTS_H

#include <stddef.h>
#include <stdint.h>

enum { FUZZ_CHECKPOINTS = 2 };

/* A small one; and one with a condition of each kind, fitted constants, missing values, and sources. The caller frees
 * *bytes. */
void fuzz_checkpoint_make(int which, uint8_t **bytes, size_t *size);

/* What a damaged checkpoint is asked to do. */
typedef enum fuzz_load {
    FUZZ_WHOLLY,
    FUZZ_MODEL_ALONE,
    FUZZ_VERIFIED, /* verified, then loaded wholly: what is whole loads */
    FUZZ_LOADS
} fuzz_load;

/* Loads these bytes, and encodes and decodes a row with what was loaded. */
void fuzz_checkpoint_load(const uint8_t *bytes, size_t size, fuzz_load how);

/* The counters of coverage; they are read where no counter and no red zone is in the way. `from` NULL: zeros. */
uint8_t *fuzz_counters(size_t *count);
void fuzz_copy_counters(uint8_t *to, const uint8_t *from, size_t count);

#endif
