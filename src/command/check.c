/* vae check: what backward says of a model's gradients against finite differences, parameter by parameter. */
#include <inttypes.h>
#include <math.h>

#include "src/command/find.h"
#include "src/command/json.h"
#include "src/command/progress.h"

enum { DATA, X, CONDITION, MASK, ALLOW_EXTERNAL, SKIP_BROKEN, VAE__DECLARATION_NAMES, EXAMPLES, SEED, THREADS, JSON };

static const vae__option options[] = {
    [DATA] = VAE__DATA_OPTION,
    [X] = VAE__X_OPTION,
    [CONDITION] = VAE__CONDITION_OPTION,
    [MASK] = VAE__MASK_OPTION,
    [ALLOW_EXTERNAL] = VAE__EXTERNAL_OPTION,
    [SKIP_BROKEN] = VAE__SKIP_OPTION,
    VAE__DECLARATION_ROWS,
    [EXAMPLES] = { "examples", "N", VAE__WHOLE, "the first training rows; 8, or all where there are fewer", NULL, 1,
                   1 << 20 },
    [SEED] = { "seed", "N", VAE__WHOLE, "of a new model's first values, of noise, and of the elements compared", "0", 0,
               VAE__WHOLE_MAX },
    [THREADS] = VAE__THREADS_OPTION,
    [JSON] = VAE__JSON_OPTION,
    { .name = NULL },
};
VAE__CHECK_OPTIONS(options);

static const vae__declaration_options declaration = VAE__DECLARATION_PLACES;

static int on_progress(void *context, int64_t done, int64_t tensors)
{
    vae__bar *bar = context;
    char figures[64];
    snprintf(figures, sizeof figures, "%" PRId64 " of %" PRId64 " parameters", done, tensors);
    vae__bar_draw(bar, &(vae__bar_state){ .what = "checking",
                                          .figures = figures,
                                          .fraction = tensors > 0 ? (double)done / (double)tensors : 0 });
    return 0;
}

/* ---- For people -------------------------------------------------------------------------------------------------- */

/* Where a tensor's worst error is: "at (12, 3)", or "in a random direction". */
enum { PLACE_TEXT = 24 * VAE_MAX_RANK + 32 };
static const char *place_text(char text[PLACE_TEXT], const vae_check_tensor *row)
{
    int64_t rest = row->element, places[VAE_MAX_RANK];
    if (rest < 0)
        return "in a random direction";
    for (int i = row->rank - 1; i >= 0; i--) {
        places[i] = rest % row->shape[i];
        rest /= row->shape[i];
    }
    size_t used = (size_t)snprintf(text, PLACE_TEXT, "at (");
    for (int i = 0; i < row->rank && used < PLACE_TEXT; i++)
        used += (size_t)snprintf(text + used, PLACE_TEXT - used, "%s%" PRId64, i ? ", " : "", places[i]);
    snprintf(text + used, used < PLACE_TEXT ? PLACE_TEXT - used : 0, ")");
    return text;
}

static int width_of(const char *text)
{
    int columns = 0;
    for (; *text; text++)
        columns += ((unsigned char)*text & 0xc0) != 0x80;
    return columns;
}

static void print_row(const vae_check_tensor *row, int name_width)
{
    char shape[VAE__SIZES_TEXT], error[32] = "none compared", skipped[64] = "";
    vae__sizes_text(shape, row->shape, row->rank);
    if (!isnan(row->error))
        snprintf(error, sizeof error, "worst %.1e", row->error);
    if (row->skipped)
        snprintf(skipped, sizeof skipped, "  %" PRId64 " skipped", row->skipped);
    vae__line(stdout, "%-*s  %s%*s  %3" PRId64 " checked  %s%s", name_width, row->name, shape,
              width_of(shape) < 12 ? 12 - width_of(shape) : 0, "", row->checked, error, skipped);
}

static void print_report(const vae__found *found, const vae_check_report *report)
{
    int width = 0;
    bool skipped = false;
    char examples[64], place[PLACE_TEXT];
    for (int i = 0; i < report->count; i++) {
        int columns = width_of(report->tensors[i].name);
        width = columns > width ? columns : width;
        skipped |= report->tensors[i].skipped;
    }
    vae__line(stdout, "%s: %s of %s, objective %.4f nats, float64", vae_model_declaration(found->model)->name,
              vae__counted(examples, report->examples, "example"), vae_data_source(found->data), report->objective);
    for (int i = 0; i < report->count; i++)
        print_row(&report->tensors[i], width);
    if (skipped)
        printf("skipped: the objective has a kink there, of which differences tell nothing\n");
    if (report->worst < 0)
        return;
    const vae_check_tensor *worst = &report->tensors[report->worst];
    vae__line(stdout, "worst   %.1e: %s %s: backward %.9g, differences %.9g", worst->error, worst->name,
              place_text(place, worst), worst->analytic, worst->numeric);
}

/* ---- For programs ------------------------------------------------------------------------------------------------ */

static void json_row(vae__json *json, const vae_check_tensor *row)
{
    vae__json_object(json, NULL);
    vae__json_text(json, "name", row->name);
    vae__json_sizes(json, "shape", row->shape, row->rank);
    vae__json_whole(json, "checked", row->checked);
    vae__json_whole(json, "skipped", row->skipped);
    vae__json_truth(json, "direction", row->direction);
    vae__json_real(json, "error", row->error);
    if (row->element < 0)
        vae__json_null(json, "element");
    else
        vae__json_whole(json, "element", row->element);
    vae__json_real(json, "analytic", row->analytic);
    vae__json_real(json, "numeric", row->numeric);
    vae__json_object_end(json);
}

static void print_json(const vae__found *found, const vae_check_report *report)
{
    vae__json json = { .file = stdout };
    vae__json_object(&json, NULL);
    vae__json_text(&json, "model", vae_model_declaration(found->model)->name);
    vae__json_text(&json, "data", vae_data_source(found->data));
    vae__json_whole(&json, "examples", report->examples);
    vae__json_real(&json, "objective", report->objective);
    vae__json_array(&json, "parameters");
    for (int i = 0; i < report->count; i++)
        json_row(&json, &report->tensors[i]);
    vae__json_array_end(&json);
    vae__json_real(&json, "bar", VAE_CHECK_BAR);
    vae__json_real(&json, "worst", report->worst < 0 ? NAN : report->tensors[report->worst].error);
    vae__json_truth(&json, "ok", !report->failures);
    vae__json_finish(&json);
}

/* ---- The check --------------------------------------------------------------------------------------------------- */

/* The line about what is wrong: the worst parameter, or one of which nothing could be compared. */
static int say_wrong(const vae__call *call, const vae_check_report *report)
{
    char place[PLACE_TEXT], others[64] = "";
    const vae_check_tensor *worst = report->worst < 0 ? NULL : &report->tensors[report->worst];
    if (report->failures > 1)
        snprintf(others, sizeof others, "; %" PRId64 " of %d parameters are wrong", report->failures, report->count);
    if (worst && worst->error > VAE_CHECK_BAR)
        return vae__failed(call,
                           "%s: expected a gradient within %.0e of finite differences, found %.1e %s: backward "
                           "%.9g, differences %.9g%s",
                           worst->name, VAE_CHECK_BAR, worst->error, place_text(place, worst), worst->analytic,
                           worst->numeric, others);
    const vae_check_tensor *row = report->tensors;
    while (!isnan(row->error))
        row++;
    return vae__failed(call, "%s: expected elements to compare, found kinks at all of those that were tried%s",
                       row->name, others);
}

static int check(const vae__call *call, const vae__found *found)
{
    vae__bar bar = vae__bar_new();
    const vae_check_options settings = {
        .examples = call->values[EXAMPLES].given ? call->values[EXAMPLES].whole : 0,
        .seed = (uint64_t)call->values[SEED].whole,
        .threads = (int)call->values[THREADS].whole,
        .progress = on_progress,
        .context = &bar,
    };
    vae_check_report report;
    on_progress(&bar, 0, 0);
    vae_status status = vae_check(found->model, found->data, &settings, &report);
    vae__bar_clear(&bar);
    if (status.code)
        return vae__failed_status(call, status);
    if (call->values[JSON].given)
        print_json(found, &report);
    else
        print_report(found, &report);
    int exit_status = VAE__EXIT_DONE;
    if (report.failures)
        exit_status = say_wrong(call, &report);
    else if (!call->values[JSON].given)
        printf("ok      every gradient is within %.0e of finite differences\n", VAE_CHECK_BAR);
    vae_check_report_free(&report);
    return exit_status;
}

static int run(const vae__call *call)
{
    vae__found found;
    const vae__data_request request = { .data = &call->values[DATA],
                                        .x = &call->values[X],
                                        .conditions = &call->values[CONDITION],
                                        .mask = &call->values[MASK],
                                        .allow_external = &call->values[ALLOW_EXTERNAL],
                                        .skip_broken = &call->values[SKIP_BROKEN],
                                        .threads = (int)call->values[THREADS].whole };
    int status = vae__find(call, &request, &declaration, true, (uint64_t)call->values[SEED].whole, &found);
    if (!status)
        status = check(call, &found);
    vae__found_release(&found);
    return status;
}

const vae__command vae__command_check = {
    .name = "check",
    .summary = "check a model's gradients against finite differences, in float64",
    .usage = "MODEL --data SRC [options]\n"
             "FILE.h5 [--data SRC] [options]",
    .argument = "MODEL|FILE.h5",
    .options = options,
    .notes =
        "A variant's parameters are new, from --seed; a checkpoint's are as stored, and without --data its data is "
        "where training had it. Of a small parameter all elements are compared, of a large one 20, and a derivative "
        "in a random direction, in which all of them move. With a what backward says and n what differences say, "
        "an error is |a - n| / max(|a|, |n|, G / 1000, |objective| / 10^5, 1 / 10^5), where G is the parameter's "
        "largest gradient. Exit status 1 where one is above 1e-6.\n",
    .run = run,
};
