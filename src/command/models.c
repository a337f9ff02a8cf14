/* vae models: the named variants, and the words of the little language. */
#include <string.h>

#include "src/command/command.h"
#include "src/command/json.h"

enum { WORDS, JSON };

static const vae__option options[] = {
    [WORDS] = { "words", NULL, VAE__FLAG, "list the words of --encoder, --likelihood and the like instead", NULL, 0,
                0 },
    [JSON] = VAE__JSON_OPTION,
    { .name = NULL },
};
VAE__CHECK_OPTIONS(options);

static void print_models(const vae_catalogue *catalogue)
{
    int width = 0;
    for (int i = 0; i < vae_model_count(catalogue); i++) {
        int length = (int)strlen(vae_model_at(catalogue, i)->name);
        width = length > width ? length : width;
    }
    for (int i = 0; i < vae_model_count(catalogue); i++) {
        const vae_model_spec *spec = vae_model_at(catalogue, i);
        vae__line(stdout, "%-*s  %s", width, spec->name, spec->summary ? spec->summary : "");
    }
}

static void json_models(vae__json *json, const vae_catalogue *catalogue)
{
    vae__json_array(json, "models");
    for (int i = 0; i < vae_model_count(catalogue); i++) {
        const vae_model_spec *spec = vae_model_at(catalogue, i);
        vae__json_object(json, NULL);
        vae__json_text(json, "name", spec->name);
        vae__json_text(json, "summary", spec->summary);
        vae__json_object_end(json);
    }
    vae__json_array_end(json);
}

/* A heading for each table, its words below. */
static void print_words(const vae_catalogue *catalogue)
{
    vae_word_help word;
    char table[64] = "";
    for (int i = 0; vae_word_at(catalogue, i, &word); i++) {
        if (strcmp(table, word.table)) {
            printf("%s%s\n", i ? "\n" : "", word.table);
            snprintf(table, sizeof table, "%s", word.table);
        }
        printf("  %-32s  %s\n", word.usage, word.summary);
    }
}

static void json_words(vae__json *json, const vae_catalogue *catalogue)
{
    vae_word_help word;
    vae__json_array(json, "words");
    for (int i = 0; vae_word_at(catalogue, i, &word); i++) {
        vae__json_object(json, NULL);
        vae__json_text(json, "table", word.table);
        vae__json_text(json, "name", word.name);
        vae__json_text(json, "usage", word.usage);
        vae__json_text(json, "summary", word.summary);
        vae__json_object_end(json);
    }
    vae__json_array_end(json);
}

static int run(const vae__call *call)
{
    bool words = call->values[WORDS].given;
    if (!call->values[JSON].given) {
        if (words)
            print_words(call->catalogue);
        else
            print_models(call->catalogue);
        return VAE__EXIT_DONE;
    }
    vae__json json = { .file = stdout };
    vae__json_object(&json, NULL);
    if (words)
        json_words(&json, call->catalogue);
    else
        json_models(&json, call->catalogue);
    vae__json_finish(&json);
    return VAE__EXIT_DONE;
}

const vae__command vae__command_models = {
    .name = "models",
    .summary = "list the model variants, a line each",
    .usage = "[--words] [--json]",
    .options = options,
    .run = run,
};
