/* vae_interpolate: from the posterior mean of one example to that of another. */
#include <inttypes.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/infer/pass.h"
#include "src/infer/walk.h"

enum { STEPS = 10, PAIRS_MOST = 1 << 20 };

static vae_status check(const vae_model *model, const vae_data *data, const vae_interpolation_options *options)
{
    if (!model || !data || !options || !options->from || !options->to)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a model, data, and rows to go from and to, found NULL");
    if (model->declaration.latents[0].size < 1)
        return vae__error(VAE_ERROR_ARGUMENT, "%s: expected dimensions of z, found a regression, which has none",
                          model->declaration.name);
    if (options->pairs < 1 || options->pairs > PAIRS_MOST || (unsigned)options->path > VAE_PATH_SPHERICAL)
        return vae__error(VAE_ERROR_ARGUMENT, "expected 1 to %d pairs of rows and a path, found %" PRId64 " and %d",
                          (int)PAIRS_MOST, options->pairs, (int)options->path);
    return vae__ok();
}

/* `ends` are the means of all that it goes from, and behind them of all that it goes to. */
static void lay(const vae_interpolation_options *options, const float *ends, vae_walk *walk)
{
    vae_samples *samples = &walk->samples;
    int64_t size = samples->z_size, steps = samples->columns;
    for (int64_t i = 0; i < samples->count; i++) {
        int64_t pair = i / steps;
        walk->place[i] = (double)(i % steps) / (double)(steps - 1);
        walk->from[i] = options->from[pair];
        walk->to[i] = options->to[pair];
        vae_path_point(options->path, ends + pair * size, ends + (samples->rows + pair) * size, size, walk->place[i],
                       samples->z + i * size);
    }
}

static vae_status make(const vae__walking *walking, const vae_interpolation_options *options, const uint32_t *index,
                       float *ends, vae_walk *walk)
{
    int64_t steps = options->steps ? options->steps : STEPS;
    VAE__TRY(vae__walk_allocate(walking, VAE_RESULTS_INTERPOLATION, options->pairs, steps, walk));
    VAE__TRY(vae__walk_encode(walking, index, 2 * options->pairs, ends));
    lay(options, ends, walk);
    return vae__walk_decode(walking, walk);
}

/* The rows, and room for their means. */
static vae_status begin(vae__walking *walking, const vae_data *data, const vae_interpolation_options *options,
                        uint32_t **index, float **ends)
{
    size_t count = 2 * (size_t)options->pairs, size = (size_t)walking->model->declaration.latents[0].size;
    VAE__TRY(vae__walk_match(data, options->split, walking));
    VAE__TRY(vae__allocate("rows", count, sizeof **index, index));
    VAE__TRY(vae__pass_find(data, options->split, "from", options->from, options->pairs, *index));
    VAE__TRY(vae__pass_find(data, options->split, "to", options->to, options->pairs, *index + options->pairs));
    walking->rows = *index;
    return vae__allocate("latents", count, size * sizeof **ends, ends);
}

vae_status vae_interpolate(const vae_model *model, const vae_data *data, const vae_interpolation_options *options,
                           vae_walk *walk)
{
    if (!walk)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a place for the interpolation, found NULL");
    *walk = (vae_walk){ .kind = VAE_RESULTS_INTERPOLATION };
    VAE__TRY(check(model, data, options));
    vae__walking walking = { .model = model, .conditions = &options->conditions, .threads = options->threads };
    uint32_t *index = NULL;
    float *ends = NULL;
    vae_status status = begin(&walking, data, options, &index, &ends);
    if (!status.code)
        status = make(&walking, options, index, ends, walk);
    vae__free(index);
    vae__free(ends);
    if (status.code)
        vae_walk_free(walk);
    return status;
}
