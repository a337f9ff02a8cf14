/* The graph and the store from within: for graph/ alone. */
#ifndef VAE_GRAPH_GRAPH_H
#define VAE_GRAPH_GRAPH_H

#include "graph/op.h"

struct vae_graph {
    vae_node **nodes; /* in order of making, so inputs come before what uses them */
    size_t count, capacity;
    vae_status first_mistake;
    int64_t noise_samples; /* vae__graph_noise_samples; 0: none */
};

/* A tensor with its rule for first values; names are owned. */
typedef struct vae__stored {
    vae_tensor tensor;
    vae_initial initial;
} vae__stored;

struct vae_store {
    vae__stored *stored;
    size_t count, capacity;
    size_t most; /* vae__store_bound */
    struct {
        float *values;
        size_t size, capacity;
    } parameters, state;
};

/* From now on vae_noise gives so many rows for each example, as vae_noise_samples does: so what draws within samples
 * need not know of them. 0: a row, that of the example itself, as before. */
void vae__graph_noise_samples(vae_graph *graph, int64_t samples);

/* Puts a mistake of whoever builds into a graph, unless it has one. Returns NULL, as builders do. */
vae_node *vae__graph_mistake(vae_graph *graph, vae_status status);

/* Puts a name before the graph's mistake, unless it begins with it. */
void vae__graph_mistake_within(vae_graph *graph, const char *name);

/* The number of a parameter's or state's tensor in the store, entered now if it was not there. */
vae_status vae__store_enter(vae_store *store, const vae_node *node, int *index);

/* From now on the store takes so many values of parameters and state together, and refuses more before there is room
 * for them. 0: no bound. */
void vae__store_bound(vae_store *store, size_t most);

/* Takes back what was entered since the store had so many tensors, and arrays of these sizes. */
void vae__store_forget(vae_store *store, size_t count, size_t parameters, size_t state);

/* One step of a compiled graph: a phase of a node. */
typedef struct vae__task {
    const vae_node *node;
    vae__phase phase;
    int input;                    /* VAE__REDUCE: of which input the gradient is made */
    bool wanted[VAE__MAX_INPUTS]; /* which gradients the task makes */
    bool fresh[VAE__MAX_INPUTS];  /* … being the first to */
} vae__task;

/* An array that the guard looks at before the optimiser takes a step (graph/guard.h): a node's values or gradient … */
typedef struct vae__guarded {
    const vae_node *node;
    bool gradient;
} vae__guarded;

/* … and what bounds the gradient that a task makes: numbers of such arrays; a factor of -1 is none. */
typedef struct vae__bound {
    int slope, factor;
} vae__bound;

struct vae_program {
    const vae_graph *graph;
    vae_store *store;
    const vae_node *objective;
    int node_count;
    bool *needed;         /* by node->index: is computed */
    bool *kept, *wanted;  /* as the nodes were marked when they were compiled */
    bool *differentiated; /* has a gradient */
    int *tensor;          /* number in the store of a parameter or state; else -1 */
    vae__task *tasks;     /* forward, backward, and the sums over rows that make gradients of parameters */
    int task_count, forward_count;
    int bounded_begin; /* the first of the sums over rows whose results can be bounded before they are made */
    vae__guarded *guarded;
    int guarded_count;
    vae__bound *bounds; /* by task, from bounded_begin on */
};

/* Where a program's values and gradients lie. Offsets are bytes into the slab; NOWHERE for what lies elsewhere
 * (parameters, state and constants) or is not there. */
enum { VAE__NOWHERE = -1 };

typedef struct vae__plan {
    int64_t *value, *gradient; /* by node->index */
    bool *relu;                /* by task: a relu that follows is applied at once */
    bool *meet;                /* by task: all threads have done what is before it when one begins it */
    bool *skip;                /* by task: nothing is left to do (that relu) */
    bool guard_meets;          /* likewise, when one looks at what the guard wants */
    vae_memory memory;
} vae__plan;

vae_status vae__plan_make(const vae_program *program, int64_t capacity, size_t bytes_per_value, bool no_reuse,
                          vae__plan *plan);
void vae__plan_clear(vae__plan *plan);

/* Fills in `meet` of a plan that is otherwise made. */
vae_status vae__plan_meetings(const vae_program *program, int64_t capacity, size_t bytes_per_value, vae__plan *plan);

#endif
