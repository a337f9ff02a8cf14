/* Building: what a node tells, mistakes of every kind, and what a graph with a mistake does from then on. */
#include <errno.h>
#include <string.h>

#include "graph/op.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"

static vae_graph *graph, *other;
static vae_store *store;
static vae_program *program;

static void begin(void)
{
    system_reset();
    ck_assert_status_ok(vae_graph_new(&graph));
    ck_assert_status_ok(vae_graph_new(&other));
    ck_assert_status_ok(vae_store_new(&store));
    program = NULL;
}

static void end(void)
{
    vae_program_free(&program);
    vae_store_free(&store);
    vae_graph_free(&other);
    vae_graph_free(&graph);
    ck_assert_ptr_null(graph);
    ck_assert_int_eq(system_outstanding(), 0);
}

static vae_node *input(vae_graph *where, int64_t size)
{
    return vae_input(where, "x", 1, &size);
}

static vae_node *parameter(const char *name, int64_t rows, int64_t columns)
{
    return vae_parameter(graph, name, VAE_GLOROT, 2, (int64_t[]){ rows, columns });
}

static void check_message(const vae_graph *where, vae_code code, const char *message)
{
    vae_status status = vae_graph_status(where);
    ck_assert_int_eq(status.code, code);
    ck_assert_str_eq(status.message, message);
}

static void check_compile(vae_node *objective, vae_code code, const char *message)
{
    vae_compile_options options = { .objective = objective };
    vae_status status = vae_graph_compile(graph, store, &options, &program);
    ck_assert_ptr_null(program);
    ck_assert_int_eq(status.code, code);
    ck_assert_str_eq(status.message, message);
}

/* ---- What a node tells ------------------------------------------------------------------------------------------- */

START_TEST(test_node)
{
    vae_node *x = vae_input(graph, "x", 2, (int64_t[]){ 28, 14 });
    ck_assert_str_eq(vae_node_op(x), "input");
    ck_assert_str_eq(vae_node_label(x), "x");
    ck_assert_int_eq(vae_node_rank(x), 2);
    ck_assert_int_eq(vae_node_shape(x)[0], 28);
    ck_assert_int_eq(vae_node_shape(x)[1], 14);
    ck_assert_int_eq(vae_node_size(x), 392);
    ck_assert_int_eq(vae_node_rows(x), 1);
    ck_assert_int_eq(vae_node_rows(parameter("w", 2, 3)), 0);
    ck_assert_int_eq(vae_node_rows(vae_repeat(x, 5)), 5);
    ck_assert_str_eq(vae_node_label(vae_negate(x)), "");
    ck_assert_status_ok(vae_graph_status(graph));
}
END_TEST

/* A label is copied, and replaces the one before. */
START_TEST(test_label)
{
    char text[] = "first";
    vae_node *x = vae_input(graph, text, 1, (int64_t[]){ 2 });
    text[0] = 'F';
    ck_assert_str_eq(vae_node_label(x), "first");
    ck_assert_ptr_eq(vae_label(x, text), x);
    text[0] = 'f';
    ck_assert_str_eq(vae_node_label(x), "First");
    ck_assert_ptr_null(vae_label(NULL, "none"));
}
END_TEST

START_TEST(test_free)
{
    vae_graph *none = NULL;
    vae_graph_free(NULL);
    vae_graph_free(&none);
    vae_store_free(NULL);
    vae_program_free(NULL);
    vae_executor_free(NULL);
    ck_assert_status(vae_graph_status(NULL), VAE_ERROR_ARGUMENT, "expected a graph, found NULL");
}
END_TEST

/* ---- Mistakes ---------------------------------------------------------------------------------------------------- */

START_TEST(test_wrong_shape)
{
    ck_assert_ptr_null(vae_matmul(input(graph, 400), parameter("w", 500, 20)));
    check_message(graph, VAE_ERROR_SHAPE, "matmul: inner sizes differ: (rows, 400) × (500, 20)");
}
END_TEST

/* The label of what was to be built stands before the op. */
START_TEST(test_wrong_shape_of_labelled)
{
    int64_t none[] = { 3, 0 };
    ck_assert_ptr_null(vae_input(graph, "picture", 2, none));
    check_message(graph, VAE_ERROR_SHAPE,
                  "picture: input: dimension 2 is 0, expected at least 1 and at most 2^31 - 1 values in all");
}
END_TEST

START_TEST(test_sizes)
{
    static const struct {
        int rank;
        int64_t shape[5];
        const char *message;
    } cases[] = {
        { 0, { 3 }, "x: input: expected 1 to 4 dimensions, found 0" },
        { 5, { 1, 1, 1, 1, 1 }, "x: input: expected 1 to 4 dimensions, found 5" },
        { -1, { 3 }, "x: input: expected 1 to 4 dimensions, found -1" },
        { 1, { 0 }, "x: input: dimension 1 is 0, expected at least 1 and at most 2^31 - 1 values in all" },
        { 1, { -7 }, "x: input: dimension 1 is -7, expected at least 1 and at most 2^31 - 1 values in all" },
        { 3,
          { 65536, 32768, 1 },
          "x: input: dimension 2 is 32768, expected at least 1 and at most 2^31 - 1 values in all" },
        { 2,
          { 2, INT64_MAX },
          "x: input: dimension 2 is 9223372036854775807, expected at least 1 and at most 2^31 - 1 values in all" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vae_graph_free(&graph);
        ck_assert_status_ok(vae_graph_new(&graph));
        ck_assert_ptr_null(vae_input(graph, "x", cases[i].rank, cases[i].shape));
        check_message(graph, VAE_ERROR_SHAPE, cases[i].message);
    }
}
END_TEST

/* Every kind of source refuses the same shapes. */
START_TEST(test_sizes_of_sources)
{
    const int64_t shape[5] = { 1, 1, 1, 1, 1 }, zero = 0;
    const double value = 1;
    for (int i = 0; i < 10; i++) {
        int rank = i / 5 ? 5 : 1;
        const int64_t *sizes = i / 5 ? shape : &zero;
        vae_graph_free(&graph);
        ck_assert_status_ok(vae_graph_new(&graph));
        vae_node *node = i % 5 == 0   ? vae_input(graph, "x", rank, sizes)
                         : i % 5 == 1 ? vae_noise(graph, VAE_NORMAL, "x", rank, sizes)
                         : i % 5 == 2 ? vae_parameter(graph, "x", VAE_ZEROS, rank, sizes)
                         : i % 5 == 3 ? vae_state(graph, "x", rank, sizes)
                                      : vae_constant(graph, rank, sizes, &value);
        ck_assert_ptr_null(node);
        ck_assert_int_eq(vae_graph_status(graph).code, VAE_ERROR_SHAPE);
    }
}
END_TEST

START_TEST(test_null_beside_a_node)
{
    ck_assert_ptr_null(vae_add(input(graph, 3), NULL));
    check_message(graph, VAE_ERROR_ARGUMENT, "add: argument 2 is NULL");
    ck_assert_ptr_null(vae_sub(NULL, input(other, 3)));
    check_message(other, VAE_ERROR_ARGUMENT, "sub: argument 1 is NULL");
}
END_TEST

/* All NULL: something went wrong before, and is told where it did. */
START_TEST(test_all_null)
{
    ck_assert_ptr_null(vae_add(NULL, NULL));
    ck_assert_ptr_null(vae_relu(NULL));
    ck_assert_ptr_null(vae_dense(NULL, 3, "layer"));
    ck_assert_ptr_null(vae_gaussian_sample(NULL, NULL, NULL));
    ck_assert_ptr_null(vae_loglik_bernoulli(NULL, NULL, NULL));
    ck_assert_ptr_null(vae_input(NULL, "x", 1, (int64_t[]){ 1 }));
    ck_assert_ptr_null(vae_constant(NULL, 1, (int64_t[]){ 1 }, (double[]){ 1 }));
    vae_graph_keep(NULL);
    vae_graph_want_gradient(NULL);
    ck_assert_status_ok(vae_graph_status(graph));
}
END_TEST

/* An optional argument may be NULL without being a mistake. */
START_TEST(test_optional)
{
    ck_assert_ptr_nonnull(vae_loglik_bernoulli(input(graph, 3), input(graph, 3), NULL));
    ck_assert_status_ok(vae_graph_status(graph));
}
END_TEST

START_TEST(test_foreign)
{
    ck_assert_ptr_null(vae_add(input(graph, 3), input(other, 3)));
    check_message(graph, VAE_ERROR_ARGUMENT, "add: argument 2 belongs to another graph");
    check_message(other, VAE_ERROR_ARGUMENT, "add: argument 2 belongs to another graph");
    ck_assert_ptr_null(input(other, 3));
}
END_TEST

/* The other graph keeps its own first mistake. */
START_TEST(test_foreign_with_mistake)
{
    vae_node *theirs = input(other, 3);
    ck_assert_ptr_null(vae_slice(theirs, 0, 1, 9));
    vae_status before = vae_graph_status(other);
    ck_assert_ptr_null(vae_mul(input(graph, 3), theirs));
    check_message(graph, VAE_ERROR_ARGUMENT, "mul: argument 2 belongs to another graph");
    check_message(other, before.code, before.message);
}
END_TEST

START_TEST(test_first_sticks)
{
    vae_node *x = input(graph, 3);
    ck_assert_ptr_null(vae_slice(x, 1, 0, 1));
    char first[VAE_MESSAGE_SIZE];
    strcpy(first, vae_graph_status(graph).message);
    ck_assert_ptr_nonnull(strstr(first, "slice: there is no dimension 1 in (rows, 3)"));
    ck_assert_ptr_null(vae_add(x, NULL));
    ck_assert_ptr_null(vae_matmul(x, x));
    check_message(graph, VAE_ERROR_SHAPE, first);
    /* Nothing is built any more, be it right. */
    ck_assert_ptr_null(vae_relu(x));
    ck_assert_ptr_null(input(graph, 3));
    ck_assert_ptr_null(parameter("w", 2, 2));
    ck_assert_ptr_null(vae_constant(graph, 1, (int64_t[]){ 1 }, (double[]){ 1 }));
    ck_assert_ptr_null(vae_dense(x, 4, "layer"));
    check_compile(NULL, VAE_ERROR_SHAPE, first);
    ck_assert_int_eq(vae_store_count(store), 0);
}
END_TEST

/* A lack of memory is a mistake like any other, and leaves nothing behind. */
START_TEST(test_no_memory)
{
    vae_node *x = input(graph, 3);
    for (long n = 1; n <= 2; n++) {
        vae_graph *tried = NULL;
        ck_assert_status_ok(vae_graph_new(&tried));
        system_fail(SYSTEM_ALLOCATE, n, ENOMEM, false);
        ck_assert_ptr_null(input(tried, 3));
        ck_assert_int_eq(vae_graph_status(tried).code, VAE_ERROR_MEMORY);
        system_reset();
        ck_assert_ptr_null(input(tried, 3));
        vae_graph_free(&tried);
    }
    system_fail(SYSTEM_ALLOCATE, 1, ENOMEM, false);
    ck_assert_ptr_null(vae_label(x, "new"));
    ck_assert_str_eq(vae_node_label(x), "x");
    ck_assert_int_eq(vae_graph_status(graph).code, VAE_ERROR_MEMORY);
    vae_graph *none = graph;
    system_fail(SYSTEM_ALLOCATE, 1, ENOMEM, false);
    ck_assert_status(vae_graph_new(&none), VAE_ERROR_MEMORY, "a graph: no memory for ");
    ck_assert_ptr_null(none);
}
END_TEST

START_TEST(test_sources)
{
    static const char *const messages[] = {
        "n: noise: expected at least 1 sample, found 0",
        "n: noise: there is no noise of kind 7",
        "p: parameter: there is no rule 9 for first values",
        "parameter: expected a name of 1 to 255 bytes, found one of 0",
        "parameter: expected a name of 1 to 255 bytes, found one of 0",
        "constant: expected 6 values, found NULL",
        "state: expected a name of 1 to 255 bytes, found one of 0",
    };
    const int64_t shape[] = { 2, 3 };
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        vae_graph_free(&graph);
        ck_assert_status_ok(vae_graph_new(&graph));
        vae_node *node = i == 0   ? vae_noise_samples(graph, VAE_NORMAL, "n", 0, 2, shape)
                         : i == 1 ? vae_noise(graph, (vae_noise_kind)7, "n", 2, shape)
                         : i == 2 ? vae_parameter(graph, "p", (vae_initial)9, 2, shape)
                         : i == 3 ? vae_parameter(graph, "", VAE_ZEROS, 2, shape)
                         : i == 4 ? vae_parameter(graph, NULL, VAE_ZEROS, 2, shape)
                         : i == 5 ? vae_constant(graph, 2, shape, NULL)
                                  : vae_state(graph, "", 2, shape);
        ck_assert_ptr_null(node);
        check_message(graph, VAE_ERROR_ARGUMENT, messages[i]);
    }
}
END_TEST

/* ---- Compiling --------------------------------------------------------------------------------------------------- */

START_TEST(test_no_store)
{
    vae_graph_keep(input(graph, 3));
    ck_assert_status(vae_graph_compile(graph, NULL, NULL, &program), VAE_ERROR_ARGUMENT,
                     "expected a store to compile into, found NULL");
    ck_assert_status(vae_graph_compile(NULL, store, NULL, &program), VAE_ERROR_ARGUMENT, "expected a graph");
}
END_TEST

START_TEST(test_bad_objective)
{
    vae_node *x = input(graph, 3), *w = parameter("w", 2, 2);
    check_compile(vae_sum(x, 0), VAE_ERROR_SHAPE,
                  "sum: expected an objective of shape (1) without rows, found (rows, 1)");
    check_compile(w, VAE_ERROR_SHAPE, "parameter: expected an objective of shape (1) without rows, found (2, 2)");
    check_compile(vae_mean_rows(x), VAE_ERROR_SHAPE,
                  "mean_rows: expected an objective of shape (1) without rows, found (3)");
    check_compile(vae_mean_rows(vae_sum(input(other, 3), 0)), VAE_ERROR_ARGUMENT,
                  "the objective belongs to another graph");
}
END_TEST

/* Graphs of a store share what has one name; another shape, or state of a parameter's name, is a mistake. */
START_TEST(test_shared_names)
{
    vae_graph_keep(vae_matmul(input(graph, 2), parameter("w", 2, 3)));
    ck_assert_status_ok(vae_graph_compile(graph, store, NULL, &program));
    vae_program_free(&program);
    ck_assert_status_ok(vae_graph_compile(graph, store, NULL, &program));
    ck_assert_int_eq(vae_store_count(store), 1);

    vae_program *refused = program;
    vae_graph_keep(vae_parameter(other, "w", VAE_ZEROS, 2, (int64_t[]){ 3, 2 }));
    ck_assert_status(vae_graph_compile(other, store, NULL, &refused), VAE_ERROR_SHAPE,
                     "w: has shape (2, 3) in the store, and (3, 2) in this graph");
    ck_assert_ptr_null(refused);
    vae_graph_free(&other);
    ck_assert_status_ok(vae_graph_new(&other));
    vae_graph_keep(vae_state(other, "w", 2, (int64_t[]){ 2, 3 }));
    ck_assert_status(vae_graph_compile(other, store, NULL, &refused), VAE_ERROR_SHAPE,
                     "w: is a parameter in one place and state in another");
}
END_TEST

START_TEST(test_one_name_two_shapes)
{
    vae_node *x = input(graph, 2), *there = parameter("w", 2, 3), *back = parameter("w", 3, 2);
    vae_graph_keep(vae_matmul(vae_matmul(x, there), back));
    ck_assert_status(vae_graph_compile(graph, store, NULL, &program), VAE_ERROR_SHAPE,
                     "w: has shape (2, 3) in the store, and (3, 2) in this graph");
    ck_assert_ptr_null(program);
}
END_TEST

/* What no kept node and no objective needs is not computed, and its parameters do not enter. */
START_TEST(test_needed)
{
    vae_node *x = input(graph, 2);
    vae_graph_keep(vae_matmul(x, parameter("kept", 2, 3)));
    vae_matmul(x, parameter("idle", 2, 3));
    ck_assert_status_ok(vae_graph_compile(graph, store, NULL, &program));
    ck_assert_int_eq(vae_store_count(store), 1);
    ck_assert_ptr_nonnull(vae_store_find(store, "kept"));
    ck_assert_ptr_null(vae_store_find(store, "idle"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("graph");
    const TTest *const tests[] = { test_node,
                                   test_label,
                                   test_free,
                                   test_wrong_shape,
                                   test_wrong_shape_of_labelled,
                                   test_sizes,
                                   test_sizes_of_sources,
                                   test_null_beside_a_node,
                                   test_all_null,
                                   test_optional,
                                   test_foreign,
                                   test_foreign_with_mistake,
                                   test_first_sticks,
                                   test_no_memory,
                                   test_sources,
                                   test_no_store,
                                   test_bad_objective,
                                   test_shared_names,
                                   test_one_name_two_shapes,
                                   test_needed,
                                   NULL };
    suite_case_between(suite, "building", 20, begin, end, tests);
    return suite_run(suite);
}
