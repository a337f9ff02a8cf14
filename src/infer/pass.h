/* A pass of a model's graph over many rows, in batches. */
#ifndef VAE_INFER_PASS_H
#define VAE_INFER_PASS_H

#include <vae/infer.h>

#include "src/data/match.h"

enum { VAE__PASS_BATCH = 256 };

typedef struct vae__pass {
    /* Told: */
    const vae_model *model;
    vae__graph_request request;
    const char *doing; /* "encoding": for messages */
    int64_t rows;
    const uint32_t *chosen; /* (rows): which rows of the fields they are; NULL: the first ones */
    int threads;
    vae_count_function *progress; /* or NULL */
    void *context;
    /* Made by vae__pass_open; the bindings by whoever uses it: */
    vae__model_graph graph;
    vae_executor *executor;
    vae_binding bindings[VAE__MAX_BINDINGS];
    int binding_count;
    uint32_t index[VAE__PASS_BATCH]; /* the rows of the batch, for bindings of fields */
    uint32_t first[VAE__PASS_BATCH]; /* all 0, for bindings of one row that stands for all */
} vae__pass;

/* Makes graph and executor. On failure, and always at the end, vae__pass_close. */
vae_status vae__pass_open(vae__pass *pass);
void vae__pass_close(vae__pass *pass);

/* Rows begin … begin + examples - 1 were run: their values are the executor's. */
typedef void vae__collect(void *results, const vae__pass *pass, int64_t begin, int64_t examples);

/* Runs all rows; VAE_STOPPED where the progress asks for it. */
vae_status vae__pass_run(vae__pass *pass, vae__collect *collect, void *results);

/* Copies a node's float32 values of a batch to where the rows `begin` … are in `to`. */
void vae__pass_copy(const vae__pass *pass, const vae_node *node, int64_t begin, int64_t examples, float *to);

#endif
