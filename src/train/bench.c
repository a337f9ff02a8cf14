/* vae_bench: whole epochs of training beside the machine's limit. */
#include <vae/bench.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <vae/version.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/checkpoint/training.h"
#include "src/train/account.h"

enum { WARM_UP_USUAL = 1, EPOCHS_USUAL = 5, EPOCHS_MOST = 1000000 };

/* A bench, while it lasts. */
typedef struct bench {
    const vae_data *data;
    vae_bench_options options; /* with nothing left at 0 */
    vae_training *training;
    vae_bench_report *report;
    vae__account account; /* of the epochs under way */
    bool measures;
    vae_progress before, last; /* told at the end of the earlier calls of vae__train; told last */
} bench;

static vae_status check_options(const vae_bench_options *options)
{
    if (options->warm_up < 0 || options->warm_up > EPOCHS_MOST || options->epochs < 0 ||
        options->epochs > EPOCHS_MOST || options->threads < 0 || options->threads > VAE__THREADS_MAX)
        return vae__error(VAE_ERROR_ARGUMENT,
                          "expected 0 to %d epochs of warm-up and measured, and 0 to %d threads, found %" PRId64
                          ", %" PRId64 " and %d",
                          EPOCHS_MOST, VAE__THREADS_MAX, options->warm_up, options->epochs, options->threads);
    return vae_precision_check(options->precision, NULL);
}

static void fill_in(vae_bench_options *options)
{
    options->threads = options->threads ? options->threads : vae__processors();
    options->warm_up = options->warm_up ? options->warm_up : WARM_UP_USUAL;
    options->epochs = options->epochs ? options->epochs : EPOCHS_USUAL;
}

/* ---- Epochs ------------------------------------------------------------------------------------------------------ */

static int on_progress(void *context, const vae_progress *progress)
{
    bench *b = context;
    const vae_bench_options *options = &b->options;
    if (b->measures && progress->epoch_done) {
        b->report->seconds[b->report->epochs++] = b->account.seconds;
        b->report->objective = progress->elbo;
    }
    if (!options->progress)
        return 0;
    vae_progress told = *progress;
    told.epochs = options->warm_up + options->epochs + 1;
    told.examples += b->before.examples;
    told.seconds += b->before.seconds;
    b->last = told;
    return options->progress(options->context, &told);
}

/* Trains up to so many epochs in all. The account is then of these. */
static vae_status train(bench *b, int64_t epochs, bool profile)
{
    const vae_train_options options = {
        .epochs = epochs, .threads = b->options.threads, .progress = on_progress, .context = b
    };
    vae__account_clear(&b->account);
    b->account.profile = profile;
    b->before = b->last;
    return vae__train(b->training, b->data, &options, &b->account);
}

static int compare(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;
    return one < other ? -1 : one > other;
}

/* Of `count` seconds, in `room` for as many. */
static double median(const double *seconds, int64_t count, double *room)
{
    memcpy(room, seconds, (size_t)count * sizeof *room);
    qsort(room, (size_t)count, sizeof *room, compare);
    return (room[(count - 1) / 2] + room[count / 2]) / 2;
}

/* In the bench's precision. */
static double limit_of(const bench *b, const vae_limits *limits)
{
    return b->training->bf16 ? limits->bf16 : limits->float32;
}

static vae_status measure(bench *b)
{
    vae_bench_report *report = b->report;
    double *room = NULL;
    VAE__TRY(vae__allocate("seconds", (size_t)b->options.epochs, sizeof *report->seconds, &report->seconds));
    VAE__TRY(train(b, b->options.warm_up, false));
    VAE__TRY(vae_limit(report->threads, &report->before));
    b->measures = true;
    VAE__TRY(train(b, b->options.warm_up + b->options.epochs, false));
    b->measures = false;
    VAE__TRY(vae_limit(report->threads, &report->after));
    VAE__TRY(vae__allocate("seconds", (size_t)report->epochs, sizeof *room, &room));
    report->median = median(report->seconds, report->epochs, room);
    vae__free(room);
    report->limit = fmax(limit_of(b, &report->before), limit_of(b, &report->after));
    report->operations = b->account.operations;
    report->rate = report->operations / report->median;
    report->of_limit = report->rate / report->limit;
    report->memory = b->account.memory;
    return vae__ok();
}

static vae_status profile(bench *b)
{
    VAE__TRY(train(b, b->options.warm_up + b->options.epochs + 1, true));
    b->report->rows = b->account.rows;
    b->report->row_count = b->account.row_count;
    b->report->profile_seconds = b->account.total;
    b->account.rows = NULL;
    return vae__ok();
}

/* ---- The whole --------------------------------------------------------------------------------------------------- */

static vae_status make_training(bench *b, const vae_model_spec *spec, const vae_catalogue *catalogue)
{
    const vae_training_options settings = { .batch_size = b->options.batch_size,
                                            .seed = b->options.seed,
                                            .precision = b->options.precision };
    vae_model *model = NULL;
    VAE__TRY(vae_model_new(spec, catalogue, b->data, b->options.seed, &model));
    vae_status status = vae_training_new(&model, b->data, &settings, &b->training);
    vae_model_free(&model);
    return status;
}

static void describe(bench *b, const vae_model_spec *spec)
{
    vae_bench_report *report = b->report;
    const vae_store *store = b->training->model->store;
    report->model = spec->name;
    report->kernels = vae_kernels();
    report->precision = vae__precision_name(b->training->bf16);
    for (int i = 0; i < vae_store_count(store); i++)
        report->parameters += vae_store_tensor(store, i)->trainable ? vae_store_tensor(store, i)->size : 0;
    report->examples = vae_data_rows(b->data, vae_data_training_split(b->data));
    report->batch_size = b->training->batch_size;
    report->steps = (report->examples + report->batch_size - 1) / report->batch_size;
    report->threads = b->options.threads;
}

static vae_status run(bench *b, const vae_model_spec *spec, const vae_catalogue *catalogue)
{
    VAE__TRY(make_training(b, spec, catalogue));
    describe(b, spec);
    VAE__TRY(measure(b));
    VAE__TRY(profile(b));
    b->report->peak = vae__memory_peak();
    return vae__ok();
}

vae_status vae_bench(const vae_model_spec *spec, const vae_catalogue *catalogue, const vae_data *data,
                     const vae_bench_options *options, vae_bench_report *report)
{
    if (!report)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a place for the report, found NULL");
    *report = (vae_bench_report){ 0 };
    if (!spec || !data)
        return vae__error(VAE_ERROR_ARGUMENT, "expected a declaration and data, found NULL");
    bench b = { .data = data, .report = report };
    if (options)
        b.options = *options;
    VAE__TRY(check_options(&b.options));
    fill_in(&b.options);
    vae_status status = run(&b, spec, catalogue);
    vae__account_clear(&b.account);
    vae_training_free(&b.training);
    if (status.code)
        vae_bench_report_free(report);
    return status;
}

void vae_bench_report_free(vae_bench_report *report)
{
    if (!report)
        return;
    vae__free(report->seconds);
    vae__free(report->rows);
    *report = (vae_bench_report){ 0 };
}
