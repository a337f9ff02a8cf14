/* Forecasts: every figure again from vae_complete's samples, by the formulas as they are written. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vae/forecast.h>

#include "src/checkpoint/table.h"
#include "tests/support/models.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"

/* x (2, 3, 4) are trajectories of two steps over a still of 4 × 6. */
enum { ROWS = 40, SIZE = 24, STILL = 24, MODES = 3, SAMPLES = 11 };

static char folder[64], path[96], out[96];
static float x[ROWS * SIZE], modes[ROWS * MODES * SIZE], broken[ROWS * MODES * SIZE];
static unsigned char still[ROWS * STILL], frames[ROWS * 2 * STILL], label[ROWS];
static vae_data *data;
static vae_model *model, *seen, *regression, *binary;

#define STILLS                                                                                                         \
    {                                                                                                                  \
        .name = "still", .kind = VAE_IMAGE, .shape = { 4, 6 }                                                          \
    }
#define X                                                                                                              \
    .x = { .shape = { 2, 3, 4 }, .likelihood = "gaussian", .transform = "standardize", .missing = VAE_MISSING_MASK }

static const vae_model_spec model_spec = { .name = "model",
                                           X,
                                           .conditions = { STILLS },
                                           .latents = { { .size = 4 } },
                                           .encoder = "dense 8 tanh",
                                           .decoder = "dense 8 tanh",
                                           .initial = "normal sigma=0.8" };
static const vae_model_spec seen_spec = { .name = "seen",
                                          X,
                                          .conditions = { { .name = "top", .of_x = "rows 0 0" }, STILLS },
                                          .latents = { { .size = 4 } },
                                          .encoder = "dense 8 tanh",
                                          .decoder = "dense 8 tanh",
                                          .initial = "normal sigma=0.8" };
static const vae_model_spec regression_spec = {
    .name = "regression", X, .conditions = { STILLS }, .decoder = "dense 8 tanh", .objective = "none"
};
static const vae_model_spec binary_spec = {
    .name = "binary",
    .x = { .shape = { 2, 3, 4 }, .likelihood = "bernoulli", .transform = "threshold", .missing = VAE_MISSING_MASK },
    .conditions = { STILLS },
    .latents = { { .size = 4 } },
    .encoder = "dense 8 tanh",
    .decoder = "dense 8 tanh"
};

/* In -1 ... 1, the same always. */
static double noise(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (double)(*state >> 8) / (1 << 23) - 1;
}

static void write_data(void)
{
    const vae__table_column columns[] = {
        { .name = "x", .type = VAE_FLOAT32, .rank = 4, .shape = { ROWS, 2, 3, 4 }, .values = x },
        { .name = "still", .type = VAE_UINT8, .rank = 3, .shape = { ROWS, 4, 6 }, .values = still },
        { .name = "frames", .type = VAE_UINT8, .rank = 3, .shape = { ROWS, 8, 6 }, .values = frames },
        { .name = "modes", .type = VAE_FLOAT32, .rank = 2, .shape = { ROWS, MODES * SIZE }, .values = modes },
        { .name = "broken", .type = VAE_FLOAT32, .rank = 2, .shape = { ROWS, MODES * SIZE }, .values = broken },
        { .name = "label", .type = VAE_UINT8, .rank = 1, .shape = { ROWS }, .values = label },
    };
    ck_assert_status_ok(vae__table_write(path, &(vae__table){ .format = "data", .columns = columns, .count = 6 }));
}

static void open_data(void)
{
    const vae_field_source beside[] = {
        { .name = "still", .kind = VAE_IMAGE },
        { .name = "frames", .kind = VAE_IMAGE },
        { .name = "modes", .kind = VAE_VALUES },
        { .name = "broken", .kind = VAE_VALUES },
        { .name = "short", .kind = VAE_VALUES, .path = "label" },
        { .name = "label", .kind = VAE_CLASS },
    };
    const vae_data_options options = { .conditions = beside, .condition_count = 6 };
    vae_data_free(&data);
    ck_assert_status_ok(vae_data_open(path, &options, &data));
}

static vae_completions completed(const vae_model *which)
{
    vae_completions found;
    const vae_completion_options options = {
        .split = VAE_ALL, .samples = SAMPLES, .regressor = regression, .threads = 1
    };
    vae_completion_options asked = options;
    if (which != model)
        asked.regressor = NULL;
    ck_assert_status_ok(vae_complete(which, data, &asked, &found));
    return found;
}

/* Modes are samples of their row, moved a little: some are met, one twice. Row 0 has none, row 1 one, row 2 two. */
static void make_modes(void)
{
    uint32_t state = 5;
    vae_completions found = completed(model);
    for (int64_t row = 0; row < ROWS; row++)
        for (int64_t k = 0; k < MODES; k++)
            for (int64_t i = 0; i < SIZE; i++) {
                const float sample = found.units[(row * SAMPLES + 2 * k + row % 3) * SIZE + i];
                modes[(row * MODES + k) * SIZE + i] =
                    row < 3 && k >= row ? NAN : sample + (float)(noise(&state) * (k == 2 ? 3 : 0.3));
            }
    memcpy(broken, modes, sizeof modes);
    broken[(7 * MODES + 1) * SIZE + 5] = NAN;
    vae_completions_free(&found);
}

static void begin(void)
{
    uint32_t state = 1;
    system_reset();
    strcpy(folder, "/tmp/vae-test-forecast-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/data.h5", folder);
    snprintf(out, sizeof out, "%s/out.svg", folder);
    for (int64_t i = 0; i < ROWS * SIZE; i++)
        x[i] = (float)(2 + 3 * noise(&state));
    for (int64_t i = 0; i < ROWS * STILL; i++)
        still[i] = (unsigned char)(128 + 127 * noise(&state));
    for (int64_t i = 0; i < ROWS; i++)
        label[i] = (unsigned char)(i % 2);
    for (int64_t i = 9; i < ROWS * SIZE; i += 17)
        x[i] = NAN;
    for (int64_t i = 4 * SIZE; i < 5 * SIZE; i++) /* nothing of row 4 was observed */
        x[i] = NAN;
    write_data();
    open_data();
    model = model_of(&model_spec, data);
    seen = model_of(&seen_spec, data);
    regression = model_of(&regression_spec, data);
    binary = NULL;
    make_modes();
    write_data();
    open_data();
}

static void end(void)
{
    vae_model_free(&model);
    vae_model_free(&seen);
    vae_model_free(&regression);
    vae_model_free(&binary);
    vae_data_free(&data);
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0);
    ck_assert_int_eq(system_outstanding(), 0);
}

static double radius = 0.5;

static vae_forecast_scores scored(const vae_model *which, vae_completion_options options, const char *name)
{
    const vae_forecast_modes asked = { name, radius };
    vae_forecast_scores found;
    options.split = VAE_ALL;
    options.threads = options.threads ? options.threads : 1;
    options.samples = options.samples ? options.samples : SAMPLES;
    ck_assert_status_ok(vae_forecast(which, data, &options, &asked, &found));
    return found;
}

/* ---- By the formulas --------------------------------------------------------------------------------------------- */

static bool is_compared(const vae_completions *found, int64_t row, int64_t i)
{
    return !isnan(x[row * SIZE + i]) && !(found->given && found->given[row * SIZE + i]);
}

static double far(const vae_completions *found, int64_t row, const float *a, const float *b)
{
    double sum = 0, values = 0;
    for (int64_t i = 0; i < SIZE; i++)
        if (is_compared(found, row, i)) {
            sum += pow((double)a[i] - (double)b[i], 2);
            values++;
        }
    return sqrt(sum / values);
}

static const float *mode_of(int64_t row, int64_t k)
{
    return modes + (row * MODES + k) * SIZE;
}

/* The mode that is near; *least is how far the nearest one is. */
static int near_mode(const vae_completions *found, int64_t row, const float *from, double *least)
{
    int near = -1;
    *least = NAN;
    for (int k = 0; k < MODES; k++) {
        double other = INFINITY;
        if (isnan(*mode_of(row, k)))
            continue;
        for (int j = 0; j < MODES; j++)
            if (j != k && !isnan(*mode_of(row, j)))
                other = fmin(other, far(found, row, mode_of(row, k), mode_of(row, j)));
        const double distance = far(found, row, from, mode_of(row, k));
        near = !isinf(other) && distance < other * radius ? k : near;
        *least = fmin(*least, distance);
    }
    return near;
}

static void assert_same(double expected, double found)
{
    ck_assert_msg((isnan(expected) && isnan(found)) || fabs(expected - found) < 1e-9, "%.12g, not %.12g", found,
                  expected);
}

/* A mean and its error of the rows that count. */
typedef struct series {
    double sum, squares;
    int64_t rows;
} series;

static void add(series *to, double value)
{
    to->sum += value;
    to->squares += value * value;
    to->rows++;
}

static void assert_figure(const series *expected, const vae_forecast_figure *found)
{
    const double rows = (double)expected->rows, mean = expected->sum / rows;
    ck_assert_int_eq(expected->rows, found->rows);
    assert_same(mean, found->mean);
    assert_same(sqrt((expected->squares - rows * mean * mean) / (rows - 1) / rows), found->error);
}

typedef struct expected {
    series least[SAMPLES], coverage[SAMPLES], answer, near, nearest, answer_near, answer_covers, truth_near, uneven;
} expected;

static void expect_modes(const vae_completions *made, const vae_forecast_scores *found, int64_t row, expected *all)
{
    double met[MODES] = { 0 }, near = 0, sum = 0, covered = 0, variation = 0, least;
    const double count = (double)found->modes[row];
    for (int64_t s = 0; s < SAMPLES; s++) {
        const int mode = near_mode(made, row, made->units + (row * SAMPLES + s) * SIZE, &least);
        ck_assert_int_eq(mode, found->mode[row * SAMPLES + s]);
        assert_same(least, found->mode_distance[row * SAMPLES + s]);
        covered += mode >= 0 && met[mode] == 0;
        near += mode >= 0;
        sum += least;
        if (mode >= 0)
            met[mode]++;
        if (count > 1 && found->values[row])
            add(&all->coverage[s], covered / count);
    }
    const int truth = near_mode(made, row, x + row * SIZE, &least);
    ck_assert_int_eq(truth, found->truth_mode[row]);
    assert_same(least, found->truth_mode_distance[row]);
    if (count < 2 || !found->values[row])
        return;
    add(&all->near, near / SAMPLES);
    add(&all->nearest, sum / SAMPLES);
    add(&all->truth_near, truth >= 0);
    for (int k = 0; k < MODES; k++)
        variation += isnan(*mode_of(row, k)) ? 0 : fabs(met[k] / near - 1 / count) / 2;
    if (near > 0)
        add(&all->uneven, variation);
    if (!made->answer)
        return;
    const int answer = near_mode(made, row, made->answer_units + row * SIZE, &least);
    ck_assert_int_eq(answer, found->answer_mode[row]);
    assert_same(least, found->answer_mode_distance[row]);
    add(&all->answer_near, answer >= 0);
    add(&all->answer_covers, (answer >= 0) / count);
}

static void expect(const vae_completions *made, const vae_forecast_scores *found, expected *all)
{
    for (int64_t row = 0; row < ROWS; row++) {
        double least = INFINITY;
        int64_t values = 0;
        for (int64_t i = 0; i < SIZE; i++)
            values += is_compared(made, row, i);
        ck_assert_int_eq(values, found->values[row]);
        ck_assert_int_eq(found->modes[row], row < 3 ? row : MODES);
        for (int64_t s = 0; s < SAMPLES; s++) {
            const double distance = far(made, row, made->units + (row * SAMPLES + s) * SIZE, x + row * SIZE);
            assert_same(distance, found->distance[row * SAMPLES + s]);
            least = fmin(least, distance);
            if (values)
                add(&all->least[s], least);
        }
        if (values && made->answer)
            add(&all->answer, far(made, row, made->answer_units + row * SIZE, x + row * SIZE));
        expect_modes(made, found, row, all);
    }
}

/* A model with a regressor, and one that is given a part of x. */
START_TEST(test_by_the_formulas)
{
    expected all;
    const vae_model *which = _i ? seen : model;
    radius = _i ? 0.3 : 0.5;
    vae_completions made = completed(which);
    vae_forecast_scores found = scored(which, (vae_completion_options){ .regressor = _i ? NULL : regression }, "modes");
    memset(&all, 0, sizeof all);
    ck_assert(!found.modelled);
    expect(&made, &found, &all);
    for (int64_t n = 0; n < SAMPLES; n++) {
        assert_figure(&all.least[n], &found.least[n]);
        assert_figure(&all.coverage[n], &found.coverage[n]);
    }
    assert_figure(&all.near, &found.near);
    assert_figure(&all.nearest, &found.nearest);
    assert_figure(&all.truth_near, &found.truth_near);
    assert_figure(&all.uneven, &found.uneven);
    ck_assert_int_eq(found.least[0].rows, ROWS - 1);
    ck_assert_int_eq(found.near.rows, ROWS - 3);
    if (_i) {
        ck_assert_ptr_null(found.answer_distance);
        ck_assert_int_eq(found.answer.rows, 0);
    } else {
        assert_figure(&all.answer, &found.answer);
        assert_figure(&all.answer_near, &found.answer_near);
        assert_figure(&all.answer_covers, &found.answer_covers);
        /* Samples that were made modes are met, and so is not everything. */
        ck_assert(found.near.mean > 0.1 && found.near.mean < 0.9);
        ck_assert(found.coverage[SAMPLES - 1].mean > 0.5 && found.coverage[0].mean < 0.3);
    }
    vae_forecast_free(&found);
    vae_completions_free(&made);
}
END_TEST

/* ---- The same bits ----------------------------------------------------------------------------------------------- */

START_TEST(test_same_bits)
{
    const int64_t rows[] = { 33, 3, 17 };
    vae_forecast_scores all = scored(model, (vae_completion_options){ .regressor = regression }, "modes");
    vae_forecast_scores more =
        scored(model, (vae_completion_options){ .regressor = regression, .threads = 3 }, "modes");
    vae_forecast_scores few = scored(
        model, (vae_completion_options){ .rows = rows, .count = 3, .samples = 5, .regressor = regression }, "modes");
    ck_assert_mem_eq(all.distance, more.distance, ROWS * SAMPLES * sizeof *all.distance);
    ck_assert_mem_eq(all.mode, more.mode, ROWS * SAMPLES * sizeof *all.mode);
    ck_assert_mem_eq(&all.near, &more.near, sizeof all.near);
    ck_assert_mem_eq(all.coverage, more.coverage, SAMPLES * sizeof *all.coverage);
    ck_assert_int_eq(few.count, 3);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(few.row[i], rows[i]);
        ck_assert_mem_eq(few.distance + 5 * i, all.distance + rows[i] * SAMPLES, 5 * sizeof *all.distance);
        ck_assert_mem_eq(few.mode_distance + 5 * i, all.mode_distance + rows[i] * SAMPLES, 5 * sizeof *all.distance);
        ck_assert_double_eq(few.answer_distance[i], all.answer_distance[rows[i]]);
        ck_assert_int_eq(few.truth_mode[i], all.truth_mode[rows[i]]);
    }
    vae_forecast_free(&few);
    vae_forecast_free(&more);
    vae_forecast_free(&all);
}
END_TEST

/* Without modes there is nothing of them; a regression has one sample, 100 are usual. */
START_TEST(test_few_and_many)
{
    vae_forecast_scores found;
    vae_completion_options options = { .split = VAE_ALL, .count = 5, .threads = 1 };
    ck_assert_status_ok(vae_forecast(model, data, &options, NULL, &found));
    ck_assert_int_eq(found.samples, 100);
    ck_assert_int_eq(found.count, 5);
    ck_assert_ptr_null(found.modes);
    ck_assert_ptr_null(found.coverage);
    ck_assert_int_eq(found.near.rows, 0);
    ck_assert(found.least[99].mean <= found.least[0].mean);
    vae_forecast_free(&found);
    ck_assert_status_ok(vae_forecast(regression, data, &options, &(vae_forecast_modes){ "modes", 0 }, &found));
    ck_assert_int_eq(found.samples, 1);
    vae_forecast_free(&found);
    options.count = 1;
    ck_assert_status_ok(vae_forecast(model, data, &options, NULL, &found));
    ck_assert(isnan(found.least[0].error) && !isnan(found.least[0].mean));
    vae_forecast_free(&found);
}
END_TEST

/* What has no way back is compared as the likelihood has it. */
START_TEST(test_as_modelled)
{
    vae_completions made;
    vae_data *digits = NULL;
    vae_forecast_scores found;
    const vae_model_spec spec = { .name = "digits",
                                  .conditions = { { .name = "label", .kind = VAE_CLASS, .size = 10 } },
                                  .latents = { { .size = 3 } },
                                  .encoder = "dense 8 tanh",
                                  .decoder = "dense 8 tanh" };
    const vae_completion_options options = { .split = VAE_TEST, .count = 3, .samples = 2, .threads = 1 };
    ck_assert_status_ok(vae_data_open("digits:120", NULL, &digits));
    binary = model_of(&spec, digits);
    ck_assert_status_ok(vae_complete(binary, digits, &options, &made));
    ck_assert_status_ok(vae_forecast(binary, digits, &options, NULL, &found));
    ck_assert(found.modelled);
    for (int64_t i = 0; i < 6; i++) {
        double sum = 0;
        for (int64_t k = 0; k < 784; k++)
            sum += pow((double)made.x[i * 784 + k] - (double)made.truth[i / 2 * 784 + k], 2);
        assert_same(sqrt(sum / 784), found.distance[i]);
    }
    vae_forecast_free(&found);
    vae_completions_free(&made);
    ck_assert_status(vae_forecast(binary, digits, &options, &(vae_forecast_modes){ "label", 0 }, &found),
                     VAE_ERROR_DATA,
                     "modes: expected numbers, a multiple of the 784 of x, found the class \"label\" of 1");
    vae_data_free(&digits);
}
END_TEST

/* ---- Refused ----------------------------------------------------------------------------------------------------- */

START_TEST(test_refuses)
{
    vae_forecast_scores found;
    vae_completion_options options = { .split = VAE_ALL, .samples = 2, .threads = 1 };
    static const struct {
        const char *name, *message;
    } mistakes[] = {
        { "none", "data.h5: modes: expected a field \"none\", found none" },
        { "short", "modes: expected numbers, a multiple of the 24 of x, found the field \"short\" of 1" },
        { "label", "modes: expected numbers, a multiple of the 24 of x, found the class \"label\" of 1" },
        { "broken", "modes: row 7: expected a mode of numbers, or of NaN alone where there is none, found 1 NaN among "
                    "24 values of mode 1" },
    };
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        const vae_forecast_modes asked = { mistakes[i].name, 0 };
        ck_assert_status(vae_forecast(model, data, &options, &asked, &found), VAE_ERROR_DATA, mistakes[i].message);
        ck_assert_ptr_null(found.distance);
    }
    ck_assert_status(vae_forecast(NULL, data, &options, NULL, &found), VAE_ERROR_ARGUMENT, "found NULL");
    ck_assert_status(vae_forecast(model, data, &options, NULL, NULL), VAE_ERROR_ARGUMENT, "expected a place");
    options.regressor = seen;
    ck_assert_status(vae_forecast(model, data, &options, NULL, &found), VAE_ERROR_ARGUMENT,
                     "regressor: expected a regression (objective \"none\"), found seen");
    options.regressor = NULL;
    options.split = VAE_TEST;
    ck_assert_status(vae_forecast(model, data, &options, NULL, &found), VAE_ERROR_DATA, "test");
    options.split = VAE_ALL;
    binary = model_of(&binary_spec, NULL);
    ck_assert_status(vae_forecast(binary, data, &options, &(vae_forecast_modes){ "modes", 0 }, &found),
                     VAE_ERROR_ARGUMENT, "binary: modes: expected a transform of x that can be undone");
    ck_assert_status(vae_forecast(model, data, &options, &(vae_forecast_modes){ "modes", 0.6 }, &found),
                     VAE_ERROR_ARGUMENT, "modes: expected a radius above 0, at most 0.5, found 0.6");
    ck_assert_status(vae_forecast(model, data, &options, &(vae_forecast_modes){ "modes", NAN }, &found),
                     VAE_ERROR_ARGUMENT, "at most 0.5, found");
    ck_assert_status(vae_forecast(model, data, &options, &(vae_forecast_modes){ NULL, 0 }, &found), VAE_ERROR_DATA,
                     "modes: expected a field \"\", found none");
    vae_forecast_free(NULL);
}
END_TEST

START_TEST(test_refuses_pictures)
{
    vae_completions made = completed(model);
    vae_forecast_drawing drawing = { .clusters = 33 };
    ck_assert_status_ok(vae_forecast_drawable(model));
    ck_assert_status_ok(vae_forecast_drawable(seen));
    ck_assert_status(vae_forecast_picture(model, data, &made, &drawing, out), VAE_ERROR_ARGUMENT,
                     "pictures: expected 1 to 32 clusters, found 33");
    drawing.clusters = 2;
    drawing.frames = "none";
    ck_assert_status(vae_forecast_frames(model, data, &made, &drawing, out), VAE_ERROR_DATA,
                     "frames: expected a field \"none\", found none");
    drawing.frames = "still";
    ck_assert_status(vae_forecast_frames(model, data, &made, &drawing, out), VAE_ERROR_DATA,
                     "frames: expected images of 2 frames of 4 × 6 × 1 below one another, found \"still\" of (4, 6)");
    ck_assert_status(vae_forecast_picture(model, data, &made, NULL, NULL), VAE_ERROR_ARGUMENT, "expected a path");
    ck_assert_status(vae_forecast_picture(model, data, NULL, NULL, out), VAE_ERROR_ARGUMENT, "found NULL");
    ck_assert_status(vae_forecast_picture(model, data, &made, NULL, "/nowhere/at/all.svg"), VAE_ERROR_FILE, "/nowhere");
    ck_assert_int_eq(access(out, F_OK), -1);
    vae_completions_free(&made);
    vae_model_spec spec = model_spec;
    spec.x.shape[2] = 3;
    vae_model *other = model_of(&spec, NULL);
    ck_assert_status(vae_forecast_drawable(other), VAE_ERROR_ARGUMENT,
                     "model: pictures: expected x of trajectories, (height, width, 2 T) for T times, found (2, 3, 3)");
    vae_model_free(&other);
    spec = model_spec;
    spec.conditions[0] = (vae_condition_spec){ .name = "speed", .kind = VAE_VALUES, .size = 2 };
    other = model_of(&spec, NULL);
    ck_assert_status(vae_forecast_drawable(other), VAE_ERROR_ARGUMENT,
                     "model: pictures: expected a condition that is an image, found none");
    vae_model_free(&other);
    spec.conditions[0] = (vae_condition_spec){ .name = "still", .kind = VAE_IMAGE, .shape = { 4, 6, 2 } };
    other = model_of(&spec, NULL);
    ck_assert_status(vae_forecast_drawable(other), VAE_ERROR_ARGUMENT,
                     "model: pictures: expected an image \"still\" of 1 or 3 channels, found 2");
    vae_model_free(&other);
}
END_TEST

START_TEST(test_without_memory)
{
    const vae_completion_options options = {
        .split = VAE_ALL, .count = 3, .samples = 2, .regressor = regression, .threads = 1
    };
    vae_status status = { .code = VAE_ERROR_MEMORY };
    long before = system_outstanding();
    for (long n = 1; status.code; n++) {
        vae_forecast_scores found;
        system_reset();
        system_fail(SYSTEM_ALLOCATE, n, 0, false);
        status = vae_forecast(model, data, &options, &(vae_forecast_modes){ "modes", 0 }, &found);
        vae_forecast_free(&found);
        ck_assert_msg(!status.code || status.code == VAE_ERROR_MEMORY, "request %ld: %s", n, status.message);
        ck_assert_int_eq(system_outstanding() - before, 0);
    }
    system_reset();
}
END_TEST

/* Of pictures. */
START_TEST(test_pictures_without_memory)
{
    vae_completions made = completed(model);
    const vae_forecast_drawing drawing = { .clusters = 2, .frames = "frames" };
    for (int frame = 0; frame < 2; frame++) {
        vae_status status = { .code = VAE_ERROR_MEMORY };
        long before = system_outstanding();
        made.count = 2;
        for (long n = 1; status.code; n++) {
            system_reset();
            system_fail(SYSTEM_ALLOCATE, n, 0, false);
            status = (frame ? vae_forecast_frames : vae_forecast_picture)(model, data, &made, &drawing, out);
            ck_assert_msg(!status.code || status.code == VAE_ERROR_MEMORY, "request %ld: %s", n, status.message);
            ck_assert_int_eq(access(out, F_OK), status.code ? -1 : 0);
            ck_assert_int_eq(system_outstanding() - before, 0);
        }
        unlink(out);
    }
    system_reset();
    vae_completions_free(&made);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_same_bits,
                                   test_few_and_many,
                                   test_as_modelled,
                                   test_refuses,
                                   test_refuses_pictures,
                                   test_without_memory,
                                   test_pictures_without_memory,
                                   NULL };
    Suite *suite = suite_create("forecast");
    TCase *cases = suite_case_between(suite, "forecasts", 120, begin, end, tests);
    tcase_add_loop_test(cases, test_by_the_formulas, 0, 2);
    return suite_run(suite);
}
