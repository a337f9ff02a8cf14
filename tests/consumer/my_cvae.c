/* A program outside the tree, as the README prints it: a variant of one's own. consumer.sh builds it against the
 * installed library, as C and as C++, and runs it. */
/* clang-format off */
#include <vae/vae.h>

/* p(x | z, digit) and q(z | x, digit) for 28×28 binary images x. */
static const vae_model_spec my_cvae = {
    .name       = "my-cvae",
    .summary    = "class-conditional VAE, two hidden layers",
    .x          = { .shape = {28, 28}, .likelihood = "bernoulli" },
    .conditions = { { .name = "digit", .kind = VAE_CLASS, .size = 10 } },
    .latents    = { { .size = 20 } },
    .encoder    = "dense 500 relu, dense 500 relu",
    .decoder    = "dense 500 relu, dense 500 relu",
};

int main(int argc, char **argv)
{
    const vae_catalogue mine = { .models = &my_cvae, .model_count = 1 };
    return vae_main(argc, argv, &mine);
}
