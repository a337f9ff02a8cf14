/* Walks through z on the command line. */
#include "src/command/walk.h"

#include <inttypes.h>
#include <string.h>

/* ---- Lists ------------------------------------------------------------------------------------------------------- */

int vae__parse_list(const vae__call *call, const char *option, const vae__value *value, vae__list *list)
{
    char piece[32];
    list->count = 0;
    for (const char *text = value->given ? value->text : NULL, *end; text; text = *end ? end + 1 : NULL) {
        int64_t number = -1;
        end = text + strcspn(text, ",");
        int length = snprintf(piece, sizeof piece, "%.*s", (int)(end - text), text);
        if (length >= (int)sizeof piece || !vae__parse_whole(piece, &number) || number < 0)
            return vae__wrong_usage(call, "--%s: expected whole numbers from 0 with commas between, found \"%.*s\"",
                                    option, (int)(end - text), text);
        if (list->count == VAE__LIST_MOST)
            return vae__wrong_usage(call, "--%s: expected at most %d numbers, found more", option, VAE__LIST_MOST);
        list->numbers[list->count++] = number;
    }
    return VAE__EXIT_DONE;
}

/* ---- Files ------------------------------------------------------------------------------------------------------- */

static int check_ending(const vae__call *call, const char *option, const vae__value *value, const char *ending,
                        const char *other)
{
    if (!value->given || vae__name_ends(value->text, ending) || (other && vae__name_ends(value->text, other)))
        return VAE__EXIT_DONE;
    return vae__wrong_usage(call, "--%s: expected a name that ends in %s%s%s, found \"%s\"", option, ending,
                            other ? " or " : "", other ? other : "", value->text);
}

static int check_file(const vae__call *call, const char *option, const vae__value *value, vae__file_kind kind,
                      const vae__value *data)
{
    int status = value->given ? vae__check_target_of(call, option, value->text, kind) : VAE__EXIT_DONE;
    if (!status && data)
        status = vae__check_apart(call, option, value->text, "data", data->texts, data->count);
    return status;
}

int vae__check_walk_files(const vae__call *call, const vae__walk_files *files, const vae__value *data)
{
    int status = check_ending(call, "picture", files->picture, ".png", NULL);
    if (!status)
        status = check_ending(call, "out", files->out, ".h5", ".hdf5");
    if (status)
        return status;
    if (!files->picture->given && !files->out->given)
        return vae__wrong_usage(call, "expected --picture FILE.png or --out FILE.h5, found none");
    status = check_file(call, "picture", files->picture, VAE__PICTURE_FILE, data);
    return status ? status : check_file(call, "out", files->out, files->kind, data);
}

vae_status vae__check_walk_grid(const vae__walk_files *files, const vae_model *model, int64_t rows, int64_t columns)
{
    if (files->picture->given)
        return vae_walk_check(model, rows, columns, files->picture->text);
    return (vae_status){ .code = VAE_OK };
}

int vae__save_walk(const vae__call *call, const vae__walk_files *files, const vae_model *model, const vae_walk *walk,
                   const char *what)
{
    const vae__value *const written[] = { files->picture, files->out };
    for (int i = 0; i < 2; i++) {
        char shades[VAE__SHADES_TEXT];
        if (!written[i]->given)
            continue;
        vae_status status = vae_walk_save(model, walk, written[i]->text);
        if (status.code)
            return vae__failed_status(call, status);
        vae__line(stdout, "%s: %s%s", written[i]->text, what,
                  i ? "" : vae__shades_text(shades, vae_samples_shades(&walk->samples)));
    }
    return VAE__EXIT_DONE;
}

/* ---- Conditions -------------------------------------------------------------------------------------------------- */

int vae__check_walk_given(const vae__call *call, const char *option, const vae_model_spec *spec,
                          const vae__settings *settings, bool has_row)
{
    for (int i = 0; i < VAE_MAX_CONDITIONS && spec->conditions[i].name && !has_row; i++) {
        const char *name = spec->conditions[i].name;
        if (settings->counts[i])
            continue;
        if (spec->conditions[i].kind == VAE_IMAGE)
            return vae__failed(call, "%s: expected conditions that can be typed, found the image \"%s\"", spec->name,
                               name);
        return vae__wrong_usage(call, "expected --%s %s=%s, for %s is conditioned on it, found none", option, name,
                                spec->conditions[i].kind == VAE_CLASS ? "CLASS"
                                : spec->conditions[i].size == 1       ? "VALUE"
                                                                      : "VALUE,VALUE...",
                                spec->name);
    }
    return VAE__EXIT_DONE;
}

vae_walk_conditions vae__walk_conditions(const vae__settings *settings)
{
    vae_walk_conditions conditions;
    for (int i = 0; i < VAE_MAX_CONDITIONS; i++)
        conditions.values[i] = settings->values[i];
    return conditions;
}
