/*
 * What an op is: one row in one file of graph/ops, and what its functions get. Op files are compiled once for each
 * variant of src/kernels/real.h, so their loops are written for `real`.
 *
 * Rules: `forward` overwrites. `backward` and `reduce` add to gradients, except where `fresh` says that the gradient
 * holds nothing yet and is to be overwritten. Shape rules never read data. A share is computed the same whatever the
 * other shares are.
 */
#ifndef VAE_GRAPH_OP_H
#define VAE_GRAPH_OP_H

#include <vae/ops.h>

#include "graph/ops/list.h"
#include "src/base/parallel.h"
#include "src/base/types.h"
#include "src/kernels/kernels.h"
#include "src/kernels/real.h"

enum { VAE__MAX_INPUTS = 4, VAE__MAX_INTEGERS = 9 };

typedef struct vae__op vae__op;

struct vae_node {
    vae_graph *graph;
    const vae__op *op; /* the reference row (variant f64_generic); executors take their own by number */
    int index;         /* in the graph; inputs come before */
    char *label;       /* never NULL */
    int rank;
    int64_t shape[VAE_MAX_RANK];
    int64_t size; /* product of shape */
    int64_t rows; /* per example; 0: shared */
    int input_count;
    vae_node *inputs[VAE__MAX_INPUTS];      /* an absent optional one is NULL */
    double number;                          /* what the op's builder gave: slope, factor, threshold */
    int64_t integers[VAE__MAX_INTEGERS];    /* axis, begin; a window … */
    double *values;                         /* of a constant, else NULL */
    const vae_op *custom;                   /* of vae_apply, else NULL: a program's own op … */
    double arguments[VAE_MAX_OP_ARGUMENTS]; /* … and what was given for it */
    bool keep, want_gradient;
};

typedef enum vae__phase {
    VAE__FORWARD,
    VAE__BACKWARD, /* gradients of the inputs that lie as the node does: all but the reduced ones */
    VAE__REDUCE    /* gradient of one shared input of a node that has rows: a sum over all rows, in order */
} vae__phase;

/*
 * Where an input's or a noise node's values come from in a run: rows that are bound, or draws. An op that names an
 * input in `draws_inputs` may get this in place of noise that was drawn before.
 */
typedef struct vae__source {
    const void *bound; /* rows of an example, as `type`; NULL: drawn */
    vae_type type;
    const uint32_t *index; /* which of them an example takes; NULL: its own number */
    vae__draw draw;
    bool normal;              /* else uniform */
    uint32_t first;           /* the number of an example's first draw */
    const uint32_t *examples; /* for whom an example draws; NULL: its own number */
    int64_t size;             /* values of an example */
} vae__source;

/*
 * A share of one phase of one node. begin … end - 1 are, as a rule, examples in VAE__FORWARD and VAE__BACKWARD (0 … 1
 * where node and inputs are all shared), and elements of the shared input in VAE__REDUCE; or what `units` counts.
 * in[], out, grad and grad_in point at the first row of the run, not at the share.
 */
typedef struct vae__call {
    const vae_node *node;
    int64_t begin, end;
    int64_t examples; /* of the whole run */
    int input;        /* VAE__REDUCE: which input */
    void *out;
    const void *in[VAE__MAX_INPUTS];
    const vae__source *drawn[VAE__MAX_INPUTS]; /* of an input in `draws_inputs` whose in[] is NULL */
    const void *grad;                          /* of the node */
    void *grad_in[VAE__MAX_INPUTS];            /* NULL: not wanted, or not in this phase */
    bool fresh[VAE__MAX_INPUTS];
    const vae__update *update; /* VAE__REDUCE, of an op that `updates`: the optimiser's step is taken at
                                                once, instead of leaving the gradient. NULL: not */
    void *state;               /* what `prepare` made for this node and phase */
    void *scratch;             /* this thread's */
    int thread;
    const vae__kernels *kernels;
} vae__call;

/* What `prepare` is told when an executor is made. */
typedef struct vae__prepare {
    const vae_node *node;
    vae__phase phase;
    int input;                    /* VAE__REDUCE */
    bool wanted[VAE__MAX_INPUTS]; /* VAE__BACKWARD: whose gradients are wanted */
    bool fresh[VAE__MAX_INPUTS];
    bool relu;        /* VAE__FORWARD: apply max(…, 0) to the result, for `fuses_relu` */
    int64_t capacity; /* examples */
    int threads;
    bool no_onednn, bf16;
    const vae__kernels *kernels;
} vae__prepare;

/* An argument of a gradient-check case. Values are drawn from U(low, high). */
typedef struct vae__case_input {
    int64_t rows; /* per example; 0: shared */
    int rank;
    int64_t shape[VAE_MAX_RANK];
    double low, high;
    bool whole;    /* rounded down: class numbers, masks */
    bool fixed;    /* no gradient is checked */
    bool has_kink; /* values keep 0.01 away from `kink` */
    double kink;
} vae__case_input;

typedef struct vae__case {
    const char *name; /* "bias", "masked" */
    vae_node *(*build)(vae_node *const *arguments);
    int input_count;
    vae__case_input inputs[VAE__MAX_INPUTS];
} vae__case;

struct vae__op {
    const char *name;
    int number; /* its place in the table: VAE__NUMBER(relu) */

    /* Sets rank, shape and rows of a node from its inputs and attributes, or tells the mistake
     * ("inner sizes differ: (rows, 400) × (500, 20)"), which the graph puts op and label before. */
    vae_status (*shape)(vae_node *node);

    void (*forward)(const vae__call *call);
    void (*backward)(const vae__call *call);
    void (*reduce)(const vae__call *call);

    unsigned reads_inputs;    /* bit i: backward or reduce reads the value of input i */
    bool reads_output;        /* … of the node */
    unsigned draws_inputs;    /* bit i: forward can draw input i itself; see vae__source */
    unsigned constant_inputs; /* bit i: no gradient flows to input i */
    bool in_place;            /* forward may write over input 0, backward over the node's gradient: element i of
                                 the one is read before element i of the other is written */
    unsigned gradient_over;   /* bit i: backward may write the gradient of input i, where it makes no other, over that
                                 input's value, element by element as with in_place */
    unsigned reduces_sum;     /* bit i: reduce makes of input i sums of the node's gradient, as it is or negated … */
    unsigned reduces_product; /* … or of its products with values of input 0, so that graph/guard.h knows a bound */
    unsigned optional_inputs; /* bit i: input i may be absent */
    bool is_source;           /* no inputs: the executor provides the value */
    bool fuses_relu;          /* forward can apply a relu that follows; see vae__prepare */
    bool updates;             /* reduce heeds vae__call.update, and reads none of the shared inputs; of other ops
                                 the executor takes the step behind reduce, or behind all else where shares are not of
                                 elements (units, reduce_units) */

    /* Optional, where the usual share does not do: */
    int64_t (*units)(const vae__call *call, vae__phase phase);
    int64_t (*reduce_units)(const vae__call *call); /* of VAE__REDUCE alone */
    vae_status (*prepare)(const vae__prepare *prepare, void **state, size_t *scratch);
    void (*release)(void *state);

    /* Floating-point operations of matrix products in a whole task; NULL: it has none. */
    double (*operations)(const vae_node *node, vae__phase phase, int input, const bool *wanted, int64_t examples);

    const vae__case *cases;
    int case_count;
    const char *no_cases; /* why there are none */
};

/* The row `name` in this variant: VAE__OP(relu) is vae__op_relu_f32_avx2. */
#define VAE__OP(name)     VAE__VARIANT(vae__op_##name)
#define VAE__NUMBER(name) VAE__NUMBER_##name

/* Public builders stand in their op's file, between #if VAE__REFERENCE and #endif: that part is compiled once. */
#ifndef VAE__REFERENCE
#define VAE__REFERENCE 0
#endif

/* For whom an example of the run draws. */
static inline uint32_t vae__source_example(const vae__source *source, int64_t example)
{
    return source->examples ? source->examples[example] : (uint32_t)example;
}

/* Values begin … begin + count - 1 of an example, converted or drawn. */
static inline void vae__source_read(const vae__source *source, const vae__kernels *kernels, int64_t example,
                                    int64_t begin, int64_t count, void *out)
{
    if (source->bound) {
        const size_t row = source->index ? source->index[example] : (size_t)example;
        const size_t place = (row * (size_t)source->size + (size_t)begin) * vae__type_bytes(source->type);
        kernels->convert(source->type, (const unsigned char *)source->bound + place, count, out);
    } else {
        (source->normal ? kernels->normal : kernels->uniform)(source->draw, vae__source_example(source, example),
                                                              source->first + (uint32_t)begin, count, out);
    }
}

/* Rows that a node has for an example, a shared one counting as one. */
static inline int64_t vae__rows(const vae_node *node)
{
    return node->rows ? node->rows : 1;
}

/*
 * Adds a node of `op` with these inputs. `given` brings the attributes that are not NULL or 0: label (copied), rank and
 * shape for a source, number, integers, values (taken over on success), custom, arguments. `graph` may be NULL where
 * there are inputs. On a mistake every graph reachable through the arguments keeps its first error, and the result is
 * NULL.
 */
vae_node *vae__node_new(vae_graph *graph, const vae__op *op, vae_node given, int input_count, vae_node *const *inputs);

/* The table of a variant (vae__kernels.variant), in the order of graph/ops/list.h. */
const vae__op *const *vae__ops(int variant);

/* "(rows, 784)", "(500, 20)" for a shared node, "(rows × 5, 20)" behind a repeat. Returns text. */
enum { VAE__SHAPE_TEXT = 128 };
const char *vae__shape_text(const vae_node *node, char text[VAE__SHAPE_TEXT]);

#endif
