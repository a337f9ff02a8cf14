/* The built-in moving shapes: every value that NumPy has of them (tests/golden/motion.py); x, still, frames and modes
 * agree with one another; the still does not tell the way; and its images and values are conditions by their names. */
#include "tests/support/suite.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <vae/data.h>

#include "src/base/types.h"
#include "src/data/data.h"
#include "tests/data/drawn.h"
#include "tests/support/system.h"

enum { SIDE = 32, PIXELS = SIDE * SIDE, STEPS = 4, CELLS = 64, CHANNELS = 8, VALUES = CELLS * CHANNELS, MODES = 8 };
enum { X, STILL, FRAMES, FUTURES, COUNT, MODE, FIELDS };
enum { DISC, SQUARE, TRIANGLE, KINDS };
enum { ROWS = 400, MANY = 6000 };

static vae_data *open_motion(const char *source, uint64_t seed, int threads)
{
    vae_data *data = NULL;
    ck_assert_status_ok(vae_data_open(source, &(vae_data_options){ .seed = seed, .threads = threads }, &data));
    return data;
}

static const void *values_of(const vae_data *data, vae_split split, int index, int64_t row)
{
    const vae_field *field = vae_data_field(data, split, index);
    return (const char *)field->values + (size_t)(row * field->size) * vae__type_bytes(field->type);
}

static size_t row_bytes(const vae_data *data, int index)
{
    const vae_field *field = vae_data_field(data, VAE_TRAIN, index);
    return (size_t)field->size * vae__type_bytes(field->type);
}

static int class_of(const vae_data *data, int index, int64_t row)
{
    return *(const int32_t *)values_of(data, VAE_TRAIN, index, row);
}

/* ---- What is drawn ----------------------------------------------------------------------------------------------- */

static const vae_field expected[FIELDS] = {
    { .name = "x", .kind = VAE_IMAGE, .type = VAE_FLOAT32, .rank = 3, .shape = { 8, 8, 8 } },
    { .name = "still", .kind = VAE_IMAGE, .type = VAE_UINT8, .rank = 2, .shape = { 32, 32 } },
    { .name = "frames", .kind = VAE_IMAGE, .type = VAE_UINT8, .rank = 2, .shape = { 128, 32 } },
    { .name = "modes", .kind = VAE_VALUES, .type = VAE_FLOAT32, .rank = 1, .shape = { 4096 } },
    { .name = "count", .kind = VAE_CLASS, .type = VAE_INT32, .rank = 1, .shape = { 1 }, .classes = 3 },
    { .name = "mode", .kind = VAE_CLASS, .type = VAE_INT32, .rank = 1, .shape = { 1 }, .classes = 8 },
};

START_TEST(test_fields)
{
    vae_data *data = open_motion("motion:30", 0, 1);
    ck_assert_int_eq(vae_data_field_count(data), FIELDS);
    ck_assert_int_eq(vae_data_rows(data, VAE_TRAIN), 30);
    ck_assert_int_eq(vae_data_rows(data, VAE_TEST), 5);
    for (int i = 0; i < FIELDS; i++) {
        const vae_field *field = vae_data_field(data, VAE_TEST, i);
        ck_assert_str_eq(field->name, expected[i].name);
        ck_assert(field->kind == expected[i].kind && field->type == expected[i].type);
        ck_assert_int_eq(field->rank, expected[i].rank);
        ck_assert_mem_eq(field->shape, expected[i].shape, sizeof field->shape);
        ck_assert_int_eq(field->classes, expected[i].classes);
        ck_assert_ptr_null(field->path);
    }
    const vae_field *count = vae_data_find(data, VAE_TRAIN, "count"), *mode = vae_data_find(data, VAE_TRAIN, "mode");
    ck_assert(!strcmp(count->levels[0], "1") && !strcmp(count->levels[2], "3"));
    ck_assert(!strcmp(mode->levels[0], "0") && !strcmp(mode->levels[7], "7"));
    vae_data_free(&data);
    data = open_motion("motion", 0, 1);
    ck_assert_int_eq(vae_data_rows(data, VAE_TRAIN), 12000);
    ck_assert_int_eq(vae_data_rows(data, VAE_TEST), 2000);
    vae_data_free(&data);
    ck_assert_int_eq(system_outstanding(), 0);
}
END_TEST

static FILE *open_golden(void)
{
    char path[512];
    const char *folder = getenv("SOURCE");
    snprintf(path, sizeof path, "%s/tests/golden/motion.txt", folder ? folder : ".");
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s cannot be opened", path);
    return file;
}

/* One data set, whatever the machine, the compiler and the number of threads. */
START_TEST(test_bits)
{
    for (int threads = 1; threads <= 3; threads++) {
        vae_data *data = open_motion("motion:24", 7, threads);
        FILE *file = open_golden();
        char split[8], name[8];
        int row, records = 0;
        unsigned long sum;
        while (fscanf(file, "%7s %d %7s %lx", split, &row, name, &sum) == 4) {
            vae_split from = strcmp(split, "test") ? VAE_TRAIN : VAE_TEST;
            int index = 0;
            while (index < FIELDS - 1 && strcmp(expected[index].name, name) != 0)
                index++;
            uLong found = crc32(0, values_of(data, from, index, row), (uInt)row_bytes(data, index));
            ck_assert_msg(found == sum, "%s %d %s: %08lx, not %08lx", split, row, name, found, sum);
            records++;
        }
        ck_assert_int_eq(records, (24 + 4) * FIELDS);
        ck_assert_str_eq(vae_data_digest(data), "49aab424d98bf744");
        fclose(file);
        vae_data_free(&data);
    }
}
END_TEST

/* An example is a function of seed and number; test examples have other numbers than training examples. */
START_TEST(test_seeds)
{
    vae_data *few = open_motion("motion:6", 1, 1), *many = open_motion("motion:40", 1, 2);
    vae_data *other = open_motion("motion:6", 2, 1);
    for (int i = 0; i < FIELDS; i++) {
        ck_assert_mem_eq(values_of(few, VAE_TRAIN, i, 0), values_of(many, VAE_TRAIN, i, 0), 6 * row_bytes(few, i));
        ck_assert_mem_eq(values_of(few, VAE_TEST, i, 0), values_of(many, VAE_TEST, i, 0), row_bytes(few, i));
    }
    for (int i = X; i <= FRAMES; i++) {
        for (int row = 0; row < 6; row++)
            ck_assert(
                memcmp(values_of(few, VAE_TRAIN, i, row), values_of(other, VAE_TRAIN, i, row), row_bytes(few, i)) != 0);
        for (int row = 0; row < 40; row++)
            for (int test = 0; test < 6; test++)
                ck_assert(memcmp(values_of(many, VAE_TRAIN, i, row), values_of(many, VAE_TEST, i, test),
                                 row_bytes(many, i)) != 0);
    }
    ck_assert_str_ne(vae_data_digest(few), vae_data_digest(other));
    ck_assert_str_ne(vae_data_digest(few), vae_data_digest(many));
    vae_data_free(&few);
    vae_data_free(&many);
    vae_data_free(&other);
}
END_TEST

/* ---- What a person sees in a still ------------------------------------------------------------------------------- */

/* Pixels that touch, at corners too. */
typedef struct seen {
    double light, x, y; /* sum of the pixels; centre of mass */
    int brightest;
    uint8_t mine[PIXELS];
} seen;

static void spread(const uint8_t *image, int x, int y, seen *s)
{
    if (x < 0 || y < 0 || x >= SIDE || y >= SIDE || s->mine[y * SIDE + x] || !image[y * SIDE + x])
        return;
    int value = image[y * SIDE + x];
    s->mine[y * SIDE + x] = 1;
    s->light += value;
    s->x += value * (x + 0.5);
    s->y += value * (y + 0.5);
    s->brightest = value > s->brightest ? value : s->brightest;
    for (int i = 0; i < 9; i++)
        spread(image, x + i % 3 - 1, y + i / 3 - 1, s);
}

/* What of an image touches, in the order of its first pixels; how many there are, up to `most`. */
static int look(const uint8_t *image, seen *all, int most)
{
    int count = 0;
    for (int i = 0; i < PIXELS && count < most; i++) {
        bool taken = !image[i];
        for (int k = 0; k < count; k++)
            taken = taken || all[k].mine[i];
        if (taken)
            continue;
        seen *s = &all[count++];
        *s = (seen){ .light = 0 };
        spread(image, i % SIDE, i / SIDE, s);
        s->x /= s->light;
        s->y /= s->light;
    }
    return count;
}

/* Row by row of the layout, 11 pixels from one to the next. */
static int place_of(const seen *s)
{
    return 3 * (int)(s->y / 10.7) + (int)(s->x / 10.7);
}

static int by_place(const void *a, const void *b)
{
    return place_of(a) - place_of(b);
}

/* The shapes of a still, in the order of the modes' bits. */
static int look_at_still(const vae_data *data, int64_t row, seen *all)
{
    int count = look(values_of(data, VAE_TRAIN, STILL, row), all, 4);
    qsort(all, (size_t)count, sizeof *all, by_place);
    return count;
}

/* By its area: of a disc 63.6 pixels, of a square 40.5, of a triangle 26.3. Sides are as long as eighths of a pixel
 * have it, so a square's area may be 6.25 squared. */
static int kind_of(const seen *s)
{
    double area = s->light / s->brightest;
    return area > 52 ? DISC : area > 33 ? SQUARE : TRIANGLE;
}

START_TEST(test_stills)
{
    static const double areas[KINDS] = { 63.617, 40.5, 26.306 };
    int places[9] = { 0 }, kinds[KINDS] = { 0 };
    vae_data *data = open_motion("motion:400", 3, 2);
    for (int row = 0; row < ROWS; row++) {
        seen all[4];
        int count = look_at_still(data, row, all);
        ck_assert_msg(count == class_of(data, COUNT, row) + 1, "%d: %d shapes", row, count);
        for (int i = 0; i < count; i++) {
            int kind = kind_of(&all[i]), place = place_of(&all[i]);
            double x = 5 + 11 * (place % 3), y = 5 + 11 * (place / 3), area = all[i].light / all[i].brightest;
            ck_assert_msg(fabs(area - areas[kind]) < 0.04 * areas[kind], "%d: area %g", row, area);
            ck_assert_msg(all[i].brightest >= 144, "%d: grey %d", row, all[i].brightest);
            ck_assert_msg(fabs(all[i].x - x) < 0.6 && fabs(all[i].y - y) < 0.6, "%d: at %g, %g", row, all[i].x,
                          all[i].y);
            ck_assert_msg(!i || place > place_of(&all[i - 1]), "%d: two at %d", row, place);
            places[place]++;
            kinds[kind]++;
        }
    }
    for (int i = 0; i < 9; i++)
        ck_assert_msg(abs(places[i] - 2 * ROWS / 9) < 40, "%d at place %d", places[i], i);
    for (int i = 0; i < KINDS; i++)
        ck_assert_msg(abs(kinds[i] - 2 * ROWS / 3) < 70, "%d of kind %d", kinds[i], i);
    vae_data_free(&data);
}
END_TEST

/* ---- What becomes of it ------------------------------------------------------------------------------------------ */

/* Where a shape's way leads it by the end of each quarter of the time, at the mean speed. */
static void expect_way(int kind, int way, int step, double to[2])
{
    double time = step / 4.0, sign = way ? 1 : -1;
    to[0] = kind == DISC ? sign * 8 * time : kind == TRIANGLE ? sign * 6 * time * time : 0;
    to[1] = kind == SQUARE ? sign * 8 * time * time : kind == TRIANGLE ? -6 * time : 0;
}

/* The shape that lights one of the four pixels around a cell's centre; -1: none. */
static int owner_of(const seen *all, int count, int cell)
{
    int corner = (4 * (cell / 8) + 2) * SIDE + 4 * (cell % 8) + 2;
    for (int i = 0; i < count; i++)
        if (all[i].mine[corner] || all[i].mine[corner - 1] || all[i].mine[corner - SIDE] ||
            all[i].mine[corner - SIDE - 1])
            return i;
    return -1;
}

/* A mode's cells rest, or go the way of the shape they are in. Counts those of each shape; a cell whose centre lies
 * just outside of a shape may rest too, but in all modes. */
static void check_mode(const vae_data *data, int64_t row, const seen *all, int count, int mode, int cells[4])
{
    const float *modes = values_of(data, VAE_TRAIN, FUTURES, row), *values = modes + (int64_t)mode * VALUES;
    for (int cell = 0; cell < CELLS; cell++) {
        int owner = owner_of(all, count, cell);
        bool moves = false;
        for (int i = 0; i < CHANNELS; i++)
            moves = moves || modes[CHANNELS * cell + i] != 0;
        ck_assert_msg(!moves || owner >= 0, "%d: the background moves", (int)row);
        for (int i = 0; i < CHANNELS; i++) {
            double to[2] = { 0, 0 };
            if (moves)
                expect_way(kind_of(&all[owner]), mode >> owner & 1, i / 2 + 1, to);
            ck_assert_msg((double)values[CHANNELS * cell + i] == to[i % 2],
                          "%d: mode %d, cell %d, value %d: %g, not %g", (int)row, mode, cell, i,
                          (double)values[CHANNELS * cell + i], to[i % 2]);
        }
        if (moves)
            cells[owner]++;
    }
}

START_TEST(test_modes)
{
    vae_data *data = open_motion("motion:400", 4, 2);
    for (int row = 0; row < ROWS; row++) {
        seen all[4];
        int count = look_at_still(data, row, all), cells[4] = { 0 };
        for (int mode = 0; mode < 1 << count; mode++)
            check_mode(data, row, all, count, mode, cells);
        for (int i = 0; i < count; i++) /* in each mode, one at least */
            ck_assert_msg(cells[i] >= 1 << count, "%d: shape %d has no cell", row, i);
        const float *modes = values_of(data, VAE_TRAIN, FUTURES, row);
        for (int i = VALUES << count; i < MODES * VALUES; i++)
            ck_assert_msg(isnan(modes[i]), "%d: value %d behind the last mode: %g", row, i, (double)modes[i]);
        ck_assert_int_lt(class_of(data, MODE, row), 1 << count);
    }
    vae_data_free(&data);
}
END_TEST

/* x is the mode that came true, times a speed of each shape's, but for noise of 0.1 at most: narrows the speeds that
 * there may be to those that each value allows. Returns the most noise where nothing moves. */
static double narrow_speeds(const float *x, const float *mode, const seen *all, int count, double speeds[4][2])
{
    double most = 0;
    for (int i = 0; i < VALUES; i++) {
        double to = (double)mode[i], low = (double)x[i] - 0.1000001, high = (double)x[i] + 0.1000001;
        if (to == 0) {
            most = fmax(most, fabs((double)x[i]));
            continue;
        }
        double *speed = speeds[owner_of(all, count, i / CHANNELS)];
        speed[0] = fmax(speed[0], (to > 0 ? low : high) / to);
        speed[1] = fmin(speed[1], (to > 0 ? high : low) / to);
    }
    return most;
}

START_TEST(test_x)
{
    double least = 2, most = 0, noise = 0, sum = 0;
    int shapes = 0;
    vae_data *data = open_motion("motion:400", 5, 2);
    for (int row = 0; row < ROWS; row++) {
        seen all[4];
        double speeds[4][2] = { { 0.8, 1.2 }, { 0.8, 1.2 }, { 0.8, 1.2 }, { 0.8, 1.2 } };
        int count = look_at_still(data, row, all), mode = class_of(data, MODE, row);
        const float *modes = values_of(data, VAE_TRAIN, FUTURES, row);
        const float *x = values_of(data, VAE_TRAIN, X, row);
        noise = fmax(noise, narrow_speeds(x, modes + (int64_t)mode * VALUES, all, count, speeds));
        for (int i = 0; i < count; i++, shapes++) {
            double speed = (speeds[i][0] + speeds[i][1]) / 2;
            ck_assert_msg(speeds[i][0] <= speeds[i][1], "%d: shape %d has no speed: %g to %g", row, i, speeds[i][0],
                          speeds[i][1]);
            least = fmin(least, speed);
            most = fmax(most, speed);
            sum += speed;
        }
    }
    ck_assert_msg(least < 0.81 && most > 1.19, "speeds %g to %g", least, most);
    ck_assert_msg(fabs(sum / shapes - 1) < 0.02, "mean speed %g", sum / shapes);
    ck_assert_msg(noise > 0.0999 && noise < 0.1000001, "noise up to %g", noise);
    vae_data_free(&data);
}
END_TEST

/* The mean of x at a step over the cells of a still's only shape. */
static void told_by_x(const vae_data *data, int64_t row, int step, double to[2])
{
    const float *x = values_of(data, VAE_TRAIN, X, row), *modes = values_of(data, VAE_TRAIN, FUTURES, row);
    int cells = 0;
    to[0] = to[1] = 0;
    for (int cell = 0; cell < CELLS; cell++) {
        const float *rest = modes + (int64_t)CHANNELS * cell + CHANNELS - 2;
        if (rest[0] == 0 && rest[1] == 0)
            continue;
        for (int i = 0; i < 2; i++)
            to[i] += (double)x[CHANNELS * cell + 2 * (step - 1) + i];
        cells++;
    }
    to[0] /= cells;
    to[1] /= cells;
}

/* A single shape, while all of it is in the frame, is where x says. */
START_TEST(test_frames_show_x)
{
    int whole = 0, cut = 0;
    vae_data *data = open_motion("motion:400", 6, 2);
    for (int row = 0; row < ROWS; row++)
        for (int step = 1; !class_of(data, COUNT, row) && step <= STEPS; step++) {
            seen before, after;
            double to[2];
            look_at_still(data, row, &before);
            const uint8_t *frame = (const uint8_t *)values_of(data, VAE_TRAIN, FRAMES, row) + (step - 1) * PIXELS;
            told_by_x(data, row, step, to);
            double x = before.x + to[0], y = before.y + to[1];
            bool inside = x > 4.7 && y > 4.7 && x < SIDE - 4.7 && y < SIDE - 4.7;
            if (look(frame, &after, 1) && inside) {
                ck_assert_msg(fabs(after.light - before.light) < 0.05 * before.light, "%d: light %g, not %g", row,
                              after.light, before.light);
                ck_assert_msg(fabs(after.x - x) < 0.25 && fabs(after.y - y) < 0.25,
                              "%d, step %d: at %g, %g, not %g, %g", row, step, after.x, after.y, x, y);
                whole++;
            } else {
                cut++;
            }
        }
    ck_assert_msg(whole > 200 && cut > 50, "%d in frames, %d not", whole, cut);
    vae_data_free(&data);
}
END_TEST

/* Where shapes overlap the brighter is seen: their light does not add up. */
START_TEST(test_frames_of_several)
{
    int overlaps = 0;
    vae_data *data = open_motion("motion:400", 6, 2);
    for (int row = 0; row < ROWS; row++) {
        seen still[4], last[4];
        int count = look_at_still(data, row, still), left;
        const uint8_t *frame = (const uint8_t *)values_of(data, VAE_TRAIN, FRAMES, row) + 3 * PIXELS;
        left = look(frame, last, 4);
        int brightest = 0, most = 0;
        for (int i = 0; i < left; i++)
            brightest = last[i].brightest > brightest ? last[i].brightest : brightest;
        for (int i = 0; i < count; i++)
            most = still[i].brightest > most ? still[i].brightest : most;
        ck_assert_msg(left <= count && brightest <= most, "%d: %d of %d, as bright as %d of %d", row, left, count,
                      brightest, most);
        overlaps += count > 1 && left < count;
    }
    ck_assert_int_gt(overlaps, 20);
    vae_data_free(&data);
}
END_TEST

/* ---- What cannot be seen ----------------------------------------------------------------------------------------- */

/* The second of two ways is taken as often as chance has it: within five standard deviations. */
typedef struct tally {
    int all, second;
} tally;

static void count_way(tally *t, int way)
{
    t->all++;
    t->second += way;
}

static void check_half(const tally *t, const char *what, int which)
{
    double off = fabs(t->second - t->all / 2.0);
    ck_assert_msg(t->all > 100 && off < 2.5 * sqrt(t->all), "%s %d: %d of %d", what, which, t->second, t->all);
}

START_TEST(test_ways)
{
    tally kinds[KINDS] = { { 0 } }, places[9] = { { 0 } }, greys[4] = { { 0 } }, counts[3] = { { 0 } };
    tally beside[2] = { { 0 } }, kinds_beside[KINDS] = { { 0 } };
    vae_data *data = open_motion("motion:6000", 8, 2);
    for (int row = 0; row < MANY; row++) {
        seen all[4];
        int count = look_at_still(data, row, all), mode = class_of(data, MODE, row);
        for (int i = 0; i < count; i++) {
            int way = mode >> i & 1;
            count_way(&kinds[kind_of(&all[i])], way);
            count_way(&places[place_of(&all[i])], way);
            count_way(&greys[(all[i].brightest - 144) / 28], way);
            count_way(&counts[count - 1], way);
            if (i) {
                count_way(&beside[mode & 1], way);
                count_way(&kinds_beside[kind_of(&all[0])], way);
            }
        }
    }
    for (int i = 0; i < 9; i++)
        check_half(&places[i], "place", i);
    for (int i = 0; i < 4; i++)
        check_half(&greys[i], "grey", i);
    for (int i = 0; i < 3; i++) {
        check_half(&kinds[i], "kind", i);
        check_half(&counts[i], "count", i + 1);
        check_half(&kinds_beside[i], "beside kind", i);
        ck_assert_msg(abs(counts[i].all / (i + 1) - MANY / 3) < 190, "%d with %d", counts[i].all, i + 1);
    }
    check_half(&beside[0], "beside way", 0);
    check_half(&beside[1], "beside way", 1);
    vae_data_free(&data);
}
END_TEST

/* ---- Conditions -------------------------------------------------------------------------------------------------- */

START_TEST(test_conditions)
{
    const vae_field_source asked[] = { { .name = "still", .kind = VAE_IMAGE },
                                       { .name = "futures", .kind = VAE_VALUES, .path = "modes" },
                                       { .name = "film", .kind = VAE_IMAGE, .path = "frames" },
                                       { .name = "way", .kind = VAE_CLASS, .path = "mode" } };
    vae_data *data = NULL;
    ck_assert_status_ok(
        vae_data_open("motion:6", &(vae_data_options){ .conditions = asked, .condition_count = 4 }, &data));
    ck_assert_ptr_null(vae_data_find(data, VAE_TEST, "still")->path);
    ck_assert_str_eq(vae_data_find(data, VAE_TEST, "futures")->path, "modes"); /* opens the same again */
    ck_assert_int_eq(vae_data_find(data, VAE_TRAIN, "futures")->size, MODES * VALUES);
    ck_assert_int_eq(vae_data_find(data, VAE_TRAIN, "film")->shape[0], 128);
    ck_assert_int_eq(vae_data_find(data, VAE_TRAIN, "way")->classes, MODES);
    ck_assert_ptr_null(vae_data_find(data, VAE_TRAIN, "frames"));
    vae_data_free(&data);
    ck_assert_int_eq(system_outstanding(), 0);
}
END_TEST

#define FIELD_WORDS                                                                                                    \
    "for this source has the fields x, still (an image), frames (an image), modes (values), count (a class) and mode " \
    "(a class); found "

START_TEST(test_wrong_conditions)
{
    static const char *const fewer[] = { "1", "3" };
    static const wrong_conditions wrong[] = {
        { { .name = "picture", .kind = VAE_IMAGE },
          { .name = NULL },
          VAE_ERROR_ARGUMENT,
          "motion:6: picture: expected the name of a field, or its path, " FIELD_WORDS "picture" },
        { { .name = "still", .kind = VAE_VALUES },
          { .name = NULL },
          VAE_ERROR_ARGUMENT,
          "still: expected an image, " FIELD_WORDS "values" },
        { { .name = "modes", .kind = VAE_CLASS },
          { .name = NULL },
          VAE_ERROR_ARGUMENT,
          "modes: expected values, " FIELD_WORDS "a class" },
        { { .name = "mode", .kind = VAE_IMAGE },
          { .name = NULL },
          VAE_ERROR_ARGUMENT,
          "mode: expected a class, " FIELD_WORDS "an image" },
        { { .name = "still", .kind = VAE_IMAGE },
          { .name = "again", .kind = VAE_IMAGE, .path = "still" },
          VAE_ERROR_ARGUMENT,
          "again: expected one condition of each field, " FIELD_WORDS "a second one" },
        { { .name = "frames", .kind = VAE_IMAGE, .path = "still" },
          { .name = NULL },
          VAE_ERROR_ARGUMENT,
          "frames: expected a name that no other field has, " },
        { { .name = "still", .kind = VAE_IMAGE, .path = "x" },
          { .name = NULL },
          VAE_ERROR_ARGUMENT,
          "still: expected the name of a field, or its path, " FIELD_WORDS "x" },
        { { .name = "count", .kind = VAE_CLASS, .levels = fewer, .level_count = 2 },
          { .name = NULL },
          VAE_ERROR_DATA,
          "count: expected the classes of this source, in their order, found \"3\" where \"2\" was expected" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        check_wrong_conditions("motion:6", &wrong[i]);
}
END_TEST

START_TEST(test_failing_allocations)
{
    const vae_field_source asked[] = { { .name = "picture", .kind = VAE_IMAGE, .path = "still" } };
    check_failing_allocations("motion:5", &(vae_data_options){ .conditions = asked, .condition_count = 1 }, 1);
}
END_TEST

int main(void)
{
    const TTest *const drawn[] = { test_fields, test_bits, test_seeds, test_stills, NULL };
    const TTest *const futures[] = { test_modes, test_x, test_frames_show_x, test_frames_of_several, test_ways, NULL };
    const TTest *const conditions[] = { test_conditions, test_wrong_conditions, test_failing_allocations, NULL };
    Suite *suite = suite_create("motion");
    suite_case(suite, "what is drawn", 60, drawn);
    suite_case(suite, "futures", 60, futures);
    suite_case(suite, "conditions", 30, conditions);
    return suite_run(suite);
}
