/* The likelihood of docs/examples/my_likelihood.c is one: its density adds up to 1, a mask leaves values out, and what
 * it draws is spread as its density says. examples.sh builds it against the installed library, and runs it. */
#define main program_main
#include "my_likelihood.c"
#undef main
#include <stdio.h>
#include <stdlib.h>

enum { POINTS = 400001, DRAWS = 100000 };

static void must(vae_status status)
{
    if (!status.code)
        return;
    fprintf(stderr, "%s\n", status.message);
    exit(1);
}

/* A graph, and the heads of a value with mean 3 and scale 2. */
static vae_heads heads_of(vae_graph *graph, double nu)
{
    vae_heads heads = { { number(graph, 3), number(graph, 2), number(graph, log_constant(nu)) } };
    return heads;
}

/* Runs a graph for one node, in float64; the values are the caller's. */
static double *values_of(vae_graph *graph, vae_node *node, int64_t examples, const vae_binding *bindings, int count)
{
    vae_store *store = NULL;
    vae_program *program = NULL;
    vae_executor *executor = NULL;
    vae_graph_keep(node);
    must(vae_store_new(&store));
    must(vae_graph_compile(graph, store, NULL, &program));
    const vae_executor_options options = { .capacity = examples, .float64 = true };
    must(vae_executor_new(program, &options, &executor));
    const vae_run run = { .examples = examples, .bindings = bindings, .binding_count = count, .seed = 1 };
    must(vae_executor_run(executor, &run));
    double *values = malloc((size_t)examples * sizeof *values);
    const double *found = vae_executor_value(executor, node);
    for (int64_t i = 0; values && i < examples; i++)
        values[i] = found[i];
    vae_executor_free(&executor);
    vae_program_free(&program);
    vae_store_free(&store);
    return values;
}

/* x - 3 = sinh(u), so that a grid of u reaches far into the tails: ∫ p dx = ∫ p cosh(u) du. */
static double total(double nu)
{
    static double x[POINTS];
    const double step = 60.0 / (POINTS - 1);
    for (int i = 0; i < POINTS; i++)
        x[i] = 3 + sinh(step * i - 30);
    vae_graph *graph = NULL;
    must(vae_graph_new(&graph));
    const int64_t one = 1;
    vae_node *input = vae_input(graph, "x", 1, &one);
    const vae_heads heads = heads_of(graph, nu);
    const vae_binding binding = { .node = input, .values = x, .type = VAE_FLOAT64 };
    double *log_p = values_of(graph, student_log(&nu, input, &heads, NULL), POINTS, &binding, 1), sum = 0;
    for (int i = 0; i < POINTS; i++)
        sum += exp(log_p[i]) * cosh(step * i - 30) * step;
    free(log_p);
    vae_graph_free(&graph);
    return sum;
}

/* Of x = 5, masked or not. */
static double masked(double nu, double mask)
{
    const double x = 5;
    const int64_t one = 1;
    vae_graph *graph = NULL;
    must(vae_graph_new(&graph));
    vae_node *inputs[] = { vae_input(graph, "x", 1, &one), vae_input(graph, "mask", 1, &one) };
    const vae_heads heads = heads_of(graph, nu);
    const vae_binding bindings[] = { { .node = inputs[0], .values = &x, .type = VAE_FLOAT64 },
                                     { .node = inputs[1], .values = &mask, .type = VAE_FLOAT64 } };
    double *log_p = values_of(graph, student_log(&nu, inputs[0], &heads, inputs[1]), 1, bindings, 2), value = log_p[0];
    free(log_p);
    vae_graph_free(&graph);
    return value;
}

/* The part of the draws that is further than `t` scales from the mean. */
static double outside(double nu, double t)
{
    const int64_t one = 1;
    vae_graph *graph = NULL;
    must(vae_graph_new(&graph));
    vae_heads heads = heads_of(graph, nu);
    /* A decoder's mean has rows. */
    const double mean = 3;
    vae_node *input = vae_input(graph, "mean", 1, &one);
    static uint32_t index[DRAWS];
    heads.nodes[MEAN] = input;
    const vae_binding binding = { .node = input, .values = &mean, .type = VAE_FLOAT64, .index = index };
    double *x = values_of(graph, student_draw(&nu, graph, &heads), DRAWS, &binding, 1);
    int count = 0;
    for (int i = 0; i < DRAWS; i++)
        count += fabs(x[i] - 3) > 2 * t;
    free(x);
    vae_graph_free(&graph);
    return (double)count / DRAWS;
}

static int passed, failed;

static void near(const char *what, double found, double expected, double tolerance)
{
    if (fabs(found - expected) <= tolerance) {
        passed++;
        return;
    }
    failed++;
    fprintf(stderr, "%s: expected %.9g within %g, found %.9g\n", what, expected, tolerance, found);
}

int main(void)
{
    near("density of nu=4", total(4), 1, 1e-6);
    near("density of nu=2.5", total(2.5), 1, 1e-6);
    near("density of nu=30", total(30), 1, 1e-6);
    /* t = 1, nu = 4: Γ(2.5) / (Γ(2) √(4 π)) · 1.25^-2.5 = 0.214662526, and the scale is 2. */
    near("log p of an observed value", masked(4, 1), log(0.2146625258 / 2), 1e-9);
    near("log p of a masked value", masked(4, 0), 0, 0);
    /* Quantiles of |t|, as in every table of the distribution: four deviations of the count. */
    near("draws of nu=4 beyond 2.776445", outside(4, 2.776445), 0.05, 0.003);
    near("draws of nu=4 beyond 0.740697", outside(4, 0.740697), 0.5, 0.0065);
    near("draws of nu=30 beyond 2.042272", outside(30, 2.042272), 0.05, 0.003);
    return failed > 0;
}
