/* Networks of a graph, by the rows of the tables: posterior, decoder and likelihood, prior. */
#include "models/building.h"

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

void vae__build_posterior(vae__building *building)
{
    const vae_model *model = building->model;
    vae_network encoder = network_of(building, "encoder");
    vae_node *h = vae__network_build(&encoder, &model->encoder, building->encoder_x);
    const vae_posterior *posterior = model->posterior.row;
    int64_t size = model->declaration.latents[0].size;
    building->posterior = posterior->heads(&encoder, model->posterior.arguments, h, size);
    vae__checked_of_row(building, VAE__POSTERIOR, posterior, "heads: mean", building->posterior.mean, size);
    vae__checked_of_row(building, VAE__POSTERIOR, posterior, "heads: logvar", building->posterior.logvar, size);
}

/* p(x | z); the conditions have as many rows as z. */
vae_heads vae__build_decoder(const vae__building *building, vae_node *z)
{
    const vae_model *model = building->model;
    vae_network decoder = network_of(building, "decoder");
    vae_node *h = vae__network_build(&decoder, &model->decoder, z);
    const vae_likelihood *likelihood = model->likelihood.row;
    return likelihood->heads(&decoder, model->likelihood.arguments, h, model->x_size);
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

vae_node *vae__posterior_log(vae__building *building, const vae_posterior_nodes *q)
{
    const vae_posterior *posterior = building->model->posterior.row;
    return vae__checked_of_row(building, VAE__POSTERIOR, posterior, "log",
                               posterior->log(building->model->posterior.arguments, q, building->z), 1);
}

vae_node *vae__posterior_sample(vae__building *building, const vae_posterior_nodes *q, vae_node *noise)
{
    const vae_posterior *posterior = building->model->posterior.row;
    return vae__checked_of_row(building, VAE__POSTERIOR, posterior, "sample",
                               posterior->sample(building->model->posterior.arguments, q, noise),
                               building->model->declaration.latents[0].size);
}

vae_node *vae__prior_log(vae__building *building)
{
    const vae_prior *prior = building->model->prior.row;
    vae_network network = prior_network(building);
    return vae__checked_of_row(building, VAE__PRIOR, prior, "log",
                               prior->log(&network, building->model->prior.arguments, building->z), 1);
}

vae_node *vae__prior_sample(vae__building *building, vae_node *noise)
{
    const vae_prior *prior = building->model->prior.row;
    vae_network network = prior_network(building);
    return vae__checked_of_row(building, VAE__PRIOR, prior, "sample",
                               prior->sample(&network, building->model->prior.arguments, noise),
                               building->model->declaration.latents[0].size);
}

vae_node *vae__build_kl(vae__building *building)
{
    const vae_prior *prior = building->model->prior.row;
    vae_network network = prior_network(building);
    return vae__checked_of_row(building, VAE__PRIOR, prior, "kl",
                               prior->kl(&network, building->model->prior.arguments, &building->posterior), 1);
}

vae_node *vae__build_kl_dimensions(vae__building *building)
{
    const vae_prior *prior = building->model->prior.row;
    vae_network network = prior_network(building);
    return vae__checked_of_row(building, VAE__PRIOR, prior, "kl_dimensions",
                               prior->kl_dimensions(&network, building->model->prior.arguments, &building->posterior),
                               building->model->declaration.latents[0].size);
}
