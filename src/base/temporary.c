/* Temporary files: their names, their locks, and the sweeping up of those that nobody holds. */
#include "src/base/temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/base/system.h"

/* ---- Those that were left ---------------------------------------------------------------------------------------- */

/* Is this what a temporary name adds to its target's: ".<digits>-<hex>.tmp"? */
static bool is_ending(const char *text)
{
    size_t digits = *text == '.' ? strspn(text + 1, "0123456789") : 0;
    const char *hex = text + 1 + digits;
    if (!digits || *hex != '-' || strlen(text) >= VAE__TEMPORARY_ENDING)
        return false;
    size_t letters = strspn(hex + 1, "0123456789abcdef");
    return letters && !strcmp(hex + 1 + letters, ".tmp");
}

/* Neither follows a link nor waits for a pipe. For writing, as locks on NFS want it; one that a file of no permission
 * to write would have become is opened for reading. */
static int open_left(const char *name)
{
    const int flags = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    struct stat about;
    if (lstat(name, &about) || !S_ISREG(about.st_mode))
        return -1;
    int file = vae__system_open(name, O_WRONLY | flags, 0);
    return file < 0 && errno == EACCES ? vae__system_open(name, O_RDONLY | flags, 0) : file;
}

/* Is it still this file that has the name? Between opening and locking its writer may have renamed it, and made
 * another. Once it is locked nobody else renames or removes it. */
static bool still_named(const char *name, int file)
{
    struct stat named, opened;
    return !lstat(name, &named) && !fstat(file, &opened) && S_ISREG(opened.st_mode) && named.st_dev == opened.st_dev &&
           named.st_ino == opened.st_ino;
}

static void remove_left(const char *name)
{
    int file = open_left(name);
    if (file < 0)
        return;
    if (!vae__system_lock(file) && still_named(name, file))
        vae__system_unlink(name);
    vae__system_close(file);
}

typedef struct sweep {
    const char *base; /* the target's name in its folder */
    char *name, *end; /* of the target's path within `name` */
} sweep;

static void visit(void *context, const char *entry)
{
    const sweep *s = context;
    size_t length = strlen(s->base);
    if (strncmp(entry, s->base, length) || !is_ending(entry + length))
        return;
    strcpy(s->end, entry + length);
    remove_left(s->name);
}

void vae__temporary_sweep(const char *folder, const char *target, char *name)
{
    const char *slash = strrchr(target, '/');
    sweep s = { .base = slash ? slash + 1 : target, .name = name, .end = name + strlen(target) };
    strcpy(name, target);
    /* A folder that cannot be listed is swept by the next save. */
    (void)vae__system_list(folder, visit, &s);
}

/* ---- A new one --------------------------------------------------------------------------------------------------- */

/* Locks a new file; false if a sweep has taken it for left behind before it was locked. Where there are no locks there
 * is no sweep. */
static bool keep(int file)
{
    struct stat about;
    if (vae__system_lock(file))
        return errno != EWOULDBLOCK;
    return fstat(file, &about) || about.st_nlink;
}

/* Names differ by process and thread, and where that is not enough by the attempt: what has the name already is of a
 * process of the same number, on another machine or long ago, and is not ours to remove. */
int vae__temporary_create(const char *target, int mode, char *name)
{
    enum { ATTEMPTS = 100 };
    size_t room = strlen(target) + VAE__TEMPORARY_ENDING;
    unsigned long thread = (unsigned long)pthread_self();
    for (unsigned long attempt = 0; attempt < ATTEMPTS; attempt++) {
        snprintf(name, room, "%s.%ld-%lx.tmp", target, (long)getpid(), thread + attempt);
        int file = vae__system_open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (file < 0 && errno != EEXIST)
            return -1;
        if (file >= 0 && keep(file))
            return file;
        if (file >= 0)
            vae__system_close(file);
    }
    errno = EEXIST;
    return -1;
}
