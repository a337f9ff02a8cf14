/*
 * Data: named fields of rows, as stored. Whatever changes a value is a node of a model's graph, so a source hands out
 * the bytes it has.
 *
 *     vae_data *data = NULL;
 *     vae_status s = vae_data_open("digits", NULL, &data);
 *
 * and of files, a part of which is modelled while others are conditions:
 *
 *     const vae_field_source conditions[] = { { .name = "energy", .kind = VAE_VALUES, .path = "/meta/energy" },
 *                                             { .name = "run", .kind = VAE_CLASS, .path = "/meta/run" } };
 *     const vae_data_options options = { .x = "/detector/frames", .conditions = conditions, .condition_count = 2 };
 *     s = vae_data_open("run-*.h5", &options, &data);
 *
 * Data is shared by any number of threads while none of them holds rows out of it or frees it. Opening HDF5 files calls
 * libhdf5: where that is not built thread-safe, the host locks its other threads out.
 */
#ifndef VAE_DATA_H
#define VAE_DATA_H

#include <stdbool.h>
#include <stdint.h>
#include <vae/export.h>
#include <vae/status.h>
#include <vae/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum vae_field_kind {
    VAE_VALUES, /* a vector of numbers */
    VAE_CLASS,  /* one of `classes` classes, by number from 0 */
    VAE_IMAGE   /* height × width or height × width × channels */
} vae_field_kind;

typedef enum vae_split {
    VAE_TRAIN,
    VAE_VALIDATION,
    VAE_TEST,
    VAE_ALL,   /* of data that is not split; it has no other */
    VAE_SPLITS /* how many there are */
} vae_split;

/* A field of one split. Everything is the data's, and never changes while it lives. */
typedef struct vae_field {
    const char *name; /* "x" for what is modelled; "label" for an IDX folder's and the digits' classes; a condition's */
    vae_field_kind kind;
    vae_type type; /* how its values lie in memory: as stored; float16 as VAE_FLOAT32; numbers of levels as VAE_INT32 */
    int rank;
    int64_t shape[VAE_MAX_RANK]; /* of a row; (1) for a class */
    int64_t size;                /* values of a row */
    int64_t classes;             /* of a VAE_CLASS: one more than the largest number there may be; else 0 */
    int64_t rows;
    const void *values;        /* rows · size stored values, packed */
    const char *const *levels; /* of a VAE_CLASS: what each class is in the data, `classes` texts ("-3",
                                  "run B"); NULL where the numbers are what is stored: IDX and digits */
    const char *path;          /* where it lies in HDF5 or NPY data, as given or as it is without ("x", or a condition's
                                  name): what opens the same data again. NULL of a source that knows its fields, but where a
                                  condition renamed one of several fields; and of an x that the source itself is */
} vae_field;

typedef struct vae_data vae_data;

/* A condition, or whatever else is to be a field beside x: what it is, and where it lies in HDF5 or NPY files. */
typedef struct vae_field_source {
    const char *name;    /* of the field: no "x", no "mask", and each once */
    vae_field_kind kind; /* VAE_VALUES: (rows) or (rows, d) numbers; VAE_CLASS: (rows) or (rows, 1) integers of any
                            value, or strings; VAE_IMAGE: (rows, height, width[, channels]) numbers */
    const char *path;    /* NULL: its name */

    /* Of a VAE_CLASS: the classes that a model knows, in its order; any other value is refused, with its row. NULL:
     * those that are found, of all splits and files together, in the order of the numbers, or of the strings' bytes. */
    const char *const *levels;
    int level_count;
    bool more_levels; /* any other value is a class as well, numbered behind `levels` in the order of the rows */
} vae_field_source;

/* Read while the data is opened and not later. All zero: the usual. New members go last. */
typedef struct vae_data_options {
    uint64_t seed; /* of data that is made, not read: the built-in digits */
    int threads;   /* 0: one for each processor */

    /* Of HDF5 and NPY files. Sources that know their fields themselves take "x" for x and no mask; a condition of
     * theirs is of the kind that the field has, and gives it the condition's name: the only field beside x ("label")
     * with the path NULL or "label", of several (shapes, motion) that of the path, or else the one of its name. */
    const char *x;                      /* path of what is modelled; NULL: "x" */
    const vae_field_source *conditions; /* in the order in which they become fields, after x */
    int condition_count;
    const char *mask; /* path of a dataset of x's shape, 1 where x was observed and 0 where not: a field "mask", the
                         last one; NULL: none */

    /* Follow external links, and read external storage and virtual datasets, so that one file may have another read in
     * its place. Rows of a virtual dataset of which the file is not there then have its fill value. */
    bool allow_external;

    /* Go on without files of a folder that are no sound PNG files (no PNG, cut short, a wrong checksum); how many is
     * told by vae_data_left_out. What is sound but does not fit (another size, alpha) is refused all the same. */
    bool skip_broken;
} vae_data_options;

/*
 * Opens a source and reads it. `source` is
 *     "digits" or "digits:N"  drawn from a seed: N (60,000) training examples and N / 6 (10,000) test examples
 *     "shapes" or "shapes:N"  drawn likewise: N (12,000) training and N / 6 test images of 64 × 64 × 3 bytes, one shape
 *                             each, and what they are made of as classes, drawn independently and uniformly: shape,
 *                             scale, rotation, row, column, hue
 *     "motion" or "motion:N"  drawn likewise: N (12,000) training and N / 6 test stills of one to three shapes, and x,
 *                             where they go; below
 *     a folder                of IDX files named as MNIST's are, each gzipped (".gz") or not: train-images-idx3-ubyte,
 *                             train-labels-idx1-ubyte, t10k-…, validation-…; label files may be missing
 *     a folder                of PNG files, grey or colour, 8 bits a value or fewer, no alpha, all of one size; or of
 *                             folders of them, each a class (the field "class")
 *     FILE.h5                 an HDF5 file, by its ending (.h5, .hdf5) or else by its signature
 *     FILE.h5:/group          the same, below that group
 *     FILE.h5:/group/dataset  the same, and the dataset is x
 *     FILE.npy                an array that numpy.save wrote; it is x
 * A source that is no file's name but a pattern of files ("run-*.h5", "run-*.h5:/group") is all those files, as
 * vae_data_open_files has them, in the order of their names.
 *
 * Motion: each shape of the still goes one of two ways, each as likely and drawn for itself, which the still does not
 * tell: a disc left or right, evenly; a square up or down, by the square of time; a triangle up, evenly, and left or
 * right by the square of time. Over four frames it moves by 8 pixels, a triangle by 6 up and 6 aside, times a speed of
 * its own, uniform from 0.8 to 1.2. Fields:
 *     x       image, float32 (8, 8, 8): of cells of 4 × 4 pixels, to the right and down at each of four frames
 *             (right 1, down 1, right 2 …), where the point in the cell's centre is then, less where it is in the
 *             still, in pixels; 0 of the background. Each value has noise, uniform within 0.1 to either side
 *     still   image, uint8 (32, 32): grey on black, the shapes on places of a 3 × 3 layout, no two touching
 *     frames  image, uint8 (128, 32): the four next frames, below one another; the brighter of two shapes is seen
 *     modes   values, float32 (8 · 512): the futures that there may be, each as likely. Mode k is what x would be
 *             without noise at speed 1, the values from 512 k on; bit s of k is the way of shape s, counted row by
 *             row (0: left, or up of a square). NaN behind the last mode
 *     count   class, "1" to "3": how many shapes; c of them have 2^c modes
 *     mode    class, "0" to "7": the mode that came true
 *
 * PNG: x is (height, width), or (height, width, 3) of colours, palettes among them, as bytes. Folders `train` and
 * `test` (and `validation`) are the splits, each of files or of folders; without both there is one, VAE_ALL. Levels are
 * the folders' names, sorted as numbers where all are, else by their bytes. Rows have the order of the files' names;
 * with classes the i-th of the n files of a class lies at (i + 1/2) / n of all rows, so that the last rows are of every
 * class. Hidden files, and names that do not end in ".png", are passed over. A folder that has IDX files is one of
 * these.
 *
 * HDF5: groups `train`, `validation` and `test` below the source's are the splits; without them there is one, VAE_ALL.
 * Paths are looked up below each split's group; without splits those with a "/" in front begin at the root of the file,
 * the others at the source's group, or where the source is a dataset at the group it is in. Links inside the file are
 * followed.
 *
 * NPY: x is the file; every other path is an NPY file's too. There is one split, VAE_ALL. With an HDF5 source without
 * splits a path that ends in ".npy" is that file as well. Of a source of many files such an array has the rows of all
 * of them.
 *
 * Stored types are integers of 8 to 64 bits, signed or not, floats of 16 to 64 bits, and truth values (as VAE_UINT8),
 * in either byte order; classes may be strings as well (HDF5: of fixed or variable length, NPY: "S" and "U"). x has 1
 * to 5 dimensions of which the first are the rows: a vector of values, or with 3 or 4 dimensions an image. Every field
 * has the same rows in the same order.
 *
 * The caller owns *data; on failure it is NULL. Fails with one line that names file, what was expected and what was
 * found; with VAE_ERROR_MEMORY, before reading, where the data would not fit in memory.
 */
VAE_API vae_status vae_data_open(const char *source, const vae_data_options *options, vae_data **data);

/*
 * The same of `count` sources. More than one are HDF5 and NPY files (or patterns): the rows of each split follow one
 * another, in the order given. Every field must have the same type and the same shape in all of them; classes need only
 * be all numbers or all strings.
 */
VAE_API vae_status vae_data_open_files(const char *const *sources, int count, const vae_data_options *options,
                                       vae_data **data);
VAE_API void vae_data_free(vae_data **data);

/* What of the training rows is to be held out, and how. All zero: nothing. */
typedef struct vae_division {
    double validation, test; /* rows; below 1 a share of the training rows there are before, to the nearest row */
    const char *by; /* name of a condition, a class or one number: rows of one value stay together. NULL: the last rows
                       are held out */
    uint64_t seed;  /* which values are held out */
} vae_division;

/*
 * Makes validation and test splits of training rows. Data that was not split is then: VAE_ALL has no rows any more,
 * VAE_TRAIN and the others have them.
 *
 * Without `by` the test rows are the last training rows, and the validation rows are the last of what is left; nothing
 * moves. With it, values are taken in an order drawn from the seed, each where it brings the number of rows nearer to
 * the wanted one, first for the test split, then for validation; every split has one value at least. The rows of all
 * fields then move, in place, so that each split's lie together in the order they had. The digest stays what it was.
 *
 * A function of data and request alone, so that the same data can be divided in the same way again. Nobody else may use
 * the data meanwhile; fields that were asked for before are of no more use. Refused, with the data as it was, where
 * there is such a split already, where the data was divided before, or where there are too few rows or values.
 */
VAE_API vae_status vae_data_divide(vae_data *data, const vae_division *division);
/* The same of the last `rows` rows, for validation. */
VAE_API vae_status vae_data_hold_out(vae_data *data, int64_t rows);
/* What was divided, as it was asked for; `by` is the data's. All zero: nothing was. */
VAE_API vae_division vae_data_division(const vae_data *data);
/* Which row of the source a row of a split is: of all its files, and among the rows that the source has in one split.
 * So rows that were held out keep the number they had among the training rows. -1: there is no such row. */
VAE_API int64_t vae_data_row(const vae_data *data, vae_split split, int64_t index);

/* The sources for people: as given to vae_data_open, or joined by ", ". */
VAE_API const char *vae_data_source(const vae_data *data);
/* The sources as given, so that the same can be opened again; sets *count (unless NULL). The strings are the data's. */
VAE_API const char *const *vae_data_sources(const vae_data *data, int *count);
/* 16 hexadecimal digits: of contents, or of what they are drawn from. */
VAE_API const char *vae_data_digest(const vae_data *data);
/* How many broken files were left out (skip_broken), and the path of the first (unless NULL; the data's), NULL where
 * none was. */
VAE_API int64_t vae_data_left_out(const vae_data *data, const char **first);
VAE_API int64_t vae_data_rows(const vae_data *data, vae_split split); /* 0: there is no such split */
/* Where the rows to train on are: VAE_TRAIN, or VAE_ALL of data that is not split. */
VAE_API vae_split vae_data_training_split(const vae_data *data);
VAE_API int vae_data_field_count(const vae_data *data);
/* NULL for a split without rows, or where there is no field of that number or name. */
VAE_API const vae_field *vae_data_field(const vae_data *data, vae_split split, int index);
VAE_API const vae_field *vae_data_find(const vae_data *data, vae_split split, const char *name);

/* What a field's values are. */
typedef struct vae_field_summary {
    int64_t rows, values; /* values: of all rows */
    int64_t nans, infinities;
    int64_t fills;   /* values that are the fill value */
    int64_t numbers; /* all others: finite values. What follows is of these, and NaN or 0 where there are none */
    double minimum, maximum, mean;
    double deviation; /* root of the mean squared distance from the mean */
    bool whole;       /* Each is a whole number. */
    bool binary;      /* Each is 0 or 1. */
    int64_t masked;   /* values of x that the mask hides, whatever they are */
} vae_field_summary;

/* All zero: the usual. */
typedef struct vae_summary_options {
    bool has_fill_value; /* There is a value that stands for what is missing, as the field's type has it: */
    double fill_value;
    int64_t *class_rows; /* of a VAE_CLASS: how many rows each class has, set for the first `class_count` of them */
    int64_t class_count;
} vae_summary_options;

/* Reads a field of a split once, in double precision and one order. Fails where there is no such field. */
VAE_API vae_status vae_data_summarize(const vae_data *data, vae_split split, int index,
                                      const vae_summary_options *options, vae_field_summary *summary);

/* ---- Groups ------------------------------------------------------------------------------------------------------ */

/* Rows of a split. The caller owns them: vae_group_free. */
typedef struct vae_group {
    int64_t count;
    int64_t *rows; /* of the source, as vae_data_row has them, in the order of the split */
} vae_group;

/* All zero: all rows. New members go last. */
typedef struct vae_group_options {
    int64_t most;  /* so many rows at most; 0: all of them */
    bool draw;     /* where there are more, they are drawn, each row being as likely; else the first ones are taken */
    uint64_t seed; /* of that */
} vae_group_options;

/*
 * The rows for which every one of `count` terms holds; without a term all rows. A term is "FIELD=LEVEL", or
 * "FIELD=LEVEL,LEVEL..." for any of these levels, where FIELD is a VAE_CLASS and a LEVEL is what the class is in the
 * data; "FIELD=LEVEL&FIELD=LEVEL" is two terms. Blanks around names and levels do not count; a backslash takes the
 * character behind it as it is: "run=R\&D".
 *
 * VAE_ERROR_ARGUMENT tells what of a term is wrong, and what there is; VAE_ERROR_DATA that no row is left. There is
 * then nothing to free. `options` may be NULL.
 */
VAE_API vae_status vae_data_group(const vae_data *data, vae_split split, const char *const *terms, int count,
                                  const vae_group_options *options, vae_group *group);
VAE_API void vae_group_free(vae_group *group);

/* The name of a term's field, of several the one of this number from 0: what has to be a field of the data before it
 * can be asked for. False: there are no more, or this one is no "FIELD=LEVEL". */
enum { VAE_GROUP_TEXT = 256 };
VAE_API bool vae_group_field(const char *term, int index, char name[VAE_GROUP_TEXT]);

/* An array that a file holds. */
enum { VAE_ENTRY_RANK = 32 };
typedef struct vae_data_entry {
    vae_split split;  /* whose group it lies below; VAE_ALL where there are none */
    const char *path; /* as vae_data_options has it; NULL: the file itself is the array */
    const char *type; /* "uint16", "strings", and of what no field can be made: "a compound type", "an external link" */
    bool usable;      /* A field can be made of it. */
    bool text;        /* Its values are strings: a class's. */
    bool outside;     /* Its values lie in other files: allow_external. */
    vae_type number;  /* of usable numbers: their type in memory */
    int rank;
    int64_t shape[VAE_ENTRY_RANK];
} vae_data_entry;

/* Everything is gone when it returns. Not 0: no more. */
typedef int vae_data_entry_function(void *context, const vae_data_entry *entry);

/*
 * Tells the arrays in an HDF5 or NPY file, so that a person can choose: those that a path leads to, by name, to a depth
 * of 16 groups. Soft links are followed to arrays and not to groups, external links never. Of a pattern of files it
 * tells the first. Reads no values. Fails with VAE_ERROR_ARGUMENT for a source of another kind.
 */
VAE_API vae_status vae_data_list(const char *source, vae_data_entry_function *function, void *context);

VAE_API const char *vae_split_name(vae_split split); /* "train", "validation", "test", "all" */
VAE_API const char *vae_type_name(vae_type type);    /* "uint8", … "float64" */

#ifdef __cplusplus
}
#endif
#endif
