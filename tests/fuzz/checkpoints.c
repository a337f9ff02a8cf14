/* Sound checkpoints, of a training that never was, and loading. */
#include "tests/fuzz/checkpoints.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vae/checkpoint.h>
#include <vae/infer.h>

#include "src/base/memory.h"
#include "src/checkpoint/training.h"
#include "tests/checkpoint/method.h"
#include "tests/fuzz/fuzz.h"

static const char *const levels[] = { "a", "b", "" };

static const vae_model_spec specs[FUZZ_CHECKPOINTS] = {
    { .name = "small",
      .x = { .shape = { 4 }, .likelihood = "bernoulli" },
      .latents = { { .size = 2 } },
      .encoder = "dense 3 relu",
      .decoder = "dense 3 relu" },
    { .name = "rich",
      .summary = "conditions of every kind",
      .x = { .shape = { 2, 3 },
             .likelihood = "gaussian",
             .transform = "scale=0.5, standardize",
             .encoder_transform = "standardize",
             .missing = VAE_MISSING_MASK,
             .has_fill_value = true,
             .fill_value = -999.5,
             .type = VAE_UINT16 },
      .conditions = { { .name = "run", .kind = VAE_CLASS, .size = 3, .levels = levels, .type = VAE_INT32 },
                      { .name = "energy", .kind = VAE_VALUES, .size = 2, .type = VAE_FLOAT64 },
                      { .name = "map", .kind = VAE_IMAGE, .shape = { 2, 3 }, .transform = "unit" } },
      .latents = { { .size = 2 } },
      .encoder = "dense 4 relu, dense 3 tanh",
      .decoder = "dense 3 gelu" },
};

static void expect_ok(vae_status status)
{
    if (status.code)
        fprintf(stderr, "%s\n", status.message);
    fuzz_expect(!status.code, "a sound checkpoint cannot be made");
}

static void replace(char **text, const char *with)
{
    vae__free(*text);
    expect_ok(vae__copy_string(with, text));
}

/* Two epochs of five steps, and two steps more. */
static void set_place(vae_training *training, bool rich)
{
    training->batch_size = 4;
    training->learning_rate = 1e-3;
    training->epoch = 2;
    training->epochs = 3;
    training->step = 12;
    training->partial.examples = 8;
    training->rows[VAE_TRAIN] = 20;
    training->rows[VAE_VALIDATION] = rich ? 3 : 0;
    training->rows[VAE_TEST] = 2;
    training->validation_held_out = rich;
    training->division.validation = rich ? 3 : 0;
    strcpy(training->digest, "0123456789abcdef");
    replace(&training->command_line, "vae train");
    replace(&training->source, "digits");
}

static void add_history(vae_training *training, bool rich)
{
    bool present[VAE__MAX_COLUMNS];
    double values[VAE__MAX_COLUMNS];
    for (int i = 0; i < VAE__MAX_COLUMNS; i++)
        present[i] = rich || i < VAE__VALIDATION_ELBO || i > VAE__VALIDATION_KL;
    for (int row = 0; row < 2; row++) {
        for (int i = 0; i < VAE__MAX_COLUMNS; i++)
            values[i] = row + i + 1;
        values[VAE__STEP] = 5 * (row + 1);
        expect_ok(vae__history_append(&training->history, present, values));
    }
}

static void add_sources(vae_training *training)
{
    const char *const sources[] = { "run-0.h5", "run-1.h5:/a" };
    const vae__data_place there = { .source = "run-0.h5, run-1.h5:/a",
                                    .sources = sources,
                                    .source_count = 2,
                                    .x_path = "/frames",
                                    .condition_paths = { "/meta/run", NULL, "map" },
                                    .mask_path = "seen",
                                    .allow_external = true };
    expect_ok(vae__training_place(training, &there));
    expect_ok(vae__copy_string("run", (char **)&training->division.by));
    unsigned char *splits = vae__alloc(25, 1);
    for (int i = 0; i < 5; i++)
        splits[3 * i + 2] = i < 3 ? VAE_VALIDATION : VAE_TEST;
    vae__training_take_splits(training, splits);
}

static void read_all(const char *path, uint8_t **bytes, size_t *size)
{
    FILE *file = fopen(path, "rb");
    fuzz_expect(file && !fseek(file, 0, SEEK_END), "a checkpoint that was saved is not there");
    *size = (size_t)ftell(file);
    *bytes = malloc(*size);
    rewind(file);
    fuzz_expect(fread(*bytes, 1, *size, file) == *size && !fclose(file), "a checkpoint that was saved cannot be read");
}

void fuzz_checkpoint_make(int which, uint8_t **bytes, size_t *size)
{
    char path[] = "/tmp/vae-fuzz-checkpoint-XXXXXX";
    vae_model *model = NULL;
    vae_training *training = NULL;
    bool rich = which != 0;
    int file = mkstemp(path);
    fuzz_expect(file >= 0 && !close(file), "no file can be made");
    expect_ok(vae__model_declare(&specs[which], NULL, &model));
    vae__model_unfitted(model);
    expect_ok(vae__training_make(&model, &training));
    expect_ok(take_method(training, rich ? "rmsprop momentum=0.5" : "adam", rich ? "steps 3 factor=0.5" : "constant"));
    set_place(training, rich);
    if (rich)
        add_sources(training);
    add_history(training, rich);
    expect_ok(vae_checkpoint_save(training, path));
    vae_training_free(&training);
    read_all(path, bytes, size);
    unlink(path);
}

/* ---- Loading ----------------------------------------------------------------------------------------------------- */

/* Zeros for each condition, of the widest type. */
static void give_conditions(const vae_model_spec *spec, vae_conditions *conditions)
{
    for (int i = 0; i < VAE_MAX_CONDITIONS && spec->conditions[i].name; i++)
        conditions->values[i] =
            calloc((size_t)(spec->conditions[i].kind == VAE_CLASS ? 1 : spec->conditions[i].size), 8);
}

static void encode(const vae_model *model, const vae_conditions *conditions)
{
    vae_encoder *encoder = NULL;
    vae_infer_options options = { .threads = 1, .x_type = VAE_FLOAT32 };
    void *x = calloc((size_t)vae_model_x_size(model), 8);
    if (fuzz_is_well(vae_encoder_new(model, &options, &encoder)))
        (void)fuzz_is_well(vae_encoder_run(encoder, x, 1, conditions, NULL, NULL));
    vae_encoder_free(&encoder);
    free(x);
}

static void decode(const vae_model *model, const vae_conditions *conditions)
{
    vae_decoder *decoder = NULL;
    vae_infer_options options = { .threads = 1 };
    float *z = calloc((size_t)vae_model_declaration(model)->latents[0].size, sizeof *z);
    float *x = calloc((size_t)vae_model_x_size(model), sizeof *x);
    if (fuzz_is_well(vae_decoder_new(model, &options, &decoder)))
        (void)fuzz_is_well(vae_decoder_run(decoder, z, 1, conditions, x));
    vae_decoder_free(&decoder);
    free(z);
    free(x);
}

static void use_model(const vae_model *model)
{
    vae_conditions conditions = { .mask = NULL };
    give_conditions(vae_model_declaration(model), &conditions);
    encode(model, &conditions);
    decode(model, &conditions);
    for (int i = 0; i < VAE_MAX_CONDITIONS; i++)
        free((void *)(uintptr_t)conditions.values[i]);
}

static void load_wholly(bool whole)
{
    vae_training *training = NULL;
    if (fuzz_is_well(vae_checkpoint_load("checkpoint.h5", NULL, &training)))
        use_model(training->model);
    else
        fuzz_expect(!whole, "a checkpoint that was found whole does not load");
    vae_training_free(&training);
}

static void load_model(void)
{
    vae_model *model = NULL;
    if (fuzz_is_well(vae_model_load("checkpoint.h5", NULL, &model)))
        use_model(model);
    vae_model_free(&model);
}

void fuzz_checkpoint_load(const uint8_t *bytes, size_t size, fuzz_load how)
{
    fuzz_file("checkpoint.h5", bytes, size);
    if (how == FUZZ_MODEL_ALONE)
        load_model();
    else
        load_wholly(how == FUZZ_VERIFIED && fuzz_is_well(vae_checkpoint_verify("checkpoint.h5", NULL)));
}
