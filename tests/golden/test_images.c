/* The ops of images against PyTorch's: tests/golden/torch_images.py and what it wrote. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vae/vae.h>

#include "src/kernels/kernels.h"
#include "tests/support/suite.h"

enum { MOST = 1600, INTEGERS = 14 };

/* A line of a record. */
typedef struct line {
    int count;
    double values[MOST];
} line;

enum { X, WEIGHT, BIAS, G, Y, DX, DWEIGHT, DBIAS, LINES };

typedef struct record {
    char op[32];
    int64_t examples, size[3], units, groups;
    vae_window window;
    line lines[LINES];
} record;

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

static void read_line(FILE *file, line *to)
{
    char *text = NULL, *at, *end;
    size_t room = 0;
    ck_assert_int_gt(getline(&text, &room, file), 0);
    to->count = 0;
    for (at = text;; at = end) {
        double value = strtod(at, &end);
        if (end == at)
            break;
        ck_assert_int_lt(to->count, MOST);
        to->values[to->count++] = value;
    }
    free(text);
}

static bool read_record(FILE *file, record *r)
{
    int64_t n[INTEGERS];
    char newline;
    if (fscanf(file, "%31s", r->op) != 1)
        return false;
    for (int i = 0; i < INTEGERS; i++) {
        long long value;
        ck_assert_int_eq(fscanf(file, "%lld", &value), 1);
        n[i] = value;
    }
    ck_assert_int_eq(fscanf(file, "%c", &newline), 1);
    r->examples = n[0];
    memcpy(r->size, n + 1, sizeof r->size);
    r->units = n[4];
    r->groups = n[13];
    r->window = (vae_window){ { n[5], n[6] }, { n[7], n[8] }, { n[9], n[10] }, { n[11], n[12] }, n[13] };
    for (int i = 0; i < LINES; i++)
        read_line(file, &r->lines[i]);
    return true;
}

/* ---- Building ---------------------------------------------------------------------------------------------------- */

static vae_node *build(const record *r, vae_node *x, vae_node *weight, vae_node *bias)
{
    const bool is_transposed = !strcmp(r->op, "conv_transposed");
    if (is_transposed || !strcmp(r->op, "conv"))
        return (is_transposed ? vae_conv_transposed : vae_conv)(x, weight, bias, &r->window);
    if (!strcmp(r->op, "max_pool"))
        return vae_max_pool(x, &r->window);
    if (!strcmp(r->op, "mean_pool"))
        return vae_mean_pool(x, &r->window);
    if (!strcmp(r->op, "upsample"))
        return vae_upsample(x, r->window.kernel[0], r->window.kernel[1]);
    if (!strcmp(r->op, "group_norm"))
        return vae_group_norm(x, r->groups, 1e-5);
    ck_assert_str_eq(r->op, "batch_norm");
    vae_node *mean = vae_channel_mean(x);
    return vae_normalize(x, mean, vae_channel_variance(x, mean), 1e-5);
}

static void check(const record *r, const char *what, const double *found, const line *expected, double tolerance)
{
    for (int i = 0; i < expected->count; i++)
        ck_assert_msg(fabs(found[i] - expected->values[i]) <= tolerance * (1 + fabs(expected->values[i])),
                      "%s: %s %d is %.15g, not %.15g", r->op, what, i, found[i], expected->values[i]);
}

/* In float64, and, by each set of kernels that this processor has, in float32. */
static void check_record(const record *r, const char *kernels)
{
    const bool weighted = r->lines[WEIGHT].count, transposed = !strcmp(r->op, "conv_transposed");
    const int64_t in = transposed ? r->units / r->groups : r->size[2] / r->groups;
    const int64_t shape[] = { r->window.kernel[0], r->window.kernel[1], in, transposed ? r->size[2] : r->units };
    vae_graph *graph = NULL;
    vae_store *store = NULL;
    vae_program *program = NULL;
    vae_executor *executor = NULL;
    ck_assert_status_ok(vae_graph_new(&graph));
    ck_assert_status_ok(vae_store_new(&store));
    vae_node *x = vae_input(graph, "x", 3, r->size);
    vae_node *weight = weighted ? vae_parameter(graph, "weight", VAE_ZEROS, 4, shape) : NULL;
    vae_node *bias = weighted ? vae_parameter(graph, "bias", VAE_ZEROS, 1, &r->units) : NULL;
    vae_node *y = build(r, x, weight, bias);
    ck_assert_status_ok(vae_graph_status(graph));
    ck_assert_int_eq(vae_node_size(y) * r->examples, r->lines[Y].count);
    vae_node *g = vae_constant(graph, 3, vae_node_shape(y), r->lines[G].values);
    vae_graph_keep(y);
    vae_graph_want_gradient(x);
    const vae_compile_options compile = { .objective = vae_mean_rows(vae_sum(vae_mul(y, g), 0)) };
    ck_assert_status_ok(vae_graph_compile(graph, store, &compile, &program));
    const vae_executor_options options = {
        .capacity = r->examples, .threads = 2, .float64 = !kernels, .kernels = kernels
    };
    ck_assert_status_ok(vae_executor_new(program, &options, &executor));
    for (int i = WEIGHT; weighted && i <= BIAS; i++)
        for (int j = 0; j < r->lines[i].count; j++)
            vae_store_parameters(store)[vae_store_find(store, i == WEIGHT ? "weight" : "bias")->offset + j] =
                (float)r->lines[i].values[j];
    static double gradient[2 * MOST], wide[MOST], parameters[2 * MOST];
    const vae_tensor *tensors[] = { vae_store_find(store, "weight"), vae_store_find(store, "bias") };
    for (int i = 0; weighted && i < 2; i++)
        memcpy(parameters + tensors[i]->offset, r->lines[WEIGHT + i].values,
               (size_t)r->lines[WEIGHT + i].count * sizeof *parameters);
    const vae_binding binding = { x, r->lines[X].values, VAE_FLOAT64, NULL };
    const vae_run run = { .examples = r->examples,
                          .bindings = &binding,
                          .binding_count = 1,
                          .parameters = kernels ? NULL : parameters,
                          .gradient = gradient };
    ck_assert_status_ok(vae_executor_run(executor, &run));
    const double tolerance = kernels ? 2e-5 : 1e-11;
    const struct {
        const char *what;
        const void *found;
        int64_t offset;
        const line *expected;
    } results[] = {
        { "y", vae_executor_value(executor, y), 0, &r->lines[Y] },
        { "dx", vae_executor_gradient(executor, x), 0, &r->lines[DX] },
        { "dweight", gradient, weighted ? tensors[0]->offset : 0, &r->lines[DWEIGHT] },
        { "dbias", gradient, weighted ? tensors[1]->offset : 0, &r->lines[DBIAS] },
    };
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        for (int j = 0; j < results[i].expected->count; j++)
            wide[j] = kernels ? (double)((const float *)results[i].found)[results[i].offset + j]
                              : ((const double *)results[i].found)[results[i].offset + j];
        check(r, results[i].what, wide, results[i].expected, tolerance);
    }
    vae_executor_free(&executor);
    vae_program_free(&program);
    vae_store_free(&store);
    vae_graph_free(&graph);
}

START_TEST(test_torch)
{
    static const char *const kernels[] = { NULL, "generic", "avx2", "avx512" };
    static record r;
    char path[512];
    const char *folder = getenv("SOURCE");
    int count = 0;
    snprintf(path, sizeof path, "%s/tests/golden/torch_images.txt", folder ? folder : ".");
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s cannot be opened", path);
    for (; read_record(file, &r); count++)
        for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++)
            if (!kernels[i] || vae__kernels_find(false, kernels[i]))
                check_record(&r, kernels[i]);
    fclose(file);
    ck_assert_int_eq(count, 20);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_torch, NULL };
    Suite *suite = suite_create("images");
    suite_case(suite, "PyTorch", 60, tests);
    return suite_run(suite);
}
