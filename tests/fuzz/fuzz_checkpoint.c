/*
 * The checkpoint reader behind libhdf5: a sound checkpoint is changed by libhdf5 itself, as whoever writes HDF5 could
 * write it, so that the file is sound HDF5 and every finding is ours. An input is a byte (which checkpoint; how is it
 * loaded) and edits: a byte for what is done, a byte for the object, and what that edit takes.
 */
#include <hdf5.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "tests/fuzz/checkpoints.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerInitialize(int *count, char ***arguments);

enum { MOST_OBJECTS = 128, PATH = 128, MOST_EDITS = 12, MOST_VALUES = 4096 };

/* A sound checkpoint and the paths of its objects. */
static struct {
    uint8_t *bytes;
    size_t size;
    char objects[MOST_OBJECTS][PATH];
    int count;
} bases[FUZZ_CHECKPOINTS];

static int edited; /* a file descriptor */
static char edited_path[64];

/* ---- Types and shapes that an edit chooses from ------------------------------------------------------------------ */

typedef struct made {
    hid_t type, space;
    size_t bytes; /* of all values */
} made;

static hid_t make_text_type(fuzz_input *input)
{
    uint8_t how = (uint8_t)fuzz_take(input, 1);
    size_t width = (size_t)fuzz_take(input, 1);
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, width ? width : 1);
    H5Tset_strpad(type, how & 1 ? H5T_STR_NULLTERM : how & 2 ? H5T_STR_SPACEPAD : H5T_STR_NULLPAD);
    H5Tset_cset(type, how & 4 ? H5T_CSET_UTF8 : H5T_CSET_ASCII);
    return type;
}

static hid_t make_odd_type(fuzz_input *input)
{
    hid_t type;
    switch (fuzz_take(input, 1) % 4) {
    case 0:
        return H5Tcreate(H5T_OPAQUE, 8);
    case 1:
        type = H5Tcreate(H5T_COMPOUND, 12);
        H5Tinsert(type, "a", 0, H5T_NATIVE_INT);
        H5Tinsert(type, "b", 4, H5T_NATIVE_DOUBLE);
        return type;
    case 2:
        return H5Tarray_create2(H5T_NATIVE_FLOAT, 1, (hsize_t[]){ 1 + fuzz_take(input, 1) % 8 });
    default:
        return H5Tenum_create(H5T_NATIVE_INT);
    }
}

static hid_t make_type(fuzz_input *input)
{
    const hid_t types[] = { H5T_STD_I64LE, H5T_STD_U64LE,  H5T_IEEE_F64LE, H5T_IEEE_F32LE, H5T_STD_U8LE,
                            H5T_STD_U32LE, H5T_IEEE_F32BE, H5T_STD_I64BE,  H5T_STD_I8LE,   H5T_STD_REF_OBJ };
    enum { TYPES = sizeof types / sizeof *types, TEXTS = 4, ODD = 1 };
    unsigned which = (unsigned)fuzz_take(input, 1) % (TYPES + TEXTS + ODD);
    return which < TYPES ? H5Tcopy(types[which]) : which < TYPES + TEXTS ? make_text_type(input) : make_odd_type(input);
}

/* Most are scalar or lists, as the reader wants them. */
static hid_t make_space(fuzz_input *input)
{
    hsize_t sizes[4] = { 1 };
    int rank = (int)fuzz_take(input, 1) % 6;
    if (rank == 5)
        return H5Screate(H5S_NULL);
    for (int i = 0; i < rank; i++)
        sizes[i] = fuzz_take(input, 1) % (rank > 1 ? 8 : 64);
    return rank ? H5Screate_simple(rank, sizes, NULL) : H5Screate(H5S_SCALAR);
}

static made make(fuzz_input *input)
{
    made it = { make_type(input), make_space(input), 0 };
    hssize_t count = H5Sget_simple_extent_npoints(it.space);
    it.bytes = count > 0 ? (size_t)count * H5Tget_size(it.type) : 0;
    return it;
}

static void unmake(made *it)
{
    H5Tclose(it->type);
    H5Sclose(it->space);
}

/* Bytes for values, those of the input over and over. */
static void take_values(fuzz_input *input, uint8_t *values, size_t size)
{
    size_t count, wanted = (size_t)fuzz_take(input, 1);
    const uint8_t *bytes = fuzz_take_bytes(input, wanted < size ? wanted : size, &count);
    for (size_t i = 0; i < size; i++)
        values[i] = count ? bytes[i % count] : 0;
}

/* ---- Edits ------------------------------------------------------------------------------------------------------- */

/* What an edit works on. */
typedef struct place {
    hid_t file, object;
    const char *path;
    int base;
    fuzz_input *input;
} place;

/* The name of one of the object's attributes. */
static bool take_attribute(const place *at, char name[PATH])
{
    H5O_info_t info;
    uint64_t which = fuzz_take(at->input, 1);
    if (H5Oget_info(at->object, &info) < 0 || !info.num_attrs)
        return false;
    return H5Aget_name_by_idx(at->object, ".", H5_INDEX_NAME, H5_ITER_INC, which % info.num_attrs, name, PATH,
                              H5P_DEFAULT) > 0;
}

/* Values of these are addresses, which an input cannot have. */
static bool has_addresses(hid_t type)
{
    return H5Tis_variable_str(type) > 0 || H5Tdetect_class(type, H5T_VLEN) > 0;
}

static void write_attribute(const place *at, const char *name, const made *it)
{
    static uint8_t values[MOST_VALUES];
    if (it->bytes > MOST_VALUES || has_addresses(it->type))
        return;
    if (H5Aexists(at->object, name) > 0)
        H5Adelete(at->object, name);
    hid_t attribute = H5Acreate2(at->object, name, it->type, it->space, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0)
        return;
    take_values(at->input, values, it->bytes);
    if (it->bytes)
        H5Awrite(attribute, it->type, values);
    H5Aclose(attribute);
}

/* A number becomes another, a text another of its own length: the reader's types stay right. */
static void change_attribute(const place *at)
{
    char name[PATH];
    if (!take_attribute(at, name))
        return;
    hid_t attribute = H5Aopen(at->object, name, H5P_DEFAULT);
    if (attribute < 0)
        return;
    made it = { H5Aget_type(attribute), H5Aget_space(attribute), 0 };
    H5Aclose(attribute);
    if (H5Tget_class(it.type) == H5T_STRING && !has_addresses(it.type)) {
        size_t width = (size_t)fuzz_take(at->input, 1);
        H5Tset_size(it.type, width ? width : 1);
    }
    hssize_t count = H5Sget_simple_extent_npoints(it.space);
    it.bytes = count > 0 ? (size_t)count * H5Tget_size(it.type) : 0;
    write_attribute(at, name, &it);
    unmake(&it);
}

static void retype_attribute(const place *at)
{
    char name[PATH];
    if (!take_attribute(at, name))
        return;
    made it = make(at->input);
    write_attribute(at, name, &it);
    unmake(&it);
}

static void delete_attribute(const place *at)
{
    char name[PATH];
    if (take_attribute(at, name))
        H5Adelete(at->object, name);
}

static void delete_object(const place *at)
{
    if (strcmp(at->path, "/") != 0)
        H5Ldelete(at->file, at->path, H5P_DEFAULT);
}

/* Puts a link to this object, of some kind, where another is or beside it. */
static void link_object(const place *at)
{
    unsigned kind = (unsigned)fuzz_take(at->input, 1), other = (unsigned)fuzz_take(at->input, 1);
    char path[PATH + 4];
    snprintf(path, sizeof path, "%s%s", bases[at->base].objects[other % (unsigned)bases[at->base].count],
             kind & 4 ? "/new" : "");
    if (!strcmp(path, "/"))
        return;
    if (!(kind & 4))
        H5Ldelete(at->file, path, H5P_DEFAULT);
    if ((kind & 3) == 3)
        H5Lcreate_external("elsewhere.h5", at->path, at->file, path, H5P_DEFAULT, H5P_DEFAULT);
    else if ((kind & 3) == 2)
        H5Lcreate_soft(at->path, at->file, path, H5P_DEFAULT, H5P_DEFAULT);
    else
        H5Lcreate_hard(at->file, at->path, at->file, path, H5P_DEFAULT, H5P_DEFAULT);
}

/* In place of whatever an edit made of it before. */
static void write_sum(hid_t dataset, uint32_t sum)
{
    hid_t space = H5Screate(H5S_SCALAR);
    if (H5Aexists(dataset, "crc32") > 0)
        H5Adelete(dataset, "crc32");
    hid_t attribute = H5Acreate2(dataset, "crc32", H5T_STD_U32LE, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Sclose(space);
    if (attribute < 0)
        return;
    H5Awrite(attribute, H5T_NATIVE_UINT32, &sum);
    H5Aclose(attribute);
}

/* Values and, unless told not to, the checksum that goes with them. */
static void write_dataset(const place *at, hid_t dataset, const made *it, bool checked)
{
    static uint8_t values[MOST_VALUES];
    if (it->bytes > MOST_VALUES)
        return;
    take_values(at->input, values, it->bytes);
    if (it->bytes)
        H5Dwrite(dataset, it->type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    if (checked)
        write_sum(dataset, (uint32_t)crc32(0, values, (uInt)it->bytes));
}

static void change_values(const place *at)
{
    if (H5Iget_type(at->object) != H5I_DATASET)
        return;
    bool checked = fuzz_take(at->input, 1) % 8;
    made it = { H5Dget_type(at->object), H5Dget_space(at->object), 0 };
    hssize_t count = H5Sget_simple_extent_npoints(it.space);
    it.bytes = count > 0 ? (size_t)count * H5Tget_size(it.type) : 0;
    write_dataset(at, at->object, &it, checked);
    unmake(&it);
}

/* How values are to be stored: chunks of a size, filters. */
static hid_t make_storage(fuzz_input *input, hid_t space)
{
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    unsigned how = (unsigned)fuzz_take(input, 1);
    hsize_t chunks[4];
    int rank = H5Sget_simple_extent_ndims(space);
    for (int i = 0; i < 4; i++)
        chunks[i] = 1 + how / 32;
    if (how & 1 && rank > 0)
        H5Pset_chunk(list, rank, chunks);
    if (how & 2)
        H5Pset_shuffle(list);
    if (how & 4)
        H5Pset_deflate(list, 1);
    if (how & 8)
        H5Pset_fletcher32(list);
    if ((how & 17) == 16)
        H5Pset_external(list, "/dev/null", 0, 64);
    return list;
}

static void replace_dataset(const place *at)
{
    if (H5Iget_type(at->object) != H5I_DATASET)
        return;
    bool checked = fuzz_take(at->input, 1) % 8;
    made it = make(at->input);
    hid_t list = make_storage(at->input, it.space);
    H5Ldelete(at->file, at->path, H5P_DEFAULT);
    hid_t dataset = H5Dcreate2(at->file, at->path, it.type, it.space, H5P_DEFAULT, list, H5P_DEFAULT);
    if (dataset >= 0) {
        write_dataset(at, dataset, &it, checked);
        H5Dclose(dataset);
    }
    H5Pclose(list);
    unmake(&it);
}

static void edit(hid_t file, int base, fuzz_input *input)
{
    static void (*const edits[])(const place *at) = { change_attribute, change_values,    replace_dataset,
                                                      retype_attribute, change_attribute, delete_attribute,
                                                      link_object,      delete_object };
    unsigned which = (unsigned)fuzz_take(input, 1), object = (unsigned)fuzz_take(input, 1);
    const char *path = bases[base].objects[object % (unsigned)bases[base].count];
    place at = { file, H5Oopen(file, path, H5P_DEFAULT), path, base, input };
    if (at.object < 0)
        return;
    edits[which % (sizeof edits / sizeof *edits)](&at);
    H5Oclose(at.object);
}

/* ---- Files ------------------------------------------------------------------------------------------------------- */

static hid_t open_edited(const uint8_t *bytes, size_t size)
{
    fuzz_expect(!ftruncate(edited, 0) && pwrite(edited, bytes, size, 0) == (ssize_t)size, "no memory for a file");
    hid_t list = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fclose_degree(list, H5F_CLOSE_STRONG);
    H5Pset_libver_bounds(list, H5F_LIBVER_V18, H5F_LIBVER_V18);
    hid_t file = H5Fopen(edited_path, H5F_ACC_RDWR, list);
    H5Pclose(list);
    return file;
}

static herr_t keep_path(hid_t file, const char *name, const H5O_info_t *info, void *context)
{
    (void)file;
    (void)info;
    int base = *(int *)context;
    if (bases[base].count < MOST_OBJECTS)
        snprintf(bases[base].objects[bases[base].count++], PATH, "/%s", strcmp(name, ".") ? name : "");
    return 0;
}

static void remove_edited(void)
{
    unlink(edited_path);
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count;
    (void)arguments;
    setenv("HDF5_USE_FILE_LOCKING", "FALSE", 1);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    /* In memory where there is such a place; libhdf5 opens no file that has no name. */
    snprintf(edited_path, sizeof edited_path, "%s/vae-fuzz-edited-XXXXXX",
             access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
    edited = mkstemp(edited_path);
    fuzz_expect(edited >= 0, "no file can be made");
    atexit(remove_edited);
    for (int base = 0; base < FUZZ_CHECKPOINTS; base++) {
        fuzz_checkpoint_make(base, &bases[base].bytes, &bases[base].size);
        hid_t file = open_edited(bases[base].bytes, bases[base].size);
        fuzz_expect(file >= 0 && H5Ovisit(file, H5_INDEX_NAME, H5_ITER_INC, keep_path, &base) >= 0,
                    "a sound checkpoint cannot be walked");
        H5Fclose(file);
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input input = { bytes, size };
    fuzz_most_memory((size_t)64 << 20);
    unsigned how = (unsigned)fuzz_take(&input, 1);
    int base = (int)(how % FUZZ_CHECKPOINTS);
    hid_t file = open_edited(bases[base].bytes, bases[base].size);
    fuzz_expect(file >= 0, "a sound checkpoint cannot be opened");
    for (int i = 0; i < MOST_EDITS && input.left; i++)
        edit(file, base, &input);
    H5Fclose(file);
    off_t end = lseek(edited, 0, SEEK_END);
    uint8_t *changed = mmap(NULL, (size_t)end, PROT_READ, MAP_SHARED, edited, 0);
    fuzz_expect(changed != MAP_FAILED, "no memory for a file");
    fuzz_checkpoint_load(changed, (size_t)end, (fuzz_load)((how >> 1 & 3) % FUZZ_LOADS));
    munmap(changed, (size_t)end);
    return 0;
}
