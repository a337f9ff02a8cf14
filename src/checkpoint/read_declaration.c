/* Reading a model's declaration, /model and /fields, and making a model of it. */
#include <inttypes.h>
#include <string.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/checkpoint/declaration.h"
#include "src/checkpoint/layout.h"

/* A declaration as read, whose strings are to be freed. */
typedef struct declared {
    vae_model_spec spec;
    char *conditions[VAE_MAX_CONDITIONS];
    int condition_count;
} declared;

static void free_texts(const char **const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        vae__free((char *)*texts[i]);
        *texts[i] = NULL;
    }
}

static void free_optional(const vae__optional_clause *clauses, int count)
{
    for (int i = 0; i < count; i++)
        free_texts(&clauses[i].text, 1);
}

static vae_status get_optional(const vae__place *group, const vae__optional_clause *clauses, int count)
{
    for (int i = 0; i < count; i++)
        VAE__TRY(vae__get_text_if(group, clauses[i].name, (char **)clauses[i].text));
    return vae__ok();
}

/* The clauses that `build` takes the place of. */
static void free_built(vae_model_spec *spec)
{
    const char **const texts[] = { &spec->encoder, &spec->decoder, &spec->posterior, &spec->prior };
    vae__optional_clause clauses[VAE__MODEL_CLAUSES];
    vae__model_clauses(spec, clauses);
    free_texts(texts, sizeof texts / sizeof *texts);
    free_optional(clauses, VAE__MODEL_CLAUSES);
}

static void free_declared(declared *read)
{
    vae_model_spec *spec = &read->spec;
    const char **const texts[] = { &spec->name,         &spec->summary,     &spec->objective,
                                   &spec->x.likelihood, &spec->x.transform, &spec->x.encoder_transform };
    free_built(spec);
    free_texts(texts, sizeof texts / sizeof *texts);
    for (int i = 0; i < VAE_MAX_CONDITIONS; i++) {
        vae__optional_clause clauses[VAE__CONDITION_CLAUSES];
        vae__condition_clauses(&spec->conditions[i], clauses);
        free_optional(clauses, VAE__CONDITION_CLAUSES);
        vae__free((char *)spec->conditions[i].transform);
        vae__free((char **)spec->conditions[i].levels);
        vae__free(read->conditions[i]);
    }
}

/* ---- /model ------------------------------------------------------------------------------------------------------ */

/* The code of a graph built by hand is not in the file: it is that of the catalogue's model of the same name. */
static vae_status find_build(const vae__place *group, const vae_catalogue *catalogue, vae_model_spec *spec)
{
    int64_t built = 0;
    if (vae__get_has(group, "built_by_program"))
        VAE__TRY(vae__get_integer(group, "built_by_program", 0, 1, &built));
    if (!built)
        return vae__ok();
    free_built(spec);
    for (int i = 0; i < vae_model_count(catalogue) && !spec->build; i++) {
        const vae_model_spec *brought = vae_model_at(catalogue, i);
        if (brought->name && !strcmp(brought->name, spec->name))
            spec->build = brought->build;
    }
    if (spec->build)
        return vae__ok();
    return vae__error(VAE_ERROR_FORMAT,
                      "%s: %s: the model \"%s\" is built by code of the program that trained it: expected a model of "
                      "that name with .build in the catalogue, found none",
                      group->file, group->where, spec->name);
}

static vae_status get_clauses(const vae__place *group, declared *read)
{
    vae_model_spec *spec = &read->spec;
    const struct {
        const char *name;
        const char **text;
    } texts[] = { { "name", &spec->name },          { "summary", &spec->summary },     { "encoder", &spec->encoder },
                  { "decoder", &spec->decoder },    { "posterior", &spec->posterior }, { "prior", &spec->prior },
                  { "objective", &spec->objective } };
    int64_t sizes[VAE_MAX_LATENTS];
    int count = 0;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        VAE__TRY(vae__get_text(group, texts[i].name, (char **)texts[i].text));
    vae__optional_clause clauses[VAE__MODEL_CLAUSES];
    vae__model_clauses(spec, clauses);
    VAE__TRY(get_optional(group, clauses, VAE__MODEL_CLAUSES));
    if (vae__get_has(group, "latent_sizes")) /* a regression has none */
        VAE__TRY(vae__get_integers(group, "latent_sizes", VAE_MAX_LATENTS, 1, INT32_MAX, sizes, &count));
    for (int i = 0; i < count; i++)
        spec->latents[i].size = sizes[i];
    return vae__get_texts(group, "conditions", VAE_MAX_CONDITIONS, read->conditions, &read->condition_count);
}

static vae_status get_model(const vae__place *root, const vae_catalogue *catalogue, declared *read)
{
    vae__place group;
    VAE__TRY(vae__get_group(root, "model", &group));
    vae_status status = get_clauses(&group, read);
    if (!status.code)
        status = find_build(&group, catalogue, &read->spec);
    vae__hdf5_close(group.id);
    return status;
}

/* ---- /fields/x --------------------------------------------------------------------------------------------------- */

/* One of some words; *which becomes its number. `expected` tells them all. */
static vae_status get_word(const vae__place *group, const char *name, const char *const *words, int count,
                           const char *expected, int *which)
{
    char *text = NULL;
    VAE__TRY(vae__get_text(group, name, &text));
    for (*which = 0; *which < count && strcmp(words[*which], text);)
        ++*which;
    vae_status status = vae__ok();
    if (*which == count)
        status = vae__error(VAE_ERROR_FORMAT, "%s: %s/%s: expected %s, found \"%.40s\"", group->file, group->where,
                            name, expected, text);
    vae__free(text);
    return status;
}

/* How the data stores a field; files that do not tell are of a version that was made for bytes. */
static vae_status get_type(const vae__place *group, vae_type *type)
{
    static const char *const names[] = {
#define NAME(name, ctype, text) text,
        VAE_TYPE_LIST(NAME)
#undef NAME
    };
    int which = VAE_UINT8;
    if (vae__get_has(group, "type"))
        VAE__TRY(get_word(group, "type", names, (int)(sizeof names / sizeof *names), "a type's name", &which));
    *type = (vae_type)which;
    return vae__ok();
}

/* Files of before there were missing values have neither attribute. */
static vae_status get_missing(const vae__place *group, vae_x_spec *x)
{
    const char *const words[] = { vae__missing_name(VAE_MISSING_ERROR), vae__missing_name(VAE_MISSING_MASK) };
    int which = 0;
    if (vae__get_has(group, "missing"))
        VAE__TRY(get_word(group, "missing", words, 2, "\"error\" or \"mask\"", &which));
    x->missing = which ? VAE_MISSING_MASK : VAE_MISSING_ERROR;
    x->has_fill_value = vae__get_has(group, "fill_value");
    return x->has_fill_value ? vae__get_any_number(group, "fill_value", &x->fill_value) : vae__ok();
}

static vae_status get_x_clauses(const vae__place *group, vae_x_spec *x)
{
    int rank, which;
    char expected[32];
    VAE__TRY(vae__get_integers(group, "shape", VAE_MAX_RANK, 1, INT32_MAX, x->shape, &rank));
    const char *kind = vae__x_kind(rank);
    snprintf(expected, sizeof expected, "\"%s\"", kind);
    VAE__TRY(get_word(group, "kind", &kind, 1, expected, &which));
    VAE__TRY(get_type(group, &x->type));
    VAE__TRY(vae__get_text(group, "likelihood", (char **)&x->likelihood));
    VAE__TRY(vae__get_text(group, "transform", (char **)&x->transform));
    VAE__TRY(vae__get_text_if(group, "encoder_transform", (char **)&x->encoder_transform));
    return get_missing(group, x);
}

/* ---- A class ----------------------------------------------------------------------------------------------------- */

static vae_status check_number_values(const vae__place *dataset, const vae__wanted *wanted)
{
    int64_t *levels = NULL;
    VAE__TRY(vae__allocate("the classes", (size_t)wanted->shape[0], sizeof *levels, &levels));
    vae_status status = vae__get_values(dataset, wanted, levels);
    for (int64_t i = 0; i < wanted->shape[0] && !status.code; i++)
        if (levels[i] != i)
            status = vae__error(VAE_ERROR_FORMAT,
                                "%s: %s: expected the value of class %" PRId64 " to be its number, "
                                "found %" PRId64,
                                dataset->file, dataset->where, i, levels[i]);
    vae__free(levels);
    return status;
}

/* Levels that are numbers are those of the classes themselves. */
static vae_status check_numbers(const vae__place *group, int64_t classes)
{
    vae__wanted wanted = { .type = VAE_INT64, .rank = 1, .shape = { classes } };
    vae__place dataset;
    VAE__TRY(vae__get_dataset(group, "levels", &wanted, &dataset));
    vae_status status = check_number_values(&dataset, &wanted);
    vae__hdf5_close(dataset.id);
    return status;
}

static vae_status get_class(const vae__place *group, vae_condition_spec *condition)
{
    bool texts = false;
    char **levels = NULL;
    VAE__TRY(vae__get_integer(group, "classes", 1, VAE__CLASSES_MAX, &condition->size));
    VAE__TRY(vae__get_is_text(group, "levels", &texts));
    if (!texts)
        return check_numbers(group, condition->size);
    VAE__TRY(vae__get_strings(group, "levels", &condition->size, VAE__LEVELS_MAX, VAE__LEVEL_LENGTH, &levels));
    condition->levels = (const char *const *)levels;
    return vae__ok();
}

/* ---- Values and images ------------------------------------------------------------------------------------------- */

static vae_status get_values(const vae__place *group, vae_condition_spec *condition)
{
    int64_t shape[VAE_MAX_RANK] = { 0 }, size = 1;
    int rank;
    bool image = condition->kind == VAE_IMAGE;
    VAE__TRY(vae__get_integers(group, "shape", VAE_MAX_RANK, 1, INT32_MAX, shape, &rank));
    if (image ? rank < 2 || rank > 3 : rank != 1)
        return vae__error(VAE_ERROR_FORMAT, "%s: %s/shape: expected %s, found %d", group->file, group->where,
                          image ? "2 or 3 numbers" : "1 number", rank);
    for (int i = 0; i < rank; i++) {
        if (shape[i] > INT32_MAX / size)
            return vae__error(VAE_ERROR_FORMAT, "%s: %s/shape: expected at most 2^31 - 1 values, found more",
                              group->file, group->where);
        size *= shape[i];
    }
    VAE__TRY(vae__get_integer(group, "size", size, size, &condition->size));
    if (image)
        memcpy(condition->shape, shape, sizeof shape);
    return vae__get_text(group, "transform", (char **)&condition->transform);
}

static vae_status get_condition(const vae__place *group, vae_condition_spec *condition)
{
    static const vae_field_kind kinds[] = { VAE_CLASS, VAE_VALUES, VAE_IMAGE };
    const char *const words[] = { vae__kind_name(kinds[0]), vae__kind_name(kinds[1]), vae__kind_name(kinds[2]) };
    int which;
    VAE__TRY(get_word(group, "kind", words, 3, "\"class\", \"values\" or \"image\"", &which));
    condition->kind = kinds[which];
    VAE__TRY(get_type(group, &condition->type));
    vae__optional_clause clauses[VAE__CONDITION_CLAUSES];
    vae__condition_clauses(condition, clauses);
    VAE__TRY(get_optional(group, clauses, VAE__CONDITION_CLAUSES));
    return condition->kind == VAE_CLASS ? get_class(group, condition) : get_values(group, condition);
}

/* ---- All of it --------------------------------------------------------------------------------------------------- */

static vae_status get_field(const vae__place *fields, const char *name, vae_x_spec *x, vae_condition_spec *condition)
{
    vae__place group;
    VAE__TRY(vae__get_group(fields, name, &group));
    vae_status status = x ? get_x_clauses(&group, x) : get_condition(&group, condition);
    vae__hdf5_close(group.id);
    return status;
}

static vae_status get_fields(const vae__place *root, declared *read)
{
    vae__place fields;
    VAE__TRY(vae__get_group(root, "fields", &fields));
    vae_status status = get_field(&fields, "x", &read->spec.x, NULL);
    for (int i = 0; i < read->condition_count && !status.code; i++) {
        read->spec.conditions[i].name = read->conditions[i];
        status = get_field(&fields, read->conditions[i], NULL, &read->spec.conditions[i]);
    }
    vae__hdf5_close(fields.id);
    return status;
}

/* What the file declares and libvae refuses is a fault of the file; unless it is a word that the program that wrote it
 * had brought. */
static vae_status declare(const vae__place *root, const declared *read, const vae_catalogue *catalogue,
                          vae_model **model)
{
    /* What the file cannot hold needs no room: a text of some bytes could ask for any amount of it. */
    size_t most = root->file_size < SIZE_MAX / VAE__MOST_DEFLATED ? root->file_size * VAE__MOST_DEFLATED : SIZE_MAX;
    vae_status status = vae__model_declare_within(&read->spec, catalogue, most / sizeof(float), model);
    if (!status.code || status.code == VAE_ERROR_MEMORY)
        return vae__error_within(status, "%s: /model: ", root->file);
    bool unknown = strstr(status.message, ": no such ") != NULL;
    return vae__error(VAE_ERROR_FORMAT, "%s: /model: %s%s", root->file, status.message,
                      unknown ? "; a program that loads this file must bring a row of that name in its catalogue" : "");
}

vae_status vae__get_declared(const vae__place *root, const vae_catalogue *catalogue, vae_model **model)
{
    declared read = { .condition_count = 0 };
    *model = NULL;
    vae_status status = get_model(root, catalogue, &read);
    if (!status.code)
        status = get_fields(root, &read);
    if (!status.code)
        status = declare(root, &read, catalogue, model);
    free_declared(&read);
    return status;
}

/* ---- Where the data lies ----------------------------------------------------------------------------------------- */

static vae_status get_place(const vae__place *fields, const char *name, char **path, char **mask_path)
{
    vae__place group;
    VAE__TRY(vae__get_group(fields, name, &group));
    vae_status status = vae__get_text_if(&group, "path", path);
    if (mask_path && !status.code)
        status = vae__get_text_if(&group, "mask_path", mask_path);
    vae__hdf5_close(group.id);
    return status;
}

vae_status vae__get_places(const vae__place *fields, vae_training *training)
{
    const vae_model *model = training->model;
    VAE__TRY(get_place(fields, "x", &training->x_path, &training->mask_path));
    for (int i = 0; i < model->condition_count; i++)
        VAE__TRY(get_place(fields, model->declaration.conditions[i].name, &training->condition_paths[i], NULL));
    return vae__ok();
}
