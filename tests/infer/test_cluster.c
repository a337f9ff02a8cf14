/* Clusters: known blobs, what every partition by k-means must be, and the best there is of few points. */
#include "src/infer/cluster.h"

#include <math.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/support/system.h"

enum { SIZE = 3, FEW = 8 };

/* A sum of squared distances from the means of a partition: `of` tells whose each point is. */
static double cost_of(const float *points, int64_t count, const int64_t *of, int64_t clusters)
{
    double cost = 0;
    for (int64_t k = 0; k < clusters; k++)
        for (int64_t i = 0; i < SIZE; i++) {
            double sum = 0, members = 0;
            for (int64_t p = 0; p < count; p++)
                if (of[p] == k) {
                    sum += points[p * SIZE + i];
                    members++;
                }
            for (int64_t p = 0; p < count; p++)
                if (of[p] == k)
                    cost += pow(points[p * SIZE + i] - sum / members, 2);
        }
    return cost;
}

/* In 0 ... 1, the same always. */
static float noise(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (float)(*state >> 8) / (float)(1 << 24);
}

/* What is true of every result: sizes add up, means are means, the largest first, and no point is nearer to another
 * mean. */
static void assert_sound(const float *points, int64_t count, const vae__clusters *found)
{
    int64_t all = 0;
    for (int64_t k = 0; k < found->count; k++) {
        int64_t members = 0;
        double sums[SIZE] = { 0 };
        for (int64_t p = 0; p < count; p++)
            for (int64_t i = 0; found->of[p] == k && i < SIZE; i++) {
                sums[i] += points[p * SIZE + i];
                members += !i;
            }
        ck_assert_int_gt(members, 0);
        ck_assert_int_eq(members, found->sizes[k]);
        ck_assert(!k || found->sizes[k] <= found->sizes[k - 1]);
        for (int64_t i = 0; i < SIZE; i++)
            ck_assert_double_eq_tol(found->means[k * SIZE + i], sums[i] / (double)members, 1e-9);
        all += members;
    }
    ck_assert_int_eq(all, count);
    for (int64_t p = 0; p < count; p++) {
        double own = 0;
        for (int64_t k = -1; k < found->count; k++) {
            const double *mean = found->means + (k < 0 ? found->of[p] : k) * SIZE;
            double sum = 0;
            for (int64_t i = 0; i < SIZE; i++)
                sum += pow(points[p * SIZE + i] - mean[i], 2);
            own = k < 0 ? sum : own;
            ck_assert_double_ge(sum, own - 1e-9);
        }
    }
}

/* Blobs of 40, 25, 20 and 15 points, far from one another, in turns. */
START_TEST(test_blobs)
{
    static const double centres[4][SIZE] = { { 0, 0, 0 }, { 9, 0, 0 }, { 0, 9, 1 }, { -9, 0, 9 } };
    static const int64_t sizes[4] = { 25, 40, 15, 20 }, places[4] = { 1, 0, 3, 2 };
    float points[100 * SIZE];
    int64_t blob[100], left[4], at = 0;
    uint32_t state = 7;
    vae__clusters found;
    memcpy(left, sizes, sizeof left);
    for (int64_t turn = 0; at < 100; turn++) {
        const int64_t b = turn % 4;
        if (!left[b])
            continue;
        left[b]--;
        for (int64_t i = 0; i < SIZE; i++)
            points[at * SIZE + i] = (float)centres[b][i] + noise(&state) - 0.5f;
        blob[at++] = b;
    }
    ck_assert_status_ok(vae__clusters_make(points, 100, SIZE, 4, &found));
    ck_assert_int_eq(found.count, 4);
    for (int64_t p = 0; p < 100; p++)
        ck_assert_int_eq(found.of[p], places[blob[p]]);
    assert_sound(points, 100, &found);
    vae__clusters_free(&found);
    /* The same again, bit for bit. */
    ck_assert_status_ok(vae__clusters_make(points, 100, SIZE, 7, &found));
    vae__clusters again;
    ck_assert_status_ok(vae__clusters_make(points, 100, SIZE, 7, &again));
    ck_assert_int_eq(found.count, again.count);
    ck_assert_mem_eq(found.of, again.of, 100 * sizeof *found.of);
    ck_assert_mem_eq(found.means, again.means, (size_t)(found.count * SIZE) * sizeof *found.means);
    assert_sound(points, 100, &found);
    vae__clusters_free(&again);
    vae__clusters_free(&found);
}
END_TEST

/* Two clouds of 8 points: every partition into two is tried. */
START_TEST(test_every_partition)
{
    for (uint32_t seed = 1; seed <= 50; seed++) {
        float points[FEW * SIZE];
        uint32_t state = seed;
        double best = INFINITY;
        vae__clusters found;
        for (int64_t i = 0; i < FEW * SIZE; i++)
            points[i] = noise(&state) + (i / SIZE % 2 ? 1.5f : 0);
        for (unsigned mask = 0; mask < 1u << FEW; mask++) {
            int64_t of[FEW];
            for (int p = 0; p < FEW; p++)
                of[p] = mask >> p & 1;
            best = fmin(best, cost_of(points, FEW, of, 2));
        }
        ck_assert_status_ok(vae__clusters_make(points, FEW, SIZE, 2, &found));
        ck_assert_int_eq(found.count, 2);
        ck_assert_double_eq_tol(cost_of(points, FEW, found.of, 2), best, 1e-9);
        assert_sound(points, FEW, &found);
        vae__clusters_free(&found);
    }
}
END_TEST

/* Points without any order: no more than sound. */
START_TEST(test_clouds)
{
    for (uint32_t seed = 1; seed <= 20; seed++) {
        float points[60 * SIZE];
        uint32_t state = seed;
        vae__clusters found;
        for (int64_t i = 0; i < 60 * SIZE; i++)
            points[i] = noise(&state);
        ck_assert_status_ok(vae__clusters_make(points, 60, SIZE, 5, &found));
        ck_assert_int_eq(found.count, 5);
        assert_sound(points, 60, &found);
        vae__clusters_free(&found);
    }
}
END_TEST

/* Fewer that differ than clusters that are wanted; one point; one cluster. */
START_TEST(test_few)
{
    const float points[5 * SIZE] = { 1, 2, 3, 0, 0, 0, 1, 2, 3, 0, 0, 0, 1, 2, 3 };
    static const int64_t wanted[5] = { 0, 1, 0, 1, 0 };
    vae__clusters found;
    ck_assert_status_ok(vae__clusters_make(points, 5, SIZE, 4, &found));
    ck_assert_int_eq(found.count, 2);
    ck_assert_mem_eq(found.of, wanted, sizeof wanted);
    ck_assert_double_eq(found.means[2], 3);
    vae__clusters_free(&found);
    ck_assert_status_ok(vae__clusters_make(points, 1, SIZE, 4, &found));
    ck_assert_int_eq(found.count, 1);
    ck_assert_int_eq(found.sizes[0], 1);
    vae__clusters_free(&found);
    ck_assert_status_ok(vae__clusters_make(points, 5, SIZE, 1, &found));
    ck_assert_int_eq(found.sizes[0], 5);
    ck_assert_double_eq_tol(found.means[0], 0.6, 1e-12);
    vae__clusters_free(&found);
    /* Of as many, that of the earlier point. */
    ck_assert_status_ok(vae__clusters_make(points, 4, SIZE, 2, &found));
    ck_assert_int_eq(found.of[0], 0);
    ck_assert_double_eq(found.means[0], 1);
    vae__clusters_free(&found);
}
END_TEST

START_TEST(test_without_memory)
{
    const float points[4 * SIZE] = { 1, 2, 3, 0, 0, 0, 5, 5, 5, 9, 9, 9 };
    vae_status status = { .code = VAE_ERROR_MEMORY };
    long before = system_outstanding();
    for (long n = 1; status.code; n++) {
        vae__clusters found;
        system_reset();
        system_fail(SYSTEM_ALLOCATE, n, 0, false);
        status = vae__clusters_make(points, 4, SIZE, 3, &found);
        ck_assert(!status.code || status.code == VAE_ERROR_MEMORY);
        vae__clusters_free(&found);
        ck_assert_int_eq(system_outstanding(), before);
    }
    system_reset();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_blobs, test_every_partition, test_clouds, test_few, test_without_memory, NULL };
    Suite *suite = suite_create("cluster");
    suite_case_between(suite, "clusters", 60, NULL, NULL, tests);
    return suite_run(suite);
}
