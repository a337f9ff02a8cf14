/* The graphs of a model: for training, evaluation, importance weights, sampling, encoding, decoding, and its fields. */
#include <stdio.h>

#include "graph/graph.h"
#include "models/building.h"
#include "src/base/status.h"

/* ---- Graphs by hand ---------------------------------------------------------------------------------------------- */

static vae_build build_of(const vae__building *building)
{
    vae_build build = { .graph = building->built->graph,
                        .spec = &building->model->declaration,
                        .x_size = building->model->x_size,
                        .x = building->x,
                        .encoder_x = building->encoder_x,
                        .mask = building->mask };
    for (int i = 0; i < building->model->condition_count; i++)
        build.conditions[i] = building->conditions[i].node;
    return build;
}

/* Runs the declaration's own builder on x and noise, with as many rows as they have. Which outputs a kind of graph
 * cannot do without is the row of a table. */
static vae_build run_build(vae__building *building, vae_node *noise)
{
    enum { MEAN = 1, LOGVAR = 2, TERMS = 4, DENSITIES = 8 };
    static const unsigned wanted[] = { [VAE__TRAINING] = TERMS,
                                       [VAE__EVALUATION] = TERMS | MEAN,
                                       [VAE__WEIGHTS] = DENSITIES,
                                       [VAE__ENCODING] = MEAN | LOGVAR,
                                       [VAE__RECONSTRUCTION] = MEAN };
    int64_t latent = building->model->declaration.latents[0].size;
    const unsigned needed = wanted[building->request->kind] | (building->needs.densities ? DENSITIES : 0);
    vae_build build = build_of(building);
    build.noise = noise;
    building->model->declaration.build(&build);
    const struct {
        const char *name;
        vae_node *node;
        int64_t size;
        unsigned wanted_by;
    } outputs[] = {
        { "mean", build.mean, latent, MEAN },
        { "logvar", build.logvar, latent, LOGVAR },
        { "reconstruction", build.reconstruction, 1, TERMS | DENSITIES },
        { "kl", build.kl, 1, TERMS },
        { "log_prior", build.log_prior, 1, DENSITIES },
        { "log_posterior", build.log_posterior, 1, DENSITIES },
    };
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++)
        if (outputs[i].wanted_by & needed)
            vae__checked(building, ".build", outputs[i].name, outputs[i].node, outputs[i].size);
    building->posterior = (vae_posterior_nodes){ build.mean, build.logvar };
    return build;
}

/* The same on latents alone: x, or its mean. */
static vae_node *run_build_from_z(vae__building *building, vae_node *z, bool draw)
{
    vae_build build = build_of(building);
    build.x = build.encoder_x = build.mask = NULL;
    build.z = z;
    building->model->declaration.build(&build);
    return vae__checked(building, ".build", draw ? "x_draw" : "x_mean", draw ? build.x_draw : build.x_mean,
                        building->model->x_size);
}

/* ---- The kinds --------------------------------------------------------------------------------------------------- */

/* That of the first stochastic layer is called z, that of the second z2; where the prior is to estimate a likelihood,
 * "prior z", so that its draws are none of the posterior's. */
static vae_node *latent_noise(const vae__building *building, int index)
{
    const int64_t samples = building->needs.samples, *size = &building->model->declaration.latents[index].size;
    vae_graph *graph = building->built->graph;
    const char *prefix = building->request->kind == VAE__PRIOR_WEIGHTS ? "prior " : "";
    char label[24];
    snprintf(label, sizeof label, "%sz", prefix);
    if (index)
        snprintf(label, sizeof label, "%sz%d", prefix, index + 1);
    return samples ? vae_noise_samples(graph, VAE_NORMAL, label, samples, 1, size)
                   : vae_noise(graph, VAE_NORMAL, label, 1, size);
}

static vae_node *repeat(vae_node *node, int64_t samples)
{
    return node && vae_node_rows(node) ? vae_repeat(node, samples) : node;
}

static vae_node *mean_of_samples(vae_node *node)
{
    return node && vae_node_rows(node) > 1 ? vae_mean_samples(node) : node;
}

/* From here on everything has a row for each sample of z, if samples are wanted. */
static void begin_samples(vae__building *building)
{
    const int64_t samples = building->needs.samples;
    if (!samples)
        return;
    for (int i = 0; i < building->model->condition_count; i++) {
        building->conditions[i].node = repeat(building->conditions[i].node, samples);
        for (int network = 0; network < VAE__NETWORKS; network++)
            building->entries[network][i].node = repeat(building->entries[network][i].node, samples);
    }
    building->prior_hidden = repeat(building->prior_hidden, samples);
    bool same = building->encoder_x == building->x;
    building->x = repeat(building->x, samples);
    building->encoder_x = same ? building->x : repeat(building->encoder_x, samples);
    building->mask = repeat(building->mask, samples);
    building->jacobian = repeat(building->jacobian, samples);
    building->given = repeat(building->given, samples);
    building->rows = samples;
}

/* Back to a row for each example, as `single` was. */
static void end_samples(vae__building *building, const vae__building *single)
{
    const vae_status status = building->status;
    const vae_posterior_nodes posterior = building->posterior;
    *building = *single;
    building->posterior = posterior;
    building->status = status;
}

static vae_terms terms_by_hand(vae__building *building)
{
    begin_samples(building);
    vae_build build = run_build(building, latent_noise(building, 0));
    return (vae_terms){ .reconstruction = vae__in_units(build.reconstruction, building->jacobian),
                        .kl = mean_of_samples(build.kl),
                        .log_prior = build.log_prior,
                        .log_posterior = build.log_posterior };
}

/* log p(z1, ..., zn) and log q(z1, ..., zn | x) of a hierarchy: Burda, Grosse, Salakhutdinov 2015, equations 1 and 2.
 */
static void add_hierarchy(vae__building *building, vae_node *z, vae_terms *terms)
{
    for (int i = 1; i < building->model->latent_count; i++) {
        vae_posterior_nodes q = vae__build_upper(building, i, z);
        vae_node *above = vae__posterior_sample(building, &q, latent_noise(building, i));
        vae_posterior_nodes p = vae__build_lower(building, i, above);
        vae_node *log_p = vae_loglik_gaussian(z, p.mean, p.logvar, NULL);
        terms->log_posterior = vae_add(terms->log_posterior, vae__posterior_log(building, &q, above));
        terms->log_prior = terms->log_prior ? vae_add(terms->log_prior, log_p) : log_p;
        z = above;
    }
    vae_node *log_p = vae__prior_log(building, z);
    terms->log_prior = terms->log_prior ? vae_add(terms->log_prior, log_p) : log_p;
}

/* The encoder's own output is repeated, for we know what it is. */
static vae_terms terms_of_samples(vae__building *building)
{
    vae_terms terms = { .reconstruction = NULL };
    const int64_t samples = building->needs.samples;
    vae_posterior_nodes q = building->posterior;
    begin_samples(building);
    vae_node *noise = latent_noise(building, 0);
    if (samples)
        q = (vae_posterior_nodes){ repeat(q.mean, samples), repeat(q.logvar, samples) };
    vae_node *z = vae__posterior_sample(building, &q, noise);
    vae_heads heads = vae__build_decoder(building, z);
    terms.reconstruction = vae__in_units(vae__build_log(building, &heads), building->jacobian);
    if (building->needs.densities) {
        terms.log_posterior = vae__posterior_log(building, &q, z);
        add_hierarchy(building, z, &terms);
    }
    return terms;
}

bool vae__model_tells_dimensions(const vae_model *model)
{
    const vae_prior *prior = model->prior.row; /* NULL of a graph by hand, and of a regression */
    return model->latent_count == 1 && prior && prior->kl_dimensions;
}

/* Is there a closed form of KL(q ‖ p)? Of a hierarchy there is none. */
static bool has_kl(const vae_model *model)
{
    return model->latent_count == 1 && ((const vae_prior *)model->prior.row)->kl;
}

static vae_terms terms_of_networks(vae__building *building)
{
    const bool closed = has_kl(building->model);
    building->needs.densities |= !closed;
    vae__build_posterior(building);
    const vae__building single = *building;
    vae_terms terms = terms_of_samples(building);
    if (!closed)
        terms.kl = mean_of_samples(vae_sub(terms.log_posterior, terms.log_prior));
    end_samples(building, &single);
    if (closed)
        terms.kl = vae__build_kl(building);
    if (building->needs.kl_dimensions)
        terms.kl_dimensions = vae__build_kl_dimensions(building);
    return terms;
}

/* log p(x | conditions); the KL of no z is 0. */
static vae_terms terms_of_regression(vae__building *building)
{
    vae_heads heads = vae__build_decoder(building, NULL);
    vae_node *log_p = vae__in_units(vae__build_log(building, &heads), building->jacobian);
    return (vae_terms){ .reconstruction = log_p, .kl = vae_scale(log_p, 0) };
}

static vae_terms build_terms(vae__building *building)
{
    vae__build_fields(building, true);
    const vae__building single = *building;
    if (building->model->regresses)
        return terms_of_regression(building);
    if (!building->model->declaration.build)
        return terms_of_networks(building);
    vae_terms terms = terms_by_hand(building);
    end_samples(building, &single);
    return terms;
}

static void build_training(vae__building *building)
{
    const vae_model *model = building->model;
    const vae_objective *objective = model->objective.row;
    vae__model_graph *built = building->built;
    if (objective->needs)
        building->needs = objective->needs(model->objective.arguments);
    if (building->needs.samples <= 1)
        building->needs.samples = 0;
    if (building->needs.epoch)
        built->epoch = vae_input(built->graph, "epoch", 1, (int64_t[]){ 1 });
    vae_terms terms = build_terms(building);
    terms.epoch = built->epoch;
    vae_node *bound = vae__checked_of_row(building, VAE__OBJECTIVE, objective, "build",
                                          objective->build(model->objective.arguments, &terms), 1);
    built->objective = vae_mean_rows(vae_negate(bound));
    built->reconstruction = vae_mean_rows(terms.reconstruction);
    built->kl = vae_mean_rows(terms.kl);
}

static void build_evaluation(vae__building *building)
{
    vae__model_graph *built = building->built;
    building->needs.kl_dimensions = building->request->kl_dimensions && vae__model_tells_dimensions(building->model);
    vae_terms terms = build_terms(building);
    built->kl_dimensions = terms.kl_dimensions;
    built->reconstruction = terms.reconstruction;
    built->kl = terms.kl;
    built->mean = building->posterior.mean;
    if (building->mask)
        built->observed = vae_sum(building->mask, 0);
}

static void build_weights(vae__building *building)
{
    building->needs = (vae_needs){ .samples = building->request->samples, .densities = true };
    vae_terms terms = build_terms(building);
    building->built->log_weight = building->model->regresses
                                      ? repeat(terms.reconstruction, building->request->samples)
                                      : vae_sub(vae_add(terms.reconstruction, terms.log_prior), terms.log_posterior);
}

/* Gives the mean of x, and the same in the data's units. */
static void give_x(vae__building *building, vae_node *x)
{
    vae__transform_context context =
        vae__transform_context_of(building, -1, "fields/x/transform", "binarize", building->model->declaration.x.type);
    building->built->x_mean = x;
    building->built->x_units = vae__transforms_undo(&context, &building->model->transform, x);
}

/* x from z; `draw`: drawn, not its mean. */
static void build_from_z(vae__building *building, vae_node *z, bool draw)
{
    if (building->model->declaration.build) {
        give_x(building, vae__build_complete(building, run_build_from_z(building, z, draw)));
        return;
    }
    vae_heads heads = vae__build_decoder(building, z);
    vae_node *x = draw ? vae__build_draw(building, &heads) : vae__build_mean(building, &heads);
    give_x(building, vae__build_complete(building, x));
}

/* z1 from the noise of every stochastic layer, the last one's first. */
static vae_node *sample_latents(vae__building *building, double temperature)
{
    const vae_model *model = building->model;
    int index = model->latent_count - 1;
    vae_node *z = vae_scale(latent_noise(building, index), temperature);
    if (!model->declaration.build)
        z = vae__prior_sample(building, z);
    for (; index; index--) {
        vae_posterior_nodes p = vae__build_lower(building, index, z);
        z = vae_gaussian_sample(p.mean, p.logvar, vae_scale(latent_noise(building, index - 1), temperature));
    }
    return z;
}

/* All of an example, such as how it is binarised, is as in build_weights. */
static void build_prior_weights(vae__building *building)
{
    building->needs.samples = building->request->samples;
    vae__build_fields(building, true);
    begin_samples(building);
    vae_heads heads = vae__build_decoder(building, building->model->regresses ? NULL : sample_latents(building, 1));
    building->built->log_weight = vae__in_units(vae__build_log(building, &heads), building->jacobian);
}

static void build_sampling(vae__building *building)
{
    vae__model_graph *built = building->built;
    vae__build_fields(building, false);
    built->z_used = building->model->regresses ? NULL : sample_latents(building, building->request->temperature);
    build_from_z(building, built->z_used, building->request->draw);
}

/* x and its part that is seen are an example's, as its binarisation is; all noise behind them is a sample's. */
static void build_completion(vae__building *building)
{
    vae__model_graph *built = building->built;
    building->needs.samples = building->request->samples;
    vae__build_fields(building, true);
    built->modelled = building->x;
    built->observed_mask = building->observed;
    begin_samples(building);
    vae__graph_noise_samples(built->graph, building->needs.samples);
    built->z_used = building->model->regresses ? NULL : sample_latents(building, 1);
    build_from_z(building, built->z_used, building->request->draw);
}

static void build_decoding(vae__building *building)
{
    vae__model_graph *built = building->built;
    vae__build_fields(building, false);
    built->z = vae_input(built->graph, "z", 1, &building->model->declaration.latents[0].size);
    build_from_z(building, built->z, false);
}

static void build_posterior(vae__building *building)
{
    vae__build_fields(building, true);
    if (building->model->declaration.build)
        run_build(building, latent_noise(building, 0));
    else if (!building->model->regresses)
        vae__build_posterior(building);
    building->built->mean = building->posterior.mean;
    building->built->logvar = building->posterior.logvar;
}

static void build_reconstruction(vae__building *building)
{
    vae__model_graph *built = building->built;
    build_posterior(building);
    built->modelled = building->x;
    built->observed_mask = building->observed;
    build_from_z(building, built->mean, false);
}

static void build_fields(vae__building *building)
{
    vae__build_fields(building, true);
    building->built->observed_mask = building->observed;
    if (!building->request->enters)
        return;
    vae_graph_keep(building->x);
    vae_graph_keep(building->encoder_x);
    for (int i = 0; i < building->model->condition_count; i++)
        vae_graph_keep(building->conditions[i].node);
}

static void (*const builders[])(vae__building *) = {
    [VAE__TRAINING] = build_training, [VAE__EVALUATION] = build_evaluation,
    [VAE__WEIGHTS] = build_weights,   [VAE__PRIOR_WEIGHTS] = build_prior_weights,
    [VAE__SAMPLING] = build_sampling, [VAE__ENCODING] = build_posterior,
    [VAE__DECODING] = build_decoding, [VAE__RECONSTRUCTION] = build_reconstruction,
    [VAE__FIELDS] = build_fields,     [VAE__COMPLETION] = build_completion,
};

/* ---- Compiling --------------------------------------------------------------------------------------------------- */

static vae_status check_draw(const vae_model *model)
{
    const vae_likelihood *likelihood = model->likelihood.row;
    if (model->declaration.build || likelihood->draw)
        return vae__ok();
    return vae__error(VAE_ERROR_UNSUPPORTED, "the likelihood %s gives means, and cannot be drawn from",
                      likelihood->word.name);
}

static vae_status check_objective(const vae_model *model)
{
    const vae_objective *objective = model->objective.row;
    const vae_prior *prior = model->prior.row; /* NULL of a graph by hand */
    bool wanted = objective->needs && objective->needs(model->objective.arguments).kl_dimensions;
    if (wanted && model->latent_count > 1)
        return vae__error(VAE_ERROR_UNSUPPORTED,
                          "objective: \"%s\" wants the KL of each dimension of z, which a hierarchy does not give",
                          model->declaration.objective);
    if (!wanted || (prior && prior->kl_dimensions))
        return vae__ok();
    return vae__error(VAE_ERROR_UNSUPPORTED,
                      "objective: \"%s\" wants the KL of each dimension of z, which %s%s does "
                      "not give",
                      model->declaration.objective, prior ? "the prior " : "a .build", prior ? prior->word.name : "");
}

static vae_status check_request(const vae_model *model, const vae__graph_request *request)
{
    if (request->kind == VAE__TRAINING)
        return check_objective(model);
    if (model->regresses && (request->kind == VAE__ENCODING || request->kind == VAE__DECODING))
        return vae__error(VAE_ERROR_UNSUPPORTED, "objective: \"%s\" is without z, which there is nothing to %s",
                          model->declaration.objective, request->kind == VAE__ENCODING ? "encode to" : "decode from");
    return request->draw ? check_draw(model) : vae__ok();
}

static vae_status build(const vae_model *model, const vae__graph_request *request, vae__model_graph *built)
{
    VAE__TRY(check_request(model, request));
    VAE__TRY(vae_graph_new(&built->graph));
    vae__building building = { .model = model, .request = request, .built = built, .rows = 1 };
    builders[request->kind](&building);
    VAE__TRY(building.status);
    vae_node *const outputs[] = { built->reconstruction, built->kl,       built->mean,
                                  built->logvar,         built->z,        built->log_weight,
                                  built->observed,       built->modelled, built->x_mean,
                                  built->x_units,        built->z_used,   built->observed_mask,
                                  built->kl_dimensions };
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++)
        vae_graph_keep(outputs[i]);
    return vae_graph_compile(built->graph, model->store,
                             &(vae_compile_options){ .objective = built->objective, .known = !request->enters },
                             &built->program);
}

vae_status vae__model_graph_check(const vae_model *model, const vae__graph_request *request)
{
    return vae__error_within(check_request(model, request), "%s: ", model->declaration.name);
}

vae_status vae__model_graph_new(const vae_model *model, const vae__graph_request *request, vae__model_graph *built)
{
    *built = (vae__model_graph){ 0 };
    vae_status status = vae__error_within(build(model, request, built), "%s: ", model->declaration.name);
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
