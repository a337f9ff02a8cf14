/* A model that starts from another's parameters. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "models/model.h"
#include "src/base/status.h"
#include "src/base/text.h"

/* A class's weight has a row for each level: which condition is it of? A tensor of a graph built by hand may have the
 * name and not the rows. */
static int class_of(const vae_model *model, const vae_tensor *tensor)
{
    const char *last = strrchr(tensor->name, '/');
    if (!last || strncmp(last, "/weight_", strlen("/weight_")))
        return -1;
    const vae_condition_spec *conditions = model->declaration.conditions;
    for (int i = 0; i < model->condition_count; i++)
        if (conditions[i].kind == VAE_CLASS && tensor->shape[0] == conditions[i].size &&
            !strcmp(conditions[i].name, last + strlen("/weight_")))
            return i;
    return -1;
}

/* What a class is in the data; `number` is room for it. */
static const char *level_of(const vae_condition_spec *condition, int64_t class, char number[32])
{
    snprintf(number, 32, "%" PRId64, class);
    return condition->levels ? condition->levels[class] : number;
}

/* The class of `from` that is this class: the one of the same level; or -1. Levels come in one order as a rule, so it
 * is looked for from `begin` on. */
static int64_t same_class(const vae_condition_spec *condition, int64_t class, const vae_condition_spec *from,
                          int64_t begin)
{
    char number[32], other[32];
    if (!condition->levels && !from->levels)
        return class < from->size ? class : -1;
    const char *level = level_of(condition, class, number);
    for (int64_t i = 0; i < from->size; i++) {
        int64_t at = (begin + i) % from->size;
        if (!strcmp(level, level_of(from, at, other)))
            return at;
    }
    return -1;
}

/* ---- Baselines --------------------------------------------------------------------------------------------------- */

static const char baseline[] = "baseline/", decoder[] = "decoder/";

static bool is_baseline(const vae_tensor *tensor)
{
    return !tensor->trainable && !strncmp(tensor->name, baseline, strlen(baseline));
}

const vae_condition_spec *vae__model_baseline(const vae_model *model)
{
    const vae_condition_spec *found = NULL;
    for (int i = 0; i < model->condition_count; i++)
        if (model->conditions[i].has_baseline)
            found = &model->declaration.conditions[i];
    return found;
}

bool vae__model_lacks_baseline(const vae_model *model)
{
    const float *state = vae_store_state(model->store);
    bool any = false;
    for (int i = 0; i < vae_store_count(model->store); i++) {
        const vae_tensor *tensor = vae_store_tensor(model->store, i);
        for (int64_t j = 0; is_baseline(tensor) && j < tensor->size; j++)
            any |= state[tensor->offset + j] < 0 || state[tensor->offset + j] > 0;
    }
    return vae__model_baseline(model) && !any;
}

/* A baseline is a whole regression, of the same part of the same x. */
static vae_status check_regression(const vae_model *model, const vae_model *from)
{
    const vae_condition_spec *mine = vae__model_baseline(model);
    const int seen = vae__model_seen_place(from);
    const vae_condition_spec *theirs = seen < 0 ? NULL : &from->declaration.conditions[seen];
    const struct {
        const char *what, *expected, *found;
    } clauses[] = {
        { "condition", mine->name, theirs ? theirs->name : "none" },
        { "part of x", mine->of_x, theirs ? theirs->of_x : "none" },
        { "hidden layers", mine->baseline, from->declaration.decoder },
        { "likelihood", model->declaration.x.likelihood, from->declaration.x.likelihood },
        { "transform", model->declaration.x.transform, from->declaration.x.transform },
        { "encoder transform", model->declaration.x.encoder_transform, from->declaration.x.encoder_transform },
    };
    for (size_t i = 0; i < sizeof clauses / sizeof *clauses; i++)
        if (strcmp(clauses[i].expected, clauses[i].found))
            return vae__error(VAE_ERROR_DATA, "%s: baseline: expected a regression of the %s \"%s\", found \"%s\"",
                              model->declaration.name, clauses[i].what, clauses[i].expected, clauses[i].found);
    if (from->condition_count == 1)
        return vae__ok();
    return vae__error(VAE_ERROR_DATA, "%s: baseline: expected a regression on \"%s\" alone, found %d conditions",
                      model->declaration.name, mine->name, from->condition_count);
}

/* The tensor of `from` that this one starts from; NULL: it keeps its values. */
static const vae_tensor *source_of(const vae_model *model, const vae_model *from, const vae_tensor *tensor)
{
    char name[256];
    if (!from->regresses || !vae__model_baseline(model))
        return vae_store_find(from->store, tensor->name);
    if (!is_baseline(tensor))
        return NULL;
    snprintf(name, sizeof name, "%s%s", decoder, tensor->name + strlen(baseline));
    return vae_store_find(from->store, name);
}

/* ---- One tensor -------------------------------------------------------------------------------------------------- */

static vae_status differs(const vae_model *model, const vae_tensor *tensor, const vae_tensor *other)
{
    char expected[VAE__SIZES_SHOWN], found[VAE__SIZES_SHOWN];
    return vae__error(VAE_ERROR_DATA, "%s: %s: expected shape %s to start from, found %s", model->declaration.name,
                      tensor->name, vae__text_shape(tensor->shape, tensor->rank, expected),
                      vae__text_shape(other->shape, other->rank, found));
}

/* Is `other` what `tensor` can start from: the same shape, but for the rows of a class? */
static vae_status check(const vae_model *model, const vae_model *from, const vae_tensor *tensor,
                        const vae_tensor *other)
{
    bool classes = class_of(model, tensor) >= 0 && class_of(from, other) >= 0;
    bool same = tensor->rank == other->rank && (tensor->trainable == other->trainable || is_baseline(tensor));
    for (int i = classes; same && i < tensor->rank; i++)
        same = tensor->shape[i] == other->shape[i];
    return same ? vae__ok() : differs(model, tensor, other);
}

static void take(vae_model *model, const vae_model *from, const vae_tensor *tensor, const vae_tensor *other)
{
    float *to = (tensor->trainable ? vae_store_parameters : vae_store_state)(model->store) + tensor->offset;
    const float *values = (other->trainable ? vae_store_parameters : vae_store_state)(from->store) + other->offset;
    int mine = class_of(model, tensor), theirs = class_of(from, other);
    if (mine < 0 || theirs < 0) {
        memcpy(to, values, (size_t)tensor->size * sizeof *to);
        return;
    }
    int64_t width = tensor->size / tensor->shape[0], next = 0;
    for (int64_t row = 0; row < tensor->shape[0]; row++) {
        int64_t known =
            same_class(&model->declaration.conditions[mine], row, &from->declaration.conditions[theirs], next);
        if (known < 0)
            continue;
        memcpy(to + row * width, values + known * width, (size_t)width * sizeof *to);
        next = known + 1;
    }
}

vae_status vae_model_start_from(vae_model *model, const vae_model *from, int *taken)
{
    if (!model || !from)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a model and one to start from, found NULL");
    int count = 0;
    if (model == from)
        return vae__error(VAE_ERROR_ARGUMENT, "%s: expected another model to start from, found the same",
                          model->declaration.name);
    if (from->regresses && vae__model_baseline(model))
        VAE__TRY(check_regression(model, from));
    for (int round = 0; round < 2; round++) /* nothing is changed before all is checked */
        for (int i = 0; i < vae_store_count(model->store); i++) {
            const vae_tensor *tensor = vae_store_tensor(model->store, i);
            const vae_tensor *other = source_of(model, from, tensor);
            if (!other)
                continue;
            if (!round)
                VAE__TRY(check(model, from, tensor, other));
            else
                take(model, from, tensor, other);
            count += round;
        }
    if (taken)
        *taken = count;
    return vae__ok();
}
