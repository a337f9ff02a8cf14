/* The writer of SVG. */
#include "src/picture/svg.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/file.h"
#include "src/base/memory.h"
#include "src/base/status.h"

/* ---- Bytes ------------------------------------------------------------------------------------------------------- */

static void put_bytes(vae__svg *svg, const char *bytes, size_t count)
{
    if (!svg->status.code)
        svg->status = vae__grow("a drawing", &svg->text, &svg->capacity, svg->size + count, 1);
    if (svg->status.code)
        return;
    memcpy(svg->text + svg->size, bytes, count);
    svg->size += count;
}

static void put(vae__svg *svg, const char *text)
{
    put_bytes(svg, text, strlen(text));
}

/* To hundredths, with no zeros at the end and a point in every locale. */
static void put_number(vae__svg *svg, double number)
{
    static const double most = 1e9;
    char text[48];
    double bounded = isfinite(number) ? fmax(fmin(number, most), -most) : 0;
    long long hundredths = llround(100 * bounded), whole = llabs(hundredths) / 100, rest = llabs(hundredths) % 100;
    int length = snprintf(text, sizeof text, "%s%lld.%02lld", hundredths < 0 ? "-" : "", whole, rest);
    while (text[length - 1] == '0')
        length--;
    put_bytes(svg, text, (size_t)(text[length - 1] == '.' ? length - 1 : length));
}

/* ` name="number"` of each pair up to NULL. */
static void put_numbers(vae__svg *svg, ...)
{
    va_list pairs;
    va_start(pairs, svg);
    for (const char *name = va_arg(pairs, const char *); name; name = va_arg(pairs, const char *)) {
        put(svg, " ");
        put(svg, name);
        put(svg, "=\"");
        put_number(svg, va_arg(pairs, double));
        put(svg, "\"");
    }
    va_end(pairs);
}

/* ---- Text -------------------------------------------------------------------------------------------------------- */

/* Bytes of the character that begins here, which XML may hold; 0: none does. */
static size_t character(const unsigned char *at)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    if (at[0] < 0x80)
        return at[0] >= 0x20 && at[0] != 0x7f;
    size_t length = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    if (at[0] < 0xc2 || at[0] > 0xf4)
        return 0;
    uint32_t code = at[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (at[i] & 0x3f);
    }
    bool other = code < least[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) || code >> 1 == 0x7fff;
    return other ? 0 : length;
}

static void put_escaped(vae__svg *svg, const char *text)
{
    for (const char *at = text; *at;) {
        size_t length = character((const unsigned char *)at);
        const char *name = *at == '&'   ? "&amp;"
                           : *at == '<' ? "&lt;"
                           : *at == '>' ? "&gt;"
                           : *at == '"' ? "&quot;"
                                        : NULL;
        if (name)
            put(svg, name);
        else if (length)
            put_bytes(svg, at, length);
        else
            put(svg, "?");
        at += length ? length : 1;
    }
}

/* ---- Elements ---------------------------------------------------------------------------------------------------- */

void vae__svg_begin(vae__svg *svg, double width, double height, const char *title)
{
    *svg = (vae__svg){ .text = NULL };
    put(svg, "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\"");
    put_numbers(svg, "width", width, "height", height, NULL);
    put(svg, " viewBox=\"0 0 ");
    put_number(svg, width);
    put(svg, " ");
    put_number(svg, height);
    put(svg, "\" font-family=\"sans-serif\" font-size=\"12\">\n<title>");
    put_escaped(svg, title);
    put(svg, "</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
}

void vae__svg_group(vae__svg *svg, const char *attributes)
{
    put(svg, "<g ");
    put(svg, attributes);
    put(svg, ">\n");
}

void vae__svg_group_end(vae__svg *svg)
{
    put(svg, "</g>\n");
}

void vae__svg_again(vae__svg *svg, const char *id, double x, double y)
{
    put(svg, "<use href=\"#");
    put_escaped(svg, id);
    put(svg, "\"");
    put_numbers(svg, "x", x, "y", y, NULL);
    put(svg, "/>\n");
}

void vae__svg_line(vae__svg *svg, double x1, double y1, double x2, double y2)
{
    put(svg, "<line");
    put_numbers(svg, "x1", x1, "y1", y1, "x2", x2, "y2", y2, NULL);
    put(svg, "/>\n");
}

void vae__svg_rectangle(vae__svg *svg, double x, double y, double width, double height)
{
    put(svg, "<rect");
    put_numbers(svg, "x", x, "y", y, "width", width, "height", height, NULL);
    put(svg, "/>\n");
}

void vae__svg_circle(vae__svg *svg, double x, double y, double radius)
{
    put(svg, "<circle");
    put_numbers(svg, "cx", x, "cy", y, "r", radius, NULL);
    put(svg, "/>\n");
}

void vae__svg_path_point(vae__svg *svg, bool first, double x, double y)
{
    put(svg, first ? "<path d=\"M" : "L");
    put_number(svg, x);
    put(svg, " ");
    put_number(svg, y);
}

void vae__svg_path_end(vae__svg *svg)
{
    put(svg, "\"/>\n");
}

void vae__svg_text(vae__svg *svg, double x, double y, vae__svg_anchor anchor, bool turned, const char *text)
{
    static const char *const anchors[] = { "start", "middle", "end" };
    put(svg, "<text");
    put_numbers(svg, "x", x, "y", y, NULL);
    put(svg, " text-anchor=\"");
    put(svg, anchors[anchor]);
    put(svg, "\"");
    if (turned) {
        put(svg, " transform=\"rotate(-90 ");
        put_number(svg, x);
        put(svg, " ");
        put_number(svg, y);
        put(svg, ")\"");
    }
    put(svg, ">");
    put_escaped(svg, text);
    put(svg, "</text>\n");
}

vae_status vae__svg_write(vae__svg *svg, const char *path)
{
    put(svg, "</svg>\n");
    vae_status status = svg->status;
    if (!status.code)
        status = vae__file_check_writable(path);
    if (!status.code)
        status = vae__file_write(path, svg->text, svg->size);
    vae__free(svg->text);
    *svg = (vae__svg){ .text = NULL };
    return status;
}
