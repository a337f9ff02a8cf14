/* vae eval: the evidence lower bound and its parts on a split, the likelihood by samples, the dimensions of z. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "src/command/mig.h"
#include "src/command/rows.h"

enum {
    VAE__ROWS_NAMES,
    SAMPLES,
    PRIOR_SAMPLES,
    DIMENSIONS,
    CURVE,
    MIG,
    MIG_ROWS,
    OUT,
    PER_EXAMPLE,
    SEED,
    THREADS,
    KERNELS,
    JSON
};

static const vae__option options[] = {
    VAE__ROWS_OPTIONS,
    [SAMPLES] = { "samples", "K", VAE__WHOLE, "importance samples for the likelihood; 0: none", "0", 0, 1e6 },
    [PRIOR_SAMPLES] = { "prior-samples", "N", VAE__WHOLE, "draws from the prior for the likelihood; 0: none", "0", 0,
                        1e7 },
    [DIMENSIONS] = { "dimensions", NULL, VAE__FLAG, "list the dimensions of z, those with the most kl first", NULL, 0,
                     0 },
    [CURVE] = { "curve", "FILE.svg", VAE__TEXT, "plot the likelihood's estimates by 1, 10, 100, ... samples", NULL, 0,
                0 },
    [MIG] = { "mig", "NAME,NAME...", VAE__TEXT,
              "mutual information gap of z for these classes of the data; all: for all of them", NULL, 0, 0 },
    [MIG_ROWS] = { "mig-rows", "N", VAE__WHOLE, "rows that it is estimated from, drawn by the seed", "2000", 2, 1e6 },
    [OUT] = { "out", "FILE.h5", VAE__TEXT, "write all figures, of each example and of each dimension of z too", NULL, 0,
              0 },
    [PER_EXAMPLE] = { "per-example", "FILE.h5", VAE__TEXT, "another name of --out", NULL, 0, 0 },
    [SEED] = { "seed", "N", VAE__WHOLE, "of binarisation and noise, drawn once for each example", "0", 0,
               VAE__WHOLE_MAX },
    [THREADS] = VAE__THREADS_OPTION,
    [KERNELS] = VAE__KERNELS_OPTION,
    [JSON] = VAE__JSON_OPTION,
    { .name = NULL },
};
VAE__CHECK_OPTIONS(options);

/* The file of all figures, and the option that named it. */
static const char *file_of(const vae__call *call, const char **option)
{
    const int place = call->values[OUT].given ? OUT : PER_EXAMPLE;
    *option = options[place].name;
    return call->values[place].text;
}

/* ---- Dimensions of z --------------------------------------------------------------------------------------------- */

typedef struct dimension {
    int64_t place;
    double kl, mean_variance;
} dimension;

/* The most kl first; where that is not known, the most variance. */
static int compare(const void *one, const void *other)
{
    const dimension *a = one, *b = other;
    const double more = isnan(a->kl) ? b->mean_variance - a->mean_variance : b->kl - a->kl;
    return more > 0 ? 1 : more < 0 ? -1 : a->place > b->place ? 1 : -1;
}

/* NULL: there is no memory. The caller frees them. */
static dimension *sorted(const vae_examples *examples)
{
    dimension *dimensions = calloc((size_t)examples->latent_size + 1, sizeof *dimensions);
    for (int64_t i = 0; dimensions && i < examples->latent_size; i++)
        dimensions[i] =
            (dimension){ i, examples->kl_dimensions ? examples->kl_dimensions[i] : NAN, examples->mean_variance[i] };
    if (dimensions)
        qsort(dimensions, (size_t)examples->latent_size, sizeof *dimensions, compare);
    return dimensions;
}

static void print_dimensions(const dimension *dimensions, int64_t count)
{
    if (!count)
        return;
    printf("dimensions of z, from 0%s\n", isnan(dimensions->kl) ? "; this model cannot tell the kl of one" : "");
    printf("%10s  %10s  %20s\n", "dimension", "kl", "variance of E[z | x]");
    for (int64_t i = 0; i < count; i++) {
        printf("%10" PRId64 "  ", dimensions[i].place);
        if (isnan(dimensions[i].kl))
            printf("%10s", "-");
        else
            printf("%10.4f", dimensions[i].kl);
        printf("  %20.4f%s\n", dimensions[i].mean_variance, dimensions[i].mean_variance > 0.01 ? "" : "  inactive");
    }
}

static void dimensions_to_json(vae__json *json, const dimension *dimensions, int64_t count)
{
    vae__json_array(json, "dimensions");
    for (int64_t i = 0; i < count; i++) {
        vae__json_object(json, NULL);
        vae__json_whole(json, "dimension", dimensions[i].place);
        vae__json_real(json, "kl", dimensions[i].kl);
        vae__json_real(json, "mean_variance", dimensions[i].mean_variance);
        vae__json_object_end(json);
    }
    vae__json_array_end(json);
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static void estimates_to_json(vae__json *json, const char *name, const vae_nll_estimate *estimates, int count)
{
    vae__json_array(json, name);
    for (int i = 0; i < count; i++) {
        vae__json_object(json, NULL);
        vae__json_whole(json, "n", estimates[i].n);
        vae__json_real(json, "nll", estimates[i].nll);
        vae__json_real(json, "nll_error", estimates[i].nll_error);
        vae__json_object_end(json);
    }
    vae__json_array_end(json);
}

/* Without dimensions, or factors, they are NULL. */
static void print_json(const vae__call *call, vae_split split, const vae_evaluation *found, const dimension *dimensions,
                       const vae_factors *factors)
{
    const char *option, *path = file_of(call, &option);
    vae__json json = { .file = stdout };
    vae__json_object(&json, NULL);
    vae__json_text(&json, "split", vae_split_name(split));
    vae__json_whole(&json, "examples", found->examples);
    vae__json_real(&json, "elbo", found->elbo);
    vae__json_real(&json, "elbo_error", found->elbo_error);
    vae__json_real(&json, "elbo_bits", found->elbo_bits);
    vae__json_real(&json, "reconstruction", found->reconstruction);
    vae__json_real(&json, "reconstruction_error", found->reconstruction_error);
    vae__json_real(&json, "kl", found->kl);
    vae__json_real(&json, "kl_error", found->kl_error);
    vae__json_real(&json, "observed", found->observed);
    vae__json_real(&json, "nll", found->nll);
    vae__json_real(&json, "nll_error", found->nll_error);
    vae__json_real(&json, "nll_bits", found->nll_bits);
    vae__json_whole(&json, "nll_samples", found->samples);
    vae__json_real(&json, "effective_fraction", found->effective_fraction);
    vae__json_real(&json, "effective_fraction_least", found->effective_fraction_least);
    vae__json_real(&json, "prior_nll", found->prior_nll);
    vae__json_real(&json, "prior_nll_error", found->prior_nll_error);
    vae__json_real(&json, "prior_nll_bits", found->prior_nll_bits);
    vae__json_whole(&json, "prior_nll_samples", found->prior_samples);
    estimates_to_json(&json, "nll_estimates", found->nll_estimates, found->nll_estimate_count);
    estimates_to_json(&json, "prior_estimates", found->prior_estimates, found->prior_estimate_count);
    vae__json_whole(&json, "active_units", found->active_units);
    vae__json_whole(&json, "latent_size", found->latent_size);
    if (dimensions)
        dimensions_to_json(&json, dimensions, found->latent_size);
    if (factors)
        vae__mig_to_json(&json, factors);
    if (path)
        vae__json_text(&json, call->values[OUT].given ? "path" : "per_example", path);
    vae__json_finish(&json);
}

/* ---- Text -------------------------------------------------------------------------------------------------------- */

/* "elbo            -102.412 ± 0.512": without the error of a single example, and without the line's end. */
static void print_figure(const char *name, double mean, double error)
{
    printf("%-15s %.3f", name, mean);
    if (!isnan(error))
        printf(" ± %.3f", error);
}

static void print_bits(double bits)
{
    if (!isnan(bits))
        printf(", %.4f bits per dimension", bits);
    putchar('\n');
}

/* By fewer samples than all. */
static void print_estimates(const vae_nll_estimate *estimates, int count)
{
    for (int i = 0; i + 1 < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "  n = %" PRId64, estimates[i].n);
        print_figure(name, estimates[i].nll, estimates[i].nll_error);
        putchar('\n');
    }
}

/* The three upper bounds of -log p(x), side by side. */
static void print_likelihoods(const vae_evaluation *found)
{
    if (!found->samples && !found->prior_samples)
        return;
    print_figure("-elbo", -found->elbo, found->elbo_error);
    print_bits(-found->elbo_bits);
    if (found->samples) {
        print_figure("nll", found->nll, found->nll_error);
        printf(" with %" PRId64 " importance samples", found->samples);
        print_bits(found->nll_bits);
        printf("  effective     %.2f %% of the samples, of an example at least %.2f %%\n",
               100 * found->effective_fraction, 100 * found->effective_fraction_least);
        print_estimates(found->nll_estimates, found->nll_estimate_count);
    }
    if (found->prior_samples) {
        print_figure("prior nll", found->prior_nll, found->prior_nll_error);
        printf(" with %" PRId64 " draws from the prior", found->prior_samples);
        print_bits(found->prior_nll_bits);
        print_estimates(found->prior_estimates, found->prior_estimate_count);
    }
}

static void print_figures(const vae__call *call, const vae__rows *rows, const vae_evaluation *found,
                          const dimension *dimensions, const vae_factors *factors)
{
    double size = (double)vae_model_x_size(rows->model);
    const char *option, *path = file_of(call, &option);
    printf("split           %s, %" PRId64 " examples\n", vae_split_name(rows->split), found->examples);
    print_figure("elbo", found->elbo, found->elbo_error);
    printf(" nats per example");
    print_bits(found->elbo_bits);
    print_figure("reconstruction", found->reconstruction, found->reconstruction_error);
    putchar('\n');
    print_figure("kl", found->kl, found->kl_error);
    putchar('\n');
    if (found->observed < size)
        printf("observed        %.1f of %.0f values of an example\n", found->observed, size);
    print_likelihoods(found);
    if (found->latent_size)
        printf("active units    %" PRId64 " of %" PRId64 "\n", found->active_units, found->latent_size);
    if (dimensions)
        print_dimensions(dimensions, found->latent_size);
    if (factors)
        vae__mig_print(factors);
    if (path)
        vae__line(stdout, "%s: all figures, of each example too", path);
    if (call->values[CURVE].given)
        vae__line(stdout, "%s: estimates by so many samples", call->values[CURVE].text);
}

/* ---- The curve --------------------------------------------------------------------------------------------------- */

/* An estimate's coordinates, as a curve has them. */
typedef struct points {
    double x[VAE_NLL_ESTIMATES], y[VAE_NLL_ESTIMATES];
} points;

static vae_series series_of(const char *name, const vae_nll_estimate *estimates, int count, int color, points *at)
{
    for (int i = 0; i < count; i++) {
        at->x[i] = (double)estimates[i].n;
        at->y[i] = estimates[i].nll;
    }
    return (vae_series){ .name = name, .x = at->x, .y = at->y, .count = count, .color = color };
}

static vae_status draw_curve(const char *path, const vae_evaluation *found)
{
    points ways[2];
    const vae_series series[] = {
        series_of("importance sampling from q(z | x)", found->nll_estimates, found->nll_estimate_count, 0, &ways[0]),
        series_of("draws from the prior", found->prior_estimates, found->prior_estimate_count, 1, &ways[1]),
    };
    const int first = !found->nll_estimate_count, last = found->prior_estimate_count ? 2 : 1;
    return vae_plot_write(path, &(vae_plot){ .x_label = "samples of z for each example",
                                             .y_label = "estimate of -log p(x), nats per example",
                                             .x_log = true,
                                             .series = series + first,
                                             .series_count = last - first });
}

/* ---- The work ---------------------------------------------------------------------------------------------------- */

static vae_status evaluate(const vae__call *call, const vae__rows *rows, vae_evaluation *found, vae_examples *examples)
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
        .prior_samples = call->values[PRIOR_SAMPLES].whole,
    };
    const char *option, *path = file_of(call, &option);
    const vae_factors *factors = examples->factors;
    vae_status status = path || call->values[DIMENSIONS].given
                            ? vae_evaluate_examples(rows->model, rows->data, &settings, found, examples)
                            : vae_evaluate(rows->model, rows->data, &settings, found);
    vae__bar_clear(&counting.bar);
    examples->factors = factors;
    if (!status.code && path)
        status = vae_evaluation_save(rows->model, found, examples, path);
    if (!status.code && call->values[CURVE].given)
        status = draw_curve(call->values[CURVE].text, found);
    return status;
}

static int tell_found(const vae__call *call, const vae__rows *rows, const vae_evaluation *found,
                      const vae_examples *examples)
{
    dimension *dimensions = NULL;
    if (call->values[DIMENSIONS].given) {
        dimensions = sorted(examples);
        if (!dimensions)
            return vae__failed(call, "no memory for the dimensions of z");
    }
    if (call->values[JSON].given)
        print_json(call, rows->split, found, dimensions, examples->factors);
    else
        print_figures(call, rows, found, dimensions, examples->factors);
    free(dimensions);
    return VAE__EXIT_DONE;
}

static vae_status measure(const vae__call *call, const vae__rows *rows, vae_factors *factors)
{
    const vae__mig_options asked = { .fields = rows->fields,
                                     .rows = call->values[MIG_ROWS].whole,
                                     .seed = (uint64_t)call->values[SEED].whole,
                                     .threads = (int)call->values[THREADS].whole };
    return vae__mig_measure(rows, &asked, factors);
}

static int tell(const vae__call *call, const vae__rows *rows)
{
    vae_evaluation found;
    vae_factors factors = { .count = 0 };
    vae_examples examples = { .count = 0 };
    vae_status status = { .code = VAE_OK };
    if (call->values[MIG].given) {
        status = measure(call, rows, &factors);
        examples.factors = &factors;
    }
    if (!status.code)
        status = evaluate(call, rows, &found, &examples);
    int exit_status = status.code ? vae__failed_status(call, status) : tell_found(call, rows, &found, &examples);
    vae_examples_free(&examples);
    vae_factors_free(&factors);
    return exit_status;
}

static int check_target(const vae__call *call, const char *option, const char *path, vae__file_kind kind)
{
    int status = vae__check_target_of(call, option, path, kind);
    const vae__value *data = &call->values[DATA];
    return status ? status : vae__check_apart(call, option, path, "data", data->texts, data->count);
}

static int check_file(const vae__call *call)
{
    const char *option, *path = file_of(call, &option);
    if (!path)
        return VAE__EXIT_DONE;
    if (call->values[OUT].given && call->values[PER_EXAMPLE].given)
        return vae__wrong_usage(call, "--per-example is another name of --out: expected one of them, found both");
    if (!vae__name_ends(path, ".h5") && !vae__name_ends(path, ".hdf5"))
        return vae__wrong_usage(call, "--%s: expected a name that ends in .h5 or .hdf5, found \"%s\"", option, path);
    return check_target(call, option, path, VAE__EXAMPLES_FILE);
}

static int check_curve(const vae__call *call)
{
    const char *path = call->values[CURVE].text;
    if (!path)
        return VAE__EXIT_DONE;
    if (!call->values[SAMPLES].whole && !call->values[PRIOR_SAMPLES].whole)
        return vae__wrong_usage(call, "--curve: expected --samples K or --prior-samples N beside it, found neither");
    if (!vae__name_ends(path, ".svg"))
        return vae__wrong_usage(call, "--curve: expected a name that ends in .svg, found \"%s\"", path);
    return check_target(call, options[CURVE].name, path, VAE__PLOT_FILE);
}

static int run(const vae__call *call)
{
    vae__rows_options wanted = VAE__ROWS_VALUES(call);
    vae__fields fields;
    int status = vae__check_rows(call, &wanted);
    if (!status)
        status = vae__mig_parse(call, &call->values[MIG], &fields);
    if (!status && call->values[MIG_ROWS].given && !call->values[MIG].given)
        status = vae__wrong_usage(call, "--mig-rows: expected --mig NAME beside it, found none");
    wanted.fields = &fields;
    if (!status)
        status = check_file(call);
    if (!status)
        status = check_curve(call);
    return status ? status : vae__work_on_rows(call, &wanted, tell);
}

const vae__command vae__command_eval = {
    .name = "eval",
    .summary = "evaluate a model: ELBO and its parts, likelihood, dimensions of z",
    .usage = "FILE.h5 --data SRC [options]",
    .argument = "FILE.h5",
    .options = options,
    .notes =
        "Figures are nats per example, with the standard error of the mean over examples; elbo = reconstruction - kl. "
        "A validation split that was held out in training "
        "is held out again where the data is the same. There is no guessing of a split. A class of --mig is a "
        "condition "
        "of the model, what the data has (label), or what lies in HDF5 data by that path.\n" VAE__PLACES_NOTE,
    .run = run,
};
