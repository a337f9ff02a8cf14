/* The declaration that a command line makes of a model: its options change what a variant or a checkpoint declares. */
#ifndef VAE_COMMAND_DECLARE_H
#define VAE_COMMAND_DECLARE_H

#include <float.h>

#include "src/command/source.h"

/* Where the options of a declaration stand in a command's table of options. */
typedef struct vae__declaration_options {
    int latent, encoder, decoder, likelihood, posterior, prior, prior_layers, objective, initial;
    int transform, encoder_transform, condition, missing, fill_value, seen;
    int condition_transform, condition_enters, condition_layers, condition_encoder, condition_decoder, condition_prior;
} vae__declaration_options;

/* In every command that has them: their names in its enum, which has a CONDITION too, their rows, and their places. */
#define VAE__DECLARATION_NAMES                                                                                         \
    LATENT, ENCODER, DECODER, LIKELIHOOD, TRANSFORM, ENCODER_TRANSFORM, CONDITION_TRANSFORM, MISSING, FILL_VALUE,      \
        POSTERIOR, PRIOR, PRIOR_LAYERS, OBJECTIVE, INITIAL, SEEN, CONDITION_ENTERS, CONDITION_LAYERS,                  \
        CONDITION_ENCODER, CONDITION_DECODER, CONDITION_PRIOR
/* clang-format off */
#define VAE__DECLARATION_ROWS                                                                                          \
    [LATENT] = { "latent", "N", VAE__WHOLE, "dimensions of z", NULL, 1, 1e5 },                                         \
    [ENCODER] = { "encoder", "PHRASES", VAE__PHRASES, "hidden layers of q(z|x): \"dense 500 relu, dense 500 relu\"",   \
                  NULL, 0, 0 },                                                                                        \
    [DECODER] = { "decoder", "PHRASES", VAE__PHRASES, "hidden layers of p(x|z)", NULL, 0, 0 },                         \
    [LIKELIHOOD] = { "likelihood", "PHRASE", VAE__TEXT, "p(x|z): \"bernoulli\"", NULL, 0, 0 },                         \
    [TRANSFORM] = { "transform", "PHRASES", VAE__TEXT,                                                                 \
                    "from stored to modelled values: \"unit, binarize\"; \"raw\": none", NULL, 0, 0 },                 \
    [ENCODER_TRANSFORM] = { "encoder-transform", "PHRASES", VAE__TEXT,                                                 \
                            "what the encoder sees [as --transform; of poisson log1p]", NULL, 0, 0 },              \
    [CONDITION_TRANSFORM] = { "condition-transform", "NAME=PHRASES", VAE__TEXTS,                                       \
                              "of a condition of values or an image; may be repeated", NULL, 0, 0 },                   \
    [MISSING] = { "missing", "error|mask", VAE__TEXT, "what becomes of NaN and infinite values: refused, or masked",   \
                  NULL, 0, 0 },                                                                                        \
    [FILL_VALUE] = { "fill-value", "V", VAE__REAL, "stored values of x equal to it are missing, and masked", NULL,     \
                     -DBL_MAX, DBL_MAX },                                                                              \
    [POSTERIOR] = { "posterior", "PHRASE", VAE__TEXT, "family of q(z|x): \"gaussian\"", NULL, 0, 0 },                  \
    [PRIOR] = { "prior", "PHRASE", VAE__TEXT, "p(z): \"standard-normal\"", NULL, 0, 0 },                               \
    [PRIOR_LAYERS] = { "prior-layers", "PHRASES", VAE__PHRASES, "hidden layers of a prior that is learned", NULL, 0,   \
                       0 },                                                                                            \
    [OBJECTIVE] = { "objective", "PHRASE", VAE__TEXT, "what is maximised: \"elbo\", \"iwae samples=5\"", NULL, 0,  \
                    0 },                                                                                               \
    [INITIAL] = { "initial", "PHRASES", VAE__TEXT, "first values: \"normal sigma=0.01, data-bias\" [glorot]", NULL, 0, 0 }, \
    [SEEN] = { "seen", "PHRASES", VAE__TEXT, "a part of x that is given: \"quadrants 1\", \"columns 14 14\"", NULL, 0, \
               0 },                                                                                                    \
    [CONDITION_ENTERS] = { "condition-enters", "NAME=PHRASES", VAE__TEXTS,                                             \
                           "the networks it enters: \"encoder, decoder 2\"", NULL, 0, 0 },                           \
    [CONDITION_LAYERS] = { "condition-layers", "NAME=PHRASES", VAE__TEXTS, "layers of its own before all of them",     \
                           NULL, 0, 0 },                                                                               \
    [CONDITION_ENCODER] = { "condition-encoder", "NAME=PHRASES", VAE__TEXTS, "... and before the encoder", NULL, 0, 0 }, \
    [CONDITION_DECODER] = { "condition-decoder", "NAME=PHRASES", VAE__TEXTS, "... before the decoder", NULL, 0, 0 },   \
    [CONDITION_PRIOR] = { "condition-prior", "NAME=PHRASES", VAE__TEXTS, "... before the prior", NULL, 0, 0 }
/* clang-format on */
#define VAE__DECLARATION_PLACES                                                                                        \
    {                                                                                                                  \
        .latent = LATENT, .encoder = ENCODER, .decoder = DECODER, .likelihood = LIKELIHOOD, .posterior = POSTERIOR,    \
        .prior = PRIOR, .prior_layers = PRIOR_LAYERS, .objective = OBJECTIVE, .initial = INITIAL,                      \
        .transform = TRANSFORM, .encoder_transform = ENCODER_TRANSFORM, .condition = CONDITION, .missing = MISSING,    \
        .fill_value = FILL_VALUE, .seen = SEEN, .condition_transform = CONDITION_TRANSFORM,                            \
        .condition_enters = CONDITION_ENTERS, .condition_layers = CONDITION_LAYERS,                                    \
        .condition_encoder = CONDITION_ENCODER, .condition_decoder = CONDITION_DECODER,                                \
        .condition_prior = CONDITION_PRIOR                                                                             \
    }

/* What is made of them. Strings of `spec` are the call's, the variant's, or here: it is not to be copied. */
typedef struct vae__declared {
    vae_model_spec spec;
    vae__conditions given; /* those of --condition */
    bool changed;          /* there was such an option: what is wrong with a word is wrong usage */
} vae__declared;

/* Changes declared->spec. Conditions that are given take the place of those that are declared: each is taken over where
 * name and kind are the same, and else as its kind has it. Returns VAE__EXIT_DONE or, having said what is wrong,
 * VAE__EXIT_USAGE. */
int vae__declare(const vae__call *call, const vae__declaration_options *at, vae__declared *declared);

/* Reads the declaration's words before data is read, with stand-ins for sizes that the data will give. What only the
 * data can tell is told later. */
int vae__check_words(const vae__call *call, const vae__declared *declared);

/* A checkpoint declares its model itself: refuses an option that would change the declaration. */
int vae__declare_nothing(const vae__call *call, const vae__declaration_options *at);

#endif
