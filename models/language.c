/* Reading and writing phrases, and what is said of those that cannot be read. */
#include "models/language.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "models/activations.h"
#include "src/base/number.h"
#include "src/base/status.h"

const vae_word *vae__word_of(const vae__word_table *table, int index)
{
    bool brought = index < table->brought_count;
    int place = brought ? index : index - table->brought_count;
    if (place < 0 || (!brought && place >= table->count))
        return NULL;
    const char *rows = brought ? table->brought : table->rows;
    return (const vae_word *)(rows + (size_t)place * table->row_bytes);
}

static bool is_shape(const vae_argument *argument)
{
    return argument->kind == VAE_BARE_SHAPE || argument->kind == VAE_NAMED_SHAPE;
}

/* "sigma=0.1", "samples=5" */
static bool is_key(const vae_argument *argument)
{
    return argument->kind == VAE_KEY_NUMBER || argument->kind == VAE_KEY_COUNT;
}

/* Is this the argument that has its word's name: "scale=0.001"? */
static bool is_own(const vae_word *word, const vae_argument *argument)
{
    return is_key(argument) && !strcmp(word->name, argument->name);
}

static int argument_count(const vae_word *word)
{
    int count = 0;
    while (count < VAE_MAX_ARGUMENTS && word->arguments[count].name)
        count++;
    return count;
}

/* Appends to text, as far as there is room. */
static void append(char *text, size_t size, const char *more)
{
    size_t length = strlen(text);
    snprintf(text + length, size - length, "%s", more);
}

/* What may stand in a number's place; NULL behind the last. */
static const char *name_at(const vae_argument *argument, int index)
{
    return argument->names ? argument->names[index] : NULL;
}

void vae__word_usage(const vae_word *word, char *text, size_t size)
{
    snprintf(text, size, "%s", word->name);
    for (int i = 0; i < argument_count(word); i++) {
        const vae_argument *argument = &word->arguments[i];
        bool own = is_own(word, argument);
        append(text, size, own ? "" : " ");
        append(text, size, argument->optional ? "[" : "");
        append(text, size, own ? "" : argument->name);
        append(text, size, argument->kind == VAE_NAMED_SHAPE ? " SIZE" : "");
        append(text, size, !is_key(argument) ? "" : argument->kind == VAE_KEY_COUNT ? "=COUNT" : "=NUMBER");
        const char *name;
        for (int place = 0; (name = name_at(argument, place)); place++) {
            append(text, size, "|");
            append(text, size, name);
        }
        append(text, size, argument->optional ? "]" : "");
    }
}

/* ---- Parsing ----------------------------------------------------------------------------------------------------- */

/* The text being read, and what a message says of where. */
typedef struct vae__reader {
    const vae__word_table *table;
    const char *where;
    const char *at;
    int phrase; /* from 1 */
    bool many;  /* a list: messages number the phrases */
    char token[64];
} vae__reader;

__attribute__((format(printf, 2, 3))) static vae_status mistake(const vae__reader *reader, const char *format, ...)
{
    char text[VAE_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (reader->many)
        return vae__error(VAE_ERROR_DECLARATION, "%s: %s %d: %s", reader->where, reader->table->what, reader->phrase,
                          text);
    return vae__error(VAE_ERROR_DECLARATION, "%s: %s", reader->where, text);
}

static void skip_space(vae__reader *reader)
{
    while (isspace((unsigned char)*reader->at))
        reader->at++;
}

/* Takes the next word of the phrase into reader->token; false at its end. What is longer than anything there is ends in
 * "...", so that its beginning is not taken for the whole. */
static bool next_token(vae__reader *reader)
{
    skip_space(reader);
    size_t length = strcspn(reader->at, ", \t\n\r\v\f");
    size_t kept = length < sizeof reader->token ? length : sizeof reader->token - 1;
    memcpy(reader->token, reader->at, kept);
    reader->token[kept] = 0;
    if (kept < length)
        memcpy(reader->token + kept - 3, "...", 3);
    reader->at += length;
    return length;
}

static vae_status unknown_word(const vae__reader *reader)
{
    char names[256] = "";
    const vae_word *word;
    for (int i = 0; (word = vae__word_of(reader->table, i)); i++) {
        append(names, sizeof names, i ? ", " : "");
        append(names, sizeof names, word->name);
    }
    return mistake(reader, "\"%s\": no such %s; there are %s", reader->token, reader->table->what, names);
}

/* Is a token without "=" what an argument may be written as? A number is a shape too, of one size. */
static bool may_be(const vae_argument *argument, const char *token)
{
    const bool number = isdigit((unsigned char)*token) || *token == '-', shape = number && strchr(token, 'x');
    switch (argument->kind) {
    case VAE_BARE_COUNT:
        return number && !shape;
    case VAE_BARE_SHAPE:
        return number;
    case VAE_NAMED_SHAPE:
        return !strcmp(argument->name, token);
    default:
        return argument->kind == VAE_ACTIVATION && !number;
    }
}

/* The argument of `word` that a token without "=" stands for: one that has it for its name, or the first bare one of
 * its kind not yet given. */
static int bare_argument(const vae_word *word, const char *token, const bool *given)
{
    int found = -1;
    for (int i = argument_count(word) - 1; i >= 0; i--) {
        const bool named = word->arguments[i].kind == VAE_NAMED_SHAPE;
        if (!given[i] && may_be(&word->arguments[i], token) &&
            (named || found < 0 || word->arguments[found].kind != VAE_NAMED_SHAPE))
            found = i;
    }
    /* What is no shape either is told by the argument that it was to be. */
    for (int i = 0; found < 0 && isdigit((unsigned char)*token) && i < argument_count(word); i++)
        if (word->arguments[i].kind == VAE_BARE_COUNT && !given[i])
            found = i;
    return found;
}

static int key_argument(const vae_word *word, const char *token, size_t key, const bool *given)
{
    for (int i = 0; i < argument_count(word); i++)
        if (is_key(&word->arguments[i]) && !given[i] && strlen(word->arguments[i].name) == key &&
            !strncmp(word->arguments[i].name, token, key))
            return i;
    return -1;
}

static vae_status read_number(const vae__reader *reader, const vae_argument *argument, const char *text, double *value)
{
    bool whole = argument->kind == VAE_BARE_COUNT || argument->kind == VAE_KEY_COUNT;
    char names[128] = "";
    const char *name;
    double number = 0;
    for (int i = 0; (name = name_at(argument, i)); i++) {
        append(names, sizeof names, " or ");
        append(names, sizeof names, name);
        if (strcmp(text, name))
            continue;
        *value = -i;
        return vae__ok();
    }
    bool is_number = vae__number_read(text, &number);
    if (is_number && number >= argument->low && number <= argument->high &&
        (!whole || number == (double)(int64_t)number)) {
        *value = number;
        return vae__ok();
    }
    return mistake(reader, "%s: expected %s from %g to %g%s, found \"%s\"", argument->name,
                   whole ? "a whole number" : "a number", argument->low, argument->high, names, text);
}

int vae_argument_shape(double argument, int64_t sizes[3])
{
    enum { BITS = 17 };
    const int64_t code = argument < 0 ? 0 : (int64_t)argument;
    int count = 0;
    for (int i = 0; i < 3; i++) {
        sizes[i] = (code >> (i * BITS) & ((1 << BITS) - 1)) - 1;
        count += sizes[i] >= 0;
    }
    return count;
}

/* "4x4", or one of the names that may stand there. */
static vae_status read_shape(const vae__reader *reader, const vae_argument *argument, const char *text, double *value)
{
    double sizes[3] = { -1, -1, -1 };
    int count = 0;
    const char *name;
    for (int i = 0; (name = name_at(argument, i)); i++)
        if (!strcmp(text, name)) {
            *value = -i;
            return vae__ok();
        }
    for (const char *at = text; at; count++) {
        const char *next = strchr(at, 'x');
        char size[16];
        const size_t length = next ? (size_t)(next - at) : strlen(at);
        snprintf(size, sizeof size, "%.*s", length < sizeof size ? (int)length : (int)sizeof size - 1, at);
        if (count == 3 || !vae__number_read(size, &sizes[count]) || sizes[count] != (double)(int64_t)sizes[count] ||
            !(sizes[count] >= argument->low && sizes[count] <= argument->high))
            return mistake(reader, "%s: expected 1 to 3 sizes from %g to %g, as in \"4x4\", found \"%s\"",
                           argument->name, argument->low, argument->high, text);
        at = next ? next + 1 : NULL;
    }
    *value = VAE_SHAPE(sizes[0], sizes[1], sizes[2]);
    return vae__ok();
}

static vae_status read_argument(vae__reader *reader, const vae_word *word, bool *given, double *values)
{
    const char *equals = strchr(reader->token, '=');
    int index = equals ? key_argument(word, reader->token, (size_t)(equals - reader->token), given)
                       : bare_argument(word, reader->token, given);
    char usage[VAE__USAGE_TEXT];
    vae__word_usage(word, usage, sizeof usage);
    if (index < 0)
        return mistake(reader, "\"%s\": not expected here; it is written \"%s\"", reader->token, usage);
    given[index] = true;
    if (word->arguments[index].kind == VAE_NAMED_SHAPE && !next_token(reader))
        return mistake(reader, "%s: expected a size behind it, found nothing; it is written \"%s\"",
                       word->arguments[index].name, usage);
    if (is_shape(&word->arguments[index]))
        return read_shape(reader, &word->arguments[index], reader->token, &values[index]);
    if (word->arguments[index].kind != VAE_ACTIVATION)
        return read_number(reader, &word->arguments[index], equals ? equals + 1 : reader->token, &values[index]);
    int activation = vae__activation_find(reader->table->catalogue, reader->token);
    if (activation >= 0) {
        values[index] = activation;
        return vae__ok();
    }
    char names[256];
    vae__activation_names(reader->table->catalogue, names, sizeof names);
    return mistake(reader, "\"%s\": no such activation; there are %s", reader->token, names);
}

/* The word that a token is, or, in "scale=0.001", begins with. */
static const vae_word *find_word(const vae__reader *reader, size_t length)
{
    const vae_word *word;
    for (int i = 0; (word = vae__word_of(reader->table, i)); i++)
        if (strlen(word->name) == length && !memcmp(word->name, reader->token, length))
            return word;
    return NULL;
}

/* What was not given takes its usual value. */
static vae_status complete(const vae__reader *reader, const vae_word *word, const bool *given, double *values)
{
    for (int i = 0; i < argument_count(word); i++) {
        char usage[VAE__USAGE_TEXT];
        vae__word_usage(word, usage, sizeof usage);
        if (!given[i] && !word->arguments[i].optional)
            return mistake(reader, "%s: %s is missing; it is written \"%s\"", word->name, word->arguments[i].name,
                           usage);
        if (!given[i])
            values[i] = word->arguments[i].usual;
    }
    return vae__ok();
}

static vae_status read_phrase(vae__reader *reader, vae__phrase *phrase)
{
    if (!next_token(reader))
        return mistake(reader, "expected %s %s, found nothing", strchr("aeiou", *reader->table->what) ? "an" : "a",
                       reader->table->what);
    const char *equals = strchr(reader->token, '=');
    const vae_word *word = find_word(reader, equals ? (size_t)(equals - reader->token) : strlen(reader->token));
    if (!word)
        return unknown_word(reader);
    *phrase = (vae__phrase){ .row = word };
    bool given[VAE_MAX_ARGUMENTS] = { false };
    if (equals)
        VAE__TRY(read_argument(reader, word, given, phrase->arguments));
    while (next_token(reader))
        VAE__TRY(read_argument(reader, word, given, phrase->arguments));
    return complete(reader, word, given, phrase->arguments);
}

vae_status vae__phrases_parse(const vae__word_table *table, const char *text, const char *where, vae__phrases *phrases)
{
    vae__reader reader = { .table = table, .where = where, .at = text, .many = true };
    phrases->count = 0;
    skip_space(&reader);
    while (*reader.at) {
        reader.phrase = phrases->count + 1;
        if (phrases->count == VAE__MAX_PHRASES)
            return mistake(&reader, "there may be at most %d", VAE__MAX_PHRASES);
        VAE__TRY(read_phrase(&reader, &phrases->phrases[phrases->count++]));
        skip_space(&reader);
        if (*reader.at == ',' && *++reader.at == 0)
            return mistake(&reader, "expected another behind the comma, found nothing");
    }
    return vae__ok();
}

vae_status vae__phrase_parse(const vae__word_table *table, const char *text, const char *where, vae__phrase *phrase)
{
    vae__reader reader = { .table = table, .where = where, .at = text, .phrase = 1 };
    VAE__TRY(read_phrase(&reader, phrase));
    return *reader.at ? mistake(&reader, "expected one %s, found \"%s\"", table->what, text) : vae__ok();
}

/* ---- Printing ---------------------------------------------------------------------------------------------------- */

static void write_shape(double value, char text[64])
{
    int64_t sizes[3];
    const int count = vae_argument_shape(value, sizes);
    *text = 0;
    for (int i = 0; i < count; i++) {
        char size[24];
        snprintf(size, sizeof size, "%s%lld", i ? "x" : "", (long long)sizes[i]);
        append(text, 64, size);
    }
}

static void print_argument(const vae__word_table *table, const vae_word *word, int index, double value, char *text)
{
    const vae_argument *argument = &word->arguments[index];
    char number[64];
    vae__number_write(value, number, sizeof number);
    if (is_shape(argument))
        write_shape(value, number);
    const char *name = value <= 0 ? name_at(argument, (int)-value) : NULL, *written = name ? name : number;
    if (!is_own(word, argument))
        append(text, VAE__PHRASE_TEXT, " ");
    if (is_key(argument) || argument->kind == VAE_NAMED_SHAPE) {
        append(text, VAE__PHRASE_TEXT, is_own(word, argument) ? "" : argument->name);
        append(text, VAE__PHRASE_TEXT, is_key(argument) ? "=" : " ");
    }
    append(text, VAE__PHRASE_TEXT,
           argument->kind == VAE_ACTIVATION ? vae__activation_name(table->catalogue, (int)value) : written);
}

/* May an argument be left out? Not a bare one with a bare one of its kind behind it: that would take its place. */
static bool is_left_out(const vae_word *word, const double *values, int index)
{
    const vae_argument *arguments = word->arguments;
    if (!arguments[index].optional || values[index] < arguments[index].usual || values[index] > arguments[index].usual)
        return false;
    const bool bare = !is_key(&arguments[index]) && arguments[index].kind != VAE_NAMED_SHAPE;
    for (int i = index + 1; i < argument_count(word) && bare; i++)
        if (arguments[i].kind == arguments[index].kind && !is_left_out(word, values, i))
            return false;
    return true;
}

static void print_phrase(const vae__word_table *table, const vae__phrase *phrase, char text[VAE__PHRASE_TEXT])
{
    const vae_word *word = phrase->row;
    append(text, VAE__PHRASE_TEXT, word->name);
    for (int i = 0; i < argument_count(word); i++)
        if (!is_left_out(word, phrase->arguments, i))
            print_argument(table, word, i, phrase->arguments[i], text);
}

void vae__phrase_print(const vae__word_table *table, const vae__phrase *phrase, char text[VAE__PHRASE_TEXT])
{
    *text = 0;
    print_phrase(table, phrase, text);
}

void vae__phrases_print(const vae__word_table *table, const vae__phrases *phrases, char text[VAE__PHRASE_TEXT])
{
    *text = 0;
    for (int i = 0; i < phrases->count; i++) {
        append(text, VAE__PHRASE_TEXT, i ? ", " : "");
        print_phrase(table, &phrases->phrases[i], text);
    }
}
