/*
 * The little language: phrases with commas between, each a word of a table and its arguments.
 *
 *     dense 500 relu, dense 500 relu        gaussian sigma=0.1        scale=0.001, binarize
 *
 * An argument that has its word's name is written "scale=0.001". One parser, one printer, one place for messages. A
 * table is an array of rows that begin with a vae_word, behind those that a program brings.
 */
#ifndef VAE_MODELS_LANGUAGE_H
#define VAE_MODELS_LANGUAGE_H

#include <stddef.h>
#include <vae/catalogue.h>
#include <vae/status.h>

enum { VAE__MAX_PHRASES = 32, VAE__PHRASE_TEXT = 64 * VAE__MAX_PHRASES, VAE__USAGE_TEXT = 128 };

typedef struct vae__word_table {
    const char *what; /* "layer" */
    const void *rows;
    size_t row_bytes;
    int count;
    const void *brought; /* rows that are looked at first */
    int brought_count;
    const vae_catalogue *catalogue; /* whose ops are activations; may be NULL */
} vae__word_table;

/* A phrase: the row of its word, and a value for each argument (of an activation: its number). */
typedef struct vae__phrase {
    const void *row;
    double arguments[VAE_MAX_ARGUMENTS];
} vae__phrase;

typedef struct vae__phrases {
    int count;
    vae__phrase phrases[VAE__MAX_PHRASES];
} vae__phrases;

/* Parses a list, or a single phrase; `where` begins the message: "my-cvae: encoder". */
vae_status vae__phrases_parse(const vae__word_table *table, const char *text, const char *where, vae__phrases *phrases);
vae_status vae__phrase_parse(const vae__word_table *table, const char *text, const char *where, vae__phrase *phrase);

/* Writes phrases as the parser reads them; what is usual is left out. */
void vae__phrases_print(const vae__word_table *table, const vae__phrases *phrases, char text[VAE__PHRASE_TEXT]);
void vae__phrase_print(const vae__word_table *table, const vae__phrase *phrase, char text[VAE__PHRASE_TEXT]);

/* How a word is written: "dense UNITS [ACTIVATION]". */
void vae__word_usage(const vae_word *word, char *text, size_t size);

/* The words of a table, those brought first; NULL behind the last. */
const vae_word *vae__word_of(const vae__word_table *table, int index);

#endif
