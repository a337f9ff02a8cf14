/* The operating system, as it is until a test tells it to refuse. */
#include "tests/support/system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "src/base/system.h"

static atomic_long counts[SYSTEM_KINDS], outstanding;
static long fail_at[SYSTEM_KINDS];
static int fail_with[SYSTEM_KINDS];
static bool fail_for_good[SYSTEM_KINDS];

void system_fail(system_kind kind, long n, int error, bool for_good)
{
    fail_at[kind] = atomic_load(&counts[kind]) + n;
    fail_with[kind] = error;
    fail_for_good[kind] = for_good;
}

void system_reset(void)
{
    for (int kind = 0; kind < SYSTEM_KINDS; kind++) {
        atomic_store(&counts[kind], 0);
        fail_at[kind] = 0;
    }
}

long system_count(system_kind kind)
{
    return atomic_load(&counts[kind]);
}

long system_outstanding(void)
{
    return atomic_load(&outstanding);
}

static bool fails(system_kind kind)
{
    long n = atomic_fetch_add(&counts[kind], 1) + 1;
    if (!fail_at[kind] || n < fail_at[kind] || (n > fail_at[kind] && !fail_for_good[kind]))
        return false;
    errno = fail_with[kind];
    return true;
}

void *vae__system_allocate(size_t bytes)
{
    void *memory = NULL;
    if (fails(SYSTEM_ALLOCATE) || posix_memalign(&memory, 64, bytes))
        return NULL;
    atomic_fetch_add(&outstanding, 1);
    return memory;
}

void vae__system_release(void *memory)
{
    if (memory)
        atomic_fetch_sub(&outstanding, 1);
    free(memory);
}

int vae__system_open(const char *path, int flags, int mode)
{
    return fails(SYSTEM_OPEN) ? -1 : open(path, flags, mode);
}

ssize_t vae__system_read(int file, void *bytes, size_t count)
{
    return fails(SYSTEM_READ) ? -1 : read(file, bytes, count);
}

ssize_t vae__system_write(int file, const void *bytes, size_t count)
{
    return fails(SYSTEM_WRITE) ? -1 : write(file, bytes, count);
}

int vae__system_sync(int file)
{
    return fails(SYSTEM_SYNC) ? -1 : fsync(file);
}

int vae__system_close(int file)
{
    bool failed = fails(SYSTEM_CLOSE);
    int result = close(file);
    return failed ? -1 : result;
}

int vae__system_rename(const char *from, const char *to)
{
    return fails(SYSTEM_RENAME) ? -1 : rename(from, to);
}

int vae__system_unlink(const char *path)
{
    return unlink(path);
}
