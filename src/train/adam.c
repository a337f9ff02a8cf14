#include "src/train/adam.h"

#include <math.h>

#include "src/kernels/kernels.h"

enum { UNIT = 1024 }; /* values; a share is a multiple of it */

void vae__adam_step(const vae_training *training, const float *gradient, vae__team team)
{
    double t = (double)training->step + 1;
    double correction = sqrt(1 - pow(training->beta2, t));
    vae__adam adam = { .rate = (float)(training->learning_rate * correction / (1 - pow(training->beta1, t))),
                       .beta1 = (float)training->beta1,
                       .beta2 = (float)training->beta2,
                       .epsilon = (float)(training->epsilon * correction) };
    int64_t count = vae_store_size(training->model->store), begin, end;
    vae__share(team, (count + UNIT - 1) / UNIT, &begin, &end);
    begin *= UNIT;
    end = end * UNIT < count ? end * UNIT : count;
    if (begin < end)
        vae__kernels_find(false, NULL)
            ->adam(&adam, end - begin, vae_store_parameters(training->model->store) + begin, gradient + begin,
                   training->first_moment + begin, training->second_moment + begin);
}
