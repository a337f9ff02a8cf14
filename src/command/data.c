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

static const struct {
    const char *name;
    vae_field_kind kind;
} kinds[] = { { "class", VAE_CLASS }, { "values", VAE_VALUES }, { "image", VAE_IMAGE } };
enum { KINDS = sizeof kinds / sizeof *kinds };

const char *vae__kind_text(vae_field_kind kind)
{
    int i = 0;
    while (i < KINDS - 1 && kinds[i].kind != kind)
        i++;
    return kinds[i].name;
}

/* Parses "NAME=KIND[:PATH]" behind those that are there. */
static int parse_condition(const vae__call *call, const char *text, vae__conditions *conditions)
{
    const char *equals = strchr(text, '=');
    const char *colon = equals ? strchr(equals, ':') : NULL;
    if (!equals || equals == text || (colon && !colon[1]))
        return vae__wrong_usage(call, "--condition: expected NAME=KIND[:PATH], found \"%s\"", text);
    const char *kind = equals + 1;
    size_t length = colon ? (size_t)(colon - kind) : strlen(kind);
    char *name = conditions->names[conditions->count];
    if (equals - text >= VAE__CONDITION_NAME)
        return vae__wrong_usage(call, "--condition: expected a name of at most %d bytes, found \"%s\"",
                                VAE__CONDITION_NAME - 1, text);
    snprintf(name, VAE__CONDITION_NAME, "%.*s", (int)(equals - text), text);
    for (int i = 0; i < conditions->count; i++)
        if (!strcmp(conditions->names[i], name))
            return vae__wrong_usage(call, "--condition %s: given twice, expected once", name);
    for (int i = 0; i < KINDS; i++)
        if (strlen(kinds[i].name) == length && !memcmp(kinds[i].name, kind, length)) {
            conditions->sources[conditions->count++] =
                (vae_field_source){ .name = name, .kind = kinds[i].kind, .path = colon ? colon + 1 : NULL };
            return VAE__EXIT_DONE;
        }
    return vae__wrong_usage(call, "--condition %s: expected the kind " VAE__KINDS_HELP ", found \"%.*s\"", name,
                            (int)length, kind);
}

int vae__parse_conditions(const vae__call *call, const vae__value *value, vae__conditions *conditions)
{
    conditions->count = 0;
    if (value->count > VAE_MAX_CONDITIONS)
        return vae__wrong_usage(call, "--condition: given %d times, expected %d at most", value->count,
                                VAE_MAX_CONDITIONS);
    for (int i = 0; i < value->count; i++) {
        int status = parse_condition(call, value->texts[i], conditions);
        if (status)
            return status;
    }
    return VAE__EXIT_DONE;
}

/* The levels of a model's class, or, where it keeps none, the texts of the numbers that they are: so a class that a
 * file lacks leaves the numbers of the others as they are. Of more such classes than these all must be there. */
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

static int condition_of(const vae_model_spec *model, const char *name)
{
    for (int i = 0; i < VAE_MAX_CONDITIONS && model->conditions[i].name; i++)
        if (!strcmp(model->conditions[i].name, name))
            return i;
    return -1;
}

static int unknown_condition(const vae__call *call, const vae_model_spec *model, const char *name)
{
    char names[256] = "";
    size_t used = 0;
    for (int i = 0; i < VAE_MAX_CONDITIONS && model->conditions[i].name && used < sizeof names; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", model->conditions[i].name);
    if (!*names)
        return vae__wrong_usage(call, "--condition: expected none, for %s has no conditions, found \"%s\"", model->name,
                                name);
    return vae__wrong_usage(call, "--condition: expected a condition of %s, which are %s, found \"%s\"", model->name,
                            names, name);
}

/* Puts conditions into a model's order, whatever the command line's is, for the order is part of the data's digest. */
static int take_conditions(const vae__call *call, const vae_model_spec *model, const vae__conditions *given,
                           const level_texts *levels, vae_field_source taken[VAE_MAX_CONDITIONS])
{
    const vae_field_source *places[VAE_MAX_CONDITIONS] = { NULL };
    for (int i = 0; i < given->count; i++) {
        const vae_field_source *source = &given->sources[i];
        int place = condition_of(model, source->name);
        if (place < 0)
            return unknown_condition(call, model, source->name);
        if (model->conditions[place].kind != source->kind)
            return vae__wrong_usage(call, "--condition %s: expected the kind %s, as %s has it, found \"%s\"",
                                    source->name, vae__kind_text(model->conditions[place].kind), model->name,
                                    vae__kind_text(source->kind));
        places[place] = source;
    }
    for (int i = 0, count = 0; i < VAE_MAX_CONDITIONS; i++) {
        if (!places[i])
            continue;
        int64_t classes = model->conditions[i].size;
        vae_field_source *source = &taken[count++];
        *source = *places[i];
        if (source->kind == VAE_CLASS && model->conditions[i].levels) {
            source->levels = model->conditions[i].levels;
            source->level_count = (int)classes;
        } else if (source->kind == VAE_CLASS && classes > 0 && classes <= KNOWN_LEVELS) {
            source->levels = levels->texts;
            source->level_count = (int)classes;
        }
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

static vae_status open_sources(const vae__data_request *request, const vae_data_options *options, vae_data **data)
{
    if (request->data->count)
        return vae_data_open_files(request->data->texts, request->data->count, options, data);
    return vae_data_open(vae_training_where(request->training).source, options, data);
}

int vae__open_data(const vae__call *call, const vae__data_request *request, vae_data **data)
{
    const vae_training *training = request->training;
    level_texts levels;
    vae__conditions given;
    vae_field_source conditions[VAE_MAX_CONDITIONS];
    write_levels(&levels);
    int exit_status = vae__parse_conditions(call, request->conditions, &given);
    if (!exit_status && request->model)
        exit_status = take_conditions(call, request->model, &given, &levels, conditions);
    if (exit_status)
        return exit_status;
    /* The seed stays 0: "digits" is one data set, whatever --seed is. */
    const vae_data_options options = { .threads = request->threads,
                                       .x = request->x->text,
                                       .conditions = request->model ? conditions : given.sources,
                                       .condition_count = given.count,
                                       .mask = request->mask ? request->mask->text : NULL,
                                       .allow_external = request->allow_external && request->allow_external->given };
    vae_status status = open_sources(request, &options, data);
    if (status.code == VAE_ERROR_FILE && !request->data->count)
        return vae__failed(call, "%s; --data tells where the same data lies now", status.message);
    if (!status.code && training)
        status = hold_out_again(training, *data);
    if (!status.code)
        return VAE__EXIT_DONE;
    vae_data_free(data);
    return vae__failed_status(call, status);
}
