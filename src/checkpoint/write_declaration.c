/* Writing a model's declaration: /model and /fields. */
#include <string.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/checkpoint/declaration.h"
#include "src/checkpoint/layout.h"

static int latent_sizes(const vae_model_spec *spec, int64_t sizes[VAE_MAX_LATENTS])
{
    int count = 0;
    for (; count < VAE_MAX_LATENTS && spec->latents[count].size; count++)
        sizes[count] = spec->latents[count].size;
    return count;
}

/* A clause that code stands for is empty. */
static vae_status put_clause(hid_t group, const char *name, const char *text)
{
    return vae__put_text(group, name, VAE__ASCII, text ? text : "");
}

/* ---- Clauses that need not be there ------------------------------------------------------------------------------ */

void vae__model_clauses(vae_model_spec *spec, vae__optional_clause clauses[VAE__MODEL_CLAUSES])
{
    static const char *const names[VAE_MAX_LATENTS][2] = { { NULL, NULL },
                                                           { "latent2_encoder", "latent2_decoder" },
                                                           { "latent3_encoder", "latent3_decoder" },
                                                           { "latent4_encoder", "latent4_decoder" } };
    int count = 0;
    clauses[count++] = (vae__optional_clause){ "prior_layers", &spec->prior_layers };
    clauses[count++] = (vae__optional_clause){ "initial", &spec->initial };
    for (int i = 1; i < VAE_MAX_LATENTS; i++) {
        clauses[count++] = (vae__optional_clause){ names[i][0], &spec->latents[i].encoder };
        clauses[count++] = (vae__optional_clause){ names[i][1], &spec->latents[i].decoder };
    }
}

void vae__condition_clauses(vae_condition_spec *condition, vae__optional_clause clauses[VAE__CONDITION_CLAUSES])
{
    const vae__optional_clause all[VAE__CONDITION_CLAUSES] = {
        { "of_x", &condition->of_x },
        { "enters", &condition->enters },
        { "layers", &condition->layers },
        { "encoder_layers", &condition->encoder_layers },
        { "decoder_layers", &condition->decoder_layers },
        { "prior_layers", &condition->prior_layers },
        { "baseline", &condition->baseline },
    };
    memcpy(clauses, all, sizeof all);
}

static vae_status put_optional(hid_t group, const vae__optional_clause *clauses, int count)
{
    for (int i = 0; i < count; i++)
        if (*clauses[i].text && **clauses[i].text)
            VAE__TRY(put_clause(group, clauses[i].name, *clauses[i].text));
    return vae__ok();
}

vae_status vae__put_declaration(hid_t group, const vae_training *training)
{
    const vae_model *model = training->model;
    const vae_model_spec *spec = &model->declaration;
    int64_t latents[VAE_MAX_LATENTS];
    const char *conditions[VAE_MAX_CONDITIONS];
    for (int i = 0; i < model->condition_count; i++)
        conditions[i] = spec->conditions[i].name;
    VAE__TRY(vae__put_text(group, "name", VAE__UTF8, spec->name));
    VAE__TRY(vae__put_text(group, "summary", VAE__UTF8, spec->summary ? spec->summary : ""));
    VAE__TRY(put_clause(group, "encoder", spec->encoder));
    VAE__TRY(put_clause(group, "decoder", spec->decoder));
    VAE__TRY(put_clause(group, "posterior", spec->posterior));
    VAE__TRY(put_clause(group, "prior", spec->prior));
    VAE__TRY(put_clause(group, "objective", spec->objective));
    if (spec->build)
        VAE__TRY(vae__put_integer(group, "built_by_program", 1));
    vae_model_spec read = *spec;
    vae__optional_clause clauses[VAE__MODEL_CLAUSES];
    vae__model_clauses(&read, clauses);
    VAE__TRY(put_optional(group, clauses, VAE__MODEL_CLAUSES));
    if (model->latent_count)
        VAE__TRY(vae__put_integers(group, "latent_sizes", latents, latent_sizes(spec, latents)));
    return vae__put_texts(group, "conditions", conditions, model->condition_count);
}

/* ---- /fields ----------------------------------------------------------------------------------------------------- */

static vae_status put_x(hid_t group, const vae_training *training)
{
    const vae_model *model = training->model;
    const vae_x_spec *x = &model->declaration.x;
    VAE__TRY(vae__put_text(group, "kind", VAE__ASCII, vae__x_kind(model->x_rank)));
    VAE__TRY(vae__put_integers(group, "shape", x->shape, model->x_rank));
    VAE__TRY(vae__put_text(group, "type", VAE__ASCII, vae_type_name(x->type)));
    VAE__TRY(put_clause(group, "likelihood", x->likelihood));
    VAE__TRY(put_clause(group, "transform", x->transform));
    if (!model->one_transform)
        VAE__TRY(put_clause(group, "encoder_transform", x->encoder_transform));
    VAE__TRY(vae__put_text(group, "missing", VAE__ASCII, vae__missing_name(x->missing)));
    if (x->has_fill_value)
        VAE__TRY(vae__put_number(group, "fill_value", x->fill_value));
    VAE__TRY(vae__put_text(group, "path", VAE__UTF8, training->x_path));
    return vae__put_text(group, "mask_path", VAE__UTF8, training->mask_path);
}

static const char level_description[] = "the stored value of each class";

static vae_status put_numbers(hid_t group, int64_t classes)
{
    int64_t *levels = NULL;
    VAE__TRY(vae__allocate("the classes", (size_t)classes, sizeof *levels, &levels));
    for (int64_t i = 0; i < classes; i++)
        levels[i] = i;
    vae_status status = vae__put_array(
        group, "levels",
        &(vae__array){
            .type = VAE_INT64, .rank = 1, .shape = { classes }, .values = levels, .description = level_description },
        NULL);
    vae__free(levels);
    return status;
}

static vae_status put_class(hid_t group, const vae_condition_spec *condition)
{
    int64_t shape[1] = { 1 };
    VAE__TRY(vae__put_integers(group, "shape", shape, 1));
    VAE__TRY(vae__put_integer(group, "classes", condition->size));
    if (!condition->levels)
        return put_numbers(group, condition->size);
    return vae__put_strings(group, "levels", condition->levels, condition->size, level_description);
}

static vae_status put_values(hid_t group, const vae_condition_spec *condition)
{
    int rank = 0;
    while (condition->kind == VAE_IMAGE && rank < VAE_MAX_RANK && condition->shape[rank])
        rank++;
    VAE__TRY(vae__put_integers(group, "shape", rank ? condition->shape : &condition->size, rank ? rank : 1));
    VAE__TRY(vae__put_integer(group, "size", condition->size));
    return put_clause(group, "transform", condition->transform);
}

static vae_status put_condition(hid_t group, const vae_condition_spec *condition, const char *path)
{
    VAE__TRY(vae__put_text(group, "kind", VAE__ASCII, vae__kind_name(condition->kind)));
    VAE__TRY(vae__put_text(group, "type", VAE__ASCII, vae_type_name(condition->type)));
    VAE__TRY(condition->kind == VAE_CLASS ? put_class(group, condition) : put_values(group, condition));
    vae_condition_spec read = *condition;
    vae__optional_clause clauses[VAE__CONDITION_CLAUSES];
    vae__condition_clauses(&read, clauses);
    VAE__TRY(put_optional(group, clauses, VAE__CONDITION_CLAUSES));
    return vae__put_text(group, "path", VAE__UTF8, path);
}

static const char *const descriptions[] = {
    [VAE_CLASS] = "what is given: one of `classes` classes, by number from 0",
    [VAE_VALUES] = "what is given: `size` numbers, and the transform from stored values to those that the model sees",
    [VAE_IMAGE] = "what is given: an image, and the transform from stored values to those that the model sees",
};

vae_status vae__put_fields(hid_t group, const vae_training *training)
{
    const vae_model *model = training->model;
    hid_t field = H5I_INVALID_HID;
    VAE__TRY(vae__put_group(group, "x",
                            "what is modelled: an example's shape as stored, p(x|z), and the transform "
                            "from stored to modelled values",
                            &field));
    vae_status status = put_x(field, training);
    vae__hdf5_close(field);
    for (int i = 0; i < model->condition_count && !status.code; i++) {
        const vae_condition_spec *condition = &model->declaration.conditions[i];
        VAE__TRY(vae__put_group(group, condition->name, descriptions[condition->kind], &field));
        status = put_condition(field, condition, training->condition_paths[i]);
        vae__hdf5_close(field);
    }
    return status;
}

size_t vae__levels_room(const vae_condition_spec *condition)
{
    if (condition->kind != VAE_CLASS)
        return 0;
    if (condition->levels)
        return vae__put_strings_room(condition->levels, condition->size);
    return vae__put_room(&(vae__array){ .type = VAE_INT64, .rank = 1, .shape = { condition->size } });
}
