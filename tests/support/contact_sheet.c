/* Draws the built-in digits' contact sheet, a row a class, to the path given or to docs/digits.png. Run it from the top
 * of the source tree, and look at the sheet, whenever src/data/digits.c changes. */
#include <stdio.h>
#include <stdlib.h>

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

int main(int count, char **words)
{
    const vae_grid grid = { .rows = VAE__DIGIT_CLASSES,
                            .columns = COLUMNS,
                            .height = VAE__DIGIT_SIDE,
                            .width = VAE__DIGIT_SIDE,
                            .channels = 1,
                            .border = 1,
                            .title = "libvae's built-in digits" };
    draw_sheet(count > 2 ? strtoull(words[2], NULL, 10) : 0);
    vae_status status = vae_picture_write(count > 1 ? words[1] : "docs/digits.png", &grid, &sheet[0][0][0]);
    if (status.code)
        fprintf(stderr, "%s\n", status.message);
    return status.code ? EXIT_FAILURE : EXIT_SUCCESS;
}
