/*
 * vae_encoder and vae_decoder: that they give what the graphs give, that a run allocates nothing and starts no thread,
 * on one host's thread and on eight, and what is refused.
 */
#include "tests/support/allocations.h"

#include <dirent.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <vae/catalogue.h>
#include <vae/infer.h>

#include "models/model.h"
#include "src/data/match.h"
#include "tests/support/models.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"

enum { PIXELS = 784, Z = 3, ROWS = 10 };

static vae_data *data; /* of 60 training and 10 test examples */

static void begin(void)
{
    ck_assert_status_ok(vae_data_open("digits:60", &(vae_data_options){ .threads = 1 }, &data));
}

static void end(void)
{
    vae_data_free(&data);
    ck_assert_int_eq(system_outstanding(), 0);
}

static const vae_model_spec plain = {
    .name = "plain",
    .latents = { { .size = Z } },
    .encoder = "dense 40 relu",
    .decoder = "dense 40 tanh",
};
static const vae_model_spec conditional = {
    .name = "conditional",
    .conditions = { { .name = "digit", .kind = VAE_CLASS } },
    .latents = { { .size = Z } },
    .encoder = "dense 40 relu",
    .decoder = "dense 40 relu",
};
static const vae_model_spec gaps = {
    .name = "gaps",
    .x = { .shape = { 4 }, .likelihood = "gaussian", .transform = "scale=10", .missing = VAE_MISSING_MASK },
    .conditions = { { .name = "energy", .kind = VAE_VALUES, .size = 2, .transform = "raw" } },
    .latents = { { .size = Z } },
    .encoder = "dense 8 tanh",
    .decoder = "dense 8 tanh",
};

static const uint8_t *test_rows(const char *name)
{
    return vae_data_find(data, VAE_TEST, name)->values;
}

static vae_encoder *encoder_of(const vae_model *model, int64_t capacity, int threads)
{
    vae_encoder *encoder = NULL;
    const vae_infer_options options = {
        .capacity = capacity, .threads = threads, .x_type = VAE_UINT8, .condition_types = { VAE_UINT8 }
    };
    ck_assert_status_ok(vae_encoder_new(model, &options, &encoder));
    return encoder;
}

static void close_to(const float *found, const float *expected, int64_t count, double within)
{
    for (int64_t i = 0; i < count; i++)
        ck_assert_msg(fabs(found[i] - expected[i]) <= within, "value %d: expected %.9g, found %.9g", (int)i,
                      expected[i], found[i]);
}

/* ---- Values ------------------------------------------------------------------------------------------------------ */

/* As a pass over the data has it; in one run, or row by row, or on two threads. */
START_TEST(test_encodes)
{
    static const vae_model_spec *const specs[] = { &plain, &conditional };
    for (int m = 0; m < 2; m++) {
        vae_model *model = model_of(specs[m], data);
        vae_latents latents;
        ck_assert_status_ok(vae_encode(model, data, &(vae_pass_options){ .split = VAE_TEST, .threads = 1 }, &latents));
        for (int threads = 1; threads <= 2; threads++) {
            vae_encoder *encoder = encoder_of(model, ROWS, threads);
            float mean[ROWS * Z], logvar[ROWS * Z], one[Z];
            vae_conditions given = { .values = { test_rows("label") } };
            ck_assert_status_ok(vae_encoder_run(encoder, test_rows("x"), ROWS, &given, mean, logvar));
            close_to(mean, latents.mean, ROWS * Z, 1e-5);
            close_to(logvar, latents.logvar, ROWS * Z, 1e-5);
            for (int row = 0; row < ROWS; row++) {
                given.values[0] = test_rows("label") + row;
                ck_assert_status_ok(vae_encoder_run(encoder, test_rows("x") + row * PIXELS, 1, &given, one, NULL));
                close_to(one, mean + row * Z, Z, 1e-5);
                ck_assert_status_ok(vae_encoder_run(encoder, test_rows("x") + row * PIXELS, 1, &given, NULL, one));
                close_to(one, logvar + row * Z, Z, 1e-5);
            }
            vae_encoder_free(&encoder);
            ck_assert_ptr_null(encoder);
        }
        vae_latents_free(&latents);
        vae_model_free(&model);
    }
}
END_TEST

/* Values so small that results are denormal count as 0 on one thread as on two. */
START_TEST(test_denormals)
{
    vae_model *model = model_of(&plain, data);
    float *parameters = vae_store_parameters(model->store), mean[2][ROWS * Z], logvar[2][ROWS * Z];
    for (int64_t i = 0; i < vae_store_size(model->store); i++)
        parameters[i] *= 1e-20f;
    for (int threads = 1; threads <= 2; threads++) {
        vae_encoder *encoder = encoder_of(model, ROWS, threads);
        ck_assert_status_ok(
            vae_encoder_run(encoder, test_rows("x"), ROWS, NULL, mean[threads - 1], logvar[threads - 1]));
        vae_encoder_free(&encoder);
    }
    ck_assert_mem_eq(mean[0], mean[1], sizeof mean[0]);
    ck_assert_mem_eq(logvar[0], logvar[1], sizeof logvar[0]);
    vae_model_free(&model);
}
END_TEST

/* The decoder's output is the sampler's for the same z and class. */
START_TEST(test_decodes)
{
    vae_model *model = model_of(&conditional, data);
    vae_samples samples;
    vae_decoder *decoder = NULL;
    static float x[20 * PIXELS];
    uint8_t digits[20];
    for (int i = 0; i < 20; i++)
        digits[i] = (uint8_t)(i / 2);
    const vae_conditions given = { .values = { digits } };
    const vae_infer_options options = { .capacity = 20, .threads = 1, .condition_types = { VAE_UINT8 } };
    ck_assert_status_ok(vae_sample(model, &(vae_sample_options){ .count = 2 }, &samples));
    ck_assert_status_ok(vae_decoder_new(model, &options, &decoder));
    ck_assert_status_ok(vae_decoder_run(decoder, samples.z, 20, &given, x));
    close_to(x, samples.x, 20 * PIXELS, 1e-5);
    ck_assert_status_ok(
        vae_decoder_run(decoder, samples.z + 7 * Z, 1, &(vae_conditions){ .values = { digits + 7 } }, x));
    close_to(x, samples.x + 7 * PIXELS, PIXELS, 1e-5);
    vae_samples_free(&samples);
    vae_decoder_free(&decoder);
    vae_model_free(&model);
}
END_TEST

/* x in the data's own units is a tenth of x as modelled, for the transform is scale=10. */
START_TEST(test_units)
{
    vae_model *model = model_of(&gaps, NULL);
    vae_decoder *units = NULL, *modelled = NULL;
    const float z[Z] = { 0.5f, -1, 2 }, energy[2] = { 1, -1 };
    float x[4], as_modelled[4];
    const vae_conditions given = { .values = { energy } };
    ck_assert_status_ok(vae_decoder_new(model, &(vae_infer_options){ .threads = 1 }, &units));
    ck_assert_status_ok(vae_decoder_new(model, &(vae_infer_options){ .threads = 1, .modelled = true }, &modelled));
    ck_assert_status_ok(vae_decoder_run(units, z, 1, &given, x));
    ck_assert_status_ok(vae_decoder_run(modelled, z, 1, &given, as_modelled));
    for (int i = 0; i < 4; i++) {
        ck_assert_float_eq_tol(x[i], as_modelled[i] / 10, 1e-6f);
        ck_assert(as_modelled[i] < 0 || as_modelled[i] > 0);
    }
    vae_decoder_free(&units);
    vae_decoder_free(&modelled);
    vae_model_free(&model);
}
END_TEST

/* What the mask hides does not matter, and NaN is hidden by itself where the declaration says so. */
START_TEST(test_mask)
{
    vae_model *model = model_of(&gaps, NULL);
    vae_encoder *masked = NULL, *open = NULL;
    const double energy[4] = { 1, -1, 1, -1 };
    const float x[8] = { 1, 2, 3, 4, 1, 2, 99, 4 }, holes[4] = { 1, 2, NAN, 4 };
    const uint8_t mask[8] = { 1, 1, 0, 1, 1, 1, 0, 1 };
    float mean[2 * Z], other[Z];
    vae_infer_options options = { .capacity = 2, .threads = 1, .condition_types = { VAE_FLOAT64 } };
    ck_assert_status_ok(vae_encoder_new(model, &options, &open));
    options.masked = true;
    ck_assert_status_ok(vae_encoder_new(model, &options, &masked));
    vae_conditions given = { .values = { energy }, .mask = mask };
    ck_assert_status_ok(vae_encoder_run(masked, x, 2, &given, mean, NULL));
    ck_assert_mem_eq(mean, mean + Z, sizeof other);
    ck_assert_status_ok(vae_encoder_run(open, holes, 1, &given, other, NULL));
    close_to(other, mean, Z, 1e-6);
    ck_assert_status_ok(vae_encoder_run(open, x, 1, &given, other, NULL));
    ck_assert(memcmp(other, mean, sizeof other));
    given.mask = NULL;
    ck_assert_status(vae_encoder_run(masked, x, 2, &given, mean, NULL), VAE_ERROR_ARGUMENT,
                     "encoder: mask: expected one, as options.masked says, found NULL");
    vae_encoder_free(&masked);
    vae_encoder_free(&open);
    vae_model_free(&model);
}
END_TEST

/* ---- Guests of a host's threads ---------------------------------------------------------------------------------- */

static int threads_now(void)
{
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *entry; tasks && (entry = readdir(tasks));)
        count += entry->d_name[0] != '.';
    if (tasks)
        closedir(tasks);
    return count;
}

enum { HOSTS = 8, RUNS = 30 };

typedef struct host {
    const vae_model *model;
    pthread_barrier_t *together;
    float mean[ROWS * Z], logvar[ROWS * Z], x[ROWS * PIXELS];
    vae_status status;
} host;

/* Made before anybody counts, run while nobody makes; freed when all have run. */
static void *work(void *context)
{
    host *h = context;
    vae_encoder *encoder = NULL;
    vae_decoder *decoder = NULL;
    const vae_conditions given = { .values = { test_rows("label") } };
    const vae_infer_options options = {
        .capacity = ROWS, .threads = 1, .x_type = VAE_UINT8, .condition_types = { VAE_UINT8 }
    };
    h->status = vae_encoder_new(h->model, &options, &encoder);
    if (!h->status.code)
        h->status = vae_decoder_new(h->model, &options, &decoder);
    pthread_barrier_wait(h->together);
    pthread_barrier_wait(h->together);
    for (int run = 0; run < RUNS && !h->status.code; run++) {
        int64_t rows = run % 2 ? 1 : ROWS;
        h->status = vae_encoder_run(encoder, test_rows("x"), rows, &given, h->mean, h->logvar);
        if (!h->status.code)
            h->status = vae_decoder_run(decoder, h->mean, rows, &given, h->x);
    }
    if (!h->status.code)
        h->status = vae_encoder_run(encoder, test_rows("x"), ROWS, &given, h->mean, h->logvar);
    pthread_barrier_wait(h->together);
    pthread_barrier_wait(h->together);
    vae_encoder_free(&encoder);
    vae_decoder_free(&decoder);
    return NULL;
}

/* Each thread's encoder and decoder give what one thread's do, without an allocation by whomever, or a new thread. */
START_TEST(test_eight_hosts)
{
    static host hosts[HOSTS + 1];
    vae_model *model = model_of(&conditional, data);
    pthread_barrier_t together;
    pthread_t threads[HOSTS];
    test_rows("x"); /* drawn before anybody counts */
    pthread_barrier_init(&together, NULL, HOSTS + 1);
    for (int i = 0; i <= HOSTS; i++)
        hosts[i] = (host){ .model = model, .together = &together };
    for (int i = 0; i < HOSTS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, work, &hosts[i]), 0);
    pthread_barrier_wait(&together);
    int before = threads_now();
    long allocated = atomic_load(&allocations), asked = system_count(SYSTEM_ALLOCATE);
    pthread_barrier_wait(&together);
    pthread_barrier_wait(&together);
    long allocated_after = atomic_load(&allocations), asked_after = system_count(SYSTEM_ALLOCATE);
    int after = threads_now();
    pthread_barrier_wait(&together);
    for (int i = 0; i < HOSTS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&together);
    pthread_barrier_init(&together, NULL, 1);
    work(&hosts[HOSTS]);
    pthread_barrier_destroy(&together);
    ck_assert_int_eq(before, after);
    ck_assert_int_eq(asked_after - asked, 0);
    ck_assert_int_eq(allocated_after - allocated, 0);
    for (int i = 0; i <= HOSTS; i++) {
        ck_assert_status_ok(hosts[i].status);
        ck_assert_mem_eq(hosts[i].mean, hosts[HOSTS].mean, sizeof hosts[i].mean);
        ck_assert_mem_eq(hosts[i].logvar, hosts[HOSTS].logvar, sizeof hosts[i].logvar);
        ck_assert_mem_eq(hosts[i].x, hosts[HOSTS].x, sizeof hosts[i].x);
    }
    vae_model_free(&model);
}
END_TEST

/* ---- Every kind of field, and of op ------------------------------------------------------------------------------ */

enum { GUESTS = 4, PLACES = 6, TURNS = 20 };

static void halve(const vae_op_row *row)
{
    for (int64_t i = 0; i < row->out_size; i++)
        row->out[i] = row->in[0][i] / 2;
}

static const vae_op half = { .name = "half", .inputs = 1, .forward = halve };
static const vae_catalogue mine = { .ops = &half, .op_count = 1 };
static const char *const runs[] = { "run A", "run B", "run C" };
static const vae_model_spec every = {
    .name = "every",
    .x = { .shape = { PLACES },
           .likelihood = "gaussian",
           .transform = "unit, standardize",
           .encoder_transform = "scale=0.5, log1p, standardize",
           .missing = VAE_MISSING_MASK,
           .has_fill_value = true,
           .fill_value = 9,
           .type = VAE_INT16 },
    .conditions = { { .name = "run", .kind = VAE_CLASS, .size = 3, .levels = runs },
                    { .name = "energy", .kind = VAE_VALUES, .size = 2, .transform = "log1p, standardize" },
                    { .name = "map", .kind = VAE_IMAGE, .shape = { 2, 2 }, .transform = "unit, threshold" } },
    .latents = { { .size = Z } },
    .encoder = "dense 8 half, dense 7 gelu",
    .decoder = "dense 8 leaky-relu, dense 7 half",
};

typedef struct guest {
    const vae_model *model;
    pthread_barrier_t *together;
    float mean[2 * Z], logvar[2 * Z], x[2 * PLACES];
    vae_status status;
} guest;

/* Makes an encoder and a decoder while others make theirs, and runs them while nobody makes any. */
static void *visit(void *context)
{
    static const int16_t x[2 * PLACES] = { 1, 2, 9, 4, 5, 6, 0, 9, 9, 300, 32767, 7 };
    static const uint8_t mask[2 * PLACES] = { 1, 0, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1 }, map[8] = { 0, 255, 3, 4, 5, 200 };
    static const double energy[4] = { 1, 2, 3, 1000 };
    static const int32_t run[2] = { 2, 0 };
    const vae_conditions given = { .values = { run, energy, map }, .mask = mask };
    const vae_infer_options options = { .capacity = 2,
                                        .threads = 1,
                                        .x_type = VAE_INT16,
                                        .condition_types = { VAE_INT32, VAE_FLOAT64, VAE_UINT8 },
                                        .masked = true };
    guest *g = context;
    vae_encoder *encoder = NULL;
    vae_decoder *decoder = NULL;
    g->status = vae_encoder_new(g->model, &options, &encoder);
    if (!g->status.code)
        g->status = vae_decoder_new(g->model, &options, &decoder);
    pthread_barrier_wait(g->together);
    pthread_barrier_wait(g->together);
    for (int turn = 0; turn < TURNS && !g->status.code; turn++) {
        g->status = vae_encoder_run(encoder, x, 2 - turn % 2, &given, g->mean, g->logvar);
        if (!g->status.code)
            g->status = vae_decoder_run(decoder, g->mean, 2 - turn % 2, &given, g->x);
    }
    pthread_barrier_wait(g->together);
    pthread_barrier_wait(g->together);
    vae_encoder_free(&encoder);
    vae_decoder_free(&decoder);
    return NULL;
}

START_TEST(test_every_kind)
{
    static guest guests[GUESTS];
    vae_model *model = NULL;
    pthread_barrier_t together;
    pthread_t threads[GUESTS];
    ck_assert_status_ok(vae_model_new(&every, &mine, NULL, 3, &model));
    pthread_barrier_init(&together, NULL, GUESTS + 1);
    for (int i = 0; i < GUESTS; i++) {
        guests[i] = (guest){ .model = model, .together = &together };
        ck_assert_int_eq(pthread_create(&threads[i], NULL, visit, &guests[i]), 0);
    }
    pthread_barrier_wait(&together);
    long allocated = atomic_load(&allocations), asked = system_count(SYSTEM_ALLOCATE);
    pthread_barrier_wait(&together);
    pthread_barrier_wait(&together);
    asked = system_count(SYSTEM_ALLOCATE) - asked;
    allocated = atomic_load(&allocations) - allocated;
    pthread_barrier_wait(&together);
    for (int i = 0; i < GUESTS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&together);
    ck_assert_int_eq(asked, 0);
    ck_assert_int_eq(allocated, 0);
    for (int i = 0; i < GUESTS; i++) {
        ck_assert_status_ok(guests[i].status);
        ck_assert_mem_eq(guests[i].mean, guests[0].mean, sizeof guests[i].mean);
        ck_assert_mem_eq(guests[i].logvar, guests[0].logvar, sizeof guests[i].logvar);
        ck_assert_mem_eq(guests[i].x, guests[0].x, sizeof guests[i].x);
        for (int k = 0; k < 2 * Z; k++)
            ck_assert(isfinite(guests[i].mean[k]) && isfinite(guests[i].logvar[k]));
        for (int k = 0; k < 2 * PLACES; k++)
            ck_assert(isfinite(guests[i].x[k]));
    }
    vae_model_free(&model);
}
END_TEST

/* Counting is no proof where nothing is counted. */
START_TEST(test_counts)
{
    long before = atomic_load(&allocations);
    void *volatile memory = malloc(7);
    free(memory);
    ck_assert_int_eq(atomic_load(&allocations) - before, ALLOCATIONS_COUNTED);
}
END_TEST

/* With more threads, and of every number of rows, nothing is allocated either, once OpenMP has its threads. */
START_TEST(test_every_number_of_rows)
{
    vae_model *model = model_of(&plain, data);
    for (int threads = 1; threads <= 2; threads++) {
        vae_encoder *encoder = encoder_of(model, ROWS, threads);
        float mean[ROWS * Z];
        ck_assert_status_ok(vae_encoder_run(encoder, test_rows("x"), ROWS, NULL, mean, NULL));
        system_reset();
        for (int64_t rows = 1; rows <= ROWS; rows++)
            ck_assert_status_ok(vae_encoder_run(encoder, test_rows("x"), rows, NULL, mean, NULL));
        ck_assert_int_eq(system_count(SYSTEM_ALLOCATE), 0);
        vae_encoder_free(&encoder);
    }
    vae_model_free(&model);
}
END_TEST

/* ---- Refused ----------------------------------------------------------------------------------------------------- */

START_TEST(test_runs_refused)
{
    vae_model *model = model_of(&conditional, data);
    vae_encoder *encoder = encoder_of(model, 2, 1);
    vae_decoder *decoder = NULL;
    const uint8_t digits[2] = { 3, 10 };
    const vae_conditions given = { .values = { digits } };
    const float z[2 * Z] = { 0 };
    float mean[2 * Z] = { 7 }, x[2 * PIXELS];
    ck_assert_status_ok(
        vae_decoder_new(model, &(vae_infer_options){ .threads = 1, .condition_types = { VAE_UINT8 } }, &decoder));
    for (int64_t rows = -1; rows <= 3; rows += rows ? 4 - rows : 1) {
        char words[96];
        snprintf(words, sizeof words, "encoder: expected 1 to 2 rows, its capacity, found %" PRId64, rows);
        ck_assert_status(vae_encoder_run(encoder, test_rows("x"), rows, &given, mean, NULL), VAE_ERROR_ARGUMENT, words);
    }
    ck_assert_status(vae_encoder_run(encoder, NULL, 1, &given, mean, NULL), VAE_ERROR_ARGUMENT,
                     "encoder: x: expected values, found NULL");
    ck_assert_status(vae_encoder_run(encoder, test_rows("x"), 1, NULL, mean, NULL), VAE_ERROR_ARGUMENT,
                     "encoder: digit: expected values of this condition of conditional, found NULL");
    ck_assert_status(vae_encoder_run(encoder, test_rows("x"), 2, &given, mean, NULL), VAE_ERROR_ARGUMENT,
                     "encoder: digit: expected a class from 0 to 9, found 10 in row 1");
    ck_assert_status(vae_encoder_run(NULL, test_rows("x"), 2, &given, mean, NULL), VAE_ERROR_ARGUMENT,
                     "expected an encoder, found NULL");
    ck_assert_float_eq(mean[0], 7);
    ck_assert_status(vae_decoder_run(decoder, z, 2, &given, x), VAE_ERROR_ARGUMENT,
                     "decoder: expected 1 to 1 rows, its capacity, found 2");
    ck_assert_status(vae_decoder_run(decoder, NULL, 1, &given, x), VAE_ERROR_ARGUMENT,
                     "decoder: z: expected values, found NULL");
    ck_assert_status(vae_decoder_run(decoder, z, 1, &(vae_conditions){ .mask = digits }, x), VAE_ERROR_ARGUMENT,
                     "decoder: digit: expected values of this condition");
    ck_assert_status(vae_decoder_run(decoder, z, 1, &given, NULL), VAE_ERROR_ARGUMENT,
                     "expected a decoder and a place for x, found NULL");
    vae_encoder_free(&encoder);
    vae_decoder_free(&decoder);
    vae_model_free(&model);
}
END_TEST

START_TEST(test_makers_refuse)
{
    vae_model *model = model_of(&conditional, data);
    vae_encoder *encoder = NULL;
    vae_decoder *decoder = NULL;
    ck_assert_status(vae_encoder_new(NULL, NULL, &encoder), VAE_ERROR_ARGUMENT, "expected a model and a place");
    ck_assert_status(vae_decoder_new(model, NULL, NULL), VAE_ERROR_ARGUMENT, "expected a model and a place");
    const vae_infer_options bad[] = {
        { .capacity = -1 }, { .threads = -1 }, { .threads = 5000 }, { .capacity = (int64_t)1 << 31 }
    };
    for (int i = 0; i < 4; i++) {
        ck_assert_status(vae_encoder_new(model, &bad[i], &encoder), VAE_ERROR_ARGUMENT, "expected a capacity of 0 to");
        ck_assert_status(vae_decoder_new(model, &bad[i], &decoder), VAE_ERROR_ARGUMENT, "expected a capacity of 0 to");
    }
    vae_infer_options type = { .x_type = (vae_type)77 };
    ck_assert_status(vae_encoder_new(model, &type, &encoder), VAE_ERROR_ARGUMENT, "x: expected a type");
    type = (vae_infer_options){ .condition_types = { (vae_type)77 } };
    ck_assert_status(vae_decoder_new(model, &type, &decoder), VAE_ERROR_ARGUMENT, "digit: expected a type");
    ck_assert_ptr_null(encoder);
    ck_assert_ptr_null(decoder);
    vae_encoder_free(&encoder);
    vae_encoder_free(NULL);
    vae_decoder_free(NULL);
    vae_model_free(&model);
}
END_TEST

/* The n-th allocation fails: a line, and nothing left. */
START_TEST(test_no_memory)
{
    vae_model *model = model_of(&conditional, data);
    long held = system_outstanding();
    vae_code code = VAE_ERROR_MEMORY;
    for (long n = 1; code; n++) {
        vae_encoder *encoder = NULL;
        vae_decoder *decoder = NULL;
        system_reset();
        system_fail(SYSTEM_ALLOCATE, n, 0, false);
        vae_status status = vae_encoder_new(model, &(vae_infer_options){ .threads = 1 }, &encoder);
        if (!status.code)
            status = vae_decoder_new(model, &(vae_infer_options){ .threads = 1 }, &decoder);
        code = status.code;
        ck_assert(!code || code == VAE_ERROR_MEMORY);
        ck_assert(n > 3 || code);
        vae_encoder_free(&encoder);
        vae_decoder_free(&decoder);
        ck_assert_int_eq(system_outstanding(), held);
    }
    system_reset();
    vae_model_free(&model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("call");
    const TTest *const tests[] = { test_encodes,
                                   test_decodes,
                                   test_units,
                                   test_mask,
                                   test_counts,
                                   test_every_kind,
                                   test_eight_hosts,
                                   test_every_number_of_rows,
                                   test_runs_refused,
                                   test_makers_refuse,
                                   test_no_memory,
                                   test_denormals,
                                   NULL };
    suite_case_between(suite, "call", 120, begin, end, tests);
    return suite_run(suite);
}
