/* Completions: the prior and the decoder at conditions that come from data. */
#include "src/infer/complete.h"

#include <inttypes.h>
#include <string.h>

#include "src/base/memory.h"
#include "src/base/parallel.h"
#include "src/base/status.h"
#include "src/base/text.h"
#include "src/infer/given.h"

enum {
    SAMPLES_USUAL = 8,
    SAMPLES_MOST = 1000000,
    PIECE = 8,     /* samples of a row in a run */
    RUN_ROWS = 128 /* of z in a run, always: so that bits do not depend on how many are wanted */
};

/* What is passed to and fro. */
typedef struct vae__completing {
    const vae_model *model;
    const vae_data *data;
    const vae_completion_options *options;
    const double *seen; /* of the model's part of x, by value; NULL: it has none */
    vae__match match;
    vae__completed_rows rows;
    vae_completions *found;
} vae__completing;

/* ---- What is wanted ---------------------------------------------------------------------------------------------- */

/* "columns 14 14" */
static const char *part_of(const vae_model *model)
{
    int place = vae__model_seen_place(model);
    return place < 0 ? "none" : model->declaration.conditions[place].of_x;
}

static vae_status check_samples(const vae_model *model, const vae_completion_options *options)
{
    const int64_t samples = options->samples;
    if (model->regresses && !options->draw && samples > 1)
        return vae__error(
            VAE_ERROR_ARGUMENT,
            "%s: expected 1 sample of a regression, which has one answer unless x is drawn, found %" PRId64,
            model->declaration.name, samples);
    int64_t most = model->x_size;
    for (int i = 0; i < model->latent_count; i++)
        most = model->declaration.latents[i].size > most ? model->declaration.latents[i].size : most;
    if (samples > UINT32_MAX / most - PIECE)
        return vae__error(VAE_ERROR_ARGUMENT,
                          "%s: expected at most 2^32 draws a row, found %" PRId64 " samples of %" PRId64 " values",
                          model->declaration.name, samples, most);
    return vae__ok();
}

static vae_status check_options(const vae_model *model, const vae_completion_options *options)
{
    if ((unsigned)options->split >= VAE_SPLITS || options->threads < 0 || options->threads > VAE__THREADS_MAX)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a split and 0 to %d threads, found %d and %d",
                          (int)VAE__THREADS_MAX, (int)options->split, options->threads);
    if (options->count < (options->rows != NULL) || options->samples < 0 || options->samples > SAMPLES_MOST)
        return vae__error(VAE_ERROR_ARGUMENT,
                          "expected a count of at least %d and 0 to %d samples, found %" PRId64 " and %" PRId64,
                          options->rows != NULL, (int)SAMPLES_MOST, options->count, options->samples);
    if (!model->condition_count)
        return vae__error(VAE_ERROR_ARGUMENT, "%s: expected a model with conditions, which data could give, found none",
                          model->declaration.name);
    return check_samples(model, options);
}

/* Is what it answers of the same kind, at the same places, in the same scale? */
static vae_status check_regressor(const vae_model *model, const vae_model *regressor)
{
    const char *name = regressor->declaration.name;
    if (!regressor->regresses)
        return vae__error(VAE_ERROR_ARGUMENT,
                          "regressor: expected a regression (objective \"none\"), found %s (\"%s\")", name,
                          regressor->declaration.objective);
    char shapes[2][VAE__SIZES_SHOWN];
    const vae_x_spec *mine = &model->declaration.x, *theirs = &regressor->declaration.x;
    const struct {
        const char *what, *expected, *found;
    } clauses[] = {
        { "shape of x", vae__text_shape(mine->shape, model->x_rank, shapes[0]),
          vae__text_shape(theirs->shape, regressor->x_rank, shapes[1]) },
        { "part of x", part_of(model), part_of(regressor) },
        { "transform", mine->transform, theirs->transform },
    };
    for (size_t i = 0; i < sizeof clauses / sizeof *clauses; i++)
        if (strcmp(clauses[i].expected, clauses[i].found))
            return vae__error(VAE_ERROR_ARGUMENT, "regressor: %s: expected the %s that %s has, \"%s\", found \"%s\"",
                              name, clauses[i].what, model->declaration.name, clauses[i].expected, clauses[i].found);
    return vae__ok();
}

vae_status vae__completion_check(const vae_model *model, const vae_completion_options *options)
{
    VAE__TRY(check_options(model, options));
    return options->regressor ? check_regressor(model, options->regressor) : vae__ok();
}

void vae__completion_count(const vae_model *model, const vae__match *match, int64_t usual, vae__completed_rows *rows)
{
    const vae_completion_options *options = rows->options;
    const int64_t count = options->count;
    rows->count = options->rows || (count && count < match->rows) ? count : match->rows;
    rows->samples = options->samples ? options->samples : model->regresses && !options->draw ? 1 : usual;
}

vae_status vae__completion_choose(const vae_data *data, vae__completed_rows *rows)
{
    const vae_completion_options *options = rows->options;
    for (int64_t i = 0; i < rows->count; i++) {
        rows->chosen[i] = (uint32_t)i;
        rows->number[i] = options->rows ? options->rows[i] : vae_data_row(data, options->split, i);
    }
    if (!options->rows)
        return vae__ok();
    return vae__pass_find(data, options->split, "rows", options->rows, rows->count, rows->chosen);
}

/* ---- Room -------------------------------------------------------------------------------------------------------- */

static vae_status allocate_row(size_t rows, size_t size, bool answers, vae_completions *found)
{
    const size_t x = size * sizeof(float);
    VAE__TRY(vae__allocate("completions", rows, sizeof(int64_t), &found->row));
    VAE__TRY(vae__allocate("completions", rows, x, &found->truth));
    if (!answers)
        return vae__ok();
    VAE__TRY(vae__allocate("completions", rows, x, &found->answer));
    return vae__allocate("completions", rows, x, &found->answer_units);
}

static vae_status allocate_samples(size_t all, vae_completions *found)
{
    VAE__TRY(vae__allocate("completions", all, (size_t)found->x_size * sizeof(float), &found->x));
    VAE__TRY(vae__allocate("completions", all, (size_t)found->x_size * sizeof(float), &found->units));
    if (!found->z_size)
        return vae__ok();
    return vae__allocate("completions", all, (size_t)found->z_size * sizeof(float), &found->z);
}

/* Nothing is made where it would not fit. */
static vae_status allocate(vae__completing *at, bool may_miss)
{
    vae_type types[VAE_MAX_CONDITIONS];
    vae_completions *found = at->found;
    const size_t rows = (size_t)found->count, size = (size_t)found->x_size, samples = (size_t)found->samples;
    const bool answers = at->options->regressor != NULL;
    vae__given_types(at->model, &at->match, types);
    size_t bytes = samples * (2 * size + (size_t)found->z_size) * sizeof(float) + /* x, units, z */
                   (answers ? 3 : 1) * size * sizeof(float) + 2 * size +          /* truth, answer; given, mask */
                   sizeof(int64_t) + sizeof(uint32_t) + vae__given_bytes(at->model, types);
    VAE__TRY(vae__memory_check_rows("completions", found->count, bytes));
    VAE__TRY(allocate_row(rows, size, answers, found));
    VAE__TRY(allocate_samples(rows * samples, found));
    if (at->seen)
        VAE__TRY(vae__allocate("completions", rows, size, &found->given));
    if (may_miss)
        VAE__TRY(vae__allocate("completions", rows, size, &found->mask));
    VAE__TRY(vae__allocate("completions", rows, sizeof *at->rows.chosen, &at->rows.chosen));
    return vae__given_allocate(at->model, types, found->count, &found->conditions);
}

static vae_status choose_rows(vae__completing *at)
{
    vae_completions *found = at->found;
    at->rows.number = found->row;
    VAE__TRY(vae__completion_choose(at->data, &at->rows));
    vae__given_take(at->model, &at->match, at->rows.chosen, found->count, &found->conditions);
    return vae__ok();
}

/* ---- Passes ------------------------------------------------------------------------------------------------------ */

/* What a row has once. */
static void collect_truth(const vae__completing *at, const vae__pass *pass, int64_t begin, int64_t examples)
{
    vae_completions *found = at->found;
    const int64_t size = found->x_size;
    vae__pass_copy(pass, pass->graph.modelled, begin, examples, found->truth);
    if (found->mask)
        vae__pass_mask(pass, begin, examples, found->mask);
    for (int64_t i = begin * size; found->given && i < (begin + examples) * size; i++)
        found->given[i] = at->seen[i % size] > 0 && (!found->mask || found->mask[i]);
}

int64_t vae__completion_piece(const vae__pass *pass)
{
    const int64_t piece = pass->request.samples, left = pass->samples - pass->first_sample;
    return left < piece ? left : piece;
}

/* Copies a piece of samples. */
static void copy_samples(const vae__pass *pass, const vae_node *node, int64_t begin, int64_t examples, float *to)
{
    const int64_t size = vae_node_size(node), piece = pass->request.samples, taken = vae__completion_piece(pass);
    const float *values = vae_executor_value(pass->executor, node);
    for (int64_t e = 0; e < examples; e++)
        memcpy(to + ((begin + e) * pass->samples + pass->first_sample) * size, values + e * piece * size,
               (size_t)(taken * size) * sizeof *to);
}

static void collect(void *completing, const vae__pass *pass, int64_t begin, int64_t examples)
{
    const vae__completing *at = completing;
    if (!pass->first_sample)
        collect_truth(at, pass, begin, examples);
    copy_samples(pass, pass->graph.x_mean, begin, examples, at->found->x);
    copy_samples(pass, pass->graph.x_units, begin, examples, at->found->units);
    if (at->found->z)
        copy_samples(pass, pass->graph.z_used, begin, examples, at->found->z);
}

static void collect_answer(void *completing, const vae__pass *pass, int64_t begin, int64_t examples)
{
    const vae__completing *at = completing;
    copy_samples(pass, pass->graph.x_mean, begin, examples, at->found->answer);
    copy_samples(pass, pass->graph.x_units, begin, examples, at->found->answer_units);
}

/* The purpose is vae_sample's, whose z so is that of sample 0. */
static vae__pass pass_of(const vae__completed_rows *rows, const vae_model *model, const vae__match *match,
                         int64_t samples, int64_t piece)
{
    const vae_completion_options *options = rows->options;
    vae__pass pass = { .model = model,
                       .request = vae__match_request(match, VAE__COMPLETION),
                       .doing = "completing",
                       .rows = rows->count,
                       .chosen = rows->chosen,
                       .threads = options->threads,
                       .progress = options->progress,
                       .context = options->context,
                       .batch = RUN_ROWS / piece,
                       .whole = true,
                       .seed = options->seed,
                       .purpose = "sample",
                       .numbers = rows->number,
                       .samples = samples };
    pass.request.samples = piece;
    return pass;
}

vae__pass vae__completion_pass(const vae__completed_rows *rows, const vae_model *model, const vae__match *match)
{
    const bool draw = rows->options->draw;
    vae__pass pass = pass_of(rows, model, match, rows->samples, model->regresses && !draw ? 1 : PIECE);
    pass.request.draw = draw;
    return pass;
}

vae__pass vae__completion_answer(const vae__completed_rows *rows, const vae_model *regressor, const vae__match *match)
{
    return pass_of(rows, regressor, match, 1, 1);
}

vae_status vae__completion_run(vae__pass *pass, const vae__match *match, vae__collect *collector, void *results)
{
    vae_status status = vae__pass_open(pass);
    if (!status.code) {
        pass->binding_count = vae__match_bind(match, &pass->graph, pass->index, pass->bindings);
        status = vae__pass_run(pass, collector, results);
    }
    vae__pass_close(pass);
    return status;
}

static vae_status answer(vae__completing *at)
{
    vae__match match;
    const vae_model *regressor = at->options->regressor;
    VAE__TRY(vae__match_data(regressor, at->data, at->found->split, &match));
    vae__pass pass = vae__completion_answer(&at->rows, regressor, &match);
    return vae__completion_run(&pass, &match, collect_answer, at);
}

/* ---- All of it --------------------------------------------------------------------------------------------------- */

static vae_status complete(vae__completing *at)
{
    vae__pass pass = vae__completion_pass(&at->rows, at->model, &at->match);
    VAE__TRY(allocate(at, vae__pass_may_miss(&pass)));
    VAE__TRY(choose_rows(at));
    pass.chosen = at->rows.chosen;
    pass.numbers = at->rows.number;
    VAE__TRY(vae__completion_run(&pass, &at->match, collect, at));
    return at->options->regressor ? answer(at) : vae__ok();
}

vae_status vae_complete(const vae_model *model, const vae_data *data, const vae_completion_options *options,
                        vae_completions *completions)
{
    if (!completions)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a place for the completions, found NULL");
    *completions = (vae_completions){ 0 };
    if (!model || !data || !options)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a model, data and options, found NULL");
    vae__completing at = {
        .model = model, .data = data, .options = options, .rows.options = options, .found = completions
    };
    VAE__TRY(vae__completion_check(model, options));
    VAE__TRY(vae__match_data(model, data, options->split, &at.match));
    at.seen = vae__model_seen_place(model) < 0 ? NULL : model->conditions[vae__model_seen_place(model)].seen;
    completions->split = options->split;
    vae__completion_count(model, &at.match, SAMPLES_USUAL, &at.rows);
    completions->count = at.rows.count;
    completions->samples = at.rows.samples;
    completions->x_size = model->x_size;
    completions->z_size = model->declaration.latents[0].size;
    vae_status status = complete(&at);
    vae__free(at.rows.chosen);
    if (status.code)
        vae_completions_free(completions);
    return status;
}

void vae_completions_free(vae_completions *completions)
{
    if (!completions)
        return;
    void *const arrays[] = { completions->row,  completions->x,      completions->units,
                             completions->z,    completions->truth,  completions->given,
                             completions->mask, completions->answer, completions->answer_units };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        vae__free(arrays[i]);
    vae__given_free(&completions->conditions);
    *completions = (vae_completions){ 0 };
}
