/* Importance sampling in pieces, summed in one order. */
#include "src/infer/likelihood.h"

#include <math.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/infer/evaluator.h"

enum {
    PIECE = 64, /* samples of an example in a run */
    ROWS = 2048 /* rows of a run: examples times samples */
};

/* A graph for one number of samples, and its executor. */
typedef struct vae__piece {
    int64_t samples;
    vae__model_graph graph;
    vae_executor *executor;
} vae__piece;

/* Σ exp(log_weight), kept as its largest term and the sum over it. */
typedef struct vae__sum {
    double largest, sum;
} vae__sum;

typedef struct vae__estimate {
    const vae_model *model;
    const vae__match *match;
    const vae_evaluation_options *options;
    int64_t capacity; /* examples */
    vae__piece full, rest;
    uint32_t *rows; /* of the run */
    vae__sum *sums; /* by example of the run */
} vae__estimate;

static vae_status make_piece(const vae__estimate *estimate, int64_t samples, vae__piece *piece)
{
    piece->samples = samples;
    if (!samples)
        return vae__ok();
    vae__graph_request request = vae__match_request(estimate->match, VAE__WEIGHTS);
    request.samples = samples;
    VAE__TRY(vae__model_graph_new(estimate->model, &request, &piece->graph));
    const vae_executor_options options = { .capacity = estimate->capacity,
                                           .threads = estimate->options->threads,
                                           .kernels = estimate->options->kernels };
    return vae_executor_new(piece->graph.program, &options, &piece->executor);
}

static void clear_piece(vae__piece *piece)
{
    vae_executor_free(&piece->executor);
    vae__model_graph_clear(&piece->graph);
}

static vae_status make(vae__estimate *estimate)
{
    int64_t rows = estimate->match->rows, samples = estimate->options->samples;
    int64_t piece = samples < PIECE ? samples : PIECE, latent = estimate->model->declaration.latents[0].size;
    if (samples > UINT32_MAX / latent)
        return vae__error(VAE_ERROR_ARGUMENT,
                          "expected at most 2^32 draws an example, found %lld samples of %lld "
                          "dimensions",
                          (long long)samples, (long long)latent);
    estimate->capacity = ROWS / piece < rows ? ROWS / piece : rows;
    VAE__TRY(vae__allocate("an estimate", (size_t)estimate->capacity, sizeof(uint32_t), &estimate->rows));
    VAE__TRY(vae__allocate("an estimate", (size_t)estimate->capacity, sizeof(vae__sum), &estimate->sums));
    VAE__TRY(make_piece(estimate, piece, &estimate->full));
    return make_piece(estimate, samples % piece, &estimate->rest);
}

static void add_term(vae__sum *sum, double log_weight)
{
    if (log_weight == -INFINITY)
        return;
    if (log_weight > sum->largest) {
        sum->sum = sum->sum * exp(sum->largest - log_weight) + 1;
        sum->largest = log_weight;
    } else {
        sum->sum += exp(log_weight - sum->largest);
    }
}

static vae_status run_piece(vae__estimate *estimate, const vae__piece *piece, int64_t examples, int64_t first_sample)
{
    vae_binding bindings[VAE__MAX_BINDINGS];
    int count = vae__match_bind(estimate->match, &piece->graph, estimate->rows, bindings);
    vae_run run = { .examples = examples,
                    .bindings = bindings,
                    .binding_count = count,
                    .seed = estimate->options->seed,
                    .purpose = "evaluate",
                    .example_ids = estimate->rows,
                    .first_sample = (uint32_t)first_sample };
    VAE__TRY(vae_executor_run(piece->executor, &run));
    const float *log_weight = vae_executor_value(piece->executor, piece->graph.log_weight);
    for (int64_t e = 0; e < examples; e++)
        for (int64_t k = 0; k < piece->samples; k++)
            add_term(&estimate->sums[e], log_weight[e * piece->samples + k]);
    return vae__ok();
}

/* Adds log 1/K Σ_k of examples begin … begin + examples - 1 to *total. */
static vae_status add_examples(vae__estimate *estimate, int64_t begin, int64_t examples, double *total)
{
    int64_t samples = estimate->options->samples;
    for (int64_t e = 0; e < examples; e++) {
        estimate->rows[e] = (uint32_t)(begin + e);
        estimate->sums[e] = (vae__sum){ -INFINITY, 0 };
    }
    for (int64_t first = 0; first < samples;) {
        const vae__piece *piece = samples - first >= estimate->full.samples ? &estimate->full : &estimate->rest;
        VAE__TRY(run_piece(estimate, piece, examples, first));
        first += piece->samples;
    }
    for (int64_t e = 0; e < examples; e++)
        *total += estimate->sums[e].largest + log(estimate->sums[e].sum) - log((double)samples);
    return vae__ok();
}

static vae_status run_all(vae__estimate *estimate, double *nll)
{
    const vae_evaluation_options *options = estimate->options;
    int64_t rows = estimate->match->rows;
    double total = 0;
    for (int64_t begin = 0; begin < rows; begin += estimate->capacity) {
        int64_t examples = rows - begin < estimate->capacity ? rows - begin : estimate->capacity;
        VAE__TRY(add_examples(estimate, begin, examples, &total));
        VAE__TRY(vae__evaluation_tell(options, begin + examples, rows));
    }
    *nll = -total / (double)rows;
    return vae__ok();
}

vae_status vae__likelihood_estimate(const vae_model *model, const vae__match *match,
                                    const vae_evaluation_options *options, double *nll)
{
    vae__estimate estimate = { .model = model, .match = match, .options = options };
    vae_status status = make(&estimate);
    if (!status.code)
        status = run_all(&estimate, nll);
    clear_piece(&estimate.full);
    clear_piece(&estimate.rest);
    vae__free(estimate.rows);
    vae__free(estimate.sums);
    return status;
}
