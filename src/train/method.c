/* Options, or the recipe of the model, or what is usual. */
#include "src/train/method.h"

#include <inttypes.h>
#include <math.h>

#include "src/base/status.h"

#define PI 3.14159265358979323846

/* ---- Options ----------------------------------------------------------------------------------------------------- */

/* 0 says nothing, and infinity that there is none. */
static vae_status check_bound(const char *what, double bound)
{
    if (!(bound < 0) && (!(bound > 0) || isinf(bound) || (bound >= VAE__BOUND_LEAST && bound <= VAE__BOUND_MOST)) &&
        !isnan(bound))
        return vae__ok();
    return vae__error(VAE_ERROR_ARGUMENT, "%s: expected a number from %g to %g, or infinity for none, found %g", what,
                      VAE__BOUND_LEAST, VAE__BOUND_MOST, bound);
}

static vae_status check_numbers(const vae_training_options *options)
{
    if (options->batch_size < 0 || options->batch_size > VAE__MAX_BATCH)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a batch of 1 to %d examples, found %" PRId64,
                          (int)VAE__MAX_BATCH, options->batch_size);
    if (!(options->learning_rate >= 0 && options->learning_rate <= 1e6))
        return vae__error(VAE_ERROR_ARGUMENT, "expected a learning rate above 0 and up to 1e6, found %g",
                          options->learning_rate);
    VAE__TRY(check_bound("clip-norm", options->clip_norm));
    VAE__TRY(check_bound("clip-value", options->clip_value));
    return check_bound("weight-prior", options->weight_prior);
}

/* What the texts say. */
static vae_status read_texts(const vae_training_options *options, vae__phrase *optimizer, vae__phrases *schedule)
{
    const char *step = options->optimizer ? options->optimizer : "adam";
    VAE__TRY(vae__phrase_parse(&vae__optimizers, step, "optimizer", optimizer));
    return vae__phrases_parse(&vae__schedules, options->schedule ? options->schedule : "", "schedule", schedule);
}

static vae_status check(const vae_training_options *options)
{
    vae__phrase optimizer;
    vae__phrases schedule;
    VAE__TRY(check_numbers(options));
    return read_texts(options, &optimizer, &schedule);
}

vae_status vae_training_options_check(const vae_training_options *options)
{
    return options ? check(options) : vae__ok();
}

static double either(double told, double recipe)
{
    return told > 0 ? told : recipe;
}

/* What options leave open. */
static vae_training_options fill_in(const vae_training_options *options, const vae_recipe *recipe)
{
    vae_training_options wanted = *options;
    wanted.batch_size = options->batch_size ? options->batch_size : recipe->batch_size;
    wanted.learning_rate = either(options->learning_rate, recipe->learning_rate);
    wanted.optimizer = options->optimizer ? options->optimizer : recipe->optimizer;
    wanted.schedule = options->schedule ? options->schedule : recipe->schedule;
    wanted.clip_norm = either(options->clip_norm, recipe->clip_norm);
    wanted.clip_value = either(options->clip_value, recipe->clip_value);
    wanted.weight_prior = either(options->weight_prior, recipe->weight_prior);
    return wanted;
}

static double bound_of(double told)
{
    return isinf(told) ? 0 : told;
}

vae_status vae__method_take(vae_training *training, const vae_training_options *options)
{
    const vae_model_spec *spec = &training->model->declaration;
    const vae_training_options wanted = fill_in(options, &spec->recipe);
    vae__phrase optimizer;
    vae__phrases schedule;
    vae_status status = check_numbers(&wanted);
    if (!status.code)
        status = read_texts(&wanted, &optimizer, &schedule);
    if (status.code) /* the options were looked at before, so it is in the recipe */
        return vae__error_within(status, "%.60s: recipe: ", spec->name);
    training->batch_size = wanted.batch_size ? wanted.batch_size : 128;
    training->learning_rate = wanted.learning_rate > 0 ? wanted.learning_rate : 1e-3;
    training->method.clip_norm = bound_of(wanted.clip_norm);
    training->method.clip_value = bound_of(wanted.clip_value);
    training->method.weight_prior = bound_of(wanted.weight_prior);
    VAE__TRY(vae__training_take_optimizer(training, &optimizer));
    return vae__training_take_schedule(training, &schedule);
}

/* ---- A step ------------------------------------------------------------------------------------------------------ */

bool vae__method_is_at_once(const vae_training *training)
{
    const vae__method *method = &training->method;
    const vae__optimizer *row = method->optimizer.row;
    return row->is_adam && !(method->clip_norm > 0 || method->clip_value > 0 || method->weight_prior > 0);
}

double vae__method_rate(const vae_training *training)
{
    return vae__training_rate(training, training->epoch,
                              training->step - training->epoch * vae__training_steps(training));
}

double vae__method_number(const vae_training *training)
{
    return (double)(training->step - training->skipped) + 1;
}

vae__adam vae__adam_of(const vae_training *training)
{
    return vae__adam_constants(training->method.optimizer.arguments, vae__method_rate(training),
                               vae__method_number(training));
}

double vae__method_log_prior(const vae_training *training, int64_t rows)
{
    vae_store *store = training->model->store;
    const float *values = vae_store_parameters(store);
    const double deviation = training->method.weight_prior;
    double squares = 0, count = 0;
    for (int i = 0; i < vae_store_count(store); i++) {
        const vae_tensor *tensor = vae_store_tensor(store, i);
        for (int64_t k = tensor->offset; tensor->trainable && k < tensor->offset + tensor->size; k++, count++)
            squares += (double)values[k] * (double)values[k];
    }
    return (-count * (log(deviation) + log(2 * PI) / 2) - squares / (2 * deviation * deviation)) / (double)rows;
}
