#include "src/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/base/system.h"

static vae_status read_all(const char *path, int file, unsigned char *bytes, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t count = vae__system_read(file, bytes + done, size - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return vae__error_errno(path, "cannot read");
        if (!count)
            return vae__error(VAE_ERROR_FILE, "%s: ended after %zu of %zu bytes while being read", path, done, size);
        done += (size_t)count;
    }
    return vae__ok();
}

static vae_status read_opened(const char *path, int file, size_t limit, unsigned char **bytes, size_t *size)
{
    struct stat about;
    if (fstat(file, &about))
        return vae__error_errno(path, "cannot look at it");
    if (!S_ISREG(about.st_mode))
        return vae__error(VAE_ERROR_FILE, "%s: expected a plain file, found a %s", path,
                          S_ISDIR(about.st_mode) ? "folder" : "special file");
    if ((size_t)about.st_size > limit)
        return vae__error(VAE_ERROR_FILE, "%s: has %lld bytes, more than the %zu that may be read", path,
                          (long long)about.st_size, limit);
    *size = (size_t)about.st_size;
    VAE__TRY(vae__allocate(path, *size, 1, bytes));
    vae_status status = read_all(path, file, *bytes, *size);
    if (status.code) {
        vae__free(*bytes);
        *bytes = NULL;
    }
    return status;
}

vae_status vae__file_read(const char *path, size_t limit, unsigned char **bytes, size_t *size)
{
    *bytes = NULL;
    *size = 0;
    int file = vae__system_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
    if (file < 0)
        return vae__error_errno(path, "cannot open");
    vae_status status = read_opened(path, file, limit, bytes, size);
    vae__system_close(file);
    return status;
}

/* The folder a path lies in: "." without a slash. The caller owns *folder. */
static vae_status folder_of(const char *path, char **folder)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return vae__copy_string(".", folder);
    VAE__TRY(vae__copy_string(path, folder));
    (*folder)[slash == path ? 1 : slash - path] = 0;
    return vae__ok();
}

static vae_status write_all(const char *path, int file, const unsigned char *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t count = vae__system_write(file, bytes + done, size - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return vae__error_errno(path, "cannot write");
        done += (size_t)count;
    }
    if (vae__system_sync(file))
        return vae__error_errno(path, "cannot bring it to the disk");
    return vae__ok();
}

/* Creates the temporary file: one that is not there yet, or that a process of the same number left behind. */
static int create(const char *temporary)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    int file = vae__system_open(temporary, flags, 0666);
    if (file < 0 && errno == EEXIST && !vae__system_unlink(temporary))
        file = vae__system_open(temporary, flags, 0666);
    return file;
}

static vae_status write_temporary(const char *path, const char *temporary, const void *bytes, size_t size)
{
    int file = create(temporary);
    if (file < 0)
        return vae__error_errno(temporary, "cannot create");
    vae_status status = write_all(path, file, bytes, size);
    if (vae__system_close(file) && !status.code)
        status = vae__error_errno(path, "cannot close");
    if (status.code)
        vae__system_unlink(temporary);
    return status;
}

/* The new file takes the old one's place, for good: a folder's entries are brought to the disk by syncing the folder.
 */
static vae_status replace(const char *path, const char *temporary, int folder)
{
    if (vae__system_rename(temporary, path)) {
        vae_status status = vae__error_errno(path, "cannot put the new file in its place");
        vae__system_unlink(temporary);
        return status;
    }
    if (vae__system_sync(folder) && errno != EINVAL && errno != ENOTSUP)
        return vae__error_errno(path, "is written, but its folder cannot be brought to the disk");
    return vae__ok();
}

/* No two threads of any two processes write to one temporary file. */
static vae_status temporary_name(const char *path, char **temporary)
{
    size_t size = strlen(path) + 64;
    VAE__TRY(vae__allocate("a file name", size, 1, temporary));
    snprintf(*temporary, size, "%s.%ld-%lx.tmp", path, (long)getpid(), (unsigned long)pthread_self());
    return vae__ok();
}

/* The folder is opened first: where that is refused nothing is written. */
static vae_status write_in_folder(const char *path, const char *temporary, const char *folder, const void *bytes,
                                  size_t size)
{
    int opened = vae__system_open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (opened < 0)
        return vae__error_errno(path, "cannot open its folder");
    vae_status status = write_temporary(path, temporary, bytes, size);
    if (!status.code)
        status = replace(path, temporary, opened);
    vae__system_close(opened);
    return status;
}

vae_status vae__file_write(const char *path, const void *bytes, size_t size)
{
    char *temporary = NULL, *folder = NULL;
    vae_status status = temporary_name(path, &temporary);
    if (!status.code)
        status = folder_of(path, &folder);
    if (!status.code)
        status = write_in_folder(path, temporary, folder, bytes, size);
    vae__free(temporary);
    vae__free(folder);
    return status;
}

vae_status vae__file_check_writable(const char *path)
{
    struct stat about;
    if (!*path)
        return vae__error(VAE_ERROR_FILE, "expected a file name to write to, found an empty one");
    if (!stat(path, &about) && S_ISDIR(about.st_mode))
        return vae__error(VAE_ERROR_FILE, "%s: expected a file to write to, found a folder", path);
    char *folder = NULL;
    VAE__TRY(folder_of(path, &folder));
    vae_status status = vae__ok();
    if (stat(folder, &about))
        status = vae__error_errno(path, "cannot be written, for its folder");
    else if (!S_ISDIR(about.st_mode))
        status = vae__error(VAE_ERROR_FILE, "%s: cannot be written, for %s is no folder", path, folder);
    else if (access(folder, W_OK | X_OK))
        status = vae__error_errno(path, "cannot be written, for its folder");
    vae__free(folder);
    return status;
}
