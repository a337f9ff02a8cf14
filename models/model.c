/* A model: a declaration resolved, and its parameters. */
#include "models/model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/graph.h"
#include "models/parts.h"
#include "src/base/memory.h"
#include "src/base/status.h"

enum { WHERE_SIZE = 128 };

/* ---- Clauses: what a declaration says in the little language ----------------------------------------------------- */

/* A clause: its phrases, what is usual, their table, and where parsed and printed form go. */
typedef struct vae__clause {
    const char *what;
    const char *given, *usual; /* NULL: none; then it must be declared */
    vae__part part;
    vae__phrases *list;  /* this */
    vae__phrase *single; /* … or this */
    char **printed;
} vae__clause;

/* Reads a clause's text, and gives the declaration what the printer makes of it. */
static vae_status resolve_clause(vae_model *model, const vae__clause *clause)
{
    char where[WHERE_SIZE], printed[VAE__PHRASE_TEXT];
    const char *text = clause->given ? clause->given : clause->usual;
    vae__word_table table = vae__words(clause->part, model->catalogue);
    snprintf(where, sizeof where, "%.60s: %.60s", model->declaration.name, clause->what);
    if (!text)
        return vae__error(VAE_ERROR_DECLARATION, "%s: expected phrases of the little language, found none", where);
    if (clause->list) {
        VAE__TRY(vae__phrases_parse(&table, text, where, clause->list));
        if (clause->part == VAE__TRANSFORM)
            VAE__TRY(vae__transforms_check(clause->list, where));
        vae__phrases_print(&table, clause->list, printed);
    } else {
        VAE__TRY(vae__phrase_parse(&table, text, where, clause->single));
        vae__phrase_print(&table, clause->single, printed);
    }
    return vae__copy_string(printed, clause->printed);
}

/* What a declaration with a builder of its own leaves to it. */
static vae_status resolve_networks(vae_model *model, const vae_model_spec *spec)
{
    vae_model_spec *mine = &model->declaration;
    const vae__clause clauses[] = {
        { "encoder", spec->encoder, NULL, VAE__LAYER, &model->encoder, NULL, (char **)&mine->encoder },
        { "decoder", spec->decoder, NULL, VAE__LAYER, &model->decoder, NULL, (char **)&mine->decoder },
        { "posterior", spec->posterior, "gaussian", VAE__POSTERIOR, NULL, &model->posterior,
          (char **)&mine->posterior },
        { "prior", spec->prior, "standard-normal", VAE__PRIOR, NULL, &model->prior, (char **)&mine->prior },
    };
    for (size_t i = 0; i < sizeof clauses / sizeof *clauses; i++) {
        if (!spec->build)
            VAE__TRY(resolve_clause(model, &clauses[i]));
        else if (clauses[i].given && *clauses[i].given)
            return vae__error(VAE_ERROR_DECLARATION, "%s: %s: expected none beside a .build, found \"%s\"", mine->name,
                              clauses[i].what, clauses[i].given);
    }
    return vae__ok();
}

static vae_status resolve_clauses(vae_model *model, const vae_model_spec *spec)
{
    vae_model_spec *mine = &model->declaration;
    VAE__TRY(resolve_networks(model, spec));
    VAE__TRY(resolve_clause(model, &(vae__clause){ "objective", spec->objective, "elbo", VAE__OBJECTIVE, NULL,
                                                   &model->objective, (char **)&mine->objective }));
    VAE__TRY(resolve_clause(model, &(vae__clause){ "likelihood", spec->x.likelihood, "bernoulli", VAE__LIKELIHOOD, NULL,
                                                   &model->likelihood, (char **)&mine->x.likelihood }));
    const vae_likelihood *likelihood = model->likelihood.row;
    const char *suits = likelihood->transform;
    VAE__TRY(
        resolve_clause(model, &(vae__clause){ "transform", spec->x.transform, suits ? suits : "raw", VAE__TRANSFORM,
                                              &model->transform, NULL, (char **)&mine->x.transform }));
    bool suited = !spec->x.transform && likelihood->encoder_transform;
    suits = suited ? likelihood->encoder_transform : mine->x.transform;
    VAE__TRY(
        resolve_clause(model, &(vae__clause){ "encoder transform", spec->x.encoder_transform, suits, VAE__TRANSFORM,
                                              &model->encoder_transform, NULL, (char **)&mine->x.encoder_transform }));
    model->one_transform = !strcmp(mine->x.encoder_transform, mine->x.transform);
    return vae__ok();
}

/* ---- Fields ------------------------------------------------------------------------------------------------------ */

static vae_status check_x(vae_model *model)
{
    const vae_model_spec *spec = &model->declaration;
    model->x_size = 1;
    if ((unsigned)spec->x.type > VAE_INT64 || (unsigned)spec->x.missing > VAE_MISSING_MASK)
        return vae__error(VAE_ERROR_DECLARATION, "%s: x: there is no type %d with missing values %d", spec->name,
                          (int)spec->x.type, (int)spec->x.missing);
    for (int i = 0; i < VAE_MAX_RANK; i++) {
        if (spec->x.shape[i] < 0 || (spec->x.shape[i] && i > model->x_rank) ||
            spec->x.shape[i] > INT32_MAX / model->x_size)
            return vae__error(VAE_ERROR_DECLARATION,
                              "%s: x: shape: dimension %d is %" PRId64 ", expected sizes of at least 1, one after "
                              "another, and at most 2^31 - 1 values in all",
                              spec->name, i + 1, spec->x.shape[i]);
        if (spec->x.shape[i]) {
            model->x_rank++;
            model->x_size *= spec->x.shape[i];
        }
    }
    if (!model->x_rank)
        return vae__error(VAE_ERROR_DECLARATION, "%s: x: expected a shape, declared or from data, found none",
                          spec->name);
    return vae__ok();
}

/* An image has a shape, and its size is that shape's. */
static vae_status check_image(const vae_model_spec *spec, vae_condition_spec *condition)
{
    int64_t size = 1, given = condition->size;
    if (!condition->shape[0])
        return vae__error(VAE_ERROR_DECLARATION,
                          "%s: condition \"%s\": expected the shape of an image, declared or from data, found none",
                          spec->name, condition->name);
    for (int i = 0; i < VAE_MAX_RANK && condition->shape[i]; i++)
        size = condition->shape[i] > 0 && condition->shape[i] <= INT32_MAX / size ? size * condition->shape[i]
                                                                                  : (int64_t)INT32_MAX + 1;
    condition->size = size;
    if (!given || given == size)
        return vae__ok();
    return vae__error(VAE_ERROR_DECLARATION,
                      "%s: condition \"%s\": expected as many values as its shape has, %" PRId64 ", found %" PRId64,
                      spec->name, condition->name, size, given);
}

static vae_status check_size(vae_model *model, int index)
{
    vae_condition_spec *condition = &model->declaration.conditions[index];
    int64_t most = condition->kind == VAE_CLASS ? VAE__CLASSES_MAX : INT32_MAX;
    if (condition->kind == VAE_IMAGE)
        VAE__TRY(check_image(&model->declaration, condition));
    if (condition->size < 1 || condition->size > most)
        return vae__error(VAE_ERROR_DECLARATION,
                          "%s: condition \"%s\": expected 1 to %" PRId64 " %s, declared or from data, found %" PRId64,
                          model->declaration.name, condition->name, most,
                          condition->kind == VAE_CLASS ? "classes" : "values", condition->size);
    model->conditions[index].size = condition->size;
    return vae__ok();
}

static bool good_name(const char *name)
{
    size_t length = strlen(name);
    return length && length < 64 && !strpbrk(name, "/ \t\n.,=:") && strcmp(name, "x") && strcmp(name, "z") &&
           strcmp(name, "mask");
}

static vae_status check_condition(vae_model *model, int index)
{
    const vae_model_spec *spec = &model->declaration;
    const vae_condition_spec *condition = &spec->conditions[index];
    if (!good_name(condition->name))
        return vae__error(VAE_ERROR_DECLARATION,
                          "%s: condition \"%s\": expected a name of 1 to 63 characters without spaces or any of / . , "
                          "= : that is not x, z or mask",
                          spec->name, condition->name);
    if ((unsigned)condition->kind > VAE_IMAGE || (unsigned)condition->type > VAE_INT64)
        return vae__error(VAE_ERROR_DECLARATION, "%s: condition \"%s\": there is no kind %d of type %d", spec->name,
                          condition->name, (int)condition->kind, (int)condition->type);
    for (int i = 0; i < index; i++)
        if (!strcmp(spec->conditions[i].name, condition->name))
            return vae__error(VAE_ERROR_DECLARATION, "%s: there are two conditions \"%s\"", spec->name,
                              condition->name);
    return check_size(model, index);
}

static vae_status check_latents(const vae_model_spec *spec)
{
    if (spec->latents[0].size < 1 || spec->latents[0].size > 100000)
        return vae__error(VAE_ERROR_DECLARATION, "%s: latents: expected 1 to 100000 dimensions, found %" PRId64,
                          spec->name, spec->latents[0].size);
    for (int i = 1; i < VAE_MAX_LATENTS; i++)
        if (spec->latents[i].size)
            return vae__error(VAE_ERROR_UNSUPPORTED, "%s: latents: this version takes one, found %d", spec->name,
                              i + 1);
    return vae__ok();
}

static vae_status resolve_condition_transform(vae_model *model, int index, const char *given)
{
    vae_condition_spec *mine = &model->declaration.conditions[index];
    char what[WHERE_SIZE];
    snprintf(what, sizeof what, "condition \"%.40s\"", mine->name);
    if (mine->kind == VAE_CLASS && given)
        return vae__error(VAE_ERROR_DECLARATION, "%s: %s: transform: expected none of a class, found \"%s\"",
                          model->declaration.name, what, given);
    if (mine->kind == VAE_CLASS)
        return vae__ok();
    const char *suits = mine->kind == VAE_IMAGE && mine->type == VAE_UINT8 ? "unit" : "standardize";
    return resolve_clause(model,
                          &(vae__clause){ what, given, suits, VAE__TRANSFORM, &model->conditions[index].transform, NULL,
                                          (char **)&mine->transform });
}

static vae_status own_levels(const vae_condition_spec *spec, vae_condition_spec *mine)
{
    char **levels = NULL;
    if (!spec->levels || spec->kind != VAE_CLASS || spec->size < 1 || spec->size > VAE__CLASSES_MAX)
        return vae__ok();
    VAE__TRY(vae__allocate("the classes", (size_t)spec->size, sizeof *levels, &levels));
    mine->levels = (const char *const *)levels;
    for (int64_t i = 0; i < spec->size; i++)
        VAE__TRY(vae__copy_string(spec->levels[i], &levels[i]));
    return vae__ok();
}

static void free_condition(vae_condition_spec *condition)
{
    for (int64_t i = 0; condition->levels && i < condition->size; i++)
        vae__free((char *)(uintptr_t)condition->levels[i]);
    vae__free((void *)(uintptr_t)condition->levels);
    vae__free((char *)condition->transform);
    vae__free((char *)condition->name);
}

static vae_status own_condition(vae_model *model, const vae_condition_spec *spec)
{
    vae_condition_spec *mine = &model->declaration.conditions[model->condition_count++];
    *mine = *spec;
    mine->name = mine->transform = NULL;
    mine->levels = NULL;
    VAE__TRY(vae__copy_string(spec->name, (char **)&mine->name));
    return own_levels(spec, mine);
}

static vae_status own_recipe(const vae_recipe *recipe, vae_recipe *mine)
{
    *mine = *recipe;
    mine->optimizer = mine->schedule = NULL;
    if (recipe->optimizer)
        VAE__TRY(vae__copy_string(recipe->optimizer, (char **)&mine->optimizer));
    return recipe->schedule ? vae__copy_string(recipe->schedule, (char **)&mine->schedule) : vae__ok();
}

/* Numbers are taken over as they are; strings are copied, so that all of a declaration's are the model's. */
static vae_status own_names(vae_model *model, const vae_model_spec *spec)
{
    vae_model_spec *mine = &model->declaration;
    mine->x = spec->x;
    mine->x.likelihood = mine->x.transform = mine->x.encoder_transform = NULL;
    mine->build = spec->build;
    VAE__TRY(own_recipe(&spec->recipe, &mine->recipe));
    memcpy(mine->latents, spec->latents, sizeof mine->latents);
    VAE__TRY(vae__copy_string(spec->name && *spec->name ? spec->name : "model", (char **)&mine->name));
    VAE__TRY(vae__copy_string(spec->summary, (char **)&mine->summary));
    for (int i = 0; i < VAE_MAX_CONDITIONS && spec->conditions[i].name; i++)
        VAE__TRY(own_condition(model, &spec->conditions[i]));
    return vae__ok();
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What data and files could not hold is refused before anybody trains on it. */
static vae_status check_level_sizes(const vae_model *model, const vae_condition_spec *condition)
{
    if (condition->size > VAE__LEVELS_MAX)
        return vae__error(VAE_ERROR_DECLARATION,
                          "%s: condition \"%s\": expected at most %d classes with levels, found %" PRId64,
                          model->declaration.name, condition->name, (int)VAE__LEVELS_MAX, condition->size);
    for (int64_t i = 0; i < condition->size; i++)
        if (strlen(condition->levels[i]) > VAE__LEVEL_LENGTH)
            return vae__error(VAE_ERROR_DECLARATION,
                              "%s: condition \"%s\": expected levels of at most %d bytes, found %zu in class %" PRId64,
                              model->declaration.name, condition->name, (int)VAE__LEVEL_LENGTH,
                              strlen(condition->levels[i]), i);
    return vae__ok();
}

/* Two classes of one text would be one. */
static vae_status check_levels(const vae_model *model, int index)
{
    const vae_condition_spec *condition = &model->declaration.conditions[index];
    const char **sorted = NULL, *twice = NULL;
    if (!condition->levels)
        return vae__ok();
    VAE__TRY(check_level_sizes(model, condition));
    VAE__TRY(vae__allocate("the classes", (size_t)condition->size, sizeof *sorted, &sorted));
    memcpy(sorted, condition->levels, (size_t)condition->size * sizeof *sorted);
    qsort(sorted, (size_t)condition->size, sizeof *sorted, compare_texts);
    for (int64_t i = 1; i < condition->size; i++)
        if (!strcmp(sorted[i - 1], sorted[i]))
            twice = sorted[i];
    vae__free(sorted);
    if (!twice)
        return vae__ok();
    return vae__error(VAE_ERROR_DECLARATION, "%s: condition \"%s\": the level \"%s\" is there twice",
                      model->declaration.name, condition->name, twice);
}

/* The graph for training has every parameter, and that of the fields all of their state, be it that a graph by hand
 * does not look at a field: compiling enters them into the store. */
static vae_status enter_parameters(vae_model *model, size_t most)
{
    static const vae__graph_kind kinds[] = { VAE__TRAINING, VAE__FIELDS };
    VAE__TRY(vae_store_new(&model->store));
    vae__store_bound(model->store, most);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        vae__model_graph built;
        VAE__TRY(vae__model_graph_new(model, &(vae__graph_request){ .kind = kinds[i], .enters = true }, &built));
        vae__model_graph_clear(&built);
    }
    return vae__ok();
}

static vae_status resolve(vae_model *model, const vae_model_spec *spec, size_t most)
{
    VAE__TRY(own_names(model, spec));
    VAE__TRY(resolve_clauses(model, spec));
    VAE__TRY(check_x(model));
    for (int i = 0; i < model->condition_count; i++) {
        VAE__TRY(check_condition(model, i));
        VAE__TRY(check_levels(model, i));
        VAE__TRY(resolve_condition_transform(model, i, spec->conditions[i].transform));
    }
    VAE__TRY(check_latents(&model->declaration));
    VAE__TRY(enter_parameters(model, most));
    vae__store_bound(model->store, 0);
    return vae__ok();
}

vae_status vae__model_declare(const vae_model_spec *spec, const vae_catalogue *catalogue, vae_model **model)
{
    return vae__model_declare_within(spec, catalogue, 0, model);
}

vae_status vae__model_declare_within(const vae_model_spec *spec, const vae_catalogue *catalogue, size_t most,
                                     vae_model **model)
{
    *model = NULL;
    if (!spec)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a declaration, found NULL");
    VAE__TRY(vae_catalogue_check(catalogue));
    VAE__TRY(vae__allocate("a model", 1, sizeof **model, model));
    (*model)->catalogue = catalogue;
    vae_status status = resolve(*model, spec, most);
    if (status.code)
        vae_model_free(model);
    return status;
}

void vae_model_free(vae_model **model)
{
    if (!model || !*model)
        return;
    vae_model_spec *spec = &(*model)->declaration;
    const char *const strings[] = { spec->name,
                                    spec->summary,
                                    spec->encoder,
                                    spec->decoder,
                                    spec->posterior,
                                    spec->prior,
                                    spec->objective,
                                    spec->x.likelihood,
                                    spec->x.transform,
                                    spec->x.encoder_transform,
                                    spec->recipe.optimizer,
                                    spec->recipe.schedule };
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        vae__free((char *)strings[i]);
    for (int i = 0; i < (*model)->condition_count; i++)
        free_condition(&spec->conditions[i]);
    vae_store_free(&(*model)->store);
    vae__free(*model);
    *model = NULL;
}

const vae_model_spec *vae_model_declaration(const vae_model *model)
{
    return model ? &model->declaration : NULL;
}

vae_store *vae_model_store(vae_model *model)
{
    return model ? model->store : NULL;
}

int64_t vae_model_x_size(const vae_model *model)
{
    return model ? model->x_size : 0;
}

void vae__model_unfitted(vae_model *model)
{
    float *state = vae_store_state(model->store);
    for (int i = 0; i < vae_store_count(model->store); i++) {
        const vae_tensor *tensor = vae_store_tensor(model->store, i);
        const char *last = strrchr(tensor->name, '/');
        bool fitted = !tensor->trainable && !strncmp(tensor->name, "fields/", strlen("fields/"));
        if (fitted && last && !strcmp(last, "/deviation"))
            for (int64_t j = 0; j < tensor->size; j++)
                state[tensor->offset + j] = 1;
    }
}
