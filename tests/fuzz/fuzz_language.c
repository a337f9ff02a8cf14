/*
 * The little language. An input is a byte and a text. Every table of words reads the text as a list and as one phrase:
 * what is read, printed and read again is the same. And where the byte is odd the text's lines are the clauses of a
 * declaration, of which a model is made.
 */
#include <string.h>
#include <vae/model.h>

#include "models/parts.h"
#include "tests/fuzz/fuzz.h"

static int is_same(const vae__phrase *a, const vae__phrase *b)
{
    return a->row == b->row && !memcmp(a->arguments, b->arguments, sizeof a->arguments);
}

static void check_list(const vae__word_table *table, const char *text)
{
    vae__phrases read, again;
    char printed[VAE__PHRASE_TEXT];
    if (!fuzz_is_well(vae__phrases_parse(table, text, "fuzz: list", &read)))
        return;
    vae__phrases_print(table, &read, printed);
    vae_status status = vae__phrases_parse(table, printed, "fuzz: again", &again);
    if (status.code)
        fprintf(stderr, "\"%s\": %s\n", printed, status.message);
    fuzz_expect(!status.code && again.count == read.count, "a list that is printed does not read back");
    for (int i = 0; i < read.count; i++)
        fuzz_expect(is_same(&read.phrases[i], &again.phrases[i]), "a phrase reads back as another");
}

static void check_single(const vae__word_table *table, const char *text)
{
    vae__phrase read, again;
    char printed[VAE__PHRASE_TEXT];
    if (!fuzz_is_well(vae__phrase_parse(table, text, "fuzz: phrase", &read)))
        return;
    vae__phrase_print(table, &read, printed);
    fuzz_expect(!vae__phrase_parse(table, printed, "fuzz: again", &again).code && is_same(&read, &again),
                "a phrase that is printed does not read back");
}

/* The next line, ended in place; NULL, which is what is usual, where it is empty or there is none. */
static const char *next_line(char **text)
{
    char *line = strsep(text, "\n");
    return line && *line ? line : NULL;
}

static void check_declaration(char *text)
{
    vae_model *model = NULL;
    vae_model_spec spec = {
        .name = "fuzz",
        .x = { .shape = { 6 }, .likelihood = next_line(&text), .transform = next_line(&text) },
        .conditions = { { .name = "class", .kind = VAE_CLASS, .size = 3 },
                        { .name = "values", .kind = VAE_VALUES, .size = 2, .transform = next_line(&text) } },
        .latents = { { .size = 2 } },
    };
    spec.x.encoder_transform = next_line(&text);
    spec.encoder = next_line(&text);
    spec.decoder = next_line(&text);
    spec.posterior = next_line(&text);
    spec.prior = next_line(&text);
    spec.objective = next_line(&text);
    if (fuzz_is_well(vae_model_new(&spec, NULL, NULL, 1, &model)))
        fuzz_expect(vae_model_store(model) && vae_model_declaration(model)->encoder, "a model without its parts");
    vae_model_free(&model);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (!size)
        return 0;
    fuzz_most_memory((size_t)4 << 20);
    char *text = malloc(size);
    memcpy(text, bytes + 1, size - 1);
    text[size - 1] = 0;
    for (int part = 0; part < VAE__PARTS; part++) {
        vae__word_table table = vae__words((vae__part)part, NULL);
        check_list(&table, text);
        check_single(&table, text);
    }
    if (bytes[0] & 1)
        check_declaration(text);
    free(text);
    return 0;
}
