/* The printer of JSON (RFC 8259). */
#include "src/command/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* Bytes of the UTF-8 sequence at `text`, 0 where there is none (RFC 3629: no surrogates, nothing too long or too
 * large). A zero byte is no continuation, so nothing behind the end is read. */
static int sequence_length(const unsigned char *text)
{
    static const struct {
        unsigned char first, last, low, high; /* of the first byte; of the second */
        int length;
    } rows[] = {
        { 0x20, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
        { 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
        { 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (*text < rows[i].first || *text > rows[i].last)
            continue;
        if (rows[i].length > 1 && (text[1] < rows[i].low || text[1] > rows[i].high))
            return 0;
        for (int k = 2; k < rows[i].length; k++)
            if (text[k] < 0x80 || text[k] > 0xbf)
                return 0;
        return rows[i].length;
    }
    return 0;
}

static void print_string(FILE *file, const char *string)
{
    putc('"', file);
    for (const unsigned char *c = (const unsigned char *)string; *c;) {
        int length = sequence_length(c);
        if (*c == '"' || *c == '\\')
            fprintf(file, "\\%c", *c);
        else if (*c < 0x20)
            fprintf(file, "\\u%04x", *c);
        else if (length)
            fwrite(c, 1, (size_t)length, file);
        else
            fputs("\\ufffd", file);
        c += length ? length : 1;
    }
    putc('"', file);
}

/* What comes before a value: a comma, a name. */
static void begin(vae__json *json, const char *name)
{
    if (json->begun)
        fputs(", ", json->file);
    if (name) {
        print_string(json->file, name);
        fputs(": ", json->file);
    }
    json->begun = true;
}

static void open_with(vae__json *json, const char *name, char bracket)
{
    begin(json, name);
    putc(bracket, json->file);
    json->begun = false;
}

static void close_with(vae__json *json, char bracket)
{
    putc(bracket, json->file);
    json->begun = true;
}

void vae__json_object(vae__json *json, const char *name)
{
    open_with(json, name, '{');
}

void vae__json_object_end(vae__json *json)
{
    close_with(json, '}');
}

void vae__json_array(vae__json *json, const char *name)
{
    open_with(json, name, '[');
}

void vae__json_array_end(vae__json *json)
{
    close_with(json, ']');
}

void vae__json_sizes(vae__json *json, const char *name, const int64_t *sizes, int rank)
{
    vae__json_array(json, name);
    for (int i = 0; i < rank; i++)
        vae__json_whole(json, NULL, sizes[i]);
    vae__json_array_end(json);
}

void vae__json_text(vae__json *json, const char *name, const char *text)
{
    begin(json, name);
    if (text)
        print_string(json->file, text);
    else
        fputs("null", json->file);
}

void vae__json_whole(vae__json *json, const char *name, int64_t number)
{
    begin(json, name);
    fprintf(json->file, "%" PRId64, number);
}

/* As few digits as give the same number back. */
void vae__json_real(vae__json *json, const char *name, double number)
{
    char text[40];
    if (!isfinite(number)) {
        vae__json_null(json, name);
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (!(strtod(text, NULL) < number) && !(strtod(text, NULL) > number))
            break;
    }
    begin(json, name);
    fputs(text, json->file);
}

void vae__json_truth(vae__json *json, const char *name, bool truth)
{
    begin(json, name);
    fputs(truth ? "true" : "false", json->file);
}

void vae__json_null(vae__json *json, const char *name)
{
    begin(json, name);
    fputs("null", json->file);
}

void vae__json_finish(vae__json *json)
{
    close_with(json, '}');
    putc('\n', json->file);
}
