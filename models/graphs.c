/* The graphs of a model: for training, evaluation, importance weights, sampling, encoding, decoding, and its fields. */
#include <stdio.h>
#include <string.h>

#include "graph/op.h"
#include "models/model.h"
#include "models/parts.h"
#include "src/base/status.h"

enum { WHERE_SIZE = 128 };

/* What is known while a graph is built. */
typedef struct vae__building {
    const vae_model *model;
    const vae__graph_request *request;
    vae__model_graph *built;
    vae__network_condition conditions[VAE_MAX_CONDITIONS]; /* transformed */
    vae_node *x, *encoder_x; /* as the likelihood scores it, and as the encoder sees it; 0 where masked */
    vae_node *mask;          /* NULL: all values are observed */
    vae_node *jacobian;      /* log |d modelled / d stored| of the observed values; NULL: 0 */
    vae_posterior_nodes posterior;
    vae_node *z;
    vae_needs needs;   /* of this graph; samples are 0 where z has a single row, and noise of the example alone */
    int64_t rows;      /* for each example, of what is built now */
    vae_status status; /* the first output that is not what it must be */
} vae__building;

/* ---- What rows of a table and builders by hand give -------------------------------------------------------------- */

static bool has_shape(const vae_node *node, const vae_node *expected)
{
    return node->rank == expected->rank && node->rows == expected->rows &&
           !memcmp(node->shape, expected->shape, (size_t)node->rank * sizeof *node->shape);
}

/* An output must be there, a node of this graph, and of shape (rows, size); of whom it is, and its name, for a message.
 * After a mistake in the graph nothing is asked: it has its message. Returns the node. */
static vae_node *checked(vae__building *building, const char *whose, const char *name, vae_node *node, int64_t size)
{
    const vae_graph *graph = building->built->graph;
    if (building->status.code || vae_graph_status(graph).code)
        return node;
    char wanted[VAE__SHAPE_TEXT], found[VAE__SHAPE_TEXT];
    const vae_node expected = { .rank = 1, .shape = { size }, .size = size, .rows = building->rows };
    if (!node)
        building->status = vae__error(VAE_ERROR_DECLARATION, "%s: %s: expected a node of shape %s, found none", whose,
                                      name, vae__shape_text(&expected, wanted));
    else if (node->graph != graph)
        building->status = vae__error(VAE_ERROR_DECLARATION, "%s: %s: is a node of another graph", whose, name);
    else if (!has_shape(node, &expected))
        building->status = vae__error(VAE_ERROR_DECLARATION, "%s: %s: expected shape %s, found %s", whose, name,
                                      vae__shape_text(&expected, wanted), vae__shape_text(node, found));
    return node;
}

/* The same of what a function of a table's row gives: "likelihood student-t: log: …". */
static vae_node *checked_of_row(vae__building *building, vae__part part, const void *row, const char *function,
                                vae_node *node, int64_t size)
{
    char whose[WHERE_SIZE];
    snprintf(whose, sizeof whose, "%s %.60s", vae__words(part, NULL).what, ((const vae_word *)row)->name);
    return checked(building, whose, function, node, size);
}

/* ---- Fields ------------------------------------------------------------------------------------------------------ */

/* Nothing is drawn where a mean is asked for. */
static bool is_grey(vae__graph_kind kind)
{
    return kind == VAE__ENCODING || kind == VAE__RECONSTRUCTION || kind == VAE__DECODING;
}

static vae__transform_context context_of(const vae__building *building, int field, const char *where, const char *noise,
                                         vae_type type)
{
    const vae__graph_request *request = building->request;
    return (vae__transform_context){ .graph = building->built->graph,
                                     .where = where,
                                     .field = field,
                                     .noise = noise,
                                     .type = type,
                                     .grey = is_grey(request->kind),
                                     .range = vae__range_of(type),
                                     .points = request->kind == VAE__FIELDS ? building->built : NULL };
}

static void add_condition(vae__building *building, int index)
{
    const vae_condition_spec *spec = &building->model->declaration.conditions[index];
    const vae__model_field *field = &building->model->conditions[index];
    int64_t width = spec->kind == VAE_CLASS ? 1 : field->size;
    vae_node *node = vae_input(building->built->graph, spec->name, 1, &width);
    building->built->conditions[index] = node;
    if (spec->kind != VAE_CLASS) {
        char where[WHERE_SIZE];
        snprintf(where, sizeof where, "fields/%s/transform", spec->name);
        vae__transform_context context =
            context_of(building, index, where, where, building->request->condition_types[index]);
        node = vae__transforms_build(&context, &field->transform, node);
    }
    building->conditions[index] = (vae__network_condition){ spec, field->size, node };
}

static void add_conditions(vae__building *building)
{
    for (int i = 0; i < building->model->condition_count; i++)
        add_condition(building, i);
}

/* Which values were observed: by the mask that is bound, and by the values themselves. */
static void add_mask(vae__building *building)
{
    const vae_x_spec *spec = &building->model->declaration.x;
    vae__model_graph *built = building->built;
    bool floats = !vae__range_of(building->request->x_type).finite;
    vae_node *seen = NULL;
    if (spec->has_fill_value || (floats && spec->missing == VAE_MISSING_MASK))
        seen = vae_observed(built->x, spec->has_fill_value ? &spec->fill_value : NULL);
    if (building->request->masked)
        built->mask = vae_input(built->graph, "mask", 1, &building->model->x_size);
    building->mask = seen && built->mask ? vae_mul(seen, built->mask) : seen ? seen : built->mask;
}

/* Σ mask · log |d modelled / d stored|. */
static vae_node *total_jacobian(const vae__building *building, const vae__transform_context *context)
{
    vae_node *mask = building->mask, *each = context->log_jacobians, *total = NULL;
    double all = context->log_jacobian * (double)building->model->x_size;
    if (each && mask)
        each = vae_node_rows(each) ? vae_fill(each, mask, 0) : vae_mul(mask, each);
    if (each)
        total = vae_sum(each, 0);
    if (!(all < 0 || all > 0))
        return total;
    vae_node *same = mask ? vae_scale(vae_sum(mask, 0), context->log_jacobian)
                          : vae_constant(context->graph, 1, (int64_t[]){ 1 }, &all);
    if (!total)
        return same;
    return vae_node_rows(total) ? vae_add(total, same) : vae_add(same, total);
}

static vae_node *observed_alone(const vae__building *building, vae_node *x)
{
    return building->mask ? vae_fill(x, building->mask, 0) : x;
}

static void add_x(vae__building *building)
{
    const vae_model *model = building->model;
    const vae_likelihood *likelihood = model->likelihood.row;
    vae__model_graph *built = building->built;
    built->x = vae_input(built->graph, "x", 1, &model->x_size);
    add_mask(building);
    vae__transform_context context =
        context_of(building, -1, "fields/x/transform", "binarize", building->request->x_type);
    context.mask = building->mask;
    vae_node *x = vae__transforms_build(&context, &model->transform, built->x);
    double high = likelihood->highest ? likelihood->highest(model->likelihood.arguments) : likelihood->high;
    vae__transform_check(&context, likelihood->word.name, x, likelihood->low, high, likelihood->whole);
    building->x = building->encoder_x = observed_alone(building, x);
    building->jacobian = likelihood->density ? total_jacobian(building, &context) : NULL;
    if (model->one_transform)
        return;
    context = context_of(building, -1, "fields/x/encoder_transform", "binarize", building->request->x_type);
    context.mask = building->mask;
    building->encoder_x =
        observed_alone(building, vae__transforms_build(&context, &model->encoder_transform, built->x));
}

/* ---- Networks ---------------------------------------------------------------------------------------------------- */

static vae_network network_of(const vae__building *building, const char *name)
{
    return (vae_network){ .graph = building->built->graph,
                          .name = name,
                          .catalogue = building->model->catalogue,
                          .conditions = building->conditions,
                          .condition_count = building->model->condition_count };
}

/* Of the conditions alone. */
static vae_network prior_network(const vae__building *building)
{
    vae_network network = network_of(building, "prior");
    network.bare = true;
    return network;
}

static void add_posterior(vae__building *building)
{
    const vae_model *model = building->model;
    vae_network encoder = network_of(building, "encoder");
    vae_node *h = vae__network_build(&encoder, &model->encoder, building->encoder_x);
    const vae_posterior *posterior = model->posterior.row;
    int64_t size = model->declaration.latents[0].size;
    building->posterior = posterior->heads(&encoder, model->posterior.arguments, h, size);
    checked_of_row(building, VAE__POSTERIOR, posterior, "heads: mean", building->posterior.mean, size);
    checked_of_row(building, VAE__POSTERIOR, posterior, "heads: logvar", building->posterior.logvar, size);
}

/* p(x | z); the conditions have as many rows as z. */
static vae_heads add_decoder(const vae__building *building, vae_node *z)
{
    const vae_model *model = building->model;
    vae_network decoder = network_of(building, "decoder");
    vae_node *h = vae__network_build(&decoder, &model->decoder, z);
    const vae_likelihood *likelihood = model->likelihood.row;
    return likelihood->heads(&decoder, model->likelihood.arguments, h, model->x_size);
}

static vae_node *add_mean(vae__building *building, const vae_heads *heads)
{
    const vae_likelihood *likelihood = building->model->likelihood.row;
    return checked_of_row(building, VAE__LIKELIHOOD, likelihood, "mean",
                          likelihood->mean(building->model->likelihood.arguments, heads), building->model->x_size);
}

static vae_node *add_draw(vae__building *building, const vae_heads *heads)
{
    const vae_likelihood *likelihood = building->model->likelihood.row;
    return checked_of_row(building, VAE__LIKELIHOOD, likelihood, "draw",
                          likelihood->draw(building->model->likelihood.arguments, building->built->graph, heads),
                          building->model->x_size);
}

/* log p(x | z) in the units that x is stored in: of a density, the transform's Jacobian counts. */
static vae_node *in_units(vae_node *log_p, vae_node *jacobian)
{
    return jacobian ? vae_add(log_p, jacobian) : log_p;
}

static vae_node *add_log(vae__building *building, const vae_heads *heads)
{
    const vae_likelihood *likelihood = building->model->likelihood.row;
    return checked_of_row(building, VAE__LIKELIHOOD, likelihood, "log",
                          likelihood->log(building->model->likelihood.arguments, building->x, heads, building->mask),
                          1);
}

static vae_node *posterior_log(vae__building *building, const vae_posterior_nodes *q)
{
    const vae_posterior *posterior = building->model->posterior.row;
    return checked_of_row(building, VAE__POSTERIOR, posterior, "log",
                          posterior->log(building->model->posterior.arguments, q, building->z), 1);
}

static vae_node *posterior_sample(vae__building *building, const vae_posterior_nodes *q, vae_node *noise)
{
    const vae_posterior *posterior = building->model->posterior.row;
    return checked_of_row(building, VAE__POSTERIOR, posterior, "sample",
                          posterior->sample(building->model->posterior.arguments, q, noise),
                          building->model->declaration.latents[0].size);
}

static vae_node *prior_log(vae__building *building)
{
    const vae_prior *prior = building->model->prior.row;
    vae_network network = prior_network(building);
    return checked_of_row(building, VAE__PRIOR, prior, "log",
                          prior->log(&network, building->model->prior.arguments, building->z), 1);
}

static vae_node *prior_sample(vae__building *building, vae_node *noise)
{
    const vae_prior *prior = building->model->prior.row;
    vae_network network = prior_network(building);
    return checked_of_row(building, VAE__PRIOR, prior, "sample",
                          prior->sample(&network, building->model->prior.arguments, noise),
                          building->model->declaration.latents[0].size);
}

static vae_node *add_kl(vae__building *building)
{
    const vae_prior *prior = building->model->prior.row;
    vae_network network = prior_network(building);
    return checked_of_row(building, VAE__PRIOR, prior, "kl",
                          prior->kl(&network, building->model->prior.arguments, &building->posterior), 1);
}

static vae_node *add_kl_dimensions(vae__building *building)
{
    const vae_prior *prior = building->model->prior.row;
    vae_network network = prior_network(building);
    return checked_of_row(building, VAE__PRIOR, prior, "kl_dimensions",
                          prior->kl_dimensions(&network, building->model->prior.arguments, &building->posterior),
                          building->model->declaration.latents[0].size);
}

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
            checked(building, ".build", outputs[i].name, outputs[i].node, outputs[i].size);
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
    return checked(building, ".build", draw ? "x_draw" : "x_mean", draw ? build.x_draw : build.x_mean,
                   building->model->x_size);
}

/* ---- The kinds --------------------------------------------------------------------------------------------------- */

static vae_node *latent_noise(const vae__building *building)
{
    return vae_noise(building->built->graph, VAE_NORMAL, "z", 1, &building->model->declaration.latents[0].size);
}

static vae_node *repeat(vae_node *node, int64_t samples)
{
    return node && vae_node_rows(node) ? vae_repeat(node, samples) : node;
}

static vae_node *mean_of_samples(vae_node *node)
{
    return node && vae_node_rows(node) > 1 ? vae_mean_samples(node) : node;
}

/* From here on everything has a row for each sample of z, if samples are wanted. Returns the noise of z. */
static vae_node *begin_samples(vae__building *building)
{
    const int64_t samples = building->needs.samples;
    if (!samples)
        return latent_noise(building);
    for (int i = 0; i < building->model->condition_count; i++)
        building->conditions[i].node = repeat(building->conditions[i].node, samples);
    bool same = building->encoder_x == building->x;
    building->x = repeat(building->x, samples);
    building->encoder_x = same ? building->x : repeat(building->encoder_x, samples);
    building->mask = repeat(building->mask, samples);
    building->jacobian = repeat(building->jacobian, samples);
    building->rows = samples;
    return vae_noise_samples(building->built->graph, VAE_NORMAL, "z", samples, 1,
                             &building->model->declaration.latents[0].size);
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
    vae_build build = run_build(building, begin_samples(building));
    return (vae_terms){ .reconstruction = in_units(build.reconstruction, building->jacobian),
                        .kl = mean_of_samples(build.kl),
                        .log_prior = build.log_prior,
                        .log_posterior = build.log_posterior };
}

/* The encoder's own output is repeated, for we know what it is. */
static vae_terms terms_of_samples(vae__building *building)
{
    vae_terms terms = { .reconstruction = NULL };
    const int64_t samples = building->needs.samples;
    vae_posterior_nodes q = building->posterior;
    vae_node *noise = begin_samples(building);
    if (samples)
        q = (vae_posterior_nodes){ repeat(q.mean, samples), repeat(q.logvar, samples) };
    building->z = posterior_sample(building, &q, noise);
    vae_heads heads = add_decoder(building, building->z);
    terms.reconstruction = in_units(add_log(building, &heads), building->jacobian);
    if (building->needs.densities) {
        terms.log_posterior = posterior_log(building, &q);
        terms.log_prior = prior_log(building);
    }
    return terms;
}

static vae_terms terms_of_networks(vae__building *building)
{
    const vae_prior *prior = building->model->prior.row;
    building->needs.densities |= !prior->kl;
    add_posterior(building);
    const vae__building single = *building;
    vae_terms terms = terms_of_samples(building);
    if (!prior->kl)
        terms.kl = mean_of_samples(vae_sub(terms.log_posterior, terms.log_prior));
    end_samples(building, &single);
    if (prior->kl)
        terms.kl = add_kl(building);
    if (building->needs.kl_dimensions)
        terms.kl_dimensions = add_kl_dimensions(building);
    return terms;
}

static vae_terms build_terms(vae__building *building)
{
    add_conditions(building);
    add_x(building);
    const vae__building single = *building;
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
    vae_node *bound = checked_of_row(building, VAE__OBJECTIVE, objective, "build",
                                     objective->build(model->objective.arguments, &terms), 1);
    built->objective = vae_mean_rows(vae_negate(bound));
    built->reconstruction = vae_mean_rows(terms.reconstruction);
    built->kl = vae_mean_rows(terms.kl);
}

static void build_evaluation(vae__building *building)
{
    const vae_prior *prior = building->model->prior.row; /* NULL of a graph by hand */
    vae__model_graph *built = building->built;
    building->needs.kl_dimensions = building->request->kl_dimensions && prior && prior->kl_dimensions;
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
    building->built->log_weight = vae_sub(vae_add(terms.reconstruction, terms.log_prior), terms.log_posterior);
}

/* The noise has a name of its own, so that these draws are none of the posterior's; all else of the example, such as
 * how it is binarised, is as in build_weights. */
static void build_prior_weights(vae__building *building)
{
    const int64_t samples = building->request->samples;
    const vae_prior *prior = building->model->prior.row;
    building->needs.samples = samples;
    add_conditions(building);
    add_x(building);
    begin_samples(building);
    vae_node *noise = vae_noise_samples(building->built->graph, VAE_NORMAL, "prior z", samples, 1,
                                        &building->model->declaration.latents[0].size);
    vae_heads heads = add_decoder(building, prior->sample ? prior_sample(building, noise) : noise);
    building->built->log_weight = in_units(add_log(building, &heads), building->jacobian);
}

/* Gives the mean of x, and the same in the data's units. */
static void give_x(vae__building *building, vae_node *x)
{
    vae__transform_context context =
        context_of(building, -1, "fields/x/transform", "binarize", building->model->declaration.x.type);
    building->built->x_mean = x;
    building->built->x_units = vae__transforms_undo(&context, &building->model->transform, x);
}

/* x from z; `draw`: drawn, not its mean. */
static void build_from_z(vae__building *building, vae_node *z, bool draw)
{
    if (building->model->declaration.build) {
        give_x(building, run_build_from_z(building, z, draw));
        return;
    }
    vae_heads heads = add_decoder(building, z);
    give_x(building, draw ? add_draw(building, &heads) : add_mean(building, &heads));
}

static void build_sampling(vae__building *building)
{
    vae__model_graph *built = building->built;
    add_conditions(building);
    built->z = latent_noise(building);
    vae_node *z = vae_scale(built->z, building->request->temperature);
    const vae_prior *prior = building->model->prior.row;
    built->z_used = prior && prior->sample ? prior_sample(building, z) : z;
    build_from_z(building, built->z_used, building->request->draw);
}

static void build_decoding(vae__building *building)
{
    vae__model_graph *built = building->built;
    add_conditions(building);
    built->z = vae_input(built->graph, "z", 1, &building->model->declaration.latents[0].size);
    build_from_z(building, built->z, false);
}

static void build_posterior(vae__building *building)
{
    add_conditions(building);
    add_x(building);
    if (building->model->declaration.build)
        run_build(building, latent_noise(building));
    else
        add_posterior(building);
    building->built->mean = building->posterior.mean;
    building->built->logvar = building->posterior.logvar;
}

static void build_reconstruction(vae__building *building)
{
    vae__model_graph *built = building->built;
    build_posterior(building);
    built->modelled = building->x;
    built->observed_mask = building->mask;
    build_from_z(building, built->mean, false);
}

static void build_fields(vae__building *building)
{
    add_conditions(building);
    add_x(building);
    building->built->observed_mask = building->mask;
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
    [VAE__FIELDS] = build_fields,
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
