/* vae info: what a checkpoint holds, for a person or as JSON. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "src/command/files.h"
#include "src/command/json.h"
#include "src/command/source.h"

enum { JSON };

static const vae__option options[] = {
    [JSON] = VAE__JSON_OPTION,
    { .name = NULL },
};
VAE__CHECK_OPTIONS(options);

/* A table of at most this many rows, the first and the last ones of a long history. */
enum { TABLE_ROWS = 12, TABLE_FIRST = 4 };

typedef struct clause {
    const char *name, *text;
} clause;

enum { CLAUSES = 10 };

static void list_clauses(const vae_model_spec *spec, clause clauses[CLAUSES])
{
    const clause all[CLAUSES] = {
        { "encoder", spec->encoder },
        { "decoder", spec->decoder },
        { "likelihood", spec->x.likelihood },
        { "transform", spec->x.transform },
        { "encoder_transform", spec->x.encoder_transform },
        { "posterior", spec->posterior },
        { "prior", spec->prior },
        { "prior_layers", spec->prior_layers },
        { "objective", spec->objective },
        { "initial", spec->initial },
    };
    memcpy(clauses, all, sizeof all);
}

/* ---- For a person ------------------------------------------------------------------------------------------------ */

/* Of many classes the first ones. */
static void print_levels(const vae_condition_spec *condition)
{
    enum { LEVELS_TOLD = 12 };
    char text[1024] = "", level[64];
    size_t used = 0;
    for (int64_t i = 0; condition->levels && i < condition->size && i < LEVELS_TOLD; i++) {
        snprintf(level, sizeof level, "%.40s", condition->levels[i]);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s\"%s\"", i ? ", " : "", level);
    }
    bool more = condition->levels && condition->size > LEVELS_TOLD;
    vae__line(stdout, "  %-12s%s, %" PRId64 " class%s%s%s%s", "condition", condition->name, condition->size,
              condition->size == 1 ? "" : "es", *text ? ": " : "", text, more ? ", ..." : "");
}

/* What a condition has beside its values: only what is declared. */
enum { WAYS = 7 };

static void list_ways(const vae_condition_spec *condition, clause ways[WAYS])
{
    const clause all[WAYS] = {
        { "of_x", condition->of_x },
        { "enters", condition->enters },
        { "layers", condition->layers },
        { "encoder_layers", condition->encoder_layers },
        { "decoder_layers", condition->decoder_layers },
        { "prior_layers", condition->prior_layers },
        { "baseline", condition->baseline },
    };
    memcpy(ways, all, sizeof all);
}

static void print_ways(const vae_condition_spec *condition)
{
    clause ways[WAYS];
    list_ways(condition, ways);
    for (int i = 0; i < WAYS; i++)
        if (ways[i].text && *ways[i].text)
            vae__line(stdout, "    %-14s %s", ways[i].name, ways[i].text);
}

static void print_condition(const vae_condition_spec *condition)
{
    char shape[VAE__SIZES_TEXT], values[64];
    if (condition->kind == VAE_CLASS)
        print_levels(condition);
    else
        vae__line(stdout, "  %-12s%s, %s%s, transform %s", "condition", condition->name,
                  condition->kind == VAE_IMAGE ? "image " : "",
                  condition->kind == VAE_IMAGE ? vae__sizes_text(shape, condition->shape, VAE_MAX_RANK)
                                               : vae__counted(values, condition->size, "value"),
                  condition->transform && *condition->transform ? condition->transform : "raw");
    print_ways(condition);
}

static void print_latents(const vae_model_spec *spec)
{
    for (int i = 0; i < VAE_MAX_LATENTS && spec->latents[i].size; i++) {
        const vae_latent_spec *latent = &spec->latents[i];
        vae__line(stdout, "  %-12s%" PRId64 " dimensions", "latent", latent->size);
        if (latent->encoder)
            vae__line(stdout, "    %-14s %s", "encoder", latent->encoder);
        if (latent->decoder)
            vae__line(stdout, "    %-14s %s", "decoder", latent->decoder);
    }
}

static void print_missing(const vae_x_spec *x)
{
    char fill[64] = "";
    if (x->has_fill_value)
        snprintf(fill, sizeof fill, "%.9g", x->fill_value);
    if (x->missing == VAE_MISSING_MASK)
        vae__line(stdout, "  %-12sNaN%s%s, masked", "missing", *fill ? " and " : "", fill);
    else if (*fill)
        vae__line(stdout, "  %-12s%s, masked", "missing", fill);
}

static void print_declaration(const vae_model_spec *spec)
{
    char shape[VAE__SIZES_TEXT];
    clause clauses[CLAUSES];
    list_clauses(spec, clauses);
    vae__line(stdout, "model       %s%s%s", spec->name, spec->summary && *spec->summary ? ": " : "",
              spec->summary ? spec->summary : "");
    vae__line(stdout, "  %-12s%s, stored as %s", "x", vae__sizes_text(shape, spec->x.shape, VAE_MAX_RANK),
              vae_type_name(spec->x.type));
    print_missing(&spec->x);
    for (int i = 0; i < VAE_MAX_CONDITIONS && spec->conditions[i].name; i++)
        print_condition(&spec->conditions[i]);
    print_latents(spec);
    if (spec->build)
        vae__line(stdout, "  %-12sby the program's own code", "built");
    for (int i = 0; i < CLAUSES; i++)
        if (clauses[i].text && *clauses[i].text)
            vae__line(stdout, "  %-11s %s", clauses[i].name, clauses[i].text);
}

static void print_tensors(vae_model *model)
{
    const vae_store *store = vae_model_store(model);
    char shape[VAE__SIZES_TEXT];
    vae__line(stdout, "parameters  %" PRId64, vae__parameter_count(model));
    for (int i = 0; i < vae_store_count(store); i++) {
        const vae_tensor *tensor = vae_store_tensor(store, i);
        vae__line(stdout, "  %-32s %10" PRId64 "  %s%s", tensor->name, tensor->size,
                  vae__sizes_text(shape, tensor->shape, tensor->rank), tensor->trainable ? "" : "  (state)");
    }
}

static const char *share_text(char text[64], const char *name, double share)
{
    if (share > 0)
        snprintf(text, 64, "%s %.9g, ", name, share);
    else
        text[0] = 0;
    return text;
}

static void print_division(const vae_division *division)
{
    char validation[64], test[64];
    if (!(division->validation > 0 || division->test > 0))
        return;
    vae__line(stdout, "  %-12s%s%s%s%s", "held out", share_text(validation, "validation", division->validation),
              share_text(test, "test", division->test), division->by ? "by whole values of " : "the last rows",
              division->by ? division->by : "");
}

static void print_data(const vae_model_spec *spec, const vae_training_state *where)
{
    char splits[VAE__SPLITS_TEXT];
    vae__line(stdout, "data        %s, digest %s", *where->source ? where->source : "unknown", where->digest);
    if (where->x_path)
        vae__line(stdout, "  %-12s%s", "x", where->x_path);
    if (where->mask_path)
        vae__line(stdout, "  %-12s%s", "mask", where->mask_path);
    for (int i = 0; i < VAE_MAX_CONDITIONS && spec->conditions[i].name; i++)
        if (where->condition_paths[i])
            vae__line(stdout, "  %-11s %s", spec->conditions[i].name, where->condition_paths[i]);
    if (where->allow_external)
        vae__line(stdout, "  %-12sread from other files too", "external");
    vae__line(stdout, "  %-12s%s", "rows", vae__splits_text(splits, where->rows, where->validation_held_out));
    print_division(&where->division);
}

static void print_method(const vae_training_state *where)
{
    vae__line(stdout, "  %-15s%s", "optimizer", where->optimizer);
    vae__line(stdout, "  %-15s%s", "schedule", where->schedule);
    if (where->clip_norm > 0)
        vae__line(stdout, "  %-15s%g", "clip norm", where->clip_norm);
    if (where->clip_value > 0)
        vae__line(stdout, "  %-15s%g", "clip value", where->clip_value);
    if (where->weight_prior > 0)
        vae__line(stdout, "  %-15s%g", "weight prior", where->weight_prior);
}

static void print_training(vae_training *training)
{
    vae_training_state where = vae_training_where(training);
    char epochs[64], steps[64];
    print_data(vae_model_declaration(vae_training_model(training)), &where);
    vae__line(stdout, "training    %s, %s", vae__counted(epochs, where.epoch, "epoch"),
              vae__counted(steps, where.step, "step"));
    vae__line(stdout, "  %-15s%" PRId64, "batch", where.batch_size);
    vae__line(stdout, "  %-15s%g", "learning rate", where.learning_rate);
    print_method(&where);
    vae__line(stdout, "  %-15s%" PRIu64, "seed", where.seed);
    vae__line(stdout, "  %-15s%s", "precision", where.precision);
    if (*where.command_line)
        vae__line(stdout, "  %-15s%s", "command line", where.command_line);
}

/* The columns that a line of a terminal has room for; --json has all. */
static const struct {
    const char *name, *format;
} told_columns[] = {
    { "epoch", " %*.0f" },      { "step", " %*.0f" },
    { "train/elbo", " %*.6g" }, { "train/reconstruction", " %*.6g" },
    { "train/kl", " %*.6g" },   { "validation/elbo", " %*.6g" },
    { "seconds", " %*.6g" },
};
enum { TOLD_COLUMNS = sizeof told_columns / sizeof *told_columns };

/* A heading (row -1) or a row of the table. */
static void print_history_line(const vae_training *training, int64_t row)
{
    putchar(' ');
    for (int told = 0; told < TOLD_COLUMNS; told++)
        for (int i = 0; i < vae_history_columns(training); i++) {
            vae_history_column column = vae_history_column_at(training, i);
            int width = (int)strlen(column.name) > 8 ? (int)strlen(column.name) : 8;
            if (strcmp(column.name, told_columns[told].name))
                continue;
            if (row < 0)
                printf(" %*s", width, column.name);
            else
                printf(told_columns[told].format, width, column.values[row]);
        }
    putchar('\n');
}

static void print_history(const vae_training *training)
{
    int64_t rows = vae_history_rows(training);
    char counted[64];
    printf("history     %s\n", vae__counted(counted, rows, "row"));
    if (rows)
        print_history_line(training, -1);
    for (int64_t row = 0; row < rows; row++) {
        if (rows > TABLE_ROWS && row == TABLE_FIRST) {
            printf("  ...\n");
            row = rows - (TABLE_ROWS - TABLE_FIRST);
        }
        print_history_line(training, row);
    }
}

/* ---- As JSON ----------------------------------------------------------------------------------------------------- */

/* As many as are not 0. */
static void json_sizes(vae__json *json, const char *name, const int64_t *sizes, int most)
{
    int count = 0;
    while (count < most && sizes[count])
        count++;
    vae__json_sizes(json, name, sizes, count);
}

static void json_condition(vae__json *json, const vae_condition_spec *condition)
{
    bool class = condition->kind == VAE_CLASS;
    vae__json_object(json, NULL);
    vae__json_text(json, "name", condition->name);
    vae__json_text(json, "kind", vae__kind_text(condition->kind));
    vae__json_whole(json, class ? "classes" : "size", condition->size);
    if (condition->kind == VAE_IMAGE)
        json_sizes(json, "shape", condition->shape, VAE_MAX_RANK);
    if (class && condition->levels) {
        vae__json_array(json, "levels");
        for (int64_t i = 0; i < condition->size; i++)
            vae__json_text(json, NULL, condition->levels[i]);
        vae__json_array_end(json);
    }
    if (!class)
        vae__json_text(json, "transform", condition->transform);
    vae__json_text(json, "type", vae_type_name(condition->type));
    clause ways[WAYS];
    list_ways(condition, ways);
    for (int i = 0; i < WAYS; i++)
        if (ways[i].text && *ways[i].text)
            vae__json_text(json, ways[i].name, ways[i].text);
    vae__json_object_end(json);
}

/* Of the second and further, by the names of the file's attributes; where there are some. */
static void json_latent_layers(vae__json *json, const vae_model_spec *spec)
{
    for (int i = 1; i < VAE_MAX_LATENTS; i++) {
        const clause clauses[] = { { "encoder", spec->latents[i].encoder }, { "decoder", spec->latents[i].decoder } };
        for (int k = 0; k < 2; k++) {
            char name[32];
            snprintf(name, sizeof name, "latent%d_%s", i + 1, clauses[k].name);
            if (clauses[k].text && *clauses[k].text)
                vae__json_text(json, name, clauses[k].text);
        }
    }
}

static void json_declaration(vae__json *json, const vae_model_spec *spec)
{
    clause clauses[CLAUSES];
    list_clauses(spec, clauses);
    vae__json_object(json, "model");
    vae__json_text(json, "name", spec->name);
    vae__json_text(json, "summary", spec->summary);
    json_sizes(json, "x", spec->x.shape, VAE_MAX_RANK);
    vae__json_text(json, "type", vae_type_name(spec->x.type));
    vae__json_text(json, "missing", spec->x.missing == VAE_MISSING_MASK ? "mask" : "error");
    if (spec->x.has_fill_value)
        vae__json_real(json, "fill_value", spec->x.fill_value);
    else
        vae__json_null(json, "fill_value");
    vae__json_truth(json, "built_by_program", spec->build != NULL);
    vae__json_array(json, "conditions");
    for (int i = 0; i < VAE_MAX_CONDITIONS && spec->conditions[i].name; i++)
        json_condition(json, &spec->conditions[i]);
    vae__json_array_end(json);
    vae__json_array(json, "latents");
    for (int i = 0; i < VAE_MAX_LATENTS && spec->latents[i].size; i++)
        vae__json_whole(json, NULL, spec->latents[i].size);
    vae__json_array_end(json);
    json_latent_layers(json, spec);
    for (int i = 0; i < CLAUSES; i++)
        vae__json_text(json, clauses[i].name, clauses[i].text);
    vae__json_object_end(json);
}

static void json_tensors(vae__json *json, vae_model *model)
{
    const vae_store *store = vae_model_store(model);
    vae__json_whole(json, "parameter_count", vae__parameter_count(model));
    vae__json_array(json, "parameters");
    for (int i = 0; i < vae_store_count(store); i++) {
        const vae_tensor *tensor = vae_store_tensor(store, i);
        vae__json_object(json, NULL);
        vae__json_text(json, "name", tensor->name);
        json_sizes(json, "shape", tensor->shape, tensor->rank);
        vae__json_whole(json, "size", tensor->size);
        vae__json_truth(json, "trainable", tensor->trainable);
        vae__json_object_end(json);
    }
    vae__json_array_end(json);
}

/* By the command line a seed is at most that of int64_t; a program may have given more. */
static void json_seed(vae__json *json, uint64_t seed)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRIu64, seed);
    if (seed <= INT64_MAX)
        vae__json_whole(json, "seed", (int64_t)seed);
    else
        vae__json_text(json, "seed", text);
}

static void json_division(vae__json *json, const vae_division *division)
{
    if (!(division->validation > 0 || division->test > 0)) {
        vae__json_null(json, "division");
        return;
    }
    vae__json_object(json, "division");
    vae__json_real(json, "validation", division->validation);
    vae__json_real(json, "test", division->test);
    vae__json_text(json, "by", division->by);
    json_seed(json, division->seed);
    vae__json_object_end(json);
}

static void json_places(vae__json *json, const vae_model_spec *spec, const vae_training_state *where)
{
    vae__json_array(json, "sources");
    for (int i = 0; i < where->source_count; i++)
        vae__json_text(json, NULL, where->sources[i]);
    vae__json_array_end(json);
    vae__json_object(json, "paths");
    vae__json_text(json, "x", where->x_path);
    vae__json_text(json, "mask", where->mask_path);
    vae__json_array(json, "conditions");
    for (int i = 0; i < VAE_MAX_CONDITIONS && spec->conditions[i].name; i++)
        vae__json_text(json, NULL, where->condition_paths[i]);
    vae__json_array_end(json);
    vae__json_object_end(json);
    vae__json_truth(json, "allow_external", where->allow_external);
}

static void json_data(vae__json *json, const vae_model_spec *spec, const vae_training_state *where)
{
    vae__json_object(json, "data");
    vae__json_text(json, "source", where->source);
    json_places(json, spec, where);
    vae__json_text(json, "digest", where->digest);
    vae__json_object(json, "rows");
    for (int split = 0; split < VAE_SPLITS; split++)
        vae__json_whole(json, vae_split_name((vae_split)split), where->rows[split]);
    vae__json_object_end(json);
    vae__json_truth(json, "validation_held_out", where->validation_held_out);
    json_division(json, &where->division);
    vae__json_object_end(json);
}

static void json_training(vae__json *json, vae_training *training)
{
    vae_training_state where = vae_training_where(training);
    json_data(json, vae_model_declaration(vae_training_model(training)), &where);
    vae__json_object(json, "training");
    vae__json_whole(json, "epoch", where.epoch);
    vae__json_whole(json, "step", where.step);
    vae__json_whole(json, "batch_size", where.batch_size);
    vae__json_real(json, "learning_rate", where.learning_rate);
    vae__json_text(json, "optimizer", where.optimizer);
    vae__json_text(json, "schedule", where.schedule);
    vae__json_real(json, "clip_norm", where.clip_norm > 0 ? where.clip_norm : NAN);
    vae__json_real(json, "clip_value", where.clip_value > 0 ? where.clip_value : NAN);
    vae__json_real(json, "weight_prior", where.weight_prior > 0 ? where.weight_prior : NAN);
    json_seed(json, where.seed);
    vae__json_text(json, "precision", where.precision);
    vae__json_text(json, "command_line", where.command_line);
    vae__json_object_end(json);
}

static void json_history(vae__json *json, const vae_training *training)
{
    vae__json_object(json, "history");
    for (int i = 0; i < vae_history_columns(training); i++) {
        vae_history_column column = vae_history_column_at(training, i);
        vae__json_array(json, column.name);
        for (int64_t row = 0; row < vae_history_rows(training); row++)
            vae__json_real(json, NULL, column.values[row]);
        vae__json_array_end(json);
    }
    vae__json_object_end(json);
}

static void print_json(const char *path, vae_training *training)
{
    vae_model *model = vae_training_model(training);
    vae__json json = { .file = stdout };
    vae__json_object(&json, NULL);
    vae__json_text(&json, "path", path);
    json_declaration(&json, vae_model_declaration(model));
    json_tensors(&json, model);
    json_training(&json, training);
    json_history(&json, training);
    vae__json_finish(&json);
}

static int run(const vae__call *call)
{
    vae_training *training = NULL;
    int status = vae__open_checkpoint(call, call->argument, &training);
    if (status)
        return status;
    if (call->values[JSON].given) {
        print_json(call->argument, training);
    } else {
        print_declaration(vae_model_declaration(vae_training_model(training)));
        print_tensors(vae_training_model(training));
        print_training(training);
        print_history(training);
    }
    vae_training_free(&training);
    return VAE__EXIT_DONE;
}

const vae__command vae__command_info = {
    .name = "info",
    .summary = "tell what a checkpoint holds",
    .usage = "FILE.h5 [--json]",
    .argument = "FILE.h5",
    .options = options,
    .run = run,
};
