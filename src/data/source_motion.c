/*
 * The source `motion`: stills of one to three shapes, and where they go. Each goes one of two ways, which cannot be
 * seen in the still: so what is to be predicted is a distribution, and all of it is known (the task of Walker, Doersch,
 * Gupta, Hebert 2016, "An uncertain future", whose truth is not).
 *
 * Only sums, products and square roots in double precision, each rounded once, decide a value: the same bits on every
 * machine.
 */
#include <math.h>

#include "src/base/parallel.h"
#include "src/base/random.h"
#include "src/data/drawn.h"
#include "src/data/figure.h"

/* The version is part of the data's digest: raise it with any change that changes a value. */
enum { MOTION_VERSION = 1 };
enum { SIDE = 32, PIXELS = SIDE * SIDE, FRAMES = 4, MOST_SHAPES = 3, MODES = 1 << MOST_SHAPES };
enum { CELL = 4, CELLS = SIDE / CELL, CHANNELS = 2 * FRAMES, VALUES = CELLS * CELLS * CHANNELS };
enum { X, STILL, FRAMES_FIELD, MODES_FIELD, COUNT, MODE, FIELDS };

static const double noise = 0.1; /* of x, to either side */
static const double slowest = 0.8, fastest = 1.2;

static const char *const count_texts[MOST_SHAPES] = { "1", "2", "3" };
static const char *const mode_texts[MODES] = { "0", "1", "2", "3", "4", "5", "6", "7" };

#define CLASS(text, texts)                                                                                             \
    {                                                                                                                  \
        .name = (text), .kind = VAE_CLASS, .type = VAE_INT32, .rank = 1, .shape = { 1 },                               \
        .classes = sizeof(texts) / sizeof *(texts), .levels = (texts)                                                  \
    }

static const vae_field fields[FIELDS] = {
    [X] = { .name = "x", .kind = VAE_IMAGE, .type = VAE_FLOAT32, .rank = 3, .shape = { CELLS, CELLS, CHANNELS } },
    [STILL] = { .name = "still", .kind = VAE_IMAGE, .type = VAE_UINT8, .rank = 2, .shape = { SIDE, SIDE } },
    [FRAMES_FIELD] = { .name = "frames",
                       .kind = VAE_IMAGE,
                       .type = VAE_UINT8,
                       .rank = 2,
                       .shape = { FRAMES * SIDE, SIDE } },
    [MODES_FIELD] = { .name = "modes",
                      .kind = VAE_VALUES,
                      .type = VAE_FLOAT32,
                      .rank = 1,
                      .shape = { MODES * VALUES } },
    [COUNT] = CLASS("count", count_texts),
    [MODE] = CLASS("mode", mode_texts),
};

static const vae__drawn motion = {
    .name = "motion", .version = MOTION_VERSION, .usual = 12000, .fields = fields, .field_count = FIELDS
};

/* ---- Shapes and their ways --------------------------------------------------------------------------------------- */

static double disc_depth(double u, double v)
{
    return 1 - sqrt(u * u + v * v);
}

/* Pixels over all frames: those of which each frame has its share, and those that grow with the square of time. */
typedef struct way {
    double right, right_squared, down, down_squared;
} way;

static const struct {
    vae__figure_depth *depth;
    way ways[2];
} kinds[] = {
    { disc_depth, { { .right = -8 }, { .right = 8 } } },
    { vae__square_depth, { { .down_squared = -8 }, { .down_squared = 8 } } },
    { vae__triangle_depth, { { .right_squared = -6, .down = -6 }, { .right_squared = 6, .down = -6 } } },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

typedef struct body {
    vae__figure figure;
    const way *ways;
    double x, y; /* of its centre, in pixels */
    int grey;
    double speed;
} body;

typedef struct scene {
    int count;
    body bodies[MOST_SHAPES];
    int mode;                          /* bit s is the way of body s */
    const body *owners[CELLS * CELLS]; /* of the cells' centres; NULL: the background */
} scene;

typedef struct point {
    double x, y;
} point;

/* Where a body of this speed is at a frame (0: the still), less where it is in the still. */
static point moved(const way *taken, double speed, int frame)
{
    double time = (double)frame / FRAMES, square = time * time;
    return (point){ .x = speed * (taken->right * time + taken->right_squared * square),
                    .y = speed * (taken->down * time + taken->down_squared * square) };
}

static const way *way_of(const scene *s, int index, int mode)
{
    return &s->bodies[index].ways[mode >> index & 1];
}

/* ---- What there is ----------------------------------------------------------------------------------------------- */

/* The centre's pixels in the still, without jitter. Farthest points of neighbours stay STEP - 2 JITTER - 2 REACH = 1
 * pixel apart. */
enum { PLACES = 3, FIRST_PLACE = 5, PLACE_STEP = 11 };
static const double JITTER = 0.5, REACH = 4.5;
enum { DARKEST = 144, BRIGHTEST = 255 };

/* Streams, so that what is seen in the still tells nothing of the future. */
typedef struct dice {
    vae__draw still, jitter, future, noise;
} dice;

static double between(double low, double high, uint32_t word)
{
    return low + (high - low) * (double)vae__random_uniform(word);
}

/* The cells of which the body has the centre; how many they are. */
static int own_cells(scene *s, const body *b)
{
    int count = 0;
    for (int i = 0; i < CELLS * CELLS; i++) {
        double x = CELL * (i % CELLS) + CELL / 2, y = CELL * (i / CELLS) + CELL / 2;
        if (vae__figure_depth_at(&b->figure, x - b->x, y - b->y) <= 0)
            continue;
        s->owners[i] = b;
        count++;
    }
    return count;
}

/* Again until it has the centre of a cell: a triangle may lie between them, and x would tell nothing of it. */
static void put_body(const dice *d, uint32_t number, scene *s, int index, int place)
{
    body *b = &s->bodies[index];
    uint32_t words[4];
    uint32_t attempt = 0;
    do {
        vae__random_block(d->jitter, number, MOST_SHAPES * attempt++ + (uint32_t)index, words);
        b->x = FIRST_PLACE + PLACE_STEP * (place % PLACES) + between(-JITTER, JITTER, words[0]);
        b->y = FIRST_PLACE + PLACE_STEP * (place / PLACES) + between(-JITTER, JITTER, words[1]);
    } while (!own_cells(s, b));
}

static void draw_body(const dice *d, uint32_t number, scene *s, int index, int place)
{
    uint32_t seen[4], unseen[4];
    vae__random_block(d->still, number, 1 + (uint32_t)place, seen);
    vae__random_block(d->future, number, (uint32_t)index, unseen);
    int kind = vae__drawn_class(seen[1], KINDS);
    s->bodies[index] = (body){ .figure = { .depth = kinds[kind].depth, .size = REACH, .cosine = 1 },
                               .ways = kinds[kind].ways,
                               .grey = DARKEST + vae__drawn_class(seen[2], BRIGHTEST - DARKEST + 1),
                               .speed = between(slowest, fastest, unseen[1]) };
    s->mode |= vae__drawn_class(unseen[0], 2) << index;
    put_body(d, number, s, index, place);
}

/* The bodies lie on places of which each choice is as likely (Knuth, algorithm S), row by row. */
static void draw_scene(const dice *d, uint32_t number, scene *s)
{
    const int places = PLACES * PLACES;
    *s = (scene){ .count = 0 };
    int wanted = 1 + vae__drawn_class(vae__random_word(d->still, number, 0), MOST_SHAPES);
    for (int place = 0; place < places && s->count < wanted; place++) {
        uint32_t word = vae__random_word(d->still, number, 4 * (1 + (uint32_t)place));
        if (vae__drawn_class(word, places - place) < wanted - s->count)
            draw_body(d, number, s, s->count++, place);
    }
}

/* ---- What is told of it ------------------------------------------------------------------------------------------ */

/* Where the shapes brighten it; what there is of others stays. */
static void draw_figure(const body *b, point by, uint8_t *pixels)
{
    double x = b->x + by.x, y = b->y + by.y;
    int top = (int)fmax(0, floor(y - REACH)), bottom = (int)fmin(SIDE, ceil(y + REACH));
    int left = (int)fmax(0, floor(x - REACH)), right = (int)fmin(SIDE, ceil(x + REACH));
    for (int row = top; row < bottom; row++)
        for (int column = left; column < right; column++) {
            uint8_t *pixel = &pixels[row * SIDE + column];
            int covered = vae__figure_coverage(&b->figure, column + 0.5 - x, row + 0.5 - y);
            int shade = vae__figure_shade(b->grey, covered);
            *pixel = (uint8_t)(shade > *pixel ? shade : *pixel);
        }
}

static void draw_frame(const scene *s, int frame, uint8_t *pixels)
{
    for (int i = 0; i < s->count; i++)
        draw_figure(&s->bodies[i], moved(way_of(s, i, s->mode), s->bodies[i].speed, frame), pixels);
}

/* The future of this mode, at the speeds of the bodies or at 1, the mean. */
static void write_future(const scene *s, int mode, bool at_mean, double future[VALUES])
{
    for (int i = 0; i < CELLS * CELLS; i++)
        for (int frame = 1; frame <= FRAMES; frame++) {
            const body *b = s->owners[i];
            point to = { 0, 0 };
            if (b)
                to = moved(way_of(s, (int)(b - s->bodies), mode), at_mean ? 1 : b->speed, frame);
            future[CHANNELS * i + 2 * (frame - 1)] = to.x;
            future[CHANNELS * i + 2 * (frame - 1) + 1] = to.y;
        }
}

static void write_x(const dice *d, uint32_t number, const scene *s, float *x)
{
    double future[VALUES];
    write_future(s, s->mode, false, future);
    for (uint32_t block = 0; block < VALUES / 4; block++) {
        uint32_t words[4];
        vae__random_block(d->noise, number, block, words);
        for (uint32_t i = 0; i < 4; i++)
            x[4 * block + i] = (float)(future[4 * block + i] + between(-noise, noise, words[i]));
    }
}

static void write_modes(const scene *s, float *modes)
{
    double future[VALUES];
    for (int mode = 0; mode < MODES; mode++) {
        bool there = mode < 1 << s->count;
        if (there)
            write_future(s, mode, true, future);
        for (int i = 0; i < VALUES; i++)
            modes[VALUES * mode + i] = there ? (float)future[i] : NAN;
    }
}

/* ---- The source -------------------------------------------------------------------------------------------------- */

typedef struct drawing {
    dice dice;
    uint32_t first; /* index of row 0 */
    int64_t rows;
    void *columns[FIELDS];
} drawing;

/* The memory of a split is zero before it is drawn. */
static void draw_example(const drawing *d, int64_t row)
{
    scene s;
    uint32_t number = d->first + (uint32_t)row;
    draw_scene(&d->dice, number, &s);
    write_x(&d->dice, number, &s, (float *)d->columns[X] + row * VALUES);
    draw_frame(&s, 0, (uint8_t *)d->columns[STILL] + row * PIXELS);
    for (int frame = 1; frame <= FRAMES; frame++)
        draw_frame(&s, frame, (uint8_t *)d->columns[FRAMES_FIELD] + (row * FRAMES + frame - 1) * PIXELS);
    write_modes(&s, (float *)d->columns[MODES_FIELD] + row * MODES * VALUES);
    ((int32_t *)d->columns[COUNT])[row] = s.count - 1;
    ((int32_t *)d->columns[MODE])[row] = s.mode;
}

static void draw_share(void *context, vae__team team)
{
    int64_t begin, end;
    vae__share(team, ((const drawing *)context)->rows, &begin, &end);
    for (int64_t row = begin; row < end; row++)
        draw_example(context, row);
}

static vae__draw draw_of(const vae_data *data, const char *label)
{
    return (vae__draw){ .seed = data->options.seed, .stream = vae__random_stream("motion", label) };
}

static void draw_motion(const vae_data *data, vae_split split)
{
    drawing d = { .dice = { .still = draw_of(data, "still"),
                            .jitter = draw_of(data, "jitter"),
                            .future = draw_of(data, "future"),
                            .noise = draw_of(data, "noise") },
                  .first = vae__drawn_first(split),
                  .rows = vae__data_column(data, split, X)->stored_rows };
    for (int i = 0; i < FIELDS; i++)
        d.columns[i] = vae__data_column(data, split, i)->storage;
    vae__parallel(data->options.threads, draw_share, &d);
}

static bool names_motion(const char *source)
{
    return vae__drawn_names(&motion, source);
}

static vae_status open_motion(vae_data *data)
{
    return vae__drawn_open(&motion, data);
}

const vae__source vae__source_motion = {
    .expected = "motion, motion:N",
    .names = names_motion,
    .open = open_motion,
    .draw = draw_motion,
};
