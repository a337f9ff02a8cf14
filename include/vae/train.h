/*
 * Training: steps along the gradient of the mean objective of shuffled mini-batches, Adam's unless told otherwise. For
 * one build and one kind of processor the result has the same bits whatever the number of threads, and whether or not
 * training was stopped and resumed.
 */
#ifndef VAE_TRAIN_H
#define VAE_TRAIN_H

#include <signal.h>
#include <vae/data.h>
#include <vae/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A model under training: with its optimiser's state, its place in the schedule, and its history. All of it is in a
 * checkpoint. */
typedef struct vae_training vae_training;

/* What a run is a function of, together with model and data. What is 0 or NULL is as the model's recipe has it (see
 * vae_recipe), or, where that says nothing, the usual. New members go last. */
typedef struct vae_training_options {
    int64_t batch_size;       /* examples; usually 128 */
    double learning_rate;     /* usually 0.001 */
    uint64_t seed;            /* of the order of examples and of all noise */
    const char *command_line; /* kept for the record; copied; may be NULL */
    const char *precision;    /* "float32"; "bf16": matrix products round their factors to bfloat16, while sums,
                                 parameters and optimiser stay float32. NULL: "float32" */

    /* How a gradient becomes a step, in the little language; `vae models --words` lists the words. */
    const char *optimizer; /* "sgd momentum=0.9"; usually "adam" */
    const char *schedule;  /* what the learning rate is multiplied by, a product of phrases: "steps 200 350 factor=0.1,
                              warm-up epochs=2"; a function of epochs and steps done; usually "constant" */

    /* Of these infinity says that there is none, which is usual. */
    double clip_norm;  /* the gradient is made shorter where its norm over all parameters is more than this (Pascanu,
                          Mikolov, Bengio 2013, algorithm 1); and then … */
    double clip_value; /* … each of its values is brought into [-clip_value, clip_value] */
    /* σ of the prior N(0, σ²) of every parameter: what is maximised is the mean objective + log p(θ) / N, of N training
     * rows (Kingma, Welling 2014, appendix F). Its gradient is part of what is clipped. */
    double weight_prior;
} vae_training_options;

/* Can a training have these (NULL: yes)? VAE_ERROR_ARGUMENT for numbers out of their ranges, VAE_ERROR_DECLARATION for
 * words that there are not: "optimizer: "adan": no such optimizer; there are adam, adamw, …". `precision` is not asked
 * for. */
VAE_API vae_status vae_training_options_check(const vae_training_options *options);

/* Is this a precision that training knows, and that this processor and this build have with these kernels (as
 * vae_executor_options has them; of those that are not known vae_train tells)? VAE_ERROR_ARGUMENT, or
 * VAE_ERROR_UNSUPPORTED, and why not. NULL: "float32", which is everywhere. */
VAE_API vae_status vae_precision_check(const char *precision, const char *kernels);

/* Takes the model over on success: *model is then NULL, and vae_training_model borrows it. The caller owns *training.
 */
VAE_API vae_status vae_training_new(vae_model **model, const vae_data *data, const vae_training_options *options,
                                    vae_training **training);
VAE_API void vae_training_free(vae_training **training);
VAE_API vae_model *vae_training_model(vae_training *training);

/* Where a training stands. */
typedef struct vae_training_state {
    int64_t epoch, step; /* done */
    int64_t batch_size;
    double learning_rate; /* before the schedule */
    uint64_t seed;
    const char *command_line; /* "" where none was given */
    const char *source;       /* of the data */
    const char *digest;
    int64_t rows[VAE_SPLITS]; /* of the data's splits */
    bool validation_held_out; /* the validation rows are training rows of the source */
    int64_t epochs;           /* in all, as vae_train was last asked; 0: it never was */

    /* What opens the same data again, as vae_data_open_files and its options have it. */
    const char *const *sources; /* NULL: the checkpoint is of an older version, which kept `source` alone */
    int source_count;
    const char *x_path;                              /* NULL: the source itself, or it knows its fields */
    const char *condition_paths[VAE_MAX_CONDITIONS]; /* of the model's conditions, in its order; NULL likewise */
    const char *mask_path;                           /* NULL: there was no mask */
    bool allow_external;   /* a record; who opens the sources of a file of somebody else's decides anew, for they and
                             their   links may lead to any file that this process may read */
    vae_division division; /* for vae_data_divide, once it is open; all zero: it was not divided */
    const char *precision; /* "float32" or "bf16" */
    const char *optimizer, *schedule;
    int optimizer_states;                       /* arrays that it keeps, each as large as all parameters */
    double clip_norm, clip_value, weight_prior; /* 0: none */
} vae_training_state;
/* Strings are the training's, until it is freed or vae_train is called. */
VAE_API vae_training_state vae_training_where(const vae_training *training);

/* The history: a row for each evaluation, a column for each figure. */
typedef struct vae_history_column {
    const char *name;     /* "train/elbo" */
    const char *units;    /* "nats per example" */
    const double *values; /* one a row; borrowed until training goes on */
} vae_history_column;
VAE_API int64_t vae_history_rows(const vae_training *training);
VAE_API int vae_history_columns(const vae_training *training);
VAE_API vae_history_column vae_history_column_at(const vae_training *training, int index);

/* Told some twenty times a second, and at the end of each epoch; behind a step too at which a checkpoint could not be
 * written, or was written because the function asked for it. */
typedef struct vae_progress {
    int64_t epoch, epochs;           /* the one under way, from 1; of how many */
    int64_t step, steps;             /* done in this epoch; of how many */
    int64_t examples;                /* trained on since vae_train was called */
    double seconds;                  /* since vae_train was called */
    double elbo, reconstruction, kl; /* mean over this epoch's examples so far; nats per example */
    bool epoch_done;                 /* the epoch is at its end, and written to the checkpoint where that was due */
    bool has_validation;
    double validation_elbo; /* with epoch_done and has_validation */
    int64_t saved_step;     /* of all steps done, of the checkpoint that vae_train has written last; -1: none yet */
    const vae_status *not_saved;  /* NULL; or, told once, why a checkpoint could not be written since the call before:
                                     training goes on. Its file holds what it held; where the message says that it is
                                     written, but not for certain on the disk, saved_step is that of the new one */
    int64_t skipped;              /* steps of this epoch that changed nothing; see vae_nonfinite */
    const vae_status *not_finite; /* NULL; or, told once, why the last of them was skipped since the call before */
    double objective;             /* what is maximised, as elbo: the same where it is nothing but the elbo */
} vae_progress;

/*
 * Returns 0 to go on, and VAE_SAVE to go on with the checkpoint written first, if vae_train has one. What became of
 * that is told behind the next step or at the end of the epoch; in the call at the very end, where it has just been
 * written, VAE_SAVE does nothing. Anything else stops training at this step: vae_train returns VAE_STOPPED.
 */
typedef int vae_progress_function(void *context, const vae_progress *progress);
enum { VAE_SAVE = 0x73617665 }; /* no number that says "stop" by chance, as that of a signal would */

/*
 * What becomes of a step whose objective, or one of whose gradients, is not finite. It is known before the step is
 * taken, so that neither parameters nor the optimiser's moments ever take it in. The message names epoch and step, the
 * first node that made such a number (its label and op), and which rows of the data did, as vae_data_row counts them.
 */
typedef enum vae_nonfinite {
    VAE_NONFINITE_STOP, /* vae_train returns VAE_ERROR_NUMBER */
    VAE_NONFINITE_SKIP  /* training goes on behind the batch; the history's column train/skipped counts such steps. An
                           epoch in which all steps are such ends it with VAE_ERROR_NUMBER */
} vae_nonfinite;

typedef struct vae_train_options {
    int64_t epochs;                  /* in all, those done before included */
    int threads;                     /* 0: one for each processor */
    const char *checkpoint;          /* written at the end of every epoch, or as told below; NULL: not */
    vae_progress_function *progress; /* may be NULL */
    void *context;                   /* handed to it */
    int64_t progress_steps;          /* told every so many steps instead; 0: by the clock */
    const char *kernels;             /* as vae_executor_options has it; NULL: the best this processor has */

    /* How often the checkpoint is written, in the middle of an epoch too: one of these at most. All 0: at the end of
     * every epoch. At the end of the last one it is written in any case. */
    int64_t checkpoint_steps;  /* whenever the steps done in all are so many, or a multiple of it */
    double checkpoint_seconds; /* at the first step that ends so long after it was written last */
    int64_t checkpoint_epochs; /* whenever the epochs done are so many, or a multiple of it */

    /* Not 0 says that progress is to be told when the step under way ends, so that a signal's handler can ask for the
     * progress function's attention. Who sets it clears it, in that function. NULL: nobody does. */
    const volatile sig_atomic_t *attention;
    vae_nonfinite on_nonfinite;
} vae_train_options;

/*
 * Trains on the data's training rows up to options->epochs. The data must be what the training began with (its digest
 * is compared), divided as it was; its sources become the record's. On failure parameters are those after the last step
 * done, and the checkpoint is the one written last. That one cannot be written ends training only before the first step
 * and at the very end, where its status is returned; else progress tells it (`not_saved`). A checkpoint from the middle
 * of an epoch goes on as exactly as one from its end. It goes on in the precision that it began with, and fails with
 * VAE_ERROR_UNSUPPORTED, before the first step, where the processor has not got it; the validation is float32 in any.
 */
VAE_API vae_status vae_train(vae_training *training, const vae_data *data, const vae_train_options *options);

#ifdef __cplusplus
}
#endif
#endif
