/* Reading and writing whole files, on the requests of system.h alone. */
#include "src/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/base/system.h"
#include "src/base/temporary.h"

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

/* What was not written, and why: the one reason that nobody expects is told in full. */
static vae_status cannot_write(const char *path, size_t size)
{
    struct rlimit most;
    if (errno != EFBIG || getrlimit(RLIMIT_FSIZE, &most) || most.rlim_cur == RLIM_INFINITY)
        return vae__error_errno(path, "cannot write");
    return vae__error(
        VAE_ERROR_FILE,
        "%s: cannot write: File too large: it has %zu bytes, and files may have %llu (the limit of ulimit -f)", path,
        size, (unsigned long long)most.rlim_cur);
}

static vae_status write_all(const char *path, int file, const unsigned char *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t count = vae__system_write(file, bytes + done, size - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (!count)
            errno = EIO;
        if (count <= 0)
            return cannot_write(path, size);
        done += (size_t)count;
    }
    return vae__ok();
}

/* Beyond RLIMIT_FSIZE a write also raises SIGXFSZ, of which a process dies unless told otherwise. Its host is to get a
 * status: the signal is kept from this thread meanwhile, and one that a write of ours raised is taken away. */
static vae_status write_quietly(const char *path, int file, const void *bytes, size_t size)
{
    sigset_t signal, before, pending;
    sigemptyset(&signal);
    sigaddset(&signal, SIGXFSZ);
    sigemptyset(&pending);
    pthread_sigmask(SIG_BLOCK, &signal, &before);
    sigpending(&pending);
    vae_status status = write_all(path, file, bytes, size);
    if (status.code && !sigismember(&pending, SIGXFSZ))
        (void)sigtimedwait(&signal, NULL, &(struct timespec){ 0 });
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

/* A signal may interrupt it on some file systems; it is begun again. */
static int sync_again(int file)
{
    int result = vae__system_sync(file);
    while (result && errno == EINTR)
        result = vae__system_sync(file);
    return result;
}

/* A file to write, and what is needed to do so. */
typedef struct target {
    char *path; /* what links lead to */
    char *folder_name;
    char *temporary;
    int file;      /* the temporary file, open and so locked; -1: there is none */
    int folder;    /* open; -1: not yet */
    bool replaces; /* a file stands there, */
    mode_t mode;   /* … with these permissions … */
    gid_t group;   /* … of this group */
} target;

/* Nobody may read the temporary file whom the file it replaces kept out. What killed processes left goes first: it may
 * be what fills the disk. */
static int create(target *to)
{
    vae__temporary_sweep(to->folder_name, to->path, to->temporary);
    to->file = vae__temporary_create(to->path, to->replaces ? (int)(to->mode & ~(mode_t)S_IRWXG) : 0666, to->temporary);
    return to->file;
}

/* Where they cannot be set they are narrower than the old ones, which is no reason to lose the contents: in another
 * group than the old file's nobody may do what the others may not. */
static void hand_on_permissions(const target *to)
{
    mode_t mode = to->mode;
    struct stat about;
    if (fstat(to->file, &about) || (about.st_gid != to->group && fchown(to->file, (uid_t)-1, to->group)))
        mode = (mode & ~(mode_t)S_IRWXG) | (mode & S_IRWXG & (mode & S_IRWXO) << 3);
    (void)!fchmod(to->file, mode);
}

/* Some file systems tell what went wrong at closing alone. The lock is that of both descriptors, and stays. */
static vae_status close_once(target *to)
{
    int other = fcntl(to->file, F_DUPFD_CLOEXEC, 0), result = 0;
    if (other >= 0) {
        result = vae__system_close(to->file);
        to->file = other;
    }
    return result ? vae__error_errno(to->path, "cannot close") : vae__ok();
}

static vae_status write_temporary(target *to, const void *bytes, size_t size)
{
    if (create(to) < 0)
        return vae__error_errno(to->temporary, "cannot create");
    if (to->replaces)
        hand_on_permissions(to);
    VAE__TRY(write_quietly(to->path, to->file, bytes, size));
    if (sync_again(to->file))
        return vae__error_errno(to->path, "cannot bring it to the disk");
    return close_once(to);
}

/* The new file takes the old one's place, for good: a folder's entries are brought to the disk by syncing the folder.
 */
static vae_status replace(target *to)
{
    if (vae__system_rename(to->temporary, to->path))
        return vae__error_errno(to->path, "cannot put the new file in its place");
    *to->temporary = 0;
    if (sync_again(to->folder) && errno != EINVAL && errno != ENOTSUP)
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

static vae_status open_folder(target *to)
{
    VAE__TRY(folder_of(to->path, &to->folder_name));
    to->folder = vae__system_open(to->folder_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    return to->folder < 0 ? vae__error_errno(to->path, "cannot open its folder") : vae__ok();
}

/* The folder is opened first: where that is refused nothing is written. */
static vae_status prepare(const char *path, target *to)
{
    *to = (target){ .file = -1, .folder = -1 };
    VAE__TRY(follow(path, &to->path));
    VAE__TRY(vae__allocate("a file name", strlen(to->path) + VAE__TEMPORARY_ENDING, 1, &to->temporary));
    struct stat about;
    to->replaces = !stat(to->path, &about);
    if (to->replaces && !S_ISREG(about.st_mode))
        return vae__error(VAE_ERROR_FILE, "%s: expected a file to write to, found a %s", path,
                          S_ISDIR(about.st_mode) ? "folder" : "special file");
    if (to->replaces) {
        to->mode = about.st_mode & 07777;
        to->group = about.st_gid;
    }
    return open_folder(to);
}

/* The temporary file, if it has not become the target, is removed before its lock goes. */
static void clear(target *to)
{
    if (to->file >= 0 && *to->temporary)
        vae__system_unlink(to->temporary);
    if (to->file >= 0)
        vae__system_close(to->file);
    if (to->folder >= 0)
        vae__system_close(to->folder);
    vae__free(to->path);
    vae__free(to->folder_name);
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

/* A folder, and the name of a file in it. */
typedef struct entry {
    char *path, *folder_name;
    struct stat folder;
} entry;

static vae_status find_entry(const char *path, entry *found)
{
    VAE__TRY(follow(path, &found->path));
    VAE__TRY(folder_of(found->path, &found->folder_name));
    return stat(found->folder_name, &found->folder) ? vae__error_errno(path, "cannot look at its folder") : vae__ok();
}

static const char *name_in(const entry *of)
{
    const char *slash = strrchr(of->path, '/');
    return slash ? slash + 1 : of->path;
}

vae_status vae__file_is_same(const char *path, const char *other, bool *same)
{
    entry entries[2] = { { .path = NULL }, { .path = NULL } };
    vae_status status = find_entry(path, &entries[0]);
    if (!status.code)
        status = find_entry(other, &entries[1]);
    *same = !status.code && entries[0].folder.st_dev == entries[1].folder.st_dev &&
            entries[0].folder.st_ino == entries[1].folder.st_ino && !strcmp(name_in(&entries[0]), name_in(&entries[1]));
    for (int i = 0; i < 2; i++) {
        vae__free(entries[i].path);
        vae__free(entries[i].folder_name);
    }
    return status;
}

/* Creates what writing would create, and removes it: permissions alone do not tell whether it can be done. */
vae_status vae__file_check_writable(const char *path)
{
    if (!*path)
        return vae__error(VAE_ERROR_FILE, "expected a file name to write to, found an empty one");
    target to;
    vae_status status = prepare(path, &to);
    if (!status.code && create(&to) < 0)
        status = vae__error_errno(to.path, "cannot be written, for its folder");
    clear(&to);
    return status;
}
