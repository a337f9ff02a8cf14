/* Whole files: what a path holds after a write that failed, and what is refused before it is read. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/base/file.h"
#include "src/base/memory.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"

static char folder[64], path[96], temporary[160];

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

static void check_holds(const char *text)
{
    unsigned char *bytes = NULL;
    size_t size = 0;
    ck_assert_status_ok(vae__file_read(path, 1000, &bytes, &size));
    ck_assert_uint_eq(size, strlen(text));
    ck_assert_mem_eq(bytes, text, size);
    vae__free(bytes);
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
        ck_assert_int_ne(access(temporary, F_OK), 0);
        check_holds(cases[i].holds);
    }
}
END_TEST

/* A signal may interrupt a read or a write; it is begun again. */
START_TEST(test_interrupted)
{
    system_fail(SYSTEM_WRITE, 1, EINTR, false);
    ck_assert_status_ok(vae__file_write(path, "all of it", 9));
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

/* The temporary name is not followed where somebody made a link of it: the link goes. */
START_TEST(test_link)
{
    char victim[112];
    snprintf(victim, sizeof victim, "%s/victim", folder);
    ck_assert_int_eq(symlink(victim, temporary), 0);
    ck_assert_status_ok(vae__file_write(path, "new", 3));
    ck_assert_int_ne(access(victim, F_OK), 0);
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

int main(void)
{
    Suite *suite = suite_create("file");
    const TTest *const tests[] = { test_round_trip,  test_relative,       test_refused, test_pipe,     test_write_fails,
                                   test_interrupted, test_read_fails,     test_link,    test_followed, test_permissions,
                                   test_long_name,   test_check_writable, NULL };
    suite_case_between(suite, "file", 20, begin, end, tests);
    return suite_run(suite);
}
