/*
 * The n-th allocation fails, for every n until all succeed: a status with a message, nothing leaked, nothing crashed,
 * and what was there before goes on working. Failing once finds what is not checked; failing for good from then on
 * finds what needs memory to clean up.
 */
#include <errno.h>
#include <hdf5.h>
#include <hdf5_hl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vae/check.h>
#include <vae/checkpoint.h>
#include <vae/complete.h>
#include <vae/draw.h>
#include <vae/factors.h>
#include <vae/infer.h>
#include <vae/plot.h>
#include <vae/walk.h>

#include "tests/support/suite.h"
#include "tests/support/system.h"

static const vae_model_spec spec = {
    .name = "tiny",
    .conditions = { { .name = "digit", .kind = VAE_CLASS } },
    .latents = { { .size = 2 } },
    .encoder = "conv 1 14x14 stride 14, batch-norm relu, dropout rate=0.1, dense 3 relu",
    .decoder = "dense 4 relu, reshape 2x2x1, deconv 1 14x14 stride 14",
};

/* Conditions of every kind, values that are missing, constants that are fitted. */
static const vae_model_spec rich_spec = {
    .name = "rich",
    .x = { .likelihood = "gaussian",
           .transform = "standardize",
           .encoder_transform = "scale=0.1, standardize",
           .missing = VAE_MISSING_MASK },
    .conditions = { { .name = "run", .kind = VAE_CLASS },
                    { .name = "energy", .kind = VAE_VALUES },
                    { .name = "map", .kind = VAE_IMAGE } },
    .latents = { { .size = 2 } },
    .encoder = "dense 3 relu",
    .decoder = "dense 3 relu",
};
/* A part of x and a class by layers of their own, a hierarchy, a prior that is learned. */
static const vae_model_spec structured_spec = {
    .name = "structured",
    .x = { .likelihood = "gaussian", .transform = "standardize", .missing = VAE_MISSING_MASK },
    .conditions = { { .name = "part",
                      .of_x = "columns 0 0, columns 2 2",
                      .enters = "prior, decoder 1",
                      .layers = "dense 2 tanh",
                      .prior_layers = "dense 2 tanh" },
                    { .name = "run", .kind = VAE_CLASS, .encoder_layers = "dense 2" } },
    .latents = { { .size = 2 }, { .size = 2, .encoder = "dense 3", .decoder = "dense 3 relu" } },
    .encoder = "dense 3 relu",
    .decoder = "dense 3 relu",
    .prior = "gaussian",
    .prior_layers = "dense 3 relu",
};
enum { RICH_ROWS = 24, RICH_WIDTH = 3 };

static char folder[64], path[96], other_path[96], data_path[96], rich_path[96], best_path[96];
static vae_data *data;         /* digits:20, four of them held out */
static vae_training *training; /* one step done */
static vae_data *rich_data;    /* whole runs held out for validation */
static vae_training *rich;     /* likewise */

static void make_rich_file(void)
{
    float x[RICH_ROWS][RICH_WIDTH];
    double energy[RICH_ROWS];
    unsigned char seen[RICH_ROWS][RICH_WIDTH], map[RICH_ROWS][4];
    char run[RICH_ROWS][4] = { "" };
    for (int row = 0; row < RICH_ROWS; row++) {
        snprintf(run[row], sizeof run[row], "r%d", row % 4);
        energy[row] = 1000 + row;
        for (int k = 0; k < RICH_WIDTH; k++) {
            x[row][k] = (row + k) % 7 ? (float)(row * k) : NAN;
            seen[row][k] = (row + k) % 5 != 0;
        }
        for (int k = 0; k < 4; k++)
            map[row][k] = (unsigned char)(row * k);
    }
    const hsize_t rows = RICH_ROWS, wide[] = { RICH_ROWS, RICH_WIDTH }, image[] = { RICH_ROWS, 2, 2 };
    hid_t file = H5Fcreate(data_path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), text = H5Tcopy(H5T_C_S1);
    H5Tset_size(text, 4);
    ck_assert(H5LTmake_dataset(file, "x", 2, wide, H5T_NATIVE_FLOAT, x) >= 0);
    ck_assert(H5LTmake_dataset(file, "seen", 2, wide, H5T_NATIVE_UCHAR, seen) >= 0);
    ck_assert(H5LTmake_dataset(file, "energy", 1, &rows, H5T_NATIVE_DOUBLE, energy) >= 0);
    ck_assert(H5LTmake_dataset(file, "z", 2, (hsize_t[]){ RICH_ROWS / 2, 2 }, H5T_NATIVE_DOUBLE, energy) >= 0);
    ck_assert(H5LTmake_dataset(file, "map", 3, image, H5T_NATIVE_UCHAR, map) >= 0);
    ck_assert(H5LTmake_dataset(file, "run", 1, &rows, text, run) >= 0);
    H5Tclose(text);
    H5Fclose(file);
}

static vae_status open_rich(vae_data **opened)
{
    static const char *const levels[] = { "r3", "r1" };
    const vae_field_source conditions[] = {
        { .name = "run", .kind = VAE_CLASS, .levels = levels, .level_count = 2, .more_levels = true },
        { .name = "energy", .kind = VAE_VALUES },
        { .name = "map", .kind = VAE_IMAGE }
    };
    const vae_data_options options = { .threads = 1, .mask = "seen", .conditions = conditions, .condition_count = 3 };
    return vae_data_open(data_path, &options, opened);
}

static vae_status divide_rich(vae_data *opened)
{
    return vae_data_divide(opened, &(vae_division){ .validation = 6, .by = "run", .seed = 2 });
}

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
                                   &(vae_sample_options){ .count = 1, .draw = true, .threads = 1 }, &samples);
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

/* ---- The same of fields of every kind ---------------------------------------------------------------------------- */

/* With all that a step may keep. */
static const vae_training_options rich_options = { .batch_size = 8,
                                                   .optimizer = "rmsprop momentum=0.5",
                                                   .schedule = "steps 3 factor=0.5",
                                                   .clip_norm = 1,
                                                   .weight_prior = 1,
                                                   .average = 0.9 };

static vae_status try_fields(void)
{
    vae_data *opened = NULL;
    vae_status status = open_rich(&opened);
    ck_assert_int_eq(opened != NULL, !status.code);
    if (!status.code)
        status = divide_rich(opened);
    vae_data_free(&opened);
    return status;
}

static int ignore(void *context, const vae_data_entry *entry)
{
    (void)context;
    (void)entry;
    return 0;
}

static vae_status try_list(void)
{
    return vae_data_list(data_path, ignore, NULL);
}

static int keep_status(void *lost, const vae_progress *progress)
{
    if (progress->best_not_saved)
        *(vae_status *)lost = *progress->best_not_saved;
    return 0;
}

/* Only told is that the best epoch cannot be kept. */
static vae_status train_best(vae_training *made)
{
    vae_status lost = { .code = VAE_OK };
    const vae_train_options options = { .epochs = 1,
                                        .threads = 1,
                                        .checkpoint = other_path,
                                        .best = best_path,
                                        .patience = 2,
                                        .progress = keep_status,
                                        .context = &lost };
    vae_status status = vae_train(made, rich_data, &options);
    return status.code ? status : lost;
}

static vae_status try_rich_train(void)
{
    vae_model *model = NULL;
    vae_training *made = NULL;
    vae_status status = vae_model_new(&rich_spec, NULL, rich_data, 1, &model);
    if (!status.code)
        status = vae_training_new(&model, rich_data, &rich_options, &made);
    if (!status.code)
        status = train_best(made);
    vae_model_free(&model);
    vae_training_free(&made);
    return status;
}

static vae_status try_rich_load(void)
{
    vae_training *loaded = NULL;
    vae_status status = vae_checkpoint_load(rich_path, NULL, &loaded);
    ck_assert_int_eq(loaded != NULL, !status.code);
    if (!status.code)
        status = vae_train(loaded, rich_data, &(vae_train_options){ .epochs = 2, .threads = 1 });
    vae_training_free(&loaded);
    return status;
}

/* Declared, trained, kept, loaded and sampled. */
static vae_status try_structure(void)
{
    static const double part[] = { 1, 2, 3 };
    vae_model *model = NULL;
    vae_training *made = NULL;
    vae_samples samples = { .count = 0 };
    vae_status status = vae_model_new(&structured_spec, NULL, rich_data, 1, &model);
    if (!status.code)
        status = vae_training_new(&model, rich_data, &(vae_training_options){ .batch_size = 12 }, &made);
    if (!status.code)
        status =
            vae_train(made, rich_data, &(vae_train_options){ .epochs = 1, .threads = 1, .checkpoint = other_path });
    vae_model_free(&model);
    vae_training_free(&made);
    if (!status.code)
        status = vae_model_load(other_path, NULL, &model);
    const vae_sample_options options = { .count = 1, .threads = 1, .conditions = { { part, 1 } } };
    if (!status.code)
        status = vae_sample(model, &options, &samples);
    ck_assert_int_eq(samples.x != NULL, !status.code);
    vae_samples_free(&samples);
    vae_model_free(&model);
    return status;
}

/* From a model of other levels, of which some rows are the same. */
static vae_status try_start(void)
{
    vae_model *model = NULL;
    vae_model_spec spec_of_two = rich_spec;
    static const char *const levels[] = { "r1", "r9" };
    spec_of_two.x.shape[0] = RICH_WIDTH;
    spec_of_two.conditions[0].levels = levels;
    spec_of_two.conditions[0].size = 2;
    spec_of_two.conditions[1].size = 1;
    spec_of_two.conditions[2].shape[0] = spec_of_two.conditions[2].shape[1] = 2;
    vae_status status = vae_model_new(&spec_of_two, NULL, NULL, 1, &model);
    if (!status.code)
        status = vae_model_start_from(model, vae_training_model(rich), NULL);
    vae_model_free(&model);
    return status;
}

static vae_status try_call(void)
{
    static const float x[RICH_WIDTH] = { 1, 2, 3 };
    static const double energy = 1;
    static const unsigned char map[4], mask[RICH_WIDTH], run;
    const vae_infer_options options = {
        .threads = 1, .x_type = VAE_FLOAT32, .condition_types = { VAE_UINT8, VAE_FLOAT64, VAE_UINT8 }, .masked = true
    };
    const vae_conditions given = { .values = { &run, &energy, map }, .mask = mask };
    vae_encoder *encoder = NULL;
    vae_decoder *decoder = NULL;
    float z[2], back[RICH_WIDTH];
    vae_status status = vae_encoder_new(vae_training_model(rich), &options, &encoder);
    if (!status.code)
        status = vae_decoder_new(vae_training_model(rich), &options, &decoder);
    if (!status.code)
        status = vae_encoder_run(encoder, x, 1, &given, z, NULL);
    if (!status.code)
        status = vae_decoder_run(decoder, z, 1, &given, back);
    vae_encoder_free(&encoder);
    vae_decoder_free(&decoder);
    return status;
}

static vae_status try_encode(void)
{
    vae_latents latents;
    vae_status status = vae_encode(vae_training_model(rich), rich_data,
                                   &(vae_pass_options){ .split = VAE_VALIDATION, .threads = 1 }, &latents);
    ck_assert_int_eq(latents.mean != NULL, !status.code);
    if (!status.code)
        status = vae_latents_save(vae_training_model(rich), &latents, other_path);
    vae_latents_free(&latents);
    return status;
}

static vae_status try_reconstruct(void)
{
    vae_reconstructions found;
    vae_status status = vae_reconstruct(vae_training_model(rich), rich_data,
                                        &(vae_pass_options){ .split = VAE_TRAIN, .threads = 1 }, &found);
    ck_assert_int_eq(found.x != NULL, !status.code);
    if (!status.code)
        status = vae_reconstructions_save(vae_training_model(rich), &found, other_path);
    vae_reconstructions_free(&found);
    return status;
}

static vae_status try_walk(void)
{
    vae_walk walk;
    const vae_traversal_options options = {
        .split = VAE_TRAIN, .has_row = true, .row = vae_data_row(rich_data, VAE_TRAIN, 0), .threads = 1
    };
    vae_status status = vae_traverse(vae_training_model(rich), rich_data, &options, &walk);
    ck_assert_int_eq(walk.place != NULL, !status.code);
    if (!status.code)
        status = vae_walk_save(vae_training_model(rich), &walk, other_path);
    vae_walk_free(&walk);
    return status;
}

/* What sets one class apart from all, added to the first two rows. */
static vae_status try_arithmetic(void)
{
    vae_walk walk = { .kind = VAE_RESULTS_ARITHMETIC };
    vae_group one = { .count = 0 }, all = { .count = 0 };
    char term[64];
    const vae_field *run = vae_data_find(rich_data, VAE_TRAIN, "run");
    snprintf(term, sizeof term, "run=%s", run->levels[((const int32_t *)run->values)[0]]);
    vae_status status = vae_data_group(rich_data, VAE_TRAIN, (const char *const[]){ term }, 1, NULL, &one);
    if (!status.code)
        status = vae_data_group(rich_data, VAE_TRAIN, NULL, 0, &(vae_group_options){ .most = 2, .draw = true }, &all);
    const vae_arithmetic_options options = { .split = VAE_TRAIN,
                                             .plus = one.rows,
                                             .plus_count = one.count,
                                             .minus = all.rows,
                                             .minus_count = all.count,
                                             .to = all.rows,
                                             .to_count = all.count,
                                             .threads = 1 };
    if (!status.code)
        status = vae_arithmetic(vae_training_model(rich), rich_data, &options, &walk);
    if (!status.code)
        status = vae_walk_save(vae_training_model(rich), &walk, other_path);
    vae_walk_free(&walk);
    vae_group_free(&one);
    vae_group_free(&all);
    return status;
}

static vae_status try_factors(void)
{
    vae_factors factors;
    vae_examples examples = { .split = VAE_TRAIN };
    const vae_factors_options options = { .split = VAE_TRAIN, .threads = 1 };
    vae_status status = vae_factors_measure(vae_training_model(rich), rich_data, &options, &factors);
    examples.factors = &factors;
    if (!status.code)
        status = vae_examples_save(vae_training_model(rich), &examples, other_path);
    vae_factors_free(&factors);
    return status;
}

static vae_status try_complete(void)
{
    vae_completions found;
    const int64_t row = vae_data_row(rich_data, VAE_TRAIN, 1);
    const vae_completion_options options = {
        .split = VAE_TRAIN, .rows = &row, .count = 1, .samples = 3, .draw = true, .threads = 1
    };
    vae_status status = vae_complete(vae_training_model(rich), rich_data, &options, &found);
    ck_assert_int_eq(found.mask != NULL, !status.code);
    if (!status.code)
        status = vae_completions_save(vae_training_model(rich), &found, other_path);
    vae_completions_free(&found);
    return status;
}

static vae_status try_plot(void)
{
    const double x[] = { 1, 2, 3 };
    const vae_series series = { .name = "x", .x = x, .y = x, .count = 3 };
    return vae_plot_save(other_path, &(vae_plot){ .x_label = "x", .series = &series, .series_count = 1 });
}

static vae_status try_examples(void)
{
    vae_examples found;
    vae_evaluation means;
    const vae_evaluation_options options = { .split = VAE_TRAIN, .samples = 70, .threads = 1, .prior_samples = 20 };
    vae_status status = vae_evaluate_examples(vae_training_model(rich), rich_data, &options, &means, &found);
    ck_assert_int_eq(found.elbo != NULL, !status.code);
    if (!status.code)
        status = vae_evaluation_save(vae_training_model(rich), &means, &found, other_path);
    vae_examples_free(&found);
    return status;
}

static vae_status try_decode(void)
{
    static const double run = 1, energy = 1000, map[4] = { 1, 2, 3, 4 };
    vae_data *latents = NULL;
    vae_samples samples = { .count = 0 };
    vae_status status = vae_data_open(data_path, &(vae_data_options){ .threads = 1, .x = "z" }, &latents);
    const vae_decode_options options = { .split = VAE_ALL, .threads = 1, .conditions = { &run, &energy, map } };
    if (!status.code)
        status = vae_decode(vae_training_model(rich), latents, &options, &samples);
    if (!status.code)
        status = vae_samples_save(vae_training_model(rich), &samples, other_path);
    vae_samples_free(&samples);
    vae_data_free(&latents);
    return status;
}

static vae_status try_check(void)
{
    vae_check_report report;
    vae_status status =
        vae_check(vae_training_model(rich), rich_data, &(vae_check_options){ .examples = 2, .threads = 1 }, &report);
    ck_assert_int_eq(report.tensors != NULL, !status.code);
    vae_check_report_free(&report);
    return status;
}

static vae_status try_draw(void)
{
    char *text = NULL;
    vae_status status = vae_model_draw(vae_training_model(rich), "training", false, &text);
    ck_assert_int_eq(text != NULL, !status.code);
    vae_drawing_free(&text);
    return status;
}

static const struct {
    const char *name;
    vae_status (*run)(void);
} trials[] = {
    { "data", try_data },
    { "model", try_model },
    { "train", try_train },
    { "save", try_save },
    { "load", try_load },
    { "load model", try_load_model },
    { "evaluate", try_evaluate },
    { "sample", try_sample },
    { "picture", try_picture },
    { "table", try_table },
    { "fields", try_fields },
    { "list", try_list },
    { "train on fields", try_rich_train },
    { "load fields", try_rich_load },
    { "structure", try_structure },
    { "start", try_start },
    { "call", try_call },
    { "encode", try_encode },
    { "reconstruct", try_reconstruct },
    { "walk", try_walk },
    { "arithmetic", try_arithmetic },
    { "factors", try_factors },
    { "complete", try_complete },
    { "plot", try_plot },
    { "examples", try_examples },
    { "decode", try_decode },
    { "check", try_check },
    { "draw", try_draw },
};
enum { TRIALS = sizeof trials / sizeof *trials };

/* ---- Trying ------------------------------------------------------------------------------------------------------ */

static void begin_rich(void)
{
    vae_model *model = NULL;
    snprintf(data_path, sizeof data_path, "%s/data.h5", folder);
    snprintf(best_path, sizeof best_path, "%s/best.h5", folder);
    snprintf(rich_path, sizeof rich_path, "%s/rich.h5", folder);
    make_rich_file();
    ck_assert_status_ok(open_rich(&rich_data));
    ck_assert_status_ok(divide_rich(rich_data));
    ck_assert_status_ok(vae_model_new(&rich_spec, NULL, rich_data, 1, &model));
    ck_assert_status_ok(vae_training_new(&model, rich_data, &rich_options, &rich));
    ck_assert_status_ok(
        vae_train(rich, rich_data, &(vae_train_options){ .epochs = 1, .threads = 1, .checkpoint = rich_path }));
}

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
    begin_rich();
}

static void end(void)
{
    system_reset();
    vae_training_free(&training);
    vae_training_free(&rich);
    vae_data_free(&data);
    vae_data_free(&rich_data);
    remove(path);
    remove(data_path);
    remove(rich_path);
    remove(other_path);
    remove(best_path);
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
