/* Gradient checks of a program: backward against central differences of the objective, in float64. */
#include <vae/check.h>

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "graph/graph.h"
#include "src/base/memory.h"
#include "src/base/random.h"
#include "src/base/status.h"

/* Of a tensor: as many elements are all compared; of larger ones some are drawn, and some have the largest gradients.
 */
enum { MOST = 20, DRAWN = 16, LARGEST = 4, DIRECTION = -1 };

/* Steps: the first is tried, and while the objective has a kink within it, an eighth of it. */
enum { STEPS = 6 };
#define FIRST_STEP 0x1p-8

/* What agrees by this much less than the bar needs no second look. */
static const double agreeing = VAE_CHECK_BAR / 10;

typedef struct checking {
    const vae_program *program;
    vae_executor *executor;
    vae_run run;
    uint64_t seed;
    double *parameters, *gradient; /* laid out as the store */
    double objective;
    vae_status status; /* the first failure of a run */
} checking;

/* A line through the parameters: along one element, or along all of a tensor's, each by its sign. */
typedef struct line {
    double *values;
    int64_t size;
    const signed char *signs; /* NULL: plus */
    double unit;              /* how far an element moves for a step of 1 */
    double first_step;
    double slope; /* what backward says */
    double floor; /* of the error's divisor */
} line;

/* ---- Differences ------------------------------------------------------------------------------------------------- */

static void move(const line *along, const double *from, double step)
{
    for (int64_t i = 0; i < along->size; i++)
        along->values[i] = from[i] + (along->signs ? along->signs[i] : 1) * along->unit * step;
}

static double evaluate(checking *check)
{
    vae_status status = vae_executor_run(check->executor, &check->run);
    if (status.code && !check->status.code)
        check->status = status;
    const double *value = vae_executor_value(check->executor, check->program->objective);
    return status.code || !value ? NAN : *value;
}

/* The objective at steps h/4, h/2 and h to either side. */
typedef struct stencil {
    double right[3], left[3];
} stencil;

static stencil evaluate_around(checking *check, const line *along, const double *from, double step)
{
    stencil around;
    for (int i = 0; i < 3; i++) {
        move(along, from, step * (double)(1 << i) / 4);
        around.right[i] = evaluate(check);
        move(along, from, -step * (double)(1 << i) / 4);
        around.left[i] = evaluate(check);
    }
    memcpy(along->values, from, (size_t)along->size * sizeof *from);
    return around;
}

/* Central differences of steps t and 2t, of which Richardson's extrapolation takes the error of order t² away. */
static double central(const stencil *around, int first, double t)
{
    double fine = (around->right[first] - around->left[first]) / (2 * t);
    double coarse = (around->right[first + 1] - around->left[first + 1]) / (4 * t);
    return (4 * fine - coarse) / 3;
}

/* The derivative to one side, by differences of steps t, 2t and 4t, extrapolated twice. */
static double one_sided(const double side[3], double here, double t)
{
    double first = (side[0] - here) / t, second = (side[1] - here) / (2 * t), third = (side[2] - here) / (4 * t);
    double fine = 2 * first - second, coarse = 2 * second - third;
    return (4 * fine - coarse) / 3;
}

static double error_of(const line *along, double numeric)
{
    double difference = fabs(along->slope - numeric);
    if (difference == 0)
        return 0;
    return difference / fmax(fmax(fabs(along->slope), fabs(numeric)), along->floor);
}

/* Of two numbers the one that is nearer to what backward says: by chance neither a kink nor rounding brings one there.
 */
static void take_better(const line *along, double numeric, double *best)
{
    if (isfinite(numeric) && !(error_of(along, *best) <= error_of(along, numeric)))
        *best = numeric;
}

/* What rounding may do to a difference quotient: some last bits of the objective, or of what it is made of, over the
 * step. */
static double rounding(double objective, double step)
{
    return 64 * DBL_EPSILON * fmax(fabs(objective), 1) / step;
}

/*
 * Is a difference from backward the objective's own, and not of a kink or of rounding? Two steps must agree on it, and
 * the derivatives to the two sides must differ by less: of a kink at the very point, the central one is in the middle.
 */
static bool is_sound(const stencil *around, double here, double step, double slope, double coarse, double fine)
{
    double difference = fabs(slope - fine);
    double sides = one_sided(around->right, here, step / 4) + one_sided(around->left, here, step / 4);
    return difference > rounding(here, step) && fabs(coarse - fine) <= difference / 1000 && fabs(sides) < difference;
}

/* The derivative along a line by differences; false where they tell nothing. `from` has room for the line's values. */
static bool differentiate(checking *check, const line *along, double *from, double *numeric)
{
    double step = along->first_step;
    *numeric = NAN;
    memcpy(from, along->values, (size_t)along->size * sizeof *from);
    for (int i = 0; i < STEPS && !check->status.code; i++, step /= 8) {
        stencil around = evaluate_around(check, along, from, step);
        double coarse = central(&around, 1, step / 2), fine = central(&around, 0, step / 4);
        if (!isfinite(along->slope) || is_sound(&around, check->objective, step, along->slope, coarse, fine)) {
            *numeric = fine;
            return true;
        }
        take_better(along, coarse, numeric);
        take_better(along, fine, numeric);
        /* With a kink to one side, the other side still tells; with one at the very point, backward may take either. */
        take_better(along, one_sided(around.right, check->objective, step / 4), numeric);
        take_better(along, -one_sided(around.left, check->objective, step / 4), numeric);
        if (error_of(along, *numeric) <= agreeing)
            return true;
    }
    return error_of(along, *numeric) <= VAE_CHECK_BAR;
}

/* ---- A tensor ---------------------------------------------------------------------------------------------------- */

/* A gradient that is not a number is the worst of all. */
static void note(vae_check_tensor *row, int64_t element, const line *along, double numeric)
{
    double error = isfinite(along->slope) ? error_of(along, numeric) : INFINITY;
    row->direction |= element == DIRECTION;
    row->checked += element != DIRECTION;
    if (error <= row->error)
        return;
    row->error = error;
    row->element = element;
    row->analytic = along->slope;
    row->numeric = numeric;
}

static void compare(checking *check, const line *along, int64_t element, double *from, vae_check_tensor *row)
{
    double numeric;
    if (differentiate(check, along, from, &numeric))
        note(row, element, along, numeric);
    else
        row->skipped++;
}

/* A power of 2, so that steps of values that float32 holds are exact. */
static double magnitude(double value)
{
    int exponent = 0;
    frexp(value, &exponent);
    return isfinite(value) && exponent > 0 ? ldexp(1, exponent) : 1;
}

static void check_element(checking *check, const vae_tensor *tensor, double floor, int64_t element,
                          vae_check_tensor *row)
{
    double *value = check->parameters + tensor->offset + element, from;
    line along = { .values = value,
                   .size = 1,
                   .unit = 1,
                   .first_step = FIRST_STEP * magnitude(*value),
                   .slope = check->gradient[tensor->offset + element],
                   .floor = floor };
    compare(check, &along, element, &from, row);
}

/* In units of about the square root of the tensor's size, so that the values move together as far as one does alone. */
static vae_status check_direction(checking *check, const vae_tensor *tensor, double floor, vae_check_tensor *row)
{
    signed char *signs = NULL;
    double *from = NULL;
    VAE__TRY(vae__allocate("a gradient check", (size_t)tensor->size, sizeof *from, &from));
    vae_status status = vae__allocate("a gradient check", (size_t)tensor->size, sizeof *signs, &signs);
    if (!status.code) {
        line along = { .values = check->parameters + tensor->offset,
                       .size = tensor->size,
                       .signs = signs,
                       .unit = 1 / magnitude(sqrt((double)tensor->size)),
                       .first_step = FIRST_STEP,
                       .floor = floor };
        vae__draw draw = { .seed = check->seed, .stream = vae__random_stream("check/direction", tensor->name) };
        for (int64_t i = 0; i < tensor->size; i++) {
            signs[i] = vae__random_word(draw, 0, (uint32_t)i) & 1 ? 1 : -1;
            along.slope += signs[i] * along.unit * check->gradient[tensor->offset + i];
        }
        compare(check, &along, DIRECTION, from, row);
    }
    vae__free(signs);
    vae__free(from);
    return status;
}

static bool contains(const int64_t *elements, int count, int64_t element)
{
    bool found = false;
    for (int i = 0; i < count; i++)
        found |= elements[i] == element;
    return found;
}

/* The largest gradient that is not among the elements yet. */
static int64_t next_largest(const double *gradient, int64_t size, const int64_t *elements, int count)
{
    int64_t largest = -1;
    for (int64_t i = 0; i < size; i++)
        if ((largest < 0 || fabs(gradient[i]) > fabs(gradient[largest])) && !contains(elements, count, i))
            largest = i;
    return largest;
}

/* Which elements are compared; the first has the largest gradient. Returns how many. */
static int choose(const checking *check, const vae_tensor *tensor, int64_t elements[MOST])
{
    const double *gradient = check->gradient + tensor->offset;
    int count = 0, largest = tensor->size <= MOST ? (int)tensor->size : LARGEST;
    while (count < largest) {
        elements[count] = next_largest(gradient, tensor->size, elements, count);
        count++;
    }
    vae__draw draw = { .seed = check->seed, .stream = vae__random_stream("check/element", tensor->name) };
    for (uint32_t i = 0; tensor->size > MOST && count < MOST; i++) {
        uint64_t word = vae__random_word(draw, 0, i);
        int64_t element = (int64_t)(word * (uint64_t)tensor->size >> 32);
        if (!contains(elements, count, element))
            elements[count++] = element;
    }
    return count;
}

static vae_status check_tensor(checking *check, const vae_tensor *tensor, vae_check_tensor *row)
{
    int64_t elements[MOST];
    *row = (vae_check_tensor){ .rank = tensor->rank, .size = tensor->size, .error = NAN, .element = DIRECTION };
    memcpy(row->shape, tensor->shape, sizeof row->shape);
    VAE__TRY(vae__copy_string(tensor->name, &row->name));
    int count = choose(check, tensor, elements);
    double largest = fabs(check->gradient[tensor->offset + elements[0]]);
    double floor = fmax(largest / 1e3, fmax(fabs(check->objective), 1) / 1e5);
    for (int i = 0; i < count; i++)
        check_element(check, tensor, floor, elements[i], row);
    VAE__TRY(check_direction(check, tensor, floor, row));
    return check->status;
}

/* ---- A program --------------------------------------------------------------------------------------------------- */

/* Does the program have this tensor as a parameter? */
static bool has_tensor(const vae_program *program, int tensor)
{
    bool found = false;
    for (int i = 0; i < program->node_count; i++)
        found |= program->tensor[i] == tensor;
    return found && program->store->stored[tensor].tensor.trainable;
}

static vae_status make(checking *check, const vae_run *run, const vae_check_options *options)
{
    const vae_store *store = check->program->store;
    size_t size = store->parameters.size;
    VAE__TRY(vae__allocate("a gradient check", size, sizeof(double), &check->parameters));
    VAE__TRY(vae__allocate("a gradient check", size, sizeof(double), &check->gradient));
    for (size_t i = 0; i < size; i++)
        check->parameters[i] =
            run->parameters ? ((const double *)run->parameters)[i] : (double)store->parameters.values[i];
    check->run = *run;
    check->run.parameters = check->parameters;
    check->run.gradient = check->gradient;
    vae_executor_options settings = { .capacity = run->examples, .threads = options->threads, .float64 = true };
    VAE__TRY(vae_executor_new(check->program, &settings, &check->executor));
    check->objective = evaluate(check);
    check->run.gradient = NULL;
    if (!check->status.code && !isfinite(check->objective))
        return vae__error(VAE_ERROR_NUMBER, "the objective: expected a finite number to check gradients of, found %g",
                          check->objective);
    return check->status;
}

static void add_up(vae_check_report *report)
{
    for (int i = 0; i < report->count; i++) {
        const vae_check_tensor *row = &report->tensors[i];
        report->failures += !(row->error <= VAE_CHECK_BAR);
        if (!isnan(row->error) && (report->worst < 0 || row->error > report->tensors[report->worst].error))
            report->worst = i;
    }
}

static vae_status check_all(checking *check, const vae_check_options *options, vae_check_report *report)
{
    const vae_program *program = check->program;
    int stored = vae_store_count(program->store), wanted = 0;
    for (int i = 0; i < stored; i++)
        wanted += has_tensor(program, i);
    VAE__TRY(vae__allocate("a gradient check", (size_t)wanted, sizeof *report->tensors, &report->tensors));
    for (int i = 0; i < stored; i++) {
        if (!has_tensor(program, i))
            continue;
        VAE__TRY(check_tensor(check, &program->store->stored[i].tensor, &report->tensors[report->count++]));
        if (options->progress && options->progress(options->context, report->count, wanted))
            return vae__error(VAE_STOPPED, "the check was stopped after %d of %d parameters", report->count, wanted);
    }
    add_up(report);
    return vae__ok();
}

vae_status vae_program_check(const vae_program *program, const vae_run *run, const vae_check_options *options,
                             vae_check_report *report)
{
    static const vae_check_options usual = { .examples = 0 };
    if (!program || !run || !report)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a program, a run and a place for the report, found NULL");
    *report = (vae_check_report){ .worst = -1 };
    if (!program->objective)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a program with an objective to check, found one without");
    if (run->examples < 1)
        return vae__error(VAE_ERROR_ARGUMENT, "expected at least 1 example to check by, found %" PRId64, run->examples);
    options = options ? options : &usual;
    checking check = { .program = program, .seed = options->seed };
    vae_status status = make(&check, run, options);
    report->examples = run->examples;
    report->objective = check.objective;
    if (!status.code)
        status = check_all(&check, options, report);
    if (status.code)
        vae_check_report_free(report);
    vae_executor_free(&check.executor);
    vae__free(check.parameters);
    vae__free(check.gradient);
    return status;
}

void vae_check_report_free(vae_check_report *report)
{
    if (!report)
        return;
    for (int i = 0; i < report->count; i++)
        vae__free(report->tensors[i].name);
    vae__free(report->tensors);
    *report = (vae_check_report){ .worst = -1 };
}
