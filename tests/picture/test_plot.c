/* Plots: where ticks are, colours, what the drawing says, what is refused, and what is left when writing fails. */
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vae/plot.h>

#include "src/base/file.h"
#include "src/base/memory.h"
#include "src/picture/palette.h"
#include "src/picture/ticks.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"

/* ---- Ticks ------------------------------------------------------------------------------------------------------- */

static const struct {
    double low, high;
    bool log, whole;
    const char *labels; /* with spaces between; a small one is "" */
} axes[] = {
    { 0, 10, false, false, "0 2 4 6 8 10" },
    { 0.98, 3.02, false, true, "1 2 3" },
    { -250, -90, false, false, "−250 −200 −150 −100" },
    { -0.01, 0.021, false, false, "−0.01 0 0.01 0.02" },
    { 0, 1e-5, false, false, "0 2·10⁻⁶ 4·10⁻⁶ 6·10⁻⁶ 8·10⁻⁶ 10⁻⁵" },
    { 0, 3e6, false, true, "0 5·10⁵ 10⁶ 1.5·10⁶ 2·10⁶ 2.5·10⁶ 3·10⁶" },
    { 0, 600000, false, true, "0 100000 200000 300000 400000 500000 600000" },
    { 1e15, 1e15 + 8, false, false, "" },
    { 1, 100, true, false, "1 2 5 10 20 50 100" },
    { 0.5, 3e7, true, false, "1 100 10000 10⁶" },
    { 120, 180, true, false, "120 130 140 150 160 170 180" },
    { 5e-8, 0.2, true, false, "10⁻⁶ 0.0001 0.01" },
};
enum { AXES = sizeof axes / sizeof *axes };

START_TEST(test_ticks)
{
    vae__ticks ticks;
    char found[VAE__TICKS_MOST * (VAE__TICK_TEXT + 1)] = "";
    if (axes[_i].log)
        vae__ticks_log(axes[_i].low, axes[_i].high, 6, &ticks);
    else
        vae__ticks_linear(axes[_i].low, axes[_i].high, 6, axes[_i].whole, &ticks);
    for (int i = 0; i < ticks.count; i++) {
        ck_assert(ticks.ticks[i].value >= axes[_i].low - 1e-9 * fabs(axes[_i].low));
        ck_assert(ticks.ticks[i].value <= axes[_i].high + 1e-9 * fabs(axes[_i].high));
        if (*ticks.ticks[i].label)
            sprintf(found + strlen(found), "%s%s", *found ? " " : "", ticks.ticks[i].label);
    }
    if (*axes[_i].labels)
        ck_assert_str_eq(found, axes[_i].labels);
}
END_TEST

/* A long axis of decades has small ticks between them. */
START_TEST(test_small_ticks)
{
    vae__ticks ticks;
    int small = 0;
    vae__ticks_log(1, 1000, 6, &ticks);
    for (int i = 0; i < ticks.count; i++)
        small += !*ticks.ticks[i].label;
    ck_assert_int_eq(small, 24);
}
END_TEST

/* ---- Colours ----------------------------------------------------------------------------------------------------- */

START_TEST(test_palette)
{
    char color[VAE__COLOR_TEXT];
    vae__palette_color(0, 1, color);
    ck_assert_str_eq(color, "#0072b2");
    vae__palette_color(7, 8, color);
    ck_assert_str_eq(color, "#f0e442");
    vae__palette_color(0, 10, color);
    ck_assert_str_eq(color, "#440154");
    vae__palette_color(9, 10, color);
    ck_assert_str_eq(color, "#b4de2c");
    double before = -1;
    for (int i = 0; i < 30; i++) { /* ever lighter */
        unsigned red, green, blue;
        vae__palette_color(i, 30, color);
        ck_assert_int_eq(sscanf(color, "#%2x%2x%2x", &red, &green, &blue), 3);
        double light = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
        ck_assert_double_gt(light, before);
        before = light;
    }
}
END_TEST

/* ---- Drawings ---------------------------------------------------------------------------------------------------- */

static char folder[64], path[96];

static void begin(void)
{
    strcpy(folder, "/tmp/vae-test-plot-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/plot.svg", folder);
    system_reset();
}

/* Fails where anything but the plot was left behind. */
static void end(void)
{
    system_reset();
    unlink(path);
    ck_assert_msg(!rmdir(folder), "%s: %s", folder, strerror(errno));
    ck_assert_int_eq(system_outstanding(), 0);
}

/* The file as text. The caller frees it. */
static char *drawing(void)
{
    unsigned char *bytes;
    size_t size;
    ck_assert_status_ok(vae__file_read(path, 1 << 20, &bytes, &size));
    char *text = malloc(size + 1);
    memcpy(text, bytes, size);
    text[size] = 0;
    vae__free(bytes);
    return text;
}

static int times(const char *text, const char *word)
{
    int count = 0;
    for (const char *at = text; (at = strstr(at, word)); at++)
        count++;
    return count;
}

static const double xs[] = { 1, 2, 3, 4, 5 }, ys[] = { 10, 20, NAN, 40, 50 };
static const vae_series curve = {
    .name = "a < b & \"c\" \x01 \xff ü \xef\xbf\xbe \xed\xa0\x80 \xc0\xaf", .x = xs, .y = ys, .count = 5
};

START_TEST(test_curve)
{
    const vae_plot plot = { .x_label = "step", .y_label = "nats", .series = &curve, .series_count = 1 };
    ck_assert_status_ok(vae_plot_write(path, &plot));
    char *text = drawing();
    ck_assert_int_eq(strncmp(text, "<svg xmlns=", 11), 0);
    ck_assert_int_eq(times(text, "<path "), 2); /* before the gap and behind it */
    ck_assert_int_eq(times(text, "<circle "), 4);
    ck_assert_int_eq(times(text, ">step</text>"), 1);
    ck_assert_int_eq(times(text, ">nats</text>"), 1);
    ck_assert_int_eq(times(text, ">a &lt; b &amp; &quot;c&quot; ? ? ü ??? ??? ?"
                                 "?</text>"),
                     1);
    free(text);
}
END_TEST

/* Logarithmic, equal factors are equal ways. */
START_TEST(test_places)
{
    static const double powers[] = { 1, 10, 100 };
    const vae_series series = { .name = "", .x = powers, .y = powers, .count = 3 };
    const vae_plot plot = { .x_log = true, .points = true, .series = &series, .series_count = 1 };
    double x[3], y[3];
    ck_assert_status_ok(vae_plot_write(path, &plot));
    char *text = drawing();
    const char *at = text;
    for (int i = 0; i < 3; i++) {
        at = strstr(at + 1, "<circle ");
        ck_assert_ptr_nonnull(at);
        ck_assert_int_eq(sscanf(at, "<circle cx=\"%lf\" cy=\"%lf\"", &x[i], &y[i]), 2);
    }
    ck_assert_double_eq_tol(x[1] - x[0], x[2] - x[1], 0.02);
    ck_assert_double_eq_tol(11 * (y[1] - y[0]), y[2] - y[0], 0.2);
    ck_assert(x[2] > x[0] && y[2] < y[0]);
    free(text);
}
END_TEST

/* Names in the way of one another stand below one another, whatever their places round to. */
START_TEST(test_names_make_room)
{
    enum { NAMES = 30, TIMES = 40 };
    static double spots[2][NAMES];
    static char names[NAMES][8];
    vae_series series[NAMES];
    uint32_t random = 1;
    for (int time = 0; time < TIMES; time++) {
        for (int i = 0; i < NAMES; i++) {
            for (int k = 0; k < 2; k++) {
                random = random * 1664525 + 1013904223;
                spots[k][i] = random >> 8;
            }
            snprintf(names[i], sizeof names[i], "n%d", i);
            series[i] = (vae_series){ .name = names[i], .x = &spots[0][i], .y = &spots[1][i], .count = 1, .color = i };
        }
        const vae_plot plot = { .points = true, .series = series, .series_count = NAMES };
        ck_assert_status_ok(vae_plot_write(path, &plot));
    }
    char *text = drawing();
    ck_assert_int_eq(times(text, ">n29</text>"), 3); /* twice among the points, once in the legend */
    free(text);
}
END_TEST

START_TEST(test_one_point)
{
    const vae_series series = { .name = "", .x = xs, .y = ys, .count = 1 };
    const vae_plot plot = { .series = &series, .series_count = 1 };
    const vae_plot log = { .series = &series, .series_count = 1, .x_log = true, .y_log = true };
    ck_assert_status_ok(vae_plot_write(path, &plot));
    ck_assert_status_ok(vae_plot_write(path, &log));
    char *text = drawing();
    ck_assert_int_eq(times(text, "<circle "), 1);
    ck_assert_int_eq(times(text, "nan") + times(text, "inf"), 0);
    free(text);
}
END_TEST

START_TEST(test_refuses)
{
    static const double below[] = { 3, -2 }, far[] = { -1.7e308, 1.7e308 }, none[] = { NAN, INFINITY };
    vae_series series = { .name = "kl", .x = xs, .y = below, .count = 2 };
    vae_plot plot = { .y_log = true, .series = &series, .series_count = 1 };
    ck_assert_status(vae_plot_write(path, &plot), VAE_ERROR_ARGUMENT,
                     "plot: kl: expected values above 0 for a logarithmic y axis, found -2");
    plot.y_log = false;
    series.y = far;
    ck_assert_status(vae_plot_write(path, &plot), VAE_ERROR_ARGUMENT, "less far apart");
    series.y = none;
    ck_assert_status(vae_plot_write(path, &plot), VAE_ERROR_ARGUMENT, "expected a point to draw, found none");
    series.name = NULL;
    ck_assert_status(vae_plot_write(path, &plot), VAE_ERROR_ARGUMENT, "expected series with names");
    ck_assert_status(vae_plot_save(path, &plot), VAE_ERROR_ARGUMENT, "expected series with names");
    plot.series_count = 0;
    ck_assert_status(vae_plot_write(path, &plot), VAE_ERROR_ARGUMENT, "expected a point to draw, found none");
    ck_assert_status(vae_plot_write(path, NULL), VAE_ERROR_ARGUMENT, "found NULL");
    ck_assert_status(vae_plot_write("/nowhere/plot.svg", &(vae_plot){ .series = &curve, .series_count = 1 }),
                     VAE_ERROR_FILE, "/nowhere");
}
END_TEST

/* The n-th allocation, or a file's request, fails: a status, nothing half-written, nothing kept. */
START_TEST(test_failures)
{
    static const system_kind kinds[] = { SYSTEM_ALLOCATE, SYSTEM_OPEN, SYSTEM_WRITE, SYSTEM_RENAME };
    const vae_plot plot = { .points = true, .series = &curve, .series_count = 1 };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        system_reset();
        system_fail(kinds[i], 1, ENOSPC, true);
        vae_status status = vae_plot_write(path, &plot);
        ck_assert_int_eq(status.code, kinds[i] == SYSTEM_ALLOCATE ? VAE_ERROR_MEMORY : VAE_ERROR_FILE);
        ck_assert_int_ne(access(path, F_OK), 0);
        ck_assert_int_eq(system_outstanding(), 0);
    }
    system_reset();
    vae_status status = { .code = VAE_ERROR_MEMORY };
    for (long n = 1; status.code; n++) {
        system_fail(SYSTEM_ALLOCATE, n, ENOMEM, false);
        status = vae_plot_write(path, &plot);
        ck_assert_int_eq(system_outstanding(), 0);
        ck_assert_int_eq(status.code == VAE_OK, access(path, F_OK) == 0);
        system_reset();
    }
}
END_TEST

int main(void)
{
    const TTest *const parts[] = { test_small_ticks, test_palette, NULL };
    const TTest *const plots[] = { test_curve,    test_places, test_names_make_room, test_one_point, test_refuses,
                                   test_failures, NULL };
    const TTest *const none[] = { NULL };
    Suite *suite = suite_create("plot");
    TCase *ticks = suite_case_between(suite, "ticks", 10, NULL, NULL, none);
    tcase_add_loop_test(ticks, test_ticks, 0, AXES);
    suite_case(suite, "parts", 10, parts);
    suite_case_between(suite, "plots", 30, begin, end, plots);
    return suite_run(suite);
}
