/* Draws the contact sheets of the built-in data: of the digits a row a class, docs/digits.png, of the shapes the first
 * examples, docs/shapes.png. Run it from the top of the source tree, and look at the sheets, whenever
 * src/data/digits.c or src/data/source_shapes.c changes. A word is the seed [0]. */
#include <stdio.h>
#include <stdlib.h>

#include <vae/data.h>
#include <vae/picture.h>

#include "src/data/digits.h"

enum { PIXELS = VAE__DIGIT_SIDE * VAE__DIGIT_SIDE, COLUMNS = 20 };

static float sheet[VAE__DIGIT_CLASSES][COLUMNS][PIXELS];

/* The first COLUMNS examples of each class. */
static void draw_sheet(uint64_t seed)
{
    int found[VAE__DIGIT_CLASSES] = { 0 }, missing = VAE__DIGIT_CLASSES * COLUMNS;
    for (uint32_t index = 0; missing; index++) {
        uint8_t pixels[PIXELS];
        int digit = vae__digit_draw(seed, index, pixels);
        if (found[digit] == COLUMNS)
            continue;
        for (int i = 0; i < PIXELS; i++)
            sheet[digit][found[digit]][i] = (float)pixels[i] / 255;
        found[digit]++;
        missing--;
    }
}

static vae_status write_digits(uint64_t seed)
{
    const vae_grid grid = { .rows = VAE__DIGIT_CLASSES,
                            .columns = COLUMNS,
                            .height = VAE__DIGIT_SIDE,
                            .width = VAE__DIGIT_SIDE,
                            .channels = 1,
                            .border = 1,
                            .title = "libvae's built-in digits" };
    draw_sheet(seed);
    return vae_picture_write("docs/digits.png", &grid, &sheet[0][0][0]);
}

enum { SHAPE_ROWS = 4, SHAPE_COLUMNS = 16, SIDE = 64, VALUES = SHAPE_ROWS * SHAPE_COLUMNS * SIDE * SIDE * 3 };

static vae_status write_shapes(uint64_t seed)
{
    static float images[VALUES];
    const vae_grid grid = { .rows = SHAPE_ROWS,
                            .columns = SHAPE_COLUMNS,
                            .height = SIDE,
                            .width = SIDE,
                            .channels = 3,
                            .border = 1,
                            .title = "libvae's built-in shapes" };
    vae_data *data = NULL;
    vae_status status = vae_data_open("shapes:64", &(vae_data_options){ .seed = seed }, &data);
    if (status.code)
        return status;
    const uint8_t *pixels = vae_data_field(data, VAE_TRAIN, 0)->values;
    for (int i = 0; i < VALUES; i++)
        images[i] = (float)pixels[i] / 255;
    vae_data_free(&data);
    return vae_picture_write("docs/shapes.png", &grid, images);
}

int main(int count, char **words)
{
    uint64_t seed = count > 1 ? strtoull(words[1], NULL, 10) : 0;
    vae_status status = write_digits(seed);
    if (!status.code)
        status = write_shapes(seed);
    if (status.code)
        fprintf(stderr, "%s\n", status.message);
    return status.code ? EXIT_FAILURE : EXIT_SUCCESS;
}
