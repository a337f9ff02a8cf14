/*
 * The graph: a static computation over tensor nodes, differentiated in reverse mode.
 *
 *     build    vae_graph_new, then the builders of <vae/ops.h>
 *     compile  vae_graph_compile: what is reachable, in order, with the backward pass
 *     run      vae_executor_new once a thread, vae_executor_run as often as wanted
 *
 * A node has a shape per example, and a number of rows for each example: 0 for a parameter or another value that all
 * examples share, 1 as a rule, K behind vae_repeat. One compiled graph serves any batch up to an executor's capacity.
 *
 * Sampling is an input of the graph and never a unit in it (Doersch 2016, "Tutorial on Variational Autoencoders",
 * section 2.2): noise is a source node like data, so a graph is a deterministic function of its inputs.
 */
#ifndef VAE_GRAPH_H
#define VAE_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <vae/export.h>
#include <vae/status.h>
#include <vae/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vae_graph vae_graph;
typedef struct vae_node vae_node;
typedef struct vae_store vae_store;
typedef struct vae_program vae_program;
typedef struct vae_executor vae_executor;

/* ---- Building ---------------------------------------------------------------------------------------------------- */

/* A graph without nodes. The caller owns it; it owns its nodes, and must outlive what was compiled from it. */
VAE_API vae_status vae_graph_new(vae_graph **graph);
VAE_API void vae_graph_free(vae_graph **graph);

/*
 * The first mistake made while building, with op, label and shapes; VAE_OK where there was none. Builders return NULL
 * on a mistake and pass a NULL argument on, so it is enough to ask once, and compiling asks too.
 */
VAE_API vae_status vae_graph_status(const vae_graph *graph);

/* Keeps a node's value readable after a run, in spite of the memory plan; marks it as an output. NULL is passed over.
 */
VAE_API void vae_graph_keep(vae_node *node);

/* Has the gradient of the objective with respect to a node kept readable, be it an input. NULL is passed over. */
VAE_API void vae_graph_want_gradient(vae_node *node);

/* Gives a node a name for messages and drawings (copied); returns the node. */
VAE_API vae_node *vae_label(vae_node *node, const char *label);

/* Of NULL, what a builder returns after a mistake: "", 0 or NULL. */
VAE_API const char *vae_node_op(const vae_node *node);       /* "matmul" */
VAE_API const char *vae_node_label(const vae_node *node);    /* "" where it has none */
VAE_API int vae_node_rank(const vae_node *node);             /* dimensions per example, 1 … VAE_MAX_RANK */
VAE_API const int64_t *vae_node_shape(const vae_node *node); /* per example */
VAE_API int64_t vae_node_size(const vae_node *node);         /* values per row: the product of the shape */
VAE_API int64_t vae_node_rows(const vae_node *node);         /* rows per example: 0, 1 or K */

/* ---- Parameters -------------------------------------------------------------------------------------------------- */

/* A parameter or state as a store holds it. The strings are the store's. */
typedef struct vae_tensor {
    const char *name; /* "encoder/0/weight" */
    bool trainable;   /* a parameter; false: state, fitted or fixed, without a gradient */
    int rank;
    int64_t shape[VAE_MAX_RANK];
    int64_t size;   /* values */
    int64_t offset; /* of the first value in the store's array of parameters, or of state */
} vae_tensor;

/*
 * A store keeps named parameters outside any graph, so that the training, encoding and decoding graphs of a model share
 * them. Parameters enter when a graph compiles; the same name and shape means the same parameter, the same name with
 * another shape is a mistake. All parameters lie in one contiguous float32 array, state in another; a tensor's first
 * value lies at a multiple of 16, and what is between tensors is 0.
 */
VAE_API vae_status vae_store_new(vae_store **store);
VAE_API void vae_store_free(vae_store **store);
VAE_API int vae_store_count(const vae_store *store);
VAE_API const vae_tensor *vae_store_tensor(const vae_store *store, int index);      /* in order of entry; may move */
VAE_API const vae_tensor *vae_store_find(const vae_store *store, const char *name); /* NULL where there is none */
VAE_API int64_t vae_store_size(const vae_store *store); /* length of the array of parameters */
/* Both arrays are the store's, and may move when a graph compiles into it. */
VAE_API float *vae_store_parameters(vae_store *store);
VAE_API float *vae_store_state(vae_store *store);

/*
 * Gives every parameter its first value by its rule, from the seed alone:
 * VAE_GLOROT draws from U(-a, a), a = sqrt(6 / (fan in + fan out)) (Glorot, Bengio 2010, equation 16), fan in and fan
 * out being the last dimension but one and the last, times the dimensions before them: those of a kernel.
 */
VAE_API void vae_store_initialize(vae_store *store, uint64_t seed);

/* ---- Compiling --------------------------------------------------------------------------------------------------- */

typedef struct vae_compile_options {
    vae_node *objective; /* a single value without rows, differentiated by every parameter; NULL: forward only */
    bool known; /* Every parameter and state is in the store already, else the graph is refused. The store is then only
                   read, so that threads may compile into it side by side. */
} vae_compile_options;

/*
 * Orders what the kept nodes and the objective need, adds the backward pass and enters the parameters into the store.
 * The caller owns *program, which borrows graph and store. Fails with the graph's first mistake, where it had one.
 */
VAE_API vae_status vae_graph_compile(vae_graph *graph, vae_store *store, const vae_compile_options *options,
                                     vae_program **program);
VAE_API void vae_program_free(vae_program **program);

/* ---- Running ----------------------------------------------------------------------------------------------------- */

typedef struct vae_executor_options {
    int64_t capacity;    /* most examples in a run; 0: 1 */
    int threads;         /* 0: one for each processor */
    bool float64;        /* double throughout, by plain loops: for gradient checks */
    bool no_reuse;       /* every value and gradient its own memory: gives the same bits, for tests */
    bool no_onednn;      /* our own loops where oneDNN would serve */
    const char *kernels; /* "generic", "avx2", "avx512"; NULL: the best this processor has */
    bool profile;        /* its runs keep time, for vae_executor_profile */
    bool bf16;           /* matrix products round their factors to bfloat16, and sum in float32; all else is float32. By
                            the avx512 kernels, on processors with AVX512_BF16; VAE_ERROR_UNSUPPORTED elsewhere */
} vae_executor_options;

/* Buffers and kernels for one program. One executor a thread is safe; a program may have many. */
VAE_API vae_status vae_executor_new(const vae_program *program, const vae_executor_options *options,
                                    vae_executor **executor);
VAE_API void vae_executor_free(vae_executor **executor);

/* Where an input's (or, instead of drawing, a noise node's) values are for a run. */
typedef struct vae_binding {
    const vae_node *node;
    const void *values; /* rows of the node's size, packed, as stored */
    vae_type type;      /* how they are stored */
    const uint32_t
        *index; /* which row each example takes; NULL: example e takes row e (rows K e … for a node of K rows) */
} vae_binding;

typedef struct vae_run {
    int64_t examples; /* 1 … capacity */
    const vae_binding *bindings;
    int binding_count;
    /* What unbound noise is a function of, beside its node's label and kind: */
    uint64_t seed;
    const char *purpose;         /* "train", "evaluate" …; NULL: "" */
    uint32_t step;               /* epoch or step */
    const uint32_t *example_ids; /* noise belongs to an example, not to its place in a batch; NULL: 0, 1, … */
    uint32_t first_sample;       /* of the K rows of vae_noise_samples, when K samples are run in pieces */
    /* Both in the executor's precision: */
    const void *parameters; /* NULL: the store's (float32 ones are converted for a float64 executor) */
    void *gradient;         /* of the objective, laid out as the store's parameters, overwritten; NULL: not wanted */
} vae_run;

/*
 * Forward, and with a gradient backward as well. After vae_executor_new a run allocates nothing of libvae's own (oneDNN
 * may); on one thread it takes no lock and enters no parallel region. The last bits of a row may depend on the number
 * of examples in its run, and on nothing else in it. Fails, having run nothing, on an input without a binding.
 */
VAE_API vae_status vae_executor_run(vae_executor *executor, const vae_run *run);

/* After a run: the values of a node that was kept when its graph was compiled, or of the objective (rows of its size),
 * in the executor's precision. NULL for others, and for parameters, state and constants, which lie where they were
 * given. */
VAE_API const void *vae_executor_value(const vae_executor *executor, const vae_node *node);

/* After a run with a gradient: that of a node under vae_graph_want_gradient when its graph was compiled. NULL for
 * others, and for parameters, whose gradients are in vae_run.gradient. */
VAE_API const void *vae_executor_gradient(const vae_executor *executor, const vae_node *node);

typedef struct vae_memory {
    size_t planned;     /* bytes of the slab that values and gradients live in */
    size_t unshared;    /* what they would take without reuse */
    size_t lower_bound; /* the largest sum of buffers alive at one time */
} vae_memory;

VAE_API vae_memory vae_executor_memory(const vae_executor *executor);

/* What an executor with `profile` spent on one phase of one op, in all runs since it was made. */
typedef struct vae_profile {
    const char *op;    /* "affine"; "wait": threads waited for one another; "adam": steps of the optimiser that are
                          not taken with a gradient's reduction */
    const char *phase; /* "forward", "backward": gradients of what has rows, "reduce": of what all examples share; "" */
    double seconds;    /* of all threads together */
    double operations; /* floating-point operations of matrix products, a multiply-add being two; else 0 */
} vae_profile;

/* Writes at most `most` rows, largest first; returns how many there are: 0 without `profile`. */
VAE_API int vae_executor_profile(const vae_executor *executor, vae_profile *rows, int most);

/* Floating-point operations that a program's matrix products take for so many examples, forward, and backward too where
 * it has an objective: counted from the shapes, a multiply-add being two. */
VAE_API double vae_program_operations(const vae_program *program, int64_t examples);

#ifdef __cplusplus
}
#endif
#endif
