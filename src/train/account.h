/* Where the time and the memory of a training go: what vae_bench asks of vae_train beside the training itself. */
#ifndef VAE_TRAIN_ACCOUNT_H
#define VAE_TRAIN_ACCOUNT_H

#include <vae/train.h>

#include "src/base/parallel.h"

/* All zero, but for what is asked. Rows are the caller's, to be released by vae__account_clear. */
typedef struct vae__account {
    bool profile; /* asked: time by op, for which the executor and every thread look at the clock */

    double seconds;    /* the last epoch, from the drawing of its order to its last step */
    double operations; /* that its matrix products take */
    vae_memory memory;
    vae_profile *rows; /* with `profile`: of all epochs, largest first */
    int row_count;

    /* While it lasts: */
    int threads;
    double order; /* one thread's, drawing it */
    double total; /* of all epochs */
} vae__account;

/* vae_train, with an account of it. NULL: nobody asks. */
vae_status vae__train(vae_training *training, const vae_data *data, const vae_train_options *options,
                      vae__account *account);

/* For vae__train; a NULL account is passed over everywhere. */
void vae__account_begin(vae__account *account, int threads);
void vae__account_order(vae__account *account, double since);
void vae__account_epoch(vae__account *account, double since);

/* Takes from the executor, which is about to end, what it knows; an epoch was so many examples. */
vae_status vae__account_end(vae__account *account, const vae_executor *executor, const vae_program *program,
                            int64_t batch_size, int64_t examples);
void vae__account_clear(vae__account *account);

#endif
