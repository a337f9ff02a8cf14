/* Networks of a graph, by the rows of the tables: posterior, decoder and likelihood, prior. */
#include <stdio.h>

#include "models/building.h"

enum { NAME_SIZE = 160 };

/* Of a graph alone: no conditions, no x. */
static vae_network network_alone(const vae__building *building, const char *name)
{
    return (vae_network){ .graph = building->built->graph,
                          .name = name,
                          .catalogue = building->model->catalogue,
                          .trains = building->request->kind == VAE__TRAINING,
                          .x_size = building->model->x_size,
                          .built = building->built };
}

static vae_network network_of(const vae__building *building, vae__network_place place, const char *name)
{
    vae_network network = network_alone(building, name);
    network.conditions = building->entries[place];
    network.condition_count = building->model->condition_count;
    return network;
}

void vae__image_of(const int64_t *shape, int rank, int64_t image[3])
{
    const bool is = rank == 2 || rank == 3;
    for (int i = 0; i < 3; i++)
        image[i] = !is ? 0 : i < rank ? shape[i] : 1;
}

/* ---- Conditions on their way ------------------------------------------------------------------------------------- */

/* A condition behind layers of its own: a network that nothing else goes into. */
static vae__network_condition behind(const vae__building *building, vae__network_condition condition,
                                     const vae__phrases *layers, const char *name)
{
    vae_network network = network_alone(building, name);
    network.conditions = &condition;
    network.condition_count = 1;
    network.bare = true;
    condition.layer = 0;
    if (!layers->count)
        return condition;
    vae_node *node = vae__network_build(&network, layers, NULL);
    vae__network_condition made = { .spec = condition.spec, .size = node ? vae_node_size(node) : 1, .node = node };
    if (node && vae_node_rank(node) == 3)
        vae__image_of(vae_node_shape(node), 3, made.image);
    return made;
}

/* The likelihood's heads on what the layers make of x: the last of them, where it is one that makes heads, is made for
 * each. */
static vae_heads heads_behind(const vae__building *building, vae_network *network, const vae__phrases *layers,
                              vae_node *x)
{
    const vae__phrase *last = layers->count ? &layers->phrases[layers->count - 1] : NULL;
    const vae_likelihood *likelihood = building->model->likelihood.row;
    if (last && ((const vae_layer *)last->row)->makes_heads)
        network->head = last;
    vae_node *h = vae__network_build(network, layers, x);
    return likelihood->heads(network, building->model->likelihood.arguments, h, building->model->x_size);
}

static void add_entries(vae__building *building, int index)
{
    static const char *const into[] = {
        [VAE__ENCODER] = "encoder", [VAE__DECODER] = "decoder", [VAE__PRIOR_NETWORK] = "prior"
    };
    const vae__model_field *field = &building->model->conditions[index];
    const char *condition = building->model->declaration.conditions[index].name;
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "conditions/%s", condition);
    vae__network_condition shared = behind(building, building->conditions[index], &field->layers, name);
    for (int i = 0; i < VAE__NETWORKS; i++) {
        snprintf(name, sizeof name, "conditions/%s/%s", condition, into[i]);
        building->entries[i][index] = behind(building, shared, &field->layers_into[i], name);
        building->entries[i][index].layer = field->enters[i];
    }
}

/* The regression sees the part of x as it would without a baseline; what it answers takes the place of what is hidden.
 */
void vae__build_baseline(vae__building *building, int place)
{
    const vae_model *model = building->model;
    const vae_likelihood *likelihood = model->likelihood.row;
    vae__network_condition seen = building->conditions[place];
    vae_network network = network_alone(building, "baseline");
    network.conditions = &seen;
    network.condition_count = 1;
    network.bare = true;
    network.frozen = true;
    vae_heads heads = heads_behind(building, &network, &model->conditions[place].baseline, NULL);
    vae_node *answer = vae__build_as_seen(building, likelihood->mean(model->likelihood.arguments, &heads));
    building->conditions[place].node = vae_add(vae_mul(answer, building->hidden), vae_add(seen.node, building->hidden));
}

void vae__build_entries(vae__building *building)
{
    const vae_model *model = building->model;
    for (int i = 0; i < model->condition_count; i++)
        add_entries(building, i);
    vae_network prior = network_of(building, VAE__PRIOR_NETWORK, "prior");
    prior.bare = true;
    building->prior_hidden = vae__network_build(&prior, &model->prior_layers, NULL);
    building->prior_open = prior.open;
}

/* Of the conditions alone. */
static vae_network prior_network(const vae__building *building)
{
    vae_network network = network_of(building, VAE__PRIOR_NETWORK, "prior");
    network.layers = building->model->prior_layers.count;
    network.open = building->prior_open;
    network.hidden = building->prior_hidden;
    network.bare = !network.hidden;
    return network;
}

/* ---- Posterior, decoder, prior ----------------------------------------------------------------------------------- */

static int64_t latent_size(const vae__building *building, int index)
{
    return building->model->declaration.latents[index].size;
}

/* The heads of q(z | ...) on what the layers of `encoder` make of `below`. */
static vae_posterior_nodes posterior_of(vae__building *building, vae_network *encoder, const vae__phrases *layers,
                                        vae_node *below, int64_t size)
{
    const vae__phrase *phrase = &building->model->posterior;
    const vae_posterior *posterior = phrase->row;
    vae_node *h = vae__network_build(encoder, layers, below);
    vae_posterior_nodes q = posterior->heads(encoder, phrase->arguments, h, size);
    vae__checked_of_row(building, VAE__POSTERIOR, posterior, "heads: mean", q.mean, size);
    vae__checked_of_row(building, VAE__POSTERIOR, posterior, "heads: logvar", q.logvar, size);
    return q;
}

void vae__build_posterior(vae__building *building)
{
    vae_network encoder = network_of(building, VAE__ENCODER, "encoder");
    vae__image_of(building->model->declaration.x.shape, building->model->x_rank, encoder.image);
    vae_node *below = vae__is_per_example(building->model) ? building->built->row : building->encoder_x;
    building->posterior = posterior_of(building, &encoder, &building->model->encoder, below, latent_size(building, 0));
}

/* "encoder2" for the second stochastic layer, whose index is 1. */
static vae_network network_between(const vae__building *building, vae__network_place place, const char *what, int index,
                                   char name[NAME_SIZE])
{
    snprintf(name, NAME_SIZE, "%s%d", what, index + 1);
    return network_of(building, place, name);
}

vae_posterior_nodes vae__build_upper(vae__building *building, int index, vae_node *below)
{
    char name[NAME_SIZE];
    vae_network encoder = network_between(building, VAE__ENCODER, "encoder", index, name);
    return posterior_of(building, &encoder, &building->model->latent_encoders[index], below,
                        latent_size(building, index));
}

vae_posterior_nodes vae__build_lower(const vae__building *building, int index, vae_node *above)
{
    char name[NAME_SIZE];
    vae_network decoder = network_between(building, VAE__DECODER, "decoder", index, name);
    vae_node *h = vae__network_build(&decoder, &building->model->latent_decoders[index], above);
    const int64_t size = latent_size(building, index - 1);
    return (vae_posterior_nodes){ .mean = vae_network_head(&decoder, h, size, "mean"),
                                  .logvar = vae_network_head(&decoder, h, size, "logvar") };
}

/* p(x | z); the conditions have as many rows as z. */
vae_heads vae__build_decoder(const vae__building *building, vae_node *z)
{
    vae_network decoder = network_of(building, VAE__DECODER, "decoder");
    decoder.bare = !z;
    return heads_behind(building, &decoder, &building->model->decoder, z);
}

vae_node *vae__build_mean(vae__building *building, const vae_heads *heads)
{
    const vae_likelihood *likelihood = building->model->likelihood.row;
    return vae__checked_of_row(building, VAE__LIKELIHOOD, likelihood, "mean",
                               likelihood->mean(building->model->likelihood.arguments, heads), building->model->x_size);
}

vae_node *vae__build_draw(vae__building *building, const vae_heads *heads)
{
    const vae_likelihood *likelihood = building->model->likelihood.row;
    return vae__checked_of_row(building, VAE__LIKELIHOOD, likelihood, "draw",
                               likelihood->draw(building->model->likelihood.arguments, building->built->graph, heads),
                               building->model->x_size);
}

/* log p(x | z) in the units that x is stored in: of a density, the transform's Jacobian counts. */
vae_node *vae__in_units(vae_node *log_p, vae_node *jacobian)
{
    return jacobian ? vae_add(log_p, jacobian) : log_p;
}

vae_node *vae__build_log(vae__building *building, const vae_heads *heads)
{
    const vae_likelihood *likelihood = building->model->likelihood.row;
    return vae__checked_of_row(
        building, VAE__LIKELIHOOD, likelihood, "log",
        likelihood->log(building->model->likelihood.arguments, building->x, heads, building->mask), 1);
}

vae_node *vae__posterior_log(vae__building *building, const vae_posterior_nodes *q, vae_node *z)
{
    const vae__phrase *phrase = &building->model->posterior;
    const vae_posterior *posterior = phrase->row;
    return vae__checked_of_row(building, VAE__POSTERIOR, posterior, "log", posterior->log(phrase->arguments, q, z), 1);
}

vae_node *vae__posterior_sample(vae__building *building, const vae_posterior_nodes *q, vae_node *noise)
{
    const vae__phrase *phrase = &building->model->posterior;
    const vae_posterior *posterior = phrase->row;
    return vae__checked_of_row(building, VAE__POSTERIOR, posterior, "sample",
                               posterior->sample(phrase->arguments, q, noise), noise ? vae_node_size(noise) : 0);
}

/* The prior is that of the last stochastic layer. */
static int64_t prior_size(const vae__building *building)
{
    return latent_size(building, building->model->latent_count - 1);
}

vae_node *vae__prior_log(vae__building *building, vae_node *z)
{
    const vae__phrase *phrase = &building->model->prior;
    const vae_prior *prior = phrase->row;
    vae_network network = prior_network(building);
    return vae__checked_of_row(building, VAE__PRIOR, prior, "log", prior->log(&network, phrase->arguments, z), 1);
}

vae_node *vae__prior_sample(vae__building *building, vae_node *noise)
{
    const vae__phrase *phrase = &building->model->prior;
    const vae_prior *prior = phrase->row;
    vae_network network = prior_network(building);
    if (!prior->sample)
        return noise;
    return vae__checked_of_row(building, VAE__PRIOR, prior, "sample", prior->sample(&network, phrase->arguments, noise),
                               prior_size(building));
}

vae_node *vae__build_kl(vae__building *building)
{
    const vae__phrase *phrase = &building->model->prior;
    const vae_prior *prior = phrase->row;
    vae_network network = prior_network(building);
    return vae__checked_of_row(building, VAE__PRIOR, prior, "kl",
                               prior->kl(&network, phrase->arguments, &building->posterior), 1);
}

vae_node *vae__build_kl_dimensions(vae__building *building)
{
    const vae__phrase *phrase = &building->model->prior;
    const vae_prior *prior = phrase->row;
    vae_network network = prior_network(building);
    return vae__checked_of_row(building, VAE__PRIOR, prior, "kl_dimensions",
                               prior->kl_dimensions(&network, phrase->arguments, &building->posterior),
                               prior_size(building));
}
