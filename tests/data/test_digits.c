/* The built-in digits: the same from the same seed, like MNIST in their figures, and neither trivial nor illegible. */
#include "tests/support/suite.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "src/data/digits.h"

enum { SIDE = VAE__DIGIT_SIDE, PIXELS = SIDE * SIDE, CLASSES = VAE__DIGIT_CLASSES, COUNT = 5000, SEED = 1 };

static uint8_t images[COUNT][PIXELS];
static int classes[COUNT];

static void draw_all(void)
{
    for (uint32_t i = 0; i < COUNT; i++)
        classes[i] = vae__digit_draw(SEED, i, images[i]);
}

START_TEST(test_same_in_any_order)
{
    draw_all();
    for (uint32_t i = 200; i-- > 0;) {
        uint8_t again[PIXELS];
        memset(again, 0xAA, sizeof again);
        ck_assert_int_eq(vae__digit_draw(SEED, i, again), classes[i]);
        ck_assert_mem_eq(again, images[i], PIXELS);
    }
}
END_TEST

START_TEST(test_seeds_differ)
{
    const uint64_t seeds[] = { 0, SEED + 1, SEED + (UINT64_C(1) << 32) };
    draw_all();
    for (int s = 0; s < 3; s++) {
        int same_class = 0, same_image = 0;
        for (uint32_t i = 0; i < 500; i++) {
            uint8_t other[PIXELS];
            same_class += vae__digit_draw(seeds[s], i, other) == classes[i];
            same_image += !memcmp(other, images[i], PIXELS);
        }
        ck_assert_int_eq(same_image, 0);
        ck_assert_int_gt(same_class, 20); /* a tenth of 500, by chance */
        ck_assert_int_lt(same_class, 90);
    }
}
END_TEST

/* The largest index is as good as any other. */
START_TEST(test_far_index)
{
    uint8_t pixels[PIXELS];
    int digit = vae__digit_draw(UINT64_MAX, UINT32_MAX, pixels);
    ck_assert(digit >= 0 && digit < CLASSES);
}
END_TEST

/* Expected 500 of each; the standard deviation is 21. */
START_TEST(test_classes_balanced)
{
    int count[CLASSES] = { 0 };
    draw_all();
    for (int i = 0; i < COUNT; i++) {
        ck_assert(classes[i] >= 0 && classes[i] < CLASSES);
        count[classes[i]]++;
    }
    for (int digit = 0; digit < CLASSES; digit++)
        ck_assert_msg(count[digit] > 410 && count[digit] < 590, "%d: %d of %d", digit, count[digit], COUNT);
}
END_TEST

/* MNIST's training images have mean 0.1307 and standard deviation 0.3081 (of 1). */
START_TEST(test_intensity)
{
    double sum = 0, squares = 0;
    draw_all();
    for (int i = 0; i < COUNT; i++)
        for (int j = 0; j < PIXELS; j++) {
            double value = images[i][j] / 255.0;
            sum += value;
            squares += value * value;
        }
    double mean = sum / COUNT / PIXELS, deviation = sqrt(squares / COUNT / PIXELS - mean * mean);
    ck_assert_msg(fabs(mean - 0.1307) < 0.01, "mean %g", mean);
    ck_assert_msg(fabs(deviation - 0.3081) < 0.015, "standard deviation %g", deviation);
}
END_TEST

/* Every image has paper, full ink and soft edges between, about as much ink as a digit takes, in the middle. */
START_TEST(test_ink)
{
    long touched = 0;
    draw_all();
    for (int i = 0; i < COUNT; i++) {
        int frame = 0, most = 0, soft = 0;
        double ink = 0, x = 0, y = 0;
        for (int j = 0; j < PIXELS; j++) {
            int level = images[i][j], row = j / SIDE, column = j % SIDE;
            bool outer = row == 0 || row == SIDE - 1 || column == 0 || column == SIDE - 1;
            frame += outer && level;
            most = level > most ? level : most;
            soft += level > 20 && level < 235;
            ink += level / 255.0;
            x += column * level / 255.0;
            y += row * level / 255.0;
        }
        ck_assert_msg(most > 150 && soft > 10, "%d: the darkest level is %d, %d are soft", i, most, soft);
        ck_assert_msg(ink > 15 && ink < 280, "%d: ink of %g pixels", i, ink);
        ck_assert_msg(fabs(x / ink - 13.5) < 2.5 && fabs(y / ink - 13.5) < 2.5, "%d: (%g, %g)", i, x / ink, y / ink);
        touched += frame > 0;
    }
    ck_assert_msg(touched < COUNT / 200, "%ld of %d touch the frame", touched, COUNT);
}
END_TEST

static double distance(const uint8_t *a, const uint8_t *b)
{
    double sum = 0;
    for (int j = 0; j < PIXELS; j++)
        sum += ((double)a[j] - b[j]) * ((double)a[j] - b[j]) / 65025;
    return sqrt(sum);
}

/* No two of a class are alike, of some 100 each: the nearest two 1s are 1.5 apart, other digits far more. */
START_TEST(test_images_differ)
{
    draw_all();
    for (int i = 0; i < 1000; i++)
        for (int other = i + 1; other < 1000; other++)
            if (classes[i] == classes[other])
                ck_assert_msg(distance(images[i], images[other]) > 0.5, "%d and %d are alike", i, other);
}
END_TEST

static int nearest(double centroid[CLASSES][PIXELS], const uint8_t *image)
{
    double best = INFINITY;
    int found = -1;
    for (int digit = 0; digit < CLASSES; digit++) {
        double sum = 0;
        for (int j = 0; j < PIXELS; j++)
            sum += (image[j] - centroid[digit][j]) * (image[j] - centroid[digit][j]);
        if (sum < best) {
            best = sum;
            found = digit;
        }
    }
    return found;
}

/* A classifier by the nearest mean of 2,000 images: 82 % of MNIST's. Legible, but not printed type. */
START_TEST(test_nearest_centroid)
{
    static double centroid[CLASSES][PIXELS];
    int count[CLASSES] = { 0 }, right = 0;
    draw_all();
    for (int i = 0; i < 2000; i++) {
        count[classes[i]]++;
        for (int j = 0; j < PIXELS; j++)
            centroid[classes[i]][j] += images[i][j];
    }
    for (int digit = 0; digit < CLASSES; digit++)
        for (int j = 0; j < PIXELS; j++)
            centroid[digit][j] /= count[digit];
    for (int i = 2000; i < 3000; i++)
        right += nearest(centroid, images[i]) == classes[i];
    ck_assert_msg(right >= 700 && right <= 950, "%d of 1000", right);
}
END_TEST

int main(void)
{
    const TTest *const draws[] = { test_same_in_any_order, test_seeds_differ, test_far_index, test_classes_balanced,
                                   NULL };
    const TTest *const looks[] = { test_intensity, test_ink, test_images_differ, test_nearest_centroid, NULL };
    Suite *suite = suite_create("data/digits");
    suite_case(suite, "what a seed means", 60, draws);
    suite_case(suite, "how they look", 60, looks);
    return suite_run(suite);
}
