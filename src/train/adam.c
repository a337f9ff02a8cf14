/* Adam on a team's shares. */
#include "src/train/adam.h"

#include <math.h>

#include "src/kernels/kernels.h"

enum { UNIT = 16 }; /* values; a share is a multiple of it */

/* A thread's share of a tensor: about the rows whose gradient it has just computed, which are near. */
static void update_share(const vae__kernels *kernels, const vae__adam *adam, const vae_training *training,
                         const vae_tensor *tensor, const float *gradient, vae__team team)
{
    int64_t begin, end;
    vae__share(team, (tensor->size + UNIT - 1) / UNIT, &begin, &end);
    begin = tensor->offset + begin * UNIT;
    end = tensor->offset + (end * UNIT < tensor->size ? end * UNIT : tensor->size);
    if (begin < end)
        kernels->adam(adam, end - begin, vae_store_parameters(training->model->store) + begin, gradient + begin,
                      training->first_moment + begin, training->second_moment + begin);
}

void vae__adam_step(const vae_training *training, const float *gradient, vae__team team)
{
    double t = (double)training->step + 1;
    double correction = sqrt(1 - pow(training->beta2, t));
    vae__adam adam = { .rate = (float)(training->learning_rate * correction / (1 - pow(training->beta1, t))),
                       .beta1 = (float)training->beta1,
                       .beta2 = (float)training->beta2,
                       .epsilon = (float)(training->epsilon * correction) };
    const vae__kernels *kernels = vae__kernels_find(false, NULL);
    const vae_store *store = training->model->store;
    for (int i = 0; i < vae_store_count(store); i++) {
        const vae_tensor *tensor = vae_store_tensor(store, i);
        if (tensor->trainable)
            update_share(kernels, &adam, training, tensor, gradient, team);
    }
}
