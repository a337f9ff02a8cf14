/* Data of files and models: which field is which, and what does not fit. */
#include <hdf5.h>
#include <hdf5_hl.h>
#include <math.h>

#include "src/data/match.h"
#include "tests/data/files.h"

enum { ROWS = 12, SIZE = 3 };

static const vae_model_spec plain = {
    .name = "plain",
    .x = { .likelihood = "bernoulli" },
    .latents = { { .size = 2 } },
    .encoder = "dense 4 relu",
    .decoder = "dense 4 relu",
};

static vae_model_spec conditional(int64_t classes)
{
    vae_model_spec spec = plain;
    spec.name = "conditional";
    spec.conditions[0] = (vae_condition_spec){ .name = "digit", .kind = VAE_CLASS, .size = classes };
    return spec;
}

/* x, a mask of it, numbers, classes from 0 and from 1 on, and images. */
static void make_file(void)
{
    uint8_t x[ROWS * SIZE], seen[ROWS * SIZE];
    int32_t classes[ROWS], from_1[ROWS];
    double energies[ROWS], shares[ROWS * SIZE], gap[ROWS * SIZE];
    for (int i = 0; i < ROWS * SIZE; i++) {
        x[i] = (uint8_t)(20 * i);
        seen[i] = i % 2;
        shares[i] = (double)i / (ROWS * SIZE - 1);
        gap[i] = i == 7 ? NAN : 0;
    }
    for (int i = 0; i < ROWS; i++) {
        classes[i] = i % 3;
        from_1[i] = i % 3 + 1;
        energies[i] = i % 3;
    }
    const hsize_t rows = ROWS, shape[] = { ROWS, SIZE };
    hid_t file = H5Fcreate(path_of("a.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert(H5LTmake_dataset(file, "x", 2, shape, H5T_NATIVE_UINT8, x) >= 0);
    ck_assert(H5LTmake_dataset(file, "seen", 2, shape, H5T_NATIVE_UINT8, seen) >= 0);
    ck_assert(H5LTmake_dataset(file, "classes", 1, &rows, H5T_NATIVE_INT32, classes) >= 0);
    ck_assert(H5LTmake_dataset(file, "from 1", 1, &rows, H5T_NATIVE_INT32, from_1) >= 0);
    ck_assert(H5LTmake_dataset(file, "energies", 1, &rows, H5T_NATIVE_DOUBLE, energies) >= 0);
    ck_assert(H5LTmake_dataset(file, "shares", 2, shape, H5T_NATIVE_DOUBLE, shares) >= 0);
    ck_assert(H5LTmake_dataset(file, "gap", 2, shape, H5T_NATIVE_DOUBLE, gap) >= 0);
    ck_assert(H5LTmake_dataset(file, "pairs", 2, (hsize_t[]){ ROWS / 2, 2 }, H5T_NATIVE_INT32, classes) >= 0);
    ck_assert(H5LTmake_dataset(file, "signed", 1, &rows, H5T_NATIVE_INT32, from_1) >= 0);
    H5Fclose(file);
}

/* Integers of which nothing says what they mean have the likelihood looked up before anything else. */
START_TEST(test_catalogue)
{
    const vae_likelihood nameless = { .heads = NULL };
    const vae_catalogue wrong = { .likelihoods = &nameless, .likelihood_count = 1 };
    vae_model_spec spec = plain;
    vae_model *model = NULL;
    folder_make();
    make_file();
    vae_data *data = open_data("a.h5", &(vae_data_options){ .x = "pairs" });
    spec.x.transform = NULL;
    ck_assert_status(vae_model_new(&spec, &wrong, data, 1, &model), VAE_ERROR_ARGUMENT,
                     "the catalogue: likelihood 1 of 1: expected a name");
    ck_assert_ptr_null(model);
    vae_data_free(&data);
    folder_remove();
}
END_TEST

static vae_data *open_with(const vae_field_source *condition, const char *mask)
{
    return open_data(
        "a.h5", &(vae_data_options){ .conditions = condition, .condition_count = condition != NULL, .mask = mask });
}

/* A new model of the data, and a model that is there: both refuse with the same words. */
static void assert_no_match(const vae_model_spec *spec, const vae_data *data, vae_code code, const char *words)
{
    vae_model *model = (vae_model *)&spec;
    ck_assert_status(vae_model_new(spec, NULL, data, 0, &model), code, words);
    ck_assert_ptr_null(model);
    vae_model_spec complete = *spec;
    complete.x.shape[0] = SIZE;
    complete.conditions[0].size = complete.conditions[0].name ? 3 : 0;
    vae__match match;
    ck_assert_status_ok(vae_model_new(&complete, NULL, NULL, 0, &model));
    ck_assert_status(vae__match_data(model, data, VAE_ALL, &match), code, words);
    vae_model_free(&model);
}

START_TEST(test_classes)
{
    folder_make();
    make_file();
    const vae_field_source classes = { .name = "digit", .kind = VAE_CLASS, .path = "classes" };
    vae_data *data = open_with(&classes, NULL);
    for (int64_t size = 0; size <= 4; size += size ? 1 : 3) {
        vae_model *model = NULL;
        vae__match match;
        vae_model_spec spec = conditional(size);
        ck_assert_status_ok(vae_model_new(&spec, NULL, data, 0, &model));
        ck_assert_int_eq(vae_model_declaration(model)->conditions[0].size, size ? size : 3);
        ck_assert_status_ok(vae__match_data(model, data, VAE_ALL, &match));
        ck_assert_ptr_eq(match.conditions[0], vae_data_find(data, VAE_ALL, "digit"));
        ck_assert_int_eq(match.rows, ROWS);
        vae_model_free(&model);
    }
    vae_data_free(&data);
    folder_remove();
}
END_TEST

/* A model knows classes by what they are in the data; other data is to be opened with its levels. */
START_TEST(test_levels)
{
    folder_make();
    make_file();
    const vae_model_spec spec = conditional(0);
    vae_model *model = NULL;
    vae__match match;
    const vae_field_source from_1 = { .name = "digit", .kind = VAE_CLASS, .path = "from 1" };
    vae_data *data = open_with(&from_1, NULL);
    ck_assert_status_ok(vae_model_new(&spec, NULL, data, 0, &model));
    const vae_condition_spec *condition = &vae_model_declaration(model)->conditions[0];
    ck_assert_int_eq(condition->size, 3);
    for (int i = 0; i < 3; i++)
        ck_assert_str_eq(condition->levels[i], ((const char *[]){ "1", "2", "3" })[i]);
    vae_data_free(&data);
    const vae_field_source from_0 = { .name = "digit", .kind = VAE_CLASS, .path = "classes" };
    data = open_with(&from_0, NULL);
    ck_assert_status(vae__match_data(model, data, VAE_ALL, &match), VAE_ERROR_DATA,
                     "a.h5: digit: expected class 0 to be \"1\", found \"0\"; open the data with the model's levels");
    vae_data_free(&data);
    vae_model_free(&model);
    folder_remove();
}
END_TEST

/* Numbers that would pass for classes are none. */
START_TEST(test_kind)
{
    folder_make();
    make_file();
    const vae_model_spec spec = conditional(0);
    const vae_field_source energies = { .name = "digit", .kind = VAE_VALUES, .path = "energies" };
    vae_data *data = open_with(&energies, NULL);
    assert_no_match(&spec, data, VAE_ERROR_DATA, "a.h5: digit: expected a class, found values");
    vae_data_free(&data);
    folder_remove();
}
END_TEST

START_TEST(test_missing)
{
    folder_make();
    make_file();
    const vae_model_spec spec = conditional(0);
    vae_data *data = open_with(NULL, NULL);
    assert_no_match(&spec, data, VAE_ERROR_DATA,
                    "found no such field: in HDF5 and NPY data a condition is there where");
    vae_data_free(&data);
    folder_remove();
}
END_TEST

START_TEST(test_mask)
{
    folder_make();
    make_file();
    vae_data *data = open_with(NULL, "seen");
    vae_model *model = NULL;
    vae__match match;
    ck_assert_status_ok(vae_model_new(&plain, NULL, data, 0, &model));
    ck_assert_status_ok(vae__match_data(model, data, VAE_ALL, &match));
    ck_assert_ptr_eq(match.mask, vae_data_find(data, VAE_ALL, "mask"));
    ck_assert(vae__match_request(&match, VAE__TRAINING).masked);
    vae_model_free(&model);
    vae_data_free(&data);
    folder_remove();
}
END_TEST

/* What is no probability is none of a Bernoulli likelihood's, and what is no number is nobody's. */
START_TEST(test_values)
{
    static const struct {
        const char *x, *likelihood, *transform, *words; /* NULL: it is well */
    } cases[] = {
        { "x", "bernoulli", NULL, NULL },
        { "shares", "bernoulli", NULL, NULL },
        { "shares", "bernoulli", "unit", NULL },
        { "signed", "bernoulli", "threshold=2", NULL },
        { "signed", "gaussian", "raw", NULL },
        { "signed", "poisson", NULL, NULL },
        { "signed", "gaussian", NULL, "a.h5: x is int32: expected a transform that says what its values mean" },
        { "signed", "bernoulli", "unit", NULL },
        { "signed", "bernoulli", "raw", "a.h5: x: expected values from 0 to 1 for bernoulli, found 2 in row 1" },
        { "signed", "gaussian", "binarize", "a.h5: x: expected values from 0 to 1 for binarize, found 2 in row 1" },
        { "signed", "gaussian", "scale=0.5, binarize",
          "a.h5: x: expected values from 0 to 1 for binarize, found 3 in row 2, 1.5 as transformed" },
        { "shares", "poisson", NULL,
          "a.h5: x: expected whole numbers of at least 0 for poisson, found 0.0285714 in row 0" },
        { "gap", "bernoulli", NULL,
          "a.h5: x: expected finite numbers, found nan in row 2; --missing mask hides such values" },
        { "gap", "gaussian", NULL, "a.h5: x: expected finite numbers, found nan in row 2" },
        { "shares", "gaussian", "standardize", NULL },
        { "signed", "gaussian", "standardize, log1p", "for log1p" },
    };
    folder_make();
    make_file();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vae_model_spec spec = plain;
        vae_model *model = NULL;
        spec.x.likelihood = cases[i].likelihood;
        spec.x.transform = cases[i].transform;
        vae_data *data = open_data("a.h5", &(vae_data_options){ .x = cases[i].x });
        if (cases[i].words)
            ck_assert_status(vae_model_new(&spec, NULL, data, 0, &model), VAE_ERROR_DATA, cases[i].words);
        else
            ck_assert_status_ok(vae_model_new(&spec, NULL, data, 0, &model));
        vae_model_free(&model);
        vae_data_free(&data);
    }
    folder_remove();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_catalogue, test_classes, test_levels, test_kind,
                                   test_missing,   test_mask,    test_values, NULL };
    Suite *suite = suite_create("data/match");
    suite_case(suite, "match", 30, tests);
    return suite_run(suite);
}
