/* The schedules. */
#include "models/schedules.h"

#include <math.h>

#define PI 3.14159265358979323846

/* Epochs done, with that part of the one under way that is. */
static double epochs_of(const vae__moment *at)
{
    return (double)at->epoch + (double)at->step / (double)at->steps;
}

static double constant(const double *arguments, const vae__moment *at)
{
    (void)arguments;
    (void)at;
    return 1;
}

/* factor^n, n of the places being done. What is not given is 0. */
enum { PLACES = 8, FACTOR = PLACES };
static double steps(const double *arguments, const vae__moment *at)
{
    double product = 1;
    for (int i = 0; i < PLACES; i++)
        if (arguments[i] > 0 && (double)at->epoch >= arguments[i])
            product *= arguments[FACTOR];
    return product;
}

/* to + (1 − to) · (1 + cos(π · t / epochs)) / 2 up to t = epochs, and `to` from there on (Loshchilov, Hutter 2017,
 * "SGDR", equation 5, without restarts). */
enum { COSINE_EPOCHS, TO };
static double cosine(const double *arguments, const vae__moment *at)
{
    const double part = fmin(epochs_of(at) / arguments[COSINE_EPOCHS], 1);
    return arguments[TO] + (1 - arguments[TO]) * (1 + cos(PI * part)) / 2;
}

/* rate^t, t being whole epochs. */
enum { RATE };
static double exponential(const double *arguments, const vae__moment *at)
{
    return pow(arguments[RATE], (double)at->epoch);
}

/* Rises in a line, by the same at every step, and is 1 from the last step of so many epochs on (Goyal et al. 2017,
 * section 2.2). */
enum { WARM_UP_EPOCHS };
static double warm_up(const double *arguments, const vae__moment *at)
{
    return fmin((epochs_of(at) + 1 / (double)at->steps) / arguments[WARM_UP_EPOCHS], 1);
}

/* ---- The table --------------------------------------------------------------------------------------------------- */

#define EPOCHS_MOST 1e9
#define PLACE(word, left_out)                                                                                          \
    {                                                                                                                  \
        .name = word, .kind = VAE_BARE_COUNT, .optional = left_out, .low = 1, .high = EPOCHS_MOST                      \
    }
#define EPOCHS_ARGUMENT                                                                                                \
    {                                                                                                                  \
        .name = "epochs", .kind = VAE_KEY_NUMBER, .low = 1e-6, .high = EPOCHS_MOST                                     \
    }

static const vae__schedule rows[] = {
    { .word = { .name = "constant", .summary = "the learning rate as it is" }, .factor = constant },
    { .word = { .name = "steps",
                .summary = "multiplied by the factor once so many epochs are done, at up to 8 places",
                .arguments = { PLACE("E1", false),
                               PLACE("E2", true),
                               PLACE("E3", true),
                               PLACE("E4", true),
                               PLACE("E5", true),
                               PLACE("E6", true),
                               PLACE("E7", true),
                               PLACE("E8", true),
                               { .name = "factor", .kind = VAE_KEY_NUMBER, .low = 1e-6, .high = 1e3 } } },
      .factor = steps },
    { .word = { .name = "cosine",
                .summary = "along half a cosine down to a share of it (Loshchilov, Hutter 2017)",
                .arguments = { EPOCHS_ARGUMENT,
                               { .name = "to", .kind = VAE_KEY_NUMBER, .optional = true, .low = 0, .high = 1 } } },
      .factor = cosine },
    { .word = { .name = "exponential",
                .summary = "multiplied by the rate behind every epoch",
                .arguments = { { .name = "rate", .kind = VAE_KEY_NUMBER, .low = 1e-6, .high = 1 } } },
      .factor = exponential },
    { .word = { .name = "warm-up",
                .summary = "rising in a line through the first epochs",
                .arguments = { EPOCHS_ARGUMENT } },
      .factor = warm_up },
};

const vae__word_table vae__schedules = { "schedule", rows, sizeof *rows, sizeof rows / sizeof *rows, NULL, 0, NULL };

double vae__schedule_factor(const vae__phrases *schedule, const vae__moment *at)
{
    double product = 1;
    for (int i = 0; i < schedule->count; i++) {
        const vae__schedule *row = schedule->phrases[i].row;
        product *= row->factor(schedule->phrases[i].arguments, at);
    }
    return product;
}
