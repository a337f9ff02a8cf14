/* The bench: figures that must agree with one another and with a hand count, that it trains as vae_train does, and what
 * is refused. Nothing is timed. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <vae/bench.h>
#include <vae/catalogue.h>
#include <vae/version.h>

#include "src/kernels/kernels.h"
#include "src/train/account.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"

static const vae_model_spec small = {
    .name = "small",
    .latents = { { .size = 3 } },
    .encoder = "dense 8 relu",
    .decoder = "dense 8 relu",
};

enum { ROWS = 300, BATCH = 128, LAST = ROWS % BATCH };

static vae_data *data;

static void begin(void)
{
    system_reset();
    ck_assert_status_ok(vae_data_open("digits:300", &(vae_data_options){ .threads = 1 }, &data));
}

static void end(void)
{
    vae_data_free(&data);
    ck_assert_int_eq(system_outstanding(), 0);
}

/* ---- Kernels ----------------------------------------------------------------------------------------------------- */

START_TEST(test_loops)
{
    static const struct {
        bool float64;
        const char *name;
        int width; /* bytes of a vector */
        int sums;
    } variants[] = { { true, "generic", 16, 12 },
                     { false, "generic", 16, 12 },
                     { false, "avx2", 32, 12 },
                     { false, "avx512", 64, 16 } };
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        const vae__kernels *row = vae__kernels_find(variants[i].float64, variants[i].name);
        if (!row)
            continue;
        _Alignas(64) char sums[64] = { 0 };
        int size = row->float64 ? 8 : 4;
        double each = 2.0 * variants[i].width / size * variants[i].sums;
        ck_assert_double_eq(row->limit(1000, sums), 1000 * each);
        /* Every lane has been computed: each sum went to 0.5 / (1 - 0.5). */
        for (int lane = 0; lane < variants[i].width / size; lane++) {
            double found = row->float64 ? ((double *)(void *)sums)[lane] : (double)((float *)(void *)sums)[lane];
            ck_assert_double_eq(found, variants[i].sums);
        }
    }
}
END_TEST

START_TEST(test_bf16_loop)
{
    vae__limit_loop *loop = vae__kernels_limit_bf16();
    if (!loop)
        return;
    _Alignas(64) float sums[16] = { 0 };
    ck_assert_double_eq(loop(10, sums), 10.0 * 16 * 16 * 2 * 2);
    /* Sixteen sums, which begin at 0 … 15 and gain two products of halves a round. */
    for (int lane = 0; lane < 16; lane++)
        ck_assert_double_eq((double)sums[lane], 120 + 16 * 10 * 0.5);
}
END_TEST

START_TEST(test_limit)
{
    vae_limits limits = { -1, -1 };
    ck_assert_status_ok(vae_limit(2, &limits));
    ck_assert_double_gt(limits.float32, 0);
    ck_assert((limits.bf16 > 0) == (vae__kernels_limit_bf16() != NULL));
    ck_assert_status(vae_limit(-1, &limits), VAE_ERROR_ARGUMENT, "expected 0 to 1024 threads, found -1");
    ck_assert_status(vae_limit(1025, &limits), VAE_ERROR_ARGUMENT, "expected 0 to 1024 threads, found 1025");
    ck_assert_status(vae_limit(1, NULL), VAE_ERROR_ARGUMENT, "expected a place for the limits, found NULL");
}
END_TEST

/* ---- The report -------------------------------------------------------------------------------------------------- */

/* Of weights alone; forward and both gradients, but for the gradient of what is an input. */
static double weight_operations(double x, double hidden, double z)
{
    double from_x = x * hidden, others = 2 * hidden * z /* mean, logvar */ + z * hidden + hidden * x;
    return 2 * (2 * from_x + 3 * others);
}

static const vae_profile *row_of(const vae_bench_report *report, const char *op)
{
    for (int i = 0; i < report->row_count; i++)
        if (!strcmp(report->rows[i].op, op))
            return &report->rows[i];
    ck_abort_msg("there is no row %s", op);
    return NULL;
}

static void check_rows(const vae_bench_report *report)
{
    double seconds = 0, operations = 0;
    for (int i = 0; i < report->row_count; i++) {
        ck_assert_double_ge(report->rows[i].seconds, 0);
        if (i)
            ck_assert_double_le(report->rows[i].seconds, report->rows[i - 1].seconds);
        seconds += report->rows[i].seconds;
        operations += report->rows[i].operations;
    }
    double total = report->threads * report->profile_seconds;
    ck_assert_double_gt(total, 0);
    ck_assert_double_eq_tol(seconds, total, 1e-9 * total);
    ck_assert_double_eq_tol(operations, report->operations, 1e-9 * operations);
    ck_assert_double_gt(row_of(report, "order")->seconds, 0);
    ck_assert_str_eq(row_of(report, "rest")->phase, "");
}

START_TEST(test_report)
{
    const vae_bench_options options = { .threads = 2, .epochs = 4, .seed = 5 };
    vae_bench_report report;
    ck_assert_status_ok(vae_bench(&small, NULL, data, &options, &report));
    ck_assert_str_eq(report.model, "small");
    ck_assert_str_eq(report.kernels, vae_kernels());
    ck_assert_str_eq(report.precision, "float32");
    ck_assert_int_eq(report.parameters, 784 * 8 + 8 + 2 * (8 * 3 + 3) + 3 * 8 + 8 + 8 * 784 + 784);
    ck_assert_int_eq(report.examples, ROWS);
    ck_assert_int_eq(report.batch_size, BATCH);
    ck_assert_int_eq(report.steps, 3);
    ck_assert_int_eq(report.threads, 2);
    ck_assert_int_eq(report.epochs, 4);
    ck_assert_double_eq_tol(report.operations, ROWS * weight_operations(784, 8, 3), 1);

    double best = fmax(report.before.float32, report.after.float32), least = INFINITY, most = 0;
    ck_assert_double_eq(report.limit, best);
    for (int i = 0; i < 4; i++) {
        least = fmin(least, report.seconds[i]);
        most = fmax(most, report.seconds[i]);
    }
    ck_assert_double_gt(least, 0);
    ck_assert(report.median >= least && report.median <= most);
    /* Of four, half of the sum of those that are neither least nor most. */
    double sum = report.seconds[0] + report.seconds[1] + report.seconds[2] + report.seconds[3];
    ck_assert_double_eq_tol(report.median, (sum - least - most) / 2, 1e-12);
    ck_assert_double_eq_tol(report.rate * report.median, report.operations, 1e-6 * report.operations);
    ck_assert_double_eq_tol(report.of_limit * report.limit, report.rate, 1e-6 * report.rate);

    ck_assert_uint_gt(report.memory.lower_bound, 0);
    ck_assert_uint_le(report.memory.lower_bound, report.memory.planned);
    ck_assert_uint_le(report.memory.planned, report.memory.unshared);
    ck_assert_uint_gt(report.peak, report.memory.planned);
    check_rows(&report);
    vae_bench_report_free(&report);
    ck_assert_ptr_null(report.seconds);
    ck_assert_ptr_null(report.rows);
    vae_bench_report_free(NULL);
}
END_TEST

/* The net of the field's benchmarks: 3.28 million operations an example. */
START_TEST(test_hand_count)
{
    const vae_bench_options options = { .threads = 1, .epochs = 1, .batch_size = 1000 };
    vae_bench_report report;
    ck_assert_status_ok(vae_bench(vae_model_find(NULL, "vae"), NULL, data, &options, &report));
    ck_assert_double_eq_tol(report.operations / ROWS, 3.28e6, 1);
    ck_assert_double_eq_tol(report.operations / ROWS, weight_operations(784, 400, 20), 1e-3);
    ck_assert_int_eq(report.batch_size, 1000);
    ck_assert_int_eq(report.steps, 1);
    ck_assert_double_eq(report.median, report.seconds[0]);
    vae_bench_report_free(&report);
}
END_TEST

typedef struct heard {
    int64_t calls, done, epochs, examples, stop_at;
} heard;

static int listen_to(void *context, const vae_progress *progress)
{
    heard *h = context;
    h->epochs = progress->epochs;
    h->examples = progress->examples;
    h->done += progress->epoch_done;
    return h->stop_at && ++h->calls == h->stop_at;
}

/* It is vae_train: the same objective, of warm-up and measured epochs, bit for bit. */
START_TEST(test_trains)
{
    heard h = { 0 };
    const vae_bench_options options = {
        .threads = 1, .warm_up = 2, .epochs = 1, .seed = 9, .progress = listen_to, .context = &h
    };
    vae_bench_report report;
    vae_model *model = NULL;
    vae_training *training = NULL;
    ck_assert_status_ok(vae_bench(&small, NULL, data, &options, &report));
    ck_assert_int_eq(h.done, 4);
    ck_assert_int_eq(h.epochs, 4);
    ck_assert_int_eq(h.examples, 4 * ROWS);
    ck_assert_status_ok(vae_model_new(&small, NULL, data, 9, &model));
    ck_assert_status_ok(vae_training_new(&model, data, &(vae_training_options){ .seed = 9 }, &training));
    ck_assert_status_ok(vae_train(training, data, &(vae_train_options){ .epochs = 3, .threads = 2 }));
    vae_history_column elbo = vae_history_column_at(training, 3);
    ck_assert_str_eq(elbo.name, "train/elbo");
    ck_assert_double_eq(report.objective, elbo.values[2]);
    vae_training_free(&training);
    vae_bench_report_free(&report);
}
END_TEST

/* An account changes nothing of a training, and without `profile` it has no rows. */
START_TEST(test_account)
{
    vae__account accounts[2] = { { .profile = false }, { .profile = true } };
    double found[2];
    for (int i = 0; i < 2; i++) {
        vae_model *model = NULL;
        vae_training *training = NULL;
        ck_assert_status_ok(vae_model_new(&small, NULL, data, 9, &model));
        ck_assert_status_ok(vae_training_new(&model, data, NULL, &training));
        const vae_train_options options = { .epochs = 2, .threads = 2 };
        ck_assert_status_ok(vae__train(training, data, &options, &accounts[i]));
        found[i] = vae_history_column_at(training, 3).values[1];
        vae_training_free(&training);
    }
    ck_assert_double_eq(found[0], found[1]);
    ck_assert_int_eq(accounts[0].row_count, 0);
    ck_assert_int_gt(accounts[1].row_count, 0);
    ck_assert_double_eq(accounts[0].operations, accounts[1].operations);
    ck_assert_double_le(accounts[1].seconds, accounts[1].total);
    vae__account_clear(&accounts[0]);
    vae__account_clear(&accounts[1]);
}
END_TEST

/* Each allocation in turn: told, and released. */
START_TEST(test_no_memory)
{
    int failures = 0;
    for (long n = 1;; n++) {
        vae__account account = { .profile = true };
        vae_model *model = NULL;
        vae_training *training = NULL;
        ck_assert_status_ok(vae_model_new(&small, NULL, data, 9, &model));
        ck_assert_status_ok(vae_training_new(&model, data, NULL, &training));
        const vae_train_options options = { .epochs = 1, .threads = 2 };
        system_reset();
        system_fail(SYSTEM_ALLOCATE, n, ENOMEM, false);
        vae_status status = vae__train(training, data, &options, &account);
        bool reached = system_count(SYSTEM_ALLOCATE) >= n;
        system_reset();
        double seconds = 0;
        for (int i = 0; !status.code && i < account.row_count; i++)
            seconds += strcmp(account.rows[i].op, "affine") ? 0 : account.rows[i].seconds;
        vae__account_clear(&account);
        vae_training_free(&training);
        if (!status.code)
            ck_assert_msg(seconds > 0, "without allocation %ld: no row", n);
        else
            ck_assert_int_eq(status.code, VAE_ERROR_MEMORY);
        failures += status.code != VAE_OK;
        if (!reached)
            break;
    }
    ck_assert_int_gt(failures, 20);
}
END_TEST

/* ---- Refused ----------------------------------------------------------------------------------------------------- */

START_TEST(test_refused)
{
    vae_bench_report report;
    ck_assert_status(vae_bench(&small, NULL, data, NULL, NULL), VAE_ERROR_ARGUMENT,
                     "expected a place for the report, found NULL");
    ck_assert_status(vae_bench(NULL, NULL, data, NULL, &report), VAE_ERROR_ARGUMENT,
                     "expected a declaration and data, found NULL");
    ck_assert_status(vae_bench(&small, NULL, NULL, NULL, &report), VAE_ERROR_ARGUMENT,
                     "expected a declaration and data, found NULL");
    static const struct {
        vae_bench_options options;
        vae_code code;
        const char *words;
    } rows[] = {
        { { .warm_up = -1 }, VAE_ERROR_ARGUMENT, "0 to 1024 threads, found -1, 0 and 0" },
        { { .epochs = -1 }, VAE_ERROR_ARGUMENT, "expected 0 to 1000000 epochs of warm-up and measured" },
        { { .epochs = 1000001 }, VAE_ERROR_ARGUMENT, "found 0, 1000001 and 0" },
        { { .threads = -3 }, VAE_ERROR_ARGUMENT, "found 0, 0 and -3" },
        { { .threads = 1025 }, VAE_ERROR_ARGUMENT, "found 0, 0 and 1025" },
        { { .batch_size = -1 }, VAE_ERROR_ARGUMENT, "expected a batch of 1 to" },
        { { .precision = "half" }, VAE_ERROR_ARGUMENT, "precision: expected float32 or bf16, found \"half\"" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert_status(vae_bench(&small, NULL, data, &rows[i].options, &report), rows[i].code, rows[i].words);
        ck_assert_ptr_null(report.seconds);
        ck_assert_ptr_null(report.rows);
    }
    vae_model_spec wrong = small;
    wrong.encoder = "dens 8";
    ck_assert_status(vae_bench(&wrong, NULL, data, NULL, &report), VAE_ERROR_DECLARATION, "\"dens\": no such layer");
}
END_TEST

/* In bf16 the limit is bf16's, and what is trained another objective than in float32; where there is none, one line. */
START_TEST(test_precision)
{
    const vae_bench_options options = { .threads = 1, .epochs = 1, .precision = "bf16" };
    vae_bench_report report, usual;
    if (!vae__kernels_limit_bf16()) {
        printf("skipped: this processor or this build has no bfloat16\n");
        ck_assert_status(vae_bench(&small, NULL, data, &options, &report), VAE_ERROR_UNSUPPORTED, "precision bf16: ");
        return;
    }
    ck_assert_status_ok(vae_bench(&small, NULL, data, &options, &report));
    ck_assert_str_eq(report.precision, "bf16");
    ck_assert_double_eq(report.limit, fmax(report.before.bf16, report.after.bf16));
    ck_assert_double_eq_tol(report.of_limit * report.limit, report.rate, 1e-6 * report.rate);
    ck_assert_status_ok(vae_bench(&small, NULL, data, &(vae_bench_options){ .threads = 1, .epochs = 1 }, &usual));
    ck_assert_double_ne(report.objective, usual.objective);
    ck_assert_double_eq_tol(report.objective, usual.objective, 0.01 * fabs(usual.objective));
    vae_bench_report_free(&report);
    vae_bench_report_free(&usual);
}
END_TEST

START_TEST(test_stopped)
{
    heard h = { .stop_at = 2 };
    const vae_bench_options options = { .threads = 1, .progress = listen_to, .context = &h };
    vae_bench_report report;
    ck_assert_status(vae_bench(&small, NULL, data, &options, &report), VAE_STOPPED, "training was stopped");
    ck_assert_ptr_null(report.seconds);
    ck_assert_int_eq(report.epochs, 0);
}
END_TEST

int main(void)
{
    const TTest *const limits[] = { test_loops, test_bf16_loop, test_limit, NULL };
    const TTest *const reports[] = { test_report, test_hand_count, test_precision,
                                     test_trains, test_account,    test_no_memory,
                                     NULL };
    const TTest *const refused[] = { test_refused, test_stopped, NULL };
    Suite *suite = suite_create("bench");
    suite_case(suite, "limit", 60, limits);
    suite_case_between(suite, "report", 120, begin, end, reports);
    suite_case_between(suite, "refused", 60, begin, end, refused);
    return suite_run(suite);
}
