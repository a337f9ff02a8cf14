/* Opening with care. */
#include "src/command/files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TRIAL_SECONDS = 120, FOLDER_TEXT = 4096, SIGNATURE_BYTES = 8 };

/* What the trial may take of address space: the libraries, and a few copies of the file. */
static const rlim_t trial_memory = (rlim_t)2 << 30, trial_memory_per_byte = 8;

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

/* ---- Checkpoints ------------------------------------------------------------------------------------------------- */

static void lower_limit(int which, rlim_t value)
{
    struct rlimit limit;
    if (getrlimit(which, &limit))
        return;
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > value)
        limit.rlim_cur = value;
    setrlimit(which, &limit);
}

/* In the child: loads, tells the status through the pipe, and ends without running what the parent has to run. */
static void try_in_child(const char *path, int answer)
{
    struct stat about;
    rlim_t bytes = !stat(path, &about) && about.st_size > 0 ? (rlim_t)about.st_size : 0;
    lower_limit(RLIMIT_CORE, 0);
    /* A sanitizer reserves far more address space than it uses. */
    if (!SANITIZED && bytes < ((rlim_t)1 << 48))
        lower_limit(RLIMIT_AS, trial_memory + trial_memory_per_byte * bytes);
    static const int ending[] = { SIGALRM, SIGINT, SIGTERM, SIGSEGV, SIGBUS, SIGABRT, SIGFPE };
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
        signal(ending[i], SIG_DFL);
    alarm(TRIAL_SECONDS);
    /* What a damaged file makes libraries say is no concern of the person at the terminal. */
    int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere >= 0)
        dup2(nowhere, STDERR_FILENO);
    vae_training *training = NULL;
    vae_status status = vae_checkpoint_load(path, &training);
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
    snprintf(status.message, sizeof status.message, "%s: %s", path, text);
    return status;
}

vae_status vae__try_checkpoint(const char *path)
{
    int ends[2];
    if (pipe(ends))
        return status_of(VAE_ERROR_FILE, path, "no pipe to a process in which to try the file");
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        close(ends[0]);
        try_in_child(path, ends[1]);
    }
    close(ends[1]);
    vae_status status = { .code = VAE_OK };
    size_t got = child > 0 ? read_answer(ends[0], &status) : 0;
    close(ends[0]);
    if (child < 0)
        return status_of(VAE_ERROR_FILE, path, "no process in which to try the file");
    int how = 0;
    while (waitpid(child, &how, 0) < 0 && errno == EINTR)
        continue;
    if (got == sizeof status)
        return status;
    bool slow = WIFSIGNALED(how) && WTERMSIG(how) == SIGALRM;
    return status_of(VAE_ERROR_FORMAT, path,
                     slow ? "expected a libvae checkpoint, found a file that takes longer than two minutes to read"
                          : "expected a libvae checkpoint, found a file so damaged that reading it crashes");
}

int vae__open_checkpoint(const vae__call *call, const char *path, vae_training **training)
{
    vae_status status = vae__try_checkpoint(path);
    if (!status.code)
        status = vae_checkpoint_load(path, training);
    return status.code ? vae__failed_status(call, status) : VAE__EXIT_DONE;
}

/* ---- Targets ----------------------------------------------------------------------------------------------------- */

/* The folder that `path` is in; false where it is too long a name. */
static bool folder_of(const char *path, char folder[FOLDER_TEXT])
{
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;
    if (length >= FOLDER_TEXT)
        return false;
    memcpy(folder, slash ? path : ".", slash ? length : 1);
    folder[slash ? length : 1] = 0;
    if (slash == path)
        memcpy(folder, "/", 2);
    return true;
}

/* Makes a file and removes it: permissions alone do not tell whether it can be done. */
static int try_folder(const vae__call *call, const char *path, const char *folder)
{
    char trial[FOLDER_TEXT + 16];
    snprintf(trial, sizeof trial, "%s/.vae-XXXXXX", folder);
    int file = mkstemp(trial);
    if (file < 0)
        return vae__failed(call, "--out %s: the folder %s: cannot be written: %s", path, folder, strerror(errno));
    close(file);
    unlink(trial);
    return VAE__EXIT_DONE;
}

static int check_folder(const vae__call *call, const char *path)
{
    char folder[FOLDER_TEXT];
    struct stat about;
    if (!folder_of(path, folder))
        return vae__failed(call, "--out %s: expected a name that is shorter", path);
    if (stat(folder, &about))
        return vae__failed(call, "--out %s: the folder %s: %s", path, folder, strerror(errno));
    if (!S_ISDIR(about.st_mode))
        return vae__failed(call, "--out %s: expected %s to be a folder, found a file", path, folder);
    return try_folder(call, path, folder);
}

static bool begins_with(const char *path, const char *signature, ssize_t *length)
{
    char found[SIGNATURE_BYTES];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    *length = file < 0 ? -1 : read(file, found, sizeof found);
    if (file >= 0)
        close(file);
    return *length == (ssize_t)sizeof found && !memcmp(found, signature, sizeof found);
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && !strcasecmp(text + length - end_length, end);
}

/* Something stands at `path`: may it be replaced? */
static int check_replaced(const vae__call *call, const char *path, vae__file_kind kind)
{
    bool picture = kind == VAE__SAMPLES_FILE && ends_with(path, ".png");
    ssize_t length;
    bool alike = begins_with(path, picture ? "\x89PNG\r\n\x1a\n" : "\x89HDF\r\n\x1a\n", &length);
    if (length < 0)
        return vae__failed(call, "--out %s: is there already and cannot be read: %s", path, strerror(errno));
    if (!length)
        return VAE__EXIT_DONE;
    if (!alike)
        return vae__failed(call, "--out %s: expected a new name or %s to replace, found a file of another kind", path,
                           picture                        ? "a picture"
                           : kind == VAE__CHECKPOINT_FILE ? "a libvae checkpoint"
                                                          : "an HDF5 file");
    if (picture)
        return VAE__EXIT_DONE;
    bool checkpoint = !vae__try_checkpoint(path).code;
    if (kind == VAE__CHECKPOINT_FILE && !checkpoint)
        return vae__failed(call,
                           "--out %s: expected a new name or a libvae checkpoint to replace, found an HDF5 file "
                           "that is not one, or not whole",
                           path);
    if (kind == VAE__SAMPLES_FILE && checkpoint)
        return vae__failed(call, "--out %s: expected a file for samples, found a libvae checkpoint", path);
    return VAE__EXIT_DONE;
}

int vae__check_target(const vae__call *call, const char *path, vae__file_kind kind)
{
    struct stat about;
    int status = check_folder(call, path);
    if (status)
        return status;
    if (path[strlen(path) - 1] == '/')
        return vae__failed(call, "--out %s: expected a file name, found a folder's", path);
    if (stat(path, &about))
        return errno == ENOENT ? VAE__EXIT_DONE : vae__failed(call, "--out %s: %s", path, strerror(errno));
    if (!S_ISREG(about.st_mode))
        return vae__failed(call, "--out %s: expected a file to write, found a %s", path,
                           S_ISDIR(about.st_mode) ? "folder" : "special file");
    return check_replaced(call, path, kind);
}

/* ---- Data -------------------------------------------------------------------------------------------------------- */

const char *vae__splits_text(char text[VAE__SPLITS_TEXT], const int64_t rows[VAE_SPLITS])
{
    size_t used = 0;
    text[0] = 0;
    for (int split = 0; split < VAE_SPLITS; split++)
        if (rows[split])
            used += (size_t)snprintf(text + used, VAE__SPLITS_TEXT - used, "%s%s %" PRId64, used ? ", " : "",
                                     vae_split_name((vae_split)split), rows[split]);
    return text;
}

static int hold_out_again(const vae__call *call, const vae_training_state *state, bool same, vae_data *data)
{
    bool alike = !strcmp(state->digest, vae_data_digest(data));
    if (!alike && same)
        return vae__failed(call,
                           "%s: not the data that the checkpoint was trained on: expected the digest %s, found %s",
                           vae_data_source(data), state->digest, vae_data_digest(data));
    if (!alike || !state->validation_held_out)
        return VAE__EXIT_DONE;
    vae_status status = vae_data_hold_out(data, state->rows[VAE_VALIDATION]);
    return status.code ? vae__failed_status(call, status) : VAE__EXIT_DONE;
}

int vae__open_data(const vae__call *call, const char *source, const vae_training *training, bool same, int threads,
                   vae_data **data)
{
    /* The seed stays 0: "digits" is one data set, whatever --seed is. */
    vae_status status = vae_data_open(source, &(vae_data_options){ .threads = threads }, data);
    if (status.code)
        return vae__failed_status(call, status);
    if (!training)
        return VAE__EXIT_DONE;
    vae_training_state state = vae_training_where(training);
    int exit_status = hold_out_again(call, &state, same, *data);
    if (exit_status)
        vae_data_free(data);
    return exit_status;
}
