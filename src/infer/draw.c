/* vae_model_draw: the graphs of a model that a person looks at. */
#include <vae/draw.h>

#include <stdio.h>
#include <string.h>

#include "models/model.h"
#include "src/base/status.h"

static const struct {
    const char *name;
    vae__graph_kind kind;
} drawings[] = {
    { "training", VAE__TRAINING },
    { "encoding", VAE__ENCODING },
    { "decoding", VAE__DECODING },
};
enum { DRAWINGS = sizeof drawings / sizeof *drawings };

const char *vae_drawing_name(int index)
{
    return index >= 0 && index < DRAWINGS ? drawings[index].name : NULL;
}

static vae_status find(const char *which, vae__graph_kind *kind)
{
    char names[128] = "";
    size_t used = 0;
    for (int i = 0; i < DRAWINGS && used < sizeof names; i++) {
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", drawings[i].name);
        if (strcmp(which, drawings[i].name))
            continue;
        *kind = drawings[i].kind;
        return vae__ok();
    }
    return vae__error(VAE_ERROR_ARGUMENT, "\"%s\": a model has no such graph; there are %s", which, names);
}

/* As the data that the model was made with. */
static vae__graph_request request_of(const vae_model *model, bool masked)
{
    vae__graph_request request = { .x_type = model->declaration.x.type, .masked = masked, .temperature = 1 };
    for (int i = 0; i < model->condition_count; i++)
        request.condition_types[i] = model->declaration.conditions[i].type;
    return request;
}

/* Results go by their names, where they have none of their own. */
static vae_status name_results(const vae__model_graph *graph)
{
    const struct {
        vae_node *node;
        const char *name;
    } results[] = {
        { graph->objective, "objective" },
        { graph->reconstruction, "reconstruction" },
        { graph->kl, "kl" },
        { graph->mean, "mean" },
        { graph->logvar, "logvar" },
        { graph->x_mean, "mean of x" },
        { graph->x_units, "mean of x, in its units" },
    };
    for (size_t i = 0; i < sizeof results / sizeof *results; i++)
        if (results[i].node && !*vae_node_label(results[i].node))
            vae_label(results[i].node, results[i].name);
    return vae_graph_status(graph->graph);
}

vae_status vae_model_draw(const vae_model *model, const char *which, bool masked, char **text)
{
    if (!text)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a place for the drawing, found NULL");
    *text = NULL;
    if (!model || !which)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a model and the name of a graph, found NULL");
    vae__graph_request request = request_of(model, masked);
    vae__model_graph graph;
    char title[256];
    VAE__TRY(find(which, &request.kind));
    VAE__TRY(vae__model_graph_new(model, &request, &graph));
    snprintf(title, sizeof title, "%s: %s", model->declaration.name, which);
    vae_status status = name_results(&graph);
    if (!status.code)
        status = vae_program_draw(graph.program, title, text);
    vae__model_graph_clear(&graph);
    return status;
}
