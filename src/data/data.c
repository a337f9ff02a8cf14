/* The public functions of <vae/data.h>, and what sources share. Nothing here knows a format. */
#include "src/data/data.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "src/base/memory.h"
#include "src/base/parallel.h"
#include "src/base/status.h"
#include "src/base/types.h"

/* A split that is drawn is drawn once, by whoever asks for it first, while others who ask wait. Its memory is there
 * since the data was opened, so that drawing cannot fail. */
struct vae__first_use {
    pthread_mutex_t lock;
    atomic_bool done[VAE_SPLITS];
};

static const vae__source *const sources[] = {
#define SOURCE_ROW(name) &vae__source_##name,
    VAE__SOURCES(SOURCE_ROW)
#undef SOURCE_ROW
};
enum { SOURCES = sizeof sources / sizeof *sources };

static const char *const split_names[VAE_SPLITS] = { "train", "validation", "test", "all" };

static const char *const type_names[] = {
#define TYPE_NAME(name, ctype, text) text,
    VAE_TYPE_LIST(TYPE_NAME)
#undef TYPE_NAME
};

/* "mnist: expected digits, digits:N or a folder of IDX files, found a file" */
static vae_status unknown_source(const char *source)
{
    char expected[256] = "";
    size_t used = 0;
    for (int i = 0; i < SOURCES && used < sizeof expected; i++) {
        const char *before = !i ? "" : i + 1 < SOURCES ? ", " : " or ";
        used += (size_t)snprintf(expected + used, sizeof expected - used, "%s%s", before, sources[i]->expected);
    }
    struct stat about;
    if (!stat(source, &about))
        return vae__error(VAE_ERROR_FILE, "%s: expected %s, found a %s", source, expected,
                          S_ISREG(about.st_mode)   ? "file"
                          : S_ISDIR(about.st_mode) ? "folder"
                                                   : "special file");
    if (errno != ENOENT)
        return vae__error_errno(source, "cannot look at it");
    return vae__error(VAE_ERROR_FILE, "%s: expected %s, found nothing of that name", *source ? source : "\"\"",
                      expected);
}

const vae__source *vae__data_source_of(const char *source)
{
    for (int i = 0; i < SOURCES; i++)
        if (sources[i]->names(source))
            return sources[i];
    return NULL;
}

static vae_status copy_sources(vae_data *data, const char *const *given, int count)
{
    size_t length = 1;
    for (int i = 0; i < count; i++)
        length += strlen(given[i]) + 2;
    VAE__TRY(vae__allocate("the sources", length, 1, &data->source));
    VAE__TRY(vae__allocate("the sources", (size_t)count, sizeof *data->sources, &data->sources));
    for (int i = 0, used = 0; i < count; i++) {
        char *copy = NULL;
        VAE__TRY(vae__copy_string(given[i], &copy));
        VAE__TRY(vae__data_own(data, copy));
        data->sources[i] = copy;
        used += snprintf(data->source + used, length - (size_t)used, i ? ", %s" : "%s", given[i]);
    }
    data->source_count = count;
    return vae__ok();
}

/* Which source it is; all of them where they are files that follow one another. */
static vae_status find_kind(vae_data *data)
{
    for (int i = 0; i < data->file_count; i++) {
        const vae__source *kind = vae__data_source_of(data->files[i]);
        if (!kind)
            return unknown_source(data->files[i]);
        bool alone = data->file_count == 1 && !strcmp(data->files[i], data->sources[0]);
        if (!alone && !kind->format)
            return vae__error(
                VAE_ERROR_ARGUMENT,
                "%s: expected HDF5 or NPY files where several sources or a pattern are given, found another source",
                data->files[i]);
        data->kind = i ? data->kind : kind;
    }
    return vae__ok();
}

static vae_status check_condition(const vae_data *data, int index)
{
    const vae_field_source *source = &data->options.conditions[index];
    if (!source->name || !*source->name || !strcmp(source->name, "x") || !strcmp(source->name, "mask"))
        return vae__error(VAE_ERROR_ARGUMENT,
                          "%s: expected a name for condition %d other than x and mask, found \"%s\"", data->source,
                          index + 1, source->name ? source->name : "");
    for (int i = 0; i < index; i++)
        if (!strcmp(data->options.conditions[i].name, source->name))
            return vae__error(VAE_ERROR_ARGUMENT, "%s: expected conditions of different names, found \"%s\" twice",
                              data->source, source->name);
    if ((unsigned)source->kind > VAE_IMAGE || source->level_count < 0 || (source->level_count && !source->levels))
        return vae__error(VAE_ERROR_ARGUMENT, "%s: %s: expected values, a class or an image, found neither",
                          data->source, source->name);
    return vae__ok();
}

static vae_status check_options(const vae_data *data)
{
    const vae_data_options *options = &data->options;
    if (options->threads < 0 || options->threads > VAE__THREADS_MAX)
        return vae__error(VAE_ERROR_ARGUMENT, "%s: expected 0 to %d threads, found %d", data->source, VAE__THREADS_MAX,
                          options->threads);
    if (options->condition_count < 0 || (options->condition_count && !options->conditions))
        return vae__error(VAE_ERROR_ARGUMENT, "%s: expected conditions, found %d of them", data->source,
                          options->condition_count);
    for (int i = 0; i < options->condition_count; i++)
        VAE__TRY(check_condition(data, i));
    return vae__ok();
}

/* What is the caller's, or of use no longer. */
static void forget(vae_data *data)
{
    for (int i = 0; i < data->file_count; i++)
        vae__free(data->files[i]);
    vae__free(data->files);
    data->files = NULL;
    data->file_count = 0;
    data->options = (vae_data_options){ .seed = data->options.seed,
                                        .threads = data->options.threads,
                                        .allow_external = data->options.allow_external,
                                        .skip_broken = data->options.skip_broken };
}

static vae_status prepare(vae_data *data, const char *const *given, int count, const vae_data_options *options)
{
    data->options = options ? *options : (vae_data_options){ 0 };
    VAE__TRY(copy_sources(data, given, count));
    VAE__TRY(check_options(data));
    if (!data->options.threads)
        data->options.threads = vae__processors();
    VAE__TRY(vae__data_expand(data));
    VAE__TRY(find_kind(data));
    VAE__TRY(vae__allocate(data->source, 1, sizeof *data->first_use, &data->first_use));
    pthread_mutex_init(&data->first_use->lock, NULL);
    VAE__TRY(data->kind->open(data));
    return data->kind->format ? vae__ok() : vae__data_name_fields(data);
}

vae_status vae_data_open_files(const char *const *given, int count, const vae_data_options *options, vae_data **data)
{
    if (data)
        *data = NULL;
    if (!given || !data || count < 1)
        return vae__error(VAE_ERROR_ARGUMENT, "vae_data_open_files: expected %s, found %s",
                          data ? "sources" : "a place for the data", data && given ? "none" : "NULL");
    for (int i = 0; i < count; i++)
        if (!given[i])
            return vae__error(VAE_ERROR_ARGUMENT, "vae_data_open_files: expected a source, found NULL");
    vae_data *fresh = NULL;
    VAE__TRY(vae__allocate(given[0], 1, sizeof *fresh, &fresh));
    vae_status status = prepare(fresh, given, count, options);
    forget(fresh);
    if (status.code)
        vae_data_free(&fresh);
    *data = fresh;
    return status;
}

vae_status vae_data_open(const char *source, const vae_data_options *options, vae_data **data)
{
    if (data)
        *data = NULL;
    if (!source || !data)
        return vae__error(VAE_ERROR_ARGUMENT, "vae_data_open: expected %s, found NULL",
                          source ? "a place for the data" : "a source");
    return vae_data_open_files(&source, 1, options, data);
}

void vae_data_free(vae_data **data)
{
    if (!data || !*data)
        return;
    vae_data *old = *data;
    for (int i = 0; i < VAE_SPLITS * old->field_count; i++)
        vae__free(old->columns[i].storage);
    if (old->first_use)
        pthread_mutex_destroy(&old->first_use->lock);
    for (size_t i = 0; i < old->owned_count; i++)
        vae__free(old->owned[i]);
    vae__free(old->owned);
    vae__free(old->first_use);
    vae__free(old->origins);
    vae__free(old->columns);
    vae__free(old->sources);
    vae__free(old->source);
    vae__free(old);
    *data = NULL;
}

const char *vae_data_source(const vae_data *data)
{
    return data ? data->source : NULL;
}

const char *const *vae_data_sources(const vae_data *data, int *count)
{
    if (count)
        *count = data ? data->source_count : 0;
    return data ? data->sources : NULL;
}

const char *vae_data_digest(const vae_data *data)
{
    return data ? data->digest : NULL;
}

static bool is_split(vae_split split)
{
    return (unsigned)split < VAE_SPLITS;
}

int64_t vae_data_left_out(const vae_data *data, const char **first)
{
    if (first)
        *first = data ? data->first_left_out : NULL;
    return data ? data->left_out : 0;
}

int64_t vae_data_rows(const vae_data *data, vae_split split)
{
    return data && is_split(split) && data->field_count ? vae__data_column(data, split, 0)->field.rows : 0;
}

vae_split vae_data_training_split(const vae_data *data)
{
    return vae_data_rows(data, VAE_ALL) ? VAE_ALL : VAE_TRAIN;
}

int vae_data_field_count(const vae_data *data)
{
    return data ? data->field_count : 0;
}

/* Draws a split, unless that was done. Rows held out are drawn with the training rows they are among. */
static void use(const vae_data *data, vae_split split)
{
    if (!data->kind->draw)
        return;
    if (!vae__data_column(data, split, 0)->storage)
        split = VAE_TRAIN;
    struct vae__first_use *first_use = data->first_use;
    if (atomic_load_explicit(&first_use->done[split], memory_order_acquire))
        return;
    pthread_mutex_lock(&first_use->lock);
    if (!atomic_load_explicit(&first_use->done[split], memory_order_relaxed)) {
        data->kind->draw(data, split);
        atomic_store_explicit(&first_use->done[split], true, memory_order_release);
    }
    pthread_mutex_unlock(&first_use->lock);
}

const vae_field *vae_data_field(const vae_data *data, vae_split split, int index)
{
    if (!vae_data_rows(data, split) || index < 0 || index >= data->field_count)
        return NULL;
    use(data, split);
    return &vae__data_column(data, split, index)->field;
}

const vae_field *vae_data_find(const vae_data *data, vae_split split, const char *name)
{
    if (!name || !vae_data_rows(data, split))
        return NULL;
    for (int i = 0; i < data->field_count; i++)
        if (!strcmp(vae__data_column(data, split, i)->field.name, name))
            return vae_data_field(data, split, i);
    return NULL;
}

const char *vae_split_name(vae_split split)
{
    return is_split(split) ? split_names[split] : "an unknown split";
}

const char *vae_type_name(vae_type type)
{
    return (unsigned)type < sizeof type_names / sizeof *type_names ? type_names[type] : "an unknown type";
}

/* For sources. */

vae_status vae__data_own(vae_data *data, void *memory)
{
    vae_status status =
        vae__grow("the data", &data->owned, &data->owned_capacity, data->owned_count + 1, sizeof *data->owned);
    if (status.code)
        vae__free(memory);
    else
        data->owned[data->owned_count++] = memory;
    return status;
}

vae_status vae__data_declare(vae_data *data, int field_count)
{
    VAE__TRY(vae__allocate(data->source, (size_t)(VAE_SPLITS * field_count), sizeof *data->columns, &data->columns));
    data->field_count = field_count;
    return vae__ok();
}

vae__column *vae__data_column(const vae_data *data, vae_split split, int index)
{
    return &data->columns[(int)split * data->field_count + index];
}

vae_status vae__data_add(vae_data *data, vae_split split, int index, const vae_field *like, const char *where)
{
    vae__column *column = vae__data_column(data, split, index);
    vae_field field = *like;
    field.size = 1;
    for (int i = 0; i < field.rank; i++)
        field.size *= field.shape[i];
    VAE__TRY(
        vae__allocate(where, (size_t)field.rows * (size_t)field.size, vae__type_bytes(field.type), &column->storage));
    field.values = column->storage;
    column->field = field;
    column->stored_rows = field.rows;
    return vae__ok();
}

vae_status vae__data_check_memory(const char *where, uint64_t bytes, uint64_t *available)
{
    if (bytes > *available)
        return vae__error(VAE_ERROR_MEMORY, "%s: needs %" PRIu64 " bytes, %" PRIu64 " available", where, bytes,
                          *available);
    *available -= bytes;
    return vae__ok();
}

static uint64_t mix(uint64_t state, uint64_t word)
{
    state = (state ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return state ^ state >> 32; /* brings the upper bits down, which products only move up */
}

/* The eight bytes as a number, the first the lowest, on any machine. */
static uint64_t word_of(const unsigned char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

uint64_t vae__data_hash(uint64_t state, const void *bytes, size_t size)
{
    const unsigned char *next = bytes;
    size_t left = size;
    for (; left >= 8; left -= 8, next += 8)
        state = mix(state, word_of(next));
    unsigned char last[8] = { 0 };
    memcpy(last, next, left);
    return mix(mix(state, word_of(last)), size);
}

void vae__data_set_digest(vae_data *data, uint64_t hash)
{
    snprintf(data->digest, sizeof data->digest, "%016" PRIx64, hash);
}

static uint64_t hash_field(uint64_t state, vae_split split, const vae_field *field)
{
    const int64_t about[] = { split, field->kind, field->rank, field->rows };
    for (size_t i = 0; i < sizeof about / sizeof *about; i++)
        state = mix(state, (uint64_t)about[i]);
    for (int i = 0; i < field->rank; i++)
        state = mix(state, (uint64_t)field->shape[i]);
    const char *type = vae_type_name(field->type);
    state = vae__data_hash(state, type, strlen(type));
    state = vae__data_hash(state, field->name, strlen(field->name));
    for (int64_t i = 0; field->levels && i < field->classes; i++)
        state = vae__data_hash(state, field->levels[i], strlen(field->levels[i]));
    return vae__data_hash(state, field->values, (size_t)(field->rows * field->size) * vae__type_bytes(field->type));
}

void vae__data_digest_contents(vae_data *data)
{
    uint64_t state = 0;
    for (int split = 0; split < VAE_SPLITS; split++)
        for (int i = 0; i < data->field_count; i++) {
            const vae_field *field = &vae__data_column(data, (vae_split)split, i)->field;
            if (field->rows)
                state = hash_field(state, (vae_split)split, field);
        }
    vae__data_set_digest(data, state);
}

double vae__data_value(const vae_field *field, int64_t index)
{
    return vae__type_value(field->type, field->values, index);
}

const char *vae__data_kind_text(vae_field_kind kind)
{
    static const char *const texts[] = { [VAE_VALUES] = "values", [VAE_CLASS] = "a class", [VAE_IMAGE] = "an image" };
    return (unsigned)kind < sizeof texts / sizeof *texts ? texts[kind] : "a field of no kind";
}

vae_status vae__data_check_classes(const vae_field *field, int64_t classes, const char *where)
{
    for (int64_t row = 0; row < field->rows; row++) {
        double value = vae__data_value(field, row);
        if (!(value >= 0 && value < (double)classes && value == floor(value)))
            return vae__error(VAE_ERROR_DATA, "%s: %s: expected classes 0 to %" PRId64 ", found %.15g in row %" PRId64,
                              where, field->name, classes - 1, value, row);
    }
    return vae__ok();
}
