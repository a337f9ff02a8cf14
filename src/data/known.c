/* Sources that know their fields themselves, digits and IDX: what the options may still say of them. */
#include <stdio.h>
#include <string.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/data/data.h"

static const char class_name[] = "label";

/* "digits: expected no mask, for its fields are x and label (a class); found seen" */
static vae_status refuse(const vae_data *data, const char *condition, const char *expected, const char *found)
{
    char names[160] = "";
    size_t used = 0;
    for (int i = 0; i < data->field_count && used < sizeof names; i++) {
        const vae_field *field = NULL;
        for (int split = 0; split < VAE_SPLITS && !(field && field->rows); split++)
            field = &vae__data_column(data, (vae_split)split, i)->field;
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s%s", i ? " and " : "", field->name,
                                 field->kind == VAE_CLASS ? " (a class)" : "");
    }
    return vae__error(VAE_ERROR_ARGUMENT, "%s: %s%sexpected %s, for this source has the %s %s%s%s%s; found %s",
                      data->source, condition, *condition ? ": " : "", expected,
                      data->field_count > 1 ? "fields" : "field", names, *data->note ? " (" : "", data->note,
                      *data->note ? ")" : "", found);
}

/* Its classes are numbers; a model that knows others by the same numbers would take one for another. */
static vae_status check_levels(const vae_data *data, const vae_field_source *source)
{
    for (int i = 0; i < source->level_count; i++) {
        char expected[16];
        snprintf(expected, sizeof expected, "%d", i);
        if (!source->levels[i] || strcmp(source->levels[i], expected))
            return vae__error(
                VAE_ERROR_DATA,
                "%s: %s: expected the classes of this source, the numbers 0 to n - 1 in their order, found "
                "\"%s\" where \"%s\" was expected",
                data->source, source->name, source->levels[i] ? source->levels[i] : "", expected);
    }
    return vae__ok();
}

static vae_status name_field(vae_data *data, int index, const char *name)
{
    char *copy = NULL;
    VAE__TRY(vae__copy_string(name, &copy));
    VAE__TRY(vae__data_own(data, copy));
    for (int split = 0; split < VAE_SPLITS; split++)
        vae__data_column(data, (vae_split)split, index)->field.name = copy;
    return vae__ok();
}

/* The field of classes; -1: there is none. IDX leaves the columns of splits without rows empty. */
static int class_index(const vae_data *data)
{
    for (int i = 0; i < VAE_SPLITS * data->field_count; i++)
        if (data->columns[i].field.rows && data->columns[i].field.kind == VAE_CLASS)
            return i % data->field_count;
    return -1;
}

static vae_status take_condition(vae_data *data, const vae_field_source *source, bool first)
{
    int index = class_index(data);
    if (index < 0)
        return refuse(data, source->name, "no condition", vae__data_kind_text(source->kind));
    if (!first)
        return refuse(data, source->name, "one condition", "a second one");
    if (source->kind != VAE_CLASS)
        return refuse(data, source->name, "a class", vae__data_kind_text(source->kind));
    if (source->path && strcmp(source->path, class_name))
        return refuse(data, source->name, "no path but label", source->path);
    VAE__TRY(check_levels(data, source));
    return name_field(data, index, source->name);
}

vae_status vae__data_name_fields(vae_data *data)
{
    const vae_data_options *options = &data->options;
    if (options->x && strcmp(options->x, "x"))
        return refuse(data, "", "no path of x but x", options->x);
    if (options->mask)
        return refuse(data, "", "no mask", options->mask);
    for (int i = 0; i < options->condition_count; i++)
        VAE__TRY(take_condition(data, &options->conditions[i], !i));
    return vae__ok();
}
