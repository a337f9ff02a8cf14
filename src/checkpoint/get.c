/* Guarded reading: nothing is taken for what a file says it is. */
#include "src/checkpoint/get.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/base/text.h"
#include "src/base/types.h"
#include "src/checkpoint/put.h"

static vae_status wrong(const vae__place *place, const char *name, const char *expected, const char *found)
{
    return vae__error(VAE_ERROR_FORMAT, "%s: %s/%s: expected %s, found %s", place->file, place->where, name, expected,
                      found);
}

/* ---- Links and objects ------------------------------------------------------------------------------------------- */

static vae_status check_link(const vae__place *parent, const char *name, const char *expected)
{
    H5L_info_t info;
    if (strchr(name, '/') || !strcmp(name, ".") || !*name)
        return wrong(parent, name, expected, "a name that no object may have");
    htri_t there = H5Lexists(parent->id, name, H5P_DEFAULT);
    if (!there)
        return wrong(parent, name, expected, "none");
    if (there < 0 || H5Lget_info(parent->id, name, &info, H5P_DEFAULT) < 0)
        return wrong(parent, name, expected, "damage that libhdf5 cannot read");
    if (info.type != H5L_TYPE_HARD)
        return wrong(parent, name, expected, "a link to elsewhere");
    return vae__ok();
}

/* Opens what a hard link leads to, if it is of the right kind. */
static vae_status open_object(const vae__place *parent, const char *name, H5I_type_t kind, const char *expected,
                              vae__place *object)
{
    VAE__TRY(check_link(parent, name, expected));
    *object = *parent;
    object->id = H5Oopen(parent->id, name, H5P_DEFAULT);
    if (object->id < 0)
        return wrong(parent, name, expected, "damage that libhdf5 cannot read");
    if (H5Iget_type(object->id) != kind) {
        vae__hdf5_close(object->id);
        object->id = H5I_INVALID_HID;
        return wrong(parent, name, expected, "an object of another kind");
    }
    size_t length = strlen(object->where);
    snprintf(object->where + length, sizeof object->where - length, "/%s", name);
    return vae__ok();
}

/* `list` is a creation list of a group or a dataset. Asks for no more than a filter's number: its configuration would
 * have libhdf5 look for it. */
static bool known_filters(hid_t list)
{
    static const H5Z_filter_t known[] = { H5Z_FILTER_DEFLATE, H5Z_FILTER_SHUFFLE, H5Z_FILTER_FLETCHER32 };
    int count = list < 0 ? -1 : H5Pget_nfilters(list);
    for (int i = 0; i < count; i++) {
        unsigned flags;
        size_t values = 0, k = 0;
        H5Z_filter_t filter = H5Pget_filter2(list, (unsigned)i, &flags, &values, NULL, 0, NULL, NULL);
        while (k < sizeof known / sizeof *known && known[k] != filter)
            k++;
        if (k == sizeof known / sizeof *known)
            return false;
    }
    return count >= 0;
}

/* Links of a group may be stored through filters as well; they must be known before a link is looked up. */
static bool safe_group(hid_t group)
{
    hid_t list = H5Gget_create_plist(group);
    bool safe = known_filters(list);
    vae__hdf5_close(list);
    return safe;
}

vae_status vae__get_root(const char *path, hid_t file, size_t file_size, vae__place *root)
{
    *root = (vae__place){ .file = path, .file_size = file_size, .id = H5Gopen2(file, "/", H5P_DEFAULT) };
    if (root->id >= 0 && safe_group(root->id))
        return vae__ok();
    vae__hdf5_close(root->id);
    root->id = H5I_INVALID_HID;
    return vae__error(VAE_ERROR_FORMAT, "%s: a damaged HDF5 file: libhdf5 cannot open its root group", path);
}

vae_status vae__get_group(const vae__place *parent, const char *name, vae__place *group)
{
    VAE__TRY(open_object(parent, name, H5I_GROUP, "a group", group));
    if (safe_group(group->id))
        return vae__ok();
    vae__hdf5_close(group->id);
    group->id = H5I_INVALID_HID;
    return wrong(parent, name, "a group without filters, or deflate, shuffle or fletcher32", "another filter");
}

/* ---- Attributes -------------------------------------------------------------------------------------------------- */

/* An open attribute of fixed size. */
typedef struct attribute {
    hid_t id, type;
    hsize_t count;
    size_t bytes; /* of an element */
} attribute;

static void close_attribute(attribute *open)
{
    vae__hdf5_close(open->type);
    vae__hdf5_close(open->id);
}

/* rank 0: a scalar; 1: a list. */
static bool right_space(attribute *open, int rank)
{
    hid_t space = H5Aget_space(open->id);
    bool right = space >= 0 && H5Sget_simple_extent_type(space) == (rank ? H5S_SIMPLE : H5S_SCALAR) &&
                 H5Sget_simple_extent_ndims(space) == rank;
    open->count = 1;
    if (right && rank)
        right = H5Sget_simple_extent_dims(space, &open->count, NULL) == 1;
    vae__hdf5_close(space);
    return right;
}

/* The type, which is not read through: a string must have a length of its own, a number be stored as `stored`. */
static bool right_type(attribute *open, hid_t stored)
{
    open->type = H5Aget_type(open->id);
    if (open->type < 0 || H5Tcommitted(open->type) > 0)
        return false;
    open->bytes = H5Tget_size(open->type);
    if (stored >= 0)
        return H5Tequal(open->type, stored) > 0;
    return H5Tget_class(open->type) == H5T_STRING && !H5Tis_variable_str(open->type);
}

/* `stored` below 0: a string. */
static vae_status open_attribute(const vae__place *place, const char *name, hid_t stored, int rank,
                                 const char *expected, hsize_t most, attribute *open)
{
    *open = (attribute){ .id = H5I_INVALID_HID, .type = H5I_INVALID_HID };
    htri_t there = H5Aexists(place->id, name);
    if (!there)
        return wrong(place, name, expected, "no such attribute");
    if (there > 0)
        open->id = H5Aopen(place->id, name, H5P_DEFAULT);
    if (open->id < 0)
        return wrong(place, name, expected, "damage that libhdf5 cannot read");
    const char *found = !right_type(open, stored)  ? "another type"
                        : !right_space(open, rank) ? "another shape"
                        : open->count > most       ? "more of them"
                        : !open->bytes || (open->count && open->bytes > VAE__MAX_TEXT / open->count)
                            ? "more bytes than any has"
                            : NULL;
    if (!found)
        return vae__ok();
    close_attribute(open);
    return wrong(place, name, expected, found);
}

static vae_status read_number(const vae__place *place, const char *name, vae_type type, const char *expected,
                              void *value)
{
    attribute open;
    VAE__TRY(open_attribute(place, name, vae__hdf5_stored(type), 0, expected, 1, &open));
    herr_t done = H5Aread(open.id, vae__hdf5_native(type), value);
    close_attribute(&open);
    return done < 0 ? wrong(place, name, expected, "damage that libhdf5 cannot read") : vae__ok();
}

/* Reads strings of one length; the caller owns *packed. */
static vae_status read_packed(const vae__place *place, const char *name, int rank, hsize_t most, char **packed,
                              size_t *width, int *count)
{
    attribute open;
    const char *expected = rank ? "strings of a fixed length" : "a string of fixed length";
    VAE__TRY(open_attribute(place, name, -1, rank, expected, most, &open));
    *width = open.bytes;
    *count = (int)open.count;
    vae_status status = vae__allocate(name, (size_t)open.count * open.bytes + 1, 1, packed);
    if (!status.code && open.count && H5Aread(open.id, open.type, *packed) < 0) {
        status = wrong(place, name, expected, "damage that libhdf5 cannot read");
        vae__free(*packed);
        *packed = NULL;
    }
    close_attribute(&open);
    return status;
}

vae_status vae__get_text(const vae__place *place, const char *name, char **text)
{
    size_t width;
    int count;
    return read_packed(place, name, 0, 1, text, &width, &count);
}

vae_status vae__get_texts(const vae__place *place, const char *name, int most, char **texts, int *count)
{
    char *packed = NULL;
    size_t width = 0;
    VAE__TRY(read_packed(place, name, 1, (hsize_t)most, &packed, &width, count));
    vae_status status = vae__ok();
    for (int i = 0; i < *count && !status.code; i++) {
        status = vae__allocate(name, width + 1, 1, &texts[i]);
        if (!status.code)
            memcpy(texts[i], packed + (size_t)i * width, width);
    }
    vae__free(packed);
    return status;
}

static vae_status outside(const vae__place *place, const char *name, int64_t low, int64_t high, int64_t found)
{
    return vae__error(VAE_ERROR_FORMAT, "%s: %s/%s: expected %" PRId64 " to %" PRId64 ", found %" PRId64, place->file,
                      place->where, name, low, high, found);
}

vae_status vae__get_integer(const vae__place *place, const char *name, int64_t low, int64_t high, int64_t *value)
{
    VAE__TRY(read_number(place, name, VAE_INT64, "a 64-bit integer", value));
    return *value < low || *value > high ? outside(place, name, low, high, *value) : vae__ok();
}

vae_status vae__get_integers(const vae__place *place, const char *name, int most, int64_t low, int64_t high,
                             int64_t *values, int *count)
{
    attribute open;
    const char *expected = "a list of 64-bit integers";
    VAE__TRY(open_attribute(place, name, vae__hdf5_stored(VAE_INT64), 1, expected, (hsize_t)most, &open));
    *count = (int)open.count;
    herr_t done = open.count ? H5Aread(open.id, vae__hdf5_native(VAE_INT64), values) : 0;
    close_attribute(&open);
    if (done < 0)
        return wrong(place, name, expected, "damage that libhdf5 cannot read");
    for (int i = 0; i < *count; i++)
        if (values[i] < low || values[i] > high)
            return outside(place, name, low, high, values[i]);
    return vae__ok();
}

vae_status vae__get_unsigned(const vae__place *place, const char *name, uint64_t *value)
{
    return read_number(place, name, VAE_UINT64, "an unsigned 64-bit integer", value);
}

vae_status vae__get_number(const vae__place *place, const char *name, double low, double high, double *value)
{
    VAE__TRY(vae__get_any_number(place, name, value));
    if (*value >= low && *value <= high)
        return vae__ok();
    return vae__error(VAE_ERROR_FORMAT, "%s: %s/%s: expected %g to %g, found %g", place->file, place->where, name, low,
                      high, *value);
}

vae_status vae__get_any_number(const vae__place *place, const char *name, double *value)
{
    return read_number(place, name, VAE_FLOAT64, "a 64-bit float", value);
}

bool vae__get_has(const vae__place *place, const char *name)
{
    return H5Aexists(place->id, name) != 0;
}

bool vae__get_has_link(const vae__place *group, const char *name)
{
    return H5Lexists(group->id, name, H5P_DEFAULT) != 0;
}

vae_status vae__get_text_if(const vae__place *place, const char *name, char **text)
{
    *text = NULL;
    return vae__get_has(place, name) ? vae__get_text(place, name, text) : vae__ok();
}

/* ---- Datasets ---------------------------------------------------------------------------------------------------- */

/* What is wrong with how a dataset is stored; NULL: nothing. Asked before its shape, for which libhdf5 would open the
 * sources of a virtual dataset. */
static const char *storage_fault(hid_t dataset, bool *filtered, uint64_t *chunk)
{
    hid_t list = H5Dget_create_plist(dataset);
    H5D_layout_t layout = list < 0 ? H5D_LAYOUT_ERROR : H5Pget_layout(list);
    hsize_t sizes[H5S_MAX_RANK] = { 0 };
    const char *fault = NULL;
    *filtered = false;
    *chunk = 0;
    if (layout != H5D_COMPACT && layout != H5D_CONTIGUOUS && layout != H5D_CHUNKED)
        fault = "values that are stored elsewhere";
    else if (H5Pget_external_count(list) != 0)
        fault = "values that are stored in another file";
    else if (!known_filters(list))
        fault = "a filter that is none of deflate, shuffle and fletcher32";
    else
        *filtered = H5Pget_nfilters(list) > 0;
    int rank = !fault && layout == H5D_CHUNKED ? H5Pget_chunk(list, H5S_MAX_RANK, sizes) : 0;
    for (int i = 0; i < rank; i++)
        *chunk = (i ? *chunk : 1) * (sizes[i] < UINT32_MAX ? sizes[i] : UINT32_MAX);
    vae__hdf5_close(list);
    return fault;
}

static vae_status check_shape(const vae__place *dataset, vae__wanted *wanted)
{
    hsize_t found[H5S_MAX_RANK] = { 0 };
    int64_t shape[H5S_MAX_RANK];
    char there[256], here[128];
    hid_t space = H5Dget_space(dataset->id);
    bool simple = space >= 0 && H5Sget_simple_extent_type(space) == H5S_SIMPLE;
    int rank = simple ? H5Sget_simple_extent_dims(space, found, NULL) : -1;
    vae__hdf5_close(space);
    bool same = rank == wanted->rank;
    for (int i = 0; i < rank; i++) {
        shape[i] = found[i] > INT64_MAX ? INT64_MAX : (int64_t)found[i];
        if (same && !i && wanted->shape[0] < 0)
            wanted->shape[0] = shape[0];
        same = same && shape[i] == wanted->shape[i];
    }
    if (same)
        return vae__ok();
    vae__text_sizes(there, sizeof there, shape, rank, ", ");
    return vae__error(VAE_ERROR_FORMAT, "%s: %s: expected shape (%s), found %s%s%s", dataset->file, dataset->where,
                      wanted->shape[0] < 0 ? "rows"
                                           : vae__text_sizes(here, sizeof here, wanted->shape, wanted->rank, ", "),
                      rank < 1 ? "" : "(", rank < 1 ? "no shape" : there, rank < 1 ? "" : ")");
}

/* Values must be in the file: else a small file could ask for any amount of memory. Deflate makes at most 1032 bytes of
 * one. Chunks must be of a size to be read one by one. */
static vae_status check_size(const vae__place *dataset, const vae__wanted *wanted, bool filtered, uint64_t chunk)
{
    enum { SMALL = 1 << 22 };
    uint64_t bytes = wanted->most_text ? wanted->text_width : vae__type_bytes(wanted->type), width = bytes;
    for (int i = 0; i < wanted->rank; i++) {
        uint64_t size = (uint64_t)wanted->shape[i];
        if (size && bytes > SIZE_MAX / 2 / size)
            return wrong(dataset, "", "a size that memory can hold", "a larger one");
        bytes *= size;
    }
    uint64_t stored = H5Dget_storage_size(dataset->id), ratio = filtered ? VAE__MOST_DEFLATED : 1;
    if (stored > dataset->file_size || stored < bytes / ratio)
        return vae__error(VAE_ERROR_FORMAT, "%s: %s: expected %" PRIu64 " bytes of values, found %" PRIu64,
                          dataset->file, dataset->where, bytes, stored);
    if (chunk > (bytes > SMALL ? bytes : SMALL) / width)
        return vae__error(VAE_ERROR_FORMAT,
                          "%s: %s: expected chunks no larger than the dataset, found %" PRIu64 " values", dataset->file,
                          dataset->where, chunk);
    return vae__ok();
}

static vae_status check_type(const vae__place *dataset, vae_type type)
{
    static const char *const names[] = {
#define NAME(name, ctype, text) text,
        VAE_TYPE_LIST(NAME)
#undef NAME
    };
    hid_t found = H5Dget_type(dataset->id);
    bool same = found >= 0 && H5Tequal(found, vae__hdf5_stored(type)) > 0;
    vae__hdf5_close(found);
    return same ? vae__ok()
                : vae__error(VAE_ERROR_FORMAT,
                             "%s: %s: expected values of type %s with the little end first, found "
                             "another type",
                             dataset->file, dataset->where, names[type]);
}

static vae_status check_text_type(const vae__place *dataset, vae__wanted *wanted)
{
    hid_t found = H5Dget_type(dataset->id);
    bool text =
        found >= 0 && H5Tcommitted(found) <= 0 && H5Tget_class(found) == H5T_STRING && !H5Tis_variable_str(found);
    wanted->text_width = text ? H5Tget_size(found) : 0;
    vae__hdf5_close(found);
    if (!text)
        return vae__error(VAE_ERROR_FORMAT, "%s: %s: expected strings of a fixed length, found another type",
                          dataset->file, dataset->where);
    if (wanted->text_width < 1 || wanted->text_width > wanted->most_text)
        return vae__error(VAE_ERROR_FORMAT, "%s: %s: expected strings of 1 to %zu bytes, found %zu", dataset->file,
                          dataset->where, wanted->most_text, wanted->text_width);
    return vae__ok();
}

static vae_status check_dataset(const vae__place *dataset, vae__wanted *wanted)
{
    bool filtered;
    uint64_t chunk;
    const char *fault = storage_fault(dataset->id, &filtered, &chunk);
    if (fault)
        return vae__error(VAE_ERROR_FORMAT, "%s: %s: expected values in the file itself, found %s", dataset->file,
                          dataset->where, fault);
    if (wanted->most_text)
        VAE__TRY(check_text_type(dataset, wanted));
    else
        VAE__TRY(check_type(dataset, wanted->type));
    VAE__TRY(check_shape(dataset, wanted));
    return check_size(dataset, wanted, filtered, chunk);
}

vae_status vae__get_dataset(const vae__place *parent, const char *name, vae__wanted *wanted, vae__place *dataset)
{
    VAE__TRY(open_object(parent, name, H5I_DATASET, "a dataset", dataset));
    vae_status status = check_dataset(dataset, wanted);
    if (status.code) {
        vae__hdf5_close(dataset->id);
        dataset->id = H5I_INVALID_HID;
    }
    return status;
}

/* Strings are read as they are stored. */
static bool read_values(const vae__place *dataset, const vae__wanted *wanted, void *values)
{
    hid_t type = wanted->most_text ? H5Dget_type(dataset->id) : H5Tcopy(vae__hdf5_native(wanted->type));
    bool done = type >= 0 && H5Dread(dataset->id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0;
    vae__hdf5_close(type);
    return done;
}

vae_status vae__get_values(const vae__place *dataset, const vae__wanted *wanted, void *values)
{
    uint32_t expected = 0;
    size_t count = 1;
    for (int i = 0; i < wanted->rank; i++)
        count *= (size_t)wanted->shape[i];
    VAE__TRY(read_number(dataset, "crc32", VAE_UINT32, "a 32-bit checksum", &expected));
    if (!read_values(dataset, wanted, values))
        return vae__error(VAE_ERROR_FORMAT, "%s: %s: libhdf5 cannot read its values", dataset->file, dataset->where);
    uint32_t found = wanted->most_text ? vae__hdf5_checksum(VAE_UINT8, values, count * wanted->text_width)
                                       : vae__hdf5_checksum(wanted->type, values, count);
    if (found == expected)
        return vae__ok();
    return vae__error(VAE_ERROR_FORMAT,
                      "%s: %s: its values are damaged: expected checksum %08" PRIx32 ", found %08" PRIx32,
                      dataset->file, dataset->where, expected, found);
}

/* ---- Strings ----------------------------------------------------------------------------------------------------- */

/* Takes strings apart, each with an end of its own: pointers first, then what they lead to. */
static vae_status unpack(const vae__place *dataset, const char *packed, int64_t count, size_t width, char ***texts)
{
    size_t pointers = (size_t)count * sizeof **texts;
    VAE__TRY(vae__allocate(dataset->where, pointers + (size_t)count * (width + 1), 1, texts));
    char *next = (char *)*texts + pointers;
    for (int64_t i = 0; i < count; i++, next += width + 1) {
        (*texts)[i] = next;
        memcpy(next, packed + (size_t)i * width, width);
    }
    return vae__ok();
}

static vae_status get_packed(const vae__place *dataset, const vae__wanted *wanted, char ***texts)
{
    char *packed = NULL;
    VAE__TRY(vae__allocate(dataset->where, (size_t)wanted->shape[0], wanted->text_width, &packed));
    vae_status status = vae__get_values(dataset, wanted, packed);
    if (!status.code)
        status = unpack(dataset, packed, wanted->shape[0], wanted->text_width, texts);
    vae__free(packed);
    return status;
}

vae_status vae__get_strings(const vae__place *parent, const char *name, int64_t *count, int64_t most, size_t most_text,
                            char ***texts)
{
    vae__wanted wanted = { .rank = 1, .shape = { *count }, .most_text = most_text };
    vae__place dataset;
    VAE__TRY(vae__get_dataset(parent, name, &wanted, &dataset));
    vae_status status = vae__ok();
    if (wanted.shape[0] > most)
        status = outside(parent, name, 0, most, wanted.shape[0]);
    if (!status.code)
        status = get_packed(&dataset, &wanted, texts);
    vae__hdf5_close(dataset.id);
    *count = wanted.shape[0];
    return status;
}

vae_status vae__get_is_text(const vae__place *parent, const char *name, bool *is_text)
{
    vae__place dataset;
    VAE__TRY(open_object(parent, name, H5I_DATASET, "a dataset", &dataset));
    hid_t type = H5Dget_type(dataset.id);
    *is_text = type >= 0 && H5Tget_class(type) == H5T_STRING;
    vae__hdf5_close(type);
    vae__hdf5_close(dataset.id);
    return vae__ok();
}

/* ---- Trees ------------------------------------------------------------------------------------------------------- */

typedef struct walk {
    const char *const *leaves;
    int leaf_count;
    bool *seen;
    vae__leaf_function *function;
    void *context;
} walk;

/* The leaf of this name, or *inner: a leaf lies below it. */
static int find_leaf(const walk *at, const char *name, bool *inner)
{
    size_t length = strlen(name);
    *inner = false;
    for (int i = 0; i < at->leaf_count; i++) {
        if (!strcmp(at->leaves[i], name))
            return i;
        if (!strncmp(at->leaves[i], name, length) && at->leaves[i][length] == '/')
            *inner = true;
    }
    return -1;
}

static vae_status walk_group(const walk *at, const vae__place *group, const char *prefix);

static vae_status walk_link(const walk *at, const vae__place *group, const char *prefix, const char *name)
{
    char full[512];
    bool inner;
    int length = snprintf(full, sizeof full, "%s%s%s", prefix, *prefix ? "/" : "", name);
    if (length >= (int)sizeof full || strchr(name, '/'))
        return wrong(group, name, "nothing", "an object that no checkpoint has");
    int leaf = find_leaf(at, full, &inner);
    if (leaf >= 0) {
        at->seen[leaf] = true;
        return at->function(at->context, group, name, leaf);
    }
    if (!inner)
        return wrong(group, name, "nothing", "an object that is not part of the model");
    vae__place below;
    VAE__TRY(vae__get_group(group, name, &below));
    vae_status status = walk_group(at, &below, full);
    vae__hdf5_close(below.id);
    return status;
}

/* Goes no deeper than the leaves' names do, so that a group within itself ends it. */
static vae_status walk_group(const walk *at, const vae__place *group, const char *prefix)
{
    enum { MOST_LINKS = 100000 };
    char name[256];
    H5G_info_t info;
    if (H5Gget_info(group->id, &info) < 0 || info.nlinks > MOST_LINKS)
        return wrong(group, "", "a readable list of links", "damage");
    for (hsize_t i = 0; i < info.nlinks; i++) {
        ssize_t length =
            H5Lget_name_by_idx(group->id, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT);
        if (length < 0 || length >= (ssize_t)sizeof name)
            return wrong(group, "", "a readable list of links", "damage, or a name of more than 255 bytes");
        VAE__TRY(walk_link(at, group, prefix, name));
    }
    return vae__ok();
}

vae_status vae__get_tree(const vae__place *group, const char *const *leaves, int leaf_count, bool *seen,
                         vae__leaf_function *function, void *context)
{
    walk at = { leaves, leaf_count, seen, function, context };
    return walk_group(&at, group, "");
}
