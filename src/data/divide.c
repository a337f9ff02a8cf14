/* Splits that are made of training rows: the last of them, or all rows of some values of a condition. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/memory.h"
#include "src/base/random.h"
#include "src/base/status.h"
#include "src/base/types.h"
#include "src/data/data.h"

/* Rows that each split is to get; those of VAE_TRAIN are what is left. */
typedef struct shares {
    int64_t rows[VAE_ALL];
    int64_t all;
} shares;

/* The splits that can be made, in the order in which they take their rows. */
static const vae_split made[] = { VAE_TEST, VAE_VALIDATION };
enum { MADE = sizeof made / sizeof *made };

/* ---- How many ---------------------------------------------------------------------------------------------------- */

static vae_status count_rows(const vae_data *data, vae_split split, double asked, int64_t all, int64_t *rows)
{
    *rows = 0;
    if (!(asked >= 0 && (asked < 1 || asked == floor(asked))))
        return vae__error(VAE_ERROR_ARGUMENT,
                          "%s: expected %s rows as a whole number or as a share below 1, found %.15g", data->source,
                          vae_split_name(split), asked);
    if (!(asked > 0))
        return vae__ok();
    int64_t there = vae_data_rows(data, split);
    if (there)
        return vae__error(VAE_ERROR_ARGUMENT, "%s: cannot hold out rows: it has %" PRId64 " %s rows", data->source,
                          there, vae_split_name(split));
    *rows = asked < 1 ? (int64_t)floor(asked * (double)all + 0.5) : asked < 0x1p62 ? (int64_t)asked : INT64_MAX;
    if (*rows >= 1 && *rows < all)
        return vae__ok();
    return vae__error(VAE_ERROR_ARGUMENT,
                      "%s: cannot hold out %" PRId64 " rows: expected at least 1 and fewer than its %" PRId64
                      " training rows",
                      data->source, *rows, all);
}

static vae_status count_shares(const vae_data *data, const vae_division *division, shares *wanted)
{
    const double asked[VAE_ALL] = { [VAE_VALIDATION] = division->validation, [VAE_TEST] = division->test };
    *wanted = (shares){ .all = vae_data_rows(data, vae_data_training_split(data)) };
    int64_t left = wanted->all;
    if (data->division.validation > 0 || data->division.test > 0)
        return vae__error(VAE_ERROR_ARGUMENT,
                          "%s: cannot hold out rows: it has %" PRId64 " validation rows and %" PRId64
                          " test rows, and was divided before",
                          data->source, vae_data_rows(data, VAE_VALIDATION), vae_data_rows(data, VAE_TEST));
    for (int i = 0; i < MADE; i++) {
        VAE__TRY(count_rows(data, made[i], asked[made[i]], wanted->all, &wanted->rows[made[i]]));
        left -= wanted->rows[made[i]];
    }
    wanted->rows[VAE_TRAIN] = left;
    if (left > 0 || !wanted->all)
        return vae__ok();
    return vae__error(VAE_ERROR_ARGUMENT,
                      "%s: cannot hold out %" PRId64 " validation and %" PRId64
                      " test rows: expected fewer than its %" PRId64 " training rows",
                      data->source, wanted->rows[VAE_VALIDATION], wanted->rows[VAE_TEST], wanted->all);
}

/* ---- Cutting ----------------------------------------------------------------------------------------------------- */

/* Rows of data that is not split are training rows from now on. */
static void make_training_rows(vae_data *data)
{
    for (int i = 0; i < data->field_count; i++) {
        vae__column *from = vae__data_column(data, VAE_ALL, i);
        *vae__data_column(data, VAE_TRAIN, i) = *from;
        *from = (vae__column){ .field = from->field };
        from->field.rows = 0;
        from->field.values = NULL;
    }
}

/* Makes the last of the training rows those of another split. */
static void cut(vae_data *data, vae_split split, int64_t rows)
{
    for (int i = 0; i < data->field_count && rows; i++) {
        vae__column *from = vae__data_column(data, VAE_TRAIN, i), *to = vae__data_column(data, split, i);
        from->field.rows -= rows;
        to->field = from->field;
        to->field.rows = rows;
        size_t before = (size_t)from->field.rows * (size_t)from->field.size * vae__type_bytes(from->field.type);
        to->field.values = (const char *)from->storage + before;
    }
}

/* It cannot fail. */
static void cut_all(vae_data *data, const shares *wanted)
{
    if (vae_data_training_split(data) == VAE_ALL)
        make_training_rows(data);
    for (int i = 0; i < MADE; i++)
        cut(data, made[i], wanted->rows[made[i]]);
    data->held_out = wanted->rows[VAE_VALIDATION] > 0;
}

/* ---- Groups ------------------------------------------------------------------------------------------------------ */

typedef struct groups {
    const vae_field *field;
    uint64_t *keys; /* the different values, in their order as numbers of 64 bits */
    int64_t count;
    int64_t *sizes;   /* rows of each */
    uint8_t *splits;  /* where each goes */
    uint32_t *order;  /* in which they are taken */
    uint32_t *number; /* of the group of each row */
} groups;

/* A value as bits: the same for the same value, so that the two zeros are one, and so are all NaN. */
static uint64_t key_of(const vae_field *field, int64_t row)
{
    uint64_t key = 0;
    double number;
    switch (field->type) {
#define KEY_OF(name, ctype, text)                                                                                      \
    case name: {                                                                                                       \
        ctype value = ((const ctype *)field->values)[row];                                                             \
        key = vae__type_is_float(name) ? 0 : (uint64_t)value;                                                          \
        number = (double)value;                                                                                        \
        break;                                                                                                         \
    }
        VAE_TYPE_LIST(KEY_OF)
#undef KEY_OF
    default:
        number = 0;
    }
    if (!vae__type_is_float(field->type))
        return key;
    number = number == 0 ? 0 : isnan(number) ? (double)NAN : number;
    memcpy(&key, &number, sizeof key);
    return key;
}

static int compare_keys(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static vae_status find_by(const vae_data *data, const char *by, const vae_field **field)
{
    *field = vae_data_find(data, vae_data_training_split(data), by);
    char found[96] = "no such field";
    if (*field && strcmp(by, "x") && strcmp(by, "mask")) {
        if ((*field)->kind == VAE_CLASS || ((*field)->kind == VAE_VALUES && (*field)->size == 1))
            return vae__ok();
        snprintf(found, sizeof found, "%s, %" PRId64 " a row", vae__data_kind_text((*field)->kind), (*field)->size);
    } else if (*field)
        snprintf(found, sizeof found, "no condition");
    return vae__error(VAE_ERROR_ARGUMENT,
                      "%s: cannot split by %s: expected a condition that is a class or one number, found %s",
                      data->source, by, found);
}

static vae_status number_rows(const vae_data *data, groups *g)
{
    size_t rows = (size_t)g->field->rows;
    VAE__TRY(vae__allocate(data->source, rows, sizeof *g->keys, &g->keys));
    VAE__TRY(vae__allocate(data->source, rows, sizeof *g->number, &g->number));
    for (size_t row = 0; row < rows; row++)
        g->keys[row] = key_of(g->field, (int64_t)row);
    qsort(g->keys, rows, sizeof *g->keys, compare_keys);
    for (size_t row = 0; row < rows; row++)
        if (!row || g->keys[row] != g->keys[g->count - 1])
            g->keys[g->count++] = g->keys[row];
    VAE__TRY(vae__allocate(data->source, (size_t)g->count, sizeof *g->sizes, &g->sizes));
    VAE__TRY(vae__allocate(data->source, (size_t)g->count, sizeof *g->splits, &g->splits));
    VAE__TRY(vae__allocate(data->source, (size_t)g->count, sizeof *g->order, &g->order));
    for (size_t row = 0; row < rows; row++) {
        uint64_t key = key_of(g->field, (int64_t)row);
        const uint64_t *found = bsearch(&key, g->keys, (size_t)g->count, sizeof key, compare_keys);
        g->number[row] = (uint32_t)(found - g->keys);
        g->sizes[g->number[row]]++;
    }
    return vae__ok();
}

/* Takes groups for a split while each brings it nearer to what it wants, but leaves `reserved` of them; one at least,
 * the smallest where all are too large. Returns how many rows it got. */
static int64_t take_groups(groups *g, vae_split split, int64_t wanted, int64_t reserved)
{
    int64_t got = 0, left = 0, smallest = -1;
    for (int64_t i = 0; i < g->count; i++) {
        uint32_t group = g->order[i];
        if (g->splits[group] != VAE_TRAIN)
            continue;
        left++;
        if (smallest < 0 || g->sizes[group] < g->sizes[smallest])
            smallest = group;
    }
    for (int64_t i = 0; i < g->count && left > reserved; i++) {
        uint32_t group = g->order[i];
        int64_t size = g->sizes[group];
        if (g->splits[group] != VAE_TRAIN || llabs(got + size - wanted) >= llabs(got - wanted))
            continue;
        g->splits[group] = (uint8_t)split;
        got += size;
        left--;
    }
    if (!got) {
        g->splits[smallest] = (uint8_t)split;
        got = g->sizes[smallest];
    }
    return got;
}

/* Which group goes where; the rows wanted become those that each split gets. */
static vae_status choose_groups(const vae_data *data, const vae_division *division, groups *g, shares *wanted)
{
    int64_t needed = 1;
    for (int i = 0; i < MADE; i++)
        needed += wanted->rows[made[i]] > 0;
    if (g->count < needed)
        return vae__error(VAE_ERROR_ARGUMENT,
                          "%s: cannot split by %s: expected at least %" PRId64
                          " different values in the training rows, one for each split, found %" PRId64,
                          data->source, division->by, needed, g->count);
    const vae__draw draw = { .seed = division->seed, .stream = vae__random_stream("divide", division->by) };
    vae__random_permutation(draw, g->count, g->order);
    for (int i = 0; i < MADE; i++)
        if (wanted->rows[made[i]])
            wanted->rows[made[i]] = take_groups(g, made[i], wanted->rows[made[i]], --needed);
    wanted->rows[VAE_TRAIN] = wanted->all - wanted->rows[VAE_VALIDATION] - wanted->rows[VAE_TEST];
    return vae__ok();
}

/* ---- Moving rows ------------------------------------------------------------------------------------------------- */

/* Where each row comes from, when those of each split lie together in their order: training, validation, test. */
static void list_origins(const groups *g, const shares *got, uint32_t *origins)
{
    int64_t next[VAE_ALL] = { 0 };
    next[VAE_VALIDATION] = got->rows[VAE_TRAIN];
    next[VAE_TEST] = next[VAE_VALIDATION] + got->rows[VAE_VALIDATION];
    for (int64_t row = 0; row < got->all; row++)
        origins[next[g->splits[g->number[row]]]++] = (uint32_t)row;
}

/* Follows each cycle of rows once, so that no more than one row is held beside the values. `done` has a bit for each
 * row, 0 before and after. */
static void move_rows(char *values, size_t bytes, const uint32_t *origins, int64_t rows, char *held, uint8_t *done)
{
    for (int64_t first = 0; first < rows; first++) {
        if (done[first / 8] >> first % 8 & 1 || origins[first] == first)
            continue;
        int64_t row = first;
        memcpy(held, values + (size_t)first * bytes, bytes);
        for (; origins[row] != first; row = origins[row]) {
            memcpy(values + (size_t)row * bytes, values + (size_t)origins[row] * bytes, bytes);
            done[row / 8] |= (uint8_t)(1 << row % 8);
        }
        memcpy(values + (size_t)row * bytes, held, bytes);
        done[row / 8] |= (uint8_t)(1 << row % 8);
    }
    memset(done, 0, (size_t)(rows + 7) / 8);
}

static size_t row_bytes(const vae_field *field)
{
    return (size_t)field->size * vae__type_bytes(field->type);
}

/* All memory is there before the first row moves. */
static vae_status move_fields(vae_data *data, const groups *g, const shares *got)
{
    vae_split split = vae_data_training_split(data);
    char *held = NULL;
    uint8_t *done = NULL;
    size_t most = 0;
    for (int i = 0; i < data->field_count; i++) {
        size_t bytes = row_bytes(&vae__data_column(data, split, i)->field);
        most = bytes > most ? bytes : most;
    }
    vae_status status = vae__allocate(data->source, (size_t)got->all, sizeof *data->origins, &data->origins);
    if (!status.code)
        status = vae__allocate(data->source, most, 1, &held);
    if (!status.code)
        status = vae__allocate(data->source, (size_t)(got->all + 7) / 8, 1, &done);
    if (!status.code) {
        list_origins(g, got, data->origins);
        for (int i = 0; i < data->field_count; i++) {
            vae__column *column = vae__data_column(data, split, i);
            move_rows(column->storage, row_bytes(&column->field), data->origins, got->all, held, done);
        }
    } else {
        vae__free(data->origins);
        data->origins = NULL;
    }
    vae__free(held);
    vae__free(done);
    return status;
}

static vae_status divide_by(vae_data *data, const vae_division *division, shares *wanted)
{
    groups g = { .field = NULL };
    char *by = NULL;
    VAE__TRY(find_by(data, division->by, &g.field));
    VAE__TRY(vae__copy_string(division->by, &by));
    VAE__TRY(vae__data_own(data, by));
    vae_status status = number_rows(data, &g);
    if (!status.code)
        status = choose_groups(data, division, &g, wanted);
    if (!status.code)
        status = move_fields(data, &g, wanted);
    if (!status.code)
        data->division.by = by;
    vae__free(g.keys);
    vae__free(g.number);
    vae__free(g.sizes);
    vae__free(g.splits);
    vae__free(g.order);
    return status;
}

/* ---- Public ------------------------------------------------------------------------------------------------------ */

vae_status vae_data_divide(vae_data *data, const vae_division *division)
{
    if (!data || !division)
        return vae__error(VAE_ERROR_ARGUMENT, "vae_data_divide: expected %s, found NULL", data ? "a division" : "data");
    shares wanted;
    VAE__TRY(count_shares(data, division, &wanted));
    if (!wanted.rows[VAE_VALIDATION] && !wanted.rows[VAE_TEST])
        return vae__ok();
    if (division->by)
        VAE__TRY(divide_by(data, division, &wanted));
    cut_all(data, &wanted);
    const char *by = data->division.by;
    data->division = *division;
    data->division.by = by;
    return vae__ok();
}

vae_status vae_data_hold_out(vae_data *data, int64_t rows)
{
    if (!data)
        return vae__error(VAE_ERROR_ARGUMENT, "vae_data_hold_out: expected data, found NULL");
    if (rows < 1)
        return vae__error(VAE_ERROR_ARGUMENT,
                          "%s: cannot hold out %" PRId64 " rows: expected at least 1 and fewer than its %" PRId64
                          " training rows",
                          data->source, rows, vae_data_rows(data, vae_data_training_split(data)));
    return vae_data_divide(data, &(vae_division){ .validation = (double)rows });
}

vae_division vae_data_division(const vae_data *data)
{
    return data ? data->division : (vae_division){ .by = NULL };
}

int64_t vae_data_row(const vae_data *data, vae_split split, int64_t index)
{
    if (index < 0 || index >= vae_data_rows(data, split))
        return -1;
    /* Rows that were held out lie in the training rows' storage. */
    const vae__column *column = vae__data_column(data, split, 0), *train = vae__data_column(data, VAE_TRAIN, 0);
    if (split != VAE_TRAIN && (column->storage || !train->storage))
        return index;
    if (split != VAE_TRAIN) {
        size_t before = (size_t)((const char *)column->field.values - (const char *)train->storage);
        index += (int64_t)(before / row_bytes(&column->field));
    }
    return data->origins && train->storage ? data->origins[index] : index;
}
