/* A model: a declaration resolved, and its parameters. */
#include "models/model.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "graph/graph.h"
#include "models/clauses.h"
#include "src/base/memory.h"
#include "src/base/status.h"

enum { WHERE_SIZE = 128 };

/* ---- Clauses ----------------------------------------------------------------------------------------------------- */

/* What a declaration with a builder of its own leaves to it. */
static vae_status expect_none(const vae_model *model, const vae__clause *clause)
{
    if (!clause->given || !*clause->given)
        return vae__ok();
    return vae__error(VAE_ERROR_DECLARATION, "%s: %s: expected none beside a .build, found \"%s\"",
                      model->declaration.name, clause->what, clause->given);
}

/* A regression sets aside what a declaration says of z, and a builder by hand is there for all of it. */
static vae_status resolve_networks(vae_model *model, const vae_model_spec *spec)
{
    vae_model_spec *mine = &model->declaration;
    const vae__clause clauses[] = {
        { "decoder", spec->decoder, NULL, VAE__LAYER, &model->decoder, NULL, (char **)&mine->decoder },
        { "encoder", spec->encoder, NULL, VAE__LAYER, &model->encoder, NULL, (char **)&mine->encoder },
        { "posterior", spec->posterior, "gaussian", VAE__POSTERIOR, NULL, &model->posterior,
          (char **)&mine->posterior },
        { "prior", spec->prior, "standard-normal", VAE__PRIOR, NULL, &model->prior, (char **)&mine->prior },
        { "prior layers", spec->prior_layers, "", VAE__LAYER, &model->prior_layers, NULL,
          (char **)&mine->prior_layers },
    };
    size_t count = model->regresses ? 1 : sizeof clauses / sizeof *clauses;
    for (size_t i = 0; i < count; i++)
        VAE__TRY(spec->build ? expect_none(model, &clauses[i]) : vae__clause_resolve(model, &clauses[i]));
    return vae__ok();
}

static vae_status resolve_initial(vae_model *model, const vae_model_spec *spec)
{
    const vae_likelihood *likelihood = model->likelihood.row;
    if (!spec->initial || !*spec->initial)
        return vae__ok();
    VAE__TRY(vae__clause_resolve(model, &(vae__clause){ "initial", spec->initial, NULL, VAE__INITIAL, &model->initial,
                                                        NULL, (char **)&model->declaration.initial }));
    if (!vae__initial_is_bias(model) || (likelihood->bias_of && !spec->build))
        return vae__ok();
    return vae__error(VAE_ERROR_DECLARATION, "%s: initial: data-bias: %s%s has no bias that it could be of",
                      model->declaration.name, spec->build ? "a .build" : "the likelihood ",
                      spec->build ? "" : likelihood->word.name);
}

static vae_status resolve_objective(vae_model *model, const vae_model_spec *spec)
{
    VAE__TRY(vae__clause_resolve(model, &(vae__clause){ "objective", spec->objective, "elbo", VAE__OBJECTIVE, NULL,
                                                        &model->objective, (char **)&model->declaration.objective }));
    const vae_objective *objective = model->objective.row;
    model->regresses = objective->needs && objective->needs(model->objective.arguments).no_latents;
    if (!model->regresses || !spec->build)
        return vae__ok();
    return vae__error(VAE_ERROR_DECLARATION, "%s: objective: \"%s\" is without z, which a .build has",
                      model->declaration.name, model->declaration.objective);
}

static vae_status resolve_clauses(vae_model *model, const vae_model_spec *spec)
{
    vae_model_spec *mine = &model->declaration;
    VAE__TRY(resolve_objective(model, spec));
    VAE__TRY(resolve_networks(model, spec));
    VAE__TRY(vae__clause_resolve(model, &(vae__clause){ "likelihood", spec->x.likelihood, "bernoulli", VAE__LIKELIHOOD,
                                                        NULL, &model->likelihood, (char **)&mine->x.likelihood }));
    const vae_likelihood *likelihood = model->likelihood.row;
    const char *suits = likelihood->transform;
    VAE__TRY(vae__clause_resolve(model,
                                 &(vae__clause){ "transform", spec->x.transform, suits ? suits : "raw", VAE__TRANSFORM,
                                                 &model->transform, NULL, (char **)&mine->x.transform }));
    bool suited = !spec->x.transform && likelihood->encoder_transform;
    suits = suited ? likelihood->encoder_transform : mine->x.transform;
    VAE__TRY(vae__clause_resolve(model, &(vae__clause){ "encoder transform", spec->x.encoder_transform, suits,
                                                        VAE__TRANSFORM, &model->encoder_transform, NULL,
                                                        (char **)&mine->x.encoder_transform }));
    model->one_transform = !strcmp(mine->x.encoder_transform, mine->x.transform);
    return resolve_initial(model, spec);
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

/* ---- Latents ----------------------------------------------------------------------------------------------------- */

static vae_status check_latent(const vae_model *model, int64_t size)
{
    if (size >= 1 && size <= 100000)
        return vae__ok();
    return vae__error(VAE_ERROR_DECLARATION, "%s: latents: expected 1 to 100000 dimensions, found %" PRId64,
                      model->declaration.name, size);
}

/* The layers between one stochastic layer and the next. */
static vae_status resolve_latent(vae_model *model, int index, const vae_latent_spec *given)
{
    vae_latent_spec *mine = &model->declaration.latents[index];
    char encoder[WHERE_SIZE], decoder[WHERE_SIZE];
    snprintf(encoder, sizeof encoder, "latent %d: encoder", index + 1);
    snprintf(decoder, sizeof decoder, "latent %d: decoder", index + 1);
    if (!index && (given->encoder || given->decoder))
        return vae__error(VAE_ERROR_DECLARATION,
                          "%s: latents: expected layers of the second and further, for those of the first are the "
                          "model's encoder and decoder, found some of the first",
                          model->declaration.name);
    mine->size = given->size;
    VAE__TRY(check_latent(model, given->size));
    VAE__TRY(vae__clause_layers(model, encoder, given->encoder, &model->latent_encoders[index], &mine->encoder));
    return vae__clause_layers(model, decoder, given->decoder, &model->latent_decoders[index], &mine->decoder);
}

static vae_status resolve_latents(vae_model *model, const vae_model_spec *spec)
{
    if (model->regresses)
        return vae__ok();
    do
        VAE__TRY(resolve_latent(model, model->latent_count, &spec->latents[model->latent_count]));
    while (++model->latent_count < VAE_MAX_LATENTS && spec->latents[model->latent_count].size);
    for (int i = model->latent_count; i < VAE_MAX_LATENTS; i++)
        if (spec->latents[i].size || spec->latents[i].encoder || spec->latents[i].decoder)
            return vae__error(VAE_ERROR_DECLARATION,
                              "%s: latents: expected one after another, each with its size, found none for %d, and "
                              "what belongs to %d",
                              model->declaration.name, model->latent_count + 1, i + 1);
    if (model->latent_count == 1 || !spec->build)
        return vae__ok();
    return vae__error(VAE_ERROR_UNSUPPORTED, "%s: latents: expected one beside a .build, found %d",
                      model->declaration.name, model->latent_count);
}

bool vae__is_per_example(const vae_model *model)
{
    const vae_posterior *posterior = model->posterior.row; /* NULL of a graph by hand, and of a regression */
    return posterior && posterior->per_example;
}

static vae_status check_table(const vae_model *model)
{
    const char *name = model->declaration.name;
    if (!vae__is_per_example(model))
        return vae__ok();
    if (model->encoder.count)
        return vae__error(VAE_ERROR_DECLARATION,
                          "%s: encoder: expected no layers beside the posterior \"%s\", found \"%s\"", name,
                          model->declaration.posterior, model->declaration.encoder);
    if (model->latent_count > 1)
        return vae__error(VAE_ERROR_UNSUPPORTED, "%s: latents: expected one beside the posterior \"%s\", found %d",
                          name, model->declaration.posterior, model->latent_count);
    if (model->posterior.arguments[0] >= 1)
        return vae__ok();
    return vae__error(VAE_ERROR_DATA, "%s: posterior: expected how many rows, declared or from data, found none", name);
}

/* Does any condition join the first layer of this network? */
static bool is_entered(const vae_model *model, vae__network_place network)
{
    bool entered = false;
    for (int i = 0; i < model->condition_count; i++)
        entered |= model->conditions[i].enters[network] == 0;
    return entered;
}

/* A network, or a layer of one, that nothing goes into would be a constant. */
static vae_status check_entered(const vae_model *model)
{
    if (model->regresses && !is_entered(model, VAE__DECODER))
        return vae__error(VAE_ERROR_DECLARATION,
                          "%s: objective: \"%s\" is without z: expected a condition that enters the decoder at its "
                          "first layer, found "
                          "none",
                          model->declaration.name, model->declaration.objective);
    if (model->prior_layers.count && !is_entered(model, VAE__PRIOR_NETWORK))
        return vae__error(VAE_ERROR_DECLARATION,
                          "%s: prior layers: expected a condition that enters the prior at its first layer, found none",
                          model->declaration.name);
    return vae__ok();
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
    VAE__TRY(vae__copy_string(spec->name && *spec->name ? spec->name : "model", (char **)&mine->name));
    VAE__TRY(vae__copy_string(spec->summary, (char **)&mine->summary));
    return vae__conditions_own(model, spec);
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

/* Does a condition enter the prior and nothing else? */
static bool is_the_priors(const vae__model_field *field)
{
    return field->enters[VAE__PRIOR_NETWORK] >= 0 && field->enters[VAE__ENCODER] < 0 && field->enters[VAE__DECODER] < 0;
}

/* Layers of a prior that is not learned, which none of its own parameters shows, would be left out in silence; and so
 * would a condition that enters such a prior alone. */
static vae_status check_prior(const vae_model *model)
{
    bool layers = model->prior_layers.count > 0, learned = model->regresses;
    for (int i = 0; i < vae_store_count(model->store); i++)
        learned |= !strncmp(vae_store_tensor(model->store, i)->name, "prior/", strlen("prior/"));
    for (int i = 0; i < model->condition_count; i++) {
        layers |= model->conditions[i].layers_into[VAE__PRIOR_NETWORK].count > 0;
        if (!learned && is_the_priors(&model->conditions[i]))
            return vae__error(VAE_ERROR_DECLARATION,
                              "%s: condition \"%s\": enters: the prior alone, and the prior \"%s\" sees no conditions",
                              model->declaration.name, model->declaration.conditions[i].name, model->declaration.prior);
    }
    if (!layers || learned)
        return vae__ok();
    return vae__error(VAE_ERROR_DECLARATION, "%s: prior layers: expected a prior that is learned, found \"%s\"",
                      model->declaration.name, model->declaration.prior);
}

static vae_status resolve(vae_model *model, const vae_model_spec *spec, size_t most)
{
    VAE__TRY(own_names(model, spec));
    VAE__TRY(resolve_clauses(model, spec));
    VAE__TRY(check_x(model));
    VAE__TRY(resolve_latents(model, spec));
    for (int i = 0; i < model->condition_count; i++)
        VAE__TRY(vae__condition_resolve(model, i, &spec->conditions[i]));
    VAE__TRY(check_entered(model));
    VAE__TRY(check_table(model));
    VAE__TRY(enter_parameters(model, most));
    VAE__TRY(check_prior(model));
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
                                    spec->prior_layers,
                                    spec->objective,
                                    spec->x.likelihood,
                                    spec->x.transform,
                                    spec->x.encoder_transform,
                                    spec->initial,
                                    spec->recipe.optimizer,
                                    spec->recipe.schedule };
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        vae__free((char *)strings[i]);
    for (int i = 0; i < VAE_MAX_LATENTS; i++) {
        vae__free((char *)spec->latents[i].encoder);
        vae__free((char *)spec->latents[i].decoder);
    }
    vae__conditions_free(*model);
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
