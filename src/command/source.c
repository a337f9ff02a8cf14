/* Data as a command line tells of it. */
#include "src/command/source.h"

#include <glob.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "src/command/files.h"
#include "src/command/trial.h"

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

/* The classes of a model that knows no other levels are numbers, which are the texts of its levels: so a class that a
 * file lacks leaves the numbers of the others as they are. Of more classes than these all must be there. */
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

/* The classes that a model knows, so that another one is told by name and row; of a new model whose classes are the
 * data's there are none yet. */
static void take_levels(const vae_condition_spec *condition, const level_texts *levels, vae_field_source *source)
{
    bool numbers = !condition->levels && condition->size <= KNOWN_LEVELS;
    if (condition->kind != VAE_CLASS || condition->size < 1 || !(numbers || condition->levels))
        return;
    source->levels = numbers ? levels->texts : condition->levels;
    source->level_count = (int)condition->size;
}

/* Puts conditions into a model's order, whatever the command line's is, for the order is part of the data's digest. */
static int take_given(const vae__call *call, const vae_model_spec *model, const vae__conditions *given,
                      vae_field_source taken[VAE_MAX_CONDITIONS])
{
    for (int i = 0; i < given->count; i++) {
        const vae_field_source *source = &given->sources[i];
        int place = vae__condition_place(model, source->name, strlen(source->name));
        if (place < 0)
            return vae__unknown_condition(call, "condition", model, source->name, strlen(source->name));
        if (model->conditions[place].kind != source->kind)
            return vae__wrong_usage(call, "--condition %s: expected the kind %s, as %s has it, found \"%s\"",
                                    source->name, vae__kind_text(model->conditions[place].kind), model->name,
                                    vae__kind_text(source->kind));
        taken[place] = *source;
    }
    return VAE__EXIT_DONE;
}

/* What the command line leaves out lies where the training had it. */
static void take_usual(const vae__data_request *request, vae_field_source taken[VAE_MAX_CONDITIONS])
{
    const vae_model_spec *model = request->model;
    const vae_training_state state = vae_training_where(request->places ? request->places : request->training);
    const vae_model_spec *before = request->places ? vae_model_declaration(vae_training_model(request->places)) : model;
    for (int i = 0; i < VAE_MAX_CONDITIONS && before->conditions[i].name; i++) {
        const char *name = before->conditions[i].name;
        int place = vae__condition_place(model, name, strlen(name));
        if (place < 0 || taken[place].name || !state.condition_paths[i])
            continue;
        taken[place] = (vae_field_source){ .name = model->conditions[place].name,
                                           .kind = model->conditions[place].kind,
                                           .path = state.condition_paths[i] };
    }
}

/* A model that starts from another's parameters keeps its classes, and may have more. */
static void take_old_levels(vae_training *places, const level_texts *levels, vae_field_source *source)
{
    const vae_model_spec *before = vae_model_declaration(vae_training_model(places));
    int place = before ? vae__condition_place(before, source->name, strlen(source->name)) : -1;
    if (place < 0 || source->levels || source->kind != VAE_CLASS)
        return;
    take_levels(&before->conditions[place], levels, source);
    source->more_levels = source->levels != NULL;
}

/* Drops places that nothing was told of. */
static int close_gaps(const vae__data_request *request, const level_texts *levels,
                      vae_field_source sources[VAE_MAX_CONDITIONS])
{
    int count = 0;
    for (int i = 0; i < VAE_MAX_CONDITIONS; i++) {
        if (!sources[i].name)
            continue;
        take_levels(&request->model->conditions[i], levels, &sources[i]);
        take_old_levels(request->places, levels, &sources[i]);
        sources[count++] = sources[i];
    }
    return count;
}

/* ---- Trying ------------------------------------------------------------------------------------------------------ */

/* Larger files are not read twice. */
enum { MOST_TRIED = 1 << 26, PATTERN_TEXT = 4096 };

/* Does libhdf5 read this file? What is no NPY file is taken for one of its own. */
static bool is_tried(const char *path)
{
    struct stat about;
    return !vae__name_ends(path, ".npy") && !stat(path, &about) && S_ISREG(about.st_mode);
}

/* Bytes of the files of a source that are tried. */
static uint64_t source_size(const char *source)
{
    char pattern[PATTERN_TEXT];
    const char *inside = strstr(source, ":/");
    int length = snprintf(pattern, sizeof pattern, "%.*s", inside ? (int)(inside - source) : PATTERN_TEXT, source);
    glob_t files;
    uint64_t bytes = 0;
    if (length >= PATTERN_TEXT || glob(pattern, GLOB_NOCHECK, NULL, &files))
        return 0;
    for (size_t i = 0; i < files.gl_pathc; i++)
        bytes += is_tried(files.gl_pathv[i]) ? vae__trial_size(files.gl_pathv[i]) : 0;
    globfree(&files);
    return bytes;
}

static vae_status try_files(const char *const *sources, int count, vae__trial *trial, bool *answered)
{
    uint64_t bytes = 0;
    for (int i = 0; i < count; i++)
        bytes += source_size(sources[i]);
    *answered = true;
    if (!bytes || bytes > MOST_TRIED)
        return (vae_status){ .code = VAE_OK };
    trial->path = sources[0];
    trial->what = "HDF5 data";
    return vae__try(trial, bytes, answered);
}

typedef struct opening {
    const char *const *sources;
    int count;
    vae_data_options options;
} opening;

static vae_status open_in_child(void *context)
{
    const opening *asked = context;
    vae_data *data = NULL;
    return vae_data_open_files(asked->sources, asked->count, &asked->options, &data);
}

vae_status vae__open_files(const char *const *sources, int count, const vae_data_options *options, vae_data **data)
{
    opening asked = { sources, count, *options };
    asked.options.threads = 1; /* In the child of a process with threads no others can be waited for. */
    vae__trial trial = { .open = open_in_child, .context = &asked, .many = options->allow_external };
    bool answered;
    vae_status status = try_files(sources, count, &trial, &answered);
    /* Data that is much larger than its file may have no room within a trial, and have it here. */
    if (status.code && status.code != VAE_ERROR_MEMORY)
        return status;
    return vae_data_open_files(sources, count, options, data);
}

static int pass_by(void *context, const vae_data_entry *entry)
{
    (void)context;
    (void)entry;
    return 0;
}

static vae_status list_in_child(void *context)
{
    (void)vae_data_list(context, pass_by, NULL);
    return (vae_status){ .code = VAE_OK };
}

vae_status vae__list_file(const char *source, vae_data_entry_function *function, void *context, vae_status *listed)
{
    bool answered;
    vae__trial trial = { .open = list_in_child, .context = (char *)(uintptr_t)source };
    vae_status status = try_files(&source, 1, &trial, &answered);
    if (!status.code)
        *listed = vae_data_list(source, function, context);
    return status;
}

/* ---- Opening ----------------------------------------------------------------------------------------------------- */

/* The same data is divided as the training had it. */
static vae_status divide_again(const vae_training *training, vae_data *data)
{
    const vae_training_state state = vae_training_where(training);
    bool divided = state.division.validation > 0 || state.division.test > 0;
    if (!divided || strcmp(state.digest, vae_data_digest(data)))
        return (vae_status){ .code = VAE_OK };
    return vae_data_divide(data, &state.division);
}

static vae_status open_sources(const vae__data_request *request, const vae_data_options *options, vae_data **data)
{
    if (request->data->count)
        return vae__open_files(request->data->texts, request->data->count, options, data);
    const vae_training_state state = vae_training_where(request->training);
    if (state.source_count)
        return vae__open_files(state.sources, state.source_count, options, data);
    return vae__open_files(&state.source, 1, options, data);
}

/* Paths that only the training tells may not be for the source that is given now: digits have none, and a source may
 * be x itself. So they are tried, and left out where the source takes none; what is then still amiss is told. */
static vae_status open_usual(const vae__data_request *request, const vae__conditions *given, vae_data_options *options,
                             vae_field_source *conditions, vae_data **data)
{
    vae_status status = open_sources(request, options, data);
    if (status.code != VAE_ERROR_ARGUMENT || !request->data->count)
        return status;
    if (options->x && !request->x->given) {
        options->x = NULL;
        status = open_sources(request, options, data);
        if (!status.code)
            return status;
    }
    bool left_out = false;
    for (int i = 0; i < options->condition_count; i++) {
        bool told = false;
        for (int k = 0; k < given->count; k++)
            told = told || !strcmp(given->sources[k].name, conditions[i].name);
        left_out = left_out || (!told && conditions[i].path);
        conditions[i].path = told ? conditions[i].path : NULL;
    }
    return left_out ? open_sources(request, options, data) : status;
}

/* "-" says that there is none, where the training had one. */
static const char *mask_of(const vae__data_request *request, const vae_training_state *state)
{
    if (!request->mask || !request->mask->given)
        return state->mask_path;
    return strcmp(request->mask->text, "-") ? request->mask->text : NULL;
}

/* What the command line leaves out is the training's. Not so what lies outside of files: a checkpoint handed around
 * must not have another's command follow links, so that is read where this command asks. */
static vae_data_options usual_options(const vae__data_request *request, const vae_training *places)
{
    const vae_training_state state = vae_training_where(places);
    /* The seed stays 0: "digits" is one data set, whatever --seed is. */
    return (vae_data_options){
        .threads = request->threads,
        .x = request->x->given ? request->x->text : state.x_path,
        .mask = mask_of(request, &state),
        .allow_external = request->allow_external && request->allow_external->given,
        .skip_broken = request->skip_broken && request->skip_broken->given,
    };
}

void vae__tell_left_out(const vae__call *call, const vae_data *data)
{
    const char *first;
    int64_t count = vae_data_left_out(data, &first);
    if (count)
        vae__remark(call, "%s: left out %" PRId64 " broken file%s; the first is %s", vae_data_source(data), count,
                    count > 1 ? "s" : "", first);
}

int vae__open_data(const vae__call *call, const vae__data_request *request, vae_data **data)
{
    const vae_training *training = request->training, *places = request->places ? request->places : training;
    level_texts levels;
    vae__conditions given;
    vae_field_source conditions[VAE_MAX_CONDITIONS + VAE__BESIDE_MOST] = { { .name = NULL } };
    vae_data_options options = usual_options(request, places);
    write_levels(&levels);
    int exit_status = vae__parse_conditions(call, request->conditions, &given);
    if (!exit_status && request->model)
        exit_status = take_given(call, request->model, &given, conditions);
    if (exit_status)
        return exit_status;
    if (request->model)
        take_usual(request, conditions);
    options.conditions = request->model ? conditions : given.sources;
    options.condition_count = request->model ? close_gaps(request, &levels, conditions) : given.count;
    for (int i = 0; i < request->beside_count; i++)
        conditions[options.condition_count++] = request->beside[i];
    vae_status status = open_usual(request, &given, &options, conditions, data);
    if (status.code == VAE_ERROR_FILE && !request->data->count)
        return vae__failed(call, "%s; --data tells where the same data lies now", status.message);
    if (!status.code && training)
        status = divide_again(training, *data);
    if (!status.code && !request->beside)
        vae__tell_left_out(call, *data);
    if (!status.code)
        return VAE__EXIT_DONE;
    vae_data_free(data);
    return vae__failed_status(call, status);
}

int vae__open_beside(const vae__call *call, const vae__data_request *request, const vae_division *division,
                     vae_data **data)
{
    int status = vae__open_data(call, request, data);
    bool divided = division->validation > 0 || division->test > 0;
    const vae_division found = status ? *division : vae_data_division(*data);
    if (status || !divided || found.validation > 0 || found.test > 0)
        return status;
    vae_status done = vae_data_divide(*data, division);
    return done.code ? vae__failed_status(call, done) : VAE__EXIT_DONE;
}

/* ---- Dividing it ------------------------------------------------------------------------------------------------- */

static double rows_of(const vae__value *share)
{
    return share->real > 0 ? share->real : (double)share->whole;
}

/* A share of no rows is a mistake, though one of 0 is not. */
static int check_share(const vae__call *call, const char *option, const vae__value *asked, const vae_data *data)
{
    int64_t there = vae_data_rows(data, vae_data_training_split(data)), rows = asked->whole;
    if (asked->real > 0)
        rows = (int64_t)(asked->real * (double)there + 0.5);
    bool refused = rows >= there || (!rows && asked->real > 0);
    if (refused && there < 2)
        return vae__failed(call, "--%s: expected 2 training rows or more to hold some out, found %" PRId64, option,
                           there);
    if (refused)
        return vae__failed(call, "--%s: expected 1 to %" PRId64 " of %" PRId64 " training rows, found \"%s\"%s", option,
                           there - 1, there, asked->text,
                           asked->real <= 0 ? ""
                           : rows           ? ", which is all of them"
                                            : ", which is none of them");
    return VAE__EXIT_DONE;
}

int vae__divide(const vae__call *call, const vae__shares *shares, vae_data *data)
{
    const vae_division division = {
        .validation = rows_of(shares->validation), .test = rows_of(shares->test), .by = shares->by, .seed = shares->seed
    };
    int exit_status = check_share(call, "validation", shares->validation, data);
    if (!exit_status)
        exit_status = check_share(call, "test", shares->test, data);
    if (exit_status || !(division.validation > 0 || division.test > 0))
        return exit_status;
    vae_status status = vae_data_divide(data, &division);
    return status.code ? vae__failed(call, "%s", status.message) : VAE__EXIT_DONE;
}
