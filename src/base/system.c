/* The requests of system.h, as the operating system answers them. */
#include "src/base/system.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

/* Large blocks lie on pages of 2 MB where the system has them for the asking: a data set is then paged in by the
 * dozen, not by the ten thousand, and what lies together in the memory of a weight lies so in the caches. */
static const size_t LARGE_PAGE = (size_t)1 << 21, LARGE_BLOCK = (size_t)1 << 20;

void *vae__system_allocate(size_t bytes)
{
    void *memory = NULL;
    if (bytes > SIZE_MAX - LARGE_PAGE)
        return NULL;
    if (bytes >= LARGE_BLOCK)
        bytes = (bytes + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
    if (posix_memalign(&memory, bytes >= LARGE_BLOCK ? LARGE_PAGE : 64, bytes))
        return NULL;
#ifdef MADV_HUGEPAGE
    /* Refused, all is as it would have been. */
    if (bytes >= LARGE_BLOCK)
        (void)madvise(memory, bytes, MADV_HUGEPAGE);
#endif
    return memory;
}

void vae__system_release(void *memory)
{
    free(memory);
}

int vae__system_open(const char *path, int flags, int mode)
{
    return open(path, flags, mode);
}

ssize_t vae__system_read(int file, void *bytes, size_t count)
{
    return read(file, bytes, count);
}

ssize_t vae__system_write(int file, const void *bytes, size_t count)
{
    return write(file, bytes, count);
}

int vae__system_sync(int file)
{
    return fsync(file);
}

int vae__system_close(int file)
{
    return close(file);
}

int vae__system_rename(const char *from, const char *to)
{
    return rename(from, to);
}

int vae__system_unlink(const char *path)
{
    return unlink(path);
}

int vae__system_lock(int file)
{
    return flock(file, LOCK_EX | LOCK_NB);
}

int vae__system_list(const char *folder, void (*visit)(void *context, const char *name), void *context)
{
    DIR *listed = opendir(folder);
    if (!listed)
        return -1;
    for (const struct dirent *entry = readdir(listed); entry; entry = readdir(listed))
        visit(context, entry->d_name);
    return closedir(listed);
}
