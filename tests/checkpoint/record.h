/* Trainings to save, compared value by value, and a folder to save them in: for the programs of this folder. */
#ifndef VAE_TESTS_RECORD_H
#define VAE_TESTS_RECORD_H

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vae/checkpoint.h>

#include "src/base/memory.h"
#include "src/checkpoint/training.h"
#include "tests/checkpoint/method.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"

static char folder[64];

static inline void folder_make(void)
{
    system_reset();
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* else libhdf5 tells, at exit, what it leaks over a damaged file */
    strcpy(folder, "/tmp/vae-test-checkpoint-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static inline const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* Without bringing it to the disk, for files of a moment. */
static inline void write_bytes(const char *path, const unsigned char *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

/* Fails where a file was left behind that no test names. */
static inline void folder_remove(void)
{
    static const char *const names[] = { "a.h5", "b.h5", "out" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        remove(path_of(names[i]));
    ck_assert_int_eq(rmdir(folder), 0);
}

static const vae_model_spec small_vae = {
    .name = "small-vae",
    .summary = "a small VAE \xe2\x80\x93 for tests",
    .x = { .shape = { 12 }, .likelihood = "bernoulli" },
    .latents = { { .size = 3 } },
    .encoder = "dense 7 relu",
    .decoder = "dense 7 relu",
};

static const vae_model_spec small_cvae = {
    .name = "small-cvae",
    .summary = "a small conditional VAE",
    .x = { .shape = { 3, 4 }, .likelihood = "bernoulli" },
    .conditions = { { .name = "digit", .kind = VAE_CLASS, .size = 10 },
                    { .name = "site", .kind = VAE_CLASS, .size = 2 } },
    .latents = { { .size = 3 } },
    .encoder = "dense 7 relu, dense 5 relu",
    .decoder = "dense 7 relu",
};

static const char *const small_runs[] = { "run A", "run \xc3\x89", "" };

/* A condition of each kind, values that are missing, constants that are fitted. */
static const vae_model_spec small_rich = {
    .name = "small-rich",
    .summary = "conditions of every kind",
    .x = { .shape = { 6 },
           .likelihood = "gaussian",
           .transform = "scale=0.5, standardize",
           .encoder_transform = "standardize",
           .missing = VAE_MISSING_MASK,
           .has_fill_value = true,
           .fill_value = -999.5,
           .type = VAE_UINT16 },
    .conditions = { { .name = "run", .kind = VAE_CLASS, .size = 3, .levels = small_runs, .type = VAE_INT32 },
                    { .name = "energy", .kind = VAE_VALUES, .size = 2, .type = VAE_FLOAT64 },
                    { .name = "map", .kind = VAE_IMAGE, .shape = { 2, 3 }, .transform = "unit", .type = VAE_UINT8 } },
    .latents = { { .size = 3 } },
    .encoder = "dense 7 relu",
    .decoder = "dense 7 relu",
};

/* Values of state, to the end of the last tensor. */
static inline int64_t state_size(const vae_store *store)
{
    int64_t size = 0;
    for (int i = 0; i < vae_store_count(store); i++)
        if (!vae_store_tensor(store, i)->trainable)
            size = vae_store_tensor(store, i)->offset + vae_store_tensor(store, i)->size;
    return size;
}

/* Values with every bit in use, a zero of either sign and a denormal among them. */
static inline void fill(float *values, const vae_store *store, float scale)
{
    for (int i = 0; i < vae_store_count(store); i++) {
        const vae_tensor *tensor = vae_store_tensor(store, i);
        for (int64_t k = 0; tensor->trainable && k < tensor->size; k++)
            values[tensor->offset + k] = scale / (float)(3 * k - 7 * i - 1);
        if (tensor->trainable && tensor->size > 2) {
            values[tensor->offset] = -0.0f;
            values[tensor->offset + 1] = 1e-42f;
        }
    }
}

/* Where the data of small_rich lies, and how it was divided: rows of both splits among those of the third. */
static inline void place(vae_training *training)
{
    const char *const sources[] = { "run-0.h5", "d\xc3\xa9"
                                                "but/*.h5:/a" };
    const vae__data_place there = { .source = "run-0.h5, d\xc3\xa9"
                                              "but/*.h5:/a",
                                    .sources = sources,
                                    .source_count = 2,
                                    .x_path = "/detector/frames",
                                    .condition_paths = { "/meta/run", NULL, "map" },
                                    .mask_path = "seen",
                                    .allow_external = true };
    ck_assert_status_ok(vae__training_place(training, &there));
    training->division = (vae_division){ .validation = 0.125, .test = 10, .seed = UINT64_MAX };
    ck_assert_status_ok(vae__copy_string("run", (char **)&training->division.by));
    unsigned char *splits = vae__alloc(67, 1);
    for (int i = 0; i < 17; i++)
        splits[3 * i + 2] = i < 7 ? VAE_VALIDATION : VAE_TEST;
    vae__training_take_splits(training, splits);
    ck_assert_ptr_nonnull(training->splits);
}

static inline void add_history(vae_training *training, int rows, bool validated)
{
    bool present[VAE__MAX_COLUMNS];
    double values[VAE__MAX_COLUMNS];
    for (int i = 0; i < VAE__MAX_COLUMNS; i++)
        present[i] = validated || i < VAE__VALIDATION_ELBO || i > VAE__VALIDATION_KL;
    for (int row = 0; row < rows; row++) {
        for (int i = 0; i < VAE__MAX_COLUMNS; i++)
            values[i] = (row + 1) * (i + 1) / 7.0;
        values[VAE__STEP] = 13 * (row + 1);
        values[VAE__EPOCH] = row + 1;
        ck_assert_status_ok(vae__history_append(&training->history, present, values));
    }
}

static inline void replace(char **text, const char *with)
{
    vae__free(*text);
    ck_assert_status_ok(vae__copy_string(with, text));
}

/* The usual one, or one with all that there is. */
static inline void set_method(vae_training *training, bool rich)
{
    ck_assert_status_ok(take_method(training, rich ? "adamw beta1=0.8 decay=0.125" : "adam",
                                    rich ? "warm-up epochs=2, steps 3 5 factor=0.5" : "constant"));
    if (rich) {
        training->method.clip_norm = 1 / 3.0;
        training->method.clip_value = 0.1 + 0.2;
        training->method.weight_prior = 1e9;
    }
    for (int i = 0; i < VAE__STATES && training->states[i]; i++)
        fill(training->states[i], training->model->store, i ? 0.001f : 0.1f);
}

static inline vae_training *make_training(const vae_model_spec *spec)
{
    vae_model *model = NULL;
    vae_training *training = NULL;
    ck_assert_status_ok(vae__model_declare(spec, NULL, &model));
    ck_assert_status_ok(vae__training_make(&model, &training));
    ck_assert_ptr_null(model);
    const vae_store *store = training->model->store;
    for (int i = 0; i < vae_store_count(store); i++)
        for (int64_t k = 0; !vae_store_tensor(store, i)->trainable && k < vae_store_tensor(store, i)->size; k++)
            vae_store_state(training->model->store)[vae_store_tensor(store, i)->offset + k] = 1 / (float)(i + k + 3);
    fill(vae_store_parameters(training->model->store), store, 1);
    set_method(training, spec == &small_rich);
    training->batch_size = 4; /* 13 steps an epoch */
    training->learning_rate = 0.1 + 0.2;
    training->seed = UINT64_C(0xfedcba9876543210);
    training->bf16 = spec == &small_rich;
    training->epoch = 3;
    training->epochs = 9;
    training->step = 42;
    training->partial =
        (vae__partial){ .examples = 12, .reconstruction = -1234.5678901234567, .kl = 1 / 3.0, .objective = -1 / 7.0 };
    training->rows[VAE_TRAIN] = 50;
    training->rows[VAE_VALIDATION] = spec->conditions[0].name ? 7 : 0;
    training->rows[VAE_TEST] = 10;
    training->validation_held_out = spec->conditions[0].name != NULL;
    if (training->validation_held_out)
        training->division.validation = 7;
    strcpy(training->digest, "0123456789abcdef");
    replace(&training->command_line, "vae train cvae --data d\xc3\xa9"
                                     "but --out a.h5");
    replace(&training->source, "digits");
    if (spec == &small_rich)
        place(training);
    add_history(training, 3, spec->conditions[0].name != NULL);
    return training;
}

/* A step further, as training would have it. */
static inline void step_on(vae_training *training)
{
    int64_t rows = training->rows[VAE_TRAIN], batch = training->batch_size, steps = (rows + batch - 1) / batch;
    training->step++;
    training->epoch = training->step / steps;
    training->partial.examples = training->step % steps * batch;
}

static inline void assert_same_text(const char *a, const char *b)
{
    ck_assert_str_eq(a, b);
}

static inline void assert_same_text_if(const char *a, const char *b)
{
    ck_assert_int_eq(!a, !b);
    if (a)
        assert_same_text(a, b);
}

static inline void assert_same_condition(const vae_condition_spec *p, const vae_condition_spec *q)
{
    assert_same_text(p->name, q->name);
    ck_assert_int_eq(p->kind, q->kind);
    ck_assert_int_eq(p->size, q->size);
    ck_assert_int_eq(p->type, q->type);
    ck_assert_mem_eq(p->shape, q->shape, sizeof p->shape);
    assert_same_text_if(p->transform, q->transform);
    ck_assert_int_eq(!p->levels, !q->levels);
    for (int64_t i = 0; p->levels && i < p->size; i++)
        assert_same_text(p->levels[i], q->levels[i]);
}

static inline void assert_same_x(const vae_x_spec *p, const vae_x_spec *q)
{
    ck_assert_mem_eq(p->shape, q->shape, sizeof p->shape);
    assert_same_text(p->likelihood, q->likelihood);
    assert_same_text(p->transform, q->transform);
    assert_same_text_if(p->encoder_transform, q->encoder_transform);
    ck_assert_int_eq(p->missing, q->missing);
    ck_assert_int_eq(p->has_fill_value, q->has_fill_value);
    ck_assert_mem_eq(&p->fill_value, &q->fill_value, sizeof p->fill_value);
    ck_assert_int_eq(p->type, q->type);
}

static inline void assert_same_model(const vae_model *a, const vae_model *b)
{
    const vae_model_spec *p = &a->declaration, *q = &b->declaration;
    const char *const texts[][2] = {
        { p->name, q->name },           { p->summary, q->summary },     { p->encoder, q->encoder },
        { p->decoder, q->decoder },     { p->posterior, q->posterior }, { p->prior, q->prior },
        { p->objective, q->objective },
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_same_text_if(texts[i][0], texts[i][1]);
    assert_same_x(&p->x, &q->x);
    ck_assert_int_eq(a->one_transform, b->one_transform);
    ck_assert_mem_eq(p->latents, q->latents, sizeof p->latents);
    ck_assert_int_eq(a->condition_count, b->condition_count);
    for (int i = 0; i < a->condition_count; i++)
        assert_same_condition(&p->conditions[i], &q->conditions[i]);
    ck_assert_int_eq(state_size(a->store), state_size(b->store));
    if (state_size(a->store))
        ck_assert_mem_eq(vae_store_state(a->store), vae_store_state(b->store),
                         (size_t)state_size(a->store) * sizeof(float));
    ck_assert_int_eq(vae_store_size(a->store), vae_store_size(b->store));
    ck_assert_mem_eq(vae_store_parameters(a->store), vae_store_parameters(b->store),
                     (size_t)vae_store_size(a->store) * sizeof(float));
}

static inline void assert_same_history(const vae__history *a, const vae__history *b)
{
    ck_assert_int_eq(a->rows, b->rows);
    for (int i = 0; i < VAE__MAX_COLUMNS; i++) {
        ck_assert_int_eq(a->columns[i] != NULL, b->columns[i] != NULL);
        if (a->columns[i])
            ck_assert_mem_eq(a->columns[i], b->columns[i], (size_t)a->rows * sizeof(double));
    }
}

/* Where the data lies. */
static inline void assert_same_place(const vae_training *a, const vae_training *b)
{
    assert_same_text(a->source, b->source);
    ck_assert_int_eq(a->source_count, b->source_count);
    for (int i = 0; i < a->source_count; i++)
        assert_same_text(a->sources[i], b->sources[i]);
    assert_same_text_if(a->x_path, b->x_path);
    assert_same_text_if(a->mask_path, b->mask_path);
    for (int i = 0; i < VAE_MAX_CONDITIONS; i++)
        assert_same_text_if(a->condition_paths[i], b->condition_paths[i]);
    ck_assert_int_eq(a->allow_external, b->allow_external);
    const double p[] = { a->division.validation, a->division.test }, q[] = { b->division.validation, b->division.test };
    ck_assert_mem_eq(p, q, sizeof p);
    ck_assert(a->division.seed == b->division.seed);
    assert_same_text_if(a->division.by, b->division.by);
    ck_assert_int_eq(!a->splits, !b->splits);
    if (a->splits)
        ck_assert_mem_eq(a->splits, b->splits, (size_t)vae__training_rows(a));
}

static inline void assert_same_method(const vae__method *a, const vae__method *b)
{
    const double p[] = { a->clip_norm, a->clip_value, a->weight_prior };
    const double q[] = { b->clip_norm, b->clip_value, b->weight_prior };
    ck_assert_mem_eq(p, q, sizeof p);
    assert_same_text(a->optimizer_text, b->optimizer_text);
    assert_same_text(a->schedule_text, b->schedule_text);
    ck_assert_ptr_eq(a->optimizer.row, b->optimizer.row);
    ck_assert_mem_eq(a->optimizer.arguments, b->optimizer.arguments, sizeof a->optimizer.arguments);
    ck_assert_int_eq(a->schedule.count, b->schedule.count);
    ck_assert_mem_eq(a->schedule.phrases, b->schedule.phrases, (size_t)a->schedule.count * sizeof *a->schedule.phrases);
}

/* Bit for bit. */
static inline void assert_same(const vae_training *a, const vae_training *b)
{
    size_t bytes = (size_t)vae_store_size(a->model->store) * sizeof(float);
    assert_same_model(a->model, b->model);
    assert_same_method(&a->method, &b->method);
    for (int i = 0; i < VAE__STATES; i++) {
        ck_assert_int_eq(!a->states[i], !b->states[i]);
        if (a->states[i])
            ck_assert_mem_eq(a->states[i], b->states[i], bytes);
    }
    const double p[] = { a->learning_rate, a->partial.reconstruction, a->partial.kl, a->partial.objective };
    const double q[] = { b->learning_rate, b->partial.reconstruction, b->partial.kl, b->partial.objective };
    ck_assert_mem_eq(p, q, sizeof p);
    const int64_t r[] = { a->batch_size, a->epoch, a->step, a->partial.examples, a->validation_held_out, a->bf16 };
    const int64_t s[] = { b->batch_size, b->epoch, b->step, b->partial.examples, b->validation_held_out, b->bf16 };
    ck_assert_mem_eq(r, s, sizeof r);
    ck_assert(a->seed == b->seed);
    ck_assert_mem_eq(a->rows, b->rows, sizeof a->rows);
    assert_same_text(a->digest, b->digest);
    assert_same_place(a, b);
    assert_same_text(a->command_line, b->command_line);
    assert_same_history(&a->history, &b->history);
}

/* libhdf5 numbers the identifiers of a kind one after another and does not tell how many are open, so those between a
 * mark and now are asked one by one. */
typedef struct identifiers {
    hid_t list, space, type;
} identifiers;

static inline hid_t fresh(hid_t made)
{
    ck_assert_int_ge(made, 0);
    H5Idec_ref(made);
    return made;
}

static inline identifiers identifiers_mark(void)
{
    return (identifiers){ fresh(H5Pcreate(H5P_FILE_ACCESS)), fresh(H5Screate(H5S_SCALAR)), fresh(H5Tcopy(H5T_C_S1)) };
}

static inline void assert_none_left(identifiers mark)
{
    identifiers now = identifiers_mark();
    for (hid_t id = mark.list; id <= now.list; id++)
        ck_assert_msg(H5Iis_valid(id) <= 0, "a property list was left open");
    for (hid_t id = mark.space; id <= now.space; id++)
        ck_assert_msg(H5Iis_valid(id) <= 0, "a dataspace was left open");
    for (hid_t id = mark.type; id <= now.type; id++)
        ck_assert_msg(H5Iis_valid(id) <= 0, "a datatype was left open");
    ck_assert_int_eq(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
}

#endif
