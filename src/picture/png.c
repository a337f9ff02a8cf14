/* PNG files of grids of images: libpng is spoken to here and in png_read.c, nowhere else. Here is writing; the bytes
 * are made in memory and given to src/base/file.h, so libpng never meets a file. */
#include <vae/picture.h>

#include <inttypes.h>
#include <png.h>
#include <setjmp.h>
#include <stdbool.h>
#include <string.h>

#include "src/base/file.h"
#include "src/base/memory.h"
#include "src/base/status.h"

enum {
    BORDER_LEVEL = 64,   /* a dark grey: seen beside black and beside white images */
    SIDE_LIMIT = 1000000 /* pixels: libpng's own limit to a picture's width and height */
};

struct picture {
    const vae_grid *grid;
    const float *images;
    int64_t width, height; /* of the whole picture, in pixels */
    png_structp png;
    png_infop info;
    unsigned char *line; /* one line of pixels */
    unsigned char *bytes;
    size_t size, capacity;
    vae_status status; /* why libpng was left by a jump */
};

/* Images of a side and the borders around them, in pixels; -1 where that is more than a picture's side may have. */
static int64_t side_length(int64_t count, int64_t pixels, int64_t border)
{
    if (count > SIDE_LIMIT || pixels > SIDE_LIMIT || border > SIDE_LIMIT)
        return -1;
    int64_t side = count * pixels + (count + 1) * border;
    return side <= SIDE_LIMIT ? side : -1;
}

static vae_status check_grid(const vae_grid *grid)
{
    if (grid->rows < 1 || grid->columns < 1)
        return vae__error(VAE_ERROR_ARGUMENT,
                          "picture: expected a grid of at least 1 × 1 images, found %" PRId64 " × %" PRId64, grid->rows,
                          grid->columns);
    if (grid->height < 1 || grid->width < 1)
        return vae__error(VAE_ERROR_ARGUMENT,
                          "picture: expected images of at least 1 × 1 pixels, found %" PRId64 " × %" PRId64,
                          grid->height, grid->width);
    if (grid->channels != 1 && grid->channels != 3)
        return vae__error(VAE_ERROR_ARGUMENT, "picture: expected 1 or 3 channels, found %" PRId64, grid->channels);
    if (grid->border < 0)
        return vae__error(VAE_ERROR_ARGUMENT, "picture: expected a border of 0 or more pixels, found %" PRId64,
                          grid->border);
    return vae__ok();
}

/* What a border before a column that stands apart has more than others, in borders. */
enum { APART_BORDERS = 3 };

static vae_status check_apart(const vae_grid *grid)
{
    for (int i = 0; i < grid->apart_count; i++)
        if (grid->apart[i] < 1 || grid->apart[i] >= grid->columns || (i && grid->apart[i] <= grid->apart[i - 1]))
            return vae__error(VAE_ERROR_ARGUMENT,
                              "picture: expected columns apart that rise from 1 to %" PRId64 ", found %" PRId64,
                              grid->columns - 1, grid->apart[i]);
    return vae__ok();
}

/* All that is between columns that stand apart, beyond the usual. */
static int64_t apart_length(const vae_grid *grid)
{
    return grid->apart_count * APART_BORDERS * (grid->border < SIDE_LIMIT ? grid->border : SIDE_LIMIT);
}

static vae_status measure(struct picture *picture)
{
    const vae_grid *grid = picture->grid;
    VAE__TRY(check_grid(grid));
    VAE__TRY(check_apart(grid));
    picture->width = side_length(grid->columns, grid->width, grid->border);
    picture->height = side_length(grid->rows, grid->height, grid->border);
    if (picture->width >= 0)
        picture->width = picture->width + apart_length(grid) <= SIDE_LIMIT ? picture->width + apart_length(grid) : -1;
    if (picture->width < 0 || picture->height < 0)
        return vae__error(VAE_ERROR_ARGUMENT,
                          "picture: expected sides of at most %d pixels, found %" PRId64 " × %" PRId64
                          " images of %" PRId64 " × %" PRId64 " with a border of %" PRId64,
                          SIDE_LIMIT, grid->rows, grid->columns, grid->height, grid->width, grid->border);
    return vae__ok();
}

/* libpng's callbacks. An error keeps the first status and jumps back to encode; it must not return. */

static void on_error(png_structp png, png_const_charp message)
{
    struct picture *picture = png_get_error_ptr(png);
    if (!picture->status.code)
        picture->status = vae__error(VAE_ERROR_FORMAT, "picture: libpng: %s", message);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static png_voidp on_allocate(png_structp png, png_alloc_size_t size)
{
    struct picture *picture = png_get_mem_ptr(png);
    void *memory = NULL;
    vae_status status = vae__allocate("picture: libpng", size, 1, &memory);
    if (status.code)
        picture->status = status;
    return memory;
}

static void on_release(png_structp png, png_voidp memory)
{
    (void)png;
    vae__free(memory);
}

static void on_write(png_structp png, png_bytep bytes, size_t count)
{
    struct picture *picture = png_get_io_ptr(png);
    picture->status = vae__grow("a picture", &picture->bytes, &picture->capacity, picture->size + count, 1);
    if (picture->status.code)
        png_error(png, "no memory");
    memcpy(picture->bytes + picture->size, bytes, count);
    picture->size += count;
}

/* Without one of ours libpng would flush what it takes for a FILE. */
static void on_flush(png_structp png)
{
    (void)png;
}

/* 0 … 1 in 256 steps; the comparison is false for NaN. */
static unsigned char level(float value)
{
    if (!(value > 0))
        return 0;
    return value < 1 ? (unsigned char)(value * 255 + 0.5f) : 255;
}

/* Pixel line `y` of the grid's row `row`: borders, and one line of each image. */
static void draw_line(struct picture *picture, int64_t row, int64_t y)
{
    const vae_grid *grid = picture->grid;
    const size_t values = (size_t)(grid->width * grid->channels), border = (size_t)(grid->border * grid->channels);
    unsigned char *pixel = picture->line + border;
    int apart = 0;
    for (int64_t column = 0; column < grid->columns; column++, pixel += border) {
        if (apart < grid->apart_count && grid->apart[apart] == column) {
            pixel += APART_BORDERS * border;
            apart++;
        }
        size_t image = (size_t)(row * grid->columns + column);
        const float *value = picture->images + (image * (size_t)grid->height + (size_t)y) * values;
        for (size_t i = 0; i < values; i++)
            *pixel++ = level(value[i]);
    }
}

static void write_border(struct picture *picture)
{
    memset(picture->line, BORDER_LEVEL, (size_t)(picture->width * picture->grid->channels));
    for (int64_t y = 0; y < picture->grid->border; y++)
        png_write_row(picture->png, picture->line);
}

/* A tEXt chunk holds Latin-1, so a title with other letters goes into an iTXt chunk, which holds UTF-8. */
static void write_title(struct picture *picture)
{
    const char *title = picture->grid->title;
    if (!title || !*title)
        return;
    bool ascii = true;
    for (const char *letter = title; *letter; letter++)
        ascii = ascii && (unsigned char)*letter < 128;
    png_text text = { .compression = ascii ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE,
                      .key = (char *)"Title",
                      .text = (char *)title };
    png_set_text(picture->png, picture->info, &text, 1);
}

static void write_all(struct picture *picture)
{
    png_set_write_fn(picture->png, picture, on_write, on_flush);
    png_set_IHDR(picture->png, picture->info, (png_uint_32)picture->width, (png_uint_32)picture->height, 8,
                 picture->grid->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    write_title(picture);
    png_write_info(picture->png, picture->info);
    write_border(picture);
    for (int64_t row = 0; row < picture->grid->rows; row++) {
        for (int64_t y = 0; y < picture->grid->height; y++) {
            draw_line(picture, row, y);
            png_write_row(picture->png, picture->line);
        }
        write_border(picture);
    }
    png_write_end(picture->png, NULL);
    picture->status = vae__ok(); /* libpng may have done without some memory it was refused */
}

/* The frame the jump returns to. It has no local variable, so the jump can spoil none: all state is the picture's. */
static void encode(struct picture *picture)
{
    if (!setjmp(png_jmpbuf(picture->png)))
        write_all(picture);
}

/* Makes the file's bytes: on success the caller owns picture->bytes. */
static vae_status make(struct picture *picture)
{
    VAE__TRY(vae__allocate("a picture's line", (size_t)(picture->width * picture->grid->channels), 1, &picture->line));
    picture->png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, picture, on_error, on_warning, picture, on_allocate,
                                             on_release);
    if (picture->png)
        picture->info = png_create_info_struct(picture->png);
    if (picture->info)
        encode(picture);
    else if (!picture->status.code)
        picture->status = vae__error(VAE_ERROR_UNSUPPORTED, "picture: this libpng is not the one built against");
    png_destroy_write_struct(&picture->png, &picture->info);
    return picture->status;
}

vae_status vae_picture_check(const vae_grid *grid)
{
    if (!grid)
        return vae__error(VAE_ERROR_ARGUMENT, "picture: expected a grid, found NULL");
    struct picture picture = { .grid = grid };
    return measure(&picture);
}

vae_status vae_picture_write(const char *path, const vae_grid *grid, const float *images)
{
    if (!path || !grid || !images)
        return vae__error(VAE_ERROR_ARGUMENT, "picture: expected a path, a grid and images, found NULL");
    struct picture picture = { .grid = grid, .images = images };
    VAE__TRY(measure(&picture));
    VAE__TRY(vae__file_check_writable(path));
    vae_status status = make(&picture);
    if (!status.code)
        status = vae__file_write(path, picture.bytes, picture.size);
    vae__free(picture.line);
    vae__free(picture.bytes);
    return status;
}
