/* Text: its end, where it may be cut, and lists of sizes. */
#ifndef VAE_BASE_TEXT_H
#define VAE_BASE_TEXT_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Has a file name this ending, in letters large or small, and something before it? */
static inline bool vae__text_ends(const char *text, const char *ending)
{
    size_t length = strlen(text), wanted = strlen(ending);
    return length > wanted && !strcasecmp(text + length - wanted, ending);
}

/* How much of `text` fits `most` bytes when no UTF-8 character is cut. */
static inline size_t vae__text_fitting(const char *text, size_t most)
{
    size_t length = strnlen(text, most + 1);
    if (length <= most)
        return length;
    length = most;
    while (length && ((unsigned char)text[length] & 0xc0) == 0x80)
        length--;
    return length;
}

/* "60000 × 28 × 28" with " × " between; cut where it is longer than `size`. Returns text. */
static inline const char *vae__text_sizes(char *text, size_t size, const int64_t *sizes, int count, const char *between)
{
    size_t used = 0;
    text[0] = 0;
    for (int i = 0; i < count && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%" PRId64, i ? between : "", sizes[i]);
    return text;
}

enum { VAE__SIZES_SHOWN = 128 };

/* "(100, 32, 32)". Returns text. */
static inline const char *vae__text_shape(const int64_t *shape, int rank, char text[VAE__SIZES_SHOWN])
{
    text[0] = '(';
    vae__text_sizes(text + 1, VAE__SIZES_SHOWN - 2, shape, rank, ", ");
    return strcat(text, ")");
}

#endif
