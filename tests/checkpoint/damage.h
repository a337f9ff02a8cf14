/* Checkpoints changed by libhdf5, for the programs that see how they are refused. */
#ifndef VAE_TESTS_DAMAGE_H
#define VAE_TESTS_DAMAGE_H

#include "tests/checkpoint/record.h"

typedef void change(hid_t file);

typedef struct damage {
    change *change;
    const char *words; /* of the message */
    bool model_too;    /* vae_model_load refuses it as well */
} damage;

/* Removes what is there and writes a dataset of the first values 1 in its place. */
static inline void put_dataset(hid_t file, const char *name, hid_t type, int rank, const hsize_t *shape, hid_t list)
{
    hid_t space = H5Screate_simple(rank, shape, NULL);
    H5Ldelete(file, name, H5P_DEFAULT);
    hid_t dataset = H5Dcreate2(file, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    ck_assert_int_ge(dataset, 0);
    H5Dclose(dataset);
    H5Sclose(space);
}

static inline void put_attribute(hid_t file, const char *object, const char *name, hid_t type, const void *value)
{
    hid_t opened = H5Oopen(file, object, H5P_DEFAULT), space = H5Screate(H5S_SCALAR);
    H5Adelete(opened, name);
    hid_t attribute = H5Acreate2(opened, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert_int_ge(attribute, 0);
    ck_assert_int_ge(H5Awrite(attribute, type, value), 0);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Oclose(opened);
}

static inline void put_integer(hid_t file, const char *object, const char *name, int64_t value)
{
    put_attribute(file, object, name, H5T_STD_I64LE, &value);
}

static inline void put_number(hid_t file, const char *object, const char *name, double value)
{
    put_attribute(file, object, name, H5T_IEEE_F64LE, &value);
}

static inline void put_string(hid_t file, const char *object, const char *name, const char *value)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, strlen(value) + 1);
    put_attribute(file, object, name, type, value);
    H5Tclose(type);
}

static inline void put_variable_string(hid_t file, const char *object, const char *name)
{
    const char *value = "variable";
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    put_attribute(file, object, name, type, &value);
    H5Tclose(type);
}

/* A checkpoint a.h5 with nothing wrong. */
static inline void save_good(const vae_model_spec *spec)
{
    vae_training *saved = make_training(spec);
    ck_assert_status_ok(vae_checkpoint_save(saved, path_of("a.h5")));
    vae_training_free(&saved);
}

static inline void apply(change *how)
{
    hid_t file = H5Fopen(path_of("a.h5"), H5F_ACC_RDWR, H5P_DEFAULT);
    ck_assert_int_ge(file, 0);
    how(file);
    ck_assert_int_ge(H5Fclose(file), 0);
}

/* One line, nothing left open, nothing kept; `model_too`: of the model alone as well. */
static inline void assert_refused(const char *words, bool model_too)
{
    vae_training *training = NULL;
    vae_model *model = NULL;
    long outstanding = system_outstanding();
    identifiers mark = identifiers_mark();
    ck_assert_status(vae_checkpoint_load(path_of("a.h5"), NULL, &training), VAE_ERROR_FORMAT, words);
    ck_assert_ptr_null(training);
    vae_status status = vae_model_load(path_of("a.h5"), NULL, &model);
    ck_assert_msg((status.code == VAE_ERROR_FORMAT) == model_too, "%s", status.message);
    vae_model_free(&model);
    assert_none_left(mark);
    ck_assert_int_eq(system_outstanding(), outstanding);
}

static inline void assert_damage_refused(const vae_model_spec *spec, const damage *how)
{
    folder_make();
    save_good(spec);
    apply(how->change);
    assert_refused(how->words, how->model_too);
    folder_remove();
}

#endif
