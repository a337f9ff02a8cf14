/* The numbers of a plot, as HDF5. */
#include <vae/plot.h>

#include <string.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/base/text.h"
#include "src/checkpoint/layout.h"
#include "src/checkpoint/table.h"

/* The columns while they are made. */
typedef struct vae__numbers {
    int64_t count; /* of points */
    double *x, *y;
    int64_t *series;
    char *names; /* of `width` bytes each, padded with nulls */
    size_t width;
} vae__numbers;

static void clear(vae__numbers *numbers)
{
    vae__free(numbers->x);
    vae__free(numbers->y);
    vae__free(numbers->series);
    vae__free(numbers->names);
}

static vae_status make_room(const vae_plot *plot, vae__numbers *numbers)
{
    numbers->width = 1;
    for (int i = 0; i < plot->series_count; i++) {
        size_t length = vae__text_fitting(plot->series[i].name, VAE__MAX_TEXT);
        numbers->width = length > numbers->width ? length : numbers->width;
    }
    size_t count = (size_t)numbers->count;
    VAE__TRY(vae__allocate("a plot", count, sizeof(double), &numbers->x));
    VAE__TRY(vae__allocate("a plot", count, sizeof(double), &numbers->y));
    VAE__TRY(vae__allocate("a plot", count, sizeof(int64_t), &numbers->series));
    return vae__allocate("a plot", (size_t)plot->series_count, numbers->width, &numbers->names);
}

static void take(const vae_plot *plot, vae__numbers *numbers)
{
    int64_t at = 0;
    for (int i = 0; i < plot->series_count; i++) {
        const vae_series *series = &plot->series[i];
        size_t bytes = (size_t)series->count * sizeof(double);
        memcpy(numbers->names + (size_t)i * numbers->width, series->name,
               vae__text_fitting(series->name, numbers->width));
        if (series->count) {
            memcpy(numbers->x + at, series->x, bytes);
            memcpy(numbers->y + at, series->y, bytes);
        }
        for (int64_t k = 0; k < series->count; k++)
            numbers->series[at++] = i;
    }
}

static vae_status write(const char *path, const vae_plot *plot, const vae__numbers *numbers)
{
    int64_t count = numbers->count;
    const vae__table_column columns[] = {
        { "x", plot->x_label, VAE_FLOAT64, 0, 1, { count }, numbers->x },
        { "y", plot->y_label, VAE_FLOAT64, 0, 1, { count }, numbers->y },
        { "series", "which of `name` a point is of, from 0", VAE_INT64, 0, 1, { count }, numbers->series },
        { "name", "what each series is", VAE_UINT8, numbers->width, 1, { plot->series_count }, numbers->names },
    };
    const vae__table table = {
        .format = VAE__PLOT_FORMAT, .title = plot->title, .columns = columns, .count = sizeof columns / sizeof *columns
    };
    return vae__table_write(path, &table);
}

vae_status vae_plot_save(const char *path, const vae_plot *plot)
{
    if (!path || !plot || plot->series_count < 1 || !plot->series)
        return vae__error(VAE_ERROR_ARGUMENT, "plot: expected a path, and a plot with series, found NULL");
    for (int i = 0; i < plot->series_count; i++) {
        const vae_series *series = &plot->series[i];
        if (!series->name || series->count < 0 || (series->count && (!series->x || !series->y)))
            return vae__error(VAE_ERROR_ARGUMENT, "plot: expected series with names, x and y, found one without");
    }
    vae__numbers numbers = { .count = 0 };
    for (int i = 0; i < plot->series_count; i++)
        numbers.count += plot->series[i].count;
    if (!numbers.count)
        return vae__error(VAE_ERROR_ARGUMENT, "plot: expected points, found none");
    vae_status status = make_room(plot, &numbers);
    if (!status.code) {
        take(plot, &numbers);
        status = write(path, plot, &numbers);
    }
    clear(&numbers);
    return status;
}

vae_status vae_plot_recognize(const char *path)
{
    if (!path)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a path, found NULL");
    return vae__table_recognize(path, VAE__PLOT_FORMAT);
}
