/*
 * NPY files, as numpy.save writes them: "\x93NUMPY", a version, the length of a header, the header, the values. The
 * header is a dictionary of Python's: {'descr': '<f4', 'fortran_order': False, 'shape': (60000, 784), }
 * (numpy.lib.format tells the versions 1.0 to 3.0, which differ in the header's length and characters.)
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/base/system.h"
#include "src/base/text.h"
#include "src/base/types.h"
#include "src/data/data.h"
#include "src/data/format.h"

enum { MAGIC = 6, HEADER_MAX = 65536, WORD = 32 };

typedef struct npy {
    const char *name;
    int file;
    int64_t size;     /* of the file */
    int64_t begin;    /* of the values */
    char descr[WORD]; /* "<f4" */
    const struct form *form;
    size_t width; /* of a stored value */
    bool turned;  /* its bytes are in the other order than this processor's */
    bool fortran;
    int rank;
    int64_t shape[VAE_MAX_RANK + 1];
    int64_t next; /* row to be read */
} npy;

/* ---- Types ------------------------------------------------------------------------------------------------------- */

/* What stands in `descr` behind the order of bytes; width 0: any. */
typedef struct form {
    char kind;
    size_t width;
    vae_type type;
    bool text;
} form;

static const form forms[] = {
    { 'b', 1, VAE_UINT8, false },   { 'u', 1, VAE_UINT8, false },   { 'i', 1, VAE_INT8, false },
    { 'u', 2, VAE_UINT16, false },  { 'i', 2, VAE_INT16, false },   { 'u', 4, VAE_UINT32, false },
    { 'i', 4, VAE_INT32, false },   { 'u', 8, VAE_UINT64, false },  { 'i', 8, VAE_INT64, false },
    { 'f', 2, VAE_FLOAT32, false }, { 'f', 4, VAE_FLOAT32, false }, { 'f', 8, VAE_FLOAT64, false },
    { 'S', 0, VAE_UINT8, true },    { 'U', 0, VAE_UINT8, true },
};

/* The longest string, in bytes: a piece holds several. */
enum { TEXT_WIDTH = VAE__PIECE / 8 };

static bool take_form(npy *n)
{
    static const char order = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? '<' : '>';
    const char *descr = n->descr;
    size_t digits = strlen(descr) > 2 ? strspn(descr + 2, "0123456789") : 0, width = 0;
    if (!strchr("<>|", *descr) || !digits || descr[2 + digits] || digits > 7)
        return false;
    for (const char *digit = descr + 2; *digit; digit++)
        width = width * 10 + (size_t)(*digit - '0');
    size_t bytes = descr[1] == 'U' ? 4 * width : width;
    n->turned = *descr != '|' && *descr != order;
    n->width = bytes;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (forms[i].kind == descr[1] && (forms[i].text ? bytes && bytes <= TEXT_WIDTH : forms[i].width == width))
            n->form = &forms[i];
    return n->form && (*descr != '|' || bytes == 1 || descr[1] == 'S');
}

/* ---- The header -------------------------------------------------------------------------------------------------- */

/* A place in the header's text, which ends in a null. */
static void skip_spaces(const char **at)
{
    while (**at == ' ')
        ++*at;
}

static bool take_sign(const char **at, char sign)
{
    skip_spaces(at);
    if (**at != sign)
        return false;
    ++*at;
    return true;
}

/* Text in quotes; in Python's either kind. */
static bool take_quoted(const char **at, char word[WORD])
{
    skip_spaces(at);
    char quote = **at;
    if (quote != '\'' && quote != '"')
        return false;
    const char *begin = ++*at, *end = strchr(begin, quote);
    if (!end || end - begin >= WORD)
        return false;
    memcpy(word, begin, (size_t)(end - begin));
    word[end - begin] = 0;
    *at = end + 1;
    return true;
}

static bool take_descr(const char **at, npy *n)
{
    return take_quoted(at, n->descr);
}

static bool take_order(const char **at, npy *n)
{
    skip_spaces(at);
    n->fortran = !strncmp(*at, "True", 4);
    if (!n->fortran && strncmp(*at, "False", 5))
        return false;
    *at += n->fortran ? 4 : 5;
    return true;
}

static bool take_whole(const char **at, int64_t *value)
{
    skip_spaces(at);
    if (!isdigit((unsigned char)**at))
        return false;
    for (*value = 0; isdigit((unsigned char)**at); ++*at)
        if (__builtin_mul_overflow(*value, 10, value) || __builtin_add_overflow(*value, **at - '0', value))
            return false;
    return true;
}

/* "(60000, 784)", "(60000,)"; what is past the dimensions that may be is counted and not kept. */
static bool take_shape(const char **at, npy *n)
{
    int64_t size;
    if (!take_sign(at, '('))
        return false;
    while (!take_sign(at, ')')) {
        if (!take_whole(at, &size))
            return false;
        if (n->rank <= VAE_MAX_RANK)
            n->shape[n->rank] = size;
        n->rank++;
        if (!take_sign(at, ',') && **at != ')')
            return false;
    }
    return true;
}

/* Every key once, and nothing behind the dictionary but spaces and the end of the line. */
static bool take_header(const char *text, npy *n, const char **stopped)
{
    static const struct {
        const char *key;
        bool (*take)(const char **at, npy *n);
    } keys[] = { { "descr", take_descr }, { "fortran_order", take_order }, { "shape", take_shape } };
    enum { KEYS = sizeof keys / sizeof *keys };
    char word[WORD];
    int seen = 0;
    const char **at = stopped;
    *at = text;
    if (!take_sign(at, '{'))
        return false;
    while (!take_sign(at, '}')) {
        int key = 0;
        if (!take_quoted(at, word))
            return false;
        while (key < KEYS && strcmp(word, keys[key].key))
            key++;
        if (key == KEYS || seen & 1 << key || !take_sign(at, ':') || !keys[key].take(at, n))
            return false;
        seen |= 1 << key;
        if (!take_sign(at, ',') && **at != '}')
            return false;
    }
    skip_spaces(at);
    return seen == (1 << KEYS) - 1 && !strcmp(*at, "\n");
}

/* ---- Files ------------------------------------------------------------------------------------------------------- */

static vae_status read_bytes(const npy *n, void *bytes, size_t count)
{
    for (size_t done = 0; done < count;) {
        ssize_t more = vae__system_read(n->file, (char *)bytes + done, count - done);
        if (more < 0 && errno == EINTR)
            continue;
        if (more < 0)
            return vae__error_errno(n->name, "cannot read");
        if (!more)
            return vae__error(VAE_ERROR_FORMAT, "%s: ended %zu bytes before it should", n->name, count - done);
        done += (size_t)more;
    }
    return vae__ok();
}

/* What stands before the header: its length, little end first. */
static vae_status read_beginning(npy *n, size_t *length)
{
    unsigned char bytes[MAGIC + 6];
    n->begin = MAGIC + 4;
    if (n->size < n->begin + 2)
        return vae__error(VAE_ERROR_FORMAT, "%s: not an NPY file: it has %" PRId64 " bytes", n->name, n->size);
    VAE__TRY(read_bytes(n, bytes, (size_t)n->begin));
    if (memcmp(bytes, "\x93NUMPY", MAGIC))
        return vae__error(VAE_ERROR_FORMAT, "%s: not an NPY file", n->name);
    int version = bytes[MAGIC];
    if (version < 1 || version > 3)
        return vae__error(VAE_ERROR_FORMAT, "%s: expected an NPY file of version 1 to 3, found %d", n->name, version);
    *length = (size_t)(bytes[MAGIC + 2] | bytes[MAGIC + 3] << 8);
    if (version > 1) {
        VAE__TRY(read_bytes(n, bytes + n->begin, 2));
        *length |= (size_t)bytes[n->begin] << 16 | (size_t)bytes[n->begin + 1] << 24;
        n->begin += 2;
    }
    if (*length > HEADER_MAX || (int64_t)*length > n->size - n->begin)
        return vae__error(VAE_ERROR_FORMAT, "%s: expected a header of at most %" PRId64 " bytes, found %zu", n->name,
                          n->size - n->begin < HEADER_MAX ? n->size - n->begin : HEADER_MAX, *length);
    n->begin += (int64_t)*length;
    return vae__ok();
}

static vae_status read_header(npy *n)
{
    size_t length = 0;
    char *text = NULL;
    const char *stopped = NULL;
    VAE__TRY(read_beginning(n, &length));
    VAE__TRY(vae__allocate(n->name, length + 1, 1, &text));
    vae_status status = read_bytes(n, text, length);
    if (!status.code && !take_header(text, n, &stopped))
        status = vae__error(VAE_ERROR_FORMAT,
                            "%s: expected a header {'descr': '<f4', 'fortran_order': False, 'shape': (rows, …), }, "
                            "found at byte %td: \"%.40s\"",
                            n->name, stopped - text, stopped);
    vae__free(text);
    return status;
}

static vae_status check_size(const npy *n)
{
    char shape[128];
    int64_t bytes = (int64_t)n->width;
    bool large = false;
    for (int i = 0; i < n->rank; i++)
        large = __builtin_mul_overflow(bytes, n->shape[i], &bytes) || large;
    int64_t found = n->size - n->begin;
    if (!large && bytes == found)
        return vae__ok();
    return vae__error(VAE_ERROR_FORMAT,
                      "%s: expected %s%" PRId64 " bytes of values for %s of type %s, found %s%" PRId64, n->name,
                      large ? "more than " : "", large ? INT64_MAX : bytes, vae__text_shape(n->shape, n->rank, shape),
                      n->descr, !large && bytes < found ? "more: " : "", found);
}

static vae_status check_header(npy *n)
{
    if (!take_form(n))
        return vae__error(VAE_ERROR_DATA,
                          "%s: expected integers of 8 to 64 bits, floats of 16 to 64 bits, truth values or strings, "
                          "found the type \"%s\"",
                          n->name, n->descr);
    if (n->rank < 1 || n->rank > VAE_MAX_RANK + 1)
        return vae__error(VAE_ERROR_DATA, "%s: expected an array of 1 to %d dimensions, found %d", n->name,
                          VAE_MAX_RANK + 1, n->rank);
    if (n->fortran && n->rank > 1)
        return vae__error(VAE_ERROR_DATA,
                          "%s: expected rows one after another (C order), found Fortran order; "
                          "numpy.ascontiguousarray changes it",
                          n->name);
    return check_size(n);
}

static vae_status open_inside(npy *n)
{
    struct stat about;
    n->file = vae__system_open(n->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
    if (n->file < 0)
        return vae__error_errno(n->name, "cannot open");
    if (fstat(n->file, &about))
        return vae__error_errno(n->name, "cannot look at it");
    if (!S_ISREG(about.st_mode))
        return vae__error(VAE_ERROR_FILE, "%s: expected an NPY file, found a folder or a special file", n->name);
    n->size = about.st_size;
    VAE__TRY(read_header(n));
    return check_header(n);
}

static void close_npy(vae__file *file)
{
    npy *n = file->inside;
    if (n->file >= 0)
        vae__system_close(n->file);
    vae__free(n);
    file->inside = NULL;
}

static vae_status open_npy(vae__file *file)
{
    npy *n = NULL;
    VAE__TRY(vae__allocate(file->source, 1, sizeof *n, &n));
    n->name = file->source;
    file->inside = n;
    file->splits[VAE_ALL] = file->is_x = true;
    vae_status status = open_inside(n);
    if (status.code)
        close_npy(file);
    return status;
}

static vae_status find_npy(vae__file *file, vae_split split, const char *path, bool is_x, vae__stored *stored)
{
    (void)split;
    npy *n = file->inside;
    if (is_x && path)
        return vae__error(VAE_ERROR_ARGUMENT, "%s: is x itself: expected no other path of x, found %s", n->name, path);
    if (!is_x)
        return vae__error(VAE_ERROR_ARGUMENT, "%s: expected the path of an NPY file (FILE.npy) beside it, found %s",
                          n->name, path);
    snprintf(stored->where, sizeof stored->where, "%s", n->name);
    stored->type = n->form->type;
    stored->text = n->form->text;
    stored->rank = n->rank;
    memcpy(stored->shape, n->shape, sizeof stored->shape);
    stored->inside = n;
    return vae__ok();
}

static void release_npy(vae__stored *stored)
{
    stored->inside = NULL; /* the file's */
}

/* ---- Values ------------------------------------------------------------------------------------------------------ */

static void turn(unsigned char *bytes, size_t count, size_t width)
{
    for (; count; count--, bytes += width)
        for (size_t i = 0, k = width - 1; i < k; i++, k--) {
            unsigned char kept = bytes[i];
            bytes[i] = bytes[k];
            bytes[k] = kept;
        }
}

/* IEEE 754's binary16, exactly. Its exponents are 15 off and binary32's 127; both have the same meaning of the least
 * (below it a number is its mantissa · 2^-24) and of the largest (infinity, not a number). */
static float float_of_half(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 0x1f, mantissa = half & 0x3ff;
    uint32_t bits = sign | (exponent == 0x1f ? 0xffu : exponent + 112) << 23 | mantissa << 13;
    float value = (float)mantissa * 0x1p-24f;
    if (!exponent)
        return sign ? -value : value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Halves lie in the second half of the room: each is read before a float is put over it. */
static void widen(unsigned char *room, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint16_t half;
        memcpy(&half, room + 2 * count + 2 * i, sizeof half);
        float value = float_of_half(half);
        memcpy(room + 4 * i, &value, sizeof value);
    }
}

static vae_status check_next(npy *n, int64_t first, int64_t rows)
{
    if (first != n->next || rows > n->shape[0] - first)
        return vae__error(VAE_ERROR_FILE, "%s: rows were not asked for in their order", n->name);
    n->next += rows;
    return vae__ok();
}

static vae_status read_npy(vae__stored *stored, int64_t first, int64_t rows, void *values)
{
    npy *n = stored->inside;
    size_t count = (size_t)rows;
    for (int i = 1; i < n->rank; i++)
        count *= (size_t)n->shape[i];
    bool half = n->width < vae__type_bytes(stored->type);
    unsigned char *bytes = (unsigned char *)values + (half ? 2 * count : 0);
    VAE__TRY(check_next(n, first, rows));
    VAE__TRY(read_bytes(n, bytes, count * n->width));
    if (n->turned)
        turn(bytes, count, n->width);
    if (half)
        widen(values, count);
    return vae__ok();
}

/* A character as UTF-8; bytes written. What is no character becomes U+FFFD. */
static size_t put_character(uint32_t c, char *text)
{
    if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        c = 0xfffd;
    if (c < 0x80) {
        text[0] = (char)c;
        return 1;
    }
    size_t length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    for (size_t i = length - 1; i; i--, c >>= 6)
        text[i] = (char)(0x80 | (c & 0x3f));
    text[0] = (char)(lead[length] | c);
    return length;
}

/* A string as UTF-8 in its own place, which is never too small: a character takes four bytes there. Strings end before
 * the nulls that fill their room. */
static size_t text_of(const npy *n, char *bytes)
{
    size_t length = 0;
    if (n->form->kind == 'S')
        return strnlen(bytes, n->width);
    for (size_t i = 0; i < n->width / 4; i++) {
        uint32_t character;
        memcpy(&character, bytes + 4 * i, sizeof character);
        if (!character)
            break;
        length += put_character(character, bytes + length);
    }
    return length;
}

static vae_status tell_npy(vae__stored *stored, int64_t first, int64_t rows, vae__text_function *function,
                           void *context)
{
    npy *n = stored->inside;
    int64_t most = (int64_t)(VAE__PIECE / n->width);
    most = most < rows ? most : rows;
    char *bytes = NULL;
    VAE__TRY(check_next(n, first, rows));
    VAE__TRY(vae__allocate(n->name, (size_t)most, n->width, &bytes));
    vae_status status = vae__ok();
    for (int64_t done = 0; done < rows && !status.code; done += most) {
        size_t count = (size_t)(rows - done < most ? rows - done : most);
        status = read_bytes(n, bytes, count * n->width);
        if (!status.code && n->turned && n->form->kind == 'U')
            turn((unsigned char *)bytes, count * (n->width / 4), 4);
        for (size_t i = 0; i < count && !status.code; i++) {
            char *text = bytes + i * n->width;
            status = function(context, done + (int64_t)i, text, text_of(n, text));
        }
    }
    vae__free(bytes);
    return status;
}

static vae_status list_npy(vae__file *file, vae_data_entry_function *function, void *context)
{
    const npy *n = file->inside;
    vae_data_entry entry = { .split = VAE_ALL,
                             .type = n->form->text ? "strings" : vae_type_name(n->form->type),
                             .usable = true,
                             .text = n->form->text,
                             .number = n->form->type,
                             .rank = n->rank };
    memcpy(entry.shape, n->shape, sizeof n->shape);
    for (int i = 0; i < n->rank; i++)
        entry.usable = entry.usable && n->shape[i] > 0;
    function(context, &entry);
    return vae__ok();
}

static bool names_npy(const char *source)
{
    return vae__text_ends(source, ".npy");
}

const vae__format vae__format_npy = {
    .open = open_npy,
    .close = close_npy,
    .find = find_npy,
    .read = read_npy,
    .tell = tell_npy,
    .release = release_npy,
    .list = list_npy,
};

const vae__source vae__source_npy = {
    .expected = "FILE.npy",
    .names = names_npy,
    .open = vae__files_open,
    .format = &vae__format_npy,
};
