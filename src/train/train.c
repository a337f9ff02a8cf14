/* Training: the loop over epochs and batches. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "graph/team.h"
#include "src/base/memory.h"
#include "src/base/parallel.h"
#include "src/base/random.h"
#include "src/base/status.h"
#include "src/checkpoint/training.h"
#include "src/data/data.h"
#include "src/data/match.h"
#include "src/infer/evaluator.h"
#include "src/kernels/matmul.h"
#include "src/train/account.h"
#include "src/train/apart.h"
#include "src/train/average.h"
#include "src/train/keeper.h"
#include "src/train/method.h"
#include "src/train/refused.h"

/* How long threads stay in a parallel region before progress is told. */
static const double TELL_SECONDS = 0.05;

/* What a run of vae_train works with. */
typedef struct vae__loop {
    vae_training *training;
    const vae_train_options *options;
    int threads;
    vae__match match;
    vae__model_graph graph;
    vae_executor *executor;
    vae__evaluator *validation; /* NULL: there is no such split */
    float *gradient;
    uint32_t *order;       /* the epoch's */
    float *epochs;         /* done, for each example of a batch */
    int64_t steps, number; /* an epoch's; done of it */
    vae_run run;           /* the step under way */
    bool at_once;          /* the step is taken where gradients are made; else apart, behind them */
    vae__adam adam;
    vae__update update;
    vae__apart apart;
    vae_binding bindings[VAE__MAX_BINDINGS];
    vae_status status;
    bool paused;
    int64_t entered_at; /* the step at which the region was */
    double told;        /* when progress was, */
    int64_t told_at;    /* … and at which step */
    double began, seconds_before;
    vae_progress progress;
    vae__keeper keeper;
    const vae_data *data;
    vae_executor_options executor_options;
    bool refused;          /* the step under way was, by the executor */
    bool taken;            /* the step before the one under way was, in this region; the average has still to see it */
    vae_status skipped;    /* why the last step was, if that is not told yet */
    vae__account *account; /* NULL: nobody asks */
} vae__loop;

/* ---- A new training ---------------------------------------------------------------------------------------------- */

static vae_status find_precision(const char *name, bool *bf16)
{
    *bf16 = false;
    if (!name || vae__precision_find(name, bf16))
        return vae__ok();
    return vae__error(VAE_ERROR_ARGUMENT, "precision: expected float32 or bf16, found \"%s\"", name);
}

vae_status vae_precision_check(const char *precision, const char *kernels)
{
    bool bf16;
    VAE__TRY(find_precision(precision, &bf16));
    const vae__kernels *row = vae__kernels_find(false, kernels);
    return bf16 && row ? vae__matmul_check_bfloat16(row) : vae__ok();
}

/* Where the data lies, so that a resumed run need not be told. */
static vae_status take_place(vae_training *training, const vae_data *data, const vae__match *match)
{
    vae__data_place place = { .source = vae_data_source(data),
                              .x_path = match->x->path,
                              .mask_path = match->mask ? match->mask->path : NULL,
                              .allow_external = data->options.allow_external };
    place.sources = vae_data_sources(data, &place.source_count);
    for (int i = 0; i < training->model->condition_count; i++)
        if (!training->model->conditions[i].seen)
            place.condition_paths[i] = match->conditions[i]->path;
    return vae__training_place(training, &place);
}

/* The split of each row where rows were held out, in the source's order: training rows with those held out of them,
 * then validation and test rows that the source had itself. NULL where none were. The caller owns *splits. */
static vae_status list_splits(const vae_data *data, unsigned char **splits)
{
    const vae_division division = vae_data_division(data);
    const bool held[VAE_SPLITS] = { [VAE_VALIDATION] = division.validation > 0, [VAE_TEST] = division.test > 0 };
    int64_t begin = 0, begins[VAE_SPLITS] = { 0 }, total = 0;
    *splits = NULL;
    if (!held[VAE_VALIDATION] && !held[VAE_TEST])
        return vae__ok();
    for (int split = 0; split < VAE_SPLITS; split++) {
        total += vae_data_rows(data, (vae_split)split);
        begin += split == VAE_TRAIN || held[split] ? vae_data_rows(data, (vae_split)split) : 0;
    }
    for (int split = VAE_VALIDATION; split < VAE_SPLITS; split++)
        if (!held[split]) {
            begins[split] = begin;
            begin += vae_data_rows(data, (vae_split)split);
        }
    VAE__TRY(vae__allocate("the rows' splits", (size_t)total, 1, splits));
    for (int split = 0; split < VAE_SPLITS; split++)
        for (int64_t i = 0; i < vae_data_rows(data, (vae_split)split); i++)
            (*splits)[begins[split] + vae_data_row(data, (vae_split)split, i)] = (unsigned char)split;
    return vae__ok();
}

static vae_status take_division(vae_training *training, const vae_data *data)
{
    unsigned char *splits = NULL;
    char *by = NULL;
    vae_division division = vae_data_division(data);
    VAE__TRY(list_splits(data, &splits));
    vae__training_take_splits(training, splits);
    if (division.by)
        VAE__TRY(vae__copy_string(division.by, &by));
    vae__free((char *)training->division.by);
    training->division = division;
    training->division.by = by;
    training->validation_held_out = division.validation > 0;
    return vae__ok();
}

static vae_status describe(vae_training *training, const vae_data *data, const vae__match *match,
                           const vae_training_options *options)
{
    VAE__TRY(vae__method_take(training, options));
    training->seed = options->seed;
    VAE__TRY(find_precision(options->precision, &training->bf16));
    for (int split = 0; split < VAE_SPLITS; split++)
        training->rows[split] = vae_data_rows(data, (vae_split)split);
    memcpy(training->digest, vae_data_digest(data), sizeof training->digest - 1);
    vae__free(training->command_line);
    training->command_line = NULL;
    VAE__TRY(vae__copy_string(options->command_line, &training->command_line));
    VAE__TRY(take_division(training, data));
    return take_place(training, data, match);
}

vae_status vae_training_new(vae_model **model, const vae_data *data, const vae_training_options *options,
                            vae_training **training)
{
    if (!training)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a place for the training, found NULL");
    *training = NULL;
    vae_training_options wanted = options ? *options : (vae_training_options){ 0 };
    if (!model || !*model || !data)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a model and data, found NULL");
    VAE__TRY(vae_training_options_check(&wanted));
    if (vae__model_lacks_baseline(*model))
        return vae__error(VAE_ERROR_ARGUMENT,
                          "%s: condition \"%s\": expected a baseline, taken from a regression on it (the objective "
                          "\"none\") to start from, found none",
                          (*model)->declaration.name, vae__model_baseline(*model)->name);
    vae__match match;
    VAE__TRY(vae__match_data(*model, data, vae_data_training_split(data), &match));
    vae_model *taken = *model;
    VAE__TRY(vae__training_make(&taken, training));
    vae_status status = describe(*training, data, &match, &wanted);
    if (status.code) {
        (*training)->model = NULL; /* stays the caller's */
        vae_training_free(training);
        return status;
    }
    *model = NULL;
    return status;
}

/* ---- Making the loop --------------------------------------------------------------------------------------------- */

/* As many rows in each split, and the same ones. */
static vae_status check_splits(const vae_training *training, const vae_data *data)
{
    vae_training found = { .splits = NULL };
    memcpy(found.rows, training->rows, sizeof found.rows);
    unsigned char *splits = NULL;
    VAE__TRY(list_splits(data, &splits));
    vae__training_take_splits(&found, splits);
    bool same = !training->splits == !found.splits &&
                (!found.splits || !memcmp(training->splits, found.splits, (size_t)vae__training_rows(training)));
    vae__free(found.splits);
    return same ? vae__ok()
                : vae__error(VAE_ERROR_DATA,
                             "%s: expected the data to be divided as the training began with, found other rows held "
                             "out",
                             vae_data_source(data));
}

static vae_status check_data(const vae_training *training, const vae_data *data)
{
    if (strcmp(training->digest, vae_data_digest(data)))
        return vae__error(VAE_ERROR_DATA,
                          "%s: expected the data that the training began with (%s, digest %s), found "
                          "digest %s",
                          vae_data_source(data), training->source, training->digest, vae_data_digest(data));
    for (int split = 0; split < VAE_SPLITS; split++)
        if (vae_data_rows(data, (vae_split)split) != training->rows[split])
            return vae__error(VAE_ERROR_DATA, "%s: expected %" PRId64 " rows in the %s split, found %" PRId64,
                              vae_data_source(data), training->rows[split], vae_split_name((vae_split)split),
                              vae_data_rows(data, (vae_split)split));
    return check_splits(training, data);
}

static vae_status make_validation(vae__loop *loop, const vae_data *data)
{
    if (!vae_data_rows(data, VAE_VALIDATION))
        return vae__ok();
    vae__match match;
    VAE__TRY(vae__match_data(loop->training->model, data, VAE_VALIDATION, &match));
    return vae__evaluator_new(loop->training->model, &match, loop->threads, loop->options->kernels, NULL,
                              &loop->validation);
}

/* Is no step left to take? That epochs bring nothing any more is asked where one has ended. */
static bool is_over(const vae__loop *loop)
{
    const vae_training *training = loop->training;
    const bool ended = training->step == training->epoch * vae__training_steps(training);
    return training->epoch >= loop->options->epochs ||
           (ended && vae__history_is_stale(training, loop->options->patience));
}

static vae_status make_loop(vae__loop *loop, const vae_data *data)
{
    vae_training *training = loop->training;
    VAE__TRY(check_data(training, data));
    VAE__TRY(vae__training_check(training, training->model->declaration.name));
    VAE__TRY(vae__match_data(training->model, data, vae_data_training_split(data), &loop->match));
    VAE__TRY(take_place(training, data, &loop->match)); /* Where it lies now: resuming opens it there. */
    loop->threads = loop->options->threads ? loop->options->threads : vae__processors();
    loop->steps = (loop->match.rows + training->batch_size - 1) / training->batch_size;
    vae__graph_request request = vae__match_request(&loop->match, VAE__TRAINING);
    VAE__TRY(vae__model_graph_new(training->model, &request, &loop->graph));
    int64_t capacity = training->batch_size < loop->match.rows ? training->batch_size : loop->match.rows;
    loop->executor_options = (vae_executor_options){ .capacity = capacity,
                                                     .threads = loop->threads,
                                                     .kernels = loop->options->kernels,
                                                     .profile = loop->account && loop->account->profile,
                                                     .bf16 = training->bf16 };
    VAE__TRY(vae_executor_new(loop->graph.program, &loop->executor_options, &loop->executor));
    vae__account_begin(loop->account, loop->threads);
    VAE__TRY(
        vae__allocate("the gradient", (size_t)vae_store_size(training->model->store), sizeof(float), &loop->gradient));
    loop->at_once = vae__method_is_at_once(training);
    if (!loop->at_once)
        VAE__TRY(vae__apart_make(training, loop->options->kernels, loop->gradient, loop->match.rows, &loop->apart));
    VAE__TRY(vae__allocate("the order of examples", (size_t)loop->match.rows, sizeof(uint32_t), &loop->order));
    VAE__TRY(vae__allocate("the epoch of a batch", (size_t)capacity, sizeof(float), &loop->epochs));
    VAE__TRY(make_validation(loop, data));
    vae__average_begin(training);
    /* An epoch is long, and its checkpoint the first that would be lost. */
    return is_over(loop) ? vae__ok() : vae__keeper_check_writable(&loop->keeper);
}

static void clear_loop(vae__loop *loop)
{
    vae__evaluator_free(&loop->validation);
    vae_executor_free(&loop->executor);
    vae__model_graph_clear(&loop->graph);
    vae__apart_clear(&loop->apart);
    vae__free(loop->gradient);
    vae__free(loop->order);
    vae__free(loop->epochs);
}

/* ---- A step ------------------------------------------------------------------------------------------------------ */

static float figure(const vae__loop *loop, const vae_node *node)
{
    return *(const float *)vae_executor_value(loop->executor, node);
}

/* One thread: lays out the next batch. */
static vae_status begin_step(vae__loop *loop)
{
    const vae_training *training = loop->training;
    int64_t begin = loop->number * training->batch_size, left = loop->match.rows - begin;
    int64_t examples = left < training->batch_size ? left : training->batch_size;
    const uint32_t *rows = loop->order + begin;
    double epoch = (double)training->epoch + (double)loop->number / (double)loop->steps;
    int count = vae__match_bind(&loop->match, &loop->graph, rows, loop->bindings);
    count = vae__match_epoch(&loop->graph, epoch, loop->epochs, examples, loop->bindings, count);
    loop->run = (vae_run){ .examples = examples,
                           .bindings = loop->bindings,
                           .binding_count = count,
                           .seed = training->seed,
                           .purpose = "train",
                           .step = (uint32_t)training->epoch,
                           .example_ids = rows,
                           .gradient = loop->gradient };
    if (!loop->at_once) {
        vae__apart_begin(&loop->apart);
        return vae__executor_begin(loop->executor, &loop->run, NULL);
    }
    loop->adam = vae__adam_of(training);
    loop->update = (vae__update){ &loop->adam, vae_store_parameters(training->model->store), training->states[0],
                                  training->states[1] };
    return vae__executor_begin(loop->executor, &loop->run, &loop->update);
}

/* Running statistics follow those of the batch. One that would not be finite stays as it was: the step was sound
 * without it. */
static void follow(vae__loop *loop)
{
    const vae_store *store = loop->training->model->store;
    for (int i = 0; i < loop->graph.track_count; i++) {
        const vae__track *track = &loop->graph.tracks[i];
        const float *value = vae_executor_value(loop->executor, track->value);
        const vae_tensor *tensor = vae_store_find(store, vae_node_label(track->state));
        float *state = vae_store_state(loop->training->model->store) + tensor->offset;
        for (int64_t j = 0; j < tensor->size; j++) {
            const float moved = state[j] + (float)track->momentum * (value[j] - state[j]);
            state[j] = isfinite(moved) ? moved : state[j];
        }
    }
}

/* One thread: counts the batch that was trained on. */
static void end_step(vae__loop *loop)
{
    vae_training *training = loop->training;
    double examples = (double)loop->run.examples;
    training->partial.examples += loop->run.examples;
    training->partial.reconstruction += examples * figure(loop, loop->graph.reconstruction);
    training->partial.kl += examples * figure(loop, loop->graph.kl);
    training->partial.objective -= examples * figure(loop, loop->graph.objective);
    training->step++;
    loop->number++;
    loop->progress.examples += loop->run.examples;
    follow(loop);
}

/* Counts the batch that was passed over. */
static void skip_step(vae__loop *loop)
{
    vae_training *training = loop->training;
    training->partial.skipped++;
    training->partial.skipped_examples += loop->run.examples;
    training->skipped++;
    training->step++;
    loop->number++;
}

/* Between two regions: the step that was refused is taken all the same, where it proves to be sound, or passed over. */
static vae_status settle(vae__loop *loop)
{
    vae__refused step = { .training = loop->training,
                          .data = loop->data,
                          .program = loop->graph.program,
                          .options = &loop->executor_options,
                          .run = &loop->run,
                          .update = loop->at_once ? &loop->update : NULL,
                          .number = loop->number };
    loop->refused = false;
    vae_status status = vae__refused_settle(&step);
    if (!status.code) {
        vae__average_alone(loop->training);
        end_step(loop);
    } else if (status.code == VAE_ERROR_NUMBER && loop->options->on_nonfinite == VAE_NONFINITE_SKIP) {
        loop->skipped = status;
        skip_step(loop);
        status = vae__ok();
    }
    return status;
}

/* Is progress to be told here? */
static bool tells(const vae__loop *loop)
{
    const vae_train_options *options = loop->options;
    int64_t every = options->progress_steps;
    bool due = every ? loop->number - loop->told_at >= every : vae__seconds() - loop->told > TELL_SECONDS;
    bool wanted = options->attention && *options->attention;
    return due || wanted || loop->keeper.asked || loop->keeper.failure.code || loop->skipped.code;
}

/* Is there a reason to leave the region: the epoch's end, a mistake, or, a step further at least, something to save or
 * to tell? */
static bool pauses(const vae__loop *loop)
{
    if (loop->status.code || loop->refused || loop->number == loop->steps)
        return true;
    return loop->number > loop->entered_at &&
           (vae__keeper_due(&loop->keeper, loop->training, VAE__WITHIN_EPOCH) || tells(loop));
}

/* A step's work, by all threads: gradient and optimiser. */
static void work(vae__loop *loop, vae__team team)
{
    vae__executor_work(loop->executor, team);
    if (!loop->at_once)
        vae__apart_work(&loop->apart, (double)figure(loop, loop->graph.objective), team);
}

/* Steps, by all threads of one region. Thread 0 keeps the books between two barriers. The average takes a step in where
 * the threads have met again, before any of them can change a parameter: that costs no barrier of its own. */
static void run_steps(void *context, vae__team team)
{
    vae__loop *loop = context;
    for (;;) {
        if (!team.thread) {
            loop->paused = pauses(loop);
            if (!loop->paused)
                loop->status = begin_step(loop);
        }
        vae__barrier(team);
        if (loop->taken)
            vae__average_work(loop->training, team);
        if (loop->paused || loop->status.code)
            return;
        work(loop, team);
        if (team.thread)
            continue;
        loop->refused = loop->at_once ? vae__executor_refused(loop->executor) : loop->apart.refused;
        loop->taken = !loop->refused && loop->training->average;
        if (!loop->refused)
            end_step(loop);
    }
}

/* ---- An epoch ---------------------------------------------------------------------------------------------------- */

static double seconds(const vae__loop *loop)
{
    return loop->seconds_before + vae__seconds() - loop->began;
}

/* Tells progress. `sums` are those of the epoch told of: at its end the training's own are 0 again. */
static vae_status tell(vae__loop *loop, vae__partial sums, bool epoch_done)
{
    vae_progress *progress = &loop->progress;
    vae__keeper *keeper = &loop->keeper;
    double examples = (double)sums.examples;
    progress->step = loop->number;
    progress->steps = loop->steps;
    progress->epochs = loop->options->epochs;
    progress->seconds = vae__seconds() - loop->began;
    progress->reconstruction = sums.reconstruction / examples;
    progress->kl = sums.kl / examples;
    progress->elbo = progress->reconstruction - progress->kl;
    progress->objective = sums.objective / examples;
    progress->epoch_done = epoch_done;
    progress->saved_step = keeper->saved_step;
    progress->not_saved = keeper->failure.code ? &keeper->failure : NULL;
    progress->best_step = keeper->best_step;
    progress->best_not_saved = keeper->best_failure.code ? &keeper->best_failure : NULL;
    progress->skipped = sums.skipped;
    progress->not_finite = loop->skipped.code ? &loop->skipped : NULL;
    int answer = loop->options->progress ? loop->options->progress(loop->options->context, progress) : 0;
    keeper->asked = false;
    keeper->failure = vae__ok();
    keeper->best_failure = vae__ok();
    loop->skipped = vae__ok();
    loop->told = vae__seconds();
    loop->told_at = loop->number;
    if (answer == VAE_SAVE)
        vae__keeper_ask(keeper, loop->training);
    if (!answer || answer == VAE_SAVE)
        return vae__ok();
    return vae__error(VAE_STOPPED, "training was stopped in epoch %" PRId64 " after step %" PRId64 " of %" PRId64,
                      progress->epoch, loop->number, loop->steps);
}

/* Does the history have this column, or will it? */
static bool is_present(const vae__loop *loop, int column)
{
    const vae__history *history = &loop->training->history;
    if (vae__history_is_validation(column))
        return loop->validation != NULL;
    if (vae__history_is_optional(column) && history->rows)
        return history->columns[column] != NULL;
    if (column == VAE__TRAIN_WEIGHT_PRIOR)
        return loop->training->method.weight_prior > 0;
    return column != VAE__TRAIN_OBJECTIVE || strcmp(loop->training->model->declaration.objective, "elbo") != 0;
}

/* Of the average of the parameters, where there is one. */
static vae_status validate(vae__loop *loop, vae_evaluation *validation)
{
    const vae_evaluation_options options = { .seed = loop->training->seed };
    if (!loop->validation)
        return vae__ok();
    vae__average_swap(loop->training);
    vae_status status = vae__evaluator_run(loop->validation, &options, validation);
    vae__average_swap(loop->training);
    loop->progress.has_validation = true;
    loop->progress.validation_elbo = validation->elbo;
    return status;
}

/* The epoch's row of the history, validated where there is a split for it. */
static vae_status record(vae__loop *loop)
{
    vae_training *training = loop->training;
    double examples = (double)training->partial.examples;
    if (!training->partial.examples)
        return vae__error(VAE_ERROR_NUMBER, "%s: every step of epoch %" PRId64 " was skipped, for none was finite",
                          training->model->declaration.name, training->epoch + 1);
    vae_evaluation validation = { 0 };
    VAE__TRY(validate(loop, &validation));
    double reconstruction = training->partial.reconstruction / examples, kl = training->partial.kl / examples;
    double values[VAE__MAX_COLUMNS] = {
        [VAE__STEP] = (double)training->step,
        [VAE__EXAMPLES_SEEN] = (double)((training->epoch + 1) * loop->match.rows),
        [VAE__EPOCH] = (double)training->epoch + 1,
        [VAE__TRAIN_ELBO] = reconstruction - kl,
        [VAE__TRAIN_RECONSTRUCTION] = reconstruction,
        [VAE__TRAIN_KL] = kl,
        [VAE__TRAIN_OBJECTIVE] = training->partial.objective / examples,
        [VAE__TRAIN_SKIPPED] = (double)training->partial.skipped,
        [VAE__VALIDATION_ELBO] = validation.elbo,
        [VAE__VALIDATION_RECONSTRUCTION] = validation.reconstruction,
        [VAE__VALIDATION_KL] = validation.kl,
        [VAE__LEARNING_RATE] = vae__training_rate(training, training->epoch, loop->steps - 1),
        [VAE__SECONDS] = seconds(loop),
    };
    if (training->method.weight_prior > 0)
        values[VAE__TRAIN_WEIGHT_PRIOR] = vae__method_log_prior(training, loop->match.rows);
    bool present[VAE__MAX_COLUMNS];
    for (int i = 0; i < VAE__MAX_COLUMNS; i++)
        present[i] = is_present(loop, i);
    return vae__history_append(&training->history, present, values);
}

static vae_status end_epoch(vae__loop *loop)
{
    vae_training *training = loop->training;
    VAE__TRY(record(loop));
    vae__partial sums = training->partial;
    training->partial = (vae__partial){ 0 };
    training->epoch++;
    const bool last = is_over(loop);
    const bool due = vae__keeper_due(&loop->keeper, training, last ? VAE__ALL_DONE : VAE__EPOCH_DONE);
    vae__keeper_best(&loop->keeper, training);
    vae_status saved = due && last ? vae__keeper_save(&loop->keeper, training) : vae__ok();
    if (due && !last)
        vae__keeper_try(&loop->keeper, training);
    vae_status told = tell(loop, sums, true);
    return saved.code ? saved : told;
}

/* Between two regions of an epoch. */
static vae_status pause(vae__loop *loop)
{
    if (vae__keeper_due(&loop->keeper, loop->training, VAE__WITHIN_EPOCH))
        vae__keeper_try(&loop->keeper, loop->training);
    return tells(loop) ? tell(loop, loop->training->partial, false) : vae__ok();
}

static vae_status run_epoch(vae__loop *loop)
{
    vae_training *training = loop->training;
    vae__draw order = { .seed = training->seed,
                        .stream = vae__random_stream("order", "train"),
                        .step = (uint32_t)training->epoch };
    double begun = vae__seconds();
    vae__random_permutation(order, loop->match.rows, loop->order);
    vae__account_order(loop->account, begun);
    loop->progress.epoch = training->epoch + 1;
    loop->number = training->step - training->epoch * loop->steps;
    loop->told = vae__seconds();
    loop->told_at = loop->number;
    while (loop->number < loop->steps) {
        loop->entered_at = loop->number;
        loop->taken = false;
        vae__parallel(loop->threads, run_steps, loop);
        VAE__TRY(loop->status);
        if (loop->refused)
            VAE__TRY(settle(loop));
        if (loop->number < loop->steps)
            VAE__TRY(pause(loop));
    }
    vae__account_epoch(loop->account, begun);
    return end_epoch(loop);
}

static double last_seconds(const vae_training *training)
{
    const vae__history *history = &training->history;
    return history->rows && history->columns[VAE__SECONDS] ? history->columns[VAE__SECONDS][history->rows - 1] : 0;
}

vae_status vae__train(vae_training *training, const vae_data *data, const vae_train_options *options,
                      vae__account *account)
{
    if (!training || !data || !options)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a training, data and options, found NULL");
    if (options->epochs < 0 || options->epochs > VAE__MAX_EPOCHS || options->threads < 0 || options->progress_steps < 0)
        return vae__error(VAE_ERROR_ARGUMENT,
                          "expected 0 to 10^9 epochs, threads and progress_steps of at least 0, found %" PRId64
                          ", %d and %" PRId64,
                          options->epochs, options->threads, options->progress_steps);
    vae__loop loop = { .training = training,
                       .options = options,
                       .data = data,
                       .began = vae__seconds(),
                       .seconds_before = last_seconds(training),
                       .account = account };
    vae_status status = vae__keeper_begin(&loop.keeper, options, training);
    if (!status.code)
        status = make_loop(&loop, data);
    if (!status.code) {
        training->epochs = options->epochs;
        training->kernels = vae__kernels_text(options->kernels);
    }
    while (!status.code && !is_over(&loop))
        status = run_epoch(&loop);
    if (!status.code)
        status = vae__account_end(account, loop.executor, loop.graph.program, training->batch_size, loop.match.rows);
    clear_loop(&loop);
    return status;
}

vae_status vae_train(vae_training *training, const vae_data *data, const vae_train_options *options)
{
    return vae__train(training, data, options, NULL);
}
