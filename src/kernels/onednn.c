/* Calls to oneDNN, and nothing else. Written for its C interface of version 2.6. */
#include "src/kernels/onednn.h"

#include <dnnl.h>
#include <omp.h>

#include "src/base/memory.h"
#include "src/base/status.h"

enum { A, B, C, SCRATCH, BIAS, ARGUMENTS };

static const int argument_numbers[ARGUMENTS] = { DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST, DNNL_ARG_SCRATCHPAD,
                                                 DNNL_ARG_BIAS };

/* A stream and memory objects belong to one thread: each call sets where the memory lies. */
typedef struct seat {
    dnnl_stream_t stream;
    dnnl_memory_t memory[ARGUMENTS];
} seat;

struct vae__onednn {
    dnnl_engine_t engine;
    dnnl_primitive_t primitive;
    dnnl_memory_desc_t memory[ARGUMENTS];
    int arguments; /* without a bias one less */
    int threads;
    seat *seats;
};

/* Goes on while all went well. */
#define STEP(status, call)                                                                                             \
    do {                                                                                                               \
        if ((status) == dnnl_success)                                                                                  \
            (status) = (call);                                                                                         \
    } while (0)

static vae_status status_of(dnnl_status_t status, const vae__matmul_piece *shape)
{
    if (status == dnnl_success)
        return vae__ok();
    if (status == dnnl_out_of_memory)
        return vae__error(VAE_ERROR_MEMORY, "oneDNN: no memory for a matrix product");
    return vae__error(VAE_ERROR_UNSUPPORTED, "oneDNN: no matrix product (%lld, %lld) of %lld: status %d",
                      (long long)shape->m, (long long)shape->n, (long long)shape->k, (int)status);
}

/* A matrix that lies row-major, or its transpose, with a leading dimension. */
static dnnl_status_t describe(dnnl_memory_desc_t *memory, int64_t rows, int64_t columns, int64_t leading,
                              bool transposed)
{
    dnnl_dims_t sizes = { rows, columns }, strides = { leading, 1 };
    if (transposed) {
        strides[0] = 1;
        strides[1] = leading;
    }
    return dnnl_memory_desc_init_by_strides(memory, 2, sizes, dnnl_f32, strides);
}

static dnnl_status_t make_attributes(const vae__matmul_piece *shape, dnnl_primitive_attr_t *attributes)
{
    dnnl_post_ops_t after = NULL;
    dnnl_status_t status = dnnl_primitive_attr_create(attributes);
    STEP(status, dnnl_primitive_attr_set_scratchpad_mode(*attributes, dnnl_scratchpad_mode_user));
    STEP(status, dnnl_post_ops_create(&after));
    if (shape->add)
        STEP(status, dnnl_post_ops_append_sum(after, 1.0f));
    STEP(status, dnnl_primitive_attr_set_post_ops(*attributes, after));
    dnnl_post_ops_destroy(after);
    return status;
}

static dnnl_status_t make_primitive(vae__onednn *product, const vae__matmul_piece *shape, bool bias)
{
    dnnl_memory_desc_t *memory = product->memory;
    dnnl_matmul_desc_t operation;
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_primitive_desc_t chosen = NULL;
    dnnl_status_t status = dnnl_engine_create(&product->engine, dnnl_cpu, 0);
    STEP(status, describe(&memory[A], shape->m, shape->k, shape->lda, shape->form == VAE__TN));
    STEP(status, describe(&memory[B], shape->k, shape->n, shape->ldb, shape->form == VAE__NT));
    STEP(status, describe(&memory[C], shape->m, shape->n, shape->ldc, false));
    STEP(status, describe(&memory[BIAS], 1, shape->n, shape->n, false));
    STEP(status, dnnl_matmul_desc_init(&operation, &memory[A], &memory[B], bias ? &memory[BIAS] : NULL, &memory[C]));
    STEP(status, make_attributes(shape, &attributes));
    STEP(status, dnnl_primitive_desc_create(&chosen, &operation, attributes, product->engine, NULL));
    STEP(status, dnnl_primitive_create(&product->primitive, chosen));
    if (status == dnnl_success)
        memory[SCRATCH] = *dnnl_primitive_desc_query_md(chosen, dnnl_query_scratchpad_md, 0);
    dnnl_primitive_desc_destroy(chosen);
    dnnl_primitive_attr_destroy(attributes);
    return status;
}

static dnnl_status_t make_seats(vae__onednn *product)
{
    dnnl_status_t status = dnnl_success;
    for (int i = 0; i < product->threads; i++) {
        seat *mine = &product->seats[i];
        STEP(status, dnnl_stream_create(&mine->stream, product->engine, dnnl_stream_default_flags));
        for (int j = 0; j < product->arguments; j++)
            STEP(status, dnnl_memory_create(&mine->memory[j], &product->memory[j], product->engine, DNNL_MEMORY_NONE));
    }
    return status;
}

vae_status vae__onednn_new(const vae__matmul_piece *shape, bool bias, int threads, vae__onednn **product)
{
    vae__onednn *made = NULL;
    *product = NULL;
    VAE__TRY(vae__allocate("a oneDNN product", 1, sizeof *made, &made));
    made->threads = threads;
    made->arguments = bias ? ARGUMENTS : BIAS;
    vae_status status =
        vae__allocate("threads of a oneDNN product", (size_t)threads, sizeof *made->seats, &made->seats);
    if (!status.code) {
        /* oneDNN decides how to cut its work by the threads it sees now; it will run on one. */
        int hosts = omp_get_max_threads();
        omp_set_num_threads(1);
        dnnl_status_t step = make_primitive(made, shape, bias);
        STEP(step, make_seats(made));
        omp_set_num_threads(hosts);
        status = status_of(step, shape);
    }
    if (status.code)
        vae__onednn_free(&made);
    *product = made;
    return status;
}

void vae__onednn_free(vae__onednn **product)
{
    vae__onednn *gone = *product;
    if (!gone)
        return;
    for (int i = 0; gone->seats && i < gone->threads; i++) {
        for (int j = 0; j < gone->arguments; j++)
            if (gone->seats[i].memory[j])
                dnnl_memory_destroy(gone->seats[i].memory[j]);
        if (gone->seats[i].stream)
            dnnl_stream_destroy(gone->seats[i].stream);
    }
    if (gone->primitive)
        dnnl_primitive_destroy(gone->primitive);
    if (gone->engine)
        dnnl_engine_destroy(gone->engine);
    vae__free(gone->seats);
    vae__free(gone);
    *product = NULL;
}

size_t vae__onednn_scratch(const vae__onednn *product)
{
    return product ? dnnl_memory_desc_get_size(&product->memory[SCRATCH]) : 0;
}

/* oneDNN takes pointers without const, and does not write to what it reads. */
static void *writable(const void *memory)
{
    union {
        const void *read;
        void *write;
    } both = { memory };
    return both.write;
}

bool vae__onednn_run(const vae__onednn *product, const vae__matmul_piece *piece, int thread, void *scratch)
{
    const seat *mine = &product->seats[thread];
    void *places[ARGUMENTS] = { writable(piece->a), writable(piece->b), piece->c, scratch, writable(piece->bias) };
    dnnl_exec_arg_t arguments[ARGUMENTS];
    dnnl_status_t status = dnnl_success;
    for (int i = 0; i < product->arguments; i++) {
        arguments[i] = (dnnl_exec_arg_t){ argument_numbers[i], mine->memory[i] };
        STEP(status, dnnl_memory_set_data_handle(mine->memory[i], places[i]));
    }
    STEP(status, dnnl_primitive_execute(product->primitive, mine->stream, product->arguments, arguments));
    STEP(status, dnnl_stream_wait(mine->stream));
    return status == dnnl_success;
}
