/*
 * A library to preload into the real program, between it and the C library: it keeps a log of the calls that open and
 * write files, and makes the k-th of them fail, or the process end there, as a full disk or a kill would.
 *
 *     LD_PRELOAD=build/tests/libshim.so VAE_SHIM_LOG=log VAE_SHIM_MATCH=model.h5 VAE_SHIM_KILL=3 vae train ...
 *
 *     VAE_SHIM_LOG=FILE          a line for each call is appended, of six fields with tabs between: process, number (0
 *                                where it is not counted), name, path, result (errno's name on failure), and the rest:
 *                                "read", "write" or "both" and ",create" of an open, the path a rename leads to, bytes
 *     VAE_SHIM_MATCH=TEXT        calls count of which a path has this in it, also by a descriptor; without it, all
 *     VAE_SHIM_KILL=K            SIGKILL in place of the K-th call that counts
 *     VAE_SHIM_TEAR=K            the same, but a write writes the first half before
 *     VAE_SHIM_FAIL=K:ERRNO[:on] the K-th call that counts fails with ENOSPC, EIO ...; with :on all later ones too.
 *                                A close closes all the same; "0:ERRNO:on" is every call
 *
 * One count for a process and its children. What the C library opens for itself (opendir, locales) is not seen, nor
 * what the program's loader does.
 */
#undef _FORTIFY_SOURCE   /* its open is inline */
#undef _FILE_OFFSET_BITS /* both kinds of functions are wanted */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* ---- What was asked for ------------------------------------------------------------------------------------------ */

static struct {
    const char *match;
    long kill, tear, fail;
    int error;
    bool fails, on;
    int log; /* -1: none */
    pid_t process;
} asked = { .log = -1 };

static atomic_long count;

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* The C library's own function of this name. */
#define REAL(name) (__extension__(__typeof__(&name)) dlsym(RTLD_NEXT, #name))

static int number_of_error(const char *name)
{
    for (int error = 1; error < 134; error++)
        if (strerrorname_np(error) && !strcmp(strerrorname_np(error), name))
            return error;
    fprintf(stderr, "shim: %s is no error\n", name);
    _exit(99);
}

static long number_of(const char *variable)
{
    const char *text = getenv(variable);
    return text ? atol(text) : 0;
}

static void read_environment(void)
{
    const char *log = getenv("VAE_SHIM_LOG"), *fail = getenv("VAE_SHIM_FAIL");
    char error[32] = "", on[8] = "";
    asked.match = getenv("VAE_SHIM_MATCH");
    asked.kill = number_of("VAE_SHIM_KILL");
    asked.tear = number_of("VAE_SHIM_TEAR");
    asked.fails = fail && sscanf(fail, "%ld:%31[A-Z0-9]:%7s", &asked.fail, error, on) >= 2;
    asked.error = asked.fails ? number_of_error(error) : 0;
    asked.on = !strcmp(on, "on");
    asked.process = getpid();
    if (log)
        asked.log = REAL(open)(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
}

/* Before the program can fork, if not earlier. */
__attribute__((constructor)) static void start(void)
{
    pthread_once(&once, read_environment);
}

/* ---- Which file a descriptor is ---------------------------------------------------------------------------------- */

enum { DESCRIPTORS = 1024, LENGTH = 512 };
static char paths[DESCRIPTORS][LENGTH];

static const char *path_of(int file)
{
    return file >= 0 && file < DESCRIPTORS ? paths[file] : "";
}

static void remember(int file, const char *path)
{
    if (file >= 0 && file < DESCRIPTORS)
        snprintf(paths[file], LENGTH, "%s", path);
}

/* ---- A call ------------------------------------------------------------------------------------------------------ */

typedef struct call {
    const char *name, *path, *rest;
    long number; /* 0: does not count */
} call;

static void note(const call *c, long result)
{
    char line[2 * LENGTH + 128], number[32];
    int error = errno;
    snprintf(number, sizeof number, "%ld", result);
    const char *word = result < 0 ? strerrorname_np(error) : NULL;
    int length = snprintf(line, sizeof line, "%d\t%ld\t%s\t%s\t%s\t%s\n", (int)getpid(), c->number, c->name, c->path,
                          word ? word : number, c->rest);
    if (asked.log >= 0)
        (void)!REAL(write)(asked.log, line, (size_t)length < sizeof line ? (size_t)length : sizeof line - 1);
    errno = error;
}

/* Counts the call; the process may end here. */
static call begin(const char *name, const char *path, const char *rest)
{
    start();
    call c = { name, path, rest, 0 };
    bool matches = !asked.match || strstr(path, asked.match) || strstr(rest, asked.match);
    if (matches && getpid() == asked.process)
        c.number = atomic_fetch_add(&count, 1) + 1;
    if (c.number && (c.number == asked.kill || (c.number == asked.tear && !strstr(name, "write")))) {
        note(&c, 0);
        raise(SIGKILL);
    }
    return c;
}

static bool fails(const call *c)
{
    if (!asked.fails || !c->number || !(c->number == asked.fail || (asked.on && c->number > asked.fail)))
        return false;
    errno = asked.error;
    note(c, -1);
    return true;
}

#define DONE(result)                                                                                                   \
    do {                                                                                                               \
        __typeof__(result) done = (result);                                                                            \
        note(&c, (long)done);                                                                                          \
        return done;                                                                                                   \
    } while (0)

/* ---- Opening ----------------------------------------------------------------------------------------------------- */

static const char *words_of(int flags)
{
    static const char *const words[][2] = { { "read", "read,create" },
                                            { "write", "write,create" },
                                            { "both", "both,create" } };
    int access = flags & O_ACCMODE;
    return words[access < 3 ? access : 0][!!(flags & O_CREAT)];
}

static int open_any(const char *name, int folder, const char *path, int flags, int mode)
{
    call c = begin(name, path, words_of(flags));
    if (fails(&c))
        return -1;
    int file = REAL(openat)(folder, path, flags, mode);
    remember(file, path);
    DONE(file);
}

static int mode_of(int flags, va_list rest)
{
    return flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, int) : 0;
}

#define OPEN(name)                                                                                                     \
    int name(const char *path, int flags, ...)                                                                         \
    {                                                                                                                  \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        int mode = mode_of(flags, rest);                                                                               \
        va_end(rest);                                                                                                  \
        return open_any("open", AT_FDCWD, path, flags, mode);                                                          \
    }
#define OPENAT(name)                                                                                                   \
    int name(int folder, const char *path, int flags, ...)                                                             \
    {                                                                                                                  \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        int mode = mode_of(flags, rest);                                                                               \
        va_end(rest);                                                                                                  \
        return open_any("openat", folder, path, flags, mode);                                                          \
    }
/* What code compiled with _FORTIFY_SOURCE calls. */
#define OPEN_2(name)                                                                                                   \
    int name(const char *path, int flags);                                                                             \
    int name(const char *path, int flags)                                                                              \
    {                                                                                                                  \
        return open_any("open", AT_FDCWD, path, flags, 0);                                                             \
    }
#define FOPEN(name)                                                                                                    \
    FILE *name(const char *path, const char *mode)                                                                     \
    {                                                                                                                  \
        call c = begin("fopen", path, *mode == 'r' ? "read" : "write,create");                                         \
        if (fails(&c))                                                                                                 \
            return NULL;                                                                                               \
        FILE *file = REAL(name)(path, mode);                                                                           \
        remember(file ? fileno(file) : -1, path);                                                                      \
        note(&c, file ? fileno(file) : -1);                                                                            \
        return file;                                                                                                   \
    }

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
OPEN_2(__open_2)
OPEN_2(__open64_2)
FOPEN(fopen)
FOPEN(fopen64)

int creat(const char *path, mode_t mode)
{
    return open_any("creat", AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, (int)mode);
}

/* ---- Reading, writing, and the rest ------------------------------------------------------------------------------ */

ssize_t read(int file, void *bytes, size_t size)
{
    call c = begin("read", path_of(file), "");
    if (fails(&c))
        return -1;
    DONE(REAL(read)(file, bytes, size));
}

static void tear(const call *c, int file, const void *bytes, size_t size)
{
    if (c->number && c->number == asked.tear) {
        note(c, (long)REAL(write)(file, bytes, size / 2));
        raise(SIGKILL);
    }
}

ssize_t write(int file, const void *bytes, size_t size)
{
    call c = begin("write", path_of(file), "");
    if (fails(&c))
        return -1;
    tear(&c, file, bytes, size);
    DONE(REAL(write)(file, bytes, size));
}

#define PWRITE(name, offset_type)                                                                                      \
    ssize_t name(int file, const void *bytes, size_t size, offset_type offset)                                         \
    {                                                                                                                  \
        call c = begin("pwrite", path_of(file), "");                                                                   \
        if (fails(&c))                                                                                                 \
            return -1;                                                                                                 \
        DONE(REAL(name)(file, bytes, size, offset));                                                                   \
    }
#define TRUNCATE(name, offset_type)                                                                                    \
    int name(int file, offset_type size)                                                                               \
    {                                                                                                                  \
        call c = begin("ftruncate", path_of(file), "");                                                                \
        if (fails(&c))                                                                                                 \
            return -1;                                                                                                 \
        DONE(REAL(name)(file, size));                                                                                  \
    }
#define ON_FILE(name)                                                                                                  \
    int name(int file)                                                                                                 \
    {                                                                                                                  \
        call c = begin(#name, path_of(file), "");                                                                      \
        if (fails(&c))                                                                                                 \
            return -1;                                                                                                 \
        DONE(REAL(name)(file));                                                                                        \
    }

PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)
ON_FILE(fsync)
ON_FILE(fdatasync)

int flock(int file, int operation)
{
    call c = begin("flock", path_of(file), "");
    if (fails(&c))
        return -1;
    DONE(REAL(flock)(file, operation));
}

int close(int file)
{
    char path[LENGTH];
    snprintf(path, sizeof path, "%s", path_of(file));
    call c = begin("close", path, "");
    remember(file, "");
    int result = REAL(close)(file);
    if (fails(&c))
        return -1;
    DONE(result);
}

int rename(const char *from, const char *to)
{
    call c = begin("rename", from, to);
    if (fails(&c))
        return -1;
    DONE(REAL(rename)(from, to));
}

int unlink(const char *path)
{
    call c = begin("unlink", path, "");
    if (fails(&c))
        return -1;
    DONE(REAL(unlink)(path));
}
