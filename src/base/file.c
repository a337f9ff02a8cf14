/* Reading and writing whole files, on the requests of system.h alone. */
#include "src/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
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

/* A file to write, and what is needed to do so. */
typedef struct target {
    char *path; /* what links lead to */
    char *temporary;
    int folder;    /* open; -1: not yet */
    bool replaces; /* a file stands there, */
    mode_t mode;   /* … with these permissions */
} target;

/* Creates the temporary file: one that is not there yet, or that a process of the same number left behind. Nobody may
 * read it whom the file it replaces kept out. */
static int create(const target *to)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode = to->replaces ? (int)to->mode : 0666;
    int file = vae__system_open(to->temporary, flags, mode);
    if (file < 0 && errno == EEXIST && !vae__system_unlink(to->temporary))
        file = vae__system_open(to->temporary, flags, mode);
    return file;
}

static vae_status write_temporary(const target *to, const void *bytes, size_t size)
{
    int file = create(to);
    if (file < 0)
        return vae__error_errno(to->temporary, "cannot create");
    /* Where permissions cannot be set they are narrower than the old ones, which is no reason to lose the contents. */
    if (to->replaces)
        (void)!fchmod(file, to->mode);
    vae_status status = write_all(to->path, file, bytes, size);
    if (vae__system_close(file) && !status.code)
        status = vae__error_errno(to->path, "cannot close");
    if (status.code)
        vae__system_unlink(to->temporary);
    return status;
}

/* The new file takes the old one's place, for good: a folder's entries are brought to the disk by syncing the folder.
 */
static vae_status replace(const target *to)
{
    if (vae__system_rename(to->temporary, to->path)) {
        vae_status status = vae__error_errno(to->path, "cannot put the new file in its place");
        vae__system_unlink(to->temporary);
        return status;
    }
    if (vae__system_sync(to->folder) && errno != EINVAL && errno != ENOTSUP)
        return vae__error_errno(to->path, "is written, but its folder cannot be brought to the disk");
    return vae__ok();
}

/* The path, or what it leads to if it is a link. */
static vae_status follow(const char *path, char **followed)
{
    struct stat about;
    if (lstat(path, &about) || !S_ISLNK(about.st_mode))
        return vae__copy_string(path, followed);
    VAE__TRY(vae__allocate("a file name", PATH_MAX, 1, followed));
    return realpath(path, *followed) ? vae__ok() : vae__error_errno(path, "cannot follow this link");
}

/* No two threads of any two processes write to one temporary file. */
static vae_status temporary_name(const char *path, char **temporary)
{
    size_t size = strlen(path) + 64;
    VAE__TRY(vae__allocate("a file name", size, 1, temporary));
    snprintf(*temporary, size, "%s.%ld-%lx.tmp", path, (long)getpid(), (unsigned long)pthread_self());
    return vae__ok();
}

static vae_status open_folder(target *to)
{
    char *folder = NULL;
    VAE__TRY(folder_of(to->path, &folder));
    to->folder = vae__system_open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    vae__free(folder);
    return to->folder < 0 ? vae__error_errno(to->path, "cannot open its folder") : vae__ok();
}

/* The folder is opened first: where that is refused nothing is written. */
static vae_status prepare(const char *path, target *to)
{
    *to = (target){ .folder = -1 };
    VAE__TRY(follow(path, &to->path));
    VAE__TRY(temporary_name(to->path, &to->temporary));
    struct stat about;
    to->replaces = !stat(to->path, &about);
    if (to->replaces && !S_ISREG(about.st_mode))
        return vae__error(VAE_ERROR_FILE, "%s: expected a file to write to, found a %s", path,
                          S_ISDIR(about.st_mode) ? "folder" : "special file");
    if (to->replaces)
        to->mode = about.st_mode & 07777;
    return open_folder(to);
}

static void clear(target *to)
{
    if (to->folder >= 0)
        vae__system_close(to->folder);
    vae__free(to->path);
    vae__free(to->temporary);
}

vae_status vae__file_write(const char *path, const void *bytes, size_t size)
{
    target to;
    vae_status status = prepare(path, &to);
    if (!status.code)
        status = write_temporary(&to, bytes, size);
    if (!status.code)
        status = replace(&to);
    clear(&to);
    return status;
}

/* Creates what writing would create, and removes it: permissions alone do not tell whether it can be done. */
static vae_status try_temporary(const target *to)
{
    int file = create(to);
    if (file < 0)
        return vae__error_errno(to->path, "cannot be written, for its folder");
    vae__system_close(file);
    vae__system_unlink(to->temporary);
    return vae__ok();
}

vae_status vae__file_check_writable(const char *path)
{
    if (!*path)
        return vae__error(VAE_ERROR_FILE, "expected a file name to write to, found an empty one");
    target to;
    vae_status status = prepare(path, &to);
    if (!status.code)
        status = try_temporary(&to);
    clear(&to);
    return status;
}
