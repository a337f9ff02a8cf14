/* Reading a clause of a declaration, and printing it as the parser reads it. */
#include "models/clauses.h"

#include <stdio.h>

#include "src/base/memory.h"
#include "src/base/status.h"

enum { WHERE_SIZE = 128 };

vae_status vae__clause_resolve(vae_model *model, const vae__clause *clause)
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

vae_status vae__clause_layers(vae_model *model, const char *what, const char *given, vae__phrases *layers,
                              const char **printed)
{
    if (!given || !*given)
        return vae__ok();
    return vae__clause_resolve(
        model, &(vae__clause){
                   .what = what, .given = given, .part = VAE__LAYER, .list = layers, .printed = (char **)printed });
}
