/* Verifying checkpoints: whole ones pass; values that no training leaves behind, and a history out of its order, are
 * told with their place. */
#include <math.h>

#include "tests/checkpoint/record.h"

static float usual(float value)
{
    return isfinite(value) ? value : 1;
}

/* A record such as training leaves: what record.h fills arrays with is infinite here, and below 0 there. */
static vae_training *make_whole(const vae_model_spec *spec)
{
    vae_training *training = make_training(spec);
    float *parameters = vae_store_parameters(training->model->store);
    for (int64_t i = 0; i < vae_store_size(training->model->store); i++) {
        parameters[i] = usual(parameters[i]);
        training->states[0][i] = usual(training->states[0][i]);
        training->states[1][i] = fabsf(usual(training->states[1][i]));
    }
    return training;
}

START_TEST(test_whole)
{
    static const vae_model_spec *const specs[] = { &small_vae, &small_cvae, &small_rich };
    folder_make();
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        vae_training *saved = make_whole(specs[i]);
        ck_assert_status_ok(vae_checkpoint_save(saved, path_of("a.h5")));
        vae_training_free(&saved);
        long outstanding = system_outstanding();
        ck_assert_status_ok(vae_checkpoint_verify(path_of("a.h5"), NULL));
        ck_assert_int_eq(system_outstanding(), outstanding);
    }
    folder_remove();
}
END_TEST

START_TEST(test_arguments)
{
    ck_assert_status(vae_checkpoint_verify(NULL, NULL), VAE_ERROR_ARGUMENT, "expected a path");
    ck_assert_status(vae_checkpoint_verify("/nowhere/a.h5", NULL), VAE_ERROR_FILE, "/nowhere/a.h5");
    ck_assert_status(vae_checkpoint_verify("/dev/null", NULL), VAE_ERROR_FILE, "/dev/null");
}
END_TEST

/* ---- Values ------------------------------------------------------------------------------------------------------ */

enum { PARAMETERS, STATE, FIRST, SECOND };

static float *array_of(vae_training *training, int which)
{
    vae_store *store = training->model->store;
    float *const arrays[] = { vae_store_parameters(store), vae_store_state(store), training->states[0],
                              training->states[1] };
    return arrays[which];
}

static const struct {
    int which;
    const char *tensor;
    float value;
    const char *words; /* NULL: it may be so */
} values[] = {
    { PARAMETERS, "encoder/0/weight", NAN,
      "a.h5: /parameters/encoder/0/weight: expected finite numbers, found nan in place 2" },
    { PARAMETERS, "encoder/0/bias", -INFINITY,
      "/parameters/encoder/0/bias: expected finite numbers, found -inf in place 2" },
    { PARAMETERS, "encoder/0/bias", -1, NULL },
    { STATE, "fields/x/transform/1/mean", NAN, "/state/fields/x/transform/1/mean: expected finite numbers" },
    { STATE, "fields/x/transform/1/mean", -1, NULL },
    { FIRST, "encoder/0/weight", INFINITY,
      "/optimizer/first_moment/encoder/0/weight: expected finite numbers, found inf" },
    { FIRST, "encoder/0/weight", -1, NULL },
    { SECOND, "encoder/0/weight", NAN,
      "/optimizer/second_moment/encoder/0/weight: expected finite numbers from 0 on, found nan" },
    { SECOND, "encoder/0/weight", -1e-30f,
      "/optimizer/second_moment/encoder/0/weight: expected finite numbers from 0 on, found -1e-30" },
    { SECOND, "encoder/0/weight", -0.0f, NULL },
};

START_TEST(test_values)
{
    folder_make();
    vae_training *training = make_whole(&small_rich);
    const vae_tensor *tensor = vae_store_find(training->model->store, values[_i].tensor);
    ck_assert_ptr_nonnull(tensor);
    array_of(training, values[_i].which)[tensor->offset + 2] = values[_i].value;
    ck_assert_status_ok(vae_checkpoint_save(training, path_of("a.h5")));
    vae_training_free(&training);
    vae_status status = vae_checkpoint_verify(path_of("a.h5"), NULL);
    if (values[_i].words)
        ck_assert_status(status, VAE_ERROR_FORMAT, values[_i].words);
    else
        ck_assert_status_ok(status);
    folder_remove();
}
END_TEST

/* ---- The history ------------------------------------------------------------------------------------------------- */

static const struct {
    int column;
    double value; /* of row 1, between 13 and 39 steps, 1 and 3 epochs */
    const char *words;
} rows[] = {
    { VAE__STEP, 13, "a.h5: /history/step: row 1: expected more than 13 and at most 42, found 13" },
    { VAE__STEP, 40, "/history/step: row 2: expected more than 40 and at most 42, found 39" },
    { VAE__STEP, 43, "/history/step: row 1: expected more than 13 and at most 42, found 43" },
    { VAE__STEP, NAN, "/history/step: row 1: expected more than 13 and at most 42, found nan" },
    { VAE__EPOCH, 1, "/history/epoch: row 1: expected more than 1 and at most 3, found 1" },
    { VAE__EPOCH, 4, "/history/epoch: row 1: expected more than 1 and at most 3, found 4" },
    { VAE__EXAMPLES_SEEN, 0, "/history/examples_seen: row 1: expected more than" },
    { VAE__SECONDS, 0, "/history/seconds: row 1: expected at least" },
    { VAE__SECONDS, NAN, "/history/seconds: row 1: expected at least" },
};

START_TEST(test_history)
{
    folder_make();
    vae_training *training = make_whole(&small_cvae);
    training->history.columns[rows[_i].column][1] = rows[_i].value;
    ck_assert_status_ok(vae_checkpoint_save(training, path_of("a.h5")));
    vae_training_free(&training);
    ck_assert_status(vae_checkpoint_verify(path_of("a.h5"), NULL), VAE_ERROR_FORMAT, rows[_i].words);
    folder_remove();
}
END_TEST

int main(void)
{
    const TTest *const all[] = { test_whole, test_arguments, NULL };
    Suite *suite = suite_create("verify");
    suite_case(suite, "whole", 60, all);
    TCase *faults = tcase_create("faults");
    tcase_set_timeout(faults, 60);
    tcase_add_loop_test(faults, test_values, 0, (int)(sizeof values / sizeof *values));
    tcase_add_loop_test(faults, test_history, 0, (int)(sizeof rows / sizeof *rows));
    suite_add_tcase(suite, faults);
    return suite_run(suite);
}
