/* Passes: graph, executor, batches. */
#include "src/infer/pass.h"

#include <inttypes.h>
#include <string.h>

#include "src/base/status.h"
#include "src/base/types.h"

static int64_t batch_of(const vae__pass *pass)
{
    int64_t batch = pass->batch ? pass->batch : VAE__PASS_BATCH;
    return pass->whole || pass->rows > batch ? batch : pass->rows;
}

vae_status vae__pass_open(vae__pass *pass)
{
    VAE__TRY(vae__model_graph_new(pass->model, &pass->request, &pass->graph));
    const vae_executor_options options = { .capacity = batch_of(pass), .threads = pass->threads };
    return vae_executor_new(pass->graph.program, &options, &pass->executor);
}

void vae__pass_close(vae__pass *pass)
{
    vae_executor_free(&pass->executor);
    vae__model_graph_clear(&pass->graph);
}

/* The rows of a run; its last one again and again where it must be a whole one. Returns how many are run. */
static int64_t lay_rows(vae__pass *pass, int64_t begin, int64_t examples)
{
    int64_t run = pass->whole ? batch_of(pass) : examples;
    for (int64_t i = 0; i < run; i++) {
        int64_t row = begin + (i < examples ? i : examples - 1);
        pass->index[i] = pass->chosen ? pass->chosen[row] : (uint32_t)row;
        pass->ids[i] = pass->numbers ? (uint32_t)pass->numbers[row] : pass->index[i];
    }
    return run;
}

/* All samples of rows begin … begin + examples - 1. */
static vae_status run_rows(vae__pass *pass, int64_t begin, int64_t examples, vae__collect *collect, void *results)
{
    const int64_t piece = pass->samples ? pass->request.samples : 1;
    vae_run run = { .examples = lay_rows(pass, begin, examples),
                    .bindings = pass->bindings,
                    .binding_count = pass->binding_count,
                    .seed = pass->seed,
                    .purpose = pass->purpose,
                    .example_ids = pass->ids };
    for (int64_t first = 0; first < pass->samples || !first; first += piece) {
        run.first_sample = (uint32_t)first;
        pass->first_sample = first;
        VAE__TRY(vae_executor_run(pass->executor, &run));
        collect(results, pass, begin, examples);
    }
    return vae__ok();
}

vae_status vae__pass_run(vae__pass *pass, vae__collect *collect, void *results)
{
    const int64_t batch = batch_of(pass);
    for (int64_t begin = 0; begin < pass->rows; begin += batch) {
        int64_t examples = pass->rows - begin < batch ? pass->rows - begin : batch;
        VAE__TRY(run_rows(pass, begin, examples, collect, results));
        if (pass->progress && pass->progress(pass->context, begin + examples, pass->rows))
            return vae__error(VAE_STOPPED, "%s was stopped after %lld of %lld rows", pass->doing,
                              (long long)(begin + examples), (long long)pass->rows);
    }
    return vae__ok();
}

vae_status vae__pass_find(const vae_data *data, vae_split split, const char *what, const int64_t *rows, int64_t count,
                          uint32_t *index)
{
    const int64_t all = vae_data_rows(data, split);
    int64_t at = 0;
    for (int64_t i = 0; i < count; i++) {
        /* From where the last one was: many rows are in the split's order, as a rule. */
        int64_t looked = 0;
        for (; looked < all && vae_data_row(data, split, at) != rows[i]; looked++)
            at = at + 1 < all ? at + 1 : 0;
        if (looked == all)
            return vae__error(VAE_ERROR_ARGUMENT,
                              "%s: %s: expected a row of %s, which are %" PRId64 " between %" PRId64 " and %" PRId64
                              ", found %" PRId64,
                              vae_data_source(data), what, vae_split_name(split), all, vae_data_row(data, split, 0),
                              vae_data_row(data, split, all - 1), rows[i]);
        index[i] = (uint32_t)at;
    }
    return vae__ok();
}

bool vae__pass_may_miss(const vae__pass *pass)
{
    const vae_x_spec *x = &pass->model->declaration.x;
    return pass->request.masked || x->has_fill_value ||
           (vae__type_is_float(pass->request.x_type) && x->missing == VAE_MISSING_MASK);
}

void vae__pass_mask(const vae__pass *pass, int64_t begin, int64_t examples, uint8_t *mask)
{
    const int64_t size = pass->model->x_size;
    const float *observed = vae_executor_value(pass->executor, pass->graph.observed_mask);
    for (int64_t i = 0; i < examples * size; i++)
        mask[begin * size + i] = observed[i] > 0;
}

void vae__pass_copy(const vae__pass *pass, const vae_node *node, int64_t begin, int64_t examples, float *to)
{
    size_t size = (size_t)vae_node_size(node);
    memcpy(to + (size_t)begin * size, vae_executor_value(pass->executor, node), (size_t)examples * size * sizeof *to);
}
