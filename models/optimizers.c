/* The optimisers: formulas and usual settings are those of PyTorch's torch.optim, the golden test's other side. g is
 * the gradient of what is minimised, θ a parameter. */
#include "models/optimizers.h"

#include <math.h>

#define SHARE_MOST 0.999999

#define SHARE(word, value)                                                                                             \
    {                                                                                                                  \
        .name = word, .kind = VAE_KEY_NUMBER, .optional = true, .usual = value, .low = 0, .high = SHARE_MOST           \
    }
#define EPSILON(value)                                                                                                 \
    {                                                                                                                  \
        .name = "epsilon", .kind = VAE_KEY_NUMBER, .optional = true, .usual = value, .low = 1e-12, .high = 1e3         \
    }

/* ---- adam: Kingma, Ba 2015, algorithm 1 -------------------------------------------------------------------------- */

enum { BETA1, BETA2, ADAM_EPSILON, DECAY };

vae__adam vae__adam_constants(const double *arguments, double rate, double number)
{
    double correction = sqrt(1 - pow(arguments[BETA2], number));
    return (vae__adam){ .rate = (float)(rate * correction / (1 - pow(arguments[BETA1], number))),
                        .beta1 = (float)arguments[BETA1],
                        .beta2 = (float)arguments[BETA2],
                        .epsilon = (float)(arguments[ADAM_EPSILON] * correction) };
}

static void adam(const vae__descent *d)
{
    const vae__adam constants = vae__adam_constants(d->arguments, d->rate, d->number);
    d->kernels->adam(&(vae__update){ &constants, d->value, d->states[0], d->states[1] }, d->count, d->gradient);
}

/* ---- adamw: θ ← (1 − rate · decay) · θ, then Adam's step (Loshchilov, Hutter 2019, algorithm 2) ------------------ */

static void adamw(const vae__descent *d)
{
    const float kept = (float)fmax(0, 1 - d->rate * d->arguments[DECAY]);
    for (int64_t i = 0; i < d->count; i++)
        d->value[i] *= kept;
    adam(d);
}

/* ---- sgd, nesterov: v ← momentum · v + g; θ ← θ − rate · v, or − rate · (g + momentum · v) ----------------------- */

enum { MOMENTUM };

static void sgd(const vae__descent *d)
{
    const vae__rule rule = { .rate = (float)d->rate, .momentum = (float)d->arguments[MOMENTUM] };
    d->kernels->descend(&rule, d->count, d->gradient, d->value, d->states[0]);
}

/* Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning", in the form that looks
 * ahead from the parameter kept. */
static void nesterov(const vae__descent *d)
{
    const vae__rule rule = { .rate = (float)d->rate, .momentum = (float)d->arguments[MOMENTUM], .looks_ahead = true };
    d->kernels->descend(&rule, d->count, d->gradient, d->value, d->states[0]);
}

/* ---- adagrad: s ← s + g²; θ ← θ − rate · g / (√s + epsilon) (Duchi, Hazan, Singer 2011) -------------------------- */

enum { ADAGRAD_EPSILON };

static void adagrad(const vae__descent *d)
{
    const vae__rule rule = { .rate = (float)d->rate, .epsilon = (float)d->arguments[ADAGRAD_EPSILON] };
    d->kernels->adagrad(&rule, d->count, d->gradient, d->value, d->states[0]);
}

/* ---- rmsprop: s ← rho · s + (1 − rho) · g²; v ← momentum · v + g / (√s + epsilon); θ ← θ − rate · v -------------- */

enum { RHO, RMSPROP_EPSILON, RMSPROP_MOMENTUM };

/* Tieleman, Hinton 2012, lecture 6.5 of "Neural Networks for Machine Learning". */
static void rmsprop(const vae__descent *d)
{
    const vae__rule rule = { .rate = (float)d->rate,
                             .rho = (float)d->arguments[RHO],
                             .momentum = (float)d->arguments[RMSPROP_MOMENTUM],
                             .epsilon = (float)d->arguments[RMSPROP_EPSILON] };
    d->kernels->rmsprop(&rule, d->count, d->gradient, d->value, d->states[0], d->states[1]);
}

/* ---- The table --------------------------------------------------------------------------------------------------- */

/* Names and words of Adam's are those of the first checkpoints. */
#define MOMENTS                                                                                                        \
    {                                                                                                                  \
        { .name = "first_moment", .description = "m: running mean of the gradient, laid out as /parameters" },         \
        {                                                                                                              \
            .name = "second_moment",                                                                                   \
            .description = "v: running mean of the squared gradient, laid out as /parameters", .squares = true         \
        }                                                                                                              \
    }
#define VELOCITY_OF(what, place)                                                                                       \
    {                                                                                                                  \
        .name = "velocity", .description = "v: fading sum of " what ", laid out as /parameters", .needs = place        \
    }

static const vae__optimizer rows[] = {
    { .word = { .name = "adam",
                .summary = "steps by running means of the gradient and of its square (Kingma, Ba 2015)",
                .arguments = { SHARE("beta1", 0.9), SHARE("beta2", 0.999), EPSILON(1e-8) } },
      .states = MOMENTS,
      .step = adam,
      .is_adam = true },
    { .word = { .name = "adamw",
                .summary = "adam with weight decay of its own (Loshchilov, Hutter 2019)",
                .arguments = { SHARE("beta1", 0.9),
                               SHARE("beta2", 0.999),
                               EPSILON(1e-8),
                               { .name = "decay",
                                 .kind = VAE_KEY_NUMBER,
                                 .optional = true,
                                 .usual = 0.01,
                                 .low = 0,
                                 .high = 1e3 } } },
      .states = MOMENTS,
      .step = adamw },
    { .word = { .name = "sgd",
                .summary = "stochastic gradient descent, with momentum where it is not 0",
                .arguments = { SHARE("momentum", 0) } },
      .states = { VELOCITY_OF("gradients", 1 + MOMENTUM) },
      .step = sgd },
    { .word = { .name = "nesterov",
                .summary = "gradient descent with momentum that looks a step ahead (Sutskever et al. 2013)",
                .arguments = { SHARE("momentum", 0.9) } },
      .states = { VELOCITY_OF("gradients", 0) },
      .step = nesterov },
    { .word = { .name = "adagrad",
                .summary = "steps that shrink with the sum of squared gradients (Duchi et al. 2011)",
                .arguments = { EPSILON(1e-10) } },
      .states = { { .name = "squares",
                    .description = "s: sum of squared gradients, laid out as /parameters",
                    .squares = true } },
      .step = adagrad },
    { .word = { .name = "rmsprop",
                .summary = "steps by the root of a running mean of the squared gradient (Tieleman, Hinton 2012)",
                .arguments = { SHARE("rho", 0.99), EPSILON(1e-8), SHARE("momentum", 0) } },
      .states = { { .name = "mean_square",
                    .description = "s: running mean of the squared gradient, laid out as /parameters",
                    .squares = true },
                  VELOCITY_OF("steps", 1 + RMSPROP_MOMENTUM) },
      .step = rmsprop },
};

const vae__word_table vae__optimizers = { "optimizer", rows, sizeof *rows, sizeof rows / sizeof *rows, NULL, 0, NULL };

int vae__optimizer_states(const vae__phrase *optimizer)
{
    const vae__optimizer *row = optimizer->row;
    int count = 0;
    for (; count < VAE__STATES && row->states[count].name; count++)
        if (row->states[count].needs && !(optimizer->arguments[row->states[count].needs - 1] > 0))
            break;
    return count;
}
