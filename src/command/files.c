/* Opening with care. */
#include "src/command/files.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/command/trial.h"

enum { PATH_TEXT = 4096 /* at least PATH_MAX, for realpath */, SIGNATURE_BYTES = 8 };

/* ---- Kinds ------------------------------------------------------------------------------------------------------- */

#define HDF5_SIGNATURE "\x89HDF\r\n\x1a\n"

static const struct {
    const char *what, *signature;
    bool tried; /* The signature is not enough: it is opened. */
    vae_results results;
} kinds[] = {
    [VAE__CHECKPOINT_FILE] = { "a libvae checkpoint", HDF5_SIGNATURE, .tried = true },
    [VAE__VERIFIED_FILE] = { "a libvae checkpoint", HDF5_SIGNATURE, .tried = true },
    [VAE__SAMPLES_FILE] = { "libvae samples", HDF5_SIGNATURE, true, VAE_RESULTS_SAMPLES },
    [VAE__LATENTS_FILE] = { "libvae latents", HDF5_SIGNATURE, true, VAE_RESULTS_LATENTS },
    [VAE__EXAMPLES_FILE] = { "libvae evaluation", HDF5_SIGNATURE, true, VAE_RESULTS_EXAMPLES },
    [VAE__RECONSTRUCTIONS_FILE] = { "libvae reconstructions", HDF5_SIGNATURE, true, VAE_RESULTS_RECONSTRUCTIONS },
    [VAE__MANIFOLD_FILE] = { "libvae manifold", HDF5_SIGNATURE, true, VAE_RESULTS_MANIFOLD },
    [VAE__INTERPOLATION_FILE] = { "libvae interpolation", HDF5_SIGNATURE, true, VAE_RESULTS_INTERPOLATION },
    [VAE__TRAVERSAL_FILE] = { "libvae traversal", HDF5_SIGNATURE, true, VAE_RESULTS_TRAVERSAL },
    [VAE__COMPLETIONS_FILE] = { "libvae completions", HDF5_SIGNATURE, true, VAE_RESULTS_COMPLETIONS },
    [VAE__ARITHMETIC_FILE] = { "libvae arithmetic", HDF5_SIGNATURE, true, VAE_RESULTS_ARITHMETIC },
    [VAE__FORECAST_FILE] = { "libvae forecast", HDF5_SIGNATURE, true, VAE_RESULTS_FORECAST },
    [VAE__NUMBERS_FILE] = { "libvae plot", HDF5_SIGNATURE, .tried = true },
    [VAE__PLOT_FILE] = { "a plot of libvae's", "<svg xml", .tried = false },
    [VAE__PICTURE_FILE] = { "a picture", "\x89PNG\r\n\x1a\n", .tried = false },
    [VAE__DRAWING_FILE] = { "a drawing for Graphviz", "digraph ", .tried = false },
};

/* ---- Checkpoints ------------------------------------------------------------------------------------------------- */

/* A file to open for what it should be. */
typedef struct opening {
    const vae__call *call;
    const char *path;
    vae__file_kind kind;
} opening;

static vae_status open_as(void *context)
{
    const opening *file = context;
    vae_training *training = NULL;
    if (file->kind == VAE__CHECKPOINT_FILE)
        return vae_checkpoint_load(file->path, file->call->catalogue, &training);
    if (file->kind == VAE__VERIFIED_FILE)
        return vae_checkpoint_verify(file->path, file->call->catalogue);
    if (file->kind == VAE__NUMBERS_FILE)
        return vae_plot_recognize(file->path);
    return vae_results_recognize(file->path, kinds[file->kind].results);
}

static vae_status try_file(const vae__call *call, const char *path, vae__file_kind kind)
{
    opening file = { call, path, kind };
    const vae__trial trial = { .path = path, .what = kinds[kind].what, .open = open_as, .context = &file };
    bool answered;
    return vae__try(&trial, vae__trial_size(path), &answered);
}

static int open_tried(const vae__call *call, const char *path, vae__file_kind kind, vae_training **training)
{
    vae_status status = try_file(call, path, kind);
    if (!status.code)
        status = vae_checkpoint_load(path, call->catalogue, training);
    return status.code ? vae__failed_status(call, status) : VAE__EXIT_DONE;
}

int vae__open_checkpoint(const vae__call *call, const char *path, vae_training **training)
{
    return open_tried(call, path, VAE__CHECKPOINT_FILE, training);
}

int vae__open_weights(const vae__call *call, const char *path, const vae__value *weights, vae_training **training)
{
    const bool last = weights->given && !strcmp(weights->text, "last");
    if (weights->given && !last && strcmp(weights->text, "average") != 0)
        return vae__wrong_usage(call, "--weights: expected last or average, found \"%s\"", weights->text);
    int status = vae__open_checkpoint(call, path, training);
    const bool averaged = !status && vae_training_where(*training).average > 0;
    if (status || last || (!averaged && !weights->given))
        return status;
    if (!averaged)
        return vae__failed(call, "%s: expected averaged parameters, found none; train --average keeps them", path);
    vae_status used = vae_training_use_average(*training);
    return used.code ? vae__failed_status(call, used) : VAE__EXIT_DONE;
}

int vae__open_verified(const vae__call *call, const char *path, vae_training **training)
{
    return open_tried(call, path, VAE__VERIFIED_FILE, training);
}

/* ---- Targets ----------------------------------------------------------------------------------------------------- */

/* The folder that `path` is in; false where it is too long a name. */
static bool folder_of(const char *path, char folder[PATH_TEXT])
{
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;
    if (length >= PATH_TEXT)
        return false;
    memcpy(folder, slash ? path : ".", slash ? length : 1);
    folder[slash ? length : 1] = 0;
    if (slash == path)
        memcpy(folder, "/", 2);
    return true;
}

/* A new file of a name that a temporary file of a save may have, as long as any, so that the next save removes it if a
 * kill leaves it there. What has the name already is of a process of the same number: of a container's, always. */
static int make_beside(const char *place, char beside[PATH_TEXT + 32])
{
    enum { ATTEMPTS = 100 };
    int file = -1;
    for (unsigned attempt = 0; file < 0 && attempt < ATTEMPTS; attempt++) {
        snprintf(beside, PATH_TEXT + 32, "%s.%ld-%012x.tmp", place, (long)getpid(), attempt);
        file = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (file < 0 && errno != EEXIST)
            break;
    }
    return file;
}

/* Makes a file and removes it: permissions alone do not tell whether it can be done. The folder is opened, as writing
 * will, to bring it to the disk. */
static int try_folder(const vae__call *call, const char *option, const char *path, const char *place,
                      const char *folder)
{
    char beside[PATH_TEXT + 32];
    int opened = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0)
        return vae__failed(call, "--%s %s: the folder %s: cannot be read: %s", option, path, folder, strerror(errno));
    close(opened);
    int file = make_beside(place, beside);
    if (file < 0)
        return vae__failed(call, "--%s %s: the folder %s: cannot be written: %s", option, path, folder,
                           strerror(errno));
    close(file);
    unlink(beside);
    return VAE__EXIT_DONE;
}

static int check_folder(const vae__call *call, const char *option, const char *path, const char *place)
{
    char folder[PATH_TEXT];
    struct stat about;
    if (!folder_of(place, folder))
        return vae__failed(call, "--%s %s: expected a name that is shorter", option, path);
    if (stat(folder, &about))
        return vae__failed(call, "--%s %s: the folder %s: %s", option, path, folder, strerror(errno));
    if (!S_ISDIR(about.st_mode))
        return vae__failed(call, "--%s %s: expected %s to be a folder, found a file", option, path, folder);
    if (place[strlen(place) - 1] == '/')
        return vae__failed(call, "--%s %s: expected a file name, found a folder's", option, path);
    return try_folder(call, option, path, place, folder);
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

bool vae__name_ends(const char *name, const char *ending)
{
    size_t length = strlen(name), wanted = strlen(ending);
    return length > wanted && !strcasecmp(name + length - wanted, ending);
}

/* Something stands at `path`: may it be replaced? */
static int check_replaced(const vae__call *call, const char *option, const char *path, vae__file_kind kind)
{
    ssize_t length;
    bool alike = begins_with(path, kinds[kind].signature, &length);
    if (length < 0)
        return vae__failed(call, "--%s %s: is there already and cannot be read: %s", option, path, strerror(errno));
    if (!length)
        return VAE__EXIT_DONE;
    if (!alike)
        return vae__failed(call, "--%s %s: expected a new name or %s to replace, found a file of another kind", option,
                           path, kinds[kind].what);
    if (!kinds[kind].tried)
        return VAE__EXIT_DONE;
    vae_status status = try_file(call, path, kind);
    if (!status.code)
        return VAE__EXIT_DONE;
    return vae__failed(call, "--%s: expected a new name or %s to replace: %s", option, kinds[kind].what,
                       status.message);
}

int vae__check_target_of(const vae__call *call, const char *option, const char *path, vae__file_kind kind)
{
    struct stat about;
    char followed[PATH_TEXT];
    const char *place = path;
    if (!lstat(path, &about) && S_ISLNK(about.st_mode))
        place = realpath(path, followed);
    if (!place)
        return vae__failed(call, "--%s %s: cannot follow this link: %s", option, path, strerror(errno));
    if (strlen(place) >= PATH_TEXT)
        return vae__failed(call, "--%s %s: expected a name that is shorter", option, path);
    if (!stat(place, &about) && !S_ISREG(about.st_mode))
        return vae__failed(call, "--%s %s: expected a file to write, found a %s", option, path,
                           S_ISDIR(about.st_mode) ? "folder" : "special file");
    int status = check_folder(call, option, path, place);
    if (status)
        return status;
    if (stat(place, &about))
        return errno == ENOENT ? VAE__EXIT_DONE : vae__failed(call, "--%s %s: %s", option, path, strerror(errno));
    return check_replaced(call, option, path, kind);
}

int vae__check_target(const vae__call *call, const char *path, vae__file_kind kind)
{
    return vae__check_target_of(call, "out", path, kind);
}

int vae__check_results(const vae__call *call, const vae__value *out, vae__file_kind kind, bool picture)
{
    const char *path = out->text;
    if (!path)
        return vae__wrong_usage(call, "expected --out %sFILE.h5, found none", picture ? "FILE.png or --out " : "");
    if (picture && vae__name_ends(path, ".png"))
        return vae__check_target(call, path, VAE__PICTURE_FILE);
    if (vae__name_ends(path, ".h5") || vae__name_ends(path, ".hdf5"))
        return vae__check_target(call, path, kind);
    return vae__wrong_usage(call, "--out: expected a name that ends in %s.h5 or .hdf5, found \"%s\"",
                            picture ? ".png, " : "", path);
}

/* The files that a source is: "FILE.h5:/path", or a pattern. */
static bool is_among(const struct stat *file, const char *source)
{
    char pattern[PATH_TEXT];
    const char *inside = strstr(source, ":/");
    int length = snprintf(pattern, sizeof pattern, "%.*s", inside ? (int)(inside - source) : PATH_TEXT, source);
    glob_t files;
    if (length >= PATH_TEXT || glob(pattern, GLOB_NOCHECK, NULL, &files))
        return false;
    bool found = false;
    for (size_t i = 0; i < files.gl_pathc && !found; i++) {
        struct stat other;
        found = !stat(files.gl_pathv[i], &other) && other.st_dev == file->st_dev && other.st_ino == file->st_ino;
    }
    globfree(&files);
    return found;
}

int vae__check_apart(const vae__call *call, const char *option, const char *path, const char *read,
                     const char *const *sources, int count)
{
    struct stat about;
    if (!path || stat(path, &about))
        return VAE__EXIT_DONE;
    for (int i = 0; i < count; i++)
        if (is_among(&about, sources[i]))
            return vae__failed(call, "--%s %s: expected another file than --%s %s, which it would replace", option,
                               path, read, sources[i]);
    return VAE__EXIT_DONE;
}

const char *vae__shades_text(char text[VAE__SHADES_TEXT], vae_shades shades)
{
    text[0] = 0;
    if (shades.black < 0 || shades.black > 0 || shades.white < 1 || shades.white > 1)
        snprintf(text, VAE__SHADES_TEXT, "; black is %.6g, white is %.6g", shades.black, shades.white);
    return text;
}
