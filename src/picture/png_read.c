/* PNG files read: libpng is spoken to here and in png.c, nowhere else. A file is in memory when it is read, and its
 * header was found possible, so that libpng gets no more memory than the file's size can ask for. */
#include "src/picture/png_read.h"

#include <inttypes.h>
#include <png.h>
#include <setjmp.h>
#include <string.h>
#include <zlib.h>

#include "src/base/memory.h"
#include "src/base/status.h"

/* The signature, and the chunk IHDR: length, name, 13 bytes, checksum. */
enum { SIGNATURE = 8, NAME = 12, CONTENT = 16, CHECKSUM = 29, HEADER = 33 };

/* Deflate makes of a byte at most this many. */
enum { INFLATE_MOST = 1032 };

/* ---- The header -------------------------------------------------------------------------------------------------- */

/* By PNG's code for what a pixel is made of; `values` of a pixel as they are stored. */
static const struct {
    int values, channels; /* channels 0: refused */
    const char *name;
} colour_types[] = { [PNG_COLOR_TYPE_GRAY] = { 1, 1, "grey" },
                     [PNG_COLOR_TYPE_RGB] = { 3, 3, "RGB" },
                     [PNG_COLOR_TYPE_PALETTE] = { 1, 3, "a palette" },
                     [PNG_COLOR_TYPE_GRAY_ALPHA] = { 2, 0, "grey with alpha" },
                     [PNG_COLOR_TYPE_RGB_ALPHA] = { 4, 0, "RGB with alpha" } };

static uint32_t number_at(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static vae_status check_beginning(const char *path, const unsigned char *bytes, size_t size)
{
    if (!size)
        return vae__error(VAE_ERROR_FORMAT, "%s: expected a PNG file, found an empty one", path);
    if (png_sig_cmp(bytes, 0, size < SIGNATURE ? size : SIGNATURE))
        return vae__error(VAE_ERROR_FORMAT, "%s: expected a PNG file, found none: it begins otherwise", path);
    if (size < HEADER)
        return vae__error(VAE_ERROR_FORMAT, "%s: expected a PNG header of %d bytes, found %zu: it was cut short", path,
                          HEADER, size);
    static const unsigned char begin[] = { 0, 0, 0, 13, 'I', 'H', 'D', 'R' };
    if (memcmp(bytes + SIGNATURE, begin, sizeof begin) ||
        crc32(0, bytes + NAME, CHECKSUM - NAME) != number_at(bytes + CHECKSUM))
        return vae__error(VAE_ERROR_FORMAT, "%s: expected a sound PNG header, found damage", path);
    return vae__ok();
}

vae_status vae__png_header(const char *path, const unsigned char *bytes, size_t size, vae__png *png)
{
    VAE__TRY(check_beginning(path, bytes, size));
    const uint32_t width = number_at(bytes + CONTENT), height = number_at(bytes + CONTENT + 4);
    const unsigned depth = bytes[CONTENT + 8], type = bytes[CONTENT + 9];
    if (type >= sizeof colour_types / sizeof *colour_types || !colour_types[type].name || !depth || depth > 16)
        return vae__error(VAE_ERROR_FORMAT, "%s: expected a PNG's kind of pixels, found type %u of %u bits", path, type,
                          depth);
    uint64_t least = (uint64_t)height * (1 + ((uint64_t)width * depth * (unsigned)colour_types[type].values + 7) / 8);
    if (!width || !height || width > VAE__PNG_SIDE || height > VAE__PNG_SIDE || least / INFLATE_MOST > size)
        return vae__error(VAE_ERROR_FORMAT,
                          "%s: expected a size that can be, found %" PRIu32 " × %" PRIu32 " pixels in %zu bytes", path,
                          height, width, size);
    if (!colour_types[type].channels)
        return vae__error(VAE_ERROR_DATA, "%s: expected grey or RGB without alpha, found %s", path,
                          colour_types[type].name);
    if (depth > 8)
        return vae__error(VAE_ERROR_DATA, "%s: expected 8 bits a value, found %u", path, depth);
    *png = (vae__png){ .height = height, .width = width, .channels = colour_types[type].channels };
    return vae__ok();
}

/* ---- Pixels ------------------------------------------------------------------------------------------------------ */

struct reading {
    const char *path;
    const unsigned char *bytes;
    size_t size, at;
    const vae__png *expected;
    unsigned char *values;
    png_structp png;
    png_infop info;
    vae_status status; /* why libpng was left by a jump */
};

/* libpng's callbacks. An error keeps the first status and jumps back to decode; it must not return. */

static void on_error(png_structp png, png_const_charp message)
{
    struct reading *reading = png_get_error_ptr(png);
    if (!reading->status.code)
        reading->status =
            vae__error(VAE_ERROR_FORMAT, "%s: expected a sound PNG file, found damage: %s", reading->path, message);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static png_voidp on_allocate(png_structp png, png_alloc_size_t size)
{
    struct reading *reading = png_get_mem_ptr(png);
    void *memory = NULL;
    vae_status status = vae__allocate(reading->path, size, 1, &memory);
    if (status.code)
        reading->status = status;
    return memory;
}

static void on_release(png_structp png, png_voidp memory)
{
    (void)png;
    vae__free(memory);
}

static void on_read(png_structp png, png_bytep bytes, size_t count)
{
    struct reading *reading = png_get_io_ptr(png);
    if (count > reading->size - reading->at) {
        reading->status = vae__error(VAE_ERROR_FORMAT,
                                     "%s: expected more of a PNG file, found its end after %zu bytes: it was cut short",
                                     reading->path, reading->size);
        png_error(png, "cut short");
    }
    memcpy(bytes, reading->bytes + reading->at, count);
    reading->at += count;
}

/* What is no part of the pixels is passed over: texts, profiles and the like, compressed ones among them. */
static void set_limits(struct reading *reading)
{
    static const png_byte passed[] = "bKGD\0cHRM\0eXIf\0gAMA\0hIST\0iCCP\0iTXt\0oFFs\0pCAL\0pHYs\0sBIT\0sCAL\0sPLT\0"
                                     "sRGB\0sTER\0tEXt\0tIME\0zTXt";
    png_set_user_limits(reading->png, VAE__PNG_SIDE, VAE__PNG_SIDE);
    png_set_crc_action(reading->png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
#ifdef PNG_HANDLE_AS_UNKNOWN_SUPPORTED
    png_set_keep_unknown_chunks(reading->png, PNG_HANDLE_CHUNK_NEVER, passed, sizeof passed / 5);
#endif
}

static void refuse_alpha(struct reading *reading)
{
    if (!png_get_valid(reading->png, reading->info, PNG_INFO_tRNS))
        return;
    reading->status = vae__error(VAE_ERROR_DATA,
                                 "%s: expected grey or RGB without alpha, found colours that are "
                                 "transparent (tRNS)",
                                 reading->path);
    png_longjmp(reading->png, 1);
}

/* Row by row; of an interlaced image each pass fills in what is its. */
static void read_rows(struct reading *reading)
{
    const size_t row = (size_t)reading->expected->width * (size_t)reading->expected->channels;
    int passes = png_set_interlace_handling(reading->png);
    png_read_update_info(reading->png, reading->info);
    if (png_get_rowbytes(reading->png, reading->info) != row)
        png_error(reading->png, "rows of another size");
    for (; passes; passes--)
        for (int64_t y = 0; y < reading->expected->height; y++)
            png_read_row(reading->png, reading->values + (size_t)y * row, NULL);
}

static void read_all(struct reading *reading)
{
    set_limits(reading);
    png_set_read_fn(reading->png, reading, on_read);
    png_read_info(reading->png, reading->info);
    refuse_alpha(reading);
    if (png_get_color_type(reading->png, reading->info) == PNG_COLOR_TYPE_PALETTE)
        png_set_palette_to_rgb(reading->png);
    else if (png_get_bit_depth(reading->png, reading->info) < 8)
        png_set_expand_gray_1_2_4_to_8(reading->png);
    read_rows(reading);
    png_read_end(reading->png, NULL);
    reading->status = vae__ok(); /* libpng may have done without some memory it was refused */
}

/* The frame the jump returns to. It has no local variable, so the jump can spoil none: all state is the reading's. */
static void decode(struct reading *reading)
{
    if (!setjmp(png_jmpbuf(reading->png)))
        read_all(reading);
}

vae_status vae__png_decode(const char *path, const unsigned char *bytes, size_t size, const vae__png *png,
                           unsigned char *values)
{
    struct reading reading = { .path = path, .bytes = bytes, .size = size, .expected = png, .values = values };
    reading.png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &reading, on_error, on_warning, &reading, on_allocate,
                                           on_release);
    if (reading.png)
        reading.info = png_create_info_struct(reading.png);
    if (reading.info)
        decode(&reading);
    else if (!reading.status.code)
        reading.status = vae__error(VAE_ERROR_UNSUPPORTED, "%s: this libpng is not the one built against", path);
    png_destroy_read_struct(&reading.png, &reading.info, NULL);
    return reading.status;
}
