/* Samples: z from the prior, x from the decoder; and files of them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <vae/infer.h>
#include <vae/picture.h>

#include "models/model.h"
#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/base/text.h"
#include "src/checkpoint/table.h"

enum { BATCH = 256 };

/* ---- What is wanted ---------------------------------------------------------------------------------------------- */

static vae_status check(const vae_model *model, const vae_sample_options *options)
{
    const vae_model_spec *spec = &model->declaration;
    if (options->count < 0 || options->count > 10000000 || options->threads < 0 || !(options->temperature >= 0))
        return vae__error(VAE_ERROR_ARGUMENT,
                          "expected a count of 0 to 10000000, threads and a temperature of at least 0, found %" PRId64
                          ", %d and %g",
                          options->count, options->threads, options->temperature);
    if (model->condition_count > 1)
        return vae__error(VAE_ERROR_UNSUPPORTED, "%s: has %d conditions; this version samples models with at most one",
                          spec->name, model->condition_count);
    if (options->has_class && !model->condition_count)
        return vae__error(VAE_ERROR_ARGUMENT, "%s: has no condition, so there is no class to sample", spec->name);
    if (options->has_class && (options->only_class < 0 || options->only_class >= spec->conditions[0].size))
        return vae__error(VAE_ERROR_ARGUMENT, "%s: %s: expected a class from 0 to %" PRId64 ", found %" PRId64,
                          spec->name, spec->conditions[0].name, spec->conditions[0].size - 1, options->only_class);
    return vae__ok();
}

static int64_t square_side(int64_t count)
{
    int64_t side = 1;
    while (side * side < count)
        side++;
    return side;
}

/* A row for each class; without classes as square a grid as there is. */
static void lay_out(const vae_model *model, const vae_sample_options *options, vae_samples *samples)
{
    if (model->condition_count) {
        samples->rows = options->has_class ? 1 : model->declaration.conditions[0].size;
        samples->columns = options->count ? options->count : 10;
        samples->count = samples->rows * samples->columns;
    } else {
        samples->count = options->count ? options->count : 100;
        samples->columns = square_side(samples->count);
        samples->rows = (samples->count + samples->columns - 1) / samples->columns;
    }
    samples->x_size = model->x_size;
    samples->z_size = model->declaration.latents[0].size;
}

static vae_status allocate(const vae_model *model, const vae_sample_options *options, vae_samples *samples)
{
    size_t count = (size_t)samples->count;
    size_t bytes = (size_t)(samples->x_size + samples->z_size + 1) * sizeof(float);
    if (count > vae__memory_available() / bytes)
        return vae__error(VAE_ERROR_MEMORY, "%" PRId64 " samples of %" PRId64 " values do not fit in memory",
                          samples->count, samples->x_size);
    VAE__TRY(vae__allocate("samples", count * (size_t)samples->x_size, sizeof(float), &samples->x));
    VAE__TRY(vae__allocate("samples", count * (size_t)samples->z_size, sizeof(float), &samples->z));
    if (!model->condition_count)
        return vae__ok();
    VAE__TRY(vae__allocate("samples", count, sizeof(float), &samples->classes));
    for (int64_t i = 0; i < samples->count; i++)
        samples->classes[i] = (float)(options->has_class ? options->only_class : i / samples->columns);
    return vae__ok();
}

/* ---- Drawing ----------------------------------------------------------------------------------------------------- */

/* Samples begin … begin + examples - 1. Noise goes by the column where there are classes, so that a column shows one z
 * through all classes. */
static vae_status draw_batch(const vae__model_graph *graph, vae_executor *executor, const vae_sample_options *options,
                             vae_samples *samples, int64_t begin, int64_t examples)
{
    uint32_t ids[BATCH];
    for (int64_t i = 0; i < examples; i++)
        ids[i] = (uint32_t)(samples->classes ? (begin + i) % samples->columns : begin + i);
    vae_binding binding = { .node = graph->conditions[0], .type = VAE_FLOAT32 };
    if (samples->classes)
        binding.values = samples->classes + begin;
    vae_run run = { .examples = examples,
                    .bindings = &binding,
                    .binding_count = samples->classes ? 1 : 0,
                    .seed = options->seed,
                    .purpose = "sample",
                    .example_ids = ids };
    VAE__TRY(vae_executor_run(executor, &run));
    float temperature = options->temperature > 0 ? (float)options->temperature : 1;
    const float *z = vae_executor_value(executor, graph->z);
    for (int64_t i = 0; i < examples * samples->z_size; i++)
        samples->z[begin * samples->z_size + i] = temperature * z[i];
    memcpy(samples->x + begin * samples->x_size, vae_executor_value(executor, graph->x_mean),
           (size_t)(examples * samples->x_size) * sizeof(float));
    return vae__ok();
}

static vae_status draw(const vae_model *model, const vae_sample_options *options, vae_samples *samples)
{
    vae__graph_request request = { .kind = VAE__SAMPLING,
                                   .draw = options->draw,
                                   .temperature = options->temperature > 0 ? options->temperature : 1 };
    vae__model_graph graph;
    VAE__TRY(vae__model_graph_new(model, &request, &graph));
    vae_executor *executor = NULL;
    int64_t capacity = samples->count < BATCH ? samples->count : BATCH;
    vae_status status = vae_executor_new(
        graph.program, &(vae_executor_options){ .capacity = capacity, .threads = options->threads }, &executor);
    for (int64_t begin = 0; begin < samples->count && !status.code; begin += BATCH) {
        int64_t examples = samples->count - begin < BATCH ? samples->count - begin : BATCH;
        status = draw_batch(&graph, executor, options, samples, begin, examples);
    }
    vae_executor_free(&executor);
    vae__model_graph_clear(&graph);
    return status;
}

vae_status vae_sample(const vae_model *model, const vae_sample_options *options, vae_samples *samples)
{
    if (!model || !samples)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a model and a place for samples, found NULL");
    *samples = (vae_samples){ 0 };
    vae_sample_options wanted = options ? *options : (vae_sample_options){ 0 };
    VAE__TRY(check(model, &wanted));
    lay_out(model, &wanted, samples);
    vae_status status = allocate(model, &wanted, samples);
    if (!status.code)
        status = draw(model, &wanted, samples);
    if (status.code)
        vae_samples_free(samples);
    return status;
}

void vae_samples_free(vae_samples *samples)
{
    if (!samples)
        return;
    vae__free(samples->x);
    vae__free(samples->z);
    vae__free(samples->classes);
    *samples = (vae_samples){ 0 };
}

/* ---- Files ------------------------------------------------------------------------------------------------------- */

/* The grid of a picture; refused where no picture can hold it. */
static vae_status describe_grid(const vae_model *model, const vae_samples *samples, const char *path, vae_grid *grid)
{
    const vae_model_spec *spec = &model->declaration;
    int64_t channels = model->x_rank == 3 ? spec->x.shape[2] : 1;
    if (model->x_rank < 2 || model->x_rank > 3 || (channels != 1 && channels != 3))
        return vae__error(VAE_ERROR_ARGUMENT,
                          "%s: %s: x is no image of 1 or 3 channels; a name in .h5 keeps its values", path, spec->name);
    *grid = (vae_grid){ .rows = samples->rows,
                        .columns = samples->columns,
                        .height = spec->x.shape[0],
                        .width = spec->x.shape[1],
                        .channels = channels,
                        .border = 2,
                        .title = spec->name };
    return vae__error_within(vae_picture_check(grid), "%s: ", path);
}

static vae_status check_picture(const vae_model *model, const vae_samples *samples, const char *path)
{
    vae_grid grid;
    return describe_grid(model, samples, path, &grid);
}

static vae_status save_picture(const vae_model *model, const vae_samples *samples, const char *path)
{
    vae_grid grid;
    VAE__TRY(describe_grid(model, samples, path, &grid));
    /* The grid's last row may be short; what is missing stays black. */
    float *images = NULL;
    VAE__TRY(vae__allocate("a picture", (size_t)(grid.rows * grid.columns * samples->x_size), sizeof(float), &images));
    memcpy(images, samples->x, (size_t)(samples->count * samples->x_size) * sizeof(float));
    vae_status status = vae_picture_write(path, &grid, images);
    vae__free(images);
    return status;
}

static vae_status save_table(const vae_model *model, const vae_samples *samples, const char *path)
{
    const vae_model_spec *spec = &model->declaration;
    vae__table_column columns[] = {
        { .name = "x",
          .description = "samples of x, or its mean, after the transform",
          .values = samples->x,
          .rank = 1 + model->x_rank,
          .shape = { samples->count } },
        { .name = "z",
          .description = "the latent vectors they come from",
          .values = samples->z,
          .rank = 2,
          .shape = { samples->count, samples->z_size } },
        { .name = spec->conditions[0].name,
          .description = "the class given",
          .values = samples->classes,
          .rank = 1,
          .shape = { samples->count } },
    };
    memcpy(columns[0].shape + 1, spec->x.shape, (size_t)model->x_rank * sizeof *spec->x.shape);
    return vae__table_write(path, "libvae samples", columns, samples->classes ? 3 : 2);
}

static const struct form {
    const char *ending;
    vae_status (*check)(const vae_model *, const vae_samples *, const char *); /* NULL: any samples will do */
    vae_status (*save)(const vae_model *, const vae_samples *, const char *);
} forms[] = { { ".png", check_picture, save_picture }, { ".h5", NULL, save_table }, { ".hdf5", NULL, save_table } };

static vae_status find_form(const char *path, const struct form **form)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        *form = &forms[i];
        if (vae__text_ends(path, forms[i].ending))
            return vae__ok();
    }
    return vae__error(VAE_ERROR_ARGUMENT, "%s: expected a file name in .png, .h5 or .hdf5", path);
}

vae_status vae_samples_save(const vae_model *model, const vae_samples *samples, const char *path)
{
    const struct form *form;
    if (!model || !samples || !path)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a model, samples and a path, found NULL");
    VAE__TRY(find_form(path, &form));
    return form->save(model, samples, path);
}

vae_status vae_samples_check(const vae_model *model, const vae_sample_options *options, const char *path)
{
    const struct form *form;
    if (!model || !path)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a model and a path, found NULL");
    vae_samples samples = { 0 };
    vae_sample_options wanted = options ? *options : (vae_sample_options){ 0 };
    VAE__TRY(find_form(path, &form));
    VAE__TRY(check(model, &wanted));
    lay_out(model, &wanted, &samples);
    return form->check ? form->check(model, &samples, path) : vae__ok();
}

vae_status vae_samples_recognize(const char *path)
{
    return path ? vae__table_recognize(path) : vae__error(VAE_ERROR_ARGUMENT, "expected a path, found NULL");
}
