/* Drawings: what is told apart, names that need escaping, the same text each time; and that dot takes them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vae/draw.h>
#include <vae/ops.h>

#include "tests/support/suite.h"
#include "tests/support/system.h"

typedef struct trial {
    vae_graph *graph;
    vae_store *store;
    vae_program *program;
    char *text;
} trial;

/* All kinds of nodes: x · w + noise, less a state, times a constant. */
static vae_node *build(vae_graph *graph, const char *name)
{
    const int64_t two = 2, one = 1;
    vae_node *x = vae_input(graph, name, 1, &two);
    vae_node *w = vae_parameter(graph, "w", VAE_GLOROT, 2, (int64_t[]){ 2, 3 });
    vae_node *noise = vae_noise(graph, VAE_UNIFORM, "u", 1, (int64_t[]){ 3 });
    vae_node *h = vae_add(vae_label(vae_matmul(x, w), "hidden"), noise);
    h = vae_sub(h, vae_state(graph, "s", 1, (int64_t[]){ 3 }));
    vae_graph_keep(h);
    vae_square(h); /* nobody needs it */
    h = vae_mul(h, vae_constant(graph, 1, &one, (double[]){ 0.5 }));
    return vae_mean_rows(vae_sum(vae_leaky_relu(h, 0.25), 0));
}

static void draw(trial *t, const char *name, bool objective, const char *title)
{
    ck_assert_status_ok(vae_graph_new(&t->graph));
    ck_assert_status_ok(vae_store_new(&t->store));
    vae_node *last = build(t->graph, name);
    ck_assert_status_ok(vae_graph_compile(t->graph, t->store,
                                          &(vae_compile_options){ .objective = objective ? last : NULL }, &t->program));
    ck_assert_status_ok(vae_program_draw(t->program, title, &t->text));
}

static void end(trial *t)
{
    vae_drawing_free(&t->text);
    ck_assert_ptr_null(t->text);
    vae_program_free(&t->program);
    vae_store_free(&t->store);
    vae_graph_free(&t->graph);
}

static int count(const char *text, const char *words)
{
    int found = 0;
    for (const char *at = strstr(text, words); at; at = strstr(at + 1, words))
        found++;
    return found;
}

#define ck_assert_has(text, words) ck_assert_msg(count(text, words) == 1, "not once \"%s\" in:\n%s", words, text)

START_TEST(test_kinds_are_told_apart)
{
    trial t = { .graph = NULL };
    draw(&t, "x", true, "all of them");
    ck_assert(!strncmp(t.text, "digraph \"all of them\" {\n", 24));
    ck_assert_has(t.text, "n0 [label=\"x\\ninput\", shape=invhouse, fillcolor=\"#b9e3b1\"]");
    ck_assert_has(t.text, "n1 [label=\"w\", shape=note, fillcolor=\"#c9defa\"");
    ck_assert_has(t.text, "n2 [label=\"u\\nuniform noise\", shape=diamond, fillcolor=\"#ffe08a\"");
    ck_assert_has(t.text, "n3 [label=\"matmul\\nhidden\", shape=box, style=\"filled,rounded\", fillcolor=\"#ffffff\"]");
    ck_assert_has(t.text, "n5 [label=\"s\", shape=folder, fillcolor=\"#dcd3ee\"");
    ck_assert_has(t.text,
                  "n6 [label=\"sub\", shape=box, style=\"filled,rounded\", fillcolor=\"#ffd9b8\", peripheries=2]");
    ck_assert_has(t.text, "n8 [label=\"0.5\", shape=box, fillcolor=\"#e6e6e6\"");
    ck_assert_has(t.text, "[label=\"leaky_relu\\nslope 0.25\"");
    ck_assert_has(t.text, "n12 [label=\"mean_rows\", shape=octagon, fillcolor=\"#f7a8a0\"");
    ck_assert_msg(!strstr(t.text, "n7 "), "what nobody needs is drawn:\n%s", t.text);
    for (int form = 0; form < 8; form++) {
        char name[32];
        snprintf(name, sizeof name, "legend%d [label=", form);
        ck_assert_has(t.text, name);
    }
    end(&t);
}
END_TEST

START_TEST(test_edges_have_shapes_and_tell_gradients)
{
    trial t = { .graph = NULL };
    draw(&t, "x", true, NULL);
    ck_assert_has(t.text, "n0 -> n3 [label=\" (rows, 2)\", style=dashed];");
    ck_assert_has(t.text, "n1 -> n3 [label=\" (2, 3)\"];");
    ck_assert_has(t.text, "n2 -> n4 [label=\" (rows, 3)\", style=dashed];");
    ck_assert_has(t.text, "n3 -> n4 [label=\" (rows, 3)\"];");
    ck_assert_has(t.text, "n5 -> n6 [label=\" (3)\", style=dashed];");
    ck_assert_has(t.text, "dashed: no gradient flows back");
    end(&t);
    /* Forward only: there is no gradient to speak of, and only what is kept is needed. */
    draw(&t, "x", false, NULL);
    ck_assert_ptr_null(strstr(t.text, "dashed"));
    ck_assert_ptr_null(strstr(t.text, "objective"));
    ck_assert_ptr_null(strstr(t.text, "n12"));
    ck_assert_has(t.text, "n0 -> n3 [label=\" (rows, 2)\"];");
    end(&t);
}
END_TEST

static void pass_on(const vae_op_row *row)
{
    row->out[0] = row->in[0][0];
}

START_TEST(test_own_ops_go_by_their_names)
{
    static const vae_op own = { .name = "own \"op\"", .inputs = 1, .forward = pass_on };
    trial t = { .graph = NULL };
    ck_assert_status_ok(vae_graph_new(&t.graph));
    ck_assert_status_ok(vae_store_new(&t.store));
    vae_node *x = vae_input(t.graph, "x", 1, (int64_t[]){ 1 });
    vae_graph_keep(vae_fill(vae_apply(&own, &x, NULL), x, -1.5));
    ck_assert_status_ok(vae_graph_compile(t.graph, t.store, NULL, &t.program));
    ck_assert_status_ok(vae_program_draw(t.program, "", &t.text));
    ck_assert_has(t.text, "n1 [label=\"own \\\"op\\\"\", shape=box");
    ck_assert_has(t.text, "n2 [label=\"fill\\nwith -1.5\"");
    end(&t);
}
END_TEST

START_TEST(test_names_are_escaped)
{
    trial t = { .graph = NULL };
    draw(&t, "a \"b\" \\n \n é", true, "\"\\");
    ck_assert_has(t.text, "n0 [label=\"a \\\"b\\\" \\\\n ? é\\ninput\"");
    ck_assert_has(t.text, "digraph \"\\\"\\\\\" {");
    end(&t);
}
END_TEST

static void build_model(vae_data **data, vae_model **model)
{
    static const vae_model_spec spec = { .name = "tiny",
                                         .conditions = { { .name = "digit", .kind = VAE_CLASS } },
                                         .latents = { { .size = 2 } },
                                         .encoder = "dense 3 relu",
                                         .decoder = "dense 3 relu" };
    ck_assert_status_ok(vae_data_open("digits:20", &(vae_data_options){ .threads = 1 }, data));
    ck_assert_status_ok(vae_model_new(&spec, NULL, *data, 1, model));
}

/* A text, or a command that reads it, as dot does where it is installed. */
static void hand_to_dot(const char *text)
{
    if (system("command -v dot >/dev/null"))
        return;
    FILE *dot = popen("dot -Tdot >/dev/null", "w");
    ck_assert_ptr_nonnull(dot);
    fputs(text, dot);
    ck_assert_int_eq(pclose(dot), 0);
}

START_TEST(test_models)
{
    vae_data *data;
    vae_model *model;
    char *text, *again;
    build_model(&data, &model);
    const char *const words[] = { "mean_rows\\nobjective", "affine\\nencoder/mean", "sigmoid\\nmean of x" };
    const char *const parameters[] = { "\"encoder/0/weight_digit\"", "\"encoder/0/weight_digit\"",
                                       "\"decoder/0/weight_digit\"" };
    for (int i = 0; vae_drawing_name(i); i++) {
        char title[64];
        ck_assert_status_ok(vae_model_draw(model, vae_drawing_name(i), false, &text));
        ck_assert_status_ok(vae_model_draw(model, vae_drawing_name(i), false, &again));
        ck_assert_str_eq(text, again);
        snprintf(title, sizeof title, "digraph \"tiny: %s\" {", vae_drawing_name(i));
        ck_assert_has(text, title);
        ck_assert_has(text, words[i]);
        ck_assert_has(text, "\"digit\\ninput\"");
        ck_assert_has(text, parameters[i]);
        hand_to_dot(text);
        vae_drawing_free(&text);
        vae_drawing_free(&again);
    }
    ck_assert_str_eq(vae_drawing_name(2), "decoding");
    ck_assert_ptr_null(vae_drawing_name(3));
    ck_assert_ptr_null(vae_drawing_name(-1));
    vae_model_free(&model);
    vae_data_free(&data);
}
END_TEST

/* As in the data that the model was made with: grey levels of 8 bits are divided by 255. */
START_TEST(test_fields_are_drawn_as_stored)
{
    vae_data *data;
    vae_model *model;
    char *text;
    build_model(&data, &model);
    ck_assert_status_ok(vae_model_draw(model, "training", false, &text));
    ck_assert_has(text, "scale\\n× 0.00392157");
    ck_assert_ptr_null(strstr(text, "mask\\ninput"));
    vae_drawing_free(&text);
    ck_assert_status_ok(vae_model_draw(model, "training", true, &text));
    ck_assert_has(text, "mask\\ninput");
    vae_drawing_free(&text);
    vae_model_free(&model);
    vae_data_free(&data);
}
END_TEST

START_TEST(test_mistakes)
{
    vae_data *data;
    vae_model *model;
    char *text = NULL;
    build_model(&data, &model);
    ck_assert_status(vae_model_draw(model, "trainin", false, &text), VAE_ERROR_ARGUMENT,
                     "\"trainin\": a model has no such graph; there are training, encoding, decoding");
    ck_assert_status(vae_model_draw(NULL, "training", false, &text), VAE_ERROR_ARGUMENT, "expected a model and");
    ck_assert_status(vae_model_draw(model, NULL, false, &text), VAE_ERROR_ARGUMENT, "the name of a graph, found NULL");
    ck_assert_status(vae_model_draw(model, "training", false, NULL), VAE_ERROR_ARGUMENT, "a place for the drawing");
    ck_assert_status(vae_program_draw(NULL, "", &text), VAE_ERROR_ARGUMENT, "expected a program and a place");
    ck_assert_status(vae_drawing_save(NULL, "/dev/null/x"), VAE_ERROR_ARGUMENT, "expected a drawing and a path");
    ck_assert_status(vae_drawing_save("digraph {}", "/dev/null/x"), VAE_ERROR_FILE, "/dev/null/x");
    ck_assert_ptr_null(text);
    vae_drawing_free(NULL);
    vae_model_free(&model);
    vae_data_free(&data);
}
END_TEST

START_TEST(test_no_memory)
{
    vae_data *data;
    vae_model *model;
    char *text;
    build_model(&data, &model);
    const long before = system_outstanding();
    bool failed = true;
    for (long n = 1; failed && n < 1000; n++) {
        system_reset();
        system_fail(SYSTEM_ALLOCATE, n, 0, false);
        vae_status status = vae_model_draw(model, "training", false, &text);
        failed = system_count(SYSTEM_ALLOCATE) >= n;
        system_reset();
        ck_assert_int_eq(status.code, failed ? VAE_ERROR_MEMORY : VAE_OK);
        ck_assert_int_eq(text != NULL, !failed);
        vae_drawing_free(&text);
        ck_assert_int_eq(system_outstanding(), before);
    }
    ck_assert(!failed);
    vae_model_free(&model);
    vae_data_free(&data);
}
END_TEST

int main(void)
{
    const TTest *const programs[] = { test_kinds_are_told_apart, test_edges_have_shapes_and_tell_gradients,
                                      test_names_are_escaped, test_own_ops_go_by_their_names, NULL };
    const TTest *const models[] = { test_models, test_fields_are_drawn_as_stored, test_mistakes, test_no_memory, NULL };
    Suite *suite = suite_create("draw");
    suite_case(suite, "programs", 30, programs);
    suite_case(suite, "models", 60, models);
    return suite_run(suite);
}
