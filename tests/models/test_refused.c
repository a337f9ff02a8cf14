/* Declarations and data that do not fit each other, field by field; and a model that starts from another's parameters.
 */
#include <math.h>

#include "tests/models/fields.h"

/* ---- Mistakes ---------------------------------------------------------------------------------------------------- */

START_TEST(test_x_refused)
{
    static const struct {
        const char *path, *mask;
        vae_x_spec x;
        vae_code code;
        const char *words;
    } cases[] = {
        { "gaps",
          NULL,
          { .likelihood = "gaussian" },
          VAE_ERROR_DATA,
          "x: expected finite numbers, found nan in row 1; --missing mask hides such values" },
        /* A fill value says nothing of NaN. */
        { "gaps",
          NULL,
          { .likelihood = "gaussian", .has_fill_value = true, .fill_value = -999 },
          VAE_ERROR_DATA,
          "x: expected finite numbers, found nan in row 1; --missing mask hides such values" },
        /* What a NaN does to the mean is not told in its place. */
        { "gaps",
          NULL,
          { .likelihood = "gaussian", .transform = "standardize, scale=0.01, log1p" },
          VAE_ERROR_DATA,
          "x: expected finite numbers, found nan in row 1; --missing mask hides such values" },
        { "garbage",
          NULL,
          { .likelihood = "gaussian", .has_fill_value = true, .fill_value = -5.5 },
          VAE_ERROR_DATA,
          "x: expected finite numbers, found " },
        { "table",
          NULL,
          { .likelihood = "gaussian", .transform = "scale=1e30, scale=1e30" },
          VAE_ERROR_DATA,
          "x: expected finite numbers, found " },
        { "table",
          NULL,
          { .likelihood = "gaussian", .transform = "scale=1e30, scale=1e30" },
          VAE_ERROR_DATA,
          "inf as transformed" },
        { "bytes",
          NULL,
          { .transform = "scale=1000, unit" },
          VAE_ERROR_DECLARATION,
          "m: transform: transform 2: unit: expected before all others, for it goes by how values are stored" },
        { "bytes",
          NULL,
          { .encoder_transform = "log1p, unit" },
          VAE_ERROR_DECLARATION,
          "m: encoder transform: transform 2: unit: expected before all others" },
        { "wild",
          "mask",
          { .likelihood = "poisson", .transform = "scale=0.5" },
          VAE_ERROR_DATA,
          "x: expected whole numbers of at least 0 for poisson, found " },
        { "filled", NULL, { .likelihood = "gaussian" }, VAE_ERROR_DATA, "x is uint16: expected a transform" },
        { "table",
          NULL,
          { .likelihood = "gaussian", .missing = (vae_missing)2 },
          VAE_ERROR_DECLARATION,
          "m: x: there is no type 1 with missing values 2" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vae_model_spec spec = plain;
        spec.x = cases[i].x;
        vae_data *data = open_fields(cases[i].path, cases[i].mask, NULL);
        assert_no_model(&spec, data, cases[i].code, cases[i].words);
        vae_data_free(&data);
    }
    vae_model_spec spec = plain; /* "raw" before it changes nothing */
    spec.x.transform = "raw, unit, binarize";
    vae_data *data = open_fields("bytes", NULL, NULL);
    vae_model *model = model_of(&spec, data);
    vae_model_free(&model);
    vae_data_free(&data);
}
END_TEST

START_TEST(test_conditions_refused)
{
    static const char *const levels[] = { "A" };
    static const struct {
        vae_condition_spec condition;
        const char *words;
    } cases[] = {
        { { .name = "energy", .kind = (vae_field_kind)3 }, "energy: expected a field of no kind, found values" },
        { { .name = "force", .kind = (vae_field_kind)3 }, "expected a field of no kind for the condition \"force\"" },
        { { RUN, .levels = levels }, "m: condition \"run\": expected a size beside its levels, found 0" },
        { { IMAGE, .size = 11 }, "m: condition \"picture\": expected as many values as its shape has, 12, found 11" },
        { { RUN, .transform = "unit" }, "m: condition \"run\": transform: expected none of a class, found \"unit\"" },
        { { ENERGY, .transform = "log" }, "m: condition \"energy\": transform 1: \"log\": no such transform" },
    };
    const vae_condition_spec all[] = { { ENERGY }, { IMAGE }, { RUN } };
    vae_data *data = open_fields("bytes", NULL, all);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vae_model_spec spec = plain;
        spec.conditions[0] = cases[i].condition;
        vae_model *model = NULL;
        vae_status status = vae_model_new(&spec, NULL, data, 3, &model);
        ck_assert_ptr_null(model);
        ck_assert_int_ne(status.code, VAE_OK);
        ck_assert_msg(strstr(status.message, cases[i].words) != NULL, "no \"%s\" in: %s", cases[i].words,
                      status.message);
    }
    vae_model_spec spec = plain;
    spec.x.shape[0] = SIZE;
    spec.conditions[0] = (vae_condition_spec){ .name = "mask", .kind = VAE_VALUES, .size = 2 };
    assert_no_model(&spec, NULL, VAE_ERROR_DECLARATION, "that is not x, z or mask");
    spec.conditions[0] = (vae_condition_spec){ .name = "energy", .kind = (vae_field_kind)3, .size = 2 };
    assert_no_model(&spec, NULL, VAE_ERROR_DECLARATION, "m: condition \"energy\": there is no kind 3 of type 0");
    spec.conditions[0] = (vae_condition_spec){ IMAGE, .size = 12 };
    assert_no_model(&spec, NULL, VAE_ERROR_DECLARATION,
                    "m: condition \"picture\": expected the shape of an image, declared or from data, found none");
    vae_data_free(&data);
}
END_TEST

/* Levels are compared to their ends. */
START_TEST(test_long_levels)
{
    static const char *const order[] = { "a run of which the name is long, number C",
                                         "a run of which the name is long, number B",
                                         "a run of which the name is long, number A" };
    const vae_condition_spec run = { RUN }, ordered = { RUN, .size = 3, .levels = order };
    vae_model_spec spec = plain;
    vae_data *data = open_fields("bytes", NULL, &(vae_condition_spec[3]){ run }[0]);
    spec.conditions[0] = ordered;
    assert_no_model(&spec, data, VAE_ERROR_DATA,
                    "run: expected class 0 to be \"a run of which the name is long, number C\", found \"a run of which "
                    "the name is long, number A\"; open the data with the model's levels");
    vae_data_free(&data);
}
END_TEST

/* ---- Starting from another model --------------------------------------------------------------------------------- */

/* Rows of a class go by their levels, in whatever order they are. */
START_TEST(test_start_from)
{
    static const char *const old[] = { "b", "a", "d" }, *const new[] = { "a", "b", "c", "d" };
    vae_model_spec spec = plain;
    vae_model *from = NULL, *model = NULL;
    spec.x.shape[0] = SIZE;
    spec.conditions[0] = (vae_condition_spec){ RUN, .size = 3, .levels = old };
    ck_assert_status_ok(vae_model_new(&spec, NULL, NULL, 1, &from));
    spec.conditions[0] = (vae_condition_spec){ RUN, .size = 4, .levels = new };
    ck_assert_status_ok(vae_model_new(&spec, NULL, NULL, 2, &model));
    float kept[6], *weight = values_of(model, "encoder/0/weight_run");
    const float *old_weight = values_of(from, "encoder/0/weight_run");
    memcpy(kept, weight + 2 * 6, sizeof kept);
    int taken = 0;
    ck_assert_status_ok(vae_model_start_from(model, from, &taken));
    ck_assert_int_eq(taken, vae_store_count(vae_model_store(model)));
    ck_assert_mem_eq(weight, old_weight + 6, sizeof kept);
    ck_assert_mem_eq(weight + 6, old_weight, sizeof kept);
    ck_assert_mem_eq(weight + 2 * 6, kept, sizeof kept);
    ck_assert_mem_eq(weight + 3 * 6, old_weight + 2 * 6, sizeof kept);
    ck_assert_status(vae_model_start_from(model, model, NULL), VAE_ERROR_ARGUMENT,
                     "m: expected another model to start from, found the same");
    vae_model_free(&from);
    vae_model_free(&model);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_x_refused, test_conditions_refused, test_long_levels, test_start_from, NULL };
    Suite *suite = suite_create("models/refused");
    suite_case_between(suite, "refused", 60, fields_begin, fields_end, tests);
    return suite_run(suite);
}
