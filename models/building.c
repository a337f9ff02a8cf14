/* What rows of a table and builders by hand give: is it what their contract says? */
#include "models/building.h"

#include <stdio.h>
#include <string.h>

#include "graph/op.h"
#include "src/base/status.h"

enum { WHERE_SIZE = 128 };

static bool has_shape(const vae_node *node, const vae_node *expected)
{
    return node->rank == expected->rank && node->rows == expected->rows &&
           !memcmp(node->shape, expected->shape, (size_t)node->rank * sizeof *node->shape);
}

vae_node *vae__checked(vae__building *building, const char *whose, const char *name, vae_node *node, int64_t size)
{
    const vae_graph *graph = building->built->graph;
    if (building->status.code || vae_graph_status(graph).code)
        return node;
    char wanted[VAE__SHAPE_TEXT], found[VAE__SHAPE_TEXT];
    const vae_node expected = { .rank = 1, .shape = { size }, .size = size, .rows = building->rows };
    if (!node)
        building->status = vae__error(VAE_ERROR_DECLARATION, "%s: %s: expected a node of shape %s, found none", whose,
                                      name, vae__shape_text(&expected, wanted));
    else if (node->graph != graph)
        building->status = vae__error(VAE_ERROR_DECLARATION, "%s: %s: is a node of another graph", whose, name);
    else if (!has_shape(node, &expected))
        building->status = vae__error(VAE_ERROR_DECLARATION, "%s: %s: expected shape %s, found %s", whose, name,
                                      vae__shape_text(&expected, wanted), vae__shape_text(node, found));
    return node;
}

vae_node *vae__checked_of_row(vae__building *building, vae__part part, const void *row, const char *function,
                              vae_node *node, int64_t size)
{
    char whose[WHERE_SIZE];
    snprintf(whose, sizeof whose, "%s %.60s", vae__words(part, NULL).what, ((const vae_word *)row)->name);
    return vae__checked(building, whose, function, node, size);
}
