/* Ticks. A tick is a whole number times a power of ten, so that its label is exact. */
#include "src/picture/ticks.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Labels ------------------------------------------------------------------------------------------------------ */

/* Numbers from 10^6 on, and steps below 10^-4, have a power of ten. */
enum { LARGE_EXPONENT = 6, SMALL_EXPONENT = -4, DIGITS_TEXT = 24 };

/* "⁻⁴" */
static void write_power(int exponent, char *text)
{
    static const char *const digits[] = { "⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹" };
    char number[16];
    snprintf(number, sizeof number, "%d", abs(exponent));
    strcpy(text, exponent < 0 ? "⁻" : "");
    for (const char *digit = number; *digit; digit++)
        strcat(text, digits[*digit - '0']);
}

/* "1.5·10⁶", "10⁶" */
static void write_scientific(const char *sign, const char *digits, int exponent, char label[VAE__TICK_TEXT])
{
    char power[24], kept[DIGITS_TEXT];
    int length = (int)strlen(digits), used = length;
    while (used > 1 && digits[used - 1] == '0')
        used--;
    snprintf(kept, sizeof kept, "%.*s", used, digits);
    write_power(exponent + length - 1, power);
    if (!strcmp(kept, "1"))
        snprintf(label, VAE__TICK_TEXT, "%s10%s", sign, power);
    else
        snprintf(label, VAE__TICK_TEXT, "%s%c%s%s·10%s", sign, kept[0], used > 1 ? "." : "", kept + 1, power);
}

/* number · 10^exponent */
static void write_label(int64_t number, int exponent, bool scientific, char label[VAE__TICK_TEXT])
{
    char digits[DIGITS_TEXT];
    const char *sign = number < 0 ? "\xe2\x88\x92" : ""; /* U+2212, as wide as a plus */
    int length = snprintf(digits, sizeof digits, "%" PRId64, number < 0 ? -number : number);
    int decimals = exponent < 0 ? -exponent : 0;
    if (!number)
        snprintf(label, VAE__TICK_TEXT, "0");
    else if (scientific)
        write_scientific(sign, digits, exponent, label);
    else if (!decimals)
        snprintf(label, VAE__TICK_TEXT, "%s%s%.*s", sign, digits, exponent, "000000");
    else if (length > decimals)
        snprintf(label, VAE__TICK_TEXT, "%s%.*s.%s", sign, length - decimals, digits, digits + length - decimals);
    else
        snprintf(label, VAE__TICK_TEXT, "%s0.%.*s%s", sign, decimals - length, "000000", digits);
}

static void add(vae__ticks *ticks, double value, int64_t number, int exponent, bool scientific)
{
    if (ticks->count == VAE__TICKS_MOST)
        return;
    vae__tick *tick = &ticks->ticks[ticks->count++];
    tick->value = value;
    write_label(number, exponent, scientific, tick->label);
}

/* ---- Linear ------------------------------------------------------------------------------------------------------ */

/* The least of 1, 2, 5 times a power of ten that is no less than `least`. */
static int round_step(double least, int *exponent)
{
    static const int steps[] = { 1, 2, 5 };
    *exponent = (int)floor(log10(least));
    for (int i = 0; i < 3; i++)
        if (steps[i] * pow(10, *exponent) >= least * (1 - 1e-9))
            return steps[i];
    ++*exponent;
    return 1;
}

void vae__ticks_linear(double low, double high, int wanted, bool whole, vae__ticks *ticks)
{
    int exponent, step = round_step((high - low) / wanted, &exponent);
    if (whole && exponent < 0) {
        exponent = 0;
        step = 1;
    }
    double size = step * pow(10, exponent), slack = 1e-9 * (high - low);
    /* Beyond 2^53 steps from 0 a double tells no step from the next. */
    double first = ceil((low - slack) / size), last = floor((high + slack) / size);
    bool scientific = fmax(fabs(low), fabs(high)) >= pow(10, LARGE_EXPONENT) || exponent < SMALL_EXPONENT;
    ticks->count = 0;
    for (double i = first; i <= last && fabs(i) < 0x1p53 && ticks->count < VAE__TICKS_MOST; i++)
        add(ticks, i * size, (int64_t)i * step, exponent, scientific);
}

/* ---- Logarithmic ------------------------------------------------------------------------------------------------- */

static bool is_between(double value, double low, double high)
{
    return value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9);
}

/* Powers of ten, each `every`-th; with `mantissas` 2 and 5 times them, too. */
static void add_decades(double low, double high, int every, bool mantissas, vae__ticks *ticks)
{
    static const int steps[] = { 1, 2, 5 };
    int begin = (int)floor(log10(low)), end = (int)ceil(log10(high));
    ticks->count = 0;
    for (int exponent = begin; exponent <= end; exponent++)
        for (int i = 0; i < (mantissas ? 3 : 1); i++) {
            double value = steps[i] * pow(10, exponent);
            if (exponent % every == 0 && is_between(value, low, high))
                add(ticks, value, steps[i], exponent, exponent >= LARGE_EXPONENT - 1 || exponent < SMALL_EXPONENT);
        }
}

static void add_small(double low, double high, vae__ticks *ticks)
{
    int begin = (int)floor(log10(low)), end = (int)ceil(log10(high));
    for (int exponent = begin; exponent <= end; exponent++)
        for (int i = 2; i < 10; i++) {
            double value = i * pow(10, exponent);
            if (is_between(value, low, high) && ticks->count < VAE__TICKS_MOST)
                ticks->ticks[ticks->count++] = (vae__tick){ .value = value };
        }
}

void vae__ticks_log(double low, double high, int wanted, vae__ticks *ticks)
{
    double decades = log10(high) - log10(low);
    if (decades > 2) {
        add_decades(low, high, 1 + (int)(decades / wanted), false, ticks);
        if (decades <= 5)
            add_small(low, high, ticks);
        return;
    }
    add_decades(low, high, 1, true, ticks);
    if (ticks->count < 3)
        vae__ticks_linear(low, high, wanted, false, ticks);
}
