/*
 * Training: the same bits on any number of threads; what is told; validation; what is refused. Of resuming and of
 * checkpoints tell test_resume.c and test_keeping.c. The suite runs a second time in a process of its own where oneDNN
 * keeps to AVX2.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vae/checkpoint.h>
#include <vae/infer.h>
#include <vae/version.h>

#include "src/base/memory.h"
#include "src/checkpoint/training.h"
#include "src/data/data.h"
#include "src/kernels/kernels.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"
#include "tests/train/alike.h"

static const vae_model_spec spec = {
    .name = "small",
    .conditions = { { .name = "digit", .kind = VAE_CLASS } },
    .latents = { { .size = 5 } },
    .encoder = "dense 40 relu",
    .decoder = "dense 200 relu", /* its products are large enough for oneDNN */
};

enum { ROWS = 700, BATCH = 128, STEPS = 6 /* the last of 60 examples */ };

static vae_data *data;
static char folder[64], path[96];

static void begin(void)
{
    system_reset();
    strcpy(folder, "/tmp/vae-test-train-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.h5", folder);
    ck_assert_status_ok(vae_data_open("digits:700", &(vae_data_options){ .threads = 1 }, &data));
}

static void end(void)
{
    vae_data_free(&data);
    remove(path);
    ck_assert_int_eq(rmdir(folder), 0);
    ck_assert_int_eq(system_outstanding(), 0);
}

static vae_training *training_of(vae_training_options options)
{
    vae_model *model = NULL;
    vae_training *training = NULL;
    ck_assert_status_ok(vae_model_new(&spec, NULL, data, 7, &model));
    ck_assert_status_ok(vae_training_new(&model, data, &options, &training));
    return training;
}

static vae_training *trained(int64_t epochs, int threads)
{
    vae_training *training = training_of((vae_training_options){ .seed = 3 });
    ck_assert_status_ok(vae_train(training, data, &(vae_train_options){ .epochs = epochs, .threads = threads }));
    return training;
}

static double history_at(const vae_training *training, const char *name, int64_t row)
{
    for (int i = 0; i < vae_history_columns(training); i++)
        if (!strcmp(vae_history_column_at(training, i).name, name))
            return vae_history_column_at(training, i).values[row];
    ck_abort_msg("there is no %s", name);
    return 0;
}

static void through_a_file(vae_training **training)
{
    ck_assert_status_ok(vae_checkpoint_save(*training, path));
    vae_training_free(training);
    ck_assert_status_ok(vae_checkpoint_load(path, NULL, training));
}

/* ---- The same bits ----------------------------------------------------------------------------------------------- */

/* What computes. */
typedef struct way {
    const char *kernels, *precision;
} way;

static vae_training *trained_on(int64_t batch, int threads, way how)
{
    vae_training *training =
        training_of((vae_training_options){ .seed = 3, .batch_size = batch, .precision = how.precision });
    ck_assert_status_ok(
        vae_train(training, data, &(vae_train_options){ .epochs = 1, .threads = threads, .kernels = how.kernels }));
    return training;
}

static bool is_here(way how)
{
    if (vae__kernels_find(false, how.kernels) && !vae_precision_check(how.precision, how.kernels).code)
        return true;
    printf("skipped: this processor has no %s\n", how.precision ? how.precision : how.kernels);
    return false;
}

/* On 2, 3, 4 and 8 threads as on one, what validation finds included. */
static void check_threads(int64_t batch, way how)
{
    vae_training *one = trained_on(batch, 1, how);
    ck_assert_int_eq(vae_training_where(one).step, (one->rows[VAE_TRAIN] + batch - 1) / batch);
    static const int threads[] = { 2, 3, 4, 8 };
    for (int i = 0; i < 4; i++) {
        vae_training *other = trained_on(batch, threads[i], how);
        check_alike(one, other);
        vae_training_free(&other);
    }
    vae_training_free(&one);
}

/* The best, and what a processor has that lacks the widest vectors. */
static const way ways[] = { { NULL, NULL }, { "avx2", NULL }, { NULL, "bf16" } };
enum { WAYS = sizeof ways / sizeof *ways };

/* With every set of kernels, and batches of which none but 1 divides the rows. */
START_TEST(test_threads)
{
    static const int64_t batches[] = { 100, 129, 7, 1 };
    vae_data_free(&data);
    ck_assert_status_ok(vae_data_open("digits:140", &(vae_data_options){ .threads = 1 }, &data));
    ck_assert_status_ok(vae_data_hold_out(data, 9));
    for (int k = 0; k < WAYS; k++)
        for (size_t i = 0; i < sizeof batches / sizeof *batches && is_here(ways[k]); i++)
            check_threads(batches[i], ways[k]);
}
END_TEST

/* Those that are asked for do compute: the bits of other products differ. The record tells them. */
START_TEST(test_kernels)
{
    vae_training *generic = trained_on(BATCH, 1, (way){ "generic", NULL }), *best = trained_on(BATCH, 1, (way){ 0 });
    ck_assert_ptr_eq(generic->kernels, vae__kernels_text("generic"));
    ck_assert_str_eq(best->kernels, vae_kernels());
    vae_store *mine = vae_model_store(generic->model), *theirs = vae_model_store(best->model);
    size_t bytes = (size_t)vae_store_size(mine) * sizeof(float);
    bool alike = !memcmp(vae_store_parameters(mine), vae_store_parameters(theirs), bytes);
    ck_assert_int_eq(alike, vae__kernels_find(false, NULL) == vae__kernels_find(false, "generic"));
    ck_assert_double_eq_tol(history_at(generic, "train/elbo", 0), history_at(best, "train/elbo", 0), 0.05);
    vae_train_options unknown = { .epochs = 2, .threads = 1, .kernels = "avx1024" };
    ck_assert_status(vae_train(best, data, &unknown), VAE_ERROR_UNSUPPORTED, "kernels \"avx1024\" are not known");
    ck_assert_int_eq(vae_training_where(best).epoch, 1);
    vae_training_free(&generic);
    vae_training_free(&best);
}
END_TEST

/* In bf16 it has other figures than in float32, and near ones; a file keeps that. */
START_TEST(test_bf16)
{
    if (!is_here((way){ NULL, "bf16" }))
        return;
    vae_training *half = training_of((vae_training_options){ .seed = 3, .precision = "bf16" }), *usual = trained(2, 1);
    ck_assert_status_ok(vae_train(half, data, &(vae_train_options){ .epochs = 2, .threads = 2 }));
    through_a_file(&half);
    ck_assert_str_eq(vae_training_where(half).precision, "bf16");
    const double found = history_at(half, "train/elbo", 1), near = history_at(usual, "train/elbo", 1);
    ck_assert_double_ne(found, near);
    ck_assert_double_eq_tol(found, near, 0.5);
    ck_assert_str_eq(vae_training_where(usual).precision, "float32");
    vae_training_free(&half);
    vae_training_free(&usual);
}
END_TEST

/* Where it cannot go on in bf16 it says so, before a step and before the checkpoint is touched; nothing is lost. */
START_TEST(test_bf16_elsewhere)
{
    vae_training *training = training_of((vae_training_options){ .seed = 3, .precision = "bf16" });
    through_a_file(&training);
    vae_train_options options = { .epochs = 1, .threads = 1, .kernels = "generic", .checkpoint = path };
    ck_assert_int_eq(remove(path), 0);
    ck_assert_status(vae_train(training, data, &options), VAE_ERROR_UNSUPPORTED, "precision bf16: expected ");
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert_int_eq(vae_training_where(training).step, 0);
    ck_assert_int_eq(vae_training_where(training).epochs, 0);
    if (is_here((way){ NULL, "bf16" })) {
        vae_training *other = training_of((vae_training_options){ .seed = 3, .precision = "bf16" });
        options = (vae_train_options){ .epochs = 1, .threads = 1 };
        ck_assert_status_ok(vae_train(training, data, &options));
        ck_assert_status_ok(vae_train(other, data, &options));
        check_alike(training, other);
        vae_training_free(&other);
    }
    vae_training_free(&training);
}
END_TEST

START_TEST(test_precision_check)
{
    ck_assert_status_ok(vae_precision_check(NULL, NULL));
    ck_assert_status_ok(vae_precision_check("float32", "generic"));
    ck_assert_status(vae_precision_check("float64", NULL), VAE_ERROR_ARGUMENT,
                     "precision: expected float32 or bf16, found \"float64\"");
    ck_assert_status(vae_precision_check("bf16", "generic"), VAE_ERROR_UNSUPPORTED, "precision bf16: expected ");
    const bool here = vae__kernels_limit_bf16();
    ck_assert_int_eq(vae_precision_check("bf16", NULL).code, here ? VAE_OK : VAE_ERROR_UNSUPPORTED);
}
END_TEST

typedef struct told {
    int calls, stop_at; /* stop at this call */
    int64_t last_step, last_epoch, epochs_done;
    double elbo;
    int has_validation;
    double validation_elbo;
} told;

static int on_progress(void *context, const vae_progress *progress)
{
    told *t = context;
    t->calls++;
    ck_assert_int_eq(progress->steps, STEPS);
    ck_assert_double_eq_tol(progress->elbo, progress->reconstruction - progress->kl, 1e-9);
    t->last_step = progress->step;
    t->last_epoch = progress->epoch;
    t->epochs_done += progress->epoch_done != 0;
    t->elbo = progress->elbo;
    if (progress->epoch_done) {
        t->has_validation = progress->has_validation;
        t->validation_elbo = progress->validation_elbo;
    }
    return t->calls == t->stop_at;
}

/* In the middle of an epoch, of the first or of a later one, and at the end of one. */
START_TEST(test_stopped)
{
    static const struct {
        int stop_at;
        int64_t epoch, step;
        const char *message;
    } stops[] = { { 3, 0, 3, "training was stopped in epoch 1 after step 3 of 6" },
                  { 5, 0, 5, "training was stopped in epoch 1 after step 5 of 6" },
                  { STEPS, 1, 6, "training was stopped in epoch 1 after step 6 of 6" },
                  { STEPS + 1, 1, 7, "training was stopped in epoch 2 after step 1 of 6" } };
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
        told t = { .stop_at = stops[i].stop_at };
        vae_train_options options = {
            .epochs = 2, .threads = 2, .progress = on_progress, .context = &t, .progress_steps = 1
        };
        vae_training *cut = training_of((vae_training_options){ .seed = 3 });
        ck_assert_status(vae_train(cut, data, &options), VAE_STOPPED, stops[i].message);
        ck_assert_int_eq(vae_training_where(cut).epoch, stops[i].epoch);
        ck_assert_int_eq(vae_training_where(cut).step, stops[i].step);
        through_a_file(&cut);
        ck_assert_int_eq(vae_training_where(cut).epochs, 2); /* the total stands in the file */
        vae_training_free(&cut);
    }
}
END_TEST

static vae_training *watched;

static int save_on_progress(void *context, const vae_progress *progress)
{
    (void)context;
    (void)progress;
    ck_assert_status_ok(vae_checkpoint_save(watched, path));
    vae_training *loaded = NULL;
    ck_assert_status_ok(vae_checkpoint_load(path, NULL, &loaded));
    ck_assert_int_eq(loaded->partial.examples,
                     loaded->step % STEPS * BATCH); /* at an epoch's end nothing is under way */
    vae_training_free(&loaded);
    return 0;
}

/* Where a checkpoint cannot be written is told before an epoch is spent on it. */
START_TEST(test_unwritable)
{
    char missing[128];
    vae_training *training = training_of((vae_training_options){ .seed = 3 });
    snprintf(missing, sizeof missing, "%s/none/a.h5", folder);
    ck_assert_status(vae_train(training, data, &(vae_train_options){ .epochs = 1, .checkpoint = missing }),
                     VAE_ERROR_FILE, "none/a.h5: cannot open its folder: No such file or directory");
    ck_assert_int_eq(training->step, 0);
    vae_training_free(&training);
}
END_TEST

/* The same data elsewhere: the record says where it lies now. */
START_TEST(test_moved_data)
{
    vae_training *training = training_of((vae_training_options){ .seed = 3 });
    vae__free(data->source);
    ck_assert_status_ok(vae__copy_string("elsewhere", &data->source));
    ck_assert_status_ok(vae_train(training, data, &(vae_train_options){ .epochs = 0 }));
    ck_assert_str_eq(training->source, "elsewhere");
    vae_training_free(&training);
}
END_TEST

/* A host may save whenever it is told of progress, at the end of an epoch too. */
START_TEST(test_saved_while_told)
{
    watched = training_of((vae_training_options){ .seed = 3 });
    ck_assert_status_ok(vae_train(
        watched, data,
        &(vae_train_options){ .epochs = 2, .threads = 1, .progress = save_on_progress, .progress_steps = 2 }));
    vae_training *whole = trained(2, 1);
    check_alike(whole, watched);
    vae_training_free(&whole);
    vae_training_free(&watched);
}
END_TEST

START_TEST(test_told)
{
    told t = { 0 };
    vae_training *training = training_of((vae_training_options){ .seed = 3 });
    vae_train_options options = {
        .epochs = 2, .threads = 1, .progress = on_progress, .context = &t, .progress_steps = 1, .checkpoint = path
    };
    ck_assert_status_ok(vae_train(training, data, &options));
    ck_assert_int_eq(t.calls, 2 * STEPS);
    ck_assert_int_eq(t.epochs_done, 2);
    ck_assert_int_eq(t.last_epoch, 2);
    ck_assert_int_eq(t.last_step, STEPS);
    ck_assert_int_eq(t.has_validation, 0);
    ck_assert_double_eq_tol(t.elbo, history_at(training, "train/elbo", 1), 1e-12);
    vae_training *kept = NULL;
    ck_assert_status_ok(vae_checkpoint_load(path, NULL, &kept));
    check_alike(training, kept);
    vae_training_free(&kept);
    /* There is nothing left to do. */
    ck_assert_status_ok(vae_train(training, data, &options));
    ck_assert_int_eq(t.calls, 2 * STEPS);
    vae_training_free(&training);
}
END_TEST

/* The seed decides on order and noise. */
START_TEST(test_seed)
{
    vae_training *one = trained(1, 1), *other = training_of((vae_training_options){ .seed = 4 });
    ck_assert_status_ok(vae_train(other, data, &(vae_train_options){ .epochs = 1, .threads = 1 }));
    ck_assert(memcmp(vae_store_parameters(vae_model_store(one->model)),
                     vae_store_parameters(vae_model_store(other->model)),
                     (size_t)vae_store_size(vae_model_store(one->model)) * sizeof(float)));
    vae_training_free(&one);
    vae_training_free(&other);
}
END_TEST

/* ---- What it does ------------------------------------------------------------------------------------------------ */

START_TEST(test_learns)
{
    vae_training *training = training_of((vae_training_options){ .seed = 3, .command_line = "vae train" });
    vae_training_state state = vae_training_where(training);
    ck_assert_int_eq(state.batch_size, 128);
    ck_assert_double_eq(state.learning_rate, 0.001);
    ck_assert_str_eq(state.command_line, "vae train");
    ck_assert_str_eq(state.source, "digits:700");
    ck_assert_int_eq(state.rows[VAE_TRAIN], ROWS);
    ck_assert_int_eq(state.rows[VAE_TEST], 116);
    ck_assert_int_eq(state.validation_held_out, 0);
    ck_assert_status_ok(vae_train(training, data, &(vae_train_options){ .epochs = 8, .threads = 2 }));
    ck_assert_int_eq(vae_history_rows(training), 8);
    ck_assert_int_eq(vae_history_columns(training), VAE__MAX_COLUMNS - 5); /* the objective is the elbo */
    for (int64_t i = 0; i < 8; i++) {
        ck_assert_double_eq(history_at(training, "epoch", i), (double)(i + 1));
        ck_assert_double_eq(history_at(training, "step", i), (double)(STEPS * (i + 1)));
        ck_assert_double_eq(history_at(training, "examples_seen", i), (double)(ROWS * (i + 1)));
        ck_assert_double_eq_tol(history_at(training, "train/elbo", i),
                                history_at(training, "train/reconstruction", i) - history_at(training, "train/kl", i),
                                1e-9);
    }
    ck_assert_double_gt(history_at(training, "train/elbo", 0), -560); /* 784 log 2 = 543 */
    ck_assert_double_gt(history_at(training, "train/elbo", 7), history_at(training, "train/elbo", 0) + 100);
    vae_training_free(&training);
}
END_TEST

/* A step, told of at its end: what it did to parameters, by the moments it left. */
typedef struct adam_watch {
    vae_training *training;
    float *before;
} adam_watch;

static int check_adam(void *context, const vae_progress *progress)
{
    const adam_watch *w = context;
    const vae_training *t = w->training;
    vae_store *store = vae_model_store(t->model);
    const float *now = vae_store_parameters(store);
    double first = 1 - pow(0.9, (double)t->step), second = 1 - pow(0.999, (double)t->step);
    int moved = 0;
    for (int64_t i = 0; i < vae_store_size(store); i++) {
        /* Kingma, Ba 2015, algorithm 1 */
        double step = 0.01 * (t->states[0][i] / first) / (sqrt(t->states[1][i] / second) + 1e-8);
        ck_assert_double_eq_tol((double)w->before[i] - now[i], step, 1e-5 * fabs(step) + 1e-6 * fabs(now[i]) + 1e-9);
        moved += fabs(step) > 1e-4;
        w->before[i] = now[i];
    }
    ck_assert_int_gt(moved, 1000);
    return progress->step == 5;
}

START_TEST(test_adam)
{
    adam_watch w = { .training = training_of((vae_training_options){ .seed = 3, .learning_rate = 0.01 }) };
    vae_store *store = vae_model_store(w.training->model);
    size_t bytes = (size_t)vae_store_size(store) * sizeof(float);
    w.before = malloc(bytes);
    memcpy(w.before, vae_store_parameters(store), bytes);
    vae_train_options options = {
        .epochs = 1, .threads = 2, .progress = check_adam, .context = &w, .progress_steps = 1
    };
    ck_assert_status(vae_train(w.training, data, &options), VAE_STOPPED, "after step 5 of 6");
    free(w.before);
    vae_training_free(&w.training);
}
END_TEST

START_TEST(test_validation)
{
    ck_assert_status_ok(vae_data_hold_out(data, 100));
    vae_training *training = training_of((vae_training_options){ .seed = 3 });
    vae_training_state state = vae_training_where(training);
    ck_assert_int_eq(state.rows[VAE_TRAIN], 600);
    ck_assert_int_eq(state.rows[VAE_VALIDATION], 100);
    ck_assert_int_eq(state.validation_held_out, 1);
    ck_assert_status_ok(vae_train(training, data, &(vae_train_options){ .epochs = 2, .threads = 2 }));
    ck_assert_int_eq(vae_history_columns(training), VAE__MAX_COLUMNS - 2); /* no objective apart, and no prior */
    vae_evaluation found;
    ck_assert_status_ok(vae_evaluate(
        training->model, data, &(vae_evaluation_options){ .split = VAE_VALIDATION, .seed = 3, .threads = 1 }, &found));
    ck_assert_int_eq(found.examples, 100);
    ck_assert_double_eq(history_at(training, "validation/elbo", 1), found.elbo);
    ck_assert_double_eq(history_at(training, "validation/kl", 1), found.kl);
    ck_assert_double_eq(history_at(training, "validation/reconstruction", 1), found.reconstruction);
    vae_training_free(&training);
}
END_TEST

/* ---- What is refused --------------------------------------------------------------------------------------------- */

START_TEST(test_other_data)
{
    vae_training *training = trained(1, 1);
    vae_data *other = NULL;
    vae_train_options options = { .epochs = 2, .threads = 1 };
    ck_assert_status_ok(vae_data_open("digits:701", NULL, &other));
    ck_assert_status(vae_train(training, other, &options), VAE_ERROR_DATA,
                     "digits:701: expected the data that the training began with (digits:700, digest ");
    vae_data_free(&other);
    ck_assert_status_ok(vae_data_open("digits:700", &(vae_data_options){ .seed = 1 }, &other));
    ck_assert_status(vae_train(training, other, &options), VAE_ERROR_DATA, "expected the data that the training");
    vae_data_free(&other);
    ck_assert_status_ok(vae_data_open("digits:700", NULL, &other));
    ck_assert_status_ok(vae_data_hold_out(other, 10));
    ck_assert_status(vae_train(training, other, &options), VAE_ERROR_DATA,
                     "digits:700: expected 700 rows in the train split, found 690");
    vae_data_free(&other);
    ck_assert_int_eq(vae_training_where(training).epoch, 1);
    vae_training_free(&training);
}
END_TEST

START_TEST(test_arguments)
{
    static const struct {
        vae_training_options options;
        const char *words;
    } cases[] = { { { .batch_size = -1 }, "expected a batch of 1 to 1000000 examples, found -1" },
                  { { .batch_size = 1000001 }, "expected a batch of 1 to 1000000 examples, found 1000001" },
                  { { .learning_rate = -0.1 }, "expected a learning rate above 0 and up to 1e6, found -0.1" },
                  { { .learning_rate = NAN }, "expected a learning rate above 0 and up to 1e6, found " },
                  { { .learning_rate = INFINITY }, "expected a learning rate above 0 and up to 1e6, found inf" },
                  { { .precision = "half" }, "precision: expected float32 or bf16, found \"half\"" } };
    vae_model *model = NULL;
    vae_training *training = NULL;
    ck_assert_status_ok(vae_model_new(&spec, NULL, data, 7, &model));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_status(vae_training_new(&model, data, &cases[i].options, &training), VAE_ERROR_ARGUMENT,
                         cases[i].words);
        ck_assert_ptr_null(training);
        ck_assert_ptr_nonnull(model); /* stays the caller's */
    }
    ck_assert_status(vae_training_new(&model, NULL, NULL, &training), VAE_ERROR_ARGUMENT, "found NULL");
    ck_assert_status(vae_training_new(NULL, data, NULL, &training), VAE_ERROR_ARGUMENT, "found NULL");
    ck_assert_status_ok(vae_training_new(&model, data, NULL, &training));
    ck_assert_status(vae_train(training, data, &(vae_train_options){ .epochs = -1 }), VAE_ERROR_ARGUMENT,
                     "threads and progress_steps of at least 0, found -1, 0 and 0");
    ck_assert_status(vae_train(training, data, &(vae_train_options){ .threads = -1 }), VAE_ERROR_ARGUMENT,
                     "threads and progress_steps of at least 0, found 0, -1 and 0");
    ck_assert_status(vae_train(training, data, NULL), VAE_ERROR_ARGUMENT, "found NULL");
    ck_assert_status(vae_train(training, NULL, &(vae_train_options){ .epochs = 1 }), VAE_ERROR_ARGUMENT, "found NULL");
    vae_training_free(&training);
    vae_training_free(NULL);
}
END_TEST

static void check_not_finite(vae_training *training, int threads, const char *words)
{
    vae_store *store = vae_model_store(training->model);
    size_t bytes = (size_t)vae_store_size(store) * sizeof(float);
    float *before = malloc(bytes);
    memcpy(before, vae_store_parameters(store), bytes);
    int64_t step = training->step;
    ck_assert_status(
        vae_train(training, data, &(vae_train_options){ .epochs = 1, .threads = threads, .checkpoint = path }),
        VAE_ERROR_NUMBER, words);
    ck_assert_mem_eq(vae_store_parameters(store), before, bytes);
    ck_assert_int_eq(training->step, step);
    ck_assert_int_ne(access(path, F_OK), 0);
    free(before);
}

/* An objective that is no number, or too large for one, ends training before it touches a parameter. */
START_TEST(test_not_finite)
{
    static const struct {
        float value;
        const char *words;
    } wrong[] = { { NAN, "small: epoch 1, step 1: decoder/logits/bias (parameter) is nan, in the batch of rows" },
                  { INFINITY, "small: epoch 1, step 1: decoder/logits/bias (parameter) is inf, in the batch of rows" },
                  { 3e38f, "small: epoch 1, step 1: loglik_bernoulli is -inf, for rows" } };
    for (int i = 0; i < 3; i++) {
        vae_training *training = training_of((vae_training_options){ .seed = 3 });
        vae_store *store = vae_model_store(training->model);
        float *bias = vae_store_parameters(store) + vae_store_find(store, "decoder/logits/bias")->offset;
        for (int k = 0; k < 784; k++)
            bias[k] = wrong[i].value;
        check_not_finite(training, i + 1, wrong[i].words);
        /* Once mended it goes on, as if nothing had been. */
        memset(bias, 0, 784 * sizeof *bias);
        ck_assert_status_ok(vae_train(training, data, &(vae_train_options){ .epochs = 1, .threads = i + 1 }));
        vae_training *whole = trained(1, 1);
        check_alike(whole, training);
        vae_training_free(&whole);
        vae_training_free(&training);
    }
}
END_TEST

/* An epoch's end that fails for want of memory is made up for later. */
START_TEST(test_record_fails)
{
    vae_training *training = training_of((vae_training_options){ .seed = 3 }), *whole = trained(2, 1);
    system_reset();
    ck_assert_status_ok(vae_train(training, data, &(vae_train_options){ .epochs = 0, .threads = 1 }));
    long before_first_step = system_count(SYSTEM_ALLOCATE);
    /* Between the first step and the end of the epoch only the history allocates. */
    system_fail(SYSTEM_ALLOCATE, before_first_step + 1, ENOMEM, false);
    ck_assert_status(vae_train(training, data, &(vae_train_options){ .epochs = 2, .threads = 1 }), VAE_ERROR_MEMORY,
                     "the history: no memory for ");
    ck_assert_int_eq(vae_training_where(training).epoch, 0);
    ck_assert_int_eq(vae_training_where(training).step, STEPS);
    through_a_file(&training);
    ck_assert_status_ok(vae_train(training, data, &(vae_train_options){ .epochs = 2, .threads = 1 }));
    check_alike(whole, training);
    vae_training_free(&training);
    vae_training_free(&whole);
}
END_TEST

/* ---- Running twice ----------------------------------------------------------------------------------------------- */

static const char isa[] = "ONEDNN_MAX_CPU_ISA";

static int run_narrower(char **arguments)
{
    int status = 0;
    pid_t child = fork();
    if (!child) {
        setenv(isa, "AVX2", 1);
        execv("/proc/self/exe", arguments);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0)
        return EXIT_FAILURE;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

int main(int count, char **arguments)
{
    (void)count;
    Suite *suite = suite_create(getenv(isa) ? "train, oneDNN up to AVX2" : "train");
    const TTest *const tests[] = { test_threads,
                                   test_kernels,
                                   test_bf16,
                                   test_bf16_elsewhere,
                                   test_precision_check,
                                   test_stopped,
                                   test_saved_while_told,
                                   test_unwritable,
                                   test_moved_data,
                                   test_told,
                                   test_seed,
                                   test_learns,
                                   test_adam,
                                   test_validation,
                                   test_other_data,
                                   test_arguments,
                                   test_not_finite,
                                   test_record_fails,
                                   NULL };
    suite_case_between(suite, "train", 120, begin, end, tests);
    int narrower = getenv(isa) ? EXIT_SUCCESS : run_narrower(arguments);
    int usual = suite_run(suite);
    return usual ? usual : narrower;
}
