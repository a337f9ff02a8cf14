/* Plots: two axes, what lies between them, and a legend. */
#include <vae/plot.h>

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/picture/palette.h"
#include "src/picture/svg.h"
#include "src/picture/ticks.h"

/* In units of SVG: pixels on most screens. */
enum {
    WIDTH = 720,
    PLANE_HEIGHT = 380,
    LEFT = 76,
    RIGHT = 18,
    TOP = 16,
    TITLE_HEIGHT = 24,
    LABELS_HEIGHT = 54, /* of the x axis */
    LEGEND_LINE = 18,
    LEGEND_MARK = 30, /* the stroke or dot before a name */
    LETTER_WIDTH = 7, /* of the legend's font, on average */
    LABEL_SPACE = 14, /* between the middles of names among points */
};

enum { DASHES = 4, MARKED_MOST = 25, X_TICKS = 8, Y_TICKS = 6, NAMED_MOST = 40, NAMED_LENGTH = 16 };

typedef struct axis {
    const char *name; /* "x" */
    const char *label;
    bool log, whole;   /* all values are whole numbers */
    double low, high;  /* values at its ends */
    double begin, end; /* where those are in the drawing */
    vae__ticks ticks;
} axis;

typedef struct drawing {
    const vae_plot *plot;
    vae__svg svg;
    axis x, y;
    int colors;
    int names, legend_columns; /* of the legend */
    double top, legend_top, height;
} drawing;

/* ---- Axes -------------------------------------------------------------------------------------------------------- */

static bool is_there(const vae_series *series, int64_t i)
{
    return isfinite(series->x[i]) && isfinite(series->y[i]);
}

static vae_status widen(axis *wide, const vae_series *series, double value)
{
    if (wide->log && !(value > 0))
        return vae__error(VAE_ERROR_ARGUMENT, "plot: %s: expected values above 0 for a logarithmic %s axis, found %.6g",
                          series->name, wide->name, value);
    wide->low = fmin(wide->low, value);
    wide->high = fmax(wide->high, value);
    wide->whole = wide->whole && value == floor(value);
    return vae__ok();
}

static vae_status widen_by(drawing *made, const vae_series *series)
{
    if (!series->name || series->count < 0 || (series->count && (!series->x || !series->y)) || series->color < 0 ||
        series->dash < 0)
        return vae__error(VAE_ERROR_ARGUMENT, "plot: expected series with names, x and y, found one without");
    for (int64_t i = 0; i < series->count; i++) {
        if (!is_there(series, i))
            continue;
        VAE__TRY(widen(&made->x, series, series->x[i]));
        VAE__TRY(widen(&made->y, series, series->y[i]));
    }
    made->colors = series->color >= made->colors ? series->color + 1 : made->colors;
    return vae__ok();
}

/* Some room beside what is drawn, and some length where all of it is one value. */
static vae_status finish_axis(axis *made, int ticks)
{
    static const double room = 0.03, alone = 0.05;
    double low = made->log ? log10(made->low) : made->low, high = made->log ? log10(made->high) : made->high;
    double length = high - low;
    if (length <= 1e-12 * fmax(fabs(low), fabs(high)))
        length = low ? alone * fabs(low) / room : 1 / room;
    low -= room * length;
    high += room * length;
    made->low = made->log ? pow(10, low) : low;
    made->high = made->log ? pow(10, high) : high;
    if (!isfinite(made->high - made->low) || (made->log && !(made->low > 0)))
        return vae__error(VAE_ERROR_ARGUMENT, "plot: expected values of %s less far apart", made->name);
    if (made->log)
        vae__ticks_log(made->low, made->high, ticks, &made->ticks);
    else
        vae__ticks_linear(made->low, made->high, ticks, made->whole, &made->ticks);
    return vae__ok();
}

static double place(const axis *on, double value)
{
    double part = on->log ? log(value / on->low) / log(on->high / on->low) : (value - on->low) / (on->high - on->low);
    return on->begin + part * (on->end - on->begin);
}

/* ---- Measures ---------------------------------------------------------------------------------------------------- */

/* Characters of UTF-8. */
static int letters(const char *text)
{
    int count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static void measure_legend(drawing *made)
{
    int widest = 0;
    for (int i = 0; i < made->plot->series_count; i++) {
        int length = letters(made->plot->series[i].name);
        made->names += length > 0;
        widest = length > widest ? length : widest;
    }
    int column = LEGEND_MARK + LETTER_WIDTH * widest + 12;
    made->legend_columns = (WIDTH - LEFT - RIGHT) / column;
    made->legend_columns += !made->legend_columns;
}

static vae_status measure(drawing *made)
{
    const vae_plot *plot = made->plot;
    made->x = (axis){ "x", plot->x_label, plot->x_log, true, INFINITY, -INFINITY, LEFT, WIDTH - RIGHT, { .count = 0 } };
    made->y = (axis){ "y", plot->y_label, plot->y_log, true, INFINITY, -INFINITY, 0, 0, { .count = 0 } };
    for (int i = 0; i < plot->series_count; i++)
        VAE__TRY(widen_by(made, &plot->series[i]));
    if (made->x.low > made->x.high)
        return vae__error(VAE_ERROR_ARGUMENT, "plot: expected a point to draw, found none");
    VAE__TRY(finish_axis(&made->x, X_TICKS));
    VAE__TRY(finish_axis(&made->y, Y_TICKS));
    measure_legend(made);
    made->top = TOP + (plot->title && *plot->title ? TITLE_HEIGHT : 0);
    made->y.begin = made->top + PLANE_HEIGHT;
    made->y.end = made->top;
    made->legend_top = made->y.begin + LABELS_HEIGHT;
    made->height = made->legend_top + LEGEND_LINE * ceil((double)made->names / made->legend_columns) + 6;
    return vae__ok();
}

/* ---- Drawing axes ------------------------------------------------------------------------------------------------ */

static void draw_lines(drawing *made)
{
    vae__svg *svg = &made->svg;
    vae__svg_group(svg, "stroke=\"#e4e4e4\"");
    for (int i = 0; i < made->x.ticks.count; i++) {
        double at = place(&made->x, made->x.ticks.ticks[i].value);
        if (*made->x.ticks.ticks[i].label)
            vae__svg_line(svg, at, made->y.begin, at, made->y.end);
    }
    for (int i = 0; i < made->y.ticks.count; i++) {
        double at = place(&made->y, made->y.ticks.ticks[i].value);
        if (*made->y.ticks.ticks[i].label)
            vae__svg_line(svg, made->x.begin, at, made->x.end, at);
    }
    vae__svg_group_end(svg);
}

static void draw_ticks(drawing *made)
{
    vae__svg *svg = &made->svg;
    vae__svg_group(svg, "stroke=\"#444444\" fill=\"none\"");
    vae__svg_rectangle(svg, made->x.begin, made->y.end, made->x.end - made->x.begin, made->y.begin - made->y.end);
    for (int i = 0; i < made->x.ticks.count; i++) {
        const vae__tick *tick = &made->x.ticks.ticks[i];
        double at = place(&made->x, tick->value);
        vae__svg_line(svg, at, made->y.begin, at, made->y.begin + (*tick->label ? 5 : 3));
    }
    for (int i = 0; i < made->y.ticks.count; i++) {
        const vae__tick *tick = &made->y.ticks.ticks[i];
        double at = place(&made->y, tick->value);
        vae__svg_line(svg, made->x.begin - (*tick->label ? 5 : 3), at, made->x.begin, at);
    }
    vae__svg_group_end(svg);
}

static void draw_labels(drawing *made)
{
    vae__svg *svg = &made->svg;
    const axis *x = &made->x, *y = &made->y;
    vae__svg_group(svg, "fill=\"#222222\"");
    for (int i = 0; i < x->ticks.count; i++)
        if (*x->ticks.ticks[i].label)
            vae__svg_text(svg, place(x, x->ticks.ticks[i].value), y->begin + 19, VAE__SVG_MIDDLE, false,
                          x->ticks.ticks[i].label);
    for (int i = 0; i < y->ticks.count; i++)
        if (*y->ticks.ticks[i].label)
            vae__svg_text(svg, x->begin - 8, place(y, y->ticks.ticks[i].value) + 4, VAE__SVG_END, false,
                          y->ticks.ticks[i].label);
    vae__svg_text(svg, (x->begin + x->end) / 2, y->begin + 39, VAE__SVG_MIDDLE, false, x->label ? x->label : "");
    vae__svg_text(svg, 18, (y->begin + y->end) / 2, VAE__SVG_MIDDLE, true, y->label ? y->label : "");
    if (made->plot->title && *made->plot->title)
        vae__svg_text(svg, (x->begin + x->end) / 2, TOP + 8, VAE__SVG_MIDDLE, false, made->plot->title);
    vae__svg_group_end(svg);
}

/* ---- Drawing series ---------------------------------------------------------------------------------------------- */

static void begin_series(drawing *made, const vae_series *series)
{
    static const char *const dashes[DASHES] = { "none", "7 3", "1.5 3", "8 3 1.5 3" };
    char color[VAE__COLOR_TEXT], attributes[160];
    vae__palette_color(series->color, made->colors, color);
    if (made->plot->points)
        snprintf(attributes, sizeof attributes, "fill=\"%s\" fill-opacity=\"0.7\"", color);
    else
        snprintf(attributes, sizeof attributes,
                 "stroke=\"%s\" stroke-width=\"1.8\" stroke-dasharray=\"%s\" stroke-linejoin=\"round\" fill=\"none\"",
                 color, dashes[series->dash % DASHES]);
    vae__svg_group(&made->svg, attributes);
}

static void draw_point(drawing *made, const vae_series *series, int64_t i, double radius)
{
    vae__svg_circle(&made->svg, place(&made->x, series->x[i]), place(&made->y, series->y[i]), radius);
}

/* A piece of a curve: from `begin` to the next gap. Returns where that is. */
static int64_t draw_piece(drawing *made, const vae_series *series, int64_t begin)
{
    int64_t end = begin;
    while (end < series->count && is_there(series, end))
        end++;
    for (int64_t i = begin; i < end && end - begin > 1; i++)
        vae__svg_path_point(&made->svg, i == begin, place(&made->x, series->x[i]), place(&made->y, series->y[i]));
    if (end - begin > 1)
        vae__svg_path_end(&made->svg);
    if (end - begin == 1 && series->count > MARKED_MOST)
        draw_point(made, series, begin, 1.2);
    return end;
}

/* Of a short curve every point is marked, so that one sees what was measured, and a curve of one point. */
static void draw_curve(drawing *made, const vae_series *series)
{
    begin_series(made, series);
    for (int64_t i = 0; i < series->count; i++)
        if (is_there(series, i))
            i = draw_piece(made, series, i);
    vae__svg_group_end(&made->svg);
    if (series->count > MARKED_MOST)
        return;
    char color[VAE__COLOR_TEXT], attributes[32];
    vae__palette_color(series->color, made->colors, color);
    snprintf(attributes, sizeof attributes, "fill=\"%s\"", color);
    vae__svg_group(&made->svg, attributes);
    for (int64_t i = 0; i < series->count; i++)
        if (is_there(series, i))
            draw_point(made, series, i, 2.5);
    vae__svg_group_end(&made->svg);
}

static void draw_points(drawing *made, const vae_series *series)
{
    begin_series(made, series);
    for (int64_t i = 0; i < series->count; i++)
        if (is_there(series, i))
            draw_point(made, series, i, 2.2);
    vae__svg_group_end(&made->svg);
}

/* ---- Names among points ------------------------------------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
    const double *one = a, *other = b;
    return (*one > *other) - (*one < *other);
}

/* The median of those points that are there; NAN without any. */
static double median(const vae_series *series, const double *values, double *sorted)
{
    size_t count = 0;
    for (int64_t i = 0; i < series->count; i++)
        if (is_there(series, i))
            sorted[count++] = values[i];
    qsort(sorted, count, sizeof *sorted, compare);
    return count ? sorted[count / 2] : NAN;
}

/* Twice: a broad white stroke first, on which the name is read whatever lies below. */
static void draw_name(drawing *made, const char *name, double x, double y)
{
    vae__svg_group(&made->svg, "font-weight=\"bold\" stroke=\"#ffffff\" stroke-width=\"4\" stroke-linejoin=\"round\"");
    vae__svg_text(&made->svg, x, y + 4, VAE__SVG_MIDDLE, false, name);
    vae__svg_group_end(&made->svg);
    vae__svg_group(&made->svg, "font-weight=\"bold\" fill=\"#000000\"");
    vae__svg_text(&made->svg, x, y + 4, VAE__SVG_MIDDLE, false, name);
    vae__svg_group_end(&made->svg);
}

typedef struct spot {
    double x, y;
} spot;

/* Is a name before it in the way? A little less than the space counts, for moving by the space may round. */
static bool is_in_the_way(spot taken, spot wanted)
{
    return fabs(taken.x - wanted.x) < LABEL_SPACE && fabs(taken.y - wanted.y) < LABEL_SPACE - 0.5;
}

/* Down, until none is. Every move is by half a unit or more, and ends below all of them at the latest. */
static spot free_spot(const spot *taken, int count, spot wanted)
{
    for (int i = 0; i < count; i++)
        if (is_in_the_way(taken[i], wanted)) {
            wanted.y = taken[i].y + LABEL_SPACE;
            i = -1;
        }
    return wanted;
}

/* Colours alone are not enough: a series' name stands in its midst. */
static vae_status draw_names(drawing *made)
{
    spot taken[NAMED_MOST];
    int count = 0;
    for (int i = 0; i < made->plot->series_count && made->plot->series_count <= NAMED_MOST; i++) {
        const vae_series *series = &made->plot->series[i];
        double *sorted = NULL;
        if (!*series->name || letters(series->name) > NAMED_LENGTH)
            continue;
        VAE__TRY(vae__allocate("a plot", (size_t)series->count, sizeof *sorted, &sorted));
        double x = median(series, series->x, sorted), y = median(series, series->y, sorted);
        vae__free(sorted);
        if (isnan(x))
            continue;
        taken[count] = free_spot(taken, count, (spot){ place(&made->x, x), place(&made->y, y) });
        draw_name(made, series->name, taken[count].x, taken[count].y);
        count++;
    }
    return vae__ok();
}

/* ---- Legend ------------------------------------------------------------------------------------------------------ */

static void draw_legend(drawing *made)
{
    int shown = 0;
    for (int i = 0; i < made->plot->series_count; i++) {
        const vae_series *series = &made->plot->series[i];
        if (!*series->name)
            continue;
        double width = (made->x.end - made->x.begin) / made->legend_columns;
        double x = made->x.begin + shown % made->legend_columns * width;
        double y = made->legend_top + (double)(shown / made->legend_columns) * LEGEND_LINE;
        begin_series(made, series);
        if (made->plot->points)
            vae__svg_circle(&made->svg, x + LEGEND_MARK / 2.0, y, 4);
        else
            vae__svg_line(&made->svg, x, y, x + LEGEND_MARK - 6, y);
        vae__svg_group_end(&made->svg);
        vae__svg_text(&made->svg, x + LEGEND_MARK, y + 4, VAE__SVG_START, false, series->name);
        shown++;
    }
}

/* ---- The whole --------------------------------------------------------------------------------------------------- */

static vae_status draw(drawing *made)
{
    const vae_plot *plot = made->plot;
    vae__svg_begin(&made->svg, WIDTH, made->height, plot->title && *plot->title ? plot->title : "plot");
    draw_lines(made);
    for (int i = 0; i < plot->series_count; i++)
        (plot->points ? draw_points : draw_curve)(made, &plot->series[i]);
    draw_ticks(made);
    draw_labels(made);
    draw_legend(made);
    return plot->points ? draw_names(made) : vae__ok();
}

vae_status vae_plot_write(const char *path, const vae_plot *plot)
{
    if (!path || !plot || plot->series_count < 0 || (plot->series_count && !plot->series))
        return vae__error(VAE_ERROR_ARGUMENT, "plot: expected a path, and a plot with series, found NULL");
    drawing made = { .plot = plot };
    VAE__TRY(measure(&made));
    vae_status status = draw(&made);
    if (status.code)
        made.svg.status = status;
    return vae__svg_write(&made.svg, path);
}
