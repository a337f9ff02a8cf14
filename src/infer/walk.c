/* Walks: rows of data to begin at, conditions, and points through the decoder. */
#include "src/infer/walk.h"

#include <inttypes.h>
#include <string.h>

#include "src/base/memory.h"
#include "src/base/parallel.h"
#include "src/base/status.h"
#include "src/base/types.h"
#include "src/infer/given.h"
#include "src/infer/pass.h"
#include "src/infer/sample.h"

/* ---- Data -------------------------------------------------------------------------------------------------------- */

vae_status vae__walk_match(const vae_data *data, vae_split split, vae__walking *walking)
{
    if ((unsigned)split >= VAE_SPLITS)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a split, found %d", (int)split);
    return vae__match_data(walking->model, data, split, &walking->match);
}

static void collect_mean(void *results, const vae__pass *pass, int64_t begin, int64_t examples)
{
    vae__pass_copy(pass, pass->graph.mean, begin, examples, results);
}

/* By row after row, so that the sum has one order. */
static void add_means(void *results, const vae__pass *pass, int64_t begin, int64_t examples)
{
    const float *means = vae_executor_value(pass->executor, pass->graph.mean);
    const int64_t size = vae_node_size(pass->graph.mean);
    double *sums = results;
    (void)begin;
    for (int64_t i = 0; i < examples * size; i++)
        sums[i % size] += means[i];
}

static vae_status encode(const vae__walking *walking, const uint32_t *index, int64_t count, vae__collect *collect,
                         void *results)
{
    vae__pass pass = { .model = walking->model,
                       .request = vae__match_request(&walking->match, VAE__ENCODING),
                       .doing = "encoding",
                       .rows = count,
                       .chosen = index,
                       .threads = walking->threads,
                       .progress = walking->progress,
                       .context = walking->context };
    vae_status status = vae__pass_open(&pass);
    if (!status.code) {
        pass.binding_count = vae__match_bind(&walking->match, &pass.graph, pass.index, pass.bindings);
        status = vae__pass_run(&pass, collect, results);
    }
    vae__pass_close(&pass);
    return status;
}

vae_status vae__walk_encode(const vae__walking *walking, const uint32_t *index, int64_t count, float *mean)
{
    return encode(walking, index, count, collect_mean, mean);
}

vae_status vae__walk_mean(const vae__walking *walking, const uint32_t *index, int64_t count, double *mean)
{
    const int64_t size = walking->model->declaration.latents[0].size;
    memset(mean, 0, (size_t)size * sizeof *mean);
    VAE__TRY(encode(walking, index, count, add_means, mean));
    for (int64_t i = 0; i < size; i++)
        mean[i] /= (double)count;
    return vae__ok();
}

/* ---- What is wanted ---------------------------------------------------------------------------------------------- */

vae_status vae__walk_dimensions(const vae_model *model, const int64_t *dimensions, int64_t count)
{
    int64_t size = model->declaration.latents[0].size;
    for (int64_t i = 0; i < count; i++) {
        if (dimensions[i] < 0 || dimensions[i] >= size)
            return vae__error(VAE_ERROR_ARGUMENT, "%s: expected dimensions of z from 0 to %" PRId64 ", found %" PRId64,
                              model->declaration.name, size - 1, dimensions[i]);
        for (int64_t k = 0; k < i; k++)
            if (dimensions[k] == dimensions[i])
                return vae__error(VAE_ERROR_ARGUMENT, "%s: expected each dimension of z once, found %" PRId64 " twice",
                                  model->declaration.name, dimensions[i]);
    }
    return vae__ok();
}

static vae_status check_conditions(const vae__walking *walking)
{
    const vae_model_spec *spec = &walking->model->declaration;
    if (walking->threads < 0 || walking->threads > VAE__THREADS_MAX)
        return vae__error(VAE_ERROR_ARGUMENT, "expected 0 to %d threads, found %d", (int)VAE__THREADS_MAX,
                          walking->threads);
    for (int i = 0; i < walking->model->condition_count; i++) {
        const vae_condition_settings settings = { walking->conditions->values[i], 1 };
        if (settings.values)
            VAE__TRY(vae__settings_check(walking->model, i, &settings));
        else if (!walking->rows)
            return vae__error(VAE_ERROR_ARGUMENT, "%s: expected a value of the condition \"%s\", found none",
                              spec->name, spec->conditions[i].name);
    }
    return vae__ok();
}

/* ---- Room -------------------------------------------------------------------------------------------------------- */

static vae_type given_type(const vae__walking *walking, int index)
{
    return walking->conditions->values[index] ? VAE_FLOAT64 : walking->match.conditions[index]->type;
}

static vae_status allocate_notes(vae_walk *walk)
{
    size_t count = (size_t)walk->samples.count, places = walk->kind == VAE_RESULTS_MANIFOLD ? 2 : 1;
    VAE__TRY(vae__allocate("a walk", count, places * sizeof(double), &walk->place));
    if (walk->kind == VAE_RESULTS_TRAVERSAL)
        return vae__allocate("a walk", count, sizeof(int64_t), &walk->dimension);
    if (walk->kind == VAE_RESULTS_MANIFOLD)
        return vae__ok();
    VAE__TRY(vae__allocate("a walk", count, sizeof(int64_t), &walk->from));
    if (walk->kind == VAE_RESULTS_ARITHMETIC)
        return vae__ok();
    return vae__allocate("a walk", count, sizeof(int64_t), &walk->to);
}

vae_status vae__walk_allocate(const vae__walking *walking, vae_results kind, int64_t rows, int64_t columns,
                              vae_walk *walk)
{
    vae_type types[VAE_MAX_CONDITIONS];
    VAE__TRY(check_conditions(walking));
    if (rows < 1 || columns < 2 || rows > INT32_MAX / columns)
        return vae__error(VAE_ERROR_ARGUMENT,
                          "%s: expected a walk of at least 2 steps and at most %d points, found %" PRId64
                          " rows of %" PRId64 " steps",
                          walking->model->declaration.name, INT32_MAX, rows, columns);
    for (int i = 0; i < walking->model->condition_count; i++)
        types[i] = given_type(walking, i);
    walk->kind = kind;
    walk->samples = (vae_samples){ .rows = rows, .columns = columns, .count = rows * columns };
    VAE__TRY(vae__samples_allocate(walking->model, types, &walk->samples));
    return allocate_notes(walk);
}

void vae_walk_free(vae_walk *walk)
{
    if (!walk)
        return;
    vae_samples_free(&walk->samples);
    vae__free(walk->place);
    vae__free(walk->from);
    vae__free(walk->to);
    vae__free(walk->dimension);
    vae__free(walk->kl);
    vae__free(walk->vector);
    vae__free(walk->plus_mean);
    vae__free(walk->minus_mean);
    *walk = (vae_walk){ .kind = walk->kind };
}

/* ---- Decoding ---------------------------------------------------------------------------------------------------- */

/* A row of the grid has one value of a condition. */
static void set_given(const vae__walking *walking, int index, vae_samples *samples)
{
    vae_type type = samples->given.types[index];
    size_t bytes = (size_t)vae__given_size(walking->model, index) * vae__type_bytes(type);
    for (int64_t i = 0; i < samples->count; i++) {
        const char *from = (const char *)walking->conditions->values[index];
        if (!from)
            from = (const char *)walking->match.conditions[index]->values +
                   (size_t)walking->rows[i / samples->columns] * bytes;
        memcpy((char *)samples->given.values[index] + (size_t)i * bytes, from, bytes);
    }
}

static void bind(vae__pass *pass, const vae_samples *samples)
{
    pass->bindings[pass->binding_count++] =
        (vae_binding){ .node = pass->graph.z, .values = samples->z, .type = VAE_FLOAT32, .index = pass->index };
    for (int i = 0; i < pass->model->condition_count; i++)
        if (pass->graph.conditions[i])
            pass->bindings[pass->binding_count++] = (vae_binding){ .node = pass->graph.conditions[i],
                                                                   .values = samples->given.values[i],
                                                                   .type = samples->given.types[i],
                                                                   .index = pass->index };
}

static void collect(void *results, const vae__pass *pass, int64_t begin, int64_t examples)
{
    vae_samples *samples = results;
    vae__pass_copy(pass, pass->graph.x_units, begin, examples, samples->x);
    vae__pass_copy(pass, pass->graph.x_mean, begin, examples, samples->modelled);
}

vae_status vae__walk_decode(const vae__walking *walking, vae_walk *walk)
{
    vae_samples *samples = &walk->samples;
    vae__pass pass = { .model = walking->model,
                       .request = { .kind = VAE__DECODING },
                       .doing = "decoding",
                       .rows = samples->count,
                       .threads = walking->threads };
    for (int i = 0; i < walking->model->condition_count; i++) {
        set_given(walking, i, samples);
        /* A setting is typed in the units of the data that the model was made with. */
        pass.request.condition_types[i] =
            walking->conditions->values[i] ? walking->model->declaration.conditions[i].type : samples->given.types[i];
    }
    vae_status status = vae__pass_open(&pass);
    if (!status.code) {
        bind(&pass, samples);
        status = vae__pass_run(&pass, collect, samples);
    }
    vae__pass_close(&pass);
    return status;
}
