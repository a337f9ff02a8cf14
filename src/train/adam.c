/* Adam's constants. */
#include "src/train/adam.h"

#include <math.h>

vae__adam vae__adam_of(const vae_training *training)
{
    double t = (double)(training->step - training->skipped) + 1;
    double correction = sqrt(1 - pow(training->beta2, t));
    return (vae__adam){ .rate = (float)(training->learning_rate * correction / (1 - pow(training->beta1, t))),
                        .beta1 = (float)training->beta1,
                        .beta2 = (float)training->beta2,
                        .epsilon = (float)(training->epsilon * correction) };
}
