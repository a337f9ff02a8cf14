/* The bound over a split, batch by batch. */
#include "src/infer/evaluator.h"

#include <string.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/infer/moments.h"

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
        vae__moments elbo, reconstruction, kl;
        double observed;
    } sums;
    double *mean, *square; /* sums of the posterior means and of their squares, by latent dimension */
    double *kl;            /* likewise, where the graph has them */
};

static vae_status make(vae__evaluator *evaluator, int threads, const char *kernels)
{
    int64_t rows = evaluator->match.rows;
    size_t size = (size_t)evaluator->latent_size;
    VAE__TRY(vae__allocate("an evaluation", size, sizeof(double), &evaluator->mean));
    VAE__TRY(vae__allocate("an evaluation", size, sizeof(double), &evaluator->square));
    VAE__TRY(vae__allocate("an evaluation", size, sizeof(double), &evaluator->kl));
    vae__graph_request request = vae__match_request(&evaluator->match, VAE__EVALUATION);
    request.kl_dimensions = evaluator->examples != NULL;
    VAE__TRY(vae__model_graph_new(evaluator->model, &request, &evaluator->graph));
    vae_executor_options options = { .capacity = rows < BATCH ? rows : BATCH, .threads = threads, .kernels = kernels };
    return vae_executor_new(evaluator->graph.program, &options, &evaluator->executor);
}

vae_status vae__evaluator_new(const vae_model *model, const vae__match *match, int threads, const char *kernels,
                              vae_examples *examples, vae__evaluator **evaluator)
{
    VAE__TRY(vae__allocate("an evaluation", 1, sizeof **evaluator, evaluator));
    **evaluator = (vae__evaluator){
        .model = model, .match = *match, .latent_size = model->declaration.latents[0].size, .examples = examples
    };
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
    vae__free((*evaluator)->mean);
    vae__free((*evaluator)->square);
    vae__free((*evaluator)->kl);
    vae__free(*evaluator);
    *evaluator = NULL;
}

/* An example's figures, and where they are kept. */
static void add_example(vae__evaluator *evaluator, int64_t number, double reconstruction, double kl, double observed)
{
    vae__moments_add(&evaluator->sums.elbo, reconstruction - kl);
    vae__moments_add(&evaluator->sums.reconstruction, reconstruction);
    vae__moments_add(&evaluator->sums.kl, kl);
    evaluator->sums.observed += observed;
    vae_examples *examples = evaluator->examples;
    if (!examples)
        return;
    examples->elbo[number] = reconstruction - kl;
    examples->reconstruction[number] = reconstruction;
    examples->kl[number] = kl;
    examples->observed[number] = (int64_t)observed;
}

/* Posterior means of example `e`, and, where there is a KL by dimension, that. */
static void add_dimensions(vae__evaluator *evaluator, const float *mean, const float *kl, int64_t e)
{
    const int64_t size = evaluator->latent_size;
    for (int64_t i = 0; i < size; i++) {
        double value = mean[e * size + i];
        evaluator->mean[i] += value;
        evaluator->square[i] += value * value;
        evaluator->kl[i] += kl ? kl[e * size + i] : 0;
    }
}

static void add_batch(vae__evaluator *evaluator, int64_t begin, int64_t examples)
{
    const float *reconstruction = vae_executor_value(evaluator->executor, evaluator->graph.reconstruction);
    const float *kl = vae_executor_value(evaluator->executor, evaluator->graph.kl);
    const float *mean = vae_executor_value(evaluator->executor, evaluator->graph.mean);
    const float *observed = vae_executor_value(evaluator->executor, evaluator->graph.observed);
    const float *kl_dimensions = vae_executor_value(evaluator->executor, evaluator->graph.kl_dimensions);
    for (int64_t e = 0; e < examples; e++) {
        add_example(evaluator, begin + e, reconstruction[e], kl[e],
                    observed ? observed[e] : (double)evaluator->model->x_size);
        add_dimensions(evaluator, mean, kl_dimensions, e);
    }
}

static void clear_sums(vae__evaluator *evaluator)
{
    memset(&evaluator->sums, 0, sizeof evaluator->sums);
    for (int64_t i = 0; i < evaluator->latent_size; i++)
        evaluator->mean[i] = evaluator->square[i] = evaluator->kl[i] = 0;
}

static double mean_variance(const vae__evaluator *evaluator, int64_t i, double examples)
{
    double mean = evaluator->mean[i] / examples, variance = evaluator->square[i] / examples - mean * mean;
    return variance < 0 ? 0 : variance;
}

/* Burda, Grosse, Salakhutdinov 2015, section 5.2: a unit is active when its posterior mean varies by more than 0.01. */
static int64_t active_units(const vae__evaluator *evaluator, double examples)
{
    int64_t active = 0;
    for (int64_t i = 0; i < evaluator->latent_size; i++)
        active += mean_variance(evaluator, i, examples) > 0.01;
    return active;
}

static void keep_dimensions(const vae__evaluator *evaluator, double count)
{
    vae_examples *examples = evaluator->examples;
    for (int64_t i = 0; i < evaluator->latent_size; i++) {
        examples->mean_variance[i] = mean_variance(evaluator, i, count);
        if (examples->kl_dimensions)
            examples->kl_dimensions[i] = evaluator->kl[i] / count;
    }
}

static void tell_means(const vae__evaluator *evaluator, vae_evaluation *evaluation)
{
    const double count = (double)evaluator->match.rows;
    evaluation->examples = evaluator->match.rows;
    evaluation->reconstruction = vae__moments_mean(&evaluator->sums.reconstruction);
    evaluation->kl = vae__moments_mean(&evaluator->sums.kl);
    evaluation->elbo = evaluation->reconstruction - evaluation->kl;
    evaluation->elbo_error = vae__moments_error(&evaluator->sums.elbo);
    evaluation->reconstruction_error = vae__moments_error(&evaluator->sums.reconstruction);
    evaluation->kl_error = vae__moments_error(&evaluator->sums.kl);
    evaluation->observed = evaluator->sums.observed / count;
    evaluation->active_units = active_units(evaluator, count);
    evaluation->latent_size = evaluator->latent_size;
    if (evaluator->examples)
        keep_dimensions(evaluator, count);
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
    tell_means(evaluator, evaluation);
    return vae__ok();
}
