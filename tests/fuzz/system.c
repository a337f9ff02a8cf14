/* The requests of src/base/system.h as the operating system answers them, but for files that are read, which are in
 * memory, and for memory, of which there is not more than was told. */
#define _GNU_SOURCE /* memfd_create */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

enum { MOST_FILES = 8 };

static struct {
    const char *ending;
    const void *bytes;
    size_t size;
} files[MOST_FILES];
static size_t most_memory = SIZE_MAX;

void fuzz_file(const char *ending, const void *bytes, size_t size)
{
    int i = 0;
    while (i < MOST_FILES - 1 && files[i].ending && strcmp(files[i].ending, ending))
        i++;
    files[i].ending = ending;
    files[i].bytes = bytes;
    files[i].size = size;
}

void fuzz_most_memory(size_t bytes)
{
    most_memory = bytes;
}

static int open_bytes(const void *bytes, size_t size)
{
    int file = memfd_create("fuzz", MFD_CLOEXEC);
    for (size_t done = 0; file >= 0 && done < size;) {
        ssize_t more = write(file, (const char *)bytes + done, size - done);
        fuzz_expect(more > 0, "no memory for a file");
        done += (size_t)more;
    }
    if (file >= 0)
        lseek(file, 0, SEEK_SET);
    return file;
}

static int open_file(const char *path, int flags, int mode)
{
    if ((flags & O_ACCMODE) != O_RDONLY || flags & O_DIRECTORY)
        return open(path, flags, mode);
    for (int i = 0; i < MOST_FILES && files[i].ending; i++) {
        size_t length = strlen(path), ending = strlen(files[i].ending);
        if (length >= ending && !strcmp(path + length - ending, files[i].ending))
            return open_bytes(files[i].bytes, files[i].size);
    }
    errno = ENOENT;
    return -1;
}

static int allocate(void **memory, size_t alignment, size_t bytes)
{
    return bytes > most_memory ? ENOMEM : posix_memalign(memory, alignment, bytes);
}

#define open           open_file
#define posix_memalign allocate
#include "src/base/system.c"
