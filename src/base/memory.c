/* Allocation, and how much of it the machine has left. */
#include "src/base/memory.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "src/base/status.h"
#include "src/base/system.h"

void *vae__alloc(size_t count, size_t size)
{
    if (size && count > (SIZE_MAX - 64) / size)
        return NULL;
    size_t bytes = count * size;
    void *memory = vae__system_allocate(bytes ? bytes : 1);
    if (memory)
        memset(memory, 0, bytes);
    return memory;
}

void vae__free(void *memory)
{
    vae__system_release(memory);
}

vae_status vae__allocate(const char *what, size_t count, size_t size, void *memory)
{
    void *fresh = vae__alloc(count, size);
    memcpy(memory, &fresh, sizeof fresh);
    return fresh ? vae__ok() : vae__error_memory(what, size && count > SIZE_MAX / size ? SIZE_MAX : count * size);
}

vae_status vae__grow(const char *what, void *array, size_t *capacity, size_t needed, size_t size)
{
    if (needed <= *capacity)
        return vae__ok();
    size_t wanted = *capacity * 2 > needed ? *capacity * 2 : needed;
    void *fresh = NULL, *old = NULL;
    VAE__TRY(vae__allocate(what, wanted, size, &fresh));
    memcpy(&old, array, sizeof old);
    if (old)
        memcpy(fresh, old, *capacity * size);
    vae__free(old);
    memcpy(array, &fresh, sizeof fresh);
    *capacity = wanted;
    return vae__ok();
}

vae_status vae__copy_string(const char *text, char **copy)
{
    size_t length = text ? strlen(text) : 0;
    VAE__TRY(vae__allocate("a string", length + 1, 1, copy));
    if (length)
        memcpy(*copy, text, length);
    return vae__ok();
}

/* MemAvailable of /proc/meminfo where there is one, else all physical memory. */
static size_t machine_memory(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    size_t bytes = pages > 0 && page > 0 ? (size_t)pages * (size_t)page : SIZE_MAX;
    FILE *file = fopen("/proc/meminfo", "r");
    if (!file)
        return bytes;
    char line[128];
    uint64_t kilobytes;
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "MemAvailable: %" SCNu64 " kB", &kilobytes) == 1)
            bytes = (size_t)kilobytes * 1024;
    fclose(file);
    return bytes;
}

/* Bytes of address space that are taken, as far as the system tells. */
static size_t mapped_memory(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long page = sysconf(_SC_PAGESIZE);
    uint64_t pages = 0;
    if (!file)
        return 0;
    if (fscanf(file, "%" SCNu64, &pages) != 1 || page < 1)
        pages = 0;
    fclose(file);
    return (size_t)pages * (size_t)page;
}

size_t vae__memory_available(void)
{
    size_t available = machine_memory();
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) || limit.rlim_cur == RLIM_INFINITY)
        return available;
    size_t mapped = mapped_memory(), left = limit.rlim_cur > mapped ? (size_t)limit.rlim_cur - mapped : 0;
    return left < available ? left : available;
}

size_t vae__memory_peak(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) || usage.ru_maxrss < 0)
        return 0;
#ifdef __APPLE__
    return (size_t)usage.ru_maxrss;
#else
    return (size_t)usage.ru_maxrss * 1024;
#endif
}

vae_status vae__memory_check_rows(const char *what, int64_t rows, size_t bytes)
{
    size_t available = vae__memory_available();
    if ((uint64_t)rows <= available / bytes)
        return vae__ok();
    return vae__error(VAE_ERROR_MEMORY,
                      "%s: %" PRId64 " rows of %zu bytes do not fit in memory, of which %zu bytes are available", what,
                      rows, bytes, available);
}
