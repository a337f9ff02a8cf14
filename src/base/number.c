/* Numbers as text, under the C locale whatever the host's is. */
#define _GNU_SOURCE /* strtod_l */
#include "src/base/number.h"

#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool vae__number_read(const char *text, double *number)
{
    if (strpbrk(text, "xX") || (!isdigit((unsigned char)text[*text == '-']) && text[*text == '-'] != '.'))
        return false;
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!c)
        return false;
    char *end = NULL;
    *number = strtod_l(text, &end, c);
    freelocale(c);
    return end != text && !*end && isfinite(*number);
}

void vae__number_write(double number, char *text, size_t size)
{
    bool whole = fabs(number) < 1e15 && number <= floor(number);
    if (whole) {
        snprintf(text, size, "%.0f", number);
        return;
    }
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0), before = c ? uselocale(c) : (locale_t)0;
    for (int digits = 1; digits <= 17; digits++) {
        double read;
        snprintf(text, size, "%.*g", digits, number);
        if (vae__number_read(text, &read) && !(read < number || read > number))
            break;
    }
    if (c) {
        uselocale(before);
        freelocale(c);
    }
}
