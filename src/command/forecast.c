/* vae forecast: how well samples foretell what came, and which of the futures that there may be they cover. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/command/rows.h"
#include "src/command/walk.h"

enum {
    VAE__ROWS_NAMES,
    SAMPLES,
    COUNT,
    ROWS,
    REGRESSOR,
    MODES,
    RADIUS,
    CURVES,
    COVERAGE,
    PICTURE,
    FRAMES,
    FRAMES_FIELD,
    CLUSTERS,
    OUT,
    DRAW,
    SEED,
    THREADS,
    JSON
};

enum { PICTURED_USUAL = 4 };

static const vae__option options[] = {
    VAE__ROWS_OPTIONS,
    [SAMPLES] = { "samples", "N", VAE__WHOLE, "samples of each row [100; a regression has one answer]", NULL, 1, 1e6 },
    [COUNT] = { "count", "N", VAE__WHOLE, "the first N rows alone [all rows]", NULL, 1, VAE__WHOLE_MAX },
    [ROWS] = { "rows", "ROW,ROW...", VAE__TEXT, "these rows of the source alone, from 0", NULL, 0, 0 },
    [REGRESSOR] = { "regressor", "OTHER.h5", VAE__TEXT,
                    "a regression (objective none) of the same x: its answer is scored beside", NULL, 0, 0 },
    [MODES] = { "modes", "FIELD", VAE__TEXT,
                "a field, or where it lies in HDF5 data: the futures that there may be, one behind another, as numbers",
                NULL, 0, 0 },
    [RADIUS] = { "radius", "R", VAE__REAL, "near a mode is nearer than this share of the distance to the next one",
                 "0.5", 0.001, 0.5 },
    [CURVES] = { "curves", "FILE.svg", VAE__TEXT, "plot the least distance from the truth against samples", NULL, 0,
                 0 },
    [COVERAGE] = { "coverage", "FILE.svg", VAE__TEXT, "plot the share of modes covered against samples", NULL, 0, 0 },
    [PICTURE] = { "picture", "FILE.svg", VAE__TEXT,
                  "the still with arrows, a row for each of --rows [the first 4]: the truth, the regressor, clusters "
                  "of "
                  "samples",
                  NULL, 0, 0 },
    [FRAMES] = { "frames", "FILE.png", VAE__TEXT, "the next frames of the same rows: the truth, and of each cluster",
                 NULL, 0, 0 },
    [FRAMES_FIELD] = { "frames-field", "FIELD", VAE__TEXT,
                       "the true next frames, below one another in an image [the still, moved as the truth tells]",
                       NULL, 0, 0 },
    [CLUSTERS] = { "clusters", "K", VAE__WHOLE, "clusters of a row's samples at most, in pictures", "4", 1, 32 },
    [OUT] = { "out", "FILE.h5", VAE__TEXT, "write all figures, of each row and sample too", NULL, 0, 0 },
    [DRAW] = { "draw", NULL, VAE__FLAG, "draw x from p(x|z, conditions), else its mean is scored", NULL, 0, 0 },
    [SEED] = { "seed", "N", VAE__WHOLE, "of the draws", "0", 0, VAE__WHOLE_MAX },
    [THREADS] = VAE__THREADS_OPTION,
    [JSON] = VAE__JSON_OPTION,
    { .name = NULL },
};
VAE__CHECK_OPTIONS(options);

/* What the work needs beside the rows, and what it finds. */
typedef struct forecasting {
    vae_training *regressor; /* NULL: none */
    vae__list rows;
    vae_forecast_scores scores;
} forecasting;

static const char *regressor_name(const forecasting *made)
{
    return made->regressor ? vae_model_declaration(vae_training_model(made->regressor))->name : NULL;
}

/* What tells its answer from the model's samples in a picture. */
static const char *answer_label(const vae__rows *rows, const forecasting *made)
{
    const char *name = regressor_name(made);
    return name && strcmp(name, vae_model_declaration(rows->model)->name) != 0 ? name : "regression";
}

/* The next number of samples to tell of behind n: 1, 2, 5, 10, 20, 50, ..., and the last. */
static int64_t next_told(int64_t n, int64_t samples)
{
    int64_t power = 1;
    while (power <= n / 10)
        power *= 10;
    const int64_t next = n < 2 * power ? 2 * power : n < 5 * power ? 5 * power : 10 * power;
    return n == samples ? n + 1 : next < samples ? next : samples;
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static void figure_to_json(vae__json *json, const char *name, const vae_forecast_figure *figure)
{
    char error[64];
    snprintf(error, sizeof error, "%s_error", name);
    vae__json_real(json, name, figure->mean);
    vae__json_real(json, error, figure->error);
}

static void estimates_to_json(vae__json *json, const vae_forecast_scores *found)
{
    vae__json_array(json, "estimates");
    for (int64_t n = 1; n <= found->samples; n = next_told(n, found->samples)) {
        vae__json_object(json, NULL);
        vae__json_whole(json, "n", n);
        figure_to_json(json, "distance", &found->least[n - 1]);
        if (found->coverage)
            figure_to_json(json, "coverage", &found->coverage[n - 1]);
        vae__json_object_end(json);
    }
    vae__json_array_end(json);
}

static void print_json(const vae__rows *rows, const forecasting *made)
{
    const vae_forecast_scores *found = &made->scores;
    const struct {
        const char *name;
        bool told;
        const vae_forecast_figure *figure;
    } figures[] = {
        { "answer", made->regressor, &found->answer },
        { "near", found->modes, &found->near },
        { "nearest", found->modes, &found->nearest },
        { "uneven", found->modes, &found->uneven },
        { "answer_near", found->answer_mode, &found->answer_near },
        { "answer_covers", found->answer_mode, &found->answer_covers },
        { "answer_nearest", found->answer_mode, &found->answer_nearest },
        { "truth_near", found->modes, &found->truth_near },
        { "truth_nearest", found->modes, &found->truth_nearest },
    };
    vae__json json = { .file = stdout };
    vae__json_object(&json, NULL);
    vae__json_text(&json, "split", vae_split_name(rows->split));
    vae__json_whole(&json, "rows", found->count);
    vae__json_whole(&json, "samples", found->samples);
    vae__json_truth(&json, "modelled", found->modelled);
    vae__json_text(&json, "regressor", regressor_name(made));
    if (found->modes)
        vae__json_whole(&json, "rows_of_modes", found->near.rows);
    estimates_to_json(&json, found);
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        if (figures[i].told)
            figure_to_json(&json, figures[i].name, figures[i].figure);
    vae__json_finish(&json);
}

/* ---- Text -------------------------------------------------------------------------------------------------------- */

/* "1.2345 ± 0.0123", without the error of a single row. */
enum { FIGURE_TEXT = 64 };
static const char *figure_text(const vae_forecast_figure *figure, char text[FIGURE_TEXT])
{
    int length = snprintf(text, FIGURE_TEXT, "%.4f", figure->mean);
    if (!isnan(figure->error))
        snprintf(text + length, FIGURE_TEXT - (size_t)length, " ± %.4f", figure->error);
    return text;
}

/* The same in columns of one width: "±" takes two bytes. */
static void print_column(const vae_forecast_figure *figure)
{
    char text[FIGURE_TEXT];
    printf("  %*s", isnan(figure->error) ? 18 : 19, figure_text(figure, text));
}

static void print_curves(const forecasting *made)
{
    const vae_forecast_scores *found = &made->scores;
    printf("%8s  %18s", "samples", "least distance");
    if (made->regressor)
        printf("  %18s", "the regressor's");
    printf(found->coverage ? "  %18s\n" : "\n", "modes covered");
    for (int64_t n = 1; n <= found->samples; n = next_told(n, found->samples)) {
        printf("%8" PRId64, n);
        print_column(&found->least[n - 1]);
        if (made->regressor)
            print_column(&found->answer);
        if (found->coverage)
            print_column(&found->coverage[n - 1]);
        putchar('\n');
    }
}

static void print_modes(const vae_forecast_scores *found)
{
    char text[FIGURE_TEXT], other[FIGURE_TEXT], counted[64];
    const struct {
        const char *who;
        bool told;
        const vae_forecast_figure *near, *nearest;
    } lines[] = {
        { "samples", true, &found->near, &found->nearest },
        { "the regressor", found->answer_mode, &found->answer_near, &found->answer_nearest },
        { "the truth", true, &found->truth_near, &found->truth_nearest },
    };
    printf("modes           of %s that %s two or more\n", vae__counted(counted, found->near.rows, "row"),
           found->near.rows == 1 ? "has" : "have");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (lines[i].told)
            printf("  %-13s near one: %s; distance from the nearest: %s\n", lines[i].who,
                   figure_text(lines[i].near, text), figure_text(lines[i].nearest, other));
    printf("  uneven        %s: how far samples over modes are from an even spread\n",
           figure_text(&found->uneven, text));
}

static void print_figures(const vae__call *call, const vae__rows *rows, const forecasting *made)
{
    const vae_forecast_scores *found = &made->scores;
    char counted[64], samples[64];
    vae__line(stdout, "split           %s, %s, %s of each by %s%s%s", vae_split_name(rows->split),
              vae__counted(counted, found->count, "row"), vae__counted(samples, found->samples, "sample"),
              vae_model_declaration(rows->model)->name, made->regressor ? ", an answer by " : "",
              made->regressor ? regressor_name(made) : "");
    printf("distance        root mean square over values, from the truth, %s\n",
           found->modelled ? "of x as modelled" : "in the data's own units");
    print_curves(made);
    if (found->modes)
        print_modes(found);
    const struct {
        int option;
        const char *what;
    } files[] = { { CURVES, "distance by samples" },
                  { COVERAGE, "coverage by samples" },
                  { PICTURE, "arrows of the truth and of clusters of samples" },
                  { FRAMES, "next frames: the truth, and of each cluster" },
                  { OUT, "all figures, of each row and sample too" } };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (call->values[files[i].option].given)
            vae__line(stdout, "%s: %s", call->values[files[i].option].text, files[i].what);
}

/* ---- Curves ------------------------------------------------------------------------------------------------------ */

/* A curve of `found->samples` points, and one that is the same everywhere; NULL: none. */
static vae_status draw(const char *path, const char *label, const char *name, const vae_forecast_scores *found,
                       const vae_forecast_figure *figures, const char *other, const vae_forecast_figure *level)
{
    const size_t samples = (size_t)found->samples;
    double *points = calloc(3 * samples, sizeof *points);
    if (!points)
        return (vae_status){ .code = VAE_ERROR_MEMORY, .message = "no memory for a plot" };
    for (size_t n = 0; n < samples; n++) {
        points[n] = (double)(n + 1);
        points[samples + n] = figures[n].mean;
        points[2 * samples + n] = level ? level->mean : 0;
    }
    const vae_series series[] = {
        { .name = name, .x = points, .y = points + samples, .count = found->samples, .color = 0 },
        { .name = other, .x = points, .y = points + 2 * samples, .count = found->samples, .color = 1, .dash = 1 },
    };
    vae_status status = vae_plot_write(path, &(vae_plot){ .x_label = "samples of a row",
                                                          .y_label = label,
                                                          .x_log = true,
                                                          .series = series,
                                                          .series_count = level ? 2 : 1 });
    free(points);
    return status;
}

static vae_status draw_curves(const vae__call *call, const vae__rows *rows, const forecasting *made)
{
    const vae_forecast_scores *found = &made->scores;
    const char *name = vae_model_declaration(rows->model)->name, *other = answer_label(rows, made);
    vae_status status = { .code = VAE_OK };
    if (call->values[CURVES].given)
        status = draw(call->values[CURVES].text, "least distance from the truth", name, found, found->least, other,
                      made->regressor ? &found->answer : NULL);
    if (!status.code && call->values[COVERAGE].given)
        status = draw(call->values[COVERAGE].text, "share of modes covered", name, found, found->coverage, other,
                      made->regressor ? &found->answer_covers : NULL);
    return status;
}

/* ---- The work ---------------------------------------------------------------------------------------------------- */

static vae_completion_options settings_of(const vae__call *call, const vae__rows *rows, const forecasting *made,
                                          vae__counting *counting)
{
    return (vae_completion_options){
        .split = rows->split,
        .rows = made->rows.count ? made->rows.numbers : NULL,
        .count = made->rows.count ? made->rows.count : call->values[COUNT].whole,
        .samples = call->values[SAMPLES].whole,
        .draw = call->values[DRAW].given,
        .regressor = made->regressor ? vae_training_model(made->regressor) : NULL,
        .seed = (uint64_t)call->values[SEED].whole,
        .threads = (int)call->values[THREADS].whole,
        .progress = vae__count_rows,
        .context = counting,
    };
}

static bool is_pictured(const vae__call *call)
{
    return call->values[PICTURE].given || call->values[FRAMES].given;
}

/* The samples of a few rows once more, for pictures of them. */
static vae_status draw_pictures(const vae__call *call, const vae__rows *rows, const forecasting *made)
{
    vae_completions found;
    vae__counting counting = vae__counting_new("drawing");
    vae_completion_options settings = settings_of(call, rows, made, &counting);
    const vae_forecast_drawing drawing = { .clusters = call->values[CLUSTERS].whole,
                                           .frames = call->values[FRAMES_FIELD].text,
                                           .answer = answer_label(rows, made) };
    settings.samples = made->scores.samples;
    if (!settings.rows)
        settings.count = made->scores.count < PICTURED_USUAL ? made->scores.count : PICTURED_USUAL;
    vae_status status = vae_complete(rows->model, rows->data, &settings, &found);
    vae__bar_clear(&counting.bar);
    if (!status.code && call->values[PICTURE].given)
        status = vae_forecast_picture(rows->model, rows->data, &found, &drawing, call->values[PICTURE].text);
    if (!status.code && call->values[FRAMES].given)
        status = vae_forecast_frames(rows->model, rows->data, &found, &drawing, call->values[FRAMES].text);
    vae_completions_free(&found);
    return status;
}

static vae_status make(const vae__call *call, const vae__rows *rows, forecasting *made)
{
    vae__counting counting = vae__counting_new("forecasting");
    const vae_completion_options settings = settings_of(call, rows, made, &counting);
    const vae_forecast_modes modes = { .field = call->values[MODES].text, .radius = call->values[RADIUS].real };
    vae_status status = { .code = VAE_OK };
    if (is_pictured(call))
        status = vae_forecast_drawable(rows->model);
    if (!status.code)
        status = vae_forecast(rows->model, rows->data, &settings, modes.field ? &modes : NULL, &made->scores);
    vae__bar_clear(&counting.bar);
    if (!status.code)
        status = draw_curves(call, rows, made);
    if (!status.code && call->values[OUT].given)
        status = vae_forecast_save(rows->model, &made->scores, call->values[OUT].text);
    if (!status.code && is_pictured(call))
        status = draw_pictures(call, rows, made);
    return status;
}

static int forecast(const vae__call *call, const vae__rows *rows)
{
    forecasting made = { .regressor = NULL };
    int exit_status = vae__parse_list(call, "rows", &call->values[ROWS], &made.rows);
    if (!exit_status && call->values[REGRESSOR].given)
        exit_status = vae__open_checkpoint(call, call->values[REGRESSOR].text, &made.regressor);
    if (!exit_status) {
        vae_status status = make(call, rows, &made);
        if (status.code)
            exit_status = vae__failed_status(call, status);
        else if (call->values[JSON].given)
            print_json(rows, &made);
        else
            print_figures(call, rows, &made);
    }
    vae_forecast_free(&made.scores);
    vae_training_free(&made.regressor);
    return exit_status;
}

/* ---- Asking before ----------------------------------------------------------------------------------------------- */

static const struct {
    int option;
    const char *ending, *other; /* NULL: no other */
    vae__file_kind kind;
} written[] = {
    { CURVES, ".svg", NULL, VAE__PLOT_FILE },    { COVERAGE, ".svg", NULL, VAE__PLOT_FILE },
    { PICTURE, ".svg", NULL, VAE__PLOT_FILE },   { FRAMES, ".png", NULL, VAE__PICTURE_FILE },
    { OUT, ".h5", ".hdf5", VAE__FORECAST_FILE },
};
enum { WRITTEN = sizeof written / sizeof *written };

/* Two options do not name one file. */
static int check_twins(const vae__call *call, int place)
{
    const vae__value *value = &call->values[written[place].option];
    for (int i = 0; i < place; i++) {
        const vae__value *other = &call->values[written[i].option];
        if (other->given && !strcmp(other->text, value->text))
            return vae__wrong_usage(call, "--%s: expected another file than that of --%s, found \"%s\"",
                                    options[written[place].option].name, options[written[i].option].name, value->text);
    }
    return VAE__EXIT_DONE;
}

static int check_file(const vae__call *call, int place)
{
    const vae__value *value = &call->values[written[place].option], *data = &call->values[DATA];
    const char *name = options[written[place].option].name, *ending = written[place].ending;
    const char *other = written[place].other;
    if (!value->given)
        return VAE__EXIT_DONE;
    if (!vae__name_ends(value->text, ending) && !(other && vae__name_ends(value->text, other)))
        return vae__wrong_usage(call, "--%s: expected a name that ends in %s%s%s, found \"%s\"", name, ending,
                                other ? " or " : "", other ? other : "", value->text);
    int status = check_twins(call, place);
    if (!status)
        status = vae__check_target_of(call, name, value->text, written[place].kind);
    return status ? status : vae__check_apart(call, name, value->text, "data", data->texts, data->count);
}

static int run(const vae__call *call)
{
    vae__rows_options wanted = VAE__ROWS_VALUES(call);
    vae__fields fields = { .count = 0 };
    vae__list rows;
    int status = vae__check_rows(call, &wanted);
    if (!status && call->values[COUNT].given && call->values[ROWS].given)
        status = vae__wrong_usage(call, "expected --count or --rows, found both");
    if (!status && call->values[COVERAGE].given && !call->values[MODES].given)
        status = vae__wrong_usage(call, "--coverage: expected --modes FIELD beside it, found none");
    if (!status && call->values[RADIUS].given && !call->values[MODES].given)
        status = vae__wrong_usage(call, "--radius: expected --modes FIELD beside it, found none");
    if (!status && call->values[CLUSTERS].given && !is_pictured(call))
        status = vae__wrong_usage(call, "--clusters: expected --picture FILE.svg or --frames FILE.png beside it, found "
                                        "neither");
    if (!status && call->values[FRAMES_FIELD].given && !call->values[FRAMES].given)
        status = vae__wrong_usage(call, "--frames-field: expected --frames FILE.png beside it, found none");
    if (!status)
        status = vae__parse_list(call, "rows", &call->values[ROWS], &rows);
    for (int i = 0; i < WRITTEN && !status; i++)
        status = check_file(call, i);
    if (!status && call->values[MODES].given)
        status = vae__fields_add_kind(call, "modes", call->values[MODES].text, VAE_VALUES, &fields);
    if (!status && call->values[FRAMES_FIELD].given)
        status = vae__fields_add_kind(call, "frames-field", call->values[FRAMES_FIELD].text, VAE_IMAGE, &fields);
    wanted.fields = &fields;
    return status ? status : vae__work_on_rows(call, &wanted, forecast);
}

const vae__command vae__command_forecast = {
    .name = "forecast",
    .summary = "how near samples come to what came, and which of the known futures they cover",
    .usage = "FILE.h5 --data SRC [options]",
    .argument = "FILE.h5",
    .options = options,
    .notes =
        "Samples are those of complete. A distance is the root of the mean squared difference over the values of x "
        "that are observed and not given; told is the least of the first n samples, a mean over rows with its "
        "standard error. A sample is near a mode where its distance from it is below half (--radius) of that from this "
        "mode "
        "to the nearest other one; a mode is covered where one of the first n samples is near it. Rows with fewer "
        "than two modes are in no figure of modes. The field of --modes has K times as many numbers as x, mode "
        "behind mode, NaN where a row has fewer.\nPictures are of x (height, width, 2 T), how far the cells of a "
        "grid over an image have moved to the right and down at T times, in its pixels; the image is the model's "
        "first condition of that kind.\n" VAE__PLACES_NOTE,
    .run = run,
};
