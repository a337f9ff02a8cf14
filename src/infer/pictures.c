/* Grids of images out of results, and what is black and white in them. */
#include "src/infer/pictures.h"

#include <math.h>
#include <vae/picture.h>

#include "models/model.h"
#include "src/base/memory.h"
#include "src/base/status.h"

enum { PAIRS_ACROSS = 10 };

static const float missing_grey = 0.5f;

/* ---- Shades ------------------------------------------------------------------------------------------------------ */

/* Widens [least, greatest] by values; where `mask` is 0 they do not count. */
static void widen(const float *values, const uint8_t *mask, int64_t count, double *least, double *greatest)
{
    for (int64_t i = 0; i < count; i++) {
        if (!isfinite(values[i]) || (mask && !mask[i]))
            continue;
        *least = values[i] < *least ? values[i] : *least;
        *greatest = values[i] > *greatest ? values[i] : *greatest;
    }
}

static vae_shades shades_between(double least, double greatest)
{
    if (least > greatest || (least >= 0 && greatest <= 1))
        return (vae_shades){ 0, 1 };
    return (vae_shades){ least, greatest > least ? greatest : least + 1 };
}

vae_shades vae_samples_shades(const vae_samples *samples)
{
    double least = INFINITY, greatest = -INFINITY;
    if (samples && samples->modelled)
        widen(samples->modelled, NULL, samples->count * samples->x_size, &least, &greatest);
    return shades_between(least, greatest);
}

vae_shades vae_reconstructions_shades(const vae_reconstructions *reconstructions)
{
    double least = INFINITY, greatest = -INFINITY;
    if (reconstructions && reconstructions->x) {
        int64_t count = reconstructions->count * reconstructions->x_size;
        widen(reconstructions->x, reconstructions->mask, count, &least, &greatest);
        widen(reconstructions->reconstruction, NULL, count, &least, &greatest);
    }
    return shades_between(least, greatest);
}

vae_shades vae_completions_shades(const vae_completions *completions)
{
    double least = INFINITY, greatest = -INFINITY;
    if (completions && completions->x) {
        int64_t count = completions->count * completions->x_size;
        widen(completions->truth, completions->mask, count, &least, &greatest);
        widen(completions->x, NULL, count * completions->samples, &least, &greatest);
        if (completions->answer)
            widen(completions->answer, NULL, count, &least, &greatest);
    }
    return shades_between(least, greatest);
}

static void shade(const float *values, int64_t count, vae_shades shades, float *image)
{
    for (int64_t i = 0; i < count; i++)
        image[i] = (float)((values[i] - shades.black) / (shades.white - shades.black));
}

/* ---- Grids ------------------------------------------------------------------------------------------------------- */

/* The grid of a picture; refused where no picture can hold it. */
static vae_status describe(const vae_model *model, int64_t rows, int64_t columns, const char *path, vae_grid *grid)
{
    const vae_model_spec *spec = &model->declaration;
    int64_t channels = model->x_rank == 3 ? spec->x.shape[2] : 1;
    if (model->x_rank < 2 || model->x_rank > 3 || (channels != 1 && channels != 3))
        return vae__error(VAE_ERROR_ARGUMENT,
                          "%s: %s: x is no image of 1 or 3 channels; a name in .h5 keeps its values", path, spec->name);
    *grid = (vae_grid){ .rows = rows,
                        .columns = columns,
                        .height = spec->x.shape[0],
                        .width = spec->x.shape[1],
                        .channels = channels,
                        .border = 2,
                        .title = spec->name };
    return vae__error_within(vae_picture_check(grid), "%s: ", path);
}

vae_status vae__picture_fits(const vae_model *model, int64_t rows, int64_t columns, const char *path)
{
    vae_grid grid;
    return describe(model, rows, columns, path, &grid);
}

/* Images of a grid, all black. */
static vae_status make_images(const vae_grid *grid, int64_t size, float **images)
{
    return vae__allocate("a picture", (size_t)(grid->rows * grid->columns * size), sizeof(float), images);
}

/* The grid's last row may be short; what is missing stays black. */
vae_status vae__samples_picture(const vae_model *model, const vae_samples *samples, const char *path)
{
    vae_grid grid;
    float *images = NULL;
    VAE__TRY(describe(model, samples->rows, samples->columns, path, &grid));
    VAE__TRY(make_images(&grid, samples->x_size, &images));
    shade(samples->modelled, samples->count * samples->x_size, vae_samples_shades(samples), images);
    vae_status status = vae_picture_write(path, &grid, images);
    vae__free(images);
    return status;
}

void vae__reconstructions_grid(int64_t count, int64_t *rows, int64_t *columns)
{
    *columns = count < PAIRS_ACROSS ? count : PAIRS_ACROSS;
    *rows = 2 * ((count + PAIRS_ACROSS - 1) / PAIRS_ACROSS);
}

static void lay_pair(const vae_reconstructions *found, int64_t number, vae_shades shades, int64_t columns,
                     float *images)
{
    int64_t size = found->x_size, place = 2 * (number / columns) * columns + number % columns;
    float *above = images + place * size, *below = above + columns * size;
    shade(found->x + number * size, size, shades, above);
    shade(found->reconstruction + number * size, size, shades, below);
    for (int64_t i = 0; found->mask && i < size; i++)
        if (!found->mask[number * size + i])
            above[i] = missing_grey;
}

vae_status vae__reconstructions_picture(const vae_model *model, const vae_reconstructions *reconstructions,
                                        const char *path)
{
    vae_grid grid;
    float *images = NULL;
    int64_t rows, columns;
    vae__reconstructions_grid(reconstructions->count, &rows, &columns);
    VAE__TRY(describe(model, rows, columns, path, &grid));
    VAE__TRY(make_images(&grid, reconstructions->x_size, &images));
    vae_shades shades = vae_reconstructions_shades(reconstructions);
    for (int64_t i = 0; i < reconstructions->count; i++)
        lay_pair(reconstructions, i, shades, columns, images);
    vae_status status = vae_picture_write(path, &grid, images);
    vae__free(images);
    return status;
}

/* ---- Completions ------------------------------------------------------------------------------------------------- */

/* The columns of a row: what is given, the samples, the answer and the truth, as there are. */
typedef struct columns {
    int64_t count, apart[3];
    int apart_count;
} columns;

static columns columns_of(bool given, int64_t samples, bool answer)
{
    columns laid = { .count = given + samples + answer + 1 };
    if (given)
        laid.apart[laid.apart_count++] = 1;
    laid.apart[laid.apart_count++] = given + samples;
    if (answer)
        laid.apart[laid.apart_count++] = given + samples + 1;
    return laid;
}

static vae_status describe_completions(const vae_model *model, int64_t rows, const columns *laid, const char *path,
                                       vae_grid *grid)
{
    VAE__TRY(describe(model, rows, laid->count, path, grid));
    grid->apart = laid->apart;
    grid->apart_count = laid->apart_count;
    return vae__error_within(vae_picture_check(grid), "%s: ", path);
}

vae_status vae__completions_fit(const vae_model *model, int64_t rows, int64_t samples, bool answer, const char *path)
{
    vae_grid grid;
    bool given = false;
    for (int i = 0; i < model->condition_count; i++)
        given |= model->conditions[i].seen != NULL;
    const columns laid = columns_of(given, samples, answer);
    return describe_completions(model, rows, &laid, path, &grid);
}

/* An image, grey where the mask is 0. */
static float *lay_masked(const float *values, const uint8_t *mask, int64_t size, vae_shades shades, float *image)
{
    shade(values, size, shades, image);
    for (int64_t i = 0; mask && i < size; i++)
        if (!mask[i])
            image[i] = missing_grey;
    return image + size;
}

static float *lay_completion(const vae_completions *found, int64_t number, vae_shades shades, float *image)
{
    const int64_t size = found->x_size, samples = found->samples, at = number * size;
    const uint8_t *mask = found->mask ? found->mask + at : NULL;
    if (found->given)
        image = lay_masked(found->truth + at, found->given + at, size, shades, image);
    image = lay_masked(found->x + at * samples, NULL, size * samples, shades, image);
    if (found->answer)
        image = lay_masked(found->answer + at, NULL, size, shades, image);
    return lay_masked(found->truth + at, mask, size, shades, image);
}

vae_status vae__completions_picture(const vae_model *model, const vae_completions *completions, const char *path)
{
    vae_grid grid;
    float *images = NULL;
    const columns laid = columns_of(completions->given != NULL, completions->samples, completions->answer != NULL);
    VAE__TRY(describe_completions(model, completions->count, &laid, path, &grid));
    VAE__TRY(make_images(&grid, completions->x_size, &images));
    vae_shades shades = vae_completions_shades(completions);
    float *image = images;
    for (int64_t i = 0; i < completions->count; i++)
        image = lay_completion(completions, i, shades, image);
    vae_status status = vae_picture_write(path, &grid, images);
    vae__free(images);
    return status;
}
