/* The model from within: what the floors above models/ need of it. */
#ifndef VAE_MODELS_MODEL_H
#define VAE_MODELS_MODEL_H

#include <vae/catalogue.h>
#include <vae/model.h>
#include <vae/ops.h>

#include "models/language.h"

/* What a class may be: so many classes; where they have texts, fewer, and so many bytes of each. Data, declarations and
 * checkpoints are held to the same, so that what can be trained can be loaded. */
enum { VAE__CLASSES_MAX = 1000000, VAE__LEVELS_MAX = 65536, VAE__LEVEL_LENGTH = 1000 };

/* The networks that a condition may enter. */
typedef enum vae__network_place { VAE__ENCODER, VAE__DECODER, VAE__PRIOR_NETWORK, VAE__NETWORKS } vae__network_place;

/* A condition of a model, with what is done to its values. */
typedef struct vae__model_field {
    int64_t size; /* values of a row; of a class how many there are */
    vae__phrases transform;
    vae__phrases layers, layers_into[VAE__NETWORKS]; /* of its own */
    int enters[VAE__NETWORKS];                       /* the layer that it joins; -1: it does not enter */
    vae__phrases baseline;                           /* of a part of x, its layers; none: there is no baseline */
    bool has_baseline;
    double *seen; /* of a part of x: 1 where x is seen, 0 where it is hidden; NULL: a field of its own */
} vae__model_field;

struct vae_model {
    vae_model_spec declaration; /* resolved; its strings are owned */
    const vae_catalogue *catalogue;
    int condition_count, latent_count; /* no latents: a regression */
    bool regresses;
    int x_rank;
    int64_t x_size;
    vae__phrases encoder, decoder, prior_layers, initial;
    vae__phrases latent_encoders[VAE_MAX_LATENTS], latent_decoders[VAE_MAX_LATENTS]; /* behind the first */
    vae__phrases transform, encoder_transform;
    bool one_transform; /* the encoder sees what the likelihood scores */
    vae__model_field conditions[VAE_MAX_CONDITIONS];
    vae__phrase likelihood, posterior, prior, objective;
    vae_store *store;
};

/* A model of a declaration that leaves no size open. Every parameter is in the store, and zero; so is all state. */
vae_status vae__model_declare(const vae_model_spec *spec, const vae_catalogue *catalogue, vae_model **model);

/* The same of a declaration that is not trusted: one with more than `most` values of parameters and state is refused
 * before there is room for them. 0: no bound. */
vae_status vae__model_declare_within(const vae_model_spec *spec, const vae_catalogue *catalogue, size_t most,
                                     vae_model **model);

/* Has each training row a posterior of its own? Then there is none of any other row. */
bool vae__is_per_example(const vae_model *model);

/* The place of the condition that is a part of x; -1: there is none. */
int vae__model_seen_place(const vae_model *model);

/* The condition that a baseline completes; NULL: there is none. And is there one that was not started from any
 * regression? */
const vae_condition_spec *vae__model_baseline(const vae_model *model);
bool vae__model_lacks_baseline(const vae_model *model);

/* State that no data was there to fit: means of 0, deviations of 1. */
void vae__model_unfitted(vae_model *model);

/* What a graph of a model is for. */
typedef enum vae__graph_kind {
    VAE__TRAINING,       /* the objective, and its terms as means over the batch */
    VAE__EVALUATION,     /* the terms for each example, the posterior means, and how many values were observed */
    VAE__WEIGHTS,        /* log p(x | z) + log p(z) − log q(z | x) for `samples` draws of each example */
    VAE__PRIOR_WEIGHTS,  /* log p(x | z) for `samples` draws of z from the prior; a graph by hand has none */
    VAE__SAMPLING,       /* from z, drawn, to x */
    VAE__ENCODING,       /* from x to q(z | x); transforms that draw are left out, so binarised data stays grey */
    VAE__DECODING,       /* from z, bound, to the mean of x */
    VAE__RECONSTRUCTION, /* from x, grey, by the mean of q(z | x), to the mean of x */
    VAE__COMPLETION,     /* from the conditions of x, by `samples` draws of z from the prior, to x */
    VAE__FIELDS          /* the transforms alone: for fitting and for checking data */
} vae__graph_kind;

typedef struct vae__graph_request {
    vae__graph_kind kind;
    vae_type x_type;                              /* how the data to be bound is stored: uint8 is divided by 255 */
    vae_type condition_types[VAE_MAX_CONDITIONS]; /* … and each condition */
    bool masked;                                  /* a mask will be bound */
    int64_t samples;                              /* VAE__WEIGHTS, VAE__PRIOR_WEIGHTS, VAE__COMPLETION */
    double temperature;                           /* VAE__SAMPLING */
    bool draw;                                    /* VAE__SAMPLING, VAE__COMPLETION: x is drawn, not its mean */
    bool kl_dimensions;                           /* VAE__EVALUATION: those too, where the prior knows of them */
    bool enters; /* parameters and state may be new to the store; of VAE__FIELDS everything is kept */
} vae__graph_request;

/* A value of a field on its way through the transforms, and what it must be there. */
typedef struct vae__check_point {
    const char *what; /* "bernoulli", "log1p" */
    int field;        /* a condition's place, or -1 for x */
    vae_node *node;
    double low, high; /* both 0: every finite number */
    bool whole;
} vae__check_point;

/* A transform with fitted state: what it is fitted to, and where the state is. */
typedef struct vae__fit_point {
    int field;
    vae_node *values, *mask;      /* the mask is NULL where all are observed */
    const char *mean, *deviation; /* names in the store */
    const char *bias_head;        /* … or the decoder's head whose bias it is, where the first two are NULL, */
    double (*bias_of)(double mean);
} vae__fit_point;

/* Each transform of each field, and what is before and behind them. */
enum { VAE__MAX_POINTS = (2 + VAE_MAX_CONDITIONS) * (VAE__MAX_PHRASES + 2) };

/* State that follows a value of the batch in training: state += momentum · (value − state) behind every step. */
typedef struct vae__track {
    vae_node *state, *value;
    double momentum;
} vae__track;

enum { VAE__MAX_TRACKS = 128 };

/* A compiled graph of a model; nodes that its kind does not have are NULL. Everything but the inputs is kept. */
typedef struct vae__model_graph {
    vae_graph *graph;
    vae_program *program;
    vae_node *x;                              /* an input */
    vae_node *mask;                           /* an input, with request.masked */
    vae_node *conditions[VAE_MAX_CONDITIONS]; /* inputs */
    vae_node *row;       /* an input, where the posterior is a table: the row's number in the training split */
    vae_node *epoch;     /* VAE__TRAINING, an input where the objective wants it: epochs done, a float32 for
                            each example */
    vae_node *z;         /* VAE__SAMPLING: noise, before the temperature; VAE__DECODING: an input */
    vae_node *objective; /* shared */
    vae_node *reconstruction, *kl; /* for each example, or shared with VAE__TRAINING */
    vae_node *mean, *logvar;       /* of q(z | x) */
    vae_node *kl_dimensions;       /* for each example; NULL: not wanted, or the prior has none */
    vae_node *log_weight;          /* samples rows per example; VAE__PRIOR_WEIGHTS: log p(x | z) */
    vae_node *observed;            /* values of x that were, of each example; NULL: all of them */
    vae_node *observed_mask;       /* … and VAE__COMPLETION: which they are; NULL: all */
    vae_node *modelled; /* VAE__RECONSTRUCTION: x as the likelihood scores it, grey; VAE__COMPLETION: not grey */
    vae_node *x_mean;   /* E[x | z] or, drawn, x, as modelled: in [0, 1] for a Bernoulli. Samples rows per example
           with VAE__COMPLETION, and so the two below */
    vae_node *x_units;  /* the same in the data's own units, as far as transforms can be undone */
    vae_node *z_used;   /* VAE__SAMPLING, VAE__COMPLETION: z as the decoder got it, with temperature and prior */
    vae__check_point checks[VAE__MAX_POINTS]; /* VAE__FIELDS */
    int check_count;
    vae__fit_point fits[VAE__MAX_POINTS]; /* VAE__FIELDS */
    int fit_count;
    vae__track tracks[VAE__MAX_TRACKS]; /* VAE__TRAINING */
    int track_count;
} vae__model_graph;

/* Does an evaluation give the KL of each dimension of z? Not of a hierarchy, nor by hand, nor of every prior. */
bool vae__model_tells_dimensions(const vae_model *model);

/* Has this model that kind of graph at all? Told before any work; vae__model_graph_new asks as well. */
vae_status vae__model_graph_check(const vae_model *model, const vae__graph_request *request);
vae_status vae__model_graph_new(const vae_model *model, const vae__graph_request *request, vae__model_graph *built);
void vae__model_graph_clear(vae__model_graph *built);

#endif
