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
    int64_t batch; /* rows of a run, at most VAE__PASS_BATCH; 0: that */
    bool whole;    /* every run has as many rows: so the bits of a row do not depend on how many there are */
    /* Of noise; where there is none, they stay 0: */
    uint64_t seed;
    const char *purpose;
    const int64_t *numbers; /* (rows): whose noise it is; NULL: that of the rows of the fields */
    int64_t samples; /* of each row, which come in pieces of request.samples; what is too much of the last is lost */
    /* Made by vae__pass_open; the bindings by whoever uses it: */
    vae__model_graph graph;
    vae_executor *executor;
    vae_binding bindings[VAE__MAX_BINDINGS];
    int binding_count;
    uint32_t index[VAE__PASS_BATCH]; /* the rows of the batch, for bindings of fields */
    uint32_t ids[VAE__PASS_BATCH];   /* whose noise they have */
    int64_t first_sample;            /* of the piece that was run */
    uint32_t first[VAE__PASS_BATCH]; /* all 0, for bindings of one row that stands for all */
} vae__pass;

/* Makes graph and executor. On failure, and always at the end, vae__pass_close. */
vae_status vae__pass_open(vae__pass *pass);
void vae__pass_close(vae__pass *pass);

/* Rows begin … begin + examples - 1 were run: their values are the executor's. */
typedef void vae__collect(void *results, const vae__pass *pass, int64_t begin, int64_t examples);

/* Runs all rows; VAE_STOPPED where the progress asks for it. */
vae_status vae__pass_run(vae__pass *pass, vae__collect *collect, void *results);

/* Which rows of the fields are these rows of the source, among those of a split: index (count). `what` is what the rows
 * are: "from". */
vae_status vae__pass_find(const vae_data *data, vae_split split, const char *what, const int64_t *rows, int64_t count,
                          uint32_t *index);

/* May values of x be missing? And which were observed, of a batch: mask (rows, x size). */
bool vae__pass_may_miss(const vae__pass *pass);
void vae__pass_mask(const vae__pass *pass, int64_t begin, int64_t examples, uint8_t *mask);

/* Copies a node's float32 values of a batch to where the rows `begin` … are in `to`. */
void vae__pass_copy(const vae__pass *pass, const vae_node *node, int64_t begin, int64_t examples, float *to);

#endif
