/* Finding the model of a command line, and its data. */
#include "src/command/find.h"

#include <unistd.h>

#include "src/command/files.h"

int vae__find_model(const vae__call *call, const char *name, vae_model_spec *spec)
{
    const vae_model_spec *found = vae_model_find(call->catalogue, name);
    vae__hint hint = vae__hint_for(name);
    for (int i = 0; i < vae_model_count(call->catalogue); i++)
        vae__hint_offer(&hint, vae_model_at(call->catalogue, i)->name);
    if (!found && hint.nearest)
        return vae__wrong_usage(call, "\"%s\": no such model; did you mean %s?", name, hint.nearest);
    if (!found)
        return vae__wrong_usage(call, "\"%s\": no such model; %s models lists them", name, call->program);
    *spec = *found;
    return VAE__EXIT_DONE;
}

/* What is no variant's name, and is a file or is called as one, is a checkpoint's. */
static bool is_checkpoint(const vae__call *call)
{
    const char *name = call->argument;
    return !vae_model_find(call->catalogue, name) &&
           (vae__name_ends(name, ".h5") || vae__name_ends(name, ".hdf5") || !access(name, F_OK));
}

static int find_stored(const vae__call *call, vae__data_request request, bool needed, vae__found *found)
{
    int status = vae__open_checkpoint(call, call->argument, &found->training);
    if (status)
        return status;
    found->model = vae_training_model(found->training);
    request.model = vae_model_declaration(found->model);
    request.training = found->training;
    return needed || request.data->given ? vae__open_data(call, &request, &found->data) : VAE__EXIT_DONE;
}

static int find_new(const vae__call *call, vae__data_request request, bool needed, uint64_t seed, vae__found *found)
{
    vae_model_spec spec;
    int status = vae__find_model(call, call->argument, &spec);
    if (!status && needed && !request.data->given)
        status = vae__wrong_usage(call, "expected --data SRC, found none");
    request.model = &spec;
    if (!status && request.data->given)
        status = vae__open_data(call, &request, &found->data);
    if (status)
        return status;
    vae_status made = vae_model_new(&spec, call->catalogue, found->data, seed, &found->model);
    if (made.code && !found->data)
        return vae__failed(call, "%s; --data brings what a variant leaves open", made.message);
    return made.code ? vae__failed_status(call, made) : VAE__EXIT_DONE;
}

/* Where in the data things lie says nothing without the data. */
static int check_places(const vae__call *call, const vae__data_request *request)
{
    const struct {
        const char *name;
        const vae__value *value;
    } places[] = { { "x", request->x },
                   { "condition", request->conditions },
                   { "mask", request->mask },
                   { "allow-external", request->allow_external } };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (places[i].value->given)
            return vae__wrong_usage(call, "--%s: expected --data SRC beside it, found none", places[i].name);
    return VAE__EXIT_DONE;
}

int vae__find(const vae__call *call, const vae__data_request *request, bool needed, uint64_t seed, vae__found *found)
{
    *found = (vae__found){ .model = NULL };
    int status = needed || request->data->given ? VAE__EXIT_DONE : check_places(call, request);
    if (status)
        return status;
    return is_checkpoint(call) ? find_stored(call, *request, needed, found)
                               : find_new(call, *request, needed, seed, found);
}

void vae__found_release(vae__found *found)
{
    if (!found->training)
        vae_model_free(&found->model);
    vae_training_free(&found->training);
    vae_data_free(&found->data);
    found->model = NULL;
}
