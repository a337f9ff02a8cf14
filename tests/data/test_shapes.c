/* The built-in shapes: each image shows what its factors say, within the frame, the same from the same seed; and the
 * factors are conditions by their names. */
#include "tests/support/suite.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <vae/data.h>

#include "src/data/data.h"
#include "tests/data/drawn.h"
#include "tests/support/system.h"

enum { SIDE = 64, PIXELS = SIDE * SIDE * 3, COUNT = 6000 };
enum { SHAPE, SCALE, ROTATION, ROW, COLUMN, HUE, FACTORS };
enum { SQUARE, ELLIPSE, HEART, TRIANGLE, SHAPES };

static const struct {
    const char *name;
    int levels;
    const char *first, *last;
} factors[FACTORS] = { { "shape", 4, "square", "triangle" }, { "scale", 6, "0.5", "1" },
                       { "rotation", 8, "0", "70" },         { "row", 16, "17", "47" },
                       { "column", 16, "17", "47" },         { "hue", 8, "0", "315" } };

static vae_data *open_shapes(const char *source, uint64_t seed, int threads)
{
    vae_data *data = NULL;
    ck_assert_status_ok(vae_data_open(source, &(vae_data_options){ .seed = seed, .threads = threads }, &data));
    return data;
}

static const uint8_t *image_of(const vae_data *data, int64_t row)
{
    return (const uint8_t *)vae_data_field(data, VAE_TRAIN, 0)->values + row * PIXELS;
}

static int factor_of(const vae_data *data, int factor, int64_t row)
{
    return ((const int32_t *)vae_data_field(data, VAE_TRAIN, factor + 1)->values)[row];
}

START_TEST(test_fields)
{
    vae_data *data = open_shapes("shapes:30", 0, 1);
    ck_assert_int_eq(vae_data_field_count(data), 1 + FACTORS);
    ck_assert_int_eq(vae_data_rows(data, VAE_TRAIN), 30);
    ck_assert_int_eq(vae_data_rows(data, VAE_TEST), 5);
    const vae_field *x = vae_data_find(data, VAE_TEST, "x");
    ck_assert(x->kind == VAE_IMAGE && x->type == VAE_UINT8 && x->rank == 3 && x->size == PIXELS);
    ck_assert(x->shape[0] == SIDE && x->shape[1] == SIDE && x->shape[2] == 3);
    for (int i = 0; i < FACTORS; i++) {
        const vae_field *field = vae_data_field(data, VAE_TRAIN, i + 1);
        ck_assert_str_eq(field->name, factors[i].name);
        ck_assert(field->kind == VAE_CLASS && field->type == VAE_INT32 && field->size == 1);
        ck_assert_int_eq(field->classes, factors[i].levels);
        ck_assert_str_eq(field->levels[0], factors[i].first);
        ck_assert_str_eq(field->levels[field->classes - 1], factors[i].last);
        ck_assert_ptr_null(field->path);
    }
    vae_data_free(&data);
    data = open_shapes("shapes", 0, 1);
    ck_assert_int_eq(vae_data_rows(data, VAE_TRAIN), 12000);
    ck_assert_int_eq(vae_data_rows(data, VAE_TEST), 2000);
    vae_data_free(&data);
    ck_assert_int_eq(system_outstanding(), 0);
}
END_TEST

/* One data set, whatever the machine, the compiler and the number of threads. */
START_TEST(test_bits)
{
    for (int threads = 1; threads <= 3; threads++) {
        vae_data *data = open_shapes("shapes:60", 0, threads);
        uint64_t hash = 0;
        for (int split = VAE_TRAIN; split <= VAE_TEST; split += VAE_TEST)
            for (int i = 0; i <= FACTORS; i++) {
                const vae_field *field = vae_data_field(data, (vae_split)split, i);
                hash = vae__data_hash(hash, field->values, (size_t)(field->rows * field->size) * (i ? 4 : 1));
            }
        ck_assert_msg(hash == UINT64_C(0x9a5eadb63b2c2bed), "%016llx", (unsigned long long)hash);
        ck_assert_str_eq(vae_data_digest(data), "24f1888c0972455e");
        vae_data_free(&data);
    }
}
END_TEST

/* An example is a function of seed and number. */
START_TEST(test_seeds)
{
    vae_data *few = open_shapes("shapes:8", 1, 1), *many = open_shapes("shapes:40", 1, 2);
    vae_data *other = open_shapes("shapes:8", 2, 1);
    ck_assert_mem_eq(image_of(few, 0), image_of(many, 0), (size_t)8 * PIXELS);
    int same = 0;
    for (int row = 0; row < 8; row++)
        same += !memcmp(image_of(few, row), image_of(other, row), PIXELS);
    ck_assert_int_eq(same, 0);
    ck_assert_str_ne(vae_data_digest(few), vae_data_digest(other));
    ck_assert_str_ne(vae_data_digest(few), vae_data_digest(many));
    vae_data_free(&few);
    vae_data_free(&many);
    vae_data_free(&other);
}
END_TEST

/* Each level of each factor, and each pair of levels of two of them, as often as chance has it: within five standard
 * deviations. */
START_TEST(test_factors_independent)
{
    vae_data *data = open_shapes("shapes:6000", 3, 2);
    for (int a = 0; a < FACTORS; a++)
        for (int b = 0; b < FACTORS; b++) {
            int counts[16][16] = { { 0 } };
            for (int row = 0; row < COUNT; row++)
                counts[factor_of(data, a, row)][a == b ? 0 : factor_of(data, b, row)]++;
            double cells = factors[a].levels * (a == b ? 1 : factors[b].levels), expected = COUNT / cells;
            for (int i = 0; i < factors[a].levels; i++)
                for (int k = 0; k < (a == b ? 1 : factors[b].levels); k++)
                    ck_assert_msg(fabs(counts[i][k] - expected) < 5 * sqrt(expected), "%s %d, %s %d: %d of %g",
                                  factors[a].name, i, factors[b].name, k, counts[i][k], expected);
        }
    vae_data_free(&data);
}
END_TEST

/* What an image shows. */
typedef struct seen {
    double area, x, y, xx, xy, yy; /* moments of the coverage; second ones about the centre of mass */
    double far;                    /* largest distance of a covered pixel's centre from where the shape should be */
    int soft;                      /* pixels between black and the colour */
    bool framed;                   /* The outermost pixels are black. */
} seen;

static double covered(const uint8_t *image, int x, int y)
{
    const uint8_t *pixel = image + (y * SIDE + x) * 3;
    int most = pixel[0] > pixel[1] ? pixel[0] : pixel[1];
    return (most > pixel[2] ? most : pixel[2]) / 255.0;
}

static seen look(const uint8_t *image, double column, double row)
{
    seen s = { .framed = true };
    for (int pass = 0; pass < 2; pass++)
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++) {
                double c = covered(image, x, y), dx = x + 0.5 - s.x, dy = y + 0.5 - s.y;
                if (pass) {
                    s.xx += c * dx * dx / s.area;
                    s.xy += c * dx * dy / s.area;
                    s.yy += c * dy * dy / s.area;
                    continue;
                }
                s.area += c;
                s.soft += c > 0 && c < 1;
                s.framed = s.framed && !(c > 0 && (!x || !y || x == SIDE - 1 || y == SIDE - 1));
                if (c > 0)
                    s.far = fmax(s.far, hypot(x + 0.5 - column, y + 0.5 - row));
                s.x += c * (x + 0.5);
                s.y += c * (y + 0.5);
                if (x == SIDE - 1 && y == SIDE - 1) {
                    s.x /= s.area;
                    s.y /= s.area;
                }
            }
    return s;
}

/* Areas of shapes within a circle of radius 1, and how far the centre of mass lies from the circle's centre, upwards:
 * of the heart, of a square of side d √2 and a disc of radius d / √2 in two halves (d = 0.79289). */
static const double areas[SHAPES] = { 2, 1.7278760, 2.2448, 1.2990381 };

START_TEST(test_images_show_their_factors)
{
    vae_data *data = open_shapes("shapes:600", 5, 2);
    for (int row = 0; row < 600; row++) {
        int shape = factor_of(data, SHAPE, row);
        double column = 17 + 2 * factor_of(data, COLUMN, row), line = 17 + 2 * factor_of(data, ROW, row);
        double size = 15.5 * (0.5 + 0.1 * factor_of(data, SCALE, row));
        seen s = look(image_of(data, row), column, line);
        ck_assert_msg(s.framed && s.far < size + 0.8 && s.far > size - 1.5, "%d: %g of %g", row, s.far, size);
        ck_assert_msg(fabs(s.area - areas[shape] * size * size) < 0.015 * s.area + 1, "%d: area %g of %g", row, s.area,
                      areas[shape] * size * size);
        bool upright = shape == SQUARE && !factor_of(data, ROTATION, row); /* may end where pixels do */
        ck_assert_msg(upright || s.soft > 4, "%d: %d soft pixels", row, s.soft);
        double away = hypot(s.x - column, s.y - line);
        ck_assert_msg(shape == HEART ? away < 0.2 * size : away < 0.1, "%d: %g away", row, away);
    }
    vae_data_free(&data);
}
END_TEST

/* Clockwise: the long axis of an ellipse; the side of a heart that is heavy; a corner of squares and triangles, by the
 * moment of their angle's multiple. */
START_TEST(test_rotations)
{
    static const int folds[SHAPES] = { 4, 2, 1, 3 };
    static const double starts[SHAPES] = { 45, 0, -90, -90 }; /* where a far point is, not rotated */
    vae_data *data = open_shapes("shapes:600", 6, 2);
    for (int row = 0; row < 600; row++) {
        int shape = factor_of(data, SHAPE, row), fold = folds[shape];
        double column = 17 + 2 * factor_of(data, COLUMN, row), line = 17 + 2 * factor_of(data, ROW, row);
        double cosine = 0, sine = 0;
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++) {
                double dx = x + 0.5 - column, dy = y + 0.5 - line, angle = fold * atan2(dy, dx);
                double weight = covered(image_of(data, row), x, y) * pow(hypot(dx, dy), fold);
                cosine += weight * cos(angle);
                sine += weight * sin(angle);
            }
        const double degrees = 57.29577951308232, period = 360.0 / fold;
        double found = atan2(sine, cosine) * degrees / fold - starts[shape];
        double off = remainder(found - 10 * factor_of(data, ROTATION, row), period);
        ck_assert_msg(fabs(off) < 3, "%d: a %s turned %g degrees too far", row,
                      vae_data_field(data, VAE_TRAIN, 1)->levels[shape], off);
    }
    vae_data_free(&data);
}
END_TEST

/* The brightest pixel has the colour: its hue is the level's, and hues step by 45 degrees. */
START_TEST(test_hues)
{
    vae_data *data = open_shapes("shapes:100", 7, 2);
    for (int row = 0; row < 100; row++) {
        const uint8_t *image = image_of(data, row), *best = image;
        for (int i = 0; i < SIDE * SIDE; i++)
            if (image[3 * i] + image[3 * i + 1] + image[3 * i + 2] > best[0] + best[1] + best[2])
                best = image + 3 * i;
        double red = best[0], green = best[1], blue = best[2];
        double hue = atan2(sqrt(3) * (green - blue), 2 * red - green - blue) * 57.29577951308232;
        double off = remainder(hue - 45 * factor_of(data, HUE, row), 360);
        ck_assert_msg(fabs(off) < 3, "%d: hue %g degrees off", row, off); /* hexagonal hue, seen on a circle */
    }
    vae_data_free(&data);
}
END_TEST

/* ---- Conditions -------------------------------------------------------------------------------------------------- */

START_TEST(test_conditions)
{
    const vae_field_source asked[] = { { .name = "hue", .kind = VAE_CLASS },
                                       { .name = "kind", .kind = VAE_CLASS, .path = "shape" },
                                       { .name = "shape", .kind = VAE_CLASS, .path = "scale" } };
    vae_data *data = NULL;
    ck_assert_status_ok(
        vae_data_open("shapes:6", &(vae_data_options){ .conditions = asked, .condition_count = 3 }, &data));
    const vae_field *kind = vae_data_find(data, VAE_TEST, "kind"), *shape = vae_data_find(data, VAE_TEST, "shape");
    ck_assert_str_eq(kind->levels[HEART], "heart");
    ck_assert_str_eq(kind->path, "shape"); /* opens the same again */
    ck_assert_str_eq(shape->levels[0], "0.5");
    ck_assert_str_eq(shape->path, "scale");
    ck_assert_ptr_null(vae_data_find(data, VAE_TRAIN, "hue")->path);
    ck_assert_ptr_null(vae_data_find(data, VAE_TRAIN, "scale"));
    vae_data_free(&data);
    ck_assert_int_eq(system_outstanding(), 0);
}
END_TEST

#define FIELD_WORDS                                                                                                    \
    "for this source has the fields x, shape (a class), scale (a class), rotation (a class), row (a class), column "   \
    "(a class) and hue (a class); found "

START_TEST(test_wrong_conditions)
{
    static const char *const fewer[] = { "square", "heart" };
    static const char *const more[] = { "square", "ellipse", "heart", "triangle", "star" };
    static const wrong_conditions wrong[] = {
        { { .name = "digit", .kind = VAE_CLASS },
          { .name = NULL },
          VAE_ERROR_ARGUMENT,
          "shapes:6: digit: expected the name of a class, or its path, " FIELD_WORDS "digit" },
        { { .name = "hue", .kind = VAE_CLASS, .path = "colour" },
          { .name = NULL },
          VAE_ERROR_ARGUMENT,
          "hue: expected the name of a class, or its path, " FIELD_WORDS "colour" },
        { { .name = "hue", .kind = VAE_VALUES },
          { .name = NULL },
          VAE_ERROR_ARGUMENT,
          "hue: expected a class, " FIELD_WORDS "values" },
        { { .name = "hue", .kind = VAE_CLASS },
          { .name = "again", .kind = VAE_CLASS, .path = "hue" },
          VAE_ERROR_ARGUMENT,
          "again: expected one condition of each class, " FIELD_WORDS "a second one" },
        { { .name = "row", .kind = VAE_CLASS, .path = "hue" },
          { .name = NULL },
          VAE_ERROR_ARGUMENT,
          "row: expected a name that no other field has, " },
        { { .name = "shape", .kind = VAE_CLASS, .levels = fewer, .level_count = 2 },
          { .name = NULL },
          VAE_ERROR_DATA,
          "shape: expected the classes of this source, in their order, found \"heart\" where \"ellipse\" was "
          "expected" },
        { { .name = "shape", .kind = VAE_CLASS, .levels = more, .level_count = 5 },
          { .name = NULL },
          VAE_ERROR_DATA,
          "found \"star\" where \"no more\" was expected" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        check_wrong_conditions("shapes:6", &wrong[i]);
}
END_TEST

START_TEST(test_failing_allocations)
{
    const vae_field_source asked[] = { { .name = "kind", .kind = VAE_CLASS, .path = "shape" } };
    check_failing_allocations("shapes:5", &(vae_data_options){ .conditions = asked, .condition_count = 1 }, 1);
}
END_TEST

int main(void)
{
    const TTest *const drawn[] = {
        test_fields,    test_bits, test_seeds, test_factors_independent, test_images_show_their_factors,
        test_rotations, test_hues, NULL
    };
    const TTest *const conditions[] = { test_conditions, test_wrong_conditions, test_failing_allocations, NULL };
    Suite *suite = suite_create("shapes");
    suite_case(suite, "what is drawn", 60, drawn);
    suite_case(suite, "conditions", 30, conditions);
    return suite_run(suite);
}
