/* Strips of next frames. */
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <vae/forecast.h>
#include <vae/picture.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/base/text.h"
#include "src/base/types.h"
#include "src/infer/scene.h"

/* An image for the still and for each of its next frames. */
typedef struct vae__strip {
    const vae__scene *scene;
    const vae_field *frames; /* NULL: none */
    int64_t pixels;          /* values of an image */
} vae__strip;

/* How far a cell's point goes in all, squared. */
static double reach_of(const vae__stage *stage, const double *x, int64_t cell)
{
    const double right = vae__stage_right(stage, x, cell, stage->steps - 1);
    const double down = vae__stage_down(stage, x, cell, stage->steps - 1);
    return right * right + down * down;
}

/* The cell that a pixel goes with: of the four whose points lie around it the one that goes farthest, so that what the
 * grid cuts stays whole. */
static int64_t cell_of(const vae__stage *stage, const double *x, int64_t pixel)
{
    const int64_t wide = stage->cells_wide, high = stage->cells_high;
    const double across = ((double)(pixel % stage->width) + 0.5) * (double)wide / (double)stage->width - 0.5;
    const double below = ((double)(pixel / stage->width) + 0.5) * (double)high / (double)stage->height - 0.5;
    int64_t best = -1;
    for (int corner = 0; corner < 4; corner++) {
        const int64_t column = (int64_t)floor(across) + corner % 2, row = (int64_t)floor(below) + corner / 2;
        const int64_t cell = row * wide + column;
        if (column < 0 || column >= wide || row < 0 || row >= high)
            continue;
        if (best < 0 || reach_of(stage, x, cell) > reach_of(stage, x, best))
            best = cell;
    }
    return best;
}

static bool is_nothing(const vae__stage *stage, const float *still, int64_t pixel)
{
    for (int64_t c = 0; c < stage->channels; c++)
        if (still[pixel * stage->channels + c] > 0)
            return false;
    return true;
}

/* The still with the pixels of moving cells moved as they are at a step: nothing is left where they were, nor is
 * anything moved that is nothing. */
static void move_still(const vae__stage *stage, const float *still, const double *x, int64_t step, float *image)
{
    const size_t pixel = (size_t)stage->channels * sizeof *image;
    const int64_t pixels = stage->height * stage->width;
    for (int64_t i = 0; i < pixels; i++)
        if (vae__stage_moves(stage, x, cell_of(stage, x, i)))
            memset(image + i * stage->channels, 0, pixel);
        else
            memcpy(image + i * stage->channels, still + i * stage->channels, pixel);
    for (int64_t i = 0; i < pixels; i++) {
        const int64_t cell = cell_of(stage, x, i);
        if (is_nothing(stage, still, i) || !vae__stage_moves(stage, x, cell))
            continue;
        const double right = (double)(i % stage->width) + round(vae__stage_right(stage, x, cell, step));
        const double down = (double)(i / stage->width) + round(vae__stage_down(stage, x, cell, step));
        if (right >= 0 && right < (double)stage->width && down >= 0 && down < (double)stage->height)
            memcpy(image + ((int64_t)down * stage->width + (int64_t)right) * stage->channels,
                   still + i * stage->channels, pixel);
    }
}

/* The still and what a future makes of it. Returns the place behind. */
static float *lay_future(const vae__strip *strip, int64_t row, const double *x, float *image)
{
    const vae__stage *stage = &strip->scene->stage;
    const float *still = strip->scene->still + row * strip->pixels;
    memcpy(image, still, (size_t)strip->pixels * sizeof *image);
    for (int64_t step = 0; step < stage->steps; step++)
        move_still(stage, still, x, step, image + (1 + step) * strip->pixels);
    return image + (1 + stage->steps) * strip->pixels;
}

/* The still and the frames of the data. */
static float *lay_frames(const vae__strip *strip, int64_t row, float *image)
{
    const vae_field *frames = strip->frames;
    memcpy(image, strip->scene->still + row * strip->pixels, (size_t)strip->pixels * sizeof *image);
    image += strip->pixels;
    for (int64_t i = 0; i < frames->size; i++)
        image[i] = vae__scene_shade(
            strip->scene, vae__type_value(frames->type, frames->values, strip->scene->chosen[row] * frames->size + i));
    return image + frames->size;
}

static vae_status find_frames(const vae_data *data, const char *name, vae__strip *strip)
{
    char shape[VAE__SIZES_SHOWN];
    const vae__stage *stage = &strip->scene->stage;
    const vae_field *field = name ? vae_data_find(data, strip->scene->found->split, name) : NULL;
    if (name && !field)
        return vae__error(VAE_ERROR_DATA, "%s: frames: expected a field \"%s\", found none", vae_data_source(data),
                          name);
    if (field && (field->kind != VAE_IMAGE || field->shape[0] != stage->steps * stage->height ||
                  field->shape[1] != stage->width || field->size != stage->steps * strip->pixels))
        return vae__error(VAE_ERROR_DATA,
                          "%s: frames: expected images of %" PRId64 " frames of %" PRId64 " × %" PRId64 " × %" PRId64
                          " below one another, found \"%s\" of %s",
                          vae_data_source(data), stage->steps, stage->height, stage->width, stage->channels, name,
                          vae__text_shape(field->shape, field->rank, shape));
    strip->frames = field;
    return vae__ok();
}

static void lay(const vae__strip *strip, float *image)
{
    const vae_completions *found = strip->scene->found;
    for (int64_t row = 0; row < found->count; row++) {
        const vae__clusters *clusters = &strip->scene->clusters[row];
        image = strip->frames ? lay_frames(strip, row, image)
                              : lay_future(strip, row, strip->scene->truth + row * found->x_size, image);
        for (int64_t k = 0; k < clusters->count; k++)
            image = lay_future(strip, row, clusters->means + k * found->x_size, image);
    }
}

static vae_status write(const vae__strip *strip, const char *title, const char *path)
{
    const vae__stage *stage = &strip->scene->stage;
    float *images = NULL;
    vae_grid grid = { .rows = strip->scene->found->count,
                      .columns = 1 + stage->steps,
                      .height = stage->height,
                      .width = stage->width,
                      .channels = stage->channels,
                      .border = 2,
                      .title = title };
    for (int64_t row = 0; row < strip->scene->found->count; row++)
        grid.rows += strip->scene->clusters[row].count;
    VAE__TRY(vae__error_within(vae_picture_check(&grid), "%s: ", path));
    VAE__TRY(vae__allocate("a picture", (size_t)(grid.rows * grid.columns * strip->pixels), sizeof *images, &images));
    lay(strip, images);
    vae_status status = vae_picture_write(path, &grid, images);
    vae__free(images);
    return status;
}

vae_status vae_forecast_frames(const vae_model *model, const vae_data *data, const vae_completions *completions,
                               const vae_forecast_drawing *drawing, const char *path)
{
    vae__scene scene;
    if (!path)
        return vae__error(VAE_ERROR_ARGUMENT, "pictures: expected a path, found NULL");
    VAE__TRY(vae__scene_make(model, data, completions, drawing ? drawing->clusters : 0, &scene));
    vae__strip strip = { .scene = &scene, .pixels = scene.stage.height * scene.stage.width * scene.stage.channels };
    vae_status status = find_frames(data, drawing ? drawing->frames : NULL, &strip);
    if (!status.code)
        status = write(&strip, model->declaration.name, path);
    vae__scene_free(&scene);
    return status;
}
