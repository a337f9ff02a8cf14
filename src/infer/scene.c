/* Stills, trajectories, clusters. */
#include "src/infer/scene.h"

#include <inttypes.h>
#include <math.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/base/text.h"
#include "src/base/types.h"
#include "src/infer/given.h"
#include "src/infer/pass.h"

enum { CLUSTERS_USUAL = 4, CLUSTERS_MOST = 32 };

/* ---- The stage --------------------------------------------------------------------------------------------------- */

/* The first condition that is an image; -1: there is none. */
static int find_still(const vae_model *model)
{
    for (int i = 0; i < model->condition_count; i++)
        if (model->declaration.conditions[i].kind == VAE_IMAGE && !model->conditions[i].seen)
            return i;
    return -1;
}

vae_status vae__stage_of(const vae_model *model, vae__stage *stage)
{
    char shape[VAE__SIZES_SHOWN];
    const vae_model_spec *spec = &model->declaration;
    const int still = find_still(model);
    if (model->x_rank != 3 || spec->x.shape[2] % 2)
        return vae__error(VAE_ERROR_ARGUMENT,
                          "%s: pictures: expected x of trajectories, (height, width, 2 T) for T times, found %s",
                          spec->name, vae__text_shape(spec->x.shape, model->x_rank, shape));
    if (still < 0)
        return vae__error(VAE_ERROR_ARGUMENT, "%s: pictures: expected a condition that is an image, found none",
                          spec->name);
    const int64_t *sizes = spec->conditions[still].shape;
    *stage = (vae__stage){ .cells_high = spec->x.shape[0],
                           .cells_wide = spec->x.shape[1],
                           .steps = spec->x.shape[2] / 2,
                           .height = sizes[0],
                           .width = sizes[1],
                           .channels = sizes[2] ? sizes[2] : 1,
                           .condition = still };
    if (stage->channels != 1 && stage->channels != 3)
        return vae__error(VAE_ERROR_ARGUMENT,
                          "%s: pictures: expected an image \"%s\" of 1 or 3 channels, found %" PRId64, spec->name,
                          spec->conditions[still].name, stage->channels);
    return vae__ok();
}

bool vae__stage_moves(const vae__stage *stage, const double *x, int64_t cell)
{
    return hypot(vae__stage_right(stage, x, cell, stage->steps - 1),
                 vae__stage_down(stage, x, cell, stage->steps - 1)) > 0.5;
}

vae_status vae_forecast_drawable(const vae_model *model)
{
    vae__stage stage;
    if (!model)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a model, found NULL");
    return vae__stage_of(model, &stage);
}

/* ---- The scene --------------------------------------------------------------------------------------------------- */

/* Bytes are 0 to 255; other values 0 to 1, or where they go beyond that from the least to the greatest. */
static vae_shades shades_of(vae_type type, const void *values, int64_t count)
{
    double least = 0, greatest = 1;
    if (type == VAE_UINT8)
        return (vae_shades){ 0, 255 };
    bool outside = false;
    for (int64_t i = 0; i < count; i++) {
        const double value = vae__type_value(type, values, i);
        if (!isfinite(value) || (!outside && value >= 0 && value <= 1))
            continue;
        least = value < least ? value : least;
        greatest = value > greatest ? value : greatest;
        outside = true;
    }
    return (vae_shades){ least, greatest };
}

float vae__scene_shade(const vae__scene *scene, double value)
{
    const double shade = (value - scene->shades.black) / (scene->shades.white - scene->shades.black);
    return (float)(shade > 0 ? shade < 1 ? shade : 1 : 0);
}

static void lay_stills(vae__scene *scene)
{
    const vae_given *given = &scene->found->conditions;
    const int condition = scene->stage.condition;
    const int64_t count = scene->found->count * scene->stage.height * scene->stage.width * scene->stage.channels;
    scene->shades = shades_of(given->types[condition], given->values[condition], count);
    for (int64_t i = 0; i < count; i++)
        scene->still[i] =
            vae__scene_shade(scene, vae__type_value(given->types[condition], given->values[condition], i));
}

static void lay_truths(const vae_field *x, vae__scene *scene)
{
    const vae_completions *found = scene->found;
    for (int64_t i = 0; i < found->count * found->x_size; i++) {
        const int64_t from = (int64_t)scene->chosen[i / found->x_size] * found->x_size + i % found->x_size;
        scene->truth[i] = found->mask && !found->mask[i] ? NAN : vae__type_value(x->type, x->values, from);
    }
}

static vae_status make(const vae_data *data, int64_t most, vae__scene *scene)
{
    const vae_completions *found = scene->found;
    const vae__stage *stage = &scene->stage;
    const size_t count = (size_t)found->count, pixels = (size_t)(stage->height * stage->width * stage->channels);
    const vae_field *x = vae_data_find(data, found->split, "x");
    if (!x || x->size != found->x_size)
        return vae__error(VAE_ERROR_ARGUMENT, "%s: pictures: expected the data of the completions, found other data",
                          vae_data_source(data));
    VAE__TRY(vae__allocate("a picture", count, sizeof *scene->chosen, &scene->chosen));
    VAE__TRY(vae__allocate("a picture", count * pixels, sizeof *scene->still, &scene->still));
    VAE__TRY(vae__allocate("a picture", count * (size_t)found->x_size, sizeof *scene->truth, &scene->truth));
    VAE__TRY(vae__allocate("a picture", count, sizeof *scene->clusters, &scene->clusters));
    VAE__TRY(vae__pass_find(data, found->split, "rows", found->row, found->count, scene->chosen));
    lay_stills(scene);
    lay_truths(x, scene);
    for (int64_t i = 0; i < found->count; i++)
        VAE__TRY(vae__clusters_make(found->units + i * found->samples * found->x_size, found->samples, found->x_size,
                                    most, &scene->clusters[i]));
    return vae__ok();
}

vae_status vae__scene_make(const vae_model *model, const vae_data *data, const vae_completions *found, int64_t clusters,
                           vae__scene *scene)
{
    *scene = (vae__scene){ .found = found };
    if (!model || !data || !found || !found->count)
        return vae__error(VAE_ERROR_ARGUMENT, "pictures: expected a model, data and completions, found NULL");
    if (clusters < 0 || clusters > CLUSTERS_MOST)
        return vae__error(VAE_ERROR_ARGUMENT, "pictures: expected 1 to %d clusters, found %" PRId64, (int)CLUSTERS_MOST,
                          clusters);
    VAE__TRY(vae__stage_of(model, &scene->stage));
    vae_status status = make(data, clusters ? clusters : CLUSTERS_USUAL, scene);
    if (status.code)
        vae__scene_free(scene);
    return status;
}

void vae__scene_free(vae__scene *scene)
{
    for (int64_t i = 0; scene->clusters && i < scene->found->count; i++)
        vae__clusters_free(&scene->clusters[i]);
    vae__free(scene->clusters);
    vae__free(scene->truth);
    vae__free(scene->still);
    vae__free(scene->chosen);
    *scene = (vae__scene){ .found = NULL };
}
