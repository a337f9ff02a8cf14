/* The mutual information gap on the command line. */
#include "src/command/mig.h"

#include <inttypes.h>
#include <string.h>

/* ---- Asking ------------------------------------------------------------------------------------------------------ */

int vae__mig_parse(const vae__call *call, const vae__value *value, vae__fields *fields)
{
    char name[VAE_GROUP_TEXT];
    fields->count = 0;
    if (!value->given || !strcmp(value->text, "all"))
        return VAE__EXIT_DONE;
    for (const char *text = value->text, *end; text; text = *end ? end + 1 : NULL) {
        end = text + strcspn(text, ",");
        if (end == text || end - text >= (int)sizeof name)
            return vae__wrong_usage(call, "--mig: expected names of classes with commas between, or all, found \"%s\"",
                                    value->text);
        snprintf(name, sizeof name, "%.*s", (int)(end - text), text);
        int status = vae__fields_add(call, "mig", name, fields);
        if (status)
            return status;
    }
    return VAE__EXIT_DONE;
}

vae_status vae__mig_measure(const vae__rows *rows, const vae__mig_options *options, vae_factors *found)
{
    const char *names[VAE__BESIDE_MOST];
    vae__counting counting = vae__counting_new("measuring");
    for (int i = 0; i < options->fields->count; i++)
        names[i] = options->fields->names[i];
    const vae_factors_options settings = { .split = rows->split,
                                           .names = options->fields->count ? names : NULL,
                                           .name_count = options->fields->count,
                                           .rows = options->rows,
                                           .seed = options->seed,
                                           .threads = options->threads,
                                           .progress = vae__count_rows,
                                           .context = &counting };
    vae_status status = vae_factors_measure(rows->model, rows->data, &settings, found);
    vae__bar_clear(&counting.bar);
    return status;
}

/* ---- Telling ----------------------------------------------------------------------------------------------------- */

void vae__mig_print(const vae_factors *found)
{
    char counted[64];
    printf("mig             %.4f of %s, by a z for each of %" PRId64 " rows\n", found->mig,
           vae__counted(counted, found->count, "factor"), found->rows);
    printf("%16s  %6s  %8s  %9s  %11s  %6s  %11s  %7s\n", "factor", "levels", "entropy", "dimension", "information",
           "second", "information", "gap");
    for (int k = 0; k < found->count; k++) {
        const vae_factor *factor = &found->factors[k];
        vae__line(stdout, "%16s  %6" PRId64 "  %8.4f  %9" PRId64 "  %11.4f  %6" PRId64 "  %11.4f  %7.4f", factor->name,
                  factor->levels, factor->entropy, factor->first, factor->information, factor->second,
                  factor->second_information, factor->gap);
    }
}

void vae__mig_to_json(vae__json *json, const vae_factors *found)
{
    vae__json_real(json, "mig", found->mig);
    vae__json_whole(json, "mig_rows", found->rows);
    vae__json_array(json, "factors");
    for (int k = 0; k < found->count; k++) {
        const vae_factor *factor = &found->factors[k];
        vae__json_object(json, NULL);
        vae__json_text(json, "name", factor->name);
        vae__json_whole(json, "levels", factor->levels);
        vae__json_real(json, "entropy", factor->entropy);
        vae__json_whole(json, "dimension", factor->first);
        vae__json_real(json, "information", factor->information);
        vae__json_whole(json, "second_dimension", factor->second);
        vae__json_real(json, "second_information", factor->second_information);
        vae__json_real(json, "gap", factor->gap);
        vae__json_array(json, "informations");
        for (int64_t j = 0; j < found->latent_size; j++)
            vae__json_real(json, NULL, found->informations[k * found->latent_size + j]);
        vae__json_array_end(json);
        vae__json_object_end(json);
    }
    vae__json_array_end(json);
}
