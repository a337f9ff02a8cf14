/* vae_manifold: a plane of z through the inverse Gaussian distribution function. */
#include <inttypes.h>

#include "src/base/status.h"
#include "src/infer/walk.h"

enum { STEPS = 20 };

/* The point (i + ½) / n of the unit interval. */
static double middle_of(int64_t i, int64_t n)
{
    return ((double)i + 0.5) / (double)n;
}

/* The first dimension rises to the right, the second upwards. */
static void lay(const int64_t dimensions[2], vae_walk *walk)
{
    vae_samples *samples = &walk->samples;
    int64_t n = samples->columns;
    for (int64_t i = 0; i < samples->count; i++) {
        double *place = walk->place + 2 * i;
        place[0] = middle_of(i % n, n);
        place[1] = middle_of(n - 1 - i / n, n);
        for (int k = 0; k < 2; k++)
            samples->z[i * samples->z_size + dimensions[k]] = (float)vae_normal_quantile(place[k]);
    }
}

static vae_status make(const vae__walking *walking, const vae_manifold_options *options, vae_walk *walk)
{
    bool usual = !options->dimensions[0] && !options->dimensions[1];
    const int64_t dimensions[2] = { options->dimensions[0], usual ? 1 : options->dimensions[1] };
    int64_t steps = options->steps ? options->steps : STEPS;
    if (walking->model->declaration.latents[0].size < 2)
        return vae__error(VAE_ERROR_ARGUMENT,
                          "%s: a manifold wants two dimensions of z, found %" PRId64 "; a traversal shows one",
                          walking->model->declaration.name, walking->model->declaration.latents[0].size);
    VAE__TRY(vae__walk_dimensions(walking->model, dimensions, 2));
    VAE__TRY(vae__walk_allocate(walking, VAE_RESULTS_MANIFOLD, steps, steps, walk));
    lay(dimensions, walk);
    return vae__walk_decode(walking, walk);
}

vae_status vae_manifold(const vae_model *model, const vae_manifold_options *options, vae_walk *walk)
{
    static const vae_manifold_options usual = { .steps = 0 };
    if (!model || !walk)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a model and a place for the manifold, found NULL");
    *walk = (vae_walk){ .kind = VAE_RESULTS_MANIFOLD };
    options = options ? options : &usual;
    const vae__walking walking = { .model = model, .conditions = &options->conditions, .threads = options->threads };
    vae_status status = make(&walking, options, walk);
    if (status.code)
        vae_walk_free(walk);
    return status;
}
