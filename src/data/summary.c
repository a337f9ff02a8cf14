/* vae_data_summarize: what a field's values are, in one pass. */
#include <math.h>
#include <string.h>

#include "src/base/status.h"
#include "src/data/data.h"

/* A pass over values. The mean goes with it, and deviations are taken from what it was at a row's begin, so that large
 * numbers that differ little lose nothing (Chan, Golub, LeVeque 1983, "Algorithms for computing the sample variance").
 */
typedef struct pass {
    vae_field_summary *summary;
    const double *fill;    /* NULL: there is none */
    const vae_field *mask; /* of x; NULL: nothing is hidden */
    double squares;        /* sum of squared deviations from the mean so far */
} pass;

/* What a row adds. */
typedef struct row_sums {
    double from, sum, squares;
    int64_t count;
} row_sums;

static void take_number(pass *p, row_sums *row, double value)
{
    vae_field_summary *all = p->summary;
    if (!all->numbers && !row->count)
        row->from = all->minimum = all->maximum = value;
    double away = value - row->from;
    row->count++;
    row->sum += away;
    row->squares += away * away;
    all->minimum = value < all->minimum ? value : all->minimum;
    all->maximum = value > all->maximum ? value : all->maximum;
    all->whole &= value == floor(value);
    all->binary &= value == 0 || value == 1;
}

static void take_value(pass *p, row_sums *row, double value)
{
    if (p->fill && (value == *p->fill || (isnan(value) && isnan(*p->fill))))
        p->summary->fills++;
    else if (isnan(value))
        p->summary->nans++;
    else if (isinf(value))
        p->summary->infinities++;
    else
        take_number(p, row, value);
}

static void end_row(pass *p, const row_sums *row)
{
    vae_field_summary *all = p->summary;
    if (!row->count)
        return;
    all->numbers += row->count;
    double step = row->sum / (double)all->numbers;
    all->mean = row->from + step;
    p->squares += row->squares - row->sum * step;
}

static bool is_hidden(const pass *p, int64_t index)
{
    return p->mask && !(vae__data_value(p->mask, index) > 0);
}

static void take_rows(pass *p, const vae_field *field)
{
    switch (field->type) {
#define TAKE_ROWS(name, ctype, text)                                                                                   \
    case name:                                                                                                         \
        for (int64_t i = 0; i < field->rows; i++) {                                                                    \
            const ctype *values = (const ctype *)field->values + i * field->size;                                      \
            row_sums row = { .from = p->summary->mean };                                                               \
            for (int64_t k = 0; k < field->size; k++) {                                                                \
                if (is_hidden(p, i * field->size + k))                                                                 \
                    p->summary->masked++;                                                                              \
                else                                                                                                   \
                    take_value(p, &row, (double)values[k]);                                                            \
            }                                                                                                          \
            end_row(p, &row);                                                                                          \
        }                                                                                                              \
        break;
        VAE_TYPE_LIST(TAKE_ROWS)
#undef TAKE_ROWS
    }
}

static void count_class(const vae_field *field, const vae_summary_options *options)
{
    memset(options->class_rows, 0, (size_t)options->class_count * sizeof *options->class_rows);
    for (int64_t row = 0; row < field->rows; row++) {
        int64_t class =
            field->type == VAE_INT32 ? ((const int32_t *)field->values)[row] : ((const uint8_t *)field->values)[row];
        if (class >= 0 && class < options->class_count)
            options->class_rows[class]++;
    }
}

vae_status vae_data_summarize(const vae_data *data, vae_split split, int index, const vae_summary_options *options,
                              vae_field_summary *summary)
{
    const vae_field *field = vae_data_field(data, split, index);
    if (!field || !summary)
        return vae__error(VAE_ERROR_ARGUMENT, "vae_data_summarize: expected %s, found none",
                          summary ? "a field of a split that has rows" : "a place for the summary");
    if (options && (options->class_count < 0 || (options->class_count && !options->class_rows)))
        return vae__error(VAE_ERROR_ARGUMENT, "vae_data_summarize: expected a place for the classes' rows, found none");
    *summary =
        (vae_field_summary){ .rows = field->rows, .values = field->rows * field->size, .whole = true, .binary = true };
    double fill = options && options->has_fill_value ? options->fill_value : 0;
    fill = field->type == VAE_FLOAT32 ? (double)(float)fill : fill;
    pass p = { .summary = summary,
               .fill = options && options->has_fill_value ? &fill : NULL,
               .mask = index ? NULL : vae_data_find(data, split, "mask") };
    take_rows(&p, field);
    summary->deviation = sqrt(fmax(p.squares, 0) / (double)summary->numbers);
    if (!summary->numbers) {
        summary->minimum = summary->maximum = summary->mean = summary->deviation = NAN;
        summary->whole = summary->binary = false;
    }
    if (field->kind == VAE_CLASS && options && options->class_count)
        count_class(field, options);
    return vae__ok();
}
