/* /optimizer: every optimiser of the table is written and read again with what it keeps; and what a file says of how
 * steps are taken is believed no further than the tables go. */
#include <hdf5.h>
#include <hdf5_hl.h>
#include <math.h>

#include "tests/checkpoint/record.h"

/* ---- Written and read again -------------------------------------------------------------------------------------- */

static vae_training *training_by(const char *optimizer, const char *schedule)
{
    vae_training *training = make_training(&small_vae);
    ck_assert_status_ok(take_method(training, optimizer, schedule));
    for (int i = 0; i < VAE__STATES && training->states[i]; i++)
        fill(training->states[i], training->model->store, 0.01f);
    return training;
}

static void check_kept(const char *optimizer, const char *schedule, int states)
{
    vae_training *saved = training_by(optimizer, schedule), *loaded = NULL;
    ck_assert_int_eq(vae_training_where(saved).optimizer_states, states);
    ck_assert_status_ok(vae_checkpoint_save(saved, path_of("a.h5")));
    ck_assert_status_ok(vae_checkpoint_load(path_of("a.h5"), NULL, &loaded));
    assert_same(saved, loaded);
    ck_assert_str_eq(vae_training_where(loaded).optimizer, optimizer);
    ck_assert_str_eq(vae_training_where(loaded).schedule, schedule);
    vae_training_free(&saved);
    vae_training_free(&loaded);
}

START_TEST(test_kept)
{
    static const struct {
        const char *optimizer, *schedule;
        int states;
    } rows[] = {
        { "adam", "constant", 2 },
        { "adam beta1=0.99 epsilon=0.0001", "steps 1 4 13 40 121 364 1093 factor=0.7197", 2 },
        { "adamw decay=0", "cosine epochs=1.5", 2 },
        { "sgd", "warm-up epochs=2, exponential rate=0.95", 0 },
        { "sgd momentum=0.25", "constant", 1 },
        { "nesterov", "cosine epochs=10 to=0.01", 1 },
        { "adagrad", "constant, constant", 1 },
        { "rmsprop", "constant", 1 },
        { "rmsprop rho=0.9 momentum=0.5", "constant", 2 },
    };
    folder_make();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_kept(rows[i].optimizer, rows[i].schedule, rows[i].states);
    const vae_word *word;
    for (int i = 0; (word = vae__word_of(&vae__optimizers, i)); i++) {
        bool found = false;
        for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
            found = found || !strncmp(rows[k].optimizer, word->name, strlen(word->name));
        ck_assert_msg(found, "%s is not kept", word->name);
    }
    folder_remove();
}
END_TEST

/* Files of the usual are what they were before there was a choice. */
START_TEST(test_usual)
{
    static const char *const absent[] = { "schedule", "clip_norm", "clip_value", "weight_prior" };
    folder_make();
    vae_training *training = training_by("adam", "constant");
    ck_assert_status_ok(vae_checkpoint_save(training, path_of("a.h5")));
    hid_t file = H5Fopen(path_of("a.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        ck_assert_int_eq(H5Aexists_by_name(file, "/optimizer", absent[i], H5P_DEFAULT), 0);
    H5Fclose(file);
    vae_training_free(&training);
    folder_remove();
}
END_TEST

/* ---- What is refused --------------------------------------------------------------------------------------------- */

static void number(hid_t file, const char *name, double value)
{
    if (H5Aexists_by_name(file, "/optimizer", name, H5P_DEFAULT) > 0)
        H5Adelete_by_name(file, "/optimizer", name, H5P_DEFAULT);
    hid_t space = H5Screate(H5S_SCALAR), group = H5Gopen2(file, "/optimizer", H5P_DEFAULT);
    hid_t attribute = H5Acreate2(group, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert_int_ge(H5Awrite(attribute, H5T_NATIVE_DOUBLE, &value), 0);
    H5Aclose(attribute);
    H5Gclose(group);
    H5Sclose(space);
}

static void text(hid_t file, const char *name, const char *value)
{
    H5LTset_attribute_string(file, "/optimizer", name, value);
}

static void other_name(hid_t file)
{
    text(file, "name", "adagrad");
}

static void unknown_name(hid_t file)
{
    text(file, "name", "rmsprop2");
}

static void no_name(hid_t file)
{
    text(file, "name", "");
}

static void no_rho(hid_t file)
{
    H5Adelete_by_name(file, "/optimizer", "rho", H5P_DEFAULT);
}

static void large_rho(hid_t file)
{
    number(file, "rho", 1);
}

static void no_number(hid_t file)
{
    number(file, "epsilon", NAN);
}

static void text_for_number(hid_t file)
{
    text(file, "momentum", "0.5");
}

static void no_momentum(hid_t file)
{
    number(file, "momentum", 0); /* what is then too many is passed over */
}

static void no_velocity(hid_t file)
{
    H5Ldelete(file, "/optimizer/velocity", H5P_DEFAULT);
}

static void no_such_schedule(hid_t file)
{
    text(file, "schedule", "stairs 3 factor=0.5");
}

static void bad_schedule(hid_t file)
{
    text(file, "schedule", "cosine epochs=0");
}

static void long_schedule(hid_t file)
{
    char many[40 * sizeof "constant, "] = "";
    for (int i = 0; i < 39; i++)
        strcat(many, "constant, ");
    text(file, "schedule", strcat(many, "constant"));
}

static void number_for_schedule(hid_t file)
{
    number(file, "schedule", 3);
}

static void no_norm(hid_t file)
{
    number(file, "clip_norm", 0);
}

static void endless_value(hid_t file)
{
    number(file, "clip_value", INFINITY);
}

static void negative_prior(hid_t file)
{
    number(file, "weight_prior", -1);
}

static void small_prior(hid_t file)
{
    number(file, "weight_prior", 1e-300);
}

static const struct {
    void (*change)(hid_t file);
    const char *words; /* NULL: it loads */
} cases[] = {
    { other_name, "/optimizer/squares: expected a group, found none" },
    { unknown_name, "/optimizer/name: expected an optimiser of this libvae, found \"rmsprop2\"" },
    { no_name, "/optimizer/name: expected an optimiser of this libvae, found \"\"" },
    { no_rho, "/optimizer/rho: expected a " },
    { large_rho, "/optimizer/rho: expected 0 to 0.999999, found 1" },
    { no_number, "/optimizer/epsilon: expected 1e-12 to 1000, found nan" },
    { text_for_number, "/optimizer/momentum: expected a " },
    { no_momentum, NULL },
    { no_velocity, "/optimizer/velocity: expected a group, found none" },
    { no_such_schedule, "/optimizer/schedule: schedule 1: \"stairs\": no such schedule; there are constant, steps" },
    { bad_schedule, "/optimizer/schedule: schedule 1: epochs: expected a number from 1e-06 to 1e+09, found \"0\"" },
    { long_schedule, "/optimizer/schedule: schedule 33: there may be at most 32" },
    { number_for_schedule, "/optimizer/schedule: expected a " },
    { no_norm, "/optimizer/clip_norm: expected 1e-09 to 1e+09, found 0" },
    { endless_value, "/optimizer/clip_value: expected 1e-09 to 1e+09, found inf" },
    { negative_prior, "/optimizer/weight_prior: expected 1e-09 to 1e+09, found -1" },
    { small_prior, "/optimizer/weight_prior: expected 1e-09 to 1e+09, found 1e-300" },
};

START_TEST(test_refused)
{
    folder_make();
    vae_training *training = training_by("rmsprop momentum=0.5", "steps 3 factor=0.5");
    ck_assert_status_ok(vae_checkpoint_save(training, path_of("a.h5")));
    vae_training_free(&training);
    hid_t file = H5Fopen(path_of("a.h5"), H5F_ACC_RDWR, H5P_DEFAULT);
    cases[_i].change(file);
    ck_assert_int_ge(H5Fclose(file), 0);
    identifiers mark = identifiers_mark();
    if (cases[_i].words) {
        ck_assert_status(vae_checkpoint_load(path_of("a.h5"), NULL, &training), VAE_ERROR_FORMAT, cases[_i].words);
        ck_assert_ptr_null(training);
    } else {
        ck_assert_status_ok(vae_checkpoint_load(path_of("a.h5"), NULL, &training));
        vae_training_free(&training);
    }
    assert_none_left(mark);
    folder_remove();
    ck_assert_int_eq(system_outstanding(), 0);
}
END_TEST

/* ---- What is verified -------------------------------------------------------------------------------------------- */

static const struct {
    const char *optimizer;
    int state;
    float value;
    const char *words; /* NULL: it may be so */
} values[] = {
    { "rmsprop momentum=0.5", 0, -1, "/optimizer/mean_square/encoder/0/weight: expected finite numbers from 0 on" },
    { "rmsprop momentum=0.5", 1, -1, NULL },
    { "rmsprop momentum=0.5", 1, NAN, "/optimizer/velocity/encoder/0/weight: expected finite numbers, found nan" },
    { "adagrad", 0, INFINITY, "/optimizer/squares/encoder/0/weight: expected finite numbers from 0 on, found inf" },
    { "nesterov", 0, -INFINITY, "/optimizer/velocity/encoder/0/weight: expected finite numbers, found -inf" },
    { "nesterov", 0, -3, NULL },
};

static void make_usual(vae_training *training, float *array)
{
    for (int64_t i = 0; i < vae_store_size(training->model->store); i++)
        array[i] = 1;
}

START_TEST(test_verified)
{
    folder_make();
    vae_training *training = training_by(values[_i].optimizer, "constant");
    for (int i = 0; i < VAE__STATES && training->states[i]; i++)
        make_usual(training, training->states[i]);
    make_usual(training, vae_store_parameters(training->model->store));
    const vae_tensor *tensor = vae_store_find(training->model->store, "encoder/0/weight");
    training->states[values[_i].state][tensor->offset + 2] = values[_i].value;
    ck_assert_status_ok(vae_checkpoint_save(training, path_of("a.h5")));
    if (values[_i].words)
        ck_assert_status(vae_checkpoint_verify(path_of("a.h5"), NULL), VAE_ERROR_FORMAT, values[_i].words);
    else
        ck_assert_status_ok(vae_checkpoint_verify(path_of("a.h5"), NULL));
    vae_training_free(&training);
    folder_remove();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_kept, test_usual, NULL };
    Suite *suite = suite_create("method");
    suite_case(suite, "kept", 60, tests);
    TCase *changed = tcase_create("changed");
    tcase_set_timeout(changed, 30);
    tcase_add_loop_test(changed, test_refused, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_loop_test(changed, test_verified, 0, (int)(sizeof values / sizeof *values));
    suite_add_tcase(suite, changed);
    return suite_run(suite);
}
