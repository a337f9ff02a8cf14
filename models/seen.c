/* Parts of x that are a condition: what is seen of it, while the rest is modelled. */
#include <inttypes.h>

#include "models/parts.h"
#include "src/base/memory.h"
#include "src/base/status.h"

/* The bottom left quadrant; the left half; all but the top right: the tasks of Sohn, Lee, Yan 2015, section 5.1. */
static bool in_quadrants(const double *count, const int64_t shape[2], int64_t row, int64_t column)
{
    bool bottom = row >= shape[0] / 2, left = column < shape[1] / 2;
    return count[0] < 2 ? bottom && left : count[0] < 3 ? left : bottom || left;
}

static bool in_columns(const double *ends, const int64_t shape[2], int64_t row, int64_t column)
{
    (void)shape;
    (void)row;
    return column >= (int64_t)ends[0] && column <= (int64_t)ends[1];
}

static bool in_rows(const double *ends, const int64_t shape[2], int64_t row, int64_t column)
{
    (void)shape;
    (void)column;
    return row >= (int64_t)ends[0] && row <= (int64_t)ends[1];
}

static bool in_rectangle(const double *ends, const int64_t shape[2], int64_t row, int64_t column)
{
    return in_rows((const double[]){ ends[0], ends[2] }, shape, row, column) &&
           in_columns((const double[]){ ends[1], ends[3] }, shape, row, column);
}

#define PLACE(what)                                                                                                    \
    {                                                                                                                  \
        .name = what, .kind = VAE_BARE_COUNT, .low = 0, .high = 1e6                                                    \
    }

static const vae__seen_part rows[] = {
    { .word = { .name = "quadrants",
                .summary = "1: the bottom left quadrant; 2: the left half; 3: all but the top right quadrant",
                .arguments = { { .name = "COUNT", .kind = VAE_BARE_COUNT, .low = 1, .high = 3 } } },
      .sees = in_quadrants,
      .dimensions = { -1 },
      .halves = true },
    { .word = { .name = "columns",
                .summary = "columns of an image, or values of a vector, from 0, both ends included",
                .arguments = { PLACE("FIRST"), PLACE("LAST") } },
      .sees = in_columns,
      .dimensions = { 1, 1 } },
    { .word = { .name = "rows",
                .summary = "rows of an image, from 0, both ends included",
                .arguments = { PLACE("FIRST"), PLACE("LAST") } },
      .sees = in_rows,
      .dimensions = { 0, 0 } },
    { .word = { .name = "rectangle",
                .summary = "rows TOP to BOTTOM of columns LEFT to RIGHT, from 0, ends included",
                .arguments = { PLACE("TOP"), PLACE("LEFT"), PLACE("BOTTOM"), PLACE("RIGHT") } },
      .sees = in_rectangle,
      .dimensions = { 0, 1, 0, 1 } },
};

const vae__word_table vae__seen_parts = { "part of x", rows, sizeof *rows, sizeof rows / sizeof *rows, NULL, 0, NULL };

/* Rows and columns; a vector is one row. What comes behind them, as colours do, is seen or hidden together. */
static void image_of(const int64_t *shape, int rank, int64_t image[2])
{
    image[0] = rank > 1 ? shape[0] : 1;
    image[1] = rank > 1 ? shape[1] : shape[0];
}

/* The end of a range stands behind its beginning. */
static vae_status check_end(const vae__phrase *phrase, int end, const char *where)
{
    const vae__seen_part *part = phrase->row;
    for (int begin = 0; begin < end; begin++)
        if (part->dimensions[begin] == part->dimensions[end] && phrase->arguments[end] < phrase->arguments[begin])
            return vae__error(VAE_ERROR_DECLARATION, "%s: %s: %s: expected at least %s, %g, found %g", where,
                              part->word.name, part->word.arguments[end].name, part->word.arguments[begin].name,
                              phrase->arguments[begin], phrase->arguments[end]);
    return vae__ok();
}

static vae_status check_part(const vae__phrase *phrase, const int64_t image[2], const char *where)
{
    const vae__seen_part *part = phrase->row;
    if (part->halves && (image[0] < 2 || image[1] < 2))
        return vae__error(VAE_ERROR_DECLARATION,
                          "%s: %s: expected x to be an image of at least 2 rows and columns, found %" PRId64
                          " and %" PRId64,
                          where, part->word.name, image[0], image[1]);
    for (int i = 0; i < VAE_MAX_ARGUMENTS && part->word.arguments[i].name; i++) {
        int dimension = part->dimensions[i];
        if (dimension >= 0 && phrase->arguments[i] >= (double)image[dimension])
            return vae__error(VAE_ERROR_DECLARATION, "%s: %s: %s: expected 0 to %" PRId64 ", found %g", where,
                              part->word.name, part->word.arguments[i].name, image[dimension] - 1,
                              phrase->arguments[i]);
        VAE__TRY(check_end(phrase, i, where));
    }
    return vae__ok();
}

static bool is_seen(const vae__phrases *parts, const int64_t image[2], int64_t row, int64_t column)
{
    bool seen = false;
    for (int i = 0; i < parts->count; i++)
        seen |= ((const vae__seen_part *)parts->phrases[i].row)->sees(parts->phrases[i].arguments, image, row, column);
    return seen;
}

vae_status vae__seen_mark(const vae__phrases *parts, const int64_t *shape, int rank, int64_t size, const char *where,
                          double **seen)
{
    int64_t image[2], count = 0;
    image_of(shape, rank, image);
    for (int i = 0; i < parts->count; i++)
        VAE__TRY(check_part(&parts->phrases[i], image, where));
    VAE__TRY(vae__allocate("a part of x", (size_t)size, sizeof **seen, seen));
    const int64_t depth = size / (image[0] * image[1]);
    for (int64_t i = 0; i < size; i++) {
        (*seen)[i] = is_seen(parts, image, i / depth / image[1], i / depth % image[1]);
        count += (*seen)[i] > 0;
    }
    if (count && count < size)
        return vae__ok();
    return vae__error(VAE_ERROR_DECLARATION,
                      "%s: expected some of the %" PRId64 " values of x to be seen and some hidden, found %" PRId64
                      " seen",
                      where, size, count);
}
