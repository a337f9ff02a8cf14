/* Whole files: what a path holds after a write that failed, and what is refused before it is read. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/base/file.h"
#include "src/base/memory.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"

static char folder[64], path[96], temporary[160]; /* the name that a save takes if nothing has it */

static void begin(void)
{
    system_reset();
    strcpy(folder, "/tmp/vae-test-file-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    snprintf(temporary, sizeof temporary, "%s.%ld-%lx.tmp", path, (long)getpid(), (unsigned long)pthread_self());
}

/* Nothing but the file itself may have been left behind. */
static void end(void)
{
    system_reset();
    remove(path);
    ck_assert_msg(!rmdir(folder), "%s: %s", folder, strerror(errno));
}

static bool holds(const char *text)
{
    unsigned char *bytes = NULL;
    size_t size = 0;
    ck_assert_status_ok(vae__file_read(path, 1000, &bytes, &size));
    bool same = size == strlen(text) && !memcmp(bytes, text, size);
    vae__free(bytes);
    return same;
}

static void check_holds(const char *text)
{
    ck_assert_msg(holds(text), "expected \"%s\"", text);
}

/* How many files are in the folder but for the file itself? */
static size_t beside(void)
{
    DIR *listed = opendir(folder);
    size_t count = 0;
    ck_assert_ptr_nonnull(listed);
    for (const struct dirent *entry = readdir(listed); entry; entry = readdir(listed))
        count += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") && strcmp(entry->d_name, "file");
    closedir(listed);
    return count;
}

static void check_alone(void)
{
    ck_assert_uint_eq(beside(), 0);
}

/* A file beside the file, of its name and more. */
static void make_beside(const char *ending, int mode)
{
    char name[160];
    snprintf(name, sizeof name, "%s%s", path, ending);
    int file = open(name, O_WRONLY | O_CREAT | O_EXCL, mode);
    ck_assert_int_ge(file, 0);
    close(file);
}

static void remove_beside(const char *ending)
{
    char name[160];
    snprintf(name, sizeof name, "%s%s", path, ending);
    ck_assert_int_eq(remove(name), 0);
}

START_TEST(test_round_trip)
{
    ck_assert_status_ok(vae__file_write(path, "first", 5));
    check_holds("first");
    ck_assert_status_ok(vae__file_write(path, "the second", 10));
    check_holds("the second");
    ck_assert_status_ok(vae__file_write(path, "", 0));
    check_holds("");
    ck_assert_int_ge(system_count(SYSTEM_SYNC), 6); /* file and folder */
}
END_TEST

/* A path without a folder lies in the current one. */
START_TEST(test_relative)
{
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert_status_ok(vae__file_write("file", "here", 4));
    ck_assert_status_ok(vae__file_check_writable("other"));
    check_holds("here");
    ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

static void check_refused(const char *where, size_t limit, const char *words)
{
    unsigned char *bytes = (unsigned char *)path;
    size_t size = 1;
    long before = system_outstanding();
    ck_assert_status(vae__file_read(where, limit, &bytes, &size), VAE_ERROR_FILE, words);
    ck_assert_ptr_null(bytes);
    ck_assert_int_eq(system_outstanding(), before);
}

START_TEST(test_refused)
{
    char words[160];
    snprintf(words, sizeof words, "%s: cannot open: No such file or directory", path);
    check_refused(path, 10, words);
    snprintf(words, sizeof words, "%s: expected a plain file, found a folder", folder);
    check_refused(folder, 10, words);
    check_refused("/dev/zero", 10, "/dev/zero: expected a plain file, found a special file");
    ck_assert_status_ok(vae__file_write(path, "0123456789", 10));
    snprintf(words, sizeof words, "%s: has 10 bytes, more than the 9 that may be read", path);
    check_refused(path, 9, words);
    unsigned char *bytes = NULL;
    size_t size = 0;
    ck_assert_status_ok(vae__file_read(path, 10, &bytes, &size));
    vae__free(bytes);
}
END_TEST

/* A named pipe without a writer would block an ordinary open for good. */
START_TEST(test_pipe)
{
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    check_refused(path, 10, "expected a plain file, found a special file");
}
END_TEST

/* Whatever step fails, the old file stays, and nothing lies beside it. The last sync is the folder's: by then the new
 * file is in its place. */
START_TEST(test_write_fails)
{
    static const struct {
        system_kind kind;
        const char *words, *holds;
        long n;
    } cases[] = { { SYSTEM_OPEN, "file: cannot open its folder: No space left on device", "old", 1 },
                  { SYSTEM_OPEN, ".tmp: cannot create: No space left on device", "old", 2 },
                  { SYSTEM_WRITE, "file: cannot write: No space left on device", "old", 1 },
                  { SYSTEM_SYNC, "file: cannot bring it to the disk: No space left on device", "old", 1 },
                  { SYSTEM_CLOSE, "file: cannot close: No space left on device", "old", 1 },
                  { SYSTEM_RENAME, "file: cannot put the new file in its place: No space left on device", "old", 1 },
                  { SYSTEM_SYNC, "is written, but its folder cannot be brought to the disk", "new", 2 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_status_ok(vae__file_write(path, "old", 3));
        system_reset();
        system_fail(cases[i].kind, cases[i].n, ENOSPC, false);
        ck_assert_status(vae__file_write(path, "new", 3), VAE_ERROR_FILE, cases[i].words);
        system_reset();
        check_alone();
        check_holds(cases[i].holds);
    }
}
END_TEST

/* The order in which a file becomes whole and stays: contents, then the name, then the folder that keeps the name. The
 * temporary file is locked before anything is in it, and until it has another name. */
START_TEST(test_order)
{
    ck_assert_status_ok(vae__file_write(path, "old", 3));
    system_reset();
    ck_assert_status_ok(vae__file_write(path, "new", 3));
    enum { OPENED, CREATED = 2, RENAMED = 7, REQUESTS = 11 };
    static const system_kind kinds[REQUESTS] = { SYSTEM_OPEN,  SYSTEM_LIST,  SYSTEM_OPEN,  SYSTEM_LOCK,
                                                 SYSTEM_WRITE, SYSTEM_SYNC,  SYSTEM_CLOSE, SYSTEM_RENAME,
                                                 SYSTEM_SYNC,  SYSTEM_CLOSE, SYSTEM_CLOSE };
    const system_request *opened = system_request_at(OPENED), *created = system_request_at(CREATED),
                         *renamed = system_request_at(RENAMED);
    /* The temporary file is closed twice, by descriptors of one lock. */
    const int first = created->file, other = system_request_at(REQUESTS - 2)->file;
    const int files[REQUESTS] = { opened->file, -1, first,        first, first,       first,
                                  first,        -1, opened->file, other, opened->file };
    ck_assert_int_eq(system_files_count(), REQUESTS);
    ck_assert_int_ne(other, opened->file);
    for (long i = 0; i < REQUESTS; i++) {
        ck_assert_msg(system_request_at(i)->kind == kinds[i], "request %ld", i);
        ck_assert_msg(system_request_at(i)->file == files[i], "file of request %ld", i);
    }
    ck_assert_str_eq(opened->path, folder);
    ck_assert_str_eq(created->path, temporary);
    ck_assert_str_eq(renamed->path, temporary);
    ck_assert_str_eq(renamed->to, path);
}
END_TEST

/* ---- What a killed process leaves -------------------------------------------------------------------------------- */

/* Runs a save in a child, which ends in place of its k-th request. Did it get that far? */
static bool ended_at(long k, const char *text)
{
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (!child) {
        system_reset();
        system_end(k);
        _exit(vae__file_write(path, text, strlen(text)).code ? 1 : 0);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && (!WEXITSTATUS(status) || WEXITSTATUS(status) == SYSTEM_ENDED));
    return WEXITSTATUS(status) == SYSTEM_ENDED;
}

/* Ended at any request, the old file is there or the new one; the next save leaves nothing beside it. */
START_TEST(test_ended)
{
    int olds = 0, news = 0, left = 0;
    long k = 1;
    ck_assert_status_ok(vae__file_write(path, "old", 3));
    for (; ended_at(k, "the new one"); k++) {
        bool old = holds("old");
        ck_assert_msg(old || holds("the new one"), "ended at request %ld", k);
        olds += old;
        news += !old;
        left += beside() != 0;
        if (k % 2)
            ck_assert_status_ok(vae__file_check_writable(path));
        else
            ck_assert_status_ok(vae__file_write(path, "old", 3));
        check_alone();
        ck_assert_status_ok(vae__file_write(path, "old", 3));
    }
    ck_assert_int_eq(k, 12);
    ck_assert_int_eq(olds, 8);
    ck_assert_int_eq(news, 3);
    ck_assert_int_eq(left, 5); /* from the locking to the renaming */
}
END_TEST

/* A killed process's file goes at the next save, whoever made it; what is named otherwise, or is no plain file, stays.
 */
START_TEST(test_stale)
{
    static const char *const stale[] = { ".1-0.tmp", ".4194303-7f00deadbeef.tmp", ".12-a.tmp" };
    static const char *const others[] = { ".tmp",      ".1-0.tmp.gz", ".1-G.tmp", ".-1.tmp",  ".1-.tmp", ".a-1.tmp",
                                          "x.1-0.tmp", ".1.tmp",      ".1-0tmp",  ".1-0.tm",  ".1-0",    ".1--0.tmp",
                                          " .1-0.tmp", ".1-0x1.tmp",  "1-0.tmp",  ".1-0.TMP", ".1-A.tmp" };
    const size_t count = sizeof others / sizeof *others;
    for (size_t i = 0; i < sizeof stale / sizeof *stale; i++)
        make_beside(stale[i], i ? 0600 : 0444);
    for (size_t i = 0; i < count; i++)
        make_beside(others[i], 0600);
    system_reset();
    ck_assert_status_ok(vae__file_write(path, "new", 3));
    ck_assert_int_eq(system_count(SYSTEM_READ), 0);
    ck_assert_int_eq(system_count(SYSTEM_UNLINK), 3);
    ck_assert_uint_eq(beside(), count);
    for (size_t i = 0; i < count; i++)
        remove_beside(others[i]);
    check_holds("new");
}
END_TEST

/* Nothing is followed and nothing waited for: a link to a file, a pipe without a reader, a folder. */
START_TEST(test_stale_otherwise)
{
    char victim[112], pipe[112], inner[112];
    snprintf(victim, sizeof victim, "%s.1-1.tmp", path);
    snprintf(pipe, sizeof pipe, "%s.1-2.tmp", path);
    snprintf(inner, sizeof inner, "%s.1-3.tmp", path);
    make_beside("x", 0600);
    ck_assert_int_eq(symlink("filex", victim), 0);
    ck_assert_int_eq(mkfifo(pipe, 0600), 0);
    ck_assert_int_eq(mkdir(inner, 0700), 0);
    ck_assert_status_ok(vae__file_write(path, "new", 3));
    ck_assert_uint_eq(beside(), 4);
    ck_assert_int_eq(remove(victim) | remove(pipe) | remove(inner), 0);
    remove_beside("x");
}
END_TEST

/* What is written at this moment, by another process or thread, stays. */
START_TEST(test_living)
{
    char living[112];
    snprintf(living, sizeof living, "%s.1-1.tmp", path);
    int file = open(living, O_WRONLY | O_CREAT | O_EXCL, 0600);
    ck_assert_int_eq(flock(file, LOCK_EX | LOCK_NB), 0);
    ck_assert_status_ok(vae__file_write(path, "new", 3));
    ck_assert_status_ok(vae__file_check_writable(path));
    ck_assert_uint_eq(beside(), 1);
    close(file);
    ck_assert_status_ok(vae__file_check_writable(path));
    check_alone();
}
END_TEST

/* Many writers at once, of which each sweeps: every save succeeds, and the path always holds a whole file. */
static void *save_often(void *text)
{
    for (int i = 0; i < 300; i++)
        if (vae__file_write(path, text, strlen(text)).code)
            return "a save failed";
    return NULL;
}

START_TEST(test_many_writers)
{
    static char one[] = "one of them", other[] = "and the other one";
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, save_often, i % 2 ? one : other), 0);
    for (int i = 0; i < 4; i++) {
        void *failed = NULL;
        pthread_join(threads[i], &failed);
        ck_assert_ptr_null(failed);
    }
    ck_assert(holds(one) || holds(other));
    check_alone();
}
END_TEST

/* A sweep that comes between making the file and locking it takes it; another one is made. */
START_TEST(test_taken)
{
    system_fail(SYSTEM_LOCK, 1, EWOULDBLOCK, false);
    ck_assert_status_ok(vae__file_write(path, "new", 3));
    ck_assert_int_eq(system_count(SYSTEM_LOCK), 2);
    check_holds("new");
    ck_assert_int_eq(remove(temporary), 0); /* which the sweep would have removed */
    system_fail(SYSTEM_LOCK, 1, EWOULDBLOCK, true);
    ck_assert_status(vae__file_write(path, "newer", 5), VAE_ERROR_FILE, "cannot create: File exists");
    check_holds("new");
    system_reset();
    ck_assert_status_ok(vae__file_write(path, "newer", 5));
    check_alone();
}
END_TEST

/* Between the opening and the locking of what looked left behind, its writer puts it in its place and begins another of
 * the same name, which is not to be removed. */
static int begun = -1;

static void begin_another(void)
{
    char name[112];
    snprintf(name, sizeof name, "%s.1-1.tmp", path);
    ck_assert_int_eq(rename(name, path), 0);
    begun = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    ck_assert_int_eq(flock(begun, LOCK_EX | LOCK_NB), 0);
}

START_TEST(test_another)
{
    make_beside(".1-1.tmp", 0600);
    system_meanwhile(SYSTEM_LOCK, 1, begin_another);
    ck_assert_status_ok(vae__file_write(path, "new", 3));
    ck_assert_int_ge(begun, 0);
    ck_assert_uint_eq(beside(), 1);
    close(begun);
    remove_beside(".1-1.tmp");
}
END_TEST

/* Where there are no locks saving works, and nothing is removed. */
START_TEST(test_no_locks)
{
    static const int errors[] = { ENOLCK, EOPNOTSUPP, EINVAL, ENOSYS };
    make_beside(".1-1.tmp", 0600);
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        system_reset();
        system_fail(SYSTEM_LOCK, 1, errors[i], true);
        ck_assert_status_ok(vae__file_write(path, "new", 3));
        ck_assert_status_ok(vae__file_check_writable(path));
        ck_assert_uint_eq(beside(), 1);
    }
    remove_beside(".1-1.tmp");
}
END_TEST

/* Sweeping is no reason to fail: a folder that cannot be listed, a file that cannot be opened or removed. */
START_TEST(test_cannot_sweep)
{
    static const struct {
        system_kind kind;
        long n;
    } cases[] = { { SYSTEM_LIST, 1 }, { SYSTEM_OPEN, 2 }, { SYSTEM_UNLINK, 1 } };
    make_beside(".1-1.tmp", 0600);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        system_reset();
        system_fail(cases[i].kind, cases[i].n, EIO, false);
        ck_assert_status_ok(vae__file_write(path, "new", 3));
        ck_assert_uint_eq(beside(), 1);
    }
    remove_beside(".1-1.tmp");
}
END_TEST

/* ---- A limit on the size of files -------------------------------------------------------------------------------- */

static volatile sig_atomic_t noted;

static void note_signal(int number)
{
    noted = number;
}

/* Tries to write three bytes where two may be written; no assertion within, for Check writes them to a file. */
static vae_status write_beyond_limit(void)
{
    struct rlimit before, less;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    less = before;
    less.rlim_cur = 2;
    setrlimit(RLIMIT_FSIZE, &less);
    vae_status status = vae__file_write(path, "new", 3);
    setrlimit(RLIMIT_FSIZE, &before);
    return status;
}

START_TEST(test_limit)
{
    sigset_t signals, before;
    ck_assert_status_ok(vae__file_write(path, "old", 3));
    void (*handler)(int) = signal(SIGXFSZ, note_signal);
    vae_status status = write_beyond_limit();
    ck_assert_status(status, VAE_ERROR_FILE,
                     "cannot write: File too large: it has 3 bytes, and files may have 2 (the limit of ulimit -f)");
    check_holds("old");
    check_alone();
    ck_assert_int_eq(noted, 0);
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    ck_assert_int_eq(sigismember(&before, SIGXFSZ), 0);
    ck_assert_int_eq(sigpending(&signals), 0);
    ck_assert_int_eq(sigismember(&signals, SIGXFSZ), 0);
    signal(SIGXFSZ, handler);
}
END_TEST

/* A signal of this kind that the host keeps for later is the host's. */
START_TEST(test_limit_pending)
{
    sigset_t own, before, pending;
    void (*handler)(int) = signal(SIGXFSZ, note_signal);
    sigemptyset(&own);
    sigaddset(&own, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &own, &before);
    raise(SIGXFSZ);
    vae_status status = write_beyond_limit();
    ck_assert_status(status, VAE_ERROR_FILE, "files may have 2");
    sigpending(&pending);
    ck_assert_int_eq(sigismember(&pending, SIGXFSZ), 1);
    noted = 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    ck_assert_int_eq(noted, SIGXFSZ);
    signal(SIGXFSZ, handler);
}
END_TEST

/* ---- Signals, links, permissions, names -------------------------------------------------------------------------- */

/* A signal may interrupt a read or a write; it is begun again. */
START_TEST(test_interrupted)
{
    system_fail(SYSTEM_WRITE, 1, EINTR, false);
    system_fail(SYSTEM_SYNC, 1, EINTR, false);
    ck_assert_status_ok(vae__file_write(path, "all of it", 9));
    ck_assert_int_eq(system_count(SYSTEM_SYNC), 3);
    system_fail(SYSTEM_READ, 1, EINTR, false);
    check_holds("all of it");
}
END_TEST

START_TEST(test_read_fails)
{
    unsigned char *bytes = NULL;
    size_t size = 0;
    ck_assert_status_ok(vae__file_write(path, "all of it", 9));
    long before = system_outstanding();
    system_fail(SYSTEM_READ, 1, EIO, false);
    ck_assert_status(vae__file_read(path, 10, &bytes, &size), VAE_ERROR_FILE, "cannot read: Input/output error");
    ck_assert_ptr_null(bytes);
    system_fail(SYSTEM_ALLOCATE, 1, ENOMEM, false);
    ck_assert_status(vae__file_read(path, 10, &bytes, &size), VAE_ERROR_MEMORY, "no memory for 9 bytes");
    ck_assert_ptr_null(bytes);
    ck_assert_int_eq(system_outstanding(), before);
}
END_TEST

/* The temporary name is not followed where somebody made a link of it: another one is taken. */
START_TEST(test_link)
{
    char victim[112];
    snprintf(victim, sizeof victim, "%s/victim", folder);
    ck_assert_int_eq(symlink(victim, temporary), 0);
    ck_assert_status_ok(vae__file_write(path, "new", 3));
    ck_assert_int_ne(access(victim, F_OK), 0);
    ck_assert_int_eq(remove(temporary), 0);
    check_holds("new");
}
END_TEST

/* A link at the path itself is followed, and stays; one that leads nowhere is told. */
START_TEST(test_followed)
{
    char link[112];
    struct stat about;
    snprintf(link, sizeof link, "%s/link", folder);
    ck_assert_int_eq(symlink("file", link), 0);
    ck_assert_status(vae__file_write(link, "new", 3), VAE_ERROR_FILE, "link: cannot follow this link: No such file");
    ck_assert_status(vae__file_check_writable(link), VAE_ERROR_FILE, "cannot follow this link");
    ck_assert_status_ok(vae__file_write(path, "old", 3));
    ck_assert_status_ok(vae__file_write(link, "the new", 7));
    check_holds("the new");
    ck_assert_int_eq(lstat(link, &about), 0);
    ck_assert(S_ISLNK(about.st_mode));
    remove(link);
}
END_TEST

START_TEST(test_permissions)
{
    static const mode_t modes[] = { 0600, 0666, 0640, 0444 };
    struct stat about;
    ck_assert_status_ok(vae__file_write(path, "old", 3));
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        ck_assert_int_eq(chmod(path, modes[i]), 0);
        ck_assert_status_ok(vae__file_write(path, "new", 3));
        ck_assert_int_eq(stat(path, &about), 0);
        ck_assert_uint_eq(about.st_mode & 07777, modes[i]);
    }
}
END_TEST

/* A file that another group than its writer's may read: the new one is that group's as well; or, where it cannot be,
 * nobody's to read whom the old one kept out. */
START_TEST(test_group)
{
    enum { GROUP = 12345, NOBODY = 65534 };
    struct stat about;
    if (geteuid()) /* nobody else can have such a file, or be told which groups there are */
        return;
    ck_assert_status_ok(vae__file_write(path, "old", 3));
    ck_assert_int_eq(chmod(path, 0640), 0);
    ck_assert_int_eq(chown(path, NOBODY, GROUP), 0);
    ck_assert_status_ok(vae__file_write(path, "new", 3));
    ck_assert_int_eq(stat(path, &about), 0);
    ck_assert_uint_eq(about.st_gid, GROUP);
    ck_assert_uint_eq(about.st_mode & 07777, 0640);
    ck_assert_int_eq(chmod(folder, 0777), 0);
    ck_assert_int_eq(setegid(NOBODY), 0);
    ck_assert_int_eq(seteuid(NOBODY), 0);
    vae_status status = vae__file_write(path, "newer", 5);
    ck_assert_int_eq(seteuid(0), 0);
    ck_assert_int_eq(setegid(0), 0);
    ck_assert_status_ok(status);
    ck_assert_int_eq(stat(path, &about), 0);
    ck_assert_uint_eq(about.st_gid, NOBODY);
    ck_assert_uint_eq(about.st_mode & 07777, 0600);
}
END_TEST

/* The temporary name is longer than the file's own, and has to fit as well. */
START_TEST(test_long_name)
{
    char name[400];
    int length = snprintf(name, sizeof name, "%s/", folder);
    memset(name + length, 'x', 250);
    name[length + 250] = 0;
    ck_assert_status(vae__file_check_writable(name), VAE_ERROR_FILE, "File name too long");
    ck_assert_int_ne(access(name, F_OK), 0);
}
END_TEST

START_TEST(test_check_writable)
{
    char words[160], inside[112];
    ck_assert_status_ok(vae__file_check_writable(path));
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert_status(vae__file_check_writable(""), VAE_ERROR_FILE, "expected a file name to write to");
    snprintf(words, sizeof words, "%s: expected a file to write to, found a folder", folder);
    ck_assert_status(vae__file_check_writable(folder), VAE_ERROR_FILE, words);
    snprintf(inside, sizeof inside, "%s/none/file", folder);
    ck_assert_status(vae__file_check_writable(inside), VAE_ERROR_FILE,
                     "cannot open its folder: No such file or directory");
    ck_assert_status_ok(vae__file_write(path, "", 0));
    snprintf(inside, sizeof inside, "%s/file", path);
    ck_assert_status(vae__file_check_writable(inside), VAE_ERROR_FILE, "cannot open its folder: Not a directory");
    if (geteuid()) { /* root may write anywhere */
        chmod(folder, 0500);
        ck_assert_status(vae__file_check_writable(path), VAE_ERROR_FILE, "for its folder: Permission denied");
        chmod(folder, 0300);
        ck_assert_status(vae__file_check_writable(path), VAE_ERROR_FILE, "cannot open its folder: Permission denied");
        chmod(folder, 0700);
    }
}
END_TEST

/* Whatever they are called, and be they there or not. */
START_TEST(test_same)
{
    char other[160], link[112];
    bool same;
    snprintf(other, sizeof other, "%s/../%s/./%s", folder, strrchr(folder, '/') + 1, strrchr(path, '/') + 1);
    for (int there = 0; there < 2; there++) {
        ck_assert_status_ok(vae__file_is_same(path, path, &same));
        ck_assert(same);
        ck_assert_status_ok(vae__file_is_same(path, other, &same));
        ck_assert(same);
        snprintf(link, sizeof link, "%s/another", folder);
        ck_assert_status_ok(vae__file_is_same(link, path, &same));
        ck_assert(!same);
        ck_assert_status_ok(vae__file_is_same(path, strrchr(path, '/') + 1, &same)); /* of another folder */
        ck_assert(!same);
        ck_assert_status_ok(vae__file_write(path, "", 0));
    }
    ck_assert_int_eq(symlink(path, link), 0);
    ck_assert_status_ok(vae__file_is_same(link, other, &same));
    ck_assert(same);
    remove(link);
    snprintf(other, sizeof other, "%s/none/file", folder);
    ck_assert_status(vae__file_is_same(path, other, &same), VAE_ERROR_FILE,
                     "cannot look at its folder: No such file or directory");
    ck_assert(!same);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("file");
    const TTest *const tests[] = { test_round_trip,  test_relative,       test_refused,     test_pipe,
                                   test_write_fails, test_order,          test_interrupted, test_read_fails,
                                   test_link,        test_followed,       test_permissions, test_group,
                                   test_long_name,   test_check_writable, test_same,        NULL };
    const TTest *const killed[] = { test_ended,        test_stale, test_stale_otherwise, test_living,
                                    test_many_writers, test_taken, test_another,         test_no_locks,
                                    test_cannot_sweep, NULL };
    const TTest *const limited[] = { test_limit, test_limit_pending, NULL };
    suite_case_between(suite, "file", 20, begin, end, tests);
    suite_case_between(suite, "killed", 60, begin, end, killed);
    suite_case_between(suite, "limited", 20, begin, end, limited);
    return suite_run(suite);
}
