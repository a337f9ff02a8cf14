/* A model: a declaration resolved, and its parameters. */
#include "models/model.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "models/parts.h"
#include "src/base/memory.h"
#include "src/base/status.h"

enum { WHERE_SIZE = 128 };

/* A clause of a declaration: its phrases, what is usual, their table, and where parsed and printed form go. */
typedef struct vae__clause {
    const char *what;
    const char *given, *usual; /* NULL: none; then it must be declared */
    const vae__word_table *table;
    vae__phrases *list;  /* this */
    vae__phrase *single; /* … or this */
    char **printed;
} vae__clause;

/* Reads a clause's text, and gives the declaration what the printer makes of it. */
static vae_status resolve_clause(vae_model *model, const vae__clause *clause)
{
    char where[WHERE_SIZE], printed[VAE__PHRASE_TEXT];
    const char *text = clause->given ? clause->given : clause->usual;
    snprintf(where, sizeof where, "%.80s: %s", model->declaration.name, clause->what);
    if (!text)
        return vae__error(VAE_ERROR_DECLARATION, "%s: expected phrases of the little language, found none", where);
    if (clause->list) {
        VAE__TRY(vae__phrases_parse(clause->table, text, where, clause->list));
        vae__phrases_print(clause->list, printed);
    } else {
        VAE__TRY(vae__phrase_parse(clause->table, text, where, clause->single));
        vae__phrase_print(clause->single, printed);
    }
    return vae__copy_string(printed, clause->printed);
}

static vae_status resolve_clauses(vae_model *model, const vae_model_spec *spec)
{
    vae_model_spec *mine = &model->declaration;
    const vae__clause clauses[] = {
        { "encoder", spec->encoder, NULL, &vae__layers, &model->encoder, NULL, (char **)&mine->encoder },
        { "decoder", spec->decoder, NULL, &vae__layers, &model->decoder, NULL, (char **)&mine->decoder },
        { "posterior", spec->posterior, "gaussian", &vae__posteriors, NULL, &model->posterior,
          (char **)&mine->posterior },
        { "prior", spec->prior, "standard-normal", &vae__priors, NULL, &model->prior, (char **)&mine->prior },
        { "objective", spec->objective, "elbo", &vae__objectives, NULL, &model->objective, (char **)&mine->objective },
        { "likelihood", spec->x.likelihood, "bernoulli", &vae__likelihoods, NULL, &model->likelihood,
          (char **)&mine->x.likelihood },
    };
    for (size_t i = 0; i < sizeof clauses / sizeof *clauses; i++)
        VAE__TRY(resolve_clause(model, &clauses[i]));
    const char *suits = ((const vae__likelihood *)model->likelihood.row)->transform;
    return resolve_clause(model, &(vae__clause){ "transform", spec->x.transform, suits, &vae__transforms,
                                                 &model->transform, NULL, (char **)&mine->x.transform });
}

static vae_status check_x(vae_model *model)
{
    const vae_model_spec *spec = &model->declaration;
    model->x_size = 1;
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

static bool good_name(const char *name)
{
    size_t length = strlen(name);
    return length && length < 64 && !strpbrk(name, "/ \t\n.,=:") && strcmp(name, "x") && strcmp(name, "z");
}

static vae_status check_condition(const vae_model *model, int index)
{
    const vae_model_spec *spec = &model->declaration;
    const vae_condition_spec *condition = &spec->conditions[index];
    if (!good_name(condition->name))
        return vae__error(VAE_ERROR_DECLARATION,
                          "%s: condition \"%s\": expected a name of 1 to 63 characters without spaces or any of / . , "
                          "= : that is not x or z",
                          spec->name, condition->name);
    for (int i = 0; i < index; i++)
        if (!strcmp(spec->conditions[i].name, condition->name))
            return vae__error(VAE_ERROR_DECLARATION, "%s: there are two conditions \"%s\"", spec->name,
                              condition->name);
    if (condition->kind != VAE_CLASS)
        return vae__error(VAE_ERROR_UNSUPPORTED,
                          "%s: condition \"%s\": this version takes conditions of kind VAE_CLASS", spec->name,
                          condition->name);
    if (condition->size < 1 || condition->size > 1000000)
        return vae__error(VAE_ERROR_DECLARATION,
                          "%s: condition \"%s\": expected 1 to 1000000 classes, declared or from data, found %" PRId64,
                          spec->name, condition->name, condition->size);
    return vae__ok();
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

/* Sizes are taken over as they are; strings are copied, so that all of a declaration's are the model's. */
static vae_status own_names(vae_model *model, const vae_model_spec *spec)
{
    vae_model_spec *mine = &model->declaration;
    memcpy(mine->x.shape, spec->x.shape, sizeof mine->x.shape);
    memcpy(mine->latents, spec->latents, sizeof mine->latents);
    VAE__TRY(vae__copy_string(spec->name && *spec->name ? spec->name : "model", (char **)&mine->name));
    VAE__TRY(vae__copy_string(spec->summary, (char **)&mine->summary));
    for (int i = 0; i < VAE_MAX_CONDITIONS && spec->conditions[i].name; i++) {
        mine->conditions[i] = spec->conditions[i];
        mine->conditions[i].name = NULL;
        model->condition_count++;
        VAE__TRY(vae__copy_string(spec->conditions[i].name, (char **)&mine->conditions[i].name));
    }
    return vae__ok();
}

/* The graph for training has every parameter: compiling it enters them into the store. */
static vae_status enter_parameters(vae_model *model)
{
    VAE__TRY(vae_store_new(&model->store));
    vae__model_graph built;
    VAE__TRY(vae__model_graph_new(model, &(vae__graph_request){ .kind = VAE__TRAINING }, &built));
    vae__model_graph_clear(&built);
    return vae__ok();
}

static vae_status resolve(vae_model *model, const vae_model_spec *spec)
{
    VAE__TRY(own_names(model, spec));
    VAE__TRY(resolve_clauses(model, spec));
    VAE__TRY(check_x(model));
    for (int i = 0; i < model->condition_count; i++)
        VAE__TRY(check_condition(model, i));
    VAE__TRY(check_latents(&model->declaration));
    return enter_parameters(model);
}

vae_status vae__model_declare(const vae_model_spec *spec, vae_model **model)
{
    *model = NULL;
    if (!spec)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a declaration, found NULL");
    VAE__TRY(vae__allocate("a model", 1, sizeof **model, model));
    vae_status status = resolve(*model, spec);
    if (status.code)
        vae_model_free(model);
    return status;
}

void vae_model_free(vae_model **model)
{
    if (!model || !*model)
        return;
    vae_model_spec *spec = &(*model)->declaration;
    const char *const strings[] = { spec->name,  spec->summary,   spec->encoder,      spec->decoder,    spec->posterior,
                                    spec->prior, spec->objective, spec->x.likelihood, spec->x.transform };
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        vae__free((char *)strings[i]);
    for (int i = 0; i < (*model)->condition_count; i++)
        vae__free((char *)spec->conditions[i].name);
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
