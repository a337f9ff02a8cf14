#include "src/train/adam.h"

#include <math.h>

#include "src/base/parallel.h"
#include "src/kernels/kernels.h"

enum { UNIT = 1024 }; /* values; a share is a multiple of it */

typedef struct vae__adam_work {
    vae__adam adam;
    const vae__kernels *kernels;
    vae_training *training;
    float *values;
    const float *gradient;
    int64_t count;
} vae__adam_work;

static void work_share(void *context, vae__team team)
{
    const vae__adam_work *work = context;
    int64_t begin, end;
    vae__share(team, (work->count + UNIT - 1) / UNIT, &begin, &end);
    begin *= UNIT;
    end = end * UNIT < work->count ? end * UNIT : work->count;
    if (begin < end)
        work->kernels->adam(&work->adam, end - begin, work->values + begin, work->gradient + begin,
                            work->training->first_moment + begin, work->training->second_moment + begin);
}

void vae__adam_step(vae_training *training, const float *gradient, int threads)
{
    double t = (double)training->step + 1;
    double correction = sqrt(1 - pow(training->beta2, t));
    vae__adam_work work = {
        .adam = { .rate = (float)(training->learning_rate * correction / (1 - pow(training->beta1, t))),
                  .beta1 = (float)training->beta1,
                  .beta2 = (float)training->beta2,
                  .epsilon = (float)(training->epsilon * correction) },
        .kernels = vae__kernels_find(false, NULL),
        .training = training,
        .values = vae_store_parameters(training->model->store),
        .gradient = gradient,
        .count = vae_store_size(training->model->store),
    };
    vae__parallel(threads, work_share, &work);
}
