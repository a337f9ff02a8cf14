/*
 * Models: a variant is declared as plain data, and sizes that are left at zero are taken from the data.
 *
 * Phrases such as "dense 500 relu, dense 500 relu" are in the little language that declaration, command line and
 * checkpoint share: phrases with commas between, each a word of a table and its arguments. `vae models --words` lists
 * the tables; <vae/catalogue.h> tells how to bring words of one's own.
 */
#ifndef VAE_MODEL_H
#define VAE_MODEL_H

#include <vae/data.h>
#include <vae/graph.h>

#define VAE_MAX_CONDITIONS 8
#define VAE_MAX_LATENTS    4

/* What becomes of values of x that are missing: not finite, or equal to the fill value. */
typedef enum vae_missing {
    VAE_MISSING_ERROR, /* a NaN or an infinite value is refused, with its row */
    VAE_MISSING_MASK   /* it is masked: no part of the likelihood, and 0 for the encoder */
} vae_missing;

/* What is modelled. New members go last. */
typedef struct vae_x_spec {
    int64_t shape[VAE_MAX_RANK]; /* of an example, as many dimensions as are not 0; all 0: the data's */
    const char *likelihood;      /* p(x | z): "bernoulli", "gaussian", "gaussian sigma=0.1"; NULL: "bernoulli" */
    const char *transform;       /* from stored to modelled values: "unit, binarize"; NULL: what suits the likelihood */
    const char *encoder_transform; /* from stored values to what the encoder sees; NULL: what the likelihood scores, or,
                                      where `transform` is NULL too, what suits the likelihood */
    vae_missing missing;
    bool has_fill_value;
    double fill_value; /* with has_fill_value: stored values equal to it are missing, and masked */
    vae_type type; /* how the data stores it that the model was made with; what "unit" and units mean in encoding and
                      decoding */
} vae_x_spec;

/* What is given: q(z | x, …) and p(x | z, …). New members go last. */
typedef struct vae_condition_spec {
    const char *name;
    vae_field_kind kind;
    int64_t size;                /* classes, or values; 0: the data's */
    int64_t shape[VAE_MAX_RANK]; /* of a VAE_IMAGE; all 0: the data's */
    const char *transform;       /* of a VAE_VALUES or VAE_IMAGE; NULL: "standardize", or "unit" of an image of uint8 */
    /* Of a VAE_CLASS: what each class is in the data, `size` texts. NULL: the data's; or, where those are the numbers
     * from 0 on, the numbers. */
    const char *const *levels;
    vae_type type; /* as x's */
    /* This condition is a part of x itself, "quadrants 1", "columns 14 14": what is seen of it. The likelihood is of
     * the rest alone, while the encoder sees all of x. Its values are those of x as the encoder sees them, and -1
     * where x is hidden; kind, size and shape are x's, and the transform is the encoder's. NULL: it is a field of its
     * own. */
    const char *of_x;
    /* The networks that it enters, and the layer of each that it joins, from 0: "encoder, decoder 2, prior". Behind the
     * last layer stand the heads. NULL: all three, at the first layer. */
    const char *enters;
    /* Layers of its own on the way there: those of all networks, computed once (parameters "conditions/NAME/0/..."),
     * and behind them those of one ("conditions/NAME/encoder/0/..."). NULL: none. */
    const char *layers, *encoder_layers, *decoder_layers, *prior_layers;
    /* Of a part of x: where x is hidden, the condition has what a regression answers (Sohn, Lee, Yan 2015, section 4.4)
     * in the place of -1. These are its hidden layers; its parameters are state, "baseline/0/weight_NAME", that no
     * training changes: vae_model_start_from takes them from the decoder of a model whose objective is "none". NULL: no
     * such thing. */
    const char *baseline;
} vae_condition_spec;

/* A stochastic layer. The first, z1, is what x is decoded from; the encoder of each further one sees the one before it:
 * q(z2 | z1, ...) and p(z1 | z2, ...) have hidden layers of their own (parameters "encoder2/0/...", "decoder2/0/...").
 * New members go last. */
typedef struct vae_latent_spec {
    int64_t size;                  /* dimensions of z */
    const char *encoder, *decoder; /* of the second and further: hidden layers; NULL: none */
} vae_latent_spec;

typedef struct vae_build vae_build;

/* What a declaration is trained with where nobody says otherwise: members are those of vae_training_options and
 * vae_train_options, and 0 or NULL what is usual there. It is no part of a stored model; a training keeps what it used.
 * New members go last. */
typedef struct vae_recipe {
    int64_t epochs; /* for `vae train` alone; a program tells vae_train */
    int64_t batch_size;
    double learning_rate;
    const char *optimizer, *schedule;
    double clip_norm, clip_value, weight_prior;
} vae_recipe;

/* A declaration. New members go last. */
typedef struct vae_model_spec {
    const char *name;    /* as given to `vae train` */
    const char *summary; /* a line for people */
    vae_x_spec x;
    vae_condition_spec conditions[VAE_MAX_CONDITIONS]; /* as many as have a name */
    vae_latent_spec latents[VAE_MAX_LATENTS];          /* as many as have a size: a hierarchy */
    const char *encoder;                               /* hidden layers of q(z | x), first to last */
    const char *decoder;                               /* hidden layers of p(x | z) */
    const char *posterior;                             /* NULL: "gaussian", with diagonal covariance */
    const char *prior;                                 /* NULL: "standard-normal" */
    const char *objective;                             /* NULL: "elbo" */
    void (*build)(vae_build *build); /* builds the graph node by node, in place of encoder, decoder, posterior and
                                        prior, which are then NULL; see vae_build */
    const char *prior_layers;        /* hidden layers of a prior that is learned, p(z | conditions); NULL: none */
    /* First values of parameters: "normal sigma=0.01, data-bias"; NULL: as the layers have it. */
    const char *initial;
    vae_recipe recipe; /* how `name` is trained */
} vae_model_spec;

/* What a program adds to the built-in tables: <vae/catalogue.h>. */
typedef struct vae_catalogue vae_catalogue;

#ifdef __cplusplus
extern "C" {
#endif

/* A model: a resolved declaration and its parameters. */
typedef struct vae_model vae_model;

/*
 * Resolves a declaration against data (NULL: every size must be declared), gives the parameters their first values from
 * the seed, and fits what transforms fit (means, deviations) to the training rows. `catalogue` may be NULL. Strings are
 * copied; the catalogue's rows are borrowed. The caller owns *model. Fails with VAE_ERROR_DECLARATION and a line that
 * names model, item and word ("my-cvae: encoder: layer 2: "dens": no such layer; there are dense"), or with
 * VAE_ERROR_DATA where data and declaration do not fit.
 */
VAE_API vae_status vae_model_new(const vae_model_spec *spec, const vae_catalogue *catalogue, const vae_data *data,
                                 uint64_t seed, vae_model **model);
VAE_API void vae_model_free(vae_model **model);

/* The declaration with nothing left open: every size and phrase is there, as the printer of the little language has it.
 */
VAE_API const vae_model_spec *vae_model_declaration(const vae_model *model);

VAE_API vae_store *vae_model_store(vae_model *model);     /* borrowed: the parameters by name */
VAE_API int64_t vae_model_x_size(const vae_model *model); /* values of an example */

/*
 * Starts a model from another's parameters and fitted constants: each tensor that both have in one shape takes the
 * values of `from`; of a class's weights the rows, level by level, so that a level that `from` does not know keeps its
 * first values. A tensor of one name and two shapes is refused, and nothing is changed. *taken (unless NULL) becomes
 * the number of tensors that took values.
 *
 * Where `from` is a regression, and the model has a condition with a baseline, it is the baseline alone that takes
 * values, from all of the regression's decoder; part of x, likelihood and transform must be the same.
 */
VAE_API vae_status vae_model_start_from(vae_model *model, const vae_model *from, int *taken);

/* ---- A graph built by hand --------------------------------------------------------------------------------------- */

/*
 * What a declaration's `build` is given, and its outputs by name. It is called for every graph that is needed of a
 * model, and each time builds what the inputs that are there allow:
 *
 *     x and noise   training, evaluation, encoding: encoder, z from noise, decoder
 *     z             sampling and decoding: the decoder alone, from the latents given; x is NULL
 *
 * Parameters have names, and the same name is the same parameter in all of them. An output that stays NULL is one that
 * the model does not have; what needs it is then refused, by name.
 */
struct vae_build {
    /* Given: */
    vae_graph *graph;
    const vae_model_spec *spec;               /* resolved: shapes and sizes are there */
    int64_t x_size;                           /* values of an example */
    vae_node *x;                              /* as the likelihood scores it, (rows, x_size); or NULL */
    vae_node *encoder_x;                      /* as the encoder sees it; mostly the same node */
    vae_node *mask;                           /* 1 scored; 0 missing, or seen (.of_x); NULL: all are scored */
    vae_node *conditions[VAE_MAX_CONDITIONS]; /* of a class its number, (rows, 1): see vae_gather; else (rows, size) */
    vae_node *noise;                          /* N(0, 1), (rows, size of z), beside x */
    vae_node *z;                              /* given latents, (rows, size of z), without x */
    /* Outputs: */
    vae_node *mean, *logvar;  /* of q(z | x): (rows, size of z); beside x */
    vae_node *reconstruction; /* log p(x | z), nats of each row, (rows, 1); beside x */
    vae_node *kl;             /* KL(q(z | x) ‖ p(z)), (rows, 1); beside x */
    vae_node *log_prior;      /* log p(z) and log q(z | x) of the z used, (rows, 1); beside x; for the NLL and those
                                 objectives that want them: "iwae samples=5" */
    vae_node *log_posterior;
    vae_node *x_mean; /* E[x | z], (rows, x_size); always */
    vae_node *x_draw; /* x drawn from p(x | z), by noise nodes of its own; may stay NULL */
};

#ifdef __cplusplus
}
#endif
#endif
