/* Forecasts as HDF5: figures of rows, curves over the number of samples, means. */
#include <math.h>
#include <vae/forecast.h>

#include "models/model.h"
#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/base/text.h"
#include "src/checkpoint/layout.h"
#include "src/checkpoint/table.h"

enum { COLUMNS_MOST = 48 };

typedef struct vae__forecast_sheet {
    const vae_forecast_scores *found;
    vae__table_column columns[COLUMNS_MOST];
    int count;
    int64_t *n;
    double *curves; /* four, of so many samples each */
} vae__forecast_sheet;

static void add(vae__forecast_sheet *sheet, const char *name, const char *description, vae_type type, int64_t rows,
                int64_t size, const void *values)
{
    if (values)
        sheet->columns[sheet->count++] = (vae__table_column){ .name = name,
                                                              .description = description,
                                                              .type = type,
                                                              .rank = size ? 2 : 1,
                                                              .shape = { rows, size },
                                                              .values = values };
}

static void add_rows(vae__forecast_sheet *sheet)
{
    const vae_forecast_scores *found = sheet->found;
    const struct {
        const char *name, *description;
        vae_type type;
        int64_t size;
        const void *values; /* NULL: it is not there */
    } columns[] = {
        { "row", "the row in the source, from 0", VAE_INT64, 0, found->row },
        { "values", "values of x that are compared", VAE_INT64, 0, found->values },
        { "distance", "of each sample from the truth: root mean square", VAE_FLOAT64, found->samples, found->distance },
        { "answer_distance", "of the regressor's answer from the truth", VAE_FLOAT64, 0, found->answer_distance },
        { "modes", "how many there are", VAE_INT64, 0, found->modes },
        { "mode_distance", "of each sample from the mode nearest to it", VAE_FLOAT64, found->samples,
          found->mode_distance },
        { "mode", "the mode that each sample is near, from 0; -1: none", VAE_INT32, found->samples, found->mode },
        { "truth_mode_distance", "of the truth from the mode nearest to it", VAE_FLOAT64, 0,
          found->truth_mode_distance },
        { "truth_mode", "the mode that the truth is near; -1: none", VAE_INT32, 0, found->truth_mode },
        { "answer_mode_distance", "of the regressor's answer from the mode nearest to it", VAE_FLOAT64, 0,
          found->answer_mode_distance },
        { "answer_mode", "the mode that the answer is near; -1: none", VAE_INT32, 0, found->answer_mode },
    };
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        add(sheet, columns[i].name, columns[i].description, columns[i].type, found->count, columns[i].size,
            columns[i].values);
}

/* A curve and its errors, where there is one. */
static void lay_curve(const vae_forecast_figure *figures, int64_t samples, double *means, double *errors)
{
    for (int64_t n = 0; figures && n < samples; n++) {
        means[n] = figures[n].mean;
        errors[n] = figures[n].error;
    }
}

static vae_status add_curves(vae__forecast_sheet *sheet)
{
    const vae_forecast_scores *found = sheet->found;
    const int64_t samples = found->samples;
    VAE__TRY(vae__allocate("a forecast", (size_t)samples, sizeof *sheet->n, &sheet->n));
    VAE__TRY(vae__allocate("a forecast", 4 * (size_t)samples, sizeof *sheet->curves, &sheet->curves));
    double *const curves = sheet->curves;
    for (int64_t n = 0; n < samples; n++)
        sheet->n[n] = n + 1;
    lay_curve(found->least, samples, curves, curves + samples);
    lay_curve(found->coverage, samples, curves + 2 * samples, curves + 3 * samples);
    add(sheet, "curves/n", "samples", VAE_INT64, samples, 0, sheet->n);
    add(sheet, "curves/distance", "the least of the first n samples from the truth, mean over rows", VAE_FLOAT64,
        samples, 0, curves);
    add(sheet, "curves/distance_error", "standard error", VAE_FLOAT64, samples, 0, curves + samples);
    if (!found->coverage)
        return vae__ok();
    add(sheet, "curves/coverage", "share of a row's modes that the first n samples are near, mean over rows",
        VAE_FLOAT64, samples, 0, curves + 2 * samples);
    add(sheet, "curves/coverage_error", "standard error", VAE_FLOAT64, samples, 0, curves + 3 * samples);
    return vae__ok();
}

/* Each is a row of one value; figures of no row are not written. */
static void add_means(vae__forecast_sheet *sheet)
{
    const vae_forecast_scores *found = sheet->found;
    const struct {
        const char *names[2], *description;
        const vae_forecast_figure *figure;
    } means[] = {
        { { "means/answer", "means/answer_error" }, "distance of the regressor's answer", &found->answer },
        { { "means/near", "means/near_error" }, "share of samples that are near a mode", &found->near },
        { { "means/nearest", "means/nearest_error" }, "distance of samples from the nearest mode", &found->nearest },
        { { "means/answer_near", "means/answer_near_error" },
          "share of answers that are near a mode",
          &found->answer_near },
        { { "means/answer_covers", "means/answer_covers_error" },
          "share of modes that the answer is near",
          &found->answer_covers },
        { { "means/answer_nearest", "means/answer_nearest_error" },
          "distance of answers from the nearest mode",
          &found->answer_nearest },
        { { "means/truth_near", "means/truth_near_error" },
          "share of truths that are near a mode",
          &found->truth_near },
        { { "means/truth_nearest", "means/truth_nearest_error" },
          "distance of truths from the nearest mode",
          &found->truth_nearest },
        { { "means/uneven", "means/uneven_error" },
          "total variation distance of the samples over modes from an even spread",
          &found->uneven },
    };
    for (size_t i = 0; i < sizeof means / sizeof *means; i++) {
        const vae_forecast_figure *figure = means[i].figure;
        if (!figure->rows)
            continue;
        add(sheet, means[i].names[0], means[i].description, VAE_FLOAT64, 1, 0, &figure->mean);
        add(sheet, means[i].names[1], "standard error", VAE_FLOAT64, 1, 0, &figure->error);
    }
}

vae_status vae_forecast_save(const vae_model *model, const vae_forecast_scores *scores, const char *path)
{
    if (!model || !scores || !path)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a model, scores and a path, found NULL");
    VAE__TRY(vae_results_check(model, VAE_RESULTS_FORECAST, scores->count, path));
    vae__forecast_sheet sheet = { .found = scores };
    char title[256];
    snprintf(title, sizeof title, "%s: forecast", model->declaration.name);
    add_rows(&sheet);
    vae_status status = add_curves(&sheet);
    add_means(&sheet);
    if (!status.code)
        status = vae__table_write(path, &(vae__table){ .format = VAE__FORECAST_FORMAT,
                                                       .title = title,
                                                       .model = model->declaration.name,
                                                       .split = vae_split_name(scores->split),
                                                       .columns = sheet.columns,
                                                       .count = sheet.count });
    vae__free(sheet.n);
    vae__free(sheet.curves);
    return status;
}
