/*
 * Mistakes in graphs, and their messages, as docs/graph.md shows them: every line of its table is compiled and run
 * here, and every one here stands there, code and message. Look below the folder that SOURCE names, or the current one.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vae/ops.h>

#include "tests/support/suite.h"
#include "tests/support/system.h"

/* ---- What the lines of the page speak of ------------------------------------------------------------------------- */

static vae_graph *graph, *other;
static vae_node *x, *y, *image, *w, *b, *theirs;

static const char *halves(const double *arguments, const vae_shape *inputs, vae_shape *output)
{
    (void)arguments;
    *output = inputs[0];
    output->sizes[0] /= 2;
    return inputs[0].sizes[0] % 2 ? "expected an even number of values" : NULL;
}

static void take_half(const vae_op_row *row)
{
    for (int64_t i = 0; i < row->out_size; i++)
        row->out[i] = row->in[0][i];
}

static const vae_op half = { .name = "half", .inputs = 1, .shape = halves, .forward = take_half };

static void begin(void)
{
    system_reset();
    ck_assert_status_ok(vae_graph_new(&graph));
    ck_assert_status_ok(vae_graph_new(&other));
    x = vae_input(graph, "x", 1, (int64_t[]){ 400 });
    y = vae_input(graph, "y", 1, (int64_t[]){ 21 });
    image = vae_input(graph, "image", 2, (int64_t[]){ 28, 28 });
    w = vae_parameter(graph, "w", VAE_GLOROT, 2, (int64_t[]){ 500, 20 });
    b = vae_parameter(graph, "b", VAE_ZEROS, 1, (int64_t[]){ 400 });
    theirs = vae_input(other, "theirs", 1, (int64_t[]){ 400 });
}

static void end(void)
{
    vae_graph_free(&graph);
    vae_graph_free(&other);
    ck_assert_int_eq(system_outstanding(), 0);
}

/* ---- The mistakes ------------------------------------------------------------------------------------------------ */

/* Each makes its mistake, and gives the node that is then compiled as the objective, if there is one. */
#define LINES(X)                                                                                                       \
    X(inner, vae_matmul(x, w))                                                                                         \
    X(shapes, vae_add(x, y))                                                                                           \
    X(rows, vae_sub(x, vae_repeat(x, 5)))                                                                              \
    X(shared_first, vae_mul(b, x))                                                                                     \
    X(null, vae_add(x, NULL))                                                                                          \
    X(foreign, vae_add(x, theirs))                                                                                     \
    X(rank_of_x, vae_dense(image, 20, "encoder/0"))                                                                    \
    X(axis, vae_concat(x, y, 1))                                                                                       \
    X(sum_axis, vae_sum(image, 2))                                                                                     \
    X(beside, vae_concat(image, vae_reshape(x, 2, (int64_t[]){ 20, 20 }), 0))                                          \
    X(elements, vae_slice(x, 0, 300, 500))                                                                             \
    X(reshape, vae_reshape(x, 2, (int64_t[]){ 20, 21 }))                                                               \
    X(rank, vae_input(graph, "film", 5, (int64_t[]){ 9, 28, 28, 3, 1 }))                                               \
    X(empty, vae_input(graph, "x", 2, (int64_t[]){ 28, 0 }))                                                           \
    X(large, vae_parameter(graph, "w", VAE_ZEROS, 2, (int64_t[]){ 65536, 65536 }))                                     \
    X(repeated, vae_repeat(vae_repeat(x, 5), 5))                                                                       \
    X(no_rows, vae_mean_rows(b))                                                                                       \
    X(table, vae_gather(x, vae_slice(y, 0, 0, 1)))                                                                     \
    X(index, vae_gather(w, y))                                                                                         \
    X(name, vae_parameter(graph, "", VAE_ZEROS, 1, (int64_t[]){ 3 }))                                                  \
    X(number, vae_threshold(x, NAN))                                                                                   \
    X(own, vae_apply(&half, &y, NULL))                                                                                 \
    X(first_alone, vae_relu(vae_matmul(vae_add(x, y), w)))                                                             \
    X(objective_rows, vae_sum(x, 0))                                                                                   \
    X(objective_size, vae_mean_rows(x))                                                                                \
    X(objective_foreign, vae_mean_rows(vae_sum(theirs, 0)))                                                            \
    X(two_shapes, vae_mean_rows(vae_dense(vae_dense(x, 3, "out"), 1, "out")))                                          \
    X(parameter_and_state, vae_sum(vae_mul(b, vae_state(graph, "b", 1, (int64_t[]){ 400 })), 0))

#define FUNCTION(name, ...)                                                                                            \
    static vae_node *line_##name(void)                                                                                 \
    {                                                                                                                  \
        return __VA_ARGS__;                                                                                            \
    }
LINES(FUNCTION)

static const struct {
    const char *code;
    vae_node *(*line)(void);
} lines[] = {
#define ROW(name, ...) { #__VA_ARGS__, line_##name },
    LINES(ROW)
};
enum { COUNT = sizeof lines / sizeof *lines };

/* What is said of a line, when its graph is compiled at the latest. */
static vae_status made_by(int index)
{
    vae_store *store = NULL;
    vae_program *program = NULL;
    vae_node *node = lines[index].line();
    ck_assert_status_ok(vae_store_new(&store));
    vae_status status = vae_graph_compile(graph, store, &(vae_compile_options){ .objective = node }, &program);
    ck_assert_ptr_null(program);
    ck_assert_int_eq(vae_store_count(store), 0);
    vae_store_free(&store);
    return status;
}

/* ---- The page ---------------------------------------------------------------------------------------------------- */

enum { TEXT = 512, MOST = 64 };
static char codes[MOST][TEXT], messages[MOST][TEXT];
static int count;

/* Copies what is between the next two backquotes; returns what is behind them, or NULL. */
static const char *quoted(const char *from, char text[TEXT])
{
    const char *first = strchr(from, '`'), *last = first ? strchr(first + 1, '`') : NULL;
    if (!last || last - first > TEXT)
        return NULL;
    memcpy(text, first + 1, (size_t)(last - first - 1));
    text[last - first - 1] = 0;
    return last + 1;
}

/* Lines of the table: "| what | `code` | `message` |", below its heading. */
static void read_page(void)
{
    char path[TEXT], line[2 * TEXT];
    const char *folder = getenv("SOURCE");
    snprintf(path, sizeof path, "%s/docs/graph.md", folder ? folder : ".");
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s cannot be opened", path);
    bool inside = false;
    for (count = 0; fgets(line, sizeof line, file) && count < MOST;) {
        inside = *line == '#' ? !strcmp(line, "## When a graph is wrong\n") : inside;
        const char *behind = inside && *line == '|' ? quoted(line, codes[count]) : NULL;
        if (behind && quoted(behind, messages[count]))
            count++;
    }
    fclose(file);
}

static void without_spaces(const char *text, char packed[TEXT])
{
    for (; *text; text++)
        if (*text != ' ')
            *packed++ = *text;
    *packed = 0;
}

static int row_of(const char *code)
{
    char wanted[TEXT], found[TEXT];
    without_spaces(code, wanted);
    for (int i = 0; i < count; i++) {
        without_spaces(codes[i], found);
        if (!strcmp(found, wanted))
            return i;
    }
    return -1;
}

START_TEST(test_line)
{
    read_page();
    int row = row_of(lines[_i].code);
    vae_status status = made_by(_i);
    ck_assert_int_ne(status.code, VAE_OK);
    ck_assert_msg(row >= 0, "docs/graph.md has no line `%s`, of which is said: %s", lines[_i].code, status.message);
    ck_assert_str_eq(status.message, messages[row]);
}
END_TEST

START_TEST(test_page)
{
    read_page();
    ck_assert_int_eq(count, COUNT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("graph/mistakes");
    TCase *one = tcase_create("mistakes");
    tcase_set_timeout(one, 20);
    tcase_add_checked_fixture(one, begin, end);
    tcase_add_loop_test(one, test_line, 0, COUNT);
    tcase_add_test(one, test_page);
    suite_add_tcase(suite, one);
    return suite_run(suite);
}
