/* vae train: trains a model of its own accord or goes on with one, an epoch a line; a signal stops it after saving. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "src/command/declare.h"
#include "src/command/files.h"
#include "src/command/find.h"
#include "src/command/json.h"
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
    OUT,
    EVERY,
    EPOCHS,
    BATCH,
    LEARNING_RATE,
    OPTIMIZER,
    SCHEDULE,
    CLIP_NORM,
    CLIP_VALUE,
    WEIGHT_PRIOR,
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
    [OUT] = { "out", "FILE.h5", VAE__TEXT, "the checkpoint", NULL, 0, 0 },
    [EVERY] = { "checkpoint-every", "Nsteps|Ns|Nepochs", VAE__EVERY,
                "how often this run writes it, at the end in any case; the next run is told anew", "1epochs", 0,
                VAE__WHOLE_MAX },
    [EPOCHS] = { "epochs", "N", VAE__WHOLE, "passes over the training rows, in all", "10", 1, 1e9 },
    [BATCH] = { "batch", "N", VAE__WHOLE, "examples a step", "128", 1, 1e6 },
    [LEARNING_RATE] = { "learning-rate", "R", VAE__REAL, "the optimiser's step size", "0.001", 1e-12, 1e3 },
    [OPTIMIZER] = { "optimizer", "PHRASE", VAE__PHRASES, "how a gradient becomes a step", "adam", 0, 0 },
    [SCHEDULE] = { "schedule", "PHRASES", VAE__PHRASES, "what the learning rate is multiplied by", "constant", 0, 0 },
    [CLIP_NORM] = { "clip-norm", "X", VAE__REAL, "make a gradient of a larger norm so long; 0: none", "0", 0, 1e9 },
    [CLIP_VALUE] = { "clip-value", "X", VAE__REAL, "bring each value of it into -X to X; 0: none", "0", 0, 1e9 },
    [WEIGHT_PRIOR] = { "weight-prior", "SIGMA", VAE__REAL,
                       "prior of every parameter, normal around 0 with this deviation; 0: none", "0", 0, 1e9 },
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
    [RESUME] = true,   [DATA] = true, [X] = true,         [CONDITION] = true, [MASK] = true,
    [EXTERNAL] = true, [OUT] = true,  [EVERY] = true,     [EPOCHS] = true,    [THREADS] = true,
    [KERNELS] = true,  [JSON] = true, [NONFINITE] = true,
};

/* A run, while it lasts. */
typedef struct run_state {
    const vae__call *call;
    FILE *lines; /* standard output; with --json standard error */
    vae__bar bar;
    const char *path;   /* of the checkpoint */
    int64_t saved_step; /* of what it holds of this training; -1: nothing yet */
    bool asked;         /* by a signal for a checkpoint, of which is not told yet what became */
    int64_t rows;       /* training rows */
    int64_t epochs;     /* in all */
    double epoch_begun; /* seconds of the run */
    bool idle;          /* all epochs were done before */
    bool objective;     /* is not the elbo, and told beside it */
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

/* What became of checkpoints since the call before. */
static void tell_saves(run_state *state, const vae_progress *progress)
{
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

/* A figure of the last epoch, from the history; NaN where there is none. */
static double last_figure(const vae_training *training, const char *name)
{
    int64_t rows = vae_history_rows(training);
    for (int i = 0; rows > 0 && i < vae_history_columns(training); i++) {
        vae_history_column column = vae_history_column_at(training, i);
        if (!strcmp(column.name, name))
            return column.values[rows - 1];
    }
    return NAN;
}

static void print_json(const run_state *state, vae_training *training, const char *path, bool stopped)
{
    vae_training_state where = vae_training_where(training);
    vae__json json = { .file = stdout };
    vae__json_object(&json, NULL);
    vae__json_text(&json, "model", vae_model_declaration(vae_training_model(training))->name);
    vae__json_whole(&json, "parameters", vae__parameter_count(vae_training_model(training)));
    vae__json_text(&json, "data", where.source);
    vae__json_whole(&json, "epochs", where.epoch);
    vae__json_whole(&json, "steps", where.step);
    vae__json_real(&json, "elbo", last_figure(training, "train/elbo"));
    vae__json_real(&json, "reconstruction", last_figure(training, "train/reconstruction"));
    vae__json_real(&json, "kl", last_figure(training, "train/kl"));
    vae__json_real(&json, "objective", last_figure(training, state->objective ? "train/objective" : "train/elbo"));
    vae__json_real(&json, "validation_elbo", last_figure(training, "validation/elbo"));
    vae__json_real(&json, "seconds", vae__clock() - state->bar.begun);
    vae__json_truth(&json, "stopped", stopped);
    vae__json_text(&json, "path", path);
    vae__json_finish(&json);
}

/* What is left to say, and to keep where an epoch's end has not kept it. */
static int finish(run_state *state, vae_training *training, bool save)
{
    const vae__call *call = state->call;
    const char *path = state->path;
    vae_training_state where = vae_training_where(training);
    bool stopped = where.epoch < state->epochs;
    vae_status status = { .code = VAE_OK };
    if (save || stopped)
        status = vae_checkpoint_save(training, path);
    if (status.code)
        return not_saved(state, &status, "");
    state->asked = state->asked || vae__signals_take_save();
    say_asked(state, where.step);
    char epochs[64], steps[64], quoted[VAE__COMMAND_LINE];
    if (state->idle)
        vae__line(state->lines, "done    %s: nothing was left to do", vae__counted(epochs, where.epoch, "epoch"));
    vae__line(state->lines, "kept    %s: %s, %s", path, vae__counted(epochs, where.epoch, "epoch"),
              vae__counted(steps, where.step, "step"));
    if (call->values[JSON].given)
        print_json(state, training, path, stopped);
    if (!stopped)
        return VAE__EXIT_DONE;
    vae__quote(quoted, sizeof quoted, path);
    vae__remark(call, "stopped by a signal, saved at step %" PRId64 "; %s train --resume %s goes on", where.step,
                call->program, quoted);
    return VAE__EXIT_STOPPED;
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
    int exit_status = failed ? say_failed(&state, training, status) : finish(&state, training, save);
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

static double rows_of(const vae__value *share)
{
    return share->real > 0 ? share->real : (double)share->whole;
}

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

/* A share of no rows is a mistake, though one of 0 is not. */
static int check_share(const vae__call *call, int option, const vae_data *data)
{
    const vae__value *asked = &call->values[option];
    int64_t there = vae_data_rows(data, vae_data_training_split(data)), rows = asked->whole;
    if (asked->real > 0)
        rows = (int64_t)(asked->real * (double)there + 0.5);
    bool refused = rows >= there || (!rows && asked->real > 0);
    if (refused && there < 2)
        return vae__failed(call, "--%s: expected 2 training rows or more to hold some out, found %" PRId64,
                           options[option].name, there);
    if (refused)
        return vae__failed(call, "--%s: expected 1 to %" PRId64 " of %" PRId64 " training rows, found \"%s\"%s",
                           options[option].name, there - 1, there, asked->text,
                           asked->real <= 0 ? ""
                           : rows           ? ", which is all of them"
                                            : ", which is none of them");
    return VAE__EXIT_DONE;
}

static int divide(const vae__call *call, vae_data *data)
{
    const vae_division division = { .validation = rows_of(&call->values[VALIDATION]),
                                    .test = rows_of(&call->values[TEST]),
                                    .by = call->values[SPLIT_BY].text,
                                    .seed = (uint64_t)call->values[SEED].whole };
    int exit_status = check_share(call, VALIDATION, data);
    if (!exit_status)
        exit_status = check_share(call, TEST, data);
    if (exit_status || !(division.validation > 0 || division.test > 0))
        return exit_status;
    vae_status status = vae_data_divide(data, &division);
    return status.code ? vae__failed(call, "%s", status.message) : VAE__EXIT_DONE;
}

/* Without MODEL it is the old one's, but for the classes, which are the data's. */
static int find_init(const vae__call *call, beginning *new)
{
    int status = vae__open_checkpoint(call, call->values[INIT].text, &new->init);
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
    const vae__value *data = &call->values[DATA], *init = &call->values[INIT];
    int status = vae__check_target(call, path, VAE__CHECKPOINT_FILE);
    if (!status)
        status = vae__check_apart(call, "out", path, "data", data->texts, data->count);
    return status ? status : vae__check_apart(call, "out", path, "init", &init->text, init->given);
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
    beginning new = { .init = NULL };
    vae_training *training = NULL;
    int status = prepare(call, &new);
    if (!status)
        status = open_data(call, &new.declared.spec, NULL, new.init, &new.data);
    if (!status)
        status = divide(call, new.data);
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
        "--x, --condition, --mask and --allow-external are where the same data lies now [as before], --out is where "
        "checkpoints go [the "
        "same file].\n"
        "--condition takes the place of the conditions that MODEL declares. With --init, --x, --condition and --mask "
        "are as they were for OLD.h5 unless given; a class that it did not have is a new row of weights.\n"
        "An interrupt or a termination signal stops after saving, with exit status 3; a second one at once. SIGUSR1 "
        "saves "
        "and goes on. A checkpoint that cannot be written leaves the one before as it is, and training goes on; at the "
        "end that is exit status 1.\n"
        "Figures are nats per example. The words of PHRASES are listed by models --words.\n",
    .kept = "the checkpoint is kept",
    .run = run,
};
