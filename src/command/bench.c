/* vae bench: whole epochs of training, held against what this machine could do at most. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "src/command/find.h"
#include "src/command/json.h"
#include "src/command/progress.h"

enum {
    DATA,
    X,
    CONDITION,
    MASK,
    ALLOW_EXTERNAL,
    SKIP_BROKEN,
    BATCH,
    THREADS,
    PRECISION,
    EPOCHS,
    SEED,
    VAE__DECLARATION_NAMES,
    JSON
};

static const vae__option options[] = {
    [DATA] = { "data", "SRC", VAE__TEXTS, VAE__SOURCES_HELP ", or a pattern of files; may be repeated", "digits", 0,
               0 },
    [X] = VAE__X_OPTION,
    [CONDITION] = VAE__CONDITION_OPTION,
    [MASK] = VAE__MASK_OPTION,
    [ALLOW_EXTERNAL] = VAE__EXTERNAL_OPTION,
    [SKIP_BROKEN] = VAE__SKIP_OPTION,
    [BATCH] = { "batch", "N", VAE__WHOLE, "examples a step", "128", 1, 1e6 },
    [THREADS] = { "threads", "N", VAE__WHOLE, "0: one for each processor", "0", 0, 1024 },
    [PRECISION] = { "precision", "P", VAE__TEXT, "float32 or bf16; bf16 rounds the factors of matrix products",
                    "float32", 0, 0 },
    [EPOCHS] = { "epochs", "N", VAE__WHOLE, "epochs that are measured, after one that is not", "5", 1, 1e6 },
    [SEED] = { "seed", "N", VAE__WHOLE, "of first values, order of examples, and noise", "0", 0, VAE__WHOLE_MAX },
    VAE__DECLARATION_ROWS,
    [JSON] = VAE__JSON_OPTION,
    { .name = NULL },
};
VAE__CHECK_OPTIONS(options);

static const vae__declaration_options declaration = VAE__DECLARATION_PLACES;

static int on_progress(void *context, const vae_progress *progress)
{
    vae__bar *bar = context;
    char what[64];
    double part = progress->steps > 0 ? (double)progress->step / (double)progress->steps : 0;
    double done = (double)(progress->epoch - 1) + part;
    snprintf(what, sizeof what, "epoch %" PRId64 "/%" PRId64, progress->epoch, progress->epochs);
    vae__bar_draw(bar, &(vae__bar_state){
                           .what = what,
                           .figures = "",
                           .fraction = done / (double)progress->epochs,
                           .done = (double)progress->examples,
                           .left = done > 0 ? (double)progress->examples * ((double)progress->epochs / done - 1) : 0,
                           .seconds = progress->seconds,
                       });
    return 0;
}

/* ---- For people -------------------------------------------------------------------------------------------------- */

static double megabytes(size_t bytes)
{
    return (double)bytes / 1e6;
}

static void print_subject(const vae_bench_report *report, const vae_data *data)
{
    char threads[64], batch[64], steps[64];
    vae__line(stdout, "model    %s, %" PRId64 " parameters, %s", report->model, report->parameters, report->precision);
    vae__line(stdout, "data     %s: %" PRId64 " examples; batches of %s, %s an epoch", vae_data_source(data),
              report->examples, vae__counted(batch, report->batch_size, "example"),
              vae__counted(steps, report->steps, "step"));
    vae__line(stdout, "machine  %s; kernels %s", vae__threads_text(threads, report->threads), report->kernels);
}

static bool is_bf16(const vae_bench_report *report)
{
    return !strcmp(report->precision, "bf16");
}

static double limit_in(const vae_limits *limits, bool bf16)
{
    return bf16 ? limits->bf16 : limits->float32;
}

/* The better of before and after. */
static double best_limit(const vae_bench_report *report, bool bf16)
{
    return fmax(limit_in(&report->before, bf16), limit_in(&report->after, bf16));
}

/* That of the precision, then the other one. */
static void print_limit(const vae_bench_report *report)
{
    const bool bf16 = is_bf16(report);
    char other[64] = "no bf16 here";
    if (best_limit(report, !bf16) > 0)
        snprintf(other, sizeof other, "%s %.1f", bf16 ? "float32" : "bf16", 1e-9 * best_limit(report, !bf16));
    vae__line(stdout, "limit    %.1f GFLOP/s %s (before the epochs %.1f, after them %.1f); %s", 1e-9 * report->limit,
              report->precision, 1e-9 * limit_in(&report->before, bf16), 1e-9 * limit_in(&report->after, bf16), other);
}

static void print_speed(const vae_bench_report *report)
{
    double least = report->seconds[0], most = report->seconds[0];
    char epochs[64];
    for (int64_t i = 1; i < report->epochs; i++) {
        least = report->seconds[i] < least ? report->seconds[i] : least;
        most = report->seconds[i] > most ? report->seconds[i] : most;
    }
    vae__line(stdout, "epoch    %.4g s, median of %s (%.4g to %.4g); %.0f examples/s", report->median,
              vae__counted(epochs, report->epochs, "epoch"), least, most, (double)report->examples / report->median);
    vae__line(stdout, "work     %.4g GFLOP an epoch, %.4g MFLOP an example", 1e-9 * report->operations,
              1e-6 * report->operations / (double)report->examples);
    char of_float32[64] = "";
    if (is_bf16(report))
        snprintf(of_float32, sizeof of_float32, ", %.1f %% of float32's",
                 100 * report->rate / best_limit(report, false));
    vae__line(stdout, "speed    %.1f GFLOP/s, %.1f %% of the limit%s", 1e-9 * report->rate, 100 * report->of_limit,
              of_float32);
    vae__line(stdout, "memory   plan %.2f MB (%.2f without reuse, at least %.2f); at most %.0f MB resident",
              megabytes(report->memory.planned), megabytes(report->memory.unshared),
              megabytes(report->memory.lower_bound), megabytes(report->peak));
}

static void print_profile(const vae_bench_report *report)
{
    char threads[64];
    double total = report->threads * report->profile_seconds, limit = report->limit / report->threads;
    putchar('\n');
    vae__line(stdout, "One more epoch, with time kept: %.4g s on %s, seconds of all together", report->profile_seconds,
              vae__threads_text(threads, report->threads));
    vae__line(stdout, "%-20s  %-8s  %9s  %6s  %8s", "op", "phase", "seconds", "share", "of limit");
    for (int i = 0; i < report->row_count; i++) {
        const vae_profile *row = &report->rows[i];
        char speed[32] = "";
        if (row->operations > 0)
            snprintf(speed, sizeof speed, "  %6.1f %%", 100 * row->operations / row->seconds / limit);
        vae__line(stdout, "%-20s  %-8s  %9.4f  %4.1f %%%s", row->op, row->phase, row->seconds,
                  100 * row->seconds / total, speed);
    }
    vae__line(stdout, "%-20s  %-8s  %9.4f", "total", "", total);
}

static void print_report(const vae_bench_report *report, const vae_data *data)
{
    print_subject(report, data);
    print_limit(report);
    print_speed(report);
    print_profile(report);
}

/* ---- For programs ------------------------------------------------------------------------------------------------ */

static void json_limits(vae__json *json, const char *name, const vae_limits *limits)
{
    vae__json_object(json, name);
    vae__json_real(json, "float32", limits->float32);
    vae__json_real(json, "bf16", limits->bf16 > 0 ? limits->bf16 : NAN);
    vae__json_object_end(json);
}

static void json_limit(vae__json *json, const vae_bench_report *report)
{
    vae__json_object(json, "limit");
    vae__json_real(json, "of_precision", report->limit);
    json_limits(json, "before", &report->before);
    json_limits(json, "after", &report->after);
    vae__json_object_end(json);
}

static void json_memory(vae__json *json, const vae_bench_report *report)
{
    vae__json_object(json, "memory");
    vae__json_whole(json, "planned", (int64_t)report->memory.planned);
    vae__json_whole(json, "unshared", (int64_t)report->memory.unshared);
    vae__json_whole(json, "lower_bound", (int64_t)report->memory.lower_bound);
    vae__json_whole(json, "peak_resident", (int64_t)report->peak);
    vae__json_object_end(json);
}

static void json_profile(vae__json *json, const vae_bench_report *report)
{
    vae__json_object(json, "profile");
    vae__json_real(json, "seconds", report->profile_seconds);
    vae__json_array(json, "rows");
    for (int i = 0; i < report->row_count; i++) {
        vae__json_object(json, NULL);
        vae__json_text(json, "op", report->rows[i].op);
        vae__json_text(json, "phase", report->rows[i].phase);
        vae__json_real(json, "seconds", report->rows[i].seconds);
        vae__json_real(json, "operations", report->rows[i].operations);
        vae__json_object_end(json);
    }
    vae__json_array_end(json);
    vae__json_object_end(json);
}

static void print_json(const vae_bench_report *report, const vae_data *data)
{
    vae__json json = { .file = stdout };
    vae__json_object(&json, NULL);
    vae__json_text(&json, "model", report->model);
    vae__json_whole(&json, "parameters", report->parameters);
    vae__json_text(&json, "data", vae_data_source(data));
    vae__json_whole(&json, "examples", report->examples);
    vae__json_whole(&json, "batch", report->batch_size);
    vae__json_whole(&json, "steps", report->steps);
    vae__json_whole(&json, "threads", report->threads);
    vae__json_text(&json, "precision", report->precision);
    vae__json_text(&json, "kernels", report->kernels);
    json_limit(&json, report);
    vae__json_array(&json, "epochs");
    for (int64_t i = 0; i < report->epochs; i++)
        vae__json_real(&json, NULL, report->seconds[i]);
    vae__json_array_end(&json);
    vae__json_real(&json, "seconds", report->median);
    vae__json_real(&json, "operations", report->operations);
    vae__json_real(&json, "operations_per_second", report->rate);
    vae__json_real(&json, "of_limit", report->of_limit);
    vae__json_real(&json, "objective", report->objective);
    json_memory(&json, report);
    json_profile(&json, report);
    vae__json_finish(&json);
}

/* ---- The bench --------------------------------------------------------------------------------------------------- */

static int bench(const vae__call *call, const vae_model_spec *spec, const vae_data *data)
{
    vae__bar bar = vae__bar_new();
    const vae_bench_options settings = {
        .batch_size = call->values[BATCH].given ? call->values[BATCH].whole : 0,
        .threads = (int)call->values[THREADS].whole,
        .seed = (uint64_t)call->values[SEED].whole,
        .epochs = call->values[EPOCHS].whole,
        .precision = call->values[PRECISION].text,
        .progress = on_progress,
        .context = &bar,
    };
    vae_bench_report report;
    vae_status status = vae_bench(spec, call->catalogue, data, &settings, &report);
    vae__bar_clear(&bar);
    if (status.code)
        return vae__failed_status(call, status);
    if (call->values[JSON].given)
        print_json(&report, data);
    else
        print_report(&report, data);
    vae_bench_report_free(&report);
    return VAE__EXIT_DONE;
}

/* Before data is read, which may take long. */
static int check_precision(const vae__call *call)
{
    vae_status status = vae_precision_check(call->values[PRECISION].text, NULL);
    if (status.code == VAE_ERROR_ARGUMENT)
        return vae__wrong_usage(call, "--%s", status.message);
    return status.code ? vae__failed_status(call, status) : VAE__EXIT_DONE;
}

static int declare(const vae__call *call, vae__declared *declared)
{
    int status = vae__find_model(call, call->argument ? call->argument : "vae", &declared->spec);
    if (!status)
        status = vae__declare(call, &declaration, declared);
    return status ? status : vae__check_words(call, declared);
}

static int run(const vae__call *call)
{
    vae__declared declared = { .changed = false };
    vae_data *data = NULL;
    int status = check_precision(call);
    if (!status)
        status = declare(call, &declared);
    if (!status)
        status = vae__open_data(call,
                                &(vae__data_request){
                                    .data = &call->values[DATA],
                                    .x = &call->values[X],
                                    .conditions = &call->values[CONDITION],
                                    .mask = &call->values[MASK],
                                    .allow_external = &call->values[ALLOW_EXTERNAL],
                                    .skip_broken = &call->values[SKIP_BROKEN],
                                    .model = &declared.spec,
                                    .threads = (int)call->values[THREADS].whole,
                                },
                                &data);
    if (!status)
        status = bench(call, &declared.spec, data);
    vae_data_free(&data);
    return status;
}

const vae__command vae__command_bench = {
    .name = "bench",
    .summary = "measure training against this machine's own limit",
    .usage = "[MODEL] [--data SRC] [options]",
    .argument = "MODEL",
    .argument_optional = true,
    .options = options,
    .notes =
        "Without MODEL it is vae. The limit is what the processor gets through of multiply-adds that touch no memory: "
        "the median of ten rounds before the epochs or of ten after them, whichever is more. An epoch is all of "
        "training: reading, "
        "binarising, forward, backward, the optimiser, by the model's recipe if it has one. What is counted are the "
        "operations of its matrix products, of which a "
        "multiply-add is two; all other work is time without operations. In the table, which is of one more epoch, "
        "seconds are those of all threads together: \"wait\" is threads waiting for one another within a step, "
        "\"order\" the drawing of the epoch's order, \"rest\" what lies between steps, with the steps of optimisers "
        "other than Adam.\n",
    .run = run,
};
