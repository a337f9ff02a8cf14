/* vae_traverse: one dimension of z at a time. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/infer/pass.h"
#include "src/infer/walk.h"

enum { STEPS = 11 };

/* A traversal while it is made. */
typedef struct vae__traversal {
    const vae_traversal_options *options;
    vae__walking walking;
    int64_t size;        /* of z */
    int64_t *dimensions; /* in the order of the grid's rows */
    int64_t count;
    uint32_t *rows; /* the row that each begins at; NULL: none */
    float *start;   /* z where all begin */
    double *kl;     /* by dimension; NULL without data */
} vae__traversal;

/* ---- KL ---------------------------------------------------------------------------------------------------------- */

/* As the evaluation has it; *told: it has. */
static vae_status evaluate_kl(vae__traversal *made, const vae_data *data, bool *told)
{
    const vae_evaluation_options options = { .split = made->options->split,
                                             .threads = made->options->threads,
                                             .progress = made->options->progress,
                                             .context = made->options->context };
    vae_examples examples;
    VAE__TRY(vae_evaluate_examples(made->walking.model, data, &options, NULL, &examples));
    *told = examples.kl_dimensions && examples.latent_size == made->size;
    if (*told)
        memcpy(made->kl, examples.kl_dimensions, (size_t)made->size * sizeof *made->kl);
    vae_examples_free(&examples);
    return vae__ok();
}

/* ½ (μ² + σ² − 1 − log σ²), the mean over examples. */
static void sum_kl(const vae_latents *latents, double *kl)
{
    for (int64_t i = 0; i < latents->count * latents->z_size; i++) {
        double mean = latents->mean[i], logvar = latents->logvar[i];
        kl[i % latents->z_size] += (mean * mean + exp(logvar) - 1 - logvar) / 2;
    }
    for (int64_t i = 0; i < latents->z_size; i++)
        kl[i] /= (double)latents->count;
}

/* Where the evaluation cannot tell it: what it would be if the prior were N(0, 1). */
static vae_status encode_kl(vae__traversal *made, const vae_data *data)
{
    const vae_pass_options options = { .split = made->options->split,
                                       .threads = made->options->threads,
                                       .progress = made->options->progress,
                                       .context = made->options->context };
    vae_latents latents;
    VAE__TRY(vae_encode(made->walking.model, data, &options, &latents));
    sum_kl(&latents, made->kl);
    vae_latents_free(&latents);
    return vae__ok();
}

static vae_status find_kl(vae__traversal *made, const vae_data *data)
{
    bool told = false;
    VAE__TRY(vae__allocate("a traversal", (size_t)made->size, sizeof *made->kl, &made->kl));
    if (vae__model_tells_dimensions(made->walking.model))
        VAE__TRY(evaluate_kl(made, data, &told));
    return told ? vae__ok() : encode_kl(made, data);
}

/* ---- Which dimensions -------------------------------------------------------------------------------------------- */

/* By KL, largest first; equal ones stay in their order. */
static void sort(const double *kl, int64_t *dimensions, int64_t count)
{
    for (int64_t i = 1; i < count; i++) {
        int64_t one = dimensions[i], place = i;
        for (; place > 0 && kl[dimensions[place - 1]] < kl[one]; place--)
            dimensions[place] = dimensions[place - 1];
        dimensions[place] = one;
    }
}

static vae_status choose_dimensions(vae__traversal *made)
{
    const vae_traversal_options *options = made->options;
    made->count = options->dimensions ? options->dimension_count : made->size;
    VAE__TRY(vae__allocate("a traversal", (size_t)made->count, sizeof *made->dimensions, &made->dimensions));
    for (int64_t i = 0; i < made->count; i++)
        made->dimensions[i] = options->dimensions ? options->dimensions[i] : i;
    if (made->kl && !options->dimensions)
        sort(made->kl, made->dimensions, made->count);
    if (options->most && options->most < made->count)
        made->count = options->most;
    return vae__ok();
}

/* ---- Where it starts --------------------------------------------------------------------------------------------- */

static vae_status find_start(vae__traversal *made, const vae_data *data)
{
    VAE__TRY(vae__allocate("a traversal", (size_t)made->size, sizeof *made->start, &made->start));
    if (!made->options->has_row)
        return vae__ok();
    VAE__TRY(vae__walk_match(data, made->options->split, &made->walking));
    VAE__TRY(vae__allocate("a traversal", (size_t)made->count, sizeof *made->rows, &made->rows));
    VAE__TRY(vae__pass_find(data, made->options->split, "row", &made->options->row, 1, made->rows));
    for (int64_t i = 1; i < made->count; i++)
        made->rows[i] = made->rows[0];
    made->walking.rows = made->rows;
    return vae__walk_encode(&made->walking, made->rows, 1, made->start);
}

/* ---- The walk ---------------------------------------------------------------------------------------------------- */

static void lay(const vae__traversal *made, vae_walk *walk)
{
    vae_samples *samples = &walk->samples;
    bool usual = made->options->low == made->options->high;
    double low = usual ? -3 : made->options->low, high = usual ? 3 : made->options->high;
    for (int64_t i = 0; i < samples->count; i++) {
        double part = (double)(i % samples->columns) / (double)(samples->columns - 1);
        float *z = samples->z + i * made->size;
        walk->dimension[i] = made->dimensions[i / samples->columns];
        walk->place[i] = low * (1 - part) + high * part;
        memcpy(z, made->start, (size_t)made->size * sizeof *z);
        z[walk->dimension[i]] = (float)walk->place[i];
        if (walk->kl)
            walk->kl[i] = made->kl[walk->dimension[i]];
    }
}

static vae_status make(vae__traversal *made, const vae_data *data, vae_walk *walk)
{
    if (data)
        VAE__TRY(find_kl(made, data));
    VAE__TRY(choose_dimensions(made));
    VAE__TRY(find_start(made, data));
    VAE__TRY(vae__walk_allocate(&made->walking, VAE_RESULTS_TRAVERSAL, made->count,
                                made->options->steps ? made->options->steps : STEPS, walk));
    if (data)
        VAE__TRY(vae__allocate("a walk", (size_t)walk->samples.count, sizeof *walk->kl, &walk->kl));
    lay(made, walk);
    return vae__walk_decode(&made->walking, walk);
}

static vae_status check(const vae_model *model, const vae_data *data, const vae_traversal_options *options)
{
    if (model->declaration.latents[0].size < 1)
        return vae__error(VAE_ERROR_ARGUMENT, "%s: expected dimensions of z, found a regression, which has none",
                          model->declaration.name);
    if (!data && (options->has_row || options->most))
        return vae__error(VAE_ERROR_ARGUMENT, "expected data, for %s, found NULL",
                          options->has_row ? "the row to start at" : "the KL that tells the most of");
    if (!isfinite(options->low) || !isfinite(options->high) || options->most < 0 || options->steps < 0 ||
        (options->dimensions && (options->dimension_count < 1 || options->most)))
        return vae__error(VAE_ERROR_ARGUMENT,
                          "expected finite ends, and dimensions or the most of them, found %g and "
                          "%g, %" PRId64 " and %" PRId64,
                          options->low, options->high, options->dimension_count, options->most);
    return options->dimensions ? vae__walk_dimensions(model, options->dimensions, options->dimension_count) : vae__ok();
}

vae_status vae_traverse(const vae_model *model, const vae_data *data, const vae_traversal_options *options,
                        vae_walk *walk)
{
    static const vae_traversal_options usual = { .steps = 0 };
    if (!model || !walk)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a model and a place for the traversal, found NULL");
    *walk = (vae_walk){ .kind = VAE_RESULTS_TRAVERSAL };
    options = options ? options : &usual;
    VAE__TRY(check(model, data, options));
    vae__traversal made = {
        .options = options,
        .walking = { .model = model, .conditions = &options->conditions, .threads = options->threads },
        .size = model->declaration.latents[0].size
    };
    vae_status status = make(&made, data, walk);
    vae__free(made.dimensions);
    vae__free(made.rows);
    vae__free(made.start);
    vae__free(made.kl);
    if (status.code)
        vae_walk_free(walk);
    return status;
}
