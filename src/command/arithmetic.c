/* vae arithmetic: what sets two groups of examples apart, added to others. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/command/rows.h"
#include "src/command/walk.h"

enum { VAE__ROWS_NAMES, PICTURE, OUT, PLUS, MINUS, TO, COUNT, SEED, SCALE, STEPS, AT, THREADS };

static const vae__option options[] = {
    VAE__ROWS_OPTIONS,
    [PICTURE] = VAE__WALK_PICTURE_OPTION,
    [OUT] = VAE__WALK_OUT_OPTION("x, z, scale, row, the vector and the means it comes from"),
    [PLUS] = { "plus", "GROUP", VAE__TEXTS, "examples whose mean z is added; given again, both must hold", NULL, 0, 0 },
    [MINUS] = { "minus", "GROUP", VAE__TEXTS, "examples whose mean z is taken away", NULL, 0, 0 },
    [TO] = { "to", "ROW,ROW...|GROUP", VAE__TEXTS,
             "examples that the difference is added to: rows of the source, from 0, or a group [any of the split]",
             NULL, 0, 0 },
    [COUNT] = { "count", "N", VAE__WHOLE, "so many examples of a group in --to, a row of the picture each", "10", 1,
                10000 },
    [SEED] = { "seed", "N", VAE__WHOLE, "draw them with this seed [the first ones]", NULL, 0, VAE__WHOLE_MAX },
    [SCALE] = { "scale", "A,B...", VAE__TEXT, "what the difference is multiplied by, a column each behind that of 0",
                NULL, 0, 0 },
    [STEPS] = { "steps", "N", VAE__WHOLE, "or N columns, from 0 to 2", "9", 2, VAE__STEPS_MOST },
    [AT] = VAE__AT_OPTION,
    [THREADS] = VAE__THREADS_OPTION,
    { .name = NULL },
};
VAE__CHECK_OPTIONS(options);

/* What a command line asks for. */
typedef struct wanted {
    vae__fields fields;
    double scales[VAE__LIST_MOST + 1];
    int64_t scale_count; /* 0: steps */
    vae__list rows;      /* of --to; none: it is a group */
} wanted;

static vae__walk_files files_of(const vae__call *call)
{
    return (vae__walk_files){ &call->values[PICTURE], &call->values[OUT], VAE__ARITHMETIC_FILE };
}

/* ---- Parsing ----------------------------------------------------------------------------------------------------- */

/* The fields that an option's groups are of. */
static int parse_fields(const vae__call *call, int option, vae__fields *fields)
{
    const vae__value *value = &call->values[option];
    char name[VAE_GROUP_TEXT];
    for (int i = 0; i < value->count; i++) {
        int count = 0, status = VAE__EXIT_DONE;
        for (; !status && vae_group_field(value->texts[i], count, name); count++)
            status = vae__fields_add(call, options[option].name, name, fields);
        if (status)
            return status;
        if (!count)
            return vae__wrong_usage(call, "--%s: expected FIELD=LEVEL%s, found \"%s\"", options[option].name,
                                    option == TO ? " or rows" : "", value->texts[i]);
    }
    return VAE__EXIT_DONE;
}

/* A group has a "=". */
static int parse_to(const vae__call *call, wanted *what)
{
    const vae__value *to = &call->values[TO];
    if (!to->count || strchr(to->texts[0], '=') || strspn(to->texts[0], "0123456789,") != strlen(to->texts[0]))
        return parse_fields(call, TO, &what->fields);
    if (to->count > 1 || call->values[COUNT].given || call->values[SEED].given)
        return vae__wrong_usage(call, "--to: expected rows once, without --count and --seed, found %s beside them",
                                to->count > 1               ? "--to"
                                : call->values[COUNT].given ? "--count"
                                                            : "--seed");
    return vae__parse_list(call, "to", to, &what->rows);
}

/* Behind 0, which may be told as well. */
static int parse_scales(const vae__call *call, wanted *what)
{
    char piece[32];
    what->scale_count = call->values[SCALE].given;
    for (const char *text = call->values[SCALE].text, *end; text; text = *end ? end + 1 : NULL) {
        double scale = 0;
        end = text + strcspn(text, ",");
        int length = snprintf(piece, sizeof piece, "%.*s", (int)(end - text), text);
        if (length >= (int)sizeof piece || !vae__parse_real(piece, &scale) || fabs(scale) > 1000)
            return vae__wrong_usage(call,
                                    "--scale: expected numbers from -1000 to 1000 with commas between, found \"%.*s\"",
                                    (int)(end - text), text);
        if (what->scale_count > VAE__LIST_MOST)
            return vae__wrong_usage(call, "--scale: expected at most %d numbers, found more", VAE__LIST_MOST);
        if (what->scale_count > 1 || scale < 0 || scale > 0)
            what->scales[what->scale_count++] = scale;
    }
    if (what->scale_count == 1)
        return vae__wrong_usage(call, "--scale: expected a number other than 0, found \"%s\"",
                                call->values[SCALE].text);
    return VAE__EXIT_DONE;
}

static int parse(const vae__call *call, wanted *what)
{
    *what = (wanted){ .scale_count = 0 };
    if (!call->values[PLUS].given || !call->values[MINUS].given)
        return vae__wrong_usage(call, "expected --plus GROUP and --minus GROUP, found %s",
                                call->values[PLUS].given    ? "no --minus"
                                : call->values[MINUS].given ? "no --plus"
                                                            : "none");
    if (call->values[SCALE].given && call->values[STEPS].given)
        return vae__wrong_usage(call, "expected --scale or --steps, found both");
    int status = parse_fields(call, PLUS, &what->fields);
    if (!status)
        status = parse_fields(call, MINUS, &what->fields);
    if (!status)
        status = parse_to(call, what);
    return status ? status : parse_scales(call, what);
}

/* ---- The work ---------------------------------------------------------------------------------------------------- */

static int find_group(const vae__call *call, const vae__rows *rows, int option, vae_group *group)
{
    const vae__value *value = &call->values[option];
    const vae_group_options some = { .most = call->values[COUNT].whole,
                                     .draw = call->values[SEED].given,
                                     .seed = (uint64_t)call->values[SEED].whole };
    vae_status status =
        vae_data_group(rows->data, rows->split, value->texts, value->count, option == TO ? &some : NULL, group);
    if (!status.code)
        return VAE__EXIT_DONE;
    return (status.code == VAE_ERROR_ARGUMENT ? vae__wrong_usage : vae__failed)(call, "--%s: %s", options[option].name,
                                                                                status.message);
}

static double length_of(const vae_walk *walk)
{
    double squares = 0;
    for (int64_t i = 0; i < walk->samples.z_size; i++)
        squares += walk->vector[i] * walk->vector[i];
    return sqrt(squares);
}

static int draw(const vae__call *call, const vae__rows *rows, const vae_arithmetic_options *asked)
{
    const vae__walk_files files = files_of(call);
    vae_walk walk = { .kind = VAE_RESULTS_ARITHMETIC };
    char what[200], to[64], plus[64], minus[64];
    vae_status status =
        vae__check_walk_grid(&files, rows->model, asked->to_count, asked->scales ? asked->scale_count : asked->steps);
    if (!status.code)
        status = vae_arithmetic(rows->model, rows->data, asked, &walk);
    if (asked->context)
        vae__bar_clear(&((vae__counting *)asked->context)->bar);
    if (status.code)
        return vae__failed_status(call, status);
    snprintf(what, sizeof what, "%s of %s, plus the mean of %s, minus that of %s",
             vae__counted(to, asked->to_count, "example"), vae_split_name(rows->split),
             vae__counted(plus, asked->plus_count, "example"), vae__counted(minus, asked->minus_count, "example"));
    int exit_status = vae__save_walk(call, &files, rows->model, &walk, what);
    if (!exit_status)
        printf("  the difference has length %.4f\n", length_of(&walk));
    vae_walk_free(&walk);
    return exit_status;
}

static int add_groups(const vae__call *call, const vae__rows *rows, const wanted *what, const vae_group groups[3],
                      const vae__settings *settings)
{
    vae__counting counting = vae__counting_new("encoding");
    const bool listed = what->rows.count > 0;
    const vae_arithmetic_options asked = { .split = rows->split,
                                           .plus = groups[0].rows,
                                           .plus_count = groups[0].count,
                                           .minus = groups[1].rows,
                                           .minus_count = groups[1].count,
                                           .to = listed ? what->rows.numbers : groups[2].rows,
                                           .to_count = listed ? what->rows.count : groups[2].count,
                                           .scales = what->scale_count ? what->scales : NULL,
                                           .scale_count = what->scale_count,
                                           .steps = what->scale_count ? 0 : call->values[STEPS].whole,
                                           .conditions = vae__walk_conditions(settings),
                                           .threads = (int)call->values[THREADS].whole,
                                           .progress = vae__count_rows,
                                           .context = &counting };
    return draw(call, rows, &asked);
}

static int arithmetic_of(const vae__call *call, const vae__rows *rows, const wanted *what)
{
    vae__settings settings;
    vae_group groups[3] = { { .count = 0 } };
    const int places[3] = { PLUS, MINUS, TO };
    int status =
        vae__parse_settings_of(call, "at", &call->values[AT], vae_model_declaration(rows->model), 1, &settings);
    for (int i = 0; i < 3 && !status; i++)
        if (places[i] != TO || !what->rows.count)
            status = find_group(call, rows, places[i], &groups[i]);
    if (!status)
        status = add_groups(call, rows, what, groups, &settings);
    for (int i = 0; i < 3; i++)
        vae_group_free(&groups[i]);
    vae__settings_free(&settings);
    return status;
}

static int arithmetic(const vae__call *call, const vae__rows *rows)
{
    wanted what;
    int status = parse(call, &what);
    return status ? status : arithmetic_of(call, rows, &what);
}

static int run(const vae__call *call)
{
    const vae__walk_files files = files_of(call);
    vae__rows_options data = VAE__ROWS_VALUES(call);
    wanted what;
    int status = vae__check_rows(call, &data);
    if (!status)
        status = parse(call, &what);
    if (!status)
        status = vae__check_walk_files(call, &files, &call->values[DATA]);
    data.fields = &what.fields;
    return status ? status : vae__work_on_rows(call, &data, arithmetic);
}

const vae__command vae__command_arithmetic = {
    .name = "arithmetic",
    .summary = "what sets two groups of examples apart in z, added to others, as a picture",
    .usage = "FILE.h5 --data SRC --plus GROUP --minus GROUP --picture FILE.png [options]",
    .argument = "FILE.h5",
    .options = options,
    .notes =
        "The vector is the mean of q(z|x) of one group less that of another. A row of the picture is an example: at 0, "
        "its reconstruction, then with growing multiples of the vector. A GROUP is FIELD=LEVEL, of several levels with "
        "commas between any; FIELD=LEVEL&FIELD=LEVEL, or the option again: both. A field is a class: a condition of "
        "the model, what the data has (label), or what lies in HDF5 data by that path. Each example is encoded with "
        "conditions of its own, and decoded with them or what --at says.\n" VAE__PLACES_NOTE,
    .run = run,
};
