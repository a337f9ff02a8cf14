/* Writing the objects that a file of ours consists of. */
#include "src/checkpoint/put.h"

#include <hdf5_hl.h>
#include <string.h>
#include <zlib.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/base/types.h"

/* ---- Types ------------------------------------------------------------------------------------------------------- */

hid_t vae__hdf5_stored(vae_type type)
{
    const hid_t types[] = { [VAE_UINT8] = H5T_STD_U8LE,    [VAE_INT8] = H5T_STD_I8LE,    [VAE_UINT16] = H5T_STD_U16LE,
                            [VAE_INT16] = H5T_STD_I16LE,   [VAE_UINT32] = H5T_STD_U32LE, [VAE_INT32] = H5T_STD_I32LE,
                            [VAE_UINT64] = H5T_STD_U64LE,  [VAE_INT64] = H5T_STD_I64LE,  [VAE_FLOAT32] = H5T_IEEE_F32LE,
                            [VAE_FLOAT64] = H5T_IEEE_F64LE };
    return types[type];
}

/* Copies values with their bytes turned round: for processors with the big end first. */
static void turn(const unsigned char *from, size_t count, size_t width, unsigned char *to)
{
    for (size_t i = 0; i < count; i++)
        for (size_t b = 0; b < width; b++)
            to[i * width + b] = from[i * width + width - 1 - b];
}

uint32_t vae__hdf5_checksum(vae_type type, const void *values, size_t count)
{
    enum { PIECE = 4096 };
    unsigned char turned[PIECE];
    const uint16_t one = 1;
    bool little = *(const unsigned char *)&one;
    size_t width = vae__type_bytes(type), step = PIECE / width;
    const unsigned char *bytes = values;
    uLong crc = crc32(0, NULL, 0);
    for (size_t done = 0; done < count; done += step) {
        size_t n = count - done < step ? count - done : step;
        if (!little)
            turn(bytes + done * width, n, width, turned);
        crc = crc32(crc, little ? bytes + done * width : turned, (uInt)(n * width));
    }
    return (uint32_t)crc;
}

/* ---- Attributes -------------------------------------------------------------------------------------------------- */

/* libhdf5 writes into memory, so a refusal means that there was none. */
static vae_status refused(const char *name)
{
    return vae__error(VAE_ERROR_MEMORY, "libhdf5 cannot write %s", name);
}

/* Takes `space` over. `values` lie in memory as `memory` has it. */
static vae_status put(hid_t object, const char *name, hid_t stored, hid_t memory, hid_t space, const void *values)
{
    hid_t attribute = space < 0 ? H5I_INVALID_HID : H5Acreate2(object, name, stored, space, H5P_DEFAULT, H5P_DEFAULT);
    herr_t written = attribute < 0 ? -1 : H5Awrite(attribute, memory, values);
    vae__hdf5_close(attribute);
    vae__hdf5_close(space);
    return written < 0 ? refused(name) : vae__ok();
}

static hid_t text_type(size_t length, vae__text_set set)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type < 0)
        return type;
    if (H5Tset_size(type, length ? length : 1) < 0 || H5Tset_strpad(type, H5T_STR_NULLPAD) < 0 ||
        H5Tset_cset(type, set == VAE__UTF8 ? H5T_CSET_UTF8 : H5T_CSET_ASCII) < 0) {
        vae__hdf5_close(type);
        return H5I_INVALID_HID;
    }
    return type;
}

vae_status vae__put_text(hid_t object, const char *name, vae__text_set set, const char *text)
{
    if (!text)
        return vae__ok();
    size_t length = strlen(text);
    if (length > VAE__MAX_TEXT)
        return vae__error(VAE_ERROR_ARGUMENT, "%s: expected at most %d bytes of text, found %zu", name,
                          (int)VAE__MAX_TEXT, length);
    hid_t type = text_type(length, set);
    vae_status status = type < 0 ? refused(name) : put(object, name, type, type, H5Screate(H5S_SCALAR), text);
    vae__hdf5_close(type);
    return status;
}

/* Of the longest text, and at least 1: HDF5 has no empty strings. */
static size_t width_of(const char *const *texts, int64_t count)
{
    size_t width = 1;
    for (int64_t i = 0; i < count; i++)
        width = strlen(texts[i]) > width ? strlen(texts[i]) : width;
    return width;
}

/* Texts one after another, padded with nulls; the caller owns *packed. */
static vae_status pack(const char *name, const char *const *texts, int64_t count, size_t width, char **packed)
{
    VAE__TRY(vae__allocate(name, (size_t)count, width, packed));
    for (int64_t i = 0; i < count; i++)
        memcpy(*packed + (size_t)i * width, texts[i], strlen(texts[i]));
    return vae__ok();
}

vae_status vae__put_texts(hid_t object, const char *name, const char *const *texts, int count)
{
    size_t width = width_of(texts, count);
    if (width > VAE__MAX_TEXT / (count ? (size_t)count : 1))
        return vae__error(VAE_ERROR_ARGUMENT, "%s: expected at most %d bytes of text", name, (int)VAE__MAX_TEXT);
    char *packed = NULL;
    VAE__TRY(pack(name, texts, count, width, &packed));
    hsize_t dimensions[1] = { (hsize_t)count };
    hid_t type = text_type(width, VAE__UTF8);
    vae_status status =
        type < 0 ? refused(name) : put(object, name, type, type, H5Screate_simple(1, dimensions, NULL), packed);
    vae__hdf5_close(type);
    vae__free(packed);
    return status;
}

vae_status vae__put_integer(hid_t object, const char *name, int64_t value)
{
    return put(object, name, H5T_STD_I64LE, H5T_NATIVE_INT64, H5Screate(H5S_SCALAR), &value);
}

vae_status vae__put_integers(hid_t object, const char *name, const int64_t *values, int count)
{
    hsize_t dimensions[1] = { (hsize_t)count };
    return put(object, name, H5T_STD_I64LE, H5T_NATIVE_INT64, H5Screate_simple(1, dimensions, NULL), values);
}

vae_status vae__put_unsigned(hid_t object, const char *name, uint64_t value)
{
    return put(object, name, H5T_STD_U64LE, H5T_NATIVE_UINT64, H5Screate(H5S_SCALAR), &value);
}

vae_status vae__put_number(hid_t object, const char *name, double value)
{
    return put(object, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, H5Screate(H5S_SCALAR), &value);
}

/* ---- Groups and datasets ----------------------------------------------------------------------------------------- */

vae_status vae__put_group(hid_t parent, const char *name, const char *description, hid_t *group)
{
    *group = H5Gcreate2(parent, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (*group < 0)
        return refused(name);
    vae_status status = vae__put_text(*group, "description", VAE__ASCII, description);
    if (status.code) {
        vae__hdf5_close(*group);
        *group = H5I_INVALID_HID;
    }
    return status;
}

static size_t bytes_of_value(const vae__array *array)
{
    return array->text ? array->text : vae__type_bytes(array->type);
}

/* How values lie in the file, or in memory. The caller closes it. */
static hid_t type_of(const vae__array *array, bool stored)
{
    if (array->text)
        return text_type(array->text, VAE__UTF8);
    return H5Tcopy(stored ? vae__hdf5_stored(array->type) : vae__hdf5_native(array->type));
}

/* A chunk is the whole array, or one of as few equal shares of its rows as make at most a megabyte each, so that little
 * of the last is empty. Returns the bytes of one. */
static uint64_t chunk_of(const vae__array *array, hsize_t chunk[VAE__ARRAY_RANK])
{
    enum { CHUNK = 1 << 20 };
    uint64_t row = bytes_of_value(array);
    for (int i = 0; i < array->rank; i++) {
        chunk[i] = array->shape[i] > 0 ? (hsize_t)array->shape[i] : 1;
        row *= i ? chunk[i] : 1;
    }
    uint64_t most = row < CHUNK ? CHUNK / row : 1, shares = (chunk[0] + most - 1) / most;
    chunk[0] = (chunk[0] + shares - 1) / shares;
    return chunk[0] * row;
}

size_t vae__put_room(const vae__array *array)
{
    enum { DESCRIPTION = 1 << 14, A_CHUNK = 256 };
    hsize_t chunk[VAE__ARRAY_RANK];
    uint64_t bytes = chunk_of(array, chunk), count = ((uint64_t)array->shape[0] + chunk[0] - 1) / chunk[0];
    return (size_t)(count * (bytes + A_CHUNK) + DESCRIPTION);
}

static hid_t chunked(const vae__array *array)
{
    hsize_t chunk[VAE__ARRAY_RANK];
    chunk_of(array, chunk);
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    if (list >= 0 && H5Pset_chunk(list, array->rank, chunk) < 0) {
        vae__hdf5_close(list);
        return H5I_INVALID_HID;
    }
    return list;
}

static hid_t space_of(const vae__array *array)
{
    hsize_t dimensions[VAE__ARRAY_RANK], most[VAE__ARRAY_RANK];
    for (int i = 0; i < array->rank; i++)
        most[i] = dimensions[i] = (hsize_t)array->shape[i];
    if (array->grows)
        most[0] = H5S_UNLIMITED;
    return H5Screate_simple(array->rank, dimensions, most);
}

static hid_t create(hid_t parent, const char *name, const vae__array *array)
{
    hid_t links = H5Pcreate(H5P_LINK_CREATE), list = chunked(array), space = space_of(array), dataset = H5I_INVALID_HID;
    hid_t type = type_of(array, true);
    if (type >= 0 && links >= 0 && list >= 0 && space >= 0 && H5Pset_create_intermediate_group(links, 1) >= 0)
        dataset = H5Dcreate2(parent, name, type, space, links, list, H5P_DEFAULT);
    vae__hdf5_close(type);
    vae__hdf5_close(links);
    vae__hdf5_close(list);
    vae__hdf5_close(space);
    return dataset;
}

/* For texts that may be ours or not. */
static vae__text_set set_of(const char *text)
{
    for (; text && *text; text++)
        if ((unsigned char)*text >= 0x80)
            return VAE__UTF8;
    return VAE__ASCII;
}

static vae_status describe(hid_t dataset, const char *name, const vae__array *array)
{
    size_t count = 1;
    for (int i = 0; i < array->rank; i++) {
        count *= (size_t)array->shape[i];
        if (array->labels[i] && H5DSset_label(dataset, (unsigned)i, array->labels[i]) < 0)
            return refused(name);
    }
    uint32_t crc = vae__hdf5_checksum(array->text ? VAE_UINT8 : array->type, array->values,
                                      array->text ? count * array->text : count);
    VAE__TRY(put(dataset, "crc32", H5T_STD_U32LE, H5T_NATIVE_UINT32, H5Screate(H5S_SCALAR), &crc));
    VAE__TRY(vae__put_text(dataset, "description", set_of(array->description), array->description));
    return vae__put_text(dataset, "units", set_of(array->units), array->units);
}

vae_status vae__put_array(hid_t parent, const char *name, const vae__array *array, hid_t *dataset)
{
    hid_t made = create(parent, name, array);
    if (made < 0)
        return refused(name);
    vae_status status = vae__ok();
    hid_t type = type_of(array, false);
    if (type < 0 || H5Dwrite(made, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, array->values) < 0)
        status = refused(name);
    vae__hdf5_close(type);
    if (!status.code)
        status = describe(made, name, array);
    if (dataset && !status.code) {
        *dataset = made;
        return status;
    }
    vae__hdf5_close(made);
    return status;
}

static vae__array array_of_strings(const char *const *texts, int64_t count)
{
    return (vae__array){ .rank = 1, .shape = { count }, .text = width_of(texts, count) };
}

vae_status vae__put_strings(hid_t parent, const char *name, const char *const *texts, int64_t count,
                            const char *description)
{
    vae__array array = array_of_strings(texts, count);
    char *packed = NULL;
    VAE__TRY(pack(name, texts, count, array.text, &packed));
    array.values = packed;
    array.description = description;
    vae_status status = vae__put_array(parent, name, &array, NULL);
    vae__free(packed);
    return status;
}

size_t vae__put_strings_room(const char *const *texts, int64_t count)
{
    vae__array array = array_of_strings(texts, count);
    return vae__put_room(&array);
}
