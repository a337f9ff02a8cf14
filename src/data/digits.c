/*
 * Handwritten-looking digits. A digit is written as a hand writes it: a skeleton (a table row below) tells the way of
 * the pen; an example moves its knots, bends, slants and stretches it, and gives the pen its width and pressure; then
 * the way is inked. Size and place follow MNIST's rules: the longer side of the ink has 20 pixels, its centre of mass
 * lies in the middle of the image.
 */
#include "src/data/digits.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "src/base/random.h"

enum {
    SIDE = VAE__DIGIT_SIDE,
    MAX_KNOTS = 16,
    MAX_POINTS = 192, /* of an inked way: MAX_KNOTS spans, no longer than SPAN_STEPS each */
    SPAN_STEPS = 11
};

/*
 * A knot in hundredths of the digit's height, x to the right, y down. An example places it at (x, y) + t · (dx, dy),
 * where t is its own, mostly between 0 and 1: a row stands for all shapes between two extremes.
 */
typedef enum join { END, DOWN, BEND, TURN } join; /* end of table; the pen is put down; a smooth knot; a corner */

struct knot {
    join join;
    short x, y, dx, dy;
};

struct skeleton {
    short digit, weight; /* how often it is written, among the digit's rows */
    struct knot knots[MAX_KNOTS];
};

/* clang-format off */
static const struct skeleton skeletons[] = {
    /* a round zero … a narrow one */
    { 0, 5, { {DOWN,42,1,-4,0}, {BEND,16,10,7,2}, {BEND,1,48,11,2}, {BEND,14,87,8,0}, {BEND,38,99,-1,0},
              {BEND,62,86,-8,0}, {BEND,72,49,-12,0}, {BEND,60,14,-8,0}, {BEND,38,2,0,-1} } },
    /* left open at the top … closed with a hook */
    { 0, 3, { {DOWN,36,5,14,3}, {BEND,12,22,4,-10}, {BEND,2,58,3,-6}, {BEND,18,93,-2,0}, {BEND,44,96,0,2},
              {BEND,66,70,2,2}, {BEND,66,32,-2,4}, {BEND,48,4,-4,2}, {BEND,30,0,-4,10} } },
    /* closed by a loop at the top */
    { 0, 2, { {DOWN,52,0,10,6}, {BEND,24,8,2,-2}, {BEND,4,40,4,4}, {BEND,10,84,6,2}, {BEND,36,100,0,0},
              {BEND,60,80,-4,0}, {BEND,66,42,-8,2}, {BEND,52,12,-8,0}, {BEND,34,8,-6,6}, {BEND,36,20,-2,6} } },

    { 1, 10, { {DOWN,35,0,4,0}, {BEND,35,50,-2,0}, {BEND,35,100,-2,0} } },
    /* a short flag … a long one */
    { 1, 2, { {DOWN,26,14,-16,14}, {BEND,34,6,-6,6}, {TURN,40,0,0,0}, {BEND,40,50,0,0}, {BEND,39,100,0,0} } },
    /* flag and base */
    { 1, 1, { {DOWN,20,18,-8,6}, {TURN,38,0,0,0}, {BEND,38,50,0,0}, {BEND,38,98,0,0},
              {DOWN,16,99,-10,0}, {BEND,38,98,0,0}, {BEND,60,99,8,-2} } },

    /* a small loop at the foot … a large one */
    { 2, 4, { {DOWN,6,22,0,-4}, {BEND,26,2,2,0}, {BEND,52,8,4,4}, {BEND,57,32,0,0}, {BEND,40,64,-4,0},
              {BEND,16,92,-4,2}, {BEND,5,94,-5,2}, {BEND,8,84,-4,-6}, {BEND,24,82,2,-2}, {BEND,46,93,0,0},
              {BEND,70,92,6,-4} } },
    /* a corner at the foot, the base level … rising or wavy */
    { 2, 4, { {DOWN,4,18,4,4}, {BEND,26,0,4,0}, {BEND,53,10,0,6}, {BEND,50,38,-2,4}, {BEND,26,74,4,0},
              {TURN,3,98,-2,-2}, {BEND,34,96,0,-6}, {BEND,68,96,4,2} } },
    /* like a swan: long curve, base falling */
    { 2, 2, { {DOWN,10,30,-6,-6}, {BEND,18,8,0,-2}, {BEND,42,1,4,0}, {BEND,58,18,2,2}, {BEND,46,50,0,4},
              {BEND,22,80,-4,2}, {TURN,4,90,0,2}, {BEND,24,86,4,0}, {BEND,46,96,2,0}, {BEND,66,98,8,-4} } },

    /* round, bellies of like size … the lower one large */
    { 3, 5, { {DOWN,6,12,0,0}, {BEND,30,0,-2,0}, {BEND,54,12,-8,-2}, {BEND,48,36,-8,-4}, {TURN,24,46,0,-6},
              {BEND,50,54,6,-6}, {BEND,60,76,6,-4}, {BEND,38,98,0,2}, {BEND,12,97,-4,0}, {BEND,2,86,-2,4} } },
    /* a flat top */
    { 3, 1, { {DOWN,6,4,-2,-2}, {BEND,32,2,0,0}, {TURN,58,2,2,0}, {BEND,44,20,2,0}, {TURN,28,38,0,2},
              {BEND,52,48,4,0}, {BEND,60,76,0,0}, {BEND,34,99,0,0}, {BEND,3,88,0,4} } },
    /* the middle a small loop */
    { 3, 3, { {DOWN,4,14,4,-6}, {BEND,28,0,2,0}, {BEND,52,10,2,2}, {BEND,44,34,0,0}, {BEND,22,48,-2,0},
              {BEND,20,42,-4,-2}, {BEND,36,43,0,0}, {BEND,58,60,2,0}, {BEND,52,88,2,0}, {BEND,26,100,-2,0},
              {BEND,2,92,-4,-6} } },

    /* open, its angle sharp … wide */
    { 4, 4, { {DOWN,14,2,-4,6}, {BEND,8,28,0,0}, {TURN,4,52,-4,2}, {BEND,34,52,0,0}, {BEND,66,48,6,-2},
              {DOWN,56,4,-6,-4}, {BEND,53,50,-3,0}, {BEND,50,100,-4,0} } },
    /* open, rounded, in one line with the stem */
    { 4, 4, { {DOWN,10,4,4,-2}, {BEND,3,30,0,4}, {BEND,14,52,0,0}, {BEND,40,46,-2,0}, {TURN,58,6,-4,14},
              {BEND,54,50,-2,0}, {BEND,50,100,-8,0} } },
    /* closed */
    { 4, 2, { {DOWN,52,2,-4,-2}, {BEND,26,34,-2,0}, {TURN,2,62,-2,-4}, {BEND,36,61,0,-4}, {BEND,72,60,2,-6},
              {DOWN,52,2,-4,-2}, {BEND,51,50,-2,0}, {BEND,49,100,-2,0} } },
    /* open at the top, nearly a nine … wide like a u */
    { 4, 2, { {DOWN,18,10,-10,-6}, {BEND,4,30,0,-2}, {BEND,16,50,0,4}, {BEND,48,44,4,4}, {DOWN,54,14,8,-10},
              {BEND,52,46,8,0}, {BEND,48,72,8,0}, {BEND,44,100,4,0} } },

    /* the top apart … joined */
    { 5, 3, { {DOWN,20,8,-2,-4}, {BEND,15,24,0,0}, {TURN,10,42,0,2}, {BEND,34,37,2,2}, {BEND,58,56,2,2},
              {BEND,50,88,0,0}, {BEND,22,100,0,0}, {BEND,1,90,-2,-2},
              {DOWN,24,6,-6,-2}, {BEND,44,4,0,-2}, {BEND,70,2,4,-4} } },
    /* in one line, from the right */
    { 5, 3, { {DOWN,68,2,4,2}, {BEND,42,3,0,0}, {TURN,20,5,-2,0}, {BEND,16,24,0,0}, {TURN,11,43,-2,0},
              {BEND,36,40,0,-2}, {BEND,58,58,2,2}, {BEND,48,89,2,0}, {BEND,22,100,2,0}, {BEND,0,92,-2,-4} } },
    /* like an s */
    { 5, 3, { {DOWN,68,2,4,4}, {BEND,36,5,0,-2}, {BEND,18,20,-2,2}, {BEND,30,42,-4,0}, {BEND,50,58,2,2},
              {BEND,52,82,2,0}, {BEND,28,100,-2,0}, {BEND,2,92,-2,0} } },

    /* curved, a round belly … a flat one */
    { 6, 5, { {DOWN,50,0,4,4}, {BEND,22,22,0,0}, {BEND,4,60,0,0}, {BEND,10,92,2,2}, {BEND,36,99,0,0},
              {BEND,57,82,2,2}, {BEND,50,60,0,8}, {BEND,28,58,2,10}, {BEND,8,78,0,8} } },
    /* a long stem, a low belly */
    { 6, 2, { {DOWN,44,0,8,2}, {BEND,20,34,4,4}, {BEND,2,74,0,4}, {BEND,18,99,2,0}, {BEND,46,92,4,0},
              {BEND,52,74,4,4}, {BEND,34,66,0,6}, {BEND,10,80,2,4} } },
    /* a straight stem, a small loop */
    { 6, 3, { {DOWN,36,0,-14,0}, {BEND,18,38,-10,0}, {BEND,5,76,-3,-4}, {BEND,22,99,-2,0}, {BEND,47,88,0,0},
              {BEND,48,66,2,-4}, {BEND,28,62,2,-4}, {BEND,8,82,2,-6} } },
    /* the belly curled in */
    { 6, 2, { {DOWN,56,8,4,0}, {BEND,42,0,0,0}, {BEND,14,24,0,2}, {BEND,2,62,0,0}, {BEND,16,96,0,0},
              {BEND,46,96,2,0}, {BEND,56,70,2,-2}, {BEND,36,54,0,0}, {BEND,18,66,0,0}, {BEND,22,78,4,2} } },

    /* straight … bent */
    { 7, 5, { {DOWN,2,10,0,-4}, {BEND,30,6,0,0}, {TURN,62,4,2,0}, {BEND,46,44,-8,-2}, {BEND,30,100,-4,0} } },
    /* with a bar */
    { 7, 2, { {DOWN,4,8,0,-2}, {BEND,34,6,0,-2}, {TURN,66,3,0,0}, {BEND,46,46,-2,0}, {BEND,30,100,-2,0},
              {DOWN,18,52,2,-4}, {BEND,40,50,0,-2}, {BEND,62,49,2,-4} } },
    /* a hook at its start */
    { 7, 2, { {DOWN,3,22,-2,8}, {TURN,6,5,0,0}, {BEND,34,6,0,0}, {TURN,62,3,0,0}, {BEND,42,48,-2,0},
              {BEND,32,100,4,0} } },
    /* the corner rounded */
    { 7, 3, { {DOWN,0,16,2,-4}, {BEND,24,3,2,0}, {BEND,50,3,2,2}, {BEND,58,20,0,4}, {BEND,42,58,0,0},
              {BEND,26,100,-4,0} } },
    /* a long flat top, the tail curling out */
    { 7, 1, { {DOWN,0,12,-4,4}, {BEND,36,7,0,0}, {TURN,70,0,4,0}, {BEND,44,32,0,0}, {BEND,30,70,-2,2},
              {BEND,34,98,6,0} } },

    /* in one line, ending where it began … left open */
    { 8, 6, { {DOWN,56,12,4,-4}, {BEND,36,0,2,0}, {BEND,12,14,2,0}, {BEND,20,36,0,0}, {BEND,42,54,-2,0},
              {BEND,54,78,-4,0}, {BEND,32,100,0,0}, {BEND,8,84,2,0}, {BEND,20,58,0,0}, {BEND,44,36,0,-2},
              {BEND,58,14,4,-6} } },
    /* two rings */
    { 8, 2, { {DOWN,44,6,0,0}, {BEND,22,4,-2,0}, {BEND,12,22,0,2}, {BEND,30,44,0,0}, {BEND,52,26,0,-2},
              {BEND,42,3,0,0},
              {DOWN,34,46,0,0}, {BEND,8,64,2,0}, {BEND,10,92,2,0}, {BEND,34,100,0,0}, {BEND,58,84,-4,0},
              {BEND,52,56,0,2}, {BEND,30,45,2,0} } },
    /* the waist crossed low, a narrow foot */
    { 8, 3, { {DOWN,50,22,6,-6}, {BEND,46,2,4,0}, {BEND,20,4,2,0}, {BEND,10,26,0,2}, {BEND,34,56,0,0},
              {BEND,46,80,0,0}, {BEND,30,100,0,0}, {BEND,14,82,0,0}, {BEND,28,58,0,0}, {BEND,52,30,0,0},
              {BEND,48,10,6,-4} } },

    /* a straight tail */
    { 9, 5, { {DOWN,54,12,0,0}, {BEND,32,0,0,0}, {BEND,6,18,2,2}, {BEND,12,42,2,2}, {BEND,38,42,0,2},
              {TURN,57,10,-2,0}, {BEND,54,52,-2,0}, {BEND,48,100,-6,0} } },
    /* a curved tail */
    { 9, 3, { {DOWN,54,14,0,-4}, {BEND,32,0,-2,0}, {BEND,5,18,2,0}, {BEND,14,44,0,0}, {BEND,42,40,0,0},
              {TURN,57,10,2,2}, {BEND,58,52,0,0}, {BEND,46,88,-2,2}, {BEND,24,100,0,0}, {BEND,4,90,-2,2} } },
    /* a loop running into the tail */
    { 9, 3, { {DOWN,48,26,4,-6}, {BEND,28,44,-2,0}, {BEND,6,34,0,-2}, {BEND,18,6,0,0}, {BEND,44,3,2,-2},
              {BEND,54,26,-2,2}, {BEND,46,64,0,0}, {BEND,34,100,0,0} } },
    /* an open head */
    { 9, 2, { {DOWN,44,4,4,4}, {BEND,22,2,2,0}, {BEND,4,22,2,2}, {BEND,16,44,0,0}, {BEND,42,38,0,0},
              {TURN,58,8,0,6}, {BEND,56,54,-2,0}, {BEND,46,100,-4,0} } },
};
/* clang-format on */

/* A row of random numbers of one purpose for one example. */
struct dice {
    vae__draw draw;
    uint32_t example, next, words[4];
};

static struct dice dice_of(uint64_t seed, const char *purpose, uint32_t example)
{
    return (struct dice){ .draw = { .seed = seed, .stream = vae__random_stream("digits", purpose) },
                          .example = example };
}

static uint32_t word(struct dice *dice)
{
    if (dice->next % 4 == 0)
        vae__random_block(dice->draw, dice->example, dice->next / 4, dice->words);
    return dice->words[dice->next++ % 4];
}

static uint32_t below(struct dice *dice, uint32_t bound)
{
    return (uint32_t)(((uint64_t)word(dice) * bound) >> 32);
}

static float between(struct dice *dice, float low, float high)
{
    return low + (high - low) * vae__random_uniform(word(dice));
}

/* Mean 0, variance 1, bell-shaped, never beyond 3.5: the sum of the four bytes of a word. */
static float bell(struct dice *dice)
{
    uint32_t bits = word(dice);
    uint32_t sum = (bits & 255) + (bits >> 8 & 255) + (bits >> 16 & 255) + (bits >> 24);
    return ((float)sum - 510) * (1 / 147.8f);
}

static float clamp(float value, float low, float high)
{
    return value < low ? low : value > high ? high : value;
}

typedef struct vector {
    float x, y;
} vector;

static float length(vector v)
{
    return sqrtf(v.x * v.x + v.y * v.y);
}

/* a · u + b · v */
static vector combine(float a, vector u, float b, vector v)
{
    return (vector){ a * u.x + b * v.x, a * u.y + b * v.y };
}

/* An example's skeleton: knots where this hand has put them. */
struct form {
    int count;
    join join[MAX_KNOTS];
    vector knot[MAX_KNOTS];
};

/* The pen's way as points with the pen's half width there; `down` starts a stroke. In units of the digit's height, then
 * of pixels. */
struct point {
    vector at;
    float width;
    bool down;
};

struct way {
    int count;
    struct point point[MAX_POINTS];
};

static const struct skeleton *choose_skeleton(struct dice *dice, int digit)
{
    const int rows = sizeof skeletons / sizeof *skeletons;
    uint32_t total = 0;
    for (int i = 0; i < rows; i++)
        total += skeletons[i].digit == digit ? (uint32_t)skeletons[i].weight : 0;
    uint32_t rest = below(dice, total);
    for (int i = 0;; i++) {
        if (skeletons[i].digit != digit)
            continue;
        if (rest < (uint32_t)skeletons[i].weight)
            return &skeletons[i];
        rest -= (uint32_t)skeletons[i].weight;
    }
}

static bool ends_stroke(const struct form *form, int i)
{
    return i + 1 == form->count || form->join[i + 1] == DOWN;
}

/* The pen comes down and goes up a little early or late. */
static void shift_ends(struct form *form, struct dice *dice)
{
    vector before[MAX_KNOTS];
    memcpy(before, form->knot, sizeof before);
    for (int i = 0; i < form->count; i++) {
        bool start = form->join[i] == DOWN;
        if (!start && !ends_stroke(form, i))
            continue;
        float shift = clamp(0.12f * bell(dice), -0.25f, 0.3f);
        form->knot[i] = combine(1 + shift, before[i], -shift, before[start ? i + 1 : i - 1]);
    }
}

static void place_knots(struct form *form, const struct skeleton *skeleton, struct dice *dice)
{
    const float t = clamp(0.5f + 0.65f * bell(dice), -0.65f, 1.65f);
    const float unrest = between(dice, 0.010f, 0.034f);
    form->count = 0;
    for (const struct knot *knot = skeleton->knots; form->count < MAX_KNOTS && knot->join != END; knot++) {
        vector at = { 0.01f * ((float)knot->x + t * (float)knot->dx), 0.01f * ((float)knot->y + t * (float)knot->dy) };
        at.x += unrest * bell(dice);
        at.y += unrest * bell(dice);
        form->join[form->count] = knot->join;
        form->knot[form->count++] = at;
    }
    shift_ends(form, dice);
}

/* The unit chord from knot i to knot i + 1. */
static vector chord(const struct form *form, int i)
{
    vector v = combine(1, form->knot[i + 1], -1, form->knot[i]);
    return combine(1 / (length(v) + 1e-6f), v, 0, v);
}

/* The direction at a smooth knot: of the parabola through it and its neighbours (Catmull-Rom over chord lengths). */
static vector direction(const struct form *form, int i)
{
    float before = length(combine(1, form->knot[i], -1, form->knot[i - 1]));
    float after = length(combine(1, form->knot[i + 1], -1, form->knot[i]));
    float sum = before + after + 1e-6f;
    return combine(after / sum, chord(form, i - 1), before / sum, chord(form, i));
}

/* The direction at one end of the span from knot i: at a corner or a stroke's end, that of a parabola. */
static vector span_direction(const struct form *form, int i, bool end)
{
    int here = end ? i + 1 : i, other = end ? i : i + 1;
    if (form->join[here] == BEND && !ends_stroke(form, here))
        return direction(form, here);
    vector straight = chord(form, i);
    if (form->join[other] != BEND || ends_stroke(form, other))
        return straight;
    return combine(1.5f, straight, -0.5f, direction(form, other));
}

/* The points of the span from knot i to the next, without its last: a cubic in Hermite's form. */
static void trace_span(const struct form *form, int i, struct way *way)
{
    vector from = form->knot[i], to = form->knot[i + 1];
    float size = length(combine(1, to, -1, from));
    vector out = span_direction(form, i, false), in = span_direction(form, i, true);
    int steps = 2 + (int)(size * 16);
    steps = steps < SPAN_STEPS ? steps : SPAN_STEPS;
    for (int step = 0; step < steps; step++) {
        float t = (float)step / (float)steps, u = 1 - t;
        vector ends = combine(u * u * (1 + 2 * t), from, t * t * (3 - 2 * t), to);
        vector bends = combine(size * t * u * u, out, -size * t * t * u, in);
        way->point[way->count++] =
            (struct point){ .at = combine(1, ends, 1, bends), .down = !step && form->join[i] == DOWN };
    }
}

static void trace(const struct form *form, struct way *way)
{
    way->count = 0;
    for (int i = 0; i < form->count; i++)
        if (ends_stroke(form, i))
            way->point[way->count++] = (struct point){ .at = form->knot[i] };
        else
            trace_span(form, i, way);
}

/* What a hand does to every shape: bends the sheet a little (a quadratic), trembles, slants, turns, stretches. */
static void deform(struct way *way, struct dice *dice)
{
    float bend[6];
    for (int i = 0; i < 6; i++)
        bend[i] = 0.22f * bell(dice);
    const float slant = 0.22f * bell(dice) + 0.18f, turn = 0.09f * bell(dice);
    const float stretch = 1.12f + 0.16f * bell(dice), tremor = between(dice, 0, 0.016f);
    vector shake = { 0, 0 }, drift = { 0, 0 };
    for (int i = 0; i < way->count; i++) {
        vector *at = &way->point[i].at, kick = { bell(dice), bell(dice) };
        shake = combine(0.7f, shake, 0.5f, kick);
        drift = combine(0.7f, drift, 0.5f, shake);
        float u = at->x - 0.35f, v = at->y - 0.5f;
        float x = u + bend[0] * v * v + bend[1] * u * v + bend[2] * u * u + tremor * drift.x;
        float y = v + bend[3] * u * u + bend[4] * u * v + 0.5f * bend[5] * v * v + tremor * drift.y;
        x = stretch * x - slant * y;
        *at = (vector){ x - turn * y, y + turn * x };
    }
}

/* Pressure along a stroke: slow swells, thin ends, and rarely a spot where the pen hardly touches. */
static void press(struct way *way, struct dice *dice)
{
    const float swell = between(dice, 0.02f, 0.12f), taper = between(dice, 0, 0.5f), nib = between(dice, -0.05f, 0.25f);
    const int gap = below(dice, 40) ? -10 : (int)below(dice, (uint32_t)way->count);
    float push = 0, pressure = 0;
    for (int i = 0; i < way->count; i++) {
        struct point *point = &way->point[i];
        bool last = i + 1 == way->count || point[1].down;
        push = 0.8f * push + 0.5f * bell(dice);
        pressure = 0.8f * pressure + 0.4f * push;
        vector along = combine(1, point[last ? 0 : 1].at, -1, point[last ? -1 : 0].at);
        float across = fabsf(0.9f * along.y - 0.4f * along.x) / (length(along) + 1e-6f);
        point->width = clamp(1 + swell * pressure, 0.6f, 1.5f) * (1 + nib * (across - 0.6f));
        if (point->down || last)
            point->width *= 1 - taper * between(dice, 0, 1);
        if (i >= gap && i < gap + 3)
            point->width *= 0.3f;
    }
}

/* The shift that brings a centre of mass to the middle, as far as the frame of one pixel stays free. */
static float shift_to(float middle, float mass, float extent, float margin)
{
    return clamp(middle - mass, margin, SIDE - 1 - margin - extent);
}

/* Size and place: the ink's longer side gets `size` pixels, its centre of mass goes to the middle. */
static void fit(struct way *way, float width, float size, vector middle)
{
    vector low = way->point[0].at, high = low, mass = { 0, 0 };
    for (int i = 1; i < way->count; i++) {
        vector at = way->point[i].at;
        low = (vector){ fminf(low.x, at.x), fminf(low.y, at.y) };
        high = (vector){ fmaxf(high.x, at.x), fmaxf(high.y, at.y) };
    }
    const float scale = (size - 2 * width) / fmaxf(high.x - low.x, high.y - low.y);
    float weight = 1e-6f;
    for (int i = 0; i < way->count; i++) {
        struct point *point = &way->point[i];
        point->at = combine(scale, point->at, -scale, low);
        point->width *= width;
        if (point->down || !i)
            continue;
        float ink = length(combine(1, point->at, -1, point[-1].at)) * (point->width + point[-1].width);
        mass = combine(1, mass, 0.5f * ink, combine(1, point->at, 1, point[-1].at));
        weight += ink;
    }
    const float margin = 1 + 1.15f * width; /* the pen may swell, and its edge is soft */
    const vector shift = { shift_to(middle.x, mass.x / weight, scale * (high.x - low.x), margin),
                           shift_to(middle.y, mass.y / weight, scale * (high.y - low.y), margin) };
    for (int i = 0; i < way->count; i++)
        way->point[i].at = combine(1, way->point[i].at, 1, shift);
}

/* How deep each pixel lies inside the ink, in pixels; negative outside. */
struct sheet {
    float depth[SIDE][SIDE];
};

static int pixel_range(float value)
{
    return (int)clamp(value, 0, SIDE);
}

/* A piece of the way between two points: the distance to it, taken from the pen's half width there. */
static void ink_piece(struct sheet *sheet, const struct point *from, const struct point *to)
{
    const float reach = fmaxf(from->width, to->width) + 1.5f, x0 = from->at.x, y0 = from->at.y;
    const float x1 = to->at.x - x0, y1 = to->at.y - y0, widen = to->width - from->width;
    const float inverse = 1 / (x1 * x1 + y1 * y1 + 1e-6f);
    const int left = pixel_range(fminf(x0, to->at.x) - reach + 1), right = pixel_range(fmaxf(x0, to->at.x) + reach + 1);
    const int top = pixel_range(fminf(y0, to->at.y) - reach + 1), foot = pixel_range(fmaxf(y0, to->at.y) + reach + 1);
    for (int y = top; y < foot; y++) {
        float dy = (float)y - y0;
        for (int x = left; x < right; x++) {
            float dx = (float)x - x0, t = (dx * x1 + dy * y1) * inverse;
            t = t < 0 ? 0 : t > 1 ? 1 : t;
            float ex = dx - t * x1, ey = dy - t * y1;
            float depth = from->width + t * widen - sqrtf(ex * ex + ey * ey);
            sheet->depth[y][x] = depth > sheet->depth[y][x] ? depth : sheet->depth[y][x];
        }
    }
}

static void ink(const struct way *way, struct sheet *sheet)
{
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            sheet->depth[y][x] = -4;
    for (int i = 1; i < way->count; i++)
        if (!way->point[i].down)
            ink_piece(sheet, &way->point[i - 1], &way->point[i]);
}

/* Grey levels from depths: a soft edge, a little rough as paper is. `soft` is the edge's breadth in pixels. */
static void develop(const struct sheet *sheet, float soft, float rough, struct dice *dice, uint8_t *pixels)
{
    const float *depth = &sheet->depth[0][0];
    uint32_t bits = 0;
    for (int i = 0; i < SIDE * SIDE; i++, bits >>= 8) {
        if (i % 4 == 0)
            bits = word(dice);
        float noise = rough * ((float)(bits & 255) - 127.5f) * (1 / 127.5f);
        float t = clamp((depth[i] + noise) / soft + 0.5f, 0, 1);
        pixels[i] = (uint8_t)(255 * t * t * (3 - 2 * t) + 0.5f);
    }
}

int vae__digit_draw(uint64_t seed, uint32_t index, uint8_t pixels[VAE__DIGIT_SIDE * VAE__DIGIT_SIDE])
{
    struct dice class = dice_of(seed, "class", index), shape = dice_of(seed, "shape", index);
    struct dice hand = dice_of(seed, "hand", index), pen = dice_of(seed, "pen", index),
                paper = dice_of(seed, "paper", index);
    int digit = (int)below(&class, VAE__DIGIT_CLASSES);
    struct form form;
    struct way way;
    struct sheet sheet;
    place_knots(&form, choose_skeleton(&shape, digit), &shape);
    trace(&form, &way);
    deform(&way, &hand);
    press(&way, &pen);
    float width = clamp(1.25f + 0.35f * bell(&pen), 0.6f, 2.4f), soft = between(&paper, 0.9f, 1.5f);
    float size = between(&paper, 19, 20.5f), rough = between(&paper, 0.05f, 0.35f);
    vector middle = { between(&paper, 13.2f, 14.2f), between(&paper, 13.2f, 14.2f) };
    fit(&way, width, size, middle);
    ink(&way, &sheet);
    develop(&sheet, soft, rough, &paper, pixels);
    return digit;
}
