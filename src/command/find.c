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

/* The declaration: the variant's, as the options change it. */
static int declare(const vae__call *call, const vae__declaration_options *at, vae__declared *declared)
{
    int status = vae__find_model(call, call->argument, &declared->spec);
    if (!status)
        status = vae__declare(call, at, declared);
    return status ? status : vae__check_words(call, declared);
}

static int find_new(const vae__call *call, vae__data_request request, const vae__declaration_options *at, bool needed,
                    uint64_t seed, vae__found *found)
{
    vae__declared declared = { .changed = false };
    int status = declare(call, at, &declared);
    if (!status && needed && !request.data->given)
        status = vae__wrong_usage(call, "expected --data SRC, found none");
    request.model = &declared.spec;
    if (!status && request.data->given)
        status = vae__open_data(call, &request, &found->data);
    if (status)
        return status;
    vae_status made = vae_model_new(&declared.spec, call->catalogue, found->data, seed, &found->model);
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
                   { "allow-external", request->allow_external },
                   { "skip-broken", request->skip_broken } };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (places[i].value->given)
            return vae__wrong_usage(call, "--%s: expected --data SRC beside it, found none", places[i].name);
    return VAE__EXIT_DONE;
}

int vae__find(const vae__call *call, const vae__data_request *request, const vae__declaration_options *at, bool needed,
              uint64_t seed, vae__found *found)
{
    *found = (vae__found){ .model = NULL };
    int status = needed || request->data->given ? VAE__EXIT_DONE : check_places(call, request);
    if (status)
        return status;
    if (!is_checkpoint(call))
        return find_new(call, *request, at, needed, seed, found);
    status = vae__declare_nothing(call, at);
    return status ? status : find_stored(call, *request, needed, found);
}

void vae__found_release(vae__found *found)
{
    if (!found->training)
        vae_model_free(&found->model);
    vae_training_free(&found->training);
    vae_data_free(&found->data);
    found->model = NULL;
}
