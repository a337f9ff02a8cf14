/*
 * What the tests of models and their fields share: a small HDF5 file with an x of every kind, a mask and conditions,
 * and models of it. Not seen are a whole row and every seventh value.
 */
#ifndef VAE_TESTS_FIELDS_H
#define VAE_TESTS_FIELDS_H

#include <hdf5.h>
#include <hdf5_hl.h>
#include <math.h>
#include <vae/train.h>

#include "tests/data/files.h"
#include "tests/support/models.h"

enum { ROWS = 24, SIZE = 5, GONE = 3 /* the row of which nothing is seen */, CONSTANT = 2, FILL = 65535 };

/* ---- Data -------------------------------------------------------------------------------------------------------- */

/* Not seen: whole row GONE, and every seventh value. */
static inline bool is_seen(int i)
{
    return i / SIZE != GONE && i % 7 != 5;
}

/* Counts from 0 to some 600, larger to the right, a constant among them. */
static inline double count_at(int i)
{
    int place = i % SIZE, row = i / SIZE;
    return place == CONSTANT ? 7 : (row * 37 + place * 11) % 29 * (1 + 5 * place);
}

static inline void put(hid_t file, const char *name, hid_t type, int columns, const void *values)
{
    const hsize_t shape[] = { ROWS, (hsize_t)columns };
    ck_assert(H5LTmake_dataset(file, name, columns > 1 ? 2 : 1, shape, type, values) >= 0);
}

static inline void put_x(hid_t file)
{
    double table[ROWS * SIZE], half[ROWS * SIZE], gaps[ROWS * SIZE], garbage[ROWS * SIZE], far[ROWS * SIZE];
    double counts[ROWS * SIZE], wild[ROWS * SIZE];
    float shares[ROWS * SIZE];
    uint16_t filled[ROWS * SIZE];
    uint8_t bytes[ROWS * SIZE], mask[ROWS * SIZE], uneven[ROWS * SIZE];
    static const double rubbish[] = { NAN, INFINITY, -INFINITY, 1e300, -5.5, 0 };
    for (int i = 0; i < ROWS * SIZE; i++) {
        counts[i] = count_at(i);
        table[i] = 0.37 * count_at(i) - 3 * (i % SIZE);
        half[i] = table[i] / 2;
        gaps[i] = is_seen(i) ? table[i] : NAN;
        garbage[i] = is_seen(i) ? table[i] : rubbish[i % 6];
        wild[i] = is_seen(i) ? counts[i] : rubbish[i % 6];
        far[i] = i % SIZE == 0 ? 1.7e9 + 20 * count_at(i) : i % SIZE == 1 ? 1e6 + count_at(i) : table[i];
        shares[i] = (float)(count_at(i) / 600);
        filled[i] = is_seen(i) ? (uint16_t)count_at(i) : FILL;
        bytes[i] = (uint8_t)(count_at(i) / 3);
        mask[i] = is_seen(i);
        uneven[i] = i % 3 != 0;
    }
    put(file, "table", H5T_NATIVE_DOUBLE, SIZE, table);
    put(file, "half", H5T_NATIVE_DOUBLE, SIZE, half);
    put(file, "gaps", H5T_NATIVE_DOUBLE, SIZE, gaps);
    put(file, "garbage", H5T_NATIVE_DOUBLE, SIZE, garbage);
    put(file, "counts", H5T_NATIVE_DOUBLE, SIZE, counts);
    put(file, "wild", H5T_NATIVE_DOUBLE, SIZE, wild);
    put(file, "far", H5T_NATIVE_DOUBLE, SIZE, far);
    put(file, "shares", H5T_NATIVE_FLOAT, SIZE, shares);
    put(file, "filled", H5T_NATIVE_UINT16, SIZE, filled);
    put(file, "bytes", H5T_NATIVE_UINT8, SIZE, bytes);
    put(file, "mask", H5T_NATIVE_UINT8, SIZE, mask);
    put(file, "uneven", H5T_NATIVE_UINT8, SIZE, uneven);
}

static inline void put_conditions(hid_t file)
{
    enum { TEXT = 48 };
    double energy[ROWS * 2];
    char runs[ROWS][TEXT] = { "" };
    uint8_t pictures[ROWS * 12];
    const hsize_t shape[] = { ROWS, 3, 4 };
    for (int i = 0; i < ROWS; i++) {
        energy[2 * i] = 1000 + 3 * (i % 7);
        energy[2 * i + 1] = -0.01 * (i % 5);
        snprintf(runs[i], TEXT, "a run of which the name is long, number %c", "BAC"[i % 3]);
    }
    for (int i = 0; i < ROWS * 12; i++)
        pictures[i] = (uint8_t)(i * 29);
    hid_t text = H5Tcopy(H5T_C_S1);
    H5Tset_size(text, TEXT);
    put(file, "energy", H5T_NATIVE_DOUBLE, 2, energy);
    put(file, "run", text, 1, runs);
    ck_assert(H5LTmake_dataset(file, "picture", 3, shape, H5T_NATIVE_UINT8, pictures) >= 0);
    H5Tclose(text);
}

static inline void fields_begin(void)
{
    folder_make();
    hid_t file = H5Fcreate(path_of("a.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    put_x(file);
    put_conditions(file);
    H5Fclose(file);
}

static inline void fields_end(void)
{
    folder_remove();
}

/* ---- Models ------------------------------------------------------------------------------------------------------ */

static const vae_model_spec plain = {
    .name = "m", .latents = { { .size = 2 } }, .encoder = "dense 6 tanh", .decoder = "dense 6 softplus"
};

#define ENERGY .name = "energy", .kind = VAE_VALUES
#define RUN    .name = "run", .kind = VAE_CLASS
#define IMAGE  .name = "picture", .kind = VAE_IMAGE

static inline vae_data *open_fields(const char *x, const char *mask, const vae_condition_spec *conditions)
{
    vae_field_source sources[3];
    int count = 0;
    for (; count < 3 && conditions && conditions[count].name; count++)
        sources[count] = (vae_field_source){ .name = conditions[count].name, .kind = conditions[count].kind };
    return open_data("a.h5", &(vae_data_options){
                                 .x = x, .mask = mask, .conditions = sources, .condition_count = count, .threads = 1 });
}

/* Expects a model to be refused. */
static inline void assert_no_model(const vae_model_spec *spec, const vae_data *data, vae_code code, const char *words)
{
    vae_model *model = NULL;
    ck_assert_status(vae_model_new(spec, NULL, data, 3, &model), code, words);
    ck_assert_ptr_null(model);
}

/* A model trained for two epochs of three steps. */
static inline vae_training *trained(const vae_model_spec *spec, const vae_data *data, int threads)
{
    vae_model *model = model_of(spec, data);
    vae_training *training = NULL;
    ck_assert_status_ok(vae_training_new(&model, data, &(vae_training_options){ .batch_size = 10 }, &training));
    ck_assert_status_ok(vae_train(training, data, &(vae_train_options){ .epochs = 2, .threads = threads }));
    return training;
}

static inline void assert_same_parameters(vae_training *a, vae_training *b)
{
    vae_store *mine = vae_model_store(vae_training_model(a)), *theirs = vae_model_store(vae_training_model(b));
    ck_assert_int_eq(vae_store_size(mine), vae_store_size(theirs));
    ck_assert_mem_eq(vae_store_parameters(mine), vae_store_parameters(theirs),
                     (size_t)vae_store_size(mine) * sizeof(float));
}

#endif
