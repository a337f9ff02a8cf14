/* HDF5 files as sources: opening them, and where a path leads. Soft links inside a file are ordinary; what leads out of
 * it is a policy of the opener. libhdf5 opens the file by its own means. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/base/system.h"
#include "src/data/data.h"
#include "src/data/hdf5.h"

/* How many soft links a path may lead through. */
enum { LINKS_MAX = 32 };

/* ---- Paths ------------------------------------------------------------------------------------------------------- */

/* A walk from a group along a path. */
typedef struct walk {
    const vae__hdf5_file *in;
    const char *path; /* as asked for */
    hid_t at;         /* where it is; below 0: nowhere, for there is no such thing */
    char left[VAE__PATH_SIZE];
    int links;
} walk;

static vae_status lead_out(const walk *w, const char *what)
{
    return vae__error(VAE_ERROR_DATA, "%s: %s: expected what is in the file, found %s (--allow-external follows it)",
                      w->in->name, w->path, what);
}

static vae_status too_long(const walk *w)
{
    return vae__error(VAE_ERROR_DATA, "%s: %s: expected a path of at most %d bytes and %d soft links, found more",
                      w->in->name, w->path, VAE__PATH_SIZE - 1, LINKS_MAX);
}

static void move_to(walk *w, hid_t id)
{
    vae__hdf5_close(w->at);
    w->at = id;
}

/* Puts a soft link's path before what is left. */
static vae_status follow(walk *w, const char *name, size_t size)
{
    char target[VAE__PATH_SIZE] = "", after[VAE__PATH_SIZE];
    if (size >= sizeof target || ++w->links > LINKS_MAX)
        return too_long(w);
    memcpy(after, w->left, sizeof after);
    if (H5Lget_val(w->at, name, target, sizeof target - 1, H5P_DEFAULT) < 0)
        return vae__error(VAE_ERROR_FORMAT, "%s: %s: a damaged link", w->in->name, w->path);
    if (strlen(target) + 1 + strlen(after) >= sizeof w->left)
        return too_long(w);
    size_t length = strlen(target);
    memcpy(w->left, target, length);
    w->left[length] = '/';
    memcpy(w->left + length + 1, after, strlen(after) + 1);
    if (*target == '/')
        move_to(w, H5Gopen2(w->at, "/", H5P_DEFAULT));
    return vae__ok();
}

/* One name further. */
static vae_status step(walk *w, const char *name)
{
    H5L_info_t info;
    if (H5Iget_type(w->at) != H5I_GROUP || H5Lexists(w->at, name, H5P_DEFAULT) <= 0 ||
        H5Lget_info(w->at, name, &info, H5P_DEFAULT) < 0) {
        move_to(w, H5I_INVALID_HID);
        return vae__ok();
    }
    if (info.type == H5L_TYPE_SOFT)
        return follow(w, name, info.u.val_size);
    if (info.type != H5L_TYPE_HARD && !w->in->file->allow_external)
        return lead_out(w, "an external link");
    move_to(w, H5Oopen(w->at, name, H5P_DEFAULT));
    return vae__ok();
}

/* Takes the next name off what is left; false where there is none. */
static bool next_name(char *left, char *name)
{
    size_t before = strspn(left, "/"), length = strcspn(left + before, "/");
    memcpy(name, left + before, length);
    name[length] = 0;
    memmove(left, left + before + length, strlen(left + before + length) + 1);
    return length > 0;
}

vae_status vae__hdf5_walk(const vae__hdf5_file *in, hid_t from, const char *path, hid_t *id)
{
    walk w = { .in = in, .path = path, .at = H5I_INVALID_HID };
    char name[VAE__PATH_SIZE];
    *id = H5I_INVALID_HID;
    if (strlen(path) >= sizeof w.left)
        return too_long(&w);
    memcpy(w.left, path, strlen(path) + 1);
    w.at = H5Gopen2(from, ".", H5P_DEFAULT);
    vae_status status = vae__ok();
    while (!status.code && w.at >= 0 && next_name(w.left, name))
        if (strcmp(name, "."))
            status = step(&w, name);
    if (status.code)
        vae__hdf5_close(w.at);
    else
        *id = w.at;
    return status;
}

/* ---- Files ------------------------------------------------------------------------------------------------------- */

static bool ends_in(const char *name, size_t length, const char *end)
{
    size_t size = strlen(end);
    return length > size && !memcmp(name + length - size, end, size);
}

static bool has_signature(const char *name)
{
    struct stat about;
    if (stat(name, &about) || !S_ISREG(about.st_mode))
        return false;
    vae__hdf5_host host;
    vae__hdf5_enter(&host, false);
    bool has = H5Fis_hdf5(name) > 0;
    vae__hdf5_leave(&host);
    return has;
}

static bool names_hdf5(const char *source)
{
    size_t length = vae__data_file_length(source);
    if (ends_in(source, length, ".h5") || ends_in(source, length, ".hdf5"))
        return true;
    char name[4096];
    if (length >= sizeof name)
        return false;
    memcpy(name, source, length);
    name[length] = 0;
    return has_signature(name);
}

/* What the system says comes first; libhdf5 tells no more than that it could not. */
static vae_status open_file(vae__hdf5_file *o)
{
    struct stat about;
    int file = vae__system_open(o->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
    if (file < 0)
        return vae__error_errno(o->name, "cannot open");
    bool plain = !fstat(file, &about) && S_ISREG(about.st_mode);
    vae__system_close(file);
    if (!plain)
        return vae__error(VAE_ERROR_FILE, "%s: expected an HDF5 file, found a folder or a special file", o->name);
    if (!about.st_size)
        return vae__error(VAE_ERROR_FORMAT, "%s: not an HDF5 file: it is empty", o->name);
    if (H5Fis_hdf5(o->name) <= 0)
        return vae__error(VAE_ERROR_FORMAT, "%s: not an HDF5 file", o->name);
    o->id = H5Fopen(o->name, H5F_ACC_RDONLY, H5P_DEFAULT);
    o->root = o->id < 0 ? H5I_INVALID_HID : H5Gopen2(o->id, "/", H5P_DEFAULT);
    if (o->root < 0)
        return vae__error(
            VAE_ERROR_FORMAT,
            "%s: a damaged HDF5 file, one cut short, or one that is being written: libhdf5 cannot open it", o->name);
    return vae__ok();
}

/* The source's path is that of a group, or of x. */
static vae_status open_base(vae__hdf5_file *o, vae__file *file, const char *path)
{
    VAE__TRY(vae__hdf5_walk(o, o->root, path, &o->group));
    H5I_type_t kind = o->group < 0 ? H5I_BADID : H5Iget_type(o->group);
    snprintf(o->base, sizeof o->base, "%s", path);
    size_t length = strlen(o->base);
    while (length && o->base[length - 1] == '/')
        o->base[--length] = 0;
    if (kind == H5I_GROUP)
        return vae__ok();
    vae__hdf5_close(o->group);
    o->group = H5I_INVALID_HID;
    if (kind != H5I_DATASET)
        return vae__error(VAE_ERROR_DATA, "%s: %s: expected a group or a dataset, found none", o->name, path);
    o->dataset = path;
    file->is_x = true;
    *strrchr(o->base, '/') = 0;
    return vae__hdf5_walk(o, o->root, o->base, &o->group);
}

/* Groups of these names are splits, datasets are not. */
static vae_status open_splits(vae__hdf5_file *o, vae__file *file)
{
    bool any = false;
    for (int split = 0; split < VAE_ALL && !o->dataset; split++) {
        hid_t *id = &o->splits[split];
        VAE__TRY(vae__hdf5_walk(o, o->group, vae_split_name((vae_split)split), id));
        file->splits[split] = *id >= 0 && H5Iget_type(*id) == H5I_GROUP;
        any = any || file->splits[split];
    }
    file->splits[VAE_ALL] = !any;
    if (!any)
        o->splits[VAE_ALL] = H5Gopen2(o->group, ".", H5P_DEFAULT);
    return vae__ok();
}

static void close_inside(vae__hdf5_file *o)
{
    for (int split = 0; split < VAE_SPLITS; split++)
        vae__hdf5_close(o->splits[split]);
    vae__hdf5_close(o->group);
    vae__hdf5_close(o->root);
    if (o->id >= 0)
        H5Fclose(o->id);
    vae__hdf5_leave(&o->host);
    vae__free(o->name);
    vae__free(o);
}

static vae_status open_inside(vae__hdf5_file *o, vae__file *file)
{
    size_t length = vae__data_file_length(file->source);
    VAE__TRY(vae__copy_string(file->source, &o->name));
    o->name[length] = 0;
    VAE__TRY(open_file(o));
    VAE__TRY(open_base(o, file, file->source[length] ? file->source + length + 1 : ""));
    return open_splits(o, file);
}

static vae_status open_hdf5(vae__file *file)
{
    vae__hdf5_file *o = NULL;
    VAE__TRY(vae__allocate(file->source, 1, sizeof *o, &o));
    o->file = file;
    o->id = o->root = o->group = H5I_INVALID_HID;
    for (int split = 0; split < VAE_SPLITS; split++)
        o->splits[split] = H5I_INVALID_HID;
    vae__hdf5_enter(&o->host, false);
    vae_status status = open_inside(o, file);
    if (status.code)
        close_inside(o);
    else
        file->inside = o;
    return status;
}

static void close_hdf5(vae__file *file)
{
    close_inside(file->inside);
    file->inside = NULL;
}

static const vae__format format = {
    .open = open_hdf5,
    .close = close_hdf5,
    .find = vae__hdf5_find,
    .read = vae__hdf5_read,
    .tell = vae__hdf5_tell,
    .release = vae__hdf5_release,
    .list = vae__hdf5_list,
};

const vae__source vae__source_hdf5 = {
    .expected = "FILE.h5",
    .names = names_hdf5,
    .open = vae__files_open,
    .format = &format,
};
