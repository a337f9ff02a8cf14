/* Building: graphs, nodes, and the first mistake. The builders of single ops stand in graph/ops. */
#include "graph/graph.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "src/base/memory.h"
#include "src/base/status.h"

vae_status vae_graph_new(vae_graph **graph)
{
    return vae__allocate("a graph", 1, sizeof **graph, graph);
}

void vae__graph_noise_samples(vae_graph *graph, int64_t samples)
{
    if (graph)
        graph->noise_samples = samples;
}

static void free_node(vae_node *node)
{
    vae__free(node->label);
    vae__free(node->values);
    vae__free(node);
}

void vae_graph_free(vae_graph **graph)
{
    if (!graph || !*graph)
        return;
    for (size_t i = 0; i < (*graph)->count; i++)
        free_node((*graph)->nodes[i]);
    vae__free((*graph)->nodes);
    vae__free(*graph);
    *graph = NULL;
}

vae_status vae_graph_status(const vae_graph *graph)
{
    return graph ? graph->first_mistake : vae__error(VAE_ERROR_ARGUMENT, "expected a graph, found NULL");
}

/* Appends to a text of VAE__SHAPE_TEXT bytes, as far as there is room. */
__attribute__((format(printf, 2, 3))) static void append_text(char *text, const char *format, ...)
{
    size_t length = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + length, VAE__SHAPE_TEXT - length, format, arguments);
    va_end(arguments);
}

const char *vae__shape_text(const vae_node *node, char text[VAE__SHAPE_TEXT])
{
    strcpy(text, "(");
    if (node->rows == 1)
        append_text(text, "rows, ");
    else if (node->rows)
        append_text(text, "rows × %" PRId64 ", ", node->rows);
    for (int i = 0; i < node->rank && i < VAE_MAX_RANK; i++)
        append_text(text, i ? ", %" PRId64 : "%" PRId64, node->shape[i]);
    append_text(text, ")");
    return text;
}

/* Puts a mistake into a graph, unless it has one. */
static void record(vae_graph *graph, vae_status status)
{
    if (graph && !graph->first_mistake.code)
        graph->first_mistake = status;
}

vae_node *vae__graph_mistake(vae_graph *graph, vae_status status)
{
    record(graph, status);
    return NULL;
}

void vae__graph_mistake_within(vae_graph *graph, const char *name)
{
    if (strncmp(graph->first_mistake.message, name, strlen(name)) != 0)
        graph->first_mistake = vae__error_within(graph->first_mistake, "%s: ", name);
}

static void record_everywhere(vae_graph *graph, int input_count, vae_node *const *inputs, vae_status status)
{
    record(graph, status);
    for (int i = 0; i < input_count; i++)
        if (inputs[i])
            record(inputs[i]->graph, status);
}

/* The graph that a node of these arguments belongs to; NULL when all of them are NULL. */
static vae_graph *graph_of(vae_graph *graph, int input_count, vae_node *const *inputs)
{
    for (int i = 0; i < input_count && !graph; i++)
        graph = inputs[i] ? inputs[i]->graph : NULL;
    return graph;
}

static vae_status check_arguments(const vae_graph *graph, const vae__op *op, int input_count, vae_node *const *inputs)
{
    for (int i = 0; i < input_count; i++) {
        if (!inputs[i] && !(op->optional_inputs >> i & 1))
            return vae__error(VAE_ERROR_ARGUMENT, "argument %d is NULL", i + 1);
        if (inputs[i] && inputs[i]->graph != graph)
            return vae__error(VAE_ERROR_ARGUMENT, "argument %d belongs to another graph", i + 1);
    }
    return vae__ok();
}

static vae_status check_shape(vae_node *node)
{
    if (node->rank < 1 || node->rank > VAE_MAX_RANK)
        return vae__error(VAE_ERROR_SHAPE, "expected 1 to %d dimensions, found %d", VAE_MAX_RANK, node->rank);
    node->size = 1;
    for (int i = 0; i < node->rank; i++) {
        if (node->shape[i] < 1 || node->shape[i] > INT32_MAX / node->size)
            return vae__error(VAE_ERROR_SHAPE,
                              "dimension %d is %" PRId64 ", expected at least 1 and at most 2^31 - 1 "
                              "values in all",
                              i + 1, node->shape[i]);
        node->size *= node->shape[i];
    }
    if (node->rows > INT32_MAX / node->size)
        return vae__error(VAE_ERROR_SHAPE,
                          "%" PRId64 " rows of %" PRId64 " values for each example: expected at most "
                          "2^31 - 1 values in all",
                          node->rows, node->size);
    return vae__ok();
}

static vae_status append(vae_graph *graph, const vae_node *given, vae_node **appended)
{
    VAE__TRY(vae__grow("a graph's nodes", &graph->nodes, &graph->capacity, graph->count + 1, sizeof *graph->nodes));
    vae_node *node = NULL;
    VAE__TRY(vae__allocate("a node", 1, sizeof *node, &node));
    *node = *given;
    vae_status status = vae__copy_string(given->label, &node->label);
    if (status.code) {
        vae__free(node);
        return status;
    }
    node->index = (int)graph->count;
    graph->nodes[graph->count++] = *appended = node;
    return status;
}

static vae_status make_node(vae_graph *graph, vae_node *given, int input_count, vae_node *const *inputs,
                            vae_node **node)
{
    VAE__TRY(check_arguments(graph, given->op, input_count, inputs));
    given->graph = graph;
    given->input_count = input_count;
    for (int i = 0; i < input_count; i++)
        given->inputs[i] = inputs[i];
    VAE__TRY(given->op->shape(given));
    VAE__TRY(check_shape(given));
    return append(graph, given, node);
}

/* A program's own op goes by the name that it has there. */
static const char *op_name(const vae_node *node)
{
    const char *own = node->custom ? node->custom->name : NULL;
    return own && *own ? own : node->op->name;
}

vae_node *vae__node_new(vae_graph *graph, const vae__op *op, vae_node given, int input_count, vae_node *const *inputs)
{
    graph = graph_of(graph, input_count, inputs);
    if (!graph)
        return NULL;
    vae_node *node = NULL;
    vae_status status = graph->first_mistake;
    if (!status.code) {
        given.op = op;
        status = make_node(graph, &given, input_count, inputs, &node);
        bool labelled = given.label && *given.label;
        status =
            vae__error_within(status, "%s%s%s: ", labelled ? given.label : "", labelled ? ": " : "", op_name(&given));
    }
    if (status.code)
        record_everywhere(graph, input_count, inputs, status);
    return node;
}

void vae_graph_keep(vae_node *node)
{
    if (node)
        node->keep = true;
}

void vae_graph_want_gradient(vae_node *node)
{
    if (node)
        node->want_gradient = true;
}

vae_node *vae_label(vae_node *node, const char *label)
{
    if (!node)
        return NULL;
    char *copy = NULL;
    vae_status status = vae__copy_string(label, &copy);
    if (status.code) {
        record(node->graph, status);
        return NULL;
    }
    vae__free(node->label);
    node->label = copy;
    return node;
}

const char *vae_node_op(const vae_node *node)
{
    return node ? op_name(node) : "";
}

const char *vae_node_label(const vae_node *node)
{
    return node ? node->label : "";
}

int vae_node_rank(const vae_node *node)
{
    return node ? node->rank : 0;
}

const int64_t *vae_node_shape(const vae_node *node)
{
    return node ? node->shape : NULL;
}

int64_t vae_node_size(const vae_node *node)
{
    return node ? node->size : 0;
}

int64_t vae_node_rows(const vae_node *node)
{
    return node ? node->rows : 0;
}
