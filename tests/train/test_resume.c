/*
 * Resuming is exact: stopped, kept and gone on with, twice, each time on another number of threads, a training has the
 * bits of one that never stopped, in parameters, state, moments and history. Tables: what is trained, where it is cut,
 * how it is cut. An optimiser or a schedule is a row of the first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <vae/checkpoint.h>

#include "tests/support/system.h"
#include "tests/train/alike.h"

enum { ROWS = 300, EPOCHS = 3 };

/* ---- What is trained --------------------------------------------------------------------------------------------- */

static const vae_model_spec plain = {
    .name = "plain", .latents = { { .size = 3 } }, .encoder = "dense 24 relu", .decoder = "dense 24 relu"
};

/* With state: means and deviations, of what is modelled and of what the encoder sees. */
static const vae_model_spec fitted = {
    .name = "fitted",
    .x = { .likelihood = "gaussian sigma=1", .transform = "standardize", .encoder_transform = "unit, standardize" },
    .conditions = { { .name = "digit", .kind = VAE_CLASS } },
    .latents = { { .size = 3 } },
    .encoder = "dense 24 relu",
    .decoder = "dense 24 relu",
};

/* With many samples of z, and a weight that is another at every step. */
static const vae_model_spec weighted = { .name = "weighted",
                                         .conditions = { { .name = "digit", .kind = VAE_CLASS } },
                                         .latents = { { .size = 3 } },
                                         .encoder = "dense 24 relu",
                                         .decoder = "dense 24 relu",
                                         .objective = "iwae samples=5" };
static const vae_model_spec rising = { .name = "rising",
                                       .latents = { { .size = 3 } },
                                       .encoder = "dense 24 relu",
                                       .decoder = "dense 24 relu",
                                       .objective = "elbo samples=2 beta=3 warm-up=2.5 free-bits=0.01" };

/* A part of x and a class by layers of their own, a prior that is learned; stochastic layers; none at all. */
static const vae_model_spec completing = {
    .name = "completing",
    .conditions = { { .name = "seen", .of_x = "quadrants 1", .layers = "dense 8 tanh", .enters = "decoder, prior" },
                    { .name = "digit", .kind = VAE_CLASS, .decoder_layers = "dense 4 tanh" } },
    .latents = { { .size = 3 } },
    .encoder = "dense 24 relu",
    .decoder = "dense 24 relu",
    .prior = "gaussian",
    .prior_layers = "dense 8 relu",
};
static const vae_model_spec layered = {
    .name = "layered",
    .conditions = { { .name = "digit", .kind = VAE_CLASS } },
    .latents = { { .size = 4 }, { .size = 2, .encoder = "dense 8 tanh", .decoder = "dense 6 tanh" } },
    .encoder = "dense 24 relu",
    .decoder = "dense 24 relu",
    .objective = "iwae samples=3",
};
static const vae_model_spec regression = { .name = "regression",
                                           .conditions = { { .name = "seen", .of_x = "columns 0 9" } },
                                           .decoder = "dense 24 relu",
                                           .objective = "none" };

/* Without an encoder. */
static const vae_model_spec tabled = { .name = "tabled",
                                       .latents = { { .size = 3 } },
                                       .encoder = "",
                                       .decoder = "dense 24 relu",
                                       .posterior = "table",
                                       .initial = "normal sigma=0.1, data-bias" };

/* With running statistics, and noise that leaves values out. */
static const vae_model_spec convolved = {
    .name = "convolved",
    .conditions = { { .name = "digit", .kind = VAE_CLASS } },
    .latents = { { .size = 3 } },
    .encoder = "conv 4 4x4 stride 4, batch-norm relu, dropout rate=0.2, conv 3 3x3 relu, max-pool 7",
    .decoder =
        "dense 98, batch-norm, dropout rate=0.1, reshape 7x7x2, deconv 3 4x4 stride 2 relu, deconv 1 2x2 stride 2",
};

static const struct trained {
    const char *name;
    const vae_model_spec *spec;
    vae_training_options options;
    int64_t held_out; /* rows, for validation after every epoch */
} trained[] = {
    { "batches that divide the rows", &plain, { .batch_size = 60 }, 0 },
    { "a short last batch", &plain, { .batch_size = 64 }, 0 },
    { "a last batch of one", &plain, { .batch_size = 23, .learning_rate = 0.01 }, 0 },
    { "an epoch is one batch", &plain, { .batch_size = 1000 }, 0 },
    { "validation", &plain, { .batch_size = 48 }, 70 },
    { "conditional, with state", &fitted, { .batch_size = 64, .seed = 5 }, 0 },
    { "conditional, with state and validation", &fitted, { .batch_size = 50, .seed = 6 }, 33 },
    { "importance weighted, conditional", &weighted, { .batch_size = 64 }, 0 },
    { "a rising weight, free bits", &rising, { .batch_size = 70 }, 33 },
    { "a table of posteriors", &tabled, { .batch_size = 64 }, 0 },
    { "a table of posteriors, sgd", &tabled, { .batch_size = 37, .optimizer = "sgd momentum=0.5" }, 0 },
    { "adamw, warm-up",
      &plain,
      { .batch_size = 64, .optimizer = "adamw decay=0.1", .schedule = "warm-up epochs=2" },
      0 },
    { "sgd, steps",
      &plain,
      { .batch_size = 64, .optimizer = "sgd", .schedule = "steps 1 2 factor=0.5", .weight_prior = 2 },
      33 },
    { "sgd with momentum, cosine",
      &plain,
      { .batch_size = 60, .optimizer = "sgd momentum=0.9", .schedule = "cosine epochs=3 to=0.1", .clip_norm = 1 },
      0 },
    { "nesterov, a product",
      &plain,
      { .batch_size = 60,
        .optimizer = "nesterov",
        .schedule = "warm-up epochs=1.5, exponential rate=0.8",
        .clip_value = 0.01 },
      0 },
    { "adagrad, exponential",
      &fitted,
      { .batch_size = 64, .learning_rate = 0.01, .optimizer = "adagrad", .schedule = "exponential rate=0.9" },
      0 },
    { "rmsprop", &plain, { .batch_size = 50, .optimizer = "rmsprop" }, 0 },
    { "rmsprop with momentum, clips and prior",
      &weighted,
      { .batch_size = 50,
        .optimizer = "rmsprop momentum=0.5",
        .schedule = "constant",
        .clip_norm = 2,
        .clip_value = 0.5,
        .weight_prior = 0.5 },
      0 },
    { "adam with clips and prior",
      &plain,
      { .batch_size = 64, .clip_norm = 5, .clip_value = 0.1, .weight_prior = 1 },
      33 },
    { "adam, averaged, with state and validation", &fitted, { .batch_size = 50, .average = 0.9 }, 33 },
    { "nesterov with clips, averaged",
      &plain,
      { .batch_size = 64, .optimizer = "nesterov", .clip_norm = 3, .average = 0.99 },
      33 },
    { "bf16, sgd", &plain, { .batch_size = 64, .precision = "bf16", .optimizer = "sgd momentum=0.5" }, 0 },
    { "a part of x, a learned prior", &completing, { .batch_size = 64 }, 33 },
    { "a hierarchy", &layered, { .batch_size = 70 }, 0 },
    { "convolutions, running statistics, dropout", &convolved, { .batch_size = 64 }, 33 },
    { "convolutions, sgd, averaged", &convolved, { .batch_size = 70, .optimizer = "sgd", .average = 0.9 }, 0 },
    { "a regression", &regression, { .batch_size = 64 }, 33 },
    { "bf16", &plain, { .batch_size = 64, .precision = "bf16" }, 0 },
    { "bf16, conditional, with state and validation", &fitted, { .batch_size = 50, .precision = "bf16" }, 33 },
};
enum { TRAINED = sizeof trained / sizeof *trained };

/* Is there a training with each row of a table? */
static void check_covered(const vae__word_table *table, bool optimizers)
{
    const vae_word *word;
    for (int i = 0; (word = vae__word_of(table, i)); i++) {
        bool found = false;
        for (int k = 0; k < TRAINED; k++) {
            const char *text = optimizers ? trained[k].options.optimizer : trained[k].options.schedule;
            found = found || strstr(text ? text : optimizers ? "adam" : "constant", word->name);
        }
        ck_assert_msg(found, "no training of the table has the %s %s", table->what, word->name);
    }
}

/* ---- Where it is cut --------------------------------------------------------------------------------------------- */

/* So many steps behind the end of an epoch, or, where it is less than 0, before the end of the next. */
typedef struct place {
    int64_t epoch, step;
} place;

static const struct cut {
    place places[2];
} cuts[] = {
    { { { 1, 0 }, { 2, 0 } } },   /* at the ends of epochs */
    { { { 0, 1 }, { 0, 2 } } },   /* behind the first steps */
    { { { 0, 2 }, { 1, 3 } } },   /* in the middle of two epochs */
    { { { 1, -1 }, { 2, -1 } } }, /* before the last steps of epochs */
    { { { 1, 0 }, { 1, 1 } } },   /* at an end and behind it */
    { { { 0, -1 }, { 1, 0 } } },  /* before an end and at it */
};
enum { CUTS = sizeof cuts / sizeof *cuts };

/* Threads until the first cut, until the second one, and behind it. */
static const int threads[] = { 1, 3, 2 };

/* ---- How it is cut ----------------------------------------------------------------------------------------------- */

static vae_data *data;
static char folder[64], path[96], aside[96];

static void begin(void)
{
    system_reset();
    strcpy(folder, "/tmp/vae-test-resume-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.h5", folder);
    snprintf(aside, sizeof aside, "%s/b.h5", folder);
    ck_assert_status_ok(vae_data_open("digits:300", &(vae_data_options){ .threads = 1 }, &data));
}

static void end(void)
{
    vae_data_free(&data);
    remove(path);
    remove(aside);
    ck_assert_int_eq(rmdir(folder), 0);
    ck_assert_int_eq(system_outstanding(), 0);
}

/* A run until the cut. */
typedef struct leg {
    vae_training *training;
    int64_t step; /* of the cut, of all steps */
    bool copied;
} leg;

static void load(vae_training **training, const char *from)
{
    vae_training_free(training);
    ck_assert_status_ok(vae_checkpoint_load(from, NULL, training));
}

static int stop_there(void *context, const vae_progress *progress)
{
    const leg *l = context;
    (void)progress;
    return l->training->step == l->step;
}

/* It stops there and is kept. */
static void stop(leg *l, vae_train_options options)
{
    options.progress = stop_there;
    ck_assert_status(vae_train(l->training, data, &options), VAE_STOPPED, "training was stopped in epoch ");
    ck_assert_status_ok(vae_checkpoint_save(l->training, path));
    load(&l->training, path);
}

/* As soon as its checkpoint is of that step it is taken aside; the run, which may have gone on, is given up. */
static int take_aside(void *context, const vae_progress *progress)
{
    leg *l = context;
    ck_assert_ptr_null(progress->not_saved);
    if (progress->saved_step == l->step && !l->copied) {
        ck_assert_int_eq(rename(path, aside), 0);
        l->copied = true;
    }
    return l->copied;
}

static int ask_there(void *context, const vae_progress *progress)
{
    const leg *l = context;
    if (take_aside(context, progress))
        return 1;
    return l->training->step == l->step ? VAE_SAVE : 0;
}

static void go_on_from_aside(leg *l, const vae_train_options *options)
{
    ck_assert_status(vae_train(l->training, data, options), VAE_STOPPED, "training was stopped in epoch ");
    ck_assert(l->copied);
    load(&l->training, aside);
}

/* A checkpoint every so many steps. */
static void keep(leg *l, vae_train_options options)
{
    options.checkpoint = path;
    options.checkpoint_steps = l->step;
    options.progress = take_aside;
    go_on_from_aside(l, &options);
}

/* A checkpoint because it was asked for, and no other until that is told. */
static void ask(leg *l, vae_train_options options)
{
    options.checkpoint = path;
    options.epochs = options.checkpoint_epochs = EPOCHS + 1;
    options.progress = ask_there;
    go_on_from_aside(l, &options);
}

static const struct way {
    void (*cut)(leg *l, vae_train_options options);
} ways[] = {
    { stop },
    { keep },
    { ask },
};
enum { WAYS = sizeof ways / sizeof *ways };

/* ---- The same bits ----------------------------------------------------------------------------------------------- */

static vae_training *begun(const struct trained *what)
{
    vae_model *model = NULL;
    vae_training *training = NULL;
    ck_assert_status_ok(vae_model_new(what->spec, NULL, data, 7, &model));
    ck_assert_status_ok(vae_training_new(&model, data, &what->options, &training));
    return training;
}

/* Runs up to a place, unless it stands there already. */
static void run_to(leg *l, place to, const struct way *how, int count)
{
    int64_t rows = l->training->rows[VAE_TRAIN], batch = l->training->batch_size, steps = (rows + batch - 1) / batch;
    int64_t within = to.step < 0 ? steps + to.step : to.step;
    l->step = to.epoch * steps + (within < steps ? within : steps);
    l->copied = false;
    if (l->step <= l->training->step)
        return;
    how->cut(l, (vae_train_options){ .epochs = EPOCHS, .threads = count, .context = l, .progress_steps = 1 });
    ck_assert_int_eq(l->training->step, l->step);
    ck_assert_int_eq(l->training->epoch, l->step / steps);
    ck_assert_int_eq(l->training->partial.examples, l->step % steps * batch);
}

/* Check tells the number of a row that fails, which is made of the rows of the three tables. */
START_TEST(test_resumed)
{
    const struct trained *what = &trained[_i / (CUTS * WAYS)];
    const struct cut *cut = &cuts[_i / WAYS % CUTS];
    const struct way *how = &ways[_i % WAYS];
    if (vae_precision_check(what->options.precision, NULL).code) {
        printf("skipped: %s: this processor has none\n", what->name);
        return;
    }
    if (what->held_out)
        ck_assert_status_ok(vae_data_hold_out(data, what->held_out));
    vae_training *whole = begun(what);
    ck_assert_status_ok(vae_train(whole, data, &(vae_train_options){ .epochs = EPOCHS, .threads = 1 }));
    leg l = { .training = begun(what) };
    for (int i = 0; i < 2; i++)
        run_to(&l, cut->places[i], how, threads[i]);
    ck_assert_status_ok(vae_train(l.training, data, &(vae_train_options){ .epochs = EPOCHS, .threads = threads[2] }));
    check_alike(whole, l.training);
    vae_training_free(&whole);
    vae_training_free(&l.training);
}
END_TEST

/* N epochs asked for, and then N + M: by all rows of the table. */
START_TEST(test_more_epochs)
{
    const struct trained *what = &trained[_i];
    if (vae_precision_check(what->options.precision, NULL).code)
        return;
    if (what->held_out)
        ck_assert_status_ok(vae_data_hold_out(data, what->held_out));
    vae_training *whole = begun(what), *parts = begun(what);
    ck_assert_status_ok(vae_train(whole, data, &(vae_train_options){ .epochs = EPOCHS, .threads = 1 }));
    for (int epochs = 1; epochs <= EPOCHS; epochs++) {
        ck_assert_status_ok(vae_train(
            parts, data, &(vae_train_options){ .epochs = epochs, .threads = threads[epochs - 1], .checkpoint = path }));
        load(&parts, path);
    }
    check_alike(whole, parts);
    ck_assert_int_eq(vae_history_rows(parts), EPOCHS);
    vae_training_free(&whole);
    vae_training_free(&parts);
}
END_TEST

START_TEST(test_covered)
{
    check_covered(&vae__optimizers, true);
    check_covered(&vae__schedules, false);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("resume");
    TCase *all = suite_case_between(suite, "resume", 120, begin, end, (const TTest *const[]){ test_covered, NULL });
    tcase_add_loop_test(all, test_resumed, 0, TRAINED * CUTS * WAYS);
    tcase_add_loop_test(all, test_more_epochs, 0, TRAINED);
    return suite_run(suite);
}
