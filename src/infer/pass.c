/* Passes: graph, executor, batches. */
#include "src/infer/pass.h"

#include <string.h>

#include "src/base/status.h"

vae_status vae__pass_open(vae__pass *pass)
{
    VAE__TRY(vae__model_graph_new(pass->model, &pass->request, &pass->graph));
    const vae_executor_options options = { .capacity = pass->rows < VAE__PASS_BATCH ? pass->rows : VAE__PASS_BATCH,
                                           .threads = pass->threads };
    return vae_executor_new(pass->graph.program, &options, &pass->executor);
}

void vae__pass_close(vae__pass *pass)
{
    vae_executor_free(&pass->executor);
    vae__model_graph_clear(&pass->graph);
}

vae_status vae__pass_run(vae__pass *pass, vae__collect *collect, void *results)
{
    for (int64_t begin = 0; begin < pass->rows; begin += VAE__PASS_BATCH) {
        int64_t examples = pass->rows - begin < VAE__PASS_BATCH ? pass->rows - begin : VAE__PASS_BATCH;
        for (int64_t i = 0; i < examples; i++)
            pass->index[i] = pass->chosen ? pass->chosen[begin + i] : (uint32_t)(begin + i);
        const vae_run run = { .examples = examples,
                              .bindings = pass->bindings,
                              .binding_count = pass->binding_count,
                              .example_ids = pass->index };
        VAE__TRY(vae_executor_run(pass->executor, &run));
        collect(results, pass, begin, examples);
        if (pass->progress && pass->progress(pass->context, begin + examples, pass->rows))
            return vae__error(VAE_STOPPED, "%s was stopped after %lld of %lld rows", pass->doing,
                              (long long)(begin + examples), (long long)pass->rows);
    }
    return vae__ok();
}

void vae__pass_copy(const vae__pass *pass, const vae_node *node, int64_t begin, int64_t examples, float *to)
{
    size_t size = (size_t)vae_node_size(node);
    memcpy(to + (size_t)begin * size, vae_executor_value(pass->executor, node), (size_t)examples * size * sizeof *to);
}
