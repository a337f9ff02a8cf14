/* Matrix products cut into units, and who computes them. */
#include "src/kernels/matmul.h"

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/kernels/onednn.h"

enum {
    UNITS_WANTED = 8,          /* so that a few threads are busy; more are had where the matrix is large */
    UNIT_ROWS_LEAST = 8,       /* rows of c: a tile of the plain loop */
    UNIT_ROWS_MOST = 32,       /* with batch rows; the more, the less often b is read */
    UNIT_GRADIENT_MOST = 112,  /* rows of a weight's gradient */
    UNIT_COLUMNS = 48,         /* columns come in multiples of the widest tile's, and at least three of it */
    PIECE_COLUMNS_LEAST = 192, /* of oneDNN's; narrower ones are slower */
    PIECE_ROWS_INNER = 64,     /* of oneDNN's in VAE__NT, where fewer are slower than the plain loop */
};

/* Multiply-adds below which a run is one unit, and a primitive is not worth its call. */
static const double work_of_one_unit = 64e3, work_for_onednn = 2e6;

struct vae__matmul {
    vae__matmul_spec spec;
    int64_t rows, columns; /* of oneDNN's pieces */
    vae__onednn *full;     /* such a piece; NULL: the plain loop computes all */
};

/* How c is cut. */
typedef struct grid {
    int64_t m, n;          /* of c in this run */
    int64_t rows, columns; /* of a unit */
    int64_t across;        /* units beside one another */
} grid;

static int64_t blocks(int64_t extent, int64_t block)
{
    return (extent + block - 1) / block;
}

static int64_t between(int64_t x, int64_t least, int64_t most)
{
    return x < least ? least : x > most ? most : x;
}

static int64_t rows_of_unit(vae__matmul_form form, int64_t m)
{
    int64_t share = blocks(m, UNITS_WANTED);
    if (form == VAE__TN)
        return between(share, UNIT_ROWS_LEAST, UNIT_GRADIENT_MOST);
    return between(blocks(share, UNIT_ROWS_LEAST) * UNIT_ROWS_LEAST, UNIT_ROWS_LEAST, UNIT_ROWS_MOST);
}

static int64_t columns_of_unit(int64_t n, int64_t down)
{
    int64_t share = blocks(n, blocks(UNITS_WANTED, down));
    share = blocks(share, UNIT_COLUMNS) * UNIT_COLUMNS;
    return between(share, 3 * UNIT_COLUMNS, n > 3 * UNIT_COLUMNS ? n : 3 * UNIT_COLUMNS);
}

/* The plain loop gives an element the same value wherever c is cut; oneDNN's pieces have their fixed shape. */
static grid cut(const vae__matmul *matmul, int64_t batch)
{
    const vae__matmul_spec *spec = &matmul->spec;
    bool gradient = spec->form == VAE__TN;
    grid g = { .m = gradient ? spec->m : batch, .n = spec->n, .across = 1 };
    double work = (double)g.m * (double)g.n * (double)(gradient ? batch : spec->k);
    g.rows = g.m;
    g.columns = g.n;
    if (matmul->full) {
        g.rows = matmul->rows;
        g.columns = matmul->columns;
        g.across = g.n / g.columns;
    } else if (work > work_of_one_unit) {
        g.rows = rows_of_unit(spec->form, g.m);
        g.columns = columns_of_unit(g.n, blocks(g.m, g.rows));
        g.across = blocks(g.n, g.columns);
    }
    return g;
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

/* oneDNN's pieces are all of one width: a divisor of n, the widest that makes enough units with `down` rows of them. */
static int64_t columns_of_piece(int64_t n, int64_t down)
{
    int64_t across = 1;
    for (int64_t i = 1; across * down < UNITS_WANTED && n / i >= PIECE_COLUMNS_LEAST; i++)
        if (n % i == 0)
            across = i;
    return n / across;
}

/* Where oneDNN has no such product the plain loop computes it; only a lack of memory is a failure. */
static vae_status make_primitive(vae__matmul *made)
{
    const vae__matmul_spec *spec = &made->spec;
    double work = (double)spec->m * (double)spec->n * (double)spec->k;
    if (spec->no_onednn || spec->kernels->float64 || work < work_for_onednn)
        return vae__ok();
    made->rows = spec->form == VAE__NT ? PIECE_ROWS_INNER : rows_of_unit(spec->form, spec->m);
    if (made->rows > spec->m || spec->n < PIECE_COLUMNS_LEAST)
        return vae__ok();
    made->columns = columns_of_piece(spec->n, spec->m / made->rows);
    vae__matmul_piece shape = piece_of(spec, made->rows, spec->k);
    shape.n = made->columns;
    vae_status status = vae__onednn_new(&shape, spec->bias, spec->threads, &made->full);
    return status.code == VAE_ERROR_UNSUPPORTED ? vae__ok() : status;
}

static vae_status check(const vae__matmul_spec *spec)
{
    if (spec->m < 1 || spec->n < 1 || spec->k < 1 || spec->threads < 1)
        return vae__error(VAE_ERROR_ARGUMENT,
                          "matmul: sizes and threads must be at least 1, not %lld, %lld, %lld on %d",
                          (long long)spec->m, (long long)spec->n, (long long)spec->k, spec->threads);
    if (spec->add && (spec->bias || spec->relu))
        return vae__error(VAE_ERROR_ARGUMENT, "matmul: a product that is added to c has neither bias nor relu");
    return vae__ok();
}

vae_status vae__matmul_new(const vae__matmul_spec *spec, vae__matmul **matmul)
{
    vae__matmul *made = NULL;
    *matmul = NULL;
    VAE__TRY(check(spec));
    VAE__TRY(vae__allocate("a matrix product", 1, sizeof *made, &made));
    made->spec = *spec;
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

int64_t vae__matmul_units(const vae__matmul *matmul, int64_t batch)
{
    grid g = cut(matmul, batch);
    return blocks(g.m, g.rows) * g.across;
}

size_t vae__matmul_scratch(const vae__matmul *matmul)
{
    return vae__onednn_scratch(matmul->full);
}

static const void *at(const void *base, int64_t bytes)
{
    return base ? (const char *)base + bytes : NULL;
}

/* The part of the run that one unit is. */
static vae__matmul_piece unit_piece(const vae__matmul *matmul, const vae__matmul_call *call, const grid *g,
                                    int64_t unit)
{
    const vae__matmul_spec *spec = &matmul->spec;
    const int64_t size = spec->kernels->float64 ? sizeof(double) : sizeof(float);
    int64_t row = unit / g->across * g->rows, column = unit % g->across * g->columns;
    int64_t m = g->m - row < g->rows ? g->m - row : g->rows;
    vae__matmul_piece piece = piece_of(spec, m, spec->form == VAE__TN ? call->batch : spec->k);
    piece.n = g->n - column < g->columns ? g->n - column : g->columns;
    piece.a = at(call->a, size * (spec->form == VAE__TN ? row : row * piece.lda));
    piece.b = at(call->b, size * (spec->form == VAE__NT ? column * piece.ldb : column));
    piece.bias = spec->bias ? at(call->bias, size * column) : NULL;
    piece.c = (char *)call->c + size * (row * piece.ldc + column);
    return piece;
}

/* oneDNN has the full pieces; should it fail in one, the plain loop stands in. */
static bool is_full(const vae__matmul *matmul, const vae__matmul_piece *piece)
{
    const vae__matmul_spec *spec = &matmul->spec;
    return matmul->full && piece->m == matmul->rows && piece->k == spec->k;
}

/* Units beside one another of a product of one row, taken as one, so that its rows of b are read whole: an element has
 * the same value wherever c is cut. Returns how many there are. */
static int64_t join(const vae__matmul *matmul, const grid *g, int64_t unit, int64_t end, vae__matmul_piece *piece)
{
    if (g->m != 1 || matmul->spec.form != VAE__NN)
        return 1;
    int64_t column = unit * g->columns, last = end * g->columns;
    piece->n = (last < g->n ? last : g->n) - column;
    return end - unit;
}

void vae__matmul_run(const vae__matmul *matmul, const vae__matmul_call *call, int64_t begin, int64_t end)
{
    grid g = cut(matmul, call->batch);
    for (int64_t unit = begin; unit < end;) {
        vae__matmul_piece piece = unit_piece(matmul, call, &g, unit);
        if (is_full(matmul, &piece) && vae__onednn_run(matmul->full, &piece, call->thread, call->scratch)) {
            unit++;
            continue;
        }
        unit += join(matmul, &g, unit, end, &piece);
        matmul->spec.kernels->matmul(&piece);
    }
}

bool vae__matmul_uses_library(const vae__matmul *matmul)
{
    return matmul->full;
}
