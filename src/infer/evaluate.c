/* vae_evaluate: the bound and its parts, and the likelihood where samples were asked for. */
#include <math.h>

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

vae_status vae_evaluate(const vae_model *model, const vae_data *data, const vae_evaluation_options *options,
                        vae_evaluation *evaluation)
{
    if (!evaluation)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a place for the evaluation, found NULL");
    *evaluation = (vae_evaluation){ 0 };
    VAE__TRY(check(model, data, options));
    vae__match match;
    VAE__TRY(vae__match_data(model, data, options->split, &match));
    vae__evaluator *evaluator = NULL;
    VAE__TRY(vae__evaluator_new(model, &match, options->threads, &evaluator));
    vae_evaluation_options bound = *options;
    if (options->samples)
        bound.progress = NULL; /* the likelihood takes longer: its examples are counted */
    vae_status status = vae__evaluator_run(evaluator, &bound, evaluation);
    vae__evaluator_free(&evaluator);
    evaluation->samples = options->samples;
    evaluation->nll = NAN;
    if (!status.code && options->samples)
        status = vae__likelihood_estimate(model, &match, options, &evaluation->nll);
    return status;
}
