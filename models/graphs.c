/* The graphs of a model: for training, evaluation, importance weights, and sampling. */
#include "models/model.h"
#include "models/parts.h"
#include "src/base/status.h"

/* What is known while a graph is built. */
typedef struct vae__building {
    const vae_model *model;
    const vae__graph_request *request;
    vae__model_graph *built;
    vae__given given[VAE_MAX_CONDITIONS]; /* one row per example */
    vae_node *x;                          /* as modelled */
    double log_jacobian;                  /* of all its values */
    vae__posterior_nodes posterior;
} vae__building;

static void add_conditions(vae__building *building)
{
    const vae_model_spec *spec = &building->model->declaration;
    for (int i = 0; i < building->model->condition_count; i++) {
        vae_node *node = vae_input(building->built->graph, spec->conditions[i].name, 1, (int64_t[]){ 1 });
        building->built->conditions[i] = node;
        building->given[i] = (vae__given){ &spec->conditions[i], node };
    }
}

static void add_x(vae__building *building)
{
    const vae_model *model = building->model;
    vae__transform_context context = { .graph = building->built->graph, .x_type = building->request->x_type };
    building->built->x = building->x = vae_input(context.graph, "x", 1, &model->x_size);
    for (int i = 0; i < model->transform.count; i++) {
        const vae__phrase *phrase = &model->transform.phrases[i];
        building->x = ((const vae__transform *)phrase->row)->build(&context, phrase, building->x);
    }
    building->log_jacobian = context.log_jacobian * (double)model->x_size;
}

static vae__network network_of(const vae__building *building, const char *name, const vae__given *given)
{
    return (vae__network){
        .graph = building->built->graph, .name = name, .given = given, .given_count = building->model->condition_count
    };
}

static void add_posterior(vae__building *building)
{
    const vae_model *model = building->model;
    vae__network encoder = network_of(building, "encoder", building->given);
    vae_node *h = vae__network_build(&encoder, &model->encoder, building->x);
    const vae__posterior *posterior = model->posterior.row;
    building->posterior = posterior->heads(&encoder, h, model->declaration.latents[0].size);
}

/* p(x | z); the conditions have as many rows as z. */
static vae__heads add_decoder(const vae__building *building, const vae__given *given, vae_node *z)
{
    const vae_model *model = building->model;
    vae__network decoder = network_of(building, "decoder", given);
    vae_node *h = vae__network_build(&decoder, &model->decoder, z);
    const vae__likelihood *likelihood = model->likelihood.row;
    return likelihood->heads(&decoder, &model->likelihood, h, model->x_size);
}

/* log p(x | z) in the units that x is stored in: of a density, the transform's Jacobian counts. */
static vae_node *add_reconstruction(const vae__building *building, vae_node *x, const vae__heads *heads)
{
    const vae__likelihood *likelihood = building->model->likelihood.row;
    vae_node *log_p = likelihood->log(x, heads);
    bool shifted = likelihood->density && (building->log_jacobian < 0 || building->log_jacobian > 0);
    return shifted ? vae_add(log_p, vae_constant(building->built->graph, 1, (int64_t[]){ 1 }, &building->log_jacobian))
                   : log_p;
}

/* Training and evaluation have the same terms; training wants their means over the batch. */
static void build_bound(vae__building *building)
{
    const vae_model *model = building->model;
    vae__model_graph *built = building->built;
    add_conditions(building);
    add_x(building);
    add_posterior(building);
    const vae__posterior *posterior = model->posterior.row;
    vae_node *noise = vae_noise(built->graph, VAE_NORMAL, "z", 1, &model->declaration.latents[0].size);
    vae_node *z = posterior->sample(&building->posterior, noise);
    vae__heads heads = add_decoder(building, building->given, z);
    built->reconstruction = add_reconstruction(building, building->x, &heads);
    built->kl = ((const vae__prior *)model->prior.row)->kl(&building->posterior);
    if (building->request->kind == VAE__TRAINING) {
        const vae__objective *objective = model->objective.row;
        built->objective = vae_mean_rows(vae_negate(objective->build(built->reconstruction, built->kl)));
        built->reconstruction = vae_mean_rows(built->reconstruction);
        built->kl = vae_mean_rows(built->kl);
    } else {
        built->mean = building->posterior.mean;
    }
}

static void build_weights(vae__building *building)
{
    const vae_model *model = building->model;
    vae__model_graph *built = building->built;
    int64_t samples = building->request->samples;
    add_conditions(building);
    add_x(building);
    add_posterior(building);
    vae__given given[VAE_MAX_CONDITIONS];
    for (int i = 0; i < model->condition_count; i++)
        given[i] = (vae__given){ building->given[i].spec, vae_repeat(building->given[i].node, samples) };
    vae__posterior_nodes q = { vae_repeat(building->posterior.mean, samples),
                               vae_repeat(building->posterior.logvar, samples) };
    const vae__posterior *posterior = model->posterior.row;
    vae_node *noise = vae_noise_samples(built->graph, VAE_NORMAL, "z", samples, 1, &model->declaration.latents[0].size);
    vae_node *z = posterior->sample(&q, noise);
    vae__heads heads = add_decoder(building, given, z);
    vae_node *reconstruction = add_reconstruction(building, vae_repeat(building->x, samples), &heads);
    vae_node *prior = ((const vae__prior *)model->prior.row)->log(built->graph, z);
    built->log_weight = vae_sub(vae_add(reconstruction, prior), posterior->log(&q, z));
}

static void build_sampling(vae__building *building)
{
    const vae_model *model = building->model;
    vae__model_graph *built = building->built;
    double temperature = building->request->temperature;
    add_conditions(building);
    built->z = vae_noise(built->graph, VAE_NORMAL, "z", 1, &model->declaration.latents[0].size);
    vae__heads heads = add_decoder(building, building->given, vae_scale(built->z, temperature));
    const vae__likelihood *likelihood = model->likelihood.row;
    built->x = building->request->draw ? likelihood->draw(built->graph, &heads) : likelihood->mean(&heads);
}

static void (*const builders[])(vae__building *) = {
    [VAE__TRAINING] = build_bound,
    [VAE__EVALUATION] = build_bound,
    [VAE__WEIGHTS] = build_weights,
    [VAE__SAMPLING] = build_sampling,
};

static vae_status build(const vae_model *model, const vae__graph_request *request, vae__model_graph *built)
{
    VAE__TRY(vae_graph_new(&built->graph));
    vae__building building = { .model = model, .request = request, .built = built };
    builders[request->kind](&building);
    vae_node *const outputs[] = { built->reconstruction, built->kl, built->mean,
                                  built->log_weight,     built->z,  request->kind == VAE__SAMPLING ? built->x : NULL };
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++)
        vae_graph_keep(outputs[i]);
    vae_status status = vae_graph_compile(built->graph, model->store,
                                          &(vae_compile_options){ .objective = built->objective }, &built->program);
    return vae__error_within(status, "%s: ", model->declaration.name);
}

vae_status vae__model_graph_new(const vae_model *model, const vae__graph_request *request, vae__model_graph *built)
{
    *built = (vae__model_graph){ 0 };
    vae_status status = build(model, request, built);
    if (status.code)
        vae__model_graph_clear(built);
    return status;
}

void vae__model_graph_clear(vae__model_graph *built)
{
    vae_program_free(&built->program);
    vae_graph_free(&built->graph);
    *built = (vae__model_graph){ 0 };
}
