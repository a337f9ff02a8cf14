/*
 * Likelihoods by samples. Threads take blocks of examples, each with an executor of its own, so that none waits for
 * another; an example's samples are run in pieces, and summed in one order.
 */
#include "src/infer/likelihood.h"

#include <math.h>
#include <stdatomic.h>

#include "src/base/memory.h"
#include "src/base/parallel.h"
#include "src/base/status.h"
#include "src/infer/evaluator.h"

enum {
    PIECE = 128, /* samples of an example in a run, at most */
    BLOCK = 8    /* examples of a run: the encoder's product is of so many rows */
};

/* How long threads stay in a parallel region before progress is told. */
static const double TELL_SECONDS = 0.25;

/* Σ w and Σ w², kept as the largest log w and the sums over that w and its square. */
typedef struct vae__sum {
    double largest, sum, square;
    int reached; /* counts whose mean is written */
} vae__sum;

/* What a thread works with. */
typedef struct vae__worker {
    vae_executor *executor;
    uint32_t rows[BLOCK]; /* of the run */
    vae__sum sums[BLOCK];
    vae_status status; /* of its last block, which is the one that failed where one did */
    int64_t block;
} vae__worker;

typedef struct vae__estimate {
    const vae_model *model;
    const vae__match *match;
    const vae_evaluation_options *options;
    const vae__likelihood *wanted;
    vae__model_graph graph;
    int64_t piece;  /* samples of a run */
    int64_t blocks; /* of examples */
    vae__worker *workers;
    int threads;
    atomic_llong next;   /* block that no thread has taken */
    atomic_bool leaving; /* a block failed */
    double until;        /* when threads leave the region */
} vae__estimate;

/* ---- Making ------------------------------------------------------------------------------------------------------ */

/* As few pieces as can be, and as equal. */
static vae_status choose_piece(vae__estimate *estimate)
{
    const int64_t samples = estimate->wanted->samples;
    int64_t latent = 1;
    for (int i = 0; i < estimate->model->latent_count; i++)
        latent = estimate->model->declaration.latents[i].size > latent ? estimate->model->declaration.latents[i].size
                                                                       : latent;
    if (samples > UINT32_MAX / latent)
        return vae__error(VAE_ERROR_ARGUMENT,
                          "expected at most 2^32 draws an example, found %lld samples of %lld "
                          "dimensions",
                          (long long)samples, (long long)latent);
    const int64_t pieces = (samples + PIECE - 1) / PIECE;
    estimate->piece = (samples + pieces - 1) / pieces;
    return vae__ok();
}

static vae_status make_workers(vae__estimate *estimate)
{
    const int64_t rows = estimate->match->rows;
    const vae_executor_options options = { .capacity = rows < BLOCK ? rows : BLOCK,
                                           .threads = 1,
                                           .kernels = estimate->options->kernels };
    int threads = estimate->options->threads ? estimate->options->threads : vae__processors();
    if (threads > VAE__THREADS_MAX)
        return vae__error(VAE_ERROR_ARGUMENT, "expected 0 to %d threads, found %d", VAE__THREADS_MAX, threads);
    threads = threads < estimate->blocks ? threads : (int)estimate->blocks;
    VAE__TRY(vae__allocate("an estimate", (size_t)threads, sizeof(vae__worker), &estimate->workers));
    for (; estimate->threads < threads; estimate->threads++)
        VAE__TRY(vae_executor_new(estimate->graph.program, &options, &estimate->workers[estimate->threads].executor));
    return vae__ok();
}

static vae_status make(vae__estimate *estimate)
{
    VAE__TRY(choose_piece(estimate));
    vae__graph_request request = vae__match_request(estimate->match, estimate->wanted->kind);
    request.samples = estimate->piece;
    estimate->blocks = (estimate->match->rows + BLOCK - 1) / BLOCK;
    VAE__TRY(vae__model_graph_new(estimate->model, &request, &estimate->graph));
    return make_workers(estimate);
}

static void clear(vae__estimate *estimate)
{
    for (int i = 0; i < estimate->threads; i++)
        vae_executor_free(&estimate->workers[i].executor);
    vae__free(estimate->workers);
    vae__model_graph_clear(&estimate->graph);
}

/* ---- A block ----------------------------------------------------------------------------------------------------- */

static void add_term(vae__sum *sum, double log_weight)
{
    if (log_weight == -INFINITY)
        return;
    if (log_weight > sum->largest) {
        const double less = exp(sum->largest - log_weight);
        sum->sum = sum->sum * less + 1;
        sum->square = sum->square * less * less + 1;
        sum->largest = log_weight;
    } else {
        const double weight = exp(log_weight - sum->largest);
        sum->sum += weight;
        sum->square += weight * weight;
    }
}

/* Behind n samples of an example: writes the mean so far, where it is asked for. */
static void reach(const vae__likelihood *wanted, vae__sum *sum, int64_t row, int64_t n)
{
    if (n != wanted->counts[sum->reached])
        return;
    wanted->nll[row * wanted->count + sum->reached++] = -(sum->largest + log(sum->sum) - log((double)n));
    if (n < wanted->samples)
        return;
    const double fraction = sum->sum * sum->sum / sum->square / (double)n;
    wanted->effective_fraction[row] = fraction > 1 ? 1 : fraction; /* by rounding alone */
}

/* Adds samples first … first + piece - 1 of each example, those before `done` aside. */
static vae_status run_piece(const vae__estimate *estimate, vae__worker *worker, int64_t examples, int64_t first,
                            int64_t done)
{
    const int64_t piece = estimate->piece;
    vae_binding bindings[VAE__MAX_BINDINGS];
    const vae_run run = { .examples = examples,
                          .bindings = bindings,
                          .binding_count = vae__match_bind(estimate->match, &estimate->graph, worker->rows, bindings),
                          .seed = estimate->options->seed,
                          .purpose = "evaluate",
                          .example_ids = worker->rows,
                          .first_sample = (uint32_t)first };
    VAE__TRY(vae_executor_run(worker->executor, &run));
    const float *log_weight = vae_executor_value(worker->executor, estimate->graph.log_weight);
    for (int64_t e = 0; e < examples; e++)
        for (int64_t k = done - first; k < piece; k++) {
            add_term(&worker->sums[e], log_weight[e * piece + k]);
            reach(estimate->wanted, &worker->sums[e], worker->rows[e], first + k + 1);
        }
    return vae__ok();
}

/* All samples of each example of a block. The last piece begins so early that it is a whole one. */
static vae_status run_block(const vae__estimate *estimate, vae__worker *worker, int64_t block)
{
    const int64_t samples = estimate->wanted->samples, begin = block * BLOCK;
    const int64_t left = estimate->match->rows - begin, examples = left < BLOCK ? left : BLOCK;
    for (int64_t e = 0; e < examples; e++) {
        worker->rows[e] = (uint32_t)(begin + e);
        worker->sums[e] = (vae__sum){ .largest = -INFINITY };
    }
    for (int64_t done = 0; done < samples; done += estimate->piece) {
        const int64_t last = samples - estimate->piece;
        VAE__TRY(run_piece(estimate, worker, examples, done < last ? done : last, done));
    }
    return vae__ok();
}

/* ---- All of them ------------------------------------------------------------------------------------------------- */

/* Which thread takes a block changes nothing in it. */
static void take_blocks(void *context, vae__team team)
{
    vae__estimate *estimate = context;
    vae__worker *worker = &estimate->workers[team.thread];
    do {
        const int64_t block = atomic_fetch_add(&estimate->next, 1);
        if (block >= estimate->blocks)
            break;
        worker->block = block;
        worker->status = run_block(estimate, worker, block);
        if (worker->status.code)
            atomic_store(&estimate->leaving, true);
    } while (!atomic_load(&estimate->leaving) && vae__seconds() < estimate->until);
}

/* That of the first block that failed. */
static vae_status first_failure(const vae__estimate *estimate)
{
    const vae__worker *first = NULL;
    for (int i = 0; i < estimate->threads; i++) {
        const vae__worker *worker = &estimate->workers[i];
        if (worker->status.code && (!first || worker->block < first->block))
            first = worker;
    }
    return first ? first->status : vae__ok();
}

static vae_status run_all(vae__estimate *estimate)
{
    const int64_t rows = estimate->match->rows;
    for (int64_t done = 0; done < rows;) {
        estimate->until = vae__seconds() + TELL_SECONDS;
        vae__parallel(estimate->threads, take_blocks, estimate);
        VAE__TRY(first_failure(estimate));
        done = atomic_load(&estimate->next) * BLOCK;
        done = done < rows ? done : rows;
        VAE__TRY(vae__evaluation_tell(estimate->options, done, rows));
    }
    return vae__ok();
}

vae_status vae__likelihood_estimate(const vae_model *model, const vae__match *match,
                                    const vae_evaluation_options *options, const vae__likelihood *wanted)
{
    vae__estimate estimate = { .model = model, .match = match, .options = options, .wanted = wanted };
    vae_status status = make(&estimate);
    if (!status.code)
        status = run_all(&estimate);
    clear(&estimate);
    return status;
}
