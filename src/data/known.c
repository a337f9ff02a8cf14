/* Sources that know their fields themselves, digits, IDX and such: what the options may still say of them. */
#include <stdio.h>
#include <string.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/data/data.h"

/* Of any split that has rows; IDX leaves the columns of the others empty. */
static const vae_field *field_at(const vae_data *data, int index)
{
    const vae_field *field = NULL;
    for (int split = 0; split < VAE_SPLITS && !(field && field->rows); split++)
        field = &vae__data_column(data, (vae_split)split, index)->field;
    return field;
}

static bool is_x(const vae_field *field)
{
    return !strcmp(field->name, "x");
}

/* "digits: expected no mask, for this source has the fields x and label (a class); found seen" */
static vae_status refuse(const vae_data *data, const char *condition, const char *expected, const char *found)
{
    char names[192] = "";
    size_t used = 0;
    for (int i = 0; i < data->field_count && used < sizeof names; i++) {
        const vae_field *field = field_at(data, i);
        const char *kind = is_x(field) ? NULL : vae__data_kind_text(field->kind);
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s%s%s%s",
                                 !i                          ? ""
                                 : i + 1 < data->field_count ? ", "
                                                             : " and ",
                                 field->name, kind ? " (" : "", kind ? kind : "", kind ? ")" : "");
    }
    return vae__error(VAE_ERROR_ARGUMENT, "%s: %s%sexpected %s, for this source has the %s %s%s%s%s; found %s",
                      data->source, condition, *condition ? ": " : "", expected,
                      data->field_count > 1 ? "fields" : "field", names, *data->note ? " (" : "", data->note,
                      *data->note ? ")" : "", found);
}

/* Its classes have their order; a model that knows others by the same numbers would take one for another. */
static vae_status check_levels(const vae_data *data, const vae_field_source *source, const vae_field *field)
{
    for (int i = 0; i < source->level_count; i++) {
        char number[16];
        snprintf(number, sizeof number, "%d", i);
        const char *expected = !field->levels ? number : i < field->classes ? field->levels[i] : "no more";
        if (!source->levels[i] || strcmp(source->levels[i], expected))
            return vae__error(VAE_ERROR_DATA,
                              "%s: %s: expected the classes of this source, %sin their order, found "
                              "\"%.60s\" where \"%.60s\" was expected",
                              data->source, source->name, field->levels ? "" : "the numbers 0 to n - 1 ",
                              source->levels[i] ? source->levels[i] : "", expected);
    }
    return vae__ok();
}

/* `path` opens the same field again under another name; NULL where the name is no matter. */
static vae_status name_field(vae_data *data, int index, const char *name, const char *path)
{
    char *copy = NULL;
    VAE__TRY(vae__copy_string(name, &copy));
    VAE__TRY(vae__data_own(data, copy));
    for (int split = 0; split < VAE_SPLITS; split++) {
        vae_field *field = &vae__data_column(data, (vae_split)split, index)->field;
        field->name = copy;
        field->path = path ? path : field->path;
    }
    return vae__ok();
}

/* A field that may be a condition, and whether one has it. */
typedef struct known_field {
    int index;
    const char *name; /* its own */
    vae_field_kind kind;
    bool taken;
} known_field;

typedef struct known_fields {
    known_field *fields;
    int count;
    bool classes; /* All of them are classes. */
} known_fields;

static known_field *find_known(const known_fields *known, const char *name)
{
    for (int i = 0; i < known->count; i++)
        if (!strcmp(known->fields[i].name, name))
            return &known->fields[i];
    return NULL;
}

/* The only field has any name that a condition gives it; of several it is that of the path, or else of the name. */
static vae_status find_field(const vae_data *data, const vae_field_source *source, const known_fields *known,
                             known_field **field)
{
    const bool several = known->count > 1;
    if (!known->count)
        return refuse(data, source->name, "no condition", vae__data_kind_text(source->kind));
    const known_field *only = &known->fields[0];
    const char *wanted = source->path ? source->path : several ? source->name : only->name;
    *field = find_known(known, wanted);
    const known_field *found = *field ? *field : only;
    char expected[80];
    snprintf(expected, sizeof expected, "no path but %.60s", only->name);
    if (!*field && several)
        return refuse(data, source->name,
                      known->classes ? "the name of a class, or its path" : "the name of a field, or its path", wanted);
    if (found->taken)
        return refuse(data, source->name,
                      !several         ? "one condition"
                      : known->classes ? "one condition of each class"
                                       : "one condition of each field",
                      "a second one");
    if (source->kind != found->kind)
        return refuse(data, source->name, vae__data_kind_text(found->kind), vae__data_kind_text(source->kind));
    return *field ? vae__ok() : refuse(data, source->name, expected, wanted);
}

static vae_status take_condition(vae_data *data, const vae_field_source *source, const known_fields *known)
{
    known_field *field = NULL;
    VAE__TRY(find_field(data, source, known, &field));
    if (field->kind == VAE_CLASS)
        VAE__TRY(check_levels(data, source, field_at(data, field->index)));
    field->taken = true;
    return name_field(data, field->index, source->name,
                      known->count > 1 && strcmp(source->name, field->name) ? field->name : NULL);
}

static vae_status check_names(const vae_data *data)
{
    for (int i = 0; i < data->field_count; i++)
        for (int k = 0; k < i; k++)
            if (!strcmp(field_at(data, i)->name, field_at(data, k)->name))
                return refuse(data, field_at(data, i)->name, "a name that no other field has", "it twice");
    return vae__ok();
}

static vae_status take_conditions(vae_data *data, known_fields *known)
{
    for (int i = 0; i < data->field_count; i++) {
        const vae_field *field = field_at(data, i);
        if (is_x(field))
            continue;
        known->fields[known->count++] = (known_field){ .index = i, .name = field->name, .kind = field->kind };
        known->classes &= field->kind == VAE_CLASS;
    }
    for (int i = 0; i < data->options.condition_count; i++)
        VAE__TRY(take_condition(data, &data->options.conditions[i], known));
    return check_names(data);
}

vae_status vae__data_name_fields(vae_data *data)
{
    const vae_data_options *options = &data->options;
    if (options->x && strcmp(options->x, "x"))
        return refuse(data, "", "no path of x but x", options->x);
    if (options->mask)
        return refuse(data, "", "no mask", options->mask);
    known_fields known = { .classes = true };
    VAE__TRY(vae__allocate(data->source, (size_t)data->field_count, sizeof *known.fields, &known.fields));
    vae_status status = take_conditions(data, &known);
    vae__free(known.fields);
    return status;
}
