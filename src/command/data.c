/* Data as a command line tells of it. */
#include "src/command/data.h"

#include <inttypes.h>
#include <string.h>

const char *vae__splits_text(char text[VAE__SPLITS_TEXT], const int64_t rows[VAE_SPLITS], bool held_out)
{
    size_t used = 0;
    text[0] = 0;
    for (int split = 0; split < VAE_SPLITS; split++)
        if (rows[split])
            used += (size_t)snprintf(text + used, VAE__SPLITS_TEXT - used, "%s%s %" PRId64 "%s", used ? ", " : "",
                                     vae_split_name((vae_split)split), rows[split],
                                     held_out && split == VAE_VALIDATION ? " (held out of the training rows)" : "");
    return text;
}

/* ---- Conditions -------------------------------------------------------------------------------------------------- */

_Static_assert((int)VAE__MAX_TEXTS == (int)VAE_MAX_CONDITIONS, "--condition may be given once for each condition");

/* The classes of a model are numbers, which are the texts of its levels: so a class that a file lacks leaves the
 * numbers of the others as they are. Of more classes than these all must be there. */
enum { KNOWN_LEVELS = 1024 };

typedef struct level_texts {
    char digits[KNOWN_LEVELS][8];
    const char *texts[KNOWN_LEVELS]; /* "0", "1", … */
} level_texts;

static void write_levels(level_texts *levels)
{
    for (int i = 0; i < KNOWN_LEVELS; i++) {
        snprintf(levels->digits[i], sizeof levels->digits[i], "%d", i);
        levels->texts[i] = levels->digits[i];
    }
}

static int condition_of(const vae_model_spec *model, const char *name, size_t length)
{
    for (int i = 0; i < VAE_MAX_CONDITIONS && model->conditions[i].name; i++)
        if (strlen(model->conditions[i].name) == length && !memcmp(model->conditions[i].name, name, length))
            return i;
    return -1;
}

static int unknown_condition(const vae__call *call, const vae_model_spec *model, const char *text, size_t length)
{
    char names[256] = "";
    size_t used = 0;
    for (int i = 0; i < VAE_MAX_CONDITIONS && model->conditions[i].name && used < sizeof names; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", model->conditions[i].name);
    if (!*names)
        return vae__wrong_usage(call, "--condition: expected none, for %s has no conditions, found \"%.*s\"",
                                model->name, (int)length, text);
    return vae__wrong_usage(call, "--condition: expected a condition of %s, which are %s, found \"%.*s\"", model->name,
                            names, (int)length, text);
}

/* Parses "NAME=class[:PATH]" into the place that the model has for NAME. */
static int parse_condition(const vae__call *call, const vae_model_spec *model, const char *text,
                           vae_field_source places[VAE_MAX_CONDITIONS])
{
    const char *equals = strchr(text, '=');
    const char *colon = equals ? strchr(equals, ':') : NULL;
    if (!equals || equals == text || (colon && !colon[1]))
        return vae__wrong_usage(call, "--condition: expected NAME=class[:PATH], found \"%s\"", text);
    int place = condition_of(model, text, (size_t)(equals - text));
    if (place < 0)
        return unknown_condition(call, model, text, (size_t)(equals - text));
    const char *name = model->conditions[place].name, *kind = equals + 1;
    size_t length = colon ? (size_t)(colon - kind) : strlen(kind);
    if (length != strlen("class") || memcmp(kind, "class", length))
        return vae__wrong_usage(
            call, "--condition %s: expected the kind class, for models of this version take classes, found \"%.*s\"",
            name, (int)length, kind);
    if (places[place].name)
        return vae__wrong_usage(call, "--condition %s: given twice, expected once", name);
    places[place] = (vae_field_source){ .name = name, .kind = VAE_CLASS, .path = colon ? colon + 1 : NULL };
    return VAE__EXIT_DONE;
}

/* In the model's order, whatever the command line's is, for the order is part of the data's digest. */
static int take_conditions(const vae__call *call, const vae__data_request *request, const level_texts *levels,
                           vae_field_source conditions[VAE_MAX_CONDITIONS], int *count)
{
    const vae_model_spec *model = request->model;
    vae_field_source places[VAE_MAX_CONDITIONS] = { { .name = NULL } };
    *count = 0;
    for (int i = 0; i < request->conditions->count; i++) {
        int status = parse_condition(call, model, request->conditions->texts[i], places);
        if (status)
            return status;
    }
    for (int i = 0; i < VAE_MAX_CONDITIONS; i++) {
        if (!places[i].name)
            continue;
        int64_t classes = model->conditions[i].size;
        if (classes > 0 && classes <= KNOWN_LEVELS) {
            places[i].levels = levels->texts;
            places[i].level_count = (int)classes;
        }
        conditions[(*count)++] = places[i];
    }
    return VAE__EXIT_DONE;
}

/* ---- Opening ----------------------------------------------------------------------------------------------------- */

static vae_status hold_out_again(const vae_training *training, vae_data *data)
{
    vae_training_state state = vae_training_where(training);
    if (strcmp(state.digest, vae_data_digest(data)) || !state.validation_held_out)
        return (vae_status){ .code = VAE_OK };
    return vae_data_hold_out(data, state.rows[VAE_VALIDATION]);
}

int vae__open_data(const vae__call *call, const vae__data_request *request, vae_data **data)
{
    const vae_training *training = request->training;
    bool given = request->data->given;
    const char *source = given ? request->data->text : vae_training_where(training).source;
    level_texts levels;
    vae_field_source conditions[VAE_MAX_CONDITIONS];
    /* The seed stays 0: "digits" is one data set, whatever --seed is. */
    vae_data_options options = { .threads = request->threads, .x = request->x->text, .conditions = conditions };
    write_levels(&levels);
    int exit_status = take_conditions(call, request, &levels, conditions, &options.condition_count);
    if (exit_status)
        return exit_status;
    vae_status status = vae_data_open(source, &options, data);
    if (status.code == VAE_ERROR_FILE && !given)
        return vae__failed(call, "%s; --data tells where the same data lies now", status.message);
    if (!status.code && training)
        status = hold_out_again(training, *data);
    if (!status.code)
        return VAE__EXIT_DONE;
    vae_data_free(data);
    return vae__failed_status(call, status);
}
