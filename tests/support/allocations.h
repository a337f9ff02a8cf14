/*
 * Counts every allocation of the process, whoever makes it: libvae, oneDNN, OpenMP, the C library. It defines malloc
 * and its kin, so one file of a program includes it. Under sanitizers, and without glibc, nothing is counted.
 */
#ifndef VAE_TESTS_ALLOCATIONS_H
#define VAE_TESTS_ALLOCATIONS_H

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ALLOCATIONS_COUNTED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define ALLOCATIONS_COUNTED 0
#endif
#endif
#if !defined(ALLOCATIONS_COUNTED) && defined(__GLIBC__)
#define ALLOCATIONS_COUNTED 1
#endif
#ifndef ALLOCATIONS_COUNTED
#define ALLOCATIONS_COUNTED 0
#endif

static atomic_long allocations; /* since the program started */

#if ALLOCATIONS_COUNTED
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void *memalign(size_t alignment, size_t size);

void *malloc(size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    *memory = memalign(alignment, size);
    return *memory ? 0 : ENOMEM;
}
#endif

#endif
