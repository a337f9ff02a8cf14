/*
 * The n-th allocation fails, for every n until all succeed: a status with a message, nothing leaked, nothing crashed,
 * and what was there before goes on working. Failing once finds what is not checked; failing for good from then on
 * finds what needs memory to clean up.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vae/checkpoint.h>
#include <vae/infer.h>

#include "tests/support/suite.h"
#include "tests/support/system.h"

static const vae_model_spec spec = {
    .name = "tiny",
    .conditions = { { .name = "digit", .kind = VAE_CLASS } },
    .latents = { { .size = 2 } },
    .encoder = "dense 3 relu",
    .decoder = "dense 3 relu",
};

static char folder[64], path[96], other_path[96];
static vae_data *data;         /* digits:20, four of them held out */
static vae_training *training; /* one step done */

/* ---- What is tried ----------------------------------------------------------------------------------------------- */

static vae_status try_data(void)
{
    vae_data *opened = NULL;
    vae_status status = vae_data_open("digits:20", &(vae_data_options){ .threads = 1 }, &opened);
    ck_assert_int_eq(opened != NULL, !status.code);
    vae_data_free(&opened);
    return status;
}

static vae_status try_model(void)
{
    vae_model *model = NULL;
    vae_status status = vae_model_new(&spec, NULL, data, 1, &model);
    ck_assert_int_eq(model != NULL, !status.code);
    vae_model_free(&model);
    return status;
}

static vae_training *new_training(vae_status *status)
{
    vae_model *model = NULL;
    vae_training *made = NULL;
    *status = vae_model_new(&spec, NULL, data, 1, &model);
    vae_training_options options = { .batch_size = 8, .command_line = "vae train tiny" };
    if (!status->code)
        *status = vae_training_new(&model, data, &options, &made);
    ck_assert(!made || !model);
    vae_model_free(&model);
    return made;
}

/* Two steps of eight examples, and validation. */
static vae_status try_train(void)
{
    vae_status status;
    vae_training *made = new_training(&status);
    if (!status.code)
        status = vae_train(made, data, &(vae_train_options){ .epochs = 1, .threads = 1, .checkpoint = other_path });
    vae_training_free(&made);
    return status;
}

static vae_status try_save(void)
{
    return vae_checkpoint_save(training, other_path);
}

static vae_status try_load(void)
{
    vae_training *loaded = NULL;
    vae_status status = vae_checkpoint_load(path, NULL, &loaded);
    ck_assert_int_eq(loaded != NULL, !status.code);
    vae_training_free(&loaded);
    return status;
}

static vae_status try_load_model(void)
{
    vae_model *loaded = NULL;
    vae_status status = vae_model_load(path, NULL, &loaded);
    ck_assert_int_eq(loaded != NULL, !status.code);
    vae_model_free(&loaded);
    return status;
}

/* More samples than a piece has, so that there are two graphs. */
static vae_status try_evaluate(void)
{
    vae_evaluation found;
    vae_evaluation_options options = { .split = VAE_VALIDATION, .samples = 70, .threads = 1 };
    return vae_evaluate(vae_training_model(training), data, &options, &found);
}

static vae_status try_sample(void)
{
    vae_samples samples;
    vae_status status = vae_sample(vae_training_model(training),
                                   &(vae_sample_options){ .count = 1, .draw = 1, .threads = 1 }, &samples);
    ck_assert_int_eq(samples.x != NULL, !status.code);
    vae_samples_free(&samples);
    return status;
}

static vae_status try_saving(const char *name)
{
    vae_samples samples;
    vae_status status =
        vae_sample(vae_training_model(training), &(vae_sample_options){ .count = 1, .threads = 1 }, &samples);
    char file[112];
    snprintf(file, sizeof file, "%s/%s", folder, name);
    if (!status.code)
        status = vae_samples_save(vae_training_model(training), &samples, file);
    remove(file);
    vae_samples_free(&samples);
    return status;
}

static vae_status try_picture(void)
{
    return try_saving("s.png");
}

static vae_status try_table(void)
{
    return try_saving("s.h5");
}

static const struct {
    const char *name;
    vae_status (*run)(void);
} trials[] = {
    { "data", try_data },         { "model", try_model },   { "train", try_train },
    { "save", try_save },         { "load", try_load },     { "load model", try_load_model },
    { "evaluate", try_evaluate }, { "sample", try_sample }, { "picture", try_picture },
    { "table", try_table },
};
enum { TRIALS = sizeof trials / sizeof *trials };

/* ---- Trying ------------------------------------------------------------------------------------------------------ */

static void begin(void)
{
    vae_status status;
    system_reset();
    strcpy(folder, "/tmp/vae-test-fault-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.h5", folder);
    snprintf(other_path, sizeof other_path, "%s/b.h5", folder);
    ck_assert_status_ok(vae_data_open("digits:20", &(vae_data_options){ .threads = 1 }, &data));
    ck_assert_status_ok(vae_data_hold_out(data, 4));
    training = new_training(&status);
    ck_assert_status_ok(status);
    ck_assert_status_ok(
        vae_train(training, data, &(vae_train_options){ .epochs = 1, .threads = 1, .checkpoint = path }));
}

static void end(void)
{
    system_reset();
    vae_training_free(&training);
    vae_data_free(&data);
    remove(path);
    remove(other_path);
    ck_assert_msg(!rmdir(folder), "something was left in %s", folder);
    ck_assert_int_eq(system_outstanding(), 0);
}

static void check_refused(const char *name, long n, vae_status status)
{
    ck_assert_msg(status.code == VAE_ERROR_MEMORY, "%s, allocation %ld: %s: %s", name, n, vae_code_text(status.code),
                  status.message);
    ck_assert_msg(strstr(status.message, "no memory") || strstr(status.message, "not enough memory"),
                  "%s, allocation %ld: \"%s\"", name, n, status.message);
}

/* Every n; or, quicker, the first hundred and every seventh of the rest. */
static long next(long n)
{
    return getenv("VAE_TEST_SLOW") || n < 100 ? n + 1 : n + 7;
}

static void try_all(int trial, bool for_good)
{
    const char *name = trials[trial].name;
    long n = 1, failed = 0;
    for (bool reached = true; reached; n = next(n)) {
        long before = system_outstanding();
        system_reset();
        system_fail(SYSTEM_ALLOCATE, n, ENOMEM, for_good);
        vae_status status = trials[trial].run();
        reached = system_count(SYSTEM_ALLOCATE) >= n;
        system_reset();
        ck_assert_msg(system_outstanding() == before, "%s, allocation %ld: %ld leaked", name, n,
                      system_outstanding() - before);
        if (reached)
            check_refused(name, n, status);
        else
            ck_assert_msg(!status.code, "%s: %s", name, status.message);
        failed += reached;
    }
    ck_assert_msg(failed > 3, "%s: only %ld allocations", name, failed);
    ck_assert_status_ok(trials[trial].run());
}

START_TEST(test_once)
{
    try_all(_i, false);
}
END_TEST

START_TEST(test_for_good)
{
    try_all(_i, true);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory fails");
    TCase *one = tcase_create("memory fails");
    tcase_set_timeout(one, 600);
    tcase_add_checked_fixture(one, begin, end);
    tcase_add_loop_test(one, test_once, 0, TRIALS);
    tcase_add_loop_test(one, test_for_good, 0, TRIALS);
    suite_add_tcase(suite, one);
    return suite_run(suite);
}
