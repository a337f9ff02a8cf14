/* A split through the encoder: vae_encode, and with the decoder behind it vae_reconstruct. */
#include <inttypes.h>

#include "src/base/memory.h"
#include "src/base/parallel.h"
#include "src/base/status.h"
#include "src/base/types.h"
#include "src/infer/given.h"
#include "src/infer/pass.h"

/* ---- What is the same of both ------------------------------------------------------------------------------------ */

static vae_status check(const vae_model *model, const vae_data *data, const vae_pass_options *options)
{
    if (!model || !data || !options)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a model, data and options, found NULL");
    if ((unsigned)options->split >= VAE_SPLITS || options->count < 0 || options->threads < 0 ||
        options->threads > VAE__THREADS_MAX)
        return vae__error(VAE_ERROR_ARGUMENT,
                          "expected a split, a count of at least 0 and 0 to %d threads, found %d, %" PRId64 " and %d",
                          (int)VAE__THREADS_MAX, (int)options->split, options->count, options->threads);
    return vae__ok();
}

/* A pass over a split; opened when the results have their room. */
static vae_status plan(const vae_model *model, const vae_data *data, const vae_pass_options *options,
                       vae__graph_kind kind, vae__match *match, vae__pass *pass)
{
    VAE__TRY(check(model, data, options));
    VAE__TRY(vae__match_data(model, data, options->split, match));
    *pass = (vae__pass){ .model = model,
                         .request = vae__match_request(match, kind),
                         .rows = match->rows,
                         .threads = options->threads,
                         .progress = options->progress,
                         .context = options->context };
    if (options->count && options->count < match->rows)
        pass->rows = options->count;
    return vae__ok();
}

static vae_status run(vae__pass *pass, const vae__match *match, vae__collect *collect, void *results)
{
    vae_status status = vae__pass_open(pass);
    if (!status.code) {
        pass->binding_count = vae__match_bind(match, &pass->graph, pass->index, pass->bindings);
        status = vae__pass_run(pass, collect, results);
    }
    vae__pass_close(pass);
    return status;
}

static vae_status take_rows(const vae_data *data, vae_split split, int64_t rows, int64_t **numbers)
{
    VAE__TRY(vae__allocate("row numbers", (size_t)rows, sizeof **numbers, numbers));
    for (int64_t i = 0; i < rows; i++)
        (*numbers)[i] = vae_data_row(data, split, i);
    return vae__ok();
}

static vae_status take_given(const vae__pass *pass, const vae__match *match, vae_given *given)
{
    vae_type types[VAE_MAX_CONDITIONS];
    vae__given_types(pass->model, match, types);
    VAE__TRY(vae__given_allocate(pass->model, types, pass->rows, given));
    vae__given_take(pass->model, match, NULL, pass->rows, given);
    return vae__ok();
}

static size_t given_bytes(const vae__pass *pass, const vae__match *match)
{
    vae_type types[VAE_MAX_CONDITIONS];
    vae__given_types(pass->model, match, types);
    return vae__given_bytes(pass->model, types);
}

/* ---- Encoding ---------------------------------------------------------------------------------------------------- */

static void collect_latents(void *results, const vae__pass *pass, int64_t begin, int64_t examples)
{
    vae_latents *latents = results;
    vae__pass_copy(pass, pass->graph.mean, begin, examples, latents->mean);
    vae__pass_copy(pass, pass->graph.logvar, begin, examples, latents->logvar);
}

static vae_status encode(vae__pass *pass, const vae_data *data, const vae__match *match, vae_latents *latents)
{
    latents->count = pass->rows;
    latents->z_size = pass->model->declaration.latents[0].size;
    size_t rows = (size_t)latents->count, size = (size_t)latents->z_size;
    VAE__TRY(vae__memory_check_rows("latents", latents->count,
                                    2 * size * sizeof(float) + sizeof(int64_t) + given_bytes(pass, match)));
    VAE__TRY(vae__allocate("latents", rows, size * sizeof(float), &latents->mean));
    VAE__TRY(vae__allocate("latents", rows, size * sizeof(float), &latents->logvar));
    VAE__TRY(take_rows(data, latents->split, latents->count, &latents->row));
    VAE__TRY(take_given(pass, match, &latents->given));
    return run(pass, match, collect_latents, latents);
}

vae_status vae_encode(const vae_model *model, const vae_data *data, const vae_pass_options *options,
                      vae_latents *latents)
{
    if (!latents)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a place for the latents, found NULL");
    *latents = (vae_latents){ 0 };
    vae__match match;
    vae__pass pass;
    VAE__TRY(plan(model, data, options, VAE__ENCODING, &match, &pass));
    pass.doing = "encoding";
    latents->split = options->split;
    vae_status status = encode(&pass, data, &match, latents);
    if (status.code)
        vae_latents_free(latents);
    return status;
}

void vae_latents_free(vae_latents *latents)
{
    if (!latents)
        return;
    vae__free(latents->row);
    vae__free(latents->mean);
    vae__free(latents->logvar);
    vae__given_free(&latents->given);
    *latents = (vae_latents){ 0 };
}

/* ---- Reconstructing ---------------------------------------------------------------------------------------------- */

static void collect_reconstructions(void *results, const vae__pass *pass, int64_t begin, int64_t examples)
{
    vae_reconstructions *found = results;
    vae__pass_copy(pass, pass->graph.modelled, begin, examples, found->x);
    vae__pass_copy(pass, pass->graph.x_mean, begin, examples, found->reconstruction);
    vae__pass_copy(pass, pass->graph.x_units, begin, examples, found->units);
    if (found->mask)
        vae__pass_mask(pass, begin, examples, found->mask);
}

static vae_status reconstruct(vae__pass *pass, const vae_data *data, const vae__match *match,
                              vae_reconstructions *found)
{
    found->count = pass->rows;
    found->x_size = pass->model->x_size;
    size_t rows = (size_t)found->count, size = (size_t)found->x_size, values = size * sizeof(float);
    VAE__TRY(vae__memory_check_rows("reconstructions", found->count,
                                    3 * values + size + sizeof(int64_t) + given_bytes(pass, match)));
    VAE__TRY(vae__allocate("reconstructions", rows, values, &found->x));
    VAE__TRY(vae__allocate("reconstructions", rows, values, &found->reconstruction));
    VAE__TRY(vae__allocate("reconstructions", rows, values, &found->units));
    if (vae__pass_may_miss(pass))
        VAE__TRY(vae__allocate("reconstructions", rows, size, &found->mask));
    VAE__TRY(take_rows(data, found->split, found->count, &found->row));
    VAE__TRY(take_given(pass, match, &found->given));
    return run(pass, match, collect_reconstructions, found);
}

vae_status vae_reconstruct(const vae_model *model, const vae_data *data, const vae_pass_options *options,
                           vae_reconstructions *reconstructions)
{
    if (!reconstructions)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a place for the reconstructions, found NULL");
    *reconstructions = (vae_reconstructions){ 0 };
    vae__match match;
    vae__pass pass;
    VAE__TRY(plan(model, data, options, VAE__RECONSTRUCTION, &match, &pass));
    pass.doing = "reconstructing";
    reconstructions->split = options->split;
    vae_status status = reconstruct(&pass, data, &match, reconstructions);
    if (status.code)
        vae_reconstructions_free(reconstructions);
    return status;
}

void vae_reconstructions_free(vae_reconstructions *reconstructions)
{
    if (!reconstructions)
        return;
    vae__free(reconstructions->row);
    vae__free(reconstructions->x);
    vae__free(reconstructions->reconstruction);
    vae__free(reconstructions->units);
    vae__free(reconstructions->mask);
    vae__given_free(&reconstructions->given);
    *reconstructions = (vae_reconstructions){ 0 };
}
