/* vae_evaluate and vae_evaluate_examples: the bound and its parts, and the likelihood where samples were asked for. */
#include <math.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/infer/evaluator.h"
#include "src/infer/likelihood.h"

static vae_status check(const vae_model *model, const vae_data *data, const vae_evaluation_options *options)
{
    if (!model || !data || !options)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a model, data and options, found NULL");
    if (options->samples < 0 || options->samples > 10000000 || options->threads < 0 ||
        (unsigned)options->split >= VAE_SPLITS)
        return vae__error(VAE_ERROR_ARGUMENT,
                          "expected a split, 0 to 10000000 samples and threads of at least 0, found "
                          "%d, %lld and %d",
                          (int)options->split, (long long)options->samples, options->threads);
    return vae__ok();
}

/* `examples` may be NULL; else its arrays have room. */
static vae_status evaluate(const vae_model *model, const vae__match *match, const vae_evaluation_options *options,
                           vae_evaluation *evaluation, vae_examples *examples)
{
    vae__evaluator *evaluator = NULL;
    VAE__TRY(vae__evaluator_new(model, match, options->threads, options->kernels, &evaluator));
    vae__evaluator_keep(evaluator, examples);
    vae_evaluation_options bound = *options;
    if (options->samples)
        bound.progress = NULL; /* the likelihood takes longer: its examples are counted */
    vae_status status = vae__evaluator_run(evaluator, &bound, evaluation);
    vae__evaluator_free(&evaluator);
    evaluation->samples = options->samples;
    evaluation->nll = NAN;
    if (!status.code && options->samples)
        status = vae__likelihood_estimate(model, match, options, &evaluation->nll);
    return status;
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

static vae_status make_room(const vae_data *data, vae_split split, int64_t rows, vae_examples *examples)
{
    enum { COLUMNS = 5 };
    examples->count = rows;
    examples->split = split;
    VAE__TRY(vae__memory_check_rows("figures of each example", rows, COLUMNS * sizeof(double)));
    VAE__TRY(vae__allocate("figures", (size_t)rows, sizeof(double), &examples->elbo));
    VAE__TRY(vae__allocate("figures", (size_t)rows, sizeof(double), &examples->reconstruction));
    VAE__TRY(vae__allocate("figures", (size_t)rows, sizeof(double), &examples->kl));
    VAE__TRY(vae__allocate("figures", (size_t)rows, sizeof(int64_t), &examples->observed));
    VAE__TRY(vae__allocate("figures", (size_t)rows, sizeof(int64_t), &examples->row));
    for (int64_t i = 0; i < rows; i++)
        examples->row[i] = vae_data_row(data, split, i);
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
    vae_status status = make_room(data, options->split, match.rows, examples);
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
    *examples = (vae_examples){ 0 };
}
