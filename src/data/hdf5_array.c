/* Datasets of HDF5 files as arrays of rows: what may be read, and reading it in pieces. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/base/types.h"
#include "src/data/hdf5.h"

typedef struct array {
    hid_t dataset, memory_type;
    hsize_t chunk_rows;    /* 1 where there are no chunks */
    uint64_t chunk_values; /* 0 likewise */
    bool bounded; /* The file itself has the values, through filters of which it is known what they make of a byte. */
} array;

/* ---- Types ------------------------------------------------------------------------------------------------------- */

static vae_type integer_of(size_t bytes, bool is_signed)
{
    return bytes == 1   ? (is_signed ? VAE_INT8 : VAE_UINT8)
           : bytes == 2 ? (is_signed ? VAE_INT16 : VAE_UINT16)
           : bytes == 4 ? (is_signed ? VAE_INT32 : VAE_UINT32)
                        : (is_signed ? VAE_INT64 : VAE_UINT64);
}

static bool take_integer(hid_t type, vae__stored *stored)
{
    size_t bytes = H5Tget_size(type);
    stored->type = integer_of(bytes, H5Tget_sign(type) == H5T_SGN_2);
    return bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
}

static bool take_float(hid_t type, vae__stored *stored)
{
    size_t bytes = H5Tget_size(type);
    stored->type = bytes == 8 ? VAE_FLOAT64 : VAE_FLOAT32;
    return bytes == 2 || bytes == 4 || bytes == 8;
}

/* Truth values of h5py are an enumeration of two signed bytes, 0 and 1. Any other of 8 bits is unsigned as well unless
 * one of its values is below 0. */
static bool take_enumeration(hid_t type, vae__stored *stored)
{
    hid_t base = H5Tget_super(type);
    bool fits = base >= 0 && H5Tget_class(base) == H5T_INTEGER && take_integer(base, stored);
    bool negative = false;
    int count = H5Tget_nmembers(type);
    for (int i = 0; fits && stored->type == VAE_INT8 && i < count; i++) {
        signed char value = 0;
        negative = negative || H5Tget_member_value(type, (unsigned)i, &value) < 0 || value < 0;
    }
    if (stored->type == VAE_INT8 && !negative)
        stored->type = VAE_UINT8;
    vae__hdf5_close(base);
    return fits;
}

static bool take_bits(hid_t type, vae__stored *stored)
{
    stored->type = VAE_UINT8;
    return H5Tget_size(type) == 1;
}

static bool take_string(hid_t type, vae__stored *stored)
{
    stored->text = true;
    return H5Tis_variable_str(type) > 0 || H5Tget_size(type) <= VAE__PIECE / 8;
}

static const struct {
    const char *name; /* in messages */
    bool (*take)(hid_t type, vae__stored *stored);
} classes[H5T_NCLASSES] = {
    [H5T_INTEGER] = { "integers", take_integer },
    [H5T_FLOAT] = { "floats", take_float },
    [H5T_TIME] = { "times", NULL },
    [H5T_STRING] = { "strings", take_string },
    [H5T_BITFIELD] = { "bit fields", take_bits },
    [H5T_OPAQUE] = { "opaque values", NULL },
    [H5T_COMPOUND] = { "a compound type", NULL },
    [H5T_REFERENCE] = { "references", NULL },
    [H5T_ENUM] = { "an enumeration", take_enumeration },
    [H5T_VLEN] = { "lists of variable length", NULL },
    [H5T_ARRAY] = { "a type of arrays", NULL },
};

/* Memory's type: strings keep theirs, for libhdf5 converts between no two sets of characters. */
static hid_t memory_type_of(hid_t type, const vae__stored *stored)
{
    if (stored->text)
        return H5Tcopy(type);
    return H5Tcopy(H5Tget_class(type) == H5T_BITFIELD ? H5T_NATIVE_B8 : vae__hdf5_native(stored->type));
}

static vae_status take_type(array *a, vae__stored *stored)
{
    hid_t type = H5Dget_type(a->dataset);
    H5T_class_t class = type < 0 ? H5T_NO_CLASS : H5Tget_class(type);
    bool known = (int)class >= 0 && class < H5T_NCLASSES && classes[class].name;
    bool fits = known && classes[class].take && classes[class].take(type, stored);
    size_t bits = known ? 8 * H5Tget_size(type) : 0;
    if (fits)
        a->memory_type = memory_type_of(type, stored);
    vae__hdf5_close(type);
    if (fits && a->memory_type >= 0)
        return vae__ok();
    if (known && classes[class].take)
        return vae__error(VAE_ERROR_DATA,
                          "%s: expected integers of 8 to 64 bits, floats of 16 to 64 bits or strings, "
                          "found %s of %zu bits",
                          stored->where, classes[class].name, bits);
    return vae__error(VAE_ERROR_DATA, "%s: expected integers, floats or strings, found %s", stored->where,
                      known ? classes[class].name : "a type that libhdf5 cannot tell");
}

/* ---- Datasets ---------------------------------------------------------------------------------------------------- */

/* Filters that do not come with libhdf5, by their registered numbers: a file need not tell a name. */
static const struct {
    H5Z_filter_t number;
    const char *name;
} filters[] = { { H5Z_FILTER_DEFLATE, "deflate" },
                { H5Z_FILTER_SZIP, "szip" },
                { 305, "lzo" },
                { 307, "bzip2" },
                { 32000, "lzf" },
                { 32001, "blosc" },
                { 32004, "lz4" },
                { 32008, "bitshuffle" },
                { 32013, "zfp" },
                { 32015, "zstd" },
                { 32017, "sz" },
                { 32018, "fcidecomp" },
                { 32019, "jpeg" },
                { 32024, "sz3" },
                { 32026, "blosc2" } };

static vae_status check_filters(hid_t list, const vae__stored *stored)
{
    int count = H5Pget_nfilters(list);
    for (int i = 0; i < count; i++) {
        unsigned flags, settings;
        size_t values = 0;
        char found[64] = "";
        H5Z_filter_t number = H5Pget_filter2(list, (unsigned)i, &flags, &values, NULL, sizeof found, found, &settings);
        if (number < 0 || H5Zfilter_avail(number) > 0)
            continue;
        const char *name = *found ? found : "of no known name";
        for (size_t k = 0; k < sizeof filters / sizeof *filters; k++)
            if (filters[k].number == number)
                name = filters[k].name;
        return vae__error(VAE_ERROR_UNSUPPORTED, "%s: compressed with the filter %d (%s), which is not installed",
                          stored->where, (int)number, name);
    }
    return vae__ok();
}

static vae_status check_storage(hid_t list, const vae__hdf5_file *o, const vae__stored *stored)
{
    const char *found = H5Pget_layout(list) == H5D_VIRTUAL ? "a virtual dataset"
                        : H5Pget_external_count(list) > 0  ? "external storage"
                                                           : NULL;
    if (!found || o->file->allow_external)
        return vae__ok();
    return vae__error(VAE_ERROR_DATA, "%s: expected values in the file, found %s (--allow-external reads it)",
                      stored->where, found);
}

/* Of a byte these make at most MOST_OF_A_BYTE, which is deflate's. */
static bool is_bounded(hid_t list)
{
    static const H5Z_filter_t known[] = { H5Z_FILTER_DEFLATE, H5Z_FILTER_SHUFFLE, H5Z_FILTER_FLETCHER32,
                                          H5Z_FILTER_SZIP, 32000 /* lzf */ };
    int count = H5Pget_nfilters(list);
    for (int i = 0; i < count; i++) {
        unsigned flags, settings;
        size_t values = 0, k = 0;
        H5Z_filter_t number = H5Pget_filter2(list, (unsigned)i, &flags, &values, NULL, 0, NULL, &settings);
        while (k < sizeof known / sizeof *known && known[k] != number)
            k++;
        if (k == sizeof known / sizeof *known)
            return false;
    }
    return H5Pget_layout(list) != H5D_VIRTUAL && H5Pget_external_count(list) == 0;
}

/* A small file may ask for any amount of memory, by values that were never written or by a chunk of any size: beyond
 * what is small anyway, values must be in the file. */
static vae_status check_held(const array *a, const vae__stored *stored)
{
    enum { MOST_OF_A_BYTE = 1032, SMALL = 1 << 26 };
    size_t width = H5Tget_size(a->memory_type);
    uint64_t bytes = width ? width : 1, chunk;
    bool large = false;
    for (int i = 0; i < stored->rank; i++)
        large = __builtin_mul_overflow(bytes, (uint64_t)stored->shape[i], &bytes) || large;
    bytes = large ? UINT64_MAX : bytes;
    uint64_t held = H5Dget_storage_size(a->dataset);
    if (a->bounded && bytes > SMALL && held < bytes / MOST_OF_A_BYTE)
        return vae__error(VAE_ERROR_DATA,
                          "%s: expected %" PRIu64 " bytes of values, found %" PRIu64 " in the file, which cannot hold "
                          "them",
                          stored->where, bytes, held);
    if (__builtin_mul_overflow(a->chunk_values, (uint64_t)width, &chunk) || chunk > (bytes > SMALL ? bytes : SMALL))
        return vae__error(VAE_ERROR_DATA, "%s: expected chunks no larger than the dataset, found %" PRIu64 " values",
                          stored->where, a->chunk_values);
    return vae__ok();
}

static vae_status take_storage(array *a, const vae__hdf5_file *o, const vae__stored *stored)
{
    hid_t list = H5Dget_create_plist(a->dataset);
    if (list < 0)
        return vae__error(VAE_ERROR_FORMAT, "%s: a damaged dataset", stored->where);
    vae_status status = check_storage(list, o, stored);
    if (!status.code)
        status = check_filters(list, stored);
    hsize_t chunk[H5S_MAX_RANK];
    int rank = H5Pget_layout(list) == H5D_CHUNKED ? H5Pget_chunk(list, H5S_MAX_RANK, chunk) : 0;
    a->chunk_rows = rank > 0 ? chunk[0] : 1;
    for (int i = 0; i < rank && i < H5S_MAX_RANK; i++)
        if (__builtin_mul_overflow(i ? a->chunk_values : 1, (uint64_t)chunk[i], &a->chunk_values))
            a->chunk_values = UINT64_MAX;
    a->bounded = is_bounded(list);
    vae__hdf5_close(list);
    return status;
}

static vae_status take_shape(const array *a, vae__stored *stored)
{
    hsize_t shape[H5S_MAX_RANK] = { 0 };
    hid_t space = H5Dget_space(a->dataset);
    int rank =
        space < 0 || H5Sget_simple_extent_type(space) != H5S_SIMPLE ? 0 : H5Sget_simple_extent_dims(space, shape, NULL);
    vae__hdf5_close(space);
    if (rank < 1 || rank > VAE_MAX_RANK + 1)
        return vae__error(VAE_ERROR_DATA, "%s: expected a dataset of 1 to %d dimensions, found %d", stored->where,
                          VAE_MAX_RANK + 1, rank < 0 ? 0 : rank);
    stored->rank = rank;
    for (int i = 0; i < rank; i++)
        stored->shape[i] = shape[i] > INT64_MAX ? INT64_MAX : (int64_t)shape[i];
    return vae__ok();
}

/* "a.h5: /train: expected a dataset x, found meta, frames" */
static vae_status not_found(const vae__hdf5_file *o, hid_t group, const char *base, const char *path, hid_t id)
{
    char names[160] = "";
    H5G_info_t info = { .nlinks = 0 };
    size_t used = 0;
    if (id < 0)
        H5Gget_info(group, &info);
    for (hsize_t i = 0; i < info.nlinks && used + 48 < sizeof names; i++) {
        char name[40] = "";
        H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT);
        used += (size_t)snprintf(names + used, sizeof names - used, i ? ", %s" : "%s", name);
    }
    return vae__error(VAE_ERROR_DATA, "%s: %s: expected a dataset %s, found %s%s", o->name, *base ? base : "/", path,
                      id >= 0       ? "an object of another kind"
                      : info.nlinks ? "none among "
                                    : "an empty group",
                      names);
}

/* Where a path begins: without splits a "/" in front means the root. `base` is told the group's path. */
static hid_t beginning_of(const vae__hdf5_file *o, vae_split split, const char *path, char base[VAE__PATH_SIZE + 16])
{
    if (split == VAE_ALL && *path == '/') {
        *base = 0;
        return o->root;
    }
    snprintf(base, VAE__PATH_SIZE + 16, split == VAE_ALL ? "%s" : "%s/%s", o->base, vae_split_name(split));
    return o->splits[split];
}

static vae_status open_dataset(const vae__hdf5_file *o, vae_split split, const char *path, vae__stored *stored,
                               array *a)
{
    char base[VAE__PATH_SIZE + 16];
    hid_t group = beginning_of(o, split, path, base);
    VAE__TRY(vae__hdf5_walk(o, group, path, &a->dataset));
    snprintf(stored->where, sizeof stored->where, "%s: %s/%s", o->name, base, path + strspn(path, "/"));
    if (a->dataset < 0 || H5Iget_type(a->dataset) != H5I_DATASET)
        return not_found(o, group, base, path, a->dataset);
    VAE__TRY(take_storage(a, o, stored)); /* before its shape, for which libhdf5 would open a virtual one's sources */
    VAE__TRY(take_shape(a, stored));
    VAE__TRY(take_type(a, stored));
    return check_held(a, stored);
}

void vae__hdf5_release(vae__stored *stored)
{
    array *a = stored->inside;
    vae__hdf5_close(a->memory_type);
    vae__hdf5_close(a->dataset);
    vae__free(a);
    stored->inside = NULL;
}

vae_status vae__hdf5_find(vae__file *file, vae_split split, const char *path, bool is_x, vae__stored *stored)
{
    const vae__hdf5_file *o = file->inside;
    if (is_x && path && o->dataset)
        return vae__error(VAE_ERROR_ARGUMENT, "%s: names x itself: expected no other path of x, found %s", file->source,
                          path);
    if (is_x && !path)
        path = o->dataset ? o->dataset : "x";
    array *a = NULL;
    VAE__TRY(vae__allocate(file->source, 1, sizeof *a, &a));
    a->dataset = a->memory_type = H5I_INVALID_HID;
    stored->inside = a;
    vae_status status = open_dataset(o, split, path, stored, a);
    if (status.code)
        vae__hdf5_release(stored);
    return status;
}

/* ---- Telling what is there --------------------------------------------------------------------------------------- */

static void describe_type(hid_t dataset, vae_data_entry *entry)
{
    hid_t type = H5Dget_type(dataset);
    H5T_class_t class = type < 0 ? H5T_NO_CLASS : H5Tget_class(type);
    bool known = (int)class >= 0 && class < H5T_NCLASSES && classes[class].name;
    vae__stored stored = { .type = VAE_FLOAT32 };
    entry->usable = known && classes[class].take && classes[class].take(type, &stored);
    entry->text = stored.text;
    entry->number = stored.type;
    entry->type = !known                          ? "a type that libhdf5 cannot tell"
                  : entry->usable && !entry->text ? vae_type_name(stored.type)
                                                  : classes[class].name;
    vae__hdf5_close(type);
}

/* The space of a virtual dataset as it was when it was made: for what it is now libhdf5 would open other files, by
 * whatever names. */
static hid_t space_of(hid_t dataset, hid_t list)
{
    return list >= 0 && H5Pget_layout(list) == H5D_VIRTUAL ? H5Pget_virtual_vspace(list, 0) : H5Dget_space(dataset);
}

static void describe_shape(hid_t dataset, hid_t list, vae_data_entry *entry)
{
    hsize_t shape[H5S_MAX_RANK] = { 0 };
    hid_t space = space_of(dataset, list);
    bool simple = space >= 0 && H5Sget_simple_extent_type(space) == H5S_SIMPLE;
    entry->rank = simple ? H5Sget_simple_extent_dims(space, shape, NULL) : 0;
    for (int i = 0; i < entry->rank && i < VAE_ENTRY_RANK; i++) {
        entry->shape[i] = shape[i] > INT64_MAX ? INT64_MAX : (int64_t)shape[i];
        entry->usable = entry->usable && entry->shape[i] > 0;
    }
    entry->usable = entry->usable && entry->rank >= 1 && entry->rank <= VAE_MAX_RANK + 1;
    vae__hdf5_close(space);
}

void vae__hdf5_describe(hid_t dataset, vae_data_entry *entry)
{
    hid_t list = H5Dget_create_plist(dataset);
    describe_type(dataset, entry);
    describe_shape(dataset, list, entry);
    entry->outside = list >= 0 && (H5Pget_layout(list) == H5D_VIRTUAL || H5Pget_external_count(list) > 0);
    vae__hdf5_close(list);
}

/* ---- Values ------------------------------------------------------------------------------------------------------ */

/* Selects rows in the file, and makes a space for as many in memory, which the caller closes. */
static hid_t select_rows(hid_t space, const vae__stored *stored, int64_t first, int64_t rows)
{
    hsize_t start[VAE_MAX_RANK + 1] = { (hsize_t)first }, count[VAE_MAX_RANK + 1] = { (hsize_t)rows };
    for (int i = 1; i < stored->rank; i++)
        count[i] = (hsize_t)stored->shape[i];
    if (space < 0 || H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) < 0)
        return H5I_INVALID_HID;
    return H5Screate_simple(stored->rank, count, NULL);
}

static vae_status unreadable(const vae__stored *stored, int64_t first, int64_t rows)
{
    return vae__error(VAE_ERROR_FORMAT,
                      "%s: libhdf5 cannot read rows %" PRId64 " to %" PRId64 ": damaged, or cut short", stored->where,
                      first, first + rows - 1);
}

static vae_status read_piece(const vae__stored *stored, int64_t first, int64_t rows, void *values)
{
    const array *a = stored->inside;
    hid_t space = H5Dget_space(a->dataset), memory = select_rows(space, stored, first, rows);
    bool done = memory >= 0 && H5Dread(a->dataset, a->memory_type, memory, space, H5P_DEFAULT, values) >= 0;
    vae__hdf5_close(memory);
    vae__hdf5_close(space);
    return done ? vae__ok() : unreadable(stored, first, rows);
}

/* Pieces end where chunks do, so that none is unpacked twice. */
vae_status vae__hdf5_read(vae__stored *stored, int64_t first, int64_t rows, void *values)
{
    const array *a = stored->inside;
    int64_t row = (int64_t)vae__type_bytes(stored->type), chunk = (int64_t)a->chunk_rows;
    for (int i = 1; i < stored->rank; i++)
        row *= stored->shape[i];
    int64_t most = VAE__PIECE / row > 1 ? VAE__PIECE / row : 1;
    most = most > chunk ? most / chunk * chunk : chunk;
    for (int64_t done = 0; done < rows;) {
        int64_t count = most - (first + done) % most;
        count = count < rows - done ? count : rows - done;
        VAE__TRY(read_piece(stored, first + done, count, (char *)values + done * row));
        done += count;
    }
    return vae__ok();
}

/* A string of fixed length ends at its first null, or before its padding. */
static size_t fixed_length(const char *text, size_t size, H5T_str_t padding)
{
    size_t length = strnlen(text, size);
    while (padding == H5T_STR_SPACEPAD && length && text[length - 1] == ' ')
        length--;
    return length;
}

static vae_status tell_fixed(vae__stored *stored, int64_t first, int64_t rows, char *texts,
                             vae__text_function *function, void *context)
{
    const array *a = stored->inside;
    size_t size = H5Tget_size(a->memory_type);
    H5T_str_t padding = H5Tget_strpad(a->memory_type);
    VAE__TRY(read_piece(stored, first, rows, texts));
    for (int64_t row = 0; row < rows; row++) {
        const char *text = texts + (size_t)row * size;
        VAE__TRY(function(context, row, text, fixed_length(text, size, padding)));
    }
    return vae__ok();
}

/* libhdf5 allocates strings of variable length, and takes them back; one never written is NULL. */
static vae_status tell_variable(vae__stored *stored, int64_t first, int64_t rows, char **texts,
                                vae__text_function *function, void *context)
{
    const array *a = stored->inside;
    vae_status status = read_piece(stored, first, rows, texts);
    for (int64_t row = 0; row < rows && !status.code; row++) {
        const char *text = texts[row] ? texts[row] : "";
        status = function(context, row, text, strlen(text));
    }
    hsize_t count = (hsize_t)rows;
    hid_t space = H5Screate_simple(1, &count, NULL);
    if (space >= 0)
        H5Dvlen_reclaim(a->memory_type, space, H5P_DEFAULT, texts);
    vae__hdf5_close(space);
    return status;
}

/* Row numbers of a piece, as the caller's. */
typedef struct shifted {
    vae__text_function *function;
    void *context;
    int64_t by;
} shifted;

static vae_status tell_shifted(void *context, int64_t row, const char *text, size_t length)
{
    const shifted *s = context;
    return s->function(s->context, row + s->by, text, length);
}

vae_status vae__hdf5_tell(vae__stored *stored, int64_t first, int64_t rows, vae__text_function *function, void *context)
{
    const array *a = stored->inside;
    bool variable = H5Tis_variable_str(a->memory_type) > 0;
    size_t size = variable ? sizeof(char *) : H5Tget_size(a->memory_type);
    int64_t most = (int64_t)(VAE__PIECE / size);
    most = most > rows ? rows : most;
    void *texts = NULL;
    VAE__TRY(vae__allocate(stored->where, (size_t)most, size, &texts));
    vae_status status = vae__ok();
    for (int64_t done = 0; done < rows && !status.code; done += most) {
        int64_t count = rows - done < most ? rows - done : most;
        shifted s = { function, context, done };
        memset(texts, 0, (size_t)count * size);
        status = variable ? tell_variable(stored, first + done, count, texts, tell_shifted, &s)
                          : tell_fixed(stored, first + done, count, texts, tell_shifted, &s);
    }
    vae__free(texts);
    return status;
}
