/* The record of a training: all that a checkpoint holds beside the model. src/train fills it, src/checkpoint keeps it.
 */
#ifndef VAE_CHECKPOINT_TRAINING_H
#define VAE_CHECKPOINT_TRAINING_H

#include <vae/train.h>

#include "models/model.h"
#include "models/optimizers.h"
#include "models/schedules.h"

/* What may be a column of the history, in the order of the file. Names are fixed, so that a file brings no text of its
 * own. */
enum {
    VAE__STEP,
    VAE__EXAMPLES_SEEN,
    VAE__EPOCH,
    VAE__TRAIN_ELBO,
    VAE__TRAIN_RECONSTRUCTION,
    VAE__TRAIN_KL,
    VAE__TRAIN_OBJECTIVE,
    VAE__TRAIN_SKIPPED,
    VAE__TRAIN_WEIGHT_PRIOR,
    VAE__VALIDATION_ELBO,
    VAE__VALIDATION_RECONSTRUCTION,
    VAE__VALIDATION_KL,
    VAE__LEARNING_RATE,
    VAE__SECONDS,
    VAE__MAX_COLUMNS
};

/* What a clip or the σ of a prior may be; 0 and infinity are none. */
#define VAE__BOUND_LEAST 1e-9
#define VAE__BOUND_MOST  1e9

/* Bounds of a training: with them places in the schedule fit 64 bits. */
enum { VAE__MAX_EPOCHS = 1000000000, VAE__MAX_BATCH = 1000000 };

typedef struct vae__history_name {
    const char *name, *units, *description;
} vae__history_name;

extern const vae__history_name vae__history_names[VAE__MAX_COLUMNS];

typedef struct vae__history {
    int64_t rows;
    size_t capacity;
    double *columns[VAE__MAX_COLUMNS]; /* by place in vae__history_names; NULL: this history does not have it */
} vae__history;

/* Sums over the examples of the epoch under way, so that its figures survive a stop in the middle; and what was passed
 * over, for something was not finite. */
typedef struct vae__partial {
    int64_t examples;
    double reconstruction, kl, objective;
    int64_t skipped, skipped_examples; /* steps, and the examples of their batches */
} vae__partial;

/* How a gradient becomes a step. */
typedef struct vae__method {
    vae__phrase optimizer;
    vae__phrases schedule;
    char *optimizer_text, *schedule_text; /* as the printer of the little language has them */
    double clip_norm, clip_value;         /* 0: none */
    double weight_prior;                  /* its σ; 0: none */
} vae__method;

struct vae_training {
    vae_model *model;
    int64_t batch_size;
    double learning_rate; /* before the schedule */
    vae__method method;
    uint64_t seed;
    bool bf16;           /* of the precision; else float32 */
    int64_t epoch, step; /* done */
    int64_t skipped;     /* steps among them that changed nothing */
    int64_t epochs;      /* in all, as vae_train was last asked; 0: it never was */
    vae__partial partial;
    char *command_line;
    /* The data: what it is, and where it lies. */
    char *source;   /* for people */
    char **sources; /* to open it again, in one piece of memory; NULL: older files do not tell */
    int source_count;
    char *x_path, *condition_paths[VAE_MAX_CONDITIONS], *mask_path; /* NULL: the source knows, or there is none */
    bool allow_external;
    char digest[17];
    int64_t rows[VAE_SPLITS];
    bool validation_held_out;
    vae_division division; /* `by` is owned */
    unsigned char *splits; /* of each row in the source's order; NULL: those of a split lie together, in their order */
    float *states[VAE__STATES]; /* the optimiser's arrays, laid out as the store's parameters; NULL: no more */
    vae__history history;
    const char *kernels; /* told of those it was last trained with; a constant. NULL: it was not, here */
};

/* A record of a model, which it takes over on success (*model is then NULL): no optimiser and no schedule, no history,
 * strings "", and every number 0. */
vae_status vae__training_make(vae_model **model, vae_training **training);

/* Takes an optimiser over, with its arrays, of zeros; or a schedule. On failure the training is as before. */
vae_status vae__training_take_optimizer(vae_training *training, const vae__phrase *optimizer);
vae_status vae__training_take_schedule(vae_training *training, const vae__phrases *schedule);

/* What the next step, or any other, is multiplied by: learning rate and schedule; `step` is that in its epoch, from 0.
 */
double vae__training_rate(const vae_training *training, int64_t epoch, int64_t step);

/* Steps an epoch has; 0: there are no rows or no batches. */
int64_t vae__training_steps(const vae_training *training);

/* The words for a precision; false for one that is none. */
const char *vae__precision_name(bool bf16);
bool vae__precision_find(const char *name, bool *bf16);

/* Where the data lies and how it was divided, as a training keeps it. Strings are borrowed. */
typedef struct vae__data_place {
    const char *source;
    const char *const *sources;
    int source_count;
    const char *x_path, *condition_paths[VAE_MAX_CONDITIONS], *mask_path;
    bool allow_external;
} vae__data_place;

/* Copies it. On failure what the training had stays. */
vae_status vae__training_place(vae_training *training, const vae__data_place *place);

/* All rows there are. */
int64_t vae__training_rows(const vae_training *training);

/* Takes over the split of each row, NULL or not; what lies together is not kept. */
void vae__training_take_splits(vae_training *training, unsigned char *splits);

/* The split of each row, in the source's order; there is room for vae__training_rows. */
void vae__training_splits(const vae_training *training, unsigned char *splits);

/* A column that is there where, and only where, there are validation rows. */
bool vae__history_is_validation(int column);

/* A column that a history may lack: the objective is not told twice where it is the elbo, and not every training has a
 * prior of weights. */
bool vae__history_is_optional(int column);

/* Do place in the schedule, history and splits agree, as they do in every training that vae_train has trained? Asked of
 * what a file brought and before training goes on. The message begins with `where`. */
vae_status vae__training_check(const vae_training *training, const char *where);

/* Adds a row: a value for each column of the history in `values` (by place in vae__history_names); `present` says which
 * columns a new history has, and must say the same of one that has rows. On failure the history is as before. */
vae_status vae__history_append(vae__history *history, const bool *present, const double *values);

#endif
