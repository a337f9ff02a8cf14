/* A child process with limits, and what becomes of it. */
#include "src/command/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a trial may take: of the processor; of address space, beside what is mapped already, for the libraries map far
 * more than they use. A small file is so refused within 10 s and 512 MB, and a large one has what it needs: some copies
 * of it, and time for its checksums where it is compressed as well. */
enum { SECONDS = 8, BYTES_PER_SECOND = 1 << 24, MEMORY_PER_BYTE = 8 };
static const rlim_t MEMORY = (rlim_t)256 << 20;

/* Of a system that does not tell what is mapped. */
static const rlim_t MAPPED = (rlim_t)2 << 30;

/* By the clock, for a file that does not come: seconds beside those of the processor. */
enum { WAITING = 120 };

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

uint64_t vae__trial_size(const char *path)
{
    struct stat about;
    return !stat(path, &about) && about.st_size > 0 ? (uint64_t)about.st_size : 0;
}

/* ---- Limits ------------------------------------------------------------------------------------------------------ */

static void lower_limit(int which, rlim_t value)
{
    struct rlimit limit;
    if (getrlimit(which, &limit))
        return;
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > value)
        limit.rlim_cur = value;
    setrlimit(which, &limit);
}

static rlim_t mapped_bytes(void)
{
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    long page = sysconf(_SC_PAGESIZE);
    if (!file || fscanf(file, "%llu", &pages) != 1 || page < 1)
        pages = 0;
    if (file)
        fclose(file);
    return pages ? (rlim_t)pages * (rlim_t)page : MAPPED;
}

/* Files beside those that are open now: one, and one more that is asked what is in it. */
static void limit_files(void)
{
    int next = dup(STDIN_FILENO);
    if (next < 0)
        return;
    close(next);
    lower_limit(RLIMIT_NOFILE, (rlim_t)next + 2);
}

static unsigned seconds_for(uint64_t bytes)
{
    uint64_t more = bytes / BYTES_PER_SECOND;
    return SECONDS + (unsigned)(more < 1 << 20 ? more : 1 << 20);
}

static void limit_all(const vae__trial *trial, uint64_t bytes)
{
    /* A sanitizer reserves far more address space than it uses. */
    if (!SANITIZED && bytes < (uint64_t)1 << 48)
        lower_limit(RLIMIT_AS, mapped_bytes() + MEMORY + MEMORY_PER_BYTE * (rlim_t)bytes);
    lower_limit(RLIMIT_CORE, 0);
    lower_limit(RLIMIT_FSIZE, 0);
    lower_limit(RLIMIT_CPU, seconds_for(bytes));
    if (!trial->many)
        limit_files();
    static const int ending[] = { SIGALRM, SIGXCPU, SIGINT, SIGTERM, SIGUSR1, SIGSEGV, SIGBUS, SIGABRT, SIGFPE };
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
        signal(ending[i], SIG_DFL);
    alarm(seconds_for(bytes) + WAITING);
}

/* ---- The child --------------------------------------------------------------------------------------------------- */

/* Opens, tells the status through the pipe, and ends without running what the parent has to run. */
static void run_child(const vae__trial *trial, uint64_t bytes, int answer)
{
    /* What a damaged file makes libraries say is no concern of the person at the terminal. */
    int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere >= 0)
        dup2(nowhere, STDERR_FILENO);
    limit_all(trial, bytes);
    vae_status status = trial->open(trial->context);
    ssize_t written = write(answer, &status, sizeof status);
    _exit(written == (ssize_t)sizeof status ? 0 : 1);
}

static size_t read_answer(int answer, vae_status *status)
{
    size_t got = 0;
    while (got < sizeof *status) {
        ssize_t more = read(answer, (char *)status + got, sizeof *status - got);
        if (more > 0)
            got += (size_t)more;
        else if (!more || errno != EINTR)
            break;
    }
    return got;
}

static vae_status status_of(vae_code code, const char *path, const char *text)
{
    vae_status status = { .code = code };
    /* Of a path that is too long the end is told. */
    size_t length = strlen(path), room = sizeof status.message - strlen(text) - 8;
    bool whole = length <= room;
    snprintf(status.message, sizeof status.message, "%s%s: %s", whole ? "" : "...", whole ? path : path + length - room,
             text);
    return status;
}

/* Of a child that did not answer. */
static vae_status status_of_end(const vae__trial *trial, uint64_t bytes, int how)
{
    int by = WIFSIGNALED(how) ? WTERMSIG(how) : 0;
    char slow[64], text[192];
    snprintf(slow, sizeof slow, "that takes longer than %u s to read", seconds_for(bytes));
    snprintf(text, sizeof text, "expected %s, found a file %s", trial->what,
             by == SIGALRM || by == SIGXCPU ? slow : "so damaged that reading it crashes");
    return status_of(VAE_ERROR_FORMAT, trial->path, text);
}

vae_status vae__try(const vae__trial *trial, uint64_t bytes, bool *answered)
{
    *answered = false;
    int ends[2];
    if (pipe(ends))
        return status_of(VAE_ERROR_FILE, trial->path, "no pipe to a process in which to try the file");
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        close(ends[0]);
        run_child(trial, bytes, ends[1]);
    }
    close(ends[1]);
    vae_status status = { .code = VAE_OK };
    size_t got = child > 0 ? read_answer(ends[0], &status) : 0;
    close(ends[0]);
    if (child < 0)
        return status_of(VAE_ERROR_FILE, trial->path, "no process in which to try the file");
    int how = 0;
    while (waitpid(child, &how, 0) < 0 && errno == EINTR)
        continue;
    *answered = got == sizeof status;
    return *answered ? status : status_of_end(trial, bytes, how);
}
