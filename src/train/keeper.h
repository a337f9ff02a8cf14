/* When a run of vae_train writes its checkpoint, and what became of it. */
#ifndef VAE_TRAIN_KEEPER_H
#define VAE_TRAIN_KEEPER_H

#include <vae/train.h>

typedef struct vae__keeper {
    const vae_train_options *options;
    int64_t tried;           /* the step of the last attempt; at first that at which the run began */
    double tried_at;         /* when that was */
    int64_t saved_step;      /* of the checkpoint that this run wrote last; -1: none yet */
    vae_status failure;      /* of an attempt that was not told yet; else VAE_OK */
    bool asked;              /* somebody asked for the last attempt, and was not told yet what became of it */
    int64_t best_step;       /* of the best epoch's file that this run wrote last; -1: none yet */
    vae_status best_failure; /* of the best epoch of all, if that was not told yet; else VAE_OK */
} vae__keeper;

/* Before the first step. VAE_ERROR_ARGUMENT where options contradict each other, or this data has nothing for them. */
vae_status vae__keeper_begin(vae__keeper *keeper, const vae_train_options *options, const vae_training *training);

/* Is the checkpoint to be written at this step, within an epoch or where one has just ended, be it the last one? Asked
 * once a step, and not before the first one. */
typedef enum vae__keeper_place { VAE__WITHIN_EPOCH, VAE__EPOCH_DONE, VAE__ALL_DONE } vae__keeper_place;
bool vae__keeper_due(const vae__keeper *keeper, const vae_training *training, vae__keeper_place place);

/* An epoch has just ended: writes it where it is the best one so far. A failure is kept, to be told. */
void vae__keeper_best(vae__keeper *keeper, const vae_training *training);

/* Before the first step that is done: can all that will be written? */
vae_status vae__keeper_check_writable(const vae__keeper *keeper);

/* Writes it. Another thread of the run must not be at work. */
vae_status vae__keeper_save(vae__keeper *keeper, vae_training *training);

/* Writes it where training goes on: a failure is kept, to be told. */
void vae__keeper_try(vae__keeper *keeper, vae_training *training);

/* Somebody asks for it. What was tried at this step already is not tried again. */
void vae__keeper_ask(vae__keeper *keeper, vae_training *training);

#endif
