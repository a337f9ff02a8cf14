/* The operating system's stand-in: as src/base/system.c, but the n-th request of a kind can be made to fail, the
 * process to end at the n-th, and what was asked of files is kept in a log. */
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
    SYSTEM_UNLINK,
    SYSTEM_LOCK,
    SYSTEM_LIST,
    SYSTEM_KINDS
} system_kind;

/* From now on the n-th request (from 1) of this kind fails with errno `error`; with `for_good`, so do all later ones.
 */
void system_fail(system_kind kind, long n, int error, bool for_good);

/* From now on the process ends (_exit with SYSTEM_ENDED) in place of the n-th request (from 1) but for memory. */
void system_end(long n);
enum { SYSTEM_ENDED = 77 };

/* Before the n-th request (from 1) of this kind from now on `function` is called: what another process might do then.
 */
void system_meanwhile(system_kind kind, long n, void (*function)(void));

/* All requests succeed again; the counts start at 0, and the log is empty. */
void system_reset(void);

/* Requests of a kind since the reset. */
long system_count(system_kind kind);

/* Requests but for memory since the reset. */
long system_files_count(void);

/* A request that was made of files, whether it succeeded or not. */
typedef struct system_request {
    system_kind kind;
    int file;       /* -1: it has none, or opening failed */
    char path[160]; /* cut where it is longer; "" where it has none; of what is renamed the old one */
    char to[160];   /* of what is renamed the new one */
} system_request;

/* The i-th request (from 0) but for memory since the reset, of the first 256. */
const system_request *system_request_at(long i);

/* Allocations that were not released yet, since the program started. */
long system_outstanding(void);

#endif
