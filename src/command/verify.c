/* vae verify: is a checkpoint whole? */
#include <inttypes.h>

#include "src/command/files.h"
#include "src/command/json.h"

enum { JSON };

static const vae__option options[] = {
    [JSON] = VAE__JSON_OPTION,
    { .name = NULL },
};
VAE__CHECK_OPTIONS(options);

/* What was looked at: each parameter, and what the optimiser keeps of it. */
typedef struct extent {
    int64_t tensors, values;
} extent;

static extent measure(vae_training *training)
{
    const vae_store *store = vae_model_store(vae_training_model(training));
    const int kept = vae_training_where(training).optimizer_states;
    extent found = { 0, 0 };
    for (int i = 0; i < vae_store_count(store); i++) {
        const vae_tensor *tensor = vae_store_tensor(store, i);
        int64_t times = tensor->trainable ? 1 + kept : 1;
        found.tensors += times;
        found.values += times * tensor->size;
    }
    return found;
}

static void print_json(const char *path, extent found, const vae_training_state *where)
{
    vae__json json = { .file = stdout };
    vae__json_object(&json, NULL);
    vae__json_text(&json, "path", path);
    vae__json_truth(&json, "whole", true);
    vae__json_whole(&json, "tensors", found.tensors);
    vae__json_whole(&json, "values", found.values);
    vae__json_whole(&json, "epochs", where->epoch);
    vae__json_whole(&json, "steps", where->step);
    vae__json_finish(&json);
}

static int run(const vae__call *call)
{
    vae_training *training = NULL;
    int status = vae__open_verified(call, call->argument, &training);
    if (status)
        return status;
    extent found = measure(training);
    vae_training_state where = vae_training_where(training);
    char tensors[64], values[64], epochs[64], steps[64];
    if (call->values[JSON].given)
        print_json(call->argument, found, &where);
    else
        vae__line(stdout, "%s: whole: %s, %s, %s, %s", call->argument, vae__counted(tensors, found.tensors, "tensor"),
                  vae__counted(values, found.values, "value"), vae__counted(epochs, where.epoch, "epoch"),
                  vae__counted(steps, where.step, "step"));
    vae_training_free(&training);
    return VAE__EXIT_DONE;
}

const vae__command vae__command_verify = {
    .name = "verify",
    .summary = "check that a checkpoint is whole, and tell its first fault",
    .usage = "FILE.h5 [--json]",
    .argument = "FILE.h5",
    .options = options,
    .notes = "Reads all of it: structure, shapes, checksums; finite parameters, state and moments; the order of the "
             "history.\n",
    .run = run,
};
