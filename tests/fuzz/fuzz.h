/* What the harnesses share: files that are only in memory, and inputs taken apart. */
#ifndef VAE_TESTS_FUZZ_H
#define VAE_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <vae/status.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* ---- tests/fuzz/system.c ----------------------------------------------------------------------------------------- */

/* From now on every path that ends so is a file of these bytes, which stay the caller's; a path that ends in no such
 * way is not there. What was told before of the same ending is forgotten. */
void fuzz_file(const char *ending, const void *bytes, size_t size);

/* No allocation of the library's above so many bytes succeeds: how it fails is a part of what is tried, and an input
 * cannot ask for minutes of filling memory. */
void fuzz_most_memory(size_t bytes);

/* ---- Inputs ------------------------------------------------------------------------------------------------------ */

/* What is left of an input; at its end everything taken is 0. */
typedef struct fuzz_input {
    const uint8_t *at;
    size_t left;
} fuzz_input;

static inline const uint8_t *fuzz_take_bytes(fuzz_input *input, size_t wanted, size_t *count)
{
    const uint8_t *bytes = input->at;
    *count = wanted < input->left ? wanted : input->left;
    input->at += *count;
    input->left -= *count;
    return bytes;
}

static inline uint64_t fuzz_take(fuzz_input *input, size_t width)
{
    size_t count;
    uint64_t value = 0;
    const uint8_t *bytes = fuzz_take_bytes(input, width, &count);
    for (size_t i = 0; i < count; i++)
        value |= (uint64_t)bytes[i] << 8 * i;
    return value;
}

/* ---- Findings ---------------------------------------------------------------------------------------------------- */

static inline void fuzz_expect(int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "FINDING: %s\n", what);
    abort();
}

/* A status is well, or has a code and one line for people. */
static inline int fuzz_is_well(vae_status status)
{
    if (!status.code)
        return 1;
    size_t length = 0;
    for (; length < sizeof status.message && status.message[length]; length++)
        fuzz_expect(status.message[length] != '\n', "a message of more than one line");
    fuzz_expect(length && length < sizeof status.message, "a message that is empty, or has no end");
    return 0;
}

#endif
