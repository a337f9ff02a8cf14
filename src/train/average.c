/* The running average of the parameters: each value for itself, so that it does not matter how they are shared. */
#include "src/train/average.h"

#include <string.h>

enum { UNIT = 16 }; /* values; a thread's share is a multiple of it, 64 bytes */

void vae__average_begin(vae_training *training)
{
    const vae_store *store = training->model->store;
    if (training->average && training->step == training->skipped)
        memcpy(training->average, vae_store_parameters(training->model->store),
               (size_t)vae_store_size(store) * sizeof(float));
}

/* Written so that the average of what does not change is that, whatever 1 − d is rounded to. */
void vae__average_work(vae_training *training, vae__team team)
{
    const int64_t size = vae_store_size(training->model->store);
    const float *values = vae_store_parameters(training->model->store);
    const float share = (float)(1 - training->method.average);
    float *average = training->average;
    int64_t begin, end;
    vae__share(team, (size + UNIT - 1) / UNIT, &begin, &end);
    end = end * UNIT < size ? end * UNIT : size;
    for (int64_t i = begin * UNIT; i < end; i++)
        average[i] += share * values[i] - share * average[i];
}

static void work(void *training, vae__team team)
{
    vae__average_work(training, team);
}

void vae__average_alone(vae_training *training)
{
    if (training->average)
        vae__alone(work, training);
}

void vae__average_swap(vae_training *training)
{
    float *values = vae_store_parameters(training->model->store), *average = training->average;
    for (int64_t i = 0; average && i < vae_store_size(training->model->store); i++) {
        const float value = values[i];
        values[i] = average[i];
        average[i] = value;
    }
}
