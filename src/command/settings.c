/* The parser of typed conditions. */
#include "src/command/settings.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_TEXT = 256, PIECE_TEXT = 1024 };

/* A condition while its settings are parsed. */
typedef struct vae__typing {
    const vae__call *call;
    const char *option;
    const vae_model_spec *model;
    const vae_condition_spec *spec;
    const char *text; /* behind NAME= */
    int64_t size, most;
    double *values;
    int64_t count; /* numbers so far */
    int64_t room;
} vae__typing;

static int push(vae__typing *typing, double number)
{
    if (typing->count == typing->room) {
        int64_t room = 2 * typing->room + 16;
        double *more = realloc(typing->values, (size_t)room * sizeof *more);
        if (!more)
            return vae__failed(typing->call, "--%s %s: no memory for its values", typing->option, typing->spec->name);
        typing->values = more;
        typing->room = room;
    }
    typing->values[typing->count++] = number;
    return VAE__EXIT_DONE;
}

/* ---- Classes ----------------------------------------------------------------------------------------------------- */

/* The number of the level that these bytes are, or -1. */
static int64_t level_of(const vae_condition_spec *spec, const char *text, size_t length)
{
    for (int64_t i = 0; i < spec->size; i++) {
        char number[32];
        snprintf(number, sizeof number, "%" PRId64, i);
        const char *level = spec->levels ? spec->levels[i] : number;
        if (strlen(level) == length && !memcmp(level, text, length))
            return i;
    }
    return -1;
}

/* "a", "b", "c", or of many "a", "b", ... (40 in all). */
static void list_levels(const vae_condition_spec *spec, char list[LIST_TEXT])
{
    if (!spec->levels) {
        snprintf(list, LIST_TEXT, "0 to %" PRId64, spec->size - 1);
        return;
    }
    size_t used = 0;
    list[0] = 0;
    for (int64_t i = 0; i < spec->size && used < LIST_TEXT; i++) {
        if (used + strlen(spec->levels[i]) + 34 > LIST_TEXT) {
            snprintf(list + used, LIST_TEXT - used, ", ... (%" PRId64 " in all)", spec->size);
            return;
        }
        used += (size_t)snprintf(list + used, LIST_TEXT - used, "%s\"%s\"", i ? ", " : "", spec->levels[i]);
    }
}

static int unknown_level(const vae__typing *typing, const char *text, size_t length)
{
    char list[LIST_TEXT];
    list_levels(typing->spec, list);
    return vae__wrong_usage(typing->call, "--%s %s: expected a class of %s, which are %s, found \"%.*s\"",
                            typing->option, typing->spec->name, typing->model->name, list, (int)length, text);
}

/* The longest level that ends at a comma or with the text, for a level may itself have commas; *end is where it ends.
 */
static int64_t first_level(const vae_condition_spec *spec, const char *text, const char **end)
{
    int64_t level = -1;
    *end = text + strcspn(text, ",");
    for (const char *at = *end;; at += 1 + strcspn(at + 1, ",")) {
        int64_t found = level_of(spec, text, (size_t)(at - text));
        if (found >= 0) {
            level = found;
            *end = at;
        }
        if (!*at)
            return level;
    }
}

static int parse_classes(vae__typing *typing)
{
    const char *end;
    for (const char *text = typing->text;; text = end + 1) {
        int64_t level = first_level(typing->spec, text, &end);
        int status = level < 0 ? unknown_level(typing, text, (size_t)(end - text)) : push(typing, (double)level);
        if (status || !*end)
            return status;
    }
}

/* ---- Numbers ----------------------------------------------------------------------------------------------------- */

static bool read_number(const char *text, size_t length, double *number)
{
    char piece[PIECE_TEXT];
    if (length >= sizeof piece)
        return false;
    memcpy(piece, text, length);
    piece[length] = 0;
    return vae__parse_real(piece, number);
}

static int no_number(const vae__typing *typing, const char *text, size_t length)
{
    return vae__wrong_usage(typing->call, "--%s %s: expected a number%s, found \"%.*s\"", typing->option,
                            typing->spec->name, typing->size == 1 ? ", or numbers A:B:N" : "", (int)length, text);
}

/* "A:B:N" */
static int parse_range(vae__typing *typing)
{
    const char *first = strchr(typing->text, ':'), *second = strchr(first + 1, ':');
    double begin, end;
    int64_t count;
    if (!second || !read_number(typing->text, (size_t)(first - typing->text), &begin) ||
        !read_number(first + 1, (size_t)(second - first - 1), &end) || !vae__parse_whole(second + 1, &count) ||
        count < 1 || count > typing->most)
        return vae__wrong_usage(typing->call,
                                "--%s %s: expected A:B:N, N from 1 to %" PRId64 " numbers from A to B, found \"%s\"",
                                typing->option, typing->spec->name, typing->most, typing->text);
    for (int64_t i = 0; i < count; i++) {
        double part = count > 1 ? (double)i / (double)(count - 1) : 0;
        int status = push(typing, begin * (1 - part) + end * part);
        if (status)
            return status;
    }
    return VAE__EXIT_DONE;
}

/* Settings of more than one number have a semicolon between them; it counts numbers since the last one. */
static int end_setting(const vae__typing *typing, int64_t numbers)
{
    if (numbers == typing->size)
        return VAE__EXIT_DONE;
    return vae__wrong_usage(typing->call, "--%s %s: expected %" PRId64 " numbers with commas between, found %" PRId64,
                            typing->option, typing->spec->name, typing->size, numbers);
}

static int parse_values(vae__typing *typing)
{
    if (typing->size == 1 && strchr(typing->text, ':'))
        return parse_range(typing);
    int64_t numbers = 0;
    const char *end;
    for (const char *text = typing->text;; text = end + 1) {
        double number;
        end = text + strcspn(text, ",;");
        if (!read_number(text, (size_t)(end - text), &number))
            return no_number(typing, text, (size_t)(end - text));
        int status = push(typing, number);
        numbers++;
        bool ends = typing->size == 1 || *end != ',';
        if (!status && ends)
            status = end_setting(typing, numbers);
        if (status || !*end)
            return status;
        numbers = ends ? 0 : numbers;
    }
}

/* ---- Conditions -------------------------------------------------------------------------------------------------- */

static int parse_one(vae__typing *typing)
{
    if (typing->spec->kind == VAE_IMAGE)
        return vae__wrong_usage(typing->call,
                                "--%s %s: expected a class or values, for an image cannot be typed; "
                                "%s complete takes one from data",
                                typing->option, typing->spec->name, typing->call->program);
    int status = typing->spec->kind == VAE_CLASS ? parse_classes(typing) : parse_values(typing);
    int64_t count = typing->count / typing->size;
    if (!status && count > typing->most)
        return vae__wrong_usage(typing->call, "--%s %s: expected %" PRId64 " at most, found %" PRId64, typing->option,
                                typing->spec->name, typing->most, count);
    return status;
}

static int take(const vae__call *call, const char *option, const char *text, const vae_model_spec *spec, int64_t most,
                vae__settings *settings)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text || !equals[1])
        return vae__wrong_usage(call, "--%s: expected NAME=VALUE, found \"%s\"", option, text);
    size_t length = (size_t)(equals - text);
    int place = vae__condition_place(spec, text, length);
    if (place < 0)
        return vae__unknown_condition(call, option, spec, text, length);
    if (settings->values[place])
        return vae__wrong_usage(call, "--%s %s: given twice, expected once", option, spec->conditions[place].name);
    vae__typing typing = { .call = call,
                           .option = option,
                           .model = spec,
                           .spec = &spec->conditions[place],
                           .text = equals + 1,
                           .size = spec->conditions[place].kind == VAE_CLASS ? 1 : spec->conditions[place].size,
                           .most = most };
    int status = parse_one(&typing);
    settings->values[place] = typing.values;
    settings->counts[place] = typing.count / typing.size;
    return status;
}

int vae__parse_settings_of(const vae__call *call, const char *option, const vae__value *value,
                           const vae_model_spec *spec, int64_t most, vae__settings *settings)
{
    *settings = (vae__settings){ .counts = { 0 } };
    for (int i = 0; i < value->count; i++) {
        int status = take(call, option, value->texts[i], spec, most, settings);
        if (status)
            return status;
    }
    return VAE__EXIT_DONE;
}

int vae__parse_settings(const vae__call *call, const vae__value *value, const vae_model_spec *spec, int64_t most,
                        vae__settings *settings)
{
    return vae__parse_settings_of(call, "condition", value, spec, most, settings);
}

void vae__settings_free(vae__settings *settings)
{
    for (int i = 0; i < VAE_MAX_CONDITIONS; i++)
        free(settings->values[i]);
    *settings = (vae__settings){ .counts = { 0 } };
}
