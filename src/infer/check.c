/* vae_check: the gradients of a model's training graph, on the first training rows. */
#include <vae/check.h>

#include <inttypes.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/data/match.h"

enum { EXAMPLES_USUAL = 8, EXAMPLES_MOST = 1 << 20 };

/* The epoch that an objective is told: the weights that rise have risen. */
static const double AFTER_WARM_UP = 1e9;

static vae_status check_arguments(const vae_model *model, const vae_data *data, const vae_check_options *options)
{
    if (!model || !data)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a model and data, found NULL");
    if (options->examples < 0 || options->examples > EXAMPLES_MOST || options->threads < 0)
        return vae__error(VAE_ERROR_ARGUMENT,
                          "expected 0 to %d examples and threads of at least 0, found %" PRId64 " and %d",
                          EXAMPLES_MOST, options->examples, options->threads);
    return vae__ok();
}

/* How many rows are bound; the data's where it has fewer than were asked for by default. */
static vae_status count_examples(const vae__match *match, const vae_data *data, int64_t asked, int64_t *examples)
{
    *examples = asked ? asked : match->rows < EXAMPLES_USUAL ? match->rows : EXAMPLES_USUAL;
    if (*examples > match->rows)
        return vae__error(VAE_ERROR_DATA, "%s: expected at least %" PRId64 " training rows to check by, found %" PRId64,
                          vae_data_source(data), asked, match->rows);
    return vae__ok();
}

/* Builds the graph, binds the rows, and has it checked. */
static vae_status check_rows(const vae_model *model, const vae__match *match, int64_t examples,
                             const vae_check_options *options, vae_check_report *report)
{
    uint32_t *rows = NULL;
    float *epochs = NULL;
    vae__model_graph graph;
    vae_binding bindings[VAE__MAX_BINDINGS];
    vae__graph_request request = vae__match_request(match, VAE__TRAINING);
    VAE__TRY(vae__model_graph_new(model, &request, &graph));
    vae_status status = vae__allocate("a gradient check", (size_t)examples, sizeof *rows, &rows);
    if (!status.code)
        status = vae__allocate("a gradient check", (size_t)examples, sizeof *epochs, &epochs);
    for (int64_t i = 0; !status.code && i < examples; i++)
        rows[i] = (uint32_t)i;
    if (!status.code) {
        int count = vae__match_bind(match, &graph, rows, bindings);
        count = vae__match_epoch(&graph, AFTER_WARM_UP, epochs, examples, bindings, count);
        vae_run run = { .examples = examples,
                        .bindings = bindings,
                        .binding_count = count,
                        .seed = options->seed,
                        .purpose = "check" };
        status = vae_program_check(graph.program, &run, options, report);
    }
    vae__free(rows);
    vae__free(epochs);
    vae__model_graph_clear(&graph);
    return vae__error_within(status, "%s: ", model->declaration.name);
}

vae_status vae_check(const vae_model *model, const vae_data *data, const vae_check_options *options,
                     vae_check_report *report)
{
    static const vae_check_options usual = { .examples = 0 };
    if (!report)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a place for the report, found NULL");
    *report = (vae_check_report){ .worst = -1 };
    options = options ? options : &usual;
    VAE__TRY(check_arguments(model, data, options));
    vae__match match;
    int64_t examples;
    VAE__TRY(vae__match_data(model, data, vae_data_training_split(data), &match));
    VAE__TRY(count_examples(&match, data, options->examples, &examples));
    return check_rows(model, &match, examples, options, report);
}
