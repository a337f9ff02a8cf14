/* Every optimiser's steps and every schedule's factors, against those of PyTorch (torch_optimizers.py): by each variant
 * of the kernels that this processor has. The tables are walked: a row without a record fails. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/optimizers.h"
#include "models/schedules.h"
#include "tests/support/suite.h"

enum { VALUES = 9, STEPS = 6, EPOCHS = 9, STEPS_AN_EPOCH = 4, MOST_RECORDS = 40 };

static FILE *open_golden(void)
{
    char path[512];
    const char *folder = getenv("SOURCE");
    snprintf(path, sizeof path, "%s/tests/golden/torch_optimizers.txt", folder ? folder : ".");
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s cannot be opened", path);
    return file;
}

/* The phrase of the next record of this kind, past all else; false behind the last. */
static bool next_record(FILE *file, const char *kind, char phrase[256])
{
    char line[4096];
    const size_t length = strlen(kind);
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, kind, length) != 0)
            continue;
        snprintf(phrase, 256, "%.*s", (int)strcspn(line + length + 1, "\n"), line + length + 1);
        return true;
    }
    return false;
}

static void read_values(FILE *file, double *values, int count)
{
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(fscanf(file, "%lf", &values[i]), 1);
}

static void read_floats(FILE *file, float *values)
{
    double read[VALUES];
    read_values(file, read, VALUES);
    for (int i = 0; i < VALUES; i++)
        values[i] = (float)read[i];
}

static void check_steps(FILE *file, const char *text, const vae__phrase *optimizer, const vae__kernels *kernels)
{
    float value[VALUES], gradient[VALUES], states[VAE__STATES][VALUES] = { { 0 } };
    double expected[VALUES];
    const vae__optimizer *row = optimizer->row;
    vae__descent descent = {
        .kernels = kernels, .arguments = optimizer->arguments, .count = VALUES, .gradient = gradient, .value = value
    };
    for (int i = 0; i < vae__optimizer_states(optimizer); i++)
        descent.states[i] = states[i];
    read_floats(file, value);
    for (int step = 0; step < STEPS; step++) {
        descent.rate = step < 3 ? 0.01 : 0.005;
        descent.number = step + 1;
        read_floats(file, gradient);
        read_values(file, expected, VALUES);
        row->step(&descent);
        for (int i = 0; i < VALUES; i++)
            ck_assert_msg(fabs((double)value[i] - expected[i]) <= 1e-6 * (1 + fabs(expected[i])),
                          "%s, %s, step %d, value %d: %.9g, not %.9g", text, kernels->name, step + 1, i,
                          (double)value[i], expected[i]);
    }
}

/* Is there a record of each row of the table? */
static void check_covered(const vae__word_table *table, const void *const *rows, int count)
{
    const vae_word *word;
    for (int i = 0; (word = vae__word_of(table, i)); i++) {
        bool found = false;
        for (int k = 0; k < count; k++)
            found = found || rows[k] == (const void *)word;
        ck_assert_msg(found, "the %s %s has no golden figures", table->what, word->name);
    }
}

START_TEST(test_optimizers)
{
    static const char *const variants[] = { "generic", "avx2", "avx512" };
    const void *rows[MOST_RECORDS];
    char text[256];
    int count = 0;
    FILE *file = open_golden();
    while (next_record(file, "optimizer", text)) {
        const long place = ftell(file);
        vae__phrase optimizer;
        ck_assert_status_ok(vae__phrase_parse(&vae__optimizers, text, "optimizer", &optimizer));
        ck_assert_int_lt(count, MOST_RECORDS);
        rows[count++] = optimizer.row;
        for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
            const vae__kernels *kernels = vae__kernels_find(false, variants[i]);
            ck_assert_int_eq(fseek(file, place, SEEK_SET), 0);
            if (kernels)
                check_steps(file, text, &optimizer, kernels);
        }
    }
    check_covered(&vae__optimizers, rows, count);
    fclose(file);
}
END_TEST

START_TEST(test_schedules)
{
    const void *rows[MOST_RECORDS];
    char text[256];
    int count = 0;
    FILE *file = open_golden();
    while (next_record(file, "schedule", text)) {
        double expected[EPOCHS * STEPS_AN_EPOCH];
        vae__phrases schedule;
        ck_assert_status_ok(vae__phrases_parse(&vae__schedules, text, "schedule", &schedule));
        for (int i = 0; i < schedule.count && count < MOST_RECORDS; i++)
            rows[count++] = schedule.phrases[i].row;
        read_values(file, expected, EPOCHS * STEPS_AN_EPOCH);
        for (int i = 0; i < EPOCHS * STEPS_AN_EPOCH; i++) {
            const vae__moment at = { i / STEPS_AN_EPOCH, i % STEPS_AN_EPOCH, STEPS_AN_EPOCH };
            ck_assert_msg(fabs(vae__schedule_factor(&schedule, &at) - expected[i]) <= 1e-12,
                          "%s, step %d: %.17g, not %.17g", text, i, vae__schedule_factor(&schedule, &at), expected[i]);
        }
    }
    check_covered(&vae__schedules, rows, count);
    fclose(file);
}
END_TEST

/* Burda et al. 2015: eight stages of 3^(i−1) epochs, each with the rate of the one before times 10^(−1/7). */
START_TEST(test_stages)
{
    vae__phrases schedule;
    int64_t epoch = 0, length = 1;
    ck_assert_status_ok(
        vae__phrases_parse(&vae__schedules, "steps 1 4 13 40 121 364 1093 factor=0.7197", "schedule", &schedule));
    for (int stage = 0; stage < 8; stage++, length *= 3)
        for (int64_t end = epoch + length; epoch < end; epoch++)
            ck_assert_double_eq_tol(vae__schedule_factor(&schedule, &(vae__moment){ epoch, 2, 3 }),
                                    pow(10, -stage / 7.0), 1e-3);
    ck_assert_int_eq(epoch, 3280);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("optimizers");
    const TTest *const tests[] = { test_optimizers, test_schedules, test_stages, NULL };
    suite_case(suite, "optimizers", 60, tests);
    return suite_run(suite);
}
