/* vae_arithmetic: the mean of one group of examples minus another's, added to others. */
#include <inttypes.h>
#include <math.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/infer/pass.h"
#include "src/infer/walk.h"

enum { STEPS = 9, ROWS_MOST = 1 << 20 };
static const double last_scale = 2;

/* Rows of the source, and which rows of the split they are. */
typedef struct vae__addend {
    const char *name;
    const int64_t *rows;
    int64_t count;
    uint32_t *index;
} vae__addend;

/* ---- What is wanted ---------------------------------------------------------------------------------------------- */

static vae_status check_rows(const vae__addend *addend, int64_t most)
{
    if (addend->rows && addend->count >= 1 && addend->count <= most)
        return vae__ok();
    return vae__error(VAE_ERROR_ARGUMENT, "%s: expected 1 to %" PRId64 " rows, found %" PRId64, addend->name, most,
                      addend->rows ? addend->count : 0);
}

static vae_status check(const vae_model *model, const vae_arithmetic_options *options)
{
    if (model->declaration.latents[0].size < 1)
        return vae__error(VAE_ERROR_ARGUMENT, "%s: expected dimensions of z, found a regression, which has none",
                          model->declaration.name);
    if (options->scales && options->steps)
        return vae__error(VAE_ERROR_ARGUMENT, "expected scales or steps, found both");
    for (int64_t i = 0; options->scales && i < options->scale_count; i++)
        if (!isfinite(options->scales[i]))
            return vae__error(VAE_ERROR_ARGUMENT, "expected finite scales, found %g", options->scales[i]);
    return vae__ok();
}

static int64_t columns_of(const vae_arithmetic_options *options)
{
    return options->scales ? options->scale_count : options->steps ? options->steps : STEPS;
}

/* ---- The walk ---------------------------------------------------------------------------------------------------- */

static vae_status allocate_vectors(vae_walk *walk)
{
    const size_t size = (size_t)walk->samples.z_size;
    VAE__TRY(vae__allocate("a vector", size, sizeof *walk->vector, &walk->vector));
    VAE__TRY(vae__allocate("a vector", size, sizeof *walk->vector, &walk->plus_mean));
    return vae__allocate("a vector", size, sizeof *walk->vector, &walk->minus_mean);
}

static void lay(const vae_arithmetic_options *options, const float *starts, vae_walk *walk)
{
    const vae_samples *samples = &walk->samples;
    const int64_t size = samples->z_size, columns = samples->columns;
    for (int64_t i = 0; i < samples->count; i++) {
        const float *start = starts + i / columns * size;
        const int64_t column = i % columns;
        walk->place[i] =
            options->scales ? options->scales[column] : last_scale * (double)column / (double)(columns - 1);
        walk->from[i] = options->to[i / columns];
        for (int64_t k = 0; k < size; k++)
            samples->z[i * size + k] = (float)(start[k] + walk->place[i] * walk->vector[k]);
    }
}

static vae_status make(const vae__walking *walking, const vae_arithmetic_options *options, const vae__addend addends[3],
                       float *starts, vae_walk *walk)
{
    VAE__TRY(vae__walk_allocate(walking, VAE_RESULTS_ARITHMETIC, options->to_count, columns_of(options), walk));
    VAE__TRY(allocate_vectors(walk));
    VAE__TRY(vae__walk_mean(walking, addends[0].index, addends[0].count, walk->plus_mean));
    VAE__TRY(vae__walk_mean(walking, addends[1].index, addends[1].count, walk->minus_mean));
    VAE__TRY(vae__walk_encode(walking, addends[2].index, addends[2].count, starts));
    walk->plus_count = addends[0].count;
    walk->minus_count = addends[1].count;
    for (int64_t i = 0; i < walk->samples.z_size; i++)
        walk->vector[i] = walk->plus_mean[i] - walk->minus_mean[i];
    lay(options, starts, walk);
    return vae__walk_decode(walking, walk);
}

/* The rows, and room for the latents that the vector is added to. */
static vae_status begin(vae__walking *walking, const vae_data *data, vae_split split, vae__addend addends[3],
                        float **starts)
{
    VAE__TRY(vae__walk_match(data, split, walking));
    for (int i = 0; i < 3; i++) {
        VAE__TRY(check_rows(&addends[i], i < 2 ? UINT32_MAX : ROWS_MOST));
        VAE__TRY(vae__allocate("rows", (size_t)addends[i].count, sizeof *addends[i].index, &addends[i].index));
        VAE__TRY(vae__pass_find(data, split, addends[i].name, addends[i].rows, addends[i].count, addends[i].index));
    }
    walking->rows = addends[2].index;
    return vae__allocate("latents", (size_t)addends[2].count,
                         (size_t)walking->model->declaration.latents[0].size * sizeof **starts, starts);
}

vae_status vae_arithmetic(const vae_model *model, const vae_data *data, const vae_arithmetic_options *options,
                          vae_walk *walk)
{
    if (!walk)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a place for the arithmetic, found NULL");
    *walk = (vae_walk){ .kind = VAE_RESULTS_ARITHMETIC };
    if (!model || !data || !options)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a model, data and options, found NULL");
    VAE__TRY(check(model, options));
    vae__walking walking = { .model = model,
                             .conditions = &options->conditions,
                             .threads = options->threads,
                             .progress = options->progress,
                             .context = options->context };
    vae__addend addends[3] = { { "plus", options->plus, options->plus_count, NULL },
                               { "minus", options->minus, options->minus_count, NULL },
                               { "to", options->to, options->to_count, NULL } };
    float *starts = NULL;
    vae_status status = begin(&walking, data, options->split, addends, &starts);
    if (!status.code)
        status = make(&walking, options, addends, starts, walk);
    for (int i = 0; i < 3; i++)
        vae__free(addends[i].index);
    vae__free(starts);
    if (status.code)
        vae_walk_free(walk);
    return status;
}
