/* vae_data_group: rows by what their classes are. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "src/base/memory.h"
#include "src/base/random.h"
#include "src/base/status.h"
#include "src/base/types.h"
#include "src/data/data.h"

/* ---- Reading terms ----------------------------------------------------------------------------------------------- */

/* Where a term is read. */
typedef struct vae__reader {
    const char *at;
    char piece[VAE_GROUP_TEXT];
} vae__reader;

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Reads up to one of `stops`, or the end, without the blanks around it, and steps over what stopped it; false: it is
 * longer than there is room. */
static bool read_piece(vae__reader *reader, const char *stops, char *stop)
{
    size_t length = 0, solid = 0; /* solid: without the blanks at its end */
    while (is_blank(*reader->at))
        reader->at++;
    for (; *reader->at && !strchr(stops, *reader->at); reader->at++) {
        const bool taken = *reader->at == '\\' && reader->at[1];
        reader->at += taken;
        if (length + 1 >= sizeof reader->piece)
            return false;
        reader->piece[length++] = *reader->at;
        solid = taken || !is_blank(*reader->at) ? length : solid;
    }
    reader->piece[solid] = 0;
    *stop = *reader->at;
    reader->at += *stop != 0;
    return true;
}

/* The field's name becomes the reader's piece; false: there is none with a "=" behind it. */
static bool read_field(vae__reader *reader)
{
    char stop = 0;
    return read_piece(reader, "=&", &stop) && stop == '=' && reader->piece[0];
}

bool vae_group_field(const char *term, int index, char name[VAE_GROUP_TEXT])
{
    vae__reader reader = { .at = term };
    char stop = '&';
    for (int i = 0; term && name && index >= 0 && stop == '&'; i++) {
        if (!read_field(&reader))
            return false;
        if (i == index) {
            memcpy(name, reader.piece, sizeof reader.piece);
            return true;
        }
        do
            if (!read_piece(&reader, ",&", &stop))
                return false;
        while (stop == ',');
    }
    return false;
}

/* ---- What there is ----------------------------------------------------------------------------------------------- */

enum { LISTED = 400 };

/* What a class is in the data. */
static const char *level_text(const vae_field *field, int64_t level, char number[32])
{
    if (field->levels)
        return field->levels[level];
    snprintf(number, 32, "%" PRId64, level);
    return number;
}

/* Adds a name to a list of them; what is too long ends with "…". */
static void list(char text[LISTED], const char *name)
{
    const size_t used = strlen(text), room = LISTED - used, needed = strlen(name) + 2;
    if (needed + sizeof ", …" < room)
        snprintf(text + used, room, "%s%s", used ? ", " : "", name);
    else if (used >= 3 && memcmp(text + used - 3, "…", 3) != 0)
        snprintf(text + used, room, ", …");
}

/* A group being found: which rows of the split are still in it. */
typedef struct vae__choice {
    const vae_data *data;
    vae_split split;
    int64_t rows;
    uint8_t *in;
    uint8_t *wanted; /* by level, of the field that is looked at */
} vae__choice;

vae_status vae__data_class(const vae_data *data, vae_split split, const char *name, const vae_field **field)
{
    char there[LISTED] = "";
    *field = vae_data_find(data, split, name);
    if (*field && (*field)->kind == VAE_CLASS)
        return vae__ok();
    for (int i = 0; i < vae_data_field_count(data); i++) {
        const vae_field *other = vae_data_field(data, split, i);
        if (other && other->kind == VAE_CLASS)
            list(there, other->name);
    }
    return vae__error(VAE_ERROR_ARGUMENT, "%s: expected a field of classes, found \"%s\"; there %s%s",
                      vae_data_source(data), name ? name : "NULL", *there ? "are " : "is none", there);
}

static vae_status no_level(const vae__choice *choice, const vae_field *field, const char *level)
{
    char there[LISTED] = "", number[32];
    for (int64_t i = 0; i < field->classes; i++)
        list(there, level_text(field, i, number));
    return vae__error(VAE_ERROR_ARGUMENT, "%s: %s: expected one of its levels, found \"%s\"; there are %s",
                      vae_data_source(choice->data), field->name, level, there);
}

/* ---- Choosing rows ----------------------------------------------------------------------------------------------- */

static vae_status want_level(const vae__choice *choice, const vae_field *field, const char *text)
{
    char number[32];
    for (int64_t level = 0; level < field->classes; level++)
        if (!strcmp(level_text(field, level, number), text)) {
            choice->wanted[level] = 1;
            return vae__ok();
        }
    return no_level(choice, field, text);
}

static void keep_wanted(const vae__choice *choice, const vae_field *field)
{
    for (int64_t row = 0; row < choice->rows; row++) {
        const double level = vae__type_value(field->type, field->values, row);
        choice->in[row] &= level >= 0 && level < (double)field->classes && choice->wanted[(int64_t)level];
    }
}

static vae_status no_term(const vae__choice *choice, const char *term)
{
    return vae__error(VAE_ERROR_ARGUMENT, "%s: expected FIELD=LEVEL, or several with & between, found \"%s\"",
                      vae_data_source(choice->data), term);
}

/* The levels behind a field's "=". */
static vae_status take_levels(vae__choice *choice, const vae_field *field, const char *term, vae__reader *reader,
                              char *stop)
{
    VAE__TRY(vae__allocate("a group", (size_t)field->classes, 1, &choice->wanted));
    vae_status status = vae__ok();
    do
        status = read_piece(reader, ",&", stop) && reader->piece[0] ? want_level(choice, field, reader->piece)
                                                                    : no_term(choice, term);
    while (!status.code && *stop == ',');
    if (!status.code)
        keep_wanted(choice, field);
    vae__free(choice->wanted);
    return status;
}

static vae_status take_term(vae__choice *choice, const char *term)
{
    vae__reader reader = { .at = term };
    char stop = '&';
    while (stop == '&') {
        if (!read_field(&reader))
            return no_term(choice, term);
        const vae_field *field = NULL;
        VAE__TRY(vae__data_class(choice->data, choice->split, reader.piece, &field));
        VAE__TRY(take_levels(choice, field, term, &reader, &stop));
    }
    return vae__ok();
}

static int64_t count_rows(const vae__choice *choice)
{
    int64_t count = 0;
    for (int64_t row = 0; row < choice->rows; row++)
        count += choice->in[row];
    return count;
}

static vae_status no_row(const vae__choice *choice, const char *const *terms, int count)
{
    char asked[LISTED] = "";
    for (int i = 0; i < count && strlen(asked) < sizeof asked - 1; i++)
        snprintf(asked + strlen(asked), sizeof asked - strlen(asked), "%s%s", i ? "&" : "", terms[i]);
    return vae__error(VAE_ERROR_DATA, "%s: expected rows of %s with %s, found none among %" PRId64,
                      vae_data_source(choice->data), vae_split_name(choice->split), asked, choice->rows);
}

/* Leaves `most` of `count` rows in: those that the seed draws. */
static vae_status draw_rows(const vae__choice *choice, int64_t count, int64_t most, uint64_t seed)
{
    uint32_t *order = NULL, *places = NULL;
    vae_status status = vae__allocate("a group", (size_t)count, sizeof *order, &order);
    if (!status.code)
        status = vae__allocate("a group", (size_t)count, sizeof *places, &places);
    if (!status.code) {
        int64_t place = 0;
        vae__random_permutation((vae__draw){ .seed = seed, .stream = vae__random_stream("group", "rows") }, count,
                                order);
        for (int64_t row = 0; row < choice->rows; row++)
            if (choice->in[row])
                places[place++] = (uint32_t)row;
        for (int64_t i = most; i < count; i++)
            choice->in[places[order[i]]] = 0;
    }
    vae__free(order);
    vae__free(places);
    return status;
}

static vae_status take_rows(const vae__choice *choice, int64_t count, const vae_group_options *options,
                            vae_group *group)
{
    int64_t wanted = options->most && options->most < count ? options->most : count;
    if (wanted < count && options->draw)
        VAE__TRY(draw_rows(choice, count, wanted, options->seed));
    VAE__TRY(vae__allocate("a group", (size_t)wanted, sizeof *group->rows, &group->rows));
    for (int64_t row = 0; row < choice->rows && group->count < wanted; row++)
        if (choice->in[row])
            group->rows[group->count++] = vae_data_row(choice->data, choice->split, row);
    return vae__ok();
}

static vae_status choose(vae__choice *choice, const char *const *terms, int count, const vae_group_options *options,
                         vae_group *group)
{
    VAE__TRY(vae__allocate("a group", (size_t)choice->rows, 1, &choice->in));
    memset(choice->in, 1, (size_t)choice->rows);
    for (int i = 0; i < count; i++)
        VAE__TRY(take_term(choice, terms[i]));
    const int64_t found = count_rows(choice);
    return found ? take_rows(choice, found, options, group) : no_row(choice, terms, count);
}

static vae_status check(const vae_data *data, vae_split split, const char *const *terms, int count,
                        const vae_group_options *options)
{
    if (!data || (unsigned)split >= VAE_SPLITS || count < 0 || (count && !terms) || options->most < 0)
        return vae__error(VAE_ERROR_ARGUMENT, "expected data, a split, and terms and the most rows from 0");
    for (int i = 0; i < count; i++)
        if (!terms[i])
            return vae__error(VAE_ERROR_ARGUMENT, "expected a term, found NULL");
    if (!vae_data_rows(data, split))
        return vae__error(VAE_ERROR_DATA, "%s: expected %s rows, found none", vae_data_source(data),
                          vae_split_name(split));
    return vae__ok();
}

vae_status vae_data_group(const vae_data *data, vae_split split, const char *const *terms, int count,
                          const vae_group_options *options, vae_group *group)
{
    static const vae_group_options usual = { .most = 0 };
    options = options ? options : &usual;
    if (!group)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a place for the group, found NULL");
    *group = (vae_group){ .count = 0 };
    VAE__TRY(check(data, split, terms, count, options));
    vae__choice choice = { .data = data, .split = split, .rows = vae_data_rows(data, split) };
    vae_status status = choose(&choice, terms, count, options, group);
    vae__free(choice.in);
    return status;
}

void vae_group_free(vae_group *group)
{
    if (!group)
        return;
    vae__free(group->rows);
    *group = (vae_group){ .count = 0 };
}
