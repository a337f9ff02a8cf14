/* Finding things by name: the variants, and the words of the little language; and what a program's rows must have. */
#include <stdio.h>
#include <string.h>

#include "models/activations.h"
#include "models/optimizers.h"
#include "models/parts.h"
#include "models/schedules.h"
#include "models/variants.h"
#include "src/base/status.h"

/* ---- Variants ---------------------------------------------------------------------------------------------------- */

static const vae_model_spec *const built_in[] = {
#define VARIANT(name) &vae__variant_##name,
    VAE__VARIANT_LIST(VARIANT)
#undef VARIANT
};
enum { BUILT_IN = sizeof built_in / sizeof *built_in };

int vae_model_count(const vae_catalogue *catalogue)
{
    return BUILT_IN + (catalogue ? catalogue->model_count : 0);
}

const vae_model_spec *vae_model_at(const vae_catalogue *catalogue, int index)
{
    int brought = catalogue ? catalogue->model_count : 0;
    if (index < 0 || index >= brought + BUILT_IN)
        return NULL;
    return index < brought ? &catalogue->models[index] : built_in[index - brought];
}

const vae_model_spec *vae_model_find(const vae_catalogue *catalogue, const char *name)
{
    for (int i = 0; name && i < vae_model_count(catalogue); i++) {
        const vae_model_spec *spec = vae_model_at(catalogue, i);
        if (spec->name && !strcmp(spec->name, name))
            return spec;
    }
    return NULL;
}

/* ---- Words ------------------------------------------------------------------------------------------------------- */

vae__word_table vae__words(vae__part part, const vae_catalogue *catalogue)
{
    static const vae__word_table *const tables[] = {
        [VAE__LAYER] = &vae__layers,         [VAE__TRANSFORM] = &vae__transforms, [VAE__LIKELIHOOD] = &vae__likelihoods,
        [VAE__POSTERIOR] = &vae__posteriors, [VAE__PRIOR] = &vae__priors,         [VAE__OBJECTIVE] = &vae__objectives,
        [VAE__ENTRY] = &vae__entries,        [VAE__SEEN_PART] = &vae__seen_parts, [VAE__INITIAL] = &vae__initials,
        [VAE__OPTIMIZER] = &vae__optimizers, [VAE__SCHEDULE] = &vae__schedules,
    };
    static const vae_catalogue none = { .model_count = 0 };
    const vae_catalogue *from = catalogue ? catalogue : &none;
    const struct {
        const void *rows;
        int count;
    } brought[] = {
        [VAE__LAYER] = { from->layers, from->layer_count },
        [VAE__TRANSFORM] = { NULL, 0 },
        [VAE__LIKELIHOOD] = { from->likelihoods, from->likelihood_count },
        [VAE__POSTERIOR] = { from->posteriors, from->posterior_count },
        [VAE__PRIOR] = { from->priors, from->prior_count },
        [VAE__OBJECTIVE] = { from->objectives, from->objective_count },
        [VAE__ENTRY] = { NULL, 0 },
        [VAE__SEEN_PART] = { NULL, 0 },
        [VAE__INITIAL] = { NULL, 0 },
        [VAE__OPTIMIZER] = { NULL, 0 },
        [VAE__SCHEDULE] = { NULL, 0 },
    };
    vae__word_table table = *tables[part];
    table.brought = brought[part].rows;
    table.brought_count = brought[part].count;
    table.catalogue = catalogue;
    return table;
}

static bool activation_at(const vae_catalogue *catalogue, int index, vae_word_help *help)
{
    const char *name = NULL;
    for (int i = 0; i < vae__activation_count(catalogue) && !name; i++) {
        const char *next = vae__activation_name(catalogue, i);
        if (next && !index--)
            name = next;
    }
    if (!name)
        return false;
    *help = (vae_word_help){ .table = "activation", .name = name, .summary = "what a layer may end in" };
    snprintf(help->usage, sizeof help->usage, "%s", name);
    return true;
}

bool vae_word_at(const vae_catalogue *catalogue, int index, vae_word_help *help)
{
    for (int part = 0; index >= 0 && part < VAE__PARTS; part++) {
        vae__word_table table = vae__words((vae__part)part, catalogue);
        const vae_word *word = vae__word_of(&table, index);
        if (!word) {
            index -= table.count + table.brought_count;
            continue;
        }
        *help = (vae_word_help){ .table = table.what, .name = word->name, .summary = word->summary };
        vae__word_usage(word, help->usage, sizeof help->usage);
        return true;
    }
    return index >= 0 && activation_at(catalogue, index, help);
}

/* ---- What a row must have ---------------------------------------------------------------------------------------- */

enum { NAME_MOST = 60 };

/* The functions that a row of a table must have; the first that is NULL, by name. */
static const char *missing_in(vae__part part, const void *row)
{
    const vae_layer *layer = row;
    const vae_likelihood *likelihood = row;
    const vae_posterior *posterior = row;
    const vae_prior *prior = row;
    const vae_objective *objective = row;
    switch (part) {
    case VAE__LAYER:
        return layer->build ? NULL : "build";
    case VAE__LIKELIHOOD:
        return !likelihood->heads ? "heads" : !likelihood->log ? "log" : !likelihood->mean ? "mean" : NULL;
    case VAE__POSTERIOR:
        return !posterior->heads ? "heads" : !posterior->sample ? "sample" : !posterior->log ? "log" : NULL;
    case VAE__PRIOR:
        return prior->log ? NULL : "log";
    case VAE__OBJECTIVE:
        return objective->build ? NULL : "build";
    default:
        return NULL;
    }
}

/* Can it be written in the little language? A digit in front would be a number's. */
static bool good_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", others[] = "0123456789-";
    if (!name || !*name || !strchr(letters, *name) || strlen(name) > NAME_MOST)
        return false;
    for (; *name; name++)
        if (!strchr(letters, *name) && !strchr(others, *name))
            return false;
    return true;
}

/* Arguments can be read where each has a name, a kind, and a range that what is usual need not be in. */
static vae_status check_arguments(const vae__word_table *table, const vae_word *word)
{
    for (int i = 0; i < VAE_MAX_ARGUMENTS && word->arguments[i].name; i++) {
        const vae_argument *argument = &word->arguments[i];
        bool ranged = argument->kind == VAE_ACTIVATION || argument->low <= argument->high;
        ranged &= !argument->names || (argument->kind == VAE_KEY_NUMBER && argument->low > 0);
        if (good_name(argument->name) && (unsigned)argument->kind <= VAE_NAMED_SHAPE && ranged)
            continue;
        return vae__error(VAE_ERROR_ARGUMENT,
                          "the catalogue: %s \"%s\": argument %d: expected a name of letters, digits and \"-\", a kind "
                          "and a range, found \"%.40s\", %d and %g to %g",
                          table->what, word->name, i + 1, argument->name, (int)argument->kind, argument->low,
                          argument->high);
    }
    return vae__ok();
}

/* Rows of every kind begin with their name; of two of one name the second could never be found. */
static vae_status check_once(const char *what, const void *rows, size_t row_bytes, int count)
{
    for (int i = 0; i < count; i++)
        for (int j = 0; j < i; j++) {
            const char *const *name = (const void *)((const char *)rows + (size_t)i * row_bytes);
            const char *const *before = (const void *)((const char *)rows + (size_t)j * row_bytes);
            if (!strcmp(*name, *before))
                return vae__error(VAE_ERROR_ARGUMENT, "the catalogue: %s %d of %d: there is another \"%s\"", what,
                                  i + 1, count, *name);
        }
    return vae__ok();
}

static vae_status check_table(vae__part part, const vae_catalogue *catalogue)
{
    vae__word_table table = vae__words(part, catalogue);
    if (table.brought_count < 0 || (table.brought_count && !table.brought))
        return vae__error(VAE_ERROR_ARGUMENT,
                          "the catalogue: %ss: expected rows and how many there are, found %s and %d", table.what,
                          table.brought ? "rows" : "NULL", table.brought_count);
    for (int i = 0; i < table.brought_count; i++) {
        const vae_word *word = vae__word_of(&table, i);
        if (!good_name(word->name))
            return vae__error(VAE_ERROR_ARGUMENT,
                              "the catalogue: %s %d of %d: expected a name of at most %d letters, digits and \"-\", a "
                              "letter in front, found %s%.80s%s",
                              table.what, i + 1, table.brought_count, NAME_MOST, word->name ? "\"" : "",
                              word->name ? word->name : "none", word->name ? "\"" : "");
        VAE__TRY(check_arguments(&table, word));
        const char *missing = missing_in(part, word);
        if (missing)
            return vae__error(VAE_ERROR_ARGUMENT, "the catalogue: %s \"%s\": expected a function %s, found NULL",
                              table.what, word->name, missing);
    }
    return check_once(table.what, table.brought, table.row_bytes, table.brought_count);
}

static vae_status check_models(const vae_catalogue *catalogue)
{
    int count = catalogue->model_count;
    if (count < 0 || (count && !catalogue->models))
        return vae__error(VAE_ERROR_ARGUMENT, "the catalogue: expected models and how many there are, found %s and %d",
                          catalogue->models ? "models" : "NULL", count);
    for (int i = 0; i < count; i++)
        if (!catalogue->models[i].name || !*catalogue->models[i].name)
            return vae__error(VAE_ERROR_ARGUMENT,
                              "the catalogue: row %d of %d: expected a model with a name, found none", i + 1, count);
    return check_once("model", catalogue->models, sizeof *catalogue->models, count);
}

static vae_status check_ops(const vae_catalogue *catalogue)
{
    int count = catalogue->op_count;
    if (count < 0 || (count && !catalogue->ops))
        return vae__error(VAE_ERROR_ARGUMENT,
                          "the catalogue: ops: expected rows and how many there are, found %s and %d",
                          catalogue->ops ? "rows" : "NULL", count);
    for (int i = 0; i < count; i++) {
        const vae_op *op = &catalogue->ops[i];
        if (!good_name(op->name) || !op->forward || op->inputs < 1 || op->inputs > VAE_MAX_OP_INPUTS)
            return vae__error(
                VAE_ERROR_ARGUMENT,
                "the catalogue: op %d of %d: expected a name of letters, digits and \"-\", forward and 1 to "
                "%d inputs, found %s%.80s%s, %s and %d",
                i + 1, count, VAE_MAX_OP_INPUTS, op->name ? "\"" : "", op->name ? op->name : "none",
                op->name ? "\"" : "", op->forward ? "forward" : "NULL", op->inputs);
    }
    return check_once("op", catalogue->ops, sizeof *catalogue->ops, count);
}

vae_status vae_catalogue_check(const vae_catalogue *catalogue)
{
    if (!catalogue)
        return vae__ok();
    VAE__TRY(check_models(catalogue));
    for (int part = 0; part < VAE__PARTS; part++)
        VAE__TRY(check_table((vae__part)part, catalogue));
    return check_ops(catalogue);
}
