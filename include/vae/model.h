/*
 * Models: a variant is declared as plain data, and sizes that are left at zero are taken from the data.
 *
 * Phrases such as "dense 500 relu, dense 500 relu" are in the little language that declaration, command line and
 * checkpoint share: phrases with commas between, each a word of a table and its arguments. `vae models --words` lists
 * the tables.
 */
#ifndef VAE_MODEL_H
#define VAE_MODEL_H

#include <vae/data.h>
#include <vae/graph.h>

#define VAE_MAX_CONDITIONS 8
#define VAE_MAX_LATENTS    4

/* What is modelled. */
typedef struct vae_x_spec {
    int64_t shape[VAE_MAX_RANK]; /* of an example, as many dimensions as are not 0; all 0: the data's */
    const char *likelihood;      /* p(x | z): "bernoulli", "gaussian", "gaussian sigma=0.1"; NULL: "bernoulli" */
    const char *transform;       /* from stored to modelled values: "unit, binarize"; NULL: what suits the likelihood */
} vae_x_spec;

/* What is given: q(z | x, …) and p(x | z, …). */
typedef struct vae_condition_spec {
    const char *name;
    vae_field_kind kind; /* VAE_CLASS in this version */
    int64_t size;        /* classes; 0: the data's */
} vae_condition_spec;

typedef struct vae_latent_spec {
    int64_t size; /* dimensions of z */
} vae_latent_spec;

/* A declaration. New members go last. */
typedef struct vae_model_spec {
    const char *name;    /* as given to `vae train` */
    const char *summary; /* a line for people */
    vae_x_spec x;
    vae_condition_spec conditions[VAE_MAX_CONDITIONS]; /* as many as have a name */
    vae_latent_spec latents[VAE_MAX_LATENTS];          /* one in this version */
    const char *encoder;                               /* hidden layers of q(z | x), first to last */
    const char *decoder;                               /* hidden layers of p(x | z) */
    const char *posterior;                             /* NULL: "gaussian", with diagonal covariance */
    const char *prior;                                 /* NULL: "standard-normal" */
    const char *objective;                             /* NULL: "elbo" */
} vae_model_spec;

/* What a program adds to the built-in tables; see vae_main. New members go last. */
typedef struct vae_catalogue {
    const vae_model_spec *models;
    int model_count;
} vae_catalogue;

#ifdef __cplusplus
extern "C" {
#endif

/* The named variants: the catalogue's (NULL: none), then the built-in ones. */
VAE_API int vae_model_count(const vae_catalogue *catalogue);
VAE_API const vae_model_spec *vae_model_at(const vae_catalogue *catalogue, int index);
VAE_API const vae_model_spec *vae_model_find(const vae_catalogue *catalogue, const char *name); /* or NULL */

/* A line for each word of the little language: its table ("layer"), how it is written ("dense UNITS [ACTIVATION]"),
 * what it is. Returns 0 behind the last, else 1. */
typedef struct vae_word_help {
    const char *table, *name, *summary;
    char usage[96];
} vae_word_help;
VAE_API int vae_word_at(int index, vae_word_help *help);

/* A model: a resolved declaration and its parameters. */
typedef struct vae_model vae_model;

/*
 * Resolves a declaration against data (NULL: every size must be declared) and gives the parameters their first values
 * from the seed. Strings are copied. The caller owns *model. Fails with VAE_ERROR_DECLARATION and a line that names
 * model, item and word ("my-cvae: encoder: layer 2: "dens": no such layer; there are dense"), or with VAE_ERROR_DATA
 * where data and declaration do not fit.
 */
VAE_API vae_status vae_model_new(const vae_model_spec *spec, const vae_data *data, uint64_t seed, vae_model **model);
VAE_API void vae_model_free(vae_model **model);

/* The declaration with nothing left open: every size and phrase is there, as the printer of the little language has it.
 */
VAE_API const vae_model_spec *vae_model_declaration(const vae_model *model);

VAE_API vae_store *vae_model_store(vae_model *model);     /* borrowed: the parameters by name */
VAE_API int64_t vae_model_x_size(const vae_model *model); /* values of an example */

#ifdef __cplusplus
}
#endif
#endif
