/* Pictures: what a reader of PNG files finds in them, and what is left when writing fails. */
#include "tests/support/suite.h"

#include <errno.h>
#include <math.h>
#include <png.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vae/picture.h>

#include "src/base/file.h"
#include "src/base/memory.h"
#include "tests/support/system.h"

static char folder[64], path[96], temporary[128];

/* A folder of the test's own, and a file name in it. */
static void make_folder(void)
{
    strcpy(folder, "/tmp/vae-test-png-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/picture.png", folder);
    snprintf(temporary, sizeof temporary, "%s.tmp", path);
    system_reset();
}

/* Fails where anything but the picture was left behind. */
static void remove_folder(void)
{
    system_reset();
    unlink(path);
    ck_assert_msg(!rmdir(folder), "%s: %s", folder, strerror(errno));
}

/* The picture's pixels as 8-bit levels; `channels` is what the file itself has. The caller frees them. */
static unsigned char *read_back(png_image *image, int *channels)
{
    memset(image, 0, sizeof *image);
    image->version = PNG_IMAGE_VERSION;
    ck_assert_msg(png_image_begin_read_from_file(image, path), "%s", image->message);
    *channels = image->format & PNG_FORMAT_FLAG_COLOR ? 3 : 1;
    ck_assert(!(image->format & (PNG_FORMAT_FLAG_ALPHA | PNG_FORMAT_FLAG_LINEAR | PNG_FORMAT_FLAG_COLORMAP)));
    image->format = *channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    unsigned char *pixels = malloc(PNG_IMAGE_SIZE(*image));
    ck_assert_ptr_nonnull(pixels);
    ck_assert_msg(png_image_finish_read(image, NULL, pixels, 0, NULL), "%s", image->message);
    return pixels;
}

/* What columns apart have more than others, up to this place from the left; -1 within it. */
static int64_t apart_before(const vae_grid *grid, int64_t x)
{
    int64_t more = 0;
    for (int i = 0; i < grid->apart_count; i++) {
        int64_t begin = grid->apart[i] * (grid->width + grid->border) + more;
        if (x >= begin && x < begin + 3 * grid->border)
            return -1;
        more += x >= begin ? 3 * grid->border : 0;
    }
    return more;
}

/* The level a pixel of the picture should have; -1 for a border. Written from the header's words. */
static int expected_level(const vae_grid *grid, const float *images, int64_t y, int64_t x, int64_t channel)
{
    int64_t more = apart_before(grid, x);
    if (more < 0)
        return -1;
    x -= more;
    int64_t row = y / (grid->height + grid->border), column = x / (grid->width + grid->border);
    int64_t line = y % (grid->height + grid->border) - grid->border;
    int64_t place = x % (grid->width + grid->border) - grid->border;
    if (line < 0 || place < 0)
        return -1;
    int64_t image = row * grid->columns + column;
    float value = images[((image * grid->height + line) * grid->width + place) * grid->channels + channel];
    return (int)lroundf(value * 255);
}

static void check_pixels(const vae_grid *grid, const float *images)
{
    png_image image;
    int channels;
    unsigned char *pixels = read_back(&image, &channels), *pixel = pixels;
    ck_assert_int_eq(channels, grid->channels);
    ck_assert_int_eq(image.width,
                     grid->columns * grid->width + (grid->columns + 1 + 3 * grid->apart_count) * grid->border);
    ck_assert_int_eq(image.height, grid->rows * grid->height + (grid->rows + 1) * grid->border);
    int border = -1;
    for (int64_t y = 0; y < image.height; y++)
        for (int64_t x = 0; x < image.width; x++)
            for (int64_t channel = 0; channel < channels; channel++, pixel++) {
                int level = expected_level(grid, images, y, x, channel);
                if (level >= 0)
                    ck_assert_msg(*pixel == level, "(%d, %d): %d, not %d", (int)y, (int)x, *pixel, level);
                else if (border < 0)
                    border = *pixel;
                else
                    ck_assert_int_eq(*pixel, border);
            }
    ck_assert_int_ne(border, 255);
    ck_assert_int_ne(border, 0);
    free(pixels);
}

static const vae_grid shapes[] = {
    { .rows = 1, .columns = 1, .height = 1, .width = 1, .channels = 1, .border = 0 },
    { .rows = 2, .columns = 3, .height = 5, .width = 4, .channels = 1, .border = 0 },
    { .rows = 3, .columns = 2, .height = 4, .width = 7, .channels = 1, .border = 2 },
    { .rows = 2, .columns = 3, .height = 5, .width = 4, .channels = 3, .border = 1 },
    { .rows = 1, .columns = 4, .height = 3, .width = 3, .channels = 3, .border = 0 },
    { 2, 4, 5, 4, 3, 2, NULL, (int64_t[]){ 1, 3 }, 2 },
    { 1, 2, 5, 4, 1, 1, NULL, (int64_t[]){ 1 }, 1 },
    { .rows = 8, .columns = 8, .height = 64, .width = 64, .channels = 3, .border = 1 }, /* more than one write */
};

START_TEST(test_reads_back)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const vae_grid *grid = &shapes[i];
        int64_t count = grid->rows * grid->columns * grid->height * grid->width * grid->channels;
        float *images = malloc((size_t)count * sizeof *images);
        ck_assert_ptr_nonnull(images);
        for (int64_t j = 0; j < count; j++)
            images[j] = (float)(j * 2654435761u % 1009) / 1008;
        make_folder();
        ck_assert_status_ok(vae_picture_write(path, grid, images));
        check_pixels(grid, images);
        remove_folder();
        free(images);
    }
    ck_assert_int_eq(system_outstanding(), 0);
}
END_TEST

START_TEST(test_values_outside)
{
    static const float values[] = { NAN,   -NAN, INFINITY, -INFINITY,   -0.1f,       1.5f,
                                    1e30f, 0,    1,        0.49f / 255, 0.51f / 255, 254.6f / 255 };
    static const unsigned char levels[] = { 0, 0, 255, 0, 0, 255, 255, 0, 255, 0, 1, 255 };
    const vae_grid grid = { .rows = 1, .columns = 1, .height = 3, .width = 4, .channels = 1 };
    png_image image;
    int channels;
    make_folder();
    ck_assert_status_ok(vae_picture_write(path, &grid, values));
    unsigned char *pixels = read_back(&image, &channels);
    ck_assert_mem_eq(pixels, levels, sizeof levels);
    free(pixels);
    remove_folder();
}
END_TEST

static int file_holds(const char *words)
{
    unsigned char *bytes = NULL;
    size_t size = 0, length = strlen(words);
    ck_assert_status_ok(vae__file_read(path, 1 << 20, &bytes, &size));
    int found = 0;
    for (size_t i = 0; i + length <= size; i++)
        found |= !memcmp(bytes + i, words, length);
    vae__free(bytes);
    return found;
}

START_TEST(test_title)
{
    vae_grid grid = { .rows = 1, .columns = 1, .height = 1, .width = 1, .channels = 1 };
    const float black = 0;
    make_folder();
    ck_assert_status_ok(vae_picture_write(path, &grid, &black));
    ck_assert(!file_holds("Title"));
    grid.title = "prior samples";
    ck_assert_status_ok(vae_picture_write(path, &grid, &black));
    ck_assert(file_holds("tEXtTitle") && file_holds("prior samples"));
    grid.title = "Stichproben für β = 4";
    ck_assert_status_ok(vae_picture_write(path, &grid, &black));
    ck_assert(file_holds("iTXtTitle") && file_holds("für β = 4"));
    remove_folder();
}
END_TEST

START_TEST(test_refusals)
{
    const vae_grid good = { .rows = 1, .columns = 1, .height = 1, .width = 1, .channels = 1 };
    const int64_t most = INT64_MAX;
    const struct refusal {
        vae_grid grid;
        const char *words;
    } refusals[] = {
        { { 0, 1, 1, 1, 1, 0, NULL, NULL, 0 }, "at least 1 × 1 images, found 0 × 1" },
        { { 1, 0, 1, 1, 1, 0, NULL, NULL, 0 }, "at least 1 × 1 images, found 1 × 0" },
        { { 1, 1, 0, 1, 1, 0, NULL, NULL, 0 }, "at least 1 × 1 pixels, found 0 × 1" },
        { { 1, 1, 1, -3, 1, 0, NULL, NULL, 0 }, "at least 1 × 1 pixels, found 1 × -3" },
        { { 1, 1, 1, 1, 2, 0, NULL, NULL, 0 }, "1 or 3 channels, found 2" },
        { { 1, 1, 1, 1, 0, 0, NULL, NULL, 0 }, "1 or 3 channels, found 0" },
        { { 1, 1, 1, 1, 1, -1, NULL, NULL, 0 }, "0 or more pixels, found -1" },
        { { most, 1, 1, 1, 1, 0, NULL, NULL, 0 }, "at most 1000000 pixels" },
        { { 1, most, 1, most, 1, 0, NULL, NULL, 0 }, "at most 1000000 pixels" },
        { { most, most, most, most, 3, most, NULL, NULL, 0 }, "at most 1000000 pixels" },
        { { 1, 1, 1, 1, 1, most, NULL, NULL, 0 }, "at most 1000000 pixels" },
        { { INT64_C(1) << 32, 1, INT64_C(1) << 32, 1, 1, 0, NULL, NULL, 0 }, "at most 1000000 pixels" },
        { { 1000, 1, 1000, 1, 1, 1, NULL, NULL, 0 }, "at most 1000000 pixels, found 1000 × 1 images of 1000 × 1" },
        { { 1, 2, 1, 1, 1, 1, NULL, (int64_t[]){ 2 }, 1 }, "columns apart that rise from 1 to 1, found 2" },
        { { 1, 3, 1, 1, 1, 1, NULL, (int64_t[]){ 2, 2 }, 2 }, "columns apart that rise from 1 to 2, found 2" },
        { { 1, 3, 1, 1, 1, 1, NULL, (int64_t[]){ 0 }, 1 }, "columns apart that rise from 1 to 2, found 0" },
        { { 1, 2, 1, 1, 1, 200000, NULL, (int64_t[]){ 1 }, 1 }, "at most 1000000 pixels" },
    };
    const float black = 0;
    make_folder();
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        ck_assert_status(vae_picture_write(path, &refusals[i].grid, &black), VAE_ERROR_ARGUMENT, refusals[i].words);
    ck_assert_status(vae_picture_write(NULL, &good, &black), VAE_ERROR_ARGUMENT, "found NULL");
    ck_assert_status(vae_picture_write(path, NULL, &black), VAE_ERROR_ARGUMENT, "found NULL");
    ck_assert_status(vae_picture_write(path, &good, NULL), VAE_ERROR_ARGUMENT, "found NULL");
    ck_assert_int_ne(access(path, F_OK), 0);
    remove_folder();
}
END_TEST

START_TEST(test_unwritable)
{
    const vae_grid grid = { .rows = 1, .columns = 1, .height = 1, .width = 1, .channels = 1 };
    const float black = 0;
    ck_assert_status(vae_picture_write("/nowhere/at/all.png", &grid, &black), VAE_ERROR_FILE, "/nowhere/at/all.png");
    ck_assert_status(vae_picture_write("/tmp", &grid, &black), VAE_ERROR_FILE, "/tmp: expected a file");
    ck_assert_status(vae_picture_write("", &grid, &black), VAE_ERROR_FILE, "file name");
}
END_TEST

/* Whatever the system refuses: the message names the file, no file appears, nothing is kept in memory. */
START_TEST(test_system_refuses)
{
    static const system_kind kinds[] = { SYSTEM_OPEN, SYSTEM_WRITE, SYSTEM_SYNC, SYSTEM_CLOSE, SYSTEM_RENAME };
    const vae_grid grid = { .rows = 1, .columns = 2, .height = 2, .width = 2, .channels = 1, .border = 1 };
    const float images[8] = { 0.5f };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        make_folder();
        system_fail(kinds[i], 1, ENOSPC, true);
        ck_assert_status(vae_picture_write(path, &grid, images), VAE_ERROR_FILE, "picture.png");
        ck_assert_int_ne(access(path, F_OK), 0);
        ck_assert_int_ne(access(temporary, F_OK), 0);
        ck_assert_int_eq(system_outstanding(), 0);
        remove_folder();
    }
}
END_TEST

/* The n-th allocation fails, for every n there is: libpng's own included. */
START_TEST(test_memory_refused)
{
    const vae_grid grid = {
        .rows = 1, .columns = 2, .height = 2, .width = 2, .channels = 1, .border = 1, .title = "t"
    };
    const float images[8] = { 0.5f };
    long failures = 0;
    for (long n = 1; n < 1000; n++) {
        make_folder();
        system_fail(SYSTEM_ALLOCATE, n, ENOMEM, true);
        vae_status status = vae_picture_write(path, &grid, images);
        ck_assert_int_eq(system_outstanding(), 0);
        if (!status.code)
            n = 1000;
        else {
            failures++;
            ck_assert_status(status, VAE_ERROR_MEMORY, "no memory");
        }
        /* Only the last allocations, of the folder's name to sync, come after the file is in its place. */
        ck_assert_int_ne(access(temporary, F_OK), 0);
        remove_folder();
    }
    ck_assert_int_gt(failures, 6);
}
END_TEST

int main(void)
{
    const TTest *const pictures[] = { test_reads_back, test_values_outside, test_title, NULL };
    const TTest *const failures[] = { test_refusals, test_unwritable, test_system_refuses, test_memory_refused, NULL };
    Suite *suite = suite_create("picture/png");
    suite_case(suite, "what is read back", 20, pictures);
    suite_case(suite, "what is refused", 20, failures);
    return suite_run(suite);
}
