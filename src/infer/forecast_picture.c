/* Stills with arrows. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <vae/forecast.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/infer/scene.h"
#include "src/picture/palette.h"
#include "src/picture/svg.h"

/* Units of the drawing. */
enum { PANEL = 160, GAP = 28 /* into which arrows may lead */, LINE = 24 };

enum {
    THIN_MOST = 25 /* single samples of a cluster */,
    COLORS = 8,
    MODEL_COLOR = 0,
    ANSWER_COLOR = 1,
    TRUTH_COLOR = 6
};

/* A still, where it is drawn. */
typedef struct vae__panel {
    vae__svg *svg;
    const vae__stage *stage;
    double left, top, scale; /* units of the drawing for a pixel */
} vae__panel;

/* ---- The still --------------------------------------------------------------------------------------------------- */

typedef unsigned char rgb[3];

static void color_of(const vae__stage *stage, const float *pixel, rgb color)
{
    for (int i = 0; i < 3; i++)
        color[i] = (unsigned char)lround(255 * (double)pixel[stage->channels == 3 ? i : 0]);
}

static bool is_same(const rgb a, const rgb b)
{
    return a[0] == b[0] && a[1] == b[1] && a[2] == b[2];
}

static void fill(const vae__panel *panel, const rgb color, double left, double top, double width, double height)
{
    char attributes[32];
    snprintf(attributes, sizeof attributes, "fill=\"#%02x%02x%02x\"", color[0], color[1], color[2]);
    vae__svg_group(panel->svg, attributes);
    vae__svg_rectangle(panel->svg, panel->left + left * panel->scale, panel->top + top * panel->scale,
                       width * panel->scale, height * panel->scale);
    vae__svg_group_end(panel->svg);
}

/* Runs of one colour, over a ground of the first pixel's. */
static void draw_still(const vae__panel *panel, const float *still, const char *id)
{
    char attributes[96];
    rgb ground, color, next;
    const vae__stage *stage = panel->stage;
    /* Pale, so that arrows of any colour are seen. */
    snprintf(attributes, sizeof attributes, "id=\"%s\" opacity=\"0.5\" shape-rendering=\"crispEdges\"", id);
    vae__svg_group(panel->svg, attributes);
    color_of(stage, still, ground);
    fill(panel, ground, 0, 0, (double)stage->width, (double)stage->height);
    for (int64_t y = 0; y < stage->height; y++)
        for (int64_t x = 0, end; x < stage->width; x = end) {
            color_of(stage, still + (y * stage->width + x) * stage->channels, color);
            for (end = x + 1; end < stage->width; end++) {
                color_of(stage, still + (y * stage->width + end) * stage->channels, next);
                if (!is_same(color, next))
                    break;
            }
            if (!is_same(color, ground))
                fill(panel, color, (double)x, (double)y, (double)(end - x), 1);
        }
    vae__svg_group_end(panel->svg);
}

/* ---- Arrows ------------------------------------------------------------------------------------------------------ */

/* Two strokes at the end, against the way it came. */
static void draw_head(const vae__panel *panel, double x, double y, double right, double down)
{
    static const double length = 5, cosine = 0.85, sine = 0.53;
    const double far = hypot(right, down), back = length / (far > 0 ? far : 1);
    const double along = -right * back, across = -down * back;
    vae__svg_path_point(panel->svg, true, x + along * cosine - across * sine, y + along * sine + across * cosine);
    vae__svg_path_point(panel->svg, false, x, y);
    vae__svg_path_point(panel->svg, false, x + along * cosine + across * sine, y - along * sine + across * cosine);
    vae__svg_path_end(panel->svg);
}

static void draw_arrow(const vae__panel *panel, const double *x, int64_t cell, bool head)
{
    const vae__stage *stage = panel->stage;
    const double high = (double)stage->height / (double)stage->cells_high,
                 wide = (double)stage->width / (double)stage->cells_wide;
    const double left = panel->left + ((double)(cell % stage->cells_wide) + 0.5) * wide * panel->scale;
    const double top = panel->top + ((double)(cell / stage->cells_wide) + 0.5) * high * panel->scale;
    double at[2] = { left, top }, before[2] = { left, top };
    vae__svg_path_point(panel->svg, true, left, top);
    for (int64_t step = 0; step < stage->steps; step++) {
        before[0] = at[0];
        before[1] = at[1];
        at[0] = left + vae__stage_right(stage, x, cell, step) * panel->scale;
        at[1] = top + vae__stage_down(stage, x, cell, step) * panel->scale;
        vae__svg_path_point(panel->svg, false, at[0], at[1]);
    }
    vae__svg_path_end(panel->svg);
    if (head)
        draw_head(panel, at[0], at[1], at[0] - before[0], at[1] - before[1]);
}

/* All arrows of a future; those of a strong one have heads. */
static void draw_arrows(const vae__panel *panel, const double *x, int color, bool strong)
{
    char attributes[128], name[VAE__COLOR_TEXT];
    const vae__stage *stage = panel->stage;
    vae__palette_color(color, COLORS, name);
    snprintf(attributes, sizeof attributes, "fill=\"none\" stroke=\"%s\" stroke-width=\"%s\" stroke-opacity=\"%s\"",
             name, strong ? "2" : "0.6", strong ? "1" : "0.4");
    vae__svg_group(panel->svg, attributes);
    for (int64_t cell = 0; cell < stage->cells_high * stage->cells_wide; cell++)
        if (vae__stage_moves(stage, x, cell))
            draw_arrow(panel, x, cell, strong);
    vae__svg_group_end(panel->svg);
}

/* ---- Panels ------------------------------------------------------------------------------------------------------ */

static void caption(const vae__panel *panel, const char *text)
{
    const double pixels_wide = (double)panel->stage->width, pixels_high = (double)panel->stage->height;
    vae__svg_text(panel->svg, panel->left + pixels_wide * panel->scale / 2,
                  panel->top + pixels_high * panel->scale + LINE * 0.65, VAE__SVG_MIDDLE, false, text);
}

/* The next panel's place, with the still in it. */
static void next_panel(vae__panel *panel, double first, const char *id)
{
    panel->left += (double)panel->stage->width * panel->scale + GAP;
    vae__svg_again(panel->svg, id, panel->left - first, 0);
}

static void widen(const float *values, int64_t count, double *to)
{
    for (int64_t i = 0; i < count; i++)
        to[i] = values[i];
}

/* The samples of a cluster, as many as there is room for, below its mean. */
static void draw_cluster(const vae__panel *panel, const vae__scene *scene, int64_t row, int64_t cluster, double *desk)
{
    const vae_completions *found = scene->found;
    const vae__clusters *clusters = &scene->clusters[row];
    char text[64];
    int drawn = 0;
    for (int64_t s = 0; s < found->samples && drawn < THIN_MOST; s++) {
        if (clusters->of[s] != cluster)
            continue;
        widen(found->units + (row * found->samples + s) * found->x_size, found->x_size, desk);
        draw_arrows(panel, desk, MODEL_COLOR, false);
        drawn++;
    }
    draw_arrows(panel, clusters->means + cluster * found->x_size, MODEL_COLOR, true);
    snprintf(text, sizeof text, "%.0f %%", 100 * (double)clusters->sizes[cluster] / (double)found->samples);
    caption(panel, text);
}

static void draw_row(const vae__scene *scene, int64_t row, const char *answer, vae__panel panel, double *desk)
{
    char id[32], text[64];
    const vae_completions *found = scene->found;
    const vae__stage *stage = &scene->stage;
    const double first = panel.left;
    snprintf(id, sizeof id, "still%" PRId64, row);
    draw_still(&panel, scene->still + row * stage->height * stage->width * stage->channels, id);
    draw_arrows(&panel, scene->truth + row * found->x_size, TRUTH_COLOR, true);
    snprintf(text, sizeof text, "row %" PRId64 ": truth", found->row[row]);
    caption(&panel, text);
    if (found->answer_units) {
        next_panel(&panel, first, id);
        widen(found->answer_units + row * found->x_size, found->x_size, desk);
        draw_arrows(&panel, desk, ANSWER_COLOR, true);
        caption(&panel, answer);
    }
    for (int64_t k = 0; k < scene->clusters[row].count; k++) {
        next_panel(&panel, first, id);
        draw_cluster(&panel, scene, row, k, desk);
    }
}

static vae_status draw(const vae__scene *scene, const char *answer, double *desk, const char *path)
{
    vae__svg svg;
    int64_t panels = 0;
    const vae__stage *stage = &scene->stage;
    const double scale = (double)PANEL / (double)stage->width, high = (double)stage->height * scale + LINE;
    for (int64_t i = 0; i < scene->found->count; i++)
        panels = scene->clusters[i].count > panels ? scene->clusters[i].count : panels;
    panels += 1 + (scene->found->answer_units != NULL);
    vae__svg_begin(&svg, (double)panels * (PANEL + GAP) + GAP, (double)scene->found->count * (high + GAP) + GAP,
                   "Trajectories: the truth, and samples in clusters");
    for (int64_t i = 0; i < scene->found->count; i++)
        draw_row(scene, i, answer, (vae__panel){ &svg, stage, GAP, GAP + (double)i * (high + GAP), scale }, desk);
    return vae__svg_write(&svg, path);
}

vae_status vae_forecast_picture(const vae_model *model, const vae_data *data, const vae_completions *completions,
                                const vae_forecast_drawing *drawing, const char *path)
{
    vae__scene scene;
    double *desk = NULL;
    if (!path)
        return vae__error(VAE_ERROR_ARGUMENT, "pictures: expected a path, found NULL");
    VAE__TRY(vae__scene_make(model, data, completions, drawing ? drawing->clusters : 0, &scene));
    vae_status status = vae__allocate("a picture", (size_t)completions->x_size, sizeof *desk, &desk);
    if (!status.code)
        status = draw(&scene, drawing && drawing->answer ? drawing->answer : "regression", desk, path);
    vae__free(desk);
    vae__scene_free(&scene);
    return status;
}
