/* vae data: what a source holds, field by field; what a person could make of it; and where an HDF5 file has no x, what
 * arrays there are to choose from. */
#include <inttypes.h>
#include <math.h>

#include "src/command/listing.h"
#include "src/command/source.h"

enum { X, CONDITION, MASK, FILL, EXTERNAL, SKIP_BROKEN, THREADS, JSON };

static const vae__option options[] = {
    [X] = VAE__X_OPTION,
    [CONDITION] = VAE__CONDITION_OPTION,
    [MASK] = VAE__MASK_OPTION,
    [FILL] = { "fill-value", "V", VAE__REAL, "the number that stands for missing values of x", NULL, -1e308, 1e308 },
    [EXTERNAL] = VAE__EXTERNAL_OPTION,
    [SKIP_BROKEN] = VAE__SKIP_OPTION,
    [THREADS] = VAE__THREADS_OPTION,
    [JSON] = VAE__JSON_OPTION,
    { .name = NULL },
};
VAE__CHECK_OPTIONS(options);

enum { CLASSES = 1024, CLASSES_PRINTED = 12 };

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
    if (call->values[SKIP_BROKEN].given)
        add(line, "skip-broken", NULL);
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

static void json_field(vae__json *json, const told *t)
{
    vae__json_object(json, NULL);
    vae__json_text(json, "name", t->field->name);
    vae__json_text(json, "kind", vae__kind_text(t->field->kind));
    vae__json_text(json, "path", t->field->path);
    vae__json_text(json, "type", vae_type_name(t->field->type));
    vae__json_sizes(json, "shape", t->field->shape, t->field->rank);
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

static int print_data(const vae__call *call, const vae_data *data, const vae__listing *l)
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
        vae__print_listing(l);
    }
    print_doubts(&x);
    print_suggestion(call, &x);
    return VAE__EXIT_DONE;
}

static int json_data(const vae__call *call, const vae_data *data, const vae__listing *l)
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
    vae__json_listing(&json, l);
    vae__json_finish(&json);
    return status.code ? vae__failed_status(call, status) : VAE__EXIT_DONE;
}

/* There is no x, but there are arrays to choose one of. */
static int print_choice(const vae__call *call, const vae__listing *l, vae_status status)
{
    if (call->values[JSON].given) {
        vae__json json = { .file = stdout };
        vae__json_object(&json, NULL);
        vae__json_text(&json, "source", call->argument);
        vae__json_listing(&json, l);
        vae__json_finish(&json);
    } else {
        vae__line(stdout, "%s: no dataset %s; there are", call->argument, l->wanted);
        vae__print_listing(l);
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
    vae__listing l;
    vae_data *data = NULL;
    int status = vae__parse_conditions(call, &call->values[CONDITION], &conditions);
    if (status)
        return status;
    vae_status listed = vae__list_arrays(call->argument, call->values[X].text, &l);
    if (listed.code)
        return vae__failed_status(call, listed);
    vae_status opened = vae__open_files(&call->argument, 1,
                                        &(vae_data_options){
                                            .threads = (int)call->values[THREADS].whole,
                                            .x = call->values[X].text,
                                            .conditions = conditions.sources,
                                            .condition_count = conditions.count,
                                            .mask = call->values[MASK].text,
                                            .allow_external = call->values[EXTERNAL].given,
                                            .skip_broken = call->values[SKIP_BROKEN].given,
                                        },
                                        &data);
    if (!opened.code)
        vae__tell_left_out(call, data);
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
