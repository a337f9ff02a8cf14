/*
 * The little language: phrases with commas between, each a word of a table and its arguments.
 *
 *     dense 500 relu, dense 500 relu        gaussian sigma=0.1        unit, binarize
 *
 * One parser, one printer, one place for messages. A table is an array of rows that begin with a vae__word.
 */
#ifndef VAE_MODELS_LANGUAGE_H
#define VAE_MODELS_LANGUAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <vae/status.h>

enum { VAE__MAX_ARGUMENTS = 4, VAE__MAX_PHRASES = 32, VAE__PHRASE_TEXT = 64 * VAE__MAX_PHRASES };

typedef enum vae__argument_kind {
    VAE__BARE_COUNT, /* a whole number by its place: "500" */
    VAE__KEY_NUMBER, /* "sigma=0.1" */
    VAE__ACTIVATION  /* a word of the table of activations */
} vae__argument_kind;

typedef struct vae__argument {
    const char *name; /* "UNITS", "sigma" */
    vae__argument_kind kind;
    bool optional; /* then `usual` stands where it is left out */
    double usual;
    double low, high; /* what a number may be */
} vae__argument;

typedef struct vae__word {
    const char *name;
    const char *summary;
    vae__argument arguments[VAE__MAX_ARGUMENTS]; /* as many as have a name */
} vae__word;

typedef struct vae__word_table {
    const char *what; /* "layer" */
    const void *rows;
    size_t row_bytes;
    int count;
} vae__word_table;

/* A phrase: the row of its word, and a value for each argument (of an activation: its place in the table). */
typedef struct vae__phrase {
    const void *row;
    double arguments[VAE__MAX_ARGUMENTS];
} vae__phrase;

typedef struct vae__phrases {
    int count;
    vae__phrase phrases[VAE__MAX_PHRASES];
} vae__phrases;

/* Parses a list, or a single phrase; `where` begins the message: "my-cvae: encoder". */
vae_status vae__phrases_parse(const vae__word_table *table, const char *text, const char *where, vae__phrases *phrases);
vae_status vae__phrase_parse(const vae__word_table *table, const char *text, const char *where, vae__phrase *phrase);

/* Writes phrases as the parser reads them; what is usual is left out. */
void vae__phrases_print(const vae__phrases *phrases, char text[VAE__PHRASE_TEXT]);
void vae__phrase_print(const vae__phrase *phrase, char text[VAE__PHRASE_TEXT]);

/* How a word is written: "dense UNITS [ACTIVATION]". */
void vae__word_usage(const vae__word *word, char *text, size_t size);

const vae__word *vae__word_of(const vae__word_table *table, int index);

#endif
