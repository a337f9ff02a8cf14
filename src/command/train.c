/* vae train: trains a model of its own accord or goes on with one, an epoch a line; a signal stops it after saving. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "src/command/declare.h"
#include "src/command/ending.h"
#include "src/command/files.h"
#include "src/command/find.h"
#include "src/command/progress.h"
#include "src/command/signals.h"

enum {
    RESUME,
    INIT,
    DATA,
    X,
    CONDITION,
    MASK,
    EXTERNAL,
    SKIP_BROKEN,
    OUT,
    EVERY,
    BEST,
    EARLY_STOP,
    EPOCHS,
    BATCH,
    LEARNING_RATE,
    OPTIMIZER,
    SCHEDULE,
    CLIP_NORM,
    CLIP_VALUE,
    WEIGHT_PRIOR,
    AVERAGE,
    SEED,
    PRECISION,
    THREADS,
    KERNELS,
    NONFINITE,
    VALIDATION,
    TEST,
    SPLIT_BY,
    VAE__DECLARATION_NAMES,
    JSON,
    OPTIONS
};

static const vae__option options[] = {
    [RESUME] = { "resume", "FILE.h5", VAE__TEXT, "go on with the training that this checkpoint holds", NULL, 0, 0 },
    [INIT] = { "init", "OLD.h5", VAE__TEXT,
               "start from the parameters of this checkpoint; without MODEL from its model", NULL, 0, 0 },
    [DATA] = VAE__DATA_OPTION,
    [X] = VAE__X_OPTION,
    [CONDITION] = VAE__CONDITION_OPTION,
    [MASK] = VAE__MASK_OPTION,
    [EXTERNAL] = VAE__EXTERNAL_OPTION,
    [SKIP_BROKEN] = VAE__SKIP_OPTION,
    [OUT] = { "out", "FILE.h5", VAE__TEXT, "the checkpoint", NULL, 0, 0 },
    [EVERY] = { "checkpoint-every", "Nsteps|Ns|Nepochs", VAE__EVERY,
                "how often this run writes it, at the end in any case; the next run is told anew", "1epochs", 0,
                VAE__WHOLE_MAX },
    [BEST] = { "best", "FILE.h5", VAE__TEXT, "another checkpoint, of the epoch with the best validation elbo so far",
               NULL, 0, 0 },
    [EARLY_STOP] = { "early-stop", "N", VAE__WHOLE, "end when N epochs have passed since the best one; 0: not", "0", 0,
                     1e9 },
    [EPOCHS] = { "epochs", "N", VAE__WHOLE, "passes over the training rows, in all", "10", 1, 1e9 },
    [BATCH] = { "batch", "N", VAE__WHOLE, "examples a step", "128", 1, 1e6 },
    [LEARNING_RATE] = { "learning-rate", "R", VAE__REAL, "the optimiser's step size", "0.001", 1e-12, 1e3 },
    [OPTIMIZER] = { "optimizer", "PHRASE", VAE__PHRASES, "how a gradient becomes a step", "adam", 0, 0 },
    [SCHEDULE] = { "schedule", "PHRASES", VAE__PHRASES, "what the learning rate is multiplied by", "constant", 0, 0 },
    [CLIP_NORM] = { "clip-norm", "X", VAE__REAL, "make a gradient of a larger norm so long; 0: none", "0", 0, 1e9 },
    [CLIP_VALUE] = { "clip-value", "X", VAE__REAL, "bring each value of it into -X to X; 0: none", "0", 0, 1e9 },
    [WEIGHT_PRIOR] = { "weight-prior", "SIGMA", VAE__REAL,
                       "prior of every parameter, normal around 0 with this deviation; 0: none", "0", 0, 1e9 },
    [AVERAGE] = { "average", "D", VAE__REAL,
                  "keep a running average of the parameters, D of it and 1-D of each step's; 0: none", "0", 0,
                  0.999999 },
    [SEED] = { "seed", "N", VAE__WHOLE, "of first values, order of examples, and noise", "0", 0, VAE__WHOLE_MAX },
    [PRECISION] = { "precision", "P", VAE__TEXT, "float32 or bf16; bf16 rounds the factors of matrix products",
                    "float32", 0, 0 },
    [THREADS] = VAE__THREADS_OPTION,
    [KERNELS] = VAE__KERNELS_OPTION,
    [NONFINITE] = { "on-nonfinite", "stop|skip", VAE__TEXT,
                    "a step with a value or gradient that is not finite ends training, or is passed over", "stop", 0,
                    0 },
    [VALIDATION] = { "validation", "N|FRACTION", VAE__SHARE, "hold out the last training rows, evaluate on them", "0",
                     0, 1e9 },
    [TEST] = { "test", "N|FRACTION", VAE__SHARE, "hold out the last training rows, for vae eval", "0", 0, 1e9 },
    [SPLIT_BY] = { "split-by", "CONDITION", VAE__TEXT, "hold out whole groups: all rows of one value of this condition",
                   NULL, 0, 0 },
    VAE__DECLARATION_ROWS,
    [JSON] = { "json", NULL, VAE__FLAG, "print one JSON object; progress goes to standard error", NULL, 0, 0 },
    [OPTIONS] = { .name = NULL },
};
VAE__CHECK_OPTIONS(options);

static const vae__declaration_options declaration_options = VAE__DECLARATION_PLACES;

/* What --resume leaves open; all else is in the checkpoint. */
static const bool may_change[OPTIONS] = {
    [RESUME] = true,      [DATA] = true,      [X] = true,     [CONDITION] = true,  [MASK] = true,    [EXTERNAL] = true,
    [SKIP_BROKEN] = true, [OUT] = true,       [EVERY] = true, [EPOCHS] = true,     [THREADS] = true, [KERNELS] = true,
    [JSON] = true,        [NONFINITE] = true, [BEST] = true,  [EARLY_STOP] = true,
};

/* A run, while it lasts. */
typedef struct run_state {
    const vae__call *call;
    FILE *lines; /* standard output; with --json standard error */
    vae__bar bar;
    const char *path;     /* of the checkpoint */
    int64_t saved_step;   /* of what it holds of this training; -1: nothing yet */
    bool asked;           /* by a signal for a checkpoint, of which is not told yet what became */
    int64_t rows;         /* training rows */
    int64_t epochs;       /* in all */
    double epoch_begun;   /* seconds of the run */
    bool idle;            /* all epochs were done before */
    bool objective;       /* is not the elbo, and told beside it */
    int64_t best_step;    /* of the best epoch that was kept last; -1: none yet */
    vae_status best_lost; /* why that of all could not be; else VAE_OK */
} run_state;

/* ---- Progress ---------------------------------------------------------------------------------------------------- */

static void print_epoch(run_state *state, const vae_progress *progress)
{
    vae__bar_clear(&state->bar);
    fprintf(state->lines, "epoch %" PRId64 "/%" PRId64 "  elbo %.2f  reconstruction %.2f  kl %.2f  ", progress->epoch,
            progress->epochs, progress->elbo, progress->reconstruction, progress->kl);
    if (state->objective)
        fprintf(state->lines, "objective %.2f  ", progress->objective);
    if (progress->has_validation)
        fprintf(state->lines, "validation elbo %.2f  ", progress->validation_elbo);
    if (progress->skipped)
        fprintf(state->lines, "%" PRId64 " skipped  ", progress->skipped);
    fprintf(state->lines, "%.2f s\n", progress->seconds - state->epoch_begun);
    fflush(state->lines);
    state->epoch_begun = progress->seconds;
}

static void draw_bar(run_state *state, const vae_progress *progress)
{
    char what[64], figures[64];
    double part = progress->steps > 0 ? (double)progress->step / (double)progress->steps : 0;
    snprintf(what, sizeof what, "epoch %" PRId64 "/%" PRId64, progress->epoch, progress->epochs);
    snprintf(figures, sizeof figures, "elbo %.1f", progress->elbo);
    vae__bar_draw(&state->bar,
                  &(vae__bar_state){
                      .what = what,
                      .figures = figures,
                      .fraction = part,
                      .done = (double)progress->examples,
                      .left = (double)state->rows * ((double)(progress->epochs - progress->epoch) + 1 - part),
                      .seconds = progress->seconds,
                  });
}

/* ---- Keeping the checkpoint -------------------------------------------------------------------------------------- */

/* A checkpoint that could not be written, or not for certain on the disk: `behind` it what follows for the run. */
static int not_saved(const run_state *state, const vae_status *status, const char *behind)
{
    const vae__call *call = state->call;
    if (strstr(status->message, ": is written, but "))
        return vae__failed(call, "%s%s", status->message, behind);
    if (state->saved_step >= 0)
        return vae__failed(call, "%s; the checkpoint of step %" PRId64 " stays in %s%s", status->message,
                           state->saved_step, state->path, behind);
    return vae__failed(call, "%s; there is no checkpoint of this run yet%s", status->message, behind);
}

static void say_asked(run_state *state, int64_t step)
{
    if (state->asked)
        vae__remark(state->call, "saved at step %" PRId64 ", asked by a signal", step);
    state->asked = false;
}

/* The best epoch could not be written. At the very end that is the run's failure, and told there. */
static void tell_best_lost(run_state *state, const vae_progress *progress)
{
    if (progress->best_step != state->best_step)
        state->best_lost.code = VAE_OK;
    else if (progress->best_not_saved)
        state->best_lost = *progress->best_not_saved;
    state->best_step = progress->best_step;
    if (!progress->best_not_saved || progress->epoch == progress->epochs)
        return;
    vae__bar_clear(&state->bar);
    vae__failed(state->call, "%s; epoch %" PRId64 ", the best so far, %s; training goes on",
                progress->best_not_saved->message, progress->epoch, state->best_lost.code ? "is not kept" : "is kept");
}

/* What became of checkpoints since the call before. */
static void tell_saves(run_state *state, const vae_progress *progress)
{
    tell_best_lost(state, progress);
    if (progress->saved_step >= 0)
        state->saved_step = progress->saved_step;
    if (!progress->not_saved && !state->asked)
        return;
    vae__bar_clear(&state->bar);
    if (progress->not_saved)
        not_saved(state, progress->not_saved, "; training goes on");
    else
        say_asked(state, state->saved_step);
    state->asked = false;
}

static int on_progress(void *context, const vae_progress *progress)
{
    run_state *state = context;
    vae__signals_clear_attention();
    tell_saves(state, progress);
    if (progress->not_finite) {
        vae__bar_clear(&state->bar);
        vae__remark(state->call, "%s; skipped", progress->not_finite->message);
    }
    if (progress->epoch_done)
        print_epoch(state, progress);
    else
        draw_bar(state, progress);
    if (vae__signals_want_stop())
        return 1;
    if (!vae__signals_take_save())
        return 0;
    state->asked = true;
    return VAE_SAVE;
}

/* ---- Running ----------------------------------------------------------------------------------------------------- */

static void print_start(run_state *state, vae_training *training, const vae_data *data)
{
    vae_model *model = vae_training_model(training);
    vae_training_state where = vae_training_where(training);
    char shape[VAE__SIZES_TEXT], splits[VAE__SPLITS_TEXT], threads[64], batch[64];
    vae__line(state->lines, "model   %s, %" PRId64 " parameters, x %s", vae_model_declaration(model)->name,
              vae__parameter_count(model), vae__sizes_text(shape, vae_model_declaration(model)->x.shape, VAE_MAX_RANK));
    vae__line(state->lines, "data    %s: %s; batches of %s, %s%s", vae_data_source(data),
              vae__splits_text(splits, where.rows, where.validation_held_out),
              vae__counted(batch, where.batch_size, "example"),
              vae__threads_text(threads, state->call->values[THREADS].whole),
              strcmp(where.precision, "bf16") ? "" : ", bf16");
    fflush(state->lines);
}

/* What ended before all epochs were done was stopped by a signal, with that status; or for it brought nothing more. */
static vae__ending ending_of(const run_state *state, vae_training *training, bool signalled)
{
    const bool left = vae_training_where(training).epoch < state->epochs;
    return (vae__ending){ .call = state->call,
                          .lines = state->lines,
                          .training = training,
                          .path = state->path,
                          .best = state->best_lost.code ? NULL : state->call->values[BEST].text,
                          .best_kept = state->best_step >= 0,
                          .objective = state->objective,
                          .stopped = left && signalled,
                          .early = left && !signalled,
                          .seconds = vae__clock() - state->bar.begun };
}

static int say_end(const run_state *state, const vae__ending *ending)
{
    const vae__call *call = state->call;
    char quoted[VAE__COMMAND_LINE];
    if (call->values[JSON].given)
        vae__tell_json(ending);
    if (state->best_lost.code)
        return vae__failed(call, "%s; the best epoch is not kept", state->best_lost.message);
    if (!ending->stopped)
        return VAE__EXIT_DONE;
    vae__quote(quoted, sizeof quoted, state->path);
    vae__remark(call, "stopped by a signal, saved at step %" PRId64 "; %s train --resume %s goes on",
                vae_training_where(ending->training).step, call->program, quoted);
    return VAE__EXIT_STOPPED;
}

/* What is left to say, and to keep where an epoch's end has not kept it. */
static int finish(run_state *state, vae_training *training, bool save, bool signalled)
{
    const char *path = state->path;
    const vae__ending ending = ending_of(state, training, signalled);
    vae_training_state where = vae_training_where(training);
    vae_status status = { .code = VAE_OK };
    if (save || ending.stopped || (ending.early && state->saved_step != where.step))
        status = vae_checkpoint_save(training, path);
    if (status.code)
        return not_saved(state, &status, "");
    state->asked = state->asked || vae__signals_take_save();
    say_asked(state, where.step);
    char epochs[64], steps[64];
    vae__tell_best(&ending);
    if (state->idle)
        vae__line(state->lines, "done    %s: nothing was left to do", vae__counted(epochs, where.epoch, "epoch"));
    vae__line(state->lines, "kept    %s: %s, %s", path, vae__counted(epochs, where.epoch, "epoch"),
              vae__counted(steps, where.step, "step"));
    return say_end(state, &ending);
}

static vae_train_options options_of(const run_state *state)
{
    const vae__value *values = state->call->values, *every = &values[EVERY];
    return (vae_train_options){
        .epochs = state->epochs,
        .threads = (int)values[THREADS].whole,
        .checkpoint = state->path,
        .progress = on_progress,
        .kernels = values[KERNELS].text,
        .on_nonfinite = !strcmp(values[NONFINITE].text, "skip") ? VAE_NONFINITE_SKIP : VAE_NONFINITE_STOP,
        .checkpoint_steps = every->unit == VAE__STEPS ? every->whole : 0,
        .checkpoint_seconds = every->unit == VAE__SECONDS ? every->real : 0,
        .checkpoint_epochs = every->unit == VAE__EPOCHS ? every->whole : 0,
        .attention = vae__signals_attention(),
        .patience = values[EARLY_STOP].whole,
        .best = values[BEST].text,
    };
}

/* What ended training with all epochs done is that the last checkpoint could not be written. */
static int say_failed(const run_state *state, vae_training *training, vae_status status)
{
    bool done = !state->idle && vae_training_where(training).epoch == state->epochs;
    return done ? not_saved(state, &status, "") : vae__failed_status(state->call, status);
}

/* `save`: though no epoch is left to do. `holds`: the checkpoint's file holds this training as it is. */
static int train(const vae__call *call, vae_training *training, const vae_data *data, const char *path, int64_t epochs,
                 bool save, bool holds)
{
    vae_training_state where = vae_training_where(training);
    run_state state = { .call = call,
                        .lines = call->values[JSON].given ? stderr : stdout,
                        .bar = vae__bar_new(),
                        .path = path,
                        .saved_step = holds ? where.step : -1,
                        .best_step = -1,
                        .rows = vae_data_rows(data, vae_data_training_split(data)),
                        .epochs = epochs,
                        .idle = where.epoch == epochs,
                        .objective = strcmp(vae_model_declaration(vae_training_model(training))->objective, "elbo") };
    vae__signal_rule rules[VAE__STOP_SIGNALS];
    vae__signals_stop(rules);
    print_start(&state, training, data);
    vae_train_options wanted = options_of(&state);
    wanted.context = &state;
    vae_status status = vae_train(training, data, &wanted);
    vae__bar_clear(&state.bar);
    bool failed = status.code && status.code != VAE_STOPPED;
    int exit_status =
        failed ? say_failed(&state, training, status) : finish(&state, training, save, status.code == VAE_STOPPED);
    vae__signals_release(rules, VAE__STOP_SIGNALS);
    return exit_status;
}

/* `training` is NULL for a new one, of which the model is told, and where its data lies unless told: `places`. */
static int open_data(const vae__call *call, const vae_model_spec *model, const vae_training *training,
                     vae_training *places, vae_data **data)
{
    return vae__open_data(call,
                          &(vae__data_request){
                              .data = &call->values[DATA],
                              .x = &call->values[X],
                              .conditions = &call->values[CONDITION],
                              .mask = &call->values[MASK],
                              .allow_external = &call->values[EXTERNAL],
                              .skip_broken = &call->values[SKIP_BROKEN],
                              .model = model,
                              .training = training,
                              .places = places,
                              .threads = (int)call->values[THREADS].whole,
                          },
                          data);
}

/* ---- A new training ---------------------------------------------------------------------------------------------- */

static int find_model(const vae__call *call, vae_model_spec *spec)
{
    if (!call->argument)
        return vae__wrong_usage(call, "expected MODEL, or --resume FILE.h5, found neither");
    return vae__find_model(call, call->argument, spec);
}

/* A new training while it is made. */
typedef struct beginning {
    vae__declared declared;
    vae_training *init; /* of --init; NULL: there is none */
    vae_data *data;
} beginning;

static int check_division(const vae__call *call, const vae_model_spec *spec)
{
    const vae__value *by = &call->values[SPLIT_BY];
    if (!by->given)
        return VAE__EXIT_DONE;
    if (!call->values[VALIDATION].given && !call->values[TEST].given)
        return vae__wrong_usage(call, "--split-by %s: expected --validation or --test beside it, found neither",
                                by->text);
    if (vae__condition_place(spec, by->text, strlen(by->text)) >= 0)
        return VAE__EXIT_DONE;
    return vae__wrong_usage(call, "--split-by: %s has no condition \"%s\"", spec->name, by->text);
}

/* Its average, where it has one. Without MODEL it is the old one's, but for the classes, which are the data's. */
static int find_init(const vae__call *call, beginning *new)
{
    int status = vae__open_weights(call, call->values[INIT].text, &(vae__value){ .given = false }, &new->init);
    if (status || call->argument)
        return status;
    vae_model_spec *spec = &new->declared.spec;
    *spec = *vae_model_declaration(vae_training_model(new->init));
    for (int i = 0; i < VAE_MAX_CONDITIONS && spec->conditions[i].name; i++)
        if (spec->conditions[i].kind == VAE_CLASS) {
            spec->conditions[i].size = 0;
            spec->conditions[i].levels = NULL;
        }
    return VAE__EXIT_DONE;
}

static int start_from(const vae__call *call, const beginning *new, vae_model *model)
{
    if (!new->init)
        return VAE__EXIT_DONE;
    vae_model *old = vae_training_model(new->init);
    const vae_store *store = vae_model_store(old);
    int taken = 0;
    vae_status status = vae_model_start_from(model, old, &taken);
    if (status.code)
        return vae__failed(call, "--init %s: %s", call->values[INIT].text, status.message);
    vae__line(call->values[JSON].given ? stderr : stdout, "init    %s: %d of %d tensors", call->values[INIT].text,
              taken, vae_store_count(store));
    return VAE__EXIT_DONE;
}

/* What is not given is the recipe's, or usual; 0, which says so to the library, says "none" here. */
static double bound_of(const vae__value *value)
{
    return !value->given ? 0 : value->real > 0 ? value->real : INFINITY;
}

static vae_training_options settings_of(const vae__call *call)
{
    const vae__value *values = call->values;
    return (vae_training_options){
        .batch_size = values[BATCH].given ? values[BATCH].whole : 0,
        .learning_rate = values[LEARNING_RATE].given ? values[LEARNING_RATE].real : 0,
        .seed = (uint64_t)values[SEED].whole,
        .command_line = call->line,
        .precision = values[PRECISION].text,
        .optimizer = values[OPTIMIZER].given ? values[OPTIMIZER].text : NULL,
        .schedule = values[SCHEDULE].given ? values[SCHEDULE].text : NULL,
        .clip_norm = bound_of(&values[CLIP_NORM]),
        .clip_value = bound_of(&values[CLIP_VALUE]),
        .weight_prior = bound_of(&values[WEIGHT_PRIOR]),
        .average = bound_of(&values[AVERAGE]),
    };
}

static int make_training(const vae__call *call, const beginning *new, vae_training **training)
{
    const vae_training_options settings = settings_of(call);
    vae_model *model = NULL;
    vae_status status = vae_model_new(&new->declared.spec, call->catalogue, new->data, settings.seed, &model);
    int exit_status = status.code ? vae__failed_status(call, status) : start_from(call, new, model);
    if (!exit_status) {
        status = vae_training_new(&model, new->data, &settings, training);
        exit_status = status.code ? vae__failed_status(call, status) : VAE__EXIT_DONE;
    }
    vae_model_free(&model);
    return exit_status;
}

static int check_needed(const vae__call *call, int option)
{
    if (call->values[option].given)
        return VAE__EXIT_DONE;
    return vae__wrong_usage(call, "expected --%s %s, found none", options[option].name, options[option].argument);
}

/* Neither the data nor the model that training starts from is replaced. */
static int check_out(const vae__call *call, const char *path)
{
    const vae__value *data = &call->values[DATA], *init = &call->values[INIT], *best = &call->values[BEST];
    int status = vae__check_target(call, path, VAE__CHECKPOINT_FILE);
    if (!status)
        status = vae__check_apart(call, "out", path, "data", data->texts, data->count);
    if (!status)
        status = vae__check_apart(call, "out", path, "init", &init->text, init->given);
    if (status || !best->given)
        return status;
    status = vae__check_target_of(call, "best", best->text, VAE__CHECKPOINT_FILE);
    if (!status)
        status = vae__check_apart(call, "best", best->text, "data", data->texts, data->count);
    return status ? status : vae__check_apart(call, "best", best->text, "init", &init->text, init->given);
}

static int check_nonfinite(const vae__call *call)
{
    const char *what = call->values[NONFINITE].text;
    if (!strcmp(what, "stop") || !strcmp(what, "skip"))
        return VAE__EXIT_DONE;
    return vae__wrong_usage(call, "--on-nonfinite: expected stop or skip, found \"%s\"", what);
}

/* Before data is read, which may take long. */
static int check_precision(const vae__call *call, const char *precision)
{
    vae_status status = vae_precision_check(precision, call->values[KERNELS].text);
    if (status.code == VAE_ERROR_ARGUMENT)
        return vae__wrong_usage(call, "--%s", status.message);
    return status.code ? vae__failed_status(call, status) : VAE__EXIT_DONE;
}

static int check_settings(const vae__call *call)
{
    const vae_training_options settings = settings_of(call);
    const vae_status status = vae_training_options_check(&settings);
    return status.code ? vae__wrong_usage(call, "--%s", status.message) : VAE__EXIT_DONE;
}

/* All that can be known without the data. */
static int prepare(const vae__call *call, beginning *new)
{
    int status = check_nonfinite(call);
    if (!status)
        status = check_precision(call, call->values[PRECISION].text);
    if (!status)
        status = check_settings(call);
    if (!status && (call->argument || !call->values[INIT].given))
        status = find_model(call, &new->declared.spec);
    if (!status)
        status = check_needed(call, DATA);
    if (!status)
        status = check_needed(call, OUT);
    if (!status && call->values[INIT].given)
        status = find_init(call, new);
    if (!status)
        status = vae__declare(call, &declaration_options, &new->declared);
    if (!status)
        status = check_division(call, &new->declared.spec);
    if (!status)
        status = vae__check_words(call, &new->declared);
    return status ? status : check_out(call, call->values[OUT].text);
}

static int64_t epochs_of(const vae__call *call, const beginning *new)
{
    const int64_t recipe = new->declared.spec.recipe.epochs;
    return recipe > 0 && !call->values[EPOCHS].given ? recipe : call->values[EPOCHS].whole;
}

static int train_new(const vae__call *call)
{
    const vae__shares shares = { .validation = &call->values[VALIDATION],
                                 .test = &call->values[TEST],
                                 .by = call->values[SPLIT_BY].text,
                                 .seed = (uint64_t)call->values[SEED].whole };
    beginning new = { .init = NULL };
    vae_training *training = NULL;
    int status = prepare(call, &new);
    if (!status)
        status = open_data(call, &new.declared.spec, NULL, new.init, &new.data);
    if (!status)
        status = vae__divide(call, &shares, new.data);
    if (!status)
        status = make_training(call, &new, &training);
    if (!status)
        status = train(call, training, new.data, call->values[OUT].text, epochs_of(call, &new), false, false);
    vae_training_free(&training);
    vae_training_free(&new.init);
    vae_data_free(&new.data);
    return status;
}

/* ---- Resuming ---------------------------------------------------------------------------------------------------- */

static int check_resume_options(const vae__call *call)
{
    if (call->argument)
        return vae__wrong_usage(call, "MODEL cannot change with --resume, found \"%s\"", call->argument);
    if (call->values[INIT].given)
        return vae__wrong_usage(call, "expected --resume or --init, found both");
    for (int i = 0; i < OPTIONS; i++)
        if (call->values[i].given && !may_change[i])
            return vae__wrong_usage(call, "--%s cannot change with --resume", options[i].name);
    return VAE__EXIT_DONE;
}

/* The total: as asked, or as it was asked before. */
static int find_epochs(const vae__call *call, const vae_training *training, int64_t *epochs)
{
    vae_training_state where = vae_training_where(training);
    *epochs = call->values[EPOCHS].given ? call->values[EPOCHS].whole : where.epochs;
    if (*epochs >= where.epoch)
        return VAE__EXIT_DONE;
    return vae__wrong_usage(call, "--epochs: expected at least the %" PRId64 " epochs that are done, found %" PRId64,
                            where.epoch, *epochs);
}

static int train_resumed(const vae__call *call)
{
    const char *from = call->values[RESUME].text;
    const char *path = call->values[OUT].given ? call->values[OUT].text : from;
    vae_data *data = NULL;
    vae_training *training = NULL;
    int64_t epochs = 0;
    int status = check_resume_options(call);
    if (!status)
        status = check_nonfinite(call);
    if (!status)
        status = vae__open_checkpoint(call, from, &training);
    if (!status)
        status = check_precision(call, vae_training_where(training).precision);
    if (!status)
        status = find_epochs(call, training, &epochs);
    if (!status)
        status = check_out(call, path);
    if (!status)
        status = open_data(call, vae_model_declaration(vae_training_model(training)), training, NULL, &data);
    if (!status) {
        /* With no epoch left to do none would be written. */
        bool nothing_left = vae_training_where(training).epoch == epochs;
        bool same = !strcmp(path, from);
        status = train(call, training, data, path, epochs, nothing_left && !same, same);
    }
    vae_training_free(&training);
    vae_data_free(&data);
    return status;
}

/* While data is read SIGUSR1 has nothing to save yet: it is kept for the first step, and must not end the program. */
static int run(const vae__call *call)
{
    vae__signal_rule rules[VAE__SAVE_SIGNALS];
    vae__signals_save(rules);
    int status = call->values[RESUME].given ? train_resumed(call) : train_new(call);
    vae__signals_release(rules, VAE__SAVE_SIGNALS);
    return status;
}

const vae__command vae__command_train = {
    .name = "train",
    .summary = "train a model, or go on training one",
    .usage = "MODEL --data SRC --out FILE.h5 [options]\n"
             "--init OLD.h5 [MODEL] --data SRC --out FILE.h5 [options]\n"
             "--resume FILE.h5 [--epochs N] [options]",
    .argument = "MODEL",
    .argument_optional = true,
    .options = options,
    .notes =
        "Where these options say nothing, a model may have a recipe of its own for epochs, batches and steps.\n"
        "With --resume nothing of model, batches, steps, seed, precision or what is held out may change; --epochs is "
        "the "
        "total [as asked "
        "before], --data, "
        "--x, --condition, --mask, --allow-external and --skip-broken are where the same data lies now [as before], "
        "--out is where "
        "checkpoints go [the "
        "same file].\n"
        "--condition takes the place of the conditions that MODEL declares. With --init, --x, --condition and --mask "
        "are as they were for OLD.h5 unless given; a class that it did not have is a new row of weights; its averaged "
        "parameters are taken where it has them.\n"
        "An interrupt or a termination signal stops after saving, with exit status 3; a second one at once. SIGUSR1 "
        "saves "
        "and goes on. A checkpoint that cannot be written leaves the one before as it is, and training goes on; at the "
        "end that is exit status 1.\n"
        "Figures are nats per example. The words of PHRASES are listed by models --words.\n",
    .kept = "the checkpoint is kept",
    .run = run,
};
