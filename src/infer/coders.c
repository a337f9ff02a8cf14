/* vae_encoder and vae_decoder: a few rows at a time, for a program that embeds a model. What a run needs is there since
 * `_new`; oneDNN, which allocates in its runs, is left out, and OpenMP, which allocates for a thread that is new to it,
 * is not asked for a team of one. */
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <vae/infer.h>

#include "graph/team.h"
#include "models/model.h"
#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/base/types.h"
#include "src/data/match.h"

/* What both have in common. */
typedef struct vae__runner {
    const vae_model *model;
    const char *what; /* "an encoder" */
    vae_infer_options options;
    vae__model_graph graph;
    vae_executor *executor;
} vae__runner;

struct vae_encoder {
    vae__runner runner;
};

struct vae_decoder {
    vae__runner runner;
    const vae_node *x;
};

/* ---- Making ------------------------------------------------------------------------------------------------------ */

static vae_status check_options(const vae_model *model, const vae_infer_options *options)
{
    if (options->capacity < 0 || options->capacity > INT32_MAX || options->threads < 0 ||
        options->threads > VAE__THREADS_MAX)
        return vae__error(VAE_ERROR_ARGUMENT,
                          "expected a capacity of 0 to 2^31 - 1 rows and 0 to %d threads, found %" PRId64 " and %d",
                          (int)VAE__THREADS_MAX, options->capacity, options->threads);
    if ((unsigned)options->x_type > VAE_INT64)
        return vae__error(VAE_ERROR_ARGUMENT, "x: expected a type of <vae/types.h>, found %d", (int)options->x_type);
    for (int i = 0; i < model->condition_count; i++)
        if ((unsigned)options->condition_types[i] > VAE_INT64)
            return vae__error(VAE_ERROR_ARGUMENT, "%s: expected a type of <vae/types.h>, found %d",
                              model->declaration.conditions[i].name, (int)options->condition_types[i]);
    return vae__ok();
}

static vae_status make(vae__runner *made, const vae_model *model, const vae_infer_options *options,
                       vae__graph_kind kind)
{
    made->model = model;
    made->options = options ? *options : (vae_infer_options){ 0 };
    VAE__TRY(check_options(model, &made->options));
    made->options.capacity += !made->options.capacity;
    if (kind == VAE__ENCODING && vae__is_per_example(model))
        return vae__error(VAE_ERROR_UNSUPPORTED, "%s: the posterior \"%s\" has no encoder", model->declaration.name,
                          model->declaration.posterior);
    vae__graph_request request = { .kind = kind, .x_type = made->options.x_type };
    request.masked = kind == VAE__ENCODING && made->options.masked;
    memcpy(request.condition_types, made->options.condition_types, sizeof request.condition_types);
    VAE__TRY(vae__model_graph_new(model, &request, &made->graph));
    const vae_executor_options wanted = { .capacity = made->options.capacity,
                                          .threads = made->options.threads,
                                          .no_onednn = true };
    return vae_executor_new(made->graph.program, &wanted, &made->executor);
}

static void clear(vae__runner *gone)
{
    vae_executor_free(&gone->executor);
    vae__model_graph_clear(&gone->graph);
}

vae_status vae_encoder_new(const vae_model *model, const vae_infer_options *options, vae_encoder **encoder)
{
    if (!model || !encoder)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a model and a place for the encoder, found NULL");
    *encoder = NULL;
    vae_encoder *made = NULL;
    VAE__TRY(vae__allocate("an encoder", 1, sizeof *made, &made));
    made->runner.what = "encoder";
    vae_status status = make(&made->runner, model, options, VAE__ENCODING);
    if (status.code)
        vae_encoder_free(&made);
    *encoder = made;
    return status;
}

void vae_encoder_free(vae_encoder **encoder)
{
    if (!encoder || !*encoder)
        return;
    clear(&(*encoder)->runner);
    vae__free(*encoder);
    *encoder = NULL;
}

vae_status vae_decoder_new(const vae_model *model, const vae_infer_options *options, vae_decoder **decoder)
{
    if (!model || !decoder)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a model and a place for the decoder, found NULL");
    *decoder = NULL;
    vae_decoder *made = NULL;
    VAE__TRY(vae__allocate("a decoder", 1, sizeof *made, &made));
    made->runner.what = "decoder";
    vae_status status = make(&made->runner, model, options, VAE__DECODING);
    if (status.code)
        vae_decoder_free(&made);
    else
        made->x = made->runner.options.modelled ? made->runner.graph.x_mean : made->runner.graph.x_units;
    *decoder = made;
    return status;
}

void vae_decoder_free(vae_decoder **decoder)
{
    if (!decoder || !*decoder)
        return;
    clear(&(*decoder)->runner);
    vae__free(*decoder);
    *decoder = NULL;
}

/* ---- Running ----------------------------------------------------------------------------------------------------- */

static vae_status check_class(const vae__runner *at, int index, const void *values, int64_t rows)
{
    const vae_condition_spec *spec = &at->model->declaration.conditions[index];
    for (int64_t row = 0; row < rows; row++) {
        double number = vae__type_value(at->options.condition_types[index], values, row);
        if (!(number >= 0 && number < (double)spec->size && number == floor(number)))
            return vae__error(VAE_ERROR_ARGUMENT,
                              "%s: %s: expected a class from 0 to %" PRId64 ", found %.15g in row "
                              "%" PRId64,
                              at->what, spec->name, spec->size - 1, number, row);
    }
    return vae__ok();
}

/* Binds what the graph takes beside its first input. */
static vae_status bind(const vae__runner *at, const vae_conditions *conditions, int64_t rows,
                       vae_binding bindings[VAE__MAX_BINDINGS], int *count)
{
    const vae_model_spec *spec = &at->model->declaration;
    for (int i = 0; i < at->model->condition_count; i++) {
        const void *values = conditions ? conditions->values[i] : NULL;
        if (spec->conditions[i].of_x && !at->graph.conditions[i])
            continue; /* it comes with x */
        if (!values)
            return vae__error(VAE_ERROR_ARGUMENT, "%s: %s: expected values of this condition of %s, found NULL",
                              at->what, spec->conditions[i].name, spec->name);
        if (spec->conditions[i].kind == VAE_CLASS)
            VAE__TRY(check_class(at, i, values, rows));
        if (at->graph.conditions[i])
            bindings[(*count)++] = (vae_binding){ .node = at->graph.conditions[i],
                                                  .values = values,
                                                  .type = at->options.condition_types[i] };
    }
    if (!at->graph.mask)
        return vae__ok();
    if (!conditions || !conditions->mask)
        return vae__error(VAE_ERROR_ARGUMENT, "%s: mask: expected one, as options.masked says, found NULL", at->what);
    bindings[(*count)++] = (vae_binding){ .node = at->graph.mask, .values = conditions->mask, .type = VAE_UINT8 };
    return vae__ok();
}

static vae_status check_run(const vae__runner *at, const char *input, const void *values, int64_t rows)
{
    if (rows < 1 || rows > at->options.capacity)
        return vae__error(VAE_ERROR_ARGUMENT, "%s: expected 1 to %" PRId64 " rows, its capacity, found %" PRId64,
                          at->what, at->options.capacity, rows);
    if (!values)
        return vae__error(VAE_ERROR_ARGUMENT, "%s: %s: expected values, found NULL", at->what, input);
    return vae__ok();
}

static void work(void *executor, vae__team team)
{
    vae__executor_work(executor, team);
}

static vae_status run(const vae__runner *at, vae_binding first, int64_t rows, const vae_conditions *conditions)
{
    vae_binding bindings[VAE__MAX_BINDINGS] = { first };
    int count = 1;
    VAE__TRY(bind(at, conditions, rows, bindings, &count));
    const vae_run run = { .examples = rows, .bindings = bindings, .binding_count = count };
    if (at->options.threads != 1)
        return vae_executor_run(at->executor, &run);
    VAE__TRY(vae__executor_begin(at->executor, &run, NULL));
    vae__alone(work, at->executor);
    return vae__ok();
}

static void copy_out(const vae__runner *at, const vae_node *node, int64_t rows, float *to)
{
    if (to)
        memcpy(to, vae_executor_value(at->executor, node), (size_t)(rows * vae_node_size(node)) * sizeof *to);
}

vae_status vae_encoder_run(vae_encoder *encoder, const void *x, int64_t rows, const vae_conditions *conditions,
                           float *mean, float *logvar)
{
    if (!encoder)
        return vae__error(VAE_ERROR_ARGUMENT, "expected an encoder, found NULL");
    const vae__runner *at = &encoder->runner;
    VAE__TRY(check_run(at, "x", x, rows));
    VAE__TRY(run(at, (vae_binding){ .node = at->graph.x, .values = x, .type = at->options.x_type }, rows, conditions));
    copy_out(at, at->graph.mean, rows, mean);
    copy_out(at, at->graph.logvar, rows, logvar);
    return vae__ok();
}

vae_status vae_decoder_run(vae_decoder *decoder, const float *z, int64_t rows, const vae_conditions *conditions,
                           float *x)
{
    if (!decoder || !x)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a decoder and a place for x, found NULL");
    const vae__runner *at = &decoder->runner;
    VAE__TRY(check_run(at, "z", z, rows));
    VAE__TRY(run(at, (vae_binding){ .node = at->graph.z, .values = z, .type = VAE_FLOAT32 }, rows, conditions));
    copy_out(at, decoder->x, rows, x);
    return vae__ok();
}
