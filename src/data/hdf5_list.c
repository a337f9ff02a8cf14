/* What datasets an HDF5 file holds: a walk through its groups that does not leave the file, and ends. */
#include <stdio.h>
#include <string.h>

#include "src/base/status.h"
#include "src/data/hdf5.h"

/* A group may be linked into itself, where the walk does not follow, and many times into others, so that depth alone is
 * no end: names that are looked at are counted, too. */
enum { DEPTH_MAX = 16, NAMES_MAX = 1 << 18 };

typedef struct walk {
    const vae__hdf5_file *in;
    vae_split split;
    vae_data_entry_function *function;
    void *context;
    char path[VAE__PATH_SIZE];
    hobj_ref_t above[DEPTH_MAX]; /* the groups of the path */
    int depth, names;
    bool over;
} walk;

static void tell(walk *w, hid_t dataset, const char *otherwise)
{
    vae_data_entry entry = { .split = w->split, .path = w->path, .type = otherwise };
    if (dataset >= 0)
        vae__hdf5_describe(dataset, &entry);
    w->over = w->function(w->context, &entry);
}

static herr_t visit(hid_t group, const char *name, const H5L_info_t *info, void *context);

static void look_into(walk *w, hid_t group)
{
    hobj_ref_t here;
    if (w->depth == DEPTH_MAX || H5Rcreate(&here, group, ".", H5R_OBJECT, H5I_INVALID_HID) < 0)
        return;
    for (int i = 0; i < w->depth; i++)
        if (w->above[i] == here)
            return;
    w->above[w->depth++] = here;
    H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, visit, w);
    w->depth--;
}

/* A soft link leads to a dataset, or it is of no interest: groups are met where they are. */
static void visit_soft(walk *w, hid_t group, const char *name)
{
    hid_t id = H5I_INVALID_HID;
    vae_status status = vae__hdf5_walk(w->in, group, name, &id);
    if (status.code)
        tell(w, H5I_INVALID_HID, "a link out of the file, or in a circle");
    else if (id >= 0 && H5Iget_type(id) == H5I_DATASET)
        tell(w, id, NULL);
    vae__hdf5_close(id);
}

static void visit_hard(walk *w, hid_t group, const char *name)
{
    hid_t id = H5Oopen(group, name, H5P_DEFAULT);
    H5I_type_t kind = id < 0 ? H5I_BADID : H5Iget_type(id);
    if (kind == H5I_DATASET)
        tell(w, id, NULL);
    if (kind == H5I_GROUP)
        look_into(w, id);
    vae__hdf5_close(id);
}

static herr_t visit(hid_t group, const char *name, const H5L_info_t *info, void *context)
{
    walk *w = context;
    size_t length = strlen(w->path), more = strlen(name);
    if (++w->names > NAMES_MAX)
        w->over = true;
    if (w->over || length + 1 + more >= sizeof w->path)
        return w->over;
    snprintf(w->path + length, sizeof w->path - length, "/%s", name);
    if (info->type == H5L_TYPE_HARD)
        visit_hard(w, group, name);
    else if (info->type == H5L_TYPE_SOFT)
        visit_soft(w, group, name);
    else
        tell(w, H5I_INVALID_HID, "an external link");
    w->path[length] = 0;
    return w->over;
}

/* Paths begin where they are looked up: at a split's group, or without splits at the root of the file. */
vae_status vae__hdf5_list(vae__file *file, vae_data_entry_function *function, void *context)
{
    const vae__hdf5_file *in = file->inside;
    walk w = { .in = in, .function = function, .context = context };
    for (int split = 0; split < VAE_SPLITS && !w.over; split++) {
        if (in->splits[split] < 0)
            continue;
        w.split = (vae_split)split;
        snprintf(w.path, sizeof w.path, "%s", split == VAE_ALL ? in->base : "");
        look_into(&w, in->splits[split]);
    }
    return vae__ok();
}
