/* Two trainings compared: everything but the time it took has the same bits. */
#ifndef VAE_TESTS_ALIKE_H
#define VAE_TESTS_ALIKE_H

#include <string.h>

#include "src/checkpoint/training.h"
#include "tests/support/suite.h"

static inline void check_history_alike(const vae_history_column *a, const vae_history_column *b, int64_t rows)
{
    ck_assert_str_eq(a->name, b->name);
    ck_assert_str_eq(a->units, b->units);
    if (strcmp(a->name, "seconds"))
        ck_assert_msg(!memcmp(a->values, b->values, (size_t)rows * sizeof(double)), "%s differs", a->name);
}

static inline void check_histories_alike(const vae_training *a, const vae_training *b)
{
    ck_assert_int_eq(vae_history_rows(a), vae_history_rows(b));
    ck_assert_int_eq(vae_history_columns(a), vae_history_columns(b));
    for (int i = 0; i < vae_history_columns(a); i++) {
        vae_history_column left = vae_history_column_at(a, i), right = vae_history_column_at(b, i);
        check_history_alike(&left, &right, vae_history_rows(a));
    }
}

static inline void check_stores_alike(const vae_store *a, const vae_store *b)
{
    ck_assert_int_eq(vae_store_count(a), vae_store_count(b));
    for (int i = 0; i < vae_store_count(a); i++) {
        const vae_tensor *one = vae_store_tensor(a, i), *other = vae_store_tensor(b, i);
        ck_assert_str_eq(one->name, other->name);
        ck_assert_int_eq(one->size, other->size);
        ck_assert_int_eq(one->trainable, other->trainable);
        const float *mine = (one->trainable ? vae_store_parameters : vae_store_state)((vae_store *)a);
        const float *theirs = (other->trainable ? vae_store_parameters : vae_store_state)((vae_store *)b);
        ck_assert_msg(!memcmp(mine + one->offset, theirs + other->offset, (size_t)one->size * sizeof(float)),
                      "%s differs", one->name);
    }
}

/* Place in the schedule, parameters, state, moments, sums of the epoch under way, history. */
static inline void check_alike(const vae_training *a, const vae_training *b)
{
    vae_training_state one = vae_training_where(a), other = vae_training_where(b);
    ck_assert_int_eq(one.epoch, other.epoch);
    ck_assert_int_eq(one.step, other.step);
    vae_store *mine = vae_model_store(a->model), *theirs = vae_model_store(b->model);
    check_stores_alike(mine, theirs);
    size_t bytes = (size_t)vae_store_size(mine) * sizeof(float);
    ck_assert_int_eq(vae_store_size(mine), vae_store_size(theirs));
    ck_assert_str_eq(one.optimizer, other.optimizer);
    ck_assert_str_eq(one.schedule, other.schedule);
    for (int i = 0; i < one.optimizer_states; i++)
        ck_assert_msg(!memcmp(a->states[i], b->states[i], bytes), "moments %d differ", i);
    ck_assert_int_eq(a->partial.examples, b->partial.examples);
    ck_assert_mem_eq(&a->partial.reconstruction, &b->partial.reconstruction, sizeof(double));
    ck_assert_mem_eq(&a->partial.kl, &b->partial.kl, sizeof(double));
    ck_assert_mem_eq(&a->partial.objective, &b->partial.objective, sizeof(double));
    check_histories_alike(a, b);
}

#endif
