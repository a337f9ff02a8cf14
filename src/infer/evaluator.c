/* The bound over a split, batch by batch. */
#include "src/infer/evaluator.h"

#include "src/base/memory.h"
#include "src/base/status.h"

enum { BATCH = 256 };

struct vae__evaluator {
    const vae_model *model;
    vae__match match;
    int64_t latent_size;
    vae__model_graph graph;
    vae_executor *executor;
    uint32_t rows[BATCH];   /* of the batch */
    vae_examples *examples; /* where figures of each example go; NULL: nowhere */
    struct {
        double reconstruction, kl, observed;
        double *mean, *square; /* of the posterior means, by latent dimension */
    } sums;
};

static vae_status make(vae__evaluator *evaluator, int threads, const char *kernels)
{
    int64_t rows = evaluator->match.rows;
    VAE__TRY(vae__allocate("an evaluation", (size_t)evaluator->latent_size, sizeof(double), &evaluator->sums.mean));
    VAE__TRY(vae__allocate("an evaluation", (size_t)evaluator->latent_size, sizeof(double), &evaluator->sums.square));
    vae__graph_request request = vae__match_request(&evaluator->match, VAE__EVALUATION);
    VAE__TRY(vae__model_graph_new(evaluator->model, &request, &evaluator->graph));
    vae_executor_options options = { .capacity = rows < BATCH ? rows : BATCH, .threads = threads, .kernels = kernels };
    return vae_executor_new(evaluator->graph.program, &options, &evaluator->executor);
}

vae_status vae__evaluator_new(const vae_model *model, const vae__match *match, int threads, const char *kernels,
                              vae__evaluator **evaluator)
{
    VAE__TRY(vae__allocate("an evaluation", 1, sizeof **evaluator, evaluator));
    **evaluator =
        (vae__evaluator){ .model = model, .match = *match, .latent_size = model->declaration.latents[0].size };
    vae_status status = make(*evaluator, threads, kernels);
    if (status.code)
        vae__evaluator_free(evaluator);
    return status;
}

void vae__evaluator_free(vae__evaluator **evaluator)
{
    if (!evaluator || !*evaluator)
        return;
    vae_executor_free(&(*evaluator)->executor);
    vae__model_graph_clear(&(*evaluator)->graph);
    vae__free((*evaluator)->sums.mean);
    vae__free((*evaluator)->sums.square);
    vae__free(*evaluator);
    *evaluator = NULL;
}

void vae__evaluator_keep(vae__evaluator *evaluator, vae_examples *examples)
{
    evaluator->examples = examples;
}

/* An example's figures, and where they are kept. */
static void add_example(vae__evaluator *evaluator, int64_t number, double reconstruction, double kl, double observed)
{
    evaluator->sums.reconstruction += reconstruction;
    evaluator->sums.kl += kl;
    evaluator->sums.observed += observed;
    vae_examples *examples = evaluator->examples;
    if (!examples)
        return;
    examples->elbo[number] = reconstruction - kl;
    examples->reconstruction[number] = reconstruction;
    examples->kl[number] = kl;
    examples->observed[number] = (int64_t)observed;
}

static void add_batch(vae__evaluator *evaluator, int64_t begin, int64_t examples)
{
    const float *reconstruction = vae_executor_value(evaluator->executor, evaluator->graph.reconstruction);
    const float *kl = vae_executor_value(evaluator->executor, evaluator->graph.kl);
    const float *mean = vae_executor_value(evaluator->executor, evaluator->graph.mean);
    const float *observed = vae_executor_value(evaluator->executor, evaluator->graph.observed);
    for (int64_t e = 0; e < examples; e++) {
        add_example(evaluator, begin + e, reconstruction[e], kl[e],
                    observed ? observed[e] : (double)evaluator->model->x_size);
        for (int64_t i = 0; i < evaluator->latent_size; i++) {
            double value = mean[e * evaluator->latent_size + i];
            evaluator->sums.mean[i] += value;
            evaluator->sums.square[i] += value * value;
        }
    }
}

static void clear_sums(vae__evaluator *evaluator)
{
    evaluator->sums.reconstruction = evaluator->sums.kl = evaluator->sums.observed = 0;
    for (int64_t i = 0; i < evaluator->latent_size; i++)
        evaluator->sums.mean[i] = evaluator->sums.square[i] = 0;
}

/* Burda, Grosse, Salakhutdinov 2015, section 5.2: a unit is active when its posterior mean varies by more than 0.01. */
static int64_t active_units(const vae__evaluator *evaluator, double examples)
{
    int64_t active = 0;
    for (int64_t i = 0; i < evaluator->latent_size; i++) {
        double mean = evaluator->sums.mean[i] / examples;
        active += evaluator->sums.square[i] / examples - mean * mean > 0.01;
    }
    return active;
}

vae_status vae__evaluation_tell(const vae_evaluation_options *options, int64_t done, int64_t examples)
{
    if (options->progress && options->progress(options->context, done, examples))
        return vae__error(VAE_STOPPED, "evaluation was stopped after %lld of %lld examples", (long long)done,
                          (long long)examples);
    return vae__ok();
}

vae_status vae__evaluator_run(vae__evaluator *evaluator, const vae_evaluation_options *options,
                              vae_evaluation *evaluation)
{
    int64_t rows = evaluator->match.rows;
    clear_sums(evaluator);
    for (int64_t begin = 0; begin < rows; begin += BATCH) {
        int64_t examples = rows - begin < BATCH ? rows - begin : BATCH;
        for (int64_t i = 0; i < examples; i++)
            evaluator->rows[i] = (uint32_t)(begin + i);
        vae_binding bindings[VAE__MAX_BINDINGS];
        int count = vae__match_bind(&evaluator->match, &evaluator->graph, evaluator->rows, bindings);
        vae_run run = { .examples = examples,
                        .bindings = bindings,
                        .binding_count = count,
                        .seed = options->seed,
                        .purpose = "evaluate",
                        .example_ids = evaluator->rows };
        VAE__TRY(vae_executor_run(evaluator->executor, &run));
        add_batch(evaluator, begin, examples);
        VAE__TRY(vae__evaluation_tell(options, begin + examples, rows));
    }
    evaluation->examples = rows;
    evaluation->reconstruction = evaluator->sums.reconstruction / (double)rows;
    evaluation->kl = evaluator->sums.kl / (double)rows;
    evaluation->elbo = evaluation->reconstruction - evaluation->kl;
    evaluation->observed = evaluator->sums.observed / (double)rows;
    evaluation->active_units = active_units(evaluator, (double)rows);
    evaluation->latent_size = evaluator->latent_size;
    return vae__ok();
}
