/* vae_evaluate and vae_evaluate_examples: the bound and its parts, and the likelihood where samples were asked for. */
#include <math.h>

#include "models/parts.h"
#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/infer/evaluator.h"
#include "src/infer/likelihood.h"
#include "src/infer/moments.h"

enum { SAMPLES_MOST = 10000000 };

static vae_status check(const vae_model *model, const vae_data *data, const vae_evaluation_options *options)
{
    if (!model || !data || !options)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a model, data and options, found NULL");
    if (options->samples < 0 || options->samples > SAMPLES_MOST || options->threads < 0 ||
        (unsigned)options->split >= VAE_SPLITS)
        return vae__error(VAE_ERROR_ARGUMENT,
                          "expected a split, 0 to %d samples and threads of at least 0, found "
                          "%d, %lld and %d",
                          SAMPLES_MOST, (int)options->split, (long long)options->samples, options->threads);
    if (options->prior_samples < 0 || options->prior_samples > SAMPLES_MOST)
        return vae__error(VAE_ERROR_ARGUMENT, "expected 0 to %d draws from the prior, found %lld", SAMPLES_MOST,
                          (long long)options->prior_samples);
    if (options->prior_samples && model->declaration.build)
        return vae__error(VAE_ERROR_UNSUPPORTED,
                          "%s: a .build gives no log p(x | z) for a z that is given, so draws from the prior "
                          "estimate no likelihood",
                          model->declaration.name);
    return vae__ok();
}

/* ---- Likelihoods ------------------------------------------------------------------------------------------------- */

/* The n that −log p(x) is estimated at: 1, 10, 100, … and all of them. Returns how many. */
static int choose_counts(int64_t samples, int64_t counts[VAE_NLL_ESTIMATES])
{
    int count = 0;
    for (int64_t n = 1; n < samples; n *= 10)
        counts[count++] = n;
    counts[count++] = samples;
    return count;
}

static vae__moments moments_of(const double *figures, int64_t rows, int count, int place)
{
    vae__moments moments = { 0 };
    for (int64_t i = 0; i < rows; i++)
        vae__moments_add(&moments, figures[i * count + place]);
    return moments;
}

/* Writes an estimate for each n; returns that of all samples. */
static vae_nll_estimate tell_estimates(const vae__likelihood *found, int64_t rows, vae_nll_estimate *estimates)
{
    for (int place = 0; place < found->count; place++) {
        const vae__moments nll = moments_of(found->nll, rows, found->count, place);
        estimates[place] =
            (vae_nll_estimate){ found->counts[place], vae__moments_mean(&nll), vae__moments_error(&nll) };
    }
    return estimates[found->count - 1];
}

/* Of a row, by all samples. */
static double nll_of(const vae__likelihood *found, int64_t row)
{
    return found->nll[row * found->count + found->count - 1];
}

static void tell_importance(const vae__likelihood *found, int64_t rows, vae_evaluation *evaluation,
                            vae_examples *examples)
{
    const vae_nll_estimate all = tell_estimates(found, rows, evaluation->nll_estimates);
    const vae__moments fraction = moments_of(found->effective_fraction, rows, 1, 0);
    evaluation->nll_estimate_count = found->count;
    evaluation->nll = all.nll;
    evaluation->nll_error = all.nll_error;
    evaluation->effective_fraction = vae__moments_mean(&fraction);
    evaluation->effective_fraction_least = found->effective_fraction[0];
    for (int64_t i = 0; i < rows; i++) {
        if (!(found->effective_fraction[i] >= evaluation->effective_fraction_least))
            evaluation->effective_fraction_least = found->effective_fraction[i];
        if (!examples)
            continue;
        examples->nll[i] = nll_of(found, i);
        examples->effective_fraction[i] = found->effective_fraction[i];
    }
}

static void tell_prior(const vae__likelihood *found, int64_t rows, vae_evaluation *evaluation, vae_examples *examples)
{
    const vae_nll_estimate all = tell_estimates(found, rows, evaluation->prior_estimates);
    evaluation->prior_estimate_count = found->count;
    evaluation->prior_nll = all.nll;
    evaluation->prior_nll_error = all.nll_error;
    for (int64_t i = 0; examples && i < rows; i++)
        examples->prior_nll[i] = nll_of(found, i);
}

/* The two ways to a likelihood. */
static const struct {
    vae__graph_kind kind;
    void (*tell)(const vae__likelihood *found, int64_t rows, vae_evaluation *evaluation, vae_examples *examples);
} ways[] = {
    { VAE__WEIGHTS, tell_importance },
    { VAE__PRIOR_WEIGHTS, tell_prior },
};

static vae_status estimate(const vae_model *model, const vae__match *match, const vae_evaluation_options *options,
                           int way, int64_t samples, vae_evaluation *evaluation, vae_examples *examples)
{
    int64_t counts[VAE_NLL_ESTIMATES];
    const size_t rows = (size_t)match->rows;
    vae__likelihood wanted = { .kind = ways[way].kind, .samples = samples, .counts = counts };
    wanted.count = choose_counts(samples, counts);
    vae_status status = vae__allocate("an estimate", rows, (size_t)wanted.count * sizeof *wanted.nll, &wanted.nll);
    if (!status.code)
        status = vae__allocate("an estimate", rows, sizeof(double), &wanted.effective_fraction);
    if (!status.code)
        status = vae__likelihood_estimate(model, match, options, &wanted);
    if (!status.code)
        ways[way].tell(&wanted, match->rows, evaluation, examples);
    vae__free(wanted.nll);
    vae__free(wanted.effective_fraction);
    return status;
}

/* ---- All of it --------------------------------------------------------------------------------------------------- */

/* Bits per dimension, where the likelihood is no density. */
static double bits(const vae_model *model, const vae_evaluation *evaluation, double nats)
{
    const vae_likelihood *likelihood = model->likelihood.row;
    return likelihood->density ? NAN : nats / (evaluation->observed * log(2));
}

static vae_status evaluate_bound(const vae_model *model, const vae__match *match, const vae_evaluation_options *options,
                                 vae_evaluation *evaluation, vae_examples *examples)
{
    vae__evaluator *evaluator = NULL;
    VAE__TRY(vae__evaluator_new(model, match, options->threads, options->kernels, examples, &evaluator));
    vae_evaluation_options bound = *options;
    if (options->samples || options->prior_samples)
        bound.progress = NULL; /* the likelihood takes longer: its examples are counted */
    vae_status status = vae__evaluator_run(evaluator, &bound, evaluation);
    vae__evaluator_free(&evaluator);
    return status;
}

/* `examples` may be NULL; else its arrays have room. */
static vae_status evaluate(const vae_model *model, const vae__match *match, const vae_evaluation_options *options,
                           vae_evaluation *evaluation, vae_examples *examples)
{
    const int64_t samples[] = { options->samples, options->prior_samples };
    VAE__TRY(evaluate_bound(model, match, options, evaluation, examples));
    evaluation->samples = options->samples;
    evaluation->prior_samples = options->prior_samples;
    evaluation->nll = evaluation->nll_error = evaluation->prior_nll = evaluation->prior_nll_error = NAN;
    evaluation->effective_fraction = evaluation->effective_fraction_least = NAN;
    for (int way = 0; way < 2; way++)
        if (samples[way])
            VAE__TRY(estimate(model, match, options, way, samples[way], evaluation, examples));
    evaluation->elbo_bits = bits(model, evaluation, evaluation->elbo);
    evaluation->nll_bits = bits(model, evaluation, evaluation->nll);
    evaluation->prior_nll_bits = bits(model, evaluation, evaluation->prior_nll);
    return vae__ok();
}

vae_status vae_evaluate(const vae_model *model, const vae_data *data, const vae_evaluation_options *options,
                        vae_evaluation *evaluation)
{
    if (!evaluation)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a place for the evaluation, found NULL");
    *evaluation = (vae_evaluation){ 0 };
    VAE__TRY(check(model, data, options));
    vae__match match;
    VAE__TRY(vae__match_data(model, data, options->split, &match));
    return evaluate(model, &match, options, evaluation, NULL);
}

/* An array that is wanted, or none. */
static vae_status make_column(bool wanted, int64_t count, double **column)
{
    return wanted ? vae__allocate("figures", (size_t)count, sizeof(double), column) : vae__ok();
}

static vae_status make_room(const vae_model *model, const vae_data *data, const vae_evaluation_options *options,
                            int64_t rows, vae_examples *examples)
{
    enum { COLUMNS = 8 };
    const bool importance = options->samples > 0;
    examples->count = rows;
    examples->split = options->split;
    examples->latent_size = model->declaration.latents[0].size;
    VAE__TRY(vae__memory_check_rows("figures of each example", rows, COLUMNS * sizeof(double)));
    VAE__TRY(make_column(true, rows, &examples->elbo));
    VAE__TRY(make_column(true, rows, &examples->reconstruction));
    VAE__TRY(make_column(true, rows, &examples->kl));
    VAE__TRY(make_column(importance, rows, &examples->nll));
    VAE__TRY(make_column(importance, rows, &examples->effective_fraction));
    VAE__TRY(make_column(options->prior_samples > 0, rows, &examples->prior_nll));
    VAE__TRY(make_column(vae__model_tells_dimensions(model), examples->latent_size, &examples->kl_dimensions));
    VAE__TRY(make_column(true, examples->latent_size, &examples->mean_variance));
    VAE__TRY(vae__allocate("figures", (size_t)rows, sizeof(int64_t), &examples->observed));
    VAE__TRY(vae__allocate("figures", (size_t)rows, sizeof(int64_t), &examples->row));
    for (int64_t i = 0; i < rows; i++)
        examples->row[i] = vae_data_row(data, options->split, i);
    return vae__ok();
}

vae_status vae_evaluate_examples(const vae_model *model, const vae_data *data, const vae_evaluation_options *options,
                                 vae_evaluation *evaluation, vae_examples *examples)
{
    vae_evaluation unwanted;
    if (!examples)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a place for the examples, found NULL");
    *examples = (vae_examples){ 0 };
    evaluation = evaluation ? evaluation : &unwanted;
    *evaluation = (vae_evaluation){ 0 };
    VAE__TRY(check(model, data, options));
    vae__match match;
    VAE__TRY(vae__match_data(model, data, options->split, &match));
    vae_status status = make_room(model, data, options, match.rows, examples);
    if (!status.code)
        status = evaluate(model, &match, options, evaluation, examples);
    if (status.code)
        vae_examples_free(examples);
    return status;
}

void vae_examples_free(vae_examples *examples)
{
    if (!examples)
        return;
    vae__free(examples->row);
    vae__free(examples->elbo);
    vae__free(examples->reconstruction);
    vae__free(examples->kl);
    vae__free(examples->observed);
    vae__free(examples->nll);
    vae__free(examples->effective_fraction);
    vae__free(examples->prior_nll);
    vae__free(examples->kl_dimensions);
    vae__free(examples->mean_variance);
    *examples = (vae_examples){ 0 };
}
