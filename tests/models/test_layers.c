/* Layers of images in declarations: gradients of each, what a condition is to them, heads, running statistics, and what
 * is refused. */
#include <math.h>
#include <string.h>
#include <vae/check.h>
#include <vae/infer.h>
#include <vae/train.h>

#include "models/model.h"
#include "src/data/data.h"
#include "tests/support/models.h"
#include "tests/support/suite.h"

static vae_data *data;

static void begin(void)
{
    ck_assert_status_ok(vae_data_open("digits:120", &(vae_data_options){ .threads = 1 }, &data));
}

static void end(void)
{
    vae_data_free(&data);
}

/* ---- Gradients --------------------------------------------------------------------------------------------------- */

#define DIGIT                                                                                                          \
    {                                                                                                                  \
        {                                                                                                              \
            .name = "digit", .kind = VAE_CLASS                                                                         \
        }                                                                                                              \
    }
#define SEEN(...)                                                                                                      \
    {                                                                                                                  \
        {                                                                                                              \
            .name = "seen", .of_x = "quadrants 1", __VA_ARGS__                                                         \
        }                                                                                                              \
    }

static const vae_model_spec declared[] = {
    { .name = "plain",
      .encoder = "conv 3 4x4 stride 4 tanh, flatten",
      .decoder = "dense 49 tanh, reshape 7x7x1, "
                 "deconv 2 4x4 stride 2 tanh, "
                 "deconv 1 4x4 stride 2" },
    { .name = "classes",
      .conditions = DIGIT,
      .encoder = "conv 3 4x4 stride 4 tanh",
      .decoder = "reshape 1x1x2, deconv 4 7x7 stride 7 tanh, deconv 1 4x4 stride 4" },
    { .name = "an image",
      .conditions = SEEN(.layers = NULL),
      .encoder = "conv 3 4x4 stride 4 tanh",
      .decoder = "dense 16 tanh" },
    { .name = "an image behind layers",
      .conditions = SEEN(.layers = "conv 2 4x4 stride 4 tanh", .enters = "encoder 1, decoder 2"),
      .encoder = "conv 3 4x4 stride 4 tanh, conv 3 3x3 tanh",
      .decoder = "dense 49 tanh, reshape 7x7x1, conv 2 3x3 tanh, upsample 4, conv 1 3x3" },
    { .name = "norms",
      .encoder = "conv 4 4x4 stride 4, batch-norm tanh, dropout rate=0.3, conv 4 3x3, group-norm 2 tanh, mean-pool 7",
      .decoder = "dense 16, batch-norm tanh, dense 16, layer-norm tanh, dropout rate=0.2" },
    { .name = "residual, samples",
      .encoder = "mean-pool 4, residual 2 3x3 tanh, residual 2 3x3 tanh, residual 3 3x3 stride 7 tanh",
      .decoder = "dense 98, dropout rate=0.2, reshape 7x7x2, upsample 2, conv 2 3x3, batch-norm tanh, upsample 2, "
                 "conv 1 3x3 groups 1",
      .objective = "iwae samples=3" },
    { .name = "two heads",
      .x = { .likelihood = "gaussian sigma=network", .transform = "unit" },
      .encoder = "conv 2 4x4 stride 4 dilation 1 tanh",
      .decoder = "reshape 1x1x2, deconv 4 7x7 stride 7 tanh, deconv 1 4x4 stride 4" },
    { .name = "more values a place",
      .x = { .likelihood = "categorical 3", .transform = "threshold" },
      .encoder = "conv 2 4x4 stride 4 tanh",
      .decoder = "dense 196 tanh, reshape 14x14x1, deconv 1 2 stride 2" },
    { .name = "lengths and directions",
      .x = { .likelihood = "gaussian sigma=shared", .transform = "unit" },
      .encoder = "mean-pool 4, conv 3 3x3, polar, conv 2 7x7 stride 7 tanh",
      .decoder = "dense 49 tanh, reshape 7x7x1, from-polar 3 3x3, upsample 4, from-polar 1 3x3" },
    { .name = "a regression",
      .conditions = SEEN(.layers = NULL),
      .decoder = "conv 2 3x3 tanh, conv 1 3x3",
      .objective = "none" },
    { .name = "a regression by heads alone",
      .conditions = SEEN(.layers = NULL),
      .decoder = "conv 1 3x3",
      .objective = "none" },
};

START_TEST(test_gradients)
{
    vae_model_spec spec = declared[_i];
    vae_check_report report;
    spec.latents[0].size = 2;
    vae_model *model = model_of(&spec, data);
    ck_assert_status_ok(vae_check(model, data, &(vae_check_options){ .threads = 1, .examples = 4 }, &report));
    ck_assert_msg(!report.failures && report.worst >= 0, "%s: %lld gradients are wrong", spec.name,
                  (long long)report.failures);
    vae_check_report_free(&report);
    vae_model_free(&model);
}
END_TEST

/* ---- What parameters there are ----------------------------------------------------------------------------------- */

static void check_shape(vae_model *model, const char *name, bool trainable, int rank, const int64_t *shape)
{
    const vae_tensor *tensor = vae_store_find(vae_model_store(model), name);
    ck_assert_msg(tensor != NULL, "there is no %s", name);
    ck_assert_int_eq(tensor->trainable, trainable);
    ck_assert_int_eq(tensor->rank, rank);
    ck_assert_mem_eq(tensor->shape, shape, (size_t)rank * sizeof *shape);
}
#define HAS(model, name, trainable, rank, ...)                                                                         \
    check_shape(model, name, trainable, rank, (const int64_t[]){ __VA_ARGS__ })

/* A condition joins the layer it enters, or the next that has weights: a class, and what is behind layers of its own
 * that are dense, as a bias by channel, an image by a kernel of its own. Nothing is left out. */
START_TEST(test_conditions)
{
    vae_model_spec spec = declared[1];
    spec.latents[0].size = 2;
    vae_model *model = model_of(&spec, data);
    HAS(model, "encoder/0/weight", true, 4, 4, 4, 1, 3);
    HAS(model, "encoder/0/weight_digit", true, 2, 10, 3);
    HAS(model, "decoder/1/weight", true, 4, 7, 7, 4, 2);
    HAS(model, "decoder/1/weight_digit", true, 2, 10, 4);
    HAS(model, "decoder/logits/weight", true, 4, 4, 4, 1, 4);
    HAS(model, "decoder/logits/bias", true, 1, 1);
    ck_assert_ptr_null(vae_store_find(vae_model_store(model), "decoder/logits/weight_digit"));
    vae_model_free(&model);
    spec.conditions[0].enters = "encoder, decoder 2"; /* the head */
    model = model_of(&spec, data);
    HAS(model, "decoder/logits/weight_digit", true, 2, 10, 1);
    vae_model_free(&model);
    spec = declared[2];
    spec.latents[0].size = 2;
    model = model_of(&spec, data);
    HAS(model, "encoder/0/weight_seen", true, 4, 4, 4, 1, 3);
    HAS(model, "decoder/0/weight_seen", true, 2, 784, 16);
    vae_model_free(&model);
    spec = declared[3];
    spec.latents[0].size = 2;
    model = model_of(&spec, data);
    HAS(model, "conditions/seen/0/weight_seen", true, 4, 4, 4, 1, 2);
    HAS(model, "encoder/1/weight_seen", true, 4, 3, 3, 2, 3);
    HAS(model, "decoder/2/weight_seen", true, 4, 3, 3, 2, 2);
    vae_model_free(&model);
}
END_TEST

START_TEST(test_heads)
{
    vae_model_spec spec = declared[6];
    spec.latents[0].size = 2;
    vae_model *model = model_of(&spec, data);
    HAS(model, "decoder/mean/weight", true, 4, 4, 4, 1, 4);
    HAS(model, "decoder/logvar/weight", true, 4, 4, 4, 1, 4);
    ck_assert_ptr_null(vae_store_find(vae_model_store(model), "decoder/2/weight"));
    vae_model_free(&model);
    spec = declared[7];
    spec.latents[0].size = 2;
    model = model_of(&spec, data);
    HAS(model, "decoder/logits/weight", true, 4, 2, 2, 3, 1);
    HAS(model, "decoder/logits/bias", true, 1, 3);
    vae_model_free(&model);
    spec = declared[8];
    spec.latents[0].size = 2;
    model = model_of(&spec, data);
    HAS(model, "decoder/2/weight", true, 4, 3, 3, 1, 4); /* a length, and three values of a direction */
    HAS(model, "decoder/mean/weight", true, 4, 3, 3, 3, 2);
    vae_model_free(&model);
    spec = declared[10]; /* nothing goes in but an image that is a condition */
    model = model_of(&spec, data);
    HAS(model, "decoder/logits/weight_seen", true, 4, 3, 3, 1, 1);
    vae_model_free(&model);
}
END_TEST

/* The output's bias is that of the mean of a channel's pixels. */
START_TEST(test_data_bias)
{
    vae_model_spec spec = declared[0];
    spec.latents[0].size = 2;
    spec.initial = "data-bias";
    vae_model *model = model_of(&spec, data);
    const float bias = *values_of(model, "decoder/logits/bias");
    const double mean = 1 / (1 + exp(-(double)bias));
    ck_assert_double_gt(mean, 0.02);
    ck_assert_double_lt(mean, 0.5);
    spec.initial = NULL;
    spec.decoder = "dense 5";
    vae_model_free(&model);
    spec.initial = "data-bias";
    model = model_of(&spec, data);
    double total = 0;
    for (int i = 0; i < 784; i++)
        total += 1 / (1 + exp(-(double)values_of(model, "decoder/logits/bias")[i])) / 784;
    ck_assert_double_eq_tol(total, mean, 0.002); /* but for the clipping at 0.001 */
    vae_model_free(&model);
}
END_TEST

/* ---- Running statistics and dropout ------------------------------------------------------------------------------ */

static double elbo_of(const vae_model *model)
{
    vae_evaluation found;
    ck_assert_status_ok(
        vae_evaluate(model, data, &(vae_evaluation_options){ .split = VAE_TEST, .threads = 1 }, &found));
    return found.elbo;
}

/* Behind a step s + 0.1 · (batch − s): of x itself, binarised, which is not known here, but bounded; and training
 * leaves no other state behind than evaluation reads. */
START_TEST(test_running)
{
    vae_model_spec spec = { .name = "running",
                            .x = { .transform = "unit" },
                            .latents = { { .size = 2 } },
                            .encoder = "batch-norm, dense 4 tanh",
                            .decoder = "dense 4 tanh" };
    vae_model *model = model_of(&spec, data);
    const float *mean = values_of(model, "encoder/0/running_mean"),
                *variance = values_of(model, "encoder/0/running_variance");
    HAS(model, "encoder/0/running_mean", false, 1, 784);
    HAS(model, "encoder/0/scale", true, 1, 784);
    for (int i = 0; i < 784; i++) {
        ck_assert_float_eq(mean[i], 0);
        ck_assert_float_eq(variance[i], 1);
        ck_assert_float_eq(values_of(model, "encoder/0/scale")[i], 1);
    }
    const double before = elbo_of(model);
    vae_training *training = NULL;
    ck_assert_status_ok(
        vae_training_new(&model, data, &(vae_training_options){ .batch_size = 120, .learning_rate = 1e-9 }, &training));
    ck_assert_status_ok(vae_train(training, data, &(vae_train_options){ .epochs = 1, .threads = 1 }));
    vae_model *trained = vae_training_model(training);
    const int64_t rows = vae_data_rows(data, VAE_TRAIN);
    const uint8_t *x = vae__data_column(data, VAE_TRAIN, 0)->storage;
    for (int i = 0; i < 784; i++) {
        double sum = 0, square = 0;
        for (int64_t row = 0; row < rows; row++)
            sum += x[row * 784 + i] / 255.0 / (double)rows;
        for (int64_t row = 0; row < rows; row++)
            square += (x[row * 784 + i] / 255.0 - sum) * (x[row * 784 + i] / 255.0 - sum) / (double)rows;
        ck_assert_float_eq_tol(values_of(trained, "encoder/0/running_mean")[i], (float)(0.1 * sum), 1e-5f);
        ck_assert_float_eq_tol(values_of(trained, "encoder/0/running_variance")[i], (float)(0.9 + 0.1 * square), 1e-5f);
    }
    ck_assert_double_ne(elbo_of(trained), before); /* evaluation reads them */
    vae_training_free(&training);
}
END_TEST

/* ---- Mistakes ---------------------------------------------------------------------------------------------------- */

static const struct {
    const char *encoder, *decoder, *message;
} mistakes[] = {
    { "conv 4 60x60 pad 0", "",
      "m: encoder/0: conv: a kernel that reaches over 60 of an image of height 28: it is larger than the image" },
    { "conv 4 4x4 stride 3", "",
      "m: encoder/0: conv: stride 3 does not fit height 28: 1 of it would be left over, and no mirror has it" },
    { "conv 4 3x3 stride 2 pad 0", "",
      "m: encoder/0: conv: stride 2 does not fit height 28 with this kernel and padding: 1 of it would be left over, "
      "and no mirror has it" },
    { "dense 7, conv 4 4x4", "",
      "m: encoder/1: expected an image of height, width and channels, found 7 values in 1 dimension; \"reshape "
      "7x7x64\" makes one of them" },
    { "conv 4 4x4x2", "", "m: encoder/0: expected one size or two, as in \"4x4\", found three" },
    { "conv 4 3x3 groups 2", "", "m: encoder/0: 1 channels and 4 units do not make 2 groups" },
    { "conv 6 3x3 groups 1x6", "", "m: encoder/0: groups: expected one number, found more" },
    { "conv 4 3x3, group-norm 3", "", "m: encoder/1: group_norm: 4 channels do not make 3 groups" },
    { "max-pool 29", "",
      "m: encoder/0: max_pool: a kernel that reaches over 29 of an image of height 28: it is larger than the image" },
    { "max-pool 2 pad 2", "", "m: encoder/0: max_pool: padding 2 would have a window of 2 see nothing of the image" },
    { "reshape 7x7x3", "", "m: encoder/0: reshape: expected a shape of 784 values, as they come in, found 147" },
    { "reshape 131070x131070x131070", "",
      "m: encoder/0: reshape: expected a shape of 784 values, as they come in, found 2251696736043000" },
    { "", "reshape 1x1x2, deconv 3 28x28 stride 28",
      "m: decoder/logits: the last layer makes 2352 values, 3 at each of 784 places, where x has 784" },
    { "", "reshape 1x1x2, deconv 1 28x28 stride 28 relu",
      "m: decoder/logits: expected no activation behind the last layer, which makes the likelihood's own values, found "
      "one" },
    { "polar, from-polar 2 3x3x1", "", "m: encoder/1: expected one size or two, as in \"4x4\", found three" },
    { "dense 4, polar", "",
      "m: encoder/1: expected an image of height, width and channels, found 4 values in 1 dimension; \"reshape "
      "7x7x64\" "
      "makes one of them" },
    { "", "reshape 1x1x2, deconv 3 28x28 stride 28, from-polar 2 1",
      "m: decoder/logits: the last layer makes 1568 values, 2 at each of 784 places, where x has 784" },
    { "dropout rate=1", "", "m: encoder: layer 1: rate: expected a number from 0 to 0.99, found \"1\"" },
    { "conv 4 3x3 stride", "",
      "m: encoder: layer 1: stride: expected a size behind it, found nothing; it is written \"conv UNITS SIZE [stride "
      "SIZE] [pad SIZE|same] [dilation SIZE] [groups SIZE] [ACTIVATION]\"" },
    { "conv 4 3x0", "",
      "m: encoder: layer 1: SIZE: expected 1 to 3 sizes from 1 to 4096, as in \"4x4\", found \"3x0\"" },
};

START_TEST(test_mistakes)
{
    vae_model *model = NULL;
    const vae_model_spec spec = {
        .name = "m", .latents = { { .size = 2 } }, .encoder = mistakes[_i].encoder, .decoder = mistakes[_i].decoder
    };
    const vae_status status = vae_model_new(&spec, NULL, data, 1, &model);
    ck_assert_str_eq(status.message, mistakes[_i].message);
    ck_assert_ptr_null(model);
}
END_TEST

/* A layer that makes heads is not left out where nothing goes into it that it could filter. */
START_TEST(test_heads_of_nothing)
{
    vae_model *model = NULL;
    const vae_model_spec spec = {
        .name = "m", .conditions = DIGIT, .decoder = "deconv 1 28x28 stride 28", .objective = "none"
    };
    ck_assert_status(vae_model_new(&spec, NULL, data, 1, &model), VAE_ERROR_SHAPE,
                     "m: decoder/logits: expected an image that goes in, found none");
}
END_TEST

/* An image that is a condition and another size than the layer that it joins. */
START_TEST(test_condition_sizes)
{
    vae_model *model = NULL;
    vae_model_spec spec = declared[2];
    spec.name = "m";
    spec.latents[0].size = 2;
    spec.conditions[0].enters = "encoder 1, decoder";
    spec.encoder = "conv 3 4x4 stride 4 tanh, conv 2 3x3";
    ck_assert_status(
        vae_model_new(&spec, NULL, data, 1, &model), VAE_ERROR_SHAPE,
        "m: encoder/1: condition \"seen\" is 28x28, and the layer that it joins sees 7x7; layers of its own");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_conditions, test_heads, test_data_bias, test_running, test_heads_of_nothing, test_condition_sizes, NULL
    };
    const TTest *const none[] = { NULL };
    Suite *suite = suite_create("layers");
    suite_case_between(suite, "structure", 60, begin, end, tests);
    TCase *rows = suite_case_between(suite, "rows", 120, begin, end, none);
    tcase_add_loop_test(rows, test_gradients, 0, (int)(sizeof declared / sizeof *declared));
    tcase_add_loop_test(rows, test_mistakes, 0, (int)(sizeof mistakes / sizeof *mistakes));
    return suite_run(suite);
}
