/* What the subcommands share: a command's row, a call of it, and how it speaks. A command is a file and a row in
 * main.c; it is written against the public headers alone. */
#ifndef VAE_COMMAND_COMMAND_H
#define VAE_COMMAND_COMMAND_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <vae/vae.h>

#include "src/command/options.h"

/* Exit statuses. */
enum { VAE__EXIT_DONE, VAE__EXIT_FAILED, VAE__EXIT_USAGE, VAE__EXIT_STOPPED };

enum { VAE__MAX_OPTIONS = 64, VAE__COMMAND_LINE = 8192 };

typedef struct vae__call vae__call;

typedef struct vae__command {
    const char *name, *summary;
    const char *usage;    /* what follows the name: "MODEL --data SRC --out FILE.h5 [options]"; lines with \n between */
    const char *argument; /* the one positional argument: "MODEL"; NULL: there is none */
    bool argument_optional, argument_repeats;
    const vae__option *options; /* as many as have a name, at most VAE__MAX_OPTIONS */
    const char *notes;          /* printed under the options by --help; may be NULL */
    const char *kept; /* "the checkpoint is kept": said where output is lost, which then ends no work; NULL: there is
                         nothing but output */
    int (*run)(const vae__call *call);
} vae__command;

/* A command line, parsed. */
struct vae__call {
    const char *program;         /* "vae" */
    const vae__command *command; /* NULL before it is known */
    const vae_catalogue *catalogue;
    const char *argument; /* NULL where it was left out; of several the first */
    const char *arguments[VAE__MAX_TEXTS];
    int argument_count;
    vae__value values[VAE__MAX_OPTIONS]; /* by place in command->options */
    char line[VAE__COMMAND_LINE];        /* the whole command line, for the record */
};

/* Behind every table of options. */
#define VAE__CHECK_OPTIONS(table)                                                                                      \
    _Static_assert(sizeof(table) / sizeof *(table) <= VAE__MAX_OPTIONS + 1, "more options than VAE__MAX_OPTIONS")

/* Rows of the tables of options, in every command that has them. */
#define VAE__THREADS_OPTION                                                                                            \
    {                                                                                                                  \
        "threads", "N", VAE__WHOLE, "0: one for each processor; changes no result", "0", 0, 1024                       \
    }
#define VAE__KERNELS_OPTION                                                                                            \
    {                                                                                                                  \
        "kernels", "NAME", VAE__TEXT, "generic, avx2 or avx512 [the best this processor has]", NULL, 0, 0              \
    }
#define VAE__JSON_OPTION                                                                                               \
    {                                                                                                                  \
        "json", NULL, VAE__FLAG, "print one JSON object", NULL, 0, 0                                                   \
    }

/* --data, in every command that has it. */
#define VAE__SOURCES_HELP                                                                                              \
    "digits, digits:N, motion, ring, shapes, a folder of PNG files or of IDX files named as MNIST's are, "             \
    "FILE.h5[:/path], or "                                                                                             \
    "FILE.npy"

extern const vae__command vae__command_models, vae__command_data, vae__command_train, vae__command_eval,
    vae__command_sample, vae__command_reconstruct, vae__command_encode, vae__command_decode, vae__command_info,
    vae__command_verify, vae__command_check, vae__command_graph, vae__command_bench, vae__command_manifold,
    vae__command_interpolate, vae__command_traverse, vae__command_plot, vae__command_complete, vae__command_arithmetic,
    vae__command_forecast;

/* Says on one line of standard error what is wrong: "vae train: ..."; returns VAE__EXIT_USAGE or VAE__EXIT_FAILED. */
int vae__wrong_usage(const vae__call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));
int vae__failed(const vae__call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same with a status's message. Wrong arguments are wrong usage, all else is failure. */
int vae__failed_status(const vae__call *call, vae_status status);

/* A remark on a line of standard error, which changes no status. */
void vae__remark(const vae__call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints a line to `file`, whatever a user or a file has put into it: control characters become '?'. */
void vae__line(FILE *file, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes a text as a shell takes it, in quotes where it needs them; cut where it is longer than `size`. Returns how
 * long it is uncut, as snprintf does. */
size_t vae__quote(char *quoted, size_t size, const char *text);

/* Prints a text by words, none beyond VAE__HELP_COLUMNS. It begins in `column`, further lines at `indent`; a line's end
 * in the text ends a line, behind which the next begins at the left. */
enum { VAE__HELP_COLUMNS = 100 };
void vae__print_wrapped(const char *text, int column, int indent);

/* "1 example", "60000 examples": writes into text and returns it. */
const char *vae__counted(char text[64], int64_t count, const char *noun);

/* The shape of an example: "28 × 28". */
enum { VAE__SIZES_TEXT = 24 * VAE_MAX_RANK };
const char *vae__sizes_text(char text[VAE__SIZES_TEXT], const int64_t *shape, int rank);

/* The place of the condition whose name these bytes are; -1: the model has none of it. */
int vae__condition_place(const vae_model_spec *spec, const char *name, size_t length);

/* Says that --OPTION names one that the model has not, and which it has; returns VAE__EXIT_USAGE. */
int vae__unknown_condition(const vae__call *call, const char *option, const vae_model_spec *spec, const char *name,
                           size_t length);

/* Trainable values of a model. */
int64_t vae__parameter_count(vae_model *model);

/* "2 threads", or "all threads" for 0. */
const char *vae__threads_text(char text[64], int64_t threads);

#endif
