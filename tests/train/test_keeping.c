/*
 * When a run writes its checkpoint, what becomes of one that cannot be written, and what a progress function may ask
 * for: every case on a run of two epochs of six steps, of which a checkpoint that failed may not cost a bit.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <vae/checkpoint.h>

#include "tests/support/system.h"
#include "tests/train/alike.h"

static const vae_model_spec spec = {
    .name = "small", .latents = { { .size = 2 } }, .encoder = "dense 8 relu", .decoder = "dense 8 relu"
};

enum { BATCH = 20, STEPS = 6 /* the last of 10 examples */, MOST = 32 };

static vae_data *data;
static char folder[64], path[96];
static vae_training *training;

static vae_training *begun(void)
{
    vae_model *model = NULL;
    vae_training *made = NULL;
    ck_assert_status_ok(vae_model_new(&spec, NULL, data, 7, &model));
    ck_assert_status_ok(vae_training_new(&model, data, &(vae_training_options){ .batch_size = BATCH }, &made));
    return made;
}

static void begin(void)
{
    system_reset();
    strcpy(folder, "/tmp/vae-test-keeping-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.h5", folder);
    ck_assert_status_ok(vae_data_open("digits:110", &(vae_data_options){ .threads = 1 }, &data));
    training = begun();
}

static void end(void)
{
    vae_training_free(&training);
    vae_data_free(&data);
    remove(path);
    ck_assert_int_eq(rmdir(folder), 0); /* no temporary file is left */
    ck_assert_int_eq(system_outstanding(), 0);
}

/* What was told, and what is done about it. */
typedef struct told {
    int calls;
    int64_t saved[MOST]; /* steps of checkpoints, as they were told */
    int saved_count;
    int64_t refused[MOST]; /* steps at which one that failed was told */
    int refused_count;
    char message[VAE_MESSAGE_SIZE];
    int64_t held; /* the step of what the path held when that was told; -1: nothing */

    int64_t fail_at; /* behind this step requests of a kind fail */
    system_kind kind;
    int n, error;
    bool for_good;

    int64_t ask_at;                  /* VAE_SAVE at this step; -1: at every one */
    volatile sig_atomic_t attention; /* 1 until this many calls: */
    int attentive;
} told;

/* Of the training that lies at the path; -1: there is none. */
static int64_t step_held(void)
{
    vae_training *held = NULL;
    if (access(path, F_OK))
        return -1;
    ck_assert_status_ok(vae_checkpoint_load(path, NULL, &held));
    int64_t step = held->step;
    vae_training_free(&held);
    return step;
}

static int on_progress(void *context, const vae_progress *progress)
{
    told *t = context;
    int64_t step = training->step, last = t->saved_count ? t->saved[t->saved_count - 1] : -1;
    t->calls++;
    ck_assert_int_lt(t->saved_count, MOST);
    if (progress->saved_step != last)
        t->saved[t->saved_count++] = progress->saved_step;
    if (progress->not_saved) {
        ck_assert_int_ne(progress->not_saved->code, VAE_OK);
        strcpy(t->message, progress->not_saved->message);
        t->refused[t->refused_count++] = step;
        t->held = step_held();
    }
    if (t->fail_at && step == t->fail_at)
        system_fail(t->kind, t->n, t->error, t->for_good);
    t->attention = t->calls < t->attentive;
    return step == t->ask_at || t->ask_at < 0 ? VAE_SAVE : 0;
}

static vae_train_options watched(told *t)
{
    return (vae_train_options){
        .epochs = 2, .threads = 1, .checkpoint = path, .progress = on_progress, .context = t, .progress_steps = 1
    };
}

static void check_steps(const int64_t *found, int count, const int64_t *expected)
{
    int i = 0;
    for (; expected[i]; i++)
        ck_assert_msg(i < count && found[i] == expected[i], "expected step %d as number %d of %d", (int)expected[i], i,
                      count);
    ck_assert_int_eq(i, count);
}

/* What was saved and lost on the way left no trace. */
static void check_undisturbed(void)
{
    vae_training *whole = begun(), *kept = NULL;
    ck_assert_status_ok(vae_train(whole, data, &(vae_train_options){ .epochs = 2, .threads = 1 }));
    check_alike(whole, training);
    ck_assert_status_ok(vae_checkpoint_load(path, NULL, &kept));
    check_alike(whole, kept);
    vae_training_free(&whole);
    vae_training_free(&kept);
}

/* ---- When -------------------------------------------------------------------------------------------------------- */

static const struct schedule {
    int64_t steps;
    double seconds;
    int64_t epochs, total;
    int64_t saved[14]; /* ends with 0 */
} schedules[] = {
    { 0, 0, 0, 2, { 6, 12 } },
    { 4, 0, 0, 2, { 4, 8, 12 } },
    { 5, 0, 0, 2, { 5, 10, 12 } },
    { 6, 0, 0, 2, { 6, 12 } },
    { 1, 0, 0, 2, { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 } },
    { 100, 0, 0, 2, { 12 } },
    { 0, 1e-12, 0, 2, { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 } },
    { 0, 1e9, 0, 2, { 12 } },
    { 0, 0, 2, 3, { 12, 18 } },
    { 0, 0, 5, 2, { 12 } },
    { 0, 0, 1, 2, { 6, 12 } },
};
enum { SCHEDULES = sizeof schedules / sizeof *schedules };

START_TEST(test_schedule)
{
    const struct schedule *s = &schedules[_i];
    told t = { 0 };
    vae_train_options options = watched(&t);
    options.epochs = s->total;
    options.checkpoint_steps = s->steps;
    options.checkpoint_seconds = s->seconds;
    options.checkpoint_epochs = s->epochs;
    ck_assert_status_ok(vae_train(training, data, &options));
    check_steps(t.saved, t.saved_count, s->saved);
    ck_assert_int_eq(system_count(SYSTEM_RENAME), t.saved_count);
    ck_assert_int_eq(t.calls, s->total * STEPS);
    ck_assert_int_eq(step_held(), s->total * STEPS);
}
END_TEST

/* Steps count from the beginning of the training, not of the run; what was just loaded is not written again. */
START_TEST(test_schedule_resumed)
{
    static const int64_t saved[] = { 8, 12, 0 };
    told t = { .ask_at = 4 };
    vae_train_options options = watched(&t);
    options.epochs = 1;
    ck_assert_status_ok(vae_train(training, data, &options));
    vae_training_free(&training);
    training = begun();
    options.checkpoint_steps = 4;
    options.progress_steps = 4;
    ck_assert_status_ok(vae_train(training, data, &options));
    t = (told){ 0 };
    options.epochs = 2;
    ck_assert_status_ok(vae_train(training, data, &options));
    check_steps(t.saved, t.saved_count, saved);
    check_undisturbed();
}
END_TEST

/* Saving changes nothing about when progress is told. */
START_TEST(test_told_as_asked)
{
    told t = { 0 };
    vae_train_options options = watched(&t);
    options.checkpoint_steps = 1;
    options.progress_steps = 4;
    ck_assert_status_ok(vae_train(training, data, &options));
    ck_assert_int_eq(t.calls, 4); /* steps 4, 6, 10, 12 */
    ck_assert_int_eq(system_count(SYSTEM_RENAME), 12);
    check_undisturbed();
}
END_TEST

START_TEST(test_arguments)
{
    static const struct {
        int64_t steps;
        double seconds;
        int64_t epochs;
        const char *words;
    } cases[] = {
        { 1, 1, 0, "the others 0, found 1, 1 and 0" },       { 1, 0, 1, "the others 0, found 1, 0 and 1" },
        { 0, 0.5, 1, "the others 0, found 0, 0.5 and 1" },   { -1, 0, 0, "the others 0, found -1, 0 and 0" },
        { 0, -1, 0, "the others 0, found 0, -1 and 0" },     { 0, 0, -1, "the others 0, found 0, 0 and -1" },
        { 0, (double)NAN, 0, "the others 0, found 0, nan" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vae_train_options options = { .epochs = 1,
                                      .checkpoint_steps = cases[i].steps,
                                      .checkpoint_seconds = cases[i].seconds,
                                      .checkpoint_epochs = cases[i].epochs };
        ck_assert_status(vae_train(training, data, &options), VAE_ERROR_ARGUMENT, cases[i].words);
    }
    ck_assert_int_eq(training->step, 0);
}
END_TEST

/* ---- What cannot be written -------------------------------------------------------------------------------------- */

static const struct refusal {
    system_kind kind;
    int n, error; /* the n-th request of the checkpoint of step 8 */
    const char *words;
    int64_t held; /* what the path holds then */
} refusals[] = {
    { SYSTEM_OPEN, 1, EMFILE, "cannot open its folder", 4 },
    { SYSTEM_OPEN, 2, EACCES, "cannot create", 4 },
    { SYSTEM_WRITE, 1, ENOSPC, "cannot write: No space left on device", 4 },
    { SYSTEM_WRITE, 1, EFBIG, "cannot write: File too large", 4 },
    { SYSTEM_SYNC, 1, EIO, "cannot bring it to the disk", 4 },
    { SYSTEM_SYNC, 2, EIO, "is written, but its folder cannot be brought to the disk", 8 },
    { SYSTEM_RENAME, 1, EACCES, "cannot put the new file in its place", 4 },
    { SYSTEM_ALLOCATE, 1, ENOMEM, "no memory", 4 },
    { SYSTEM_ALLOCATE, 4, ENOMEM, "memory", 4 },
};
enum { REFUSALS = sizeof refusals / sizeof *refusals };

/* The earlier file stays, it is told once, training goes on, and the next checkpoint is written. */
START_TEST(test_refused)
{
    static const int64_t refused[] = { 8, 0 }, saved[] = { 4, 12, 0 }, all_saved[] = { 4, 8, 12, 0 };
    const struct refusal *r = &refusals[_i];
    told t = { .fail_at = 7, .kind = r->kind, .n = r->n, .error = r->error };
    vae_train_options options = watched(&t);
    options.checkpoint_steps = 4;
    ck_assert_status_ok(vae_train(training, data, &options));
    check_steps(t.refused, t.refused_count, refused);
    ck_assert_msg(strstr(t.message, r->words), "%s", t.message);
    ck_assert_int_eq(t.held, r->held);
    check_steps(t.saved, t.saved_count, r->held == 8 ? all_saved : saved);
    system_reset();
    check_undisturbed();
}
END_TEST

/* The last one's failure ends the run with its status; what was trained is there, and can be kept later. */
START_TEST(test_last_refused)
{
    static const int64_t refused[] = { 8, 0 }, saved[] = { 4, 0 };
    told t = { .fail_at = 7, .kind = SYSTEM_WRITE, .n = 1, .error = ENOSPC, .for_good = true };
    vae_train_options options = watched(&t);
    options.checkpoint_steps = 4;
    ck_assert_status(vae_train(training, data, &options), VAE_ERROR_FILE, "No space left on device");
    check_steps(t.refused, t.refused_count, refused);
    check_steps(t.saved, t.saved_count, saved);
    ck_assert_int_eq(training->epoch, 2);
    ck_assert_int_eq(t.calls, 2 * STEPS); /* the last epoch's figures are told */
    system_reset();
    ck_assert_int_eq(step_held(), 4);
    ck_assert_status_ok(vae_checkpoint_save(training, path));
    check_undisturbed();
}
END_TEST

/* At the ends of epochs likewise; it is told however rarely progress is. */
START_TEST(test_epoch_refused)
{
    static const int64_t at_end[] = { 6, 0 }, within[] = { 4, 0 };
    for (int steps = 0; steps <= 4; steps += 4) {
        told t = { 0 };
        vae_train_options options = watched(&t);
        options.progress_steps = 1000;
        options.checkpoint_steps = steps;
        vae_training_free(&training);
        training = begun();
        remove(path);
        system_reset();
        system_fail(SYSTEM_WRITE, 1, ENOSPC, false);
        ck_assert_status_ok(vae_train(training, data, &options));
        check_steps(t.refused, t.refused_count, steps ? within : at_end);
        ck_assert_int_eq(t.held, -1);
        ck_assert_int_eq(t.calls, steps ? 3 : 2);
        check_undisturbed();
    }
}
END_TEST

/* ---- What is asked for ------------------------------------------------------------------------------------------- */

/* Written at once, and told behind the next step. */
START_TEST(test_asked)
{
    static const int64_t saved[] = { 3, 12, 0 };
    told t = { .ask_at = 3 };
    vae_train_options options = watched(&t);
    options.checkpoint_epochs = 2;
    ck_assert_status_ok(vae_train(training, data, &options));
    check_steps(t.saved, t.saved_count, saved);
    ck_assert_int_eq(t.calls, 2 * STEPS);
    check_undisturbed();
}
END_TEST

/* At every call, those at which it has just been written included. What was asked for is told behind the next step: 3,
 * 7 and 11 are out of date by then. */
START_TEST(test_asked_always)
{
    static const int64_t saved[] = { 1, 2, 4, 5, 6, 8, 9, 10, 12, 0 };
    told t = { .ask_at = -1 };
    vae_train_options options = watched(&t);
    options.checkpoint_steps = 4;
    ck_assert_status_ok(vae_train(training, data, &options));
    check_steps(t.saved, t.saved_count, saved);
    ck_assert_int_eq(system_count(SYSTEM_RENAME), 12);
    check_undisturbed();
    /* With no checkpoint there is nothing to write. */
    vae_training_free(&training);
    training = begun();
    t = (told){ .ask_at = -1 };
    options.checkpoint = NULL;
    options.progress_steps = 3;
    ck_assert_status_ok(vae_train(training, data, &options));
    ck_assert_int_eq(t.saved_count, 0);
    ck_assert_int_eq(t.calls, 4);
}
END_TEST

/* One that was asked for and failed is told once, behind the next step. */
START_TEST(test_asked_refused)
{
    static const int64_t refused[] = { 9, 0 };
    told t = { .ask_at = 8, .fail_at = 8, .kind = SYSTEM_WRITE, .n = 1, .error = EDQUOT };
    vae_train_options options = watched(&t);
    ck_assert_status_ok(vae_train(training, data, &options));
    check_steps(t.refused, t.refused_count, refused);
    ck_assert_int_eq(t.held, 6);
    check_undisturbed();
}
END_TEST

/* Called behind the next step, and again as long as nobody clears it: which may not keep training from going on. */
START_TEST(test_attention)
{
    static const struct {
        int attentive, calls;
    } cases[] = { { 0, 2 }, { 1, 3 }, { 3, 5 }, { 100, 2 * STEPS } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        told t = { .attention = cases[i].attentive > 0, .attentive = cases[i].attentive };
        vae_train_options options = watched(&t);
        options.progress_steps = 1000;
        options.attention = &t.attention;
        vae_training_free(&training);
        training = begun();
        ck_assert_status_ok(vae_train(training, data, &options));
        ck_assert_int_eq(t.calls, cases[i].calls);
        check_undisturbed();
    }
}
END_TEST

static int say(void *context, const vae_progress *progress)
{
    (void)progress;
    return *(const int *)context;
}

/* What is neither 0 nor VAE_SAVE stops, at the step that asked for attention. */
START_TEST(test_stops)
{
    static const int answers[] = { 1, 2, -1, 15, VAE_SAVE + 1 };
    volatile sig_atomic_t attention = 1;
    for (int i = 0; i < 5; i++) {
        int answer = answers[i];
        vae_train_options options = { .epochs = 2,
                                      .threads = 1,
                                      .progress = say,
                                      .context = &answer,
                                      .progress_steps = 1000,
                                      .attention = &attention };
        ck_assert_status(vae_train(training, data, &options), VAE_STOPPED, "training was stopped in epoch 1 after");
        ck_assert_int_eq(training->step, i + 1);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("keeping");
    const TTest *const tests[] = { test_schedule_resumed,
                                   test_told_as_asked,
                                   test_arguments,
                                   test_last_refused,
                                   test_epoch_refused,
                                   test_asked,
                                   test_asked_always,
                                   test_asked_refused,
                                   test_attention,
                                   test_stops,
                                   NULL };
    TCase *all = suite_case_between(suite, "keeping", 60, begin, end, tests);
    tcase_add_loop_test(all, test_schedule, 0, SCHEDULES);
    tcase_add_loop_test(all, test_refused, 0, REFUSALS);
    return suite_run(suite);
}
