/* Matrix products cut into units, and who computes them. */
#include "src/kernels/matmul.h"

#include <string.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/kernels/onednn.h"

enum {
    TILE_ROWS = 8,      /* of our own units of a gradient, as many as the largest tile has, … */
    OWN_UNITS = 16,     /* … or fewer, so that there are so many */
    LIBRARY_ROWS = 32,  /* batch rows of a library's piece; the more, the less often b is read */
    LIBRARY_MOST = 112, /* rows of a weight's gradient in one */
    LIBRARY_UNITS = 8,  /* pieces wanted of a gradient, so that a few threads are busy */
    LIBRARY_COLUMNS_LEAST = 192
};

/* Multiply-adds below which a primitive is not worth its call. */
static const double work_for_library = 2e6;

struct vae__matmul {
    vae__matmul_spec spec;
    int64_t rows;      /* of a unit */
    vae__onednn *full; /* such a piece with all columns, by the library; NULL: our own loop computes all */
};

static int64_t blocks(int64_t extent, int64_t block)
{
    return (extent + block - 1) / block;
}

static int64_t between(int64_t x, int64_t least, int64_t most)
{
    return x < least ? least : x > most ? most : x;
}

/* ---- Making ------------------------------------------------------------------------------------------------------ */

int64_t vae__matmul_together(const vae__kernels *kernels, bool no_onednn)
{
    return VAE_HAVE_ONEDNN && !no_onednn && !kernels->float64 && !kernels->wide ? LIBRARY_ROWS : 1;
}

static vae__matmul_piece piece_of(const vae__matmul_spec *spec, int64_t m, int64_t k)
{
    return (vae__matmul_piece){
        .form = spec->form,
        .m = m,
        .n = spec->n,
        .k = k,
        .lda = spec->form == VAE__TN ? spec->m : spec->k,
        .ldb = spec->form == VAE__NT ? spec->k : spec->n,
        .ldc = spec->n,
        .relu = spec->relu,
        .add = spec->add,
    };
}

/* Where the library has no such product our own loop computes it; only a lack of memory is a failure. */
static vae_status make_primitive(vae__matmul *made)
{
    const vae__matmul_spec *spec = &made->spec;
    double work = (double)spec->m * (double)spec->n * (double)spec->k;
    if (vae__matmul_together(spec->kernels, spec->no_onednn) == 1 || spec->bf16 || work < work_for_library ||
        spec->n < LIBRARY_COLUMNS_LEAST)
        return vae__ok();
    int64_t rows = LIBRARY_ROWS;
    if (spec->form == VAE__TN)
        rows = between(blocks(spec->m, LIBRARY_UNITS), TILE_ROWS, LIBRARY_MOST);
    if (rows > spec->m)
        return vae__ok();
    vae__matmul_piece shape = piece_of(spec, rows, spec->k);
    vae_status status = vae__onednn_new(&shape, spec->bias, spec->threads, &made->full);
    if (made->full)
        made->rows = rows;
    return status.code == VAE_ERROR_UNSUPPORTED ? vae__ok() : status;
}

vae_status vae__matmul_check_bfloat16(const vae__kernels *kernels)
{
    if (kernels->float64)
        return vae__error(VAE_ERROR_UNSUPPORTED, "precision bf16: expected float32 for all else, found float64");
    if (!vae__matmul_bfloat16())
        return vae__error(VAE_ERROR_UNSUPPORTED,
                          "precision bf16: expected a processor with AVX512_BF16, found one, or a "
                          "build, without it");
    if (strcmp(kernels->name, "avx512"))
        return vae__error(VAE_ERROR_UNSUPPORTED, "precision bf16: expected kernels \"avx512\", found \"%s\"",
                          kernels->name);
    return vae__ok();
}

static vae_status check(const vae__matmul_spec *spec)
{
    if (spec->m < 1 || spec->n < 1 || spec->k < 1 || spec->threads < 1)
        return vae__error(VAE_ERROR_ARGUMENT,
                          "matmul: sizes and threads must be at least 1, not %lld, %lld, %lld on %d",
                          (long long)spec->m, (long long)spec->n, (long long)spec->k, spec->threads);
    if (spec->bf16)
        VAE__TRY(vae__matmul_check_bfloat16(spec->kernels));
    if ((spec->add || spec->form != VAE__NN) && (spec->bias || spec->relu))
        return vae__error(VAE_ERROR_ARGUMENT,
                          "matmul: a gradient, or a product that is added to c, has neither bias nor relu");
    return vae__ok();
}

vae_status vae__matmul_new(const vae__matmul_spec *spec, vae__matmul **matmul)
{
    vae__matmul *made = NULL;
    *matmul = NULL;
    VAE__TRY(check(spec));
    VAE__TRY(vae__allocate("a matrix product", 1, sizeof *made, &made));
    made->spec = *spec;
    made->rows = spec->form == VAE__TN ? between(spec->m / OWN_UNITS, 1, TILE_ROWS)
                                       : vae__matmul_together(spec->kernels, spec->no_onednn);
    vae_status status = make_primitive(made);
    if (status.code)
        vae__matmul_free(&made);
    *matmul = made;
    return status;
}

void vae__matmul_free(vae__matmul **matmul)
{
    if (!matmul || !*matmul)
        return;
    vae__onednn_free(&(*matmul)->full);
    vae__free(*matmul);
    *matmul = NULL;
}

/* ---- Running ----------------------------------------------------------------------------------------------------- */

static int64_t rows_in(const vae__matmul *matmul, int64_t batch)
{
    return matmul->spec.form == VAE__TN ? matmul->spec.m : batch;
}

int64_t vae__matmul_unit_rows(const vae__matmul *matmul)
{
    return matmul->rows;
}

int64_t vae__matmul_units(const vae__matmul *matmul, int64_t batch)
{
    return blocks(rows_in(matmul, batch), matmul->rows);
}

size_t vae__matmul_scratch(const vae__matmul *matmul)
{
    size_t library = vae__onednn_scratch(matmul->full);
    return library > VAE__MATMUL_SCRATCH ? library : VAE__MATMUL_SCRATCH;
}

static const void *at(const void *base, int64_t bytes)
{
    return base ? (const char *)base + bytes : NULL;
}

/* Rows of c from one on. */
static vae__matmul_piece part_of(const vae__matmul *matmul, const vae__matmul_call *call, int64_t row, int64_t rows)
{
    const vae__matmul_spec *spec = &matmul->spec;
    const int64_t size = spec->kernels->float64 ? sizeof(double) : sizeof(float);
    vae__matmul_piece piece = piece_of(spec, rows, spec->form == VAE__TN ? call->batch : spec->k);
    piece.a = at(call->a, size * (spec->form == VAE__TN ? row : row * piece.lda));
    piece.b = call->b;
    piece.bias = spec->bias ? call->bias : NULL;
    piece.c = call->c ? (char *)call->c + size * row * piece.ldc : NULL;
    piece.scratch = call->scratch;
    return piece;
}

/* Our own loop takes Adam's step while the gradient is in registers. */
static void run_own(const vae__matmul *matmul, const vae__matmul_call *call, vae__matmul_piece *piece, int64_t first)
{
    vae__update here;
    if (call->update) {
        here = vae__update_at(call->update, first);
        piece->update = &here;
    }
    (matmul->spec.bf16 ? vae__matmul_bfloat16() : matmul->spec.kernels->matmul)(piece);
    piece->update = NULL;
}

/* … or it is taken while the library's is in the cache. */
static void update_rows(const vae__matmul *matmul, const vae__matmul_call *call, const vae__matmul_piece *piece,
                        int64_t first)
{
    const vae__update here = vae__update_at(call->update, first);
    matmul->spec.kernels->adam(&here, piece->m * piece->ldc, piece->c);
}

/* The library's own relu would make 0 of what is not a number. */
static void shut(const vae__matmul_piece *piece)
{
    float *c = piece->c;
    for (int64_t i = 0; i < piece->m * piece->ldc; i++)
        c[i] = c[i] <= 0 ? 0 : c[i];
}

static bool run_library(const vae__matmul *matmul, const vae__matmul_call *call, const vae__matmul_piece *piece)
{
    if (!vae__onednn_run(matmul->full, piece, call->thread, call->scratch))
        return false;
    if (piece->relu)
        shut(piece);
    return true;
}

/* The library has the full pieces; should it fail in one, our own loop stands in. */
void vae__matmul_run(const vae__matmul *matmul, const vae__matmul_call *call, int64_t begin, int64_t end)
{
    const int64_t all = rows_in(matmul, call->batch), last = end * matmul->rows < all ? end * matmul->rows : all;
    for (int64_t row = begin * matmul->rows, rows; row < last; row += rows) {
        rows = matmul->full && last - row > matmul->rows ? matmul->rows : last - row;
        vae__matmul_piece piece = part_of(matmul, call, row, rows);
        bool full = matmul->full && rows == matmul->rows && piece.k == matmul->spec.k;
        if (!full || !run_library(matmul, call, &piece))
            run_own(matmul, call, &piece, row * piece.ldc);
        else if (call->update)
            update_rows(matmul, call, &piece, row * piece.ldc);
    }
}

bool vae__matmul_uses_library(const vae__matmul *matmul)
{
    return matmul->full;
}
