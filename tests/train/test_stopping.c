/*
 * Early stopping and the file of the best epoch, on a model that soon knows its few rows by heart: where training ends,
 * what is kept then, and that neither depends on where it was interrupted. What cannot be written costs nothing else.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vae/checkpoint.h>

#include "tests/support/system.h"
#include "tests/train/alike.h"

enum { EPOCHS = 20, BATCH = 20, STEPS = 3 /* the last of 10 rows */, HELD_OUT = 40, MOST_PATIENCE = 3 };

static const vae_model_spec spec = {
    .name = "small", .latents = { { .size = 4 } }, .encoder = "dense 100 relu", .decoder = "dense 100 relu"
};

static vae_data *data;
static char folder[64], path[96], best[96];
static vae_training *training, *whole; /* `whole` has been trained for all epochs */

static vae_training *begun(void)
{
    vae_model *model = NULL;
    vae_training *made = NULL;
    const vae_training_options options = { .batch_size = BATCH, .learning_rate = 0.03, .average = 0.5 };
    ck_assert_status_ok(vae_model_new(&spec, NULL, data, 7, &model));
    ck_assert_status_ok(vae_training_new(&model, data, &options, &made));
    return made;
}

static vae_training *trained_for(int64_t epochs)
{
    vae_training *made = begun();
    ck_assert_status_ok(vae_train(made, data, &(vae_train_options){ .epochs = epochs, .threads = 1 }));
    return made;
}

static void begin(void)
{
    system_reset();
    strcpy(folder, "/tmp/vae-test-stopping-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.h5", folder);
    snprintf(best, sizeof best, "%s/best.h5", folder);
    ck_assert_status_ok(vae_data_open("digits:90", &(vae_data_options){ .threads = 1 }, &data));
    ck_assert_status_ok(vae_data_hold_out(data, HELD_OUT));
    training = begun();
    whole = trained_for(EPOCHS);
}

static void end(void)
{
    vae_training_free(&training);
    vae_training_free(&whole);
    vae_data_free(&data);
    remove(path);
    remove(best);
    ck_assert_int_eq(rmdir(folder), 0); /* no temporary file is left */
    ck_assert_int_eq(system_outstanding(), 0);
}

/* ---- What is expected, of the undisturbed run -------------------------------------------------------------------- */

static double elbo_of(int64_t epoch) /* from 1 */
{
    return whole->history.columns[VAE__VALIDATION_ELBO][epoch - 1];
}

/* The best of the first epochs. */
static int64_t best_until(int64_t epochs)
{
    int64_t found = 1;
    for (int64_t epoch = 2; epoch <= epochs; epoch++)
        if (elbo_of(epoch) > elbo_of(found))
            found = epoch;
    return found;
}

/* From this epoch's end on. */
static int64_t end_from(int64_t first, int64_t patience)
{
    for (int64_t epoch = first; epoch <= EPOCHS; epoch++)
        if (epoch - best_until(epoch) >= patience)
            return epoch;
    return EPOCHS;
}

static int64_t end_with(int64_t patience)
{
    return end_from(1, patience);
}

/* The tests would show nothing of a model that behaves otherwise. */
START_TEST(test_overfits)
{
    const int64_t last = end_with(MOST_PATIENCE);
    ck_assert_int_eq(training->rows[VAE_TRAIN], 50);
    ck_assert_int_lt(last, EPOCHS);
    ck_assert_int_gt(best_until(last), 2);
    ck_assert_int_lt(end_with(1), last);
    ck_assert_int_eq(vae_history_best(whole), best_until(EPOCHS) - 1);
    ck_assert_int_eq(vae_history_best(NULL), -1);
    ck_assert_int_eq(vae_history_best(training), -1);
}
END_TEST

static void check_like_run_of(const vae_training *found, int64_t epochs)
{
    vae_training *expected = trained_for(epochs);
    check_alike(expected, found);
    vae_training_free(&expected);
}

static void check_held(const char *at, int64_t epochs)
{
    vae_training *held = NULL;
    ck_assert_status_ok(vae_checkpoint_load(at, NULL, &held));
    check_like_run_of(held, epochs);
    vae_training_free(&held);
}

/* ---- Where it ends ----------------------------------------------------------------------------------------------- */

static vae_train_options patient(int64_t patience)
{
    return (vae_train_options){ .epochs = EPOCHS, .threads = 1, .checkpoint = path, .patience = patience };
}

/* At exactly that epoch, with a checkpoint of it, though none was due; and nothing is left to do then. */
START_TEST(test_patience)
{
    vae_train_options options = patient(_i);
    const int64_t last = end_with(_i);
    options.threads = _i;
    options.checkpoint_epochs = 1000;
    ck_assert_status_ok(vae_train(training, data, &options));
    ck_assert_int_eq(training->epoch, last);
    check_like_run_of(training, last);
    check_held(path, last);
    ck_assert_int_eq(system_count(SYSTEM_RENAME), 1);
    ck_assert_status_ok(vae_train(training, data, &options));
    ck_assert_int_eq(training->epoch, last);
    ck_assert_int_eq(system_count(SYSTEM_RENAME), 1);
    options.patience = 0;
    ck_assert_status_ok(vae_train(training, data, &options));
    check_like_run_of(training, EPOCHS);
}
END_TEST

/* Longer than there are epochs: all are done. */
START_TEST(test_endless)
{
    const vae_train_options options = patient(INT64_MAX);
    ck_assert_status_ok(vae_train(training, data, &options));
    check_alike(whole, training);
}
END_TEST

static int stop_there(void *context, const vae_progress *progress)
{
    (void)progress;
    return training->step == *(const int64_t *)context;
}

static void stop_at(int64_t step, vae_train_options options)
{
    options.progress = stop_there;
    options.progress_steps = 1;
    options.context = &step;
    ck_assert_status(vae_train(training, data, &options), VAE_STOPPED, "");
    ck_assert_int_eq(training->step, step);
    ck_assert_status_ok(vae_checkpoint_save(training, path));
    vae_training_free(&training);
    ck_assert_status_ok(vae_checkpoint_load(path, NULL, &training));
}

/* Interrupted at every step up to the last one, at ends of epochs too. */
START_TEST(test_patience_resumed)
{
    const vae_train_options options = patient(MOST_PATIENCE);
    const int64_t last = end_with(MOST_PATIENCE);
    for (int64_t step = STEPS; step <= last * STEPS; step += 4) {
        vae_training_free(&training);
        training = begun();
        stop_at(step, options);
        ck_assert_status_ok(vae_train(training, data, &options));
        check_like_run_of(training, last);
    }
}
END_TEST

/* Of a run that was less patient before: it ends where it stands; in the middle of an epoch, at the end of that. */
START_TEST(test_patience_late)
{
    vae_train_options options = patient(0);
    const int64_t epoch = end_with(MOST_PATIENCE);
    stop_at(epoch * STEPS + 1, options);
    options.patience = 1;
    ck_assert_status_ok(vae_train(training, data, &options));
    ck_assert_int_eq(training->epoch, end_from(epoch + 1, 1));
    vae_training_free(&training);
    training = begun();
    options.patience = 0;
    stop_at(epoch * STEPS, options);
    options.patience = MOST_PATIENCE;
    ck_assert_status_ok(vae_train(training, data, &options));
    ck_assert_int_eq(training->epoch, epoch);
}
END_TEST

/* What is no number is never the best. */
START_TEST(test_no_number)
{
    static const double elbos[] = { NAN, INFINITY, -5, -INFINITY, NAN, -4, -4, -4.5 };
    static const int64_t bests[] = { -1, -1, 2, 2, 2, 5, 5, 5 };
    bool present[VAE__MAX_COLUMNS];
    double values[VAE__MAX_COLUMNS] = { 0 };
    for (int i = 0; i < VAE__MAX_COLUMNS; i++)
        present[i] = true;
    for (int row = 0; row < 8; row++) {
        values[VAE__VALIDATION_ELBO] = elbos[row];
        ck_assert_status_ok(vae__history_append(&training->history, present, values));
        ck_assert_int_eq(vae_history_best(training), bests[row]);
        for (int64_t patience = 1; patience < 10; patience++)
            ck_assert_int_eq(vae__history_is_stale(training, patience), row - bests[row] >= patience);
        ck_assert(!vae__history_is_stale(training, 0));
    }
}
END_TEST

/* ---- The best epoch ---------------------------------------------------------------------------------------------- */

/* What was told of it. */
typedef struct told {
    int64_t best_epochs[EPOCHS], told_epochs;
    int64_t fail_in; /* requests fail from the last call before the end of this epoch on */
    system_kind kind;
    int n, error;
    bool for_good;
    int lost;
    char message[VAE_MESSAGE_SIZE];
} told;

static int on_progress(void *context, const vae_progress *progress)
{
    told *t = context;
    ck_assert_ptr_null(progress->not_saved);
    if (t->fail_in && progress->epoch == t->fail_in && progress->step == STEPS - 1)
        system_fail(t->kind, t->n, t->error, t->for_good);
    if (progress->best_not_saved) {
        ck_assert(progress->epoch_done);
        strcpy(t->message, progress->best_not_saved->message);
        t->lost++;
    }
    if (progress->epoch_done)
        t->best_epochs[t->told_epochs++] = progress->best_step < 0 ? 0 : progress->best_step / STEPS;
    return 0;
}

static vae_train_options watched(told *t)
{
    return (vae_train_options){
        .epochs = EPOCHS, .threads = 2, .best = best, .progress = on_progress, .context = t, .progress_steps = 1
    };
}

/* It is the checkpoint of that epoch, and can be gone on with; alone and beside the latest. */
START_TEST(test_best)
{
    told t = { .told_epochs = 0 };
    vae_train_options options = watched(&t);
    options.checkpoint = _i ? path : NULL;
    ck_assert_status_ok(vae_train(training, data, &options));
    for (int64_t epoch = 1; epoch <= EPOCHS; epoch++)
        ck_assert_int_eq(t.best_epochs[epoch - 1], best_until(epoch));
    ck_assert_int_eq(t.lost, 0);
    check_alike(whole, training);
    check_held(best, best_until(EPOCHS));
    if (_i)
        check_held(path, EPOCHS);
    vae_training_free(&training);
    ck_assert_status_ok(vae_checkpoint_load(best, NULL, &training));
    ck_assert_status_ok(vae_train(training, data, &(vae_train_options){ .epochs = EPOCHS, .threads = 3 }));
    check_alike(whole, training);
}
END_TEST

/* With an epoch a run, and early stopping: each compares with those of runs before. */
START_TEST(test_best_resumed)
{
    const int64_t last = end_with(MOST_PATIENCE);
    for (int64_t epoch = 1; epoch <= EPOCHS; epoch++) {
        told t = { .told_epochs = 0 };
        vae_train_options options = watched(&t);
        options.epochs = epoch;
        options.checkpoint = path;
        options.patience = MOST_PATIENCE;
        ck_assert_status_ok(vae_train(training, data, &options));
        ck_assert_int_eq(t.told_epochs, epoch <= last);
        if (epoch <= last)
            ck_assert_int_eq(t.best_epochs[0], best_until(epoch) == epoch ? epoch : 0);
        vae_training_free(&training);
        ck_assert_status_ok(vae_checkpoint_load(path, NULL, &training));
    }
    check_like_run_of(training, last);
    check_held(best, best_until(last));
}
END_TEST

static const struct refusal {
    system_kind kind;
    int n, error;
    const char *words;
    bool written;
} refusals[] = {
    { SYSTEM_OPEN, 1, EMFILE, "best.h5: cannot open its folder", false },
    { SYSTEM_WRITE, 1, ENOSPC, "best.h5: cannot write: No space left on device", false },
    { SYSTEM_SYNC, 1, EIO, "best.h5: cannot bring it to the disk", false },
    { SYSTEM_SYNC, 2, EIO, "best.h5: is written, but its folder cannot be brought to the disk", true },
    { SYSTEM_RENAME, 1, EACCES, "best.h5: cannot put the new file in its place", false },
    { SYSTEM_ALLOCATE, 1, ENOMEM, "no memory", false },
    { SYSTEM_ALLOCATE, 4, ENOMEM, "memory", false },
};
enum { REFUSALS = sizeof refusals / sizeof *refusals };

/* Told once, not as the latest's failure, which is written behind it; training goes on, and the next one is kept. */
START_TEST(test_best_refused)
{
    const struct refusal *r = &refusals[_i];
    told t = { .fail_in = 2, .kind = r->kind, .n = r->n, .error = r->error };
    vae_train_options options = watched(&t);
    options.checkpoint = path;
    ck_assert_int_eq(best_until(2), 2);
    ck_assert_status_ok(vae_train(training, data, &options));
    ck_assert_int_eq(t.lost, 1);
    ck_assert_msg(strstr(t.message, r->words), "%s", t.message);
    ck_assert_int_eq(t.best_epochs[1], r->written ? 2 : 1);
    for (int64_t epoch = 3; epoch <= EPOCHS; epoch++)
        ck_assert_int_eq(t.best_epochs[epoch - 1], best_until(epoch) > 2 ? best_until(epoch) : t.best_epochs[1]);
    system_reset();
    check_alike(whole, training);
    check_held(path, EPOCHS);
    check_held(best, best_until(EPOCHS));
}
END_TEST

/* From then on for good, and at the very end: without a checkpoint that fails too it ends no training. */
START_TEST(test_best_refused_for_good)
{
    const int64_t last = best_until(EPOCHS);
    told t = { .fail_in = last, .kind = SYSTEM_WRITE, .n = 1, .error = ENOSPC, .for_good = true };
    vae_train_options options = watched(&t);
    options.epochs = last;
    ck_assert_status_ok(vae_train(training, data, &options));
    ck_assert_int_eq(t.lost, 1);
    ck_assert_int_eq(t.best_epochs[last - 1], best_until(last - 1));
    system_reset();
    check_like_run_of(training, last);
    check_held(best, best_until(last - 1));
}
END_TEST

/* ---- Refused ----------------------------------------------------------------------------------------------------- */

START_TEST(test_arguments)
{
    char same[160], linked[96];
    vae_train_options options = patient(-1);
    ck_assert_status(vae_train(training, data, &options), VAE_ERROR_ARGUMENT,
                     "expected a patience of 0 epochs or more, found -1");
    options = (vae_train_options){ .epochs = 1, .checkpoint = path, .best = path };
    ck_assert_status(vae_train(training, data, &options), VAE_ERROR_ARGUMENT,
                     "a.h5: expected a file for the best epoch that is not that of the checkpoint, found the same");
    snprintf(same, sizeof same, "%s/../%s/a.h5", folder, strrchr(folder, '/') + 1);
    options.best = same;
    ck_assert_status(vae_train(training, data, &options), VAE_ERROR_ARGUMENT, "a.h5: expected a file for the best");
    snprintf(linked, sizeof linked, "%s/link.h5", folder);
    fclose(fopen(path, "w"));
    ck_assert_int_eq(symlink("a.h5", linked), 0);
    options.best = linked;
    ck_assert_status(vae_train(training, data, &options), VAE_ERROR_ARGUMENT, "link.h5: expected a file for the best");
    remove(linked);
    options.best = "/nowhere/a.h5";
    ck_assert_status(vae_train(training, data, &options), VAE_ERROR_FILE, "/nowhere/a.h5: ");
    options.checkpoint = NULL;
    ck_assert_status(vae_train(training, data, &options), VAE_ERROR_FILE, "/nowhere/a.h5: ");
    ck_assert_int_eq(training->step, 0);
}
END_TEST

START_TEST(test_no_validation)
{
    vae_data *other = NULL;
    vae_model *model = NULL;
    vae_training *made = NULL;
    ck_assert_status_ok(vae_data_open("digits:90", &(vae_data_options){ .threads = 1 }, &other));
    ck_assert_status_ok(vae_model_new(&spec, NULL, other, 7, &model));
    ck_assert_status_ok(vae_training_new(&model, other, NULL, &made));
    vae_train_options options = patient(2);
    ck_assert_status(vae_train(made, other, &options), VAE_ERROR_ARGUMENT,
                     "early stopping: expected validation rows to compare epochs by, found none");
    options = (vae_train_options){ .epochs = 1, .best = best };
    ck_assert_status(vae_train(made, other, &options), VAE_ERROR_ARGUMENT,
                     "keeping the best epoch: expected validation rows to compare epochs by, found none");
    ck_assert_int_eq(made->step, 0);
    vae_training_free(&made);
    vae_data_free(&other);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stopping");
    const TTest *const tests[] = { test_overfits,
                                   test_endless,
                                   test_patience_resumed,
                                   test_patience_late,
                                   test_no_number,
                                   test_best_resumed,
                                   test_best_refused_for_good,
                                   test_arguments,
                                   test_no_validation,
                                   NULL };
    TCase *all = suite_case_between(suite, "stopping", 120, begin, end, tests);
    tcase_add_loop_test(all, test_patience, 1, MOST_PATIENCE + 1);
    tcase_add_loop_test(all, test_best, 0, 2);
    tcase_add_loop_test(all, test_best_refused, 0, REFUSALS);
    return suite_run(suite);
}
