/* The operating system, as it is until a test tells it to refuse. */
#include "tests/support/system.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "src/base/system.h"

static atomic_long counts[SYSTEM_KINDS], outstanding;
static long fail_at[SYSTEM_KINDS];
static int fail_with[SYSTEM_KINDS];
static bool fail_for_good[SYSTEM_KINDS];

static long call_at[SYSTEM_KINDS];
static void (*call[SYSTEM_KINDS])(void);

enum { LOGGED = 256 };
static system_request logged[LOGGED];
static atomic_long requests; /* of files */
static long end_at;

void system_fail(system_kind kind, long n, int error, bool for_good)
{
    fail_at[kind] = atomic_load(&counts[kind]) + n;
    fail_with[kind] = error;
    fail_for_good[kind] = for_good;
}

void system_meanwhile(system_kind kind, long n, void (*function)(void))
{
    call_at[kind] = atomic_load(&counts[kind]) + n;
    call[kind] = function;
}

void system_end(long n)
{
    end_at = atomic_load(&requests) + n;
}

void system_reset(void)
{
    atomic_store(&requests, 0);
    end_at = 0;
    for (int kind = 0; kind < SYSTEM_KINDS; kind++) {
        atomic_store(&counts[kind], 0);
        fail_at[kind] = 0;
        call_at[kind] = 0;
    }
}

long system_count(system_kind kind)
{
    return atomic_load(&counts[kind]);
}

long system_files_count(void)
{
    return atomic_load(&requests);
}

const system_request *system_request_at(long i)
{
    return &logged[i];
}

long system_outstanding(void)
{
    return atomic_load(&outstanding);
}

static bool fails(system_kind kind)
{
    long n = atomic_fetch_add(&counts[kind], 1) + 1;
    if (n == call_at[kind])
        call[kind]();
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

/* Logs a request of files, and ends the process there if it was told to. The place in the log; NULL: it is full. */
static system_request *note(system_kind kind, int file, const char *path, const char *to)
{
    long number = atomic_fetch_add(&requests, 1);
    if (number + 1 == end_at)
        _exit(SYSTEM_ENDED);
    if (number >= LOGGED)
        return NULL;
    system_request *request = &logged[number];
    *request = (system_request){ .kind = kind, .file = file };
    snprintf(request->path, sizeof request->path, "%s", path);
    snprintf(request->to, sizeof request->to, "%s", to);
    return request;
}

int vae__system_open(const char *path, int flags, int mode)
{
    system_request *request = note(SYSTEM_OPEN, -1, path, "");
    int file = fails(SYSTEM_OPEN) ? -1 : open(path, flags, mode);
    if (request)
        request->file = file;
    return file;
}

ssize_t vae__system_read(int file, void *bytes, size_t count)
{
    note(SYSTEM_READ, file, "", "");
    return fails(SYSTEM_READ) ? -1 : read(file, bytes, count);
}

ssize_t vae__system_write(int file, const void *bytes, size_t count)
{
    note(SYSTEM_WRITE, file, "", "");
    return fails(SYSTEM_WRITE) ? -1 : write(file, bytes, count);
}

int vae__system_sync(int file)
{
    note(SYSTEM_SYNC, file, "", "");
    return fails(SYSTEM_SYNC) ? -1 : fsync(file);
}

int vae__system_close(int file)
{
    note(SYSTEM_CLOSE, file, "", "");
    bool failed = fails(SYSTEM_CLOSE);
    int result = close(file);
    return failed ? -1 : result;
}

int vae__system_rename(const char *from, const char *to)
{
    note(SYSTEM_RENAME, -1, from, to);
    return fails(SYSTEM_RENAME) ? -1 : rename(from, to);
}

int vae__system_unlink(const char *path)
{
    note(SYSTEM_UNLINK, -1, path, "");
    return fails(SYSTEM_UNLINK) ? -1 : unlink(path);
}

int vae__system_lock(int file)
{
    note(SYSTEM_LOCK, file, "", "");
    return fails(SYSTEM_LOCK) ? -1 : flock(file, LOCK_EX | LOCK_NB);
}

int vae__system_list(const char *folder, void (*visit)(void *context, const char *name), void *context)
{
    note(SYSTEM_LIST, -1, folder, "");
    DIR *listed = fails(SYSTEM_LIST) ? NULL : opendir(folder);
    if (!listed)
        return -1;
    for (const struct dirent *entry = readdir(listed); entry; entry = readdir(listed))
        visit(context, entry->d_name);
    return closedir(listed);
}
