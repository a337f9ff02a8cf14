/* vae eval: the evidence lower bound and its parts on a split, the likelihood by importance sampling, active units. */
#include <inttypes.h>
#include <math.h>

#include "src/command/rows.h"

enum { VAE__ROWS_NAMES, SAMPLES, PER_EXAMPLE, SEED, THREADS, KERNELS, JSON };

static const vae__option options[] = {
    VAE__ROWS_OPTIONS,
    [SAMPLES] = { "samples", "K", VAE__WHOLE, "importance samples for the likelihood; 0: none", "0", 0, 1e6 },
    [PER_EXAMPLE] = { "per-example", "FILE.h5", VAE__TEXT,
                      "write elbo, reconstruction, kl, observed and row of each example", NULL, 0, 0 },
    [SEED] = { "seed", "N", VAE__WHOLE, "of binarisation and noise, drawn once for each example", "0", 0,
               VAE__WHOLE_MAX },
    [THREADS] = VAE__THREADS_OPTION,
    [KERNELS] = VAE__KERNELS_OPTION,
    [JSON] = VAE__JSON_OPTION,
    { .name = NULL },
};
VAE__CHECK_OPTIONS(options);

static void print_json(const vae__call *call, vae_split split, const vae_evaluation *found)
{
    vae__json json = { .file = stdout };
    vae__json_object(&json, NULL);
    vae__json_text(&json, "split", vae_split_name(split));
    vae__json_whole(&json, "examples", found->examples);
    vae__json_real(&json, "elbo", found->elbo);
    vae__json_real(&json, "reconstruction", found->reconstruction);
    vae__json_real(&json, "kl", found->kl);
    vae__json_real(&json, "observed", found->observed);
    vae__json_real(&json, "nll", found->samples ? found->nll : NAN);
    vae__json_whole(&json, "nll_samples", found->samples);
    vae__json_whole(&json, "active_units", found->active_units);
    vae__json_whole(&json, "latent_size", found->latent_size);
    if (call->values[PER_EXAMPLE].given)
        vae__json_text(&json, "per_example", call->values[PER_EXAMPLE].text);
    vae__json_finish(&json);
}

static void print_figures(const vae__call *call, const vae__rows *rows, const vae_evaluation *found)
{
    double size = (double)vae_model_x_size(rows->model);
    printf("split           %s, %" PRId64 " examples\n", vae_split_name(rows->split), found->examples);
    printf("elbo            %.3f nats per example\n", found->elbo);
    printf("reconstruction  %.3f\n", found->reconstruction);
    printf("kl              %.3f\n", found->kl);
    if (found->observed < size)
        printf("observed        %.1f of %.0f values of an example\n", found->observed, size);
    if (found->samples)
        printf("nll             %.3f with %" PRId64 " importance samples\n", found->nll, found->samples);
    printf("active units    %" PRId64 " of %" PRId64 "\n", found->active_units, found->latent_size);
    if (call->values[PER_EXAMPLE].given)
        vae__line(stdout, "%s: figures of each example", call->values[PER_EXAMPLE].text);
}

/* The figures of each example go to a file where one was asked for. */
static vae_status evaluate(const vae__call *call, const vae__rows *rows, vae_evaluation *found)
{
    vae__counting counting = vae__counting_new("evaluating");
    const vae_evaluation_options settings = {
        .split = rows->split,
        .samples = call->values[SAMPLES].whole,
        .seed = (uint64_t)call->values[SEED].whole,
        .threads = (int)call->values[THREADS].whole,
        .progress = vae__count_rows,
        .context = &counting,
        .kernels = call->values[KERNELS].text,
    };
    vae_examples examples = { .count = 0 };
    vae_status status = call->values[PER_EXAMPLE].given
                            ? vae_evaluate_examples(rows->model, rows->data, &settings, found, &examples)
                            : vae_evaluate(rows->model, rows->data, &settings, found);
    vae__bar_clear(&counting.bar);
    if (!status.code && call->values[PER_EXAMPLE].given)
        status = vae_examples_save(rows->model, &examples, call->values[PER_EXAMPLE].text);
    vae_examples_free(&examples);
    return status;
}

static int tell(const vae__call *call, const vae__rows *rows)
{
    vae_evaluation found;
    vae_status status = evaluate(call, rows, &found);
    if (status.code)
        return vae__failed_status(call, status);
    if (call->values[JSON].given)
        print_json(call, rows->split, &found);
    else
        print_figures(call, rows, &found);
    return VAE__EXIT_DONE;
}

static int check_file(const vae__call *call)
{
    const char *path = call->values[PER_EXAMPLE].text;
    if (!path)
        return VAE__EXIT_DONE;
    if (!vae__name_ends(path, ".h5") && !vae__name_ends(path, ".hdf5"))
        return vae__wrong_usage(call, "--per-example: expected a name that ends in .h5 or .hdf5, found \"%s\"", path);
    int status = vae__check_target_of(call, "per-example", path, VAE__EXAMPLES_FILE);
    const vae__value *data = &call->values[DATA];
    return status ? status : vae__check_apart(call, "per-example", path, "data", data->texts, data->count);
}

static int run(const vae__call *call)
{
    const vae__rows_options wanted = VAE__ROWS_VALUES(call);
    int status = vae__check_rows(call, &wanted);
    if (!status)
        status = check_file(call);
    return status ? status : vae__work_on_rows(call, &wanted, tell);
}

const vae__command vae__command_eval = {
    .name = "eval",
    .summary = "evaluate a model: ELBO and its parts, likelihood, active units",
    .usage = "FILE.h5 --data SRC [options]",
    .argument = "FILE.h5",
    .options = options,
    .notes =
        "Figures are nats per example; elbo = reconstruction - kl. A validation split that was held out in training "
        "is held out again where the data is the same. There is no guessing of a split.\n" VAE__PLACES_NOTE,
    .run = run,
};
