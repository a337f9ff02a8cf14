/* my_graph.c: a graph built by hand, which gets training, command line and checkpoint like any other variant. */
#include <vae/vae.h>

/*
 * A decoder with skip connections: z leads to every layer of it and not to the first alone (Dieng, Kim, Rush, Blei
 * 2019, "Avoiding latent variable collapse with generative skip models"). A list of layers cannot say that.
 * Parameters are those of one name, in whichever graph: training and sampling share them.
 */
static vae_node *decode(vae_node *z, int64_t x_size)
{
    vae_node *h = vae_relu(vae_dense(z, 100, "decoder/0"));
    h = vae_relu(vae_add(vae_dense(h, 100, "decoder/1"), vae_dense(z, 100, "decoder/1_skip")));
    return vae_add(vae_dense(h, x_size, "decoder/logits"), vae_dense(z, x_size, "decoder/logits_skip"));
}

static void encode(vae_build *b)
{
    const int64_t z_size = b->spec->latents[0].size;
    vae_node *h = vae_relu(vae_dense(b->encoder_x, 100, "encoder/0"));
    b->mean = vae_dense(h, z_size, "encoder/mean");
    b->logvar = vae_dense(h, z_size, "encoder/logvar");
}

/* log N(z; 0, 1), nats of each row. */
static vae_node *log_standard_normal(vae_graph *graph, vae_node *z)
{
    const int64_t one = 1;
    const double zero = 0;
    vae_node *nought = vae_constant(graph, 1, &one, &zero);
    return vae_loglik_gaussian(z, nought, nought, NULL);
}

/* Called for every graph that is needed: with x and noise, or with z alone. A mistake needs no check here: builders
 * pass NULL on, and the graph keeps the message. */
static void build(vae_build *b)
{
    vae_node *z = b->z;
    if (b->x) {
        encode(b);
        z = vae_gaussian_sample(b->mean, b->logvar, b->noise); /* mean + exp(logvar / 2) · noise */
    }
    vae_node *logits = decode(z, b->x_size);
    b->x_mean = vae_sigmoid(logits);
    if (!b->x)
        return;
    b->reconstruction = vae_loglik_bernoulli(b->x, logits, b->mask);
    b->kl = vae_kl_standard_normal(b->mean, b->logvar);
    b->log_prior = log_standard_normal(b->graph, z); /* these two for `eval --samples` alone */
    b->log_posterior = vae_loglik_gaussian(z, b->mean, b->logvar, NULL);
}

static const vae_model_spec skip = {
    .name = "skip",
    .summary = "a VAE of which every layer of the decoder sees z",
    .x = { .likelihood = "bernoulli" },
    .latents = { { .size = 20 } },
    .build = build,
};

int main(int argc, char **argv)
{
    const vae_catalogue mine = { .models = &skip, .model_count = 1 };
    return vae_main(argc, argv, &mine);
}
