/*
 * The source `shapes`: colour images of one shape each on black, whose shape, scale, rotation, place and colour are
 * known, drawn independently and uniformly. Every factor is a class, so that its mutual information with anything else
 * is a finite sum (Matthey, Higgins, Hassabis, Lerchner 2017, "dSprites", is of this kind).
 *
 * Only sums, products and square roots in double precision, each rounded once, decide what a pixel is: the same bits on
 * every machine.
 */
#include <math.h>

#include "src/base/parallel.h"
#include "src/base/random.h"
#include "src/data/drawn.h"
#include "src/data/figure.h"

/* The version is part of the data's digest: raise it with any change that changes a pixel or a factor. */
enum { SHAPES_VERSION = 1, SIDE = 64, CHANNELS = 3, PIXELS = SIDE * SIDE * CHANNELS };
enum { X, SHAPE, SCALE, ROTATION, ROW, COLUMN, HUE, FIELDS };

/* ---- Shapes ------------------------------------------------------------------------------------------------------ */

static double ellipse_depth(double u, double v)
{
    const double half_height = 0.55;
    v /= half_height;
    return (1 - sqrt(u * u + v * v)) * half_height;
}

/* A square on its corner, and a disc upon the middle of each of its upper sides. */
static double heart_depth(double u, double v)
{
    const double radius = 0.5606601717798213; /* of the discs, and half a side of the square */
    const double x = fabs(u) - 0.3964466094067262, y = v + 0.1893398282201787;
    double square = radius - 0.7071067811865476 * (fabs(u) + fabs(v - 0.2071067811865476));
    double disc = radius - sqrt(x * x + y * y);
    return fmax(square, disc);
}

static vae__figure_depth *const depths[] = { vae__square_depth, ellipse_depth, heart_depth, vae__triangle_depth };
static const char *const shape_texts[] = { "square", "ellipse", "heart", "triangle" };

/* ---- Factors ----------------------------------------------------------------------------------------------------- */

/* Of the largest, of which the farthest point lies LARGEST pixels from the centre. */
static const double scales[] = { 0.5, 0.6, 0.7, 0.8, 0.9, 1 };
static const char *const scale_texts[] = { "0.5", "0.6", "0.7", "0.8", "0.9", "1" };
static const double LARGEST = 15.5;

/* Clockwise, in degrees. A square is the same after 90, a triangle after 120, an ellipse after 180: so no two of these
 * look alike, and the last and the first differ by twice as much as neighbours do. */
static const struct {
    double cosine, sine;
} rotations[] = {
    { 1, 0 },
    { 0.984807753012208, 0.17364817766693036 },
    { 0.9396926207859084, 0.3420201433256687 },
    { 0.8660254037844387, 0.5 },
    { 0.766044443118978, 0.6427876096865393 },
    { 0.6427876096865394, 0.766044443118978 },
    { 0.5, 0.8660254037844386 },
    { 0.3420201433256688, 0.9396926207859083 },
};
static const char *const rotation_texts[] = { "0", "10", "20", "30", "40", "50", "60", "70" };

/* Pixels from the upper and the left edge to the centre. */
enum { FIRST_PLACE = 17, PLACE_STEP = 2, REACH = 16 };
static const char *const place_texts[] = { "17", "19", "21", "23", "25", "27", "29", "31",
                                           "33", "35", "37", "39", "41", "43", "45", "47" };

/* By degrees of hue, of one saturation and value. */
static const uint8_t colours[][CHANNELS] = {
    { 255, 40, 40 },  { 255, 201, 40 }, { 148, 255, 40 }, { 40, 255, 94 },
    { 40, 255, 255 }, { 40, 94, 255 },  { 148, 40, 255 }, { 255, 40, 201 },
};
static const char *const hue_texts[] = { "0", "45", "90", "135", "180", "225", "270", "315" };

#define FACTOR(factor, texts)                                                                                          \
    {                                                                                                                  \
        .name = (factor), .kind = VAE_CLASS, .type = VAE_INT32, .rank = 1, .shape = { 1 },                             \
        .classes = sizeof(texts) / sizeof *(texts), .levels = (texts)                                                  \
    }

static const vae_field fields[FIELDS] = {
    [X] = { .name = "x", .kind = VAE_IMAGE, .type = VAE_UINT8, .rank = 3, .shape = { SIDE, SIDE, CHANNELS } },
    [SHAPE] = FACTOR("shape", shape_texts),
    [SCALE] = FACTOR("scale", scale_texts),
    [ROTATION] = FACTOR("rotation", rotation_texts),
    [ROW] = FACTOR("row", place_texts),
    [COLUMN] = FACTOR("column", place_texts),
    [HUE] = FACTOR("hue", hue_texts),
};

static const vae__drawn shapes = {
    .name = "shapes", .version = SHAPES_VERSION, .usual = 12000, .fields = fields, .field_count = FIELDS
};

/* ---- Drawing ----------------------------------------------------------------------------------------------------- */

/* Onto `pixels`, which are black: no shape reaches farther than REACH from its centre, at (column, row). */
static void draw_shape(const vae__figure *shape, int row, int column, const uint8_t colour[CHANNELS], uint8_t *pixels)
{
    for (int y = -REACH; y < REACH; y++)
        for (int x = -REACH; x < REACH; x++) {
            uint8_t *pixel = pixels + ((row + y) * SIDE + column + x) * CHANNELS;
            int covered = vae__figure_coverage(shape, x + 0.5, y + 0.5);
            for (int c = 0; c < CHANNELS; c++)
                pixel[c] = (uint8_t)vae__figure_shade(colour[c], covered);
        }
}

static void draw_example(const int32_t factors[FIELDS], uint8_t *pixels)
{
    const vae__figure shape = { .depth = depths[factors[SHAPE]],
                                .size = LARGEST * scales[factors[SCALE]],
                                .cosine = rotations[factors[ROTATION]].cosine,
                                .sine = rotations[factors[ROTATION]].sine };
    draw_shape(&shape, FIRST_PLACE + PLACE_STEP * factors[ROW], FIRST_PLACE + PLACE_STEP * factors[COLUMN],
               colours[factors[HUE]], pixels);
}

typedef struct drawing {
    vae__draw draw;
    uint32_t first; /* index of row 0 */
    int64_t rows;
    void *columns[FIELDS];
} drawing;

/* The memory of a split is zero before it is drawn. */
static void draw_share(void *context, vae__team team)
{
    const drawing *d = context;
    int64_t begin, end;
    vae__share(team, d->rows, &begin, &end);
    for (int64_t row = begin; row < end; row++) {
        int32_t factors[FIELDS] = { 0 };
        for (int i = SHAPE; i < FIELDS; i++) {
            uint32_t word = vae__random_word(d->draw, d->first + (uint32_t)row, (uint32_t)(i - SHAPE));
            factors[i] = ((int32_t *)d->columns[i])[row] = vae__drawn_class(word, fields[i].classes);
        }
        draw_example(factors, (uint8_t *)d->columns[X] + row * PIXELS);
    }
}

static void draw_shapes(const vae_data *data, vae_split split)
{
    drawing d = { .draw = { .seed = data->options.seed, .stream = vae__random_stream("shapes", "factors") },
                  .first = vae__drawn_first(split),
                  .rows = vae__data_column(data, split, X)->stored_rows };
    for (int i = 0; i < FIELDS; i++)
        d.columns[i] = vae__data_column(data, split, i)->storage;
    vae__parallel(data->options.threads, draw_share, &d);
}

/* ---- The source -------------------------------------------------------------------------------------------------- */

static bool names_shapes(const char *source)
{
    return vae__drawn_names(&shapes, source);
}

static vae_status open_shapes(vae_data *data)
{
    return vae__drawn_open(&shapes, data);
}

const vae__source vae__source_shapes = {
    .expected = "shapes, shapes:N",
    .names = names_shapes,
    .open = open_shapes,
    .draw = draw_shapes,
};
