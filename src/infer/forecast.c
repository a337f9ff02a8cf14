/* Forecasts: distances of samples from the truth and from modes, taken while they are drawn; and what they come to. */
#include <vae/forecast.h>

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "models/parts.h"
#include "src/base/memory.h"
#include "src/base/parallel.h"
#include "src/base/status.h"
#include "src/base/types.h"
#include "src/infer/complete.h"
#include "src/infer/moments.h"

enum { SAMPLES_USUAL = 100 };

/* What is passed to and fro. */
typedef struct vae__forecasting {
    const vae_model *model;
    const vae_data *data;
    vae__match match;
    const vae_field *modes; /* NULL: none */
    double share;           /* of the distance to the next mode that is near */
    const double *seen;     /* of the model's part of x, by value; NULL: it has none */
    int64_t size, most;     /* values of x; modes of a row at most */
    uint8_t *compared;      /* (count, size): which values are; NULL: all of them */
    double *radius; /* (count, most): nearer than this a sample is near the mode, 0 of one alone; NaN: no such mode */
    double *desks;  /* of each thread: */
    int threads;
    vae__completed_rows rows;
    vae_forecast_scores *found;
} vae__forecasting;

/* ---- A row ------------------------------------------------------------------------------------------------------- */

/* In double precision, on a thread's desk: a sample, the truth and the modes. */
typedef struct vae__forecast_row {
    const vae__forecasting *at;
    int64_t number; /* among the rows that are forecast */
    double *sample, *truth, *modes, *radius;
    const uint8_t *compared;
} vae__forecast_row;

static int64_t desk_size(const vae__forecasting *at)
{
    return (2 + at->most) * at->size;
}

static double distance(const vae__forecast_row *row, const double *a, const double *b)
{
    double sum = 0;
    for (int64_t i = 0; i < row->at->size; i++) {
        const double difference = row->compared && !row->compared[i] ? 0 : a[i] - b[i];
        sum += difference * difference;
    }
    return sqrt(sum / (double)row->at->found->values[row->number]);
}

/* How far it is from there to the nearest mode (NaN: there is none), and which mode it is near (-1: none). What is not
 * a number is near to nothing, and its distance is none. */
static double nearest_mode(const vae__forecast_row *row, const double *from, int32_t *near)
{
    double least = INFINITY;
    *near = -1;
    for (int64_t k = 0; k < row->at->most; k++) {
        if (isnan(row->radius[k]))
            continue;
        const double found = distance(row, from, row->modes + k * row->at->size);
        if (found < row->radius[k])
            *near = (int32_t)k;
        if (found < least || isnan(found))
            least = found;
    }
    return isinf(least) ? NAN : least;
}

/* Its share of the distance from a mode to the nearest other one; 0: there is no other. */
static double radius_of(const vae__forecast_row *row, int64_t mode)
{
    const int64_t size = row->at->size;
    double least = INFINITY;
    for (int64_t k = 0; k < row->at->most; k++) {
        const double found = k == mode || isnan(row->modes[k * size])
                                 ? INFINITY
                                 : distance(row, row->modes + mode * size, row->modes + k * size);
        least = found < least ? found : least;
    }
    return isinf(least) ? 0 : least * row->at->share;
}

static void lay_values(const vae_field *field, int64_t row, double *values)
{
    for (int64_t i = 0; i < field->size; i++)
        values[i] = vae__type_value(field->type, field->values, row * field->size + i);
}

static void lay_floats(const float *from, int64_t count, double *values)
{
    for (int64_t i = 0; i < count; i++)
        values[i] = from[i];
}

static const float *values_of(const vae__pass *pass, const vae_node *node)
{
    return vae_executor_value(pass->executor, node);
}

/* Example `example` of a run that begins with row `begin`. */
static vae__forecast_row lay_row(const vae__forecasting *at, const vae__pass *pass, int64_t begin, int64_t example,
                                 double *desk)
{
    const int64_t number = begin + example, size = at->size;
    const uint32_t chosen = at->rows.chosen[number];
    vae__forecast_row row = { .at = at,
                              .number = number,
                              .sample = desk,
                              .truth = desk + size,
                              .modes = desk + 2 * size,
                              .radius = at->radius ? at->radius + number * at->most : NULL,
                              .compared = at->compared ? at->compared + number * size : NULL };
    if (at->found->modelled)
        lay_floats(values_of(pass, pass->graph.modelled) + example * size, size, row.truth);
    else
        lay_values(at->match.x, chosen, row.truth);
    if (at->modes)
        lay_values(at->modes, chosen, row.modes);
    return row;
}

/* What does not depend on samples. */
static void measure_row(const vae__forecast_row *row)
{
    vae_forecast_scores *found = row->at->found;
    const int64_t number = row->number;
    found->values[number] = row->compared ? 0 : row->at->size;
    for (int64_t i = 0; row->compared && i < row->at->size; i++)
        found->values[number] += row->compared[i];
    if (!row->at->modes)
        return;
    found->modes[number] = 0;
    for (int64_t k = 0; k < row->at->most; k++) {
        const bool absent = isnan(row->modes[k * row->at->size]);
        row->radius[k] = absent ? NAN : radius_of(row, k);
        found->modes[number] += !absent;
    }
    found->truth_mode_distance[number] = nearest_mode(row, row->truth, &found->truth_mode[number]);
}

/* ---- A run ------------------------------------------------------------------------------------------------------- */

/* Whose samples they are, and where their figures go: (count, samples of the pass). */
typedef struct vae__forecast_run {
    vae__forecasting *at;
    bool measures; /* what the rows have once */
    double *distance, *mode_distance;
    int32_t *mode;
    const vae__pass *pass;
    int64_t begin, examples;
} vae__forecast_run;

static void score_example(const vae__forecast_run *run, int64_t example, double *desk)
{
    const vae__pass *pass = run->pass;
    const vae__forecasting *at = run->at;
    const vae_node *node = at->found->modelled ? pass->graph.x_mean : pass->graph.x_units;
    const float *samples = values_of(pass, node) + example * pass->request.samples * at->size;
    const vae__forecast_row row = lay_row(at, pass, run->begin, example, desk);
    if (run->measures && !pass->first_sample)
        measure_row(&row);
    for (int64_t s = 0; s < vae__completion_piece(pass); s++) {
        const int64_t place = row.number * pass->samples + pass->first_sample + s;
        lay_floats(samples + s * at->size, at->size, row.sample);
        run->distance[place] = distance(&row, row.sample, row.truth);
        if (at->modes)
            run->mode_distance[place] = nearest_mode(&row, row.sample, &run->mode[place]);
    }
}

static void score_share(void *context, vae__team team)
{
    const vae__forecast_run *run = context;
    int64_t begin, end;
    vae__share(team, run->examples, &begin, &end);
    for (int64_t example = begin; example < end; example++)
        score_example(run, example, run->at->desks + team.thread * desk_size(run->at));
}

/* Which values of the rows count: those observed that are not given. */
static void compare(const vae__forecasting *at, const vae__pass *pass, int64_t begin, int64_t examples)
{
    if (pass->graph.observed_mask)
        vae__pass_mask(pass, begin, examples, at->compared);
    else
        memset(at->compared + begin * at->size, 1, (size_t)(examples * at->size));
    for (int64_t i = begin * at->size; at->seen && i < (begin + examples) * at->size; i++)
        at->compared[i] = at->compared[i] && !(at->seen[i % at->size] > 0);
}

static void collect(void *context, const vae__pass *pass, int64_t begin, int64_t examples)
{
    vae__forecast_run *run = context;
    run->pass = pass;
    run->begin = begin;
    run->examples = examples;
    if (run->measures && run->at->compared && !pass->first_sample)
        compare(run->at, pass, begin, examples);
    vae__parallel(run->at->threads, score_share, run);
}

static vae_status run_answer(vae__forecasting *at)
{
    vae__match match;
    vae_forecast_scores *found = at->found;
    const vae_model *regressor = at->rows.options->regressor;
    VAE__TRY(vae__match_data(regressor, at->data, found->split, &match));
    vae__forecast_run run = { .at = at,
                              .distance = found->answer_distance,
                              .mode_distance = found->answer_mode_distance,
                              .mode = found->answer_mode };
    vae__pass pass = vae__completion_answer(&at->rows, regressor, &match);
    pass.doing = "forecasting";
    return vae__completion_run(&pass, &match, collect, &run);
}

/* ---- Means ------------------------------------------------------------------------------------------------------- */

static vae_forecast_figure figure_of(const vae__moments *moments)
{
    return (vae_forecast_figure){ moments->count, vae__moments_mean(moments), vae__moments_error(moments) };
}

/* Is a row in the figures, and in those of modes? */
static bool counts(const vae_forecast_scores *found, int64_t row, bool modes)
{
    return found->values[row] && (!modes || found->modes[row] > 1);
}

/* The mean over rows of a figure that each has once; NULL: none has. */
static vae_forecast_figure mean_of(const vae_forecast_scores *found, const double *figures, bool modes)
{
    vae__moments moments = { 0 };
    for (int64_t row = 0; figures && row < found->count; row++)
        if (counts(found, row, modes))
            vae__moments_add(&moments, figures[row]);
    return figure_of(&moments);
}

/* The same of the share that is near a mode, of `samples` of each. */
static vae_forecast_figure near_of(const vae_forecast_scores *found, const int32_t *mode, int64_t samples)
{
    vae__moments moments = { 0 };
    for (int64_t row = 0; mode && row < found->count; row++) {
        int64_t near = 0;
        for (int64_t s = 0; s < samples; s++)
            near += mode[row * samples + s] >= 0;
        if (counts(found, row, true))
            vae__moments_add(&moments, (double)near / (double)samples);
    }
    return figure_of(&moments);
}

/* The same of the share of a row's modes that its one answer is near. */
static vae_forecast_figure covered_of(const vae_forecast_scores *found, const int32_t *mode)
{
    vae__moments moments = { 0 };
    for (int64_t row = 0; mode && row < found->count; row++)
        if (counts(found, row, true))
            vae__moments_add(&moments, mode[row] >= 0 ? 1 / (double)found->modes[row] : 0);
    return figure_of(&moments);
}

/* The least distance of the first 1, 2, … samples. What is not a number stays. */
static void add_least(const vae_forecast_scores *found, int64_t row, vae__moments *moments)
{
    const double *distances = found->distance + row * found->samples;
    double least = INFINITY;
    for (int64_t n = 0; n < found->samples; n++) {
        if (distances[n] < least || isnan(distances[n]))
            least = distances[n];
        vae__moments_add(&moments[n], least);
    }
}

/* The share of modes that the first 1, 2, … samples are near; `met` (modes) has room to count them. Returns how uneven
 * they are met, NaN where none is. */
static double add_coverage(const vae_forecast_scores *found, int64_t row, int64_t most, int64_t *met,
                           vae__moments *moments)
{
    const int32_t *mode = found->mode + row * found->samples;
    const double modes = (double)found->modes[row];
    int64_t covered = 0, near = 0;
    double variation = 0;
    memset(met, 0, (size_t)most * sizeof *met);
    for (int64_t n = 0; n < found->samples; n++) {
        if (mode[n] >= 0) {
            covered += !met[mode[n]]++;
            near++;
        }
        vae__moments_add(&moments[n], (double)covered / modes);
    }
    for (int64_t k = 0; k < most; k++)
        variation += met[k] ? fabs((double)met[k] / (double)near - 1 / modes) : 0;
    return near ? (variation + (modes - (double)covered) / modes) / 2 : NAN;
}

static void mean_samples(const vae__forecasting *at, int64_t *met, vae__moments *least, vae__moments *coverage)
{
    vae_forecast_scores *found = at->found;
    vae__moments uneven = { 0 }, nearest = { 0 };
    for (int64_t row = 0; row < found->count; row++) {
        if (counts(found, row, false))
            add_least(found, row, least);
        if (!at->modes || !counts(found, row, true))
            continue;
        double sum = 0;
        const double variation = add_coverage(found, row, at->most, met, coverage);
        for (int64_t s = 0; s < found->samples; s++)
            sum += found->mode_distance[row * found->samples + s];
        vae__moments_add(&nearest, sum / (double)found->samples);
        if (!isnan(variation))
            vae__moments_add(&uneven, variation);
    }
    for (int64_t n = 0; n < found->samples; n++) {
        found->least[n] = figure_of(&least[n]);
        if (at->modes)
            found->coverage[n] = figure_of(&coverage[n]);
    }
    found->uneven = figure_of(&uneven);
    found->nearest = figure_of(&nearest);
}

static vae_status mean(const vae__forecasting *at)
{
    vae_forecast_scores *found = at->found;
    vae__moments *moments = NULL;
    int64_t *met = NULL;
    vae_status status = vae__allocate("a forecast", 2 * (size_t)found->samples, sizeof *moments, &moments);
    if (!status.code)
        status = vae__allocate("a forecast", (size_t)at->most, sizeof *met, &met);
    if (!status.code)
        mean_samples(at, met, moments, moments + found->samples);
    vae__free(met);
    vae__free(moments);
    found->answer = mean_of(found, found->answer_distance, false);
    found->near = near_of(found, found->mode, found->samples);
    found->answer_near = near_of(found, found->answer_mode, 1);
    found->truth_near = near_of(found, found->truth_mode, 1);
    found->answer_covers = covered_of(found, found->answer_mode);
    found->answer_nearest = mean_of(found, found->answer_mode_distance, true);
    found->truth_nearest = mean_of(found, found->truth_mode_distance, true);
    return status;
}

/* ---- What is wanted ---------------------------------------------------------------------------------------------- */

/* Can x be brought back into the data's own units? */
static bool can_be_undone(const vae_model *model)
{
    bool can = true;
    for (int i = 0; i < model->transform.count; i++)
        can &= ((const vae__transform *)model->transform.phrases[i].row)->undo != NULL;
    return can;
}

static vae_status find_modes(vae__forecasting *at, const vae_forecast_modes *modes)
{
    const char *name = modes->field ? modes->field : "";
    if (!(modes->radius >= 0 && modes->radius <= 0.5))
        return vae__error(VAE_ERROR_ARGUMENT, "modes: expected a radius above 0, at most 0.5, found %g", modes->radius);
    at->share = modes->radius > 0 ? modes->radius : 0.5;
    const vae_field *field = vae_data_find(at->data, at->found->split, name);
    const char *source = vae_data_source(at->data);
    if (!field)
        return vae__error(VAE_ERROR_DATA, "%s: modes: expected a field \"%s\", found none", source, name);
    if (field->kind == VAE_CLASS || field->size % at->size)
        return vae__error(VAE_ERROR_DATA,
                          "%s: modes: expected numbers, a multiple of the %" PRId64
                          " of x, found %s \"%s\" of %" PRId64,
                          source, at->size, field->kind == VAE_CLASS ? "the class" : "the field", name, field->size);
    if (at->found->modelled)
        return vae__error(VAE_ERROR_ARGUMENT,
                          "%s: modes: expected a transform of x that can be undone, to compare in the data's units, "
                          "found \"%s\"",
                          at->model->declaration.name, at->model->declaration.x.transform);
    at->modes = field;
    at->most = field->size / at->size;
    return vae__ok();
}

/* Is a mode there wholly, or not at all? */
static vae_status check_modes(const vae__forecasting *at)
{
    const vae_field *field = at->modes;
    for (int64_t i = 0; field && i < at->rows.count * at->most; i++) {
        const int64_t row = i / at->most, first = at->rows.chosen[row] * field->size + i % at->most * at->size;
        int64_t nans = 0;
        for (int64_t k = 0; k < at->size; k++)
            nans += isnan(vae__type_value(field->type, field->values, first + k));
        if (nans && nans < at->size)
            return vae__error(VAE_ERROR_DATA,
                              "%s: modes: row %" PRId64 ": expected a mode of numbers, or of NaN alone where there is "
                              "none, found %" PRId64 " NaN among %" PRId64 " values of mode %" PRId64,
                              vae_data_source(at->data), at->rows.number[row], nans, at->size, i % at->most);
    }
    return vae__ok();
}

/* ---- Room -------------------------------------------------------------------------------------------------------- */

static vae_status allocate_found(const vae__forecasting *at)
{
    vae_forecast_scores *found = at->found;
    const size_t rows = (size_t)found->count, samples = (size_t)found->samples, all = rows * samples;
    const bool modes = at->modes, answer = at->rows.options->regressor;
    const struct {
        void *place;
        size_t count, bytes; /* count 0: there is none */
    } arrays[] = {
        { &found->row, rows, sizeof *found->row },
        { &found->values, rows, sizeof *found->values },
        { &found->distance, all, sizeof *found->distance },
        { &found->answer_distance, answer * rows, sizeof *found->answer_distance },
        { &found->modes, modes * rows, sizeof *found->modes },
        { &found->mode_distance, modes * all, sizeof *found->mode_distance },
        { &found->mode, modes * all, sizeof *found->mode },
        { &found->truth_mode_distance, modes * rows, sizeof *found->truth_mode_distance },
        { &found->truth_mode, modes * rows, sizeof *found->truth_mode },
        { &found->answer_mode_distance, modes * answer * rows, sizeof *found->answer_mode_distance },
        { &found->answer_mode, modes * answer * rows, sizeof *found->answer_mode },
        { &found->least, samples, sizeof *found->least },
        { &found->coverage, modes * samples, sizeof *found->coverage },
    };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        if (arrays[i].count)
            VAE__TRY(vae__allocate("a forecast", arrays[i].count, arrays[i].bytes, arrays[i].place));
    return vae__ok();
}

/* Nothing is made where it would not fit. */
static vae_status allocate(vae__forecasting *at, bool may_miss)
{
    const bool compares = may_miss || at->seen;
    const size_t rows = (size_t)at->rows.count, size = (size_t)at->size, most = (size_t)at->most;
    const size_t sample = (at->modes ? 2 : 1) * sizeof(double) + (at->modes ? sizeof(int32_t) : 0);
    VAE__TRY(vae__memory_check_rows("a forecast", at->rows.count,
                                    (size_t)at->rows.samples * sample + compares * size + most * sizeof(double) +
                                        8 * sizeof(double)));
    VAE__TRY(allocate_found(at));
    at->rows.number = at->found->row;
    VAE__TRY(vae__allocate("a forecast", rows, sizeof *at->rows.chosen, &at->rows.chosen));
    VAE__TRY(vae__allocate("a forecast", (size_t)at->threads, (size_t)desk_size(at) * sizeof(double), &at->desks));
    if (at->modes)
        VAE__TRY(vae__allocate("a forecast", rows * most, sizeof(double), &at->radius));
    return compares ? vae__allocate("a forecast", rows, size, &at->compared) : vae__ok();
}

/* ---- All of it --------------------------------------------------------------------------------------------------- */

static vae_status forecast(vae__forecasting *at)
{
    vae_forecast_scores *found = at->found;
    vae__pass pass = vae__completion_pass(&at->rows, at->model, &at->match);
    VAE__TRY(allocate(at, vae__pass_may_miss(&pass)));
    VAE__TRY(vae__completion_choose(at->data, &at->rows));
    VAE__TRY(check_modes(at));
    pass.chosen = at->rows.chosen;
    pass.numbers = at->rows.number;
    pass.doing = "forecasting";
    vae__forecast_run run = { .at = at,
                              .measures = true,
                              .distance = found->distance,
                              .mode_distance = found->mode_distance,
                              .mode = found->mode };
    VAE__TRY(vae__completion_run(&pass, &at->match, collect, &run));
    if (at->rows.options->regressor)
        VAE__TRY(run_answer(at));
    return mean(at);
}

vae_status vae_forecast(const vae_model *model, const vae_data *data, const vae_completion_options *options,
                        const vae_forecast_modes *modes, vae_forecast_scores *scores)
{
    if (!scores)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a place for the scores, found NULL");
    *scores = (vae_forecast_scores){ 0 };
    if (!model || !data || !options)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a model, data and options, found NULL");
    vae__forecasting at = {
        .model = model, .data = data, .size = model->x_size, .rows.options = options, .found = scores
    };
    VAE__TRY(vae__completion_check(model, options));
    VAE__TRY(vae__match_data(model, data, options->split, &at.match));
    at.seen = vae__model_seen_place(model) < 0 ? NULL : model->conditions[vae__model_seen_place(model)].seen;
    at.threads = options->threads ? options->threads : vae__processors();
    vae__completion_count(model, &at.match, SAMPLES_USUAL, &at.rows);
    scores->count = at.rows.count;
    scores->samples = at.rows.samples;
    scores->split = options->split;
    scores->modelled = !can_be_undone(model);
    vae_status status = modes ? find_modes(&at, modes) : vae__ok();
    if (!status.code)
        status = forecast(&at);
    void *const own[] = { at.rows.chosen, at.desks, at.radius, at.compared };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        vae__free(own[i]);
    if (status.code)
        vae_forecast_free(scores);
    return status;
}

void vae_forecast_free(vae_forecast_scores *scores)
{
    if (!scores)
        return;
    void *const arrays[] = { scores->row,         scores->values,
                             scores->distance,    scores->answer_distance,
                             scores->modes,       scores->mode_distance,
                             scores->mode,        scores->truth_mode_distance,
                             scores->truth_mode,  scores->answer_mode_distance,
                             scores->answer_mode, scores->least,
                             scores->coverage };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        vae__free(arrays[i]);
    *scores = (vae_forecast_scores){ 0 };
}
