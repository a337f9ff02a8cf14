/* The operating system's stand-in: as src/base/system.c, but the n-th request of a kind can be made to fail. */
#ifndef VAE_TESTS_SYSTEM_H
#define VAE_TESTS_SYSTEM_H

#include <stdbool.h>

typedef enum system_kind {
    SYSTEM_ALLOCATE,
    SYSTEM_OPEN,
    SYSTEM_READ,
    SYSTEM_WRITE,
    SYSTEM_SYNC,
    SYSTEM_CLOSE,
    SYSTEM_RENAME,
    SYSTEM_KINDS
} system_kind;

/* From now on the n-th request (from 1) of this kind fails with errno `error`; with `for_good`, so do all later ones.
 */
void system_fail(system_kind kind, long n, int error, bool for_good);

/* All requests succeed again; the counts start at 0. */
void system_reset(void);

/* Requests of a kind since the reset. */
long system_count(system_kind kind);

/* Allocations that were not released yet, since the program started. */
long system_outstanding(void);

#endif
