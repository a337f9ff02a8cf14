/* vae eval: the evidence lower bound and its parts on a split, the likelihood by importance sampling, active units. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "src/command/data.h"
#include "src/command/files.h"
#include "src/command/json.h"
#include "src/command/progress.h"

enum { DATA, X, CONDITION, SPLIT, SAMPLES, SEED, THREADS, JSON };

static const vae__option options[] = {
    [DATA] = VAE__DATA_OPTION,
    [X] = VAE__X_OPTION,
    [CONDITION] = VAE__CONDITION_OPTION,
    [SPLIT] = { "split", "SPLIT", VAE__TEXT,
                "train, validation, test or all; test where the data has one, all where it is not split", NULL, 0, 0 },
    [SAMPLES] = { "samples", "K", VAE__WHOLE, "importance samples for the likelihood; 0: none", "0", 0, 1e6 },
    [SEED] = { "seed", "N", VAE__WHOLE, "of binarisation and noise, drawn once for each example", "0", 0,
               VAE__WHOLE_MAX },
    [THREADS] = { "threads", "N", VAE__WHOLE, "0: one for each processor; changes no result", "0", 0, 1024 },
    [JSON] = { "json", NULL, VAE__FLAG, "print one JSON object", NULL, 0, 0 },
    { .name = NULL },
};
VAE__CHECK_OPTIONS(options);

static int on_progress(void *context, int64_t done, int64_t examples)
{
    vae__bar *bar = context;
    vae__bar_draw(bar, &(vae__bar_state){
                           .what = "evaluating",
                           .figures = "",
                           .fraction = examples > 0 ? (double)done / (double)examples : 0,
                           .done = (double)done,
                           .left = (double)(examples - done),
                           .seconds = vae__clock() - bar->begun,
                       });
    return 0;
}

/* The split that --split names, or VAE_SPLITS. */
static vae_split named_split(const char *name)
{
    int split = 0;
    while (split < VAE_SPLITS && strcmp(name, vae_split_name((vae_split)split)))
        split++;
    return (vae_split)split;
}

static int check_split_name(const vae__call *call)
{
    const char *name = call->values[SPLIT].text;
    if (!name || named_split(name) != VAE_SPLITS)
        return VAE__EXIT_DONE;
    return vae__wrong_usage(call, "--split: expected train, validation, test or all, found \"%s\"", name);
}

static int choose_split(const vae__call *call, const vae_data *data, vae_split *split)
{
    char splits[VAE__SPLITS_TEXT];
    int64_t rows[VAE_SPLITS];
    for (int i = 0; i < VAE_SPLITS; i++)
        rows[i] = vae_data_rows(data, (vae_split)i);
    *split = call->values[SPLIT].given ? named_split(call->values[SPLIT].text) : rows[VAE_ALL] ? VAE_ALL : VAE_TEST;
    if (rows[*split])
        return VAE__EXIT_DONE;
    if (!call->values[SPLIT].given)
        return vae__wrong_usage(call, "%s: expected --split, for there are no test rows; there are %s",
                                vae_data_source(data), vae__splits_text(splits, rows, false));
    return vae__failed(call, "%s: expected %s rows, found none; there are %s", vae_data_source(data),
                       call->values[SPLIT].text, vae__splits_text(splits, rows, false));
}

static void print_json(vae_split split, const vae_evaluation *found)
{
    vae__json json = { .file = stdout };
    vae__json_object(&json, NULL);
    vae__json_text(&json, "split", vae_split_name(split));
    vae__json_whole(&json, "examples", found->examples);
    vae__json_real(&json, "elbo", found->elbo);
    vae__json_real(&json, "reconstruction", found->reconstruction);
    vae__json_real(&json, "kl", found->kl);
    vae__json_real(&json, "nll", found->samples ? found->nll : NAN);
    vae__json_whole(&json, "nll_samples", found->samples);
    vae__json_whole(&json, "active_units", found->active_units);
    vae__json_whole(&json, "latent_size", found->latent_size);
    vae__json_finish(&json);
}

static void print_figures(vae_split split, const vae_evaluation *found)
{
    printf("split           %s, %" PRId64 " examples\n", vae_split_name(split), found->examples);
    printf("elbo            %.3f nats per example\n", found->elbo);
    printf("reconstruction  %.3f\n", found->reconstruction);
    printf("kl              %.3f\n", found->kl);
    if (found->samples)
        printf("nll             %.3f with %" PRId64 " importance samples\n", found->nll, found->samples);
    printf("active units    %" PRId64 " of %" PRId64 "\n", found->active_units, found->latent_size);
}

static int evaluate(const vae__call *call, vae_training *training, const vae_data *data)
{
    vae_split split;
    int exit_status = choose_split(call, data, &split);
    if (exit_status)
        return exit_status;
    vae__bar bar = vae__bar_new();
    const vae_evaluation_options settings = {
        .split = split,
        .samples = call->values[SAMPLES].whole,
        .seed = (uint64_t)call->values[SEED].whole,
        .threads = (int)call->values[THREADS].whole,
        .progress = on_progress,
        .context = &bar,
    };
    vae_evaluation found;
    vae_status status = vae_evaluate(vae_training_model(training), data, &settings, &found);
    vae__bar_clear(&bar);
    if (status.code)
        return vae__failed_status(call, status);
    if (call->values[JSON].given)
        print_json(split, &found);
    else
        print_figures(split, &found);
    return VAE__EXIT_DONE;
}

static int open_data(const vae__call *call, vae_training *training, vae_data **data)
{
    return vae__open_data(call,
                          &(vae__data_request){
                              .data = &call->values[DATA],
                              .x = &call->values[X],
                              .conditions = &call->values[CONDITION],
                              .model = vae_model_declaration(vae_training_model(training)),
                              .training = training,
                              .threads = (int)call->values[THREADS].whole,
                          },
                          data);
}

static int run(const vae__call *call)
{
    vae_training *training = NULL;
    vae_data *data = NULL;
    int status = check_split_name(call);
    if (!status && !call->values[DATA].given)
        status = vae__wrong_usage(call, "expected --data SRC, found none");
    if (!status)
        status = vae__open_checkpoint(call, call->argument, &training);
    if (!status)
        status = open_data(call, training, &data);
    if (!status)
        status = evaluate(call, training, data);
    vae_data_free(&data);
    vae_training_free(&training);
    return status;
}

const vae__command vae__command_eval = {
    .name = "eval",
    .summary = "evaluate a model: ELBO and its parts, likelihood, active units",
    .usage = "FILE.h5 --data SRC [options]",
    .argument = "FILE.h5",
    .options = options,
    .notes =
        "Figures are nats per example; elbo = reconstruction - kl. A validation split that was held out in training\n"
        "is held out again where the data is the same. There is no guessing of a split.\n"
        "--x and --condition are told again, for the checkpoint does not keep them.\n",
    .run = run,
};
