/* vae graph: a drawing of a model's graph, for Graphviz. */
#include <string.h>

#include "src/command/files.h"
#include "src/command/find.h"

enum { WHICH, OUT, DATA, X, CONDITION, MASK, ALLOW_EXTERNAL, SKIP_BROKEN, VAE__DECLARATION_NAMES };

static const vae__option options[] = {
    [WHICH] = { "which", "GRAPH", VAE__TEXT, "training, encoding or decoding", "training", 0, 0 },
    [OUT] = { "out", "FILE.dot", VAE__TEXT, "the drawing; to standard output without", NULL, 0, 0 },
    [DATA] = VAE__DATA_OPTION,
    [X] = VAE__X_OPTION,
    [CONDITION] = VAE__CONDITION_OPTION,
    [MASK] = VAE__MASK_OPTION,
    [ALLOW_EXTERNAL] = VAE__EXTERNAL_OPTION,
    [SKIP_BROKEN] = VAE__SKIP_OPTION,
    VAE__DECLARATION_ROWS,
    { .name = NULL },
};
VAE__CHECK_OPTIONS(options);

static const vae__declaration_options declaration = VAE__DECLARATION_PLACES;

static int check_which(const vae__call *call)
{
    const char *which = call->values[WHICH].text;
    char names[128] = "";
    size_t used = 0;
    for (int i = 0; vae_drawing_name(i) && used < sizeof names; i++) {
        if (!strcmp(which, vae_drawing_name(i)))
            return VAE__EXIT_DONE;
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", vae_drawing_name(i));
    }
    return vae__wrong_usage(call, "--which: expected one of %s, found \"%s\"", names, which);
}

static int check_out(const vae__call *call)
{
    const char *path = call->values[OUT].text;
    if (!path)
        return VAE__EXIT_DONE;
    if (!vae__name_ends(path, ".dot") && !vae__name_ends(path, ".gv"))
        return vae__wrong_usage(call,
                                "--out %s: expected a name that ends in .dot or .gv, of which dot -Tpng makes a "
                                "picture",
                                path);
    return vae__check_target(call, path, VAE__DRAWING_FILE);
}

/* Has the data a mask, or, where none was opened, the training's? */
static bool is_masked(const vae__found *found)
{
    bool masked = false;
    if (!found->data)
        return found->training && vae_training_where(found->training).mask_path;
    for (int split = 0; split < VAE_SPLITS; split++)
        masked |= vae_data_find(found->data, (vae_split)split, "mask") != NULL;
    return masked;
}

static int draw(const vae__call *call, const vae__found *found)
{
    const char *path = call->values[OUT].text;
    char *text = NULL;
    vae_status status = vae_model_draw(found->model, call->values[WHICH].text, is_masked(found), &text);
    if (!status.code && path)
        status = vae_drawing_save(text, path);
    else if (!status.code)
        fputs(text, stdout);
    vae_drawing_free(&text);
    return status.code ? vae__failed_status(call, status) : VAE__EXIT_DONE;
}

static int run(const vae__call *call)
{
    vae__found found = { .model = NULL };
    const vae__data_request request = { .data = &call->values[DATA],
                                        .x = &call->values[X],
                                        .conditions = &call->values[CONDITION],
                                        .mask = &call->values[MASK],
                                        .allow_external = &call->values[ALLOW_EXTERNAL],
                                        .skip_broken = &call->values[SKIP_BROKEN] };
    int status = check_which(call);
    if (!status)
        status = check_out(call);
    if (!status)
        status = vae__find(call, &request, &declaration, false, 0, &found);
    if (!status)
        status = draw(call, &found);
    vae__found_release(&found);
    return status;
}

const vae__command vae__command_graph = {
    .name = "graph",
    .summary = "draw a model's graph, for Graphviz",
    .usage = "MODEL --data SRC [--which GRAPH] [--out FILE.dot]\n"
             "FILE.h5 [--data SRC] [--which GRAPH] [--out FILE.dot]",
    .argument = "MODEL|FILE.h5",
    .options = options,
    .notes =
        "dot -Tpng FILE.dot -o FILE.png makes a picture of it. Sizes that a variant leaves open are the data's, and "
        "so is how its fields are stored.\n",
    .run = run,
};
