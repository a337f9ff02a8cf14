/* vae info: what a checkpoint holds, for a person or as JSON. */
#include <inttypes.h>
#include <string.h>

#include "src/command/data.h"
#include "src/command/files.h"
#include "src/command/json.h"

enum { JSON };

static const vae__option options[] = {
    [JSON] = { "json", NULL, VAE__FLAG, "print one JSON object", NULL, 0, 0 },
    { .name = NULL },
};
VAE__CHECK_OPTIONS(options);

/* A table of at most this many rows, the first and the last ones of a long history. */
enum { TABLE_ROWS = 12, TABLE_FIRST = 4 };

typedef struct clause {
    const char *name, *text;
} clause;

enum { CLAUSES = 7 };

static void list_clauses(const vae_model_spec *spec, clause clauses[CLAUSES])
{
    const clause all[CLAUSES] = {
        { "encoder", spec->encoder },       { "decoder", spec->decoder },     { "likelihood", spec->x.likelihood },
        { "transform", spec->x.transform }, { "posterior", spec->posterior }, { "prior", spec->prior },
        { "objective", spec->objective },
    };
    memcpy(clauses, all, sizeof all);
}

/* ---- For a person ------------------------------------------------------------------------------------------------ */

static void print_declaration(const vae_model_spec *spec)
{
    char shape[VAE__SIZES_TEXT];
    clause clauses[CLAUSES];
    list_clauses(spec, clauses);
    vae__line(stdout, "model       %s%s%s", spec->name, spec->summary && *spec->summary ? ": " : "",
              spec->summary ? spec->summary : "");
    vae__line(stdout, "  %-12s%s", "x", vae__sizes_text(shape, spec->x.shape, VAE_MAX_RANK));
    for (int i = 0; i < VAE_MAX_CONDITIONS && spec->conditions[i].name; i++)
        vae__line(stdout, "  %-12s%s, %" PRId64 " classes", "condition", spec->conditions[i].name,
                  spec->conditions[i].size);
    for (int i = 0; i < VAE_MAX_LATENTS && spec->latents[i].size; i++)
        vae__line(stdout, "  %-12s%" PRId64 " dimensions", "latent", spec->latents[i].size);
    for (int i = 0; i < CLAUSES; i++)
        if (clauses[i].text)
            vae__line(stdout, "  %-12s%s", clauses[i].name, clauses[i].text);
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

static void print_training(const vae_training *training)
{
    vae_training_state where = vae_training_where(training);
    char splits[VAE__SPLITS_TEXT], epochs[64], steps[64];
    vae__line(stdout, "data        %s, digest %s", *where.source ? where.source : "unknown", where.digest);
    vae__line(stdout, "  %-12s%s", "rows", vae__splits_text(splits, where.rows, where.validation_held_out));
    vae__line(stdout, "training    %s, %s", vae__counted(epochs, where.epoch, "epoch"),
              vae__counted(steps, where.step, "step"));
    vae__line(stdout, "  %-15s%" PRId64, "batch", where.batch_size);
    vae__line(stdout, "  %-15s%g", "learning rate", where.learning_rate);
    vae__line(stdout, "  %-15s%" PRIu64, "seed", where.seed);
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

static void json_sizes(vae__json *json, const char *name, const int64_t *sizes, int count)
{
    vae__json_array(json, name);
    for (int i = 0; i < count && sizes[i]; i++)
        vae__json_whole(json, NULL, sizes[i]);
    vae__json_array_end(json);
}

static void json_declaration(vae__json *json, const vae_model_spec *spec)
{
    clause clauses[CLAUSES];
    list_clauses(spec, clauses);
    vae__json_object(json, "model");
    vae__json_text(json, "name", spec->name);
    vae__json_text(json, "summary", spec->summary);
    json_sizes(json, "x", spec->x.shape, VAE_MAX_RANK);
    vae__json_array(json, "conditions");
    for (int i = 0; i < VAE_MAX_CONDITIONS && spec->conditions[i].name; i++) {
        vae__json_object(json, NULL);
        vae__json_text(json, "name", spec->conditions[i].name);
        vae__json_whole(json, "classes", spec->conditions[i].size);
        vae__json_object_end(json);
    }
    vae__json_array_end(json);
    vae__json_array(json, "latents");
    for (int i = 0; i < VAE_MAX_LATENTS && spec->latents[i].size; i++)
        vae__json_whole(json, NULL, spec->latents[i].size);
    vae__json_array_end(json);
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

static void json_training(vae__json *json, const vae_training *training)
{
    vae_training_state where = vae_training_where(training);
    vae__json_object(json, "data");
    vae__json_text(json, "source", where.source);
    vae__json_text(json, "digest", where.digest);
    vae__json_object(json, "rows");
    for (int split = 0; split < VAE_SPLITS; split++)
        vae__json_whole(json, vae_split_name((vae_split)split), where.rows[split]);
    vae__json_object_end(json);
    vae__json_truth(json, "validation_held_out", where.validation_held_out);
    vae__json_object_end(json);
    vae__json_object(json, "training");
    vae__json_whole(json, "epoch", where.epoch);
    vae__json_whole(json, "step", where.step);
    vae__json_whole(json, "batch_size", where.batch_size);
    vae__json_real(json, "learning_rate", where.learning_rate);
    /* By the command line a seed is at most that of int64_t; a program may have given more. */
    char seed[32];
    snprintf(seed, sizeof seed, "%" PRIu64, where.seed);
    if (where.seed <= INT64_MAX)
        vae__json_whole(json, "seed", (int64_t)where.seed);
    else
        vae__json_text(json, "seed", seed);
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
