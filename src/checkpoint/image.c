/* HDF5 files as images in memory, taken from libhdf5 and handed to it. */
#include "src/checkpoint/image.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "src/base/file.h"
#include "src/base/memory.h"
#include "src/base/status.h"

/* ---- The memory of an image, as libhdf5 asks for it -------------------------------------------------------------- */

/* The property lists that libhdf5 copies all point at our bytes, so a file is never in memory twice. */
static void *image_malloc(size_t size, H5FD_file_image_op_t operation, void *data)
{
    (void)operation;
    vae__image_memory *memory = data;
    return size <= memory->capacity ? memory->bytes : NULL;
}

static void *image_memcpy(void *to, const void *from, size_t size, H5FD_file_image_op_t operation, void *data)
{
    (void)operation;
    (void)data;
    return to == from ? to : memmove(to, from, size);
}

/* Room doubles, so that a file which grows by pieces is not copied for each. */
static void *image_realloc(void *bytes, size_t size, H5FD_file_image_op_t operation, void *data)
{
    (void)operation;
    vae__image_memory *memory = data;
    if (!memory->writing || (bytes && bytes != memory->bytes))
        return NULL;
    if (vae__grow("a file in memory", &memory->bytes, &memory->capacity, size, 1).code) {
        memory->starved = true;
        return NULL;
    }
    memory->size = size;
    return memory->bytes;
}

/* The bytes stay the image's: with operation H5FD_FILE_IMAGE_OP_FILE_CLOSE they are the finished file, superblock and
 * all. (H5Fget_file_image would give a file whose superblock has a wrong checksum with libhdf5 1.10.) */
static herr_t image_free(void *bytes, H5FD_file_image_op_t operation, void *data)
{
    (void)operation;
    return bytes == ((vae__image_memory *)data)->bytes ? 0 : -1;
}

static void *same_data(void *data)
{
    return data;
}

static herr_t keep_data(void *data)
{
    (void)data;
    return 0;
}

/* How an image is opened: in memory alone, its identifiers closed with it. */
static hid_t access_list(vae__image_memory *memory)
{
    enum { GROWTH = 1 }; /* so that a file's size is exact; image_realloc has room in advance */
    H5FD_file_image_callbacks_t callbacks = { image_malloc, image_memcpy, image_realloc, image_free,
                                              same_data,    keep_data,    memory };
    hid_t list = H5Pcreate(H5P_FILE_ACCESS);
    if (list < 0)
        return list;
    /* Both bounds at 1.8: tools of today and of 2010 open the file. */
    if (H5Pset_fapl_core(list, GROWTH, 0) < 0 || H5Pset_fclose_degree(list, H5F_CLOSE_STRONG) < 0 ||
        H5Pset_file_image_callbacks(list, &callbacks) < 0 ||
        H5Pset_libver_bounds(list, H5F_LIBVER_V18, H5F_LIBVER_V18) < 0) {
        vae__hdf5_close(list);
        return H5I_INVALID_HID;
    }
    return list;
}

/* A name that cannot exist as a file, and no two images have at a time: libhdf5 takes files of one name for one. */
static const char *name_of(const vae__image_memory *memory, char name[64])
{
    snprintf(name, 64, "/dev/null/checkpoint-%p", (const void *)memory);
    return name;
}

/* ---- Images ------------------------------------------------------------------------------------------------------ */

static void release(vae__image *image)
{
    if (image->memory)
        vae__free(image->memory->bytes);
    vae__free(image->memory);
    *image = (vae__image){ .file = H5I_INVALID_HID };
}

/* A file that libhdf5 cannot close stays open within it, and is touched again when the process ends: its memory is then
 * libhdf5's for good. */
static bool close_file(vae__image *image)
{
    bool closed = image->file < 0 || H5Fclose(image->file) >= 0;
    if (!closed)
        image->memory = NULL;
    image->file = H5I_INVALID_HID;
    return closed;
}

vae_status vae__image_create(vae__image *image, size_t expected)
{
    char name[64];
    *image = (vae__image){ .file = H5I_INVALID_HID };
    VAE__TRY(vae__allocate("a file in memory", 1, sizeof *image->memory, &image->memory));
    vae__image_memory *memory = image->memory;
    memory->writing = true;
    vae_status status = vae__grow("a file in memory", &memory->bytes, &memory->capacity, expected + 1, 1);
    hid_t list = status.code ? H5I_INVALID_HID : access_list(memory);
    if (list >= 0)
        image->file = H5Fcreate(name_of(memory, name), H5F_ACC_TRUNC, H5P_DEFAULT, list);
    vae__hdf5_close(list);
    if (image->file >= 0)
        return vae__ok();
    release(image);
    return status.code ? status : vae__error(VAE_ERROR_MEMORY, "libhdf5 cannot make a file in memory");
}

/* Where the file ends: what libhdf5 gave back at its end when it closed it stays in the image. The superblock of
 * version 2, which the 1.8 format has, tells it in its bytes 28 to 35, the lowest first. */
static size_t end_of(const vae__image_memory *memory)
{
    enum { VERSION = 8, OFFSET_SIZE = 9, END = 28 };
    uint64_t end = 0;
    if (memory->size < END + 8 || memory->bytes[VERSION] != 2 || memory->bytes[OFFSET_SIZE] != 8)
        return memory->size;
    for (int i = 7; i >= 0; i--)
        end = end << 8 | memory->bytes[END + i];
    return end && end < memory->size ? (size_t)end : memory->size;
}

vae_status vae__image_finish(vae__image *image, const char *path)
{
    vae__image_memory *memory = image->memory;
    /* Flushing first gives the file its full length; closing alone would leave out what is reserved but not written. */
    bool whole = H5Fflush(image->file, H5F_SCOPE_GLOBAL) >= 0;
    whole = close_file(image) && whole;
    vae_status status = memory->starved ? vae__error(VAE_ERROR_MEMORY, "%s: no memory to put the file together", path)
                        : !whole        ? vae__error(VAE_ERROR_FILE, "%s: libhdf5 cannot finish the file", path)
                                        : vae__file_write(path, memory->bytes, end_of(memory));
    release(image);
    return status;
}

static vae_status check_signature(const char *path, const vae__image_memory *memory)
{
    static const unsigned char signature[8] = { 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n' };
    if (!memory->size)
        return vae__error(VAE_ERROR_FORMAT, "%s: not an HDF5 file: it is empty", path);
    if (memory->size < sizeof signature || memcmp(memory->bytes, signature, sizeof signature))
        return vae__error(VAE_ERROR_FORMAT, "%s: not an HDF5 file", path);
    return vae__ok();
}

static hid_t open_bytes(vae__image_memory *memory)
{
    char name[64];
    hid_t list = access_list(memory), file = H5I_INVALID_HID;
    if (list >= 0 && H5Pset_file_image(list, memory->bytes, memory->size) >= 0)
        file = H5Fopen(name_of(memory, name), H5F_ACC_RDONLY, list);
    vae__hdf5_close(list);
    return file;
}

static vae_status read_and_open(vae__image *image, const char *path)
{
    uint64_t most = (uint64_t)16 << 30;
    size_t available = vae__memory_available(), limit = most < available ? (size_t)most : available;
    vae__image_memory *memory = image->memory;
    VAE__TRY(vae__file_read(path, limit, &memory->bytes, &memory->size));
    memory->capacity = memory->size;
    VAE__TRY(check_signature(path, memory));
    image->file = open_bytes(memory);
    if (image->file >= 0)
        return vae__ok();
    return vae__error(VAE_ERROR_FORMAT, "%s: a damaged HDF5 file, or one cut short: libhdf5 cannot open it", path);
}

vae_status vae__image_open(vae__image *image, const char *path)
{
    *image = (vae__image){ .file = H5I_INVALID_HID };
    VAE__TRY(vae__allocate("a file in memory", 1, sizeof *image->memory, &image->memory));
    vae_status status = read_and_open(image, path);
    if (status.code)
        release(image);
    return status;
}

void vae__image_close(vae__image *image)
{
    close_file(image);
    release(image);
}
