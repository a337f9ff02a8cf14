/* The conditions of a declaration: what they are, which networks they enter, and by which layers of their own. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/clauses.h"
#include "src/base/memory.h"
#include "src/base/status.h"

enum { WHERE_SIZE = 128 };

/* ---- What they are ----------------------------------------------------------------------------------------------- */

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
    return vae__clause_resolve(model,
                               &(vae__clause){ what, given, suits, VAE__TRANSFORM, &model->conditions[index].transform,
                                               NULL, (char **)&mine->transform });
}

/* ---- A part of x ------------------------------------------------------------------------------------------------- */

/* What a part of x is, x is. */
static vae_status take_after_x(vae_model *model, vae_condition_spec *mine, const vae_condition_spec *given)
{
    const vae_x_spec *x = &model->declaration.x;
    if (given->transform && strcmp(given->transform, x->encoder_transform))
        return vae__error(
            VAE_ERROR_DECLARATION,
            "%s: condition \"%s\": transform: expected none of a part of x, which has the encoder's, found \"%s\"",
            model->declaration.name, mine->name, given->transform);
    if (given->levels)
        return vae__error(VAE_ERROR_DECLARATION,
                          "%s: condition \"%s\": levels: expected none of a part of x, found some",
                          model->declaration.name, mine->name);
    mine->kind = model->x_rank > 1 ? VAE_IMAGE : VAE_VALUES;
    mine->type = x->type;
    mine->size = model->x_size;
    memset(mine->shape, 0, sizeof mine->shape);
    if (mine->kind == VAE_IMAGE)
        memcpy(mine->shape, x->shape, sizeof mine->shape);
    return vae__ok();
}

static vae_status resolve_baseline(vae_model *model, int index, const vae_condition_spec *given)
{
    vae_condition_spec *mine = &model->declaration.conditions[index];
    vae__model_field *field = &model->conditions[index];
    char what[WHERE_SIZE];
    snprintf(what, sizeof what, "condition \"%.40s\": baseline", mine->name);
    field->has_baseline = given->baseline && *given->baseline && !model->regresses;
    if (given->baseline && *given->baseline && (!given->of_x || model->declaration.build))
        return vae__error(VAE_ERROR_DECLARATION, "%s: %s: expected none of a %s, found \"%s\"", model->declaration.name,
                          what, given->of_x ? "model with a .build" : "condition that is no part of x",
                          given->baseline);
    return field->has_baseline ? vae__clause_layers(model, what, given->baseline, &field->baseline, &mine->baseline)
                               : vae__ok();
}

static vae_status resolve_seen(vae_model *model, int index, const char *given)
{
    vae_condition_spec *mine = &model->declaration.conditions[index];
    vae__phrases parts;
    char what[WHERE_SIZE], where[2 * WHERE_SIZE];
    for (int i = 0; i < index; i++)
        if (model->declaration.conditions[i].of_x)
            return vae__error(VAE_ERROR_DECLARATION,
                              "%s: conditions: expected one part of x, which may have several pieces, found two",
                              model->declaration.name);
    snprintf(what, sizeof what, "condition \"%.40s\": of x", mine->name);
    VAE__TRY(vae__clause_resolve(
        model,
        &(vae__clause){
            .what = what, .given = given, .part = VAE__SEEN_PART, .list = &parts, .printed = (char **)&mine->of_x }));
    snprintf(where, sizeof where, "%.60s: %s", model->declaration.name, what);
    return vae__seen_mark(&parts, model->declaration.x.shape, model->x_rank, model->x_size, where,
                          &model->conditions[index].seen);
}

/* ---- Which networks, and by which layers ------------------------------------------------------------------------- */

#define ENTRY_LAYER                                                                                                    \
    {                                                                                                                  \
        .name = "LAYER", .kind = VAE_BARE_COUNT, .optional = true, .usual = 0, .low = 0, .high = VAE__MAX_PHRASES      \
    }

static const vae__entry entries[VAE__NETWORKS] = {
    [VAE__ENCODER] = { .word = { .name = "encoder",
                                 .summary = "joins q(z|x) at this layer, from 0",
                                 .arguments = { ENTRY_LAYER } },
                       .network = VAE__ENCODER },
    [VAE__DECODER] = { .word = { .name = "decoder",
                                 .summary = "joins p(x|z) at this layer, from 0",
                                 .arguments = { ENTRY_LAYER } },
                       .network = VAE__DECODER },
    [VAE__PRIOR_NETWORK] = { .word = { .name = "prior",
                                       .summary = "joins p(z) at this layer, from 0",
                                       .arguments = { ENTRY_LAYER } },
                             .network = VAE__PRIOR_NETWORK },
};

const vae__word_table vae__entries = { "network", entries, sizeof *entries, sizeof entries / sizeof *entries, NULL,
                                       0,         NULL };

/* A regression has no other network than the decoder. */
static bool is_set_aside(const vae_model *model, vae__network_place network)
{
    return model->regresses && network != VAE__DECODER;
}

/* Layers of the network of this place; in a hierarchy, where there are several, of the shortest. */
static int layers_of(const vae_model *model, vae__network_place network)
{
    if (network == VAE__PRIOR_NETWORK)
        return model->prior_layers.count;
    const vae__phrases *upper = network == VAE__ENCODER ? model->latent_encoders : model->latent_decoders;
    int count = network == VAE__ENCODER ? model->encoder.count : model->decoder.count;
    for (int i = 1; i < model->latent_count; i++)
        count = upper[i].count < count ? upper[i].count : count;
    return count;
}

static vae_status check_entry(const vae_model *model, const char *name, const vae__entry *entry, int layer)
{
    int most = layers_of(model, entry->network);
    if (layer <= most || is_set_aside(model, entry->network))
        return vae__ok();
    return vae__error(VAE_ERROR_DECLARATION,
                      "%s: condition \"%s\": enters: %s: expected a layer from 0 to %d, behind the last, found %d",
                      model->declaration.name, name, entry->word.name, most, layer);
}

static vae_status resolve_enters(vae_model *model, int index, const char *given)
{
    vae_condition_spec *mine = &model->declaration.conditions[index];
    vae__model_field *field = &model->conditions[index];
    vae__phrases phrases;
    char what[WHERE_SIZE];
    if (!given)
        return vae__ok(); /* all of them, at layer 0 */
    snprintf(what, sizeof what, "condition \"%.40s\": enters", mine->name);
    VAE__TRY(vae__clause_resolve(
        model,
        &(vae__clause){
            .what = what, .given = given, .part = VAE__ENTRY, .list = &phrases, .printed = (char **)&mine->enters }));
    for (int i = 0; i < VAE__NETWORKS; i++)
        field->enters[i] = -1;
    for (int i = 0; i < phrases.count; i++) {
        const vae__entry *entry = phrases.phrases[i].row;
        int layer = (int)phrases.phrases[i].arguments[0];
        VAE__TRY(check_entry(model, mine->name, entry, layer));
        if (field->enters[entry->network] >= 0)
            return vae__error(VAE_ERROR_DECLARATION, "%s: %s: %s is there twice", model->declaration.name, what,
                              entry->word.name);
        field->enters[entry->network] = layer;
    }
    if (phrases.count)
        return vae__ok();
    return vae__error(VAE_ERROR_DECLARATION, "%s: %s: expected encoder, decoder or prior, found nothing",
                      model->declaration.name, what);
}

/* Layers on the way into a network that the condition does not enter would be left out in silence. */
static vae_status resolve_way(vae_model *model, int index, vae__network_place network, const char *given,
                              const char **printed)
{
    const char *name = model->declaration.conditions[index].name;
    vae__model_field *field = &model->conditions[index];
    char what[WHERE_SIZE];
    if (is_set_aside(model, network))
        return vae__ok();
    snprintf(what, sizeof what, "condition \"%.40s\": %s layers", name, entries[network].word.name);
    VAE__TRY(vae__clause_layers(model, what, given, &field->layers_into[network], printed));
    if (!field->layers_into[network].count || field->enters[network] >= 0)
        return vae__ok();
    return vae__error(VAE_ERROR_DECLARATION, "%s: %s: expected a condition that enters the %s, found one that does not",
                      model->declaration.name, what, entries[network].word.name);
}

static vae_status check_unbuilt(const vae_model *model, int index, const vae_condition_spec *given)
{
    if (!model->declaration.build ||
        !(given->layers || given->enters || given->encoder_layers || given->decoder_layers || given->prior_layers))
        return vae__ok();
    return vae__error(
        VAE_ERROR_DECLARATION,
        "%s: condition \"%s\": expected neither layers nor networks that it enters beside a .build, which "
        "gets it as it is",
        model->declaration.name, model->declaration.conditions[index].name);
}

static vae_status resolve_ways(vae_model *model, int index, const vae_condition_spec *given)
{
    vae_condition_spec *mine = &model->declaration.conditions[index];
    char what[WHERE_SIZE];
    VAE__TRY(check_unbuilt(model, index, given));
    snprintf(what, sizeof what, "condition \"%.40s\": layers", mine->name);
    VAE__TRY(vae__clause_layers(model, what, given->layers, &model->conditions[index].layers, &mine->layers));
    VAE__TRY(resolve_enters(model, index, given->enters));
    VAE__TRY(resolve_way(model, index, VAE__ENCODER, given->encoder_layers, &mine->encoder_layers));
    VAE__TRY(resolve_way(model, index, VAE__DECODER, given->decoder_layers, &mine->decoder_layers));
    return resolve_way(model, index, VAE__PRIOR_NETWORK, given->prior_layers, &mine->prior_layers);
}

/* ---- All of it --------------------------------------------------------------------------------------------------- */

static vae_status own_levels(const vae_condition_spec *spec, vae_condition_spec *mine)
{
    char **levels = NULL;
    if (!spec->levels || spec->of_x || spec->kind != VAE_CLASS || spec->size < 1 || spec->size > VAE__CLASSES_MAX)
        return vae__ok();
    VAE__TRY(vae__allocate("the classes", (size_t)spec->size, sizeof *levels, &levels));
    mine->levels = (const char *const *)levels;
    for (int64_t i = 0; i < spec->size; i++)
        VAE__TRY(vae__copy_string(spec->levels[i], &levels[i]));
    return vae__ok();
}

static void free_condition(vae_condition_spec *condition, vae__model_field *field)
{
    const char *const texts[] = { condition->transform,      condition->name,         condition->of_x,
                                  condition->enters,         condition->layers,       condition->encoder_layers,
                                  condition->decoder_layers, condition->prior_layers, condition->baseline };
    for (int64_t i = 0; condition->levels && i < condition->size; i++)
        vae__free((char *)(uintptr_t)condition->levels[i]);
    vae__free((void *)(uintptr_t)condition->levels);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        vae__free((char *)(uintptr_t)texts[i]);
    vae__free(field->seen);
}

static vae_status own_condition(vae_model *model, const vae_condition_spec *spec)
{
    vae_condition_spec *mine = &model->declaration.conditions[model->condition_count++];
    *mine = (vae_condition_spec){ .kind = spec->kind, .size = spec->size, .type = spec->type };
    memcpy(mine->shape, spec->shape, sizeof mine->shape);
    VAE__TRY(vae__copy_string(spec->name, (char **)&mine->name));
    return own_levels(spec, mine);
}

vae_status vae__conditions_own(vae_model *model, const vae_model_spec *spec)
{
    for (int i = 0; i < VAE_MAX_CONDITIONS && spec->conditions[i].name; i++)
        VAE__TRY(own_condition(model, &spec->conditions[i]));
    return vae__ok();
}

vae_status vae__condition_resolve(vae_model *model, int index, const vae_condition_spec *given)
{
    vae_condition_spec *mine = &model->declaration.conditions[index];
    if (given->of_x)
        VAE__TRY(take_after_x(model, mine, given));
    VAE__TRY(check_condition(model, index));
    VAE__TRY(check_size(model, index));
    VAE__TRY(check_levels(model, index));
    VAE__TRY(resolve_condition_transform(model, index,
                                         given->of_x ? model->declaration.x.encoder_transform : given->transform));
    if (given->of_x)
        VAE__TRY(resolve_seen(model, index, given->of_x));
    VAE__TRY(resolve_baseline(model, index, given));
    return resolve_ways(model, index, given);
}

int vae__model_seen_place(const vae_model *model)
{
    for (int i = 0; i < model->condition_count; i++)
        if (model->conditions[i].seen)
            return i;
    return -1;
}

void vae__conditions_free(vae_model *model)
{
    for (int i = 0; i < model->condition_count; i++)
        free_condition(&model->declaration.conditions[i], &model->conditions[i]);
}
