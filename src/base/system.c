/* The requests of system.h, as the operating system answers them. */
#include "src/base/system.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *vae__system_allocate(size_t bytes)
{
    void *memory = NULL;
    return posix_memalign(&memory, 64, bytes) ? NULL : memory;
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
