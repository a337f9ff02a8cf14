/* Samples: z from the prior, x from the decoder, at combinations of conditions. */
#include "src/infer/sample.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "src/base/memory.h"
#include "src/base/parallel.h"
#include "src/base/status.h"
#include "src/infer/given.h"

enum { BATCH = 256, COUNT_MOST = 10000000 };

/* Options with what they leave open filled in. */
typedef struct vae__draws {
    vae_sample_options options;
    int64_t counts[VAE_MAX_CONDITIONS]; /* settings of each condition */
    double only_class;
} vae__draws;

/* ---- What is wanted ---------------------------------------------------------------------------------------------- */

static vae_status check_numbers(const vae_sample_options *options)
{
    if (options->count >= 0 && options->count <= COUNT_MOST && options->threads >= 0 &&
        options->threads <= VAE__THREADS_MAX && options->temperature >= 0 && isfinite(options->temperature))
        return vae__ok();
    return vae__error(VAE_ERROR_ARGUMENT,
                      "expected a count of 0 to %d, threads and a temperature of at least 0, found %" PRId64
                      ", %d and %g",
                      (int)COUNT_MOST, options->count, options->threads, options->temperature);
}

static vae_status check_class(const vae_model *model, int index, double number)
{
    const vae_condition_spec *spec = &model->declaration.conditions[index];
    if (number >= 0 && number < (double)spec->size && number == floor(number))
        return vae__ok();
    return vae__error(VAE_ERROR_ARGUMENT, "%s: %s: expected a class from 0 to %" PRId64 ", found %.15g",
                      model->declaration.name, spec->name, spec->size - 1, number);
}

vae_status vae__settings_check(const vae_model *model, int index, const vae_condition_settings *settings)
{
    const vae_condition_spec *spec = &model->declaration.conditions[index];
    if (settings->count < 0 || (settings->count && !settings->values))
        return vae__error(VAE_ERROR_ARGUMENT, "%s: %s: expected values and how many there are, found %s and %" PRId64,
                          model->declaration.name, spec->name, settings->values ? "values" : "NULL", settings->count);
    for (int64_t i = 0; i < settings->count * vae__given_size(model, index); i++) {
        if (spec->kind == VAE_CLASS)
            VAE__TRY(check_class(model, index, settings->values[i]));
        if (!isfinite(settings->values[i]))
            return vae__error(VAE_ERROR_ARGUMENT, "%s: %s: expected finite numbers, found %g", model->declaration.name,
                              spec->name, settings->values[i]);
    }
    return vae__ok();
}

/* One class is short for the one setting of the only condition that is a class. */
static vae_status take_only_class(const vae_model *model, vae__draws *wanted)
{
    const vae_model_spec *spec = &model->declaration;
    int classes = 0, place = 0;
    for (int i = 0; i < model->condition_count; i++)
        if (spec->conditions[i].kind == VAE_CLASS) {
            classes++;
            place = i;
        }
    if (classes != 1)
        return vae__error(VAE_ERROR_ARGUMENT, "%s: expected a model with one condition that is a class, found %d",
                          spec->name, classes);
    if (wanted->options.conditions[place].count)
        return vae__error(VAE_ERROR_ARGUMENT, "%s: %s: expected one class or a list of settings, found both",
                          spec->name, spec->conditions[place].name);
    wanted->only_class = (double)wanted->options.only_class;
    wanted->options.conditions[place] = (vae_condition_settings){ &wanted->only_class, 1 };
    return vae__ok();
}

static vae_status take_settings(const vae_model *model, int index, vae__draws *wanted)
{
    const vae_condition_spec *spec = &model->declaration.conditions[index];
    const vae_condition_settings *settings = &wanted->options.conditions[index];
    VAE__TRY(vae__settings_check(model, index, settings));
    wanted->counts[index] = settings->count;
    if (settings->count)
        return vae__ok();
    if (spec->kind != VAE_CLASS)
        return vae__error(VAE_ERROR_ARGUMENT, "%s: expected values of the condition \"%s\" to sample at, found none",
                          model->declaration.name, spec->name);
    wanted->counts[index] = spec->size;
    return vae__ok();
}

static vae_status want(const vae_model *model, const vae_sample_options *options, vae__draws *wanted)
{
    wanted->options = options ? *options : (vae_sample_options){ 0 };
    VAE__TRY(check_numbers(&wanted->options));
    if (wanted->options.has_class)
        VAE__TRY(take_only_class(model, wanted));
    for (int i = 0; i < model->condition_count; i++)
        VAE__TRY(take_settings(model, i, wanted));
    return vae__ok();
}

void vae__samples_square(vae_samples *samples)
{
    for (samples->columns = 1; samples->columns * samples->columns < samples->count;)
        samples->columns++;
    samples->rows = (samples->count + samples->columns - 1) / samples->columns;
}

/* A row for each combination; without conditions as square a grid as there is. */
static vae_status lay_out(const vae_model *model, const vae__draws *wanted, vae_samples *samples)
{
    int64_t count = wanted->options.count;
    *samples = (vae_samples){ .x_size = model->x_size, .z_size = model->declaration.latents[0].size };
    if (!model->condition_count) {
        samples->count = count ? count : 100;
        vae__samples_square(samples);
        return vae__ok();
    }
    samples->columns = count ? count : 10;
    samples->rows = 1;
    for (int i = 0; i < model->condition_count; i++) {
        if (wanted->counts[i] > INT32_MAX / samples->columns / samples->rows)
            return vae__error(VAE_ERROR_ARGUMENT,
                              "%s: expected combinations of conditions for at most %d samples, "
                              "found more",
                              model->declaration.name, INT32_MAX);
        samples->rows *= wanted->counts[i];
    }
    samples->count = samples->rows * samples->columns;
    return vae__ok();
}

vae_status vae__samples_plan(const vae_model *model, const vae_sample_options *options, vae_samples *samples)
{
    vae__draws wanted = { .only_class = 0 };
    VAE__TRY(want(model, options, &wanted));
    return lay_out(model, &wanted, samples);
}

/* ---- Room -------------------------------------------------------------------------------------------------------- */

vae_status vae__samples_allocate(const vae_model *model, const vae_type types[VAE_MAX_CONDITIONS], vae_samples *samples)
{
    samples->x_size = model->x_size;
    samples->z_size = model->declaration.latents[0].size;
    size_t rows = (size_t)samples->count, x = (size_t)samples->x_size * sizeof(float);
    size_t z = (size_t)samples->z_size * sizeof(float);
    VAE__TRY(vae__memory_check_rows("samples", samples->count, 2 * x + z + vae__given_bytes(model, types)));
    VAE__TRY(vae__allocate("samples", rows, x, &samples->x));
    VAE__TRY(vae__allocate("samples", rows, x, &samples->modelled));
    VAE__TRY(vae__allocate("samples", rows, z, &samples->z));
    return vae__given_allocate(model, types, samples->count, &samples->given);
}

/* The last condition varies fastest. */
static void set_given(const vae_model *model, const vae__draws *wanted, vae_samples *samples)
{
    int64_t inner = samples->columns;
    for (int i = model->condition_count - 1; i >= 0; i--) {
        int64_t size = vae__given_size(model, i);
        const double *values = wanted->options.conditions[i].values;
        double *given = samples->given.values[i];
        for (int64_t s = 0; s < samples->count; s++) {
            int64_t setting = s / inner % wanted->counts[i];
            for (int64_t k = 0; k < size; k++)
                given[s * size + k] =
                    wanted->options.conditions[i].count ? values[setting * size + k] : (double)setting;
        }
        inner *= wanted->counts[i];
    }
}

/* ---- Drawing ----------------------------------------------------------------------------------------------------- */

static void copy_batch(const vae__model_graph *graph, const vae_executor *executor, vae_samples *samples, int64_t begin,
                       int64_t examples)
{
    const struct {
        const vae_node *node;
        float *to;
        int64_t size;
    } parts[] = { { graph->x_units, samples->x, samples->x_size },
                  { graph->x_mean, samples->modelled, samples->x_size },
                  { graph->z_used, samples->z, samples->z_size } };
    for (int i = 0; i < 3; i++)
        if (parts[i].node) /* a regression has no z */
            memcpy(parts[i].to + begin * parts[i].size, vae_executor_value(executor, parts[i].node),
                   (size_t)(examples * parts[i].size) * sizeof(float));
}

/* Samples begin … begin + examples - 1. Noise goes by the column where there are conditions, so that a column shows one
 * z through all of them. */
static vae_status draw_batch(const vae_model *model, const vae__model_graph *graph, vae_executor *executor,
                             const vae__draws *wanted, vae_samples *samples, int64_t begin, int64_t examples)
{
    uint32_t ids[BATCH];
    vae_binding bindings[VAE_MAX_CONDITIONS];
    int count = 0;
    for (int64_t i = 0; i < examples; i++)
        ids[i] = (uint32_t)(model->condition_count ? (begin + i) % samples->columns : begin + i);
    for (int i = 0; i < model->condition_count; i++)
        if (graph->conditions[i])
            bindings[count++] =
                (vae_binding){ .node = graph->conditions[i],
                               .values = (const double *)samples->given.values[i] + begin * vae__given_size(model, i),
                               .type = VAE_FLOAT64 };
    const vae_run run = { .examples = examples,
                          .bindings = bindings,
                          .binding_count = count,
                          .seed = wanted->options.seed,
                          .purpose = "sample",
                          .example_ids = ids };
    VAE__TRY(vae_executor_run(executor, &run));
    copy_batch(graph, executor, samples, begin, examples);
    return vae__ok();
}

static vae_status draw(const vae_model *model, const vae__draws *wanted, vae_samples *samples)
{
    double temperature = wanted->options.temperature;
    vae__graph_request request = { .kind = VAE__SAMPLING,
                                   .draw = wanted->options.draw,
                                   .temperature = temperature > 0 ? temperature : 1 };
    /* Settings are typed in the units of the data that the model was made with, however they lie here. */
    for (int i = 0; i < model->condition_count; i++)
        request.condition_types[i] = model->declaration.conditions[i].type;
    vae__model_graph graph;
    VAE__TRY(vae__model_graph_new(model, &request, &graph));
    vae_executor *executor = NULL;
    const vae_executor_options options = { .capacity = samples->count < BATCH ? samples->count : BATCH,
                                           .threads = wanted->options.threads };
    vae_status status = vae_executor_new(graph.program, &options, &executor);
    for (int64_t begin = 0; begin < samples->count && !status.code; begin += BATCH) {
        int64_t examples = samples->count - begin < BATCH ? samples->count - begin : BATCH;
        status = draw_batch(model, &graph, executor, wanted, samples, begin, examples);
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
    vae__draws wanted = { .only_class = 0 };
    VAE__TRY(want(model, options, &wanted));
    VAE__TRY(lay_out(model, &wanted, samples));
    vae_type types[VAE_MAX_CONDITIONS];
    for (int i = 0; i < VAE_MAX_CONDITIONS; i++)
        types[i] = VAE_FLOAT64;
    vae_status status = vae__samples_allocate(model, types, samples);
    if (!status.code) {
        set_given(model, &wanted, samples);
        status = draw(model, &wanted, samples);
    }
    if (status.code)
        vae_samples_free(samples);
    return status;
}

void vae_samples_free(vae_samples *samples)
{
    if (!samples)
        return;
    vae__free(samples->x);
    vae__free(samples->modelled);
    vae__free(samples->z);
    vae__given_free(&samples->given);
    *samples = (vae_samples){ 0 };
}
