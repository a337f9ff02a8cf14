/*
 * What data sources share: the inside of a vae_data, the table of sources, and what a source calls while it opens.
 * A new kind of source is a file with a vae__source and a line in VAE__SOURCES.
 */
#ifndef VAE_DATA_DATA_H
#define VAE_DATA_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <vae/data.h>

/* Most rows of a split: an example's number is 32 bits of a random number's counter, and half of them are test rows. */
#define VAE__ROWS_MAX INT64_C(2147483647)

/* The sources, in the order in which they are asked whether a string names one of theirs: vae__source_digits … */
#define VAE__SOURCES(X)                                                                                                \
    X(digits)                                                                                                          \
    X(motion)                                                                                                          \
    X(ring)                                                                                                            \
    X(shapes)                                                                                                          \
    X(png)                                                                                                             \
    X(idx)                                                                                                             \
    X(npy)                                                                                                             \
    X(hdf5)

typedef struct vae__source {
    const char *expected; /* in the message for a string that no source knows: "digits, digits:N" */
    /* Is this string one of this source's? Asks for the form, not for the contents. */
    bool (*names)(const char *source);

    /* Declares the fields, and allocates and fills those that `draw` does not. After a failure vae_data_free takes
     * whatever `data` has by then. */
    vae_status (*open)(vae_data *data);

    /* Fills a split at its first use; NULL where `open` has filled everything. It cannot fail. */
    void (*draw)(const vae_data *data, vae_split split);

    /* How arrays are found in its files, which may then follow one another; NULL where a source is not of that kind.
     * `open` is then vae__files_open. */
    const struct vae__format *format;
} vae__source;

#define VAE__SOURCE_DECLARE(name) extern const vae__source vae__source_##name;
VAE__SOURCES(VAE__SOURCE_DECLARE)
#undef VAE__SOURCE_DECLARE

/* A field of a split and where its values lie. */
typedef struct vae__column {
    vae_field field; /* as handed out */
    void *storage; /* owned; NULL for a split without rows, and for the rows held out, which lie in the training rows',
                      behind them: validation, then test */
    int64_t stored_rows; /* of `storage`: with those that are held out */
} vae__column;

struct vae__first_use;

struct vae_data {
    const vae__source *kind; /* of the first file */
    char *source;            /* the sources as given, for people */
    const char **sources;    /* as given */
    int source_count;
    char **files; /* the sources, patterns replaced by what they stand for; while the data is opened */
    int file_count;
    vae_data_options options; /* as given, but threads are at least 1; pointers while the data is opened */
    void **owned;             /* what lives as long as the data: names, levels */
    size_t owned_count, owned_capacity;
    char note[160]; /* why a field that may be wanted is missing; "": none is */
    char digest[17];
    int64_t left_out;     /* broken files */
    char *first_left_out; /* the first one's path; owned */
    int field_count;
    vae__column *columns;  /* VAE_SPLITS times field_count, split by split */
    bool held_out;         /* Validation rows were held out of the training rows. */
    vae_division division; /* what was; `by` is owned */
    uint32_t *origins;     /* of rows that moved: where row i of the training rows' storage was; NULL: none did */
    struct vae__first_use *first_use;
};

/* Says how many fields there are. Called once, before vae__data_add. */
vae_status vae__data_declare(vae_data *data, int field_count);

/* Adds a field to a split and allocates its values: `like` has all but size and values. `where` begins a message. */
vae_status vae__data_add(vae_data *data, vae_split split, int index, const vae_field *like, const char *where);

/* Frees `memory` with the data; on failure at once. */
vae_status vae__data_own(vae_data *data, void *memory);

/* Of a source that knows its fields, when it is open and has its digest: gives fields the names that the options want,
 * or refuses what it does not have. */
vae_status vae__data_name_fields(vae_data *data);

/* The field of classes of this name; or VAE_ERROR_ARGUMENT, with those that there are. */
vae_status vae__data_class(const vae_data *data, vae_split split, const char *name, const vae_field **field);

/* The source that a string names one of; NULL where there is none. */
const vae__source *vae__data_source_of(const char *source);

/* Makes data->files out of data->sources: each string that names no file but is a pattern of files gives those. */
vae_status vae__data_expand(vae_data *data);

/* Bytes of a source string that are its file's name: all, or those before the ":/" of "FILE.h5:/group". */
size_t vae__data_file_length(const char *source);

vae__column *vae__data_column(const vae_data *data, vae_split split, int index);

/* Takes `bytes` from *available, or says "where: needs N bytes, M available". */
vae_status vae__data_check_memory(const char *where, uint64_t bytes, uint64_t *available);

/* A hash of bytes in steps, each a bijection of the state and of eight bytes: no change of one value goes unseen. Two
 * bytes for a cycle, where a checksum of bytes would take as long as reading them. Begin with 0. */
uint64_t vae__data_hash(uint64_t state, const void *bytes, size_t size);

void vae__data_set_digest(vae_data *data, uint64_t hash);

/* Sets the digest to a hash of all fields, shapes and values: the same contents have the same one wherever they lie. */
void vae__data_digest_contents(vae_data *data);

/* Is every value of a VAE_CLASS field a whole number below `classes`? If not, tells the first that is none, and its
 * row. */
vae_status vae__data_check_classes(const vae_field *field, int64_t classes, const char *where);

/* Value `index` of a field, in its rows' order. Integers beyond 2^53 are rounded. */
double vae__data_value(const vae_field *field, int64_t index);

/* "values", "a class", "an image": what a message calls a field. */
const char *vae__data_kind_text(vae_field_kind kind);

#endif
