/* vae data: what a source holds, field by field; what a person could make of it; and where an HDF5 file has no x, what
 * arrays there are to choose from. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "src/command/data.h"
#include "src/command/json.h"

enum { X, CONDITION, MASK, FILL, EXTERNAL, THREADS, JSON };

static const vae__option options[] = {
    [X] = VAE__X_OPTION,
    [CONDITION] = VAE__CONDITION_OPTION,
    [MASK] = VAE__MASK_OPTION,
    [FILL] = { "fill-value", "V", VAE__REAL, "the number that stands for missing values of x", NULL, -1e308, 1e308 },
    [EXTERNAL] = VAE__EXTERNAL_OPTION,
    [THREADS] = VAE__THREADS_OPTION,
    [JSON] = VAE__JSON_OPTION,
    { .name = NULL },
};
VAE__CHECK_OPTIONS(options);

enum { ENTRIES = 100, CLASSES = 1024, CLASSES_PRINTED = 12, PATH_SIZE = 1024 };

/* ---- What is in the file ----------------------------------------------------------------------------------------- */

typedef struct entry {
    vae_data_entry about;
    char path[PATH_SIZE], type[64];
} entry;

typedef struct listing {
    const char *wanted; /* --x, or "x" */
    const char *base;   /* what stands behind the file's name: "/group" */
    entry entries[ENTRIES];
    int count, all; /* those that are kept; those there are */
    bool x_found;
    int x; /* what x is, or could be; -1: nothing that was kept */
} listing;

static bool same_path(const char *a, const char *b)
{
    while (*a || *b) {
        size_t slashes[] = { strspn(a, "/"), strspn(b, "/") };
        a += slashes[0];
        b += slashes[1];
        if ((slashes[0] > 0) != (slashes[1] > 0) && *a && *b)
            return false;
        if (*a != *b)
            return false;
        a += *a != 0;
        b += *b != 0;
    }
    return true;
}

static bool is_wanted(const listing *l, const vae_data_entry *about)
{
    char path[2 * PATH_SIZE];
    bool whole = about->split != VAE_ALL || *l->wanted == '/';
    snprintf(path, sizeof path, "/%s/%s", whole ? "" : l->base, l->wanted);
    return !about->path || same_path(about->path, path) ||
           (about->split == VAE_ALL && *l->base && same_path(about->path, l->base));
}

static int take_entry(void *context, const vae_data_entry *about)
{
    listing *l = context;
    bool wanted = is_wanted(l, about);
    l->all++;
    l->x_found = l->x_found || wanted;
    if (l->count == ENTRIES)
        return 0;
    if (wanted && l->x < 0)
        l->x = l->count;
    entry *kept = &l->entries[l->count++];
    kept->about = *about;
    snprintf(kept->path, sizeof kept->path, "%s", about->path ? about->path : "");
    snprintf(kept->type, sizeof kept->type, "%s", about->type);
    return 0;
}

static double values_of(const vae_data_entry *about)
{
    double values = 1;
    for (int i = 0; i < about->rank; i++)
        values *= (double)about->shape[i];
    return values;
}

/* Of numbers in more than one dimension the largest array; where there are none, of numbers. */
static int largest_entry(const listing *l)
{
    int best = -1;
    for (int i = 0; i < l->count; i++) {
        const vae_data_entry *about = &l->entries[i].about, *other = best < 0 ? NULL : &l->entries[best].about;
        if (!about->usable || about->text)
            continue;
        bool table = about->rank > 1, other_table = other && other->rank > 1;
        if (!other || (table && !other_table) || (table == other_table && values_of(about) > values_of(other)))
            best = i;
    }
    return best;
}

/* Sources without arrays in files have none, and say so. */
static void list_entries(const vae__call *call, listing *l)
{
    const char *below = strstr(call->argument, ":/");
    l->wanted = call->values[X].given ? call->values[X].text : "x";
    l->base = below ? below + 1 : "";
    l->x = -1;
    vae_data_list(call->argument, take_entry, l);
    if (!l->x_found)
        l->x = largest_entry(l);
}

/* A name that a condition may have, of a path's last name. */
static void name_condition(char name[VAE__CONDITION_NAME], const char *path)
{
    const char *slash = strrchr(path, '/');
    snprintf(name, VAE__CONDITION_NAME, "%s", slash ? slash + 1 : path);
    for (char *c = name; *c; c++)
        if (strchr(" \t\n.,=:", *c))
            *c = '_';
    if (!strcmp(name, "x") || !strcmp(name, "z") || !strcmp(name, "mask"))
        strcat(name, "_");
}

static const char *condition_kind(const vae_data_entry *about)
{
    bool single = about->rank == 1 || (about->rank == 2 && about->shape[1] == 1);
    bool whole = about->text || about->number > VAE_FLOAT64;
    return single && whole                        ? "class"
           : about->text                          ? NULL
           : about->rank < 3                      ? "values"
           : about->rank == 3 || about->rank == 4 ? "image"
                                                  : NULL;
}

/* The option that an array could be given by; "": none. Only what has x's rows can stand beside it. */
static void option_text(const listing *l, int index, char *text, size_t size)
{
    const entry *e = &l->entries[index], *x = l->x < 0 ? NULL : &l->entries[l->x];
    char option[2 * PATH_SIZE], name[VAE__CONDITION_NAME], quoted[4 * PATH_SIZE];
    *text = 0;
    if (!x || !*e->path || !e->about.usable)
        return;
    vae__quote(quoted, sizeof quoted, e->path);
    if (index == l->x) {
        snprintf(text, size, "--x %s", quoted);
        return;
    }
    const char *kind = condition_kind(&e->about);
    if (e->about.split != x->about.split || e->about.shape[0] != x->about.shape[0])
        return;
    if (!e->about.text && e->about.rank == x->about.rank && e->about.number == VAE_UINT8 &&
        !memcmp(e->about.shape, x->about.shape, sizeof e->about.shape)) {
        snprintf(text, size, "--mask %s", quoted);
        return;
    }
    if (!kind)
        return;
    name_condition(name, e->path);
    snprintf(option, sizeof option, "%s=%s:%s", name, kind, e->path);
    vae__quote(quoted, sizeof quoted, option);
    snprintf(text, size, "--condition %s", quoted);
}

/* "(200, 32, 32)" */
static const char *entry_shape(const vae_data_entry *about, char text[256])
{
    size_t used = (size_t)snprintf(text, 256, "(");
    for (int i = 0; i < about->rank && used < 200; i++)
        used += (size_t)snprintf(text + used, 256 - used, "%s%" PRId64, i ? ", " : "", about->shape[i]);
    snprintf(text + used, 256 - used, ")");
    return text;
}

static void print_listing(const listing *l)
{
    int path_width = 0, type_width = 0, shape_width = 0;
    char shape[256], option[6 * PATH_SIZE], path[PATH_SIZE + 16];
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < l->count; i++) {
            const entry *e = &l->entries[i];
            bool split = e->about.split != VAE_ALL;
            int length = snprintf(path, sizeof path, "%s%s%s", split ? vae_split_name(e->about.split) : "",
                                  split ? ": " : "", e->path);
            path_width = length > path_width && length < 60 ? length : path_width;
            length = (int)strlen(e->type);
            type_width = length > type_width ? length : type_width;
            length = (int)strlen(entry_shape(&e->about, shape));
            shape_width = length > shape_width ? length : shape_width;
            option_text(l, i, option, sizeof option);
            const char *remark = e->about.outside ? "in other files: --allow-external" : option;
            if (pass)
                vae__line(stdout, "  %-*s  %-*s  %-*s%s%s", path_width, path, type_width, e->type,
                          *remark ? shape_width : 0, shape, *remark ? "  " : "", remark);
        }
    if (l->all > l->count)
        vae__line(stdout, "  … and %d more", l->all - l->count);
}

/* ---- What could be made of it ------------------------------------------------------------------------------------ */

typedef struct suggestion {
    const char *likelihood, *transform, *reason;
    const char *encoder_transform; /* NULL: the same */
} suggestion;

/* What is known of x. */
typedef struct known {
    const vae_field *field;
    const vae_field_summary *values;
    const double *gap; /* what seems to stand for missing values; NULL: nothing does */
} known;

static bool is_binary(const known *x)
{
    return x->values->binary;
}

static bool is_bytes(const known *x)
{
    return x->field->type == VAE_UINT8;
}

static bool is_counts(const known *x)
{
    return x->values->whole && x->values->minimum >= 0;
}

/* So many are as well told by their mean and deviation, and hard for the logarithm of a rate. */
static bool is_large(const known *x)
{
    return is_counts(x) && x->values->maximum > 1e4;
}

static bool is_whole(const known *x)
{
    return x->values->whole;
}

static bool is_share(const known *x)
{
    return x->values->minimum >= 0 && x->values->maximum <= 1;
}

static bool is_any(const known *x)
{
    (void)x;
    return true;
}

/* The first that fits. */
static const struct {
    bool (*fits)(const known *x);
    suggestion make;
} rules[] = {
    { is_binary, { "bernoulli", "raw", "every value is 0 or 1", NULL } },
    { is_bytes, { "bernoulli", "unit, binarize", "bytes: grey levels", NULL } },
    { is_large, { "gaussian", "standardize", "whole numbers, some above 10000", NULL } },
    { is_counts, { "poisson", "raw", "whole numbers from 0: counts", "log1p" } },
    { is_whole, { "gaussian", "standardize", "whole numbers, some below 0", NULL } },
    { is_share, { "bernoulli", "unit, binarize", "numbers from 0 to 1", NULL } },
    { is_any, { "gaussian", "standardize", "numbers of any size", NULL } },
};

static suggestion suggest(const known *x)
{
    size_t i = 0;
    while (!rules[i].fits(x))
        i++;
    return rules[i].make;
}

typedef struct text {
    char bytes[VAE__COMMAND_LINE];
    size_t used;
} text;

/* Adds " OPTION VALUE", or one of them. */
static void add(text *line, const char *option, const char *value)
{
    size_t size = sizeof line->bytes;
    if (option && line->used < size)
        line->used += (size_t)snprintf(line->bytes + line->used, size - line->used, " --%s", option);
    if (!value || line->used + 1 >= size)
        return;
    line->bytes[line->used++] = ' ';
    line->used += vae__quote(line->bytes + line->used, size - line->used, value);
}

/* The command line of a training, to be pasted. */
static void write_training(const vae__call *call, const known *x, const suggestion *made, text *line)
{
    *line = (text){ .used = 0 };
    line->used = vae__quote(line->bytes, sizeof line->bytes, call->program);
    add(line, NULL, "train");
    add(line, NULL, "vae");
    add(line, "data", call->argument);
    if (call->values[X].given)
        add(line, "x", call->values[X].text);
    for (int i = 0; i < call->values[CONDITION].count; i++)
        add(line, "condition", call->values[CONDITION].texts[i]);
    if (call->values[MASK].given)
        add(line, "mask", call->values[MASK].text);
    if (call->values[EXTERNAL].given)
        add(line, "allow-external", NULL);
    char gap[32];
    snprintf(gap, sizeof gap, "%.0f", x->gap ? *x->gap : 0);
    if (x->gap || call->values[FILL].given)
        add(line, "fill-value", x->gap ? gap : call->values[FILL].text);
    if (x->values->nans || x->values->infinities)
        add(line, "missing", "mask");
    add(line, "likelihood", made->likelihood);
    add(line, "transform", made->transform);
    if (made->encoder_transform)
        add(line, "encoder-transform", made->encoder_transform);
    add(line, "out", "model.h5");
}

/* ---- Fields ------------------------------------------------------------------------------------------------------ */

/* A field and what is known of it. */
typedef struct told {
    const vae_field *field;
    vae_field_summary values;
    vae_field_summary observed; /* of x: without what seems to be missing */
    bool has_gap;               /* something does: */
    double gap;
    int64_t class_rows[CLASSES];
    int64_t class_count; /* of which rows are told */
} told;

/* Which whole numbers stand where an instrument has none: an end of their type. Bytes use theirs; of 64 bits a double
 * holds not all. */
static bool is_end(vae_type type, double value)
{
    static const struct {
        vae_type type;
        double least, largest;
    } ends[] = { { VAE_INT8, INT8_MIN, INT8_MAX },
                 { VAE_INT16, INT16_MIN, INT16_MAX },
                 { VAE_UINT16, -1, UINT16_MAX },
                 { VAE_INT32, INT32_MIN, INT32_MAX },
                 { VAE_UINT32, -1, UINT32_MAX } };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends[i].type == type)
            return !(value > ends[i].least) || !(value < ends[i].largest);
    return false;
}

/* Of x, where nobody has said what stands for a missing value: does an end of its type? */
static vae_status look_for_gap(const vae_data *data, vae_split split, told *t)
{
    const double ends[] = { t->values.minimum, t->values.maximum };
    t->observed = t->values;
    t->has_gap = false;
    for (int i = 0; i < 2 && t->values.numbers; i++) {
        vae_field_summary rest;
        if (!is_end(t->field->type, ends[i]))
            continue;
        const vae_summary_options without = { .has_fill_value = true, .fill_value = ends[i] };
        vae_status status = vae_data_summarize(data, split, 0, &without, &rest);
        if (status.code)
            return status;
        if (rest.numbers) {
            t->observed = rest;
            t->has_gap = true;
            t->gap = ends[i];
        }
    }
    return (vae_status){ .code = VAE_OK };
}

static vae_status tell(const vae__call *call, const vae_data *data, vae_split split, int index, told *t)
{
    t->field = vae_data_field(data, split, index);
    t->class_count = t->field->classes < CLASSES ? t->field->classes : CLASSES;
    const vae_summary_options how = { .has_fill_value = !index && call->values[FILL].given,
                                      .fill_value = call->values[FILL].real,
                                      .class_rows = t->class_rows,
                                      .class_count = t->class_count };
    vae_status status = vae_data_summarize(data, split, index, &how, &t->values);
    t->observed = t->values;
    return status.code || index || call->values[FILL].given ? status : look_for_gap(data, split, t);
}

static const char *level_text(const vae_field *field, int64_t class, char number[32])
{
    if (field->levels)
        return field->levels[class];
    snprintf(number, 32, "%" PRId64, class);
    return number;
}

static void print_classes(const told *t)
{
    char line[4096] = "", number[32];
    size_t used = 0;
    int64_t count = t->class_count < CLASSES_PRINTED ? t->class_count : CLASSES_PRINTED;
    for (int64_t i = 0; i < count && used < sizeof line; i++)
        used += (size_t)snprintf(line + used, sizeof line - used, "%s%.100s: %" PRId64, i ? ", " : "",
                                 level_text(t->field, i, number), t->class_rows[i]);
    vae__line(stdout, "          %" PRId64 " classes and their rows: %s%s", t->field->classes, line,
              t->field->classes > count ? ", …" : "");
}

static void print_values(const told *t)
{
    const vae_field_summary *v = &t->values;
    char missing[240] = "";
    const struct {
        int64_t count;
        const char *name;
    } kinds[] = {
        { v->nans, "NaN" }, { v->infinities, "infinite" }, { v->fills, "the fill value" }, { v->masked, "masked" }
    };
    for (size_t i = 0, used = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].count)
            used += (size_t)snprintf(missing + used, sizeof missing - used, "; %" PRId64 " of %" PRId64 " %s",
                                     kinds[i].count, v->values, kinds[i].name);
    if (!v->numbers)
        vae__line(stdout, "          no numbers%s", missing);
    else
        vae__line(stdout, "          %.6g to %.6g, mean %.6g, deviation %.6g%s%s", v->minimum, v->maximum, v->mean,
                  v->deviation,
                  v->binary  ? "; 0 and 1 alone"
                  : v->whole ? "; whole numbers"
                             : "",
                  missing);
}

static void print_field(const told *t)
{
    const vae_field *field = t->field;
    char shape[VAE__SIZES_TEXT];
    bool one = field->size == 1;
    vae__line(stdout, "  %-6s  %s, %s%s%s%s%s", field->name, vae__kind_text(field->kind), vae_type_name(field->type),
              one ? "" : ", ", one ? "" : vae__sizes_text(shape, field->shape, field->rank), field->path ? ", at " : "",
              field->path ? field->path : "");
    if (field->kind == VAE_CLASS)
        print_classes(t);
    else
        print_values(t);
}

static void json_classes(vae__json *json, const told *t)
{
    char number[32];
    vae__json_whole(json, "class_count", t->field->classes);
    vae__json_array(json, "classes");
    for (int64_t i = 0; i < t->class_count; i++) {
        vae__json_object(json, NULL);
        vae__json_text(json, "level", level_text(t->field, i, number));
        vae__json_whole(json, "rows", t->class_rows[i]);
        vae__json_object_end(json);
    }
    vae__json_array_end(json);
}

static void json_shape(vae__json *json, const int64_t *shape, int rank)
{
    vae__json_array(json, "shape");
    for (int i = 0; i < rank; i++)
        vae__json_whole(json, NULL, shape[i]);
    vae__json_array_end(json);
}

static void json_field(vae__json *json, const told *t)
{
    vae__json_object(json, NULL);
    vae__json_text(json, "name", t->field->name);
    vae__json_text(json, "kind", vae__kind_text(t->field->kind));
    vae__json_text(json, "path", t->field->path);
    vae__json_text(json, "type", vae_type_name(t->field->type));
    json_shape(json, t->field->shape, t->field->rank);
    vae__json_real(json, "minimum", t->values.minimum);
    vae__json_real(json, "maximum", t->values.maximum);
    vae__json_real(json, "mean", t->values.mean);
    vae__json_real(json, "deviation", t->values.deviation);
    vae__json_whole(json, "values", t->values.values);
    vae__json_whole(json, "nan", t->values.nans);
    vae__json_whole(json, "infinite", t->values.infinities);
    vae__json_whole(json, "fill", t->values.fills);
    vae__json_whole(json, "masked", t->values.masked);
    vae__json_truth(json, "whole", t->values.whole);
    vae__json_truth(json, "binary", t->values.binary);
    if (t->field->kind == VAE_CLASS)
        json_classes(json, t);
    vae__json_object_end(json);
}

/* ---- The report -------------------------------------------------------------------------------------------------- */

static void json_listing(vae__json *json, const listing *l)
{
    vae__json_array(json, "datasets");
    for (int i = 0; i < l->count; i++) {
        const vae_data_entry *about = &l->entries[i].about;
        vae__json_object(json, NULL);
        vae__json_text(json, "split", vae_split_name(about->split));
        vae__json_text(json, "path", *l->entries[i].path ? l->entries[i].path : NULL);
        vae__json_text(json, "type", l->entries[i].type);
        json_shape(json, about->shape, about->rank);
        vae__json_truth(json, "usable", about->usable);
        vae__json_truth(json, "outside", about->outside);
        vae__json_object_end(json);
    }
    vae__json_array_end(json);
    vae__json_whole(json, "dataset_count", l->all);
}

/* What only a person can tell. */
static void print_doubts(const told *x)
{
    if (x->has_gap)
        vae__line(stdout, "%.0f is an end of %s, and is %" PRId64 " of %" PRId64 " values: missing ones, it seems",
                  x->gap, vae_type_name(x->field->type), x->observed.fills, x->values.values);
}

static void print_suggestion(const vae__call *call, const told *x)
{
    const known about = { x->field, &x->observed, x->has_gap ? &x->gap : NULL };
    suggestion made = suggest(&about);
    text line;
    write_training(call, &about, &made, &line);
    if (!x->values.numbers)
        return;
    vae__line(stdout, "suggested for x: likelihood %s, transform \"%s\" (%s)", made.likelihood, made.transform,
              made.reason);
    vae__line(stdout, "  %s", line.bytes);
}

static void json_suggestion(vae__json *json, const vae__call *call, const told *x)
{
    const known about = { x->field, &x->observed, x->has_gap ? &x->gap : NULL };
    suggestion made = suggest(&about);
    text line;
    write_training(call, &about, &made, &line);
    vae__json_object(json, "suggestion");
    vae__json_text(json, "likelihood", made.likelihood);
    vae__json_text(json, "transform", made.transform);
    vae__json_text(json, "encoder_transform", made.encoder_transform);
    vae__json_text(json, "reason", made.reason);
    vae__json_text(json, "command", line.bytes);
    vae__json_object_end(json);
}

/* The training rows are what a model will see; without them the first split there is. */
static vae_split split_told(const vae_data *data)
{
    int split = vae_data_training_split(data);
    while (!vae_data_rows(data, (vae_split)split))
        split = (split + 1) % VAE_SPLITS;
    return (vae_split)split;
}

static int print_data(const vae__call *call, const vae_data *data, const listing *l)
{
    char splits[VAE__SPLITS_TEXT];
    int64_t rows[VAE_SPLITS];
    for (int i = 0; i < VAE_SPLITS; i++)
        rows[i] = vae_data_rows(data, (vae_split)i);
    vae_split split = split_told(data);
    vae__line(stdout, "%s: %s", vae_data_source(data), vae__splits_text(splits, rows, false));
    vae__line(stdout, "fields, of %s%s rows", split == VAE_ALL ? "" : "the ", vae_split_name(split));
    told x, other;
    for (int i = 0; i < vae_data_field_count(data); i++) {
        told *t = i ? &other : &x;
        vae_status status = tell(call, data, split, i, t);
        if (status.code)
            return vae__failed_status(call, status);
        print_field(t);
    }
    if (l->count && !call->values[X].given && x.field->path) {
        vae__line(stdout, "datasets");
        print_listing(l);
    }
    print_doubts(&x);
    print_suggestion(call, &x);
    return VAE__EXIT_DONE;
}

static int json_data(const vae__call *call, const vae_data *data, const listing *l)
{
    vae__json json = { .file = stdout };
    vae_split split = split_told(data);
    told x, other;
    vae__json_object(&json, NULL);
    vae__json_text(&json, "source", vae_data_source(data));
    vae__json_text(&json, "digest", vae_data_digest(data));
    vae__json_object(&json, "rows");
    for (int i = 0; i < VAE_SPLITS; i++)
        if (vae_data_rows(data, (vae_split)i))
            vae__json_whole(&json, vae_split_name((vae_split)i), vae_data_rows(data, (vae_split)i));
    vae__json_object_end(&json);
    vae__json_text(&json, "split", vae_split_name(split));
    vae__json_array(&json, "fields");
    vae_status status = { .code = VAE_OK };
    for (int i = 0; i < vae_data_field_count(data) && !status.code; i++) {
        told *t = i ? &other : &x;
        status = tell(call, data, split, i, t);
        if (!status.code)
            json_field(&json, t);
    }
    vae__json_array_end(&json);
    if (!status.code)
        json_suggestion(&json, call, &x);
    json_listing(&json, l);
    vae__json_finish(&json);
    return status.code ? vae__failed_status(call, status) : VAE__EXIT_DONE;
}

/* There is no x, but there are arrays to choose one of. */
static int print_choice(const vae__call *call, const listing *l, vae_status status)
{
    if (call->values[JSON].given) {
        vae__json json = { .file = stdout };
        vae__json_object(&json, NULL);
        vae__json_text(&json, "source", call->argument);
        json_listing(&json, l);
        vae__json_finish(&json);
    } else {
        vae__line(stdout, "%s: no dataset %s; there are", call->argument, l->wanted);
        print_listing(l);
    }
    if (call->values[X].given)
        return vae__failed_status(call, status);
    if (call->values[JSON].given || l->x < 0)
        return VAE__EXIT_DONE;
    text line = { .used = 0 };
    line.used = vae__quote(line.bytes, sizeof line.bytes, call->program);
    add(&line, NULL, "data");
    add(&line, NULL, call->argument);
    add(&line, "x", l->entries[l->x].path);
    vae__line(stdout, "--x tells which of them is modelled; the largest:");
    vae__line(stdout, "  %s", line.bytes);
    return VAE__EXIT_DONE;
}

static int run(const vae__call *call)
{
    vae__conditions conditions;
    listing l = { .count = 0 };
    vae_data *data = NULL;
    int status = vae__parse_conditions(call, &call->values[CONDITION], &conditions);
    if (status)
        return status;
    list_entries(call, &l);
    vae_status opened = vae_data_open(call->argument,
                                      &(vae_data_options){
                                          .threads = (int)call->values[THREADS].whole,
                                          .x = call->values[X].text,
                                          .conditions = conditions.sources,
                                          .condition_count = conditions.count,
                                          .mask = call->values[MASK].text,
                                          .allow_external = call->values[EXTERNAL].given,
                                      },
                                      &data);
    if (!opened.code)
        status = call->values[JSON].given ? json_data(call, data, &l) : print_data(call, data, &l);
    else if (opened.code == VAE_ERROR_DATA && l.count && !l.x_found)
        status = print_choice(call, &l, opened);
    else
        status = vae__failed_status(call, opened);
    vae_data_free(&data);
    return status;
}

const vae__command vae__command_data = {
    .name = "data",
    .summary = "tell what data holds: fields, types, ranges, classes, and what could be made of it",
    .usage = "SRC [options]",
    .argument = "SRC",
    .options = options,
    .notes = "SRC is " VAE__SOURCES_HELP "; "
             "of an HDF5 file without x it lists the datasets, so that --x can be chosen.\n",
    .run = run,
};
