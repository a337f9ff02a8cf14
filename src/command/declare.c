/* A declaration out of options. */
#include "src/command/declare.h"

#include <stddef.h>
#include <string.h>

/* ---- Conditions -------------------------------------------------------------------------------------------------- */

static int take_conditions(const vae__call *call, const vae__value *value, vae__declared *declared)
{
    vae_model_spec *spec = &declared->spec;
    int status = vae__parse_conditions(call, value, &declared->given);
    if (status || !declared->given.count)
        return status;
    const vae_model_spec before = *spec;
    memset(spec->conditions, 0, sizeof spec->conditions);
    for (int i = 0; i < declared->given.count; i++) {
        const vae_field_source *given = &declared->given.sources[i];
        int place = vae__condition_place(&before, given->name, strlen(given->name));
        spec->conditions[i] = (vae_condition_spec){ .name = given->name, .kind = given->kind };
        if (place >= 0 && before.conditions[place].kind == given->kind)
            spec->conditions[i] = before.conditions[place];
    }
    for (int i = 0, place = declared->given.count; i < VAE_MAX_CONDITIONS && place < VAE_MAX_CONDITIONS; i++)
        if (before.conditions[i].of_x) /* no field, so none that could be given in its place */
            spec->conditions[place++] = before.conditions[i];
    declared->changed = true;
    return VAE__EXIT_DONE;
}

/* What options of the form "NAME=PHRASES" say of a condition: an option's place, and where its text goes. */
typedef struct condition_option {
    int option;
    size_t member; /* of vae_condition_spec */
} condition_option;

static int take_condition_text(const vae__call *call, const condition_option *which, const char *text,
                               vae_model_spec *spec, bool taken[VAE_MAX_CONDITIONS])
{
    const char *equals = strchr(text, '='), *option = call->command->options[which->option].name;
    if (!equals || equals == text || !equals[1])
        return vae__wrong_usage(call, "--%s: expected NAME=PHRASES, found \"%s\"", option, text);
    int length = (int)(equals - text), place = vae__condition_place(spec, text, (size_t)length);
    if (place < 0)
        return vae__wrong_usage(call, "--%s: %s has no condition \"%.*s\"", option, spec->name, length, text);
    if (which->member == offsetof(vae_condition_spec, transform) && spec->conditions[place].kind == VAE_CLASS &&
        !spec->conditions[place].of_x)
        return vae__wrong_usage(call,
                                "--%s %.*s: expected a condition of values or an image, found a class, which has no "
                                "transform",
                                option, length, text);
    if (taken[place])
        return vae__wrong_usage(call, "--%s %.*s: given twice, expected once", option, length, text);
    taken[place] = true;
    memcpy((char *)&spec->conditions[place] + which->member, &(const char *){ equals + 1 }, sizeof(const char *));
    return VAE__EXIT_DONE;
}

static int take_condition_option(const vae__call *call, const condition_option *which, vae__declared *declared)
{
    const vae__value *value = &call->values[which->option];
    bool taken[VAE_MAX_CONDITIONS] = { false };
    for (int i = 0; i < value->count; i++) {
        int status = take_condition_text(call, which, value->texts[i], &declared->spec, taken);
        if (status)
            return status;
        declared->changed = true;
    }
    return VAE__EXIT_DONE;
}

static int take_condition_options(const vae__call *call, const vae__declaration_options *at, vae__declared *declared)
{
    const condition_option options[] = {
        { at->condition_transform, offsetof(vae_condition_spec, transform) },
        { at->condition_enters, offsetof(vae_condition_spec, enters) },
        { at->condition_layers, offsetof(vae_condition_spec, layers) },
        { at->condition_encoder, offsetof(vae_condition_spec, encoder_layers) },
        { at->condition_decoder, offsetof(vae_condition_spec, decoder_layers) },
        { at->condition_prior, offsetof(vae_condition_spec, prior_layers) },
    };
    int status = VAE__EXIT_DONE;
    for (size_t i = 0; i < sizeof options / sizeof *options && !status; i++)
        status = take_condition_option(call, &options[i], declared);
    return status;
}

/* The part of x that is a condition: what is declared is another part, or there is one condition more, "seen". */
static int take_seen(const vae__call *call, const vae__value *value, vae__declared *declared)
{
    vae_model_spec *spec = &declared->spec;
    int place = 0;
    if (!value->given)
        return VAE__EXIT_DONE;
    while (place < VAE_MAX_CONDITIONS && spec->conditions[place].name && !spec->conditions[place].of_x)
        place++;
    if (place == VAE_MAX_CONDITIONS)
        return vae__wrong_usage(call, "--seen: expected fewer than %d conditions beside it", VAE_MAX_CONDITIONS);
    if (!spec->conditions[place].name)
        spec->conditions[place].name = "seen";
    spec->conditions[place].of_x = value->text;
    declared->changed = true;
    return VAE__EXIT_DONE;
}

/* ---- x ----------------------------------------------------------------------------------------------------------- */

static int take_missing(const vae__call *call, const vae__value *missing, const vae__value *fill,
                        vae__declared *declared)
{
    vae_x_spec *x = &declared->spec.x;
    if (missing->given && strcmp(missing->text, "error") && strcmp(missing->text, "mask"))
        return vae__wrong_usage(call, "--missing: expected error or mask, found \"%s\"", missing->text);
    if (missing->given)
        x->missing = strcmp(missing->text, "mask") ? VAE_MISSING_ERROR : VAE_MISSING_MASK;
    if (fill->given) {
        x->has_fill_value = true;
        x->fill_value = fill->real;
    }
    declared->changed = declared->changed || missing->given || fill->given;
    return VAE__EXIT_DONE;
}

/* ---- All of it --------------------------------------------------------------------------------------------------- */

static void take_clauses(const vae__call *call, const vae__declaration_options *at, vae__declared *declared)
{
    vae_model_spec *spec = &declared->spec;
    const struct {
        int option;
        const char **text;
    } texts[] = {
        { at->encoder, &spec->encoder },
        { at->decoder, &spec->decoder },
        { at->likelihood, &spec->x.likelihood },
        { at->transform, &spec->x.transform },
        { at->encoder_transform, &spec->x.encoder_transform },
        { at->posterior, &spec->posterior },
        { at->prior, &spec->prior },
        { at->prior_layers, &spec->prior_layers },
        { at->objective, &spec->objective },
        { at->initial, &spec->initial },
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const vae__value *value = &call->values[texts[i].option];
        if (value->given)
            *texts[i].text = value->text;
        declared->changed = declared->changed || value->given;
    }
    if (!call->values[at->latent].given)
        return;
    spec->latents[0].size = call->values[at->latent].whole;
    declared->changed = true;
}

int vae__declare(const vae__call *call, const vae__declaration_options *at, vae__declared *declared)
{
    take_clauses(call, at, declared);
    int status = take_conditions(call, &call->values[at->condition], declared);
    if (!status)
        status = take_seen(call, &call->values[at->seen], declared);
    if (!status)
        status = take_condition_options(call, at, declared);
    if (!status)
        status = take_missing(call, &call->values[at->missing], &call->values[at->fill_value], declared);
    return status;
}

int vae__check_words(const vae__call *call, const vae__declared *declared)
{
    vae_model_spec trial = declared->spec;
    const bool has_shape = trial.x.shape[0];
    trial.x.shape[0] = has_shape ? trial.x.shape[0] : 1;
    for (int i = 0; i < VAE_MAX_CONDITIONS && trial.conditions[i].name; i++) {
        vae_condition_spec *condition = &trial.conditions[i];
        if (condition->of_x && !has_shape) {
            condition->of_x = condition->baseline = NULL;
            condition->kind = VAE_VALUES;
        }
        if (condition->kind == VAE_IMAGE && !condition->shape[0])
            condition->shape[0] = condition->shape[1] = 1;
        else if (!condition->size && condition->kind != VAE_IMAGE)
            condition->size = condition->kind == VAE_CLASS ? 2 : 1;
    }
    vae_model *model = NULL;
    vae_status status = vae_model_new(&trial, call->catalogue, NULL, 0, &model);
    vae_model_free(&model);
    if (status.code != VAE_ERROR_DECLARATION)
        return VAE__EXIT_DONE;
    int exit_status = vae__failed_status(call, status);
    return declared->changed ? VAE__EXIT_USAGE : exit_status;
}

int vae__declare_nothing(const vae__call *call, const vae__declaration_options *at)
{
    const int places[] = { at->latent,
                           at->encoder,
                           at->decoder,
                           at->likelihood,
                           at->posterior,
                           at->prior,
                           at->prior_layers,
                           at->objective,
                           at->initial,
                           at->transform,
                           at->encoder_transform,
                           at->missing,
                           at->fill_value,
                           at->seen,
                           at->condition_transform,
                           at->condition_enters,
                           at->condition_layers,
                           at->condition_encoder,
                           at->condition_decoder,
                           at->condition_prior };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (call->values[places[i]].given)
            return vae__wrong_usage(call,
                                    "--%s: expected a variant beside it, found the checkpoint %s, which declares "
                                    "its model itself",
                                    call->command->options[places[i]].name, call->argument);
    return VAE__EXIT_DONE;
}
