/*
 * The tables of the little language, and how a program adds rows to them.
 *
 * A declaration is made of words, "dense 500 relu" or "gaussian sigma=0.1"; each is a row of a table: the word, how it
 * is written, and the builders that give it its meaning in nodes of <vae/ops.h>. A catalogue brings rows of one's own,
 * which are found before the built-in ones of the same name. So a new likelihood is a file outside the tree:
 *
 *     static const vae_likelihood student = { .word = { .name = "student-t", … }, .heads = …, .log = …, .mean = … };
 *     static const vae_catalogue mine = { .likelihoods = &student, .likelihood_count = 1 };
 *     return vae_main(argc, argv, &mine);
 *
 * Builders are called whenever a graph of the model is made, and return nodes or, after a mistake that the graph keeps,
 * NULL; they check no argument of theirs for NULL, for every builder of <vae/ops.h> passes it on. `arguments` are the
 * word's, in the order of its row.
 */
#ifndef VAE_CATALOGUE_H
#define VAE_CATALOGUE_H

#include <vae/model.h>
#include <vae/ops.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Words ------------------------------------------------------------------------------------------------------- */

#define VAE_MAX_ARGUMENTS 9

typedef enum vae_argument_kind {
    VAE_BARE_COUNT, /* a whole number by its place: "500" */
    VAE_KEY_NUMBER, /* "sigma=0.1" */
    VAE_ACTIVATION, /* "relu"; its value is for vae_activate */
    VAE_KEY_COUNT,  /* "samples=5": a whole number by its name */
    VAE_BARE_SHAPE, /* "4x4", "7x7x64", by its place; its value is for vae_argument_shape */
    VAE_NAMED_SHAPE /* the same behind its name: "stride 2" */
} vae_argument_kind;

typedef struct vae_argument {
    const char *name; /* "UNITS", "sigma" */
    vae_argument_kind kind;
    bool optional; /* then `usual` stands where it is left out */
    double usual;
    double low, high; /* what a number may be, both ends included */
    /* What may stand in a number's place, "sigma=shared", NULL behind the last; low is above 0 then. The first is read
     * as 0, the second as -1, and so on. NULL: numbers alone. */
    const char *const *names;
} vae_argument;

typedef struct vae_word {
    const char *name;                          /* letters, digits and "-" */
    const char *summary;                       /* a line for people */
    vae_argument arguments[VAE_MAX_ARGUMENTS]; /* as many as have a name */
} vae_word;

/* The sizes, 1 to 3, that an argument of a shape's kind stands for, at most 131070 each; those that were not written
 * are -1. Returns how many were written: 0 where a name was, which is below 0. */
VAE_API int vae_argument_shape(double argument, int64_t sizes[3]);

/* The other way round, for what is `usual`: "2x3" is VAE_SHAPE(2, 3, -1). */
#define VAE_SHAPE(a, b, c) ((double)((a) + 1) + 131072.0 * (double)((b) + 1) + 17179869184.0 * (double)((c) + 1))

/* ---- Layers ------------------------------------------------------------------------------------------------------ */

/* The network that a layer is part of. A condition joins the layer that it enters (see <vae/model.h>), as a rule the
 * first; behind the last, or where there is none, that is the heads. */
typedef struct vae_network vae_network;

VAE_API vae_graph *vae_network_graph(const vae_network *network);

/* x · weight + bias + Σ condition · weight_CONDITION (of a class a row of that weight), parameters "NAME/weight",
 * "NAME/bias", "NAME/weight_CONDITION": (rows, n) → (rows, units). The sum is over the conditions that
 * enter this layer, so a layer that makes its units by this function is conditional where it should be. `name` is the
 * one a layer's `build` got, or with vae_network_head the last part of it. */
VAE_API vae_node *vae_network_dense(const vae_network *network, vae_node *x, int64_t units, const char *name);

/* The same behind the last layer: parameters "encoder/mean/weight" for the head "mean" of the encoder. Of a prior `h`
 * is NULL: a head is then made of the prior's own hidden layers, or, where it has none, is bias + Σ condition ·
 * weight_CONDITION: (rows, units), or shared where there are no conditions. */
VAE_API vae_node *vae_network_head(const vae_network *network, vae_node *h, int64_t units, const char *name);

/* Is this the graph of training, where a layer may draw noise, and statistics are those of the batch? */
VAE_API bool vae_network_trains(const vae_network *network);

/* An activation by the value of an argument of kind VAE_ACTIVATION. */
VAE_API vae_node *vae_activate(const vae_network *network, double activation, vae_node *x);

typedef struct vae_layer {
    vae_word word;
    /* x (rows, n) → (rows, m); parameters are named "NAME/…", NAME being the layer's: "encoder/0". x is NULL in the
     * first layer of a network that nothing but conditions goes into (of a prior, of a condition's own way, of a
     * regression); vae_network_dense takes that. */
    vae_node *(*build)(const vae_network *network, const double *arguments, vae_node *x, const char *name);
    /* It has no weights: what enters it joins the next layer that has some. */
    bool weightless;
    /* As the last of a decoder it is made for each head of the likelihood, in the head's name and size: no dense layer
     * follows it. The built-in convolutions are such. */
    bool makes_heads;
} vae_layer;

/* ---- Likelihoods: p(x | z) --------------------------------------------------------------------------------------- */

#define VAE_MAX_HEADS 4

/* The parameters of p(x | z) as nodes, in the likelihood's own order: (rows, size) each, or shared. */
typedef struct vae_heads {
    vae_node *nodes[VAE_MAX_HEADS];
} vae_heads;

typedef struct vae_likelihood {
    vae_word word;
    const char *transform;         /* what suits it, where a declaration names none; NULL: "raw" */
    const char *encoder_transform; /* what then suits the encoder; NULL: the same */
    double low, high;              /* the support of a value: data outside is refused. Both 0: every number */
    bool whole;                    /* … whole numbers alone */
    bool density;                  /* of continuous values: the transform's Jacobian is part of log p(x) */
    vae_heads (*heads)(const vae_network *decoder, const double *arguments, vae_node *h, int64_t size);
    /* log p(x | z), nats of each row, (rows, 1): Σ mask · log p, where mask (rows, size) may be NULL for all. Where it
     * is 0, x is 0, or is seen: a value like others that is a condition. */
    vae_node *(*log)(const double *arguments, vae_node *x, const vae_heads *heads, vae_node *mask);
    vae_node *(*mean)(const double *arguments, const vae_heads *heads); /* E x, (rows, size) */
    /* x drawn, by noise nodes with labels that begin with "draw". NULL: this likelihood gives means alone. */
    vae_node *(*draw)(const double *arguments, vae_graph *graph, const vae_heads *heads);
    double (*highest)(const double *arguments); /* in place of `high`, where arguments tell; NULL: `high` */
    /* For "data-bias": the head whose bias alone gives x a mean, and the bias that gives it this one. NULL: none. */
    const char *bias_head;
    double (*bias_of)(double mean);
} vae_likelihood;

/* ---- Posteriors q(z | x) and priors p(z) ------------------------------------------------------------------------- */

typedef struct vae_posterior_nodes {
    vae_node *mean, *logvar; /* (rows, size) each; what vae_encoder_run hands out */
} vae_posterior_nodes;

typedef struct vae_posterior {
    vae_word word;
    vae_posterior_nodes (*heads)(const vae_network *encoder, const double *arguments, vae_node *h, int64_t size);
    vae_node *(*sample)(const double *arguments, const vae_posterior_nodes *q, vae_node *noise); /* noise ~ N(0, 1) */
    vae_node *(*log)(const double *arguments, const vae_posterior_nodes *q, vae_node *z); /* log q(z | x), (rows, 1) */
    /* Of each training row a set of its own, and no encoder: `h` is then the row's number in the training split,
     * (rows, 1), see vae_gather, and arguments[0] how many rows there are; 0 in a declaration: the data's. */
    bool per_example;
} vae_posterior;

/* `prior` is a network of the conditions alone: its heads are parameters "prior/NAME/…". */
typedef struct vae_prior {
    vae_word word;
    /* KL(q ‖ p), nats of each row. NULL: it is estimated with the sample of z, as log q(z | x) − log p(z)
     * (estimator A of Kingma, Welling 2014, equation 6). */
    vae_node *(*kl)(const vae_network *prior, const double *arguments, const vae_posterior_nodes *q);
    vae_node *(*log)(const vae_network *prior, const double *arguments, vae_node *z); /* log p(z), (rows, 1) */
    /* z from noise ~ N(0, T²), T being the temperature. NULL: z is the noise. */
    vae_node *(*sample)(const vae_network *prior, const double *arguments, vae_node *noise);
    /* KL(q ‖ p) of each dimension of z, (rows, size): its sum is `kl`. NULL: an objective that wants it is refused. */
    vae_node *(*kl_dimensions)(const vae_network *prior, const double *arguments, const vae_posterior_nodes *q);
} vae_prior;

/* ---- Objectives: what is maximised, for each example ------------------------------------------------------------- */

/* New members go last. */
typedef struct vae_terms {
    vae_node *reconstruction; /* log p(x | z), z drawn from q(z | x), a row for each sample: (rows, 1), R = samples */
    vae_node *kl;             /* KL(q(z | x) ‖ p(z)), one row for each example: (rows, 1), R = 1 */
    /* What an objective has only if it `needs` it: */
    vae_node *kl_dimensions;             /* its part in each dimension of z: (rows, size), R = 1 */
    vae_node *log_prior, *log_posterior; /* log p(z) and log q(z | x) of the samples: (rows, 1), R = samples */
    vae_node *epoch;                     /* epochs done before this step, fractions of one too: (rows, 1), R = 1 */
} vae_terms;

/* What an objective is made of, beside a single sample's terms. New members go last. */
typedef struct vae_needs {
    int64_t samples;    /* of z, for each example; 0: 1 */
    bool densities;     /* log_prior, log_posterior */
    bool kl_dimensions; /* of which not every prior knows, and no graph by hand */
    bool epoch;
    bool no_latents; /* a regression: there is no z, and `reconstruction` is log p(x | conditions), with R = 1 */
} vae_needs;

typedef struct vae_objective {
    vae_word word;
    vae_node *(*build)(const double *arguments, const vae_terms *terms); /* (rows, 1), R = 1 */
    vae_needs (*needs)(const double *arguments);                         /* NULL: nothing more */
} vae_objective;

/* ---- The catalogue ----------------------------------------------------------------------------------------------- */

/* What a program adds to the built-in tables; see vae_main, vae_model_new, vae_model_load. It and its rows are
 * borrowed, and outlive the models that were made with it. New members go last. */
struct vae_catalogue {
    const vae_model_spec *models;
    int model_count;
    const vae_layer *layers;
    int layer_count;
    const vae_likelihood *likelihoods;
    int likelihood_count;
    const vae_posterior *posteriors;
    int posterior_count;
    const vae_prior *priors;
    int prior_count;
    const vae_objective *objectives;
    int objective_count;
    const vae_op *ops; /* those of one input and no shape rule are activations: "dense 500 my-op" */
    int op_count;
};

/* Is every row in order: a name, and the functions that it must have? The message names table and row. vae_main and
 * vae_model_new ask. */
VAE_API vae_status vae_catalogue_check(const vae_catalogue *catalogue);

/* The named variants: the catalogue's (NULL: none), then the built-in ones. */
VAE_API int vae_model_count(const vae_catalogue *catalogue);
VAE_API const vae_model_spec *vae_model_at(const vae_catalogue *catalogue, int index);
VAE_API const vae_model_spec *vae_model_find(const vae_catalogue *catalogue, const char *name); /* or NULL */

/* A line for each word of the little language: its table ("layer"), how it is written ("dense UNITS [ACTIVATION]"),
 * what it is. Returns false behind the last. */
typedef struct vae_word_help {
    const char *table, *name, *summary;
    char usage[128];
} vae_word_help;
VAE_API bool vae_word_at(const vae_catalogue *catalogue, int index, vae_word_help *help);

#ifdef __cplusplus
}
#endif
#endif
