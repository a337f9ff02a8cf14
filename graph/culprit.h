/* Which node made the first number of a run that is not finite: the run is done once more, with nothing reused, and
 * looked through in the order of its tasks. */
#ifndef VAE_GRAPH_CULPRIT_H
#define VAE_GRAPH_CULPRIT_H

#include <vae/graph.h>

enum { VAE__CULPRIT_EXAMPLES = 8 };

typedef struct vae__culprit {
    const vae_node *node; /* whose values, or gradient, it is among; NULL: all are finite */
    bool gradient;        /* it is the gradient, … */
    const vae_node *by;   /* … which this node's backward made */
    double value;         /* the first such */
    int64_t count;        /* examples that have one; 0: the node has no rows, so that all have their part in it */
    int64_t examples[VAE__CULPRIT_EXAMPLES]; /* the first of them, by their place in the run */
} vae__culprit;

/* Does `run`, whose gradient must be there, again, on an executor made for it with these options. When all is finite
 * run->gradient is the whole gradient, with the bits that any other executor gives it. */
vae_status vae__culprit_find(const vae_program *program, const vae_executor_options *options, const vae_run *run,
                             vae__culprit *culprit);

#endif
