/* Fields of many files, one after another: which arrays there are, whether they fit, and their values in one piece.
 * How a file holds an array is its format's business. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/base/text.h"
#include "src/base/types.h"
#include "src/data/data.h"
#include "src/data/format.h"
#include "src/data/levels.h"

/* A field to be. */
typedef struct wanted {
    vae_field_source source; /* `kind` of x and mask: as found */
    bool is_x, is_mask;
    bool own_file;     /* Its path is that of an NPY file, which has the rows of all sources. */
    bool found;        /* `first` is told */
    vae__stored first; /* what all others must be like */
    int64_t done[VAE_SPLITS];
    vae__levels levels;
} wanted;

typedef struct plan {
    vae_data *data;
    wanted *fields; /* x first, mask last */
    int count;
    int64_t rows[VAE_SPLITS]; /* of all files */
    const char *first_file;   /* whose splits all others must have, or some of them */
    bool split;               /* that one has train, validation or test */
    vae__stored x;            /* of the file and split at hand */
} plan;

/* ---- Words ------------------------------------------------------------------------------------------------------- */

static const char *type_text(const vae__stored *stored)
{
    return stored->text ? "strings" : vae_type_name(stored->type);
}

/* Is a stored shape possible: rows within VAE__ROWS_MAX, none of its sizes 0, the bytes of values a number of 63 bits?
 */
static vae_status check_stored(const vae__stored *stored)
{
    char text[128];
    if (!stored->shape[0])
        return vae__error(VAE_ERROR_DATA, "%s: expected at least one row, found none", stored->where);
    if (stored->shape[0] < 0 || stored->shape[0] > VAE__ROWS_MAX)
        return vae__error(VAE_ERROR_DATA, "%s: expected at most %" PRId64 " rows, found %" PRIu64, stored->where,
                          VAE__ROWS_MAX, (uint64_t)stored->shape[0]);
    int64_t bytes = 8;
    for (int i = 0; i < stored->rank; i++)
        if (stored->shape[i] < 1 || __builtin_mul_overflow(bytes, stored->shape[i], &bytes))
            return vae__error(VAE_ERROR_DATA, "%s: expected values, and no more than 2^60, found shape %s",
                              stored->where, vae__text_shape(stored->shape, stored->rank, text));
    return vae__ok();
}

/* ---- What is wanted ---------------------------------------------------------------------------------------------- */

/* Makes a text the data's. */
static vae_status keep(plan *p, const char **text)
{
    char *copy = NULL;
    VAE__TRY(vae__copy_string(*text, &copy));
    *text = copy;
    return vae__data_own(p->data, copy);
}

static vae_status add_wanted(plan *p, vae_field_source source)
{
    wanted *w = &p->fields[p->count++];
    w->source = source;
    VAE__TRY(keep(p, &w->source.name));
    w->source.path = source.path ? source.path : w->source.name;
    if (source.path)
        VAE__TRY(keep(p, &w->source.path));
    w->own_file = p->count > 1 && vae__text_ends(w->source.path, ".npy");
    if (source.levels)
        VAE__TRY(vae__levels_fix(&w->levels, source.levels, source.level_count));
    w->levels.fixed = source.levels && !source.more_levels;
    return vae__ok();
}

static vae_status list_wanted(plan *p)
{
    const vae_data_options *options = &p->data->options;
    VAE__TRY(vae__allocate("the fields", (size_t)options->condition_count + 2, sizeof *p->fields, &p->fields));
    VAE__TRY(add_wanted(p, (vae_field_source){ .name = "x", .path = options->x }));
    p->fields[0].is_x = true;
    for (int i = 0; i < options->condition_count; i++)
        VAE__TRY(add_wanted(p, options->conditions[i]));
    if (options->mask) {
        VAE__TRY(add_wanted(p, (vae_field_source){ .name = "mask", .path = options->mask }));
        p->fields[p->count - 1].is_mask = true;
    }
    return vae__ok();
}

/* ---- Walking ----------------------------------------------------------------------------------------------------- */

typedef vae_status visit_function(plan *p, wanted *w, vae_split split, vae__stored *stored);

static vae_status visit_array(plan *p, wanted *w, const vae__format *format, vae__file *file, vae_split split,
                              const char *path, visit_function *visit)
{
    vae__stored stored = { .format = format };
    VAE__TRY(format->find(file, split, path, w->is_x || w->own_file, &stored));
    vae_status status = visit(p, w, split, &stored);
    format->release(&stored);
    return status;
}

/* NULL: x is where the source has it, unless it was told. */
static const char *path_of(const plan *p, int index)
{
    return index ? p->fields[index].source.path : p->data->options.x;
}

static vae_status visit_splits(plan *p, const vae__format *format, vae__file *file, visit_function *visit)
{
    for (int split = 0; split < VAE_SPLITS; split++)
        for (int i = 0; i < p->count && file->splits[split]; i++)
            if (!p->fields[i].own_file)
                VAE__TRY(visit_array(p, &p->fields[i], format, file, (vae_split)split, path_of(p, i), visit));
    return vae__ok();
}

static vae_status check_splits(plan *p, const vae__file *file)
{
    if (!p->first_file) {
        p->first_file = file->source;
        p->split = !file->splits[VAE_ALL];
    }
    if (file->splits[VAE_ALL] != p->split)
        return vae__ok();
    static const char *const words[] = { "no groups train, validation or test", "groups train, validation or test" };
    return vae__error(VAE_ERROR_DATA, "%s: expected %s, as in %s, found %s", file->source, words[p->split],
                      p->first_file, words[!p->split]);
}

static vae_status visit_file(plan *p, const char *source, visit_function *visit)
{
    const vae__source *kind = vae__data_source_of(source);
    if (!kind || !kind->format)
        return vae__error(VAE_ERROR_FILE, "%s: changed while it was read", source);
    vae__file file = { .source = source, .allow_external = p->data->options.allow_external };
    VAE__TRY(kind->format->open(&file));
    if (file.is_x)
        p->fields[0].source.path = NULL;
    vae_status status = check_splits(p, &file);
    if (!status.code)
        status = visit_splits(p, kind->format, &file, visit);
    kind->format->close(&file);
    return status;
}

/* An array in a file of its own. */
static vae_status visit_own(plan *p, wanted *w, visit_function *visit)
{
    if (p->split)
        return vae__error(VAE_ERROR_DATA,
                          "%s: expected fields in the groups train, validation and test of %s, found %s",
                          w->source.name, p->first_file, w->source.path);
    vae__file file = { .source = w->source.path };
    VAE__TRY(vae__format_npy.open(&file));
    vae_status status = visit_array(p, w, &vae__format_npy, &file, VAE_ALL, NULL, visit);
    vae__format_npy.close(&file);
    return status;
}

static vae_status visit_all(plan *p, visit_function *visit)
{
    for (int i = 0; i < p->data->file_count; i++)
        VAE__TRY(visit_file(p, p->data->files[i], visit));
    for (int i = 0; i < p->count; i++)
        if (p->fields[i].own_file)
            VAE__TRY(visit_own(p, &p->fields[i], visit));
    return vae__ok();
}

/* ---- What is there ----------------------------------------------------------------------------------------------- */

static vae_status check_kind(const wanted *w, const vae__stored *stored)
{
    static const struct {
        const char *expected;
        int least, most;
    } kinds[] = { [VAE_VALUES] = { "numbers of shape (rows) or (rows, d)", 1, 2 },
                  [VAE_CLASS] = { "integers or strings of shape (rows) or (rows, 1)", 1, 2 },
                  [VAE_IMAGE] = { "numbers of shape (rows, height, width) or (rows, height, width, channels)", 3, 4 } };
    bool free_rank = w->is_x || w->is_mask, class = w->source.kind == VAE_CLASS;
    bool fits =
        free_rank || (stored->rank >= kinds[w->source.kind].least && stored->rank <= kinds[w->source.kind].most);
    if (class)
        fits =
            fits && (stored->rank == 1 || stored->shape[1] == 1) && (stored->text || !vae__type_is_float(stored->type));
    else
        fits = fits && !stored->text;
    if (fits)
        return vae__ok();
    char found[128];
    return vae__error(VAE_ERROR_DATA, "%s: expected %s, found %s of shape %s", stored->where,
                      free_rank ? "numbers" : kinds[w->source.kind].expected, type_text(stored),
                      vae__text_shape(stored->shape, stored->rank, found));
}

static bool same_row(const vae__stored *a, const vae__stored *b)
{
    return a->rank == b->rank && !memcmp(a->shape + 1, b->shape + 1, (size_t)(a->rank - 1) * sizeof *a->shape);
}

/* Is an array like the first of its field? */
static vae_status check_like(const wanted *w, const vae__stored *stored)
{
    const vae__stored *first = &w->first;
    bool class = w->source.kind == VAE_CLASS;
    if (first->text == stored->text && (class || (first->type == stored->type && same_row(first, stored))))
        return vae__ok();
    char expected[128], found[128];
    return vae__error(VAE_ERROR_DATA, "%s: expected %s of shape %s as in %s, found %s of shape %s", stored->where,
                      class && !first->text ? "integers" : type_text(first),
                      vae__text_shape(first->shape + 1, first->rank - 1, expected), first->where, type_text(stored),
                      vae__text_shape(stored->shape + 1, stored->rank - 1, found));
}

static vae_status check_rows(const plan *p, const wanted *w, vae_split split, const vae__stored *stored)
{
    int64_t rows = w->own_file ? p->rows[split] : p->x.shape[0];
    if (stored->shape[0] == rows)
        return vae__ok();
    return vae__error(VAE_ERROR_DATA, "%s: expected %" PRId64 " rows as in %s, found %" PRId64, stored->where, rows,
                      w->own_file ? p->data->source : p->x.where, stored->shape[0]);
}

static vae_status check_mask(const plan *p, const vae__stored *stored)
{
    const vae__stored *x = &p->fields[0].first;
    int64_t shape[VAE_MAX_RANK + 1] = { stored->shape[0] };
    char expected[128], found[128];
    if (same_row(x, stored))
        return vae__ok();
    memcpy(shape + 1, x->shape + 1, sizeof shape - sizeof *shape);
    return vae__error(VAE_ERROR_DATA, "%s: expected a mask of x's shape %s, found %s", stored->where,
                      vae__text_shape(shape, x->rank, expected), vae__text_shape(stored->shape, stored->rank, found));
}

static vae_status survey(plan *p, wanted *w, vae_split split, vae__stored *stored)
{
    VAE__TRY(check_stored(stored));
    VAE__TRY(check_kind(w, stored));
    if (w->is_x) {
        p->x = *stored;
        p->rows[split] += stored->shape[0];
        if (p->rows[split] > VAE__ROWS_MAX)
            return vae__error(VAE_ERROR_DATA, "%s: expected at most %" PRId64 " rows of all files, found more",
                              p->data->source, VAE__ROWS_MAX);
    }
    VAE__TRY(check_rows(p, w, split, stored));
    if (w->is_mask)
        VAE__TRY(check_mask(p, stored));
    if (!w->found)
        w->first = *stored;
    w->found = true;
    w->first.inside = NULL;
    return check_like(w, stored);
}

/* ---- Room -------------------------------------------------------------------------------------------------------- */

/* The field that an array is to be. */
static vae_field field_of(const wanted *w, const vae_field *x)
{
    vae_field field = {
        .name = w->source.name, .kind = w->source.kind, .type = w->first.type, .rank = 1, .path = w->source.path
    };
    field.shape[0] = 1;
    if (field.kind == VAE_CLASS) {
        field.type = VAE_INT32;
        return field;
    }
    if (w->first.rank > 1) {
        field.rank = w->first.rank - 1;
        memcpy(field.shape, w->first.shape + 1, (size_t)field.rank * sizeof *field.shape);
    }
    if (w->is_x)
        field.kind = field.rank == 2 || field.rank == 3 ? VAE_IMAGE : VAE_VALUES;
    if (w->is_mask)
        field.kind = x->kind;
    return field;
}

static vae_status check_memory(const plan *p)
{
    uint64_t available = vae__memory_available(), rows = 0, row = 0;
    for (int split = 0; split < VAE_SPLITS; split++)
        rows += (uint64_t)p->rows[split];
    for (int i = 0; i < p->count; i++) {
        vae_field field = field_of(&p->fields[i], &(vae_field){ .kind = VAE_VALUES });
        uint64_t bytes = vae__type_bytes(field.type);
        for (int d = 0; d < field.rank; d++)
            bytes *= (uint64_t)field.shape[d];
        row += bytes;
    }
    uint64_t bytes = 0;
    if (__builtin_mul_overflow(rows, row, &bytes))
        bytes = UINT64_MAX;
    return vae__data_check_memory(p->data->source, bytes, &available);
}

static vae_status make_room(plan *p)
{
    VAE__TRY(check_memory(p));
    VAE__TRY(vae__data_declare(p->data, p->count));
    vae_field x = field_of(&p->fields[0], NULL);
    for (int split = 0; split < VAE_SPLITS; split++)
        for (int i = 0; i < p->count && p->rows[split]; i++) {
            vae_field field = field_of(&p->fields[i], &x);
            field.rows = p->rows[split];
            VAE__TRY(vae__data_add(p->data, (vae_split)split, i, &field, p->fields[i].first.where));
        }
    return vae__ok();
}

/* ---- Values ------------------------------------------------------------------------------------------------------ */

/* Rows of a class on their way to numbers. */
typedef struct numbering {
    wanted *field;
    const vae__stored *stored;
    int64_t first; /* row of the array that row 0 is */
    int32_t *numbers;
} numbering;

static vae_status number_text(void *context, int64_t row, const char *text, size_t length)
{
    numbering *n = context;
    row += n->first;
    return vae__levels_number(&n->field->levels, text, length, n->stored->where, row, n->numbers + row);
}

/* A stored integer as text. Those of 64 bits without a sign are the only ones that int64_t does not have. */
static size_t integer_text(vae_type type, const void *values, int64_t row, char text[24])
{
    int64_t value = 0;
    if (type == VAE_UINT64)
        return (size_t)snprintf(text, 24, "%" PRIu64, ((const uint64_t *)values)[row]);
    switch (type) {
#define TAKE_VALUE(name, ctype, words)                                                                                 \
    case name:                                                                                                         \
        value = (int64_t)((const ctype *)values)[row];                                                                 \
        break;
        VAE_TYPE_LIST(TAKE_VALUE)
#undef TAKE_VALUE
    }
    return (size_t)snprintf(text, 24, "%" PRId64, value);
}

/* Runs of one value, as data sorted by class has them, are looked up once. */
static vae_status number_integers(numbering *n, const void *values, int64_t rows)
{
    size_t width = vae__type_bytes(n->stored->type);
    char text[24];
    for (int64_t row = 0; row < rows; row++) {
        const char *value = (const char *)values + (size_t)row * width;
        if (row && !memcmp(value, value - width, width))
            n->numbers[n->first + row] = n->numbers[n->first + row - 1];
        else
            VAE__TRY(number_text(n, row, text, integer_text(n->stored->type, values, row, text)));
    }
    return vae__ok();
}

static vae_status read_class(wanted *w, vae__stored *stored, int32_t *numbers)
{
    enum { ROWS = VAE__PIECE / 16 };
    numbering n = { .field = w, .stored = stored, .numbers = numbers };
    int64_t rows = stored->shape[0], most = rows < ROWS ? rows : ROWS;
    void *piece = NULL;
    if (!stored->text)
        VAE__TRY(vae__allocate(stored->where, (size_t)most, 8, &piece));
    vae_status status = vae__ok();
    for (; n.first < rows && !status.code; n.first += most) {
        int64_t count = rows - n.first < most ? rows - n.first : most;
        if (stored->text)
            status = stored->format->tell(stored, n.first, count, number_text, &n);
        else
            status = stored->format->read(stored, n.first, count, piece);
        if (!stored->text && !status.code)
            status = number_integers(&n, piece, count);
    }
    vae__free(piece);
    return status;
}

/* Truth values, or numbers that are 0 or 1. */
static vae_status check_mask_values(const vae__stored *stored, const void *values)
{
    int64_t size = 1, wrong = -1;
    for (int i = 1; i < stored->rank; i++)
        size *= stored->shape[i];
    int64_t count = size * stored->shape[0];
    double found = 0;
    switch (stored->type) {
#define CHECK_MASK(name, ctype, words)                                                                                 \
    case name:                                                                                                         \
        for (int64_t i = 0; i < count && wrong < 0; i++) {                                                             \
            found = (double)((const ctype *)values)[i];                                                                \
            if (!(found >= 0 && found <= 1 && !(found > 0 && found < 1)))                                              \
                wrong = i;                                                                                             \
        }                                                                                                              \
        break;
        VAE_TYPE_LIST(CHECK_MASK)
#undef CHECK_MASK
    }
    if (wrong < 0)
        return vae__ok();
    return vae__error(VAE_ERROR_DATA, "%s: expected a mask of 0 and 1, found %.15g in row %" PRId64, stored->where,
                      found, wrong / size);
}

static vae_status read_values(plan *p, wanted *w, vae_split split, vae__stored *stored)
{
    vae__column *column = vae__data_column(p->data, split, (int)(w - p->fields));
    int64_t rows = stored->shape[0];
    VAE__TRY(check_stored(stored));
    VAE__TRY(check_kind(w, stored));
    VAE__TRY(check_like(w, stored));
    if (rows > column->stored_rows - w->done[split])
        return vae__error(VAE_ERROR_FILE, "%s: changed while it was read", stored->where);
    const vae_field *field = &column->field;
    size_t before = (size_t)(w->done[split] * field->size) * vae__type_bytes(field->type);
    void *values = (char *)column->storage + before;
    w->done[split] += rows;
    if (field->kind == VAE_CLASS)
        return read_class(w, stored, values);
    VAE__TRY(stored->format->read(stored, 0, rows, values));
    return w->is_mask ? check_mask_values(stored, values) : vae__ok();
}

/* Files may have lost rows since they were surveyed. */
static vae_status check_done(const plan *p)
{
    for (int split = 0; split < VAE_SPLITS; split++)
        for (int i = 0; i < p->count; i++)
            if (p->fields[i].done[split] != p->rows[split])
                return vae__error(VAE_ERROR_FILE, "%s: changed while it was read", p->data->source);
    return vae__ok();
}

/* Numbers the classes as their levels are sorted, in every split. */
static vae_status finish_class(plan *p, int index)
{
    wanted *w = &p->fields[index];
    int32_t *moved = NULL;
    const char **texts = NULL;
    VAE__TRY(vae__allocate("the levels of a class", (size_t)w->levels.count, sizeof *moved, &moved));
    for (int32_t i = 0; i < w->levels.count; i++)
        moved[i] = i;
    vae_status status = w->source.levels ? vae__ok() : vae__levels_sort(&w->levels, !w->first.text, moved);
    if (!status.code)
        status = vae__levels_pack(&w->levels, &texts);
    for (int split = 0; split < VAE_SPLITS && !status.code; split++) {
        vae__column *column = vae__data_column(p->data, (vae_split)split, index);
        int32_t *numbers = column->storage;
        for (int64_t row = 0; row < column->field.rows; row++)
            numbers[row] = moved[numbers[row]];
        column->field.classes = w->levels.count;
        column->field.levels = texts;
    }
    vae__free(moved);
    return status.code ? status : vae__data_own(p->data, texts);
}

static vae_status fill(plan *p)
{
    VAE__TRY(list_wanted(p));
    snprintf(p->data->note, sizeof p->data->note,
             "in HDF5 and NPY data a condition is there where it is asked for (--condition NAME=class:PATH)");
    VAE__TRY(visit_all(p, survey));
    VAE__TRY(make_room(p));
    VAE__TRY(visit_all(p, read_values));
    VAE__TRY(check_done(p));
    for (int i = 0; i < p->count; i++)
        if (p->fields[i].source.kind == VAE_CLASS)
            VAE__TRY(finish_class(p, i));
    vae__data_digest_contents(p->data);
    return vae__ok();
}

vae_status vae__files_open(vae_data *data)
{
    plan p = { .data = data };
    vae_status status = fill(&p);
    for (int i = 0; i < p.count; i++)
        vae__levels_clear(&p.fields[i].levels);
    vae__free(p.fields);
    return status;
}
