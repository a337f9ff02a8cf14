/* vae plot --curves: columns of histories. */
#include <stdlib.h>
#include <string.h>

#include "src/command/files.h"
#include "src/command/plot.h"

enum { FIGURES_MOST = 8, FIGURE_NAME = 64, CURVES_MOST = FIGURES_MOST * VAE__MAX_TEXTS, CURVE_NAME = 256, UNITS = 64 };

/* What --by names: a column, and what it is. */
static const struct {
    const char *name, *column, *label;
} scales[] = {
    { "epoch", "epoch", "epoch" },
    { "examples", "examples_seen", "examples seen" },
    { "step", "step", "step" },
    { "seconds", "seconds", "seconds" },
};
enum { SCALES = sizeof scales / sizeof *scales };

typedef struct figures {
    char names[FIGURES_MOST][FIGURE_NAME];
    int count;
    bool usual; /* none was told: those that there are */
} figures;

/* The curves while they are gathered. Values are owned. */
typedef struct curves {
    const vae__call *call;
    figures figures;
    int scale;
    bool x_log, y_log;
    bool turned; /* Some figure was turned round. */
    vae_series series[CURVES_MOST];
    char names[CURVES_MOST][CURVE_NAME];
    double *values[CURVES_MOST]; /* x, and y behind it */
    int count;
    char units[UNITS]; /* of all of them; "" where they differ */
} curves;

/* ---- What is asked for ------------------------------------------------------------------------------------------- */

static int parse_figures(const vae__call *call, figures *wanted)
{
    const char *text = call->values[FIGURE].text;
    *wanted = (figures){ .usual = !text };
    for (const char *end; text; text = *end ? end + 1 : NULL) {
        end = text + strcspn(text, ",");
        if (end == text || end - text >= FIGURE_NAME || wanted->count == FIGURES_MOST)
            return vae__wrong_usage(call, "--figure: expected at most %d names with commas between, found \"%s\"",
                                    FIGURES_MOST, call->values[FIGURE].text);
        snprintf(wanted->names[wanted->count++], FIGURE_NAME, "%.*s", (int)(end - text), text);
    }
    if (wanted->usual) {
        strcpy(wanted->names[wanted->count++], "train/elbo");
        strcpy(wanted->names[wanted->count++], "validation/elbo");
    }
    return VAE__EXIT_DONE;
}

static int find_scale(const vae__call *call)
{
    int scale = 0;
    while (scale < SCALES && strcmp(call->values[BY].text, scales[scale].name))
        scale++;
    return scale;
}

static bool is_log(const vae__call *call, const char *axis)
{
    const char *text = call->values[LOG].text;
    return text && (!strcmp(text, axis) || !strcmp(text, "both"));
}

int vae__check_curves(const vae__call *call)
{
    figures wanted;
    if (find_scale(call) == SCALES)
        return vae__wrong_usage(call, "--by: expected epoch, examples, step or seconds, found \"%s\"",
                                call->values[BY].text);
    if (call->values[LOG].given && !is_log(call, "x") && !is_log(call, "y"))
        return vae__wrong_usage(call, "--log: expected x, y or both, found \"%s\"", call->values[LOG].text);
    return parse_figures(call, &wanted);
}

/* ---- Histories --------------------------------------------------------------------------------------------------- */

static bool find_column(const vae_training *training, const char *name, vae_history_column *column)
{
    for (int i = 0; i < vae_history_columns(training); i++) {
        *column = vae_history_column_at(training, i);
        if (!strcmp(column->name, name))
            return true;
    }
    return false;
}

static int no_column(const vae__call *call, const vae_training *training, const char *path, const char *name)
{
    char names[1024] = "";
    size_t used = 0;
    for (int i = 0; i < vae_history_columns(training) && used < sizeof names; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "",
                                 vae_history_column_at(training, i).name);
    return vae__failed(call, "%s: expected the figure %s in the history, found %s", path, name, names);
}

/* A logarithmic axis has no place below 0: -elbo is shown for an elbo that is nowhere above. */
static bool is_turned(const curves *made, const vae_history_column *figure, int64_t rows)
{
    bool below = made->y_log;
    for (int64_t i = 0; i < rows; i++)
        below = below && !(figure->values[i] >= 0);
    return below;
}

static void name_curve(curves *made, const char *path, const char *figure, bool turned)
{
    const char *slash = strrchr(path, '/');
    bool several = made->call->argument_count > 1;
    snprintf(made->names[made->count], CURVE_NAME, "%s%s%s%s", several ? (slash ? slash + 1 : path) : "",
             several ? ": " : "", turned ? "-" : "", figure);
}

static int add_curve(curves *made, int file, int figure, const vae_history_column *x, const vae_history_column *y,
                     int64_t rows)
{
    const char *path = made->call->arguments[file];
    bool turned = is_turned(made, y, rows), several = made->call->argument_count > 1;
    double *values = malloc(2 * (size_t)rows * sizeof *values);
    if (!values)
        return vae__failed(made->call, "%s: no memory for its history", path);
    for (int64_t i = 0; i < rows; i++) {
        values[i] = x->values[i];
        values[rows + i] = turned ? -y->values[i] : y->values[i];
    }
    if (!made->count)
        snprintf(made->units, sizeof made->units, "%s", y->units ? y->units : "");
    else if (strcmp(made->units, y->units ? y->units : ""))
        made->units[0] = 0;
    name_curve(made, path, y->name, turned);
    made->turned = made->turned || turned;
    made->values[made->count] = values;
    made->series[made->count] = (vae_series){ .name = made->names[made->count],
                                              .x = values,
                                              .y = values + rows,
                                              .count = rows,
                                              .color = several ? file : figure,
                                              .dash = several ? figure : 0 };
    made->count++;
    return VAE__EXIT_DONE;
}

static int add_history(curves *made, int file, const vae_training *training)
{
    const vae__call *call = made->call;
    const char *path = call->arguments[file];
    int64_t rows = vae_history_rows(training);
    vae_history_column x, y;
    int before = made->count;
    if (!rows)
        return vae__failed(call, "%s: expected a history, found none: no epoch was finished", path);
    if (!find_column(training, scales[made->scale].column, &x))
        return no_column(call, training, path, scales[made->scale].column);
    for (int i = 0; i < made->figures.count; i++) {
        bool there = find_column(training, made->figures.names[i], &y);
        if (!there && !made->figures.usual)
            return no_column(call, training, path, made->figures.names[i]);
        int status = there ? add_curve(made, file, i, &x, &y, rows) : VAE__EXIT_DONE;
        if (status)
            return status;
    }
    return made->count > before ? VAE__EXIT_DONE : no_column(call, training, path, "train/elbo");
}

/* ---- The plot ---------------------------------------------------------------------------------------------------- */

/* What stands along the y axis: the figure where it is one, and units where all have the same. */
static const char *label(const curves *made, char text[CURVE_NAME])
{
    bool one = made->figures.count == 1;
    snprintf(text, CURVE_NAME, "%s%s%s%s", one && made->turned ? "-" : "", one ? made->figures.names[0] : "",
             one && *made->units ? ", " : "", made->units);
    return text;
}

static int draw(const curves *made)
{
    char text[CURVE_NAME], what[160], counted[64];
    const vae_plot plot = { .x_label = scales[made->scale].label,
                            .y_label = label(made, text),
                            .x_log = made->x_log,
                            .y_log = made->y_log,
                            .series = made->series,
                            .series_count = made->count };
    snprintf(what, sizeof what, "%s by %s", vae__counted(counted, made->count, "curve"), scales[made->scale].label);
    return vae__save_plot(made->call, made->call->values[CURVES].text, &plot, what);
}

int vae__plot_curves(const vae__call *call)
{
    curves *made = calloc(1, sizeof *made);
    if (!made)
        return vae__failed(call, "no memory for curves");
    made->call = call;
    made->scale = find_scale(call);
    made->x_log = is_log(call, "x");
    made->y_log = is_log(call, "y");
    int status = parse_figures(call, &made->figures);
    for (int i = 0; i < call->argument_count && !status; i++) {
        vae_training *training = NULL;
        status = vae__open_checkpoint(call, call->arguments[i], &training);
        if (!status)
            status = add_history(made, i, training);
        vae_training_free(&training);
    }
    if (!status)
        status = draw(made);
    for (int i = 0; i < made->count; i++)
        free(made->values[i]);
    free(made);
    return status;
}
