/* Drawings of programs, in the language of Graphviz. */
#include <vae/draw.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "graph/graph.h"
#include "src/base/file.h"
#include "src/base/memory.h"
#include "src/base/status.h"

/* ---- Text that grows --------------------------------------------------------------------------------------------- */

typedef struct sketch {
    char *text;
    size_t length, capacity;
    vae_status status; /* the first failure; nothing is added after it */
} sketch;

static void add_bytes(sketch *drawing, const char *bytes, size_t count)
{
    if (!drawing->status.code)
        drawing->status = vae__grow("a drawing", &drawing->text, &drawing->capacity, drawing->length + count + 1, 1);
    if (drawing->status.code)
        return;
    memcpy(drawing->text + drawing->length, bytes, count);
    drawing->length += count;
    drawing->text[drawing->length] = 0;
}

static void add(sketch *drawing, const char *text)
{
    add_bytes(drawing, text, strlen(text));
}

/* Short things: numbers and words of tables, not names. */
__attribute__((format(printf, 2, 3))) static void add_format(sketch *drawing, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    add(drawing, text);
}

/* What stands between quotes: in Graphviz's language a backslash escapes. */
static void add_escaped(sketch *drawing, const char *text)
{
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            add(drawing, "\\");
        add_bytes(drawing, (unsigned char)*text < 0x20 || *text == 0x7f ? "?" : text, 1);
    }
}

/* ---- Forms and colours ------------------------------------------------------------------------------------------- */

typedef enum node_form { INPUT, NOISE, PARAMETER, STATE, CONSTANT, OP, KEPT, OBJECTIVE, FORMS } node_form;

static const struct {
    const char *name, *attributes;
} forms[FORMS] = {
    [INPUT] = { "input", "shape=invhouse, fillcolor=\"#b9e3b1\"" },
    [NOISE] = { "noise", "shape=diamond, fillcolor=\"#ffe08a\", margin=\"0.02,0.02\"" },
    [PARAMETER] = { "parameter",
                    "shape=note, fillcolor=\"#c9defa\", fontsize=9, height=0.2, width=0.2, margin=\"0.08,0.04\"" },
    [STATE] = { "state",
                "shape=folder, fillcolor=\"#dcd3ee\", fontsize=9, height=0.2, width=0.2, margin=\"0.08,0.04\"" },
    [CONSTANT] = { "constant",
                   "shape=box, fillcolor=\"#e6e6e6\", fontsize=9, height=0.2, width=0.2, margin=\"0.08,0.04\"" },
    [OP] = { "op", "shape=box, style=\"filled,rounded\", fillcolor=\"#ffffff\"" },
    [KEPT] = { "result", "shape=box, style=\"filled,rounded\", fillcolor=\"#ffd9b8\", peripheries=2" },
    [OBJECTIVE] = { "objective", "shape=octagon, fillcolor=\"#f7a8a0\", peripheries=2" },
};

static const struct {
    int op;
    node_form form;
} sources[] = {
    { VAE__NUMBER(input), INPUT }, { VAE__NUMBER(noise), NOISE },       { VAE__NUMBER(parameter), PARAMETER },
    { VAE__NUMBER(state), STATE }, { VAE__NUMBER(constant), CONSTANT },
};

static node_form form_of(const vae_program *program, const vae_node *node)
{
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        if (sources[i].op == node->op->number)
            return sources[i].form;
    return node == program->objective ? OBJECTIVE : program->kept[node->index] ? KEPT : OP;
}

/* ---- Nodes ------------------------------------------------------------------------------------------------------- */

/* Ops of which the number says something. */
static const struct {
    int op;
    const char *format;
} numbers[] = {
    { VAE__NUMBER(scale), "× %.6g" },
    { VAE__NUMBER(leaky_relu), "slope %.6g" },
    { VAE__NUMBER(threshold), "> %.6g" },
    { VAE__NUMBER(fill), "with %.6g" },
};

static void add_detail(sketch *drawing, const vae_node *node)
{
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i].op == node->op->number) {
            add(drawing, "\\n");
            add_format(drawing, numbers[i].format, node->number);
        }
}

/* A source goes by its name; an op by the op's, and its label below. */
static void add_label(sketch *drawing, const vae_node *node, node_form form)
{
    const char *kind = forms[form].name;
    if (form == NOISE)
        kind = node->integers[0] == VAE_NORMAL ? "normal noise" : "uniform noise";
    if (form >= OP)
        kind = vae_node_op(node);
    if (form == CONSTANT && node->size == 1 && node->values) {
        add_format(drawing, "%.6g", *node->values);
        return;
    }
    bool source = form < OP, named = *node->label, told = !source || form == INPUT || form == NOISE || !named;
    if (source)
        add_escaped(drawing, node->label);
    if (source && named && told)
        add(drawing, "\\n");
    if (told)
        add_escaped(drawing, kind);
    add_detail(drawing, node);
    if (!source && named) {
        add(drawing, "\\n");
        add_escaped(drawing, node->label);
    }
}

static void add_node(sketch *drawing, const vae_program *program, const vae_node *node)
{
    node_form form = form_of(program, node);
    add_format(drawing, "    n%d [label=\"", node->index);
    add_label(drawing, node, form);
    add_format(drawing, "\", %s];\n", forms[form].attributes);
}

static bool passes_gradient(const vae_program *program, const vae_node *node, int input)
{
    return program->differentiated[node->index] && program->differentiated[node->inputs[input]->index] &&
           !(node->op->constant_inputs >> input & 1);
}

static void add_edges(sketch *drawing, const vae_program *program, const vae_node *node)
{
    char shape[VAE__SHAPE_TEXT];
    for (int k = 0; k < node->input_count; k++) {
        if (!node->inputs[k])
            continue;
        bool dashed = program->objective && !passes_gradient(program, node, k);
        add_format(drawing, "    n%d -> n%d [label=\" %s\"%s];\n", node->inputs[k]->index, node->index,
                   vae__shape_text(node->inputs[k], shape), dashed ? ", style=dashed" : "");
    }
}

/* ---- Drawings ---------------------------------------------------------------------------------------------------- */

/* The forms that occur, side by side. */
static void add_legend(sketch *drawing, const vae_program *program)
{
    bool used[FORMS] = { false };
    for (int i = 0; i < program->node_count; i++)
        if (program->needed[i])
            used[form_of(program, program->graph->nodes[i])] = true;
    add_format(drawing, "    subgraph cluster_legend {\n        label=\"%s\"; fontsize=10; color=\"#bbbbbb\";\n",
               program->objective ? "dashed: no gradient flows back" : "");
    for (int i = 0, before = -1; i < FORMS; i++) {
        if (!used[i])
            continue;
        add_format(drawing, "        legend%d [label=\"%s\", %s];\n", i, forms[i].name, forms[i].attributes);
        if (before >= 0)
            add_format(drawing, "        legend%d -> legend%d [style=invis];\n", before, i);
        before = i;
    }
    add(drawing, "    }\n");
}

static void add_program(sketch *drawing, const vae_program *program, const char *title)
{
    add(drawing, "digraph \"");
    add_escaped(drawing, title);
    add(drawing, "\" {\n    graph [label=\"");
    add_escaped(drawing, title);
    add(drawing, "\", labelloc=t, rankdir=TB, nodesep=0.3, ranksep=0.35, fontname=\"Helvetica\", fontsize=18];\n"
                 "    node [style=filled, color=\"#555555\", fontname=\"Helvetica\", fontsize=12, height=0.35];\n"
                 "    edge [color=\"#777777\", fontcolor=\"#333333\", fontname=\"Helvetica\", fontsize=9, "
                 "arrowsize=0.7];\n");
    add_legend(drawing, program);
    for (int i = 0; i < program->node_count; i++) {
        if (!program->needed[i])
            continue;
        add_node(drawing, program, program->graph->nodes[i]);
        add_edges(drawing, program, program->graph->nodes[i]);
    }
    add(drawing, "}\n");
}

vae_status vae_program_draw(const vae_program *program, const char *title, char **text)
{
    if (!program || !text)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a program and a place for the drawing, found NULL");
    sketch drawing = { .status = vae__ok() };
    add_program(&drawing, program, title ? title : "");
    if (drawing.status.code)
        vae_drawing_free(&drawing.text);
    *text = drawing.text;
    return drawing.status;
}

void vae_drawing_free(char **text)
{
    if (!text)
        return;
    vae__free(*text);
    *text = NULL;
}

vae_status vae_drawing_save(const char *text, const char *path)
{
    if (!text || !path)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a drawing and a path, found NULL");
    return vae__file_write(path, text, strlen(text));
}
