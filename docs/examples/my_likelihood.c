/* my_likelihood.c: a Student-t likelihood, made of the ops that there are, as a word for every declaration. */
#include <math.h>
#include <vae/vae.h>

/*
 * Real values with heavy tails, nu degrees of freedom (Lange, Little, Taylor 1989, "Robust statistical modeling using
 * the t distribution", of one dimension):
 *
 *     log p(x | z) = Σ mask · (log Γ((ν + 1) / 2) − log Γ(ν / 2) − ½ log(ν π) − log s − (ν + 1) / 2 · log(1 + t² / ν)),
 *     t = (x − mean) / s
 *
 * The decoder gives mean and s of every value. s = 0.01 + softplus(…): without a least s the density of a value that
 * never varies has no upper bound.
 */
enum { MEAN, SCALE, CONSTANT }; /* the heads */

static vae_node *number(vae_graph *graph, double value)
{
    const int64_t one = 1;
    return vae_constant(graph, 1, &one, &value);
}

/* What no value changes. */
static double log_constant(double nu)
{
    const double pi = 3.14159265358979323846;
    return lgamma((nu + 1) / 2) - lgamma(nu / 2) - log(nu * pi) / 2;
}

static vae_heads student_heads(const vae_network *decoder, const double *arguments, vae_node *h, int64_t size)
{
    vae_graph *graph = vae_network_graph(decoder);
    vae_heads heads = { { NULL } };
    heads.nodes[MEAN] = vae_network_head(decoder, h, size, "mean");
    heads.nodes[SCALE] = vae_add(vae_softplus(vae_network_head(decoder, h, size, "scale")), number(graph, 0.01));
    heads.nodes[CONSTANT] = number(graph, log_constant(arguments[0]));
    return heads;
}

/* Where mask is 0, x is 0, so that every term is finite and may be multiplied away. */
static vae_node *student_log(const double *arguments, vae_node *x, const vae_heads *heads, vae_node *mask)
{
    const double nu = arguments[0];
    vae_node *t = vae_div(vae_sub(x, heads->nodes[MEAN]), heads->nodes[SCALE]);
    vae_node *tail = vae_scale(vae_log1p(vae_scale(vae_square(t), 1 / nu)), -(nu + 1) / 2);
    vae_node *each = vae_add(vae_sub(tail, vae_log(heads->nodes[SCALE])), heads->nodes[CONSTANT]);
    return vae_sum(mask ? vae_mul(each, mask) : each, 0);
}

static vae_node *student_mean(const double *arguments, const vae_heads *heads)
{
    (void)arguments;
    return heads->nodes[MEAN];
}

/* mean + s · t, t = a / r · √(ν (exp(r² / ν) − 1)) with a, b ~ N(0, 1) and r² = a² + b² (Bailey 1994, "Polar generation
 * of random variates with the t-distribution", with exp(−r² / 2) as the uniform number and a / r as the cosine). */
static vae_node *student_draw(const double *arguments, vae_graph *graph, const vae_heads *heads)
{
    const double nu = arguments[0];
    vae_node *mean = heads->nodes[MEAN];
    vae_node *a = vae_noise(graph, VAE_NORMAL, "draw/a", vae_node_rank(mean), vae_node_shape(mean));
    vae_node *b = vae_noise(graph, VAE_NORMAL, "draw/b", vae_node_rank(mean), vae_node_shape(mean));
    vae_node *square = vae_add(vae_square(a), vae_square(b));
    vae_node *growth = vae_sub(vae_exp(vae_scale(square, 1 / nu)), number(graph, 1));
    vae_node *t = vae_mul(vae_div(a, vae_sqrt(square)), vae_sqrt(vae_scale(growth, nu)));
    return vae_add(mean, vae_mul(t, heads->nodes[SCALE]));
}

static const vae_likelihood student_t = {
    .word = { .name = "student-t",
              .summary = "real values with heavy tails, nu degrees of freedom; mean and scale by the network",
              .arguments = { { .name = "nu",
                               .kind = VAE_KEY_NUMBER,
                               .optional = true,
                               .usual = 4,
                               .low = 1.1, /* at 1 and below there is no mean */
                               .high = 1000 } } },
    .transform = "unit",
    .density = true,
    .heads = student_heads,
    .log = student_log,
    .mean = student_mean,
    .draw = student_draw,
};

static const vae_model_spec robust = {
    .name = "robust",
    .summary = "a VAE of real values with outliers",
    .x = { .likelihood = "student-t nu=4" },
    .latents = { { .size = 10 } },
    .encoder = "dense 100 relu",
    .decoder = "dense 100 relu",
};

int main(int argc, char **argv)
{
    const vae_catalogue mine = {
        .models = &robust, .model_count = 1, .likelihoods = &student_t, .likelihood_count = 1
    };
    return vae_main(argc, argv, &mine);
}
